"""The match stage, with other processes and without, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

import db.matches
from db import tables
from monitor import match, processes
from monitor.match import MatchCounts, find_matches
from monitor.model.watching import Topic
from monitor.terms.vocabulary import Lexicon
from tests.archive_kit import store
from tests.builders import a_question

if TYPE_CHECKING:
    from db.archive import Archive

COUNT = 7
WORDS = Topic(key="water", name="Water", terms=("river", "river AND house:lords"))
NO_FILTERS = Topic(key="water", name="Water", terms=("river", "bathing water"))


def fill(archive: Archive, topic: Topic) -> None:
    """Store questions, every second of which tells of rivers."""
    for number in range(COUNT):
        store(archive, a_question(id=f"q-{number}", uin=f"1400{number}", answer="Rivers." if number % 2 else "Roads."))
    archive.watch_list.sync([topic], (), "1")


def stored(archive: Archive) -> list[int]:
    with archive.engine.connect() as connection:
        return sorted(connection.scalars(select(tables.match.c.revision_id)))


@pytest.mark.parametrize("topic", [WORDS, NO_FILTERS], ids=["with a filter", "without"])
@pytest.mark.parametrize("many", [0, 2, 100])
def test_other_processes_find_the_same(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, topic: Topic, many: int
) -> None:
    monkeypatch.setattr(match, "MANY", many)
    monkeypatch.setattr(processes, "_AHEAD", 1)
    monkeypatch.setattr(db.matches, "REVISIONS_AT_ONCE", 2)
    fill(archive, topic)
    counts = MatchCounts()
    find_matches(archive, Lexicon(), counts)
    assert stored(archive) == [2, 4, 6]
    assert (counts.revisions, counts.matches) == (COUNT, 3)
    assert archive.matches.next_work() is None


def test_what_was_stored_stays_where_another_process_fails(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(match, "MANY", 4)
    monkeypatch.setattr(db.matches, "REVISIONS_AT_ONCE", 2)
    fill(archive, NO_FILTERS)
    monkeypatch.setattr(match, "find", int)  # a list of texts is no figure
    with pytest.raises(TypeError):
        find_matches(archive, Lexicon(), MatchCounts())
    assert stored(archive) == [2, 4]
    monkeypatch.undo()
    find_matches(archive, Lexicon(), MatchCounts())
    assert stored(archive) == [2, 4, 6]
