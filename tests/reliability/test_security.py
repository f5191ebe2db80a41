"""The proofs of security.py with small counts, and the promises of the page on security."""

from __future__ import annotations

import ast
import csv
import io
import re
import time
import unicodedata
from pathlib import Path

import pytest

from monitor.cli.output import cell
from monitor.errors import ParseError
from monitor.presentation.spreadsheet import guarded
from scrapers.markup import plain_text
from tests.reliability import fuzz
from tests.reliability.mutants import BITS
from tests.reliability.security import ask_sqlite, patterns, pump
from tests.reliability.tally import Budget

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"


def test_no_word_is_syntax_to_the_index(tmp_path: Path) -> None:
    tally = ask_sqlite(tmp_path, Budget(seed=5, count=400))
    assert tally.is_good, tally.failures[:5]


def test_the_proof_reports_words_that_are_not_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.reliability.security.fts5", lambda run: " ".join(run.words))
    tally = ask_sqlite(tmp_path, Budget(seed=5, count=40))
    assert not tally.is_good
    assert "syntax error" in "".join(tally.failures)


def test_no_pattern_tries_for_ever(tmp_path: Path) -> None:
    tally = pump(tmp_path, Budget(seed=5, count=500))
    assert tally.is_good, tally.failures
    assert len(list(patterns())) > 500


def test_the_proof_reports_a_pattern_that_goes_over_spaces_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = [(f"module.{name}", re.compile(name), ["search"]) for name in ("once", r"\s*\([^()]*\)")]
    monkeypatch.setattr("tests.reliability.security.patterns", lambda: iter(slow))
    monkeypatch.setattr(fuzz, "MOST_SECONDS", 0.3)
    failures = pump(tmp_path, Budget(seed=5, count=1)).failures
    assert [re.findall(r"characters of (.*)", failure) for failure in failures] == [
        [repr(space * 10)] for space in (" ", "\n", "\t")
    ]


def test_the_proof_reports_a_pattern_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.reliability.security.patterns", lambda: iter([("name", re.compile("a"), ["search"])]))
    monkeypatch.setattr("tests.reliability.security._used", lambda *_: lambda _: time.sleep(60))  # the watchdog ends it
    monkeypatch.setattr(fuzz, "MOST_SECONDS", 0.01)
    assert "took over" in pump(tmp_path, Budget(seed=5, count=1), length=50).failures[0]


FORMULAS = [
    f"{before}{sign}{rest}"
    for before in ("", " ", "\n")
    for sign in "=+-@\t\r\uff1d\uff0b\uff0d\uff20"
    for rest in ("1+1", "cmd|' /C calc'!A0")
]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text: str) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow([guarded(text)])
    [[read]] = csv.reader(io.StringIO(out.getvalue()))
    assert read.lstrip(" \n\t")[:1] not in tuple("=+-@\uff1d\uff0b\uff0d\uff20")


@pytest.mark.parametrize("bit", BITS)
def test_no_output_controls_a_terminal(bit: str) -> None:
    shown = cell(f"a{bit}b")
    assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in shown)
    assert shown.startswith("a")


LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
BOMBS = {
    "billion laughs": f"<!DOCTYPE a [<!ENTITY l0 'ha'>{LAUGHS}]><p>&l9;</p>",
    "a file as an entity": "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><p>&x;</p>",
    "an address as an entity": "<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/a.dtd'><p>x</p>",
    "one long entity many times": f"<!DOCTYPE a [<!ENTITY x '{'x' * 10_000}'>]><p>{'&x;' * 1000}</p>",
    "50,000 deep": f"{'<div>' * 50_000}x{'</div>' * 50_000}",
    "50,000 lists deep": f"{'<ul><li>' * 50_000}x",
    "50,000 tables deep": f"{'<table><tr><td>' * 50_000}x",
    "50,000 attributes": f"<p {' '.join(f'a{n}=1' for n in range(50_000))}>x</p>",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_no_mark_up_blows_up(bomb: str) -> None:
    text, links = plain_text(bomb)
    assert len(text) < len(bomb)
    assert "root:" not in text
    assert links == ()


def test_too_long_mark_up_is_refused() -> None:
    with pytest.raises(ParseError, match="longer than any answer"):
        plain_text("<p>" * 7_000_000)


def test_every_test_that_the_page_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`((?:(?:: |, )`test_\w+`)*)", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 15
    for path, names in named:
        source = ROOT / path
        assert source.is_file(), path
        defined = {
            node.name for node in ast.walk(ast.parse(source.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)
        }
        assert set(re.findall(r"test_\w+", names)) <= defined, path
