"""Topics, terms and subscribers: what is watched now, and since when.

config.toml says what is watched now; the archive remembers since when, and what was watched before. Nothing is deleted:
an edited or removed term leaves its matches explained.
"""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, case, insert, select, update

from db import tables
from db.rows import chunks, insert_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Table, Update

    from db.store import Store
    from monitor.model.watching import Subscriber, Topic


class WatchList:
    """Topics, terms and subscribers, kept up to config.toml."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def sync(self, topics: Sequence[Topic], subscribers: Sequence[Subscriber], version: str) -> None:
        """Update the watch list from config.toml. A new `version` of the matcher looks again at everything."""
        now = self._store.clock()
        with self._store.write() as connection:
            topic_ids = _sync_rows(connection, tables.topic, {topic.key: {"name": topic.name} for topic in topics}, now)
            for topic in topics:
                _sync_terms(connection, topic_ids[topic.key], topic, version, now)
            _end_orphans(connection, now)
            _sync_subscribers(connection, subscribers, topic_ids, now)

    def sync_subscribers(self, subscribers: Sequence[Subscriber]) -> None:
        """Update who is told of what; topics and terms stay as they are."""
        now, topic = self._store.clock(), tables.topic
        with self._store.write() as connection:
            watched = select(topic.c.key, topic.c.id).where(topic.c.removed_at.is_(None))
            topic_ids = {row.key: row.id for row in connection.execute(watched)}
            _sync_subscribers(connection, subscribers, topic_ids, now)

    def agrees_with(self, reader: Subscriber) -> bool:
        """Return whether a subscriber is known as they are now: on the list, paused or not, and with these topics."""
        with self._store.read() as connection:
            row = connection.execute(_KNOWN_SUBSCRIBER, {"key": reader.key}).first()
            if row is None or _is_paused(row) != reader.paused:
                return False
            return set(connection.execute(_KNOWN_TOPICS, {"subscriber": row.id}).scalars()) == set(reader.topics)

    def watched(self) -> tuple[dict[str, str], dict[str, str], set[tuple[str, str]]]:
        """List what is watched: names of topics and of readers by key, and the terms with the keys of their topics."""
        topic, reader, term = tables.topic, tables.subscriber, tables.term
        with self._store.read() as connection:
            named = [
                dict(connection.execute(select(table.c.key, table.c.name).where(table.c.removed_at.is_(None))).all())
                for table in (topic, reader)
            ]
            terms = select(topic.c.key, term.c.text).join(topic, topic.c.id == term.c.topic_id)
            found = {(row.key, row.text) for row in connection.execute(terms.where(term.c.removed_at.is_(None)))}
        return named[0], named[1], found

    def paused_since(self) -> dict[str, datetime]:
        """Return since when each paused subscriber is paused, by key, as the last run saw it."""
        table = tables.subscriber
        query = select(table.c.key, table.c.paused_at).where(
            table.c.paused_at.is_not(None), table.c.resumed_at.is_(None), table.c.removed_at.is_(None)
        )
        return {row.key: row.paused_at for row in self._store.rows(query)}

    def is_of_other(self, key: str, email: str) -> bool:
        """Return whether a key of a subscriber is, or was, that of somebody with another address."""
        return any(row.email.lower() != email.lower() for row in self._store.rows(_OF_KEY, {"key": key}))


_KNOWN_SUBSCRIBER: Final = select(tables.subscriber).where(
    tables.subscriber.c.key == bindparam("key"), tables.subscriber.c.removed_at.is_(None)
)
_KNOWN_TOPICS: Final = (
    select(tables.topic.c.key)
    .join(tables.subscription, tables.subscription.c.topic_id == tables.topic.c.id)
    .where(tables.subscription.c.subscriber_id == bindparam("subscriber"), tables.subscription.c.removed_at.is_(None))
)


def ensure_subscriber(connection: Connection, reader: Subscriber, now: datetime) -> int:
    """Return the row id of a subscriber of config.toml, also of one that no run has seen yet."""
    table = tables.subscriber
    _free_keys(connection, [reader])
    row = connection.execute(select(table).where(table.c.key == reader.key)).first()
    if row is not None and row.removed_at is None:
        return int(row.id)
    named = {"name": reader.name, "email": reader.email, "added_at": now}
    if row is not None:
        connection.execute(update(table).where(table.c.id == row.id).values(removed_at=None, **named))
        return int(row.id)
    made = connection.execute(insert(table).values(key=reader.key, **named))
    return int(made.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted


def _free_keys(connection: Connection, subscribers: Sequence[Subscriber]) -> None:
    """Give removed subscribers another key, where their key belongs to somebody with another address now.

    What a digest says depends on what its reader was told before. A new reader must not inherit that from somebody else, nor
    the digests of that person.
    """
    wanted = {reader.key: reader.email.lower() for reader in subscribers}
    for row in connection.execute(_REMOVED).all():
        if row.email.lower() != wanted.get(row.key, row.email.lower()):
            connection.execute(_WITH_KEY, {"row": row.id, "free": _free_key(connection, row.key, row.id)})


def _free_key(connection: Connection, key: str, row_id: int) -> str:
    """Return another key for a removed subscriber, which no other one has."""
    keys = (f"{key[:_LONGEST_START]} (removed {number})" for number in count(row_id))
    return next(free for free in keys if connection.execute(_OF_KEY, {"key": free}).first() is None)


_LONGEST_START: Final = 150
"""Characters of a key that are kept, so that a number finds room behind them."""
_REMOVED: Final = select(tables.subscriber.c.id, tables.subscriber.c.key, tables.subscriber.c.email).where(
    tables.subscriber.c.removed_at.is_not(None)
)
_OF_KEY: Final = select(tables.subscriber.c.id, tables.subscriber.c.email).where(
    tables.subscriber.c.key == bindparam("key")
)
_WITH_KEY: Final = (
    update(tables.subscriber).where(tables.subscriber.c.id == bindparam("row")).values(key=bindparam("free"))
)
"""Built once: each run executes the first, and building a statement takes longer than executing it."""


def _sync_rows(
    connection: Connection, table: Table, wanted: Mapping[str, Mapping[str, str]], now: datetime
) -> dict[str, int]:
    """Add, change, revive and end rows by their `key`; returns the row ids of the wanted ones."""
    there = {row.key: row for row in connection.execute(select(table))}
    new = [{"key": key, "added_at": now, **values} for key, values in wanted.items() if key not in there]
    insert_all(connection, table, new)
    for key, values in wanted.items():
        row = there.get(key)
        if row is None:
            continue
        changes: dict[str, Any] = {name: value for name, value in values.items() if getattr(row, name) != value}
        if row.removed_at is not None:
            changes |= {"added_at": now, "removed_at": None}
        if changes:
            connection.execute(update(table).where(table.c.id == row.id).values(**changes))
    gone = [row.id for key, row in there.items() if key not in wanted and row.removed_at is None]
    _change(connection, table, gone, {"removed_at": now})
    if new:
        there = {row.key: row for row in connection.execute(select(table))}
    return {key: there[key].id for key in wanted}


def _sync_terms(connection: Connection, topic_id: int, topic: Topic, version: str, now: datetime) -> None:
    table = tables.term
    exclude = json.dumps(list(topic.exclude), ensure_ascii=False)
    there = list(connection.execute(select(table).where(table.c.topic_id == topic_id)))
    known = {row.text: row for row in there if row.exclude == exclude}
    wanted = dict.fromkeys(topic.terms)
    new = [text for text in wanted if text not in known]
    shared = {"topic_id": topic_id, "exclude": exclude, "added_at": now, "version": version}
    insert_all(connection, table, [{**shared, "text": text, "matched_to": 0, "history_to": 0} for text in new])
    rows = [known[text] for text in wanted if text in known]
    again = [row.id for row in rows if row.removed_at is not None]
    _change(connection, table, again, {"added_at": now, "removed_at": None})
    older = [row.id for row in rows if row.version != version]
    looked_to = case((table.c.matched_to > table.c.history_to, table.c.matched_to), else_=table.c.history_to)
    _change(connection, table, older, {"version": version, "history_to": looked_to, "matched_to": 0})
    ended = [row.id for row in there if row.removed_at is None and (row.exclude != exclude or row.text not in wanted)]
    _change(connection, table, ended, {"removed_at": now})


def _change(connection: Connection, table: Table, row_ids: Sequence[int], values: Mapping[str, Any]) -> None:
    """Set the same values in rows: a watch list may have more of them than a statement takes parameters."""
    for ids in chunks(row_ids):
        connection.execute(update(table).where(table.c.id.in_(ids)).values(**values))


def _sync_subscribers(
    connection: Connection, subscribers: Sequence[Subscriber], topic_ids: Mapping[str, int], now: datetime
) -> None:
    _free_keys(connection, subscribers)
    rows = {reader.key: {"name": reader.name, "email": reader.email} for reader in subscribers}
    subscriber_ids = _sync_rows(connection, tables.subscriber, rows, now)
    _sync_pauses(connection, {subscriber_ids[reader.key]: reader.paused for reader in subscribers}, now)
    wanted = {
        subscriber_ids[reader.key]: [topic_ids[key] for key in reader.topics if key in topic_ids]
        for reader in subscribers
    }
    _sync_subscriptions(connection, wanted, now)


def _end_orphans(connection: Connection, now: datetime) -> None:
    """End the terms and subscriptions of removed topics."""
    for ended in _ORPHANS:
        connection.execute(ended, {"at": now})


def _orphans(table: Table) -> Update:
    removed = select(tables.topic.c.id).where(tables.topic.c.removed_at.is_not(None))
    is_left = table.c.topic_id.in_(removed), table.c.removed_at.is_(None)
    return update(table).where(*is_left).values(removed_at=bindparam("at"))


_ORPHANS: Final = [_orphans(tables.term), _orphans(tables.subscription)]
"""Built once: each run executes them, and building a statement takes longer than executing it."""


def _sync_pauses(connection: Connection, paused: Mapping[int, bool], now: datetime) -> None:
    """Note who is paused and who is so no more. `paused`: whether each subscriber (by row id) is now.

    A pause from before a subscriber was removed and came back is not theirs: who comes back is new.
    """
    table = tables.subscriber
    columns = table.c.id, table.c.added_at, table.c.paused_at, table.c.resumed_at
    for row in connection.execute(select(*columns)).all():
        is_earlier = row.paused_at is not None and row.paused_at < row.added_at
        was_paused = _is_paused(row) and not is_earlier
        is_paused = paused.get(row.id, was_paused)
        changes: dict[str, datetime | None]
        if is_paused != was_paused:
            changes = {"paused_at": now, "resumed_at": None} if is_paused else {"resumed_at": now}
        elif is_earlier:
            changes = {"paused_at": None, "resumed_at": None}
        else:
            continue
        connection.execute(update(table).where(table.c.id == row.id).values(**changes))


def _is_paused(row: Row[*tuple[Any, ...]]) -> bool:
    return row.paused_at is not None and row.resumed_at is None


def _sync_subscriptions(connection: Connection, wanted: Mapping[int, Sequence[int]], now: datetime) -> None:
    """Add, revive and end subscriptions. `wanted`: row ids of topics by the row id of each subscriber on the list."""
    table = tables.subscription
    there: dict[int, dict[int, datetime | None]] = {subscriber: {} for subscriber in wanted}
    for row in connection.execute(select(table.c.subscriber_id, table.c.topic_id, table.c.removed_at)):
        there.setdefault(row.subscriber_id, {})[row.topic_id] = row.removed_at
    new, again, ended = [], [], []
    for subscriber, known in there.items():
        topics = wanted.get(subscriber, ())
        new += [(subscriber, topic) for topic in dict.fromkeys(topics) if topic not in known]
        again += [(subscriber, topic) for topic in topics if known.get(topic) is not None]
        ended += [(subscriber, topic) for topic, at in known.items() if at is None and topic not in topics]
    rows = [{"subscriber_id": subscriber, "topic_id": topic, "added_at": now} for subscriber, topic in new]
    insert_all(connection, table, rows)
    for pairs, values in ((again, {"added_at": now, "removed_at": None}), (ended, {"removed_at": now})):
        if pairs:
            change = update(table).where(*_IS_OF_PAIR).values(**values)
            connection.execute(change, [{"of_reader": subscriber, "of_topic": topic} for subscriber, topic in pairs])


_IS_OF_PAIR: Final = (
    tables.subscription.c.subscriber_id == bindparam("of_reader"),
    tables.subscription.c.topic_id == bindparam("of_topic"),
)
