"""Workers at a mail server that takes fewer connections than there are workers."""

from __future__ import annotations

import smtplib
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

from procrastinate import App
from procrastinate.testing import InMemoryConnector

from monitor import app
from monitor.delivery.late_replies import LateReplies
from monitor.delivery.one_message import MessageSender
from monitor.model.deliveries import DeliveryState
from monitor.model.jobs import MAIL, QUEUES
from monitor.queue import worker as workers
from monitor.queue.put_off import PutOffError
from monitor.queue.worker import Worker
from tests.coroutines import awaited
from tests.smtpserver import SmtpServer
from tests.unit.delivery_kit import Bench, plain, post_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest


def sender_for(post: Bench, server: SmtpServer) -> MessageSender:
    return MessageSender(post.outbox, plain(server), post.clock, on_ambiguous="resend", late=LateReplies())


def test_a_worker_gives_way_while_another_one_sends(tmp_path: Path) -> None:
    post = post_for(tmp_path, 3)
    with SmtpServer(most_at_once=1) as server, closing(sender_for(post, server)) as first:
        assert first.send(1) is None
        second = sender_for(post, server)
        assert second.send(2) == post.clock()
        assert second.gives_way
        assert post.row(2).state is DeliveryState.PENDING
        assert first.send(2) is None
        first.close()
        server.wait_until_left()
        assert second.send(3) is None
        assert not second.gives_way
        second.close()
    assert server.turned_away == 1
    assert len(server.accepted) == 3


def test_a_worker_pauses_the_queue_if_no_other_one_sends(tmp_path: Path) -> None:
    post = post_for(tmp_path, 1)
    with SmtpServer(most_at_once=1) as server, smtplib.SMTP("127.0.0.1", server.port) as other:
        other.ehlo()
        sender = sender_for(post, server)
        assert sender.send(1) == post.clock() + timedelta(minutes=1)
        assert not sender.gives_way
        assert "421 4.7.0 too many connections" in str(post.outbox.paused(post.clock()))


def test_a_worker_says_whether_a_mail_was_tried(tmp_path: Path) -> None:
    post = post_for(tmp_path, 1)
    with (
        SmtpServer(replies={"RCPT": [b"451 4.3.0 later", b"250 ok"]}) as server,
        closing(sender_for(post, server)) as sender,
    ):
        again_at = sender.send(1)
        assert again_at is not None
        assert sender.has_tried
        assert sender.send(1) == again_at
        assert not sender.has_tried


def test_a_connection_over_which_nothing_was_sent_is_idle(tmp_path: Path) -> None:
    post = post_for(tmp_path, 1)
    with SmtpServer() as server, closing(sender_for(post, server)) as sender:
        sender.send(1)
        assert 0 <= sender.idle_seconds() < 30
        sender._used_at -= 60
        assert sender.idle_seconds() >= 60


class Work:
    """Work of a worker, of which a mail is put off for others."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.app = App(connector=InMemoryConnector())
        jobs = SimpleNamespace(
            procrastinate_app=lambda: self.app,
            note_wait=lambda *_: None,
            is_doing=lambda *_: True,
            take_up_stalled=lambda _: 0,
            take_up_unnoted=lambda *_: 0,
        )
        self.archive = SimpleNamespace(jobs=jobs)
        self.clock = app.clock

    def do(self, task: str, _arguments: Mapping[str, str | int]) -> None:
        self.done[task] += 1
        if task == "deliver":
            raise PutOffError(datetime.now(UTC), leave=MAIL)

    def close_idle(self) -> None:
        pass

    def close(self) -> None:
        pass


def turn_until(worker: Worker, work: Work, done: Mapping[str, int]) -> None:
    until = time.monotonic() + 30
    while work.done != done and time.monotonic() < until:
        worker._turn()
    assert work.done == done


def test_a_worker_that_leaves_a_queue_does_other_jobs_and_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(workers, "LISTEN_SECONDS", 0.05)
    work = Work()
    worker = Worker(work)  # type: ignore[arg-type]
    defer(work.app, "deliver", MAIL)
    worker._fetching.start()
    try:
        turn_until(worker, work, {"deliver": 1})
        defer(work.app, "compose", "digests")
        turn_until(worker, work, {"deliver": 1, "compose": 1})
        assert MAIL not in worker._fetching.queues
        worker._left[MAIL] = 0
        turn_until(worker, work, {"deliver": 2, "compose": 1})
        worker._left[MAIL] = 0
        worker._choose_queues()
        assert worker._fetching.queues == list(QUEUES)
    finally:
        worker._end()


def defer(app: App, task: str, queue: str) -> None:
    awaited(app.configure_task(task, queue=queue).defer_async())
