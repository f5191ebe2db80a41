"""The alarm clock: what a ring finds to do, over sleep and changes of the clock, and when the configuration changes."""

from __future__ import annotations

import logging
import os
import signal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor import app, scheduler
from monitor.demo.parliament import Parliament
from monitor.demo.sample import sample
from monitor.errors import ConfigError, LeaseError, SchemaError
from monitor.operations.signals import SignalHandler, Terminated
from monitor.scheduler import Due, Service, Task, task
from tests.e2e.desk import Desk, an_answer, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

NOW = datetime(2024, 11, 26, 9, 0, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes_ago", "is_digest_due", "is_mail_due", "what"),
    [
        (None, False, False, Task.RUN),
        (None, True, True, Task.RUN),
        (0, False, False, Task.NOTHING),
        (29, False, False, Task.NOTHING),
        (30, False, False, Task.RUN),
        (4, True, False, Task.COMPOSE),
        (5, True, False, Task.RUN),
        (4, True, True, Task.COMPOSE),
        (4, False, True, Task.DELIVER),
        (29, False, True, Task.DELIVER),
        (30, False, True, Task.RUN),
        (-10, False, False, Task.NOTHING),
        (-31, False, False, Task.RUN),
        (60 * 72, True, False, Task.RUN),
    ],
)
def test_what_a_ring_finds_to_do(minutes_ago: int | None, is_digest_due: bool, is_mail_due: bool, what: Task) -> None:
    collected_at = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    due = Due(collected_at=collected_at, is_digest_due=is_digest_due, is_mail_due=is_mail_due)
    assert task(due, NOW, HALF_AN_HOUR) is what


@pytest.mark.parametrize(
    ("minutes_ago", "is_mail_due", "what"),
    [(4, False, Task.NOTHING), (9, True, Task.DELIVER), (10, False, Task.RUN), (40, True, Task.RUN)],
)
def test_while_a_source_is_down_a_digest_is_not_tried_each_minute(
    minutes_ago: int, is_mail_due: bool, what: Task
) -> None:
    collected_at = NOW - timedelta(minutes=minutes_ago)
    due = Due(collected_at=collected_at, is_digest_due=True, is_mail_due=is_mail_due, is_down=True)
    assert task(due, NOW, HALF_AN_HOUR) is what


class Bench:
    """A service over a desk, with a clock that goes as a test says. Its digests go into the desk's folder."""

    def __init__(self, desk: Desk, now: datetime) -> None:
        self.desk = desk
        self.now = now
        self.service = Service(str(desk.config), lambda: self.now)

    def ring(self, now: datetime) -> None:
        self.now = now
        if self.desk.parliament is not None:
            self.desk.parliament.now = now
        self.service.ring()

    def slots(self) -> list[str]:
        archive = app.archive(self.service.config)
        try:
            return [row.slot for row in archive.digests.listing()][::-1]
        finally:
            archive.close()

    def stages(self) -> list[str]:
        archive = app.archive(self.service.config)
        try:
            return [row.stage for row in archive.runs.last(1000)][::-1]
        finally:
            archive.close()


@pytest.fixture
def parliament() -> Iterator[Parliament]:
    with sample().parliament(NOW) as parliament:
        yield parliament


@pytest.fixture
def desk(tmp_path: Path, parliament: Parliament) -> Desk:
    return Desk(folder=tmp_path / "desk", parliament=parliament, questions="look_back_days = 2").with_archive()


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Desk]:
    """A desk before a Parliament that says nothing, whose reader has a mail every day all the same."""
    with Parliament.from_values([]) as parliament:
        yield Desk(
            folder=tmp_path / "desk",
            parliament=parliament,
            questions='houses = ["Commons"]\nlook_back_days = 1',
            subscribers='[[subscribers]]\nname = "Desk"\nemail = "desk@example.org"\ntopics = ["*"]\nquiet_days = true\n',
        ).with_archive()


