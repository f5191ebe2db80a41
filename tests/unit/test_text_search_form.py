"""The search form holds, as neighbours, all words that some reading of a text has next to each other."""

from __future__ import annotations

import gzip
import json
import re
from itertools import islice, product
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.text.search_form import TAIL, change_print, search_form
from monitor.text.tokens import CAPITAL, COLON, HYPHEN, LINE, Token, change_form, joined, tokens, words
from scrapers.markup import plain_question, plain_text

FORMS = {
    "words": ("The Home Office", "the home office"),
    "breaks": ("One. Two; three", "one . two . three"),
    "end": ("One two.", "one two ."),
    "break_before": ("... one", "one"),
    "breaks_together": ("one. \u2022 \u201d: two", "one . two"),
    "lines": ("One\n\ntwo.\nthree", "one \n \n two . \n three"),
    "line_at_the_start": ("\none", "\n one"),
    "cells": ("a1\t\tb2.\tc3", "a1 | | b2 . | c3"),
    "nothing": (" ( ", ""),
    "line_alone": ("\n", "\n"),
    "capitals": ("SOCA, UK and SOCA", f"soca uk and soca ¶ {CAPITAL}soca ¶ {CAPITAL}uk"),
    "joined": ("an on-line shop", "an on line shop ¶ an online ¶ online shop"),
    "joined_alone": ("Shops. On-line.", "shops . on line . ¶ online"),
    "joined_beside_joined": ("on-line hi-tech", "on line hi tech ¶ line hitech ¶ online ¶ online hi ¶ online hitech"),
    "joined_capitals": ("COVID-19", f"covid 19 ¶ covid19 ¶ {CAPITAL}covid ¶ {CAPITAL}covid19"),
    "three": ("aa-bb-cc", "aa bb cc ¶ aa bbcc ¶ aabb ¶ aabb cc ¶ aabbcc"),
    "joined_after_a_break": ("gone.On-line", "gone . on line ¶ online"),
    "joined_with_a_dot": (
        "US-U.K. trade",
        "us u.k. trade ¶ usu.k. ¶ usu.k. trade ¶ Cu.k. ¶ Cus ¶ Cusu.k.".replace("C", CAPITAL),
    ),
    "single_letter": ("an e-mail", "an e mail"),
    "marks": ("the (a) cost (b) and", "the ⓐ cost ⓑ and ¶ cost and ¶ the cost"),
    "range": ("in 2022-23 and", "in 2022 - 23 and ¶ 2022 23"),
    "all_together": (
        "UK-led, 2022-23: (a) costs",
        f"uk led 2022 - 23 . ⓐ costs ¶ 2022 23 ¶ ukled ¶ ukled 2022 ¶ {CAPITAL}uk",
    ),
    "colon": ("Asylum: Hotels", "asylum . hotels"),
    "mark_at_a_break": ("one (a). Two", "one ⓐ . two"),
    "number_of_a_note": ("Universal Credit⁵ claims.¹² The", "universal credit Ⓕ claims . ⒷⒸ the ¶ credit claims"),
}


@pytest.mark.parametrize(("text", "form"), FORMS.values(), ids=FORMS)
def test_the_form_of_a_text(text: str, form: str) -> None:
    assert search_form(text) == form


HEADINGS = {
    "words": ("Home Office", "home office"),
    "colon": ("Asylum: Hotels", "asylum . hotels ¶ asylum hotels ¶ hotels asylum"),
    "stop": ("Asylum. Hotels", "asylum . hotels"),
    "quotation_marks": ('Asylum: "Hotels"', "asylum . hotels ¶ asylum hotels ¶ hotels asylum"),
    "colon_and_more": ("Asylum: \u2022 Hotels", "asylum . hotels"),
    "three": (
        "Social Care: Children: Costs",
        "social care . children . costs ¶ care children ¶ children costs ¶ children social ¶ costs children",
    ),
    "joined": (
        "Crime: On-line",
        "crime . on line ¶ crime on ¶ crime online ¶ line crime ¶ online crime",
    ),
    "marks": ("Costs (a): (b) Work", "costs ⓐ . ⓑ work ¶ costs work ¶ work costs"),
    "marks_alone": ("Costs: £: Work", "costs . £ . work ¶ costs work"),
    "line": ("Costs:\nWork", "costs . \n work"),
}


