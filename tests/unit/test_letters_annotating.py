"""A checked letter given back with comments: where they stand, what they say, and that nothing else changed."""

from __future__ import annotations

import io
import zipfile
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from docx import Document
from docx.oxml.ns import qn

from monitor import app
from monitor.cli import pqwatch
from monitor.errors import LetterError
from monitor.research.letters.annotating import annotate
from tests.scrapers import test_letters as word
from tests.scrapers.test_letters import NOTED, PACKAGE, WORD, paragraph
from tests.unit.cli_kit import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def letter(desk: Desk, tmp_path: Path) -> Path:
    del desk
    return tmp_path / "letter.docx"


def docx(body: str, note: str = "") -> bytes:
    """A file as Word makes it, in which every part has its type."""
    types = f'<Override PartName="/word/document.xml" ContentType="{WORD}.document.main+xml"/>' + "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{WORD}.{name}+xml"/>' for name in ("styles", "footnotes")
    )
    rels = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word.docx(body, note))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            is_types = name == "[Content_Types].xml"
            new.writestr(
                name, f'<Types xmlns="{PACKAGE}/content-types">{rels}{types}</Types>' if is_types else old.read(name)
            )
    return out.getvalue()


def run(letter: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{letter}</w:t></w:r>'


def save(letter: Path, *paragraphs: str, note: str = "") -> None:
    letter.write_bytes(docx("".join(paragraphs), note))


def annotated(desk: Desk, letter: Path, *words: str) -> tuple[Result, Any]:
    result = desk.run("check", str(letter), "--annotate", *words)
    path = letter.with_name("letter-checked.docx")
    assert path.is_file(), result.exception
    return result, Document(str(path))


def commented(document: Any) -> list[tuple[str, str]]:
    """Return the words that each comment is about, and what it says."""
    texts = {comment.comment_id: comment.text for comment in document.comments}
    words: dict[int, str] = dict.fromkeys(texts, "")
    open_now: set[int] = set()
    for element in document.element.body.iter():
        number = int(element.get(qn("w:id"), -1))
        if element.tag == qn("w:commentRangeStart"):
            open_now.add(number)
        elif element.tag == qn("w:commentRangeEnd"):
            open_now.discard(number)
        elif element.tag == qn("w:t"):
            for open_one in open_now:
                words[open_one] += element.text or ""
    assert not open_now
    return [(words[number], texts[number]) for number in sorted(texts)]


def bare(body: Any) -> str:
    """Return the XML of a document's body without comments, with runs of the same form joined."""
    body = deepcopy(body)
    for name in ("w:commentRangeStart", "w:commentRangeEnd"):
        for mark in list(body.iter(qn(name))):
            mark.getparent().remove(mark)
    for mark in list(body.iter(qn("w:commentReference"))):
        mark.getparent().getparent().remove(mark.getparent())
    for run_of_text in list(body.iter(qn("w:r"))):
        before = run_of_text.getprevious()
        if before is None or before.tag != run_of_text.tag or _form(before) != _form(run_of_text):
            continue
        for child in list(run_of_text):
            if child.tag == qn("w:rPr"):
                continue
            if child.tag == qn("w:t") and len(before) and before[-1].tag == child.tag:
                before[-1].text += child.text
            else:
                before.append(child)
        run_of_text.getparent().remove(run_of_text)
    for text in body.iter(qn("w:t")):
        text.attrib.clear()
    return str(body.xml)


def _form(of_run: Any) -> str:
    return "" if of_run.rPr is None else of_run.rPr.xml


EXACT = "Steps are being taken."
QUOTED = f"\u201c{EXACT}\u201d"
ENDED = "being taken.\u201d Then"
OPENED = "\u201cSteps are "
LETTER = (
    paragraph(f"You said \u201c{EXACT}\u201d and \u201call bathing waters were clean\u201d, then \u201cI refer the hon. "
              "Member to the reply given on 1 February 2021\u201d (UIN 140011)."),
    paragraph("Nothing here is from anywhere: \u201ca bathing beach for everyone in each and every town of ours\u201d."),
    paragraph(f"And \u201c{EXACT}\u201d (UIN 140009), \u201cso fine a thing\u201d."),
)  # fmt: skip


def test_each_quotation_has_its_comment(desk: Desk, letter: Path) -> None:
    save(letter, *LETTER)
    result, document = annotated(desk, letter, "--json")
    assert result.exit_code == 1
    assert result.stderr.endswith("letter-checked.docx, with 6 comments.\n")
    exact, corrected, altered, missing, again, short = commented(document)
    assert exact[0] == "Steps are being taken."
    assert exact[1].startswith("Exact.\n")
    assert "\nReference to paste: UIN 1400" in exact[1]
    assert corrected[0] == "all bathing waters were clean"
    assert corrected[1].startswith(
        "Corrected since.\nSo it stood in revision 1, before the correction of 5 February 2021.\n"
    )
    assert 'Now: "No bathing waters were clean"' in corrected[1]
    assert altered[1].startswith(
        "Altered.\nThe record says: \u201cI refer the hon. Member to the answer given on 1 February"
    )
    assert "\nUIN 140011, answered 1 February 2021\n" in altered[1]
    assert missing[1].startswith("Not found.\n")
    assert again[0] == "Steps are being taken."
    assert again[1].startswith("Exact.\nAs the letter says: 140009.\nUIN 140009, answered ")
    assert short == ("so fine a thing", "Too short to check.\nIt stands nowhere like that.")
    assert {comment.author for comment in document.comments} == {"pqwatch"}


@pytest.mark.parametrize(
    "body",
    [
        LETTER,
        ((f"<w:p>{run('He said ')}<w:r><w:rPr><w:b/></w:rPr><w:t>\u201cSteps are</w:t></w:r>{run(' being')}"
         f"<w:r><w:tab/><w:t>taken.\u201d</w:t><w:br/><w:t>So.</w:t></w:r></w:p>"),),
        (f'<w:p>{run("He said ")}<w:hyperlink w:anchor="a">{run(QUOTED)}</w:hyperlink></w:p>',),
        ((f"<w:p><w:del><w:r><w:delText>No</w:delText></w:r></w:del><w:ins>{run(OPENED)}</w:ins>"
         f"{run(ENDED)}</w:p>"),),
        (f"<w:tbl><w:tr><w:tc>{paragraph(QUOTED)}</w:tc></w:tr></w:tbl>",),
        (paragraph(EXACT * 3, style="Quote"), paragraph("None.")),
    ],
    ids=["plain", "runs", "link", "tracked", "table", "style"],
)  # fmt: skip
def test_nothing_else_changes(desk: Desk, letter: Path, body: tuple[str, ...]) -> None:
    save(letter, *body, note="Note.")
    before = Document(str(letter))
    _, after = annotated(desk, letter)
    assert bare(before.element.body) == bare(after.element.body)
    words = [text for text, _ in commented(after)]
    assert words
    assert all("taken" in text for text in words if "Steps" in text)
    with zipfile.ZipFile(letter) as old, zipfile.ZipFile(letter.with_name("letter-checked.docx")) as new:
        assert old.read("word/footnotes.xml") == new.read("word/footnotes.xml")


def test_comments_end_where_the_quotation_ends(desk: Desk, letter: Path) -> None:
    save(
        letter,
        f"<w:p>{run('He said ')}{run(OPENED)}<w:r><w:rPr><w:i/></w:rPr><w:t>being taken.\u201d Then more.</w:t></w:r></w:p>",
    )
    [(words, _)] = commented(annotated(desk, letter)[1])
    assert words == "Steps are being taken."


def test_quotation_of_several_paragraphs_has_one_comment(desk: Desk, letter: Path) -> None:
    save(
        letter, paragraph("\u201cSamples taken:"), paragraph("\u201cPlace Samples North Sample 12\u201d, as you said.")
    )
    [(words, said)] = commented(annotated(desk, letter)[1])
    assert (words, said.partition("\n")[0]) == ("Samples taken:\u201cPlace Samples North Sample 12", "Exact.")


def test_words_are_marked_where_they_are_quoted(desk: Desk, letter: Path) -> None:
    save(letter, paragraph("Steps are being taken, and no more."), paragraph(f"You said: \u201c{EXACT}\u201d"))
    document = annotated(desk, letter)[1]
    commented(document)
    assert b"commentRangeStart" not in document.paragraphs[0]._p.xml.encode()
    assert "commentRangeStart" in document.paragraphs[1]._p.xml


def test_quotations_in_notes_and_boxes_have_comments_where_these_hang(desk: Desk, letter: Path) -> None:
    box = (
        f"<w:r><w:pict><v:shape><v:textbox><w:txbxContent>{paragraph(QUOTED)}</w:txbxContent>"
        "</v:textbox></v:shape></w:pict></w:r>"
    )
    save(
        letter,
        paragraph("A note", more=NOTED),
        paragraph("A box", more=box),
        note="\u201cNo bathing waters were clean\u201d",
    )
    document = annotated(desk, letter)[1]
    assert len(commented(document)) == 2
    marked = ["commentReference" in item._p.xml for item in document.paragraphs]
    assert marked[:2] == [True, True]


def test_quotation_that_is_found_nowhere_in_the_file_hangs_at_its_beginning(desk: Desk) -> None:
    body = docx(paragraph("Dear Minister") + paragraph(f"\u201c{EXACT}\u201d"))
    other = docx(paragraph("Dear Minister") + paragraph("None."))
    from monitor.research.quotations.checking import check as check_letter  # noqa: PLC0415

    archive = app.archive(app.configuration(str(desk.folder / "config.toml"), env={}))
    try:
        found = check_letter(archive, app.letter("a.docx", body))
    finally:
        archive.close()
    document = Document(io.BytesIO(annotate("b.docx", other, found)))
    assert "commentReference" in document.paragraphs[0]._p.xml
    empty = docx("")
    assert len(list(Document(io.BytesIO(annotate("c.docx", empty, found))).comments)) == 1


def test_comments_that_are_there_stay(desk: Desk, letter: Path) -> None:
    save(letter, *LETTER[:1])
    _, document = annotated(desk, letter)
    path = letter.with_name("again.docx")
    document.save(str(path))
    result = desk.run("check", str(path), "--annotate", "--output", str(letter))
    assert result.exit_code == 1
    assert len(list(Document(str(letter)).comments)) == 6


def test_other_formats_and_bad_places_are_refused(desk: Desk, letter: Path, tmp_path: Path) -> None:
    save(letter, *LETTER)
    text = tmp_path / "letter.txt"
    text.write_text(f'"{EXACT}"', encoding="utf-8")
    assert "is no .docx, and comments go into such files alone" in str(
        desk.run("check", str(text), "--annotate").exception
    )
    for words, said in (
        (("-", "--annotate"), "Name the file for a letter from stdin: --output letter-checked.docx"),
        ((str(letter), "--annotate", "--output", "a.html"), "a.html is no .docx"),
        (
            (str(letter), "--annotate", "--output", str(letter)),
            "--output names the letter itself, which stays as it is",
        ),
    ):
        result = desk.run("check", *words)
        assert result.exit_code == 2
        assert said in " ".join(result.stderr.split())
    no_folder = desk.run("check", str(letter), "--annotate", "--output", str(tmp_path / "none" / "a.docx"))
    assert "can't be written" in str(no_folder.exception)


def test_hostile_files_are_refused_within_the_limits(desk: Desk, letter: Path) -> None:
    bomb = docx("<w:p>" + "<w:r/>" * 200_000 + "</w:p>")
    letter.write_bytes(bomb)
    assert "more than 150,000 elements" in str(desk.run("check", str(letter), "--annotate").exception)
    letter.write_bytes(b"PK\x03\x04 and no more")
    assert "can't be read as a .docx file" in str(desk.run("check", str(letter), "--annotate").exception)
    assert not letter.with_name("letter-checked.docx").exists()
    with pytest.raises(LetterError, match="can't be given comments"):
        annotate("a.docx", b"PK\x03\x04 and no more", [])


def test_letters_from_stdin_can_be_annotated(desk: Desk, letter: Path, tmp_path: Path) -> None:
    from click.testing import CliRunner  # noqa: PLC0415

    save(letter, *LETTER[:1])
    to = tmp_path / "out.docx"
    words = ["check", "-", "--annotate", "--output", str(to), "--config", str(desk.folder / "config.toml")]
    result = CliRunner().invoke(pqwatch, words, input=letter.read_bytes())
    assert result.exit_code == 1
    assert len(list(Document(str(to)).comments)) == 3
