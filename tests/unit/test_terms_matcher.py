"""Texts that a term finds and texts that it does not, rule by rule."""

from __future__ import annotations

import gzip
import json
import re
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.index_query import AllOf, AnyOf, PhraseRequirement
from monitor.model.records import Facts, House, Kind
from monitor.model.watching import Match, Topic
from monitor.terms.matcher import compile_query, compile_terms
from monitor.terms.tree import TermError
from monitor.terms.vocabulary import Lexicon
from monitor.text.office_names import OfficeNames
from scrapers.markup import plain_question, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.model.index_query import IndexQuery


def forms(term: str, text: str, part: str = "answer") -> list[str]:
    return [match.form for match in compile_query(term).spans({part: text}) or ()]


RULES = {
    "phrase": (
        "national crime squad",
        ["National Crime Squad"],
        ["national squad crime", "nationalcrime squad", "crime squad"],
    ),
    "word_boundaries": (
        "cat",
        ["cat", "a cat-flap", "(cat)", "cat/dog"],
        ["category", "bobcat", "cat5", "cat_x"[:3] + "s5"],
    ),
    "word_boundaries_with_accents": ("ty", ["tŷ"], ["tŷb", "ŵty", "étym"]),
    "plural": ("unit", ["unit", "units", "unit's", "units'", "unit\u2019s"], ["unity", "united", "unites"]),
    "singular": ("units", ["unit", "units", "unit's"], ["unity"]),
    "ies": ("water companies", ["water company", "Water Companies", "water company's"], ["water compan"]),
    "irregular": ("child", ["children", "child's", "children's", "childs"], ["childish", "childhood"]),
    "irregular_plural": ("women", ["woman", "woman's", "women's"], ["womanly"]),
    "man": ("chairmen", ["chairman", "chairmen"], ["chairperson"]),
    "sibilant": ("box", ["box"], ["boxes"]),
    "sibilants": ("class", ["classes", "class", "class's"], ["clas", "classic"]),
    "exceptions": ("customs", ["Customs", "customs'"], ["custom"]),
    "exceptions_from_the_other_side": ("good", ["good"], ["goods"]),
    "news": ("new", ["new"], ["news"]),
    "economics": ("economic", ["economic"], ["economics"]),
    "short_words": ("tax", ["tax", "tax's"], ["taxes", "taxi"]),
    "stop_words": ("which unit", ["which units"], ["whichs unit"]),
    "hyphen_in_the_term": ("on-line", ["on line", "on-line", "online", "On\u2013line"], ["on. line", "only line"]),
    "joined_term": ("online", ["online", "on-line", "on\u2010line"], ["on line"]),
    "spaced_term": ("on line", ["on line", "on-line"], ["online"]),
    "as_set": ("asset", ["asset", "as-set", "assets"], ["as set"]),
    "single_letters_never_join": ("e-crime", ["e-crime", "e crime"], ["ecrime"]),
    "three_joined": (
        "not-for-profit",
        ["not for profit", "not-for-profit", "notforprofit", "notfor-profit"],
        ["not for"],
    ),
    "part_of_a_compound": ("paedophile units", ["anti-paedophile units", "paedophile-units"], ["paedophiles"]),
    "ise_and_ize": ("organised crime", ["organized crime", "organised crime", "Organised-crime"], ["organise crime"]),
    "isation": ("privatization", ["privatisation", "privatisations"], ["privatise"]),
    "our": ("behaviour", ["behavior", "behaviours", "behaviour's"], ["behave"]),
    "four_is_not_for": ("four", ["four"], ["for", "fors"]),
    "ae": ("paedophile", ["pedophile", "paedophiles", "pædophile"], ["pediatric"]),
    "hi_and_high": (
        "National Hi-Tech Crime Unit",
        [
            "National Hi-Tech Crime Unit",
            "National High Tech Crime Unit",
            "national high-tech crime units",
            "National Hi tech Crime Unit's",
            "National hitech crime unit",
            "National High\u2011Tech Crime Unit",
        ],
        ["National Tech Crime Unit", "Hi-Tech Crime Unit", "National High Crime Unit"],
    ),
    "serious_and_organised": (
        "Serious Organised Crime Agency",
        ["Serious and Organised Crime Agency", "Serious Organised Crime Agency", "serious & organized crime agency's"],
        ["Serious or Organised Crime Agency", "Serious Crime Agency"],
    ),
    "serious_organised": ("serious and organised crime", ["serious organised crime"], ["serious and crime"]),
    "joined_equivalents": ("cyber security", ["cybersecurity", "cyber-security"], ["cyber. Security", "cyber"]),
    "spaced_equivalents": ("taskforces", ["task force", "task forces", "task-force", "taskforce"], ["task"]),
    "equivalent_in_a_phrase": (
        "a healthcare worker",
        ["a health care worker", "a health-care workers"],
        ["a health worker"],
    ),
    "ampersand": ("health and care", ["Health & Care", "health and care"], ["health care"]),
    "typography": (
        "Siân's first office",
        ["Sian\u2019s ﬁrst oﬃce", "SIÂN'S FIRST OFFICE", "Sia\u0302n first\u00a0office", "Sian's fir\u00adst office"],
        ["Sean's first office"],
    ),
    "acronym": (
        "SOCA",
        ["SOCA", "SOCA's", "SOCAs", "S.O.C.A.", "S.O.C.A", "SOCA-led", "anti-SOCA", "(SOCA)", "SOCA\u2019S"],
        ["soca", "Soca", "social", "SOCAL", "SO CA"],
    ),
    "acronym_with_figures": ("HS2", ["HS2", "HS2's"], ["hs2", "HS20", "HS"]),
    "acronym_with_hyphen": ("COVID-19", ["COVID-19", "COVID 19", "COVID19"], ["Covid-19", "covid19", "COVID"]),
    "acronym_with_ampersand": ("A&E", ["A&E", "A & E", "A&E's"], ["a&e departments"[:3], "A E"]),
    "small_means_any_case": ("nhtcu", ["NHTCU", "nhtcu", "Nhtcu", "N.H.T.C.U."], ["nhtc"]),
    "acronym_in_a_phrase": ("SOCA officers", ["SOCA officers", "SOCA's officer"], ["soca officers"]),
    "dotted_term": ("S.O.C.A.", ["SOCA", "S.O.C.A."], ["soca"]),
    "runs_over": (
        "crime unit",
        [
            "crime, unit",
            "crime (unit)",
            'crime "unit"',
            "crime \u201cunit\u201d",
            "crime (a) unit",
            "crime (ii) unit",
            "crime / unit",
        ],
        ["crime. Unit", "crime; unit", "crime: unit", "crime? Unit", "crime\n\nunit", "crime\nunit", "crime\tunit"],
    ),
    "runs_over_marks_of_figures": ("grants of 5 million", ["grants of £5 million"], ["grants of 15 million"]),
    "titles_end_nothing": ("Mr Smith", ["Mr. Smith", "Mr Smith"], ["Mr; Smith"]),
    "currency_counts_if_asked_for": ("£5 million", ["£5 million"], ["5 million", "$5 million"]),
    "percent_counts_if_asked_for": ("10% rise", ["10% rise"], ["10 rise"]),
    "decimals": ("5.2 million", ["5.2 million"], ["52 million", "5 2 million"]),
    "thousands": ("5,200 homes", ["5200 homes", "5,200 homes"], ["5.200 homes", "5 200 homes"]),
    "quoted": (
        '"child protection"',
        ["child protection", "Child Protection", "child-protection", "child\u00a0protection"],
        ["child protections", "children protection", "child's protection", "child. Protection"],
    ),
    "quoted_spelling": ('"organised crime"', ["organised crime"], ["organized crime"]),
    "quoted_possessive": ('"unit\'s"', ["unit's", "unit\u2019s"], ["units", "unit"]),
    "quoted_joined": ('"on-line"', ["on-line", "on line"], ["online"]),
    "quoted_acronym": ('"SOCA"', ["SOCA", "S.O.C.A."], ["soca", "SOCA's", "SOCAs"]),
    "prefix": ("paedophil*", ["paedophilia", "Paedophile", "paedophiles'", "pedophilic"], ["paedo", "xpaedophile"]),
    "prefix_in_a_phrase": ("paedophil* unit", ["paedophilia units", "paedophile-unit"], ["paedophilia and unit"]),
    "prefix_at_the_end": ("child protect*", ["child protection", "children protecting"], ["child pro"]),
    "family": ("NHTCU = National Hi-Tech Crime Unit", ["NHTCU", "National High Tech Crime Unit"], ["Crime Unit"]),
    "quoted_member": ('BMA = "medical association"', ["BMA", "medical association"], ["medical associations"]),
    "contractions": ("hell", ["hell"], ["he'll", "he\u2019ll"]),
    "address": ("gov.uk", ["gov.uk", "www.gov.uk/x", "GOV.UK"], ["gov. UK", "govuk"]),
    "welsh": ("Cyngor Sir Gâr", ["cyngor sir gar", "Cyngor Sir Gâr"], ["Cyngor Sir Gârth"]),
}


