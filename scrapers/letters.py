"""Reading of the user's own letters, to look for quotations in them: plain text, Markdown, HTML, Word's .docx.

Markdown and .docx become HTML first. In HTML, `blockquote` and `q` are quotations, and notes are read behind the paragraph
that they belong to. In .docx, a paragraph is a quotation if its style says so ("Quote", "Intense Quote", "Block Text"), or
if it is indented and in no list; text boxes and notes are read too, and tracked changes as if they were accepted.

A letter may come from anybody, so every format has limits. They are checked before the slow libraries see the letter: the
size of the file, packed and unpacked, the number of its elements, how deep they are nested, the length of its text.
"""

from __future__ import annotations

import io
import re
import zipfile
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, cast

from lxml import etree

from monitor.errors import LetterError
from monitor.model.letters import LARGEST, LEAST, Letter, Paragraph, from_text
from scrapers.markup import inline_text
from scrapers.word_elements import in_known_elements

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

MAX_TEXT: Final = 2_000_000
"""Characters of plain text: some 800 pages."""

MAX_MARKDOWN: Final = 500_000
"""Characters of Markdown, which takes longer to read."""

MAX_HTML: Final = 4_000_000
"""Characters of HTML without the data of its pictures."""

MAX_PARAGRAPHS: Final = 10_000
"""Paragraphs of a letter."""

MAX_TAGS: Final = 100_000
"""Tags of HTML: each takes about a kilobyte once it is read."""
MAX_ELEMENTS: Final = 150_000
"""Elements of XML in a .docx. Word writes a dozen for a paragraph; most are forgotten while it is read."""
MAX_FILES: Final = 5_000
"""Files within a .docx."""
MAX_NESTING: Final = 200
"""Tags of HTML within each other. A long exchange of mails, each quoting the last, comes to a hundred."""
MAX_NESTING_IN_WORD: Final = 100
"""Elements of XML within each other; a table in a table in a table is twenty deep."""

