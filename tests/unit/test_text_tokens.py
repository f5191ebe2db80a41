"""Tokens of plain text: spellings that are equal, and spellings that must never be."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from contextlib import closing
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.text.tokens import (
    CAPITAL,
    COLON,
    HYPHEN,
    LINE,
    PARAGRAPH,
    SENTENCE,
    SPACE,
    Remembered,
    change_form,
    folded,
    is_mark,
    tokens,
    words,
)

if TYPE_CHECKING:
    from pathlib import Path

SAME = {
    "case": ("The Home Office", "the HOME office"),
    "curly_apostrophe": ("the unit's work", "the unit\u2019s work"),
    "quotation_marks": ('the "best" way', "the \u201cbest\u201d \u2018way\u2019"),
    "dashes_between_words": (
        "hi-tech crime",
        "hi\u2010tech crime",
        "hi\u2011tech crime",
        "hi\u2013tech crime",
        "hi tech crime",
    ),
    "dash_with_spaces": ("one - two", "one \u2013 two", "one \u2014 two", "one\u2014two"),
    "dashes_between_figures": ("2022-23", "2022\u201323", "2022 \u2013 23", "2022\u201223"),
    "minus": ("fell to -3 degrees", "fell to \u22123 degrees", "fell to \u20133 degrees"),
    "spaces": ("one two", "one\u00a0two", "one\u202f two", " one  two "),
    "line_or_paragraph": ("one\ntwo", "one\n\ntwo", "one. Two"),
    "soft_hyphen_and_zero_width": ("cooperate", "co\u00adoperate", "coop\u200berate"),
    "ligature": ("first office", "\ufb01rst o\ufb03ce"),
    "accents": ("Siân Zoë Lübeck", "Sian Zoe Lubeck", "Sia\u0302n Zoe\u0308 Lu\u0308beck"),
    "welsh": ("Tŷ'r dŵr", "Ty\u2019r dwr"),
    "gaelic": ("Comhairle nan Eilean, Gàidhlig", "comhairle nan eilean, gaidhlig"),
    "letters_with_strokes": ("Łódź Øresund Æthel straße", "lodz oresund aethel strasse"),
    "thousands": ("5,471 and 1,234,567", "5471 and 1234567"),
    "raised_figure_after_a_unit": ("10 m\u00b2 of CO\u00b2, 5km\u00b2", "10 m2 of CO2, 5km2"),
    "number_of_a_note": ("Credit\u2075 rose", "Credit(5) rose"),
    "dotted_acronym": ("the U.K. and S.O.C.A. units", "the UK and SOCA units"),
    "ampersand": ("Work & Pensions", "work and pensions"),
    "names": ("O'Neill", "O\u2019Neill", "ONeill"),
    "small_figures_of_a_formula": ("CO\u2082", "CO2"),
    "full_width": ("\uff21\uff22 \uff15", "AB 5"),
    "old_decimal_point": ("5\u00b72 per cent", "5.2 per cent"),
    "title": ("Mr. Smith", "Mr Smith"),
}


@pytest.mark.parametrize("texts", SAME.values(), ids=SAME)
def test_typography_makes_no_difference(texts: tuple[str, ...]) -> None:
    assert len({folded(text) for text in texts}) == 1


DIFFERENT = {
    "decimal": ("5.2", "52", "5 2", "2.5", "5,2"),
    "leading_point": (".5", "5", "0.05"),
    "percent": ("5%", "5", "5\u2030"),
    "currency": ("£5", "$5", "€5", "5"),
    "sign": ("-5", "+5", "5", "±5"),
    "sign_before_currency": ("-£5", "£5", "+£5"),
    "currency_before_sign": ("£-5", "£5"),
    "bound": ("<5", ">5", "5", "≤5", "~5"),
    "at_least": ("5+", "5"),
    "range": ("16-34", "16 34", "16/34", "16:34", "1634", "16.34"),
    "range_of_money": ("£5-£6", "£5 £6"),
    "range_of_percent": ("5%-6%", "5% 6%"),
    "power": ("5\u00b2", "5\u00b3", "5\u207b\u00b2", "52", "5"),
    "note": ("Credit\u2075", "Credit\u2076", "Credit5", "Credit"),
    "fraction": ("1½", "1 1", "11/2", "1"),
    "unit": ("5m", "5 m bn", "5bn", "5"),
    "degrees": ("5°", "5"),
    "order": ("5 6", "6 5"),
    "list_mark": ("(1) x", "(2) x", "x"),
    "cell": ("5\t\t6", "5\t6"),
    "word": ("not", "now"),
    "contraction": ("we'll", "well", "we ll"),
    "sentence": ("one. Two", "one two"),
    "letters": ("Ma's", "mast"),
}


@pytest.mark.parametrize("texts", DIFFERENT.values(), ids=DIFFERENT)
def test_figures_and_words_make_a_difference(texts: tuple[str, ...]) -> None:
    assert len({folded(text) for text in texts}) == len(texts)


@given(st.decimals(min_value=-9999, max_value=9999, places=2), st.decimals(min_value=-9999, max_value=9999, places=2))
def test_two_figures_never_read_the_same(first: object, second: object) -> None:
    assert (folded(f"rose to {first} in") == folded(f"rose to {second} in")) == (str(first) == str(second))


GAPS = {
    "space": ("one two", SPACE),
    "comma_and_brackets": ("one, (“two", SPACE),
    "slash": ("one/two", SPACE),
    "long_dash": ("one \u2014 two", SPACE),
    "hyphen": ("one-two", HYPHEN),
    "colon": ("one: two", COLON),
    "colon_and_quotation_mark": ('one: "two"', COLON),
    "colon_and_bullet": ("one: \u2022 two", SENTENCE),
    "stop": ("one. Two", SENTENCE),
    "stop_without_space": ("one.Two", SENTENCE),
    "stop_and_quotation_mark": ("one.\u201d Two", SENTENCE),
    "stop_and_note": ("one.\u2075", SENTENCE),
    "question": ("one? two", SENTENCE),
    "semicolon": ("one; two", SENTENCE),
    "bullet": ("one \u2022 two", SENTENCE),
    "colon_in_a_time": ("1:two", SPACE),
    "dot_in_an_address": ("gov.uk", SPACE),
    "title": ("Mr. Two", SPACE),
    "initial": ("J. Two", SPACE),
    "number": ("No. 10", SPACE),
    "no_stop": ("no. Two", SENTENCE),
    "friend": ("hon. Friend", SPACE),
    "line": ("one\ntwo", LINE),
    "cell": ("one\ttwo", LINE),
    "paragraph": ("one\n\ntwo", PARAGRAPH),
    "colon_and_paragraph": ("one:\n\ntwo", PARAGRAPH),
    "stop_and_line": ("one.\ntwo", LINE),
}


@pytest.mark.parametrize(("text", "gap"), GAPS.values(), ids=GAPS)
def test_gaps_between_two_words(text: str, gap: int) -> None:
    assert tokens(text)[-1].gap == gap
    assert tokens(text)[0].gap == PARAGRAPH


CAPITALS = {
    "SOCA": "soca",
    "NHTCUs": "nhtcu",
    "NHTCU's": "nhtcu",
    "SOCA\u2019S": "soca",
    "S.O.C.A.": "soca",
    "S.O.C.A.'s": "soca",
    "U.K.": "uk",
    "HS2": "hs2",
    "A&E": "a&e",
    "R&D": "r&d",
    "ÉNA": "ena",
    "soca": "",
    "Soca": "",
    "A": "",
    "G8": "",
    "2022": "",
    "MoD": "",
    "I": "",
}


@pytest.mark.parametrize(("word", "core"), CAPITALS.items(), ids=CAPITALS)
def test_words_in_capitals_have_a_second_token(word: str, core: str) -> None:
    (token,) = tokens(word)
    assert token.capitals == (CAPITAL + core if core else "")


def test_offsets_are_those_of_the_plain_text() -> None:
    text = "Siân\u2019s “Hi\u00adTech” unit(s), S.O.C.A.: £5,200.5m"
    read = [text[token.start : token.end] for token in tokens(text)]
    assert read == ["Siân\u2019s", "Hi\u00adTech", "unit", "(s)", "S.O.C.A.", "£", "5,200.5m"]
    assert [token.text for token in tokens(text)] == ["sians", "hitech", "unit", "ⓢ", "soca", "£", "5200.5m"]


def test_marks_are_distinguished_from_words() -> None:
    assert [token.text for token in tokens("(a) £5 % half") if token.is_mark] == ["ⓐ", "£", "%"]
    assert not is_mark("half")


def test_keys_hold_joined_words_and_second_tokens() -> None:
    assert words("on-line, hi-tech-crime SOCA e-mail") == {
        *("on", "line", "online", "hi", "tech", "crime", "hitech", "techcrime", "hitechcrime", "soca", "e", "mail"),
        CAPITAL + "soca",
    }


def test_no_more_than_four_words_join() -> None:
    keys = words("aa-bb-cc-dd-ee")
    assert "aabbccdd" in keys
    assert "aabbccddee" not in keys


def test_index_form_holds_the_second_tokens_at_its_end() -> None:
    assert change_form("SOCA and the UK, SOCA's") == f"soca and the uk socas {CAPITAL}soca {CAPITAL}uk"
    assert change_form("small words") == "small words"


def test_cache_is_emptied_before_it_fills_memory() -> None:
    known = Remembered(len, longest=4, most=3)
    assert [known[word] for word in ("a", "bb", "ccc", "dddd", "eeeee")] == [1, 2, 3, 4, 5]
    assert set(known) == {"dddd"}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("\u02bbokina \u02bc90s", ["okina", "90s"]),
        ("\u02bc", []),
        ("\u037a", ["\u037a"]),
        ("\ufdfb", ["جلجلاله"]),
    ],
    ids=["apostrophes_that_are_letters", "one_alone", "accent_that_is_a_letter", "letter_that_is_two_words"],
)
def test_no_word_is_empty_or_holds_a_space(text: str, read: list[str]) -> None:
    assert [token.text for token in tokens(text)] == read


TEXTS = st.text(
    alphabet=st.sampled_from("aAbS.,;:-\u2013\u2019'\"()£%+<0127 \n\t\u00a0\u00ad\u0301éﬁ½²&/") | st.characters(),
    max_size=40,
)


@settings(deadline=None)
@given(TEXTS)
def test_all_readings_agree(text: str) -> None:
    read = tokens(text)
    assert all(0 <= token.start < token.end <= len(text) for token in read)
    assert all(first.end <= second.start for first, second in pairwise(read))
    form = [word for word in folded(text).split(" ") if word not in {".", "|", ""}]
    assert form == [token.text for token in read]
    keys = words(text)
    assert {token.text for token in read} <= keys
    assert {token.capitals for token in read if token.capitals} <= keys


@settings(deadline=None)
@given(TEXTS)
def test_case_of_ascii_makes_no_difference_to_words(text: str) -> None:
    plain = re.sub(r"[^a-z0-9 ]", " ", text.lower())
    assert folded(plain) == folded(plain.upper())


def test_hostile_text_is_read_to_its_end() -> None:
    for piece in ("a", "a-", "a'", "A.", "1,000", "(a)", ". ", "'", "-", "a\u0301", "£", "1.", "5-", "\n", ".)"):
        text = piece * 20_000
        assert tokens(text + " end")[-1].end == len(text) + 4


def test_an_index_of_words_finds_every_phrase() -> None:
    """The index is queried for the tokens of a phrase and must never miss a text that contains it."""
    texts = [
        "The (a) Hi-Tech unit\u2019s work.",
        "£5.2m for R&D in 2022\u201323",
        "Siân\u2019s o'r; SOCA (SOCA)",
        "the hi tech unit",
    ]
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("create virtual table texts using fts5(body, tokenize='unicode61')")
        database.executemany("insert into texts values (?)", [(change_form(text),) for text in texts])

        def found(phrase: str) -> list[int]:
            rows = database.execute("select rowid from texts where texts match ?", (f'"{phrase}"',))
            return sorted(row for (row,) in rows)

        assert found(folded("the hi-tech units")) == [1]
        assert found(folded("the hi tech unit")) == [4]
        assert found(folded("5.2m for R&D in 2022-23")) == [2]
        assert found(folded("sians o'r")) == [3]
        assert found(f"{CAPITAL}soca") == [3]
    database.close()


def test_real_answers_keep_every_letter_and_figure(shared_data: Path) -> None:
    """Tokens cover each letter and digit of a real question exactly once."""
    count = 0
    with gzip.open(shared_data / "written-questions-api/fulltext-commons-2023-09_2024-12.jsonl.gz", "rt") as lines:
        for line in islice(lines, 0, None, 8):
            question = json.loads(line)["questionText"] or ""
            covered = "".join(question[token.start : token.end] for token in tokens(question))
            assert [c for c in covered if c.isalnum()] == [c for c in question if c.isalnum()]
            count += 1
    assert count > 1_700
