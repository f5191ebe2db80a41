"""Output for people: lines wrapped to the terminal, highlighted words, tables, and the pager."""

from __future__ import annotations

import io
import os
import pty
import shutil
import subprocess
import sys
from operator import itemgetter
from typing import TYPE_CHECKING

import click
import pytest

from monitor import app
from monitor.cli import output
from monitor.cli.output import Column, Printer, can_print, message_width, print_table
from monitor.presentation.excerpt import Run, quote
from monitor.presentation.plain_text import quoted
from tests.unit.cli_kit import NOW, Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: NOW)


def test_bold_has_no_width_and_is_never_split() -> None:
    bold = Printer(width=30, is_bold=True)
    text = bold.runs([Run("a "), Run("found word", "found"), Run(" and more words behind it")])
    first, second = bold.filled(text, "  ")
    assert first == "  a \x1b[1mfound\x1b[0m \x1b[1mword\x1b[0m and more words"
    assert second == "  behind it"
    [cut] = bold.filled(bold.bold("one two three four five six seven"), "", max_lines=1)
    assert click.unstyle(cut) == "one two three four five [...]"
    assert cut.count("\x1b[1m") == cut.count("\x1b[0m") == 5


def test_bold_cannot_be_forged() -> None:
    assert Printer(width=80, is_bold=True).bold("\x1b[31mred") == "\x1b[1m[31mred\x1b[0m"
    assert Printer(width=None, is_bold=False).runs([Run("\x1b[2J", "found")]) == "*[2J*"


def test_matches_are_bold_in_wrapped_text() -> None:
    excerpt = quote("Cell one\tCell two\nRow\t*2*", [(5, 8)], whole_up_to=99, opening=0)
    text = quoted(excerpt, " ")
    assert Printer(width=80, is_bold=False).starred(text, excerpt) == text
    starred = Printer(width=80, is_bold=True).starred(text, excerpt)
    assert starred == text.replace("*one*", "\x1b[1m*one*\x1b[0m")


def test_lines_are_cut_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    narrow = Printer(width=20, is_bold=False)
    narrow.cut_line("2021-02-01  a very long heading")
    narrow.cut_line("short  ")
    Printer(width=None, is_bold=False).cut_line("never cut " * 9)
    assert capsys.readouterr().out.splitlines() == ["2021-02-01  a...", "short", ("never cut " * 9).rstrip()]
    assert narrow.filled("many words in three lines of text", "  ", max_lines=2)[-1].endswith("[...]")


def test_lines_are_not_broken_at_hyphens() -> None:
    narrow = Printer(width=20, is_bold=False)
    assert narrow.filled("cyber crime or cyber-dependent", "") == ["cyber crime or", "cyber-dependent"]


def test_text_is_indented_behind_its_label(capsys: pytest.CaptureFixture[str]) -> None:
    Printer(width=18, is_bold=False).beside("  7  ", "many words\u00a0that go on")
    assert capsys.readouterr().out.splitlines() == ["  7  many", "     words that go", "     on"]


