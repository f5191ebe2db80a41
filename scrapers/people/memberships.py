"""Memberships, offices and aliases that the files of parlparse hold together, and how an entry becomes part of them."""

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
"""General elections: a membership of the Commons does not reach beyond the next one."""

OPEN: Final = "9999"
"""Year of the end date of entries that were current when a file was written."""

FOR_LIFE: Final = ("L", "A")
"""Peerages that are never inherited: life peers and lords of appeal. A see or an inherited title passes on."""

_NOT_GOVERNMENT: Final = re.compile(
    r"shadow|opposition|spokes|\bPPS\b|parliamentary private|committee|panel", re.IGNORECASE
)
_SHARED_OFFICES: Final = re.compile(
    r"minister of state|parliamentary (under-?secretary|secretary(?! to the treasury))|lords commissioner"
    r"|in waiting|whip$|regional minister",
    re.IGNORECASE,
)
_GOVERNMENT_SOURCE: Final = re.compile("govpost|governmentpost|ministers", re.IGNORECASE)
_PLAIN_TITLES: Final = frozenset({"", "Mr", "Mrs", "Ms", "Miss"})

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberName:
    """Name of a member in full, with its forms and short forms (see `Membership`)."""

    name: str
    forms: tuple[str, ...]
    short_forms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A membership of a House, as long as name and party stay.

    `forms` are those of the whole name, `short_forms` those of the surname alone, or of a peer's rank and name without "of
    ...". `is_current`: it had not ended when the file was written, on `known_until`; then `last` is as far as it can reach.
    `is_lifelong`: no one else ever bears the title.
    """

    id: str
    house: House
    name: str
    forms: tuple[str, ...]
    short_forms: tuple[str, ...]
    first: date
    last: date
    is_current: bool = False
    known_until: date = date.min
    constituency: str | None = None
    party: str | None = None
    is_lifelong: bool = False

    def holds_on(self, day: date) -> bool:
        """Return whether the member certainly sat on the day."""
        if not self.first <= day <= self.last:
            return False
        return not self.is_current or day <= self.known_until or self.is_lifelong or self.house is House.COMMONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """Another spelling, of any House if `house` is None.

    `target` is the form of a full name, of a surname or of a constituency, or a person's id, as `kind` says.
    """

    kind: str
    form: str
    target: str
    house: House | None
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHeld:
    """An office of the government and the time in which one member held it.

    `has_one_holder`: there is one office of its kind, so that it identifies its holder.
    """

    holder: str
    forms: tuple[frozenset[str], ...]
    has_one_holder: bool
    first: date
    last: date
    title: str = ""


@dataclass(slots=True)
class MembershipData:
    """Contents of all files. Of a membership that several files have the newest counts.

    `persons`: the person of each membership's number. `parliament_numbers`: None for a person with two numbers.
    """

    memberships: dict[str, list[Membership]] = field(default_factory=dict)
    persons: dict[str, str] = field(default_factory=dict)
    latest_names: dict[str, str] = field(default_factory=dict)
    parliament_numbers: dict[str, int | None] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    aliases: list[Alias] = field(default_factory=list)
    offices: list[OfficeHeld] = field(default_factory=list)

    def add_parliament_number(self, person: str, number: str) -> None:
        """Add Parliament's own number of a person. If the files have two, neither is used."""
        value = int(number)
        is_same = self.parliament_numbers.get(person, value) == value
        self.parliament_numbers[person] = value if is_same else None


