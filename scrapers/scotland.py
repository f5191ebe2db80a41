"""Questions of the Scottish Parliament.

Source: https://data.parliament.scot (the Scottish Parliament's own copyright licence: see docs/sources.md).
`/api/motionsquestionsanswersquestions?year=2016` is a JSON array of all questions lodged in a year; there is neither a
search nor a smaller piece. A record has 22 keys. Oddities:

- The third character of `EventID` is the kind: S5W written, S5O oral, S5F to the First Minister, S5T topical. Spoken
  questions have a `MeetingDate`, and no answer here unless it was given in writing; the spoken words are only in the
  Official Report. From the day of the meeting on they count as answered.
- Members are numbers; a copy of `/api/members` beside the files (`members.json`) gives them names. Ministers are names. A
  member who is not in the file, or has no name in it, goes by the number, and so do all members where there is no file.
- `SubmissionDateTime`, the time at which the question was lodged, may lie months behind the day on which its answer was
  expected (S4W-28109). Then `ApprovedDate` counts, which for all others is that day or one of the next ten.
- An empty text means null. Texts have no mark-up, but later years carry entities (`&rsquo;`), and lines end in CR LF.
- There are no headings: `Title` is always empty. Whom a question is put to, only its first words say.

Last checked: November 2026, against the recorded questions of 2016.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from monitor.errors import FetchError, GoneError, ParseError, without_frames
from monitor.model.records import House, Kind, Member, Proceeding
from monitor.model.sources import Cached, FileRef, Parsed, Payload
from monitor.parliament.calendar import LONDON
from scrapers.folders import get_cached
from scrapers.hansard.notation import scottish_party_name
from scrapers.json_fields import Fields, UnknownKeys, is_number, shorten
from scrapers.markup import one_line, plain_text
from scrapers.strict_json import read_bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date, datetime

    from monitor.ports import Cache
    from scrapers.folders import Folder, ReceivedFile
    from scrapers.http.client import Client

NAME = "scotland"
SITE = "https://www.parliament.scot/chamber-and-committees/questions-and-answers/question?ref="
FIRST_YEAR: Final = 1999
LATE: Final = timedelta(days=120)
"""Time after the end of a year in which answers to its questions may still come or change."""
WRITTEN: Final = "W"

_ASKED = re.compile(r"To ask the (First Minister|Scottish (?:Government|Executive|Parliamentary Corporate Body))\b")
_EVENT = re.compile(r"S\d{1,2}([A-Z])-\d{1,6}(?:\.\d{1,3})?")
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_IGNORED = (
    ("EventTypeID", int),
    ("EventSubTypeID", int),
    ("RegionID", int),
    ("ConstituencyID", int),
    ("AnswerStatusID", int),
    ("ConsideredForMembersBusiness", bool),
    ("CrossPartySupport", bool),
)

logger = logging.getLogger(__name__)


class Dumps(Protocol):
    """Store of one file a year, and of the members' names. All methods raise FetchError."""

    def years(self) -> Iterator[FileRef]:
        """List the files; the year is in the name."""
        ...

    def read(self, name: str) -> ReceivedFile:
        """Read the file of a year."""
        ...

    def members(self, *, ask: bool) -> bytes:
        """Read the file of members; without `ask` as it was last received. Raises GoneError if it is missing."""
        ...


class LocalDumps:
    """Folder of JSON files with the year in their names; `members.json` has the members."""

    MEMBERS: Final = "members.json"

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def years(self) -> Iterator[FileRef]:
        """List all JSON files but the members'."""
        for entry in self._folder.entries():
            if entry.name.lower().endswith(".json") and entry.name.lower() != self.MEMBERS:
                yield FileRef(name=entry.name, stamp=entry.stamp)

    def read(self, name: str) -> ReceivedFile:
        """Read a file of the folder."""
        return self._folder.read(name)

    def members(self, *, ask: bool) -> bytes:  # noqa: ARG002 - the file is local
        """Read the file of members."""
        return self._folder.read(self.MEMBERS).body


