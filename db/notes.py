"""Notes of the team on records and promises. A note is only added: two people who write at once lose nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select

from db import tables
from db.cross_references import load_newest
from db.rows import IDS, select_in
from db.watch_list import ensure_subscriber
from monitor.model.following import Note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Select

    from db.store import Store
    from monitor.model.following import FollowTarget
    from monitor.model.watching import Subscriber

_TWICE_WITHIN: Final = timedelta(minutes=1)


class Notes:
    """Notes on records and promises, which the whole team sees."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, reader: Subscriber, about: FollowTarget, text: str) -> int:
        """Add a note to a record or a promise; returns its number.

        Where the reader wrote the same as the newest note there a moment ago, nothing is added: a button was pressed twice.
        """
        now, note = self._store.clock(), tables.note
        with self._store.write() as connection:
            row = {
                "subscriber_id": ensure_subscriber(connection, reader, now),
                "author": reader.name,
                "proceeding_id": about.proceeding_id,
                "promise_id": about.promise_id,
                "text": text,
            }
            on_it = note.c.promise_id == about.promise_id
            if about.promise_id is None:
                on_it = note.c.proceeding_id == about.proceeding_id
            newest = (
                connection.execute(select(note).where(on_it).order_by(note.c.id.desc()).limit(1)).mappings().first()
            )
            if newest is not None and row.items() <= newest.items() and now - newest["written_at"] < _TWICE_WITHIN:
                return int(newest["id"])
            made = connection.execute(insert(note).values(**row, written_at=now))
            return int(made.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted

    def listing(self) -> list[Note]:
        """List all notes, newest first."""
        with self._store.read() as connection:
            return _load(connection, _all().order_by(tables.note.c.id.desc()))

    def on(self, proceeding_ids: Iterable[int]) -> dict[int, list[Note]]:
        """List the notes on records, also those on promises made in them, oldest first, by the record."""
        note, promise = tables.note, tables.promise
        wanted = sorted(set(proceeding_ids))
        with self._store.read() as connection:
            query = select(note.c.id).where(note.c.proceeding_id.in_(IDS))
            of_promises = select(note.c.id).join(promise, promise.c.id == note.c.promise_id)
            of_promises = of_promises.where(promise.c.proceeding_id.in_(IDS))
            numbers = [row.id for part in (query, of_promises) for row in select_in(connection, part, wanted)]
            if not numbers:
                return {}
            notes = _load(connection, _all().where(note.c.id.in_(numbers)).order_by(note.c.id))
        found: dict[int, list[Note]] = {}
        for note_ in notes:
            found.setdefault(note_.proceeding_id, []).append(note_)
        return found


def _all() -> Select[Any]:
    note, reader, promise = tables.note, tables.subscriber, tables.promise
    return (
        select(note, reader.c.key.label("subscriber"), promise.c.public_id, promise.c.proceeding_id.label("made_in"))
        .outerjoin(reader, reader.c.id == note.c.subscriber_id)
        .outerjoin(promise, promise.c.id == note.c.promise_id)
    )


def _load(connection: Connection, query: Select[Any]) -> list[Note]:
    rows = connection.execute(query).all()
    records = {row.id: row.proceeding_id if row.promise_id is None else row.made_in for row in rows}
    newest = load_newest(connection, set(records.values()))
    return [
        Note(
            number=row.id,
            subscriber=row.subscriber,
            author=row.author,
            text=row.text,
            written_at=row.written_at,
            proceeding_id=records[row.id],
            record=newest[records[row.id]],
            promise=row.public_id,
        )
        for row in rows
    ]
