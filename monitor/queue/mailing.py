"""Sending of messages by a worker, a job for each."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from monitor import app
from monitor.delivery.late_replies import LateReplies
from monitor.delivery.one_message import MessageSender
from monitor.delivery.sending import RetryLimit
from monitor.model.deliveries import MAIL
from monitor.model.jobs import BEHIND_NEW_MAIL, MATCH_RANGE
from monitor.model.jobs import MAIL as MAIL_JOBS
from monitor.model.limits import NO_LIMITS
from monitor.operations.signals import SIGNALS, UninterruptedMailer
from monitor.queue.dispatch import SIGNS_OF_A_ROUND
from monitor.queue.put_off import LEAVE_SECONDS, PutOffError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.ports import Mailer

IDLE_SECONDS: Final = 5.0
"""Seconds after the last message to a server after which its connection is closed, so that others may have it."""
NOTHING_BUT_MAIL: Final = 50.0
"""Seconds for which a worker sends nothing but mail while a round waits for it."""
TASKS_OF_A_ROUND: Final = (*SIGNS_OF_A_ROUND, MATCH_RANGE)
"""Tasks for which mail makes room. Ranges are no sign of a round, since the matching waits for them."""


class Mailing:
    """Sending of messages by one worker. From job to job it keeps connections to mail servers.

    `queues`: those that the worker takes jobs from.
    """

    def __init__(self, archive: Archive, clock: Callable[[], datetime], queues: Sequence[str]) -> None:
        self._archive = archive
        self._clock = clock
        self._queues = queues
        self._late = LateReplies()
        self._senders: dict[str, MessageSender] = {}
        self._since: float | None = None

    def send(self, row_id: int, config: Config) -> None:
        """Send a message of the outbox. Raises PutOffError where it is not its turn yet."""
        found = self._archive.outbox.look_at(row_id, self._clock())
        if found is None:
            return
        queue, due_at = found
        sender = self._sender(queue, config)
        if sender is None:
            return
        if due_at > self._clock() and not sender.is_idempotent:
            raise PutOffError(due_at)
        self._make_room()
        if queue == MAIL:
            self._wait_for_turn(config)
        again_at = sender.send(row_id)
        if failures := sender.take_failures():
            self._archive.rounds.add("deliver", {}, failures=failures)
        if again_at is not None:
            raise PutOffError(
                again_at,
                leave=MAIL_JOBS if sender.gives_way else None,
                priority=BEHIND_NEW_MAIL if sender.has_tried else None,
            )

    def pause(self) -> None:
        """Take note that the worker does something else than sending."""
        self._since = None

    def close_idle(self) -> None:
        """Close the connections over which nothing was sent lately."""
        for queue, sender in list(self._senders.items()):
            if sender.idle_seconds() >= IDLE_SECONDS:
                sender.close()
                del self._senders[queue]

    def close_connections(self) -> None:
        """Close all connections."""
        for sender in self._senders.values():
            sender.close()
        self._senders.clear()

    def close(self) -> None:
        """Close all connections; wait a moment for late replies of mail servers."""
        try:
            self._late.finish(at_once=True)
        finally:
            self.close_connections()

    def _sender(self, queue: str, config: Config) -> MessageSender | None:
        """Return the sender of a queue; None if the configuration has none."""
        if queue not in self._senders:
            mailer = self._mailer(queue, config)
            if mailer is None:
                return None
            self._senders[queue] = MessageSender(
                self._archive.outbox.of(queue),
                UninterruptedMailer(mailer),
                self._clock,
                on_ambiguous=config.delivery.on_ambiguous,
                late=self._late,
                retry_limit=RetryLimit(seconds_left=SIGNALS.seconds_left),
                limits=replace(config.smtp.limits, per_minute=0) if queue == MAIL else NO_LIMITS,
            )
        return self._senders[queue]

    def _mailer(self, queue: str, config: Config) -> Mailer | None:
        if queue == MAIL:
            return app.mailer(config, app.return_address(config, self._archive))
        ways = app.mailers_by_queue(config, self._archive)
        return next((mailer for name, mailer in ways if name == queue), None)

    def _make_room(self) -> None:
        """Leave the mail after a while if a round waits: mails go first, and may take hours. Then raises PutOffError."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
        if now - self._since < NOTHING_BUT_MAIL:
            return
        self._since = now
        if self._does_round_wait():
            raise PutOffError(self._clock(), leave=MAIL_JOBS)

    def _wait_for_turn(self, config: Config) -> None:
        """Wait for the pace of mails that all workers share.

        Raises PutOffError where another worker waits for its turn already, or a round has other work meanwhile.
        """
        smtp = config.smtp
        if not smtp.limits.per_minute or config.delivery.transport != "smtp":
            return
        apart, is_busy = 60 / smtp.limits.per_minute, self._does_round_wait()
        wait = self._archive.host_turns.take_soon(f"smtp {smtp.host}:{smtp.port}", apart, 0 if is_busy else apart)
        if wait is None:
            seconds = min(apart, LEAVE_SECONDS) if is_busy else LEAVE_SECONDS
            raise PutOffError(self._clock(), leave=MAIL_JOBS, leave_seconds=seconds)
        time.sleep(wait)

    def _does_round_wait(self) -> bool:
        """Return whether a round has a job for this worker."""
        return self._archive.jobs.is_waiting(TASKS_OF_A_ROUND, self._queues)
