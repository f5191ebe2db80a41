"""Erasure of a person from the archive: rows that go, rows that stay, all or nothing."""

from __future__ import annotations

import json
import sqlite3
import struct
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import func, insert, select, update

from db import addresses as erasure
from db import tables
from db.integrity import consistency
from monitor.cli import pqwatch
from monitor.collect.revisions import store_readings
from monitor.digest.formats.email import build_notice
from monitor.errors import ArchiveError, ConfigError, LeaseError
from monitor.model.deliveries import DeliveryState, Forgotten
from monitor.model.digests import Mail
from monitor.model.following import FollowKind, FollowTarget, MarkKind, MuteKind
from monitor.model.sources import Payload, Reading
from monitor.model.watching import Subscriber, Topic
from tests.builders import a_question
from tests.servers import migrate

if TYPE_CHECKING:
    from click.testing import Result

    from db.archive import Archive
    from tests.fakes import Clock

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANN, BOB = "ann-marie.sample@example.org", "bob@example.org"
LEAF_OF_A_TABLE = 13
"""Kind of a page with rows, in SQLite's file format."""
WATER = Topic(key="water", name="Water", terms=("water",))


def person(key: str, email: str) -> Subscriber:
    return Subscriber(key=key, name=f"{key} Sample", email=email, topics=("water",))


def letter(number: int, recipient: str, text: str = "Hello") -> Mail:
    own_id = f"<{number:032x}@example.org>"
    message = build_notice(
        f"Letter {number}", text, sender="pqwatch@example.org", recipient=recipient, message_id=own_id, date=NOON
    )
    return Mail(recipient=recipient, message_id=own_id, subject=f"Letter {number} to {recipient}", message=message)


def digest(archive: Archive, key: str, *mails: Mail) -> int:
    """Store a digest of a subscriber with these mails. Return its number."""
    with archive.outbox.store.write() as connection:
        subscriber_id = connection.execute(
            select(tables.subscriber.c.id).where(tables.subscriber.c.key == key)
        ).scalar_one()
        facts = {"kind": "mailed", "as_of": NOON, "composed_at": NOON, "subject": "x"}
        count = connection.execute(select(func.count()).select_from(tables.digest)).scalar_one()
        made = connection.execute(
            insert(tables.digest).values(subscriber_id=subscriber_id, slot=f"slot {count}", **facts)
        )
        assert made.inserted_primary_key is not None
        number = int(made.inserted_primary_key[0])
        archive.outbox.add(connection, number, mails, NOON)
    return number


@pytest.fixture
def peopled(archive: Archive, clock: Clock) -> Archive:
    """Fill the archive with Ann, Bob, and mails to and about both. Ann has two subscriptions, one with an older address."""
    archive.watch_list.sync(
        [WATER], [person("Ann", ANN), person("Ann again", ANN.upper()), person("Bob", BOB)], "version"
    )
    first = digest(archive, "Ann", letter(1, ANN, f"This is for {ANN}. " * 500))
    digest(archive, "Ann again", letter(2, "old.address@example.org"))
    digest(archive, "Bob", letter(3, BOB))
    archive.outbox.resend(first, BOB, clock())
    failed = f"mail.example.org refused <{ANN}>, and not jo{ANN}"
    archive.outbox.put(letter(5, "operator@example.org", f"In the last run:\n\n- {failed}, which is a long line"), {})
    archive.outbox.put(letter(6, "operator@example.org", f"About {BOB} only"), {"told": json.dumps([failed])})
    archive.outbox.pause(clock(), failed)
    with archive.outbox.store.write() as connection:
        connection.execute(update(tables.outbox).where(tables.outbox.c.id == 3).values(error=failed, reply=failed))
        run = {"stage": "deliver", "as_of": NOON, "started_at": NOON, "outcome": "failed", "counts": "{}"}
        connection.execute(insert(tables.run).values(error=failed, **run))
    return archive


