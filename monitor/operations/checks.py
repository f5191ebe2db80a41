"""Checks of a set-up for `pqwatch doctor`: functions of values that return findings.

The caller reads the disk, the network and the clock.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from monitor.collect.health import SILENT_AFTER
from monitor.digest.schedule import latest_slot, slot_key
from monitor.errors import sentence
from monitor.model.records import House
from monitor.presentation.wording import house_short, listed_briefly

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.collect.health import FileSourceHealth, SourceHealth
    from monitor.collect.missed_days import MissedDays
    from monitor.config.settings import ScheduleSettings, TermProblem
    from monitor.model.watching import Subscriber
    from monitor.operations.queue_report import QueueProblem

DEFAULT_CONTACT = "mailto:you@example.org"
DIGEST_LATE_AFTER = timedelta(hours=2)
CLOCK_BEHIND = timedelta(hours=24)
CALENDAR_ENDS_WITHIN = timedelta(days=60)
OLDEST_SQLITE = (3, 30, 0)
"""First version with NULLS FIRST, which the outbox uses."""
SHOWN_PATHS = 5
MANY_AHEAD = 10_000
"""Revisions outside the index that a search reads through in about a second."""
LOW_SPACE, NO_SPACE = 500 * 1024**2, 50 * 1024**2
"""Free bytes for a warning, and for a failure."""

NETWORK_FILE_SYSTEMS = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "davfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "orangefs"}
    | {"smb2", "smb3", "smbfs", "virtiofs", "fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "fuse.s3fs", "fuse.davfs2"}
)


class Level(StrEnum):
    """Severity of a finding."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Result of a check. `text`: one sentence. `remedy`: what to do, "" for nothing."""

    check: str
    level: Level
    text: str
    remedy: str = ""


def fine(check: str, text: str) -> Finding:
    """Return the finding that all is well."""
    return Finding(check=check, level=Level.OK, text=text)


def warning(check: str, text: str, remedy: str) -> Finding:
    """Return the finding that something works, but not as meant or not for long."""
    return Finding(check=check, level=Level.WARNING, text=text, remedy=remedy)


def failed(check: str, text: str, remedy: str) -> Finding:
    """Return the finding that something does not work."""
    return Finding(check=check, level=Level.FAILED, text=text, remedy=remedy)


# -- configuration ----------------------------------------------------------------------------------------------------


def check_terms(problems: Sequence[TermProblem], total: int) -> list[Finding]:
    """Report terms that can't be read and are switched off. `total`: number of terms that can be read."""
    if not problems:
        return [fine("terms", f"{_count(total, 'term')} can be read.")]
    return [
        failed(
            "terms", problem.text.splitlines()[0].rstrip(".") + ".", "Correct the term: it is switched off until then."
        )
        for problem in problems
    ]


def check_doubts(problems: Sequence[TermProblem], likely: Sequence[str]) -> list[Finding]:
    """Report terms that are misread, as the archive shows, and sentences about terms that may be."""
    remedy = "Correct the term: it is looked for as it is read until then."
    return [
        *(failed("terms", problem.text, remedy) for problem in problems if problem.is_misread),
        *(warning("terms", text, "Correct the term, or leave it if it is meant so.") for text in likely),
    ]


def check_kept(problems: Sequence[str], total: int) -> list[Finding]:
    """Report subscribers in the archive that do not count, or that name topics which there are not. `total`: of them."""
    if not problems:
        return [fine("subscribers", f"The archive keeps {_count(total, 'subscriber')}.")] if total else []
    remedy = "Remove or change one of them: pqwatch subscribers remove, change."
    return [warning("subscribers", f"{problem}.", remedy) for problem in problems]


def check_contact(contact: str) -> Finding:
    """Check the contact address in requests."""
    if contact == DEFAULT_CONTACT:
        return warning(
            "contact",
            f"Requests to Parliament still name {contact}.",
            "Put your own address into http.contact in config.toml.",
        )
    return fine("contact", f"Requests to Parliament name {contact}.")


# -- the program ------------------------------------------------------------------------------------------------------


