"""`db`: what each command does, says and exits with."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from db import schema
from monitor.cli.db import db_command
from monitor.errors import ArchiveError, LeaseError, LockedError, SchemaError
from tests.unit.trial_kit import build, call, copy, program

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("built"))


@pytest.fixture
def config(built: Path, tmp_path: Path) -> Path:
    return copy(built, tmp_path)


def db(config: Path, command: str, *flags: str, answer: str = "") -> Result:
    return call(db_command, command, *flags, "--config", str(config), answer=answer)


def execute(config: Path, statement: str) -> None:
    with closing(sqlite3.connect(config.parent / "pqwatch.db")) as connection, connection:
        connection.execute(statement)


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("select count(*) from proceeding").fetchone()[0])


def use_postgresql(config: Path) -> None:
    text = config.read_text().replace("sqlite:///pqwatch.db", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    config.write_text(text)


# -- upgrade ----------------------------------------------------------------------------------------------------------


def test_upgrade_makes_an_archive_once(config: Path) -> None:
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


def test_upgrade_says_where_the_old_archive_is(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    execute(config, "update alembic_version set version_num = '0000'")
    monkeypatch.setattr(schema, "upgrade", lambda _engine: None)  # there is no older version to upgrade from yet
    result = db(config, "upgrade")
    saved = config.parent / "pqwatch.db.0000.bak"
    assert f"from 0000 to {schema.HEAD}. The archive as it was is in {saved}" in result.stderr
    assert count(saved) == count(config.parent / "pqwatch.db")


# -- backup and restore -----------------------------------------------------------------------------------------------


def test_backup_prints_where_it_is(config: Path) -> None:
    target = config.parent / "saved.db"
    result = db(config, "backup", str(target))
    assert result.exit_code == 0
    assert result.stdout == f"{target}\n"
    assert result.stderr.startswith("Backed up ")
    assert count(target) > 100
    again = db(config, "backup", str(target))
    assert isinstance(again.exception, ArchiveError)


def test_restore_asks_and_keeps_what_it_replaces(config: Path) -> None:
    archive, saved = config.parent / "pqwatch.db", config.parent / "saved.db"
    db(config, "backup", str(saved))
    execute(config, "update proceeding set uin = 'changed'")
    execute(config, "update outbox set state = 'pending'")
    refused = db(config, "restore", str(saved), answer="n\n")
    assert refused.exit_code == 2
    assert "nothing was changed" in refused.stderr
    assert db(config, "restore", str(saved)).exit_code == 2  # nobody answers
    result = db(config, "restore", str(saved), answer="y\n")
    assert result.exit_code == 0, result.output
    (kept,) = config.parent.glob("pqwatch.db.replaced-*")
    assert f"The archive that it replaced is kept as {kept}" in result.stderr
    assert "pqwatch digest skip" in result.stderr
    assert "may have gone since" not in result.stderr
    with closing(sqlite3.connect(archive)) as connection:
        assert connection.execute("select count(*) from proceeding where uin = 'changed'").fetchone() == (0,)
    assert result.stdout == ""


def test_restore_warns_of_mails_that_may_have_gone(config: Path) -> None:
    execute(config, "update outbox set state = 'pending'")
    saved = config.parent / "saved.db"
    db(config, "backup", str(saved))
    result = db(config, "restore", str(saved), "--yes")
    assert result.exit_code == 0
    assert "2 of its mails had not gone" in result.stderr
    assert "--discard ID" in result.stderr


def test_restore_needs_no_consent_where_there_is_nothing(config: Path) -> None:
    archive, saved = config.parent / "pqwatch.db", config.parent / "saved.db"
    db(config, "backup", str(saved))
    archive.unlink()
    result = db(config, "restore", str(saved))
    assert result.exit_code == 0, result.output
    assert "is kept as" not in result.stderr
    assert count(archive) == count(saved)


def test_restore_over_a_ruin(config: Path) -> None:
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
    execute(
        config,
        "insert into lease values ('archive', 'x', 'another-host', 1, '2026-01-01 00:00:00', '2999-01-01 00:00:00')",
    )
    result = db(config, "restore", str(saved), "--yes")
    assert isinstance(result.exception, LeaseError)
    assert "process 1 on another-host" in str(result.exception)
    assert not list(config.parent.glob("pqwatch.db.replaced-*"))


def test_restore_refuses_what_is_no_backup(config: Path) -> None:
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
    told = json.loads(db(config, "check", "--json").stdout)
    assert told["ok"] is True
    assert told["findings"] == []
    assert told["counts"]["digests"] == 2


def test_check_finds_what_is_broken(config: Path) -> None:
    execute(config, "update revision set number = 7 where id = 1")
    result = db(config, "check")
    assert result.exit_code == 1
    assert "are not numbered 1 to n: q-" in result.stdout
    assert "db restore FILE" in result.stderr
    assert "All is well" not in result.stderr
    told = json.loads(db(config, "check", "--json").stdout)
    assert told["ok"] is False
    assert len(told["findings"]) == 1


def test_check_tells_an_index_that_does_not_agree(config: Path) -> None:
    execute(config, "insert into full_text (rowid, answer) values (1, 'one too many')")
    result = db(config, "check")
    assert result.exit_code == 1
    assert "the index for searches, full_text, has " in result.stdout
    assert "pqwatch db reindex" in result.stderr
    assert "db restore" not in result.stderr
    assert db(config, "reindex").exit_code == 0
    assert db(config, "check").exit_code == 0


def test_a_ruined_index_is_no_ruined_archive(config: Path) -> None:
    execute(config, "update full_text_data set block = x'00ff00ff' where id > 10")
    if sqlite3.sqlite_version_info >= (3, 44):  # the first that looks into it
        result = db(config, "check")
        assert (result.exit_code, "pqwatch db reindex" in result.stderr) == (1, True)
    saved = config.parent / "saved.db"
    assert db(config, "backup", str(saved)).exit_code == 0
    assert db(config, "restore", str(saved), "--yes").exit_code == 0
    assert db(config, "reindex").exit_code == 0
    assert db(config, "check").exit_code == 0


@pytest.mark.parametrize("content", [b"", b"\0ruin" * 1000])
def test_check_of_what_is_no_archive(config: Path, content: bytes) -> None:
    (config.parent / "pqwatch.db").write_bytes(content)
    result = db(config, "check")
    assert result.exit_code == 1
    assert "no archive" in result.stdout or "not a database" in result.stdout


def test_check_without_an_archive_makes_none(config: Path) -> None:
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
def test_an_archive_in_use_is_no_ruin(config: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_engine: object) -> None:
        raise LockedError("it is in use by another process")

    monkeypatch.setattr(schema, "current", busy)
    result = db(config, *command)
    assert isinstance(result.exception, LockedError)


# -- reindex ----------------------------------------------------------------------------------------------------------


def test_reindex_builds_what_is_missing(config: Path) -> None:
    execute(config, "drop table full_text")
    result = db(config, "reindex")
    assert result.exit_code == 0
    with closing(sqlite3.connect(config.parent / "pqwatch.db")) as connection:
        [revisions] = connection.execute("select count(*) from revision").fetchone()
        assert connection.execute("select count(*) from full_text").fetchone() == (revisions,)
    assert result.stderr == f"Indexed {revisions} revisions in {config.parent / 'pqwatch.db'}.\n"


def test_reindex_refuses_while_a_run_holds_the_archive(config: Path) -> None:
    execute(
        config,
        "insert into lease values ('archive', 'x', 'another-host', 1, '2026-01-01 00:00:00', '2999-01-01 00:00:00')",
    )
    assert isinstance(db(config, "reindex").exception, LeaseError)


def test_reindex_of_what_is_not_there(config: Path) -> None:
    execute(config, "update alembic_version set version_num = '0001'")
    older = db(config, "reindex").exception
    assert isinstance(older, SchemaError)
    assert "(0001)" in str(older)
    (config.parent / "pqwatch.db").unlink()
    missing = db(config, "reindex").exception
    assert isinstance(missing, ArchiveError)
    assert "pqwatch run makes one" in str(missing)


def test_exit_codes(config: Path) -> None:
    def code(*flags: str) -> tuple[int, str]:
        done = program(config.parent, "db", *flags)
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
