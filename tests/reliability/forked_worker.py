"""A worker process that begins as a fork of one that has loaded the program, so that it starts in a tenth of the time.

It is killed, stopped and told to end like any other process.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    ["tests.reliability.warm", "tests.reliability.splitting_worker", "monitor.queue.worker", "db.postgresql", "psycopg"]
)


class ForkedWorker:
    """A process that runs `module.main()` with some words, and writes what it says into a file."""

    def __init__(self, module: str, words: Sequence[str], env: Mapping[str, str], said: Path) -> None:
        self._process = _FORKS.Process(target=_run, args=(module, list(words), dict(env), str(said)))
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, seconds: float | None = None) -> int:
        """Wait for its end; return the exit code."""
        self._process.join(seconds)
        code = self._process.exitcode
        if code is None:
            raise TimeoutError(f"process {self.pid} did not end")
        return code

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it ended, and the server of the forks is about to say so
                os.kill(self.pid, number)


def _run(module: str, words: list[str], env: dict[str, str], said: str) -> None:
    os.environ.clear()
    os.environ.update(env)
    warnings.simplefilter("error")  # as PYTHONWARNINGS asks of a new process
    opened = os.open(said, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for stream in (1, 2):
        os.dup2(opened, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.close(opened)
    sys.argv = ["pqwatch", *words]
    importlib.import_module(module).main()
