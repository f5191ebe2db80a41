"""Records that a reader marked as not relevant, and the exclusions that follow from them."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

from monitor.model.following import MarkKind
from monitor.model.search import Filters
from monitor.research.term_tools.exclusion_proposals import MARKS_NEEDED, MOST_TRIED, propose_exclusion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from db.archive import Archive
    from monitor.model.search import Hit
    from monitor.model.watching import Topic
    from monitor.research.term_tools.exclusion_proposals import Proposal
    from monitor.terms.vocabulary import Lexicon


def proposals_after(
    archive: Archive, topics: Sequence[Topic], subscriber: str, proceeding_id: int, lexicon: Callable[[], Lexicon]
) -> list[Proposal]:
    """Return an exclusion for each topic of a record that was just marked, if enough of the topic are marked by now."""
    marks = archive.choices.marks(subscriber)
    rows = [mark.proceeding_id for mark in marks if mark.kind is MarkKind.NOT_RELEVANT]
    if len(rows) < MARKS_NEEDED:
        return []
    marked = _hits(archive, Filters(ids=rows))
    of_record = {match.topic for hit in marked if hit.proceeding_id == proceeding_id for match in hit.matches}
    proposals = []
    for topic in topics:
        own = [hit for hit in marked if any(match.topic == topic.key for match in hit.matches)]
        if topic.key not in of_record or len(own) < MARKS_NEEDED:
            continue
        there = {hit.proceeding_id for hit in own}
        others = [hit for hit in _hits(archive, Filters(topic=topic.key)) if hit.proceeding_id not in there]
        if proposal := propose_exclusion(topic, own, others, lexicon()):
            proposals.append(proposal)
    return proposals


def _hits(archive: Archive, filters: Filters) -> list[Hit]:
    with closing(archive.search.hits(None, filters)) as hits:
        return list(islice(hits, MOST_TRIED))