def all_values(archive: Archive) -> str:
    """Return the values of all rows as text."""
    with archive.outbox.store.read() as connection:
        return "\n".join(
            repr(tuple(row))
            for table in tables.metadata.sorted_tables
            for row in connection.execute(select(table).order_by(*table.primary_key))
        )


def states(archive: Archive) -> list[str]:
    return [entry.state.value for entry in archive.deliveries.listing()]


def test_no_row_names_an_erased_person(peopled: Archive, clock: Clock) -> None:
    other = f"jo{ANN}"
    before = peopled.outbox.count_erasable(ANN.title())
    assert before == Forgotten(mails=3, subscribers=2, notices=1)
    assert peopled.outbox.forget(ANN.title()) == before
    left = all_values(peopled)
    assert left.count(other) == 5
    assert ANN not in left.replace(other, "").lower()
    assert "Ann" not in left
    assert "old.address" not in left
    assert states(peopled) == ["discarded", "discarded", "pending", "discarded", "discarded", "pending"]
    assert (peopled.outbox.paused(clock()) or "").endswith(f"refused <(forgotten)>, and not {other}")
    assert peopled.outbox.count_erasable(ANN) == Forgotten(mails=0, subscribers=0, notices=0)
    assert consistency(peopled.engine) == []
    digests = [(row.subscriber, row.kind) for row in peopled.digests.listing()]
    assert digests == [("Bob", "mailed"), ("(forgotten 2)", "mailed"), ("(forgotten 1)", "mailed")]


def test_what_an_erased_person_chose_and_wrote_is_gone(peopled: Archive, clock: Clock) -> None:
    ann, bob = person("Ann", ANN), person("Bob", BOB)
    about = FollowTarget(kind=FollowKind.ASKER, ref="Ada Example", member_id=9001)
    record = store_record(peopled, clock)
    for reader in (ann, bob):
        peopled.following.follow(reader, about)
        peopled.choices.mark(reader, MarkKind.DONE, record)
        number = peopled.choices.mute(reader, MuteKind.PHRASE, f"words of {reader.key}", NOON.date())
        target = FollowTarget(kind=FollowKind.RECORD, ref="x", proceeding_id=record)
        peopled.notes.add(
            reader, target, f"By {reader.name}: ask Ann Sample, ann sample's desk, or {ANN}; not Joann Sample."
        )
        with peopled.outbox.store.write() as connection:
            hidden = {"mute_id": number, "revision_id": 1, "digest_id": 1, "proceeding_id": record}
            connection.execute(insert(tables.mute_item).values(**hidden))
    found = peopled.outbox.forget(ANN)
    assert (found.choices, found.notes) == (3, 1)
    [note] = peopled.notes.listing()
    assert note.text == ("By Bob Sample: ask (forgotten), (forgotten)'s desk, or (forgotten); not Joann Sample.")
    assert [followed.subscriber for followed in peopled.following.listing()] == ["Bob"]
    assert [(mute.subscriber, mute.hidden) for mute in peopled.choices.mutes()] == [("Bob", 1)]
    assert [mark.subscriber for mark in peopled.choices.marks()] == ["Bob"]
    left = all_values(peopled).replace("Joann", "")
    assert "ann" not in left.replace(f"jo{ANN}", "").lower().replace("annot", "")


def store_record(archive: Archive, clock: Clock) -> int:
    """Store a question. Return its row id."""
    payload = Payload(source="questions", key="q-1", url="", fetched_at=clock(), body=b"x")
    store_readings(
        archive, [Reading(payload=payload, proceeding=a_question())], today=NOON.date(), is_news=lambda *_: False
    )
    [found] = archive.cross_references.find("q-140001")
    return found


def test_an_erased_person_who_comes_back_begins_anew(peopled: Archive) -> None:
    peopled.outbox.forget(ANN)
    peopled.watch_list.sync([WATER], [person("Ann", ANN), person("Bob", BOB)], "version")
    assert "Ann" not in peopled.digests.last_of_each()
    peopled.outbox.forget(ANN)
    assert "Ann" not in all_values(peopled)


