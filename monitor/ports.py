"""Protocols of the outside world: sources to read, people to look up, a mailer to hand messages to.

Each has a fake in the tests beside the real adapter in `scrapers` or `monitor.delivery`. The archive has no protocol:
the tests use a real SQLite file, so its type is `db.archive.Archive`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from monitor.model.announced_days import Announcement
    from monitor.model.collection import HostTurn
    from monitor.model.index_query import IndexQuery
    from monitor.model.records import Event, Facts, House, Member, Proceeding
    from monitor.model.sources import Announced, Cached, Detail, FileRef, Parsed, Payload, Posted, Window, WindowPage
    from monitor.model.watching import Match

    PartTexts = Mapping[str, str]
    """Texts of a document, or their search forms, by the names of its parts."""
    FactsGetter = Callable[[], Facts]

# -- sources ----------------------------------------------------------------------------------------------------------


class Source(Protocol):
    """A source of proceedings that is read by windows of a day.

    Methods raise FetchError (try again later) and ParseError (the source changed).
    """

    @property
    def name(self) -> str:
        """Name of the source in the configuration, the archive and the log."""
        ...

    @property
    def houses(self) -> tuple[House, ...]:
        """Houses that the source is read for."""
        ...

    @property
    def by(self) -> tuple[str, ...]:
        """Dates that windows may select by: "tabled", "answered", "corrected"; "made" for statements and speeches."""
        ...

    def read_window(self, window: Window) -> Iterator[WindowPage]:
        """Read a window page by page. Each record comes once, in its newest state."""
        ...

    def read_details(self, keys: Sequence[str]) -> Iterator[Detail]:
        """Read records by key, several requests at a time; yield one Detail for each key, in any order.

        An announced record may be asked for by the key `DAY/UIN`. Its Detail has that key, and its payload the source's
        own key.
        """
        ...

    def parse(self, payload: Payload) -> Proceeding:
        """Parse the payload of one record, from a list or from a detail page."""
        ...


@runtime_checkable
class ReadsAhead(Protocol):
    """A source of windows that can read several days in one request."""

    def read_ahead(self, windows: Sequence[Window]) -> None:
        """Take note of the windows that are going to be read, in this order."""
        ...


@runtime_checkable
class FileSource(Protocol):
    """A source whose unit is a file with many records, such as a day's answers, a volume or a feed."""

    @property
    def name(self) -> str:
        """Name of the source in the configuration, the archive and the log."""
        ...

    @property
    def houses(self) -> tuple[House, ...]:
        """Houses whose records the files hold."""
        ...

    @property
    def version(self) -> int:
        """Version of the parser. A file that was read by an older version is read again."""
        ...

    def files(self, first: date | None = None, last: date | None = None) -> Iterator[FileRef]:
        """List the files of these days (both included) and those of unknown days, newest first. Raises FetchError."""
        ...

    def fetch(self, ref: FileRef) -> Payload:
        """Fetch a file. The payload's key is `ref.name`. Raises FetchError."""
        ...

    def records(self, payload: Payload) -> Iterator[Parsed]:
        """Parse a file record by record. Raises ParseError where the file as a whole can't be read."""
        ...


@runtime_checkable
class Discovery(Protocol):
    """A source that also announces what other sources published, as feeds do."""

    def announced(self, source: str) -> Iterator[Announced]:
        """Yield what it announces of another source; nothing where it can't be read."""
        ...


class CalendarSource(Protocol):
    """Parliament's own calendar. Implemented by `scrapers.whats_on.calendar`. Methods raise FetchError and ParseError."""

    def read_days(self, house: House, first: date, last: date) -> list[Announcement]:
        """Read the sitting days of a House, and its periods without a sitting."""
        ...

    def read_sessions(self) -> list[Announcement]:
        """Read every session."""
        ...

    def read_answer_days(self, tabled: Iterable[date]) -> Iterator[Announcement]:
        """Read for each day tabled the first day on which the Commons' questions may be answered, by their type."""
        ...


class Cache(Protocol):
    """Responses kept by URL for conditional requests. Implemented by `db.payloads.Cache`."""

    def get(self, url: str) -> Cached | None:
        """Return the kept response, if there is one."""
        ...

    def put(self, url: str, answer: Cached) -> None:
        """Keep a response in place of an older one."""
        ...


