"""Answers that are similar, found by the hashes that the index keeps of each answer.

Only the newest revision of a record counts, and what the index has not reached is not found. A boilerplate answer has
thousands of equals, so no more is read than what is asked for takes.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, bindparam, select

from db import tables
from db.index import candidates, indexed_to, revision_of, row_of, rows_between
from db.records import load_ids
from db.rows import chunks
from monitor.model.archive import Alike
from monitor.text.search_form import search_form
from monitor.text.similarity import likeness, mark_of, marks_of_runs, words_of

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from sqlalchemy import Connection, Select

    from db.lease import Store
    from monitor.model.index_query import Need
    from monitor.model.records import Revision

    Rows = tuple[int, int]

_AT_ONCE: Final = 200
"""Rows that are read at once: some are of older revisions."""

COMPARED: Final = 50
"""Answers that are compared word by word for each mark of a run, in each direction of time."""

LOOKED_AT: Final = 200
"""Records that are read for words which they may hold."""


class SimilarAnswers:
    """Which answers are alike."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def equal_ids(self, revision: Revision, *, at_most: int) -> list[str]:
        """The ids of other records whose answer has the same words in the same order, the earliest first."""
        mark = mark_of(_words(revision))
        if mark is None:
            return []
        with self._store.read() as connection, closing(_newest_with_mark(connection, mark, _up_to(None))) as found:
            others = (public_id for _, public_id in found if public_id != revision.proceeding.id)
            return list(islice(others, at_most))

    def with_equals(self, revisions: Sequence[Revision]) -> frozenset[int]:
        """Row ids of those of some revisions that may have equals; of all others `equal_ids` finds none.

        For whoever reads many: four in five answers have none, and these are told by one statement.
        """
        marks = {one.id: mark for one in revisions if (mark := mark_of(_words(one))) is not None}
        own = [row_of(one.proceeding.day, one.id) for one in revisions]
        table = tables.likeness
        shared = {mark for mark, count in Counter(marks.values()).items() if count > 1}
        with self._store.read() as connection:
            for some in chunks(sorted(set(marks.values()) - shared)):
                rows = select(table.c.hash).where(table.c.hash.in_(some), table.c.row_number.not_in(own))
                shared.update(connection.execute(rows.distinct()).scalars())
        return frozenset(one for one, mark in marks.items() if mark in shared)

    def equal(self, revision: Revision, *, before: date | None = None, at_most: int) -> list[Revision]:
        """Other records whose answer has the same words in the same order, the earliest first.

        With `before` only those that count under an earlier day, the latest first.
        """
        mark = mark_of(_words(revision))
        if mark is None:
            return []
        with self._store.read() as connection:
            with closing(_newest_with_mark(connection, mark, _up_to(before), newest_first=before is not None)) as found:
                others = (one for one, public_id in found if public_id != revision.proceeding.id)
                ids = list(islice(others, at_most))
            revisions = load_ids(connection, ids)
            return [revisions[one] for one in ids]

    def near(self, revision: Revision, *, before: date | None = None) -> list[Alike]:
        """Other records whose answer has nearly the same words, the nearest first, of equal ones the earliest.

        Looked for among answers that share a run of words with it, `COMPARED` before it and as many after; with `before`
        only among those that count under an earlier day.
        """
        words = _words(revision)
        with self._store.read() as connection:
            ids = _sharing(connection, words, revision, before)
            others = load_ids(connection, ids)
        found = [
            Alike(revision=other, share=share)
            for other in others.values()
            if other.proceeding.id != revision.proceeding.id
            for share in [likeness(words, _words(other))]
            if 0 < share < 1
        ]
        return sorted(found, key=_nearest_first)

    def with_words(self, need: Need) -> list[Revision]:
        """The newest revisions of records that may hold what is needed, the latest first: of the first `LOOKED_AT`."""
        with self._store.read() as connection:
            is_there = indexed_to(connection) > 0
            named = candidates(connection, need, rows_between(None, None)) if is_there else None
            if named is None:
                return []
            with closing(named):
                ids = [revision_of(row) for row in islice(named, LOOKED_AT)]
            names = _names_of_newest(connection, ids)
            revisions = load_ids(connection, list(names))
            return [revisions[one] for one in ids if one in revisions]


