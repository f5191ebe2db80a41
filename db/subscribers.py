"""Subscribers that are kept in the archive: made there, or copied there for workers from the config.toml that counts.

What is stored is what was asked for; `monitor.config.merging` makes readers of it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from db.rows import load_fact, save_fact
from db.tables import kept_subscriber
from monitor.errors import TakenNameError
from monitor.model.watching import ARCHIVE, SUBSCRIBERS_VERSION, Subscriber

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from db.store import Store

_MADE_HERE = ""
"""Place of a subscriber that was made in the archive."""


class Subscribers:
    """Subscribers that are kept in the archive. Each change gives them another version."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def version(self) -> str:
        """Return the version of the subscribers; "" before the first change."""
        with self._store.read_once() as connection:
            return load_fact(connection, SUBSCRIBERS_VERSION) or ""

    def listing(self) -> list[Subscriber]:
        """List the subscribers that were made in the archive, the oldest first."""
        return self._load(is_made_here=True)

    def of_file(self) -> list[Subscriber]:
        """List the subscribers of the config.toml that workers go by."""
        return self._load(is_made_here=False)

    def _load(self, *, is_made_here: bool) -> list[Subscriber]:
        place = kept_subscriber.c.place
        query = select(kept_subscriber).where(place == _MADE_HERE if is_made_here else place != _MADE_HERE)
        return [_from_row(row) for row in self._store.rows(query.order_by(kept_subscriber.c.id))]

    def add(self, reader: Subscriber) -> None:
        """Add a subscriber. Raises TakenNameError if another one of the archive has the name or id."""
        with self._store.write() as connection:
            _refuse_taken(connection, reader)
            connection.execute(insert(kept_subscriber), _as_row(reader, _MADE_HERE))
            _note_change(connection)

    def change(self, before: Subscriber, after: Subscriber) -> bool:
        """Store what differs of a subscriber, and nothing else; returns False if they are not kept here any more.

        Raises TakenNameError if another one has the name.
        """
        old, new = _as_row(before, _MADE_HERE), _as_row(after, _MADE_HERE)
        differing = {name: value for name, value in new.items() if old[name] != value}
        with self._store.write() as connection:
            if differing.keys() & {"key", "name"}:
                _refuse_taken(connection, after, but=before.key)
            there = connection.execute(select(kept_subscriber.c.id).where(*_made_here(before.key))).scalar()
            if there is None or not differing:
                return there is not None
            connection.execute(update(kept_subscriber).where(kept_subscriber.c.id == there).values(differing))
            _note_change(connection)
        return True

    def remove(self, key: str) -> bool:
        """Remove a subscriber; returns False if they are not kept here."""
        with self._store.write() as connection:
            if not connection.execute(delete(kept_subscriber).where(*_made_here(key))).rowcount:
                return False
            _note_change(connection)
        return True

    def note_file(self, place: str, subscribers: Sequence[Subscriber]) -> None:
        """Store the subscribers of the config.toml that workers go by, and its place; "" where there are no workers."""
        wanted = [_as_row(subscriber, place) for subscriber in subscribers]
        of_files = kept_subscriber.c.place != _MADE_HERE
        stored = self._store.rows(select(kept_subscriber).where(of_files).order_by(kept_subscriber.c.id))
        if [_without_id(row) for row in stored] == wanted and self.version().partition(" ")[2] == place:
            return
        with self._store.write() as connection:
            connection.execute(delete(kept_subscriber).where(of_files))
            if wanted:
                connection.execute(insert(kept_subscriber), wanted)
            _note_change(connection, place)


def find_kept(connection: Connection, address: str) -> list[str]:
    """Return the names of the subscribers with an address."""
    has_address = func.lower(kept_subscriber.c.email) == address.lower()
    return list(connection.execute(select(kept_subscriber.c.name).where(has_address)).scalars())


def erase_kept(connection: Connection, address: str) -> None:
    """Erase the subscribers with an address."""
    has_address = func.lower(kept_subscriber.c.email) == address.lower()
    if connection.execute(delete(kept_subscriber).where(has_address)).rowcount:
        _note_change(connection)


def _made_here(key: str) -> tuple[Any, Any]:
    return kept_subscriber.c.place == _MADE_HERE, kept_subscriber.c.key == key


def _refuse_taken(connection: Connection, subscriber: Subscriber, *, but: str | None = None) -> None:
    """Refuse a name or id that another subscriber of the archive has, in small letters or capitals."""
    query = select(kept_subscriber.c.key, kept_subscriber.c.name).where(kept_subscriber.c.place == _MADE_HERE)
    wanted = {subscriber.key.casefold(), subscriber.name.casefold()}
    for row in connection.execute(query):
        if row.key != but and wanted & {row.key.casefold(), row.name.casefold()}:
            raise TakenNameError(subscriber.name)


def _note_change(connection: Connection, place: str | None = None) -> None:
    """Count a change. Behind the number stands the place of the config.toml that workers go by."""
    number, _, before = (load_fact(connection, SUBSCRIBERS_VERSION) or "0").partition(" ")
    save_fact(connection, SUBSCRIBERS_VERSION, f"{int(number) + 1} {before if place is None else place}".rstrip())


def _as_row(subscriber: Subscriber, place: str) -> dict[str, Any]:
    return {
        "place": place,
        "key": subscriber.key,
        "name": subscriber.name,
        "email": subscriber.email,
        "topics": json.dumps(list(subscriber.topics), ensure_ascii=False),
        "cadence": subscriber.cadence,
        "at": subscriber.at or None,
        "subject": subscriber.subject,
        "mentions": subscriber.mentions,
        "new_questions": subscriber.new_questions,
        "waiting": subscriber.waiting,
        "promises": subscriber.promises,
        "quiet_days": subscriber.quiet_days,
        "paused": subscriber.paused,
    }


def _without_id(row: Row[Any]) -> dict[str, Any]:
    return {name: value for name, value in row._asdict().items() if name != "id"}


def _from_row(row: Row[Any]) -> Subscriber:
    stored = _without_id(row)
    place, topics, at = stored.pop("place"), json.loads(stored.pop("topics")), stored.pop("at") or ""
    return Subscriber(**stored, topics=tuple(topics), at=at, kept_in=place or ARCHIVE)
