"""The kept bytes through today's parsers: what differs is history. What waits in quarantine is tried again with the rest.

Of a file that was received in several versions the newest tells of a record; what an older one says of it is over.
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
"""A batch that is larger is not added to: a payload may have 20 MiB."""


@dataclass(slots=True, kw_only=True)
class Reparse:
    """One reading of what is kept. The days of `scope` bound it, if it has any."""

    archive: Archive
    scope: Scope
    clock: Callable[[], datetime]
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("payloads", "new", "changed", "quarantined"), 0)
    )

    def windows(self, source: Source) -> None:
        """The payloads of a source that is asked by windows: one record each."""
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
        """The payloads of a source of files, newest first, and the records that were put aside."""
        filing = Filing(archive=self.archive, source=source, scope=self.scope, clock=self.clock, is_history=True)
        known = self.archive.files.known(source.name)
        waiting = {one.key for one in self.archive.payloads.quarantined() if one.source == source.name}
        told: set[int] = set()
        for payload in self.archive.payloads.newest(source.name, newest_first=True):
            name, _, record = payload.key.partition("#")
            ref = _ref(name, known)
            if (record and payload.key not in waiting) or not self._is_asked_for(ref.day):
                continue
            self.counts["payloads"] += 1
            filing.understand(payload, ref, is_news=never, only=lambda key: _is_first(hash(key), told))
        counted = filing.counts.tally.as_dict()
        for name in ("new", "changed", "quarantined"):
            self.counts[name] += counted[name]
        self.counts["quarantined"] += filing.counts.unreadable

    def _is_asked_for(self, day: date | None) -> bool:
        """A file that tells of many days may tell of these."""
        first, last = self.scope.first, self.scope.last
        return day is None or ((first is None or first <= day) and (last is None or day <= last))


def _ref(name: str, known: Mapping[str, FileRead]) -> FileRef:
    filed = known.get(name)
    return FileRef(name=name, day=filed.day, stamp=filed.stamp) if filed else FileRef(name=name)


def _is_first(key: int, told: set[int]) -> bool:
    """Whether a record was not met before; its key stands for it by a hash, for there may be millions."""
    if key in told:
        return False
    told.add(key)
    return True


def _in_batches(payloads: Iterable[Payload], size: int) -> Iterator[list[Payload]]:
    """Several payloads at a time: a transaction."""
    batch: list[Payload] = []
    for payload in payloads:
        if len(batch) == size or sum(len(one.body) for one in batch) > BYTES_AT_ONCE:
            yield batch
            batch = []
        batch.append(payload)
    if batch:
        yield batch
