"""Signal handling: stop at once, except between the final dot of a mail and the record of the server's reply.

SIGTERM and Ctrl-C end a run wherever it is. Each step is a transaction, so nothing is lost. A mail that is cut off after its
final dot may or may not have been accepted. There the signal waits for the reply, a few seconds at most.
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

    from monitor.ports import Accepted, Callback, Mailer

TERMINATED = 143
"""Exit code after SIGTERM."""
SEND_AGAIN_AFTER = 0.1
"""Seconds until a signal whose exception Python dropped is sent again."""
GRACE = 3.0
"""Seconds that a deferred signal waits at most for the reply to a mail."""


class Terminated(SystemExit):
    """SIGTERM arrived."""

    def __init__(self) -> None:
        super().__init__(TERMINATED)


class SignalHandler:
    """Turns SIGTERM and Ctrl-C into exceptions in the main thread, and defers them where the caller asks for it.

    Python drops an exception that is raised while an object is being deleted. The handler then sends the signal again, so
    that a request that waits for a silent server ends too.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        """Number of the last signal."""
        self._is_dropped = False
        self._depth = 0
        self._deferred: BaseException | None = None
        self._deferred_since = 0.0

    def install(self) -> None:
        """Handle both signals from now on. Call it from the main thread."""
        self._depth, self._deferred = 0, None
        signal.signal(signal.SIGTERM, self._handle)
        signal.signal(signal.SIGINT, self._handle)
        previous_hook = sys.unraisablehook

        def send_dropped_signal_again(unraisable: sys.UnraisableHookArgs) -> None:
            """Send the signal again if Python dropped its exception; leave other errors to the previous hook.

            After a signal, other errors are dropped: they come from what it cut off, such as a connection left open.
            """
            if not isinstance(unraisable.exc_value, Terminated | KeyboardInterrupt):
                if self.received is None:
                    previous_hook(unraisable)
                return
            self._is_dropped = True
            timer = threading.Timer(SEND_AGAIN_AFTER, self._send_again)
            timer.daemon = True
            with contextlib.suppress(RuntimeError):  # no thread can start while the interpreter ends
                timer.start()

        sys.unraisablehook = send_dropped_signal_again

    def leave(self) -> None:
        """Let a signal end the process at once. It is ending anyway, and an exception would only print a traceback."""
        self._depth += 1  # a signal that comes between these lines is ignored
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def was_received(self) -> bool:
        """Return whether a signal arrived. The caller ends if it did, so a dropped one is not sent again."""
        if self.received is None:
            return False
        self._is_dropped = False
        return True

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Complete the block; raise a signal that arrived during it afterwards."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        self.raise_deferred()

    def raise_deferred(self) -> None:
        """Raise the deferred signal, unless signals are still deferred."""
        if self._depth == 0 and self._deferred is not None:
            exception, self._deferred = self._deferred, None
            raise exception

    def seconds_left(self) -> float:
        """Return the seconds that a deferred signal still waits; infinity if none is deferred."""
        if self._deferred is None:
            return math.inf
        return self._deferred_since + GRACE - time.monotonic()

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self.received = number
        exception = Terminated() if number == signal.SIGTERM else KeyboardInterrupt()
        if self._depth == 0:
            raise exception
        if self._deferred is None:
            self._deferred_since = time.monotonic()
        self._deferred = exception

    def _send_again(self) -> None:
        if not self._is_dropped or self.received is None:
            return
        self._is_dropped = False
        if hasattr(signal, "pthread_kill"):  # wakes the main thread also where it waits for a socket
            signal.pthread_kill(cast("int", threading.main_thread().ident), self.received)
        else:
            signal.raise_signal(self.received)


SIGNALS = SignalHandler()
"""The handler of this process: a process has one set of signals."""


class UninterruptedMailer:
    """A mailer that defers signals from the final dot of a mail until the server's reply is recorded.

    Before the dot a mail may be cut off at any moment: the server has certainly not accepted it.
    """

    def __init__(self, mailer: Mailer, signals: SignalHandler = SIGNALS) -> None:
        self._mailer = mailer
        self._signals = signals
        self.is_idempotent = mailer.is_idempotent

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        """Hand the mail over; see `monitor.ports.Mailer`."""
        self._signals.raise_deferred()
        with ExitStack() as until_recorded:

            def defer_signals() -> None:
                until_recorded.enter_context(self._signals.deferred())
                before_dot()

            self._mailer.deliver(message, recipient, defer_signals, accepted)

    def close(self) -> None:
        """Close the connection, then raise a signal that was deferred while a mail failed."""
        self._mailer.close()
        self._signals.raise_deferred()