@pytest.mark.parametrize(("text", "form"), HEADINGS.values(), ids=HEADINGS)
def test_the_form_of_a_heading(text: str, form: str) -> None:
    assert search_form(text, is_heading=True) == form


PIECES = (
    "a b aa bb on line 5 23 UK A&E R&D No. no. para. Mr. J. S.O.C.A. e.g. £ $ % + - \u2013 \u2014 & < ( ) (a) (ii) (12) "
    "on\u2075 5\u00b2 m\u00b2 aa.\u2075 \u2075 gm\u207b\u00b3 "
    ". .. : ; , ! ? / \u2022 \u2026 \" ' \u2019 s ll \u00b7 [ ] ~ \u00b0 \u00b2 \u00bd \u00e9 \ufb01 \u0301 \u00ad \u200b _"
)
TEXTS = st.lists(
    st.sampled_from(PIECES.split(" "))
    | st.sampled_from([" ", " ", " ", "\n", "\t", "\r", "\u00a0", "\x00", "\x01", "\x02", "-", "-", ": ", "¶", "|"])
    | st.characters(),
    max_size=30,
).map("".join)


class Pair(NamedTuple):
    """Two adjacent words in some reading, where the second ends, and whether the main part has them so."""

    one: str
    other: str
    place: int
    is_near: bool


def walk(read: list[Token], weakest: int, joint: int = -1) -> set[Pair]:
    """Find every pair by trying all readings."""
    pairs = set()
    for first in range(len(read)):
        for after, first_text in ways(read, first):
            for second in range(after, len(read)):
                if read[second].gap > weakest and second != joint:
                    break
                is_near = second == first + 1 == after and read[second].gap < COLON
                for end, other in ways(read, second):
                    pairs.add(Pair(first_text, other, second, is_near and end == second + 1))
                if not read[second].is_mark:
                    break
    return pairs


def ways(read: list[Token], place: int) -> list[tuple[int, str]]:
    if read[place].is_mark:
        return []
    return [(place + 1, read[place].text), *((after, word) for after, word, _ in joined(read, place))]


def turned(read: list[Token]) -> set[Pair]:
    starts = [0, *(i for i in range(1, len(read)) if read[i].gap >= COLON), len(read)]
    pairs = set()
    for left, middle, right in zip(starts, starts[1:], starts[2:], strict=False):
        if read[middle].gap == COLON:
            pairs |= walk(read[middle:right] + read[left:middle], COLON, right - middle)
    return pairs


def slow_form(text: str, *, is_heading: bool = False) -> str:
    main = []
    tail = {key for key in words(text) if key[0] == CAPITAL}
    for cell in re.split(r"([\n\t])", text):
        if cell in {"\n", "\t"}:
            main.append("|" if cell == "\t" else "\n")
            continue
        read = tokens(cell)
        for token, after in zip(read, tokens(f"{cell} end")[1:], strict=True):
            main += [token.text, "."] if after.gap >= COLON else [token.text]
        pairs = walk(read, COLON if is_heading else HYPHEN)
        beginnings = set(range(len(read))) - {pair.place for pair in pairs}
        tail |= {word for place in beginnings for _, word in ways(read, place)[1:]}
        pairs |= turned(read) if is_heading else set()
        tail |= {f"{pair.one} {pair.other}" for pair in pairs if not pair.is_near}
    return " ¶ ".join([" ".join(main), *sorted(tail)])


