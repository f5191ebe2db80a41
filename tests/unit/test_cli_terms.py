"""`topics add`, `topics rename`, `terms add`: what they write into config.toml, and what they say of it."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from monitor import app
from tests.unit.cli_kit import CONFIG, NOW, Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: NOW)


@pytest.fixture
def desk(stored: Desk) -> Desk:
    """The desk, with its first config.toml."""
    file(stored).chmod(0o644)
    file(stored).write_text(CONFIG, encoding="utf-8")
    return stored


def file(desk: Desk) -> Path:
    return desk.folder / "config.toml"


def config_of(desk: Desk) -> dict[str, Any]:
    return tomllib.loads(file(desk).read_text(encoding="utf-8"))


# -- terms add --------------------------------------------------------------------------------------------------------


def test_a_term_is_added_and_what_it_finds_is_told(desk: Desk) -> None:
    result = desk.run("terms", "add", "flood DEFENCES", "sample")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"Added “sample” to “Flood defences”: {file(desk)}, line 13",
        "It finds 2 records of the archive; the topic has none of these yet.",
        "Matched at the next run.",
    ]
    assert config_of(desk)["topics"][1]["terms"] == ["flood defence", "sample"]


def test_what_the_topic_has_already_is_told(desk: Desk) -> None:
    result = desk.run("terms", "add", "Water", "bathing")
    assert "It finds 2 records of the archive; the topic has 2 of these already." in result.stdout


def test_a_term_that_finds_nothing_yet_is_added_all_the_same(desk: Desk) -> None:
    result = desk.run("terms", "add", "Water", "estuary")
    assert "It finds no record of the archive yet." in result.stdout
    assert config_of(desk)["topics"][0]["terms"][-1] == "estuary"


def test_an_exclusion_is_added_to_its_own_list(desk: Desk) -> None:
    result = desk.run("terms", "add", "water", "bathing waters were clean", "--exclude")
    assert result.stdout.splitlines() == [
        f"Added “bathing waters were clean” to what does not count for “Water”: {file(desk)}, line 8",
        "It stands in 1 record of the archive; the topic has 1 of these now.",
        "The topic is matched anew at the next run.",
    ]
    assert config_of(desk)["topics"][0]["exclude"] == ["sea water", "bathing waters were clean"]
    assert "the topic has none of these." in desk.run("terms", "add", "water", "Referring", "--exclude").stdout


@pytest.mark.parametrize(
    ("term", "known"),
    [
        ("bathing water", ""),
        ("Bathing  Water", " as “bathing water”"),
        ("foreshore = beach", " as “beach = foreshore”"),
    ],
)
def test_a_term_that_is_there_is_not_added_again(desk: Desk, term: str, known: str) -> None:
    result = desk.run("terms", "add", "Water", term)
    assert result.exit_code == 0
    assert (
        result.stdout.splitlines()[0]
        == f"“{' '.join(term.split())}” is in “Water” already{known}: {file(desk)}, line 7"
    )
    assert file(desk).read_text(encoding="utf-8") == CONFIG


def test_one_term_may_be_wanted_in_one_list_and_not_in_the_other(desk: Desk) -> None:
    assert desk.run("terms", "add", "Water", "sea water").stdout.startswith("Added")
    assert desk.run("terms", "add", "Water", "sea waters", "--exclude").stdout.startswith("Added")


def test_a_term_that_can_not_be_read_is_shown_with_the_place_and_the_remedy(desk: Desk) -> None:
    result = desk.run("terms", "add", "Water", "the SOC*")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "SOC* would find too many words.\n  the SOC*\n      ^\n"
        "Write 4 letters or more before the star, or the words themselves.\n"
    )
    assert file(desk).read_text(encoding="utf-8") == CONFIG


def test_words_without_quotes_are_refused_with_the_line_to_type(desk: Desk) -> None:
    result = desk.run("terms", "add", "Flood defences", "sea", "wall")
    assert result.exit_code == 2
    assert "pqwatch terms add 'Flood defences' 'sea wall'" in result.stderr


def test_a_topic_that_is_not_there_is_told_with_the_nearest(desk: Desk) -> None:
    result = desk.run("terms", "add", "floods", "sea wall")
    assert result.exit_code == 2
    assert "Invalid value for TOPIC: there is no topic 'floods'. Did you mean 'Flood defences'?" in result.stderr


def test_a_dry_run_shows_the_change_and_makes_none(desk: Desk) -> None:
    result = desk.run("terms", "add", "water", "sea wall", "--dry-run")
    assert result.exit_code == 0
    assert '+terms = ["bathing water", "beach = foreshore", "sea wall"]' in result.stdout.splitlines()
    assert "It finds no record" in result.stdout
    assert "next run" not in result.stdout
    assert result.stderr == "Nothing was changed: --dry-run.\n"
    assert file(desk).read_text(encoding="utf-8") == CONFIG


def test_what_was_added_as_json(desk: Desk) -> None:
    done = json.loads(desk.run("terms", "add", "water", "sample", "--json").stdout)
    assert done == {
        "schema": 1,
        "topic": "water",
        "term": "sample",
        "exclude": False,
        "path": str(file(desk)),
        "line": 7,
        "added": True,
        "there_as": None,
        "diff": None,
        "records": 2,
        "records_in_topic": 1,
    }
    there = json.loads(desk.run("terms", "add", "water", "Sample", "--json").stdout)
    assert (there["added"], there["there_as"], there["line"]) == (False, "sample", 7)
    dry = json.loads(desk.run("terms", "add", "water", "sea wall", "--json", "--dry-run").stdout)
    assert dry["added"] is False
    assert dry["diff"].startswith("--- ")


def test_a_read_only_file_is_left_alone(desk: Desk) -> None:
    file(desk).chmod(0o444)
    result = desk.run("terms", "add", "water", "sample")
    assert result.exit_code != 0
    assert "is read-only" in str(result.exception)
    assert file(desk).read_text(encoding="utf-8") == CONFIG


def test_an_archive_that_can_not_be_asked_stops_no_term(desk: Desk) -> None:
    broken = desk.folder / "broken"
    broken.mkdir()
    (broken / "config.toml").write_text(CONFIG, encoding="utf-8")
    (broken / "pqwatch.db").write_text("no database " * 100, encoding="utf-8")
    result = Desk(broken).run("terms", "add", "water", "sample")
    assert result.exit_code == 0, result.exception
    assert result.stdout.splitlines()[0].startswith("Added “sample” to “Water”")
    assert result.stderr.startswith("What it finds already can't be told: ")


# -- topics add -------------------------------------------------------------------------------------------------------


def test_a_topic_is_added_with_what_its_terms_find(desk: Desk) -> None:
    result = desk.run("topics", "add", "Sampling", "sample", '"North Sample"', "sample", "--note", "why")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"Added the topic “Sampling”: {file(desk)}, line 15",
        "    in the archive  term",
        "    2               sample",
        '    1               "North Sample"',
        "Matched at the next run.",
    ]
    assert config_of(desk)["topics"][2] == {"name": "Sampling", "terms": ["sample", '"North Sample"'], "note": "why"}


def test_a_topic_with_an_id_and_exclusions(desk: Desk) -> None:
    done = json.loads(
        desk.run("topics", "add", "Sampling", "sample", "--id", "s", "--exclude", "North Sample", "--json").stdout
    )
    assert done == {
        "schema": 1,
        "id": "s",
        "name": "Sampling",
        "path": str(file(desk)),
        "line": 15,
        "terms": [{"term": "sample", "records": 2}],
        "exclude": ["North Sample"],
        "note": None,
        "subscribers": ["Policy desk"],
        "added": True,
        "diff": None,
    }
    assert config_of(desk)["topics"][2]["exclude"] == ["North Sample"]


def test_a_topic_that_nobody_gets_is_told(desk: Desk) -> None:
    file(desk).write_text(CONFIG.replace('["*"]', '["water"]'), encoding="utf-8")
    result = desk.run("topics", "add", "Sampling", "sample")
    assert result.stderr == "Nobody gets it yet: add “Sampling” to the topics of a subscriber.\n"


def test_a_topic_is_added_dry(desk: Desk) -> None:
    result = desk.run("topics", "add", "Sampling", "sample", "--dry-run")
    assert '+name = "Sampling"' in result.stdout.splitlines()
    assert f"Would add the topic “Sampling”: {file(desk)}, line 15" in result.stdout
    assert file(desk).read_text(encoding="utf-8") == CONFIG


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["Water", "sample"], "There is a topic 'Water' already"),
        (["Sampling", "--exclude", "x"], "Missing argument 'TERM...'"),
        (["Sampling", "SAMPLE VALE"], "Words in capitals are read as acronyms"),
        (["Sampling", "sample", "--exclude", "SOC*"], "would find too many words"),
        ([" ", "sample"], "name: is empty"),
    ],
)
def test_a_topic_that_can_not_be_is_refused(desk: Desk, args: list[str], said: str) -> None:
    result = desk.run("topics", "add", *args)
    assert result.exit_code != 0
    assert said in result.stderr + str(result.exception)
    assert file(desk).read_text(encoding="utf-8") == CONFIG


# -- topics rename ----------------------------------------------------------------------------------------------------


def test_a_topic_is_renamed_and_keeps_its_history(desk: Desk) -> None:
    result = desk.run("topics", "rename", "flood defences", "Sea walls")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"Renamed “Flood defences” to “Sea walls”: {file(desk)}, line 11",
        "It is still known by the id “Flood defences”, so its history stays.",
    ]
    assert config_of(desk)["topics"][1] == {"name": "Sea walls", "id": "Flood defences", "terms": ["flood defence"]}
    listed = {one["name"]: one["records"] for one in json.loads(desk.run("topics", "list", "--json").stdout)}
    assert listed["Sea walls"] == 1


def test_a_renamed_topic_as_json(desk: Desk) -> None:
    done = json.loads(desk.run("topics", "rename", "Water", "Waters", "--json").stdout)
    assert done == {
        "schema": 1,
        "id": "water",
        "old_name": "Water",
        "name": "Waters",
        "path": str(file(desk)),
        "line": 4,
        "renamed": True,
        "diff": None,
    }


def test_a_rename_that_changes_nothing(desk: Desk) -> None:
    assert desk.run("topics", "rename", "Water", "Water").stderr == "The topic is called “Water” already.\n"
    dry = desk.run("topics", "rename", "Water", "Waters", "--dry-run")
    assert '+name = "Waters"' in dry.stdout.splitlines()
    assert file(desk).read_text(encoding="utf-8") == CONFIG


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["Water", "Flood defences"], "There is another topic 'Flood defences' already"),
        (["Fire", "Smoke"], "there is no topic 'Fire'"),
        (["Water", ""], "name: is empty"),
    ],
)
def test_a_rename_that_can_not_be_is_refused(desk: Desk, args: list[str], said: str) -> None:
    result = desk.run("topics", "rename", *args)
    assert result.exit_code != 0
    assert said in result.stderr + str(result.exception)
    assert file(desk).read_text(encoding="utf-8") == CONFIG
