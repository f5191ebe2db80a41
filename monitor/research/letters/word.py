"""A drafted letter as a .docx on A4, in styles that Word and LibreOffice both have."""

from __future__ import annotations

import io
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Final, cast

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_COLOR_INDEX
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from monitor.research.letters.layout import BlockKind, letter_blocks, parted, quotation_lines

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.styles.style import ParagraphStyle
    from docx.text.paragraph import Paragraph

    from monitor.research.letters.drafting import Draft
    from monitor.research.letters.layout import Block

FONT: Final = "Calibri"
_BLACK: Final = RGBColor(0, 0, 0)
_SPACE_BEFORE: Final = {
    BlockKind.CLOSING: Pt(14),
    BlockKind.SIGNED: Pt(36),
    BlockKind.COPIES: Pt(14),
    BlockKind.HEADING: Pt(24),
    BlockKind.SALUTATION: Pt(14),
}
_REFERENCE: Final = "Letter reference"
_STYLES: Final = {BlockKind.PROMISE: "List Bullet", BlockKind.REFERENCE: _REFERENCE}
_TAB: Final = Cm(0.9)
_WIDEST_CELL: Final = 32


def letter_word(draft: Draft) -> bytes:
    """Write a letter as a .docx."""
    document = Document()
    _drop_unused_styles(document)
    _set_up(document, draft)
    for block in letter_blocks(draft):
        if block.kind is BlockKind.QUOTATION:
            _add_quotation(document, block)
        else:
            _add_block(document, block)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _drop_unused_styles(document: WordDocument) -> None:
    """Drop the styles of tables, which no letter has, and the copy of all styles for Word 2010.

    They are nine tenths of the library's own template, and make a letter slow to read.
    """
    styles = document.styles.element
    for style in styles.xpath("w:style[@w:type='table' and not(@w:default)]"):
        styles.remove(style)
    for key, relation in list(document.part.rels.items()):
        if relation.reltype.endswith("/stylesWithEffects"):
            document.part.drop_rel(key)


def _set_up(document: WordDocument, draft: Draft) -> None:
    """Set page, language, styles and properties. The library's own template is American, and says so."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin = section.bottom_margin = Cm(2.3)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(11)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    normal.paragraph_format.space_after = Pt(8)
    normal.paragraph_format.line_spacing = 1.1
    quote = document.styles["Quote"]
    quote.font.italic = quote.font.cs_italic = None  # upright, as whole answers are easier to read so
    quote.font.color.rgb = _BLACK
    quote.paragraph_format.left_indent = quote.paragraph_format.right_indent = Cm(1)
    # Indented paragraphs of the style Normal would count as quotations.
    reference = cast("ParagraphStyle", document.styles.add_style(_REFERENCE, WD_STYLE_TYPE.PARAGRAPH))
    reference.base_style, reference.font.size = normal, Pt(9.5)
    form = reference.paragraph_format
    form.left_indent, form.first_line_indent, form.space_after = _TAB, -_TAB, Pt(4)
    form.tab_stops.add_tab_stop(_TAB)
    for language in document.styles.element.xpath("w:docDefaults//w:lang"):
        language.set(qn("w:val"), "en-GB")
    properties = document.core_properties
    properties.title, properties.author, properties.comments = draft.subject[:255], "", ""
    properties.language = "en-GB"
    written_at = datetime.combine(draft.written_on, time(12), UTC)
    properties.created = properties.modified = written_at


def _add_block(document: WordDocument, block: Block) -> None:
    paragraph = document.add_paragraph(style=_STYLES.get(block.kind))
    form = paragraph.paragraph_format
    form.keep_with_next = block.is_lead or None
    if block.kind in _SPACE_BEFORE:
        form.space_before = _SPACE_BEFORE[block.kind]
    if block.kind is BlockKind.SENDER:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if block.kind is BlockKind.PROMISE:
        paragraph.add_run(f"\u201c{block.text}\u201d [{block.number}] {block.after}")
    elif block.kind is BlockKind.REFERENCE:
        _fill_reference(paragraph, block)
    elif block.kind is BlockKind.COPIES:
        _add_lines(paragraph, ("Copies to:", *block.lines), has_blanks=False)
    else:
        _add_lines(paragraph, block.lines, has_blanks=block.has_blanks)
        if block.number:
            paragraph.add_run(f" [{block.number}]")
    if block.kind in (BlockKind.SUBJECT, BlockKind.HEADING):
        for run in paragraph.runs:
            run.bold = True


def _add_lines(paragraph: Paragraph, lines: tuple[str, ...], *, has_blanks: bool) -> None:
    for number, line in enumerate(lines):
        if number:
            paragraph.add_run().add_break()
        for piece, is_blank in parted(line) if has_blanks else ((line, False),):
            run = paragraph.add_run(piece)
            if is_blank:
                run.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _add_quotation(document: WordDocument, block: Block) -> None:
    """Add a quotation, its paragraphs and lines as they are in the record, cells of a table on tab stops."""
    paragraphs = quotation_lines(block.text)
    for number, lines in enumerate(paragraphs, 1):
        paragraph = document.add_paragraph(style="Quote")
        for stop in _tab_stops(lines):
            paragraph.paragraph_format.tab_stops.add_tab_stop(stop)
        paragraph.add_run("\n".join(lines))
        if number == len(paragraphs):
            paragraph.add_run(f" [{block.number}]")
        elif len(lines) == 1:
            paragraph.paragraph_format.keep_with_next = True


def _tab_stops(lines: list[str]) -> list[Any]:
    """Return where the columns of a table begin, by its longest cells."""
    rows = [line.split("\t") for line in lines if "\t" in line]
    columns = max(map(len, rows), default=1) - 1
    stops, place = [], 0.0
    for column in range(columns):
        longest = max((len(row[column]) for row in rows if column < len(row)), default=0)
        place += 0.2 * min(max(longest, 3), _WIDEST_CELL) + 0.4
        stops.append(Cm(1 + place))
    return stops


def _fill_reference(paragraph: Paragraph, block: Block) -> None:
    paragraph.add_run(f"{block.number}.\t{block.text}")
    if block.url.startswith("https://"):
        paragraph.add_run(" ")
        _add_link(paragraph, block.url)
    elif block.url:
        paragraph.add_run(f" {block.url}")


def _add_link(paragraph: Paragraph, url: str) -> None:
    """Add an address that can be clicked. The library reads links and has no method to write one."""
    relation = paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), relation)
    run = paragraph.add_run(url)
    run.font.underline, run.font.color.rgb = True, RGBColor(0x0B, 0x4A, 0x8F)
    cast("Any", run.element).addprevious(link)
    link.append(cast("Any", run.element))
