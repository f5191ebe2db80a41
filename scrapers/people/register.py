"""Who is who: one person across member numbers, spellings, Houses and sources, from the files of parlparse.

A number of a source is decisive. A name counts only where it leaves no choice: exactly one person so called was a member of
that House on that day. So whoever is not surely known stays as printed:

- A surname alone ("Mr. Sample", "Lord Sample" for Lord Sample of Sampleton) counts where the files know the House whole on
  that day: they may lack another of that name.
- What was going on when the files were written may have ended since: after that day only a full name counts, in the Commons
  until the next general election, in the Lords for life peers alone, whose titles nobody else ever bears.
- Two of one name are told apart by the constituency or the office that is printed with them; a constituency of somebody
  else rules a name out.
- An office that is printed for a name is its holder's where there is one of its kind (no Minister of State) and one holder.
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
from scrapers.people.files import read_roll
from scrapers.people.names import (
    name_form,
    office_form,
    peer_form,
    place_form,
    read_printed,
    split_initials,
    without_initials,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scrapers.folders import Folder
    from scrapers.people.memberships import Alias, Post, Seat
    from scrapers.people.names import Printed

WHOLE: Final[Mapping[House, int]] = {
    House.COMMONS: 600,
    House.LORDS: 600,
    House.SCOTLAND: 125,
    House.NORTHERN_IRELAND: 85,
    House.SENEDD: 57,
}
"""So many members of a House the files must know of a day before they can be taken to know them all."""
LORDS_REFORMED: Final = date(1999, 11, 11)
"""Before it more than a thousand hereditary peers sat; the files of parlparse have those who stayed."""
_FILES: Final = re.compile(
    r"(all-members|peers-ucl|people|[a-z]+-aliases|ministers|sp-members|ni-members)[^/]*\.(xml|json)(\.gz)?"
)
_BY_NAME: Final = ("people.json", "ministers.json", "ministers-2010.json")
_DEVOLVED: Final = 70_000
_PERSON: Final = "uk.org.publicwhip/person/"
_LOOKED_UP: Final = 65_536


class People:
    """The register of who is who: `monitor.ports.Register`. Without files it knows nobody.

    `files`: name and bytes of each, as parlparse has them in `members/`. `whole`: how many members of a House must be known
    before a surname alone counts. Raises ParseError for a file that can't be read.
    """

    def __init__(self, files: Iterable[tuple[str, bytes]] = (), *, whole: Mapping[House, int] = WHOLE) -> None:
        self._roll = read_roll(files)
        self._whole = whole
        self._seats_of: dict[str, list[Seat]] = defaultdict(list)
        self._by_form: dict[tuple[House, str], list[Seat]] = defaultdict(list)
        self._by_short: dict[tuple[House, str], list[Seat]] = defaultdict(list)
        self._by_brief: dict[tuple[House, str], list[Seat]] = defaultdict(list)
        self._by_place: dict[tuple[House, str], list[Seat]] = defaultdict(list)
        self._in_house: dict[House, list[Seat]] = defaultdict(list)
        for seats in self._roll.seats.values():
            for seat in seats:
                self._index(seat)
        self._aliases: dict[str, list[Alias]] = defaultdict(list)
        self._turned: dict[str, list[Alias]] = defaultdict(list)
        for alias in self._roll.aliases:
            self._aliases[alias.form].append(alias)
            if alias.kind == "fullname":
                # Files of aliases and of names may be of different years: the one may call main what the other does not.
                self._turned[alias.target].append(replace(alias, form=alias.target, target=alias.form))
        self._posts: dict[frozenset[str], list[Post]] = defaultdict(list)
        self._posts_of: dict[str, list[Post]] = defaultdict(list)
        for post in self._roll.posts:
            self._posts_of[self._roll.owners.get(post.holder, post.holder)].append(post)
            for form in post.forms:
                self._posts[form].append(post)
        self._numbered = lru_cache(_LOOKED_UP)(self._find_number)
        self._named = lru_cache(_LOOKED_UP)(self._find_name)
        self._is_whole = lru_cache(1024)(self._count_house)

    @classmethod
    def read(cls, place: Folder, folder: str = "") -> People:
        """Read the files that a folder has, of either generation; of an address without a listing those known by name.

        Raises GoneError where there are none, FetchError, ParseError.
        """
        try:
            names = [entry.name for entry in place.entries(folder) if _FILES.fullmatch(entry.name.rpartition("/")[2])]
        except GoneError:
            found = [(name, body) for name in _BY_NAME if (body := _body_of(place, f"{folder}/{name}".lstrip("/")))]
            if not found:
                raise
            return cls(found)
        return cls((name, place.read(name).body) for name in names)

    def __len__(self) -> int:
        return len(self._seats_of)

    def by_number(self, number: str, printed: str | None, day: date) -> Member:
        """By a number of a member or person; where the files have none such, by the full name of a member of Parliament."""
        return self._numbered(number, printed, day)

    def by_name(
        self, printed: str, house: House, day: date, *, constituency: str | None = None, office: str | None = None
    ) -> Member:
        """By the name as printed, with all that may stand around it: office, constituency, party."""
        return self._named(printed, house, day, constituency, office)

    def office_of(self, member: Member, day: date) -> str | None:
        """The office of the government that a person held on the day, of several the one held longest."""
        posts = self._posts_of.get(f"{_PERSON}{member.person_id}", ()) if member.person_id else ()
        held = sorted((post for post in posts if post.first <= day <= post.last), key=lambda post: post.first)
        return next((post.title for post in held if post.title), None)

    # What is known of a number

    def _find_number(self, number: str, printed: str | None, day: date) -> Member:
        number = self._follow(number)
        seats = self._roll.seats.get(number) or self._seats_of.get(number, [])
        if not seats and number not in self._roll.owners and number not in self._roll.latest_names:
            return self._find_anywhere(_houses_of(number), printed or "", day)
        if seat := _sitting(seats, day, printed):
            return self._member(seat, printed)
        person = self._roll.owners.get(number, number)
        name = self._name_near(number, person, day) or printed or self._roll.latest_names.get(person)
        return self._with_person(Member(name=name, printed=printed if printed != name else None), person)

    def _follow(self, number: str) -> str:
        """Where redirects of a number lead; a ring of them leads nowhere new."""
        seen = {number}
        while (following := self._roll.redirects.get(number, number)) not in seen:
            seen.add(following)
            number = following
        return number

    def _name_near(self, number: str, person: str, day: date) -> str | None:
        """What a person is called in the membership next to the day, of the kind that the number is of."""
        is_lord = "/lord/" in number
        seats = [
            seat
            for seat in self._roll.seats.get(number) or self._seats_of.get(person, [])
            if "/person/" in number or (seat.house is House.LORDS) == is_lord
        ]
        return min(seats, key=lambda seat: abs(seat.first - day)).name if seats else None

    def _find_anywhere(self, houses: Iterable[House], printed: str, day: date) -> Member:
        """By a full name alone, where one member of these Houses bears it."""
        said = read_printed(printed)
        seat = self._only(seat for house in houses for seat in self._called(said.name, house, day, is_full=True))
        return self._member(seat, said.name, said.office) if seat else _as_printed(printed, said, None, said.office)

    # What is known of a name

    def _find_name(self, printed: str, house: House, day: date, constituency: str | None, office: str | None) -> Member:
        said = read_printed(printed)
        office, shown = office or said.office, said.name or printed.strip()
        place = constituency or said.constituency
        found = self._called(said.name, house, day) if said.name else self._holders(office or "", house, day)
        seat = self._only(self._narrowed(found, house, day, place, office))
        if seat:
            return self._member(seat, shown, office)
        is_place = bool(constituency or (place and (said.party or (house, place_form(place)) in self._by_place)))
        return _as_printed(printed, said, place if is_place else None, office)

    def _called(self, name: str, house: House, day: date, *, is_full: bool = False) -> list[Seat]:
        """The seats of that House on the day whose members may be called so. `is_full`: a surname alone does not count."""
        form = peer_form(name) if house is House.LORDS else name_form(name)
        if not form or (" " not in form and (is_full or not self._is_whole(house, day))):
            return []
        found = [*self._sat(self._by_form, house, form, day), *self._sat(self._by_short, house, form, day)]
        found += self._by_alias(self._aliases, form, house, day) or self._by_alias(self._turned, form, house, day)
        if not found and without_initials(form) != form:
            found += self._sat(self._by_form, house, without_initials(form), day)
        if is_full or (found and house is House.LORDS):  # a peer's whole title is nobody else's
            return found
        return found + self._by_surname(form, house, day)

    def _by_surname(self, form: str, house: House, day: date) -> list[Seat]:
        if not self._is_whole(house, day):
            return []
        if found := self._sat(self._by_brief, house, form, day):
            return list(found)
        initials, surname = split_initials(form)
        found_with = self._sat(self._by_brief, house, surname, day) if initials and surname else ()
        return [seat for seat in found_with if seat.forms[0].startswith(initials[0])]

    def _by_alias(self, aliases: Mapping[str, list[Alias]], form: str, house: House, day: date) -> list[Seat]:
        found: list[Seat] = []
        for alias in aliases.get(form, ()):
            if alias.house not in (house, None) or not alias.first <= day <= alias.last:
                continue
            if alias.kind == "person":
                found += self._seats(alias.target, house, day)
            elif alias.kind == "constituency":
                found += self._sat(self._by_place, house, alias.target, day)
            elif alias.kind == "fullname":
                found += self._sat(self._by_form, house, alias.target, day)
            elif self._is_whole(house, day):
                found += self._sat(self._by_brief, house, alias.target, day)
        return found

    def _holders(self, office: str, house: House, day: date) -> list[Seat]:
        """The seats of those who held an office on the day, if it is one that has one holder."""
        aliased = self._by_alias(self._aliases, name_form(office), house, day)
        held = list(self._held(office, day))
        if aliased or not all(post.is_one for post in held):
            return aliased
        return [seat for post in held for seat in self._of_holder(post, house, day)]

    def _held(self, office: str, day: date) -> Iterator[Post]:
        for post in self._posts.get(office_form(office), ()):
            if post.first <= day <= post.last:
                yield post

    def _of_holder(self, post: Post, house: House, day: date) -> list[Seat]:
        return self._seats(self._roll.owners.get(post.holder, post.holder), house, day)

    def _narrowed(
        self, found: list[Seat], house: House, day: date, place: str | None, office: str | None
    ) -> list[Seat]:
        """Those of several who fit what is printed with the name."""
        if place and found:
            form = place_form(place)
            there = [seat for seat in found if seat.constituency and place_form(seat.constituency) == form]
            if there or self._sat(self._by_place, house, form, day):
                found = there
        if office and len({self._person(seat) for seat in found}) > 1:
            holders = {
                self._person(seat) for post in self._held(office, day) for seat in self._of_holder(post, house, day)
            }
            found = [seat for seat in found if self._person(seat) in holders]
        return found

    def _only(self, seats: Iterable[Seat]) -> Seat | None:
        """The seat of the one person that these are of; of two that meet on a day the later."""
        persons = {self._person(seat): seat for seat in sorted(seats, key=lambda seat: seat.first)}
        return next(iter(persons.values())) if len(persons) == 1 else None

    # The index

    def _index(self, seat: Seat) -> None:
        self._seats_of[self._person(seat)].append(seat)
        self._in_house[seat.house].append(seat)
        for form in seat.forms:
            self._by_form[seat.house, form].append(seat)
            if (short := without_initials(form)) != form:
                self._by_short[seat.house, short].append(seat)
        for form in seat.briefs:
            self._by_brief[seat.house, form].append(seat)
        if seat.constituency:
            self._by_place[seat.house, place_form(seat.constituency)].append(seat)

    def _person(self, seat: Seat) -> str:
        return self._roll.owners.get(seat.id, seat.id)

    def _seats(self, person: str, house: House, day: date) -> list[Seat]:
        return [seat for seat in self._seats_of.get(person, ()) if seat.house is house and seat.sits(day)]

    def _sat(
        self, index: Mapping[tuple[House, str], list[Seat]], house: House, form: str, day: date
    ) -> tuple[Seat, ...]:
        return tuple(seat for seat in index.get((house, form), ()) if seat.sits(day))

    def _count_house(self, house: House, day: date) -> bool:
        """Whether the files know a House whole on the day."""
        sitting = [seat for seat in self._in_house[house] if seat.sits(day)]
        if (house is House.LORDS and day < LORDS_REFORMED) or any(
            seat.is_open and seat.told_on < day for seat in sitting
        ):
            return False
        return len({self._person(seat) for seat in sitting}) >= self._whole[house]

    # What is told

    def _member(self, seat: Seat, printed: str | None, office: str | None = None) -> Member:
        member = Member(
            name=seat.name,
            printed=printed if printed and printed != seat.name else None,
            party=seat.party,
            constituency=seat.constituency,
            office=office,
        )
        return self._with_person(member, self._person(seat))

    def _with_person(self, member: Member, person: str) -> Member:
        number = person.rpartition("/person/")[2]
        if not number.isdecimal():  # no file says whose seat it is
            return member
        return replace(member, person_id=int(number), member_id=self._roll.numbers.get(person))


def _body_of(place: Folder, name: str) -> bytes | None:
    try:
        return place.read(name).body
    except GoneError:
        return None


def _houses_of(number: str) -> tuple[House, ...]:
    """The Houses of the kingdom that a number may be of; those of members of other parliaments begin at 70000."""
    kind, _, digits = number.rpartition("/")
    if kind.endswith("/member"):
        return (House.COMMONS,) if digits.isdecimal() and int(digits) < _DEVOLVED else ()
    return (House.LORDS,) if kind.endswith("/lord") else (House.COMMONS, House.LORDS)


def _sitting(seats: list[Seat], day: date, printed: str | None) -> Seat | None:
    """The seat of a person that holds on the day: of several the one under whose name he is printed, else the latest."""
    there = [seat for seat in seats if seat.first <= day <= seat.last]
    forms = {name_form(printed), peer_form(printed)} if printed else set()
    return max(there, key=lambda seat: (not forms.isdisjoint(seat.forms), seat.first), default=None)


def _as_printed(printed: str, said: Printed, place: str | None, office: str | None) -> Member:
    """Whoever is not surely known."""
    name = said.name or printed.strip()
    return Member(name=name or None, party=said.party, constituency=place, office=office if office != name else None)
