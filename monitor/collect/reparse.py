"""Parse the kept payloads again with today's parsers. What differs is history. Quarantined payloads are tried again too.

If a file was received in several versions, the newest version with a record counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.collect.files import Filing, never
from monitor.collect.revisions import store_readings
from monitor.errors import ParseError
from monitor.model.sources import FileRef, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date, datetime

    from db.archive import Archive
    from monitor.collect.news import Scope
    from monitor.model.archive import FileRead
    from monitor.model.sources import Payload
    from monitor.ports import FileSource, Source

PAYLOADS_AT_ONCE = 200
BYTES_AT_ONCE = 8 * 1024 * 1024
"""Size at which a batch is full: a payload may have 20 MiB."""


@dataclass(slots=True, kw_only=True)
class Reparse:
    """One run over the kept payloads, within the days of `scope` if it has any."""

    archive: Archive
    scope: Scope
    clock: Callable[[], datetime]
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("payloads", "new", "changed", "quarantined"), 0)
    )

    def windows(self, source: Source) -> None:
        """Parse the payloads of a source of windows, with one record each."""
        payloads = self.archive.payloads.newest(source.name, self.scope.first, self.scope.last)
        for batch in _in_batches(payloads, PAYLOADS_AT_ONCE):
            readings = []
            for payload in batch:
                self.counts["payloads"] += 1
                try:
                    readings.append(Reading(payload=payload, proceeding=source.parse(payload)))
                except ParseError as exc:
                    self.archive.payloads.quarantine(payload, str(exc))
                    self.counts["quarantined"] += 1
            for reading in store_readings(self.archive, readings, today=self.scope.today, is_news=never):
                self.counts["new" if reading.number == 1 else "changed"] += 1

    def files(self, source: FileSource) -> None:
        """Parse the payloads of a source of files, newest first, and its quarantined records."""
        filing = Filing(archive=self.archive, source=source, scope=self.scope, clock=self.clock, is_history=True)
        known = self.archive.files.known(source.name)
        waiting = {stuck.key for stuck in self.archive.payloads.quarantined() if stuck.source == source.name}
        seen: set[int] = set()
        for payload in self.archive.payloads.newest(source.name, newest_first=True):
            name, _, record = payload.key.partition("#")
            ref = _ref(name, known)
            if (record and payload.key not in waiting) or not self._is_asked_for(ref.day):
                continue
            self.counts["payloads"] += 1
            filing.understand(payload, ref, is_news=never, only=lambda key: _is_first(hash(key), seen))
        counted = filing.counts.tally.as_dict()
        for name in ("new", "changed", "quarantined"):
            self.counts[name] += counted[name]
        self.counts["quarantined"] += filing.counts.unreadable

    def _is_asked_for(self, day: date | None) -> bool:
        """Return whether a file may have records of the days asked for; a file without a day may."""
        first, last = self.scope.first, self.scope.last
        return day is None or ((first is None or first <= day) and (last is None or day <= last))


def _ref(name: str, known: Mapping[str, FileRead]) -> FileRef:
    filed = known.get(name)
    return FileRef(name=name, day=filed.day, stamp=filed.stamp) if filed else FileRef(name=name)


def _is_first(key_hash: int, seen: set[int]) -> bool:
    """Return whether a record comes for the first time. Hashes save memory: there may be millions of keys."""
    if key_hash in seen:
        return False
    seen.add(key_hash)
    return True


def _in_batches(payloads: Iterable[Payload], size: int) -> Iterator[list[Payload]]:
    """Yield batches of payloads; each is one transaction."""
    batch: list[Payload] = []
    for payload in payloads:
        if len(batch) == size or sum(len(kept.body) for kept in batch) > BYTES_AT_ONCE:
            yield batch
            batch = []
        batch.append(payload)
    if batch:
        yield batch
