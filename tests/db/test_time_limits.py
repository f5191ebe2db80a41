"""Statements that take too long are broken off, and the transaction goes on, on both databases."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import case, func, literal, select, text, union_all
from sqlalchemy.exc import OperationalError

from db.search_filters import conditions
from db.time_limits import OutOfTimeError, in_time, rows_in_time
from monitor.model.search import Filters
from monitor.research.time_limit import time_limit
from tests.archive_kit import store
from tests.db.test_search import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, Engine

    from db.archive import Archive

ENOUGH = 5.0
"""Seconds after which a statement without an end must have been broken off, on a busy machine."""


def endless(start: Any = 1) -> ColumnElement[int]:
    """Return a number that the database never stops counting to."""
    counted = select(literal(start).label("number")).cte("counted", recursive=True)
    counted = counted.union_all(select(counted.c.number + 1))
    return select(func.count()).select_from(counted).where(counted.c.number < 0).scalar_subquery()


def never_from(day: Any, real: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """Return the conditions of a search with one that never ends for records before a day."""

    def conditions(filters: Filters, names: Any, columns: Any) -> list[Any]:
        is_passing = case((columns.day >= day, literal(1)), else_=endless()) == 1
        return [*real(filters, names, columns), is_passing]

    return conditions


@pytest.fixture
def slow_archive(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """Return an archive whose database never finishes to look at records before the last of January."""
    store(archive, *QUESTIONS)
    slow_conditions = never_from(QUESTIONS[0].day, conditions)
    monkeypatch.setattr("db.filtered_search.conditions", slow_conditions)
    for module in ("db.search", "db.statistics"):
        monkeypatch.setattr(f"{module}.conditions", slow_conditions)
    return archive


def ids(found: Sequence[Any]) -> list[str]:
    return [hit.revision.proceeding.id for hit in found]


def test_a_statement_without_an_end_is_broken_off(empty_engine: Engine) -> None:
    with empty_engine.connect() as connection, connection.begin():
        began = time.monotonic()
        with pytest.raises(OutOfTimeError), in_time(connection, time_limit(0.2)):
            connection.execute(select(endless()))
        assert 0.2 <= time.monotonic() - began < ENOUGH
        assert connection.execute(select(literal(1))).scalar() == 1
        with in_time(connection, time_limit(60)):
            assert connection.execute(select(literal(2))).scalar() == 2
        with in_time(connection, None):
            assert connection.execute(select(literal(3))).scalar() == 3


def test_what_was_read_before_counts_and_the_transaction_goes_on(empty_engine: Engine) -> None:
    numbers = union_all(*(select(literal(n).label("number")) for n in (1, 2, 3))).subquery()
    number = numbers.c.number
    query = select(number).where(case((number < 3, literal(1)), else_=endless()) == 1)
    with empty_engine.connect() as connection, connection.begin():
        read = rows_in_time(connection, query, time_limit(0.3))
        assert next(read)[0] == 1
        assert connection.execute(select(literal(7))).scalar() == 7  # between two of its rows
        with pytest.raises(OutOfTimeError):
            list(read)
        assert connection.execute(select(literal(8))).scalar() == 8


def test_other_errors_stay_what_they_are(empty_engine: Engine) -> None:
    query = text("SELECT 1 FROM nowhere")
    with empty_engine.connect() as connection, pytest.raises(Exception, match="nowhere") as caught:  # noqa: SIM117 (one block each)
        with in_time(connection, time_limit(60)):
            connection.execute(query)
    assert not isinstance(caught.value, OutOfTimeError)
    assert empty_engine.dialect.name != "sqlite" or isinstance(caught.value, OperationalError)


def test_a_search_by_filters_alone_ends_in_time(slow_archive: Archive) -> None:
    began, is_over = time.monotonic(), time_limit(0.3)
    found = list(slow_archive.search.hits(None, Filters(kinds=["question"]), limit=20, is_over=is_over))
    assert is_over()
    assert time.monotonic() - began < ENOUGH
    assert set(ids(found)) <= {QUESTIONS[0].id, QUESTIONS[1].id}


def test_counts_facets_and_statistics_end_in_time(slow_archive: Archive) -> None:
    began, search = time.monotonic(), slow_archive.search
    assert search.count(None, Filters(), at_most=99, is_over=time_limit(0.2)) == 0
    assert search.count(None, Filters(first=QUESTIONS[0].day), at_most=1, is_over=time_limit(60)) == 1
    facets = search.facets(None, Filters(), ["body"], at_most=99, must_end=time_limit(0.2))
    assert (facets.is_whole, facets.total <= 2) == (False, True)
    statistics = slow_archive.statistics.counted(None, Filters(), ["body"], is_over=time_limit(0.2))
    assert len(list(statistics)) <= 2
    first = next(search.hits(None, Filters(first=QUESTIONS[0].day), limit=1))
    assert first.place is not None
    more, is_all = search.more(None, Filters(), first.place, at_most=99, must_end=time_limit(0.2))
    assert (more <= 1, is_all) == (True, False)
    assert time.monotonic() - began < 4 * ENOUGH


def test_neighbours_are_looked_for_in_time(archive: Archive, slow_archive: Archive) -> None:
    first = next(archive.search.hits(None, Filters(first=QUESTIONS[0].day, oldest_first=True), limit=1))
    assert first.place is not None
    began = time.monotonic()
    [(before, after)] = slow_archive.search.neighbours(first.place, [Filters()], is_over=time_limit(0.2))
    assert before is None
    assert after is None or after.id == QUESTIONS[1].id
    assert time.monotonic() - began < ENOUGH
