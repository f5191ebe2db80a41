"""Deliveries: one message to one recipient, and the channels by which it goes."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class DeliveryState(StrEnum):
    """Where one mail to one recipient stands; `dotted`: the final dot may be out, so only the server knows."""

    PENDING = "pending"
    SENDING = "sending"
    DOTTED = "dotted"
    SENT = "sent"
    REFUSED = "refused"
    HELD = "held"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One mail to one recipient, a row of the outbox. `message` is the frozen bytes, of a mail with CRLF lines.

    `digest_id` is None for mail to the operator. `channel`: by what it goes (`monitor.model.deliveries`).
    """

    id: int
    digest_id: int | None
    recipient: str
    message_id: str
    subject: str
    message: bytes
    state: DeliveryState
    attempts: int = 0
    ambiguous: int = 0
    channel: str = "mail"


MAIL: Final = "mail"
SLACK: Final = "slack"
TEAMS: Final = "teams"
JSON: Final = "json"
FEED: Final = "feed"

WEBHOOKS: Final = (SLACK, TEAMS, JSON)
"""The forms in which a webhook is told."""

_WEBHOOK: Final = "webhook "
_FEED: Final = "feed "
_LONGEST_NAME: Final = 60


def is_webhook(recipient: str) -> bool:
    """Whether a recipient in the outbox is a webhook: an address has no space."""
    return recipient.startswith(_WEBHOOK)


def feed_of_topic(key: str) -> str:
    """What the feed of a topic is known by: its `slug`, so that no other is written into the same files."""
    return f"{_FEED}{slug(key)}"


def file_of_feed(recipient: str) -> str:
    """The name of a feed's files, without an ending."""
    return recipient.removeprefix(_FEED)


def slug(key: str) -> str:
    """A name of files: small letters, digits and hyphens of what a topic is known by."""
    letters = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:_LONGEST_NAME].strip("-") or "topic"


def queue_of(channel: str, recipient: str) -> str:
    """The queue in which a row waits."""
    return recipient if channel in WEBHOOKS else channel


def text_of(channel: str, message: bytes) -> str:
    """What a frozen message says, for people: the text of Slack and Teams, else all of it, set to be read."""
    told = json.loads(message)
    if channel == SLACK:
        return "\n\n".join(_texts_of_blocks(told["blocks"]))
    if channel == TEAMS:
        return "\n\n".join(block["text"] for block in told["attachments"][0]["content"]["body"])
    return json.dumps(told, ensure_ascii=False, indent=2)


def _texts_of_blocks(blocks: list[dict[str, Any]]) -> list[str]:
    texts = [text for block in blocks for text in (block.get("elements") or [block["text"]])]
    return [text["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for text in texts]


def as_copy(channel: str, message: bytes, own_id: str) -> bytes:
    """The same message once more, marked as a copy, and of plain JSON under an id of its own.

    Whoever drops doubles by their id keeps a copy that somebody asked for.
    """
    told = json.loads(message)
    if channel == JSON:
        told |= {"id": own_id, "copy_of": told["id"]}
    elif channel == SLACK:
        told["text"] = f"Copy: {told['text']}"
        told["blocks"].insert(0, {"type": "context", "elements": [{"type": "mrkdwn", "text": _COPY}]})
    elif channel == TEAMS:
        told["attachments"][0]["content"]["body"].insert(0, {"type": "TextBlock", "text": _COPY, "wrap": True})
    return json.dumps(told, ensure_ascii=False).encode()


_COPY: Final = "Sent again on request."
