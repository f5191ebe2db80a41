"""Opening formulas and office names in the index: marked as excluded, and searched only where they count."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.index_query import AnyOf, NearBy, PhraseRequirement
from monitor.model.records import Facts, House, Kind
from monitor.terms.exclusion_zones import ExclusionZones
from monitor.terms.matcher import compile_query
from monitor.terms.padded_form import PaddedForm
from monitor.terms.vocabulary import Lexicon
from monitor.text.index_form import ASKED, NAMED, fingerprint, mark_excluded, marked_variants, unsure_words
from monitor.text.office_names import OfficeNames, shipped_names
from monitor.text.search_form import BEFORE_ENTRY, JOINED, forms_of, search_form, signed_form, signed_forms_of
from monitor.text.tokens import tokens
from tests.db.queries import holds
from tests.real_texts import full_texts

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.model.index_query import IndexQuery

HEALTH = "To ask the Secretary of State for Health and Social Care"
FCDO = "To ask the Minister of State, Foreign, Commonwealth and Development Office"


def in_index(need: IndexQuery) -> IndexQuery:
    """Rewrite a query as the index is asked."""
    match need:
        case PhraseRequirement(words=words, parts=parts, is_alone=is_alone, in_names=in_names):
            read = marked_variants(words, in_formula=not is_alone, in_names=in_names or not is_alone)
            return AnyOf(tuple(PhraseRequirement(way, parts) for way in read))
        case NearBy():
            return in_index(need.both)
        case _:
            return type(need)(tuple(map(in_index, need.needs)))


def as_indexed(parts: dict[str, str]) -> dict[str, str]:
    read = {name: mark_excluded(form, is_question=name == "question") for name, form in signed_forms_of(parts).items()}
    return {name: form.replace(JOINED, "") for name, form in read.items()}


def marked(form: str, sign: str) -> str:
    """Return the words that a mark precedes."""
    return " ".join(word[1:] for word in form.split(" ") if word.startswith(sign))


def excluded_formula(question: str) -> str:
    """Return the words of the formula that are marked as excluded."""
    return marked(mark_excluded(search_form(question), is_question=True), ASKED)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (f"{HEALTH}, what the Cabinet Office asks.", "to ask the secretary of state for health and social care"),
        (f"{HEALTH}", "to ask the secretary of state for health and social care"),
        ("To ask His Majesty's Government what", "to ask his majestys government"),
        ("asked Her Majesty's Government whether", "asked her majestys government"),
        (f"{FCDO}, what", "to ask the minister of state foreign commonwealth and development office"),
        (f"{HEALTH} whether {'the plan is new ' * 60}", "to ask the secretary of state for health and social care"),
        ("To ask the Secretary of State for Foo and Bar, what", ""),  # the end of this formula is unknown
        ("To ask the Secretary of State for Education and the Minister for Foo, what", ""),
        ("To ask the Minister without Portfolio and what", ""),
        ("To ask the hon. Member for Exton, representing the Church Commissioners, what", ""),
        ("What is the Cabinet Office for?", ""),
        ("To ask", ""),
        ("", ""),
    ],
)
def test_the_opening_formula_of_a_question_is_excluded(question: str, words: str) -> None:
    assert excluded_formula(question) == words
    plain = mark_excluded(search_form(question), is_question=True).replace(ASKED, "").replace(NAMED, "")
    assert plain == search_form(question)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Cabinet Office, and the office of the Prime Minister.", "cabinet office office of the prime minister"),
        ("A new cabinet. Office chairs", ""),
        ("The Department for Education's plan for education", "department for educations"),
        ("the Ministry of the Defence", "ministry of the defence"),
        ("the Home-Office", "home office"),
        ("The Under-Secretary of State at the Treasury", ""),
        ("Cabinet\nOffice", ""),
        ("", ""),
    ],
)
def test_names_of_offices_are_excluded(text: str, words: str) -> None:
    form = mark_excluded(search_form(text), is_question=False)
    assert marked(form, NAMED) == words
    assert form.replace(NAMED, "") == search_form(text)


@pytest.mark.parametrize(
    ("heading", "tail"),
    [
        ("Cabinet Office: Staff", ["+office staff", "staff +cabinet"]),
        ("Cabinet Office: Cabinet Papers", ["+office cabinet", "papers cabinet"]),  # the word stands elsewhere too
        ("Home Office: Cabinet Office", ["+office +cabinet", "+office +home"]),
        ("Under-Secretary of State for Health: Sta-ff", ["+health Jstaff", "+health sta", "Jstaff under"]),
    ],
)
def test_words_of_names_are_excluded_in_the_tail_too(heading: str, tail: list[str]) -> None:
    form = mark_excluded(signed_form(heading, is_heading=True), is_question=False)
    entries = {entry.replace(NAMED, "+").replace(JOINED, "J") for entry in form.split(BEFORE_ENTRY)[1:]}
    assert set(tail) <= entries


def test_name_in_the_formula_belongs_to_the_formula() -> None:
    form = mark_excluded(search_form(f"{HEALTH}, what the Home Office asks"), is_question=True)
    assert marked(form, NAMED) == "home office"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ask", ["ask", "*ask"]),
        ("detriment", ["detriment"]),
        ("the detriment", ["the detriment"]),  # no formula and no name ends with "the"
        ("cabinet office", ["cabinet office", "cabinet +office", "*cabinet *office", "+cabinet +office"]),
        ("care if", ["care if", "*care if", "+care if"]),
        ("health what", ["health what", "*health what", "+health what"]),
        ("cabin* office", ["cabin* office", "cabin* +office", "*cabin* *office", "+cabin* +office"]),
        ("zebr*", ["zebr*"]),
    ],
)
def test_marked_variants_of_words(words: str, expected: list[str]) -> None:
    assert [
        " ".join(variant).replace(ASKED, "*").replace(NAMED, "+") for variant in marked_variants(words.split())
    ] == expected


def test_unneeded_variants_are_left_out() -> None:
    assert list(marked_variants([])) == [()]
    assert list(marked_variants(["office"], in_formula=False, in_names=False)) == [("office",)]
    assert list(marked_variants(["office"], in_formula=False)) == [("office",), (f"{NAMED}office",)]
    assert list(marked_variants(["office"], in_names=False)) == [("office",), (f"{ASKED}office",)]


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
def test_index_finds_every_match_whatever_names_are_known(question: str, term: str, lexicon: Lexicon) -> None:
    query = compile_query(term, lexicon)
    parts = {"question": question, "answer": f"I asked. {question}", "heading": question.replace(", ", ": ")}
    forms = forms_of(parts)
    facts = Facts(kind=Kind.QUESTION, house=House.COMMONS, body=None, asker=None, party=None, minister=None, day=None)
    if query.holds(parts, forms, lambda: facts):
        assert query.need is not None
        assert holds(in_index(query.need), as_indexed(parts))


def test_single_words_of_a_formula_or_name_are_not_candidates() -> None:
    forms = as_indexed({"question": f"{HEALTH}, what steps he takes.", "answer": "The Department of Health."})
    for term in ("ask", "health", "secretary NEAR state", "heal*", '"ask"'):
        need = compile_query(term).need
        assert need is not None
        assert not holds(in_index(need), forms), term


def test_a_quoted_word_is_found_in_a_name_but_not_in_a_formula() -> None:
    need = compile_query('"health"').need
    assert need is not None
    assert holds(in_index(need), as_indexed({"answer": "The Department of Health."}))
    assert not holds(in_index(need), as_indexed({"question": f"{HEALTH}, what steps he takes."}))


IN_OTHER_SPELLINGS = [
    (
        "on-line safety",
        "The Minister for the Future Digital Economy and Online Safety spoke",
        "He spoke of online safety.",
    ),
    (
        "undersecretary",
        "The Parliamentary Under-Secretary of State for Health spoke",
        "He spoke to an under-secretary.",
    ),
    ("well being", "The Minister for Children, Families and Wellbeing spoke", "He spoke of wellbeing."),
]
"""Terms that are written in another way than the part of a name that they find."""


@pytest.mark.parametrize(("term", "name", "plain"), IN_OTHER_SPELLINGS)
def test_a_name_hides_other_spellings_of_its_words_too(term: str, name: str, plain: str) -> None:
    query = compile_query(term)
    assert query.spans({"answer": f"{name}."}) is None
    assert not query.holds({"heading": f"{name}: Fees"})
    assert query.spans({"answer": f"{name}. {plain}"}) == query.spans({"answer": f"{'.' * len(name)}. {plain}"})
    assert query.need is not None
    assert holds(in_index(query.need), as_indexed({"answer": plain}))


def test_overlapping_names_are_uncertain() -> None:
    shipped = shipped_names()
    assert unsure_words(shipped) == frozenset()
    assert unsure_words(shipped.with_more(["Department for Silence", "Silence Commission"])) == frozenset()
    assert {"home", "office", "the"} <= unsure_words(shipped.with_more(["Department of the Home"]))


@pytest.mark.parametrize("term", ["office", "offi* AND foo", "cabinet NEAR office"])
def test_uncertain_names_are_searched_too(term: str) -> None:
    lexicon = Lexicon(names=shipped_names().with_more(["Department of the Home"]))
    parts = {"answer": "The Department of the Home Office has a cabinet. It is foo."}
    query = compile_query(term, lexicon)
    assert query.holds(parts, forms_of(parts))
    assert query.need is not None
    assert holds(in_index(query.need), as_indexed(parts))


REST = "what steps she has taken since she was last asked, and what she intends to do about all of it before long."


@pytest.mark.parametrize("offices", list(permutations(["Energy", "Energy Security and Net Zero", "Energy and Foo"])))
def test_formula_does_not_end_within_a_name(offices: tuple[str, ...]) -> None:
    zones = ExclusionZones(
        OfficeNames(["Minister of State for Energy", "Minister of State for Energy Security and Net Zero"])
    )
    found = {}
    for office in offices:
        formula = zones.formula(PaddedForm(search_form(f"To ask the Minister of State for {office}, {REST}")))
        found[office] = formula.tokens if formula else formula
    assert found == {"Energy": 8, "Energy Security and Net Zero": 12, "Energy and Foo": None}


def test_other_names_are_another_index(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    monkeypatch.setattr("monitor.text.index_form.shipped_names", lambda: OfficeNames(["Ministry of Silence"]))
    fingerprint.cache_clear()
    assert fingerprint() != before
    fingerprint.cache_clear()


def test_most_questions_begin_with_a_certain_formula(shared_data: Path) -> None:
    questions = [record.parts["question"] for record in full_texts(shared_data, 10) if "question" in record.parts]
    assert len(questions) > 1300
    known = sum(bool(excluded_formula(question)) for question in questions)
    assert known > 0.9 * len(questions)


def test_excluded_names_are_names(shared_data: Path) -> None:
    """In real texts, the words of names in the search form are those of the text itself."""
    count = 0
    for record in full_texts(shared_data, 20):
        for name, text in record.parts.items():
            form = mark_excluded(search_form(text, is_heading=name == "heading"), is_question=False)
            lines = [tokens(line) for line in text.split("\n")]
            spans = [(read, span) for read in lines for span in shipped_names().spans(read)]
            said = " ".join(token.text for read, (first, after) in spans for token in read[first:after])
            assert marked(form.split(BEFORE_ENTRY)[0], NAMED) == said
            count += len(spans)
    assert count > 300