def test_sent_mails_stay_sent(peopled: Archive) -> None:
    peopled.outbox.resume()
    claimed = peopled.outbox.claim(NOON)
    assert claimed is not None
    peopled.outbox.sent(claimed[0].id, claimed[1], NOON, "250 ok")
    peopled.outbox.forget(ANN)
    found = peopled.deliveries.get(claimed[0].id)
    assert found is not None
    assert (found.state, found.message, found.recipient) == (DeliveryState.SENT, b"", "(forgotten)")


def test_a_retired_address_is_forgotten_too(peopled: Archive) -> None:
    peopled.outbox.resume()
    for day in range(3):
        claimed = peopled.outbox.claim(NOON + timedelta(days=day))
        assert claimed is not None
        peopled.outbox.failed(claimed[0].id, claimed[1], NOON + timedelta(days=day), "no such user", "recipient")
        for number in (2, 3, 4, 5, 6):
            if peopled.deliveries.listing()[number - 1].state is DeliveryState.PENDING:
                peopled.outbox.discard(number)
    assert len(peopled.deliveries.retired()) == 1
    peopled.outbox.forget(ANN)
    assert peopled.deliveries.retired() == ()
    assert peopled.runs.fact("retired_addresses") is None


def test_nothing_is_erased_if_the_last_step_fails(peopled: Archive) -> None:
    before = all_values(peopled)

    def refuse() -> None:
        raise ConfigError("config.toml is read-only")

    with pytest.raises(ConfigError):
        peopled.outbox.forget(ANN, refuse)
    assert all_values(peopled) == before


def test_waiting_mails_are_held_before_the_last_step(peopled: Archive) -> None:
    peopled.outbox.resume()
    seen: list[object] = []

    def stop() -> None:
        with peopled.outbox.store.read() as connection:  # another process reads this if the run is killed now
            states = connection.execute(select(tables.outbox.c.id, tables.outbox.c.state).order_by(tables.outbox.c.id))
            seen.extend(states.all())
        raise ConfigError("config.toml is read-only")

    with pytest.raises(ConfigError):
        peopled.outbox.forget(ANN, stop)
    assert seen == [(1, "held"), (2, "held"), (3, "pending"), (4, "held"), (5, "pending"), (6, "pending")]
    assert {entry.state for entry in peopled.deliveries.listing()} == {DeliveryState.PENDING}


def test_the_last_step_is_not_taken_if_another_run_took_over_the_archive(peopled: Archive) -> None:
    taken: list[bool] = []
    peopled.outbox.store.token = "lost"  # noqa: S105 (no password)
    with pytest.raises(LeaseError):
        peopled.outbox.forget(ANN, lambda: taken.append(True))
    peopled.outbox.store.token = None
    assert taken == []
    assert peopled.outbox.count_erasable(ANN).mails == 3


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_the_files_of_the_archive_hold_nothing_of_an_erased_person(peopled: Archive, dialect: str) -> None:
    assert dialect == "sqlite"
    with peopled.outbox.store.read() as connection:
        connection.exec_driver_sql("PRAGMA secure_delete = OFF")  # some builds of SQLite have it off
    path = Path(str(peopled.engine.url.database))
    files = [path, path.with_name(f"{path.name}-wal")]
    assert any(ANN.encode() in file.read_bytes() for file in files)
    peopled.outbox.forget(ANN)
    for file in files:
        content = file.read_bytes().replace(f"jo{ANN}".encode(), b"")
        assert ANN.encode() not in content


class FailingDisk:
    """SQLite engine whose disk fails when a statement is run."""

    dialect = SimpleNamespace(name="sqlite")
    closed = False

    def raw_connection(self) -> FailingDisk:
        return self

    def cursor(self) -> FailingDisk:
        return self

    def execute(self, statement: str) -> None:
        raise sqlite3.OperationalError(f"disk I/O error at {statement}")

    def close(self) -> None:
        self.closed = True


