"""Files of parlparse opened in their own encoding and with their own entities, and no others.

Oddities, as seen in the files of 2009 and in the program that writes those since 2014:

- ISO-8859-1 with a DOCTYPE that declares some hundred entities, or UTF-8 with another DOCTYPE, or with none.
- Windows-1252 as numbers (`&#151;`) or as bytes of ISO-8859-1.
- Since 2014 departments, names and answers are written as they come: a bare `&`, an HTML entity or a `<br>` without an end
  breaks the file. One answer in fifty has a `<br>`.

A DOCTYPE may declare single characters and nothing more, so that no entity can grow or fetch anything. A file that is still
broken after these were mended is read block by block, and only the broken blocks are given up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.entities import html5
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

from lxml import etree

from monitor.errors import ParseError
from monitor.model.records import Attachment
from scrapers.markup import TextWriter, inline_text, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.model.records import Link

MAX_BYTES: Final = 64 * 1024 * 1024
"""Bytes of a file that is read; the largest on record have some 5 MB."""

_DOCTYPE = re.compile(rb"<!DOCTYPE\s+publicwhip\s*\[(.*?)\]\s*>", re.DOTALL)
_ENTITY = re.compile(
    rb"""\s*(?:<!--[^-]*(?:-[^-]+)*-->|<!ENTITY\s+([\w.-]+)\s+(?:"(?:&\#\w+;|[^&%<"]){0,40}"|'(?:&\#\w+;|[^&%<']){0,40}')\s*>)\s*"""
)
_ROOT = re.compile(rb"<publicwhip\b[^>]*>")
_END = re.compile(rb"</publicwhip\s*>\s*$")
_LATIN = re.compile(
    rb"""^\s*<\?xml[^>]*encoding\s*=\s*["'](?:iso-8859-1|latin-?1|windows-1252|cp1252)["']""", re.IGNORECASE
)
_C1_BYTE = re.compile(rb"[\x80-\x9f]")
_C1_NUMBER = re.compile(rb"&#(?:0*(1[2-5]\d)|[xX]0*([89][0-9a-fA-F]));")
_AMPERSAND = re.compile(rb"&(#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|([A-Za-z][A-Za-z0-9]{0,30});)?")
_VOID_TAG = re.compile(rb"<(?P<tag>(?:br|hr|img|wbr|col)\b[^<>]*?)\s*/?>|</(?:br|hr|img|wbr|col)\s*>", re.IGNORECASE)
"""Tag of an element that is always empty: in HTML it needs no end."""
_BLOCK = re.compile(rb"<(major-heading|minor-heading|oral-heading|ques|reply|speech|gidredirect|division|divisioncount|bill|"
                    rb"committee|source)\b")  # fmt: skip