_CHUNK: Final = 64 * 1024
_TAG: Final = re.compile(r"<[A-Za-z]")
_PICTURE: Final = re.compile(r"data:image/[\w.+-]{1,40};base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
"""A picture that is part of the page's text."""
DOCX_START: Final = b"PK\x03\x04"
LETTER_FORMATS: Final = ".docx, .html, .md or .txt"
_UNREAD_STARTS: Final = (b"\xd0\xcf\x11\xe0", b"%PDF", b"{\\rtf")
"""Files of Word and Outlook of before 2007, PDF, and rich text."""
_UNREAD_ENDINGS: Final = (
    *(".doc", ".odt", ".rtf", ".pdf", ".pages"),
    *(".xlsx", ".xls", ".ods", ".numbers", ".pptx", ".ppt", ".odp", ".msg"),
)
_STYLE_MAP: Final = """
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
p[style-name='Block Quotation'] => blockquote > p:fresh
p[style-name='Quotations'] => blockquote > p:fresh
"""
_INDENTED: Final = 280
"""Twentieths of a point from which a paragraph counts as indented: half a centimetre."""
BLOCKS: Final = (
    "p h1 h2 h3 h4 h5 h6 li dd dt td th blockquote div section article pre address figcaption caption body".split()  # noqa: SIM905
)
_NOTE_MARK: Final = re.compile(r"\s*[\[(]?\d{1,3}[\])]?\s*")
_UNIT: Final = re.compile(r"\b[a-z]{1,2}$")
"""A unit (m, km, cm, ft). A raised figure behind it makes it an area or a volume, and is no note."""
_INVISIBLE: Final = ["script", "style", "template", "head", "title", "del", "noscript"]


def read_letter(name: str, body: bytes) -> Letter:
    """Read a letter in the format that its name and its first bytes tell, else as plain text.

    Raises LetterError, which says what to do.
    """
    letter = _read(name, body)
    if len(letter.paragraphs) > MAX_PARAGRAPHS:
        raise too_long(name, f"more than {MAX_PARAGRAPHS:,} paragraphs")
    return letter


def too_long(name: str, what: str) -> LetterError:
    """Return the error of a file with more than is read."""
    return LetterError(f"{name} has {what}, the most that is read: give a part of it")


def _read(name: str, body: bytes) -> Letter:
    ending = PurePath(name).suffix.lower()
    if len(body) > LARGEST:
        raise too_long(name, f"more than {LARGEST // 1_000_000} MB")
    if body.startswith(DOCX_START) or ending == ".docx":
        return _from_word(name, body)
    refuse_unread_format(name, body)
    text = decode(body)
    if ending in (".html", ".htm", ".xhtml") or re.match(r"\s*(?:<!doctype html|<html)\b", text, re.IGNORECASE):
        return _from_html(name, text)
    most = MAX_MARKDOWN if ending in (".md", ".markdown") else MAX_TEXT
    if len(text) > most:
        raise too_long(name, f"more than {most:,} characters")
    return _from_markdown(name, text) if most == MAX_MARKDOWN else from_text(text)


def refuse_unread_format(name: str, body: bytes, formats: str = LETTER_FORMATS) -> None:
    """Refuse a file in a format that is not read. `formats`: those that are. Raises LetterError."""
    ending = PurePath(name).suffix.lower()
    if body.startswith(_UNREAD_STARTS) or ending in _UNREAD_ENDINGS:
        raise _unread(name, formats)


def _unread(name: str, formats: str) -> LetterError:
    return LetterError(f"{name} is in a format that is not read: save it as {formats}")


def decode(body: bytes) -> str:
    """Decode UTF-8, UTF-16 with its mark, else Windows-1252."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", errors="replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


# -- Word -------------------------------------------------------------------------------------------------------------


def _from_word(name: str, body: bytes) -> Letter:
    return _from_html(name, word_to_html(name, body))


def word_to_html(name: str, body: bytes, formats: str = LETTER_FORMATS) -> str:
    """Return a .docx as HTML, if it is within the limits. `formats`: all that are read. Raises LetterError."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            _check_limits(name, packed)
            _check_format(name, packed, formats)
        return _html_of_word(body)
    except LetterError:
        raise
    except Exception as exc:  # mammoth lets anything through: KeyError, ExpatError, AttributeError
        raise LetterError(f"{name} can't be read as a .docx file: save it again, or as .html or .txt") from exc


def _check_format(name: str, packed: zipfile.ZipFile, formats: str) -> None:
    """Refuse workbooks, slides and OpenDocument, which are packed as a .docx is."""
    if not any(file.startswith("word/") for file in packed.namelist()):
        raise _unread(name, formats)


def _check_limits(name: str, packed: zipfile.ZipFile) -> None:
    """Refuse a .docx that holds too much. zipfile unpacks each member to no more than it says, so sizes can be believed."""
    members = packed.infolist()
    if len(members) > MAX_FILES:
        raise too_long(name, f"more than {MAX_FILES:,} files in it")
    texts = [member for member in members if member.filename.lower().endswith((".xml", ".rels"))]
    if sum(member.file_size for member in texts) > LARGEST:
        raise too_long(name, f"more than {LARGEST // 1_000_000} MB of text once it is unpacked")
    counter = _ElementCounter(name)
    for member in texts:
        _count_elements(packed, member, counter)


def _count_elements(packed: zipfile.ZipFile, member: zipfile.ZipInfo, counter: _ElementCounter) -> None:
    # The stubs want every method that a target may have.
    parser = etree.XMLParser(target=cast("Any", counter), resolve_entities=False, no_network=True)
    with packed.open(member) as file:
        while chunk := file.read(_CHUNK):
            parser.feed(chunk)
    parser.close()


class _ElementCounter:
    """Counts elements, paragraphs and depth while XML is parsed, and keeps nothing. Raises LetterError at a limit."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._elements = self._paragraphs = self._depth = 0

    def start(self, tag: str, _attributes: object) -> None:
        """Count an element."""
        self._elements += 1
        self._depth += 1
        self._paragraphs += tag.endswith("}p")
        if self._depth > MAX_NESTING_IN_WORD:
            raise too_long(self._name, f"elements nested more than {MAX_NESTING_IN_WORD} deep")
        if self._paragraphs > MAX_PARAGRAPHS:
            raise too_long(self._name, f"more than {MAX_PARAGRAPHS:,} paragraphs")
        if self._elements > MAX_ELEMENTS:
            raise too_long(self._name, f"more than {MAX_ELEMENTS:,} elements")

    def end(self, _tag: str) -> None:
        """Leave an element."""
        self._depth -= 1

    def doctype(self, *_names: object) -> None:
        """Refuse a document type: Word writes none, and its entities could grow."""
        raise LetterError(f"{self._name} can't be read as a .docx file: it defines a document type")

    def close(self) -> None:
        """End a file. The next one adds to the counts."""


def _html_of_word(body: bytes) -> str:
    import mammoth  # noqa: PLC0415 (only for this format)

    converted = mammoth.convert_to_html(
        io.BytesIO(in_known_elements(body)),
        style_map=_STYLE_MAP,
        transform_document=mammoth.transforms.paragraph(_quotation_if_indented),
        convert_image=mammoth.images.img_element(lambda _image: {"src": ""}),
    )
    return str(converted.value)


def _quotation_if_indented(paragraph: Any) -> Any:
    """Give a paragraph that is indented as a whole, and in no list, the style of a quotation."""
    indent = paragraph.indent.start if paragraph.indent else None
    is_plain = not paragraph.numbering and (paragraph.style_name or "Normal") in ("Normal", "Body Text", "Text body")
    if is_plain and indent and str(indent).isdigit() and int(indent) >= _INDENTED and _count_words(paragraph) >= LEAST:
        return paragraph.copy(style_name="Quote", style_id="Quote")
    return paragraph


def _count_words(paragraph: Any) -> int:
    from mammoth import documents, transforms  # noqa: PLC0415

    texts = transforms.get_descendants_of_type(paragraph, documents.Text)
    return len("".join(text.value for text in texts).split())


# -- HTML and Markdown ------------------------------------------------------------------------------------------------


def _from_markdown(name: str, text: str) -> Letter:
    return _from_html(name, markdown_to_html(text))


def markdown_to_html(text: str) -> str:
    """Return Markdown as HTML."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 (only for this format)

    return str(MarkdownIt("commonmark").render(text))


def parse_html(name: str, html: str) -> BeautifulSoup:
    """Parse HTML that is within the limits, without what is never seen. Raises LetterError."""
    from bs4 import BeautifulSoup  # noqa: PLC0415 (only for these formats)

    html = _PICTURE.sub("", html)
    if len(html) > MAX_HTML:
        raise too_long(name, f"more than {MAX_HTML:,} characters of HTML")
    if sum(1 for _ in islice(_TAG.finditer(html), MAX_TAGS + 1)) > MAX_TAGS:
        raise too_long(name, f"more than {MAX_TAGS:,} tags")
    soup = BeautifulSoup(html, "lxml")
    if _depth(soup) > MAX_NESTING:
        raise too_long(name, f"tags nested more than {MAX_NESTING} deep")
    # Elements are emptied, never removed or replaced: with thousands of siblings each such step looks through them all.
    for invisible in soup.find_all(_INVISIBLE):
        invisible.clear(decompose=True)
    return soup


def _from_html(name: str, html: str) -> Letter:
    soup = parse_html(name, html)
    for inner in soup.find_all("q"):
        inner.insert(0, "\u201c")
        inner.append("\u201d")
    for raised in soup.find_all("sup"):
        if _NOTE_MARK.fullmatch(raised.get_text()) and raised.a is None and not _UNIT.search(_text_before(raised)):
            raised.string = f"[{raised.get_text().strip('[]() ')}]"
    notes = _take_notes(soup)
    paragraphs: list[Paragraph] = []
    last_quote: Tag | None = None
    for block in soup.find_all(BLOCKS):
        text, notes_of_block = _own_text(block, notes)
        if text:
            quote = block if block.name == "blockquote" else block.find_parent("blockquote")
            # Equal elements are equal to BeautifulSoup too: only "is" tells one from another.
            is_apart = quote is not None and last_quote is not None and quote is not last_quote
            paragraphs.append(Paragraph(text=text, is_quotation=quote is not None, is_apart=is_apart))
            paragraphs += [Paragraph(text=note, is_note=True) for note in notes_of_block]
            last_quote = quote
    return Letter(tuple(paragraphs))


def _take_notes(soup: Tag) -> dict[str, str]:
    """Take the notes out of the text, by the anchor that their marks lead to, without the link back."""
    notes: dict[str, str] = {}
    targets: dict[str, Tag] = {}
    for tag in soup.find_all(id=True):
        targets.setdefault(str(tag["id"]), tag)
    for mark in soup.select("sup a[href^='#'], a[href^='#footnote-'], a[href^='#endnote-'], a[href^='#fn']"):
        if mark.decomposed:  # a link back in a note that was taken out
            continue
        anchor = str(mark["href"])[1:]
        note = targets.get(anchor)
        if note is None or note.decomposed or anchor in notes or mark.find_parent(id=anchor) is not None:
            continue
        for back in note.find_all("a", href=re.compile("^#")):
            back.clear(decompose=True)
        notes[anchor] = inline_text(note.get_text(" "))
        note.clear(decompose=True)
    return notes


def _depth(soup: Tag) -> int:
    """Return the number of tags within each other at the deepest place."""
    depths = {id(soup): 0}
    for tag in soup.find_all(True):
        depths[id(tag)] = depths[id(tag.parent)] + 1
    return max(depths.values())


def _text_before(tag: Tag) -> str:
    before = tag.previous_sibling
    return before.get_text() if before is not None else ""


def _own_text(block: Tag, notes: dict[str, str]) -> tuple[str, list[str]]:
    """Return the words of a block that stand in no block within it, and its notes."""
    from bs4.element import NavigableString, Tag  # noqa: PLC0415

    words: list[str] = []
    found_notes: list[str] = []

    def read(tag: Tag) -> None:
        for child in tag.children:
            if not isinstance(child, Tag):
                words.append(str(child) if type(child) is NavigableString else "")  # no comments
            elif child.name == "a" and str(child.get("href", ""))[1:] in notes:
                found_notes.append(notes[str(child["href"])[1:]])
            elif child.name == "br":
                words.append("\n")
            elif child.name in BLOCKS:
                words.append(" ")
            else:
                read(child)

    read(block)
    return inline_text("".join(words)), found_notes
