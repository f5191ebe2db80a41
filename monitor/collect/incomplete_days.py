"""Outages: windows that could not be read in full for a while, so that a digest lacked their records.

An outage begins with the first failed reading of a window and is over with the first successful one. The archive keeps the
outages of the last days as one fact for each source.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from monitor.collect.news import fact_of
from monitor.model.collection import WindowState
from monitor.model.records import House
from monitor.model.sources import Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from db.runs import Runs
    from monitor.model.collection import WindowCoverage
    from monitor.model.digests import PendingItem

FACT = "outages"
KEPT = timedelta(days=3)
"""Time after which a past outage is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A window that could not be read in full.

    `since`: the first failed reading. `read_at`: the last reading that brought more records, None before there was one.
    `held`: number of records of the window that are stored in full. `is_over`: the window was read in full since.
    """

    window: Window
    since: datetime
    read_at: datetime | None = None
    held: int = 0
    is_over: bool = False

    def brought(self, pending: PendingItem, after: datetime) -> bool:
        """Return whether a pending item was read from this window later than the instant `after`."""
        return any(
            revision.proceeding.source == self.window.source
            and revision.proceeding.house is self.window.house
            and self.window.day == revision.proceeding.day
            and self.read_at is not None
            and after < revision.seen_at <= self.read_at
            for revision in pending.revisions
        )


def updated_outages(outages: Iterable[Outage], covered: WindowCoverage) -> tuple[Outage, ...]:
    """Update the outages with the latest reading of a window, and drop those that are long over."""
    kept = [
        outage for outage in outages if not outage.is_over or (outage.read_at or outage.since) > covered.read_at - KEPT
    ]
    known = next((outage for outage in kept if not outage.is_over and outage.window == covered.window), None)
    if known is None:
        began = Outage(window=covered.window, since=covered.read_at, held=covered.held)
        return (*kept, began) if covered.state is WindowState.FAILED else tuple(kept)
    is_over = covered.state is not WindowState.FAILED
    if not is_over and covered.held <= known.held:
        return tuple(kept)  # in the same order: a source that is down is stored once, not with each window
    newer = replace(known, read_at=covered.read_at, held=covered.held, is_over=is_over)
    return tuple(newer if outage is known else outage for outage in kept)


def outages_of(runs: Runs, source: str) -> tuple[Outage, ...]:
    """Load the outages of a source."""
    text = runs.fact(fact_of(FACT, source))
    return tuple(
        Outage(
            window=Window(source=source, house=House(house), by=by, day=date.fromisoformat(day)),
            since=datetime.fromisoformat(since),
            read_at=datetime.fromisoformat(read_at) if read_at else None,
            held=held,
            is_over=is_over,
        )
        for house, by, day, since, read_at, held, is_over in json.loads(text or "[]")
    )


def store_outages(runs: Runs, source: str, outages: Iterable[Outage]) -> None:
    """Store the outages of a source."""
    rows = [
        [
            outage.window.house.value,
            outage.window.by,
            outage.window.day.isoformat(),
            outage.since.isoformat(),
            outage.read_at.isoformat() if outage.read_at else None,
            outage.held,
            outage.is_over,
        ]
        for outage in outages
    ]
    runs.set_fact(fact_of(FACT, source), json.dumps(rows))
