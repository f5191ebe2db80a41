"""Hostile texts for patterns: our own regular expressions, and the full-text index of SQLite."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import random
import re
import sqlite3
import time
from contextlib import closing
from itertools import chain, count
from typing import TYPE_CHECKING, Final, NamedTuple

from db.fts5_expression import fts5
from monitor.model.index_query import PhraseRequirement
from monitor.model.records import PARTS
from tests.reliability import fuzz
from tests.reliability.fuzz import TooSlowError, watchdog, with_time_limit
from tests.reliability.mutants import BITS, spoilt_text
from tests.reliability.tally import Budget, Proof, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from types import ModuleType

    Known = tuple[str, re.Pattern[str], list[str]]

LENGTH: Final = 100_000
LOOKS: Final = ((2_000, 0.0005), (20_000, 0.05))
"""Numbers of characters, and CPU seconds above which a text that is so long looks slow. One that does so at both lengths is
tried in full. A pattern that takes 5 s for 100,000 characters because it goes over them again from each takes four times as
long at either; one that goes over them once is let pass at the second, also on a slow machine."""
LOOK_AT_SENTENCE: Final = ((500, 0.004),)
"""The same for a pattern that never sees more than a sentence. One that takes 5 s for a whole sentence, which is five times
as long, takes twice as long as this, even if its time grows with the fourth power."""
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
"""Modules that read files and words of their own user, which are not hostile."""


BOUNDED: Final = {
    "monitor.research.quotations.extraction._SOURCE": 600,  # the end of a quotation
    "monitor.parliament.references._UIN": 600,  # the longest match of _REFERS
    "monitor.text.word_forms._ISE": 500,  # a word of a term
    "monitor.text.word_forms._ISE_BEGINNING": 500,
    "monitor.terms.lexer._DETACHED_FIGURE": 500,  # a term
    "monitor.research.term_tools.trial._BEFORE": 60,  # the text before a match
    "scrapers.hansard.notation._BEFORE_PART": 60,  # the text before a part
    "scrapers.theyworkforyou.files._NAME": 255,  # the name of a file
}
"""Patterns that never see more characters than this."""


class Case(NamedTuple):
    """A text that a pattern searches in one of the ways in which the product uses it."""

    name: str
    pattern: re.Pattern[str]
    text: str
    way: str


USE: Final = re.compile(r"\b([A-Za-z_]\w*)(?=\.(search|match|fullmatch|findall|finditer|split|sub)\b)")
"""Use of something that may be a pattern: its name, and the method."""

OF_PROMISES: Final = "monitor.parliament.promises."
SENTENCE: Final = 2_500
"""Most characters of a sentence in which promises are looked for; letters are looked for in whole texts."""


def patterns() -> Iterator[Known]:
    """Yield each pattern of a module that reads texts of others: its name, the pattern, and the methods used.

    One in a table is used in each way in which its module uses any pattern that has a name for a while. Others with a public
    name are used in each way in which any module uses that name.
    """
    modules = list(_modules())
    uses = {module.__name__: set(USE.findall(inspect.getsource(module))) for module in modules}
    everywhere = set().union(*uses.values())
    for module in modules:
        for name, value in vars(module).items():
            for place, pattern in _held(value):
                known = uses[module.__name__] if place or name.startswith("_") else everywhere
                ways = {way for owner, way in known if owner == name}
                if place:
                    ways = ways.intersection(("split", "sub")).union(_ways_of_any(known))
                yield f"{module.__name__}.{name}{place}", pattern, sorted(ways) or ["search"]


def _ways_of_any(uses: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Give the ways in which a module uses any pattern that has a name for a while, to look for something."""
    for owner, way in uses:
        if owner[0].islower() and owner != "re" and way not in ("split", "sub"):
            yield way


def _modules() -> Iterator[ModuleType]:
    for package in ("monitor", "scrapers", "db"):
        top = importlib.import_module(package)
        for found in pkgutil.walk_packages(top.__path__, f"{package}."):
            if not found.name.endswith("__main__") and not found.name.startswith(OWN_FILES):
                yield importlib.import_module(found.name)


