"""A mark of each reader up to which nothing is owed any more.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("subscriber", sa.Column("settled_to", number, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("subscriber", "settled_to")
