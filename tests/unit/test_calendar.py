from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.model.records import House
from monitor.parliament.calendar import SittingCalendar, is_working_day, load_calendar
from monitor.parliament.identifiers import sessions

if TYPE_CHECKING:
    from pathlib import Path

COMMONS, LORDS = House.COMMONS, House.LORDS
SHIPPED = load_calendar()


def a_calendar(*recesses: tuple[date, date]) -> SittingCalendar:
    return SittingCalendar(
        known={COMMONS: (date(2025, 1, 6), date(2025, 5, 30))},
        recesses={COMMONS: recesses},
        session_ends=(date(2024, 5, 24), date(2025, 5, 30)),
    )


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2024, 11, 5), True),
        (date(2024, 11, 6), True),
        (date(2024, 11, 7), False),
        (date(2024, 11, 11), True),
        (date(2024, 11, 9), False),
        (date(2025, 5, 26), False),
        (date(2024, 12, 25), False),
        (date(2024, 7, 15), False),
        (date(2024, 7, 17), True),
        (date(2025, 4, 12), True),  # a Saturday
        (date(2017, 6, 12), None),
        (date(2026, 4, 29), True),
        (date(2026, 4, 30), False),
        (date(2026, 5, 12), False),
        (date(2026, 5, 13), True),
        (date(2026, 9, 3), None),
        (date(2026, 9, 5), False),
    ],
)
def test_sitting_days_of_the_commons(day: date, expected: bool | None) -> None:
    assert SHIPPED.is_sitting_day(COMMONS, day) is expected


def test_house_without_a_table_has_no_calendar() -> None:
    day = date(2024, 11, 5)
    assert SHIPPED.is_sitting_day(House.SCOTLAND, day) is None
    assert SHIPPED.known_until(House.SCOTLAND) is None
    assert SHIPPED.recess_until(House.SCOTLAND, day) is None


def test_fifth_sitting_day_skips_weekends_and_recess() -> None:
    assert SHIPPED.nth_sitting_day_after(COMMONS, date(2024, 11, 11), 5) == date(2024, 11, 18)
    assert SHIPPED.nth_sitting_day_after(COMMONS, date(2024, 11, 4), 5) == date(2024, 11, 13)
    assert SHIPPED.nth_sitting_day_after(COMMONS, date(2024, 12, 17), 5) == date(2025, 1, 8)


def test_counting_stops_where_the_calendar_ends() -> None:
    assert SHIPPED.nth_sitting_day_after(COMMONS, date(2026, 7, 16), 2) == date(2026, 9, 2)
    assert SHIPPED.nth_sitting_day_after(COMMONS, date(2026, 7, 16), 3) is None


def test_sitting_at_a_weekend_does_not_count() -> None:
    assert SHIPPED.nth_sitting_day_after(COMMONS, date(2019, 10, 18), 1) == date(2019, 10, 21)


def test_a_recess_ends_with_the_first_sitting_day() -> None:
    calendar = a_calendar((date(2025, 4, 9), date(2025, 4, 17)))
    # Good Friday and Easter Monday follow the recess.
    assert calendar.recess_until(COMMONS, date(2025, 4, 9)) == date(2025, 4, 22)
    assert calendar.recess_until(COMMONS, date(2025, 4, 8)) is None
    assert calendar.recess_until(COMMONS, date(2025, 4, 18)) is None


def test_adjacent_recesses_are_joined() -> None:
    calendar = a_calendar((date(2025, 2, 10), date(2025, 2, 12)), (date(2025, 2, 13), date(2025, 2, 16)))
    assert calendar.recess_until(COMMONS, date(2025, 2, 10)) == date(2025, 2, 17)


def test_recesses_are_given_in_order_and_joined() -> None:
    first, second, third = (
        (date(2025, 2, 10), date(2025, 2, 12)),
        (date(2025, 2, 12), date(2025, 2, 16)),
        (date(2025, 3, 10), date(2025, 3, 12)),
    )
    calendar = a_calendar(third, second, first)
    assert list(calendar.recesses_of(COMMONS)) == [(date(2025, 2, 10), date(2025, 2, 16)), third]
    assert list(calendar.recesses_of(House.SENEDD)) == []


def test_an_earlier_recess_does_not_hide_a_later_one() -> None:
    recesses = [(date(2025, 2, 10), date(2025, 2, 12)), (date(2025, 3, 10), date(2025, 3, 12))]
    calendar = a_calendar(*reversed(recesses))
    assert calendar.recess_until(COMMONS, date(2025, 2, 11)) == date(2025, 2, 13)
    assert calendar.recess_until(COMMONS, date(2025, 3, 11)) == date(2025, 3, 13)
    assert calendar.recess_until(COMMONS, date(2025, 2, 20)) is None


def test_recess_at_the_end_of_the_table_ends() -> None:
    assert SHIPPED.recess_until(LORDS, date(2026, 10, 1)) == date(2026, 10, 12)


def test_configured_recess_extends_the_calendar() -> None:
    calendar = load_calendar([(date(2026, 9, 11), date(2026, 10, 11)), (date(2026, 12, 18), date(2027, 1, 5))])
    assert calendar.known_until(COMMONS) == date(2027, 1, 5)
    assert calendar.is_sitting_day(COMMONS, date(2026, 10, 12)) is True
    assert calendar.is_sitting_day(LORDS, date(2026, 9, 14)) is False
    assert calendar.is_sitting_day(COMMONS, date(2027, 1, 6)) is None


