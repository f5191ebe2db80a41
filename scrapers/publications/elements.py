"""Elements of a page in the order of print: marks of columns, headings, paragraphs and tables.

The pages were made by machines from typesetting, so their mark-up says little about their structure. A column mark may stand
between paragraphs or in the middle of a sentence, paragraphs stand in lists without items and in tables that only lay the
page out, and tags are left open. Only the order of print is reliable.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString

from scrapers.hansard.notation import COLUMN_MARK, read_column_mark
from scrapers.markup import one_line, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from monitor.model.records import Link

_LONGEST_MARK: Final = 80
"""Characters; the mark of a column is shorter."""
_INLINE: Final = frozenset(
    "a abbr acronym b big br cite code em font i nobr notus-date s small span strike strong sub sup tt u".split()  # noqa: SIM905 - reads best so
)
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_INVISIBLE: Final = frozenset({"head", "script", "style", "title", "form", "noscript"})
_CONTENT_ANCHOR: Final = re.compile(r"_(?:dpthd|sbhd|wqn|spnew|spmin|para|writ)\d|^column_|^(?:qn|st|stpa)_\d")
_NAVIGATION: Final = re.compile(
    r"previous section|next section|(?:back to )?table of contents|contents|index|"
    r"(?:(?:lords|commons) )?(?:hansard )?home page"
)
_FRAME: Final = re.compile(
    r"footer|bottomNavigation|banner|header$|top_nav|main_nav|secondary[-_]nav|navigation$|breadcrumb|navLinks|skiplink"
)
"""Beginnings of ids and classes of the elements around the report, since 2006."""
_COPYRIGHT: Final = re.compile(r"(?:\u00a9\s*)?Parliamentary copyright\b|Prepared:? \d", re.IGNORECASE)
_HEADER_END: Final = re.compile(rb"<!--\s*end of page header\s*-->", re.IGNORECASE)
_FOOTER: Final = re.compile(rb"</td>\s*</tr>\s*</table>\s*<hr|<!--\s*(?:start|begin) of page footer", re.IGNORECASE)
_CHARSET: Final = re.compile(
    rb"charset\s*=\s*[\"']?\s*([\w-]+)|<\?xml[^>]*\bencoding\s*=\s*[\"']([\w-]+)", re.IGNORECASE
)
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*>")
_CP1252_CONTROLS: Final = re.compile("[\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class ColumnMark:
    """Beginning of a column ("1366W"), or its continuation on another page; with the day if it is printed."""

    column: str
    day: date | None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, with the names of the anchors before and in it, and the style of its tag."""

    text: str
    level: int
    anchors: tuple[str, ...]
    style: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, a list or a table. `lead`: the bold words at its start, often a name. `is_table`: a table or a list."""

    text: str
    lead: str
    anchors: tuple[str, ...]
    links: tuple[Link, ...] = ()
    is_table: bool = False


PageElement = ColumnMark | Heading | Paragraph


@dataclass(slots=True)
class _OpenParagraph:
    """A paragraph that is being read, as mark-up. `has_words`: words that are not bold came, so that no name follows."""

    html: list[str] = field(default_factory=list)
    lead: list[str] = field(default_factory=list)
    has_words: bool = False


def read_elements(page: bytes) -> Iterator[PageElement]:
    """Read the elements of a page, without the links from page to page."""
    begin = _HEADER_END.search(page)
    body = page[begin.end() :] if begin else page
    if begin and (ends := list(_FOOTER.finditer(body))):
        body = body[: ends[-1].start()]  # an earlier match is a table with a rule below it
    soup = BeautifulSoup(_decode(page, body), "lxml")
    yield from _ElementReader().read(soup.body or soup)


def _decode(page: bytes, body: bytes) -> str:
    """Decode a page. Whatever they declare, pages with one byte a character are Windows-1252; so are stray controls."""
    match = _CHARSET.search(page[:2048])
    declared = (match[1] or match[2]).decode().lower() if match else ""
    try:
        text = body.decode("ascii" if declared and "utf" not in declared else "utf-8")
    except UnicodeDecodeError:
        text = body.decode("cp1252", "replace")
    text = _DECLARATION.sub("", text)
    return _CP1252_CONTROLS.sub(lambda found: found[0].encode("latin-1").decode("cp1252", "replace"), text)


class _ElementReader:
    """Walks over a page and gives its elements."""

    def __init__(self) -> None:
        self._paragraph = _OpenParagraph()
        self._anchors: list[str] = []

    def read(self, element: Tag) -> Iterator[PageElement]:
        """Read all of an element. An inline element does not end the open paragraph."""
        for child in element.children:
            if isinstance(child, Tag):
                yield from self._read_tag(child)
            elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
                yield from self._read_text(str(child))
        if element.name not in _INLINE:
            yield from self._end_paragraph()

    def _read_tag(self, tag: Tag) -> Iterator[PageElement]:
        if tag.name in _INVISIBLE or _is_frame(tag) or _is_navigation(tag):
            return
        self._note_anchor(tag)
        if mark := _read_mark(tag):
            yield from self._end_paragraph()
            yield mark
        elif tag.name in _HEADINGS:
            yield from self._end_paragraph()
            yield from self._read_heading(tag)
        elif tag.name in _INLINE:
            yield from self._read_inline(tag)
        elif (tag.name == "table" and not _is_layout(tag)) or (tag.name in ("ul", "ol") and tag.find("li")):
            yield from self._end_paragraph()
            yield from self._read_whole(tag)
        else:
            yield from self._end_paragraph()
            yield from self.read(tag)

    def _note_anchor(self, tag: Tag) -> None:
        if name := tag.get("name") or (tag.get("id") if tag.name == "a" else None):
            self._anchors.append(str(name))

    def _read_text(self, text: str) -> Iterator[PageElement]:
        """Read words, among which a mark of a column may stand without any tag."""
        done = 0
        for match in COLUMN_MARK.finditer(text) if "Column" in text else ():
            mark = read_column_mark(match[0]) if match["day"] else None
            if mark:
                self._write(text[done : match.start()])
                yield from self._end_paragraph()
                yield ColumnMark(*mark)
                done = match.end()
        self._write(text[done:])

    def _write(self, text: str) -> None:
        self._paragraph.html.append(html.escape(text))
        if self._paragraph.lead and not self._paragraph.has_words and text.isspace():
            self._paragraph.lead.append(" ")
        self._paragraph.has_words = self._paragraph.has_words or any(char.isalpha() for char in text)

    def _read_inline(self, tag: Tag) -> Iterator[PageElement]:
        if tag.name == "br":
            self._paragraph.html.append("<br>")
            return
        is_lead = (
            tag.name in ("b", "strong") and not self._paragraph.has_words and not tag.find(["p", "table", *_HEADINGS])
        )
        if is_lead and not tag.find_parent(["b", "strong"]):  # since 2008 names are bold twice over
            self._paragraph.lead.append(tag.get_text())
        opening, closing = _html_tags(tag)
        self._paragraph.html.append(opening)
        yield from self.read(tag)
        self._paragraph.html.append(closing)
        if is_lead:
            self._paragraph.has_words = False

    def _read_heading(self, tag: Tag) -> Iterator[PageElement]:
        for inner in tag.find_all(True):
            self._note_anchor(inner)
        text = one_line(tag.get_text(" "))
        if text:
            yield Heading(text, int(tag.name[1]), self._take_anchors(), str(tag.get("style", "")))

    def _read_whole(self, tag: Tag) -> Iterator[Paragraph]:
        text, links = plain_text(str(tag))
        if text:
            yield Paragraph(text, "", self._take_anchors(), links, is_table=True)

    def _end_paragraph(self) -> Iterator[Paragraph]:
        text, links = plain_text(f"<p>{''.join(self._paragraph.html)}</p>")
        lead = one_line("".join(self._paragraph.lead)) or ""
        self._paragraph = _OpenParagraph()
        if text and not _COPYRIGHT.match(text):
            yield Paragraph(text, lead, self._take_anchors(), links)

    def _take_anchors(self) -> tuple[str, ...]:
        anchors, self._anchors = tuple(self._anchors), []
        return anchors


def _html_tags(tag: Tag) -> tuple[str, str]:
    """Return an inline tag for `plain_text`: only links and raised figures matter there."""
    if tag.name == "sup":
        return "<sup>", "</sup>"
    href = tag.get("href") if tag.name == "a" else None
    return (f'<a href="{html.escape(str(href))}">', "</a>") if href else ("", "")


def _read_mark(tag: Tag) -> ColumnMark | None:
    """Read a short element as the mark of a column; None if it is not one."""
    if tag.name not in ("p", "i", "b", "em", "strong", "div", "center", "font"):
        return None
    text = one_line(tag.get_text(" "))
    if not text or "Column" not in text or len(text) >= _LONGEST_MARK:
        return None
    mark = read_column_mark(text)
    return ColumnMark(*mark) if mark else None


def _is_layout(table: Tag) -> bool:
    """Return whether a table lays the page out: it holds headings, questions, answers or another table."""
    if table.find([*_HEADINGS, "table"]):
        return True
    return any(_CONTENT_ANCHOR.search(str(anchor.get("name") or "")) for anchor in table.find_all("a"))


def _is_frame(tag: Tag) -> bool:
    """Return whether an element belongs to the frame that stands around every page of the site."""
    names = (tag.get("id"), *tag.get_attribute_list("class"))
    return tag.name in ("div", "ul") and any(_FRAME.match(str(name)) for name in names if name)


def _is_navigation(tag: Tag) -> bool:
    """Return whether an element does nothing but lead to other pages."""
    if tag.name not in ("a", "p", "div", "table", "td", "center", "font", "b", "i"):
        return False
    if not (tag.name == "a" and tag.get("href")) and not tag.find("a", href=True):
        return False
    words = (one_line(tag.get_text(" ")) or "").lower().replace("|", " ")
    return bool(words.strip()) and not _NAVIGATION.sub("", words).strip()
