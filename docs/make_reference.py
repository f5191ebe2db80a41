# ruff: noqa: INP001, E501 - a script, no part of a package; a page has a paragraph a line
"""Write docs/reference.md, what each command takes, from the commands themselves: `uv run python docs/make_reference.py`."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import COMMANDS, pqwatch

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).with_name("reference.md")

HEAD = """\
# Reference of commands

Made from the program by `uv run python docs/make_reference.py`: what `--help` of each command says, on one page. What the commands are for, with more examples: [commands.md](commands.md).
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The page as it should be."""
    written = [HEAD]
    context = click.Context(pqwatch, info_name="pqwatch")
    for name in COMMANDS:
        command = pqwatch.get_command(context, name)
        if command is not None:
            written.extend(_described(command, click.Context(command, info_name=name, parent=context)))
    return "\n".join(written)


def _described(command: click.Command, context: click.Context) -> Iterator[str]:
    """A command, then those within it."""
    level = "##" if context.parent and context.parent.parent is None else "###"
    yield f"{level} {context.command_path}\n"
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"    {context.command_path} {usage}\n"
    yield from (f"{paragraph}\n" for paragraph in _paragraphs(command.help or ""))
    options = [found for one in command.get_params(context) if (found := one.get_help_record(context))]
    if options:
        yield "| option | |\n|---|---|"
        yield from (f"| {_cell(_code(name))} | {_cell(told)} |" for name, told in options)
        yield ""
    yield from _epilog(command.epilog or "")
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from _described(inner, click.Context(inner, info_name=name, parent=context))


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a help text, each on one line; what is laid out by hand stands as it is."""
    paragraphs = []
    for one in inspect.cleandoc(text).split("\n\n"):
        if one.startswith("\b\n"):
            lines = [line.strip() for line in one.splitlines()[1:] if not line.startswith("Examples")]
            paragraphs.append("\n".join(f"    {line}" for line in lines))
        elif one.strip():
            paragraphs.append(_marked(" ".join(one.split())))
    return paragraphs


def _epilog(text: str) -> Iterator[str]:
    """Examples as code, exit codes as a sentence."""
    for one in inspect.cleandoc(text).split("\n\n"):
        lines = [line for line in one.splitlines() if line.strip() and line != "\b"]
        if not lines:
            continue
        if lines[0].startswith("Examples"):
            yield "\n".join(f"    {line.strip()}" for line in lines[1:]) + "\n"
        else:
            yield _marked(" ".join(" ".join(lines).split())) + "\n"


def _code(name: str) -> str:
    return f"`{name}`"


def _cell(text: str) -> str:
    return _marked(text).replace("|", "\\|") if "`" not in text else text.replace("|", "\\|")


def _marked(text: str) -> str:
    """Text whose stars, brackets and angles are no mark-up."""
    return re.sub(r"([*_<\[\]])", r"\\\1", text)


if __name__ == "__main__":
    main()
