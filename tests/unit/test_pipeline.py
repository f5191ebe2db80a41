"""Stages in sequence, and runs that are interrupted or fail."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from db.index import Count
from monitor.config import settings
from monitor.config.tables import Secret
from monitor.errors import ArchiveError, DeliveryError, LeaseError, LockedError, SilentServerError
from monitor.model.deliveries import DeliveryState
from monitor.operations.signals import Terminated
from monitor.pipeline import Report
from tests.builders import a_question
from tests.fakes import LOOK_BACK, Clock, FakeSource, World, a_config, at, new_archive
from tests.index_kit import change_index, index_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.model.records import Proceeding
    from monitor.model.sources import Window

MONDAY = date(2024, 11, 18)
DAY = timedelta(days=1)
TUESDAY = MONDAY + DAY


def answered(number: int = 1, **facts: object) -> Proceeding:
    given: dict[str, object] = {
        "uin": f"{140000 + number}",
        "answer": "The bathing water was tested.",
        "tabled_on": MONDAY,
        "answered_on": MONDAY,
    }
    return a_question(**(given | facts))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Clock(at(MONDAY, 8))
    archive = new_archive(tmp_path, clock)
    yield World(archive, clock)
    archive.close()


def stages(world: World) -> list[tuple[str, str]]:
    return [(row.stage, row.outcome) for row in reversed(world.archive.runs.last())]


def test_run_has_four_stages_with_counts(world: World) -> None:
    world.source.publish(answered(1), answered(2, answer="Of other things."))
    world.clock.now = at(TUESDAY)
    report = world.run()
    assert report.as_dict() == {
        "collect": {
            "windows": 3 * LOOK_BACK,
            "incomplete": 0,
            "listed": 4,
            "details": 2,
            "new": 2,
            "changed": 0,
            "quarantined": 0,
            "failures": 0,
        },
        "match": {"revisions": 2, "matches": 1, "promises": 0},
        "compose": {"digests": 1, "empty": 0, "items": 1, "put_off": 0, "failures": 0},
        "deliver": {"sent": 1, "pending": 0, "refused": 0, "held": 0, "ambiguous": 0},
        "ok": True,
        "failures": [],
    }
    assert len(world.post.sent) == 1


def interrupt_at(world: World, error: BaseException) -> None:
    def before_page(window: Window, _number: int) -> None:
        if window.by == "tabled" and window.day == MONDAY:
            raise error

    world.source.before_page = before_page


def test_an_interrupted_collect_still_matches_composes_and_delivers(world: World) -> None:
    world.run()
    world.source.publish(answered())
    interrupt_at(world, KeyboardInterrupt())
    world.clock.now = at(TUESDAY)
    report = world.run()
    assert report.interrupted
    assert not report.ok
    assert report.failures == []
    assert stages(world)[-4:] == [
        ("collect", "interrupted"),
        ("match", "ok"),
        ("compose", "ok"),
        ("deliver", "ok"),
    ]
    assert [kind for _, kind, _ in world.digests()] == ["empty", "mailed"]
    world.source.before_page = lambda _window, _number: None
    world.clock.now = at(TUESDAY, 10)
    assert world.run().ok
    assert len(world.post.sent) == 1


def test_a_terminated_collect_ends_the_run(world: World) -> None:
    interrupt_at(world, Terminated())
    with pytest.raises(Terminated):
        world.run()
    [(stage, outcome)] = stages(world)
    assert (stage, outcome) == ("collect", "interrupted")
    interrupt_at(world, KeyboardInterrupt())
    assert world.run().interrupted  # the lease was released


def test_archive_error_ends_the_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ArchiveError("the disk is full")

    monkeypatch.setattr(world.archive.coverage, "note", refuse)
    with pytest.raises(ArchiveError, match="the disk is full"):
        world.run()
    assert world.archive.runs.last()[0].error == "the disk is full"


def test_run_does_nothing_while_another_holds_the_lease(world: World) -> None:
    with world.archive.runs.lease(), pytest.raises(LeaseError):
        world.run()
    assert world.source.windows == []


def test_only_the_named_source_is_read(world: World) -> None:
    other = FakeSource(answered(2))
    other.name = "mirror"
    pipeline = world.pipeline()
    pipeline.sources = [world.source, other]
    pipeline.collect(only="mirror")
    assert (len(world.source.windows), len(other.windows)) == (0, 3 * LOOK_BACK)
    assert stages(world) == [("collect", "ok")]


def test_progress_is_reported_for_each_window(world: World) -> None:
    reported: list[tuple[int, int]] = []
    pipeline = world.pipeline()
    pipeline.progress = lambda _window, done, of: reported.append((done, of))
    pipeline.collect()
    assert reported == [(done, 3 * LOOK_BACK) for done in range(3 * LOOK_BACK + 1)]


def test_documents_are_matched_in_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.matches.REVISIONS_AT_ONCE", 2)
    world.source.publish(*[answered(number) for number in range(1, 6)])
    report = world.run()
    assert report.stages["match"] == {"revisions": 5, "matches": 5, "promises": 0}
    assert world.run().stages["match"] == {"revisions": 0, "matches": 0, "promises": 0}


def test_failing_index_stops_nothing(world: World) -> None:
    index_file(world.archive.engine).mkdir()  # the folder cannot be written
    world.source.publish(answered())
    report = world.run()
    assert report.stages["match"] == {"revisions": 1, "matches": 1, "promises": 0}
    [failure] = report.failures
    assert failure.startswith(f"the index for searches, {index_file(world.archive.engine)}, can't be used (")
    assert failure.endswith("run: pqwatch db reindex")


def test_a_damaged_index_is_made_again_by_the_next_run(world: World) -> None:
    assert world.run().ok
    change_index(world.archive.engine, "drop table full_text")
    world.source.publish(answered())
    report = world.run()
    assert (report.stages["match"], report.failures) == ({"revisions": 1, "matches": 1, "promises": 0}, [])
    assert world.archive.index.count() == Count(rows=1, indexed=1, ahead=0)


def test_long_indexing_reports_progress(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("monitor.indexing.MANY_REVISIONS", 4)
    monkeypatch.setattr("db.index.AT_ONCE", 2)
    world.source.publish(*[answered(number) for number in range(1, 6)])
    with caplog.at_level("INFO"):
        world.run()
    messages = [record.message for record in caplog.records if record.message.startswith("index ")]
    assert messages == ["index revisions=4 of=5", "index revisions=5 of=5"]


@pytest.mark.parametrize("error", [LeaseError("another run holds it"), LockedError("it is in use")])
def test_run_that_lost_the_lease_stops(world: World, monkeypatch: pytest.MonkeyPatch, error: ArchiveError) -> None:
    def refuse(_progress: object) -> int:
        raise error

    monkeypatch.setattr(world.archive.index, "follow", refuse)
    with pytest.raises(type(error)):
        world.run()


class Refusing:
    """Mailer whose server cannot be reached."""

    is_idempotent = False

    def deliver(self, *_: object) -> None:
        """Fail."""
        raise DeliveryError("the mail server does not answer", scope="server")

    def close(self) -> None:
        """Nothing is open."""


class Greylisting(Refusing):
    """A mailer whose server puts each mail off."""

    def deliver(self, *_: object) -> None:
        """Fail."""
        raise DeliveryError("451 try again later", scope="message")


class Slow(Refusing):
    """A mailer whose server takes each mail, and says so late."""

    def deliver(self, *given: Any) -> None:
        """Leave the reply to be waited for."""
        _message, _recipient, before_dot, _accepted = given
        before_dot()
        raise SilentServerError("no reply yet", wait_on=lambda _seconds_left: "250 queued")


@pytest.mark.parametrize("is_asked", [False, True])
def test_mail_that_a_slow_server_took_counts_as_sent(world: World, is_asked: bool) -> None:
    world.source.publish(answered())
    world.clock.now = at(TUESDAY)
    pipeline = world.pipeline()
    pipeline.mailer = Refusing if is_asked else Slow
    pipeline.run()
    if is_asked:
        pipeline = world.pipeline()
        pipeline.mailer = Slow
        pipeline.deliver(is_asked=True)
        pipeline.wait_for_replies()
    assert pipeline.report.stages["deliver"] == {"sent": 1, "pending": 0, "refused": 0, "held": 0, "ambiguous": 0}
    assert pipeline.report.ok
    assert world.archive.deliveries.counts(DeliveryState.SENT) == {DeliveryState.SENT: 1}


def test_a_run_says_how_many_mails_are_held(world: World) -> None:
    world.source.publish(answered())
    for hours in range(0, 6 * 24, 4):
        world.clock.now = at(TUESDAY) + timedelta(hours=hours)
        pipeline = world.pipeline()
        pipeline.mailer = Greylisting
        report = pipeline.run()
    assert "1 mail is held: see pqwatch deliver --help" in report.failures


def test_failed_mail_fails_the_run(world: World) -> None:
    world.source.publish(answered())
    world.clock.now = at(TUESDAY)
    pipeline = world.pipeline()
    pipeline.mailer = Refusing
    report = pipeline.run()
    assert not report.ok
    assert report.stages["deliver"]["pending"] == 1
    assert any("the mail server does not answer" in failure for failure in report.failures)
    world.clock.now = at(TUESDAY, 15)
    pipeline = world.pipeline()
    assert pipeline.mail(compose=False).ok
    assert len(world.post.sent) == 1
    assert stages(world)[-1] == ("deliver", "ok")


def test_mail_alone_composes_what_is_due(world: World) -> None:
    world.run()
    world.source.publish(answered())
    world.clock.now = at(MONDAY, 18)
    world.collect()
    world.clock.now = at(TUESDAY)
    assert world.pipeline().mail(compose=True).ok
    assert len(world.post.sent) == 1
    assert [stage for stage, _ in stages(world)[-3:]] == ["match", "compose", "deliver"]


def test_held_mails_are_reported_in_each_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.source.publish(answered())
    world.clock.now = at(TUESDAY)
    pipeline = world.pipeline()
    pipeline.mailer = Refusing
    pipeline.run()
    counts = dict.fromkeys(DeliveryState, 0) | {DeliveryState.HELD: 1}
    monkeypatch.setattr(type(world.archive.deliveries), "counts", lambda _self, *_states: counts)
    report = world.pipeline().mail(compose=False)
    assert any(failure.startswith("1 ") and "held" in failure for failure in report.failures)


def test_old_payloads_are_dropped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = settings.ArchiveSettings(url=Secret("sqlite://"), keep_raw_days=10)
    dropped: list[Any] = []
    monkeypatch.setattr(world.archive.payloads, "drop", dropped.append)
    world.clock.now = at(MONDAY + 30 * DAY)
    world.run()
    assert dropped == []  # payloads are kept for ever
    world.config = a_config(archive=archive)
    world.run()
    assert [dropped_at.date() for dropped_at in dropped] == [MONDAY + 20 * DAY]


@pytest.mark.parametrize(
    ("report", "ok"),
    [(Report(), True), (Report(failures=["x"]), False), (Report(interrupted=True), False)],
)
def test_a_report_says_whether_all_went_well(report: Report, ok: bool) -> None:
    assert report.ok is ok
    assert report.as_dict()["ok"] is ok
