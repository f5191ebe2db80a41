"""Distinguish speakers from ministers: speakers have their own columns, and backbenchers are no longer ministers.

Until now the minister of a statement or a speech was the person who made it. The facts of each speech say whether an office
of the government was named with that person. The view `records` has the speaker behind its other columns.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import json
import re
from typing import Any

import sqlalchemy as sa
from alembic import op

from db.rows import expanded

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

AT_ONCE = 500
SITE = "https://questions-statements.parliament.uk"

OF_GOVERNMENT = re.compile(
    r"\b(?:minister|secretary|chancellor|attorney|solicitor|advocate|paymaster|postmaster|treasurer?|comptroller|whip"
    r"|chamberlain|president of the|lord president|privy seal|(?:first|civil|sea) lord|(?:lord|baroness|lady) in waiting"
    r"|captain of the|leader of the house|commissioner of works)\b",
    re.IGNORECASE,
)
OF_OTHERS = re.compile(r"\b(?:shadow|opposition|private secretary|spokes\w+|committee|church)\b", re.IGNORECASE)

MADE = """
UPDATE proceeding SET speaker_id = minister_id, speaker = minister, speaker_party = minister_party
WHERE kind <> 'question'
"""
SPOKEN = """
SELECT proceeding.id, revision.facts FROM proceeding JOIN revision ON revision.id = proceeding.latest_revision_id
WHERE proceeding.id > :done AND proceeding.kind IN ('speech', 'notice') ORDER BY proceeding.id LIMIT :most
"""
NO_MINISTER = "UPDATE proceeding SET minister_id = NULL, minister = NULL, minister_party = NULL WHERE id = :id"
MINISTER_AGAIN = """
UPDATE proceeding SET minister_id = speaker_id, minister = speaker, minister_party = speaker_party
WHERE kind IN ('speech', 'notice')
"""

RECORDS = """
{create} VIEW records AS
SELECT proceeding.public_id AS id,
       proceeding.day AS date,
       proceeding.house,
       proceeding.kind,
       proceeding.uin,
       parts.heading,
       CASE WHEN proceeding.kind = 'question' THEN proceeding.state END AS state,
       proceeding.asker AS asked_by,
       proceeding.asker_party AS party,
       proceeding.body,
       parts.question,
       proceeding.minister,
       parts.answer,
       parts.text,
       proceeding.tabled_on,
       proceeding.answered_on,
       proceeding.made_on,
       CASE WHEN proceeding.state IN ('answered', 'corrected') THEN {days} END AS days_taken,
       proceeding.named_day,
       CASE
           WHEN revision.source = 'questions' AND proceeding.uin IS NOT NULL AND proceeding.tabled_on IS NOT NULL
           THEN '{site}/written-questions/detail/' || {tabled} || '/' || proceeding.uin
           WHEN revision.source = 'statements' AND proceeding.uin IS NOT NULL AND proceeding.made_on IS NOT NULL
           THEN '{site}/written-statements/detail/' || {made} || '/' || proceeding.uin
       END AS url,
       proceeding.legislature,
       proceeding.series,
       proceeding.first_column || coalesce(proceeding.column_suffix, '') AS report_column,
       revision.source,
       proceeding.first_seen_at,
       revision.seen_at,
       proceeding.asker_id AS asked_by_id,
       proceeding.minister_id,
       proceeding.id AS proceeding_id,
       revision.id AS revision_id{speaker}
  FROM proceeding
  JOIN revision ON revision.id = proceeding.latest_revision_id
  LEFT JOIN parts ON parts.revision_id = revision.id
"""

SQLITE = {
    "days": "CAST(julianday(proceeding.answered_on) - julianday(proceeding.tabled_on) AS INTEGER)",
    "tabled": "proceeding.tabled_on",
    "made": "proceeding.made_on",
}
POSTGRESQL = {
    "days": "proceeding.answered_on - proceeding.tabled_on",
    "tabled": "to_char(proceeding.tabled_on, 'YYYY-MM-DD')",
    "made": "to_char(proceeding.made_on, 'YYYY-MM-DD')",
}


def upgrade() -> None:
    op.add_column("proceeding", sa.Column("speaker_id", sa.Integer(), nullable=True))
    op.add_column("proceeding", sa.Column("speaker", sa.Text(), nullable=True))
    op.add_column("proceeding", sa.Column("speaker_party", sa.Text(), nullable=True))
    op.execute(MADE)
    _take_from_backbenchers()
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP VIEW records")
        _view("CREATE", ",\n       proceeding.speaker,\n       proceeding.speaker_id")
    else:  # what others made of it stays
        _view("CREATE OR REPLACE", ",\n       proceeding.speaker,\n       proceeding.speaker_id")


def downgrade() -> None:
    op.execute("DROP VIEW records")
    op.execute(MINISTER_AGAIN)
    for name in ("speaker_party", "speaker", "speaker_id"):
        op.drop_column("proceeding", name)
    _view("CREATE", "")


def _view(create: str, speaker: str) -> None:
    words = SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL
    op.execute(RECORDS.format(create=create, site=SITE, speaker=speaker, **words))


def _take_from_backbenchers() -> None:
    """Remove the minister where a person spoke without an office of the government."""
    bind, done = op.get_bind(), 0
    while rows := bind.execute(sa.text(SPOKEN), {"done": done, "most": AT_ONCE}).all():
        others = [{"id": row.id} for row in rows if not _is_minister(json.loads(expanded(bytes(row.facts))))]
        if others:
            bind.execute(sa.text(NO_MINISTER), others)
        done = rows[-1].id


def _is_minister(facts: dict[str, Any]) -> bool:
    if facts.get("answered_by") or facts.get("corrected_by"):
        return True
    made = facts.get("made_by") or {}
    named = [name for key in ("printed", "name") if (name := made.get(key)) and name.casefold().startswith("the ")]
    offices = [*([made["office"]] if made.get("office") else []), *named]
    return any(OF_GOVERNMENT.search(office) and not OF_OTHERS.search(office) for office in offices)
