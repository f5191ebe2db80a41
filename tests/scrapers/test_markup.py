"""Mark-up becomes plain text once; the expectations over real answers come from another parser with other rules."""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from html.parser import HTMLParser
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import ParseError
from monitor.model.records import Link
from scrapers import markup
from scrapers.markup import plain_question, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CASES = {
    "paragraphs_stand_apart": ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
    "empty_paragraphs_vanish": ("<p>One.</p><p> </p><p>\u202f</p><p>&nbsp;</p><p>Two.</p>", "One.\n\nTwo."),
    "headings_stand_apart": ("<h3>Costs</h3><p>None.</p><div>End</div>", "Costs\n\nNone.\n\nEnd"),
    "list_items_are_lines": (
        "<p>These:</p><ul><li>one;</li><li>two.</li></ul><p>End</p>",
        "These:\n\none;\ntwo.\n\nEnd",
    ),
    "paragraphs_in_items_are_lines": ("<ol><li><p>one</p><p>more</p></li><li>two</li></ol>", "one\nmore\ntwo"),
    "lists_in_lists": ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "a\nb\nc"),
    "break_is_a_line": ("one<br>two<br/>three", "one\ntwo\nthree"),
    "two_breaks_are_a_paragraph": ("one<br> <br>two", "one\n\ntwo"),
    "cells_and_rows": ("<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>", "A\tB\n1\t2"),
    "table_stands_apart": ("<p>T</p><table><tr><td>1</td></tr></table><p>E</p>", "T\n\n1\n\nE"),
    "tables_stand_apart": ("<table><tr><td>1</td></tr></table><table><tr><td>2</td></tr></table>", "1\n\n2"),
    "cells_hold_their_line": ("<table><tr><td><p>a</p><p>b<br>c</p></td><td>d</td></tr></table>", "a b c\td"),
    "empty_cells_keep_their_tab": (
        "<table><tr><td>x</td><td></td><td>y</td><td></td></tr><tr><td> </td><td>z</td></tr></table>",
        "x\t\ty\n\tz",
    ),
    "an_empty_cell_at_the_start_keeps_its_tab": (
        "<table><tr><td></td><td>2023</td></tr><tr><td>North</td><td>1</td></tr></table>",
        "\t2023\nNorth\t1",
    ),
    "rows_without_words_vanish": ("<table><tr><td>a</td></tr><tr><td></td></tr><tr><td>b</td></tr></table>", "a\nb"),
    "inline_tags_add_nothing": ("<p>CO<sub>2</sub> 27<sup>th</sup> <em>a</em><strong>b</strong>,</p>", "CO2 27th ab,"),
    "raised_figures": (
        "<p>On 23<sup>2</sup>, m<sup>2</sup>, 10<sup>-6</sup>, <sup>1 </sup>a, Credit<sup>5 </sup>at, b<sup>1, 2</sup></p>",
        "On 23², m², 10⁻⁶, ¹ a, Credit⁵ at, b¹, ²",
    ),
    "raised_figures_of_links": (
        '<p>a<sup><a href="#n"><b>4</b></a></sup> <sup>5</sup>6 <sup></sup>7</p>',
        "a⁴ ⁵6 7",
    ),
    "raised_words_with_figures": (
        "<p>a<sup>(<i> 2</i>)</sup> b<sup>[3]</sup> c<sup>1st</sup> e<sup>*</sup> f<sup>12th</sup></p>",
        "a( 2) b[3] c1st e* f12th",
    ),
    "raised_figures_before_other_marks": (
        "<p>2022/23<sup>6(p)</sup> 45<sup>1-3</sup> 67<sup>2)</sup> 8<sup>1*</sup> 10<sup>2.5</sup></p>",
        "2022/23⁶(p) 45¹⁻³ 67²) 8¹* 10².⁵",
    ),
    "space_beside_inline_tags": ("<p>a<strong> b</strong> <em>c </em>d</p>", "a b c d"),
    "entities": ("<p>R&amp;D &lt;5 &pound;3 &#8217;</p>", "R&D <5 £3 \u2019"),
    "an endless entity": (f"R&#{'9' * 5000};D", "R\ufffdD"),
    "an entity with endless zeros": (f"R&#{'0' * 5000}38;D", "R&D"),
    "entity_that_is_no_character": ("<p>a&#xd800;&#1;b</p>", "a\ufffdb"),
    "space_runs": ("<p>a \n\t b\u00a0\u2009c&nbsp;&nbsp;d</p>", "a b c d"),
    "soft_hyphens_and_zero_width": ("<p>co\u00adop\u200berat&shy;ive\ufeff</p>", "cooperative"),
    "directions_and_controls": ("<p>a\u202eb\u2066c\x00d\x1be\ud800f</p>", "abcdef"),
    "typography_stays": (
        "<p>\u2018Siân\u2019 \u2013 \u201cﬁve\u201d…</p>",
        "\u2018Siân\u2019 \u2013 \u201cﬁve\u201d…",
    ),
    "plain_answer": ("The R&amp;D programme, \u00a31.3 billion. ", "The R&D programme, £1.3 billion."),
    "plain_answer_with_lines": ("One.\r\n\r\n Two\r\nthree\n\n\n\nFour\u2029five", "One.\n\nTwo\nthree\n\nFour\nfive"),
    "plain_answer_with_less_than": ("fewer than <5 and < 10", "fewer than <5 and < 10"),
    "words_between_paragraphs": ("Head.<p> </p>Then<p> </p>last.<p> </p>", "Head.\n\nThen\n\nlast."),
    "less_than_in_a_paragraph": ("<p>a <5 and b < c</p>", "a <5 and b < c"),
    "scripts_and_comments_go": ("<p>a<!-- no --><script>x<y</script><style>p{}</style>b</p>", "ab"),
    "unclosed_tags": ("<p>one<p>two<ul><li>three<li>four", "one\n\ntwo\n\nthree\nfour"),
    "unknown_tags_break": ("<x-box>a</x-box>b", "a\n\nb"),
    "declared_encoding_is_ignored": ('<?xml version="1.0" encoding="latin1"?><meta charset="latin1"><p>é</p>', "é"),
    "nothing": ("", ""),
    "nothing_to_read": ("<p> </p><!-- x -->", ""),
    "only_a_comment": ("<!-- x", ""),
}


