"""Citations of a record in each style, in the form of its time. No style changes a quotation."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from monitor.model.records import House, Kind, Member, Proceeding
from monitor.parliament.identifiers import COMMITTEE, WRITTEN_ANSWERS, WRITTEN_STATEMENTS
from monitor.research.quotations.styles import Cited, Style, bibtex_keys, citation, citations, reference
from tests.builders import MINISTER, a_question

UIN = a_question(url="https://questions-statements.parliament.uk/written-questions/detail/2021-01-26/140001")


def printed(**facts: Any) -> Proceeding:
    given: dict[str, Any] = {
        "uin": "34567",
        "tabled_on": None,
        "answered_on": date(1996, 7, 4),
        "series": WRITTEN_ANSWERS,
        "column": "505W",
        "volume": 280,
        "url": None,
    }
    return a_question(**(given | facts))


def other(kind: Kind, **facts: Any) -> Proceeding:
    given: dict[str, Any] = {
        "id": "s-1",
        "source": "statements",
        "house": House.COMMONS,
        "heading": "Water",
        "text": "It is clean.",
        "made_on": date(2025, 1, 14),
        "made_by": MINISTER,
    }
    return Proceeding(kind=kind, **(given | facts))


@pytest.mark.parametrize(
    ("proceeding", "expected"),
    [
        (printed(), "HC Deb 4 July 1996, vol 280, col 505W"),
        (printed(column_to="506W"), "HC Deb 4 July 1996, vol 280, cols 505\u201306W"),
        (printed(column="99W", column_to="101W"), "HC Deb 4 July 1996, vol 280, cols 99\u2013101W"),
        (printed(column="1299W", column_to="1301W"), "HC Deb 4 July 1996, vol 280, cols 1299\u2013301W"),
        (printed(volume=None), "HC Deb 4 July 1996, vol 280, col 505W"),
        (printed(volume=None, answered_on=date(1996, 12, 4)), "HC Deb 4 December 1996, col 505W"),
        (
            printed(house=House.LORDS, column="261", answered_on=date(2005, 7, 21), volume=673),
            "HL Deb 21 July 2005, vol 673, col WA261",
        ),
        (
            other(Kind.SPEECH, column="125", series=COMMITTEE, body="Health Bill", made_on=date(2007, 1, 30)),
            "Health Bill Deb 30 January 2007, col 125",
        ),
        (
            other(Kind.SPEECH, column="345", series=COMMITTEE, body="Water Bill", made_on=date(1998, 5, 13)),
            "SC Deb 13 May 1998, col 345 (Water Bill)",
        ),
        (
            other(
                Kind.SPEECH,
                column="68",
                series=COMMITTEE,
                heading="Railways Bill: Clause 5",
                made_on=date(2005, 1, 11),
                url="http://www.publications.parliament.uk/pa/cm200405/cmstand/d/st050111/pm/pt1/50111s08.htm",
            ),
            "SC Deb (D) 11 January 2005, col 68",
        ),
        (
            other(
                Kind.SPEECH,
                column="12",
                column_to="15",
                series=COMMITTEE,
                heading="Health Bill: New Clause 2",
                made_on=date(2007, 1, 30),
            ),
            "Health Bill Deb 30 January 2007, cols 12\u201315",
        ),
        (
            other(Kind.STATEMENT, column="12", series=WRITTEN_STATEMENTS, made_on=date(2004, 7, 21), volume=424),
            "HC Deb 21 July 2004, vol 424, col 12WS",
        ),
        (UIN, "HC Written Answer UIN 140001, 1 February 2021"),
        (
            a_question(corrected_on=date(2021, 2, 3)),
            "HC Written Answer UIN 140001, 1 February 2021 (corrected 3 February 2021)",
        ),
        (a_question(answer=None), "HC Written Question UIN 140001, tabled 26 January 2021"),
        (a_question(is_withdrawn=True), "HC Written Answer UIN 140001, 1 February 2021, withdrawn"),
        (a_question(uin="HL12", house=House.LORDS), "HL Written Answer UIN HL12, 1 February 2021"),
        (a_question(uin="S6W-1", house=House.SCOTLAND), "SP Written Answer S6W-1, 1 February 2021"),
        (a_question(uin="S6O-1", house=House.SCOTLAND), "SP Oral Answer S6O-1, 1 February 2021"),
        (
            a_question(uin="S6O-1", house=House.SCOTLAND, answer=None, answered_on=date(2021, 2, 1)),
            "SP Oral Question S6O-1, tabled 26 January 2021",
        ),
        (a_question(uin="S6T-1", house=House.SCOTLAND, answer=None), "SP Oral Question S6T-1, tabled 26 January 2021"),
        (
            a_question(uin="AQW 1/17-22", house=House.NORTHERN_IRELAND),
            "NIA Written Answer AQW 1/17-22, 1 February 2021",
        ),
        (other(Kind.STATEMENT, uin="HCWS7"), "HC Written Statement HCWS7, 14 January 2025"),
        (other(Kind.STATEMENT), "HC Written Statement (Water), 14 January 2025"),
        (other(Kind.SPEECH), "HC Deb 14 January 2025 (Water)"),
        (
            other(Kind.NOTICE, body="Home Office", url="https://example.org/n"),
            "Home Office, \u2018Water\u2019 (14 January 2025) <https://example.org/n>",
        ),
    ],
)
def test_oscola(proceeding: Proceeding, expected: str) -> None:
    assert reference(proceeding, Style.OSCOLA) == expected


@pytest.mark.parametrize(
    ("proceeding", "expected"),
    [
        (
            UIN,
            (
                "Placeholder, B. (2021, February 1). Water: Sample Vale [Answer to written question UIN 140001]. "
                "House of Commons, UK Parliament. "
                "https://questions-statements.parliament.uk/written-questions/detail/2021-01-26/140001"
            ),
        ),
        (
            printed(column_to="506W", answered_by=Member(name="Rt Hon Sir Jean-Luc Duncan Smith")),
            (
                "Duncan Smith, J.-L. (1996, July 4). Water: Sample Vale [Answer to written question 34567]. "
                "Hansard, House of Commons, vol. 280, cols. 505\u2013506W."
            ),
        ),
        (
            other(
                Kind.STATEMENT, uin="HLWS7", house=House.LORDS, made_by=Member(name="Baroness Placeholder of Sample")
            ),
            (
                "Baroness Placeholder of Sample. (2025, January 14). Water [Written statement HLWS7]. "
                "House of Lords, UK Parliament."
            ),
        ),
        (
            other(Kind.NOTICE, made_by=None, body="Home Office", made_on=None),
            "Home Office. (n.d.). Water [Notice]. House of Commons, UK Parliament.",
        ),
        (
            a_question(uin="S6W-1", house=House.SCOTLAND, url=None, corrected_on=date(2021, 2, 3)),
            (
                "Placeholder, B. (2021, February 1). Water: Sample Vale [Answer to written question S6W-1, "
                "corrected 3 February 2021]. Scottish Parliament."
            ),
        ),
        (
            a_question(uin="S6F-1", house=House.SCOTLAND, url=None, answered_by=Member(name="MSP 4086")),
            "MSP 4086. (2021, February 1). Water: Sample Vale [Answer to oral question S6F-1]. Scottish Parliament.",
        ),
        (
            a_question(
                uin="S6F-1", house=House.SCOTLAND, url=None, body=None, answer=None, answered_on=date(2021, 2, 1)
            ),
            "Scottish Parliament. (2021, February 1). Water: Sample Vale [Oral question S6F-1]. Scottish Parliament.",
        ),
        (
            other(
                Kind.SPEECH, column="125", series=COMMITTEE, heading="Health Bill: Clause 4", made_on=date(2009, 10, 27)
            ),
            "Placeholder, B. (2009, October 27). Health Bill [Speech]. Hansard, Public Bill Committee, col. 125.",
        ),
        (other(Kind.SPEECH), "Placeholder, B. (2025, January 14). Water [Speech]. House of Commons, UK Parliament."),
        (
            a_question(answer=None, url=None),
            (
                "Department for Environment, Food and Rural Affairs. (2021, January 26). Water: Sample Vale "
                "[Written question UIN 140001]. House of Commons, UK Parliament."
            ),
        ),
    ],
)
def test_apa(proceeding: Proceeding, expected: str) -> None:
    assert reference(proceeding, Style.APA) == expected


@pytest.mark.parametrize(
    ("name", "author", "key"),
    [
        ("Mr. M. S. Sample", "Sample, M. S.", "sample"),
        ("Mr. Andrew F. Placeholder", "Placeholder, A. F.", "placeholder"),
        ("Ada M Duncan Sample", "Duncan Sample, A. M.", "sample"),
        ("MR. D. D. SAMPLE", "SAMPLE, D. D.", "sample"),
        ("Ada Bishop", "Bishop, A.", "bishop"),
        ("THE MARQUESS OF SAMPLE", "THE MARQUESS OF SAMPLE.", "sample"),
        ("LORD PLACEHOLDER OF SAMPLE", "LORD PLACEHOLDER OF SAMPLE.", "sample"),
        ("The PRIME MINISTER", "The PRIME MINISTER.", "minister"),
        ("Mr. Speaker", "Mr. Speaker.", "speaker"),
        ("A. B.", "B., A.", "b"),
    ],
)
def test_initials_are_first_names_and_titles_in_capitals_are_titles(name: str, author: str, key: str) -> None:
    spoken = printed(answered_by=Member(name=name))
    assert reference(spoken, Style.APA).startswith(f"{author} (1996, July 4).")
    assert reference(spoken, Style.BIBTEX).startswith(f"@misc{{{key}-")


def test_hansard_is_the_reference_of_the_digest() -> None:
    assert reference(printed(), Style.HANSARD) == "HC Deb 4 July 1996 vol 280 c505W"
    assert citation(UIN, Style.HANSARD, "Steps are taken.\n\nMore will be.") == (
        "\u201cSteps are taken.\n\n\u201cMore will be.\u201d\n\nUIN 140001, answered 1 February 2021"
    )
    assert citation(UIN, Style.HANSARD, "") == "UIN 140001, answered 1 February 2021"


def test_bibtex_is_an_entry_that_can_be_read_back() -> None:
    it = a_question(heading="R&D_100%: {a} #1 ~ \\ ^", url="https://questions-statements.parliament.uk/a_b?c=%20{d}")
    entry = citation(it, Style.BIBTEX, "Costs \u00a3 & $5.\n\nA\tB\nC", speaker=MINISTER)
    assert entry == (
        "@misc{placeholder-2021-140001,\n"
        "  author       = {Placeholder, Ben},\n"
        r"  title        = {{R\&D\_100\%: \{a\} \#1 \textasciitilde{} \textbackslash{} \textasciicircum{}}}," + "\n"
        "  howpublished = {Answer to written question UIN 140001. House of Commons, UK Parliament},\n"
        "  year         = {2021},\n"
        "  month        = feb,\n"
        "  day          = {1},\n"
        "  url          = {https://questions-statements.parliament.uk/a_b?c=%20%7Bd%7D},\n"
        "  note         = {UIN 140001, answered 1 February 2021},\n"
        r"  annote       = {Costs " + "\u00a3" + r" \& \$5. \par A | B \\ C}" + "\n}"
    )


@given(st.text(max_size=80), st.text(max_size=40))
def test_an_entry_of_bibtex_has_its_braces_in_pairs(words: str, heading: str) -> None:
    entry = citation(a_question(heading=heading), Style.BIBTEX, words)
    bare = re.sub(r"\\[{}\\]", "", entry)
    depth = 0
    for sign in bare:
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0
    assert depth == 0
    assert re.match(r"@misc\{[a-z0-9-]+,\n", entry)


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        ({"answered_by": Member(name="Si\u00e2n Sample-Rees")}, "samplerees-2021-140001"),
        ({"answered_by": None, "body": "Home Office"}, "office-2021-140001"),
        ({"uin": None, "column": "505W", "series": WRITTEN_ANSWERS, "id": "pq-1-2"}, "placeholder-20210201-c505w-2"),
        ({"uin": None}, "placeholder-2021-qnone"),
    ],
)
def test_key_has_letters_and_digits_only(facts: dict[str, Any], key: str) -> None:
    assert reference(a_question(**facts), Style.BIBTEX).startswith(f"@misc{{{key},\n")


def test_records_in_one_column_have_distinct_keys() -> None:
    said = [other(Kind.SPEECH, id=f"sp-debate-2009-10-26-171-{place}", column="171") for place in range(5)]
    other_day = other(Kind.SPEECH, id="sp-debate-2009-11-26-171-0", column="171", made_on=date(2025, 1, 15))
    entries = [reference(sentence, Style.BIBTEX) for sentence in (*said, other_day)]
    assert len({entry.partition(",")[0] for entry in entries}) == 6


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_keys_do_not_depend_on_the_order_of_records(order: list[int]) -> None:
    records = [a_question(id=f"q-{number}", tabled_on=date(2021, 1, number)) for number in (1, 2, 3)]
    entries = citations([Cited(record=records[place], quotation="So.") for place in order], Style.BIBTEX)
    keys = dict(zip(order, (entry[6:].partition(",")[0] for entry in entries), strict=True))
    assert keys == {0: "placeholder-2021-140001", 1: "placeholder-2021-140001-b", 2: "placeholder-2021-140001-c"}
    assert all("annote       = {So.}" in entry for entry in entries)


def test_hundreds_of_records_with_one_name_have_distinct_keys() -> None:
    keys = bibtex_keys([(a_question(id=f"q-{number}"), None) for number in range(300)])
    assert len(set(keys.values())) == 300


def test_ris_has_one_line_for_each_field() -> None:
    it = printed(column_to="506W", heading="Water\nER  - ", url="https://a.example/x")
    assert citation(it, Style.RIS, "It is.\n\nTY  - BOOK").splitlines() == [
        "TY  - GOVDOC",
        "AU  - Placeholder, Ben",
        "TI  - Water ER -",
        "T2  - Hansard, House of Commons",
        "M3  - Answer to written question 34567",
        "PY  - 1996",
        "DA  - 1996/07/04",
        "VL  - 280",
        "SP  - 505W",
        "EP  - 506W",
        "PB  - House of Commons",
        "UR  - https://a.example/x",
        "N1  - HC Deb 4 July 1996 vol 280 cc505-6W",
        "AB  - It is. TY - BOOK",
        "ER  - ",
    ]


@pytest.mark.parametrize("style", list(Style))
def test_no_style_has_an_id_for_a_title(style: Style) -> None:
    it = a_question(id="q-9876", uin=None, heading=None, url=None, question="To ask the Home Secretary, why it rains.")
    written = reference(it, style)
    assert "why it rains" in written
    assert "q-9876" not in written


def test_markdown_is_a_quotation_and_a_link() -> None:
    assert citation(UIN, Style.MARKDOWN, "Steps *are* taken.\nSo.\n\nMore.") == (
        "> Steps \\*are\\* taken.\\\n> So.\n>\n> More.\n\n"
        "\u2014 Ben Placeholder, [UIN 140001, answered 1 February 2021]"
        "(https://questions-statements.parliament.uk/written-questions/detail/2021-01-26/140001)"
    )
    assert reference(printed(), Style.MARKDOWN) == "HC Deb 4 July 1996 vol 280 c505W"


@given(
    st.text(
        alphabet=st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.sampled_from(" \n*_#1.>-`[]"),
        max_size=80,
    )
)
def test_markdown_shows_the_exact_words(words: str) -> None:
    said = "\n\n".join(" ".join(part.split()) for part in words.split("\n\n") if part.strip())
    if not said:
        return
    pasted = citation(other(Kind.NOTICE, made_by=None, url=None), Style.MARKDOWN, said)
    html = MarkdownIt("commonmark").render(pasted)
    shown = BeautifulSoup(html, "lxml").find("blockquote")
    assert shown is not None
    assert " ".join(shown.get_text().split()) == " ".join(said.split())
