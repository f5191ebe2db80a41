"""Pages of the site of Historic Hansard: one section of one day each.

Each contribution is an element with an id; who speaks stands in a `cite`. Where a column begins there is an anchor
(`column_808w`) with the column for its words, also within a sentence; in a table it stands between two tables. Marks of
quotation are left to the browser. The department above a written answer is not on the page. What is said of pages here is
known from the templates of the site, not from recorded pages: so they are read tolerantly, and the words of what is not
known are kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from monitor.errors import ParseError
from monitor.model.records import House
from monitor.parliament import identifiers
from scrapers.hansard.notation import (
    SUFFIXES,
    asks,
    column_name,
    ends_numbered,
    printed_day,
    speaker,
    unmarked_asker,
    unmarked_speaker,
)
from scrapers.hansard.transcript import Contribution, Scribe, Section, Sitting
from scrapers.historic.site import MONTHS, SITE, TYPES, day_page, slug
from scrapers.markup import one_line, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from monitor.model.sources import Parsed, Payload
    from monitor.ports import Register

_PATH: Final = re.compile(
    rf"(?P<kind>{'|'.join(TYPES).replace('_', '[-_]')})/(?P<day>\d{{4}}/(?:{'|'.join(MONTHS)})/\d\d?)/(?P<slug>[\w-]+)"
)
_CITATION: Final = re.compile(
    r"H(?P<house>[CL])\s+Deb\s+(?P<day>\d{1,2}\s+\w+\s+\d{4})(?:\s+vol\s+(?P<volume>\d+))?(?:\s+cc?(?P<columns>[\w-]+))?"
)
_DECLARATION: Final = re.compile(rb"^\s*<\?xml[^>]*>")
_ID: Final = re.compile(r"S\d[CL]?V\d{4}P\d", re.IGNORECASE)
_COLUMN: Final = re.compile(r"column_(\w+)", re.IGNORECASE)
_SAID: Final = "div.hentry, blockquote.contribution_text, .procedural_contribution, p.procedural, div.table"
_UNSAID: Final = (
    "a.permalink:not([id^=column_]), a.speech-permalink, a.page-preview, cite.member, cite.unmatched-member, "
    ".member_constituency"
)
_WRITTEN: Final = (identifiers.WRITTEN_ANSWERS, identifiers.WRITTEN_STATEMENTS)


def sections_of_day(page: bytes, day_path: str) -> list[str]:
    """The paths of the sections that a day's page links to, in its order, below the site."""
    links = BeautifulSoup(page, "lxml").find_all("a", href=True)
    found = (_PATH.search(str(link["href"])) for link in links)
    return list(dict.fromkeys(match[0] for match in found if match and match["day"] == day_path))


def read_page(payload: Payload, source: str, register: Register) -> Iterator[Parsed]:
    """The records of one page. Raises ParseError where it has no citation, and so is no page of a section."""
    soup = BeautifulSoup(_DECLARATION.sub(b"", payload.body), "lxml")
    cite = soup.select_one("cite.section")
    citation = _CITATION.search(cite.get_text(" ")) if cite else None
    day = printed_day(citation["day"]) if citation else None
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
    reader = _Page(sitting, section, (citation["columns"] or "").partition("-")[0])
    reader.read(soup)
    yield from Scribe(source, "hh", register, counts_columns=False).write(sitting, section)


def _sitting(citation: re.Match[str], day: date, kind: str) -> Sitting:
    """By the kind of page, or else by what a citation puts behind the columns."""
    house = House.LORDS if citation["house"] == "L" else House.COMMONS
    suffix = re.sub(r"[\d-]", "", citation["columns"] or "").upper()
    by_suffix = {mark: series for (_, series), mark in SUFFIXES.items()}
    series = TYPES[kind][1] if kind in TYPES else by_suffix.get(suffix, identifiers.DEBATES)
    volume = int(citation["volume"]) if citation["volume"] else None
    return Sitting(house=house, day=day, series=series, session=identifiers.session_on(day), volume=volume)


class _Page:
    """Reads the contributions of one page into its section."""

    def __init__(self, sitting: Sitting, section: Section, column: str) -> None:
        self._sitting, self._section = sitting, section
        self._column = self._name(column)

    def read(self, soup: BeautifulSoup) -> None:
        """All of them, in the order of the page."""
        outermost = {id(one) for one in soup.select(_SAID) if not one.find_parent(_is_said)}
        order = [one for one in soup.find_all(True) if not one.find_parent(lambda tag: id(tag) in outermost)]
        for element in order:
            if id(element) in outermost:
                self._take(element)
            else:
                self._pass(element)

    def _name(self, column: str) -> str | None:
        return column_name(column, self._sitting.house, self._sitting.series)

    def _pass(self, element: Tag) -> None:
        """An anchor names the column that begins at it."""
        match = _COLUMN.fullmatch(_name_of(element))
        self._column = (self._name(match[1]) if match else None) or self._column

    def _go_through(self, element: Tag, said: Contribution) -> None:
        """The columns that begin in it, without their anchors; the one that begins before its first word is its own."""
        is_begun = False
        for child in list(element.descendants):
            if isinstance(child, NavigableString):
                is_begun = is_begun or any(map(str.isalnum, child))
            elif isinstance(child, Tag) and child.name == "a" and _COLUMN.fullmatch(_name_of(child)):
                self._pass(child)
                said.column = said.column if is_begun else self._column
                child.clear()

    def _take(self, element: Tag) -> None:
        named = [element, *element.find_all(id=True)]
        found = next((str(one["id"]) for one in named if one.get("id") and _ID.match(str(one["id"]))), "")
        cite = element.select_one("cite.member, cite.unmatched-member")
        seat = element.select_one(".member_constituency")
        printed = cite.get_text(" ") if cite else ""
        said = Contribution(
            speaker=speaker(f"{printed} ({seat.get_text(' ').strip(' ()')})" if seat and cite else printed),
            id=found,
            url=f"{self._section.url}#{found}" if found else None,
            column=self._column,
        )
        for unsaid in element.select(_UNSAID):
            unsaid.decompose()
        self._go_through(element, said)
        for quotation in element.find_all("q"):
            quotation.insert(0, '"')
            quotation.append('"')
        text, links = plain_text(str(element))
        text = text.lstrip(" :\u00a7\n")
        alone = unmarked_speaker(text) if said.speaker is None else None
        if alone:
            said.speaker, text = speaker(alone[0]), alone[1]
        is_written = self._sitting.series in _WRITTEN
        if self._sitting.series == identifiers.WRITTEN_ANSWERS:
            unmarked = None if said.speaker else unmarked_asker(text)
            if unmarked:
                said.speaker, text = speaker(unmarked[0]), unmarked[1]
            said.is_question = asks(text) or (said.speaker is not None and ends_numbered(text))
        said.add(text, self._column)
        said.links += links
        self._section.take(said, goes_on=is_written)


def _name_of(tag: Tag) -> str:
    return str(tag.get("name") or tag.get("id") or "")


def _is_said(tag: Tag) -> bool:
    classes = set(tag.get_attribute_list("class"))
    return bool(classes & {"hentry", "contribution_text", "procedural_contribution", "procedural", "table"})
