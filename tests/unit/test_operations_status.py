"""Reports of problems: mail to the operator, and the status file for monitoring if mail fails."""

from __future__ import annotations

import email.policy
import json
import re
import stat
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from db import tables
from db.backup import back_up, restore
from db.transactions import writing
from monitor import app
from monitor.config import settings
from monitor.config.tables import Secret
from monitor.errors import DeliveryError
from monitor.model.deliveries import DeliveryState
from monitor.operations.status import forget, keys_of_sources, write_status
from tests.builders import a_question
from tests.fakes import Clock, World, a_config, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.config.settings import Config
    from monitor.model.records import Proceeding

FRIDAY = date(2024, 11, 22)
DAY = timedelta(days=1)
OPERATOR = "operator@example.org"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Clock(at(FRIDAY - 30 * DAY))
    world = World(new_archive(tmp_path, clock), clock)
    delivery = settings.DeliverySettings(folder=tmp_path / "outbox", operator=OPERATOR)
    archive = settings.ArchiveSettings(url=Secret(f"sqlite:///{tmp_path / 'archive.db'}"))
    world.config = a_config(archive=archive, delivery=delivery)
    yield world
    world.archive.close()


def operator_mails(world: World) -> list[tuple[str, str]]:
    """Return subject and text of each mail to the operator."""
    mails = [message_from_bytes(message, policy=email.policy.default) for _, message in world.post.sent]
    mine = [mail for mail in mails if mail["To"] == OPERATOR]
    return [(str(mail["Subject"]), str(mail.get_content())) for mail in mine]


def answered(day: date) -> Proceeding:
    return a_question(uin=f"{day:%j}", tabled_on=day, answered_on=day, answer=f"The bathing water of {day}.")


def run_on(world: World, *days: date) -> None:
    for day in days:
        world.clock.now = at(day, 20)
        assert world.run().ok


# -- silence ----------------------------------------------------------------------------------------------------------


def test_silent_source_and_its_return_are_reported_once_each(world: World) -> None:
    fridays = [FRIDAY - timedelta(weeks=week) for week in (0, 1, 2, 4, 5)]  # the third week before was a recess
    world.clock.now = at(fridays[-1] - DAY)
    world.run()
    for day in reversed(fridays[1:]):
        world.source.publish(answered(day))
        run_on(world, day, day + DAY)
    run_on(world, FRIDAY)
    assert operator_mails(world) == []
    run_on(world, FRIDAY + DAY, FRIDAY + 2 * DAY)
    [(subject, text)] = operator_mails(world)
    assert subject == "pqwatch: a source has fallen silent"
    assert "published no answer on Friday 22 November 2024, a sitting day." in " ".join(text.split())
    status = conclude(world)
    assert (status["ok"], len(status["silent"])) == (False, 1)
    world.source.publish(answered(FRIDAY + 3 * DAY))
    run_on(world, FRIDAY + 3 * DAY, FRIDAY + 4 * DAY)
    assert [subject for subject, _ in operator_mails(world)][1:] == ["pqwatch: a silent source is back"]
    assert conclude(world)["ok"] is True


def test_source_that_is_no_longer_read_is_reported_with_its_failures(world: World) -> None:
    run_on(world, FRIDAY - DAY)
    world.source.is_down = True
    for minutes in (60, 120, 150, 180):
        world.clock.now = at(FRIDAY - DAY, 20) + timedelta(minutes=minutes)
        world.run()
    subjects = [subject for subject, _ in operator_mails(world)]
    assert subjects == ["pqwatch: 1 thing went wrong", "pqwatch: a source has fallen silent"]


def test_silent_source_that_is_switched_off_is_not_called_back(world: World) -> None:
    run_on(world, FRIDAY - DAY)
    world.source.is_down = True
    for minutes in (60, 120, 150, 180):
        world.clock.now = at(FRIDAY - DAY, 20) + timedelta(minutes=minutes)
        world.run()
    assert operator_mails(world)[-1][0] == "pqwatch: a source has fallen silent"
    is_on, is_off = world.config, replace(world.config, questions=replace(world.config.questions, enabled=False))
    world.source.is_down = False
    for config, last in ((is_off, "pqwatch: all is well again"), (is_on, "pqwatch: a silent source is back")):
        world.config = config
        world.clock.tick(minutes=30)
        world.run()
        assert operator_mails(world)[-1][0] == last


