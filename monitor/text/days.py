"""Days as people type them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

FIRST_DAY: Final = date(1000, 1, 1)
LAST_DAY: Final = date(2999, 12, 31)
"""Days outside this range are typing errors, and no days could be counted from them."""


def read_day(text: str, today: date) -> date | None:
    """Return a day: `2024-11-26`, `today`, `yesterday`, or `7d` (seven days ago); None if it is no such thing."""
    day = _read_day(text, today)
    return day if day is not None and FIRST_DAY <= day <= LAST_DAY else None


def read_day_to_come(text: str, today: date) -> date | None:
    """Return a day: `2026-12-24`, `today`, `tomorrow`, or `7d` (in seven days); None if it is no such thing."""
    if text == "tomorrow":
        return today + timedelta(days=1)
    if within := re.fullmatch(r"(\d{1,5})d", text, re.ASCII):
        return today + timedelta(days=int(within[1]))
    return None if text == "yesterday" else read_day(text, today)


def _read_day(text: str, today: date) -> date | None:
    if text == "today":
        return today
    if text == "yesterday":
        return today - timedelta(days=1)
    if ago := re.fullmatch(r"(\d{1,5})d", text, re.ASCII):
        return today - timedelta(days=int(ago[1]))
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
