"""Many terms, one pass: which terms of which topics stand in a document, and where.

An automaton finds in the search forms the terms that may stand there at all; only for these, and only the lines in question,
the words of the plain text are read and the phrases looked for in earnest. So the cost hangs on the terms that nearly occur
and hardly on how many there are.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.model.watching import Match
from monitor.terms.compiled_phrase import CompiledPhrase
from monitor.terms.document_view import HEADING, QUESTION, DocumentView, NeedleHit, NeedleHits
from monitor.terms.evaluate import found, may_hold
from monitor.terms.exclusion_zones import ExclusionZones
from monitor.terms.padded_form import PaddedForm
from monitor.terms.parser import parse_query, parse_term
from monitor.terms.prefilter import Prefilter
from monitor.terms.requirements import need_of
from monitor.terms.tree import Phrase, Scope, TermError, phrases_of
from monitor.terms.vocabulary import Lexicon
from monitor.text.search_form import search_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from monitor.model.index_query import Need
    from monitor.model.records import Facts
    from monitor.model.watching import Topic
    from monitor.terms import evaluate
    from monitor.terms.evaluate import Occurrence
    from monitor.terms.tree import Node

MATCHER_VERSION: Final = 3
"""Counts changes of what terms find: matches of different versions differ for that reason alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermProblem:
    """A term that could not be read. It finds nothing; all others work. `is_exclude`: it stands in `exclude`."""

    topic: str
    term: str
    error: TermError
    is_exclude: bool = False


class _Compiled:
    """A term of topic number `topic`. An exclude finds what does not count for its topic."""

    __slots__ = ("is_exclude", "root", "source", "topic")

    def __init__(self, topic: int, source: str, root: Node, *, is_exclude: bool) -> None:
        self.topic = topic
        self.source = source
        self.root = root
        self.is_exclude = is_exclude


