"""Mentions of records in a briefing: addresses and references, and lines that may be headings or questions.

What a briefing quotes is left out, because an answer names other answers; it is read only where nothing else names a record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from monitor.parliament.links import find_addresses, unwrap
from monitor.presentation.excerpt import question_start
from monitor.presentation.wording import long_day, one_line, shorten
from monitor.research.quotations.named_references import named_in
from monitor.research.reference_parser import sought

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from monitor.model.briefings import Block, Briefing
    from monitor.research.quotations.named_references import Columns

FIRST_WORDS: Final = 8
"""Words of a question by which it is known."""

LONGEST_WRITTEN: Final = 90
"""Characters of an item that are shown."""

_WORD: Final = re.compile(r"\w+")
_DATED_NUMBER: Final = re.compile(r"\b\d{4}-\d\d-\d\d/(?:HL|HCWS|HLWS|hcws|hlws)?\d{1,8}(?:W[ASH]?|GC)?\b")
_GID: Final = re.compile(r"\buk\.org\.publicwhip/[a-z]+/[\w.-]+\d")
_LEADING: Final = re.compile(
    r"(?:(?P<sure>(?:HL|HCWS|HLWS)\d{1,8})|(?P<figures>\d{4,8}))\b(?![\d%/-]|[.,]\d)", re.IGNORECASE
)
_NUMBERING: Final = re.compile(r"\(?\d{1,3}[.)]?\s+(?=\D)")
_TOPIC: Final = re.compile(r"[^|]{2,80}\s\|\s+(?=\S)")
_ASIDE: Final = re.compile(r"\s{0,5}\([^()]{1,80}\)(?:\s.{0,60})?$")
_OF_ANOTHER: Final = re.compile(
    r"(?:The answer it refers to:|As the answer of|Same words as the answer of|Answered together with|Promised for)\s",
    re.IGNORECASE,
)
"""Lines of our own digests that name another record than the item."""
_SENTENCE_END: Final = re.compile(r"[.!?;]$")
_SAYING: Final = re.compile(r"\b(?!UIN\b)[^\W\d_]{3,}")
_LONGEST_SECTION: Final = 20_000
"""Characters up to which all that stands beneath a heading is read for one item."""
_SURE_FIGURES: Final = 4
"""Figures from which a number that stands alone is a question's."""


class How(StrEnum):
    """Way in which a briefing names a record."""

    ADDRESS = "address"
    REFERENCE = "reference"
    HEADING = "heading"
    QUESTION = "question"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A reference to a record. `reference`: as `find_ids` takes it; `block`: number of its block, from 0.

    `days`: those that the block names. `is_weak`: it may be another number, and counts only where it names a record.
    """

    block: int
    how: How
    reference: str
    days: frozenset[date] = frozenset()
    is_weak: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """A line that may be the heading of a record, or a paragraph that may begin with its question.

    `forms`: the words of the heading, with and without what stands around it. `is_heading`: it is set as one; `is_alone`: it
    is a whole block, and no sentence.
    """

    block: int
    how: How
    written: str
    forms: tuple[str, ...]
    is_heading: bool = False
    is_alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The mentions and the titles of a briefing, in order, and the days that it names.

    `sections`: for each block the number of the block with its heading; -1 before the first heading.
    """

    mentions: tuple[Mention, ...]
    titles: tuple[Title, ...]
    sections: tuple[int, ...]
    days: tuple[date, ...] = ()


class Surroundings:
    """The words around each item of a briefing, which tell records apart that it may mean."""

    def __init__(self, briefing: Briefing, contents: Contents) -> None:
        self._blocks = briefing.blocks
        self._sections = contents.sections
        self._referring: dict[int, set[int]] = {}
        self._of_section: dict[int, list[int]] = {}
        for mention in contents.mentions:
            if not mention.is_weak:
                self._referring.setdefault(contents.sections[mention.block], set()).add(mention.block)
        for number, section in enumerate(contents.sections):
            self._of_section.setdefault(section, []).append(number)

    def has_reference(self, title: Title) -> bool:
        """Return whether the briefing itself says which record a title is of, right there or beneath the heading."""
        section = self._sections[title.block]
        referring = self._referring.get(section, set())
        return bool(referring) and (title.block in referring or (title.is_heading and section == title.block))

    def text_at(self, block: int) -> str:
        """Return the words about one item: its block, and all from its heading to the next one where that has no other."""
        if not self._is_whole(block):
            return self._blocks[block].text
        return " \n ".join(self._blocks[number].text for number in self._of_section[self._sections[block]])

    def written_at(self, block: int) -> str:
        """Return how a briefing calls an item: the heading above it, or its own few words if that stands above several."""
        own, section = self._blocks[block].text, self._sections[block]
        is_own = len(own) <= LONGEST_WRITTEN and _SAYING.search(_without_addresses(own)) and self._items(section) > 1
        return shorten(one_line(own if section < 0 or is_own else self._blocks[section].text), LONGEST_WRITTEN)

    def _items(self, section: int) -> int:
        """Count the blocks of a section that name records, without its heading."""
        return len(self._referring.get(section, set()) - {section})

    def _is_whole(self, block: int) -> bool:
        section = self._sections[block]
        if section < 0 or self._items(section) > 1 or (block != section and not self._items(section)):
            return False
        return sum(len(self._blocks[number].text) for number in self._of_section[section]) <= _LONGEST_SECTION


