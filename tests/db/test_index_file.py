"""The file of the search index, shared by the threads of one process."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine

from db.archive import Archive
from db.index_file import IndexFile, index_path
from monitor.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

THREADS = 8

keeps_open_files = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not remove a file that is open")


class Raced(list[Any]):
    """List whose last item another thread takes after each look whether there is one."""

    def __bool__(self) -> bool:
        is_full = len(self) > 0
        if is_full:
            self.pop()[1].close()
        return is_full


def test_a_connection_that_another_thread_takes_first_is_not_missed(tmp_path: Path) -> None:
    file = IndexFile(tmp_path / "archive.db.index")
    file.make()
    file._idle = Raced()
    for _ in range(2):
        with file.reading() as connection:
            assert connection is not None
            assert connection.execute("SELECT 1").fetchone() == (1,)
    file.close_idle()


@pytest.fixture
def hurried() -> Iterator[None]:
    """Let Python change from thread to thread as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hurried")
def test_each_reader_has_a_connection_of_its_own_whatever_other_threads_take_and_close(tmp_path: Path) -> None:
    file = IndexFile(tmp_path / "archive.db.index")
    file.make()
    in_use: set[int] = set()

    def read(number: int) -> None:
        for turn in range(150):
            with file.reading() as connection:
                assert connection is not None
                assert id(connection) not in in_use
                in_use.add(id(connection))
                assert connection.execute("SELECT 1").fetchone() == (1,)
                in_use.remove(id(connection))
            if number == 0 and turn % 10 == 0:
                file.close_idle()

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(read, number) for number in range(THREADS)]:
            done.result()
    assert len(file._idle) <= THREADS
    file.close_idle()
    assert file._idle == []


def test_a_cache_folder_that_can_not_be_written_is_named_before_a_run_fails(
    emptied: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with closing(Archive(emptied)) as archive:
        assert archive.index.write_problem == ""
    (tmp_path / "cache").write_text("not a folder", encoding="utf-8")
    with closing(Archive(emptied)) as archive:
        problem = archive.index.write_problem
    assert problem.startswith(f"the index for searches, {tmp_path / 'cache'}")
    assert "XDG_CACHE_HOME" in problem


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows the home of every user")
def test_a_user_without_a_home_is_told_to_name_a_cache_folder(emptied: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    with pytest.raises(ArchiveError, match="XDG_CACHE_HOME"):
        index_path(emptied)


def test_archives_of_one_name_on_several_servers_have_an_index_each() -> None:
    servers = [
        "",
        "?host=/run/one",
        "?host=/run/two",
        "?host=/run/one&port=5433",
        "?port=5433&host=/run/one",
        "?service=one",
    ]
    places = [index_path(create_engine(f"postgresql+psycopg:///archive{server}")) for server in servers]
    assert len(set(places)) == len(servers) - 1  # the order of the options says nothing


@keeps_open_files
@pytest.mark.parametrize("is_deleted_alone", [True, False], ids=["deleted", "removed"])
def test_a_reader_of_a_removed_file_shares_nothing_with_the_next(tmp_path: Path, *, is_deleted_alone: bool) -> None:
    file = IndexFile(tmp_path / "archive.db.index")
    memory = tmp_path / "archive.db.index-shm"
    file.make()
    with file.writing() as connection, file.transaction(connection):
        connection.execute("CREATE TABLE fact (name TEXT)")
    with file.reading() as old:
        assert old is not None
        first = memory.stat()  # kept open by the reader, so no other file gets its number
        if is_deleted_alone:
            file.path.unlink()
        else:
            file.remove(file.identity)
        file.make()
        with file.writing() as new, file.transaction(new):
            new.execute("CREATE TABLE fact (name TEXT)")
            new.execute("INSERT INTO fact VALUES ('new')")
            assert memory.stat().st_ino != first.st_ino
        assert old.execute("SELECT count(*) FROM fact").fetchone() == (0,)
    with file.reading() as now:
        assert now is not None
        assert now.execute("SELECT count(*) FROM fact").fetchone() == (1,)
    file.close_idle()


REMOVALS = 400

_USE_AND_REMOVE = """
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from time import sleep
from db.index_file import IndexFailedError, IndexFile
from monitor.errors import LockedError

path, removals = Path(sys.argv[1]), int(sys.argv[2])
is_over = Event()
turns = dict(read=0, written=0)

def read():
    file = IndexFile(path)
    while not is_over.is_set():
        with suppress(IndexFailedError), file.reading() as connection, file._failing():
            if connection is not None:
                connection.execute("PRAGMA cache_size = 1")  # so each page is looked for in the shared memory
                for _ in range(20):
                    connection.execute("SELECT sum(length(value)) FROM fact").fetchone()
                turns["read"] += 1

def write():
    file = IndexFile(path)
    while not is_over.is_set():
        with suppress(IndexFailedError, LockedError):
            file.make()
            with file.writing() as connection, file.transaction(connection):
                connection.execute("CREATE TABLE IF NOT EXISTS fact (value BLOB)")
                connection.executemany("INSERT INTO fact VALUES (zeroblob(?))", [(500,)] * 200)
            turns["written"] += 1

threads = [Thread(target=work) for work in (read, read, read, write)]
for thread in threads:
    thread.start()
file = IndexFile(path)
for number in range(removals):
    before = dict(turns)
    while not is_over.wait(0.001) and any(turns[name] == before[name] for name in turns):
        pass
    if number % 4:
        path.unlink(missing_ok=True)  # as a user may
    else:
        with suppress(IndexFailedError, LockedError):
            file.remove(file.identity)
is_over.set()
for thread in threads:
    thread.join()
print("all removed")
"""


@keeps_open_files
def test_a_process_outlives_the_removal_of_a_file_that_its_threads_read_and_write(tmp_path: Path) -> None:
    order = [sys.executable, "-c", _USE_AND_REMOVE, str(tmp_path / "archive.db.index"), str(REMOVALS)]
    child = subprocess.run(order, capture_output=True, text=True, check=False)  # noqa: S603 (of ours)
    assert (child.returncode, child.stdout) == (0, "all removed\n"), child.stderr
