"""Shorter tails of search forms: an index of them finds everything that the whole tail finds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.text.index_form import shorten_tail
from monitor.text.search_form import BEFORE_ENTRY, JOINED, signed_form, signed_forms_of
from monitor.text.tokens import CAPITAL
from tests.real_texts import full_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

TAILS = {
    "none": ("the home office", "the home office"),
    "neighbours": ("an on-line shop", f"an on line shop ¶ an {JOINED}online shop"),
    "alone": ("Shops. On-line.", f"shops . on line . ¶ {JOINED}online"),
    "alone_and_beside": (
        "on-line hi-tech",
        f"on line hi tech ¶ line {JOINED}hitech ¶ {JOINED}online {JOINED}hitech ¶ {JOINED}online hi",
    ),
    "past_marks": ("the (a) cost (b) of £5 in 2022-23", "the ⓐ cost ⓑ of £ 5 in 2022 - 23"),
    "past_a_fraction": ("costs ½ to 5", "costs ½ to 5"),
    "capitals": ("SOCA and SOCA", f"soca and soca ¶ {CAPITAL}soca"),
}


@pytest.mark.parametrize(("text", "short"), TAILS.values(), ids=TAILS)
def test_a_short_tail(text: str, short: str) -> None:
    assert shorten_tail(signed_form(text)) == short


def test_a_heading_is_found_from_its_other_side() -> None:
    form = signed_form("Asylum: Hotels: Costs", is_heading=True)
    assert shorten_tail(form) == "asylum . hotels . costs ¶ costs hotels asylum"
    assert_found([form])


def test_an_address_takes_two_thirds_of_the_words() -> None:
    form = signed_form(
        "See https://example.org/a-longer/strategy-for-the-long-term-funding-of-children-and-youth-services"
    )
    assert len(shorten_tail(form).split()) < 0.67 * len(form.split())
    assert_found([form])


WORDS = ["on-line", "long-term-plan", "hi", "tech", "SOCA", "and", "of", "a"]
MARKS = ["(a)", "£5.2", "-", "2022-23", "½", ".", ":", "\n"]
CHUNKS = st.sampled_from([*WORDS, *MARKS])


@settings(max_examples=60)
@given(st.lists(st.lists(CHUNKS, max_size=12).map(" ".join), min_size=1, max_size=20))
def test_every_entry_is_found(texts: list[str]) -> None:
    assert_found([signed_form(text, is_heading=place % 2 == 0) for place, text in enumerate(texts)])


def test_every_entry_of_real_texts_is_found(shared_data: Path) -> None:
    records = full_texts(shared_data, 40)
    forms = [form for record in records for form in signed_forms_of(record.parts).values()]
    assert len(forms) > 500
    assert_found(forms)
    before, after = (sum(len(form.split()) for form in texts) for texts in (forms, map(shorten_tail, forms)))
    assert after < 0.97 * before


def assert_found(forms: Iterable[str]) -> None:
    """Assert that an index of short forms finds, in each form, all entries of the whole form."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE short USING fts5(form, tokenize='unicode61 remove_diacritics 0')")
        connection.execute("CREATE TABLE said (entry, row)")
        for row, form in enumerate(forms):
            connection.execute("INSERT INTO short (rowid, form) VALUES (?, ?)", (row, shorten_tail(form)))
            connection.executemany("INSERT INTO said VALUES (?, ?)", ((entry, row) for entry in entries(form)))
        for (entry,) in connection.execute("SELECT DISTINCT entry FROM said").fetchall():
            rows = {row for (row,) in connection.execute("SELECT row FROM said WHERE entry = ?", (entry,))}
            found = connection.execute("SELECT rowid FROM short WHERE short MATCH ?", (f'"{entry}"',))
            assert rows <= {row for (row,) in found}, entry


def entries(form: str) -> Iterator[str]:
    """Yield the entries of a form's tail."""
    yield from form.split(BEFORE_ENTRY)[1:]
