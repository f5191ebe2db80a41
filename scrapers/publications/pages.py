"""Records of the pages of a day: written answers of both Houses, written statements.

The pages of a day are read as one, for an answer may begin on one and end on the next. `elements` takes the mark-up apart;
here it is decided who asks and who answers. docs/sources.md lists the oddities of the pages.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

from monitor.errors import ParseError
from monitor.model.records import House, Kind
from monitor.model.sources import Parsed
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
from scrapers.publications.addresses import leads_to_pages
from scrapers.publications.elements import ColumnMark, Heading, Paragraph, read_elements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.model.sources import Payload
    from monitor.ports import Register
    from scrapers.publications.elements import PageElement

_PAGE_SEPARATOR: Final = re.compile(rb'<page url="([^"]*)"\s*/>\s*')
_FOLDER_DAY: Final = re.compile(r"hansrd/(?:cm|vo)(\d\d)(\d\d)(\d\d)/")
_CENTURY_TURN: Final = "80"
"""Years of two digits above it are of the last century."""
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
# Names of anchors that the typesetting system gives to questions, replies and headings.
_QUESTION_ANCHOR: Final = re.compile(r"_wqn\d|^qn_\d")
_REPLY_ANCHOR: Final = re.compile(r"_spnew\d|_spmin\d|^st_\d")
_DEPARTMENT_ANCHOR: Final = re.compile(r"_dpthd\d")
_SUBJECT_ANCHOR: Final = re.compile(r"_sbhd\d")
_NAMED: Final = re.compile(r"(?:\d{1,3}\.?\s+)?([A-Z][^:\[\]]{2,120}?)\s*((?:\[[^\]]{1,200}\])?\s*:)\s+(?=\S)")
_NUMBERED: Final = re.compile(r"\d{1,3}\.?\s+")
_LONGEST_DAY: Final = 40
"""Characters; no day is longer, even with the day of the week."""

_SPOKEN: Final = re.compile(
    rb"<a\s[^<>]{0,100}\bname\s*=\s*[\"']?[^\"'<>]{0,40}(?:_wqn\d|_spnew\d|_spmin\d|\bqn_\d|\bst_\d)"
    rb"|(?-i:\bTo\s+ask\b)|\basked\s+(?:Her|His)\s+Majesty",
    re.IGNORECASE,
)
_MARKED: Final = re.compile(
    rb"\bColumn(?:\s|&nbsp;)+(?:Number:?\s*)?[A-Z]{0,2}\s?\d|\bcolumn_|_(?:dpthd|sbhd|para|writ)\d|\bstpa_\d"
)
"""Mark of a column, or an anchor of the typesetting system."""
_TITLE: Final = re.compile(rb"<title[^<>]{0,100}>([^<]{0,300})", re.IGNORECASE)
_INDEX_TITLE: Final = re.compile(rb"\bindex\b|\bby date\b|\bcontents\b|\blist of (?:days|debates)\b", re.IGNORECASE)
_LINK: Final = re.compile(
    rb"<a\s[^<>]{0,200}\bhref\s*=\s*[\"']?[^\"'<>]{0,200}\.html?(?:#[^<>]{0,100})?[\"']?[^<>]{0,100}>(.{0,400}?)</a>",
    re.IGNORECASE | re.DOTALL,
)
_INVISIBLE: Final = re.compile(rb"<(script|style|head|noscript|form)\b.{0,5000}?</\1>", re.IGNORECASE | re.DOTALL)
_TAG: Final = re.compile(rb"<[^<>]{0,2000}>")
_INDEX_SAMPLE: Final = 200_000
"""Bytes of a page that tell whether most of it is links."""
_FEWEST_LINKS: Final = 5


def join_pages(pages: list[tuple[str, bytes]]) -> bytes:
    """Join pages, each with its address, into the one file that `read_pages` reads."""
    return b"".join(b'<page url="%s"/>\n%s\n' % (url.encode(), body) for url, body in pages)


def read_pages(payload: Payload, source: str, register: Register) -> Iterator[Parsed]:
    """Parse all records of a day's pages, or of one page; none of pages that only list others.

    A page of an error among them is an error of its own: its words would go on with the answer before it. Raises ParseError
    if no day is found, or no question and no statement.
    """
    pages = [(url, body) for url, body in _split_pages(payload) if not is_index(body)]
    if not pages:
        return
    others = [(url, body) for url, body in pages if not _is_of_hansard(body)]
    if len(others) < len(pages):
        pages = [page for page in pages if page not in others]
        yield from (_other_page(payload, url, body) for url, body in others)
    elements = [(url, list(read_elements(body))) for url, body in pages]
    day = _day_of(payload, elements)
    if day is None:
        raise ParseError(f"{payload.key} has no date, so it is no page of Hansard.", key=payload.key)
    marks = [item for _, items in elements for item in items if isinstance(item, ColumnMark)]
    if marks and not any(map(_series_of, marks)):
        raise ParseError(
            f"{payload.key} has no column of answers or statements: other pages are not read.", key=payload.key
        )
    addresses = f"{payload.key} {' '.join(url for url, _ in pages)}"
    session = _SESSION.search(addresses)
    sitting = Sitting(
        house=House.LORDS if _LORDS.search(addresses) else House.COMMONS,
        day=day,
        series=identifiers.WRITTEN_ANSWERS,
        session=identifiers.session_called(session[1], day) if session else identifiers.session_on(day),
    )
    reader = _DayReader(sitting, RecordWriter(source, "pub", register))
    records = [record for url, items in elements for record in reader.read(url, items)]
    records += reader.close()
    if all(record.proceeding is None or record.proceeding.kind is Kind.SPEECH for record in records):
        raise ParseError(
            f"{payload.key} holds no question and no statement, so it is no page of them.", key=payload.key
        )
    yield from records


def is_index(page: bytes) -> bool:
    """Decide whether a page only leads to others: a table of contents, an index, a list of what was published when.

    Its title says so, or most of its words are links to pages of Hansard; and it has no question and no reply.
    """
    if _SPOKEN.search(page):
        return False
    title = _TITLE.search(page)
    if title and _INDEX_TITLE.search(title[1]):
        return True
    sample = page[:_INDEX_SAMPLE]
    link_texts = [link[1] for link in _LINK.finditer(sample)]
    if len(link_texts) < _FEWEST_LINKS:
        return False
    letters_in_links = sum(len(_letters(text)) for text in link_texts)
    return letters_in_links * 2 > len(_letters(_INVISIBLE.sub(b" ", sample)))


def _is_of_hansard(page: bytes) -> bool:
    """Return whether a page has anything that pages of Hansard have, and an error page of the site has not."""
    return bool(_MARKED.search(page) or _SPOKEN.search(page)) or leads_to_pages(page)


def _other_page(payload: Payload, url: str, body: bytes) -> Parsed:
    text = f"{url} is no page of Hansard, but an error page for example: it is left out of {payload.key}."
    return Parsed(key=url.rpartition("/")[2], error=ParseError(text, key=payload.key), excerpt=body)


def _split_pages(payload: Payload) -> list[tuple[str, bytes]]:
    """Split a file into its pages, each with its address."""
    pieces = _PAGE_SEPARATOR.split(payload.body)
    pages = [(payload.url, pieces[0])] if pieces[0].strip() else []
    pages += [(url.decode(), body) for url, body in zip(pieces[1::2], pieces[2::2], strict=True)]
    return pages


def _letters(mark_up: bytes) -> bytes:
    """Return the letters and digits between tags."""
    return b"".join(re.findall(rb"\w+", _TAG.sub(b" ", mark_up)))


def _series_of(mark: ColumnMark) -> str | None:
    """Return the series whose columns a mark counts; None for those of debates, and for columns without letters."""
    parts = identifiers.column_parts(column_name(mark.column, House.COMMONS, "") or "")
    return _SERIES.get(parts[1]) if parts else None


def _day_of(payload: Payload, pages: list[tuple[str, list[PageElement]]]) -> date | None:
    """Find the day of publication: in the addresses, else in the first mark, else in a heading."""
    for url in (payload.url, *(url for url, _ in pages), payload.key):
        match = _FOLDER_DAY.search(url)
        century = "19" if match and match[1] > _CENTURY_TURN else "20"
        if match and (day := _date(century + match[1], match[2], match[3])):
            return day
    match = _KEY_DAY.search(payload.key)
    if match and (day := _date(*match.groups())):
        return day
    elements = [element for _, items in pages for element in items]
    in_marks = (element.day for element in elements if isinstance(element, ColumnMark) and element.day)
    in_headings = (find_day(element.text) for element in elements if isinstance(element, Heading))
    return next((day for day in (*in_marks, *in_headings) if day), None)


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


class _DayReader:
    """Reads the elements of a day, page after page. A section is written when the next begins."""

    def __init__(self, sitting: Sitting, writer: RecordWriter) -> None:
        self._sitting, self._writer = sitting, writer
        self._section = Section()
        self._column: str | None = None
        self._is_cut = False
        self._has_marked_departments = False  # else departments are the headings in capitals

    def read(self, url: str, elements: list[PageElement]) -> Iterator[Parsed]:
        """Parse the records that end on a page."""
        self._is_cut = True
        has_begun = False
        has_marks = any(isinstance(element, ColumnMark) for element in elements)
        if self._column is None:
            self._column = self._column_before_first_mark(elements)
        for element in elements:
            if isinstance(element, ColumnMark):
                has_begun = True
                yield from self._read_mark(element)
            elif isinstance(element, Heading):
                has_begun = True
                yield from self._read_heading(element)
            elif has_begun or not has_marks or element.anchors:
                # Above the first mark stand links to other pages, and the title of the series.
                self._read_paragraph(element, url)

    def close(self) -> Iterator[Parsed]:
        """Write the records of the last section."""
        yield from self._writer.write(self._sitting, self._section)

    def _column_before_first_mark(self, elements: list[PageElement]) -> str | None:
        """Find the column in which a page begins: some first pages of a day leave out its mark."""
        first = next((place for place, element in enumerate(elements) if isinstance(element, ColumnMark)), 0)
        before = (name for element in elements[:first] if isinstance(element, Paragraph) for name in element.anchors)
        mark = elements[first] if elements else None
        if not isinstance(mark, ColumnMark) or not any(map(_QUESTION_ANCHOR.search, before)):
            return None
        name = column_name(mark.column, self._sitting.house, self._sitting.series)
        parts = identifiers.column_parts(name or "")
        return f"{parts[0] - 1}{parts[1]}" if parts and parts[0] > 1 else None

    def _read_mark(self, mark: ColumnMark) -> Iterator[Parsed]:
        yield from self._turn_to(_series_of(mark) or self._sitting.series)
        if "WA" in mark.column.upper():
            self._sitting = replace(self._sitting, house=House.LORDS)
        self._column = column_name(mark.column, self._sitting.house, self._sitting.series)
        self._is_cut = True

    def _turn_to(self, series: str) -> Iterator[Parsed]:
        """Begin another series."""
        if series != self._sitting.series:
            yield from self.close()
            self._sitting = replace(self._sitting, series=series)
            self._section = Section()

    def _read_heading(self, heading: Heading) -> Iterator[Parsed]:
        text = _CONTINUED.sub("", heading.text)
        if _STATEMENTS.fullmatch(text):
            yield from self._turn_to(identifiers.WRITTEN_STATEMENTS)
            return
        if _ANSWERS.fullmatch(text):
            yield from self._turn_to(identifiers.WRITTEN_ANSWERS)
            return
        if heading.level == 1 or find_day(text) == self._sitting.day:
            return
        yield from self.close()
        is_subject = any(map(_SUBJECT_ANCHOR.search, heading.anchors))
        is_marked = any(map(_DEPARTMENT_ANCHOR.search, heading.anchors)) or "uppercase" in heading.style
        self._has_marked_departments = self._has_marked_departments or is_marked
        is_capitals = text.isupper() and not is_subject and not self._has_marked_departments
        if is_marked or is_capitals:
            self._section = Section(body=body_name(text))
        else:
            self._section = Section(heading=text, body=self._section.body)
        self._is_cut = False

    def _read_paragraph(self, paragraph: Paragraph, url: str) -> None:
        # Of several the last counts: one before it may be that of a question whose words were lost.
        anchors = [name for name in paragraph.anchors if _QUESTION_ANCHOR.search(name) or _REPLY_ANCHOR.search(name)]
        has_reply_anchor = bool(anchors) and _REPLY_ANCHOR.search(anchors[-1]) is not None
        has_question_anchor = bool(anchors) and not has_reply_anchor
        name, text = _split_name(paragraph, has_anchor=has_question_anchor or has_reply_anchor)
        if not name and _is_day(text, self._sitting.day):
            return
        body = self._section.body
        if body and body.endswith(" and") and text.isupper():  # its heading ended a line too early
            self._section.body = body_name(f"{body} {text}".upper())
            return
        contribution = Contribution(speaker=read_speaker(name), column=self._column, url=_address_of(paragraph, url))
        if self._sitting.series == identifiers.WRITTEN_ANSWERS:
            has_speaker = contribution.speaker is not None
            begins = begins_as_question(text) and (has_speaker or has_question_anchor)
            ends = has_speaker and ends_with_number(text) and not has_reply_anchor
            contribution.is_question = begins or ends or (has_question_anchor and has_speaker)
        contribution.add(text, self._column)
        contribution.links += paragraph.links
        self._section.add(contribution, continues=True, is_cut=self._is_cut and not paragraph.is_table)
        self._is_cut = False


def _split_name(paragraph: Paragraph, *, has_anchor: bool) -> tuple[str, str]:
    """Split a paragraph into the name at its start, "" if it has none, and the rest.

    Names are bold, with the colon in the bold or behind it, or behind a note in brackets. Without bold the colon tells, but
    only together with an anchor or the words "To ask"; else any sentence with a colon would have a speaker. The number of an
    oral question stands before the bold or in it ("23 Ann Otherly:"); then the colon alone does not tell either.
    """
    text = paragraph.text
    start = match.end() if (match := _NUMBERED.match(text)) else 0
    number = _NUMBERED.match(paragraph.lead)
    lead = paragraph.lead[number.end() :] if number else paragraph.lead
    lead = lead[: lead.find(":") + 1] or lead  # the bold may end too late: "Ann Otherly: To"
    if lead and text[start:].startswith(lead):
        rest = text[start + len(lead) :].lstrip()
        is_name = begins_as_question(rest) or has_anchor
        is_name = is_name or (number is None and (lead.endswith(":") or rest.startswith((":", "["))))
        if is_name:
            return lead.strip(" :"), rest.lstrip(" :")
    match = _NAMED.match(text)
    if match and not lead and (has_anchor or begins_as_question(text[match.end() :])):
        return match[1], f"{match[2]} {text[match.end() :]}".lstrip(" :")
    return "", text


def _is_day(text: str, day: date) -> bool:
    """Return whether a line is nothing but the day of the sitting, as it stands below the title."""
    return len(text) < _LONGEST_DAY and text.rstrip(".").endswith(str(day.year)) and find_day(text) == day


def _address_of(paragraph: Paragraph, url: str) -> str | None:
    """Return the page at the paragraph's anchor; None for a page that is a file of this machine."""
    if url.startswith("file:"):
        return None
    anchors = sorted(
        paragraph.anchors, key=lambda name: not (_QUESTION_ANCHOR.search(name) or _REPLY_ANCHOR.search(name))
    )
    return f"{url}#{anchors[0]}" if anchors else url
