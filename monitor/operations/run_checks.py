"""Checks of what runs do for `pqwatch doctor`: reading, digests, mails, workers and the sitting calendar.

As in `checks`, they are functions of values that return findings.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from monitor.collect.health import SILENT_AFTER
from monitor.digest.schedule import latest_slot, slot_key
from monitor.errors import sentence
from monitor.model.records import House
from monitor.operations.check_results import Finding, ago, counted, failed, fine, warning
from monitor.presentation.wording import house_short, listed_briefly

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.collect.health import FileSourceHealth, SourceHealth
    from monitor.collect.missed_days import MissedDays
    from monitor.config.settings import ScheduleSettings
    from monitor.model.watching import Subscriber
    from monitor.operations.queue_report import QueueProblem

DIGEST_LATE_AFTER = timedelta(hours=2)
CALENDAR_ENDS_WITHIN = timedelta(days=60)


def check_collect(
    last_ok: datetime | None, *, has_run: bool, collect_every: timedelta, longest_gap: timedelta, now: datetime
) -> Finding:
    """Check that the sources were read lately without failures.

    `has_run`: a collect has ever ended, well or not. `longest_gap`: longest time between the latest collects, so that a
    cron job that runs once a day or on weekdays only is not reported.
    """
    if not has_run:
        return warning("collect", "Nothing was ever collected.", "Run: pqwatch run, or let pqwatch serve do it.")
    if last_ok is None:
        return failed("collect", "No collect ever ended well.", "Run pqwatch collect, and see pqwatch status for why.")
    text = f"The last good collect began {ago(now - last_ok)}."
    if now - last_ok > 2 * max(collect_every, longest_gap) + SILENT_AFTER:
        return failed(
            "collect",
            text,
            "See pqwatch status for why; where pqwatch serve or cron should run it, see that it does.",
        )
    return fine("collect", text)


def check_missed(missed: Iterable[MissedDays]) -> list[Finding]:
    """Report days that were missed for good, until a backfill reads them."""
    return [
        warning(
            "missed days",
            days.sentence,
            f"Run: {days.command}",
        )
        for days in missed
    ]


def check_readings(standings: Sequence[SourceHealth], timezone: ZoneInfo, *, is_collected: bool) -> list[Finding]:
    """Check the reading of each source and House.

    `check_collect` reports what was never read. Without `is_collected` it has reported that no source is read at all.
    """
    found = []
    for health in standings:
        name = f"{health.source}, {house_short(health.house)}"
        if health.silence and not health.silence.is_empty and not is_collected:
            continue
        if health.silence:
            remedy = "See pqwatch status for why."
            if health.silence.is_empty:
                remedy = (
                    "See whether the House sat that day; a recess that is not known belongs into [calendar] recess."
                )
            found.append(failed("reading", health.silence.sentence(timezone), remedy))
        elif health.incomplete:
            count = counted(len(health.incomplete), "window")
            found.append(
                warning(
                    "reading",
                    f"{name}: {count} could not be read whole.",
                    "The next run tries again; pqwatch status names them.",
                )
            )
        elif health.read_at is not None:
            whole = f"whole to {health.last_whole_day}" if health.last_whole_day else "no day is whole yet"
            kind = "answers" if health.counts_answers else "records"
            found.append(fine("reading", f"{name}: {health.read:,} of {health.published:,} {kind} read, {whole}."))
    return found


def check_files(shelves: Sequence[FileSourceHealth], timezone: ZoneInfo, *, is_collected: bool) -> list[Finding]:
    """Check the reading of each source of files. `check_collect` reports what was never read."""
    found = []
    for health in shelves:
        missing = len(health.failed) + len(health.unreadable)
        if health.silence and not health.silence.is_empty and not is_collected:
            continue
        if health.silence:
            found.append(failed("reading", health.silence.sentence(timezone), "See pqwatch status for why."))
        elif health.unlisted:
            text = f"{health.source}: its files could not be listed: {health.unlisted}"
            found.append(warning("reading", text, "The next run tries again."))
        elif missing:
            remedy = (
                "Those that did not come are asked for again; a newer pqwatch may read the others: pqwatch reparse."
            )
            found.append(warning("reading", f"{health.source}: {counted(missing, 'file')} could not be read.", remedy))
        elif health.files:
            newest = f", the newest of {health.newest_day}" if health.newest_day else ""
            text = f"{health.source}: {health.records:,} records of {counted(health.files, 'file')} read{newest}."
            found.append(fine("reading", text))
    return found


def check_folders(missing: Mapping[str, Path]) -> list[Finding]:
    """Report sources whose local folder is missing."""
    return [
        failed(f"source {name}", f"There is no folder {path}.", f"Correct sources.{name}.path, or make it.")
        for name, path in missing.items()
    ]


def check_digests(
    subscribers: Sequence[Subscriber],
    schedule: ScheduleSettings,
    *,
    since: Mapping[str, datetime],
    composed: Callable[[str], Collection[str]],
    now: datetime,
    is_down: bool = False,
) -> list[Finding]:
    """Check that each digest that was due was composed.

    `since`: when each subscriber's digests began; subscribers whom no run has seen yet are missing.
    `composed`: returns the subscribers (by key) of whom a slot has its digest. `is_down`: no source can be read, for which a
    digest waits.
    """
    late: dict[datetime, list[str]] = {}
    composed_of = cache(composed)
    for subscriber in subscribers:
        slot = latest_slot(subscriber, schedule, now)
        if subscriber.paused or slot is None or subscriber.key not in since or since[subscriber.key] > slot:
            continue
        if now - slot > DIGEST_LATE_AFTER and subscriber.key not in composed_of(slot_key(slot)):
            late.setdefault(slot, []).append(subscriber.name)
    remedy = (
        "It waits until a source can be read: see what is said of the sources."
        if is_down
        else "Run: pqwatch run, and see that pqwatch serve or cron is running."
    )
    return [
        failed(
            "digests",
            f"{_digests_of(names)}, due {slot:%a %d %b %Y %H:%M}, {'was' if len(names) == 1 else 'were'} not made.",
            remedy,
        )
        for slot, names in late.items()
    ] or [fine("digests", "No digest is late.")]


def _digests_of(names: list[str]) -> str:
    return f"The digest{'s' if len(names) > 1 else ''} of {listed_briefly(names)}"


def check_mails(held: int, retired: Sequence[str], paused: str | None) -> list[Finding]:
    """Report held mails, retired addresses and a paused queue: one sentence each, with the remedy after a colon."""
    found = []
    if held:
        found.append(
            failed(
                "mails",
                f"{counted(held, 'mail')} {'is' if held == 1 else 'are'} held.",
                "See pqwatch status; then pqwatch deliver --release ID, or --discard ID.",
            )
        )
    for notice in retired:
        problem, _, remedy = notice.partition(": ")
        found.append(failed("mails", sentence(problem), sentence(remedy)))
    if paused:
        found.append(failed("mails", sentence(paused), "Put the cause right; pqwatch deliver tries again at once."))
    return found or [fine("mails", "No mail is held or refused.")]


def check_workers(alive: int, problem: QueueProblem | None) -> Finding:
    """Report work that no worker does."""
    if problem:
        return failed("workers", sentence(problem.what), sentence(problem.remedy))
    if not alive:
        return warning("workers", "No worker is alive, so nothing is read and no digest made.", "Start pqwatch worker.")
    return fine(
        "workers", f"{counted(alive, 'worker')} {'is' if alive == 1 else 'are'} alive, and no work is left over."
    )


def check_quarantine(total: int) -> Finding:
    """Report records that can't be parsed."""
    if total:
        return failed(
            "quarantine",
            f"{counted(total, 'record')} can't be understood and {'is' if total == 1 else 'are'} kept as received.",
            "See pqwatch status; a newer pqwatch may read them: pqwatch reparse.",
        )
    return fine("quarantine", "Everything received was understood.")


