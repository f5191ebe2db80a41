"""The proofs of fuzz.py with a few fixed mutants, and readers that must fail them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from monitor.errors import ParseError
from tests.reliability import fuzz as module
from tests.reliability.fuzz import PROOFS, READERS, fuzz, fuzz_guarded
from tests.reliability.readers import Reader
from tests.reliability.tally import Budget

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_hostile_bytes_give_a_record_or_an_error_of_ours(reader: Reader, tmp_path: Path) -> None:
    tally = fuzz(reader, tmp_path, Budget(seed=20, count=reader.few))
    assert tally.failures == []
    assert tally.tried == reader.few


def make_reader(read: Callable[[Any], object]) -> Reader:
    return Reader(name="x", full=9, few=9, prepare=lambda _: (lambda dice: dice.randbytes(4), read))


def test_an_unexpected_error_is_reported_with_its_place(tmp_path: Path) -> None:
    [first, *_] = fuzz(make_reader(json.loads), tmp_path, Budget(seed=3, count=2)).failures
    assert first.startswith("seed 3, mutant 0: UnicodeDecodeError: ")
    assert "(at " in first


def test_an_error_of_ours_is_accepted(tmp_path: Path) -> None:
    def refuse(_: bytes) -> None:
        raise ParseError("no")

    assert fuzz(make_reader(refuse), tmp_path, Budget(seed=3, count=5)).is_good


def test_a_seed_and_a_number_give_the_same_mutant_again(tmp_path: Path) -> None:
    seen: list[bytes] = []
    for _ in range(2):
        fuzz(make_reader(seen.append), tmp_path, Budget(seed=3, count=5))
    assert seen[:5] == seen[5:]
    assert len(set(seen)) == 5


def test_a_reading_that_takes_too_long_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stall(_: bytes) -> None:
        time.sleep(60)  # the watchdog ends it

    monkeypatch.setattr(module, "MOST_SECONDS", 0.01)
    monkeypatch.setattr(module, "WARM_UP_COUNT", 0)
    tally = fuzz_guarded(make_reader(stall), tmp_path, Budget(seed=3, count=1))
    assert tally.failures == ["seed 3, mutant 0: took more than 0.01 s"]


def test_growing_memory_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    peaks = iter((1000, 1000 + module.MOST_GROWTH + 1))
    monkeypatch.setattr(module, "peak", lambda: next(peaks))
    tally = fuzz_guarded(make_reader(len), tmp_path, Budget(seed=3, count=5))
    assert tally.failures == ["seed 3: the memory grew by 64 MiB in 5 mutants"]


def test_the_peak_of_the_memory_is_in_kibibytes() -> None:
    assert 10_000 < module.peak() < 100_000_000


def test_every_reader_has_a_proof() -> None:
    assert [proof.name for proof in PROOFS] == [f"fuzz {reader.name}" for reader in READERS]
    assert all(proof.full >= reader.few for proof, reader in zip(PROOFS, READERS, strict=True))
