"""Store the same in half the room.

One row for the words of a revision, without their search forms, which are made when they are needed; compressed facts; no
fingerprints, which were never read; and only indexes that a query uses. The index of words is empty afterwards, and the
program fills it again. SQLite keeps the free room for later rows; `pqwatch db compact` gives it back to the disk.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

from db.rows import compressed, expanded

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.types import TypeEngine

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_ONCE = 1_000
PARTS = ("heading", "question", "answer", "text")
KNOWN_BY_KEY = ("alias", "source_record", "reference")
KEPT = "id, proceeding_id, source, number, seen_at, day, events, is_news, payload_id"
NEEDLESS = """
DELETE FROM source_record
WHERE list_hash IS NULL AND detail_read_on IS NULL AND looked_up_on IS NULL AND gone_runs = 0 AND EXISTS
    (SELECT 1 FROM alias WHERE alias.key = source_record.key AND alias.proceeding_id = source_record.proceeding_id)
"""
"""Deletes rows that only say that a source knows a record by our own id."""

INDEX_OF_WORDS = "answer, question, heading, text, content='', columnsize=0"
INDEX_OF_WORDS_BEFORE = "heading, question, answer, text, content=''"


def upgrade() -> None:
    _gather_parts()
    op.drop_index("ix_revision_is_news_seen", "revision")
    op.drop_index("ix_revision_payload", "revision")
    _change_facts(sa.LargeBinary(), compressed, has_fingerprint=False)
    _index_some("ix_revision_news_seen", "seen_at", sa.text("is_news = 1" if _is_sqlite() else "is_news"))
    _index_some("ix_revision_payload", "payload_id", sa.text("payload_id IS NOT NULL"))
    for column in ("tabled", "answered"):
        op.drop_index(f"ix_proceeding_house_{column}", "proceeding")
        op.create_index(f"ix_proceeding_{column}", "proceeding", [f"{column}_on"], unique=False)
    op.drop_index("ix_proceeding_state", "proceeding")
    is_open = sa.text("state IN ('tabled', 'holding')")
    op.create_index("ix_proceeding_open", "proceeding", ["tabled_on"], sqlite_where=is_open, postgresql_where=is_open)
    _hash_weak_keys()
    op.execute(NEEDLESS)
    _make_again(is_with_rowid=False)
    _empty_index_of_words(INDEX_OF_WORDS)


def downgrade() -> None:
    """Undo all but the hashes of keys: nothing finds these keys then, and their records are read without them."""
    _empty_index_of_words(INDEX_OF_WORDS_BEFORE)
    _make_again(is_with_rowid=True)
    for column in ("tabled", "answered"):
        op.drop_index(f"ix_proceeding_{column}", "proceeding")
        op.create_index(f"ix_proceeding_house_{column}", "proceeding", ["house", f"{column}_on"], unique=False)
    op.drop_index("ix_proceeding_open", "proceeding")
    op.create_index("ix_proceeding_state", "proceeding", ["state"], unique=False)
    op.drop_index("ix_revision_news_seen", "revision")
    op.drop_index("ix_revision_payload", "revision")
    _change_facts(sa.Text(), expanded, has_fingerprint=True)
    op.create_index("ix_revision_is_news_seen", "revision", ["is_news", "seen_at"], unique=False)
    op.create_index("ix_revision_payload", "revision", ["payload_id"], unique=False)
    _note_records()
    _spread_parts()


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _gather_parts() -> None:
    """Turn the rows for the parts of a revision into columns of one row."""
    op.create_table(
        "parts",
        sa.Column("revision_id", ID, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in PARTS),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_parts_revision_id_revision")),
        sa.PrimaryKeyConstraint("revision_id", name=op.f("pk_parts")),
    )
    columns = ", ".join(f"max(CASE WHEN name = '{name}' THEN text END)" for name in PARTS)
    op.execute(
        f"INSERT INTO parts (revision_id, {', '.join(PARTS)})"  # noqa: S608 (our own words)
        f" SELECT revision_id, {columns} FROM part GROUP BY revision_id ORDER BY revision_id"
    )
    op.drop_table("part")


def _spread_parts() -> None:
    """Turn the columns into rows again, with empty search forms, which the program then makes again."""
    op.create_table(
        "part",
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_part_revision_id_revision")),
        sa.PrimaryKeyConstraint("revision_id", "name", name=op.f("pk_part")),
    )
    for name in PARTS:
        op.execute(
            "INSERT INTO part (revision_id, name, text, form)"  # noqa: S608 (our own words)
            f" SELECT revision_id, '{name}', {name}, '' FROM parts WHERE {name} IS NOT NULL ORDER BY revision_id"
        )
    op.drop_table("parts")


def _change_facts(kind: TypeEngine[Any], change: Callable[[Any], Any], *, has_fingerprint: bool) -> None:
    """Change the facts of all revisions in batches. SQLite gets a new table, because it cannot change a column in place."""
    if _is_sqlite():
        _make_revisions("_revision", kind, has_fingerprint=has_fingerprint)
        _fill(sa.text(_copied(has_fingerprint=has_fingerprint)).bindparams(sa.bindparam("now", type_=kind)), change)
        op.drop_table("revision")
        op.rename_table("_revision", "revision")
        return
    op.add_column("revision", sa.Column("changed", kind, nullable=True))
    changed = "UPDATE revision SET changed = :now WHERE id = :this"
    _fill(sa.text(changed).bindparams(sa.bindparam("now", type_=kind)), change)
    op.drop_column("revision", "facts")
    op.alter_column("revision", "changed", new_column_name="facts", nullable=False)
    if has_fingerprint:
        op.add_column("revision", sa.Column("fingerprint", sa.String(length=80), server_default="", nullable=False))
        op.alter_column("revision", "fingerprint", server_default=None)
    else:
        op.drop_column("revision", "fingerprint")


def _fill(note: sa.TextClause, change: Callable[[Any], Any]) -> None:
    bind, done = op.get_bind(), 0
    query = sa.text("SELECT id, facts FROM revision WHERE id > :done ORDER BY id LIMIT :most")
    while rows := bind.execute(query, {"done": done, "most": AT_ONCE}).all():
        bind.execute(note, [{"this": number, "now": change(facts)} for number, facts in rows])
        done = rows[-1].id


def _copied(*, has_fingerprint: bool) -> str:
    """Return the statement that copies a revision with other facts, without its fingerprint or with an empty one."""
    fingerprint = ", fingerprint" if has_fingerprint else ""
    nothing = ", ''" if has_fingerprint else ""
    return (
        f"INSERT INTO _revision ({KEPT}, facts{fingerprint})"  # noqa: S608 (our own words)
        f" SELECT {KEPT}, :now{nothing} FROM revision WHERE id = :this"
    )


def _make_revisions(name: str, kind: TypeEngine[Any], *, has_fingerprint: bool) -> None:
    """Make a table as batch operations would, with its constraints always in the same order."""
    fingerprint = [sa.Column("fingerprint", sa.String(length=80), nullable=False)] if has_fingerprint else []
    op.create_table(
        name,
        sa.Column("id", ID, nullable=False),
        sa.Column("proceeding_id", ID, nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("is_news", sa.Boolean(), nullable=False),
        *fingerprint,
        sa.Column("facts", kind, nullable=False),
        sa.Column("payload_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["payload_id"], ["payload.id"], name=op.f("fk_revision_payload_id_payload")),
        sa.ForeignKeyConstraint(
            ["proceeding_id"], ["proceeding.id"], name=op.f("fk_revision_proceeding_id_proceeding")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint("proceeding_id", "source", "number", name=op.f("uq_revision_proceeding_id_source_number")),
    )


def _index_some(name: str, column: str, where: sa.TextClause) -> None:
    op.create_index(name, "revision", [column], unique=False, sqlite_where=where, postgresql_where=where)


def _hash_weak_keys() -> None:
    """Replace each long key of question words by a hash, because it is never looked up by its text."""
    bind = op.get_bind()
    change = sa.text("UPDATE alias SET key = :now WHERE key = :this")
    query = sa.text("SELECT key FROM alias WHERE key LIKE 'asked:%#%' LIMIT :most")
    while keys := bind.execute(query, {"most": AT_ONCE}).scalars().all():
        bind.execute(change, [{"this": key, "now": _hashed(key)} for key in keys])
    for number, moved in bind.execute(sa.text("SELECT id, moved FROM merging WHERE moved LIKE '%\"asked:%'")).all():
        facts = json.loads(moved)
        facts["aliases"] = [_hashed(key) if key.startswith("asked:") else key for key in facts["aliases"]]
        now = {"this": number, "now": json.dumps(facts)}
        bind.execute(sa.text("UPDATE merging SET moved = :now WHERE id = :this"), now)


def _hashed(key: str) -> str:
    return f"asked:{hashlib.blake2b(key.removeprefix('asked:').encode(), digest_size=8).hexdigest()}"


def _note_records() -> None:
    """Note for each record again the id by which each source knows it."""
    bind, done = op.get_bind(), 0
    query = sa.text(
        "SELECT id, source, proceeding_id, facts FROM revision WHERE id > :done AND NOT EXISTS (SELECT 1 FROM"
        " source_record WHERE source_record.proceeding_id = revision.proceeding_id"
        " AND source_record.source = revision.source) ORDER BY id LIMIT :most"
    )
    note = sa.text(
        "INSERT INTO source_record (source, key, proceeding_id, gone_runs) VALUES (:source, :key, :proceeding_id, 0)"
    )
    while rows := bind.execute(query, {"done": done, "most": AT_ONCE}).all():
        noted = {(row.source, json.loads(row.facts)["id"]): row.proceeding_id for row in rows}
        records = [
            {"source": source, "key": key, "proceeding_id": proceeding_id}
            for (source, key), proceeding_id in noted.items()
        ]
        bind.execute(note, records)
        done = rows[-1].id


def _make_again(*, is_with_rowid: bool) -> None:
    """Rebuild the tables whose rows are known by their key, on SQLite with or without row numbers."""
    if _is_sqlite():
        for name in KNOWN_BY_KEY:
            with op.batch_alter_table(name, recreate="always", table_kwargs={"sqlite_with_rowid": is_with_rowid}):
                pass


def _empty_index_of_words(made: str) -> None:
    if _is_sqlite():
        op.execute("DROP TABLE full_text")
        op.execute(f"CREATE VIRTUAL TABLE full_text USING fts5({made}, tokenize='unicode61 remove_diacritics 0')")
    else:
        op.execute("DELETE FROM full_text")
    op.execute("DELETE FROM likeness")
    op.execute("DELETE FROM label")
    op.execute("DELETE FROM meta WHERE key IN ('index_version', 'indexed_to', 'stale_to')")
