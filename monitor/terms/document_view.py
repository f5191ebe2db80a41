"""What is seen of one document: its lines, read only where a needle says that a phrase may stand there."""

from __future__ import annotations

from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from monitor.terms.compiled_phrase import TokenLine, find_inverted_spans, find_spans
from monitor.terms.evaluate import Occurrence
from monitor.terms.exclusion_zones import is_excluded
from monitor.terms.padded_form import locate_capitals, locate_words, may_be_joined, token_number
from monitor.text.office_names import formula_end
from monitor.text.tokens import CAPITAL, LINE, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from monitor.model.records import Facts
    from monitor.terms import evaluate
    from monitor.terms.compiled_phrase import CompiledPhrase
    from monitor.terms.exclusion_zones import ExclusionZones
    from monitor.terms.padded_form import PaddedForm
    from monitor.terms.tree import Phrase
    from monitor.text.office_names import OfficeNames

HEADING = "heading"
"""The part in which phrases join across a colon."""

QUESTION = "question"
"""The part that begins with a formula."""

MOST_LOOKS = 50
"""Finds of a phrase from which on each line is read once, rather than looked through for each of them."""


class NeedleHit(NamedTuple):
    """A needle stands in the form of part number `part`; `is_sure`: and so does its phrase."""

    part: int
    start: int
    form: PaddedForm
    is_sure: bool


NeedleHits = dict[int, list[NeedleHit]]
"""By leaf."""


class DocumentView:
    """One document, as far as it was looked at. `hits`: by leaf, where its needles stand in the search forms."""

    def __init__(
        self,
        parts: Mapping[str, str],
        hits: NeedleHits,
        leaves: Mapping[Phrase, tuple[int, CompiledPhrase]],
        covers: ExclusionZones,
        facts: Callable[[], Facts] | None,
    ) -> None:
        self._parts = list(parts.items())
        self._hits = hits
        self._leaves = leaves
        self._covers = covers
        self._facts = facts
        self._lines: dict[int, list[str]] = {}
        self._starts: dict[int, list[int]] = {}
        self._read: dict[tuple[int, int], _Line] = {}
        self._found: dict[int, list[Occurrence]] = {}

    @property
    def has_parts(self) -> bool:
        """Whether there is anything to see."""
        return bool(self._parts)

    def part_name(self, number: int) -> str:
        """The name of a part."""
        return self._parts[number][0]

    def text(self, number: int) -> str:
        """The plain text of a part."""
        return self._parts[number][1]

    def facts(self) -> Facts:
        """What filters look at. Raises ValueError where the caller gave none."""
        if self._facts is None:
            raise ValueError("a term with filters needs the facts of the record")
        return self._facts()

    def may_occur(self, phrase: Phrase) -> bool:
        """Whether a needle of the phrase was found."""
        return self._leaves[phrase][0] in self._hits

    def occurrences(self, phrase: Phrase) -> Sequence[Occurrence]:
        """Where a phrase stands: in each part the leftmost longest finds that do not overlap."""
        number, leaf = self._leaves[phrase]
        if number not in self._found:
            hits = self._hits.get(number, [])
            look = self._at_capitals if leaf.is_acronym else self._at_sure_places
            known = look(leaf, hits) if leaf.is_plain else None
            self._found[number] = self._in_lines(leaf, hits) if known is None else known
        return self._found[number]

    def _at_sure_places(self, leaf: CompiledPhrase, hits: Sequence[NeedleHit]) -> list[Occurrence] | None:
        """The finds, without reading all of a line; None where one asks for a closer look."""
        if len(hits) > MOST_LOOKS:
            return None
        count = len(leaf.phrase.words)
        found: set[Occurrence] = set()
        for part, start, form, is_sure in hits:
            is_question = self.part_name(part) == QUESTION
            hides = self._covers.hides(leaf, form, start, is_question=is_question) if is_sure else None
            if hides:
                continue
            if hides is None or start >= form.tail:
                return None
            number = form.line_of(start)
            line, begin = self._text_of(part, number)
            words, index = form.line_at(start)
            first = token_number(words, index) - leaf.place
            place = locate_words(line, words, index - leaf.place, count) or place_of(line, first, count)
            if place is None:
                return None
            found.add(Occurrence(part, number, begin + place[0], begin + place[1], first, first + count))
        chosen: list[Occurrence] = []
        for one in sorted(found):
            if not chosen or chosen[-1][:2] != one[:2] or one.first >= chosen[-1].after:
                chosen.append(one)
        return chosen

    def _at_capitals(self, leaf: CompiledPhrase, hits: Sequence[NeedleHit]) -> list[Occurrence] | None:
        """The same of an acronym, whose needles stand in the tail."""
        found: list[Occurrence] = []
        word = leaf.phrase.words[0].text
        for part, start, form, _ in hits:
            is_question = self.part_name(part) == QUESTION
            hides = self._covers.hides(leaf, form, start, is_question=is_question)
            if hides is not False or may_be_joined(word, form):
                return None
            for number in self._tail_lines(part, form.padded, start, form.tail):
                line, begin = self._text_of(part, number)
                words = form.line(number)
                places = locate_capitals(line, words, word)
                if places is None:
                    return None
                for first, after, index in places:
                    token = token_number(words, index)
                    found.append(Occurrence(part, number, begin + first, begin + after, token, token + 1))
        return sorted(found) or None

    def _in_lines(self, leaf: CompiledPhrase, hits: Sequence[NeedleHit]) -> list[Occurrence]:
        return [
            one for part, line in self._candidates(hits) for one in _in_line(leaf, part, line, self._line(part, line))
        ]

    def words_between(self, one: Occurrence, other: Occurrence) -> int | None:
        """How many words stand between the end of one and the begin of the other; None in another paragraph or before."""
        if (one.part, one.line) != (other.part, other.line) or one.after > other.first:
            return None
        read = self._line(one.part, one.line).tokens
        if any(token.gap >= LINE for token in read[one.first + 1 : other.first + 1]):
            return None
        return sum(not token.is_mark for token in read[one.after : other.first])

    def without(self, spans: Sequence[tuple[int, int, int]]) -> evaluate.Sight:
        """The same document, in which nothing counts that lies inside one of these spans (part, start, end)."""
        return _Excluding(self, spans)

    def _candidates(self, hits: Sequence[NeedleHit]) -> list[tuple[int, int]]:
        """The lines that a phrase may stand in: part and line, in order."""
        found: set[tuple[int, int]] = set()
        for part, start, form, _ in hits:
            if start < form.tail:
                found.add((part, form.line_of(start)))
            else:
                found.update((part, line) for line in self._tail_lines(part, form.padded, start, form.tail))
        return sorted(found)

    def _tail_lines(self, part: int, form: str, start: int, tail: int) -> Iterable[int]:
        """The lines that something in the tail of a form may be about."""
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

    def _line(self, part: int, number: int) -> _Line:
        if (part, number) not in self._read:
            self._read[part, number] = self._read_line(part, number)
        return self._read[part, number]

    def _read_line(self, part: int, number: int) -> _Line:
        name = self.part_name(part)
        text, begin = self._text_of(part, number)
        is_question = name == QUESTION and number == 0
        return _Line(text, begin, self._covers.names, is_heading=name == HEADING, is_question=is_question)

    def _text_of(self, part: int, number: int) -> tuple[str, int]:
        """A line and where it begins."""
        if part not in self._lines:
            lines = self._lines[part] = self.text(part).split("\n")
            self._starts[part] = [0, *accumulate(len(line) + 1 for line in lines)]
        return self._lines[part][number], self._starts[part][number]


