"""Rows of the index that hold words of a text, and the texts of records, for comparing records by rare words.

The caller weighs the words. Only the newest revision of a record counts, and what the index has not reached is not found.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from db import tables
from db.index_view import revision_of, rows_between
from db.rows import IDS, IS_NEWEST, load_parts, select_in
from db.search_filters import conditions, matching_names
from monitor.model.index_query import AnyOf, PhraseRequirement
from monitor.model.search import CandidateText, WordRows
from monitor.parliament.answer_labels import label_answer
from monitor.text.word_forms import word_forms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from db.index import Index
    from db.index_view import IndexView
    from monitor.model.search import Filters

_COMPARED: Final = ("heading", "question", "text")
_SUBJECTS_OF: Final = select(tables.parts.c.revision_id, *(tables.parts.c[name] for name in _COMPARED)).where(
    tables.parts.c.revision_id.in_(IDS)
)
_SUBJECTS: Final = frozenset({"question", "text"})
"""Parts that are compared: questions and statements, no answers."""


class SharedWords:
    """Search of the archive for records that share words with a text."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def count_rows(self) -> int:
        """Count the rows of the index."""

        def count(_archive: Connection, index: IndexView) -> int:
            return index.count_rows()

        return self._index.ask(count)

    def rows(self, words: Sequence[str], filters: Filters, *, at_most: int, in_all: int) -> list[WordRows]:
        """Find the rows that hold each word in a question or speech, in any form: the newest `at_most` of the filters' days.

        Words are looked for in the order given, until `in_all` rows were found; the rest get no rows.
        """
        between = rows_between(filters.first, filters.last)

        def find(_archive: Connection, index: IndexView) -> list[WordRows]:
            found, left = [], in_all
            for word in words:
                rows = _rows_with(index, word, between, min(at_most, left))
                found.append(rows)
                left -= len(rows.rows)
            return found

        return self._index.ask(find)

    def count(self, phrases: Sequence[Sequence[str]], filters: Filters, *, at_most: int) -> list[int]:
        """Count, up to `at_most`, the rows of the filters' days that hold each word or phrase, in any form and part."""
        between = rows_between(filters.first, filters.last)

        def find(_archive: Connection, index: IndexView) -> list[int]:
            return [len(index.newest(_in_any_form(words, frozenset()), between, at_most=at_most)) for words in phrases]

        return self._index.ask(find)

    def texts(self, rows: Sequence[int], filters: Filters) -> list[CandidateText]:
        """Read the texts of those rows, in order, that are the newest revision of a record which passes the filters."""
        ids = [revision_of(row) for row in rows]

        def find(archive: Connection, _index: IndexView) -> list[CandidateText]:
            table, revision = tables.proceeding, tables.revision
            query = select(revision.c.id, table.c.public_id, table.c.body).join(table, IS_NEWEST)
            query = query.where(revision.c.id.in_(IDS), *conditions(filters, matching_names(archive, filters), table.c))
            records = {row.id: row for row in select_in(archive, query, ids)}
            passing = [revision_id for revision_id in ids if revision_id in records]
            if filters.labels:
                answers = load_parts(archive, passing)
                passing = [revision_id for revision_id in passing if _has_label(answers.get(revision_id, {}), filters)]
            parts = _load_subjects(archive, passing)
            return [
                CandidateText(
                    revision_id=revision_id,
                    public_id=records[revision_id].public_id,
                    body=records[revision_id].body or "",
                    parts=parts.get(revision_id, {}),
                )
                for revision_id in passing
            ]

        return self._index.ask(find)


def _load_subjects(archive: Connection, revision_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Load the parts that are compared: answers are long, and to leave them out takes half of the reading from the disk."""
    return {
        revision_id: {name: text for name, text in zip(_COMPARED, texts, strict=True) if text is not None}
        for revision_id, *texts in select_in(archive, _SUBJECTS_OF, revision_ids)
    }


def _has_label(parts: Mapping[str, str], filters: Filters) -> bool:
    return any(label.name in filters.labels for label in label_answer(parts.get("answer", "")))


def _rows_with(index: IndexView, word: str, between: tuple[int, int], at_most: int) -> WordRows:
    if at_most <= 0:
        return WordRows(rows=(), is_whole=False)
    found = index.newest(_in_any_form((word,), _SUBJECTS), between, at_most=at_most + 1)
    return WordRows(rows=tuple(found[:at_most]), is_whole=len(found) <= at_most)


def _in_any_form(words: Sequence[str], parts: frozenset[str]) -> AnyOf:
    """Return the need for words side by side, each in any of its forms."""
    ways = product(*(sorted(word_forms(word)) for word in words))
    return AnyOf(tuple(PhraseRequirement(way, parts, is_alone=len(words) == 1) for way in ways))
