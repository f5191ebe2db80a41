"""Queries as people type them: a reference to records, or a term of the term language; and the pages of a list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from textwrap import indent
from typing import TYPE_CHECKING, Final

from monitor.errors import sentence
from monitor.research.references import find_ids
from monitor.terms.evaluate import LAST_TIER
from monitor.terms.matcher import compile_query
from monitor.terms.tree import paste_hint

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from db.archive import Archive
    from monitor.model.search import Filters, SearchPosition
    from monitor.terms.matcher import Query
    from monitor.terms.tree import TermError
    from monitor.terms.vocabulary import Lexicon

MANY: Final = 1_000
"""Further records are counted up to this number, as a person is waiting."""

_CONTEXT: Final = 60
"""Characters of a query that are shown on each side of the one that can't be read."""


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """A query ready for a search. `query` is None where the words name records, or where there are no words.

    `is_number`: the words are a number, by which records were found; it may have been meant as a figure in the texts.
    """

    query: Query | None
    filters: Filters
    is_number: bool = False


def read_query(archive: Archive, lexicon: Lexicon, words: str, filters: Filters, today: date) -> ReadQuery:
    """Read what was typed. Where that is a reference to records, only these pass. Raises TermError."""
    if not words:
        return ReadQuery(None, filters)
    ids = find_ids(archive, words)
    if ids:
        return ReadQuery(None, replace(filters, ids=ids), is_number=words.isdigit())
    if ids is not None and "/" in words:
        return ReadQuery(None, replace(filters, ids=[]))
    return ReadQuery(compile_query(words, lexicon, today=today, follows_bodies=filters.lineage), filters)


def caret(error: TermError) -> str:
    """Return the query, or the part of a long one around the error, with a caret under the character of the error."""
    first = max(0, error.position - _CONTEXT)
    before, after = error.term[first : error.position], error.term[error.position : error.position + _CONTEXT]
    start = "..." if first else ""
    end = "..." if error.position + _CONTEXT < len(error.term) else ""
    return f"{start}{before}{after}{end}\n{' ' * len(start + before)}^"


def unreadable(error: TermError) -> str:
    """Say why a query can't be read, with a caret under the place, and what to write instead."""
    better = f"\n{paste_hint(error.better)}" if error.better else ""
    return f"{error.problem}.\n{indent(caret(error), '  ')}\n{sentence(error.remedy)}{better}"


# -- pages of a list ----------------------------------------------------------------------------------------------------


def is_place_of(place: SearchPosition, filters: Filters) -> bool:
    """Return whether a place may come from a list in this order."""
    return 1 <= place.tier <= LAST_TIER if filters.by_relevance else not place.tier


def count_of_more(
    archive: Archive,
    query: Query | None,
    filters: Filters,
    last: SearchPosition,
    documents: int | None = None,
    *,
    must_end: Callable[[], bool] | None = None,
) -> str:
    """Say how many records come after a place, as far as that is soon known: "31 more", "At least 1,000 more".

    `documents`: look through no more than so many. `must_end` says when the database has looked for too long.
    """
    more, is_exact = archive.search.more(query, filters, last, at_most=MANY, documents=documents, must_end=must_end)
    return f"{'' if is_exact else 'At least '}{max(more, 1):,} more"
