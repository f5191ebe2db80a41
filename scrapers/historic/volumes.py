"""XML of Historic Hansard: whole volumes (`<hansard>`), or one part of one day.

A volume is read part by part, so that no more than a day is in memory as a tree. Oddities:

- `<col>` and `<image>` stand anywhere, also within a sentence, a table or a title. A paragraph that continues behind a
  column is a paragraph of its own, and the list of a division may stand in between. A column's mark precedes its contents.
- Askers of written questions are marked as members in some volumes and not in others; so are departments, by `<group>`, by
  a section around sections, or not at all. `<body>` may be there or not. The section of one subject may stand beside that
  of its department, and hold the subjects that follow it.
- Written answers and statements stand behind the debates of their day, or among them: then only the debates have the date.
- Of a date only `@format` is reliable. The reports of Grand Committees have none: theirs is in the first lines.
- Paragraphs have ids, but not in every volume. Words also stand outside paragraphs: tables, lists, quotations.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Final

from lxml import etree

from monitor.errors import ParseError, without_frames
from monitor.model.records import House
from monitor.model.sources import Parsed
from monitor.parliament import identifiers
from scrapers.hansard.notation import (
    begins_as_question,
    body_name,
    column_name,
    ends_with_number,
    find_day,
    read_aside,
    read_speaker,
    split_asker,
    split_party,
    split_speaker,
)
from scrapers.hansard.transcript import Contribution, RecordWriter, Section, Sitting
from scrapers.historic.pages import SITE, SectionPages, day_page
from scrapers.markup import TextWriter, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element

    from monitor.model.sources import Payload
    from monitor.ports import Register

PARTS: Final = {
    "housecommons": (House.COMMONS, identifiers.DEBATES),
    "houselords": (House.LORDS, identifiers.DEBATES),
    "westminsterhall": (House.COMMONS, identifiers.WESTMINSTER_HALL),
    "grandcommitteereport": (House.LORDS, identifiers.GRAND_COMMITTEE),
    "writtenanswers": (None, identifiers.WRITTEN_ANSWERS),
    "writtenstatements": (None, identifiers.WRITTEN_STATEMENTS),
}
"""Elements that report a day, with House (None if it may be either) and series."""

_FRONT_MATTER: Final = ("titlepage", "frontmatter", "tablecontents", "index")
_ROOTS: Final = {"hansard", *PARTS, *_FRONT_MATTER}
_VOLUME_NAME: Final = re.compile(r"S(\d)([CL])?V(\d{4})P\d")
_SECTIONS: Final = {"section", "group"}
_WRAPPERS: Final = {"body", "debates", "oralquestions", *_SECTIONS}
_WRITTEN: Final = {identifiers.WRITTEN_ANSWERS, identifiers.WRITTEN_STATEMENTS}
_COLUMN_RANGE: Final = re.compile(r"((?:[A-Z]{2}\s*)?\d+)\s*[\u2013\u2014-]+\s*\d+\s*([A-Z]{0,2})", re.IGNORECASE)
_STATEMENTS_TITLE: Final = re.compile(r"written (?:ministerial )?statements?\.?", re.IGNORECASE)
_NO_WORDS: Final = {"col", "image", "division"}
_INLINE: Final = {
    "i",
    "b",
    "u",
    "sub",
    "span",
    "a",
    "session",
    "member",
    "memberconstituency",
    "membercontribution",
}
_HTML_NAMES: Final = {"quote": "blockquote", "list": "ul", "item": "li"}
_ORAL_NUMBER: Final = re.compile(r"[\W\dQ]*(?:and[\W\dQ]*)*")
"""The numbers before the asker of an oral question: "12 and 13."."""
_SIXTH_SERIES: Final = date(1981, 3, 16)
"""First day of the series in which written answers always stand under departments, in older ones often under subjects."""
_COLON: Final = re.compile(r"((?:[\dQ.,()\[\]\s]|and\b)*?)\s*(?:\*+\s*:?|:)\s*")
"""Marks between a name and the first word, behind a number or a time before the name: a colon, and till 1908 an asterisk
where the speaker had corrected what was printed."""
_DATE_LINES: Final = 8
"""Paragraphs at the start of a part in which its date may stand."""


def read_volume(payload: Payload, source: str, register: Register) -> Iterator[Parsed]:
    """Parse all records of a file, in the order of print. Raises ParseError if it is no Hansard, or not well-formed."""
    _check_well_formed(payload)
    reader = _VolumeReader(payload, RecordWriter(source, "hh", register))
    # No entity is resolved and nothing is fetched.
    events = etree.iterparse(
        BytesIO(payload.body), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False
    )
    open_parts = 0
    for event, element in events:
        if element.tag in PARTS:
            open_parts += 1 if event == "start" else -1
        if event == "start" or open_parts:
            continue
        if element.tag in PARTS:
            yield from reader.read(element)
        elif element.tag == "col":
            reader.column = element.text or ""
        if element.tag in (*PARTS, *_FRONT_MATTER):
            element.clear()


class _NoTarget:
    """Target that ignores all events of a parser, which then only checks a file."""

    def close(self) -> None:
        """End the file."""


def _check_well_formed(payload: Payload) -> None:
    """Check a file as a whole, so that no record is given of one that is broken further down. Raises ParseError."""
    parser = etree.XMLParser(target=_NoTarget(), resolve_entities=False, no_network=True)  # type: ignore[call-overload]  # any object with a target's methods will do
    try:
        etree.fromstring(payload.body, parser)
        _, root = next(iter(etree.iterparse(BytesIO(payload.body), events=("start",), resolve_entities=False)))
    except etree.XMLSyntaxError as exc:
        reason = str(exc).partition(" (<string>")[0]
        raise ParseError(f"{payload.key} is not well-formed XML ({reason}): correct it.", key=payload.key) from exc
    if root.tag not in _ROOTS:
        raise ParseError(
            f"{payload.key} is no volume of Historic Hansard: it begins with {root.tag!r}.", key=payload.key
        )


class _VolumeReader:
    """Reads the parts of a volume. `column`: a mark that stood between two parts."""

    def __init__(self, payload: Payload, writer: RecordWriter) -> None:
        self.column = ""
        self._key, self._writer, self._pages = payload.key, writer, SectionPages()
        self._house = House.COMMONS
        self._volume_name = _VOLUME_NAME.search(payload.key.upper())
        self._last_columns: dict[tuple[House, str], str | None] = {}

    def read(self, part: Element) -> Iterator[Parsed]:
        """Parse all records of one part; none if it has no words."""
        if not "".join(part.itertext()).strip():
            return
        try:
            sitting = self._sitting(part)
        except ParseError as exc:
            excerpt = etree.tostring(part, with_tail=False)
            yield Parsed(key=exc.key or self._key, error=without_frames(exc), excerpt=excerpt)
            return
        self._house = sitting.house
        series_of_house = sitting.house, sitting.series
        column = column_name(self.column, sitting.house, sitting.series) or self._last_columns.get(series_of_house)
        reader = _PartReader(sitting, self._writer, self._pages, column)
        yield from reader.read(part)
        self._last_columns[series_of_house], self.column = reader.column, ""

    def _sitting(self, part: Element) -> Sitting:
        image = next(part.iter("image"), None)
        volume_name = _VOLUME_NAME.match(image.get("src", "")) if image is not None else self._volume_name
        volume_name = volume_name or self._volume_name
        house, series = _house_and_series(part)
        if house is None:
            letter = volume_name[2] or "" if volume_name else ""
            house = {"L": House.LORDS, "C": House.COMMONS}.get(letter, self._house)
        day = _day_of(part)
        if day is None:
            above = part.getparent()
            key = self._key if above is None else f"{self._key}#{above.index(part) + 1}"
            raise ParseError(f"{key} ({part.tag!r}) has no date: write one in its <date format=...>.", key=key)
        return Sitting(
            house=house,
            day=day,
            series=series,
            session=identifiers.session_on(day),
            volume=int(volume_name[3]) if volume_name else None,
        )


class _PartReader:
    """Reads one part of one day, from top to bottom. `column` is the column reached."""

    def __init__(self, sitting: Sitting, writer: RecordWriter, pages: SectionPages, column: str | None) -> None:
        self.column = column
        self._sitting, self._writer, self._pages = sitting, writer, pages
        self._department: tuple[str, ...] = ()  # title of the last section around sections
        self._is_cut = False  # a mark stood behind the last paragraph

    def read(self, part: Element) -> Iterator[Parsed]:
        """Parse all its records."""
        yield from self._read(part, Section(heading=self._title(part)), ())

    def skip(self, element: Element) -> bool:
        """Skip marks, pages and lists of a division, and return whether a column begins in them."""
        marks = [mark for mark in element.iter("col") if self._column_name(mark)]
        if marks:
            self.column = self._column_name(marks[-1])
        return bool(marks)

    def _column_name(self, mark: Element) -> str | None:
        text = "".join(mark.itertext()).strip()
        if columns := _COLUMN_RANGE.fullmatch(text):
            text = "".join(columns.groups())
        return column_name(text, self._sitting.house, self._sitting.series)

    def _read(self, element: Element, section: Section, titles_above: tuple[str, ...]) -> Iterator[Parsed]:
        """Read an element, which is the section or wraps some of it. `titles_above`: the titles down to here."""
        for child in element:
            yield from self._read_child(child, section, titles_above)
            if child.tail and child.tail.strip():
                self._add(Contribution(speaker=None), " ".join(child.tail.split()), section, continues=True)
        if element.tag in _SECTIONS or element.tag in PARTS:
            yield from self._writer.write(self._sitting, section)

    def _read_child(self, child: Element, section: Section, titles_above: tuple[str, ...]) -> Iterator[Parsed]:
        tag = child.tag
        if tag in _SECTIONS:
            # Records before it in print are written before it, for places in a column count in that order.
            yield from self._writer.write(self._sitting, section)
            title = self._title(child)
            is_subject = not titles_above and child.find("p/member") is not None and self._sitting.series in _WRITTEN
            above = self._department if is_subject else titles_above
            titles = (*above, title) if title else above
            if not titles_above and not is_subject and child.find("section") is not None:
                self._department = titles if tag == "section" and self._sitting.day >= _SIXTH_SERIES else ()
            yield from self._read(child, self._section(title, titles), above if is_subject else titles)
        elif tag in PARTS:
            yield from self._writer.write(self._sitting, section)
            yield from self._read_inner_part(child)
        elif tag in _WRAPPERS:
            yield from self._read(child, section, titles_above)
        elif tag == "date":
            self._sitting = replace(self._sitting, day=_read_date(child) or self._sitting.day)
        elif tag in _NO_WORDS:
            self._is_cut = self.skip(child) or self._is_cut
        elif isinstance(tag, str) and tag != "title":
            self._read_paragraph(child, section)

    def _read_inner_part(self, part: Element) -> Iterator[Parsed]:
        """Read a part that stands within this one, and has columns of its own."""
        house, series = _house_and_series(part)
        day = _day_of(part) if part.find("date") is not None else None
        sitting = replace(
            self._sitting, house=house or self._sitting.house, day=day or self._sitting.day, series=series
        )
        number = identifiers.column_parts(self.column or "")
        column = column_name(str(number[0]), sitting.house, series) if number else None
        yield from _PartReader(sitting, self._writer, self._pages, column).read(part)

    def _title(self, element: Element) -> str | None:
        """Return the title of an element on one line, without the marks in it."""
        title = element.find("title")
        if title is None:
            return None
        words = _ParagraphWords(self)
        words.read(title)
        return one_line(words.close())

    def _section(self, title: str | None, titles: tuple[str, ...]) -> Section:
        """Begin a section. Of several titles the highest is a department, in written answers and statements."""
        sitting = self._sitting
        page = self._pages.page_of(sitting.house, sitting.series, sitting.day, title)
        above = body_name(titles[0]).rstrip(".") if len(titles) > 1 else None
        heading = titles[-1] if titles else None
        is_written = sitting.series in _WRITTEN
        return Section(
            heading=f"{above}: {heading}" if above and not is_written else heading,
            body=above if is_written else None,
            page=page,
            url=f"{SITE}/{page or day_page(sitting.house, sitting.series, sitting.day)}",
        )

    def _read_paragraph(self, element: Element, section: Section) -> None:
        """Read a paragraph; or a table, a list or a quotation outside of one, which belongs to what it follows."""
        words = _ParagraphWords(self)
        words.read(element)
        text = f"{read_aside(words.speaker or '')} {words.close()}".strip(" \n")
        speaker = read_speaker(words.speaker or "")
        if speaker and words.constituency:
            seat, party = split_party(words.constituency)
            speaker = replace(speaker, constituency=seat.strip(" ()") or None, party=party or speaker.party)
        unmarked = split_speaker(text) if speaker is None and element.tag == "p" else None
        if unmarked:
            speaker, text = read_speaker(unmarked[0]), unmarked[1]
        contribution = Contribution(speaker=speaker, id=element.get("id", ""), column=words.first_column)
        if self._sitting.series == identifiers.WRITTEN_ANSWERS:
            asker = None if speaker else split_asker(text)
            if asker:
                contribution.speaker, text = read_speaker(asker[0]), asker[1]
            is_numbered = speaker is not None and ends_with_number(text)
            contribution.is_question = begins_as_question(text) or is_numbered
        is_written = self._sitting.series in _WRITTEN
        self._add(contribution, text, section, continues=element.tag != "p" or is_written)

    def _add(self, contribution: Contribution, text: str, section: Section, *, continues: bool) -> None:
        contribution.column = contribution.column or self.column
        contribution.add(text, self.column)
        if text or contribution.speaker:
            section.add(contribution, continues=continues, is_cut=self._is_cut)
            self._is_cut = False


class _ParagraphWords:
    """Words of one element as plain text, without the marks in it, and their speaker.

    A member who is named before any word is the speaker; a later one is part of the words. `constituency` is as it is
    printed, with brackets and maybe a party. `first_column`: the column of the first word.
    """

    def __init__(self, part: _PartReader) -> None:
        self.speaker: str | None = None
        self.constituency: str | None = None
        self.first_column: str | None = None
        self._part, self._writer = part, TextWriter()
        self._written: list[str] = []
        self._has_space = self._is_cut = False

    def read(self, element: Element) -> None:
        """Read all words of an element."""
        self._write(element.text)
        for child in element:
            self._read_child(child)
            self._write(child.tail)

    def close(self) -> str:
        """Return the text, without the colon that follows the speaker."""
        text = self._writer.close()
        colon = _COLON.match(text) if self.speaker else None
        return " ".join(filter(None, (colon[1], text[colon.end() :]))) if colon else text

    def _read_child(self, child: Element) -> None:
        tag = child.tag
        if not isinstance(tag, str):
            return
        if tag in _NO_WORDS:
            self._is_cut = self._part.skip(child) or self._is_cut
            self._has_space = True
        elif tag == "member" and self.speaker is None and _ORAL_NUMBER.fullmatch("".join(self._written)):
            self._read_speaker(child)
        elif tag == "member" and self.speaker is None and self._is_behind_office(child):
            office, self._writer, self._written = " ".join(self._written), TextWriter(), []
            self._read_speaker(child)
            self.speaker = f"{office} {self.speaker}"
        elif tag == "memberconstituency" and self.speaker and not self.constituency:
            self.constituency = one_line("".join(child.itertext()))
        elif tag in _INLINE:
            self.read(child)
        elif tag == "lb":
            self._writer.start("p", {})
        else:
            name = _HTML_NAMES.get(tag, tag)
            self._writer.start(name, {key: child.get(key, "") for key in ("colspan", "rowspan") if child.get(key)})
            self.read(child)
            self._writer.end(name)

    def _is_behind_office(self, member: Element) -> bool:
        """Return whether all words so far are the office of a member in brackets: then only the member is marked."""
        return "".join(self._written).startswith("The ") and (member.text or "").strip().startswith("(")

    def _read_speaker(self, member: Element) -> None:
        constituency = member.find("memberconstituency")
        if constituency is not None:
            self.constituency = one_line("".join(constituency.itertext()))
        self.speaker = " ".join("".join(_texts_without(member, constituency)).split())
        self.first_column = self._part.column
        for mark in member.iter("col"):
            self._part.skip(mark)

    def _write(self, text: str | None) -> None:
        words = (text or "").strip()
        if not text or not words:
            self._has_space = self._has_space or bool(text)
            return
        if text[0].isspace():
            self._has_space = True
        is_cut_word = self._is_cut and self._written and self._written[-1].endswith("-") and words[0].islower()
        if self._has_space and not is_cut_word:
            self._writer.data(" ")
        self.first_column = self.first_column or self._part.column
        self._writer.data(words)
        self._written.append(words)
        self._has_space, self._is_cut = text[-1].isspace(), False


def _texts_without(element: Element, left_out: Element | None) -> Iterator[str]:
    """Give the texts of an element without one child and without marks."""
    yield element.text or ""
    for child in element:
        if child is not left_out and child.tag not in _NO_WORDS and isinstance(child.tag, str):
            yield from _texts_without(child, left_out)
        yield child.tail or ""


def _house_and_series(part: Element) -> tuple[House | None, str]:
    house, series = PARTS[str(part.tag)]
    if _STATEMENTS_TITLE.fullmatch(one_line(part.findtext("title")) or ""):
        series = identifiers.WRITTEN_STATEMENTS
    return house, series


def _day_of(part: Element) -> date | None:
    element = part.find("date")
    if element is not None:
        return _read_date(element)
    for paragraph in islice(part.iter("p"), _DATE_LINES):
        if day := find_day("".join(paragraph.itertext())):
            return day
    return None


def _read_date(element: Element) -> date | None:
    try:
        return date.fromisoformat(element.get("format", ""))
    except ValueError:
        return find_day("".join(element.itertext()))
