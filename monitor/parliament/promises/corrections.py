"""Promises of a corrected answer: what it promised before it was corrected was promised on the day of the answer.

"This spring" of an answer of February stays the spring of that year, though a figure beside it is corrected in June.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from monitor.model.records import State
from monitor.parliament.promises.repetition import sentence_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from monitor.model.promises import FoundPromise
    from monitor.model.records import Proceeding

    Find = Callable[[str, date], Sequence[FoundPromise]]


class SaidPromise(NamedTuple):
    """A promise with the day on which it was made."""

    found: FoundPromise
    made_on: date


class FirstVersion(NamedTuple):
    """Version of an answer before its correction: its day and its words."""

    day: date
    words: str


def first_version(record: Proceeding, text: str) -> FirstVersion | None:
    """Return what a correction with this text replaced; None where nothing was corrected.

    Where its words are not known, those of the correction stand for them, for most corrections change a figure.
    """
    first_on = record.answered_on or record.made_on
    if record.state is not State.CORRECTED or first_on is None or record.day is None or record.day <= first_on:
        return None
    return FirstVersion(first_on, record.original_answer or text)


def with_days(
    text: str, found: Sequence[FoundPromise], day: date, first: FirstVersion | None, find: Find
) -> list[SaidPromise]:
    """Give promises that were found in a text as of a day the days on which they were made, in the order of the text."""
    later = [SaidPromise(promise, day) for promise in found]
    if first is None:
        return later
    words = f" {sentence_key(first.words)} "

    def is_of_first(said: SaidPromise) -> bool:
        return f" {sentence_key(text[said.found.start : said.found.end])} " in words

    earlier = [SaidPromise(promise, first.day) for promise in find(text, first.day)]
    said = [
        *(promise for promise in earlier if is_of_first(promise)),
        *(promise for promise in later if not is_of_first(promise)),
    ]
    return sorted(said, key=lambda promise: promise.found.start)
