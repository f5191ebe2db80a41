"""The last digest of each reader is found by an index.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_digest_last", "digest", ["subscriber_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_digest_last", table_name="digest")
