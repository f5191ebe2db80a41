"""The day on which a question is told as late for the first time."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, cast

import pytest

from monitor.research.days import _is_newly_late
from monitor.research.records import WaitingQuestion

if TYPE_CHECKING:
    from monitor.model.digests import OpenQuestion

FRIDAY = date(2024, 11, 22)


@pytest.mark.parametrize(("days_later", "is_told"), [(0, False), (1, False), (2, False), (3, True), (4, False)])
def test_a_question_due_on_friday_is_newly_late_on_monday_alone(days_later: int, is_told: bool) -> None:
    day = date.fromordinal(FRIDAY.toordinal() + days_later)
    waiting = WaitingQuestion(cast("OpenQuestion", None), FRIDAY, days_later)
    assert _is_newly_late(waiting, day) is is_told
