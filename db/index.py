"""The full-text index: which revisions may hold what a query needs, newest first.

A row for each revision, which never changes: its number tells the day and the revision, so that the index hands out its
finds in the order of a list, and what is filled in later stands where it belongs. It follows the record in batches. How
far it is stands in the archive's facts: "index_version" and "indexed_to" (a revision's row id). What it has not reached is
looked through without it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, delete, func, insert, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from db import answer_hashes, index_query, tables
from db.codec import load_parts
from db.engine import take_your_time
from db.rows import chunks
from monitor.errors import ArchiveError
from monitor.text import index_form
from monitor.text.index_form import shortened, with_dense
from monitor.text.search_form import FORM_VERSION, signed_forms_of, unsigned

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from sqlalchemy import Connection, TextClause
    from sqlalchemy.sql.compiler import SQLCompiler

    from db.lease import Store
    from monitor.model.index_query import Need

    Progress = Callable[[int, int], None]

LAYOUT: Final = 7
"""Counts changes of what the index holds, the labels of answers among them."""

AT_ONCE: Final = 5_000
"""Revisions in one transaction."""

INDEX_FACTS: Final = ("index_version", "indexed_to")
"""What the archive's facts say of the index."""

_FACTS: Final = select(tables.meta.c.key, tables.meta.c.value).where(tables.meta.c.key.in_(INDEX_FACTS))

_IDS: Final = 32
"""Bits of a row's number that hold the revision's row id; those before hold the day."""

_BEFORE_DAYS: Final = 1721424.5
"""What `date.toordinal` counts less than SQLite's julianday."""

COLUMNS: Final = ("answer", "question", "heading", "text")
"""The parts as FTS5 has them: what stands in the first column takes a fifth less room, and most stands in answers."""

HEADINGS: Final = ("heading",)

_TABLES: Final = {"full_text": COLUMNS, "full_text_headings": HEADINGS}
"""The index, and one of headings alone: by relevance what records are about comes first, and is soon found there."""

_MADE: Final = "content='', columnsize=0, tokenize='unicode61 remove_diacritics 0'"

_SQLITE: Final = (
    *(f"DROP TABLE IF EXISTS {table}" for table in _TABLES),
    *(f"CREATE VIRTUAL TABLE {table} USING fts5({', '.join(parts)}, {_MADE})" for table, parts in _TABLES.items()),
    "INSERT INTO full_text (full_text, rank) VALUES ('hashsize', 16777216)",  # bytes, kept back for a larger write
)
_POSTGRESQL: Final = tuple(
    statement
    for table in _TABLES
    for statement in (
        f"CREATE TABLE IF NOT EXISTS {table} (row_number bigint PRIMARY KEY, words tsvector NOT NULL)",
        f"CREATE INDEX IF NOT EXISTS ix_{table}_words ON {table} USING gin (words)",
        # A table that is dropped, or truncated, is empty even to who began to search before.
        f"DELETE FROM {table}",  # noqa: S608 (our own words)
    )
)
"""What makes the index anew, with nothing in it."""


def is_of_index(table: str | None) -> bool:
    """Whether a table of the database belongs to the index, which is no part of the record."""
    return table is not None and (
        table == "full_text" or table.startswith("full_text_") or table in tables.index_metadata.tables
    )


def is_about_index(finding: str) -> bool:
    """Whether what the database says of itself is about the index alone, which can be built anew."""
    return "full_text" in finding


def row_of(day: date | None, revision_id: int) -> int:
    """The number of a revision's row: days in order, none first, and revisions of one day."""
    return (day.toordinal() if day else 0) << _IDS | revision_id


class RowOf(FunctionElement[int]):
    """The same of columns in a statement: the day, and the revision's row id."""

    type = BigInteger()
    inherit_cache = True


