"""Mark-up to plain text. Every offset in the archive is a code point of what these functions return.

The rules, which `monitor.model.records.TEXT_RULES` numbers:

- A blank line separates paragraphs, headings and other blocks; a line end separates list items and table rows, a tab cells.
  A `<br>` is a line end, two of them a paragraph. Inside a cell everything stays on the row's line; inside a list item a
  paragraph is a line. Blocks without a visible word vanish.
- A table is laid out on its grid (`scrapers.tables`): empty cells keep their tab, and a cell that spans others has its text
  in the first place and leaves the rest empty, so that each figure has as many tabs before it as its heading. Only empty
  cells at the end of a row, and rows without a word, vanish. A text may begin with a tab.
- Inline tags (`sub`, `sup`, `em`, `strong`, `a`, `span`) neither break words nor add spaces.
- Figures at the start of a `sup` become raised figures (10⁶, Credit⁵): plain ones would make another number or word.
- Entities become characters. Any run of white space, with no-break and thin spaces, becomes one plain space. Quotation
  marks, dashes and accents stay as they were typed.
- Soft hyphens, zero-width marks, marks of writing direction, control characters and lone surrogates are left out.
- Links are kept beside the text if they lead to http, https or mailto. A space in the path, the query or the fragment of an
  address is encoded, as browsers do; with one in the host the words alone are kept.

lxml's event parser with all these rules takes half the time that BeautifulSoup takes only to build its tree (70 and 140
microseconds for a mean answer of the questions API). Events instead of a tree also because libxml2's tree drops whatever is
nested more than 2,048 deep.
"""

from __future__ import annotations

import html as entities
import re
from typing import Final
from urllib.parse import quote

from lxml import etree

from monitor.errors import ParseError
from monitor.model.records import Link
from monitor.text.raised_figures import raise_figures
from scrapers.tables import MAX_NESTING, PlaceBudget, Table

MAX_LENGTH: Final = 20_000_000
"""Characters of mark-up that are read; the longest answer on record has under 200,000."""

_NO_BREAK, _LINE, _PARAGRAPH = 0, 1, 2
_BREAKS: Final = {_LINE: "\n", _PARAGRAPH: "\n\n"}

_INLINE: Final = frozenset(
    """
    a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rp rt ruby s samp small
    span strike strong sub sup time tt u var wbr
""".split()  # noqa: SIM905 - reads best so
)
_INVISIBLE: Final = frozenset(
    {"head", "iframe", "math", "noscript", "object", "script", "style", "svg", "template", "title"}
)
_CELLS: Final = frozenset({"td", "th"})
_ROW_GROUPS: Final = frozenset({"tbody", "thead", "tfoot"})
_LINES: Final = frozenset({"li", "dt", "dd", "tr", "option"})
_LINK_SCHEMES: Final = ("http://", "https://", "mailto:")
_RAISED: Final = re.compile(r"[-\u2212\u2013]?[0-9](?:[0-9., \u2013-]*[0-9])?(?![^\W_])")
"""Figures at the start of a `sup`: "6" of "6(p)", "1-3", none of "1st"."""
_SPACE_IN_HOST: Final = re.compile(r"[a-z]+:/*[^/?#]*\s", re.IGNORECASE)
_LINE_BREAKS: Final = re.compile(r"[\t\r\n]+")

_LEFT_OUT: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffc\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]+"
)
_LONG_NUMBER: Final = re.compile(r"&#([0-9]{20,});?")
_TAG: Final = re.compile(r"<[a-zA-Z/!?]")
_PARAGRAPHS: Final = re.compile(r"\s*+(?:<p>[^<>&]*+(?:&(?:amp|lt|gt|quot|nbsp|#39|#x27);[^<>&]*+)*+</p>\s*+)++")
"""Paragraphs with nothing but words in them, and entities that every reader knows: three quarters of the answers."""
_LINE_ENDS: Final = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_PARAGRAPH_ENDS: Final = re.compile(r"\n\s*\n")


def resolve_entities(text: str) -> str:
    """Resolve the entities of a text. One may have a number with more digits than Python reads."""
    return entities.unescape(_LONG_NUMBER.sub(lambda long: f"&#{long[1].lstrip('0')[:8] or '0'};", text))