def test_a_morning(desk: Desk) -> None:
    bench = Bench(desk, NOW)
    for hour, minute in ((7, 0), (7, 1), (7, 29), (7, 30), (7, 31), (8, 0), (8, 30)):
        bench.ring(NOW.replace(hour=hour, minute=minute))
    run = ["collect", "match", "compose", "deliver"]
    assert bench.stages() == run * 4  # at 7:00, 7:30, 8:00, 8:30
    assert bench.slots() == ["2024-11-25T07:30", "2024-11-26T07:30"]


@pytest.mark.slow
def test_a_laptop_that_slept_makes_one_digest_of_all_the_days(desk: Desk) -> None:
    bench = Bench(desk, NOW)
    bench.ring(at("2024-11-22T09:00"))
    bench.ring(at("2024-11-27T18:30"))
    bench.ring(at("2024-11-27T18:31"))
    assert bench.slots() == ["2024-11-22T07:30", "2024-11-27T07:30"]
    last = desk.messages()[-1]
    assert "to 27 Nov" in str(last["Subject"]) or "to Wed 27 Nov" in str(last["Subject"])
    assert "answered on 26 Nov 2024" in text_of(last)
    assert "answered on 27 Nov 2024" in text_of(last)


def test_a_digest_waits_for_a_source_that_is_down(desk: Desk) -> None:
    assert desk.parliament is not None
    bench = Bench(desk, NOW)
    bench.ring(NOW.replace(hour=7, minute=0))
    slots = bench.slots()
    desk.parliament.faults.every_429, desk.parliament.faults.retry_after = 1, "4000"
    for minute in (30, 31, 35, 39, 40):
        bench.ring(NOW.replace(hour=7, minute=minute))
    run = ["collect", "match", "compose", "deliver"]
    assert bench.stages() == run * 3  # at 7:00, 7:30, 7:40
    assert bench.slots() == slots
    desk.parliament.faults.every_429 = 0
    bench.ring(NOW.replace(hour=7, minute=49))
    assert bench.slots() == slots
    bench.ring(NOW.replace(hour=7, minute=50))
    assert bench.slots() == [*slots, "2024-11-26T07:30"]


def test_where_nothing_is_read_no_ring_runs_all_again(desk: Desk) -> None:
    desk.questions = "enabled = false"
    desk.configure()
    bench = Bench(desk, NOW)
    for minute in (31, 32, 40, 59):
        bench.ring(NOW.replace(hour=7, minute=minute))
    assert bench.stages() == ["match", "compose", "deliver"]


def test_a_clock_that_was_set_back_does_not_stop_the_work(desk: Desk) -> None:
    bench = Bench(desk, NOW)
    bench.ring(at("2024-11-27T18:30"))
    before = len(bench.stages())
    bench.ring(at("2024-11-26T18:30"))
    assert len(bench.stages()) == 2 * before


@pytest.mark.parametrize(
    ("first", "days"),
    [("2027-03-27T22:00", ["2027-03-27", "2027-03-28"]), ("2027-10-30T22:00", ["2027-10-30", "2027-10-31"])],
    ids=["spring", "autumn"],
)
@pytest.mark.parametrize("digest_at", ["00:30", "01:30", "02:00"])
def test_one_digest_a_day_also_where_the_clock_changes(
    still: Desk, first: str, days: list[str], digest_at: str
) -> None:
    still.tables = f'[schedule]\ndigest_at = "{digest_at}"\ndigest_days = "mon-sun"\ncollect_every = "24h"'
    still.configure()
    bench = Bench(still, at(first))
    for step in range(11):
        bench.ring(at(first) + timedelta(minutes=30) * step)
    assert bench.slots() == [f"{day}T{digest_at}" for day in days]
    assert len(still.messages()) == 2


