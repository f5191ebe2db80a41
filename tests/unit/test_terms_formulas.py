"""The opening formula of a question as the index has it: set apart, and asked for in every way in which it may count."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.holdings import AnyOf, NearBy, Run
from monitor.model import Facts, House, Kind
from monitor.terms.covers import Covers
from monitor.terms.form import forms_of, search_form
from monitor.terms.formulas import MARK, fingerprint, set_apart, ways
from monitor.terms.lexicon import Lexicon
from monitor.terms.matcher import compile_query
from monitor.terms.names import Names, shipped_names
from monitor.terms.plan import Form
from tests.db.queries import holds
from tests.real_texts import full_texts

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.holdings import Need

HEALTH = "To ask the Secretary of State for Health and Social Care"
FCDO = "To ask the Minister of State, Foreign, Commonwealth and Development Office"


def in_index(need: Need) -> Need:
    """A need as it is asked."""
    if isinstance(need, Run):
        return need if need.is_alone else AnyOf(tuple(Run(words, need.parts) for words in ways(need.words)))
    return in_index(need.both) if isinstance(need, NearBy) else type(need)(tuple(map(in_index, need.needs)))


def apart(question: str) -> str:
    """The words that are set apart."""
    marked = [word[1:] for word in set_apart(search_form(question)).split(" ") if word.startswith(MARK)]
    return " ".join(marked)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (f"{HEALTH}, what the Cabinet Office asks.", "to ask the secretary of state for health and social care"),
        (f"{HEALTH}", "to ask the secretary of state for health and social care"),
        ("To ask His Majesty's Government what", "to ask his majestys government"),
        ("asked Her Majesty's Government whether", "asked her majestys government"),
        (f"{FCDO}, what", "to ask the minister of state foreign commonwealth and development office"),
        (f"{HEALTH} whether {'the plan is new ' * 60}", "to ask the secretary of state for health and social care"),
        ("To ask the Secretary of State for Foo and Bar, what", ""),  # nobody knows where that ends
        ("To ask the Secretary of State for Education and the Minister for Foo, what", ""),
        ("To ask the Minister without Portfolio and what", ""),
        ("To ask the hon. Member for Exton, representing the Church Commissioners, what", ""),
        ("What is the Cabinet Office for?", ""),
        ("To ask", ""),
        ("", ""),
    ],
)
def test_what_is_set_apart(question: str, words: str) -> None:
    assert apart(question) == words
    assert set_apart(search_form(question)).replace(MARK, "") == search_form(question)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ask", ["ask", "*ask"]),
        ("detriment", ["detriment"]),
        ("the detriment", ["the detriment"]),  # no formula ends with "the"
        ("cabinet office", ["cabinet office", "*cabinet *office"]),
        ("care if", ["care if", "*care if"]),
        ("for health what", ["for health what", "*for *health what"]),
        ("cabin* office", ["cabin* office", "*cabin* *office"]),
        ("zebr*", ["zebr*"]),
    ],
)
def test_the_ways_in_which_words_may_be_read(words: str, expected: list[str]) -> None:
    assert [" ".join(one).replace(MARK, "*") for one in ways(words.split())] == expected


BEGINNINGS = ("To ask ", "To ask the ", "asked ", "asked the ", "", "To ask the right hon. ")
OFFICES = (
    "Secretary of State for Health and Social Care",
    "Secretary of State for Health",
    "Minister for the Cabinet Office",
    "Minister of State, Foreign, Commonwealth and Development Office",
    "Cabinet Office",
    "Prime Minister",
    "His Majesty's Government",
    "Secretary of State for Housing and Foo",
    "Member for Exton, representing the House of Commons Commission",
)
JOINTS = (", ", " ", " and ", " and the ", ". ", "\n", "-", ", what ", " whether ")
RESTS = ("what he asks the Cabinet Office", "health care", "to ask the Secretary of State for Health", "office", "")
TERMS = (
    *("ask", "cabinet", "office", "health", "state", "secretary of state", "cabinet office", "health and social care"),
    *("care what", "office what", "minister of state", '"health"', '"cabinet office"', "hous* foo", "offic*", "to ask"),
    *(
        "cabinet NEAR/3 office",
        "health AND office",
        "in:question office",
        "Secretary of State for Health",
        "prime minister",
    ),
)
LEXICONS = (
    Lexicon(),
    Lexicon(
        names=shipped_names().with_more(["Department for Housing and Foo", "Minister for Care", "Office of the Home"])
    ),
)


@given(
    st.tuples(*map(st.sampled_from, (BEGINNINGS, OFFICES, JOINTS, RESTS, JOINTS, OFFICES, JOINTS, RESTS))).map("".join),
    st.sampled_from(TERMS),
    st.sampled_from(LEXICONS),
)
def test_no_find_is_hidden_from_the_index_whatever_names_are_known(question: str, term: str, lexicon: Lexicon) -> None:
    query = compile_query(term, lexicon)
    parts = {"question": question, "answer": "None."}
    forms = forms_of(parts)
    facts = Facts(kind=Kind.QUESTION, house=House.COMMONS, body=None, asker=None, party=None, minister=None, day=None)
    if query.holds(parts, forms, lambda: facts):
        assert query.need is not None
        assert holds(in_index(query.need), {**forms, "question": set_apart(forms["question"])})


def test_single_words_of_a_formula_are_not_named() -> None:
    forms = {"question": set_apart(search_form(f"{HEALTH}, what steps he takes."))}
    for term in ("ask", "health", "secretary NEAR state", "heal*"):
        need = compile_query(term).need
        assert need is not None
        assert not holds(in_index(need), forms), term


REST = "what steps she has taken since she was last asked, and what she intends to do about all of it before long."


@pytest.mark.parametrize("offices", list(permutations(["Energy", "Energy Security and Net Zero", "Energy and Foo"])))
def test_a_formula_does_not_end_where_a_name_goes_on(offices: tuple[str, ...]) -> None:
    covers = Covers(Names(["Minister of State for Energy", "Minister of State for Energy Security and Net Zero"]))
    found = {}
    for office in offices:
        formula = covers.formula(Form(search_form(f"To ask the Minister of State for {office}, {REST}")))
        found[office] = formula.tokens if formula else formula
    assert found == {"Energy": 8, "Energy Security and Net Zero": 12, "Energy and Foo": None}


def test_other_names_are_another_index(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    monkeypatch.setattr("monitor.terms.formulas.shipped_names", lambda: Names(["Ministry of Silence"]))
    fingerprint.cache_clear()
    assert fingerprint() != before
    fingerprint.cache_clear()


def test_most_questions_begin_with_a_formula_that_is_sure(shared_data: Path) -> None:
    questions = [record.parts["question"] for record in full_texts(shared_data, 10) if "question" in record.parts]
    assert len(questions) > 1300
    known = sum(bool(apart(question)) for question in questions)
    assert known > 0.9 * len(questions)
