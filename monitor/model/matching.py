"""Watched terms and the work of matching them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from monitor.model.watching import Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchWork:
    """Terms that were all looked for up to the same revision, and the revisions to search next.

    `topics` holds these terms only. The row ids of the revisions: after < id <= to. `history_to`, by term: matches up to
    this revision are history. `is_range`: one range of a stretch whose other ranges are searched by others or later.
    """

    topics: tuple[Topic, ...]
    term_ids: Mapping[tuple[str, str], int]
    history_to: Mapping[int, int]
    after: int
    to: int
    is_range: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedTerm:
    """A watched term. `days`: number of its records by day; None: records without a day.

    `added_at`: since when it is watched. `is_behind`: some revisions were not searched for it yet.
    """

    topic: str
    term: str
    added_at: datetime
    is_behind: bool
    days: Mapping[date | None, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermPlace:
    """Place where a term matches: revision row id, part, start and end."""

    revision: int
    term: str
    part: str
    start: int
    end: int
