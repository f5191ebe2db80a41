"""Other processes that help with much work. Each computes only: one process reads and writes the archive."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from concurrent.futures import Future

_Given = TypeVar("_Given")
_Label = TypeVar("_Label")
_Found = TypeVar("_Found")

_AHEAD: Final = 4
"""Batches that are given out before the first result is taken, so that the other processes have work."""


@contextmanager
def helpers(prepare: Callable[..., None] | None = None, *given: object) -> Iterator[ProcessPoolExecutor]:
    """Start a process for each core, which takes about a second. Each first calls `prepare` with what is given."""
    context = multiprocessing.get_context("spawn")  # a fork would copy connections to the database
    pool = ProcessPoolExecutor(os.cpu_count() or 1, mp_context=context, initializer=partial(_begin, prepare, *given))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def in_order(
    pool: ProcessPoolExecutor, work: Callable[[_Given], _Found], batches: Iterable[tuple[_Given, _Label]]
) -> Generator[tuple[_Found, _Label]]:
    """Let the processes of a pool work on batches, and yield what they find with the label of each, in order."""
    begun: deque[tuple[Future[_Found], _Label]] = deque()
    for given, label in batches:
        begun.append((pool.submit(work, given), label))
        if len(begun) > _AHEAD:
            found, its_label = begun.popleft()
            yield found.result(), its_label
    for found, its_label in begun:
        yield found.result(), its_label


def _begin(prepare: Callable[..., None] | None, *given: object) -> None:
    # Ctrl-C, which all processes of a terminal get, ends only the one that stores.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if prepare is not None:
        prepare(*given)
