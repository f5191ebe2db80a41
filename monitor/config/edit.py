"""Changes of topics in config.toml, from text to text: every line that is not about the change stays as it is.

The text must be valid already; whoever writes the result reads it first (`monitor.config.rewrite`). What is added is
written as what stands beside it: one term a line or all on one, with or without a comma after the last.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

from monitor.config.lines import key_lines, value_spans
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.config.lines import KeyPath

_BOM = "\ufeff"
_INDENT = "    "
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_LINE_LEFT = re.compile(r"[ \t]*(?:#[^\n]*?)?(?=\r?\n|\Z)")
_OWN_COMMENTS = re.compile(r"(?:\r?\n[ \t]*#[^\r\n]*)+(?=\r?\n[ \t]*\r?\n|\s*\Z)")
"""Comments right below a table that do not stand right above another one."""

_LF = "\n"


def add_term(text: str, topic: str, term: str, *, exclude: bool = False) -> str:
    """The text with one term more at the end of a topic's terms, or of its exclusions. Raises ConfigError.

    `topic` is what the topic is known by (its id, else its name), or its name.
    """
    file = _File(text)
    path = ("topics", file.topic(topic))
    key = "exclude" if exclude else "terms"
    if (*path, key) in file.spans:
        file.append((*path, key), literal(term))
    else:
        file.add_key(path, key, f"[{literal(term)}]", after=("terms", "name", "id"))
    return file.text()


def add_topic(  # noqa: PLR0917 - a topic has so many keys
    text: str, name: str, terms: Sequence[str], exclude: Sequence[str] = (), id_: str = "", note: str = ""
) -> str:
    """The text with one topic more behind the others, or at the end where there is none. Raises ConfigError."""
    file = _File(text)
    taken = {said for one in file.topics for said in _known_as(one)}
    if taken & {_folded(name), _folded(id_ or name)}:
        raise ConfigError(
            f"There is a topic {name!r} already. Add to it with pqwatch terms add, or choose another name."
        )
    pairs = [("name", literal(name)), ("id", literal(id_) if id_ else "")]
    if ("topics",) in file.spans:
        pairs += [("terms", _list(terms)), ("exclude", _list(exclude)), ("note", literal(note) if note else "")]
        written = ", ".join(f"{key} = {value}" for key, value in pairs if value)
        file.append(("topics",), f"{{ {written} }}")
        return file.text()
    pairs += [("terms", _column(terms)), ("exclude", _list(exclude)), ("note", literal(note) if note else "")]
    written = "\n".join(["[[topics]]", *(f"{key} = {value}" for key, value in pairs if value)])
    file.add_table(written, after=("topics", len(file.topics) - 1) if file.topics else None)
    return file.text()


def rename_topic(text: str, old: str, new: str) -> str:
    """The text with another name for a topic, there and in the lists of subscribers. Raises ConfigError.

    What it is known by stays, so that its history does: if it has no id, it gets its old name for one.
    """
    file = _File(text)
    number = file.topic(old)
    topic = file.topics[number]
    others = [one for one in file.topics if one is not topic]
    if any(_folded(new) in _known_as(one) for one in others):
        raise ConfigError(f"There is another topic {new!r} already. Choose another name.")
    path, name = ("topics", number), topic["name"].strip()
    file.replace((*path, "name"), literal(new))
    if "id" not in topic:
        file.add_key(path, "id", literal(name), after=("name",))
    is_known_by = {one.get("id", one.get("name")) for one in others}
    for place, value in file.strings("subscribers", "topics"):
        if value.strip() == name and value.strip() not in is_known_by:
            file.replace(place, literal(new))
    return file.text()


def place(text: str, topic: str, term: str | None = None, *, exclude: bool = False) -> int:
    """The line, from 1, on which a topic has this term (or exclusion), or where the topic itself begins."""
    bare = text.removeprefix(_BOM)
    number = _File(text).topic(topic)
    path: KeyPath = ("topics", number)
    if term is not None:
        key = "exclude" if exclude else "terms"
        terms = [one.strip() for one in tomllib.loads(bare)["topics"][number][key]]
        path = (*path, key, terms.index(term.strip()))
    return key_lines(bare)[path]


def literal(value: str) -> str:
    """A text as TOML writes it: in single quotes, where all stays as it is, if it holds double ones or backslashes."""
    if re.search(r'["\\]', value) and re.fullmatch(r"[^'\x00-\x1f\x7f]*", value):
        return f"'{value}'"
    # JSON's texts are TOML's basic strings, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _known_as(topic: Mapping[str, str]) -> set[str]:
    return {_folded(topic[key]) for key in ("name", "id") if key in topic}


def _folded(name: str) -> str:
    """A name as the command line compares it."""
    return name.strip().casefold()


def _list(terms: Sequence[str]) -> str:
    return f"[{', '.join(map(literal, terms))}]" if terms else ""


def _column(terms: Sequence[str]) -> str:
    return "\n".join(["[", *(f"{_INDENT}{literal(term)}," for term in terms), "]"])


class _File:
    """A configuration taken apart, and the changes of its text that are to be made."""

    def __init__(self, text: str) -> None:
        self._bom = _BOM if text.startswith(_BOM) else ""
        self._text = text.removeprefix(_BOM)
        self._data: dict[str, Any] = tomllib.loads(self._text)
        self._newline = "\r\n" if "\r\n" in self._text else "\n"
        self._changes: list[tuple[int, int, str]] = []
        self.spans = value_spans(self._text)
        self.topics: list[dict[str, Any]] = self._data.get("topics", [])

    def text(self) -> str:
        """The text with all changes made; each line end of what is new is the file's own."""
        out, at = [self._bom], 0
        for start, end, new in sorted(self._changes, key=lambda change: change[0]):  # those of one place as they came
            out += [self._text[at:start], new.replace("\n", self._newline)]
            at = end
        return "".join([*out, self._text[at:]])

    def topic(self, said: str) -> int:
        """The number of a topic that is known by this, or else has this name. Raises ConfigError."""
        wanted = said.strip()
        known = [n for n, one in enumerate(self.topics) if one.get("id", one.get("name", "")).strip() == wanted]
        named = [n for n, one in enumerate(self.topics) if one.get("name", "").strip() == wanted]
        found = known or named
        if not found:
            raise ConfigError(f"There is no topic {said!r}. To see those there are: pqwatch topics list")
        if len(found) > 1:
            raise ConfigError(f"{len(found)} topics are called {said!r}. Name the one you mean by its id.")
        return found[0]

    def strings(self, table: str, key: str) -> list[tuple[KeyPath, str]]:
        """The texts in a list of each table of an array of tables, with where they are."""
        tables = self._data.get(table, [])
        return [
            ((table, number, key, place), value)
            for number, one in enumerate(tables)
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
        self._insert(at, f"{self._indent(end - 1)}{_INDENT}{value},\n")

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
