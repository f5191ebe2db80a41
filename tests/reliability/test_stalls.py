"""Texts that are made to stall. Their cost is counted, not timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.presentation import differences as module
from monitor.presentation.differences import differences

if TYPE_CHECKING:
    import pytest


def test_texts_that_share_one_word_all_over_are_not_compared_word_by_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def compare(*_: object, **__: object) -> None:
        raise AssertionError("compared")

    monkeypatch.setattr(module, "SequenceMatcher", compare)
    was, now = (" ".join("the" if i % 2 else f"{letter}{i}" for i in range(999)) for letter in "xy")
    change = differences(f"First {was}", f"Then {now}")
    assert (len(change.removed), len(change.added)) == (1, 1)


def test_ordinary_texts_of_such_a_length_are_compared() -> None:
    was = " ".join("the" if i % 9 == 0 else f"w{i % 200}" for i in range(900))
    change = differences(was, was.replace("w77 ", "x77 ").replace("w5 ", "y5 "))
    assert len(change.removed) > 5
