"""Decide what the row of a record says, given all that its sources told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.model.revisions import RecordPlan
from monitor.parliament.provenance import rank_revisions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.records import Proceeding, SourceRevision


def plan_record(record: int, revisions: Sequence[SourceRevision]) -> RecordPlan:
    """Plan the row of a record from all of its revisions."""
    ranked = rank_revisions(revisions)
    set_down_for = latest_day(revision.proceeding.date_for_answer for revision in revisions)
    return RecordPlan(record=record, preferred=ranked[0].id, facts=complete_facts(ranked), set_down_for=set_down_for)


def complete_facts(ranked: Sequence[SourceRevision]) -> Proceeding:
    """Return the first proceeding, its number and its place in the Official Report taken from another where it has none."""
    first, *others = (revision.proceeding for revision in ranked)
    if not first.uin and (numbered := next((other for other in others if other.uin), None)):
        first = replace(first, uin=numbered.uin)
    if not first.column and (placed := next((other for other in others if other.column), None)):
        first = replace(first, series=placed.series, column=placed.column, column_to=placed.column_to)
    return first


def latest_day(days: Iterable[date | None]) -> date | None:
    """Return the latest of the days that are known."""
    return max((day for day in days if day is not None), default=None)


def undo_merging(archive: Archive, merging_id: int) -> None:
    """Make two records of a merged one again, for good. Raises ArchiveError where that can't be done."""
    with archive.revisions.batch() as batch:
        records = batch.undo_merging(merging_id)
        revisions = batch.load_revisions(records)
        batch.replace_records([plan_record(record, revisions[record]) for record in records])
