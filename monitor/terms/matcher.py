"""Matcher: finds in one pass which terms of many topics stand in a document, and where.

The prefilter finds in the search forms the phrases that may stand there. Only for these, and only in the lines in question,
the words of the plain text are read and the terms evaluated. So the cost depends on the terms that nearly occur, and hardly
on how many there are.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.model.watching import Match, UnreadableTerm
from monitor.terms.canonical_prefilter import prefilter_for
from monitor.terms.compiled_phrase import CompiledPhrase
from monitor.terms.document_view import HEADING, QUESTION, DocumentView, NeedleHit, NeedleHits, Occurrence
from monitor.terms.evaluate import evaluate, may_hold
from monitor.terms.exclusion_zones import ExclusionZones
from monitor.terms.glance import Glance
from monitor.terms.padded_form import PaddedForm
from monitor.terms.parser import parse_query, parse_term
from monitor.terms.phrase_pattern import compile_phrase
from monitor.terms.phrase_search import TokenLine, find_inverted_spans, find_spans
from monitor.terms.requirements import index_query_of
from monitor.terms.tree import (
    Both,
    Either,
    Family,
    Phrase,
    Scope,
    TermError,
    Without,
    follow_bodies,
    has_words,
    may_ask_for_facts,
    phrases_of,
)
from monitor.terms.vocabulary import Lexicon
from monitor.text.search_form import search_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from monitor.model.index_query import IndexQuery
    from monitor.model.watching import Topic
    from monitor.ports import FactsGetter, PartTexts
    from monitor.terms.phrase_pattern import Pattern
    from monitor.terms.tree import Node

MATCHER_VERSION: Final = 7
"""Version of what matching finds and stores with a match. After a change every revision is searched again."""


class _CompiledTerm:
    """A term of topic number `topic`. An exclude finds spans that do not count for its topic.

    `name`: the topic's key, and the term as written.
    """

    __slots__ = ("_evident", "is_always_evident", "is_exclude", "name", "root", "topic")

    def __init__(
        self, topic: int, name: tuple[str, str], root: Node, *, is_exclude: bool, is_always_evident: bool
    ) -> None:
        self.topic = topic
        self.is_always_evident = is_always_evident
        self.name = name
        self.root = root
        self.is_exclude = is_exclude
        self._evident: dict[str, bool] = {}

    def is_evident(self, form: str, member: int | None) -> bool:
        """Return whether a form shows by itself what found it. Forms of a family's first member may."""
        if member:
            return False
        if self.is_always_evident:
            return True
        if form not in self._evident:
            node = self.root.members[0] if isinstance(self.root, Family) else self.root
            self._evident[form] = is_evident(node, form)
        return self._evident[form]


class _Found(NamedTuple):
    """An occurrence of a term, and the number of the family's member that it belongs to."""

    place: Occurrence
    member: int | None


