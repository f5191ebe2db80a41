"""Pauses that hosts asked for, kept from one run to the next.

A run that is started every half hour would otherwise forget that a host wants to be left alone for two hours.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from monitor.model.collection import HostTurn

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.runs import Runs

FACT: Final = "host_pauses"
WORTH_KEEPING: Final = timedelta(seconds=10)
"""Shortest pause that is kept: a shorter one is over before another run begins."""
LONGEST: Final = timedelta(days=1)
"""Longest pause that is believed, in case the clock was set back since."""


@dataclass(slots=True)
class HostPauses:
    """Turns at hosts for a process that shares an archive with no other one that reads sources (`monitor.ports.Turns`)."""

    runs: Runs
    clock: Callable[[], datetime]
    _seen: set[str] = field(default_factory=set, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def take(self, host: str, apart: float) -> HostTurn:  # noqa: ARG002 (the client keeps its own pace)
        """Return a turn at once, with what is left of a pause that an earlier run was asked for."""
        with self._lock:
            if host in self._seen:
                return HostTurn(wait=0.0, pause=0.0)
            self._seen.add(host)
            until = self._kept().get(host)
        left = min(until - self.clock(), LONGEST) if until else timedelta()
        return HostTurn(wait=0.0, pause=max(left.total_seconds(), 0.0))

    def pause(self, host: str, seconds: float) -> None:
        """Keep a pause, and forget those that are over."""
        if seconds < WORTH_KEEPING.total_seconds():
            return
        with self._lock:
            now = self.clock()
            pauses = {name: until for name, until in self._kept().items() if until > now}
            pauses[host] = max(pauses.get(host, now), now + timedelta(seconds=seconds))
            self.runs.set_fact(FACT, json.dumps({name: until.isoformat() for name, until in pauses.items()}))

    def _kept(self) -> dict[str, datetime]:
        kept = json.loads(self.runs.fact(FACT) or "{}")
        return {host: datetime.fromisoformat(until) for host, until in kept.items()}
