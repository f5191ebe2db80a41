"""Lists of what was published on a day, of each House: a calendar of one month, and the indexes of the day that is chosen.

Parliament's site had such a page for each day ("Commons debates by date", until 2016), made by the reader's browser; saved
ones are called `commons_by_date.html` and `lords_by_date.html`. Two are recorded, of September 2013 and January 2011. In the
calendar a day with something published is `td.content-available`, with the month (from 0) and the year as data; any other
day of the month is a cell without a link. Cells of the months before and after are `.ui-datepicker-other-month`. The day on
which the page was made is `.ui-datepicker-today`: of that day and later ones the list knows nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from bs4 import BeautifulSoup, Tag

from monitor.model.records import House

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES: Final = {House.COMMONS: "commons_by_date.html", House.LORDS: "lords_by_date.html"}
_TITLE: Final = re.compile(r"(Commons|Lords) debates by date")
_INDEX: Final = re.compile(
    r"/pa/((?:cm|ld)\d{6}/(?:cm|ld)hansrd/(?:(?:cm|vo)\d{6}/(?:index|wmsindx)/\d{5,6}-x\.htm|index/\d{6}\.html))(?:#.*)?$"
)
_MONTHS: Final = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905 - reads best so
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedList:
    """A list of one House: the days on which something was published, those on which nothing was, and indexes of one day.

    `indexes` are addresses below the folder `pa`.
    """

    house: House
    days: frozenset[date]
    silent: frozenset[date]
    indexes: tuple[str, ...]

    def tells_nothing_of(self, day: date) -> bool:
        """Return whether a day lies outside of the list."""
        return day not in self.days and day not in self.silent


def read_list(page: bytes) -> PublishedList | None:
    """Read a list; None for any other page."""
    soup = BeautifulSoup(page, "lxml")
    title = _TITLE.search(soup.title.get_text() if soup.title else "")
    calendar = soup.select_one("table.ui-datepicker-calendar")
    if title is None or calendar is None:
        return None
    days = frozenset(_published_days(calendar))
    links = (_INDEX.search(str(link.get("href"))) for link in soup.select(".date-event-info a[href]"))
    return PublishedList(
        house=House(title[1].lower()),
        days=days,
        silent=frozenset(_days_of_month(soup, calendar)) - days,
        indexes=tuple(dict.fromkeys(link[1] for link in links if link)),
    )


def _published_days(calendar: Tag) -> Iterator[date]:
    for cell in calendar.select("td.content-available"):
        if day := _day(str(cell.get("data-year")), str(cell.get("data-month")), cell.get_text(strip=True)):
            yield day


def _days_of_month(soup: BeautifulSoup, calendar: Tag) -> Iterator[date]:
    """Yield the days of the month that the calendar shows, up to the day before the page was made."""
    month, year = soup.select_one(".ui-datepicker-month"), soup.select_one(".ui-datepicker-year")
    name = month.get_text(strip=True) if month else ""
    if name not in _MONTHS or year is None:
        return
    for cell in calendar.select("td:not(.ui-datepicker-other-month)"):
        if "ui-datepicker-today" in (cell.get("class") or ()):
            return
        if day := _day(year.get_text(strip=True), str(_MONTHS.index(name)), cell.get_text(strip=True)):
            yield day


def _day(year: str, month: str, day: str) -> date | None:
    """Make a day of texts; the month counts from 0."""
    if not all(re.fullmatch(r"\d{1,4}", text) for text in (year, month, day)):
        return None
    try:
        return date(int(year), int(month) + 1, int(day))
    except ValueError:
        return None