class Matcher:
    """All terms of all topics, compiled. Made by `compile_terms`. `problems` are the terms that cannot be read."""

    def __init__(
        self, topics: Sequence[str], terms: Sequence[tuple[int, str, Node, bool]], problems: Sequence[UnreadableTerm],
        lexicon: Lexicon,
    ) -> None:  # fmt: skip
        self.problems: Final = tuple(problems)
        self._topics = tuple(topics)
        self._lexicon = lexicon
        self._zones = ExclusionZones(lexicon.names)
        self._phrases: list[CompiledPhrase] = []
        self._phrase_of: dict[Phrase, tuple[int, CompiledPhrase]] = {}
        self._terms: list[_CompiledTerm] = []
        self._terms_of: list[list[int]] = []
        self._without_words: list[int] = []
        self._excludes: dict[int, list[int]] = {}
        for term in terms:
            self._add(*term)
        self._decided_by = [self._terms_decided_by(phrase) for phrase in range(len(self._phrases))]
        self._shared = frozenset(phrase for phrase, terms in enumerate(self._terms_of) if len(terms) > 1)
        decides_all = (
            len(decided) == len(all_of) for decided, all_of in zip(self._decided_by, self._terms_of, strict=True)
        )
        self._prefilter = prefilter_for(self._phrases, bytes(decides_all))

    def _add(self, topic: int, source: str, root: Node, is_exclude: bool) -> None:
        number = len(self._terms)
        for phrase in phrases_of(root):
            self._add_phrase(phrase, number)
        # A phrase without equivalents finds nothing but itself.
        is_always_evident = isinstance(root, Phrase) and self._phrase_of[root][1].is_plain
        self._terms.append(
            _CompiledTerm(
                topic, (self._topics[topic], source), root, is_exclude=is_exclude, is_always_evident=is_always_evident
            )
        )
        if is_exclude:
            self._excludes.setdefault(topic, []).append(number)
        elif may_hold(root, lambda _phrase: False):
            self._without_words.append(number)

    def _add_phrase(self, phrase: Phrase, term: int) -> None:
        """Compile a phrase, once, and note that a term has it."""
        if phrase not in self._phrase_of:
            self._phrase_of[phrase] = len(self._phrases), CompiledPhrase(phrase, self._lexicon)
            self._phrases.append(self._phrase_of[phrase][1])
            self._terms_of.append([])
        self._terms_of[self._phrase_of[phrase][0]].append(term)

    def _terms_decided_by(self, phrase: int) -> tuple[int, ...]:
        """Return the terms that hold as soon as a phrase stands anywhere in the text."""
        terms = ((number, self._terms[number]) for number in self._terms_of[phrase])
        return tuple(
            number
            for number, term in terms
            if isinstance(term.root, Phrase) and not term.is_exclude and term.topic not in self._excludes
        )

    @property
    def asks_for_facts(self) -> bool:
        """True if a term may ask for the facts of a record."""
        return any(map(may_ask_for_facts, (term.root for term in self._terms)))

    # -- questions to the matcher -------------------------------------------------------------------------------------

    def matches(
        self, parts: PartTexts, forms: PartTexts | None = None, facts: FactsGetter | None = None
    ) -> tuple[Match, ...]:
        """Find all terms in the parts of a document.

        The matches come in the order of topics and terms in the configuration, then of parts as given, then from left to
        right. The matches of one term in one part are the leftmost longest that do not overlap. A term that holds without
        words of its own (filters only) has one empty match at the start of the first part.

        Args:
            parts: Plain text by the name of the part.
            forms: Search forms by the name of the part, if they are at hand.
            facts: Function that loads the facts of the record. It is called if a filter asks for them.
        """
        hits = self._needle_hits(parts, forms)
        if not hits and not self._without_words:
            return ()
        view = self._view(parts, hits, facts)
        candidates = {term for phrase in hits for term in self._terms_of[phrase]}.union(self._without_words)
        found: list[Match] = []
        for number in sorted(candidates):
            if not self._terms[number].is_exclude:
                found += self._matches_to_store(number, view)
        return tuple(found)

    def holding(
        self, parts: PartTexts, forms: PartTexts | None = None, facts: FactsGetter | None = None
    ) -> set[tuple[str, str]]:
        """Return the terms that hold in a document, as (topic, term): those of `matches`, without the places."""
        held: set[int] = set()
        open_terms = set(self._without_words)
        hits: NeedleHits = {}
        for number, (name, form) in enumerate((forms or _search_forms(parts)).items()):
            padded = PaddedForm(form)
            is_question = name == QUESTION
            count_from = self._zones.words_of_formula if is_question else _from_the_start
            standing, candidates = self._prefilter.evidence(padded, count_from, is_heading=name == HEADING)
            held.update(*map(self._decided_by.__getitem__, standing))
            for phrase, start, is_sure, words in candidates:
                excludes = None
                if is_sure:
                    compiled = self._phrases[phrase]
                    excludes = self._zones.excludes(compiled, padded, start, words, is_question=is_question)
                if excludes:
                    continue
                decided = () if excludes is None else self._decided_by[phrase]
                held.update(decided)
                if len(decided) < len(self._terms_of[phrase]):
                    hits.setdefault(phrase, []).append(NeedleHit(number, start, padded, is_sure))
                    open_terms.update(self._terms_of[phrase])
        open_terms -= held
        if open_terms:
            view = self._view(parts, hits, facts)
            held.update(term for term in open_terms if self._holds(term, view))
        return {self._terms[number].name for number in held}

    def spans(
        self, parts: PartTexts, forms: PartTexts | None = None, facts: FactsGetter | None = None
    ) -> tuple[Match, ...] | None:
        """Find the first term, as `matches` does; None if it does not hold."""
        hits = self._needle_hits(parts, forms)
        if not hits and not self._without_words:
            return None
        found = self._matches_of(0, self._view(parts, hits, facts))
        return None if found is None else tuple(found)

    def needs(self) -> dict[tuple[str, str], IndexQuery | None]:
        """Return by topic and term what a document must hold for the term to be found; None if it may be any document."""
        return {
            term.name: index_query_of(term.root, self._index_query_of_phrase)
            for term in self._terms
            if not term.is_exclude
        }

    # -- how terms are found ------------------------------------------------------------------------------------------

    def _needle_hits(self, parts: PartTexts, forms: PartTexts | None) -> NeedleHits:
        """Find where each phrase may stand, as far as the search forms tell."""
        hits: NeedleHits = {}
        for number, (name, form) in enumerate((forms or _search_forms(parts)).items()):
            padded = PaddedForm(form)
            for phrase, start, is_sure, _ in self._prefilter.candidates(padded, is_heading=name == HEADING):
                hits.setdefault(phrase, []).append(NeedleHit(number, start, padded, is_sure))
        return hits

    def _view(self, parts: PartTexts, hits: NeedleHits, facts: FactsGetter | None) -> DocumentView:
        return DocumentView(parts, hits, self._phrase_of, self._zones, facts, shared=self._shared)

    def compiled(self, phrase: Phrase) -> CompiledPhrase:
        """Return a phrase of one of the terms, compiled."""
        return self._phrase_of[phrase][1]

    def _index_query_of_phrase(self, phrase: Phrase) -> IndexQuery:
        return self.compiled(phrase).index_query

    def _holds(self, number: int, view: DocumentView) -> bool:
        term = self._terms[number]
        if term.is_exclude or not may_hold(term.root, view.may_occur):
            return False
        return evaluate(term.root, self._without_excluded(view, term.topic)) is not None

    def _matches_to_store(self, number: int, view: DocumentView) -> list[Match]:
        """Return the matches of a term. A term that holds without a word has an empty one at the very start."""
        matches = self._matches_of(number, view)
        if matches is None:
            return []
        if matches or not view.has_parts:
            return matches
        topic, term = self._terms[number].name
        return [Match(topic=topic, term=term, form="", part=view.part_name(0), start=0, end=0)]

    def _matches_of(self, number: int, view: DocumentView) -> list[Match] | None:
        """Return the matches of a term by part and place; None if it does not hold."""
        found = self._found(number, view)
        if found is None:
            return None
        compiled = self._terms[number]
        topic, term = compiled.name
        matches = []
        for place, member in _disjoint(found):
            form = view.text(place.part)[place.start : place.end]
            match = Match(
                topic=topic,
                term=term,
                form=form,
                part=view.part_name(place.part),
                start=place.start,
                end=place.end,
                member=member,
                is_evident=compiled.is_evident(form, member),
            )
            matches.append(match)
        return matches

    def _found(self, number: int, view: DocumentView) -> list[_Found] | None:
        term = self._terms[number]
        if not may_hold(term.root, view.may_occur):
            return None
        view = self._without_excluded(view, term.topic)
        if not isinstance(term.root, Family):
            places = evaluate(term.root, view)
            return None if places is None else [_Found(place, None) for place in places]
        held = False
        found: list[_Found] = []
        for member, node in enumerate(term.root.members):
            places = evaluate(node, view)
            held = held or places is not None
            found += [_Found(place, member) for place in places or ()]
        return found if held else None

    def _without_excluded(self, view: DocumentView, topic: int) -> DocumentView:
        if topic not in self._excludes:
            return view
        spans = [
            (place.part, place.start, place.end)
            for number in self._excludes[topic]
            if may_hold(self._terms[number].root, view.may_occur)
            for place in evaluate(self._terms[number].root, view) or ()
        ]
        return view.without(spans) if spans else view


