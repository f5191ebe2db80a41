"""How the site of Historic Hansard addresses what it shows: https://api.parliament.uk/historic-hansard.

A section has a page, `/written_answers/2004/feb/03/sexual-offences`: its title in small letters, cut after 40 characters.
Where titles clash on a day the site counts them apart in a way that is not documented: only the first has an address here.
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
TYPES: Final = {
    "commons": (House.COMMONS, identifiers.DEBATES),
    "lords": (House.LORDS, identifiers.DEBATES),
    "westminster_hall": (House.COMMONS, identifiers.WESTMINSTER_HALL),
    "grand_committee_report": (House.LORDS, identifiers.GRAND_COMMITTEE),
    "written_statements": (House.COMMONS, identifiers.WRITTEN_STATEMENTS),
    "written_answers": (House.COMMONS, identifiers.WRITTEN_ANSWERS),
}
"""The kinds of pages, with House and series; written answers and statements of the Lords are among those of the Commons."""

_TYPE_OF: Final = {series: name for name, (_, series) in TYPES.items()}


def day_path(day: date) -> str:
    """A day as paths have it: "2004/feb/03"."""
    return f"{day.year}/{MONTHS[day.month - 1]}/{day.day:02}"


def day_page(house: House, series: str, day: date) -> str:
    """The path of the page of a day, which leads to those of its sections: "written_answers/2004/feb/03"."""
    kind = ("lords" if house is House.LORDS else "commons") if series == identifiers.DEBATES else _TYPE_OF[series]
    return f"{kind}/{day_path(day)}"


def slug(title: str) -> str:
    """A title as the last step of an address; "" where nothing is left of it."""
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^a-z0-9 _-]", "", ascii_only.lower())
    return re.sub(r"[ _-]+", "-", kept).strip("-")[:MAX_SLUG].strip("-")


class Slugs:
    """Gives addresses to the sections of days, in the order of print."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def page(self, house: House, series: str, day: date, title: str | None) -> str | None:
        """The path of a section's page below the site; None where a section before it has that path, or it has no title."""
        name = slug(title or "")
        path = f"{day_page(house, series, day)}/{name}"
        if not name or path in self._given:
            return None
        self._given.add(path)
        return path
