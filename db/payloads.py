"""The bytes that were received: kept once, so that parsing can be repeated."""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, select, update

from db import tables
from db.rows import insert_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Select

    from monitor.model.sources import Payload


_LEVEL: Final = 4
"""Of compression: the usual 6 takes two and a half times as long, for a twentieth less."""


def keep_payloads(connection: Connection, payloads: Sequence[tuple[Payload, str | None]]) -> list[int]:
    """Keep the bytes that are not what was received last for their record; returns the rows."""
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
    ids = insert_rows(connection, table, rows)
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
"""Made once: each page is asked of it, and putting a statement together takes longer than doing it."""


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
