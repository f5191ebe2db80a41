"""Records that were found to be one, and are apart again if that was wrong: nothing is lost either way.

Aliases, records of sources and revisions, with the matches and digests that hang on them, go to the record that stays; a
row of `merging` says what went, why and when. The other is hidden. What was once taken apart is not merged again.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, or_, select, update

from db import tables
from db.record_rows import load_source_revisions, refresh_records
from db.rows import chunks, insert_all
from monitor.errors import ArchiveError
from monitor.model.archive import Merging
from monitor.parliament.provenance import adds_nothing_new, source_rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection, Row

    from db.lease import Store
    from monitor.model.records import Proceeding
    from monitor.parliament.provenance import SourceRevision


class Mergings:
    """Records that were found to be one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def listing(self) -> list[Merging]:
        """Records that were found to be one, newest first; those that were taken apart again too."""
        with self._store.read() as connection:
            return load_mergings(connection)

    def undo(self, merging_id: int) -> None:
        """Take a merging of two records back, for good. Raises ArchiveError where there is none, or another hides it."""
        with self._store.write() as connection:
            undo_merging(connection, merging_id, self._store.clock())


def merge_records(connection: Connection, one: int, other: int, *, reason: str, now: datetime) -> int | None:
    """Merge two records, for `reason` names both; returns the row that stays: the one of the better source.

    None, and nothing happens, where the two were taken apart before.
    """
    if _were_apart(connection, one, other):
        return None
    told = {each: load_source_revisions(connection, each) for each in (one, other)}
    kept, gone = sorted((one, other), key=lambda each: min(source_rank(some.source) for some in told[each]))
    keep_public_ids(connection, public_ids(connection, [gone]))
    moved = {
        **_move(connection, gone, kept),
        "hushed": _hush(connection, [*told[one], *told[other]]),
        "first_seen_at": _note_first_seen(connection, gone, kept),
    }
    hidden = {"merged_into": kept, "latest_revision_id": None}
    connection.execute(update(tables.proceeding).where(tables.proceeding.c.id == gone).values(hidden))
    refresh_records(connection, [kept])
    row = {"kept_id": kept, "gone_id": gone, "reason": reason, "moved": json.dumps(moved), "merged_at": now}
    connection.execute(insert(tables.merging).values(row))
    return kept


def undo_merging(connection: Connection, merging_id: int, now: datetime) -> None:
    """Take a merging back: what went goes back, with what these sources told since. Raises ArchiveError."""
    table, proceeding = tables.merging, tables.proceeding
    row = connection.execute(select(table).where(table.c.id == merging_id)).first()
    if row is None or row.undone_at is not None:
        raise ArchiveError(f"there is no merging {merging_id} to take back: pqwatch db merged lists them")
    into = connection.execute(select(proceeding.c.merged_into).where(proceeding.c.id == row.kept_id)).scalar_one()
    if into is not None:
        raise ArchiveError(
            f"merging {merging_id} can't be taken back yet: the record that stayed was merged with another since, "
            "so take that back first"
        )
    _move_back(connection, row, json.loads(row.moved))
    connection.execute(update(proceeding).where(proceeding.c.id == row.gone_id).values(merged_into=None))
    own = tables.alias.c.key.in_(public_ids(connection, [row.gone_id]).values())
    connection.execute(delete(tables.alias).where(own, tables.alias.c.proceeding_id == row.gone_id))
    refresh_records(connection, [row.kept_id, row.gone_id])
    connection.execute(update(table).where(table.c.id == merging_id).values(undone_at=now))


def load_mergings(connection: Connection) -> list[Merging]:
    """All mergings, those that were taken back too, newest first."""
    table = tables.merging
    kept, gone = tables.proceeding.alias(), tables.proceeding.alias()
    query = (
        select(table, kept.c.public_id.label("kept"), gone.c.public_id.label("gone"))
        .join(kept, kept.c.id == table.c.kept_id)
        .join(gone, gone.c.id == table.c.gone_id)
        .order_by(table.c.id.desc())
    )
    return [
        Merging(
            id=row.id,
            kept=row.kept,
            gone=row.gone,
            reason=row.reason,
            merged_at=row.merged_at,
            undone_at=row.undone_at,
        )
        for row in connection.execute(query)
    ]


def public_ids(connection: Connection, proceeding_ids: Iterable[int]) -> dict[int, str]:
    """What each of these records goes by, as all see it."""
    table = tables.proceeding
    found: dict[int, str] = {}
    for some in chunks(list(proceeding_ids)):
        found |= dict(connection.execute(select(table.c.id, table.c.public_id).where(table.c.id.in_(some))).all())
    return found


