# ruff: noqa: INP001 - a script's module, no part of a package
"""Years of digests that readers were sent before a measure begins."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, insert, select, update

from db import tables
from db.rows import insert_all
from monitor.model.deliveries import DeliveryState
from monitor.model.following import FollowKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine

DIGESTS_A_YEAR: Final = 250
STAGES: Final = ("collect", "match", "compose", "deliver")
REMINDERS: Final = 5
"""Late questions of which each of these digests reminded."""
PROMISES: Final = 2
"""Promises of which each told."""
RECORDS_FOLLOWED: Final = 20
"""Records of those told that a reader follows, if they follow anything; and a member who asks, and a body."""


def give_past(engine: Engine, years: float, until: datetime, *, follows: bool) -> int:
    """Let all readers have joined so many years ago, and have been told all that their topics found since.

    What the archive holds was published evenly over these years. Returns how many items were told. `follows`: whether they
    have followed something since they joined. Each digest was mailed, and the archive ran every half an hour.
    """
    began = until - timedelta(days=365 * years)
    told = 0
    with engine.begin() as connection:
        _publish(connection, began, until)
        _run(connection, began, until)
        for table in (tables.subscriber, tables.subscription, tables.term):
            connection.execute(update(table).values(added_at=began))
        for reader in connection.execute(select(tables.subscriber.c.id)).scalars().all():
            told += _tell(connection, reader, began, until, digests=int(DIGESTS_A_YEAR * years))
            if follows:
                _tell_of_member(connection, reader, _follow(connection, reader, began))
    return told


def _run(connection: Connection, began: datetime, until: datetime) -> None:
    """Let the stages have run every half an hour."""
    every = timedelta(minutes=30)
    ended = {"outcome": "ok", "counts": "{}"}
    moments = (began + number * every for number in range((until - began) // every))
    rows = [
        {**ended, "stage": stage, "as_of": at, "started_at": at, "ended_at": at} for at in moments for stage in STAGES
    ]
    insert_all(connection, tables.run, rows)


def _mail(reader: int, at: datetime, digest: int) -> dict[str, object]:
    """Return a mail that was sent, and whose bytes are no longer kept."""
    sent = {"state": DeliveryState.SENT.value, "attempts": 1, "sent_at": at, "reply": "250 2.0.0 Ok: queued as 1A2B3C"}
    return {
        **sent,
        "digest_id": digest,
        "recipient": f"reader{reader}@example.org",
        "message_id": f"<past.{digest}@example.org>",
        "subject": "Past",
        "message": b"",
        "created_at": at,
        "ambiguous": 0,
        "refusals": 0,
    }


def _publish(connection: Connection, began: datetime, until: datetime) -> None:
    """Make all revisions news, seen one after the other; the last stays, because the index knows it by its time."""
    revision = tables.revision
    count: int = connection.execute(select(func.max(revision.c.id))).scalar_one()
    connection.execute(update(revision).values(is_news=True))
    for number in range(1, count):
        seen_at = began + (until - began) * (number / count)
        connection.execute(update(revision).where(revision.c.id == number).values(seen_at=seen_at))


def _follow(connection: Connection, reader: int, began: datetime) -> str:
    """Let a reader follow records that they were told, the member who asked the first, and its body with a topic of theirs.

    Returns the name of the member.
    """
    record, item, subscription = tables.proceeding, tables.digest_item, tables.subscription
    told = connection.execute(
        select(record.c.id, record.c.asker_id, record.c.asker, record.c.body)
        .join(item, item.c.proceeding_id == record.c.id)
        .where(item.c.subscriber_id == reader, record.c.asker.is_not(None))
        .order_by(record.c.id)
        .limit(RECORDS_FOLLOWED)
    ).all()
    topic = connection.execute(select(func.min(subscription.c.topic_id)).where(subscription.c.subscriber_id == reader))
    chosen: list[dict[str, object]] = [{"kind": FollowKind.RECORD.value, "proceeding_id": row.id} for row in told]
    chosen.append({"kind": FollowKind.ASKER.value, "member_id": told[0].asker_id, "name": told[0].asker})
    chosen.append({"kind": FollowKind.BODY.value, "name": told[0].body, "topic_id": topic.scalar_one()})
    since = {"subscriber_id": reader, "after_revision": 0, "started_at": began}
    for facts in chosen:
        connection.execute(insert(tables.follow).values(**facts, **since))
    return str(told[0].asker)


def _tell_of_member(connection: Connection, reader: int, name: str) -> None:
    """Let the last digest of a reader have told all that a member asked."""
    record, item, revision = tables.proceeding, tables.digest_item, tables.revision
    known = select(item.c.revision_id).where(item.c.subscriber_id == reader)
    asked = (
        select(revision.c.id, revision.c.proceeding_id)
        .join(record, record.c.id == revision.c.proceeding_id)
        .where(record.c.asker == name, revision.c.id.not_in(known))
    )
    digest = connection.execute(select(func.max(item.c.digest_id)).where(item.c.subscriber_id == reader)).scalar_one()
    of_reader = {"digest_id": digest, "subscriber_id": reader, "is_told": True}
    rows = connection.execute(asked).all()
    insert_all(
        connection,
        item,
        [{**of_reader, "revision_id": row.id, "proceeding_id": row.proceeding_id} for row in rows],
    )


def _tell(connection: Connection, reader: int, began: datetime, until: datetime, *, digests: int) -> int:
    """Tell a reader what their topics find, in so many digests; returns how many items that are."""
    match, term, subscription, revision = tables.match, tables.term, tables.subscription, tables.revision
    found = connection.execute(
        select(revision.c.id, revision.c.proceeding_id)
        .join(match, match.c.revision_id == revision.c.id)
        .join(term, term.c.id == match.c.term_id)
        .join(subscription, subscription.c.topic_id == term.c.topic_id)
        .where(subscription.c.subscriber_id == reader)
        .distinct()
        .order_by(revision.c.id)
    ).all()
    records: Sequence[int] = connection.execute(select(tables.proceeding.c.id).limit(2_000)).scalars().all()
    promises: Sequence[int] = connection.execute(select(tables.promise.c.id).limit(2_000)).scalars().all()
    chance = Random(reader)  # noqa: S311 (no secret)
    items, reminders, made, mails = [], [], [], []
    rows = iter(found)
    for number in range(1, digests + 1):
        at = began + (until - began) * (number / digests)
        facts = {"slot": f"past {number}", "kind": "mailed", "as_of": at, "composed_at": at, "subject": "Past"}
        digest = connection.execute(insert(tables.digest).values(subscriber_id=reader, **facts)).inserted_primary_key
        of_digest = {"digest_id": digest[0]}  # type: ignore[index]  # one row was inserted
        mails.append(_mail(reader, at, of_digest["digest_id"]))
        share = len(found) * number // digests - len(found) * (number - 1) // digests
        of_reader = {**of_digest, "subscriber_id": reader, "is_told": True}
        items += [
            {**of_reader, "revision_id": row.id, "proceeding_id": row.proceeding_id} for row in islice(rows, share)
        ]
        told = {**of_digest, "told_on": at.date()}
        reminders += [{**told, "proceeding_id": record} for record in chance.sample(records, REMINDERS)]
        made += [{**told, "promise_id": promise, "news": "made"} for promise in chance.sample(promises, PROMISES)]
    for table, chosen in (
        (tables.digest_item, items),
        (tables.digest_waiting, reminders),
        (tables.digest_promise, made),
        (tables.outbox, mails),
    ):
        insert_all(connection, table, chosen)
    return len(items)
