"""Briefings in their formats: blocks, headings, links, quotations, and hostile files."""

from __future__ import annotations

from datetime import date
from email.message import EmailMessage

import pytest

from monitor.errors import LetterError
from monitor.model.briefings import Block, Briefing
from scrapers.briefings import MAX_PARTS, read_briefing
from tests.scrapers.test_letters import docx, paragraph


def read(name: str, body: str | bytes) -> Briefing:
    return read_briefing(name, body.encode() if isinstance(body, str) else body)


def lines(briefing: Briefing) -> list[str]:
    return [block.text for block in briefing.blocks]


def a_mail(**parts: str) -> EmailMessage:
    message = EmailMessage()
    message["Date"] = "Tue, 02 Feb 2021 23:30:00 -0500"
    message["Subject"] = "Briefing"
    for kind, text in parts.items():
        add = message.set_content if message.get_payload() is None else message.add_alternative
        add(text, subtype=kind)
    return message


def test_html_gives_headings_links_and_quotations() -> None:
    found = read(
        "b.html",
        "<h2>Water</h2><p>One <a href='https://example.org/1'>answer</a><br>of two lines</p>"
        "<p><b>Beaches</b></p><blockquote><p>Words of <b>another</b></p></blockquote><p><i>empty</i> </p><p></p>"
        "<script>no()</script><!-- nor this --><p><a href='https://example.org/2'></a></p>",
    )
    assert found.blocks == (
        Block(lines=("Water",), is_heading=True),
        Block(lines=("One answer", "of two lines"), links=("https://example.org/1",)),
        Block(lines=("Beaches",), is_heading=True),
        Block(lines=("Words of another",), is_quotation=True),
        Block(lines=("empty",)),
        Block(lines=(), links=("https://example.org/2",)),
    )


def test_a_row_of_cells_is_one_block_and_a_table_of_layout_is_none() -> None:
    row = "<tr><td>150001</td><td><a href='https://example.org/'>Beaches</a></td></tr>"
    found = read("b.html", f"<table><tr><td><p>Laid out</p></td></tr></table><table>{row}<tr><td></td></tr></table>")
    assert found.blocks == (
        Block(lines=("Laid out",)),
        Block(lines=("150001", "Beaches"), links=("https://example.org/",)),
    )


def test_only_the_beginning_of_a_line_is_a_bullet_or_the_mark_of_a_cited_mail() -> None:
    found = read("b.txt", "- Roads - 2. second reading\n\n> > Cited: a > b\n\n(3) Rivers (4) and seas\n")
    assert lines(found) == ["Roads - 2. second reading", "Cited: a > b", "Rivers (4) and seas"]


def test_a_forwarded_mail_is_no_quotation() -> None:
    found = read("b.html", '<blockquote type="cite"><p>Forwarded</p></blockquote>')
    assert not found.blocks[0].is_quotation


def test_wrappers_of_mail_guards_are_taken_off() -> None:
    wrapped = "https://gbr01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.gov.uk%2Fguidance&amp;data=1"
    assert read("b.html", f'<p><a href="{wrapped}">Guidance</a></p>').blocks[0].links == (
        "https://www.gov.uk/guidance",
    )


def test_markdown_and_word_give_the_same() -> None:
    blocks = (Block(lines=("Beaches",), is_heading=True), Block(lines=("UIN 150001",)))
    assert read("b.md", "## Beaches\n\nUIN 150001\n").blocks == blocks
    style = '<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:b/><w:t>Beaches</w:t></w:r></w:p>'
    assert lines(read("b.docx", docx(style + paragraph("UIN 150001")))) == ["Beaches", "UIN 150001"]


def test_plain_text_has_paragraphs_headings_and_quoted_passages() -> None:
    found = read(
        "b.txt",
        "WATER\n=====\n1  WATER | Beaches\nSomebody asked.\nQ  whether Question 99999\n   is quoted.\nCite: UIN 150001\n"
        "------\n> - a line of a cited mail\n\n> A  and this is quoted.\n",
    )
    assert found.blocks == (
        Block(lines=("WATER",), is_heading=True),
        Block(lines=("1 WATER | Beaches", "Somebody asked.")),
        Block(lines=("Q whether Question 99999", "is quoted."), is_quotation=True),
        Block(lines=("Cite: UIN 150001",), is_heading=True),
        Block(lines=("a line of a cited mail",), is_heading=True),
        Block(lines=("A and this is quoted.",), is_quotation=True),
    )


def test_a_line_that_is_only_a_bullet_stays_a_line() -> None:
    assert lines(read("b.txt", "1. \n")) == ["-"]


@pytest.mark.parametrize("name", ["b.eml", "-"])
def test_a_mail_is_read_by_its_html_else_its_text(name: str) -> None:
    found = read(name, a_mail(plain="In plain", html="<p>In HTML</p>").as_bytes())
    assert lines(found) == ["In HTML"]
    assert found.sent_on == date(2021, 2, 3)  # in London
    assert lines(read(name, a_mail(plain="In plain").as_bytes())) == ["In plain"]


