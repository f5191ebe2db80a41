"""One document as the matcher sees it: its lines are read only where a phrase may stand."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from copy import copy
from functools import cached_property
from itertools import accumulate, chain, product
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from monitor.terms.exclusion_zones import is_excluded
from monitor.terms.padded_form import locate_capitals, locate_words, may_be_joined, token_number
from monitor.terms.phrase_search import TokenLine, find_inverted_spans, find_spans
from monitor.text.office_names import formula_end
from monitor.text.search_form import BREAKS, CELL, search_form
from monitor.text.tokens import CAPITAL

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from monitor.model.records import Facts
    from monitor.ports import FactsGetter
    from monitor.terms.compiled_phrase import CompiledPhrase
    from monitor.terms.exclusion_zones import ExclusionZones
    from monitor.terms.padded_form import PaddedForm
    from monitor.terms.tree import Phrase
    from monitor.text.office_names import OfficeNames

HEADING: Final = "heading"
"""The part in which phrases join across a colon."""

QUESTION: Final = "question"
"""The part that begins with a formula."""

MOST_SINGLE_LOOKUPS: Final = 50
"""Finds of a phrase above which each line is read once, instead of being searched for each of them."""

_MOST_PAIRS: Final = 200
"""Pairs of finds of which it is looked at first which may be near each other."""


class Occurrence(NamedTuple):
    """A place where a phrase stands.

    Attributes:
        part: Number of the part.
        line: Number of the line in the part.
        start: First character, counted in the part.
        end: Character after the last.
        first: First token, counted in the line.
        after: Token after the last.
    """

    part: int
    line: int
    start: int
    end: int
    first: int
    after: int


class NeedleHit(NamedTuple):
    """A place in the form of part number `part`. `is_sure`: a phrase is known to begin there."""

    part: int
    start: int
    form: PaddedForm
    is_sure: bool


NeedleHits: TypeAlias = dict[int, list[NeedleHit]]
"""Needles that were found, by the number of the phrase."""

Span: TypeAlias = tuple[int, int, int]
"""Number of the part, start and end."""


class DocumentView:
    """A document, as far as it was looked at. Nothing inside the spans of `masked` counts.

    `shared`: numbers of the phrases that several terms ask for.
    """

    def __init__(
        self,
        parts: Mapping[str, str],
        hits: NeedleHits,
        phrases: Mapping[Phrase, tuple[int, CompiledPhrase]],
        zones: ExclusionZones,
        facts: FactsGetter | None,
        *,
        shared: Container[int],
    ) -> None:
        self._parts = list(parts.items())
        self._hits = hits
        self._phrases = phrases
        self._zones = zones
        self._facts = facts
        self._shared = shared
        self.masked: Sequence[Span] = ()
        self._lines: dict[int, list[str]] = {}
        self._starts: dict[int, list[int]] = {}
        self._read: dict[tuple[int, int], _ReadLine] = {}
        self._found: dict[int, list[Occurrence]] = {}
        self._forms: dict[int, PaddedForm] = {}
        self._form_lines: dict[tuple[int, int], _FormLine] = {}

    @property
    def has_parts(self) -> bool:
        """True if the document has any part."""
        return bool(self._parts)

    def part_name(self, number: int) -> str:
        """Return the name of a part."""
        return self._parts[number][0]

    def text(self, number: int) -> str:
        """Return the plain text of a part."""
        return self._parts[number][1]

    def facts(self) -> Facts:
        """Return the facts that filters look at. Raises ValueError if the caller gave none."""
        if self._facts is None:
            raise ValueError("a term with filters needs the facts of the record")
        return self._facts()

    def without(self, spans: Sequence[Span]) -> DocumentView:
        """Return a view of the same document in which nothing inside these spans counts."""
        view = copy(self)  # what was read so far is shared
        view.masked = spans
        return view

    # -- where a phrase stands ----------------------------------------------------------------------------------------

    def may_occur(self, phrase: Phrase) -> bool:
        """Return whether a needle of the phrase was found."""
        return self._phrases[phrase][0] in self._hits

    def occurrences(self, phrase: Phrase) -> Sequence[Occurrence]:
        """Find where a phrase counts: in each part the leftmost longest occurrences that do not overlap."""
        number, compiled = self._phrases[phrase]
        if number not in self._found:
            self._found[number] = self._find(compiled, self._hits.get(number, []))
        return self._unmasked(self._found[number])

    def occurrences_near(
        self, lefts: Sequence[Phrase], rights: Sequence[Phrase], distance: int
    ) -> tuple[list[Occurrence], list[Occurrence]]:
        """Find where phrases of two sides count. What is surely further from all of the other side may be left out."""
        near = self._hits_near(lefts, rights, distance)
        left, right = (
            [place for phrase in side for place in self._found_near(phrase, near)] for side in (lefts, rights)
        )
        return left, right

    def _found_near(self, phrase: Phrase, near: Mapping[Phrase, Sequence[NeedleHit]] | None) -> Sequence[Occurrence]:
        """Return where a phrase counts; where hits are given, as far as these show."""
        if near is None:
            return self.occurrences(phrase)
        return self._unmasked(self._find(self._phrases[phrase][1], near[phrase])) if phrase in near else ()

    def _hits_near(
        self, lefts: Sequence[Phrase], rights: Sequence[Phrase], distance: int
    ) -> dict[Phrase, list[NeedleHit]] | None:
        """Return the hits of single words that may be near one of the other side; None where all must be located.

        The words between two hits are counted in the form. That takes less than to locate what is too far away in the text.
        But what several terms ask for is located once for all of them.
        """
        sides = [[(phrase, *self._phrases[phrase]) for phrase in side] for side in (lefts, rights)]
        if any(number in self._shared or not _is_plain_word(known) for _, number, known in chain(*sides)):
            return None
        hits = [[(phrase, hit) for phrase, number, _ in side for hit in self._hits.get(number, ())] for side in sides]
        if len(hits[0]) * len(hits[1]) > _MOST_PAIRS:
            return None
        near: dict[Phrase, dict[NeedleHit, None]] = {}
        for (left, left_hit), (right, right_hit) in product(*hits):
            if _may_be_near(left_hit, right_hit, distance):
                near.setdefault(left, {})[left_hit] = None
                near.setdefault(right, {})[right_hit] = None
        return {phrase: list(chosen) for phrase, chosen in near.items()}

    def _unmasked(self, found: Sequence[Occurrence]) -> Sequence[Occurrence]:
        return [place for place in found if not self._is_masked(place)] if self.masked else found

    def _is_masked(self, place: Occurrence) -> bool:
        return any(part == place.part and start <= place.start and place.end <= end for part, start, end in self.masked)

    def _find(self, phrase: CompiledPhrase, hits: Sequence[NeedleHit]) -> list[Occurrence]:
        """Find a phrase by the search forms. Only lines of which these do not tell enough are read."""
        found: list[Occurrence] | None = None
        if phrase.is_acronym:
            found = self._find_acronym(phrase, hits)
        elif phrase.is_plain and len(hits) <= MOST_SINGLE_LOOKUPS:
            found = self._find_plain(phrase, hits)
        return self._find_in_lines(phrase, self._lines_with(hits)) if found is None else found

    def _find_in_lines(self, phrase: CompiledPhrase, lines: Iterable[tuple[int, int]]) -> list[Occurrence]:
        return [place for part, line in lines for place in _find_in_line(phrase, part, line, self._line(part, line))]

    def _find_plain(self, phrase: CompiledPhrase, hits: Sequence[NeedleHit]) -> list[Occurrence]:
        """Find a plain phrase by the words of the search forms, and in the lines that must be read to know.

        Most phrases are found so. Without this, matching takes a third longer (bench/matching.py).
        """
        found: set[Occurrence] = set()
        unclear: list[NeedleHit] = []
        for hit in hits:
            excludes = None
            if hit.is_sure:
                is_question = self.part_name(hit.part) == QUESTION
                excludes = self._zones.excludes(phrase, hit.form, hit.start, is_question=is_question)
            if excludes:
                continue
            place = None if excludes is None else self._locate(hit, len(phrase.phrase.words))
            if place is None:
                unclear.append(hit)
            else:
                found.add(place)
        read = self._lines_with(unclear)
        chosen: list[Occurrence] = []
        for place in sorted(place for place in found if place[:2] not in read):
            last = chosen[-1] if chosen else None
            if last is None or last[:2] != place[:2] or place.first >= last.after:
                chosen.append(place)
        return sorted([*chosen, *self._find_in_lines(phrase, read)]) if read else chosen

    def _locate(self, hit: NeedleHit, count: int) -> Occurrence | None:
        """Return the occurrence of so many words that surely stand at a hit; None if its line must be read to know."""
        part, start, form, _ = hit
        if start >= form.tail:
            return None
        number = form.line_of(start)
        line, begin = self._text_of(part, number)
        words, index = form.line_at(start)
        place = locate_words(line, words, index, count)
        if place is None:
            return None
        first = token_number(words, index)
        return Occurrence(part, number, begin + place[0], begin + place[1], first, first + count)

    def _find_acronym(self, phrase: CompiledPhrase, hits: Sequence[NeedleHit]) -> list[Occurrence] | None:
        """Find an acronym, whose needles stand in the tail; None if a line must be read to know.

        Without this, matching a list of acronyms takes half as long again.
        """
        found: list[Occurrence] = []
        word = phrase.phrase.words[0].text
        for part, start, form, _ in hits:
            excludes = self._zones.excludes(phrase, form, start, is_question=self.part_name(part) == QUESTION)
            if excludes is not False or may_be_joined(word, form):
                return None
            for number in self._lines_of_tail(part, form.padded, start, form.tail):
                line, begin = self._text_of(part, number)
                words = form.line(number)
                places = locate_capitals(line, words, word)
                if places is None:
                    return None
                for first, after, index in places:
                    token = token_number(words, index)
                    found.append(Occurrence(part, number, begin + first, begin + after, token, token + 1))
        return sorted(found) or None

    def words_between(self, left: Occurrence, right: Occurrence) -> int | None:
        """Count the words between the end of one occurrence and the begin of another.

        Return None if they are in different paragraphs, or the second does not come after the first.
        """
        if (left.part, left.line) != (right.part, right.line) or left.after > right.first:
            return None
        return self._form_line(left.part, left.line).words_between(left, right)

    def _form_line(self, part: int, line: int) -> _FormLine:
        """Return a line in which a phrase was found, as its form shows it."""
        if (part, line) not in self._form_lines:
            if part not in self._forms:
                self._forms = {hit.part: hit.form for hits in self._hits.values() for hit in hits}
            self._form_lines[part, line] = _FormLine(self._forms[part].line(line))
        return self._form_lines[part, line]

    # -- lines --------------------------------------------------------------------------------------------------------

    def _lines_with(self, hits: Sequence[NeedleHit]) -> list[tuple[int, int]]:
        """Return the lines that a phrase may stand in, in order: number of the part and of the line."""
        found: set[tuple[int, int]] = set()
        for part, start, form, _ in hits:
            if start < form.tail:
                found.add((part, form.line_of(start)))
            else:
                found.update((part, line) for line in self._lines_of_tail(part, form.padded, start, form.tail))
        return sorted(found)

    def _lines_of_tail(self, part: int, form: str, start: int, tail: int) -> Iterable[int]:
        """Return the lines that an entry in the tail of a form may come from."""
        if form[start + 1] == CAPITAL:
            word = form[start + 2 : form.index(" ", start + 1)]
            lines = {
                form.count("\n", 0, place)
                for needle in (f" {word} ", f" {word}s ")
                for place in _places(form, needle, tail + 1)
            }
            if lines and f" {word} " not in form[tail:]:
                return lines
        return range(self.text(part).count("\n") + 1)

    def _line(self, part: int, number: int) -> _ReadLine:
        if (part, number) not in self._read:
            name = self.part_name(part)
            text, begin = self._text_of(part, number)
            is_question = name == QUESTION and number == 0
            self._read[part, number] = _ReadLine(
                text, begin, self._zones.names, is_heading=name == HEADING, is_question=is_question
            )
        return self._read[part, number]

    def _text_of(self, part: int, number: int) -> tuple[str, int]:
        """Return the text of a line, and its place in the part."""
        if part not in self._lines:
            lines = self._lines[part] = self.text(part).split("\n")
            self._starts[part] = [0, *accumulate(len(line) + 1 for line in lines)]
        return self._lines[part][number], self._starts[part][number]


def _is_plain_word(phrase: CompiledPhrase) -> bool:
    return phrase.is_plain and len(phrase.phrase.words) == 1


def _may_be_near(left: NeedleHit, right: NeedleHit, distance: int) -> bool:
    """Return whether no more words may lie between the words at two hits, in either order. False is certain."""
    if left.part != right.part:
        return False
    first, last = sorted((left.start, right.start))
    if last >= left.form.tail:
        return True
    between = left.form.padded[first:last]
    return "\n" not in between and sum(word[0].isalnum() for word in between.split()[1:]) <= distance


class _FormLine:
    """Numbers of the tokens of a line that are marks, and of those that begin a cell, as its form shows them."""

    def __init__(self, form: Sequence[str]) -> None:
        words = [word for word in form if word not in BREAKS]
        self._marks = [number for number, word in enumerate(words) if not word[0].isalnum()]
        self._cells = _cells(form) if CELL in form else []

    def words_between(self, left: Occurrence, right: Occurrence) -> int | None:
        """Count the words between two occurrences, of which the second comes later; None if they are in two cells."""
        first, after = left.after, right.first
        if self._cells and bisect_right(self._cells, left.first) != bisect_right(self._cells, after):
            return None
        return after - first - bisect_left(self._marks, after) + bisect_left(self._marks, first)


def _cells(form: Iterable[str]) -> list[int]:
    """Return the numbers of the tokens before which a cell ends."""
    cells: list[int] = []
    number = 0
    for word in form:
        if word == CELL:
            cells.append(number)
        elif word not in BREAKS:
            number += 1
    return cells


def _places(form: str, needle: str, end: int) -> Iterable[int]:
    place = form.find(needle, 0, end)
    while place >= 0:
        yield place
        place = form.find(needle, place + 1, end)


class _ReadLine(TokenLine):
    """A line with its exclusion zones, worked out when they are first needed."""

    def __init__(self, text: str, start: int, names: OfficeNames, *, is_heading: bool, is_question: bool) -> None:
        super().__init__(text, start, is_heading=is_heading)
        self._names = names
        self._is_question = is_question

    @cached_property
    def formula(self) -> int:
        """Number of tokens that the opening formula takes."""
        return formula_end(self.tokens, self._names) if self._is_question else 0

    @cached_property
    def names(self) -> list[tuple[int, int]]:
        """Spans of whole names of offices, in tokens."""
        return self._names.spans(self.tokens)


def stands_in(parts: Mapping[str, str], phrase: CompiledPhrase, names: OfficeNames) -> bool:
    """Return whether a phrase counts anywhere in the parts of a document. Only parts with a needle of it are read."""
    for part, text in parts.items():
        form = f" {search_form(text, is_heading=part == HEADING)} "
        if not any(needle in form for needle in phrase.needles):
            continue
        for at, written in enumerate(text.split("\n")):
            is_question = part == QUESTION and at == 0
            line = _ReadLine(written, 0, names, is_heading=part == HEADING, is_question=is_question)
            if _find_in_line(phrase, 0, at, line):
                return True
    return False


def _find_in_line(phrase: CompiledPhrase, part: int, number: int, line: _ReadLine) -> list[Occurrence]:
    names = line.names if line.formula or phrase.may_be_part_of_a_name else ()

    def counting(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        return [span for span in spans if not is_excluded(span, phrase, line.formula, names)]

    chosen = _disjoint(counting(find_spans(phrase.pattern, line)))
    if line.is_heading:
        inverted = counting(find_inverted_spans(phrase.pattern, line))
        chosen += _disjoint(span for span in inverted if not any(span[0] < e and s < span[1] for s, e in chosen))
        chosen.sort()
    read = line.tokens
    return [
        Occurrence(part, number, line.start + read[first].start, line.start + read[after - 1].end, first, after)
        for first, after in chosen
    ]


def _disjoint(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Choose the leftmost longest spans that do not overlap."""
    chosen: list[tuple[int, int]] = []
    for first, after in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not chosen or first >= chosen[-1][1]:
            chosen.append((first, after))
    return chosen
