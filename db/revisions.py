"""Store what the sources told as revisions: nothing is overwritten.

`monitor.collect.revisions` decides what is stored. How each source stands with its records (the views of its lists, the days
on which details were read) is kept beside.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, select, update

from db import aliases, merging, tables
from db.cross_references import store_references
from db.members import note_bodies
from db.payloads import keep_payloads
from db.record_rows import insert_records, load_histories, load_source_revisions, replace_records, update_records
from db.rows import facts_of, insert_all, new_ids
from monitor.model.archive import Added
from monitor.model.records import PARTS
from monitor.model.revisions import KnownKeys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from db.engine import Store
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
        history = update(revision).where(revision.c.id.in_(newest), ~revision.c.is_news, ~newer.exists())
        with self._store.write() as connection:
            return connection.execute(history.values(is_news=True)).rowcount


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
        records = aliases.records_of_source(self.connection, self.source, keys)
        named = aliases.records_by_alias(self.connection, names)
        sources = aliases.load_sources(self.connection, {*named.values(), *records.values()}) if names else {}
        return KnownKeys(records=records, aliases=named, sources=sources)

    def load_numbers(self, records: Iterable[int]) -> dict[int, str | None]:
        """Load the printed numbers of records."""
        return aliases.load_numbers(self.connection, records)

    def rename(self, names: Mapping[int, str]) -> dict[str, int]:
        """Give records other public ids; returns the aliases that are new."""
        return aliases.rename_records(self.connection, names)

    def new_record_ids(self, count: int) -> list[int]:
        """Reserve row ids for new records."""
        return new_ids(self.connection, tables.proceeding, count)

    def were_separated(self, first: int, second: int) -> bool:
        """Return whether a merging of two records was undone before."""
        return merging.were_separated(self.connection, first, second)

    def merge(self, plan: MergePlan, *, reason: str) -> None:
        """Merge two records because `reason`, a key, names both."""
        merging.merge(self.connection, plan, reason=reason, now=self.now)

    def undo_merging(self, merging_id: int) -> tuple[int, int]:
        """Make two records of one again; returns them. Raises ArchiveError where that can't be done."""
        return merging.undo_merging(self.connection, merging_id, self.now)

    def replace_records(self, plans: Sequence[RecordPlan]) -> None:
        """Replace the rows of records that searches filter by."""
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
        aliases.store_keys(connection, self.source, identified)
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

    def note_readings(self, readings: Sequence[Reading], today: date) -> None:
        """Note which records were listed now, and of which the details were read."""
        table = tables.source_record
        this = and_(table.c.source == self.source, table.c.key == bindparam("this"))
        listed = [
            {"this": reading.key, "hash": reading.list_hash} for reading in readings if reading.list_hash is not None
        ]
        if listed:
            as_listed: dict[str, Any] = {"list_hash": bindparam("hash"), "gone_runs": 0}
            self.connection.execute(update(table).where(this).values(as_listed), listed)
        details = [{"this": reading.key} for reading in readings if reading.is_detail]
        if details:
            now = {"detail_read_on": today, "gone_runs": 0}
            self.connection.execute(update(table).where(this).values(now), details)


def _insert_parts(connection: Connection, ids: Sequence[int], afters: Sequence[Proceeding]) -> None:
    rows = [
        {"revision_id": revision_id, **dict.fromkeys(PARTS), **parts}
        for revision_id, after in zip(ids, afters, strict=True)
        if (parts := after.parts())
    ]
    insert_all(connection, tables.parts, rows)
