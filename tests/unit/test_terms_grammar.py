"""Trees that operators, brackets and filters of a term make, and terms printed from trees."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.terms import parser
from monitor.terms.lexer import LONGEST
from monitor.terms.parser import parse_query, parse_term
from monitor.terms.printer import format_term
from monitor.terms.tree import Both, Either, Family, Filter, Near, Node, Phrase, Scope, TermError, Without, Word

if TYPE_CHECKING:
    from collections.abc import Callable

TODAY = date(2005, 3, 31)


def phrase(text: str, *, quoted: bool = False) -> Phrase:
    """Return a phrase of small words without any marks."""
    return Phrase(words=tuple(Word(text=word, written=word) for word in text.split()), is_quoted=quoted)


CAT, DOG, BIRD, FISH = (phrase(animal) for animal in ("cat", "dog", "bird", "fish"))
LORDS = Filter(name="house", value="lords")
LABOUR = Filter(name="party", value="Labour")

TREES: dict[str, tuple[str, Node]] = {
    "and": ("cat AND dog AND bird", Both(operands=(CAT, DOG, BIRD))),
    "or": ("cat OR dog OR bird", Either(operands=(CAT, DOG, BIRD))),
    "not": ("cat NOT dog", Without(wanted=CAT, unwanted=DOG)),
    "not_twice": ("cat NOT dog NOT bird", Without(wanted=Without(wanted=CAT, unwanted=DOG), unwanted=BIRD)),
    "near": ("cat NEAR/5 dog", Near(left=CAT, right=DOG, distance=5)),
    "near_alone": ("cat NEAR dog", Near(left=CAT, right=DOG, distance=10)),
    "nearest": ("cat NEAR/1 dog", Near(left=CAT, right=DOG, distance=1)),
    "farthest": ("cat NEAR/50 dog", Near(left=CAT, right=DOG, distance=50)),
    "phrases": ("black cat NEAR small dog", Near(left=phrase("black cat"), right=phrase("small dog"), distance=10)),
    "near_choice": ("(cat OR dog) NEAR/5 bird", Near(left=Either(operands=(CAT, DOG)), right=BIRD, distance=5)),
    "near_choice_in_more_brackets": (
        "cat NEAR/5 (dog OR (bird OR fish))",
        Near(left=CAT, right=Either(operands=(DOG, BIRD, FISH)), distance=5),
    ),
    "near_quoted": (
        '"black cat" NEAR/5 dog',
        Near(left=phrase("black cat", quoted=True), right=DOG, distance=5),
    ),
    "near_figure_in_brackets": ("cat NEAR/5 (5 dogs)", Near(left=CAT, right=phrase("5 dogs"), distance=5)),
    "and_before_or": ("cat AND dog OR bird", Either(operands=(Both(operands=(CAT, DOG)), BIRD))),
    "or_after_and": ("cat OR dog AND bird", Either(operands=(CAT, Both(operands=(DOG, BIRD))))),
    "not_before_and": ("cat AND dog NOT bird", Both(operands=(CAT, Without(wanted=DOG, unwanted=BIRD)))),
    "not_before_or": ("cat NOT dog OR bird", Either(operands=(Without(wanted=CAT, unwanted=DOG), BIRD))),
    "near_before_not": (
        "cat NEAR/5 dog NOT bird NEAR/5 fish",
        Without(wanted=Near(left=CAT, right=DOG, distance=5), unwanted=Near(left=BIRD, right=FISH, distance=5)),
    ),
    "brackets": ("cat AND (dog OR bird)", Both(operands=(CAT, Either(operands=(DOG, BIRD))))),
    "brackets_first": ("(cat OR dog) NOT bird", Without(wanted=Either(operands=(CAT, DOG)), unwanted=BIRD)),
    "needless_brackets": ("((cat) AND ((dog AND bird)))", Both(operands=(CAT, DOG, BIRD))),
    "no_spaces": ('"cat"AND(dog)', Both(operands=(phrase("cat", quoted=True), DOG))),
    "copied_with_a_soft_hyphen": ("cat AND\u00ad dog", Both(operands=(CAT, DOG))),
    "no_break_spaces": ("cat\u00a0AND\u202fdog", Both(operands=(CAT, DOG))),
    "filter_alone": ("house:lords", Scope(node=None, filters=(LORDS,))),
    "filters_alone": ("house:lords AND party:Labour", Scope(node=None, filters=(LORDS, LABOUR))),
    "filter_first": ("house:lords cat", Scope(node=CAT, filters=(LORDS,))),
    "filter_last": ("cat house:lords", Scope(node=CAT, filters=(LORDS,))),
    "filter_after_and": ("cat AND house:lords", Scope(node=CAT, filters=(LORDS,))),
    "filter_before_and": ("house:lords AND cat", Scope(node=CAT, filters=(LORDS,))),
    "filters_around": ("house:lords cat party:Labour", Scope(node=CAT, filters=(LORDS, LABOUR))),
    "filter_among_and": ("cat AND house:lords AND dog", Scope(node=Both(operands=(CAT, DOG)), filters=(LORDS,))),
    "filter_beside_one_of_and": ("cat house:lords AND dog", Scope(node=Both(operands=(CAT, DOG)), filters=(LORDS,))),
    "filter_of_a_choice": ("house:lords cat OR dog", Scope(node=Either(operands=(CAT, DOG)), filters=(LORDS,))),
    "filter_after_a_choice": ("cat OR dog house:lords", Scope(node=Either(operands=(CAT, DOG)), filters=(LORDS,))),
    "filter_after_not": (
        "cat NOT dog AND house:lords",
        Scope(node=Without(wanted=CAT, unwanted=DOG), filters=(LORDS,)),
    ),
    "filter_of_near": (
        "house:lords cat NEAR dog",
        Scope(node=Near(left=CAT, right=DOG, distance=10), filters=(LORDS,)),
    ),
    "filters_in_brackets": (
        "(house:lords) OR (party:Labour)",
        Either(operands=(Scope(node=None, filters=(LORDS,)), Scope(node=None, filters=(LABOUR,)))),
    ),
    "filter_unwanted": ("cat NOT (house:lords)", Without(wanted=CAT, unwanted=Scope(node=None, filters=(LORDS,)))),
    "filter_wanted": ("(house:lords) NOT cat", Without(wanted=Scope(node=None, filters=(LORDS,)), unwanted=CAT)),
    "filter_in_its_brackets": (
        "(house:lords cat) OR dog",
        Either(operands=(Scope(node=CAT, filters=(LORDS,)), DOG)),
    ),
    "filter_beside_brackets": (
        "house:lords (party:Labour cat)",
        Scope(node=Scope(node=CAT, filters=(LABOUR,)), filters=(LORDS,)),
    ),
    "filter_twice": ("house:lords cat house:lords", Scope(node=CAT, filters=(LORDS,))),
    "part": ("in:question cat", Scope(node=CAT, parts=("question",))),
    "part_last": ("cat AND dog in:answer", Scope(node=Both(operands=(CAT, DOG)), parts=("answer",))),
    "two_parts": ("in:question in:heading cat", Scope(node=CAT, parts=("question", "heading"))),
    "part_around": ("in:question cat in:heading in:question", Scope(node=CAT, parts=("question", "heading"))),
    "part_and_filter": (
        "in:heading house:lords cat",
        Scope(node=CAT, parts=("heading",), filters=(LORDS,)),
    ),
    "parts_in_brackets": (
        "(in:question cat) AND (in:answer dog)",
        Both(operands=(Scope(node=CAT, parts=("question",)), Scope(node=DOG, parts=("answer",)))),
    ),
    "part_of_inner_brackets": (
        "in:question ((house:lords) OR cat)",
        Scope(node=Either(operands=(Scope(node=None, filters=(LORDS,)), CAT)), parts=("question",)),
    ),
    "family_of_expressions": (
        "cat = dog OR bird = (house:lords fish)",
        Family(members=(CAT, Either(operands=(DOG, BIRD)), Scope(node=FISH, filters=(LORDS,)))),
    ),
}


@pytest.mark.parametrize(("term", "root"), TREES.values(), ids=TREES)
def test_a_term_is_a_tree(term: str, root: Node) -> None:
    assert parse_term(term).root == root
    assert parse_query(term, TODAY).root == root


def test_phrase_in_a_tree_is_read_as_on_its_own() -> None:
    root = parse_term('SOCA units NEAR ("child protection" OR paedophil*)').root
    assert root == Near(
        left=parse_term("SOCA units").root,  # type: ignore[arg-type]  # a phrase
        right=Either(operands=(parse_term('"child protection"').root, parse_term("paedophil*").root)),
        distance=10,
    )


VALUES = {
    "house": ("house:Commons", "house", "commons"),
    "house_quoted": ('house:"lords"', "house", "lords"),
    "kind": ("kind:statement", "kind", "statement"),
    "one_word": ("asker:Djanogly", "asker", "Djanogly"),
    "accent": ("minister:Siân", "minister", "Siân"),
    "apostrophe": ("asker:O\u2019Hara", "asker", "O\u2019Hara"),
    "several_words": ('body:"Home  Office"', "body", "Home Office"),
    "comma": ('body:"Digital, Culture, Media and Sport"', "body", "Digital, Culture, Media and Sport"),
    "name_in_capitals": ("Party:SNP", "party", "SNP"),
    "day": ("from:2005-01-01", "from", "2005-01-01"),
    "today": ("to:today", "to", "2005-03-31"),
    "yesterday": ("to:Yesterday", "to", "2005-03-30"),
    "days_ago": ("from:7d", "from", "2005-03-24"),
    "no_days_ago": ("from:0d", "from", "2005-03-31"),
}


@pytest.mark.parametrize(("query", "name", "value"), VALUES.values(), ids=VALUES)
def test_a_filter_has_a_value(query: str, name: str, value: str) -> None:
    assert parse_query(query, TODAY).root == Scope(node=None, filters=(Filter(name=name, value=value),))


REFUSED_QUERIES = {
    "no_such_day": ("from:2005-02-30", 5, "2005-03-31"),
    "short_day": ("from:20050101", 5, "2005-03-31"),
    "week": ("cat from:2005-W01-1", 9, "2005-03-31"),
    "word": ("from:Easter", 5, "7d"),
    "too_many_days_ago": ("from:999999d", 5, "7d"),
    "no_day": ('from:""', 5, "yesterday"),
    "upside_down": ("from:2005-03-02 to:2005-03-01 cat", 16, "the earlier day after from:"),
    "upside_down_to_first": ("to:7d cat from:today", 10, "the earlier day after from:"),
    "two_beginnings": ("from:2005-03-02 from:2005-03-01 cat", 16, "remove one"),
    "loose_name": ("body:Home Office", 10, 'body:"Home Office"'),
    "loose_name_with_and": ("body:Health and Social Care", 12, 'body:"Health and Social"'),
    "two_names": ("asker:Smith,Jones", 6, "(asker:Smith) OR (asker:Jones)"),
    "star_in_a_name": ("asker:Djan* cat", 6, "whole words"),
    "marks_for_a_name": ('asker:"..."', 6, "asker:Smith"),
}


@pytest.mark.parametrize(("query", "position", "remedy"), REFUSED_QUERIES.values(), ids=REFUSED_QUERIES)
def test_a_filter_that_makes_no_sense_is_refused(query: str, position: int, remedy: str) -> None:
    with pytest.raises(TermError) as caught:
        parse_query(query, TODAY)
    assert caught.value.position == position
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("query", ['body:"Home" Office', "party:Labour SNP", "asker:smith Iraq", "asker:Smith (Iraq)"])
def test_a_name_may_stand_before_other_words(query: str) -> None:
    root = parse_query(query, TODAY).root
    assert isinstance(root, Scope)
    assert isinstance(root.node, Phrase)


def test_brackets_may_be_nested_twenty_deep() -> None:
    assert parse_term(f"{'(' * 20}cat{')' * 20}").root == CAT


def test_family_of_expressions_is_named_by_the_first_as_written() -> None:
    assert parse_term("cat  AND (dog) = bird").label == "cat  AND (dog)"


# -- printing ---------------------------------------------------------------------------------------------------------

PRINTED = {
    "brackets": ("((cat) AND ((dog)) OR (bird NOT fish))", "cat AND dog OR bird NOT fish"),
    "needed_brackets": ("(cat OR dog) AND (bird NOT (fish AND cow))", "(cat OR dog) AND bird NOT (fish AND cow)"),
    "not_in_not": ("cat NOT (dog NOT bird)", "cat NOT (dog NOT bird)"),
    "near": ("(cat OR dog) NEAR (5 birds)", "(cat OR dog) NEAR/10 (5 birds)"),
    "filters": (
        'cat house:Lords AND asker:Smith AND body:"Home Office"',
        'house:lords asker:"Smith" body:"Home Office" cat',
    ),
    "days": ("cat from:7d", "from:2005-03-24 cat"),
    "family": ("NHTCU=Hi-Tech unit=(house:lords (cat))", "NHTCU = Hi-Tech unit = (house:lords cat)"),
    "quotes": ('"the  cat (a)"', '"the cat (a)"'),
    "star": ("paedophil*  unit", "paedophil* unit"),
    "figures": ("from £5.2 to -£6 million", "from £5.2 to -£6 million"),
    "strange_figures": ("12-\u00b2 of 12+£ and .12 -3", "12-\u00b2 of 12+£ and .12 -3"),
    "per_cent_apart": ("a cat. % AND 2\u00b2 %", "a cat % AND 2\u00b2 %"),
    "number_of_a_note": (
        'Universal Credit\u2075 AND "10\u207b\u2076 m\u00b2"',
        'Universal Credit AND "10\u207b\u2076 m\u00b2"',
    ),
    "ranges": ("2022-23 and 10:30 and 1/2 and 5% of 3+", "2022-23 and 10:30 and 1/2 and 5% of 3+"),
}


@pytest.mark.parametrize(("term", "printed"), PRINTED.values(), ids=PRINTED)
def test_a_tree_is_printed_in_one_form(term: str, printed: str) -> None:
    root = parse_query(term, TODAY).root
    assert format_term(root) == printed
    assert parse_query(printed, TODAY).root == root


def either(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    choices = nodes.filter(lambda node: not isinstance(node, Either))
    return st.lists(choices, min_size=2, max_size=3).map(lambda operands: Either(operands=tuple(operands)))


def larger(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    both = nodes.filter(lambda node: not isinstance(node, Both))
    return st.one_of(
        st.lists(both, min_size=2, max_size=3).map(lambda operands: Both(operands=tuple(operands))),
        either(nodes),
        st.builds(Without, wanted=nodes, unwanted=nodes),
        st.builds(Scope, node=nodes, filters=st.lists(FILTERS, min_size=1, max_size=2, unique_by=_name).map(tuple)),
        st.builds(Scope, node=PHRASES, parts=st.sampled_from([("question",), ("answer", "heading")])),
    )


def _name(condition: Filter) -> str:
    return condition.name


TEXTS = ("cat", "black cat", "or cat", "5 dogs", "SOCA", "hi-tech unit", "paedophil*", '"the cat OR dog"', "£5.2 to -6")
PHRASES = st.sampled_from(TEXTS).map(lambda text: parse_term(text).root)
FILTERS = st.sampled_from(
    [LORDS, LABOUR, Filter(name="body", value="Home Office"), Filter(name="from", value="2005-01-01")]
)
CLOSE = st.one_of(PHRASES, either(PHRASES))
LEAVES = st.one_of(
    PHRASES,
    st.builds(Near, left=CLOSE, right=CLOSE, distance=st.integers(1, 50)),
    st.builds(Scope, node=st.none(), filters=FILTERS.map(lambda condition: (condition,))),
)
NODES = st.recursive(LEAVES, larger, max_leaves=8)
ROOTS = st.one_of(NODES, st.lists(NODES, min_size=2, max_size=3).map(lambda members: Family(members=tuple(members))))


@given(ROOTS)
def test_printed_tree_is_read_as_the_same_tree(root: Node) -> None:
    printed = format_term(root)
    assume(len(printed) <= LONGEST)
    assert parse_query(printed, TODAY).root == root


@given(
    st.lists(
        st.sampled_from([*"-+%£:/,.&'()=\"5", "12", "cat", "B2", "SOCA", "S.O.", " ", "  ", " OR ", " NOT ", " NEAR "]),
        min_size=1,
        max_size=12,
    ).map("".join)
)
def test_readable_term_is_printed_as_it_was_read(term: str) -> None:
    try:
        root = parse_query(term, TODAY).root
    except TermError:
        return
    assert parse_query(format_term(root), TODAY).root == root


@given(
    st.lists(st.sampled_from(["cat", "hi-tech", "SOCA", "B2", "5", "the", "units", "NHTCUs"]), min_size=1).map(" ".join)
)
def test_fast_path_agrees_with_the_grammar(term: str) -> None:
    assert outcome(lambda: (parse_term(term).root, parse_term(term).label)) == outcome(lambda: parser.read(term, None))


def outcome(read: Callable[[], tuple[Node, str]]) -> object:
    """Return the result of reading, or the error."""
    try:
        return read()
    except TermError as error:
        return error.problem, error.position, error.remedy