@pytest.mark.parametrize(("html", "expected"), CASES.values(), ids=CASES)
def test_plain_text(html: str, expected: str) -> None:
    assert plain_text(html)[0] == expected


def test_links_are_kept_beside_the_text() -> None:
    text, links = plain_text(
        '<p>See <a href=" https://example.org/a?x=1&amp;y=2" target="_blank">the <b>re</b>port</a> or'
        ' <a href="mailto:a@example.org">write<br>us</a>.</p>'
    )
    assert text == "See the report or write\nus."
    assert links == (
        Link(text="the report", href="https://example.org/a?x=1&y=2"),
        Link(text="write us", href="mailto:a@example.org"),
    )


@pytest.mark.parametrize(
    ("written", "href"),
    [
        (
            "https://a.example/b c\u00a0d?e f#:~:text=Two words",
            "https://a.example/b%20c%C2%A0d?e%20f#:~:text=Two%20words",
        ),
        ("https://a.example/long/\n  address", "https://a.example/long/%20%20address"),
        ("mailto:a@example.org?subject=Two words", "mailto:a@example.org?subject=Two%20words"),
    ],
)
def test_spaces_in_addresses_are_encoded(written: str, href: str) -> None:
    assert plain_text(f'<p><a href="{written}">words</a></p>')[1] == (Link(text="words", href=href),)


@pytest.mark.parametrize(
    "tag",
    ['a href="javascript:alert(1)"', 'a href="/relative"', 'a href="data:x"', 'a href="http://a b"', "a", 'a name="x"'],
)
def test_links_that_lead_nowhere_safe_are_only_words(tag: str) -> None:
    assert plain_text(f"<p><{tag}>words</a></p>") == ("words", ())


def test_link_without_words_is_left_out() -> None:
    assert plain_text('<p>a<a href="https://example.org"> </a>b</p>') == ("a b", ())


def test_unclosed_links_end_where_the_next_begins() -> None:
    _, links = plain_text('<a href="http://x/1">one <a href="http://x/2">two')
    assert [link.text for link in links] == ["one", "two"]


QUESTIONS = {
    "literal_tag": ("what a <x means & why", "what a <x means & why"),
    "whole_tag": ("the <b>bold</b> &amp; the", "the <b>bold</b> &amp; the"),
    "spaces_and_controls": (" To ask\u00a0the \x00 Minister\u200b, ", "To ask the Minister,"),
    "lines": ("(1) one;\n(2) two", "(1) one;\n(2) two"),
}


@pytest.mark.parametrize(("text", "expected"), QUESTIONS.values(), ids=QUESTIONS)
def test_plain_question_takes_every_character_as_it_is(text: str, expected: str) -> None:
    assert plain_question(text) == expected


HOSTILE = {
    "divs": "<div>" * 50_000 + "x",
    "inline": "<b>" * 50_000 + "x",
    "links": '<a href="http://x">' * 20_000 + "x",
    "cells": "<table><tr><td>" * 20_000 + "x",
    "less_than": "<p>" + "<" * 100_000 + " x",
    "comments": "<!--" * 50_000 + "-->x",
    "entities": "<p>" + "&" * 100_000 + "x",
    "attribute": "<p a='" + "x" * 1_000_000,
    "closing": "</div>" * 50_000 + "x",
    "spaces": "<p>" + " " * 1_000_000 + "x",
    "lines": "\n \n" * 100_000 + "x",
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_read_to_its_end(html: str) -> None:
    assert plain_text(html)[0].endswith("x") or "'" in html


def test_a_text_longer_than_any_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup, "MAX_LENGTH", 10)
    with pytest.raises(ParseError, match="11 characters"):
        plain_text("<p>1234</p>")


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<td>",
        "</td>",
        "<tr>",
        "<table>",
        "</table>",
        "<li>",
        "<br>",
        "<b>",
        "</b>",
        "<a href='http://x'>",
        "</a>",
        "<",
        ">",
        "&amp;",
        "&#0;",
        "a",
        "b c",
        " ",
        "\xa0",
        "\n",
        "�",
        "\u202e",
        "\x00",
        "é",
        "<!--",
        "-->",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60))
