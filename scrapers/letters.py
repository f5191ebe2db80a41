"""Letters of the user's own, in which quotations are looked for: plain text, Markdown, HTML, Word's .docx.

Markdown and .docx become HTML first. Of HTML what is set as a quotation counts (`blockquote`, `q`), and notes are read
behind the paragraph that they belong to. Of .docx: paragraphs whose style is one for quotations ("Quote", "Intense Quote",
"Block Text"), or that are indented and in no list; text boxes and notes; of tracked changes what they lead to.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from monitor.errors import LetterError
from monitor.quoting.letters import LEAST, Letter, Paragraph, from_text
from scrapers.markup import inline_text

if TYPE_CHECKING:
    from bs4 import Tag

LARGEST: Final = 50_000_000
"""Bytes of a letter that are still read, and of a .docx unpacked."""

_WORD: Final = b"PK\x03\x04"
_OLD_WORD: Final = b"\xd0\xcf\x11\xe0"
_STYLES: Final = """
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
p[style-name='Block Quotation'] => blockquote > p:fresh
p[style-name='Quotations'] => blockquote > p:fresh
"""
_INDENTED: Final = 280
"""Twentieths of a point from which a paragraph stands apart: half a centimetre."""
_BLOCKS: Final = (
    "p h1 h2 h3 h4 h5 h6 li dd dt td th blockquote div section article pre address figcaption caption body".split()  # noqa: SIM905
)
_IS_NOTE: Final = re.compile(r"\s*[\[(]?\d{1,3}[\])]?\s*")
_UNIT: Final = re.compile(r"\b[a-z]{1,2}$")
"""What a raised figure makes an area or a volume of, and no note: m, km, cm, ft."""
_UNSEEN: Final = ["script", "style", "template", "head", "title", "del", "noscript"]


def read_letter(name: str, body: bytes) -> Letter:
    """A letter, by the ending of its name and what it begins with; plain text where neither says otherwise.

    Raises LetterError with what to do.
    """
    ending = PurePath(name).suffix.lower()
    if len(body) > LARGEST:
        raise LetterError(f"{name} has {len(body):,} bytes: no letter is so long; give the part with the quotations")
    if body.startswith(_WORD) or ending == ".docx":
        return _from_word(name, body)
    if body.startswith((_OLD_WORD, b"%PDF")) or ending in (".doc", ".odt", ".rtf", ".pdf"):
        raise LetterError(f"{name} is in a format that is not read: save it as .docx, .html, .md or .txt")
    text = _decoded(body)
    if ending in (".md", ".markdown"):
        return _from_markdown(text)
    if ending in (".html", ".htm", ".xhtml") or re.match(r"\s*(?:<!doctype html|<html)\b", text, re.IGNORECASE):
        return _from_html(text)
    return from_text(text)


def _decoded(body: bytes) -> str:
    """Text in UTF-8, or UTF-16 with its mark; else as Windows wrote it."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", errors="replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


# -- Word -------------------------------------------------------------------------------------------------------------


def _from_word(name: str, body: bytes) -> Letter:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            size = sum(one.file_size for one in packed.infolist())
        html = _html_of_word(body) if size <= LARGEST else ""
    except Exception as exc:  # the library raises whatever it stumbles upon: KeyError, ExpatError, AttributeError
        raise LetterError(f"{name} can't be read as a .docx file: save it again, or as .html or .txt") from exc
    if size > LARGEST:
        raise LetterError(f"{name} has {size:,} bytes unpacked: no letter is so long; leave its pictures out")
    return _from_html(html)


def _html_of_word(body: bytes) -> str:
    import mammoth  # noqa: PLC0415 (only for this format)

    read = mammoth.convert_to_html(
        io.BytesIO(body),
        style_map=_STYLES,
        transform_document=mammoth.transforms.paragraph(_quotation_if_indented),
        convert_image=mammoth.images.img_element(lambda _image: {"src": ""}),
    )
    return str(read.value)


