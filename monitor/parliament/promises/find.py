"""Promises in the text of an answer: sentences in which the Government says what it will do. docs/promises.md says more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from monitor.model.promises import FoundPromise, PromiseKind
from monitor.parliament.promises import letters
from monitor.text.sentences import sentence_around

if TYPE_CHECKING:
    from datetime import date

    from monitor.parliament.calendar import SittingCalendar

_ACT: Final = re.compile(
    r"\b(?:will|shall|intends?\s+to|plans?\s+to)\s+(?:\w+ly\s+)?(?:be\s+)?"
    r"(publish|announc|consult|respond|legislat|introduc|launch|set\s+out|updat|complet)\w*\b",
    re.IGNORECASE,
)


def find_promises(text: str, made_on: date, calendar: SittingCalendar | None = None) -> list[FoundPromise]:
    """Find the promises in a plain text that was given on a day, in their order."""
    del made_on, calendar
    found: dict[int, FoundPromise] = {}
    for place, _ in letters.find_promises(text, 0, len(text)):
        start, end = sentence_around(text, place)
        found[start] = FoundPromise(
            start=start, end=end, act="write", expression="will write", kind=PromiseKind.LETTER
        )
    for match in _ACT.finditer(text):
        start, end = sentence_around(text, match.start())
        found.setdefault(
            start,
            FoundPromise(
                start=start, end=end, act=match.group(1).lower(), expression=match.group(), kind=PromiseKind.VAGUE
            ),
        )
    return [found[start] for start in sorted(found)]