def check_calendar(known_until: Mapping[House, date | None], today: date, *, is_read: bool) -> list[Finding]:
    """Check how far ahead the sitting calendar reaches. `is_read`: Parliament's own calendar is read too."""
    found = []
    remedy = "Add the coming recesses to [calendar] recess, or install a newer pqwatch."
    if not is_read:
        remedy = f"Set sources.calendar.enabled = true. {remedy}"
    for house, end in known_until.items():
        text = f"The sitting days of the {house.value.title()} are known to {end}."
        if end is None:
            text = f"The sitting days of the {house.value.title()} are not known."
        elif end - today > CALENDAR_ENDS_WITHIN:
            found.append(fine("calendar", text))
            continue
        elif end < today:
            text = f"The sitting days of the {house.value.title()} are known to {end} only."
            if house is House.COMMONS:
                text += " Of questions due later, only those for a named day are called late."
        found.append(warning("calendar", text, remedy))
    return found


def check_calendar_reading(failure: str) -> list[Finding]:
    """Report why Parliament's own calendar could not be read; "" where it was."""
    if not failure:
        return []
    text = f"Parliament's calendar could not be read whole: {sentence(failure)}"
    remedy = "The next run tries again; what is known of it, and the shipped table, hold until then."
    return [warning("calendar", text, remedy)]
