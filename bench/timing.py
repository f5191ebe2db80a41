# ruff: noqa: INP001 - a script's module, no part of a package
"""Stopwatch: CPU time of this process, and time on the clock."""

from __future__ import annotations

from time import perf_counter, process_time
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


class Took(NamedTuple):
    """Seconds."""

    cpu: float
    wall: float


def timed(act: Callable[[], _T]) -> tuple[Took, _T]:
    """Act, and how long that took."""
    cpu, wall = process_time(), perf_counter()
    came = act()
    return Took(process_time() - cpu, perf_counter() - wall), came
