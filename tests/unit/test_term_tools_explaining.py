from __future__ import annotations

import pytest

from monitor.research.term_tools.explaining import in_words, looked_for, readable
from monitor.research.term_tools.nearby import IN_NAMES, SMALL_LETTERS, names_with, near_phrase, nearby, wanted_phrases
from monitor.research.term_tools.trial import FormTally, form_key, why_found
from monitor.terms.matcher import compile_query
from monitor.terms.parser import parse_term
from monitor.terms.printer import format_term
from monitor.terms.tree import Phrase, phrases_of
from monitor.terms.vocabulary import Lexicon
from monitor.text.word_forms import word_forms

LEXICON = Lexicon()


def phrase(text: str) -> Phrase:
    root = parse_term(text).root
    assert isinstance(root, Phrase)
    return root


# -- in words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("unit", ["the word “unit”"]),
        ('"unit"', ["the word “unit”, as it is"]),
        ("SOCA", ["the acronym SOCA, in capitals only"]),
        ('"SOCA"', ["the acronym SOCA, in capitals only, as it is"]),
        ("paedophil*", ["words that begin with “paedophil”"]),
        ("Sea  Wall", ["the phrase “Sea Wall”"]),
        ('"sea wall"', ["the phrase “sea wall”, as it is"]),
        ("SW = wall", ["any of these, reported as SW:", "  the acronym SW, in capitals only", "  the word “wall”"]),
        ("dog NEAR/1 (cat OR fox)", [
            "in one paragraph, in either order, with at most one word between:",
            "  the word “dog”",
            "  any of these:",
            "    the word “cat”",
            "    the word “fox”",
        ]),
        ("dog NEAR cat", [
            "in one paragraph, in either order, with at most 10 words between:", "  the word “dog”", "  the word “cat”",
        ]),
        ("dog AND cat NOT fox", [
            "all of these, wherever in the record:",
            "  the word “dog”",
            "  the word “cat”",
            "  but only where the record nowhere has:",
            "    the word “fox”",
        ]),
        ("in:heading house:lords dog", ["only in the heading, of the House of Lords:", "  the word “dog”"]),
        ('body:"Home Office" asker:Doe', [
            "every record whose answering body has “Home Office” in its name, asked by a member with “Doe” in the name",
        ]),
        ("lineage:DfE", [
            "every record whose answering body is, was or became the Department for Education (since 12 May 2010)",
        ]),
        ("lineage:Business", ["every record whose answering body is, was or became one with “Business” in its name"]),
    ],
)  # fmt: skip
def test_a_term_in_words(term: str, said: list[str]) -> None:
    assert ["  " * depth + text for depth, text in in_words(parse_term(term).root)] == said


# -- by the rules -----------------------------------------------------------------------------------------------------


def rules(term: str) -> dict[str, tuple[tuple[str, ...], str]]:
    return {rule.written: (rule.finds, rule.why) for rule in looked_for(phrase(term), LEXICON)}


def test_the_forms_of_each_word() -> None:
    found = rules("the water companies organise children")
    assert found["the"] == rules("hi-tech")["hi"] == ((), "has no other form")
    assert found["water"] == (("waters",), "singular, plural and possessive")
    assert found["companies"][0] == ("company", "company\u2019s")
    assert found["organise"] == (
        ("organises", "organize", "organizes"),
        "singular, plural and possessive, each spelling",
    )
    assert found["children"][0] == ("child", "children\u2019s", "child\u2019s")
    assert rules("tax")["tax"][0] == ("tax\u2019s",)
    assert rules("Wales")["Wales"][0] == ("wales\u2019s",)


def test_forms_added_by_hyphens_and_equivalents() -> None:
    found = looked_for(phrase("hi-tech crime"), LEXICON)
    assert ("hi-tech", ("hitech",), "in one word") in [(rule.written, rule.finds, rule.why) for rule in found]
    assert ("hi-tech", ("high tech", "hightech"), "means the same") in [
        (rule.written, rule.finds, rule.why) for rule in found
    ]


def test_acronyms_beginnings_and_quoted_words() -> None:
    assert rules("NHTCU") == {"NHTCU": (("N.H.T.C.U.", "NHTCUs", "NHTCU\u2019s"), "in capitals only")}
    assert rules("HS2")["HS2"] == (("HS2s", "HS2\u2019s"), "in capitals only")
    assert rules("A&E") == {"A&E": (("A&Es", "A&E\u2019s"), "in capitals only")}
    assert rules("paedophil*") == {"paedophil*": (("pedophil*",), "every word that begins so")}
    assert rules('"sea walls"') == {'"sea walls"': ((), "only as it is, in any case, in any typography")}
    assert rules('"the NCA"') == {'"the NCA"': ((), "only as it is, in these capitals, in any typography")}
    assert rules("COVID-19")["COVID-19"] == (("COVID19",), "in one word")
    assert "£" not in rules("£5 million")


