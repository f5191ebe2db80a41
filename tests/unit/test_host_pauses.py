"""Pauses that hosts asked for: the next run keeps to them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.collect.host_pauses import HostPauses
from tests.fakes import Clock, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from db.runs import Runs

DAY = date(2024, 11, 18)


@pytest.fixture
def clock() -> Clock:
    return Clock(at(DAY))


@pytest.fixture
def runs(tmp_path: Path, clock: Clock) -> Iterator[Runs]:
    archive = new_archive(tmp_path, clock)
    yield archive.runs
    archive.close()


def left(runs: Runs, clock: Clock, host: str = "a.example") -> float:
    """Return the seconds for which the next run leaves a host alone before its first request."""
    pauses = HostPauses(runs, clock)
    turn, again = pauses.take(host, 0.2), pauses.take(host, 0.2)
    assert (turn.wait, again.wait, again.pause) == (0, 0, 0)  # the client knows it then
    return turn.pause


def test_the_next_run_leaves_a_host_alone_for_the_rest_of_its_pause(runs: Runs, clock: Clock) -> None:
    HostPauses(runs, clock).pause("a.example", 7200)
    clock.tick(minutes=30)
    assert left(runs, clock) == pytest.approx(5400, abs=1)
    assert left(runs, clock, "b.example") == 0
    clock.tick(minutes=90)
    assert left(runs, clock) == 0


def test_the_longest_pause_holds_and_those_that_are_over_are_forgotten(runs: Runs, clock: Clock) -> None:
    pauses = HostPauses(runs, clock)
    pauses.pause("a.example", 600)
    pauses.pause("a.example", 60)
    pauses.pause("b.example", 60)
    assert left(runs, clock) == pytest.approx(600, abs=1)
    clock.tick(minutes=2)
    pauses.pause("c.example", 60)
    assert "b.example" not in (runs.fact("host_pauses") or "")
    assert "a.example" in (runs.fact("host_pauses") or "")


def test_short_pauses_are_not_kept_and_absurd_ones_end(runs: Runs, clock: Clock) -> None:
    HostPauses(runs, clock).pause("a.example", 2)
    assert runs.fact("host_pauses") is None
    HostPauses(runs, clock).pause("a.example", 600)
    clock.now -= timedelta(days=900)  # the clock was wrong when the host asked
    assert left(runs, clock) == timedelta(days=1).total_seconds()
