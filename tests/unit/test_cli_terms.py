"""`topics add|rename` and `terms`: changes to config.toml, findings, and output."""

from __future__ import annotations

import json
import tomllib
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock, patch

import pytest
from click.testing import CliRunner

from monitor import app
from monitor.cli import pqwatch
from monitor.cli.output import Printer
from monitor.config.default import default_config_text
from monitor.errors import ArchiveError
from monitor.model.records import Member
from monitor.research.term_tools import checking, renamed_bodies, reports
from tests.archive_kit import store
from tests.builders import a_question
from tests.unit.cli_kit import CONFIG, NOW, READ_AT, Desk, make_desk, without_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from db.archive import Archive


SOC = (
    "SOC* would find too many words: write 4 letters or more before the star, or SOC alone for the acronym. "
    "Ready to paste: 'SOC'."
)
REMOVE = "Remove it, unless you want it named by itself in the digest."
TYPED = "If it is a typing error, write “water”."
OLD = "Foreign and Commonwealth Office"
HEIR = "“Foreign, Commonwealth and Development Office”"


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: NOW)


@pytest.fixture
def desk(stored: Desk) -> Desk:
    """Restore the desk's first config.toml."""
    file(stored).chmod(0o644)
    file(stored).write_text(CONFIG, encoding="utf-8")
    return stored


def file(desk: Desk) -> Path:
    return desk.folder / "config.toml"


@contextmanager
def app_archive(desk: Desk) -> Iterator[Archive]:
    archive = app.archive(app.configuration(str(file(desk)), env={}), now=lambda: READ_AT)
    try:
        yield archive
    finally:
        archive.close()


def config_of(desk: Desk) -> dict[str, Any]:
    return tomllib.loads(file(desk).read_text(encoding="utf-8"))


# -- terms add --------------------------------------------------------------------------------------------------------


def test_term_is_added_and_its_matches_are_shown(desk: Desk) -> None:
    result = desk.run("terms", "add", "flood DEFENCES", "sample")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"Added “sample” to “Flood defences”: {file(desk)}, line 13",
        "It finds 2 records of the archive; the topic has none of these yet.",
        "Matched at the next run.",
    ]
    assert config_of(desk)["topics"][1]["terms"] == ["flood defence", "sample"]


def test_matches_that_the_topic_has_already_are_mentioned(desk: Desk) -> None:
    result = desk.run("terms", "add", "Water", "bathing")
    assert "It finds 2 records of the archive; the topic has 2 of these already." in result.stdout


def test_matches_of_terms_that_no_run_has_looked_for_yet_are_mentioned(desk: Desk) -> None:
    desk.run("terms", "add", "flood defences", "sample")
    result = desk.run("terms", "add", "Flood defences", "samples OR estuary")
    assert "It finds 2 records of the archive; the topic has 2 of these already." in result.stdout
    trial = desk.run("terms", "try", "samples OR estuary", "--topic", "Flood defences")
    assert "Your terms find 2 of these already; 0 would be new. The topic has 2 of them." in trial.stdout


