"""First generation of parlparse's files on people, in XML, and the choice between the two generations.

To 2015 the files are XML, told apart by their elements alone: `member`, `member_sp`, `member_ni` and `lord` (one for each
unbroken membership in one party), `person` (whose memberships these are, and in `uk.parliament.data/Member/172/...` the
number that Parliament gives to that person), `alias` (other spellings) and `moffice` (offices and their holders). Since then
they are JSON (see `popolo`). Oddities: dates may be years ("1957"); 9999-12-31 means "when this file was written", not "for
ever"; one person may stand in people.xml twice; spellings in aliases have their entities escaped twice.
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
from scrapers.people.popolo import read_popolo
from scrapers.strict_json import read_strict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
    read_popolo(json_data, file)


def _read_xml(body: bytes, file: FileData, stem: str) -> None:
    try:
        # Only entities of the file itself, within libxml2's limits on their growth.
        root = etree.fromstring(body, etree.XMLParser(resolve_entities="internal", no_network=True))
    except etree.XMLSyntaxError as exc:
        raise _unknown_format(file.name) from exc
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
