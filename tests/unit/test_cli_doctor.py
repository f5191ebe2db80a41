"""`doctor`: each fault is found, described in a sentence, and comes with its remedy."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from db import integrity, schema
from monitor import app
from monitor.cli import doctor
from monitor.cli.doctor import doctor_command
from monitor.config.default import with_values
from monitor.demo.mailserver import MailServer
from monitor.demo.parliament import Parliament
from monitor.errors import FetchError, SchemaError
from monitor.operations import checks
from monitor.operations.check_results import failed
from tests.unit.trial_kit import NOW, call, config_text, copy, program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def config(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(app, "clock", lambda: NOW + timedelta(minutes=45))
    monkeypatch.delenv("PQWATCH_SMTP_PASSWORD", raising=False)
    return copy(built, tmp_path)


def run(config: Path, *flags: str) -> Result:
    return call(doctor_command, *flags, "--config", str(config))


def findings(config: Path, *flags: str) -> dict[str, list[dict[str, Any]]]:
    """Return the findings by check; the exit code agrees with them."""
    result = run(config, "--json", *flags)
    output = json.loads(result.stdout)
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in output["findings"]:
        assert set(entry) == {"check", "level", "text", "remedy"}
        found.setdefault(entry["check"], []).append(entry)
    has_failed = any(entry["level"] == "failed" for entry in output["findings"])
    assert output["ok"] is not has_failed
    assert result.exit_code == (1 if has_failed else 0)
    return found


def only(config: Path, check: str, level: str, *words: str, flags: tuple[str, ...] = ("--offline",)) -> None:
    """Require one finding of a check, and nothing wrong elsewhere."""
    found = findings(config, *flags)
    (entry,) = found.pop(check)
    assert entry["level"] == level
    for word in words:
        assert word in f"{entry['text']} {entry['remedy']}"
    assert {other["check"] for entries in found.values() for other in entries if other["level"] != "ok"} <= {"calendar"}


def execute(config: Path, *statements: str) -> None:
    with closing(sqlite3.connect(config.parent / "pqwatch.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def rewrite(config: Path, *pairs: tuple[str, str]) -> None:
    text = config.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    config.write_text(text)


# -- output -----------------------------------------------------------------------------------------------------------


def test_all_is_well(config: Path) -> None:
    result = run(config, "--offline")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("✓ ok      packages: ")
    assert all(line.startswith("✓ ok      ") for line in lines)
    assert result.stderr == f"\n{len(lines)} ok, 0 warning, 0 failed\n"


def test_warnings_alone_are_no_failure(config: Path) -> None:
    rewrite(config, ("mailto:desk@example.org", "mailto:you@example.org"))
    result = run(config, "--offline")
    assert result.exit_code == 0
    assert "! warning contact: " in result.stdout
    assert "\n          Put your own address into http.contact" in result.stdout


def test_locale_without_the_marks(config: Path) -> None:
    result = program(config.parent, "doctor", "--offline", PYTHONIOENCODING="ascii")
    assert result.stdout.startswith("+ ok      packages: ")
    assert "x failed  collect: " in result.stdout  # without it, the real clock would show how long ago
    assert result.returncode == 1
    assert "\x1b" not in result.stdout


def test_wrapped_and_coloured_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda _fallback: os.terminal_size((60, 24)))
    finding = failed("archive", "word " * 30, "Do this.")
    lines: list[str] = []
    monkeypatch.setattr("monitor.cli.doctor.click.echo", lambda text, color=None: lines.append(text))  # noqa: ARG005
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(isatty=lambda: True, encoding="utf-8"))
    doctor._print(finding)
    assert lines[0].startswith("\x1b[31m✗ failed  \x1b[0marchive: word")
    assert len(lines) == 5
    assert all(len(line) <= 60 for line in lines[1:])
    assert lines[-1] == "          Do this."


# -- configuration ----------------------------------------------------------------------------------------------------


def test_without_a_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = findings(tmp_path / "none.toml")
    assert found["configuration"][0]["level"] == "failed"
    assert "pqwatch init" in found["configuration"][0]["text"]
    assert {"packages", "migrations", "sqlite", "configuration"} == set(found)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PQWATCH_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("monitor.config.SYSTEM_FILE", tmp_path / "none")
    result = call(doctor_command, "--offline")
    assert result.exit_code == 1
    assert "There is no config.toml" in result.stdout


def test_all_mistakes_of_a_configuration(config: Path) -> None:
    rewrite(config, ("concurrency = 4", "concurrency = 99"), ("[monitoring]", "[monitring]"))
    found = findings(config)
    assert [entry["level"] for entry in found["configuration"]] == ["failed", "failed"]
    assert "concurrency" in found["configuration"][0]["text"]
    assert "archive" not in found


def test_a_password_file_that_others_may_read(config: Path) -> None:
    secret = config.parent / "smtp-password"
    secret.write_text("secret\n")
    secret.chmod(0o644)
    rewrite(
        config,
        ('transport = "file"', 'transport = "smtp"'),
        ('username = ""', 'username = "me"'),
        ('password_env = "PQWATCH_SMTP_PASSWORD"', 'password_file = "smtp-password"'),
    )
    found = findings(config)
    (entry,) = found["configuration"]
    assert entry["level"] == "failed"
    assert f"chmod 600 {secret}" in entry["text"]
    assert "for lack of a password" in found["delivery"][0]["text"]
    assert found["schema"][0]["level"] == "ok"
    assert "secret\n" not in json.dumps(found)


def test_a_term_that_can_not_be_read_is_a_fault(config: Path) -> None:
    rewrite(config, ('"National Crime Squad"', '"crime AND"'))
    only(config, "terms", "failed", "config.toml line", "switched off")


# -- the program ------------------------------------------------------------------------------------------------------


def test_an_installation_without_migrations_is_a_fault(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise SchemaError("pqwatch is installed without its migrations")

    monkeypatch.setattr(schema, "config", missing)
    only(config, "migrations", "failed", "without its migrations.", "Install pqwatch again")


def test_a_package_that_hides_ours(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> Any:
        return SimpleNamespace(__file__="/elsewhere/db/__init__.py") if name == "db" else import_module(name)

    monkeypatch.setattr("monitor.cli.doctor.import_module", load)
    only(config, "packages", "failed", "db in /elsewhere")


# -- the archive ------------------------------------------------------------------------------------------------------


def test_missing_archive_is_not_created(config: Path) -> None:
    (config.parent / "pqwatch.db").unlink()
    shutil.rmtree(config.parent / "outbox")
    only(config, "schema", "warning", "no archive yet")
    assert not (config.parent / "pqwatch.db").exists()


@pytest.mark.parametrize(("version", "level"), [("0000", "warning"), ("9999", "failed")])
def test_another_schema_is_not_touched(config: Path, version: str, level: str) -> None:
    execute(config, f"update alembic_version set version_num = '{version}'")  # noqa: S608 (a test's own words)
    only(config, "schema", level, f"({version})")
    assert not list(config.parent.glob("*.bak"))


def test_a_file_that_is_no_database_is_a_fault(config: Path) -> None:
    (config.parent / "pqwatch.db").write_bytes(b"\0ruin" * 1000)
    only(config, "archive", "failed", "not a database", "pqwatch db restore")


def test_a_damaged_archive(config: Path) -> None:
    execute(
        config,
        "insert into member (member_id, read_on) values (999999, '2024-01-01')",
        "pragma writable_schema = on",
        "update sqlite_master set sql = replace(sql, 'name TEXT', 'name TEXT NOT NULL') where name = 'member'",
    )
    only(config, "integrity", "failed", "The archive is damaged", "NULL value in member.name", "pqwatch db restore")


def test_a_folder_that_is_not_there(config: Path) -> None:
    rewrite(config, ("sqlite:///pqwatch.db", "sqlite:///none/pqwatch.db"))
    found = findings(config, "--offline")
    assert "There is no folder" in found["archive"][0]["text"]


def test_folder_without_write_access(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_, **_named: False)
    found = findings(config, "--offline")
    assert f"{config.parent} can't be written" in found["archive"][0]["text"]
    assert "Digests can't be written" in found["delivery"][0]["text"]


def test_a_disk_that_is_full(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=1024))
    only(config, "disk space", "failed", "1.0 kB free")


def test_an_archive_on_a_network_disk_is_a_warning(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "file_system_of", lambda _path, _mounts: "nfs4")
    only(config, "file system", "warning", "nfs4")


def test_unreachable_postgresql(config: Path) -> None:
    rewrite(config, ("sqlite:///pqwatch.db", "postgresql+psycopg://nobody@127.0.0.1:1/none"))
    found = findings(config, "--offline")
    assert found["archive"][0]["level"] == "failed"
    assert "file system" not in found
    assert found["archive"][0]["remedy"] == "Start the server, or correct the address of the archive."


def test_an_archive_that_can_not_be_opened(config: Path) -> None:
    (config.parent / "pqwatch.db").unlink()
    (config.parent / "pqwatch.db").mkdir()
    found = findings(config, "--offline")
    assert found["archive"][0]["remedy"].startswith("Give this user the file and its folder, or correct the address")


def test_a_database_without_its_driver(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rewrite(config, ("sqlite:///pqwatch.db", "postgresql+psycopg://nobody@127.0.0.1:1/none"))
    monkeypatch.setitem(sys.modules, "psycopg", None)
    found = findings(config, "--offline")
    assert "install pqwatch again from its folder, with '.[postgres]'" in found["archive"][0]["text"]


# -- runs -------------------------------------------------------------------------------------------------------------


def test_a_source_that_is_silent(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: NOW + timedelta(minutes=76))
    latest = "select max(id) from run where stage = 'collect'"
    execute(config, f"delete from run where stage = 'collect' and id < ({latest})")  # noqa: S608 (no input)
    only(config, "collect", "failed", "1 hour ago", "pqwatch serve or cron")


def test_missing_folder_of_a_source(config: Path) -> None:
    rewrite(config, ("[sources.historic]                  # Historic Hansard, 1803 to 2005\nenabled = false",
                     '[sources.historic]\nenabled = true\npath = "volumes"'),
            ('base_url = "https://api.parliament.uk/historic-hansard"', ""))  # fmt: skip
    only(config, "source historic", "failed", "There is no folder", "volumes", "Correct sources.historic.path")


def test_source_that_is_off_is_never_silent(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: NOW + timedelta(minutes=76))
    rewrite(config, ("enabled = true", "enabled = false"))
    found = findings(config, "--offline")
    assert "collect" not in found


def test_no_run_yet(config: Path) -> None:
    execute(config, "delete from run", "delete from digest_item", "delete from digest_waiting", "delete from outbox")
    execute(config, "delete from digest", "delete from subscription", "delete from subscriber")
    shutil.rmtree(config.parent / "outbox")
    only(config, "collect", "warning", "Nothing was ever collected")


def test_a_digest_that_is_late(config: Path) -> None:
    execute(config, "update digest set slot = '2024-11-27T07:00' where slot = '2024-11-27T07:30'")
    only(config, "digests", "failed", "Policy desk", "Wed 27 Nov 2024 07:30", "Run: pqwatch run")
    execute(config, "update coverage set state = 'failed'")
    assert findings(config, "--offline")["digests"][0]["remedy"].startswith("It waits until a source can be read")


def test_mails_and_records_that_wait_for_a_person(config: Path) -> None:
    execute(
        config,
        "update outbox set state = 'held' where id = 1",
        "update outbox set state = 'refused' where id = 2",
        "update payload set reason = 'it has no text' where id = (select max(id) from payload)",
    )
    found = findings(config, "--offline")
    assert [entry["level"] for entry in found["mails"]] == ["failed", "failed"]
    assert found["quarantine"][0]["text"].startswith("1 record can't be understood")


def test_clock_that_was_set_back(config: Path) -> None:
    execute(config, "update payload set fetched_at = '2024-11-29 12:00:00' where id = 1")
    only(config, "clock", "failed", "2024-11-29")


def test_a_calendar_that_ends(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "clock", lambda: NOW + timedelta(days=3650))
    commons, lords = findings(config, "--offline")["calendar"]
    assert commons["level"] == lords["level"] == "warning"
    assert "Commons are known to 2026-09-02 only" in commons["text"]
    assert "Lords are known to 2026-10-11 only" in lords["text"]


# -- sources ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def parliament() -> Iterator[Parliament]:
    with Parliament() as there:
        yield there


def test_each_source_gets_one_request(config: Path, parliament: Parliament) -> None:
    config.write_text(config_text(parliament.url))
    found = findings(config)
    assert found["source questions"][0]["text"] == f"{parliament.url} answers."
    assert found["source members"][0]["level"] == "ok"  # it answers, though it does not know the member
    assert found["source calendar"][0]["text"] == f"{parliament.url} answers."
    assert len(parliament.requests) == 3
    assert all("mailto:desk@example.org" in request.headers["user-agent"] for request in parliament.requests)


def test_each_source_of_what_is_coming_gets_one_request(config: Path, parliament: Parliament) -> None:
    names = ("oral_questions", "whats_on", "committees")
    text = config_text(parliament.url)
    for name in names:
        is_off = rf'(\[sources\.{name}\].*\n)enabled = false\nbase_url = ".*"'
        text = re.sub(is_off, rf'\1enabled = true\nbase_url = "{parliament.url}"', text)
    config.write_text(text)
    found = findings(config)
    assert [found[f"source {name}"][0]["text"] for name in names] == [f"{parliament.url} answers."] * 3
    assert len(parliament.requests) == 6


def test_no_request_is_made_offline(config: Path, parliament: Parliament) -> None:
    config.write_text(config_text(parliament.url))
    assert not {"source questions", "source members", "source calendar"} & set(findings(config, "--offline"))
    assert parliament.requests == []


@pytest.mark.parametrize(
    ("knob", "words"), [("every_500", "500"), ("every_429", "no answer"), ("every_html", ""), ("every_drop", "")]
)
@pytest.mark.slow
def test_failing_source_gets_no_second_request(config: Path, parliament: Parliament, knob: str, words: str) -> None:
    config.write_text(config_text(parliament.url))
    setattr(parliament.faults, knob, 1)
    found = findings(config)
    for name in ("questions", "members", "calendar"):
        (entry,) = found[f"source {name}"]
        assert entry["level"] == "failed"
        assert words in entry["text"]
        assert f"sources.{name}.base_url" in entry["remedy"]
    assert len(parliament.requests) == 3


def test_source_that_cannot_be_reached(config: Path) -> None:
    config.write_text(config_text("http://127.0.0.1:1"))
    found = findings(config)
    assert "could not be reached" in found["source questions"][0]["text"]


def test_a_file_without_certificates_fails_the_sources(config: Path) -> None:
    empty = config.parent / "empty.pem"
    empty.write_text("no certificate\n")
    config.write_text(with_values(config.read_text(), {("http", "ca_file"): "empty.pem"}))
    found = findings(config)
    assert found["source questions"][0]["level"] == "failed"
    assert "[http]" in found["source questions"][0]["remedy"]


# -- mail -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as there:
        yield there


def mail_through(config: Path, server: MailServer, url: str) -> None:
    config.write_text(config_text(url))
    rewrite(
        config,
        ('transport = "file"', 'transport = "smtp"'),
        ("port = 587", f"port = {server.port}"),
        ('tls = "starttls"', 'tls = "none"'),
    )


def test_mail_server_is_contacted_but_gets_no_mail(config: Path, server: MailServer, parliament: Parliament) -> None:
    mail_through(config, server, parliament.url)
    only(config, "delivery", "ok", f"127.0.0.1:{server.port} answers.", flags=())
    assert server.messages == []
    connections = server.connections
    only(config, "delivery", "ok", "was not asked")
    assert server.connections == connections


def test_a_mail_server_that_refuses(config: Path, server: MailServer, parliament: Parliament) -> None:
    mail_through(config, server, parliament.url)
    server.trouble.replies["ehlo"] = "554 5.7.1 not you"
    only(config, "delivery", "failed", "554 5.7.1 not you", "[delivery.smtp]", flags=())


def test_a_test_mail(config: Path, server: MailServer, parliament: Parliament) -> None:
    mail_through(config, server, parliament.url)
    only(config, "test mail", "ok", "took the mail to me@example.org", flags=("--send-test", "me@example.org"))
    (mail,) = server.messages
    assert mail.recipients == ("me@example.org",)
    assert b"Subject: pqwatch: test mail" in mail.content
    assert b"This is a test mail from pqwatch." in mail.content
    with closing(sqlite3.connect(config.parent / "pqwatch.db")) as connection:
        assert connection.execute("select count(*) from outbox").fetchone() == (2,)


def test_a_test_mail_that_is_refused(config: Path, server: MailServer, parliament: Parliament) -> None:
    mail_through(config, server, parliament.url)
    server.trouble.recipients["me@example.org"] = "550 5.1.1 no such user"
    only(config, "test mail", "failed", "550 5.1.1", flags=("--send-test", "me@example.org"))


def test_a_test_mail_into_the_folder(config: Path) -> None:
    only(config, "test mail", "ok", "nothing is mailed", flags=("--offline", "--send-test", "me@example.org"))
    (mail,) = (config.parent / "outbox").glob("*-pqwatch-test-mail-*.eml")
    assert b"To: me@example.org" in mail.read_bytes()


def test_test_mail_without_a_recipient(config: Path) -> None:
    result = run(config, "--send-test", "no@body@nowhere")
    assert result.exit_code == 2
    assert "'no@body@nowhere' is no e-mail address" in result.stderr


def test_outbox_path_that_is_a_file(config: Path) -> None:
    shutil.rmtree(config.parent / "outbox")
    (config.parent / "outbox").write_text("")
    only(config, "delivery", "failed", "Digests can't be written", "delivery.folder")


# -- missing files, and files that others may read --------------------------------------------------------------------


def test_what_others_may_read_is_told_with_the_command(config: Path) -> None:
    only(config, "privacy", "ok", "Only you can read")
    backup = config.parent / "pqwatch.db.0001.bak"
    backup.write_bytes(b"")
    config.chmod(0o644)
    backup.chmod(0o640)
    only(config, "privacy", "warning", f"may read {config} and 1 more", f"chmod go-rwx {config} {backup}")


def test_mails_in_a_folder_that_others_may_read_are_reported(config: Path) -> None:
    outbox = config.parent / "outbox"
    outbox.mkdir(exist_ok=True)
    (outbox / "2024-11-26-a-0123456789ab.eml").write_bytes(b"")
    outbox.chmod(0o755)
    [finding] = findings(config, "--offline")["privacy"]
    assert finding["level"] == "warning"
    assert f"may read {outbox} and 1 more" in finding["text"]
    outbox.chmod(0o700)
    assert findings(config, "--offline")["privacy"][0]["level"] == "ok"


def test_read_only_archive_fails(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "write_problem", lambda _engine: "attempt to write a readonly database")
    found = findings(config, "--offline")["archive"]
    assert [entry["text"] for entry in found if entry["level"] == "failed"] == ["Attempt to write a readonly database."]


def test_unused_archive_beside_older_mails_is_reported(config: Path) -> None:
    execute(config, "delete from run")
    found = findings(config, "--offline")["archive"]
    [lost] = [entry for entry in found if entry["level"] == "failed"]
    assert lost["text"] == f"The archive has never been used, but {config.parent / 'outbox'} knows of mails from it."


def test_missing_archive_beside_its_mails_is_reported(config: Path) -> None:
    (config.parent / "pqwatch.db").unlink()
    status = config.parent / "pqwatch.db.status.json"
    status.write_text('{"mails": {"sent": 3}}')
    found = findings(config, "--offline")["archive"]
    [lost] = [entry for entry in found if entry["level"] == "failed"]
    assert lost["text"] == f"The archive is gone, but {status} knows of mails from it."
    assert "pqwatch db restore FILE" in lost["remedy"]


def test_a_connection_that_breaks_off_without_a_word_is_named(
    config: Path, parliament: Parliament, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(config_text(parliament.url))

    def break_off(*_: object, **__: object) -> None:
        raise FetchError("no answer", url=parliament.url) from ConnectionResetError()

    monkeypatch.setattr("scrapers.http.client.Client.get_json", break_off)
    (entry,) = findings(config)["source questions"]
    assert entry["text"].endswith("can't be read: ConnectionResetError.")