@pytest.mark.parametrize(
    "args", [["terms", "add", "Flood defences"], ["topics", "add", "Samples"], ["terms", "try"]], ids=" ".join
)
def test_term_that_finds_more_than_anyone_reads_is_named(
    desk: Desk, args: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.research.term_tools.checking.NOISY_FROM", 1)
    monkeypatch.setattr("monitor.research.term_tools.checking.NOISY_A_DAY", 0.1)
    result = desk.run(*args, "sample")
    told = "“sample” may be too wide: found in 2 of the"
    assert told in result.stdout + result.stderr
    assert told not in (desk.run("terms", "add", "Water", "sample", "--exclude").stderr)


def test_term_without_matches_is_added(desk: Desk) -> None:
    result = desk.run("terms", "add", "Water", "estuary")
    assert "It finds no record of the archive yet." in result.stdout
    assert without_option(result.stderr).splitlines() == [
        "No record of the archive has the word “estuary”.",
        "What lies near it: pqwatch terms explain estuary",
    ]
    assert config_of(desk)["topics"][0]["terms"][-1] == "estuary"


MISSPELT = "No record of the archive has the word “bathinng”. If it is a typing error, write “bathing”."


@pytest.mark.parametrize(
    "args",
    [
        ["terms", "add", "Water", "bathinng water"],
        ["terms", "try", "bathinng water"],
        ["terms", "explain", "bathinng water"],
        ["topics", "add", "Bathing", "bathinng water", "water"],
    ],
)
def test_misspelt_word_is_named_with_the_likely_one(desk: Desk, args: list[str]) -> None:
    result = desk.run(*args)
    assert (result.stdout + result.stderr).splitlines().count(MISSPELT) == 1


@pytest.mark.parametrize(
    ("term", "is_said"),
    [
        ("bathinng OR water", False),  # it finds something
        ("BATHINNG", False),  # an acronym has no neighbours
        ("bathinng* water", False),
        ('"bathinng" water', False),
        ("wxyz NOT bathinng", False),
        ("wxyz OR bathinng", True),
    ],
)
def test_word_that_may_not_be_misspelt_is_not_named(desk: Desk, term: str, *, is_said: bool) -> None:
    assert (MISSPELT in desk.run("terms", "try", term).stderr) is is_said


def test_an_exclusion_is_added_to_its_own_list(desk: Desk) -> None:
    result = desk.run("terms", "add", "water", "bathing waters were clean", "--exclude")
    assert result.stdout.splitlines() == [
        f"Added “bathing waters were clean” to what does not count for “Water”: {file(desk)}, line 8",
        "It stands in 1 record of the archive; the topic has 1 of these now.",
        (
            "The topic is matched anew at the next run. "
            "What it found until the last run still comes with the next digest, unless it was mailed before."
        ),
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
def test_existing_term_is_not_added_again(desk: Desk, term: str, known: str) -> None:
    result = desk.run("terms", "add", "Water", term)
    assert result.exit_code == 0
    assert (
        result.stdout.splitlines()[0]
        == f"“{' '.join(term.split())}” is in “Water” already{known}: {file(desk)}, line 7"
    )
    assert file(desk).read_text(encoding="utf-8") == CONFIG


def test_term_may_be_in_one_list_and_not_in_the_other(desk: Desk) -> None:
    assert desk.run("terms", "add", "Water", "sea water").stdout.startswith("Added")
    assert desk.run("terms", "add", "Water", "cold sea waters", "--exclude").stdout.startswith("Added")


def test_unreadable_term_is_shown_with_position_and_remedy(desk: Desk) -> None:
    result = desk.run("terms", "add", "Water", "the SOC*")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "SOC* would find too many words.\n  the SOC*\n      ^\n"
        "Write 4 letters or more before the star, or SOC alone for the acronym.\nReady to paste: 'the SOC'.\n"
    )
    assert file(desk).read_text(encoding="utf-8") == CONFIG


def test_unquoted_words_are_refused_with_the_command_to_type(desk: Desk) -> None:
    result = desk.run("terms", "add", "Flood defences", "sea", "wall")
    assert result.exit_code == 2
    assert "pqwatch terms add 'Flood defences' 'sea wall'" in result.stderr


def test_several_terms_are_refused_with_a_command_for_each(desk: Desk) -> None:
    result = desk.run("terms", "add", "Water", "sea wall", "tide")
    assert result.exit_code == 2
    assert result.stderr.endswith(
        "Error: One term at a time:\n  pqwatch terms add Water 'sea wall'\n  pqwatch terms add Water tide\n"
    )
    assert file(desk).read_text(encoding="utf-8") == CONFIG


def test_a_topic_whose_name_several_have_is_named_by_its_id(desk: Desk) -> None:
    others = '\n[[topics]]\nid = "{}"\nname = "{}"\nterms = ["tide"]\n'
    text = CONFIG + others.format("sea", "Tides") + others.format("river", "tides")
    file(desk).write_text(text, encoding="utf-8")
    several = desk.run("terms", "add", "TIDES", "sea wall")
    assert several.exit_code == 2
    assert "2 topics are called 'TIDES': name one by its id: 'sea', 'river'." in several.stderr
    assert desk.run("terms", "add", "tides", "sea wall").exit_code == 0
    topics = tomllib.loads(file(desk).read_text(encoding="utf-8"))["topics"]
    assert [topic["terms"] for topic in topics[-2:]] == [["tide"], ["tide", "sea wall"]]


def test_unknown_topic_gets_the_nearest_name(desk: Desk) -> None:
    result = desk.run("terms", "add", "floods", "sea wall")
    assert result.exit_code == 2
    assert "Invalid value for TOPIC: there is no topic 'floods'. Did you mean 'Flood defences'?" in result.stderr


def test_dry_run_shows_the_change_without_making_it(desk: Desk) -> None:
    result = desk.run("terms", "add", "water", "sea wall", "--dry-run")
    assert result.exit_code == 0
    assert '+terms = ["bathing water", "beach = foreshore", "sea wall"]' in result.stdout.splitlines()
    assert "It finds no record" in result.stdout
    assert "next run" not in result.stdout
    assert result.stderr.startswith("Nothing was changed: --dry-run.\n")
    assert file(desk).read_text(encoding="utf-8") == CONFIG


def test_lists_say_what_no_run_has_looked_for_yet(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    lists = (
        "matches",
        "waiting",
        "promises",
        "topics",
        "digest preview",
        "search --topic Coasts",
        "stats --topic Coasts",
    )
    assert "the last run" not in "".join(desk.run(*command.split()).stderr for command in lists[:4])
    desk.run("topics", "add", "Coasts", "coast", "sea wall")
    desk.run("subscribers", "add", "Ann", "ann@example.org")
    new = "New in config.toml since the last run, and left out here: {}“coast” and “sea wall”. To have it here now: {}"
    for command in lists:
        reader = "“Ann”, " if "preview" in command else ""
        assert new.format(reader, desk.command("match")) in " ".join(desk.run(*command.split()).stderr.split()), command
    assert "the last run" not in desk.run("matches", "--topic", "Flood defences").stderr
    desk.run("match")
    assert "the last run" not in "".join(desk.run(*command.split()).stderr for command in lists)


def test_added_term_as_json(desk: Desk) -> None:
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
        "noise": None,
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


def test_unreadable_archive_does_not_stop_an_addition(desk: Desk) -> None:
    broken = desk.folder / "broken"
    broken.mkdir()
    (broken / "config.toml").write_text(CONFIG, encoding="utf-8")
    (broken / "pqwatch.db").write_text("no database " * 100, encoding="utf-8")
    result = Desk(broken).run("terms", "add", "water", "sample")
    assert result.exit_code == 0, result.exception
    assert result.stdout.splitlines()[0].startswith("Added “sample” to “Water”")
    assert result.stderr.startswith("What it finds already can't be told: ")


# -- topics add -------------------------------------------------------------------------------------------------------


def test_topic_is_added_and_the_matches_of_its_terms_are_shown(desk: Desk) -> None:
    result = desk.run("topics", "add", "Sampling", "sample", '"North Sample"', "sample", "--note", "why")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"Added the topic “Sampling”: {file(desk)}, line 15",
        "    in the archive  term",
        "                 2  sample",
        '                 1  "North Sample"',
        "Matched at the next run.",
    ]
    assert config_of(desk)["topics"][2] == {"name": "Sampling", "terms": ["sample", '"North Sample"'], "note": "why"}


def test_a_term_that_means_the_same_as_an_earlier_one_is_left_out(desk: Desk) -> None:
    result = desk.run(
        "topics", "add", "Sampling", "sample", "Samples", "sample  ", "--exclude", "x ray", "--exclude", "X Rays"
    )
    assert config_of(desk)["topics"][2]["terms"] == ["sample"]
    assert config_of(desk)["topics"][2]["exclude"] == ["x ray"]
    said = result.stderr.splitlines()
    assert "Left out: “Samples” finds the same as “sample”." in said
    assert "Left out: “X Rays” finds the same as “x ray”." in said


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
        "terms": [{"term": "sample", "records": 2, "noise": None}],
        "exclude": ["North Sample"],
        "note": None,
        "subscribers": ["Policy desk"],
        "added": True,
        "diff": None,
    }
    assert config_of(desk)["topics"][2]["exclude"] == ["North Sample"]


