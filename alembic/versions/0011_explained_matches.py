"""Store with each match which member of a family was found, and whether its words show by themselves what found them.

Matches of before have neither. The matcher of this version searches every revision again and fills both in.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("match", sa.Column("member", sa.SmallInteger()))
    op.add_column("match", sa.Column("is_evident", sa.Boolean()))


def downgrade() -> None:
    op.drop_column("match", "is_evident")
    op.drop_column("match", "member")
