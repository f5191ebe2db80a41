"""Scheduler: when it looks and what it does, despite sleep, clock changes and changes of the configuration."""

from __future__ import annotations

import itertools
import json
import logging
import os
import signal
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from monitor import app, scheduler
from monitor.config.settings import ScheduleSettings
from monitor.config.subscribers import new_subscriber
from monitor.demo.parliament import Parliament
from monitor.demo.sample import sample
from monitor.digest.schedule import next_slot
from monitor.errors import (
    ArchiveError,
    BrokenOffError,
    ConfigError,
    LeaseError,
    MonitorError,
    SchemaError,
    StaleConfigError,
    VersionError,
)
from monitor.operations.signals import SignalHandler, Terminated
from monitor.pipeline import Pipeline
from monitor.scheduler import (
    AGAIN,
    ClockWatch,
    Due,
    Service,
    Task,
    decide_next_collect,
    decide_next_look,
    decide_task,
    digest_jobs,
)
from tests.builders import a_subscriber
from tests.e2e.desk import Desk, an_answer, text_of
from tests.fakes import a_config

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
def test_work_that_a_look_finds(minutes_ago: int | None, is_digest_due: bool, is_mail_due: bool, what: Task) -> None:
    collected_at = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    due = Due(collected_at=collected_at, is_digest_due=is_digest_due, is_mail_due=is_mail_due)
    assert decide_task(due, NOW, HALF_AN_HOUR) is what


@pytest.mark.parametrize(
    ("minutes_ago", "is_mail_due", "what"),
    [(4, False, Task.NOTHING), (9, True, Task.DELIVER), (10, False, Task.RUN), (40, True, Task.RUN)],
)
def test_digest_is_not_tried_each_minute_while_a_source_is_down(
    minutes_ago: int, is_mail_due: bool, what: Task
) -> None:
    collected_at = NOW - timedelta(minutes=minutes_ago)
    due = Due(collected_at=collected_at, is_digest_due=True, is_mail_due=is_mail_due, is_down=True)
    assert decide_task(due, NOW, HALF_AN_HOUR) is what


@pytest.mark.parametrize(
    ("minutes_ago", "is_shared", "in_minutes"),
    [(29.5, True, 0.5), (29.5, False, 0.5), (0, True, 30), (31, True, 1), (31, False, 0)],
)
def test_a_look_in_between_puts_no_collect_off(minutes_ago: float, is_shared: bool, in_minutes: float) -> None:
    collected_at = NOW - timedelta(minutes=minutes_ago)
    next_collect = decide_next_collect(collected_at, NOW, HALF_AN_HOUR, is_shared=is_shared)
    assert next_collect - NOW == timedelta(minutes=in_minutes)


class Bench:
    """Service for a desk, with a clock that the test sets. Its digests go into the desk's folder."""

    def __init__(self, desk: Desk, now: datetime) -> None:
        self.desk = desk
        self.now = now
        self.service = Service(str(desk.config), lambda: self.now)

    def look(self, now: datetime) -> None:
        self.now = now
        if self.desk.parliament is not None:
            self.desk.parliament.now = now
        self.service.work()

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
    """Make a desk whose Parliament publishes nothing and whose reader gets a mail every day even so."""
    with Parliament.from_values([]) as parliament:
        yield Desk(
            folder=tmp_path / "desk",
            parliament=parliament,
            questions='houses = ["Commons"]\nlook_back_days = 1',
            subscribers='[[subscribers]]\nname = "Desk"\nemail = "desk@example.org"\ntopics = ["*"]\nquiet_days = true\n',
        ).with_archive()


def test_jobs_of_a_morning(desk: Desk) -> None:
    bench = Bench(desk, NOW)
    for hour, minute in ((7, 0), (7, 1), (7, 29), (7, 30), (7, 31), (8, 0), (8, 30)):
        bench.look(NOW.replace(hour=hour, minute=minute))
    run = ["collect", "match", "compose", "deliver"]
    assert bench.stages() == run * 4  # at 7:00, 7:30, 8:00, 8:30
    assert bench.slots() == ["2024-11-25T07:30", "2024-11-26T07:30"]


