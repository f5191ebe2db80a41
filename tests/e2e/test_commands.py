"""Exit codes and output of every command, on which scripts rely."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from db.archive import open_archive
from monitor.demo.sample import FIRST_DAY, SECOND_DAY
from tests.e2e.desk import FEW_DAYS, Desk, text_of
from tests.e2e.forge import FORGE, PATIENCE
from tests.e2e.test_daily_run import assert_stored_in_full, in_reach
from tests.servers import database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.demo.mailserver import MailServer
    from monitor.demo.parliament import Parliament, Request

FIRST, SECOND = FIRST_DAY.isoformat(), SECOND_DAY.isoformat()
BROKEN = """
[archive]
url = "sqlite:///archive.db"
[http]
min_intervall = "1s"
concurrency = 99
[[topics]]
name = "Units"
terms = ["hi-tech crime unit"]
[[subscribers]]
name = "Desk"
email = "nobody"
topics = ["Unit"]
"""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("--help", 0),
        ("--version", 0),
        ("run --help", 0),
        ("digest --help", 0),
        ("nonsense", 2),
        ("run --as-of 2024-13-01", 2),
        ("run --nonsense", 2),
        ("collect --from 2024-11-20 --to 2024-11-19", 2),
        ("collect --source nonsense", 2),
        ("digest preview --subscriber nobody", 2),
        ("digest show one", 2),
        ("search paedophil*", 0),
        ("search zebra", 3),
        ("show 91012", 0),
        ("show 99999999", 3),
        ("matches", 0),
        ("matches --topic Units --since 2024-11-01", 0),
        ("waiting --as-of 2024-11-26", 0),
        ("topics list", 0),
        ("topics rename nothing something", 2),
        ("topics add Units unit", 2),
        ("terms list", 0),
        ("terms check", 0),
        ("terms explain SOCA", 0),
        ("terms explain SOC*", 2),
        ("terms try unit", 0),
        ("terms add nothing unit", 2),
        ("terms add Units unit --dry-run", 0),
        ("digest list", 0),
        ("digest show 1", 0),
        ("digest show 99", 3),
        ("digest resend 99", 3),
        ("deliver --release 99", 1),
        ("deliver --discard 1", 1),
        ("deliver --discard 99 --discard 98", 1),
        ("subscribers list", 0),
        ("subscribers pause nobody", 2),
        ("subscribers forget nobody@example.org", 0),
        ("subscribers forget policy@example.org", 2),
        ("status", 0),
        ("db check", 0),
    ],
)
def test_exit_codes(reader: Desk, words: str, code: int) -> None:
    done = reader.run(*words.split())
    assert done.code == code, done.err
    assert "Traceback" not in done.err
    assert done.err if code else done.out + done.err


def test_a_log_in_json_has_nothing_else_beside_it(reader: Desk) -> None:
    reader.topics = f'{reader.topics}\n[[topics]]\nname = "Half"\nterms = ["prison AND", "prison"]\n'
    reader.configure()
    archive = open_archive(f"sqlite:///{reader.folder / 'archive.db'}")
    with closing(archive):
        with archive.runs.lease():
            passed_over = reader.run("match", "--log-format", "json")
        failed = reader.run("match", "--log-format", "json")
    reader.config.write_text(BROKEN)
    refused = reader.run("match", "--log-format", "json")
    assert (passed_over.code, failed.code, refused.code) == (0, 1, 2)
    for done in (passed_over, failed, refused):
        assert {json.loads(line)["level"] for line in done.err.splitlines()} <= {"info", "warning", "error"}
    assert [json.loads(line)["level"] for line in passed_over.err.splitlines()] == ["warning", "info"]


HELD = ("digest resend 1", "digest skip", "digest skip --until 2024-11-26", "deliver --release 1", "deliver --discard 1",
        "db compact", "db restore saved.db --yes", "db copy --to sqlite:///copied.db",
        "subscribers forget policy@example.org --yes")  # fmt: skip


def test_what_another_run_does_not_do_is_not_reported_as_done(filing_desk: Desk) -> None:
    filing_desk.run("db", "backup", "saved.db")
    archive = open_archive(f"sqlite:///{filing_desk.folder / 'archive.db'}")
    with closing(archive), archive.runs.lease():
        ended = {words: filing_desk.run(*words.split()) for words in HELD}
        passed_over = [filing_desk.run(words) for words in ("run", "collect", "match", "compose", "deliver", "reparse")]
    assert {words for words, done in ended.items() if done.code != 1} == set()
    assert all("so nothing was done: do it again when that is done" in done.err for done in ended.values())
    assert {(done.code, done.err.rpartition(": ")[2]) for done in passed_over} == {(0, "nothing to do.\n")}


@pytest.mark.parametrize(
    "words",
    [
        "search --json",
        "matches --json",
        "waiting --json",
        "digest list --json",
        "topics list --json",
        "terms list --json",
        "subscribers list --json",
        "search --format jsonl",
    ],
)
def test_stdout_has_nothing_but_json(reader: Desk, words: str) -> None:
    done = reader.run(*words.split())
    records = [json.loads(line) for line in done.out.splitlines()] if "jsonl" in words else done.data
    assert done.code == 0
    assert records
    assert all(list(record) == list(records[0]) for record in records)


def test_all_mistakes_in_the_configuration_are_reported_at_once(tmp_path: Path) -> None:
    desk = Desk(folder=tmp_path / "desk")
    desk.config.write_text(BROKEN, encoding="utf-8")
    for words in (["run"], ["search", "x"], ["serve"], ["digest", "list"]):
        done = desk.run(*words)
        assert (done.code, done.out) == (2, "")
        lines = done.err.splitlines()
        assert len(lines) == 4
        for line, place in zip(lines, ("line 5", "line 6", "line 12", "line 13"), strict=True):
            assert place in line
        assert "min_interval" in lines[0]


def test_a_missing_configuration_is_reported(tmp_path: Path) -> None:
    desk = Desk(folder=tmp_path / "desk")
    desk.config.unlink()
    done = desk.run("run")
    assert done.code == 2
    assert "no file" in done.err or "can't be read" in done.err or "does not exist" in done.err


def test_an_unreadable_term_is_reported_and_the_others_work(tmp_path: Path, parliament: Parliament) -> None:
    topics = '[[topics]]\nname = "Two"\nterms = ["(hi-tech crime", "National Crime Agency"]'
    desk = Desk(folder=tmp_path / "desk", parliament=parliament, topics=topics, questions=FEW_DAYS).with_archive()
    done = desk.run("run", "--as-of", FIRST)
    assert done.code == 1
    assert "The term is switched off; all others work." in done.err
    text = " ".join(text_of(desk.messages()[0]).split())
    assert "National Crime Agency" in text
    assert "1 of your terms can't be read" in text
    assert "Nothing failed" not in text
    assert "The term is switched off." in desk.run("status").out
    assert desk.run("doctor", "--offline").code == 1


def test_the_password_is_needed_only_to_send(tmp_path: Path) -> None:
    smtp = '[delivery]\ntransport = "smtp"\nfrom = "a@example.org"\n[delivery.smtp]\nusername = "desk"\n'
    desk = Desk(folder=tmp_path / "desk", env={"PQWATCH_SMTP_PASSWORD": ""})
    desk.config.write_text(desk.config.read_text().replace('[delivery]\ntransport = "file"', smtp), encoding="utf-8")
    assert desk.run("digest", "list").code == 0
    done = desk.run("run")
    assert done.code == 2
    assert "PQWATCH_SMTP_PASSWORD" in done.err


def test_a_closed_pipe_is_no_failure(reader: Desk) -> None:
    pipe, err = reader.folder / "pipe", reader.folder / "err"
    os.mkfifo(pipe)
    for words in (["search", "--limit", "0", "--format", "jsonl"], ["digest", "show", "1", "--raw"], ["matches"]):
        FORGE.start(reader.place(pipe, err), words)
        os.close(os.open(pipe, os.O_RDONLY))  # waits until the command has opened the pipe too
        assert (FORGE.end(), err.read_text("utf-8")) == (0, "")


def test_output_has_no_colour_in_pipes_and_with_no_color(reader: Desk) -> None:
    assert "\x1b" not in reader.run("search", "--limit", "3").out
    assert "\x1b" in on_a_terminal(reader, "digest", "show", "1")
    reader.env["NO_COLOR"] = "1"
    for words in (["search", "--limit", "3"], ["digest", "show", "1"], ["matches", "--limit", "3"], ["status"]):
        assert "\x1b[" not in on_a_terminal(reader, *words)


def on_a_terminal(desk: Desk, *words: str) -> str:
    pty = pytest.importorskip("pty", reason="there are no terminals here")
    ours, theirs = pty.openpty()
    desk.env["TERM"] = "xterm-256color"
    chunks: list[bytes] = []

    def listen() -> None:
        with suppress(OSError):  # Linux raises it when the other end is closed
            while chunk := os.read(ours, 65_536):
                chunks.append(chunk)

    listener = threading.Thread(target=listen)
    listener.start()
    code = FORGE.run(desk.place(Path(os.ttyname(theirs)), desk.folder / "err"), words)
    os.close(theirs)
    listener.join()
    os.close(ours)
    assert code == 0
    return b"".join(chunks).decode()


def test_an_interrupted_command_ends_with_code_130(desk: Desk, parliament: Parliament) -> None:
    pids: list[int] = []

    def stop(_: Request) -> None:
        if len(parliament.requests) == 20:
            os.kill(pids[0], signal.SIGINT)

    parliament.on_request = stop
    with desk.start("collect", "--as-of", FIRST) as process:
        pids.append(process.pid)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert err.endswith("Interrupted; nothing that was stored is lost.\n")
    assert desk.run("run", "--as-of", FIRST).code == 0


# -- digests ----------------------------------------------------------------------------------------------------------


def test_a_preview_is_the_later_digest_and_stores_nothing(filing_desk: Desk) -> None:
    filing_desk.ask("collect", "--as-of", FIRST)
    filing_desk.ask("match")
    preview = filing_desk.run("digest", "preview", "--as-of", FIRST)
    assert filing_desk.run("digest", "preview", "--as-of", FIRST).out == preview.out
    assert filing_desk.ask("digest", "list", "--json").data == []
    filing_desk.ask("run", "--as-of", FIRST)
    (message,) = filing_desk.messages()
    assert f"Subject: {message['Subject']}" in preview.out
    assert "".join(text_of(message).split()) in "".join(preview.out.split())
    assert "<html" in filing_desk.run("digest", "preview", "--as-of", FIRST, "--html").out


def test_a_digest_is_shown_as_it_was_mailed(reader: Desk) -> None:
    (path,) = reader.outbox.glob("*.eml")
    (message,) = reader.messages()
    (record,) = reader.ask("digest", "list", "--json").data
    assert record["subject"] == str(message["Subject"])
    assert record["deliveries"][0]["message_id"] == str(message["Message-ID"])
    number = str(record["id"])
    assert "".join(text_of(message).split()) in "".join(reader.run("digest", "show", number).out.split())
    page = text_of(message, "html").replace("\r\n", "\n").strip()
    assert page in reader.run("digest", "show", number, "--html").out
    raw = reader.folder / "raw"
    assert FORGE.run(reader.place(raw, reader.folder / "err"), ["digest", "show", number, "--raw"]) == 0
    assert raw.read_bytes() == path.read_bytes()


def test_a_digest_is_sent_again_marked_as_a_copy(desk: Desk, mail: MailServer) -> None:
    desk.ask("run", "--as-of", FIRST)
    assert desk.run("digest", "resend", "1", "--to", "colleague@example.org").code == 0
    first, copy = mail.messages
    assert copy.recipients == ("colleague@example.org",)
    assert copy.content.endswith(first.content)
    assert copy.content.startswith(b"Resent-From: ")
    assert desk.run("run", "--as-of", FIRST).code == 0
    assert len(mail.messages) == 2


def test_skipped_items_are_never_mailed(desk: Desk, parliament: Parliament) -> None:
    desk.ask("collect", "--as-of", FIRST)
    desk.ask("match")
    skipped = desk.run("digest", "skip", "--as-of", FIRST)
    assert skipped.code == 0
    assert skipped.out == "Policy desk: 21 items and 3 promises marked as told.\n"
    assert desk.run("run", "--as-of", FIRST).code == 0
    assert desk.messages() == []
    parliament.now = SECOND_DAY
    assert desk.run("run", "--as-of", SECOND).code == 0
    (message,) = desk.messages()
    assert str(message["Subject"]).startswith("CORRECTED")


def test_changes_of_a_reparse_are_history(reader: Desk) -> None:
    """A word is added to the stored answers, as if an earlier parser had read the payloads differently."""
    connection = sqlite3.connect(reader.folder / "archive.db")
    connection.execute("update parts set answer = 'Well. ' || answer where answer is not null")
    connection.commit()
    (answers,) = connection.execute("select count(*) from parts where answer is not null").fetchone()
    connection.close()
    done = reader.run("reparse", "--json")
    assert done.code == 0
    assert (done.data["reparse"]["payloads"], done.data["reparse"]["changed"]) == (109, answers)
    assert reader.run("match").code == 0
    assert "No new answer matches your topics" in reader.run("digest", "preview", "--as-of", SECOND).out


# -- PostgreSQL -------------------------------------------------------------------------------------------------------


@pytest.fixture
def shared_archive(postgres: str) -> Iterator[str]:
    with database(postgres) as url:
        yield url


@pytest.mark.skipif(sys.platform == "win32", reason="the server of the wheel runs on Linux and macOS")
def test_a_daily_run_on_postgresql(
    shared_archive: str, tmp_path: Path, parliament: Parliament, mail: MailServer
) -> None:
    folder = tmp_path / "desk"
    desk = Desk(folder=folder, parliament=parliament, mail=mail, archive=shared_archive, questions=FEW_DAYS)
    refused = desk.run("run", "--as-of", FIRST)
    assert refused.code == 2
    assert "pqwatch db upgrade" in refused.err
    assert desk.run("db", "upgrade").code == 0
    first = desk.ask("run", "--as-of", FIRST)
    assert (first.code, len(mail.messages)) == (0, 1), first.err
    assert desk.run("run", "--as-of", FIRST).code == 0
    parliament.now = SECOND_DAY
    assert desk.run("run", "--as-of", SECOND).code == 0
    assert len(mail.messages) == 2
    assert_stored_in_full(desk, in_reach(parliament.values(), SECOND_DAY))
    assert desk.run("search", "zebra").code == 3
    assert desk.run("db", "check").code == 0
    assert desk.run("run", "--dry-run").code == 1
