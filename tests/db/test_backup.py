"""Backup, restore and integrity checks of an archive."""

from __future__ import annotations

import errno
import itertools
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import make_url

from db import backup, integrity, runs, schema, tables
from db import engine as engines
from db.archive import Archive
from db.engine import open_engine
from db.transactions import writing
from monitor.collect.revisions import store_readings
from monitor.errors import ArchiveError, LockedError, SchemaError
from monitor.model.deliveries import DeliveryState
from monitor.model.sources import Payload, Reading
from monitor.model.watching import Subscriber
from tests.builders import a_question
from tests.ctrl_c import interrupt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Clock:
    """Clock that stands still until a test moves it."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **parts: float) -> datetime:
        self.now += timedelta(**parts)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def saved_from(sqlite_template: Path, tmp_path: Path) -> Path:
    """Return the path of a new SQLite archive, into which `engine` puts one question."""
    path = tmp_path / "archive.db"
    shutil.copy(sqlite_template, path)
    return path


@pytest.fixture
def engine(saved_from: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{saved_from}")
    put_in(Archive(engine))
    yield engine
    engine.dispose()


def put_in(archive: Archive, uin: str = "140001") -> None:
    proceeding = a_question(uin=uin)
    payload = Payload(source="questions", key=uin, url="https://example.org", fetched_at=NOW, body=b"{}")
    store_readings(
        archive, [Reading(payload=payload, proceeding=proceeding)], today=date(2026, 11, 24), is_news=lambda *_: True
    )


def put_mail(engine: Engine, **facts: Any) -> int:
    row = {
        "recipient": "reader@example.org",
        "message_id": f"<{facts.get('state', 'x')}@example.org>",
        "subject": "One answer",
        "message": b"mail",
        "state": DeliveryState.PENDING,
        "created_at": NOW,
    }
    with writing(engine) as connection:
        key = connection.execute(insert(tables.outbox).values(**(row | facts))).inserted_primary_key
        assert key is not None
        return int(key[0])


def uins(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {row[0] for row in connection.execute("select uin from proceeding")}


# -- backup -----------------------------------------------------------------------------------------------------------


def test_a_backup_is_whole_while_others_use_the_archive(engine: Engine, tmp_path: Path) -> None:
    with writing(engine) as busy:
        busy.execute(update(tables.proceeding).values(uin="999"))
        saved = backup.back_up(engine, tmp_path / "saved.db")
    assert uins(saved) == {"140001"}
    assert [path.name for path in tmp_path.iterdir() if ".part" in path.name] == []


def test_a_backup_overwrites_nothing(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "saved.db").write_text("mine")
    with pytest.raises(ArchiveError, match="is there already"):
        backup.back_up(engine, tmp_path / "saved.db")
    assert (tmp_path / "saved.db").read_text() == "mine"


def test_of_two_backups_to_one_file_at_once_one_says_that_it_failed(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, target = backup._copy, tmp_path / "saved.db"

    def copy_while_another_is_made(*given: Any) -> None:
        monkeypatch.setattr(backup, "_copy", copy)
        backup.back_up(engine, target)
        copy(*given)

    monkeypatch.setattr(backup, "_copy", copy_while_another_is_made)
    with pytest.raises(ArchiveError, match="another process writes it at the same time"):
        backup.back_up(engine, target)
    assert uins(target) == {"140001"}


def test_a_backup_that_fails_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"the backup to .* failed: No such file or directory"):
        backup.back_up(engine, tmp_path / "no folder" / "saved.db")
    assert not (tmp_path / "no folder").exists()


def test_a_backup_goes_on_while_others_write(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "PAGES_AT_ONCE", 10)
    steps: list[int] = []

    def write_meanwhile(done: int, _of: int) -> None:
        put_in(Archive(engine), str(150_000 + len(steps)))
        steps.append(done)

    saved = backup.back_up(engine, tmp_path / "saved.db", write_meanwhile)
    assert steps == sorted(set(steps))
    assert len(steps) > 3
    assert uins(saved) == {"140001"}
    copy = open_engine(f"sqlite:///{saved}")
    assert integrity.check(copy) == integrity.consistency(copy) == []
    copy.dispose()


def test_a_backup_that_is_stopped_leaves_nothing(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "PAGES_AT_ONCE", 10)
    with pytest.raises(KeyboardInterrupt):
        backup.back_up(engine, tmp_path / "saved.db", lambda *_: interrupt())
    assert [path.name for path in tmp_path.iterdir() if "saved" in path.name] == []


def test_a_backup_of_an_archive_that_is_held_says_so(
    engine: Engine, saved_from: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "BUSY_TIMEOUT_MS", 1)
    engine.dispose()
    with closing(sqlite3.connect(saved_from, isolation_level=None)) as other:
        other.execute("pragma locking_mode = exclusive")
        other.execute("begin exclusive")
        with pytest.raises(LockedError, match="is in use by another process"):
            backup.back_up(engine, tmp_path / "saved.db")


def test_a_backup_needs_an_archive(tmp_path: Path) -> None:
    nothing = open_engine(f"sqlite:///{tmp_path / 'nothing.db'}")
    with pytest.raises(ArchiveError, match=r"no archive at .* yet"):
        backup.back_up(nothing, tmp_path / "saved.db")
    assert list(tmp_path.iterdir()) == []


def test_backup_and_restore_name_the_tools_of_postgresql(tmp_path: Path) -> None:
    engine = open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(ArchiveError, match="use pg_dump"):
        backup.back_up(engine, tmp_path / "saved.db")
    with pytest.raises(ArchiveError, match="use pg_restore"):
        backup.restore(engine, tmp_path / "saved.db", NOW)
    assert integrity.check(engine) == []


# -- restore ----------------------------------------------------------------------------------------------------------


def test_a_restore_brings_back_the_backup_and_keeps_the_replaced_archive(
    engine: Engine, saved_from: Path, tmp_path: Path
) -> None:
    put_mail(engine)
    put_mail(engine, state=DeliveryState.SENT, sent_at=NOW)
    put_mail(engine, state=DeliveryState.DOTTED)
    saved = backup.back_up(engine, tmp_path / "saved.db")
    before = saved.read_bytes()
    put_in(Archive(engine), "140002")
    done = backup.restore(engine, saved, NOW)
    assert done == backup.Restored(
        kept=saved_from.with_name("archive.db.replaced-20261124T090000Z"), version=schema.HEAD, held=2
    )
    assert done.kept is not None
    assert uins(saved_from) == {"140001"}
    assert uins(done.kept) == {"140001", "140002"}
    assert saved.read_bytes() == before
    engine.dispose()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive.db", done.kept.name, "saved.db"]


def test_a_restore_that_cannot_remove_its_draft_says_so(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = backup.back_up(engine, tmp_path / "saved.db")

    def unlink(path: Path, **_: object) -> None:
        raise OSError(errno.EIO, "Input/output error", str(path))

    monkeypatch.setattr("pathlib.Path.unlink", unlink)
    with pytest.raises(ArchiveError, match=r"\.archive\.db\.restored can't be removed: Input/output error"):
        backup.restore(engine, saved, NOW)


@pytest.mark.parametrize("fails_at", range(1, 10))
def test_a_restore_whose_files_cannot_be_opened_says_so(
    engine: Engine, saved_from: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    """The backup, its draft and the archive are opened nine times in all."""
    saved = backup.back_up(engine, tmp_path / "saved.db")
    put_in(Archive(engine), "140002")
    connect, opened = sqlite3.connect, itertools.count(1)

    def fail_once(*where: Any, **how: Any) -> sqlite3.Connection:
        if next(opened) == fails_at:
            raise sqlite3.OperationalError("disk I/O error")
        connection: sqlite3.Connection = connect(*where, **how)
        return connection

    monkeypatch.setattr("db.backup.sqlite3.connect", fail_once)
    with pytest.raises(ArchiveError, match="disk I/O error"):
        backup.restore(engine, saved, NOW, told_to=NOW.date())
    monkeypatch.undo()
    engine.dispose()
    assert uins(saved_from) == {"140001", "140002"}
    assert not list(tmp_path.glob(".archive.db.restored*"))
    assert backup.restore(engine, saved, NOW).kept is not None


@pytest.mark.parametrize("share", [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
def test_a_restore_that_is_stopped_changes_all_or_nothing_and_keeps_no_copy_in_vain(
    engine: Engine, saved_from: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    monkeypatch.setattr(backup, "PAGES_AT_ONCE", 10)
    saved = backup.back_up(engine, tmp_path / "saved.db")
    steps: list[int] = []
    backup.restore(engine, saved, NOW - timedelta(days=1), progress=lambda done, _of: steps.append(done))
    put_in(Archive(engine), "140002")
    left = itertools.count(int(share * (len(steps) - 1)), -1)
    with pytest.raises(KeyboardInterrupt):
        backup.restore(engine, saved, NOW, progress=lambda *_: None if next(left) else interrupt())
    engine.dispose()
    is_replaced = uins(saved_from) == {"140001"}
    assert is_replaced or uins(saved_from) == {"140001", "140002"}
    kept = [path.name for path in tmp_path.glob("*.replaced-20261124*")]
    assert kept == (["archive.db.replaced-20261124T090000Z"] if is_replaced else [])
    assert not list(tmp_path.glob(".archive.db*"))
    backup.restore(engine, saved, NOW + timedelta(days=1))
    assert uins(saved_from) == {"140001"}


def fill_disk_at_copy(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no room for one of the three copies of a restore: the draft, the kept archive, the archive."""
    copy, copies = backup._copy, itertools.count(1)

    def copy_or_fail(*given: Any) -> None:
        if next(copies) == number:
            raise sqlite3.OperationalError("database or disk is full")
        copy(*given)

    monkeypatch.setattr(backup, "_copy", copy_or_fail)