@pytest.mark.slow
def test_a_laptop_that_slept_makes_one_digest_of_all_the_days(desk: Desk) -> None:
    bench = Bench(desk, NOW)
    bench.look(at("2024-11-22T09:00"))
    bench.look(at("2024-11-27T18:30"))
    bench.look(at("2024-11-27T18:31"))
    assert bench.slots() == ["2024-11-22T07:30", "2024-11-27T07:30"]
    last = desk.messages()[-1]
    assert "to 27 Nov" in str(last["Subject"]) or "to Wed 27 Nov" in str(last["Subject"])
    assert "answered on 26 Nov 2024" in text_of(last)
    assert "answered on 27 Nov 2024" in text_of(last)


def test_a_digest_waits_for_a_source_that_is_down(desk: Desk) -> None:
    assert desk.parliament is not None
    bench = Bench(desk, NOW)
    bench.look(NOW.replace(hour=7, minute=0))
    slots = bench.slots()
    desk.parliament.faults.every_429, desk.parliament.faults.retry_after = 1, "310"
    for minute in (30, 31, 35, 39, 40):
        bench.look(NOW.replace(hour=7, minute=minute))
    run = ["collect", "match", "compose", "deliver"]
    assert bench.stages() == run * 3  # at 7:00, 7:30, 7:40
    assert bench.slots() == slots
    desk.parliament.faults.every_429 = 0
    bench.look(NOW.replace(hour=7, minute=49))
    assert bench.slots() == slots
    bench.look(NOW.replace(hour=7, minute=50))
    assert bench.slots() == [*slots, "2024-11-26T07:30"]


def test_jobs_do_not_repeat_the_run_if_nothing_was_read(desk: Desk) -> None:
    desk.questions = "enabled = false"
    desk.configure()
    bench = Bench(desk, NOW)
    for minute in (31, 32, 40, 59):
        bench.look(NOW.replace(hour=7, minute=minute))
    assert bench.stages() == ["collect", "match", "compose", "deliver"]  # the sitting calendar alone is read, once


def test_a_clock_that_was_set_back_does_not_stop_the_work(desk: Desk) -> None:
    bench = Bench(desk, NOW)
    bench.look(at("2024-11-27T18:30"))
    before = len(bench.stages())
    bench.look(at("2024-11-26T18:30"))
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
        bench.look(at(first) + timedelta(minutes=30) * step)
    assert bench.slots() == [f"{day}T{digest_at}" for day in days]
    assert len(still.messages()) == 2


def test_waiting_mail_is_sent_between_two_collects(tmp_path: Path) -> None:
    from monitor.demo.mailserver import MailServer  # noqa: PLC0415

    with Parliament.from_values([an_answer(0, NOW.date())]) as parliament, MailServer() as mail:
        desk = Desk(folder=tmp_path / "desk", parliament=parliament, mail=mail, questions="look_back_days = 1")
        desk.with_archive()
        mail.trouble.replies["mail"] = "451 4.3.0 Try later"
        bench = Bench(desk, NOW)
        bench.look(NOW)
        assert mail.messages == []
        mail.trouble.replies.clear()
        bench.look(NOW + timedelta(minutes=2))
        assert len(mail.messages) == 1
        assert bench.stages()[-2:] == ["deliver", "deliver"]
        bench.look(NOW + timedelta(minutes=3))
        assert len(bench.stages()) == 5


