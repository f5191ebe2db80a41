"""What a source hands over: payloads, windows and files, and the records read from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime, timedelta

    from monitor.errors import FetchError, ParseError
    from monitor.model.records import House, Proceeding


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What was received for one record: kept, so that parsing can be repeated. `key` is the source's own id."""

    source: str
    key: str
    url: str
    fetched_at: datetime
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A day of one House by one of the source's dates: `by` is "tabled", "answered", "corrected" or "made"."""

    source: str
    house: House
    by: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One record as a list shows it.

    `list_hash` changes when anything in the list's view of the record does. `proceeding` is there where the list holds it
    whole, else its detail must be read. `error` is there where the entry could not be understood.
    """

    payload: Payload
    list_hash: str
    proceeding: Proceeding | None
    error: ParseError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some entries of a window, and the total that the source counts in it.

    `is_whole` is None on all pages but the last; there it says whether every entry of the window was seen, and `note`
    says why not.
    """

    entries: tuple[Listed, ...]
    total: int
    is_whole: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """The answer to one look at a record by its key: exactly one of `payload` and `error` is there."""

    key: str
    payload: Payload | None = None
    error: FetchError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A proceeding as just read, with the bytes it was read from.

    `key` is the source's own for the record, where the payload holds many; else the payload's. `list_hash`: the view of it
    that lists show, None where it was not seen in one. `is_detail`: read by its key, whole.
    """

    payload: Payload
    proceeding: Proceeding
    key: str = ""
    list_hash: str | None = None
    is_detail: bool = False

    def __post_init__(self) -> None:
        """A payload of one record has its key."""
        if not self.key:
            object.__setattr__(self, "key", self.payload.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRef:
    """A file that a source has: a day's answers, a volume, a feed.

    `name` is the same each time ("wrans/answers2009-10-26f.xml"). `day`: the day that it tells of, None where it tells of
    many or that is not known before it is read. `stamp` changes when the file does; "" where only reading it tells.
    """

    name: str
    day: date | None = None
    stamp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """One record of a file: exactly one of `proceeding` and `error` is there.

    `key` is the same for the record in every version of the file. `excerpt`, with an error: the record alone, as a file of
    its own that `FileSource.records` would read, to be kept and tried again.
    """

    key: str
    proceeding: Proceeding | None = None
    error: ParseError | None = None
    excerpt: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A record that one source says another published.

    It is known by the day on which it was tabled or made, and its UIN; `day` is that on which it was news.
    """

    dated_on: date
    uin: str
    day: date

    @property
    def key(self) -> str:
        """What `Source.read_details` takes for a key besides its own."""
        return f"{self.dated_on}/{self.uin}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """An answer that was kept with what asks whether it still holds (ETag, Last-Modified; "" where there was none)."""

    body: bytes
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What a server answered to a request that was posted: the beginning of its words on one line.

    `retry_after`: for how long it wants to be left alone, where it says so.
    """

    status: int
    text: str
    retry_after: timedelta | None = None
