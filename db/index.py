"""Search index: finds the revisions that may hold what a query needs, newest first.

Each revision has one row, which never changes. The row's number holds the day and the revision, so the index returns rows in
the order of a list, and a revision that is filled in later stands where it belongs. Beside their words the index keeps the
labels of answers, and marks by which answers that are alike are found.

The index follows the archive in batches. It knows the last revision that it holds, and that revision's stamp: an index of
another archive, or of a state of this one that a restore took back, is recognised by it and made again. A search reads
through the revisions that the index does not hold yet, so its results never depend on the index.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import bindparam, event, func, select

from db import index_query, tables
from db.codec import load_parts
from db.index_file import WHAT, IndexBusyError, IndexFailedError, IndexFile, index_path
from db.rows import chunks
from monitor.parliament.answer_labels import label_answer
from monitor.text import index_form
from monitor.text.index_form import shortened, with_dense
from monitor.text.search_form import FORM_VERSION, signed_forms_of, unsigned
from monitor.text.similarity import marks

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from db.lease import Store
    from monitor.model.index_query import IndexQuery

    Progress = Callable[[int, int], None]

_T = TypeVar("_T")

LAYOUT: Final = 8
"""Number of the index's layout: raise it when the index holds something else, the labels of answers included."""

AT_ONCE: Final = 5_000
"""Revisions in one transaction."""

MANY: Final = 10_000
"""Revisions that a search does not read through each time, beside a SQLite archive: it takes some into the index first."""

CATCH_UP_SECONDS: Final = 10.0
"""How long a search does that at most, before it answers."""

LOOK_EVERY: Final = 60.0
"""Seconds after which a process looks again whether the index is far behind."""

COLUMNS: Final = ("answer", "question", "heading", "text")
"""The parts in FTS5's order: the first column takes a fifth less room, and most words stand in answers."""

HEADINGS: Final = ("heading",)

_TABLES: Final = {"full_text": COLUMNS, "full_text_headings": HEADINGS}
"""The index, and a small one of headings alone: a search by relevance asks for headings first."""

_MADE: Final = "content='', columnsize=0, tokenize='unicode61 remove_diacritics 0'"

_ANEW: Final = (
    *(f"DROP TABLE IF EXISTS {table}" for table in (*_TABLES, "fact", "label", "likeness")),
    *(f"CREATE VIRTUAL TABLE {table} USING fts5({', '.join(parts)}, {_MADE})" for table, parts in _TABLES.items()),
    "INSERT INTO full_text (full_text, rank) VALUES ('hashsize', 16777216)",  # bytes, kept back for a larger write
    "CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # Hashes that answers which are alike have in common, and what rules say of an answer: by the number of its row.
    "CREATE TABLE likeness (hash INTEGER, row_number INTEGER, PRIMARY KEY (hash, row_number)) WITHOUT ROWID",
    "CREATE TABLE label (name TEXT, row_number INTEGER, PRIMARY KEY (name, row_number)) WITHOUT ROWID",
)
"""Makes the index again, with nothing in it."""

# -- numbers of rows --------------------------------------------------------------------------------------------------

_IDS: Final = 32
"""Bits of a row's number that hold the revision's row id; those before hold the day."""


def row_of(day: date | None, revision_id: int) -> int:
    """Return the number of a revision's row: in the order of days, none first, and of revisions within a day."""
    return (day.toordinal() if day else 0) << _IDS | revision_id


def revision_of(row: int) -> int:
    """Return the revision's row id."""
    return row & ((1 << _IDS) - 1)


def day_of(row: int) -> date | None:
    """Return the day; None where the record has none."""
    return date.fromordinal(row >> _IDS) if row >> _IDS else None


def rows_between(first: date | None, last: date | None) -> tuple[int, int]:
    """Return the lowest and the highest row number of a range of days; rows without a day are in no range."""
    lowest = row_of(first or date.min, 0) if first or last else 0
    return lowest, row_of(last or date.max, (1 << _IDS) - 1)


# -- state ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    """Rows in the index, revisions that should be in it, and revisions that it has not reached yet."""

    rows: int
    indexed: int
    ahead: int

    @property
    def problem(self) -> str:
        """Say in a sentence what is wrong with the index; "" where nothing is."""
        if self.rows == self.indexed:
            return ""
        return f"{WHAT} has {self.rows} rows for {self.indexed} revisions"


