"""Find by an index what each run asks of the outbox and of the ledger of runs, however many years they hold.

Revision ID: 0023
Revises: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

PARTIAL = (
    ("ix_outbox_kept", "outbox", ["created_at"], "length(message) > 0"),
    ("ix_outbox_feed", "outbox", ["recipient", "id"], "channel = 'feed'"),
    ("ix_run_running", "run", ["stage"], "outcome = 'running'"),
)


def upgrade() -> None:
    op.create_index("ix_outbox_sent", "outbox", ["sent_at"], unique=False)
    for name, table, columns, condition in PARTIAL:
        rows = sa.text(condition)
        op.create_index(name, table, columns, unique=False, sqlite_where=rows, postgresql_where=rows)


def downgrade() -> None:
    for name, table, _, _ in PARTIAL:
        op.drop_index(name, table_name=table)
    op.drop_index("ix_outbox_sent", table_name="outbox")
