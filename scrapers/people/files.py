"""Files of parlparse on people, in two generations.

To 2015 the files are XML, told apart by their elements alone: `member`, `member_sp`, `member_ni` and `lord` (one for each
unbroken membership in one party), `person` (whose memberships these are, and in `uk.parliament.data/Member/172/...` the
number that Parliament gives to that person), `alias` (other spellings) and `moffice` (offices and their holders). Oddities:
dates may be years ("1957"); 9999-12-31 means "when this file was written", not "for ever"; one person may stand twice in
people.xml; spellings in aliases have their entities escaped twice.

Since then they are JSON: Popolo (https://www.popoloproject.com), people.json and ministers*.json. Persons have names with
dates ("Main", and "Alternate" spellings), identifiers (`datadotparl_id` is Parliament's own number) and redirects.
Memberships point to a person, to a post (a seat, with its area) or an organisation, and to a party.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from monitor.errors import ParseError
from monitor.model.records import House
from scrapers.markup import resolve_entities
from scrapers.people.memberships import (
    FOR_LIFE,
    OPEN,
    Alias,
    FileData,
    MembershipData,
    commoner_name,
    peer_member_name,
    read_day,
)
from scrapers.people.names import name_form, peer_form, place_form
from scrapers.strict_json import read_strict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from scrapers.people.memberships import MemberName

MAX_BYTES: Final = 64 * 1024 * 1024
"""Bytes of a file, unpacked; people.json has some thirteen million."""

_HOUSES: Final = {
    "member": House.COMMONS,
    "member_sp": House.SCOTLAND,
    "member_ni": House.NORTHERN_IRELAND,
}
_HOUSES_OF_ALIASES: Final = {"peers": House.LORDS, "sp": House.SCOTLAND, "ni": House.NORTHERN_IRELAND}
_GZIP_START: Final = b"\x1f\x8b"
_DATED: Final = re.compile(r"[_-](\d{4}-\d\d-\d\d)$")
_PARLIAMENT_NUMBER: Final = re.compile(r"uk\.parliament\.data/Member/(\d{1,9})/")

_POPOLO_HOUSES: Final = {
    "house-of-commons": House.COMMONS,
    "house-of-lords": House.LORDS,
    "scottish-parliament": House.SCOTLAND,
    "northern-ireland-assembly": House.NORTHERN_IRELAND,
    "welsh-parliament": House.SENEDD,
}
_POPOLO_LISTS: Final = ("persons", "memberships")
_VACANT: Final = "uk.org.publicwhip/person/0"
"""Person who holds a seat that is vacant."""
_FIRST_YEAR: Final = "0001"


def read_files(files: Iterable[tuple[str, bytes]]) -> MembershipData:
    """Read files by name and bytes, packed by gzip or not. Of one with several dates in its names the newest counts.

    Raises ParseError for a file that can't be read at all.
    """
    newest: dict[str, tuple[str, str, bytes]] = {}
    for name, body in files:
        stem, day = _split_name(name)
        if stem not in newest or newest[stem][0] < day:
            newest[stem] = (day, name, body)
    data = MembershipData()
    for stem, (day, name, body) in newest.items():
        file = FileData(data, name, date.fromisoformat(day) if day else None)
        content = _unpack(name, body)
        if content.lstrip()[:1] == b"{":
            _read_json(content, file)
        else:
            _read_xml(content, file, stem)
        file.close()
    return data


def _split_name(name: str) -> tuple[str, str]:
    """Split a name, without folder and ending, into stem and date ("" without one)."""
    stem = re.sub(r"(\.xml|\.json)?(\.gz)?$", "", name.rpartition("/")[2])
    match = _DATED.search(stem)
    try:
        return (stem[: match.start()], str(date.fromisoformat(match[1]))) if match else (stem, "")
    except ValueError:
        return stem, ""


def _unpack(name: str, body: bytes) -> bytes:
    """Unpack a file if it is packed. Raises ParseError."""
    if body.startswith(_GZIP_START):
        try:
            body = gzip.GzipFile(fileobj=io.BytesIO(body)).read(MAX_BYTES + 1)
        except EOFError as exc:
            raise ParseError(f"{name} is cut short: fetch it again.", key=name) from exc
        except (gzip.BadGzipFile, zlib.error) as exc:
            raise ParseError(f"{name} can't be unpacked: fetch it again.", key=name) from exc
    if len(body) > MAX_BYTES:
        raise ParseError(
            f"{name} has more than {MAX_BYTES // 1024 // 1024} MiB, more than any list of members.", key=name
        )
    return body


def _read_json(body: bytes, file: FileData) -> None:
    try:
        json_data = read_strict(body)
    except (ValueError, RecursionError) as exc:
        raise _unknown_format(file.name) from exc
    if not any(name in json_data for name in _POPOLO_LISTS):  # the report of a failure, for example
        raise ParseError(f"{file.name} has no list of people: fetch it again.", key=file.name)
    _read_popolo(json_data, file)


def _read_xml(body: bytes, file: FileData, stem: str) -> None:
    try:
        # Only entities of the file itself, within libxml2's limits on their growth.
        root = etree.fromstring(body, etree.XMLParser(resolve_entities="internal", no_network=True))
    except etree.XMLSyntaxError as exc:
        raise _unknown_format(file.name) from exc
    if etree.QName(root).localname.lower() == "html":  # the page of an error, which may be well-formed
        raise _unknown_format(file.name)
    houses = (house for prefix, house in _HOUSES_OF_ALIASES.items() if stem.startswith(f"{prefix}-"))
    house = next(houses, House.COMMONS)
    readers: dict[str, Callable[[Any], None]] = {
        "person": lambda element: _read_person(element, file.data),
        "member": lambda element: _read_member(element, file),
        "member_sp": lambda element: _read_member(element, file),
        "member_ni": lambda element: _read_member(element, file),
        "lord": lambda element: _read_lord(element, file),
        "alias": lambda element: file.data.aliases.append(_read_alias(element.attrib, house)),
        "moffice": lambda element: _read_office(element.attrib, file),
    }
    file.read_entries(root.iterchildren(*readers), lambda element: readers[element.tag](element))


def _unknown_format(name: str) -> ParseError:
    return ParseError(f"{name} is neither XML nor JSON: fetch it again.", key=name)


# -- XML --------------------------------------------------------------------------------------------------------------


def _read_person(person: Any, data: MembershipData) -> None:
    key = person.attrib["id"]
    data.latest_names.setdefault(key, person.get("latestname", ""))
    for office in person.iterchildren("office"):
        number = office.attrib["id"]
        if match := _PARLIAMENT_NUMBER.match(number):
            data.add_parliament_number(key, match[1])
        else:
            data.persons[number] = key


def _read_member(member: Any, file: FileData) -> None:
    entry = member.attrib
    file.add_membership(
        entry["id"],
        _HOUSES[member.tag],
        commoner_name(entry.get("title", ""), entry.get("firstname", ""), entry["lastname"]),
        file.read_span(entry["fromdate"], entry["todate"]),
        constituency=entry.get("constituency"),
        party=entry.get("party"),
    )


def _read_lord(lord: Any, file: FileData) -> None:
    entry = lord.attrib
    file.add_membership(
        entry["id"],
        House.LORDS,
        peer_member_name(entry["title"], entry["lordname"], entry["lordofname"], entry.get("lordofname_full", "")),
        file.read_span(entry["fromdate"], entry["todate"]),
        party=entry.get("affiliation"),
        is_lifelong=entry.get("peeragetype") in FOR_LIFE,
    )


def _read_alias(entry: Any, house: House) -> Alias:
    form_of = peer_form if house is House.LORDS else name_form
    kind = next((kind for kind in ("fullname", "lastname", "constituency") if kind in entry), "fullname")
    alternate, target = resolve_entities(entry["alternate"]), entry[kind]
    return Alias(
        kind=kind,
        form=form_of(alternate) or name_form(alternate),
        target=place_form(target) if kind == "constituency" else form_of(target) or name_form(target),
        house=house,
        first=read_day(entry.get("from") or "0001"),
        last=read_day(entry.get("to") or OPEN, is_end=True),
    )


def _read_office(entry: Any, file: FileData) -> None:
    span = file.read_span(entry["fromdate"], entry.get("todate"))
    file.add_office(entry["matchid"], entry.get("position", ""), entry.get("dept", ""), entry.get("source", ""), span)


# -- Popolo -----------------------------------------------------------------------------------------------------------


def _read_popolo(json_data: Any, file: FileData) -> None:
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
        house = _POPOLO_HOUSES.get(post.get("organization_id", body))
        span = self._file.read_span(entry["start_date"], entry.get("end_date"))
        is_seat = "/member/" in number or "/lord/" in number
        if not is_seat:
            department = "" if body in _POPOLO_HOUSES else self._organizations.get(body, "")
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
                house=_POPOLO_HOUSES.get(name.get("organization_id", "")),
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
