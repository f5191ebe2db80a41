"""Quoting: what of a text is shown, in the text's own words, with the words found marked and every gap shown.

An excerpt is made of blocks, apart by a blank line; a block holds lines or, for a table, rows of cells. Every run of an
excerpt but a gap is a piece of the text (less invisible characters), in its order.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Final

from monitor.parliament.links import find_addresses
from monitor.presentation.table_layout import (
    MOST_CELLS,
    column_spans,
    columns_of_figures,
    count_header_rows,
    is_section,
    lines_within_tables,
    stands_over,
)
from monitor.presentation.wording import clean, count_of
from monitor.text.language import language_of
from monitor.text.office_names import formula_end
from monitor.text.sentences import sentences
from monitor.text.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.model.records import Proceeding
    from monitor.model.watching import Match


GAP = "[...]"
LONGEST_SENTENCE = 80
LONGEST_EXCERPT = 320
Span = tuple[int, int]

_LIST_MARK: Final = re.compile(r"\s*(?:[-\u2013\u2014\u2022\u00b7*]\s|\(?(?:[a-z]|[ivx]{1,5}|\d{1,2})[.)]\s)")


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a line. `mark` is "" (as it is), "found" (to stand out) or "gap".

    `is_address`: part of an address that is written out, in which nothing must be put; `url`: where that leads, if it may be
    clicked. `is_promise`: part of a promise, which the page marks.
    """

    text: str
    mark: str = ""
    url: str = ""
    is_address: bool = False
    is_promise: bool = False


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph or list as `lines`, or a table as `rows` of cells; the other is empty. `heads` rows name the columns."""

    lines: tuple[Line, ...] = ()
    rows: tuple[tuple[Line, ...], ...] = ()
    heads: int = 0

    @property
    def language(self) -> str:
        """Language of a paragraph where it is known not to be English: see `language_of`."""
        return language_of("\n".join(map(plain, self.lines)))

    @property
    def columns(self) -> int:
        """Return the number of columns of a table."""
        return max((len(row) for row in self.rows), default=0)

    @property
    def is_figures(self) -> tuple[bool, ...]:
        """Columns that hold figures, as a flag for each column."""
        return columns_of_figures([[plain(cell) for cell in row] for row in self.rows[self.heads :]], self.columns)

    @property
    def spans(self) -> list[list[int]]:
        """Columns that each cell of each row spans; 0 for a cell covered by another."""
        return column_spans([[plain(cell) for cell in row] for row in self.rows], self.heads, self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Excerpt of a text. `left_out`: number of sentences with matches that did not fit."""

    blocks: tuple[Block, ...] = ()
    is_cut: bool = False
    left_out: int = 0

    @property
    def note(self) -> str:
        """Sentence about the sentences that did not fit."""
        more = count_of(self.left_out, "more sentence")
        return f"{more} with your words on the page." if self.left_out else ""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence or a table row: where it is, in which line of which paragraph. A row may name the columns (`is_head`)."""

    start: int
    end: int
    paragraph: int
    line: int
    is_row: bool
    is_head: bool = False


def quote(text: str, spans: list[Span], *, whole_up_to: int, opening: int, words_of_cell: int = 1) -> Excerpt:
    """Quote a text: whole up to so many words, else its first `opening` sentences and those with spans, in order.

    An empty span marks nothing, but has the sentence before it shown. `words_of_cell`: words that a cell of a table counts
    for at least, because it takes more room than a word.
    """
    units = _units(text)
    found, places = _merged(text, spans), sorted(start for start, end in spans if start == end)
    if len(text.split()) <= whole_up_to:
        return Excerpt(blocks=_assemble(text, found, units, set(range(len(units)))))
    chosen = set(range(min(opening, len(units))))
    words = sum(_room(text, units[i], words_of_cell) for i in chosen)
    left_out = 0
    for i, unit in enumerate(units):
        if i in chosen or not (_holds(unit, found) or _ends(unit, places)):
            continue
        words += _room(text, unit, words_of_cell)
        if words > LONGEST_EXCERPT and chosen:
            left_out += 1
        else:
            chosen.add(i)
    chosen |= _heads_of(text, units, chosen) | _leads_of(text, units, chosen)
    return Excerpt(blocks=_assemble(text, found, units, chosen), is_cut=len(chosen) < len(units), left_out=left_out)


def sentence_at(text: str, span: Span, spans: Sequence[Span] = ()) -> Excerpt:
    """Quote the sentence that holds a span, or the first where none does; of a table or list, what names or leads it too.

    Whatever else of `spans` is in it is marked too.
    """
    units = _units(text)
    chosen = {i for i, unit in enumerate(units) if span[0] < unit.end and unit.start < span[1]} or set(
        range(len(units[:1]))
    )
    chosen |= _heads_of(text, units, chosen) | _leads_of(text, units, chosen)
    return Excerpt(
        blocks=_assemble(text, _merged(text, [span, *spans]), units, chosen), is_cut=len(chosen) < len(units)
    )


def marked_in(excerpt: Excerpt) -> list[str]:
    """Give the texts that stand out in an excerpt."""
    lines = [line for block in excerpt.blocks for line in (*block.lines, *(cell for row in block.rows for cell in row))]
    return [" ".join(run.text.split()) for line in lines for run in line if run.mark == "found"]


def with_links(excerpt: Excerpt, hosts: Sequence[str]) -> Excerpt:
    """Return the excerpt with the addresses in its text marked, and linked if they lead to one of these hosts."""
    return replace(
        excerpt,
        blocks=tuple(
            replace(
                block,
                lines=tuple(_linked(line, hosts) for line in block.lines),
                rows=tuple(tuple(_linked(cell, hosts) for cell in row) for row in block.rows),
            )
            for block in excerpt.blocks
        ),
    )


def _linked(line: Line, hosts: Sequence[str]) -> Line:
    """Return a line cut where addresses begin and end."""
    text = plain(line)
    places = find_addresses(text, hosts) if "." in text else []
    if not places:
        return line
    runs: list[Run] = []
    at = 0
    for run in line:
        end = at + len(run.text)
        edges = sorted({at, end, *(edge for first, last, _ in places for edge in (first, last) if at < edge < end)})
        for left, right in pairwise(edges):
            url = next((url for first, last, url in places if first <= left < last), None)
            runs.append(Run(text[left:right], run.mark, url or "", is_address=url is not None))
        at = end
    return tuple(runs)


def plain(line: Line) -> str:
    """Return a line without marks."""
    return "".join(run.text for run in line)


def question_start(text: str) -> int:
    """Return where a question begins after "To ask the Secretary of State for X,"; 0 without that formula."""
    read = tokens(text)
    end = formula_end(read)
    if not 0 < end < len(read):
        return 0
    return len(text) - len(text[read[end - 1].end :].lstrip(",: \t\n\u00a0"))


@lru_cache(maxsize=16)
def _units(text: str) -> tuple[_Unit, ...]:
    """Split a text into rows and sentences, in order. An entry quotes the same text several times."""
    units = []
    paragraph = 0
    within = lines_within_tables(text)
    for number, found in enumerate(re.finditer(r"[^\n]*", text)):
        if not found.group().strip():
            paragraph += bool(found.group()) or text[found.start() - 1 : found.start() + 1] == "\n\n"
            continue
        is_row = 0 < found.group().count("\t") < MOST_CELLS or found.start() in within
        spans = [found.span()] if is_row else _sentences(text, *found.span())
        units += [_Unit(start, end, paragraph, number, is_row) for start, end in spans]
    return tuple(
        unit for _, group in groupby(units, lambda unit: (unit.paragraph, unit.is_row)) for unit in _named(text, group)
    )


def _named(text: str, group: Iterable[_Unit]) -> list[_Unit]:
    """Return the rows of a table with its header rows marked. Sentences stay as they are."""
    units = list(group)
    if not units[0].is_row:
        return units
    heads = count_header_rows([text[unit.start : unit.end].split("\t") for unit in units])
    return [replace(unit, is_head=True) for unit in units[:heads]] + units[heads:]


def _sentences(text: str, start: int, end: int) -> list[Span]:
    """Split a line into sentences, and a sentence without end into stretches of words."""
    spans = []
    for left, right in sentences(text, start, end):
        if len(text[left:right].split()) <= LONGEST_SENTENCE:
            spans.append((left, right))
            continue
        words = list(re.finditer(r"\S+", text[left:right]))
        cuts = [left, *(left + words[i].start() for i in range(LONGEST_SENTENCE, len(words), LONGEST_SENTENCE)), right]
        spans += list(pairwise(cuts))
    return spans


def _holds(unit: _Unit, merged: list[Span]) -> bool:
    """Return whether a span overlaps a unit."""
    i = _first_after(merged, unit.start)
    return i < len(merged) and merged[i][0] < unit.end


def _ends(unit: _Unit, places: list[int]) -> bool:
    """Return whether one of these places is the end of a unit or inside it (its start only at the start of the text)."""
    i = bisect_right(places, unit.start)
    return (i < len(places) and places[i] <= unit.end) or (unit.start == 0 and places[:1] == [0])


def _room(text: str, unit: _Unit, words_of_cell: int) -> int:
    """Count the words of a unit. Each cell of a row counts for `words_of_cell` at least."""
    words = len(text[unit.start : unit.end].split())
    cells = text.count("\t", unit.start, unit.end) + 1 if unit.is_row else 0
    return max(words, words_of_cell * cells)


def _heads_of(text: str, units: Sequence[_Unit], chosen: set[int]) -> set[int]:
    """Return the header rows of the chosen rows, and the rows within the table that stand over them."""
    tables = {units[i].paragraph for i in chosen if units[i].is_row}
    heads = {i for i, unit in enumerate(units) if unit.is_head and unit.paragraph in tables}
    return heads | {section for i in chosen if (section := _section_of(text, units, i)) is not None}


def _section_of(text: str, units: Sequence[_Unit], row: int) -> int | None:
    """Return the row of a single cell that stands over a row of figures, such as "2019"."""
    cells = text[units[row].start : units[row].end].split("\t")
    for i in range(row - 1, -1, -1):
        unit = units[i]
        if not unit.is_row or unit.is_head or unit.paragraph != units[row].paragraph:
            return None
        above = text[unit.start : unit.end].split("\t")
        if is_section(above):
            return i if stands_over(above, cells) else None
    return None


def _leads_of(text: str, units: Sequence[_Unit], chosen: set[int]) -> set[int]:
    """Return the sentences with a colon that lead into chosen items of lists and rows of tables.

    Without "The following are not included:" an item may say the opposite.
    """
    marked = {unit.paragraph: bool(_LIST_MARK.match(text, unit.start)) for unit in reversed(units)}
    return {lead for i in chosen if (lead := _lead_of(text, units, i, marked)) is not None}


def _lead_of(text: str, units: Sequence[_Unit], item: int, marked: Mapping[int, bool]) -> int | None:
    """Return the sentence that leads into a list or table, or into the paragraph behind it, if `item` is in that.

    Items that begin with a list mark may be paragraphs of their own, one beside the other. `marked`: paragraphs that do.
    """
    for i in range(item, 0, -1):
        before = units[i - 1]
        if before.line == units[i].line:
            continue
        is_beside = marked[before.paragraph] and _LIST_MARK.match(text, units[i].start)
        if not (is_beside or before.is_row) and text[before.start : before.end].rstrip().endswith(":"):
            return i - 1
        if before.paragraph != units[i].paragraph and not is_beside:
            return None
    return None


def _assemble(text: str, merged: list[Span], units: Sequence[_Unit], chosen: set[int]) -> tuple[Block, ...]:
    """Put the chosen units together, with a gap wherever one is missing."""
    lines: list[tuple[_Unit, list[Run]]] = []
    last = -1
    for i in sorted(chosen):
        unit = units[i]
        is_gap, is_same_line, last = i != last + 1, last >= 0 and units[last].line == unit.line, i
        is_led = is_gap and not unit.is_row and not (lines and not lines[-1][0].is_row)
        runs = [] if unit.is_row else _marked(text, unit.start, unit.end, merged)
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
    return _blocks(text, merged, lines)


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


def _blocks(text: str, merged: list[Span], lines: list[tuple[_Unit, list[Run]]]) -> tuple[Block, ...]:
    """Gather lines into paragraphs and rows into tables."""
    blocks = []
    for (_, is_table), group in groupby(lines, lambda line: (line[0].paragraph, line[0].is_row)):
        block = list(group)
        if is_table:
            rows = tuple(
                _cells(text, unit, merged) if unit.start < unit.end else (tuple(runs),) for unit, runs in block
            )
            blocks.append(Block(rows=rows, heads=sum(unit.is_head for unit, _ in block)))
        else:
            blocks.append(Block(lines=tuple(_trimmed(runs) for _, runs in block)))
    return tuple(blocks)


def _cells(text: str, unit: _Unit, merged: list[Span]) -> tuple[Line, ...]:
    """Split a row at its tabs."""
    cells = []
    at = unit.start
    for cell in text[unit.start : unit.end].split("\t"):
        cells.append(_trimmed(_marked(text, at, at + len(cell), merged)))
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
    return _marked(text, start, end, _merged(text, spans))


def _marked(text: str, start: int, end: int, merged: list[Span]) -> list[Run]:
    """Mark merged spans; only those that overlap the range are looked at. See `mark`."""
    runs = []
    at = start
    for i in range(_first_after(merged, start), len(merged)):
        left, right = max(merged[i][0], at), min(merged[i][1], end)
        if left >= end:
            break
        found = text[left:right]
        runs += [Run(clean(text[at:left])), Run(clean(found), "found" if found.strip() else "")]
        at = right
    runs.append(Run(clean(text[at:end])))
    return [run for run in runs if run.text]


def _first_after(merged: list[Span], place: int) -> int:
    """Return the index of the first span that ends after a place."""
    return bisect_right(merged, place, key=lambda span: span[1])


def _merged(text: str, spans: list[Span]) -> list[Span]:
    """Sort spans and join those that overlap or have only a space between them; empty ones mark nothing."""
    merged: list[Span] = []
    for left, right in sorted(span for span in spans if span[0] < span[1]):
        if merged and (left <= merged[-1][1] or text[merged[-1][1] : left] == " "):
            merged[-1] = (merged[-1][0], max(right, merged[-1][1]))
        else:
            merged.append((left, right))
    return merged


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
