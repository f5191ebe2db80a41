"""Faults of the stand-in for Parliament, on demand."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Faults:
    """Switches for faults, all off at first. `every_n` counts all requests from the first one; 0 is never.

    `every_500`, `every_429` (with `retry_after`: the header as sent), `every_problem` (a ProblemDetails of status 500
    that comes with 200), `every_cut` (the body stops half way, Content-Length says all), `every_drop` (the connection
    closes without a word), `every_html` (a page of a proxy in place of JSON, with 200).
    `down`: 503 for everything. `latency`: seconds before each reply; `drip`: seconds between tenths of a body.
    `details_down`: ids of questions whose detail is 503. `fail_detail`: question id to the number of times that its
    detail still fails with 500; `gone`: ids whose detail is 404, the lists still have them. `shift`: rows that came (1)
    or went (-1) before the second page of a list.
    `duplicates`: each page's first row comes again as its last. `total_offset` is added to `totalResults`.
    `null_members`: member objects are null though expanded. `deep_skip`: 500 for a skip of so much or more.
    """

    every_500: int = 0
    every_429: int = 0
    retry_after: str | None = "1"
    every_problem: int = 0
    every_cut: int = 0
    every_drop: int = 0
    every_html: int = 0
    down: bool = False
    latency: float = 0.0
    drip: float = 0.0
    details_down: set[int] = field(default_factory=set)
    fail_detail: dict[int, int] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    shift: int = 0
    duplicates: bool = False
    total_offset: int = 0
    null_members: bool = False
    deep_skip: int | None = None

    def at(self, count: int) -> str | None:
        """Return the name of the fault of request number `count` (from 1), or None."""
        if self.down:
            return "down"
        for name in ("every_500", "every_429", "every_problem", "every_cut", "every_drop", "every_html"):
            interval: int = getattr(self, name)
            if interval and count % interval == 0:
                return name
        return None

    def fails_detail(self, question_id: int) -> bool:
        """Return whether this reading of a detail fails, and count it."""
        left = self.fail_detail.get(question_id, 0)
        if left:
            self.fail_detail[question_id] = left - 1
        return left > 0
