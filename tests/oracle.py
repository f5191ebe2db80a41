"""A second matcher, slow and obvious, that the matcher and the archive's search are compared with.

It shares with the product how a text is read (`monitor.text.tokens`), how a term is read (`monitor.terms.parser`), and the
lists of word forms, office names and bodies, which have their own tests. Everything else is written again: each phrase is
tried at each word of each part in every way, and the finds are filtered in the order of docs/terms.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from monitor.model.watching import Match
from monitor.parliament.body_lines import lineage_of
from monitor.terms.parser import parse_term
from monitor.terms.tree import Both, Either, Family, Near, Phrase, Scope, Successors, TermError, Without
from monitor.text.office_names import formula_end
from monitor.text.tokens import COLON, LINE, SPACE, tokens
from tests.oracle_phrases import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.model.records import Facts
    from monitor.model.watching import Topic
    from monitor.terms.tree import Filter, Node
    from monitor.terms.vocabulary import Lexicon


class Place(NamedTuple):
    """An occurrence: the part, its first token, and the token after its last."""

    part: str
    first: int
    after: int

    def is_inside(self, other: Place) -> bool:
        return self.part == other.part and other.first <= self.first and self.after <= other.after

    def overlaps(self, other: Place) -> bool:
        return self.part == other.part and self.first < other.after and other.first < self.after


def reference_matches(
    topics: Sequence[Topic], parts: Mapping[str, str], facts: Facts | None, lexicon: Lexicon
) -> tuple[Match, ...]:
    """Return what `Matcher.matches` must return."""
    return reference(topics, parts, facts, lexicon)[0]


def reference(
    topics: Sequence[Topic], parts: Mapping[str, str], facts: Facts | None, lexicon: Lexicon
) -> tuple[tuple[Match, ...], set[tuple[str, str]]]:
    """Return what `Matcher.matches` must return, and what `Matcher.holding` must: (topic, term)."""
    document = Document(parts, facts, lexicon)
    holding = [(topic, term, places) for topic, term, places in _found(topics, document) if places is not None]
    matches = [
        match
        for topic, term, places in holding
        for match in list(document.matches(topic, term, places)) or document.wordless(topic, term)
    ]
    return tuple(matches), {(topic, term) for topic, term, _ in holding}


def _found(topics: Sequence[Topic], document: Document) -> Iterator[tuple[str, str, list[Place] | None]]:
    """Find the places of each term that can be read, in order."""
    for topic in topics:
        excluded = [
            place
            for term in topic.exclude
            if (root := _root(term)) is not None
            for place in document.places(root, ()) or []
        ]
        for term in topic.terms:
            if (root := _root(term)) is not None:
                yield topic.key, term, document.places(root, excluded)


def reference_query(
    text: str, parts: Mapping[str, str], facts: Facts | None, lexicon: Lexicon
) -> tuple[Match, ...] | None:
    """Return what the spans of a compiled query must be."""
    document = Document(parts, facts, lexicon)
    term = parse_term(text)
    places = document.places(term.root, ())
    return None if places is None else tuple(document.matches("", term.source, places))


@cache
def _root(term: str) -> Node | None:
    try:
        return parse_term(term).root
    except TermError:
        return None


@dataclass
class Document:
    """The parts of a revision, and the facts that filters look at."""

    parts: Mapping[str, str]
    facts: Facts | None
    lexicon: Lexicon

    def __post_init__(self) -> None:
        self.read = {part: tokens(text) for part, text in self.parts.items()}
        self.texts = {
            part: Text(self.parts[part], read, is_heading=part == "heading") for part, read in self.read.items()
        }

    def matches(self, topic: str, term: str, places: Iterable[Place]) -> Iterator[Match]:
        """Turn places into matches, by part, from left to right, without overlaps."""
        for place in sorted(
            _without_overlaps(places), key=lambda place: (list(self.parts).index(place.part), place.first)
        ):
            start = self.read[place.part][place.first].start
            end = self.read[place.part][place.after - 1].end
            form = self.parts[place.part][start:end]
            yield Match(topic=topic, term=term, form=form, part=place.part, start=start, end=end)

    def wordless(self, topic: str, term: str) -> list[Match]:
        """Return the match of a term that holds without a word: an empty one at the start of the first part."""
        return [Match(topic=topic, term=term, form="", part=part, start=0, end=0) for part in list(self.parts)[:1]]

    def places(self, node: Node, excluded: Sequence[Place], within: frozenset[str] | None = None) -> list[Place] | None:
        """Find the places of a node of a term; None if the node does not hold."""
        if isinstance(node, Phrase):
            return self._leaf(node, excluded, within) or None
        if isinstance(node, (Near, Successors)):
            find: Any = self._near if isinstance(node, Near) else self._successors
            return find(node, excluded, within) or None
        if isinstance(node, Both):
            found = [self.places(operand, excluded, within) for operand in node.operands]
            return None if None in found else [place for places in found for place in places or ()]
        if isinstance(node, (Either, Family)):
            operands = node.operands if isinstance(node, Either) else node.members
            found = [self.places(operand, excluded, within) for operand in operands]
            holding = [places for places in found if places is not None]
            return [place for places in holding for place in places] if holding else None
        if isinstance(node, Without):
            wanted = self.places(node.wanted, excluded, within)
            return wanted if self.places(node.unwanted, excluded, within) is None else None
        return self._scope(node, excluded, within)

    def _successors(self, node: Successors, excluded: Sequence[Place], within: frozenset[str] | None) -> list[Place]:
        """Find each name of a successor, if the record is not of a day before it was one."""
        day = self.facts.day if self.facts else None
        names = [
            name
            for choice in node.choices
            if choice.bound is None or (day is not None and choice.bound <= day)
            for name in choice.phrases
        ]
        return [place for name in names for place in self._leaf(name, excluded, within)]

    def _scope(self, node: Scope, excluded: Sequence[Place], within: frozenset[str] | None) -> list[Place] | None:
        if not all(holds(condition, self.facts) for condition in node.filters):
            return None
        if node.node is None:
            return []
        if node.parts:
            within = frozenset(node.parts) if within is None else within & frozenset(node.parts)
        return self.places(node.node, excluded, within)

    def _near(self, node: Near, excluded: Sequence[Place], within: frozenset[str] | None) -> list[Place]:
        lefts = self.places(node.left, excluded, within) or []
        rights = self.places(node.right, excluded, within) or []
        pairs = [(a, b) for a in lefts for b in rights if self._are_near(a, b, node.distance)]
        return [place for pair in pairs for place in pair]

    def _are_near(self, a: Place, b: Place, distance: int) -> bool:
        if a.part != b.part or a.overlaps(b):
            return False
        first, second = sorted((a, b), key=lambda place: place.first)
        read = self.read[a.part]
        is_one_paragraph = all(token.gap < LINE for token in read[first.first + 1 : second.after])
        between = [token for token in read[first.after : second.first] if not token.is_mark]
        return is_one_paragraph and len(between) <= distance

    def _leaf(self, phrase: Phrase, excluded: Sequence[Place], within: frozenset[str] | None) -> list[Place]:
        """Find the leftmost longest places of a phrase that are neither masked nor excluded."""
        places = [
            place for part in self.parts if within is None or part in within for place in self._chosen(phrase, part)
        ]
        return [place for place in places if not any(place.is_inside(other) for other in excluded)]

    def _chosen(self, phrase: Phrase, part: str) -> list[Place]:
        """Find the places of a phrase in one part: in the order of its words first, then turned round in a heading."""
        found = (place for place in self._everywhere(phrase, part) if not self._is_masked(phrase, place))
        chosen = _without_overlaps(found)
        if part == "heading":
            turned = (place for place in self._inverted(phrase) if not self._is_masked(phrase, place))
            chosen += _without_overlaps(place for place in turned if not any(place.overlaps(other) for other in chosen))
        return chosen

    def _everywhere(self, phrase: Phrase, part: str) -> Iterator[Place]:
        """Find every place of a phrase in a part, with overlaps."""
        for first, after in self.texts[part].places(phrase, self.lexicon.equivalents):
            yield Place(part, first, after)

    def _inverted(self, phrase: Phrase) -> Iterator[Place]:
        """Find places in a heading turned round: "Hotels: Asylum" is also "Asylum Hotels". A place is both sides whole."""
        read = self.read["heading"]
        starts = [at for at, token in enumerate(read) if at == 0 or token.gap >= COLON]
        for start, middle, end in zip(starts, starts[1:], [*starts[2:], len(read)], strict=False):
            if read[middle].gap != COLON:
                continue
            left = [read[start]._replace(gap=SPACE), *read[start + 1 : middle]]
            right = read[middle:end]
            text = Text(self.parts["heading"], right + left, is_heading=True)
            places = text.places(phrase, self.lexicon.equivalents)
            if any(first < len(right) < after for first, after in places):
                yield Place("heading", start, end)

    def _is_masked(self, phrase: Phrase, place: Place) -> bool:
        """Return whether a place is in the opening formula of a question, or only part of the name of an office."""
        read = self.read[place.part]
        names = [Place(place.part, first, after) for first, after in self.lexicon.names.spans(read)]
        if place in names:
            return False
        if place.part == "question" and place.after <= formula_end(read, self.lexicon.names):
            return True
        return not phrase.is_quoted and any(place.is_inside(name) for name in names)


def _without_overlaps(places: Iterable[Place]) -> list[Place]:
    """Drop places that overlap an earlier one: the leftmost counts, then the longest."""
    out: list[Place] = []
    for place in sorted(places, key=lambda place: (place.first, -place.after)):
        if not any(place.overlaps(taken) for taken in out):
            out.append(place)
    return out


def holds(condition: Filter, facts: Facts | None) -> bool:
    """Return whether a record passes a filter."""
    fact = {"from": "day", "to": "day", "lineage": "body"}.get(condition.name, condition.name)
    value = getattr(facts, fact, None)
    if value is None:
        return False
    if condition.name == "from":
        return bool(value >= date.fromisoformat(condition.value))
    if condition.name == "to":
        return bool(value <= date.fromisoformat(condition.value))
    if condition.name in {"house", "kind"}:
        return bool(value == condition.value)
    if condition.name == "lineage":
        return facts is not None and lineage_of(condition.value).covers(facts.body, facts.house.value, facts.day)
    return _words(condition.value) <= _words(value)


def _words(name: str) -> set[str]:
    return {token.text for token in tokens(name) if not token.is_mark}
