"""Sentences of a plain text: one rule for quotations and for labels."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

from monitor.text.raised_figures import RAISED

_ENDS: Final = re.compile(rf"[.!?][\"'\u201d\u2019)\]{RAISED}]*\s+(?=[\"'\u201c\u2018(\[]*[A-Z0-9£])")
_LINE: Final = re.compile(r"[^\n\t]+")
_ABBREVIATED: Final = re.compile(
    r"(?:\b(?:hon|rt|mr|mrs|ms|messrs|dr|prof|rev|capt|gen|lt|sgt|st|no|nos|nr|vol|vols|art|para|paras|cf|cm|cmnd|cols?|cc|pp"
    r"|deb|sess|e\.g|i\.e|etc|ca)|\b[a-z])\.$"
    r"|\b(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.$",
    re.IGNORECASE,
)


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Split the line at these code points into sentences: start and end, with the space after each."""
    edges = [start]
    for stop in _ENDS.finditer(text, start, end):
        before = text[max(edges[-1], stop.start() - 11) : stop.start() + 1]
        if not _ABBREVIATED.search(before):
            edges.append(stop.end())
    return list(pairwise([*edges, end]))


def sentence_around(text: str, place: int) -> tuple[int, int]:
    """Return the sentence around a place of a text, without the space after it. A line break ends a sentence."""
    start, end = text.rfind("\n", 0, place) + 1, text.find("\n", place)
    line = _sentences_of_line(text, start, len(text) if end < 0 else end)
    left, right = next((sentence for sentence in line if place < sentence[1]), line[-1])
    return left, left + len(text[left:right].rstrip())


@lru_cache(maxsize=50)  # several rules look at the same line, one after the other
def _sentences_of_line(text: str, start: int, end: int) -> list[tuple[int, int]]:
    return sentences(text, start, end)


def longest_sentence(text: str) -> str:
    """Return the sentence with the most words, the first of several. The end of a line or a cell ends a sentence."""
    found = [text[left:right] for line in _LINE.finditer(text) for left, right in sentences(text, *line.span())]
    return max(found, key=lambda sentence: len(sentence.split()), default="").strip()
