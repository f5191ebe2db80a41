"""Store of the stand-in for Parliament: questions whose published state follows a clock, and members.

A *value* is the `value` object of the written questions API with its thirty keys, as the detail endpoint sends it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from monitor.parliament.calendar import LONDON

Value = dict[str, Any]

PARTIES: dict[str, tuple[int, str | None, str | None]] = {
    "Alliance": (1, "Alliance", "C0C0C0"),
    "Bishops": (3, "Bshp", "C0C0C0"),
    "Conservative": (4, "Con", "0000ff"),
    "Crossbench": (6, "XB", "C0C0C0"),
    "Democratic Unionist Party": (7, "DUP", "000080"),
    "Green Party": (44, "Green", "78b82a"),
    "Independent": (8, "Ind", "C0C0C0"),
    "Labour": (15, "Lab", "ff0000"),
    "Liberal Democrat": (17, "LD", "f8a428"),
    "Non-affiliated": (49, None, None),
    "Plaid Cymru": (22, "PC", "3f8428"),
    "Reform UK": (1036, "RUK", "12b6cf"),
    "Scottish National Party": (29, "SNP", "fcf28f"),
    "Social Democratic & Labour Party": (31, "SDLP", "CCFFCC"),
}
"""Parties of the sample: number, abbreviation and colour as the APIs print them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMember:
    """A member of the stand-in. `house` is "Commons" or "Lords"; `constituency` is "Life peer" for a peer."""

    id: int
    name: str
    list_as: str
    party: str
    constituency: str
    house: str = "Commons"
    gender: str = "F"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreChange:
    """A change of a value: from the instant `at` on it has the keys of `set`. `is_gone`: the record is gone."""

    at: datetime
    set: Value = field(default_factory=dict)
    is_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreEntry:
    """One question and what happens to it.

    `published_at` None: always there. `changes` in order of time. `oddity` names what is unusual about it.
    """

    base: Value
    changes: tuple[StoreChange, ...] = ()
    published_at: datetime | None = None
    oddity: tuple[str, ...] = ()

    @property
    def id(self) -> int:
        """Number of the question in the API."""
        number: int = self.base["id"]
        return number

    def at(self, now: datetime | None) -> Value | None:
        """Return a copy of the value as published at `now`, or None. A `now` of None is after all changes."""
        if now is not None and self.published_at is not None and now < self.published_at:
            return None
        value, is_gone = dict(self.base), False
        for change in self.changes:
            if now is None or change.at <= now:
                value.update(change.set)
                is_gone = change.is_gone
        return None if is_gone else value


def start_of(moment: date | datetime) -> datetime:
    """Return the instant at which a day begins in London, or an instant unchanged. Raises ValueError for a naive one."""
    return _instant(moment, time.min)


def end_of(moment: date | datetime) -> datetime:
    """Return the last instant of a day in London, or an instant unchanged. Raises ValueError for a naive one."""
    return _instant(moment, time.max)


def _instant(moment: date | datetime, clock: time) -> datetime:
    if not isinstance(moment, datetime):
        return datetime.combine(moment, clock, tzinfo=LONDON)
    if moment.tzinfo is None:
        raise ValueError(f"The instant {moment} has no time zone: give it one.")
    return moment
