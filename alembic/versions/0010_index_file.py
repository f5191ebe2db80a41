"""Move the search index out of the archive into its own file.

The room that it took in a SQLite archive is free now; `pqwatch db compact` gives it back to the disk. A downgrade makes the
tables again, empty, and the program of that version fills them.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WORDS = ("full_text", "full_text_headings")
KEPT_IN = ("data", "idx", "content", "docsize", "config")
"""Ends of the names of the tables in which SQLite keeps a full-text table."""


def upgrade() -> None:
    for table in WORDS:
        _drop_words(table)
    op.execute("DROP TABLE IF EXISTS likeness")
    op.execute("DROP TABLE IF EXISTS label")
    _forget_how_far_it_was()


def _drop_words(table: str) -> None:
    """Drop a full-text table, even if it is so damaged that SQLite cannot open it."""
    try:
        op.execute(f"DROP TABLE IF EXISTS {table}")
    except sa.exc.DatabaseError:
        if op.get_bind().dialect.name != "sqlite":
            raise
        op.execute("PRAGMA writable_schema = ON")
        op.execute(f"DELETE FROM sqlite_master WHERE name = '{table}'")  # noqa: S608 (a name of ours)
        op.execute("PRAGMA writable_schema = RESET")
        for end in KEPT_IN:
            op.execute(f"DROP TABLE IF EXISTS {table}_{end}")


def downgrade() -> None:
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
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE full_text USING fts5(answer, question, heading, text, content='', columnsize=0,"
            " tokenize='unicode61 remove_diacritics 0')"
        )
    else:
        op.execute("CREATE TABLE full_text (row_number bigint PRIMARY KEY, words tsvector NOT NULL)")
        op.execute("CREATE INDEX ix_full_text_words ON full_text USING gin (words)")
    _forget_how_far_it_was()


def _forget_how_far_it_was() -> None:
    op.execute("DELETE FROM meta WHERE key IN ('index_version', 'indexed_to', 'stale_to')")