def test_service_waits_for_another_run_and_tries_again(still: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bench = Bench(still, NOW)
    archive = app.archive(bench.service.config, now=lambda: NOW)
    with archive.runs.lease():
        bench.look(NOW)
        assert bench.stages() == []
    archive.close()
    assert "busy another run holds the archive" in caplog.text
    bench.look(NOW + timedelta(minutes=1))
    assert bench.slots() == ["2024-11-26T07:30"]


def test_failure_is_reported_and_the_service_continues(
    still: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(still, NOW)

    def fails(*_: object, **__: object) -> None:
        raise SchemaError("the archive's schema is older than this program: run: pqwatch db upgrade")

    with monkeypatch.context() as patch:
        patch.setattr(app, "archive", fails)
        bench.look(NOW)
    assert "failed the archive's schema is older" in caplog.text
    bench.look(NOW)
    assert bench.slots() == ["2024-11-26T07:30"]


def test_the_service_ends_where_a_newer_version_works_on_the_archive(still: Desk) -> None:
    bench = Bench(still, NOW)
    bench.look(NOW)
    told = still.folder / "archive.db.status.json"
    before = told.read_bytes()
    with closing(sqlite3.connect(still.folder / "archive.db")) as connection, connection:
        connection.execute("update alembic_version set version_num = '9999'")
    with pytest.raises(VersionError, match=r"\(9999\) is newer than this program .* install the newer pqwatch"):
        bench.look(NOW + timedelta(hours=3))
    assert told.read_bytes() == before  # the newer one writes there


def test_the_operator_is_mailed_where_nothing_could_be_done_for_hours(
    still: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = still.config.read_text("utf-8").replace(
        'transport = "file"', 'transport = "file"\noperator = "ops@example.org"'
    )
    still.config.write_text(config, encoding="utf-8")
    bench = Bench(still, NOW)

    def fails(*_: object, **__: object) -> None:
        raise ArchiveError("the index is damaged")

    with monkeypatch.context() as patch:
        patch.setattr(Pipeline, "match", fails)
        for minutes in (0, 60, 119):
            bench.look(NOW + timedelta(minutes=minutes))
        assert still.messages() == []
        for minutes in (120, 180):
            bench.look(NOW + timedelta(minutes=minutes))
    assert json.loads((still.folder / "archive.db.status.json").read_text("utf-8"))["ok"] is False
    [told] = still.messages()
    words = " ".join(text_of(told).split())
    assert "Since 2024-11-26 09:00 UTC no run came to its end: the index is damaged" in words
    bench.look(NOW + timedelta(minutes=200))
    assert bench.slots() == ["2024-11-26T07:30"]
    assert bench.service.failing_since is None
    assert [str(mail["Subject"]) for mail in still.messages() if mail["To"] == "ops@example.org"][1:] == [
        "pqwatch: all is well again"
    ]


def test_where_the_archive_itself_fails_the_log_alone_says_so(
    still: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(still, NOW)

    def fails(*_: object, **__: object) -> None:
        raise ArchiveError("the archive is gone")

    monkeypatch.setattr(app, "archive", fails)
    bench.look(NOW)
    bench.look(NOW + timedelta(hours=3))
    assert "the operator can't be told: the archive is gone" in caplog.text


def test_failures_of_a_run_are_reported(still: Desk, caplog: pytest.LogCaptureFixture) -> None:
    assert still.parliament is not None
    still.parliament.faults.total_offset = 1
    Bench(still, NOW).look(NOW)
    assert "! commons answered 2024-11-26" in caplog.text


def test_changed_configuration_counts_from_the_next_job(still: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bench = Bench(still, NOW)
    bench.look(NOW)
    still.tables = '[schedule]\ndigest_at = "08:15"'
    rewrite(still)
    bench.look(NOW + timedelta(minutes=1))
    assert bench.slots() == ["2024-11-26T07:30", "2024-11-26T08:15"]
    assert "config read again" in caplog.text


def test_broken_configuration_is_reported_once_and_the_old_one_stays(
    still: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(still, NOW)
    still.tables = '[schedule]\ndigest_att = "08:15"\ncollect_every = "soon"'
    rewrite(still)
    for minute in range(3):
        bench.look(NOW + timedelta(minutes=minute))
    assert bench.slots() == ["2024-11-26T07:30"]
    assert caplog.text.count("config unchanged") == 2
    assert "digest_at" in caplog.text
    still.tables = '[schedule]\ndigest_at = "08:15"'
    rewrite(still)
    bench.look(NOW + timedelta(minutes=3))
    assert bench.slots()[-1] == "2024-11-26T08:15"


def test_an_emptied_configuration_leaves_the_old_one(still: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """An editor empties a file before it writes: that must not send mail by the defaults, or end anybody's digests."""
    bench = Bench(still, NOW)
    still.config.write_bytes(b"")
    bench.look(NOW)
    assert bench.slots() == ["2024-11-26T07:30"]
    assert "config.toml is empty, and was in use before. Put back what stood in it." in caplog.text


def test_missing_configuration_leaves_the_old_one(still: Desk) -> None:
    bench = Bench(still, NOW)
    still.config.unlink()
    bench.look(NOW)
    bench.look(NOW)
    assert bench.slots() == ["2024-11-26T07:30"]


def test_change_at_the_start_of_a_job_counts_from_the_next(
    still: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    bench = Bench(still, NOW)
    opened = app.archive

    def changed_meanwhile(*given: Any, **more: Any) -> Any:
        was = still.config.stat()
        still.tables = '[schedule]\ndigest_at = "08:15"'
        still.configure()
        os.utime(still.config, ns=(was.st_atime_ns, was.st_mtime_ns))  # as with a coarse clock
        return opened(*given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(app, "archive", changed_meanwhile)
        bench.look(NOW)
    assert bench.stages() == []
    assert "config changed meanwhile" in caplog.text
    bench.look(NOW + timedelta(minutes=1))
    assert bench.slots() == ["2024-11-26T08:15"]


def rewrite(desk: Desk) -> None:
    """Write config.toml anew, with a modification time that differs on every file system."""
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
    looks: list[int] = []

    def ends() -> None:
        looks.append(1)
        raise how

    monkeypatch.setattr(bench.service, "_do_due", ends)
    bench.service.serve()
    assert looks == [1]


def test_a_run_that_was_interrupted_while_it_collected_ends_the_service(
    still: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run handles the signal itself, to mail its news. The service must still notice it."""
    from monitor.pipeline import Pipeline  # noqa: PLC0415

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    bench = Bench(still, NOW)
    monkeypatch.setattr(Pipeline, "collect", interrupted)
    bench.service.serve()
    assert bench.stages() == ["match", "compose", "deliver"]
    assert bench.slots() == []  # nothing was read, so the digest waits for a run that reads


def test_good_runs_ping_the_monitoring(still: Desk) -> None:
    assert still.parliament is not None
    still.tables = f'[monitoring]\nping_url = "{still.parliament.url}/ping"'
    still.configure()
    bench = Bench(still, NOW)
    bench.look(NOW)
    assert still.parliament.requests[-1].path == "/ping"
    count = len(still.parliament.requests)
    still.parliament.faults.total_offset = 1
    bench.look(NOW + timedelta(minutes=31))
    assert len(still.parliament.requests) > count
    assert still.parliament.requests[-1].path != "/ping"


# -- times of looks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes_ago", "is_digest_due", "is_down", "after"),
    [(3, False, False, None), (3, True, False, 1), (3, True, True, 7), (12, True, True, 0), (None, True, True, 1)],
)
def test_work_that_is_still_due_is_done_next(
    minutes_ago: int | None, is_digest_due: bool, is_down: bool, after: int | None
) -> None:
    collected_at = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    due = Due(collected_at=collected_at, is_digest_due=is_digest_due, is_mail_due=True, is_down=is_down)
    expected = None if after is None else NOW + timedelta(minutes=after)
    assert decide_next_look(due, NOW) == expected


def test_each_digest_time_has_a_job(still: Desk) -> None:
    still.subscribers = "\n".join(
        f'[[subscribers]]\nname = "{name}"\nemail = "{name}@example.org"\ntopics = ["*"]\n{more}\n'
        for name, more in {
            "ann": "",
            "bob": 'cadence = "daily"',
            "cat": 'at = "18:05"',
            "dan": 'cadence = "weekly"',
            "eve": 'cadence = "instant"',
            "fay": 'at = "05:00"\npaused = true',
        }.items()
    )
    still.tables = '[schedule]\ncollect_every = "45m"\nweekly_on = "sat"\ndigest_days = "mon-tue, fri"'
    still.configure()
    jobs = {job.id: job for job in Bench(still, NOW).service.scheduler.get_jobs()}
    assert sorted(jobs) == [
        *("collect", "configuration"),
        *("digest 07:30 mon,tue,fri", "digest 07:30 sat", "digest 18:05 mon,tue,fri"),
        "outbox",
    ]
    intervals = {name: jobs[name].trigger.interval for name in ("collect", "configuration", "outbox")}
    assert intervals == {
        "collect": timedelta(minutes=45),
        "configuration": timedelta(minutes=1),
        "outbox": timedelta(minutes=1),
    }
    trigger = jobs["digest 18:05 mon,tue,fri"].trigger
    assert trigger.timezone.key == "Europe/London"
    assert trigger.get_next_fire_time(None, at("2024-11-26T18:06")) == at("2024-11-29T18:05")
    assert trigger.get_next_fire_time(None, at("2025-06-03T12:00")) == at("2025-06-03T17:05")  # in summer time


@pytest.mark.parametrize("cadence", ["daily", "weekly"])
@pytest.mark.parametrize("time_of_day", ["00:00", "00:30", "01:00", "01:30", "01:59", "02:00", "07:30", "23:59"])
def test_a_digest_job_fires_at_each_slot_also_where_the_clock_changes(cadence: str, time_of_day: str) -> None:
    reader = a_subscriber(cadence=cadence, at=time_of_day)
    config = a_config(subscribers=(reader,), schedule=ScheduleSettings(digest_days=frozenset(range(7)), weekly_on=6))
    (trigger,) = digest_jobs(config).values()
    for change in ("2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31"):
        now = at(f"{change}T12:00") - timedelta(days=8)
        slots, fired = set[datetime](), set[datetime]()
        fire_time = None
        slot = next_slot(reader, config.schedule, now)
        while slot is not None and slot < at(f"{change}T12:00") + timedelta(days=8):
            slots.add(slot.astimezone(UTC))
            slot = next_slot(reader, config.schedule, slot.astimezone(UTC))
        while now <= max(slots):
            fire_time = trigger.get_next_fire_time(fire_time, now)
            now = fire_time.astimezone(UTC)
            fired.add(now)
        assert slots <= fired
        assert len(fired) <= len(slots) + 2  # one more where autumn repeats the hour, and the first after the last


def test_missed_times_of_a_job_are_run_once_however_late(still: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(still, NOW)
    jobs: list[Any] = []

    def look(_names: object) -> None:
        jobs.extend(bench.service.scheduler.get_jobs())
        raise Terminated

    monkeypatch.setattr(bench.service, "work", look)
    bench.service.serve()
    assert len(jobs) == 4
    assert {(job.misfire_grace_time, job.coalesce, job.max_instances) for job in jobs} == {(None, True, 1)}


def next_run(bench: Bench, job: str) -> datetime | None:
    found = bench.service.scheduler.get_job(job)
    return None if found is None else datetime.fromisoformat(found.next_run_time.isoformat())


def test_next_collect_counts_from_the_last_of_any_process(still: Desk) -> None:
    bench, other = Bench(still, NOW), Bench(still, NOW)
    bench.look(NOW)
    assert next_run(bench, "collect") == NOW + HALF_AN_HOUR
    other.look(NOW + timedelta(minutes=30))
    bench.look(NOW + timedelta(minutes=31))
    assert bench.stages().count("collect") == 2
    assert next_run(bench, "collect") == NOW + timedelta(minutes=60)


def test_a_collect_that_took_longer_than_its_interval_is_followed_by_the_next_at_once(still: Desk) -> None:
    bench = Bench(still, NOW)
    due = Due(collected_at=NOW - timedelta(hours=2), is_digest_due=False, is_mail_due=False)
    bench.service._plan_next_look(due)
    assert next_run(bench, "collect") == NOW


def test_digest_that_waits_for_a_source_is_tried_again_after_ten_minutes(still: Desk) -> None:
    assert still.parliament is not None
    still.parliament.faults.every_429, still.parliament.faults.retry_after = 1, "4000"
    bench = Bench(still, NOW)
    bench.look(NOW)
    job = bench.service.scheduler.get_job("again")
    assert job.trigger.run_date == NOW + timedelta(minutes=10)


@pytest.mark.parametrize(
    "error", [LeaseError("busy"), BrokenOffError("lost"), StaleConfigError("stale"), MonitorError("")]
)
def test_failed_work_is_tried_again_in_a_minute(
    still: Desk, monkeypatch: pytest.MonkeyPatch, error: MonitorError
) -> None:
    def fails() -> None:
        raise error

    bench = Bench(still, NOW)
    monkeypatch.setattr(bench.service, "_do_due", fails)
    bench.look(NOW)
    assert bench.service.scheduler.get_job("again").trigger.run_date == NOW + timedelta(minutes=1)


def test_outbox_job_only_delivers(still: Desk) -> None:
    bench = Bench(still, NOW)
    bench.service.work(["outbox"])
    assert bench.stages() == []  # even though a collect is due
    bench.look(NOW)
    assert bench.stages() == ["collect", "match", "compose", "deliver"]
    archive = app.archive(bench.service.config)
    with archive.runs._store.write() as connection:
        connection.execute(text("update outbox set state = 'pending', sent_at = null"))
    archive.close()
    bench.service.work(["configuration", "outbox"])
    assert bench.stages()[4:] == ["deliver"]
    bench.service.work(["outbox"])
    assert len(bench.stages()) == 5


def test_a_subscriber_of_the_archive_is_noticed_within_a_minute(still: Desk) -> None:
    bench = Bench(still, NOW)
    bench.look(NOW)
    config = bench.service.config
    with closing(app.archive(config)) as archive:
        facts = {"name": "Ann", "email": "ann@example.org", "at": "06:10"}
        archive.subscribers.add(new_subscriber(config, facts))
    bench.service.work(["outbox"])
    assert [reader.name for reader in bench.service.config.subscribers] == ["Desk", "Ann"]
    assert "digest 06:10 mon,tue,wed,thu,fri" in {job.id for job in bench.service.scheduler.get_jobs()}
    assert "2024-11-26T06:10" in bench.slots()
    with closing(app.archive(config)) as archive:
        archive.subscribers.remove("Ann")
    bench.service.work(["outbox"])
    assert "digest 06:10 mon,tue,wed,thu,fri" not in {job.id for job in bench.service.scheduler.get_jobs()}


def test_configuration_job_checks_everything_after_a_change(still: Desk) -> None:
    bench = Bench(still, NOW)
    bench.service.work(["configuration"])
    assert bench.stages() == []
    still.tables = '[schedule]\ndigest_at = "08:15"\ncollect_every = "2h"'
    rewrite(still)
    bench.service.work(["configuration"])
    assert bench.slots() == ["2024-11-26T08:15"]
    jobs = {job.id: job for job in bench.service.scheduler.get_jobs()}
    assert "digest 08:15 mon,tue,wed,thu,fri" in jobs
    assert "digest 07:30 mon,tue,wed,thu,fri" not in jobs
    assert jobs["collect"].trigger.interval == timedelta(hours=2)


def test_a_clock_that_jumped_is_noticed_once() -> None:
    shown = [
        (1000.0, False),
        (1001.0, False),
        (1005.0, False),  # a small correction
        (4600.0, True),  # the machine slept, or the clock was set forward
        (4601.0, False),
        (1002.0, True),  # the clock was set back
        (1003.0, False),
    ]
    wall, monotonic = iter([time for time, _ in shown]), itertools.count(50.0)
    watch = ClockWatch(lambda: next(wall), lambda: next(monotonic))
    assert [watch.has_jumped() for _ in shown[1:]] == [jumped for _, jumped in shown[1:]]


def test_jobs_are_planned_anew_after_a_clock_jump(still: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(still, NOW)
    watch = iter([False, True])
    looks: list[set[str]] = []

    def look(names: set[str]) -> None:
        looks.append(names)
        if len(looks) == 1:
            bench.service.scheduler.modify_job("outbox", next_run_time=datetime(2100, 1, 1, tzinfo=UTC))
        else:
            assert next_run(bench, "outbox") < datetime.now(UTC) + timedelta(minutes=2)  # type: ignore[operator]
            raise Terminated

    monkeypatch.setattr(bench.service.clock_watch, "has_jumped", lambda: next(watch))
    monkeypatch.setattr(bench.service, "work", look)
    bench.service.serve()
    assert looks == [{AGAIN}, {AGAIN}]


def test_jobs_due_during_the_work_are_done_together(still: Desk) -> None:
    service = Bench(still, NOW).service
    for name in ("outbox", "collect", "outbox"):
        service.rung.put(name)
    assert service._wait_for_jobs() == {"outbox", "collect"}


def test_a_signal_whose_exception_was_dropped_ends_the_service_after_the_work(
    still: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(still, NOW)
    signals = SignalHandler()
    looks: list[int] = []

    def loses(_names: object) -> None:
        looks.append(1)
        signals.received = signal.SIGTERM

    monkeypatch.setattr(scheduler, "SIGNALS", signals)
    monkeypatch.setattr(bench.service, "work", loses)
    bench.service.serve()
    assert looks == [1]


def test_service_waits_until_a_job_is_due(still: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(still, NOW)
    waits = iter((set[str](), set[str](), {"outbox"}))
    looks: list[set[str]] = []

    def ends(names: set[str]) -> None:
        looks.append(names)
        raise KeyboardInterrupt

    monkeypatch.setattr(bench.service, "_wait_for_jobs", lambda: next(waits))
    monkeypatch.setattr(bench.service, "work", ends)
    bench.service.serve()
    assert looks == [{"outbox"}]


def test_a_lease_error_is_no_failure_of_the_service(still: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(still, NOW)

    def busy() -> None:
        raise LeaseError("another run holds the archive")

    monkeypatch.setattr(bench.service, "_do_due", busy)
    bench.service.work()
    assert bench.slots() == []
