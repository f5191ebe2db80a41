"""View of the search index: one state of it, as one search reads it."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select

from db import tables
from db.fts5_expression import commonness_of_rarest, fts5, parts_asked
from db.index_file import IndexFailedError, IndexFile
from monitor.text import index_form
from monitor.text.index_form import ASKED, NAMED
from monitor.text.search_form import FORM_VERSION
from monitor.text.word_frequency import RARE, frequency_of_beginning

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from sqlalchemy import Connection

    from monitor.model.index_query import IndexQuery


LAYOUT: Final = 8
"""Number of the index's layout: raise it when the index holds something else, the labels of answers included."""

COLUMNS: Final = ("answer", "question", "heading", "text")
"""The parts in FTS5's order: the first column takes a fifth less room, and most words stand in answers."""

HEADINGS: Final = ("heading",)

TABLES: Final = {"full_text": COLUMNS, "full_text_headings": HEADINGS}
"""The index, and a small one of headings alone: a search by relevance asks for headings first."""

_FEW_ROWS: Final = 200
"""Rows of something rare that are read from the oldest on, and then turned round.

FTS5 goes back through the rows of a common word ten times as slowly as forward, where it is held against a rare one.
"""

_BEGUN: Final = re.compile(f"[{ASKED}{NAMED}]?([a-z0-9]+)")
"""A beginning whose words are listed: letters that every version of SQLite writes alike, after one of two signs at most.

Joined words, before which another sign stands, are in few rows.
"""

_ROWS_FOR_A_WORD: Final = 1_000
"""Rows that FTS5 puts in order in the time in which one word is listed and asked for. Of a beginning it does so with all."""

_MOST_WORDS: Final = 300
"""Words that are asked for in place of a beginning, at most."""

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
class IndexState:
    """Facts that an index file says of itself.

    `indexed_to`: the row id up to which all revisions are in it. `stamp`: that revision's stamp. `is_good`: no reader found
    damage.
    """

    version: str = ""
    indexed_to: int = 0
    stamp: str = ""
    is_good: bool = True

    @classmethod
    def read(cls, connection: sqlite3.Connection) -> IndexState:
        """Read it; the default where nothing was written yet. Raises sqlite3.Error."""
        try:
            facts = dict(connection.execute("SELECT name, value FROM fact"))
        except sqlite3.OperationalError as exc:
            if "no such table" not in str(exc):
                raise
            return cls()
        return cls(
            version=facts.get("version", ""),
            indexed_to=int(facts.get("indexed_to", 0)),
            stamp=facts.get("stamp", ""),
            is_good="damaged" not in facts,
        )

    def is_usable(self, archive: Connection) -> bool:
        """Say whether the index is of this program's version, and of this archive."""
        if self.version != index_version() or not self.is_good:
            return False
        return not self.indexed_to or self.stamp == stamp_of(archive, self.indexed_to)


def index_version() -> str:
    """Return the version of the index that this program makes."""
    return f"{FORM_VERSION}.{LAYOUT}.{index_form.fingerprint()}"


