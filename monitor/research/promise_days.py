"""Promises of one day: those whose days begin or are over, those that were settled, and those that are due soon."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from monitor.model.promises import PromiseFilters, PromiseState
from monitor.parliament.calendar import LONDON, is_working_day, next_working_day
from monitor.parliament.promises.state import LAST_DAYS, begins_to_be_due
from monitor.research.promises import entry_of, find_entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.research.promises import LedgerEntry

WEEK: Final = timedelta(days=7)
_LONGEST_BREAK: Final = timedelta(days=7)
"""Days without a working day are fewer: what begins in them is told on the next working day."""

_AWAITED: Final = (PromiseState.OPEN, PromiseState.DUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisesOfDay:
    """Promises of a day, each in one list.

    `overdue`: their last day was the working day before. `due`: their days begin. `settled`: a person said on this day that
    they were kept or dropped. `coming`: their last day is within the next seven days.
    """

    overdue: tuple[LedgerEntry, ...] = ()
    due: tuple[LedgerEntry, ...] = ()
    settled: tuple[LedgerEntry, ...] = ()
    coming: tuple[LedgerEntry, ...] = ()


def promises_of_day(archive: Archive, topics: Sequence[str], day: date, reader: str | None = None) -> PromisesOfDay:
    """Find what a day brings for the promises on some topics, by key, and for those that a reader (by key) follows."""
    found = {entry.first.number: entry for entry in _entries(archive, tuple(topics), day)}
    found |= {entry.first.number: entry for entry in _followed(archive, reader, day)} if reader else {}
    lists: dict[str, list[LedgerEntry]] = {"overdue": [], "due": [], "settled": [], "coming": []}
    for entry in sorted(found.values(), key=_order):
        if name := _list_of(entry, day):
            lists[name].append(entry)
    return PromisesOfDay(**{name: tuple(entries) for name, entries in lists.items()})


def _entries(archive: Archive, topics: tuple[str, ...], day: date) -> Iterator[LedgerEntry]:
    if not topics:
        return
    near = PromiseFilters(topics=topics, days=(day - _LONGEST_BREAK, day + LAST_DAYS), today=day)
    decided = PromiseFilters(topics=topics, decided_from=datetime.combine(day, time(), LONDON), today=day)
    for filters in (near, decided):
        with closing(find_entries(archive, filters, day)) as entries:
            yield from entries


def _followed(archive: Archive, reader: str, day: date) -> list[LedgerEntry]:
    ids = [thing.target.promise_id for thing in archive.following.listing(reader)]
    groups = archive.promises.groups_with([number for number in ids if number is not None])
    return [entry_of(group, day) for group in groups]


def _order(entry: LedgerEntry) -> tuple[str, int]:
    return str(entry.now.found.due_to), entry.first.number


def _list_of(entry: LedgerEntry, day: date) -> str:
    """Return the list in which a promise is told on a day; "" for none."""
    promise, last_day = entry.now, entry.now.found.due_to
    if entry.state in (PromiseState.KEPT, PromiseState.DROPPED):
        return "settled" if day in _decided_on(entry) else ""
    if last_day is None or promise.made_on > day:
        return ""
    if entry.state is PromiseState.OVERDUE:
        return "overdue" if next_working_day(last_day) == day else ""
    if entry.state in _AWAITED and _begins_on(entry) == day:
        return "due"
    return "coming" if day <= last_day <= day + WEEK else ""


def _begins_on(entry: LedgerEntry) -> date | None:
    """Return the working day on which it is told that a promise falls due; None where it was made no earlier."""
    begins = begins_to_be_due(entry.now)
    if begins is None or begins <= entry.now.made_on:
        return None
    return begins if is_working_day(begins) else next_working_day(begins)


def _decided_on(entry: LedgerEntry) -> set[date]:
    decisions = (decision for promise in entry.promises for decision in promise.decisions)
    return {decision.decided_at.astimezone(LONDON).date() for decision in decisions if decision.state is entry.state}
