"""How a term is read, and how a term that can't be read is refused."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.terms.language import Family, Phrase, TermError, Word, parse_term


def texts(term: str) -> list[str]:
    root = parse_term(term).root
    assert isinstance(root, Phrase)
    return [word.text for word in root.words]


PHRASES = {
    "words": ("National  Hi-Tech Crime Unit ", ["national", "hi", "tech", "crime", "unit"]),
    "acronym": ("NHTCU", ["nhtcu"]),
    "acronym_in_the_plural": ("MPs", ["mp"]),
    "dotted_acronym": ("S.O.C.A.", ["soca"]),
    "quoted": ('"child protection"', ["child", "protection"]),
    "quoted_apostrophe": ('"unit\u2019s"', ["unit's"]),
    "apostrophe": ("children\u2019s centre", ["childrens", "centre"]),
    "star": ("paedophil* unit", ["paedophil", "unit"]),
    "figures": ("£5.2 million", ["£", "5.2", "million"]),
    "heading": ("Asylum: Hotels", ["asylum", "hotels"]),
    "small_and": ("serious and organised", ["serious", "and", "organised"]),
    "ampersand": ("Work & Pensions", ["work", "and", "pensions"]),
    "address": ("https://www.example.org", ["https", "www", "example", "org"]),
    "operator_meant_as_a_word": ('"cat OR dog"', ["cat", "or", "dog"]),
    "equals_in_quotes": ('"a=b"', ["a", "=", "b"]),
    "two_acronyms": ("NHS BSA", ["nhs", "bsa"]),
    "acronyms_quoted": ('"NATO UNESCO"', ["nato", "unesco"]),
    "hyphen_at_the_end": ("pre- and post-natal", ["pre", "and", "post", "natal"]),
    "minus": ("-5 degrees", ["-", "5", "degrees"]),
}


@pytest.mark.parametrize(("term", "expected"), PHRASES.values(), ids=PHRASES)
def test_a_phrase_is_its_words(term: str, expected: list[str]) -> None:
    assert texts(term) == expected


def test_words_say_what_they_are() -> None:
    root = parse_term("anti-paedophil* SOCA").root
    assert root == Phrase(
        words=(
            Word(text="anti", written="anti"),
            Word(text="paedophil", written="paedophil", has_star=True, is_hyphened=True),
            Word(text="soca", written="SOCA", is_acronym=True),
        )
    )


def test_a_quoted_phrase_says_so() -> None:
    root = parse_term('"SOCA unit"').root
    assert isinstance(root, Phrase)
    assert root.is_quoted
    assert [word.is_acronym for word in root.words] == [True, False]


def test_a_family_is_known_by_its_first_member() -> None:
    term = parse_term(' NHTCU = National Hi-Tech Crime Unit = "hi tech unit" ')
    assert isinstance(term.root, Family)
    assert [member.is_quoted for member in term.root.members] == [False, False, True]
    assert term.label == "NHTCU"
    assert term.source == 'NHTCU = National Hi-Tech Crime Unit = "hi tech unit"'


def test_a_term_alone_is_known_as_it_is_written() -> None:
    assert parse_term(" Paedophile unit ").label == "Paedophile unit"


REFUSED = {
    "empty": ("  ", 0, "write the words"),
    "too_long": ("x" * 501, 500, "split it"),
    "too_many_words": ("word " * 31, 0, "shorten"),
    "control_character": ("a\x1bb", 1, "again"),
    "two_lines": ("one\ntwo", 3, "one line"),
    "curly_quotes": ("\u201cchild protection\u201d", 0, 'straight double quotes, as in "child protection"'),
    "curly_single_quotes": ("the \u2018child", 4, "straight double quotes"),
    "single_quotes": ("'child protection'", 0, "straight double quotes"),
    "unclosed_quotes": ('a "child', 2, 'second "'),
    "quotes_beside_words": ('"child protection" online', 0, "quote the whole phrase"),
    "words_beside_quotes": ('online "child protection"', 7, "quote the whole phrase"),
    "two_quoted": ('"a cat" "a dog"', 0, "quote the whole phrase"),
    "empty_quotes": ('""', 1, "a word or a figure"),
    "and": ("cat AND dog", 4, "a term of its own"),
    "or": ("cat OR dog", 4, "a term of its own"),
    "not": ("cat NOT dog", 4, "a term of its own"),
    "near": ("paedophile NEAR/5 unit", 11, "a term of its own"),
    "near_alone": ("cat NEAR dog", 4, "a term of its own"),
    "brackets": ("(cat)", 0, "a term of its own"),
    "small_or": ("cat or dog", 4, "quote the phrase"),
    "plus": ("+cat", 0, "write the words alone"),
    "minus": ("cat -dog", 4, "write the words alone"),
    "bar": ("cat | dog", 4, "write the words alone"),
    "filter": ("house:lords cat", 0, "remove it"),
    "filter_and_quotes": ('cat body:"Home Office"', 4, "remove it"),
    "filter_with_a_space": ('body: "Home Office"', 0, "remove it"),
    "part": ("in:heading cat", 0, "remove it"),
    "unknown_filter": ("foo:bar", 0, "a space after the colon"),
    "short_star": ("SOC*", 0, "4 letters or more"),
    "short_small_star": ("cat*", 0, "4 letters or more"),
    "star_after_an_acronym": ("the SOCA*", 4, "soca*"),
    "star_within": ("pae*phile", 3, "paedophil*"),
    "star_alone": ("child *", 6, "paedophil*"),
    "star_at_the_start": ("*phile", 0, "paedophil*"),
    "two_stars": ("paedo**", 5, "paedophil*"),
    "star_in_quotes": ('"paedophil*"', 10, "leave the quotes or the star away"),
    "shouting": ("MODERN SLAVERY", 0, "modern slavery"),
    "shouting_three": ("CHILD SEX ABUSE", 0, "child sex abuse"),
    "stop_words": ("to the", 0, "quote them"),
    "no_word": ("£ %", 0, "a word or a figure"),
    "punctuation": ("...", 0, "a word or a figure"),
    "family_without_first": ("= cat", 0, "both sides"),
    "family_without_last": ("cat =", 4, "both sides"),
    "family_with_a_gap": ("cat = = dog", 5, "both sides"),
    "bad_member": ("NHTCU = SOC*", 8, "4 letters or more"),
}


@pytest.mark.parametrize(("term", "position", "remedy"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_with_place_and_remedy(term: str, position: int, remedy: str) -> None:
    with pytest.raises(TermError) as caught:
        parse_term(term)
    error = caught.value
    assert error.position == position
    assert remedy in error.remedy
    assert str(error).endswith(f"{error.remedy}.")
    assert error.caret.split("\n")[-1] == " " * position + "^"


@given(st.text(alphabet=st.sampled_from("aB SOCA\"'*=-:+()&£5.,|\u201c\u00ad\x00ORN ") | st.characters(), max_size=30))
def test_whatever_is_typed_is_read_or_refused(term: str) -> None:
    refused = refusal(term)
    if refused is None:
        assert parse_term(term).source == term.strip()
    else:
        assert 0 <= refused.position <= len(term)
        assert refused.remedy


def refusal(term: str) -> TermError | None:
    try:
        parse_term(term)
    except TermError as error:
        return error
    return None


def test_the_shipped_topics_can_be_read() -> None:
    config = tomllib.loads((Path(__file__).resolve().parents[2] / "config.toml").read_text())
    terms = [term for topic in config.get("topics", []) for term in (*topic["terms"], *topic.get("exclude", []))]
    for term in (
        *terms,
        "NHTCU = National Hi-Tech Crime Unit",
        "SOCA = Serious Organised Crime Agency",
        "paedophile unit",
    ):
        assert parse_term(term).source == term


def documented(heading: str) -> list[str]:
    """The terms in the first column of a table of docs/terms.md."""
    page = (Path(__file__).resolve().parents[2] / "docs/terms.md").read_text()
    section = page.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [term for row in rows for term in re.findall("`([^`]+)`", row)]


def test_the_manual_shows_terms_that_can_be_read() -> None:
    terms = documented("What you can write")
    assert len(terms) > 4
    assert [term for term in terms if refusal(term)] == []


def test_the_manual_lists_terms_that_cannot_be_read() -> None:
    terms = documented("What cannot be read")
    assert len(terms) > 7
    assert [term for term in terms if not refusal(term)] == []
