"""Promises in lists of the page, and where they stand in a text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from monitor.model.promises import PromiseKind, PromiseState
from monitor.presentation.citation import heading_of, name_of
from monitor.presentation.excerpt import Excerpt, Run, plain, quote
from monitor.presentation.promise_words import drift_words, due_words, said_words, why
from monitor.presentation.wording import long_day, member_name, one_line, short_body
from monitor.web.people import person_path
from monitor.web.rendering import record_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from monitor.model.promises import Promise
    from monitor.presentation.excerpt import Line, Span
    from monitor.research.promises import LedgerEntry

STATES: Final = {
    PromiseState.OPEN: "Open",
    PromiseState.DUE: "Due",
    PromiseState.OVERDUE: "Overdue",
    PromiseState.KEPT: "Kept",
    PromiseState.DROPPED: "Dropped",
}
KINDS: Final = {
    PromiseKind.DATED: "With a day",
    PromiseKind.VAGUE: "Without a day",
    PromiseKind.LETTER: "A letter",
}
_WHOLE: Final = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPromise:
    """A promise in a list; strings are "" where there is nothing to say."""

    id: str
    path: str
    heading: str
    state: str
    is_overdue: bool
    due: str
    sentence: str
    said: str
    person: str
    person_path: str
    record_path: str
    history: str
    why: str
    topics: tuple[str, ...]


def promise_path(public_id: str) -> str:
    """Return the address of the page of a promise."""
    return f"/promises/{public_id}"


def listed_promise(entry: LedgerEntry, today: date, topics: Mapping[str, str]) -> ListedPromise:
    """Return a promise for a list. `topics`: names by key, of those that may be named."""
    now, record = entry.now, entry.now.record
    body = f"{short_body(record.body)}: " if record.body else ""
    minister = now.made_by
    reason = why(entry.promises, entry.state)
    keys = dict.fromkeys(topic for promise in entry.promises for topic in promise.topics)
    return ListedPromise(
        id=entry.first.id,
        path=promise_path(entry.first.id),
        heading=f"{body}{one_line(heading_of(record, today))}",
        state=STATES[entry.state],
        is_overdue=entry.state is PromiseState.OVERDUE,
        due=due_line(now),
        sentence=one_line(now.sentence),
        said=", ".join(filter(None, (long_day(now.made_on), one_line(name_of(record) or record.id)))),
        person=member_name(minister, "A minister"),
        person_path=person_path(minister.called) if minister and minister.called else "",
        record_path=record_path(record.id),
        history=history(entry, today),
        why=f"{reason[:1].upper()}{reason[1:]}." if reason else "",
        topics=tuple(one_line(name) for key, name in topics.items() if key in keys),
    )


def due_line(promise: Promise) -> str:
    """Say when a promise is due, as it was said: "A letter" for one that only promises to write."""
    return "A letter" if promise.found.kind is PromiseKind.LETTER else due_words(promise)


def history(entry: LedgerEntry, today: date) -> str:
    """Say how the day of a promise moved, else how old it is and how often it was said again."""
    moved = drift_words(entry.promises)
    if moved:
        return f"Its day moved: {moved}."
    said = said_words(entry.promises, today)
    return f"{said[:1].upper()}{said[1:]}."


# -- places in a text ---------------------------------------------------------------------------------------------------


def with_promises(excerpt: Excerpt, text: str, spans: Sequence[Span]) -> Excerpt:
    """Return the excerpt of a whole text with promises marked, beside the marks that it has.

    The text is quoted a second time with these places marked, and the marks of both are put together line by line.
    """
    if not spans:
        return excerpt
    marked = quote(text, list(spans), whole_up_to=_WHOLE, opening=0)
    if [plain(line) for line in _lines(excerpt)] != [plain(line) for line in _lines(marked)]:
        return excerpt
    blocks = tuple(
        replace(
            block,
            lines=tuple(_both(line, other) for line, other in zip(block.lines, twin.lines, strict=True)),
            rows=tuple(
                tuple(_both(cell, other) for cell, other in zip(row, others, strict=True))
                for row, others in zip(block.rows, twin.rows, strict=True)
            ),
        )
        for block, twin in zip(excerpt.blocks, marked.blocks, strict=True)
    )
    return replace(excerpt, blocks=blocks)


def _lines(excerpt: Excerpt) -> list[Line]:
    return [line for block in excerpt.blocks for line in (*block.lines, *(cell for row in block.rows for cell in row))]


def _both(line: Line, marked: Line) -> Line:
    """Cut a line where the marks of another begin and end."""
    edges = sorted({*_edges(line), *_edges(marked)})
    text = plain(line)
    return tuple(
        replace(_run_at(line, left), text=text[left:right], is_promise=_run_at(marked, left).mark == "found")
        for left, right in pairwise(edges)
    )


def _edges(line: Line) -> list[int]:
    places = [0]
    for run in line:
        places.append(places[-1] + len(run.text))
    return places


def _run_at(line: Line, place: int) -> Run:
    end = 0
    for run in line:
        end += len(run.text)
        if place < end:
            return run
    return line[-1]
