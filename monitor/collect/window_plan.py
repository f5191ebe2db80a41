"""Plan of a collect: the windows of a source that it reads, in order."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.model.collection import WindowState
from monitor.model.sources import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from monitor.collect.news import Scope
    from monitor.model.collection import WindowCoverage
    from monitor.ports import Source

ORDER = ("answered", "corrected", "made", "meeting", "tabled")
"""Order within a day: answers first, because they decide which day is the first that is news."""


def plan_windows(
    source: Source, covered: Iterable[WindowCoverage], scope: Scope, *, whole_look_back: bool
) -> list[Window]:
    """Return the windows to read, newest day first.

    They are today's, yesterday's and those that are incomplete; with `whole_look_back` all days of the look-back; or only
    the days that the user asked for.
    """
    states = {coverage.window: coverage.state for coverage in covered}
    if scope.is_bounded:
        last = scope.last or scope.today
        days = set(days_between(scope.first or last, last))
        return _ordered(source, days)
    look_back = {day for day in days_between(scope.first_again, scope.today) if scope.includes(day)}
    always = {scope.today, scope.today - timedelta(days=1)}
    chosen = look_back if whole_look_back else always
    incomplete = {window for window, state in states.items() if state is not WindowState.COMPLETE}
    unfinished = {window for window in incomplete if window.day <= scope.today}
    never = {window for window in _ordered(source, look_back) if window not in states}
    return [
        window
        for window in _ordered(source, look_back | {window.day for window in unfinished})
        if window.day in chosen or window in unfinished or window in never
    ]


def in_order(source: Source, covered: Iterable[WindowCoverage]) -> list[WindowCoverage]:
    """Return the windows that a source has, as the configuration is now, in the order in which they are read."""
    states = {coverage.window: coverage for coverage in covered}
    days = {window.day for window in states}
    return [states[window] for window in _ordered(source, days) if window in states]


def _ordered(source: Source, days: Iterable[date]) -> list[Window]:
    fields = [by for by in ORDER if by in source.by]
    return [
        Window(source=source.name, house=house, by=by, day=day)
        for day in sorted(days, reverse=True)
        for by in fields
        for house in source.houses
    ]


def days_between(first: date, last: date) -> Iterator[date]:
    """Yield the days from one to another, both included; none if the last is before the first."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
