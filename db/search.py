"""Searching the archive: filters choose the records, the query's own matcher decides.

There is no index yet: the newest revisions that pass the filters are read a thousand at a time, in the order asked for,
so that what is found is what a watch term would find, and memory does not grow with the archive.
"""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from db import models
from db.proceedings import parts_of
from db.records import load_ids
from db.watch import load_matches
from monitor.holdings import Filters, Hit
from monitor.terms.text import tokens

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Select

    from db.base import Store
    from monitor.model import Match
    from monitor.ports import Query

ANY_TOPIC = "*"
"""Stands in `Filters.topic` for all topics: what any watched term found."""

_NAMES = {"body": "body", "asker": "asker", "minister": "minister", "party": "asker_party"}
"""The filters by name, and the columns that they look at."""

_BATCH = 1000


class Search:
    """The archive as an instrument."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def hits(self, query: Query | None, filters: Filters, *, limit: int | None = None) -> Generator[Hit, None, None]:
        """The newest revision of each record that passes, newest first (oldest first where asked), with the spans.

        They are read while they are taken, all in one view of the archive.
        """
        with self._store.read() as connection, closing(_passing(connection, query, filters, limit)) as passing:
            while some := dict(islice(passing, _BATCH)):
                yield from _hits(connection, some)

    def hits_of(self, revision_ids: Sequence[int]) -> list[Hit]:
        """These revisions as hits without a query, in the order given."""
        with self._store.read() as connection:
            return [
                hit
                for start in range(0, len(revision_ids), _BATCH)
                for hit in _hits(connection, dict.fromkeys(revision_ids[start : start + _BATCH], ()))
            ]

    def count(self, query: Query | None, filters: Filters) -> int:
        """How many records pass."""
        if query is not None:
            return self.counts([query], filters)[0]
        with self._store.read() as connection:
            passing = _filtered(connection, filters).order_by(None).subquery()
            return int(connection.execute(select(func.count()).select_from(passing)).scalar_one())

    def counts(self, queries: Sequence[Query], filters: Filters) -> list[int]:
        """How many records pass with each of these queries; the archive is read once."""
        found = [0] * len(queries)
        with self._store.read() as connection, closing(_texts(connection, filters)) as texts:
            for _, parts in texts:
                for number, query in enumerate(queries):
                    found[number] += bool(query.spans(parts))
        return found

    def names(self, filter_name: str) -> list[str]:
        """Every name that a filter ("body", "asker", "minister", "party") may be given, in alphabetical order."""
        with self._store.read() as connection:
            return _names(connection, filter_name)


def _texts(connection: Connection, filters: Filters) -> Generator[tuple[int, Mapping[str, str]], None, None]:
    """Revision row ids that pass the filters, in the order asked for, with their parts."""
    with closing(_ids(connection, _filtered(connection, filters))) as ids:
        while some := list(islice(ids, _BATCH)):
            parts = parts_of(connection, some)
            yield from ((one, parts.get(one, {})) for one in some)


def _passing(
    connection: Connection, query: Query | None, filters: Filters, limit: int | None
) -> Generator[tuple[int, tuple[Match, ...]], None, None]:
    """Revision row ids that pass, with the query's spans, in the order asked for."""
    if query is None:
        with closing(_ids(connection, _filtered(connection, filters).limit(limit))) as ids:
            yield from ((one, ()) for one in ids)
        return
    with closing(_texts(connection, filters)) as texts:
        found = ((one, spans) for one, parts in texts if (spans := query.spans(parts)))
        yield from islice(found, limit)


def _ids(connection: Connection, query: Select[Any]) -> Generator[int, None, None]:
    """Row ids as they come from the database, which keeps the rest until it is asked for."""
    with connection.execute(query, execution_options={"yield_per": _BATCH}) as result:
        yield from result.scalars()


def _filtered(connection: Connection, filters: Filters) -> Select[Any]:
    table = models.proceeding
    query = select(table.c.latest_revision_id).where(table.c.latest_revision_id.is_not(None))
    days = [table.c.day >= filters.first] if filters.first else []
    days += [table.c.day <= filters.last] if filters.last else []
    query = query.where(*days)
    exact: Mapping[str, Sequence[str]] = {"house": filters.houses, "kind": filters.kinds, "state": filters.states}
    for column, values in exact.items():
        if values:
            query = query.where(table.c[column].in_(values))
    for name, column in _NAMES.items():
        if wanted := getattr(filters, name):
            named = [one for one in _names(connection, name) if is_named(one, wanted)]
            query = query.where(table.c[column].in_(named))
    if filters.topic is not None:
        query = query.where(table.c.latest_revision_id.in_(_of_topic(filters.topic)))
    if filters.ids is not None:
        query = query.where(table.c.id.in_(filters.ids))
    if filters.oldest_first:
        return query.order_by(table.c.day, table.c.id)
    return query.order_by(table.c.day.desc(), table.c.id.desc())


def is_named(name: str, wanted: str) -> bool:
    """Whether all words of `wanted` are words of a name, in any order; accents, case and hyphens do not count."""
    asked = _words(wanted)
    return bool(asked) and asked <= _words(name)


def _words(text: str) -> set[str]:
    return {token.text for token in tokens(text) if not token.is_mark}


def _names(connection: Connection, filter_name: str) -> list[str]:
    column = models.proceeding.c[_NAMES[filter_name]]
    names = connection.execute(select(column).where(column.is_not(None)).distinct()).scalars()
    return sorted(names)


def _of_topic(topic: str) -> Select[Any]:
    """Revisions in which a term of the topic was found that is still watched."""
    found = (
        select(models.match.c.revision_id)
        .join(models.term, models.term.c.id == models.match.c.term_id)
        .where(models.term.c.removed_at.is_(None))
    )
    if topic == ANY_TOPIC:
        return found
    return found.join(models.topic, models.topic.c.id == models.term.c.topic_id).where(models.topic.c.key == topic)


def _hits(connection: Connection, found: Mapping[int, tuple[Match, ...]]) -> Iterator[Hit]:
    """Revisions by row id, with the query's spans, as hits in the same order; no more than a batch."""
    ids = list(found)
    revisions = load_ids(connection, ids)
    chosen: ColumnElement[bool] = models.revision.c.id.in_(ids)
    watched = load_matches(connection, chosen, models.term.c.removed_at.is_(None))
    rows = _rows(connection, chosen)
    for one, spans in found.items():
        yield Hit(
            proceeding_id=rows[one].proceeding_id,
            revision=revisions[one],
            spans=spans,
            matches=tuple(watched.get(one, ())),
            first_seen_at=rows[one].first_seen_at,
            due_floor_on=rows[one].due_floor_on,
        )


def _rows(connection: Connection, chosen: ColumnElement[bool]) -> dict[int, Any]:
    table = models.proceeding
    query = (
        select(models.revision.c.id, table.c.id.label("proceeding_id"), table.c.first_seen_at, table.c.due_floor_on)
        .join(table, table.c.id == models.revision.c.proceeding_id)
        .where(chosen)
    )
    return {row.id: row for row in connection.execute(query)}
