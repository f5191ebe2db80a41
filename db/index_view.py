"""View of the search index: one state of it, as one search reads it, and the queries that it is asked.

A query is what a search needs, as an expression for FTS5. The expression may be met by texts that do not hold what is
needed, never the other way round: the matcher looks at what is found. So what FTS5 can't be asked, such as marks, is left
out; None stands for an expression that any text may meet.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select

from db import tables
from db.index_file import IndexFailedError, IndexFile
from monitor.model.index_query import AllOf, AnyOf, NearBy, PhraseRequirement
from monitor.model.records import PARTS
from monitor.text import index_form
from monitor.text.index_form import DENSE, index_distance, marked_variants
from monitor.text.search_form import FORM_VERSION, JOINED
from monitor.text.tokens import SHORTEST_JOINED

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from monitor.model.index_query import IndexQuery


LAYOUT: Final = 8
"""Number of the index's layout: raise it when the index holds something else, the labels of answers included."""

COLUMNS: Final = ("answer", "question", "heading", "text")
"""The parts in FTS5's order: the first column takes a fifth less room, and most words stand in answers."""

HEADINGS: Final = ("heading",)

TABLES: Final = {"full_text": COLUMNS, "full_text_headings": HEADINGS}
"""The index, and a small one of headings alone: a search by relevance asks for headings first."""

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
        asked = None if need is None else fts5(need)
        if not self.indexed_to or (asked is None and not labels):
            return None
        is_of_headings = need is not None and parts_asked(need) <= {*HEADINGS}
        table = "full_text_headings" if is_of_headings else "full_text"
        order = "ASC" if oldest_first else "DESC"
        if asked is None:
            return self._read(_asking_for_labels(len(labels), order), [*labels, *rows])
        return self._read(_asking(table, len(labels), order), [asked, *rows, *labels])

    def newest(self, need: IndexQuery, rows: tuple[int, int], *, at_most: int) -> list[int]:
        """Return numbers of rows, from one to another, that may hold what is needed, the newest, all at once.

        That takes a third of the time of `candidates` where thousands are taken. An index that can't be asked has no rows.
        """
        asked = fts5(need)
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


# -- queries in FTS5's language ---------------------------------------------------------------------------------------

DEEPEST: Final = 12
"""Brackets within brackets that are asked: FTS5 has bounds of its own, and few people write so many."""

_KNOWN: Final = "\u0500"
"""Letters before this one are letters to every version of SQLite."""

_NEIGHBOURS: Final = 2
"""Words that stand next to each other in an entry of a tail."""

_MOST_PAIRS: Final = 36
"""Pairs of words near each other that are asked for, each way to write one with each of the other."""

NOWHERE: Final = AnyOf(())
"""A need that no text meets."""


def within(query: IndexQuery, parts: frozenset[str]) -> IndexQuery:
    """Return what a document of these parts alone must hold; NOWHERE where it can't."""
    if isinstance(query, PhraseRequirement):
        common = query.parts & parts if query.parts else parts
        return replace(query, parts=common) if common else NOWHERE
    if isinstance(query, NearBy):
        lefts, rights = (_phrases_within(side, parts) for side in (query.lefts, query.rights))
        return NearBy(lefts, rights, query.distance) if lefts and rights else NOWHERE
    needs = [within(need, parts) for need in query.needs]
    if isinstance(query, AllOf):
        return NOWHERE if NOWHERE in needs else AllOf(tuple(needs))
    return AnyOf(tuple(need for need in needs if need != NOWHERE))


def _phrases_within(phrases: Sequence[PhraseRequirement], parts: frozenset[str]) -> tuple[PhraseRequirement, ...]:
    narrowed = (within(phrase, parts) for phrase in phrases)
    return tuple(phrase for phrase in narrowed if isinstance(phrase, PhraseRequirement))


def parts_asked(query: IndexQuery) -> frozenset[str]:
    """Return the parts in which words are asked for."""
    if isinstance(query, PhraseRequirement):
        return frozenset(query.parts or PARTS)
    if isinstance(query, NearBy):
        return parts_asked(query.both)
    return frozenset().union(*map(parts_asked, query.needs))