def test_mail_that_waits_goes_out_between_two_collects(tmp_path: Path) -> None:
    from monitor.demo.mailserver import MailServer  # noqa: PLC0415

    with Parliament.from_values([an_answer(0, NOW.date())]) as parliament, MailServer() as mail:
        desk = Desk(folder=tmp_path / "desk", parliament=parliament, mail=mail, questions="look_back_days = 1")
        desk.with_archive()
        mail.trouble.replies["mail"] = "451 4.3.0 Try later"
        bench = Bench(desk, NOW)
        bench.ring(NOW)
        assert mail.messages == []
        mail.trouble.replies.clear()
        bench.ring(NOW + timedelta(minutes=2))
        assert len(mail.messages) == 1
        assert bench.stages()[-2:] == ["deliver", "deliver"]
        bench.ring(NOW + timedelta(minutes=3))
        assert len(bench.stages()) == 5


def test_another_run_is_left_alone_and_asked_again(still: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bench = Bench(still, NOW)
    archive = app.archive(bench.service.config, now=lambda: NOW)
    with archive.runs.lease():
        bench.ring(NOW)
        assert bench.stages() == []
    archive.close()
    assert "busy another run holds the archive" in caplog.text
    bench.ring(NOW + timedelta(minutes=1))
    assert bench.slots() == ["2024-11-26T07:30"]


def test_a_failure_is_told_and_the_service_goes_on(
    still: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(still, NOW)

    def fails(*_: object, **__: object) -> None:
        raise SchemaError("the archive's schema is older than this program: run: pqwatch db upgrade")

    with monkeypatch.context() as patch:
        patch.setattr(app, "archive", fails)
        bench.ring(NOW)
    assert "failed the archive's schema is older" in caplog.text
    bench.ring(NOW)
    assert bench.slots() == ["2024-11-26T07:30"]


def test_what_a_run_could_not_read_is_told(still: Desk, caplog: pytest.LogCaptureFixture) -> None:
    assert still.parliament is not None
    still.parliament.faults.total_offset = 1
    Bench(still, NOW).ring(NOW)
    assert "! commons answered 2024-11-26" in caplog.text


def test_a_changed_configuration_counts_from_the_next_ring_on(still: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bench = Bench(still, NOW)
    bench.ring(NOW)
    still.tables = '[schedule]\ndigest_at = "08:15"'
    rewrite(still)
    bench.ring(NOW + timedelta(minutes=1))
    assert bench.slots() == ["2024-11-26T07:30", "2024-11-26T08:15"]
    assert "config read again" in caplog.text


def test_a_broken_configuration_is_told_once_and_the_old_one_stays(
    still: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(still, NOW)
    still.tables = '[schedule]\ndigest_att = "08:15"\ncollect_every = "soon"'
    rewrite(still)
    for minute in range(3):
        bench.ring(NOW + timedelta(minutes=minute))
    assert bench.slots() == ["2024-11-26T07:30"]
    assert caplog.text.count("config unchanged") == 2
    assert "digest_at" in caplog.text
    still.tables = '[schedule]\ndigest_at = "08:15"'
    rewrite(still)
    bench.ring(NOW + timedelta(minutes=3))
    assert bench.slots()[-1] == "2024-11-26T08:15"


def test_a_configuration_that_is_gone_leaves_the_old_one(still: Desk) -> None:
    bench = Bench(still, NOW)
    still.config.unlink()
    bench.ring(NOW)
    bench.ring(NOW)
    assert bench.slots() == ["2024-11-26T07:30"]


def test_what_is_changed_while_a_ring_begins_counts_from_the_next_on(
    still: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    bench = Bench(still, NOW)
    opened = app.archive

    def changed_meanwhile(*given: Any, **more: Any) -> Any:
        was = still.config.stat()
        still.tables = '[schedule]\ndigest_at = "08:15"'
        still.configure()
        os.utime(still.config, ns=(was.st_atime_ns, was.st_mtime_ns))  # as a coarse clock has it
        return opened(*given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(app, "archive", changed_meanwhile)
        bench.ring(NOW)
    assert bench.stages() == []
    assert "config changed meanwhile" in caplog.text
    bench.ring(NOW + timedelta(minutes=1))
    assert bench.slots() == ["2024-11-26T08:15"]


def rewrite(desk: Desk) -> None:
    """Write config.toml anew, at an instant that differs on every file system."""
    was = desk.config.stat().st_mtime
    desk.configure()
    os.utime(desk.config, (was + 5, was + 5))


def test_a_wrong_configuration_or_archive_is_an_error_at_the_start(still: Desk) -> None:
    still.archive = "sqlite:///no/such/folder/archive.db"
    still.configure()
    with pytest.raises(Exception, match="can't be opened"):
        Service(str(still.config))
    still.tables = "[nonsense]"
    still.configure()
    with pytest.raises(ConfigError, match="nonsense"):
        Service(str(still.config))


@pytest.mark.parametrize("how", [Terminated, KeyboardInterrupt])
def test_a_signal_ends_the_service(still: Desk, monkeypatch: pytest.MonkeyPatch, how: type[BaseException]) -> None:
    bench = Bench(still, NOW)
    rings: list[int] = []

    def ends() -> None:
        rings.append(1)
        raise how

    monkeypatch.setattr(bench.service, "do", ends)
    bench.service.serve()
    assert rings == [1]


def test_a_run_that_was_interrupted_while_it_collected_ends_the_service(
    still: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run takes the signal itself, to mail what it has; the service must still hear of it."""
    from monitor.pipeline import Pipeline  # noqa: PLC0415

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    bench = Bench(still, NOW)
    monkeypatch.setattr(Pipeline, "collect", interrupted)
    bench.service.serve()
    assert bench.stages() == ["match", "compose", "deliver"]
    assert bench.slots() == []  # nothing was read, so the digest waits for a run that reads


def test_good_runs_are_told_to_the_monitoring(still: Desk) -> None:
    assert still.parliament is not None
    still.tables = f'[monitoring]\nping_url = "{still.parliament.url}/ping"'
    still.configure()
    bench = Bench(still, NOW)
    bench.ring(NOW)
    assert still.parliament.requests[-1].path == "/ping"
    count = len(still.parliament.requests)
    still.parliament.faults.total_offset = 1
    bench.ring(NOW + timedelta(minutes=31))
    assert len(still.parliament.requests) > count
    assert still.parliament.requests[-1].path != "/ping"


def test_rings_are_a_minute_apart_and_never_missed(still: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(still, NOW)
    jobs: list[Any] = []

    def looks() -> None:
        jobs.extend(bench.service.scheduler.get_jobs())
        raise Terminated

    monkeypatch.setattr(bench.service, "ring", looks)
    bench.service.serve()
    (job,) = jobs
    assert job.trigger.interval == scheduler.RING_EVERY
    assert (job.misfire_grace_time, job.coalesce, job.max_instances) == (None, True, 1)


def test_a_signal_that_got_lost_in_a_ring_ends_it_after_that(still: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(still, NOW)
    signals = SignalHandler()
    rings: list[int] = []

    def loses() -> None:
        rings.append(1)
        signals.received = signal.SIGTERM

    monkeypatch.setattr(scheduler, "SIGNALS", signals)
    monkeypatch.setattr(bench.service, "ring", loses)
    bench.service.serve()
    assert rings == [1]


def test_it_listens_until_the_bell_rings(still: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(still, NOW)
    waits = iter((False, False, True))
    rings: list[bool] = []

    def ends() -> None:
        rings.append(next(waits, True))
        raise KeyboardInterrupt

    monkeypatch.setattr(bench.service.bell, "wait", lambda _seconds: next(waits))
    monkeypatch.setattr(bench.service, "ring", ends)
    bench.service.serve()
    assert rings == [True]


def test_a_lease_error_is_no_failure_of_the_service(still: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(still, NOW)

    def busy() -> None:
        raise LeaseError("another run holds the archive")

    monkeypatch.setattr(bench.service, "do", busy)
    bench.service.ring()
    assert bench.slots() == []
