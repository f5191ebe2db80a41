"""Days that could not be read whole for a while, and what came of them later: what a digest lacked, and when it was read.

An outage is of one window. It begins with the first reading that failed, and is over with the first that went well. The
archive keeps those of the last days as one fact of each source. Values in, values out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from monitor.collect.news import fact_of
from monitor.model.records import House
from monitor.model.sources import Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from db.runs import Runs
    from monitor.model.archive import PendingItem, WindowCoverage

FACT = "outages"
KEPT = timedelta(days=3)
"""After so long nobody asks for an outage that is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A window that could not be read whole.

    `since`: the first reading that failed. `read_at`: the last reading that brought more of it, None where none did yet.
    `held`: how much of the window is held in full. `is_over`: whether it was read whole since.
    """

    window: Window
    since: datetime
    read_at: datetime | None = None
    held: int = 0
    is_over: bool = False

    def brought(self, owed: PendingItem, after: datetime) -> bool:
        """Say whether what is owed was read of this window after an instant at which it could not be read."""
        return any(
            revision.proceeding.source == self.window.source
            and revision.proceeding.house is self.window.house
            and self.window.day == revision.proceeding.day
            and self.read_at is not None
            and after < revision.seen_at <= self.read_at
            for revision in owed.revisions
        )


def noted(outages: Iterable[Outage], covered: WindowCoverage) -> tuple[Outage, ...]:
    """Take in how a window was read just now, and let go of outages that are long over."""
    kept = [
        outage for outage in outages if not outage.is_over or (outage.read_at or outage.since) > covered.read_at - KEPT
    ]
    others = [one for one in kept if one.is_over or one.window != covered.window]
    known = next((one for one in kept if one not in others), None)
    if covered.state != "failed":
        over = [replace(known, read_at=covered.read_at, held=covered.held, is_over=True)] if known else []
        return (*others, *over)
    if known is None:
        return (*others, Outage(window=covered.window, since=covered.read_at, held=covered.held))
    if covered.held > known.held:
        return (*others, replace(known, read_at=covered.read_at, held=covered.held))
    return (*others, known)


def outages_of(runs: Runs, source: str) -> tuple[Outage, ...]:
    """Take up what earlier runs noted of a source."""
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


def keep(runs: Runs, source: str, outages: Iterable[Outage]) -> None:
    """Note the outages of a source for later runs."""
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
