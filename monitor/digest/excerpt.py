"""Quoting: what of a text is shown, in the text's own words, with the words found marked and every gap shown.

An excerpt is made of blocks, apart by a blank line; a block holds lines or, for a table, rows of cells. Every run of an
excerpt but a gap is a piece of the text (less invisible characters), in its order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from monitor.digest.wording import clean, count_of
from monitor.terms.names import formula_end
from monitor.terms.text import tokens

GAP = "[...]"
LONGEST_SENTENCE = 80
LONGEST_EXCERPT = 320

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a line. `mark` is "" (as it is), "found" (to stand out) or "gap"."""

    text: str
    mark: str = ""


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph or list as `lines`, or a table as `rows` of cells; the other is empty."""

    lines: tuple[Line, ...] = ()
    rows: tuple[tuple[Line, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """What is shown of a text. `left_out` counts sentences with words found that did not fit."""

    blocks: tuple[Block, ...] = ()
    is_cut: bool = False
    left_out: int = 0

    @property
    def note(self) -> str:
        """What the reader is told of sentences that did not fit."""
        more = count_of(self.left_out, "more sentence")
        return f"{more} with your words: see the page" if self.left_out else ""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence or a table row: where it is, in which line of which paragraph."""

    start: int
    end: int
    paragraph: int
    line: int
    is_row: bool


def quote(text: str, spans: list[Span], *, whole_up_to: int, opening: int) -> Excerpt:
    """Quote a text: whole up to so many words, else its first `opening` sentences and those with spans, in order.

    An empty span marks nothing, but has the sentence before it shown.
    """
    units = _units(text)
    if len(text.split()) <= whole_up_to:
        return Excerpt(blocks=_assemble(text, spans, units, set(range(len(units)))))
    chosen = set(range(min(opening, len(units))))
    words = sum(_words(text, units[i]) for i in chosen)
    left_out = 0
    for i, unit in enumerate(units):
        if i in chosen or not any(_is_in(unit, span) for span in spans):
            continue
        words += _words(text, unit)
        if words > LONGEST_EXCERPT and chosen:
            left_out += 1
        else:
            chosen.add(i)
    chosen |= {_header(units, i) for i in chosen}
    return Excerpt(blocks=_assemble(text, spans, units, chosen), is_cut=len(chosen) < len(units), left_out=left_out)


def sentence_at(text: str, span: Span) -> Excerpt:
    """Quote the sentence that holds a span, or the first where none does."""
    units = _units(text)
    chosen = {i for i, unit in enumerate(units) if span[0] < unit.end and unit.start < span[1]} or {0}
    return Excerpt(
        blocks=_assemble(text, [span], units, chosen & set(range(len(units)))), is_cut=len(chosen) < len(units)
    )


def question_start(text: str) -> int:
    """Where a question begins behind "To ask the Secretary of State for X,": 0 where there is no such formula."""
    read = tokens(text)
    end = formula_end(read)
    if not 0 < end < len(read):
        return 0
    return len(text) - len(text[read[end - 1].end :].lstrip(",: \t\n\u00a0"))


_ENDS = re.compile(r"[.!?][\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c\u2018(\[]*[A-Z0-9£])")
_ABBREVIATED = re.compile(
    r"(?:\b(?:hon|rt|mr|mrs|ms|dr|prof|st|no|nos|vol|art|para|cf|cm|col|e\.g|i\.e|etc|ca)|\b[a-z])\.$",
    re.IGNORECASE,
)


def _units(text: str) -> list[_Unit]:
    """Split a text into rows and sentences, in order."""
    units = []
    paragraph = 0
    for number, found in enumerate(re.finditer(r"[^\n]*", text)):
        if not found.group().strip():
            paragraph += bool(found.group()) or text[found.start() - 1 : found.start() + 1] == "\n\n"
            continue
        is_row = "\t" in found.group()
        spans = [found.span()] if is_row else _sentences(text, *found.span())
        units += [_Unit(start, end, paragraph, number, is_row) for start, end in spans]
    return units


def _sentences(text: str, start: int, end: int) -> list[Span]:
    """Split a line into sentences, and a sentence without end into stretches of words."""
    edges = [start]
    for stop in _ENDS.finditer(text, start, end):
        before = text[edges[-1] : stop.start() + 1]
        if not _ABBREVIATED.search(before[-12:]):
            edges.append(stop.end())
    spans = []
    for left, right in pairwise([*edges, end]):
        words = list(re.finditer(r"\S+", text[left:right]))
        cuts = [left, *(left + words[i].start() for i in range(LONGEST_SENTENCE, len(words), LONGEST_SENTENCE)), right]
        spans += list(pairwise(cuts))
    return spans