def _words(revision: Revision) -> list[str]:
    return words_of(search_form(revision.proceeding.answer or ""))


def _nearest_first(one: Alike) -> tuple[float, date, int]:
    return -one.share, one.revision.proceeding.day or date.max, one.revision.id


def _up_to(before: date | None) -> Rows:
    """The rows of days before one; all of them without it."""
    return rows_between(None, before - timedelta(days=1) if before else None)


def _newest_with_mark(
    connection: Connection, mark: int, rows: Rows, *, newest_first: bool = False
) -> Generator[tuple[int, str], None, None]:
    """Of the answers with a mark, those that are the newest revision of their record: its row id, and the record's id."""
    first, last = rows
    while True:
        asked = {"mark": mark, "low": first, "high": last, "most": _AT_ONCE}
        found = connection.execute(_MARKED[newest_first], asked).scalars().all()
        names = _names_of_newest(connection, [revision_of(row) for row in found])
        yield from ((one, names[one]) for one in map(revision_of, found) if one in names)
        if len(found) < _AT_ONCE:
            return
        first, last = (first, found[-1] - 1) if newest_first else (found[-1] + 1, last)


def _names_of_newest(connection: Connection, revision_ids: Sequence[int]) -> dict[int, str]:
    """The records of which these are the newest revisions, by its row id."""
    return dict(connection.execute(_OF_NEWEST, {"ids": revision_ids}).all())


def _sharing(connection: Connection, words: Sequence[str], revision: Revision, before: date | None) -> list[int]:
    """Newest revisions that share a run of words with an answer and are not equal to it, on both sides of its row."""
    equal, mark = mark_of(words), marks_of_runs(words)
    own = row_of(revision.proceeding.day, revision.id)
    first, last = _up_to(before)
    found: dict[int, None] = {}
    for one in mark:
        for low, high, is_back in ((first, min(last, own - 1), True), (own + 1, last, False)):
            asked = {"mark": one, "low": low, "high": high, "equal": equal, "most": COMPARED}
            found |= dict.fromkeys(connection.execute(_MARKED_AND_UNLIKE[is_back], asked).scalars())
    names = _names_of_newest(connection, [revision_of(row) for row in found])
    return list(names)


def _marked(*, newest_first: bool) -> Select[Any]:
    table = tables.likeness
    return (
        select(table.c.row_number)
        .where(table.c.hash == bindparam("mark"), table.c.row_number.between(bindparam("low"), bindparam("high")))
        .order_by(table.c.row_number.desc() if newest_first else table.c.row_number)
        .limit(bindparam("most", type_=Integer))
    )


def _of_newest() -> Select[Any]:
    revision, table = tables.revision, tables.proceeding
    is_newest = (table.c.id == revision.c.proceeding_id) & (table.c.latest_revision_id == revision.c.id)
    query = select(revision.c.id, table.c.public_id).join(table, is_newest)
    return query.where(revision.c.id.in_(bindparam("ids", expanding=True)))


_OTHER: Final = tables.likeness.alias()
_IS_EQUAL: Final = (
    select(_OTHER.c.hash)
    .where(_OTHER.c.hash == bindparam("equal"), _OTHER.c.row_number == tables.likeness.c.row_number)
    .exists()
)
_MARKED: Final = {newest_first: _marked(newest_first=newest_first) for newest_first in (False, True)}
_MARKED_AND_UNLIKE: Final = {newest_first: query.where(~_IS_EQUAL) for newest_first, query in _MARKED.items()}
_OF_NEWEST: Final = _of_newest()
"""Made once: dozens are asked for each answer, and putting a statement together takes longer than doing it."""
