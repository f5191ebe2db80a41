"""Store what the sources told as revisions, and what follows from it for the rows and keys of records.

Nothing is overwritten. `monitor.collect` decides what is stored, and which records are one. How each source stands with its
records (the views of its lists, the days on which details were read) is kept beside.

Where two records are merged, aliases, source records and revisions, with their matches and digests, and what subscribers
follow, noted or muted, go to the record that stays; a row of `merging` says what went, why and when. The other record is
hidden. Nothing is lost when that is undone, and records whose merging was undone are not merged again.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update

from db import tables
from db.collection import keep_payloads
from db.cross_references import records_by_alias, records_of_source, store_references
from db.promise_ledger import note_to_read_again
from db.records import ROLES, load_histories, load_source_revisions, load_sources, note_bodies
from db.rows import EVERY_READER, IDS, facts_of, insert_all, new_ids, select_in
from db.unsettled import take_back, take_back_of
from monitor.errors import ArchiveError
from monitor.model.collection import Added, Merging
from monitor.model.records import PARTS
from monitor.model.revisions import KnownKeys
from monitor.parliament.identifiers import column_parts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection, Row

    from db.store import Store
    from monitor.model.records import Proceeding, SourceRevision
    from monitor.model.revisions import IdentifiedRecords, MergePlan, RecordHistory, RecordPlan, RevisionPlan
    from monitor.model.sources import Payload, Reading


class Revisions:
    """Revisions of records, as the sources told them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @contextmanager
    def batch(self, source: str = "") -> Iterator[RevisionBatch]:
        """Open a transaction in which revisions of a source are loaded, planned and saved: all of it or nothing."""
        with self._store.write() as connection:
            yield RevisionBatch(connection, source, self._store.clock())

    def take_as_news(self, since: date) -> int:
        """Turn the newest states of records that have only history into news, from a day on; returns how many."""
        record, revision = tables.proceeding, tables.revision
        other = revision.alias()
        newest = select(record.c.latest_revision_id).where(record.c.day >= since)
        newer = select(other.c.id).where(other.c.proceeding_id == revision.c.proceeding_id, other.c.is_news)
        is_history = revision.c.id.in_(newest), ~revision.c.is_news, ~newer.exists()
        with self._store.write() as connection:
            first = connection.execute(select(func.min(revision.c.id)).where(*is_history)).scalar()
            if first is None:
                return 0
            take_back(connection, first)
            return connection.execute(update(revision).where(*is_history).values(is_news=True)).rowcount

    def mergings(self) -> list[Merging]:
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
        return [Merging(**row._asdict()) for row in self._store.rows(query)]


_OF_KEY: Final = and_(
    tables.source_record.c.source == bindparam("of_source"), tables.source_record.c.key == bindparam("this")
)
_LISTED: Final = update(tables.source_record).where(_OF_KEY).values(list_hash=bindparam("hash"), gone_runs=0)
_NOT_LISTED: Final = update(tables.source_record).where(_OF_KEY).values(list_hash=None)
_DETAIL_READ: Final = update(tables.source_record).where(_OF_KEY).values(detail_read_on=bindparam("today"), gone_runs=0)
"""Built once: each page of a list executes them, and building a statement takes longer than executing it."""


