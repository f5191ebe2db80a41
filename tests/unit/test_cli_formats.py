"""Lists as workbooks, CSV, JSON and Markdown, to stdout and into files."""

from __future__ import annotations

import csv
import io
import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest

from monitor import app
from monitor.cli import formats
from tests.unit.cli_kit import NOW, Desk, make_desk
from tests.unit.workbooks import sheets

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: NOW)


def rows_of(content: bytes) -> list[dict[str, Any]]:
    """Return the rows of a workbook's first sheet, by column."""
    head, *rows = next(iter(sheets(content).values()))
    return [dict(zip(head, row, strict=False)) for row in rows]


def test_workbook_has_one_row_per_record(desk: Desk) -> None:
    result = desk.run("matches", "--topic", "water", "--format", "xlsx")
    assert result.exit_code == 0
    rows = rows_of(result.stdout_bytes)
    assert [row["uin"] for row in rows] == ["HL77", "140001", "140010"]
    assert rows[1]["asked_by"] == "Ada Example"
    assert rows[1]["asked_by_party"] == "Labour"
    assert rows[1]["days_taken"] == 6
    assert rows[1]["found"] == "bathing waters; Beaches"
    assert result.stderr == ""


def test_cells_of_a_workbook_are_text_only(desk: Desk) -> None:
    (row,) = rows_of(desk.run("search", "--asker", "escape", "--format", "xlsx").stdout_bytes)
    assert row["heading"] == "]0;ownedHostile [2Jheading \U000f001b[31m"
    with ZipFile(io.BytesIO(desk.run("search", "--format", "xlsx").stdout_bytes)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "<hyperlink" not in sheet


def test_workbook_is_refused_on_a_terminal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class _Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(formats, "sys", SimpleNamespace(stdout=_Terminal()))
    result = desk.run("search", "--format", "xlsx")
    assert result.exit_code == 2
    assert "A workbook is nothing for a terminal: add --output answers.xlsx" in result.stderr


@pytest.mark.parametrize("name", ["found.json", "found.jsonl", "found.CSV", "found.xlsx", "found.md", "found.markdown"])
def test_file_extension_sets_the_format(desk: Desk, tmp_path: Path, name: str) -> None:
    result = desk.run("search", "bathing water", "--output", str(tmp_path / name))
    assert (result.exit_code, result.stdout) == (0, "")
    form = {"CSV": "csv", "markdown": "md"}.get(name.partition(".")[2], name.partition(".")[2])
    content = (tmp_path / name).read_bytes()
    if form == "xlsx":
        assert [row["uin"] for row in rows_of(content)] == ["140001", "140010"]
    else:
        assert content == desk.run("search", "bathing water", "--format", form).stdout_bytes


def test_format_option_overrides_the_extension(desk: Desk, tmp_path: Path) -> None:
    desk.run("search", "bathing water", "--output", str(tmp_path / "found.csv"), "--json")
    assert [entry["uin"] for entry in json.loads((tmp_path / "found.csv").read_text())] == ["140001", "140010"]


def test_table_can_be_written_to_a_file(desk: Desk, tmp_path: Path) -> None:
    desk.run("search", "bathing water", "--output", str(tmp_path / "found.txt"))
    assert (tmp_path / "found.txt").read_text("utf-8") == desk.run("search", "bathing water").stdout


def test_a_dash_is_stdout(desk: Desk) -> None:
    assert desk.run("search", "bathing water", "--output", "-").stdout == desk.run("search", "bathing water").stdout


def test_file_is_unchanged_if_nothing_is_found(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "found.csv").write_text("before")
    assert desk.run("search", "unheard of", "--output", str(tmp_path / "found.csv")).exit_code == 3
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("found.csv", "before")]


def test_a_file_that_cannot_be_written_is_named(desk: Desk, tmp_path: Path) -> None:
    result = desk.run("search", "--output", str(tmp_path / "missing" / "found.csv"))
    assert "can't be written (No such file or directory): see that its folder is there" in str(result.exception)
    result = desk.run("search", "--output", str(tmp_path))
    assert "is no file: name another with --output" in str(result.exception)


def test_json_is_one_array_of_records(desk: Desk) -> None:
    found = desk.run("search", "samples", "--json").stdout
    assert found == json.dumps(json.loads(found), ensure_ascii=False, indent=2) + "\n"
    assert desk.run("search", "unheard of", "--json").stdout == "[]\n"


def test_csv_has_the_keys_as_columns(desk: Desk) -> None:
    rows = list(csv.DictReader(io.StringIO(desk.run("search", "bathing water", "--format", "csv").stdout)))
    keys = list(json.loads(desk.run("search", "bathing water", "--json").stdout)[0])
    assert list(rows[0])[: len(keys)] == keys


def test_markdown_of_records(desk: Desk) -> None:
    found = desk.run("search", "clean", "--format", "md").stdout
    assert found.startswith(
        "## [Beaches: Sample Vale]"
        "(<https://questions-statements.parliament.uk/written-questions/detail/2021-01-26/140001>)\n\n"
        "**Ada Example** (Labour, Mid Sample) to the Department for Environment, Food and Rural Affairs,"
        " 26 January 2021:\n\n> "
    )
    assert "**Ben Placeholder** (Conservative, Sample Vale), corrected, 5 February 2021:\n\n> Nothing" in found
    assert "No bathing waters were **clean**." in found
    assert found.endswith("Reference: UIN 140001, answered 1 February 2021, corrected 5 February 2021 (`q-140001`)\n")


def test_markdown_of_a_table(desk: Desk) -> None:
    found = desk.run("search", "140009", "--format", "md").stdout
    assert "> | Place | Samples |\n> | --- | --- |\n> | North Sample | 12 |\n" in found


@pytest.mark.parametrize("words", [["topics", "list"], ["subscribers", "list"], ["terms", "list"], ["waiting"]])
def test_every_list_has_every_format(desk: Desk, words: list[str]) -> None:
    count = len(json.loads(desk.run(*words, "--json").stdout))
    assert count
    assert len(rows_of(desk.run(*words, "--format", "xlsx").stdout_bytes)) == count
    lines = desk.run(*words, "--format", "md").stdout.splitlines()
    if words == ["waiting"]:
        assert len([line for line in lines if line.startswith("## ")]) == count
    else:
        assert len(lines) == count + 2
        assert all(re.fullmatch(r"\|.*\|", line) for line in lines)


def test_record_has_every_format(desk: Desk) -> None:
    assert rows_of(desk.run("show", "140002", "--format", "xlsx").stdout_bytes)[0]["uin"] == "140002"
    assert desk.run("show", "140002", "--format", "md").stdout.startswith("## [Floods]")
