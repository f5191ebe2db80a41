"""The last year of a topic, as the weekly digest shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from monitor.model.promises import Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A member who asked on a topic for the first time. `questions`: how many since then.

    `seen_at`: when the first of them was read; None where that is not known.
    """

    name: str
    first_on: date
    questions: int
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicYear:
    """The last year of a topic (by key).

    `months`: number of records by month ("2024-11"), oldest first, the last of them not over; empty where the archive does
    not reach far enough back. `newcomers`: since the last digest, those with most questions first. `late`: promises whose
    days are over, each with its repetitions, those that are late longest first; `late_count`: how many there are.
    """

    topic: str
    months: tuple[tuple[str, int], ...] = ()
    newcomers: tuple[Newcomer, ...] = ()
    late: tuple[tuple[Promise, ...], ...] = ()
    late_count: int = 0

    @property
    def is_empty(self) -> bool:
        """True if there is nothing to say."""
        return not (self.months or self.newcomers or self.late)
