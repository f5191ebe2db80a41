"""Parliament's calendar: sitting days, periods without a sitting, sessions, and first days for an answer.

`proceduraldates/{house}/sittingdates` lists days; `events/nonsitting` lists periods with a name and a category (REC recess,
NSD day without a sitting, POR prorogation, DIS dissolution; programs that read it in 2026 saw numbers, 3 for "Prorogation",
and the name of the category alone); `sessions/list` has every session;
`proceduraldates/Commons/answerdate` gives the first day on which a question tabled on a day may be answered, by its type.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from monitor.errors import ParseError
from monitor.model.announced_days import AnnouncedKind, Announcement
from monitor.model.records import House
from scrapers.json_fields import Fields
from scrapers.whats_on.api import HOUSE_NAMES, WhatsOn, fields_of, take_day, take_house

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from scrapers.http.client import Client

NAME: Final = "calendar"
QUESTION_TYPES: Final = {"named": "Named", "ordinary": "Ordinary"}
"""Types of questions: the names here, and those of the service."""
LONGEST: Final = timedelta(days=800)
"""Longest period without a sitting. Anything longer is a slip, and would make every day of years free."""
MOST_ENTRIES: Final = 2_000
"""Most entries of a list: there are some twenty periods in a year, and 220 sessions since 1801."""


class CalendarReader:
    """Reads Parliament's calendar from the What's On service."""

    def __init__(self, client: Client, base_url: str) -> None:
        self._service = WhatsOn(client, base_url, NAME)

    def read_days(self, house: House, first: date, last: date) -> list[Announcement]:
        """Read the sitting days of a House, and its periods without a sitting. Raises FetchError and ParseError."""
        path = f"proceduraldates/{HOUSE_NAMES[house]}/sittingdates"
        asked = {"startDate": first.isoformat(), "endDate": last.isoformat()}
        sittings = parse_sittings(self._service.get(path, asked), house)
        periods = self._service.events("nonsitting", house, first, last)
        told = [*sittings, *parse_periods(periods, house, self._service)]
        return [row for row in told if row.first_on <= last and (row.last_on or row.first_on) >= first]

    def read_sessions(self) -> list[Announcement]:
        """Read every session. Raises FetchError and ParseError."""
        return parse_sessions(self._service.get_list("sessions/list"), self._service)

    def read_answer_days(self, tabled: Iterable[date]) -> Iterator[Announcement]:
        """Read for each day tabled the first day on which the Commons' questions may be answered, by their type.

        Raises FetchError and ParseError.
        """
        path = "proceduraldates/Commons/answerdate"
        for day in tabled:
            for name, asked in QUESTION_TYPES.items():
                data = self._service.get(path, {"questionType": asked, "tabledDate": day.isoformat()})
                yield parse_answer_day(data, day, name)


def parse_sittings(data: Any, house: House) -> list[Announcement]:
    """Parse the list of sitting days. Raises ParseError."""
    days = data.get("SittingDates", "") if isinstance(data, dict) else ""
    if not isinstance(days, list | None):
        raise ParseError("The list of sitting days of What's On has no SittingDates: report it.")
    found = set()
    for entry in days or ():
        found.add(fields_of(entry, "A sitting day", "Date").day("Date", needed=True))
    return [
        Announcement(kind=AnnouncedKind.SITTING, house=house, key=day.isoformat(), first_on=day, last_on=day)
        for day in sorted(filter(None, found))
    ]


def parse_periods(entries: Sequence[Any], house: House, service: WhatsOn | None = None) -> list[Announcement]:
    """Parse the list of periods without a sitting; those of another House are left out. Raises ParseError."""
    found: dict[str, Announcement] = {}
    for entry in _few(entries):
        fields = fields_of(entry, "Period without a sitting", "Id")
        number = fields.number("Id") if "Id" in fields.unread() else None
        first = fields.day("StartDate", needed=True)
        last = take_day(fields, "EndDate") or first
        names = [fields.line_if_there(name) for name in ("Description", "SummarisedDetails", "Category")]
        code = fields.line_if_there("CategoryCode")
        is_ours = take_house(fields, house) is house
        fields.ignore("StartTime", "EndTime", "SortOrder", "Location", "Type")
        if service is not None:
            service.unknown_keys.log(fields.unread())
        if first is None or last is None or not first <= last <= first + LONGEST:
            raise fields.refuse("EndDate", str(last))
        name = next(filter(None, names), "")
        key = str(number) if number is not None else f"{name[:100]} {first}"
        if is_ours:
            found[key] = Announcement(
                kind=AnnouncedKind.PERIOD,
                house=house,
                key=key,
                first_on=first,
                last_on=last,
                name=name[:200],
                code=(code or "")[:20],
            )
    return list(found.values())


def parse_sessions(entries: Sequence[Any], service: WhatsOn | None = None) -> list[Announcement]:
    """Parse the list of sessions. Raises ParseError."""
    found: dict[str, Announcement] = {}
    for entry in _few(entries):
        fields = fields_of(entry, "Session", "SessionId")
        number = fields.number("SessionId")
        first = fields.day("StartDate", needed=True)
        last = take_day(fields, "EndDate")
        name = fields.line_if_there("CommonsDescription") or fields.line_if_there("Number") or ""
        fields.ignore("Number", "LordsDescription", "SessionNumber", "ParliamentNumber")
        if service is not None:
            service.unknown_keys.log(fields.unread())
        if number is None:
            raise fields.refuse("SessionId", "nothing")
        if first is None or (last is not None and last < first):
            raise fields.refuse("EndDate", str(last))
        found[str(number)] = Announcement(
            kind=AnnouncedKind.SESSION, house=None, key=str(number), first_on=first, last_on=last, name=name[:200]
        )
    return list(found.values())


def _few(entries: Sequence[Any]) -> Sequence[Any]:
    """Return the entries of a list, unless there are more than any list of days can have. Raises ParseError."""
    if len(entries) > MOST_ENTRIES:
        raise ParseError(f"What's On sent a list of {len(entries):,} entries, so it ignored what was asked: report it.")
    return entries


def parse_answer_day(data: Any, tabled: date, question_type: str) -> Announcement:
    """Parse the first day for an answer: a text alone. Raises ParseError."""
    day = Fields({"answerdate": data}, "Day tabled", tabled.isoformat()).day("answerdate", needed=True)
    return Announcement(
        kind=AnnouncedKind.ANSWER,
        house=House.COMMONS,
        key=f"{tabled} {question_type}",
        first_on=tabled,
        last_on=day,
        name=question_type,
    )
