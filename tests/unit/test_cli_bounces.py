"""`pqwatch bounces`: where it reads mails from, what it says, and what it tells the operator."""

from __future__ import annotations

import json
import mailbox
from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from monitor import app
from monitor.cli.bounces import bounces_command
from monitor.cli.status import status_command
from monitor.cli.subscribers import subscribers_command
from tests.unit.delivery_kit import letter
from tests.unit.test_bounces import complaint, report

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

CONFIG = """
[archive]
url = "sqlite:///pqwatch.db"
[[topics]]
name = "Slurry"
terms = ["slurry"]
[[subscribers]]
name = "Policy desk"
email = "reader@example.org"
topics = ["*"]
[delivery]
operator = "operator@example.org"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(f'{CONFIG}bounces = "bounces+*@example.org"\n', encoding="utf-8")
    return path


def bounces(config: Path, *arguments: str, data: bytes = b"") -> Result:
    return CliRunner().invoke(bounces_command, [*arguments, "--config", str(config)], input=data)


def test_forged_mails_of_every_place_are_counted(config: Path, tmp_path: Path) -> None:
    one, many = tmp_path / "one.eml", tmp_path / "many"
    one.write_bytes(report("bounces@example.org"))
    box = mailbox.mbox(many)
    box.add(report("bounces@example.org", status="5.1.2"))
    box.add(report("bounces@example.org", status="5.1.3"))
    box.close()
    folder = mailbox.Maildir(tmp_path / "dir")
    folder.add(complaint("nobody@example.org"))
    found = bounces(config, str(one), str(many), str(tmp_path / "dir"), "--json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout) == {
        "hard": 0, "soft": 0, "complaint": 0, "other": 0, "unsigned": 4, "repeated": 0, "retired": [],
    }  # fmt: skip
    again = bounces(config, str(many))
    assert "0 mails read; 2 were read before." in again.output


def test_a_piped_complaint_is_noted_and_told_once_and_undone(config: Path) -> None:
    settings = app.configuration(str(config))
    archive = app.archive(settings)
    returns = app.return_address(settings, archive)
    assert returns is not None
    archive.watch_list.sync(settings.topics, settings.readers, "rules")
    archive.outbox.put(letter(), {})
    claimed = archive.outbox.claim(app.clock())
    assert claimed is not None
    archive.outbox.dotted(claimed[0].id, claimed[1], app.clock())
    address = returns.of(claimed[0].message_id, "reader@example.org")
    assert address is not None
    archive.close()
    found = bounces(config, "-", data=complaint(address))
    assert "the reader at reader@example.org called a mail unwanted" in found.output
    archive = app.archive(settings)
    [notice] = [mail for mail in archive.deliveries.listing() if mail.recipient == "operator@example.org"]
    stored = archive.deliveries.get(notice.id)
    assert stored is not None
    text = message_from_bytes(stored.message).get_payload(decode=True)
    assert isinstance(text, bytes)
    assert b"reader@example.org" in text
    archive.close()
    status = CliRunner().invoke(status_command, ["--json", "--config", str(config)])
    seen = json.loads(status.stdout)
    assert seen["bounces"]["complaint"] == 1
    assert [(row["address"], row["reason"]) for row in seen["retired_addresses"]] == [
        ("reader@example.org", "complained")
    ]
    listed = CliRunner().invoke(subscribers_command, ["list", "--config", str(config)]).stdout
    assert "    ! Nothing is sent to this address: see below" in listed.splitlines()
    assert "refused" not in listed
    assert "is sent to again" in bounces(config, "--reinstate", "reader@example.org").output
    assert "was not retired" in bounces(config, "--reinstate", "reader@example.org").output


def test_without_a_return_address_it_says_what_to_set(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    found = bounces(path, "-")
    assert found.exit_code != 0
    assert "delivery.bounces is not set" in str(found.exception or found.output)


def test_a_file_that_is_missing_is_named(config: Path) -> None:
    assert "gone.eml can't be read" in bounces(config, "gone.eml").output


def test_a_folder_that_is_no_maildir_is_named(config: Path, tmp_path: Path) -> None:
    (tmp_path / "mails").mkdir()
    found = bounces(config, str(tmp_path / "mails"))
    assert found.exit_code == 2
    assert f"{tmp_path / 'mails'} is no Maildir" in found.output


def test_a_mail_that_is_deleted_meanwhile_is_left_out(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = mailbox.Maildir(tmp_path / "dir")
    gone = folder.add(complaint("somebody@example.org"))
    folder.add(complaint("else@example.org"))
    listed = folder.keys()
    folder.remove(gone)
    monkeypatch.setattr(mailbox.Maildir, "keys", lambda _folder: listed)
    assert "1 mail read" in bounces(config, str(tmp_path / "dir")).output


def test_a_mail_of_thousands_of_nested_ones_stops_no_other(config: Path, tmp_path: Path) -> None:
    folder = mailbox.Maildir(tmp_path / "dir")
    (tmp_path / "dir" / "new" / "deep").write_bytes(b"From: a@x.org\nContent-Type: message/rfc822\n\n" * 5_000)
    folder.add(complaint("somebody@example.org"))
    assert "2 mails read: 2 unsigned" in bounces(config, str(tmp_path / "dir")).output


def test_an_empty_pipe_is_no_mail(config: Path) -> None:
    assert "0 mails read; 0 were read before." in bounces(config, "-").output


@pytest.mark.parametrize("written", ["bounces@example.org", "*-*@example.org", "far-too-long-a-name+*@x.org", "*"])
def test_return_address_has_one_star(config: Path, written: str) -> None:
    text = config.read_text(encoding="utf-8").replace("bounces+*@example.org", written)
    config.write_text(text, encoding="utf-8")
    found = bounces(config, "-")
    assert 'needs one "*" before the @' in str(found.exception or found.output)
