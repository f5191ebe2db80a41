"""Register of members: finds persons by number or by printed name, and their offices.

A number of a source is decisive. A name counts only if it leaves no choice: exactly one person with that name was a member
of that House on that day. Anybody who is not certainly known stays as printed:

- A surname alone ("Mr. Sample", "Lord Sample" for Lord Sample of Sampleton) counts if the files know all members of the
  House on that day: otherwise they may lack another of that name.
- A membership that was current when the files were written may have ended since. After that day only a full name counts: in
  the Commons until the next general election, in the Lords for life peers alone, whose titles no one else ever bears.
- Two members of one name are told apart by the constituency or the office that is printed with them. The constituency of
  somebody else rules a name out.
- An office printed in place of a name is its holder's if it is the only one of its kind (unlike Ministers of State) and has
  one holder.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from monitor.errors import GoneError
from monitor.model.records import House, Member
from scrapers.people.files import read_files
from scrapers.people.names import (
    name_form,
    office_form,
    peer_form,
    place_form,
    read_printed_name,
    split_initials,
    without_initials,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scrapers.folders import Folder
    from scrapers.people.memberships import Alias, Membership, OfficeHeld
    from scrapers.people.names import PrintedName

COMPLETE: Final[Mapping[House, int]] = {
    House.COMMONS: 600,
    House.LORDS: 600,
    House.SCOTLAND: 125,
    House.NORTHERN_IRELAND: 85,
    House.SENEDD: 57,
}
"""Members of each House that the files must know on a day to count as complete: all seats but some vacant ones."""
LORDS_REFORMED: Final = date(1999, 11, 11)
"""Day of the House of Lords Act. Before it over a thousand hereditary peers sat; parlparse has only those who stayed."""
_FILES: Final = re.compile(
    r"(all-members|peers-ucl|people|[a-z]+-aliases|ministers|sp-members|ni-members)[^/]*\.(xml|json)(\.gz)?"
)
_FILES_WITHOUT_LISTING: Final = ("people.json", "ministers.json", "ministers-2010.json")
_FIRST_DEVOLVED_NUMBER: Final = 70_000
"""Numbers of members of the devolved legislatures begin here."""
_PERSON: Final = "uk.org.publicwhip/person/"
_LOOKUP_CACHE: Final = 65_536
"""Lookups that are remembered: the same names come in many records of a day."""

_FormIndex = dict[tuple[House, str], list["Membership"]]


class People:
    """The register of members: `monitor.ports.Register`. Without files it knows no one.

    `files`: name and bytes of each, as in parlparse's `members/`. `complete`: how many members of a House must be known
    before a surname alone counts. Raises ParseError for a file that can't be read.
    """

    def __init__(self, files: Iterable[tuple[str, bytes]] = (), *, complete: Mapping[House, int] = COMPLETE) -> None:
        self._data = read_files(files)
        self._complete = complete
        self._by_person: dict[str, list[Membership]] = defaultdict(list)
        self._by_form: _FormIndex = defaultdict(list)
        self._by_form_without_initials: _FormIndex = defaultdict(list)
        self._by_short_form: _FormIndex = defaultdict(list)
        self._by_constituency: _FormIndex = defaultdict(list)
        self._by_house: dict[House, list[Membership]] = defaultdict(list)
        self._aliases: dict[str, list[Alias]] = defaultdict(list)
        self._reversed_aliases: dict[str, list[Alias]] = defaultdict(list)
        self._offices_by_form: dict[frozenset[str], list[OfficeHeld]] = defaultdict(list)
        self._offices_by_person: dict[str, list[OfficeHeld]] = defaultdict(list)
        self._build_indexes()
        self._find_by_number = lru_cache(_LOOKUP_CACHE)(self._search_number)
        self._find_by_name = lru_cache(_LOOKUP_CACHE)(self._search_name)
        self._is_complete = lru_cache(1024)(self._check_complete)

    @classmethod
    def read(cls, folder: Folder, path: str = "") -> People:
        """Read the files of a folder, of either generation. Without a listing (on the web) those known by name are read.

        Raises GoneError if there are no files, FetchError, ParseError.
        """
        try:
            names = [entry.name for entry in folder.entries(path) if _FILES.fullmatch(entry.name.rpartition("/")[2])]
        except GoneError:
            paths = [f"{path}/{name}".lstrip("/") for name in _FILES_WITHOUT_LISTING]
            files = [(name, body) for name in paths if (body := _read_if_there(folder, name))]
            if not files:
                raise
            return cls(files)
        if not names:
            raise GoneError(f"{folder} has no files on people.", url=str(folder))
        return cls((name, folder.read(name).body) for name in names)

    def __len__(self) -> int:
        return len(self._by_person)

    def by_number(self, number: str, printed: str | None, day: date) -> Member:
        """Find a person by number; if the files lack it, a member of Parliament by full name."""
        return self._find_by_number(number, printed, day)

    def by_name(
        self, printed: str, house: House, day: date, *, constituency: str | None = None, office: str | None = None
    ) -> Member:
        """Find a person by the printed name, with what may stand around it: office, constituency, party."""
        return self._find_by_name(printed, house, day, constituency, office)

    def office_of(self, member: Member, day: date) -> str | None:
        """Return the office of the government that a person held on the day; of several all, the one held longest first.

        Nothing here says in which of them a minister spoke.
        """
        if not member.person_id:
            return None
        offices = self._offices_by_person.get(f"{_PERSON}{member.person_id}", ())
        held = sorted((office for office in offices if office.first <= day <= office.last), key=lambda held: held.first)
        return "; ".join(dict.fromkeys(office.title for office in held if office.title)) or None

    # -- by number ----------------------------------------------------------------------------------------------------

    def _search_number(self, number: str, printed: str | None, day: date) -> Member:
        number = self._follow_redirects(number)
        memberships = self._data.memberships.get(number) or self._by_person.get(number, [])
        is_known = memberships or number in self._data.persons or number in self._data.latest_names
        if not is_known:
            return self._search_full_name(_houses_of(number), printed or "", day)
        if membership := _membership_on(memberships, day, printed):
            return self._member(membership, printed)
        person = self._data.persons.get(number, number)
        name = self._name_near(number, person, day) or printed or self._data.latest_names.get(person)
        return self._with_person(Member(name=name, printed=printed if printed != name else None), person)

    def _follow_redirects(self, number: str) -> str:
        """Follow the redirects of a number; a ring of them leads nowhere new."""
        seen = {number}
        while (following := self._data.redirects.get(number, number)) not in seen:
            seen.add(following)
            number = following
        return number

    def _name_near(self, number: str, person: str, day: date) -> str | None:
        """Find a person's name in the membership nearest to the day, in the House of the number."""
        is_lord = "/lord/" in number
        memberships = [
            membership
            for membership in self._data.memberships.get(number) or self._by_person.get(person, [])
            if "/person/" in number or (membership.house is House.LORDS) == is_lord
        ]
        return min(memberships, key=lambda membership: abs(membership.first - day)).name if memberships else None

    def _search_full_name(self, houses: Iterable[House], printed: str, day: date) -> Member:
        """Find a member of these Houses by the full name, if one alone bears it."""
        name = read_printed_name(printed)
        found = (
            membership for house in houses for membership in self._named(name.name, house, day, needs_full_name=True)
        )
        membership = self._only_person(found)
        if membership:
            return self._member(membership, name.name, name.office)
        return _as_printed(printed, name, None, name.office)

    # -- by name ------------------------------------------------------------------------------------------------------

    def _search_name(
        self, printed: str, house: House, day: date, constituency: str | None, office: str | None
    ) -> Member:
        name = read_printed_name(printed)
        office, shown = office or name.office, name.name or printed.strip()
        place = constituency or name.constituency
        found = self._named(name.name, house, day) if name.name else self._holders_of(office or "", house, day)
        membership = self._only_person(self._narrow(found, house, day, place, office))
        if membership:
            return self._member(membership, shown, office)
        is_known_place = place and (name.party or (house, place_form(place)) in self._by_constituency)
        return _as_printed(printed, name, place if constituency or is_known_place else None, office)

    def _named(self, name: str, house: House, day: date, *, needs_full_name: bool = False) -> list[Membership]:
        """Find the memberships of a House on the day that a name may mean, by full name, alias or surname."""
        form = peer_form(name) if house is House.LORDS else name_form(name)
        is_surname = " " not in form
        if not form or (is_surname and (needs_full_name or not self._is_complete(house, day))):
            return []
        found = [
            *self._on_day(self._by_form, house, form, day),
            *self._on_day(self._by_form_without_initials, house, form, day),
        ]
        aliases = self._by_alias(self._aliases, form, house, day)
        found += aliases or self._by_alias(self._reversed_aliases, form, house, day)
        if not found and without_initials(form) != form:
            found += self._on_day(self._by_form, house, without_initials(form), day)
        is_whole_title = found and house is House.LORDS  # no one else has it
        if needs_full_name or is_whole_title:
            return found
        return found + self._by_surname(form, house, day)

    def _by_surname(self, form: str, house: House, day: date) -> list[Membership]:
        if not self._is_complete(house, day):
            return []
        if found := self._on_day(self._by_short_form, house, form, day):
            return list(found)
        initials, surname = split_initials(form)
        if not initials or not surname:
            return []
        of_surname = self._on_day(self._by_short_form, house, surname, day)
        return [membership for membership in of_surname if membership.forms[0].startswith(initials[0])]

    def _by_alias(self, aliases: Mapping[str, list[Alias]], form: str, house: House, day: date) -> list[Membership]:
        found: list[Membership] = []
        for alias in aliases.get(form, ()):
            if alias.house not in (house, None) or not alias.first <= day <= alias.last:
                continue
            if alias.kind == "person":
                found += self._of_person(alias.target, house, day)
            elif alias.kind == "constituency":
                found += self._on_day(self._by_constituency, house, alias.target, day)
            elif alias.kind == "fullname":
                found += self._on_day(self._by_form, house, alias.target, day)
            elif self._is_complete(house, day):
                found += self._on_day(self._by_short_form, house, alias.target, day)
        return found

    def _holders_of(self, office: str, house: House, day: date) -> list[Membership]:
        """Find the holders of an office on the day, if there is one office of its kind."""
        aliased = self._by_alias(self._aliases, name_form(office), house, day)
        held = list(self._offices_on(office, day))
        if aliased or not all(office_held.has_one_holder for office_held in held):
            return aliased
        return [membership for office_held in held for membership in self._of_holder(office_held, house, day)]

    def _offices_on(self, office: str, day: date) -> Iterator[OfficeHeld]:
        for office_held in self._offices_by_form.get(office_form(office), ()):
            if office_held.first <= day <= office_held.last:
                yield office_held

    def _of_holder(self, office_held: OfficeHeld, house: House, day: date) -> list[Membership]:
        return self._of_person(self._data.persons.get(office_held.holder, office_held.holder), house, day)

    def _narrow(
        self, found: list[Membership], house: House, day: date, place: str | None, office: str | None
    ) -> list[Membership]:
        """Keep the members who fit the constituency and the office that are printed with the name."""
        if place and found:
            form = place_form(place)
            there = [
                membership
                for membership in found
                if membership.constituency and place_form(membership.constituency) == form
            ]
            is_of_another = self._on_day(self._by_constituency, house, form, day)
            if there or is_of_another:
                found = there
        if office and len({self._person_of(membership) for membership in found}) > 1:
            holders = {
                self._person_of(membership)
                for office_held in self._offices_on(office, day)
                for membership in self._of_holder(office_held, house, day)
            }
            found = [membership for membership in found if self._person_of(membership) in holders]
        return found

    def _only_person(self, memberships: Iterable[Membership]) -> Membership | None:
        """Return the membership of the one person that all are of; of two that meet on a day the later."""
        in_order = sorted(memberships, key=lambda membership: membership.first)
        by_person = {self._person_of(membership): membership for membership in in_order}
        return next(iter(by_person.values())) if len(by_person) == 1 else None

    # -- indexes ------------------------------------------------------------------------------------------------------

    def _build_indexes(self) -> None:
        for memberships in self._data.memberships.values():
            for membership in memberships:
                self._index(membership)
        for alias in self._data.aliases:
            self._aliases[alias.form].append(alias)
            if alias.kind == "fullname":
                # Files of aliases and of names may be of different years, and swap main name and other spelling.
                self._reversed_aliases[alias.target].append(replace(alias, form=alias.target, target=alias.form))
        for office in self._data.offices:
            self._offices_by_person[self._data.persons.get(office.holder, office.holder)].append(office)
            for form in office.forms:
                self._offices_by_form[form].append(office)

    def _index(self, membership: Membership) -> None:
        house = membership.house
        self._by_person[self._person_of(membership)].append(membership)
        self._by_house[house].append(membership)
        for form in membership.forms:
            self._by_form[house, form].append(membership)
            if (shorter := without_initials(form)) != form:
                self._by_form_without_initials[house, shorter].append(membership)
        for form in membership.short_forms:
            self._by_short_form[house, form].append(membership)
        if membership.constituency:
            self._by_constituency[house, place_form(membership.constituency)].append(membership)

    def _person_of(self, membership: Membership) -> str:
        return self._data.persons.get(membership.id, membership.id)

    def _of_person(self, person: str, house: House, day: date) -> list[Membership]:
        memberships = self._by_person.get(person, ())
        return [membership for membership in memberships if membership.house is house and membership.holds_on(day)]

    def _on_day(self, index: _FormIndex, house: House, form: str, day: date) -> tuple[Membership, ...]:
        return tuple(membership for membership in index.get((house, form), ()) if membership.holds_on(day))

    def _check_complete(self, house: House, day: date) -> bool:
        """Decide whether the files know all members of a House on the day."""
        if house is House.LORDS and day < LORDS_REFORMED:
            return False
        sitting = [membership for membership in self._by_house[house] if membership.holds_on(day)]
        if any(membership.is_current and membership.known_until < day for membership in sitting):
            return False
        return len({self._person_of(membership) for membership in sitting}) >= self._complete[house]

    # -- results ------------------------------------------------------------------------------------------------------

    def _member(self, membership: Membership, printed: str | None, office: str | None = None) -> Member:
        member = Member(
            name=membership.name,
            printed=printed if printed and printed != membership.name else None,
            party=membership.party,
            constituency=membership.constituency,
            office=office,
        )
        return self._with_person(member, self._person_of(membership))

    def _with_person(self, member: Member, person: str) -> Member:
        number = person.rpartition("/person/")[2]
        if not number.isdecimal():  # no file names the person of this membership
            return member
        return replace(member, person_id=int(number), member_id=self._data.parliament_numbers.get(person))


def _read_if_there(folder: Folder, name: str) -> bytes | None:
    try:
        return folder.read(name).body
    except GoneError:
        return None


def _houses_of(number: str) -> tuple[House, ...]:
    """Return the Houses of Parliament that a number may belong to."""
    kind, _, digits = number.rpartition("/")
    if kind.endswith("/member"):
        return (House.COMMONS,) if digits.isdecimal() and int(digits) < _FIRST_DEVOLVED_NUMBER else ()
    return (House.LORDS,) if kind.endswith("/lord") else (House.COMMONS, House.LORDS)


def _membership_on(memberships: list[Membership], day: date, printed: str | None) -> Membership | None:
    """Find a person's membership on the day; of several the one with the printed name, else the latest."""
    on_day = [membership for membership in memberships if membership.first <= day <= membership.last]
    forms = {name_form(printed), peer_form(printed)} if printed else set()
    return max(on_day, key=lambda membership: (not forms.isdisjoint(membership.forms), membership.first), default=None)


def _as_printed(printed: str, name: PrintedName, place: str | None, office: str | None) -> Member:
    """Return a member who is not certainly known."""
    shown = name.name or printed.strip()
    return Member(name=shown or None, party=name.party, constituency=place, office=office if office != shown else None)
