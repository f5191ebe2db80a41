"""Site of Historic Hansard: its addresses, and its pages, which are one section of one day each.

A page has an address like `/written_answers/2004/feb/03/sexual-offences`: its title in small letters, cut after 40
characters. If two sections of a day have one title, the site numbers them in a way that is not documented, so only the first
has an address here.

Each contribution is an element with an id, its speaker in a `cite`. An anchor (`column_808w`) with the column as its words
marks where a column begins, also within a sentence; in a table it stands between two tables. Quotation marks are left to the
browser. The department above a written answer is not on the page. All this is known from the templates of the site, not from
recorded pages: so pages are read tolerantly, and words of unknown elements are kept.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from monitor.errors import ParseError
from monitor.model.records import House
from monitor.parliament import identifiers
from scrapers.hansard.notation import (
    COLUMN_SUFFIXES,
    begins_as_question,
    column_name,
    ends_with_number,
    find_day,
    read_speaker,
    split_asker,
    split_speaker,
)
from scrapers.hansard.transcript import Contribution, RecordWriter, Section, Sitting
from scrapers.markup import one_line, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from monitor.model.sources import Parsed, Payload
    from monitor.ports import Register
    from scrapers.hansard.notation import Speaker

SITE: Final = "https://api.parliament.uk/historic-hansard"
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MAX_SLUG: Final = 40
"""Characters of a section's address, as the site cuts them."""
PAGE_KINDS: Final = {
    "commons": (House.COMMONS, identifiers.DEBATES),
    "lords": (House.LORDS, identifiers.DEBATES),
    "westminster_hall": (House.COMMONS, identifiers.WESTMINSTER_HALL),
    "grand_committee_report": (House.LORDS, identifiers.GRAND_COMMITTEE),
    "written_statements": (House.COMMONS, identifiers.WRITTEN_STATEMENTS),
    "written_answers": (House.COMMONS, identifiers.WRITTEN_ANSWERS),
}
"""Kinds of pages, with House and series. Written answers and statements of the Lords are among those of the Commons."""

_KIND_OF_SERIES: Final = {series: name for name, (_, series) in PAGE_KINDS.items()}

_PATH: Final = re.compile(
    rf"(?P<kind>{'|'.join(PAGE_KINDS).replace('_', '[-_]')})/(?P<day>\d{{4}}/(?:{'|'.join(MONTHS)})/\d\d?)/(?P<slug>[\w-]+)"
)
_CITATION: Final = re.compile(
    r"H(?P<house>[CL])\s+Deb\s+(?P<day>\d{1,2}\s+\w+\s+\d{4})(?:\s+vol\s+(?P<volume>\d+))?(?:\s+cc?(?P<columns>[\w-]+))?"
)
_DECLARATION: Final = re.compile(rb"^\s*<\?xml[^>]*>")
_ID: Final = re.compile(r"S\d[CL]?V\d{4}P\d", re.IGNORECASE)
_COLUMN: Final = re.compile(r"column_(\w+)", re.IGNORECASE)
_CONTRIBUTIONS: Final = "div.hentry, blockquote.contribution_text, .procedural_contribution, p.procedural, div.table"
_NOT_SPOKEN: Final = (
    "a.permalink:not([id^=column_]), a.speech-permalink, a.page-preview, cite.member, cite.unmatched-member, "
    ".member_constituency"
)
_WRITTEN: Final = (identifiers.WRITTEN_ANSWERS, identifiers.WRITTEN_STATEMENTS)


# -- addresses --------------------------------------------------------------------------------------------------------


def day_path(day: date) -> str:
    """Write a day as paths do: "2004/feb/03"."""
    return f"{day.year}/{MONTHS[day.month - 1]}/{day.day:02}"


def day_page(house: House, series: str, day: date) -> str:
    """Return the path of the page that lists the sections of a day: "written_answers/2004/feb/03"."""
    kind = _KIND_OF_SERIES[series]
    if series == identifiers.DEBATES:
        kind = "lords" if house is House.LORDS else "commons"
    return f"{kind}/{day_path(day)}"


def slug(title: str) -> str:
    """Turn a title into the last step of an address; "" if no letter or digit remains."""
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^a-z0-9 _-]", "", ascii_only.lower())
    return re.sub(r"[ _-]+", "-", kept).strip("-")[:MAX_SLUG].strip("-")


class SectionPages:
    """Addresses of the sections of days, given in the order of print."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def page_of(self, house: House, series: str, day: date, title: str | None) -> str | None:
        """Return the path of a section's page; None if an earlier section has that path, or it has no title."""
        name = slug(title or "")
        path = f"{day_page(house, series, day)}/{name}"
        if not name or path in self._given:
            return None
        self._given.add(path)
        return path


def find_sections(page: bytes, path: str) -> list[str]:
    """Find the paths of the sections that a day's page links to, in its order."""
    links = BeautifulSoup(page, "lxml").find_all("a", href=True)
    matches = (_PATH.search(str(link["href"])) for link in links)
    return list(dict.fromkeys(match[0] for match in matches if match and match["day"] == path))


# -- pages ------------------------------------------------------------------------------------------------------------