@dataclass(frozen=True, slots=True)
class RevisionBatch:
    """A transaction that stores what one source told, with one statement for all of it where that is possible."""

    connection: Connection
    source: str
    now: datetime

    def keep_payloads(self, payloads: Sequence[Payload]) -> list[int]:
        """Keep the bytes that differ from those received last for their record; returns the row ids."""
        return keep_payloads(self.connection, [(payload, None) for payload in payloads])

    # -- records ------------------------------------------------------------------------------------------------------

    def load_known(self, keys: Sequence[str], names: Sequence[str] = ()) -> KnownKeys:
        """Load the records that the source knows by its own keys, and those that go by any of the names."""
        records = records_of_source(self.connection, self.source, keys)
        named = records_by_alias(self.connection, names)
        sources = load_sources(self.connection, {*named.values(), *records.values()}) if names else {}
        return KnownKeys(records=records, aliases=named, sources=sources)

    def load_numbers(self, records: Iterable[int]) -> dict[int, str | None]:
        """Load the printed numbers of records."""
        return {row.id: row.uin for row in select_in(self.connection, _NUMBERS, sorted(records))}

    def rename(self, names: Mapping[int, str]) -> dict[str, int]:
        """Give records other public ids and keep the old ones as aliases; returns the aliases that are new.

        A record keeps its id where another one, maybe a hidden one, has the new name.
        """
        if not names:
            return {}
        table, other = tables.proceeding, tables.proceeding.alias()
        is_free = ~select(other.c.id).where(other.c.public_id == bindparam("name")).exists()
        query = update(table).where(table.c.id == bindparam("this"), is_free).values(public_id=bindparam("name"))
        before = _public_ids(self.connection, names)
        self.connection.execute(query, [{"this": record, "name": name} for record, name in names.items()])
        after = _public_ids(self.connection, names)
        renamed = {record: name for record, name in after.items() if name != before[record]}
        _keep_public_ids(self.connection, {record: before[record] for record in renamed})
        return {name: record for record, name in renamed.items()}

    def new_record_ids(self, count: int) -> list[int]:
        """Reserve row ids for new records."""
        return new_ids(self.connection, tables.proceeding, count)

    def were_separated(self, first: int, second: int) -> bool:
        """Return whether a merging of the two, or of records that became part of them, was undone."""
        table = tables.merging
        ours, theirs = _with_merged(self.connection, first), _with_merged(self.connection, second)
        query = select(table.c.id).where(
            table.c.undone_at.is_not(None),
            or_(
                and_(table.c.kept_id.in_(ours), table.c.gone_id.in_(theirs)),
                and_(table.c.kept_id.in_(theirs), table.c.gone_id.in_(ours)),
            ),
        )
        return self.connection.execute(query.limit(1)).first() is not None

    def merge(self, plan: MergePlan, *, reason: str) -> None:
        """Merge two records because `reason`, a key, names both."""
        _keep_public_ids(self.connection, _public_ids(self.connection, [plan.gone]))
        moved = {
            **_move(self.connection, plan.gone, plan.kept),
            "hushed": list(plan.repeats),
            "first_seen_at": _note_first_seen(self.connection, plan.gone, plan.kept),
        }
        revision, record = tables.revision, tables.proceeding
        self.connection.execute(update(revision).where(revision.c.id.in_(plan.repeats)).values(is_news=False))
        hidden = {"merged_into": plan.kept, "latest_revision_id": None}
        self.connection.execute(update(record).where(record.c.id == plan.gone).values(hidden))
        self.replace_records([plan.record])
        take_back_of(self.connection, [plan.kept])
        row = {
            "kept_id": plan.kept,
            "gone_id": plan.gone,
            "reason": reason,
            "moved": json.dumps(moved),
            "merged_at": self.now,
        }
        self.connection.execute(insert(tables.merging).values(row))
        note_to_read_again(self.connection, [plan.kept])

    def undo_merging(self, merging_id: int) -> tuple[int, int]:
        """Give back what moved, and what its sources told since; returns the two records. Raises ArchiveError.

        The rows of both records are to be replaced then.
        """
        table, record = tables.merging, tables.proceeding
        row = self.connection.execute(select(table).where(table.c.id == merging_id)).first()
        if row is None or row.undone_at is not None:
            raise ArchiveError(f"there is no merging {merging_id} to take back: pqwatch db merged lists them")
        into = self.connection.execute(select(record.c.merged_into).where(record.c.id == row.kept_id)).scalar_one()
        if into is not None:
            raise ArchiveError(
                f"merging {merging_id} can't be taken back yet: the record that stayed was merged with another since, "
                "so take that back first"
            )
        _move_back(self.connection, row, json.loads(row.moved))
        self.connection.execute(update(record).where(record.c.id == row.gone_id).values(merged_into=None))
        own = tables.alias.c.key.in_(_public_ids(self.connection, [row.gone_id]).values())
        self.connection.execute(delete(tables.alias).where(own, tables.alias.c.proceeding_id == row.gone_id))
        self.connection.execute(update(table).where(table.c.id == merging_id).values(undone_at=self.now))
        take_back_of(self.connection, [row.kept_id, row.gone_id])
        note_to_read_again(self.connection, [row.kept_id, row.gone_id])
        return row.kept_id, row.gone_id

    def replace_records(self, plans: Sequence[RecordPlan]) -> None:
        """Replace the rows of records by what all of their revisions say, after revisions came or went."""
        _write_rows(self.connection, {plan.record: _record_row(plan, {}, plan.set_down_for) for plan in plans})

    # -- revisions ----------------------------------------------------------------------------------------------------

    def load_histories(self, records: Iterable[int]) -> dict[int, RecordHistory]:
        """Load what the source and others told of records."""
        return load_histories(self.connection, self.source, records)

    def load_revisions(self, records: Sequence[int]) -> dict[int, list[SourceRevision]]:
        """Load all revisions of records, oldest first."""
        return load_source_revisions(self.connection, records)

    def save(
        self, identified: IdentifiedRecords, revisions: Sequence[RevisionPlan], records: Sequence[RecordPlan]
    ) -> list[Added]:
        """Store new records with their keys, the rows of records, and new revisions."""
        connection, fresh = self.connection, identified.fresh
        ids = new_ids(connection, tables.revision, len(revisions))
        new = {plan.record: number for number, plan in zip(ids, revisions, strict=True)}
        _insert_records(connection, fresh, [plan for plan in records if plan.record in fresh], new, self.now)
        _update_records(connection, [plan for plan in records if plan.record not in fresh], new)
        _store_keys(connection, self.source, identified)
        rows = [self._row(number, plan) for number, plan in zip(ids, revisions, strict=True)]
        insert_all(connection, tables.revision, rows)
        _insert_parts(connection, ids, [plan.proceeding for plan in revisions])
        store_references(connection, {number: plan.references for number, plan in zip(ids, revisions, strict=True)})
        note_bodies(connection, (plan.proceeding.body for plan in revisions))
        return [
            Added(
                revision_id=number,
                number=plan.number,
                proceeding=plan.proceeding,
                events=plan.events,
                is_news=plan.is_news,
            )
            for number, plan in zip(ids, revisions, strict=True)
        ]

    def _row(self, number: int, plan: RevisionPlan) -> dict[str, Any]:
        return {
            "id": number,
            "proceeding_id": plan.record,
            "source": self.source,
            "number": plan.number,
            "seen_at": plan.seen_at,
            "day": plan.proceeding.day,
            "events": " ".join(plan.events),
            "is_news": plan.is_news,
            "facts": facts_of(plan.proceeding),
            "payload_id": plan.payload_id,
        }

    def note_readings(self, readings: Sequence[Reading], today: date, changed: Collection[str]) -> None:
        """Note which records were listed now, and of which the details were read.

        `changed`: keys of those that changed. If one of them was looked up by itself, its entry in the list is forgotten:
        should the record change back, the entry would look as it did before, and the record would not be read.
        """
        of_source = {"of_source": self.source}
        listed = [
            {**of_source, "this": reading.key, "hash": reading.list_hash}
            for reading in readings
            if reading.list_hash is not None
        ]
        if listed:
            self.connection.execute(_LISTED, listed)
        details = [{**of_source, "this": reading.key, "today": today} for reading in readings if reading.is_detail]
        if details:
            self.connection.execute(_DETAIL_READ, details)
        looked_up = [
            {**of_source, "this": reading.key}
            for reading in readings
            if reading.is_detail and reading.list_hash is None and reading.key in changed
        ]
        if looked_up:
            self.connection.execute(_NOT_LISTED, looked_up)


