"""Hostile texts against what takes patterns: our own regular expressions, and the full-text index of SQLite."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import random
import re
import sqlite3
from typing import TYPE_CHECKING, Final

from db.needs import fts5
from monitor.holdings import Run
from monitor.model import PARTS
from tests.faults.fuzz import MOST_SECONDS, TooSlowError, watchdog, watched
from tests.faults.mutants import BITS, a_text
from tests.faults.tally import Budget, Proof, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LENGTH: Final = 100_000
PUMPS: Final = (
    "a",
    " ",
    "\n",
    "0",
    ".",
    ",",
    "-",
    "(",
    "<",
    '"',
    "'",
    "\\",
    "a ",
    ". ",
    "a.",
    "1,",
    "\t",
    "=",
    "[",
    "A",
)


OWN_FILES: Final = ("monitor.config", "monitor.demo", "monitor.cli")
"""What their own user wrote, or typed, is read there: nobody else's text."""


BOUNDED: Final = {
    "monitor.references._UIN": 600,  # the longest piece that _REFERS hands on
    "monitor.terms.families._ISE": 500,  # a word of a term
    "monitor.terms.families._ISE_BEGINNING": 500,
    "monitor.terms.lexing._FIGURE_APART": 500,  # a term
    "monitor.workbench.trying._BEFORE": 60,  # what stands before a find
}
"""Patterns that never see more characters than these."""


def patterns() -> Iterator[tuple[str, re.Pattern[str], list[str]]]:
    """Every pattern that a module of the product keeps for texts of others: its name, itself, and how it is used there."""
    for package in ("monitor", "scrapers", "db"):
        top = importlib.import_module(package)
        for found in pkgutil.walk_packages(top.__path__, f"{package}."):
            if found.name.endswith("__main__") or found.name.startswith(OWN_FILES):
                continue
            module = importlib.import_module(found.name)
            source = inspect.getsource(module)
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    ways = set(re.findall(rf"\b{name}\.(search|match|fullmatch|findall|finditer|split|sub)\b", source))
                    yield f"{found.name}.{name}", value, sorted(ways) or ["search"]


def pumped(pattern: re.Pattern[str], length: int) -> Iterator[str]:
    """Long texts that make patterns like this one try again and again."""
    words = re.findall(r"[A-Za-z]{2,}", pattern.pattern)[:6]
    for pump in (*PUMPS, *words, " ".join(words)):
        if pump:
            yield (words[0] if words else "") + pump * (length // len(pump)) + "\0!"


def pump(_: Path, budget: Budget, length: int = LENGTH) -> Tally:
    """Each pattern searches each text once."""
    tally = Tally()
    with watchdog():
        for name, pattern, text, way in _cases(length):
            if not budget.goes_on(tally.tried):
                break
            tally.tried += 1
            try:
                watched(_used(pattern, way))(text)
            except TooSlowError:
                tally.failures.append(
                    f"{name} took over {MOST_SECONDS:g} s for {length:,} characters of {text[9:19]!r}"
                )
    return tally


def _cases(length: int) -> Iterator[tuple[str, re.Pattern[str], str, str]]:
    for name, pattern, ways in patterns():
        for text in pumped(pattern, min(length, BOUNDED.get(name, length))):
            yield from ((name, pattern, text, way) for way in ways)


def _used(pattern: re.Pattern[str], way: str) -> Callable[[str], object]:
    """The pattern as the product uses it, to the end."""
    if way == "sub":
        return lambda text: pattern.sub("", text)
    if way == "finditer":
        return lambda text: sum(1 for _ in pattern.finditer(text))
    use: Callable[[str], object] = getattr(pattern, way)
    return use


def ask_the_index(_: Path, budget: Budget) -> Tally:
    """Any words, asked of FTS5: it never takes them for syntax, and a text of these words is found."""
    tally = Tally()
    base = sqlite3.connect(":memory:")
    base.execute(f"CREATE VIRTUAL TABLE full_text USING fts5({', '.join(PARTS)}, tokenize = 'unicode61')")
    while budget.goes_on(tally.tried):
        dice = random.Random(f"index {budget.seed} {tally.tried}")  # noqa: S311 (it hides nothing)
        words = tuple(
            a_text(["water", 'NEAR("a b", 5)', "heading : x*", "a AND NOT b", *BITS[:20]], dice)[:200] for _ in range(2)
        )
        asked = fts5(Run(words=words, parts=()))
        tally.tried += 1
        try:
            if asked is not None:
                asked.encode()
                base.execute("SELECT rowid FROM full_text WHERE full_text MATCH ?", (asked,)).fetchall()
        except UnicodeEncodeError:
            continue  # no search form has halves of pairs
        except sqlite3.Error as exc:
            tally.failures.append(f"seed {budget.seed}, words {tally.tried}: {exc} for {asked!r}")
    base.close()
    return tally


PROOFS = (
    Proof(name="pumped patterns", unit="text", full=1_600, run=pump),
    Proof(name="full-text words", unit="word pair", full=20_000, run=ask_the_index, share=0.1),
)
