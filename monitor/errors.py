"""Errors, sorted by what the caller can do about them.

::

    MonitorError
    ├── ConfigError        config.toml or a flag is wrong: tell the user, exit 2
    │   ├── RefusedChangeError   a change of it that can't be made as it was asked for
    │   └── TakenNameError     another subscriber has the name
    ├── StaleConfigError   config.toml was changed since it was read: read it again
    ├── FetchError         a source did not answer as it should: try again later
    │   └── GoneError      the source says that the record is not there (404, 410)
    ├── LetterError        the user's letter can't be read: tell the user, exit 2
    ├── ParseError         the source sent something unknown: keep the bytes, tell the operator
    ├── RecordNotFoundError   the archive has no record with that reference
    ├── ArchiveError       the database refused
    │   ├── SchemaError    its schema has another version: `pqwatch db upgrade`, exit 2
    │   │   └── VersionError   another version of the program works on it: exit 2
    │   ├── LockedError    another process holds the database for too long
    │   ├── UnreachableError   its server does not answer, or its file can't be opened
    │   └── LeaseError     another run holds the archive: nothing to do, exit 0
    │       ├── NotDoneError     so what was asked for by hand is not done: exit 1
    │       └── BrokenOffError   another run took it over: exit 1
    ├── OutputError        the output can't be written to its place
    └── DeliveryError      a message was not delivered; `scope` says what to do
        └── AmbiguousDeliveryError   it may have been delivered: the final dot was sent, no reply came
            └── SilentServerError    the reply may still come
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

log = logging.getLogger(__name__)

_E = TypeVar("_E", bound=BaseException)


class MonitorError(Exception):
    """Root of all errors that pqwatch raises on purpose. The text is one sentence for the user."""


class ConfigError(MonitorError):
    """The configuration can't be used.

    `problems`: one sentence for each mistake, in file order, with its line and remedy.
    """

    def __init__(self, problems: str | list[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else problems
        super().__init__("\n".join(self.problems))


class RefusedChangeError(ConfigError):
    """A change of config.toml that can't be made as it was asked for.

    `problem`: the reason as a sentence. `advice`: what to do on the command line; the page gives its own.
    """

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(f"{problem} {advice}")
        self.problem = problem


class TakenNameError(ConfigError):
    """Another subscriber has this name, or has it as id."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a subscriber {name!r} already. Choose another name: two digests need two names.")


class StaleConfigError(MonitorError):
    """config.toml was changed after it was read."""


class FetchError(MonitorError):
    """A source could not be read. `url`: the address that was asked. `is_final`: asking again would not change it."""

    def __init__(self, message: str, *, url: str, is_final: bool = False) -> None:
        super().__init__(message)
        self.url = url
        self.is_final = is_final


class GoneError(FetchError):
    """The source answered 404 or 410."""


class LetterError(MonitorError):
    """The user's letter can't be read. The text names the formats that can."""


class ParseError(MonitorError):
    """A payload can't be parsed. `key`: the record in its source, if that was readable."""

    def __init__(self, message: str, *, key: str | None = None) -> None:
        super().__init__(message)
        self.key = key


class RecordNotFoundError(MonitorError):
    """The archive has no record with this reference."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"the archive has no record {reference!r}")
        self.reference = reference


class ArchiveError(MonitorError):
    """The database failed to read or to store."""


class SchemaError(ArchiveError):
    """The archive's schema has another version than this program expects."""


class VersionError(SchemaError):
    """Another version of the program works on the archive."""


class LockedError(ArchiveError):
    """Another process held the database for longer than the time-out."""


class UnreachableError(ArchiveError):
    """The database server can't be reached or does not answer, or the file can't be opened. It may be back soon."""


class LeaseError(ArchiveError):
    """Another run holds the archive. The text says which."""


class NotDoneError(LeaseError):
    """Another run holds the archive, and does not do what was asked for. The text says which, and what to do."""


class BrokenOffError(LeaseError):
    """Another run took the archive over, so this run's work is not finished."""


class OutputError(MonitorError):
    """Output can't be written to its place: the user has to name another."""


class DeliveryError(MonitorError):
    """A message was certainly not delivered.

    `scope`: "message" (try again later), "recipient" (the address is refused for good) or "server" (nothing can be sent
    now: pause the whole queue, for `wait` at least). `may_be_server`: the error names this message, but if others fail in
    the same way the server is the cause. `is_reply`: the server said so. `at_connecting`: a new connection got nowhere, so
    nothing of the message went; where other connections send, this one was one too many.
    """

    def __init__(
        self,
        message: str,
        *,
        scope: str,
        wait: timedelta | None = None,
        may_be_server: bool = False,
        is_reply: bool = False,
        at_connecting: bool = False,
    ) -> None:
        super().__init__(message)
        self.scope = scope
        self.wait = wait
        self.may_be_server = may_be_server
        self.is_reply = is_reply
        self.at_connecting = at_connecting


class AmbiguousDeliveryError(DeliveryError):
    """The final dot was sent and no reply came, so the server may or may not have the message."""


class SilentServerError(AmbiguousDeliveryError):
    """The final dot was sent and no reply has come so far.

    `wait_on(seconds_left)` waits for the reply. It returns the reply if the server has the message, otherwise it raises
    DeliveryError. It may be called in another thread.
    """

    def __init__(self, message: str, *, wait_on: Callable[[Callable[[], float]], str]) -> None:
        super().__init__(message, scope="message")
        self.wait_on = wait_on


@contextmanager
def parsing(key: str) -> Iterator[None]:
    """Raise ParseError for an error that a parser did not expect: it costs the record or file with this key, not the run."""
    try:
        yield
    except MonitorError:
        raise
    except Exception as exc:
        log.exception("parser key=%s", key)
        problem = f"{key or 'a record'} can't be read ({type(exc).__name__}: {exc}): report it, please"
        raise ParseError(problem, key=key) from exc


def without_frames(exc: _E) -> _E:
    """Drop the traceback and causes of an error that is kept: its frames would keep whole response bodies in memory."""
    exc.__traceback__ = exc.__cause__ = exc.__context__ = None
    return exc


def sentence(text: str) -> str:
    """Make a message a sentence: a capital first letter, unless it begins with a name or an address, and a full stop."""
    first_word = text.partition(" ")[0].rstrip(",;:").replace("'", "")
    capitalised = text[:1].upper() + text[1:] if first_word.isalpha() else text
    return capitalised + ("" if text.endswith((".", "!", "?")) else ".")


def signal_behind(error: BaseException) -> BaseException | None:
    """Return the exception of the Ctrl-C or SIGTERM that led to an error, or None.

    A library that cleans up after a signal may find its own state half changed, and raise an error of its own instead.
    So does an import, before Python 3.12, if the signal comes in the middle of a class.
    """
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, (KeyboardInterrupt, SystemExit)):
        seen = seen.__cause__ or seen.__context__
    return seen
