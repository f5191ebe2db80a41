"""Lines of an item that are its reader's own: why they follow it, that they muted it, and notes of their team."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.model.following import FollowKind
from monitor.model.records import Kind
from monitor.parliament.calendar import LONDON
from monitor.presentation.citation import name_of
from monitor.presentation.wording import long_day, one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.model.digests import Item
    from monitor.model.following import FollowReason, Note
    from monitor.model.records import Proceeding

LONGEST_NOTE: Final = 300
"""Letters of a note in a digest; `pqwatch notes` has it whole."""


def own_lines(item: Item, topics: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines of an item that only its reader gets; `topics` maps keys to names."""
    records = [item.revision.proceeding, *item.same_as]
    reasons = [_reason(reason, records, topics) for reason in item.follows]
    lines = [f"Why: {'; '.join(dict.fromkeys(reasons))}"] if reasons else []
    if item.muted is not None:
        lines.append(f"Muted until {long_day(item.muted.until)}, told because it changes what you were sent.")
    return (*lines, *map(note_line, item.notes))


def follow_line(record: Proceeding) -> str:
    """Say that a record is followed by itself."""
    return f"Why: you follow this {'question' if record.kind is Kind.QUESTION else 'record'}"


def _reason(reason: FollowReason, records: Sequence[Proceeding], topics: Mapping[str, str]) -> str:
    """Say why a record is told; `records` are those of its item, the shown one first."""
    if reason.cites is not None:
        return f"it refers to {name_of(reason.cites) or reason.name}, which you follow"
    if reason.kind is FollowKind.ASKER:
        return f"you follow what {one_line(reason.name)} asks"
    if reason.kind is FollowKind.BODY:
        key = reason.topic or ""
        return f"you follow {one_line(reason.name)} on {one_line(topics.get(key, key))}"
    if reason.kind is FollowKind.PROMISE:
        return f"you follow a promise in it ({reason.name})"
    other = next((record for record in records[1:] if record.id == reason.name), None)
    return f"you follow {name_of(other)}" if other else follow_line(records[0]).removeprefix("Why: ")


def note_line(note: Note, longest: int = LONGEST_NOTE) -> str:
    """Return a note on one line, with who wrote it and when."""
    day = long_day(note.written_at.astimezone(LONDON).date())
    return f"Note by {one_line(note.author)}, {day}: {shorten(one_line(note.text), longest)}"
