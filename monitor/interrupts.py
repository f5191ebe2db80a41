"""Being told to stop, without stopping in the one place where that would leave a question open.

SIGTERM and Ctrl-C end a run wherever it is: each step is a transaction, so nothing is lost. Only between the final dot of a
mail and the record of the server's reply they wait, some seconds at most, for a mail cut off there may have gone or not.
"""

from __future__ import annotations

import contextlib
import math
import signal
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from monitor.delivery.protocol import Post
    from monitor.ports import Accepted, Callback

TERMINATED = 143
SEND_AGAIN_AFTER = 0.1
"""Seconds until a signal is sent again whose exception was forgotten."""
GRACE = 3.0
"""Seconds that a signal waits at most for the reply to a mail."""


class Terminated(SystemExit):
    """SIGTERM came."""

    def __init__(self) -> None:
        super().__init__(TERMINATED)


class Interrupts:
    """Turns the two signals into exceptions in the main thread, later where they are held off.

    Python forgets an exception that is raised while an object is being disposed of. The signal is then sent again, so that
    a request which waits for a silent server ends too.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._is_lost = False
        self._held = 0
        self._waiting: BaseException | None = None
        self._waiting_since = 0.0

    def install(self) -> None:
        """Take the signals over; from the main thread only."""
        signal.signal(signal.SIGTERM, self._handle)
        signal.signal(signal.SIGINT, self._handle)
        printed = sys.unraisablehook

        def unraisable(what: sys.UnraisableHookArgs) -> None:
            """Send the signal again where Python forgot its exception; print all other errors."""
            if not isinstance(what.exc_value, Terminated | KeyboardInterrupt):
                printed(what)
                return
            self._is_lost = True
            timer = threading.Timer(SEND_AGAIN_AFTER, self._send_again)
            timer.daemon = True
            with contextlib.suppress(RuntimeError):  # no thread starts while the interpreter ends
                timer.start()

        sys.unraisablehook = unraisable

    def was_received(self) -> bool:
        """Whether a signal came; the caller ends then, and needs no exception for it."""
        if self.received is None:
            return False
        self._is_lost = False
        return True

    def _send_again(self) -> None:
        if not self._is_lost or self.received is None:
            return
        self._is_lost = False
        if hasattr(signal, "pthread_kill"):  # wakes the main thread where it waits for a socket
            signal.pthread_kill(cast("int", threading.main_thread().ident), self.received)
        else:
            signal.raise_signal(self.received)

    @contextmanager
    def held_off(self) -> Iterator[None]:
        """Do what is inside to its end; a signal that came meanwhile is raised after it."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
        self.raise_waiting()

    def raise_waiting(self) -> None:
        """Raise what came while signals were held off, if they no longer are."""
        if not self._held and self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            raise waiting

    def left(self) -> float:
        """Seconds that what holds a signal off may still take; without end where none waits."""
        return math.inf if self._waiting is None else self._waiting_since + GRACE - time.monotonic()

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self.received = number
        exception = Terminated() if number == signal.SIGTERM else KeyboardInterrupt()
        if self._held:
            self._waiting_since = self._waiting_since if self._waiting else time.monotonic()
            self._waiting = exception
            return
        raise exception


INTERRUPTS = Interrupts()
"""The process has one set of signals."""


class HeldOff:
    """A mailer that is not interrupted between the final dot of a mail and the record of the server's reply.

    Before the dot a mail may be broken off at any moment: it was surely not accepted. After it the reply is waited for, for
    some seconds at most once a signal came: see `Interrupts.left`.
    """

    def __init__(self, post: Post, interrupts: Interrupts = INTERRUPTS) -> None:
        self._post = post
        self._interrupts = interrupts
        self.is_idempotent = post.is_idempotent

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        """Hand the mail over; see monitor.ports.Mailer."""
        self._interrupts.raise_waiting()
        with ExitStack() as held:

            def hold_and_note() -> None:
                held.enter_context(self._interrupts.held_off())
                before_dot()

            self._post.deliver(message, recipient, hold_and_note, accepted)

    def close(self) -> None:
        """End the connection; then a signal is heard that came while a mail was handed over which failed."""
        self._post.close()
        self._interrupts.raise_waiting()
