"""The index.

An empty full-text index with one row for each revision. The program fills it and notes how far it is. An index of
answering bodies too, because each search reads their names.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("proceeding", schema=None) as batch_op:
        batch_op.create_index("ix_proceeding_body", ["body"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE full_text USING fts5("
            "heading, question, answer, text, content='', tokenize='unicode61 remove_diacritics 0')"
        )
        return
    op.execute("CREATE TABLE full_text (row_number bigint PRIMARY KEY, words tsvector NOT NULL)")
    op.execute("CREATE INDEX ix_full_text_words ON full_text USING gin (words)")


def downgrade() -> None:
    op.execute("DROP TABLE full_text")
    op.execute("DELETE FROM meta WHERE key IN ('index_version', 'indexed_to', 'stale_to')")
    with op.batch_alter_table("proceeding", schema=None) as batch_op:
        batch_op.drop_index("ix_proceeding_body")
