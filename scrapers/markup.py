"""Mark-up to plain text, once: every offset in the archive is a code point of what these functions return.

The rules, which `monitor.model.records.TEXT_RULES` numbers:

- Paragraphs, headings and other blocks stand apart by a blank line, list items and table rows by a line, cells by a tab.
  A `<br>` is a line, two of them a paragraph. Inside a cell everything stays on the row's line; inside a list item a
  paragraph is a line. Blocks without a visible word vanish.
- A table is laid out on its grid (`scrapers.tables`): empty cells keep their tab, and a cell that spans others has its text
  in the first place and leaves the rest empty, so that each figure has as many tabs before it as its heading. Only the empty
  cells at the end of a row, and rows without a word, go unseen. A text may begin with a tab.
- Inline tags (`sub`, `sup`, `em`, `strong`, `a`, `span`) neither break words nor add spaces.
- Entities become characters. Any run of white space, no-break and thin spaces too, becomes one plain space. Quotation marks,
  dashes and accents stay as they were typed.
- Soft hyphens, zero-width marks, marks of writing direction, control characters and lone surrogates are kept out.
- Links are kept beside the text, where they lead to http, https or mailto.

lxml's event parser, all these rules included, takes half the time that BeautifulSoup takes to build its tree alone (70 and
140 microseconds for a mean answer of the questions API). Events and no tree also because libxml2's tree drops what is nested
more than 2,048 deep.
"""

from __future__ import annotations

import html as entities
import re
from typing import Final

from lxml import etree

from monitor.errors import ParseError
from monitor.model.records import Link
from scrapers.tables import DEEPEST, Room, Table

MAX_LENGTH: Final = 20_000_000
"""Characters of mark-up that are still read; the longest answer on record has under 200,000."""

_JOIN, _LINE, _PARAGRAPH = 0, 1, 2
_MARKS: Final = {_LINE: "\n", _PARAGRAPH: "\n\n"}

_INLINE: Final = frozenset(
    """
    a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rp rt ruby s samp small
    span strike strong sub sup time tt u var wbr
""".split()  # noqa: SIM905 - reads best so
)
_UNSEEN: Final = frozenset(
    {"head", "iframe", "math", "noscript", "object", "script", "style", "svg", "template", "title"}
)
_CELLS: Final = frozenset({"td", "th"})
_ROW_GROUPS: Final = frozenset({"tbody", "thead", "tfoot"})
_LINES: Final = frozenset({"li", "dt", "dd", "tr", "option"})
_SCHEMES: Final = ("http://", "https://", "mailto:")

_KEPT_OUT: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffc\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]+"
)
_LONG_NUMBER: Final = re.compile(r"&#([0-9]{20,});?")
_TAG: Final = re.compile(r"<[a-zA-Z/!?]")
_LINE_ENDS: Final = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_PARAGRAPH_ENDS: Final = re.compile(r"\n\s*\n")


def unescaped(text: str) -> str:
    """The text with its entities resolved, also where one has a number too long for a number."""
    return entities.unescape(_LONG_NUMBER.sub(lambda long: f"&#{long[1].lstrip('0')[:8] or '0'};", text))


def plain_text(html: str) -> tuple[str, tuple[Link, ...]]:
    """The words of an answer and its links, in reading order.

    A text without any tag is plain already: its line ends stay, its entities are resolved. Raises ParseError for a text
    longer than `MAX_LENGTH`.
    """
    if len(html) > MAX_LENGTH:
        raise ParseError(
            f"A text of {len(html):,} characters is longer than any answer: it is kept as it came, unread."
        )
    cleaned = _KEPT_OUT.sub("", html)
    if not _TAG.search(cleaned):
        return _lines(_KEPT_OUT.sub("", unescaped(cleaned))), ()
    writer = Writer()
    # Neither a <meta> nor an <?xml?> in the text has a say in how it is decoded.
    parser = etree.HTMLParser(  # type: ignore[call-overload]  # the stubs ask for optional methods too
        target=writer, encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
    )
    parser.feed(cleaned.encode())
    text: str = parser.close()
    return text, tuple(writer.links)


def plain_question(text: str) -> str:
    """The words of a text that has no mark-up, as questions and headings: `<` and `&` mean themselves."""
    return _lines(_KEPT_OUT.sub("", text))


def inline_text(text: str) -> str:
    """Words that stand in one paragraph, cell or heading of mark-up, its tags taken out: all white space is one space."""
    return " ".join(_KEPT_OUT.sub("", text).split())


def one_line(text: str | None) -> str | None:
    """A name or title on one line, without what no archive can store (NUL, halves of surrogate pairs); None if empty."""
    if text and text.isprintable():
        return " ".join(text.split()) or None
    kept = "".join(char for char in text or "" if char.isprintable() or char.isspace())
    return " ".join(kept.split()) or None


def _lines(text: str) -> str:
    """Plain text with its lines and paragraphs, white space collapsed within them."""
    if "\n" not in text and not _LINE_ENDS.search(text):
        return " ".join(text.split())
    paragraphs = _PARAGRAPH_ENDS.split(_LINE_ENDS.sub("\n", text))
    lines = ("\n".join(filter(None, (" ".join(line.split()) for line in part.split("\n")))) for part in paragraphs)
    return "\n\n".join(filter(None, lines))


