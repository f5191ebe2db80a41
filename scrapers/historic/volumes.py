"""The XML of Historic Hansard: whole volumes (`<hansard>`), or one part of one day.

A volume is read part by part, so that no more than a day is in memory as a tree. What is odd about it:

- `<col>` and `<image>` stand anywhere, also within a sentence, a table, a title; a paragraph that goes on behind a column is
  a paragraph of its own, and a list of a division may stand in between. A column's mark comes before what is in it.
- Askers of written questions are marked as members in some volumes and not in others; so are departments, by `<group>`, by
  a section around sections, or not at all. `<body>` may be there or not.
- Written answers and statements stand behind the debates of their day, or among them: then the day is told once, above all.
- Of a date only `@format` can be relied on. The reports of Grand Committees have none: theirs is in the first lines.
- Paragraphs have ids, but not in every volume. Words also stand outside paragraphs: tables, lists, quotations.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING, Final

from lxml import etree

from monitor.errors import ParseError, without_frames
from monitor.model.records import House
from monitor.model.sources import Parsed
from monitor.parliament import identifiers
from scrapers.hansard.notation import (
    aside,
    asks,
    body_name,
    column_name,
    ends_numbered,
    printed_day,
    speaker,
    unmarked_asker,
    unmarked_speaker,
)
from scrapers.hansard.transcript import Contribution, Scribe, Section, Sitting
from scrapers.historic.site import SITE, Slugs, day_page
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
"""The elements that report a day, with House (None where either may have it) and series."""

_OTHER: Final = ("titlepage", "frontmatter", "tablecontents", "index")
_ROOTS: Final = {"hansard", *PARTS, *_OTHER}
_STEM: Final = re.compile(r"S(\d)([CL])?V(\d{4})P\d")
_SECTIONS: Final = {"section", "group"}
_WRAPPERS: Final = {"body", "debates", "oralquestions", *_SECTIONS}
_WRITTEN: Final = {identifiers.WRITTEN_ANSWERS, identifiers.WRITTEN_STATEMENTS}
_RANGE: Final = re.compile(r"((?:[A-Z]{2}\s*)?\d+)\s*[\u2013\u2014-]+\s*\d+\s*([A-Z]{0,2})", re.IGNORECASE)
_STATEMENTS_TITLE: Final = re.compile(r"written (?:ministerial )?statements?\.?", re.IGNORECASE)
_NO_WORDS: Final = {"col", "image", "division"}
_INLINE: Final = {
    "i",
    "b",
    "u",
    "sub",
    "sup",
    "span",
    "a",
    "session",
    "member",
    "memberconstituency",
    "membercontribution",
}
_BLOCKS: Final = {"quote": "blockquote", "list": "ul", "item": "li"}
_ORDER_NUMBER: Final = re.compile(r"[\W\dQ]*(?:and[\W\dQ]*)*")
"""What stands before who asks an oral question: "12 and 13."."""
_COLON: Final = re.compile(r"^((?:[\dQ]+(?:\s+and\s+\d+)*\.\s+)?)\s*:\s*")
_FIRST_LINES: Final = 8


def read_volume(payload: Payload, source: str, register: Register) -> Iterator[Parsed]:
    """All records of a file, in the order of print. Raises ParseError where it is no Hansard, or not well-formed."""
    _check(payload)
    reader = _Volume(payload, Scribe(source, "hh", register))
    # What is not declared is no entity, and nothing is declared; nothing is fetched.
    events = etree.iterparse(
        BytesIO(payload.body), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False
    )
    depth = 0
    for event, element in events:
        if element.tag in PARTS:
            depth += 1 if event == "start" else -1
        if event == "start" or depth:
            continue
        if element.tag in PARTS:
            yield from reader.read(element)
        elif element.tag == "col":
            reader.column = element.text or ""
        if element.tag in (*PARTS, *_OTHER):
            element.clear()


class _Nothing:
    """Wants nothing of what a parser reads: to find out whether it can be read, before anything is told of it."""

    def close(self) -> None:
        """The file is over."""


def _check(payload: Payload) -> None:
    parser = etree.XMLParser(target=_Nothing(), resolve_entities=False, no_network=True)  # type: ignore[call-overload]  # any object with a target's methods will do
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


class _Volume:
    """What is known while the parts of a volume are read. `column`: a mark that was read between two parts."""

    def __init__(self, payload: Payload, scribe: Scribe) -> None:
        self.column = ""
        self._key, self._scribe, self._slugs = payload.key, scribe, Slugs()
        self._house = House.COMMONS
        self._stem = _STEM.search(payload.key.upper())
        self._reached: dict[tuple[House, str], str | None] = {}

    def read(self, part: Element) -> Iterator[Parsed]:
        """All records of one part; none where it has no words."""
        if not "".join(part.itertext()).strip():
            return
        try:
            sitting = self._sitting(part)
        except ParseError as exc:
            yield Parsed(
                key=exc.key or self._key, error=without_frames(exc), excerpt=etree.tostring(part, with_tail=False)
            )
            return
        self._house = sitting.house
        column = column_name(self.column, sitting.house, sitting.series)
        reader = _Part(sitting, self._scribe, self._slugs, column or self._reached.get((sitting.house, sitting.series)))
        yield from reader.read(part)
        self._reached[sitting.house, sitting.series], self.column = reader.column, ""

    def _sitting(self, part: Element) -> Sitting:
        image = next(part.iter("image"), None)
        stem = _STEM.match(image.get("src", "")) if image is not None else self._stem
        stem = stem or self._stem
        house, series = _house_and_series(part)
        if house is None:
            house = {"L": House.LORDS, "C": House.COMMONS}.get(stem[2] or "" if stem else "", self._house)
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
            volume=int(stem[3]) if stem else None,
        )


class _Part:
    """Reads one part of one day, from top to bottom. `column` is the one reached."""

    def __init__(self, sitting: Sitting, scribe: Scribe, slugs: Slugs, column: str | None) -> None:
        self.column = column
        self._sitting, self._scribe, self._slugs = sitting, scribe, slugs
        self._is_cut = False  # whether a mark stood between the last paragraph and here

    def read(self, part: Element) -> Iterator[Parsed]:
        """All its records."""
        yield from self._read(part, Section(heading=self._title(part)), ())

    def _within(self, part: Element) -> Iterator[Parsed]:
        """A part that stands within this one, and has columns of its own."""
        house, series = _house_and_series(part)
        day = _day_of(part) if part.find("date") is not None else None
        sitting = replace(
            self._sitting, house=house or self._sitting.house, day=day or self._sitting.day, series=series
        )
        number = identifiers.column_parts(self.column or "")
        column = column_name(str(number[0]), sitting.house, series) if number else None
        yield from _Part(sitting, self._scribe, self._slugs, column).read(part)

    def pass_by(self, element: Element) -> bool:
        """What is no words: marks, pages, lists of a division. Whether a column begins in it."""
        marks = [mark for mark in element.iter("col") if self._name(mark)]
        if marks:
            self.column = self._name(marks[-1])
        return bool(marks)

    def _name(self, mark: Element) -> str | None:
        text = "".join(mark.itertext()).strip()
        if of_several := _RANGE.fullmatch(text):
            text = "".join(of_several.groups())
        return column_name(text, self._sitting.house, self._sitting.series)

    def _read(self, element: Element, section: Section, above: tuple[str, ...]) -> Iterator[Parsed]:
        """What stands in an element, which is the section or wraps some of it; `above`: the titles down to here."""
        for child in element:
            tag = child.tag
            if tag in _SECTIONS:
                # What stands before it in print is told before it, for places in a column count in that order.
                yield from self._scribe.write(self._sitting, section)
                title = self._title(child)
                titles = (*above, title) if title else above
                yield from self._read(child, self._section(title, titles), titles)
            elif tag in PARTS:
                yield from self._scribe.write(self._sitting, section)
                yield from self._within(child)
            elif tag in _WRAPPERS:
                yield from self._read(child, section, above)
            elif tag == "date":
                self._sitting = replace(self._sitting, day=_day(child) or self._sitting.day)
            elif tag in _NO_WORDS:
                self._is_cut = self.pass_by(child) or self._is_cut
            elif tag == "p" or (isinstance(tag, str) and tag != "title"):
                self._paragraph(child, section)
            if child.tail and child.tail.strip():
                self._take(Contribution(speaker=None), " ".join(child.tail.split()), section, goes_on=True)
        if element.tag in _SECTIONS or element.tag in PARTS:
            yield from self._scribe.write(self._sitting, section)

    def _title(self, element: Element) -> str | None:
        """Its title on one line, without the marks in it."""
        title = element.find("title")
        if title is None:
            return None
        words = _Words(self)
        words.read(title)
        return one_line(words.close())

    def _section(self, title: str | None, titles: tuple[str, ...]) -> Section:
        """A section begins; of several titles the highest is a department in written answers and statements."""
        sitting = self._sitting
        page = self._slugs.page(sitting.house, sitting.series, sitting.day, title)
        above = body_name(titles[0]).rstrip(".") if len(titles) > 1 else None
        heading = titles[-1] if titles else None
        return Section(
            heading=f"{above}: {heading}" if above and sitting.series not in _WRITTEN else heading,
            body=above if sitting.series in _WRITTEN else None,
            page=page,
            url=f"{SITE}/{page or day_page(sitting.house, sitting.series, sitting.day)}",
        )

    def _paragraph(self, element: Element, section: Section) -> None:
        """A paragraph; or a table, a list or a quotation outside of one, which belongs to what it follows."""
        words = _Words(self)
        words.read(element)
        text = f"{aside(words.speaker or '')} {words.close()}".strip(" \n")
        who = speaker(words.speaker or "")
        if who and words.constituency:
            who = replace(who, constituency=words.constituency)
        unmarked = unmarked_speaker(text) if who is None and element.tag == "p" else None
        if unmarked:
            who, text = speaker(unmarked[0]), unmarked[1]
        said = Contribution(speaker=who, id=element.get("id", ""), column=words.begins)
        if self._sitting.series == identifiers.WRITTEN_ANSWERS:
            unmarked = None if who else unmarked_asker(text)
            if unmarked:
                said.speaker, text = speaker(unmarked[0]), unmarked[1]
            said.is_question = asks(text) or (who is not None and ends_numbered(text))
        self._take(said, text, section, goes_on=element.tag != "p" or self._sitting.series in _WRITTEN)

    def _take(self, said: Contribution, text: str, section: Section, *, goes_on: bool) -> None:
        said.column = said.column or self.column
        said.add(text, self.column)
        if text or said.speaker:
            section.take(said, goes_on=goes_on, is_cut=self._is_cut)
            self._is_cut = False


class _Words:
    """The words of one element as plain text, without the marks in it, and who says them.

    A member named before any word is the speaker; one named later is part of what is said. `begins`: the column of the
    first word.
    """

    def __init__(self, part: _Part) -> None:
        self.speaker: str | None = None
        self.constituency: str | None = None
        self.begins: str | None = None
        self._part, self._writer = part, TextWriter()
        self._written: list[str] = []
        self._has_space = self._is_cut = False

    def read(self, element: Element) -> None:
        """All words of an element."""
        self._say(element.text)
        for child in element:
            self._child(child)
            self._say(child.tail)

    def close(self) -> str:
        """The text, without the colon that follows the speaker."""
        text = self._writer.close()
        return _COLON.sub(r"\1", text, count=1) if self.speaker else text

    def _child(self, child: Element) -> None:
        tag = child.tag
        if not isinstance(tag, str):
            return
        if tag in _NO_WORDS:
            self._is_cut = self._part.pass_by(child) or self._is_cut
            self._has_space = True
        elif tag == "member" and self.speaker is None and _ORDER_NUMBER.fullmatch("".join(self._written)):
            self._speaker(child)
        elif tag == "member" and self.speaker is None and self._is_office_before(child):
            office, self._writer, self._written = " ".join(self._written), TextWriter(), []
            self._speaker(child)
            self.speaker = f"{office} {self.speaker}"
        elif tag == "memberconstituency" and self.speaker and not self.constituency:
            self.constituency = _seat(child)
        elif tag in _INLINE:
            self.read(child)
        elif tag == "lb":
            self._writer.start("p", {})
        else:
            name = _BLOCKS.get(tag, tag)
            self._writer.start(name, {key: child.get(key, "") for key in ("colspan", "rowspan") if child.get(key)})
            self.read(child)
            self._writer.end(name)

    def _is_office_before(self, member: Element) -> bool:
        """Whether all words so far are the office of a member named in brackets, who alone is marked."""
        return "".join(self._written).startswith("The ") and (member.text or "").strip().startswith("(")

    def _speaker(self, member: Element) -> None:
        seat = member.find("memberconstituency")
        if seat is not None:
            self.constituency = _seat(seat)
        words = ("".join(text) for text in _texts_without(member, seat))
        self.speaker = " ".join("".join(words).split())
        self.begins = self._part.column
        for mark in member.iter("col"):
            self._part.pass_by(mark)

    def _say(self, text: str | None) -> None:
        words = (text or "").strip()
        if not words:
            self._has_space = self._has_space or bool(text)
            return
        if text and text[0].isspace():
            self._has_space = True
        is_cut_word = self._is_cut and self._written and self._written[-1].endswith("-") and words[0].islower()
        if self._has_space and not is_cut_word:
            self._writer.data(" ")
        self.begins = self.begins or self._part.column
        self._writer.data(words)
        self._written.append(words)
        self._has_space, self._is_cut = bool(text and text[-1].isspace()), False


def _texts_without(element: Element, left_out: Element | None) -> Iterator[str]:
    """The texts of an element but for one child and the marks in it."""
    yield element.text or ""
    for child in element:
        if child is not left_out and child.tag not in _NO_WORDS and isinstance(child.tag, str):
            yield from _texts_without(child, left_out)
        yield child.tail or ""


def _seat(element: Element) -> str | None:
    return one_line("".join(element.itertext()).strip(" ()"))


def _house_and_series(part: Element) -> tuple[House | None, str]:
    house, series = PARTS[str(part.tag)]
    if _STATEMENTS_TITLE.fullmatch(one_line(part.findtext("title")) or ""):
        series = identifiers.WRITTEN_STATEMENTS
    return house, series


def _day_of(part: Element) -> date | None:
    element = part.find("date")
    if element is not None:
        return _day(element)
    lines = ("".join(p.itertext()) for p in part.iter("p"))
    return next((day for line, _ in zip(lines, range(_FIRST_LINES), strict=False) if (day := printed_day(line))), None)


def _day(element: Element) -> date | None:
    try:
        return date.fromisoformat(element.get("format", ""))
    except ValueError:
        return printed_day("".join(element.itertext()))
