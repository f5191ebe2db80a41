"""Review watch terms: run every check of `checking` on them against the archive."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count
from typing import TYPE_CHECKING

from monitor.model.search import Filters
from monitor.research.term_tools import checking, renamed_bodies
from monitor.research.term_tools.known_words import shipped_words
from monitor.research.term_tools.overlap import TermsByWord
from monitor.research.term_tools.term_list import watched_terms
from monitor.terms.matcher import compile_query
from monitor.text.similarity import nearest

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.matching import WatchedTerm
    from monitor.model.records import Facts, Proceeding
    from monitor.model.watching import Topic
    from monitor.research.term_tools.checking import TermFinding
    from monitor.research.term_tools.doubts import Doubt
    from monitor.terms.vocabulary import Lexicon


@dataclass(frozen=True)
class Review:
    """The topics whose terms are reviewed, the configuration, an archive and its lexicon, with what the checks share.

    `find_doubts` returns what may be slips in a term.
    """

    topics: Sequence[Topic]
    config: Config
    archive: Archive
    lexicon: Lexicon
    today: date
    find_doubts: Callable[[str], list[Doubt]]

    def findings(self, progress: Callable[[int, int], None] = lambda _done, _total: None) -> list[TermFinding]:
        """Return what may be wrong with the terms, topic by topic. `progress` is told of the terms done and of all."""
        total, numbers = sum(len(topic.terms) for topic in self.topics), count(1)

        def step() -> None:
            progress(next(numbers), total)

        return [finding for topic in self.topics for finding in self._of_topic(topic, step) if finding is not None]

    def quick_findings(self) -> list[TermFinding]:
        """Return what is soon known, without searching: terms unread, misread, noisy or gone quiet, and silent topics.

        Of misread terms, those are named that certainly mean something else.
        """
        return [finding for topic in self.topics for finding in self._of_topic_quickly(topic) if finding is not None]

    @cached_property
    def watched(self) -> Mapping[tuple[str, str], WatchedTerm]:
        """Terms that are watched, by topic and term, with what they find."""
        return watched_terms(self.archive, self.topics)

    def _of_topic_quickly(self, topic: Topic) -> Iterator[TermFinding | None]:
        for problem in self.config.term_problems:
            if problem.topic == topic.key and problem.is_misread:
                said, _, remedy = problem.reason.partition(". ")
                yield checking.TermFinding(
                    topic=topic.key, term=problem.term, fault="misread", said=said, remedy=remedy
                )
            elif problem.topic == topic.key:
                yield checking.unread(problem.topic, problem.term, problem.reason)
        watched = [self.watched[topic.key, term] for term in topic.terms if (topic.key, term) in self.watched]
        yield checking.silent_topic(topic.key, topic.name, watched, self._records, self.today)
        for term in watched:
            yield checking.gone_quiet(term, self._months)
            yield checking.too_noisy(term, self._records)

    def _of_topic(self, topic: Topic, step: Callable[[], None]) -> Iterator[TermFinding | None]:
        for problem in self.config.term_problems:
            if problem.topic == topic.key and not problem.is_misread:
                yield checking.unread(problem.topic, problem.term, problem.text)
        watched = [self.watched[topic.key, term] for term in topic.terms if (topic.key, term) in self.watched]
        yield checking.silent_topic(topic.key, topic.name, watched, self._records, self.today)
        with closing(self.archive.matches.spans(topic.key)) as found:
            inside = checking.covered(found, [term.term for term in watched if term.days])
        by_word = TermsByWord(topic.terms)
        for term in topic.terms:
            misread = checking.misread(topic.key, term, self.find_doubts(term))
            if misread is not None:  # the other checks would be about a term that was not meant
                yield misread
            else:
                yield from self._of_finds(topic.key, term)
                yield checking.is_covered(topic.key, term, by_word.candidates(term), inside, self.lexicon.equivalents)
                yield from self._of_words(topic.key, term)
            step()

    def _of_finds(self, topic: str, term: str) -> Iterator[TermFinding | None]:
        if watched := self.watched.get((topic, term)):
            yield checking.never_found(watched, self._count, self._has)
            yield checking.gone_quiet(watched, self._months)
            yield checking.too_noisy(watched, self._records)

    def _of_words(self, topic: str, term: str) -> Iterator[TermFinding | None]:
        yield checking.in_capitals_only(topic, term, self._forms)
        yield checking.misspelt(topic, term, self._words_in_use, self._has, shipped_words())
        yield checking.is_nobodys(topic, term, self._facts, self._names, nearest)
        yield renamed_bodies.renamed(topic, term, lambda: self._watched_names, self.today)

    # -- what the archive says ----------------------------------------------------------------------------------------

    @cached_property
    def _watched_names(self) -> renamed_bodies.WatchedNames:
        return renamed_bodies.names_in(term for topic in self.config.topics for term in topic.terms)

    @cached_property
    def _records(self) -> Mapping[date, int]:
        return self.archive.matches.records_by_day()

    @cached_property
    def _months(self) -> Sequence[tuple[int, int]]:
        return checking.months_at_work(self._records, self.today)

    @cached_property
    def _newest(self) -> list[Proceeding]:
        hits = self.archive.search.hits(None, Filters(), limit=checking.SAMPLE)
        return [hit.revision.proceeding for hit in hits]

    @cached_property
    def _facts(self) -> list[Facts]:
        return [proceeding.facts for proceeding in self._newest]

    @cached_property
    def _words_in_use(self) -> Counter[str]:
        return checking.words_in_use(proceeding.parts() for proceeding in self._newest)

    @cached_property
    def _names(self) -> Callable[[str], Sequence[str]]:
        return cache(self.archive.search.names)

    @cached_property
    def _count(self) -> Callable[[str], int]:
        return cache(lambda text: self._count_up_to(text, checking.MOST_COUNTED))

    def _has(self, text: str, records: int) -> bool:
        return self._count_up_to(text, records) == records

    def _count_up_to(self, text: str, most: int) -> int:
        return self.archive.search.count(compile_query(text, self.lexicon), Filters(), at_most=most)

    def _forms(self, text: str) -> list[str]:
        query = compile_query(text, self.lexicon)
        hits = self.archive.search.hits(query, Filters(), limit=checking.MOST_FORMS)
        return [hit.spans[0].form for hit in hits if hit.spans]
