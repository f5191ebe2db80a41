"""Reading of terms, and refusal of terms that cannot be read."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.records import House
from monitor.terms.parser import parse_query, parse_term
from monitor.terms.printer import format_term
from monitor.terms.tree import Family, Filter, Phrase, Scope, TermError, Word

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.terms.tree import Term


TODAY = date(2005, 3, 31)


def as_query(text: str) -> Term:
    return parse_query(text, TODAY)


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
    "small_or_at_an_end": ("cat or", ["cat", "or"]),
    "small_operators": ("cat and not near dog", ["cat", "and", "not", "near", "dog"]),
    "hyphened_or": ("either-or choice", ["either", "or", "choice"]),
    "ratio": ("version B2:1", ["version", "b2", ":", "1"]),
    "dotted_like_an_operator": ("O.R. nurse", ["or", "nurse"]),
    "time": ("10:30 train", ["10", ":", "30", "train"]),
    "figure_with_a_name_like_a_distance": ("near 5 dogs", ["near", "5", "dogs"]),
    "brackets_in_quotes": ('"office (a)"', ["office", "\u24d0"]),
    "filter_in_quotes": ('"house:lords"', ["house", "lords"]),
    "needless_brackets": ("((cat dog))", ["cat", "dog"]),
}


@pytest.mark.parametrize(("term", "expected"), PHRASES.values(), ids=PHRASES)
def test_a_phrase_is_its_words(term: str, expected: list[str]) -> None:
    assert texts(term) == expected


def test_words_have_their_kind() -> None:
    root = parse_term("anti-paedophil* SOCA").root
    assert root == Phrase(
        words=(
            Word(text="anti", written="anti"),
            Word(text="paedophil", written="paedophil", has_star=True, is_hyphened=True),
            Word(text="soca", written="SOCA", is_acronym=True),
        )
    )


def test_quoted_phrase_is_marked_as_quoted() -> None:
    root = parse_term('"SOCA unit"').root
    assert isinstance(root, Phrase)
    assert root.is_quoted
    assert [word.is_acronym for word in root.words] == [True, False]


def test_family_is_named_by_its_first_member() -> None:
    term = parse_term(' NHTCU = National Hi-Tech Crime Unit = "hi tech unit" ')
    assert isinstance(term.root, Family)
    phrases = [member for member in term.root.members if isinstance(member, Phrase)]
    assert [member.is_quoted for member in phrases] == [False, False, True]
    assert term.label == "NHTCU"
    assert term.source == 'NHTCU = National Hi-Tech Crime Unit = "hi tech unit"'


def test_single_term_is_named_as_written() -> None:
    assert parse_term(" Paedophile unit ").label == "Paedophile unit"


REFUSED = {
    "empty": ("  ", 0, "write the words"),
    "too_long": ("x" * 501, 500, "split it"),
    "too_many_words": ("word " * 31, 0, "shorten"),
    "too_many_quoted_words": (f'"{"word " * 31}"', 1, "shorten"),
    "control_character": ("a\x1bb", 1, "again"),
    "two_lines": ("one\ntwo", 3, "one line"),
    "curly_single_quotes": ("the \u2018child", 4, "straight double quotes"),
    "single_quotes": ("'child protection'", 0, "straight double quotes"),
    "unclosed_quotes": ('a "child', 2, 'second "'),
    "empty_quotes": ('""', 1, "a word or a figure"),
    "short_star": ("SOC*", 0, "4 letters or more"),
    "short_small_star": ("cat*", 0, "4 letters or more"),
    "star_after_an_acronym": ("the SOCA*", 4, "soca*"),
    "star_within": ("pae*phile", 3, "paedophil*"),
    "star_alone": ("child *", 6, "paedophil*"),
    "star_at_the_start": ("*phile", 0, "paedophil*"),
    "star_after_a_bracket": ("cat AND (*phile)", 9, "paedophil*"),
    "two_stars": ("paedo**", 5, "paedophil*"),
    "star_in_quotes": ('"paedophil*"', 10, "leave the quotes or the star away"),
    "semicolon": ("grooming; abuse", 8, "write OR between"),
    "semicolon_in_brackets": ("dog NOT (grooming;abuse)", 17, "write OR between"),
    "plus_between": ("grooming + abuse", 9, "else a AND b"),
    "plus_that_joins": ("grooming+abuse", 8, "else a AND b"),
    "slash_between": ("grooming / abuse", 9, "else a OR b"),
    "shouting": ("MODERN SLAVERY", 0, "modern slavery"),
    "shouting_three": ("CHILD SEX ABUSE", 0, "child sex abuse"),
    "stop_words": ("to the", 0, "quote them"),
    "no_word": ("£ %", 0, "a word or a figure"),
    "punctuation": ("...", 0, "a word or a figure"),
    "wildcard": ("wom?n", 3, "OR between them"),
    "wildcard_of_databases": ("paedophil%", 9, "paedophil*"),
    "fuzzy": ("paedophile~2", 10, "without it"),
    "backslash": ("a\\b cat", 1, "without it"),
    # operators
    "and_first": ("AND cat", 0, "quote it if it is meant as a word"),
    "or_last": ("cat OR", 4, "write a term there"),
    "and_before_a_bracket": ("(cat AND) OR dog", 5, "write a term there"),
    "two_operators": ("cat AND OR dog", 8, "remove one"),
    "and_not": ("cat AND NOT dog", 4, "a NOT b"),
    "or_not": ("cat OR NOT dog", 7, "a NOT b"),
    "not_first": ("NOT cat", 0, "what to look for first"),
    "not_first_in_brackets": ("cat AND (NOT dog)", 9, "what to look for first"),
    "operator_with_a_comma": ("cat AND, dog", 4, "spaces around it"),
    "and_or": ("cat AND/OR dog", 4, "spaces around it"),
    "small_or": ("cat or dog", 4, "OR in capitals"),
    "small_or_with_a_comma": ("cat, or, dog", 5, "OR in capitals"),
    "small_or_in_brackets": ("bird AND (cat or dog)", 14, "OR in capitals"),
    "small_and_between_quotes": ('"a cat" and "a dog"', 8, "AND in capitals"),
    "small_or_between_brackets": ("(cat) or (dog)", 6, "OR in capitals"),
    "small_not_after_a_bracket": ("(cat) not dog", 6, "NOT in capitals"),
    "small_and_before_a_bracket": ("cat and (dog)", 4, "AND in capitals"),
    "plus": ("+cat", 0, "write the words alone"),
    "minus": ("cat -dog", 4, "a NOT b"),
    "minus_in_brackets": ("(cat) AND (-dog)", 11, "a NOT b"),
    "minus_before_quotes": ('cat -"a dog"', 4, "a NOT b"),
    "minus_before_a_bracket": ("cat -(dog)", 4, "a NOT b"),
    "minus_before_a_filter": ("cat -house:lords", 4, "a NOT b"),
    "exclamation_mark": ("cat !dog", 4, "a NOT b"),
    "bar": ("cat | dog", 4, "a OR b"),
    "bar_without_spaces": ("cat|dog", 3, "a OR b"),
    "two_ampersands": ("cat && dog", 4, "a AND b"),
    # side by side
    "words_after_quotes": ('"child protection" online', 19, "AND between them"),
    "words_before_quotes": ('online "child protection"', 7, "AND between them"),
    "two_quoted": ('"a cat" "a dog"', 8, "AND between them"),
    "words_beside_brackets": ("cat (dog OR bird)", 4, "AND, OR, NOT or NEAR"),
    "letter_in_brackets": ("office(s)", 6, "quote the phrase"),
    "acronym_in_brackets": ("Dog Catching Unit (DCU)", 18, "= between two names of one thing"),
    "filter_between_words": ("cat house:lords dog", 16, "first or last"),
    # NEAR
    "near_nothing": ("cat NEAR/0 dog", 4, "NEAR/1 to NEAR/50"),
    "near_far": ("cat NEAR/51 dog", 4, "NEAR/1 to NEAR/50"),
    "near_very_far": ("cat NEAR/99999999999999 dog", 4, "NEAR/1 to NEAR/50"),
    "near_without_its_figure": ("cat NEAR/ dog", 4, "NEAR/1 to NEAR/50"),
    "near_apart_from_its_figure": ("cat NEAR 5 dog", 9, "NEAR/5"),
    "near_apart_from_its_stroke": ("cat NEAR / 5 dog", 11, "NEAR/5"),
    "near_no_figure": ("cat NEAR/x dog", 4, "NEAR/5"),
    "near_without_a_stroke": ("cat NEAR5 dog", 4, "NEAR/5"),
    "small_near": ("cat near/5 dog", 4, "NEAR/5"),
    "hyphened_near": ("cat near-5 dog", 4, "NEAR/5"),
    "near_of_another_engine": ("cat w/5 dog", 4, "NEAR/5"),
    "near_behind_a_phrase": ('"cat dog"~5', 9, "NEAR/5"),
    "near_of_another_catalogue": ("cat ADJ3 dog", 4, "NEAR/5"),
    "near_chain": ("cat NEAR dog NEAR/3 bird", 13, "write cat NEAR dog AND dog NEAR/3 bird"),
    "near_chain_in_brackets": ("bird NEAR (cat NEAR dog)", 10, "a NEAR/5 b AND b NEAR/5 c"),
    "near_and": ("(cat AND dog) NEAR bird", 0, "NEAR with each"),
    "near_not": ("(cat NOT dog) NEAR bird", 0, "outside of the brackets"),
    "near_mixed_or": ("(cat OR dog NEAR fish) NEAR bird", 0, "by OR, nothing else"),
    "near_filter_in_brackets": ("(house:lords cat) NEAR bird", 0, "outside of the brackets"),
    "near_filter": ("cat NEAR house:lords dog", 9, "before or after all the rest"),
    # brackets
    "no_content": ("cat AND ()", 8, "remove them"),
    "never_closed": ("(cat AND (dog)", 0, "a )"),
    "never_opened": ("cat AND dog)", 11, "a ( before"),
    "too_deep": (f"{'(' * 21}cat{')' * 21}", 20, "split the term"),
    "all_brackets": ("(" * 500, 20, "split the term"),
    # filters
    "unknown_filter": ("foo:bar", 0, "in:, house:, body:"),
    "misspelt_filter": ("cat partie:Labour", 4, "party:"),
    "another_name": ("department:Health", 0, "body:"),
    "another_name_of_a_part": ('title:"cat"', 0, "in:heading"),
    "filter_of_searches_in_a_watch_term": ("speaker:Smith cat", 0, "known are in:, house:"),
    "unknown_house": ("house:lodrs", 6, "house:lords"),
    "strange_house": ("house:x", 6, "house:commons or house:lords"),
    "unknown_kind": ("kind:questions", 5, "kind:question"),
    "unknown_part": ("in:text cat", 3, "in:question or in:answer or in:heading"),
    "no_value": ('body:"" cat', 5, 'body:"Home Office"'),
    "no_value_at_the_end": ('body:""', 5, 'body:"Home Office"'),
    "no_part": ('cat in:""', 7, "in:question or"),
    "space_before_the_value": ('body: "Home Office"', 0, "no space"),
    "space_before_a_word": ("cat house: lords", 4, "no space"),
    "space_before_the_colon": ("cat house :lords", 4, "no space"),
    "colon_alone": ("cat party:", 4, "no space"),
    "equals": ("house=lords", 0, "house: for the filter"),
    "value_runs_on": ('body:"Home Office"cat', 18, "a space after the value"),
    "value_before_a_bracket": ("house:lords(cat)", 11, "a space after the value"),
    "from_in_a_watch_term": ("from:2005-01-01 cat", 5, "remove it"),
    "to_in_a_watch_term": ("cat AND to:today", 11, "remove it"),
    "two_houses": ("house:lords house:commons cat", 12, "(house:lords) OR (house:commons)"),
    "two_kinds": ("kind:speech cat kind:notice", 16, "(kind:speech) OR (kind:notice)"),
    "part_alone": ("in:question", 0, "in:question unit"),
    "part_and_filters_only": ("in:question (house:lords)", 0, "in:question unit"),
    "part_with_words_only_unwanted": ("in:question ((house:lords) NOT cat)", 0, "in:question unit"),
    "filters_with_or": ("house:lords OR party:Labour", 0, "as in (house:lords)"),
    "filter_before_or": ("house:lords OR cat", 0, "as in (house:lords)"),
    "filter_after_or": ("cat OR house:lords", 7, "as in (house:lords)"),
    "filter_after_not": ("cat NOT house:lords", 8, "as in (house:lords)"),
    "filter_before_not": ("house:lords NOT cat", 0, "as in (house:lords)"),
    "filter_beside_words_before_or": ("cat house:lords OR dog", 4, "as in (house:lords unit)"),
    "filter_beside_words_after_or": ("cat OR house:lords dog", 7, "as in (house:lords unit)"),
    "filter_beside_words_before_not": ("cat house:lords NOT dog", 4, "as in (house:lords unit)"),
    "filter_with_and_beside_or": ("cat OR dog AND house:lords", 15, "as in (house:lords)"),
    "filter_with_and_before_or": ("house:lords AND cat OR dog", 0, "as in (house:lords)"),
    "part_within": ("cat in:question AND dog", 4, "as in (in:question unit)"),
    "parts_at_both_ends": ("in:question cat AND dog in:answer", 24, "as in (in:answer unit)"),
    # families
    "family_without_first": ("= cat", 0, "both sides"),
    "family_without_last": ("cat =", 4, "both sides"),
    "family_with_a_gap": ("cat = = dog", 4, "both sides"),
    "bad_member": ("NHTCU = SOC*", 8, "4 letters or more"),
    "bad_expression_in_a_member": ("NHTCU = cat AND", 12, "write a term there"),
    "family_in_brackets": ("(cat = dog)", 5, "OR for a choice"),
    "filter_in_a_family": ("NHTCU = cat house:lords", 12, "as in (house:lords unit)"),
}


@pytest.mark.parametrize(("term", "position", "remedy"), REFUSED.values(), ids=REFUSED)
def test_unreadable_term_is_refused_with_position_and_remedy(term: str, position: int, remedy: str) -> None:
    with pytest.raises(TermError) as caught:
        parse_term(term)
    error = caught.value
    assert error.position == position
    assert remedy in error.remedy
    assert f"{error.problem}: {error.remedy}." in str(error)
    assert str(error).endswith(f" Ready to paste: '{error.better}'." if error.better else f"{error.remedy}.")
    assert error.caret.split("\n")[-1] == " " * position + "^"


@pytest.mark.parametrize(("name", "chosen"), [("speaker", "speaker"), ("Status", "state"), ("topic", "topic")])
def test_a_filter_that_stands_beside_the_words_of_a_search_is_named(name: str, chosen: str) -> None:
    with pytest.raises(TermError) as caught:
        parse_query(f"cat {name}:dog", date(2024, 11, 26))
    assert caught.value.remedy.startswith(f"use --{chosen} in place of it, or on the page the field of that name; ")


# The typed term, and the term that is suggested.
OFFERED = {
    "grooming; child abuse;CSE": "grooming OR child abuse OR CSE",
    "grooming; abuse AND online": "(grooming OR abuse) AND online",
    "child NEAR/5 (grooming; abuse)": "child NEAR/5 (grooming OR abuse)",
    "CSE = grooming; abuse": "CSE = grooming OR abuse",
    "dog shows + grooming": "dog shows AND grooming",
    "dog+grooming": "dog AND grooming",
    "internet / online": "internet OR online",
    "asylum | hotel": "asylum OR hotel",
    "+asylum +hotel -camp": "asylum AND hotel NOT camp",
    "asylum seekers -hotel": "asylum seekers NOT hotel",
    "asylum seekers \u2013hotel": "asylum seekers NOT hotel",  # as Word writes it
    'asylum \u2212"big hotel"': 'asylum NOT "big hotel"',
    '+"child protection" -dog': '"child protection" NOT dog',
    "asylum && hotel": "asylum AND hotel",
    "asylum AND NOT hotel": "asylum NOT hotel",
    "hospital or clinic": "hospital OR clinic",
    '"hospital" or clinic': '"hospital" OR clinic',
    "employment, education or training": "employment OR education OR training",
    "asylum w/5 hotel": "asylum NEAR/5 hotel",
    "asylum NEAR 5 hotel": "asylum NEAR/5 hotel",
    '"asylum hotel"~5 OR camp': "asylum NEAR/5 hotel OR camp",
    '"big asylum hotel"~3': "big NEAR/3 asylum AND asylum NEAR/3 hotel",
    "asylum (hotel OR camp)": "asylum AND (hotel OR camp)",
    "National Hi-Tech Crime Unit (NHTCU)": "NHTCU = National Hi-Tech Crime Unit",
    "special educational needs and disabilities (SEND)": "SEND = special educational needs and disabilities",
    "Contracts for Difference (CfD)": "CfD = Contracts for Difference",
    "small modular reactors(SMRs)": "SMRs = small modular reactors",
    "disability benefit (PIP)": "disability benefit AND (PIP)",  # these are no initials of it
    "dog AND cat (DC)": "dog AND cat AND (DC)",
    '"child protection" online': '"child protection" AND online',
    "'child protection' AND online": '"child protection" AND online',
    'body: "Home Office" asylum': 'body:"Home Office" asylum',
    "body:Home Office asylum": 'body:"Home Office" asylum',
    "body:Home Office AND asylum": 'body:"Home Office" AND asylum',
    "minister:Meadow OR minister:Brook": "",
    "house=lords asylum": "house:lords asylum",
    "house :lords asylum": "house:lords asylum",
    "MODERN SLAVERY": "modern slavery",
    "HOME OFFICE AND house:lords": "home office AND house:lords",
    "SOCA*": "soca*",
    "SOC*": "SOC",
    "wom?n": "",
    "NOT hotel": "",
    "(asylum": "",
    "the": "",
}


@pytest.mark.parametrize(("term", "better"), OFFERED.items(), ids=OFFERED)
def test_suggested_term_can_be_pasted(term: str, better: str) -> None:
    with pytest.raises(TermError) as caught:
        parse_term(term)
    assert caught.value.better == better
    assert not better or parse_term(better).source == better


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("\u201cchild protection\u201d AND online", '"child protection" AND online'),
        ("\u2018child protection\u2019", '"child protection"'),
        ("\u201ethe child\u2019s home\u201c", '"the child\u2019s home"'),
        ("\u00abchild protection\u00bb", '"child protection"'),
        ("asylum body:\u201cHome Office\u201d", 'asylum body:"Home Office"'),
        ("children\u2019s home", "children's home"),
        ("house:Scotland asylum", "house:scotland asylum"),
        ('house:"Scottish Parliament"', "house:scotland"),
        ("house:northern-ireland", "house:northern_ireland"),
        ('house:"the House of Lords"', "house:lords"),
        ("house:wales", "house:senedd"),
    ],
)
def test_other_spellings_of_a_term_mean_the_same(typed: str, same: str) -> None:
    read = parse_term(typed)
    assert format_term(read.root) == format_term(parse_term(same).root).replace(
        "'", "\u2019" if "\u2019" in typed else "'"
    )
    assert (read.source, read.label) == (typed, typed)


@pytest.mark.parametrize("house", list(House))
def test_every_house_is_a_filter(house: House) -> None:
    assert parse_term(f"house:{house.value}").root == Scope(
        node=None, filters=(Filter(name="house", value=house.value),)
    )


# Phrases with characters that are operators elsewhere.
WITH_SIGNS = (
    "Health and Safety at Work etc. Act", "24/7", "search and rescue", "AC/DC", "trade and industry", "HIV/AIDS",
    "2022/23", "A&E", "LGBT+ people", "Digital, Culture, Media and Sport", "not proven verdict", "near miss",
    "grooming, abuse", "grooming/abuse", "5,200 homes", "5 + 3 apples",
)  # fmt: skip


@pytest.mark.parametrize("term", WITH_SIGNS)
def test_phrase_with_operator_characters_can_be_read(term: str) -> None:
    assert isinstance(parse_term(term).root, Phrase)


PIECES = (
    *"()=\"' +-*:/|£%,.;",
    *("AND", "OR", "NOT", "NEAR", "NEAR/5", "or", "cat", "SOCA", "paedophil*", "hi-tech", "2022-23", "-5", "\u201c"),
    *("house:lords", "in:question", 'body:"Home Office"', "asker:", "from:7d", "to:2005-03-31", '"child protection"'),
)


@given(
    st.one_of(
        st.text(alphabet=st.sampled_from("aB SOCA\"'*=-:+()&£5.,|\u201c\u00ad\x00ORN ") | st.characters(), max_size=30),
        st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join),
        st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
        st.text(alphabet="()", min_size=400, max_size=500),
    )
)
def test_any_text_is_read_or_refused(term: str) -> None:
    for read in (parse_term, as_query):
        refused = refusal(term, read)
        if refused is None:
            assert read(term).source == term.strip()
        else:
            assert 0 <= refused.position <= len(term)
            assert refused.remedy
            assert not refused.better or read(refused.better)


def refusal(term: str, read: Callable[[str], Term]) -> TermError | None:
    try:
        read(term)
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
    """Read the terms in the first column of a table of docs/terms.md."""
    page = (Path(__file__).resolve().parents[2] / "docs/terms.md").read_text()
    section = page.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [term for row in rows for term in re.findall("`([^`]+)`", row)]


def test_the_manual_shows_terms_that_can_be_read() -> None:
    terms = documented("What you can write")
    assert len(terms) > 4
    assert [term for term in terms if refusal(term, as_query)] == []


def test_the_manual_lists_terms_that_cannot_be_read() -> None:
    terms = documented("What cannot be read")
    assert len(terms) > 7
    assert [term for term in terms if not refusal(term, parse_term)] == []
