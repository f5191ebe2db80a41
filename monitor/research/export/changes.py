"""Changes of the words of a record between its revisions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from monitor.model.records import Event
from monitor.parliament.calendar import LONDON
from monitor.presentation.differences import differences
from monitor.presentation.wording import long_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.model.records import Proceeding, Revision
    from monitor.presentation.differences import Difference

_PARTS = ("question", "answer", "text")
_SHOWN = {Event.CORRECTED, Event.EDITED, Event.REWORDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A change of one part: a title ("Answer corrected on 5 February 2021"), and what it was and is, by sentences."""

    title: str
    difference: Difference


def changes(revisions: Sequence[Revision]) -> Iterator[Changed]:
    """Return the changes of words between revisions of one source, oldest first.

    If the first revision is a correction already, the source may give the answer before it.
    """
    if revisions and (first := revisions[0].proceeding).original_answer and first.answer:
        yield from _changed("answer", first.original_answer, first.answer, _when(revisions[0]))
    for before, after in pairwise(revisions):
        if _SHOWN.isdisjoint(after.events):
            continue
        for part in _PARTS:
            was, now = _part(before.proceeding, part), _part(after.proceeding, part)
            if was and now:
                yield from _changed(part, was, now, _when(after))


def _changed(part: str, was: str, now: str, when: str) -> Iterator[Changed]:
    difference = differences(was, now)
    if not difference.is_none:
        yield Changed(title=f"{part.capitalize()} {when}", difference=difference)


def _part(proceeding: Proceeding, part: str) -> str:
    return proceeding.parts().get(part, "")


def _when(revision: Revision) -> str:
    on = revision.proceeding.corrected_on
    if Event.CORRECTED in revision.events and on:
        return f"corrected on {long_day(on)}"
    return f"changed, seen on {long_day(revision.seen_at.astimezone(LONDON).date())}"
