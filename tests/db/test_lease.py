"""Holder of the archive's lease, identified by machine, boot, PID namespace and process number together."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from db import runs as lease
from db.archive import Archive, open_archive
from db.engine import open_engine
from monitor.cli import _explain
from monitor.errors import BrokenOffError, LeaseError
from tests.fakes import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakes import Clock

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    lease.place.cache_clear()
    yield
    lease.place.cache_clear()


@pytest.fixture
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Fake a machine. A test changes the ids that the system gives by setting them in the dictionary."""
    ids = {"machine": "1f", "boot": "b-1", "namespace": "pid:[1]"}

    def set_up() -> None:
        for name in ("machine", "boot"):
            (tmp_path / name).write_text(ids[name] + "\n")
        link = tmp_path / "namespace"
        link.unlink(missing_ok=True)
        link.symlink_to(ids["namespace"])
        lease.place.cache_clear()

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(lease, "_MACHINE_IDS", (tmp_path / "machine",))
    monkeypatch.setattr(lease, "_BOOT_ID", tmp_path / "boot")
    monkeypatch.setattr(lease, "_NAMESPACE", tmp_path / "namespace")

    class FakeIds(dict[str, str]):
        def __setitem__(self, key: str, value: str) -> None:
            ids[key] = value
            super().__setitem__(key, value)
            set_up()

    set_up()
    return FakeIds(ids)


def a_dead_number() -> int:
    child = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    return int(child.stdout)


def test_a_dead_process_in_the_same_namespace_is_dead(somewhere: dict[str, str]) -> None:
    assert somewhere
    assert not lease.is_alive(lease.this_host(), a_dead_number(), is_mine=False)
    assert lease.is_alive(lease.this_host(), os.getppid(), is_mine=False)


@pytest.mark.parametrize(("name", "value"), [("machine", "2f"), ("boot", "b-2"), ("namespace", "pid:[2]")])
def test_every_process_in_another_namespace_counts_as_alive(name: str, value: str, somewhere: dict[str, str]) -> None:
    there = lease.this_host()
    somewhere[name] = value
    assert lease.this_host() != there
    assert lease.host_name(lease.this_host()) == lease.host_name(there) == socket.gethostname()
    for number in (a_dead_number(), os.getpid(), 1):
        assert lease.is_alive(there, number, is_mine=False)


@pytest.mark.parametrize("name", ["boot", "namespace"])
def test_every_holder_counts_as_alive_if_its_namespace_is_unknown(
    name: str, somewhere: dict[str, str], tmp_path: Path
) -> None:
    assert somewhere
    (tmp_path / name).unlink()
    lease.place.cache_clear()
    assert lease.this_host() == socket.gethostname()
    assert lease.is_alive(lease.this_host(), a_dead_number(), is_mine=False)


def test_a_container_without_a_machine_id_is_identified(somewhere: dict[str, str], tmp_path: Path) -> None:
    assert somewhere
    (tmp_path / "machine").unlink()
    lease.place.cache_clear()
    assert lease.place()
    assert not lease.is_alive(lease.this_host(), a_dead_number(), is_mine=False)


def test_a_process_recognizes_its_own_lease(somewhere: dict[str, str]) -> None:
    assert somewhere
    assert lease.is_alive(lease.this_host(), os.getpid(), is_mine=True)
    assert not lease.is_alive(lease.this_host(), os.getpid(), is_mine=False)  # an earlier process had the same number


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_a_holder_is_identified_by_machine_without_linux(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    here = lease.this_host()
    assert here.count(" ") == 1
    asked: list[int] = []

    def kill(number: int, _signal: int) -> None:
        asked.append(number)
        raise ProcessLookupError

    monkeypatch.setattr(os, "kill", kill)
    assert lease.is_alive(here, 4711, is_mine=False) == (platform == "win32")
    assert asked == ([] if platform == "win32" else [4711])  # on Windows os.kill ends the process
    monkeypatch.setattr(uuid, "getnode", lambda: 1)
    lease.place.cache_clear()
    assert lease.is_alive(here, 4711, is_mine=False)


def test_a_lease_in_another_namespace_is_waited_for(
    archive: Archive, archive_url: str, clock: Clock, somewhere: dict[str, str]
) -> None:
    other = Archive(open_engine(archive_url), clock=clock)
    try:
        with archive.runs.lease():
            somewhere["namespace"] = "pid:[2]"  # another container on the same host
            with (
                pytest.raises(LeaseError, match=rf"process {os.getpid()} on {socket.gethostname()}, since"),
                other.runs.lease(),
            ):
                pytest.fail("two hold it")
            clock.tick(minutes=11)
            with other.runs.lease():
                pass
    finally:
        other.close()


_HOLD = """
import sys
from db.archive import open_archive
archive = open_archive(sys.argv[1])
try:
    with archive.runs.lease():
        print("has it", flush=True)
        sys.stdin.readline()
except Exception as exc:
    print(exc, flush=True)
"""


def _may_unshare() -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "true"], capture_output=True, check=False)  # noqa: S607 (of the system)
    return tried.returncode == 0


@ON_LINUX
def test_workers_in_separate_namespaces_hold_the_lease_one_at_a_time(tmp_path: Path) -> None:
    """Three processes stand for containers: each is process 1 of the same host."""
    if not _may_unshare():
        pytest.skip("no PID namespace can be made here")
    url = f"sqlite:///{tmp_path / 'archive.db'}"
    open_archive(url).close()
    workers = [
        subprocess.Popen(  # noqa: S603 (our own words)
            ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", sys.executable, "-c", _HOLD, url],  # noqa: S607 (of the system)
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    try:
        lines = sorted(str(worker.stdout.readline()).strip() for worker in workers if worker.stdout)
    finally:
        for worker in workers:
            worker.communicate("\n", timeout=60)
    held = f"another run holds the archive (process 1 on {socket.gethostname()}"
    assert lines[-1] == "has it"
    assert [text.startswith(held) for text in lines[:2]] == [True, True]


def test_losing_the_archive_fails_a_run_but_finding_it_held_does_not(
    archive: Archive, archive_url: str, clock: Clock
) -> None:
    other = Archive(open_engine(archive_url), clock=clock, lease_for=timedelta(minutes=10))
    try:
        with archive.runs.lease():
            with pytest.raises(LeaseError) as refused, other.runs.lease():
                pass
            clock.tick(minutes=11)
            with other.runs.lease(), pytest.raises(BrokenOffError) as broken:
                archive.runs.set_fact("x", "1")
    finally:
        other.close()
    assert _explain(refused.value) == 0
    assert _explain(broken.value) == 1


def test_a_mail_that_another_run_took_over_ends_the_run(archive: Archive, clock: Clock) -> None:
    world = World(archive, clock)
    with pytest.raises(BrokenOffError):
        world.archive.outbox.dotted(4711, "no token", clock())
