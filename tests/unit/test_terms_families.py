"""The forms of a word."""

from __future__ import annotations

import pytest

from monitor.terms.families import EQUIVALENTS, INVARIABLE, IRREGULAR, spellings, word_forms

FORMS = {
    "unit": {"unit", "units"},
    "units": {"unit", "units"},
    "company": {"company", "companys", "companies"},
    "children": {"child", "childs", "children", "childrens"},
    "policemen": {"policeman", "policemans", "policemen", "policemens"},
    "life": {"life", "lifes", "lives"},
    "crisis": {"crisis", "crisiss", "crises"},
    "status": {"status", "statuss", "statuses"},
    "potato": {"potato", "potatos", "potatoes"},
    "day": {"day", "days"},
    "tax": {"tax", "taxs"},
    "news": {"news"},
    "arms": {"arms"},
    "goods": {"goods"},
    "commons": {"commons"},
    "custom": {"custom"},
    "with": {"with"},
    "5.2m": {"5.2m"},
    "hs2": {"hs2"},
}


@pytest.mark.parametrize(("word", "forms"), FORMS.items(), ids=FORMS)
def test_number_and_possessive(word: str, forms: set[str]) -> None:
    assert word_forms(word) == forms


@pytest.mark.parametrize("pair", IRREGULAR.items(), ids=IRREGULAR)
def test_irregular_words_find_each_other(pair: tuple[str, str]) -> None:
    singular, plural = pair
    assert plural in word_forms(singular)
    assert singular in word_forms(plural)
    assert plural in word_forms(f"{plural}s")


@pytest.mark.parametrize("word", sorted(INVARIABLE))
def test_what_is_no_plural_finds_nothing_else(word: str) -> None:
    assert word_forms(word) == {word}
    assert word not in word_forms(word[:-1])


SPELLINGS = {
    "organised": {"organised", "organized"},
    "privatization": {"privatization", "privatisation"},
    "prize": {"prize"},
    "behavioural": {"behavioural", "behavioral"},
    "color": {"color", "colour"},
    "four": {"four"},
    "for": {"for"},
    "paedophile": {"paedophile", "pedophile"},
    "haemophilia": {"haemophilia", "hemophilia"},
    "leukemia": {"leukemia", "leukaemia"},
}


@pytest.mark.parametrize(("word", "expected"), SPELLINGS.items(), ids=SPELLINGS)
def test_spellings(word: str, expected: set[str]) -> None:
    assert spellings(word) == expected


def test_the_beginning_of_a_word_has_its_spellings_but_no_ending() -> None:
    assert spellings("paedophil", is_prefix=True) == {"paedophil", "pedophil"}
    assert spellings("organis", is_prefix=True) == {"organis"}


def test_equivalents_are_folded_words() -> None:
    for group in EQUIVALENTS:
        assert len(set(group)) == len(group) > 1
        assert all(part.isalpha() and part == part.lower() for said in group for part in said.split())