def _is_in(unit: _Unit, span: Span) -> bool:
    """Whether a span is in a unit, at least in part; an empty one, which marks a place, is in what ends there."""
    start, end = span
    if start == end:
        return unit.start < start <= unit.end or start == unit.start == 0
    return start < unit.end and unit.start < end


def _words(text: str, unit: _Unit) -> int:
    return len(text[unit.start : unit.end].split())


def _header(units: list[_Unit], index: int) -> int:
    """The first row of the table that a row is in; any other unit is its own."""
    while (
        units[index].is_row
        and index
        and units[index - 1].is_row
        and units[index - 1].paragraph == units[index].paragraph
    ):
        index -= 1
    return index


def _assemble(text: str, spans: list[Span], units: list[_Unit], chosen: set[int]) -> tuple[Block, ...]:
    """Put the chosen units together, with a gap wherever one is missing."""
    lines: list[tuple[_Unit, list[Run]]] = []
    last = -1
    for i in sorted(chosen):
        unit = units[i]
        is_gap, is_same_line, last = i != last + 1, last >= 0 and units[last].line == unit.line, i
        is_led = is_gap and not unit.is_row and not (lines and not lines[-1][0].is_row)
        runs = mark(text, unit.start, unit.end, spans)
        if is_led:
            runs = [Run(GAP, "gap"), Run(" "), *runs]
        elif is_gap:
            _add_gap(lines, unit)
        if is_same_line:
            lines[-1][1].extend([Run(" "), *runs] if is_gap else runs)
        else:
            lines.append((unit, runs))
    if lines and last + 1 < len(units):
        _add_gap(lines, units[-1])
    return _blocks(text, spans, lines)


def _add_gap(lines: list[tuple[_Unit, list[Run]]], unit: _Unit) -> None:
    """Show that something is missing before a unit: at the end of the line before, or on a line or row of its own."""
    if lines and not lines[-1][0].is_row:
        runs = lines[-1][1]
        runs[-1] = Run(runs[-1].text.rstrip(), runs[-1].mark)
        runs += [Run(" "), Run(GAP, "gap")]
        return
    is_inside = bool(lines) and lines[-1][0].paragraph == unit.paragraph and unit.is_row
    place = unit.paragraph if is_inside else -1 - unit.paragraph
    lines.append((_Unit(unit.start, unit.start, place, -1, is_inside), [Run(GAP, "gap")]))


def _blocks(text: str, spans: list[Span], lines: list[tuple[_Unit, list[Run]]]) -> tuple[Block, ...]:
    """Gather lines into paragraphs and rows into tables."""
    blocks: list[Block] = []
    last: tuple[int, bool] | None = None
    for unit, runs in lines:
        place = (unit.paragraph, unit.is_row)
        before = blocks.pop() if place == last else Block()
        if unit.is_row:
            cells = _cells(text, unit, spans) if unit.start < unit.end else (tuple(runs),)
            blocks.append(Block(rows=(*before.rows, cells)))
        else:
            blocks.append(Block(lines=(*before.lines, _trimmed(runs))))
        last = place
    return tuple(blocks)


def _cells(text: str, unit: _Unit, spans: list[Span]) -> tuple[Line, ...]:
    """Split a row at its tabs."""
    cells = []
    at = unit.start
    for cell in text[unit.start : unit.end].split("\t"):
        cells.append(_trimmed(mark(text, at, at + len(cell), spans)))
        at += len(cell) + 1
    return tuple(cells)


def _trimmed(runs: list[Run]) -> Line:
    """Drop white space from both ends of a line."""
    if not runs:
        return ()
    runs = [Run(runs[0].text.lstrip(), runs[0].mark), *runs[1:]]
    runs[-1] = Run(runs[-1].text.rstrip(), runs[-1].mark)
    return tuple(run for run in runs if run.text)


def mark(text: str, start: int, end: int, spans: list[Span]) -> list[Run]:
    """Cut a stretch of a text into runs, those inside the spans marked "found". Spans may overlap."""
    runs = []
    at = start
    for left, right in _merged(text, spans):
        left, right = max(left, at), min(right, end)  # noqa: PLW2901 - clipped to the stretch
        if left < right:
            found = text[left:right]
            runs += [Run(clean(text[at:left])), Run(clean(found), "found" if found.strip() else "")]
            at = right
    runs.append(Run(clean(text[at:end])))
    return [run for run in runs if run.text]


def _merged(text: str, spans: list[Span]) -> list[Span]:
    """Sort spans and join those that overlap or have only a space between them."""
    merged: list[Span] = []
    for left, right in sorted(spans):
        if merged and (left <= merged[-1][1] or text[merged[-1][1] : left] == " "):
            merged[-1] = (merged[-1][0], max(right, merged[-1][1]))
        else:
            merged.append((left, right))
    return merged