@dataclass(frozen=True, slots=True)
class _State:
    """What an index file says of itself.

    `indexed_to`: the row id up to which all revisions are in it. `stamp`: that revision's stamp. `is_good`: no reader found
    damage.
    """

    version: str = ""
    indexed_to: int = 0
    stamp: str = ""
    is_good: bool = True

    @classmethod
    def read(cls, connection: sqlite3.Connection) -> _State:
        """Read it; the default where there is no table yet. Raises sqlite3.Error."""
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'fact'").fetchone():
            return cls()
        facts = dict(connection.execute("SELECT name, value FROM fact"))
        return cls(
            version=facts.get("version", ""),
            indexed_to=int(facts.get("indexed_to", 0)),
            stamp=facts.get("stamp", ""),
            is_good="damaged" not in facts,
        )

    def is_usable(self, archive: Connection) -> bool:
        """Whether the index is of this program's version, and of this archive."""
        if self.version != _version() or not self.is_good:
            return False
        return not self.indexed_to or self.stamp == _stamp(archive, self.indexed_to)


def _version() -> str:
    return f"{FORM_VERSION}.{LAYOUT}.{index_form.fingerprint()}"


def _stamp(archive: Connection, revision_id: int) -> str:
    """Return a hash of one revision; "" where there is none.

    Revisions are only ever added, each with the instant when it was seen. So where the last revision that an index holds is
    the archive's too, all before it are.
    """
    row = archive.execute(_STAMPED, {"id": revision_id}).first()
    if row is None:
        return ""
    what = f"{row.source} {row.seen_at.isoformat()} {row.day}".encode()
    return hashlib.blake2b(what + row.facts, digest_size=16).hexdigest()


_revision = tables.revision.c
_STAMPED: Final = select(_revision.source, _revision.seen_at, _revision.day, _revision.facts).where(
    _revision.id == bindparam("id")
)
_NEWEST: Final = select(func.coalesce(func.max(_revision.id), 0))


def is_about_index(finding: str) -> bool:
    """Whether a finding is about the index alone, which can be built anew."""
    return finding.startswith(WHAT)


# -- reading ----------------------------------------------------------------------------------------------------------


