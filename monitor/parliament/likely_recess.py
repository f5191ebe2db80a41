"""A recess or prorogation that no calendar knows, recognised from the questions that are published."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from monitor.parliament.calendar import is_working_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from monitor.model.records import House
    from monitor.parliament.calendar import SittingCalendar, Stretch

LIKELY_AFTER: Final = 5
"""Would-be sitting days without any question tabled after which a recess is likely."""

_DAY: Final = timedelta(days=1)
_USUAL_DAYS: Final = 20
"""Working days before a likely recess of which most must have had questions."""
_LEAST_USUAL: Final = 10
"""Days among these that must have been read."""


def likely_recess(tabled: Mapping[date, int], calendar: SittingCalendar, house: House, today: date) -> Stretch | None:
    """Recognise a recess or prorogation that is not known, from the questions tabled; None where there is no sign of one.

    `tabled`: questions tabled on each day that was read whole. There is one while the newest working days, `LIKELY_AFTER`
    at least, all read and none of them known, have no question, though days before them usually had.
    """
    read = [day for day in tabled if day <= today]
    if not read or calendar.is_known(house, max(read)):
        return None
    day = newest = max(read)
    quiet: list[date] = []
    while not calendar.is_known(house, day) and not tabled.get(day):
        if is_working_day(day):
            if day not in tabled:
                return None
            quiet.append(day)
        day -= _DAY
    if len(quiet) < LIKELY_AFTER:
        return None
    before = [day - number * _DAY for number in range(_USUAL_DAYS * 7 // 5)]
    counts = [tabled[usual] for usual in before if is_working_day(usual) and usual in tabled]
    if len(counts) < _LEAST_USUAL or sum(count > 0 for count in counts) < len(counts) * 3 / 4:
        return None
    return (quiet[-1], newest)
