"""The cells of hostile_http.py in this process, some in a process of their own, and programs that must fail them."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from json import JSONDecoder
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scrapers import strict_json
from scrapers.http import client, exchange, transport
from tests.reliability.hostile_http import CELLS, PROOFS, Bench, Cell

ROOT = Path(__file__).resolve().parents[2]

IN_CHILDREN = """
import json, sys, threading
from pathlib import Path
from scrapers import strict_json
from tests.reliability import hostile_http as module
cells = {str(cell): cell for cell in module.CELLS}
bench = module.Bench(Path(sys.argv[1]))
tally = module.try_cells(Path(sys.argv[1]), module.Budget(seed=1, count=1))
found = [tally.tried, *tally.failures]
strict_json.MAX_VALUES = 10**9
found += module.try_in_child(bench, cells["seven million lists, detail, always"])
module.DEADLINE = 0.1
module.Bench.problems_with = lambda *_: threading.Event().wait()
found += module.try_in_child(bench, module.CELLS[0])
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"))


@pytest.fixture(autouse=True)
def _no_proxy_and_no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "READ_SLICE", 0.02)  # how soon a client sees that its clock was moved
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_each_faulty_reply_has_the_expected_outcome(bench: Bench, cell: Cell) -> None:
    assert bench.problems_with(cell) == []


def test_the_proof_has_the_same_cells() -> None:
    assert [proof.full for proof in PROOFS] == [len({str(cell) for cell in CELLS})] == [len(CELLS)]
    assert len(CELLS) > 400


class _CarelessGzip(gzip.GzipFile):
    """Gzip reader that accepts a stream that is cut short."""

    def read(self, size: int | None = -1) -> bytes:
        try:
            return super().read(size)
        except EOFError:
            return b""


_CARELESS = SimpleNamespace(GzipFile=_CarelessGzip, BadGzipFile=gzip.BadGzipFile)
BROKEN: dict[str, tuple[str, tuple[Any, str, Any], str]] = {
    "a reply that was not asked for is taken": (
        *("several answers at once, list, always", (client, "close_stale_connection", lambda _: False)),
        "0 entries, not 2",
    ),
    "a cut gzip stream is taken": (
        *("gzip, cut, detail, always", (exchange, "gzip", _CARELESS)),
        "nothing of 'a body that is cut short",
    ),
    "NaN is accepted": ("NaN in a record, list, always", (strict_json, "_DECODER", JSONDecoder()), "is no JSON: NaN"),
    "redirects are followed anywhere": (
        *("redirect to another port, detail, always", (client, "follow_redirect", lambda _, there: there)),
        "led the client to another server",
    ),
    "pauses are cut short": (
        *("503, in seconds, list, always", (client, "retry_after", lambda *_: 1.0)),
        "s, not 120",
    ),
}


@pytest.mark.parametrize(("name", "change", "problem"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_promise_is_reported(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str, change: tuple[Any, str, Any], problem: str
) -> None:
    monkeypatch.setattr(*change)
    [cell] = [cell for cell in CELLS if str(cell) == name]
    problems = bench.problems_with(cell)
    assert problem in " ".join(problems)
    assert all(text.startswith(f"{name}: ") for text in problems)


def test_the_proof_reports_too_much_memory_and_time(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603 (our own code)
        [sys.executable, "-c", IN_CHILDREN, str(tmp_path)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    tried, memory, time = json.loads(done.stdout)
    assert tried == 1
    assert memory.startswith("seven million lists, detail, always: MemoryError: ")
    assert time == f"{CELLS[0]}: the process ended with -9 and printed nothing"
