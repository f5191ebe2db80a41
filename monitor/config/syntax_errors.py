"""Syntax errors in TOML, explained: the place of the mistake, and what to write instead.

`tomllib` says where it could read no further. What is wrong often stands before: the comma that is missing, the list that
was never closed. Nothing here reads TOML; it only looks at the text around that place.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.config.positions import header_spans, key_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.config.positions import KeyPath


class SourcePlace(NamedTuple):
    """Place at which a text can't be read any further: the whole text, the offset, and its line."""

    source: str
    at: int
    line: str

    @property
    def rest(self) -> str:
        """Text from there to the end of the line, without the spaces around it."""
        return self.source[self.at :].split("\n", 1)[0].strip()

    @property
    def begin(self) -> int:
        """Start of the line."""
        return self.source.rfind("\n", 0, self.at) + 1


class Slip(NamedTuple):
    """A mistake and its offset in the text."""

    at: int
    said: str


_SECRET: Final = re.compile(r"://[^\s/]*@")
"""Name and password within an address, which no message repeats."""


def slip(source: str, reason: str, line: int, column: int) -> tuple[int, int, str] | None:
    """Explain an error of `tomllib`: line, column and mistake; None if there is nothing to add to it."""
    lines = source.split("\n")
    at = min(sum(len(text) + 1 for text in lines[: line - 1]) + column - 1, len(source))
    begin = source.rfind("\n", 0, at) + 1
    place = SourcePlace(source, at, source[begin:].split("\n", 1)[0])
    for known, look in _LOOKS:
        if known.search(reason) and (found := look(place)) is not None:
            before = source[: found.at]
            return before.count("\n") + 1, found.at - before.rfind("\n"), _SECRET.sub("://...@", found.said)
    return None


# -- quotation marks --------------------------------------------------------------------------------------------------

