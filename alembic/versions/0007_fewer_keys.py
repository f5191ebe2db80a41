"""Remove keys and indexes that repeat what other columns say.

The id of a record is no longer an alias of it, nor is the number of a question that its id contains, unless the record is
hidden, because another record then has that number. Bodies are one fact of the archive and need no index. The index of days
of answers holds only those that differ from the record's day, which has its own index. SQLite keeps the free room for later
rows; `pqwatch db compact` gives it back to the disk.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.parliament.identifiers import number_of_id

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

AT_ONCE = 1_000

OWN = """
DELETE FROM alias
WHERE EXISTS (SELECT 1 FROM proceeding
    WHERE proceeding.id = alias.proceeding_id AND proceeding.public_id = alias.key AND proceeding.merged_into IS NULL)
"""
NUMBERS = """
DELETE FROM alias
WHERE key LIKE 'num:%' AND EXISTS (SELECT 1 FROM proceeding
    WHERE proceeding.id = alias.proceeding_id AND proceeding.merged_into IS NULL
    AND proceeding.public_id = lower('pq-' || replace(substr(alias.key, 5), ':', '-')))
"""
OWN_BEFORE = """
INSERT INTO alias (key, proceeding_id)
SELECT public_id, id FROM proceeding
WHERE merged_into IS NULL AND NOT EXISTS (SELECT 1 FROM alias WHERE alias.key = proceeding.public_id)
"""


def upgrade() -> None:
    op.drop_index("ix_proceeding_body", "proceeding")
    op.drop_index("ix_proceeding_answered", "proceeding")
    is_apart = sa.text("answered_on <> day")
    op.create_index(
        "ix_proceeding_answered", "proceeding", ["answered_on"], sqlite_where=is_apart, postgresql_where=is_apart
    )
    op.execute(OWN)
    op.execute(NUMBERS)


def downgrade() -> None:
    op.execute(OWN_BEFORE)
    _note_numbers()
    op.drop_index("ix_proceeding_answered", "proceeding")
    op.create_index("ix_proceeding_answered", "proceeding", ["answered_on"], unique=False)
    op.create_index("ix_proceeding_body", "proceeding", ["body"], unique=False)


def _note_numbers() -> None:
    bind, done = op.get_bind(), 0
    query = sa.text(
        "SELECT id, public_id FROM proceeding WHERE id > :done AND merged_into IS NULL AND public_id LIKE 'pq-%'"
        " ORDER BY id LIMIT :most"
    )
    note = sa.text(
        "INSERT INTO alias (key, proceeding_id) SELECT :key, :this WHERE NOT EXISTS"
        " (SELECT 1 FROM alias WHERE key = :key)"
    )
    while rows := bind.execute(query, {"done": done, "most": AT_ONCE}).all():
        noted = [{"key": key, "this": row.id} for row in rows if (key := number_of_id(row.public_id))]
        if noted:
            bind.execute(note, noted)
        done = rows[-1].id
