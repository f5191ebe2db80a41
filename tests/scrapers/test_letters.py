"""Letters in the four formats: their paragraphs, what is set as a quotation, and notes."""

from __future__ import annotations

import contextlib
import io
import zipfile
from html import escape
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import LetterError
from monitor.model.letters import LARGEST, Paragraph
from monitor.research.quotations.extraction import quotations
from scrapers.letters import read_letter

if TYPE_CHECKING:
    from collections.abc import Callable

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def docx(body: str, note: str = "") -> bytes:
    """A file as Word makes it, with the styles "Quote" and "Intense Quote"."""
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name.replace(" ", "")}"><w:name w:val="{name}"/></w:style>'
        for name in ("Normal", "Quote", "Intense Quote")
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{WORD}.document.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/footnotes" Target="footnotes.xml"/></Relationships>',
        "word/styles.xml": f"<w:styles {W}>{styles}</w:styles>",
        "word/footnotes.xml": f'<w:footnotes {W}><w:footnote w:id="2">{paragraph(note)}</w:footnote></w:footnotes>',
        "word/document.xml": f'<w:document {W} xmlns:v="urn:schemas-microsoft-com:vml"><w:body>{body}</w:body></w:document>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return out.getvalue()


def paragraph(text: str, *, style: str = "", indent: int = 0, more: str = "") -> str:
    properties = f'<w:pStyle w:val="{style}"/>' if style else ""
    properties += f'<w:ind w:left="{indent}"/>' if indent else ""
    return f'<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>{more}</w:p>'


def read(name: str, body: str | bytes) -> tuple[Paragraph, ...]:
    return read_letter(name, body.encode() if isinstance(body, str) else body).paragraphs


NOTED = '<w:r><w:footnoteReference w:id="2"/></w:r>'
LONG = "The Unit has forty officers, and will have more"


def test_word() -> None:
    inside = f"<w:txbxContent>{paragraph('In a box.')}</w:txbxContent>"
    box = f"<w:r><w:pict><v:shape><v:textbox>{inside}</v:textbox></v:shape></w:pict></w:r>"
    tracked = (
        "<w:p><w:del><w:r><w:delText>No</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>Yes</w:t></w:r></w:ins><w:r><w:t>.</w:t></w:r></w:p>"
    )
    body = (
        paragraph('You said "it is so"', more=NOTED)
        + paragraph("Of style.", style="Quote")
        + paragraph("Of the other style.", style="IntenseQuote")
        + paragraph(LONG, indent=720)
        + paragraph("12 Sample Street", indent=720)
        + paragraph("Around it.", more=box)
        + tracked
    )
    assert read("letter.docx", docx(body, "UIN 12345")) == (
        Paragraph(text='You said "it is so"'),
        Paragraph(text="UIN 12345", is_note=True),
        Paragraph(text="Of style.", is_quotation=True),
        Paragraph(text="Of the other style.", is_quotation=True),
        Paragraph(text=LONG, is_quotation=True),
        Paragraph(text="12 Sample Street"),
        Paragraph(text="Around it."),
        Paragraph(text="In a box."),
        Paragraph(text="Yes."),
    )


FIELD = '<w:fldSimple w:instr=" MERGEFIELD cost "><w:r><w:t>\u00a34 million</w:t></w:r></w:fldSimple>'
TURNED = '<w:bdo w:val="ltr"><w:r><w:t xml:space="preserve"> of it</w:t></w:r></w:bdo>'
BROKEN = "<w:r><w:cr/><w:t>and more</w:t><w:ptab/><w:t>later</w:t></w:r>"


def test_words_of_fields_and_behind_breaks_are_read() -> None:
    (read_back,) = read("a.docx", docx(paragraph("They spent ", more=FIELD + TURNED + BROKEN)))
    assert read_back.text == "They spent \u00a34 million of it and more later"


NEWER = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


@pytest.mark.parametrize(
    ("older", "found"),
    [
        ("", ["Around it.", "In a box."]),
        ("<mc:Fallback><w:pict/></mc:Fallback>", ["Around it.", "In a box."]),
        (f"<mc:Fallback><w:pict><w:txbxContent>{paragraph('As before.')}</w:txbxContent></w:pict></mc:Fallback>",
         ["Around it.", "As before."]),
    ],
)  # fmt: skip
def test_a_text_box_that_has_no_older_form_is_read(older: str, found: list[str]) -> None:
    inside = f"<w:drawing><w:txbxContent>{paragraph('In a box.')}</w:txbxContent></w:drawing>"
    box = f"<mc:AlternateContent {NEWER}><mc:Choice>{inside}</mc:Choice>{older}</mc:AlternateContent>"
    assert [part.text for part in read("a.docx", docx(paragraph("Around it.", more=f"<w:r>{box}</w:r>")))] == found


