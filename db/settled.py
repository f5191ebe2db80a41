"""Marks of subscribers: the revision up to which nothing is owed to each any more, so that their past is settled.

A digest asks only for what came later. Without that, the matches of all topics since the subscriber joined would be looked
through each time, and all that anybody asked or referred to since they began to follow something. A revision that is settled
can't be owed again: a later term, topic or follow counts from its own day on. Only a change of the revision or its record
can make it so, and that takes the mark back (db.unsettled).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, or_, select, update

from db import tables
from db.pending import FIRST_NEWS, pending_ids, reader_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

SETTLE_EVERY: Final = 1_000
"""Number of new revisions after which a subscriber's past is looked through again, so that few digests do it."""

_MARGIN: Final = timedelta(days=2)
"""Time before a digest in which nothing is settled, because the clocks of several machines differ."""

_LISTED: Final = select(tables.subscription.c.topic_id).where(
    tables.subscription.c.subscriber_id == bindparam("reader"), tables.subscription.c.removed_at.is_(None)
)
_FOLLOWED: Final = select(tables.follow.c.topic_id).where(
    tables.follow.c.subscriber_id == bindparam("reader"),
    tables.follow.c.topic_id.is_not(None),
    tables.follow.c.ended_at.is_(None),
)
_MATCHED_TO: Final = select(func.min(tables.term.c.matched_to)).where(
    or_(tables.term.c.topic_id.in_(_LISTED), tables.term.c.topic_id.in_(_FOLLOWED)), tables.term.c.removed_at.is_(None)
)
"""Select the revision up to which all terms of a subscriber were looked for; NULL where they have none."""

_SETTLED: Final = (
    update(tables.subscriber)
    .where(tables.subscriber.c.id == bindparam("reader"))
    .values(settled_to=bindparam("revision"))
)
"""Built once, because building a statement takes longer than executing it."""


def settle(connection: Connection, subscriber: str, *, settled_to: int, newest: int) -> None:
    """Move the mark of a subscriber (by key) on as far as nothing is owed, if it is far behind the newest revision.

    Call it in the transaction that stores a digest, when the digest is stored.
    """
    if settled_to and newest < settled_to + SETTLE_EVERY:
        return
    who = reader_of(connection, subscriber)
    if who is None or who.last_composed is None:
        return
    first = connection.execute(FIRST_NEWS, {"added_at": who.last_composed - _MARGIN}).scalar()
    matched_to = connection.execute(_MATCHED_TO, {"reader": who.id}).scalar()
    bounds = [newest, *(revision - 1 for revision, _ in pending_ids(connection, who))]
    if first is not None:
        bounds.append(first - 1)
    if matched_to is not None:
        bounds.append(matched_to)
    last = min(bounds)
    if last > settled_to:
        connection.execute(_SETTLED, {"reader": who.id, "revision": last})
