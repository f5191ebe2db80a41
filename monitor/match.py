"""Stage 2, match: look for the watch terms in every revision that they were not looked for in yet."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.errors import ArchiveError, LeaseError, LockedError
from monitor.model.index_query import AnyOf
from monitor.terms.matcher import MATCHER_VERSION, compile_terms

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.index_query import IndexQuery
    from monitor.terms.matcher import Matcher
    from monitor.terms.vocabulary import Lexicon

log = logging.getLogger(__name__)

MANY_REVISIONS: Final = 50_000
"""Revisions between two log lines while the index is brought up to date."""


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

    The index narrows the search where a term is new and the archive large. Each batch is one transaction.
    """
    while (work := archive.matches.next_work()) is not None:
        matcher = compile_terms(work.topics, lexicon)
        for documents, done_to in archive.matches.read_documents(work, _need_of_any(matcher)):
            found = [
                (document.revision_id, matcher.matches(document.parts, document.forms, document.facts))
                for document in documents
            ]
            counts.matches += archive.matches.store(work, found, done_to)
            counts.revisions += len(documents)


def _need_of_any(matcher: Matcher) -> IndexQuery | None:
    """Return what a revision must hold for any term to match; None where some term may match any revision."""
    needs = [need for need in matcher.needs().values() if need is not None]
    return AnyOf(tuple(needs)) if len(needs) == len(matcher.needs()) else None


def follow_index(archive: Archive) -> str | None:
    """Bring the search index up to date; return one sentence if that failed.

    A failure stops nothing: what the index does not hold is read through, only more slowly.
    """
    try:
        archive.index.follow(_log_progress)
    except (LeaseError, LockedError):
        raise
    except ArchiveError as exc:
        return f"{exc}: searches are slower without it; then run: pqwatch db reindex"
    return None


def _log_progress(done: int, total: int) -> None:
    if total >= MANY_REVISIONS and (done % MANY_REVISIONS == 0 or done == total):
        log.info("index revisions=%d of=%d", done, total)