@compiles(RowOf, "sqlite")
def _row_of_sqlite(element: RowOf, compiler: SQLCompiler, **options: Any) -> str:
    day, revision_id = (compiler.process(one, **options) for one in element.clauses)
    return f"(CAST(coalesce(julianday({day}) - {_BEFORE_DAYS}, 0) AS INTEGER) << {_IDS} | {revision_id})"


@compiles(RowOf, "postgresql")
def _row_of_postgresql(element: RowOf, compiler: SQLCompiler, **options: Any) -> str:
    day, revision_id = (compiler.process(one, **options) for one in element.clauses)
    return f"(coalesce({day} - DATE '0001-01-01' + 1, 0)::bigint << {_IDS} | {revision_id})"


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
            newest, reached = _newest(connection), indexed_to(connection)
        if not is_ours:
            with self._store.write() as connection:
                empty(connection)
        done, ahead = 0, newest - reached
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
                for table in _TABLES:
                    connection.exec_driver_sql(f"INSERT INTO {table} ({table}) VALUES ('optimize')")  # noqa: S608 (our own words)
        return done

    def count(self) -> Count:
        """What is in the index, and what should be."""
        with self._store.read() as connection:
            return count(connection)

    def _take(self) -> int:
        """The next batch, in one transaction; returns how many revisions that were."""
        with self._store.write() as connection:
            table = tables.revision
            query = select(table.c.id, table.c.day).where(table.c.id > indexed_to(connection))
            days = dict(connection.execute(query.order_by(table.c.id).limit(AT_ONCE)).all())
            if not days:
                return 0
            parts = _parts(connection, list(days))
            rows = sorted((row_of(day, one), one) for one, day in days.items())
            forms = {one: signed_forms_of(texts) for one, texts in parts.items()}
            _add(connection, [(row, _indexed(forms.get(one, {}))) for row, one in rows])
            answers = (
                (row, parts[one]["answer"], unsigned(forms[one]["answer"]))
                for row, one in rows
                if "answer" in parts.get(one, ())
            )
            answer_hashes.add_answer_hashes(connection, answers)
            _note(connection, {"indexed_to": max(days)})
            return len(days)


def indexed_to(connection: Connection) -> int:
    """The row id up to which all revisions are in the index; 0 where it is of another version, which counts as empty."""
    facts = _facts(connection)
    return int(facts["indexed_to"]) if facts.get("index_version") == _our_version(connection) else 0


def candidates(
    connection: Connection, need: Need, rows: tuple[int, int], *, oldest_first: bool = False
) -> Generator[int, None, None] | None:
    """Numbers of rows, from one to another, that may hold what is needed, newest first.

    They are read as they are taken. None where the index can't be asked that.
    """
    table = "full_text_headings" if index_query.parts_asked(need) <= {*HEADINGS} else "full_text"
    name = connection.dialect.name
    asked = index_query.fts5(need) if name == "sqlite" else index_query.tsquery(need)
    if asked is None:
        return None
    query = _asking(name, table, "ASC" if oldest_first else "DESC")
    return _read(connection, query, {"asked": asked, "first": rows[0], "last": rows[1]})


@cache
def _asking(dialect: str, table: str, order: str) -> TextClause:
    if dialect == "sqlite":
        return text(
            f"SELECT rowid FROM {table} WHERE {table} MATCH :asked AND rowid BETWEEN :first AND :last"  # noqa: S608 (our own words)
            f" ORDER BY rowid {order}"
        )
    # Else the planner may go through all rows in order, hoping to meet some that hold it.
    return text(
        f"WITH found AS MATERIALIZED (SELECT row_number FROM {table}"  # noqa: S608 (our own words)
        " WHERE words @@ CAST(:asked AS tsquery) AND row_number BETWEEN :first AND :last)"
        f" SELECT row_number FROM found ORDER BY row_number {order}"
    )