def _insert_parts(connection: Connection, ids: Sequence[int], afters: Sequence[Proceeding]) -> None:
    rows = [
        {"revision_id": revision_id, **dict.fromkeys(PARTS), **parts}
        for revision_id, after in zip(ids, afters, strict=True)
        if (parts := after.parts())
    ]
    insert_all(connection, tables.parts, rows)


# -- keys -------------------------------------------------------------------------------------------------------------


def _store_keys(connection: Connection, source: str, identified: IdentifiedRecords) -> None:
    """Store the keys by which records are known from now on."""
    if identified.aliases:
        rows = [{"key": name, "proceeding_id": record} for name, record in identified.aliases.items()]
        insert_all(connection, tables.alias, rows)
    if identified.source_keys:
        records = [
            {"source": source, "key": key, "proceeding_id": identified.ids[key], "gone_runs": 0}
            for key in identified.source_keys
        ]
        insert_all(connection, tables.source_record, records)


def _public_ids(connection: Connection, proceeding_ids: Iterable[int]) -> dict[int, str]:
    """Load the public ids of records."""
    table = tables.proceeding.c
    query = select(table.id, table.public_id).where(table.id.in_(IDS))
    return {row.id: row.public_id for row in select_in(connection, query, proceeding_ids)}


def _keep_public_ids(connection: Connection, ids: Mapping[int, str]) -> None:
    """Keep the public ids of records as aliases, because the records will have others."""
    table = tables.alias
    known = {row.key for row in select_in(connection, select(table.c.key).where(table.c.key.in_(IDS)), ids.values())}
    rows = [{"key": name, "proceeding_id": record} for record, name in ids.items() if name not in known]
    insert_all(connection, table, rows)