def keep_public_ids(connection: Connection, ids: Mapping[int, str]) -> None:
    """Keep an id of each of these records as an alias, for it will go by another."""
    table = tables.alias
    known: set[str] = set()
    for some in chunks(list(ids.values())):
        known.update(connection.execute(select(table.c.key).where(table.c.key.in_(some))).scalars())
    rows = [{"key": name, "proceeding_id": one} for one, name in ids.items() if name not in known]
    insert_all(connection, table, rows)


def _were_apart(connection: Connection, one: int, other: int) -> bool:
    """Whether the two, or what was merged into them, were taken apart."""
    table = tables.merging
    ours, theirs = _with_merged(connection, one), _with_merged(connection, other)
    query = select(table.c.id).where(
        table.c.undone_at.is_not(None),
        or_(
            and_(table.c.kept_id.in_(ours), table.c.gone_id.in_(theirs)),
            and_(table.c.kept_id.in_(theirs), table.c.gone_id.in_(ours)),
        ),
    )
    return connection.execute(query.limit(1)).first() is not None


def _with_merged(connection: Connection, proceeding_id: int) -> set[int]:
    """A record and all that were merged into it, directly or not."""
    table = tables.proceeding
    found, fresh = {proceeding_id}, {proceeding_id}
    while fresh:
        fresh = set(connection.execute(select(table.c.id).where(table.c.merged_into.in_(fresh))).scalars()) - found
        found |= fresh
    return found


def _move(connection: Connection, gone: int, kept: int) -> dict[str, Any]:
    """Let all that is of one record be of another; returns what that was."""
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
    _reassign(connection, moved, gone, kept)
    return moved


def _move_back(connection: Connection, row: Row[Any], moved: Mapping[str, Any]) -> None:
    """What went goes back; what its sources told since goes with it."""
    table, proceeding = tables.revision, tables.proceeding
    since = select(table.c.id).where(table.c.proceeding_id == row.kept_id, table.c.source.in_(moved["sources"]))
    revisions = _values(connection, since)
    _reassign(connection, {**moved, "revisions": revisions}, row.kept_id, row.gone_id)
    connection.execute(update(table).where(table.c.id.in_(moved["hushed"])).values(is_news=True))
    first_seen_at = datetime.fromisoformat(moved["first_seen_at"])
    connection.execute(update(proceeding).where(proceeding.c.id == row.kept_id).values(first_seen_at=first_seen_at))


def _reassign(connection: Connection, moved: Mapping[str, Any], giver: int, taker: int) -> None:
    alias, record, waiting = tables.alias, tables.source_record, tables.digest_waiting
    mine = [
        (alias, alias.c.key.in_(moved["aliases"])),
        (record, record.c.source.in_(moved["sources"])),
        (tables.revision, tables.revision.c.id.in_(moved["revisions"])),
        (tables.digest_item, tables.digest_item.c.revision_id.in_(moved["revisions"])),
        (waiting, waiting.c.digest_id.in_(moved["waiting"])),
    ]
    for table, chosen in mine:
        connection.execute(update(table).where(table.c.proceeding_id == giver, chosen).values(proceeding_id=taker))


def _values(connection: Connection, query: Any) -> list[Any]:
    return list(connection.execute(query).scalars())


def _hush(connection: Connection, told: Iterable[SourceRevision]) -> list[int]:
    """News that another source had told before is history, now that it is of one record; returns the rows of it."""
    before: dict[str, Proceeding] = {}
    earlier: list[SourceRevision] = []
    hushed = []
    for one in sorted(told, key=lambda one: one.id):
        others = [each for each in earlier if each.source != one.source]
        is_echo = one.is_news and adds_nothing_new(one.source, before.get(one.source), one.proceeding, others)
        if is_echo:
            hushed.append(one.id)
        before[one.source] = one.proceeding
        earlier.append(replace(one, is_news=one.is_news and not is_echo))
    connection.execute(update(tables.revision).where(tables.revision.c.id.in_(hushed)).values(is_news=False))
    return hushed


def _note_first_seen(connection: Connection, gone: int, kept: int) -> str:
    """The record that stays was first seen when the first of the two was; returns when it was by itself."""
    table = tables.proceeding
    query = select(table.c.id, table.c.first_seen_at).where(table.c.id.in_((gone, kept)))
    seen: dict[int, datetime] = {row.id: row.first_seen_at for row in connection.execute(query)}
    connection.execute(update(table).where(table.c.id == kept).values(first_seen_at=min(seen.values())))
    return seen[kept].isoformat()
