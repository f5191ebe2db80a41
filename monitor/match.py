"""Stage 2, match: look for the watch terms in every revision that they were not looked for in yet."""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeAlias

from monitor.model.index_query import AnyOf
from monitor.model.jobs import match_range_job
from monitor.processes import helpers, in_order
from monitor.terms.matcher import MATCHER_VERSION, compile_terms

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from db.archive import Archive
    from monitor.model.index_query import IndexQuery
    from monitor.model.matching import MatchWork
    from monitor.model.records import Facts
    from monitor.model.search import Document
    from monitor.model.watching import Match, Topic
    from monitor.ports import FactsGetter, PartTexts
    from monitor.terms.matcher import Matcher
    from monitor.terms.vocabulary import Lexicon

log = logging.getLogger(__name__)

_Batch: TypeAlias = "tuple[list[Document], int]"
"""Revisions, and the last one that they cover."""

_Found: TypeAlias = "list[tuple[int, tuple[Match, ...]]]"
"""Matches by the row ids of the revisions that were searched."""

_Texts: TypeAlias = "list[tuple[int, PartTexts, Facts | None]]"
"""Row ids of revisions, their plain texts and facts; None if no term asks for facts."""

MANY: Final = 20_000
"""Revisions after which other processes search: to start them and to compile the terms in each takes seconds."""

RANGE: Final = 5_000
"""Revisions of a range that one of several workers searches. A stretch of `MANY` revisions and more is split."""


@dataclass(slots=True)
class MatchCounts:
    """Revisions that were searched, matches that were stored, and promises that are new in the ledger."""

    revisions: int = 0
    matches: int = 0
    promises: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        return {"revisions": self.revisions, "matches": self.matches, "promises": self.promises}


def rules_version(lexicon: Lexicon) -> str:
    """Return the version of the matching rules. When it changes, every revision is searched again."""
    return f"{MATCHER_VERSION}.{lexicon.version}"


def find_matches(archive: Archive, lexicon: Lexicon, counts: MatchCounts) -> None:
    """Search the revisions that are due, store the matches, and add to `counts`.

    The index narrows the search where a term is new and the archive large. Each batch is one transaction. From `MANY` on,
    other processes search while this one reads and stores. Ranges that workers left are searched one after the other.
    """
    while (work := archive.matches.next_work()) is not None:
        matcher = compile_terms(work.topics, lexicon)
        if work.is_range:
            find_in_range(archive, work, matcher, counts)
            continue
        batches = archive.matches.read_documents(work, partial(_need_of_any, matcher))
        for steps in (_found_here(matcher, batches), _found_by_others(matcher, batches, work, lexicon)):
            with closing(steps):  # ends the other processes also where storing fails
                for found, done_to in steps:
                    counts.matches += archive.matches.store(work, found, done_to)
                    counts.revisions += len(found)


def find_in_range(archive: Archive, work: MatchWork, matcher: Matcher, counts: MatchCounts) -> None:
    """Search one range of a stretch that was split, and store all that was found there in one transaction."""
    found: _Found = []
    for documents, _ in archive.matches.read_documents(work, partial(_need_of_any, matcher)):
        found += _found_in(matcher, documents)
    counts.matches += archive.matches.store(work, found, work.to)
    counts.revisions += len(found)


def split_work(archive: Archive, lexicon: Lexicon) -> bool:
    """Split the next stretch of revisions into ranges, with a job for each, if it is long; return whether it was.

    Where the index narrows the search, only the revisions that it names make a stretch long.
    """
    work = archive.matches.next_work()
    if work is None or work.is_range or work.to - work.after < MANY:
        return False
    need = partial(_need_of_any, compile_terms(work.topics, lexicon))
    ends = archive.matches.ends_of_ranges(work, need, RANGE)
    if len(ends) * RANGE < MANY:
        return False
    archive.match_ranges.begin(work, ends, map(match_range_job, ends))
    log.info("matching split revisions=%d ranges=%d", work.to - work.after, len(ends))
    return True


def _found_here(matcher: Matcher, batches: Iterator[_Batch]) -> Generator[tuple[_Found, int]]:
    """Search the first revisions, which often are all."""
    read = 0
    while read < MANY and (batch := next(batches, None)) is not None:
        documents, done_to = batch
        yield _found_in(matcher, documents), done_to
        read += len(documents)


def _found_in(matcher: Matcher, documents: Sequence[Document]) -> _Found:
    return [
        (document.revision_id, matcher.matches(document.parts, document.forms, document.facts))
        for document in documents
    ]


def _found_by_others(
    matcher: Matcher, batches: Iterator[_Batch], work: MatchWork, lexicon: Lexicon
) -> Generator[tuple[_Found, int]]:
    """Let other processes search the rest, some batches ahead of what is stored."""
    if (first := next(batches, None)) is None:
        return
    with_facts = matcher.asks_for_facts
    texts = ((_texts(documents, with_facts=with_facts), done_to) for documents, done_to in chain([first], batches))
    with helpers(prepare, work.topics, lexicon) as pool:
        yield from in_order(pool, find, texts)


def _texts(documents: Iterable[Document], *, with_facts: bool) -> _Texts:
    return [
        (document.revision_id, dict(document.parts), document.facts() if with_facts else None) for document in documents
    ]


prepared: list[Matcher] = []
"""The matcher of a process that helps."""


def prepare(topics: Sequence[Topic], lexicon: Lexicon) -> None:
    """Compile the terms in a process that helps."""
    prepared[:] = [compile_terms(topics, lexicon)]


def find(texts: _Texts) -> _Found:
    """Search some revisions in a process that helps."""
    [matcher] = prepared
    return [(revision_id, matcher.matches(parts, None, _giving(facts))) for revision_id, parts, facts in texts]


def _giving(facts: Facts | None) -> FactsGetter | None:
    return None if facts is None else lambda: facts


def _need_of_any(matcher: Matcher) -> IndexQuery | None:
    """Return what a revision must hold for any term to match; None where some term may match any revision.

    With 100,000 terms it takes longer than to search a day's revisions.
    """
    every = matcher.needs()
    needs = [need for need in every.values() if need is not None]
    return AnyOf(tuple(needs)) if len(needs) == len(every) else None
