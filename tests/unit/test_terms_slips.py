"""What may be a slip in a term that can be read, and what an archive makes of that."""

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

# What was typed, of which kind it is, and the term that is offered.
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

# What has the same signs and is no slip, or can't be read in another way.
NONE = (
    "24/7", "AC/DC", "HIV/AIDS", "2022/23", "5,200 homes", "A&E", "gov.uk/help", "Health and Safety at Work etc. Act",
    "Digital, Culture, Media and Sport", "Department for Business, Energy and Industrial Strategy", "not proven verdict",
    "near miss", "children not in school", "houses near the coast", "those who are not registered",
    "not in education", '"grooming, abuse"', '"search and rescue"', "COVID-19", "grooming AND abuse",
    "well-and-truly", 'body:"Business, Energy" coal', "Mr Smith", "paedophil* unit",
)  # fmt: skip


@pytest.mark.parametrize("term", SLIPS)
def test_a_slip_is_seen_with_what_was_meant(term: str) -> None:
    kind, better = SLIPS[term]
    (slip,) = find_slips(parse_term(term))
    assert (slip.kind, slip.better) == (kind, better)
    assert parse_term(better)
    assert parse_term(slip.meant)
    assert kind not in {one.kind for one in find_slips(parse_term(slip.keep))}
    assert 0 <= slip.position < len(term)


@pytest.mark.parametrize("term", NONE)
def test_a_phrase_with_such_signs_is_none(term: str) -> None:
    assert find_slips(parse_term(term)) == []


def test_a_query_with_days_is_looked_at_too() -> None:
    today = date(2024, 3, 1)
    (slip,) = find_slips(parse_query("grooming, abuse from:7d", today), today)
    assert slip.better == "(grooming OR abuse) from:7d"


@given(st.lists(st.sampled_from([*SLIPS, *NONE, ",", "/", "+", "OR", "AND", "near", "(", ")", '"', "not"]), max_size=4))
def test_whatever_is_offered_can_be_read(pieces: list[str]) -> None:
    text = " ".join(pieces)
    try:
        term = parse_term(text)
    except TermError:
        return
    for slip in find_slips(term):
        assert may_have_slips(text)
        assert parse_term(slip.better)
        assert parse_term(slip.meant)


# -- what an archive makes of it --------------------------------------------------------------------------------------


def judged(term: str, records: Mapping[str, int] | None) -> Doubt:
    """The doubt about a term in an archive in which so many records have each of some terms."""
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
def test_what_no_record_has_is_misread_and_what_some_have_is_not(term: str, typed: str, meant: str) -> None:
    assert judged(term, {meant: 1}).is_misread
    assert not judged(term, {meant: MANY, typed: 1}).is_misread
    assert not judged(term, {}).is_misread
    assert not judged(term, None).is_misread


def test_a_phrase_with_an_and_is_never_called_misread() -> None:
    """New ones are made every day; one is told of where its words stand together often, and hardly ever side by side."""
    typed, meant = "grooming and online", "grooming AND online"
    told = [
        judged(typed, {meant: meant_in, typed: typed_in})
        for meant_in, typed_in in ((FEWEST, 0), (FEWEST - 1, 0), (MANY, MANY // SELDOM), (MANY, MANY // SELDOM + 1))
    ]
    assert [one.is_likely for one in told] == [True, False, True, False]
    assert not any(one.is_misread for one in told)
    assert not judged(typed, None).is_likely


def test_what_stands_within_the_name_of_an_office_is_a_phrase() -> None:
    term = "culture, media and sport"
    assert not judged(term, {'"culture media and sport"': 3, "culture OR media OR sport": MANY}).is_misread


def test_an_acronym_is_none_unless_it_is_seldom_in_capitals() -> None:
    assert not judged("NHTCU", {"NHTCU": 1, "nhtcu": 1}).is_likely
    assert not judged("NHTCU", None).is_likely
    assert judged("PREVENT", None).is_likely  # a common word, as shipped lists know
    assert judged("OFSTED", {"OFSTED": 1, "ofsted": SELDOM}).is_likely


def test_a_comma_is_told_of_wherever_it_stands_and_a_list_only_where_nobody_writes_it() -> None:
    assert judged("grooming, abuse", None).is_likely
    assert judged("grooming, abuse", {"grooming, abuse": 3}).is_likely
    assert not judged("grooming, abuse and neglect", {"grooming, abuse and neglect": 3}).is_likely


def test_a_doubt_is_told_in_words_that_can_be_pasted() -> None:
    assert judged("grooming, abuse", {"grooming OR abuse": MANY}).said == (
        "A comma makes no list: the words are looked for as one phrase; no record of the archive has that, 200 or more "
        "records have what you may mean. To look for it as it stands, write grooming abuse. Ready to paste: "
        "'grooming OR abuse'."
    )
    assert judged("grooming, abuse", {"grooming, abuse": 1}).said.endswith(
        "; 1 record has that. You may mean something else. Ready to paste: 'grooming OR abuse'."
    )
