"""The matches of a term since a revision are found by an index.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_match_term_revision", "match", ["term_id", "revision_id"], unique=False)
    op.drop_index("ix_match_term", table_name="match")


def downgrade() -> None:
    op.create_index("ix_match_term", "match", ["term_id"], unique=False)
    op.drop_index("ix_match_term_revision", table_name="match")