_NUMBERS: Final = select(tables.proceeding.c.id, tables.proceeding.c.uin).where(tables.proceeding.c.id.in_(IDS))


# -- merging ----------------------------------------------------------------------------------------------------------


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
    mine = [
        (alias, alias.c.key.in_(moved["aliases"])),
        (record, record.c.source.in_(moved["sources"])),
        (tables.revision, tables.revision.c.id.in_(moved["revisions"])),
        (item, and_(item.c.subscriber_id.in_(EVERY_READER), item.c.revision_id.in_(moved["revisions"]))),
        (tables.promise, tables.promise.c.revision_id.in_(moved["revisions"])),
        (tables.mute_item, tables.mute_item.c.revision_id.in_(moved["revisions"])),
        (waiting, waiting.c.digest_id.in_(moved["waiting"])),
        *((table, table.c.id.in_(moved.get(table.name, ()))) for table in _PERSONAL),  # not in mergings of old
    ]
    for table, chosen in mine:
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


# -- rows of records --------------------------------------------------------------------------------------------------


_FOLLOWED_BY: Final = ("asker_id", "asker", "body")
"""Columns by which a subscriber follows the records of a member or of a body."""


def _update_records(connection: Connection, plans: Sequence[RecordPlan], new: Mapping[int, int]) -> None:
    """Update the rows of records after new revisions. `new`: row id of the last new revision of each record.

    The latest day that a question was ever set down for is kept.
    """
    if not plans:
        return
    table = tables.proceeding
    query = select(table.c.id, table.c.due_floor_on).where(table.c.id.in_(IDS))
    rows = select_in(connection, query, [plan.record for plan in plans])
    known: dict[int, date | None] = {row.id: row.due_floor_on for row in rows}
    _write_rows(
        connection,
        {plan.record: _record_row(plan, new, _later(known[plan.record], plan.set_down_for)) for plan in plans},
    )


def _write_rows(connection: Connection, facts: Mapping[int, dict[str, Any]]) -> None:
    table = tables.proceeding
    _name_members(connection, facts.values())
    _take_back_changed(connection, facts)
    rows = [{"this": record} | {f"new_{name}": value for name, value in row.items()} for record, row in facts.items()]
    values: dict[str, Any] = {name.removeprefix("new_"): bindparam(name) for name in rows[0] if name != "this"}
    connection.execute(update(table).where(table.c.id == bindparam("this")).values(values), rows)


