"""Copies of messages that are sent again on request."""

from __future__ import annotations

import hashlib
import json
import re
from email import message_from_bytes, policy
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING, Final

from monitor.model.deliveries import JSON, MAIL, SLACK, TEAMS

if TYPE_CHECKING:
    from datetime import datetime

_OWN_LINKS: Final = re.compile(
    r'<p\b[^>]*\bid="own-links"[^>]*>.*?</p>|<span\b[^>]*\bclass="own-link"[^>]*>.*?</span>', re.DOTALL
)
_OWN_LINES: Final = re.compile(
    r"^Follow it:\r?\n\S+\r?\n|^(?:Read it in a browser|Your preferences|Stop these mails): \S+\r?\n", re.MULTILINE
)
"""Links with which its reader changes what they get, in the page and in the text of a digest."""

_AS_IT_IS: Final = policy.SMTP.clone(refold_source="none")
"""Policy that writes headers as they were read: folded anew, a long name would lose a letter or gain a space."""

_NOTE: Final = "Sent again on request."


def copy_id(original: str, number: int, recipient: str) -> str:
    """Return the Message-ID of the copy of a message."""
    name = hashlib.sha256(f"{original}\n{number}\n{recipient}".encode()).hexdigest()[:32]
    return f"<{name}@{original.rpartition('@')[2].rstrip('>')}>"


def without_own_links(page: str) -> str:
    """Return the page of a digest without the links of its reader: not for those to whom it is passed on."""
    return _OWN_LINKS.sub("", page)


def passed_on(message: bytes) -> bytes:
    """Return a mail for somebody else than its reader: its links must not end or change what the reader gets."""
    mail = message_from_bytes(message, policy=_AS_IT_IS)
    is_changed = "List-Unsubscribe-Post" in mail
    if is_changed:
        del mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]
    for part in mail.walk():
        kind = part.get_content_type()
        if part.is_attachment() or kind not in ("text/plain", "text/html"):
            continue
        content = str(part.get_content())
        shown = without_own_links(content) if kind == "text/html" else _OWN_LINES.sub("", content)
        if shown != content:
            is_changed = True
            part.set_content(shown, subtype=kind.partition("/")[2], cte="quoted-printable")
    return mail.as_bytes() if is_changed else message


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