def _from_the_start(_form: PaddedForm) -> int:
    return 0


def _search_forms(parts: Mapping[str, str]) -> dict[str, str]:
    return {name: search_form(text, is_heading=name == HEADING) for name, text in parts.items()}


def _disjoint(found: Iterable[_Found]) -> list[_Found]:
    """Choose the leftmost longest occurrences that do not overlap; of the same place, that of the first member."""
    chosen: list[_Found] = []
    for candidate in sorted(found, key=lambda candidate: _reading_order(candidate.place)):
        last = chosen[-1].place if chosen else None
        if last is None or last.part != candidate.place.part or candidate.place.start >= last.end:
            chosen.append(candidate)
    return chosen


def _reading_order(place: Occurrence) -> tuple[int, int, int]:
    return place.part, place.start, -place.end


# -- compiling --------------------------------------------------------------------------------------------------------


def compile_terms(topics: Sequence[Topic], lexicon: Lexicon | None = None) -> Matcher:
    """Compile all terms of these topics. A term that cannot be read goes to `problems` and stops no other."""
    with _without_garbage_collector():
        return _compile(topics, lexicon or Lexicon())


@contextmanager
def _without_garbage_collector() -> Iterator[None]:
    """Switch the garbage collector off: all that is compiled stays, and searching it takes a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _compile(topics: Sequence[Topic], lexicon: Lexicon) -> Matcher:
    terms: list[tuple[int, str, Node, bool]] = []
    problems: list[UnreadableTerm] = []
    for number, topic in enumerate(topics):
        for is_exclude, sources in ((False, topic.terms), (True, topic.exclude)):
            for source in sources:
                try:
                    terms.append((number, source, parse_term(source).root, is_exclude))
                except TermError as error:
                    problems.append(
                        UnreadableTerm(topic=topic.key, term=source, reason=str(error), is_exclude=is_exclude)
                    )
    return Matcher([topic.key for topic in topics], terms, problems, lexicon)


class Query:
    """A search query: one term, read as in a topic. Made by `compile_query`."""

    def __init__(self, source: str, root: Node, lexicon: Lexicon) -> None:
        self.source: Final = source
        self.root: Final = root
        self._matcher = Matcher([""], [(0, source, root, False)], (), lexicon)
        self._glance = Glance(root, self._matcher.compiled, lexicon.names)

    @property
    def need(self) -> IndexQuery | None:
        """Words that the search form of a document must hold; None if any document may be found."""
        return self._matcher.needs()["", self.source]

    @property
    def conditions(self) -> tuple[tuple[str, str], ...]:
        """Filters that every record found passes, by name: those of the whole query, not of one side of an operator."""
        filters = self.root.filters if isinstance(self.root, Scope) else ()
        return tuple((condition.name, condition.value) for condition in filters)

    def spans(
        self, parts: PartTexts, forms: PartTexts | None = None, facts: FactsGetter | None = None
    ) -> tuple[Match, ...] | None:
        """Find the query in the parts, in their order; `topic` is "". Return None if it does not hold.

        Nothing is found where it holds without words of its own: filters only.
        """
        return None if self._glance.rules_out(parts) else self._matcher.spans(parts, forms, facts)

    def holds(self, parts: PartTexts, forms: PartTexts | None = None, facts: FactsGetter | None = None) -> bool:
        """Return whether the query holds in the parts. This is faster than `spans`, which finds the places too."""
        if self._glance.rules_out(parts):
            return False
        return self._glance.rules_in(parts) or bool(self._matcher.holding(parts, forms, facts))


def compile_query(
    text: str, lexicon: Lexicon | None = None, *, today: date | None = None, follows_bodies: bool = False
) -> Query:
    """Compile a query. `today` is the day that from: and to: count from. Raises TermError.

    With `follows_bodies` a filter body: follows the body through time, as lineage: does.
    """
    term = parse_query(text, today) if today else parse_term(text)
    root = follow_bodies(term.root) if follows_bodies else term.root
    return Query(term.source, root, lexicon or Lexicon())


# -- forms that show what found them ----------------------------------------------------------------------------------


def is_evident(node: Node, form: str) -> bool:
    """Return whether a form is a phrase of a node, in any number, spelling or typography.

    An equivalent is not evident, and neither are words that count only together with others.
    """
    return any(_is_form_of(form, phrase) for phrase in _independent_phrases(node))


def _independent_phrases(node: Node) -> Iterator[Phrase]:
    """Iterate over the phrases that a node finds and that need no other words beside them."""
    match node:
        case Phrase():
            yield node
        case Both(operands=operands):
            with_words = [operand for operand in operands if has_words(operand)]
            if len(with_words) == 1:
                yield from _independent_phrases(with_words[0])
        case Either(operands=operands) | Family(members=operands):
            for operand in operands:
                yield from _independent_phrases(operand)
        case Without(wanted=inner) | Scope(node=inner):
            if inner is not None:
                yield from _independent_phrases(inner)


@lru_cache(maxsize=10_000)
def _is_form_of(form: str, phrase: Phrase) -> bool:
    """Return whether a phrase finds a form from end to end without an equivalent.

    The form is read as a heading, because it may join across the colon of one.
    """
    line = TokenLine(form, is_heading=True)
    pattern = _pattern(phrase)
    whole = (0, len(line.tokens))
    return whole in find_spans(pattern, line) or whole in find_inverted_spans(pattern, line)


@lru_cache(maxsize=1_000)
def _pattern(phrase: Phrase) -> Pattern:
    return compile_phrase(phrase, ())
