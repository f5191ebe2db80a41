"""Calls of every method of the archive while another process holds it, and methods that must fail the sweep."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func

from db import transactions
from db.host_turns import HostTurns
from db.runs import Runs
from db.tables import host_turn, meta
from db.transactions import writing
from tests.reliability import locked
from tests.reliability.archive_methods import SHARED_WORK, Method, methods, methods_of_workers
from tests.reliability.locked import PROOFS, on_postgresql, on_sqlite, populated_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FACT, SET_FACT = Method("runs", "fact"), Method("runs", "set_fact")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return populated_archive(tmp_path_factory.mktemp("locked"))


def test_every_method_raises_an_error_of_ours_on_a_lock(template: Path, postgres: str) -> None:
    waits_for_writer, tally = on_sqlite(template, methods())
    shared, of_postgresql = on_postgresql(postgres, template, waits_for_writer, methods_of_workers())
    tally.add(of_postgresql)
    assert tally.failures == []
    assert (set(waits_for_writer), set(shared)) == (set(methods()), set(methods_of_workers()))
    assert tally.tried == 5 * len(waits_for_writer) + 3 * len(shared) == PROOFS[0].full
    assert (waits_for_writer[FACT], waits_for_writer[SET_FACT]) == (False, True)
    assert {part for part in SHARED_WORK if any(method.part == part and waits for method, waits in shared.items())} == {
        "jobs",
        "match_ranges",
        "rounds",
        "split_readings",
    }


def test_the_sweep_finds_an_error_of_the_driver(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def raw(self: Runs, key: str) -> str | None:
        path = str(self._store.engine.url.database)
        connection = sqlite3.connect(path, timeout=0)
        try:
            found: str | None = connection.execute("select value from meta where key = ?", (key,)).fetchone()
            return found
        finally:
            connection.close()

    monkeypatch.setattr(Runs, "fact", raw)
    _, tally = on_sqlite(template, [FACT])
    assert tally.failures == [
        "runs.fact on sqlite, held exclusively: OperationalError: database is locked, not locked",
    ]


def test_the_sweep_finds_an_error_of_the_driver_in_shared_work(
    template: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raw(self: HostTurns, host: str) -> None:
        with self._store.engine.begin() as connection:
            connection.execute(host_turn.update().values(host=host, next_at=func.now()))

    raw.__annotations__["host"] = "str"
    monkeypatch.setattr(HostTurns, "take", raw)
    shared, tally = on_postgresql(postgres, template, {}, [Method("host_turns", "take")])
    assert shared == {Method("host_turns", "take"): False}
    [failure] = tally.failures
    assert "host_turns.take on postgresql, held exclusively: OperationalError" in failure


def test_the_sweep_finds_a_transaction_that_is_not_begun_again(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "TRIES", 1)
    _, tally = on_sqlite(template, [FACT, SET_FACT])
    assert tally.failures == ["runs.set_fact, when a writer let go: locked"]


def test_the_sweep_finds_a_change(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the holder hold nothing, so that the write of a method that should only read is committed."""

    @contextmanager
    def hold_nothing(_url: str) -> Iterator[Callable[[], None]]:
        yield lambda: None

    def by_half(self: Runs, key: str) -> str | None:
        with writing(self._store.engine) as connection:
            connection.execute(meta.insert().values(key=key, value="half"))
        return None

    monkeypatch.setattr(Runs, "fact", by_half)
    monkeypatch.setattr(locked, "held_by_a_writer", hold_nothing)
    _, tally = on_sqlite(template, [FACT])
    assert "held by a writer, rows were changed" in tally.failures


def test_the_sweep_reports_a_new_method_with_an_unknown_parameter(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def new(self: Runs, strange: Any) -> None:
        """Do nothing."""

    new.__annotations__["strange"] = "Strange"
    monkeypatch.setattr(Runs, "new", new, raising=False)
    assert Method("runs", "new") in methods()
    _, tally = on_sqlite(template, [Method("runs", "new")])
    assert tally.failures == ["runs.new: tests/reliability/archive_methods.py has no value for strange: Strange"]
