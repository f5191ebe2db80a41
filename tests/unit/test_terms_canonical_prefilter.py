"""A long list of terms finds in the canonical form what each term finds."""

from __future__ import annotations

import pytest

from monitor.model.watching import Topic
from monitor.terms import canonical_prefilter
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
    monkeypatch.setattr(canonical_prefilter, "_MOST_REMEMBERED", 3)
    matcher = compiled("paedophil*", "water company")
    text = "All of these are other words than paedophiles and water companies, twice paedophiles."
    assert found(matcher, text) == {"paedophil*", "water company"}


FAR = "what steps are taken by all who have to take steps in this matter, and by whom and with what means, and then again "


@pytest.mark.parametrize("is_long", [False, True])
def test_words_side_by_side_need_no_reading(monkeypatch: pytest.MonkeyPatch, is_long: bool) -> None:
    """Without a name or formula near, the form tells that a phrase with a hyphen or equivalents stands there."""
    monkeypatch.setattr(canonical_prefilter, "MANY_PHRASES", 0 if is_long else 100)
    matcher = compiled("follow-up appointment", "cyber security plan", "social-care plan")
    monkeypatch.setattr(Matcher, "_view", None)  # reads lines
    for text in ("A follow up appointments.", "cyber security plans", f"{FAR} the social care plan"):
        assert len(matcher.holding({"answer": text})) == 1
    assert matcher.holding({"question": f"To ask the Prime Minister, {FAR} on follow-up appointments"})
    with pytest.raises(TypeError):  # only the text tells
        matcher.holding({"answer": "a cybersecurity plan"})
    with pytest.raises(TypeError):
        matcher.holding({"question": "To ask the Prime Minister on follow-up appointments"})


def phrases(count: int) -> list[CompiledPhrase]:
    terms = [f"water company {number}" for number in range(count)]
    return [CompiledPhrase(phrase, Lexicon()) for term in terms for phrase in phrases_of(parse_term(term).root)]


def test_a_short_list_is_looked_for_in_the_search_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical_prefilter, "MANY_PHRASES", 3)
    assert isinstance(prefilter_for(phrases(2)), Prefilter)
    assert isinstance(prefilter_for(phrases(3)), CanonicalPrefilter)


@pytest.mark.usefixtures("many")
def test_without_the_library_a_long_list_is_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical_prefilter, "ahocorasick_rs", None)
    assert isinstance(prefilter_for(phrases(3)), Prefilter)
    assert found(compiled("water company act"), "The waters companies' acts.") == {"water company act"}


def test_characters_are_never_halves_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical_prefilter, "_FIRST_CHARACTER", 0xD7FF)
    monkeypatch.setattr(canonical_prefilter, "MANY_PHRASES", 0)
    assert found(compiled("water", "company", "act"), "water company act") == {"water", "company", "act"}
