"""Parse what a user typed or pasted for a record: a number, an id, a citation, an address.

22195    HL1234    HCWS751    2025-01-10/22195    q-1725947    S6W-12345    UIN 22195, answered 14 January 2025
HC Deb 7 December 2005 c1366W    Official Report, 7 December 2005; Vol. 440, c. 1366W    2005-12-07/1366W
SC Deb (D) 11 January 2005, col 68    Health Bill Deb 30 January 2007, cols 12-15
uk.org.publicwhip/wrans/2009-10-26f.294925.h, and the addresses of pages of Parliament and of TheyWorkForYou

`records.find` of the archive looks the result up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote, urlsplit

from monitor.model.records import House
from monitor.parliament.identifiers import COMMITTEE, column_reference
from monitor.parliament.references import COLUMN, DAY, day_of
from monitor.presentation.citation import committee_letter, matter_of

if TYPE_CHECKING:
    from monitor.model.records import Proceeding


@dataclass(frozen=True, slots=True)
class Sought:
    """A record as it was asked for.

    `known_as`: the reference that `CrossReferences.find` looks up (an id, a UIN or number, `DATE/UIN`, `DATE/COLUMN`,
    `HOUSE/DATE/COLUMN`, or a key as `monitor.parliament.identifiers` writes it), "" where only a page is known. `on`: a day
    on which it was answered, made or tabled, where the reference names one; `page`: its address as `page_key` writes it;
    `letter` and `matter`: those of a committee, of which several sit on a day.
    """

    known_as: str = ""
    on: date | None = None
    page: str = ""
    letter: str = ""
    matter: str = ""

    @property
    def is_sure(self) -> bool:
        """True if every record with the reference is meant."""
        return self.on is None and not self.letter and not self.matter

    def is_meant(self, proceeding: Proceeding) -> bool:
        """Return whether a record is of the day, page and committee that the reference names."""
        days = (proceeding.answered_on, proceeding.made_on, proceeding.tabled_on, proceeding.corrected_on)
        if self.on is not None and self.on not in days:
            return False
        letter, matter = committee_letter(proceeding), matter_of(proceeding)
        if (self.letter and letter and letter != self.letter) or (
            self.matter and matter and matter.casefold() != self.matter.casefold()
        ):
            return False
        page = page_key(proceeding.url or "")
        return not self.page or page == self.page or page.startswith(f"{self.page}#")


_NUMBER: Final = r"(?:HL|HCWS|HLWS)?\d{1,9}"
_PLAIN = re.compile(rf"(?:\d{{4}}-\d\d-\d\d/)?{_NUMBER}|[a-z]+-[\w.:-]*\d", re.IGNORECASE)
_NAMED = re.compile(
    r"(?:(?:(?:HC|HL|SP) )?(?:UIN|PQ|WQ|(?:written )?(?:question|answer)|written statement)(?: (?:UIN|no\.?|number))?:?\s)?"
    r"(?P<number>(?:HL|HCWS|HLWS|HLWA)\d{1,9}|\d{3,9}|S\d[A-Z]{1,2}-\d{1,6}|WA?Q\d{4,7})R?(?P<rest>[,;] .{0,80})?",
    re.IGNORECASE,
)
"""A number alone is in `_PLAIN`; of fewer than three figures a question's may be any other."""
_INDEXED = re.compile(
    rf"(?P<number>(?:HL)?\d{{1,9}}) \[of Session [\d-]{{4,9}}\](?P<rest> .{{0,200}})? given on {DAY}", re.IGNORECASE
)
"""A question since 2014 in the Library's index: "225322 [of Session 2014-15] on Spirits given on 3 March 2015"."""
_SCOTTISH = re.compile(r"S\d[A-Z]{1,2}-\d{1,6}", re.IGNORECASE)
_SENEDD_PAGE = re.compile(r"/WrittenQuestion/(\d{1,7})/?", re.IGNORECASE)
_IRISH = re.compile(r"(?P<series>AQ[WOT])\s?(?P<number>\d{1,6}/\d\d(?:-\d\d)?)(?P<rest>[,;] .{0,80})?", re.IGNORECASE)
_IN_COLUMN = re.compile(rf"(?:(?P<house>commons|lords)/)?(?P<on>\d{{4}}-\d\d-\d\d)/c{{0,2}}{COLUMN}", re.IGNORECASE)
_KEY = re.compile(r"(?:gid|ref|col|num|uin):\S+")
_GID = re.compile(
    r"(?:uk\.org\.publicwhip/)?(?P<type>[a-z]+)/(?P<of>(?:standing)?[\w-]*?\d{4}-\d\d-\d\d[a-z]{0,2}\.[\w.-]+)",
    re.IGNORECASE,
)
_NUMBERED_GID = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[a-z]{0,2}\.(?P<number>[A-Z\d-]+)(?:\.(?:m?h|[qr]\d{1,3}))?", re.IGNORECASE
)
_CITED_COLUMN = re.compile(rf"\b(?:columns?|cols?\b\.?|cc?\b\.?|cc?(?=\d))[\s:]{{0,3}}{COLUMN}(?!\w)", re.IGNORECASE)
_CITED_DAY = re.compile(rf"\b{DAY}", re.IGNORECASE)
_RANGE = re.compile(r"(?:[-\u2013]|\bto\b)\s?(?:W[ASH]?|GC)?\s?\d{1,4}(?:W[ASH]?|GC)?\b", re.IGNORECASE)
_OF_CITATIONS = re.compile(
    r"\b(?:H[CL]|PBC|SC|Deb(?:ates?)?|Official Report|House of (?:Commons|Lords)|Hansard|Commons|Lords|written"
    r"|answers?|statements?|Westminster Hall|Grand Committee|vol(?:ume)?\b\.?\s?\d{1,4}|of|on|the|to)\b",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"\([^()]{0,200}\)\s*$")
