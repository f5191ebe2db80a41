"""The stateful model with a few sequences and a fixed seed. bench/soak.py runs many, each of 100 steps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from db.digests import Digests
from tests.reliability.life import prove
from tests.reliability.tally import Budget

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from monitor.model.digests import NewDigest


def test_nothing_is_lost_or_mailed_twice(tmp_path: Path) -> None:
    tally = prove(tmp_path, Budget(seed=4, count=2), steps=20)
    assert tally.failures == []
    assert tally.is_good


def test_a_digest_that_does_not_record_its_content_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Digests.store
    monkeypatch.setattr(Digests, "store", lambda self, new: store(self, _emptied(new)))
    tally = prove(tmp_path, Budget(seed=4, count=3), steps=5)
    assert not tally.is_good
    assert any("does not contain" in failure for failure in tally.failures)


def _emptied(new: NewDigest) -> NewDigest:
    return replace(new, told=())
