from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.config.settings import ScheduleSettings
from monitor.digest.schedule import latest_slot, next_slot, slot_key
from monitor.model.watching import Subscriber

EVERY_DAY = ScheduleSettings(digest_days=frozenset(range(7)))


def a_subscriber(cadence: str = "daily", at: str = "07:30") -> Subscriber:
    return Subscriber(key="desk", name="Desk", email="desk@example.org", topics=(), cadence=cadence, at=at)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def keys(subscriber: Subscriber, schedule: ScheduleSettings, now: str) -> tuple[str | None, str | None]:
    latest, following = latest_slot(subscriber, schedule, at(now)), next_slot(subscriber, schedule, at(now))
    return slot_key(latest) if latest else None, slot_key(following) if following else None


@pytest.mark.parametrize(
    ("now", "latest", "following"),
    [
        ("2024-11-26T07:29:59", "2024-11-25T07:30", "2024-11-26T07:30"),
        ("2024-11-26T07:30:00", "2024-11-26T07:30", "2024-11-27T07:30"),
        ("2024-11-24T12:00:00", "2024-11-22T07:30", "2024-11-25T07:30"),
        ("2024-06-26T06:30:00", "2024-06-26T07:30", "2024-06-27T07:30"),
        ("2024-06-26T06:29:00", "2024-06-25T07:30", "2024-06-26T07:30"),
    ],
    ids=["a second early", "on time", "on a Sunday", "on time in summer", "a minute early in summer"],
)
def test_daily_slots(now: str, latest: str, following: str) -> None:
    assert keys(a_subscriber(), ScheduleSettings(), now) == (latest, following)


@pytest.mark.parametrize(
    ("now", "latest", "following"),
    [
        ("2024-11-25T07:29:00", "2024-11-18T07:30", "2024-11-25T07:30"),
        ("2024-11-25T07:31:00", "2024-11-25T07:30", "2024-12-02T07:30"),
        ("2024-12-01T23:00:00", "2024-11-25T07:30", "2024-12-02T07:30"),
    ],
)
def test_weekly_slots(now: str, latest: str, following: str) -> None:
    assert keys(a_subscriber("weekly"), ScheduleSettings(), now) == (latest, following)


def test_weekly_slot_ignores_the_days_of_daily_digests() -> None:
    schedule = ScheduleSettings(digest_days=frozenset({0}), weekly_on=5)
    assert keys(a_subscriber("weekly"), schedule, "2024-11-26T12:00:00") == ("2024-11-23T07:30", "2024-11-30T07:30")


def test_instant_has_no_slots() -> None:
    assert keys(a_subscriber("instant"), ScheduleSettings(), "2024-11-26T12:00:00") == (None, None)


def test_no_slots_without_days() -> None:
    assert keys(a_subscriber(), ScheduleSettings(digest_days=frozenset()), "2024-11-26T12:00:00") == (None, None)


def test_the_subscribers_own_time_counts() -> None:
    assert keys(a_subscriber(at="18:00"), ScheduleSettings(), "2024-11-26T12:00:00") == (
        "2024-11-25T18:00",
        "2024-11-26T18:00",
    )


def test_local_day_counts_rather_than_the_day_in_utc() -> None:
    schedule = ScheduleSettings(timezone=ZoneInfo("Pacific/Auckland"), digest_days=frozenset(range(7)))
    assert keys(a_subscriber(at="01:00"), schedule, "2024-11-25T12:30:00") == ("2024-11-26T01:00", "2024-11-27T01:00")


@pytest.mark.parametrize("time", ["07:30", "00:00", "01:00", "01:30", "02:00", "23:59"])
def test_exactly_one_slot_a_day_for_ten_years(time: str) -> None:
    subscriber = a_subscriber(at=time)
    now, end = at("2025-12-31T12:00:00"), at("2035-12-31T12:00:00")
    found = []
    while (slot := next_slot(subscriber, EVERY_DAY, now)) and slot < end:
        assert slot.astimezone(UTC) > now
        now = slot.astimezone(UTC)
        assert latest_slot(subscriber, EVERY_DAY, now) == slot
        found.append(slot_key(slot))
    days = [date(2025, 12, 31) + timedelta(days=number) for number in range(len(found) + 1)]
    first = 0 if found[0].startswith("2025-12-31") else 1
    assert found == [f"{day}T{time}" for day in days[first : first + len(found)]]
    assert len(found) == 3652


@pytest.mark.parametrize("change", ["2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31"])
def test_around_a_clock_change_asking_every_five_minutes_gives_one_slot(change: str) -> None:
    for time in ("00:30", "01:00", "01:30", "01:59", "02:00", "02:30"):
        subscriber = a_subscriber(at=time)
        start = at(f"{change}T00:00:00") - timedelta(hours=2)
        asked = [start + timedelta(minutes=5 * step) for step in range(12 * 6)]
        slots = [latest_slot(subscriber, EVERY_DAY, now) for now in asked]
        found = [slot_key(slot) for slot in slots if slot]
        assert len(found) == len(asked)
        assert found == sorted(found)
        assert found.count(f"{change}T{time}") > 0
        assert len(set(found)) == 2


def test_repeated_time_counts_once_at_the_first() -> None:
    slot = next_slot(a_subscriber(at="01:30"), EVERY_DAY, at("2026-10-24T12:00:00"))
    assert slot is not None
    assert slot.astimezone(UTC) == at("2026-10-25T00:30:00")


def test_skipped_time_counts_an_hour_later() -> None:
    slot = next_slot(a_subscriber(at="01:30"), EVERY_DAY, at("2026-03-28T12:00:00"))
    assert slot is not None
    assert slot.astimezone(UTC) == at("2026-03-29T01:30:00")
