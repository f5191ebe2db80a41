"""Days of a briefing, and whether a day was read. Pure functions of values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from monitor.model.collection import FileOutcome, WindowState
from monitor.model.records import House
from monitor.parliament.references import DAY, day_of
from monitor.presentation.wording import house_name, listed, long_day, long_range, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.model.collection import WindowCoverage

GAP: Final = timedelta(days=10)
"""Days without an item after which other items are not of the same briefing: an old answer that it names, say."""

MANY: Final = 10
"""Items from which a day at the edge with a single one of them is left out."""

_DAY: Final = re.compile(DAY, re.IGNORECASE)
_WORDS: Final = {
    "tabled": "questions tabled on",
    "answered": "answers of",
    "corrected": "corrections of",
    "made": "statements of",
    "meeting": "questions not reached on",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The days of a briefing, both ends included. `origin`: where they are taken from; `is_given`: from the user."""

    first: date
    last: date
    origin: str
    is_given: bool = False

    def has(self, day: date) -> bool:
        """Return whether a day is one of them."""
        return self.first <= day <= self.last

    @property
    def in_words(self) -> str:
        """The days as they are written."""
        return long_range([self.first, self.last])


def span_of(
    first: date | None, last: date | None, days: Iterable[date], named: Iterable[date], sent_on: date | None
) -> Span | None:
    """Return the days of a briefing: those that were given, else those of its items, else those that it names.

    `days`: of the records that it surely names; `named`: written in it; `sent_on`: the day of its mail. None: not known.
    """
    if first is not None and last is not None:
        return Span(first=first, last=last, origin="as given", is_given=True)
    for chosen, origin in ((list(days), "from its items"), (list(named), "from the days that it names")):
        if chosen:
            together = _without_strays(_most_together(chosen))
            return Span(first=first or together[0], last=last or together[-1], origin=origin)
    known = first or last or sent_on
    if known is None:
        return None
    if first is None and last is None:
        return Span(first=known - timedelta(days=1), last=known, origin="the day of its mail and the day before")
    return Span(first=known, last=known, origin="as given", is_given=True)


def _most_together(days: Sequence[date]) -> list[date]:
    """Return the days that lie near each other, of which there are most; of equally many the latest."""
    groups: list[list[date]] = []
    for day in sorted(days):
        if groups and day - groups[-1][-1] <= GAP:
            groups[-1].append(day)
        else:
            groups.append([day])
    return max(groups, key=lambda group: (len(group), group[-1]))


def _without_strays(days: list[date]) -> list[date]:
    """Leave out a first and a last day with one item of many: that of a record that changed later, or is named beside."""
    if len(days) < MANY:
        return days
    start, end = days[0] != days[1], days[-1] != days[-2]
    return days[int(start) : len(days) - int(end)]


# -- what was read ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysChecked:
    """Answer to whether the days of a missing record were read. `why`: in one sentence."""

    is_read: bool
    why: str


def reading_of(
    reference: str,
    days: Iterable[date],
    span: Span | None,
    windows: Sequence[WindowCoverage],
    files: Mapping[date, FileOutcome] | None = None,
) -> DaysChecked:
    """Say whether what a reference names should be in the archive. `days`: those that stand beside it.

    `windows`: how days were read; `files`: how files of many records were read, by their day.
    """
    house, tabled_on = _house_of(reference), _tabled_on(reference)
    printed_on = _printed_on(reference)
    if printed_on is not None and files and (outcome := files.get(printed_on)):
        is_read = outcome is FileOutcome.READ
        how = "was read, and it is not in it" if is_read else f"could not be read ({outcome})"
        return DaysChecked(is_read=is_read, why=f"The file of {long_day(printed_on)} {how}.")
    if tabled_on is not None:
        asked = [
            window for window in windows if window.window.day == tabled_on and window.window.by in ("tabled", "made")
        ]
        when = f"questions and statements of {long_day(tabled_on)}"
    else:
        wanted = set(days)
        if not wanted and span is not None:
            wanted = {span.first + timedelta(days=number) for number in range((span.last - span.first).days + 1)}
        if not wanted:
            return DaysChecked(is_read=False, why="It names no day, so whether that day was read can't be said.")
        asked = [
            window for window in windows if window.window.day in wanted and window.window.by in ("answered", "made")
        ]
        when = f"answers of {long_range(sorted(wanted))}"
    if house is not None:
        asked = [window for window in asked if window.window.house is house]
    return _read(asked, when, house)


def _read(windows: Sequence[WindowCoverage], when: str, house: House | None) -> DaysChecked:
    of_house = f" of the {house_name(house)}" if house else ""
    if not windows:
        return DaysChecked(is_read=False, why=f"The {when}{of_house} were not read.")
    bad = [window for window in windows if not window.state.is_in_full]
    if bad:
        failed = listed(
            list(dict.fromkeys(f"{_WORDS[window.window.by]} {long_day(window.window.day)}" for window in bad))
        )
        note = next((one_line(window.note) for window in bad if window.note), "")
        return DaysChecked(is_read=False, why=f"Not read in full: {failed}{f' ({note})' if note else ''}.")
    so_far = ", so far" if any(window.state is WindowState.OPEN for window in windows) else ""
    return DaysChecked(is_read=True, why=f"The {when}{of_house} were read in full{so_far}, and it is not among them.")


def _house_of(reference: str) -> House | None:
    """Return the House that a reference belongs to, as far as it says so."""
    if re.search(r"\b(?:HL|HLWS)\d", reference, re.IGNORECASE) or re.match(r"HL Deb", reference):
        return House.LORDS
    if re.search(r"\bHCWS\d", reference, re.IGNORECASE) or re.match(r"HC Deb", reference):
        return House.COMMONS
    return None


def _printed_on(reference: str) -> date | None:
    """Return the day of a column of the Official Report, or of an id or address of TheyWorkForYou."""
    if found := re.search(r"\bH[CL] Deb (.+?) c\d", reference):
        named = _DAY.search(found[1])
        return day_of(named) if named else None
    found = re.search(r"(?:publicwhip/|theyworkforyou\.com/).*?(\d{4}-\d\d-\d\d)", reference)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _tabled_on(reference: str) -> date | None:
    """Return the day of a dated number or official address, on which a question was tabled or a statement made."""
    found = re.search(r"(?:^|/)(\d{4}-\d\d-\d\d)/[A-Za-z]{0,4}\d+", reference)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None