class WebDumps:
    """The web service. `base_url` ends in `/api`; `clock` tells the current year."""

    def __init__(self, client: Client, base_url: str, cache: Cache | None, clock: Callable[[], datetime]) -> None:
        self._client, self._cache, self._clock = client, cache, clock
        self._base = base_url.rstrip("/")

    def years(self) -> Iterator[FileRef]:
        """List all years of the Parliament.

        One that a run may list counts as changed four times a day, not more often: it has megabytes.
        """
        now = self._clock().astimezone(LONDON)
        stamp = f"{now.date()} {now.hour // 6}"
        for year in range(now.year, FIRST_YEAR - 1, -1):
            may_be_listed = year >= now.year - 1
            yield FileRef(name=f"questions-{year}", stamp=stamp if may_be_listed else "")

    def read(self, name: str) -> ReceivedFile:
        """Read the file of a year."""
        year = name.removeprefix("questions-")
        return get_cached(self._client, self._cache, f"{self._base}/motionsquestionsanswersquestions?year={year}")

    def members(self, *, ask: bool) -> bytes:
        """Read all members there ever were."""
        url = f"{self._base}/members"
        kept = self._cache.get(url) if self._cache else None
        if ask:
            received = get_cached(self._client, self._cache, url)
            if self._cache and kept and not _has_names(received.body):
                self._cache.put(url, kept)
                raise FetchError(f"{url} sent no list of members.", url=url)
            if self._cache and self._cache.get(url) is None:  # sent without ETag and date, so it was not kept yet
                self._cache.put(url, Cached(body=received.body))
            return received.body
        if kept is None:
            raise GoneError("The members of the Scottish Parliament were not received yet.", url=url)
        return kept.body


class Scotland:
    """Questions of the Scottish Parliament, a file for each year."""

    name = NAME
    version = 2
    houses = (House.SCOTLAND,)

    def __init__(self, dumps: Dumps) -> None:
        self._dumps = dumps
        self._names: dict[int, str] | None = None
        self._unknown_keys = UnknownKeys(NAME)

    def files(self, first: date | None = None, last: date | None = None) -> Iterator[FileRef]:
        """List the files that may hold questions of these days, newest year first; also those that name no year."""
        refs = sorted(self._dumps.years(), key=lambda ref: (_year_in(ref.name) or 0, ref.name), reverse=True)
        for ref in refs:
            year = _year_in(ref.name)
            is_before = year is not None and first is not None and year < (first - LATE).year
            is_after = year is not None and last is not None and year > last.year
            if not is_before and not is_after:
                yield ref

    def fetch(self, ref: FileRef) -> Payload:
        """Fetch a file as it is now. Raises FetchError."""
        received = self._dumps.read(ref.name)
        self._learn_names(ask=True)
        return Payload(source=NAME, key=ref.name, url=received.url, fetched_at=received.fetched_at, body=received.body)

    def records(self, payload: Payload) -> Iterator[Parsed]:
        """Parse the questions of a file. Raises ParseError for a file that holds no questions."""
        names = self._learn_names(ask=False)
        fetched_on = payload.fetched_at.astimezone(LONDON).date()
        # Of two rows with one number the last counts.
        rows = {_key_of(row, position): row for position, row in enumerate(_read_rows(payload), 1)}
        for key, row in rows.items():
            try:
                yield Parsed(key=key, proceeding=self._parse_row(key, row, names, fetched_on))
            except ParseError as exc:
                yield Parsed(key=key, error=without_frames(exc), excerpt=json.dumps([row]).encode())

    def _parse_row(self, key: str, row: Any, names: Mapping[int, str], fetched_on: date) -> Proceeding:
        if not isinstance(row, dict):
            raise ParseError(f"Question {key} of the Scottish Parliament is {shorten(row)}: report it.", key=key)
        fields = Fields(dict(row), "Question", key)
        proceeding = _parse(fields, names, fetched_on)
        self._unknown_keys.log(fields.unread())
        return proceeding

    def _learn_names(self, *, ask: bool) -> Mapping[int, str]:
        """Read the names by number, once; none without the file. Raises FetchError."""
        if self._names is None:
            try:
                self._names = _read_names(self._read_members(ask=ask))
            except GoneError:
                self._names = {}
            except ParseError as exc:
                logger.warning("scotland members error=%r", str(exc))
                self._names = {}
        return self._names

    def _read_members(self, *, ask: bool) -> bytes:
        """Read the file of members, or the last one received where it can't be had now. Raises FetchError without one.

        Names that come later, or are lost, would make a revision of every question.
        """
        try:
            return self._dumps.members(ask=ask)
        except FetchError as exc:
            try:
                kept = self._dumps.members(ask=False)
            except GoneError:
                raise exc from None
            logger.warning("scotland members error=%r: the last ones received are used", str(exc))
            return kept


def _key_of(row: Any, position: int) -> str:
    """Return the number of a question, or its position if it has none."""
    event = row.get("EventID") if isinstance(row, dict) else None
    return event if isinstance(event, str) and _EVENT.fullmatch(event) else f"row {position}"


