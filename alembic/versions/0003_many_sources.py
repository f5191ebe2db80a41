"""Many sources of one record.

Tables for files and responses that were read, for merged records, for references between records, and columns for the
place of a record in the Official Report. Stored rows stay as they are: the one source so far names no columns.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_ADDED = ("made_on", "series", "first_column", "last_column", "column_suffix", "merged_into")


def upgrade() -> None:
    with op.batch_alter_table("proceeding", schema=None) as batch_op:
        batch_op.add_column(sa.Column("made_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("series", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("first_column", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("last_column", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("column_suffix", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("merged_into", ID, nullable=True))
    op.create_table(
        "merging",
        sa.Column("id", ID, nullable=False),
        sa.Column("kept_id", ID, nullable=False),
        sa.Column("gone_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("moved", sa.Text(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["kept_id"], ["proceeding.id"], name=op.f("fk_merging_kept_id_proceeding")),
        sa.ForeignKeyConstraint(["gone_id"], ["proceeding.id"], name=op.f("fk_merging_gone_id_proceeding")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merging")),
    )
    op.create_index("ix_merging_kept", "merging", ["kept_id"], unique=False)
    op.create_index("ix_merging_gone", "merging", ["gone_id"], unique=False)
    op.create_table(
        "reference",
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_reference_revision_id_revision")),
        sa.PrimaryKeyConstraint("revision_id", "target", name=op.f("pk_reference")),
    )
    op.create_index("ix_reference_target", "reference", ["target"], unique=False)
    op.create_table(
        "source_file",
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("years", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "name", name=op.f("pk_source_file")),
    )
    op.create_table(
        "http_cache",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_http_cache")),
    )


def downgrade() -> None:
    for table in ("http_cache", "source_file", "reference", "merging"):
        op.drop_table(table)
    with op.batch_alter_table("proceeding", schema=None) as batch_op:
        for column in reversed(_ADDED):
            batch_op.drop_column(column)
