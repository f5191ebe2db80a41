"""The What's On service of the stand-in: sitting days, periods without a sitting, sessions, first days for an answer.

Its days are those of the shipped table, and beyond it the same invented recesses each year. Tests move and add periods.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from monitor.model.records import WESTMINSTER, House
from monitor.parliament.calendar import is_working_day, load_calendar
from monitor.parliament.identifiers import sessions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HOUSES = {"commons": House.COMMONS, "lords": House.LORDS}
DAYS_TO_ANSWER = {"Named": 3, "Ordinary": 2}
"""Sitting days from the day tabled to the first day for an answer."""
INVENTED = (
    ("February recess", (2, 13), (2, 21)),
    ("Easter recess", (4, 1), (4, 14)),
    ("Whitsun recess", (5, 22), (5, 31)),
    ("Summer recess", (7, 20), (8, 31)),
    ("Conference recess", (9, 15), (10, 11)),
)
INVENTED_TO = 2030
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPeriod:
    """A period without a sitting. `code`: REC, NSD, POR or DIS."""

    id: int
    house: House
    first_on: date
    last_on: date
    name: str
    code: str = "REC"


def _range(query: Mapping[str, list[str]], before: str) -> tuple[date, date]:
    first, last = (date.fromisoformat(query[f"{before}{name}"][0]) for name in ("startdate", "enddate"))
    return first, last


def _midnight(day: date) -> str:
    return f"{day}T00:00:00"


def _value(period: DemoPeriod) -> dict[str, Any]:
    return {
        "Id": period.id,
        "StartDate": _midnight(period.first_on),
        "EndDate": _midnight(period.last_on),
        "SummarisedDetails": "",
        "StartTime": "",
        "EndTime": "",
        "Description": period.name,
        "SortOrder": 0,
        "Category": "Recess" if period.code == "REC" else period.code,
        "Location": "",
        "Type": "Non-Sitting",
        "House": period.house.value.title(),
        "CategoryCode": period.code,
    }


def _shipped_periods() -> Iterator[DemoPeriod]:
    table, numbers = load_calendar(), count(50_001)
    ended = {end + _DAY for end in table.session_ends}
    for house in WESTMINSTER:
        for first, last in table.recesses_of(house):
            code = "POR" if first in ended else "REC"
            yield DemoPeriod(id=next(numbers), house=house, first_on=first, last_on=last, name="Recess", code=code)
        until = table.known_until(house) or date.min
        for year in range(until.year, INVENTED_TO + 1):
            for name, begins, ends in INVENTED:
                first, last = date(year, *begins), date(year, *ends)
                if first > until:
                    yield DemoPeriod(id=next(numbers), house=house, first_on=first, last_on=last, name=name)
            first, last = date(year, 12, 19), date(year + 1, 1, 4)
            if first > until:
                yield DemoPeriod(id=next(numbers), house=house, first_on=first, last_on=last, name="Christmas recess")


def _weekends() -> dict[House, set[date]]:
    table = load_calendar()
    return {house: set(table.weekend_sittings[house]) for house in WESTMINSTER}


def _sessions() -> list[dict[str, Any]]:
    return [
        {
            "SessionId": number,
            "Number": session.name,
            "StartDate": _midnight(session.first_on),
            "EndDate": _midnight(session.last_on) if session.last_on else None,
            "CommonsDescription": session.name,
            "LordsDescription": session.name,
            "SessionNumber": session.name,
            "ParliamentNumber": "",
        }
        for number, session in enumerate(sessions()[-10:], 1)
    ]


@dataclass(slots=True)
class WhatsOnDays:
    """Days that the service announces.

    `extra`: sitting days within a period. `sessions`: values as they are sent. `answer_days`: first days for an answer, by
    type and day tabled, in place of those that are reckoned. `silent_on`: Houses of which it says nothing.
    """

    periods: list[DemoPeriod] = field(default_factory=lambda: list(_shipped_periods()))
    extra: dict[House, set[date]] = field(default_factory=_weekends)
    sessions: list[dict[str, Any]] = field(default_factory=_sessions)
    answer_days: dict[tuple[str, date], date] = field(default_factory=dict)
    silent_on: set[House] = field(default_factory=set)

    def move(self, name: str, house: House, first: date, last: date, *, near: date) -> None:
        """Move the period of this name that a day is nearest to."""
        named = [period for period in self.periods if (period.name, period.house) == (name, house)]
        moved = min(named, key=lambda period: abs(period.first_on - near))
        self.periods[self.periods.index(moved)] = replace(moved, first_on=first, last_on=last)

    def sits(self, house: House, day: date) -> bool:
        """Return whether the service says that a House sits on a day."""
        return bool(self.sitting_days(house, day, day))

    def sitting_days(self, house: House, first: date, last: date) -> list[date]:
        """Return the days from one to another on which the service says that a House sits."""
        if house in self.silent_on:
            return []
        near = [p for p in self.periods if p.house is house and p.first_on <= last and first <= p.last_on]
        return [
            day
            for day in (first + number * _DAY for number in range((last - first).days + 1))
            if day in self.extra[house]
            or (is_working_day(day) and not any(p.first_on <= day <= p.last_on for p in near))
        ]

    def answer(self, path: str, query: Mapping[str, list[str]]) -> Any:
        """Return the JSON for a path below `/calendar/`, in small letters and without its ending; None for no such path.

        Raises KeyError and ValueError for a parameter that is missing or wrong.
        """
        match path.split("/"):
            case ["proceduraldates", name, "sittingdates"]:
                days = self.sitting_days(HOUSES[name], *_range(query, ""))
                return {"SittingDates": [{"Date": _midnight(day)} for day in days]}
            case ["proceduraldates", "commons", "answerdate"]:
                asked = query["questiontype"][0].capitalize(), date.fromisoformat(query["tableddate"][0])
                return _midnight(self._answer_day(*asked))
            case ["events", "nonsitting"]:
                first, last = _range(query, "queryparameters.")
                house = HOUSES[query["queryparameters.house"][0].lower()]
                found = (period for period in self.periods if period.house is house and house not in self.silent_on)
                return [_value(period) for period in found if period.first_on <= last and period.last_on >= first]
            case ["sessions", "list"]:
                return self.sessions
        return None

    def _answer_day(self, question_type: str, tabled: date) -> date:
        if (question_type, tabled) in self.answer_days:
            return self.answer_days[question_type, tabled]
        day, left = tabled, DAYS_TO_ANSWER[question_type]
        while left:
            day += _DAY
            left -= self.sits(House.COMMONS, day)
        return day
