# ruff: noqa: INP001, T201, S101 - a script of the checks: it asserts and prints
"""Kill a run at every STEPth call of some system calls, then check what is stored and mailed: `killed.py STEP`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitor.demo.mailserver import MailServer
from monitor.demo.parliament import Parliament
from monitor.demo.sample import FIRST_DAY
from tests.e2e.desk import Desk, an_answer
from tests.e2e.test_kill import SUBSCRIBER, assert_nothing_lost_nothing_twice, let_time_pass

if TYPE_CHECKING:
    from collections.abc import Sequence

CALLS = ("fdatasync", "sendto", "unlink")
RUN = ("run", "--as-of", FIRST_DAY.isoformat())


def run(desk: Desk, call: str, number: int) -> int:
    """Kill a run at a call. Return its exit code, which is negative if it was killed."""
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}"]
    command = ["strace", "-f", "-qq", "-o", "/dev/null", *inject, *desk.command(*RUN)]
    env = {**desk.environment, "PQWATCH_CONFIG": str(desk.config)}
    done = subprocess.run(command, cwd=desk.folder, env=env, capture_output=True, check=False)  # noqa: S603
    return done.returncode


def kill_at_each(desk: Desk, parliament: Parliament, published: list[dict[str, Any]], call: str, step: int) -> int:
    """Publish an answer, run and kill at ever later calls, until a run comes to its end. Return how many were killed."""
    killed, number = 0, 1
    while True:
        published.append(an_answer(len(published)))
        parliament.replace(published)
        if run(desk, call, number) >= 0:
            return killed
        killed += 1
        number += step
        if killed % 2:
            let_time_pass(desk)


def main(words: Sequence[str]) -> None:
    """Kill at each of the calls, run twice without a kill, and count what arrived."""
    step = int(words[1])
    with tempfile.TemporaryDirectory() as folder, Parliament.from_values([]) as parliament, MailServer() as mail:
        desk = Desk(
            folder=Path(folder) / "desk",
            parliament=parliament,
            mail=mail,
            subscribers=SUBSCRIBER,
            questions='houses = ["Commons"]\nlook_back_days = 2',
        )
        assert desk.run("db", "upgrade").code == 0
        published: list[dict[str, Any]] = []
        total = 0
        for call in CALLS:
            killed = kill_at_each(desk, parliament, published, call, step)
            print(f"killed at {call}: {killed} runs")
            total += killed
        for _ in range(2):
            let_time_pass(desk)
            desk.run(*RUN)
        done = desk.run(*RUN)
        assert done.code == 0, done.err
        assert_nothing_lost_nothing_twice(desk, published)
        copies = len(mail.messages) - len({bytes(message.content) for message in mail.messages})
    print(f"{total} kills, {len(published)} answers: all stored, each told in one digest; {copies} marked copies")


main(sys.argv)
