# ruff: noqa: INP001, SIM905 - a script, not part of a package; a list of words reads best on few lines
"""Refuse riddles, retired names and vague pronouns in code and documentation: `uv run python .ci/plain_english.py`.

CONTRIBUTING.md says how this project writes. This script holds it to the part that a machine can see:

- a docstring never begins with a relative clause or a pronoun ("What ...", "Which ...", "Whether ...", "It ...");
- docstrings, comments, messages and pages do not say "nobody", "whoever", "is none" or "he" for a person;
- modules, functions and classes do not have a name that was retired because it said nothing;
- loop variables and parameters are named for what they are, not "one" or "it".
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import subprocess
import sys
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]

CLAUSE_WORDS = frozenset(
    "what whatever which whichever that who whom whoever whose where wherever when whenever whether how why"
    " it its they those these he she nobody somebody as of such so by some for before after each every".split()
)
"""First words of a docstring that make it a riddle. "Return whether ..." and "Time at which ..." are fine."""

REFUSED_PHRASES = {
    r"nobody": 'write "no one", or name what is missing',
    r"whoever|whomever": "name the person: the reader, the operator, the caller",
    r"(?:he|him|his|himself)(?!')": 'write "they", or name the person',
    r"one of those that": "say what it is",
    r"(?-i:is none)": 'write "no ..." or "is missing"',
    r"what is of": "name it",
    r"hangs? on": 'write "depends on"',
}
"""Phrases that prose must not contain, as regular expressions, with what to do instead."""

RETIRED_MODULES = frozenset(
    "advice alarms alike anchors apart backfilling bulletins care chronicle collecting compacting composing covers"
    " diagnosis envelopes facets filing findings holdings interrupts kindred leaf listing lives marks needs"
    " notices outlets passing pauses pen quoting readings reparsing resolving retold sight slots story stretches"
    " told trends witnesses workbench".split()
)
"""Modules and packages that have a plainer name now: CONTRIBUTING.md has the glossary."""

RETIRED_CLASSES = frozenset("Told ToldTo Standing Shelf Covered Filed Owed Need Sight Hint Patience".split())

RETIRED_PARTS = frozenset("apart kindred nobody owed retold told untold whoever whose".split())
"""Words that no function's or class's name may contain."""

VAGUE_NAMES = frozenset("each it one some them".split())
"""Names that a loop variable or a parameter may not have."""

NOT_PRODUCT = ("tests/", "bench/", ".ci/")
"""Folders whose strings are not read by users: those of tests quote what is said in Parliament."""

_BETWEEN_WORDS = r"[\s#]+"
"""A phrase may go on in the next line, of a comment too."""
_PHRASES = [
    (re.compile(rf"\b(?:{phrase.replace(' ', _BETWEEN_WORDS)})\b", re.IGNORECASE), advice)
    for phrase, advice in REFUSED_PHRASES.items()
]
_QUOTED = re.compile(r"``.*?``|`[^`]*`|\"[^\"\n]*\"|“[^”]*”", re.DOTALL)
"""Code and quotations: these are somebody else's words."""
_FENCED = re.compile(r"(?ms)^( *)(```|~~~).*?^\1\2 *$")
_FEWEST_WORDS = 4
"""A string of fewer words is a key or a fragment of data, not a message."""
_PATTERN_MARKS = re.compile(r"[\\^$|{}]|\(\?")
"""Marks of a regular expression or a template."""


@dataclass(frozen=True, order=True)
class Fault:
    """A place that must be written again."""

    line: int
    text: str


@dataclass(frozen=True)
class Prose:
    """A text that people read, and the line on which it begins."""

    line: int
    text: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the faults of the given files, or of all files in git. Return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("paths", nargs="*", type=Path, help="files or folders; without any, all files in git")
    given = parser.parse_args(arguments)
    count = 0
    for path in files_in_git(given.paths):
        for fault in faults_of(path, (ROOT / path).read_text(encoding="utf-8")):
            print(f"{path}:{fault.line}: {fault.text}")  # noqa: T201 (a script's output)
            count += 1
    if count:
        print(f"{count} places are not in plain English: CONTRIBUTING.md says how to write them")  # noqa: T201
    return 1 if count else 0


def files_in_git(paths: Sequence[Path]) -> list[str]:
    """Return the text files in git that are to be checked, relative to the root of the project."""
    wanted = [str(path.resolve()) for path in paths]
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *wanted]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 (our own paths)
    return [name for name in sorted(set(listed.stdout.splitlines())) if _is_checked(name)]


def _is_checked(name: str) -> bool:
    path = ROOT / name
    if not path.is_file() or name.startswith(("tests/golden/", "tests/data/", "tests/scrapers/examples/")):
        return False
    is_template = "/templates/" in name and path.suffix in {".html", ".txt"}
    return is_template or path.suffix in {".py", ".md", ".toml", ".yml", ".yaml"} or name in {".ci/run", "justfile"}


