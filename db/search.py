"""Searching the archive: filters choose the records, the query's own matcher decides.

There is no index yet: the newest revisions that pass the filters are looked through, newest first, so that what is shown
is what a watch term would find.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from db import models
from db.proceedings import parts_of
from db.records import load_ids
from db.watch import load_matches
from monitor.holdings import Filters, Hit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection, Select

    from db.base import Store
    from monitor.model import Match
    from monitor.ports import Query

_BATCH = 1000


class Search:
    """The archive as an instrument."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def hits(self, query: Query | None, filters: Filters, *, limit: int | None = None) -> list[Hit]:
        """The newest revision of each record that passes, newest first (oldest first where asked), with the spans."""
        with self._store.read() as connection:
            found = dict(_passing(connection, query, filters, limit))
            revisions = load_ids(connection, list(found))
            watched = _watched(connection, list(found))
            rows = _rows(connection, list(found))
        return [
            Hit(
                proceeding_id=rows[revision_id].proceeding_id,
                revision=revisions[revision_id],
                spans=spans,
                matches=tuple(watched.get(revision_id, ())),
                first_seen_at=rows[revision_id].first_seen_at,
                due_floor_on=rows[revision_id].due_floor_on,
            )
            for revision_id, spans in found.items()
        ]

    def count(self, query: Query | None, filters: Filters) -> int:
        """How many records pass."""
        with self._store.read() as connection:
            return sum(1 for _ in _passing(connection, query, filters, None))

    def hits_of(self, revision_ids: Sequence[int]) -> list[Hit]:
        """These revisions as hits without a query, in the order given."""
        with self._store.read() as connection:
            revisions = load_ids(connection, list(revision_ids))
            watched = _watched(connection, list(revision_ids))
            rows = _rows(connection, list(revision_ids))
        return [
            Hit(
                proceeding_id=rows[one].proceeding_id,
                revision=revisions[one],
                spans=(),
                matches=tuple(watched.get(one, ())),
                first_seen_at=rows[one].first_seen_at,
                due_floor_on=rows[one].due_floor_on,
            )
            for one in revision_ids
        ]


def _passing(
    connection: Connection, query: Query | None, filters: Filters, limit: int | None
) -> Iterator[tuple[int, tuple[Match, ...]]]:
    """Revision row ids that pass, with the query's spans, in the order asked for."""
    ids = list(connection.execute(_filtered(filters)).scalars())
    if query is None:
        yield from ((one, ()) for one in (ids[:limit] if limit else ids))
        return
    count = 0
    for start in range(0, len(ids), _BATCH):
        some = ids[start : start + _BATCH]
        parts = parts_of(connection, some)
        for one in some:
            spans = query.spans(parts.get(one, {}))
            if spans:
                yield one, spans
                count += 1
                if count == limit:
                    return


def _filtered(filters: Filters) -> Select[Any]:
    table = models.proceeding
    query = select(table.c.latest_revision_id).where(table.c.latest_revision_id.is_not(None))
    days = [table.c.day >= filters.first] if filters.first else []
    days += [table.c.day <= filters.last] if filters.last else []
    query = query.where(*days)
    exact: Mapping[str, Sequence[str]] = {"house": filters.houses, "kind": filters.kinds, "state": filters.states}
    for column, values in exact.items():
        if values:
            query = query.where(table.c[column].in_(values))
    named = {"body": filters.body, "asker": filters.asker, "minister": filters.minister, "asker_party": filters.party}
    for column, text in named.items():
        for word in (text or "").split():
            query = query.where(func.lower(table.c[column]).contains(word.lower(), autoescape=True))
    if filters.topic is not None:
        query = query.where(table.c.latest_revision_id.in_(_of_topic(filters.topic)))
    if filters.ids is not None:
        query = query.where(table.c.id.in_(filters.ids))
    if filters.oldest_first:
        return query.order_by(table.c.day, table.c.id)
    return query.order_by(table.c.day.desc(), table.c.id.desc())


def _of_topic(topic: str) -> Select[Any]:
    return (
        select(models.match.c.revision_id)
        .join(models.term, models.term.c.id == models.match.c.term_id)
        .join(models.topic, models.topic.c.id == models.term.c.topic_id)
        .where(models.topic.c.key == topic)
    )


@dataclass(frozen=True, slots=True)
class _Row:
    proceeding_id: int
    first_seen_at: Any
    due_floor_on: date | None


def _rows(connection: Connection, revision_ids: Sequence[int]) -> dict[int, _Row]:
    table = models.proceeding
    found: dict[int, _Row] = {}
    for start in range(0, len(revision_ids), _BATCH):
        query = (
            select(models.revision.c.id, table.c.id.label("proceeding_id"), table.c.first_seen_at, table.c.due_floor_on)
            .join(table, table.c.id == models.revision.c.proceeding_id)
            .where(models.revision.c.id.in_(revision_ids[start : start + _BATCH]))
        )
        for row in connection.execute(query):
            found[row.id] = _Row(row.proceeding_id, row.first_seen_at, row.due_floor_on)
    return found


def _watched(connection: Connection, revision_ids: Sequence[int]) -> dict[int, list[Match]]:
    found: dict[int, list[Match]] = {}
    for start in range(0, len(revision_ids), _BATCH):
        found |= load_matches(connection, models.revision.c.id.in_(revision_ids[start : start + _BATCH]))
    return found
