# ruff: noqa: INP001 - a script, no part of a package; a page has a paragraph a line
"""Write the generated parts of the manual: `uv run python docs/make_pages.py`.

commands.md: between `<!-- command: NAME -->` and `<!-- end -->` comes what `--help` of the command says, and after
`<!-- shared options -->` the options that several commands share.

configuration.md: between `<!-- keys: TABLE -->` and `<!-- end -->` come the keys, defaults and comments of the shipped
config.toml. A key that is commented out, or whose comment begins with "required: " or "optional: ", has no default.

assistants.md: between `<!-- tools -->` and `<!-- end -->` come the tools of `pqwatch mcp`, as assistants are told of them.

Pages in PLAYED: each block of a console is played, in the order of the page, in a folder of its own, and what the program
printed is put in. `| head -N` shows the first lines. A block of text that a file's name stands before is written into that
file.

README.md shows parts of the demo's last digest: `<!-- digest: top -->` its subject and all down to the end of *At a
glance*, `<!-- digest: HEADING -->` the item with that heading.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import inspect
import json
import os
import re
import shlex
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import click.testing
from click.testing import CliRunner

from monitor.cli import COMMANDS, pqwatch
from monitor.config.default import default_config_text
from monitor.mcp.calls import Calls
from monitor.mcp.server import make_tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mcp.server.mcpserver.tools import Tool

DOCS = Path(__file__).parent
PLAYED = ("tutorial.md", "search.md")
COLUMNS = 88
_LOG_TIME = re.compile(r"(?m)^\d{4}-\d\d-\d\dT[\d:.]+Z(?= [A-Z]+ )")
_SHOWN_TIME = "2024-11-28T07:30:00.000Z"
"""Time that the page shows in place of the real one in the log, so that it stays the same."""


def main() -> None:
    """Write the pages."""
    for name, fill in FILLED.items():
        page = DOCS / name
        page.write_text(fill(page.read_text(encoding="utf-8")), encoding="utf-8")
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
    """Fill in the parts of a digest that a page shows. Raises ValueError if a part is not in the mail."""
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


# -- commands.md ------------------------------------------------------------------------------------------------------

SHARED_BY = 3
"""An option that so many commands have, with the same words, is described once for all of them."""

_RANGE = re.compile(r"; x>=\d+(?=\])|\s*\[[\d<=x>]+\]")
"""The bounds of a number, as click writes them."""


def with_commands(page: str) -> str:
    """Fill in the help of each command that the page names, and the options that several share."""
    commands = {context.command_path.removeprefix("pqwatch "): context for context in _commands()}
    uses = Counter(option for context in commands.values() for option in _options(context))
    shared = {
        option: None for context in commands.values() for option in _options(context) if uses[option] >= SHARED_BY
    }
    page = _filled(page, "command", lambda name: _described(commands[name], shared))
    purposes: dict[str, list[str]] = {}
    for written, purpose in shared:
        purposes.setdefault(written, []).append(purpose)
    lines = "".join(_option_line((written, " Or: ".join(found))) for written, found in purposes.items())
    return _filled(page, "shared options", lambda _: lines)


def _filled(page: str, mark: str, content: Callable[[str], str]) -> str:
    """Return the page with new content between each `<!-- MARK: NAME -->` and the next `<!-- end -->`."""
    pattern = rf"(?s)(<!-- {mark}(?:: ([^>]*))? -->\n).*?(?=<!-- end -->)"
    return re.sub(pattern, lambda found: f"{found[1]}\n{content(found[2])}\n", page)


def _commands(context: click.Context | None = None) -> Iterator[click.Context]:
    """Yield every command that does something, in a context that knows its name."""
    if context is None:
        context = click.Context(pqwatch, info_name="pqwatch", **pqwatch.context_settings)
    group = context.command
    if not isinstance(group, click.Group):
        yield context
        return
    for name in COMMANDS if context.parent is None else group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            yield from _commands(click.Context(command, info_name=name, parent=context))


def _options(context: click.Context) -> list[tuple[str, str]]:
    """Return each option but `--help`: how to write it, and its purpose."""
    params = [param for param in context.command.get_params(context) if isinstance(param, click.Option)]
    records = [param.get_help_record(context) for param in params if "--help" not in param.opts]
    return [(record[0].replace("INTEGER RANGE", "N"), _RANGE.sub("", record[1])) for record in records if record]


def _described(context: click.Context, shared: Iterable[tuple[str, str]]) -> str:
    """Return the usage of a command, its help, options, examples and exit codes."""
    arguments = [piece for piece in context.command.collect_usage_pieces(context) if piece != "[OPTIONS]"]
    usage = _fenced("text", [f"{context.command_path} {' '.join(arguments)}"]) if arguments else ""
    paragraphs = [f"{paragraph}\n" for paragraph in _paragraphs(context.command.help or "")]
    options = _options(context)
    own = "".join(_option_line(option) for option in options if option not in shared)
    flags = [flag for written, _ in options for flag in re.findall(r"--[a-z-]+", written) if (written, _) in shared]
    also = f"{'Also' if own else 'Options:'} {', '.join(map(_code, flags))}.\n" if flags else ""
    return "\n".join(part for part in (usage, *paragraphs, own, also, *_epilog(context.command.epilog or "")) if part)


def _option_line(option: tuple[str, str]) -> str:
    written, purpose = option
    return f"- {_code(written)}: {_marked(' '.join(purpose.split()))}\n"


def _paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a help text, each on one line, except those laid out by hand."""
    paragraphs = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b\n"):
            lines = [line.strip() for line in paragraph.splitlines()[1:] if not line.startswith("Examples")]
            paragraphs.append(_fenced("sh", lines).rstrip())
        elif paragraph.strip():
            paragraphs.append(_marked(" ".join(paragraph.split())))
    return paragraphs


