"""Similarity of answers, which are equal word for word or nearly, and of names that are spelt nearly alike.

Answers are compared by the words of their search form, so that case, typography, paragraphs and full stops do not
count. To find similar ones in a large archive each answer has a few *marks*: the hash of all its words, which only
equal answers share; and the hashes of a run of words around each of its two longest words, with figures masked. An edit
elsewhere does not change these, and long words are rare, so that few other answers share them. docs/alike.md says how
much that finds.
"""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from hashlib import blake2b
from itertools import groupby
from typing import TYPE_CHECKING, Final

from monitor.text.search_form import TAIL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TELLING: Final = 4
"""Fewest words of an answer that is compared: shorter ones ("None.") fit any question."""

NEAR_FROM: Final = 20
"""Fewest words of an answer for which nearly equal ones are looked for: shorter ones are formulas that differ in little."""

NEAR: Final = 0.85
"""Least share of words in common, in order, of nearly equal answers."""

RUN: Final = 5
_RUNS: Final = 2
_BEFORE: Final = 2
"""Words of a run before the long word."""

_LEAST_RUN: Final = 3
_TAIL: Final = f" {TAIL} "
_BREAKS: Final = frozenset({"|", "."})
_LONG: Final = 9
_LARGEST: Final = 1_000_000
"""Most pairs of words that are compared; of longer texts only the common beginning and end count."""

_LEAST_LIKENESS: Final = 0.6
"""difflib's own measure of a close match."""
_LEAST_LIKENESS_OF_A_WORD: Final = 0.7
"""A long list of names has many words: more of them are alike by chance."""


def words_of(form: str) -> list[str]:
    """Return the words and marks of a search form, in order, without the breaks between them."""
    main, _, _ = form.partition(_TAIL)
    return [word for word in main.split() if word not in _BREAKS]


def mark_of(words: Sequence[str]) -> int | None:
    """Return the mark that equal answers share: 63 bits, not negative; None for too few words."""
    return _hash(words, 8) >> 1 if len(words) >= TELLING else None


def marks_of_runs(words: Sequence[str]) -> tuple[int, ...]:
    """Return the marks of which nearly equal answers share one: 31 bits, negative. Other answers rarely share them."""
    if len(words) < NEAR_FROM:
        return ()
    runs = []
    for word in _longest(words):
        start = max(0, min(words.index(word) - _BEFORE, len(words) - RUN))
        runs.append(["0" if word[0].isdigit() else word for word in words[start : start + RUN]])
    return tuple({~(_hash(run, 4) >> 1): None for run in runs})


def runs_of(form: str) -> list[tuple[str, ...]]:
    """Return the runs of words around the two longest words of a search form, by which the index finds similar texts.

    They hold words of letters only and cross no break. Short runs are left out.
    """
    main, _, _ = form.partition(_TAIL)
    stretches = [list(group) for is_word, group in groupby(main.split(" "), key=str.isalpha) if is_word]
    words = [word for stretch in stretches for word in stretch]
    runs: dict[tuple[str, ...], None] = {}
    for word in _longest(words):
        stretch = next(stretch for stretch in stretches if word in stretch)
        start = max(0, min(stretch.index(word) - _BEFORE, len(stretch) - RUN))
        run = tuple(stretch[start : start + RUN])
        runs |= {run: None} if len(run) >= _LEAST_RUN else {}
    return list(runs)


def marks(form: str) -> tuple[int, ...]:
    """Return all marks of an answer by its search form; none if it has too few words."""
    words = words_of(form)
    mark = mark_of(words)
    return () if mark is None else (mark, *marks_of_runs(words))


def likeness(words: Sequence[str], others: Sequence[str], *, least: float = NEAR) -> float:
    """Return the share of words that two texts have in common, in order: 1.0 for equal texts, 0.0 below `least`.

    It may be too low for very long texts, and for texts with many words in another order.
    """
    total = len(words) + len(others)
    if not total or 2 * min(len(words), len(others)) < least * total:
        return 0.0
    if 2 * (Counter(words) & Counter(others)).total() < least * total:
        return 0.0
    share = 2 * _common(words, others) / total
    return share if share >= least else 0.0


def _longest(words: Sequence[str]) -> list[str]:
    """Return the longest words that are no figures; of equally long ones the first in the alphabet."""
    distinct = set(words)
    long = [word for word in distinct if len(word) >= _LONG and not word[0].isdigit()]
    if len(long) < _RUNS:
        long = [word for word in distinct if not word[0].isdigit()]
    return sorted(sorted(long), key=len, reverse=True)[:_RUNS]


def _common(words: Sequence[str], others: Sequence[str]) -> int:
    """Count the words that two texts have in common, in the same order."""
    shorter = min(len(words), len(others))
    head = next((i for i in range(shorter) if words[i] != others[i]), shorter)
    tail = next((i for i in range(shorter - head) if words[-1 - i] != others[-1 - i]), shorter - head)
    left, right = words[head : len(words) - tail], others[head : len(others) - tail]
    if len(left) * len(right) > _LARGEST:
        return head + tail
    blocks = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    return head + tail + sum(block.size for block in blocks)


def _hash(words: Sequence[str], size: int) -> int:
    return int.from_bytes(blake2b(" ".join(words).encode(), digest_size=size).digest(), "big")


# -- names, for "Did you mean ...?" -----------------------------------------------------------------------------------


def nearest(given: str, names: Iterable[str], count: int = 3) -> list[str]:
    """Return the names that are spelt most like the given one, or that contain such a word, best first.

    Of names with the same word those come first that are also most like it as a whole.
    """
    wanted = given.casefold()

    def ratios(name: str) -> tuple[float, float]:
        whole, *words = (
            SequenceMatcher(None, wanted, part).ratio() for part in (name.casefold(), *name.casefold().split())
        )
        return max(whole, 0.0, *(word for word in words if word >= _LEAST_LIKENESS_OF_A_WORD)), whole

    scored = [(*ratios(name), name) for name in names]
    scored.sort(key=lambda scores: (-scores[0], -scores[1], scores[2]))
    return [name for best, _, name in scored if best >= _LEAST_LIKENESS][:count]
