"""Bytes that were received: payloads of records, kept so that parsing can be repeated, and answers for conditional requests.

The same bytes of a record are kept once.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update

from db import tables
from db.rows import insert_all, new_ids
from monitor.model.collection import Quarantined
from monitor.model.sources import Cached, Payload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row, Select

    from db.store import Store

_LEVEL: Final = 4
"""Level of compression: the usual 6 takes two and a half times as long, for a twentieth less."""

_PAYLOADS = 25
"""Payloads that are read at once."""


class Payloads:
    """The bytes that were received from the sources."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def newest(
        self,
        source: str | None = None,
        first: date | None = None,
        last: date | None = None,
        *,
        newest_first: bool = False,
    ) -> Iterator[Payload]:
        """Give the newest bytes of each key whose record's day is in the range, quarantined ones too.

        They come in the order of receipt, a few at a time: a payload may be a volume of many megabytes.
        """
        table = tables.payload
        newest = select(func.max(table.c.id).label("id")).group_by(table.c.source, table.c.key).subquery()
        query = select(table.c.id).join(newest, newest.c.id == table.c.id)
        if source is not None:
            query = query.where(table.c.source == source)
        if first is not None or last is not None:
            query = _on_days(query, first, last)
        ids = sorted(set(self._store.scalars(query)), reverse=newest_first)
        for start in range(0, len(ids), _PAYLOADS):
            batch = ids[start : start + _PAYLOADS]
            rows = {row.id: row for row in self._store.rows(select(table).where(table.c.id.in_(batch)))}
            yield from (_payload(rows[number]) for number in batch if number in rows)

    def drop(self, before: datetime) -> int:
        """Drop the payloads received before an instant, except those in quarantine; returns how many."""
        table = tables.payload
        old = select(table.c.id).where(table.c.fetched_at < before, table.c.reason.is_(None))
        with self._store.write() as connection:
            connection.execute(
                update(tables.revision).where(tables.revision.c.payload_id.in_(old)).values(payload_id=None)
            )
            return connection.execute(delete(table).where(table.c.id.in_(old))).rowcount

    def quarantined(self) -> list[Quarantined]:
        """List the payloads that could not be understood and were not replaced by others that could."""
        table = tables.payload
        later = table.alias()
        replaced = (
            select(later.c.id)
            .where(later.c.source == table.c.source, later.c.key == table.c.key, later.c.id > table.c.id)
            .exists()
        )
        query = select(table.c.source, table.c.key, table.c.reason).where(table.c.reason.is_not(None), ~replaced)
        return [Quarantined(**row._asdict()) for row in self._store.rows(query)]

    def quarantine(self, payload: Payload, reason: str) -> None:
        """Keep a payload that could not be understood, with the reason; once for the same bytes."""
        with self._store.write() as connection:
            keep_payloads(connection, [(payload, reason)])

    def release(self, source: str, keys: Sequence[str]) -> None:
        """Take payloads out of quarantine, because other bytes of the same file were understood since."""
        table = tables.payload
        wanted = (table.c.source == source) & table.c.key.in_(keys) & table.c.reason.is_not(None)
        with self._store.write() as connection:
            connection.execute(update(table).where(wanted).values(reason=None))


def keep_payloads(connection: Connection, payloads: Sequence[tuple[Payload, str | None]]) -> list[int]:
    """Keep the bytes that differ from those received last for their record; returns the row ids."""
    table = tables.payload
    last = _last_payloads(connection, [payload for payload, _ in payloads])
    rows: list[dict[str, Any]] = []
    places: list[tuple[int, int | None]] = []  # a row that is there, or the place of one among those to insert
    hashes: dict[int, str] = {}  # a file is the payload of each of its records
    for payload, reason in payloads:
        name = (payload.source, payload.key)
        sha256 = hashes.get(id(payload)) or hashes.setdefault(id(payload), hashlib.sha256(payload.body).hexdigest())
        before = last.get(name)
        if before is None or before[1] != sha256:
            last[name] = (0, sha256, reason, len(rows))
            rows.append(_payload_row(payload, sha256, reason))
        elif before[3] is None and before[2] != reason:
            connection.execute(update(table).where(table.c.id == before[0]).values(reason=reason))
        places.append((last[name][0], last[name][3]))
    ids = new_ids(connection, table, len(rows))
    insert_all(connection, table, [{"id": number, **row} for number, row in zip(ids, rows, strict=True)])
    return [there if place is None else ids[place] for there, place in places]


def _last_payloads(
    connection: Connection, payloads: Sequence[Payload]
) -> dict[tuple[str, str], tuple[int, str, str | None, int | None]]:
    asked = {name: list({getattr(payload, name) for payload in payloads}) for name in ("source", "key")}
    rows = connection.execute(_LAST, {"sources": asked["source"], "keys": asked["key"]})
    return {(row.source, row.key): (row.id, row.sha256, row.reason, None) for row in rows}


def _last() -> Select[Any]:
    table = tables.payload
    newest = (
        select(func.max(table.c.id))
        .where(
            table.c.source.in_(bindparam("sources", expanding=True)), table.c.key.in_(bindparam("keys", expanding=True))
        )
        .group_by(table.c.source, table.c.key)
    )
    query = select(table.c.source, table.c.key, table.c.id, table.c.sha256, table.c.reason)
    return query.where(table.c.id.in_(newest))


_LAST: Final = _last()
"""Built once: each page executes it, and building a statement takes longer than executing it."""


def _payload_row(payload: Payload, sha256: str, reason: str | None) -> dict[str, Any]:
    return {
        "source": payload.source,
        "key": payload.key,
        "url": payload.url,
        "fetched_at": payload.fetched_at,
        "sha256": sha256,
        "body": zlib.compress(payload.body, _LEVEL),
        "reason": reason,
    }


def _on_days(query: Select[Any], first: date | None, last: date | None) -> Select[Any]:
    """Select payloads whose record or file is of these days; a file without a day has many days and is always selected."""
    record, table, payload, file = tables.source_record, tables.proceeding, tables.payload, tables.source_file
    query = query.outerjoin(record, and_(record.c.source == payload.c.source, record.c.key == payload.c.key))
    query = query.outerjoin(table, table.c.id == record.c.proceeding_id)
    query = query.outerjoin(file, and_(file.c.source == payload.c.source, file.c.name == payload.c.key))
    is_undated = and_(file.c.name.is_not(None), file.c.day.is_(None))
    if first is not None:
        query = query.where(or_(table.c.day >= first, file.c.day >= first, is_undated))
    return query if last is None else query.where(or_(table.c.day <= last, file.c.day <= last, is_undated))


def _payload(row: Row[Any]) -> Payload:
    return Payload(
        source=row.source, key=row.key, url=row.url, fetched_at=row.fetched_at, body=zlib.decompress(row.body)
    )


class Cache:
    """The last answer of each address that is asked again and again: indexes, feeds."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, url: str) -> Cached | None:
        """Return the response that was kept; None: there is no such response."""
        table = tables.http_cache
        for row in self._store.rows(select(table).where(table.c.url == url)):
            return Cached(body=zlib.decompress(row.body), etag=row.etag, last_modified=row.last_modified)
        return None

    def put(self, url: str, answer: Cached) -> None:
        """Keep an answer in place of the one before."""
        table = tables.http_cache
        with self._store.write() as connection:
            connection.execute(delete(table).where(table.c.url == url))
            connection.execute(
                insert(table).values(
                    url=url,
                    etag=answer.etag,
                    last_modified=answer.last_modified,
                    kept_at=self._store.clock(),
                    body=zlib.compress(answer.body, 6),
                )
            )
