"""The pages of a day of publications.parliament.uk: written answers of both Houses, written statements.

Pages of a day are read as one, for an answer may begin on one and end on the next. What is odd about them, and how each is
met, stands in docs/sources.md; `elements` takes the mark-up apart, here it is told who asks and who answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from monitor.errors import ParseError
from monitor.model.records import House, Kind
from monitor.parliament import identifiers
from scrapers.hansard.notation import (
    begins_as_question,
    body_name,
    column_name,
    ends_with_number,
    find_day,
    read_speaker,
)
from scrapers.hansard.transcript import Contribution, RecordWriter, Section, Sitting
from scrapers.publications.elements import Heading, Mark, Paragraph, read_tape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model.sources import Parsed, Payload
    from monitor.ports import Register

_PAGE: Final = re.compile(rb'<page url="([^"]*)"\s*/>\s*')
_FOLDER_DAY: Final = re.compile(r"hansrd/(?:cm|vo)(\d\d)(\d\d)(\d\d)/")
_KEY_DAY: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_SESSION: Final = re.compile(r"/(?:cm|ld)(\d{6})/")
_LORDS: Final = re.compile(r"\bld\d{6}\b|ldhansrd|^lords/")
_SERIES: Final = {
    "W": identifiers.WRITTEN_ANSWERS,
    "WA": identifiers.WRITTEN_ANSWERS,
    "WS": identifiers.WRITTEN_STATEMENTS,
}
_STATEMENTS: Final = re.compile(r"written (?:ministerial )?statements?", re.IGNORECASE)
_ANSWERS: Final = re.compile(r"written answers?(?: to questions)?", re.IGNORECASE)
_CONTINUED: Final = re.compile(
    r"(?<![\s\u2014\u2013-])[\s\u2014\u2013-]*[\u2014\u2013-]\s*continued\s*$", re.IGNORECASE
)
_ASKED: Final = re.compile(r"_wqn\d|^qn_\d")
_REPLIED: Final = re.compile(r"_spnew\d|_spmin\d|^st_\d")
_DEPARTMENT: Final = re.compile(r"_dpthd\d")
_SUBJECT: Final = re.compile(r"_sbhd\d")
_NAMED: Final = re.compile(r"(?:\d{1,3}\.?\s+)?([A-Z][^:\[\]]{2,120}?)\s*((?:\[[^\]]{1,200}\])?\s*:)\s+(?=\S)")
_NUMBERED: Final = re.compile(r"\d{1,3}\.?\s+")


_SPOKEN: Final = re.compile(
    rb"<a\s[^<>]{0,100}\bname\s*=\s*[\"']?[^\"'<>]{0,40}(?:_wqn\d|_spnew\d|_spmin\d|\bqn_\d|\bst_\d)"
    rb"|(?-i:\bTo\s+ask\b)|\basked\s+(?:Her|His)\s+Majesty",
    re.IGNORECASE,
)
_TITLE: Final = re.compile(rb"<title[^<>]{0,100}>([^<]{0,300})", re.IGNORECASE)
_INDEX: Final = re.compile(rb"\bindex\b|\bby date\b|\bcontents\b|\blist of (?:days|debates)\b", re.IGNORECASE)
_LINK: Final = re.compile(
    rb"<a\s[^<>]{0,200}\bhref\s*=\s*[\"']?[^\"'<>]{0,200}\.html?(?:#[^<>]{0,100})?[\"']?[^<>]{0,100}>(.{0,400}?)</a>",
    re.IGNORECASE | re.DOTALL,
)
_UNSEEN: Final = re.compile(rb"<(script|style|head|noscript|form)\b.{0,5000}?</\1>", re.IGNORECASE | re.DOTALL)
_TAG: Final = re.compile(rb"<[^<>]{0,2000}>")
_ENOUGH: Final = 200_000
"""Bytes of a page that tell whether most of it is links."""
_FEWEST_LINKS: Final = 5


def glue(pages: list[tuple[str, bytes]]) -> bytes:
    """Pages, each with its address, as the one file that `read_pages` reads."""
    return b"".join(b'<page url="%s"/>\n%s\n' % (url.encode(), body) for url, body in pages)


def read_pages(payload: Payload, source: str, register: Register) -> Iterator[Parsed]:
    """All records of a day's pages, or of one page; none of a page that only lists others.

    Raises ParseError where no day is told, or where nobody asks or states anything, as on a page of an error.
    """
    pieces = _PAGE.split(payload.body)
    pages = [(payload.url, pieces[0])] if pieces[0].strip() else []
    pages += [(url.decode(), body) for url, body in zip(pieces[1::2], pieces[2::2], strict=True)]
    pages = [(url, body) for url, body in pages if not is_index(body)]
    if not pages:
        return
    tape = [(url, list(read_tape(body))) for url, body in pages]
    day = _day_of(payload, tape)
    if day is None:
        raise ParseError(f"{payload.key} tells no day, so it is no page of Hansard.", key=payload.key)
    marks = [item for _, items in tape for item in items if isinstance(item, Mark)]
    if marks and not any(map(_series_of, marks)):
        raise ParseError(
            f"{payload.key} has no column of answers or statements: other pages are not read.", key=payload.key
        )
    where = f"{payload.key} {' '.join(url for url, _ in pages)}"
    session = _SESSION.search(where)
    sitting = Sitting(
        house=House.LORDS if _LORDS.search(where) else House.COMMONS,
        day=day,
        series=identifiers.WRITTEN_ANSWERS,
        session=identifiers.session_called(session[1], day) if session else identifiers.session_on(day),
    )
    reader = _Reader(sitting, RecordWriter(source, "pub", register))
    records = [record for url, items in tape for record in reader.read(url, items)]
    records += reader.close()
    if all(record.proceeding is None or record.proceeding.kind is Kind.SPEECH for record in records):
        raise ParseError(
            f"{payload.key} holds no question and no statement, so it is no page of them.", key=payload.key
        )
    yield from records


def is_index(page: bytes) -> bool:
    """Decide whether a page only leads to others: a table of contents, an index, a list of what was published when.

    Its title says so, or most of its words are links to pages of Hansard; and nobody asks or answers there.
    """
    if _SPOKEN.search(page):
        return False
    title = _TITLE.search(page)
    if title and _INDEX.search(title[1]):
        return True
    page = page[:_ENOUGH]
    links = sum(len(_letters(link[1])) for link in _LINK.finditer(page))
    return len(_LINK.findall(page)) >= _FEWEST_LINKS and links * 2 > len(_letters(_UNSEEN.sub(b" ", page)))


def _letters(mark_up: bytes) -> bytes:
    """The letters and figures between tags."""
    return b"".join(re.findall(rb"\w+", _TAG.sub(b" ", mark_up)))


def _series_of(mark: Mark) -> str | None:
    """The series whose columns a mark counts; None for those of debates, and where the letters were left out."""
    parts = identifiers.column_parts(column_name(mark.column, House.COMMONS, "") or "")
    return _SERIES.get(parts[1]) if parts else None


def _day_of(payload: Payload, tape: list[tuple[str, list[Mark | Heading | Paragraph]]]) -> date | None:
    """The day of publication: of the address, else of the first mark, else of a heading."""
    for url in (payload.url, *(url for url, _ in tape), payload.key):
        match = _FOLDER_DAY.search(url)
        if match and (day := _date(("19" if match[1] > "80" else "20") + match[1], match[2], match[3])):
            return day
    match = _KEY_DAY.search(payload.key)
    if match and (day := _date(*match.groups())):
        return day
    items = [item for _, each in tape for item in each]
    marks = (item.day for item in items if isinstance(item, Mark) and item.day)
    headings = (find_day(item.text) for item in items if isinstance(item, Heading))
    return next((day for day in (*marks, *headings) if day), None)


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Said:
    """A paragraph taken apart: who speaks ("" where it goes on), and what."""

    name: str
    text: str


class _Reader:
    """Reads the tape of a day, page after page; a section is told when the next begins."""

    def __init__(self, sitting: Sitting, scribe: RecordWriter) -> None:
        self._sitting, self._scribe = sitting, scribe
        self._section = Section()
        self._column: str | None = None
        self._is_cut = False
        self._marks_departments = False  # else capitals do

    def read(self, url: str, items: list[Mark | Heading | Paragraph]) -> Iterator[Parsed]:
        """The records that end on a page."""
        self._is_cut = True
        is_begun = False
        has_marks = any(isinstance(item, Mark) for item in items)
        if self._column is None:
            self._column = self._column_before_the_first_mark(items)
        for item in items:
            if isinstance(item, Mark):
                is_begun = True
                yield from self._mark(item)
            elif isinstance(item, Heading):
                is_begun = True
                yield from self._heading(item)
            elif is_begun or not has_marks or item.anchors:
                # Above the first mark stands what leads from page to page, and the title of the series.
                self._paragraph(item, url)

    def _column_before_the_first_mark(self, items: list[Mark | Heading | Paragraph]) -> str | None:
        """Some first pages of a day leave out the mark of the column that they begin in."""
        first = next((place for place, item in enumerate(items) if isinstance(item, Mark)), 0)
        before = (name for item in items[:first] if isinstance(item, Paragraph) for name in item.anchors)
        if not any(map(_ASKED.search, before)):
            return None
        mark = items[first]
        name = column_name(mark.column, self._sitting.house, self._sitting.series) if isinstance(mark, Mark) else None
        parts = identifiers.column_parts(name or "")
        return f"{parts[0] - 1}{parts[1]}" if parts and parts[0] > 1 else None

    def close(self) -> Iterator[Parsed]:
        """The records of the last section."""
        yield from self._scribe.write(self._sitting, self._section)

    def _mark(self, mark: Mark) -> Iterator[Parsed]:
        yield from self._turn_to(_series_of(mark) or self._sitting.series)
        if "WA" in mark.column.upper():
            self._sitting = replace(self._sitting, house=House.LORDS)
        self._column = column_name(mark.column, self._sitting.house, self._sitting.series)
        self._is_cut = True

    def _turn_to(self, series: str) -> Iterator[Parsed]:
        """Another series begins."""
        if series != self._sitting.series:
            yield from self.close()
            self._sitting = replace(self._sitting, series=series)
            self._section = Section()

    def _heading(self, heading: Heading) -> Iterator[Parsed]:
        text = _CONTINUED.sub("", heading.text)
        if _STATEMENTS.fullmatch(text) or _ANSWERS.fullmatch(text):
            yield from self._turn_to(
                identifiers.WRITTEN_STATEMENTS if _STATEMENTS.fullmatch(text) else identifiers.WRITTEN_ANSWERS
            )
            return
        if heading.level == 1 or find_day(text) == self._sitting.day:
            return
        yield from self.close()
        is_subject = any(map(_SUBJECT.search, heading.anchors))
        is_marked = any(map(_DEPARTMENT.search, heading.anchors)) or "uppercase" in heading.style
        self._marks_departments = self._marks_departments or is_marked
        if is_marked or (text.isupper() and not is_subject and not self._marks_departments):
            self._section = Section(body=body_name(text))
        else:
            self._section = Section(heading=text, body=self._section.body)
        self._is_cut = False

    def _paragraph(self, paragraph: Paragraph, url: str) -> None:
        is_asked = any(map(_ASKED.search, paragraph.anchors))
        is_replied = any(map(_REPLIED.search, paragraph.anchors))
        said = _take_apart(paragraph, is_marked=is_asked or is_replied)
        if not said.name and _is_day(said.text, self._sitting.day):
            return
        one = Contribution(speaker=read_speaker(said.name), column=self._column, url=_address(paragraph, url))
        if self._sitting.series == identifiers.WRITTEN_ANSWERS:
            begins = begins_as_question(said.text) and (one.speaker is not None or is_asked)
            ends = one.speaker is not None and ends_with_number(said.text) and not is_replied
            one.is_question = begins or ends or (is_asked and one.speaker is not None)
        one.add(said.text, self._column)
        one.links += paragraph.links
        self._section.add(one, continues=True, is_cut=self._is_cut and not paragraph.is_table)
        self._is_cut = False


def _take_apart(paragraph: Paragraph, *, is_marked: bool) -> _Said:
    """The name at the start of a paragraph, and the rest. `is_marked`: an anchor says that somebody begins to speak.

    Names are bold, with the colon in the bold or behind it, or behind a note in brackets. Where bold is missing, the colon
    tells, if an anchor or the words "To ask" bear it out; else any sentence with a colon would have a speaker.
    """
    text = paragraph.text
    start = match.end() if (match := _NUMBERED.match(text)) else 0
    if paragraph.lead and text[start:].startswith(paragraph.lead):
        rest = text[start + len(paragraph.lead) :].lstrip()
        if paragraph.lead.endswith(":") or rest.startswith((":", "[")) or begins_as_question(rest) or is_marked:
            return _Said(paragraph.lead.strip(" :"), rest.lstrip(" :"))
    match = _NAMED.match(text)
    if match and not paragraph.lead and (is_marked or begins_as_question(text[match.end() :])):
        return _Said(match[1], f"{match[2]} {text[match.end() :]}".lstrip(" :"))
    return _Said("", text)


def _is_day(text: str, day: date) -> bool:
    """Whether a line is nothing but the day of the sitting, as stands below the title."""
    return len(text) < 40 and text.rstrip(".").endswith(str(day.year)) and find_day(text) == day  # noqa: PLR2004 - no day is longer


def _address(paragraph: Paragraph, url: str) -> str | None:
    """The page, at the anchor of the paragraph where it has one; None for a page that is a file of this machine."""
    if url.startswith("file:"):
        return None
    named = [name for name in paragraph.anchors if _ASKED.search(name) or _REPLIED.search(name)]
    anchor = next(iter([*named, *paragraph.anchors]), "")
    return f"{url}#{anchor}" if anchor else url
