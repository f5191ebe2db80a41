"""Rounds of shared work: what a single run keeps in memory from stage to stage, several workers keep in the archive.

A round begins when sources are read or digests fall due. The ledger of runs has a row for each stage of it, as for a run of
a single process.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import func, insert, select, update

from db import tables
from db.rows import load_fact, save_fact
from monitor.model.collection import RunOutcome
from monitor.model.jobs import ROUND
from monitor.model.watching import SUBSCRIBERS_VERSION

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from db.jobs import Jobs
    from db.store import Store
    from monitor.model.jobs import Job


@dataclass(slots=True)
class Round:
    """A round of work.

    `runs`: row ids of its stages in the ledger. `counts`: by stage. `failures` and `notes`: sentences for the operator.
    `gone`: by source, the keys of records that it lacked.
    """

    began_at: datetime
    runs: dict[str, int] = field(default_factory=dict)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    gone: dict[str, list[str]] = field(default_factory=dict)


class RoundState(NamedTuple):
    """State of the archive that has to be the same for two digests, if the second is to use what was read for the first.

    `round_began_at`: None where no round is under way. `last_run`: row id of the last stage of any run or round, 0 for none.
    `subscribers_version`: of the subscribers that are kept in the archive.
    """

    round_began_at: datetime | None
    last_run: int
    subscribers_version: str


def _fact(key: str) -> Any:
    return select(tables.meta.c.value).where(tables.meta.c.key == key).scalar_subquery()


_STATE: Final = select(
    _fact(ROUND).label("round"),
    select(func.coalesce(func.max(tables.run.c.id), 0)).scalar_subquery().label("last_run"),
    _fact(SUBSCRIBERS_VERSION).label("subscribers_version"),
)
"""Built once: each digest executes it, and building a statement takes longer than executing it."""


class Rounds:
    """The round of work that is under way."""

    def __init__(self, store: Store, jobs: Jobs) -> None:
        self._store = store
        self._jobs = jobs

    def begin(self, stage: str | None, as_of: datetime, jobs: Iterable[Job]) -> int:
        """Begin a round, a stage of it and its jobs, all or nothing; return how many jobs were added."""
        now = self._store.clock()
        with self._store.write() as connection:
            begun = Round(began_at=now)
            if stage is not None:
                _begin_stage(connection, begun, stage, as_of, now)
            _save(connection, begun)
            return self._jobs.add(connection, jobs)

    def begin_stage(self, stage: str, as_of: datetime, jobs: Iterable[Job]) -> int:
        """Begin a further stage and its jobs, all or nothing; return how many jobs were added."""
        now = self._store.clock()
        with self._store.write() as connection:
            current = _load(connection) or Round(began_at=now)
            if stage not in current.runs:
                _begin_stage(connection, current, stage, as_of, now)
            _save(connection, current)
            return self._jobs.add(connection, jobs)

    def current(self) -> Round | None:
        """Return the round that is under way."""
        with self._store.read_once() as connection:
            return _load(connection)

    def state(self) -> RoundState:
        """Return the state by which a worker decides whether what it read for its last digest still holds."""
        with self._store.read_once() as connection:
            row = connection.execute(_STATE).one()
        began_at = None if row.round is None else _read(row.round).began_at
        return RoundState(began_at, row.last_run, row.subscribers_version or "")

    def add(
        self, stage: str, counts: Mapping[str, int], *, failures: Sequence[str] = (), notes: Sequence[str] = ()
    ) -> None:
        """Add the counts of a job, and sentences for the operator."""
        if not any(counts.values()) and not failures and not notes:
            return
        with self._store.write() as connection:
            current = _load(connection) or Round(began_at=self._store.clock())
            summed = Counter(current.counts.get(stage, {}))
            summed.update(counts)
            current.counts[stage] = dict(summed)
            current.failures = list(dict.fromkeys([*current.failures, *failures]))
            current.notes = list(dict.fromkeys([*current.notes, *notes]))
            _save(connection, current)

    def note_gone(self, source: str, keys: Collection[str]) -> None:
        """Note the records that a source lacked in this round: they are not looked up again in it."""
        if not keys:
            return
        with self._store.write() as connection:
            current = _load(connection) or Round(began_at=self._store.clock())
            current.gone[source] = sorted({*current.gone.get(source, ()), *keys})
            _save(connection, current)

    def end_stage(self, stage: str, more: Mapping[str, int] | None = None) -> None:
        """Note in the ledger how a stage ended, with what was counted, and with `more` counts."""
        with self._store.write() as connection:
            current = _load(connection)
            if current is None or stage not in current.runs:
                return
            counts = {**current.counts.get(stage, {}), **(more or {})}
            ended = update(tables.run).where(tables.run.c.id == current.runs[stage], tables.IS_RUNNING)
            connection.execute(ended.values(**_ended(counts, self._store.clock())))

    def note_stage(self, stage: str, began_at: datetime, counts: Mapping[str, int]) -> None:
        """Note in the ledger a stage that had no beginning of its own."""
        row = {"stage": stage, "as_of": began_at, "started_at": began_at}
        with self._store.write() as connection:
            connection.execute(insert(tables.run).values(**row, **_ended(counts, self._store.clock())))

    def end(self) -> None:
        """End the round."""
        with self._store.write() as connection:
            save_fact(connection, ROUND, None)

    def composed_since(self, began_at: datetime) -> dict[str, int]:
        """Count the digests that were composed since a round began."""
        digest = tables.digest
        earlier = select(digest.c.id).where(digest.c.composed_at < began_at).order_by(digest.c.id.desc()).limit(1)
        # Digests are stored in the order of their time, for which there is no index.
        later = digest.c.id > func.coalesce(earlier.scalar_subquery(), 0)
        query = select(digest.c.kind, func.count()).where(later).group_by(digest.c.kind)
        found = {row[0]: row[1] for row in self._store.rows(query)}
        return {"digests": found.get("mailed", 0), "empty": found.get("empty", 0)}

    def sent_since(self, began_at: datetime) -> int:
        """Count the messages that were sent since a round began."""
        [count] = self._store.scalars(select(func.count()).where(tables.outbox.c.sent_at >= began_at))
        return int(count)


def _ended(counts: Mapping[str, int], now: datetime) -> dict[str, Any]:
    outcome = RunOutcome.FAILED if counts.get("failures") else RunOutcome.OK
    return {"outcome": outcome, "ended_at": now, "counts": json.dumps(dict(counts))}


def _begin_stage(connection: Connection, current: Round, stage: str, as_of: datetime, now: datetime) -> None:
    """Add a row to the ledger. An earlier row of the stage that still says that it runs was interrupted."""
    running = update(tables.run).where(tables.run.c.stage == stage, tables.IS_RUNNING)
    connection.execute(running.values(outcome=RunOutcome.INTERRUPTED, ended_at=now))
    row = {"stage": stage, "as_of": as_of, "started_at": now, "outcome": RunOutcome.RUNNING, "counts": "{}"}
    result = connection.execute(insert(tables.run), row)
    current.runs[stage] = int(result.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted


def _load(connection: Connection) -> Round | None:
    fact = load_fact(connection, ROUND)
    return None if fact is None else _read(fact)


def _read(fact: str) -> Round:
    stored: dict[str, Any] = json.loads(fact)
    return Round(**{**stored, "began_at": datetime.fromisoformat(stored["began_at"])})


def _save(connection: Connection, current: Round) -> None:
    written = {
        "began_at": current.began_at.isoformat(),
        "runs": current.runs,
        "counts": current.counts,
        "failures": current.failures,
        "notes": current.notes,
        "gone": current.gone,
    }
    save_fact(connection, ROUND, json.dumps(written))
