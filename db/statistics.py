"""Records as statistics count them: the few columns that trends need, and names, for each record that passes a filter."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from db import tables
from db.index import revision_of
from db.names import named
from db.passing import batches, conditions, held
from monitor.model.archive import Counted
from monitor.model.records import House, Kind, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from db.lease import Store
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
"""Names that a record has one of."""

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
    """What is counted."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def counted(self, query: Query | None, filters: Filters, names: Sequence[str]) -> Iterator[Counted]:
        """Each record that passes, in any order, with those of its names that are asked for; they are read as they go."""
        with self._store.read() as connection:
            several = {name: _SEVERAL[name](connection) for name in names if name in _SEVERAL}
            single = [name for name in names if name in _COLUMNS]
            for row in _rows(connection, query, filters, [_record[_COLUMNS[name]] for name in single]):
                yield _counted(row, single, several)


def _rows(
    connection: Connection, query: Query | None, filters: Filters, columns: Sequence[ColumnElement[str]]
) -> Iterator[Sequence[Any]]:
    read = select(*_READ, *columns)
    if query is None:
        passed = read.where(*conditions(filters, named(connection, filters), _record))
        with connection.execute(passed, execution_options={"yield_per": 5000}) as result:
            yield from result
        return
    of_record = (_record.id == tables.revision.c.proceeding_id) & (_record.latest_revision_id == tables.revision.c.id)
    read = read.join(tables.revision, of_record)
    with closing(held(connection, query, filters)) as found:
        for some in batches(found):
            yield from connection.execute(read.where(tables.revision.c.id.in_(some)))


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


_KINDS: Final = {one.value: one for one in Kind}
_HOUSES: Final = {one.value: one for one in House}
_STATES: Final = {one.value: one for one in State}


# -- names of which a record may have several -------------------------------------------------------------------------


def _watched(name: str, connection: Connection) -> Names:
    """Topics (by key) or terms that a revision was found by, of those that are watched."""
    match, term, topic = tables.match, tables.term, tables.topic
    shown = topic.c.key if name == "topic" else term.c.text
    query = (
        select(match.c.revision_id, shown)
        .join(term, term.c.id == match.c.term_id)
        .join(topic, topic.c.id == term.c.topic_id)
        .where(term.c.removed_at.is_(None))
        .distinct()
    )
    return _grouped(connection.execute(query))


def _labels(connection: Connection) -> Names:
    label = tables.label
    rows = connection.execute(select(label.c.row_number, label.c.name))
    return _grouped((revision_of(row), name) for row, name in rows)


def _grouped(rows: Iterable[Sequence[Any]]) -> Names:
    found: dict[int, list[str]] = defaultdict(list)
    for revision_id, name in rows:
        found[revision_id].append(name)
    return found


_SEVERAL: Final[Mapping[str, Callable[[Connection], Names]]] = {
    "topic": partial(_watched, "topic"),
    "term": partial(_watched, "term"),
    "label": _labels,
}
