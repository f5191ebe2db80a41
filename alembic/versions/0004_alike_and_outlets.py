"""Similar answers, labels, channels of delivery, and named days.

Two empty tables that the index fills later; the channel of each message in the outbox, which is mail so far; and whether
a question is for a named day, which only its revision said so far.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "likeness",
        sa.Column("hash", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hash", "row_number", name=op.f("pk_likeness")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "label",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("row_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("name", "row_number", name=op.f("pk_label")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("channel", sa.String(length=20), server_default="mail", nullable=False))
    with op.batch_alter_table("proceeding", schema=None) as batch_op:
        batch_op.add_column(sa.Column("named_day", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(
        "UPDATE proceeding SET named_day = true WHERE EXISTS (SELECT 1 FROM revision"
        " WHERE revision.id = proceeding.latest_revision_id AND revision.facts LIKE '%\"named_day\"_true%')"
    )


def downgrade() -> None:
    with op.batch_alter_table("proceeding", schema=None) as batch_op:
        batch_op.drop_column("named_day")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_column("channel")
    op.drop_table("label")
    op.drop_table("likeness")
