"""What can go wrong, sorted by what the caller can do about it.

::

    MonitorError
    ├── ConfigError        config.toml or a flag is wrong: tell the user, exit 2
    ├── StaleConfigError   config.toml was changed since it was read: read it again
    ├── FetchError         a source did not answer as it should: try again later
    │   └── GoneError      the source says that the record is not there (404, 410)
    ├── LetterError        a file of the user's own can't be read: tell the user, exit 2
    ├── ParseError         the source sends what we do not understand: keep the bytes, tell a human
    ├── RecordNotFoundError   the archive has no record with that reference
    ├── ArchiveError       the database refused
    │   ├── SchemaError    its schema is not this program's: `pqwatch db upgrade`, exit 2
    │   ├── LockedError    another process holds the database longer than we wait
    │   ├── UnreachableError   its server does not answer
    │   └── LeaseError     another run holds the archive: nothing to do, exit 0
    │       └── BrokenOffError   or took it over from us: exit 1
    ├── OutputError        what was asked for can't be written where it should go
    └── DeliveryError      a mail was not handed over; says whether trying again makes sense
        └── AmbiguousDeliveryError   it may have been handed over: the final dot was sent, no reply came
            └── SilentServerError    or has not come yet
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

_E = TypeVar("_E", bound=BaseException)


class MonitorError(Exception):
    """The root: whatever pqwatch raises on purpose. Its text is one sentence for the user."""


class ConfigError(MonitorError):
    """The configuration can't be used.

    `problems` holds one sentence for each mistake, in file order, each with line and remedy.
    """

    def __init__(self, problems: str | list[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else problems
        super().__init__("\n".join(self.problems))


class StaleConfigError(MonitorError):
    """config.toml was changed between its reading and the work that goes by it."""


class FetchError(MonitorError):
    """A source could not be read; `url` is what was asked."""

    def __init__(self, message: str, *, url: str) -> None:
        super().__init__(message)
        self.url = url


class GoneError(FetchError):
    """The source answered 404 or 410: what was asked for is not there."""


class LetterError(MonitorError):
    """A letter that was handed over to be checked can't be read; the text says in which format it can."""


class ParseError(MonitorError):
    """A payload that we do not understand; `key` names the record in its source, if that much was readable."""

    def __init__(self, message: str, *, key: str | None = None) -> None:
        super().__init__(message)
        self.key = key


class RecordNotFoundError(MonitorError):
    """The archive has no record with a reference; `reference` is what was asked for."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"the archive has no record {reference!r}")
        self.reference = reference


class ArchiveError(MonitorError):
    """The database refused to read or to store."""


class SchemaError(ArchiveError):
    """The archive's schema is older or newer than this program's."""


class LockedError(ArchiveError):
    """Another process held the database for longer than we wait."""


class UnreachableError(ArchiveError):
    """The database's server can't be reached, or fell silent: it may be back soon."""


class LeaseError(ArchiveError):
    """Another run holds the archive; the text says which."""


class BrokenOffError(LeaseError):
    """The archive was taken over from this run by another one: what it was doing is not finished."""


class OutputError(MonitorError):
    """What was asked for can't be written where it should go: name another place."""


class DeliveryError(MonitorError):
    """A mail was surely not handed over.

    `scope` says what is wrong: "message" (try again later), "recipient" (this address is refused for good)
    or "server" (nothing can be sent now: leave the whole queue alone until later, for `wait` at least).
    `may_be_server`: said of this mail, but where others fail so too it is the server's trouble.
    """

    def __init__(self, message: str, *, scope: str, wait: timedelta | None = None, may_be_server: bool = False) -> None:
        super().__init__(message)
        self.scope = scope
        self.wait = wait
        self.may_be_server = may_be_server


class AmbiguousDeliveryError(DeliveryError):
    """The final dot was sent and no reply came: the server may or may not have the mail."""


class SilentServerError(AmbiguousDeliveryError):
    """The final dot was sent and no reply has come so far.

    `wait_on` waits for it as long as one must, or until the seconds that it is given run out: gives the reply where the
    server has the mail, else raises DeliveryError. May be called in another thread.
    """

    def __init__(self, message: str, *, wait_on: Callable[[Callable[[], float]], str]) -> None:
        super().__init__(message, scope="message")
        self.wait_on = wait_on


def without_frames(exc: _E) -> _E:
    """Drop what an error holds of where it came from: an error that is kept would keep whole bodies alive with it."""
    exc.__traceback__ = exc.__cause__ = exc.__context__ = None
    return exc


def sentence(text: str) -> str:
    """A message as a sentence: a capital in front, unless it begins with a name or an address, and a stop at its end."""
    first = text.partition(" ")[0].rstrip(",;:").replace("'", "")
    begun = text[:1].upper() + text[1:] if first.isalpha() else text
    return begun + ("" if text.endswith((".", "!", "?")) else ".")