class _Excluding:
    """A document in which some spans do not count: a `monitor.terms.evaluate.Sight`."""

    def __init__(self, sight: DocumentView, spans: Sequence[tuple[int, int, int]]) -> None:
        self._sight = sight
        self._spans = spans
        self.part_name = sight.part_name
        self.facts = sight.facts
        self.words_between = sight.words_between

    def occurrences(self, phrase: Phrase) -> Sequence[Occurrence]:
        return [
            one
            for one in self._sight.occurrences(phrase)
            if not any(part == one.part and start <= one.start and one.end <= end for part, start, end in self._spans)
        ]


def _places(form: str, needle: str, end: int) -> Iterable[int]:
    place = form.find(needle, 0, end)
    while place >= 0:
        yield place
        place = form.find(needle, place + 1, end)


class _Line(TokenLine):
    """A line with what hangs on it alone: the formula at its begin, and the names in it."""

    def __init__(self, text: str, start: int, names: OfficeNames, *, is_heading: bool, is_question: bool) -> None:
        super().__init__(text, start, is_heading=is_heading)
        self._names = names
        self._is_question = is_question

    @cached_property
    def formula(self) -> int:
        """How many tokens the opening formula takes."""
        return formula_end(self.tokens, self._names) if self._is_question else 0

    @cached_property
    def names(self) -> list[tuple[int, int]]:
        """Where whole names stand."""
        return self._names.spans(self.tokens)


def _in_line(leaf: CompiledPhrase, part: int, number: int, line: _Line) -> list[Occurrence]:
    names = line.names if line.formula or leaf.may_be_part_of_a_name else ()
    chosen = _disjoint(
        span for span in find_spans(leaf.pattern, line) if not is_excluded(span, leaf, line.formula, names)
    )
    if line.is_heading:
        inverted = [
            span for span in find_inverted_spans(leaf.pattern, line) if not is_excluded(span, leaf, line.formula, names)
        ]
        chosen += _disjoint(span for span in inverted if not any(span[0] < e and s < span[1] for s, e in chosen))
        chosen.sort()
    read = line.tokens
    return [
        Occurrence(part, number, line.start + read[first].start, line.start + read[after - 1].end, first, after)
        for first, after in chosen
    ]


def _disjoint(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    chosen: list[tuple[int, int]] = []
    for first, last in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not chosen or first >= chosen[-1][1]:
            chosen.append((first, last))
    return chosen
