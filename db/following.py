"""Things that subscribers follow: records, promises, members who ask, bodies with a topic.

A follow is a reader's own. To begin or end one needs no lease: it is one short transaction, also while a run holds the
archive. It opens nothing of the past: what was stored before it began is not told because of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, insert, select, update

from db import tables
from db.cross_references import load_newest
from db.rows import IDS, select_in
from db.watch_list import ensure_subscriber
from monitor.model.following import Asker, Followed, FollowKind, FollowTarget

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from db.store import Store
    from monitor.model.watching import Subscriber


class Following:
    """Things that subscribers follow."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def follow(self, reader: Subscriber, target: FollowTarget) -> bool:
        """Follow something from now on; returns False if the reader follows it already."""
        now = self._store.clock()
        with self._store.write() as connection:
            subscriber_id = ensure_subscriber(connection, reader, now)
            topic = None if target.topic is None else _topic_id(connection, target.topic, now)
            row = {
                "kind": target.kind.value,
                "proceeding_id": target.proceeding_id,
                "promise_id": target.promise_id,
                "member_id": target.member_id,
                "name": target.ref if target.kind in (FollowKind.ASKER, FollowKind.BODY) else None,
                "topic_id": topic,
            }
            # A member who goes by a number may have another name since.
            told_apart = [name for name in row if name != "name" or target.member_id is None]
            there = _active(reader.key).where(*(_is_equal(tables.follow.c[name], row[name]) for name in told_apart))
            if connection.execute(there).first() is not None:
                return False
            newest = select(func.coalesce(func.max(tables.revision.c.id), 0)).scalar_subquery()
            connection.execute(
                insert(tables.follow).values(subscriber_id=subscriber_id, started_at=now, after_revision=newest, **row)
            )
        return True

    def unfollow(self, subscriber: str, number: int) -> bool:
        """End what a subscriber (by key) follows under a number; returns False if they follow nothing under it."""
        with self._store.write() as connection:
            mine = _active(subscriber).where(tables.follow.c.id == number)
            if connection.execute(mine).first() is None:
                return False
            ended = update(tables.follow).where(tables.follow.c.id == number)
            connection.execute(ended.values(ended_at=self._store.clock()))
        return True

    def listing(self, subscriber: str | None = None) -> list[Followed]:
        """List what is followed, by a subscriber (by key) or by all of them, the latest last."""
        with self._store.read() as connection:
            rows = connection.execute(_active(subscriber).order_by(tables.follow.c.id)).all()
            return _load(connection, rows)

    def find_askers(self, names: Sequence[str]) -> list[Asker]:
        """Find the members who asked something under one of these names, most questions first."""
        return self._askers(tables.proceeding.c.asker.in_(list(names)))

    def find_asker(self, member_id: int) -> Asker | None:
        """Find a member who asked something by Parliament's number."""
        found = self._askers(tables.proceeding.c.asker_id == member_id)
        return found[0] if found else None

    def _askers(self, *where: ColumnElement[bool]) -> list[Asker]:
        table, count = tables.proceeding, func.count()
        name_if_alone = case((table.c.asker_id.is_(None), table.c.asker), else_=None)
        query = (
            select(func.max(table.c.asker).label("name"), table.c.asker_id, count.label("questions"))
            .where(*where, table.c.merged_into.is_(None))
            .group_by(table.c.asker_id, name_if_alone)
            .order_by(count.desc(), func.max(table.c.asker))
        )
        return [
            Asker(name=row.name or f"member {row.asker_id}", member_id=row.asker_id, questions=row.questions)
            for row in self._store.rows(query)
        ]

    def find_promise(self, public_id: str) -> FollowTarget | None:
        """Find a promise of the ledger by its public id."""
        table = tables.promise
        rows = self._store.rows(select(table.c.id).where(table.c.public_id == public_id))
        if not rows:
            return None
        return FollowTarget(kind=FollowKind.PROMISE, ref=public_id, promise_id=rows[0].id)


def _is_equal(column: Any, value: object) -> Any:
    return column.is_(None) if value is None else column == value


def _topic_id(connection: Connection, key: str, now: datetime) -> int:
    """Return the row id of a topic of config.toml, also of one that no run has seen yet."""
    table = tables.topic
    topic_id: int | None = connection.execute(select(table.c.id).where(table.c.key == key)).scalar()
    if topic_id is None:
        made = connection.execute(insert(table).values(key=key, name=key, added_at=now))
        topic_id = int(made.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted
    return topic_id


def _active(subscriber: str | None = None) -> Select[Any]:
    """Select what is followed now. A subscriber who was removed and comes back is a new one, who follows nothing."""
    follow, reader, topic = tables.follow, tables.subscriber, tables.topic
    query = (
        select(follow, reader.c.key.label("subscriber"), topic.c.key.label("topic"))
        .join(reader, reader.c.id == follow.c.subscriber_id)
        .outerjoin(topic, topic.c.id == follow.c.topic_id)
        .where(follow.c.ended_at.is_(None), reader.c.removed_at.is_(None), follow.c.started_at >= reader.c.added_at)
    )
    return query if subscriber is None else query.where(reader.c.key == subscriber)


def _load(connection: Connection, rows: Sequence[Row[Any]]) -> list[Followed]:
    table = tables.promise
    ids = [row.promise_id for row in rows if row.promise_id is not None]
    query = select(table.c.id, table.c.public_id, table.c.proceeding_id).where(table.c.id.in_(IDS))
    promises = {row.id: row for row in select_in(connection, query, ids)}
    records = {row.id: promises[row.promise_id].proceeding_id for row in rows if row.promise_id is not None}
    records |= {row.id: row.proceeding_id for row in rows if row.proceeding_id is not None}
    newest = load_newest(connection, set(records.values()))
    followed = []
    for row in rows:
        record = newest.get(records.get(row.id, 0))
        target = FollowTarget(
            kind=FollowKind(row.kind),
            ref=promises[row.promise_id].public_id if row.promise_id else row.name or (record.id if record else ""),
            proceeding_id=row.proceeding_id,
            promise_id=row.promise_id,
            member_id=row.member_id,
            topic=row.topic,
        )
        followed.append(
            Followed(
                number=row.id,
                subscriber=row.subscriber,
                target=target,
                started_at=row.started_at,
                after_revision=row.after_revision,
                record=record,
            )
        )
    return followed