def test_a_restore_for_which_the_disk_is_too_small_leaves_no_copy_on_it(
    engine: Engine, saved_from: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = backup.back_up(engine, tmp_path / "saved.db")
    put_in(Archive(engine), "140002")
    fill_disk_at_copy(3, monkeypatch)
    with pytest.raises(ArchiveError, match=r"could not be restored to .*: database or disk is full"):
        backup.restore(engine, saved, NOW)
    engine.dispose()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive.db", "saved.db"]
    assert uins(saved_from) == {"140001", "140002"}


def test_a_restore_that_has_no_room_to_keep_the_archive_says_that_it_is_as_it_was(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = backup.back_up(engine, tmp_path / "saved.db")
    fill_disk_at_copy(2, monkeypatch)
    with pytest.raises(ArchiveError, match=r"archive\.db is as it was, .* database or disk is full"):
        backup.restore(engine, saved, NOW)


def test_two_restores_in_one_second_keep_both(engine: Engine, saved_from: Path, tmp_path: Path) -> None:
    saved = backup.back_up(engine, tmp_path / "saved.db")
    put_in(Archive(engine), "140002")
    first, second = (backup.restore(engine, saved, NOW).kept for _ in range(2))
    assert first is not None
    assert second == first.with_name(f"{first.name}-2")
    assert (uins(first), uins(second), uins(saved_from)) == ({"140001", "140002"}, {"140001"}, {"140001"})


def test_a_restore_where_there_is_no_archive(engine: Engine, saved_from: Path, tmp_path: Path) -> None:
    saved = backup.back_up(engine, tmp_path / "saved.db")
    engine.dispose()
    saved_from.unlink()
    assert backup.restore(engine, saved, NOW).kept is None
    assert uins(saved_from) == {"140001"}


def test_a_restore_keeps_a_damaged_archive_as_it_is(engine: Engine, saved_from: Path, tmp_path: Path) -> None:
    saved = backup.back_up(engine, tmp_path / "saved.db")
    engine.dispose()
    saved_from.write_bytes(b"not a database" * 1000)
    done = backup.restore(engine, saved, NOW)
    assert done.kept is not None
    assert done.kept.read_bytes() == b"not a database" * 1000
    assert uins(saved_from) == {"140001"}


def test_a_lease_in_a_backup_is_over(engine: Engine, tmp_path: Path) -> None:
    archive = Archive(engine)
    with archive.runs.lease():
        saved = backup.back_up(engine, tmp_path / "saved.db")
    backup.restore(engine, saved, NOW)
    assert runs.holder(engine, NOW) is None


def test_a_file_that_is_not_a_backup_is_refused_and_nothing_is_changed(
    engine: Engine, saved_from: Path, tmp_path: Path
) -> None:
    saved = backup.back_up(engine, tmp_path / "saved.db")
    engine.dispose()
    before = saved_from.read_bytes()
    text, other, newer, torn = (tmp_path / name for name in ("text", "other.db", "newer.db", "torn.db"))
    text.write_text("This is no database at all. " * 100)
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("create table t (x)")
    shutil.copy(saved, newer)
    with closing(sqlite3.connect(newer)) as connection, connection:
        connection.execute("update alembic_version set version_num = '9999'")
    pages = saved.read_bytes()
    torn.write_bytes(pages[:8192] + b"\0" * 16384 + pages[24576:])
    flipped = tmp_path / "flipped"
    flipped.write_bytes(pages.replace(b"CREATE TABLE alembic_version", b"CREATE TAB\xa0\xa0 alembic_version"))
    cases = [
        (tmp_path / "none", ArchiveError, "is not there"),
        (saved_from, ArchiveError, "is the archive itself"),
        (text, ArchiveError, "no archive of pqwatch, or a damaged one"),
        (other, ArchiveError, "is no archive of pqwatch"),
        (newer, SchemaError, r"\(9999\) is newer than this program"),
        (torn, ArchiveError, "damaged|malformed"),
        (flipped, ArchiveError, "malformed database schema"),
    ]
    assert backup.newest_run(flipped) is None
    for path, error, words in cases:
        with pytest.raises(error, match=words):
            backup.restore(engine, path, NOW)
    engine.dispose()
    assert saved_from.read_bytes() == before
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith((".archive", "archive.db.replaced"))]


def test_of_a_backup_with_pages_that_cannot_be_read_the_backup_is_called_damaged(
    engine: Engine, saved_from: Path, tmp_path: Path
) -> None:
    """The check of the whole database ends with an error where the check of its keys meets such a page."""
    for number in range(200):
        put_in(Archive(engine), str(150_000 + number))
    saved = backup.back_up(engine, tmp_path / "saved.db")
    with closing(sqlite3.connect(saved)) as connection:
        [page] = connection.execute("select rootpage from sqlite_master where name = 'revision'").fetchone()
        [size] = connection.execute("pragma page_size").fetchone()
    pages = bytearray(saved.read_bytes())
    pages[(page - 1) * size : page * size] = b"\xff" * size
    saved.write_bytes(pages)
    with pytest.raises(ArchiveError, match=r"saved\.db is damaged, and the archive is as it was: "):
        backup.restore(engine, saved, NOW)
    assert len(uins(saved_from)) == 201


def test_a_restore_does_not_wait_for_ever(
    engine: Engine, saved_from: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "BUSY_TRIES", 1)
    saved = backup.back_up(engine, tmp_path / "saved.db")
    with closing(sqlite3.connect(saved_from, isolation_level=None, check_same_thread=False)) as other:
        other.execute("begin immediate")
        giving_up = threading.Timer(30, other.interrupt)
        giving_up.start()
        with pytest.raises(LockedError, match="is in use by another process"):
            backup.restore(engine, saved, NOW)
        giving_up.cancel()
        other.execute("rollback")
    assert uins(saved_from) == {"140001"}


def test_a_restored_archive_forgets_facts_that_are_no_longer_true(engine: Engine, tmp_path: Path) -> None:
    archive = Archive(engine)
    before = archive.runs.instance()
    archive.runs.set_fact("full_read_on", "2026-11-24")
    archive.runs.set_fact("full_read_on theyworkforyou", "2026-11-24")
    for source in ("", " theyworkforyou"):  # of a restore before this backup
        archive.runs.set_fact(f"caught_up_at{source}", NOW.isoformat())
    archive.runs.set_fact("news_floor", "2026-11-20")
    waiting = [put_mail(engine, state=state) for state in ("pending", "sending", "dotted")]
    put_mail(engine, state="sent", sent_at=NOW)
    saved = backup.back_up(engine, tmp_path / "saved.db")
    assert backup.restore(engine, saved, NOW).held == 3
    assert [entry.id for entry in archive.deliveries.listing(DeliveryState.HELD)] == waiting
    assert archive.runs.fact("told_to") is None
    assert archive.runs.fact("full_read_on") is None
    assert archive.runs.fact("full_read_on theyworkforyou") is None
    assert archive.runs.fact("caught_up_at") is archive.runs.fact("caught_up_at theyworkforyou") is None
    assert archive.runs.fact("news_floor") == "2026-11-20"
    assert archive.runs.instance() != before
    assert integrity.consistency(engine) == []
    for day in (date(2026, 11, 22), date(2026, 11, 23)):
        backup.restore(
            engine, backup.back_up(engine, tmp_path / f"{day}.db"), NOW + timedelta(days=day.day), told_to=day
        )
        assert archive.runs.fact("told_to") == day.isoformat()


def test_the_newest_run_of_a_backup(engine: Engine, tmp_path: Path, clock: Clock) -> None:
    assert backup.newest_run(backup.back_up(engine, tmp_path / "never.db")) is None
    archive = Archive(engine, clock=clock)
    archive.runs.begin("collect", NOW)
    clock.tick(hours=1)
    archive.runs.begin("match", NOW)
    saved = backup.back_up(engine, tmp_path / "saved.db")
    assert backup.newest_run(saved) == NOW + timedelta(hours=1)
    (tmp_path / "text").write_text("no database")
    assert backup.newest_run(tmp_path / "text") is None
    assert backup.newest_run(tmp_path / "not there") is None
    assert not (tmp_path / "not there").exists()


def test_the_last_reported_day_is_the_day_of_a_record_in_a_sent_mail(archive: Archive) -> None:
    assert integrity.last_reported_day(archive.engine) is None
    put_in(archive)
    archive.watch_list.sync([], [Subscriber(key="desk", name="Desk", email="desk@example.org", topics=())], "1")
    with writing(archive.engine) as connection:
        item = {"subscriber_id": 1, "revision_id": 1, "digest_id": 1, "proceeding_id": 1}
        digest = {"subscriber_id": 1, "kind": "mailed", "as_of": NOW, "composed_at": NOW, "subject": ""}
        connection.execute(insert(tables.digest).values(slot="2026-11-24T07:30", **digest))
        connection.execute(insert(tables.digest_item).values(is_told=True, **item))
    mail = put_mail(archive.engine, digest_id=1)
    assert integrity.last_reported_day(archive.engine) is None  # the mail waits
    with writing(archive.engine) as connection:
        connection.execute(update(tables.outbox).where(tables.outbox.c.id == mail).values(state="sent", sent_at=NOW))
    assert integrity.last_reported_day(archive.engine) == a_question().answered_on
    with writing(archive.engine) as connection:
        connection.execute(update(tables.digest_item).values(is_told=False))
    assert integrity.last_reported_day(archive.engine) is None
    with writing(archive.engine) as connection:  # it was found again after a restore, and counted as told
        connection.execute(update(tables.digest_item).values(is_told=True))
        connection.execute(update(tables.digest).values(kind="skipped"))
        connection.execute(delete(tables.outbox))
    assert integrity.last_reported_day(archive.engine) == a_question().answered_on
    with writing(archive.engine) as connection:
        connection.execute(update(tables.digest_item).values(is_told=False))
    archive.runs.set_fact("told_to", "")  # restored once, and everything was read again since
    assert integrity.last_reported_day(archive.engine) is None
    archive.runs.set_fact("told_to", "2026-11-20")  # a restore that has not caught up further
    assert integrity.last_reported_day(archive.engine) == date(2026, 11, 20)


def test_a_damaged_archive_has_no_last_reported_day(engine: Engine, saved_from: Path) -> None:
    engine.dispose()
    saved_from.write_bytes(b"not a database" * 1000)
    assert integrity.last_reported_day(engine) is None


def test_an_archive_that_is_in_use_is_not_taken_for_a_lost_one(
    engine: Engine, saved_from: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 20)
    engine.dispose()
    with closing(sqlite3.connect(saved_from, isolation_level=None)) as other:
        other.execute("pragma locking_mode = exclusive")
        other.execute("begin exclusive")
        with pytest.raises(LockedError, match="is in use by another process"):
            integrity.last_reported_day(engine)


# -- check ------------------------------------------------------------------------------------------------------------


def test_a_good_archive_has_no_findings(archive: Archive) -> None:
    put_in(archive)
    put_mail(archive.engine)
    put_mail(archive.engine, state=DeliveryState.SENT, sent_at=NOW, message=b"")
    assert integrity.check(archive.engine) == []
    assert integrity.check(archive.engine, is_quick=True) == []
    assert integrity.consistency(archive.engine) == []


def test_rows_without_their_parents_are_found(engine: Engine) -> None:
    engine.dispose()
    with closing(sqlite3.connect(str(engine.url.database))) as connection, connection:
        connection.execute("delete from proceeding")  # this connection does not enforce foreign keys
    assert "revision row 1 belongs to a row of proceeding that is not there" in integrity.check(engine)
    assert "1 revisions belong to no record (revision row): 1" in integrity.consistency(engine)


def broken(archive: Archive, statement: Any) -> str:
    put_in(archive)
    with writing(archive.engine) as connection:
        connection.execute(statement)
    (finding,) = integrity.consistency(archive.engine)
    return finding


def test_a_record_needs_its_newest_revision(archive: Archive) -> None:
    finding = broken(archive, update(tables.proceeding).values(latest_revision_id=77))
    assert finding == "1 records have no newest revision, or one of another record: q-140001"


def test_revisions_are_numbered_without_gaps(archive: Archive) -> None:
    finding = broken(archive, update(tables.revision).values(number=2))
    assert finding == "1 records have revisions that are not numbered 1 to n: q-140001"


def test_a_revision_has_its_text(archive: Archive) -> None:
    assert broken(archive, delete(tables.parts)).startswith("1 revisions have no text")


def test_a_withdrawn_question_may_be_without_text(archive: Archive) -> None:
    withdrawn = a_question(heading=None, question=None, answer=None, answered_on=None, is_withdrawn=True)
    payload = Payload(source="questions", key="1", url="https://example.org", fetched_at=NOW, body=b"{}")
    reading = Reading(payload=payload, proceeding=withdrawn)
    store_readings(archive, [reading], today=date(2026, 11, 24), is_news=lambda *_: True)
    assert integrity.consistency(archive.engine) == []


def test_matches_lie_within_their_text(archive: Archive) -> None:
    put_in(archive)
    with writing(archive.engine) as connection:
        connection.execute(insert(tables.topic).values(id=1, key="t", name="T", added_at=NOW))
        term = {"topic_id": 1, "text": "x", "exclude": "[]", "added_at": NOW, "version": "1"}
        connection.execute(insert(tables.term).values(id=1, matched_to=0, history_to=0, **term))
        length = len(connection.execute(select(tables.parts.c.answer)).scalar_one())
        match = {"revision_id": 1, "term_id": 1, "part": "answer", "form": "x", "is_history": False}
        connection.execute(insert(tables.match).values(id=1, start=0, end=length, **match))
    assert integrity.consistency(archive.engine) == []
    with writing(archive.engine) as connection:
        connection.execute(insert(tables.match).values(id=2, start=1, end=length + 1, **match))
        connection.execute(insert(tables.match).values(id=3, start=0, end=1, **(match | {"part": "nonsense"})))
    assert integrity.consistency(archive.engine) == [
        "2 matches lie outside the text that they were found in (row): 2, 3"
    ]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"state": "lost"}, "in a state that does not exist"),
        ({"message": b""}, "still to go have no text"),
        ({"recipient": ""}, "still to go have no text"),
        ({"message_id": "nonsense", "state": DeliveryState.HELD}, "still to go have no text"),
        ({"state": DeliveryState.SENT}, "sent, but not when"),
    ],
)
def test_mails_are_well_formed(archive: Archive, facts: dict[str, Any], words: str) -> None:
    number = put_mail(archive.engine, **facts)
    (finding,) = integrity.consistency(archive.engine)
    assert words in finding
    assert finding.endswith(f": {number}")


