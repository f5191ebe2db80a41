"""Who sat when for what: the files of parlparse (https://github.com/mysociety/parlparse, members/), in both generations.

To 2015 they are XML, told apart here by their elements alone: `member`, `member_sp`, `member_ni` and `lord` (one for each
unbroken membership in one party), `person` (whose members these are, and in `uk.parliament.data/Member/172/...` what number
Parliament gives him), `alias` (other spellings) and `moffice` (who held which office). Since then they are JSON (see
`popolo`). The files name no licence; they are mySociety's work. Checked in 2026 against files of 2009 to 2015; of
people.json no whole one was at hand, so it is read with patience: an entry that is not understood is left out, and the log
counts them.

What is odd about them: dates may be years ("1957"); 9999-12-31 means "when this file was written", not "for ever"; one
person may stand in people.xml twice; spellings in aliases carry their entities twice over.
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
from scrapers.people.memberships import FOR_LIFE, OPEN, Alias, Roll, RollFile, commoner, day_of, peer
from scrapers.people.names import name_form, peer_form, place_form
from scrapers.people.popolo import read_popolo
from scrapers.strict_json import read_strict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_BYTES: Final = 64 * 1024 * 1024
"""Of a file, unpacked; people.json has some thirteen million."""

_HOUSES: Final = {
    "member": House.COMMONS,
    "member_sp": House.SCOTLAND,
    "member_ni": House.NORTHERN_IRELAND,
}
_ALIAS_HOUSES: Final = {"peers": House.LORDS, "sp": House.SCOTLAND, "ni": House.NORTHERN_IRELAND}
_DATED: Final = re.compile(r"[_-](\d{4}-\d\d-\d\d)$")
_NUMBERED: Final = re.compile(r"uk\.parliament\.data/Member/(\d{1,9})/")


def read_roll(files: Iterable[tuple[str, bytes]]) -> Roll:
    """Read files by name and bytes, packed by gzip or not. Of one that is there with several dates the newest counts.

    Raises ParseError where one can't be read at all.
    """
    newest: dict[str, tuple[str, str, bytes]] = {}
    for name, body in files:
        stem, day = _stem(name)
        if stem not in newest or newest[stem][0] < day:
            newest[stem] = (day, name, body)
    roll = Roll()
    for stem, (day, name, body) in newest.items():
        file = RollFile(roll, name, date.fromisoformat(day) if day else None)
        content = _unpacked(name, body)
        if content.lstrip()[:1] == b"{":
            _read_json(content, file)
        else:
            _read_xml(content, file, stem)
        file.close()
    return roll


def _stem(name: str) -> tuple[str, str]:
    """The name of a file without folder, ending and date, and the date in it, "" if there is none."""
    stem = re.sub(r"(\.xml|\.json)?(\.gz)?$", "", name.rpartition("/")[2])
    match = _DATED.search(stem)
    try:
        return (stem[: match.start()], str(date.fromisoformat(match[1]))) if match else (stem, "")
    except ValueError:
        return stem, ""


def _unpacked(name: str, body: bytes) -> bytes:
    """The bytes of a file, those of a packed one unpacked."""
    if body.startswith(b"\x1f\x8b"):
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


def _read_json(body: bytes, file: RollFile) -> None:
    try:
        data = read_strict(body)
    except (ValueError, RecursionError) as exc:
        raise _strange(file.name) from exc
    read_popolo(data, file)


def _read_xml(body: bytes, file: RollFile, stem: str) -> None:
    try:
        # Entities only from the file itself, and no more of them than libxml2 takes for harmless.
        root = etree.fromstring(body, etree.XMLParser(resolve_entities="internal", no_network=True))
    except etree.XMLSyntaxError as exc:
        raise _strange(file.name) from exc
    house = next((each for prefix, each in _ALIAS_HOUSES.items() if stem.startswith(f"{prefix}-")), House.COMMONS)
    readers: dict[str, Callable[[Any], None]] = {
        "person": lambda each: _person(each, file.roll),
        "member": lambda each: _member(each, file),
        "member_sp": lambda each: _member(each, file),
        "member_ni": lambda each: _member(each, file),
        "lord": lambda each: _lord(each, file),
        "alias": lambda each: file.roll.aliases.append(_alias(each.attrib, house)),
        "moffice": lambda each: _moffice(each.attrib, file),
    }
    file.take(root.iterchildren(*readers), lambda each: readers[each.tag](each))


def _strange(name: str) -> ParseError:
    return ParseError(f"{name} is neither XML nor JSON: fetch it again.", key=name)


def _person(person: Any, roll: Roll) -> None:
    key = person.attrib["id"]
    roll.latest_names.setdefault(key, person.get("latestname", ""))
    for office in person.iterchildren("office"):
        number = office.attrib["id"]
        if match := _NUMBERED.match(number):
            roll.add_number(key, match[1])
        else:
            roll.owners[number] = key


def _member(member: Any, file: RollFile) -> None:
    entry = member.attrib
    file.add_seat(
        entry["id"],
        _HOUSES[member.tag],
        commoner(entry.get("title", ""), entry.get("firstname", ""), entry["lastname"]),
        file.span(entry["fromdate"], entry["todate"]),
        constituency=entry.get("constituency"),
        party=entry.get("party"),
    )


def _lord(lord: Any, file: RollFile) -> None:
    entry = lord.attrib
    file.add_seat(
        entry["id"],
        House.LORDS,
        peer(entry["title"], entry["lordname"], entry["lordofname"], entry.get("lordofname_full", "")),
        file.span(entry["fromdate"], entry["todate"]),
        party=entry.get("affiliation"),
        is_lifelong=entry.get("peeragetype") in FOR_LIFE,
    )


def _alias(entry: Any, house: House) -> Alias:
    form_of = peer_form if house is House.LORDS else name_form
    kind = next((kind for kind in ("fullname", "lastname", "constituency") if kind in entry), "fullname")
    alternate, target = resolve_entities(entry["alternate"]), entry[kind]
    return Alias(
        kind=kind,
        form=form_of(alternate) or name_form(alternate),
        target=place_form(target) if kind == "constituency" else form_of(target) or name_form(target),
        house=house,
        first=day_of(entry.get("from") or "0001"),
        last=day_of(entry.get("to") or OPEN, is_end=True),
    )


def _moffice(entry: Any, file: RollFile) -> None:
    span = file.span(entry["fromdate"], entry.get("todate"))
    file.add_post(entry["matchid"], entry.get("position", ""), entry.get("dept", ""), entry.get("source", ""), span)
