"""Commands that messages name, as the user has to type them: with `--config` where the file is not found without it."""

from __future__ import annotations

import os
import re
import shlex
from contextvars import ContextVar
from io import StringIO
from pathlib import Path
from typing import Final

import click

from monitor.config import find
from monitor.config.tables import placed
from monitor.errors import ConfigError

_GIVEN: Final[ContextVar[str | None]] = ContextVar("config_given", default=None)
"""Value of --config on this command line."""
_NAMED: Final = re.compile(r"\bpqwatch ([a-z][a-z-]+)(?: ([a-z]+)\b)?")
_OPTION: Final = "--config"
_WITHOUT_OPTION: Final = ("demo", "help")


def note_config(_context: object, _param: object, config_path: str | None) -> str | None:
    """Remember the value of --config, for the commands that messages name."""
    _GIVEN.set(config_path)
    return config_path


def config_words(path: Path) -> list[str]:
    """Return the option that names this config.toml; nothing where it is found without the option."""
    try:
        is_found = find(None, os.environ, Path.cwd()) == path
    except ConfigError:
        is_found = False
    return [] if is_found else [_OPTION, str(path)]


def as_typed(text: str) -> str:
    """Put `--config` behind each command that a message names, where this command line needed it."""
    given = _GIVEN.get()
    if not given or _NAMED.search(text) is None:
        return text
    try:
        option = shlex.join(config_words(placed(Path.cwd(), given)))
    except ValueError:  # ~ without a home folder, which is what the message is about
        return text
    if not option:
        return text
    pieces, end = [], 0
    for found in _NAMED.finditer(text):
        length = _length_of_command(found)
        at = found.start(1) + length
        rest_of_command = text[at:].split("\n", 1)[0].split("pqwatch ", 1)[0]
        if length and _OPTION not in rest_of_command:
            pieces += [text[end:at], f" {option}"]
            end = at
    rest = text[end:]
    # A full stop right behind the name of the file would be typed with it.
    return "".join([*pieces, rest[1:] if pieces and rest.rstrip() == "." else rest])


def _length_of_command(found: re.Match[str]) -> int:
    """Return how long the name of the command is that a match begins with, that of a command in a group too; 0: none."""
    from monitor.cli import COMMANDS, pqwatch  # noqa: PLC0415 (it imports the commands, which import this)

    name, behind = found.groups()
    if name not in COMMANDS or name in _WITHOUT_OPTION:
        return 0
    command = pqwatch.get_command(click.Context(pqwatch), name)
    is_in_group = isinstance(command, click.Group) and behind in command.commands
    return len(f"{name} {behind}") if is_in_group else len(name)


def show(error: click.ClickException) -> None:
    """Show an error of click, with the commands that it names as they have to be typed."""
    shown, message = StringIO(), error.format_message()
    error.show(shown)
    click.echo(shown.getvalue().replace(message, as_typed(message)), err=True, nl=False)
