"""Find by an index records whose member has no name yet or that were merged, and who follows a promise.

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

PARTIAL = (
    ("ix_proceeding_unnamed_asker", "proceeding", "asker_id", "asker IS NULL AND asker_id IS NOT NULL"),
    ("ix_proceeding_unnamed_minister", "proceeding", "minister_id", "minister IS NULL AND minister_id IS NOT NULL"),
    ("ix_proceeding_unnamed_speaker", "proceeding", "speaker_id", "speaker IS NULL AND speaker_id IS NOT NULL"),
    ("ix_proceeding_merged", "proceeding", "merged_into", "merged_into IS NOT NULL"),
    ("ix_follow_promise", "follow", "promise_id", "promise_id IS NOT NULL"),
)


def upgrade() -> None:
    for name, table, column, condition in PARTIAL:
        rows = sa.text(condition)
        op.create_index(name, table, [column], unique=False, sqlite_where=rows, postgresql_where=rows)


def downgrade() -> None:
    for name, table, _, _ in PARTIAL:
        op.drop_index(name, table_name=table)
