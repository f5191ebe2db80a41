"""Terms that would find a record that no term of a reader finds. Each is tried on the record and counted in the archive.

First what lies near the reader's own terms (other numbers, words near each other, inside the name of an office), then
phrases of the record's heading, or of its question where it has none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from monitor.model.search import Filters
from monitor.presentation.excerpt import question_start
from monitor.research.query_variants import readable
from monitor.research.term_tools.nearby import nearby
from monitor.text.tokens import STOP_WORDS, folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from db.archive import Archive
    from monitor.model.records import Proceeding
    from monitor.model.watching import Topic
    from monitor.terms.matcher import Query
    from monitor.terms.vocabulary import Lexicon

MOST: Final = 3
"""Terms that are suggested for one record."""

COUNTED: Final = 1_000
"""Records up to which the finds of a suggested term are counted."""

MOST_TERMS: Final = 500
"""Terms of a reader whose near misses are tried."""

_MOST_TRIED: Final = 8
"""Phrases of a record that are tried."""
_PARTS: Final = re.compile(r"[:;,()]|\s[-\u2013\u2014]\s|\band\b")
_LONGEST: Final = 4
"""Words of a phrase of a heading, at most."""
_SHORTEST_WORD: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedTerm:
    """A term that finds the record. `topic`: key of the topic that has a term near it, else None.

    `records`: how many records of the archive it finds, counted up to `COUNTED`. `why`: how it was come by.
    """

    term: str
    topic: str | None
    records: int
    why: str


@dataclass(frozen=True)
class Suggester:
    """The terms of a reader, and an archive in which suggestions are counted."""

    archive: Archive
    lexicon: Lexicon
    topics: Sequence[Topic]

    def suggest(self, proceeding: Proceeding) -> tuple[SuggestedTerm, ...]:
        """Return a few terms that find a record."""
        tried: dict[str, tuple[Query, str | None, str]] = {}
        for topic, source, why, misses, query in self._near_misses:
            if misses.holds(proceeding.parts(), None, lambda: proceeding.facts):
                tried.setdefault(query.source, (query, topic, f"near the term {source}: {why}"))
        for phrase in list(dict.fromkeys(_phrases(proceeding)))[:_MOST_TRIED]:
            phrase_query = readable(phrase, self.lexicon)
            if phrase_query and phrase_query.holds(proceeding.parts(), None, lambda: proceeding.facts):
                tried.setdefault(
                    phrase_query.source,
                    (phrase_query, None, "words of its heading" if proceeding.heading else "words of the question"),
                )
        queries = [query for query, _, _ in tried.values()]
        counts = self.archive.search.counts(queries, Filters(), at_most=COUNTED)
        found = [
            SuggestedTerm(term=query.source, topic=topic, records=count, why=why)
            for (query, topic, why), count in zip(tried.values(), counts, strict=True)
        ]
        return tuple(sorted(found, key=_order)[:MOST])

    @cached_property
    def _near_misses(self) -> list[tuple[str, str, str, Query, Query]]:
        """The near misses of each term: topic, term, rule, the query for what it misses, and the term to write."""
        found = []
        terms = [(topic.key, term) for topic in self.topics for term in topic.terms][:MOST_TERMS]
        for topic, term in terms:
            query = readable(term, self.lexicon)
            for _, miss in nearby(query.root, self.lexicon) if query else ():
                misses, better = readable(miss.query, self.lexicon), readable(miss.write, self.lexicon)
                if misses and better:
                    found.append((topic, term, miss.said, misses, better))
        return found


def _order(suggested: SuggestedTerm) -> tuple[bool, bool, int, str]:
    """Put first what lies near the reader's own terms, and what finds few other records; last what finds this one alone."""
    return suggested.topic is None, suggested.records < 2, suggested.records, suggested.term  # noqa: PLR2004 (this one alone)


def _phrases(proceeding: Proceeding) -> Iterator[str]:
    """Yield phrases of a record that may serve as terms, the longest first."""
    if proceeding.heading:
        for part in _PARTS.split(proceeding.heading):
            words = part.split()
            if 0 < len(words) <= _LONGEST and not {folded(word) for word in words} <= STOP_WORDS:
                yield " ".join(words)
        return
    text = proceeding.question or proceeding.text or ""
    words = re.findall(r"[^\W\d_][\w'\u2019-]*", text[question_start(text) :])
    pairs = pairwise(words)
    good = [
        pair for pair in pairs if all(len(word) >= _SHORTEST_WORD and folded(word) not in STOP_WORDS for word in pair)
    ]
    yield from (" ".join(pair) for pair in sorted(good, key=lambda pair: -len("".join(pair))))
