"""Several processes on one archive, on SQLite and on PostgreSQL.

Writers that read and write the same number lose no update. Of runs that start at once one works, and the others end
normally with one line. Senders that share an outbox send nothing twice. A reader sees one state, even when the log is
emptied meanwhile. An archive is free at once when its holder is killed.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from db import tables
from db.archive import Archive
from db.engine import open_engine
from db.transactions import reading, writing
from monitor.demo.parliament import Parliament
from monitor.model.deliveries import DeliveryState
from tests.e2e.desk import Desk, an_answer
from tests.reliability.crew import COUNTER, Crew
from tests.reliability.dumps import VERSIONS, restored
from tests.reliability.tally import Proof, Tally
from tests.servers import database, migrate, postgres_server
from tests.unit.delivery_kit import letter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Select

    from monitor.demo.parliament import Request
    from tests.reliability.crew import ProcessResult
    from tests.reliability.tally import Budget

PROCESSES = 4
DAY = date(2024, 11, 26)
"""Day of the runs."""
STUCK_AFTER_SECONDS = 120.0
"""Seconds after which a process that does not end counts as stuck."""


@dataclass(frozen=True, slots=True)
class Round:
    """Amount of work: transactions of each writer, mails in the outbox, holders to kill."""

    transactions: int = 50
    mails: int = 500
    kills: int = 5

    @property
    def steps(self) -> int:
        """Steps of a round on both databases, with the starts of runs and upgrades and the reader."""
        return 2 * (PROCESSES * self.transactions + self.mails + self.kills + PROCESSES) + PROCESSES + 1

    def scaled(self, factor: float) -> Round:
        """Return a smaller round."""
        return Round(*(max(2, round(factor * count)) for count in (self.transactions, self.mails, self.kills)))


def count_together(crew: Crew, url: str, transactions: int) -> Tally:
    """Let writers add 1 to a number."""
    _set(url, "0")
    tally = Tally(tried=PROCESSES * transactions)
    results = list(crew.work("count up", url, str(transactions), size=PROCESSES))
    tally.failures += _complaints("a writer", results)
    counted = int(_get(url))
    tally.lost = tally.tried - counted
    if tally.lost:
        tally.failures.append(f"{_kind(url)}: {tally.tried} times 1 was added, and the sum is {counted}")
    return tally


def read_meanwhile(crew: Crew, url: str, transactions: int) -> Tally:
    """Read before and after others write and empty the log (SQLite). Then the log must be empty."""
    _set(url, "0")
    tally = Tally(tried=1)
    engine = open_engine(url)
    with reading(engine) as connection:
        seen = [connection.execute(_counter()).scalar_one()]
        tally.failures += _complaints("a writer beside a reader", crew.work("count up", url, str(transactions), size=2))
        seen.append(connection.execute(_counter()).scalar_one())
    if seen != ["0", "0"]:
        tally.failures.append(f"{_kind(url)}: a reader saw {seen[0]}, and then in the same transaction {seen[1]}")
    tally.failures += _complaints("a writer after a reader", crew.work("count up", url, "1", size=1))
    log = Path(f"{engine.url.database}-wal")
    if log.exists() and log.stat().st_size:
        tally.failures.append(f"the log holds {log.stat().st_size} bytes after the last reader ended")
    engine.dispose()
    return tally


def send_together(crew: Crew, url: str, mails: int, log: Path) -> Tally:
    """Let senders share an outbox."""
    archive = Archive(open_engine(url))
    log.unlink(missing_ok=True)
    with writing(archive.engine) as connection:
        connection.execute(tables.outbox.delete())
        archive.outbox.add(connection, None, [letter(number) for number in range(mails)], datetime.now(UTC))
    tally = Tally(tried=mails)
    tally.failures += _complaints("a sender", crew.work("send", url, str(log), size=PROCESSES))
    copies = Counter(log.read_text(encoding="utf-8").split())
    tally.duplicated = sum(copies.values()) - len(copies)
    tally.lost = mails - len(copies)
    if tally.duplicated or tally.lost:
        problem = f"{tally.duplicated} were sent twice and {tally.lost} never"
        tally.failures.append(f"{_kind(url)}: of {mails} mails {problem}")
    if (sent := archive.deliveries.counts()[DeliveryState.SENT]) != mails:
        tally.failures.append(f"{_kind(url)}: of {mails} mails {sent} are noted as sent")
    archive.close()
    return tally


def kill_holders(crew: Crew, url: str, kills: int) -> Tally:
    """Kill holders of the archive."""
    tally = Tally(tried=kills)
    [result] = crew.work("kill holders", url, str(kills), size=1)
    tally.failures += [f"{_kind(url)}: {line}" for line in result.out.splitlines()]
    tally.failures += _complaints("the killer of holders", [result])
    return tally


def run_together(crew: Crew, desk: Desk) -> Tally:
    """Start `pqwatch run` several times at once. The run that works waits for Parliament until the others ended."""
    assert desk.parliament is not None
    tally = Tally(tried=PROCESSES)
    others_have_ended = threading.Event()

    def wait(_request: Request) -> None:
        if not others_have_ended.wait(STUCK_AFTER_SECONDS):
            tally.failures.append("the others did not end while one run worked")
            others_have_ended.set()

    desk.parliament.on_request = wait
    words = ("run", "--config", str(desk.config), "--as-of", DAY.isoformat())
    results: list[ProcessResult] = []
    for result in crew.work("command", *words, size=PROCESSES):
        results.append(result)
        if len(results) == PROCESSES - 1:
            others_have_ended.set()
    return _judge_runs(tally, desk, results)


def _judge_runs(tally: Tally, desk: Desk, results: list[ProcessResult]) -> Tally:
    place = f"runs at once on {_kind(desk.archive)}"
    workers = [result for result in results if "collect " in result.err]
    others = [result for result in results if result not in workers]
    if any(result.code for result in results):
        tally.failures.append(
            f"{place}: they ended with {[result.code for result in results]}: {[result.err for result in results]}"
        )
    if len(workers) != 1:
        tally.failures.append(f"{place}: {len(workers)} worked")
    for other in others:
        lines = other.err.splitlines()
        if len(lines) != 1 or not lines[0].startswith("Another run holds the archive (process "):
            tally.failures.append(f"{place}: a run that did not work printed {lines}")
    subjects = [str(message["Subject"]) for message in desk.messages()]
    tally.lost, tally.duplicated = int(not subjects), max(len(subjects) - 1, 0)
    if len(subjects) != 1:
        tally.failures.append(f"{place}: one digest was due, and {len(subjects)} came: {subjects}")
    return tally


def _complaints(role: str, results: Iterable[ProcessResult]) -> list[str]:
    return [
        f"{role} ended with {result.code}: {result.err or result.out}"
        for result in results
        if result.code or result.err
    ]


def _kind(url: str) -> str:
    return url.partition(":")[0].partition("+")[0]


def _counter() -> Select[str]:
    return select(tables.meta.c.value).where(tables.meta.c.key == COUNTER)


def _get(url: str) -> str:
    archive = Archive(open_engine(url))
    value = archive.runs.fact(COUNTER)
    archive.close()
    return str(value)


def _set(url: str, value: str) -> None:
    archive = Archive(open_engine(url))
    archive.runs.set_fact(COUNTER, value)
    archive.close()


# -- rounds ------------------------------------------------------------------------------------------------------------


def on_one_database(crew: Crew, url: str, folder: Path, size: Round) -> Tally:
    """Try everything except runs, on an archive of the newest schema that may have been used before."""
    tally = count_together(crew, url, size.transactions)
    if _kind(url) == "sqlite":
        tally.add(read_meanwhile(crew, url, size.transactions))
    tally.add(send_together(crew, url, size.mails, folder / "sent"))
    tally.add(kill_holders(crew, url, size.kills))
    return tally


def run_together_in(crew: Crew, folder: Path, url: str) -> Tally:
    """Start runs at once with an archive at `url`, in a new folder."""
    with Parliament.from_values([an_answer(0, DAY)]) as parliament:
        desk = Desk(
            folder=folder,
            parliament=parliament,
            archive=url,
            questions='houses = ["Commons"]\nlook_back_days = 2',
        )
        return run_together(crew, desk)


def upgrade_together(crew: Crew, folder: Path) -> Tally:
    """Let several processes open an archive of the oldest schema: one upgrade, one backup."""
    path = restored(VERSIONS[0], folder)
    tally = Tally(
        tried=PROCESSES,
        failures=_complaints("a process that opens an older archive", crew.work("open", f"sqlite:///{path}")),
    )
    backups = sorted(path.name for path in folder.glob("*.bak"))
    if backups != [f"{path.name}.{VERSIONS[0]}.bak"]:
        tally.failures.append(f"several processes upgraded an archive at once, and left {backups}")
    return tally


def run_round(crew: Crew, server: str, folder: Path, size: Round) -> Tally:
    """Try everything once."""
    folder.mkdir()
    path = folder / "archive.db"
    migrate(f"sqlite:///{path}")
    tally = on_one_database(crew, f"sqlite:///{path}", folder, size)
    tally.add(run_together_in(crew, folder / "new", "sqlite:///archive.db"))
    tally.add(upgrade_together(crew, folder))
    with database(server) as url:
        migrate(url)
        tally.add(on_one_database(crew, url, folder, size))
        tally.add(run_together_in(crew, folder / "shared", url))
    return tally


FULL_ROUND = Round()
ROUNDS = 20


def run_rounds(folder: Path, budget: Budget) -> Tally:
    """Run rounds, smaller ones for a small budget."""
    tally = Tally()
    size = FULL_ROUND.scaled(min(1.0, budget.count / FULL_ROUND.steps))
    with postgres_server() as server, Crew() as crew:
        while budget.allows_another(tally.tried):
            tally.add(run_round(crew, server, folder / str(tally.tried), size))
    return tally


PROOFS = (Proof(name="several processes", unit="step", full=ROUNDS * FULL_ROUND.steps, run=run_rounds, share=1.0),)
