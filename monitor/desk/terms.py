"""A term before it is saved, as a request may try it: within bounds, and with what may be slips in it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from monitor import app
from monitor.research.suggestions import unknown_words
from monitor.research.term_tools.doubts import doubts
from monitor.research.term_tools.reports import Bounds, time_limit, trial_of
from monitor.terms.slips import may_have_slips

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.desk.desks import Desk
    from monitor.model.watching import Topic
    from monitor.research.term_tools.doubts import Doubt
    from monitor.terms.tree import Term

LOOKED_AT: Final = 500
"""Newest records with a term that are read: so many take some tenths of a second."""

COUNTED: Final = 10_000
"""Records up to which a term's finds are counted."""

LONGEST_STEP: Final = 1.0
"""Seconds after which each step of a trial ends: reading, counting, and counting what lies near."""


def trial_bounds() -> Bounds:
    """Return the bounds of a trial that somebody waits for."""
    return Bounds(looked_at=LOOKED_AT, counted=COUNTED, begin=partial(time_limit, LONGEST_STEP))


def try_term(desk: Desk, term: Term, exclude: Sequence[str], topic: Topic | None) -> dict[str, Any]:
    """Report what a term would find with these exclusions, within the bounds: see `trial_of`."""
    return trial_of(term, exclude, topic, desk.archive, desk.lexicon, bounds=trial_bounds())


def words_not_found(desk: Desk, term: Term) -> list[str]:
    """Say, for a term that finds nothing, which of its words no record has and what these may be slips for."""
    return list(unknown_words(desk.archive, desk.lexicon, term, is_over=time_limit(LONGEST_STEP)))


def find_doubts(desk: Desk, term: str) -> list[Doubt]:
    """Find what may be slips in a term, judged by what the archive holds."""
    if not may_have_slips(term):
        return []
    is_empty = desk.archive.records.is_empty()
    return doubts(term, None if is_empty else app.record_counter(desk.config, desk.archive))
