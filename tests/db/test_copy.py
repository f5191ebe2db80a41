"""Copy of an archive into another database: all of it, unchanged there and back, or nothing."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Boolean, Date, LargeBinary, create_engine, delete, func, insert, select, text, update
from sqlalchemy.types import Integer, SmallInteger

from db import archive_copy as copy
from db import integrity, schema, tables
from db.archive import Archive
from db.engine import open_engine
from db.tables import Compressed, Instant
from db.transactions import reading, writing
from monitor.errors import ArchiveError, LeaseError, SchemaError
from tests.servers import database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Column, Engine, Table

ROWS = 12
STEP = 1_000_003
"""Distance between the numbers of two rows."""

SOME = 0.3
PATIENCE = 60.0
WORDS = ("reservoir", "£ 1,174", "naïve", "ŵyl", "😀", "new\nline", "tab\t", '"', "'", "\\", "%s", "")
NUMBERS = (0, 1, -1, 2**31 - 1)
SMALL_NUMBERS = (0, 1, -1, 2**15 - 1)
DAYS = (date(1802, 1, 1), date(2024, 2, 29), date(2026, 11, 24))
INSTANTS = (
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 59, 59, 999_999, tzinfo=UTC),
)


@pytest.fixture
def opened() -> Iterator[Callable[[str], Archive]]:
    """Return a function that opens an archive by its URL; the archives are closed after the test."""
    with ExitStack() as stack:

        def open_url(url: str) -> Archive:
            archive = Archive(open_engine(url))
            stack.callback(archive.close)
            return archive

        yield open_url


@pytest.fixture(scope="module")
def filled(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a SQLite archive with unusual values in every table."""
    path = tmp_path_factory.mktemp("filled") / "archive.db"
    shutil.copy(sqlite_template, path)
    archive = Archive(open_engine(f"sqlite:///{path}"))
    fill(archive.engine)
    archive.close()
    return path


@pytest.fixture
def source(filled: Path, tmp_path: Path, opened: Callable[[str], Archive]) -> Archive:
    """Open a copy of the filled archive for one test."""
    shutil.copy(filled, tmp_path / "source.db")
    return opened(f"sqlite:///{tmp_path / 'source.db'}")


@pytest.fixture
def target(tmp_path: Path, opened: Callable[[str], Archive]) -> Archive:
    """Open an archive in a SQLite file that does not exist yet."""
    return opened(f"sqlite:///{tmp_path / 'target.db'}")


def fill(engine: Engine) -> None:
    """Insert rows into every table with values that SQLite and PostgreSQL may treat differently."""
    dice = random.Random(7)  # noqa: S311 (the same rows each time)
    known: dict[str, list[dict[str, Any]]] = {}
    with writing(engine) as connection:
        for table in tables.metadata.sorted_tables:
            if table is tables.lease:
                continue
            rows = known[table.name] = []
            for number in range(ROWS):
                row = {column.name: value(column, number, known, dice) for column in table.columns}
                rows.append(row)
                connection.execute(insert(table).values(row))
    Archive(engine).index.follow()


def value(column: Column[Any], number: int, known: dict[str, list[dict[str, Any]]], dice: random.Random) -> object:
    is_none = column.nullable and dice.random() < SOME
    if column.foreign_keys:
        (key,) = column.foreign_keys
        rows = known[key.column.table.name]
        return None if is_none or not rows else rows[number % len(rows)]["id"]
    if column.name in ("id", "member_id"):
        return number * STEP + 1
    if column.primary_key and column.name == "name":
        return "text"
    return None if is_none else of_type(column, number, dice)


def of_type(column: Column[Any], number: int, dice: random.Random) -> object:
    if isinstance(column.type, LargeBinary | Compressed):
        return bytes(dice.sample(range(256), dice.choice([0, 1, 256])))
    if isinstance(column.type, Date):
        return dice.choice(DAYS) + timedelta(days=number)
    for kind, values in (
        (Boolean, (True, False)),
        (Instant, INSTANTS),
        (SmallInteger, SMALL_NUMBERS),
        (Integer, NUMBERS),
    ):
        if isinstance(column.type, kind):
            return dice.choice(values)
    return f"{dice.choice(WORDS)} {number}"


