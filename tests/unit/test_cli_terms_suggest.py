"""`terms suggest`: each kind of term that a topic may lack, with its reason and what it adds. All records are invented."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from monitor import app
from monitor.cli import pqwatch
from monitor.research.marking_words import log_likelihood
from monitor.research.topic_suggestions import _name_of
from tests.archive_kit import store
from tests.builders import a_question
from tests.unit.cli_kit import NOW, Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.model.records import Proceeding

CONFIG = """\
[archive]
url = "sqlite:///pqwatch.db"

[[topics]]
name = "Otters"
terms = ["otter holt", "river otter trust", "SOCA = Serious Organised Crime Agency", "RRB"]

[[topics]]
name = "Silent"
terms = ["nothing of this kind"]
"""


def asked(number: int, answer: str, **facts: Any) -> Proceeding:
    question = f"To ask the Secretary of State for Transport, what is said in paragraph number{number}."
    given = {"uin": str(number), "heading": f"Heading{number}", "question": question, "answer": answer}
    return a_question(**(given | facts))


QUESTIONS = (
    *(asked(number, f"An otter holt needs bankside lodging, case{number}.") for number in range(1, 7)),
    asked(10, "Bankside lodging is cheap."),
    asked(11, "We count every otterholt."),
    asked(12, "The River Otter Trust (ROT) met."),
    asked(13, "The ROT met again."),
    asked(14, "The Regional Rivers Board (RRB) met."),
    asked(15, "The Regional Rivers Board went home."),
    asked(16, "The Serious Organised Crime Agency is no more."),
    asked(17, "The National Crime Agency answered."),
    asked(18, "An otter hollt was seen."),
    asked(19, "An otter holt is safe. The Otter Action Group (OAG) wrote."),
    asked(20, "An otter holt is dry. Others say that the Otter Action Group (OAG) wrote."),
    asked(21, "The OAG is small."),
    *(asked(number, f"The river otter trustees met in case{number}.") for number in (22, 23, 24)),
    *(asked(number, f"Holt number{number} is a town.") for number in range(30, 60)),
    *(asked(number, f"Nothing is said of case{number}.") for number in range(60, 90)),
    asked(99, "Bankside lodging was dear.", answered_on=date(2018, 1, 8), tabled_on=date(2018, 1, 2)),
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder: Path = tmp_path_factory.mktemp("desk")
    desk = make_desk(folder, is_empty=True, config=CONFIG)
    settings = app.configuration(str(folder / "config.toml"), env={})
    archive = app.archive(settings)
    store(archive, *QUESTIONS)
    archive.index.follow()
    with app.pipeline(settings, archive, as_of=NOW) as pipeline:
        pipeline.sync()
        pipeline.match()
    archive.close()
    return desk


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: NOW)


def run(desk: Desk, *arguments: str) -> Any:
    config = str(desk.folder / "config.toml")
    return CliRunner().invoke(pqwatch, ["terms", "suggest", *arguments, "--config", config])


@pytest.fixture(scope="module")
def suggestions(desk: Desk) -> dict[str, dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "clock", lambda: NOW)
        result = run(desk, "Otters", "--limit", "0", "--json")
    assert result.exit_code == 0, result.output
    return {found["term"]: found for found in json.loads(result.stdout)}


def test_words_that_mark_the_topic_are_suggested_with_what_they_add(suggestions: dict[str, dict[str, Any]]) -> None:
    found = suggestions["bankside lodging"]
    assert found["kind"] == "word"
    assert found["adds"] == 1, "the one of 2018 is too old"
    assert found["since"] == "2020-02-11"
    assert found["example"]["id"] == "q-10"
    assert "bankside" not in suggestions, "a word that stands in a pair is not named alone"
    assert "paragraph" not in suggestions, "a word of all records marks none"


def test_names_with_a_word_of_the_topic_and_words_made_from_one_are_suggested(
    suggestions: dict[str, dict[str, Any]],
) -> None:
    assert suggestions["OAG"]["reason"] == "records write “Otter Action Group (OAG)”"
    assert suggestions["OAG"]["of"] is None
    derived = suggestions["river otter trustees"]
    assert derived["reason"] == "made from trust; in 3 records beside river otter trust"


@pytest.mark.parametrize(
    "expected",
    [
        ("acronym", "ROT", "river otter trust", "records write “River Otter Trust (ROT)”", "q-13"),
        ("name", "Regional Rivers Board", "RRB", "records write “Regional Rivers Board (RRB)”", "q-15"),
        ("slip", "otter hollt", "otter holt", "may be a slip for otter holt", "q-18"),
        ("spelling", "otter-holt", "otter holt", "records have “otterholt”, in one word, beside otter holt", "q-11"),
        (
            "successor",
            "successors of Serious Organised Crime Agency",
            "SOCA = Serious Organised Crime Agency",
            "Serious Organised Crime Agency was so called until 7 October 2013; now National Crime Agency",
            "q-17",
        ),
    ],
)
def test_each_kind_has_its_reason_and_an_example(
    suggestions: dict[str, dict[str, Any]], expected: tuple[str, ...]
) -> None:
    kind, term, of, reason, example = expected
    found = suggestions[term]
    assert (found["kind"], found["of"], found["reason"], found["adds"]) == (kind, of, reason, 1)
    assert found["example"]["id"] == example


def test_nothing_is_added_and_the_command_that_would_is_printed(desk: Desk) -> None:
    before = (desk.folder / "config.toml").read_bytes()
    result = run(desk, "otters")
    assert (desk.folder / "config.toml").read_bytes() == before
    assert "terms add Otters ROT --config" in result.stdout
    assert "adds 1 record since 11 February 2020; the newest: Commons 13, 1 February 2021, Heading13" in result.stdout
    assert result.stdout.index("Successors") < result.stdout.index("Acronyms") < result.stdout.index("Spellings")


def test_a_limit_is_said(desk: Desk) -> None:
    result = run(desk, "Otters", "--limit", "1")
    assert "more: --limit 0" in result.stderr
    assert result.stdout.count("terms add") == 6


def test_a_topic_that_found_nothing_has_nothing_to_go_by(desk: Desk) -> None:
    result = run(desk, "Silent")
    assert result.exit_code == 3
    assert "'Silent' has found no record yet" in result.stderr


def test_an_unknown_topic_is_refused_with_the_nearest(desk: Desk) -> None:
    result = run(desk, "Oters")
    assert result.exit_code == 2
    assert "Did you mean 'Otters'?" in result.stderr


@pytest.mark.parametrize(
    ("acronym", "words", "name"),
    [
        ("SOCA", "that the Serious Organised Crime Agency", "Serious Organised Crime Agency"),
        ("IWF", "with the Internet Watch Foundation", "Internet Watch Foundation"),
        ("NCA", "of all others", ""),
        ("SOCA", "Crime Agency", ""),
    ],
)
def test_the_name_of_an_acronym_has_its_letters_in_order(acronym: str, words: str, name: str) -> None:
    assert _name_of(acronym, words.split()) == name


def test_log_likelihood_is_high_for_what_chance_would_not_have() -> None:
    assert log_likelihood(1, 10, 100, 1000) == 0
    assert log_likelihood(10, 10, 10, 1000) > log_likelihood(5, 10, 10, 1000) > log_likelihood(5, 10, 100, 1000) > 0