_LORDS = re.compile(r"\bHL\b|\bLords\b", re.IGNORECASE)
_COMMONS = re.compile(r"\bHC\b|\bCommons\b", re.IGNORECASE)
_OF_COMMITTEE = re.compile(
    r"\b(?:PBC|SC) Deb\b(?: \((?P<letter>[A-Z])\))?|^(?P<bill>[A-Z].{2,160}?\bBill(?: \[(?:Lords|HL)\])?) Deb\b",
    re.IGNORECASE,
)
"""The report of a committee, by its letter or by the bill that it was on."""
_BILL = re.compile(r"\(([^()]{3,160}\bBill(?: \[(?:Lords|HL)\])?)\)\s*$")
_HOUSES = {"W": House.COMMONS, "WH": House.COMMONS, "WA": House.LORDS, "GC": House.LORDS}

_TYPES = {
    "wrans": "wrans",
    "wms": "wms",
    "debate": "debate",
    "debates": "debate",
    "whall": "westminhall",
    "lords": "lords",
    "pbc": "standing",
    "sp": "sp",
    "spwrans": "spwa",
    "ni": "ni",
}
"""Names of TheyWorkForYou's pages, and the same in its ids."""
_OFFICIAL = re.compile(r"/written-(?:questions|statements)/detail/(?P<day>\d{4}-\d\d-\d\d)/(?P<uin>[A-Za-z]{0,4}\d+)/?")
_FOLDER_DAY = re.compile(r".*(?<!/pa)/[a-z]{0,2}(?P<yy>\d\d)(?P<mm>\d\d)(?P<dd>\d\d)/")
_FILE_DAY = re.compile(r"/(?P<yy>\d{1,2})(?P<mm>\d\d)(?P<dd>\d\d)-?[a-z]{0,3}\d{4}\.html?$")
_PART = re.compile(r"/\d{5,6}(?P<part>[wmh-])\d{2,4}\.html?$")
_PATH_DAY = re.compile(r"/(?P<year>1[89]\d\d|20\d\d)/(?P<month>[a-z]{3})/(?P<day>\d\d?)(?:/|$)")
_COLUMN_ANCHOR = re.compile(rf"column_{COLUMN}", re.IGNORECASE)
_PARAGRAPH = re.compile(r"S\d[A-Z]V\d{4}P\d-\d+", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EARLIEST_SHORT_YEAR = 80
_SUFFIX_OF_PART = {
    (House.COMMONS, "w"): "W",
    (House.LORDS, "w"): "WA",
    (House.COMMONS, "m"): "WS",
    (House.LORDS, "m"): "WS",
    (House.COMMONS, "h"): "WH",
}
"""The suffix that the columns of a page have, by the letter in its name; its anchors leave it out."""


def sought(text: str) -> Sought | None:
    """Parse a text; None if it is no reference to a record."""
    text = " ".join(text.split()).strip("<>").strip()
    if len(text) > 300:  # noqa: PLR2004 - no reference is as long
        return None
    if _KEY.fullmatch(text):
        return Sought(text)
    for read in (_address, _gid, _plain, _in_column, _citation, _indexed, _named):
        if found := read(text):
            return found
    return None


def gid_key(kind: str, of: str) -> str:
    """Return the key of a TheyWorkForYou id ("wrans" and "2009-10-26f.294925.h") without what changes with a revised day.

    If the number is that of a question, the letter of the version and the part of the answer are dropped. If it is a column
    and a place, both hold for that version only and stay.
    """
    if numbered := _NUMBERED_GID.fullmatch(of):
        return f"gid:{kind}/{numbered['day']}.{numbered['number']}"
    return f"gid:{kind}/{of}"


def page_key(url: str) -> str:
    """Return an address without parts that do not name the page: scheme, "www.", query, final slash. The anchor stays."""
    parts = _split(url)
    if parts is None:
        return ""
    host, path, _, anchor = parts
    return f"{host}{path.rstrip('/')}{f'#{anchor}' if anchor else ''}"


# -- numbers and ids --------------------------------------------------------------------------------------------------


def _plain(text: str) -> Sought | None:
    if _SCOTTISH.fullmatch(text):
        return Sought(f"spq-{text.lower()}")
    if irish := _IRISH.fullmatch(text):
        return Sought(f"{irish['series']} {irish['number']}".upper(), on=_day_in(irish["rest"]))
    if not _PLAIN.fullmatch(text):
        return None
    return Sought(text.lower() if text[:1].isalpha() and "-" in text else text.upper())


def _named(text: str) -> Sought | None:
    """Parse a number with words around it, as in citations and Hansard: "[151420]", "PQ 22195"."""
    inside = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    named = _NAMED.fullmatch(inside)
    if named is None:
        return None
    number, on = named["number"].upper(), _day_in(named["rest"])
    if named["rest"] and on is None:
        return None
    return Sought(f"spq-{number.lower()}" if _SCOTTISH.fullmatch(number) else number, on=on)


def _gid(text: str) -> Sought | None:
    found = _GID.fullmatch(text)
    if found is None:
        return None
    kind = found["type"].lower()
    return Sought(gid_key(_TYPES.get(kind, kind), found["of"]))


# -- columns ----------------------------------------------------------------------------------------------------------


def _in_column(text: str) -> Sought | None:
    found = _IN_COLUMN.fullmatch(text)
    if found is None:
        return None
    column = _column(found)
    if column.isdigit() and not found["house"]:
        return None
    try:
        day = date.fromisoformat(found["on"])
    except ValueError:
        return None
    return Sought(_column_of(House(found["house"].lower()) if found["house"] else None, day, column))


def _citation(text: str) -> Sought | None:
    """Parse a citation of the Official Report in any usual form; the text may hold nothing else."""
    bare = _IN_BRACKETS.sub("", text)
    column, printed = _CITED_COLUMN.search(bare), _CITED_DAY.search(bare)
    day = day_of(printed) if printed else None
    if column is None or printed is None or day is None:
        return None
    committee = _OF_COMMITTEE.search(bare)
    rest = bare.replace(committee.group(), " ", 1) if committee else bare
    rest = rest.replace(column.group(), " ", 1).replace(printed.group(), " ", 1)
    rest = _OF_CITATIONS.sub(" ", _RANGE.sub(" ", rest))
    if re.search(r"\w", rest):
        return None
    number = _column(column, _suffix_of_range(bare[column.end() :]))
    if committee:
        bill = _BILL.search(text)
        matter = committee["bill"] or (bill[1] if bill else "")
        letter = (committee["letter"] or "").upper()
        return Sought(column_reference(House.COMMONS, day, COMMITTEE, number), letter=letter, matter=matter)
    house = House.LORDS if _LORDS.search(bare) else House.COMMONS if _COMMONS.search(bare) else None
    return Sought(_column_of(house, day, number))


def _indexed(text: str) -> Sought | None:
    found = _INDEXED.fullmatch(text)
    return Sought(found["number"].upper(), on=day_of(found)) if found else None


def _suffix_of_range(rest: str) -> str:
    found = re.match(r"[-\u2013]\s?(?P<before>W[ASH]|GC)?\s?\d{1,4}(?P<suffix>W[ASH]?|GC)?", rest, re.IGNORECASE)
    return (found["before"] or found["suffix"] or "").upper() if found else ""


def _column(found: re.Match[str], of_range: str = "") -> str:
    suffix = found["before"] or found["suffix"] or of_range
    return f"{found['first']}{suffix.upper()}"


def _column_of(house: House | None, day: date, column: str) -> str:
    house = _HOUSES.get(column.lstrip("0123456789"), house)
    return f"{f'{house}/' if house else ''}{day}/{column}"


def _day_in(rest: str | None) -> date | None:
    found = _CITED_DAY.search(rest or "")
    return day_of(found) if found else None


# -- addresses --------------------------------------------------------------------------------------------------------


def _address(text: str) -> Sought | None:
    parts = _split(text)
    if parts is None or " " in text:
        return None
    host, path, query, anchor = parts
    if host == "questions-statements.parliament.uk":
        found = _OFFICIAL.fullmatch(path)
        return Sought(f"{found['day']}/{found['uin'].upper()}") if found else None
    if host == "theyworkforyou.com":
        return _their_page(path, query)
    if host in ("publications.parliament.uk", "api.parliament.uk", "hansard.millbanksystems.com"):
        return _page_of_hansard(host, path, anchor)
    return _devolved_page(host, path, query)


def _devolved_page(host: str, path: str, query: dict[str, str]) -> Sought | None:
    if host == "record.senedd.wales" and (written := _SENEDD_PAGE.fullmatch(path)):
        return Sought(f"sn-{written[1]}")
    if host in ("parliament.scot", "data.parliament.scot") and _SCOTTISH.fullmatch(query.get("ref", "")):
        return Sought(f"spq-{query['ref'].lower()}")
    if host == "aims.niassembly.gov.uk" and query.get("docid", "").isdigit():
        return Sought(f"ni-{query['docid']}")
    return None


def _their_page(path: str, query: dict[str, str]) -> Sought | None:
    kind, given = _TYPES.get(path.strip("/").split("/")[0]), query.get("id") or query.get("gid", "")
    if kind is None or not re.match(r"(?:standing)?[\w-]*?\d{4}-\d\d-\d\d[a-z]{0,2}\.", given):
        return None
    if kind == "standing" and not given.startswith("standing"):
        given = f"standing{given}"
    return Sought(gid_key(kind, given))


def _page_of_hansard(host: str, path: str, anchor: str) -> Sought | None:
    """Parse a page with a column, a paragraph of Historic Hansard, or a page with its day."""
    house = House.LORDS if re.search(r"/ld\d{4,6}/|/lords/", path) else House.COMMONS
    day = _day_of_path(path)
    if day is None:
        return None
    if _PARAGRAPH.fullmatch(anchor):
        return Sought(f"hh-{anchor.lower()}")
    column = _COLUMN_ANCHOR.fullmatch(anchor)
    if column:
        part = _PART.search(path)
        suffix = _SUFFIX_OF_PART.get((house, part["part"]), "") if part else ""
        return Sought(_column_of(house, day, _column(column, suffix)))
    return Sought(on=day, page=page_key(f"//{host}{path}{f'#{anchor}' if anchor else ''}"))


def _day_of_path(path: str) -> date | None:
    try:
        if found := _PATH_DAY.search(path):
            return date(int(found["year"]), _MONTHS.index(found["month"]) + 1, int(found["day"]))
        if found := _FOLDER_DAY.match(path):
            year = int(found["yy"])
            century = 1900 if year >= _EARLIEST_SHORT_YEAR else 2000
            return date(century + year, int(found["mm"]), int(found["dd"]))
        if found := _FILE_DAY.search(path):  # the Lords' pages of 2007 to 2011 lie in no folder of their day
            return date(2000 + int(found["yy"]), int(found["mm"]), int(found["dd"]))
    except ValueError:
        return None
    return None


def _split(url: str) -> tuple[str, str, dict[str, str], str] | None:
    """Host without "www.", path, query, anchor; None where it is no address."""
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if "." not in host:
        return None
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return host, unquote(parts.path), query, parts.fragment
