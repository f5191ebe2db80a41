"""Times that ministers name, and the days that they mean on several days: docs/promises.md has the rules."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.model.records import House
from monitor.parliament.calendar import SittingCalendar, load_calendar
from monitor.parliament.promises.periods import Interval, day_after_months, season_of
from monitor.parliament.promises.times import times_in

CALENDAR = load_calendar()


def interval_of(phrase: str, on: date, calendar: SittingCalendar | None = None) -> Interval | None:
    """Days that the first time of a phrase means when it is said on a day."""
    return next((time.interval for time in times_in(phrase, on, calendar)), None)


def days(phrase: str, on: str) -> tuple[str, str] | None:
    """First and last day of a phrase; "?" for an end that is not known."""
    interval = interval_of(phrase, date.fromisoformat(on), CALENDAR)
    if interval is None:
        return None
    return interval.first.isoformat(), interval.last.isoformat() if interval.last else "?"


@pytest.mark.parametrize(
    ("phrase", "on", "first", "last"),
    [
        # seasons of a year are the whole season
        ("in spring 2025", "2024-11-05", "2025-03-01", "2025-05-31"),
        ("in the summer of 2025", "2024-11-05", "2025-06-01", "2025-08-31"),
        ("in Autumn 2024", "2024-10-07", "2024-09-01", "2024-11-30"),
        ("winter 2024", "2024-05-05", "2024-12-01", "2025-02-28"),
        ("in winter 2023", "2023-05-05", "2023-12-01", "2024-02-29"),
        ("in the winter of 2024/25", "2024-10-31", "2024-12-01", "2025-02-28"),
        ("in spring/summer 2025", "2024-11-05", "2025-03-01", "2025-08-31"),
        ("in autumn or winter 2025", "2024-11-05", "2025-09-01", "2026-02-28"),
        # seasons without a year are the one that is on, or else the next
        ("in the spring", "2024-11-05", "2025-03-01", "2025-05-31"),
        ("in the spring", "2025-02-28", "2025-03-01", "2025-05-31"),
        ("in the spring", "2025-03-01", "2025-03-01", "2025-05-31"),
        ("in the spring", "2025-05-31", "2025-05-31", "2025-05-31"),
        ("in the spring", "2025-06-01", "2026-03-01", "2026-05-31"),
        ("this autumn", "2024-08-31", "2024-09-01", "2024-11-30"),
        ("this autumn", "2024-11-20", "2024-11-20", "2024-11-30"),
        ("this winter", "2024-11-30", "2024-12-01", "2025-02-28"),
        ("this winter", "2024-12-15", "2024-12-15", "2025-02-28"),
        ("this winter", "2024-01-20", "2024-01-20", "2024-02-29"),
        ("this winter", "2024-02-29", "2024-02-29", "2024-02-29"),
        ("this winter", "2024-03-01", "2024-12-01", "2025-02-28"),
        ("next spring", "2024-11-30", "2025-03-01", "2025-05-31"),
        ("next spring", "2025-04-01", "2026-03-01", "2026-05-31"),
        ("in autumn next year", "2024-11-05", "2025-09-01", "2025-11-30"),
        ("in the spring of this year", "2024-01-31", "2024-03-01", "2024-05-31"),
        ("later this spring", "2024-04-30", "2024-04-30", "2024-05-31"),
    ],
)
def test_a_season_is_the_one_under_way_or_the_next(phrase: str, on: str, first: str, last: str) -> None:
    assert days(phrase, on) == (first, last)


@pytest.mark.parametrize(
    ("phrase", "on", "first", "last"),
    [
        ("early 2025", "2024-11-05", "2025-01-01", "2025-04-30"),
        ("in early 2024", "2024-01-15", "2024-01-01", "2024-04-30"),
        ("in mid-2025", "2024-11-05", "2025-05-01", "2025-08-31"),
        ("in late 2025", "2024-11-05", "2025-09-01", "2025-12-31"),
        ("early next year", "2024-12-31", "2025-01-01", "2025-04-30"),
        ("early this year", "2025-01-31", "2025-01-31", "2025-04-30"),
        ("in early spring", "2024-11-05", "2025-03-01", "2025-03-31"),
        ("in mid spring 2025", "2024-11-05", "2025-04-01", "2025-04-30"),
        ("in late spring 2025", "2024-11-05", "2025-05-01", "2025-05-31"),
        ("in early autumn", "2025-05-05", "2025-09-01", "2025-09-30"),
        ("in late winter 2023", "2023-05-05", "2024-02-01", "2024-02-29"),
        ("in early March 2025", "2024-11-05", "2025-03-01", "2025-03-10"),
        ("in mid-September 2024", "2024-09-03", "2024-09-11", "2024-09-20"),
        ("in late February 2024", "2023-11-05", "2024-02-21", "2024-02-29"),
        ("at the end of April", "2024-01-31", "2024-04-21", "2024-04-30"),
        ("towards the end of 2025", "2024-11-05", "2025-09-01", "2025-12-31"),
        ("in the first half of 2025", "2024-11-05", "2025-01-01", "2025-06-30"),
        ("in the second half of 2025", "2024-11-05", "2025-07-01", "2025-12-31"),
        ("in the early part of 2025", "2024-11-05", "2025-01-01", "2025-04-30"),
        ("in the latter part of 2025", "2024-11-05", "2025-07-01", "2025-12-31"),
        ("in the first half of March 2025", "2024-11-05", "2025-03-01", "2025-03-31"),
        ("around the turn of the year", "2024-12-31", "2024-12-31", "2025-01-31"),
        ("at the turn of the year", "2024-11-05", "2024-12-01", "2025-01-31"),
    ],
)
def test_part_of_a_period(phrase: str, on: str, first: str, last: str) -> None:
    assert days(phrase, on) == (first, last)


@pytest.mark.parametrize(
    ("phrase", "on", "first", "last"),
    [
        ("in 2025", "2024-11-05", "2025-01-01", "2025-12-31"),
        ("in 2024", "2024-11-05", "2024-01-01", "2024-12-31"),
        ("next year", "2024-12-31", "2025-01-01", "2025-12-31"),
        ("this year", "2024-11-05", "2024-11-05", "2024-12-31"),
        ("later this year", "2024-11-05", "2024-11-05", "2024-12-31"),
        ("later in the year", "2024-11-05", "2024-11-05", "2024-12-31"),
        ("later in 2024", "2024-11-05", "2024-11-05", "2024-12-31"),
        ("in May 2025", "2024-11-05", "2025-05-01", "2025-05-31"),
        ("in February", "2023-11-05", "2024-02-01", "2024-02-29"),
        ("in December", "2024-12-31", "2024-12-01", "2024-12-31"),
        ("in April or May 2025", "2024-11-05", "2025-04-01", "2025-05-31"),
        ("in December and January", "2024-11-05", "2024-12-01", "2025-01-31"),
        ("in December or January 2025", "2024-11-05", "2024-12-01", "2025-01-31"),
        ("in May next year", "2024-11-05", "2025-05-01", "2025-05-31"),
        ("next March", "2024-11-05", "2025-03-01", "2025-03-31"),
        ("next November", "2024-11-05", "2025-11-01", "2025-11-30"),
        ("next month", "2024-12-05", "2025-01-01", "2025-01-31"),
        ("this month", "2024-11-05", "2024-11-05", "2024-11-30"),
        ("later this month", "2024-02-05", "2024-02-05", "2024-02-29"),
        ("this week", "2024-11-06", "2024-11-06", "2024-11-10"),
        ("next week", "2024-12-31", "2025-01-06", "2025-01-12"),
        ("in the new year", "2024-11-05", "2025-01-01", "2025-04-30"),
        ("in the New Year", "2025-01-09", "2025-01-01", "2025-04-30"),
        ("early in the new year", "2024-12-05", "2025-01-01", "2025-04-30"),
        ("in Q2 2025", "2024-11-05", "2025-04-01", "2025-06-30"),
        ("in the first quarter of 2025", "2024-11-05", "2025-01-01", "2025-03-31"),
        ("in the fourth quarter of this year", "2024-05-05", "2024-10-01", "2024-12-31"),
        ("in Q4 2024/25", "2024-11-05", "2025-01-01", "2025-03-31"),
        ("in the final quarter of the financial year", "2024-11-05", "2025-01-01", "2025-03-31"),
        ("in the first quarter of the next financial year", "2024-11-05", "2025-04-01", "2025-06-30"),
        ("this quarter", "2024-11-05", "2024-11-05", "2024-12-31"),
        ("next quarter", "2024-11-05", "2025-01-01", "2025-03-31"),
        ("in 2025/26", "2024-11-05", "2025-04-01", "2026-03-31"),
        ("from 2026-27", "2024-11-05", "2026-04-01", "2027-03-31"),
        ("in the 2025-26 financial year", "2024-11-05", "2025-04-01", "2026-03-31"),
        ("in FY 25/26", "2024-11-05", "2025-04-01", "2026-03-31"),
        ("in 2025-2026", "2024-11-05", "2025-04-01", "2026-03-31"),
        ("this financial year", "2025-03-31", "2025-03-31", "2025-03-31"),
        ("this financial year", "2025-04-01", "2025-04-01", "2026-03-31"),
        ("next financial year", "2025-03-31", "2025-04-01", "2026-03-31"),
        ("in the 2025/26 academic year", "2024-11-05", "2025-09-01", "2026-08-31"),
        ("this academic year", "2024-11-05", "2024-11-05", "2025-08-31"),
        ("in the next academic year", "2024-11-05", "2025-09-01", "2026-08-31"),
        ("this decade", "2024-11-05", "2024-11-05", "2029-12-31"),
        ("in the 2030s", "2024-11-05", "2030-01-01", "2039-12-31"),
        ("by the mid-2030s", "2024-11-05", "2024-11-05", "2036-08-31"),
        ("in the early 2030s", "2024-11-05", "2030-01-01", "2033-04-30"),
        ("in a decade", "2024-11-05", "2024-11-05", "2034-11-05"),
        ("over the next decade", "2024-11-05", "2024-11-05", "2034-11-05"),
        # a Budget or review with its year
        ("at Budget 2025", "2024-11-05", "2025-01-01", "2025-12-31"),
        ("at Autumn Budget 2025", "2024-11-05", "2025-09-01", "2025-11-30"),
        ("at the Spending Review 2025", "2024-11-05", "2025-01-01", "2025-12-31"),
        ("today", "2024-11-05", "2024-11-05", "2024-11-05"),
        ("tomorrow", "2024-12-31", "2025-01-01", "2025-01-01"),
    ],
)
def test_a_named_period_has_a_first_and_last_day(phrase: str, on: str, first: str, last: str) -> None:
    assert days(phrase, on) == (first, last)


@pytest.mark.parametrize(
    ("phrase", "on", "first", "last"),
    [
        ("on 1 April 2025", "2024-11-05", "2025-04-01", "2025-04-01"),
        ("on 14 November", "2024-11-14", "2024-11-14", "2024-11-14"),
        ("on 4 February", "2024-11-14", "2025-02-04", "2025-02-04"),
        ("on Monday 22 July 2024", "2024-05-31", "2024-07-22", "2024-07-22"),
        ("on 29 February", "2023-11-05", "2024-02-29", "2024-02-29"),
        ("on January 8th", "2024-11-11", "2025-01-08", "2025-01-08"),
        ("on 14-15 November", "2024-10-05", "2024-11-14", "2024-11-15"),
        ("from 1 April 2025", "2024-11-05", "2025-04-01", "2025-04-01"),
        ("from April 2025", "2024-11-05", "2025-04-01", "2025-04-30"),
        ("from 2025", "2024-11-05", "2025-01-01", "2025-12-31"),
        ("between March and May 2025", "2024-11-05", "2025-03-01", "2025-05-31"),
        ("between 3 March and 5 May", "2025-01-05", "2025-03-03", "2025-05-05"),
        ("from 1 April 2025 to 31 March 2026", "2024-11-05", "2025-04-01", "2026-03-31"),
        ("from December 2024 until February 2025", "2024-11-05", "2024-12-01", "2025-02-28"),
        ("between December and January 2025", "2024-11-05", "2024-12-01", "2025-01-31"),
        ("between 2024 and 2028", "2024-11-05", "2024-01-01", "2028-12-31"),
        ("at the November 2024 meeting", "2024-11-18", "2024-11-01", "2024-11-30"),
        ("set for 2025", "2024-11-05", "2025-01-01", "2025-12-31"),
        ("scheduled for 25 April 2025", "2024-11-05", "2025-04-25", "2025-04-25"),
    ],
)
def test_days_and_ranges(phrase: str, on: str, first: str, last: str) -> None:
    assert days(phrase, on) == (first, last)


@pytest.mark.parametrize(
    ("phrase", "on", "last"),
    [
        ("by 2030", "2024-11-05", "2030-12-31"),
        ("by the end of 2030", "2024-11-05", "2030-12-31"),
        ("by March 2025", "2024-11-05", "2025-03-31"),
        ("by the end of March", "2024-11-05", "2025-03-31"),
        ("by the end of February", "2023-11-05", "2024-02-29"),
        ("by end of 2025", "2024-11-05", "2025-12-31"),
        ("by 31 December 2025", "2024-11-05", "2025-12-31"),
        ("on or before 31 December 2025", "2024-11-05", "2025-12-31"),
        ("no later than April 2025", "2024-11-05", "2025-04-30"),
        ("by spring 2025", "2024-11-05", "2025-05-31"),
        ("by early 2025", "2024-11-05", "2025-04-30"),
        ("by the start of 2026", "2024-11-05", "2026-01-01"),
        ("by the end of the year", "2024-11-05", "2024-12-31"),
        ("before the end of the year", "2024-11-05", "2024-12-31"),
        ("by the end of the financial year", "2024-11-05", "2025-03-31"),
        ("before 2030", "2024-11-05", "2029-12-31"),
        ("before April next year", "2024-11-05", "2025-03-31"),
        ("ahead of 1 April 2025", "2024-11-05", "2025-03-31"),
        ("by the end of the decade", "2024-11-05", "2029-12-31"),
        ("by Christmas", "2024-11-05", "2024-12-25"),
        ("before Christmas", "2024-12-26", "2025-12-24"),
        ("before Christmas", "2024-12-25", "2024-12-25"),
        ("until 3 March 2025", "2024-11-05", "2025-03-03"),
        ("within six months", "2024-08-31", "2025-02-28"),
        ("within 12 months", "2024-02-29", "2025-02-28"),
        ("in the next two weeks", "2024-11-05", "2024-11-19"),
        ("in two weeks' time", "2024-11-05", "2024-11-19"),
        ("within 30 days", "2024-11-05", "2024-12-05"),
        ("over the next 12 to 18 months", "2024-11-05", "2026-05-05"),
        ("over the next year", "2024-11-05", "2025-11-05"),
        ("over the next couple of months", "2024-11-05", "2025-01-05"),
        ("within the next five years", "2024-11-05", "2029-11-05"),
        ("by the end of this Parliament", "2024-11-05", "?"),
        ("over the course of this Parliament", "2024-11-05", "?"),
        ("during this Parliament", "2024-11-05", "?"),
        ("in the current session", "2024-11-05", "?"),
        ("within our first term", "2024-11-05", "?"),
        ("later in this parliamentary session", "2024-11-05", "?"),
    ],
)
def test_deadline_begins_on_the_day_of_the_answer(phrase: str, on: str, last: str) -> None:
    assert days(phrase, on) == (on, last)


@pytest.mark.parametrize(
    ("phrase", "on", "first", "last"),
    [
        ("in the coming days", "2024-11-05", "2024-11-06", "2024-11-12"),
        ("in the coming weeks", "2024-11-05", "2024-11-06", "2024-12-31"),
        ("in the next few weeks", "2024-12-30", "2024-12-31", "2025-02-24"),
        ("over the coming months", "2024-08-31", "2024-09-01", "2025-02-28"),
        ("over the coming weeks and months", "2023-11-30", "2023-12-01", "2024-05-30"),
    ],
)
def test_coming_time_begins_on_the_next_day(phrase: str, on: str, first: str, last: str) -> None:
    assert days(phrase, on) == (first, last)


@pytest.mark.parametrize(
    ("phrase", "on", "last"),
    [
        ("before the summer recess", "2024-11-05", "2025-07-22"),
        ("before the summer recess", "2025-07-22", "2025-07-22"),
        ("by the summer recess", "2024-03-05", "2024-07-30"),
        ("ahead of the Christmas recess", "2024-11-05", "2024-12-19"),
        ("before the Easter recess", "2024-11-05", "2025-04-08"),
        ("before Parliament rises for the summer", "2024-11-05", "2025-07-22"),
        ("before the November recess", "2025-09-10", "2025-11-05"),
        ("before recess", "2024-10-10", "2024-12-19"),
    ],
)
def test_recess_is_that_of_the_calendar(phrase: str, on: str, last: str) -> None:
    assert days(phrase, on) == (on, last)


def test_summer_recess_is_no_time_in_itself_nor_without_a_calendar() -> None:
    assert days("after the summer recess", "2024-11-05") is None
    assert days("during the summer recess", "2024-11-05") is None
    assert interval_of("before the summer recess", date(2024, 11, 5)) is None
    assert days("before the summer recess", "2026-08-01") is None  # the calendar does not reach so far


def test_recess_that_two_calendars_tell_is_one() -> None:
    """Let Parliament's calendar, read in August, speak of the days from 20 July on alone."""
    parts = ((date(2026, 7, 17), date(2026, 7, 19)), (date(2026, 7, 20), date(2026, 8, 31)))
    calendar = SittingCalendar(known={}, recesses={House.COMMONS: parts})
    interval = interval_of("before the summer recess", date(2026, 7, 1), calendar)
    assert interval is not None
    assert interval.last == date(2026, 7, 16)