class Matcher:
    """All terms of all topics, ready to be found. Made by `compile_terms`. `problems`: the terms that can't be read."""

    def __init__(
        self, topics: Sequence[str], terms: Sequence[tuple[int, str, Node, bool]], problems: Sequence[TermProblem],
        lexicon: Lexicon,
    ) -> None:  # fmt: skip
        self.problems: Final = tuple(problems)
        self._topics = tuple(topics)
        self._lexicon = lexicon
        self._covers = ExclusionZones(lexicon.names)
        self._leaves: list[CompiledPhrase] = []
        self._leaf_of: dict[Phrase, tuple[int, CompiledPhrase]] = {}
        self._terms: list[_Compiled] = []
        self._terms_of: list[list[int]] = []
        self._always: list[int] = []
        self._excludes: dict[int, list[int]] = {}
        for term in terms:
            self._add(*term)
        self._plan = Prefilter(self._leaves)
        self._simple = [self._simple_of(leaf) for leaf in range(len(self._leaves))]

    def _add(self, topic: int, source: str, root: Node, is_exclude: bool) -> None:
        number = len(self._terms)
        for phrase in phrases_of(root):
            self._note(phrase, number)
        self._terms.append(_Compiled(topic, source, root, is_exclude=is_exclude))
        if is_exclude:
            self._excludes.setdefault(topic, []).append(number)
        elif may_hold(root, lambda _phrase: False):
            self._always.append(number)

    def _note(self, phrase: Phrase, term: int) -> None:
        """Remember a phrase, once, and that a term has it."""
        if phrase not in self._leaf_of:
            self._leaf_of[phrase] = len(self._leaves), CompiledPhrase(phrase, self._lexicon)
            self._leaves.append(self._leaf_of[phrase][1])
            self._terms_of.append([])
        self._terms_of[self._leaf_of[phrase][0]].append(term)

    def _simple_of(self, leaf: int) -> tuple[int, ...]:
        """The terms that hold as soon as a leaf's phrase stands anywhere in the text."""
        return tuple(one for one in self._terms_of[leaf] if self._is_simple(self._terms[one]))

    def _is_simple(self, term: _Compiled) -> bool:
        """Whether a term holds as soon as its only phrase stands in the text."""
        return isinstance(term.root, Phrase) and not term.is_exclude and term.topic not in self._excludes

    # -- what is asked of it ------------------------------------------------------------------------------------------

    def matches(
        self,
        parts: Mapping[str, str],
        forms: Mapping[str, str] | None = None,
        facts: Callable[[], Facts] | None = None,
    ) -> tuple[Match, ...]:
        """What stands in the parts (name to plain text).

        `forms`: their search forms, if at hand. `facts` is called where a filter asks. Topics and terms come in the order of
        the configuration, parts as given, spans from left to right. The spans of one term in one part are the leftmost
        longest that do not overlap. A term that holds without a word of its own (filters only) has one match of no words at
        the start of the first part.
        """
        hits = self._hits(parts, forms)
        if not hits and not self._always:
            return ()
        sight = self._sight(parts, hits, facts)
        candidates = {term for leaf in hits for term in self._terms_of[leaf]}.union(self._always)
        return tuple(
            match
            for number in sorted(candidates)
            if self._counts(number)
            for match in self._told_matches(number, sight)
        )

    def holding(
        self,
        parts: Mapping[str, str],
        forms: Mapping[str, str] | None = None,
        facts: Callable[[], Facts] | None = None,
    ) -> set[tuple[str, str]]:
        """Which terms hold in the parts, as (topic, term): the same as `matches`, without the places."""
        held: set[int] = set()
        left = set(self._always)
        hits: NeedleHits = {}
        for number, (name, form) in enumerate((forms or _forms(parts)).items()):
            padded = PaddedForm(form)
            is_asked = name == QUESTION
            for leaf, start, is_sure in self._plan.hints(padded, is_heading=name == HEADING):
                hides = self._covers.hides(self._leaves[leaf], padded, start, is_question=is_asked) if is_sure else None
                if hides:
                    continue
                simple = () if hides is None else self._simple[leaf]
                held.update(simple)
                if len(simple) < len(self._terms_of[leaf]):
                    hits.setdefault(leaf, []).append(NeedleHit(number, start, padded, is_sure))
                    left.update(self._terms_of[leaf])
        left -= held
        if left:
            sight = self._sight(parts, hits, facts)
            held.update(number for number in left if self._counts(number) and self._holds(number, sight))
        return {(self._topics[self._terms[number].topic], self._terms[number].source) for number in held}

    def spans(
        self,
        parts: Mapping[str, str],
        forms: Mapping[str, str] | None = None,
        facts: Callable[[], Facts] | None = None,
    ) -> tuple[Match, ...] | None:
        """The same as `matches` for the first term alone; None where it does not hold."""
        hits = self._hits(parts, forms)
        if not hits and not self._always:
            return None
        sight = self._sight(parts, hits, facts)
        found_here = self._term_matches(0, sight)
        return None if found_here is None else tuple(found_here)

    def needs(self) -> dict[tuple[str, str], Need | None]:
        """By topic and term: what a document's search form must hold for it to be found; None where anything will do."""
        return {
            (self._topics[term.topic], term.source): need_of(term.root, self._need_of_phrase)
            for term in self._terms
            if not term.is_exclude
        }

    # -- how it is found ----------------------------------------------------------------------------------------------

    def _hits(self, parts: Mapping[str, str], forms: Mapping[str, str] | None) -> NeedleHits:
        """Where each phrase may stand, as far as its needles and the search forms tell."""
        hits: NeedleHits = {}
        for number, (name, form) in enumerate((forms or _forms(parts)).items()):
            padded = PaddedForm(form)
            for leaf, start, is_sure in self._plan.hints(padded, is_heading=name == HEADING):
                hits.setdefault(leaf, []).append(NeedleHit(number, start, padded, is_sure))
        return hits

    def _sight(self, parts: Mapping[str, str], hits: NeedleHits, facts: Callable[[], Facts] | None) -> DocumentView:
        return DocumentView(parts, hits, self._leaf_of, self._covers, facts)

    def _need_of_phrase(self, phrase: Phrase) -> Need:
        return self._leaf_of[phrase][1].need

    def _counts(self, term: int) -> bool:
        return not self._terms[term].is_exclude

    def _holds(self, term: int, sight: DocumentView) -> bool:
        return self._occurrences(term, sight) is not None

    def _occurrences(self, number: int, sight: DocumentView) -> list[Occurrence] | None:
        term = self._terms[number]
        if not may_hold(term.root, sight.may_occur):
            return None
        return found(term.root, self._without_excluded(sight, term.topic))

    def _told_matches(self, number: int, sight: DocumentView) -> list[Match]:
        """The same to keep and to tell: of a term that holds without a word one match, empty, at the very start."""
        matches = self._term_matches(number, sight)
        if matches is None or matches or not sight.has_parts:
            return matches or []
        term = self._terms[number]
        return [
            Match(
                topic=self._topics[term.topic], term=term.source, form="", part=sight.part_name(0), start=0, end=0
            )
        ]  # fmt: skip

    def _term_matches(self, number: int, sight: DocumentView) -> list[Match] | None:
        """What a term finds, by part and place; None where it does not hold."""
        occurrences = self._occurrences(number, sight)
        if occurrences is None:
            return None
        term = self._terms[number]
        return [
            Match(
                topic=self._topics[term.topic],
                term=term.source,
                form=sight.text(one.part)[one.start : one.end],
                part=sight.part_name(one.part),
                start=one.start,
                end=one.end,
            )
            for one in _disjoint(occurrences)
        ]

    def _without_excluded(self, sight: DocumentView, topic: int) -> evaluate.Sight:
        if topic not in self._excludes:
            return sight
        spans = [
            (one.part, one.start, one.end)
            for number in self._excludes[topic]
            if may_hold(self._terms[number].root, sight.may_occur)
            for one in found(self._terms[number].root, sight) or ()
        ]
        return sight.without(spans) if spans else sight


