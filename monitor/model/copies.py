"""Copies of messages that are sent again on request."""

from __future__ import annotations

import hashlib
import json
from email import message_from_bytes
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING, Final

from monitor.model.deliveries import JSON, MAIL, SLACK, TEAMS

if TYPE_CHECKING:
    from datetime import datetime

_NOTE: Final = "Sent again on request."


def copy_id(original: str, number: int, recipient: str) -> str:
    """Return the Message-ID of the copy of a message."""
    name = hashlib.sha256(f"{original}\n{number}\n{recipient}".encode()).hexdigest()[:32]
    return f"<{name}@{original.rpartition('@')[2].rstrip('>')}>"


def copy_message(channel: str, message: bytes, recipient: str, own_id: str, now: datetime) -> bytes:
    """Return a message marked as a copy. A mail gets a block of Resent- fields before it (RFC 5322, 3.6.6)."""
    return _resent(message, recipient, own_id, now) if channel == MAIL else _marked(channel, message, own_id)


def _resent(message: bytes, recipient: str, own_id: str, now: datetime) -> bytes:
    sender = parseaddr(str(message_from_bytes(message)["From"]))[1]
    block = (
        f"Resent-From: {sender}",
        f"Resent-To: {recipient}",
        f"Resent-Date: {format_datetime(now)}",
        f"Resent-Message-ID: {own_id}",
    )
    return "".join(f"{line}\r\n" for line in block).encode() + message


def _marked(channel: str, message: bytes, own_id: str) -> bytes:
    """Mark the JSON of a webhook. A new id lets a receiver who drops known ids keep the copy that was asked for."""
    content = json.loads(message)
    if channel == JSON:
        content |= {"id": own_id, "copy_of": content["id"]}
    elif channel == SLACK:
        content["text"] = f"Copy: {content['text']}"
        content["blocks"].insert(0, {"type": "context", "elements": [{"type": "mrkdwn", "text": _NOTE}]})
    elif channel == TEAMS:
        content["attachments"][0]["content"]["body"].insert(0, {"type": "TextBlock", "text": _NOTE, "wrap": True})
    return json.dumps(content, ensure_ascii=False).encode()
