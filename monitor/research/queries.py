"""Queries as people type them: a reference to records, or a term of the term language."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.research.records import find_ids
from monitor.terms.matcher import compile_query

if TYPE_CHECKING:
    from datetime import date

    from db.archive import Archive
    from monitor.model.search import Filters
    from monitor.terms.matcher import Query
    from monitor.terms.vocabulary import Lexicon


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
    return ReadQuery(compile_query(words, lexicon, today=today), filters)
