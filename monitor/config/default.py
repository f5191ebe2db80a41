"""The default config.toml, and the few edits that `pqwatch init` makes in it.

Edits go line by line, so that every comment stays where it is. They know this one text, not TOML at large.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADER = re.compile(r"\[\[?(?P<name>[a-z_.]+)\]\]?\s*")
_KEY = re.compile(r"(?P<off># )?(?P<key>[a-z_]+) = ")
_COMMENT = re.compile(r"(?P<gap> {2,})(?P<words># .*)$")
_KEY_OF_OLD, _KEY_OF_NEW = "password_env", "password_file"


def default_config_text() -> str:
    """Read the commented default: in the wheel beside the package, in a checkout at the top. Raises ConfigError."""
    inside = files("monitor").joinpath("_data/config.default.toml")
    if inside.is_file():
        return inside.read_text(encoding="utf-8")
    try:
        return (Path(__file__).resolve().parents[2] / "config.toml").read_text(encoding="utf-8")
    except OSError:
        raise ConfigError("pqwatch is installed without its default configuration: install it again") from None


def with_values(text: str, values: Mapping[tuple[str, str], str | int]) -> str:
    """Replace the values of some keys, each named by its table and itself: ("delivery.smtp", "host").

    The first table of that name counts. A key that stands in a comment is brought in force; `password_file` takes the
    place of `password_env`. Raises ConfigError where the text has no such key.
    """
    missing = dict(values)
    lines, table = [], ""
    for line in text.split("\n"):
        if header := _HEADER.fullmatch(line.partition("#")[0]):
            table = header["name"]
        found = _KEY.match(line)
        place = (table, found["key"]) if found else None
        if found and place in missing:
            lines.append(_with_value(line, found, missing.pop(place)))
        elif found and found["key"] == _KEY_OF_OLD and (table, _KEY_OF_NEW) in missing:
            lines.append(f"# {line}")
        else:
            lines.append(line)
    for name, key in missing:
        raise ConfigError(f"the default configuration has no {name}.{key} to fill in: put back the one of pqwatch")
    return "\n".join(lines)


def _with_value(line: str, found: re.Match[str], value: str | int) -> str:
    """Replace the value of a line; its comment stays in its column, if there is room."""
    written = f"{found['key']} = {_toml(value)}"
    comment = _COMMENT.search(line)
    if comment is None:
        return written
    return f"{written.ljust(comment.start('words') - 2)}  {comment['words']}"


def _toml(value: str | int) -> str:
    """Write a value in TOML: JSON's texts are TOML's basic strings, but for DEL."""
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
