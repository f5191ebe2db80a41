from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config.positions import KeyPath, key_lines

TEXT = '''\
# a comment with [brackets] and "quotes"
top = 1

[archive]
url = "a # b"   # [not.a.table]
long = """
[nor.this]
x = 1 \\""" still
"""
literal = \'\'\'it\'s
done\'\'\'

[ delivery . smtp ]
"quoted key" = true
'a.b'.c = 2
when = 2024-11-26

[[topics]]
terms = [
  "one", # first ]
  'two',

  [ "in", "ner" ],
]
inline = { a = 1, b = [ 2, 3 ], c = { d = "}" } }
[topics.more]
x = 1
[[topics]]
terms = []
[[topics.parts]]
n = 1
[[topics.parts]]
n = 2
ends = """quote""""
last = ""
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("archive",), 4),
        (("archive", "url"), 5),
        (("archive", "long"), 6),
        (("archive", "literal"), 10),
        (("delivery",), 13),
        (("delivery", "smtp"), 13),
        (("delivery", "smtp", "quoted key"), 14),
        (("delivery", "smtp", "a.b"), 15),
        (("delivery", "smtp", "a.b", "c"), 15),
        (("delivery", "smtp", "when"), 16),
        (("topics",), 18),
        (("topics", 0), 18),
        (("topics", 0, "terms"), 19),
        (("topics", 0, "terms", 0), 20),
        (("topics", 0, "terms", 1), 21),
        (("topics", 0, "terms", 2, 1), 23),
        (("topics", 0, "inline", "c", "d"), 25),
        (("topics", 0, "more", "x"), 27),
        (("topics", 1), 28),
        (("topics", 1, "terms"), 29),
        (("topics", 1, "parts", 0, "n"), 31),
        (("topics", 1, "parts", 1), 32),
        (("topics", 1, "parts", 1, "ends"), 34),
        (("topics", 1, "parts", 1, "last"), 35),
    ],
)
def test_each_key_is_found_on_its_line(path: KeyPath, line: int) -> None:
    assert key_lines(TEXT)[path] == line


def paths(data: Any, path: KeyPath = ()) -> list[KeyPath]:
    if isinstance(data, dict):
        return [found for key, value in data.items() for found in ((*path, key), *paths(value, (*path, key)))]
    if isinstance(data, list):
        return [found for key, value in enumerate(data) for found in ((*path, key), *paths(value, (*path, key)))]
    return []


def test_every_key_has_a_position_and_no_other_does() -> None:
    assert set(key_lines(TEXT)) == set(paths(tomllib.loads(TEXT)))


def test_an_empty_text_has_no_keys() -> None:
    assert key_lines("") == {}
    assert key_lines("  # only a comment") == {}


texts = st.text(alphabet="ab #[]{}=,.'\"\\\n\u00e9", max_size=8)
scalars = st.one_of(st.integers(0, 99), st.booleans(), texts)
arrays = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=6)


def written(value: Any) -> str:
    if isinstance(value, list):
        return "[\n " + ",\n # ] \n ".join(written(item) for item in value) + "\n]"
    if isinstance(value, str) and "'''" not in value and "\\" in value and not value.endswith("'"):
        return "'''\n" + value + "'''"
    return json.dumps(value)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(texts, arrays, max_size=4), min_size=1, max_size=4))
def test_every_key_has_the_line_on_which_it_is_written(tables: list[dict[str, Any]]) -> None:
    lines: list[str] = []
    expected: dict[KeyPath, int] = {}
    for number, table in enumerate(tables):
        expected["tables", number] = len(lines) + 1
        lines.append("[[tables]]")
        for key, value in table.items():
            expected["tables", number, key] = len(lines) + 1
            lines += f"{json.dumps(key)} = {written(value)}".split("\n")
    text = "\n".join(lines)
    found = key_lines(text)
    assert set(found) == set(paths(tomllib.loads(text)))
    assert {path: found[path] for path in expected} == expected
