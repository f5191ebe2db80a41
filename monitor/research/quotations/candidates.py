"""Candidates for a quotation: the words by which revisions that may hold it are looked up.

An index finds rare words quickly and runs of common words slowly, so rare words are looked up first.
"""

from __future__ import annotations

from itertools import chain, pairwise
from typing import TYPE_CHECKING, Final

from monitor.model.index_query import AllOf, PhraseRequirement
from monitor.text.tokens import tokens
from monitor.text.word_frequency import commonness

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.model.index_query import IndexQuery
    from monitor.research.quotations.extraction import Quotation

_RAREST: Final = 4
_PAIRS: Final = 12
_WORDS: Final = 6
_TELLING: Final = 5.0
"""Answers in 1,000 with a pair of words up to which the pair is looked up beyond the first `_AT_LEAST`."""
_AT_LEAST: Final = 6
_EVERYWHERE: Final = 30.0


def rarest(quotation: Quotation) -> IndexQuery | None:
    """Return the rarest words of a quotation and the rarest pair of neighbours, which stand wherever the quotation does.

    None for a quotation without any word to look up.
    """
    rows = _rows(quotation)
    found = dict.fromkeys(_by_rarity((word,) for word in chain(*rows)))
    pairs = _by_rarity(chain(*map(pairwise, rows)))
    runs = [PhraseRequirement(words) for words in (*pairs[:1], *list(found)[:_RAREST])]
    return AllOf(tuple(runs)) if len(runs) > 1 else runs[0] if runs else None


def whole(quotation: Quotation) -> IndexQuery | None:
    """All words of a quotation, next to each other but for its gaps; None where it has none."""
    runs = [PhraseRequirement(words) for words in _rows(quotation) if words]
    return AllOf(tuple(runs)) if len(runs) > 1 else runs[0] if runs else None


def scattered(quotation: Quotation) -> list[IndexQuery]:
    """Return what revisions with something like the quotation may hold, the rarest first.

    These are all but one of its rarest words, because one may be altered; pairs of its words; single rare words.
    """
    rows = _rows(quotation)
    words = _by_rarity((word,) for word in chain(*rows))
    few = words[: _RAREST + 1]
    by_rarity = _by_rarity(chain(*map(pairwise, rows)))
    pairs = [
        pair for pair in _spread(by_rarity, _PAIRS) if commonness(pair) < _TELLING or pair in by_rarity[:_AT_LEAST]
    ]
    alone = [word for word in words[:_WORDS] if commonness(word) < _EVERYWHERE]
    all_but_one = [
        AllOf(tuple(PhraseRequirement(words) for words in few if words != left_out))
        for left_out in few
        if len(few) > _RAREST
    ]
    return [*all_but_one, *(PhraseRequirement(run) for run in dict.fromkeys([*pairs, *alone]))]


def _by_rarity(runs: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return each run once, rarest first; of equally rare runs the longest first."""
    return sorted(dict.fromkeys(runs), key=lambda run: (commonness(run), -sum(map(len, run))))


def _spread(best: Sequence[tuple[str, ...]], most: int) -> Iterator[tuple[str, ...]]:
    """Return the runs with at most half of their words in a run chosen before, then the others."""
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
    """Return the words of each piece as the index has them: words and figures, no punctuation."""
    return [tuple(token.text for token in tokens(piece.text) if not token.is_mark) for piece in quotation.pieces]