def test_every_source_that_is_on_has_the_key_of_its_silence() -> None:
    assert keys_of_sources(a_config()) == {"questions commons", "calendar"}
    files, no_calendar = settings.FileSourceSettings(enabled=True), settings.ParliamentCalendarSettings(enabled=False)
    config = a_config(historic=files, parliament_calendar=no_calendar)
    assert keys_of_sources(config) == {"questions commons", "historic"}


# -- lasting problems -------------------------------------------------------------------------------------------------


class Refusing:
    """Mailer that refuses an address as a server does if it does not exist."""

    is_idempotent = False

    def deliver(
        self, _message: bytes, recipient: str, before_dot: Callable[[], None], accepted: Callable[[str], None]
    ) -> None:
        """Refuse all but the operator."""
        if recipient != OPERATOR:
            raise DeliveryError("550 5.1.1 no such user", scope="recipient")
        before_dot()
        accepted("250")

    def close(self) -> None:
        """Nothing is open."""


def test_refused_address_is_reported_once_a_day_until_the_operator_decides(world: World) -> None:
    run_on(world, FRIDAY - DAY)
    world.source.publish(answered(FRIDAY))
    post = world.post
    for days in range(5):
        world.clock.now = at(FRIDAY + days * DAY, 20)
        pipeline = world.pipeline()
        pipeline.mailer = Refusing if days < 3 else lambda: post
        report = pipeline.run()
    assert not report.ok
    assert "has been refused on three days" in " ".join(operator_mails(world)[-1][1].split())
    status = conclude(world, pipeline.report.failures)
    assert status["mails"]["refused"] == 1
    assert sum("has been refused on three days" in statu for statu in status["failures"]) == 1


def test_a_refused_address_is_not_called_cured_while_its_mail_waits(world: World) -> None:
    run_on(world, FRIDAY - DAY)
    world.source.publish(answered(FRIDAY))
    world.clock.now = at(FRIDAY + DAY, 20)
    pipeline = world.pipeline()
    pipeline.mailer = Refusing
    assert not pipeline.run().ok
    pipeline.tell_operator()  # as at the end of a round of workers, who deliver meanwhile
    wrong, well = "pqwatch: 1 thing went wrong", "pqwatch: all is well again"
    for hours, told in ((1, [wrong]), (24, [wrong]), (25, [wrong, well])):
        world.clock.now = at(FRIDAY + DAY, 20) + timedelta(hours=hours)
        assert world.run().ok
        assert [row.subject for row in world.archive.deliveries.listing() if row.recipient == OPERATOR] == told


# -- the status file --------------------------------------------------------------------------------------------------


def conclude(world: World, failures: list[str] | None = None, **facts: Any) -> dict[str, Any]:
    """Return the status file after a run with these failures."""
    report = world.pipeline().report
    report.failures += failures or []
    for name, value in facts.items():
        setattr(report, name, value)
    app.conclude(world.config, world.archive, report, is_run=True, now=world.clock)
    return read(world.config)


def read(config: Config) -> dict[str, Any]:
    path = app.status_file(config)
    assert path is not None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_the_status_file_says_how_the_last_run_ended(world: World) -> None:
    run_on(world, FRIDAY)
    good = conclude(world, stages={"collect": {"windows": 3}})
    assert list(good) == ["schema", "at", "pid", "ok", "failures", "silent", "stages", "mails"]
    assert (good["schema"], good["ok"], good["failures"]) == (1, True, [])
    assert good["stages"] == {"collect": {"windows": 3}}
    assert set(good["mails"]) == {state.value for state in DeliveryState}
    assert timedelta() <= world.clock.now - datetime.fromisoformat(good["at"]) < timedelta(seconds=2)
    assert conclude(world, ["the disk is full"])["failures"] == ["the disk is full"]
    assert conclude(world, interrupted=True)["failures"] == ["the run was interrupted"]
    status = app.status_file(world.config)
    assert status is not None
    assert [path.name for path in status.parent.iterdir() if "status" in path.name] == ["archive.db.status.json"]


def test_the_manual_names_what_is_in_the_status_file(world: World) -> None:
    page = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    section = page.partition("## The status file")[2].partition("\n## ")[0]
    assert re.findall(r"(?m)^\| `(\w+)`", section) == list(conclude(world))
    [states] = re.findall(r"in each state: (.*) \|", section)
    assert re.findall(r"`(\w+)`", states) == [state.value for state in DeliveryState]


