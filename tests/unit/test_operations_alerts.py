"""Alerts to the operator: once a day until the problem is solved."""

from __future__ import annotations

import email.policy
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest

from monitor.errors import DeliveryError
from monitor.model.deliveries import DeliveryState
from monitor.operations.alerts import CURED, SILENT, TOLD, note, notice, silence
from tests.builders import a_question
from tests.fakes import Clock, World, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TODAY = date(2024, 11, 18)
YESTERDAY = "2024-11-17"
BOTH = ("q lords", "q commons")


@pytest.mark.parametrize("last_report", [None, CURED, YESTERDAY])
def test_problems_are_reported(last_report: str | None) -> None:
    found = notice(["The source does not answer.", "A mail is held."], last_report, TODAY)
    assert found is not None
    assert found.subject == "pqwatch: 2 things went wrong"
    assert found.text.startswith("In the last run:\n\n- The source does not answer.\n- A mail is held.\n")
    assert found.facts == {TOLD: TODAY.isoformat()}


@pytest.mark.parametrize(
    ("problems", "last_report"),
    [(["again"], TODAY.isoformat()), ([], None), ([], CURED)],
    ids=["today", "never", "cured"],
)
def test_nothing_is_reported_twice(problems: list[str], last_report: str | None) -> None:
    assert notice(problems, last_report, TODAY) is None


def test_end_of_a_problem_is_reported_once() -> None:
    found = notice([], YESTERDAY, TODAY)
    assert found is not None
    assert (found.subject, found.facts) == ("pqwatch: all is well again", {TOLD: CURED})


def test_no_end_is_reported_while_a_mail_that_failed_waits() -> None:
    assert notice([], YESTERDAY, TODAY, is_waiting=True) is None


def test_nothing_more_is_reported_while_the_last_report_has_not_gone() -> None:
    assert notice(["again"], YESTERDAY, TODAY, is_unsent=True) is None


def test_silence_and_its_end_are_reported_once_each() -> None:
    lords, commons = {"q lords": "The Lords are silent."}, {"q commons": "The Commons are silent."}
    assert silence({}, None, BOTH) is None
    first = silence(lords, None, BOTH)
    assert first is not None
    assert first.subject == "pqwatch: a source has fallen silent"
    assert first.text == ("No answers come any more:\n\n- The Lords are silent.\n\nYou are told again when they do.\n")
    last_report = first.facts[SILENT]
    assert silence(lords, last_report, BOTH) is None
    both = silence(lords | commons, last_report, BOTH)
    assert both is not None
    assert "The Commons are silent." in both.text
    assert "The Lords are silent." not in both.text
    changed = silence(commons, last_report, BOTH)
    assert changed is not None
    assert "any more:\n\n- The Commons are silent.\n" in changed.text
    assert "This is over:\n\n- The Lords are silent.\n" in changed.text
    assert silence(commons, changed.facts[SILENT], BOTH) is None
    over = silence({}, last_report, BOTH)
    assert over is not None
    assert over.subject == "pqwatch: a silent source is back"
    assert "- The Lords are silent." in over.text
    assert silence({}, over.facts[SILENT], BOTH) is None


def test_a_silent_source_that_is_switched_off_is_not_called_back() -> None:
    lords, commons = {"q lords": "The Lords are silent."}, {"q commons": "The Commons are silent."}
    first = silence(lords, None, BOTH)
    assert first is not None
    assert silence({}, first.facts[SILENT], ["q commons"]) is None
    other = silence(commons, first.facts[SILENT], ["q commons"])
    assert other is not None
    assert "The Lords" not in other.text
    assert silence(lords | commons, other.facts[SILENT], BOTH) is None  # it is on again, and silent still
    over = silence(commons, other.facts[SILENT], BOTH)
    assert over is not None
    assert (over.subject, "- The Lords are silent." in over.text) == ("pqwatch: a silent source is back", True)


def test_notes_are_marked_as_notes() -> None:
    assert note([]) is None
    found = note(["The digest for A desk had 612 items."])
    assert found is not None
    assert (found.subject, found.facts) == ("pqwatch: worth knowing", {})
    assert "- The digest for A desk had 612 items.\n\nNothing went wrong.\n" in found.text


def test_long_lists_are_cut_and_say_so() -> None:
    found = notice([f"Window {number} failed." for number in range(60)], None, TODAY)
    assert found is not None
    assert "- Window 49 failed.\n- and 10 more\n" in found.text
    assert max(map(len, found.text.splitlines())) <= 72


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Clock()
    clock.now = at(TODAY)
    archive = new_archive(tmp_path, clock)
    world = World(archive, clock)
    delivery = replace(world.config.delivery, operator="operator@example.org")
    world.config = replace(world.config, delivery=delivery)
    yield world
    archive.close()


def subjects(world: World) -> list[str]:
    mails = [message_from_bytes(message, policy=email.policy.default) for _, message in world.post.sent]
    return [str(mail["Subject"]) for mail in mails if mail["To"] == "operator@example.org"]


def test_failing_source_is_reported_once_a_day_and_its_recovery_once(world: World) -> None:
    world.source.is_down = True
    for hours in (0, 3, 24):
        world.clock.now = at(TODAY) + timedelta(hours=hours)
        assert not world.run().ok
    assert subjects(world) == ["pqwatch: 1 thing went wrong"] * 2
    world.source.is_down = False
    for hours in (25, 26):
        world.clock.now = at(TODAY) + timedelta(hours=hours)
        assert world.run().ok
    assert subjects(world)[2:] == ["pqwatch: all is well again"]


def test_days_without_mail_are_one_report_when_it_goes_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_down(*_: object) -> None:
        raise DeliveryError("421 not now", scope="server", is_reply=True)

    world.source.is_down = True
    with monkeypatch.context() as patch:
        patch.setattr(world.post, "deliver", is_down)
        for days in range(6):
            world.clock.now = at(TODAY) + timedelta(days=days)
            assert not world.run().ok
    world.source.is_down = False
    for days in (6, 7, 8):
        world.clock.now = at(TODAY) + timedelta(days=days)
        world.run()
    found = subjects(world)
    assert sum(subject.endswith("went wrong") for subject in found) == 1
    assert found[-1] == "pqwatch: all is well again"


def test_days_without_mail_alone_are_one_report_also_with_many_runs_a_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_down(*_: object) -> None:
        raise DeliveryError("421 not now", scope="server", is_reply=True)

    world.run()
    with monkeypatch.context() as patch:
        patch.setattr(world.post, "deliver", is_down)
        for hours in range(6 * 24):
            world.clock.now = at(TODAY) + timedelta(hours=hours)
            world.source.publish(a_question(answer="Bathing water is tested.", answered_on=world.clock.now.date()))
            world.run()
    assert subjects(world) == []
    for hours in range(6 * 24, 8 * 24):
        world.clock.now = at(TODAY) + timedelta(hours=hours)
        world.run()
    assert subjects(world) == ["pqwatch: 1 thing went wrong", "pqwatch: all is well again"]
    assert world.archive.deliveries.counts(DeliveryState.PENDING)[DeliveryState.PENDING] == 0