def contents_of(briefing: Briefing, own_page: str = "") -> Contents:
    """Find what a briefing names. `own_page`: address of pqwatch's own page, whose links name records too."""
    found = _contents(briefing, own_page, with_quotations=False)
    if not found.mentions and any(block.is_quotation for block in briefing.blocks):
        return _contents(briefing, own_page, with_quotations=True)
    return found


def form_of(text: str) -> str:
    """Return a heading or question in a form in which case, punctuation and white space do not count."""
    return " ".join(_WORD.findall(text.casefold()))


def first_words(question: str) -> str:
    """Return the first words of a question behind "To ask the Secretary of State for Transport,"; "" for too few."""
    words = form_of(question[question_start(question) :]).split()
    return " ".join(words[:FIRST_WORDS]) if len(words) >= FIRST_WORDS else ""


def _without_addresses(text: str) -> str:
    """Return a text without addresses, whose figures are no numbers or days."""
    for start, end, _ in reversed(find_addresses(text)):
        text = f"{text[:start]} {text[end:]}"
    return text


def _contents(briefing: Briefing, own_page: str, *, with_quotations: bool) -> Contents:
    mentions: dict[tuple[int, str], Mention] = {}
    titles: list[Title] = []
    sections: list[int] = []
    days: list[date] = []
    section = -1
    for number, block in enumerate(briefing.blocks):
        section = number if block.is_heading else section
        sections.append(section)
        if not block.is_quotation or with_quotations:
            for mention in _mentions(number, block, own_page):
                mentions.setdefault((number, mention.reference), mention)
            titles += _titles(number, block)
            days += [day for day, has_year in named_in(_without_addresses(block.text)).days if has_year]
        if first := first_words(block.text):
            written = shorten(one_line(block.text), LONGEST_WRITTEN)
            titles.append(Title(block=number, how=How.QUESTION, written=written, forms=(first,)))
    return Contents(mentions=tuple(mentions.values()), titles=tuple(titles), sections=tuple(sections), days=tuple(days))


# -- references -------------------------------------------------------------------------------------------------------


def _mentions(number: int, block: Block, own_page: str) -> Iterator[Mention]:
    lines = [line for line in block.lines if not _OF_ANOTHER.match(line)]
    if not lines:
        return
    text = " ".join(lines)
    places = find_addresses(text)
    bare = _without_addresses(text)
    named = named_in(bare)
    days = frozenset(day for day, has_year in named.days if has_year)
    for address in (*block.links, *(unwrap(text[start:end]) for start, end, _ in places)):
        if reference := _reference_of(address, own_page):
            yield Mention(block=number, how=How.ADDRESS, reference=reference, days=days)
    for found in (*_DATED_NUMBER.finditer(bare), *_GID.finditer(bare)):
        yield Mention(block=number, how=How.REFERENCE, reference=found[0], days=days)
    rest = _DATED_NUMBER.sub(" ", bare)
    for reference in named_in(rest).numbers:
        is_weak = reference.isdigit() and len(reference) < _SURE_FIGURES
        yield Mention(block=number, how=How.REFERENCE, reference=reference, days=days, is_weak=is_weak)
    for column in named.columns:
        for day in sorted(days):
            yield Mention(block=number, how=How.REFERENCE, reference=_citation(column, day, bare), days=days)
    for line in lines:
        if leading := _LEADING.match(line):
            yield Mention(
                block=number, how=How.REFERENCE, reference=leading[0].upper(), days=days, is_weak=not leading["sure"]
            )


def _reference_of(address: str, own_page: str) -> str:
    """Return the reference in an address of a record; "" for any other page."""
    if own_page and address.startswith(f"{own_page}/records/"):
        return address.removeprefix(f"{own_page}/records/").partition("?")[0].partition("#")[0]
    return address if sought(address) is not None else ""


def _citation(column: Columns, day: date, text: str) -> str:
    house = "HL" if re.search(r"\bHL\b|\bLords\b", text) else "HC"
    return f"{house} Deb {long_day(day)} c{column.first}{column.suffix}"


# -- headings ---------------------------------------------------------------------------------------------------------


def _titles(number: int, block: Block) -> list[Title]:
    lines: Sequence[str] = block.lines if len(block.lines) == 1 or block.is_heading else (*block.lines, block.text)
    return [
        Title(
            block=number,
            how=How.HEADING,
            written=shorten(one_line(line), LONGEST_WRITTEN),
            forms=forms,
            is_heading=block.is_heading,
            is_alone=block.is_heading or (len(block.lines) == 1 and not _SENTENCE_END.search(line)),
        )
        for line in lines
        if len(line) <= 2 * LONGEST_WRITTEN and (forms := _forms(line))
    ]


def _forms(line: str) -> tuple[str, ...]:
    """Return the words of a line that may be a heading: whole, without a number and topic before it, or an aside behind."""
    bare = _TOPIC.sub("", _NUMBERING.sub("", line, count=1), count=1)
    forms = (form_of(written) for written in (line, bare, _ASIDE.sub("", bare)))
    return tuple(dict.fromkeys(form for form in forms if re.search(r"[^\W\d_]", form)))