@pytest.mark.parametrize(
    ("is_terminal", "environment", "is_bold"),
    [
        (True, {"TERM": "xterm"}, True),
        (True, {"TERM": "dumb"}, False),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (False, {"TERM": "xterm"}, False),
    ],
)
def test_bold_is_used_only_on_terminals_that_show_it(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, environment: dict[str, str], is_bold: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in {**environment, "COLUMNS": "90"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: is_terminal)
    assert Printer.for_stdout() == Printer(width=90 if is_terminal else None, is_bold=is_bold)


@pytest.mark.parametrize(("columns", "lines"), [(80, 6), (140, 4)])
def test_wide_terminal_shows_the_heading_in_the_first_line(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, columns: int, lines: int
) -> None:
    monkeypatch.setattr(Printer, "for_stdout", lambda: Printer(width=columns, is_bold=False))
    shown = desk.run("search", "bathing water", "--limit", "1").stdout.splitlines()
    assert len(shown) == lines
    assert all(len(line) <= columns for line in shown)
    assert ("Beaches: Sample Vale" in shown[0]) is (columns == 140)
    text = " ".join(line.strip() for line in shown)
    assert "Asked by Ada Example (Lab, Mid Sample), answered by Ben Placeholder (Con, Sample Vale)" in text


# -- tables -----------------------------------------------------------------------------------------------------------

COLUMNS = [Column("id", lambda row: row["id"], is_number=True), Column("why", lambda row: row["why"])]
WHY = "the source sent no answer but a question"


def table_of(capsys: pytest.CaptureFixture[str], *rows: dict[str, object]) -> list[str]:
    print_table(rows, COLUMNS)
    return capsys.readouterr().out.splitlines()


def test_a_table_wraps_its_longest_cells_and_cuts_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row: dict[str, object] = {"id": 1007, "why": WHY}
    assert table_of(capsys, row, {"id": 7, "why": None}) == ["  id  why", f"1007  {WHY}", "   7"]
    monkeypatch.setattr(output, "message_width", lambda _stream: 30)
    assert table_of(capsys, row) == ["  id  why", "1007  the source sent no", "      answer but a question"]
    monkeypatch.setattr(output, "message_width", lambda _stream: 12)
    assert "".join(table_of(capsys, row)[1:]).replace(" ", "") == f"1007{WHY}".replace(" ", "")


def test_a_table_fits_a_dumb_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    row: dict[str, object] = {"id": 1007, "why": f"{WHY}, and {WHY}"}
    for width in (30, 95):
        monkeypatch.setattr(output, "message_width", lambda _stream, width=width: width)
        lines = table_of(capsys, row)
        assert max(map(len, lines)) <= width
        assert len(lines) == (5 if width < len(WHY) else 2)


def test_a_table_keeps_each_figure_at_each_width(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    titles = ("body", "records", "answered", "median days", "90 % came", "late")
    cells = ("Home Office", "120", "87", "6", "12", "37 of 116 (32%)")
    columns = [Column(title, itemgetter(title), title not in ("body", "late")) for title in titles]
    for width in range(12, 80):
        monkeypatch.setattr(output, "message_width", lambda _stream, width=width: width)
        print_table([dict(zip(titles, cells, strict=True))], columns)
        lines = capsys.readouterr().out.splitlines()
        assert sorted("".join(lines).replace(" ", "")) == sorted("".join(titles + cells).replace(" ", "")), width
        assert max(map(len, lines)) <= max(width, 16), "16: six columns of one character"


def test_markup_in_a_cell_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert table_of(capsys, {"id": 7, "why": "[bold]x[/bold]\x1b[2J"})[1] == " 7  [bold]x[/bold][2J"


def test_width_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(shutil, "get_terminal_size", lambda _fallback: os.terminal_size((72, 24)))
    assert message_width(Terminal()) == 72
    assert message_width(io.StringIO()) > 10_000
    monkeypatch.setattr(shutil, "get_terminal_size", lambda _fallback: os.terminal_size((300, 24)))
    assert message_width(Terminal()) == 100


def test_characters_of_an_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    for encoding, is_printable in (("utf-8", True), ("ascii", False)):
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
        assert can_print("\u2588") is is_printable


# -- the pager --------------------------------------------------------------------------------------------------------

CALL = "from monitor.cli import main; main()"


def on_a_terminal(desk: Desk, *args: str, lines: int, **env: str) -> str:
    """Return the output of a command on a terminal with this many lines."""
    ours, theirs = pty.openpty()
    settings = {**os.environ, "TERM": "xterm", "LINES": str(lines), "COLUMNS": "120", "NO_COLOR": "1", **env}
    config = str(desk.folder / "config.toml")
    with subprocess.Popen(  # noqa: S603 - our own command line
        [sys.executable, "-c", CALL, *args, "--config", config],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=settings,
    ) as process:
        os.close(theirs)
        output = b""
        try:
            while some := os.read(ours, 1000):
                output += some
        except OSError:  # the terminal was closed
            pass
        assert process.wait() == 0
    os.close(ours)
    return output.decode().replace("\r\n", "\n")


@pytest.fixture
def pager(tmp_path: Path) -> str:
    """Write a pager that prints its name first, and return its path."""
    script = tmp_path / "pager"
    script.write_text("#!/bin/sh\necho PAGED\nexec cat\n", encoding="utf-8")
    script.chmod(0o755)
    return str(script)


def test_lists_go_through_the_pager_on_a_terminal(desk: Desk, pager: str) -> None:
    output = on_a_terminal(desk, "search", lines=5, PAGER=pager)
    assert output.startswith("PAGED\n2021-02-08  Lords HL77 ")
    assert output.count("\n2021-") == 6
    assert "PAGED" not in on_a_terminal(desk, "search", "--no-pager", lines=5, PAGER=pager)
    assert on_a_terminal(desk, "show", "140001", lines=5, PAGER=pager).startswith("PAGED\nBeaches")


@pytest.mark.parametrize(("env", "options"), [({}, "-FIRX"), ({"LESS": "-S"}, "-S")])
def test_less_quits_on_one_screen_unless_the_user_set_its_options(
    desk: Desk, tmp_path: Path, env: dict[str, str], options: str
) -> None:
    script = tmp_path / "less"
    script.write_text('#!/bin/sh\necho "OPTIONS $LESS"\nexec cat\n', encoding="utf-8")
    script.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    assert on_a_terminal(desk, "search", lines=50, PAGER="", PATH=path, **env).startswith(f"OPTIONS {options}\n2021")


def test_quitting_the_pager_early_is_not_a_failure(desk: Desk, tmp_path: Path) -> None:
    script = tmp_path / "pager"
    script.write_text("#!/bin/sh\nhead -n 1\n", encoding="utf-8")
    script.chmod(0o755)
    assert "HL77" in on_a_terminal(desk, "search", lines=3, PAGER=str(script))
