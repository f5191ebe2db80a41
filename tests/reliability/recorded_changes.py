"""Recorded questions and what happens to them, day by day: tabled, held, answered, corrected, withdrawn."""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

Value = dict[str, Any]

_DAY = timedelta(days=1)
_UNANSWERED: Value = {
    "answerText": "",
    "answerIsHolding": False,
    "dateAnswered": None,
    "dateHoldingAnswer": None,
    "answeringMemberId": None,
    "answeringMember": None,
    "attachments": [],
    "attachmentCount": 0,
}


class Change(NamedTuple):
    """A question as it is from a day on. `state`: "tabled", "holding", "answered", "corrected" or "withdrawn"."""

    day: date
    state: str
    value: Value


def recorded(folder: Path, month: str, one_in: int) -> list[Value]:
    """Return one in so many of the questions that were recorded for a month ("2024-11"), as Parliament's API gives them.

    Those whose texts are cut, and those with a correction, whose first answers were not recorded, are left out.
    """
    path = folder / "written-questions-api" / f"detail-commons-tabled-{month}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [value for line in islice(lines, 0, None, one_in) if _is_plain(value := json.loads(line))]


def _is_plain(value: Value) -> bool:
    unusual = ("isWithdrawn", "answerIsCorrection", "dateAnswerCorrected")
    return bool(value["textIsComplete"]) and not any(value[key] for key in unusual)


def changes_of(value: Value) -> list[Change]:
    """Return what happened to a question, the last of each day, in the order of days.

    It is tabled, held and answered as recorded. Since a month has few corrections and withdrawals, one answer in ten is
    corrected on the second working day after it, and one question in twenty is withdrawn on the first, unless it was
    answered by then. Texts that were not recorded say so.
    """
    tabled_on, held_on, answered_on = map(
        _day, (value["dateTabled"], value["dateHoldingAnswer"], value["dateAnswered"])
    )
    assert tabled_on is not None
    unanswered = {**value, **_UNANSWERED}
    changes = [Change(tabled_on, "tabled", unanswered)]
    [withdrawn_on] = working_days(tabled_on + _DAY, 1)
    number = int(value["uin"])
    if number % 20 == 3 and (held_on or answered_on or date.max) > withdrawn_on:
        return [*changes, Change(withdrawn_on, "withdrawn", {**unanswered, "isWithdrawn": True})]
    if held_on is not None and held_on != answered_on:
        changes.append(Change(held_on, "holding", {**unanswered, **_held(value)}))
    if answered_on is not None:
        changes.append(Change(answered_on, "holding" if value["answerIsHolding"] else "answered", value))
    if changes[-1].state == "answered" and number % 10 == 7:
        corrected_on = working_days(changes[-1].day + _DAY, 2)[1]
        changes.append(Change(corrected_on, "corrected", {**value, **_corrected(value, corrected_on)}))
    return list({change.day: change for change in changes}.values())


def _held(value: Value) -> Value:
    """Return what a holding answer changes."""
    text, on = "<p>[This holding answer was not recorded.]</p>", value["dateHoldingAnswer"]
    return {"answerText": text, "answerIsHolding": True, "dateAnswered": on, "dateHoldingAnswer": on}


def _corrected(value: Value, day: date) -> Value:
    """Return what a correction changes."""
    who = {f"correcting{part}": value[f"answering{part}"] for part in ("MemberId", "Member")}
    text = f"{value['answerText']}<p>[Corrected.]</p>"
    return {**who, "answerText": text, "answerIsCorrection": True, "dateAnswerCorrected": f"{day}T00:00:00"}


def _day(stamp: str | None) -> date | None:
    return date.fromisoformat(stamp[:10]) if stamp else None


def working_days(first: date, count: int) -> list[date]:
    """Return so many working days from a day on."""
    days = (first + timedelta(days=number) for number in range(2 * count + 7))
    return [day for day in days if day.weekday() < 5][:count]
