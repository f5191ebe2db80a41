"""The calendar that renews itself, as its users see it: the service moves a recess between two runs, then is down."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from monitor.demo.sample import SECOND_DAY
from monitor.model.records import House
from tests.e2e.desk import text_of

if TYPE_CHECKING:
    from monitor.demo.parliament import Parliament
    from tests.e2e.desk import Desk

pytestmark = [pytest.mark.slow, pytest.mark.longest]

CHRISTMAS = (date(2024, 12, 20), date(2025, 1, 5))
MOVED = (date(2024, 12, 2), date(2025, 1, 5))


def due_days(desk: Desk) -> dict[str, tuple[str, str]]:
    """Return the due days of open questions: by the program's rule, and by Parliament's calendar."""
    found = json.loads(desk.ask("search", "--state", "tabled", "--house", "commons", "--json", "--limit", "0").out)
    return {row["id"]: (row["due_on"], row["due_on_by_parliament"]) for row in found}


def calendar_of(desk: Desk) -> dict[str, Any]:
    return dict(json.loads(desk.ask("status", "--json").out)["calendar"])


def test_a_recess_that_moves_moves_due_days_and_is_told(mailed_desk: Desk, parliament: Parliament) -> None:
    before, known = due_days(mailed_desk), calendar_of(mailed_desk)
    assert known["failure"] is None
    assert [row["house"] for row in known["houses"] if row["known_until"]] == ["commons", "lords"]

    parliament.now = SECOND_DAY
    parliament.calendar.move("Recess", House.COMMONS, *MOVED, near=CHRISTMAS[0])
    assert mailed_desk.ask("run", "--as-of", SECOND_DAY.isoformat()).code == 0
    sentence = "Moved: the recess of the House of Commons begins on 2 December 2024, not on 20 December 2024."
    [mail] = mailed_desk.messages()
    assert sentence in " ".join(text_of(mail).split())
    after = due_days(mailed_desk)
    moved = {name for name in before if name in after and after[name] != before[name]}
    assert moved
    assert all(after[name][0] > "2025-01-05" > before[name][0] for name in moved)

    parliament.faults.calendar_down = True
    done = mailed_desk.ask("collect", "--source", "calendar", "--as-of", SECOND_DAY.isoformat())
    assert done.code == 0
    assert "503" in calendar_of(mailed_desk)["failure"]
    assert due_days(mailed_desk) == after