def check_packages(folders: Mapping[str, str]) -> Finding:
    """Check that all packages of the program come from one folder. `folders`: the folder of each package."""
    if len(set(folders.values())) == 1:
        return fine("packages", f"All parts of the program are in {next(iter(folders.values()))}.")
    places = ", ".join(f"{name} in {folder}" for name, folder in folders.items())
    return failed(
        "packages",
        f"The parts of the program come from different folders: {places}.",
        "Another package has the name of one of ours: install pqwatch into an environment of its own.",
    )


def check_migrations(problem: str | None) -> Finding:
    """Check that the archive can be upgraded. `problem`: why the migrations can't be loaded, or None."""
    if problem is None:
        return fine("migrations", "The migrations of the archive can be loaded.")
    return failed("migrations", f"The migrations can't be loaded: {sentence(problem)}", "Install pqwatch again.")


def check_sqlite(version: tuple[int, ...], *, has_full_text: bool) -> Finding:
    """Check the SQLite that Python uses. `has_full_text`: it was built with FTS5."""
    shown, needed = (".".join(map(str, numbers)) for numbers in (version, OLDEST_SQLITE))
    if version < OLDEST_SQLITE:
        return failed("sqlite", f"SQLite {shown} is too old.", f"Use a Python with SQLite {needed} or newer.")
    if not has_full_text:
        return failed(
            "sqlite", f"SQLite {shown} was built without FTS5, its full-text search.", "Use another build of Python."
        )
    return fine("sqlite", f"SQLite {shown}.")


# -- the archive ------------------------------------------------------------------------------------------------------


def check_schema(version: str | None, head: str, *, is_sqlite: bool) -> Finding:
    """Compare the archive's schema with the program's."""
    if version == head:
        return fine("schema", f"The archive's schema is {head}, as it should be.")
    if version is not None and version > head:
        return failed(
            "schema",
            f"The archive's schema ({version}) is newer than this program ({head}).",
            "Install the newer pqwatch.",
        )
    what = "There is no archive yet." if version is None else f"The archive's schema ({version}) is older than {head}."
    if is_sqlite:
        return warning("schema", what, "The next run makes or upgrades it; pqwatch db upgrade does it now.")
    return failed("schema", what, "Run: pqwatch db upgrade")


def check_writable(problem: str) -> Finding:
    """Check that runs can write the archive. `problem`: why they can't, or ""."""
    if problem:
        return failed("archive", sentence(problem), "Give the user who runs pqwatch the right to write it.")
    return fine("archive", "The archive can be written.")


def check_private(readable: Sequence[str]) -> Finding:
    """Check that other users can't read private files. `readable`: the files that they can read."""
    if not readable:
        return fine("privacy", "Only you can read the archive, its backups, the mails and config.toml.")
    many = f" and {len(readable) - 1} more" if len(readable) > 1 else ""
    return warning(
        "privacy",
        f"Other users of this machine may read {readable[0]}{many}: it has addresses, and what is followed.",
        f"Run: chmod go-rwx {' '.join(shlex.quote(path) for path in readable[:SHOWN_PATHS])}",
    )


def check_not_lost(trace: str, *, is_gone: bool, has_run: bool) -> list[Finding]:
    """Check that the archive was not lost. `trace`: a file beside it that knows of mails, or ""."""
    if not trace or (has_run and not is_gone):
        return []
    what = "is gone" if is_gone else "has never been used"
    return [
        failed(
            "archive",
            f"The archive {what}, but {trace} knows of mails from it.",
            "Put it back, or restore a backup: pqwatch db restore FILE. To begin a new one: pqwatch db upgrade",
        )
    ]


def check_integrity(problems: Sequence[str]) -> Finding:
    """Report the result of the database's own check."""
    if not problems:
        return fine("integrity", "The archive is sound.")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return failed(
        "integrity", f"The archive is damaged: {problems[0]}{more}.", "Run: pqwatch db restore FILE, with a backup."
    )


def file_system_of(path: str, mounts: str) -> str | None:
    """Return the type of the file system of an absolute path; None if not known.

    `mounts`: the text of /proc/self/mountinfo, with lines like `36 35 98:0 /root /mount/point options - type source
    options`. The last mount of a mount point counts.
    """
    found: tuple[int, str] | None = None
    for line in mounts.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split()
        if not dash or len(fields) < 5 or not after.split():  # noqa: PLR2004 (the fifth is the mount point)
            continue
        point = PurePosixPath(fields[4].replace("\\040", " "))
        depth = len(point.parts)
        if PurePosixPath(path).is_relative_to(point) and (found is None or depth >= found[0]):
            found = depth, after.split()[0]
    return found[1] if found else None


