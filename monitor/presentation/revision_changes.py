"""Two revisions of a record side by side: the words that differ in each part, and what happened between them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from monitor.errors import MonitorError
from monitor.model.records import PARTS
from monitor.parliament.lifecycle import is_only_reformatted
from monitor.presentation.differences import differences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model.records import Proceeding, Revision
    from monitor.presentation.differences import Difference


class NoSuchRevisionError(MonitorError):
    """A record has no revision of this number."""


@dataclass(frozen=True, slots=True)
class PartChange:
    """Change of one part between two revisions."""

    part: str
    difference: Difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two revisions of one source side by side, the earlier first."""

    before: Revision
    after: Revision
    changes: tuple[PartChange, ...]


def compare_revisions(
    own: Sequence[Revision], before: int | None = None, after: int | None = None
) -> Comparison | None:
    """Compare two revisions of one source by number, else the last two that differ in words; None where none do.

    One number is enough: `before` is then compared with the newest revision. Raises NoSuchRevisionError.
    """
    numbered = {revision.number: revision for revision in own}
    if before is not None or after is not None:
        first, second = numbered.get(before or 0), numbered.get(after or own[-1].number)
        if first is None or second is None or first is second:
            raise NoSuchRevisionError(f"Choose two revisions, from 1 to {len(own)}.")
        return _compared(*sorted((first, second), key=lambda revision: revision.number))
    for first, second in reversed(list(pairwise(own))):
        if not is_only_reformatted(first.proceeding, second.proceeding):
            return _compared(first, second)
    return None


def _compared(before: Revision, after: Revision) -> Comparison:
    return Comparison(before, after, tuple(changed_parts(before.proceeding, after.proceeding)))


def changed_parts(before: Proceeding, after: Proceeding) -> list[PartChange]:
    """Return the parts in which the words of two records, or of two revisions of one, differ."""
    changes = []
    for part in PARTS:
        was, now = before.parts().get(part, ""), after.parts().get(part, "")
        if was != now and not (change := differences(was, now)).is_none:
            changes.append(PartChange(part, change))
    return changes