class FileData:
    """Contents of one file, until they are added to `data`.

    `written_on`: the day in the file's name; without one the newest day in the file counts.
    """

    def __init__(self, data: MembershipData, name: str, written_on: date | None) -> None:
        self.data, self.name = data, name
        self._written_on, self._newest_day = written_on, date.min
        self._memberships: dict[str, list[Membership]] = {}
        self._offices: list[OfficeHeld] = []

    def read_entries(self, entries: Iterable[Any], read: Callable[[Any], None]) -> None:
        """Read entries. Those that can't be understood are left out and counted."""
        failures = 0
        for entry in entries:
            try:
                read(entry)
            except (KeyError, TypeError, ValueError, AttributeError):
                failures += 1
        if failures:
            logger.warning("members file=%r entries left out=%d", self.name, failures)

    def close(self) -> None:
        """Add the contents to the data, with the day up to which they are known to hold."""
        day = self._written_on or self._newest_day
        for number, memberships in self._memberships.items():
            before = self.data.memberships.get(number)
            if before is None or before[0].known_until <= day:
                self.data.memberships[number] = [
                    replace(
                        membership,
                        known_until=day,
                        last=_latest_end(membership.house, day) if membership.is_current else membership.last,
                    )
                    for membership in memberships
                ]
        self.data.offices += (
            replace(office, last=day) if office.last == date.max else office for office in self._offices
        )

    def read_span(self, first: str, last: str | None) -> tuple[date, date | None]:
        """Read the days of an entry, both included; None for an end that was still open. Raises ValueError."""
        begin = read_day(first)
        end = None if not last or last.startswith(OPEN) else read_day(last, is_end=True)
        self._newest_day = max(self._newest_day, begin, end or date.min)
        return begin, end

    def add_membership(
        self,
        number: str,
        house: House,
        name: MemberName,
        span: tuple[date, date | None],
        *,
        constituency: str | None = None,
        party: str | None = None,
        is_lifelong: bool = False,
    ) -> None:
        """Add a membership of a House."""
        first, last = span
        membership = Membership(
            id=number,
            house=house,
            name=name.name,
            forms=name.forms,
            short_forms=name.short_forms,
            first=first,
            last=last or date.max,
            is_current=last is None,
            constituency=constituency.replace(" & ", " and ") if constituency else None,
            party=party_name(party) if party else None,
            is_lifelong=is_lifelong,
        )
        self._memberships.setdefault(number, []).append(membership)

    def add_office(self, holder: str, position: str, body: str, source: str, span: tuple[date, date | None]) -> None:
        """Add an office of the government. Others in the files (committees, the opposition) are left out."""
        is_government = not _NOT_GOVERNMENT.search(f"{position} {body}") and (
            not source or _GOVERNMENT_SOURCE.search(source)
        )
        if not position or not is_government:
            return
        form_without_body = office_form(position)
        forms = {office_form(position, body)}
        if len(form_without_body) > 1:
            forms.add(form_without_body)
        first, last = span
        office = OfficeHeld(
            holder=holder,
            forms=tuple(forms),
            has_one_holder=not _SHARED_OFFICES.search(position),
            first=first,
            last=last or date.max,
            title=position if not body or body in position else f"{position}, {body}",
        )
        self._offices.append(office)


def _latest_end(house: House, known_until: date) -> date:
    """Return how far a current membership can reach: in the Commons no further than the Parliament of the day."""
    following = bisect_right(ELECTIONS, known_until)
    is_bounded = house is House.COMMONS and following < len(ELECTIONS)
    return ELECTIONS[following] - timedelta(days=1) if is_bounded else date.max


@lru_cache(4096)  # the same days occur in many entries
def read_day(text: str, *, is_end: bool = False) -> date:
    """Read a day. Of a year or a month take the first day or, at an end, the last. Raises ValueError."""
    if len(text) == len("2001-05-07"):
        return date.fromisoformat(text)
    year, _, month = text.partition("-")
    number = int(month or (12 if is_end else 1))
    return date(int(year), number, calendar.monthrange(int(year), number)[1] if is_end else 1)


@lru_cache(1024)
def commoner_name(title: str, given_name: str, surname: str) -> MemberName:
    """Compose the name of a member who is called by given name and surname."""
    name = " ".join(filter(None, ("" if title in _PLAIN_TITLES else title, given_name, surname)))
    return MemberName(name=name, forms=(name_form(name),), short_forms=(name_form(surname),))


def peer_member_name(rank: str, name: str, of: str, of_in_full: str) -> MemberName:
    """Compose the name of a peer. The title may be printed with the whole of its place or a part of it."""
    shown = peer_name(rank, name, of)
    forms = {peer_form(shown): None}
    if name and of_in_full:
        forms[peer_form(f"{rank} {name} of {of_in_full}")] = None
    short_forms = (peer_form(f"{rank} {name}"),) if name and of else ()
    return MemberName(name=shown, forms=tuple(forms), short_forms=short_forms)
