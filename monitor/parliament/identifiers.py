"""Keys of a proceeding, which are the same from every source, so that several sources of one proceeding are found.

A key is a line of text. Strongest first: the source's own id; House, day tabled and UIN (since
September 2014); House, session and number (before); House, day, series, column and place in the column. Neither a UIN nor a
number is a key alone, for both begin again, and gids change when a day is revised.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from monitor.model.records import House

WRITTEN_ANSWERS: Final = "written_answers"
WRITTEN_STATEMENTS: Final = "written_statements"
DEBATES: Final = "debates"
WESTMINSTER_HALL: Final = "westminster_hall"
GRAND_COMMITTEE: Final = "grand_committee"
COMMITTEE: Final = "committee"
"""The series of the Official Report, each with columns of its own on a day (a committee has its own report)."""

PRECEDENCE: Final = (
    "questions",
    "statements",
    "scotland",
    "northern_ireland",
    "senedd",
    "theyworkforyou",
    "publications",
    "historic",
)
"""Sources in the order in which their texts are preferred; a source that is not listed comes last."""

UINS_SINCE: Final = date(2014, 9, 12)
"""Since this day a written question goes by its UIN and stands in no column."""

NUMBERED_SINCE: Final = "1979-80"
"""The first session whose questions are known by their numbers: a number printed before is a place on the order paper."""

_NUMBER = re.compile(r"((?:HL)?\d{1,7})R?", re.IGNORECASE)
_NUMBERED = re.compile(r"pq-([a-z_]+)-(\d{4}-\d\d)-((?:hl)?\d{1,7})")
_COLUMN = re.compile(r"(\d{1,5})\s*([A-Za-z]{0,2})")


def uin_key(house: House, tabled_on: date, uin: str) -> str:
    """Return the key of a question since September 2014, or of a statement (then the day is that on which it was made)."""
    return f"uin:{house}:{tabled_on}:{uin.upper()}"


def number_key(house: House, session: str, number: str) -> str | None:
    """Return the key of a numbered question from 1979 to 2014; None for anything but a number ("0" means missing).

    An R behind the number ("12345R") is left out: it marks a question for reply on a named day or from another body, not
    a different question.
    """
    if session < NUMBERED_SINCE:
        return None
    match = _NUMBER.fullmatch(number.strip())
    if match is None or not match[1].upper().removeprefix("HL").strip("0"):
        return None
    return f"num:{house}:{session}:{match[1].upper()}"


def id_of_number(key: str) -> str | None:
    """Return the id that follows from the number of a question (pq-commons-2005-06-102386); None for any other key.

    Sources without ids of their own use it.
    """
    kind, _, number = key.partition(":")
    return f"pq-{number.replace(':', '-')}".lower() if kind == "num" else None


def number_of_id(public_id: str) -> str | None:
    """Return the key that such an id follows from; None for any other id."""
    match = _NUMBERED.fullmatch(public_id)
    return f"num:{match[1]}:{match[2]}:{match[3].upper()}" if match else None


def column_key(house: House, day: date, series: str, column: str, place: int) -> str:
    """Return the key of a proceeding without a number: the `place`-th (from 1) of its kind that begins in the column."""
    return f"col:{house}:{day}:{series}:{column.upper()}:{place}"


def column_reference(house: House, day: date, series: str, column: str) -> str:
    """Return the key of a column, which stands for all proceedings in it. Printed references name columns."""
    return f"ref:{house}:{day}:{series}:{column.upper()}"


@lru_cache(maxsize=1_000)  # each record of a page is asked for it several times, and so are its neighbours
def column_parts(column: str) -> tuple[int, str] | None:
    """Split a printed column into number and suffix ("1366W": 1366 and W); return None for anything else."""
    match = _COLUMN.fullmatch(column.strip())
    return (int(match[1]), match[2].upper()) if match else None


def session_on(day: date) -> str | None:
    """Return the session of a day ("2008-09"), between sessions the last one; None before the first of 1801."""
    place = bisect_right(sessions(), day, key=lambda session: session.first_on)
    return sessions()[place - 1].name if place else None


def session_called(folder: str, day: date) -> str | None:
    """Return the session that a folder is named after, "200809" for "2008-09"; else that of the day.

    The folders of 2010 to 2012 are called "201011" and "201212", which are no sessions.
    """
    name = f"{folder[:4]}-{folder[4:]}"
    return name if any(session.name == name for session in sessions()) else session_on(day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session of the UK Parliament: its name ("2008-09") and days; `last_on` is None while it is on."""

    name: str
    first_on: date
    last_on: date | None


@cache
def sessions() -> tuple[Session, ...]:
    """Return every session since 1801, oldest first."""
    text = files("monitor").joinpath("parliament/data/sessions.toml").read_text(encoding="utf-8")
    days = tomllib.loads(text)["sessions"]
    return tuple(
        Session(name=name, first_on=first, last_on=last[0] if last else None) for name, (first, *last) in days.items()
    )