_ID = re.compile(rb"""\bid\s*=\s*["']([^"']*)["']""")
_FILE = re.compile(
    r"\(\s*(?P<type>\w{1,10})\s*,\s*(?P<size>[\d.]{1,12})\s*(?P<unit>bytes|B|KB|MB|GB)\s*\)", re.IGNORECASE
)
_UNITS = {"bytes": 1, "b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}
_PREDEFINED = frozenset({b"amp", b"lt", b"gt", b"quot", b"apos"})
_INLINE = frozenset({"i", "I", "b", "em", "sub", "span", "phrase", "strong"})
"""Tags that change no word. Those that raise figures (`sup`) do."""
_TAGS = {"phrase": "span"}


@dataclass(frozen=True, slots=True)
class BrokenBlock:
    """A block that is not well-formed: its tag, its id if that can be read, its bytes, and the fault."""

    tag: str
    id: str
    source: bytes
    reason: str


Block: TypeAlias = "etree._Element | BrokenBlock"  # noqa: SLF001 - lxml's elements have no public type
"""An element below the root: a heading, a question, a reply, a speech, a redirect."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file: the attributes of its root, its blocks in order, and the bytes before them, for excerpts."""

    attributes: dict[str, str]
    blocks: list[Block]
    prolog: bytes = field(repr=False, default=b"")

    @property
    def is_superseded(self) -> bool:
        """A flag: a later version superseded the file, so that it holds only redirects of its ids."""
        return self.attributes.get("latest", "").lower() == "no"

    def excerpt(self, blocks: Iterable[Block]) -> bytes:
        """Write some blocks as a file of their own."""
        parts = [
            block.source if isinstance(block, BrokenBlock) else etree.tostring(block, encoding="ascii", with_tail=False)
            for block in blocks
        ]
        return b"\n".join([self.prolog, *parts, b"</publicwhip>\n"])


def open_document(body: bytes, name: str) -> Document:
    """Open a file. Raises ParseError if it can't be read as a whole."""
    if len(body) > MAX_BYTES:
        raise ParseError(f"{name} has {len(body):,} bytes, more than any file of TheyWorkForYou: report it.", key=name)
    other_file = ParseError(f"{name} is no file of TheyWorkForYou (its root is no publicwhip): report it.", key=name)
    if _ROOT.search(body) is None or b"\0" in body:  # in UTF-16 a DOCTYPE would go unseen
        raise other_file
    declared = _check_doctype(body, name)
    mended = _mend_characters(body)
    root = _parse_xml(mended)
    if root is None:
        mended = _end_void_tags(_mend_ampersands(mended, declared))
        root = _parse_xml(mended)
    start = _ROOT.search(mended)
    if start is None or (root is not None and root.tag != "publicwhip"):
        raise other_file
    prolog = mended[: start.end()]
    if root is not None:
        blocks = [block for block in root if isinstance(block.tag, str)]
        return Document(dict(root.attrib), list(blocks), prolog)
    if not _END.search(mended):
        raise ParseError(f"{name} is cut short (it has no end tag): get it again.", key=name)
    return Document(_root_attributes(start.group()), list(_read_blocks(mended, start.end())), prolog)


def line_of(element: Block) -> str:
    """Return the words of a heading or a paragraph on one line."""
    if isinstance(element, BrokenBlock):
        return inline_text(plain_text(element.source.decode("utf-8", "replace"))[0])
    if not len(element):
        return _normalise_line(element.text or "")
    if any(str(child.tag).lower() == "sup" for child in element.iterdescendants()):
        return inline_text(_write_text([element])[0])
    return _normalise_line("".join(element.itertext()))


def read_text(elements: Iterable[etree._Element]) -> tuple[str, tuple[Link, ...]]:
    """Turn elements into plain text by the rules of `scrapers.markup`, and collect the links in them.

    Nearly all are paragraphs and tables with nothing but words in them: for these the slow writer is not needed.
    """
    blocks = list(elements)
    texts: list[str] = []
    links: list[Link] = []
    for block in blocks:
        if block.tag == "p" and _is_inline(block):
            texts.append(line_of(block))
        elif block.tag == "table" and (rows := _table_text(block)) is not None:
            texts.append(rows)
        elif block.tag == "p" and next(block.iter("td"), None) is None:
            text, found = _write_text([block])
            texts.append(text)
            links += found
        else:
            return _write_text(blocks)
    return "\n\n".join(filter(None, texts)), tuple(links)


def read_contents(elements: Iterable[etree._Element], without: int = 0) -> tuple[str, tuple[Link, ...]]:
    """Turn the contents of elements into plain text, `without` so many paragraphs at the end."""
    blocks = list(elements)
    if any(map(_has_loose_words, blocks)):
        return read_text(blocks)
    paragraphs = [child for block in blocks for child in block if isinstance(child.tag, str)]
    return read_text(paragraphs[: len(paragraphs) - without])


def _has_loose_words(block: etree._Element) -> bool:
    """Return whether words stand beside the paragraphs of a block."""
    return bool((block.text or "").strip()) or any((child.tail or "").strip() for child in block)


def read_attachments(element: etree._Element) -> tuple[Attachment, ...]:
    """Find the files that the last paragraphs of an element name. Elements with a column were printed, and have none."""
    found: list[Attachment] = []
    for paragraph in reversed(element) if element.get("colnum") is None else ():
        attachment = _read_attachment(paragraph)
        if attachment is None:
            break
        found.insert(0, attachment)
    return tuple(found)


def _read_attachment(paragraph: etree._Element) -> Attachment | None:
    """Read a paragraph that names a file: a link, then "(pdf, 12.3KB)"; None for any other."""
    is_paragraph_of_one = paragraph.tag == "p" and len(paragraph) == 1 and not (paragraph.text or "").strip()
    if not is_paragraph_of_one or paragraph[0].tag != "a":
        return None
    link = paragraph[0]
    match = _FILE.fullmatch((link.tail or "").strip())
    if match is None:
        return None
    try:
        size = round(float(match["size"]) * _UNITS[match["unit"].lower()])
    except ValueError:
        return None
    title = line_of(link)
    return Attachment(title=title, file_type=match["type"], size_bytes=size, url=link.get("href")) if title else None


def _normalise_line(text: str) -> str:
    """Normalise a line as `inline_text` does, only faster if it is plain: XML has no control characters to leave out."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    line = " ".join(text.split())
    return line if line.isascii() and line.isprintable() else inline_text(text)


def _is_inline(element: etree._Element) -> bool:
    """Return whether an element holds only inline elements without links."""
    return not len(element) or all(child.tag in _INLINE for child in element.iterdescendants())


def _table_text(table: etree._Element) -> str | None:
    """Write a table by lines and tabs; None if it holds anything but words, or a cell that spans others."""
    lines = []
    for part in table:
        for row in part if part.tag in ("tbody", "thead") else (part,):
            if row.tag != "tr" or not all(map(_is_plain_cell, row)):
                return None
            lines.append("\t".join(map(_cell_text, row)).rstrip("\t"))
    return "\n".join(filter(None, lines))


def _is_plain_cell(cell: etree._Element) -> bool:
    """Return whether a cell has one place and nothing but words in it."""
    if cell.tag not in ("td", "th") or cell.get("colspan", "1") != "1" or cell.get("rowspan", "1") != "1":
        return False
    return not len(cell) or all(child.tag in _INLINE or child.tag == "br" for child in cell.iterdescendants())


def _cell_text(cell: etree._Element) -> str:
    """Write a cell on one line."""
    if not len(cell):
        return _normalise_line(cell.text or "")
    if not any(child.tag == "br" for child in cell.iterdescendants()):
        return _normalise_line("".join(cell.itertext()))
    pieces = []
    for event, child in etree.iterwalk(cell, events=("start", "end")):
        if event == "start":
            pieces.append(" " if child.tag == "br" else child.text or "")
        elif child is not cell:
            pieces.append(child.tail or "")
    return _normalise_line("".join(pieces))


def _write_text(elements: Iterable[etree._Element]) -> tuple[str, tuple[Link, ...]]:
    writer = TextWriter()
    for element in elements:
        _write_element(writer, element)
    text = writer.close()
    return text, tuple(writer.links)


def _write_element(writer: TextWriter, element: etree._Element) -> None:
    tag = str(element.tag).lower()
    tag = _TAGS.get(tag, tag)
    writer.start(tag, {str(name): str(value) for name, value in element.attrib.items()})
    if element.text:
        writer.data(element.text)
    for child in element:
        if isinstance(child.tag, str):
            _write_element(writer, child)
        if child.tail:
            writer.data(child.tail)
    writer.end(tag)


def _check_doctype(body: bytes, name: str) -> frozenset[bytes]:
    """Return the entities that a file declares. Raises ParseError if it declares more than single characters."""
    if b"<!DOCTYPE" not in body and b"<!ENTITY" not in body:
        return frozenset()
    root = _ROOT.search(body)
    match = _DOCTYPE.search(body, 0, root.start() if root else len(body))
    position, names = 0, set()
    while match and position < len(match[1]):
        entity = _ENTITY.match(match[1], position)
        if entity is None:
            break
        names.add(entity[1] or b"")
        position = entity.end()
    is_harmless = match is not None and (position == len(match[1]) or not match[1].strip())
    if match is None or not is_harmless or body.count(b"<!DOCTYPE") > 1:
        raise ParseError(f"{name} has a DOCTYPE that declares more than characters: it is not read.", key=name)
    return frozenset(names)


def _mend_characters(body: bytes) -> bytes:
    """Replace control characters by the ones of Windows-1252 that were meant."""
    if b"&#" in body:
        body = _C1_NUMBER.sub(lambda match: _windows_1252(int(match[1] or match[2], 10 if match[1] else 16)), body)
    return _C1_BYTE.sub(lambda match: _windows_1252(match[0][0]), body) if _LATIN.match(body) else body


def _windows_1252(number: int) -> bytes:
    is_own_character = 0x80 <= number <= 0x9F  # noqa: PLR2004 - the range of Windows-1252's own characters
    if not is_own_character:
        return b"&#%d;" % number
    return bytes([number]).decode("cp1252", "ignore").encode("ascii", "xmlcharrefreplace")


def _mend_ampersands(body: bytes, declared: frozenset[bytes]) -> bytes:
    """Escape each `&` that stands for itself, and write undeclared entities of HTML as numbers."""

    def mend(match: re.Match[bytes]) -> bytes:
        name = match[2]
        if match[1] and (name is None or name in declared or name in _PREDEFINED):
            return match[0]
        meant = html5.get(f"{name.decode()};") if name else None
        return meant.encode("ascii", "xmlcharrefreplace") if meant else b"&amp;" + match[0][1:]

    root = _ROOT.search(body)
    begin = root.end() if root else 0  # a DOCTYPE stays as it is
    return body[:begin] + _AMPERSAND.sub(mend, body[begin:])


def _end_void_tags(body: bytes) -> bytes:
    """Write elements that are always empty as XML does."""
    return _VOID_TAG.sub(lambda match: b"<%s/>" % match["tag"] if match["tag"] else b"", body)


def _parse_xml(body: bytes) -> etree._Element | None:
    # The only entities are the ones that `_check_doctype` let pass.
    parser = etree.XMLParser(resolve_entities="internal", no_network=True, load_dtd=False, huge_tree=False,
                             remove_comments=True, remove_pis=True)  # fmt: skip
    try:
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _root_attributes(tag: bytes) -> dict[str, str]:
    root = _parse_xml(tag.removesuffix(b">").removesuffix(b"/") + b"/>")
    return dict(root.attrib) if root is not None else {}


def _read_blocks(body: bytes, begin: int) -> Iterator[Block]:
    """Read the blocks of a file that is not well-formed, each by itself."""
    prolog = body[:begin]
    end = len(_END.sub(b"", body))
    starts = [*(match.start() for match in _BLOCK.finditer(body, begin, end)), end]
    for start, stop in pairwise(starts):
        source = body[start:stop].strip()
        root = _parse_xml(prolog + source + b"</publicwhip>")
        if root is not None:
            yield from (block for block in root if isinstance(block.tag, str))
            continue
        tag = _BLOCK.match(source)
        gid = _ID.search(source)
        yield BrokenBlock(
            tag=tag[1].decode() if tag else "",
            id=gid[1].decode("ascii", "replace") if gid else "",
            source=source,
            reason="is not well-formed",
        )