def plain_text(html: str) -> tuple[str, tuple[Link, ...]]:
    """Turn mark-up into plain text and its links, in reading order. Raises ParseError beyond `MAX_LENGTH`.

    A text without any tag keeps its line ends; its entities are resolved.
    """
    if len(html) > MAX_LENGTH:
        raise ParseError(
            f"A text of {len(html):,} characters is longer than any answer: it is kept as it came, unread."
        )
    cleaned = _LEFT_OUT.sub("", html)
    if not _TAG.search(cleaned):
        return _lines(_LEFT_OUT.sub("", resolve_entities(cleaned))), ()
    if _PARAGRAPHS.fullmatch(cleaned):
        words = (inline_text(resolve_entities(part.partition("<p>")[2])) for part in cleaned.split("</p>"))
        return "\n\n".join(filter(None, words)), ()
    return _parsed_text(cleaned)


def _parsed_text(cleaned: str) -> tuple[str, tuple[Link, ...]]:
    """Turn mark-up into plain text and its links by an HTML parser."""
    writer = TextWriter()
    # The encoding is given, so that neither a <meta> nor an <?xml?> in the text decides it.
    parser = etree.HTMLParser(  # type: ignore[call-overload]  # the stubs ask for optional methods too
        target=writer, encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
    )
    parser.feed(cleaned.encode())
    text: str = parser.close()
    return text, tuple(writer.links)


def plain_question(text: str) -> str:
    """Normalise a text without mark-up, such as a question or a heading: `<` and `&` mean themselves."""
    return _lines(_LEFT_OUT.sub("", text))


def inline_text(text: str) -> str:
    """Normalise the words of one paragraph, cell or heading whose tags are gone: any white space is one space."""
    return " ".join(_LEFT_OUT.sub("", text).split())


def one_line(text: str | None) -> str | None:
    """Put a text on one line, without characters that no archive can store (NUL, lone surrogates); None if empty."""
    if text and text.isprintable():
        return " ".join(text.split()) or None
    kept = "".join(char for char in text or "" if char.isprintable() or char.isspace())
    return " ".join(kept.split()) or None


def _lines(text: str) -> str:
    """Keep the lines and paragraphs of a plain text, with white space collapsed in them."""
    if "\n" not in text and not _LINE_ENDS.search(text):
        return " ".join(text.split())
    paragraphs = _PARAGRAPH_ENDS.split(_LINE_ENDS.sub("\n", text))
    lines = ("\n".join(filter(None, (" ".join(line.split()) for line in part.split("\n")))) for part in paragraphs)
    return "\n\n".join(filter(None, lines))


def _raised(text: str) -> str:
    """Write the content of a `sup` with raised figures, if it begins with the number of a note or an exponent."""
    figures = _RAISED.match(text)
    return raise_figures(figures[0]) + text[figures.end() :] if figures else text