def dump(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows by table, without the lease."""
    with reading(engine) as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in tables.metadata.sorted_tables
            if table is not tables.lease
        }


def leases(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(tables.lease)).scalar_one())


# -- the whole archive ------------------------------------------------------------------------------------------------


def test_a_copy_from_database_to_database_and_back_changes_nothing(
    source: Archive, tmp_path: Path, postgres: str, opened: Callable[[str], Archive]
) -> None:
    instance = source.runs.instance()
    before = dump(source.engine)
    assert all(before.values())
    with database(postgres) as first, database(postgres) as second:
        urls = (first, second, f"sqlite:///{tmp_path / 'there.db'}", f"sqlite:///{tmp_path / 'again.db'}")
        archives = [source, *map(opened, urls)]
        for here, there in pairwise(archives):
            rows = copy.copy_archive(here, there)
            assert dump(there.engine) == before
            assert {**rows, "meta": 0} == {**{name: len(found) for name, found in before.items()}, "meta": 0}
            assert schema.current(there.engine) == schema.HEAD
            assert leases(here.engine) == leases(there.engine) == 0
            assert there.runs.instance() == instance
            assert there.index.count().ahead == ROWS
            there.index.follow()
            assert there.index.count().problem == ""
            assert integrity.check(there.engine) == []
        for archive in archives:
            archive.close()


def test_an_archive_that_was_made_but_never_used_takes_a_copy(source: Archive, archive: Archive) -> None:
    copy.copy_archive(source, archive)
    assert dump(archive.engine) == dump(source.engine)
    later = archive.runs.begin("match", INSTANTS[0])
    assert later == (ROWS - 1) * STEP + 2  # the next free number


def test_a_copy_of_an_empty_archive(archive: Archive, tmp_path: Path, opened: Callable[[str], Archive]) -> None:
    other = opened(f"sqlite:///{tmp_path / 'other.db'}")
    assert set(copy.copy_archive(archive, other).values()) <= {0, 3}  # only facts about the index are copied
    assert other.runs.begin("match", INSTANTS[0]) == 1


def test_postgresql_plans_by_the_rows_that_were_copied(
    source: Archive, postgres: str, opened: Callable[[str], Archive], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy, "LARGE", ROWS)
    with writing(source.engine) as connection:
        connection.execute(delete(tables.bounce).where(tables.bounce.c.id == 1))
    with database(postgres) as url:
        there = opened(url)
        copy.copy_archive(source, there)
        with reading(there.engine) as connection:
            rows = connection.execute(text("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r'")).all()
        counted = {row.relname: row.reltuples for row in rows}
        assert {name: counted[name] for name in ("revision", "match")} == {"revision": ROWS, "match": ROWS}
        assert counted["bounce"] == -1  # not counted yet
        there.close()


def test_a_promise_may_repeat_one_that_was_read_later(source: Archive, archive: Archive) -> None:
    promise = tables.promise
    with writing(source.engine) as connection:
        [first, *_, last] = connection.execute(select(promise.c.id).order_by(promise.c.id)).scalars()
        connection.execute(update(promise).values(repeats_id=None))
        connection.execute(update(promise).where(promise.c.id == first).values(repeats_id=last))
    copy.copy_archive(source, archive)
    assert dump(archive.engine) == dump(source.engine)


def test_few_rows_are_copied_at_a_time(source: Archive, target: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy, "AT_ONCE", 5)
    monkeypatch.setattr(copy, "AT_ONCE_IF_BULKY", 2)
    progress: list[int] = []
    copy.copy_archive(source, target, lambda done, _of: progress.append(done))
    steps = {after - before for before, after in zip([0, *progress], progress, strict=False)}
    assert steps == {2, 5}
    assert dump(target.engine) == dump(source.engine)


# -- during a copy ----------------------------------------------------------------------------------------------------


def test_no_run_works_on_either_archive_during_a_copy(
    source: Archive, target: Archive, opened: Callable[[str], Archive]
) -> None:
    refused: list[int] = []

    def look(_done: int, _of: int) -> None:
        if not refused:
            with pytest.raises(LeaseError), opened(str(source.engine.url)).runs.lease():
                pass
            refused.append(leases(target.engine))

    copy.copy_archive(source, target, look)
    assert refused == [1]


def test_changes_made_during_a_copy_are_not_copied(
    archive: Archive, target: Archive, opened: Callable[[str], Archive]
) -> None:
    fill(archive.engine)
    before = dump(archive.engine)
    other = opened(archive.engine.url.render_as_string(hide_password=False))

    def change(_done: int, _of: int) -> None:
        with writing(other.engine) as connection:
            connection.execute(delete(tables.digest_waiting))
            connection.execute(update(tables.parts).values(text="changed"))

    copy.copy_archive(archive, target, change)
    assert dump(target.engine) == before


def test_the_lease_lasts_as_long_as_the_copy(source: Archive, target: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def ends() -> datetime:
        with reading(source.engine) as connection:
            found: datetime = connection.execute(select(tables.lease.c.expires_at)).scalar_one()
            return found

    seen: list[datetime] = []
    copy.copy_archive(source, target, lambda _done, _of: seen.append(ends()))
    assert len(set(seen)) == 1
    with writing(target.engine) as connection:
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(delete(table))
    monkeypatch.setattr(copy, "RENEW_EVERY", 0.0)
    seen.clear()
    copy.copy_archive(source, target, lambda _done, _of: seen.append(ends()))
    assert seen == sorted(seen)
    assert len(set(seen)) > len(seen) // 2


# -- copies that fail leave nothing -----------------------------------------------------------------------------------


def test_a_stopped_copy_leaves_nothing_and_can_be_begun_again(source: Archive, archive: Archive) -> None:
    steps: list[int] = []
    whole = dump(source.engine)

    def stop(done: int, _of: int) -> None:
        if done >= len(steps) * 60:
            raise KeyboardInterrupt

    while True:
        try:
            copy.copy_archive(source, archive, stop)
        except KeyboardInterrupt:
            steps.append(1)
            assert not any(dump(archive.engine).values())
            assert leases(source.engine) == leases(archive.engine) == 0
        else:
            break
    assert len(steps) >= 3
    assert dump(archive.engine) == whole


KILLED = """
import os, signal, sys
from db.archive_copy import copy_archive
from db.archive import Archive
from db.engine import open_engine
source, target = (Archive(open_engine(url)) for url in sys.argv[1:])
copy_archive(source, target, lambda done, of: done * 2 > of and os.kill(os.getpid(), signal.SIGKILL))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL there")
def test_a_killed_copy_leaves_nothing_and_can_be_begun_again(source: Archive, archive: Archive) -> None:
    urls = [opened.engine.url.render_as_string(hide_password=False) for opened in (source, archive)]
    done = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-c", KILLED, *urls], timeout=PATIENCE, check=False, capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert schema.current(archive.engine) == schema.HEAD
    assert not any(dump(archive.engine).values())
    copy.copy_archive(source, archive)
    assert dump(archive.engine) == dump(source.engine)


def test_rows_that_the_target_changes_undo_the_copy(source: Archive, tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "target.db"
    shutil.copy(sqlite_template, path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "create trigger t after insert on parts when new.revision_id > 9000000"
            " begin update parts set text = 'x' where revision_id = new.revision_id; end"
        )
    target = Archive(open_engine(f"sqlite:///{path}"))
    with pytest.raises(ArchiveError, match="did not keep the rows of parts as they are"):
        copy.copy_archive(source, target)
    assert not any(dump(target.engine).values())
    target.close()


def test_rows_that_postgresql_refuses_are_reported(
    source: Archive, postgres: str, opened: Callable[[str], Archive]
) -> None:
    def spoil(table: Table, **values: object) -> None:
        with writing(source.engine) as connection:
            connection.execute(update(table).values(**values))

    with database(postgres) as url:
        target = opened(url)
        spoil(tables.parts, text="a nul \0 in it")
        with pytest.raises(ArchiveError, match="the rows of parts can't be stored there"):
            copy.copy_archive(source, target)
        spoil(tables.parts, text="none")
        spoil(tables.coverage, note="none")
        spoil(tables.match, part="longer than the column is allowed to be")
        with pytest.raises(ArchiveError, match="the rows of match can't be stored there"):
            copy.copy_archive(source, target)
        assert not any(dump(target.engine).values())
        target.close()


def test_an_archive_in_use_is_not_written_into(source: Archive, archive: Archive) -> None:
    archive.runs.set_fact("news_floor", "2026-11-20")
    with pytest.raises(ArchiveError, match=r"is an archive in use \(meta has rows\), and nothing was changed"):
        copy.copy_archive(source, archive)
    assert [row[0] for row in dump(archive.engine)["meta"]] == ["news_floor"]
    assert leases(source.engine) == leases(archive.engine) == 0


@pytest.mark.parametrize("table", [tables.run, tables.member, tables.payload], ids=lambda table: table.name)
def test_a_single_row_of_any_table_counts_as_use(source: Archive, tmp_path: Path, table: Table) -> None:
    target = Archive(open_engine(f"sqlite:///{tmp_path / 'target.db'}"))
    schema.upgrade(target.engine)
    with reading(source.engine) as there, writing(target.engine) as here:
        row = there.execute(select(table).limit(1)).one()
        here.execute(insert(table).values(dict(row._mapping)))
    with pytest.raises(ArchiveError, match=f"{table.name} has rows"):
        copy.copy_archive(source, target)
    target.close()


def test_a_database_of_something_else_is_left_alone(
    source: Archive, empty_url: str, opened: Callable[[str], Archive]
) -> None:
    target = opened(empty_url)
    with writing(target.engine) as connection:
        connection.execute(text("create table recipes (name text)"))
    with pytest.raises(ArchiveError, match=r"tables that are not pqwatch's \(recipes\): name an empty database"):
        copy.copy_archive(source, target)
    assert schema.current(target.engine) is None
    target.close()


def test_a_target_of_another_schema_is_refused(source: Archive, target: Archive) -> None:
    schema.upgrade(target.engine)
    with writing(target.engine) as connection:
        connection.execute(text("update alembic_version set version_num = '0001'"))
    with pytest.raises(SchemaError, match=r"another schema \(0001\)"):
        copy.copy_archive(source, target)


def test_an_archive_is_not_copied_onto_itself(archive: Archive, opened: Callable[[str], Archive]) -> None:
    itself = opened(archive.engine.url.render_as_string(hide_password=False))
    with pytest.raises(ArchiveError, match="can't be copied to where it is"):
        copy.copy_archive(archive, itself)


def test_databases_of_one_name_on_two_servers_are_not_the_same() -> None:
    engines = [create_engine(f"postgresql+psycopg:///archive?host=/run/{server}") for server in ("one", "two")]
    assert not copy._is_same(engines[0], engines[1])
    assert copy._is_same(engines[0], engines[0])


def test_nothing_is_copied_while_a_run_holds_either_archive(
    source: Archive, archive: Archive, opened: Callable[[str], Archive]
) -> None:
    for held in (source, archive):
        other = opened(held.engine.url.render_as_string(hide_password=False))
        with other.runs.lease(), pytest.raises(LeaseError, match="another run holds the archive"):
            copy.copy_archive(source, archive)
    assert not any(dump(archive.engine).values())


def test_a_target_that_can_not_be_opened(source: Archive, tmp_path: Path, opened: Callable[[str], Archive]) -> None:
    (tmp_path / "text").write_text("This is no database. " * 100)
    for name, words in (("text", "not a database"), ("no folder/target.db", "does its folder exist")):
        with pytest.raises(ArchiveError, match=words):
            copy.copy_archive(source, opened(f"sqlite:///{tmp_path / name}"))
    with pytest.raises(ArchiveError, match=r"127\.0\.0\.1"):
        copy.copy_archive(source, opened("postgresql+psycopg://nobody:secret@127.0.0.1:1/none"))
