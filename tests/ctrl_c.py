"""Ctrl-C at a chosen place of what a thread does, and the handler of signals for a test.

Python raises the exception of a signal between two of its instructions: as a function begins, after a call, and as a loop
goes round.
"""

from __future__ import annotations

import dis
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from monitor.operations.signals import SignalHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


@contextmanager
def handled_signals() -> Iterator[SignalHandler]:
    """Handle SIGTERM and Ctrl-C as the program does, until the block ends."""
    before, hook = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}, sys.unraisablehook
    signals = SignalHandler()
    signals.install()
    try:
        yield signals
    finally:
        signals.was_received()  # if Python dropped the exception, the signal is not sent again
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupt() -> None:
    """Raise what Ctrl-C raises."""
    raise KeyboardInterrupt


class CtrlC:
    """Trace function that calls `come` at one place of all that a thread does after `start`, counted from 1."""

    def __init__(self, place: int, come: Callable[[], object] = interrupt) -> None:
        self._left = place
        self._come = come
        self._before: dict[FrameType, str] = {}

    @property
    def has_come(self) -> bool:
        """True once it was called."""
        return self._left <= 0

    def start(self) -> None:
        """Count from now on. `sys.settrace(None)` ends it."""
        # Python 3.12 reports instructions only if a frame has asked for them before the trace function is set.
        sys._getframe().f_trace_opcodes = True
        sys.settrace(self)

    def __call__(self, frame: FrameType, event: str, _arg: object) -> CtrlC:
        """Look at an event of `sys.settrace`."""
        frame.f_trace_opcodes = True
        if event == "return":
            self._before.pop(frame, None)
        elif event == "opcode":
            self._look_at(frame)
        return self

    def _look_at(self, frame: FrameType) -> None:
        name = dis.opname[frame.f_code.co_code[frame.f_lasti]]
        before = self._before.get(frame, "")
        self._before[frame] = name
        if name == "RESUME" or before.startswith(("CALL", "JUMP_BACKWARD")):
            self._left -= 1
            if self.has_come:
                sys.settrace(None)
                self._before.clear()
                self._come()
