# ruff: noqa: INP001, T201 - a script that prints, no part of a package
"""Measure how work grows with workers on PostgreSQL: digests and mails a second with 1, 2 and 4 of them.

`uv run python bench/growth.py [--readers 200] [--mails 2000] [--workers 1,2,4]`. Each number of workers gets a database of
its own. *Digests*: invented readers of mixed cadences and topics, twelve answers, each reader held against a plain oracle;
timed from the moment the digests are handed out until all are composed and mailed. *Mails*: finished messages in the
outbox, to a sink on loopback that only counts, with the connections that were opened. CPU seconds are those of the workers
together, of the server's processes, and of what looks on and takes the mails; on a machine with other work judge by these,
not by the clock. The server is that of the tests, without fsync.

*Limit* is the number of units a second that the cores of this machine can do, if all of that CPU time is spread evenly,
with however many workers.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.model.deliveries import DeliveryState  # noqa: E402 (after the path)
from tests.reliability import yard as yards  # noqa: E402
from tests.reliability.yard import Plan, Yard  # noqa: E402
from tests.servers import database, postgres_server  # noqa: E402
from tests.unit.delivery_kit import letter  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

LOOK_SECONDS = 0.25
CORES = os.cpu_count() or 1
LONGEST_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Cpu:
    """CPU seconds so far: of the workers, of the database server, and of what looks on and takes the mails."""

    workers: float
    server: float
    rest: float

    @classmethod
    def of(cls, yard: Yard, sink: int | None = None) -> Cpu:
        """Measure (Linux). `sink`: the process that takes the mails, if that is not this one."""
        workers = [_cpu_of(worker.pid) for worker in yard.workers]
        rest = time.process_time() + (_cpu_of(sink) if sink else 0.0)
        return cls(sum(workers), _cpu_of_server(_postmaster(yard)), rest)

    def since(self, before: Cpu) -> Cpu:
        """Return what was used since another measurement."""
        return Cpu(self.workers - before.workers, self.server - before.server, self.rest - before.rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Result of one measurement: units done, seconds on the clock, CPU seconds, and remarks."""

    done: int
    wall: float
    cpu: Cpu
    remark: str

    def row(self, what: str, workers: int) -> str:
        """Return a row of the table."""
        each = [1000 * seconds / self.done for seconds in (self.cpu.workers, self.cpu.server, self.cpu.rest)]
        limit = CORES * 1000 / sum(each)
        figures = [
            f"{self.wall:.1f}",
            f"{self.done / self.wall:.1f}",
            *(f"{part:.1f}" for part in each),
            f"{limit:.0f}",
        ]
        return f"| {what} | {workers} | {self.done:,} | {' | '.join(figures)} | {self.remark} |"


def main() -> None:
    """Measure, and print a table."""
    given = _arguments()
    yards.STUCK_AFTER_SECONDS = LONGEST_SECONDS
    heads = ("workers", "done", "seconds", "a second", "CPU ms: workers", "server", "rest", "limit a second", "")
    print(f"| what | {' | '.join(heads)} |\n|{'---|' * (1 + len(heads))}")
    with postgres_server() as server:
        for workers in map(int, given.workers.split(",")):
            if given.readers:
                print(compose(server, given.readers, workers).row("digests", workers), flush=True)
            if given.mails:
                print(deliver(server, given.mails, workers).row("mails", workers), flush=True)


def compose(server: str, readers: int, workers: int) -> Figures:
    """Read, match, compose and mail for readers; time from the first digest on."""
    with (
        tempfile.TemporaryDirectory() as folder,
        database(server) as url,
        Yard(folder=Path(folder) / "yard", url=url, plan=Plan.of(readers, 12, seed=1)) as yard,
    ):
        yard.begin()
        yard.start(workers)
        _until(lambda: _digests(yard) > 0)
        began, cpu, first = time.monotonic(), Cpu.of(yard), _digests(yard)
        _until(lambda: _digests(yard) >= readers)
        composed = time.monotonic() - began
        yard.work_off()
        took, used = time.monotonic() - began, Cpu.of(yard).since(cpu)
        tally = yard.judge()
        remark = f"composed in {composed:.1f} s; {tally.lost} lost, {tally.duplicated} twice"
        return Figures(done=readers - first, wall=took, cpu=used, remark=remark)


