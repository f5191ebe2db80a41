"""The second generation of parlparse's files: Popolo (https://www.popoloproject.com), people.json and ministers*.json.

Persons have names with dates ("Main", and "Alternate" spellings), identifiers (`datadotparl_id` is Parliament's own number)
and redirects; memberships point to a person, a post (a seat, with its area) or an organisation, and to a party.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from monitor.model.records import House
from scrapers.people.memberships import FOR_LIFE, OPEN, Alias, commoner, day_of, peer
from scrapers.people.names import name_form, peer_form

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scrapers.people.memberships import Called, RollFile

_HOUSES: Final = {
    "house-of-commons": House.COMMONS,
    "house-of-lords": House.LORDS,
    "scottish-parliament": House.SCOTLAND,
    "northern-ireland-assembly": House.NORTHERN_IRELAND,
    "welsh-parliament": House.SENEDD,
}
_NOBODY: Final = "uk.org.publicwhip/person/0"
"""Holds a seat that stands empty."""


def read_popolo(data: Any, file: RollFile) -> None:
    """Take in what a file tells of persons, memberships and offices."""
    popolo = _Popolo(data, file)
    file.take(popolo.persons.values(), popolo.read_person)
    file.take(_dicts(data, "memberships"), popolo.read_membership)


class _Popolo:
    """A file, by what its memberships point to."""

    def __init__(self, data: Any, file: RollFile) -> None:
        self._file, self._roll = file, file.roll
        self.persons = {each["id"]: each for each in _dicts(data, "persons") if "id" in each}
        self._posts = {each["id"]: each for each in _dicts(data, "posts") if "id" in each}
        self._organizations = {
            each["id"]: str(each.get("name") or "") for each in _dicts(data, "organizations") if "id" in each
        }

    def read_person(self, person: Mapping[str, Any]) -> None:
        """Numbers and names of a person, or who it turned out to be."""
        key = person["id"]
        if "redirect" in person:
            self._roll.redirects[key] = person["redirect"]
            return
        for identifier in _dicts(person, "identifiers"):
            number = str(identifier.get("identifier", ""))
            if identifier.get("scheme") == "datadotparl_id" and number.isdecimal():
                self._roll.add_number(key, number)
        for name in _dicts(person, "other_names"):
            if name.get("note") == "Alternate":
                self._read_alternate(key, name)
            elif name.get("note") == "Main":
                self._roll.latest_names[key] = _called(name).name

    def _read_alternate(self, person: str, name: Mapping[str, Any]) -> None:
        text = str(name.get("name") or _called(name).name)
        for form in {name_form(text), peer_form(text)} - {""}:
            alias = Alias(
                kind="person",
                form=form,
                target=person,
                house=_HOUSES.get(name.get("organization_id", "")),
                first=day_of(name.get("start_date") or "0001"),
                last=day_of(name.get("end_date") or OPEN, is_end=True),
            )
            self._roll.aliases.append(alias)

    def read_membership(self, entry: Mapping[str, Any]) -> None:
        """A seat, an office, or the number that one now has."""
        number = entry["id"]
        if "redirect" in entry:
            self._roll.redirects[number] = entry["redirect"]
            return
        person, body = entry["person_id"], entry.get("organization_id", "")
        post = self._posts.get(entry.get("post_id", ""), {})
        house = _HOUSES.get(post.get("organization_id", body))
        span = self._file.span(entry["start_date"], entry.get("end_date"))
        if "/member/" not in number and "/lord/" not in number:
            department = "" if body in _HOUSES else self._organizations.get(body, "")
            self._file.add_post(person, entry.get("role") or "", department, entry.get("source", ""), span)
        elif house and person != _NOBODY:
            self._roll.owners[number] = person
            types = {each.get("identifier") for each in _dicts(entry, "identifiers")}
            for name, days in self._names(entry, span):
                self._file.add_seat(
                    number,
                    house,
                    _called(name),
                    days,
                    constituency=post.get("area", {}).get("name"),
                    party=self._organizations.get(entry.get("on_behalf_of_id", "")),
                    is_lifelong=not types.isdisjoint(FOR_LIFE),
                )

    def _names(
        self, entry: Mapping[str, Any], span: tuple[date, date | None]
    ) -> Iterator[tuple[Mapping[str, Any], tuple[date, date | None]]]:
        """The names that a member had in the span, each with its days. Older files have one name in each membership."""
        begin, end = span
        if isinstance(entry.get("name"), dict):
            yield entry["name"], span
            return
        person = self.persons.get(entry["person_id"], {})
        main = [each for each in _dicts(person, "other_names") if each.get("note") == "Main"]
        for name in main:
            first = max(begin, day_of(name.get("start_date") or "0001"))
            until = day_of(name.get("end_date") or OPEN, is_end=True)
            last = end if until >= (end or date.max) else until
            if first <= (last or date.max):
                yield name, (first, last)


def _dicts(data: Any, key: str) -> Iterator[dict[str, Any]]:
    """The objects in a list of an object, where it has one."""
    entries = data.get(key) if isinstance(data, dict) else None
    return (each for each in (entries if isinstance(entries, list) else ()) if isinstance(each, dict))


def _called(name: Mapping[str, Any]) -> Called:
    prefix = name.get("honorific_prefix") or ""
    if "lordname" in name or "lordofname" in name:
        of, of_in_full = name.get("lordofname") or "", name.get("lordofname_full") or ""
        return peer(prefix or "Lord", name.get("lordname") or "", of, of_in_full)
    return commoner(prefix, name.get("given_name") or "", name["family_name"])
