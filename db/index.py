"""The full-text index: which revisions may hold what a query needs, newest first.

A row for each revision, which never changes: its number tells the day and the revision, so that the index hands out its
finds in the order of a list, and what is filled in later stands where it belongs. It follows the record in batches. How
far it is stands in the archive's facts: "index_version", "indexed_to" (a revision's row id) and "stale_to", up to which
the search forms are of an older version until the index comes by. What it has not reached is looked through without it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, insert, select, text, update
from sqlalchemy.exc import DatabaseError

from db import models, needs
from monitor.errors import ArchiveError
from monitor.model import PARTS
from monitor.terms.form import FORM_VERSION, forms_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from sqlalchemy import Connection

    from db.base import Store
    from monitor.holdings import Need

    Progress = Callable[[int, int], None]

LAYOUT: Final = 1
"""Counts changes of what the index holds."""

AT_ONCE: Final = 5_000
"""Revisions in one transaction."""

INDEX_FACTS: Final = ("index_version", "indexed_to", "stale_to")
"""What the archive's facts say of the index."""

_ALL: Final = 2**62
_IDS: Final = 32
"""Bits of a row's number that hold the revision's row id; those before hold the day."""

_SQLITE: Final = (
    "DROP TABLE IF EXISTS full_text",
    (
        "CREATE VIRTUAL TABLE full_text USING fts5("
        "heading, question, answer, text, content='', tokenize='unicode61 remove_diacritics 0')"
    ),
    "INSERT INTO full_text (full_text, rank) VALUES ('hashsize', 16777216)",  # bytes, kept back for a larger write
)
_POSTGRESQL: Final = (
    "CREATE TABLE IF NOT EXISTS full_text (row_number bigint PRIMARY KEY, words tsvector NOT NULL)",
    "CREATE INDEX IF NOT EXISTS ix_full_text_words ON full_text USING gin (words)",
    "DELETE FROM full_text",  # a table that is dropped, or truncated, is empty even to who began to search before
)
"""What makes the index anew, with nothing in it. The migrations make the same."""


def is_of_index(table: str | None) -> bool:
    """Whether a table of the database belongs to the index, which is no part of the record."""
    return table is not None and (
        table == "full_text" or table.startswith("full_text_") or table in models.of_index.tables
    )


def is_about_index(finding: str) -> bool:
    """Whether what the database says of itself is about the index alone, which can be built anew."""
    return "full_text" in finding


def row_of(day: date | None, revision_id: int) -> int:
    """The number of a revision's row: days in order, none first, and revisions of one day."""
    return (day.toordinal() if day else 0) << _IDS | revision_id


def revision_of(row: int) -> int:
    """The revision's row id."""
    return row & ((1 << _IDS) - 1)


def day_of(row: int) -> date | None:
    """The day; None where the record has none."""
    return date.fromordinal(row >> _IDS) if row >> _IDS else None


def rows_between(first: date | None, last: date | None) -> tuple[int, int]:
    """The lowest and the highest number of a row whose day is in the range; what has no day is in none."""
    lowest = row_of(first or date.min, 0) if first or last else 0
    return lowest, row_of(last or date.max, (1 << _IDS) - 1)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the index is, as revision row ids: all up to `indexed_to` are in it.

    Those after it up to `stale_to` have search forms of an older version, which are of no use.
    """

    indexed_to: int
    stale_to: int

    def is_fresh(self, revision_id: int) -> bool:
        """Whether the search form that is kept is of this version."""
        return revision_id <= self.indexed_to or revision_id > self.stale_to


@dataclass(frozen=True, slots=True)
class Count:
    """Rows in the index, revisions that should be, and revisions that it has not reached yet."""

    rows: int
    indexed: int
    ahead: int

    @property
    def problem(self) -> str:
        """What is wrong with the index, in a sentence; "" where nothing is."""
        if self.rows == self.indexed:
            return ""
        return f"the index for searches, full_text, has {self.rows} rows for {self.indexed} revisions"


class Index:
    """The index, kept up to date."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def follow(self, progress: Progress | None = None) -> int:
        """Take in all that the index does not hold yet; returns how many revisions that were.

        May be stopped at any time, and goes on from there. `progress` is told of revisions done and of all there are.
        """
        with self._store.read() as connection:
            is_ours = _version_of(connection) == _our_version(connection)
            newest, standing = _newest(connection), standing_of(connection)
        if not is_ours:
            with self._store.write() as connection:
                empty(connection)
        done, ahead = 0, newest - standing.indexed_to
        while taken := self._take():
            done += taken
            if progress is not None:
                progress(done, max(done, ahead))
        return done

    def rebuild(self, progress: Progress | None = None) -> int:
        """Build the index anew. Until that is done, searches look through what is not in it."""
        with self._store.write() as connection:
            empty(connection)
        done = self.follow(progress)
        with self._store.write() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("INSERT INTO full_text (full_text) VALUES ('optimize')")
        return done

    def count(self) -> Count:
        """What is in the index, and what should be."""
        with self._store.read() as connection:
            return count(connection)

    def _take(self) -> int:
        """The next batch, in one transaction; returns how many revisions that were."""
        with self._store.write() as connection:
            standing = standing_of(connection)
            table = models.revision
            query = select(table.c.id, table.c.day).where(table.c.id > standing.indexed_to)
            days = dict(connection.execute(query.order_by(table.c.id).limit(AT_ONCE)).all())
            if not days:
                return 0
            last = max(days)
            forms = _forms(connection, standing, last)
            _add(connection, sorted((row_of(day, one), forms.get(one, {})) for one, day in days.items()))
            _note(connection, {"indexed_to": last})
            return len(days)


