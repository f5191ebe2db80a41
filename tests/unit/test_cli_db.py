"""`db`: effects, output and exit codes of each command."""

from __future__ import annotations

import json
import re
import sqlite3
import tomllib
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from db import schema
from db.archive import open_archive
from monitor import app
from monitor.cli import db as command
from monitor.cli import progress
from monitor.cli.db import db_command
from monitor.cli.digest import digest_command
from monitor.cli.search import search_command
from monitor.collect.revisions import store_readings
from monitor.errors import ArchiveError, ConfigError, LockedError, NotDoneError, SchemaError, UnreachableError
from tests.builders import NOW
from tests.db.several_sources import printed, reading, without_names
from tests.index_kit import RUIN
from tests.unit.trial_kit import call, copy, forked

if TYPE_CHECKING:
    from click.testing import Result


@pytest.fixture
def config(built: Path, tmp_path: Path) -> Path:
    return copy(built, tmp_path)


def db(config: Path, command: str, *flags: str, answer: str = "") -> Result:
    return call(db_command, command, *flags, "--config", str(config), answer=answer)


def execute(config: Path, statement: str) -> None:
    with closing(sqlite3.connect(config.parent / "pqwatch.db")) as connection, connection:
        connection.execute(statement)


def hold(config: Path) -> None:
    """Hold the lease as a run on another host would."""
    execute(
        config,
        "insert into lease values ('archive', 'x', 'another-host', 1, '2026-01-01 00:00:00', '2999-01-01 00:00:00')",
    )


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("select count(*) from proceeding").fetchone()[0])