def test_topic_without_subscribers_is_reported(desk: Desk) -> None:
    file(desk).write_text(CONFIG.replace('["*"]', '["water", "Flood defences"]'), encoding="utf-8")
    result = desk.run("topics", "add", "Sampling", "sample")
    assert result.stderr == "No one gets it yet: add “Sampling” to the topics of a subscriber.\n"


def test_a_topic_is_added_dry(desk: Desk) -> None:
    result = desk.run("topics", "add", "Sampling", "sample", "--dry-run")
    assert '+name = "Sampling"' in result.stdout.splitlines()
    assert f"Would add the topic “Sampling”: {file(desk)}, line 15" in result.stdout
    assert file(desk).read_text(encoding="utf-8") == CONFIG


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["Water", "sample"], "There is a topic 'Water' already"),
        (["flood DEFENCES", "sample"], "There is a topic 'Flood defences' already"),
        (["Sampling", "sample", "--id", "FLOOD defences"], "There is a topic 'Flood defences' already"),
        (["Sampling", "--exclude", "x"], "Missing argument 'TERM...'"),
        (["Sampling", "SAMPLE VALE"], "Words in capitals are read as acronyms"),
        (["Sampling", "sample", "--exclude", "SOC*"], "would find too many words"),
        (["Sampling", "sample", "--exclude", "house:lords"], "A filter alone excludes nothing"),
        ([" ", "sample"], "name: is empty"),
    ],
)
def test_invalid_topic_is_refused(desk: Desk, args: list[str], said: str) -> None:
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
    listed = {entry["name"]: entry["records"] for entry in json.loads(desk.run("topics", "list", "--json").stdout)}
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
        (["Water", "flood defences"], "There is another topic 'Flood defences' already"),
        (["Fire", "Smoke"], "there is no topic 'Fire'"),
        (["Water", ""], "name: is empty"),
    ],
)
def test_invalid_rename_is_refused(desk: Desk, args: list[str], said: str) -> None:
    result = desk.run("topics", "rename", *args)
    assert result.exit_code != 0
    assert said in result.stderr + str(result.exception)
    assert file(desk).read_text(encoding="utf-8") == CONFIG


# -- removed ----------------------------------------------------------------------------------------------------------


def test_term_is_removed_and_the_fate_of_its_matches_is_explained(desk: Desk) -> None:
    result = desk.run("terms", "remove", "water", "beach = foreshore")
    assert (result.exit_code, result.stderr) == (0, "")
    removed, kept = result.stdout.splitlines()
    assert removed == f"Removed “beach = foreshore” from “Water”: {file(desk)}, line 7"
    assert kept.endswith("still comes with the next digest, unless it was mailed before. It stays in the archive.")
    assert file(desk).read_text(encoding="utf-8") == CONFIG.replace(', "beach = foreshore"', "")
    again = desk.run("terms", "remove", "water", "beach = foreshore")
    assert again.exit_code == 2
    assert "'Water' has no such term" in again.stderr


def test_term_is_removed_by_meaning_and_unreadable_term_by_its_text(desk: Desk) -> None:
    file(desk).write_text(CONFIG.replace('["flood defence"]', '["flood defence", "SOC*"]'), encoding="utf-8")
    assert desk.run("terms", "remove", "Water", "Bathing waters").exit_code == 0
    assert desk.run("terms", "remove", "Flood defences", "SOC*").exit_code == 0
    assert [entry["terms"] for entry in config_of(desk)["topics"]] == [["beach = foreshore"], ["flood defence"]]
    assert "Did you mean 'flood defence'?" in desk.run("terms", "remove", "Flood defences", "flood defense").stderr


def test_an_exclusion_is_removed(desk: Desk) -> None:
    dry = desk.run("terms", "remove", "Water", "sea water", "--exclude", "--dry-run")
    assert "+exclude = []" in dry.stdout
    assert file(desk).read_text(encoding="utf-8") == CONFIG
    output = json.loads(desk.run("terms", "remove", "Water", "sea water", "--exclude", "--json").stdout)
    assert (output["term"], output["exclude"], output["line"], output["removed"]) == ("sea water", True, 8, True)
    assert config_of(desk)["topics"][0]["exclude"] == []


def test_the_only_term_of_a_topic_is_not_removed(desk: Desk) -> None:
    result = desk.run("terms", "remove", "Flood defences", "flood defence")
    assert result.exit_code != 0
    assert "is the only term of 'Flood defences'. Add another one first" in str(result.exception)
    assert file(desk).read_text(encoding="utf-8") == CONFIG


def test_topic_is_removed_and_its_former_readers_are_named(desk: Desk) -> None:
    named = CONFIG.replace('topics = ["*"]', 'topics = ["Water", "Flood defences"]')
    file(desk).write_text(named, encoding="utf-8")
    result = desk.run("topics", "remove", "water")
    assert (result.exit_code, result.stderr) == (0, "")
    assert without_option(result.stdout).splitlines() == [
        f"Removed the topic “Water” with 2 terms: {file(desk)}, line 4",
        "Taken off the list of “Policy desk”.",
        "“Policy desk” gets nothing new of it any more, not even what is found and not told yet.",
        "What it found stays in the archive: pqwatch search finds it.",
    ]
    assert [entry["name"] for entry in config_of(desk)["topics"]] == ["Flood defences"]
    assert config_of(desk)["subscribers"][0]["topics"] == ["Flood defences"]
    last = desk.run("topics", "remove", "Flood defences")
    assert last.exit_code != 0
    assert "'Policy desk' gets no other topic than 'Flood defences'" in str(last.exception)


