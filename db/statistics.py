"""Records as statistics count them: the few columns that trends need, and names, for each record that passes a filter."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from db import tables
from db.filtered_search import FilteredSearch, batches, is_in_columns
from db.filters import conditions, matching_names
from db.index_file import IndexFailedError
from db.rows import load_parts
from monitor.model.archive import Counted
from monitor.model.records import House, Kind, State
from monitor.parliament.answer_labels import label_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from db.index import Index
    from db.index_view import IndexView
    from monitor.model.archive import Filters
    from monitor.ports import Query

    Names = Mapping[int, Sequence[str]]  # by revision

_COLUMNS: Final = {
    "body": "body",
    "minister": "minister",
    "speaker": "speaker",
    "asker": "asker",
    "party": "asker_party",
}
"""Names that a record has only one of."""

_record = tables.proceeding.c
_READ: Final = (
    _record.latest_revision_id,
    _record.kind,
    _record.house,
    _record.state,
    _record.day,
    _record.tabled_on,
    _record.answered_on,
    _record.due_floor_on,
    _record.named_day,
)


class Statistics:
    """Records as statistics count them."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def counted(self, query: Query | None, filters: Filters, names: Sequence[str]) -> Iterator[Counted]:
        """Give each record that passes, in any order, with the names that are asked for, while they are read."""
        with self._index.reading() as (archive, index):
            several = {name: _SEVERAL[name](archive, index) for name in names if name in _SEVERAL}
            single = [name for name in names if name in _COLUMNS]
            for row in _rows(archive, index, query, filters, [_record[_COLUMNS[name]] for name in single]):
                yield _counted(row, single, several)


def _rows(
    archive: Connection,
    index: IndexView,
    query: Query | None,
    filters: Filters,
    columns: Sequence[ColumnElement[str]],
) -> Iterator[Sequence[Any]]:
    read = select(*_READ, *columns)
    if is_in_columns(query, filters):
        passed = read.where(*conditions(filters, matching_names(archive, filters), _record))
        with archive.execute(passed, execution_options={"yield_per": 5000}) as result:
            yield from result
        return
    of_record = (_record.id == tables.revision.c.proceeding_id) & (_record.latest_revision_id == tables.revision.c.id)
    read = read.join(tables.revision, of_record)
    with closing(FilteredSearch(archive, index, query, filters).revision_ids()) as found:
        for ids in batches(found):
            yield from archive.execute(read.where(tables.revision.c.id.in_(ids)))


def _counted(row: Sequence[Any], single: Sequence[str], several: Mapping[str, Names]) -> Counted:
    revision_id, kind, house, state, day, tabled_on, answered_on, due_floor_on, named_day, *values = row
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
    return _grouped(archive.execute(query))


def _labels(archive: Connection, index: IndexView) -> Names:
    """Return the labels of answers, those that the index has not reached read through."""
    try:
        indexed = list(index.labels())
    except IndexFailedError:  # the index is empty now
        indexed = []
    return _grouped([*indexed, *_labels_not_reached(archive, index.indexed_to)])


def _labels_not_reached(archive: Connection, indexed_to: int) -> Iterator[tuple[int, str]]:
    revision_id = tables.revision.c.id
    query = select(revision_id).where(revision_id > indexed_to).order_by(revision_id)
    for ids in batches(iter(archive.execute(query).scalars().all())):
        for number, parts in load_parts(archive, ids).items():
            yield from ((number, label.name) for label in label_answer(parts.get("answer", "")))


def _grouped(rows: Iterable[Sequence[Any]]) -> Names:
    found: dict[int, list[str]] = defaultdict(list)
    for revision_id, name in rows:
        found[revision_id].append(name)
    return found


_SEVERAL: Final[Mapping[str, Callable[[Connection, IndexView], Names]]] = {
    "topic": partial(_watched, "topic"),
    "term": partial(_watched, "term"),
    "label": _labels,
}