def test_a_drawing_with_a_text_box_alone_is_read() -> None:
    box = f"<w:r><w:drawing><w:txbxContent>{paragraph('In a box.')}</w:txbxContent></w:drawing></w:r>"
    assert [part.text for part in read("a.docx", docx(paragraph("Around it.", more=box)))] == [
        "Around it.",
        "In a box.",
    ]


def test_a_note_stands_behind_its_quotation() -> None:
    (found,) = quotations(read_letter("a.docx", docx(paragraph('You said "it is so"', more=NOTED), "UIN 12345")))
    assert (found.text, found.after) == ("it is so", "UIN 12345")


HTML = """<!doctype html><html><head><title>No</title><style>p {}</style></head><body>
<p>You said <q>it is so</q><sup><a href="#fn1">1</a></sup>, on 5 m<sup>2</sup>, twice.<sup>4</sup></p><!-- no -->
<blockquote><p>One <em>part</em>.</p><p>Another<br>part.</p></blockquote>
<div>Loose <p>inside</p> words</div><table><tr><td>a</td><td>b</td></tr></table>
<ol><li id="fn1">UIN 12345 <a href="#ref1">back</a></li></ol></body></html>"""


@pytest.mark.parametrize("name", ["letter.html", "-"])
def test_html(name: str) -> None:
    assert read(name, HTML) == (
        Paragraph(text="You said \u201cit is so\u201d, on 5 m2, twice.[4]"),
        Paragraph(text="UIN 12345", is_note=True),
        Paragraph(text="One part.", is_quotation=True),
        Paragraph(text="Another part.", is_quotation=True),
        Paragraph(text="Loose words"),
        Paragraph(text="inside"),
        Paragraph(text="a"),
        Paragraph(text="b"),
    )


def test_markdown() -> None:
    text = '# Head\n\nYou *said* "it [the unit] is ... so".\n\n> Of **old**,\n> it was. [sic]\n\n- an item\n'
    assert read("letter.md", text) == (
        Paragraph(text="Head"),
        Paragraph(text='You said "it [the unit] is ... so".'),
        Paragraph(text="Of old, it was. [sic]", is_quotation=True),
        Paragraph(text="an item"),
    )


@pytest.mark.parametrize(
    ("name", "text", "is_apart"),
    [
        ("a.html", "<blockquote><p>The one.</p></blockquote> <blockquote><p>The one.</p></blockquote>", True),
        ("a.html", "<blockquote>The one.<blockquote>The one.</blockquote></blockquote>", True),
        ("a.html", "<blockquote><p>The one.</p><p>The one.</p></blockquote>", False),
        ("a.md", "> The one.\n\n> The one.", True),
        ("a.md", "> The one.\n>\n> The one.", False),
        ("a.txt", "> The one.\n\n> The one.", True),
        ("a.txt", "> The one.\n>\n\n> \n> The one.", True),
        ("a.txt", "> The one.\n>\n> The one.", False),
    ],
)
def test_quotations_set_apart_are_told_from_one(name: str, text: str, is_apart: bool) -> None:
    assert read(name, text) == (
        Paragraph(text="The one.", is_quotation=True),
        Paragraph(text="The one.", is_quotation=True, is_apart=is_apart),
    )


@pytest.mark.parametrize(
    ("name", "text"), [("a.html", "<p>No.</p><blockquote>Yes.</blockquote>"), ("a", "No.\n\n> Yes.")]
)
def test_first_quotation_is_not_set_apart_from_another(name: str, text: str) -> None:
    assert read(name, text) == (Paragraph(text="No."), Paragraph(text="Yes.", is_quotation=True))


@pytest.mark.parametrize(
    "body",
    [
        "\u201cSi\u00e2n\u201d".encode("cp1252"),
        "\u201cSi\u00e2n\u201d".encode("utf-16"),
        "\ufeff\u201cSi\u00e2n\u201d".encode(),
    ],
)
def test_plain_text_in_the_encodings_that_letters_are_saved_in(body: bytes) -> None:
    assert read("letter.txt", body) == (Paragraph(text="\u201cSi\u00e2n\u201d"),)


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in files.items():
            packed.writestr(name, body)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        (
            "a.doc",
            b"\xd0\xcf\x11\xe0...",
            "a.doc is in a format that is not read: save it as .docx, .html, .md or .txt",
        ),
        ("a.pdf", b"%PDF-1.7", "a.pdf is in a format that is not read"),
        ("a.docx", b"no zip", "a.docx can't be read as a .docx file: save it again, or as .html or .txt"),
        ("a.docx", docx("<w:p>"), "a.docx can't be read as a .docx file"),
        ("a.txt", b"PK\x03\x04", "a.txt can't be read as a .docx file"),
        (
            "a.xlsx",
            zipped({"xl/workbook.xml": b"<workbook/>"}),
            "a.xlsx is in a format that is not read: save it as .docx",
        ),
        (
            "a.docx",
            zipped({"content.xml": b"<office/>"}),
            "a.docx is in a format that is not read: save it as .docx, .html",
        ),
        ("a.pages", b"\x00", "a.pages is in a format that is not read"),
        ("a.txt", b"{\\rtf1 Words.}", "a.txt is in a format that is not read"),
    ],
)
def test_what_can_not_be_read_is_said_with_what_to_do(name: str, body: bytes, said: str) -> None:
    with pytest.raises(LetterError, match=said.replace(".", r"\.")):
        read_letter(name, body)


