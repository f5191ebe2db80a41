"""Search index: finds the revisions that may hold what a query needs, newest first.

Each revision has one row, which never changes. The row's number holds the day and the revision, so the index returns rows in
the order of a list, and a revision that is filled in later stands where it belongs. Beside their words the index keeps the
labels of answers, and marks by which answers that are alike are found.

The index follows the archive in batches. It knows the last revision that it holds, and that revision's stamp: an index of
another archive, or of a state of this one that a restore took back, is recognised by it and made again. A search reads
through the revisions that the index does not hold yet, so its results never depend on the index.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy import Integer, bindparam, func, select

from db import tables
from db.index_file import WHAT, IndexBusyError, IndexFailedError, IndexFile, index_path
from db.rows import load_parts
from db.stoppable import stoppable
from monitor.parliament.answer_labels import label_answer
from monitor.text import index_form
from monitor.text.index_form import mark_dense, shorten_tail
from monitor.text.search_form import signed_forms_of
from monitor.text.similarity import marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from db.store import Store

    Progress = Callable[[int, int], None]

from db.index_view import COLUMNS, TABLES, IndexState, IndexView, index_version, row_of, signs, stamp_of

_T = TypeVar("_T")

AT_ONCE: Final = 5_000
"""Revisions in one transaction."""

MANY: Final = 10_000
"""Revisions that a search does not read through each time, beside a SQLite archive: it takes some into the index first."""

CATCH_UP_SECONDS: Final = 10.0
"""Time that a search spends on that at most, before it answers."""

LOOK_EVERY: Final = 60.0
"""Seconds after which a process looks again whether the index is far behind."""

_MADE: Final = "content='', columnsize=0, tokenize='unicode61 remove_diacritics 0'"

_ANEW: Final = (
    *(f"DROP TABLE IF EXISTS {table}" for table in (*TABLES, "fact", "label", "likeness")),
    *(f"CREATE VIRTUAL TABLE {table} USING fts5({', '.join(parts)}, {_MADE})" for table, parts in TABLES.items()),
    "INSERT INTO full_text (full_text, rank) VALUES ('hashsize', 16777216)",  # bytes, kept back for a larger write
    "CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # Hashes that answers which are alike have in common, and what rules say of an answer: by the number of its row.
    "CREATE TABLE likeness (hash INTEGER, row_number INTEGER, PRIMARY KEY (hash, row_number)) WITHOUT ROWID",
    "CREATE TABLE label (name TEXT, row_number INTEGER, PRIMARY KEY (name, row_number)) WITHOUT ROWID",
)
"""Makes the index again, with nothing in it."""

_revision = tables.revision.c
_NEWEST: Final = select(func.coalesce(func.max(_revision.id), 0))
_NEXT: Final = (
    select(_revision.id, _revision.day)
    .where(_revision.id > bindparam("after"))
    .order_by(_revision.id)
    .limit(bindparam("most", type_=Integer))
)


def is_about_index(finding: str) -> bool:
    """Say whether a finding is about the index alone, which can be built anew."""
    return finding.startswith(WHAT)


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


class Index:
    """The index of one archive."""

    def __init__(self, store: Store) -> None:
        self._store = store
        path = index_path(store.engine)
        self._is_beside = store.engine.dialect.name == "sqlite"
        beside = Path(str(store.engine.url.database)) if self._is_beside else None
        self._file = None if path is None else IndexFile(path, beside)
        self._look_at = 0.0

    def close(self) -> None:
        """Close the connections to its file that no reader uses."""
        if self._file is not None:
            self._file.close_idle()

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

    @property
    def is_kept(self) -> bool:
        """True where there may be an index: an archive in memory has none."""
        return self._file is not None

    def ahead(self) -> int:
        """Return how far the newest revision is ahead of the index, in row ids. Raises IndexFailedError."""
        with self._opened() as (archive, view):
            return int(archive.execute(_NEWEST).scalar_one()) - view.indexed_to

    def keep_lease(self) -> None:
        """Renew the lease that this process may hold: indexing a large archive takes longer than a lease."""
        if self._store.token is not None:
            with self._store.write():
                pass

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
            _merge_parts(connection)
        return done

    def compact(self) -> None:
        """Merge the parts of the index, and give the room that becomes free back to the disk.

        It needs as much room again meanwhile. An index that can't be used is left as it is. Raises LockedError.
        """
        file = self._file
        if file is None or file.identity is None:
            return
        with suppress(IndexFailedError), file.writing() as connection:
            with file.transaction(connection):
                if IndexState.read(connection).indexed_to:
                    _merge_parts(connection)
            stoppable(connection, lambda: connection.execute("VACUUM"))
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def count(self) -> Count:
        """Count what is in the index, and what should be."""
        with self._opened() as (archive, view):
            return _with_or_without(_count, archive, view)

    def problems(self, *, is_quick: bool = False) -> list[str]:
        """Say what is wrong with the index, one sentence each; nothing where all is well, or no index is there yet."""
        file = self._file
        if file is None or file.identity is None:
            return []
        try:
            with self._opened() as (archive, view):
                found = _count(archive, view).problem
            found = found or file.problem(list(TABLES), is_quick=is_quick)
        except IndexFailedError as exc:
            found = str(exc)
        return [found] if found else []

    @property
    def write_problem(self) -> str:
        """Reason for which no run of this user can bring the index up to date; "" where it can.

        Beside a SQLite archive the index may be written where the archive may: that is checked elsewhere.
        """
        if self._file is None or self._is_beside or self._file.may_be_written:
            return ""
        return (
            f"{WHAT}, {self._file.path}, can't be written by this user: give the user that file and its folder, or set "
            "XDG_CACHE_HOME to another folder"
        )

    @contextmanager
    def _opened(self) -> Iterator[tuple[Connection, IndexView]]:
        """Open the index first: so the archive that is read knows all that the index names.

        Not in the view of the caller, which may have begun before the index went on: it would look like one of another
        archive, and be left aside.
        """
        reading = self._store.read if self._file is None else self._store.read_now
        with self._view() as view, reading() as archive:
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
            self.keep_lease()
            if progress is not None:
                progress(done, done + left)
        return done

    def _batches(self, *, waits: bool = True) -> Generator[tuple[int, int], None, None]:
        """Take in batch after batch; yields how many revisions that were, and how many are left.

        Makes the file where it is missing, and once again where it is damaged.
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
            state = IndexState.read(connection)
            if not state.is_good:
                raise IndexFailedError(file.path, "a search found it damaged", is_damaged=True)
            with self._store.read_now() as archive:  # an older view would have a good index made anew
                if not state.is_usable(archive):
                    _make_anew(connection)
                    state = IndexState()
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
        days = dict(archive.execute(_NEXT, {"after": after, "most": AT_ONCE}).all())
        stamp = stamp_of(archive, max(days)) if days else ""
        return cls(days, load_parts(archive, list(days)), stamp, int(archive.execute(_NEWEST).scalar_one()))