_AFTER_APOSTROPHE: Final = 'an apostrophe ends a text in single quotes: write "{}"'
_CURLY: Final = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2032\u2033`\u00b4"
_IN_CURLY: Final = re.compile(rf"[{_CURLY}]([^{_CURLY}\"\n]*)[{_CURLY}\"]?")


def _curly(place: SourcePlace) -> Slip | None:
    found = _IN_CURLY.match(place.source, place.at)
    if not found:
        return None
    return Slip(
        place.at, f'{found[0][0]} is no quotation mark of TOML: write straight ones, as in "{found[1].strip()}"'
    )


def _never_closed(place: SourcePlace) -> Slip | None:
    """Explain a text in quotes that does not end on its line."""
    opened = list(re.finditer(r"[\"']", place.line))
    curly = re.search(rf"[\"']([^\"'{_CURLY}]*)([{_CURLY}])", place.line)
    if curly:
        problem = (
            f'{curly[2]} is no quotation mark of TOML, so the text never ends: write straight ones, as in "{curly[1]}"'
        )
        return Slip(place.begin + curly.start(2), problem)
    if not opened:
        return None
    mark = opened[-1][0]
    return Slip(
        place.begin + opened[-1].start(), f"the text that begins here never ends: write a second {mark} after it"
    )


def _inner_quote(place: SourcePlace) -> Slip | None:
    """Explain a value in quotes with another quotation mark in it, or several values without brackets."""
    value = _value(place)
    if value[:1] not in ("'", '"'):
        return None
    start = place.begin + place.line.index(value)
    if re.fullmatch(r"(?:\"[^\"]*\"|'[^']*')(?:\s*,\s*(?:\"[^\"]*\"|'[^']*'))+", value):
        return Slip(start, f"several values are a list, which stands in square brackets: write [{value}]")
    inner = value[1:-1]
    if value[0] == "'" and value[-1] == "'" and '"' not in inner and "\\" not in inner:
        return Slip(start, _AFTER_APOSTROPHE.format(inner))
    if value[0] == '"' and value[-1] == '"' and "'" not in inner:
        return Slip(start, f"a quotation mark stands within the text: put the whole in single ones, '{inner}'")
    return None


def _backslash(place: SourcePlace) -> Slip | None:
    found = re.search(r'"([^"\n]*\\[^"\n]*)"', place.line)
    if not found or "'" in found[1]:
        return None
    problem = f"a backslash means something in double quotes: write single ones, '{found[1]}'"
    return Slip(place.begin + found.start(), problem)


# -- lists ------------------------------------------------------------------------------------------------------------

_PLAIN: Final = re.compile(r"(?:\"(?:\\.|[^\"\\])*\"|'[^']*'|[^\"'#])*")
"""The part of a line before its comment."""

_HEADER: Final = re.compile(r"\s*\[\[?\s*[A-Za-z0-9_.\"-]+\s*\]\]?\s*(?:#.*)?")
_PAIR: Final = re.compile(r"\s*[A-Za-z0-9_.\"-]+\s*=(?!=)")
_OPENS: Final = re.compile(r"^[^\n#\"']*=[ \t]*([\[{])", re.MULTILINE)
_LAST: Final = re.compile(r"\"(?:\\.|[^\"\\])*\"\Z|'[^']*'\Z|[^\s,\[{=]+\Z")


def _behind_last(source: str, at: int) -> int:
    """Return the end of the value before a place, skipping comments and empty lines."""
    begin = source.rfind("\n", 0, at) + 1
    plain = source[begin:at]
    while True:
        found = _PLAIN.match(plain)
        kept = (found[0] if found else "").rstrip()
        if kept or not begin:
            return begin + len(kept)
        begin, end = source.rfind("\n", 0, begin - 1) + 1, begin - 1
        plain = source[begin:end]


def _last_value(source: str, end: int) -> str:
    found = _LAST.search(source[source.rfind("\n", 0, end) + 1 : end])
    return found[0] if found else source[:end].rsplit("\n", maxsplit=1)[-1].strip()


def _unclosed(place: SourcePlace) -> Slip | None:
    """Explain a list in which a comma is missing, or that is never closed."""
    source, at = place.source, place.at
    if _goes_on(place) or not source[at:].strip():
        return _list_without_end(source, place.begin if source[at:].strip() else len(source))
    if source[at] == ";":
        return Slip(at, "a semicolon stands where a comma belongs: write a comma between the elements of a list")
    end = _behind_last(source, at)
    last = _last_value(source, end)
    return Slip(max(end - 1, 0), f"a comma is missing behind {last}")


_REST: Final = re.compile(r"[\w(][^,\n]*?([\"'])(?=[ \t]*(?:[,\]#]|$))", re.MULTILINE)
"""Words behind a text in quotes, up to the quotation mark that ends the element of a list."""


def _quote_in_list(place: SourcePlace) -> Slip | None:
    """Explain an element of a list with another quotation mark in it, or with none around the whole of it."""
    source, at = place.source, place.at
    end = _behind_last(source, at)
    start = end - len(_last_value(source, end))
    found = _REST.match(source, at)
    if found is None or source[start : start + 1] != found[1] or "\n" in source[start:at]:
        return None
    if found[1] == "'":
        text = source[start + 1 : found.end() - 1]
        return None if '"' in text or "\\" in text else Slip(start, _AFTER_APOSTROPHE.format(text))
    # A phrase in quotes with more behind it is the beginning of a term that has no quotes around it.
    inner = source[start + 1 : found.end() - 1] if end == at else source[start : found.end()]
    problem = "a quotation mark stands within the text"
    if "'" in inner:
        return Slip(start, f'{problem}: write \\" for it')
    return Slip(start, f"{problem}: put the whole in single ones, '{inner}'")


def _goes_on(place: SourcePlace) -> bool:
    """Return whether the line begins another key or table, so that a list before it was never closed."""
    before = place.source[place.begin : place.at].strip()
    return before in ("", "[", "[[") and bool(_HEADER.fullmatch(place.line) or _PAIR.match(place.line))


def _list_without_end(source: str, until: int) -> Slip | None:
    opened = list(_OPENS.finditer(source, 0, until))
    if not opened:
        return None
    what, bracket = ("list", "]") if opened[-1][1] == "[" else ("table", "}")
    end = _behind_last(source, until)
    line = source.count("\n", 0, opened[-1].start(1)) + 1
    last = _last_value(source, end).rstrip(",")
    return Slip(
        max(end - 1, 0), f"the {what} that begins on line {line} is never closed: write {bracket} behind {last}"
    )


def _inside_list(place: SourcePlace) -> Slip | None:
    """Explain a header or key that is read as part of a list above, which was never closed."""
    if not _goes_on(place):
        return None
    try:
        tomllib.loads(place.source[: place.begin])
    except (ValueError, RecursionError):
        return _list_without_end(place.source, place.begin)
    return None


# -- values -----------------------------------------------------------------------------------------------------------

_WORDS: Final = {
    "true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false",
}  # fmt: skip
_NOTHING: Final = ("none", "null", "nil")
_TOKEN: Final = re.compile(r"[^,\]}#\n]*")


def _value(place: SourcePlace) -> str:
    """Return the value of the line that the place is on, without its comment."""
    plain = _PLAIN.match(place.line)
    is_whole = plain is not None and place.line[plain.end() :][:1] in ("", "#")
    return (plain[0] if plain and is_whole else place.line).partition("=")[2].strip()


def _no_value(place: SourcePlace) -> Slip | None:
    """Explain a missing value, or a word that is not a value."""
    if place.rest.startswith(",") or not place.rest or place.rest.startswith("#"):
        if place.rest.startswith(","):
            return Slip(place.at, "a comma stands where a value belongs: remove it")
        return Slip(place.at, "a value is missing: write one behind the =, or remove the line")
    found = _TOKEN.match(place.source, place.at)
    token = found[0].strip() if found else ""
    if not token or not token.isprintable() or token[0] in "\"'[{=":
        return None
    small = token.lower()
    if small in _WORDS:
        return Slip(
            place.at, f"{token} is no value of TOML: write {_WORDS[small]}, in small letters and without quotes"
        )
    if small in _NOTHING:
        return Slip(place.at, f'{token} is no value of TOML: remove the line, or write "" for an empty text')
    return Slip(place.at, f"a text stands in quotes: write {_quoted(token)}")


def _quoted(token: str) -> str:
    return f'"{token}"' if not re.search(r'["\\]', token) else f"'{token}'"


def _no_end(place: SourcePlace) -> Slip | None:
    """Explain a value that goes on where the line should end."""
    value = _value(place)
    start = place.begin + place.line.find(value)
    if value.endswith(","):
        return Slip(start + len(value) - 1, "a comma ends no line outside of a list: remove it")
    if re.fullmatch(r"[0-9+-][\w:.+/ -]*", value):
        return Slip(start, f"a time, or a figure with a unit, stands in quotes: write {_quoted(value)}")
    return None


_KEY_OF_WORDS: Final = re.compile(r"[ \t]*([\w-]+(?:[ \t]+[\w-]+)+)[ \t]*=")


def _no_equals(place: SourcePlace) -> Slip | None:
    if place.rest.startswith(":"):
        return Slip(place.at, "a colon stands where = belongs: write key = value")
    if words := _KEY_OF_WORDS.match(place.line):
        return Slip(place.begin, f'a key of several words stands in quotes: write "{words[1]}" = value')
    return Slip(place.at, "= is missing between a key and its value: write key = value")


def _header(place: SourcePlace) -> Slip | None:
    name = place.line.strip().strip("[]").split("#")[0].strip().strip("]")
    written = f"[[{name}]]" if place.line.strip().startswith("[[") else f"[{name}]"
    return Slip(place.at, f"the brackets around the name of a table don't close: write {written}")


# -- twice ------------------------------------------------------------------------------------------------------------

_SEVERAL: Final = frozenset({("topics",), ("subscribers",), ("webhooks",), ("sources", "feeds")})
"""Tables of which there may be several: their names stand in two pairs of brackets."""

_STATEMENT: Final = re.compile(r"[ \t]*(?:(\[\[?)[ \t]*([^\]\n]+?)[ \t]*\]|([^=\n]+?)[ \t]*=)")


def _twice(place: SourcePlace) -> Slip | None:
    """Explain a key or a table that is there already, with its line."""
    begin = _statement_begin(place)
    found = _STATEMENT.match(place.source, begin)
    if found is None:
        return None
    bracket, name = found[1], found[2] or found[3]
    before = place.source[:begin]
    headers, path = header_spans(before), _names(name)
    if not bracket:
        table = next(reversed(headers), ())
        line = key_lines(before).get((*table, *path))
        where = "in this table" if table else "before all tables"
        problem = f"`{name}` stands {where} already, on line {line}: put both into one"
        if table[:-1] in _SEVERAL:  # perhaps its header was left out when a table was copied
            several = ".".join(map(str, table[:-1]))
            problem += f", or write [[{several}]] above what belongs to the next"
    else:
        line = key_lines(before).get(path)
        problem = _table_twice(name, path, bracket, before) if line else ""
    return Slip(begin + len(found[0]) - len(found[0].lstrip()), problem) if line else None


def _table_twice(name: str, path: KeyPath, bracket: str, before: str) -> str:
    """Explain a header of a table whose name stands above."""
    line, headers = key_lines(before)[path], header_spans(before)
    is_table, is_several = path in headers, (*path, 0) in headers
    if is_several:
        return f"[[{name}]] is there already, on line {line}: write [[{name}]] for one more"
    if is_table and path in _SEVERAL:
        too = "" if bracket == "[[" else " here and"
        return f"there may be several of these tables: write [[{name}]]{too} on line {line}"
    if is_table:
        return f"[{name}] is there already, on line {line}: put both into one"
    return f"`{name}` has a value already, on line {line}: put both into one"


def _twice_in_braces(place: SourcePlace) -> Slip | None:
    return Slip(place.at, "a key stands twice in the table in { }, which ends here: remove one of the two")


def _statement_begin(place: SourcePlace) -> int:
    """Return where the key or header begins that can't be read here: the text before it can."""
    begin = place.begin
    while begin:
        try:
            tomllib.loads(place.source[:begin])
        except (ValueError, RecursionError):
            begin = place.source.rfind("\n", 0, begin - 1) + 1
        else:
            break
    return begin


def _names(dotted: str) -> KeyPath:
    """Return the names of a dotted key; none if it can't be read."""
    path: KeyPath = ()
    try:
        inner: Any = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return ()
    while isinstance(inner, dict):
        [(name, inner)] = inner.items()
        path = (*path, name)
    return path


_LOOKS: Final[tuple[tuple[re.Pattern[str], Callable[[SourcePlace], Slip | None]], ...]] = (
    (re.compile("Invalid (?:value|statement)|Unclosed"), _curly),
    (re.compile("Illegal character|Unterminated string"), _never_closed),
    (re.compile("Unclosed"), _quote_in_list),
    (re.compile("Unclosed"), _unclosed),
    (re.compile("Invalid value"), _inside_list),
    (re.compile("Invalid value"), _no_value),
    (re.compile("Expected newline"), _inner_quote),
    (re.compile("Expected newline"), _no_end),
    (re.compile("Expected '=' after a key"), _no_equals),
    (re.compile(r"Expected '\]"), _header),
    (re.compile("Cannot (?:overwrite|declare|mutate)"), _twice),
    (re.compile("Duplicate inline table key"), _twice_in_braces),
    (re.compile(r"Unescaped '\\\\'|hex value|Illegal escape"), _backslash),
)
"""Explanations to try, by the message of `tomllib`, in this order."""
