"""`search --kwic`: lines aligned by the words found, their order and width, and what is refused. All is invented."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from monitor import app
from monitor.cli import kwic, pqwatch
from monitor.cli.output import Printer
from monitor.model.search import Filters
from monitor.presentation.kwic import kwic_rows
from monitor.terms.matcher import compile_query
from tests.archive_kit import store
from tests.builders import a_question
from tests.unit.cli_kit import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator

QUESTIONS = (
    a_question(uin="1", heading="Otters", question="How many wild otters swim (otters, that is) in Sample Vale."),
    a_question(uin="2", heading="Rivers", question="How many old otters are there.", answer="There are\nmany otters."),
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = make_desk(tmp_path_factory.mktemp("desk"), is_empty=True)
    archive = app.archive(app.configuration(str(desk.folder / "config.toml"), env={}))
    store(archive, *QUESTIONS)
    archive.index.follow()
    archive.close()
    return desk


@pytest.fixture
def hits(desk: Desk) -> Iterator[list[Any]]:
    config = app.configuration(str(desk.folder / "config.toml"), env={})
    archive = app.archive(config)
    yield list(archive.search.hits(compile_query("otters"), Filters(oldest_first=True)))
    archive.close()


def run(desk: Desk, *arguments: str) -> Any:
    return CliRunner().invoke(pqwatch, ["search", *arguments, "--config", str(desk.folder / "config.toml")])


def test_words_found_stand_beneath_each_other(desk: Desk) -> None:
    lines = run(desk, "otters", "--kwic", "--sort", "oldest").stdout.splitlines()
    assert len(lines) == 5
    assert len({line.lower().index("*otters*") for line in lines if "(" not in line.split("*")[0]}) == 1
    assert lines[0].startswith("2021-02-01 Commons 1")
    assert "How many wild *otters* swim (otters, that is) in Sample Vale." in lines[1]
    assert "wild otters swim (*otters*, that is)" in lines[2]
    assert lines[4].endswith("There are many *otters*.")


def test_lines_are_ordered_by_the_words_beside(desk: Desk) -> None:
    def words(side: str, order: str) -> list[str]:
        rows = json.loads(run(desk, "in:question otters", "--kwic", "--sort-context", order, "--json").stdout)
        return [row[side].strip() for row in rows]

    assert words("right", "right") == [
        "are there.",
        "swim (otters, that is) in Sample Vale.",
        ", that is) in Sample Vale.",
    ]
    assert [re.findall(r"\w+", left)[-1] for left in words("left", "left")] == ["old", "swim", "wild"]


def test_json_says_where_the_words_stand(desk: Desk) -> None:
    rows = json.loads(run(desk, "in:answer otters", "--kwic", "--json").stdout)
    [row] = rows
    assert row["id"] == "q-2"
    assert (row["part"], row["found"], row["left"], row["right"]) == ("answer", "otters", "There are many ", ".")
    assert QUESTIONS[1].answer is not None
    assert QUESTIONS[1].answer[row["start"] : row["end"]] == "otters"
    assert row["date"] == "2021-02-01"


@pytest.mark.parametrize("width", range(56, 72))
def test_a_line_fits_the_terminal(hits: list[Any], capsys: pytest.CaptureFixture[str], width: int) -> None:
    rows, count = kwic_rows(hits, "record")
    assert count == len(rows) == 5
    kwic._print(Printer(width=width, is_bold=False), rows)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width, "a terminal without bold shows the stars beside the words found"
    assert len({line.lower().index("*otters*") for line in lines}) == 1


@pytest.mark.parametrize("width", [56, 60])
def test_a_line_fits_the_terminal_beside_a_long_name(
    hits: list[Any], capsys: pytest.CaptureFixture[str], width: int
) -> None:
    rows = [replace(row, proceeding=replace(row.proceeding, uin="wo-cal35011")) for row in kwic_rows(hits, "record")[0]]
    kwic._print(Printer(width=width, is_bold=False), rows)
    lines = capsys.readouterr().out.splitlines()
    assert "wo-cal35011" in lines[0]
    assert max(map(len, lines)) <= width


def test_the_page_of_the_list_is_turned_as_without_context(desk: Desk) -> None:
    result = run(desk, "otters", "--kwic", "--sort-context", "left", "--limit", "1")
    assert "1 more; next page: pqwatch search otters --kwic --sort-context left --limit 1" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--kwic", "--house", "commons"], "give words to search for"),
        (["house:commons", "--kwic"], "give words to search for"),
        (["otters", "--sort-context", "left"], "add --kwic"),
        (["otters", "--kwic", "--count"], "leave one out"),
        (["otters", "--kwic", "--facet", "body"], "leave one out"),
    ],
)
def test_options_that_say_nothing_together_are_refused(desk: Desk, arguments: list[str], said: str) -> None:
    result = run(desk, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_nothing_found_is_explained_as_in_any_search(desk: Desk) -> None:
    result = run(desk, "badgers", "--kwic")
    assert result.exit_code == 3
    assert "Nothing found for badgers." in result.stderr
