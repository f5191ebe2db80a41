# ruff: noqa: INP001, E501 - a script, no part of a package; a page has a paragraph a line
"""Write what the program itself says into the manual: `uv run python docs/make_pages.py`.

reference.md is made whole, from the commands. In the tutorial and the recipes each block of a console is played, in the
order of the page, in a folder of its own, and what the program printed is put in. `| head -N` shows the first lines.
A block of text that a file's name stands before is written into that file. README.md shows parts of the demo's last digest:
`<!-- digest: top -->` its subject and all down to the end of *At a glance*, `<!-- digest: HEADING -->` the item with that
heading.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import inspect
import os
import re
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import click.testing
from click.testing import CliRunner

from monitor.cli import COMMANDS, pqwatch

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parent
PLAYED = ("tutorial.md", "recipes.md")
COLUMNS = 88
_LOG_TIME = re.compile(r"(?m)^\d{4}-\d\d-\d\dT[\d:.]+Z(?= [A-Z]+ )")
_SHOWN_TIME = "2024-11-28T07:30:00.000Z"
"""The log has the real time; the page has the same one each time it is made."""

HEAD = """\
# Reference of commands

Made from the program by `uv run python docs/make_pages.py`: what `--help` (or `-h`) of each command says, on one page. What the commands are for, with more examples: [commands.md](commands.md).
"""


def main() -> None:
    """Write the pages."""
    (DOCS / "reference.md").write_text(reference(), encoding="utf-8")
    for name in PLAYED:
        page = DOCS / name
        with tempfile.TemporaryDirectory() as folder:
            page.write_text(played(page.read_text(encoding="utf-8"), Path(folder)), encoding="utf-8")
    readme = DOCS.parent / "README.md"
    with tempfile.TemporaryDirectory() as folder:
        _run(f"pqwatch demo --folder {folder} --brief")
        mail = max(Path(folder).rglob("*.eml"), key=lambda path: path.name).read_bytes()
    readme.write_text(with_digest(readme.read_text(encoding="utf-8"), mail), encoding="utf-8")


# -- the digest in README.md ------------------------------------------------------------------------------------------


def with_digest(page: str, mail: bytes) -> str:
    """Fill the parts of a digest that a page shows from its mail. Raises ValueError where a part is not in the mail."""
    message = email.message_from_bytes(mail, policy=email.policy.default)
    body = message.get_body(("plain",))
    text = f"Subject: {message['Subject']}\n\n{body.get_content() if body else ''}".replace("\r\n", "\n")
    return re.sub(
        r"(?s)(<!-- digest: (.*?) -->\n```text\n).*?(?=```)", lambda found: found[1] + _part(text, found[2]), page
    )


def _part(digest: str, name: str) -> str:
    pattern = r"(?s)\A.*?\nAT A GLANCE\n=+\n.*?(?=\n[^\n]+\n={9})" if name == "top" else _item_pattern(name)
    found = re.search(pattern, digest)
    if found is None:
        raise ValueError(f"the demo's digest has no {name!r}: name another part in README.md")
    return found[0].rstrip() + "\n"


def _item_pattern(heading: str) -> str:
    """Match an item from the line with its number and heading to the line before its address."""
    return rf"(?ms)^ ?\d+  [^\n]*\| {re.escape(heading)}$.*?(?=^https://|^-{{9}})"


# -- the reference ----------------------------------------------------------------------------------------------------


def reference() -> str:
    """The page of all commands."""
    written = [HEAD]
    context = click.Context(pqwatch, info_name="pqwatch", **pqwatch.context_settings)
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
    told = [one for one in command.get_params(context) if "--help" not in one.opts]
    options = [found for one in told if (found := one.get_help_record(context))]
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


# -- pages that are played --------------------------------------------------------------------------------------------


def played(text: str, folder: Path) -> str:
    """A page with what its commands print now, run in `folder`, where the demo has left an archive in `practice`."""
    with _terminal(), contextlib.chdir(folder):
        if not Path("practice").exists():
            _run("pqwatch demo --folder practice --brief")
        os.chdir("practice")
        return re.sub(r"(?ms)^(?:(`([\w.]+)`:\n\n```text\n)(.*?)|```console\n(.*?))^```$", _block, text)


def _block(found: re.Match[str]) -> str:
    if found[2]:
        Path(found[2]).write_text(found[3], encoding="utf-8")
        return found[0]
    lines = re.findall(r"(?m)^\$ (.*)$", found[4])
    return "```console\n" + "".join(f"$ {line}\n{_run(line)}" for line in lines) + "```"


def _run(line: str) -> str:
    """What a command prints, on stdout and stderr, as far as the line asks for it."""
    line, _, most = line.partition(" | head -")
    program, *words = shlex.split(line, comments=True)
    if program != "pqwatch":
        return ""  # to install, or to change to a folder
    result = CliRunner().invoke(pqwatch, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    output = _LOG_TIME.sub(_SHOWN_TIME, result.output.replace(str(Path.cwd()), "~/practice"))
    printed = output.splitlines(keepends=True)
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in printed[: int(most) if most else None])


@contextlib.contextmanager
def _terminal() -> Iterator[None]:
    """Stdout that is taken for a terminal of some width, without colours, so that lines are as a reader sees them."""
    wrapper: Any = click.testing._NamedTextIOWrapper  # noqa: SLF001 (what CliRunner puts in the place of stdout)
    before = {name: os.environ.get(name) for name in ("COLUMNS", "NO_COLOR", "PAGER")}
    is_terminal = wrapper.isatty
    wrapper.isatty = lambda self: self.name == "<stdout>"
    os.environ.update(COLUMNS=str(COLUMNS), NO_COLOR="1", PAGER="cat")
    try:
        yield
    finally:
        wrapper.isatty = is_terminal
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


if __name__ == "__main__":
    main()
