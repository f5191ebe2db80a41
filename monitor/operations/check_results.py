"""Results of checks, and words for figures in them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta


class Level(StrEnum):
    """Severity of a finding."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Result of a check. `text`: one sentence. `remedy`: what to do, "" for nothing."""

    check: str
    level: Level
    text: str
    remedy: str = ""


def fine(check: str, text: str) -> Finding:
    """Return the finding that all is well."""
    return Finding(check=check, level=Level.OK, text=text)


def warning(check: str, text: str, remedy: str) -> Finding:
    """Return the finding that something works, but not as meant or not for long."""
    return Finding(check=check, level=Level.WARNING, text=text, remedy=remedy)


def failed(check: str, text: str, remedy: str) -> Finding:
    """Return the finding that something does not work."""
    return Finding(check=check, level=Level.FAILED, text=text, remedy=remedy)


def shown_size(size: int) -> str:
    """Return a size with its unit: "3.4 MB"."""
    if size < 1024:  # noqa: PLR2004 (a kibibyte)
        return f"{size} bytes"
    number = float(size)
    for unit in ("kB", "MB", "GB"):
        number /= 1024
        if number < 1024:  # noqa: PLR2004
            return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"  # noqa: PLR2004
    return f"{number / 1024:.1f} TB"


def ago(age: timedelta) -> str:
    """Return a past time in one unit: "3 hours ago"."""
    seconds = int(age.total_seconds())
    if seconds < 0:
        return "in the future"
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return f"{counted(seconds // length, unit)} ago"
    return "just now"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "2 mails"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
