"""Second generation of parlparse's files: Popolo (https://www.popoloproject.com), people.json and ministers*.json.

Persons have names with dates ("Main", and "Alternate" spellings), identifiers (`datadotparl_id` is Parliament's own number)
and redirects. Memberships point to a person, to a post (a seat, with its area) or an organisation, and to a party.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from monitor.model.records import House
from scrapers.people.memberships import FOR_LIFE, OPEN, Alias, commoner_name, peer_member_name, read_day
from scrapers.people.names import name_form, peer_form

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scrapers.people.memberships import FileData, MemberName

_HOUSES: Final = {
    "house-of-commons": House.COMMONS,
    "house-of-lords": House.LORDS,
    "scottish-parliament": House.SCOTLAND,
    "northern-ireland-assembly": House.NORTHERN_IRELAND,
    "welsh-parliament": House.SENEDD,
}
_VACANT: Final = "uk.org.publicwhip/person/0"
"""Person who holds a seat that is vacant."""
_FIRST_YEAR: Final = "0001"


def read_popolo(json_data: Any, file: FileData) -> None:
    """Read the persons, memberships and offices of a file."""
    reader = _PopoloReader(json_data, file)
    file.read_entries(reader.persons.values(), reader.read_person)
    file.read_entries(_objects(json_data, "memberships"), reader.read_membership)


class _PopoloReader:
    """Reader of a file, with what its memberships point to."""

    def __init__(self, json_data: Any, file: FileData) -> None:
        self._file, self._data = file, file.data
        self.persons = {person["id"]: person for person in _objects(json_data, "persons") if "id" in person}
        self._posts = {post["id"]: post for post in _objects(json_data, "posts") if "id" in post}
        self._organizations = {
            organization["id"]: str(organization.get("name") or "")
            for organization in _objects(json_data, "organizations")
            if "id" in organization
        }

    def read_person(self, person: Mapping[str, Any]) -> None:
        """Read the numbers and names of a person, or the person that a redirect points to."""
        key = person["id"]
        if "redirect" in person:
            self._data.redirects[key] = person["redirect"]
            return
        for identifier in _objects(person, "identifiers"):
            number = str(identifier.get("identifier", ""))
            if identifier.get("scheme") == "datadotparl_id" and number.isdecimal():
                self._data.add_parliament_number(key, number)
        for name in _objects(person, "other_names"):
            if name.get("note") == "Alternate":
                self._add_alias(key, name)
            elif name.get("note") == "Main":
                self._data.latest_names[key] = _member_name(name).name

    def read_membership(self, entry: Mapping[str, Any]) -> None:
        """Read a seat, an office, or a redirect."""
        number = entry["id"]
        if "redirect" in entry:
            self._data.redirects[number] = entry["redirect"]
            return
        person, body = entry["person_id"], entry.get("organization_id", "")
        post = self._posts.get(entry.get("post_id", ""), {})
        house = _HOUSES.get(post.get("organization_id", body))
        span = self._file.read_span(entry["start_date"], entry.get("end_date"))
        is_seat = "/member/" in number or "/lord/" in number
        if not is_seat:
            department = "" if body in _HOUSES else self._organizations.get(body, "")
            self._file.add_office(person, entry.get("role") or "", department, entry.get("source", ""), span)
        elif house and person != _VACANT:
            self._data.persons[number] = person
            peerages = {identifier.get("identifier") for identifier in _objects(entry, "identifiers")}
            for name, days in self._names_in(entry, span):
                self._file.add_membership(
                    number,
                    house,
                    _member_name(name),
                    days,
                    constituency=post.get("area", {}).get("name"),
                    party=self._organizations.get(entry.get("on_behalf_of_id", "")),
                    is_lifelong=not peerages.isdisjoint(FOR_LIFE),
                )

    def _add_alias(self, person: str, name: Mapping[str, Any]) -> None:
        text = str(name.get("name") or _member_name(name).name)
        for form in {name_form(text), peer_form(text)} - {""}:
            alias = Alias(
                kind="person",
                form=form,
                target=person,
                house=_HOUSES.get(name.get("organization_id", "")),
                first=read_day(name.get("start_date") or _FIRST_YEAR),
                last=read_day(name.get("end_date") or OPEN, is_end=True),
            )
            self._data.aliases.append(alias)

    def _names_in(
        self, entry: Mapping[str, Any], span: tuple[date, date | None]
    ) -> Iterator[tuple[Mapping[str, Any], tuple[date, date | None]]]:
        """Give the names that a member had in a span, each with its days. Older files have one in each membership."""
        begin, end = span
        if isinstance(entry.get("name"), dict):
            yield entry["name"], span
            return
        person = self.persons.get(entry["person_id"], {})
        for name in _objects(person, "other_names"):
            if name.get("note") != "Main":
                continue
            first = max(begin, read_day(name.get("start_date") or _FIRST_YEAR))
            name_ends = read_day(name.get("end_date") or OPEN, is_end=True)
            last = end if name_ends >= (end or date.max) else name_ends
            if first <= (last or date.max):
                yield name, (first, last)


def _objects(json_data: Any, key: str) -> Iterator[dict[str, Any]]:
    """Give the objects in a list, if there is such a list."""
    entries = json_data.get(key) if isinstance(json_data, dict) else None
    return (entry for entry in (entries if isinstance(entries, list) else ()) if isinstance(entry, dict))


def _member_name(name: Mapping[str, Any]) -> MemberName:
    prefix = name.get("honorific_prefix") or ""
    if "lordname" in name or "lordofname" in name:
        of, of_in_full = name.get("lordofname") or "", name.get("lordofname_full") or ""
        return peer_member_name(prefix or "Lord", name.get("lordname") or "", of, of_in_full)
    return commoner_name(prefix, name.get("given_name") or "", name["family_name"])
