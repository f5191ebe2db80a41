# ruff: noqa: INP001 - a script's module, no part of a package
"""The engines that `matching.py` measures: pqwatch's matcher, its rivals, and what reading a text costs at the least.

Each rival gets its fairest setting. It looks for the terms as they are written, in any case, acronyms in capitals; it is not
asked for plurals, other spellings, or words that a hyphen joins, which pqwatch finds besides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from time import process_time
from typing import TYPE_CHECKING, Any, Final

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind
from matching_terms import topics

from monitor.terms.matcher import compile_terms
from monitor.text.search_form import search_form
from monitor.text.tokens import CAPITAL, folded

try:
    import spacy
    from spacy.matcher import PhraseMatcher
except ImportError:
    spacy = None
HAS_SPACY: Final = spacy is not None

try:
    import hyperscan
except ImportError:
    hyperscan = None
HAS_HYPERSCAN: Final = hyperscan is not None

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from matching_terms import Parts, WatchTerm

RE_TEXT, RE_FORM = "re, one alternation, plain text", "re, one alternation, form"
SPACY, SPACY_READ = "spaCy PhraseMatcher, plain text", "spaCy PhraseMatcher, tokenised before"
AHO_NFA, AHO_DFA = "ahocorasick_rs NFA, form", "ahocorasick_rs DFA, form"
HYPERSCAN = "hyperscan, which terms, form"
SPANS, HELD, SPANS_TEXT = "pqwatch, spans, form", "pqwatch, which terms, form", "pqwatch, spans, plain text"
HELD_TEXT = "pqwatch, which terms, plain text"
FORM_ALONE, LOWER_ALONE = "search form alone, plain text", "str.lower alone, plain text"
NOT_INSTALLED: Final = "not installed: uv run --group bench python bench/matching.py"


class Answer:
    """An answer with its question, and what engines read of it. Its search forms are those that an archive keeps."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.forms = {name: search_form(text) for name, text in parts.items()}

    @property
    def text(self) -> str:
        """All parts, a blank line between."""
        return "\n\n".join(self.parts.values())

    @property
    def form(self) -> str:
        """All forms, a break between, a space at either end."""
        return f" {' . '.join(self.forms.values())} "


@dataclass(frozen=True, slots=True)
class Engine:
    """One row of the table.

    `read` makes of an answer what `find` takes, outside the clock; `terms` tells which terms of the list, by number, what
    `find` returned names, outside the clock too. `compile_s`: CPU seconds.
    """

    name: str
    read: Callable[[Answer], Any]
    find: Callable[[Any], Any]
    terms: Callable[[Any], set[int]] = field(default=lambda _found: set())
    compile_s: float = 0.0


def floors() -> list[Engine]:
    """Return the engines that only read, which every engine does first."""
    return [
        Engine(
            FORM_ALONE, lambda answer: list(answer.parts.values()), lambda texts: [search_form(text) for text in texts]
        ),
        Engine(LOWER_ALONE, lambda answer: answer.text, str.lower),
    ]


def ours(terms: Sequence[WatchTerm]) -> list[Engine]:
    """Return the matcher of pqwatch, from stored search forms and from plain text."""
    watched = topics(terms)
    started = process_time()
    matcher = compile_terms(watched)
    compile_s = process_time() - started
    if matcher.problems:
        raise ValueError(f"A term of the list can't be read: {matcher.problems[0]}")
    numbers = {term.text: number for number, term in enumerate(terms)}

    def of_matches(found: Iterable[Any]) -> set[int]:
        return {numbers[match.term] for match in found}

    def of_held(found: Iterable[tuple[str, str]]) -> set[int]:
        return {numbers[term] for _, term in found}

    def read(answer: Answer) -> Answer:
        return answer

    return [
        Engine(SPANS, read, lambda answer: matcher.matches(answer.parts, answer.forms), of_matches, compile_s),
        Engine(HELD, read, lambda answer: matcher.holding(answer.parts, answer.forms), of_held, compile_s),
        Engine(SPANS_TEXT, read, lambda answer: matcher.matches(answer.parts), of_matches, compile_s),
        Engine(HELD_TEXT, read, lambda answer: matcher.holding(answer.parts), of_held, compile_s),
    ]


def rivals(terms: Sequence[WatchTerm], *, most_alternatives: int, with_installed: bool) -> list[Engine]:
    """Return the rivals. With more than `most_alternatives` terms `re` reads plain text alone, because it is slow."""
    engines = [_automaton(terms, AHO_NFA, Implementation.ContiguousNFA), _automaton(terms, AHO_DFA, Implementation.DFA)]
    engines += [_alternation_in_text(terms)]
    engines += [_alternation_in_form(terms)] if len(terms) <= most_alternatives else []
    engines += [_hyperscan(terms)] if HAS_HYPERSCAN and with_installed else []
    return engines + (_spacy(terms) if HAS_SPACY and with_installed else [])


# -- ahocorasick_rs ----------------------------------------------------------------------------------------------------