def fts5(query: IndexQuery, depth: int = 0) -> str | None:
    """Return the expression for FTS5; its tokens are what "unicode61" makes of the words, on both sides.

    `depth`: the brackets around it.
    """
    if isinstance(query, PhraseRequirement):
        return _phrase(query)
    if isinstance(query, NearBy):
        return _near(query) or fts5(query.both, depth)
    if depth == DEEPEST:
        return None
    asked = [fts5(need, depth + 1) for need in query.needs]
    known = [expression for expression in asked if expression is not None]
    is_all = isinstance(query, AllOf)
    if not known or (not is_all and len(known) < len(asked)):
        return None
    return known[0] if len(known) == 1 else f"({(' AND ' if is_all else ' OR ').join(known)})"


def _phrase(phrase: PhraseRequirement) -> str | None:
    if phrase.parts and phrase.parts.isdisjoint(PARTS):
        return None
    quoted = [_quoted(words) for way in _ways(phrase) for words in _joined_or_not(way)]
    if None in quoted:
        return None
    where = _where(phrase.parts)
    return f"{where}{quoted[0]}" if len(quoted) == 1 else f"{where}({' OR '.join(filter(None, quoted))})"


def _joined_or_not(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Return the ways in which the index may have one or two words: with a sign where a hyphen joins their parts.

    The index joins no words of a longer phrase: such a word stands in the tail alone.
    """
    if len(words) > _NEIGHBOURS:
        yield words
        return
    yield from product(*((word, f"{JOINED}{word}") if _may_be_joined(word) else (word,) for word in words))


def _may_be_joined(word: str) -> bool:
    return word[:1].isalnum() and (word[-1] == "*" or len(word) >= SHORTEST_JOINED)


def _near(query: NearBy) -> str | None:
    """Return the expression for two words near each other as the index counts words.

    It does not ask for nearness where that says nothing: one word is joined, or the part is dense.
    """
    lefts, rights = ([_quoted(way) for phrase in side for way in _ways(phrase)] for side in (query.lefts, query.rights))
    pairs = list(product(lefts, rights))
    if len(pairs) > _MOST_PAIRS or any(None in pair for pair in pairs):
        return None
    left, right = map(_any_of, (query.lefts, query.rights))
    left_joined, right_joined = (_any_of(side, only_joined=True) for side in (query.lefts, query.rights))
    asked = [
        *(f"NEAR({left_word} {right_word}, {index_distance(query.distance)})" for left_word, right_word in pairs),
        *([f"({left_joined} AND {right})"] if left_joined else []),
        *([f"({left} AND {right_joined})"] if right_joined else []),
        f'("{DENSE}" AND {left} AND {right})',
    ]
    return f"{_where(query.lefts[0].parts)}({' OR '.join(asked)})"


def _any_of(phrases: Iterable[PhraseRequirement], *, only_joined: bool = False) -> str:
    marked_variants = [way for phrase in phrases for way in _ways(phrase)]
    words = [words for way in marked_variants for words in _joined_or_not(way) if not only_joined or words != way]
    return f"({' OR '.join(filter(None, map(_quoted, words)))})" if words else ""


def _where(parts: frozenset[str]) -> str:
    return f"{{{' '.join(part for part in PARTS if part in parts)}}} : " if parts else ""


def _quoted(words: Sequence[str]) -> str | None:
    """Return words as a phrase of FTS5; None where the index may not know any of them."""
    plain, is_begun = _without_star(words)
    if not any(map(_is_sure, plain)):
        return None
    quoted = " ".join(plain).replace("\0", " ").replace('"', '""')
    return f'"{quoted}"{" *" if is_begun else ""}'


def _ways(phrase: PhraseRequirement) -> list[tuple[str, ...]]:
    """Return the words as the index may have them: in formulas and names too, where they may count there."""
    in_formula = not phrase.is_alone and (not phrase.parts or "question" in phrase.parts)
    return list(marked_variants(phrase.words, in_formula=in_formula, in_names=phrase.in_names or not phrase.is_alone))


def _without_star(words: Sequence[str]) -> tuple[list[str], bool]:
    """Return the words, and whether the last is only begun."""
    plain = list(words)
    is_begun = bool(plain) and plain[-1].endswith("*")
    if is_begun:
        plain[-1] = plain[-1].removesuffix("*")
    return plain, is_begun


def _is_sure(word: str) -> bool:
    """Say whether every index takes this for a word: no mark, and not only letters that an index may not know."""
    return any(letter < _KNOWN and letter.isalnum() for letter in word)
