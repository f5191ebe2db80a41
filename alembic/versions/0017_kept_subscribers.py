"""Subscribers that are kept in the archive, and those of the config.toml that workers go by.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "kept_subscriber",
        sa.Column("id", ID, nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("cadence", sa.String(length=20), nullable=False),
        sa.Column("at", sa.String(length=20), nullable=True),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("mentions", sa.String(length=20), nullable=False),
        sa.Column("new_questions", sa.Boolean(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("promises", sa.Boolean(), nullable=False),
        sa.Column("quiet_days", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_subscriber")),
        sa.UniqueConstraint("place", "key", name=op.f("uq_kept_subscriber_place_key")),
    )


def downgrade() -> None:
    op.drop_table("kept_subscriber")
