"""Addresses of the site of Historic Hansard: https://api.parliament.uk/historic-hansard.

A section has a page, `/written_answers/2004/feb/03/sexual-offences`: its title in small letters, cut after 40 characters.
If two sections of a day have one title, the site numbers them in a way that is not documented, so only the first has an
address here.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from monitor.model.records import House
from monitor.parliament import identifiers

if TYPE_CHECKING:
    from datetime import date

SITE: Final = "https://api.parliament.uk/historic-hansard"
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MAX_SLUG: Final = 40
"""Characters of a section's address, as the site cuts them."""
PAGE_KINDS: Final = {
    "commons": (House.COMMONS, identifiers.DEBATES),
    "lords": (House.LORDS, identifiers.DEBATES),
    "westminster_hall": (House.COMMONS, identifiers.WESTMINSTER_HALL),
    "grand_committee_report": (House.LORDS, identifiers.GRAND_COMMITTEE),
    "written_statements": (House.COMMONS, identifiers.WRITTEN_STATEMENTS),
    "written_answers": (House.COMMONS, identifiers.WRITTEN_ANSWERS),
}
"""Kinds of pages, with House and series. Written answers and statements of the Lords are among those of the Commons."""

_KIND_OF_SERIES: Final = {series: name for name, (_, series) in PAGE_KINDS.items()}


def day_path(day: date) -> str:
    """Write a day as paths do: "2004/feb/03"."""
    return f"{day.year}/{MONTHS[day.month - 1]}/{day.day:02}"


def day_page(house: House, series: str, day: date) -> str:
    """Return the path of the page that lists the sections of a day: "written_answers/2004/feb/03"."""
    kind = _KIND_OF_SERIES[series]
    if series == identifiers.DEBATES:
        kind = "lords" if house is House.LORDS else "commons"
    return f"{kind}/{day_path(day)}"


def slug(title: str) -> str:
    """Turn a title into the last step of an address; "" if no letter or digit remains."""
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^a-z0-9 _-]", "", ascii_only.lower())
    return re.sub(r"[ _-]+", "-", kept).strip("-")[:MAX_SLUG].strip("-")


class SectionPages:
    """Addresses of the sections of days, given in the order of print."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def page_of(self, house: House, series: str, day: date, title: str | None) -> str | None:
        """Return the path of a section's page; None if an earlier section has that path, or it has no title."""
        name = slug(title or "")
        path = f"{day_page(house, series, day)}/{name}"
        if not name or path in self._given:
            return None
        self._given.add(path)
        return path
