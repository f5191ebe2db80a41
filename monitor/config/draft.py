"""The text of a config.toml that is being changed: one table at a time by tomlkit, so that comments and layout stay.

Each change is made to the parsed data too. A new text that does not read back as exactly that, or that lost a comment, is
refused, and the user is told what to do by hand.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import tomlkit

from monitor.config.positions import BOM, layout_of
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tomlkit.items import String

    from monitor.config.positions import KeyPath, Layout

    Value = str | bool | Sequence[str]
    """A value of a key of a topic or a subscriber."""
    Change = Callable[[Any, Callable[[str], str]], object]
    """A change of a table, given as a dictionary, with what makes a text of TOML from a text."""
    Element = tuple[str, int, str, int]
    """Place of an element of a list: the array of tables, the table's number, the key, and the number in the list."""

_GAP = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_REST_OF_LINE = re.compile(r"[ \t]*,?[ \t]*(?:#[^\n]*)?(?=\n|\Z)")
_COMMENT_LINES = re.compile(r"(?:\n[ \t]*#[^\n]*)+(?=\n[ \t]*\n|\s*\Z)")
"""Comments right below a table that do not stand right above the next one."""
_STRING_OR_COMMENT = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}' + r"|'''.*?'{3,5}" + r'|"(?:\\.|[^"\\\n])*"' + r"|'[^'\n]*'" + r"|(?P<comment>#[^\n]*)",
    re.DOTALL,
)


def literal(value: str) -> String:
    """Return a text as TOML writes it: in single quotes if it holds double ones or backslashes, and can be."""
    is_literal = re.search(r'["\\]', value) and re.fullmatch(r"[^'\x00-\x1f\x7f]*", value)
    return tomlkit.string(value, literal=bool(is_literal))


