"""Ctrl-C at each place of a transaction that writes: what is written next, as that a run was interrupted, waits for nothing.

Each place in one transaction is tried, through SQLAlchemy and the standard library.
"""

from __future__ import annotations

import gc
import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import insert, select

from db import engine as engines
from db import tables
from db.engine import open_engine
from db.store import Store
from tests.ctrl_c import CtrlC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import QueuePool


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, archive_url: str) -> Iterator[Store]:
    """Return an archive whose writers hardly wait for each other. Its connections that were forgotten go with it."""
    caplog.set_level(logging.CRITICAL, "sqlalchemy.pool")  # pytest keeps what is logged, and with it the connection
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 20)
    engine = open_engine(archive_url)
    yield Store(engine, lambda: datetime(2024, 11, 27, tzinfo=UTC), timedelta(hours=1))
    engine.dispose()
    gc.collect()  # a forgotten connection warns as it is deleted: here, and not in a later test


@pytest.mark.filterwarnings(
    "ignore:transaction already deassociated",
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
def test_what_is_written_after_ctrl_c_waits_for_nothing(store: Store) -> None:
    """Try it in a thread of its own.

    Where a trace function raises at the end of an `except`, Python 3.11 holds the exception for one that is still handled,
    and gives it to all later ones of the thread as their context.
    """
    with ThreadPoolExecutor(1) as thread:
        cut_off, last = thread.submit(cut_off_everywhere, store).result()
    stored = names(store)
    assert len(cut_off) > 100
    assert {f"after {number}" for number in cut_off} <= stored
    assert f"cut off {last}" in stored
    assert "cut off 1" not in stored
    assert sys.exc_info() == (None, None, None)


def cut_off_everywhere(store: Store) -> tuple[list[int], int]:
    """Write, cut off at each place in turn, and then write again; return these places, and the first that there is not.

    On SQLite each write finds a connection: where one has to be made first, some places of the transaction are not reached.
    """
    write(store, "before")
    place, is_over = 0, False
    cut_off = []
    while not is_over:
        place += 1
        if store.engine.dialect.name == "sqlite":
            names(store)
        ctrl_c = CtrlC(place)
        try:
            ctrl_c.start()
            write(store, f"cut off {place}")
            sys.settrace(None)
            is_over = not ctrl_c.has_come  # where an object is deleted, Python drops the exception
        except KeyboardInterrupt:
            cut_off.append(place)
            write(store, f"after {place}")
        free_connections(store)
    return cut_off, place


def write(store: Store, name: str) -> None:
    with store.write() as connection:
        connection.execute(select(tables.meta.c.value)).all()
        connection.execute(insert(tables.meta).values(key=name, value=""))


def names(store: Store) -> set[Any]:
    return set(store.scalars(select(tables.meta.c.key)))


def free_connections(store: Store) -> None:
    """Forget a connection whose taking was cut off: a pool lends fifteen, and a process takes one Ctrl-C."""
    if cast("QueuePool", store.engine.pool).checkedout():
        store.engine.dispose()
