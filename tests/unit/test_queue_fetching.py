"""The thread that fetches jobs, when its connection to the database is lost."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.testing import InMemoryConnector

from monitor.queue import worker as workers
from monitor.queue.worker import Fetching, Worker
from tests.unit.test_queue_connections import Work

if TYPE_CHECKING:
    from concurrent.futures import Future

    import pytest
    from procrastinate.jobs import Job


class Restarted(InMemoryConnector):
    """A queue whose first listening connection finds the server as it shuts down."""

    def __init__(self) -> None:
        super().__init__()
        self.listened = 0
        self.listens_again = threading.Event()

    async def listen_notify(self, on_notification: Any, channels: Any) -> None:
        self.listened += 1
        if self.listened == 1:
            raise ConnectorException from OSError("the database system is shutting down\nDETAIL: none")
        self.listens_again.set()
        await super().listen_notify(on_notification, channels)


def no_job(_job: Job) -> Future[None]:
    raise AssertionError("there is no job")


def test_a_lost_listening_connection_is_one_line_in_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "RECONNECT_SECONDS", (0.05,))
    monkeypatch.setattr(workers, "POLL_SECONDS", 0.05)
    with caplog.at_level(logging.WARNING):  # whatever level another test has left
        Worker(Work())  # type: ignore[arg-type]  # chooses what the libraries log
        connector = Restarted()
        fetching = Fetching(App(connector=connector), ["mail"], no_job)
        fetching.start()
        try:
            assert connector.listens_again.wait(20)
        finally:
            fetching.stop()
            fetching.join()
    assert [(record.name, record.getMessage()) for record in caplog.records] == [
        ("monitor.queue.worker", "lost the connection to the queue: connecting again")
    ]