def test_run_that_could_not_begin_is_reported(world: World) -> None:
    app.conclude_failure(world.config, "the archive is locked", now=world.clock)
    assert (read(world.config)["ok"], read(world.config)["failures"]) == (False, ["the archive is locked"])


@pytest.mark.parametrize("url", ["postgresql+psycopg://a@127.0.0.1/b", "sqlite://"])
def test_status_file_without_an_archive_file_needs_a_path(url: str, tmp_path: Path) -> None:
    config = a_config(archive=settings.ArchiveSettings(url=Secret(url)))
    assert app.status_file(config) is None
    app.conclude_failure(config, "nothing to write it to")
    named = replace(config, monitoring=settings.MonitoringSettings(status_file=tmp_path / "status.json"))
    app.conclude_failure(named, "the database is gone")
    assert read(named)["failures"] == ["the database is gone"]


def test_an_address_with_percent_signs_names_the_file_that_is_opened(tmp_path: Path) -> None:
    folder = tmp_path / "50%41"
    folder.mkdir()
    path = folder / "config.toml"
    path.write_text('[archive]\nurl = "sqlite:///my%20archive.db"\n', encoding="utf-8")
    config = app.configuration(str(path), env={})
    with closing(app.archive(config)) as archive:
        assert archive.location.file == app.archive_file(config) == folder / "my archive.db"
    status = app.status_file(config)
    assert status == folder / "my archive.db.status.json"
    status.write_text('{"mails": {"sent": 1}}', encoding="utf-8")
    with closing(app.archive(config)) as archive:
        restore(archive.engine, back_up(archive.engine, folder / "saved.db"), app.clock())
    with closing(app.archive_to_read(config)) as archive:
        assert archive.location.file == folder / "my archive.db"


def test_a_rehearsal_opens_its_copy_also_where_temporary_folders_have_percent_signs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    path.write_text("", encoding="utf-8")
    config = app.configuration(str(path), env={})
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "50%41"))
    (tmp_path / "50%41").mkdir()
    with closing(app.archive(config)) as archive, app.rehearsal(config, archive) as pipeline:
        assert pipeline.archive.runs.fact("instance") == archive.runs.fact("instance")


def test_a_status_file_that_can_not_be_written_is_a_failure(world: World, caplog: pytest.LogCaptureFixture) -> None:
    there = app.status_file(world.config)
    assert there is not None
    there.mkdir()
    (there / "in the way").touch()
    report = world.pipeline().report
    app.conclude(world.config, world.archive, report, is_run=True, now=world.clock)
    assert not report.ok
    assert f"the status file {there} can't be written: " in report.failures[0]
    app.conclude_failure(world.config, "and more", now=world.clock)
    assert "can't be written" in caplog.text
    assert [path for path in there.parent.iterdir() if path.name.startswith(".")] == []


def test_status_file_is_readable_for_monitoring(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    path.write_text("an older one, and longer than what comes in its place" * 10, encoding="utf-8")
    write_status(path, {"ok": True})
    assert json.loads(path.read_text(encoding="utf-8")) == {"ok": True}
    assert stat.S_IMODE(path.stat().st_mode) & 0o400


@pytest.mark.parametrize(
    "text", ["Ann@example.org {", '["ann@example.org"]', '{"failures": 1, "note": "ann@example.org"}']
)
def test_status_file_that_names_a_forgotten_person_is_deleted(tmp_path: Path, text: str) -> None:
    path = tmp_path / "status.json"
    forget(path, "ann@example.org")  # no file exists
    path.write_text(text, encoding="utf-8")
    forget(path, "bob@example.org")
    assert path.read_text(encoding="utf-8") == text
    forget(path, "ann@example.org")
    assert not path.exists()


def test_run_with_held_mail_is_not_ok(world: World) -> None:
    run_on(world, FRIDAY - DAY)
    world.source.publish(answered(FRIDAY))
    run_on(world, FRIDAY)
    assert conclude(world)["ok"] is True
    with writing(world.archive.engine) as connection:
        connection.execute(update(tables.outbox).values(state=DeliveryState.HELD.value))
    assert conclude(world)["failures"] == ["1 mail is held until somebody decides: see pqwatch status"]