class TextWriter:
    """Writes plain text from the events of a parser: `start`, `data`, `end` and at last `close`.

    `links` grows as links end.
    """

    def __init__(self) -> None:
        self.links: list[Link] = []
        self._pieces: list[str] = []
        self._break = _NO_BREAK  # the strongest break since the last word
        self._has_space = False  # white space since the last word
        self._open_items = self._open_invisible = 0
        self._begins_raised = False  # a <sup> is open that has no word yet
        self._tables: list[Table] = []  # open tables, the outermost first
        self._too_deep = 0  # open tables that are nested too deep to be laid out
        self._budget = PlaceBudget()
        self._href: str | None = None
        self._link_words: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take in an opening tag."""
        if tag in _INLINE:
            if tag == "a":
                self._end_link()
                self._href = attributes.get("href")
            elif tag == "sup":
                self._begins_raised = True
        elif tag in _INVISIBLE:
            self._open_invisible += 1
        elif tag == "table":
            self._start_table()
        elif tag in _CELLS:
            self._start_cell(attributes)
        elif tag in _ROW_GROUPS or tag == "tr":
            self._end_rows(tag)
            if self._tables and not self._too_deep and tag == "tr":
                self._tables[-1].start_row()
        elif tag == "br":
            self._break_text(_PARAGRAPH if self._break >= _LINE else _LINE)
        else:
            self._end_loose_cells()
            self._open_items += tag == "li"
            self._break_block(tag)

    def end(self, tag: str) -> None:
        """Take in a closing tag."""
        if tag in _INLINE:
            if tag == "a":
                self._end_link()
            elif tag == "sup":
                self._begins_raised = False
        elif tag in _INVISIBLE:
            self._open_invisible -= 1
        elif tag == "table":
            self._end_table()
        elif tag in _CELLS:
            self._has_space = self._too_deep > 0
            if self._tables and not self._too_deep:
                self._tables[-1].end_cell()
        elif tag in _ROW_GROUPS or tag == "tr":
            self._end_rows(tag)
        elif tag != "br":
            self._end_loose_cells()
            self._break_block(tag)
            self._open_items -= tag == "li"

    def data(self, text: str) -> None:
        """Take in words, or white space between tags."""
        if self._open_invisible:
            return
        text = _LEFT_OUT.sub("", text)
        words = text.split()
        if not words:
            self._has_space = self._has_space or bool(text)
            return
        if text[0].isspace():
            self._has_space = True
        self._end_loose_cells()
        written = " ".join(words)
        if self._begins_raised:
            self._begins_raised = False
            written = _raised(written)
        self._write(written)
        self._has_space = text[-1].isspace()

    def comment(self, text: str) -> None:
        """Ignore a comment: lxml calls this."""

    def close(self) -> str:
        """End the text and return it."""
        self._end_link()
        while self._tables:
            self._end_table()
        return "".join(self._pieces)

    def _write(self, words: str) -> None:
        if self._href is not None:
            is_separate = self._has_space or (self._break and not self._tables)
            self._link_words.append(" " + words if self._link_words and is_separate else words)
        if self._tables:
            self._tables[-1].write(words, has_space=self._has_space)
            return
        if self._pieces and (self._break or self._has_space):
            self._pieces.append(_BREAKS.get(self._break, " "))
        self._break = _NO_BREAK
        self._pieces.append(words)

    # -- tables -------------------------------------------------------------------------------------------------------

    def _start_table(self) -> None:
        if len(self._tables) >= MAX_NESTING:
            self._too_deep += 1
            self._has_space = True
            return
        self._end_loose_cells()
        if not self._tables:
            self._break_block("table")
        self._tables.append(Table(self._budget))
        self._has_space = False

    def _end_table(self) -> None:
        if self._too_deep:
            self._too_deep -= 1
            self._has_space = True
            return
        if not self._tables:
            return
        table = self._tables.pop()
        if self._tables:
            self._tables[-1].nest(table)
            self._has_space = True
            return
        for is_row, text in table.lines():
            self._break = max(self._break, _LINE if is_row else _PARAGRAPH)
            if self._pieces:
                self._pieces.append(_BREAKS[self._break])
            self._pieces.append(text)
            self._break = _LINE if is_row else _PARAGRAPH
        self._break_block("table")

    def _start_cell(self, attributes: dict[str, str]) -> None:
        if self._too_deep:
            self._has_space = True
            return
        if not self._tables:  # a cell outside of any table makes one of its own
            self._break_block("table")
            self._tables.append(Table(self._budget, is_loose=True))
        self._tables[-1].start_cell(attributes.get("colspan"), attributes.get("rowspan"))
        self._has_space = False

    def _end_rows(self, tag: str) -> None:
        """End the open row, or group of rows: another begins, or this one ends."""
        if self._too_deep:
            self._has_space = True
        elif not self._tables:
            self._break_block(tag)
        elif tag == "tr":
            self._tables[-1].end_row()
        else:
            self._tables[-1].end_group()

    def _end_loose_cells(self) -> None:
        """End the table of cells that stand outside of any: something else than another cell comes."""
        if self._tables and self._tables[-1].is_loose and not self._tables[-1].has_open_cell:
            self._end_table()

    # -- breaks -------------------------------------------------------------------------------------------------------

    def _break_block(self, tag: str) -> None:
        """Break the text for a block. The strength depends on the tag and on whether a list item is open."""
        self._break_text(_LINE if tag in _LINES or self._open_items else _PARAGRAPH)

    def _break_text(self, strength: int) -> None:
        if self._tables:
            self._tables[-1].break_text()
            self._has_space = True
        else:
            self._break = max(self._break, strength)
            self._has_space = False

    def _end_link(self) -> None:
        if self._href is not None and self._link_words:
            href = _LINE_BREAKS.sub("", _LEFT_OUT.sub("", self._href).strip())
            if href.lower().startswith(_LINK_SCHEMES) and not _SPACE_IN_HOST.match(href):
                href = re.sub(r"\s", lambda space: quote(space[0]), href)
                self.links.append(Link(text="".join(self._link_words), href=href))
        self._href, self._link_words = None, []
