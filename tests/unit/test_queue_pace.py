"""Mail with a pace, and much mail, beside the other work of a round."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from monitor.model.jobs import MAIL, collect_job
from monitor.queue import mailing
from monitor.queue.put_off import LEAVE_SECONDS, PutOffError
from tests.smtpserver import SmtpServer
from tests.unit.queue_bench import Bench, shared_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.desk import Desk

pytestmark = pytest.mark.slow

A_MINUTE = 2


@pytest.fixture
def desk(postgres: str, tmp_path: Path) -> Iterator[Desk]:
    with shared_desk(postgres, tmp_path) as desk:
        yield desk


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def bench(desk: Desk, server: SmtpServer) -> Iterator[Bench]:
    """Yield a bench with a mail that waits to be sent."""
    smtp = (
        'transport = "smtp"\nfrom = "watch@example.org"\n'
        f'[delivery.smtp]\nport = {server.port}\ntls = "none"\nper_minute = {A_MINUTE}\n'
    )
    desk.config.write_text(desk.config.read_text("utf-8").replace('transport = "file"', smtp), encoding="utf-8")
    desk.config.chmod(0o600)
    with closing(Bench(desk)) as bench:
        bench.service.work()
        bench.do_all("collect", "match", "compose")
        bench.sql("delete from procrastinate_jobs where task_name <> 'deliver'")
        yield bench


def take_turns(bench: Bench, server: SmtpServer, count: int) -> None:
    """Take turns at the mail server, as other workers do."""
    for _ in range(count):
        bench.archive.host_turns.take(f"smtp 127.0.0.1:{server.port}", 60 / A_MINUTE)


def send(bench: Bench) -> tuple[str | None, float] | None:
    """Send the mail; return which queue is left in place of that, and for how long."""
    try:
        bench.do_next("deliver")
    except PutOffError as exc:
        return exc.leave, exc.leave_seconds
    return None


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


def test_one_worker_waits_for_the_turn_of_a_mail_and_others_do_not(
    bench: Bench, server: SmtpServer, slept: list[float]
) -> None:
    take_turns(bench, server, 2)  # of a mail that was sent, and of one that waits
    assert send(bench) == (MAIL, LEAVE_SECONDS)
    assert slept == []
    bench.sql("update host_turn set next_at = next_at - interval '30 seconds'")
    assert send(bench) is None
    [seconds] = filter(None, slept)
    assert 0 < seconds <= 60 / A_MINUTE
    assert len(server.accepted) == 1


def test_a_mail_that_was_put_off_comes_behind_those_that_were_never_tried(bench: Bench, server: SmtpServer) -> None:
    server.replies["RCPT"] = [b"451 4.3.0 later"]
    with pytest.raises(PutOffError) as put_off:
        bench.do_next("deliver")
    [job] = bench.sql("select priority from procrastinate_jobs where task_name = 'deliver'")
    assert put_off.value.priority is not None
    assert 0 < put_off.value.priority < job.priority
    with pytest.raises(PutOffError) as waits:
        bench.do_next("deliver")
    assert waits.value.priority is None


def test_a_round_is_worked_at_while_a_mail_waits_for_its_turn(
    bench: Bench, server: SmtpServer, slept: list[float]
) -> None:
    take_turns(bench, server, 1)
    bench.archive.jobs.put([collect_job("questions", "")])
    assert send(bench) == (MAIL, 60 / A_MINUTE)
    assert slept == []
    bench.sql("update host_turn set next_at = now()")
    assert send(bench) is None
    assert len(server.accepted) == 1


def test_mail_makes_room_for_a_round_after_a_while(
    bench: Bench, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "NOTHING_BUT_MAIL", 0.0)
    bench.archive.jobs.put([collect_job("questions", "")])
    assert send(bench) == (MAIL, LEAVE_SECONDS)
    assert len(server.accepted) == 0
    bench.sql("delete from procrastinate_jobs where task_name = 'collect'")
    assert send(bench) is None
    assert len(server.accepted) == 1


def test_work_of_queues_that_a_worker_does_not_take_is_left_to_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "NOTHING_BUT_MAIL", 0.0)
    bench.work._mailing._queues = [MAIL]
    bench.archive.jobs.put([collect_job("questions", "")])
    assert send(bench) is None