def test_last_topic_of_a_subscriber_to_all_topics_can_be_removed(desk: Desk) -> None:
    assert desk.run("topics", "remove", "Water", "--dry-run").stdout.splitlines()[0].startswith("---")
    assert file(desk).read_text(encoding="utf-8") == CONFIG
    output = json.loads(desk.run("topics", "remove", "Water", "--json").stdout)
    assert (output["id"], output["subscribers"], output["taken_off"]) == ("water", ["Policy desk"], [])
    result = desk.run("topics", "remove", "Flood defences")
    assert result.exit_code == 0
    assert "No topic is watched now: pqwatch topics add NAME TERM" in without_option(result.stderr)
    assert "topics" not in config_of(desk)


def test_topics_without_a_command_lists_them(desk: Desk) -> None:
    assert desk.run("topics").stdout == desk.run("topics", "list").stdout
    assert json.loads(desk.run("topics", "--json").stdout) == json.loads(desk.run("topics", "list", "--json").stdout)
    before = CliRunner().invoke(pqwatch, ["topics", "--config", str(file(desk)), "list"])
    assert before.stdout == desk.run("topics", "list").stdout


# -- terms list -------------------------------------------------------------------------------------------------------


def test_terms_are_listed_with_their_matches(desk: Desk) -> None:
    file(desk).write_text(
        CONFIG.replace('["flood defence"]', '["flood defence", "SOC*", "sea NEAR wall"]'), encoding="utf-8"
    )
    result = desk.run("terms", "list")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Water",
        "  records  last found  since       term",
        "        2  2021-02-05  2021-02-02  bathing water",
        "        2  2021-02-08  2021-02-02  beach = foreshore",
        "      not                          sea water",
        "Flood defences",
        "  records  last found  since       term",
        "        1  2021-01-26  2021-02-02  flood defence",
        "        -  next run                sea NEAR wall",
        "                                   read as sea NEAR/10 wall",
        "        !                          SOC*",
        f"                                   can't be read: config.toml line 13: topics.terms: {SOC}",
    ]
    assert "The term is switched off" in result.stderr


def test_terms_added_for_successors_are_listed_as_such_and_not_edited(desk: Desk) -> None:
    changed = CONFIG.replace('id = "water"\nterms = [', 'id = "water"\nsuccessors = true\nterms = ["NHTCU", ')
    file(desk).write_text(changed, encoding="utf-8")
    term = "successors of National Hi-Tech Crime Unit"
    rows = {row["term"]: row for row in json.loads(desk.run("terms", "list", "--topic", "water", "--json").stdout)}
    assert (rows[term]["added"], rows["NHTCU"]["added"]) == (True, False)
    assert "added by successors = true" in desk.run("terms", "list", "--topic", "water").stdout
    refused = desk.run("terms", "remove", "water", term)
    assert refused.exit_code == 2
    assert "it is looked for because of successors = true" in " ".join(refused.stderr.split())
    added = desk.run("terms", "add", "water", term)
    assert added.exit_code == 0, added.stderr
    assert desk.run("terms", "remove", "water", "NHTCU").exit_code == 0


def test_terms_of_one_topic_as_json(desk: Desk) -> None:
    rows = json.loads(desk.run("terms", "list", "--topic", "water", "--json").stdout)
    assert rows[0] == {
        "schema": 1,
        "topic": "water",
        "topic_name": "Water",
        "term": "bathing water",
        "exclude": False,
        "read_as": "bathing water",
        "since": "2021-02-02",
        "records": 2,
        "last_found_on": "2021-02-05",
        "problem": None,
        "added": False,
    }
    assert [(row["term"], row["exclude"], row["records"]) for row in rows[1:]] == [
        ("beach = foreshore", False, 2),
        ("sea water", True, None),
    ]


def test_narrow_terminal_shows_the_term_below_its_figures(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Printer, "for_stdout", lambda: Printer(width=40, is_bold=False))
    lines = desk.run("terms", "list").stdout.splitlines()
    assert lines[2:4] == ["        2  2021-02-05  2021-02-02", "      bathing water"]


def test_missing_terms_are_reported_with_where_to_add_one(desk: Desk) -> None:
    file(desk).write_text(CONFIG.split("[[topics]]")[0], encoding="utf-8")
    result = desk.run("terms", "list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "pqwatch topics add NAME TERM" in without_option(result.stderr)


# -- terms check ------------------------------------------------------------------------------------------------------


def test_good_terms_have_no_findings(desk: Desk) -> None:
    result = desk.run("terms", "check")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "Nothing to say of 3 terms.\n")


