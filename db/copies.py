"""Mails sent again on request, marked as copies."""

from __future__ import annotations

import hashlib
from email import message_from_bytes
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from db.models import outbox
from monitor.model.deliveries import MAIL, DeliveryState, as_copy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row


def originals(connection: Connection, digest_id: int) -> Sequence[Row[Any]]:
    """A digest's mails in order of its parts, without copies."""
    mine = select(outbox).where(outbox.c.digest_id == digest_id, outbox.c.copy_of.is_(None))
    return connection.execute(mine.order_by(outbox.c.id)).all()


def _copy_id(original: str, number: int, recipient: str) -> str:
    name = hashlib.sha256(f"{original}\n{number}\n{recipient}".encode()).hexdigest()[:32]
    return f"<{name}@{original.rpartition('@')[2].rstrip('>')}>"


def copy_of(row: Row[Any], recipient: str, number: int, now: datetime) -> dict[str, Any]:
    """A row for the same bytes, marked as a copy: a mail behind a block of Resent- fields (RFC 5322, 3.6.6)."""
    own_id = _copy_id(row.message_id, number, recipient)
    return {
        "digest_id": row.digest_id,
        "recipient": recipient,
        "channel": row.channel,
        "message_id": own_id,
        "subject": row.subject,
        "message": (
            _resent(row.message, recipient, own_id, now)
            if row.channel == MAIL
            else as_copy(row.channel, row.message, own_id)
        ),
        "state": DeliveryState.PENDING,
        "created_at": now,
        "copy_of": row.id,
    }


def _resent(message: bytes, recipient: str, own_id: str, now: datetime) -> bytes:
    sender = parseaddr(str(message_from_bytes(message)["From"]))[1]
    block = (
        f"Resent-From: {sender}",
        f"Resent-To: {recipient}",
        f"Resent-Date: {format_datetime(now)}",
        f"Resent-Message-ID: {own_id}",
    )
    return "".join(f"{line}\r\n" for line in block).encode() + message
