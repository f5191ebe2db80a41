"""Where sentences end in plain text: one rule for what is quoted and what is labelled."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

_ENDS: Final = re.compile(r"[.!?][\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c\u2018(\[]*[A-Z0-9£])")
_LINE: Final = re.compile(r"[^\n\t]+")
_ABBREVIATED: Final = re.compile(
    r"(?:\b(?:hon|rt|mr|mrs|ms|messrs|dr|prof|rev|capt|gen|lt|sgt|st|no|nos|nr|vol|vols|art|para|paras|cf|cm|cmnd|cols?|cc|pp"
    r"|deb|sess|e\.g|i\.e|etc|ca)|\b[a-z])\.$"
    r"|\b(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.$",
    re.IGNORECASE,
)


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The sentences of a line, which stands at these code points, as (start, end), the space behind each included."""
    edges = [start]
    for stop in _ENDS.finditer(text, start, end):
        before = text[max(edges[-1], stop.start() - 11) : stop.start() + 1]
        if not _ABBREVIATED.search(before):
            edges.append(stop.end())
    return list(pairwise([*edges, end]))


def sentence_around(text: str, place: int) -> tuple[int, int]:
    """The sentence of a text that holds a place, without the space behind it; what a line ends ends a sentence."""
    start, end = text.rfind("\n", 0, place) + 1, text.find("\n", place)
    line = sentences(text, start, len(text) if end < 0 else end)
    left, right = next((one for one in line if place < one[1]), line[-1])
    return left, left + len(text[left:right].rstrip())


def longest_sentence(text: str) -> str:
    """The sentence with the most words, the first of several; a line ends a sentence, and so does a cell."""
    found = [text[left:right] for line in _LINE.finditer(text) for left, right in sentences(text, *line.span())]
    return max(found, key=lambda sentence: len(sentence.split()), default="").strip()