# -- people -----------------------------------------------------------------------------------------------------------


class Register(Protocol):
    """Register of members: one person across numbers, spellings and Houses.

    Where the register is not certain, the member is returned as printed.
    """

    def by_number(self, number: str, printed: str | None, day: date) -> Member:
        """Find a member by a number of parlparse, such as "uk.org.publicwhip/member/1850" or ".../person/10854"."""
        ...

    def by_name(
        self, printed: str, house: House, day: date, *, constituency: str | None = None, office: str | None = None
    ) -> Member:
        """Find a member by the name printed on a day. A printed constituency decides between namesakes."""
        ...

    def office_of(self, member: Member, day: date) -> str | None:
        """Return the government office that a member held on a day; None where none is known."""
        ...


class MemberSource(Protocol):
    """Names for the numbers of members, from the Members API."""

    def read_members(self, ids: Iterable[int]) -> Iterator[tuple[int, Member | None]]:
        """Look members up; None where the source does not know a number. Raises FetchError for the rest."""
        ...


# -- delivery ---------------------------------------------------------------------------------------------------------


class Callback(Protocol):
    """A step that the archive records before the mailer goes on."""

    def __call__(self) -> None:
        """Record the step."""
        ...


class Accepted(Protocol):
    """The step that records that the server accepted the message."""

    def __call__(self, reply: str, /) -> None:
        """Record it with the server's reply, one line."""
        ...


class Mailer(Protocol):
    """Hands one message to one recipient.

    `is_idempotent`: delivering a message twice does no harm, as with files that are overwritten.
    """

    is_idempotent: bool

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        """Hand a message over.

        `before_dot` is called when everything but the final dot is sent: a failure before it means that the message was
        certainly not accepted, a failure after it is ambiguous. `accepted` is called as soon as the server has the
        message, before anything else can fail. Raises DeliveryError and AmbiguousDeliveryError.
        """
        ...

    def close(self) -> None:
        """End the connection. Raises nothing."""
        ...


class Turns(Protocol):
    """Turns at hosts that several processes share. Implemented in `db.host_turns`; may be called from any thread."""

    def take(self, host: str, apart: float) -> HostTurn:
        """Take the next turn at a host, `apart` seconds after the last one of any process."""
        ...

    def pause(self, host: str, seconds: float) -> None:
        """Let all processes leave a host alone for some seconds."""
        ...


class Poster(Protocol):
    """Posts over HTTP once: it follows no redirect and does not retry. Implemented in `scrapers.http.posting`."""

    def post(self, url: str, body: Iterable[bytes], length: int, headers: Mapping[str, str]) -> Posted:
        """Post a body of `length` bytes, read piece by piece. Raises FetchError, whose text never holds the URL."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


# -- search -----------------------------------------------------------------------------------------------------------


class Query(Protocol):
    """A compiled query of the term language."""

    @property
    def need(self) -> IndexQuery | None:
        """Requirement on the search form of a document; None where any document may match."""
        ...

    @property
    def conditions(self) -> Sequence[tuple[str, str]]:
        """Filters that every result passes, as names and values: those of the whole query, not of one operand."""
        ...

    def spans(
        self, parts: PartTexts, forms: PartTexts | None = None, facts: FactsGetter | None = None
    ) -> tuple[Match, ...] | None:
        """Return the matches in these parts (plain text by name); None where the query does not match.

        The result is empty where the query matches by its filters alone. `forms`: search forms of the parts, if the
        caller has them. `facts` is called only if the query has filters.
        """
        ...

    def holds(self, parts: PartTexts, forms: PartTexts | None = None, facts: FactsGetter | None = None) -> bool:
        """Return whether `spans` would not be None."""
        ...


# -- news -------------------------------------------------------------------------------------------------------------


class NewsRule(Protocol):
    """Decides whether a new revision may be mailed, or is history."""

    def __call__(self, before: Proceeding | None, after: Proceeding, events: tuple[Event, ...], /) -> bool:
        """Return whether the revision is news."""
        ...