def _epilog(text: str) -> Iterator[str]:
    """Yield examples as code, exit codes as a sentence."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        lines = [line for line in paragraph.splitlines() if line.strip() and line != "\b"]
        if not lines:
            continue
        if lines[0].startswith("Examples"):
            yield _fenced("sh", [line.strip() for line in lines[1:]])
        else:
            yield _marked(" ".join(" ".join(lines).split())) + "\n"


def _fenced(language: str, lines: Iterable[str]) -> str:
    return "\n".join([f"```{language}", *lines, "```", ""])


def _code(text: str) -> str:
    return f"`{text}`"


def _marked(text: str) -> str:
    """Escape stars, brackets and angles, and make links of the names of pages."""
    escaped = re.sub(r"([*_<\[\]])", r"\\\1", text)
    return re.sub(r"docs/(\w+\.md)", r"[\1](\1)", escaped)


# -- configuration.md -------------------------------------------------------------------------------------------------

_TABLE = re.compile(r"(?:# )?\[+([a-z_.]+)\]+ *(?:# .*)?")
_KEY = re.compile(r"(?P<off># )?(?P<key>[a-z_]+) = (?P<value>.*?)(?: {2,}# (?P<comment>.*))?")
_WITHOUT_DEFAULT = ("required: ", "optional: ")


def with_keys(page: str) -> str:
    """Fill in the keys of each table of config.toml that the page names."""
    tables = _key_rows(default_config_text())
    return _filled(page, "keys", lambda name: "| key | default | |\n|---|---|---|\n" + "".join(tables[name]))


def _key_rows(text: str) -> dict[str, list[str]]:
    """Return a row for each key, by its table, from the commented config.toml that comes with the program."""
    rows: dict[str, list[str]] = {}
    keys: list[str] = []
    for line in text.splitlines():
        if table := _TABLE.fullmatch(line):
            keys = [] if table[1] in rows else rows.setdefault(table[1], [])  # of several topics the first is described
        elif key := _KEY.fullmatch(line):
            comment = key["comment"] or ""
            is_default = not (key["off"] or key["value"].endswith("[") or comment.startswith(_WITHOUT_DEFAULT))
            default = _code(key["value"]) if is_default else ""
            keys.append(f"| `{key['key']}` | {default} | {_marked(comment)} |\n")
    return rows


# -- assistants.md ----------------------------------------------------------------------------------------------------


def with_tools(page: str) -> str:
    """Fill in the tools for assistants, with their parameters."""
    tools = make_tools(Calls(None))  # type: ignore[arg-type]  # nothing is called
    return _filled(page, "tools", lambda _: "\n".join(map(_tool_section, tools)))


def _tool_section(tool: Tool) -> str:
    required = tool.parameters.get("required", [])
    rows = [
        f"| `{name}` | {_type_of(schema, tool.parameters)} | {_default_of(schema, is_required=name in required)} | "
        f"{_marked(schema.get('description', ''))} |"
        for name, schema in tool.parameters["properties"].items()
    ]
    table = "\n".join(["| parameter | type | default | |", "|---|---|---|---|", *rows])
    return f"### `{tool.name}`\n\n{_marked(tool.description)}\n\n{table}\n"


def _type_of(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    """Return the type of a parameter in words: its values, where these are few."""
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return " or ".join(_type_of(part, whole) for part in schema["anyOf"] if part.get("type") != "null")
    if "enum" in schema:
        return ", ".join(_code(value) for value in schema["enum"] if value)
    if schema["type"] == "array":
        return f"list of: {_type_of(schema['items'], whole)}"
    within = " ".join(f"{name} {schema[key]:,}" for key, name in _BOUNDS.items() if key in schema)
    return f"{_TYPES[schema['type']]}{f' ({within})' if within else ''}"


def _default_of(schema: Mapping[str, Any], *, is_required: bool) -> str:
    default = schema.get("default")
    return "needed" if is_required else "" if default in (None, "") else _code(json.dumps(default))


_TYPES: Final = {"string": "text", "integer": "number", "boolean": "true or false"}
_BOUNDS: Final = {"minimum": "from", "maximum": "to"}


# -- pages that are played --------------------------------------------------------------------------------------------


def played(text: str, folder: Path) -> str:
    """Return a page with what its commands print now. They run in the demo's archive, `practice` in `folder`."""
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
    """Return what a command prints on stdout and stderr, cut as the line asks."""
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
    """Let stdout pass for a terminal of COLUMNS columns without colours."""
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


FILLED: dict[str, Callable[[str], str]] = {
    "assistants.md": with_tools,
    "commands.md": with_commands,
    "configuration.md": with_keys,
}
"""Pages with generated blocks, and what fills them."""

if __name__ == "__main__":
    main()
