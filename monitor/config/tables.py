"""Reading a table of config.toml key by key, and collecting every mistake with its line."""

from __future__ import annotations

import os
import stat
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from monitor.config.positions import key_lines
from monitor.config.values import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from monitor.config.positions import KeyPath

T = TypeVar("T")
_MISSING = object()
_CONTROLS = ("Cc", "Cs", "Zl", "Zp")


class Secret:
    """A text that must not reach a log or a screen: only `reveal` returns it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text, for the one call that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass
class Problems:
    """Mistakes found so far in one file, whose text is `source`."""

    file: Path
    source: str
    found: list[tuple[int, str]] = field(default_factory=list)

    @cached_property
    def lines(self) -> Mapping[KeyPath, int]:
        """Line of each key, looked for at the first mistake: most files have none, and a long one takes its time."""
        return key_lines(self.source)

    def line(self, path: KeyPath) -> int:
        """Return the line of a key, or of the nearest table around it that is written; 1 for the whole file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def sentence(self, path: KeyPath, text: str) -> str:
        """Write a mistake as the user reads it: file, line, key, what is wrong and what to do."""
        key = ".".join(part for part in path if isinstance(part, str))
        return f"{self.file.name} line {self.line(path)}: {key}: {text}"

    def add(self, path: KeyPath, text: str) -> None:
        """Note a mistake."""
        self.found.append((self.line(path), self.sentence(path, text)))

    def in_order(self) -> list[str]:
        """Return all mistakes as sentences, in the order of the file."""
        return [text for _, text in sorted(self.found, key=lambda problem: problem[0])]


class Table:
    """A table of the file. Each key is taken once; `close` complains of keys that were not taken, in tables within too."""

    def __init__(self, problems: Problems, data: Any, path: KeyPath = ()) -> None:
        self.problems = problems
        self.path = path
        self._known: list[str] = []
        self._within: list[Table] = []
        if not isinstance(data, dict):
            problems.add(path, f"must be a table, written as [{'.'.join(map(str, path))}] on a line of its own")
            data = {}
        self._data: dict[str, Any] = data

    def has(self, key: str) -> bool:
        """Return whether the key is written in the file."""
        return key in self._data

    def written(self) -> tuple[str, ...]:
        """Return the keys that are written in the file, in its order."""
        return tuple(self._data)

    def holds_nothing(self, key: str) -> bool:
        """Return whether the key is written with an empty list."""
        return self._data.get(key) == []

    def take(self, key: str, default: T, check: Callable[[Any], T]) -> T:
        """Return the checked value of a key; the default if it is absent, or if it is wrong, which is noted."""
        self._known.append(key)
        value = self._data.get(key, _MISSING)
        if value is _MISSING:
            return default
        try:
            return check(value)
        except ValueError as wrong:
            self.complain(key, str(wrong))
            return default

    def read(self, key: str, reading: Callable[[], T]) -> T | None:
        """Return what a key names (a file, a variable); None if it names nothing, which is noted."""
        try:
            return reading()
        except ValueError as wrong:
            self.complain(key, str(wrong))
            return None

    def take_each(self, key: str, default: tuple[T, ...], check: Callable[[Any], T]) -> tuple[T, ...]:
        """Return the checked elements of a list; wrong ones are noted and left out."""
        return tuple(value for _, value in self.take_placed(key, default, check))

    def take_placed(self, key: str, default: tuple[T, ...], check: Callable[[Any], T]) -> list[tuple[KeyPath, T]]:
        """Return the checked elements of a list, each with its place; wrong ones are noted and left out."""
        values = self.take(key, None, a_list)
        if values is None:
            return [((*self.path, key), value) for value in default]
        found = []
        for number, value in enumerate(values):
            place = (*self.path, key, number)
            try:
                found.append((place, check(value)))
            except ValueError as wrong:
                self.problems.add(place, str(wrong))
        return found

    def take_one_or_each(self, key: str, check: Callable[[Any], T]) -> tuple[T, ...]:
        """Return the checked value of a key, or the checked elements if it is a list; wrong ones are noted and left out."""
        if isinstance(self._data.get(key), list):
            return self.take_each(key, (), check)
        value = self.take(key, None, check)
        return () if value is None else (value,)

    def table(self, key: str) -> Table:
        """Return a table within this one; an empty one if it is absent."""
        self._known.append(key)
        return self._table_at(self._data.get(key, {}), key)

    def tables(self, key: str) -> list[Table]:
        """Return the tables of an array of tables, in file order."""
        self._known.append(key)
        data = self._data.get(key, [])
        if not isinstance(data, list):
            name = ".".join(part for part in (*self.path, key) if isinstance(part, str))
            self.complain(key, f"is written with two brackets: [[{name}]]")
            return []
        return [self._table_at(table, key, number) for number, table in enumerate(data)]

    def _table_at(self, data: Any, *place: str | int) -> Table:
        table = Table(self.problems, data, (*self.path, *place))
        self._within.append(table)
        return table

    def refuse(self, key: str, remedy: str) -> None:
        """Complain of a key that never belongs here, with what to write instead."""
        if self.has(key):
            self._known.append(key)
            self.complain(key, remedy)

    def complain(self, key: str, text: str) -> None:
        """Note a mistake at a key of this table, or at the table itself if the key is absent."""
        self.problems.add((*self.path, key), text)

    def close(self) -> None:
        """Complain of every key that was not taken, and name the nearest that exists."""
        for table in self._within:
            table.close()
        for key in self._data:
            if key not in self._known:
                known = nearest(key, self._known) or f" Known here: {', '.join(sorted(self._known))}."
                self.complain(key, f"there is no such key.{known}")