def test_check_shows_how_many_terms_are_done(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []

    @contextmanager
    def bar(_description: str) -> Iterator[Callable[[int, int], None]]:
        yield lambda done, total: told.append((done, total))

    monkeypatch.setattr("monitor.cli.terms.total_bar", bar)
    assert desk.run("terms", "check").exit_code == 0
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_faults_are_reported_with_remedies(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    terms = f'["flood defence", "all flood defences", "bathing watter", "{OLD}", "SOC*"]'
    file(desk).write_text(CONFIG.replace('["flood defence"]', terms), encoding="utf-8")
    with app_archive(desk) as archive:
        more = [a_question(uin=f"15000{n}", answer="Clean water.") for n in range(6)]
        store(archive, *more)
        archive.watch_list.sync(app.configuration(str(file(desk)), env={}).topics, (), "1")
    result = desk.run("terms", "check")
    assert result.exit_code == 0
    heading, *lines = result.stdout.splitlines()
    assert heading == "Flood defences"
    assert dict(zip(lines[::2], lines[1::2], strict=True)) == {
        "  SOC*": f"      config.toml line 13: topics.terms: {SOC} Correct it in config.toml.",
        "  all flood defences": f"      Wherever it stands, “flood defence” stands too. {REMOVE}",
        "  bathing watter": f"      No record of the archive has the word “watter”; 7 of the newest have “water”. {TYPED}",
        f"  {OLD}": f"      “{OLD}” is a name until 2020-09-02; since then it is {HEIR}. Add {HEIR} to the topic, or "
        f"“successors of {OLD}”, which finds each from its first day on; keep the old name for old answers.",
    }
    assert result.stderr.endswith("4 of 7 terms may need a look.\n")
    faults = json.loads(desk.run("terms", "check", "--topic", "Flood defences", "--json").stdout)
    assert [entry["fault"] for entry in faults] == ["unread", "covered", "spelling", "renamed"]
    assert list(faults[0]) == ["schema", "topic", "term", "fault", "said", "remedy", "topic_name"]


def test_check_reads_the_names_in_all_terms_once(desk: Desk) -> None:
    ended = ["National Hi-Tech Crime Unit", "Serious Organised Crime Agency", "UK Border Agency"]
    file(desk).write_text(CONFIG.replace('["flood defence"]', json.dumps(ended)), encoding="utf-8")
    every = Mock(side_effect=renamed_bodies.names_in)
    with patch.object(renamed_bodies, "names_in", lambda terms: every(list(terms))):
        findings = json.loads(desk.run("terms", "check", "--json").stdout)
    assert [finding["term"] for finding in findings if finding["fault"] == "renamed"] == ended
    assert [len(call.args[0]) for call in every.call_args_list].count(1) == len(ended)
    assert every.call_count == len(ended) + 1


def test_filter_by_an_unknown_name_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = make_desk(tmp_path)
    terms = "terms = ['shore party:Labor', 'coast body:\"Food\"', 'coast body:\"Ministry of Coasts\"']"
    file(desk).write_text(CONFIG.replace('terms = ["flood defence"]', terms), encoding="utf-8")

    def filters() -> dict[str, str]:
        output = json.loads(desk.run("terms", "check", "--topic", "Flood defences", "--json").stdout)
        return {entry["term"]: f"{entry['said']}: {entry['remedy']}" for entry in output if entry["fault"] == "filter"}

    faults = {
        "shore party:Labor": "no record of the archive has “Labor” in the name of its asker's party: if it is “Labour” now, "
        "write that in party:; else leave it",
        'coast body:"Ministry of Coasts"': "no record of the archive has “Ministry of Coasts” in the name of its answering "
        "body: see whether it has another name now; else leave it",
    }
    assert filters() == faults
    monkeypatch.setattr(checking, "SAMPLE", 1)
    monkeypatch.setattr(checking, "ENOUGH", 1)
    assert filters().keys() - faults.keys() == {'coast body:"Food"'}


def test_a_filter_on_several_members_names_them_before_and_after_it_is_saved(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    config = app.configuration(str(file(desk)), env={})
    archive = app.archive(config)
    store(archive, a_question(uin="140900", asked_by=Member(name="Carys Sample")))
    archive.close()
    said = "asker:Sample finds Carys Sample and Siân Sample; write more of a name if one is meant."
    for command in ("explain", "try"):
        assert f"! {said}" in desk.run("terms", command, "asker:Sample").stdout
        assert "finds Carys" not in desk.run("terms", command, "asker:Carys").stdout
    assert said in desk.run("terms", "add", "Flood defences", "asker:Sample").stderr.splitlines()
    assert said in desk.run("topics", "add", "A member", "asker:Sample").stderr.splitlines()


# -- terms explain ----------------------------------------------------------------------------------------------------


def test_a_term_is_explained_with_its_forms_and_examples(desk: Desk) -> None:
    result = desk.run("terms", "explain", "bathing", "water")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[:6] == [
        "bathing water",
        "  the phrase “bathing water”",
        "",
        "Finds by rule",
        "  bathing  bathings (singular, plural and possessive)",
        "  water    waters (singular, plural and possessive)",
    ]
    assert lines[7:9] == ["Found in 2 records of the archive", "  1  bathing water (as written)"]
    assert lines[9].startswith("       2021-01-28 Commons 140010, answer: ")
    assert "*bathing water*" in lines[9]
    assert lines[10] == "  1  bathing waters (other number or spelling)"
    assert lines[13:] == [
        "Near it, but not found (in so many records more)",
        "  0  its words near each other, in either order",
    ]
    assert "\x1b" not in result.stdout


def test_nearby_wordings_are_shown_with_the_term_that_finds_them(desk: Desk) -> None:
    out = desk.run("terms", "explain", '"bathing water"').stdout
    assert "  1  its other numbers and spellings\n     to find them: bathing water\n" in out
    out = desk.run("terms", "explain", "rural", "affairs").stdout
    assert "inside the full name of an office: " in out


def test_phrases_of_a_term_with_operators_are_explained_separately(desk: Desk) -> None:
    out = desk.run("terms", "explain", "in:answer (water NEAR bathing)").stdout
    assert out.splitlines()[:6] == [
        "in:answer (water NEAR bathing)",
        "  read as in:answer water NEAR/10 bathing",
        "  only in the answer:",
        "    in one paragraph, in either order, with at most 10 words between:",
        "      the word “water”",
        "      the word “bathing”",
    ]
    assert "  2  bathing (as written)" in out


def test_words_without_other_forms_and_terms_without_records_are_explained_briefly(desk: Desk) -> None:
    assert desk.run("terms", "explain", "zebra", "of", "7").stdout.splitlines()[3:] == [
        "Finds by rule",
        "  zebra  zebras (singular, plural and possessive)",
        "  7      7s (singular, plural and possessive)",
        "",
        "Found in no record of the archive",
        "No record of the archive has the word “zebra”.",
        "No record of the archive has the word “7”.",
        "",
        "Near it, but not found (in so many records more)",
        "  0  its words near each other, in either order",
    ]


def test_successors_of_a_body_that_has_ended_are_offered(desk: Desk) -> None:
    printed = desk.run("terms", "explain", "NHTCU").stdout.splitlines()
    begin = printed.index("Names a body that has ended")
    assert printed[begin + 1 : begin + 5] == [
        "  National Hi-Tech Crime Unit until 1 April 2006; then:",
        "    Serious Organised Crime Agency, since 1 April 2006",
        "    National Crime Agency, since 7 October 2013",
        "  to find them too: NHTCU = successors of National Hi-Tech Crime Unit",
    ]
    offered = json.loads(desk.run("terms", "explain", "in:answer (child OR POLIT)", "--json").stdout)["ended_bodies"]
    assert [(body["name"], body["ended"], body["write"]) for body in offered] == [
        ("Paedophile Online Investigation Team", "2006-04", "successors of Paedophile Online Investigation Team")
    ]
    followed = json.loads(desk.run("terms", "explain", "NHTCU = successors of NHTCU", "--json").stdout)
    assert followed["ended_bodies"] == []
    assert [line["said"] for line in followed["in_words"]][2:] == [
        "the successors of National Hi-Tech Crime Unit, each in records of the day on which it succeeded and later:",
        "Serious Organised Crime Agency (SOCA), since 1 April 2006",
        "National Crime Agency (NCA), since 7 October 2013",
    ]


def test_an_explanation_as_json(desk: Desk) -> None:
    output = json.loads(desk.run("terms", "explain", "bathing water", "--json").stdout)
    assert list(output) == [
        "schema", "term", "read_as", "in_words", "phrases", "records", "looked_at", "forms", "not_found",
        "doubts", "ended_bodies",
    ]  # fmt: skip
    assert (output["records"], output["looked_at"]) == (2, 2)
    assert output["in_words"] == [{"depth": 0, "said": "the phrase “bathing water”"}]
    assert output["phrases"][0]["finds"][1] == {
        "written": "water", "also": ["waters"], "why": "singular, plural and possessive",
    }  # fmt: skip
    example = output["forms"][0]["example"]
    assert example["text"][example["start"] : example["end"]] == "bathing water"
    assert output["not_found"] == [
        {
            "phrase": "bathing water",
            "what": "its words near each other, in either order",
            "records": 0,
            "is_more": False,
            "write": "bathing NEAR/5 water",
            "query": "bathing NEAR/5 water NOT bathing water",
        }
    ]


def test_what_lies_near_a_term_is_counted_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = make_desk(tmp_path)
    with app_archive(desk) as archive:
        store(archive, *(a_question(uin=f"15000{n}", answer="Water for bathing.") for n in range(5)))
    assert "\n  5  its words near each other" in desk.run("terms", "explain", "bathing water").stdout
    monkeypatch.setattr(reports, "_NEAR", replace(reports._NEAR, counted=3))
    assert "\n  3 or more  its words near each other" in desk.run("terms", "explain", "bathing water").stdout
    output = json.loads(desk.run("terms", "explain", "bathing water", "--json").stdout)
    assert [(near["records"], near["is_more"]) for near in output["not_found"]] == [(3, True)]


def test_more_forms_are_shown_on_request(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    with app_archive(desk) as archive:
        store(archive, *(a_question(uin=f"15000{n}", answer=f"Walls{n} here.") for n in range(14)))
    assert "\n  and 2 forms more: --all\n" in desk.run("terms", "explain", "wall*").stdout
    every = desk.run("terms", "explain", "wall*", "--all").stdout
    assert "Walls13 (begins so)" in every
    assert "--all" not in every


@pytest.mark.parametrize("command", ["explain", "try"])
def test_unreadable_term_is_refused(desk: Desk, command: str) -> None:
    result = desk.run("terms", command, "the SOC*")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("SOC* would find too many words.\n  the SOC*\n      ^\n")


def test_term_is_explained_without_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PQWATCH_CONFIG", raising=False)
    monkeypatch.setattr("monitor.config._user_file", lambda: tmp_path / "none.toml")
    result = CliRunner().invoke(pqwatch, ["terms", "explain", "sea", "wall"])
    assert result.exit_code == 0
    assert result.stderr == "No config.toml here, so this is without counts.\n"
    assert "Found in" not in result.stdout
    assert result.stdout.endswith(
        "Near it, but not found\n  its words near each other, in either order\n  to find them: sea NEAR/5 wall\n"
    )


def test_empty_or_broken_archive_is_reported(tmp_path: Path) -> None:
    for name in ("empty", "broken"):
        (tmp_path / name).mkdir()
    empty = make_desk(tmp_path / "empty", is_empty=True)
    assert "The archive is empty, so this is without counts." in empty.run("terms", "explain", "sea").stderr
    assert "The archive is empty. To fill it: pqwatch run" in empty.run("terms", "try", "sea").stderr
    (tmp_path / "broken" / "config.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "broken" / "pqwatch.db").write_text("no database " * 100, encoding="utf-8")
    result = Desk(tmp_path / "broken").run("terms", "explain", "sea")
    assert result.exit_code == 0
    assert result.stderr.startswith("Without counts, for the archive can't be read: ")


# -- terms try --------------------------------------------------------------------------------------------------------


def test_term_can_be_tried_before_it_is_saved(desk: Desk) -> None:
    result = desk.run("terms", "try", "clean")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[:4] == ["clean", "  the word “clean”", "", "Finds 1 record of the archive"]
    assert (lines[4], lines[-7]) == ("  2019-03  0", f"  2021-02  1  {'▇' * 30}")
    plain = desk.run("terms", "try", "clean", "--plain").stdout.splitlines()
    assert plain == [line.rstrip(" ▇") for line in lines]
    assert "Your terms find 1 of these already; 0 would be new." in lines
    assert lines[-3:-1] == ["Samples", "  newest"]
    assert "No bathing waters were *clean*." in lines[-1]
    assert without_option(result.stderr) == "To watch it: pqwatch terms add TOPIC clean\n"
    assert file(desk).read_text(encoding="utf-8") == CONFIG


def test_trial_counts_exclusions_and_matches_of_the_topic(desk: Desk) -> None:
    result = desk.run("terms", "try", "water", "--exclude", "bathing waters", "--topic", "water")
    assert "Finds 2 records of the archive, 1 of them in spite of the exclusions" not in result.stdout
    output = json.loads(
        desk.run("terms", "try", "water", "--exclude", "bathing waters were", "--topic", "water", "--json").stdout
    )
    assert output["exclude"] == ["sea water", "bathing waters were"]
    assert (output["records"], output["kept"], output["known"], output["known_to_topic"]) == (2, 1, 1, 1)
    assert output["excluded"] == [
        {"term": "sea water", "records": 0, "occurrences": 0},
        {"term": "bathing waters were", "records": 1, "occurrences": 1},
    ]
    assert sum(month["records"] for month in output["months"]) == 1
    assert [entry["which"] for entry in output["samples"]] == ["newest"]
    out = desk.run("terms", "try", "water", "--exclude", "bathing waters were", "--topic", "water")
    assert "Finds 2 records of the archive, 1 of them in spite of the exclusions" in out.stdout
    assert "  sea water: takes nothing away\n" in out.stdout
    assert "  bathing waters were: takes away 1 record and 1 occurrence in all\n" in out.stdout
    assert "The topic has 1 of them." in out.stdout
    assert without_option(out.stderr) == "To watch it: pqwatch terms add Water water\n"


@pytest.mark.parametrize("command", ["try", "explain"])
def test_several_terms_that_became_one_phrase_are_said(desk: Desk, command: str) -> None:
    result = desk.run("terms", command, "bathing waters", "clean")
    assert result.exit_code == 0
    assert without_option(result.stderr).splitlines()[0] == (
        "Read as one phrase: bathing waters clean. For several terms, one at a time: "
        f"pqwatch terms {command} 'bathing waters'"
    )
    for words in (["bathing", "waters"], ["bathing waters"], ["bathing waters", "OR", "clean"]):
        assert "Read as one phrase" not in desk.run("terms", command, *words).stderr


def test_trial_of_an_existing_term_says_so(desk: Desk) -> None:
    result = desk.run("terms", "try", "Bathing waters", "--topic", "water")
    assert result.stderr == "“Water” has it already: bathing water\n"


def test_trial_without_matches_suggests_what_to_ask(desk: Desk) -> None:
    result = desk.run("terms", "try", "sea wall")
    assert result.exit_code == 0
    assert result.stdout.endswith("Finds no record of the archive\n")
    assert without_option(result.stderr).splitlines() == [
        "No record of the archive has the word “sea”.",
        "No record of the archive has the word “wall”.",
        "What lies near it: pqwatch terms explain 'sea wall'",
    ]


def test_trial_of_filters_alone_counts_records(desk: Desk) -> None:
    out = desk.run("terms", "try", "house:lords").stdout
    assert "  every record of the House of Lords\n" in out
    assert "    2021-02-08 Lords HL77, heading: Foreshore\n" in out


def test_trial_reads_the_newest_of_many_records(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.research.term_tools.reports.LOOKED_AT", 2)
    out = desk.run("terms", "try", "house:commons").stdout
    assert "Finds 6 records of the archive\n" in out
    assert "Of the newest 2, which all that follows is about, your terms find 1 already; 1 would be new." in out
    assert "    2019-03-08 Commons 140009, " in out
    assert "  2019-03  1  " in out
    monkeypatch.setattr("monitor.research.term_tools.reports.LOOKED_AT", 1)
    output = desk.run("terms", "explain", "bathing water").stdout
    assert "Found in 2 records of the archive, the newest 1 of which were looked at" in output


def test_words_beside_a_match_show_the_noise(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    with app_archive(desk) as archive:
        store(archive, *(a_question(uin=f"15000{n}", answer="Animal grooming parlours.") for n in range(3)))
    out = desk.run("terms", "try", "grooming").stdout
    assert "Most often beside it, in records\n  before  animal 3\n  after   parlours 3\n" in out


def test_the_shipped_terms_have_no_faults(tmp_path: Path) -> None:
    config = default_config_text()
    desk = make_desk(tmp_path, is_empty=True, config=config)
    assert desk.run("terms", "check").stderr.startswith("Nothing to say of ")


# -- probable mistakes in terms ---------------------------------------------------------------------------------------

LIST = "red; flood defence"
COMMA = "A comma makes no list: the words are looked for as one phrase"


@pytest.fixture
def doubtful(tmp_path: Path) -> Desk:
    """Make a desk whose terms include a list, a phrase with a comma that a record has, and an "and" that no record has."""
    desk = make_desk(tmp_path)
    file(desk).write_text(
        CONFIG.replace('["flood defence"]', '["flood defence, bathing water", "samples, north", "clean and tidy"]'),
        encoding="utf-8",
    )
    with app_archive(desk) as archive:
        store(archive, a_question(uin="150001", answer="Of all samples, north of it none was clean."))
    return desk


def test_list_is_refused_with_the_probable_meaning(desk: Desk) -> None:
    for term, better in (
        ("red, flood defence", "red OR flood defence"),
        ("bathing/sea water", "bathing water OR sea water"),
        ("clean not flood", "clean NOT flood"),
    ):
        result = desk.run("terms", "add", "Water", term)
        assert result.exit_code == 2, term
        assert f"Ready to paste: '{better}'." in result.stderr
        assert "no record of the archive has that" in result.stderr
        assert desk.run("topics", "add", "New", term).exit_code == 2
    assert file(desk).read_text(encoding="utf-8") == CONFIG


def test_phrase_with_a_comma_that_occurs_is_added_with_a_warning(doubtful: Desk) -> None:
    result = doubtful.run("terms", "add", "Water", "samples, north of it")
    assert result.exit_code == 0
    assert f"{COMMA}; 1 record has that." in result.stderr
    assert "samples, north of it" in config_of(doubtful)["topics"][0]["terms"]


def test_readable_terms_are_not_refused_without_an_archive(desk: Desk) -> None:
    (desk.folder / "pqwatch.db").rename(desk.folder / "away.db")
    try:
        result = desk.run("terms", "add", "Water", "red, flood defence")
    finally:
        (desk.folder / "away.db").replace(desk.folder / "pqwatch.db")
    assert result.exit_code == 0
    assert f"{COMMA}. To look for it as it stands" in result.stderr


def test_doubtful_terms_do_not_stop_a_run_and_are_listed(doubtful: Desk) -> None:
    result = doubtful.run("matches")
    assert result.exit_code == 0
    assert result.stderr.count(COMMA) == 1
    assert f"config.toml line 13: topics.terms: {COMMA}" in result.stderr
    assert "Ready to paste: 'flood defence OR bathing water'." in result.stderr
    assert "It is looked for as it is read until it is corrected." in result.stderr
    listed = {row["term"]: row for row in json.loads(doubtful.run("terms", "list", "--json").stdout)}
    assert COMMA in listed["flood defence, bathing water"]["problem"]
    assert listed["flood defence, bathing water"]["read_as"] == "flood defence bathing water"
    assert listed["samples, north"]["problem"] is None
    unread = json.loads(doubtful.run("status", "--json").stdout)["unreadable_terms"]
    assert [(entry["term"], entry["misread"]) for entry in unread] == [("flood defence, bathing water", True)]
    shown = doubtful.run("status").stdout
    assert COMMA in " ".join(shown.split())
    assert "switched off" not in shown


def test_command_names_a_few_misread_terms_and_counts_the_others(doubtful: Desk) -> None:
    lists = [f"flood defence, {other}" for other in ("alder", "birch", "cedar", "elm", "fir", "hazel", "oak")]
    for count, said in ((6, "1 more term was"), (7, "2 more terms were")):
        terms = json.dumps(lists[:count])
        file(doubtful).write_text(CONFIG.replace('["flood defence"]', terms), encoding="utf-8")
        stderr = doubtful.run("matches").stderr
        assert stderr.count(COMMA) == 5
        command = doubtful.command("doctor", "--offline")
        assert f"{said} surely meant in another way. To see all: {command}\n" in stderr


def test_digest_reports_a_misread_term_at_its_top(doubtful: Desk) -> None:
    text = " ".join(doubtful.run("digest", "preview").stdout.split())
    assert "1 of your terms finds nothing and was surely meant in another way" in text
    assert "Ready to paste: 'flood defence OR bathing water'" in text


def test_doctor_fails_on_misread_terms_and_warns_of_doubtful_ones(doubtful: Desk) -> None:
    result = doubtful.run("doctor", "--offline", "--json")
    found = [entry for entry in json.loads(result.stdout)["findings"] if entry["check"] == "terms"]
    assert [(entry["level"], entry["text"][:28]) for entry in found] == [
        ("ok", "5 terms can be read."),
        ("failed", "config.toml line 13: topics."),
        ("warning", "config.toml line 13: topics."),
    ]
    assert "'flood defence OR bathing water'" in found[1]["text"]


def test_check_reports_only_the_misreading_of_a_misread_term(doubtful: Desk) -> None:
    found = json.loads(doubtful.run("terms", "check", "--topic", "Flood defences", "--json").stdout)
    assert [(entry["term"], entry["fault"]) for entry in found] == [
        ("flood defence, bathing water", "misread"),
        ("samples, north", "misread"),
    ]
    assert "Ready to paste: 'flood defence OR bathing water'." in found[0]["remedy"]


def test_explain_and_try_report_a_misread_term_first(doubtful: Desk) -> None:
    for command in ("explain", "try"):
        lines = doubtful.run("terms", command, "samples, north").stdout.splitlines()
        assert (
            f"! {COMMA}; 1 record has that. You may mean something else. Ready to paste: 'samples OR north'." in lines
        )
        (doubt,) = json.loads(doubtful.run("terms", command, "samples, north", "--json").stdout)["doubts"]
        assert (doubt["write"], doubt["records"], doubt["misread"]) == ("samples OR north", 1, False)


def test_search_reports_a_misread_query_with_or_without_results(doubtful: Desk) -> None:
    found = doubtful.run("search", "samples, north")
    assert (found.exit_code, COMMA in found.stderr) == (0, True)
    nothing = doubtful.run("search", "flood defence, bathing water")
    assert nothing.exit_code == 3
    command = doubtful.command("search", "flood defence OR bathing water")
    assert f"  {command}   finds 3\n" in nothing.stderr


# -- small letters ----------------------------------------------------------------------------------------------------


@pytest.fixture
def covid(tmp_path: Path) -> Desk:
    desk = make_desk(tmp_path)
    file(desk).write_text(CONFIG.replace('["flood defence"]', '["COVID-19", "AIDS"]'), encoding="utf-8")
    with app_archive(desk) as archive:
        store(
            archive,
            *(a_question(uin=f"15000{n}", answer="On COVID-19 and AIDS.") for n in range(3)),
            *(a_question(uin=f"1501{n:02}", answer="On Covid-19, and hearing aids.") for n in range(12)),
        )
    return desk


def test_lower_case_acronym_is_reported_with_the_term_that_finds_it(covid: Desk) -> None:
    explained = json.loads(covid.run("terms", "explain", "COVID-19", "--json").stdout)["not_found"]
    assert [(entry["records"], entry["write"]) for entry in explained] == [(12, "covid-19")]
    tried = json.loads(covid.run("terms", "try", "COVID-19", "--json").stdout)
    assert (tried["records"], tried["small_letters"]) == (3, [{"write": "covid-19", "records": 12}])
    assert (
        "Not found: “covid-19”, which 12 more records have in small letters"
        in covid.run("terms", "try", "COVID-19").stdout
    )
    assert json.loads(covid.run("terms", "try", "covid-19", "--json").stdout)["records"] == 15


def test_check_reports_lower_case_names_but_not_words_that_look_like_them(covid: Desk) -> None:
    found = json.loads(covid.run("terms", "check", "--topic", "Flood defences", "--json").stdout)
    assert [(entry["term"], entry["fault"]) for entry in found] == [("COVID-19", "capitals")]
    assert found[0]["said"] == "found in capitals only; 12 records have “Covid-19” and not those"
    assert found[0]["remedy"] == "if these are meant too, write covid-19"


def test_unreadable_archive_stops_no_command(doubtful: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ArchiveError("the index for searches can't be read")

    with app_archive(doubtful) as archive:
        config = app.configuration(str(file(doubtful)), env={})
        assert len(app.with_misread_terms(config, archive).term_problems) == 1
        monkeypatch.setattr(archive.search, "counts", broken)
        assert app.with_misread_terms(config, archive) == config
