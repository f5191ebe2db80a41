"""Periods that a time names, before its preposition: "spring 2025", "the second quarter", "next month"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from monitor.parliament.promises import periods
from monitor.parliament.promises.periods import DAY, Period
from monitor.parliament.promises.time_words import MONTHS, ORDINALS

if TYPE_CHECKING:
    from collections.abc import Callable

NEXT: Final = frozenset(("next", "the next", "the following", "the coming", "this coming", "the new"))
YEAR_MONTHS: Final = 12
_FARTHEST_AHEAD: Final = 9
"""A month or day without a year that is more months ahead than these was meant as past."""

_DECADE: Final = 10


@dataclass(frozen=True, slots=True)
class TimeWords:
    """Words of a time: its kind, groups, and what stands before it."""

    kind: str
    match: re.Match[str]
    start: int
    word: str
    part: str
    has_article: bool
    is_set_for: bool

    def __getitem__(self, group: str) -> str:
        return (self.match[group] or "").lower()


def period_of(words: TimeWords, on: date) -> Period | None:
    """Return the period of the calendar that a time names, without its preposition and part."""
    reader = _READERS.get(words.kind)
    return reader(words, on) if reader else None


def _month_number(name: str) -> int:
    return MONTHS.index(name[:3]) + 1


def _that_year(word: str, on: date) -> int:
    return on.year + (0 if word == "this" else 1)


def _day(day: str, month: str, year: str, on: date) -> date | None:
    """Return a day; the next one of its name where no year is given, unless that is so far that it was meant as past."""
    for number in (int(year),) if year else (on.year, on.year + 1):
        try:
            found = date(number, _month_number(month), int(day))
        except ValueError:
            continue
        if year or (found >= on and found <= periods.day_after_months(on, _FARTHEST_AHEAD)):
            return found
    return None


def _date(words: TimeWords, on: date) -> Period | None:
    group = {"date": ("d1", "dm", "dy"), "american": ("ad", "am", "ay")}[words.kind]
    second = words["d2"] if words.kind == "date" else ""
    last = _day(second or words[group[0]], words[group[1]], words[group[2]], on)
    if last is None:
        return None
    first = last.replace(day=int(words["d1"])) if second and 0 < int(words["d1"]) <= last.day else last
    return Period(first, last)


def _month(words: TimeWords, on: date) -> Period | None:
    number, year = _month_number(words["m1"]), words["my"]
    count = 1 + ((_month_number(words["m2"]) - number) % YEAR_MONTHS if words["m2"] else 0)
    if year:
        return periods.months_from(int(year) - (number + count > YEAR_MONTHS + 1), number, count)
    if words["mr"]:
        return periods.months_from(_that_year(words["mr"], on), number, count)
    return _next_months(number, count, on)


def _next_months(number: int, count: int, on: date) -> Period | None:
    period = periods.months_from(on.year, number, count)
    if period.last < on:
        period = periods.months_from(on.year + 1, number, count)
    return period if period.first <= periods.day_after_months(on, _FARTHEST_AHEAD) else None


def _season(words: TimeWords, on: date) -> Period | None:
    year = int(words["sy"]) if words["sy"] else _that_year(words["sr"], on) if words["sr"] else None
    first = periods.season(words["s1"], year) if year else periods.season_of(words["s1"], on)
    if not words["s2"]:
        return first
    last = periods.season(words["s2"], first.first.year)
    if last.first < first.first:
        last = periods.season(words["s2"], first.first.year + 1)
    return Period(first.first, last.last)


def _quarter(words: TimeWords, on: date) -> Period | None:
    number = ORDINALS[words["q1"] or words["q2"] or words["q3"]]
    span = words["qy"]
    is_financial = bool(words["qf"]) or "financial" in words["qn"] or not span.isdigit()
    if not span and not words["qn"]:
        return _next_quarter(number, on) if words["q1"] else None
    if span:
        year = int(span[:4])
    else:
        own = periods.financial_year_of(on) if "financial" in words["qn"] else periods.calendar_year(on.year)
        is_financial = "financial" in words["qn"]
        year = own.first.year + (words["qr"] == "next")
    period = periods.months_from(year, number * 3 - 2 + (3 if is_financial else 0), 3)
    is_over = not span and words["qr"] != "next" and period.last < on
    return periods.months_from(period.first.year + 1, period.first.month, 3) if is_over else period


def _next_quarter(number: int, on: date) -> Period:
    """Return the quarter of a number without a year: the current one, or the next if that is over."""
    own = periods.months_from(on.year, number * 3 - 2, 3)
    return own if own.last >= on else periods.months_from(on.year + 1, number * 3 - 2, 3)


def _financial(words: TimeWords, on: date) -> Period | None:
    del on
    years = words["f1"] or words["f2"]
    first = int(years[:4]) if years[:4].isdigit() else 2000 + int(years[:2])
    second = re.split(r"\D+", years)[-1]
    is_next = (int(second) - first) % (10 if len(second) == 1 else 100) == 1
    return periods.financial_year(first) if is_next else None


def _academic(words: TimeWords, on: date) -> Period | None:
    del on
    return periods.academic_year(int((words["c1"] or words["c2"])[:4]))


def _year(words: TimeWords, on: date) -> Period | None:
    del on
    return periods.calendar_year(int(words["y"]))


def _event(words: TimeWords, on: date) -> Period | None:
    """Return the season or year of a Budget or review that is named with its year and at which something is done."""
    del on
    if words.word not in ("at", "in", "by", "alongside"):
        return None
    year = int(words["v2"])
    return periods.season(words["v1"], year) if words["v1"] else periods.calendar_year(year)


def _decade(words: TimeWords, on: date) -> Period | None:
    del on
    return periods.months_from(int(words["de"]), 1, _DECADE * YEAR_MONTHS)


def _relative(words: TimeWords, on: date) -> Period | None:
    is_next = words["rw"] in NEXT
    if words["rm"]:
        number = _month_number(words["rm"])
        year = on.year + (number < on.month or (is_next and number == on.month))
        return periods.months_from(year, number, 1)
    if words["rs"]:
        if words["rr"]:
            return periods.season(words["rs"], _that_year(words["rr"], on))
        now = periods.season_of(words["rs"], on)
        return periods.season(words["rs"], now.first.year + 1) if is_next and now.first <= on else now
    return _unit((words["ru"] or words["rv"]).split(), on, ahead=int(is_next))


def _unit(unit: list[str], on: date, ahead: int) -> Period | None:
    match unit:
        case ["financial" | "fiscal", "year"]:
            period = periods.financial_year(periods.financial_year_of(on).first.year + ahead)
        case ["academic" | "school", "year"]:
            period = periods.academic_year(periods.academic_year_of(on).first.year + ahead)
        case [*_, "year"]:
            period = periods.calendar_year(on.year + ahead)
        case ["quarter"]:
            period = periods.months_from(on.year, (on.month - 1) // 3 * 3 + 1 + 3 * ahead, 3)
        case ["month"]:
            period = periods.months_from(on.year, on.month + ahead, 1)
        case ["week"]:
            monday = on - timedelta(days=on.weekday()) + timedelta(weeks=ahead)
            period = Period(monday, monday + timedelta(days=6))
        case _:
            first = on.year // _DECADE * _DECADE
            return None if ahead else Period(date(first, 1, 1), date(first + 9, 12, 31))
    return period


def _year_end(words: TimeWords, on: date) -> Period | None:
    """Return December, or March of a financial year, of which the deadline of "by year end" is the last day."""
    if words["yf"]:
        return periods.months_from(periods.financial_year_of(on).last.year, 3, 1)
    return periods.months_from(on.year, YEAR_MONTHS, 1)


def _mid_year(words: TimeWords, on: date) -> Period | None:
    del words
    return periods.third(periods.calendar_year(on.year), 1)


def _new_year(words: TimeWords, on: date) -> Period | None:
    del words
    return periods.new_year(on)


def _today(words: TimeWords, on: date) -> Period | None:
    day = on + DAY * (words["t"] == "tomorrow")
    return Period(day, day)


_READERS: Final[dict[str, Callable[[TimeWords, date], Period | None]]] = {
    "date": _date, "american": _date, "month": _month, "season": _season, "quarter": _quarter, "financial": _financial,
    "academic": _academic, "year": _year, "relative": _relative, "newyear": _new_year, "event": _event, "decade": _decade,
    "today": _today, "yearend": _year_end, "midyear": _mid_year,
}  # fmt: skip
