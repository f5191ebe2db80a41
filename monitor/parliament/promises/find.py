"""Promises in the text of an answer: sentences in which the Government says what it will do. docs/promises.md says more."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from monitor.model.promises import FoundPromise, PromiseKind
from monitor.parliament.promises import letters
from monitor.parliament.promises.clauses import further_times, time_of, vague_of
from monitor.parliament.promises.expressions import expressions
from monitor.parliament.promises.reading import Candidate, candidates
from monitor.parliament.promises.rules import is_promise
from monitor.parliament.promises.times import Time, times_in
from monitor.text.raised_figures import blank_raised
from monitor.text.sentences import sentence_around, sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from monitor.parliament.calendar import SittingCalendar


RULES_VERSION: Final = 6
"""Version of the rules. It rises when they find other promises, so that everything is read again."""

_LONGEST: Final = 2500
"""Most code points of a sentence: what is longer is a list or a table."""

_MOST_EXPRESSIONS: Final = 20
"""Most expressions of a sentence that are judged: what has more is a list."""

_LONG: Final = 6
"""Words between an expression and its verb that are shown."""


def find_promises(text: str, made_on: date, calendar: SittingCalendar | None = None) -> list[FoundPromise]:
    """Find the promises in a plain text that was given on a day, in their order."""
    found = {start: [letter] for start, letter in _letters(text)}
    for start, end in _sentences_with_expressions(text):
        if start not in found:
            # The rules see one space between words, so no row of spaces or tabs can slow them down, and no raised figures.
            sentence = " ".join(blank_raised(text[start:end]).split())
            found[start] = _of_sentence(sentence, (start, end), made_on, calendar)
    return [promise for start in sorted(found) for promise in found[start]]


def _letters(text: str) -> Iterator[tuple[int, FoundPromise]]:
    if not any(cue in text for cue in letters.CUES):
        return
    for place, stop in letters.find_promises(text, 0, len(text)):
        start, end = sentence_around(text, place)
        words = " ".join(text[place:stop].split())
        yield start, FoundPromise(start=start, end=end, act="write", expression=words, kind=PromiseKind.LETTER)


def _sentences_with_expressions(text: str) -> Iterator[tuple[int, int]]:
    """Find the sentences with an expression of a promise, without the space after them."""
    line_end = done = -1
    line: Iterator[tuple[int, int]] = iter(())
    for match in expressions().finditer(text):
        place = match.start()
        if place >= line_end:
            line_end = text.find("\n", place)
            line_end = len(text) if line_end < 0 else line_end
            line = iter(sentences(text, text.rfind("\n", 0, place) + 1, line_end))
        if place >= done:
            start, done = next(sentence for sentence in line if place < sentence[1])
            if done - start <= _LONGEST:
                yield start, start + len(text[start:done].rstrip())


def _of_sentence(
    sentence: str, place: tuple[int, int], on: date, calendar: SittingCalendar | None
) -> list[FoundPromise]:
    read = list(islice(candidates(sentence), _MOST_EXPRESSIONS))
    if not read:
        return []
    times = list(times_in(sentence, on, calendar))
    promised = [candidate for candidate in read if is_promise(candidate, sentence, times)]
    promised = [candidate for candidate in promised if candidate.how != "news"] or promised
    if not promised:
        return []
    timed = [timed for candidate in promised for timed in _with_times(candidate, sentence, times)]
    return [_promise(candidate, time, sentence, place) for candidate, time in _own_times(timed, sentence)]


def _with_times(candidate: Candidate, sentence: str, times: Sequence[Time]) -> Iterator[tuple[Candidate, Time | None]]:
    first = time_of(candidate, sentence, times)
    yield candidate, first
    if first:
        yield from ((candidate, time) for time in further_times(candidate, first, sentence, times))


def _own_times(timed: list[tuple[Candidate, Time | None]], sentence: str) -> list[tuple[Candidate, Time | None]]:
    """Keep one act for each time of its own; without any time, the first act."""
    chosen: dict[object, tuple[Candidate, Time | None]] = {}
    for candidate, time in timed:
        vague = None if time else vague_of(candidate, sentence)
        if time or vague:
            chosen.setdefault(time.interval if time else vague and vague.start(), (candidate, time))
    return list(chosen.values()) or timed[:1]


def _promise(candidate: Candidate, time: Time | None, sentence: str, place: tuple[int, int]) -> FoundPromise:
    vague = None if time else vague_of(candidate, sentence)
    when = sentence[time.start : time.end] if time else vague.group() if vague else ""
    words, when = _words_of(candidate, sentence), " ".join(when.split())
    return FoundPromise(
        start=place[0],
        end=place[1],
        act=candidate.act.name,
        expression=words if when in words else f"{words} ... {when}",
        kind=PromiseKind.DATED if time else PromiseKind.VAGUE,
        due_from=time.interval.first if time else None,
        due_to=time.interval.last if time else None,
    )


def _words_of(candidate: Candidate, sentence: str) -> str:
    """Return the words of an expression with its verb, without what is far between them."""
    between = sentence[candidate.start : candidate.verb].split()
    verb = sentence[candidate.verb : candidate.end].split()
    if len(between) > _LONG:
        between = [between[0], "..."]
    return " ".join(between + verb)