def _automaton(terms: Sequence[WatchTerm], name: str, kind: Implementation) -> Engine:
    """Report every term as a needle between spaces, overlapping ones too."""
    needles = [*map(_needle, terms)]
    started = process_time()
    automaton = AhoCorasick(needles, matchkind=MatchKind.Standard, store_patterns=False, implementation=kind)
    compile_s = process_time() - started

    def find(form: str) -> list[tuple[int, int, int]]:
        found: list[tuple[int, int, int]] = automaton.find_matches_as_indexes(form, overlapping=True)
        return found

    return Engine(name, lambda answer: answer.form, find, lambda found: {number for number, _, _ in found}, compile_s)


def _needle(term: WatchTerm) -> str:
    return f" {_key(term)}" if term.kind == "beginning" else f" {_key(term)} "


def _key(term: WatchTerm) -> str:
    """Return a term as it stands in a search form."""
    return CAPITAL + term.text.lower() if term.kind == "acronym" else folded(term.text.rstrip("*"))


# -- hyperscan ---------------------------------------------------------------------------------------------------------


def _hyperscan(terms: Sequence[WatchTerm]) -> Engine:
    """Report each term once, as a needle like those of the automaton. Each report calls a function of Python."""
    needles = [re.escape(needle).encode() for needle in map(_needle, terms)]
    started = process_time()
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = [hyperscan.HS_FLAG_SINGLEMATCH] * len(needles)
    database.compile(expressions=needles, ids=list(range(len(needles))), flags=flags)
    compile_s = process_time() - started

    def find(form: bytes) -> list[int]:
        found: list[int] = []

        def report(number: int, _start: int, _end: int, _flags: int, _context: object) -> None:
            found.append(number)

        database.scan(form, match_event_handler=report)
        return found

    return Engine(HYPERSCAN, lambda answer: answer.form.encode(), find, set, compile_s)


# -- re ----------------------------------------------------------------------------------------------------------------


def _alternation_in_text(terms: Sequence[WatchTerm]) -> Engine:
    """One alternation of all terms, the longest first, in any case but for acronyms."""
    tails = {"acronym": "(?-i:{})", "beginning": r"{}\w*"}
    started = process_time()
    found = "|".join(tails.get(term.kind, "{}").format(re.escape(term.text.rstrip("*"))) for term in _longest(terms))
    pattern = re.compile(rf"\b(?:{found})\b", re.IGNORECASE)
    compile_s = process_time() - started
    by_word = _Words({_said(term): number for number, term in enumerate(terms)})
    return Engine(RE_TEXT, lambda answer: answer.text, pattern.findall, by_word.numbers, compile_s)


def _said(term: WatchTerm) -> str:
    return term.text if term.kind == "acronym" else term.text.lower()


def _alternation_in_form(terms: Sequence[WatchTerm]) -> Engine:
    """Search with `re` over search forms, whose case is folded already."""
    started = process_time()
    found = "|".join(re.escape(_key(term)) + r"\S*" * (term.kind == "beginning") for term in _longest(terms))
    pattern = re.compile(rf" ({found})(?= )")
    compile_s = process_time() - started
    by_word = _Words({_key(term) + "*" * (term.kind == "beginning"): number for number, term in enumerate(terms)})
    return Engine(RE_FORM, lambda answer: answer.form, pattern.findall, by_word.numbers, compile_s)


def _longest(terms: Sequence[WatchTerm]) -> list[WatchTerm]:
    return sorted(terms, key=lambda term: -len(term.text))


class _Words:
    """Numbers of terms by the words found, because an alternation does not say which term matched."""

    def __init__(self, numbers: dict[str, int]) -> None:
        self._numbers = numbers

    def numbers(self, found: Iterable[str]) -> set[int]:
        """Return the number of each term found."""
        return {self._number(word) for word in found}

    def _number(self, found: str) -> int:
        lower = found.casefold()
        keys = (found, lower, *(f"{lower[:length]}*" for length in range(len(lower), 0, -1)))
        return next(self._numbers[key] for key in keys if key in self._numbers)


# -- spaCy -------------------------------------------------------------------------------------------------------------


def _spacy(terms: Sequence[WatchTerm]) -> list[Engine]:
    """Match the tokens of English in any case, acronyms as written. spaCy has no cheap way to find beginnings of words."""
    started = process_time()
    nlp = spacy.blank("en")
    lower, exact = PhraseMatcher(nlp.vocab, attr="LOWER"), PhraseMatcher(nlp.vocab, attr="ORTH")
    for number, term in enumerate(terms):
        if term.kind != "beginning":
            (exact if term.kind == "acronym" else lower).add(str(number), [nlp.make_doc(term.text)])
    compile_s = process_time() - started

    def find(doc: Any) -> list[tuple[int, int, int]]:
        return [*lower(doc), *exact(doc)]

    def numbers(found: Iterable[tuple[int, int, int]]) -> set[int]:
        return {int(nlp.vocab.strings[key]) for key, _, _ in found}

    return [
        Engine(SPACY, lambda answer: answer.text, lambda text: find(nlp.make_doc(text)), numbers, compile_s),
        Engine(SPACY_READ, lambda answer: nlp.make_doc(answer.text), find, numbers, compile_s),
    ]
