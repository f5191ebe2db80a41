"""People: what ministers promised, as their figures count it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.model.promises import Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class MinistersPromise:
    """A promise by the minister who made it first. `revision`: the newest of the record in which that was.

    `group`: the promise and its repetitions, oldest first, without their words and records.
    """

    minister: str
    revision: int
    group: tuple[Promise, ...]
