"""Several sources of one record: whose word counts, and what of it is news."""

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


def told(source: str, proceeding: Proceeding, number: int = 1, *, is_news: bool = True) -> SourceRevision:
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
def test_only_what_a_source_told_last_counts(given: tuple[int, ...]) -> None:
    all_told = {1: told(API, ANSWERED, 1), 2: told(API, OPEN, 2), 3: told(THEIRS, HELD, 3)}
    assert latest_by_source(all_told[one] for one in given) == [all_told[2], all_told[3]]
    assert rank_revisions(all_told[one] for one in given)[0] == all_told[3]


@pytest.mark.parametrize(
    ("less", "more"),
    [(OPEN, HELD), (HELD, LAPSED), (LAPSED, ANSWERED), (ANSWERED, CORRECTED), (CORRECTED, WITHDRAWN)],
)
def test_what_goes_furthest_counts_before_the_better_source(less: Proceeding, more: Proceeding) -> None:
    assert rank_revisions([told(API, less, 2), told(THEIRS, more, 1)])[0].source == THEIRS
    assert rank_revisions([told(API, more, 1), told(THEIRS, more, 2)])[0].source == API


def test_alone_every_step_is_its_own() -> None:
    assert not adds_nothing_new(API, None, ANSWERED, [])
    assert not adds_nothing_new(API, ANSWERED, OPEN, [])


@pytest.mark.parametrize(
    ("after", "expected"), [(OPEN, True), (HELD, True), (ANSWERED, True), (CORRECTED, False), (WITHDRAWN, False)]
)
@pytest.mark.parametrize("source", [API, FEED])
def test_a_further_source_is_heard_where_it_goes_further(source: str, after: Proceeding, *, expected: bool) -> None:
    assert adds_nothing_new(source, None, after, [told(THEIRS, ANSWERED)]) is expected
    assert adds_nothing_new(source, None, after, [told(THEIRS, ANSWERED, is_news=False)]) is expected


def test_than_what_any_source_ever_told() -> None:
    back = [told(THEIRS, ANSWERED, 1), told(THEIRS, OPEN, 2)]
    assert adds_nothing_new(API, None, ANSWERED, back)


def test_an_answer_that_another_told_as_news_is_not_told_again() -> None:
    assert adds_nothing_new(API, OPEN, OTHER_ANSWER, [told(THEIRS, ANSWERED)])


def test_an_answer_that_another_only_filed_is_news() -> None:
    """A day that was loaded as history before the day's run came to it."""
    assert not adds_nothing_new(API, OPEN, ANSWERED, [told(THEIRS, ANSWERED, is_news=False)])


def test_an_edit_counts_where_no_better_source_holds_the_answer() -> None:
    assert adds_nothing_new(THEIRS, ANSWERED, OTHER_ANSWER, [told(API, ANSWERED)])
    assert adds_nothing_new(THEIRS, ANSWERED, OTHER_ANSWER, [told(API, CORRECTED)])
    assert not adds_nothing_new(THEIRS, ANSWERED, OTHER_ANSWER, [told(API, OPEN)])
    assert not adds_nothing_new(API, ANSWERED, OTHER_ANSWER, [told(THEIRS, ANSWERED)])


def test_an_edit_that_another_told_as_news_is_not_told_again() -> None:
    assert adds_nothing_new(API, ANSWERED, OTHER_ANSWER, [told(THEIRS, OTHER_ANSWER)])
    assert not adds_nothing_new(API, ANSWERED, OTHER_ANSWER, [told(THEIRS, OTHER_ANSWER, is_news=False)])


def test_who_goes_back_is_believed() -> None:
    assert not adds_nothing_new(API, WITHDRAWN, ANSWERED, [told(THEIRS, ANSWERED)])


def test_what_is_no_question_is_told_once() -> None:
    statement = Proceeding(
        id="s-1", source=API, kind=Kind.STATEMENT, house=ANSWERED.house, text="I am publishing it.", made_on=DAY
    )
    assert adds_nothing_new(THEIRS, None, statement, [told("statements", statement)])
