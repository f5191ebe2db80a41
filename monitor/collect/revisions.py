"""Decide which readings become revisions, and store them.

A reading becomes a revision where its fingerprint differs from the latest revision of the same source. Each function loads
what is stored, decides without touching the archive, and saves the decision, in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from monitor.collect.identify import complete_facts, identify, latest_day
from monitor.model.records import Kind, SourceRevision
from monitor.model.revisions import IdentifiedRecords, LatestRevision, RecordHistory, RecordPlan, RevisionPlan
from monitor.parliament.lifecycle import classify, fingerprint, is_only_reformatted
from monitor.parliament.provenance import adds_nothing_new, rank_revisions
from monitor.parliament.references import reference_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from db.archive import Archive
    from monitor.model.collection import Added
    from monitor.model.records import Proceeding
    from monitor.model.sources import Reading
    from monitor.ports import NewsRule


@dataclass(frozen=True, slots=True)
class RecordReading:
    """A record as it is told now, and the payload that tells it. `is_fresh`: the source has it so at this moment."""

    record: int
    proceeding: Proceeding
    payload_id: int | None
    is_fresh: bool = True


@dataclass(slots=True)
class Disputed:
    """Records that were stored after an instant, by another worker that reads the same source, and differ now.

    It is not known which of the two states is newer, so the second is not stored: they are to be read once more.
    """

    since: datetime
    keys: list[str] = field(default_factory=list)


def store_readings(
    archive: Archive,
    readings: Sequence[Reading],
    *,
    today: date,
    is_news: NewsRule,
    disputed: Disputed | None = None,
) -> list[Added]:
    """Store readings of one source, all or none; returns the revisions that are new.

    `today`: the day that details count as read on. `is_news` decides whether a new revision may be mailed; what another
    source told before never is. `disputed`: where several workers read the source; takes the keys of records in dispute.
    """
    if not readings:
        return []
    with archive.revisions.batch(readings[0].payload.source) as batch:
        payload_ids = batch.keep_payloads([reading.payload for reading in readings])
        identified = identify(batch, readings)
        histories = batch.load_histories(identified.known)
        read = [
            _keep_our_findings(
                RecordReading(identified.ids[reading.key], reading.proceeding, payload_id, _is_fresh(reading)),
                histories,
                today,
            )
            for reading, payload_id in zip(readings, payload_ids, strict=True)
        ]
        if disputed is not None:
            read, readings = _without_disputed(read, readings, histories, disputed)
        revisions = plan_revisions(read, histories, source=batch.source, now=batch.now, is_news=is_news)
        records = plan_records(revisions, histories, batch.source)
        added = batch.save(identified, revisions, records)
        changed = {plan.record for plan in revisions}
        batch.note_readings(readings, today, {key for key, record in identified.ids.items() if record in changed})
        return added


def _without_disputed(
    read: Sequence[RecordReading],
    readings: Sequence[Reading],
    histories: Mapping[int, RecordHistory],
    disputed: Disputed,
) -> tuple[list[RecordReading], list[Reading]]:
    """Leave out readings of records in dispute, and note their keys."""
    agreed = []
    for of_record, reading in zip(read, readings, strict=True):
        history = histories.get(of_record.record)
        own = history.own if history else None
        if (
            own is not None
            and own.seen_at >= disputed.since
            and fingerprint(own.proceeding) != fingerprint(of_record.proceeding)
        ):
            disputed.keys.append(reading.key)
        else:
            agreed.append((of_record, reading))
    return [of_record for of_record, _ in agreed], [reading for _, reading in agreed]


def mark_records(
    archive: Archive,
    source: str,
    keys: Iterable[str],
    *,
    is_news: NewsRule,
    is_gone: bool = False,
    is_lapsed: bool = False,
) -> list[Added]:
    """Store what we found out ourselves about records, as revisions of their source; returns the revisions that are new."""
    wanted = list(keys)
    if not wanted:
        return []
    with archive.revisions.batch(source) as batch:
        ids = batch.load_known(wanted).records
        histories = batch.load_histories(ids.values())
        read = []
        for record in ids.values():
            own = histories[record].own
            if own is not None:
                before = own.proceeding
                after = replace(before, is_gone=before.is_gone or is_gone, is_lapsed=before.is_lapsed or is_lapsed)
                read.append(RecordReading(record, after, None))
        revisions = plan_revisions(read, histories, source=source, now=batch.now, is_news=is_news)
        return batch.save(IdentifiedRecords(ids=ids), revisions, plan_records(revisions, histories, source))


def _is_fresh(reading: Reading) -> bool:
    """Return whether the source was seen to have the record just now, rather than kept bytes parsed again."""
    return reading.is_detail or reading.list_hash is not None


def _keep_our_findings(reading: RecordReading, histories: Mapping[int, RecordHistory], today: date) -> RecordReading:
    """Keep what we found out ourselves about a record: its source does not say so, and so can't take it back.

    A notice without a day counts as published when it was first read.
    """
    history, now = histories.get(reading.record), reading.proceeding
    before = history.own.proceeding if history and history.own else None
    if now.kind is Kind.NOTICE and now.made_on is None:
        now = replace(now, made_on=before.made_on if before else today)
    if before is not None:
        is_gone = before.is_gone and not reading.is_fresh
        is_lapsed = before.is_lapsed and now.is_open
        now = replace(now, is_lapsed=is_lapsed, is_gone=is_gone)
    return reading if now is reading.proceeding else replace(reading, proceeding=now)


# -- revisions --------------------------------------------------------------------------------------------------------


def plan_revisions(
    readings: Iterable[RecordReading],
    histories: dict[int, RecordHistory],
    *,
    source: str,
    now: datetime,
    is_news: NewsRule,
) -> list[RevisionPlan]:
    """Decide which readings differ from what their source told last. Brings `histories` up to the new revisions."""
    plans = []
    for reading in readings:
        history = histories.setdefault(reading.record, RecordHistory())
        plan = _plan_revision(reading, history, source=source, now=now, is_news=is_news)
        if plan is not None:
            history.own = LatestRevision(plan.number, plan.seen_at, plan.proceeding, plan.is_news)
            plans.append(plan)
    return plans


def _plan_revision(
    reading: RecordReading, history: RecordHistory, *, source: str, now: datetime, is_news: NewsRule
) -> RevisionPlan | None:
    own, after = history.own, reading.proceeding
    before = own.proceeding if own else None
    if before is not None and (_is_older_printing(before, reading) or fingerprint(before) == fingerprint(after)):
        return None
    if own is not None and is_only_reformatted(own.proceeding, after):
        return _plan_reformatted(reading, own)
    events = classify(before, after)
    is_told = adds_nothing_new(source, before, after, history.others)
    return RevisionPlan(
        record=reading.record,
        proceeding=after,
        number=own.number + 1 if own else 1,
        seen_at=now,
        events=events,
        is_news=not is_told and is_news(before, after, events),
        payload_id=reading.payload_id,
        references=tuple(reference_keys(after)),
    )


def _plan_reformatted(reading: RecordReading, own: LatestRevision) -> RevisionPlan:
    """Plan a revision that only lays its texts out by newer rules: seen when the one before was, and news as far as it was.

    The texts that older rules made stay, with the places of the matches in them.
    """
    return RevisionPlan(
        record=reading.record,
        proceeding=reading.proceeding,
        number=own.number + 1,
        seen_at=own.seen_at,
        events=(),
        is_news=own.is_news,
        payload_id=reading.payload_id,
        references=tuple(reference_keys(reading.proceeding)),
    )


def _is_older_printing(before: Proceeding, reading: RecordReading) -> bool:
    """Return whether a file tells of an earlier day than its source told last: newer files were read before older ones."""
    was, now = before.day, reading.proceeding.day
    return not reading.is_fresh and was is not None and now is not None and now < was


def plan_records(
    revisions: Sequence[RevisionPlan], histories: Mapping[int, RecordHistory], source: str
) -> list[RecordPlan]:
    """Decide what the rows of the records say after new revisions of a source."""
    last = {revision.record: revision for revision in revisions}
    set_down_for: dict[int, date | None] = {}
    for revision in revisions:
        days = (set_down_for.get(revision.record), revision.proceeding.date_for_answer)
        set_down_for[revision.record] = latest_day(days)
    plans = []
    for record, revision in last.items():
        own = SourceRevision(id=0, source=source, proceeding=revision.proceeding, is_news=revision.is_news)
        others = histories[record].others
        ranked = rank_revisions([own, *others]) if others else [own]
        plans.append(
            RecordPlan(
                record=record,
                preferred=None if ranked[0] is own else ranked[0].id,
                facts=complete_facts(ranked),
                set_down_for=set_down_for[record],
            )
        )
    return plans
