"""A glance rules out no text in which the matcher finds something, and most of those in which it finds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from monitor.model.watching import Topic
from monitor.terms.matcher import compile_query, compile_terms
from monitor.terms.tree import TermError
from monitor.text.tokens import tokens
from tests.real_texts import full_texts, two_days_of_2009

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.terms.glance import Glance
    from monitor.terms.matcher import Query

_PIECES = (
    "the unit's units NHS NHTCUs hi-tech crime (a) (ii) (12) (the 1,000 5.5 .5 2024-25 10/3 20% No. 7 - & A&E R&D he'll "
    "unit\u2075 23\u00b2 m\u00b2 .\u2075 "
    "S.O.C.A. e.g. Mr. . ; : , ? www.gov.uk/x_y caf\u00e9 \ufb01ne O\u2019Neill \u2013 \u2022 \u201cof 2\u00b2 "
    "\u00bd na\u00efve w\u00ad\u00e9 \u00a35m"
)

FOUND = [
    ("national crime unit", "the National (Crime) Unit"),
    ("national crime unit", "the National-Crime units"),
    ("national crime unit", "a national, crime unit\u2019s work"),
    ("national crime unit", "national (a) crime (ii) unit"),
    ("national crime unit", "NATIONAL CRIME\u00a0UNIT"),
    ("national crime unit", "n\u00e4tional crime unit"),
    ("food and drink", "food & drink"),
    ("rise of 0.5 points", "a rise of .5 points"),
    ("1000 homes built", "1,000 homes built"),
    ("organis* crime group", "organizing crime groups"),
    ("crime organis* group", "a crime organizing group"),
    ("hitech crime unit", "a hi-tech crime unit"),
    ("in soca now", "in S.O.C.A. now"),
    ("national crime unit OR national drugs unit", "a national drugs unit"),
    ("water NEAR national crime unit", "the national crime unit at the water"),
    ("NCU = national crime unit", "the NCU"),
    ("asylum hotels costs", "Hotels costs: Asylum"),
]


@pytest.mark.parametrize(("term", "text"), FOUND)
def test_what_the_matcher_finds_is_not_ruled_out(term: str, text: str) -> None:
    parts = {"heading" if ": " in text else "answer": text}
    assert _agree(term, parts)
    assert compile_query(term).spans(parts)
    assert compile_query(term).holds(parts)


@pytest.mark.parametrize(
    "parts",
    [
        {"answer": "The national unit on crime. National crime: a unit."},
        {"heading": "Crime Unit: National Parks", "question": "(a) which national crime figures \u2013 and \u00a35m"},
        {"heading": "", "answer": "National crime & unit"},
    ],
)
def test_the_words_in_another_order_are_ruled_out(parts: dict[str, str]) -> None:
    query = compile_query("national crime unit")
    assert _glance(query).rules_out(parts)
    assert (query.spans(parts), query.holds(parts)) == (None, False)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("national crime", "nothing of it"),
        ('"national crime unit"', "nothing of it"),
        ("national crime unit", "na\u00efve"),
        ("national crime unit OR parks", "nothing of it"),
        ("nothing NOT national crime unit", "nothing of it"),
        ("national crime unit", "Parks: Crime: Units"),
    ],
)
def test_where_letters_do_not_tell_nothing_is_ruled_out(term: str, text: str) -> None:
    assert not _glance(compile_query(term)).rules_out({"heading": text})


@given(
    st.lists(st.sampled_from([*_PIECES.split(), "\n", "\t"]), min_size=3, max_size=12),
    st.sampled_from([" ", "  ", "\u00a0", ""]),
    st.booleans(),
    st.integers(0, 20),
    st.integers(3, 4),
)
@example(pieces=["crime", "(a)", "units", "of", "the"], space=" ", is_heading=False, first=0, count=3)
def test_words_that_stand_side_by_side_are_never_ruled_out(
    pieces: list[str], space: str, is_heading: bool, first: int, count: int
) -> None:
    text = space.join(pieces)
    words = [token.text for token in tokens(text) if not token.is_mark]
    term = " ".join(words[first : first + count])
    assume(len(words) >= first + count)
    _agree(term, {"heading" if is_heading else "answer": text})


def test_phrases_of_real_answers_are_found_alike(shared_data: Path) -> None:
    found = 0
    records = [*full_texts(shared_data, every=40), *two_days_of_2009(shared_data, every=40)]
    for number, record in enumerate(records):
        for name, text in record.parts.items():
            words = [token.text for token in tokens(text) if not token.is_mark]
            for first in range(number % 7, len(words) - 4, 23):
                term = " ".join(words[first : first + 3 + number % 2])
                found += _agree(term, {**records[number - 1].parts, name: text})
    assert found > 1_000


def _agree(term: str, parts: dict[str, str]) -> bool:
    """Check that a glance rules nothing out that the matcher finds; return whether it finds something."""
    try:
        query = compile_query(term)
    except TermError:
        return False
    is_found = _finds_without_a_glance(term, parts)
    assert not (is_found and _glance(query).rules_out(parts)), (term, parts)
    return is_found


def _finds_without_a_glance(term: str, parts: dict[str, str]) -> bool:
    return bool(compile_terms([Topic(key="one", name="One", terms=(term,))]).holding(parts))


def _glance(query: Query) -> Glance:
    return query._glance