def _read(connection: Connection, query: TextClause, values: Mapping[str, Any]) -> Generator[int, None, None]:
    try:
        with connection.execute(query, values, execution_options={"yield_per": 1000}) as result:
            yield from result.scalars()
    except DatabaseError as exc:
        if re.search("locked|busy", str(exc.orig)):
            raise
        reason = str(exc.orig).strip().splitlines()[0]
        raise ArchiveError(f"the index for searches can't be read ({reason}): run: pqwatch db reindex") from exc


def count(connection: Connection) -> Count:
    """What is in the index, and what should be."""
    table = tables.revision
    indexed, total = connection.execute(
        select(func.count().filter(table.c.id <= indexed_to(connection)), func.count()).select_from(table)
    ).one()
    rows = _rows(connection) if _version_of(connection) == _our_version(connection) else 0
    return Count(rows, indexed, total - indexed)


def _rows(connection: Connection) -> int:
    """How many rows are in the index. FTS5 keeps that as the first number of its record of averages."""
    if connection.dialect.name != "sqlite":
        return int(connection.execute(text("SELECT count(*) FROM full_text")).scalar_one())
    averages = connection.execute(text("SELECT block FROM full_text_data WHERE id = 1")).scalar()
    return _first_number(averages or b"\0")


def _first_number(block: bytes) -> int:
    """A number as SQLite writes it: seven bits of each byte, until one has its highest bit not set."""
    number = 0
    for byte in block:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 (the highest bit)
            break
    return number


def _our_version(connection: Connection) -> str:
    """Named after the database too: rows of one that are copied to another come without their index."""
    return f"{FORM_VERSION}.{LAYOUT}.{index_form.fingerprint()}.{connection.dialect.name}"


def _version_of(connection: Connection) -> str:
    return _facts(connection).get("index_version", "")


def _facts(connection: Connection) -> dict[str, str]:
    return dict(connection.execute(_FACTS).all())


def _newest(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(tables.revision.c.id), 0))).scalar_one())


def _note(connection: Connection, facts: Mapping[str, object]) -> None:
    table = tables.meta
    connection.execute(delete(table).where(table.c.key.in_(list(facts))))
    connection.execute(insert(table), [{"key": name, "value": str(value)} for name, value in facts.items()])


def empty(connection: Connection) -> None:
    """Make the index anew, of this version, with nothing in it."""
    take_your_time(connection)
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(statement)
    answer_hashes.empty_answer_hashes(connection)
    _note(connection, {"index_version": _our_version(connection), "indexed_to": 0})


def _parts(connection: Connection, revision_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """The texts of revisions, by row id; those without words are left out."""
    parts: dict[int, dict[str, str]] = {}
    for some in chunks(revision_ids):
        parts |= load_parts(connection, some)
    return parts


def _indexed(forms: Mapping[str, str]) -> Mapping[str, str]:
    """Search forms as the index has them: with short tails, formulas and names, where no single word counts, set apart."""
    read = {name: index_form.set_apart(form, is_question=name == "question") for name, form in forms.items()}
    return {name: with_dense(shortened(form)) for name, form in read.items()}


def _add(connection: Connection, rows: Sequence[tuple[int, Mapping[str, str]]]) -> None:
    """Put rows into the index; ascending numbers are what FTS5 takes fastest."""
    for table, parts in _TABLES.items():
        some = [(row, forms) for row, forms in rows if parts == COLUMNS or not forms.keys().isdisjoint(parts)]
        if not some:
            continue
        if connection.dialect.name == "sqlite":
            values = ", ".join("?" * len(parts))
            connection.exec_driver_sql(
                f"INSERT INTO {table} (rowid, {', '.join(parts)}) VALUES (?, {values})",  # noqa: S608 (our own words)
                [(row, *map(forms.get, parts)) for row, forms in some],
            )
        else:
            connection.exec_driver_sql(
                f"INSERT INTO {table} (row_number, words) VALUES (%s, CAST(%s AS tsvector))",  # noqa: S608 (our own words)
                [
                    (row, index_query.tsvector({part: forms[part] for part in parts if part in forms}))
                    for row, forms in some
                ],
            )