def test_an_error_while_the_log_is_emptied_is_reported() -> None:
    disk = FailingDisk()
    with pytest.raises(ArchiveError, match=r"the person is erased, but the log .* run the command again"):
        erasure._empty_log(disk)  # type: ignore[arg-type]
    assert disk.closed


def leave_behind(path: Path, text: str) -> None:
    """Write a text into unused bytes of a page of rows, as SQLite leaves it where it moved a row to another page."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [size] = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        for start in range(size, path.stat().st_size, size):
            file.seek(start)
            kind, _, cells, content = struct.unpack(">BHHH", file.read(7))
            rows_end = start + 8 + 2 * cells
            if kind == LEAF_OF_A_TABLE and start + content - rows_end > len(text):
                file.seek(rows_end)
                file.write(text.encode())
                return
    pytest.fail("no page has room")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return the config.toml of an archive in a file whose unused bytes hold Ann's address."""
    config = tmp_path / "config.toml"
    config.write_text(
        '[archive]\nurl = "sqlite:///archive.db"\n\n[[topics]]\nname = "Water"\nterms = ["bathing water"]\n\n'
        f'[[subscribers]]\nname = "Ann"\nemail = "{ANN}"\n\n[[subscribers]]\nname = "Bob"\nemail = "{BOB}"\n',
        encoding="utf-8",
    )
    migrate(f"sqlite:///{tmp_path / 'archive.db'}")
    leave_behind(tmp_path / "archive.db", ANN)
    return config


def forget(config: Path, *options: str) -> Result:
    return CliRunner().invoke(pqwatch, ["subscribers", "forget", ANN, "--yes", "--config", str(config), *options])


def test_what_a_moved_row_left_behind_is_overwritten(desk: Path) -> None:
    archive = desk.with_name("archive.db")
    assert forget(desk).exit_code == 0
    assert ANN.encode() not in archive.read_bytes()
    leave_behind(archive, ANN)  # as after a command that was stopped in the middle
    said = forget(desk, "--dry-run")
    assert "Nothing is known of" in said.output
    assert ANN.encode() in archive.read_bytes()
    assert forget(desk).exit_code == 0
    assert ANN.encode() not in archive.read_bytes()


def test_what_can_not_be_overwritten_now_is_named(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.backup.BUSY_TIMEOUT_MS", 100)
    with closing(sqlite3.connect(desk.with_name("archive.db"), isolation_level=None)) as other:

        def is_named_while_another_writes(_path: Path, _address: str) -> bool:
            other.execute("BEGIN IMMEDIATE")
            return True

        monkeypatch.setattr("monitor.operations.forget._may_name", is_named_while_another_writes)
        said = forget(desk)
    assert isinstance(said.exception, ArchiveError)
    assert str(said.exception).startswith(
        f"{ANN} is erased, but unused bytes of the archive may still hold it: run the command again. "
    )
    assert "in use by another process" in str(said.exception)


def test_the_command_says_what_each_database_keeps(archive_url: str, dialect: str, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f'[archive]\nurl = "{archive_url}"\n\n[[topics]]\nname = "Water"\nterms = ["bathing water"]\n\n'
        '[[subscribers]]\nname = "Ann"\nemail = "ann@example.org"\n\n'
        '[[subscribers]]\nname = "Bob"\nemail = "bob@example.org"\n',
        encoding="utf-8",
    )
    words = ["subscribers", "forget", "ann@example.org", "--yes", "--config", str(config)]
    result = CliRunner().invoke(pqwatch, words)
    assert result.exit_code == 0, result.output
    output = " ".join(result.output.split())
    assert "Out of reach are mails that were delivered" in output
    tables_to_write = "outbox, bounce, subscriber, kept_subscriber, run, meta, note, follow, mark, mute"
    assert (f"VACUUM FULL {tables_to_write}." in output) == (dialect == "postgresql")
    assert ("pg_wal" in output) == (dialect == "postgresql")
