"""The beginning of a Message-ID is found by an index on PostgreSQL too.

There it was compared by the rules of a language, so that no index knew which texts begin alike. SQLite compares bytes.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _compare_by(sa.String(200, collation="C"))


def downgrade() -> None:
    _compare_by(sa.String(200, collation="default"))


def _compare_by(kind: sa.String) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("outbox", "message_id", type_=kind, existing_nullable=False)
