"""Errors of the database in our words, each a sentence with the remedy."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import DBAPIError, OperationalError

from monitor.errors import ArchiveError, LockedError, UnreachableError, signal_behind
from monitor.model.archive_address import SECRET_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Engine

_REMEDIES: Final = {
    "not a database": "name another file in archive.url, or put a backup in its place: pqwatch db restore FILE",
    "malformed": "pqwatch db check says whether it is damaged",
    "disk I/O": "see that its disk is sound and may be written, and run again",
}
_LEAST_ROOM: Final = 1 << 20


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Translate errors of the database into ours, each a sentence with the remedy.

    An error that a signal led to becomes that signal again.
    """
    try:
        with _signals_kept():
            yield
    except OperationalError as exc:
        text, where = _first_line(exc), shown_address(engine.url)
        if is_locked(exc):
            raise LockedError(f"{where} is in use by another process: try again when that is done") from exc
        if "statement timeout" in text:
            what = "a statement took longer than it may: allow more in the archive's address (statement_timeout)"
            raise ArchiveError(f"{where}: {what}") from exc
        if engine.dialect.name == "postgresql" and (problem := _unreachable(exc)):
            raise UnreachableError(f"{where} {problem}") from exc
        if "unable to open" in text:
            what = "does its folder exist, and may you write there, and open the file and its -wal and -shm?"
            raise UnreachableError(f"{where} can't be opened: {what}") from exc
        if "readonly" in text:
            raise ArchiveError(f"{where} can only be read here: may you write it, and into its folder?") from exc
        if "disk is full" in text or ("disk I/O" in text and _is_full(engine.url)):
            raise ArchiveError(f"{where}: the disk is full ({text}): free some space and run again") from exc
        raise ArchiveError(f"{where}: {text}{_remedy(text)}") from exc
    except DBAPIError as exc:
        text = _first_line(exc)
        raise ArchiveError(f"{shown_address(engine.url)}: {text}{_remedy(text)}") from exc


def _remedy(text: str) -> str:
    """Return what to do about an error of SQLite, behind a colon; "" where only the error itself says it."""
    return next((f": {remedy}" for words, remedy in _REMEDIES.items() if words in text), "")


def _is_full(url: URL) -> bool:
    """Return whether the disk of a SQLite archive is full: SQLite calls that an I/O error where it makes a file."""
    try:
        return shutil.disk_usage(Path(url.database or "").absolute().parent).free < _LEAST_ROOM
    except OSError:
        return False


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Raise the signal again where SQLAlchemy, cleaning up after it, raised an error of its own."""
    try:
        yield
    except Exception as exc:
        if (interruption := signal_behind(exc)) is not None:
            raise interruption from None
        raise


def _unreachable(exc: OperationalError) -> str:
    """Explain that a server can't be reached, has no room or fell silent; "" if it sent another error itself."""
    text = str(exc.orig)
    remedy = "is the database server up, and can it be reached from here?"
    if re.search(r"too many (?:clients|connections)|connection slots|no more connections", text):
        return f"takes no more connections now ({_first_line(exc)}): end others, or let the server take more"
    if re.search(r"timeout expired|timed out|does not answer", text):
        return f"does not answer: {remedy}"
    gone = (
        r"refused|unreachable|No route|closed the connection|could not (?:receive|send)|connection is (?:lost|closed)"
    )
    gone_with_tls = r"unexpected eof|SSL SYSCALL error|SSL connection has been closed"
    no_name = r"could not translate host name|Name or service not known|name resolution|Name does not resolve"
    restarts = r"in recovery mode|starting up|shutting down|not yet accepting connections|terminating connection"
    if re.search(f"{gone}|{gone_with_tls}|{no_name}|{restarts}", text):
        return f"can't be reached ({_first_line(exc)}): {remedy}"
    return ""


def shown_address(url: URL) -> str:
    """Return the address of a database without passwords, also those among its options."""
    without = dict.fromkeys(SECRET_OPTIONS & url.query.keys(), "...")
    return url.update_query_dict(without).render_as_string(hide_password=True)


def is_locked(exc: DBAPIError) -> bool:
    """Return whether the database is locked by another process, or stayed so too long."""
    return re.search(r"locked|busy|lock timeout|deadlock", _first_line(exc)) is not None


def _first_line(exc: DBAPIError) -> str:
    return str(exc.orig).strip().splitlines()[0] if str(exc.orig).strip() else type(exc.orig).__name__