@pytest.mark.parametrize(("term", "found", "missed"), RULES.values(), ids=RULES)
def test_what_a_term_finds(term: str, found: list[str], missed: list[str]) -> None:
    assert [text for text in found if not forms(term, f"the old {text} said")] == []
    assert [text for text in missed if forms(term, f"the old {text} said")] == []


HEADINGS = {
    "forwards": ("asylum hotel", "Asylum: Hotels", ["Asylum: Hotels"]),
    "backwards": ("asylum hotel", "Hotels: Asylum", ["Hotels: Asylum"]),
    "backwards_beside_other_words": ("asylum hotel", "Hotels in Kent: Asylum", ["Hotels in Kent: Asylum"]),
    "words_between": ("asylum hotel", "Big Hotels: Asylum", []),
    "one_side": ("asylum hotel", "Asylum Hotels: Kent", ["Asylum Hotels"]),
    "one_word": ("asylum", "Asylum: Hotels", ["Asylum"]),
    "two_colons": ("kent asylum", "Hotels: Asylum: Kent", ["Asylum: Kent"]),
    "not_across_two": ("kent hotels", "Hotels: Asylum: Kent", []),
    "stop": ("asylum hotel", "Hotels. Asylum", []),
    "stop_forwards": ("asylum hotel", "Asylum. Hotels", []),
    "once": ("asylum hotel asylum", "Asylum: Hotels: Asylum", ["Asylum: Hotels: Asylum"]),
}