def _merge_parts(connection: sqlite3.Connection) -> None:
    """Merge what was written batch by batch: it takes less room, and searches look in one place."""
    for table in TABLES:
        merge = f"INSERT INTO {table} ({table}) VALUES ('optimize')"  # noqa: S608 (our own words)
        stoppable(connection, partial(connection.execute, merge))


def _make_anew(connection: sqlite3.Connection) -> None:
    """Make the index again, of this version, with nothing in it."""
    for statement in _ANEW:
        connection.execute(statement)
    _note(connection, {"version": index_version()})


def _note(connection: sqlite3.Connection, facts: Mapping[str, object]) -> None:
    values = [(name, str(value)) for name, value in facts.items()]
    connection.executemany("INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)", values)


def _add(connection: sqlite3.Connection, batch: _Batch) -> None:
    """Put a batch into the index: words, marks and labels."""
    rows = sorted((row_of(day, revision), revision) for revision, day in batch.days.items())
    forms = {revision: signed_forms_of(parts) for revision, parts in batch.parts.items()}
    _add_words(connection, [(row, _indexed(forms.get(revision, {}))) for row, revision in rows])
    answers = (
        (row, batch.parts[revision]["answer"], forms[revision]["answer"])
        for row, revision in rows
        if "answer" in batch.parts.get(revision, ())
    )
    _add_marks(connection, answers)


def _indexed(forms: Mapping[str, str]) -> Mapping[str, str]:
    """Return search forms as the index has them.

    Tails are short; formulas and names, in which no single word counts, are set apart.
    """
    read = {name: index_form.mark_excluded(form, is_question=name == "question") for name, form in forms.items()}
    return {name: mark_dense(shorten_tail(form)) for name, form in read.items()}


def _add_words(connection: sqlite3.Connection, rows: Sequence[tuple[int, Mapping[str, str]]]) -> None:
    """Add search forms by row; ascending numbers are what FTS5 takes fastest."""
    for table, parts in TABLES.items():
        held = [(row, forms) for row, forms in rows if parts == COLUMNS or not forms.keys().isdisjoint(parts)]
        connection.executemany(
            f"INSERT INTO {table} (rowid, {', '.join(parts)}) VALUES (?, {signs(parts)})",  # noqa: S608 (our own words)
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
