"""Reading of briefings that others made: mails (.eml), Word's .docx, HTML, CSV, Markdown, plain text.

The limits are those of letters (`scrapers.letters`), because a briefing may come from anybody too. Of a mail the HTML is
read, else the plain text; attachments are not. Bytes and nesting are checked before the slow libraries see them.
"""

from __future__ import annotations

import csv
import email
import email.policy
import io
import re
from email.errors import MessageError
from email.utils import parsedate_to_datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from monitor.errors import LetterError
from monitor.model.briefings import Block, Briefing
from monitor.model.letters import LARGEST
from monitor.parliament.calendar import LONDON
from monitor.parliament.links import unwrap
from scrapers.letters import (
    BLOCKS,
    DOCX_START,
    MAX_MARKDOWN,
    MAX_PARAGRAPHS,
    MAX_TEXT,
    decode,
    markdown_to_html,
    parse_html,
    refuse_unread_format,
    too_long,
    word_to_html,
)
from scrapers.markup import inline_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from email.message import EmailMessage

    from bs4 import Tag

MAX_PARTS: Final = 200
"""Parts of a mail, and parts within parts."""

_FORMATS: Final = ".docx, .html, .eml, .csv, .md or .txt"
_NUMBER_COLUMNS: Final = frozenset(
    ("uin", "question uin", "uin number", "question number", "question no", "pq", "pq number", "pq no")
)
_TEXT_COLUMNS: Final = frozenset(
    ("question", "question text", "answer", "answer text", "reply", "response", "text", "was", "change")
)
_OTHERS_COLUMNS: Final = frozenset(("grouped with", "same answer as", "refers to", "links", "attachments"))
"""Columns of pqwatch's own tables that name other records than the row's."""
_LONGEST_CELL: Final = 300
"""Characters of a cell from which on it is a text that is quoted."""
_SEPARATOR: Final = re.compile(r"\Asep=([,;\t|])\r?\n", re.IGNORECASE)
"""First line of a file of Excel that names what parts its cells."""

_TYPE: Final = re.compile(rb"content-type[ \t]*:", re.IGNORECASE)
_HTML_START: Final = re.compile(r"\s*(?:<!doctype html|<html)\b", re.IGNORECASE)
_MAIL_START: Final = re.compile(
    rb"(?:[\w-]{2,60}:[^\n]*\n(?:[ \t][^\n]*\n)*){0,100}?(?:mime-version|content-type|message-id)[ \t]*:", re.IGNORECASE
)
_HEADINGS: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "dt", "caption", "th"))
_CELLS: Final = ("td", "th")
_RULE: Final = re.compile(r"[\s=_*#~\u2500-\u257f-]{3,}")
"""A line that is drawn."""
_SPOKEN: Final = re.compile(r"[QA]\s{2,}\S|\s+\|\s")
"""Begin of a question or answer as the text of a digest quotes it."""
_INDENTED: Final = re.compile(r"\s{2,}\S")
_BULLET: Final = re.compile(r"\A\s*(?:[-*\u2022\u2013\u00b7]|\(?\d{1,3}[.)])\s")
_MARKED: Final = re.compile(r"\A\s*>(?:\s?>)*\s?")
_LONGEST_HEADING: Final = 160
_SENTENCE_END: Final = re.compile(r"[.!?;:,]$")


def read_briefing(name: str, body: bytes) -> Briefing:
    """Read a briefing in the format that its name and its first bytes tell, else as plain text.

    Raises LetterError, which says what to do.
    """
    briefing = _read(name, body)
    if len(briefing.blocks) > MAX_PARAGRAPHS:
        raise too_long(name, f"more than {MAX_PARAGRAPHS:,} paragraphs")
    return briefing


def _read(name: str, body: bytes) -> Briefing:
    ending = PurePath(name).suffix.lower()
    if len(body) > LARGEST:
        raise too_long(name, f"more than {LARGEST // 1_000_000} MB")
    if body.startswith(DOCX_START) or ending == ".docx":
        return _from_html(name, word_to_html(name, body, _FORMATS))
    refuse_unread_format(name, body, _FORMATS)
    if ending == ".eml" or _MAIL_START.match(body):
        return _from_mail(name, body)
    text = decode(body)
    if ending in (".html", ".htm", ".xhtml") or _HTML_START.match(text):
        return _from_html(name, text)
    if ending in (".csv", ".tsv"):
        return Briefing(blocks=tuple(_blocks_of_table(name, text)))
    is_markdown = ending in (".md", ".markdown")
    most = MAX_MARKDOWN if is_markdown else MAX_TEXT
    if len(text) > most:
        raise too_long(name, f"more than {most:,} characters")
    return _from_html(name, markdown_to_html(text)) if is_markdown else Briefing(blocks=tuple(_blocks_of_text(text)))