def standing_of(connection: Connection) -> Standing:
    """How far the index is. One of another version counts as empty."""
    version, ours = _version_of(connection), _our_version(connection)
    if version.partition(".")[0] != str(FORM_VERSION):
        return Standing(0, _ALL)
    facts = {name: int(value) for name, value in _facts(connection).items() if name != "index_version"}
    if version == ours:
        return Standing(facts["indexed_to"], facts["stale_to"])
    return Standing(0, facts["stale_to"] if facts["stale_to"] > facts["indexed_to"] else 0)


def candidates(
    connection: Connection, need: Need, rows: tuple[int, int], *, oldest_first: bool = False
) -> Generator[int, None, None] | None:
    """Numbers of rows, from one to another, that may hold what is needed, newest first.

    They are read as they are taken. None where the index can't be asked that.
    """
    order = "ASC" if oldest_first else "DESC"
    if connection.dialect.name == "sqlite":
        asked = needs.fts5(need)
        query = (
            f"SELECT rowid FROM full_text WHERE full_text MATCH :asked AND rowid BETWEEN :first AND :last"  # noqa: S608 (our own words)
            f" ORDER BY rowid {order}"
        )
    else:
        asked = needs.tsquery(need)
        # Else the planner may go through all rows in order, hoping to meet some that hold it.
        query = (
            "WITH found AS MATERIALIZED (SELECT row_number FROM full_text"  # noqa: S608 (our own words)
            " WHERE words @@ CAST(:asked AS tsquery) AND row_number BETWEEN :first AND :last)"
            f" SELECT row_number FROM found ORDER BY row_number {order}"
        )
    if asked is None:
        return None
    return _read(connection, query, {"asked": asked, "first": rows[0], "last": rows[1]})


def _read(connection: Connection, query: str, values: Mapping[str, Any]) -> Generator[int, None, None]:
    try:
        with connection.execute(text(query), values, execution_options={"yield_per": 1000}) as result:
            yield from result.scalars()
    except DatabaseError as exc:
        if re.search("locked|busy", str(exc.orig)):
            raise
        reason = str(exc.orig).strip().splitlines()[0]
        raise ArchiveError(f"the index for searches can't be read ({reason}): run: pqwatch db reindex") from exc


def count(connection: Connection) -> Count:
    """What is in the index, and what should be."""
    standing = standing_of(connection)
    table = models.revision
    indexed, total = connection.execute(
        select(func.count().filter(table.c.id <= standing.indexed_to), func.count()).select_from(table)
    ).one()
    rows = connection.execute(text("SELECT count(*) FROM full_text")).scalar_one()
    return Count(rows if _version_of(connection) == _our_version(connection) else 0, indexed, total - indexed)


def _our_version(connection: Connection) -> str:
    """Named after the database too: rows of one that are copied to another come without their index."""
    return f"{FORM_VERSION}.{LAYOUT}.{connection.dialect.name}"


def _version_of(connection: Connection) -> str:
    return _facts(connection).get("index_version", "")


def _facts(connection: Connection) -> dict[str, str]:
    table = models.meta
    return dict(connection.execute(select(table.c.key, table.c.value).where(table.c.key.in_(INDEX_FACTS))).all())


def _newest(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(models.revision.c.id), 0))).scalar_one())


def _note(connection: Connection, facts: Mapping[str, object]) -> None:
    table = models.meta
    connection.execute(delete(table).where(table.c.key.in_(list(facts))))
    connection.execute(insert(table), [{"key": name, "value": str(value)} for name, value in facts.items()])


def empty(connection: Connection) -> None:
    """Make the index anew, of this version, with nothing in it."""
    standing = standing_of(connection)
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(statement)
    stale_to = min(standing.stale_to, _newest(connection)) if standing.stale_to > standing.indexed_to else 0
    _note(connection, {"index_version": _our_version(connection), "indexed_to": 0, "stale_to": stale_to})


def _forms(connection: Connection, standing: Standing, to: int) -> dict[int, dict[str, str]]:
    """The search forms of the revisions after those that are indexed, by row id; stale ones are written anew."""
    part = models.part
    stale_to = max(standing.indexed_to, standing.stale_to)
    found: dict[int, dict[str, str]] = {}
    fresh = select(part.c.revision_id, part.c.name, part.c.form).where(part.c.revision_id > stale_to)
    for revision_id, name, form in connection.execute(fresh.where(part.c.revision_id <= to)):
        found.setdefault(revision_id, {})[name] = form
    columns = (part.c.revision_id, part.c.name, part.c.form, part.c.text)
    older = select(*columns).where(part.c.revision_id > standing.indexed_to, part.c.revision_id <= min(stale_to, to))
    stale = []
    for revision_id, name, form, plain in connection.execute(older):
        now = found.setdefault(revision_id, {})[name] = forms_of({name: plain})[name]
        if now != form:
            stale.append({"this": revision_id, "part": name, "now": now})
    if stale:
        this = (part.c.revision_id == bindparam("this")) & (part.c.name == bindparam("part"))
        connection.execute(update(part).where(this).values(form=bindparam("now")), stale)
    return found


def _add(connection: Connection, rows: Iterable[tuple[int, Mapping[str, str]]]) -> None:
    """Put rows into the index; ascending numbers are what FTS5 takes fastest."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "INSERT INTO full_text (rowid, heading, question, answer, text) VALUES (?, ?, ?, ?, ?)",
            [(row, *(forms.get(part) for part in PARTS)) for row, forms in rows],
        )
    else:
        connection.exec_driver_sql(
            "INSERT INTO full_text (row_number, words) VALUES (%s, CAST(%s AS tsvector))",
            [(row, needs.tsvector(forms)) for row, forms in rows],
        )
