"""What is wrong with a set-up: values in, findings out. Nothing here looks at a disk, a network or a clock."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from monitor.collect.health import SILENT_AFTER
from monitor.digest.schedule import latest_slot, slot_key
from monitor.errors import sentence
from monitor.model.records import House

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.collect.health import FileSourceHealth, SourceHealth
    from monitor.config.settings import Schedule, TermProblem
    from monitor.model.watching import Subscriber

DEFAULT_CONTACT = "mailto:you@example.org"
DIGEST_LATE_AFTER = timedelta(hours=2)
CLOCK_BEHIND = timedelta(hours=24)
CALENDAR_ENDS_WITHIN = timedelta(days=60)
OLDEST_SQLITE = (3, 30, 0)
"""The first that can sort empty values first, as the outbox does."""
SHOWN_PATHS = 5
MANY_AHEAD = 10_000
"""Revisions without the index that a search reads in a second or so."""
LOW_SPACE, NO_SPACE = 500 * 1024**2, 50 * 1024**2

NETWORK_FILE_SYSTEMS = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "davfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "orangefs"}
    | {"smb2", "smb3", "smbfs", "virtiofs", "fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "fuse.s3fs", "fuse.davfs2"}
)


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found: `text` is one sentence; `remedy` what to do, "" where nothing is."""

    check: str
    level: Level
    text: str
    remedy: str = ""


def fine(check: str, text: str) -> Finding:
    """All is well."""
    return Finding(check=check, level=Level.OK, text=text)


def warning(check: str, text: str, remedy: str) -> Finding:
    """It works, but not for ever, or not as meant."""
    return Finding(check=check, level=Level.WARNING, text=text, remedy=remedy)