@pytest.mark.parametrize(("term", "heading", "expected"), HEADINGS.values(), ids=HEADINGS)
def test_headings_join_across_the_colon(term: str, heading: str, expected: list[str]) -> None:
    assert forms(term, heading, "heading") == expected


def test_only_headings_join_across_the_colon() -> None:
    assert forms("asylum hotel", "Asylum: Hotels", "question") == []


def test_spans_are_leftmost_longest_and_do_not_overlap() -> None:
    assert forms("SOCA = SOCA officers = officers", "SOCA officers, SOCA and officers") == [
        "SOCA officers",
        "SOCA",
        "officers",
    ]
    assert forms("very very", "very very very very very") == ["very very", "very very"]


def test_offsets_are_code_points_of_the_plain_text() -> None:
    text = "“ﬁrst” 🏠 the N.H.T.C.U.\u2019s work"
    (match,) = compile_query("NHTCU").spans({"answer": text}) or ()
    assert (match.start, match.end) == (13, 25)
    assert match.form == text[13:25] == "N.H.T.C.U.\u2019s"


def a_topic(*terms: str, exclude: tuple[str, ...] = (), key: str = "t") -> Topic:
    return Topic(key=key, name=key, terms=terms, exclude=exclude)


def test_matches_say_topic_term_form_part_and_place() -> None:
    matcher = compile_terms([a_topic("unit", "SOCA = crime agency", key="b"), a_topic("units", key="a")])
    parts = {"heading": "Units", "answer": "The crime agency's unit."}
    assert matcher.matches(parts) == (
        Match(topic="b", term="unit", form="Units", part="heading", start=0, end=5),
        Match(topic="b", term="unit", form="unit", part="answer", start=19, end=23),
        Match(topic="b", term="SOCA = crime agency", form="crime agency's", part="answer", start=4, end=18),
        Match(topic="a", term="units", form="Units", part="heading", start=0, end=5),
        Match(topic="a", term="units", form="unit", part="answer", start=19, end=23),
    )


