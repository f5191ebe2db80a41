"""Views for other programs: one row for each record, each of its states, each find and each watched term.

docs/archive.md explains them. A migration that changes a table which they read drops them first and makes them again. On
SQLite the tables below them may be rebuilt.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SITE = "https://questions-statements.parliament.uk"
PASSAGE, BEFORE = 200, 60

RECORDS = """
CREATE VIEW records AS
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
       revision.id AS revision_id
  FROM proceeding
  JOIN revision ON revision.id = proceeding.latest_revision_id
  LEFT JOIN parts ON parts.revision_id = revision.id
"""

CHANGES = """
CREATE VIEW changes AS
SELECT proceeding.public_id AS id,
       revision.source,
       revision.number,
       revision.seen_at,
       revision.day AS date,
       revision.events,
       revision.is_news,
       revision.id = proceeding.latest_revision_id AS is_shown,
       parts.heading,
       parts.question,
       parts.answer,
       parts.text,
       proceeding.id AS proceeding_id,
       revision.id AS revision_id
  FROM revision
  JOIN proceeding ON proceeding.id = revision.proceeding_id
  LEFT JOIN parts ON parts.revision_id = revision.id
"""

FOUND = """
CREATE VIEW found AS
SELECT proceeding.public_id AS id,
       proceeding.day AS date,
       parts.heading,
       topic.name AS topic_name,
       term.text AS term,
       match.form,
       match.part,
       {passage} AS passage,
       match.start AS starts,
       match."end" AS ends,
       revision.id = proceeding.latest_revision_id AS is_shown,
       term.removed_at IS NULL AS is_watched,
       topic.key AS topic,
       proceeding.id AS proceeding_id,
       revision.id AS revision_id
  FROM match
  JOIN term ON term.id = match.term_id
  JOIN topic ON topic.id = term.topic_id
  JOIN revision ON revision.id = match.revision_id
  JOIN proceeding ON proceeding.id = revision.proceeding_id
  LEFT JOIN parts ON parts.revision_id = revision.id
"""

TOPICS = """
CREATE VIEW topics AS
SELECT topic.key AS topic,
       topic.name AS topic_name,
       term.text AS term,
       term.exclude,
       term.added_at AS since,
       (SELECT count(DISTINCT proceeding.id)
          FROM match
          JOIN proceeding ON proceeding.latest_revision_id = match.revision_id
         WHERE match.term_id = term.id) AS records
  FROM term
  JOIN topic ON topic.id = term.topic_id
 WHERE term.removed_at IS NULL
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
    words = SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL
    for view in (RECORDS, CHANGES, FOUND, TOPICS):
        op.execute(view.format(site=SITE, passage=_passage(), **words))


def downgrade() -> None:
    for statement in ("DROP VIEW topics", "DROP VIEW found", "DROP VIEW changes", "DROP VIEW records"):
        op.execute(statement)


def _passage() -> str:
    """Return SQL for the words around a find, from a little before it."""
    texts = " ".join(f"WHEN '{name}' THEN parts.{name}" for name in ("heading", "question", "answer", "text"))
    first = f"CASE WHEN match.start > {BEFORE} THEN match.start - {BEFORE} ELSE 0 END"
    return f"substr(CASE match.part {texts} END, {first} + 1, {PASSAGE})"
