"""The real server: where it listens, how it ends, and that readers see no error and no lock while a run writes."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from monitor import app
from tests.builders import a_question
from tests.e2e.desk import Desk, Running
from tests.fakes import Clock, FakeSource, World
from tests.servers import migrated_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.model.records import Proceeding

READERS = 8
MOST = 100
"""Requests of a reader: more at once are refused."""
PATIENCE = 60.0
THINKING = 0.1
"""Seconds between two requests of a reader: without them eight readers leave the runs hardly any processor time."""
TODAY = date(2024, 11, 27)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a desk whose archive is empty, and which reaches nothing."""
    return Desk(folder=tmp_path / "desk").with_archive()


@contextmanager
def serving(desk: Desk, *words: str) -> Iterator[tuple[Running, int]]:
    """Start `pqwatch web` at a free port. Give the process and the port."""
    with desk.start("web", "--port", "0", *words) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"pqwatch is at http://127\.0\.0\.1:(\d+)/ \(Ctrl-C ends it\)\n", line)
        assert found, line + (process.stderr.read() if process.stderr and process.poll() is not None else "")
        yield process, int(found[1])
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)


def fetch(port: int, path: str, source: str = "127.0.0.1") -> tuple[int, str]:
    """Ask for a page from a loopback address of this machine. Return the status and the text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE, source_address=(source, 0))
    with closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


# -- listening and ending -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_it_says_its_address_serves_and_ends_well_on_a_signal(desk: Desk, number: int) -> None:
    with serving(desk) as (process, port):
        status, page = fetch(port, "/")
        assert status == 200
        assert "<h1>" in page
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out, err) == (0, "", "")


def test_it_does_not_open_to_others_without_asking_who_comes_in(desk: Desk) -> None:
    done = desk.run("web", "--host", "0.0.0.0", "--port", "0")  # noqa: S104 (this is what is refused)
    assert done.code == 2
    assert done.out == ""
    assert "Others could read everything at 0.0.0.0: set [web] auth to proxy or token in config.toml" in done.err
    assert "Traceback" not in done.err


def test_a_port_in_use_is_named_with_what_to_do(desk: Desk) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        done = desk.run("web", "--port", str(port))
    assert done.code == 2
    assert f"can't listen at 127.0.0.1 port {port} (Address already in use): name another with --port" in done.err


def test_neither_another_name_nor_what_is_no_request_stops_it(desk: Desk) -> None:
    with serving(desk) as (process, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        with closing(connection):
            connection.request("GET", "/", headers={"Host": "evil.example"})
            assert connection.getresponse().status == 421
        for noise in (
            b"\x16\x03\x01\x02\x00\x01\x00",
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 200_000,
            b"\r\n\r\n",
        ):
            with closing(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)) as noisy:
                noisy.sendall(noise)
        assert fetch(port, "/")[0] == 200
        process.send_signal(signal.SIGTERM)
        assert "Traceback" not in process.communicate(timeout=PATIENCE)[1]


# -- readers beside a run -----------------------------------------------------------------------------------------------

PATHS = (
    "/",
    "/?day=2024-11-26",
    "/search?q=bathing+water",
    "/search?q=crime+NEAR%2F5+agency&sort=relevance",
    "/records/q-140001",
    "/waiting",
    "/statistics?q=water",
    "/topics",
)


def questions(number: int) -> list[Proceeding]:
    """Return twenty questions, of which half are answered."""
    made = []
    for offset in range(20):
        uin = str(140_001 + number * 20 + offset)
        text = f"Bathing water was tested {uin} times by the National Crime Agency."
        made.append(
            a_question(uin=uin, tabled_on=TODAY, answered_on=TODAY, date_for_answer=TODAY, answer=text)
            if offset % 2
            else a_question(uin=uin, tabled_on=TODAY, date_for_answer=TODAY, answer=None)
        )
    return made


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a network of loopback addresses")
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_readers_beside_a_run_see_no_error_and_no_lock(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if dialect == "sqlite":
        desk = Desk(folder=tmp_path / "desk").with_archive()
        beside_a_run(desk)
        return
    cache = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    with migrated_database(request.getfixturevalue("postgres")) as url:
        beside_a_run(Desk(folder=tmp_path / "desk", archive=url, env={"XDG_CACHE_HOME": str(cache)}))


def beside_a_run(desk: Desk) -> None:
    """Let readers ask for pages, each from an address of its own, while runs collect and match."""
    archive = app.archive(app.configuration(str(desk.config), env={}))
    source = FakeSource(*questions(0))
    world = World(archive, Clock(datetime(2024, 11, 27, 18, tzinfo=UTC)), source)
    world.run()
    is_over = threading.Event()

    def read(number: int) -> list[tuple[int, str, str]]:
        """Read until the runs are over. Return what was not as it should be."""
        wrong, asked = [], 0
        while asked < len(PATHS) or (asked < MOST and not is_over.is_set()):
            path = PATHS[(number + asked) % len(PATHS)]
            status, page = fetch(port, path, f"127.0.0.{10 + number}")
            asked += 1
            if status != HTTPStatus.OK or "locked" in page or "can&#39;t be read" in page:
                wrong.append((status, path, page))
            is_over.wait(THINKING)
        return wrong

    with serving(desk) as (process, port), ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(read, number) for number in range(READERS)]
        try:
            for number in range(1, 8):
                source.publish(*questions(number))
                assert world.run().ok
        finally:
            is_over.set()
        wrong = [fault for reader in readers for fault in reader.result(PATIENCE)]
        assert not wrong, wrong[:3]
        assert "140160" in fetch(port, "/records/q-140160")[1]
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=PATIENCE)[1] == ""
    archive.close()
