"""Store what the sources told as revisions: nothing is overwritten.

A reading becomes a revision where its fingerprint differs from the latest of the same source. How each source stands with
its records (the views of its lists, the days on which details were read) is kept beside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, select, update

from db import tables
from db.aliases import identify_records, records_of_source
from db.codec import facts_of
from db.cross_references import note_references
from db.members import note_bodies
from db.payloads import keep_payloads
from db.record_rows import LatestRevision, RecordHistory, insert_records, load_histories, update_records
from db.rows import insert_all, new_ids
from monitor.model.archive import Added
from monitor.model.records import PARTS, Event
from monitor.parliament.lifecycle import classify, fingerprint, is_only_reformatted
from monitor.parliament.provenance import SourceRevision, adds_nothing_new, rank_revisions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from db.aliases import Identified
    from db.lease import Store
    from monitor.model.records import Proceeding
    from monitor.model.sources import Reading
    from monitor.ports import NewsRule


@dataclass(frozen=True, slots=True)
class _Step:
    """A proceeding as it is now told, and the payload that tells it. `is_fresh`: the source has it so at this moment."""

    proceeding_id: int
    after: Proceeding
    payload_id: int | None
    is_fresh: bool = True


@dataclass(frozen=True, slots=True)
class _New:
    """A revision to store: its row, and the proceeding."""

    row: dict[str, Any]
    after: Proceeding


@dataclass(slots=True)
class _Batch:
    """A transaction that stores what one source told, a statement for all of it where that is possible."""

    connection: Connection
    source: str
    now: datetime
    is_news: NewsRule

    def add_revisions(
        self, steps: Sequence[_Step], standing: dict[int, RecordHistory], records: Identified | None = None
    ) -> list[Added]:
        """Store those that differ from what the source told last, by record, and the `records` that are new."""
        news = [new for step in steps if (new := self._revision(step, standing)) is not None]
        afters = [new.after for new in news]
        ids = new_ids(self.connection, tables.revision, len(news))
        self._follow(ids, news, standing, records.fresh if records else {})
        if records:
            records.note(self.connection, self.source)
        rows = [{**new.row, "id": number} for number, new in zip(ids, news, strict=True)]
        insert_all(self.connection, tables.revision, rows)
        _insert_parts(self.connection, ids, afters)
        note_references(self.connection, ids, afters)
        note_bodies(self.connection, (after.body for after in afters))
        return [
            Added(
                revision_id=number,
                number=new.row["number"],
                proceeding=new.after,
                events=tuple(Event(name) for name in new.row["events"].split()),
                is_news=new.row["is_news"],
            )
            for number, new in zip(ids, news, strict=True)
        ]

    def _revision(self, step: _Step, standing: dict[int, RecordHistory]) -> _New | None:
        """The revision that a step makes, after which the record stands there; None where it makes none."""
        stand = standing.setdefault(step.proceeding_id, RecordHistory())
        own = stand.own
        before = own.proceeding if own else None
        if before is not None and _is_older_printing(before, step):
            return None
        if before is not None and fingerprint(before) == fingerprint(step.after):
            return None
        if own is not None and is_only_reformatted(own.proceeding, step.after):
            return self._laid_out_anew(step, stand, own)
        events = classify(before, step.after)
        told_before = adds_nothing_new(self.source, before, step.after, stand.others)
        row: dict[str, Any] = {
            "proceeding_id": step.proceeding_id,
            "source": self.source,
            "number": own.number + 1 if own else 1,
            "seen_at": self.now,
            "day": step.after.day,
            "events": " ".join(events),
            "is_news": not told_before and self.is_news(before, step.after, events),
            "facts": facts_of(step.after),
            "payload_id": step.payload_id,
        }
        return self._new(row, step.after, stand)

    def _laid_out_anew(self, step: _Step, stand: RecordHistory, own: LatestRevision) -> _New:
        """The state that was told before, in texts by today's rules: seen when that was, news as far as that was.

        The texts made by older rules stay, with the places of what was found in them.
        """
        row: dict[str, Any] = {
            "proceeding_id": step.proceeding_id,
            "source": self.source,
            "number": own.number + 1,
            "seen_at": own.seen_at,
            "day": step.after.day,
            "events": "",
            "is_news": own.told.is_news,
            "facts": facts_of(step.after),
            "payload_id": step.payload_id,
        }
        return self._new(row, step.after, stand)

    def _new(self, row: dict[str, Any], after: Proceeding, stand: RecordHistory) -> _New:
        told = SourceRevision(id=0, source=self.source, proceeding=after, is_news=row["is_news"])
        stand.own = LatestRevision(row["number"], row["seen_at"], told)
        return _New(row, after)

    def _follow(
        self,
        ids: Sequence[int],
        news: Sequence[_New],
        standing: Mapping[int, RecordHistory],
        fresh: Mapping[int, Proceeding],
    ) -> None:
        """Let the rows of the records follow what counts now, those of new ones too."""
        counting: dict[int, list[SourceRevision]] = {}
        for number, new in zip(ids, news, strict=True):
            one = new.row["proceeding_id"]
            own = SourceRevision(id=number, source=self.source, proceeding=new.after, is_news=new.row["is_news"])
            others = standing[one].others
            counting[one] = rank_revisions([own, *others]) if others else [own]
        told = [(new.row["proceeding_id"], new.after) for new in news]
        insert_records(self.connection, fresh, counting, [one for one in told if one[0] in fresh], self.now)
        known = {one: some for one, some in counting.items() if one not in fresh}
        update_records(self.connection, known, [one for one in told if one[0] in known])


class Revisions:
    """What Parliament published, as the sources told it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def store(self, readings: Sequence[Reading], *, today: date, is_news: NewsRule) -> list[Added]:
        """Store readings of one source, all or none; returns the revisions that are new.

        `today`: the day that details count as read on. `is_news` decides whether a new revision may be mailed; what
        another source told before never is.
        """
        if not readings:
            return []
        with self._store.write() as connection:
            batch = _Batch(connection, readings[0].payload.source, self._store.clock(), is_news)
            payload_ids = keep_payloads(connection, [(reading.payload, None) for reading in readings])
            records = identify_records(connection, batch.source, readings, batch.now)
            steps = [
                _Step(records.ids[reading.key], reading.proceeding, payload_id, _is_fresh(reading))
                for reading, payload_id in zip(readings, payload_ids, strict=True)
            ]
            standing = load_histories(connection, batch.source, records.known)
            added = batch.add_revisions(_with_our_word(steps, standing), standing, records)
            _note_readings(batch, readings, today)
            return added

    def change(
        self,
        source: str,
        keys: Iterable[str],
        *,
        is_news: NewsRule,
        is_gone: bool = False,
        is_lapsed: bool = False,
    ) -> list[Added]:
        """Store what we found out ourselves about records, as a revision of their source."""
        wanted = list(keys)
        if not wanted:
            return []
        with self._store.write() as connection:
            batch = _Batch(connection, source, self._store.clock(), is_news)
            ids = records_of_source(connection, source, wanted).values()
            standing = load_histories(connection, source, ids)
            steps = []
            for proceeding_id in ids:
                if (own := standing[proceeding_id].own) is not None:
                    before = own.proceeding
                    after = replace(before, is_gone=before.is_gone or is_gone, is_lapsed=before.is_lapsed or is_lapsed)
                    steps.append(_Step(proceeding_id, after, None))
            return batch.add_revisions(steps, standing)

    def take_as_news(self, since: date) -> int:
        """Let the newest states of records that are wholly history be news, of a day and later; returns how many."""
        record, revision = tables.proceeding, tables.revision
        other = revision.alias()
        newest = select(record.c.latest_revision_id).where(record.c.day >= since)
        told = select(other.c.id).where(other.c.proceeding_id == revision.c.proceeding_id, other.c.is_news)
        history = update(revision).where(revision.c.id.in_(newest), ~revision.c.is_news, ~told.exists())
        with self._store.write() as connection:
            return connection.execute(history.values(is_news=True)).rowcount