def check_file_system(kind: str | None, folder: str) -> Finding:
    """Check that the archive is on a local disk: most network file systems break locks, and SQLite then loses data."""
    if kind in NETWORK_FILE_SYSTEMS:
        return warning(
            "file system",
            f"The archive is in {folder}, on a file system of a network ({kind}).",
            "Move it to a disk of this machine, or use PostgreSQL.",
        )
    return fine("file system", f"The archive is on a disk of this machine{f' ({kind})' if kind else ''}.")


def check_space(free: int, size: int, folder: str) -> Finding:
    """Check the free space in bytes. An upgrade needs room for a copy of the archive (`size` bytes)."""
    text = f"{shown_size(free)} free in {folder}, and the archive has {shown_size(size)}."
    if free < NO_SPACE:
        return failed("disk space", text, "Free some space: nothing can be stored soon.")
    if free < max(LOW_SPACE, 2 * size):
        return warning("disk space", text, "Free some space: upgrades and backups need room for a copy.")
    return fine("disk space", text)


def check_index(problem: str, ahead: int) -> Finding:
    """Check the search index. `ahead`: number of revisions that it does not hold yet."""
    if problem:
        return failed("index", sentence(problem), "Run: pqwatch db reindex")
    if ahead > MANY_AHEAD:
        return warning(
            "index",
            f"The index for searches has yet to take in {ahead:,} revisions, which searches read one by one until then.",
            "The next run takes them in; pqwatch db reindex does it now.",
        )
    if ahead:
        return fine("index", f"The index for searches takes in {_count(ahead, 'revision')} with the next run.")
    return fine("index", "The index for searches is up to date.")


def check_clock(newest_fetch: datetime | None, now: datetime) -> Finding:
    """Check that the clock is not behind an earlier time: digests would be for the wrong day."""
    if newest_fetch is not None and newest_fetch - now > CLOCK_BEHIND:
        return failed(
            "clock",
            f"This machine's clock says {now:%Y-%m-%d %H:%M} UTC, but something was received on {newest_fetch:%Y-%m-%d}.",
            "Set the clock, and let it be kept right by a time service.",
        )
    return fine("clock", f"It is {now:%Y-%m-%d %H:%M} UTC.")


# -- runs -------------------------------------------------------------------------------------------------------------


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
            count = _count(len(health.incomplete), "window")
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
            found.append(warning("reading", f"{health.source}: {_count(missing, 'file')} could not be read.", remedy))
        elif health.files:
            newest = f", the newest of {health.newest_day}" if health.newest_day else ""
            text = f"{health.source}: {health.records:,} records of {_count(health.files, 'file')} read{newest}."
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
                f"{_count(held, 'mail')} {'is' if held == 1 else 'are'} held.",
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
    return fine(
        "workers", f"{_count(alive, 'worker')} {'is' if alive == 1 else 'are'} alive, and no work is left over."
    )


def check_quarantine(total: int) -> Finding:
    """Report records that can't be parsed."""
    if total:
        return failed(
            "quarantine",
            f"{_count(total, 'record')} can't be understood and {'is' if total == 1 else 'are'} kept as received.",
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


# -- words ------------------------------------------------------------------------------------------------------------


def shown_size(size: int) -> str:
    """Return a size with its unit: "3.4 MB"."""
    if size < 1024:  # noqa: PLR2004 (a kibibyte)
        return f"{size} bytes"
    number = float(size)
    for unit in ("kB", "MB", "GB"):
        number /= 1024
        if number < 1024:  # noqa: PLR2004
            return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"  # noqa: PLR2004
    return f"{number / 1024:.1f} TB"


def ago(age: timedelta) -> str:
    """Return a past time in one unit: "3 hours ago"."""
    seconds = int(age.total_seconds())
    if seconds < 0:
        return "in the future"
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return f"{_count(seconds // length, unit)} ago"
    return "just now"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
