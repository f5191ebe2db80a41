"""Kill runs at chosen moments: nothing is lost or sent twice. tests/reliability/kills.py kills at every point."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor.demo.parliament import Parliament
from monitor.demo.sample import FIRST_DAY
from tests.e2e.desk import Desk, Foundry, an_answer, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from monitor.demo.mailserver import MailServer
    from monitor.demo.parliament import Request

Value = dict[str, Any]

SUBSCRIBER = """
[[subscribers]]
name = "Policy desk"
email = "policy@example.org"
topics = ["*"]
cadence = "instant"
"""


@pytest.fixture
def empty() -> Iterator[Parliament]:
    """Run a fake Parliament that has published nothing yet."""
    with Parliament.from_values([]) as parliament:
        yield parliament


@pytest.fixture
def work(tmp_path: Path, empty: Parliament, mail: MailServer) -> Desk:
    """Make a desk that mails after each run and reads only two days of one House."""
    return Desk(
        folder=tmp_path / "desk",
        parliament=empty,
        mail=mail,
        subscribers=SUBSCRIBER,
        questions='houses = ["Commons"]\nlook_back_days = 2',
    ).with_archive()


def run(foundry: Foundry) -> int:
    return foundry.run("run", "--as-of", FIRST_DAY.isoformat())


def start(foundry: Foundry) -> int:
    return foundry.start("run", "--as-of", FIRST_DAY.isoformat())


def let_time_pass(desk: Desk) -> None:
    """Let a quarter of an hour pass, after which a mail in doubt is sent again."""
    with sqlite3.connect(desk.folder / "archive.db", timeout=30) as connection:
        stamps = connection.execute("select id, dotted_at from outbox where dotted_at is not null").fetchall()
        for number, stamp in stamps:
            earlier = _shifted(stamp, -timedelta(minutes=16))
            connection.execute("update outbox set dotted_at = ? where id = ?", (earlier, number))
    connection.close()


def _shifted(stamp: Any, by: timedelta) -> Any:
    return str(datetime.fromisoformat(stamp) + by)


def outbox(desk: Desk) -> dict[str, tuple[str, int]]:
    """Return the state of each mail and how often it was in doubt, by Message-ID."""
    connection = sqlite3.connect(desk.folder / "archive.db", timeout=30)
    try:
        rows = connection.execute("select message_id, state, ambiguous from outbox").fetchall()
    finally:
        connection.close()
    return {message_id: (state, ambiguous) for message_id, state, ambiguous in rows}


def assert_nothing_lost_nothing_twice(desk: Desk, published: list[Value]) -> None:
    """Check that every stored answer is in exactly one digest, and that a mail was copied only if it was in doubt."""
    stored = desk.stored()
    assert {f"q-{value['id']}" for value in published} == set(stored)
    messages = desk.messages()
    copies = Counter(str(message["Message-ID"]) for message in messages)
    digests = {str(message["Message-ID"]): message for message in messages}
    mailed = Counter(uin for message in digests.values() for uin in uins(message))
    assert mailed == {value["uin"]: 1 for value in published}
    marked = outbox(desk)
    assert set(marked) == set(digests)
    for message_id, count in copies.items():
        state, ambiguous = marked[message_id]
        assert state == "sent"
        assert count - 1 <= ambiguous <= 2
    assert desk.ask("db", "check").code == 0


def uins(message: EmailMessage) -> set[str]:
    """Return the UINs of all questions in the text and the table of a mail."""
    text = text_of(message) + "".join(str(part.get_content()) for part in message.iter_attachments())
    return {str(number) for number in range(70_000, 70_000 + 1000) if f"/{number}" in text}


def killed_when(foundry: Foundry, is_so: Callable[[], bool]) -> int:
    """Start a run and kill it as soon as a condition holds. Return its exit code."""
    pid = start(foundry)
    until = time.monotonic() + 30
    while not is_so() and time.monotonic() < until:
        time.sleep(0.002)
    assert is_so(), "the run ended before"
    return foundry.kill(pid)


def test_a_kill_between_the_digest_and_its_mail(work: Desk, empty: Parliament, mail: MailServer) -> None:
    published = [an_answer(0), an_answer(1)]
    empty.replace(published)
    mail.trouble.delays["greeting"] = 20.0
    with Foundry(work) as foundry:
        assert killed_when(foundry, lambda: mail.connections == 1) < 0
        mail.trouble.delays.clear()
        assert [state for state, _ in outbox(work).values()] == ["sending"]
        assert run(foundry) == 0, foundry.said()
    assert len(mail.messages) == 1
    assert_nothing_lost_nothing_twice(work, published)


def test_a_mail_is_sent_again_at_once_after_a_kill_before_the_dot(
    work: Desk, empty: Parliament, mail: MailServer
) -> None:
    published = [an_answer(0)]
    empty.replace(published)
    mail.trouble.delays["data"] = 20.0
    with Foundry(work) as foundry:
        ended = killed_when(foundry, lambda: mail.connections > 0 and _states(work) == [("sending", 0)])
        assert ended < 0
        mail.trouble.delays.clear()
        assert run(foundry) == 0, foundry.said()
    assert [ambiguous for _, ambiguous in outbox(work).values()] == [0]
    assert len(mail.messages) == 1
    assert_nothing_lost_nothing_twice(work, published)


def _states(desk: Desk) -> list[tuple[str, int]]:
    return list(outbox(desk).values())


@pytest.mark.parametrize("has_it", [True, False], ids=["the server has it", "the server lost it"])
def test_a_mail_is_sent_once_more_and_marked_after_a_kill_after_the_dot(
    work: Desk, empty: Parliament, mail: MailServer, has_it: bool
) -> None:
    published = [an_answer(0)]
    empty.replace(published)
    mail.trouble.delays["dot"] = 20.0
    mail.trouble.hang_up, mail.trouble.keeps_dropped = (set() if has_it else {"dot"}), has_it
    with Foundry(work) as foundry:
        # "dotted" is stored just before the dot is sent, so a server that is to have the mail is waited for
        assert killed_when(foundry, lambda: ("dotted", 0) in _states(work) and bool(mail.messages) == has_it) < 0
        mail.trouble.delays.clear()
        mail.trouble.hang_up.clear()
        assert run(foundry) == 0, foundry.said()  # for a quarter of an hour the first may still arrive
        assert [state for state, _ in outbox(work).values()] == ["dotted"]
        let_time_pass(work)
        assert run(foundry) == 1
        assert "nobody knows whether" in foundry.said()
        assert run(foundry) == 0
    assert [ambiguous for _, ambiguous in outbox(work).values()] == [1]
    assert len(mail.messages) == (2 if has_it else 1)
    assert len({str(message["Message-ID"]) for message in work.messages()}) == 1
    assert len({message.content for message in mail.messages}) == 1
    assert_nothing_lost_nothing_twice(work, published)


def test_a_kill_while_collecting(work: Desk, empty: Parliament, mail: MailServer) -> None:
    published = [an_answer(number) for number in range(24)]
    empty.replace(published)
    pids: list[int] = []

    def kill(request: Request) -> None:
        if pids and request.path.endswith(("9700012", "9700018")):
            os.kill(pids.pop(), signal.SIGKILL)

    empty.on_request = kill
    with Foundry(work) as foundry:
        for _ in range(2):
            pids.append(start(foundry))
            assert foundry.end() < 0
            pids.clear()
        empty.on_request = None
        assert mail.messages == []
        assert run(foundry) == 0, foundry.said()
    assert_nothing_lost_nothing_twice(work, published)
