"""The mails of a digest are found by an index.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_outbox_digest", "outbox", ["digest_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_outbox_digest", table_name="outbox")
