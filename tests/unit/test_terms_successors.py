"""`successors of NAME` in terms and `lineage:` among the filters: how they are read, and what they find on which day."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.model.records import Facts, House, Kind
from monitor.model.watching import Topic
from monitor.terms.ended_bodies import successor_term
from monitor.terms.matcher import compile_query, compile_terms
from monitor.terms.parser import parse_term
from monitor.terms.printer import format_term
from monitor.terms.slips import find_slips
from monitor.terms.tree import Phrase, Successors, TermError, phrases_of

BEFORE, OF_SOCA, OF_NCA = date(2006, 3, 31), date(2006, 4, 1), date(2013, 10, 7)


def facts(day: date | None, body: str | None = None, house: House = House.COMMONS) -> Facts:
    return Facts(kind=Kind.QUESTION, house=house, body=body, asker=None, party=None, minister=None, day=day)


def forms(term: str, text: str, day: date | None) -> list[str]:
    query = compile_query(term)
    found = query.spans({"answer": text}, None, lambda: facts(day))
    assert (found is not None) is query.holds({"answer": text}, None, lambda: facts(day))
    return [match.form for match in found or ()]


TEXT = "The NHTCU, SOCA and the National Crime Agency (NCA) were asked."


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (None, []),
        (date(2003, 6, 1), []),
        (BEFORE, []),
        (OF_SOCA, ["SOCA"]),
        (date(2013, 10, 6), ["SOCA"]),
        (OF_NCA, ["SOCA", "National Crime Agency", "NCA"]),
    ],
)
def test_a_successor_counts_from_the_day_on_which_it_succeeded(day: date | None, found: list[str]) -> None:
    assert forms("successors of NHTCU", TEXT, day) == found
    assert forms("NHTCU = successors of NHTCU", TEXT, day) == ["NHTCU", *found]


def test_it_stands_among_other_words() -> None:
    for term in ("(successors of POLIT OR POLIT) AND children", "children NOT successors of SOCA"):
        assert format_term(parse_term(term).root) in (term, "(successors of POLIT OR POLIT) AND children")
    text = "CEOP protects children."
    assert forms("successors of POLIT AND children", text, date(2008, 1, 1)) == ["CEOP", "children"]
    assert forms("successors of POLIT AND children", text, date(2005, 1, 1)) == []
    assert forms("children NOT successors of POLIT", text, date(2008, 1, 1)) == []
    assert forms("children NOT successors of POLIT", text, date(2005, 1, 1)) == ["children"]


def test_an_exclusion_and_the_whole_name_of_an_office_hold_for_it_as_for_a_phrase() -> None:
    topic = Topic(key="t", name="T", terms=("successors of NHTCU",), exclude=("SOCA officer",))
    found = compile_terms([topic]).matches(
        {"answer": "A SOCA officer left SOCA."}, None, lambda: facts(date(2008, 1, 1))
    )
    assert [match.start for match in found] == [20]
    assert not found[0].is_evident
    health = "successors of Department of Health"
    assert forms(health, "The Department of Health and Social Care said so.", date(2024, 1, 1)) == [
        "Department of Health and Social Care"
    ]
    assert forms(health, "The DHSC said so.", date(2017, 1, 1)) == []


@pytest.mark.parametrize(
    ("term", "printed"),
    [
        ("successors of NHTCU", "successors of NHTCU"),
        ("Successors of  National Hi-Tech  Crime Unit", "successors of National Hi-Tech Crime Unit"),
        ('successors of "National Crime Squad"', "successors of National Crime Squad"),
        (
            "successors of Department for Digital, Culture, Media and Sport",
            'successors of "Department for Digital, Culture, Media and Sport"',
        ),
        ("NHTCU = successors of NHTCU", "NHTCU = successors of NHTCU"),
        ("in:answer (child OR successors of POLIT)", "in:answer child OR successors of POLIT"),
        ("sea AND (successors of SOCA)", "sea AND successors of SOCA"),
    ],
)
def test_it_is_printed_in_one_form(term: str, printed: str) -> None:
    root = parse_term(term).root
    assert format_term(root) == printed
    assert format_term(parse_term(printed).root) == printed


def test_it_brings_names_and_abbreviations_with_their_days() -> None:
    root = parse_term("successors of POLIT").root
    assert isinstance(root, Successors)
    assert root.body == "Paedophile Online Investigation Team"
    assert [(choice.name, choice.since) for choice in root.choices] == [
        ("Child Exploitation and Online Protection Centre", "2006-04"),
        ("National Crime Agency", "2013-10-07"),
    ]
    assert {"CEOP", "CEOP Command", "NCA"} <= {format_term(phrase) for phrase in phrases_of(root)}


def test_a_body_of_belfast_is_told_from_that_of_london_in_brackets() -> None:
    root = parse_term('successors of "Department of the Environment (Northern Ireland)"').root
    assert isinstance(root, Successors)
    assert root.choices[0].name == "Department of Agriculture, Environment and Rural Affairs"
    other = parse_term("successors of Department of the Environment").root
    assert isinstance(other, Successors)
    assert other.choices[0].name == "Department of the Environment, Transport and the Regions"


def test_other_words_before_it_make_it_a_phrase() -> None:
    for term in ("the successors of apartheid", '"successors of apartheid"'):
        assert isinstance(parse_term(term).root, Phrase)


REFUSED = {
    "unknown": (
        "successors of Natonal Crime Squad",
        'No body is known as Natonal Crime Squad: write successors of "National Crime Squad"',
        14,
    ),
    "nothing_near": ("successors of Zzyzx", "No body is known as Zzyzx: write a name that pqwatch bodies lists", 14),
    "not_ended": ("unit AND successors of NCA", "National Crime Agency has no successor: write its name alone", 23),
    "devolved": ("successors of Creative Scotland", "Creative Scotland has no successor", 14),
    "several": (
        "successors of SCC",
        'SCC is the name of several bodies: write successors of "Service Complaints Commissioner" or',
        14,
    ),
    "nothing": ("successors of", "successors of lacks a name: write a body", 12),
    "nothing_quoted": ('successors of ""', "successors of lacks a name", 15),
    "near": ("successors of NHTCU NEAR/5 unit", "NEAR takes words, phrases, or an OR of these in brackets", 0),
}


@pytest.mark.parametrize(("term", "message", "position"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_read_is_refused_with_a_remedy(term: str, message: str, position: int) -> None:
    with pytest.raises(TermError) as refused:
        parse_term(term)
    assert str(refused.value).startswith(message)
    assert refused.value.position == position


def test_a_comma_in_the_name_is_no_slip() -> None:
    assert find_slips(parse_term("successors of Department for Children, Schools and Families")) == []


# -- terms that are added for successors = true --------------------------------------------------------------------------

SOCA, CEOP = (
    "successors of National Criminal Intelligence Service",
    "successors of Paedophile Online Investigation Team",
)


@pytest.mark.parametrize(
    ("term", "added"),
    [
        ("NCIS", SOCA),
        ("NCIS = National Criminal Intelligence Service", SOCA),
        ("National Criminal Intelligence Service = NCIS NOT (naval OR television)", SOCA),
        ("POLIT = paedophile unit = NCIS", f"{CEOP} OR {SOCA}"),
        ("(child OR POLIT) AND online", f"{CEOP} AND online"),
        ("POLIT AND NCIS", f"(POLIT OR {CEOP}) AND (NCIS OR {SOCA})"),
        ("POLIT NOT teacher", f"{CEOP} NOT teacher"),
        ("in:answer house:lords POLIT", f"in:answer house:lords {CEOP}"),
        ("child NOT POLIT", None),
        ("POLIT NEAR/5 child", None),
        ("house:lords", None),
        ("successors of POLIT", None),
        ("National Crime Agency", None),
        ("child protection", None),
        ("SOC*", None),
        (" OR ".join(["NCIS", *[f"a{n}b AND POLIT" for n in range(30)]])[:499], None),
    ],
)
def test_successors_are_looked_for_under_the_conditions_of_a_term(term: str, added: str | None) -> None:
    assert successor_term(term) == added


# -- lineage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "body", "day", "house", "holds"),
    [
        ("lineage:Health", "Department of Health and Social Care", date(2024, 1, 1), House.COMMONS, True),
        ('lineage:"Department of Health and Social Care"', "Health", date(2009, 1, 1), House.LORDS, True),
        ('lineage:"Department of Health and Social Care"', "Education", date(2009, 1, 1), House.LORDS, False),
        ('lineage:"Health and Social Care"', "Department of Health", date(2020, 1, 1), House.NORTHERN_IRELAND, False),
        ("lineage:Health", None, date(2009, 1, 1), House.COMMONS, False),
    ],
)
def test_a_filter_follows_an_answering_body(term: str, body: str | None, day: date, house: House, holds: bool) -> None:
    query = compile_query(term)
    assert query.holds({"answer": "Sea."}, None, lambda: facts(day, body, house)) is holds
    assert query.conditions == (("lineage", term.removeprefix("lineage:").strip('"')),)