@pytest.mark.parametrize(
    ("name", "make", "limit"),  # made when they are tested, since each process collects all tests
    [
        ("a.txt", lambda: b"x" * (LARGEST + 1), "20 MB"),
        ("a.docx", lambda: b"PK\x03\x04" + b"x" * LARGEST, "20 MB"),
        ("a.txt", lambda: b"x " * 1_000_001, "2,000,000 characters"),
        ("a.txt", lambda: b"x\n\n" * 10_001, "10,000 paragraphs"),
        ("a.md", lambda: b"x " * 250_001, "500,000 characters"),
        ("a.html", lambda: b"<p>" + b"x " * 2_000_001, "4,000,000 characters of HTML"),
        ("a.html", lambda: b"<b>x" * 100_001, "100,000 tags"),
        ("a.html", lambda: b"<p>x" * 10_001, "10,000 paragraphs"),
        ("a.html", lambda: b"<span>" * 201 + b"x", "tags nested more than 200 deep"),
        ("a.docx", lambda: docx("<w:p/>" * 10_001), "10,000 paragraphs"),
        ("a.docx", lambda: docx(f"<w:p>{'<w:r/>' * 150_000}</w:p>"), "150,000 elements"),
        ("a.docx", lambda: docx("<w:tbl>" * 101 + "</w:tbl>" * 101), "elements nested more than 100 deep"),
        ("a.docx", lambda: zipped({"word/document.xml": b" " * (LARGEST + 1)}), "20 MB of text once it is unpacked"),
        ("a.docx", lambda: zipped({f"{number}.xml": b"" for number in range(5_001)}), "5,000 files in it"),
    ],
)
def test_a_letter_above_a_limit_is_refused_with_the_limit(name: str, make: Callable[[], bytes], limit: str) -> None:
    body = make()
    with pytest.raises(LetterError) as refused:
        read_letter(name, body)
    said = f"{name} has {'' if 'nested' in limit else 'more than '}{limit}, the most that is read: "
    assert str(refused.value) == f"{said}give a part of it"


def test_a_document_type_may_multiply_what_it_defines_and_is_refused() -> None:
    entities = b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><w:document ' + W.encode() + b">&b;</w:document>"
    with pytest.raises(LetterError, match="defines a document type"):
        read_letter("a.docx", zipped({"word/document.xml": entities}))


def test_pictures_do_not_count_as_text() -> None:
    picture = b"A" * 5_000_000
    page = b'<p>You said "it is so".<img src="data:image/png;base64,' + picture + b'"></p>'
    assert read("a.html", page) == (Paragraph(text='You said "it is so".'),)


@pytest.mark.parametrize(
    "page",
    [
        "<p>" + "a<sup>1</sup>" * 20_000,
        "<p>" + "a<br>" * 20_000,
        "".join(f'<sup><a href="#n{record}">1</a></sup><p id="n{record}">x</p>' for record in range(5_000)),
    ],
    ids=["notes", "lines", "targets"],
)
def test_pages_of_many_equal_tags_are_read_in_step_with_their_length(page: str) -> None:
    """Seconds each; what takes the square of its length would not come to an end here."""
    assert len(read("a.html", page)) < 2


PIECES = st.sampled_from(
    [
        *"\"'\u201c\u201d\u2018\u2019[]().\u2026>-*_#&;",
        "...",
        "\n\n",
        "\n    ",
        " ",
        "word ",
        "s' ",
        "<q>",
        "</q>",
        "<blockquote>",
        "<sup>1</sup>",
        "<a href='#x'>",
        "<p id=x>",
    ]
)


@settings(max_examples=25)
@given(st.lists(PIECES, max_size=60).map("".join), st.sampled_from(["a.txt", "a.md", "a.html"]))
def test_whatever_stands_in_a_letter_is_read(text: str, name: str) -> None:
    for record in quotations(read_letter(name, text.encode())):
        assert record.words > 0
        assert record.paragraph > 0


@settings(max_examples=25)
@given(st.data())
def test_a_damaged_file_of_word_is_read_or_refused(data: st.DataObject) -> None:
    body = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(4, len(body) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(LetterError):
        read_letter("a.docx", bytes(body))


WHOLE = docx(paragraph('You said "it is so"', more=NOTED) + paragraph(LONG, indent=720), "UIN 12345")