def test_exclusions_remove_matches_inside_them_for_their_topic_alone() -> None:
    matcher = compile_terms([a_topic("grooming", exclude=("animal grooming",)), a_topic("grooming", key="other")])
    found = matcher.matches({"answer": "Animal grooming, and grooming.", "question": "animal grooming"})
    assert [(match.topic, match.part, match.start) for match in found] == [
        ("t", "answer", 21),
        ("other", "answer", 7),
        ("other", "answer", 21),
        ("other", "question", 7),
    ]


def test_exclusion_that_only_overlaps_removes_nothing() -> None:
    matcher = compile_terms([a_topic("grooming gang", exclude=("animal grooming",))])
    assert len(matcher.matches({"answer": "animal grooming gang"})) == 1


def test_bad_term_stops_no_other() -> None:
    matcher = compile_terms([a_topic("a OR b", "unit", exclude=("SOC*",)), a_topic("x;y", key="u")])
    assert [(p.topic, p.term, p.is_exclude) for p in matcher.problems] == [
        ("t", "a OR b", False),
        ("t", "SOC*", True),
        ("u", "x;y", False),
    ]
    assert matcher.problems[0].reason.startswith("These words stand in nearly every answer")
    assert len(matcher.matches({"answer": "units"})) == 1


def test_empty_text_has_no_matches() -> None:
    matcher = compile_terms([a_topic("unit")])
    assert matcher.matches({}) == ()
    assert matcher.matches({"answer": " . "}) == ()
    assert compile_terms([]).matches({"answer": "unit"}) == ()


def test_a_query_refuses_what_a_term_refuses() -> None:
    with pytest.raises(TermError):
        compile_query("a OR b")


WORDS = st.sampled_from(["crime", "crimes", "unit", "units", "the", "hi", "tech", "hitech", "high", "(a)", "£", "5"])
JOINTS = st.sampled_from([" ", " ", " ", "-", ", ", ". ", "; ", "\n\n", "\t", " (", '" '])
TERMS = ["crime unit", "hi-tech crime", "the unit", "crime", "high tech", "unit 5", "hi tech unit"]

SLOW = {
    "crime": "crimes?",
    "unit": "units?",
    "the": "the",
    "5": "5",
    "hi-tech": "(?:hi|high)@techs?|hitechs?|hightechs?",
}
SLOW["high tech"] = SLOW["hi tech"] = SLOW["hi-tech"]
BETWEEN = r'(?:[ ,("-]|\(a\)|(?<![^ \-\n\t("])£(?![^ \-\n\t(]))+'


def slow_forms(term: str, text: str) -> list[str]:
    """Find the forms with one regular expression, which knows nothing of tokens."""
    pieces = re.findall("hi-tech|hi tech|high tech|[a-z]+|5", term)
    pattern = BETWEEN.join(f"(?:{SLOW[piece]})".replace("@", BETWEEN) for piece in pieces)
    return [found.group() for found in re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", text)]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(WORDS, JOINTS), max_size=14), st.sampled_from(TERMS))
def test_agrees_with_a_slow_obvious_search(pieces: list[tuple[str, str]], term: str) -> None:
    text = "".join(word + joint for word, joint in pieces)
    assert forms(term, text) == slow_forms(term, text)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(WORDS, JOINTS), max_size=14))
