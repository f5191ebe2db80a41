"""Compress the mails of the outbox: a digest takes a fifth of its room.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Callable

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

AT_ONCE = 100


def upgrade() -> None:
    _change_messages(zlib.compress)


def downgrade() -> None:
    _change_messages(zlib.decompress)


def _change_messages(change: Callable[[bytes], bytes]) -> None:
    """Write each stored message again, in batches. Mails that are no longer kept have an empty message."""
    bind, done = op.get_bind(), 0
    query = sa.text("SELECT id, message FROM outbox WHERE id > :done ORDER BY id LIMIT :most")
    store = sa.text("UPDATE outbox SET message = :message WHERE id = :id")
    while rows := bind.execute(query, {"done": done, "most": AT_ONCE}).all():
        changed = [{"id": row.id, "message": change(bytes(row.message))} for row in rows if row.message]
        if changed:
            bind.execute(store, changed)
        done = rows[-1].id
