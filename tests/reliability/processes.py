"""Several processes on one archive, on SQLite and on PostgreSQL.

Writers that read and write the same number lose no update; of runs that start at once one works and the others end well
with one line; senders that share an outbox send nothing twice; a reader sees one state, however the log is cleaned up
meanwhile; and whose holder was killed, that archive is free at once.
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
from db.engine import open_engine, reading, writing
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
    from tests.reliability.crew import Ended
    from tests.reliability.tally import Budget

SIZE = 4
DAY = date(2024, 11, 26)
"""Of the runs."""
PATIENCE = 120.0
"""Seconds after which whoever is waited for counts as stuck."""


@dataclass(frozen=True, slots=True)
class Round:
    """How much of each is done: transactions of each writer, mails in the outbox, holders killed."""

    transactions: int = 50
    mails: int = 500
    kills: int = 5

    @property
    def steps(self) -> int:
        """What is counted, on both databases; besides, the starts of runs and the reader."""
        return 2 * (SIZE * self.transactions + self.mails + self.kills + SIZE) + SIZE + 1

    def scaled(self, by: float) -> Round:
        """A smaller one."""
        return Round(*(max(2, round(by * transaction)) for transaction in (self.transactions, self.mails, self.kills)))


def count_together(crew: Crew, url: str, transactions: int) -> Tally:
    """Writers that add one to a number."""
    _set(url, "0")
    tally = Tally(tried=SIZE * transactions)
    ended = list(crew.work("count up", url, str(transactions), size=SIZE))
    tally.failures += _complaints("a writer", ended)
    counted = int(_get(url))
    tally.lost = tally.tried - counted
    if tally.lost:
        tally.failures.append(f"{_kind(url)}: {tally.tried} times one was added, and it is {counted}")
    return tally


def read_meanwhile(crew: Crew, url: str, transactions: int) -> Tally:
    """A reader that looks before and after others write and empty the log (SQLite); then it can be emptied."""
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
        tally.failures.append(f"the log holds {log.stat().st_size} bytes when nobody reads any more")
    engine.dispose()
    return tally


def send_together(crew: Crew, url: str, mails: int, log: Path) -> Tally:
    """Senders that share an outbox."""
    archive = Archive(open_engine(url))
    log.unlink(missing_ok=True)
    with writing(archive.engine) as connection:
        connection.execute(tables.outbox.delete())
        archive.outbox.add(connection, None, [letter(number) for number in range(mails)], datetime.now(UTC))
    tally = Tally(tried=mails)
    tally.failures += _complaints("a sender", crew.work("send", url, str(log), size=SIZE))
    copies = Counter(log.read_text(encoding="utf-8").split())
    tally.duplicated = sum(copies.values()) - len(copies)
    tally.lost = mails - len(copies)
    if tally.duplicated or tally.lost:
        told = f"{tally.duplicated} were sent twice and {tally.lost} never"
        tally.failures.append(f"{_kind(url)}: of {mails} mails {told}")
    if (sent := archive.outbox.counts()[DeliveryState.SENT]) != mails:
        tally.failures.append(f"{_kind(url)}: of {mails} mails {sent} are noted as sent")
    archive.close()
    return tally


def kill_holders(crew: Crew, url: str, kills: int) -> Tally:
    """Holders of the archive that are killed."""
    tally = Tally(tried=kills)
    [ended] = crew.work("kill holders", url, str(kills), size=1)
    tally.failures += [f"{_kind(url)}: {line}" for line in ended.out.splitlines()]
    tally.failures += _complaints("who kills holders", [ended])
    return tally


def run_together(crew: Crew, desk: Desk) -> Tally:
    """`pqwatch run` several times at once. Whoever works waits for Parliament until the others have ended."""
    assert desk.parliament is not None
    tally = Tally(tried=SIZE)
    others_ended = threading.Event()

    def wait(_request: Request) -> None:
        if not others_ended.wait(PATIENCE):
            tally.failures.append("the others did not end while one run worked")
            others_ended.set()

    desk.parliament.on_request = wait
    words = ("run", "--config", str(desk.config), "--as-of", DAY.isoformat())
    ended: list[Ended] = []
    for one in crew.work("command", *words, size=SIZE):
        ended.append(one)
        if len(ended) == SIZE - 1:
            others_ended.set()
    return _judge_runs(tally, desk, ended)


def _judge_runs(tally: Tally, desk: Desk, ended: list[Ended]) -> Tally:
    where = f"runs at once on {_kind(desk.archive)}"
    workers = [one for one in ended if "collect " in one.err]
    others = [one for one in ended if one not in workers]
    if any(one.code for one in ended):
        tally.failures.append(f"{where}: they ended with {[one.code for one in ended]}: {[one.err for one in ended]}")
    if len(workers) != 1:
        tally.failures.append(f"{where}: {len(workers)} worked")
    for other in others:
        lines = other.err.splitlines()
        if len(lines) != 1 or not lines[0].startswith("Another run holds the archive (process "):
            tally.failures.append(f"{where}: one that did not work said {lines}")
    told = [str(message["Subject"]) for message in desk.messages()]
    tally.lost, tally.duplicated = int(not told), max(len(told) - 1, 0)
    if len(told) != 1:
        tally.failures.append(f"{where}: one digest was due, and {len(told)} came: {told}")
    return tally


def _complaints(who: str, ended: Iterable[Ended]) -> list[str]:
    return [f"{who} ended with {one.code}: {one.err or one.out}" for one in ended if one.code or one.err]


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


# -- one round of all of it -------------------------------------------------------------------------------------------


def on_one_database(crew: Crew, url: str, folder: Path, size: Round) -> Tally:
    """Everything but runs, on an archive of this schema that others may have used."""
    tally = count_together(crew, url, size.transactions)
    if _kind(url) == "sqlite":
        tally.add(read_meanwhile(crew, url, size.transactions))
    tally.add(send_together(crew, url, size.mails, folder / "sent"))
    tally.add(kill_holders(crew, url, size.kills))
    return tally


def runs_on(crew: Crew, folder: Path, url: str) -> Tally:
    """Runs at once with an archive at `url`, in a new folder."""
    with Parliament.from_values([an_answer(0, DAY)]) as parliament:
        desk = Desk(
            folder=folder,
            parliament=parliament,
            archive=url,
            questions='houses = ["Commons"]\nlook_back_days = 2',
        )
        return run_together(crew, desk)


def upgrade_together(crew: Crew, folder: Path) -> Tally:
    """An archive of the first version of the schema that several open at once: upgraded once, after one backup."""
    path = restored(VERSIONS[0], folder)
    tally = Tally(
        tried=SIZE, failures=_complaints("who opens an older archive", crew.work("open", f"sqlite:///{path}"))
    )
    saved = sorted(path.name for path in folder.glob("*.bak"))
    if saved != [f"{path.name}.{VERSIONS[0]}.bak"]:
        tally.failures.append(f"several upgraded an archive at once, and left {saved}")
    return tally


def one_round(crew: Crew, server: str, folder: Path, size: Round) -> Tally:
    """All of it."""
    folder.mkdir()
    path = folder / "archive.db"
    migrate(f"sqlite:///{path}")
    tally = on_one_database(crew, f"sqlite:///{path}", folder, size)
    tally.add(runs_on(crew, folder / "new", "sqlite:///archive.db"))
    tally.add(upgrade_together(crew, folder))
    with database(server) as url:
        migrate(url)
        tally.add(on_one_database(crew, url, folder, size))
        tally.add(runs_on(crew, folder / "shared", url))
    return tally


ROUND = Round()
ROUNDS = 20


def several(folder: Path, budget: Budget) -> Tally:
    """Rounds of all of it, smaller ones where there is little to try."""
    tally = Tally()
    size = ROUND.scaled(min(1.0, budget.count / ROUND.steps))
    with postgres_server() as server, Crew() as crew:
        while budget.goes_on(tally.tried):
            tally.add(one_round(crew, server, folder / str(tally.tried), size))
    return tally


PROOFS = (Proof(name="several processes", unit="step", full=ROUNDS * ROUND.steps, run=several, share=1.0),)