def _quotation_if_indented(paragraph: Any) -> Any:
    """A paragraph that is indented as a whole and in no list is set as a quotation, whatever its style is called."""
    indent = paragraph.indent.start if paragraph.indent else None
    is_plain = not paragraph.numbering and (paragraph.style_name or "Normal") in ("Normal", "Body Text", "Text body")
    if is_plain and indent and str(indent).isdigit() and int(indent) >= _INDENTED and _count(paragraph) >= LEAST:
        return paragraph.copy(style_name="Quote", style_id="Quote")
    return paragraph


def _count(paragraph: Any) -> int:
    from mammoth import documents, transforms  # noqa: PLC0415

    texts = transforms.get_descendants_of_type(paragraph, documents.Text)
    return len("".join(text.value for text in texts).split())


# -- HTML and Markdown ------------------------------------------------------------------------------------------------


def _from_markdown(text: str) -> Letter:
    from markdown_it import MarkdownIt  # noqa: PLC0415 (only for this format)

    return _from_html(MarkdownIt("commonmark").render(text))


def _from_html(html: str) -> Letter:
    from bs4 import BeautifulSoup  # noqa: PLC0415 (only for these formats)

    soup = BeautifulSoup(html, "lxml")
    for unseen in soup.find_all(_UNSEEN):
        unseen.decompose()
    for inner in soup.find_all("q"):
        inner.insert(0, "\u201c")
        inner.append("\u201d")
    for line in soup.find_all("br"):
        line.replace_with("\n")
    for raised in soup.find_all("sup"):
        if _IS_NOTE.fullmatch(raised.get_text()) and raised.a is None and not _UNIT.search(_text_before(raised)):
            raised.replace_with(f"[{raised.get_text().strip('[]() ')}]")
    notes = _notes(soup)
    paragraphs: list[Paragraph] = []
    for block in soup.find_all(_BLOCKS):
        text = _own_text(block, notes)
        if text:
            is_quotation = block.name == "blockquote" or block.find_parent("blockquote") is not None
            paragraphs.append(Paragraph(text=text[0], is_quotation=is_quotation))
            paragraphs += [Paragraph(text=note, is_note=True) for note in text[1]]
    return Letter(tuple(paragraphs))


def _notes(soup: Tag) -> dict[str, str]:
    """Notes by the anchor that their marks lead to, taken out of the text; the link back is no part of them."""
    found: dict[str, str] = {}
    for mark in soup.select("sup a[href^='#'], a[href^='#footnote-'], a[href^='#endnote-'], a[href^='#fn']"):
        if mark.decomposed:  # a link back, in a note that was taken out
            continue
        anchor = str(mark["href"])[1:]
        note = soup.find(id=anchor)
        if note is None or anchor in found or mark.find_parent(id=anchor) is not None:
            continue
        for back in note.find_all("a", href=re.compile("^#")):
            back.decompose()
        found[anchor] = inline_text(note.get_text(" "))
        note.decompose()
    return found


def _text_before(tag: Tag) -> str:
    before = tag.previous_sibling
    return before.get_text() if before is not None else ""


def _own_text(block: Tag, notes: dict[str, str]) -> tuple[str, list[str]] | None:
    """The words of a block that stand in no block within it, and its notes; None where there are none."""
    from bs4.element import NavigableString, Tag  # noqa: PLC0415

    words: list[str] = []
    found: list[str] = []

    def read(tag: Tag) -> None:
        for child in tag.children:
            if not isinstance(child, Tag):
                words.append(str(child) if type(child) is NavigableString else "")  # no comments
            elif child.name == "a" and str(child.get("href", ""))[1:] in notes:
                found.append(notes[str(child["href"])[1:]])
            elif child.name in _BLOCKS:
                words.append(" ")
            else:
                read(child)

    read(block)
    text = inline_text("".join(words))
    return (text, found) if text else None
