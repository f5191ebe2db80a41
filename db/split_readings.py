"""Readings of sources that are split into parts: which parts are left, and what the others left to the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.rows import load_fact, save_fact
from monitor.model.split_readings import PartFindings, SplitReading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from db.jobs import Jobs
    from db.store import Store
    from monitor.model.jobs import Job


class SplitReadings:
    """Readings that several workers share, by the name of what is read."""

    def __init__(self, store: Store, jobs: Jobs) -> None:
        self._store = store
        self._jobs = jobs

    def begin(self, reading: SplitReading, jobs: Iterable[Job]) -> None:
        """Store that a reading was split, and add the jobs of its parts, all or nothing."""
        with self._store.write() as connection:
            save_fact(connection, _key(reading.name), reading.as_text())
            self._jobs.add(connection, jobs)

    def of(self, name: str) -> SplitReading | None:
        """Return the reading of this name that is under way."""
        with self._store.read() as connection:
            text = load_fact(connection, _key(name))
        return SplitReading.of_text(text) if text else None

    def note(self, name: str, noted: PartFindings) -> None:
        """Keep what a part found while it is still being read."""
        with self._store.write_own() as connection:
            if reading := _load_to_change(connection, name):
                save_fact(connection, _key(name), reading.noting(noted).as_text())

    def end_part(self, name: str, part: int, noted: PartFindings, last: Job) -> bool:
        """Note that a part was read, and add the `last` job if none is left; return False if that was noted before."""
        with self._store.write_own() as connection:
            reading = _load_to_change(connection, name)
            if reading is None or part not in reading.left:
                return False
            after = reading.noting(noted).without(part)
            save_fact(connection, _key(name), after.as_text())
            if not after.left:
                self._jobs.add(connection, [last])
            return True

    def end(self, name: str) -> None:
        """Forget a reading: it is over, or its parts failed."""
        with self._store.write() as connection:
            save_fact(connection, _key(name), None)


def _key(name: str) -> str:
    return f"split {name}"


def _load_to_change(connection: Connection, name: str) -> SplitReading | None:
    """Load a reading, and keep others from changing it until the end of the transaction."""
    text = load_fact(connection, _key(name), to_change=True)
    return SplitReading.of_text(text) if text else None
