"""Revisions that came after a subscriber began to follow something, and belong to it, each with the reasons.

A record is followed alone, through a promise that was made in it, through the member who asked, or through its body and a
topic. A later record that refers to a followed one belongs to it too.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, func, null, or_, select

from db import tables
from db.cross_references import cited_records, keys_of_records, load_newest
from db.records import load_ids
from db.rows import IDS, chunks, select_in
from monitor.model.following import FollowKind, FollowReason
from monitor.parliament.references import answer_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from monitor.model.records import Revision

    Reasons = dict[tuple[int, int], list[FollowReason]]
    """Reasons by the row ids of a revision and of its record."""


def followed_revisions(connection: Connection, who: Row[Any], first: int) -> Reasons:
    """Find the revisions that belong to what a subscriber follows, from a revision (by row id) on, news or not.

    `who`: the row of the subscriber, as `pending.reader_of` loads it.
    """
    found: Reasons = defaultdict(list)
    follows = _follows_of(connection, who)
    for kind, query in _QUERIES.items():
        of_kind = [row.id for row in follows if row.kind == kind]
        if not of_kind:
            continue
        chosen = query().where(tables.follow.c.id.in_(of_kind), tables.revision.c.id >= first)
        for row in connection.execute(chosen, {"composed_at": who.last_composed}):
            reason = FollowReason(kind=FollowKind(kind), name=row.name, topic=row.topic)
            if reason not in found[row.id, row.proceeding_id]:
                found[row.id, row.proceeding_id].append(reason)
    followed = _followed_records(connection, follows)
    for key, reason in _citing(connection, followed, first):
        if key[1] not in followed and reason not in found[key]:
            found[key].append(reason)
    return {key: reasons for key, reasons in found.items() if reasons}


_OF_SUBSCRIBER: Final = select(tables.follow).where(
    tables.follow.c.subscriber_id == bindparam("reader"),
    tables.follow.c.ended_at.is_(None),
    tables.follow.c.started_at >= bindparam("reader_since"),
)
"""Built once: each digest executes it twice, and building a statement takes longer than executing it."""


def _follows_of(connection: Connection, who: Row[Any]) -> Sequence[Row[Any]]:
    """Load what a subscriber follows now."""
    return connection.execute(_OF_SUBSCRIBER, {"reader": who.id, "reader_since": who.added_at}).all()


def _later(join: Any, name: Any, topic: Any = None) -> Select[Any]:
    """Select the revisions that were stored after a follow began."""
    table = tables.revision
    topic_key = (null() if topic is None else topic).label("topic")
    return (
        select(table.c.id, table.c.proceeding_id, name.label("name"), topic_key)
        .select_from(join)
        .where(
            table.c.id + 0 > tables.follow.c.after_revision
        )  # not by an index: SQLite is to begin where the caller does
        .distinct()
    )


def _of_records() -> Select[Any]:
    follow, revision, record = tables.follow, tables.revision, tables.proceeding
    join = follow.join(revision, revision.c.proceeding_id == follow.c.proceeding_id).join(
        record, record.c.id == revision.c.proceeding_id
    )
    return _later(join, record.c.public_id).where(follow.c.kind == FollowKind.RECORD.value)


def _of_promises() -> Select[Any]:
    follow, revision, promise = tables.follow, tables.revision, tables.promise
    join = follow.join(promise, promise.c.id == follow.c.promise_id).join(
        revision, revision.c.proceeding_id == promise.c.proceeding_id
    )
    return _later(join, promise.c.public_id).where(follow.c.kind == FollowKind.PROMISE.value)


def is_asked_by() -> ColumnElement[bool]:
    """Return the condition that a record was asked by the member who is followed: by number, else by name."""
    follow, record = tables.follow, tables.proceeding
    has_no_number = or_(record.c.asker_id.is_(None), follow.c.member_id.is_(None))
    is_named = func.lower(record.c.asker) == func.lower(follow.c.name)
    return or_(record.c.asker_id == follow.c.member_id, and_(has_no_number, is_named))


def _of_askers() -> Select[Any]:
    follow, revision, record = tables.follow, tables.revision, tables.proceeding
    join = revision.join(record, record.c.id == revision.c.proceeding_id).join(follow, is_asked_by())
    return _later(join, follow.c.name).where(follow.c.kind == FollowKind.ASKER.value)


def _of_bodies() -> Select[Any]:
    """Select by body and topic. What was stored before the last digest is told only if the term was there already."""
    follow, revision, record = tables.follow, tables.revision, tables.proceeding
    match, term, topic = tables.match, tables.term, tables.topic
    join = (
        revision.join(record, record.c.id == revision.c.proceeding_id)
        .join(follow, func.lower(record.c.body) == func.lower(follow.c.name))
        .join(match, match.c.revision_id == revision.c.id)
        .join(term, and_(term.c.id == match.c.term_id, term.c.topic_id == follow.c.topic_id))
        .join(topic, topic.c.id == term.c.topic_id)
    )
    composed_at = bindparam("composed_at", type_=tables.Instant)
    return _later(join, follow.c.name, topic.c.key).where(
        follow.c.kind == FollowKind.BODY.value,
        term.c.removed_at.is_(None),
        or_(revision.c.seen_at >= composed_at, and_(revision.c.seen_at >= term.c.added_at, ~match.c.is_history)),
    )


_QUERIES = {
    FollowKind.RECORD.value: _of_records,
    FollowKind.PROMISE.value: _of_promises,
    FollowKind.ASKER.value: _of_askers,
    FollowKind.BODY.value: _of_bodies,
}


# -- records that refer to followed ones ------------------------------------------------------------------------------


def _followed_records(connection: Connection, follows: Sequence[Row[Any]]) -> dict[int, int]:
    """Return the records that are followed, alone or through a promise, each with the revision after which it is."""
    table = tables.promise
    ids = [row.promise_id for row in follows if row.promise_id is not None]
    query = select(table.c.id, table.c.proceeding_id).where(table.c.id.in_(ids))
    promises: dict[int, int] = {row.id: row.proceeding_id for row in connection.execute(query)} if ids else {}
    since: dict[int, int] = {}
    for row in follows:
        record = row.proceeding_id if row.promise_id is None else promises[row.promise_id]
        if record is not None:
            since[record] = min(since.get(record, row.after_revision), row.after_revision)
    return since


def _citing(
    connection: Connection, followed: dict[int, int], first: int
) -> Iterator[tuple[tuple[int, int], FollowReason]]:
    """Give the revisions, from `first` on, that refer to a followed record and were stored after it was followed."""
    if not followed:
        return
    table, revision = tables.reference, tables.revision
    query = (
        select(table.c.target, revision.c.id, revision.c.proceeding_id)
        .join(revision, revision.c.id == table.c.revision_id)
        .where(table.c.revision_id >= max(first, min(followed.values()) + 1))
    )
    by_target: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for row in connection.execute(query):
        by_target[row.target].add((row.id, row.proceeding_id))
    if not by_target:
        return
    newest, names = load_newest(connection, followed), keys_of_records(connection, followed)
    for record, after in followed.items():
        if record not in newest:
            continue
        keys = {*names[record], *answer_keys(newest[record])}
        named = {pair for key in keys for pair in by_target.get(key, ()) if pair[0] > after}
        named -= _that_cited_before(connection, keys, named, after) if named else set()
        for pair in _that_cite(connection, newest[record].id, named):
            yield pair, FollowReason(kind=FollowKind.RECORD, name=newest[record].id, cites=newest[record])


def _that_cited_before(
    connection: Connection, keys: Collection[str], pairs: Collection[tuple[int, int]], after: int
) -> set[tuple[int, int]]:
    """Return those whose record referred to one of the keys before it was followed."""
    table, revision = tables.reference, tables.revision
    query = (
        select(revision.c.proceeding_id)
        .join(table, table.c.revision_id == revision.c.id)
        .where(revision.c.proceeding_id.in_(IDS), revision.c.id <= after, table.c.target.in_(list(keys)))
    )
    before = {row.proceeding_id for row in select_in(connection, query, {record for _, record in pairs})}
    return {pair for pair in pairs if pair[1] in before}


def _that_cite(connection: Connection, public_id: str, pairs: Collection[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return those that refer to this very record: a number is used again, and a column holds several answers."""
    revisions: dict[int, Revision] = {}
    for chunk in chunks(sorted(number for number, _ in pairs)):
        revisions |= load_ids(connection, chunk)
    return [
        pair
        for pair in sorted(pairs)
        if any(cited.id == public_id for cited in cited_records(connection, revisions[pair[0]].proceeding))
    ]


