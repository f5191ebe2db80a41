"""What the files of parlparse tell together of who sat when for what, and how an entry of one becomes part of it."""

from __future__ import annotations

import calendar
import logging
import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from monitor.model.records import House
from scrapers.people.names import name_form, office_form, party_name, peer_form, peer_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


ELECTIONS: Final = (
    date(1997, 5, 1),
    date(2001, 6, 7),
    date(2005, 5, 5),
    date(2010, 5, 6),
    date(2015, 5, 7),
    date(2017, 6, 8),
    date(2019, 12, 12),
    date(2024, 7, 4),
)
"""General elections, after which nobody sits for having sat before."""

OPEN: Final = "9999"
"""With this year begins the end of what was going on when a file was written."""

FOR_LIFE: Final = ("L", "A")
"""Peerages that are never inherited: life peers and lords of appeal. A see or an inherited title passes on."""

_SIDE_POSTS: Final = re.compile(
    r"shadow|opposition|spokes|\bPPS\b|parliamentary private|committee|panel", re.IGNORECASE
)
_SHARED_POSTS: Final = re.compile(
    r"minister of state|parliamentary (under-?secretary|secretary(?! to the treasury))|lords commissioner"
    r"|in waiting|whip$|regional minister",
    re.IGNORECASE,
)
_GOVERNMENT: Final = re.compile("govpost|governmentpost|ministers", re.IGNORECASE)
_PLAIN_TITLES: Final = frozenset({"", "Mr", "Mrs", "Ms", "Miss"})

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """How a member is called: the full name, the forms of it, the briefs (see `Seat`)."""

    name: str
    forms: tuple[str, ...]
    briefs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A membership of a House, as long as name and party stay.

    `forms` are those of the whole name, `briefs` those of the surname alone, or of a peer's rank and name without "of ...".
    `is_open`: it was going on when the file was written, on `told_on`; then `last` is as far as it can reach.
    `is_lifelong`: a title that nobody else ever bears.
    """

    id: str
    house: House
    name: str
    forms: tuple[str, ...]
    briefs: tuple[str, ...]
    first: date
    last: date
    is_open: bool = False
    told_on: date = date.min
    constituency: str | None = None
    party: str | None = None
    is_lifelong: bool = False

    def sits(self, day: date) -> bool:
        """Whether the member surely sat on the day."""
        if not self.first <= day <= self.last:
            return False
        return not self.is_open or day <= self.told_on or self.is_lifelong or self.house is House.COMMONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """Another spelling, of any House where `house` is None.

    `target` is the form of a full name, of a surname or of a constituency, or a person's id: `kind` says which.
    """

    kind: str
    form: str
    target: str
    house: House | None
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """An office that was held; one that still was, until the file was written.

    `is_one`: of its kind there is one, so that it names its holder.
    """

    holder: str
    forms: tuple[frozenset[str], ...]
    is_one: bool
    first: date
    last: date
    title: str = ""


@dataclass(slots=True)
class Roll:
    """What the files tell together. Of a membership that several tell of the newest counts."""

    seats: dict[str, list[Seat]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    latest_names: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int | None] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    aliases: list[Alias] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)

    def add_number(self, person: str, number: str) -> None:
        """Parliament's own number of a person; where two are told, none is known."""
        value = int(number)
        self.numbers[person] = value if self.numbers.get(person, value) == value else None


