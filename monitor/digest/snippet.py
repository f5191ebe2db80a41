"""A few words of a question on one line: whole where it is short, else around what was found in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from monitor.digest.excerpt import GAP, Block, Excerpt, Run, mark, question_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.digest.excerpt import Span
    from monitor.model import Match, Proceeding

MOST_WORDS: Final = 40
"""Words of a question that are shown."""

_BEFORE: Final = 12
"""Words that stand before what was found, where a question is not shown from its beginning."""

_SPACES: Final = re.compile(r"\s+")


def around(text: str, spans: Sequence[Span], most: int = MOST_WORDS) -> Excerpt:
    """Quote a question on one line: whole up to `most` words, else that many around the first span."""
    words = [(found.start(), found.end()) for found in re.finditer(r"\S+", text)]
    if not words:
        return Excerpt()
    found = min(spans, default=(0, 0))
    inside = [i for i, (start, end) in enumerate(words) if start < found[1] and found[0] < end]
    begin = 0 if not inside or inside[-1] < most else max(0, min(inside[0] - _BEFORE, len(words) - most))
    shown = words[begin : begin + most]
    runs = [Run(_SPACES.sub(" ", run.text), run.mark) for run in mark(text, shown[0][0], shown[-1][1], list(spans))]
    before = [Run(GAP, "gap"), Run(" ")] if begin else []
    after = [Run(" "), Run(GAP, "gap")] if begin + most < len(words) else []
    return Excerpt(blocks=(Block(lines=((*before, *runs, *after),)),), is_cut=bool(before or after))


def question_around(question: Proceeding, matches: Iterable[Match], most: int = MOST_WORDS) -> Excerpt:
    """Quote a question from behind its opening formula, with what was found in it marked."""
    text = question.question or ""
    cut = question_start(text)
    spans = [(max(match.start - cut, 0), match.end - cut) for match in matches if match.part == "question"]
    return around(text[cut:], [span for span in spans if span[1] > 0], most)
