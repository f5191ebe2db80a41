"""Long texts that could stall quoting. The work is counted, not timed, and grows no faster than the text."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from monitor.presentation import excerpt as module
from monitor.presentation.differences import differences
from monitor.presentation.excerpt import Block, quote
from monitor.presentation.plain_text import quoted
from monitor.presentation.table_layout import MOST_CELLS
from monitor.terms import document_view
from monitor.terms.matcher import compile_query

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = {
    "lines": "water\n",
    "paragraphs": "water\n\n",
    "rows": "water\tb\n",
    "sentences": "Water. ",
    "abbreviations": "Mr. Water ",
    "words": "water ",
    "cells": "water\t",
    "a table under each line": "water\n\nb\twater\n",
}


def calls(act: Callable[[], object]) -> int:
    """Count the functions that are called, Python's own included."""
    count = 0

    def called(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("whole_up_to", [10**9, 150])
@pytest.mark.parametrize("bit", HOSTILE.values(), ids=HOSTILE)
def test_a_text_twice_as_long_takes_twice_the_work(bit: str, whole_up_to: int) -> None:
    def work(times: int) -> int:
        module._units.cache_clear()
        text = bit * times
        at = bit.lower().index("water")
        spans = [(at + i * len(bit), at + i * len(bit) + 5) for i in range(times)]
        return calls(lambda: quoted(quote(text, spans, whole_up_to=whole_up_to, opening=2), "A"))

    # both are longer than what is quoted whole: shorter ones take another way
    assert work(400) < 2.5 * work(200)


def test_each_block_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counted(**facts: Any) -> Block:
        made.append(facts)
        return Block(**facts)

    monkeypatch.setattr(module, "Block", counted)
    shown = quote("a\n" * 500 + "\n" + "b\tc\n" * 500, [], whole_up_to=10**9, opening=0)
    assert (len(shown.blocks), len(made)) == (2, 2)
    assert (len(shown.blocks[0].lines), len(shown.blocks[1].rows)) == (500, 500)


def test_one_endless_row_does_not_make_a_table_of_millions() -> None:
    shown = quote("a\tb\n" * 10 + "c\t" * 50_000 + "\n" + "d\te\n" * 10, [], whole_up_to=10**9, opening=0)
    assert max(block.columns for block in shown.blocks) == 2
    [row] = quote("\t".join("c" * MOST_CELLS), [], whole_up_to=10**9, opening=0).blocks
    assert row.columns == MOST_CELLS


def test_figures_are_found_by_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    class Figure(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    class Pattern:
        def findall(self, text: str) -> list[Figure]:
            return [Figure(word) for word in text.split()]

    monkeypatch.setattr("monitor.presentation.differences._NUMBER", Pattern())
    change = differences(" ".join(f"{n}" for n in range(1, 1200)), " ".join(f"{n}" for n in range(2000, 4000)))
    assert len(change.figures) == 1
    assert compared < 10_000


def test_line_with_many_matches_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    def locate_words(*_: object) -> None:
        nonlocal looks
        looks += 1

    monkeypatch.setattr(document_view, "locate_words", locate_words)
    found = compile_query("bathing water").spans({"answer": "bathing water " * 500})
    assert found is not None
    assert [match.start for match in found] == [i * 14 for i in range(500)]
    assert looks == 0
