"""Opening databases, transactions, and the errors that their failures raise, on both databases."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, insert, select, update
from sqlalchemy.exc import OperationalError

from db import engine as engines
from db import tables
from db.archive import Archive, open_archive
from db.database_errors import translated
from db.engine import Location, make_private, open_engine
from db.transactions import begin_writing, reading, writing
from monitor.errors import ArchiveError, ConfigError, LockedError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

FACT = {"key": "x", "value": "1"}


@pytest.fixture
def engine(archive: Archive) -> Engine:
    return archive.engine


def facts(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.execute(select(tables.meta.c.value)).scalars())


def write_twice(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(tables.meta).values(**FACT))
        connection.execute(insert(tables.meta).values(**FACT))


def test_a_transaction_is_kept_whole(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(tables.meta).values(**FACT))
    assert facts(engine) == ["1"]


def test_a_transaction_that_fails_is_not_kept(engine: Engine) -> None:
    with pytest.raises(ArchiveError, match=r"(?i)unique"):
        write_twice(engine)
    assert facts(engine) == []


def test_a_transaction_reads_one_state(engine: Engine) -> None:
    """The state is that of the first query."""
    with reading(engine) as before:
        before.execute(select(tables.meta)).all()
        with writing(engine) as connection:
            connection.execute(insert(tables.meta).values(**FACT))
        seen = before.execute(select(tables.meta)).all()
    assert seen == []
    assert facts(engine) == ["1"]


def test_a_row_without_its_parent_is_refused(engine: Engine) -> None:
    with pytest.raises(ArchiveError, match=r"(?i)foreign key"), writing(engine) as connection:
        connection.execute(insert(tables.alias).values(key="x", proceeding_id=99))


def test_a_database_error_is_one_sentence_without_a_password(archive_url: str) -> None:
    engine = open_engine(archive_url.replace("postgres:@", "postgres:secret@"))
    with pytest.raises(ArchiveError) as caught:
        write_twice(engine)
    engine.dispose()
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_no_address_of_a_database_shows_a_password() -> None:
    url = "postgresql+psycopg://ada:hunter2@127.0.0.1:1/name?connect_timeout=1&password=hunter3&sslpassword=hunter4"
    shown = "postgresql+psycopg://ada:***@127.0.0.1:1/name?connect_timeout=1&password=...&sslpassword=..."
    location = Location.of(url)
    assert location.name == shown
    with pytest.raises(UnreachableError) as caught, reading(location.engine):
        pass
    assert str(caught.value).startswith(f"{shown} can't be reached")


def test_a_signal_stays_one_though_an_error_of_the_library_follows(archive_url: str) -> None:
    engine = open_engine(archive_url)
    with pytest.raises(KeyboardInterrupt), reading(engine):
        fail_after(KeyboardInterrupt())
    engine.dispose()


def fail_after(signal: BaseException) -> None:
    """Raise an error as SQLAlchemy may that cleans up after a signal."""
    try:
        raise signal
    finally:
        raise AssertionError("half changed")


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_writer_waits_for_another_and_then_says_so(monkeypatch: pytest.MonkeyPatch, archive_url: str) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 20)
    first, second = open_engine(archive_url), open_engine(archive_url)
    with writing(first), pytest.raises(LockedError, match=r"is in use by another process: try again"), writing(second):
        pytest.fail("two write")
    with writing(second) as connection:
        connection.execute(insert(tables.meta).values(**FACT))
    first.dispose()
    second.dispose()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch, archive_url: str) -> Iterator[Engine]:
    """Open the archive with a short timeout."""
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 20)
    hasty = open_engine(archive_url)
    yield hasty
    hasty.dispose()


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_transaction_that_can_t_begin_is_begun_again(engine: Engine, hasty: Engine) -> None:
    with engine.connect() as connection:
        holder = begin_writing(connection)

        def let_go(_context: object) -> None:
            if holder.is_active:
                holder.rollback()

        event.listen(hasty, "handle_error", let_go)
        with writing(hasty) as other:
            other.execute(insert(tables.meta).values(**FACT))
    assert facts(engine) == ["1"]


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_transaction_is_begun_three_times_at_most(engine: Engine, hasty: Engine) -> None:
    errors: list[object] = []
    event.listen(hasty, "handle_error", errors.append)
    with writing(engine), pytest.raises(LockedError), writing(hasty):
        pytest.fail("two write")
    assert len(errors) == 3
    assert hasty.pool.checkedout() == 0  # type: ignore[attr-defined]  # of the pool that engines have


def test_no_other_failure_is_tried_again(hasty: Engine) -> None:
    errors: list[object] = []
    event.listen(hasty, "handle_error", errors.append)
    event.listen(hasty, "begin", lambda connection: connection.exec_driver_sql("this is no sql"))
    with pytest.raises(ArchiveError, match="syntax error"), writing(hasty):
        pytest.fail("it began")
    assert len(errors) == 1


def test_rows_that_a_transaction_read_do_not_change_before_it_writes(engine: Engine, archive_url: str) -> None:
    """A second transaction that reads and writes the same row waits for the first, or a change would be lost."""
    with writing(engine) as connection:
        connection.execute(insert(tables.meta).values(key="x", value="0"))
    other, began = open_engine(archive_url), threading.Event()

    def add(other_engine: Engine) -> None:
        with writing(other_engine) as connection:
            value = int(connection.execute(select(tables.meta.c.value)).scalar_one())
            began.set()
            connection.execute(update(tables.meta).values(value=str(value + 1)))

    thread = threading.Thread(target=add, args=(other,))
    with writing(engine) as connection:
        value = int(connection.execute(select(tables.meta.c.value)).scalar_one())
        thread.start()
        assert not began.wait(0.2)
        connection.execute(update(tables.meta).values(value=str(value + 1)))
    thread.join()
    other.dispose()
    assert facts(engine) == ["2"]


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    engine = open_engine(f"postgresql+psycopg://reader@/pqwatch?host={tmp_path}")
    with pytest.raises(ArchiveError), reading(engine):
        pytest.fail("no server is there")
    engine.dispose()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="can't be opened: does its folder exist, and may you write there"):
        open_archive(f"sqlite:///{tmp_path / 'missing' / 'archive.db'}")


def test_a_damaged_schema_whose_words_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table first (x)")
    path.write_bytes(path.read_bytes().replace(b"TABLE first", b"TAB\xa0\xa0 first"))
    with pytest.raises(ArchiveError, match="malformed database schema: pqwatch db check says whether it is damaged"):
        open_archive(f"sqlite:///{path}")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    path.write_bytes(b"a letter" * 1000)
    with pytest.raises(ArchiveError, match=r"file is not a database: name another file .* pqwatch db restore FILE$"):
        open_archive(f"sqlite:///{path}")
    assert path.read_bytes() == b"a letter" * 1000


@pytest.mark.parametrize(
    ("message", "kind", "expected"),
    [
        ("database is locked", LockedError, "in use by another process"),
        ("database or disk is full", ArchiveError, "the disk is full (database or disk is full): free some space"),
        ("disk I/O error\nand more", ArchiveError, "disk I/O error: see that its disk is sound and may be written"),
        ("database disk image is malformed", ArchiveError, "malformed: pqwatch db check says whether it is damaged"),
        ("", ArchiveError, "OperationalError"),
    ],
)
def test_a_database_error_is_reported_with_the_remedy(message: str, kind: type[ArchiveError], expected: str) -> None:
    engine = open_engine("sqlite:////somewhere/archive.db")
    with pytest.raises(kind) as caught, translated(engine):
        raise OperationalError("select 1", {}, sqlite3.OperationalError(message))
    assert expected in str(caught.value)
    assert str(caught.value).startswith("sqlite:////somewhere/archive.db")
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_named_where_sqlite_speaks_of_input_and_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=0))
    with pytest.raises(ArchiveError, match=r"the disk is full .disk I/O error.: free some space"), translated(engine):
        raise OperationalError("select 1", {}, sqlite3.OperationalError("disk I/O error"))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("no url", "archive.url can't be read"),
        ("postgresql+psycopg://ada:secret@host:port/name", "its port is no number$"),
        ("nodb://x", "names a database that pqwatch does not know: use sqlite or postgresql"),
        ("mysql://reader@host/pqwatch", "archive.url needs the module MySQLdb"),
    ],
)
def test_an_address_that_can_t_be_used(url: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        open_engine(url)


def test_a_relative_path_is_relative_to_its_base(tmp_path: Path) -> None:
    engine = open_engine("sqlite:///archive.db", base=tmp_path)
    assert engine.url.database == str(tmp_path / "archive.db")
    assert open_engine("sqlite:///:memory:", base=tmp_path).url.database == ":memory:"


def test_sqlite_is_configured_to_lose_no_data(tmp_path: Path) -> None:
    archive = open_archive("sqlite:///archive.db", base=tmp_path)
    with reading(archive.engine) as connection:
        found = {
            name: connection.exec_driver_sql(f"pragma {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    archive.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


def test_opening_an_archive_waits_while_another_process_creates_it(tmp_path: Path) -> None:
    """SQLite itself does not wait before the file has its write-ahead log: two processes that did could deadlock."""
    path = tmp_path / "archive.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("create table t (x)")
        other.execute("begin immediate")
        done = threading.Timer(0.1, other.execute, ["rollback"])
        done.start()
        engine = open_engine(f"sqlite:///{path}")
        with reading(engine) as connection:
            assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
        done.join()
    engine.dispose()


def test_opening_an_archive_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 20)
    path = tmp_path / "archive.db"
    engine = open_engine(f"sqlite:///{path}")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("create table t (x)")
        other.execute("begin immediate")
        with pytest.raises(LockedError), reading(engine):
            pass
    engine.dispose()


def test_a_lease_lasts_longer_than_any_wait() -> None:
    engine = open_engine("sqlite://")
    assert Archive(engine).runs._store.lease_for > timedelta(minutes=9)
    assert Archive(engine, lease_for=timedelta(seconds=1)).runs._store.lease_for == timedelta(seconds=1)
    engine.dispose()


def test_a_full_disk_is_reported_when_an_archive_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, *_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    there, new = tmp_path / "there.db", tmp_path / "new.db"
    there.touch()
    monkeypatch.setattr("db.engine.os.open", full)
    make_private(there)
    with pytest.raises(ArchiveError, match=r"new\.db can't be made: No space left on device"):
        make_private(new)