def test_only_the_first_of_many_are_named(archive: Archive) -> None:
    for number in range(5):
        put_mail(archive.engine, state=DeliveryState.SENT, message_id=f"<{number}@example.org>")
    (finding,) = integrity.consistency(archive.engine)
    assert finding == "5 mails count as sent, but not when (mail): 1, 2, 3 …"


# -- facts about an archive -------------------------------------------------------------------------------------------


def test_the_counts_and_size_of_an_archive(archive: Archive) -> None:
    assert integrity.newest_fetch(archive.engine) is None
    put_in(archive)
    assert integrity.counts(archive.engine) == {
        "records": 1,
        "revisions": 1,
        "payloads": 1,
        "matches": 0,
        "digests": 0,
        "mails": 0,
    }
    assert integrity.newest_fetch(archive.engine) == NOW
    assert integrity.size(archive.engine) > 10_000


def test_the_time_from_which_a_subscriber_gets_digests(archive: Archive, clock: Clock) -> None:
    added = clock.now
    reader = Subscriber(key="a", name="A", email="a@example.org", topics=())
    gone = Subscriber(key="b", name="B", email="b@example.org", topics=())
    archive.watch_list.sync((), (reader, gone), "1")
    assert integrity.watching_since(archive.engine) == {"a": added, "b": added}
    clock.tick(days=1)
    archive.watch_list.sync((), (Subscriber(key="a", name="A", email="a@example.org", topics=(), paused=True),), "1")
    resumed = clock.tick(days=1)
    archive.watch_list.sync((), (reader,), "1")
    assert integrity.watching_since(archive.engine) == {"a": resumed}


def test_the_holder_of_an_archive(archive: Archive, clock: Clock) -> None:
    assert runs.holder(archive.engine, clock.now) is None
    with archive.runs.lease():
        holder = runs.holder(archive.engine, clock.now)
        assert holder is not None
        assert holder.endswith("since 2026-11-24 09:00 UTC")
        assert runs.holder(archive.engine, clock.now + timedelta(days=1)) is None


def test_an_archive_that_can_be_written_has_no_write_problem(engine: Engine) -> None:
    assert integrity.write_problem(engine) == ""


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_an_archive_on_a_read_only_disk_has_a_write_problem(archive_url: str) -> None:
    path = archive_url.removeprefix("sqlite:///")
    engine = open_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert "can only be read here" in integrity.write_problem(engine)
    engine.dispose()


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_read_only_postgresql_has_a_write_problem(archive_url: str) -> None:
    url = make_url(archive_url).update_query_dict({"options": "-c default_transaction_read_only=on"})
    engine = open_engine(url.render_as_string(hide_password=False))
    assert "read-only transaction" in integrity.write_problem(engine)
    engine.dispose()
