"""A sure occurrence is always one that the matcher finds, and most of what the matcher finds surely occurs."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.watching import Topic
from monitor.terms.matcher import compile_query, compile_terms
from monitor.terms.tree import TermError
from monitor.terms.vocabulary import Lexicon
from monitor.text.office_names import shipped_names
from monitor.text.tokens import STOP_WORDS, tokens
from tests.real_texts import five_months, full_texts, two_days_of_2009

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LEXICON = Lexicon(
    names=shipped_names().with_more(["Office for What Works", "Board of Prison Health", "Office of 2000 Works"])
)
"""Names as an archive has them, with some that no list has."""

SURE = [
    ("prison", "The prison is old."),
    ("prison", "Prisons are old"),
    ("prison", "in\nprison, they say"),
    ("prison", "Prison: Staff"),
    ("prison health", "on prison health today"),
    ("health", "good health and safety"),
    ("health", "a mental health hub"),
    ("health", "in 1,752. The health hub"),
    ("health", "of (all) Health (and all)"),
    ("health", "women\u2019s health, once more"),
    ("health OR prison", "of prison life"),
    ("hospital = health", "of health"),
    ("health AND prison", "the health of prison staff"),
    ("SOCA", "the SOCA unit"),
    ("SOCA prison unit", "a SOCA prison unit"),
]

NOT_SURE = [
    ("health", "the Department of Health and Social Care"),
    ("health", "the Minister for Mental Health and Women\u2019s Health Strategy"),
    ("health", "the Department of, Health"),
    ("health", "the Department & Health, e.g. Health and Social Care"),
    ("health", "health-care"),
    ("health", "(health)"),
    ("health", "health\u2019s"),
    ("health", "a he\u00adalth hub"),
    ("SOCA", "the soca unit"),
    ("SOCA", "the S.O.C.A. unit"),
    ("SOCA prison unit", "a Soca prison unit"),
    ("A&E", "the A&E unit"),
    ("HS2", "the HS2 unit"),
    ("health AND prison", "the health of staff"),
    ("works", "the Office of 2,000 Works"),
    ("health", f"of Department {'the ' * 74}health"),
    ("health", f"good health {'the ' * 74}Department of"),
    ("crime*", "of crime and so on"),
    ('"health"', "good health today"),
    ("tv2 show", "of tv2 show"),
    ("prison NEAR health", "the health of prison staff"),
    ("prison NOT health", "prison life"),
    ("in:answer prison", "prison life"),
    ("house:commons prison", "prison life"),
]

PIECES = (  # noqa: SIM905 - reads best so
    "the of for and to ask & Department Minister Secretary State Health health Social Care care prison Prisons SOCA Soca "
    "prison, health. Care: women\u2019s what whether if how representing member hon. Education e.g. S.O.C.A. (a) 5 No. - "
    "care\u2075 5\u00b2 1,752. \u00a35 (of) health-care caf\u00e9 \u201chealth\u201d "
    "Board Works Under-Secretary Public public Treasury \u00b7 x_y"
).split()

TERMS = (
    "health", "prison", "care", "social care", "health and social care", "public health", "secretary", "state", "SOCA",
    "SOCA care", "soca NOT SOCA", "prison health", "health NOT prison", "(health AND care) NOT public health",
    "prison OR care", "what works", "prison AND care",
)  # fmt: skip


@pytest.mark.parametrize(("term", "text"), SURE)
def test_words_in_plain_sight_surely_occur(term: str, text: str) -> None:
    query = compile_query(term, LEXICON)
    assert query._glance.rules_in({"answer": text})
    assert _finds(term, {"answer": text})


@pytest.mark.parametrize(("term", "text"), NOT_SURE)
def test_what_is_not_in_plain_sight_is_left_to_the_matcher(term: str, text: str) -> None:
    assert not compile_query(term, LEXICON)._glance.rules_in({"answer": text})


@pytest.mark.parametrize(
    ("question", "is_sure"),
    [
        ("To ask the Minister for prison staff, what prison means.", True),
        ("To ask the Minister for prison staff, whether it is old.", False),
        ("To ask the Minister for prison staff about prison life.", False),
        ("To ask the hon. Member for X, what Y, representing the prison board, if prison life is hard.", False),
    ],
)
def test_in_a_question_words_are_sure_after_its_formula(question: str, *, is_sure: bool) -> None:
    query = compile_query("prison", Lexicon())
    assert query._glance.rules_in({"question": question}) == is_sure


def test_a_name_that_asks_makes_no_question_sure() -> None:
    parts = {"question": "To ask the Office for What Works, what prison means."}
    assert not compile_query("prison", LEXICON)._glance.rules_in(parts)
    assert compile_query("prison", LEXICON).holds(parts)


@pytest.mark.parametrize(
    ("term", "parts", "is_out"),
    [
        ("health* NOT health", {"answer": "good health today"}, True),
        ('"health" NOT health', {"answer": "the Department of Health and good health today"}, True),
        ("care OR (hospital NOT health)", {"answer": "good health today"}, False),
        ("in:heading (hospital NOT health)", {"heading": "Hospitals", "answer": "good health today"}, False),
        ("hospital NOT health", {"answer": "the Department of Health and Social Care"}, False),
    ],
)
def test_what_is_not_wanted_and_surely_occurs_rules_a_text_out(
    term: str, parts: dict[str, str], *, is_out: bool
) -> None:
    query = compile_query(term, LEXICON)
    assert query._glance.rules_out(parts) == is_out
    assert not (is_out and _finds(term, parts))


@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=24),
    st.lists(st.sampled_from([" "] * 8 + ["\n", "\u00a0", "  ", "\t", ""]), min_size=24, max_size=24),
    st.sampled_from(TERMS),
    st.sampled_from(["heading", "question", "answer"]),
    st.booleans(),
)
def test_texts_of_names_and_odd_pieces_are_judged_as_the_matcher_judges_them(
    pieces: list[str], gaps: list[str], term: str, part: str, begins: bool
) -> None:
    text = "To ask the " * begins + "".join(f"{piece}{gap}" for piece, gap in zip(pieces, gaps, strict=False))
    _agree(term, {part: text})


def test_words_and_phrases_of_real_texts_are_judged_alike(shared_data: Path) -> None:
    verdicts: Counter[str] = Counter()
    records = [*full_texts(shared_data, every=60), *two_days_of_2009(shared_data, every=60)]
    records += [record for number, record in enumerate(five_months(shared_data)) if number % 60 == 0]
    names = sorted(word for word in LEXICON.names.words if word.isalpha() and word not in STOP_WORDS)
    for number, record in enumerate(records):
        for text in record.parts.values():
            read = [token.text for token in tokens(text) if not token.is_mark]
            chosen = [*read[number % 9 :: 17], *map(" ".join, [*pairwise(read)][number % 9 :: 17])]
            chosen += [word for word in read if word in names][:: 1 + number % 3]
            for term in dict.fromkeys(chosen):
                verdicts[_agree(term, record.parts)] += 1
    assert verdicts["sure"] > 2 * verdicts["found otherwise"] > 0
    assert verdicts["not found"] > 100


def _agree(term: str, parts: Mapping[str, str]) -> str:
    """Check that what surely holds or surely does not is what the matcher says; return how it was decided."""
    try:
        query = compile_query(term, LEXICON)
    except TermError:
        return "no term"
    is_found = _finds(term, parts)
    is_in, is_out = query._glance.rules_in(parts), query._glance.rules_out(parts)
    assert not (is_in and not is_found), (term, parts)
    assert not (is_out and is_found), (term, parts)
    assert query.holds(parts) == is_found
    return "sure" if is_in else "found otherwise" if is_found else "not found"


def _finds(term: str, parts: Mapping[str, str]) -> bool:
    return bool(compile_terms([Topic(key="one", name="One", terms=(term,))], LEXICON).holding(parts))
