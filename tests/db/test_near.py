"""NEAR in queries of the index: never narrower than the matcher, and as narrow as the index allows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from db import fts5_expression, index, index_view
from monitor.model.index_query import AllOf, AnyOf, NearBy, PhraseRequirement
from monitor.terms.matcher import compile_query
from monitor.text.index_form import DENSE
from monitor.text.search_form import forms_of, signed_forms_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model.index_query import IndexQuery

PLAIN = ["hospital", "waiting", "list", "line", "and", "the", "a"]
ODD = [
    "hos-pital",
    "on-line",
    "wait-ing-list",
    "5.2",
    "1,200.5",
    "10.0.0.1",
    "he'll",
    "£5",
    "(a)",
    "½",
    "हिन्दी",
    "NHS",
    "U.K.",
]
BREAKS = [".", ":", "\n", "\u2013"]
SIDES = [
    "hospital",
    "online",
    "waiting",
    "line*",
    "wait*",
    "(hospital OR waitinglist)",
    "NHS",
    "5.2",
    '"list"',
    "hos-pital",
]

TEXTS = st.lists(st.sampled_from([*PLAIN * 2, *ODD, *BREAKS]), min_size=2, max_size=20).map(" ".join)


def found(parts: Sequence[dict[str, str]], need: IndexQuery) -> set[int]:
    """Return the numbers of the texts that a new index names for a query."""
    asked = fts5_expression.fts5(need)
    assert asked is not None
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE VIRTUAL TABLE full_text USING fts5({', '.join(index_view.COLUMNS)}, {index._MADE})")
        for number, texts in enumerate(parts):
            forms = index._indexed(signed_forms_of(texts))
            row = (number, *map(forms.get, ("answer", "question", "heading", "text")))
            connection.execute(
                "INSERT INTO full_text (rowid, answer, question, heading, text) VALUES (?, ?, ?, ?, ?)", row
            )
        rows = connection.execute("SELECT rowid FROM full_text WHERE full_text MATCH ?", (asked,))
        return {number for (number,) in rows}


@settings(max_examples=150)
@given(st.lists(TEXTS, min_size=4, max_size=12), st.sampled_from(SIDES), st.sampled_from(SIDES), st.integers(1, 4))
@example(["hospital 10.0.0.1 waiting"], "hospital", "waiting", 1)
@example(["on-line he'll 5.2 waiting"], "online", "waiting", 2)
@example(["hospital हिन्दी waiting"], "hospital", "waiting", 1)
@example(["wait-ing-list hospital"], "(hospital OR waitinglist)", "hospital", 1)
def test_the_index_names_every_text_in_which_the_matcher_finds_a_match(
    texts: list[str], left: str, right: str, distance: int
) -> None:
    for scope in ("", "in:answer "):
        query = compile_query(f"{scope}({left} NEAR/{distance} {right})")
        parts = [
            {"answer": text} if number % 3 else {"question": text, "text": text} for number, text in enumerate(texts)
        ]
        assert query.need is not None
        held = {
            number for number, texts_by_part in enumerate(parts) if query.holds(texts_by_part, forms_of(texts_by_part))
        }
        assert held <= found(parts, query.need)


def test_a_text_with_the_words_too_far_from_each_other_is_not_named() -> None:
    need = compile_query("hospital NEAR/2 waiting").need
    assert isinstance(need, NearBy)
    texts = [
        "hospital",
        "hospital of the waiting",
        f"hospital {'of ' * 9}waiting",
        f"on-line list hospital {'of ' * 9}waiting",
    ]
    assert found([{"answer": text} for text in texts], need) == {1}


def test_words_of_two_parts_are_not_near() -> None:
    need = compile_query("hospital NEAR waiting").need
    assert need is not None
    assert found([{"answer": "hospital", "question": "waiting"}], need) == set()


@pytest.mark.parametrize(
    ("text", "is_dense"),
    [("hospital 5.2", False), ("10.0.0.1", True), ("he'll", False), ("हिन्दी", True), ("SOCA (a) £5 ½", False)],
)
def test_texts_with_tokens_that_the_index_splits_are_marked(text: str, is_dense: bool) -> None:
    assert (DENSE in index._indexed(signed_forms_of({"answer": text}))["answer"]) is is_dense


HOSPITAL, WAIT, LINE = (PhraseRequirement((word,), is_alone=True) for word in ("hospital", "wait*", "a"))


@pytest.mark.parametrize(
    ("need", "asked"),
    [
        (
            NearBy((HOSPITAL,), (LINE,), 3),
            (
                '(NEAR("hospital" "a", 6) OR (("\ue003hospital") AND ("a"))'
                ' OR ("\ue004" AND ("hospital" OR "\ue003hospital") AND ("a")))'
            ),
        ),
        (
            NearBy(
                (PhraseRequirement(("a",), frozenset({"answer"})),),
                (PhraseRequirement(("wait*",), frozenset({"answer"})),),
                1,
            ),
            (
                '{answer} : (NEAR("a" "wait" *, 2) OR (("a") AND ("\ue003wait" *))'
                ' OR ("\ue004" AND ("a") AND ("wait" * OR "\ue003wait" *)))'
            ),
        ),
        (NearBy((LINE,), (PhraseRequirement(("£",)),), 3), '"a"'),
        (
            NearBy(
                tuple(PhraseRequirement((f"a{n}",)) for n in range(7)),
                tuple(PhraseRequirement((f"b{n}",)) for n in range(7)),
                1,
            ),
            None,
        ),
    ],
)
def test_nearness_is_written_in_the_language_of_the_index(need: NearBy, asked: str | None) -> None:
    without = fts5_expression.fts5(AllOf((AnyOf(need.lefts), AnyOf(need.rights))))
    assert fts5_expression.fts5(need) == (asked or without)


@pytest.mark.parametrize("side", ["NHS", "waiting list", '"list"', "hos-pital"])
def test_a_side_that_is_not_a_plain_word_is_queried_without_distance(side: str) -> None:
    need = compile_query(f"hospital NEAR {side}").need
    assert not isinstance(need, NearBy) or side == '"list"'