# -- mails ------------------------------------------------------------------------------------------------------------


def _from_mail(name: str, body: bytes) -> Briefing:
    if sum(1 for _ in _TYPE.finditer(body)) > MAX_PARTS:
        raise too_long(name, f"more than {MAX_PARTS} parts")
    try:
        message = email.message_from_bytes(body, policy=email.policy.default)
        part = message.get_body(("html", "plain"))
        content = part.get_content() if part is not None else ""
        is_html = part is not None and part.get_content_subtype() == "html"
        sent_on = _sent_on(message)
    except (MessageError, LookupError, ValueError, TypeError, AttributeError, RecursionError) as exc:
        # The email library fails in all these ways on a mail that is damaged or made to harm.
        raise LetterError(
            f"{name} can't be read as a mail ({str(exc) or 'it is damaged'}): save it again, or as .html or .txt"
        ) from exc
    if not isinstance(content, str) or not content.strip():
        raise LetterError(f"{name} is a mail without text: save what is attached to it, and name that file")
    briefing = _from_html(name, content) if is_html else Briefing(blocks=tuple(_blocks_of_text(content)))
    return Briefing(blocks=briefing.blocks, sent_on=sent_on)


def _sent_on(message: EmailMessage) -> date | None:
    try:
        sent = parsedate_to_datetime(str(message["Date"]))
        return sent.astimezone(LONDON).date() if sent.tzinfo else sent.date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


# -- HTML -------------------------------------------------------------------------------------------------------------


def _from_html(name: str, html: str) -> Briefing:
    soup = parse_html(name, html)
    blocks = []
    plain_rows: set[int] = set()
    for tag in soup.find_all([*BLOCKS, "tr"]):
        if tag.name == "tr":
            is_plain = _is_plain_row(tag)
            plain_rows |= {id(tag)} if is_plain else set()
            block = _row(tag) if is_plain else None
        elif tag.name in _CELLS and id(tag.parent) in plain_rows:
            continue  # the row has it
        else:
            block = _block(tag)
        if block is not None:
            blocks.append(block)
    return Briefing(blocks=tuple(blocks))


def _is_plain_row(row: Tag) -> bool:
    """Return whether a row holds nothing but cells of text: mails also lay whole pages out in tables."""
    return row.find([name for name in (*BLOCKS, "table") if name not in _CELLS]) is None


def _row(row: Tag) -> Block | None:
    cells = [inline_text(cell.get_text(" ")) for cell in row.find_all(_CELLS)]
    lines = tuple(" ".join(cell.split()) for cell in cells if cell.strip())
    links = tuple(unwrap(str(link["href"]).strip()) for link in row.find_all("a", href=True))
    return Block(lines=lines, links=links, is_quotation=_is_quoted(row)) if lines or links else None


def _block(tag: Tag) -> Block | None:
    """Return the words and links of a block that stand in no block within it; None where there are none."""
    words, links, strong = _own(tag)
    lines = tuple(line for line in (" ".join(line.split()) for line in words.split("\n")) if line)
    if not lines and not links:
        return None
    is_heading = tag.name in _HEADINGS or (bool(lines) and strong == "".join(words.split()))
    return Block(
        lines=lines,
        links=tuple(links),
        is_heading=is_heading and len(" ".join(lines)) <= _LONGEST_HEADING,
        is_quotation=_is_quoted(tag),
    )


