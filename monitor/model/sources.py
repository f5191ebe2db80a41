"""Payloads, windows and files of sources, and the records read from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date, datetime, timedelta

    from monitor.errors import FetchError, ParseError
    from monitor.model.records import House, Proceeding


COMING: Final = "coming"
"""Date by which windows of the sources of what is coming select: everything that is set down for their day or later."""
COMING_SOURCES: Final = ("oral_questions", "whats_on", "committees")
"""Sources of what is coming."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """Bytes received for one record, kept so that they can be parsed again. `key` is the source's own id."""

    source: str
    key: str
    url: str
    fetched_at: datetime
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One day of one House by one of the source's dates.

    `by` is "tabled", "answered", "corrected", "made", "meeting" or "coming". A window of a meeting holds the questions that
    it did not reach, one of what is coming all that is set down for its day or later.
    """

    source: str
    house: House
    by: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One record as it appears in a list.

    `list_hash` changes when the entry does. `proceeding` is None if the list cuts the record short, so that its detail
    must be read. `error` is set if the entry can't be parsed. `lacks_answers`: the list never shows answers, so that a
    record that is known as answered need not be read again for it.
    """

    payload: Payload
    list_hash: str
    proceeding: Proceeding | None
    error: ParseError | None = None
    lacks_answers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPage:
    """Page of a window's list: some entries, and the source's total for the window.

    `is_whole` is None on every page but the last, where it says whether all entries of the window were seen; `note` is the
    reason if not.
    """

    entries: tuple[Listed, ...]
    total: int
    is_whole: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """Result of reading one record by its key: either `payload` or `error` is set."""

    key: str
    payload: Payload | None = None
    error: FetchError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A proceeding as just read, with its payload.

    `key` is the source's own key of the record; by default the payload's, for a payload with one record. `list_hash`: see
    `Listed`; None if the record was not seen in a list. `is_detail`: it was read by its key.
    """

    payload: Payload
    proceeding: Proceeding
    key: str = ""
    list_hash: str | None = None
    is_detail: bool = False

    def __post_init__(self) -> None:
        """Take the key of the payload if there is no other."""
        if not self.key:
            object.__setattr__(self, "key", self.payload.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRef:
    """A file of a source: a day's answers, a volume, a feed.

    `name` stays the same ("wrans/answers2009-10-26f.xml"). `day` is None if the file has several days or its day is not
    known before it is read. `stamp` changes when the file does; "" if only its content shows a change.
    """

    name: str
    day: date | None = None
    stamp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """One record of a file: either `proceeding` or `error` is set.

    `key` is the same in every version of the file. `excerpt`, with an error: a file with this record alone, which is kept
    and tried again.
    """

    key: str
    proceeding: Proceeding | None = None
    error: ParseError | None = None
    excerpt: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A record that one source says another source published.

    `dated_on`: the day on which it was tabled or made. `day`: the day on which it was announced.
    """

    dated_on: date
    uin: str
    day: date

    @property
    def key(self) -> str:
        """Key that `Source.read_details` accepts besides its own keys."""
        return f"{self.dated_on}/{self.uin}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """Response kept for conditional requests; `etag` and `last_modified` are "" where the server sent none."""

    body: bytes
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Response to a POST request. `text`: the beginning of its body, on one line.

    `retry_after`: how long the server asks to wait, if it says so.
    """

    status: int
    text: str
    retry_after: timedelta | None = None
