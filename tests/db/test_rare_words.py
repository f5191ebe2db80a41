"""Something rare beside common words: the index is asked from the oldest row on, and names the same rows."""

from __future__ import annotations

from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import index_view
from db.fts5_expression import commonness_of_rarest
from db.index_view import IndexView, row_of
from monitor.model.index_query import AllOf, AnyOf, IndexQuery, NearBy, PhraseRequirement
from tests.index_kit import ALL_ROWS, rows_named, view_of

OTTER, OTTERS, RIVER = (PhraseRequirement((word,)) for word in ("otter", "otterss", "river"))
THE_OTTER = PhraseRequirement(("the", "otter"))
RARE = 0.2


@pytest.mark.parametrize(
    ("need", "is_rare"),
    [
        (OTTER, True),
        (RIVER, False),
        (THE_OTTER, True),
        (PhraseRequirement(("the", "river")), False),
        (PhraseRequirement(("the", "rivery")), True),
        (PhraseRequirement(("the", "otte*")), True),
        (PhraseRequirement(("the", "riv*")), False),
        (AllOf((OTTER, RIVER)), True),
        (AllOf((RIVER, RIVER)), False),
        (AnyOf((OTTER, OTTERS)), True),
        (AnyOf((OTTER, RIVER)), False),
        (AnyOf((AllOf((OTTER, RIVER)), OTTERS)), True),
        (NearBy((OTTER, OTTERS), (RIVER,), 5), True),
        (NearBy((OTTER, RIVER), (RIVER,), 5), False),
    ],
)
def test_what_is_rare(need: IndexQuery, is_rare: bool) -> None:
    assert (commonness_of_rarest(need) <= RARE) == is_rare


@given(
    st.lists(st.sampled_from(["the otter", "the river", "otter the", "the otter, the otter river"]), max_size=9),
    st.sampled_from([OTTER, THE_OTTER, AllOf((OTTER, RIVER)), AnyOf((THE_OTTER, OTTERS)), RIVER]),
    st.integers(1, 10),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_the_same_rows_are_named(answers: list[str], need: IndexQuery, few: int, first: int, last: int) -> None:
    rows = row_of(None, first), row_of(None, last)
    with view_of([{"answer": answer} for answer in answers]) as view, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(index_view, "_FEW_ROWS", few)
        found = rows_named(view, need)
        within = view.candidates(need, rows)
        oldest_first = view.candidates(need, ALL_ROWS, oldest_first=True)
        assert found is not None
        assert within is not None
        assert oldest_first is not None
        assert list(oldest_first) == found[::-1]
        assert list(within) == [row for row in found if first <= row <= last]
        monkeypatch.setattr(index_view, "commonness_of_rarest", lambda _: 1_000)
        assert rows_named(view, need) == found


@pytest.mark.parametrize(("few", "asked"), [(3, ["ASC", "DESC"]), (4, ["ASC"])])
def test_rows_are_read_from_the_oldest_where_they_are_few(
    few: int, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = []
    read = IndexView._read

    def note(view: IndexView, query: str, values: list[object]) -> object:
        orders.append("ASC" if " ASC" in query else "DESC")
        return read(view, query, values)

    monkeypatch.setattr(IndexView, "_read", note)
    monkeypatch.setattr(index_view, "_FEW_ROWS", few)
    with view_of([{"answer": "the otter"}] * 3) as view:
        assert rows_named(view, THE_OTTER) == [3, 2, 1]
        assert orders == asked
        orders.clear()
        assert rows_named(view, RIVER) == []
        assert orders == ["DESC"]


def test_labels_are_asked_for_as_well() -> None:
    with view_of([{"answer": "the otter"}] * 3) as view:
        assert view._opened is not None
        view._opened[1].execute("INSERT INTO label (name, row_number) VALUES ('promise', 2)")
        found = view.candidates(THE_OTTER, ALL_ROWS, labels=["promise"])
        assert found is not None
        with closing(found):
            assert list(found) == [2]