def test_many_terms_find_the_matches_of_each(pieces: list[tuple[str, str]]) -> None:
    text = "".join(word + joint for word, joint in pieces)
    together = compile_terms([a_topic(*TERMS)]).matches({"heading": text, "answer": text})
    alone = [m for term in TERMS for m in compile_query(term).spans({"heading": text, "answer": text}) or ()]
    assert [(m.term, m.part, m.start, m.end) for m in together] == [(m.term, m.part, m.start, m.end) for m in alone]


def test_spellings_of_the_hi_tech_crime_unit(shared_data: Path) -> None:
    """The texts are pages of Hansard, 1998 to 2009, in the spellings of the time."""
    with (shared_data / "excerpts/hansard-1998-2009.jsonl").open() as lines:
        pages = [plain_question(json.loads(line)["text"]) for line in lines]
    found = {
        term: {form for page in pages for form in forms(term, page)}
        for term in (
            "NHTCU = National Hi-Tech Crime Unit",
            "SOCA = Serious Organised Crime Agency",
            "paedophile unit",
            "Hi-Tech Crime",
            "on-line child abuse",
            "Internet Watch Foundation",
        )
    }
    assert "National Hi-Tech Crime Unit" in found["NHTCU = National Hi-Tech Crime Unit"]
    assert {"SOCA's", "Serious Organised Crime Agency"} <= found["SOCA = Serious Organised Crime Agency"]
    assert "paedophile units" in found["paedophile unit"]
    assert {"Hi-Tech Crime"} <= found["Hi-Tech Crime"]
    assert "on-line child abuse" in found["on-line child abuse"]
    assert found["Internet Watch Foundation"] == {"Internet Watch Foundation"}


APO = "[\u2019']"
GAP = r"(?:[\s,\"()\u201c-\u201d\u2018\u2019'/£$%*_\[\]@#|\u2013\u2014·-]|\((?:[A-Za-z]|[ivx]{2,5}|\d\d?)\))+?"
REAL = {
    "water companies": rf"water{GAP}compan(?:y|ies|y{APO}s)",
    "asylum": rf"asylum(?:s|{APO}s)?",
    "NHS": rf"(?-i:NHS(?:s|{APO}s)?|N\.H\.S\.)",
    "mental health": rf"mental{GAP}health(?:s|{APO}s)?",
    "SEND": rf"(?-i:SEND(?:s|{APO}[sS])?)",
    "biodivers*": rf"biodivers[^\W_]*(?:{APO}s)?",
    "cyber security": rf"cyber[\s\u2013-]*securit(?:y|ies|y{APO}s)",
    "A&E": rf"(?-i:A ?& ?E(?:{APO}?s)?)",
    '"local authority"': rf"local{GAP}authority(?!{APO}\w)",
    "immigration detention": rf"immigration{GAP}detentions?",
    "organised crime": rf"organi[sz]ed{GAP}crimes?",
    "childcare": r"child[\s\u2013-]*care",
}


def test_matches_in_real_answers_agree_with_a_regular_expression(shared_data: Path) -> None:
    """In each tenth of 13,000 answers, a dozen terms find the same places as a regular expression for each."""
    with gzip.open(shared_data / "written-questions-api/fulltext-commons-2023-09_2024-12.jsonl.gz", "rt") as lines:
        answers = [plain_text(json.loads(line)["answerText"] or "")[0] for line in islice(lines, 0, None, 10)]
    matcher = compile_terms([a_topic(*REAL)], Lexicon(names=OfficeNames(())))
    expected = {
        term: re.compile(rf"(?<![^\W_])(?<![^\W_]{APO})(?:{pattern})(?![^\W_])", re.IGNORECASE)
        for term, pattern in REAL.items()
    }
    counts = dict.fromkeys(REAL, 0)
    differences = []
    for answer in answers:
        places: dict[str, set[int]] = {term: set() for term in REAL}
        for match in matcher.matches({"answer": answer}):
            places[match.term].add(match.start)
            counts[match.term] += 1
        for term, pattern in expected.items():
            wanted = {found.start() for found in pattern.finditer(answer) if not re.search(r"[\n\t]", found.group())}
            differences += [(term, answer[max(0, at - 20) : at + 40]) for at in wanted ^ places[term]]
    assert differences == []
    assert min(counts.values()) > 0


