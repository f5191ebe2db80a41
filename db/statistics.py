"""Statistics: records as they are counted by what they have in common, one by one or those that are alike together."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, func, literal, select

from db import tables
from db.filtered_search import FilteredSearch, batches, is_in_columns
from db.index_file import IndexFailedError
from db.rows import IS_NEWEST, load_parts
from db.search_budgets import TimeBudget
from db.search_filters import COLUMNS, conditions, matching_names
from db.time_limits import OutOfTimeError, in_time, rows_in_time
from monitor.model.records import House, Kind, State
from monitor.model.search import Counted
from monitor.parliament.answer_labels import label_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from db.index import Index
    from db.index_view import IndexView
    from monitor.model.search import Filters
    from monitor.ports import Query

    Names = Mapping[int, Sequence[str]]  # by revision

_record = tables.proceeding.c
_COUNTED: Final = (
    _record.kind,
    _record.house,
    _record.state,
    _record.day,
    _record.tabled_on,
    _record.answered_on,
    _record.due_floor_on,
    _record.named_day,
)


_ASKED_EVERY: Final = 1_000
"""Records that are counted before it is asked again whether the time is over: some milliseconds."""


class RecordStatistics:
    """Records as statistics count them."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def counted(
        self,
        query: Query | None,
        filters: Filters,
        names: Sequence[str],
        *,
        together: bool = False,
        is_over: Callable[[], bool] = lambda: False,
    ) -> Generator[Counted, None, None]:
        """Give each record that passes, in any order, with the names that are asked for, while they are read.

        With `together`, records that are alike come as one where the database alone can tell: that makes far fewer rows.
        It ends early where `is_over`, asked now and then, says that this has taken too long.
        """
        with self._index.reading() as (archive, index):
            several = {name: _SEVERAL[name](archive, index) for name in names if name in _SEVERAL}
            single = [name for name in names if name in COLUMNS]
            columns = [*_COUNTED, *(_record[COLUMNS[name]] for name in single)]
            if is_in_columns(query, filters):
                are_grouped = together and not several
                rows = _rows(archive, filters, columns, are_grouped=are_grouped, is_over=is_over)
            else:
                search = FilteredSearch(archive, index, query, filters, TimeBudget(is_over))
                rows = _rows_found(archive, search, columns)
            for number, row in enumerate(rows):
                if not number % _ASKED_EVERY and is_over():
                    return
                yield _counted(row, single, several)


def _rows(
    archive: Connection,
    filters: Filters,
    columns: Sequence[ColumnElement[Any]],
    *,
    are_grouped: bool,
    is_over: Callable[[], bool],
) -> Iterator[Sequence[Any]]:
    """Give the columns of each record that passes, after the row id of its newest revision and the number 1.

    Where they are grouped, give those of each group, after 0 and the number of its records.
    """
    with suppress(OutOfTimeError):
        with in_time(archive, is_over):
            where = conditions(filters, matching_names(archive, filters), _record)
        if are_grouped:
            read = select(literal(0), func.count(), *columns).where(*where).group_by(*columns)
        else:
            read = select(_record.latest_revision_id, literal(1), *columns).where(*where)
        yield from rows_in_time(archive, read, is_over)


def _rows_found(
    archive: Connection, search: FilteredSearch, columns: Sequence[ColumnElement[Any]]
) -> Iterator[Sequence[Any]]:
    """Give the same of each record that a search finds."""
    read = select(_record.latest_revision_id, literal(1), *columns).join(tables.revision, IS_NEWEST)
    with closing(search.revision_ids()) as found:
        for ids in batches(found):
            yield from archive.execute(read.where(tables.revision.c.id.in_(ids)))


def _counted(row: Sequence[Any], single: Sequence[str], several: Mapping[str, Names]) -> Counted:
    revision_id, records, kind, house, state, day, tabled_on, answered_on, due_floor_on, named_day, *values = row
    names: dict[str, Sequence[str]] = {name: found.get(revision_id, ()) for name, found in several.items()}
    for name, value in zip(single, values, strict=True):
        names[name] = () if value is None else (value,)
    return Counted(
        kind=_KINDS[kind],
        house=_HOUSES[house],
        state=_STATES[state],
        day=day,
        tabled_on=tabled_on,
        answered_on=answered_on,
        set_down_for=due_floor_on,
        named_day=named_day,
        named=names,
        records=records,
        revision=revision_id,
    )


_KINDS: Final = {kind.value: kind for kind in Kind}
_HOUSES: Final = {house.value: house for house in House}
_STATES: Final = {state.value: state for state in State}


# -- names of which a record may have several -------------------------------------------------------------------------


def _watched(name: str, archive: Connection, _index: IndexView) -> Names:
    """Load the watched topics (by key) or terms that found each revision."""
    match, term, topic = tables.match, tables.term, tables.topic
    shown = topic.c.key if name == "topic" else term.c.text
    query = (
        select(match.c.revision_id, shown)
        .join(term, term.c.id == match.c.term_id)
        .join(topic, topic.c.id == term.c.topic_id)
        .where(term.c.removed_at.is_(None))
        .distinct()
    )
    return _by_revision(archive.execute(query))


def _labels(archive: Connection, index: IndexView) -> Names:
    """Return the labels of answers, those that the index has not reached read through."""
    try:
        indexed = list(index.labels())
    except IndexFailedError:  # the index is empty now
        indexed = []
    return _by_revision([*indexed, *_labels_not_reached(archive, index.indexed_to)])


def _labels_not_reached(archive: Connection, indexed_to: int) -> Iterator[tuple[int, str]]:
    revision_id = tables.revision.c.id
    query = select(revision_id).where(revision_id > indexed_to).order_by(revision_id)
    for ids in batches(iter(archive.execute(query).scalars().all())):
        for number, parts in load_parts(archive, ids).items():
            yield from ((number, label.name) for label in label_answer(parts.get("answer", "")))


def _by_revision(rows: Iterable[Sequence[Any]]) -> Names:
    found: dict[int, list[str]] = defaultdict(list)
    for revision_id, name in rows:
        found[revision_id].append(name)
    return found


_SEVERAL: Final[Mapping[str, Callable[[Connection, IndexView], Names]]] = {
    "topic": partial(_watched, "topic"),
    "term": partial(_watched, "term"),
    "label": _labels,
}