def test_whatever_comes_out_is_tidy(html: str) -> None:
    for text in (plain_text(html)[0], plain_question(html)):
        assert text == text.strip(" \n")
        assert text == text.rstrip()  # a text may begin with an empty cell
        assert "\n\n\n" not in text
        assert "  " not in text
        assert not any(unicodedata.category(c) in {"Cc", "Cs"} for c in text if c not in "\n\t")
        text.encode()


WORDS = st.lists(
    st.sampled_from(
        ["a", "b c", " ", "\n", "\xa0", "\x0b", "\x1c", "\x85", "\xad", "\u200b", "\u2028", "é", "😀", "']]"]
    )
    | st.sampled_from(["&amp;", "&amp;lt;", "&lt;p&gt;", "&quot;", "&nbsp;", "&#39;", "&#x27;"])
    | st.text(st.characters(exclude_characters="<>&"), max_size=5),
    max_size=8,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=6), st.sampled_from(["", " ", "\n"]))
def test_plain_paragraphs_read_as_the_parser_reads_them(paragraphs: list[str], between: str) -> None:
    html = between.join(["", *(f"<p>{words}</p>" for words in paragraphs), ""])
    cleaned = markup._LEFT_OUT.sub("", html)
    assert markup._PARAGRAPHS.fullmatch(cleaned)
    assert plain_text(html) == markup._parsed_text(cleaned)


class Without(dict[int, int | None]):
    """Table for `str.translate` that drops characters of some categories, except white space; each category asked once."""

    def __init__(self, *categories: str) -> None:
        super().__init__({ord(space): ord(space) for space in "\n\r\t"})
        self.categories = categories

    def __missing__(self, number: int) -> int | None:
        is_out = unicodedata.category(chr(number)) in self.categories
        self[number] = None if is_out else number
        return self[number]


VISIBLE = Without("Cf", "Cc")
UNFORMATTED = Without("Cf")


class Independent(HTMLParser):
    """Words by the standard library's parser: every tag but the inline ones is a space."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self.hrefs = 0
        self._is_raised = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"strong", "a", "sup", "em", "sub"}:
            self.seen.append(" ")
        self._is_raised = tag == "sup"
        href = dict(attrs).get("href") or ""
        self.hrefs += href.strip().startswith(("http", "mailto:"))

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"strong", "a", "sup", "em", "sub"}:
            self.seen.append(" ")

    def handle_data(self, data: str) -> None:
        if self._is_raised and re.fullmatch(r"[\d, -]+(?:\(p\))?", data):
            names = {figure: unicodedata.name(figure).removeprefix("DIGIT ") for figure in "0123456789"}
            for figure, name in names.items():
                data = data.replace(figure, unicodedata.lookup(f"SUPERSCRIPT {name}"))
        self._is_raised = False
        self.seen.append(data.translate(VISIBLE))


def real_answers(folder: Path) -> Iterator[str]:
    with gzip.open(folder / "written-questions-api/fulltext-commons-2023-09_2024-12.jsonl.gz", "rt") as lines:
        for line in islice(lines, 0, None, 3):
            yield json.loads(line)["answerText"] or ""


def test_real_answers_keep_every_word_and_glue_none(shared_data: Path) -> None:
    count = rows = links = hrefs = 0
    for html in real_answers(shared_data):
        text, found = plain_text(html)
        other = Independent()
        other.feed(html)
        other.close()
        assert text.split() == "".join(other.seen).replace("\ufffc", "").split()
        assert text == text.strip(" \n")
        assert "\n\n\n" not in text
        # Every row with a word is one line, whatever paragraphs its cells hold.
        if html.count("<table") == 1 and "<li>" not in html and "<br" not in html:
            table = html.split("<table")[1].split("</table")[0]
            lines = [line for line in text.split("\n") if "\t" in line]
            full = [row for row in table.split("<tr>")[1:] if len(row.split("</td>")) > 2 and has_two_cells(row)]
            assert len(lines) >= len(full)
            rows += len(full)
        count, links, hrefs = count + 1, links + len(found), hrefs + other.hrefs
    assert count > 4_500
    assert rows > 300
    assert hrefs - 20 < links <= hrefs


def has_two_cells(row: str) -> bool:
    """Return whether a cell behind the first has words, so that the line must hold a tab."""
    other = Independent()
    other.feed("<table><tr>" + row.split("</td>", 1)[1])
    return bool("".join(other.seen).strip())


def test_real_questions_come_through_as_they_are(shared_data: Path) -> None:
    count = 0
    with gzip.open(shared_data / "written-questions-api/fulltext-commons-2023-09_2024-12.jsonl.gz", "rt") as lines:
        for line in lines:
            question = json.loads(line)["questionText"] or ""
            assert plain_question(question).split() == question.translate(UNFORMATTED).split()
            count += 1
    assert count > 13_000
