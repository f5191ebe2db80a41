"""A config.toml taken apart, and changed in place: every line that a change is not about stays as it is.

The text must be valid already; whoever writes the result reads it first (`monitor.config.rewrite`). What is added is
written as what stands beside it: one value a line or all on one, with or without a comma after the last.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

from monitor.config.lines import key_lines, value_spans
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.config.lines import KeyPath

INDENT = "    "
_BOM = "\ufeff"
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_LINE_LEFT = re.compile(r"[ \t]*(?:#[^\n]*?)?(?=\r?\n|\Z)")
_OWN_COMMENTS = re.compile(r"(?:\r?\n[ \t]*#[^\r\n]*)+(?=\r?\n[ \t]*\r?\n|\s*\Z)")
"""Comments right below a table that do not stand right above another one."""

_EMPTY_LINE = re.compile(r"[ \t]*\r?\n")
_LINE_END = re.compile(r"\r?\n")
_SPACES = re.compile(r"[ \t]*")

_LF = "\n"


def literal(value: str) -> str:
    """A text as TOML writes it: in single quotes, where all stays as it is, if it holds double ones or backslashes."""
    if re.search(r'["\\]', value) and re.fullmatch(r"[^'\x00-\x1f\x7f]*", value):
        return f"'{value}'"
    # JSON's texts are TOML's basic strings, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def folded(name: str) -> str:
    """A name as the command line compares it."""
    return name.strip().casefold()


class Draft:
    """A configuration taken apart, and the changes of its text that are to be made. `spans`: where its values stand."""

    def __init__(self, text: str) -> None:
        self._bom = _BOM if text.startswith(_BOM) else ""
        self._text = text.removeprefix(_BOM)
        self._data: dict[str, Any] = tomllib.loads(self._text)
        self._newline = "\r\n" if "\r\n" in self._text else "\n"
        self._changes: list[tuple[int, int, str]] = []
        self.spans = value_spans(self._text)

    def text(self) -> str:
        """The text with all changes made; each line end of what is new is the file's own."""
        out, at = [self._bom], 0
        for start, end, new in sorted(self._changes, key=lambda change: change[0]):  # those of one place as they came
            out += [self._text[at:start], new.replace("\n", self._newline)]
            at = end
        return "".join([*out, self._text[at:]])

    def tables(self, name: str) -> list[dict[str, Any]]:
        """The tables of an array of tables, as TOML reads them."""
        found: list[dict[str, Any]] = self._data.get(name, [])
        return found

    def number_of(self, name: str, said: str) -> int:
        """The number of a table of "topics" or "subscribers" that is known by this, or else has this name.

        Raises ConfigError.
        """
        wanted, tables = said.strip(), self.tables(name)
        known = [n for n, one in enumerate(tables) if one.get("id", one.get("name", "")).strip() == wanted]
        named = [n for n, one in enumerate(tables) if one.get("name", "").strip() == wanted]
        found = known or named
        if not found:
            raise ConfigError(f"There is no {name[:-1]} {said!r}. To see those there are: pqwatch {name} list")
        if len(found) > 1:
            raise ConfigError(f"{len(found)} {name} are called {said!r}. Name the one you mean by its id.")
        return found[0]

    def line(self, path: KeyPath) -> int:
        """The line, from 1, on which a key, table or element begins."""
        return key_lines(self._text)[path]

    def strings(self, table: str, key: str) -> list[tuple[KeyPath, str]]:
        """The texts in a list of each table of an array of tables, with where they are."""
        return [
            ((table, number, key, place), value)
            for number, one in enumerate(self.tables(table))
            for place, value in enumerate(one.get(key, []))
        ]

    def replace(self, path: KeyPath, value: str) -> None:
        """Another value."""
        start, end = self.spans[path]
        self._changes.append((start, end, value))
        self._keep_column(end, len(value) - (end - start))

    def add_key(self, table: KeyPath, key: str, value: str, *, after: Sequence[str]) -> None:
        """A key more in a table, behind the first of some keys that it has."""
        start, end = next(self.spans[(*table, one)] for one in after if (*table, one) in self.spans)
        if table in self.spans:  # an inline table
            self._insert(end, f", {key} = {value}")
            return
        self._insert(self._line_end(end), f"\n{self._indent(start)}{key} = {value}")

    def add_table(self, written: str, *, after: KeyPath | None) -> None:
        """A table more, with an empty line around it: behind another one and the comments that stand right below it."""
        if after is None:
            is_ended = self._text.endswith("\n")
            gap = "" if not self._text.strip() else "\n" if is_ended else "\n\n"
            self._insert(len(self._text), f"{gap}{written}{'' if gap and not is_ended else _LF}")
            return
        at = self._line_end(max(end for path, (_, end) in self.spans.items() if path[: len(after)] == after))
        self._insert(_end(_OWN_COMMENTS, self._text, at), f"\n\n{written}")

    def remove_table(self, path: KeyPath) -> None:
        """A table of an array of tables less: with the comments in it and around it, and one empty line.

        Comments above the first of them are about all of them, and stay.
        """
        if path in self.spans:
            self.remove_element(path)
            return
        mine = [span for one, span in self.spans.items() if one[: len(path)] == path]
        start = sum(map(len, self._text.splitlines(keepends=True)[: self.line(path) - 1]))
        if path[-1] != 0:
            start = _comments_above(self._text, start)
        end = _end(_OWN_COMMENTS, self._text, self._line_end(max(end for _, end in mine)))
        end = _end(_LINE_END, self._text, end)
        before = self._text[:start]
        if not before or before.endswith(("\n\n", "\n\r\n")):
            end = _end(_EMPTY_LINE, self._text, end)
        if end == len(self._text):
            start = len(before.rstrip()) + len(self._newline) if before.strip() else 0
        self._changes.append((start, end, ""))

    def remove_element(self, path: KeyPath) -> None:
        """An element of an array less: its line with its comment, where it has one of its own, else itself and a comma.

        A comment that it shares a line with stays, for it may be about the others.
        """
        start, end = self.spans[path]
        after = _end(_GAP, self._text, end)
        has_comma = self._text[after] == ","
        last = after + 1 if has_comma else end
        begin = self._text.rfind("\n", 0, start) + 1
        is_first_of_line = not self._text[begin:start].strip()
        rest = self._line_end(last)
        ends_line = self._text[rest : rest + 1] in ("\n", "\r")
        if is_first_of_line and ends_line:
            self._changes.append((begin, _end(_LINE_END, self._text, rest), ""))
        elif has_comma and not ends_line:
            self._changes.append((start, _end(_SPACES, self._text, last), ""))
        elif has_comma:
            self._changes.append((_begin_of_spaces(self._text, start), last, ""))
        elif is_first_of_line:  # the bracket stands behind it
            self._changes.append((begin, end, ""))
        else:
            number = int(path[-1])
            self._changes.append((self.spans[(*path[:-1], number - 1)][1] if number else start, end, ""))

    def append(self, path: KeyPath, value: str) -> None:
        """An element more at the end of an array."""
        start, end = self.spans[path]
        count = sum(len(one) == len(path) + 1 and one[:-1] == path for one in self.spans)
        if not count:
            self._fill(start, end, value)
            return
        first, last = self.spans[(*path, count - 1)]
        before = self.spans[(*path, count - 2)][1] if count > 1 else start + 1
        after = _end(_GAP, self._text, last)
        comma = after + 1 if self._text[after] == "," else 0
        if "\n" not in self._text[before:first]:
            separator = re.fullmatch(r",[ \t]*", self._text[before:first])
            new = f"{separator.group() if separator else ', '}{value}"
            self._insert(last, new)
            self._keep_column(end, len(new))
            return
        if not comma:
            self._insert(last, ",")
        self._insert(self._line_end(comma or last), f"\n{self._indent(first)}{value}{',' if comma else ''}")

    def _fill(self, start: int, end: int, value: str) -> None:
        """The first element of an array."""
        inner = self._text[start + 1 : end - 1]
        if "\n" not in inner:
            self._changes.append((start + 1, end - 1, value))
            self._keep_column(end, len(value) - len(inner))
            return
        at = self._text.rindex("\n", start, end) + 1
        self._insert(at, f"{self._indent(end - 1)}{INDENT}{value},\n")

    def _keep_column(self, end: int, grown: int) -> None:
        """Leave the comment behind a value that grew where it was, if there is room."""
        gap = _end(re.compile(r" +(?=#)"), self._text, end)
        spare = min(grown, gap - end - 2)
        if spare > 0:
            self._changes.append((gap - spare, gap, ""))

    def _insert(self, at: int, new: str) -> None:
        self._changes.append((at, at, new))

    def _line_end(self, at: int) -> int:
        """Where a line ends behind a value and its comment; where something else follows, behind the value."""
        return _end(_LINE_LEFT, self._text, at)

    def _indent(self, at: int) -> str:
        """The white space that the line begins with."""
        begin = self._text.rfind("\n", 0, at) + 1
        return self._text[begin : _end(re.compile(r"[ \t]*"), self._text, begin)]


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _begin_of_spaces(text: str, at: int) -> int:
    """Where the spaces before a place begin."""
    return len(text[:at].rstrip(" \t"))


def _comments_above(text: str, at: int) -> int:
    """Where the comments that stand right above a line begin; the line's own begin where there are none."""
    while at:
        above = text.rfind("\n", 0, at - 1) + 1
        if not text[above:at].lstrip(" \t").startswith("#"):
            break
        at = above
    return at
