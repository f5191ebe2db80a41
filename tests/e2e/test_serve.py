"""`pqwatch serve` as systemd runs it: real processes, real signals, the real clock.

Tests that are not about its start fork the process from one that has loaded the program.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from monitor.demo.parliament import Parliament
from tests.e2e.desk import Desk, Foundry, an_answer
from tests.e2e.forge import PATIENCE

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from monitor.demo.mailserver import MailServer
    from monitor.demo.parliament import Request

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM there")
TODAY = datetime.now(UTC).astimezone(ZoneInfo("Europe/London")).date()


@pytest.fixture
def today() -> Iterator[Parliament]:
    """Run a fake Parliament that has answered three questions today."""
    with Parliament.from_values([an_answer(number, TODAY) for number in range(3)]) as parliament:
        yield parliament


@pytest.fixture
def office(tmp_path: Path, today: Parliament, mail: MailServer) -> Desk:
    questions = 'houses = ["Commons"]\nlook_back_days = 2'
    return Desk(folder=tmp_path / "desk", parliament=today, mail=mail, questions=questions).with_archive()


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def terminated(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=PATIENCE)
    return process.returncode, err


def leases(desk: Desk) -> int:
    connection = sqlite3.connect(desk.folder / "archive.db")
    try:
        return int(connection.execute("select count(*) from lease").fetchone()[0])
    finally:
        connection.close()


def test_the_service_runs_what_is_due_and_ends_on_sigterm(office: Desk, mail: MailServer) -> None:
    with office.start("serve") as process:
        wait_until(lambda: bool(mail.messages))
        code, err = terminated(process)
    assert code == 0
    assert "serve ended" in err
    assert "Traceback" not in err
    assert office.run("run").code == 0
    assert len(mail.messages) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_during_a_run_ends_the_service_within_seconds(
    office: Desk, today: Parliament, mail: MailServer, number: int
) -> None:
    is_reading, may_go_on = threading.Event(), threading.Event()

    def stall(request: Request) -> None:
        if request.path.endswith("9700001"):
            is_reading.set()
            may_go_on.wait(PATIENCE)

    today.on_request = stall
    with Foundry(office) as foundry:
        pid = foundry.start("serve")
        assert is_reading.wait(PATIENCE)
        os.kill(pid, number)
        too_long = threading.Timer(20, may_go_on.set)  # the request would go on for two minutes
        too_long.start()
        code = foundry.end()
        assert not may_go_on.is_set()
        too_long.cancel()
        may_go_on.set()
        assert "Traceback" not in foundry.said()
    assert (code, leases(office)) == (0, 0)
    today.on_request = None
    assert office.run("run").code == 0
    assert len(office.stored()) == 3
    assert len(mail.messages) <= 2


def test_a_second_service_mails_nothing_twice(office: Desk, mail: MailServer) -> None:
    with Foundry(office) as foundry, office.start("serve") as second:
        pid = foundry.start("serve")
        assert second.stderr is not None
        assert " serve config=" in second.stderr.readline()
        wait_until(lambda: (office.folder / "said").is_file() and " serve config=" in foundry.said())
        wait_until(lambda: bool(mail.messages))
        os.kill(pid, signal.SIGTERM)
        outcomes = [(foundry.end(), foundry.said()), terminated(second)]
    assert [code for code, _ in outcomes] == [0, 0]
    assert [err for _, err in outcomes if "Traceback" in err] == []
    assert office.run("run").code == 0
    assert len(mail.messages) == 1


def test_the_lease_of_a_killed_service_does_not_block_the_next(
    office: Desk, today: Parliament, mail: MailServer
) -> None:
    is_reading, may_go_on = threading.Event(), threading.Event()

    def stall(request: Request) -> None:
        if request.path.endswith("9700001") and not is_reading.is_set():
            is_reading.set()
            may_go_on.wait(PATIENCE)

    today.on_request = stall
    with Foundry(office) as foundry:
        pid = foundry.start("serve")
        assert is_reading.wait(PATIENCE)
        assert foundry.kill(pid) < 0
        may_go_on.set()
        assert leases(office) == 1
        pid = foundry.start("serve")
        wait_until(lambda: bool(mail.messages))
        os.kill(pid, signal.SIGTERM)
        assert foundry.end() == 0
    assert len(mail.messages) == 1
    assert len(office.stored()) == 3


def test_a_signal_while_the_service_starts_ends_it(office: Desk) -> None:
    """A process that does not handle signals as a service yet ends as other commands do, or by the signal itself."""
    for tenths in (0, 1, 2, 4, 6, 9):
        with office.start("serve") as process:
            time.sleep(tenths / 10)
            code, err = terminated(process)
        assert code in (0, 143, -signal.SIGTERM), err


def test_a_wrong_configuration_ends_the_service_at_once(office: Desk) -> None:
    office.tables = "[nonsense]"
    office.configure()
    done = office.run("serve")
    assert done.code == 2
    assert "nonsense" in done.err
