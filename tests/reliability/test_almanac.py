"""Days around a change of the clock, and programs that must fail the proof of ten years."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from monitor import scheduler
from monitor.digest import schedule
from tests.reliability.almanac import (
    AT,
    CHANGES,
    DAYS,
    FIRST,
    PROOFS,
    Machine,
    Night,
    calendar,
    change_days,
    change_night,
    first_instant,
    is_summer,
    latest_slot,
    live_days,
)
from tests.reliability.tally import Budget

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

LONDON = ZoneInfo("Europe/London")
SPRING, AUTUMN = date(2026, 3, 29), date(2027, 10, 31)


def test_the_independent_calendar_agrees_with_the_time_zone_of_london() -> None:
    for number in range(DAYS):
        noon = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=number)
        assert is_summer(noon) == bool(noon.astimezone(LONDON).dst())
    assert (change_days(2026)[0], change_days(2027)[1]) == (SPRING, AUTUMN)
    assert [first_instant(SPRING, at).isoformat()[11:16] for at in AT] == [
        "00:00",
        "01:00",
        "01:30",
        "01:00",
        "06:30",
        "22:59",
    ]
    assert [first_instant(AUTUMN, at).isoformat()[8:16] for at in AT[:4]] == [
        "30T23:00",
        "31T00:00",
        "31T00:30",
        "31T02:00",
    ]
    assert latest_slot("weekly", "01:30", datetime(2027, 10, 31, 0, 29, tzinfo=UTC)) == "2027-10-24T01:30"
    assert latest_slot("weekly", "01:30", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)) == "2027-10-31T01:30"


def test_one_digest_for_each_day_and_reader(tmp_path: Path) -> None:
    """Live through a day in autumn. The first day of the proof is in spring."""
    tally = live_days(tmp_path, AUTUMN, Budget(2, 1), 1)
    assert tally.failures == []
    assert (tally.tried, tally.is_good) == (1, True)


def test_the_proof_finds_a_slot_that_comes_an_hour_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the second of two equal hours, where the product takes the first."""
    compute_slot = schedule._slot

    def second(*arguments: Any) -> datetime | None:
        found = compute_slot(*arguments)
        return found and found.replace(fold=1)

    monkeypatch.setattr(schedule, "_slot", second)
    machine = Machine(tmp_path, datetime(2027, 10, 31, 0, 25, tzinfo=UTC))
    failures = machine.look(machine.now, random.Random(1))  # noqa: S311 (no secret)
    assert failures == ["daily-1 has no digest of 2027-10-31T01:00 after a look at 2027-10-31 00:25 UTC"]


def test_a_service_looks_every_minute_and_at_each_slot_through_both_changes(tmp_path: Path) -> None:
    for day in (SPRING, AUTUMN):
        start = datetime(day.year, day.month, day.day, 0, 15, tzinfo=UTC)
        night = Night(tmp_path / str(day), start, 5400, {}).serve()
        assert night.looks == [1, *range(60, 5401, 60)]
        assert night.late == []


def test_a_service_composes_each_digest_though_its_clock_jumps(tmp_path: Path) -> None:
    assert change_night(tmp_path, AUTUMN, random.Random(1)).failures == []  # noqa: S311


def test_the_proof_finds_a_service_that_waits_for_a_clock_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler.ClockWatch, "has_jumped", lambda _watch: False)
    failures = change_night(tmp_path, AUTUMN, random.Random(1)).failures  # noqa: S311
    assert any("seconds without a look" in failure for failure in failures)


def test_the_proof_finds_a_service_without_jobs_for_digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "digest_jobs", lambda _config: {})
    night = Night(tmp_path, datetime(2026, 3, 29, 0, 15, tzinfo=UTC), 1200, {}).serve()
    assert "the digest 2026-03-29T01:30 of daily-2" not in " ".join(night.late)
    night = Night(tmp_path / "later", datetime(2026, 3, 29, 1, 15, tzinfo=UTC), 1200, {}).serve()
    assert night.late[0].startswith("the digest 2026-03-29T01:30 of daily-2 has been due for 62 seconds")


def test_the_proof_covers_ten_years(tmp_path: Path) -> None:
    [proof] = PROOFS
    assert (proof.full, proof.run, FIRST + timedelta(days=DAYS)) == (3672, calendar, date(2036, 1, 1))
    assert CHANGES[0] == SPRING
    assert proof.run(tmp_path, Budget(1, 1)).is_good
