"""Words near each other: the look at the search forms beforehand leaves out no find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.model.watching import Topic
from monitor.terms import document_view
from monitor.terms.document_view import DocumentView
from monitor.terms.matcher import compile_query, compile_terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model.watching import Match
    from monitor.terms.compiled_phrase import CompiledPhrase
    from monitor.terms.document_view import NeedleHit, Occurrence

WORDS = [
    "waiting",
    "list",
    "waitings",
    "lists",
    "on",
    "line",
    "online",
    "NHS",
    "the",
    "office",
    "cabinet",
    "child",
    "care",
]
GAPS = [" ", " ", " ", "-", " - ", ", ", ". ", "\n", ": ", "'s ", " £", " (", "\t", "."]
PHRASES = [
    "waiting", "list", "waiting list", "on line", "online", "NHS", "list the office", "line waiting list",
    "cabinet office", "offi*", "waiting list*", '"waiting list"', "on-line", "childcare",
]  # fmt: skip
TEXTS = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(GAPS)), min_size=2, max_size=14).map(
    lambda pairs: "".join(f"{word}{gap}" for word, gap in pairs).strip()
)


def both_ways(query: str, parts: dict[str, str]) -> tuple[tuple[Match, ...] | None, tuple[Match, ...] | None]:
    """Return what is found with the look at the forms, and without it."""
    compiled = compile_query(query)
    found = compiled.spans(parts)
    assert (found is not None) == compiled.holds(parts)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(DocumentView, "_hits_near", lambda *_: None)
        return found, compiled.spans(parts)


@settings(max_examples=1_000)
@given(
    st.dictionaries(st.sampled_from(["heading", "question", "answer"]), TEXTS, min_size=1),
    st.sampled_from(PHRASES),
    st.sampled_from(PHRASES),
    st.integers(1, 4),
)
@example({"answer": "online waiting\nlist"}, "online", "list", 2)
def test_the_same_is_found_as_without_the_look(parts: dict[str, str], left: str, right: str, distance: int) -> None:
    with_look, without = both_ways(f"{left} NEAR/{distance} {right}", parts)
    assert with_look == without


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("waiting NEAR/2 office", "waiting on the office"),
        ("office NEAR/2 waiting", "waiting on the office"),
        ("waiting list NEAR/2 office", "waiting list on the office"),
        ("waiting NEAR/2 office", "waiting, on (the) office"),
        ("online NEAR/1 waiting", "On-line waiting is what the people of the town on the hill want."),
        ("childcare NEAR/1 office", "child care the office"),
        ("waiting NEAR/1 office", "waiting on the\noffice waiting"),
    ],
)
def test_words_that_are_near_enough_are_found(query: str, text: str) -> None:
    with_look, without = both_ways(query, {"answer": text})
    assert with_look
    assert with_look == without


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("waiting NEAR/2 office", "waiting on the cabinet office"),
        ("waiting NEAR/2 office", "waiting\noffice"),
        ("(waiting OR list) NEAR/2 office", "waiting list on the cabinet office"),
    ],
)
def test_words_too_far_apart_are_seen_in_the_forms(query: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DocumentView, "_find", lambda *_: pytest.fail("places were looked for"))
    assert compile_query(query).spans({"answer": text}) is None
    assert compile_query(query).spans({"answer": "waiting list", "question": "office"}) is None


def test_what_is_excluded_is_near_nothing() -> None:
    topic = Topic(key="t", name="t", terms=("waiting NEAR/3 office",), exclude=("post office",))
    matcher = compile_terms([topic])
    assert matcher.matches({"answer": "waiting at the post office"}) == ()
    assert [match.form for match in matcher.matches({"answer": "post office, the office is waiting"})] == [
        "office",
        "waiting",
    ]


def test_what_several_terms_ask_for_is_located_once(monkeypatch: pytest.MonkeyPatch) -> None:
    located: list[str] = []
    find = DocumentView._find

    def note(view: DocumentView, phrase: CompiledPhrase, hits: Sequence[NeedleHit]) -> list[Occurrence]:
        located.append(phrase.phrase.words[0].text)
        return find(view, phrase, hits)

    monkeypatch.setattr(DocumentView, "_find", note)
    matcher = compile_terms([Topic(key="t", name="t", terms=("waiting NEAR/3 office", "waiting NEAR/1 list"))])
    matches = matcher.matches({"answer": "the waiting list of the office"})
    assert [(match.term, match.form) for match in matches] == [
        ("waiting NEAR/3 office", "waiting"),
        ("waiting NEAR/3 office", "office"),
        ("waiting NEAR/1 list", "waiting"),
        ("waiting NEAR/1 list", "list"),
    ]
    assert sorted(located) == ["list", "office", "waiting"]


def test_where_words_stand_often_nothing_is_seen_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_view, "_MOST_PAIRS", 3)
    monkeypatch.setattr(document_view, "_may_be_near", lambda *_: pytest.fail("a pair was looked at"))
    with_look, without = both_ways("waiting NEAR/2 office", {"answer": "waiting office. waiting office"})
    assert with_look == without is not None
