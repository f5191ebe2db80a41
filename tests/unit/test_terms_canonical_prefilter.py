"""A long list of terms finds in the canonical form what each term finds."""

from __future__ import annotations

import pytest

from monitor.model.watching import Topic
from monitor.terms import canonical_prefilter, word_classes
from monitor.terms.canonical_prefilter import CanonicalPrefilter, prefilter_for
from monitor.terms.compiled_phrase import CompiledPhrase
from monitor.terms.matcher import Matcher, compile_terms
from monitor.terms.parser import parse_term
from monitor.terms.prefilter import Prefilter
from monitor.terms.tree import phrases_of
from monitor.terms.vocabulary import Lexicon


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every list be a long one."""
    monkeypatch.setattr(canonical_prefilter, "MANY_PHRASES", 0)


def compiled(*terms: str) -> Matcher:
    return compile_terms([Topic(key="t", name="t", terms=terms)])


def found(matcher: Matcher, text: str, part: str = "answer") -> set[str]:
    held = {term for _, term in matcher.holding({part: text})}
    assert held == {match.term for match in matcher.matches({part: text})}
    return held


CASES = {
    "any form of each word": (["water company act"], "The waters companies' acts.", ["water company act"]),
    "not all that find each other find the same": (["tax", "taxes"], "Some taxes.", ["taxes"]),
    "a word within a phrase that is looser": (["taxes on land", "tax on land"], "taxes on land", ["taxes on land"]),
    "an acronym in capitals": (["SOCA", "SOCA unit"], "The soca unit.", []),
    "an acronym beside a word": (["SOCA unit"], "The SOCA's units.", ["SOCA unit"]),
    "an acronym in the tail": (["SOCA"], "It was S.O.C.A. alone.", ["SOCA"]),
    "a long phrase across a mark": (["grants of water companies"], "grants of (a) water companies", None),
    "a long phrase across a hyphen": (["online water safety"], "on-line water safety", None),
    "a long phrase with nothing between": (["online water safety"], "on-line air and water safety", []),
    "a phrase that ends": (["water safety"], "It is water. Safety is not.", []),
    "a beginning": (["paedophil*"], "two paedophiles", None),
    "a beginning that is a term": (["humber*", "humber"], "in Humberside", ["humber*"]),
    "a longer beginning": (["humber*", "humbers*"], "in Humberside", None),
    "a beginning of a word of a phrase": (["humber*", "humberside police"], "Humberside Police", None),
    "a beginning that is only in a form of a word": (["childr*", "child"], "one child", ["child"]),
    "a star beside a word": (["educat* unit"], "educational units", None),
    "a hyphen": (["hi-tech unit"], "a hitech unit", None),
    "a hyphen and an equivalent": (["hi-tech unit"], "a high-tech unit", None),
    "a quoted word": (['"unit"', "unit"], "two units", ["unit"]),
    "a sign": (["grants of £5"], "grants of £5", None),
}


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(("terms", "text", "expected"), CASES.values(), ids=CASES)
def test_finds_what_each_term_finds(terms: list[str], text: str, expected: list[str] | None) -> None:
    assert found(compiled(*terms), text) == set(terms if expected is None else expected)


@pytest.mark.usefixtures("many")
def test_phrases_of_a_heading_run_across_its_colon() -> None:
    matcher = compiled("asylum seekers hotels", "hotels for asylum seekers")
    assert found(matcher, "Asylum Seekers: Hotels", "heading") == {"asylum seekers hotels"}
    assert found(matcher, "Hotels: Asylum Seekers", "heading") == {"asylum seekers hotels"}


@pytest.mark.usefixtures("many")
def test_words_of_no_phrase_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_classes, "_MOST_REMEMBERED", 3)
    matcher = compiled("paedophil*", "water company")
    text = "All of these are other words than paedophiles and water companies, twice paedophiles."
    assert found(matcher, text) == {"paedophil*", "water company"}


FAR = "what steps are taken by all who have to take steps in this matter, and by whom and with what means, and then again "


LONG_TERMS = ("follow-up appointment", "cyber security plan", "social-care plan")


def matcher_without_reading(monkeypatch: pytest.MonkeyPatch, *terms: str) -> Matcher:
    """Return a matcher that fails where it would read a line."""
    matcher = compiled(*terms)
    monkeypatch.setattr(Matcher, "_view", None)
    return matcher


@pytest.mark.parametrize("is_long", [False, True])
def test_words_side_by_side_need_no_reading(monkeypatch: pytest.MonkeyPatch, is_long: bool) -> None:
    """Without a name or formula near, the form tells that a phrase with a hyphen or equivalents stands there."""
    monkeypatch.setattr(canonical_prefilter, "MANY_PHRASES", 0 if is_long else 100)
    matcher = matcher_without_reading(monkeypatch, *LONG_TERMS)
    for text in ("A follow up appointments.", "cyber security plans", f"{FAR} the social care plan"):
        assert len(matcher.holding({"answer": text})) == 1
    assert matcher.holding({"question": f"To ask the Prime Minister, {FAR} on follow-up appointments"})


def test_in_a_short_list_only_the_text_tells_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    matcher = matcher_without_reading(monkeypatch, *LONG_TERMS)
    with pytest.raises(TypeError):
        matcher.holding({"answer": "a cybersecurity plan"})
    with pytest.raises(TypeError):
        matcher.holding({"question": "To ask the Prime Minister on follow-up appointments"})


@pytest.mark.usefixtures("many")
def test_each_way_to_say_a_phrase_needs_no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    matcher = matcher_without_reading(monkeypatch, *LONG_TERMS, "SOCA", "unit", "units", "paedophil*", "work-force")
    assert matcher.holding({"answer": "a cybersecurity plan"}) == {("t", "cyber security plan")}
    assert matcher.holding({"question": "To ask the Prime Minister on follow-up appointments"})
    assert matcher.holding({"answer": "SOCA's unit"}) == {("t", "SOCA"), ("t", "unit"), ("t", "units")}
    assert matcher.holding({"answer": "on paedophiles"}) == {("t", "paedophil*")}
    assert matcher.holding({"answer": "its work force"}) == {("t", "work-force")}  # both words are in names of offices


@pytest.mark.usefixtures("many")
def test_what_a_needle_tells_depends_on_the_place() -> None:
    """In a formula and in names of offices a phrase does not count."""
    matcher = compiled("PM", "social care", "social-care", "unit")
    formula = "To ask the Secretary of State for Health and Social Care"
    assert found(matcher, f"{formula}, what unit he leads.", "question") == {"unit"}
    assert found(matcher, f"{formula}, what the PM spends.", "question") == {"PM"}
    assert found(matcher, f"{formula}, what he spends on social care.", "question") == {"social care", "social-care"}
    assert found(matcher, "The Department of Health and Social Care has a unit.") == {"unit"}
    assert found(matcher, "On social care.") == {"social care", "social-care"}


@pytest.mark.usefixtures("many")
def test_a_topic_with_exclude_is_evaluated() -> None:
    topic = Topic(key="t", name="t", terms=("grooming", "dog"), exclude=("dog grooming",))
    matcher = compile_terms([topic])
    assert matcher.holding({"answer": "dog grooming"}) == set()
    assert matcher.holding({"answer": "dog grooming, dogs"}) == {("t", "dog")}


def phrases(count: int) -> list[CompiledPhrase]:
    terms = [f"water company {number}" for number in range(count)]
    return [CompiledPhrase(phrase, Lexicon()) for term in terms for phrase in phrases_of(parse_term(term).root)]


def test_a_short_list_is_looked_for_in_the_search_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical_prefilter, "MANY_PHRASES", 3)
    assert isinstance(prefilter_for(phrases(2), bytes(2)), Prefilter)
    assert isinstance(prefilter_for(phrases(3), bytes(3)), CanonicalPrefilter)


@pytest.mark.usefixtures("many")
def test_without_the_library_a_long_list_is_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical_prefilter, "ahocorasick_rs", None)
    assert isinstance(prefilter_for(phrases(3), bytes(3)), Prefilter)
    assert found(compiled("water company act"), "The waters companies' acts.") == {"water company act"}


def test_characters_are_never_halves_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_classes, "_FIRST_CHARACTER", 0xD7FF)
    monkeypatch.setattr(canonical_prefilter, "MANY_PHRASES", 0)
    assert found(compiled("water", "company", "act"), "water company act") == {"water", "company", "act"}