def _own(tag: Tag) -> tuple[str, list[str], str]:
    """Return the own words of a tag, its own links, and which of its words are in bold, without spaces."""
    from bs4.element import NavigableString, Tag  # noqa: PLC0415 (only for these formats)

    words: list[str] = []
    links: list[str] = []
    strong: list[str] = []

    def read(inner: Tag, *, is_strong: bool) -> None:
        for child in inner.children:
            if not isinstance(child, Tag):
                text = " ".join(str(child).split("\n")) if type(child) is NavigableString else ""  # no comments
                words.append(text)
                strong.append("".join(text.split()) if is_strong else "")
            elif child.name in (*BLOCKS, "br", "tr"):
                words.append("\n")
            else:
                if child.name == "a" and child.get("href"):
                    links.append(unwrap(str(child["href"]).strip()))
                read(child, is_strong=is_strong or child.name in ("b", "strong"))

    read(tag, is_strong=False)
    return "".join(words), links, "".join(strong)


def _is_quoted(tag: Tag) -> bool:
    """Return whether a tag stands in a quotation. A mail that another mail cites or forwards does not count."""
    quotations = [tag, *tag.parents]
    return any(outer.name == "blockquote" and outer.get("type") != "cite" for outer in quotations)


# -- tables -----------------------------------------------------------------------------------------------------------


def _blocks_of_table(name: str, text: str) -> Iterator[Block]:
    """Yield the rows of a CSV file, and the texts that they quote. Raises LetterError."""
    if len(text) > MAX_TEXT:
        raise too_long(name, f"more than {MAX_TEXT:,} characters")
    named = _SEPARATOR.match(text)
    text = text[named.end() :] if named else text
    first_line = text.lstrip().partition("\n")[0]
    separator = named[1] if named else max(",;\t|", key=first_line.count)
    columns: list[str] | None = None
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            cells = [" ".join(cell.split()) for cell in row]
            if columns is None:
                names = [" ".join(re.findall(r"[^\W_]+", cell.casefold())) for cell in cells]
                is_header = not (_NUMBER_COLUMNS | _TEXT_COLUMNS).isdisjoint(names)
                columns = names if is_header else []
                if is_header:
                    continue
            yield from _blocks_of_row(cells, columns)
    except csv.Error as exc:
        raise LetterError(f"{name} can't be read as a .csv file ({exc}): save it again, or as .html or .txt") from exc


def _blocks_of_row(cells: list[str], columns: list[str]) -> Iterator[Block]:
    """Yield a row, and the texts in it only where no number or address says which record it is of."""
    named = [(columns[place] if place < len(columns) else "", cell) for place, cell in enumerate(cells) if cell]
    kept = [(column, cell) for column, cell in named if column not in _OTHERS_COLUMNS]
    texts = [cell for column, cell in kept if column in _TEXT_COLUMNS or len(cell) > _LONGEST_CELL]
    lines = tuple(
        f"UIN {cell}" if column in _NUMBER_COLUMNS and cell.isdecimal() else cell
        for column, cell in kept
        if cell not in texts
    )
    if lines:
        yield Block(lines=lines)
    if not any(column in _NUMBER_COLUMNS or cell.startswith(("https://", "http://")) for column, cell in kept):
        yield from (Block(lines=(text,), is_quotation=True) for text in texts)


# -- plain text -------------------------------------------------------------------------------------------------------


def _blocks_of_text(text: str) -> Iterator[Block]:
    """Yield the paragraphs of a text; the passages that a digest quotes are blocks of their own."""
    lines: list[str] = []
    is_quoted = False
    for line in [*re.sub(r"\r\n?|[\f\v\x85\u2028\u2029]", "\n", text).split("\n"), ""]:
        line = _MARKED.sub("", line)  # noqa: PLW2901 (the marks of a mail that is cited say nothing here)
        is_blank = not line.strip() or bool(_RULE.fullmatch(line))
        starts = bool(_SPOKEN.match(line))
        ends = is_quoted and not starts and not _INDENTED.match(line)
        if (is_blank or starts or ends) and lines:
            yield _paragraph(lines, is_quoted=is_quoted)
            lines = []
        if is_blank or ends or starts:
            is_quoted = starts
        if not is_blank:
            lines.append(line)


def _paragraph(lines: list[str], *, is_quoted: bool) -> Block:
    stripped = tuple(" ".join(_BULLET.sub("", line, count=1).split()) for line in lines)
    filled = tuple(line for line in stripped if line)
    alone = filled[0] if len(filled) == 1 else ""
    is_heading = (
        bool(alone) and len(alone) <= _LONGEST_HEADING and not _SENTENCE_END.search(alone) and "://" not in alone
    )
    return Block(lines=filled or ("-",), is_heading=is_heading and not is_quoted, is_quotation=is_quoted)
