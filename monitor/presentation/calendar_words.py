"""Sentences about the sitting calendar: recesses that were announced, moved or taken back, and likely ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.presentation.wording import house_name, listed, long_day, long_range

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from monitor.model.announced_days import RecessNews
    from monitor.model.records import House

MOST_NAMED: Final = 3
"""Recesses that one sentence names."""


def news_in_words(news: Sequence[RecessNews]) -> list[str]:
    """Say what was announced: one sentence for all that is new of a House, and one for each change."""
    new: dict[House, list[str]] = {}
    for recess in news:
        if recess.is_new and recess.days:
            new.setdefault(recess.house, []).append(long_range(list(recess.days)))
    announced = [
        f"Announced {'recess' if len(days) == 1 else 'recesses'} of the {house_name(house)}: {_named(days)}."
        for house, days in new.items()
    ]
    return announced + [change_in_words(recess) for recess in news if not recess.is_new]


def _named(days: list[str]) -> str:
    more = [f"{len(days) - MOST_NAMED} later"] if len(days) > MOST_NAMED else []
    return listed([*days[:MOST_NAMED], *more])


def change_in_words(recess: RecessNews) -> str:
    """Say how a recess was moved, or that it was taken back."""
    was = long_range(list(recess.was)) if recess.was else ""
    name = house_name(recess.house)
    if not recess.days:
        return f"No longer announced: the recess of the {name}, {was}."
    first, last = recess.days
    if recess.was and first == recess.was[0]:
        return f"Moved: the recess of the {name} ends on {long_day(last)}, not on {long_day(recess.was[1])}."
    if recess.was and last == recess.was[1]:
        return f"Moved: the recess of the {name} begins on {long_day(first)}, not on {long_day(recess.was[0])}."
    return f"Moved: the recess of the {name} is {long_range(list(recess.days))}, not {was}."


def differing_due_days(due_on: date | None, by_parliament: date | None) -> str:
    """Say both due days where Parliament's calendar has another one; "" where it has not."""
    if due_on is None or by_parliament is None or due_on == by_parliament:
        return ""
    return f"{long_day(due_on)}; by Parliament's calendar {long_day(by_parliament)}"


def likely_in_words(house: House, since: date) -> str:
    """Say that a House is likely in recess."""
    return (
        f"The {house_name(house)} is likely in recess or prorogued since {long_day(since)}: no question was tabled on days "
        "on which it would sit. No question that waits is called late."
    )