@pytest.mark.parametrize(
    "word", ["unit", "companies", "children", "organised", "men", "analysis", "city", "wife", "16", "p60"]
)
def test_every_readable_form_is_found(word: str) -> None:
    query = compile_query(word)
    for form in word_forms(word):
        assert query.spans({"answer": readable(form, word_forms(word))}), form


def test_every_listed_form_is_found() -> None:
    for term in ("hi-tech crime unit", "NHTCU", "paedophil*", "cyber security"):
        for rule in looked_for(phrase(term), LEXICON):
            for form in rule.finds:
                text = format_term(phrase(term)).replace(rule.written, form.rstrip("*"))
                assert compile_query(term).spans({"answer": text}), text


# -- by what a text has -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "form", "why"),
    [
        ("sea wall", "Sea Wall", "as written"),
        ("sea wall", "SEA WALL", "in capitals"),
        ("10", "10", "as written"),
        ("sea wall", "sea walls", "other number or spelling"),
        ("sea wall", "sea-wall", "other hyphens"),
        ("on-line", "on-line", "as written"),
        ("on-line", "online", "other hyphens"),
        ("on-line", "on line", "other hyphens"),
        ("hi-tech crime", "high tech crime", "means the same"),
        ("SOCA", "SOCA", "as written"),
        ("SOCA", "S.O.C.A.", "with dots"),
        ("SOCA", "SOCA\u2019s", "plural or possessive"),
        ("paedophil* unit", "paedophiles unit", "begins so"),
        ("asylum hotel", "Asylum: Hotels", "across a colon"),
        ("asylum hotel", "Hotels: Asylum", "across the colon of a heading"),
        ("grants of 5 million", "grants of £5 million", "across a mark"),
        ("SOCA = Serious Organised Crime Agency", "Serious Organised Crime Agency", "as written"),
        ("SOCA = Serious Organised Crime Agency", "Serious and Organised Crime Agency", "means the same"),
    ],
)
def test_rule_of_a_found_form(term: str, form: str, why: str) -> None:
    part = "heading" if ": " in form else "answer"
    matches = compile_query(term).spans({part: form})
    assert matches is not None
    assert [match.form for match in matches] == [form]
    assert why_found(form, phrases_of(parse_term(term).root)) == why


def test_forms_that_differ_in_typography_are_one() -> None:
    assert form_key("Hi\u2011Tech\n Crime") == form_key("hi-tech crime") != form_key("hi tech crime")
    assert form_key("NHTCU\u2019s") == form_key("NHTCU's")
    assert form_key("SOCA") != form_key("soca")


def test_forms_are_counted_by_record_the_commonest_first() -> None:
    query = compile_query("sea wall")
    texts = ["A sea wall, a Sea wall and sea-walls.", "Sea walls.", "The sea wall."]
    tally = FormTally(phrases_of(parse_term("sea wall").root))
    for text in texts:
        tally.add(query.spans({"answer": text}) or ())
    assert [(form.form, form.records, form.why, form.record, form.match.start) for form in tally.forms()] == [
        ("sea wall", 2, "as written", 0, 2),
        ("Sea walls", 1, "other number or spelling", 1, 0),
        ("sea-walls", 1, "other number or spelling", 0, 27),
    ]


# -- what it does not find --------------------------------------------------------------------------------------------


def near(term: str) -> dict[str, str]:
    return {wording.said: wording.write for wording in near_phrase(phrase(term), LEXICON) if not wording.is_guess}


def guesses(term: str) -> dict[str, str]:
    return {wording.said: wording.write for wording in near_phrase(phrase(term), LEXICON) if wording.is_guess}


def test_nearby_wordings_and_the_terms_that_find_them() -> None:
    assert near('"sea walls"') == {"its other numbers and spellings": "sea walls"}
    assert near("SOCA") == {"the same letters in small": "soca", "words that begin with “soca”": "soca*"}
    assert near("NCA") == {"the same letters in small": "nca"}
    assert near("sea wall") == {"its words near each other, in either order": "sea NEAR/5 wall"}
    assert near("walls of the sea") == {"its words near each other, in either order": "walls NEAR/5 sea"}
    assert near("flood defence grant") == {"all its words, anywhere in the record": "flood AND defence AND grant"}
    assert near("social care")[IN_NAMES] == '"social care"'
    assert near("paedophil*") == {}


