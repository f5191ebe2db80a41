"""Answers that are similar, and revisions that may hold a passage.

Similar answers are found by the hashes that the index keeps of each answer. Only the newest revision of a record counts, and
what the index has not reached is not found. A boilerplate answer has thousands of equals, so no more is read than what is
asked for takes.

A passage is looked for in revisions of every age; what the index has not taken in yet is read through.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import closing
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from db import tables
from db.index_view import revision_of, row_of, rows_between
from db.records import load_ids
from db.rows import IDS, IS_NEWEST, chunks, load_parts, select_in
from db.search_filters import names
from monitor.model.index_query import AllOf, AnyOf, NearBy, PhraseRequirement
from monitor.model.search import Alike, Passage
from monitor.text.search_form import forms_of, search_form
from monitor.text.similarity import likeness, mark_of, marks_of_runs, words_of
from monitor.text.word_frequency import commonness

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from sqlalchemy import Column, Connection, Row, Select

    from db.index import Index
    from db.index_view import IndexView
    from db.store import Store
    from monitor.model.index_query import IndexQuery
    from monitor.model.records import Revision

    Rows = tuple[int, int]


_AT_ONCE: Final = 200
"""Rows that are read at once: some are of older revisions."""

COMPARED: Final = 50
"""Answers that are compared word by word for each mark of a run, in each direction of time."""

LOOKED_AT: Final = 200
"""Records that are read for words which they may hold."""


class SimilarAnswers:
    """Answers that are alike."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def equal_ids(self, revision: Revision, *, at_most: int) -> list[str]:
        """Return the ids of other records whose answer has the same words in the same order, the earliest first."""
        mark = mark_of(_words(revision))
        if mark is None:
            return []

        def find(archive: Connection, index: IndexView) -> list[str]:
            with closing(_newest_with_mark(archive, index, mark, _up_to(None))) as found:
                others = (public_id for _, public_id in found if public_id != revision.proceeding.id)
                return list(islice(others, at_most))

        return self._index.ask(find)

    def with_equals(self, revisions: Sequence[Revision]) -> frozenset[int]:
        """Return the row ids of those of some revisions that may have equals; of all others `equal_ids` finds none.

        For callers that read many: four in five answers have none, and these are told by one query.
        """
        marks = {revision.id: mark for revision in revisions if (mark := mark_of(_words(revision))) is not None}
        own = [row_of(revision.proceeding.day, revision.id) for revision in revisions]
        shared = {mark for mark, count in Counter(marks.values()).items() if count > 1}
        asked = sorted(set(marks.values()) - shared)

        def find(_archive: Connection, index: IndexView) -> set[int]:
            return set().union(*(index.shared_marks(chunk, own) for chunk in chunks(asked)))

        shared |= self._index.ask(find)
        return frozenset(revision_id for revision_id, mark in marks.items() if mark in shared)

    def equal(self, revision: Revision, *, before: date | None = None, at_most: int) -> list[Revision]:
        """Return other records whose answer has the same words in the same order, the earliest first.

        With `before` only those that count under an earlier day, the latest first.
        """
        mark = mark_of(_words(revision))
        if mark is None:
            return []

        def find(archive: Connection, index: IndexView) -> list[Revision]:
            with closing(
                _newest_with_mark(archive, index, mark, _up_to(before), newest_first=before is not None)
            ) as found:
                others = (revision_id for revision_id, public_id in found if public_id != revision.proceeding.id)
                ids = list(islice(others, at_most))
            revisions = load_ids(archive, ids)
            return [revisions[revision_id] for revision_id in ids]

        return self._index.ask(find)

    def near(self, revision: Revision, *, before: date | None = None) -> list[Alike]:
        """Return other records whose answer has nearly the same words, the nearest first, of equal ones the earliest.

        They are looked for among answers that share a run of words with it, `COMPARED` before it and as many after; with
        `before` only among those that count under an earlier day.
        """
        words = _words(revision)

        def find(archive: Connection, index: IndexView) -> dict[int, Revision]:
            return load_ids(archive, _sharing(archive, index, words, revision, before))

        found = [
            Alike(revision=other, share=share)
            for other in self._index.ask(find).values()
            if other.proceeding.id != revision.proceeding.id
            for share in [likeness(words, _words(other))]
            if 0 < share < 1
        ]
        return sorted(found, key=_nearest_first)

    def with_words(self, need: IndexQuery) -> list[Revision]:
        """Return newest revisions that may hold what is needed, the latest first, of the first `LOOKED_AT`."""

        def find(archive: Connection, index: IndexView) -> list[Revision]:
            candidates = index.candidates(need, rows_between(None, None))
            if candidates is None:
                return []
            with closing(candidates) as rows:
                ids = [revision_of(row) for row in islice(rows, LOOKED_AT)]
            revisions = load_ids(archive, list(_names_of_newest(archive, ids)))
            return [revisions[revision_id] for revision_id in ids if revision_id in revisions]

        return self._index.ask(find)


