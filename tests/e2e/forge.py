"""Commands in forks of a process that has loaded the program once, for all desks of this process.

A fork behaves as a new process: it has its own arguments, environment, folder, streams and exit code. It saves half a
second of imports and the reading of files that come with the program. Commands that only prepare or read may run in
place, which is in the process that is forked, one after the other. That saves the fork too, and later forks find the
caches filled.

`python -m tests.e2e.forge` is the process that is forked. It reads one order a line. It answers with the id of the new
process, and at the next line waits for its end and answers with its exit code. In place it answers with the exit code.
"""

from __future__ import annotations

import atexit
import gc
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
"""Seconds after which a process counts as stuck."""


KEPT = ("PATH", "TMPDIR", "PYTHONPYCACHEPREFIX")


@dataclass(frozen=True, slots=True)
class Place:
    """Place of a command: its environment, its folder, and the files for stdout and stderr, or one for both."""

    env: Mapping[str, str]
    folder: Path
    out: Path
    err: Path

    def order(self, words: Sequence[str]) -> dict[str, Any]:
        """Return the order for the process that is forked."""
        streams = [str(self.out), str(self.err)]
        return {"words": ["pqwatch", *words], "env": dict(self.env), "folder": str(self.folder), "streams": streams}


class Forge:
    """Runner of commands, one at a time, in forks of a process that has loaded the program."""

    def __init__(self) -> None:
        self._is_free = threading.Lock()
        self._parent: subprocess.Popen[str] | None = None

    @property
    def is_at_work(self) -> bool:
        """Return whether a command is running."""
        return self._is_free.locked()

    def start(self, place: Place, words: Sequence[str], *, plan: Mapping[str, Any] | None = None) -> int:
        """Start a command as soon as no other runs, and return its process id.

        A `plan` sets its faults: see tests/reliability/points.py.
        """
        self._is_free.acquire()
        return self._ask({**place.order(words), "plan": plan})

    def end(self) -> int:
        """Wait for the end of the command. Return the exit code, negative for a signal."""
        try:
            return self._ask(None)
        finally:
            self._is_free.release()

    def run(self, place: Place, words: Sequence[str]) -> int | None:
        """Run a command to its end. Return the exit code, or None if another command runs."""
        if not self._is_free.acquire(blocking=False):
            return None
        try:
            self._ask({**place.order(words), "plan": None})
            return self._ask(None)
        finally:
            self._is_free.release()

    def in_place(self, place: Place, words: Sequence[str]) -> int:
        """Run a command within the process that is forked. Return the exit code."""
        with self._is_free:
            return self._ask({**place.order(words), "is_in_place": True})

    def _ask(self, order: object) -> int:
        parent = self._started()
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write(json.dumps(order) + "\n")
        parent.stdin.flush()
        return int(parent.stdout.readline())

    def _started(self) -> subprocess.Popen[str]:
        if self._parent is None:
            kept = {name: os.environ[name] for name in KEPT if name in os.environ}
            self._parent = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.forge"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                env={**kept, "PYTHONWARNINGS": "error", "LC_ALL": "C.UTF-8", "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            atexit.register(self._parent.communicate)
        return self._parent


FORGE = Forge()


# -- the process that is forked ----------------------------------------------------------------------------------------


