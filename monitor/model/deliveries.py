"""Deliveries: messages to recipients, and the channels that carry them."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from monitor.model.bounces import Reason

if TYPE_CHECKING:
    from datetime import datetime


class DeliveryState(StrEnum):
    """State of a delivery. `dotted`: the final dot may have been sent, so only the server knows."""

    PENDING = "pending"
    SENDING = "sending"
    DOTTED = "dotted"
    SENT = "sent"
    REFUSED = "refused"
    HELD = "held"
    DISCARDED = "discarded"


UNDER_WAY: Final = (DeliveryState.SENDING, DeliveryState.DOTTED)
"""States of a delivery that a run or worker has taken."""
UNSENT: Final = (DeliveryState.PENDING, *UNDER_WAY)
"""States of a delivery that a run may still send."""
WAITED_IN_BACKUP: Final = "it waited when the backup was made that was restored, and may have gone since"
"""Reason why a delivery of a restored archive is held."""
UNFINISHED: Final = (*UNSENT, DeliveryState.REFUSED, DeliveryState.HELD)
"""States of a delivery that was neither sent nor discarded."""

MAILS_COUNTED: Final = 10_000
"""Newest messages whose tries are counted: an outbox keeps millions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one recipient, a row of the outbox.

    `message` holds the bytes to send; an email has CRLF lines. `digest_id` is None for mail to the operator and to those
    who sign up, and `next_try_at` before the first try.
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
    next_try_at: datetime | None = None


SIGN_UP_SUBJECT: Final = "Confirm that you want these mails"
"""Subject of the mail that asks somebody who signed up to confirm."""

MAIL: Final = "mail"
SLACK: Final = "slack"
TEAMS: Final = "teams"
JSON: Final = "json"
FEED: Final = "feed"

WEBHOOKS: Final = (SLACK, TEAMS, JSON)
"""Channels that post to a webhook."""

_WEBHOOK: Final = "webhook "
_FEED: Final = "feed "
_LONGEST_NAME: Final = 60


def is_webhook(recipient: str) -> bool:
    """Return whether a recipient is a webhook. An email address has no space, so it can't be one."""
    return recipient.startswith(_WEBHOOK)


def feed_of_topic(key: str) -> str:
    """Return the recipient name of a topic's feed. It contains the slug, so two feeds never share their files."""
    return f"{_FEED}{slug(key)}"


def file_of_feed(recipient: str) -> str:
    """Return the name of a feed's files, without extension."""
    return recipient.removeprefix(_FEED)


def slug(key: str) -> str:
    """Return a file name for a topic's key: lower-case letters, digits and hyphens."""
    letters = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:_LONGEST_NAME].strip("-") or "topic"


def queue_of(channel: str, recipient: str) -> str:
    """Return the queue of a delivery: each webhook has its own."""
    return recipient if channel in WEBHOOKS else channel


def text_of(channel: str, message: bytes) -> str:
    """Return the text of a stored message: of Slack and Teams the words, otherwise the indented JSON."""
    content = json.loads(message)
    if channel == SLACK:
        return "\n\n".join(_texts_of_blocks(content["blocks"]))
    if channel == TEAMS:
        return "\n\n".join(block["text"] for block in content["attachments"][0]["content"]["body"])
    return json.dumps(content, ensure_ascii=False, indent=2)


def _texts_of_blocks(blocks: list[dict[str, Any]]) -> list[str]:
    texts = [text for block in blocks for text in (block.get("elements") or [block["text"]])]
    return [text["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for text in texts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """An address to which nothing is sent until the operator asks again, for a `reason`.

    `address` is in lower case. `waiting`: numbers of the mails put aside for it. `since` is None if the address is in use
    again and these mails still wait for a decision.
    """

    address: str
    since: datetime | None
    waiting: tuple[int, ...]
    reason: Reason = Reason.REFUSED

    @property
    def needs_decision(self) -> bool:
        """True if the operator is told until they decide: a returned mail or a complaint is told once."""
        return self.reason is Reason.REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """Counts of what was erased for an address: mails, subscriptions, and alerts that named it.

    `choices`: what was followed, muted or marked; `notes`: those that were written; `kept`: subscribers in the archive.
    """

    mails: int
    subscribers: int
    notices: int
    choices: int = 0
    notes: int = 0
    kept: int = 0
