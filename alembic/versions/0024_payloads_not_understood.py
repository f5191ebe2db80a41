"""Find payloads that were not understood by an index, not among the bytes of all.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

HAS_REASON = sa.text("reason IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_payload_reason",
        "payload",
        ["source", "key"],
        unique=False,
        sqlite_where=HAS_REASON,
        postgresql_where=HAS_REASON,
    )


def downgrade() -> None:
    op.drop_index("ix_payload_reason", table_name="payload")