def test_older_configured_recess_does_not_shorten_the_calendar() -> None:
    assert load_calendar([(date(2024, 1, 2), date(2024, 1, 3))]).known_until(COMMONS) == SHIPPED.known_until(COMMONS)


def test_last_session_that_ended() -> None:
    calendar = a_calendar()
    assert calendar.last_session_end(date(2025, 5, 31)) == date(2025, 5, 30)
    assert calendar.last_session_end(date(2025, 5, 30)) == date(2024, 5, 24)
    assert calendar.last_session_end(date(2024, 5, 24)) is None


def test_the_shipped_table_is_in_order() -> None:
    for house, recesses in SHIPPED.recesses.items():
        days = [day for recess in recesses for day in recess]
        assert days == sorted(days)
        first, last = SHIPPED.known[house]
        assert first <= days[0]
        assert days[-1] <= last
    assert list(SHIPPED.session_ends) == sorted(SHIPPED.session_ends)


def test_ends_of_sessions() -> None:
    assert SHIPPED.last_session_end(date(2026, 11, 27)) == date(2026, 4, 29)
    assert SHIPPED.last_session_end(date(2026, 4, 29)) == date(2024, 5, 24)
    assert SHIPPED.last_session_end(date(2005, 2, 3)) == date(2004, 11, 18)


HOUSE_NUMBERS = {"1": COMMONS, "2": LORDS}
KNOWN_FROM, RECORDED_UNTIL = date(2017, 6, 13), date(2026, 1, 9)


def recorded_sittings(shared_data: Path) -> dict[House, set[date]]:
    """Read the days on which each House sat, virtual sittings included, from the Library's calendar."""
    days: dict[House, set[date]] = {COMMONS: set(), LORDS: set()}
    [dump] = (shared_data / "sitting-days").glob("*.sql.gz")
    is_wanted = False
    with gzip.open(dump, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(("COPY public.sitting_days ", "COPY public.virtual_sitting_days ")):
                is_wanted = True
            elif line.startswith("\\."):
                is_wanted = False
            elif is_wanted:
                _, first, last, _, _, house, *_ = line.split("\t")
                assert first == last
                days[HOUSE_NUMBERS[house]].add(date.fromisoformat(first))
    return days


def test_the_calendar_agrees_with_the_recorded_one_on_every_day(shared_data: Path) -> None:
    sat = recorded_sittings(shared_data)
    recorded = [
        (house, day) for house, days in sat.items() for day in sorted(days) if KNOWN_FROM <= day <= RECORDED_UNTIL
    ]
    assert len(recorded) == 2583  # both Houses
    assert [(house, day) for house, day in recorded if SHIPPED.is_sitting_day(house, day) is not True] == []

    one_day = timedelta(days=1)
    days = [KNOWN_FROM + number * one_day for number in range((RECORDED_UNTIL - KNOWN_FROM).days + 1)]
    wrong = [
        (house, day)
        for house in sat
        for day in days
        if day not in sat[house] and SHIPPED.is_sitting_day(house, day) and not is_lone_friday(sat[house], day)
    ]
    assert wrong == []


def is_lone_friday(sat: set[date], day: date) -> bool:
    """Return whether the House sat in the days around a Friday without a sitting."""
    return day.weekday() == 4 and day - timedelta(days=1) in sat and day + timedelta(days=3) in sat


def test_sessions_equal_the_recorded_ones(shared_data: Path) -> None:
    with (shared_data / "sitting-days" / "sessions.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row[2:4] for row in csv.reader(lines)]
    recorded = [tuple(day_of(text) if text else None for text in row) for row in rows]
    assert [(session.first_on, session.last_on) for session in sessions()] == recorded


def day_of(text: str) -> date:
    day, month, year = map(int, text.split("/"))
    return date(year, month, day)


@pytest.mark.parametrize("day", [date(2022, 9, 19), date(2023, 5, 8), date(2026, 12, 28), date(2027, 3, 26)])
def test_bank_holidays_are_not_working_days(day: date) -> None:
    assert day.weekday() < 5
    assert not is_working_day(day)


def test_recorded_days_on_which_many_questions_were_tabled_are_sitting_days(shared_data: Path) -> None:
    tabled: Counter[date] = Counter()
    for path in sorted((shared_data / "written-questions-api").glob("detail-*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            tabled.update(date.fromisoformat(json.loads(line)["dateTabled"][:10]) for line in lines)
    busy = {day for day, count in tabled.items() if count > 60}
    assert len(busy) == 46
    # On the last weekday of a recess, members table questions for the day after it.
    assert {day for day in busy if not SHIPPED.is_sitting_day(COMMONS, day)} == {date(2024, 8, 30), date(2024, 11, 8)}


def test_recess_may_last_to_the_last_date() -> None:
    never = load_calendar([(date(2090, 1, 1), date.max), (date(2095, 1, 1), date(2095, 1, 2))])
    assert never.nth_sitting_day_after(House.LORDS, date(9999, 12, 30), 5) is None
    assert never.is_sitting_day(House.LORDS, date.max) is False
    assert never.recess_until(House.LORDS, date(2095, 1, 2)) == date.max