def _take_back_changed(connection: Connection, facts: Mapping[int, dict[str, Any]]) -> None:
    """Take marks back where a record gets another asker or body: those who follow these may be owed what it holds."""
    table = tables.proceeding
    query = select(table.c.id, *(table.c[name] for name in _FOLLOWED_BY)).where(table.c.id.in_(IDS))
    rows = select_in(connection, query, list(facts))
    if changed := [row.id for row in rows if any(getattr(row, name) != facts[row.id][name] for name in _FOLLOWED_BY)]:
        take_back_of(connection, changed)


def _insert_records(
    connection: Connection,
    fresh: Mapping[int, Proceeding],
    plans: Sequence[RecordPlan],
    new: Mapping[int, int],
    now: datetime,
) -> None:
    """Insert the rows of records that were never seen. `fresh`: the first proceeding of each; `new`: its revision."""
    if not fresh:
        return
    rows = [
        {
            "id": plan.record,
            "public_id": fresh[plan.record].id,
            "legislature": fresh[plan.record].house.legislature,
            "house": fresh[plan.record].house.value,
            "first_seen_at": now,
            **_record_row(plan, new, plan.set_down_for),
        }
        for plan in plans
    ]
    _name_members(connection, rows)
    insert_all(connection, tables.proceeding, rows)


def _record_row(plan: RecordPlan, new: Mapping[int, int], due_floor_on: date | None) -> dict[str, Any]:
    preferred = new[plan.record] if plan.preferred is None else plan.preferred
    return {"due_floor_on": due_floor_on, "latest_revision_id": preferred, **_facts_to_filter_by(plan.facts)}


def _name_members(connection: Connection, rows: Collection[dict[str, Any]]) -> None:
    """Name members who came as a mere number, where the archive knows them: filters by name look at the rows."""
    unnamed = [(row, role) for row in rows for role in ROLES if row[role] is None and row[f"{role}_id"]]
    if not unnamed:
        return
    table = tables.member
    query = select(table.c.member_id, table.c.name, table.c.party).where(table.c.member_id.in_(IDS))
    members = select_in(connection, query, {row[f"{role}_id"] for row, role in unnamed})
    known: dict[int, tuple[str, str | None]] = {row.member_id: (row.name, row.party) for row in members}
    for row, role in unnamed:
        if row[f"{role}_id"] in known:
            row[role], row[f"{role}_party"] = known[row[f"{role}_id"]]


def _later(*days: date | None) -> date | None:
    return max((day for day in days if day is not None), default=None)


def _facts_to_filter_by(after: Proceeding) -> dict[str, Any]:
    asker, minister, speaker = after.asked_by, after.minister, after.made_by
    first, last, suffix = _columns(after)
    return {
        "kind": after.kind.value,
        "uin": after.uin.upper() if after.uin else None,
        "state": after.state.value,
        "day": after.day,
        "tabled_on": after.tabled_on,
        "answered_on": after.answered_on,
        "made_on": after.made_on,
        "takes_place_on": after.takes_place_on,
        "named_day": bool(after.named_day),
        "body": after.body,
        "series": after.series,
        "first_column": first,
        "last_column": last,
        "column_suffix": suffix,
        "asker_id": asker.member_id if asker else None,
        "asker": asker.called if asker else None,
        "asker_party": asker.party if asker else None,
        "minister_id": minister.member_id if minister else None,
        "minister": minister.called if minister else None,
        "minister_party": minister.party if minister else None,
        "speaker_id": speaker.member_id if speaker else None,
        "speaker": speaker.called if speaker else None,
        "speaker_party": speaker.party if speaker else None,
    }


def _columns(after: Proceeding) -> tuple[int | None, int | None, str | None]:
    """Return the first and last column in the Official Report, and the suffix behind them; None if it has no place there.

    A last column before the first is a misprint, and "1366" to "7W" an abbreviation: of both only the first is sure.
    """
    begins = column_parts(after.column) if after.column else None
    if begins is None:
        return None, None, None
    ends = column_parts(after.column_to) if after.column_to else None
    first, suffix = begins
    return first, max(first, ends[0] if ends else first), suffix or (ends[1] if ends else "")
