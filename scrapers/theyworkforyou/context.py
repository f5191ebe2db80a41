"""Context of the records of one file: its kind and day, the register of members, sessions, references, addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from monitor.errors import ParseError
from monitor.model.records import House, Member
from monitor.parliament.identifiers import (
    DEBATES,
    GRAND_COMMITTEE,
    WESTMINSTER_HALL,
    WRITTEN_ANSWERS,
    WRITTEN_STATEMENTS,
    column_parts,
    column_reference,
    number_key,
    session_called,
    session_on,
)
from scrapers.hansard.notation import column_name, scottish_party_name
from scrapers.markup import one_line
from scrapers.theyworkforyou.documents import BrokenBlock
from scrapers.theyworkforyou.gids import PREFIX, Redirects, read_gid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml import etree

    from monitor.model.records import Proceeding
    from monitor.ports import Register
    from scrapers.theyworkforyou.documents import Document
    from scrapers.theyworkforyou.files import FileKind
    from scrapers.theyworkforyou.gids import Gid

SOURCE: Final = "theyworkforyou"
SITE: Final = "https://www.theyworkforyou.com"

_PAGES: Final = {
    "wrans": "wrans",
    "wms": "wms",
    "debate": "debates",
    "westminhall": "whall",
    "lords": "lords",
    "standing": "pbc",
    "spwa": "spwrans",
    "ni": "ni",
}
_SERIES: Final = {
    "wrans": WRITTEN_ANSWERS,
    "wms": WRITTEN_STATEMENTS,
    "debates": DEBATES,
    "westminhall": WESTMINSTER_HALL,
    "lords": DEBATES,
}
_SESSION = re.compile(r"/(?:cm|ld)(\d{6})/")
_REFERENCE = re.compile(r"(?P<kind>[a-z]+)/(?P<day>\d{4}-\d\d-\d\d)\.(?P<column>\d{1,5})")
_LORDS = re.compile(r"\bLords\b|\bHL\b|\bWA\b|\bWS\s?\d", re.IGNORECASE)
_COMMONS = re.compile(r"\bCommons\b|\bHC\b|\d\s?WS?\b", re.IGNORECASE)
_GRAND_COMMITTEE = re.compile(r"\bGC\s?\d|\d\s?GC\b")
_SEAT = re.compile(r"(?P<name>[^()]*[^()\s])\s*(?:\((?P<seat>[^()]+)\)\s*)?\((?P<party>[^()]{1,40})\)\s*")


@dataclass(slots=True)
class FileContext:
    """A file while it is read. `day` is the one of its name: of publication for answers, of the sitting for speeches."""

    name: str
    kind: FileKind
    day: date
    register: Register
    document: Document
    house: House = field(init=False)
    redirects: Redirects = field(init=False)
    _people: dict[tuple[str, str | None, str | None, bool], Member | None] = field(default_factory=dict, init=False)
    _offices: dict[int | str | None, str | None] = field(default_factory=dict, init=False)
    _columns: dict[tuple[str, str], str | None] = field(default_factory=dict, init=False)
    _given: dict[str, Proceeding] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Read the redirects of the file, its own and those of the versions before it."""
        self.house = self.kind.house
        tags = (
            block for block in self.document.blocks if not isinstance(block, BrokenBlock) and block.tag == "gidredirect"
        )
        self.redirects = Redirects(dict(tag.attrib) for tag in tags)

    def is_repeated(self, proceeding: Proceeding) -> bool:
        """Return whether the file holds this record twice, in the same words. Raises ParseError if the words differ."""
        before = self._given.setdefault(proceeding.id, proceeding)
        if before is proceeding:
            return False
        if before.parts() != proceeding.parts():
            text = f"{self.name} holds {proceeding.id} twice, in different words: the first counts, report it."
            raise ParseError(text, key=f"{proceeding.id}-again")
        return True

    def session(self, url: str | None) -> str | None:
        """Return the session in a page's address ("2008-09"), else that of the day; None for other legislatures."""
        if self.house not in (House.COMMONS, House.LORDS):
            return None
        match = _SESSION.search(url or "")
        return session_called(match[1], self.day) if match else session_on(self.day)

    def column(self, element: etree._Element | None, series: str | None = None) -> str | None:
        """Return the column in which an element begins, as it is cited: the Lords' files leave out the letters."""
        text = element.get("colnum") if element is not None else None
        if not text:
            return None
        key = (text, series or self.kind.series or "")
        if key not in self._columns:
            self._columns[key] = column_name(text, self.house, key[1])
        return self._columns[key]

    def ends_in(self, column: str | None, later: str | None, following: str | None) -> str | None:
        """Find the last column that is certainly part of a record; None if it is the first.

        `later`: a column in which a part of it begins. `following`: the column in which the next record begins; all columns
        before that belong to this one.
        """
        columns = (column, later, following)
        first, second, after = (column_parts(name) if name else None for name in columns)
        if first is None:
            return None
        last = second[0] if second and second[1] == first[1] else first[0]
        if after and after[1] == first[1]:
            last = max(last, after[0] - 1)
        return f"{last}{first[1]}" if last > first[0] else None

    def member(self, element: etree._Element | None) -> Member | None:
        """Look up the speaker of an element in the register, else take the printed name; None without a name."""
        if element is None:
            return None
        get = element.get
        number = get("person_id") or get("speakerid") or "unknown"
        key = (number, get("speakername"), get("speakeroffice"), is_no_member(element))
        if key not in self._people:
            self._people[key] = self._look_up(*key)
        return self._people[key]

    def speaker(self, element: etree._Element | None) -> Member | None:
        """Look up the speaker, with the office printed earlier in this file, or held on that day by the register.

        Hansard prints it only when a minister first takes the floor.
        """
        member = self.member(element)
        if member is None or not (member.name or member.person_id):
            return member
        person = member.person_id or member.name
        if member.office:
            self._offices[person] = member.office
        elif person not in self._offices:
            self._offices[person] = self.register.office_of(member, self.day)
        return replace(member, office=self._offices[person])

    def _look_up(self, number: str, name: str | None, office: str | None, is_crowd: bool) -> Member | None:
        printed, office = one_line(name) or "", one_line(office) or ""
        if not printed and number == "unknown":
            return None
        if is_crowd:
            return Member(name=printed.strip(" :") or None, office=office or None)
        return self._find_member(number, printed, office)

    def _find_member(self, number: str, printed: str, office: str) -> Member:
        """Find a member by number, else by name. Scottish files print seat and party behind the name."""
        match = _SEAT.fullmatch(printed) if self.house is House.SCOTLAND else None
        name, seat, party = match.group("name", "seat", "party") if match else (printed, None, None)
        if number.startswith(PREFIX):
            member = self.register.by_number(number, name or None, self.day)
        else:
            member = self.register.by_name(name, self.house, self.day, constituency=seat, office=office or None)
        name, seat = member.name or name or None, member.constituency or seat
        party = scottish_party_name(member.party or party) if self.house is House.SCOTLAND else member.party
        held = member.office or office or None
        if (name, seat, party, held) == (member.name, member.constituency, member.party, member.office):
            return member
        return replace(member, name=name, constituency=seat, party=party, office=held)

    def url(self, element: etree._Element, gid: Gid | None) -> str | None:
        """Return the page of an element at Parliament, else at TheyWorkForYou."""
        url = element.get("url", "").strip()
        if url.startswith(("http://", "https://")):
            return url
        page = _PAGES.get(gid.kind) if gid else None
        if gid is None or page is None:
            return None
        return f"{SITE}/{page}/?id={gid.text.removeprefix(f'{PREFIX}{gid.kind}/').removeprefix('standing')}"

    def refers(self, elements: Iterable[etree._Element]) -> Iterator[str]:
        """Find the columns of the Official Report that the mark-up of elements points to, as keys."""
        for element in elements:
            for phrase in element.iter("phrase"):
                if phrase.get("class") == "offrep" and (key := self._reference(phrase)):
                    yield key

    def _reference(self, phrase: etree._Element) -> str | None:
        """Read a reference. Its id lacks the letters of the column, and names the House only for debates."""
        match = _REFERENCE.fullmatch(phrase.get("id", ""))
        series = _SERIES.get(match["kind"]) if match else None
        if match is None or series is None:
            return None
        text = "".join(phrase.itertext())
        house = self.house
        if match["kind"] in ("debates", "westminhall", "lords"):
            house = House.LORDS if match["kind"] == "lords" else House.COMMONS
        elif _LORDS.search(text):
            house = House.LORDS
        elif _COMMONS.search(text):
            house = House.COMMONS
        if house is House.LORDS and series == DEBATES and _GRAND_COMMITTEE.search(text):
            series = GRAND_COMMITTEE
        column = column_name(match["column"], house, series)
        try:
            return column_reference(house, date.fromisoformat(match["day"]), series, column or match["column"])
        except ValueError:
            return None

    def earlier_keys(self, gid: str | None) -> Iterator[str]:
        """Give the keys of the ids that an element had in earlier versions."""
        for earlier in self.redirects.earlier(gid):
            if gid_parts := read_gid(earlier):
                yield gid_parts.key

    def number_key(self, session: str | None, number: str) -> str | None:
        """Return the key of a question by its number."""
        return number_key(self.house, session, number) if session else None


def is_no_member(element: etree._Element) -> bool:
    """Return whether the speaker is a witness or a crowd ("Hon. Members"): named, but no member to look up."""
    return element.get("nospeaker", "").lower() == "true"
