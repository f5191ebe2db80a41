"""Probable mistakes in readable terms, and how the records of an archive confirm or refute them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.research.term_tools.doubts import FEWEST, MANY, SELDOM, doubts
from monitor.terms.parser import parse_query, parse_term
from monitor.terms.slips import find_slips, may_have_slips
from monitor.terms.tree import TermError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.research.term_tools.doubts import Doubt

# The typed term, its kind of mistake, and the term that is suggested.
SLIPS = {
    "grooming, child abuse, CSE": ("comma", "grooming OR child abuse OR CSE"),
    "grooming, abuse and neglect": ("list", "grooming OR abuse OR neglect"),
    "grooming,abuse": ("comma", "grooming OR abuse"),
    "grooming, abuse AND house:lords": ("comma", "(grooming OR abuse) AND house:lords"),
    "in:answer grooming, abuse": ("comma", "in:answer (grooming OR abuse)"),
    "CSE = grooming, abuse": ("comma", "CSE = grooming OR abuse"),
    "NHTCU, police": ("comma", "NHTCU OR police"),
    "internet/online": ("slash", "internet OR online"),
    "internet/online grooming": ("slash", "internet grooming OR online grooming"),
    "grooming and online": ("and", "grooming AND online"),
    "grooming And online": ("and", "grooming AND online"),
    "grooming and not dog": ("and", "grooming NOT dog"),
    "grooming not dog": ("not", "grooming NOT dog"),
    "child near school": ("near", "child NEAR school"),
    "GROOMING": ("capitals", "grooming"),
    "GROOMING AND online": ("capitals", "grooming AND online"),
    "online GROOMING": ("capitals", "online grooming"),
}

# Terms with the same characters that are no mistake, or have no other reading.
NONE = (
    "24/7", "AC/DC", "HIV/AIDS", "2022/23", "5,200 homes", "A&E", "gov.uk/help", "Health and Safety at Work etc. Act",
    "Digital, Culture, Media and Sport", "Department for Business, Energy and Industrial Strategy", "not proven verdict",
    "near miss", "children not in school", "houses near the coast", "those who are not registered",
    "not in education", '"grooming, abuse"', '"search and rescue"', "COVID-19", "grooming AND abuse",
    "well-and-truly", 'body:"Business, Energy" coal', "Mr Smith", "paedophil* unit",
)  # fmt: skip


@pytest.mark.parametrize("term", SLIPS)
def test_mistake_is_found_with_its_probable_meaning(term: str) -> None:
    kind, better = SLIPS[term]
    (slip,) = find_slips(parse_term(term))
    assert (slip.kind, slip.better) == (kind, better)
    assert parse_term(better)
    assert parse_term(slip.meant)
    assert kind not in {found.kind for found in find_slips(parse_term(slip.keep))}
    assert 0 <= slip.position < len(term)


@pytest.mark.parametrize("term", NONE)
def test_phrase_with_such_characters_is_no_mistake(term: str) -> None:
    assert find_slips(parse_term(term)) == []


def test_query_with_days_is_checked() -> None:
    today = date(2024, 3, 1)
    (slip,) = find_slips(parse_query("grooming, abuse from:7d", today), today)
    assert slip.better == "(grooming OR abuse) from:7d"


@given(st.lists(st.sampled_from([*SLIPS, *NONE, ",", "/", "+", "OR", "AND", "near", "(", ")", '"', "not"]), max_size=4))
def test_every_suggestion_can_be_read(pieces: list[str]) -> None:
    text = " ".join(pieces)
    try:
        term = parse_term(text)
    except TermError:
        return
    for slip in find_slips(term):
        assert may_have_slips(text)
        assert parse_term(slip.better)
        assert parse_term(slip.meant)


# -- evidence of an archive -------------------------------------------------------------------------------------------


def judged(term: str, records: Mapping[str, int] | None) -> Doubt:
    """Return the doubt about a term in an archive with these numbers of records by term."""
    count = None if records is None else lambda text, most: min(records.get(text, 0), most)
    (doubt,) = doubts(term, count)
    return doubt


@pytest.mark.parametrize(
    ("term", "typed", "meant"),
    [
        ("grooming, abuse", "grooming, abuse", "grooming OR abuse"),
        ("grooming, abuse and neglect", "grooming, abuse and neglect", "grooming OR abuse OR neglect"),
        ("internet/online", "internet/online", "internet OR online"),
        ("grooming not dog", "grooming not dog", "grooming NOT dog"),
        ("child near school", "child near school", "child NEAR school"),
        ("GROOMING", "GROOMING", "grooming"),
    ],
)
def test_term_is_misread_if_no_record_has_it(term: str, typed: str, meant: str) -> None:
    assert judged(term, {meant: 1}).is_misread
    assert not judged(term, {meant: MANY, typed: 1}).is_misread
    assert not judged(term, {}).is_misread
    assert not judged(term, None).is_misread


def test_a_phrase_with_an_and_is_never_called_misread() -> None:
    """New phrases with "and" appear every day. One is reported if its words are often together but rarely adjacent."""
    typed, meant = "grooming and online", "grooming AND online"
    found_doubts = [
        judged(typed, {meant: meant_in, typed: typed_in})
        for meant_in, typed_in in ((FEWEST, 0), (FEWEST - 1, 0), (MANY, MANY // SELDOM), (MANY, MANY // SELDOM + 1))
    ]
    assert [doubt.is_likely for doubt in found_doubts] == [True, False, True, False]
    assert not any(doubt.is_misread for doubt in found_doubts)
    assert not judged(typed, None).is_likely


def test_words_within_an_office_name_are_a_phrase() -> None:
    term = "culture, media and sport"
    assert not judged(term, {'"culture media and sport"': 3, "culture OR media OR sport": MANY}).is_misread


def test_acronym_is_doubted_only_if_it_is_rarely_in_capitals() -> None:
    assert not judged("NHTCU", {"NHTCU": 1, "nhtcu": 1}).is_likely
    assert not judged("NHTCU", None).is_likely
    assert judged("PREVENT", None).is_likely  # a common word, as shipped lists say
    assert judged("OFSTED", {"OFSTED": 1, "ofsted": SELDOM}).is_likely


def test_commas_are_always_reported_and_lists_only_if_no_record_has_them() -> None:
    assert judged("grooming, abuse", None).is_likely
    assert judged("grooming, abuse", {"grooming, abuse": 3}).is_likely
    assert not judged("grooming, abuse and neglect", {"grooming, abuse and neglect": 3}).is_likely


def test_doubt_suggests_a_term_that_can_be_pasted() -> None:
    assert judged("grooming, abuse", {"grooming OR abuse": MANY}).said == (
        "A comma makes no list: the words are looked for as one phrase; no record of the archive has that, 200 or more "
        "records have what you may mean. To look for it as it stands, write grooming abuse. Ready to paste: "
        "'grooming OR abuse'."
    )
    assert judged("grooming, abuse", {"grooming, abuse": 1}).said.endswith(
        "; 1 record has that. You may mean something else. Ready to paste: 'grooming OR abuse'."
    )
