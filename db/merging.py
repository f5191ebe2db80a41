"""Two records that are one: merge them, and undo that.

Aliases, source records and revisions, with their matches and digests, and what subscribers follow, noted or muted, go to the
record that stays; a row of `merging` says what went, why and when. The other record is hidden. Nothing is lost when that is
undone, and records whose merging was undone are not merged again.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, delete, insert, or_, select, update

from db import tables
from db.promise_ledger import note_to_read_again
from db.record_rows import keep_public_ids, public_ids, replace_records
from db.rows import EVERY_READER
from db.unsettled import take_back_of
from monitor.errors import ArchiveError
from monitor.model.collection import Merging

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Row

    from db.store import Store
    from monitor.model.revisions import MergePlan


def load_mergings(store: Store) -> list[Merging]:
    """List the records that were merged, newest first, with those whose merging was undone."""
    table = tables.merging
    kept, gone = tables.proceeding.alias(), tables.proceeding.alias()
    columns = (table.c[name] for name in ("id", "reason", "merged_at", "undone_at"))
    query = (
        select(*columns, kept.c.public_id.label("kept"), gone.c.public_id.label("gone"))
        .join(kept, kept.c.id == table.c.kept_id)
        .join(gone, gone.c.id == table.c.gone_id)
        .order_by(table.c.id.desc())
    )
    return [Merging(**row._asdict()) for row in store.rows(query)]


def were_separated(connection: Connection, first: int, second: int) -> bool:
    """Return whether a merging of the two, or of records that became part of them, was undone."""
    table = tables.merging
    ours, theirs = _with_merged(connection, first), _with_merged(connection, second)
    query = select(table.c.id).where(
        table.c.undone_at.is_not(None),
        or_(
            and_(table.c.kept_id.in_(ours), table.c.gone_id.in_(theirs)),
            and_(table.c.kept_id.in_(theirs), table.c.gone_id.in_(ours)),
        ),
    )
    return connection.execute(query.limit(1)).first() is not None


def merge_records(connection: Connection, plan: MergePlan, *, reason: str, now: datetime) -> None:
    """Merge two records because `reason`, a key, names both."""
    keep_public_ids(connection, public_ids(connection, [plan.gone]))
    moved = {
        **_move(connection, plan.gone, plan.kept),
        "hushed": list(plan.repeats),
        "first_seen_at": _note_first_seen(connection, plan.gone, plan.kept),
    }
    revision, record = tables.revision, tables.proceeding
    connection.execute(update(revision).where(revision.c.id.in_(plan.repeats)).values(is_news=False))
    hidden = {"merged_into": plan.kept, "latest_revision_id": None}
    connection.execute(update(record).where(record.c.id == plan.gone).values(hidden))
    replace_records(connection, [plan.record])
    take_back_of(connection, [plan.kept])
    row = {
        "kept_id": plan.kept,
        "gone_id": plan.gone,
        "reason": reason,
        "moved": json.dumps(moved),
        "merged_at": now,
    }
    connection.execute(insert(tables.merging).values(row))
    note_to_read_again(connection, [plan.kept])


def undo_merging(connection: Connection, merging_id: int, *, now: datetime) -> tuple[int, int]:
    """Give back what moved, and what its sources told since; returns the two records. Raises ArchiveError.

    The rows of both records are to be replaced then.
    """
    table, record = tables.merging, tables.proceeding
    row = connection.execute(select(table).where(table.c.id == merging_id)).first()
    if row is None or row.undone_at is not None:
        raise ArchiveError(f"there is no merging {merging_id} to take back: pqwatch db merged lists them")
    into = connection.execute(select(record.c.merged_into).where(record.c.id == row.kept_id)).scalar_one()
    if into is not None:
        raise ArchiveError(
            f"merging {merging_id} can't be taken back yet: the record that stayed was merged with another since, "
            "so take that back first"
        )
    _move_back(connection, row, json.loads(row.moved))
    connection.execute(update(record).where(record.c.id == row.gone_id).values(merged_into=None))
    own = tables.alias.c.key.in_(public_ids(connection, [row.gone_id]).values())
    connection.execute(delete(tables.alias).where(own, tables.alias.c.proceeding_id == row.gone_id))
    connection.execute(update(table).where(table.c.id == merging_id).values(undone_at=now))
    take_back_of(connection, [row.kept_id, row.gone_id])
    note_to_read_again(connection, [row.kept_id, row.gone_id])
    return row.kept_id, row.gone_id


def _with_merged(connection: Connection, proceeding_id: int) -> set[int]:
    """Return a record and all that were merged into it, directly or not."""
    table = tables.proceeding
    found, fresh = {proceeding_id}, {proceeding_id}
    while fresh:
        fresh = set(connection.execute(select(table.c.id).where(table.c.merged_into.in_(fresh))).scalars()) - found
        found |= fresh
    return found


_PERSONAL: Final = (tables.follow, tables.mark, tables.note, tables.mute)
"""Tables of what subscribers said of a record, which goes with it."""


def _move(connection: Connection, gone: int, kept: int) -> dict[str, Any]:
    """Move everything from one record to another; returns what moved."""
    alias, revision, waiting = tables.alias, tables.revision, tables.digest_waiting
    there = select(waiting.c.digest_id).where(waiting.c.proceeding_id == kept)
    moved = {
        "aliases": _values(connection, select(alias.c.key).where(alias.c.proceeding_id == gone)),
        "sources": _values(connection, select(revision.c.source).where(revision.c.proceeding_id == gone).distinct()),
        "revisions": _values(connection, select(revision.c.id).where(revision.c.proceeding_id == gone)),
        "waiting": _values(
            connection,
            select(waiting.c.digest_id).where(waiting.c.proceeding_id == gone, waiting.c.digest_id.not_in(there)),
        ),
    }
    for table in _PERSONAL:
        moved[table.name] = _values(connection, select(table.c.id).where(table.c.proceeding_id == gone))
    _reassign(connection, moved, gone, kept)
    return moved


def _move_back(connection: Connection, row: Row[Any], moved: Mapping[str, Any]) -> None:
    """Give back what moved, and what its sources told since."""
    table, proceeding = tables.revision, tables.proceeding
    since = select(table.c.id).where(table.c.proceeding_id == row.kept_id, table.c.source.in_(moved["sources"]))
    revisions = _values(connection, since)
    _reassign(connection, {**moved, "revisions": revisions}, row.kept_id, row.gone_id)
    connection.execute(update(table).where(table.c.id.in_(moved["hushed"])).values(is_news=True))
    first_seen_at = datetime.fromisoformat(moved["first_seen_at"])
    connection.execute(update(proceeding).where(proceeding.c.id == row.kept_id).values(first_seen_at=first_seen_at))


def _reassign(connection: Connection, moved: Mapping[str, Any], giver: int, taker: int) -> None:
    alias, record, waiting, item = tables.alias, tables.source_record, tables.digest_waiting, tables.digest_item
    rows_to_give_back = [
        (alias, alias.c.key.in_(moved["aliases"])),
        (record, record.c.source.in_(moved["sources"])),
        (tables.revision, tables.revision.c.id.in_(moved["revisions"])),
        (item, and_(item.c.subscriber_id.in_(EVERY_READER), item.c.revision_id.in_(moved["revisions"]))),
        (tables.promise, tables.promise.c.revision_id.in_(moved["revisions"])),
        (tables.mute_item, tables.mute_item.c.revision_id.in_(moved["revisions"])),
        (waiting, waiting.c.digest_id.in_(moved["waiting"])),
        *((table, table.c.id.in_(moved.get(table.name, ()))) for table in _PERSONAL),  # not in mergings of old
    ]
    for table, chosen in rows_to_give_back:
        connection.execute(update(table).where(table.c.proceeding_id == giver, chosen).values(proceeding_id=taker))


def _values(connection: Connection, query: Any) -> list[Any]:
    return list(connection.execute(query).scalars())


def _note_first_seen(connection: Connection, gone: int, kept: int) -> str:
    """Note on the record that stays when the first of the two was first seen; returns when it was itself."""
    table = tables.proceeding
    query = select(table.c.id, table.c.first_seen_at).where(table.c.id.in_((gone, kept)))
    seen: dict[int, datetime] = {row.id: row.first_seen_at for row in connection.execute(query)}
    connection.execute(update(table).where(table.c.id == kept).values(first_seen_at=min(seen.values())))
    return seen[kept].isoformat()