def stamp_of(archive: Connection, revision_id: int) -> str:
    """Return a hash of one revision; "" where that is missing.

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


# -- reading ----------------------------------------------------------------------------------------------------------


class IndexView:
    """One state of the index, as a reader sees it; empty where there is no index that may be used.

    An error makes it empty and is raised as IndexFailedError; then the search goes on without the index.
    """

    def __init__(self, opened: tuple[IndexFile, sqlite3.Connection] | None = None) -> None:
        self._opened = opened
        self._state = IndexState()
        if opened is not None:
            with suppress(IndexFailedError), self._failing(*opened) as connection:
                connection.execute("BEGIN")
                self._state = IndexState.read(connection)

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
        is_of_headings = need is not None and parts_asked(need) <= {*HEADINGS}
        asked = None if need is None else fts5(need, None if is_of_headings else self._words_begun)
        if not self.indexed_to or (asked is None and not labels):
            return None
        table = "full_text_headings" if is_of_headings else "full_text"
        order = "ASC" if oldest_first else "DESC"
        if asked is None:
            return self._read(_asking_for_labels(len(labels), order), [*labels, *rows])
        values = [asked, *rows, *labels]
        if need is not None and not oldest_first and commonness_of_rarest(need) <= RARE:
            few = list(self._read(f"{_asking(table, len(labels), 'ASC')} LIMIT ?", [*values, _FEW_ROWS]))
            if len(few) < _FEW_ROWS:
                return (row for row in reversed(few))
        return self._read(_asking(table, len(labels), order), values)

    def newest(self, need: IndexQuery, rows: tuple[int, int], *, at_most: int) -> list[int]:
        """Return numbers of rows, from one to another, that may hold what is needed, the newest, all at once.

        That takes a third of the time of `candidates` where thousands are taken. An index that can't be asked has no rows.
        """
        asked = fts5(need, self._words_begun)
        if not self.indexed_to or asked is None or self._opened is None:
            return []
        with self._failing(*self._opened) as connection:
            query = f"{_asking('full_text', 0, 'DESC')} LIMIT ?"
            return [row for (row,) in connection.execute(query, [asked, *rows, at_most]).fetchall()]

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
            f"SELECT DISTINCT hash FROM likeness WHERE hash IN ({signs(found)})"  # noqa: S608 (question marks)
            f" AND row_number NOT IN ({signs(own)})"
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

    def _words_begun(self, beginning: str) -> list[str]:
        """Return the words that begin so; none where they are so many that asking for the beginning is sooner done.

        FTS5 reads all rows of all words that begin so before it names the first; of words it reads as many as are taken.
        """
        letters = _BEGUN.fullmatch(beginning)
        if not self.indexed_to or letters is None:
            return []
        rows = int(self.count_rows() * frequency_of_beginning(letters[1])) // 1_000
        most = min(_MOST_WORDS, rows // _ROWS_FOR_A_WORD)
        words = list(islice(self._words_from(beginning), most + 1)) if most else []
        return words if len(words) <= most else []

    def _words_from(self, beginning: str) -> Generator[str, None, None]:
        """Return the words that begin so, in the order of letters. One is read at a time: FTS5 lists where each stands."""
        [*_] = self._rows(_LIST_WORDS, ())
        after = f"{beginning[:-1]}{chr(ord(beginning[-1]) + 1)}"
        [*found] = self._rows(_NEXT_WORD, (beginning, after))
        while found:
            [(word,)] = found
            yield word
            [*found] = self._rows(_NEXT_WORD, (f"{word}{_FIRST_SIGN}", after))

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
    chosen = f" AND EXISTS (SELECT 1 FROM label WHERE name IN ({signs(range(labels))}) AND row_number = {table}.rowid)"  # noqa: S608 (our own words)
    return (
        f"SELECT rowid FROM {table} WHERE {table} MATCH ? AND rowid BETWEEN ? AND ?"  # noqa: S608 (the same)
        f"{chosen if labels else ''} ORDER BY rowid {order}"
    )


@cache
def _asking_for_labels(labels: int, order: str) -> str:
    """Return the query for rows that have one of so many labels."""
    each = " UNION ".join(["SELECT row_number FROM label WHERE name = ?"] * labels)
    return f"SELECT row_number FROM ({each}) WHERE row_number BETWEEN ? AND ? ORDER BY row_number {order}"  # noqa: S608 (our own words)


_LIST_WORDS: Final = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.full_text_word USING fts5vocab(main, full_text, instance)"
_NEXT_WORD: Final = "SELECT term FROM temp.full_text_word WHERE term >= ? AND term < ? LIMIT 1"
_FIRST_SIGN: Final = "\x01"
"""Sign that no word has and that comes before all letters, so that a word with it comes right after the word."""


def signs(values: Sequence[object]) -> str:
    """Return a question mark for each value."""
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


def _first_number(block: bytes) -> int:
    """Return a number as SQLite writes it: seven bits of each byte, until one whose highest bit is not set."""
    number = 0
    for byte in block:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 (the highest bit)
            break
    return number