def read_page(payload: Payload, source: str, register: Register) -> Iterator[Parsed]:
    """Parse the records of one page. Raises ParseError for one without a citation, which is no page of a section."""
    soup = BeautifulSoup(_DECLARATION.sub(b"", payload.body), "lxml")
    cite = soup.select_one("cite.section")
    citation = _CITATION.search(cite.get_text(" ")) if cite else None
    day = find_day(citation["day"]) if citation else None
    if citation is None or day is None:
        raise ParseError(f"{payload.key} is no page of Historic Hansard: it has no citation.", key=payload.key)
    path = _PATH.search(payload.url) or _PATH.search(payload.key)
    sitting = _sitting(citation, day, path["kind"].replace("-", "_") if path else "")
    title = soup.select_one("h1.title") or soup.find("h1")
    heading = one_line(title.get_text(" ")) if title else None
    if path:
        page = f"{path['kind'].replace('-', '_')}/{path['day']}/{path['slug']}"
    else:
        page = f"{day_page(sitting.house, sitting.series, day)}/{slug(heading or '')}"
    section = Section(heading=heading, page=page, url=f"{SITE}/{page}")
    reader = _PageReader(sitting, section, (citation["columns"] or "").partition("-")[0])
    reader.read(soup)
    yield from RecordWriter(source, "hh", register, counts_columns=False).write(sitting, section)


def _sitting(citation: re.Match[str], day: date, kind: str) -> Sitting:
    """Find the sitting by the kind of page, else by the letters that its citation puts behind the columns."""
    house = House.LORDS if citation["house"] == "L" else House.COMMONS
    suffix = re.sub(r"[\d-]", "", citation["columns"] or "").upper()
    by_suffix = {letters: series for (_, series), letters in COLUMN_SUFFIXES.items()}
    series = PAGE_KINDS[kind][1] if kind in PAGE_KINDS else by_suffix.get(suffix, identifiers.DEBATES)
    volume = int(citation["volume"]) if citation["volume"] else None
    return Sitting(house=house, day=day, series=series, session=identifiers.session_on(day), volume=volume)


class _PageReader:
    """Reads the contributions of one page into its section."""

    def __init__(self, sitting: Sitting, section: Section, column: str) -> None:
        self._sitting, self._section = sitting, section
        self._column = self._column_name(column)

    def read(self, soup: BeautifulSoup) -> None:
        """Read all of them, in the order of the page."""
        outermost = {id(tag) for tag in soup.select(_CONTRIBUTIONS) if not tag.find_parent(_is_contribution)}
        # A list before the loop: reading a contribution changes the tree.
        tags = [tag for tag in soup.find_all(True) if not tag.find_parent(lambda parent: id(parent) in outermost)]
        for tag in tags:
            if id(tag) in outermost:
                self._read_contribution(tag)
            else:
                self._note_column(tag)

    def _column_name(self, column: str) -> str | None:
        return column_name(column, self._sitting.house, self._sitting.series)

    def _note_column(self, element: Tag) -> None:
        """Take note of the column that begins at an anchor."""
        match = _COLUMN.fullmatch(_anchor_name(element))
        self._column = (self._column_name(match[1]) if match else None) or self._column

    def _take_columns(self, element: Tag, contribution: Contribution) -> None:
        """Take out the anchors of columns. A column that begins before the first word is that of the contribution."""
        has_begun = False
        for child in list(element.descendants):
            if isinstance(child, NavigableString):
                has_begun = has_begun or any(map(str.isalnum, child))
            elif isinstance(child, Tag) and child.name == "a" and _COLUMN.fullmatch(_anchor_name(child)):
                self._note_column(child)
                contribution.column = contribution.column if has_begun else self._column
                child.clear()

    def _read_contribution(self, element: Tag) -> None:
        own_id = next((value for value in _ids_in(element) if _ID.match(value)), "")
        contribution = Contribution(
            speaker=_speaker_of(element),
            id=own_id,
            url=f"{self._section.url}#{own_id}" if own_id else None,
            column=self._column,
        )
        for not_spoken in element.select(_NOT_SPOKEN):
            not_spoken.decompose()
        self._take_columns(element, contribution)
        for quotation in element.find_all("q"):
            quotation.insert(0, '"')
            quotation.append('"')
        text, links = plain_text(str(element))
        text = text.lstrip(" :\u00a7\n*" if contribution.speaker else " :\u00a7\n")
        unmarked = split_speaker(text) if contribution.speaker is None else None
        if unmarked:
            contribution.speaker, text = read_speaker(unmarked[0]), unmarked[1]
        if self._sitting.series == identifiers.WRITTEN_ANSWERS:
            asker = split_asker(text) if contribution.speaker is None else None
            if asker:
                contribution.speaker, text = read_speaker(asker[0]), asker[1]
            is_numbered = contribution.speaker is not None and ends_with_number(text)
            contribution.is_question = begins_as_question(text) or is_numbered
        contribution.add(text, self._column)
        contribution.links += links
        self._section.add(contribution, continues=self._sitting.series in _WRITTEN)


def _speaker_of(element: Tag) -> Speaker | None:
    cite = element.select_one("cite.member, cite.unmatched-member")
    if cite is None:
        return None
    printed = cite.get_text(" ")
    constituency = element.select_one(".member_constituency")
    if constituency:
        printed = f"{printed} ({constituency.get_text(' ').strip(' ()')})"
    return read_speaker(printed)


def _ids_in(element: Tag) -> Iterator[str]:
    """Give the ids of an element and of those in it."""
    for tag in (element, *element.find_all(id=True)):
        if tag.get("id"):
            yield str(tag["id"])


def _anchor_name(tag: Tag) -> str:
    return str(tag.get("name") or tag.get("id") or "")


def _is_contribution(tag: Tag) -> bool:
    classes = set(tag.get_attribute_list("class"))
    return bool(classes & {"hentry", "contribution_text", "procedural_contribution", "procedural", "table"})