@pytest.mark.parametrize(
    "when",
    [
        *("", "Date: soon\n", "Date: Tue, 02 Feb 2021 23:30:00 -0000\n"),
        *(f"Date: Tue, 02 Feb {'9' * 20} 23:30:00 GMT\n", "Date: Fri, 31 Dec 9999 23:30:00 -1200\n"),
    ],
)
def test_a_mail_without_a_good_date_has_none_or_its_day(when: str) -> None:
    found = read("b.eml", f"{when}Content-Type: text/plain\n\nWords\n")
    assert found.sent_on == (date(2021, 2, 2) if "-0000" in when else None)


def test_a_mail_without_text_says_what_to_do() -> None:
    message = EmailMessage()
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="report.pdf")
    with pytest.raises(LetterError, match="is a mail without text: save what is attached to it"):
        read("b.eml", message.as_bytes())


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Type: text/html; charset=no-such\n\n<p>x</p>",
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain; charset=\xff\xfe\n\nx\n--x--",
        b"Content-Type: multipart/alternative\n\nno boundary",
        b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n\xff!!!",
        b"\x00\x01\x02",
    ],
)
def test_damaged_mails_are_read_or_refused_in_one_sentence(body: bytes) -> None:
    try:
        assert read("b.eml", body).blocks is not None
    except LetterError as refused:
        assert "save" in str(refused)  # noqa: PT017 (either is right)


def test_what_the_library_of_mails_raises_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_given: object) -> None:
        raise RecursionError

    monkeypatch.setattr("scrapers.briefings.email.message_from_bytes", fail)
    with pytest.raises(LetterError, match=r"b\.eml can't be read as a mail \(it is damaged\): save it again"):
        read("b.eml", b"x")


def test_mails_of_very_many_parts_are_refused() -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=x%d\n\n--x%d\n" % (n, n) for n in range(MAX_PARTS + 1))
    with pytest.raises(LetterError, match="more than 200 parts"):
        read("b.eml", nested)
    inside = b"".join(b"Content-Type: multipart/mixed; boundary=x%d\n\n--x%d\n" % (n, n) for n in range(MAX_PARTS - 1))
    with pytest.raises(LetterError, match="is a mail without text"):
        read("b.eml", inside)


HEADED = 'Answered,UIN,Heading\n01/02/2021,12,Water\n01/02/2021,140001,"Beaches, and sand"\n'


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("b.csv", HEADED),
        ("b.CSV", "\ufeff" + HEADED),
        (
            "b.csv",
            "sep=;\n" + HEADED.replace('"Beaches, and sand"', "Beaches* and sand").replace(",", ";").replace("*", ","),
        ),
        ("b.tsv", HEADED.replace('"Beaches, and sand"', "Beaches* and sand").replace(",", "\t").replace("*", ",")),
    ],
)
def test_each_row_of_a_table_is_a_block_with_its_cells(name: str, body: str) -> None:
    assert [block.lines for block in read(name, body).blocks] == [
        ("01/02/2021", "UIN 12", "Water"),
        ("01/02/2021", "UIN 140001", "Beaches, and sand"),
    ]


def test_texts_in_a_table_are_read_only_where_the_row_names_no_record() -> None:
    answer = "I refer the hon. Member to the answer given to Question 140002."
    table = f"uin,question,answer,grouped_with\n140001,What is clean?,{answer},140003\n,What is not?,{answer},\n"
    numbered, *others = read("b.csv", table).blocks
    assert (numbered.lines, numbered.is_quotation) == (("UIN 140001",), False)
    assert [(block.lines, block.is_quotation) for block in others] == [(("What is not?",), True), ((answer,), True)]


def test_a_table_without_names_of_columns_is_read_from_its_first_row() -> None:
    blocks = read("b.csv", f"140001,2021-02-01,Water\nhttps://example.org/a,{'words ' * 60}\n").blocks
    assert [block.lines for block in blocks] == [("140001", "2021-02-01", "Water"), ("https://example.org/a",)]


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("b.txt", b"x" * 2_000_001, "more than 2,000,000 characters"),
        ("b.md", b"x" * 500_001, "more than 500,000 characters"),
        ("b.html", b"<p>x</p>" * 10_001, "more than 10,000 paragraphs"),
        ("b.html", b"<i>" * 201 + b"x", "tags nested more than 200 deep"),
        ("b.txt", b"x\n\n" * 10_001, "more than 10,000 paragraphs"),
        ("b.txt", b"x" * 20_000_001, "more than 20 MB"),
        ("b.pdf", b"%PDF-1.7", "in a format that is not read"),
        ("b.docx", b"PK\x03\x04", "can't be read as a .docx file"),
        ("b.txt", b"{\\rtf1 Words.}", "in a format that is not read: save it as .docx, .html, .eml, .csv, .md or .txt"),
        ("b.csv", b"x" * 2_000_001, "more than 2,000,000 characters"),
        ("b.csv", b"x\n" * 10_001, "more than 10,000 paragraphs"),
        ("b.csv", b"x" * 200_000, "can't be read as a .csv file (field larger than field limit"),
    ],
)
def test_limits_and_other_formats(name: str, body: bytes, said: str) -> None:
    with pytest.raises(LetterError) as refused:
        read(name, body)
    assert said in str(refused.value)
