"""Limits of time for work that a letter or a query could make long."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def time_limit(seconds: float) -> Callable[[], bool]:
    """Return a function that says whether so many seconds are over from now on."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until