def failed(check: str, text: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(check=check, level=Level.FAILED, text=text, remedy=remedy)


# -- configuration ----------------------------------------------------------------------------------------------------


def check_terms(problems: Sequence[TermProblem], total: int) -> list[Finding]:
    """Terms that can't be read, each switched off; `total` counts those that can."""
    if not problems:
        return [fine("terms", f"{_count(total, 'term')} can be read.")]
    return [
        failed("terms", one.text.splitlines()[0].rstrip(".") + ".", "Correct the term: it is switched off until then.")
        for one in problems
    ]


def check_doubts(problems: Sequence[TermProblem], likely: Sequence[str]) -> list[Finding]:
    """Terms that are misread, as the archive shows, and what is said of others that may be."""
    remedy = "Correct the term: it is looked for as it is read until then."
    return [
        *(failed("terms", one.text, remedy) for one in problems if one.is_misread),
        *(warning("terms", said, "Correct the term, or leave it if it is meant so.") for said in likely),
    ]


def check_contact(contact: str) -> Finding:
    """The address that requests carry."""
    if contact == DEFAULT_CONTACT:
        return warning(
            "contact",
            f"Requests to Parliament still name {contact}.",
            "Put your own address into http.contact in config.toml.",
        )
    return fine("contact", f"Requests to Parliament name {contact}.")


# -- the program ------------------------------------------------------------------------------------------------------


def check_packages(folders: Mapping[str, str]) -> Finding:
    """Where each of the program's packages was loaded from: all from one folder, or another package hides one of them."""
    if len(set(folders.values())) == 1:
        return fine("packages", f"All parts of the program are in {next(iter(folders.values()))}.")
    places = ", ".join(f"{name} in {folder}" for name, folder in folders.items())
    return failed(
        "packages",
        f"The parts of the program come from different folders: {places}.",
        "Another package has the name of one of ours: install pqwatch into an environment of its own.",
    )


def check_migrations(problem: str | None) -> Finding:
    """Whether the archive can be upgraded; `problem` is what kept the migrations from loading."""
    if problem is None:
        return fine("migrations", "The migrations of the archive can be loaded.")
    return failed("migrations", f"The migrations can't be loaded: {sentence(problem)}", "Install pqwatch again.")


def check_sqlite(version: tuple[int, ...], *, has_full_text: bool) -> Finding:
    """The SQLite that Python uses. `has_full_text`: it was built with its module for full-text search."""
    shown, needed = (".".join(str(part) for part in one) for one in (version, OLDEST_SQLITE))
    if version < OLDEST_SQLITE:
        return failed("sqlite", f"SQLite {shown} is too old.", f"Use a Python with SQLite {needed} or newer.")
    if not has_full_text:
        return failed(
            "sqlite", f"SQLite {shown} was built without FTS5, its full-text search.", "Use another build of Python."
        )
    return fine("sqlite", f"SQLite {shown}.")


# -- the archive ------------------------------------------------------------------------------------------------------


def check_schema(version: str | None, head: str, *, is_sqlite: bool) -> Finding:
    """The archive's schema against the program's."""
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
    """Check that runs can write the archive; `problem` is why they can't, or ""."""
    if problem:
        return failed("archive", sentence(problem), "Give the user who runs pqwatch the right to write it.")
    return fine("archive", "The archive can be written.")


def check_private(readable: Sequence[str]) -> Finding:
    """Check that nobody else reads what has addresses and what is followed; `readable`: the files that others may read."""
    if not readable:
        return fine("privacy", "Only you can read the archive, its backups, the mails and config.toml.")
    many = f" and {len(readable) - 1} more" if len(readable) > 1 else ""
    return warning(
        "privacy",
        f"Other users of this machine may read {readable[0]}{many}: it has addresses, and what is followed.",
        f"Run: chmod go-rwx {' '.join(shlex.quote(path) for path in readable[:SHOWN_PATHS])}",
    )


def check_not_lost(trace: str, *, is_gone: bool, has_run: bool) -> list[Finding]:
    """Check that the archive is that of yesterday; `trace`: a file beside it that knows of mails, or ""."""
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
    """What the database says of itself."""
    if not problems:
        return fine("integrity", "The archive is sound.")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return failed(
        "integrity", f"The archive is damaged: {problems[0]}{more}.", "Run: pqwatch db restore FILE, with a backup."
    )


def file_system_of(path: str, mounts: str) -> str | None:
    """The kind of file system that an absolute path is on, from the text of /proc/self/mountinfo; None: not known.

    A line is `36 35 98:0 /root /mount/point options - kind source options`; the last mount of a place counts.
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
    """Locks do not hold on most file systems of a network, and without them SQLite loses data."""
    if kind in NETWORK_FILE_SYSTEMS:
        return warning(
            "file system",
            f"The archive is in {folder}, on a file system of a network ({kind}).",
            "Move it to a disk of this machine, or use PostgreSQL.",
        )
    return fine("file system", f"The archive is on a disk of this machine{f' ({kind})' if kind else ''}.")


def check_space(free: int, size: int, folder: str) -> Finding:
    """Bytes free where the archive is; an upgrade needs room for a copy of it (`size` bytes)."""
    text = f"{shown_size(free)} free in {folder}, and the archive has {shown_size(size)}."
    if free < NO_SPACE:
        return failed("disk space", text, "Free some space: nothing can be stored soon.")
    if free < max(LOW_SPACE, 2 * size):
        return warning("disk space", text, "Free some space: upgrades and backups need room for a copy.")
    return fine("disk space", text)


def check_index(problem: str, ahead: int) -> Finding:
    """The index for searches; `ahead`: how many revisions it has not taken in yet."""
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
    """A clock that is behind what it once said sends digests for the wrong day."""
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
    """Whether the sources were read lately, all of them well.

    `has_run`: a collect ever came to an end, good or bad. `longest_gap`: between the latest collects, so that a cron line
    that runs once a day, or on weekdays only, is no silence.
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


def check_readings(standings: Sequence[SourceHealth], timezone: ZoneInfo, *, is_collected: bool) -> list[Finding]:
    """How the reading of each source and House stands; what was never read is told by `check_collect`.

    Without `is_collected` that has told already that nothing is read at all.
    """
    found = []
    for one in standings:
        name = f"{one.source}, {one.house.value.title()}"
        if one.silence and not one.silence.is_empty and not is_collected:
            continue
        if one.silence:
            remedy = "See pqwatch status for why."
            if one.silence.is_empty:
                remedy = (
                    "See whether the House sat that day; a recess that is not known belongs into [calendar] recess."
                )
            found.append(failed("reading", one.silence.told(timezone), remedy))
        elif one.incomplete:
            count = _count(len(one.incomplete), "window")
            found.append(
                warning(
                    "reading",
                    f"{name}: {count} could not be read whole.",
                    "The next run tries again; pqwatch status names them.",
                )
            )
        elif one.read_at is not None:
            whole = f"whole to {one.last_whole_day}" if one.last_whole_day else "no day is whole yet"
            found.append(fine("reading", f"{name}: {one.read:,} of {one.published:,} answers read, {whole}."))
    return found


def check_files(shelves: Sequence[FileSourceHealth], timezone: ZoneInfo, *, is_collected: bool) -> list[Finding]:
    """How the reading of each source of files stands; what was never read is told by `check_collect`."""
    found = []
    for one in shelves:
        missing = len(one.failed) + len(one.unreadable)
        if one.silence and not one.silence.is_empty and not is_collected:
            continue
        if one.silence:
            found.append(failed("reading", one.silence.told(timezone), "See pqwatch status for why."))
        elif missing:
            remedy = (
                "Those that did not come are asked for again; a newer pqwatch may read the others: pqwatch reparse."
            )
            found.append(warning("reading", f"{one.source}: {_count(missing, 'file')} could not be read.", remedy))
        elif one.files:
            newest = f", the newest of {one.newest_day}" if one.newest_day else ""
            told = f"{one.source}: {one.records:,} records of {_count(one.files, 'file')} read{newest}."
            found.append(fine("reading", told))
    return found


def check_folders(missing: Mapping[str, Path]) -> list[Finding]:
    """Sources whose folder on this machine is not there."""
    return [
        failed(f"source {name}", f"There is no folder {path}.", f"Correct sources.{name}.path, or make it.")
        for name, path in missing.items()
    ]


def check_digests(
    subscribers: Sequence[Subscriber],
    schedule: Schedule,
    *,
    since: Mapping[str, datetime],
    is_composed: Callable[[str, str], bool],
    now: datetime,
    is_down: bool = False,
) -> list[Finding]:
    """Whether each digest that was due was composed.

    `since`: from when on each subscriber gets digests; who is not in it was not seen by a run yet. `is_composed` is asked
    for a subscriber's key and the slot's. `is_down`: whether no source could be read, for which a digest waits.
    """
    late = []
    remedy = (
        "It waits until a source can be read: see what is said of the sources."
        if is_down
        else "Run: pqwatch run, and see that pqwatch serve or cron is running."
    )
    for one in subscribers:
        slot = latest_slot(one, schedule, now)
        if one.paused or slot is None or one.key not in since or since[one.key] > slot:
            continue
        if now - slot > DIGEST_LATE_AFTER and not is_composed(one.key, slot_key(slot)):
            late.append(
                failed(
                    "digests",
                    f"The digest of {one.name}, due {slot:%a %d %b %Y %H:%M}, was not made.",
                    remedy,
                )
            )
    return late or [fine("digests", "No digest is late.")]


def check_mails(held: int, retired: Sequence[str], paused: str | None) -> list[Finding]:
    """Mails and addresses (one sentence each, the remedy behind a colon) that wait for a person; a queue that waits."""
    found = []
    if held:
        found.append(
            failed(
                "mails",
                f"{_count(held, 'mail')} {'is' if held == 1 else 'are'} held.",
                "See pqwatch status; then pqwatch deliver --release ID, or --discard ID.",
            )
        )
    for one in retired:
        told, _, remedy = one.partition(": ")
        found.append(failed("mails", sentence(told), sentence(remedy)))
    if paused:
        found.append(failed("mails", sentence(paused), "Put the cause right; pqwatch deliver tries again at once."))
    return found or [fine("mails", "No mail is held or refused.")]


def check_quarantine(total: int) -> Finding:
    """Records that were received and not understood."""
    if total:
        return failed(
            "quarantine",
            f"{_count(total, 'record')} can't be understood and {'is' if total == 1 else 'are'} kept as received.",
            "See pqwatch status; a newer pqwatch may read them: pqwatch reparse.",
        )
    return fine("quarantine", "Everything received was understood.")


def check_calendar(known_until: Mapping[House, date | None], today: date) -> list[Finding]:
    """Check how long the table of sitting days still reaches."""
    found = []
    for house, end in known_until.items():
        text = f"The table of sitting days of the {house.value.title()} ends on {end}."
        if end is None:
            text = f"There is no table of sitting days of the {house.value.title()}."
        elif end - today > CALENDAR_ENDS_WITHIN:
            found.append(fine("calendar", text))
            continue
        elif end < today:
            text = f"The table of sitting days of the {house.value.title()} ended on {end}."
            if house is House.COMMONS:
                text += " Of questions due later, only those for a named day are called late."
        found.append(
            warning("calendar", text, "Add the coming recesses to [calendar] recess, or install a newer pqwatch.")
        )
    return found


# -- words ------------------------------------------------------------------------------------------------------------


def shown_size(size: int) -> str:
    """Bytes as people read them."""
    if size < 1024:  # noqa: PLR2004 (a kibibyte)
        return f"{size} bytes"
    number = float(size)
    for unit in ("kB", "MB", "GB"):
        number /= 1024
        if number < 1024:  # noqa: PLR2004
            return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"  # noqa: PLR2004
    return f"{number / 1024:.1f} TB"


def ago(age: timedelta) -> str:
    """A length of time before now in one unit: "3 hours ago"."""
    seconds = int(age.total_seconds())
    if seconds < 0:
        return "in the future"
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return f"{_count(seconds // length, unit)} ago"
    return "just now"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
