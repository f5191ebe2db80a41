"""Volumes of the Official Report by House and day, as far as they are known."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.records import House
from monitor.parliament.volumes import _table, spans_of, volume_on


@pytest.mark.parametrize(
    ("house", "day", "volume"),
    [
        (House.COMMONS, date(1981, 3, 13), 1000),  # the last day of the fifth series
        (House.COMMONS, date(1981, 3, 16), 1),
        (House.COMMONS, date(1996, 7, 4), 280),
        (House.COMMONS, date(2003, 12, 8), 415),  # between two days of one volume
        (House.COMMONS, date(2004, 3, 24), 419),
        (House.COMMONS, date(2012, 12, 18), 555),
        (House.LORDS, date(2012, 12, 10), 741),
        (House.LORDS, date(2013, 1, 14), 742),
        (House.LORDS, date(2005, 5, 11), 672),
        (House.LORDS, date(2009, 11, 18), 715),
        (House.LORDS, date(2009, 10, 26), 713),
        (House.COMMONS, date(2005, 4, 4), 432),
        (House.COMMONS, date(1960, 5, 3), None),
        (House.COMMONS, date(2003, 1, 21), None),
        (House.COMMONS, date(2040, 1, 1), None),
        (House.SCOTLAND, date(2012, 12, 18), None),
    ],
)
def test_the_volume_of_a_day(house: House, day: date, volume: int | None) -> None:
    assert volume_on(house, day) == volume


def test_day_gives_the_volume_of_its_week_and_two_days_that_of_the_time_between() -> None:
    known = {date(2011, 3, 9): 7, date(2011, 3, 23): 8, date(2011, 4, 6): 8}
    (first, second) = spans_of(known, [])
    assert (first.first, first.last, first.volume) == (date(2011, 3, 7), date(2011, 3, 13), 7)
    assert (second.first, second.last, second.volume) == (date(2011, 3, 21), date(2011, 4, 10), 8)


def test_a_session_begins_a_volume_within_its_week() -> None:
    (ended, begun) = spans_of({date(2011, 3, 7): 7, date(2011, 3, 9): 8}, [date(2011, 3, 9)])
    assert (ended.last, begun.first) == (date(2011, 3, 8), date(2011, 3, 9))


@given(st.dictionaries(st.dates(date(2000, 1, 1), date(2001, 1, 1)), st.just(1), min_size=1))
def test_spans_never_overlap(days: dict[date, int]) -> None:
    known = {day: place // 2 for place, day in enumerate(sorted(days))}
    spans = spans_of(known, [])
    assert all(span.last < next_span.first for span, next_span in pairwise(spans) if span.first != next_span.first)


def test_no_day_is_in_two_volumes_and_they_follow_each_other() -> None:
    for spans in _table().values():
        for span, next_span in pairwise(spans):
            assert span.last < next_span.first
            assert span.volume < next_span.volume or next_span.volume == 1  # a series begins again
            weeks = (next_span.first - span.last) // timedelta(weeks=1) + 2
            assert next_span.volume - span.volume <= weeks  # a volume covers at least a week
