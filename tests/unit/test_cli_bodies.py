"""`bodies`, and `--lineage` of `search` and `stats`."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from monitor.cli.bodies import bodies_command
from tests.unit.cli_kit import Desk, make_desk

if TYPE_CHECKING:
    from click.testing import Result


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(bodies_command, arguments)


ACT_OF_2005 = "Serious Organised Crime and Police Act 2005, sections 1 and 3"
ACT_OF_2013 = "Crime and Courts Act 2013, section 15 and Schedule 8"


def test_a_body_is_shown_with_its_line() -> None:
    result = run("NHTCU")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "National Hi-Tech Crime Unit (NHTCU)",
        "  From 18 April 2001 until 1 April 2006. Source: Serious Organised Crime and Police Act 2005, sections 1 and 3.",
        "  A part of the National Crime Squad.",
        "  Became",
        f"    1 April 2006       Serious Organised Crime Agency (SOCA): merged. {ACT_OF_2005}",
        f"    7 October 2013     National Crime Agency (NCA): replaced after Serious Organised Crime Agency. {ACT_OF_2013}",
        "  To find its successors, each from its first day on: successors of National Hi-Tech Crime Unit",
    ]


def test_what_did_not_end_a_body_is_told_apart() -> None:
    assert "some of its work went to Serious Organised Crime Agency" in run("HMRC").stdout
    assert "some of the work of HM Revenue and Customs" in run("SOCA").stdout
    assert (
        "belongs to a devolved administration; GOV.UK names The Scottish Government" in run("Creative Scotland").stdout
    )
    assert (
        "has not ended, as far as is known; GOV.UK names Home Office"
        in run("Police Discipline Appeals Tribunal").stdout
    )
    taskforce = run("Virtual", "Global", "Taskforce").stdout
    assert "From 2003." in taskforce
    assert "Became" not in taskforce


def test_a_department_is_found_by_what_its_answers_are_printed_under() -> None:
    printed = run("Health").stdout
    assert "Department of Health\n" in printed
    assert "Department of Health (Northern Ireland)\n" in printed
    assert "Its answers are also printed under: Health." in printed


def test_json_has_changes_and_line() -> None:
    (body,) = json.loads(run("SOCA", "--json").stdout)
    assert list(body) == [
        "schema", "name", "abbreviations", "other_names", "printed_as", "legislature", "began", "ended", "note", "source",
        "came_from", "became", "predecessors", "successors", "term",
    ]  # fmt: skip
    assert body["became"] == [
        {
            "name": "National Crime Agency",
            "on": "2013-10-07",
            "how": "replaced",
            "source": "Crime and Courts Act 2013, section 15 and Schedule 8",
            "is_followed": True,
        }
    ]
    assert [change["how"] for change in body["came_from"] if change["name"] == "UK Immigration Service"] == ["part"]
    assert body["successors"][0]["since"] == "2013-10-07"
    assert body["term"] == "successors of Serious Organised Crime Agency"


def test_all_are_listed_without_a_name() -> None:
    rows = list(csv.DictReader(io.StringIO(run("--format", "csv").stdout)))
    assert len(rows) > 600
    assert run().stdout.splitlines()[0].split() == ["name", "short", "began", "ended", "became"]
    assert len(run("crime").stdout.splitlines()) > 5


@pytest.mark.parametrize(
    ("name", "hint"), [("Natonal Crime Squad", "Nearest: National Crime Squad"), ("Qqqq", "No body is known as Qqqq.")]
)
def test_an_unknown_name_is_refused_with_near_ones(name: str, hint: str) -> None:
    result = run(name)
    assert (result.exit_code, result.stdout) == (3, "")
    assert hint in " ".join(result.stderr.split())
    assert run(name, "--json").stdout == "[]\n"


# -- lineage ----------------------------------------------------------------------------------------------------------

OLD, NEW = "Agriculture, Fisheries and Food", "Department for Environment, Food and Rural Affairs"


def test_search_follows_a_body(desk: Desk) -> None:
    assert desk.run("search", "--body", OLD, "--count").exit_code == 3
    followed = desk.run("search", "--body", OLD, "--lineage", "--count").stdout
    assert followed == desk.run("search", "--body", NEW, "--count").stdout
    assert desk.run("search", f'body:"{OLD}"', "--lineage", "--count").stdout == followed
    facets = json.loads(desk.run("search", "--facet", "body", "--lineage", "--json").stdout)
    assert {row["value"] for row in facets} >= {NEW}


def test_statistics_follow_a_body(desk: Desk) -> None:
    followed = desk.run("stats", "--by", "house", "--body", OLD, "--lineage", "--json")
    assert followed.exit_code == 0
    assert followed.stdout == desk.run("stats", "--by", "house", "--body", NEW, "--json").stdout
    assert desk.run("stats", "--by", "body", "--lineage").exit_code == 0


def test_statistics_offered_without_a_body_count_under_latest_names_too(desk: Desk) -> None:
    asked = ("stats", "--by", "body", "--body", "Home Office", "--house", "lords", "--lineage", "bathing water")
    nothing = desk.run(*asked)
    assert nothing.exit_code == 3
    assert "pqwatch stats --by body --lineage 'bathing water'" in nothing.stderr