def test_recess_far_ahead_is_not_meant() -> None:
    only_next = SittingCalendar(known={}, recesses={House.COMMONS: ((date(2026, 7, 20), date(2026, 9, 1)),)})
    assert interval_of("before the summer recess", date(2025, 5, 1), only_next) is None
    assert interval_of("before the summer recess", date(2025, 8, 1), only_next) is not None


@pytest.mark.parametrize(
    "phrase",
    [
        "in due course",
        "as soon as possible",
        "after the election",
        "after April 2025",
        "since 2023",
        "not before 2026",
        "no earlier than 2026",
        "in the year to March 2025",
        "as at 31 March 2025",
        "for 2025/26",
        "the Piers Act 2027",
        "in the 2025-26 settlement",
        "the 2025 consultation",
        "at the Autumn Statement",
        "in the Spring Budget",
        "of Budget 2025",
        "the first in over a decade",
        "our first term",
        "the Winter Fuel Payment",
        "summer's end",
        "last year",
        "last May",
        "in May last year",
        "in 2023",
        "on 3 October 2024",
        "by 2020",
        "before 2024",
        "in the next session",
        "before Parliament",
        "to this Parliament",
        "the new year",
        "at Christmas",
        "within six months of Royal Assent",
        "for two years",
        "in two years",
        "in the week",
        "May I say",
        "on 31 November",
        "on 29 February 2025",
        "on 20 October",
        "in September",
        "from 2028 to 2025",
        "the second quarter",
        "2010-2024",
        "few days",
        "during the current session of the Human Rights Council",
    ],
)
def test_phrase_without_days_that_come(phrase: str) -> None:
    assert days(phrase, "2024-11-05") is None


