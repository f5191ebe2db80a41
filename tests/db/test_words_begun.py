"""Beginnings of words that many answers have: the index is asked for the words that begin so, and names the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from db import index_view
from db.index_view import IndexView
from monitor.model.index_query import AllOf, AnyOf, PhraseRequirement
from monitor.model.records import PARTS
from monitor.model.search import Filters
from monitor.terms.matcher import compile_query
from monitor.text.index_form import ASKED, NAMED
from monitor.text.search_form import JOINED
from tests.archive_kit import store
from tests.db.test_index import answered
from tests.index_kit import ALL_ROWS, change_index, index_rows, rows_named, view_of

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.index_query import IndexQuery

WORDS = [
    "otter", "otters", "ottery", "ott", "otte", "otu", "ots", "ot", "otté", "ott9", "ottz", "ottawa", "ott\u65e5", "zoo",
    "zz", "z9", "river", f"{JOINED}ottside", f"{NAMED}office", f"{NAMED}offices", f"{ASKED}office", f"{JOINED}zip", "offer",
]  # fmt: skip
BEGINNINGS = ["ott*", "otte*", "otter*", "ot*", "z*", "zz*", "ottu*", "o*", "off*", "otté*", "9*", "ott-z*", "*"]


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Have words listed for every beginning, as if it were a common one; returns the beginnings and words as they come."""
    told: list[tuple[str, list[str]]] = []
    words_begun = IndexView._words_begun

    def tell(view: IndexView, beginning: str) -> list[str]:
        told.append((beginning, words_begun(view, beginning)))
        return told[-1][1]

    monkeypatch.setattr(index_view, "frequency_of_beginning", lambda _: 1_000_000)
    monkeypatch.setattr(index_view, "_ROWS_FOR_A_WORD", 1)
    monkeypatch.setattr(IndexView, "_words_begun", tell)
    return told


def needs() -> st.SearchStrategy[IndexQuery]:
    begun = st.builds(
        PhraseRequirement,
        st.tuples(st.sampled_from(BEGINNINGS)),
        st.sets(st.sampled_from(PARTS)).map(frozenset),
        is_alone=st.booleans(),
        in_names=st.booleans(),
    )
    other = st.sampled_from([PhraseRequirement(("river",)), PhraseRequirement(("river", "ott*"))])
    both = st.tuples(begun, begun | other)
    return begun | both.map(AnyOf) | both.map(AllOf)


DOCUMENTS = st.lists(
    st.dictionaries(st.sampled_from(PARTS), st.lists(st.sampled_from(WORDS), min_size=1).map(" ".join)),
    min_size=1,
    max_size=6,
)


@given(DOCUMENTS, needs(), st.integers(0, 12))
@example([{"answer": "otter"}, {"answer": "otters river"}, {"answer": "otu"}], PhraseRequirement(("ott*",)), 12)
@example([{"question": f"{ASKED}office"}, {"text": f"{NAMED}offices"}], PhraseRequirement(("off*",)), 12)
def test_the_same_rows_are_named(documents: list[dict[str, str]], need: IndexQuery, at_most: int) -> None:
    with view_of(documents) as view, pytest.MonkeyPatch.context() as monkeypatch:
        before = rows_named(view, need)
        monkeypatch.setattr(index_view, "frequency_of_beginning", lambda _: 1_000 * at_most)
        monkeypatch.setattr(index_view, "_ROWS_FOR_A_WORD", len(documents))
        assert rows_named(view, need) == before
        assert view.newest(need, ALL_ROWS, at_most=100) == (before or [])


def test_words_are_listed_up_to_a_bound(listed: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch) -> None:
    need = PhraseRequirement(("ott*",), is_alone=True, in_names=False)
    with view_of([{"answer": word} for word in ("otter", "ott9", "otu", "otté", "ott", f"{JOINED}otter")]) as view:
        assert rows_named(view, need) == [6, 5, 4, 2, 1]
        assert listed == [("ott", ["ott", "ott9", "otter", "otté"]), (f"{JOINED}ott", [])]
        for most, words in ((4, ["ott", "ott9", "otter", "otté"]), (3, []), (0, [])):
            monkeypatch.setattr(index_view, "_MOST_WORDS", most)
            listed.clear()
            assert rows_named(view, need) == [6, 5, 4, 2, 1]
            assert listed[0] == ("ott", words)


def test_words_of_a_rare_beginning_are_not_listed() -> None:
    documents = [{"answer": "otter strategy"}] * 40
    with view_of(documents) as view:
        assert view._words_begun("strat") == []  # of some 40 rows none is worth a word
        assert rows_named(view, PhraseRequirement(("strat*",))) == [*range(40, 0, -1)]


def test_searches_find_the_same_words(archive: Archive, listed: list[tuple[str, list[str]]]) -> None:
    texts = ["An otter swims.", "Otters swim.", "OTTAWA", "Ottering about", "No such word", "The otter-rich river"]
    store(archive, *(answered(number, text) for number, text in enumerate(texts, 1)))
    archive.index.follow()
    for filters in (Filters(), Filters(by_relevance=True), Filters(oldest_first=True)):
        hits = archive.search.hits(compile_query("otter*"), filters)
        assert {(hit.revision.proceeding.uin, hit.spans[0].form) for hit in hits} == {
            ("1", "otter"), ("2", "Otters"), ("4", "Ottering"), ("6", "otter"),
        }  # fmt: skip
    assert any(words for _, words in listed)


@pytest.mark.parametrize("damage", ["drop table full_text", "delete from full_text_data where id > 10"])
def test_damage_that_listing_words_meets_is_noted(
    archive: Archive, listed: list[tuple[str, list[str]]], damage: str
) -> None:
    store(archive, *(answered(number, "otter") for number in range(1, 6)))
    archive.index.follow()
    change_index(archive.engine, damage)
    assert [hit.revision.proceeding.uin for hit in archive.search.hits(compile_query("otter*"), Filters())] == [
        "5", "4", "3", "2", "1",
    ]  # fmt: skip
    assert not any(words for _, words in listed)
    assert index_rows(archive.engine, "select value from fact where name = 'damaged'") == [("1",)]
    assert archive.index.follow() == 5  # it is made again
    assert archive.index.problems() == []