def text(value: Any) -> str:
    """Check a text on one line."""
    if not isinstance(value, str):
        raise ValueError(f"{_shown(value)} must be a text in quotes")  # noqa: TRY004 - wrong values are one kind of error
    if not value.isprintable() and any(unicodedata.category(character) in _CONTROLS for character in value):
        raise ValueError(f"{value!r} holds a line break or another control character; remove it")
    return value


def words(value: Any) -> str:
    """Check a text that must not be empty; return it without spaces around it."""
    found = text(value).strip()
    if not found:
        raise ValueError("is empty; write something between the quotes")
    return found


def parsed(check: Callable[[str], T]) -> Callable[[Any], T]:
    """Return a check of a text that must not be empty."""
    return lambda value: check(words(value))


def optional(check: Callable[[str], str]) -> Callable[[Any], str]:
    """Return a check of a text that may be empty."""
    return lambda value: check(text(value)) if value != "" else ""


def a_list(value: Any) -> list[Any]:
    """Check a list of anything."""
    if not isinstance(value, list):
        raise ValueError(f"{_shown(value)} must be a list in square brackets")  # noqa: TRY004 - as above
    return value


def truth(value: Any) -> bool:
    """Check a value that is true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{_shown(value)} must be true or false, without quotes")  # noqa: TRY004 - as above
    return value


def whole(low: int, high: int) -> Callable[[Any], int]:
    """Return a check of a whole number within bounds, both allowed."""

    def check(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"{_shown(value)} must be a whole number from {low} to {high}")
        return value

    return check


def choice(*allowed: str) -> Callable[[Any], str]:
    """Return a check of one word out of a few."""

    def check(value: Any) -> str:
        if value not in allowed:
            listed = ", ".join(f'"{word}"' for word in allowed)
            raise ValueError(f"{_shown(value)} must be one of {listed}.{nearest(str(value), allowed)}")
        return str(value)

    return check


def existing_file(base: Path, value: Any) -> Path:
    """Check the path of a file that exists; a relative path is relative to `base`."""
    found = placed(base, words(value))
    if not found.is_file():
        raise ValueError(f"there is no file {found}; correct the path or create the file")
    return found


def placed(base: Path, written: str) -> Path:
    """Return the full path that was meant: `~` is the home folder, a relative path is relative to `base`."""
    try:
        return Path(os.path.abspath(base / Path(written).expanduser()))  # noqa: PTH100 - resolve() would follow links
    except RuntimeError:
        raise ValueError(f'"{written}": the home folder is not known; write the whole path') from None


def secret_file(base: Path, value: Any) -> Secret:
    """Read the first line of a file that only its owner may read (mode 0600)."""
    path = existing_file(base, value)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ValueError(f"others may read {path}; run: chmod 600 {path}")
    try:
        found = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{path} can't be read as text; check its owner and contents") from None
    if not found or not found.isprintable():
        raise ValueError(f"{path} must hold the secret on one line and nothing else")
    return Secret(found)


def secret_variable(env: Mapping[str, str], value: Any) -> Secret:
    """Read an environment variable that must be set."""
    name = words(value)
    if not env.get(name):
        raise ValueError(f"the environment variable {name} is not set; set it, or name a file of mode 0600 instead")
    return Secret(env[name])


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
