"""Matcher and oracle agree on all invented cases, on what is found and where."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from monitor.model.watching import Topic
from monitor.terms import canonical_prefilter
from monitor.terms.matcher import compile_query, compile_terms
from monitor.terms.tree import TermError
from monitor.terms.vocabulary import Lexicon
from monitor.text.search_form import search_form
from tests import term_cases
from tests.oracle import reference, reference_query
from tests.term_cases import LEXICON, Case

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.model.watching import Match
    from monitor.terms.matcher import Matcher

EXAMPLES = {
    "several beginnings": ("educat* educat* unit", "educational education units", ["educational education units"]),
    "a sign behind a list mark": ("grants of \u00a35", "grants of (a) \u00a35 and (b) 5", ["grants of (a) \u00a35"]),
    "the first of two signs": ("10%", "10% %", ["10%"]),
    "initials apart": ("A&E", "A & E, A and E's, a & e, a and e", ["A & E", "A and E's"]),
    "small initials apart": ("a&e", "A & E, a and e, a&e", ["A & E", "a and e", "a&e"]),
    "initials together": ("A & E", "A&E, A&E's, a&e", ["A&E", "A&E's", "a&e"]),
    "initials with a plural s": ("B&Bs", "B&B, B&Bs, B & Bs, b&b", ["B&B", "B&Bs", "B & Bs"]),
    "small initials with a plural s": ("b&bs", "B&B, b&bs", ["B&B", "b&bs"]),
    "quoted initials with a plural s": ('"B&Bs"', "B&B, B&Bs", ["B&Bs"]),
    "three initials": ("R&D&I", "R & D & I, R & D", ["R & D & I"]),
    "quoted plural of an acronym": ('"SOCAs"', "SOCAs, SOCA, socas, SOCA's", ["SOCAs"]),
    "quoted possessive of an acronym": ('"SOCA\'s"', "SOCAs, SOCA, soca's, SOCA's", ["SOCA's"]),
    "quoted sign": ('"health & care"', "health & care, health and care", ["health & care"]),
    "quoted word for a sign": ('"health and care"', "health & care, health and care", ["health and care"]),
    "an acronym joins no small word": ("anti-SOCA", "antisoca, ANTISOCA, anti SOCA", ["anti SOCA"]),
    "nor a small word it": ("SOCA-led", "socaled, SOCALED, SOCA led", ["SOCA led"]),
    "what stands in order goes first": ("hotel asylum", "Asylum: Hotel asylum", ["Hotel asylum"]),
}
"""Term, heading, and match of cases in which the two once differed, or might."""


@pytest.mark.parametrize(("term", "text", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_both_find_this_match(term: str, text: str, expected: list[str]) -> None:
    parts = {"heading": text}
    of_many = as_of_many([Topic(key="t", name="t", terms=(term,))], Lexicon()).spans(parts)
    for matches in (compile_query(term).spans(parts), of_many, reference_query(term, parts, None, Lexicon())):
        assert [match.form for match in matches or ()] == expected


TIMES = int(os.environ.get("PQWATCH_TIMES", "1"))
"""Factor for the usual number of examples. With `--hypothesis-profile=default` they differ each time."""

MANY = settings(max_examples=150 * TIMES, deadline=None)
SOME = settings(max_examples=60 * TIMES, deadline=None)


def forms_of(parts: Mapping[str, str]) -> dict[str, str]:
    return {name: search_form(text, is_heading=name == "heading") for name, text in parts.items()}


def in_short(matches: tuple[Match, ...] | None) -> list[tuple[str, str, str, int, str]] | None:
    return None if matches is None else [(m.topic, m.term, m.part, m.start, m.form) for m in matches]


def as_of_many(topics: Sequence[Topic], lexicon: Lexicon = LEXICON) -> Matcher:
    """Compile some terms as a long list is compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canonical_prefilter, "MANY_PHRASES", 0)
        return compile_terms(topics, lexicon)


@MANY
@given(term_cases.cases())
@pytest.mark.slow
def test_the_matcher_finds_what_the_oracle_finds(case: Case) -> None:
    """The matcher also agrees without positions on which terms hold. To invent a case takes longer than both."""
    expected, holding = reference(case.topics, case.parts, case.facts, LEXICON)
    forms = forms_of(case.parts)
    for matcher in (compile_terms(case.topics, LEXICON), as_of_many(case.topics)):
        assert in_short(matcher.matches(case.parts, None, lambda: case.facts)) == in_short(expected)
        assert matcher.matches(case.parts, forms, lambda: case.facts) == expected
        assert matcher.holding(case.parts, None, lambda: case.facts) == holding
        assert matcher.holding(case.parts, forms, lambda: case.facts) == holding


@SOME
@given(term_cases.cases())
@pytest.mark.slow
def test_query_finds_what_the_oracle_finds(case: Case) -> None:
    for term in case.topics[0].terms:
        try:
            query = compile_query(term, LEXICON)
        except TermError:
            continue
        found = reference_query(term, case.parts, case.facts, LEXICON)
        assert in_short(query.spans(case.parts, None, lambda: case.facts)) == in_short(found)
