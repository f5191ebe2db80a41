"""Being told to stop, without stopping in the one place where that would leave a question open.

SIGTERM and Ctrl-C end a run wherever it is: each step is a transaction, so nothing is lost. Only while a mail is being
handed over they wait for its end, for a mail cut off after its final dot may have gone or not.
"""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from monitor.delivery.protocol import Post
    from monitor.ports import Accepted, Callback

TERMINATED = 143


class Terminated(SystemExit):
    """SIGTERM came."""

    def __init__(self) -> None:
        super().__init__(TERMINATED)


class Interrupts:
    """Turns the two signals into exceptions in the main thread, later where they are held off.

    An exception that comes while an object is being disposed of is forgotten by Python; so who goes on for long looks at
    `received` too.
    """

    def __init__(self) -> None:
        self.received = False
        self._held = 0
        self._waiting: BaseException | None = None

    def install(self) -> None:
        """Take the signals over; from the main thread only."""
        signal.signal(signal.SIGTERM, self._handle)
        signal.signal(signal.SIGINT, self._handle)
        printed = sys.unraisablehook

        def unraisable(what: sys.UnraisableHookArgs) -> None:
            """Ours is no error that anybody should read of: `received` tells it."""
            if not isinstance(what.exc_value, Terminated | KeyboardInterrupt):
                printed(what)

        sys.unraisablehook = unraisable

    @contextmanager
    def held_off(self) -> Iterator[None]:
        """Do what is inside to its end; a signal that came meanwhile is raised after it."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
        if not self._held and self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            raise waiting

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self.received = True
        exception = Terminated() if number == signal.SIGTERM else KeyboardInterrupt()
        if self._held:
            self._waiting = exception
            return
        raise exception


INTERRUPTS = Interrupts()
"""The process has one set of signals."""


class HeldOff:
    """A mailer whose single hand-over is not interrupted."""

    def __init__(self, post: Post, interrupts: Interrupts = INTERRUPTS) -> None:
        self._post = post
        self._interrupts = interrupts
        self.is_idempotent = post.is_idempotent

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        """Hand the mail over; see monitor.ports.Mailer."""
        with self._interrupts.held_off():
            self._post.deliver(message, recipient, before_dot, accepted)

    def close(self) -> None:
        """End the connection."""
        self._post.close()
