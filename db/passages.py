"""Revisions that may hold a passage: those of every age.

The index names them; what it has not taken in yet is read through.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from db import tables
from db.index_view import revision_of, rows_between
from db.rows import IDS, load_parts, select_in
from db.search_filters import names
from monitor.model.index_query import AllOf, AnyOf, NearBy, PhraseRequirement
from monitor.model.search import PassageCandidate
from monitor.text.search_form import forms_of
from monitor.text.word_frequency import commonness

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Column, Connection, Row, Select

    from db.index import Index
    from db.index_view import IndexView
    from db.store import Store
    from monitor.model.index_query import IndexQuery

_AT_ONCE: Final = 200
"""Revisions that are read at once."""

MOST_KEPT: Final = 10_000
"""Texts that the index has not taken in of which the words are kept, for the next that is asked: some 20 MB."""


class Passages:
    """The archive, as far as passages are looked for in it."""

    def __init__(self, store: Store, index: Index) -> None:
        self._store = store
        self._index = index
        self._read: dict[int, dict[str, str]] = {}

    def holding(self, needs: Sequence[IndexQuery], *, at_most: int) -> list[list[int]]:
        """Find, for each need, row ids of the revisions that may hold it.

        The index names no more than `at_most`, those of the earliest days; what it has not taken in yet comes behind.
        """

        def find(archive: Connection, index: IndexView) -> list[list[int]]:
            found = [_indexed(index, need, at_most) for need in needs]
            for number, revision_id in _not_indexed(archive, index.indexed_to, needs, found, self._read):
                found[number].append(revision_id)
            return found

        return self._index.ask(find)

    def of_revisions(self, revision_ids: Sequence[int]) -> list[PassageCandidate]:
        """Read revisions by row id, the earliest day first."""
        return self._passages(tables.revision.c.id, revision_ids)

    def of_records(self, proceeding_ids: Sequence[int]) -> list[PassageCandidate]:
        """Read all revisions of some records, the earliest day first."""
        return self._passages(tables.revision.c.proceeding_id, proceeding_ids)

    def texts(self, revision_ids: Sequence[int]) -> dict[int, dict[str, str]]:
        """Read the plain text of the parts of revisions, by row id."""
        with self._store.read() as connection:
            return load_parts(connection, revision_ids)

    def people(self) -> list[str]:
        """Return the names of all who asked or answered."""
        with self._store.read() as connection:
            return sorted({*names(connection, "asker"), *names(connection, "minister")})

    def _passages(self, column: Column[int], ids: Sequence[int]) -> list[PassageCandidate]:
        with self._store.read() as connection:
            rows = list(select_in(connection, _passage_rows(column), ids))
        return sorted(map(_passage, rows), key=_earliest_first)


def _earliest_first(passage: PassageCandidate) -> tuple[date, int]:
    return max(passage.days, default=date.min), passage.revision_id


def _indexed(index: IndexView, need: IndexQuery, at_most: int) -> list[int]:
    """Return the revisions that the index names, earliest first."""
    candidates = index.candidates(need, rows_between(None, None), oldest_first=True)
    if candidates is None:
        return []
    with closing(candidates) as rows:
        return [revision_of(row) for row in islice(rows, at_most)]


def _not_indexed(
    connection: Connection,
    indexed_to: int,
    needs: Sequence[IndexQuery],
    found: Sequence[Sequence[int]],
    read: dict[int, dict[str, str]],
) -> Iterator[tuple[int, int]]:
    """Find, for each need by its number, the revisions that the index has not reached; each is read once for all needs.

    `read`: words of revisions that were read before, which never change; it takes more until it is full.
    """
    table = tables.revision
    query = select(table.c.id).where(table.c.id > indexed_to).order_by(table.c.day, table.c.id)
    ids = list(connection.execute(query).scalars())
    if not ids:
        return
    known = [set(revision_ids) for revision_ids in found]
    asking = _by_word(needs)
    for start in range(0, len(ids), _AT_ONCE):
        for revision_id, rows in _words_of(connection, ids[start : start + _AT_ONCE], read).items():
            words = {word for row in rows.values() for word in row.split()}
            asked = {number for word in words & asking.keys() for number in asking[word]}
            for number in sorted(asked):
                if revision_id not in known[number] and _meets(needs[number], rows):
                    yield number, revision_id


def _words_of(
    connection: Connection, revision_ids: Sequence[int], read: dict[int, dict[str, str]]
) -> dict[int, dict[str, str]]:
    """Return the words of revisions, in their order."""
    texts = load_parts(connection, [revision_id for revision_id in revision_ids if revision_id not in read])
    rows = {
        revision_id: read[revision_id] if revision_id in read else _rows_of_words(texts.get(revision_id, {}))
        for revision_id in revision_ids
    }
    if len(read) < MOST_KEPT:
        read |= rows
    return rows


def _by_word(needs: Sequence[IndexQuery]) -> dict[str, list[int]]:
    """Return the needs, by number, that a word can be part of: a text without such a word can't meet them."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, need in enumerate(needs):
        for word in _telling(need):
            found[word].append(number)
    return found


def _telling(need: IndexQuery) -> set[str]:
    """Return words of which a text that meets a need has at least one, as rare as they can be."""
    if isinstance(need, PhraseRequirement):
        return {min(need.words, key=lambda word: commonness((word,)))}
    if isinstance(need, AnyOf):
        return {word for part in need.needs for word in _telling(part)}
    if isinstance(need, NearBy):
        return _telling(need.both)
    return min(map(_telling, need.needs), key=lambda words: sum(commonness((word,)) for word in words))


def _rows_of_words(parts: Mapping[str, str]) -> dict[str, str]:
    """Return the words of each part in their order, apart by a space, as the index counts them, without marks."""
    return {
        name: f" {' '.join(word for word in form.split() if word[0].isalnum())} "
        for name, form in forms_of(parts).items()
    }


def _meets(need: IndexQuery, rows: Mapping[str, str]) -> bool:
    """Say whether a text, given as `_rows_of_words`, meets a need."""
    if isinstance(need, AllOf):
        return all(_meets(part, rows) for part in need.needs)
    if isinstance(need, AnyOf):
        return any(_meets(part, rows) for part in need.needs)
    return _meets(need.both, rows) if isinstance(need, NearBy) else _has(need, rows)


def _has(run: PhraseRequirement, rows: Mapping[str, str]) -> bool:
    phrase = f" {' '.join(run.words)} "
    return any(phrase in row for name, row in rows.items() if not run.parts or name in run.parts)


# -- rows -------------------------------------------------------------------------------------------------------------


def _passage_rows(column: Column[int]) -> Select[Any]:
    table, revision = tables.proceeding, tables.revision
    columns = ("uin", "tabled_on", "answered_on", "made_on", "first_column", "last_column", "latest_revision_id")
    query = select(revision.c.id, revision.c.proceeding_id, revision.c.day, *(table.c[name] for name in columns))
    return query.join(table, table.c.id == revision.c.proceeding_id).where(column.in_(IDS))


def _passage(row: Row[Any]) -> PassageCandidate:
    return PassageCandidate(
        revision_id=row.id,
        proceeding_id=row.proceeding_id,
        is_newest=row.id == row.latest_revision_id,
        uin=row.uin,
        days=frozenset(filter(None, (row.day, row.tabled_on, row.answered_on, row.made_on))),
        columns=(row.first_column, row.last_column) if row.first_column is not None else None,
    )
