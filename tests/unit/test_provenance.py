"""Several sources of one record: which source counts, and which revisions are news."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest

from monitor.model.records import Kind, Proceeding, SourceRevision
from monitor.parliament.provenance import (
    adds_nothing_new,
    latest_by_source,
    rank_revisions,
    source_rank,
)
from tests.builders import a_question

API, THEIRS, FEED = "questions", "theyworkforyou", "a feed"
DAY = date(2021, 2, 1)
OPEN = a_question(answer=None)
HELD = a_question(answer="I will answer soon.", is_holding=True)
LAPSED = a_question(answer=None, is_lapsed=True)
ANSWERED = a_question()
OTHER_ANSWER = a_question(answer="No steps are being taken.")
CORRECTED = a_question(answer="No steps are being taken.", is_correction=True, corrected_on=DAY)
WITHDRAWN = a_question(is_withdrawn=True)


def source_revision(source: str, proceeding: Proceeding, number: int = 1, *, is_news: bool = True) -> SourceRevision:
    return SourceRevision(id=number, source=source, proceeding=replace(proceeding, source=source), is_news=is_news)


def test_sources_in_order() -> None:
    assert sorted(["z", "historic", FEED, THEIRS, "statements", API], key=source_rank) == [
        API,
        "statements",
        THEIRS,
        "historic",
        FEED,
        "z",
    ]


@pytest.mark.parametrize("given", list(permutations([3, 1, 2])))
def test_only_the_last_revision_of_a_source_counts(given: tuple[int, ...]) -> None:
    revisions = {
        1: source_revision(API, ANSWERED, 1),
        2: source_revision(API, OPEN, 2),
        3: source_revision(THEIRS, HELD, 3),
    }
    assert latest_by_source(revisions[number] for number in given) == [revisions[2], revisions[3]]
    assert rank_revisions(revisions[number] for number in given)[0] == revisions[3]


@pytest.mark.parametrize(
    ("less", "more"),
    [(OPEN, HELD), (HELD, LAPSED), (LAPSED, ANSWERED), (ANSWERED, CORRECTED), (CORRECTED, WITHDRAWN)],
)
def test_furthest_state_counts_before_the_better_source(less: Proceeding, more: Proceeding) -> None:
    assert rank_revisions([source_revision(API, less, 2), source_revision(THEIRS, more, 1)])[0].source == THEIRS
    assert rank_revisions([source_revision(API, more, 1), source_revision(THEIRS, more, 2)])[0].source == API


def test_every_step_of_a_single_source_counts() -> None:
    assert not adds_nothing_new(API, None, ANSWERED, [])
    assert not adds_nothing_new(API, ANSWERED, OPEN, [])


@pytest.mark.parametrize(
    ("after", "expected"), [(OPEN, True), (HELD, True), (ANSWERED, True), (CORRECTED, False), (WITHDRAWN, False)]
)
@pytest.mark.parametrize("source", [API, FEED])
def test_another_source_counts_if_it_goes_further(source: str, after: Proceeding, *, expected: bool) -> None:
    assert adds_nothing_new(source, None, after, [source_revision(THEIRS, ANSWERED)]) is expected


def test_another_source_must_go_further_than_any_earlier_revision() -> None:
    back = [source_revision(THEIRS, ANSWERED, 1), source_revision(THEIRS, OPEN, 2)]
    assert adds_nothing_new(API, None, ANSWERED, back)


def test_answer_mailed_from_another_source_is_not_news() -> None:
    assert adds_nothing_new(API, OPEN, OTHER_ANSWER, [source_revision(THEIRS, ANSWERED)])


def test_answer_that_another_source_has_as_history_is_news() -> None:
    """A day was loaded as history before the day's run came to it."""
    for before in (None, OPEN):
        assert not adds_nothing_new(API, before, ANSWERED, [source_revision(THEIRS, ANSWERED, is_news=False)])


def test_edit_counts_if_no_better_source_has_the_answer() -> None:
    assert adds_nothing_new(THEIRS, ANSWERED, OTHER_ANSWER, [source_revision(API, ANSWERED)])
    assert adds_nothing_new(THEIRS, ANSWERED, OTHER_ANSWER, [source_revision(API, CORRECTED)])
    assert not adds_nothing_new(THEIRS, ANSWERED, OTHER_ANSWER, [source_revision(API, OPEN)])
    assert not adds_nothing_new(API, ANSWERED, OTHER_ANSWER, [source_revision(THEIRS, ANSWERED)])


def test_edit_mailed_from_another_source_is_not_news() -> None:
    assert adds_nothing_new(API, ANSWERED, OTHER_ANSWER, [source_revision(THEIRS, OTHER_ANSWER)])
    assert not adds_nothing_new(API, ANSWERED, OTHER_ANSWER, [source_revision(THEIRS, OTHER_ANSWER, is_news=False)])


def test_source_that_takes_a_step_back_is_believed() -> None:
    assert not adds_nothing_new(API, WITHDRAWN, ANSWERED, [source_revision(THEIRS, ANSWERED)])


def test_other_kinds_are_mailed_once() -> None:
    statement = Proceeding(
        id="s-1", source=API, kind=Kind.STATEMENT, house=ANSWERED.house, text="I am publishing it.", made_on=DAY
    )
    assert adds_nothing_new(THEIRS, None, statement, [source_revision("statements", statement)])