def _forms(parts: Mapping[str, str]) -> dict[str, str]:
    return {name: search_form(text, is_heading=name == HEADING) for name, text in parts.items()}


def _disjoint(occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    """Leftmost, then longest, never two that overlap."""
    chosen: list[Occurrence] = []
    for one in sorted(occurrences, key=lambda one: (one.part, one.start, -one.end)):
        if not chosen or chosen[-1].part != one.part or one.start >= chosen[-1].end:
            chosen.append(one)
    return chosen


def compile_terms(topics: Sequence[Topic], lexicon: Lexicon | None = None) -> Matcher:
    """Make ready all terms of these topics. A term that can't be read goes to `problems` and stops no other."""
    with _without_collector():
        return _compiled(topics, lexicon or Lexicon())


@contextmanager
def _without_collector() -> Iterator[None]:
    """What is made for many terms stays: to look through it for garbage again and again takes nearly half the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _compiled(topics: Sequence[Topic], lexicon: Lexicon) -> Matcher:
    terms: list[tuple[int, str, Node, bool]] = []
    problems: list[TermProblem] = []
    for number, topic in enumerate(topics):
        for is_exclude, sources in ((False, topic.terms), (True, topic.exclude)):
            for source in sources:
                try:
                    terms.append((number, source, parse_term(source).root, is_exclude))
                except TermError as error:
                    problems.append(TermProblem(topic=topic.key, term=source, error=error, is_exclude=is_exclude))
    return Matcher([topic.key for topic in topics], terms, problems, lexicon)


class Query:
    """What somebody searches for: one term, read as in a topic. Made by `compile_query`."""

    def __init__(self, source: str, root: Node, lexicon: Lexicon) -> None:
        self.source: Final = source
        self.root: Final = root
        self._matcher = Matcher([""], [(0, source, root, False)], (), lexicon)

    @property
    def need(self) -> Need | None:
        """What the search form of a document must hold; None where any document may be found."""
        return self._matcher.needs()["", self.source]

    @property
    def conditions(self) -> tuple[tuple[str, str], ...]:
        """Filters that every record found passes, by name: those of the whole query, not of one side of an operator."""
        filters = self.root.filters if isinstance(self.root, Scope) else ()
        return tuple((one.name, one.value) for one in filters)

    def spans(
        self,
        parts: Mapping[str, str],
        forms: Mapping[str, str] | None = None,
        facts: Callable[[], Facts] | None = None,
    ) -> tuple[Match, ...] | None:
        """Where it is found in the parts, in their order; `topic` is "". None where it does not hold.

        Empty where it holds without a word of its own: filters only.
        """
        return self._matcher.spans(parts, forms, facts)

    def holds(
        self,
        parts: Mapping[str, str],
        forms: Mapping[str, str] | None = None,
        facts: Callable[[], Facts] | None = None,
    ) -> bool:
        """Whether it holds: as `spans`, but without the places, which take longer."""
        return bool(self._matcher.holding(parts, forms, facts))


def compile_query(text: str, lexicon: Lexicon | None = None, *, today: date | None = None) -> Query:
    """Read a query. `today` is what from: and to: count from. Raises TermError."""
    term = parse_query(text, today) if today else parse_term(text)
    return Query(term.source, term.root, lexicon or Lexicon())
