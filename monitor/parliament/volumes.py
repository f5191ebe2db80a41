"""Volume of the Official Report in which a day is printed, from `data/volumes.toml`."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from monitor.model.records import House

_WEEK: Final = 7


class Span(NamedTuple):
    """Days, both included, that are printed in one volume."""

    first: date
    last: date
    volume: int


def volume_on(house: House, day: date) -> int | None:
    """Return the volume of a House's Official Report that has a day; None if unknown, and for other legislatures."""
    spans = _table().get(house.value, [])
    place = bisect_right(spans, day, key=itemgetter(0)) - 1
    return spans[place].volume if place >= 0 and day <= spans[place].last else None


def spans_of(known: Mapping[date, int], sessions: Iterable[date]) -> list[Span]:
    """Extend single days to spans: the week of each day, and all days between two days of one volume, in order.

    On the first day of a session a volume may begin within the week.
    """
    first_days = frozenset(sessions)
    spans: list[Span] = []
    for day in sorted(known):
        monday = day - timedelta(days=day.weekday())
        span = Span(day if day in first_days else monday, monday + timedelta(days=_WEEK - 1), known[day])
        before = spans[-1] if spans else None
        if before is None or before.volume != span.volume:
            if before is not None:
                spans[-1] = before._replace(last=min(before.last, span.first - timedelta(days=1)))
            spans.append(span)
        else:
            spans[-1] = before._replace(last=span.last)
    return spans


@cache
def _table() -> dict[str, list[Span]]:
    written = tomllib.loads(files("monitor").joinpath("parliament/data/volumes.toml").read_text(encoding="utf-8"))
    return {house: _spans(kinds) for house, kinds in written.items()}


def _spans(kinds: Mapping[str, Mapping[str, int]]) -> list[Span]:
    known = {date.fromisoformat(day): volume for days in kinds.values() for day, volume in days.items()}
    return spans_of(known, [date.fromisoformat(day) for day in kinds["session"]])
