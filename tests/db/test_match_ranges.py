"""A long stretch of revisions, split into ranges that several workers search, on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from db import tables
from monitor.match import MatchCounts, find_in_range, find_matches
from monitor.model.watching import Topic
from monitor.terms.matcher import compile_terms
from monitor.terms.vocabulary import Lexicon
from tests.archive_kit import store
from tests.builders import a_question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.archive import Archive

COUNT = 10
WATER = Topic(key="water", name="Water", terms=("river", "brook"))
HISTORY = 4
"""Revisions that an older version of the rules looked through."""


@pytest.fixture
def filled(archive: Archive) -> Archive:
    """Return an archive with questions: odd ones tell of rivers, every third of brooks."""
    for number in range(1, COUNT + 1):
        words = [*(["A river."] if number % 2 else []), *([] if number % 3 else ["A brook."])]
        store(archive, a_question(id=f"q-{number}", uin=f"1400{number}", answer=" ".join(words) or "A road."))
    sync(archive)
    return archive


def sync(archive: Archive, topic: Topic = WATER, version: str = "1") -> None:
    archive.watch_list.sync([topic], (), version)


def split(archive: Archive, size: int = 3) -> list[int]:
    """Split what is to be searched next; return the ends of the ranges."""
    work = archive.matches.next_work()
    assert work is not None
    archive.match_ranges.begin(work, archive.matches.ends_of_ranges(work, None, size), [])
    return archive.match_ranges.left()


def search(archive: Archive, end: int) -> MatchCounts:
    """Search a range as a worker does."""
    counts = MatchCounts()
    if (work := archive.match_ranges.work(end)) is not None:
        find_in_range(archive, work, compile_terms(work.topics), counts)
    return counts


def stored(archive: Archive) -> list[tuple[str, int, bool]]:
    """Return each match: its term, its revision, and whether it is history."""
    found, term = tables.match, tables.term
    query = select(term.c.text, found.c.revision_id, found.c.is_history).join(term, term.c.id == found.c.term_id)
    with archive.engine.connect() as connection:
        return sorted((row[0], row[1], row[2]) for row in connection.execute(query))


def expected(terms: Sequence[str] = WATER.terms, history_to: int = 0) -> list[tuple[str, int, bool]]:
    every = {"river": range(1, COUNT + 1, 2), "brook": range(3, COUNT + 1, 3)}
    return sorted((term, number, number <= history_to) for term in terms for number in every[term])


def finish(archive: Archive) -> int:
    """Search all that is left in one process; return how many revisions that were."""
    counts = MatchCounts()
    find_matches(archive, Lexicon(), counts)
    assert archive.match_ranges.left() == []
    assert archive.matches.next_work() is None
    return counts.revisions


def test_ranges_may_be_searched_in_any_order(filled: Archive) -> None:
    assert split(filled) == [3, 6, 9, 10]
    assert [search(filled, end).revisions for end in (9, 3, 10)] == [3, 3, 1]
    assert filled.match_ranges.left() == [6]
    assert any(term.is_behind for term in filled.matches.watched_terms())
    search(filled, 6)
    assert not any(term.is_behind for term in filled.matches.watched_terms())
    assert stored(filled) == expected()
    assert finish(filled) == 0


def test_a_range_that_is_searched_again_stores_nothing(filled: Archive) -> None:
    split(filled)
    late = filled.match_ranges.work(6)
    assert late is not None
    search(filled, 6)
    before = stored(filled)
    assert search(filled, 6).revisions == 0
    counts = MatchCounts()
    find_in_range(filled, late, compile_terms(late.topics), counts)  # by a worker that began before the first one ended
    assert counts.matches == 0
    assert stored(filled) == before
    finish(filled)
    assert stored(filled) == expected()
    find_in_range(filled, late, compile_terms(late.topics), counts)  # after all of it
    assert stored(filled) == expected()


def test_one_process_goes_on_with_the_ranges_that_are_left(filled: Archive) -> None:
    split(filled)
    search(filled, 6)
    store(filled, a_question(id="q-11", uin="14011", answer="A river."))
    assert finish(filled) == COUNT - 3 + 1
    assert stored(filled) == sorted([*expected(), ("river", 11, False)])


def test_a_removed_term_lets_the_stretch_be_searched_anew(filled: Archive) -> None:
    split(filled)
    late = filled.match_ranges.work(3)
    assert late is not None
    search(filled, 6)
    sync(filled, replace(WATER, terms=("river",)))
    assert search(filled, 9).revisions == 0
    counts = MatchCounts()
    find_in_range(filled, late, compile_terms(late.topics), counts)
    assert counts.matches == 0
    assert finish(filled) == COUNT
    assert stored(filled) == expected(["river"])
    sync(filled)  # the term comes back, and is looked for in everything
    assert finish(filled) == COUNT
    assert stored(filled) == expected()


def test_other_rules_let_the_stretch_be_searched_anew(filled: Archive) -> None:
    split(filled)
    search(filled, 6)
    sync(filled, version="2")
    assert finish(filled) == COUNT
    assert stored(filled) == expected()


def test_what_older_rules_found_stays_where_a_stretch_is_searched_anew(archive: Archive) -> None:
    sync(archive)
    for number in range(1, COUNT + 1):
        words = [*(["A river."] if number % 2 else []), *([] if number % 3 else ["A brook."])]
        store(archive, a_question(id=f"q-{number}", uin=f"1400{number}", answer=" ".join(words) or "A road."))
        if number == HISTORY:
            finish(archive)
    sync(archive, version="2")
    split(archive)
    search(archive, 3)
    search(archive, 9)
    sync(archive, replace(WATER, terms=("river",)), version="2")
    finish(archive)
    told = [
        (term, number, is_history) for term, number, is_history in expected(history_to=HISTORY) if number <= HISTORY
    ]
    kept = [match for match in stored(archive) if match[1] <= HISTORY]
    assert [match[:2] for match in kept] == [match[:2] for match in told]
    assert [match for match in stored(archive) if match[1] > HISTORY] == [
        match for match in expected(["river"]) if match[1] > HISTORY
    ]


def test_a_new_term_does_not_disturb_the_ranges(filled: Archive) -> None:
    split(filled)
    search(filled, 6)
    sync(filled, replace(WATER, terms=(*WATER.terms, "road")))
    assert search(filled, 3).revisions == 3
    assert finish(filled) == (COUNT - 6) + COUNT
    assert [match for match in stored(filled) if match[0] != "road"] == expected()
    assert {match[1] for match in stored(filled) if match[0] == "road"} == {2, 4, 8, 10}
