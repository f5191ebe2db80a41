"""Answers to requests, kept so that the next one need only ask whether they still hold."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from db import tables
from monitor.model.sources import Cached

if TYPE_CHECKING:
    from db.lease import Store


class Cache:
    """The last answer of each address that is asked again and again: indexes, feeds."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, url: str) -> Cached | None:
        """Return the response that was kept; None: there is no such response."""
        table = tables.http_cache
        with self._store.read() as connection:
            row = connection.execute(select(table).where(table.c.url == url)).first()
        if row is None:
            return None
        return Cached(body=zlib.decompress(row.body), etag=row.etag, last_modified=row.last_modified)

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