class RollFile:
    """A file on its way into a roll. `day`: when it was written, where its name says so; else the newest day it tells of."""

    def __init__(self, roll: Roll, name: str, day: date | None) -> None:
        self.roll, self.name = roll, name
        self._day, self._newest = day, date.min
        self._seats: dict[str, list[Seat]] = {}
        self._posts: list[Post] = []

    def take(self, entries: Iterable[Any], read: Callable[[Any], None]) -> None:
        """Read entries; those that can't be understood are left out, and counted."""
        odd = 0
        for entry in entries:
            try:
                read(entry)
            except (KeyError, TypeError, ValueError, AttributeError):
                odd += 1
        if odd:
            logger.warning("members file=%r entries left out=%d", self.name, odd)

    def close(self) -> None:
        """Hand over what was read, with the day it is known to hold until."""
        day = self._day or self._newest
        for number, seats in self._seats.items():
            before = self.roll.seats.get(number)
            if before is None or before[0].told_on <= day:
                self.roll.seats[number] = [
                    replace(seat, told_on=day, last=_end(seat.house, day) if seat.is_open else seat.last)
                    for seat in seats
                ]
        self.roll.posts += (replace(post, last=day) if post.last == date.max else post for post in self._posts)

    def span(self, first: str, last: str | None) -> tuple[date, date | None]:
        """The days of an entry, both included. Raises ValueError."""
        begin = day_of(first)
        end = None if not last or last.startswith(OPEN) else day_of(last, is_end=True)
        self._newest = max(self._newest, begin, end or date.min)
        return begin, end

    def add_seat(
        self,
        number: str,
        house: House,
        called: Called,
        span: tuple[date, date | None],
        *,
        constituency: str | None = None,
        party: str | None = None,
        is_lifelong: bool = False,
    ) -> None:
        """A membership."""
        seat = Seat(
            id=number,
            house=house,
            name=called.name,
            forms=called.forms,
            briefs=called.briefs,
            first=span[0],
            last=span[1] or date.max,
            is_open=span[1] is None,
            constituency=constituency.replace(" & ", " and ") if constituency else None,
            party=party_name(party) if party else None,
            is_lifelong=is_lifelong,
        )
        self._seats.setdefault(number, []).append(seat)

    def add_post(self, holder: str, position: str, body: str, source: str, span: tuple[date, date | None]) -> None:
        """An office of the government; whatever else is in the files (committees, the opposition) names nobody."""
        if not position or _SIDE_POSTS.search(f"{position} {body}") or (source and not _GOVERNMENT.search(source)):
            return
        alone = office_form(position)
        forms = {office_form(position, body), *([alone] if len(alone) > 1 else [])}
        is_one = not _SHARED_POSTS.search(position)
        last = span[1] or date.max
        title = position if not body or body in position else f"{position}, {body}"
        post = Post(holder=holder, forms=tuple(forms), is_one=is_one, first=span[0], last=last, title=title)
        self._posts.append(post)


def _end(house: House, told_on: date) -> date:
    """As far as a membership can reach that was going on: in the Commons no further than the Parliament of the day."""
    following = bisect_right(ELECTIONS, told_on)
    is_bounded = house is House.COMMONS and following < len(ELECTIONS)
    return ELECTIONS[following] - timedelta(days=1) if is_bounded else date.max


@lru_cache(4096)  # days and names come again and again
def day_of(text: str, *, is_end: bool = False) -> date:
    """A day; of a year or a month its first or, at an end, its last. Raises ValueError."""
    if len(text) == len("2001-05-07"):
        return date.fromisoformat(text)
    year, _, month = text.partition("-")
    number = int(month or (12 if is_end else 1))
    return date(int(year), number, calendar.monthrange(int(year), number)[1] if is_end else 1)


@lru_cache(1024)
def commoner(title: str, given: str, surname: str) -> Called:
    """Whoever is called by given name and surname."""
    name = " ".join(filter(None, ("" if title in _PLAIN_TITLES else title, given, surname)))
    return Called(name=name, forms=(name_form(name),), briefs=(name_form(surname),))


def peer(rank: str, name: str, of: str, of_in_full: str) -> Called:
    """A peer; the title may be printed with the whole of its place or without."""
    shown = peer_name(rank, name, of)
    forms = {peer_form(shown): None}
    if name and of_in_full:
        forms[peer_form(f"{rank} {name} of {of_in_full}")] = None
    return Called(name=shown, forms=tuple(forms), briefs=(peer_form(f"{rank} {name}"),) if name and of else ())