# -- before, and after ------------------------------------------------------------------------------------------------


def known_when_followed(connection: Connection, who: Row[Any], proceeding_ids: Collection[int]) -> dict[int, int]:
    """Return the newest revision that each record had when the subscriber began to follow it, alone or by a promise."""
    follows = _follows_of(connection, who)
    known: dict[int, int] = {}
    for record, after in _followed_records(connection, follows).items():
        if record not in proceeding_ids:
            continue
        table = tables.revision
        query = select(func.max(table.c.id)).where(table.c.proceeding_id == record, table.c.id <= after)
        if (newest := connection.execute(query).scalar()) is not None:
            known[record] = newest
    return known


def once_followed(connection: Connection, who: Row[Any], proceeding_ids: Sequence[int]) -> set[int]:
    """Return the records of some that the subscriber followed in any way until they ended it."""
    follow, record = tables.follow, tables.proceeding
    promise = select(tables.promise.c.proceeding_id).where(tables.promise.c.id == follow.c.promise_id).scalar_subquery()
    is_of_body = and_(follow.c.kind == FollowKind.BODY.value, func.lower(record.c.body) == func.lower(follow.c.name))
    is_of_asker = and_(follow.c.kind == FollowKind.ASKER.value, is_asked_by())
    is_followed = or_(follow.c.proceeding_id == record.c.id, promise == record.c.id, is_of_asker, is_of_body)
    found: set[int] = set()
    for chunk in chunks(proceeding_ids):
        query = (
            select(record.c.id)
            .select_from(record.join(follow, is_followed))
            .where(record.c.id.in_(chunk), follow.c.subscriber_id == who.id, follow.c.ended_at.is_not(None))
        )
        found |= set(connection.execute(query).scalars())
    return found
