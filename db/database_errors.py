"""Errors of the database in our words, each a sentence with the remedy."""

from __future__ import annotations

import re
import shutil
import sqlite3
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

_LOCKED: Final = frozenset({"55P03", "40P01"})
"""States of PostgreSQL: a lock was waited for in vain, or a deadlock."""
_GONE: Final = re.compile(r"08...|57P0.")
"""States of PostgreSQL: the connection broke, or the server ends or begins."""
_REFUSED: Final = {
    "25006": "{where} is read-only ({text}): it is a standby, or set so; name its primary in archive.url",
    "40001": "{where} ended a statement ({text}): try again",
    "42501": "{where} does not let its user do this ({text}): pqwatch doctor says which rights are missing",
    "53100": "{where}: the disk of the database server is full ({text}): free some space and run again",
    "57014": "{where}: a statement took longer than it may ({text}): allow more in the archive's address "
    "(statement_timeout)",
}
"""Sentences for what a PostgreSQL server refused, by its state. Its own words come in the language that it is set to."""
_IS_IT_UP: Final = "is the database server up, and can it be reached from here?"


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Translate errors of the database into ours, each a sentence with the remedy.

    An error that a signal led to becomes that signal again.
    """
    try:
        with _signals_kept():
            yield
    except DBAPIError as exc:
        if is_locked(exc):
            where = shown_address(engine.url)
            raise LockedError(f"{where} is in use by another process: try again when that is done") from exc
        translate = _of_server if engine.dialect.name == "postgresql" else _of_file
        raise translate(exc, engine.url) from exc


def _of_file(exc: DBAPIError, url: URL) -> ArchiveError:
    """Translate an error of SQLite."""
    text, where = _first_line(exc), shown_address(url)
    if isinstance(exc, OperationalError):
        if "unable to open" in text:
            what = "does its folder exist, and may you write there, and open the file and its -wal and -shm?"
            return UnreachableError(f"{where} can't be opened: {what}")
        if "readonly" in text:
            return ArchiveError(f"{where} can only be read here: may you write it, and into its folder?")
        if "disk is full" in text or ("disk I/O" in text and _is_full(url)):
            return ArchiveError(f"{where}: the disk is full ({text}): free some space and run again")
    remedy = next((f": {remedy}" for words, remedy in _REMEDIES.items() if words in text), "")
    return ArchiveError(f"{where}: {text}{remedy}")


def _of_server(exc: DBAPIError, url: URL) -> ArchiveError:
    """Translate an error of PostgreSQL, by its state. While a connection is made, or breaks, there are only words."""
    text, where, state = _first_line(exc), shown_address(url), _state(exc)
    if state and _GONE.fullmatch(state):
        return UnreachableError(f"{where} can't be reached ({text}): {_IS_IT_UP}")
    if state is None and isinstance(exc, OperationalError):
        return UnreachableError(f"{where} {_without_connection(text)}")
    return ArchiveError(_REFUSED.get(state or "", "{where}: {text}").format(where=where, text=text))


def _without_connection(text: str) -> str:
    """Explain that there is no connection to a server.

    The words of the server follow two spaces, and come in its language. The others are those of its library, in English.
    """
    if re.search(r"too many (?:clients|connections)|connection slots|no more connections", text):
        return f"takes no more connections now ({text}): end others, or let the server take more"
    if re.search(r"timeout expired|timed out|does not answer", text):
        return f"does not answer: {_IS_IT_UP}"
    if re.search(r"(?:^|: )\w+:  |no password supplied", text):
        return (
            f"refuses the connection ({text}): wait if it is starting or full, else correct user, password or database "
            "in its address"
        )
    if re.search(r"certificate |private key|does not support SSL| alert |protocol version", text):
        remedy = "has its certificate expired? Else see sslmode, sslrootcert, sslcert and sslkey in its address"
        return f"can't be reached safely ({text}): {remedy}"
    return f"can't be reached ({text}): {_IS_IT_UP}"


def has_answered(exc: Exception) -> bool:
    """Return whether a server sent an error itself, rather than nothing, when a connection to it was tried."""
    return getattr(exc, "sqlstate", None) is not None or re.search(r": \w+:  ", str(exc)) is not None


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


def shown_address(url: URL) -> str:
    """Return the address of a database without passwords, also those among its options."""
    without = dict.fromkeys(SECRET_OPTIONS & url.query.keys(), "...")
    return url.update_query_dict(without).render_as_string(hide_password=True)


def is_locked(exc: DBAPIError) -> bool:
    """Return whether the database is locked by another process, or stayed so too long."""
    if (state := _state(exc)) is not None:
        return state in _LOCKED
    is_of_file = isinstance(exc, OperationalError) and isinstance(exc.orig, sqlite3.Error)
    return is_of_file and re.search(r"locked|busy", _first_line(exc)) is not None


def _state(exc: DBAPIError) -> str | None:
    """Return the state (SQLSTATE) of an error that a PostgreSQL server reported."""
    return getattr(exc.orig, "sqlstate", None)


def _first_line(exc: DBAPIError) -> str:
    return str(exc.orig).strip().splitlines()[0] if str(exc.orig).strip() else type(exc.orig).__name__
