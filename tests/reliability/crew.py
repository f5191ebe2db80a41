"""Processes that do the same work at the same moment: forks of a process that has loaded the program.

`python -m tests.reliability.crew` reads one order per line, as JSON: a role of `ROLES`, its arguments, and the number
of processes. It prints a line for each process that ends: its exit code and its output.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import create_engine, insert, select, update

import monitor.cli
from db import tables
from db.archive import Archive, open_archive
from db.engine import open_engine
from db.transactions import writing
from monitor.errors import MonitorError
from tests.e2e import forge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class ProcessResult:
    """Exit code and output of a process."""

    code: int
    out: str
    err: str


class Crew:
    """Processes of the crew. They have all ended when the `with` block ends."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.crew"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def work(self, role: str, *arguments: str, size: int = 4) -> Iterator[ProcessResult]:
        """Let `size` processes work at once, and yield the result of each when it has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([role, arguments, size]) + "\n")
        self._process.stdin.flush()
        for _ in range(size):
            yield ProcessResult(**json.loads(self._process.stdout.readline()))


# -- roles ------------------------------------------------------------------------------------------------------------


def count_up(url: str, times: str) -> None:
    """Add 1 to a number in the archive, `times` times, each time by a read and a write."""
    engine = open_engine(url)
    for _ in range(int(times)):
        with writing(engine) as connection:
            value = connection.execute(select(tables.meta.c.value).where(tables.meta.c.key == COUNTER)).scalar_one()
            counter = update(tables.meta).where(tables.meta.c.key == COUNTER)
            connection.execute(counter.values(value=str(int(value) + 1)))
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute("PRAGMA busy_timeout = 0")  # empties as much as it can, without waiting for readers
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


def send(url: str, log: str) -> None:
    """Send mails from the outbox until it is empty. Each becomes a line in the log."""
    archive = Archive(open_engine(url))
    with Path(log).open("a", buffering=1, encoding="utf-8") as sink:
        while (claimed := archive.outbox.claim(datetime.now(UTC))) is not None:
            delivery, token = claimed
            archive.outbox.dotted(delivery.id, token, datetime.now(UTC))
            sink.write(f"{delivery.message_id}\n")
            archive.outbox.sent(delivery.id, token, datetime.now(UTC), "250 taken")
    archive.close()


def open_and_close(url: str) -> None:
    """Open an archive, which creates or upgrades it, and close it."""
    open_archive(url).close()


def command(*words: str) -> None:
    """Run pqwatch with these arguments."""
    sys.argv = ["pqwatch", *words]
    monitor.cli.main()


def kill_holders(url: str, times: str) -> None:
    """Take the archive, be killed, and let another process take it, `times` times, half of them in a transaction."""
    for number in range(int(times)):
        ready, tell = os.pipe()
        pid = os.fork()
        if not pid:
            _hold(url, tell, is_writing=number % 2 == 1)
        os.close(tell)
        if os.read(ready, 1) != b"x":
            print(f"holder {number} could not take the archive")  # noqa: T201 (the parent process reads it)
        os.close(ready)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        _take_over(url, number)


def _hold(url: str, tell: int, *, is_writing: bool) -> None:
    archive = Archive(open_engine(url))
    with archive.runs.lease():
        archive.runs.begin("collect", datetime.now(UTC))
        if is_writing:
            with writing(archive.engine) as connection:
                connection.execute(insert(tables.meta).values(key="half", value="a change"))
                os.write(tell, b"x")
                signal.pause()
        os.write(tell, b"x")
        signal.pause()


def _take_over(url: str, number: int) -> None:
    archive = Archive(open_engine(url))
    try:
        with archive.runs.lease():
            [run] = archive.runs.last(1)
            if run.outcome != "interrupted":
                print(f"the run of holder {number} is recorded as {run.outcome}")  # noqa: T201
            if archive.runs.fact("half") is not None:
                print(f"half a change of holder {number} was committed")  # noqa: T201
    except MonitorError as exc:
        print(f"after holder {number} was killed: {exc}")  # noqa: T201
    archive.close()


ROLES: dict[str, Callable[..., None]] = {
    "count up": count_up,
    "send": send,
    "open": open_and_close,
    "command": command,
    "kill holders": kill_holders,
}

TIME_LIMIT = timedelta(minutes=10)
"""Time after which a process is stuck. An alarm ends it."""


def _work_and_exit(role: str, arguments: list[str], output_path: Path, start: int) -> None:
    """Play a role in a process that was just forked, and exit."""
    code = 1
    try:
        signal.alarm(int(TIME_LIMIT.total_seconds()))
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(output_path.with_suffix(f".{name}"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.read(start, 1)  # until the pipe is closed: all begin at once
        ROLES[role](*arguments)
        code = 0
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    except BaseException:  # noqa: BLE001 (it is printed)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _serve_orders(folder: Path) -> None:
    """Carry out the orders on standard input."""
    for line in sys.stdin:
        role, arguments, size = json.loads(line)
        start, go = os.pipe()
        pids: dict[int, Path] = {}
        for number in range(size):
            output_path = folder / str(number)
            pid = os.fork()
            if not pid:
                os.close(go)
                _work_and_exit(role, arguments, output_path, start)
            pids[pid] = output_path
        os.close(start)
        os.close(go)
        for _ in range(size):
            pid, status = os.wait()
            texts = {name: pids[pid].with_suffix(f".{name}").read_text(encoding="utf-8") for name in ("out", "err")}
            print(json.dumps({"code": os.waitstatus_to_exitcode(status), **texts}), flush=True)  # noqa: T201


def _load() -> None:
    """Load what every process needs, before any of them is forked."""
    forge.load()
    create_engine("postgresql+psycopg://").dispose()  # loads the driver
    gc.freeze()


if __name__ == "__main__":
    _load()
    with tempfile.TemporaryDirectory(prefix="crew-") as place:
        _serve_orders(Path(place))
