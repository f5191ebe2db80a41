"""Answers with the same or nearly the same words.

They are found by the hashes that the index keeps of each answer. Only the newest revision of a record counts, and
what the index has not reached is not found. A boilerplate answer has thousands of equals, so no more is read than what is
asked for takes.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from db import tables
from db.index_view import revision_of, row_of, rows_between
from db.records import load_ids
from db.rows import IDS, IS_NEWEST, chunks
from monitor.model.search import Alike
from monitor.text.search_form import search_form
from monitor.text.similarity import likeness, mark_of, marks_of_runs, words_of

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from sqlalchemy import Connection, Select

    from db.index import Index
    from db.index_view import IndexView
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
