"""A page of publications.parliament.uk as a tape: marks of columns, headings, paragraphs and tables, one after the other.

The pages were made by machines from typesetting, so their mark-up says little about their structure: a column mark may stand
between paragraphs or within a word's reach of a sentence's middle, paragraphs stand in lists without items and in tables
that only lay the page out, tags are left open. What matters is the order of what is printed.
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

_INLINE: Final = frozenset(
    "a abbr acronym b big br cite code em font i nobr notus-date s small span strike strong sub sup tt u".split()  # noqa: SIM905 - reads best so
)
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN: Final = frozenset({"head", "script", "style", "title", "form", "noscript"})
_LAYOUT: Final = re.compile(r"_(?:dpthd|sbhd|wqn|spnew|spmin|para|writ)\d|^column_|^(?:qn|st|stpa)_\d")
_NAVIGATION: Final = re.compile(
    r"previous section|next section|(?:back to )?table of contents|contents|index|"
    r"(?:(?:lords|commons) )?(?:hansard )?home page"
)
_FRAME: Final = re.compile(
    r"footer|bottomNavigation|banner|header$|top_nav|main_nav|secondary[-_]nav|navigation$|breadcrumb|navLinks|skiplink"
)
"""Beginnings of the ids and classes of what stands around the report since 2006."""
_COPYRIGHT: Final = re.compile(r"(?:\u00a9\s*)?Parliamentary copyright\b|Prepared:? \d", re.IGNORECASE)
_HEADER_END: Final = re.compile(rb"<!--\s*end of page header\s*-->", re.IGNORECASE)
_FOOTER: Final = re.compile(rb"</td>\s*</tr>\s*</table>\s*<hr|<!--\s*(?:start|begin) of page footer", re.IGNORECASE)
_CHARSET: Final = re.compile(
    rb"charset\s*=\s*[\"']?\s*([\w-]+)|<\?xml[^>]*\bencoding\s*=\s*[\"']([\w-]+)", re.IGNORECASE
)
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*>")
_CONTROLS: Final = re.compile("[\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class Mark:
    """A column begins ("1366W"), or goes on where a page does; with its day where that is printed."""

    column: str
    day: date | None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, with the names of the anchors before and in it. `style`: that of its tag."""

    text: str
    level: int
    anchors: tuple[str, ...]
    style: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, a list or a table. `lead`: what stands in bold at its start, as names do. `is_table`: or a list."""

    text: str
    lead: str
    anchors: tuple[str, ...]
    links: tuple[Link, ...] = ()
    is_table: bool = False


@dataclass(slots=True)
class _Open:
    """A paragraph that is being read, as mark-up."""

    html: list[str] = field(default_factory=list)
    lead: list[str] = field(default_factory=list)
    has_words: bool = False
    """Whether words in another face than bold came, so that no name can follow."""


def read_tape(page: bytes) -> Iterator[Mark | Heading | Paragraph]:
    """What a page prints, without what leads from page to page."""
    begin = _HEADER_END.search(page)
    body = page[begin.end() :] if begin else page
    if begin and (ends := list(_FOOTER.finditer(body))):
        body = body[: ends[-1].start()]  # an earlier one is a table with a rule below it
    soup = BeautifulSoup(_decoded(page, body), "lxml")
    yield from _Tape().read(soup.body or soup)


def _decoded(page: bytes, body: bytes) -> str:
    """As text. Whatever they declare, pages of one byte a character are Windows-1252, and so are stray controls."""
    match = _CHARSET.search(page[:2048])
    declared = (match[1] or match[2]).decode().lower() if match else ""
    try:
        text = body.decode("ascii" if declared and "utf" not in declared else "utf-8")
    except UnicodeDecodeError:
        text = body.decode("cp1252", "replace")
    text = _DECLARATION.sub("", text)
    return _CONTROLS.sub(lambda found: found[0].encode("latin-1").decode("cp1252", "replace"), text)


class _Tape:
    """Walks over a page and tells what it meets."""

    def __init__(self) -> None:
        self._open = _Open()
        self._anchors: list[str] = []

    def read(self, element: Tag) -> Iterator[Mark | Heading | Paragraph]:
        """All of an element; a paragraph that is open goes on behind it."""
        for child in element.children:
            if isinstance(child, Tag):
                yield from self._tag(child)
            elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
                yield from self._text(str(child))
        if element.name not in _INLINE:
            yield from self._close()

    def _tag(self, tag: Tag) -> Iterator[Mark | Heading | Paragraph]:
        if tag.name in _UNSEEN or _is_frame(tag) or _is_navigation(tag):
            return
        self._note(tag)
        if mark := _mark(tag):
            yield from self._close()
            yield mark
        elif tag.name in _HEADINGS:
            yield from self._close()
            yield from self._heading(tag)
        elif tag.name in _INLINE:
            yield from self._inline(tag)
        elif (tag.name == "table" and not _is_layout(tag)) or (tag.name in ("ul", "ol") and tag.find("li")):
            yield from self._close()
            yield from self._whole(tag)
        else:
            yield from self._close()
            yield from self.read(tag)

    def _note(self, tag: Tag) -> None:
        if name := tag.get("name") or (tag.get("id") if tag.name == "a" else None):
            self._anchors.append(str(name))

    def _text(self, text: str) -> Iterator[Mark | Paragraph]:
        """Words, among which a mark of a column may stand without any tag."""
        at = 0
        for match in COLUMN_MARK.finditer(text) if "Column" in text else ():
            if match["day"] and (found := read_column_mark(match[0])):
                self._write(text[at : match.start()])
                yield from self._close()
                yield Mark(*found)
                at = match.end()
        self._write(text[at:])

    def _write(self, text: str) -> None:
        self._open.html.append(html.escape(text))
        if self._open.lead and not self._open.has_words and text.isspace():
            self._open.lead.append(" ")
        self._open.has_words = self._open.has_words or any(char.isalpha() for char in text)

    def _inline(self, tag: Tag) -> Iterator[Mark | Heading | Paragraph]:
        if tag.name == "br":
            self._open.html.append("<br>")
            return
        is_lead = tag.name in ("b", "strong") and not self._open.has_words and not tag.find(["p", "table", *_HEADINGS])
        if is_lead and not tag.find_parent(["b", "strong"]):  # since 2008 names are bold twice over
            self._open.lead.append(tag.get_text())
        opening, closing = _tags(tag)
        self._open.html.append(opening)
        yield from self.read(tag)
        self._open.html.append(closing)
        if is_lead:
            self._open.has_words = False

    def _heading(self, tag: Tag) -> Iterator[Mark | Heading]:
        for inner in tag.find_all(True):
            self._note(inner)
        text = one_line(tag.get_text(" "))
        if text:
            yield Heading(text, int(tag.name[1]), self._taken_anchors(), str(tag.get("style", "")))

    def _whole(self, tag: Tag) -> Iterator[Paragraph]:
        text, links = plain_text(str(tag))
        if text:
            yield Paragraph(text, "", self._taken_anchors(), links, is_table=True)

    def _close(self) -> Iterator[Paragraph]:
        text, links = plain_text(f"<p>{''.join(self._open.html)}</p>")
        lead = one_line("".join(self._open.lead)) or ""
        self._open = _Open()
        if text and not _COPYRIGHT.match(text):
            yield Paragraph(text, lead, self._taken_anchors(), links)

    def _taken_anchors(self) -> tuple[str, ...]:
        anchors, self._anchors = tuple(self._anchors), []
        return anchors


def _tags(tag: Tag) -> tuple[str, str]:
    """An inline tag as plain text wants to see it: only where a link leads matters."""
    href = tag.get("href") if tag.name == "a" else None
    return (f'<a href="{html.escape(str(href))}">', "</a>") if href else ("", "")


def _mark(tag: Tag) -> Mark | None:
    """The mark that a short element is, whatever its tag."""
    text = one_line(tag.get_text(" ")) if tag.name in ("p", "i", "b", "em", "strong", "div", "center", "font") else None
    found = read_column_mark(text) if text and "Column" in text and len(text) < 80 else None  # noqa: PLR2004 - no mark is longer
    return Mark(*found) if found else None


def _is_layout(table: Tag) -> bool:
    """Whether a table lays the page out: it holds headings, questions, answers or another table."""
    if table.find([*_HEADINGS, "table"]):
        return True
    return any(_LAYOUT.search(str(anchor.get("name") or "")) for anchor in table.find_all("a"))


def _is_frame(tag: Tag) -> bool:
    """Whether an element holds what stands around every page of the site."""
    names = (tag.get("id"), *tag.get_attribute_list("class"))
    return tag.name in ("div", "ul") and any(_FRAME.match(str(name)) for name in names if name)


def _is_navigation(tag: Tag) -> bool:
    """Whether an element does nothing but lead to other pages."""
    if tag.name not in ("a", "p", "div", "table", "td", "center", "font", "b", "i"):
        return False
    if not (tag.name == "a" and tag.get("href")) and not tag.find("a", href=True):
        return False
    words = (one_line(tag.get_text(" ")) or "").lower().replace("|", " ")
    return bool(words.strip()) and not _NAVIGATION.sub("", words).strip()