class Writer:
    """Takes a parser's events and writes the text; `links` grows as links end.

    Any other reader of mark-up may drive it too, by `start`, `data`, `end` and at last `close`.
    """

    def __init__(self) -> None:
        self.links: list[Link] = []
        self._out: list[str] = []
        self._before = _JOIN  # the strongest break since the last word
        self._space = False  # white space since the last word
        self._items = self._unseen = 0  # how many of these are open
        self._tables: list[Table] = []  # those that are open, the outermost first
        self._too_deep = 0  # tables open that are nested too deep to be laid out
        self._room = Room()
        self._href: str | None = None
        self._anchor: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """A tag opens."""
        if tag in _INLINE:
            if tag == "a":
                self._end_link()
                self._href = attributes.get("href")
            return
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "table":
            self._start_table()
        elif tag in _CELLS:
            self._start_cell(attributes)
        elif tag in _ROW_GROUPS or tag == "tr":
            self._end_rows(tag)
            if self._tables and not self._too_deep and tag == "tr":
                self._tables[-1].start_row()
        elif tag == "br":
            self._break(_PARAGRAPH if self._before >= _LINE else _LINE)
        else:
            self._end_loose_cells()
            self._items += tag == "li"
            self._block(tag)

    def end(self, tag: str) -> None:
        """A tag closes."""
        if tag in _INLINE:
            if tag == "a":
                self._end_link()
            return
        if tag in _UNSEEN:
            self._unseen -= 1
        elif tag == "table":
            self._end_table()
        elif tag in _CELLS:
            self._space = self._too_deep > 0
            if self._tables and not self._too_deep:
                self._tables[-1].end_cell()
        elif tag in _ROW_GROUPS or tag == "tr":
            self._end_rows(tag)
        elif tag != "br":
            self._end_loose_cells()
            self._block(tag)
            self._items -= tag == "li"

    def data(self, text: str) -> None:
        """Words, or the white space between tags."""
        if self._unseen:
            return
        text = _KEPT_OUT.sub("", text)
        words = text.split()
        if not words:
            self._space = self._space or bool(text)
            return
        if text[0].isspace():
            self._space = True
        self._end_loose_cells()
        self._write(" ".join(words))
        self._space = text[-1].isspace()

    def comment(self, text: str) -> None:
        """Nothing: a comment is no word."""

    def close(self) -> str:
        """The text is over: what was written."""
        self._end_link()
        while self._tables:
            self._end_table()
        return "".join(self._out)

    def _write(self, words: str) -> None:
        if self._href is not None:
            is_apart = self._space or (self._before and not self._tables)
            self._anchor.append(" " + words if self._anchor and is_apart else words)
        if self._tables:
            self._tables[-1].write(words, has_space=self._space)
            return
        if self._out and (self._before or self._space):
            self._out.append(_MARKS.get(self._before, " "))
        self._before = _JOIN
        self._out.append(words)

    # -- tables -------------------------------------------------------------------------------------------------------

    def _start_table(self) -> None:
        if len(self._tables) >= DEEPEST:
            self._too_deep += 1
            self._space = True
            return
        self._end_loose_cells()
        if not self._tables:
            self._block("table")
        self._tables.append(Table(self._room))
        self._space = False

    def _end_table(self) -> None:
        if self._too_deep:
            self._too_deep -= 1
            self._space = True
            return
        if not self._tables:
            return
        table = self._tables.pop()
        if self._tables:
            self._tables[-1].hold(table)
            self._space = True
            return
        for is_row, text in table.lines():
            self._before = max(self._before, _LINE if is_row else _PARAGRAPH)
            if self._out:
                self._out.append(_MARKS[self._before])
            self._out.append(text)
            self._before = _LINE if is_row else _PARAGRAPH
        self._block("table")

    def _start_cell(self, attributes: dict[str, str]) -> None:
        if self._too_deep:
            self._space = True
            return
        if not self._tables:  # a cell outside of any table makes one of its own
            self._block("table")
            self._tables.append(Table(self._room, is_loose=True))
        self._tables[-1].start_cell(attributes.get("colspan"), attributes.get("rowspan"))
        self._space = False

    def _end_rows(self, tag: str) -> None:
        """A row or a group of rows begins or ends, and so what was open of it ends."""
        if self._too_deep:
            self._space = True
        elif not self._tables:
            self._block(tag)
        elif tag == "tr":
            self._tables[-1].end_row()
        else:
            self._tables[-1].end_group()

    def _end_loose_cells(self) -> None:
        """Cells outside of any table end where anything else comes than more of them."""
        if self._tables and self._tables[-1].is_loose and not self._tables[-1].has_open_cell:
            self._end_table()

    # -- breaks -------------------------------------------------------------------------------------------------------

    def _block(self, tag: str) -> None:
        """A block begins or ends: how much it breaks depends on what it stands in."""
        self._break(_LINE if tag in _LINES or self._items else _PARAGRAPH)

    def _break(self, strength: int) -> None:
        if self._tables:
            self._tables[-1].break_text()
            self._space = True
        else:
            self._before = max(self._before, strength)
            self._space = False

    def _end_link(self) -> None:
        if self._href is not None and self._anchor:
            href = _KEPT_OUT.sub("", self._href).strip()
            if href.lower().startswith(_SCHEMES) and not re.search(r"\s", href):
                self.links.append(Link(text="".join(self._anchor), href=href))
        self._href, self._anchor = None, []
