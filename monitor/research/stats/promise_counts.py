"""Promises counted by the minister who made them. Promised letters are left out: these are a matter of days."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.model.promises import PromiseState
from monitor.parliament.promises.state import state_on

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from db.archive import Archive

_STILL_TO_COME: Final = (PromiseState.OPEN, PromiseState.DUE)


@dataclass(frozen=True, slots=True)
class PromiseCounts:
    """Promises that are still to come, whose days are over, and that were kept. Repetitions are not counted."""

    open: int = 0
    overdue: int = 0
    kept: int = 0


NO_PROMISES: Final = PromiseCounts()


def promises_by_minister(
    archive: Archive, today: date, revisions: Collection[int] | None = None
) -> dict[str, PromiseCounts] | None:
    """Count the promises of each minister, who counts as the one who made it first.

    `revisions`: only those made in records whose newest revision (by row id) is one of these. None: there is no ledger yet.
    """
    if not archive.promises.count():
        return None
    states: dict[str, Counter[PromiseState]] = {}
    for made in archive.people.promises():
        if revisions is None or made.revision in revisions:
            states.setdefault(made.minister, Counter())[state_on(made.group, today)] += 1
    return {
        minister: PromiseCounts(
            open=sum(counts[state] for state in _STILL_TO_COME),
            overdue=counts[PromiseState.OVERDUE],
            kept=counts[PromiseState.KEPT],
        )
        for minister, counts in states.items()
    }