class Draft:
    """The text of a config.toml that is being changed, without byte order mark and carriage returns."""

    def __init__(self, text: str) -> None:
        self._bom = BOM if text.startswith(BOM) else ""
        text = text.removeprefix(BOM)
        self._has_carriage_returns = "\r\n" in text
        self.text = text.replace("\r\n", "\n")
        self._data: dict[str, Any] = tomllib.loads(self.text)
        self._comments = _comments(self.text)
        self._laid_out: tuple[str, Layout] | None = None
        self._inline: set[str | int] | None = None

    def tables(self, name: str) -> list[dict[str, Any]]:
        """Return the tables of an array of tables."""
        found: list[dict[str, Any]] = self._data.get(name, [])
        return found

    def change_table(self, name: str, number: int, change: Change, *, layout: Layout | None = None) -> None:
        """Apply a change to a table of an array of tables: to its text and to the data.

        `layout`: that of the text, or of an earlier text that differs only behind this table.
        """
        change(self._data[name][number], str)
        if self._is_inline(name):
            document = tomlkit.parse(self.text)
            change(document[name][number], literal)
            self.text = tomlkit.dumps(document)
            return
        start, end = self._extent(name, number, layout or self._layout())
        document = tomlkit.parse(f"{self.text[start:end]}\n")
        change(document[name][0], literal)
        self.text = self.text[:start] + tomlkit.dumps(document).removesuffix("\n") + self.text[end:]

    def replace_elements(self, places: Iterable[Element], value: str) -> None:
        """Replace elements of lists by a text. The file is looked through once, however many there are."""
        spans, written = self._layout().values, literal(value).as_string()
        parts, at = list[str](), 0
        for name, number, key, place in sorted(places, key=lambda element: spans[element]):
            start, end = spans[name, number, key, place]
            parts += [self.text[at:start], written]
            at = end
            self._data[name][number][key][place] = value
        self.text = "".join([*parts, self.text[at:]])

    def remove_elements(self, places: Iterable[Element]) -> None:
        """Remove elements of lists, each with the comment behind it if it has a line of its own.

        From the end of the file to its beginning, so that it is looked through once: what lies before stays in its place.
        """
        layout = self._layout()
        by_list: dict[tuple[str, int, str], list[int]] = {}
        for name, number, key, place in sorted(places, key=lambda element: layout.values[element], reverse=True):
            self._forget_comments(layout, (name, number, key, place))
            by_list.setdefault((name, number, key), []).append(place)
        for (name, number, key), numbers in by_list.items():
            self.change_table(name, number, partial(_without, key=key, numbers=numbers), layout=layout)

    def add_table(self, name: str, facts: Mapping[str, Value], *, after: str) -> None:
        """Add a table to an array of tables: behind the last table of `after`, or at the end of the text."""
        last = len(self.tables(after)) - 1
        self._data.setdefault(name, []).append({key: _plain(value) for key, value in facts.items()})
        if self._is_inline(name):
            document = tomlkit.parse(self.text)
            table = tomlkit.inline_table()
            table.update({key: _item(value) for key, value in facts.items()})
            document[name].append(table)
            self.text = tomlkit.dumps(document)
            return
        at = (
            len(self.text.rstrip())
            if last < 0 or self._is_inline(after)
            else self._extent(after, last, self._layout())[1]
        )
        before, behind = self.text[:at], self.text[at:]
        gap = "\n\n" if before.strip() else ""
        self.text = f"{before}{gap}{_written(name, facts)}{behind if before.strip() else behind or _NEWLINE}"

    def remove_table(self, name: str, number: int) -> None:
        """Remove a table of an array of tables: with the comments in it and around it, and one empty line.

        Comments above the first table are about all of them, and stay.
        """
        del self._data[name][number]
        if self._is_inline(name):
            self._forget_comments(self._layout(), (name, number))
            document = tomlkit.parse(self.text)
            del document[name][number]
            self.text = tomlkit.dumps(document)
            return
        if not self._data[name]:
            del self._data[name]
        start, end = self._extent(name, number, self._layout())
        self._comments -= _comments(self.text[start:end])
        before, behind = self.text[:start], self.text[end:].removeprefix("\n")
        if not behind.strip():
            before, behind = before.rstrip(), ""
            before += "\n" if before else ""
        elif not before or before.endswith("\n\n"):
            behind = re.sub(r"\A[ \t]*\n", "", behind)
        self.text = before + behind

    def add_missing_comma(self, path: KeyPath) -> None:
        """Write the comma behind the last element of a list if a comment follows: tomlkit would put it in the comment."""
        spans = self._layout().values
        elements = [span for element, span in spans.items() if element[:-1] == path and isinstance(element[-1], int)]
        if not elements:
            return
        end = max(elements)[1]
        gap = _GAP.match(self.text, end)
        if gap and "#" in gap[0] and self.text[gap.end()] != ",":
            self.text = f"{self.text[:end]},{self.text[end:]}"

    def finished(self, by_hand: str) -> str:
        """Return the new text. Raises ConfigError, with what to do by hand, if it is not what it should be."""
        try:
            is_good = tomllib.loads(self.text) == self._data and not self._comments - _comments(self.text)
        except tomllib.TOMLDecodeError:
            is_good = False
        if not is_good:
            raise ConfigError(f"This can't be changed here without harm to what stands beside it. By hand: {by_hand}.")
        text = self.text.replace("\n", "\r\n") if self._has_carriage_returns else self.text
        return self._bom + text

    def _layout(self) -> Layout:
        """Return the places in the text as it is now, which are found once."""
        if self._laid_out is None or self._laid_out[0] is not self.text:
            self._laid_out = self.text, layout_of(self.text)
        return self._laid_out[1]

    def _forget_comments(self, layout: Layout, path: KeyPath) -> None:
        """Let comments go that are about an element alone: in it, and behind it if it has a line of its own."""
        start, end = layout.values[path]
        self._comments -= _comments(self.text[start:end])
        rest = _REST_OF_LINE.match(self.text, end)
        if rest and not self.text[self.text.rfind("\n", 0, start) + 1 : start].strip():
            self._comments -= _comments(rest[0])

    def _is_inline(self, name: str) -> bool:
        """Return whether the tables are written as a list of inline tables."""
        if self._inline is None:  # no change of a table makes another kind of list of it
            self._inline = {path[0] for path in self._layout().values if len(path) == 1}
        return name in self._inline

    def _extent(self, name: str, number: int, layout: Layout) -> tuple[int, int]:
        """Return start and end of a table's text: from the comments right above it to those right below it."""
        path = (name, number)
        start, end = layout.headers[path]
        end = max(end, layout.ends.get(path, 0))
        start = self.text.rfind("\n", 0, start) + 1
        if number:
            start = _start_of_comments(self.text, start)
        for pattern in (_REST_OF_LINE, _COMMENT_LINES):
            found = pattern.match(self.text, end)
            end = found.end() if found else end
        return start, end


_NEWLINE = "\n"


def _without(table: Any, _quoted: Callable[[str], str], *, key: str, numbers: Sequence[int]) -> None:
    """Remove elements of a list of a table; `numbers`: the last one first."""
    for number in numbers:
        table[key].pop(number)


def _comments(text: str) -> Counter[str]:
    """Count the comments of a TOML text."""
    found = (match["comment"] for match in _STRING_OR_COMMENT.finditer(text))
    return Counter(comment.rstrip() for comment in found if comment)


def _start_of_comments(text: str, at: int) -> int:
    """Return where the comments right above a line begin; the line's own start if there are none."""
    while at:
        above = text.rfind("\n", 0, at - 1) + 1
        if not text[above:at].lstrip(" \t").startswith("#"):
            break
        at = above
    return at


def _written(name: str, facts: Mapping[str, Value]) -> str:
    """Write a table of an array of tables, its terms one to a line."""
    table = tomlkit.table()
    for key, value in facts.items():
        table[key] = _item(value)
        if key == "terms":
            table[key].multiline(True)
    tables = tomlkit.aot()
    tables.append(table)
    return tomlkit.dumps({name: tables}).strip("\n")


def _plain(value: Value) -> Any:
    return value if isinstance(value, str | bool) else list(value)


def _item(value: Value) -> Any:
    if isinstance(value, bool):
        return value
    return literal(value) if isinstance(value, str) else [literal(element) for element in value]