def _words(revision: Revision) -> list[str]:
    return words_of(search_form(revision.proceeding.answer or ""))


def _nearest_first(alike: Alike) -> tuple[float, date, int]:
    return -alike.share, alike.revision.proceeding.day or date.max, alike.revision.id


def _up_to(before: date | None) -> Rows:
    """Return the row numbers of days before one, or of all days."""
    return rows_between(None, before - timedelta(days=1) if before else None)


def _newest_with_mark(
    archive: Connection, index: IndexView, mark: int, rows: Rows, *, newest_first: bool = False
) -> Generator[tuple[int, str], None, None]:
    """Return, of the answers with a mark, the newest revisions of their record: the row id, and the record's id."""
    first, last = rows
    while True:
        found = index.marked(mark, (first, last), at_most=_AT_ONCE, newest_first=newest_first)
        names = _names_of_newest(archive, [revision_of(row) for row in found])
        yield from ((number, names[number]) for number in map(revision_of, found) if number in names)
        if len(found) < _AT_ONCE:
            return
        first, last = (first, found[-1] - 1) if newest_first else (found[-1] + 1, last)


def _names_of_newest(archive: Connection, revision_ids: Sequence[int]) -> dict[int, str]:
    """Return the records of which these are the newest revisions, by its row id."""
    return dict(archive.execute(_OF_NEWEST, {"ids": revision_ids}).all())


def _sharing(
    archive: Connection, index: IndexView, words: Sequence[str], revision: Revision, before: date | None
) -> list[int]:
    """Return newest revisions that share a run of words with an answer and are not equal to it, on both sides of its row."""
    equal, shared = mark_of(words), marks_of_runs(words)
    own = row_of(revision.proceeding.day, revision.id)
    first, last = _up_to(before)
    found: dict[int, None] = {}
    for mark in shared:
        for rows, newest_first in (((first, min(last, own - 1)), True), ((own + 1, last), False)):
            marked = index.marked(mark, rows, at_most=COMPARED, newest_first=newest_first, without=equal)
            found |= dict.fromkeys(marked)
    return list(_names_of_newest(archive, [revision_of(row) for row in found]))


def _of_newest() -> Select[Any]:
    revision, table = tables.revision, tables.proceeding
    query = select(revision.c.id, table.c.public_id).join(table, IS_NEWEST)
    return query.where(revision.c.id.in_(IDS))


_OF_NEWEST: Final = _of_newest()
"""Built once: dozens are executed for each answer, and building a statement takes longer than executing it."""


# -- passages ---------------------------------------------------------------------------------------------------------

MOST_KEPT: Final = 10_000
"""Texts that the index has not taken in of which the words are kept, for the next that is asked: some 20 MB."""


class Passages:
    """The archive, as far as passages are looked for in it."""

    def __init__(self, store: Store, index: Index) -> None:
        self._store = store
        self._index = index
        self._read: dict[int, dict[str, str]] = {}

    def holding(self, needs: Sequence[IndexQuery], *, at_most: int) -> list[list[int]]:
        """Find, for each need, row ids of the revisions that may hold it.

        The index names no more than `at_most`, those of the earliest days; what it has not taken in yet comes behind.
        """

        def find(archive: Connection, index: IndexView) -> list[list[int]]:
            found = [_indexed(index, need, at_most) for need in needs]
            for number, revision_id in _not_indexed(archive, index.indexed_to, needs, found, self._read):
                found[number].append(revision_id)
            return found

        return self._index.ask(find)

    def of_revisions(self, revision_ids: Sequence[int]) -> list[Passage]:
        """Read revisions by row id, the earliest day first."""
        return self._passages(tables.revision.c.id, revision_ids)

    def of_records(self, proceeding_ids: Sequence[int]) -> list[Passage]:
        """Read all revisions of some records, the earliest day first."""
        return self._passages(tables.revision.c.proceeding_id, proceeding_ids)

    def texts(self, revision_ids: Sequence[int]) -> dict[int, dict[str, str]]:
        """Read the plain text of the parts of revisions, by row id."""
        with self._store.read() as connection:
            return load_parts(connection, revision_ids)

    def people(self) -> list[str]:
        """Return the names of all who asked or answered."""
        with self._store.read() as connection:
            return sorted({*names(connection, "asker"), *names(connection, "minister")})

    def _passages(self, column: Column[int], ids: Sequence[int]) -> list[Passage]:
        with self._store.read() as connection:
            rows = list(select_in(connection, _passage_rows(column), ids))
        return sorted(map(_passage, rows), key=_earliest_first)