@pytest.mark.parametrize(
    ("phrase", "on", "first", "last"),
    [
        ("by end 2025", "2025-02-12", "2025-02-12", "2025-12-31"),
        ("by end March 2026", "2025-02-12", "2025-02-12", "2026-03-31"),
        ("by end-March", "2025-02-12", "2025-02-12", "2025-03-31"),
        ("by end of year", "2025-02-12", "2025-02-12", "2025-12-31"),
        ("before the year end", "2025-02-12", "2025-02-12", "2025-12-31"),
        ("by mid-year", "2025-02-12", "2025-02-12", "2025-08-31"),
        ("by the end of calendar year 2025", "2025-02-12", "2025-02-12", "2025-12-31"),
        ("in FY25/26", "2025-02-12", "2025-04-01", "2026-03-31"),
        ("in Q3", "2025-02-12", "2025-07-01", "2025-09-30"),
        ("in Q1", "2025-06-01", "2026-01-01", "2026-03-31"),
        # a part of "the year" that is over is that of the next one
        ("early in the financial year", "2025-02-12", "2025-04-01", "2025-07-31"),
        ("early in the financial year", "2025-05-12", "2025-05-12", "2025-07-31"),
        ("in the second quarter of the financial year", "2025-02-12", "2025-07-01", "2025-09-30"),
        ("by the start of the academic year", "2025-02-12", "2025-02-12", "2025-09-01"),
        ("in time for the new academic year", "2025-02-12", "2025-02-12", "2025-08-31"),
        # before a season that is on means the next of its name
        ("ahead of the winter", "2025-02-12", "2025-02-12", "2025-11-30"),
        ("in time for summer", "2025-02-12", "2025-02-12", "2025-05-31"),
        ("in the first few months of 2026", "2025-02-12", "2026-01-01", "2026-04-30"),
        ("in mid to late 2025", "2025-02-12", "2025-05-01", "2025-12-31"),
        ("by early to mid 2026", "2025-02-12", "2025-02-12", "2026-08-31"),
        ("in late 2025 or early 2026", "2025-02-12", "2025-09-01", "2026-04-30"),
        ("in late spring or early summer", "2025-02-12", "2025-05-01", "2025-06-30"),
        ("in the week commencing 24 February", "2025-02-12", "2025-02-24", "2025-03-02"),
        ("from the end of April", "2025-02-12", "2025-04-30", "2025-04-30"),
        ("from as early as April 2026", "2025-02-12", "2026-04-01", "2026-04-30"),
        ("in the weeks ahead", "2025-02-12", "2025-02-13", "2025-04-09"),
        ("in a few weeks' time", "2025-02-12", "2025-02-13", "2025-04-09"),
        ("within a year", "2025-02-12", "2025-02-12", "2026-02-12"),
        ("within the year", "2025-02-12", "2025-02-12", "2025-12-31"),
        ("over the Parliament", "2025-02-12", "2025-02-12", "?"),
        ("over the next Parliament", "2024-05-12", "2024-05-12", "?"),
        ("in the first session of this Parliament", "2025-02-12", "2025-02-12", "?"),
        ("rescheduled for 20 March 2025", "2025-02-12", "2025-03-20", "2025-03-20"),
        # an event with a time is a deadline: to the day before a day or a year of accounts, else to the end of the time
        ("ahead of the launch in May 2025", "2025-02-12", "2025-02-12", "2025-05-31"),
        ("ahead of the scheme beginning on 1 April 2025", "2025-02-12", "2025-02-12", "2025-03-31"),
        ("before its implementation in 2026-27", "2025-02-12", "2025-02-12", "2026-03-31"),
        ("in time for the opening of the pier on 24 March 2025", "2025-02-12", "2025-02-12", "2025-03-24"),
        ("between now and the end of March", "2025-12-03", "2025-12-03", "2026-03-31"),
        ("by financial year end", "2025-12-03", "2025-12-03", "2026-03-31"),
        ("in the months to come", "2025-12-03", "2025-12-04", "2026-06-03"),
        ("in financial years 2026-27 and 2027-28", "2025-12-03", "2026-04-01", "2028-03-31"),
        ("debated before the Harbour Committee in 2026", "2025-02-12", "2026-01-01", "2026-12-31"),
        ("before the end of Financial Year (FY) 2024-25", "2025-02-12", "2025-02-12", "2025-03-31"),
    ],
)
def test_more_ways_to_name_days(phrase: str, on: str, first: str, last: str) -> None:
    assert days(phrase, on) == (first, last)


