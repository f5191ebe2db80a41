"""Checks of a set-up for `pqwatch doctor`: functions of values that return findings.

The caller reads the disk, the network and the clock.
"""

from __future__ import annotations

import shlex
from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from monitor.errors import sentence
from monitor.operations.check_results import Finding, counted, failed, fine, shown_size, warning

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from monitor.config.settings import TermProblem

DEFAULT_CONTACT = "mailto:you@example.org"
CLOCK_BEHIND = timedelta(hours=24)
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


# -- configuration ----------------------------------------------------------------------------------------------------


def check_terms(problems: Sequence[TermProblem], total: int) -> list[Finding]:
    """Report terms that can't be read and are switched off. `total`: number of terms that can be read."""
    if not problems:
        return [fine("terms", f"{counted(total, 'term')} can be read.")]
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
        return [fine("subscribers", f"The archive keeps {counted(total, 'subscriber')}.")] if total else []
    remedy = (
        "Choose other topics with pqwatch subscribers change. To keep only what the archive has of somebody, delete their "
        "table in config.toml; pqwatch subscribers remove removes both."
    )
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


def check_writable(problem: str, *, is_sqlite: bool) -> Finding:
    """Check that runs can write the archive. `problem`: why they can't, or ""."""
    if problem:
        remedy = (
            "Give the user who runs pqwatch the right to write it."
            if is_sqlite
            else "Grant it SELECT, INSERT, UPDATE and DELETE on tables and USAGE on sequences. Reading works without."
        )
        return failed("archive", sentence(problem), remedy)
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
        return fine("index", f"The index for searches takes in {counted(ahead, 'revision')} with the next run.")
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
