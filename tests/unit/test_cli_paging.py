"""Pages of lists, in each order, and facets."""

from __future__ import annotations

import csv
import io
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor import app
from monitor.cli import paging
from monitor.cli.paging import with_option
from monitor.model.search import Facets
from tests.unit.cli_kit import NOW, Desk, make_desk
from tests.unit.test_cli_search import uins

if TYPE_CHECKING:
    from click.testing import Result


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: NOW)


def next_page(desk: Desk, result: Result) -> Result | None:
    """Run the command that the end of a page names, or return None without a command."""
    _, said, command = result.stderr.partition("next page: ")
    return (
        desk.run(*[record for record in shlex.split(command)[1:] if record not in given_anyway(desk)]) if said else None
    )


def given_anyway(desk: Desk) -> tuple[str, str]:
    return ("--config", str(desk.folder / "config.toml"))


# -- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        ["search"],
        ["search", "--sort", "oldest"],
        ["search", "--sort", "relevance"],
        ["search", "water"],
        ["search", "water", "--sort", "relevance"],
        ["search", "--body", "environment food", "--json"],
        ["matches"],
    ],
)
def test_each_page_names_the_command_for_the_next(desk: Desk, asked: list[str]) -> None:
    def found(result: Result) -> list[str | None]:
        return [record["uin"] for record in json.loads(result.stdout)] if "--json" in asked else [*uins(result)]

    whole = found(desk.run(asked[0], "--limit", "0", *asked[1:]))
    page: Result | None = desk.run(asked[0], "--limit", "1", *asked[1:])
    paged: list[str | None] = []
    while page is not None:
        assert page.exit_code == 0
        paged += found(page)
        page = next_page(desk, page)
    assert paged == whole
    assert len(whole) > 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["a b", "--limit", "2"], ["a b", "--limit", "2", "--after", "new"]),
        (["--after", "old", "x"], ["x", "--after", "new"]),
        (["--after=old", "x"], ["x", "--after", "new"]),
        (["--json", "--", "--after", "x"], ["--json", "--after", "new", "--", "--after", "x"]),
    ],
)
def test_next_page_keeps_the_options_of_this_one(arguments: list[str], expected: list[str]) -> None:
    assert with_option(arguments, "--after", "new") == expected


@pytest.mark.parametrize("name", ["some.csv", "some.json", "some.txt"])
def test_part_of_a_list_in_a_file_is_followed_by_the_command_for_all(desk: Desk, tmp_path: Path, name: str) -> None:
    file = str(tmp_path / name)
    command = desk.command("search", "--output", file)
    result = desk.run("search", "--limit", "2", "--output", file)
    assert (result.exit_code, result.stderr) == (0, f"Wrote 2 of 7 records; all of them: {command} --limit 0\n")
    part = Path(file).read_text(encoding="utf-8")
    whole = desk.run("search", "--output", file, "--limit", "0")
    assert (whole.stderr, Path(file).read_text(encoding="utf-8").startswith(part)) == ("", not name.endswith("json"))


def test_part_of_a_later_page_in_a_file_has_no_total(desk: Desk, tmp_path: Path) -> None:
    after = ("--after", "20210205.8")
    result = desk.run("search", "--limit", "1", *after, "--output", str(tmp_path / "some.csv"))
    assert result.stderr.startswith(
        "Wrote 1 record, and there are more; all of them: pqwatch search --after 20210205.8"
    )


