"""How many of all records that pass stand under each body, minister, speaker, asker, year or party, as rows have it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, bindparam, extract, func, select

from db import tables
from db.names import named
from db.passing import batches, conditions, held
from monitor.model.archive import Facets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from monitor.model.archive import Filters
    from monitor.ports import Query

_COLUMNS: Final[Mapping[str, ColumnElement[Any]]] = {
    "body": tables.proceeding.c.body,
    "minister": tables.proceeding.c.minister,
    "speaker": tables.proceeding.c.speaker,
    "asker": tables.proceeding.c.asker,
    "year": extract("year", tables.proceeding.c.day),
    "party": tables.proceeding.c.asker_party,
}


def facets(
    connection: Connection,
    query: Query | None,
    filters: Filters,
    names: Sequence[str],
    progress: Callable[[int], None] | None = None,
) -> Facets:
    """Count all records that pass, by each facet. `progress` is told how many were found so far."""
    if query is None:
        return _grouped(connection, filters, names)
    columns = [_COLUMNS[name].label(name) for name in names]
    chosen = tables.revision.c.id.in_(bindparam("ids", expanding=True))
    table = tables.proceeding.join(tables.revision, tables.revision.c.proceeding_id == tables.proceeding.c.id)
    statement = select(*columns).select_from(table).where(chosen)
    total, counts = 0, {name: Counter[str | None]() for name in names}
    for some in batches(held(connection, query, filters)):
        rows = connection.execute(statement, {"ids": some}).all()
        for name, counter in counts.items():
            counter.update(_value(row, name) for row in rows)
        total += len(some)
        if progress is not None:
            progress(total)
    return Facets(total=total, counts=counts)


def _grouped(connection: Connection, filters: Filters, names: Sequence[str]) -> Facets:
    where = conditions(filters, named(connection, filters), tables.proceeding.c)
    counts: dict[str, Counter[str | None]] = {}
    for name in names:
        value = _COLUMNS[name].label(name)
        rows = connection.execute(select(value, func.count().label("records")).where(*where).group_by(value))
        counts[name] = Counter({_value(row, name): row.records for row in rows})
    return Facets(total=sum(counts[names[0]].values()), counts=counts)


def _value(row: Row[Any], name: str) -> str | None:
    value = getattr(row, name)
    return None if value is None else str(value)
