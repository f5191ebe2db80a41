"""Store what the sources told as revisions, with the keys of records.

Nothing is overwritten. `monitor.collect` decides what is stored, and which records are one. How each source stands with its
records (the views of its lists, the days on which details were read) is kept beside.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, func, select, update

from db import tables
from db.cross_references import records_by_alias, records_of_source, store_references
from db.merging import load_mergings, merge_records, undo_merging, were_separated
from db.noted_names import BODIES, HOUSES, note_names
from db.payloads import keep_payloads
from db.record_rows import insert_records, rename_records, replace_records, update_records
from db.records import load_histories, load_source_revisions, load_sources
from db.rows import IDS, facts_of, insert_all, new_ids, select_in
from db.unsettled import take_back
from monitor.model.collection import Added, Merging
from monitor.model.records import PARTS
from monitor.model.revisions import KnownKeys

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

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
        return load_mergings(self._store)


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
        """Give records other public ids: see `rename_records`."""
        return rename_records(self.connection, names)

    def new_record_ids(self, count: int) -> list[int]:
        """Reserve row ids for new records."""
        return new_ids(self.connection, tables.proceeding, count)

    def were_separated(self, first: int, second: int) -> bool:
        """Return whether a merging of the two, or of records that became part of them, was undone."""
        return were_separated(self.connection, first, second)

    def merge(self, plan: MergePlan, *, reason: str) -> None:
        """Merge two records because `reason`, a key, names both."""
        merge_records(self.connection, plan, reason=reason, now=self.now)

    def undo_merging(self, merging_id: int) -> tuple[int, int]:
        """Undo a merging: see `db.merging.undo_merging`. Raises ArchiveError."""
        return undo_merging(self.connection, merging_id, now=self.now)

    def replace_records(self, plans: Sequence[RecordPlan]) -> None:
        """Replace the rows of records by what all of their revisions say, after revisions came or went."""
        replace_records(self.connection, plans)

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
        insert_records(connection, fresh, [plan for plan in records if plan.record in fresh], new, self.now)
        update_records(connection, [plan for plan in records if plan.record not in fresh], new)
        _store_keys(connection, self.source, identified)
        rows = [self._row(number, plan) for number, plan in zip(ids, revisions, strict=True)]
        insert_all(connection, tables.revision, rows)
        _insert_parts(connection, ids, [plan.proceeding for plan in revisions])
        store_references(connection, {number: plan.references for number, plan in zip(ids, revisions, strict=True)})
        note_names(connection, BODIES, (plan.proceeding.body for plan in revisions))
        note_names(connection, HOUSES, (plan.proceeding.house for plan in revisions))
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


_NUMBERS: Final = select(tables.proceeding.c.id, tables.proceeding.c.uin).where(tables.proceeding.c.id.in_(IDS))
