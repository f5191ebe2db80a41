"""Differences between two texts: words removed, words added, and figures among them.

Words are compared as printed. Quotation marks, dashes and white space in another typography are not a change. Differences of
a nearly equal answer are told in one line ("45 becomes 38"), so that one answer can stand for both.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from math import ceil
from typing import TYPE_CHECKING

from monitor.presentation.excerpt import Excerpt, Span, quote
from monitor.presentation.wording import clean
from monitor.text.search_form import search_form
from monitor.text.similarity import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

WHOLE = 40
"""Words up to which a changed text is shown whole: both sides, or neither, lest one seem to have lost the rest."""
LARGEST = 1_000_000
"""Word pairs that are compared one by one; what differs in longer texts is shown as one stretch."""

MOST_WORK = 50_000_000
"""Equal pairs times words of the shorter text, by which the time grows: 500 times the same word on both sides is more."""

_FOLDED = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
)
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*%?")

_MOST_PLACES = 3
"""Places in which an answer may differ from another to be told beside it and not for itself."""

_MOST_WORDS = 8
"""Words on each side of such a place."""

_RUN_LENGTHS = (128, 100, 80, 64, 50, 40, 32, 25, 20, 16, 12, 10, 8, 6, 5, 4, 3, 2, 1)
"""Lengths of runs of words by which texts are compared: few, so that texts of different lengths share them."""

_STOPS = ".,;:"
_FIGURE = re.compile(r"[£$€]?\d[\d,.:/-]*(?:%|m|bn)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The sentences that differ, on both sides, the words that differ marked; `figures` are (was, now), "" for none.

    `places` are those words in the text as it is now; one is empty where words only went. `pairs` are the words of each
    place that differs, as they were and as they are, "" for none.
    """

    was: Excerpt
    now: Excerpt
    places: tuple[Span, ...] = ()
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    figures: tuple[tuple[str, str], ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def is_none(self) -> bool:
        """True if no word differs."""
        return not (self.removed or self.added)

    @property
    def left_out(self) -> int:
        """Number of changed sentences, or rows of tables, that do not stand in `was` and `now`."""
        return max(self.was.left_out, self.now.left_out)


@dataclass(frozen=True, slots=True)
class _Word:
    key: str
    start: int
    end: int


def differences(before: str, after: str, *, words_of_cell: int = 1) -> Difference:
    """Compare two plain texts word by word. `words_of_cell`: see `quote`."""
    was, now = _places(before, after)
    pairs = [(before[a:b], after[c:d]) for (a, b), (c, d) in zip(was, now, strict=True)]
    whole_up_to = WHOLE if max(len(before.split()), len(after.split())) <= WHOLE else 0
    return Difference(
        was=_changed_sentences(before, was, whole_up_to, words_of_cell),
        now=_changed_sentences(after, now, whole_up_to, words_of_cell),
        places=tuple(now),
        removed=tuple(clean(a) for a, _ in pairs if a),
        added=tuple(clean(b) for _, b in pairs if b),
        figures=tuple(figure for pair in pairs for figure in _figures(*pair)),
        pairs=tuple((clean(a), clean(b)) for a, b in pairs),
    )


def _places(before: str, after: str) -> tuple[list[Span], list[Span]]:
    """Return the places in which two texts differ, in the one and in the other."""
    old, new = _split(before), _split(after)
    steps = [step for step in _steps([w.key for w in old], [w.key for w in new]) if step[0] != "equal"]
    was = [_span(before, old, i1, i2) for _, i1, i2, _, _ in steps]
    return was, [_span(after, new, j1, j2) for _, _, _, j1, j2 in steps]


def _split(text: str) -> list[_Word]:
    return [_Word(found.group().translate(_FOLDED), *found.span()) for found in re.finditer(r"\S+", text)]


def _steps(old: list[str], new: list[str]) -> list[tuple[str, int, int, int, int]]:
    """Return the edit operations between two lists of words. Their common beginning and end are not compared."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(left) * len(right) > LARGEST or _work(left, right) > MOST_WORK:
        return [("replace", head, head + len(left), head, head + len(right))]
    steps = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    return [(tag, i1 + head, i2 + head, j1 + head, j2 + head) for tag, i1, i2, j1, j2 in steps]


def _work(left: list[str], right: list[str]) -> int:
    """Return the worst-case cost of a comparison: each word is compared with each equal word of the other side."""
    there = Counter(right)
    return sum(times * there[word] for word, times in Counter(left).items()) * min(len(left), len(right))


def _span(text: str, words: list[_Word], first: int, last: int) -> Span:
    """Return the span of the words from first to last; for an empty range, the place where words would stand."""
    if first < last:
        return words[first].start, words[last - 1].end
    place = words[first].start if first < len(words) else len(text)
    return place, place


def _changed_sentences(text: str, spans: list[Span], whole_up_to: int, words_of_cell: int) -> Excerpt:
    """Quote the sentences with a change; a place where words are missing shows the sentence before it."""
    return quote(text, spans, whole_up_to=whole_up_to, opening=0, words_of_cell=words_of_cell)


def _figures(was: str, now: str) -> list[tuple[str, str]]:
    """Return the figures that differ in one place, paired if there are as many on both sides."""
    old, new = _NUMBER.findall(was), _NUMBER.findall(now)
    if len(old) == len(new):
        return [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
    was_there, is_there = set(old), set(new)
    return [(", ".join(n for n in old if n not in is_there), ", ".join(n for n in new if n not in was_there))]


# -- nearly equal answers ---------------------------------------------------------------------------------------------


def exceptions(shown: str, other: str) -> list[str]:
    """Return how the words of one answer change in the other, place by place; empty for equal answers.

    Places where only capitals, punctuation or spaces differ are left out.
    """
    return [_said(*pair) for pair in differences(shown, other).pairs if _words(pair[0]) != _words(pair[1])]


def brief_exceptions(shown: str, other: str) -> list[str]:
    """Return all differences, also capitals and punctuation, if they are so few that one answer can stand for both.

    Empty for more differences, and for equal answers.
    """
    was, now = _places(shown, other)
    if len(was) > _MOST_PLACES:
        return []
    pairs = [(clean(shown[a:b]), clean(other[c:d])) for (a, b), (c, d) in zip(was, now, strict=True)]
    return [_said(*pair) for pair in pairs] if all(map(_is_brief, pairs)) else []


class BriefCandidates:
    """Finds the texts that may differ from another in so few words that `brief_exceptions` tells them.

    Two such texts differ in few short places, so a run of words between these is long: a quarter of what does not differ.
    Texts without a common run of such a length need not be compared.
    """

    def __init__(self) -> None:
        self._added: list[tuple[int, str]] = []
        self._always: list[int] = []
        self._by_run: dict[int, dict[int, list[int]]] = {}

    def add(self, number: int, text: str) -> None:
        """Add a text under a number."""
        self._added.append((number, text))  # most are never asked for, so `of` looks for their runs of words

    def _find_runs(self, number: int, text: str) -> None:
        words = _keys(text)
        length = _run_length(len(words)) if _is_clean(text, words) else 0
        if not length:
            self._always.append(number)
            return
        by_run = self._by_run.setdefault(length, {})
        for run in _runs(words, length):
            by_run.setdefault(run, []).append(number)

    def of(self, text: str) -> set[int]:
        """Return the numbers of the texts that are to be compared with this one."""
        for added in self._added:
            self._find_runs(*added)
        self._added.clear()
        if not self._always and not self._by_run:
            return set()
        words = _keys(text)
        is_clean = _is_clean(text, words)
        found = set(self._always)
        for length, by_run in self._by_run.items():
            runs = _runs(words, length) if is_clean else by_run.keys()
            found.update(*(by_run[run] for run in runs if run in by_run))
        return found


def _keys(text: str) -> list[str]:
    return [word.key for word in _split(text)]


def _is_clean(text: str, words: list[str]) -> bool:
    """Return whether words are counted as `_is_brief` counts them, which leaves out what is invisible."""
    return len(clean(text).split()) == len(words)


def _run_length(words: int) -> int:
    """Return a length of a run that a text of so many words has in common with each that it differs from briefly."""
    in_common = words - _MOST_PLACES * _MOST_WORDS  # at least; the places part them into one run more than places
    longest = ceil(in_common / (_MOST_PLACES + 1))
    return next((length for length in _RUN_LENGTHS if length <= longest), 0)


def _runs(words: list[str], length: int) -> set[int]:
    return {hash(tuple(words[start : start + length])) for start in range(len(words) - length + 1)}


def _is_brief(pair: Iterable[str]) -> bool:
    return all(len(words.split()) <= _MOST_WORDS and "\n" not in words for words in pair)


def _words(text: str) -> list[str]:
    return words_of(search_form(text))


def _said(was: str, now: str) -> str:
    was, now = " ".join(was.split()), " ".join(now.split())
    if was and now and was[-1] == now[-1] and was[-1] in _STOPS:
        was, now = was.rstrip(_STOPS), now.rstrip(_STOPS)
    if not was:
        return f"{_quoted(now)} is added"
    return f"{_quoted(was)} becomes {_quoted(now)}" if now else f"{_quoted(was)} is left out"


def _quoted(words: str) -> str:
    """Words in quotation marks; a figure needs none."""
    return words if _FIGURE.fullmatch(words) else f"\u201c{words}\u201d"
