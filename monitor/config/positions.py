"""Positions in the text of config.toml: of keys, tables and values, and of topics, terms and subscribers by name.

`tomllib` reads the values and forgets their places. The text must be valid TOML already, so this only walks over it.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

KeyPath: TypeAlias = tuple[str | int, ...]
"""A way into the parsed data: `("topics", 0, "terms", 2)`."""
BOM = "\ufeff"
READERS = ("subscribers", "webhooks")
"""Tables of those who get digests; each has a list of topics."""

_QUOTES = ('"""', "'''", '"', "'")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]}#\s]+(?:[ \t]+[^,\]}#\s]+)*")


# -- keys, tables and values ------------------------------------------------------------------------------------------


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line, counted from 1, of every key, table and array element of a valid TOML text."""
    return _walk(text).lines


def header_spans(text: str) -> dict[KeyPath, tuple[int, int]]:
    """Return start and end, in characters, of every header of a table of a valid TOML text, in their order."""
    return _walk(text).headers


@dataclass(frozen=True, slots=True)
class Layout:
    """Start and end, in characters, of the headers and values of a TOML text.

    `ends`: where the last value of each table of an array of tables ends.
    """

    headers: Mapping[KeyPath, tuple[int, int]]
    values: Mapping[KeyPath, tuple[int, int]]
    ends: Mapping[KeyPath, int]


def layout_of(text: str) -> Layout:
    """Find all headers and values of a valid TOML text."""
    walk, ends = _walk(text), dict[KeyPath, int]()
    for path, (_, end) in walk.spans.items():
        ends[path[:2]] = max(end, ends.get(path[:2], 0))
    return Layout(walk.headers, walk.spans, ends)


def _walk(text: str) -> _Walk:
    walk = _Walk(text)
    walk.document()
    return walk


class _Walk:
    """One pass over the text; `lines`, `spans` and `headers` fill as it goes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self.spans: dict[KeyPath, tuple[int, int]] = {}
        self.headers: dict[KeyPath, tuple[int, int]] = {}
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
        start, line = self.at, self._line()
        self.at += 2 if is_array else 1
        table = self._into((), self._key())
        self.at += 2 if is_array else 1
        if is_array:
            self.lines.setdefault(table, line)
            self._arrays[table] = self._arrays.get(table, -1) + 1
            table = (*table, self._arrays[table])
        self.lines.setdefault(table, line)
        self.headers[table] = (start, self.at)
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


# -- topics, terms and subscribers by name ----------------------------------------------------------------------------


def folded(name: str) -> str:
    """Return a name as the command line compares it."""
    return name.strip().casefold()


def tables_of(text: str, name: str) -> list[dict[str, Any]]:
    """Return the tables of an array of tables, as TOML reads them."""
    found: list[dict[str, Any]] = tomllib.loads(text.removeprefix(BOM)).get(name, [])
    return found


def find_table(tables: Sequence[Mapping[str, Any]], name: str, wanted: str) -> int:
    """Find a topic or a subscriber by its id, or else by its name; return its number among `tables`.

    `name` is that of the tables, "topics" or "subscribers". Raises ConfigError unless there is exactly one.
    """
    wanted = wanted.strip()
    by_id = [number for number, table in enumerate(tables) if table.get("id", table.get("name", "")).strip() == wanted]
    by_name = [number for number, table in enumerate(tables) if table.get("name", "").strip() == wanted]
    found = by_id or by_name
    if not found:
        raise ConfigError(f"There is no {name[:-1]} {wanted!r}. To see those there are: pqwatch {name} list")
    if len(found) > 1:
        raise ConfigError(f"{len(found)} {name} are called {wanted!r}. Name the one you mean by its id.")
    return found[0]


def find_reader(text: str, wanted: str) -> tuple[str, int]:
    """Find a subscriber, or else a webhook, by id or name: return the name of the tables, and a number.

    Raises ConfigError.
    """
    try:
        return "subscribers", find_table(tables_of(text, "subscribers"), "subscribers", wanted)
    except ConfigError as exc:
        try:
            return "webhooks", find_table(tables_of(text, "webhooks"), "webhooks", wanted)
        except ConfigError:
            raise exc from None


def line_of_topic(text: str, topic: str) -> int:
    """Return the line, counted from 1, on which a topic begins. Raises ConfigError."""
    number = find_table(tables_of(text, "topics"), "topics", topic)
    return key_lines(text.removeprefix(BOM))["topics", number]


def line_of_term(text: str, topic: str, term: str, *, exclude: bool = False) -> int:
    """Return the line, counted from 1, on which a topic has a term, or an exclusion. Raises ConfigError."""
    return lines_of_terms(text)(topic, "exclude" if exclude else "terms", term)


def lines_of_terms(text: str) -> Callable[[str, str, str], int]:
    """Return a function that finds the line, counted from 1, of a term by its topic, its key there, and what it says.

    The text is read once, however many terms are looked for. The function raises ConfigError.
    """
    topics, lines = tables_of(text, "topics"), key_lines(text.removeprefix(BOM))

    @cache
    def lines_in(topic: str, key: str) -> dict[str, int]:
        number = find_table(topics, "topics", topic)
        found: dict[str, int] = {}
        for place, written in enumerate(topics[number][key]):
            found.setdefault(written.strip(), lines["topics", number, key, place])
        return found

    return lambda topic, key, term: lines_in(topic, key)[term.strip()]


def line_of_reader(text: str, reader: str) -> int:
    """Return the line, counted from 1, on which a subscriber or a webhook begins. Raises ConfigError."""
    return key_lines(text.removeprefix(BOM))[find_reader(text, reader)]


def names_in_lists(topics: Sequence[Mapping[str, str]], number: int) -> set[str]:
    """Return what a reader's list may call a topic: its id or name, but no name that is the id of another topic."""
    topic = topics[number]
    others = [other for other in topics if other is not topic]
    taken = {other.get("id", other["name"]).strip() for other in others}
    return {topic.get("id", topic["name"]).strip(), *({topic["name"].strip()} - taken)}


def mentions(text: str, names: AbstractSet[str]) -> Iterator[tuple[str, int, int]]:
    """Find each place where a list of topics of a subscriber or a webhook has one of these names."""
    for readers in READERS:
        for number, reader in enumerate(tables_of(text, readers)):
            for place, listed in enumerate(reader.get("topics", [])):
                if listed.strip() in names:
                    yield readers, number, place


def readers_by_name(text: str, topic: str) -> list[str]:
    """Return the names of those who have a topic on their list by its own name, not only by "*". Raises ConfigError."""
    topics = tables_of(text, "topics")
    names = names_in_lists(topics, find_table(topics, "topics", topic))
    tables = {readers: tables_of(text, readers) for readers in READERS}
    found = [tables[readers][number].get("name", "") for readers, number, _ in mentions(text, names)]
    return list(dict.fromkeys(found))
