"""Lines of `show` about other records: labels, references, the same answer, the same question before."""

from __future__ import annotations

import shlex
from itertools import groupby
from typing import TYPE_CHECKING, Final

from monitor.cli.records import people_line
from monitor.model.records import Kind, State
from monitor.parliament.answer_labels import RULES, label_answer
from monitor.presentation.citation import cite, name_of
from monitor.presentation.near_duplicates import exceptions
from monitor.presentation.plain_text import fill
from monitor.presentation.wording import count_of, listed, long_day, one_line
from monitor.research.related import COUNTED, query_for_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.model.records import Proceeding
    from monitor.research.related import RelatedRecords

_MOST_EXCEPTIONS: Final = 8
"""Places named one by one in which a nearly equal answer differs."""


def item(text: str) -> str:
    """Return a text set as an item of a section."""
    return fill(text, "     ", "   ")


def label_lines(proceeding: Proceeding) -> Iterator[str]:
    """Return each label of the answer with the sentence that it comes from."""
    answer = proceeding.answer or ""
    for label in label_answer(answer):
        sentence = one_line(answer[label.start : label.end])
        yield item(f"{RULES[label.name].said}: \u201c{sentence}\u201d")


def record_lines(records: Iterable[Proceeding]) -> Iterator[str]:
    """Return records, each with heading, reference, id and people."""
    for proceeding in records:
        heading = f"{one_line(proceeding.heading)}: " if proceeding.heading else ""
        is_open = proceeding.kind is Kind.QUESTION and proceeding.state in (State.TABLED, State.HOLDING)
        unanswered = ", not answered yet" if is_open else ""
        people = people_line(proceeding)
        yield item(f"{heading}{cite(proceeding)}{unanswered} ({proceeding.id}){f'. {people}' if people else ''}")


def same_answer_lines(proceeding: Proceeding, related: RelatedRecords) -> Iterator[str]:
    """Return the records with the same answer, and those with nearly the same and how theirs differs."""
    answer = proceeding.answer or ""
    named, count = related.same_answer, related.same_answer_count
    if named:
        more = f"more than {COUNTED - len(named):,}" if count > COUNTED else f"{count - len(named):,}"
        rest = f", and to {more} more:" if count > len(named) else "."
        yield item(f"The same answer was given to {_by_day(named)}{rest}")
    if count > len(named) and (query := query_for_answer(answer)):
        yield f"     pqwatch search {shlex.quote(query)}"
    similar = [similar.proceeding for similar in related.similar_answer]
    for places, group in groupby(similar, key=lambda other: exceptions(answer, other.answer or "")):
        shown = list(places[:_MOST_EXCEPTIONS])
        if len(places) > _MOST_EXCEPTIONS:
            shown.append(count_of(len(places) - _MOST_EXCEPTIONS, "more place"))
        yield item(f"{_by_day(group)}, nearly the same: {'; '.join(shown)}")


def _by_day(records: Iterable[Proceeding]) -> str:
    """Return the names of records, those answered on one day together."""
    days = []
    for day, group in groupby(records, key=lambda proceeding: proceeding.answered_on):
        names = listed([name_of(proceeding) for proceeding in group])
        days.append(f"{names} ({long_day(day)})" if day else names)
    return listed(days)


def asked_before_lines(related: RelatedRecords) -> Iterator[str]:
    """Return the questions tabled before in the same words, or nearly."""
    for similar in related.asked_before:
        question = similar.proceeding
        day = f", tabled {long_day(question.tabled_on)}" if question.tabled_on else ""
        asker = f" by {one_line(question.asked_by.name)}" if question.asked_by and question.asked_by.name else ""
        nearly = "" if similar.share == 1 else ", in nearly the same words"
        answered = ""
        if question.answered_on and not question.is_holding:
            answered = f"; answered {long_day(question.answered_on)}"
        yield item(f"{name_of(question)}{day}{asker}{nearly}{answered} ({question.id})")
