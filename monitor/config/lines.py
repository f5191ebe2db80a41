"""Where each key and value of a TOML text stands: `tomllib` reads the values and forgets their places.

The text must be valid TOML already; this module only walks over it, so it can stay small.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""A way into the parsed data: `("topics", 0, "terms", 2)`."""

_QUOTES = ('"""', "'''", '"', "'")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]}#\s]+(?:[ \t]+[^,\]}#\s]+)*")


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, counted from 1, of every key, table and array element of a valid TOML text."""
    walk = _Walk(text)
    walk.document()
    return walk.lines


def value_spans(text: str) -> dict[KeyPath, tuple[int, int]]:
    """Start and end, in characters, of every value of a valid TOML text, brackets and quotation marks included.

    A table under a header of its own is no value; an inline table is one.
    """
    walk = _Walk(text)
    walk.document()
    return walk.spans


class _Walk:
    """One pass over the text; `lines` and `spans` fill as it goes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self.spans: dict[KeyPath, tuple[int, int]] = {}
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._arrays: dict[KeyPath, int] = {}

    def document(self) -> None:
        table: KeyPath = ()
        self._skip(_GAP)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_GAP)

    def _header(self) -> KeyPath:
        is_array = self.text.startswith("[[", self.at)
        line = self._line()
        self.at += 2 if is_array else 1
        table = self._into((), self._key())
        self.at += 2 if is_array else 1
        if is_array:
            self.lines.setdefault(table, line)
            self._arrays[table] = self._arrays.get(table, -1) + 1
            table = (*table, self._arrays[table])
        self.lines.setdefault(table, line)
        return table

    def _into(self, table: KeyPath, names: list[str]) -> KeyPath:
        """Follow dotted names down from a table; a name of an array of tables means its last table so far."""
        for number, name in enumerate(names):
            table = (*table, name)
            self.lines.setdefault(table, self._line())
            if number < len(names) - 1 and table in self._arrays:
                table = (*table, self._arrays[table])
        return table

    def _pair(self, table: KeyPath) -> None:
        path = self._into(table, self._key())
        self.at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> list[str]:
        names = []
        while True:
            self._skip(_SPACE)
            start = self.at
            if self.text[start] in "\"'":
                self._string()
                names.append(next(iter(tomllib.loads(f"{self.text[start : self.at]} = 0"))))
            else:
                self._skip(_BARE_KEY)
                names.append(self.text[start : self.at])
            self._skip(_SPACE)
            if self.text[self.at] != ".":
                return names
            self.at += 1

    def _value(self, path: KeyPath) -> None:
        start = self.at
        first = self.text[start]
        if first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        elif first in "\"'":
            self._string()
        else:
            self._skip(_SCALAR)
        self.spans[path] = (start, self.at)

    def _array(self, path: KeyPath) -> None:
        self.at += 1
        self._skip(_GAP)
        number = 0
        while self.text[self.at] != "]":
            self.lines[*path, number] = self._line()
            self._value((*path, number))
            self._comma()
            number += 1
        self.at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self.at += 1
        self._skip(_GAP)
        while self.text[self.at] != "}":
            self._pair(path)
            self._comma()
        self.at += 1

    def _comma(self) -> None:
        self._skip(_GAP)
        if self.text[self.at] == ",":
            self.at += 1
            self._skip(_GAP)

    def _string(self) -> None:
        quote = next(quote for quote in _QUOTES if self.text.startswith(quote, self.at))
        inner = r"(?:\\.|[^\\])*?" if quote[0] == '"' else r".*?"
        # A multi-line string may end in up to two more quotation marks that belong to it.
        closing = quote + f"{quote[0]}{{0,2}}" if len(quote) > 1 else quote
        self._skip(re.compile(quote + inner + closing, re.DOTALL))

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()

    def _line(self) -> int:
        return bisect_right(self._starts, self.at)