def use_postgresql(config: Path) -> None:
    text = config.read_text().replace("sqlite:///pqwatch.db", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    config.write_text(text)


# -- upgrade ----------------------------------------------------------------------------------------------------------


def test_upgrade_creates_an_archive_once(config: Path) -> None:
    (config.parent / "pqwatch.db").unlink()
    first, again = db(config, "upgrade"), db(config, "upgrade")
    assert first.exit_code == again.exit_code == 0
    assert f"Made the archive {config.parent / 'pqwatch.db'}, at {schema.HEAD}." in first.stderr
    assert f"is at {schema.HEAD} already." in again.stderr
    assert first.stdout == again.stdout == ""


def test_upgrade_leaves_a_newer_archive_alone(config: Path) -> None:
    execute(config, "update alembic_version set version_num = '9999'")
    result = db(config, "upgrade")
    assert isinstance(result.exception, SchemaError)
    assert "(9999) is newer than this program" in str(result.exception)
    for refusing in ("check", "compact", "reindex"):
        said = str(db(config, refusing).exception)
        assert said.endswith("install the newer pqwatch"), "an upgrade would refuse it"


def test_upgrade_names_the_copy_of_the_old_archive(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    execute(config, "update alembic_version set version_num = '0000'")
    monkeypatch.setattr(schema, "upgrade", lambda _engine, before, **_: before())  # no migration leads on from 0000
    result = db(config, "upgrade")
    saved = config.parent / "pqwatch.db.0000.bak"
    assert f"from 0000 to {schema.HEAD}. The archive as it was is in {saved}" in result.stderr
    assert count(saved) == count(config.parent / "pqwatch.db")


# -- backup and restore -----------------------------------------------------------------------------------------------


def test_backup_prints_its_path(config: Path) -> None:
    target = config.parent / "saved.db"
    result = db(config, "backup", str(target))
    assert result.exit_code == 0
    assert result.stdout == f"{target}\n"
    assert result.stderr.startswith("Backed up ")
    assert count(target) > 50
    again = db(config, "backup", str(target))
    assert isinstance(again.exception, ArchiveError)


def test_restore_asks_and_keeps_the_replaced_archive(config: Path) -> None:
    archive, saved = config.parent / "pqwatch.db", config.parent / "saved.db"
    db(config, "backup", str(saved))
    execute(config, "update proceeding set uin = 'changed'")
    execute(config, "update outbox set state = 'pending'")
    refused = db(config, "restore", str(saved), answer="n\n")
    assert refused.exit_code == 2
    assert "nothing was changed" in refused.stderr
    assert db(config, "restore", str(saved)).exit_code == 2  # stdin has no answer
    result = db(config, "restore", str(saved), answer="y\n")
    assert result.exit_code == 0, result.output
    (kept,) = config.parent.glob("pqwatch.db.replaced-*")
    assert f"The archive that it replaced is kept as {kept}" in result.stderr
    assert f"pqwatch digest skip --config {config} --until" in " ".join(result.stderr.split())
    assert "may have gone since" not in result.stderr
    with closing(sqlite3.connect(archive)) as connection:
        assert connection.execute("select count(*) from proceeding where uin = 'changed'").fetchone() == (0,)
    assert result.stdout == ""


def test_restore_holds_mails_that_may_have_been_sent(config: Path) -> None:
    execute(config, "update outbox set state = 'pending'")
    saved = config.parent / "saved.db"
    db(config, "backup", str(saved))
    result = db(config, "restore", str(saved), "--yes")
    assert result.exit_code == 0
    assert "2 of its mails had not gone" in result.stderr
    assert "--discard ID" in result.stderr
    assert "--release ID" in result.stderr
    with closing(sqlite3.connect(config.parent / "pqwatch.db")) as connection:
        assert connection.execute("select state from outbox").fetchall() == [("held",), ("held",)]


def catches_up_to(config: Path) -> str | None:
    with closing(sqlite3.connect(config.parent / "pqwatch.db")) as connection:
        found = connection.execute("select value from meta where key = 'told_to'").fetchone()
    return found and str(found[0])


@pytest.mark.parametrize(
    ("flags", "day"),
    [
        ((), None),
        (("--no-skip-told",), None),
        (("--skip-told",), "2024-11-27"),  # the last day that the replaced archive had mailed
        (("--told-until", "2024-11-25"), "2024-11-25"),
        (("--skip-told", "--told-until", "2024-11-25"), "2024-11-25"),
    ],
)
def test_restore_skips_mailed_news_on_request(config: Path, flags: tuple[str, ...], day: str | None) -> None:
    saved = config.parent / "saved.db"
    db(config, "backup", str(saved))
    result = db(config, "restore", str(saved), "--yes", *flags)
    assert result.exit_code == 0, result.output
    assert catches_up_to(config) == day
    said = " ".join(result.stderr.split())
    assert f"from {saved}, whose last run was on 2024-11-27 at 09:00, " in said
    assert ("counts as told and is not mailed" in said) is (day is not None)
    assert ("mails it again" in said) is (day is None)
    if day:
        assert f"of days up to {day} counts" in said


def test_restore_asks_on_a_terminal_up_to_when_news_was_mailed(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def restored(*flags: str) -> int:
        for kept in config.parent.glob("pqwatch.db.replaced-*"):
            kept.unlink()  # otherwise the next backup has the same name, at most a second later
        return db(config, "restore", str(saved), *flags).exit_code

    def agrees(question: str) -> bool:
        asked.append(question)
        return True

    saved = config.parent / "saved.db"
    db(config, "backup", str(saved))
    monkeypatch.setattr(command, "_is_terminal", lambda: True)
    monkeypatch.setattr(command, "_confirms", agrees)
    assert restored() == 0
    assert [question.partition(" ")[0] for question in asked] == ["Replace", "What"]
    assert asked[1] == (
        "What was mailed since 2024-11-27 09:00 would be mailed again. Does all up to 2024-11-27 count as told?"
    )
    assert catches_up_to(config) == "2024-11-27"
    monkeypatch.setattr(command, "_confirms", lambda question: question.startswith("Replace"))
    assert restored() == 0
    assert catches_up_to(config) is None
    asked.clear()
    monkeypatch.setattr(command, "_confirms", agrees)
    assert restored("--yes") == 0
    assert restored("--no-skip-told") == 0
    assert [question.partition(" ")[0] for question in asked] == ["Replace"]


def test_restore_without_an_archive_counts_news_up_to_yesterday_as_mailed(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = config.parent / "saved.db"
    db(config, "backup", str(saved))
    (config.parent / "pqwatch.db").unlink()
    monkeypatch.setattr(app, "clock", lambda: datetime(2024, 11, 30, 0, 30, tzinfo=UTC))
    result = db(config, "restore", str(saved), "--skip-told")
    assert catches_up_to(config) == "2024-11-29"
    assert "at 09:00, 2 days ago." in result.stderr
    assert "That is yesterday: up to which day they were told can't be read." in result.stderr


def test_restore_of_a_backup_without_a_run(config: Path) -> None:
    (config.parent / "pqwatch.db").unlink()
    db(config, "upgrade")
    saved = config.parent / "saved.db"
    db(config, "backup", str(saved))
    assert "in which nothing was run yet" in db(config, "restore", str(saved), "--yes").stderr


def test_restore_refuses_contradicting_flags(config: Path) -> None:
    result = db(config, "restore", "saved.db", "--no-skip-told", "--told-until", "2024-11-25")
    assert result.exit_code == 2
    assert "leave one of them out" in result.stderr


def test_digest_skip_covers_news_that_is_not_read_yet(config: Path) -> None:
    result = call(digest_command, "skip", "--until", "2024-11-25", "--config", str(config))
    assert result.exit_code == 0, result.output
    assert result.stdout == "What the next run finds of days up to 2024-11-25 counts as told.\n"
    assert catches_up_to(config) == "2024-11-25"
    for flags in (("--subscriber", "Policy desk"), ("--as-of", "2024-11-26")):
        result = call(digest_command, "skip", "--until", "2024-11-24", *flags, "--config", str(config))
        assert result.exit_code == 2
        assert "leave out --subscriber and --as-of" in result.stderr
    assert catches_up_to(config) == "2024-11-25"


def test_digest_skip_until_a_day_holds_mails_that_may_have_gone_since_the_backup(config: Path) -> None:
    execute(config, "update outbox set state = 'pending'")
    result = call(digest_command, "skip", "--until", "2024-11-25", "--config", str(config))
    assert "may have gone since, so they are held" in result.stderr
    with closing(sqlite3.connect(config.parent / "pqwatch.db")) as connection:
        [(states, why)] = connection.execute("select distinct state, error from outbox").fetchall()
    assert (states, "may have gone since" in why) == ("held", True)


def test_digest_skip_knows_a_reader_whom_no_run_has_seen(config: Path) -> None:
    config.write_text(config.read_text() + '[[subscribers]]\nname = "Ada"\nemail = "ada@example.org"\n')
    result = call(digest_command, "skip", "--config", str(config))
    assert result.exit_code == 0, result.output
    assert re.search(r"^Ada: 0 items and \d+ reminders marked as told\.$", result.stdout, re.MULTILINE)
    with closing(sqlite3.connect(config.parent / "pqwatch.db")) as connection:
        kinds = "select kind from digest join subscriber on subscriber.id = subscriber_id where key = 'Ada'"
        assert connection.execute(kinds).fetchall() == [("skipped",)]


def test_restore_does_not_ask_if_there_is_no_archive(config: Path) -> None:
    archive, saved = config.parent / "pqwatch.db", config.parent / "saved.db"
    db(config, "backup", str(saved))
    archive.unlink()
    result = db(config, "restore", str(saved))
    assert result.exit_code == 0, result.output
    assert "is kept as" not in result.stderr
    assert count(archive) == count(saved)


def test_restore_over_a_broken_archive(config: Path) -> None:
    archive, saved = config.parent / "pqwatch.db", config.parent / "saved.db"
    db(config, "backup", str(saved))
    archive.write_bytes(b"\0ruin" * 1000)
    result = db(config, "restore", str(saved), "--yes")
    assert result.exit_code == 0, result.output
    assert count(archive) == count(saved)
    (kept,) = config.parent.glob("pqwatch.db.replaced-*")
    assert kept.read_bytes() == b"\0ruin" * 1000


def test_restore_refuses_while_a_run_holds_the_archive(config: Path) -> None:
    saved = config.parent / "saved.db"
    db(config, "backup", str(saved))
    hold(config)
    result = db(config, "restore", str(saved), "--yes")
    assert isinstance(result.exception, NotDoneError)
    assert "process 1 on another-host" in str(result.exception)
    assert not list(config.parent.glob("pqwatch.db.replaced-*"))


def test_restore_refuses_a_file_that_is_not_a_backup(config: Path) -> None:
    result = db(config, "restore", str(config), "--yes")
    assert isinstance(result.exception, ArchiveError)
    assert "no archive of pqwatch" in str(result.exception)


@pytest.mark.parametrize(("command", "tool"), [("backup", "pg_dump"), ("restore", "pg_restore")])
def test_postgresql_is_backed_up_with_its_own_tools(config: Path, command: str, tool: str) -> None:
    use_postgresql(config)
    result = db(config, command, str(config.parent / "saved.db"))
    assert isinstance(result.exception, ArchiveError)
    assert f"use {tool}" in str(result.exception)


# -- check ------------------------------------------------------------------------------------------------------------


def test_check_of_a_good_archive(config: Path) -> None:
    result = db(config, "check")
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert result.stderr.endswith("All is well.\n")
    output = json.loads(db(config, "check", "--json").stdout)
    assert output["ok"] is True
    assert output["findings"] == []
    assert output["counts"]["digests"] == 2


def test_check_finds_damage(config: Path) -> None:
    execute(config, "update revision set number = 7 where id = 1")
    result = db(config, "check")
    assert result.exit_code == 1
    assert "are not numbered 1 to n: q-" in result.stdout
    assert f"db restore --config {config} FILE" in result.stderr
    assert "All is well" not in result.stderr
    output = json.loads(db(config, "check", "--json").stdout)
    assert output["ok"] is False
    assert len(output["findings"]) == 1


def test_compact_frees_disk_space(config: Path) -> None:
    execute(config, "create table let_go as select zeroblob(1000000) as body")
    execute(config, "drop table let_go")
    result = db(config, "compact")
    assert result.exit_code == 0
    assert re.search(r"pqwatch\.db takes [\d.]+ \w+ now, [\d.]+ MB before\.$", result.stderr.strip())
    assert db(config, "check").exit_code == 0


def test_archive_that_is_held_or_missing_or_older_is_not_compacted(config: Path) -> None:
    hold(config)
    assert isinstance(db(config, "compact").exception, NotDoneError)
    execute(config, "delete from lease")
    execute(config, "update alembic_version set version_num = '0003'")
    assert isinstance(db(config, "compact").exception, SchemaError)
    (config.parent / "pqwatch.db").unlink()
    assert "there is no archive" in str(db(config, "compact").exception)


def test_check_reports_an_index_that_disagrees(config: Path) -> None:
    damage(config, "insert into full_text (rowid, answer) values (1, 'one too many')")
    result = db(config, "check")
    assert result.exit_code == 1
    assert "the index for searches has " in result.stdout
    assert "pqwatch db reindex" in result.stderr
    assert "db restore" not in result.stderr
    assert db(config, "reindex").exit_code == 0
    assert db(config, "check").exit_code == 0


def damage(config: Path, statement: str) -> None:
    """Damage the index."""
    with closing(sqlite3.connect(config.parent / "pqwatch.db.index")) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize("statement", [RUIN, "delete from full_text_data where id > 10", "drop table full_text"])
def test_damaged_index_is_not_a_damaged_archive(config: Path, statement: str) -> None:
    before = search(config)
    assert before
    damage(config, statement)
    result = db(config, "check")
    assert (result.exit_code, "pqwatch db reindex" in result.stderr) == (1, True)
    assert search(config) == before
    assert db(config, "reindex").exit_code == 0
    assert db(config, "check").exit_code == 0
    assert search(config) == before


def test_missing_index_is_not_a_fault(config: Path) -> None:
    before = search(config)
    for path in config.parent.glob("pqwatch.db.index*"):
        path.unlink()
    assert db(config, "check").exit_code == 0
    assert search(config) == before


def test_search_after_a_restore_forgets_the_replaced_archive(config: Path) -> None:
    saved = config.parent / "saved.db"
    before = search(config)
    assert db(config, "backup", str(saved)).exit_code == 0
    execute(config, "update revision set seen_at = '2026-01-01 00:00:00'")  # as if other records had been read since
    assert db(config, "reindex").exit_code == 0
    result = db(config, "restore", str(saved), "--yes")
    assert (result.exit_code, "for searches" in result.stderr) == (0, False)
    assert search(config) == before
    assert db(config, "check").exit_code == 0
    assert db(config, "reindex").exit_code == 0
    assert search(config) == before


OLDER = Path(__file__).parents[1] / "db/dumps/0009.sql"


@pytest.mark.parametrize("statement", [RUIN, "delete from full_text_data where id > 10"])
def test_an_older_backup_with_a_damaged_index_is_restored(config: Path, statement: str) -> None:
    saved = config.parent / "saved.db"
    with closing(sqlite3.connect(saved)) as connection, connection:
        connection.executescript(OLDER.read_text("utf-8"))
        connection.executemany(
            "insert into full_text (rowid, answer) values (?, ?)", [(n, "units") for n in range(999)]
        )
        connection.execute(statement)
    assert db(config, "restore", str(saved), "--yes").exit_code == 0
    assert db(config, "upgrade").exit_code == 0
    assert db(config, "check").exit_code == 0
    assert db(config, "reindex").exit_code == 0
    assert search(config)


def search(config: Path) -> list[str]:
    """Return what a search finds."""
    found = call(search_command, "--config", str(config), "--format", "jsonl", "units")
    return [json.loads(line)["id"] for line in found.stdout.splitlines()]


@pytest.mark.parametrize("content", [b"", b"\0ruin" * 1000])
def test_check_of_a_file_that_is_not_an_archive(config: Path, content: bytes) -> None:
    (config.parent / "pqwatch.db").write_bytes(content)
    result = db(config, "check")
    assert result.exit_code == 1
    assert "no archive" in result.stdout or "not a database" in result.stdout


def test_check_does_not_create_an_archive(config: Path) -> None:
    (config.parent / "pqwatch.db").unlink()
    result = db(config, "check")
    assert isinstance(result.exception, ArchiveError)
    assert "no archive at" in str(result.exception)
    assert not (config.parent / "pqwatch.db").exists()


def test_check_leaves_another_schema_alone(config: Path) -> None:
    execute(config, "update alembic_version set version_num = '0000'")
    result = db(config, "check")
    assert isinstance(result.exception, SchemaError)
    assert "pqwatch db upgrade" in str(result.exception)


@pytest.mark.parametrize("command", [("check",), ("restore", "saved.db", "--yes")])
def test_archive_in_use_is_not_reported_as_damaged(
    config: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_engine: object) -> None:
        raise LockedError("it is in use by another process")

    monkeypatch.setattr(schema, "current", busy)
    result = db(config, *command)
    assert isinstance(result.exception, LockedError)


def test_a_server_that_is_down_is_not_reported_as_a_damaged_archive(config: Path) -> None:
    config.write_text('[archive]\nurl = "postgresql+psycopg://reader@127.0.0.1:9/archive"\n', encoding="utf-8")
    result = db(config, "check")
    assert isinstance(result.exception, UnreachableError)
    assert "is the database server up" in str(result.exception)


# -- reindex ----------------------------------------------------------------------------------------------------------


def test_reindex_builds_a_missing_index(config: Path) -> None:
    damage(config, "drop table full_text")
    result = db(config, "reindex")
    assert result.exit_code == 0
    with closing(sqlite3.connect(config.parent / "pqwatch.db")) as connection:
        [revisions] = connection.execute("select count(*) from revision").fetchone()
    with closing(sqlite3.connect(config.parent / "pqwatch.db.index")) as connection:
        connection.execute("create virtual table temp.words using fts5vocab(main, full_text, instance)")
        assert connection.execute("select count(distinct doc) from words").fetchone() == (revisions,)
    assert result.stderr == f"Indexed {revisions} revisions in {config.parent / 'pqwatch.db'}.\n"


def test_reindex_does_not_wait_for_a_run(config: Path) -> None:
    hold(config)
    assert db(config, "reindex").exit_code == 0
    assert db(config, "check").exit_code == 0


def test_reindex_without_an_archive(config: Path) -> None:
    execute(config, "update alembic_version set version_num = '0001'")
    older = db(config, "reindex").exception
    assert isinstance(older, SchemaError)
    assert "(0001)" in str(older)
    (config.parent / "pqwatch.db").unlink()
    missing = db(config, "reindex").exception
    assert isinstance(missing, ArchiveError)
    assert "pqwatch run makes one" in str(missing)


# -- copy -------------------------------------------------------------------------------------------------------------


def copied(config: Path, *flags: str) -> tuple[str, str]:
    result = db(config, "copy", *flags)
    assert result.exit_code == 0, result.output
    return result.stdout, " ".join(result.stderr.split())


def test_copy_says_how_to_use_the_copy(config: Path, tmp_path: Path) -> None:
    target = tmp_path / "new.db"
    out, err = copied(config, "--to", f"sqlite:///{target}")
    assert tomllib.loads(out) == {"archive": {"url": f"sqlite:///{target}"}}
    assert err.startswith(f"Copied {config.parent / 'pqwatch.db'} to {target}: ")
    assert "each read back and found the same" in err
    assert "both would mail the same digests" in err
    text = config.read_text().replace('[archive]\nurl = "sqlite:///pqwatch.db"', out.strip())
    assert str(target) in text
    config.write_text(text)
    assert db(config, "check").exit_code == 0
    assert count(target) == count(config.parent / "pqwatch.db")


def test_copy_takes_the_address_from_a_variable_or_a_file(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PQWATCH_DATABASE", f"sqlite:///{tmp_path / 'one.db'}")
    out, _ = copied(config, "--to-env", "PQWATCH_DATABASE")
    assert tomllib.loads(out) == {"archive": {"url_env": "PQWATCH_DATABASE"}}
    secret = tmp_path / "address"
    secret.write_text("sqlite:///two.db\n")
    secret.chmod(0o600)
    out, _ = copied(config, "--to-file", "address")
    assert tomllib.loads(out) == {"archive": {"url_file": str(secret)}}
    assert count(tmp_path / "one.db") == count(tmp_path / "two.db") > 50


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((), "say where to, once"),
        (("--to", "sqlite:///a.db", "--to-env", "A"), "say where to, once"),
        (("--to", "postgresql+psycopg://ada:secret@host/name"), "does not belong on a command line"),
        (("--to", "postgresql+psycopg://ada@host/name?password=secret"), "does not belong on a command line"),
        (("--to", "postgresql+psycopg://[half/name"), "can't be read as an address"),
        (("--to", "mysql://host/name"), "--to: must begin with"),
        (("--to", "sqlite://"), "--to: must begin with"),
        (("--to-env", "PQWATCH_NOWHERE"), "--to-env: the environment variable PQWATCH_NOWHERE is not set"),
        (("--to-file", "nowhere"), "--to-file: "),
    ],
)
def test_copy_refuses_an_invalid_address(config: Path, flags: tuple[str, ...], words: str) -> None:
    result = db(config, "copy", *flags)
    shown = f"{result.exception} {result.stderr}"
    assert words in shown
    assert "secret" not in shown
    assert isinstance(result.exception, ConfigError) or result.exit_code == 2


@pytest.mark.slow
def test_copy_of_a_missing_archive_or_of_another_schema(config: Path, tmp_path: Path) -> None:
    execute(config, "update alembic_version set version_num = '0001'")
    older = db(config, "copy", "--to", f"sqlite:///{tmp_path / 'new.db'}").exception
    assert isinstance(older, SchemaError)
    assert "pqwatch db upgrade" in str(older)
    (config.parent / "pqwatch.db").unlink()
    missing = db(config, "copy", "--to", f"sqlite:///{tmp_path / 'new.db'}").exception
    assert isinstance(missing, ArchiveError)
    assert not (tmp_path / "new.db").exists()


def test_copy_refuses_while_a_run_holds_the_archive(config: Path, tmp_path: Path) -> None:
    hold(config)
    assert isinstance(db(config, "copy", "--to", f"sqlite:///{tmp_path / 'new.db'}").exception, NotDoneError)


def test_long_copy_reports_progress(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_ROWS_BETWEEN_LINES", 300)
    monkeypatch.setattr("db.archive_copy.AT_ONCE", 50)
    _, err = copied(config, "--to", f"sqlite:///{tmp_path / 'new.db'}")
    [rows] = re.findall(r"(\S+) rows of", err)
    assert err.count("copying: ") == int(rows.replace(",", "")) // 300
    assert re.search(r"copying: 3\d\d of [\d,]+ rows copying: 6\d\d of", err)


@pytest.mark.slow
def test_exit_codes(config: Path) -> None:
    def code(*flags: str) -> tuple[int, str]:
        done = forked(config.parent, "db", *flags)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr.strip().rpartition("\n")[2]

    assert code("backup", "saved.db")[0] == 0
    assert code("backup", "saved.db") == (
        1,
        f"{config.parent / 'saved.db'} is there already: name another file, or remove it first.",
    )
    assert code("restore", "saved.db")[0] == 2
    execute(config, "update alembic_version set version_num = '9999'")
    assert code("upgrade")[0] == 2
    assert code("check")[0] == 2


def test_missing_backup_is_reported_before_the_question(config: Path) -> None:
    result = db(config, "restore", "nothing.db")
    assert isinstance(result.exception, ArchiveError)
    assert "nothing.db is not there: name a file that pqwatch db backup made" in str(result.exception)
    assert "Replace" not in result.output


# -- merged -----------------------------------------------------------------------------------------------------------


def with_merged_pair(config: Path) -> None:
    """Let another source publish a question of the archive under a number that the first source gives it later."""
    archive = open_archive(f"sqlite:///{config.parent / 'pqwatch.db'}")
    first, other = printed("questions"), printed("historic")
    for entry in (without_names(first), other, first):
        store_readings(archive, [reading(entry)], today=NOW.date(), is_news=lambda *_: False)
    archive.close()


def test_merged_records_are_listed_and_separated(config: Path) -> None:
    assert db(config, "merged").stderr == "No two records were found to be one so far.\n"
    assert json.loads(db(config, "merged", "--json").stdout) == []
    with_merged_pair(config)
    [found] = json.loads(db(config, "merged", "--json").stdout)
    assert (found["id"], found["kept"], found["gone"], found["undone_at"]) == (1, "q-294961", "h-294961", None)
    assert "num:commons:2008-09:294961" in db(config, "merged").stdout
    done = db(config, "merged", "--undo", "1")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "stay so" in done.stderr
    [found] = json.loads(db(config, "merged", "--json").stdout)
    assert found["undone_at"] is not None


def test_merge_that_does_not_exist_is_not_undone(config: Path) -> None:
    found = db(config, "merged", "--undo", "1").exception
    assert isinstance(found, ArchiveError)
    assert "pqwatch db merged lists them" in str(found)


def test_no_merge_is_undone_while_a_run_holds_the_archive(config: Path) -> None:
    with_merged_pair(config)
    hold(config)
    assert isinstance(db(config, "merged", "--undo", "1").exception, NotDoneError)
