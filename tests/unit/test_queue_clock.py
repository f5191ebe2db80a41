"""Machines whose clocks differ: that of the database counts for all of them."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from monitor import app
from monitor.parliament.calendar import LONDON
from monitor.queue.clock import MEASURE_EVERY, SharedClock
from monitor.queue.put_off import PutOffError
from monitor.queue.work import Work
from monitor.queue.worker import Retry
from monitor.scheduler import AGAIN, COLLECT, LOOK_EVERY, OUTBOX, Service
from tests.e2e.desk import Desk, an_answer, text_of
from tests.unit.queue_bench import Bench, shared_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

OFF = [timedelta(minutes=-5), timedelta(minutes=5)]
NEARLY = timedelta(seconds=30)


@pytest.fixture
def desk(postgres: str, tmp_path: Path) -> Iterator[Desk]:
    """Yield a desk in whose archive work is shared, with an answer of the real today."""
    with shared_desk(postgres, tmp_path) as desk:
        assert desk.parliament is not None
        desk.parliament.now = datetime.now(UTC)
        desk.parliament.replace([an_answer(0, datetime.now(UTC).astimezone(LONDON).date())])
        path = desk.config
        always = '[schedule]\ndigest_at = "00:00"\ndigest_days = "mon-sun"\n'
        path.write_text(f"{path.read_text('utf-8')}\n{always}", encoding="utf-8")
        path.chmod(0o600)
        yield desk


@pytest.fixture
def bench(desk: Desk) -> Iterator[Bench]:
    with closing(Bench(desk)) as bench:
        bench.service = Service(str(desk.config))
        bench.work.close()
        bench.work = Work(str(desk.config))
        bench.archive = bench.work.archive
        yield bench


def clock_of_another_machine(off: timedelta) -> SharedClock:
    return SharedClock(lambda: datetime.now(UTC) + off)


def let_worker_be(bench: Bench, off: timedelta) -> None:
    """Let the clock of the worker's machine be off."""
    assert isinstance(bench.work.clock, SharedClock)
    bench.work.clock._own = lambda: datetime.now(UTC) + off


def let_service_be(bench: Bench, off: timedelta) -> SharedClock:
    """Let the clock of the service's machine be off; return what the service goes by."""
    shared = bench.service.shared_clock
    assert shared is not None
    shared._own = lambda: datetime.now(UTC) + off
    shared._measured_at = None
    return shared


@pytest.mark.parametrize("off", OFF)
def test_the_clock_of_the_database_counts(bench: Bench, off: timedelta) -> None:
    clock = clock_of_another_machine(off)
    clock.compare(bench.archive)
    now = datetime.now(UTC)
    assert clock.differs
    assert abs(clock() - now) < NEARLY
    assert abs(clock.by_own(now) - (now + off)) < NEARLY


def test_clocks_that_are_nearly_alike_are_left_as_they_are(bench: Bench) -> None:
    clock = clock_of_another_machine(timedelta())
    clock.compare(bench.archive)
    assert not clock.differs


def test_a_clock_that_was_set_is_compared_again(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    clock = clock_of_another_machine(timedelta())
    clock.compare(bench.archive)
    clock._own = lambda: datetime.now(UTC) - timedelta(minutes=5)
    clock.compare(bench.archive)
    assert not clock.differs
    assert clock._measured_at is not None
    clock._measured_at -= MEASURE_EVERY
    clock.compare(bench.archive)
    assert abs(clock() - datetime.now(UTC)) < NEARLY
    [said] = [record.getMessage() for record in caplog.records if record.name == "monitor.queue.clock"]
    assert re.fullmatch(
        r"the clock of this machine differs from that of the database, which counts seconds=(299|300|301)", said
    )


@pytest.mark.parametrize("off", OFF)
def test_a_round_is_worked_off_by_a_machine_whose_clock_differs(bench: Bench, off: timedelta) -> None:
    let_worker_be(bench, off)
    bench.service.work()
    bench.do_all("collect", "match", "compose", "deliver")
    [message] = bench.desk.messages()
    assert "/70000" in text_of(message)


@pytest.mark.parametrize("off", OFF)
def test_a_job_that_waits_is_put_off_by_the_clock_of_the_queue(bench: Bench, off: timedelta) -> None:
    let_worker_be(bench, off)
    bench.service.work()
    with pytest.raises(PutOffError) as put_off:
        bench.do_next("match")
    job: Any = SimpleNamespace(attempts=0, task_kwargs={})
    for error in (put_off.value, ValueError("failed")):
        decision = Retry(bench.work.clock).get_retry_decision(exception=error, job=job)
        assert decision is not None
        assert decision.retry_at is not None
        assert timedelta() < decision.retry_at - datetime.now(UTC) < NEARLY


@pytest.mark.parametrize("off", OFF)
def test_the_service_looks_again_though_its_own_clock_differs(bench: Bench, off: timedelta) -> None:
    let_service_be(bench, off)
    bench.service.scheduler.start(paused=True)
    try:
        bench.service.work()
        again = planned(bench, AGAIN)
        bench.do_all("collect", "match", "compose", "deliver", "conclude")
        bench.service.work()
        collect = planned(bench, COLLECT)
    finally:
        bench.service.scheduler.shutdown()
    own_now = datetime.now(UTC) + off
    assert abs(again - own_now - LOOK_EVERY) < NEARLY
    assert abs(collect - own_now - bench.service.config.schedule.collect_every) < NEARLY


def planned(bench: Bench, name: str) -> datetime:
    """Return when the scheduler rings next for a job, by the clock of its machine."""
    at: datetime = bench.service.scheduler.get_job(name).next_run_time
    return at


def test_the_service_notices_a_digest_whose_trigger_came_too_early(bench: Bench) -> None:
    bench.service.work()
    bench.do_all("collect", "match", "compose", "deliver", "conclude")
    bench.service.work({OUTBOX})
    bench.sql("update digest set slot = 'an earlier one'")  # as if another one fell due meanwhile
    bench.service.work({OUTBOX})
    assert bench.waiting() == []  # the clocks are alike, so its trigger says when
    let_service_be(bench, timedelta(minutes=5))
    bench.service.work({OUTBOX})
    assert "match" in bench.waiting()


def test_one_process_goes_by_its_own_clock(tmp_path: Path) -> None:
    service = Service(str(Desk(folder=tmp_path / "desk").config))
    assert service.clock is app.clock
