"""`similar`: order of records about the same subject, and the words that they share. All records are invented."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from monitor import app
from monitor.cli import pqwatch
from monitor.model.records import House, Kind
from monitor.research.similar import find_similar, subject_of_record, subject_of_text
from tests.archive_kit import store
from tests.builders import a_question
from tests.unit.cli_kit import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.archive import Archive
    from monitor.model.records import Proceeding

DEFRA = "Department for Environment, Food and Rural Affairs"


def asked(number: int, words: str, **facts: Any) -> Proceeding:
    text = f"To ask the Secretary of State for Environment, Food and Rural Affairs, {words}"
    return a_question(**({"uin": str(number), "question": text, "body": DEFRA, "heading": "Fish"} | facts))


QUESTIONS = (
    asked(1, "what steps he is taking to protect otters in chalk streams."),
    asked(2, "what assessment he has made of the number of otters in a chalk stream.", heading="Rivers"),
    asked(3, "how clean chalk streams are."),
    asked(4, "how many otters were killed on roads.", answer=None, answered_on=None),
    asked(5, "what steps he is taking to protect cows."),
    asked(6, "how high butter mountains are.", answer="Otters live in chalk streams."),
    asked(7, "what assessment he has made of otters.", body="Home Office", house=House.LORDS),
    asked(8, "what assessment he has made of otters."),
    a_question(
        id="st-1",
        uin="HCWS1",
        kind=Kind.STATEMENT,
        heading="Rivers",
        question=None,
        answer=None,
        text="Otters are back, and they will stay.",
        made_on=date(2021, 1, 20),
        answered_on=None,
    ),
    *(asked(20 + number, f"how many places of kind{number} he has visited.") for number in range(12)),
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = make_desk(tmp_path_factory.mktemp("desk"), is_empty=True)
    archive = app.archive(app.configuration(str(desk.folder / "config.toml"), env={}))
    store(archive, *QUESTIONS)
    archive.index.follow()
    archive.close()
    return desk


@pytest.fixture(scope="module")
def archive(desk: Desk) -> Iterator[Archive]:
    archive = app.archive(app.configuration(str(desk.folder / "config.toml"), env={}))
    yield archive
    archive.close()


def found(archive: Archive, text: str) -> list[str | None]:
    return [similar.hit.revision.proceeding.uin for similar in find_similar(archive, subject_of_text(text), limit=20)]


def run(desk: Desk, *arguments: str, stdin: str | bytes | None = None) -> Any:
    config = str(desk.folder / "config.toml")
    return CliRunner().invoke(pqwatch, ["similar", *arguments, "--config", config], input=stdin)


def test_records_with_more_rare_words_come_first(archive: Archive) -> None:
    similar = find_similar(archive, subject_of_record(QUESTIONS[0]), limit=20)
    uins = [entry.hit.revision.proceeding.uin for entry in similar]
    assert uins[0] == "2"
    assert {"3", "4", "8", "HCWS1"} <= set(uins[1:])
    assert "1" not in uins, "a record is not similar to itself"
    assert "6" not in uins, "answers are not compared"
    likeness = [entry.likeness for entry in similar]
    assert likeness == sorted(likeness, reverse=True)
    assert 0 < likeness[0] < 1


def test_shared_words_are_named_as_the_text_has_them_and_marked_in_the_record(archive: Archive) -> None:
    similar = find_similar(archive, subject_of_text("What became of OTTER habitats in the Chalk Streams?"), limit=3)
    first = next(entry for entry in similar if entry.hit.revision.proceeding.uin == "2")
    assert set(first.shared) == {"Chalk Streams", "OTTER"}
    assert [span.form for span in first.hit.spans] == ["otters", "chalk", "stream"]


def test_a_question_to_the_same_body_counts_more(archive: Archive) -> None:
    uins = [
        entry.hit.revision.proceeding.uin
        for entry in find_similar(archive, subject_of_record(asked(99, "what he has said of otters.")), limit=20)
    ]
    assert uins.index("8") < uins.index("7")


def test_the_formula_that_opens_a_question_and_common_words_find_nothing(archive: Archive) -> None:
    assert found(archive, "To ask the Secretary of State for Environment, Food and Rural Affairs, what") == []


def test_a_text_is_compared_by_any_form_of_its_words(archive: Archive) -> None:
    assert found(archive, "otter") == found(archive, "otters") != []


def test_the_command_prints_each_record_with_what_it_shares(desk: Desk) -> None:
    result = run(desk, "1", "--limit", "2")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split()[:4] == ["2021-02-01", "Commons", "2", "answered"]
    assert "            Shares: chalk streams, otters" in lines
    assert any("*otters*" in line for line in lines)
    assert sum("Shares:" in line for line in lines) == 2


def test_filters_narrow_what_is_found(desk: Desk) -> None:
    lords = json.loads(run(desk, "otters", "--house", "lords", "--json").stdout)
    assert [record["uin"] for record in lords] == ["7"]
    open_ones = json.loads(run(desk, "otters", "--state", "tabled", "--json").stdout)
    assert [record["uin"] for record in open_ones] == ["4"]
    statements = json.loads(run(desk, "otters", "--kind", "statement", "--json").stdout)
    assert [record["uin"] for record in statements] == ["HCWS1"]
    assert run(desk, "otters", "--label", "not_held").exit_code == 3


def test_json_has_likeness_and_shared_words(desk: Desk) -> None:
    [first, *_] = json.loads(run(desk, "q-1", "--json").stdout)
    assert first["id"] == "q-2"
    assert first["shared"] == ["chalk streams", "otters"]
    assert 0.05 <= first["likeness"] <= 1
    assert {match["part"] for match in first["matches"]} == {"question"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_text_from_stdin_may_come_from_any_editor(desk: Desk, encoding: str) -> None:
    result = run(desk, "-", stdin="\u201cOtters\u201d in chalk streams cost \u00a3 1,000\n".encode(encoding))
    assert result.exit_code == 0
    assert "Shares: chalk streams, Otters\n" in result.stdout


def test_a_text_from_stdin_is_never_a_reference(desk: Desk) -> None:
    result = run(desk, "-", stdin="Otters in chalk streams\n")
    assert result.exit_code == 0
    assert "Shares: Otters" in result.stdout or "Shares: chalk streams" in result.stdout
    assert run(desk, "-", stdin="14205\n").exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["the", "of"], 2, "There is no word to compare by"),
        (["q-404"], 3, "No record goes by q-404"),
        (["zebras"], 3, "No record shares enough rare words with it"),
        (["otters", "--house", "senedd"], 3, "No record that passes the filters shares enough rare words with it"),
        (["otters", "--body", "Transprot"], 3, "No answering body has these words in the name: Transprot"),
        (["otters", "--to", "1999-12-31"], 3, "none is of the days asked for"),
    ],
)
def test_what_can_not_be_compared_is_said(desk: Desk, arguments: list[str], code: int, said: str) -> None:
    result = run(desk, *arguments)
    assert result.exit_code == code
    assert said in result.stderr
