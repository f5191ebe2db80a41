"""`calendar`: formats, what is asked for, what is said beside it, and every way in which it fails."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from monitor import app
from monitor.errors import ConfigError, OutputError
from monitor.model.following import FollowKind, FollowTarget, MarkKind
from tests.archive_kit import store
from tests.builders import a_question, a_subscriber
from tests.unit.calendar_kit import ReadersCalendar, opened, unfolded
from tests.unit.cli_kit import CONFIG, Desk, make_desk, without_option

if TYPE_CHECKING:
    from pathlib import Path

OTHER = """
[[subscribers]]
name = "Rivers"
id = "r"
email = "rivers@example.org"
topics = ["Flood defences"]

[calendar]
recess = [["2026-12-18", "2027-01-05"]]

[web]
base_url = "https://desk.example"
"""
LICENCE = "DESCRIPTION:Contains Parliamentary information licensed under the Open Parliament Licence v3.0."


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"), config=CONFIG + OTHER)


def records(desk: Desk, *args: str) -> list[str]:
    result = desk.run("calendar", "--no-recess", "--json", *args)
    assert result.exit_code == 0, result.output
    return [event["record"] for event in json.loads(result.stdout)]


def test_the_file_goes_to_stdout(desk: Desk) -> None:
    result = desk.run("calendar", "--no-recess")
    assert result.exit_code == 0, result.output
    assert [event.summary for event in opened(result.stdout_bytes).values()] == [
        "Due: UIN 140002, Floods (Department for Environment, Food and Rural Affairs)",
        "Due: UIN HL77, Foreshore (Home Office)",
    ]
    lines = unfolded(result.stdout_bytes)
    assert {"NAME:Parliament", "X-WR-CALNAME:Parliament", LICENCE} <= set(lines)
    assert result.stderr == ""
    assert desk.run("calendar", "--no-recess", "--output", "-").stdout_bytes == result.stdout_bytes


def test_the_ending_of_a_file_names_the_format(desk: Desk, tmp_path: Path) -> None:
    result = desk.run("calendar", "--output", str(tmp_path / "parliament.ics"))
    assert result.exit_code == 0, result.output
    found = opened((tmp_path / "parliament.ics").read_bytes())
    assert {"recess-commons-2021-02@pqwatch.invalid", "answer-q-HL77@pqwatch.invalid"} <= set(found)
    assert result.stdout == ""
    assert result.stderr == f"Wrote {len(found)} events to {tmp_path / 'parliament.ics'}.\n"
    result = desk.run("calendar", "--no-recess", "--output", str(tmp_path / "days.csv"))
    assert "uid,kind,state,first_on," in (tmp_path / "days.csv").read_text(encoding="utf-8")
    assert result.stderr == f"Wrote 2 events to {tmp_path / 'days.csv'}.\n"
    again = desk.run("calendar", "--no-recess", "--format", "ics", "--output", str(tmp_path / "days.csv"))
    assert again.exit_code == 0
    assert (tmp_path / "days.csv").read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")


def test_json_has_every_key(desk: Desk) -> None:
    due, *_ = json.loads(desk.run("calendar", "--topic", "flood defences", "--json").stdout)[-1:]
    assert list(due) == [
        "schema", "uid", "kind", "state", "first_on", "last_on", "title", "description", "record", "house", "topics",
        "followed", "cancelled", "sequence", "changed_at", "url", "page",
    ]  # fmt: skip
    (due,) = json.loads(desk.run("calendar", "--topic", "flood defences", "--no-recess", "--format", "json").stdout)
    assert due | {"description": ""} == {
        "schema": 1,
        "uid": "answer-q-140002@pqwatch.invalid",
        "kind": "answer",
        "state": "tabled",
        "first_on": "2021-02-01",
        "last_on": "2021-02-01",
        "title": "Due: UIN 140002, Floods (Department for Environment, Food and Rural Affairs)",
        "description": "",
        "record": "q-140002",
        "house": "commons",
        "topics": ["Flood defences"],
        "followed": False,
        "cancelled": False,
        "sequence": 0,
        "changed_at": "2021-02-02T06:30:00+00:00",
        "url": "https://questions-statements.parliament.uk/written-questions/detail/2021-01-26/140002",
        "page": "https://desk.example/records/q-140002",
    }


def test_a_table_has_days_titles_and_topics(desk: Desk) -> None:
    lines = desk.run("calendar", "--format", "table").stdout.splitlines()
    assert lines[0].split() == ["Day", "What", "Topics"]
    assert "2021-02-12 to 2021-02-21  House of Commons: recess" in "\n".join(lines)
    assert any(line.startswith("2021-02-22 ") and line.endswith(" Water") for line in lines)


def test_topic_and_subscriber_narrow_it(desk: Desk) -> None:
    assert records(desk) == ["q-140002", "q-HL77"]
    assert records(desk, "--topic", "Water") == ["q-HL77"]
    assert records(desk, "--subscriber", "rivers") == records(desk, "--subscriber", "R") == ["q-140002"]
    assert records(desk, "--subscriber", "Policy desk") == ["q-140002", "q-HL77"]
    assert records(desk, "--subscriber", "Rivers", "--topic", "Water") == []
    named = unfolded(desk.run("calendar", "--subscriber", "r").stdout_bytes)
    assert "NAME:Parliament: Rivers" in named
    assert "NAME:Parliament: Water" in unfolded(desk.run("calendar", "--topic", "water").stdout_bytes)


def test_what_a_subscriber_follows_is_in_their_calendar(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, config=CONFIG + OTHER)
    archive = app.archive(app.configuration(str(tmp_path / "config.toml"), env={}))
    try:
        (record,) = archive.cross_references.find("HL77")
        target = FollowTarget(kind=FollowKind.RECORD, ref="q-HL77", proceeding_id=record)
        archive.following.follow(a_subscriber(key="r", name="Rivers"), target)
    finally:
        archive.close()
    assert records(desk, "--subscriber", "Rivers") == ["q-140002", "q-HL77"]
    assert records(desk, "--topic", "Flood defences") == ["q-140002"]
    events = json.loads(desk.run("calendar", "--subscriber", "Rivers", "--no-recess", "--json").stdout)
    assert [(event["followed"], event["topics"]) for event in events] == [(False, ["Flood defences"]), (True, [])]
    table = desk.run("calendar", "--subscriber", "Rivers", "--no-recess", "--format", "table").stdout
    assert table.rstrip().endswith("followed")


def test_what_a_subscriber_has_dealt_with_is_cancelled_for_them(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, config=CONFIG + OTHER)
    archive = app.archive(app.configuration(str(tmp_path / "config.toml"), env={}))
    try:
        (record,) = archive.cross_references.find("140002")
        archive.choices.mark(a_subscriber(key="r", name="Rivers"), MarkKind.DONE, record)
    finally:
        archive.close()
    (own,) = opened(desk.run("calendar", "--subscriber", "Rivers", "--no-recess").stdout_bytes).values()
    assert (own.status, own.summary.partition(":")[0]) == ("CANCELLED", "Dealt with")
    others = opened(desk.run("calendar", "--no-recess").stdout_bytes)
    assert {event.status for event in others.values()} == {"CONFIRMED"}


def test_what_is_dealt_with_taken_back_and_dealt_with_again_updates_what_a_reader_took_in(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, config=CONFIG + OTHER)
    calendar = ReadersCalendar()
    found = []
    for words in ((), ("done", "140002"), ("done", "140002", "--undo"), ("done", "140002"), ("not-relevant", "140002")):
        if words:
            assert desk.run(*words, "--subscriber", "Rivers").exit_code == 0
        file = desk.run("calendar", "--subscriber", "Rivers", "--no-recess").stdout_bytes
        calendar.take_in(file)
        calendar.agrees_with(file)
        (event,) = opened(file).values()
        found.append((event.status, event.sequence))
    assert [status for status, _ in found] == ["CONFIRMED", "CANCELLED", "CONFIRMED", "CANCELLED", "CANCELLED"]
    assert [sequence for _, sequence in found] == sorted({sequence for _, sequence in found})


def test_sitting_days_come_when_they_are_asked_for(desk: Desk) -> None:
    kinds = [event["kind"] for event in json.loads(desk.run("calendar", "--sitting-days", "--json").stdout)]
    assert set(kinds) == {"answer", "recess", "sitting"}


def test_the_same_archive_gives_the_same_bytes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first = desk.run("calendar", "--sitting-days").stdout_bytes
    monkeypatch.setattr(app, "clock", lambda: pytest.fail("the calendar has no clock"))
    assert desk.run("calendar", "--sitting-days").stdout_bytes == first


# -- what is said beside it -------------------------------------------------------------------------------------------


def test_an_empty_archive_gives_an_empty_calendar(tmp_path: Path) -> None:
    result = make_desk(tmp_path, is_empty=True).run("calendar")
    assert result.exit_code == 0
    assert opened(result.stdout_bytes) == {}
    assert without_option(result.stderr) == "The archive is empty. To fill it: pqwatch run\n"


def test_a_calendar_without_events_says_so(desk: Desk) -> None:
    result = desk.run("calendar", "--no-recess", "--subscriber", "Rivers", "--topic", "Water")
    assert opened(result.stdout_bytes) == {}
    assert result.stderr == "The calendar is empty: nothing here has a day.\n"


def test_a_due_day_that_no_one_knows_is_said(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    far = date(2026, 8, 31)
    settings = app.configuration(str(tmp_path / "config.toml"), env={})
    archive = app.archive(settings, now=lambda: datetime(2026, 11, 2, tzinfo=UTC))
    asked = a_question(uin="999001", answer=None, named_day=False, heading="Bathing water", tabled_on=far)
    try:
        store(archive, replace(asked, date_for_answer=far))
        with app.pipeline(settings, archive) as pipeline:
            pipeline.sync()
            pipeline.match()
    finally:
        archive.close()
    result = desk.run("calendar", "--topic", "Water", "--no-recess")
    assert result.exit_code == 0
    assert "UIN 999001" not in result.stdout
    known = (
        "The sitting days of the House of Commons to 2 September 2026 and of the House of Lords to 11 October 2026 are "
        f"known. Add later recesses to [calendar] in {tmp_path / 'config.toml'}.\n"
    )
    missing = "1 question that waits is not in it: the sitting calendar doesn't reach to the due day.\n"
    assert result.stderr == missing + known
    assert desk.run("calendar", "--topic", "Flood defences").stderr == known  # recesses are asked for


def test_no_topics_are_named_as_the_reason(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    (tmp_path / "config.toml").write_text('[archive]\nurl = "sqlite:///pqwatch.db"\n', encoding="utf-8")
    result = desk.run("calendar")
    assert result.exit_code == 0
    assert result.stderr == f"No topics are watched. Add [[topics]] to {tmp_path / 'config.toml'}.\n"


# -- failures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--topic", "Watr"], "Invalid value for --topic: there is no topic 'Watr'. Did you mean 'Water'?"),
        (
            ["--subscriber", "Rivrs"],
            "Invalid value for --subscriber: there is no subscriber 'Rivrs'. Did you mean 'Rivers'?",
        ),
        (["--output", "days.foo"], "days.foo ends in .foo, which says nothing: let it end in one of .ics, .csv, "),
        (["--output", "days"], "days has no ending: let it end in one of .ics, .csv, "),
        (["--format", "ical"], "Invalid value for '--format': 'ical' is not one of 'ics', 'table', "),
    ],
)
def test_wrong_use_is_explained(desk: Desk, args: list[str], message: str) -> None:
    result = desk.run("calendar", *args)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_a_file_that_cannot_be_written_is_named_with_the_remedy(desk: Desk, tmp_path: Path) -> None:
    for output, message in (
        (tmp_path / "none" / "days.ics", "can't be written (No such file or directory): see that its folder is there"),
        (tmp_path, "is no file: name another with --output"),
    ):
        result = desk.run("calendar", "--output", str(output))
        assert isinstance(result.exception, OutputError)
        assert str(result.exception) == f"{output} {message}"


def test_a_file_is_left_as_it_was_by_a_failure(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "days.ics").write_bytes(b"before")

    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    result = desk.run("calendar", "--output", str(tmp_path / "days.ics"))
    assert isinstance(result.exception, OutputError)
    assert (tmp_path / "days.ics").read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["days.ics"]


def test_a_configuration_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = Desk(tmp_path).run("calendar")
    assert isinstance(result.exception, ConfigError)


def test_an_archive_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    (tmp_path / "pqwatch.db").write_bytes(b"no archive at all, but long enough to look like one" * 100)
    result = desk.run("calendar")
    assert result.exception is not None
    assert "pqwatch.db" in str(result.exception)
