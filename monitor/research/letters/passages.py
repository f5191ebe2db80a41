"""The words of a record that a letter quotes: all of a short answer; of a long one its promises, else what matched a term.

Where it has neither, its first sentences are quoted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.errors import LetterError
from monitor.presentation.citation import cite
from monitor.presentation.wording import one_line
from monitor.research.quotations.selection import Selection, select_part, select_words
from monitor.text.sentences import sentence_around, sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.model.promises import FoundPromise
    from monitor.model.records import Proceeding
    from monitor.model.watching import Match

WHOLE: Final = 120
"""Words of an answer that is quoted whole."""

ENOUGH: Final = 40
"""Words of a long answer without a promise that are quoted at least, to the end of their sentence."""

MOST: Final = 6
"""Passages of one record. Of more it is said that there are more."""

_LINE: Final = re.compile(r"[^\n]+")


class PassageError(LetterError):
    """Words that were asked for can't be quoted: no record has them as they are given."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Passages of a record in their order, and how many more there would be."""

    selections: tuple[Selection, ...]
    left_out: int = 0


def choose_passages(proceeding: Proceeding, promises: Sequence[FoundPromise], matches: Sequence[Match] = ()) -> Chosen:
    """Choose what to quote of a record; nothing where it has no text. `matches`: the places of watch terms in it."""
    whole = select_part(proceeding)
    if whole is None:
        return Chosen(())
    text = proceeding.parts()[whole.part]
    if len(text.split()) <= WHOLE:
        return Chosen((_trimmed(text, whole),))
    found = {(promise.start, promise.end) for promise in promises if whole.part != "question"}
    found = found or {sentence_around(text, match.start) for match in matches if match.part == whole.part}
    spans = list(_joined(text, sorted(found)))
    if not spans:
        return Chosen((_trimmed(text, Selection(whole.part, 0, _opening(text))),))
    kept = spans[:MOST]
    selections = tuple(_trimmed(text, Selection(whole.part, start, end)) for start, end in kept)
    return Chosen(selections, len(spans) - len(kept))


def asked_passages(
    records: Sequence[Proceeding], quotes: Sequence[str], own_quotes: Sequence[tuple[str, str]] = ()
) -> dict[str, list[Selection]]:
    """Find the passages that were asked for, each in the first record that has it, by the record's id.

    `own_quotes` are asked of one record: its id, and the words. Raises PassageError for words that no record has as they are
    given, and names the nearest.
    """
    asked = [([record for record in records if record.id == record_id], words) for record_id, words in own_quotes]
    found: dict[str, list[Selection]] = {}
    for among, quote in [*asked, *((records, quote) for quote in quotes)]:
        record, selection = _find_passage(among, quote)
        if selection not in found.setdefault(record.id, []):
            found[record.id].append(selection)
    return {
        record_id: sorted(selections, key=lambda selection: (selection.part != "question", selection.start))
        for record_id, selections in found.items()
    }


def _find_passage(records: Sequence[Proceeding], quote: str) -> tuple[Proceeding, Selection]:
    try:
        nearest = [(record, selection) for record in records if (selection := select_words(record, quote))]
    except ValueError as exc:
        raise PassageError(f"{quote!r} can't be quoted: {exc}") from exc
    exact = next(((record, selection) for record, selection in nearest if selection.is_exact), None)
    if exact:
        return exact
    message = f"the words {one_line(quote)!r} don't stand in {_named(records)} as they are given"
    if nearest:
        record, selection = nearest[0]
        message += f"; nearest, in {cite(record)}: {one_line(selection.words(record))}"
    raise PassageError(message)


def _named(records: Sequence[Proceeding]) -> str:
    return cite(records[0]) if len(records) == 1 else f"any of the {len(records)} records"


def _trimmed(text: str, selection: Selection) -> Selection:
    """Leave out the space at both ends."""
    words = text[selection.start : selection.end]
    start = selection.start + len(words) - len(words.lstrip())
    return Selection(selection.part, start, start + len(words.strip()))


def _joined(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join sentences with nothing but a space between them."""
    last: tuple[int, int] | None = None
    for start, end in spans:
        if last and not text[last[1] : start].strip() and "\n" not in text[last[1] : start]:
            last = (last[0], max(end, last[1]))
            continue
        if last:
            yield last
        last = (start, end)
    if last:
        yield last


def _opening(text: str) -> int:
    """Return the end of the sentence by which a long text has said enough."""
    words = 0
    for line in _LINE.finditer(text):
        for start, end in sentences(text, *line.span()):
            words += len(text[start:end].split())
            if words >= ENOUGH:
                return end
    return len(text)