@settings(deadline=None, max_examples=700)
@given(text=TEXTS, is_heading=st.booleans())
def test_form_equals_that_of_a_slow_reader_and_keeps_all_neighbours_adjacent(text: str, *, is_heading: bool) -> None:
    form = search_form(text, is_heading=is_heading)
    assert form == slow_form(text, is_heading=is_heading)
    read = tokens(text)
    for pair in walk(read, COLON if is_heading else HYPHEN) | (turned(read) if is_heading else set()):
        assert f" {pair.one} {pair.other} " in f" {form} "
    assert words(text) <= set(form.split(" "))


@settings(deadline=None, max_examples=500)
@given(TEXTS)
def test_the_main_part_is_the_text_and_a_line_reads_the_same_alone(text: str) -> None:
    form = search_form(text).split(" ") if search_form(text) else []
    assert "" not in form
    main = form[: form.index(TAIL)] if TAIL in form else form
    assert [word for word in main if word not in {".", "|", "\n"}] == [token.text for token in tokens(text)]
    assert main.count("\n") == text.count("\n")
    assert main.count("|") == text.count("\t")
    assert_lines_read_alone(text)


def assert_lines_read_alone(text: str) -> None:
    whole = iter(tokens(text))
    begin = 0
    for line in text.split("\n"):
        for number, token in enumerate(tokens(line)):
            same = token._replace(start=begin + token.start, end=begin + token.end)
            read = next(whole)
            # A first token comes after a line break.
            assert read[:4] == same[:4]
            assert read.gap == same.gap or (number == 0 and read.gap >= LINE)
        begin += len(line) + 1
    assert next(whole, None) is None


def test_slow_reader_agrees_on_real_texts(shared_data: Path) -> None:
    count = 0
    with gzip.open(shared_data / "written-questions-api/fulltext-commons-2023-09_2024-12.jsonl.gz", "rt") as lines:
        for line in islice(lines, 0, None, 50):  # all texts take half a minute
            record = json.loads(line)
            for text in (plain_question(record["questionText"] or ""), plain_text(record["answerText"] or "")[0]):
                assert search_form(text) == slow_form(text)
                assert_lines_read_alone(text)
            count += 1
    assert count > 250


@pytest.mark.parametrize("text", ["The Home Office.", "UK-led, 2022-23: (a) costs"])
def test_the_manual_shows_real_forms(text: str) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "text.md").read_text(encoding="utf-8")
    assert f"| `{text}` | `{search_form(text).replace(CAPITAL, '(U+E000)')}` |" in manual


ALIKE = (  # pairs of spellings that differ in typography alone, or in more
    ("the ", "The ", "a "),
    ("Unit's ", "unit\u2019s ", "units, ", "unit "),
    ("NHTCU ", "nhtcu ", "N.H.T.C.U. "),
    ("hi-tech ", "hi tech ", "hitech ", "hi\u2011tech "),
    ("\u00a35,000 ", "\u00a35000 ", "5,000 "),
    ("2022-23 ", "2022\u201323 ", "2022 23 "),
    ("\u201cquoted\u201d ", '"quoted" ', "quoted "),
    ("end. ", "end; ", "end: ", "end?\n", "end\n", "end\n\n", "end ", "end... "),
    ("cell\t", "cell ", "cell\n"),
    ("(a) ", "(b) ", "a "),
    ("No. 7 ", "No.\u00a07 ", "no 7 "),
    ("caf\xe9 ", "cafe ", "cafe\u0301 "),
)

PAIRS = [pair for ways in ALIKE for pair in product(ways, repeat=2)]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PAIRS), max_size=9))
def test_a_change_shows_in_the_form_where_it_shows_in_the_text(pairs: list[tuple[str, str]]) -> None:
    before, after = ("".join(texts) for texts in zip(*pairs, strict=True)) if pairs else ("", "")
    is_same = change_form(before) == change_form(after)
    assert (change_print(search_form(before)) == change_print(search_form(after))) == is_same
