"""Records counted by one or two things they have in common, with how long their answers took and how many were late.

Everything here is a function of values. A holding answer is no answer. Days taken are calendar days from tabling to the
first answer; a percentile is the value at its rank (the nearest-rank method), so that it is a number of days that
occurred. Late is what `lifecycle.due_on` calls late; where it is not known when an answer was due, a record is in no share.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeAlias

from monitor.model.records import House, Kind, Proceeding, State
from monitor.parliament.lifecycle import days_late, due_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from monitor.model.search import Counted
    from monitor.parliament.calendar import SittingCalendar

Key = tuple[str | None, ...]
"""Key of a row: one value for each dimension; None: unknown."""

IN_TIME: Final = ("month", "year")
"""Dimensions with an order of their own and no gaps."""

LONG_RUNS: Final = {"month": 12, "year": 3}
"""Empty months or years in a row from which they are shown as one line."""

SEVERAL: Final = ("topic", "term", "label")
"""Dimensions with several values for one record, which counts under each."""

CAN_LACK: Final = (*SEVERAL, "state")
"""Dimensions of which a record may have no value; of the others one that is missing is not known."""

PEOPLE: Final = ("asker", "minister", "speaker")
"""Dimensions whose values are people."""

_OF_QUESTIONS: Final = ("asker", "party")
"""Dimensions for which the day counts on which a question was tabled."""

BANDS: Final = (
    (2, "0 to 2"),
    (5, "3 to 5"),
    (10, "6 to 10"),
    (20, "11 to 20"),
    (40, "21 to 40"),
    (math.inf, "over 40"),
)
"""Days taken: the most of each band, and its name."""


class TallyTooLargeError(Exception):
    """More rows than were asked for."""


@dataclass(slots=True)
class Measures:
    """Measures of some records. `days`: number of answers by days taken. `known_due`: records with a known due day.

    `first_on`, `last_on`: days of the first and the last record, where they were asked for by asker or party those tabled.
    """

    records: int = 0
    answered: int = 0
    known_due: int = 0
    late: int = 0
    days: Counter[int] = field(default_factory=Counter)
    first_on: date | None = None
    last_on: date | None = None

    @property
    def late_share(self) -> float | None:
        """The part of those whose due day is known that came late, or are late; None where it is known of none."""
        return self.late / self.known_due if self.known_due else None

    def days_within(self, share: float) -> int | None:
        """Within how many days such a part (0 to 1) of the answers came; None where there are none."""
        rank, seen = max(math.ceil(share * self.days.total()), 1), 0
        for days in sorted(self.days):
            seen += self.days[days]
            if seen >= rank:
                return days
        return None

    def count(self, measured: _Measured, records: int) -> None:
        """Count so many records in that are alike."""
        is_answered, days, is_late = measured
        self.records += records
        if is_answered:
            self.answered += records
        if days is not None:
            self.days[days] += records
        if is_late is not None:
            self.known_due += records
            self.late += records * is_late

    def add(self, other: Measures) -> None:
        """Count others in."""
        self.records += other.records
        self.answered += other.answered
        self.known_due += other.known_due
        self.late += other.late
        self.days.update(other.days)
        self.note(other.first_on)
        self.note(other.last_on)

    def note(self, day: date | None) -> None:
        """Note a day on which there was a record."""
        if day is not None:
            if self.first_on is None or day < self.first_on:
                self.first_on = day
            if self.last_on is None or day > self.last_on:
                self.last_on = day


@dataclass(frozen=True, slots=True)
class Row:
    """Row of a tally: records with the same values. `is_whole`: false for a month or year that is not over.

    `folded`: how many months or years without any record the row stands for, from one to another; 0 where it is one.
    """

    key: Key
    measures: Measures
    is_whole: bool = True
    folded: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """The rows, in order, and all records together, each once."""

    by: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Measures

    @property
    def is_overlapping(self) -> bool:
        """True if a record may stand in several rows."""
        return any(name in SEVERAL for name in self.by)


def tally(
    counted: Iterable[Counted],
    by: Sequence[str],
    calendar: SittingCalendar,
    today: date,
    span: tuple[date | None, date | None] = (None, None),
    *,
    most_rows: float = math.inf,
) -> Tally:
    """Count records. Rows by month or year have no gaps, from the first to the last, or to the days of `span`.

    The rows of names follow their numbers, most first; those of a time their order. Raises TallyTooLargeError where there
    are more than `most_rows`.
    """
    rows: dict[Key, Measures] = {}
    total = Measures()
    is_overlapping = any(name in SEVERAL for name in by)
    due = _Due(calendar)
    for record in counted:
        measured = _measured(record, due, today)
        day = day_counted(record, by)
        if is_overlapping:
            total.count(measured, record.records)
            total.note(day)
        for key in _keys(record, by):
            row = rows.get(key)
            if row is None:
                row = rows[key] = Measures()
                if len(rows) > most_rows:
                    raise TallyTooLargeError
            row.count(measured, record.records)
            row.note(day)
    if not is_overlapping:  # each record stands in one row
        for row in rows.values():
            total.add(row)
    for key in _missing(rows, by, span, most_rows):
        rows[key] = Measures()
    ordered = sorted(rows, key=_order(rows, by))
    return Tally(tuple(by), tuple(Row(key, rows[key], _is_whole(key, by, today)) for key in ordered), total)


def missing_value(name: str) -> str:
    """Return the words for records without a value of a dimension or facet."""
    return "none" if name in CAN_LACK else "not known"


def day_counted(record: Counted, by: Sequence[str]) -> date | None:
    """Return the day under which a person has a record: of what was asked the day on which it was tabled."""
    is_asked = any(name in _OF_QUESTIONS for name in by)
    return (record.tabled_on or record.day) if is_asked else record.day


def newcomers(found: Tally, first: date, last: date) -> Tally:
    """Leave those whose first record is of these days, the latest first."""
    new = [row for row in found.rows if None not in row.key and row.measures.first_on is not None]
    new = [row for row in new if first <= (row.measures.first_on or first) <= last]
    new.sort(key=lambda row: (row.measures.first_on or first, row.measures.records), reverse=True)
    total = Measures()
    for row in new:
        total.add(row.measures)
    return replace(found, rows=tuple(new), total=total)


def shortened(found: Tally, limit: int) -> tuple[Tally, int]:
    """Limit the values of the first dimension, unless it is a time; return also how many values were left out."""
    firsts = list(dict.fromkeys(row.key[0] for row in found.rows))
    if not limit or found.by[0] in IN_TIME or len(firsts) <= limit:
        return found, 0
    kept = set(firsts[:limit])
    return Tally(found.by, tuple(row for row in found.rows if row.key[0] in kept), found.total), len(firsts) - limit


def folded(found: Tally) -> Tally:
    """Return the tally with one row for each long run of months or years without records: "1910 to 2023"."""
    place = next((place for place, name in enumerate(found.by) if name in IN_TIME), None)
    if place is None:
        return found
    runs = _long_runs(found, place)
    rows: dict[Key, Row] = {}
    for row in found.rows:
        run = runs.get(row.key[place] or "")
        if run is None:
            rows[row.key] = row
            continue
        key = (*row.key[:place], f"{run[0]} to {run[-1]}", *row.key[place + 1 :])
        rows.setdefault(key, Row(key, Measures(), folded=len(run)))
    return replace(found, rows=tuple(rows.values()))


def _long_runs(found: Tally, place: int) -> dict[str, Sequence[str]]:
    """Return each month or year of a long run without records, with that run."""
    held: Counter[str] = Counter()
    for row in found.rows:
        if time := row.key[place]:
            held[time] += row.measures.records
    least = LONG_RUNS[found.by[place]]
    runs = [list(run) for is_empty, run in groupby(sorted(held), key=lambda time: not held[time]) if is_empty]
    return {time: run for run in runs if len(run) >= least for time in run}


_Measured: TypeAlias = tuple[bool, int | None, bool | None]
"""A record: is it answered, after how many days, and was or is it late? None: not known."""

_OPEN: Final = frozenset({State.TABLED, State.HOLDING})
_NO_QUESTION: Final[_Measured] = (False, None, None)


def _measured(counted: Counted, due: _Due, today: date) -> _Measured:
    if counted.kind is not Kind.QUESTION:
        return _NO_QUESTION
    answered_on = _answered_on(counted)
    days = (answered_on - counted.tabled_on).days if answered_on and counted.tabled_on else None
    late = due.days_late(counted, today)
    return answered_on is not None, days, None if late is None else late > 0


def _answered_on(counted: Counted) -> date | None:
    """Return the day of the answer proper. A holding answer has a day too, which does not count."""
    return counted.answered_on if counted.state in (State.ANSWERED, State.CORRECTED) else None


class _Due:
    """Cache of due days by day and House: a million questions share a few thousand."""

    def __init__(self, calendar: SittingCalendar) -> None:
        self._sittings = calendar
        self._known: dict[tuple[House, bool, date, bool], date | None] = {}

    def days_late(self, counted: Counted, today: date) -> int | None:
        """Return how late a question is, like `lifecycle.days_late`: an open question is as late as it is today."""
        if counted.set_down_for is None:
            return None
        # An open question has no due day in a recess that is only likely.
        asked = (counted.house, counted.named_day, counted.set_down_for, counted.state in _OPEN)
        if asked not in self._known:
            self._known[asked] = due_on(_question(counted), self._sittings)
        due = self._known[asked]
        if due is None:
            return None
        return (
            days_late(_question(counted), due, today)
            if counted.state is not State.ANSWERED
            else _late_answer(counted, due)
        )


def _late_answer(counted: Counted, due: date) -> int | None:
    """Return `days_late` of an answer without making a record."""
    return max((counted.answered_on - due).days, 0) if counted.answered_on else None


def _question(counted: Counted) -> Proceeding:
    """Make a question with the fields that its lateness depends on."""
    return Proceeding(
        id="",
        source="",
        kind=counted.kind,
        house=counted.house,
        date_for_answer=counted.set_down_for,
        named_day=counted.named_day,
        answered_on=_answered_on(counted),
        is_holding=counted.state is State.HOLDING,
        is_withdrawn=counted.state is State.WITHDRAWN,
        is_lapsed=counted.state is State.LAPSED,
    )


# -- what records have in common ---------------------------------------------------------------------------------------


def _keys(counted: Counted, by: Sequence[str]) -> list[Key]:
    first = _values(counted, by[0])
    if len(by) == 1:
        return [(value,) for value in first]
    others = _values(counted, by[1])
    return [(value, other) for value in first for other in others]


def _values(counted: Counted, name: str) -> Sequence[str | None]:
    if name in counted.named:
        return counted.named[name] or (None,)
    return (_SINGLE[name](counted),)


def _month(counted: Counted) -> str | None:
    return counted.day.isoformat()[:7] if counted.day else None


def _year(counted: Counted) -> str | None:
    return str(counted.day.year) if counted.day else None


def _band(counted: Counted) -> str | None:
    answered_on = _answered_on(counted)
    if answered_on is None or counted.tabled_on is None:
        return None
    days = (answered_on - counted.tabled_on).days
    return next(name for most, name in BANDS if days <= most)


def _state(counted: Counted) -> str | None:
    """Return the state of a question, and what happened to anything else: that is stored as answered, but was not asked."""
    is_answer = counted.kind is Kind.QUESTION or counted.state is not State.ANSWERED
    return counted.state.value if is_answer else None


_SINGLE: Final[Mapping[str, Callable[[Counted], str | None]]] = {
    "month": _month,
    "year": _year,
    "days": _band,
    "house": lambda counted: counted.house.value,
    "kind": lambda counted: counted.kind.value,
    "state": _state,
}

NAMED: Final = ("topic", "term", "body", "minister", "speaker", "asker", "party", "label")
"""Dimensions whose names the archive reads."""

THINGS: Final = (*NAMED[:2], *IN_TIME, *NAMED[2:7], "house", "kind", "state", "days", "label")
"""Dimensions by which records are counted."""


# -- order, and gaps ---------------------------------------------------------------------------------------------------


def _order(rows: Mapping[Key, Measures], by: Sequence[str]) -> Callable[[Key], tuple[object, ...]]:
    """Return the sort key of a row: times and bands in their order, names by count, unknown values last."""
    sizes: list[Counter[str | None]] = [Counter() for _ in by]
    for key, measures in rows.items():
        for size, value in zip(sizes, key, strict=True):
            size[value] += measures.records
    bands = {name: place for place, (_, name) in enumerate(BANDS)}

    def place(name: str, value: str | None, size: Counter[str | None]) -> tuple[object, ...]:
        if value is None:
            return (1, 0, "")
        if name == "days":
            return (0, bands[value], "")
        return (0, 0, value) if name in IN_TIME else (0, -size[value], value)

    return lambda key: tuple(place(*of) for of in zip(by, key, sizes, strict=True))


def _missing(
    rows: Mapping[Key, Measures], by: Sequence[str], span: tuple[date | None, date | None], most_rows: float
) -> list[Key]:
    """Months and years without any record, between the first and the last."""
    places = [place for place, name in enumerate(by) if name in IN_TIME]
    if not places:
        return []
    place, name = places[0], by[places[0]]
    cut = 7 if name == "month" else 4
    known = [value for key in rows if (value := key[place])] + [day.isoformat()[:cut] for day in span if day]
    if not known:
        return []
    between = _between(min(known), max(known))
    others = {key[:place] + key[place + 1 :] for key in rows} or {()}
    if len(others) * len(between) > most_rows:
        raise TallyTooLargeError
    made = ((*other[:place], time, *other[place:]) for other in others for time in between)
    return [key for key in made if key not in rows and len(key) == len(by)]


def _between(first: str, last: str) -> list[str]:
    """All months (2024-01) or years (2024) from one to another."""
    found = [first]
    while found[-1] < last:
        year, _, month = found[-1].partition("-")
        if not month:
            found.append(f"{int(year) + 1:04}")
        else:
            found.append(f"{int(year) + int(month) // 12:04}-{int(month) % 12 + 1:02}")
    return found


def _is_whole(key: Key, by: Sequence[str], today: date) -> bool:
    return not any(
        name in IN_TIME and value and today.isoformat().startswith(value) for name, value in zip(by, key, strict=True)
    )
