"""Mistakes in TOML syntax: each is reported with its cause and position."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import load
from monitor.config.syntax_errors import slip
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

# The text, the line and column that are reported, and the message.
SLIPS = {
    "name = \u201cPolicy desk\u201d": (
        1,
        8,
        '\u201c is no quotation mark of TOML: write straight ones, as in "Policy desk"',
    ),
    't = ["a", \u201cb\u201d]': (1, 11, 'as in "b"'),
    't = [\n  "a",\n  \u2018b\u2019,\n]': (3, 3, 'as in "b"'),
    'a = "x\u201d\nb = 1': (1, 7, "\u201d is no quotation mark of TOML, so the text never ends"),
    '\u201cname\u201d = "x"': (1, 1, 'as in "name"'),
    'a = "x\nb = 1': (1, 5, 'the text that begins here never ends: write a second " after it'),
    't = [\n  "a"\n  "b",\n]': (2, 5, 'a comma is missing behind "a"'),
    't = [\n  "a"  # why, "z"\n\n  # more\n  "b",\n]': (2, 5, 'a comma is missing behind "a"'),
    "t = [\n  '\"a\" AND b'\n  'c',\n]": (2, 13, "a comma is missing behind '\"a\" AND b'"),
    't = ["a" "b"]': (1, 8, 'a comma is missing behind "a"'),
    't = [["a", "b"] ["c"]]': (1, 15, "a comma is missing behind"),
    'x = { a = "b" c = 1 }': (1, 13, 'a comma is missing behind "b"'),
    't = ["a"; "b"]': (1, 9, "a semicolon stands where a comma belongs"),
    't = ["a",, "b"]': (1, 10, "a comma stands where a value belongs"),
    't = [\n "a",\n "b"\n\n[[s]]\nname = "x"': (3, 4, "the list that begins on line 2 is never closed: write ] behind"),
    't = [\n "a",\n "b",\n\n[[s]]\nname = "x"': (3, 5, "the list that begins on line 2 is never closed"),
    't = [\n "a",\n "b"\nname = "x"': (3, 4, 'is never closed: write ] behind "b"'),
    't = [\n "a",\n "b"\n': (3, 4, 'is never closed: write ] behind "b"'),
    "paused = False": (1, 10, "False is no value of TOML: write false, in small letters"),
    "paused = TRUE  # why": (1, 10, "TRUE is no value of TOML: write true"),
    "paused = yes": (1, 10, "write true"),
    "p = [off]": (1, 6, "write false"),
    "at = None": (1, 6, "None is no value of TOML: remove the line"),
    "tls = starttls": (1, 7, 'a text stands in quotes: write "starttls"'),
    "email = me@example.org  # mine": (1, 9, 'write "me@example.org"'),
    "digest_at = 07:30": (1, 13, 'a time, or a figure with a unit, stands in quotes: write "07:30"'),
    "collect_every = 30m  # why": (1, 17, 'write "30m"'),
    "a = \nb = 1": (1, 5, "a value is missing"),
    "p = true,": (1, 9, "a comma ends no line"),
    't = "a", "b"': (1, 5, 'a list, which stands in square brackets: write ["a", "b"]'),
    "t = ['children's services', 'care']": (
        (1, 6, 'an apostrophe ends a text in single quotes: write "children\'s services"')
    ),
    "t = [\n  'care',\n  'parents' and children's rights',\n]": (3, 3, "write \"parents' and children's rights\""),
    "a = 'O'Neill'": (1, 5, 'an apostrophe ends a text in single quotes: write "O\'Neill"'),
    'a = "say "hi" now"': (1, 5, "put the whole in single ones, 'say \"hi\" now'"),
    'folder = "C:\\Users"': (1, 10, "write single ones, 'C:\\Users'"),
    'a: "x"': (1, 2, "a colon stands where = belongs"),
    'a "x"': (1, 3, "= is missing"),
    '[[topics]\nname = "a"': (1, 9, "write [[topics]]"),
    "[topics\nn = 1": (1, 8, "write [topics]"),
    't = [""child protection" AND online"]': (1, 6, "in single ones, '\"child protection\" AND online'"),
    't = [\n  "a",\n  "b "c" d",\n]': (
        3,
        3,
        "a quotation mark stands within the text: put the whole in single ones, 'b \"c\" d'",
    ),
    't = ["a" AND "b"]': (1, 6, 'in single ones, \'"a" AND "b"\''),
    't = [""a" AND b\'s"]': (1, 6, 'write \\" for it'),
    't = ["a" b, "c"]': (1, 8, 'a comma is missing behind "a"'),
    't = ["a" b]': (1, 8, 'a comma is missing behind "a"'),
    't = ["x"]\nt = [\n  "y",\n]': (2, 1, "`t` stands before all tables already, on line 2: put both into one"),
    '[[topics]]\nterms = ["x"]\n  "terms" = ["y"]': (
        3,
        3,
        '`"terms"` stands in this table already, on line 3: put both',
    ),
    '[[topics]]\nname = "a"\n[[subscribers]]\nname = "b"\nemail = "c"\nname = "d"': (
        (6, 1, "put both into one, or write [[subscribers]] above what belongs to the next")
    ),
    '[equivalents]\nrevenge porn = "image abuse"': (
        (2, 1, 'a key of several words stands in quotes: write "revenge porn" = value')
    ),
    "[digest]\n[web]\n[digest] # again": (3, 1, "[digest] is there already, on line 2: put both into one"),
    "[topics]\n[topics]": (2, 1, "there may be several of these tables: write [[topics]] here and on line 2"),
    "[topics]\n[[topics]]": (2, 1, "there may be several of these tables: write [[topics]] on line 2"),
    "[web]\n[[web]]": (2, 1, "[web] is there already, on line 2: put both into one"),
    "[[topics]]\n[topics]": (2, 1, "[[topics]] is there already, on line 2: write [[topics]] for one more"),
    "topics = []\n[[topics]]": (2, 1, "`topics` has a value already, on line 2: put both into one"),
    "a = {x = 1, x = 2}": (1, 18, "a key stands twice in the table in { }"),
    "[a]\nb.c = 1\n[a.b.c]": (3, 1, "`a.b.c` has a value already, on line 3"),
    '["a]b"]\n["a]b"]': (2, 7, "Cannot declare"),
    "url = postgresql://me:hunter2@host/x": (1, 7, 'write "postgresql://...@host/x"'),
}


@pytest.mark.parametrize("text", SLIPS)
def test_mistake_is_reported_with_its_cause(tmp_path: Path, text: str) -> None:
    line, column, said = SLIPS[text]
    path = tmp_path / "config.toml"
    path.write_text(f"# first\n{text}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    (problem,) = caught.value.problems
    assert problem.startswith(f"config.toml line {line + 1}, column {column}: ")
    assert said in problem
    assert "hunter2" not in problem


def test_suggested_text_can_be_read() -> None:
    for wrong, right in (
        ("a = False", "a = false"),
        ("a = 07:30", 'a = "07:30"'),
        ('a = "x", "y"', 'a = ["x", "y"]'),
        ("a = 'O'Neill'", 'a = "O\'Neill"'),
        ('a = "C:\\Users"', "a = 'C:\\Users'"),
    ):
        with pytest.raises(tomllib.TOMLDecodeError):
            tomllib.loads(wrong)
        assert tomllib.loads(right)


PIECES = (
    "a", "=", '"', "'", "[", "]", "[[topics]]", "{", "}", ",", ";", ":", "#", "\n", "\n", " ", "False", "07:30", "x", "\\",
    "\u201c", "\u201d", '"a"', "'b'", "terms = [", "name = ", '"""',
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_reported_position_is_within_the_text(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        for reason in (
            str(wrong),
            "Unclosed array",
            "Invalid value",
            "Expected newline",
            "Illegal character",
            "Cannot declare",
        ):
            for line, content in enumerate(text.split("\n"), 1):
                reported = slip(text, reason, line, len(content) // 2 + 1)
                if reported is not None:
                    assert 1 <= reported[0] <= text.count("\n") + 1
                    assert reported[1] >= 1
                    assert reported[2]
