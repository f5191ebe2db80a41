"""Webhooks and feeds on the command line: shown, posted on request, paused and removed."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from db.outbox import Outbox
from monitor import app
from monitor.cli import pqwatch
from tests.canaries import TOKEN, sung
from tests.receiver import Receiver
from tests.unit.cli_kit import CONFIG, NOW, Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from click.testing import Result

SETTINGS = """
[[webhooks]]
name = "Channel"
kind = "slack"
url_env = "HOOK"
topics = ["water"]

[[webhooks]]
name = "Program"
url_env = "HOOK"

[delivery.feeds]
folder = "feeds"

[sources.questions]
enabled = false

[sources.calendar]
enabled = false

[sources.members]
base_url = "http://127.0.0.1:9"
"""


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with Receiver() as receiver:
        monkeypatch.setenv("HOOK", receiver.url)
        yield receiver


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def desk(stored: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> Desk:
    """Make a desk with two webhooks and feeds that a run has seen, whose records then became news."""
    del receiver
    monkeypatch.setattr(app, "clock", lambda: NOW)
    shutil.copytree(stored.folder, tmp_path / "desk")
    desk = Desk(tmp_path / "desk")
    (desk.folder / "config.toml").write_text(CONFIG + SETTINGS, encoding="utf-8")
    archive = app.archive(app.configuration(str(desk.folder / "config.toml")))
    with archive.engine.begin() as connection:
        connection.exec_driver_sql("update revision set is_news = 1, seen_at = '2099-02-11 09:00:00.000000'")
        connection.exec_driver_sql("update match set is_history = 0")
    archive.close()
    return desk


def good(result: Result, code: int = 0) -> str:
    assert result.exit_code == code, result.output
    assert not sung(result.output)
    return result.stdout


def posted(receiver: Receiver) -> list[Any]:
    return [request.json for request in receiver.taken]


def run(desk: Desk, *args: str) -> Result:
    return desk.run(*args)


@pytest.fixture
def posted_desk(desk: Desk, receiver: Receiver) -> Desk:
    """Run a desk until its digests are posted."""
    good(run(desk, "run"))
    assert [entry.get("type", "slack") for entry in posted(receiver)] == ["slack", "digest"]
    return desk


def test_posted_digest_is_shown(posted_desk: Desk, receiver: Receiver) -> None:
    """The digest is found by its number and by the start of its Message-ID, and shown in its form, as bytes, and whole."""
    rows = json.loads(good(run(posted_desk, "digest", "list", "--json")))
    by_name = {row["subscriber"]: row for row in rows}
    [delivery] = by_name["Channel"]["deliveries"]
    assert (delivery["channel"], delivery["recipient"], delivery["state"]) == ("slack", "webhook Channel", "sent")
    number, own_id = str(by_name["Channel"]["id"]), delivery["message_id"][1:13]
    shown = good(run(posted_desk, "digest", "show", number))
    assert shown.startswith("To: webhook Channel  Subject: ")
    assert f"pqwatch {own_id}" in shown
    assert good(run(posted_desk, "digest", "show", own_id)) == shown
    assert json.loads(good(run(posted_desk, "digest", "show", number, "--raw"))) == posted(receiver)[0]
    assert "Foreshore" in good(run(posted_desk, "digest", "show", own_id, "--all"))
    records = json.loads(good(run(posted_desk, "digest", "show", own_id, "--all", "--json")))
    assert {entry["uin"] for entry in records} >= {"HL77"}
    assert '"type": "digest"' in good(run(posted_desk, "digest", "show", str(by_name["Program"]["id"])))
    assert good(run(posted_desk, "digest", "list", "--subscriber", "feed water")).count("mailed") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "ffffffffffff"), "no digest has a Message-ID that begins with 'ffffffffffff'"),
        (("show", "abc"), "no digest has a Message-ID that begins with 'abc'"),
        (("show", "1", "--json"), "--format is for --all"),
        (("show", "1", "--output", "d.csv"), "d.csv would hold text: name a file that ends in .txt."),
        (("show", "1", "--html", "--output", "d.txt"), "d.txt would hold the page: name a file that ends in .html."),
        (("preview", "--subscriber", "Nobody"), "the configuration has Policy desk, Channel, Program, feed water and "),
    ],
)
def test_missing_digest_is_reported(words: tuple[str, ...], said: str, desk: Desk) -> None:
    result = run(desk, "digest", *words)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("options", "name", "begins"),
    [
        (["--html"], "d.html", "To: webhook Channel"),  # a webhook has no page
        ([], "d.TXT", "To: webhook Channel"),
        (["--raw"], "d.eml", '{"'),
        (["--all"], "d.jsonl", '{"schema"'),
    ],
)
def test_digest_is_shown_in_a_file(
    posted_desk: Desk, tmp_path: Path, options: list[str], name: str, begins: str
) -> None:
    [row] = json.loads(good(run(posted_desk, "digest", "list", "--subscriber", "Channel", "--json")))
    assert good(run(posted_desk, "digest", "show", str(row["id"]), *options, "--output", str(tmp_path / name))) == ""
    assert (tmp_path / name).read_text("utf-8").startswith(begins)


def test_missing_digest_leaves_no_file(posted_desk: Desk, tmp_path: Path) -> None:
    assert run(posted_desk, "digest", "show", "999", "--output", str(tmp_path / "d.txt")).exit_code == 3
    assert not (tmp_path / "d.txt").exists()


def test_empty_digest_lists_nothing(posted_desk: Desk) -> None:
    assert run(posted_desk, "digest", "show", "999", "--all").exit_code == 3
    shown = run(posted_desk, "digest", "show", "999")
    assert (shown.exit_code, shown.stdout, shown.stderr) == (3, "", "There is no digest 999.\n")
    again = run(posted_desk, "digest", "resend", "999")
    assert (again.exit_code, again.stdout, again.stderr) == (3, "", "There is no digest 999.\n")
    for number in ("999999", "9" * 30):  # as long as the beginning of a Message-ID
        shown = run(posted_desk, "digest", "show", number)
        assert shown.exit_code == 2
        assert f"no digest has a Message-ID that begins with '{number}'" in " ".join(shown.stderr.split())


def test_a_copy_is_posted_on_request(posted_desk: Desk, receiver: Receiver) -> None:
    rows = json.loads(good(run(posted_desk, "digest", "list", "--subscriber", "Program", "--json")))
    result = run(posted_desk, "digest", "resend", str(rows[0]["id"]))
    assert result.stderr.endswith("1 sent.\n")
    assert posted(receiver)[-1]["copy_of"] == posted(receiver)[1]["id"]
    result = run(posted_desk, "digest", "resend", str(rows[0]["id"]), "--to", "a@example.org")
    assert "is for webhook Program" in str(result.exception)


@pytest.mark.parametrize(("to", "is_passed_on"), [("Desk@Example.org", False), ("colleague@example.org", True)])
def test_a_copy_for_somebody_else_lacks_the_links_of_the_reader(
    posted_desk: Desk, monkeypatch: pytest.MonkeyPatch, to: str, is_passed_on: bool
) -> None:
    asked: list[tuple[str | None, bool]] = []

    def resend(_outbox: Outbox, _number: int, recipient: str | None, _now: datetime, *, is_passed_on: bool) -> int:
        asked.append((recipient, is_passed_on))
        return 0

    monkeypatch.setattr(Outbox, "resend", resend)
    config = posted_desk.folder / "config.toml"
    row = json.loads(good(run(posted_desk, "digest", "list", "--subscriber", "Policy desk", "--json")))[0]
    sent_to = row["deliveries"][0]["recipient"]
    config.write_text(config.read_text("utf-8").replace(sent_to, "desk@example.org"), encoding="utf-8")
    run(posted_desk, "digest", "resend", str(row["id"]), "--to", to)
    run(posted_desk, "digest", "resend", str(row["id"]), "--to", sent_to.upper())
    assert asked == [(to, is_passed_on), (sent_to.upper(), False)]


def test_a_copy_for_no_address_is_refused(posted_desk: Desk) -> None:
    result = run(posted_desk, "digest", "resend", "1", "--to", "colleague")
    assert result.exit_code == 2
    assert "'colleague' is no e-mail address" in result.stderr


def test_reading_commands_post_nothing(desk: Desk, receiver: Receiver) -> None:
    preview = good(run(desk, "digest", "preview"))
    assert "To: webhook Channel  Subject: " in preview
    assert "To: feed" not in preview
    assert "To: feed water" in good(run(desk, "digest", "preview", "--subscriber", "feed water"))
    dry = run(desk, "run", "--dry-run")
    assert "To: webhook Channel  Subject: " in good(dry)
    assert "2 messages would go." in dry.stderr
    assert receiver.heads == []
    assert not (desk.folder / "feeds").exists()


def test_webhooks_are_listed(posted_desk: Desk) -> None:
    listed = " ".join(good(run(posted_desk, "subscribers", "list")).split())
    assert "Channel: webhook, in the form of slack" in listed
    assert f"Feeds of 2 topics are written to {posted_desk.folder / 'feeds'}." in listed
    rows = {row["name"]: row for row in json.loads(good(run(posted_desk, "subscribers", "list", "--json")))}
    assert list(rows) == ["Policy desk", "Channel", "Program"]
    assert (rows["Program"]["channel"], rows["Program"]["email"]) == ("json", None)
    assert rows["Channel"]["last_digest"]["mail"] == "sent"


def test_a_webhook_is_paused_resumed_and_removed(posted_desk: Desk, receiver: Receiver) -> None:
    good(run(posted_desk, "subscribers", "pause", "channel"))
    assert "paused = true" in (posted_desk.folder / "config.toml").read_text("utf-8")
    assert "It is paused. Nothing was posted." in doctor(posted_desk, "webhook Channel")[0]
    good(run(posted_desk, "subscribers", "resume", "Channel"))
    removed = good(run(posted_desk, "subscribers", "remove", "Channel"))
    assert "The file with its address is for you to delete." in removed
    assert [entry.name for entry in app.configuration(str(posted_desk.folder / "config.toml")).readers[:2]] == [
        "Policy desk",
        "Program",
    ]
    good(run(posted_desk, "run"))
    assert sum(bool(entry.body) for entry in receiver.taken) == 2


def test_status_reports_stopped_queues(desk: Desk, receiver: Receiver) -> None:
    receiver.fault, receiver.times = "503", 1
    assert "webhook Channel" in run(desk, "run").stderr
    whole = json.loads(good(run(desk, "status", "--json")))
    assert list(whole["queues_paused"]) == ["webhook Channel"]
    assert whole["queue_paused"] is None
    assert whole["feeds"] == str(desk.folder / "feeds")
    assert {entry["subscriber"]: entry["channel"] for entry in whole["subscribers"]} == {
        "Policy desk": "mail", "Channel": "slack", "Program": "json",
    }  # fmt: skip
    assert [(entry["recipient"], entry["channel"]) for entry in whole["mails"]] == [("webhook Channel", "slack")]
    shown = " ".join(good(run(desk, "status")).split())
    assert "! nothing is sent to webhook Channel before 20" in shown
    [found] = doctor(desk, "webhooks and feeds")
    assert found.startswith("Nothing is sent to webhook Channel before 20")
    assert found.endswith("webhook Channel takes no messages for now: the server answered 503 ok.")


def doctor(desk: Desk, check: str, *flags: str) -> list[str]:
    result = run(desk, "doctor", "--json", *flags)
    assert not sung(result.output)
    return [entry["text"] for entry in json.loads(result.stdout)["findings"] if entry["check"] == check]


def test_doctor_contacts_hosts_and_posts_nothing(desk: Desk, receiver: Receiver) -> None:
    assert doctor(desk, "webhook Channel") == [
        "127.0.0.1 answers; it is told of 1 topic in the form of slack. Nothing was posted."
    ]
    assert set(receiver.heads) == {"HEAD / HTTP/1.1"}
    assert doctor(desk, "feeds") == [f"The feeds of 2 topics are written to {desk.folder / 'feeds'}."]
    assert doctor(desk, "webhook Program", "--offline") == [
        "Is told of 2 topics in the form of json by 127.0.0.1, which was not asked."
    ]


def test_doctor_finds_faults(desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver.fault, receiver.times = "closes at once", 9
    assert doctor(desk, "webhook Channel") == ["127.0.0.1 broke off or sent something that is not HTTP."]
    (desk.folder / "feeds").write_text("", encoding="utf-8")
    assert doctor(desk, "feeds") == [f"Feeds can't be written to {desk.folder / 'feeds'}."]
    monkeypatch.delenv("HOOK")
    assert doctor(desk, "webhook Channel") == ["It was not asked, for lack of its address."]


def test_test_message_bypasses_the_outbox(desk: Desk, receiver: Receiver) -> None:
    assert doctor(desk, "test message", "--offline", "--send-test", "program") == [
        "webhook Program was sent one (200 ok): see that it arrives."
    ]
    [message] = posted(receiver)
    assert (message["type"], message["subject"]) == ("test", "pqwatch: test message")
    assert json.loads(good(run(desk, "status", "--json")))["mails"] == []
    receiver.fault, receiver.times = "404", 1
    [posted_desk] = doctor(desk, "test message", "--offline", "--send-test", "Channel")
    assert posted_desk == "Webhook Channel is refused: the server answered 404 ok."
    assert doctor(desk, "test message", "--offline", "--send-test", "Nobody") == [
        "There is no webhook 'Nobody' that could be told."
    ]


@pytest.mark.parametrize("fault", ["404", "closes after the body"])
def test_no_command_says_an_address(fault: str, desk: Desk, receiver: Receiver) -> None:
    receiver.fault, receiver.times = fault, 9
    receiver.answer = f"no {receiver.url} here".encode()
    for words in ("run", "status", "deliver", "digest list", "subscribers list --json"):
        result = CliRunner().invoke(pqwatch, [*words.split(), "--config", str(desk.folder / "config.toml")])
        assert not sung(f"{result.output}{result.exception!r}")
    for path in desk.folder.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()
