"""The words around a find, as one line for lists of records."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from monitor.presentation.excerpt import GAP, Run, mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.presentation.excerpt import Span

_SPACES: Final = re.compile(r"\s+")
_SENTENCE_END: Final = re.compile(r"[.!?]\s+")


def passage(text: str, spans: Sequence[Span], room: int, opening: int = 0) -> list[Run]:
    """Return the words around the first span: one line of about `room` characters, with a gap where words are left out.

    The words before `opening` are left out unless a span lies among them.
    """
    first, last = spans[0]
    start = max(text.rfind("\n\n", 0, first) + 1, opening if first >= opening else 0)
    end = text.find("\n\n", last)
    end = len(text) if end < 0 else end
    if end - start > room:
        start = _passage_start(text, start, first, room)
        end = _passage_end(text, last, min(end, max(start + room, last)))
    marked = mark(text, start, end, list(spans))
    lines = [_one_line(run.text) for run in marked]
    lines[0] = lines[0].lstrip()
    lines[-1] = lines[-1].rstrip()
    runs = [Run(line, run.mark) for line, run in zip(lines, marked, strict=True)]
    before = [Run(f"{GAP} ", "gap")] if text[:start].strip() else []
    after = [Run(f" {GAP}", "gap")] if text[end:].strip() else []
    return [*before, *runs, *after]


def _one_line(text: str) -> str:
    """Join the lines of a text by single spaces, and the cells of a table by bars."""
    return _SPACES.sub(" ", text.replace("\t", " | "))


def _passage_start(text: str, start: int, first: int, room: int) -> int:
    """Return the start of the sentence with the span, or of a word not too far before it."""
    for stop in _SENTENCE_END.finditer(text, start, first):
        start = stop.end()
    if first - start <= room // 2:
        return start
    space = text.find(" ", first - room // 2, first)
    return space + 1 if space >= 0 else first


def _passage_end(text: str, last: int, end: int) -> int:
    """Return the end of the last word that fits whole."""
    if end in (last, len(text)) or text[end : end + 1].isspace():
        return end
    space = text.rfind(" ", last, end)
    return space if space >= 0 else last
