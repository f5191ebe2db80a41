"""`pqwatch serve` as systemd runs it: real processes, real signals, the real clock."""

from __future__ import annotations

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
from tests.e2e.desk import Desk, an_answer
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
    """A Parliament that has answered three questions today."""
    with Parliament.from_values([an_answer(number, TODAY) for number in range(3)]) as parliament:
        yield parliament


@pytest.fixture
def office(tmp_path: Path, today: Parliament, mail: MailServer) -> Desk:
    desk = Desk(
        folder=tmp_path / "desk", parliament=today, mail=mail, questions='houses = ["Commons"]\nlook_back_days = 2'
    )
    assert desk.run("db", "upgrade").code == 0
    return desk


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=PATIENCE)
    return process.returncode, err


def leases(desk: Desk) -> int:
    connection = sqlite3.connect(desk.folder / "archive.db")
    try:
        return int(connection.execute("select count(*) from lease").fetchone()[0])
    finally:
        connection.close()


def test_it_does_what_is_due_and_ends_on_sigterm(office: Desk, mail: MailServer) -> None:
    with office.start("serve") as process:
        until(lambda: bool(mail.messages))
        code, err = ended(process)
    assert code == 0
    assert "serve ended" in err
    assert "Traceback" not in err
    assert office.run("run").code == 0
    assert len(mail.messages) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_in_the_middle_of_a_run_ends_it_within_seconds(
    office: Desk, today: Parliament, mail: MailServer, number: int
) -> None:
    is_reading, may_go_on = threading.Event(), threading.Event()

    def stall(request: Request) -> None:
        if request.path.endswith("9700001"):
            is_reading.set()
            may_go_on.wait(PATIENCE)

    today.on_request = stall
    with office.start("serve") as process:
        assert is_reading.wait(PATIENCE)
        process.send_signal(number)
        try:
            process.wait(20)  # the request would go on for two minutes
        finally:
            may_go_on.set()
        _, err = process.communicate()
    assert (process.returncode, leases(office)) == (0, 0)
    assert "Traceback" not in err
    today.on_request = None
    assert office.run("run").code == 0
    assert len(office.stored()) == 3
    assert len(mail.messages) <= 2


def test_a_second_service_doubles_nothing(office: Desk, mail: MailServer) -> None:
    with office.start("serve") as first, office.start("serve") as second:
        for service in (first, second):
            assert service.stderr is not None
            assert service.stderr.readline().startswith("serve config=")
        until(lambda: bool(mail.messages))
        outcomes = [ended(first), ended(second)]
    assert [code for code, _ in outcomes] == [0, 0]
    assert not any("Traceback" in err for _, err in outcomes)
    assert office.run("run").code == 0
    assert len(mail.messages) == 1


def test_a_killed_service_leaves_no_lease_that_holds_up_the_next(
    office: Desk, today: Parliament, mail: MailServer
) -> None:
    is_reading, may_go_on = threading.Event(), threading.Event()

    def stall(request: Request) -> None:
        if request.path.endswith("9700001") and not is_reading.is_set():
            is_reading.set()
            may_go_on.wait(PATIENCE)

    today.on_request = stall
    with office.start("serve") as process:
        assert is_reading.wait(PATIENCE)
        process.kill()
    may_go_on.set()
    assert leases(office) == 1
    with office.start("serve") as process:
        until(lambda: bool(mail.messages))
        assert ended(process)[0] == 0
    assert len(mail.messages) == 1
    assert len(office.stored()) == 3


def test_a_signal_while_it_starts_is_obeyed_too(office: Desk) -> None:
    """At any moment of its first second; before it is a service it ends as any command, or by the signal itself."""
    for tenths in range(10):
        with office.start("serve") as process:
            time.sleep(tenths / 10)
            code, err = ended(process)
        assert code in (0, 143, -signal.SIGTERM), err


def test_a_wrong_configuration_ends_it_at_once(office: Desk) -> None:
    office.tables = "[nonsense]"
    office.configure()
    done = office.run("serve")
    assert done.code == 2
    assert "nonsense" in done.err