def load() -> None:
    """Load the modules, templates and word lists that runs need and never change, so that forks share them."""
    import alembic.command  # noqa: F401, PLC0415 (only this process needs it and those below)
    import holidays.countries  # noqa: F401, PLC0415
    import sqlalchemy.dialects.sqlite  # noqa: F401, PLC0415

    import db.backup  # noqa: F401, PLC0415
    import monitor.app  # noqa: PLC0415
    import monitor.cli.db  # noqa: PLC0415
    import monitor.cli.digest  # noqa: PLC0415
    import monitor.cli.search  # noqa: PLC0415
    import monitor.cli.stages  # noqa: PLC0415
    import monitor.delivery.smtp  # noqa: PLC0415
    import monitor.digest.compose  # noqa: PLC0415
    import monitor.digest.render as renders  # noqa: PLC0415
    import monitor.pipeline  # noqa: PLC0415
    import monitor.presentation.record_json  # noqa: F401, PLC0415
    import scrapers.http.client  # noqa: PLC0415
    import scrapers.members  # noqa: PLC0415
    import scrapers.questions_statements.questions  # noqa: F401, PLC0415
    import tests.reliability.points  # noqa: F401, PLC0415
    from monitor.model.watching import Topic  # noqa: PLC0415
    from monitor.terms.matcher import compile_terms  # noqa: PLC0415
    from tests.trust import load_certificates_once  # noqa: PLC0415

    load_certificates_once()
    for kind in ("html", "txt"):
        renders._environment(kind).get_template(f"digest.{kind}")
    compile_terms([Topic(key="x", name="x", terms=("National Crime Agency", "paedophil*"))])


def _take_on(order: Mapping[str, Any]) -> None:
    """Enter the place of a command, with its arguments and streams."""
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["env"])
    tempfile.tempdir = None  # a command before may have had it chosen, in another environment
    sys.argv = order["words"]
    out, err = order["streams"]
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, name in ((0, os.devnull), (1, out), (2, err)):
        if number == 2 and err == out:
            os.dup2(1, 2)
            continue
        handle = os.open(name, flags if number else os.O_RDONLY, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    signal.alarm(int(PATIENCE))


def _work() -> int:
    """Run the command, and print an uncaught error as Python does. Return the exit code."""
    import monitor.cli  # noqa: PLC0415 (only this process needs it)

    try:
        monitor.cli.main()
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    except BaseException:  # noqa: BLE001 (it is printed)
        sys.excepthook(*cast("Any", sys.exc_info()))
        return 1


def _fork(order: Mapping[str, Any]) -> int:
    pid = os.fork()
    if not pid:
        _take_on(order)
        if order["plan"]:
            sys.modules["tests.reliability.points"].install(order["plan"])
        _leave(_work())
    return pid


def _leave(code: int) -> NoReturn:
    """End as Python does, without clearing all modules, which would copy the memory of the process."""
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads
    atexit._run_exitfuncs()
    gc.collect()  # warns of files that were not closed
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _in_place(order: Mapping[str, Any]) -> int:
    """Run a command, and restore the state of the process."""
    streams = [os.dup(number) for number in (0, 1, 2)]
    log, hook = logging.getLogger(), sys.unraisablehook
    handlers, level = log.handlers[:], log.level
    _take_on(order)
    code = _work()
    signal.alarm(0)
    sys.stdout.flush()
    sys.stderr.flush()
    log.handlers[:], sys.unraisablehook = handlers, hook
    log.setLevel(level)
    for number, handle in enumerate(streams):
        os.dup2(handle, number)
        os.close(handle)
    return code


def _serve() -> None:
    """Read orders and carry them out."""
    from tests.statements import share_statements  # noqa: PLC0415 (only this process needs it)
    from tests.this_machine import reach_this_machine_only  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # it ends a command that has not begun, without a traceback of ours
    sys.dont_write_bytecode = True  # a command would write it among its own files
    load()
    reach_this_machine_only()
    share_statements()
    gc.freeze()
    with os.fdopen(os.dup(0)) as orders, os.fdopen(os.dup(1), "w", buffering=1) as answers:
        _answer(orders, answers)


def _answer(orders: TextIO, answers: TextIO) -> None:
    pid = done = 0
    for line in orders:
        order = json.loads(line)
        if order is None:
            answer = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        elif order.get("is_in_place"):
            answer = _in_place(order)
            done += 1
            if done.bit_count() == 1:
                gc.collect()
                gc.freeze()
        else:
            answer = pid = _fork(order)
        print(answer, file=answers)


if __name__ == "__main__":
    _serve()
