"""News rule for events to which the source gives no day of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from monitor.collect.news import News, Scope
from monitor.model.records import Event
from tests.builders import a_question

LONG_AGO, FLOOR, TODAY = date(2026, 1, 30), date(2026, 2, 2), date(2026, 2, 9)
HOLDING = replace(a_question(answer="It will take time."), is_holding=True, holding_on=LONG_AGO, answered_on=LONG_AGO)


class Facts:
    """Facts of an archive that was begun a week ago."""

    def fact(self, key: str) -> str | None:
        return FLOOR.isoformat() if key.startswith("news_floor") else None


@pytest.fixture
def news() -> News:
    runs: Any = Facts()
    scope = Scope(as_of=datetime(2026, 2, 9, 9, tzinfo=UTC), look_back_days=14)
    return News(runs=runs, source="questions", scope=scope)


def test_answer_with_the_day_of_its_holding_answer_is_news_when_found(news: News) -> None:
    answer = replace(HOLDING, answer="Here it is.", is_holding=False)
    assert news(HOLDING, answer, (Event.ANSWERED,))


def test_an_answer_with_a_day_of_its_own_counts_on_that_day(news: News) -> None:
    answer = replace(HOLDING, answer="Here it is.", is_holding=False)
    assert not news(HOLDING, replace(answer, answered_on=date(2026, 1, 31)), (Event.ANSWERED,))
    assert news(HOLDING, replace(answer, answered_on=TODAY), (Event.ANSWERED,))


def test_an_answer_that_is_older_than_its_question_is_news_when_found(news: News) -> None:
    question = a_question(answer=None, tabled_on=date(2026, 2, 5))
    answer = replace(question, answer="Here it is.", answered_on=date(2025, 2, 9))
    assert news(question, answer, (Event.ANSWERED,))
    assert news(None, answer, (Event.ANSWERED,))
    old = replace(answer, tabled_on=LONG_AGO)
    assert news(replace(question, tabled_on=LONG_AGO), old, (Event.ANSWERED,))
    assert not news(None, old, (Event.ANSWERED,))


def test_first_answer_from_before_the_archive_is_history(news: News) -> None:
    question = a_question(answer=None, tabled_on=LONG_AGO)
    answer = replace(question, answer="Here it is.", answered_on=LONG_AGO)
    assert not news(question, answer, (Event.ANSWERED,))
    assert not news(None, answer, (Event.ANSWERED,))


def test_a_correction_without_a_day_is_news_when_found(news: News) -> None:
    answer = a_question(answer="Five steps.", answered_on=LONG_AGO)
    assert news(answer, replace(answer, answer="Six steps.", is_correction=True), (Event.CORRECTED,))


@pytest.mark.parametrize(("answered_on", "expected"), [(TODAY, True), (FLOOR, True), (LONG_AGO, False)])
def test_an_answer_that_comes_as_a_correction_without_a_day_counts_on_the_day_of_the_answer(
    answered_on: date, expected: bool, news: News
) -> None:
    question = a_question(answer=None, answered_on=None, tabled_on=LONG_AGO)
    answer = replace(question, answer="Six steps.", answered_on=answered_on, is_correction=True)
    assert news(question, answer, (Event.ANSWERED, Event.CORRECTED)) is expected
