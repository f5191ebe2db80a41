"""What a quotation leaves behind: the runs of words by which revisions that may hold it are looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.holdings import AllOf, Run
from monitor.terms.text import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.holdings import Need
    from monitor.quoting.quotations import Quotation

FEW: Final = 12
"""Words below which one that is another may stand in every longer run: then pairs of neighbours are looked up too."""

_MOST: Final = 12
_RUN: Final = 4
_LONG: Final = 10
_WORDS: Final = 6
_ALONE: Final = 6


def whole(quotation: Quotation) -> Need | None:
    """What a revision must hold for a quotation to stand there; None where it has no word to be looked up by."""
    runs = [Run(words) for words in _rows(quotation) if words]
    return AllOf(tuple(runs)) if len(runs) > 1 else runs[0] if runs else None


def runs(quotation: Quotation) -> list[Need]:
    """What revisions with something like a quotation may hold: some runs of its words, those of long words first.

    And some long words by themselves, for what has no run in common with anything.
    """
    rows = _rows(quotation)
    is_brief = sum(map(len, rows)) < FEW
    found = {
        row[start : start + size]: None
        for row in rows
        for size in ((3, 2) if is_brief else (_RUN,))
        for start in range(max(len(row) - size + 1, min(len(row), 1)))
    }
    best = sorted(found, key=_commonness)
    alone = sorted({word for row in rows for word in row if len(word) >= _ALONE}, key=lambda word: (-len(word), word))
    return [
        Run(run) for run in (*_spread(best, 2 * _MOST if is_brief else _MOST), *((word,) for word in alone[:_WORDS]))
    ]


def _commonness(run: Sequence[str]) -> float:
    """Long words are seldom common ones."""
    return -sum(min(len(word), _LONG) for word in run) / len(run) - len(run)


def _spread(best: Sequence[tuple[str, ...]], most: int) -> Iterator[tuple[str, ...]]:
    """The first of the runs of which no more than half of the words stand in one chosen before, then the others."""
    used: set[str] = set()
    later: list[tuple[str, ...]] = []
    chosen = 0
    for run in best:
        if sum(word in used for word in run) * 2 > len(run):
            later.append(run)
        elif chosen < most:
            used.update(run)
            chosen += 1
            yield run
    yield from later[: most - chosen]


def _rows(quotation: Quotation) -> list[tuple[str, ...]]:
    """The words of each piece as the index has them: words and figures, no marks."""
    return [tuple(token.text for token in tokens(piece.text) if not token.is_mark) for piece in quotation.pieces]
