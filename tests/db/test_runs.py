"""Lease, list of runs, and facts about the archive, on both databases."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, update

from db import tables
from db.archive import Archive
from db.engine import open_engine
from db.transactions import writing
from monitor.delivery.links import secret_of
from monitor.errors import LeaseError, MonitorError
from monitor.model.collection import RunOutcome
from tests.fakes import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fakes import Clock


@pytest.fixture
def other(archive_url: str, clock: Clock) -> Iterator[Archive]:
    """Open the same archive for another run."""
    other = Archive(open_engine(archive_url), clock=clock)
    yield other
    other.close()


def change_holder(archive: Archive, **facts: object) -> None:
    """Change the lease to that of another process."""
    with writing(archive.engine) as connection:
        connection.execute(update(tables.lease).values(**facts))


def leases(archive: Archive) -> int:
    with archive.engine.connect() as connection:
        return len(connection.execute(select(tables.lease)).all())


def test_a_lease_is_released(archive: Archive, other: Archive) -> None:
    with archive.runs.lease():
        assert leases(archive) == 1
    assert leases(archive) == 0
    with other.runs.lease():
        other.runs.set_fact("x", "1")


def test_a_lease_is_released_when_the_run_fails(archive: Archive) -> None:
    with pytest.raises(ValueError, match="no"), archive.runs.lease():
        raise ValueError("no")
    assert leases(archive) == 0


def test_a_second_run_gets_the_holder_of_the_archive(archive: Archive, other: Archive) -> None:
    holder_of_it = rf"process {os.getpid()} on {socket.gethostname()}, since 2026-11-24 09:00 UTC"
    refusal = rf"^another run holds the archive \({holder_of_it}\)"
    with archive.runs.lease():
        with pytest.raises(LeaseError, match=refusal), other.runs.lease():
            pytest.fail("two hold it")
        archive.runs.set_fact("x", "1")


def test_a_dead_holder_on_this_host_is_taken_over(archive: Archive, other: Archive) -> None:
    child = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    with archive.runs.lease():
        run_id = archive.runs.begin("collect", archive.runs._store.clock())
        change_holder(archive, pid=int(child.stdout))
        with other.runs.lease():
            [run] = other.runs.last()
            assert (run.id, run.outcome) == (run_id, "interrupted")
            assert run.ended_at is not None


def test_a_dead_holder_that_had_the_number_of_this_process_is_taken_over(archive: Archive, other: Archive) -> None:
    with archive.runs.lease():
        change_holder(archive, token="of a container that was killed")  # noqa: S106 - a lease, no password
        with other.runs.lease():
            assert leases(other) == 1
        archive.runs._store.token = None


def test_a_holder_that_runs_as_another_user_counts_as_alive(
    archive: Archive, other: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_pid: int, _signal: int) -> None:
        raise PermissionError

    with archive.runs.lease():
        change_holder(archive, pid=os.getppid())
        monkeypatch.setattr(os, "kill", refuse)
        with pytest.raises(LeaseError, match="another run holds"), other.runs.lease():
            pytest.fail("two hold it")


def test_a_holder_on_another_host_is_waited_for_until_its_lease_ends(
    archive: Archive, other: Archive, clock: Clock
) -> None:
    with archive.runs.lease():
        change_holder(archive, host="elsewhere", pid=1)
        with pytest.raises(LeaseError, match="process 1 on elsewhere"), other.runs.lease():
            pytest.fail("two hold it")
        clock.tick(minutes=11)
        with other.runs.lease():
            assert leases(archive) == 1


def test_a_run_that_goes_on_keeps_its_lease(archive: Archive, other: Archive, clock: Clock) -> None:
    with archive.runs.lease():
        for _ in range(5):
            clock.tick(minutes=9)
            archive.runs.set_fact("x", "1")
        with pytest.raises(LeaseError), other.runs.lease():
            pytest.fail("two hold it")


def test_a_stolen_lease_refuses_all_further_writes(archive: Archive, other: Archive, clock: Clock) -> None:
    with archive.runs.lease():
        archive.runs.set_fact("x", "mine")
        clock.tick(minutes=11)
        with other.runs.lease():
            for _ in range(2):
                with pytest.raises(LeaseError, match="took the archive over while this one stood still"):
                    archive.runs.set_fact("x", "stolen")
            other.runs.set_fact("y", "theirs")
    assert (other.runs.fact("x"), other.runs.fact("y")) == ("mine", "theirs")
    archive.runs.set_fact("x", "later")


def test_a_run_that_lost_its_lease_fails_and_leaves_the_lease_of_the_other(
    archive: Archive, other: Archive, clock: Clock
) -> None:
    with other.runs.lease():
        clock.tick(minutes=11)
        with archive.runs.lease():
            pass
        assert leases(archive) == 0
    with pytest.raises(LeaseError):
        lose(archive, other, clock)
    assert leases(other) == 0


def lose(archive: Archive, other: Archive, clock: Clock) -> None:
    with archive.runs.lease():
        clock.tick(minutes=11)
        with other.runs.lease():
            archive.runs.begin("collect", clock())


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_two_runs_that_start_at_once(archive: Archive, other: Archive) -> None:
    """The second waits until the first has committed, so it sees the lease of the first."""
    inserted, outcomes = threading.Event(), []

    def second() -> None:
        inserted.wait()
        try:
            with other.runs.lease():
                outcomes.append("held")
        except LeaseError as exc:
            outcomes.append(str(exc))

    thread = threading.Thread(target=second)
    thread.start()
    with writing(archive.engine) as connection:
        now = archive.runs._store.clock()
        row = {"token": "t", "host": "elsewhere", "pid": 1, "taken_at": now, "expires_at": now + timedelta(minutes=9)}
        connection.execute(insert(tables.lease).values(name="archive", **row))
        inserted.set()
        while not _is_waiting(archive):
            pass
    thread.join()
    [refusal] = outcomes
    assert refusal.startswith("another run holds the archive (process 1 on elsewhere, ")


def _is_waiting(archive: Archive) -> bool:
    with archive.engine.connect() as connection:
        query = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        return bool(connection.exec_driver_sql(query).scalar())


def test_the_list_of_runs_has_the_outcome_of_each_stage(archive: Archive, clock: Clock) -> None:
    assert archive.runs.last_started("collect") is None
    first = archive.runs.begin("collect", clock())
    archive.runs.end(first, RunOutcome.OK, {"new": 3})
    started = clock.tick(hours=1)
    second = archive.runs.begin("collect", clock())
    archive.runs.end(second, RunOutcome.FAILED, {}, "the disk is full")
    newest, oldest = archive.runs.last()
    assert (oldest.id, oldest.outcome, oldest.counts, oldest.error) == (first, "ok", {"new": 3}, None)
    assert (newest.id, newest.outcome, newest.counts, newest.error) == (second, "failed", {}, "the disk is full")
    assert oldest.ended_at is not None
    assert oldest.ended_at > oldest.started_at
    last = archive.runs.last_started("collect")
    assert last is not None
    assert last > started
    assert len(archive.runs.last(1)) == 1


def test_a_run_of_a_wrong_clock_is_not_the_last_for_ever(archive: Archive, clock: Clock) -> None:
    right = clock.now
    for now in (right + timedelta(days=2_000), right):
        clock.now = now
        archive.runs.end(archive.runs.begin("collect", now), RunOutcome.OK, {})
    last = archive.runs.last_started("collect")
    assert last is not None
    assert last - right < timedelta(hours=1)


def test_every_stage_of_a_run_leaves_a_row(archive: Archive, clock: Clock) -> None:
    assert World(archive, clock).run().ok
    rows = [(row.stage, row.outcome) for row in reversed(archive.runs.last())]
    assert rows == [("collect", "ok"), ("match", "ok"), ("compose", "ok"), ("deliver", "ok")]


@pytest.mark.parametrize(
    ("error", "reason"), [(MonitorError("no good"), "no good"), (RuntimeError("a mistake"), "RuntimeError: a mistake")]
)
def test_a_failed_stage_has_its_reason(
    archive: Archive, clock: Clock, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    def fail() -> None:
        raise error

    world = World(archive, clock)
    monkeypatch.setattr(archive.matches, "next_work", fail)
    with pytest.raises(type(error)):
        world.run()
    run = archive.runs.last()[0]
    assert (run.stage, run.outcome, run.error) == ("match", "failed", reason)
    assert leases(archive) == 0


def test_the_last_good_run(archive: Archive, clock: Clock) -> None:
    first = archive.runs.begin("collect", clock.now)
    started = clock.now
    assert not archive.runs.has_ended("collect")
    archive.runs.end(first, RunOutcome.OK, {})
    clock.tick(hours=1)
    archive.runs.end(archive.runs.begin("collect", clock.now), RunOutcome.FAILED, {})
    archive.runs.end(archive.runs.begin("match", clock.now), RunOutcome.OK, {})
    assert archive.runs.last_ok("collect") == started
    assert archive.runs.last_ok("deliver") is None
    assert archive.runs.has_ended("collect")
    assert not archive.runs.has_ended("deliver")


def test_the_longest_time_between_two_runs(archive: Archive, clock: Clock) -> None:
    assert archive.runs.longest_gap("collect") == timedelta()
    for hours in (24, 72, 24, 1):
        archive.runs.begin("collect", clock.now)
        clock.tick(hours=hours)
    second = timedelta(seconds=1)
    assert timedelta() <= archive.runs.longest_gap("collect") - timedelta(hours=72) < second
    assert timedelta() <= archive.runs.longest_gap("collect", of=2) - timedelta(hours=24) < second


def test_an_archive_has_a_lasting_id(archive: Archive) -> None:
    name = archive.runs.instance()
    assert len(name) == 32
    assert archive.runs.instance() == name
    archive.runs.set_fact("instance", "another")
    assert archive.runs.fact("instance") == "another"


def test_two_processes_that_begin_at_once_agree_on_what_an_archive_makes_once(
    archive: Archive, other: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: dict[str, str] = {}

    def make(*_: int) -> str:
        if not found:  # just then another process makes it too
            found["other"] = "not yet"
            found["other"] = ask(other)
            return "of this process"
        return "of the other process"

    monkeypatch.setattr(secrets, "token_hex", make)
    monkeypatch.setattr(secrets, "token_urlsafe", make)
    asks: list[Callable[[Archive], str]] = [
        lambda archive: archive.runs.instance(),
        lambda archive: archive.bounces.secret(),
        secret_of,
    ]
    for ask in asks:
        found.clear()
        assert ask(archive) == found["other"] == "of the other process"
        assert ask(archive) == ask(other) == "of the other process"
