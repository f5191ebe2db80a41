"""Errors at a few of the points that bench/soak.py tries in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.demo.sample import FIRST_DAY
from monitor.presentation.differences import differences
from tests.reliability.errors import error_at_each_name, error_at_each_point
from tests.reliability.tally import Budget
from tests.reliability.world import FOLDER, SEVERAL, SQLITE, _an_answer, _changed, _mark

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reliability.world import Place


def test_changes_of_two_questions_are_never_alike() -> None:
    """Changes of the same words are told as one, and the proofs look for a link to each question."""
    changes = []
    for number in (7, 9):
        before = _changed(_an_answer(number, FIRST_DAY), "edited", FIRST_DAY)
        after = _changed(before, "corrected", FIRST_DAY)
        change = differences(str(before["answerText"]), str(after["answerText"]))
        assert _mark(before) != _mark(after)
        changes.append((change.removed, change.added))
    assert changes[0] != changes[1]


@pytest.mark.parametrize("place", [SQLITE, FOLDER, SEVERAL], ids=str)
def test_an_error_is_reported_and_overcome(tmp_path: Path, place: Place) -> None:
    tally = error_at_each_point(tmp_path, Budget(seed=1, count=2), at=[place], scenes=["run"])
    assert tally.failures == []
    assert tally.tried == 2


def test_an_error_at_a_name_is_reported_and_overcome(tmp_path: Path) -> None:
    tally = error_at_each_name(tmp_path, Budget(seed=1, count=2), at=[FOLDER], scenes=["run", "db reindex"])
    assert tally.failures == []
    assert tally.tried == 2
