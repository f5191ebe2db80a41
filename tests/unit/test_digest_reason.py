"""Reasons of a match: the form found, the parts, the term, and the member of a family."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.model.records import Facts, House, Kind
from monitor.model.watching import Match, Topic
from monitor.presentation.match_reasons import LONGEST_TERM, finds, found_line, is_shown, reasons, term_name
from monitor.terms.matcher import compile_terms

TOPICS = {"crime": "Crime", "care": "Child care"}
FAMILY = "NHTCU = National Hi-Tech Crime Unit = (crime NEAR/3 computer)"


def found(*terms: str, topic: str = "crime", **parts: str) -> tuple[Match, ...]:
    matches = compile_terms([Topic(key=topic, name=topic, terms=terms)]).matches(parts)
    assert matches, terms
    return matches


def said(*terms: str, **parts: str) -> str:
    (line,) = reasons(found(*terms, **parts), TOPICS, unnamed="crime")
    return line.removeprefix("Found: ")


EXPLAINED = {
    "the_term_itself": ("crime unit", "A Crime Unit.", "Crime Unit (answer)"),
    "typography_says_nothing_new": ("hi-tech crime", "The Hi\u2011Tech crime.", "Hi\u2011Tech crime (answer)"),
    "plural": ("crime unit", "Two crime units.", "crime units (answer)"),
    "quoted": ('"crime unit"', "The crime unit.", "crime unit (answer)"),
    "variant": (
        "hi-tech crime unit",
        "High Tech Crime Units.",
        "High Tech Crime Units (answer), by hi-tech crime unit",
    ),
    "term_and_variant": ("unit", "A unit of units.", "unit, units (answer)"),
    "star": ("paedophil*", "On paedophilia.", "paedophilia (answer), by paedophil*"),
    "first_of_a_family": (FAMILY, "The NHTCU.", "NHTCU (answer)"),
    "first_of_a_family_varied": (FAMILY, "The N.H.T.C.U.\u2019s.", "N.H.T.C.U.\u2019s (answer)"),
    "not_within_a_word": ("care = daycare", "Daycare.", "Daycare (answer), by care"),
    "member": (FAMILY, "The National Hi-Tech Crime Unit.", "National Hi-Tech Crime Unit (answer), by NHTCU"),
    "member_varied": (
        FAMILY,
        "National High Tech Crime Units.",
        "National High Tech Crime Units (answer), by NHTCU = National Hi-Tech Crime Unit",
    ),
    "member_that_is_near": (
        FAMILY,
        "Computers and crime, and the NHTCU.",
        "Computers ... crime (answer), by NHTCU = crime NEAR/3 computer; NHTCU (answer)",
    ),
    "near": (
        "paedophil* NEAR/5 unit",
        "A unit on paedophilia. The UNIT.",
        "unit ... paedophilia (answer), by paedophil* NEAR/5 unit",
    ),
    "not": ("crime NOT unit", "Crime.", "Crime (answer), by crime NOT unit"),
    "filter": ("in:answer crime", "Crime.", "Crime (answer), by in:answer crime"),
    "or": ("crime OR unit", "Crime units.", "Crime, units (answer), by crime OR unit"),
}


@pytest.mark.parametrize(("term", "answer", "expected"), EXPLAINED.values(), ids=EXPLAINED)
def test_match_names_form_part_and_term(term: str, answer: str, expected: str) -> None:
    assert said(term, answer=answer) == expected


def test_adjacent_words_are_one_match_with_their_parts() -> None:
    assert said("asylum AND hotel", heading="Asylum", question="On asylum.", answer="Hotels for asylum.") == (
        "Asylum (heading, question, answer) ... Hotels (answer), by asylum AND hotel"
    )
    assert said("asylum AND hotel NOT tent", question="Asylum hotels.") == (
        "Asylum ... hotels (question), by asylum AND hotel NOT tent"
    )
    assert said("in:answer (asylum AND hotel)", answer="Hotel, asylum.") == (
        "Hotel ... asylum (answer), by in:answer (asylum AND hotel)"
    )


def test_parts_and_matches_are_in_reading_order() -> None:
    matches = found("unit", "crime", heading="Crime", question="Units.", answer="Units of crime.")
    assert reasons(matches[::-1], TOPICS) == ["Found for Crime: Crime (heading, answer); Units (question, answer)"]


def test_only_some_of_many_forms_are_shown() -> None:
    text = "paedophile paedophiles paedophilia paedophilic paedophiliac paedophilias paedophilically paedophils"
    assert said("paedophil*", answer=text).endswith("paedophilias (answer) and 2 more forms, by paedophil*")


def test_a_long_term_is_cut() -> None:
    line = said(" OR ".join(["crime unit"] * 20), answer="A crime unit.")
    assert line.startswith("crime unit (answer), by crime unit OR crime unit OR")
    assert line.endswith("crime unit...")
    assert len(line) < len("crime unit (answer), by ") + LONGEST_TERM


def test_filters_alone_are_named_without_words() -> None:
    statement = Facts(
        kind=Kind.STATEMENT, house=House.LORDS, body=None, asker=None, party=None, minister=None, day=None
    )
    topic = Topic(key="crime", name="Crime", terms=("house:lords kind:statement", "unit"))
    matches = compile_terms([topic]).matches({"heading": "Unit", "text": "Units."}, None, lambda: statement)
    assert reasons(matches, TOPICS, unnamed="crime") == [
        "Found: by house:lords kind:statement; Unit (heading), Units (text)"
    ]


def test_each_topic_has_a_line_in_order() -> None:
    matches = found("unit", topic="care", answer="unit") + found("unit", answer="unit")
    assert reasons(matches, TOPICS) == ["Found for Crime: unit (answer)", "Found for Child care: unit (answer)"]
    assert reasons(matches, TOPICS, unnamed="crime")[0] == "Found for Crime: unit (answer)"
    assert reasons(matches[:1], TOPICS, unnamed="crime") == ["Found for Child care: unit (answer)"]
    assert reasons(found("unit", topic="gone", answer="unit"), TOPICS) == ["Found for gone: unit (answer)"]


def test_member_across_the_colon_of_a_heading_is_named() -> None:
    assert said("AH = asylum hotel", heading="Hotels: Asylum") == "Hotels: Asylum (heading), by AH = asylum hotel"


def test_member_known_only_from_the_users_equivalents_is_not_guessed() -> None:
    match = Match(topic="crime", term="OH = online harm", form="digital danger", part="answer", start=0, end=14)
    assert [find.said for find in finds([match])] == ["digital danger (answer), by OH = online harm"]
    assert finds([match])[0].member is None


def test_former_term_that_is_refused_now_is_shown_unchanged() -> None:
    match = Match(topic="crime", term="crime or unit", form="crime or unit", part="answer", start=0, end=13)
    other = Match(topic="crime", term="SOC*", form="SOCA", part="answer", start=20, end=24)
    assert reasons([match, other], {}, unnamed="crime") == ["Found: crime or unit (answer); SOCA (answer), by SOC*"]


def test_family_is_named_by_its_first_member() -> None:
    assert term_name(FAMILY) == "NHTCU"
    assert term_name('"a = b"') == '"a = b"'
    assert term_name("cat or dog") == "cat or dog"


# -- successors of a body -----------------------------------------------------------------------------------------------

IN_2014 = Facts(
    kind=Kind.QUESTION, house=House.COMMONS, body=None, asker=None, party=None, minister=None, day=date(2014, 1, 6)
)
OF_NHTCU = "NHTCU = National Hi-Tech Crime Unit = successors of NHTCU"


def found_in_2014(term: str, **parts: str) -> tuple[Match, ...]:
    topic = Topic(key="crime", name="Crime", terms=(term,))
    return compile_terms([topic]).matches(parts, None, lambda: IN_2014)


SUCCEEDED = {
    "family": (OF_NHTCU, "SOCA said so.", "SOCA (answer), for NHTCU by its successor, since 1 April 2006"),
    "alone": (
        "successors of NHTCU",
        "The National Crime Agency.",
        "National Crime Agency (answer), for NHTCU by its successor, since 7 October 2013",
    ),
    "month": ("successors of POLIT", "CEOP.", "CEOP (answer), for POLIT by its successor, since April 2006"),
    "spelling": (
        "successors of NHTCU",
        "The Serious and Organised Crime Agency's.",
        "Serious and Organised Crime Agency's (answer), for NHTCU by its successor, since 1 April 2006",
    ),
    "its own name": (OF_NHTCU, "The NHTCU.", "NHTCU (answer)"),
    "two of them": (
        OF_NHTCU,
        "SOCA and the NCA.",
        (
            "SOCA (answer), for NHTCU by its successor, since 1 April 2006; "
            "NCA (answer), for NHTCU by its successor, since 7 October 2013"
        ),
    ),
    "named by the term too": ("SOCA OR successors of NHTCU", "SOCA.", "SOCA (answer), by SOCA OR successors of NHTCU"),
    "day not known": (
        "successors of Joint Forces Command",
        "Strategic Command.",
        "Strategic Command (answer), for Joint Forces Command by its successor",
    ),
}


@pytest.mark.parametrize(("term", "text", "explained"), SUCCEEDED.values(), ids=SUCCEEDED)
def test_what_a_successor_found_says_so(term: str, text: str, explained: str) -> None:
    matches = found_in_2014(term, answer=text)
    assert reasons(matches, TOPICS, unnamed="crime") == [f"Found: {explained}"]


def test_a_place_that_another_term_finds_by_its_own_name_is_told_once() -> None:
    terms = ("National Crime Agency = NCA", "successors of NHTCU", "successors of National Crime Squad")
    topic = Topic(key="crime", name="Crime", terms=terms)
    matches = compile_terms([topic]).matches({"answer": "SOCA, then the NCA."}, None, lambda: IN_2014)
    assert len(matches) == 5
    assert reasons(matches, TOPICS, unnamed="crime") == [
        "Found: SOCA (answer), for NHTCU by its successor, since 1 April 2006; NCA (answer), by National Crime Agency"
    ]


def test_the_line_of_a_digest_says_so_too() -> None:
    matches = found_in_2014(OF_NHTCU, answer="SOCA said so.")
    assert found_line(matches, TOPICS, ("SOCA said so.",), unnamed="crime") == (
        "Found: SOCA, for NHTCU by its successor, since 1 April 2006"
    )


# -- the line of an item in a digest ----------------------------------------------------------------------------------


def line(*terms: str, shown: tuple[str, ...] | None = None, topic: str = "crime", **parts: str) -> str:
    """Return the line of a record whose words are all shown, unless `shown` names the shown words."""
    return found_line(
        found(*terms, topic=topic, **parts), TOPICS, tuple(parts.values()) if shown is None else shown, unnamed="crime"
    )


EVIDENT = {
    "the_term_itself": ("crime unit", "A Crime Unit."),
    "plural": ("water company", "Two water companies."),
    "irregular plural": ("child", "The children."),
    "star": ("paedophil*", "On paedophilia."),
    "spelling": ("organised", "It is organized."),
    "hyphens": ("on-line", "It is online."),
    "first_of_a_family": (FAMILY, "The NHTCU."),
    "or": ("crime OR unit", "Crime."),
    "or_with_near": ("crime OR (unit NEAR paper)", "Crime."),
    "not": ("crime NOT unit", "Crime."),
    "part": ("in:answer crime", "Crime."),
    "quoted": ('"crime unit"', "The crime unit."),
}


@pytest.mark.parametrize(("term", "answer"), EVIDENT.values(), ids=EVIDENT)
def test_evident_matches_need_no_line(term: str, answer: str) -> None:
    assert line(term, answer=answer) == ""


TOLD = {
    "member": (FAMILY, "The National Hi-Tech Crime Unit.", "National Hi-Tech Crime Unit, by NHTCU"),
    "member_that_is_near": (FAMILY, "Computers and crime.", "Computers ... crime, by NHTCU"),
    "equivalent": ("hi-tech crime unit", "High Tech Crime Units.", "High Tech Crime Units, by hi-tech crime unit"),
    "near": ("paedophil* NEAR/5 unit", "Paedophile units.", "Paedophile ... units, by paedophil* NEAR/5 unit"),
    "and": ("crime AND paper", "Crime on paper.", "Crime ... paper, by crime AND paper"),
    "long_near": (
        "crime NEAR/5 (paper OR wood OR stone OR metal OR leather OR cotton OR silk OR wool)",
        "Crime on paper.",
        "Crime near paper",
    ),
    "long_and": (
        "crime AND (paper OR wood OR stone OR metal OR leather OR cotton OR silk)",
        "Crime on paper.",
        "Crime with paper",
    ),
}


@pytest.mark.parametrize(("term", "answer", "expected"), TOLD.values(), ids=TOLD)
def test_other_matches_have_a_line(term: str, answer: str, expected: str) -> None:
    assert line(term, answer=answer) == f"Found: {expected}"


def test_member_of_a_family_needs_no_line_beside_the_name_of_the_family() -> None:
    assert line(FAMILY, answer="The NHTCU, or National Hi-Tech Crime Unit.") == ""
    assert line(
        FAMILY, answer="The NHTCU, or National Hi-Tech Crime Unit.", shown=("National Hi-Tech Crime Unit",)
    ) == ("Found: NHTCU (answer); National Hi-Tech Crime Unit, by NHTCU")


def test_words_that_are_not_shown_are_named_with_their_part() -> None:
    assert line("crime unit", answer="A crime unit.", shown=("Crimes",)) == "Found: crime unit (answer)"
    assert line("care", answer="Care.", shown=("daycare",)) == "Found: Care (answer)"
    assert line("crime", heading="Crime", answer="A crime.", shown=("Crime",)) == ""


def test_line_names_topics_and_only_a_few_matches() -> None:
    terms = [f"x{n} = y{n}" for n in range(5)]
    text = "y0 y1 y2 y3 y4"
    assert line(*terms, answer=text) == "Found: y0, by x0; y1, by x1; 3 more"
    matches = found("unit = court", topic="care", answer="court") + found("crime = theft", answer="theft")
    assert found_line(matches, TOPICS, ("court", "theft"), unnamed="crime") == (
        "Found: theft, by crime; for Child care: court, by unit"
    )
    assert found_line(matches, TOPICS, ("court", "theft")) == (
        "Found for Crime: theft, by crime; for Child care: court, by unit"
    )


def test_of_filters_alone_it_is_said_what_they_look_at() -> None:
    statement = Facts(
        kind=Kind.STATEMENT, house=House.LORDS, body="Home Office", asker=None, party=None, minister=None, day=None
    )
    long = '(house:lords kind:statement body:"Home Office") OR (house:lords kind:statement body:Office)'
    for term, said in (
        ("house:lords", "by its House or legislature, not by words"),
        (long, "by its House or legislature, kind and answering body, not by words"),
    ):
        matches = compile_terms([Topic(key="crime", name="Crime", terms=(term,))]).matches(
            {"text": "Units."}, None, lambda: statement
        )
        assert found_line(matches, TOPICS, ("Units.",), unnamed="crime") == f"Found: {said}"


def test_former_term_that_is_refused_now_has_a_line() -> None:
    match = Match(topic="crime", term="SOC*", form="SOCA", part="answer", start=20, end=24)
    assert found_line([match], TOPICS, ("SOCA",), unnamed="crime") == "Found: SOCA, by SOC*"


@pytest.mark.parametrize(
    ("form", "text", "is_there"),
    [
        ("credit", "Universal Credit\u2075 rose.", True),
        ("m\u00b2", "Of 10 m\u00b2.", True),
        ("credit", "Creditors rose.", False),
    ],
)
def test_a_form_is_shown_beside_the_number_of_a_note(form: str, text: str, is_there: bool) -> None:
    assert is_shown(form, [text]) is is_there
