"""Many terms, one pass: which terms of which topics stand in a text, and where.

A text is first read as a bag of words, which is cheap; only terms whose rarest word is in it are looked for in earnest.
So the cost hangs on the terms that nearly occur and hardly on how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.model import Match
from monitor.terms.language import SHORTEST_PREFIX, TermError, parse_term
from monitor.terms.pattern import Document, Pattern, compile_node, find, find_inverted
from monitor.terms.text import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.model import Topic

MATCHER_VERSION: Final = 1
"""Counts changes of what terms find: matches of different versions differ for that reason alone."""

HEADING: Final = "heading"
"""The part in which phrases join across a colon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermProblem:
    """A term that could not be read. It finds nothing; all others work. `is_exclude`: it stands in `exclude`."""

    topic: str
    term: str
    error: TermError
    is_exclude: bool = False


class _Leaf(NamedTuple):
    """A compiled term, of topic number `topic`; an exclude finds what does not count for its topic."""

    topic: int
    term: str
    patterns: tuple[Pattern, ...]
    is_exclude: bool


class Matcher:
    """All terms of all topics, ready to be found. Made by `compile_terms`. `problems`: the terms that can't be read."""

    def __init__(self, topics: Sequence[Topic], leaves: Sequence[_Leaf], problems: Sequence[TermProblem]) -> None:
        self.problems: Final = tuple(problems)
        self._topics = tuple(topic.key for topic in topics)
        self._leaves = tuple(leaves)
        self._anchors: dict[str, list[int]] = {}
        for index, leaf in enumerate(leaves):
            for key in frozenset[str]().union(*(pattern.anchor for pattern in leaf.patterns)):
                self._anchors.setdefault(key, []).append(index)
        self._has_prefixes = any(key.endswith("*") for key in self._anchors)

    def matches(self, parts: Mapping[str, str]) -> tuple[Match, ...]:
        """What stands in the parts (name to plain text).

        Topics and terms come in the order of the configuration, parts as given, spans from left to right. The spans of one
        term in one part are the leftmost longest that do not overlap.
        """
        found = [(leaf.topic, index, number, match)
                 for number, (part, text) in enumerate(parts.items())
                 for index, leaf, match in self._part_matches(part, text)]  # fmt: skip
        return tuple(match for *_, match in sorted(found, key=lambda row: (*row[:3], row[3].start)))

    def _part_matches(self, part: str, text: str) -> list[tuple[int, _Leaf, Match]]:
        candidates = self._candidates(text)
        if not candidates:
            return []
        document = Document(text, is_heading=part == HEADING)
        spans = {index: _spans(self._leaves[index].patterns, document) for index in candidates}
        excluded: dict[int, list[tuple[int, int]]] = {}
        for index in candidates:
            if self._leaves[index].is_exclude:
                excluded.setdefault(self._leaves[index].topic, []).extend(spans[index])
        out = []
        for index in candidates:
            leaf = self._leaves[index]
            for start, end in () if leaf.is_exclude else spans[index]:
                if not any(s <= start and end <= e for s, e in excluded.get(leaf.topic, ())):
                    topic = self._topics[leaf.topic]
                    match = Match(topic=topic, term=leaf.term, form=text[start:end], part=part, start=start, end=end)
                    out.append((index, leaf, match))
        return out

    def _candidates(self, text: str) -> list[int]:
        """The terms whose anchor stands in the text, in order."""
        keys = words(text)
        if self._has_prefixes:
            keys |= {f"{key[:SHORTEST_PREFIX]}*" for key in keys}
        return sorted({index for key in keys & self._anchors.keys() for index in self._anchors[key]})


def compile_terms(topics: Sequence[Topic]) -> Matcher:
    """Make ready all terms of these topics. A term that can't be read goes to `problems` and stops no other."""
    leaves: list[_Leaf] = []
    problems: list[TermProblem] = []
    for number, topic in enumerate(topics):
        for is_exclude, terms in ((False, topic.terms), (True, topic.exclude)):
            for term in terms:
                try:
                    root = parse_term(term).root
                except TermError as error:
                    problems.append(TermProblem(topic=topic.key, term=term, error=error, is_exclude=is_exclude))
                else:
                    leaves.append(_Leaf(number, term, compile_node(root), is_exclude))
    return Matcher(topics, leaves, problems)


class Query:
    """What somebody searches for: one term, read as in a topic. Made by `compile_query`."""

    def __init__(self, source: str, patterns: tuple[Pattern, ...]) -> None:
        self.source: Final = source
        self._patterns = patterns

    def spans(self, parts: Mapping[str, str]) -> tuple[Match, ...]:
        """Where it stands in the parts, in their order; `topic` is "". Empty where it does not."""
        return tuple(
            Match(topic="", term=self.source, form=text[start:end], part=part, start=start, end=end)
            for part, text in parts.items()
            for start, end in _spans(self._patterns, Document(text, is_heading=part == HEADING))
        )


def compile_query(text: str) -> Query:
    """Read a query. Raises TermError."""
    term = parse_term(text)
    return Query(term.source, compile_node(term.root))


def _spans(patterns: Iterable[Pattern], document: Document) -> list[tuple[int, int]]:
    """Where any of the patterns stands, in code points: leftmost, then longest, never two that overlap."""
    read = document.tokens
    found = {span for pattern in patterns for span in find(pattern, document)}
    chosen = _disjoint(found)
    if document.is_heading:
        inverted = {span for pattern in patterns for span in find_inverted(pattern, document)}
        chosen += _disjoint(span for span in inverted if not any(span[0] < e and s < span[1] for s, e in chosen))
    return sorted((read[first].start, read[last - 1].end) for first, last in chosen)


def _disjoint(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    chosen: list[tuple[int, int]] = []
    for first, last in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not chosen or first >= chosen[-1][1]:
            chosen.append((first, last))
    return chosen