def _held(value: object, place: str = "") -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield the patterns that a value is or holds, with their places in it."""
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield place, value
    elif isinstance(value, dict):
        yield from _held([*value, *value.values()], place)
    elif isinstance(value, tuple | list):
        for number, inner in enumerate(value):
            yield from _held(inner, f"{place}[{number}]")


def pumped(pattern: re.Pattern[str], length: int, dice: random.Random | None = None) -> Iterator[str]:
    """Yield long texts that make this pattern try again and again; with dice, two texts of two random pieces each."""
    words = re.findall(r"[A-Za-z]{2,}", pattern.pattern)[:6]
    pumps = [pump for pump in (*PUMPS, *words, " ".join(words)) if pump]
    if dice is not None:
        pumps = ["".join(dice.choices(pumps, k=2)) for _ in range(2)]
    for pump in pumps:
        yield (words[0] if words else "") + pump * (length // len(pump)) + "\0!"


def pump(_: Path, budget: Budget, length: int = LENGTH) -> Tally:
    """Let each pattern search what looks slow in a short version, then each of its texts, then random texts.

    The look at short versions of all texts is part of every run, whatever the budget, and is not counted.
    """
    tally = Tally()
    known = list(patterns())
    with watchdog():
        for case in _suspects(known, length):
            _try(tally, case)
        for case in _cases(known, length, budget.seed):
            if not budget.allows_another(tally.tried):
                break
            _try(tally, case)
    return tally


def _try(tally: Tally, case: Case) -> None:
    tally.tried += 1
    if not _is_in_time(case):
        tally.failures.append(
            f"{case.name} took over {fuzz.MOST_SECONDS:g} s for {len(case.text):,} characters of {case.text[9:19]!r}"
        )


def _is_in_time(case: Case) -> bool:
    try:
        with_time_limit(_used(case.pattern, case.way))(case.text)
    except TooSlowError:
        return False
    return True


def _suspects(known: Sequence[Known], length: int) -> Iterator[Case]:
    """Yield the texts of single pumps whose short versions all took suspiciously long."""
    of_sentences = [pattern for pattern in known if _most(pattern[0]) <= SENTENCE]
    of_texts = [pattern for pattern in known if _most(pattern[0]) > SENTENCE]
    for group, looks in ((of_texts, LOOKS), (of_sentences, LOOK_AT_SENTENCE)):
        shorter = [_first_cases(group, min(length, characters)) for characters, _ in looks]
        for case, *short_cases in zip(_first_cases(group, length), *shorter, strict=True):
            if all(_looks_slow(short, seconds) for short, (_, seconds) in zip(short_cases, looks, strict=True)):
                yield case


def _looks_slow(case: Case, seconds: float) -> bool:
    began = time.thread_time()
    return not _is_in_time(case) or time.thread_time() - began > seconds


def _first_cases(known: Sequence[Known], length: int, dice: random.Random | None = None) -> Iterator[Case]:
    """Yield each pattern with each of its texts and ways."""
    for name, pattern, ways in known:
        for text in pumped(pattern, min(length, _most(name)), dice):
            yield from (Case(name, pattern, text, way) for way in ways)


def _cases(known: Sequence[Known], length: int, seed: int) -> Iterator[Case]:
    for dice in chain([None], map(random.Random, count(seed))):
        yield from _first_cases(known, length, dice)


def _most(name: str) -> int:
    """Return the most characters that a pattern ever sees."""
    sees_sentences = name.startswith(OF_PROMISES) and not name.startswith(
        (f"{OF_PROMISES}letters", f"{OF_PROMISES}find")
    )
    return BOUNDED.get(name, SENTENCE if sees_sentences else LENGTH)


def _used(pattern: re.Pattern[str], way: str) -> Callable[[str], object]:
    """Return the use of a pattern as in the product, to the end of its results."""
    if way == "sub":
        return lambda text: pattern.sub("", text)
    if way == "finditer":
        return lambda text: sum(1 for _ in pattern.finditer(text))
    use: Callable[[str], object] = getattr(pattern, way)
    return use


SYNTAX: Final = (
    "water", 'NEAR("a b", 5)', "heading : x*", "a AND NOT b", "{heading answer} : x", "^a", 'a" OR "b', "a + b",
    "a & !b", "a | (b", "a <-> b", "a:*", "'a' & 'b'", "'a:1A", "a\\'b", "'", "\\", "!!", "()", ":A", "*",
)  # fmt: skip
"""Syntax of FTS5 and of a `tsquery`."""


def hostile_words(seed: int, number: int) -> tuple[str, ...]:
    """Return two or more words of any characters except white space."""
    dice = random.Random(f"index {seed} {number}")  # noqa: S311 (no secret)
    text = " ".join(spoilt_text([*SYNTAX, *BITS[:20]], dice)[:200] for _ in range(2))
    return tuple(text.encode("utf-8", "ignore").decode().split())[:12]  # no search form has lone surrogates


def ask_sqlite(_: Path, budget: Budget) -> Tally:
    """Ask FTS5 for any words: it must not take them for syntax, and must find a text of these words."""
    tally = Tally()
    with closing(sqlite3.connect(":memory:")) as base:
        base.execute(f"CREATE VIRTUAL TABLE full_text USING fts5({', '.join(PARTS)}, tokenize = 'unicode61')")
        add = "INSERT INTO full_text (rowid, answer) VALUES (?, ?)"
        ask = "SELECT rowid FROM full_text WHERE full_text MATCH ? AND rowid = ?"
        while budget.allows_another(tally.tried):
            tally.tried += 1
            words = hostile_words(budget.seed, tally.tried)
            asked = fts5(PhraseRequirement(words=words, parts=frozenset({"answer"})))
            if asked is None:
                continue
            try:
                base.execute(add, (tally.tried, " ".join(words).removesuffix("*")))
                is_found = base.execute(ask, (asked, tally.tried)).fetchall() == [(tally.tried,)]
                _judge(tally, budget, asked, "" if is_found else "the text of these words was not found")
            except sqlite3.Error as exc:
                _judge(tally, budget, asked, str(exc))
    return tally


def _judge(tally: Tally, budget: Budget, asked: str, wrong: str) -> None:
    if wrong:
        tally.failures.append(f"seed {budget.seed}, words {tally.tried}: {wrong} for {asked!r}")


PROOFS = (
    Proof(name="pumped patterns", unit="text", full=20_000, run=pump),
    Proof(name="full-text words", unit="word pair", full=20_000, run=ask_sqlite, share=0.1),
)