def faults_of(name: str, text: str) -> list[Fault]:
    """Return the faults of a file in the order of its lines."""
    if name.endswith(".py"):
        faults = list(_faults_of_code(name, text))
    elif name.endswith(".md"):
        faults = list(_refused_phrases(Prose(1, _FENCED.sub(_blank_lines, text))))
    elif "/templates/" in name:
        faults = list(_refused_phrases(Prose(1, text)))
    else:
        faults = [fault for comment in _comment_lines(text) for fault in _refused_phrases(comment)]
    return sorted(set(faults))


# -- Python -----------------------------------------------------------------------------------------------------------


def _faults_of_code(name: str, source: str) -> Iterator[Fault]:
    nodes = list(ast.walk(ast.parse(source)))
    yield from _retired_module(name)
    docstrings = list(_docstrings(nodes))
    for docstring in docstrings:
        yield from _bad_beginning(docstring)
    if any(phrase.search(source) for phrase, _ in _PHRASES):  # to find comments and messages takes long
        messages = [] if name.startswith(NOT_PRODUCT) else _messages(nodes)
        for prose in [*docstrings, *_comments(source), *messages]:
            yield from _refused_phrases(prose)
    for node in nodes:
        yield from _retired_name(node)
        yield from _vague_names(node)


def _docstrings(nodes: Sequence[ast.AST]) -> Iterator[Prose]:
    """Find the docstrings of modules, classes, functions and attributes."""
    for node in nodes:
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for number, statement in enumerate(node.body):
            is_attribute = number > 0 and isinstance(node.body[number - 1], ast.Assign | ast.AnnAssign)
            if (number == 0 or is_attribute) and isinstance(statement, ast.Expr):
                value = statement.value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield Prose(value.lineno, value.value)


def _comments(source: str) -> Iterator[Prose]:
    """Join the lines of each comment, so that a phrase is found across them."""
    block: list[str] = []
    last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if block and token.start[0] != last + 1:
            yield Prose(last - len(block) + 1, "\n".join(block))
            block = []
        last = token.start[0]
        block.append(token.string)
    if block:
        yield Prose(last - len(block) + 1, "\n".join(block))


def _messages(nodes: Sequence[ast.AST]) -> Iterator[Prose]:
    """Find the strings that read like sentences, which a list of words or a pattern does not."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            has_words = len(text.split()) >= _FEWEST_WORDS
            if has_words and re.search(r"[.,:;!?]", text) and not _PATTERN_MARKS.search(text):
                yield Prose(node.lineno, text)


def _bad_beginning(docstring: Prose) -> Iterator[Fault]:
    first = re.match(r"\W*([A-Za-z]+)", docstring.text)
    if first and first[1].lower() in CLAUSE_WORDS:
        yield Fault(docstring.line, f'docstring begins with "{first[1]}": write an order or a plain noun phrase')


def _retired_module(name: str) -> Iterator[Fault]:
    for part in Path(name).parts:
        word = part.removesuffix(".py").removeprefix("test_")
        if word in RETIRED_MODULES:
            yield Fault(1, f'"{word}" is a retired name of a module')


def _retired_name(node: ast.AST) -> Iterator[Fault]:
    if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return
    if node.name.startswith("test_"):  # the name of a test is a sentence
        return
    words = set(re.findall(r"[a-z]+|[A-Z][a-z]*", node.name))
    retired = {word.lower() for word in words} & RETIRED_PARTS
    if node.name in RETIRED_CLASSES or retired:
        yield Fault(node.lineno, f'"{node.name}" is named with a retired word')


def _vague_names(node: ast.AST) -> Iterator[Fault]:
    if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        found = _named_in(node.target)
    elif isinstance(node, ast.arg):
        found = [(node.arg, node.lineno)]
    else:
        return
    for name, line in found:
        if name in VAGUE_NAMES:
            yield Fault(line, f'"{name}" does not say what it is: name the variable for its value')


def _named_in(target: ast.expr) -> list[tuple[str, int]]:
    return [(name.id, name.lineno) for name in ast.walk(target) if isinstance(name, ast.Name)]


# -- prose ------------------------------------------------------------------------------------------------------------


def _refused_phrases(prose: Prose) -> Iterator[Fault]:
    text = _QUOTED.sub(_blank_lines, prose.text)
    for phrase, advice in _PHRASES:
        for found in phrase.finditer(text):
            line = prose.line + text.count("\n", 0, found.start())
            yield Fault(line, f'"{re.sub(_BETWEEN_WORDS, " ", found[0])}": {advice}')


def _blank_lines(found: re.Match[str]) -> str:
    """Replace a passage by its line ends, so that lines keep their numbers."""
    return "\n" * found[0].count("\n") or " "


def _comment_lines(text: str) -> Iterator[Prose]:
    """Find the comments of a file whose comments begin with a hash sign."""
    for number, line in enumerate(text.splitlines(), start=1):
        _, mark, comment = line.partition("#")
        if mark:
            yield Prose(number, comment)


if __name__ == "__main__":
    sys.exit(main())