@pytest.mark.parametrize(
    ("term", "text", "explained"),
    [
        ("crime unit", "Crime units", [("Crime units", None, True)]),
        ("SOCA = crime agency", "SOCA, a crime agency", [("SOCA", 0, True), ("crime agency", 1, False)]),
        ("crime NEAR unit", "A crime unit", [("crime", None, False), ("unit", None, False)]),
        ("unit OR crime NEAR drug", "A unit", [("unit", None, True)]),
        ("high tech crime", "Hi-tech crime", [("Hi-tech crime", None, False)]),
        ("unit NOT crime = crime unit", "A crime unit", [("crime unit", 1, False)]),
    ],
)
def test_match_gives_its_reason(term: str, text: str, explained: list[tuple[str, int | None, bool]]) -> None:
    matches = compile_terms([Topic(key="a", name="A", terms=(term,))]).matches({"answer": text})
    assert [(match.form, match.member, match.is_evident) for match in matches] == explained


def test_a_term_of_filters_alone_has_one_match_without_words() -> None:
    facts = Facts(
        kind=Kind.QUESTION, house=House.LORDS, body="Home Office", asker=None, party=None, minister=None, day=None
    )
    matcher = compile_terms([a_topic('body:"home office"', "house:commons", "(house:lords) OR unit")])
    parts = {"heading": "Police: Units", "answer": "Two units."}
    found = matcher.matches(parts, facts=lambda: facts)
    assert [(match.term, match.part, match.form) for match in found] == [
        ('body:"home office"', "heading", ""),
        ("(house:lords) OR unit", "heading", "Units"),
        ("(house:lords) OR unit", "answer", "units"),
    ]
    assert matcher.holding(parts, facts=lambda: facts) == {(match.topic, match.term) for match in found}
    assert compile_query("house:lords").spans(parts, facts=lambda: facts) == ()
    assert compile_query("house:commons").spans(parts, facts=lambda: facts) is None
    assert compile_query("house:commons").need is None


def test_filters_without_facts_are_a_programming_error() -> None:
    with pytest.raises(ValueError, match="facts of the record"):
        compile_query("house:lords unit").spans({"answer": "a unit"})


@pytest.mark.parametrize(
    ("term", "pairs"),
    [
        ('"the government will take"', {("government", "will"), ("will", "take")}),
        ('"the contexts in which"', {("the", "contexts"), ("contexts", "in")}),
        ('"to the police"', {("the", "police")}),  # nearly every answer has "to the"
        ('"of the"', {("of", "the")}),  # the phrase has no other words
    ],
)
def test_very_common_words_are_not_queried_beside_rarer_ones(term: str, pairs: set[tuple[str, str]]) -> None:
    need = compile_query(term).need
    assert set(_runs_of(need)) == pairs


def _runs_of(need: IndexQuery | None) -> Iterator[tuple[str, ...]]:
    if isinstance(need, PhraseRequirement):
        yield need.words
    elif isinstance(need, AllOf | AnyOf):
        for part in need.needs:
            yield from _runs_of(part)


def test_a_filter_by_a_devolved_legislature() -> None:
    facts = Facts(
        kind=Kind.QUESTION, house=House.SCOTLAND, body=None, asker=None, party=None, minister=None, day=None
    )  # fmt: skip
    parts = {"question": "On floods."}
    for term, holds in (("flood house:scotland", True), ("flood house:holyrood", True), ("flood house:lords", False)):
        assert bool(compile_query(term).spans(parts, None, lambda: facts)) is holds