def _earliest_first(passage: Passage) -> tuple[date, int]:
    return max(passage.days, default=date.min), passage.revision_id


def _indexed(index: IndexView, need: IndexQuery, at_most: int) -> list[int]:
    """Return the revisions that the index names, earliest first."""
    candidates = index.candidates(need, rows_between(None, None), oldest_first=True)
    if candidates is None:
        return []
    with closing(candidates) as rows:
        return [revision_of(row) for row in islice(rows, at_most)]


def _not_indexed(
    connection: Connection,
    indexed_to: int,
    needs: Sequence[IndexQuery],
    found: Sequence[Sequence[int]],
    read: dict[int, dict[str, str]],
) -> Iterator[tuple[int, int]]:
    """Find, for each need by its number, the revisions that the index has not reached; each is read once for all needs.

    `read`: words of revisions that were read before, which never change; it takes more until it is full.
    """
    table = tables.revision
    query = select(table.c.id).where(table.c.id > indexed_to).order_by(table.c.day, table.c.id)
    ids = list(connection.execute(query).scalars())
    if not ids:
        return
    known = [set(revision_ids) for revision_ids in found]
    asking = _by_word(needs)
    for start in range(0, len(ids), _AT_ONCE):
        for revision_id, rows in _words_of(connection, ids[start : start + _AT_ONCE], read).items():
            words = {word for row in rows.values() for word in row.split()}
            asked = {number for word in words & asking.keys() for number in asking[word]}
            for number in sorted(asked):
                if revision_id not in known[number] and _meets(needs[number], rows):
                    yield number, revision_id


def _words_of(
    connection: Connection, revision_ids: Sequence[int], read: dict[int, dict[str, str]]
) -> dict[int, dict[str, str]]:
    """Return the words of revisions, in their order."""
    texts = load_parts(connection, [revision_id for revision_id in revision_ids if revision_id not in read])
    rows = {
        revision_id: read[revision_id] if revision_id in read else _rows_of_words(texts.get(revision_id, {}))
        for revision_id in revision_ids
    }
    if len(read) < MOST_KEPT:
        read |= rows
    return rows


def _by_word(needs: Sequence[IndexQuery]) -> dict[str, list[int]]:
    """Return the needs, by number, that a word can be part of: a text without such a word can't meet them."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, need in enumerate(needs):
        for word in _telling(need):
            found[word].append(number)
    return found


def _telling(need: IndexQuery) -> set[str]:
    """Return words of which a text that meets a need has at least one, as rare as they can be."""
    if isinstance(need, PhraseRequirement):
        return {min(need.words, key=lambda word: commonness((word,)))}
    if isinstance(need, AnyOf):
        return {word for part in need.needs for word in _telling(part)}
    if isinstance(need, NearBy):
        return _telling(need.both)
    return min(map(_telling, need.needs), key=lambda words: sum(commonness((word,)) for word in words))


def _rows_of_words(parts: Mapping[str, str]) -> dict[str, str]:
    """Return the words of each part in their order, apart by a space, as the index counts them, without marks."""
    return {
        name: f" {' '.join(word for word in form.split() if word[0].isalnum())} "
        for name, form in forms_of(parts).items()
    }


def _meets(need: IndexQuery, rows: Mapping[str, str]) -> bool:
    """Say whether a text, given as `_rows_of_words`, meets a need."""
    if isinstance(need, AllOf):
        return all(_meets(part, rows) for part in need.needs)
    if isinstance(need, AnyOf):
        return any(_meets(part, rows) for part in need.needs)
    return _meets(need.both, rows) if isinstance(need, NearBy) else _has(need, rows)


def _has(run: PhraseRequirement, rows: Mapping[str, str]) -> bool:
    phrase = f" {' '.join(run.words)} "
    return any(phrase in row for name, row in rows.items() if not run.parts or name in run.parts)


# -- rows -------------------------------------------------------------------------------------------------------------


def _passage_rows(column: Column[int]) -> Select[Any]:
    table, revision = tables.proceeding, tables.revision
    columns = ("uin", "tabled_on", "answered_on", "made_on", "first_column", "last_column", "latest_revision_id")
    query = select(revision.c.id, revision.c.proceeding_id, revision.c.day, *(table.c[name] for name in columns))
    return query.join(table, table.c.id == revision.c.proceeding_id).where(column.in_(IDS))


def _passage(row: Row[Any]) -> Passage:
    return Passage(
        revision_id=row.id,
        proceeding_id=row.proceeding_id,
        is_newest=row.id == row.latest_revision_id,
        uin=row.uin,
        days=frozenset(filter(None, (row.day, row.tabled_on, row.answered_on, row.made_on))),
        columns=(row.first_column, row.last_column) if row.first_column is not None else None,
    )