@pytest.mark.parametrize(
    ("term", "other"), [("AI", "The AIS rules."), ("GPs", "By GPS."), ("AI model", "Four AIS models.")]
)
def test_another_acronym_is_not_the_same_letters_in_small(term: str, other: str) -> None:
    [query] = [wording.query for wording in near_phrase(phrase(term), LEXICON) if wording.said == SMALL_LETTERS]
    assert not compile_query(query).holds({"answer": other})
    assert compile_query(query).holds({"answer": term.lower()})


def test_guesses_are_shown_only_if_a_record_has_them() -> None:
    assert guesses("sea wall") == {"“seawall”, in one word": "sea-wall"}
    assert guesses("big sea wall") == {
        "“bigsea wall”, in one word": "big-sea wall",
        "“big seawall”, in one word": "big sea-wall",
    }
    assert guesses("hi-tech crime") == {}
    assert guesses("on line") == {"“online”, in one word": "on-line"}
    assert guesses("of the wall") == {"“of thewall”, in one word": "of the-wall"}
    assert guesses("online")["“on line”, as two words"] == "on-line"
    assert guesses("grooming")["other words that begin with “groom”"] == "groom*"
    assert guesses("IT") == {}
    assert guesses("tax")["its plural “taxes”"] == "taxes"
    assert guesses("try")["its plural “tries”"] == "tries"
    assert not any("its plural" in said for word in ("sea", "class", "taxes", "key") for said in guesses(word))


@pytest.mark.parametrize("term", ["sea wall", '"sea walls"', "SOCA", "grooming", "social care", "flood defence grant"])
def test_nearby_wording_is_found_by_the_suggested_term_only(term: str) -> None:
    for wording in near_phrase(phrase(term), LEXICON):
        assert compile_query(wording.query).source.endswith(f" NOT {term}")
        found = {
            "answer": "A sea which breaks the wall. "
            if "NEAR" in wording.write
            else f"About {wording.write} and so on."
        }
        assert compile_query(wording.write, LEXICON)
        assert compile_query(wording.query, LEXICON).spans(found) is None or compile_query(wording.write).spans(found)


@pytest.mark.parametrize(
    ("term", "part", "said", "query", "better"),
    [
        (
            "dog NEAR/5 cat",
            "dog NEAR/5 cat",
            "with up to 20 words between",
            "(dog NEAR/20 cat) NOT (dog NEAR/5 cat)",
            "dog NEAR/20 cat",
        ),
        ("in:heading dog", "in:heading dog", "elsewhere in the record", "(dog) NOT (in:heading dog)", "dog"),
        (
            "hen AND (in:heading (dog OR cat)) NOT (fox NEAR owl)",
            "in:heading dog OR cat",
            "elsewhere in the record",
            "(dog OR cat) NOT (in:heading dog OR cat)",
            "dog OR cat",
        ),
        (
            "dog NEAR/20 cat = hen",
            "dog NEAR/20 cat",
            "with up to 50 words between",
            "(dog NEAR/50 cat) NOT (dog NEAR/20 cat)",
            "dog NEAR/50 cat",
        ),
    ],
)
def test_matches_beyond_a_limit(term: str, part: str, said: str, query: str, better: str) -> None:
    beyond = [
        (format_term(node), wording)
        for node, wording in nearby(parse_term(term).root, LEXICON)
        if not isinstance(node, Phrase)
    ]
    assert [(node, wording.said, wording.query, wording.write) for node, wording in beyond] == [
        (part, said, query, better)
    ]
    assert compile_query(query)


@pytest.mark.parametrize("term", ["dog NEAR/50 cat", "house:lords dog", "house:lords", "dog"])
def test_no_matches_beyond_without_a_limit(term: str) -> None:
    assert all(isinstance(node, Phrase) for node, _ in nearby(parse_term(term).root, LEXICON))


def test_guesses_are_made_of_phrases_and_families_alone() -> None:
    for term, has_guesses in (("online", True), ("OL = online", True), ("online AND dog", False)):
        assert any(wording.is_guess for _, wording in nearby(parse_term(term).root, LEXICON)) is has_guesses


def test_nearby_wordings_are_sought_for_wanted_phrases_only() -> None:
    root = parse_term("dog AND (in:heading cat) NOT hen").root
    assert [format_term(wanted) for wanted in wanted_phrases(root)] == ["dog", "cat"]


def test_acronyms_that_are_common_words_are_left_out() -> None:
    assert near("IT") == {}


def test_names_that_hold_a_phrase() -> None:
    names = ["Department of Health and Social Care", "Social Care", "Home Office", "Minister for Social Care"]
    assert names_with(phrase("social care"), names) == [
        "Department of Health and Social Care",
        "Minister for Social Care",
    ]
    assert names_with(phrase("sea"), names) == []