def deliver(server: str, mails: int, workers: int) -> Figures:
    """Send finished messages to the sink."""
    with (
        tempfile.TemporaryDirectory() as folder,
        database(server) as url,
        Sink() as sink,
        Yard(folder=Path(folder) / "yard", url=url, plan=Plan.of(1, 1, seed=1)) as yard,
    ):
        text = yard.desk.config.read_text(encoding="utf-8")
        yard.desk.config.write_text(text.replace(f"port = {yard.mail.port}", f"port = {sink.port}"), encoding="utf-8")
        yard.write_bare_config()
        with yard.archive.engine.begin() as connection:
            yard.archive.outbox.add(
                connection,
                None,
                [letter(number, text="A line.\r\n" * 400) for number in range(mails)],
                datetime.now(UTC),
            )
        yard.start(workers)
        _until(lambda: _sent(yard) > 0)
        began, cpu, first = time.monotonic(), Cpu.of(yard, sink.pid), _sent(yard)
        _until(lambda: _sent(yard) >= mails)
        took, used = time.monotonic() - began, Cpu.of(yard, sink.pid).since(cpu)
        yard.stop()
        got, connections = sink.counts()
        remark = f"{got:,} received over {connections} connections"
        return Figures(done=mails - first, wall=took, cpu=used, remark=remark)


def _until(is_reached: Callable[[], bool]) -> None:
    until = time.monotonic() + LONGEST_SECONDS
    while not is_reached():
        if time.monotonic() > until:
            raise TimeoutError("the workers did not get there")
        time.sleep(LOOK_SECONDS)


def _digests(yard: Yard) -> int:
    return sum(yard.archive.deliveries.counts().values())


def _sent(yard: Yard) -> int:
    return yard.archive.deliveries.counts()[DeliveryState.SENT]


# -- CPU time ---------------------------------------------------------------------------------------------------------


def _stat(pid: int) -> list[str]:
    """Return the facts of a process behind its name, as proc(5) lists them, the parent second."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def _cpu_of(pid: int, *, with_ended_children: bool = False) -> float:
    last = 15 if with_ended_children else 13
    return sum(map(int, _stat(pid)[11:last])) / os.sysconf("SC_CLK_TCK")


def _postmaster(yard: Yard) -> int:
    """Return the process of the server, which begins one for each connection."""
    with yard.archive.engine.connect() as connection:
        pid = int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
    return int(_stat(pid)[1])


def _cpu_of_server(postmaster: int) -> float:
    seconds = _cpu_of(postmaster, with_ended_children=True)
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended
            if int(_stat(int(process.name))[1]) == postmaster:
                seconds += _cpu_of(int(process.name))
    return seconds


# -- a mail server that only counts -----------------------------------------------------------------------------------


class Sink:
    """A mail server in a process of its own that takes everything and keeps nothing."""

    def __enter__(self) -> Self:
        here, there = multiprocessing.get_context("spawn").Pipe()
        self._pipe = here
        self._process = multiprocessing.get_context("spawn").Process(target=serve_sink, args=(there,), daemon=True)
        self._process.start()
        self.pid = self._process.pid
        self.port: int = here.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()

    def counts(self) -> tuple[int, int]:
        """Return how many mails and how many connections came."""
        self._pipe.send(None)
        mails, connections = self._pipe.recv()
        return mails, connections


def serve_sink(pipe: Connection[Any, Any]) -> None:
    """Serve until the process is ended."""
    asyncio.run(_serve_sink(pipe))


async def _serve_sink(pipe: Connection[Any, Any]) -> None:
    counts = [0, 0]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counts[1] += 1
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            for reply in _replies(line[:4].upper()):
                writer.write(reply)
            if line[:4].upper() == b"DATA":
                while (await reader.readline()) not in (b".\r\n", b""):
                    pass
                counts[0] += 1
                writer.write(b"250 2.0.0 taken\r\n")
            await writer.drain()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    pipe.send(server.sockets[0].getsockname()[1])
    loop = asyncio.get_running_loop()
    while True:
        await loop.run_in_executor(None, pipe.recv)
        pipe.send(tuple(counts))


def _replies(command: bytes) -> Iterator[bytes]:
    yield {b"EHLO": b"250-sink\r\n250 8BITMIME\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(
        command, b"250 ok\r\n"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=200, help="readers; 0: no digests")
    parser.add_argument("--mails", type=int, default=2_000, help="messages; 0: no mails")
    parser.add_argument("--workers", default="1,2,4", help="numbers of workers")
    return parser.parse_args()


if __name__ == "__main__":
    main()