class IndexView:
    """One state of the index, as a reader sees it; empty where there is no index that may be used.

    An error makes it empty and is raised as IndexFailedError: whoever reads goes on without the index.
    """

    def __init__(self, opened: tuple[IndexFile, sqlite3.Connection] | None = None) -> None:
        self._opened = opened
        self._state = _State()
        if opened is not None:
            with suppress(IndexFailedError), self._failing(*opened) as connection:
                connection.execute("BEGIN")
                self._state = _State.read(connection)

    @property
    def indexed_to(self) -> int:
        """The row id up to which all revisions are in the index; 0 where nothing is."""
        return 0 if self._opened is None else self._state.indexed_to

    def keep_to(self, archive: Connection) -> None:
        """Be empty unless the index is of this program's version, and of this archive."""
        if self._opened is not None and not self._state.is_usable(archive):
            self._opened = None

    def candidates(
        self, need: IndexQuery | None, rows: tuple[int, int], *, labels: Sequence[str] = (), oldest_first: bool = False
    ) -> Generator[int, None, None] | None:
        """Return numbers of rows, from one to another, that may hold what is needed, newest first.

        With `labels`, only answers that have one of them. The rows are read while they are taken. Returns None where the
        index can't be asked.
        """
        asked = None if need is None else index_query.fts5(need)
        if not self.indexed_to or (asked is None and not labels):
            return None
        is_of_headings = need is not None and index_query.parts_asked(need) <= {*HEADINGS}
        table = "full_text_headings" if is_of_headings else "full_text"
        order = "ASC" if oldest_first else "DESC"
        if asked is None:
            return self._read(_asking_for_labels(len(labels), order), [*labels, *rows])
        return self._read(_asking(table, len(labels), order), [asked, *rows, *labels])

    def marked(
        self, mark: int, rows: tuple[int, int], *, at_most: int, newest_first: bool, without: int | None = None
    ) -> list[int]:
        """Return rows of answers with a mark, from one to another; `without`: none that have that mark too."""
        query = _MARKED if without is None else _MARKED_AND_UNLIKE
        values = [mark, *rows, *([] if without is None else [without]), at_most]
        return list(self._read(query[newest_first], values))

    def shared_marks(self, found: Sequence[int], own: Sequence[int]) -> set[int]:
        """Return those of some marks that other rows than a reader's own have."""
        query = (
            f"SELECT DISTINCT hash FROM likeness WHERE hash IN ({_signs(found)})"  # noqa: S608 (question marks)
            f" AND row_number NOT IN ({_signs(own)})"
        )
        return set(self._read(query, [*found, *own]))

    def labels(self) -> Iterator[tuple[int, str]]:
        """Return the row ids of labelled revisions, each with the name of a label."""
        for name, row in self._rows("SELECT name, row_number FROM label", ()):
            yield revision_of(row), name

    def count_word(self, asked: str, at_most: int) -> int:
        """Count the revisions that an expression names, no more than a number."""
        return sum(
            1 for _ in self._read("SELECT rowid FROM full_text WHERE full_text MATCH ? LIMIT ?", [asked, at_most])
        )

    def count_rows(self) -> int:
        """Count the rows of the index, from FTS5's own record of averages, whose first number that is."""
        [*found] = self._rows("SELECT block FROM full_text_data WHERE id = 1", ())
        return _first_number(found[0][0]) if found else 0

    def _read(self, query: str, values: Sequence[object]) -> Generator[int, None, None]:
        for row in self._rows(query, values):
            yield row[0]

    def _rows(self, query: str, values: Sequence[object]) -> Generator[tuple[Any, ...], None, None]:
        if self._opened is not None:
            with self._failing(*self._opened) as connection:
                yield from connection.execute(query, values)

    @contextmanager
    def _failing(self, file: IndexFile, connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
        """Turn SQLite's errors into ours, go on without the index, and leave word where it is damaged."""
        try:
            yield connection
        except sqlite3.Error as exc:
            self._opened = None
            failure = file.failure(exc)
            if failure.is_damaged:
                file.note_damage()
            raise failure from exc


@cache
def _asking(table: str, labels: int, order: str) -> str:
    """Return the query for rows of a table that an expression names, with so many labels to choose from."""
    chosen = f" AND EXISTS (SELECT 1 FROM label WHERE name IN ({_signs(range(labels))}) AND row_number = {table}.rowid)"  # noqa: S608 (our own words)
    return (
        f"SELECT rowid FROM {table} WHERE {table} MATCH ? AND rowid BETWEEN ? AND ?"  # noqa: S608 (the same)
        f"{chosen if labels else ''} ORDER BY rowid {order}"
    )


@cache
def _asking_for_labels(labels: int, order: str) -> str:
    """Return the query for rows that have one of so many labels."""
    each = " UNION ".join(["SELECT row_number FROM label WHERE name = ?"] * labels)
    return f"SELECT row_number FROM ({each}) WHERE row_number BETWEEN ? AND ? ORDER BY row_number {order}"  # noqa: S608 (our own words)


def _signs(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _marked(condition: str) -> dict[bool, str]:
    """Return the query for rows with a mark, by whether the newest come first."""
    return {
        newest_first: "SELECT row_number FROM likeness WHERE hash = ? AND row_number BETWEEN ? AND ?"  # noqa: S608 (our own words)
        f"{condition} ORDER BY row_number {'DESC' if newest_first else 'ASC'} LIMIT ?"
        for newest_first in (False, True)
    }


_MARKED: Final = _marked("")
_MARKED_AND_UNLIKE: Final = _marked(
    " AND NOT EXISTS (SELECT 1 FROM likeness AS other WHERE other.hash = ? AND other.row_number = likeness.row_number)"
)


# -- the index --------------------------------------------------------------------------------------------------------


class Index:
    """The index of one archive."""

    def __init__(self, store: Store) -> None:
        self._store = store
        path = index_path(store.engine)
        self._is_beside = store.engine.dialect.name == "sqlite"
        beside = Path(str(store.engine.url.database)) if self._is_beside else None
        self._file = None if path is None else IndexFile(path, beside)
        self._look_at = 0.0
        if self._file is not None:
            event.listen(store.engine, "engine_disposed", self._file.close_idle)

    @contextmanager
    def reading(self) -> Iterator[tuple[Connection, IndexView]]:
        """Open the archive and its index for one reader, who sees one state of each."""
        self._catch_up()
        with self._opened() as opened:
            yield opened

    def ask(self, work: Callable[[Connection, IndexView], _T]) -> _T:
        """Return what `work` finds with the index; without it, where the index turns out to be damaged."""
        with self.reading() as (archive, view):
            return _with_or_without(work, archive, view)

    def follow(self, progress: Progress | None = None) -> int:
        """Take in all that the index does not hold yet; returns how many revisions that were.

        May be stopped at any time, and goes on from there. What another process is taking in is left to that. `progress` is
        told of revisions done and of all there are. Raises IndexFailedError.
        """
        try:
            return self._follow(progress)
        except IndexBusyError:
            return 0

    def rebuild(self, progress: Progress | None = None) -> int:
        """Build the index anew. Until that is done, searches read through what is not in it.

        Raises IndexFailedError, LockedError.
        """
        file = self._file
        if file is None:
            return 0
        if file.identity is not None:
            with suppress(IndexFailedError), file.writing() as connection, file.transaction(connection):
                _note(connection, {"version": ""})
        done = self._follow(progress)
        with file.writing() as connection, file.transaction(connection):
            for table in _TABLES:
                connection.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")  # noqa: S608 (our own words)
        return done

    def count(self) -> Count:
        """Count what is in the index, and what should be."""
        with self._opened() as (archive, view):
            return _with_or_without(_count, archive, view)

    def problems(self, *, is_quick: bool = False) -> list[str]:
        """Say what is wrong with the index, one sentence each; empty where all is well, or there is none yet."""
        file = self._file
        if file is None or file.identity is None:
            return []
        try:
            with self._opened() as (archive, view):
                found = _count(archive, view).problem
            found = found or file.problem(list(_TABLES), is_quick=is_quick)
        except IndexFailedError as exc:
            found = str(exc)
        return [found] if found else []

    @contextmanager
    def _opened(self) -> Iterator[tuple[Connection, IndexView]]:
        """Open the index first: so the archive that is read knows all that the index names."""
        with self._view() as view, self._store.read() as archive:
            view.keep_to(archive)
            yield archive, view

    @contextmanager
    def _view(self) -> Iterator[IndexView]:
        if self._file is None:
            yield IndexView()
            return
        with ExitStack() as stack:
            connection = None
            with suppress(IndexFailedError):
                connection = stack.enter_context(self._file.reading())
            yield IndexView() if connection is None else IndexView((self._file, connection))

    def _catch_up(self) -> None:
        """Let an index that is behind come nearer before a search, for some seconds at most, and not at every search.

        Beside a SQLite archive a run does it, so a search does where nothing is indexed or very much is not. An archive on
        PostgreSQL may have its runs on another machine.
        """
        if self._file is None or time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LOOK_EVERY
        until = time.monotonic() + CATCH_UP_SECONDS
        with suppress(IndexFailedError, IndexBusyError):
            with self._opened() as (archive, view):
                ahead = int(archive.execute(_NEWEST).scalar_one()) - view.indexed_to
                may_wait = self._is_beside and view.indexed_to > 0
            if ahead <= (MANY if may_wait else 0):
                return
            with closing(self._batches(waits=False)) as batches:
                for _ in batches:
                    if time.monotonic() >= until:
                        return

    def _follow(self, progress: Progress | None) -> int:
        done = 0
        for taken, left in self._batches():
            done += taken
            self._keep_lease()
            if progress is not None:
                progress(done, done + left)
        return done

    def _keep_lease(self) -> None:
        """Renew the lease that this process may hold: indexing a large archive takes longer than a lease."""
        if self._store.token is not None:
            with self._store.write():
                pass

    def _batches(self, *, waits: bool = True) -> Generator[tuple[int, int], None, None]:
        """Take in batch after batch; yields how many revisions that were, and how many are left.

        Makes the file where there is none, and once again where it is damaged.
        """
        file = self._file
        if file is None:
            return
        for is_last_try in (False, True):
            if file.identity is None:
                file.make(waits=waits)
            identity = file.identity
            try:
                with file.writing() as connection:
                    while taken := self._take(file, connection, waits=waits):
                        yield taken
            except IndexFailedError as exc:
                if is_last_try or not exc.is_damaged:
                    raise
                file.remove(identity, waits=waits)
            else:
                return

    def _take(self, file: IndexFile, connection: sqlite3.Connection, *, waits: bool) -> tuple[int, int] | None:
        """Take in the next batch, in one transaction; returns how many revisions that were, and how many are left."""
        with file.transaction(connection, waits=waits):
            state = _State.read(connection)
            if not state.is_good:
                raise IndexFailedError(file.path, "a search found it damaged", is_damaged=True)
            with self._store.read() as archive:
                if not state.is_usable(archive):
                    _make_anew(connection)
                    state = _State()
                batch = _Batch.read(archive, state.indexed_to)
            if not batch.days:
                return None
            _add(connection, batch)
            last = max(batch.days)
            _note(connection, {"indexed_to": last, "stamp": batch.stamp})
            return len(batch.days), max(0, batch.newest - last)


def _with_or_without(work: Callable[[Connection, IndexView], _T], archive: Connection, view: IndexView) -> _T:
    try:
        return work(archive, view)
    except IndexFailedError:  # the view is empty now
        return work(archive, view)


def _count(archive: Connection, view: IndexView) -> Count:
    table = tables.revision
    counted = select(func.count().filter(table.c.id <= view.indexed_to), func.count()).select_from(table)
    indexed, total = archive.execute(counted).one()
    return Count(view.count_rows(), indexed, total - indexed)


def _first_number(block: bytes) -> int:
    """Return a number as SQLite writes it: seven bits of each byte, until one whose highest bit is not set."""
    number = 0
    for byte in block:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 (the highest bit)
            break
    return number


# -- writing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Batch:
    """Revisions that go into the index together: their days and texts by row id, and the stamp of the last."""

    days: Mapping[int, date | None]
    parts: Mapping[int, Mapping[str, str]]
    stamp: str
    newest: int

    @classmethod
    def read(cls, archive: Connection, after: int) -> _Batch:
        """Read the next revisions after one."""
        query = select(_revision.id, _revision.day).where(_revision.id > after)
        days = dict(archive.execute(query.order_by(_revision.id).limit(AT_ONCE)).all())
        parts: dict[int, dict[str, str]] = {}
        for ids in chunks(list(days)):
            parts |= load_parts(archive, ids)
        stamp = _stamp(archive, max(days)) if days else ""
        return cls(days, parts, stamp, int(archive.execute(_NEWEST).scalar_one()))


def _make_anew(connection: sqlite3.Connection) -> None:
    """Make the index again, of this version, with nothing in it."""
    for statement in _ANEW:
        connection.execute(statement)
    _note(connection, {"version": _version()})


def _note(connection: sqlite3.Connection, facts: Mapping[str, object]) -> None:
    values = [(name, str(value)) for name, value in facts.items()]
    connection.executemany("INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)", values)


def _add(connection: sqlite3.Connection, batch: _Batch) -> None:
    """Put a batch into the index: words, marks and labels."""
    rows = sorted((row_of(day, revision), revision) for revision, day in batch.days.items())
    forms = {revision: signed_forms_of(parts) for revision, parts in batch.parts.items()}
    _add_words(connection, [(row, _indexed(forms.get(revision, {}))) for row, revision in rows])
    answers = (
        (row, batch.parts[revision]["answer"], unsigned(forms[revision]["answer"]))
        for row, revision in rows
        if "answer" in batch.parts.get(revision, ())
    )
    _add_marks(connection, answers)


def _indexed(forms: Mapping[str, str]) -> Mapping[str, str]:
    """Return search forms as the index has them.

    Tails are short; formulas and names, in which no single word counts, are set apart.
    """
    read = {name: index_form.set_apart(form, is_question=name == "question") for name, form in forms.items()}
    return {name: with_dense(shortened(form)) for name, form in read.items()}


def _add_words(connection: sqlite3.Connection, rows: Sequence[tuple[int, Mapping[str, str]]]) -> None:
    """Add search forms by row; ascending numbers are what FTS5 takes fastest."""
    for table, parts in _TABLES.items():
        held = [(row, forms) for row, forms in rows if parts == COLUMNS or not forms.keys().isdisjoint(parts)]
        connection.executemany(
            f"INSERT INTO {table} (rowid, {', '.join(parts)}) VALUES (?, {_signs(parts)})",  # noqa: S608 (our own words)
            [(row, *map(forms.get, parts)) for row, forms in held],
        )


def _add_marks(connection: sqlite3.Connection, answers: Iterable[tuple[int, str, str]]) -> None:
    """Add marks and labels of answers: the number of the row, the plain text, its search form.

    They go in in the order of their keys, in which SQLite takes them fastest and keeps them closest.
    """
    found: list[tuple[int, int]] = []
    labelled: list[tuple[str, int]] = []
    for row, answer, form in answers:
        found += [(mark, row) for mark in marks(form)]
        labelled += [(label.name, row) for label in label_answer(answer)]
    connection.executemany("INSERT INTO likeness (hash, row_number) VALUES (?, ?)", sorted(found))
    connection.executemany("INSERT INTO label (name, row_number) VALUES (?, ?)", sorted(labelled))
