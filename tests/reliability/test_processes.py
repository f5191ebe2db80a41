"""Several processes on one archive, in a small round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reliability.crew import Crew
from tests.reliability.processes import (
    FULL_ROUND,
    PROOFS,
    ROUNDS,
    Round,
    run_round,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL = Round(transactions=6, mails=12, kills=2)


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with Crew() as crew:
        yield crew


def test_several_processes_on_one_archive(crew: Crew, postgres: str, tmp_path: Path) -> None:
    tally = run_round(crew, postgres, tmp_path / "round", SMALL)
    assert tally.failures == []
    assert tally.is_good
    assert tally.tried == SMALL.steps
    assert PROOFS[0].full == ROUNDS * FULL_ROUND.steps