def test_records_of_a_file_are_counted_up_to_a_limit(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MANY", 3)
    result = desk.run("search", "--limit", "2", "--output", str(tmp_path / "some.csv"))
    assert result.stderr.startswith("Wrote 2 of at least 5 records; all of them: ")


def test_a_file_that_could_not_be_written_is_not_called_written(desk: Desk, tmp_path: Path) -> None:
    result = desk.run("search", "--limit", "2", "--output", str(tmp_path / "none" / "some.csv"))
    assert result.exit_code == 1
    assert "Wrote" not in result.stderr


def test_stdout_named_as_a_file_has_pages(desk: Desk) -> None:
    assert "next page: " in desk.run("search", "--limit", "2", "--output", "-").stderr


def test_records_about_the_query_come_first(desk: Desk) -> None:
    assert uins(desk.run("search", "bathing water OR foreshore", "--sort", "relevance")) == ["HL77", "140001", "140010"]
    assert uins(
        desk.run("search", "bathing water OR foreshore OR floods", "--sort", "relevance", "--since", "30d")
    ) == [
        "HL77",
        "140002",
        "140001",
        "140010",
    ]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["search", "water", "--after", "yesterday"], "'yesterday' is no place in a list"),
        (["search", "water", "--after", "2.20210205.8"], "add --sort relevance"),
        (["search", "water", "--sort", "relevance", "--after", "20210205.8"], "leave out --sort"),
        (["search", "water", "--sort", "relevance", "--after", "9.20210205.8"], "leave out --sort"),
        (["matches", "--after", "1.20210205.8"], "add --sort relevance"),
    ],
)
def test_position_of_another_list_is_a_usage_error(desk: Desk, args: list[str], said: str) -> None:
    result = desk.run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_last_page_has_no_next(desk: Desk) -> None:
    result = desk.run("search", "--after", "10010101.1")
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", "")
    assert desk.run("search", "--after", "20210205.8", "--count").stdout == "5\n"


# -- facets -----------------------------------------------------------------------------------------------------------


def test_facets_count_all_records_that_pass(desk: Desk) -> None:
    assert desk.run("search", "--facet", "body", "--facet", "year").stdout == (
        "7 records\n"
        "\n"
        "  records   share  body\n"
        "        6   85.7%  Department for Environment, Food and Rural Affairs\n"
        "        1   14.3%  Home Office\n"
        "\n"
        "  records   share  year\n"
        "        1   14.3%  2019\n"
        "        6   85.7%  2021\n"
    )


def test_facets_of_a_query_count_its_results(desk: Desk) -> None:
    rows = json.loads(desk.run("search", "bathing water OR foreshore", "--facet", "minister", "--json").stdout)
    assert rows == [
        {"schema": 1, "facet": "minister", "value": "Ben Placeholder", "records": 2, "of": 3},
        {"schema": 1, "facet": "minister", "value": None, "records": 1, "of": 3},
    ]
    rows = list(csv.DictReader(io.StringIO(desk.run("search", "water", "--facet", "party", "--format", "csv").stdout)))
    assert [(row["value"], row["records"]) for row in rows] == [("Labour", "1"), ("", "1")]


@pytest.mark.parametrize("name", ["minister", "party"])
def test_records_without_a_value_are_called_as_in_statistics(desk: Desk, name: str) -> None:
    words = {
        desk.run("search", "bathing water OR foreshore", "--facet", name).stdout.splitlines()[-1].split("  ")[-1],
        desk.run("stats", "bathing water OR foreshore", "--by", name).stdout.splitlines()[-2].split("  ")[0],
    }
    assert words == {"not known"}


def test_values_beyond_the_limit_are_mentioned(desk: Desk) -> None:
    result = desk.run("search", "--facet", "asker", "--limit", "1")
    assert result.stdout.endswith("        5   71.4%  Ada Example\n")
    assert result.stderr == "2 more values of asker: --limit 0\n"


@pytest.mark.parametrize("limit", [2**63 - 1, 10**20])
@pytest.mark.parametrize("words", [["search", "--json"], ["matches", "--json"], ["digest", "list", "--json"]])
def test_the_largest_limit_is_none(desk: Desk, words: list[str], limit: int) -> None:
    result = desk.run(*words, "--limit", str(limit))
    assert (result.exit_code, result.stdout) == (0, desk.run(*words, "--limit", "0").stdout)


def test_facets_of_nothing(desk: Desk) -> None:
    result = desk.run("search", "unicorn", "--facet", "year")
    assert (result.exit_code, result.stdout) == (3, "")


def test_records_without_a_value_come_last() -> None:
    facets = Facets(
        total=15, counts={"body": {None: 9, "b": 1, "a": 1, "c": 4}, "year": {None: 9, "2021": 1, "2020": 4}}
    )
    assert facets.ordered("body") == [("c", 4), ("a", 1), ("b", 1), (None, 9)]
    assert facets.ordered("year") == [("2020", 4), ("2021", 1), (None, 9)]
