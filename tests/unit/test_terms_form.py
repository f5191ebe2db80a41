"""The search form holds, as neighbours, all words that some reading of a text has next to each other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.terms.form import TAIL, search_form
from monitor.terms.text import CAPITAL, COLON, HYPHEN, LINE, Token, joined, tokens, words

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
    "joined_beside_joined": ("on-line hi-tech", "on line hi tech ¶ line hitech ¶ online hi ¶ online hitech"),
    "joined_capitals": ("COVID-19", f"covid 19 ¶ covid19 ¶ {CAPITAL}covid ¶ {CAPITAL}covid19"),
    "three": ("aa-bb-cc", "aa bb cc ¶ aa bbcc ¶ aabb cc ¶ aabbcc"),
    "single_letter": ("an e-mail", "an e mail"),
    "marks": ("the (a) cost (b) and", "the ⓐ cost ⓑ and ¶ cost and ¶ the cost"),
    "range": ("in 2022-23 and", "in 2022 - 23 and ¶ 2022 23"),
    "colon": ("Asylum: Hotels", "asylum . hotels"),
    "mark_at_a_break": ("one (a). Two", "one ⓐ . two"),
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
    ". .. : ; , ! ? / \u2022 \u2026 \" ' \u2019 s ll \u00b7 [ ] ~ \u00b0 \u00b2 \u00bd \u00e9 \ufb01 \u0301 \u00ad \u200b _"
)
TEXTS = st.lists(
    st.sampled_from(PIECES.split(" "))
    | st.sampled_from([" ", " ", " ", "\n", "\t", "\r", "\u00a0", "\x00", "\x01", "\x02", "-", "-", ": ", "¶", "|"])
    | st.characters(),
    max_size=30,
).map("".join)


def slow_pairs(text: str, *, is_heading: bool) -> set[tuple[str, str]]:
    """Every two words that a reader of the tokens may step over one after the other, by trying all."""
    read = tokens(text)
    weakest = COLON if is_heading else HYPHEN
    pairs = walk(read, weakest, -1)
    if is_heading:
        starts = [0, *(i for i in range(1, len(read)) if read[i].gap >= COLON), len(read)]
        for left, middle, right in zip(starts, starts[1:], starts[2:], strict=False):
            if read[middle].gap == COLON:
                pairs |= walk(read[middle:right] + read[left:middle], weakest, right - middle)
    return pairs


def walk(read: list[Token], weakest: int, joint: int) -> set[tuple[str, str]]:
    pairs = set()
    for first in range(len(read)):
        for after, one in edges(read, first):
            for second in range(after, len(read)):
                between = range(after, second + 1)
                if all(read[i].gap <= weakest or i == joint for i in between) and all(
                    read[i].is_mark for i in between[:-1]
                ):
                    pairs |= {(one, other) for _, other in edges(read, second)}
    return pairs


def edges(read: list[Token], place: int) -> list[tuple[int, str]]:
    if read[place].is_mark:
        return []
    return [(place + 1, read[place].text), *((after, word) for after, word, _ in joined(read, place))]


@settings(deadline=None, max_examples=500)
@given(text=TEXTS, is_heading=st.booleans())
def test_all_neighbours_stand_next_to_each_other(text: str, *, is_heading: bool) -> None:
    form = search_form(text, is_heading=is_heading)
    for one, other in slow_pairs(text, is_heading=is_heading):
        assert f" {one} {other} " in f" {form} "
    assert words(text) <= set(form.split(" "))


@settings(deadline=None, max_examples=500)
@given(TEXTS)
def test_the_main_part_is_the_text(text: str) -> None:
    form = search_form(text).split(" ") if search_form(text) else []
    assert "" not in form
    main = form[: form.index(TAIL)] if TAIL in form else form
    assert [word for word in main if word not in {".", "|", "\n"}] == [token.text for token in tokens(text)]
    assert main.count("\n") == text.count("\n")
    assert main.count("|") == text.count("\t")


@settings(deadline=None, max_examples=500)
@given(TEXTS)
def test_a_line_reads_the_same_alone(text: str) -> None:
    assert_lines_read_alone(text)


def assert_lines_read_alone(text: str) -> None:
    alone = []
    begin = 0
    for line in text.split("\n"):
        read = tokens(line)
        alone += [token._replace(start=begin + token.start, end=begin + token.end) for token in read]
        begin += len(line) + 1
    whole = tokens(text)
    assert [token[:4] for token in whole] == [token[:4] for token in alone]
    for token, other in zip(whole, alone, strict=True):
        is_first = "\n" in text[: other.start] and not tokens(text[: other.start].rpartition("\n")[2])
        assert token.gap == other.gap or (is_first and token.gap >= LINE)
