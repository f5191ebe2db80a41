"""Other processes that help with much work. Each computes only: one process reads and writes the archive."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def helpers(prepare: Callable[..., None] | None = None, *given: object) -> Iterator[ProcessPoolExecutor]:
    """Start a process for each core, which takes about a second. Each first calls `prepare` with what is given."""
    context = multiprocessing.get_context("spawn")  # a fork would copy connections to the database
    pool = ProcessPoolExecutor(os.cpu_count() or 1, mp_context=context, initializer=partial(_begin, prepare, *given))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(prepare: Callable[..., None] | None, *given: object) -> None:
    # Ctrl-C, which all processes of a terminal get, ends only the one that stores.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if prepare is not None:
        prepare(*given)