@pytest.mark.parametrize(
    "phrase", ["in the coming years", "over the next few years", "in the next parliamentary session", "in a year"]
)
def test_time_without_a_known_end_of_days(phrase: str) -> None:
    assert days(phrase, "2025-02-12") is None


def test_range_to_the_end_of_a_period() -> None:
    assert days("between March 2025 and the end of 2025", "2025-02-12") == ("2025-03-01", "2025-12-31")


def test_past_end_of_a_range_is_no_time() -> None:
    assert days("between March and May 2023", "2024-11-05") is None


def test_each_time_has_its_place_and_its_preposition() -> None:
    sentence = "In 2025 we will publish it by the end of June 2026, once the report of May 2024 is out."
    found = list(times_in(sentence, date(2024, 11, 5)))
    assert [(sentence[time.start : time.end], time.word) for time in found] == [
        ("In 2025", "in"),
        ("by the end of June 2026", "by"),
    ]


def test_sentence_without_a_word_of_time_has_none() -> None:
    assert list(times_in("We will publish it.", date(2024, 11, 5))) == []


def test_winter_of_january_began_in_december() -> None:
    winter = season_of("winter", date(2025, 1, 20))
    assert (winter.first, winter.last) == (date(2024, 12, 1), date(2025, 2, 28))


def test_months_later_is_the_last_day_of_a_shorter_month() -> None:
    assert day_after_months(date(2024, 8, 31), 6) == date(2025, 2, 28)
    assert day_after_months(date(2024, 12, 15), 1) == date(2025, 1, 15)


def test_interval_is_a_value() -> None:
    assert interval_of("in 2025", date(2024, 11, 5)) == Interval(date(2025, 1, 1), date(2025, 12, 31))
