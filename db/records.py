"""Records and their revisions, as they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from db import tables
from db.aliases import load_sources
from db.members import bodies, with_names
from db.rows import chunks, load_parts, proceeding_of
from monitor.model.records import Event, Revision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row

    from db.engine import Store


class Records:
    """Records and their revisions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def is_empty(self) -> bool:
        """Return whether nothing was ever stored."""
        with self._store.read() as connection:
            return connection.execute(select(tables.proceeding.c.id).limit(1)).first() is None

    def bodies(self) -> list[str]:
        """List the answering bodies that records name, in alphabetical order."""
        with self._store.read() as connection:
            return bodies(connection)

    def revisions(self, proceeding_id: int) -> list[Revision]:
        """Return all revisions of a record, of every source, oldest first; each source numbers its own."""
        with self._store.read() as connection:
            return load(connection, tables.revision.c.proceeding_id == proceeding_id)

    def sources(self, proceeding_ids: Sequence[int]) -> dict[int, set[str]]:
        """Return the sources that tell of each of these records."""
        with self._store.read() as connection:
            return load_sources(connection, proceeding_ids)


def load(connection: Connection, *where: ColumnElement[bool]) -> list[Revision]:
    """Load whole revisions with their members named, oldest first."""
    table = tables.revision
    rows = connection.execute(select(table).where(*where).order_by(table.c.id)).all()
    parts: dict[int, dict[str, str]] = {}
    for chunk in chunks([row.id for row in rows]):
        parts |= load_parts(connection, chunk)
    return _revisions(connection, rows, parts)


def load_ids(
    connection: Connection, revision_ids: Sequence[int], parts: Mapping[int, Mapping[str, str]] | None = None
) -> dict[int, Revision]:
    """Load whole revisions by row id. `parts`: their texts, if they were read before."""
    found: dict[int, Revision] = {}
    for chunk in chunks(revision_ids):
        rows = connection.execute(_BY_ID, {"ids": chunk}).all()
        read = load_parts(connection, chunk) if parts is None else parts
        found |= {revision.id: revision for revision in _revisions(connection, rows, read)}
    return found


_BY_ID = select(tables.revision).where(tables.revision.c.id.in_(bindparam("ids", expanding=True)))


def _revisions(
    connection: Connection, rows: Sequence[Row[Any]], parts: Mapping[int, Mapping[str, str]]
) -> list[Revision]:
    proceedings = with_names(connection, [proceeding_of(row.facts, parts.get(row.id, {})) for row in rows])
    return [
        Revision(
            id=row.id,
            proceeding=proceeding,
            number=row.number,
            seen_at=row.seen_at,
            events=tuple(Event(name) for name in row.events.split()),
            is_news=row.is_news,
        )
        for row, proceeding in zip(rows, proceedings, strict=True)
    ]
