"""What `show` tells beside a record's own words: labels, what it refers to, and what in the archive has the same words."""

from __future__ import annotations

import re
import shlex
from itertools import groupby
from typing import TYPE_CHECKING, Any

from monitor.cli.records import people_line
from monitor.model.records import Kind, State
from monitor.parliament.answer_labels import RULES, label_answer
from monitor.presentation.citation import cite, name_of
from monitor.presentation.differences import differences
from monitor.presentation.near_duplicates import exceptions
from monitor.presentation.plain_text import fill
from monitor.presentation.wording import clean, count_of, listed, long_day, one_line
from monitor.research.related import COUNTED
from monitor.text.sentences import longest_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.model.records import Proceeding
    from monitor.research.related import Kindred, Near

_LEAST_SOUGHT = 4
_MOST_SOUGHT = 12
"""Words of an answer that are enough to find it by."""

_ENDS = re.compile(r"\.\s|[*:;?!\"\u201c-\u201f\u00ab\u00bb]|\s[-\u2013\u2014]|[-\u2013\u2014]\s")
"""What no phrase of a query goes across, or what would end it."""

_EDGES = "'\u2018\u2019"

_MOST_EXCEPTIONS = 8
"""Places in which a nearly equal answer differs that are told one by one."""


def lines_of_labels(it: Proceeding) -> Iterator[str]:
    """Each label of the answer with its sentence."""
    answer = it.answer or ""
    for label in label_answer(answer):
        sentence = one_line(answer[label.start : label.end])
        yield _line(f"{RULES[label.name].said}: \u201c{sentence}\u201d")


def lines_of_records(records: Iterable[Proceeding]) -> Iterator[str]:
    """Records, each with its heading, reference and id."""
    for one in records:
        heading = f"{one_line(one.heading)}: " if one.heading else ""
        who = people_line(one)
        is_open = one.kind is Kind.QUESTION and one.state in (State.TABLED, State.HOLDING)
        so_far = ", not answered yet" if is_open else ""
        yield _line(f"{heading}{cite(one)}{so_far} ({one.id}){f'. {who}' if who else ''}")


def lines_of_same(it: Proceeding, found: Kindred) -> Iterator[str]:
    """The records with the same answer, and those with nearly the same and how theirs differs."""
    if found.equal:
        yield _line(f"The same answer was given to {_by_day(found.equal)}{_and_more(found)}")
    if found.equals > len(found.equal) and (query := query_of_same(it.answer or "")):
        yield f"     pqwatch search {shlex.quote(query)}"
    for differ, some in groupby(found.near, key=lambda one: exceptions(it.answer or "", one.proceeding.answer or "")):
        more = len(differ) - _MOST_EXCEPTIONS
        told = [*differ[:_MOST_EXCEPTIONS], *([count_of(more, "more place")] if more > 0 else [])]
        yield _line(f"{_by_day(one.proceeding for one in some)}, nearly the same: {'; '.join(told)}")


def lines_of_asked(found: Kindred) -> Iterator[str]:
    """The questions tabled before in the same words, or nearly."""
    for one in found.asked:
        it = one.proceeding
        how = "" if one.share == 1 else ", in nearly the same words"
        came = f"; answered {long_day(it.answered_on)}" if it.answered_on and not it.is_holding else ""
        asker = f" by {one_line(it.asked_by.name)}" if it.asked_by and it.asked_by.name else ""
        day = f", tabled {long_day(it.tabled_on)}" if it.tabled_on else ""
        yield _line(f"{name_of(it)}{day}{asker}{how}{came} ({it.id})")


def as_keys(found: Kindred, it: Proceeding) -> dict[str, Any]:
    """What `show --json` has besides: see docs/json.md."""
    return {
        "same_answers": found.equals,
        "near_answers": [
            {"id": one.proceeding.id, "share": round(one.share, 3), "except": _pairs(it, one)} for one in found.near
        ],
        "asked_before": [{"id": one.proceeding.id, "share": round(one.share, 3)} for one in found.asked],
    }


def query_of_same(answer: str) -> str:
    """A query that finds the records with an answer: the first words of its longest stretch; "" where that is short."""
    stretches = [stretch.split() for stretch in _ENDS.split(longest_sentence(clean(answer)))]
    words = [word.strip(_EDGES) for word in max(stretches, key=len)]
    return f'in:answer "{" ".join(words[:_MOST_SOUGHT])}"' if len(words) >= _LEAST_SOUGHT else ""


def _by_day(records: Iterable[Proceeding]) -> str:
    """The names of records, those of one day together."""
    days = groupby(records, key=lambda one: one.answered_on)
    return listed([f"{listed(list(map(name_of, some)))}{f' ({long_day(day)})' if day else ''}" for day, some in days])


def _and_more(found: Kindred) -> str:
    more = found.equals - len(found.equal)
    if more <= 0:
        return "."
    number = f"more than {COUNTED - len(found.equal):,}" if found.equals > COUNTED else f"{more:,}"
    return f", and to {number} more:"


def _pairs(it: Proceeding, one: Near) -> list[dict[str, str]]:
    change = differences(it.answer or "", one.proceeding.answer or "")
    return [{"here": here, "there": there} for here, there in change.pairs]


def _line(text: str) -> str:
    return fill(text, "     ", "   ")
