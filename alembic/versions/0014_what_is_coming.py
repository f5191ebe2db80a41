"""Days ahead: oral questions, announced business and the last days for evidence have the day for which they are set down.

The facts of each notice say it; the column repeats it, for those who ask what is coming.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import json
from datetime import date

import sqlalchemy as sa
from alembic import op

from db.rows import expanded

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

HAS_DAY = sa.text("takes_place_on IS NOT NULL")
AT_ONCE = 500
NOTICES = """
SELECT proceeding.id, revision.facts FROM proceeding JOIN revision ON revision.id = proceeding.latest_revision_id
WHERE proceeding.id > :done AND proceeding.kind = 'notice' ORDER BY proceeding.id LIMIT :most
"""
DAY = sa.text("UPDATE proceeding SET takes_place_on = :day WHERE id = :id").bindparams(
    sa.bindparam("day", type_=sa.Date)
)


def upgrade() -> None:
    op.add_column("proceeding", sa.Column("takes_place_on", sa.Date(), nullable=True))
    _fill()
    op.create_index(
        "ix_proceeding_coming",
        "proceeding",
        ["takes_place_on"],
        unique=False,
        sqlite_where=HAS_DAY,
        postgresql_where=HAS_DAY,
    )


def _fill() -> None:
    """Fill the column where an older version of the program had taken it out again."""
    bind, done = op.get_bind(), 0
    while rows := bind.execute(sa.text(NOTICES), {"done": done, "most": AT_ONCE}).all():
        days = [(row.id, json.loads(expanded(bytes(row.facts))).get("takes_place_on")) for row in rows]
        dated = [{"id": number, "day": date.fromisoformat(day)} for number, day in days if day]
        if dated:
            bind.execute(DAY, dated)
        done = rows[-1].id


def downgrade() -> None:
    op.drop_index("ix_proceeding_coming", table_name="proceeding")
    op.drop_column("proceeding", "takes_place_on")
