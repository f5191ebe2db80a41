"""`promises`: the ledger on the command line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from monitor import app, ledger
from monitor.model.records import Kind
from monitor.parliament.calendar import load_calendar
from tests.archive_kit import store
from tests.builders import a_question
from tests.unit.cli_kit import CONFIG, Desk, make_desk
from tests.unit.workbooks import sheets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

    from monitor.model.records import Proceeding

TODAY = date(2025, 7, 1)
SPRING = "We will publish the bathing water plan for Sampleton in spring 2025."
SUMMER = "We will publish the bathing water plan for Sampleton in summer 2025."
VAGUE = "We will publish the bathing water plan for Sampleton in due course."
LETTER = "I will write to the hon. Member about the beavers of Sampleton."


def answered(uin: str, answer: str, on: date, **facts: Any) -> Proceeding:
    given = {"answered_on": on, "tabled_on": date(2025, 1, 6), "heading": "Bathing Water: Sampleton"}
    return a_question(uin=uin, answer=answer, **(given | facts))


@dataclass(frozen=True)
class Ledger:
    desk: Desk

    def run(self, *words: str) -> Result:
        return self.desk.run("promises", *words)

    def rows(self, *words: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run(*words, "--json").stdout)
        return found

    def put(self, *records: Proceeding) -> None:
        settings = app.configuration(str(self.desk.folder / "config.toml"), env={})
        archive = app.archive(settings)
        try:
            store(archive, *records)
            with app.pipeline(settings, archive, as_of=datetime(2025, 7, 1, 9, tzinfo=UTC)) as pipeline:
                pipeline.sync()
                pipeline.match()
                pipeline.read_older_promises()
        finally:
            archive.close()


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with time_machine.travel(datetime(2025, 7, 1, 10, tzinfo=UTC), tick=True):
        yield


@pytest.fixture
def desk(tmp_path: Path) -> Ledger:
    return Ledger(make_desk(tmp_path))


@pytest.fixture
def full(desk: Ledger) -> Ledger:
    """A ledger with a promise said three times, one on no topic, and a letter."""
    desk.put(
        answered("1", SPRING, date(2025, 1, 13)),
        answered("2", SUMMER, date(2025, 5, 20)),
        answered("3", VAGUE, date(2025, 6, 20)),
        answered(
            "4", "The beaver report of Sampleton will be published by May 2025.", date(2025, 2, 3), heading="Beavers"
        ),
        answered("5", LETTER, date(2025, 6, 2), heading="Bathing water"),
    )
    return desk


def test_a_promise_said_again_is_one_and_shows_its_drift(full: Ledger) -> None:
    [row] = [row for row in full.rows() if row["kind"] == "dated"]
    assert (row["record"], row["sentence"], row["made_on"]) == ("q-1", SPRING, "2025-01-13")
    assert (row["due_from"], row["due_to"]) == ("2025-03-01", "2025-05-31")
    assert row["state"] == "open"
    assert row["topics"] == ["water"]
    assert row["made_by"]["name"] == "Ben Placeholder"
    assert [turn["said"] for turn in row["drift"]] == ["spring 2025", "summer 2025", "in due course"]
    assert [said["record"] for said in row["repetitions"]] == ["q-2", "q-3"]
    assert row["now"]["record"] == "q-3"


def test_the_list_for_people_says_when_and_how_it_drifted(full: Ledger) -> None:
    shown = full.run().stdout
    assert "spring 2025 (said 13 Jan 2025), then summer 2025 (20 May 2025), then in due course (20 Jun 2025)" in shown
    assert f"\u201c{VAGUE}\u201d" in shown
    assert "Topics: Water" in shown
    assert "Beavers" not in shown


def test_the_list_has_every_format(full: Ledger) -> None:
    count = len(full.rows())
    lines = full.run("--format", "md").stdout.splitlines()
    assert len(lines) == count + 2
    assert all(line.startswith("| ") for line in lines)
    [(head, *rows)] = sheets(full.run("--format", "xlsx").stdout_bytes).values()
    assert len(rows) == count
    [dated] = [row for row in (dict(zip(head, row, strict=False)) for row in rows) if row["kind"] == "dated"]
    assert (dated["due_from"], dated["due_to"]) == (45717, 45808)  # 1 March and 31 May 2025, as Excel counts


def test_the_list_has_a_name_too(full: Ledger) -> None:
    assert full.run("list", "--all").stdout == full.run("--all").stdout


def test_all_lists_every_answer_said_last_first(full: Ledger) -> None:
    assert [row["record"] for row in full.rows("--all")] == ["q-1", "q-5", "q-4"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--state", "overdue"], ["q-4"]),
        (["--state", "open"], ["q-1", "q-5"]),
        (["--state", "kept"], []),
        (["--since", "2025-06-10"], ["q-1"]),
        (["--body", "environment"], ["q-1", "q-5", "q-4"]),
        (["--body", "Defra"], ["q-1", "q-5", "q-4"]),
        (["--limit", "1"], ["q-1"]),
    ],
)
def test_filters_choose_among_the_promises(full: Ledger, words: list[str], expected: list[str]) -> None:
    result = full.run("--all", *words, "--json")
    assert [row["record"] for row in json.loads(result.stdout or "[]")] == expected
    assert result.exit_code == (0 if expected else 3)
    assert ("There is more than these 1" in result.stderr) == ("--limit" in words)


def test_a_letter_that_came_is_kept(full: Ledger) -> None:
    full.put(answered("5", "I wrote to the hon. Member on 10 June. The letter is in the Library.", date(2025, 6, 2)))
    [row] = full.rows("--state", "kept")
    assert (row["kind"], row["why"]) == ("letter", "the letter came")


def test_what_a_record_no_longer_says_is_dropped(full: Ledger) -> None:
    full.put(answered("4", "There are no beavers.", date(2025, 2, 3), heading="Beavers"))
    [row] = full.rows("--all", "--state", "dropped")
    assert (row["record"], row["why"]) == ("q-4", "the record no longer says so")


def test_keep_drop_and_open_again(full: Ledger) -> None:
    [late] = full.rows("--all", "--state", "overdue")
    kept = full.run("keep", late["id"], "--by", "2025-01-06/3", "--reason", "it is out")
    assert kept.stdout == f"{late['id']} is kept.\n"
    [row] = full.rows("--all", "--state", "kept")
    assert row["decisions"][0] | {"decided_at": ""} == {
        "state": "kept", "record": "q-3", "reason": "it is out", "decided_by": "", "decided_at": "",
    }  # fmt: skip
    assert "Marked as kept on 1 July 2025, shown by q-3: it is out" in full.run("show", late["id"]).stdout
    assert json.loads(full.run("drop", late["id"], "--json").stdout)["state"] == "dropped"
    assert full.run("open", late["id"]).stdout == f"{late['id']} is open again: overdue now.\n"


def test_show_offers_what_may_show_that_it_was_kept(full: Ledger) -> None:
    facts: dict[str, Any] = dict.fromkeys(("question", "answer", "tabled_on", "answered_on", "answered_by"))
    facts |= {"kind": Kind.STATEMENT, "text": "The beaver report of Sampleton is out.", "made_on": date(2025, 6, 25)}
    full.put(a_question(**facts, id="ws-1", uin="HCWS1", heading="Publication"))
    [late] = full.rows("--all", "--state", "overdue")
    shown = json.loads(full.run("show", late["id"], "--json").stdout)
    assert [(found["id"], found["words"]) for found in shown["candidates"]] == [("ws-1", ["beaver", "sampleton"])]
    assert shown["state"] == "overdue"
    assert "May show that it was kept; you decide\n  2025-06-25" in full.run("show", late["id"]).stdout


def test_show_lists_how_often_it_was_said(full: Ledger) -> None:
    shown = full.run("show", "q-2").stdout
    assert SPRING not in shown
    [promise] = json.loads(full.run("show", "q-2", "--json").stdout)
    shown = full.run("show", promise["repetitions"][0]["id"]).stdout
    assert "Said 3 times\n  2025-01-13  spring 2025" in shown


def test_a_note_stands_with_its_promise(full: Ledger) -> None:
    [late] = full.rows("--all", "--state", "overdue")
    assert full.run("note", late["id"], "asked the clerk").stdout == f"Noted on {late['id']}, as Policy desk.\n"
    assert "Note of Policy desk, 1 July 2025: asked the clerk" in full.run("show", late["id"]).stdout
    assert json.loads(full.run("show", late["id"], "--json").stdout)["notes"][0]["text"] == "asked the clerk"


def test_a_note_has_the_day_in_london(full: Ledger) -> None:
    [late] = full.rows("--all", "--state", "overdue")
    with time_machine.travel(datetime(2025, 7, 1, 23, 30, tzinfo=UTC), tick=True):
        full.run("note", late["id"], "asked the clerk")
    assert "Note of Policy desk, 2 July 2025: asked the clerk" in full.run("show", late["id"]).stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--all", "--topic", "Water"], 2, "--all and --topic exclude each other"),
        (["--topic", "Watr"], 2, "Did you mean 'Water'?"),
        (["--body", "Enviroment"], 2, "no answering body has 'Enviroment' in its name"),
        (["keep", "140001"], 2, "is no id of a promise"),
        (["keep", "p-0000000000"], 3, "No promise goes by p-0000000000"),
        (["show", "p-0000000000"], 3, "No promise goes by p-0000000000"),
        (["show", "140001"], 3, "holds no promise"),
        (["note", "p-0000000000", " "], 2, "the note is empty"),
        (["--topic", "Flood defences"], 3, "No promise was found here. Those of every answer: --all"),
    ],
)
def test_mistakes_get_a_remedy(full: Ledger, words: list[str], code: int, said: str) -> None:
    result = full.run(*words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in " ".join(result.stderr.split())


def test_an_unknown_record_is_no_proof(full: Ledger) -> None:
    [late] = full.rows("--all", "--state", "overdue")
    result = full.run("keep", late["id"], "--by", "q-999999")
    assert result.exit_code == 2
    assert "no record goes by 'q-999999'" in " ".join(result.stderr.split())


def test_who_writes_a_note_is_asked_where_there_are_several(full: Ledger) -> None:
    [late] = full.rows("--all", "--state", "overdue")
    config = full.desk.folder / "config.toml"
    more = '\n[[subscribers]]\nname = "Ada"\nemail = "ada@example.org"\ntopics = ["*"]\n'
    config.write_text(config.read_text(encoding="utf-8") + more, encoding="utf-8")
    assert "Say for whom: --subscriber NAME" in full.run("note", late["id"], "text").stderr
    assert "Did you mean 'Ada'?" in " ".join(
        full.run("note", late["id"], "text", "--subscriber", "Adda").stderr.split()
    )
    assert full.run("note", late["id"], "text", "--subscriber", "ada").stdout.endswith("as Ada.\n")


def test_an_empty_archive_and_no_topics(tmp_path: Path) -> None:
    empty = Ledger(make_desk(tmp_path, is_empty=True)).run()
    assert (empty.exit_code, "To fill it: pqwatch run" in empty.stderr) == (3, True)
    (tmp_path / "other").mkdir()
    no_topics = (
        CONFIG[: CONFIG.index("[[topics]]")] + '[[subscribers]]\nname = "A"\nemail = "a@example.org"\ntopics = []\n'
    )
    found = Ledger(make_desk(tmp_path / "other", config=no_topics)).run()
    assert "No topics are watched." in found.stderr


def test_an_incomplete_ledger_says_how_far_it_reaches(full: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.parliament.promises.ledger.LEDGER_VERSION", 99)
    said = " ".join(full.run().stderr.split())
    assert "The ledger has read 0 of 13 revisions so far; each run goes on, and so does: pqwatch match" in said


def test_the_ledger_needs_no_calendar_of_its_own() -> None:
    assert ledger.READ_FOR >= 600
    assert load_calendar(())