def _is_fresh(reading: Reading) -> bool:
    """Whether the source was seen to have the record just now; kept bytes that are parsed again say nothing of that."""
    return reading.is_detail or reading.list_hash is not None


def _is_older_printing(before: Proceeding, step: _Step) -> bool:
    """Whether a file tells of a day before that of what its source told last: newer files were read before older ones."""
    was, now = before.day, step.after.day
    return not step.is_fresh and was is not None and now is not None and now < was


def _with_our_word(steps: Sequence[_Step], standing: Mapping[int, RecordHistory]) -> list[_Step]:
    """What we found out ourselves: the source does not say so, hence can't take it back."""
    found = []
    for step in steps:
        stand = standing.get(step.proceeding_id)
        if stand is None or stand.own is None:
            found.append(step)
            continue
        before = stand.own.proceeding
        is_gone = before.is_gone and not step.is_fresh
        after = replace(step.after, is_lapsed=before.is_lapsed and step.after.is_open, is_gone=is_gone)
        found.append(replace(step, after=after))
    return found


def _note_readings(batch: _Batch, readings: Sequence[Reading], today: date) -> None:
    """How we stand with each record now. What does not say anything new of that leaves it as it is."""
    table = tables.source_record
    this = and_(table.c.source == batch.source, table.c.key == bindparam("this"))
    listed = [{"this": one.key, "hash": one.list_hash} for one in readings if one.list_hash is not None]
    if listed:
        as_listed: dict[str, Any] = {"list_hash": bindparam("hash"), "gone_runs": 0}
        batch.connection.execute(update(table).where(this).values(as_listed), listed)
    details = [{"this": one.key} for one in readings if one.is_detail]
    if details:
        now = {"detail_read_on": today, "gone_runs": 0}
        batch.connection.execute(update(table).where(this).values(now), details)


def _insert_parts(connection: Connection, ids: Sequence[int], afters: Sequence[Proceeding]) -> None:
    rows = [
        {"revision_id": revision_id, **dict.fromkeys(PARTS), **parts}
        for revision_id, after in zip(ids, afters, strict=True)
        if (parts := after.parts())
    ]
    insert_all(connection, tables.parts, rows)