def _year_in(name: str) -> int | None:
    years = [int(year) for year in _YEAR.findall(name) if FIRST_YEAR <= int(year) < 2100]  # noqa: PLR2004 (a year)
    return years[0] if years else None


def _read_rows(payload: Payload) -> list[Any]:
    try:
        rows = read_bounded(payload.body)
    except ValueError as exc:
        raise ParseError(f"{payload.key} of the Scottish Parliament can't be read as JSON ({exc}): report it.",
                         key=payload.key) from exc  # fmt: skip
    if not isinstance(rows, list):
        raise ParseError(
            f"{payload.key} of the Scottish Parliament is no list of questions: report it.", key=payload.key
        )
    return rows


def _read_names(body: bytes) -> dict[int, str]:
    """Read members' names by their number, as "Orla Sample" for "Sample, Orla". Other rows are left out."""
    try:
        rows = read_bounded(body)
    except ValueError as exc:
        raise ParseError(f"The members of the Scottish Parliament can't be read as JSON ({exc}): report it.") from exc
    names: dict[int, str] = {}
    for row in rows if isinstance(rows, list) else []:
        number = _read_number(row.get("PersonID")) if isinstance(row, dict) else None
        printed = row.get("ParliamentaryName") if isinstance(row, dict) else None
        if number is not None and isinstance(printed, str):
            last, _, first = printed.partition(",")
            if name := one_line(f"{first} {last}"):
                names[number] = name
    return names


def _has_names(body: bytes) -> bool:
    """Return whether a file of members has a name at all: a site under repair may send a page of its own."""
    try:
        return bool(_read_names(body))
    except ParseError:
        return False


def _read_number(value: Any) -> int | None:
    """Return the number of a person, which may be a text; None for anything else."""
    number = int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value) else value
    return number if is_number(number) else None


def _parse(fields: Fields, names: Mapping[int, str], fetched_on: date) -> Proceeding:
    event = fields.take("EventID", str, needed=True)
    match = _EVENT.fullmatch(event)
    if match is None:
        raise fields.refuse("EventID", shorten(event))
    for name, kind in _IGNORED:
        fields.take_if_there(name, kind)
    fields.take_if_there("UniqueID", int)
    question, _ = plain_text(fields.take("ItemText", str, needed=True))
    if not question:
        raise fields.refuse("ItemText", "an empty text")
    answer, links = plain_text(fields.take("AnswerText", str) or "")
    answered_on, meeting_on = fields.day_if_there("AnswerDate"), fields.day_if_there("MeetingDate")
    is_spoken = match[1] != WRITTEN
    if answered_on is None and is_spoken and meeting_on is not None and meeting_on <= fetched_on:
        answered_on = meeting_on
    minister, body = fields.line_if_there("AnsweredByMSP"), fields.line_if_there("OnBehalfOf")
    expected_on = fields.day_if_there("ExpectedAnswerDate")
    return Proceeding(
        id=f"spq-{event.lower()}",
        source=NAME,
        kind=Kind.QUESTION,
        house=House.SCOTLAND,
        url=f"{SITE}{event}",
        uin=event,
        heading=fields.line_if_there("Title"),
        question=question,
        answer=answer or None,
        body=asked[1] if (asked := _ASKED.match(question)) else None,
        keys=(f"spq:{event}",),
        tabled_on=_take_day_lodged(fields, expected_on),
        date_for_answer=expected_on or meeting_on,
        answered_on=answered_on,
        is_holding=False if answered_on else None,
        has_interest=fields.take_if_there("RegisteredInterest", bool) or False,
        asked_by=_take_asker(fields, names),
        answered_by=Member(name=minister, office=body) if minister else None,
        links=links,
    )


def _take_day_lodged(fields: Fields, expected_on: date | None) -> date | None:
    """Take the day on which a question was lodged; where its answer was expected before that, the day of its approval."""
    lodged_on, approved = fields.day("SubmissionDateTime", needed=True), fields.take_if_there("ApprovedDate", str)
    if lodged_on and expected_on and expected_on < lodged_on and approved:
        return fields.as_day("ApprovedDate", approved)
    return lodged_on


def _take_number(fields: Fields) -> int | None:
    """Take the number of the member who asked. It may be null, or a text."""
    value = fields.take("MSPID", (int, str))
    number = _read_number(value)
    if number is None and value not in (None, ""):
        raise fields.refuse("MSPID", shorten(value))
    return number


def _take_asker(fields: Fields, names: Mapping[int, str]) -> Member | None:
    number = _take_number(fields)
    party = scottish_party_name(fields.line_if_there("Party"))
    if number is None:
        return None
    return Member(name=names.get(number, f"MSP {number}"), party=party)
