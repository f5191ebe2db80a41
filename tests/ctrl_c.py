"""Ctrl-C at a chosen place of what a thread does.

Python raises the exception of a signal between two of its instructions: as a function begins, after a call, and as a loop
goes round.
"""

from __future__ import annotations

import dis
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


def interrupt() -> None:
    """Raise what Ctrl-C raises."""
    raise KeyboardInterrupt


class CtrlC:
    """Calls `come` at one place of all that this thread does from the start on, counted from 1."""

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
        sys._getframe().f_trace_opcodes = (
            True  # otherwise Python 3.12 tells of no instruction, of later functions neither
        )
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
