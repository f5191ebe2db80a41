"""Ledger of promises as it is asked for: filters as typed, and a part of the list, within a time."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from monitor.desk.search import RefusedSearchError, topic_key
from monitor.model.promises import PromiseFilters, PromiseState
from monitor.presentation.wording import count_of, one_line
from monitor.research.promises import find_entries, ledger_reach
from monitor.research.time_limit import time_limit
from monitor.text.days import read_day
from monitor.text.similarity import nearest

if TYPE_CHECKING:
    from monitor.desk.desks import Desk
    from monitor.research.promises import LedgerEntry

MOST_SECONDS: Final = 20
"""Seconds of reading promises for one part of the list; then it ends, and says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerQuery:
    """Query of the ledger, as it was filled in. `is_all`: of every record, not of the watched topics alone."""

    topic: str = ""
    state: str = ""
    body: str = ""
    minister: str = ""
    since: str = ""
    is_all: bool = False

    def parameters(self, **others: Any) -> dict[str, Any]:
        """Return the parameters of an address that asks the same, with others in their places."""
        own = {
            "topic": self.topic,
            "state": self.state,
            "body": self.body,
            "minister": self.minister,
            "since": self.since,
            "all": "yes" if self.is_all else "",
        }
        return {**own, **others}


def ledger_filters(desk: Desk, query: LedgerQuery) -> PromiseFilters:
    """Return the filters of the ledger. Raises RefusedSearchError for a value that can't be used."""
    if query.is_all and query.topic:
        raise RefusedSearchError("Every answer, and one topic, exclude each other: leave out one of them.")
    if query.state and query.state not in list(PromiseState):
        raise RefusedSearchError(f"state: choose one of {', '.join(state.value for state in PromiseState)}.")
    since = read_day(query.since, desk.today) if query.since else None
    if query.since and since is None:
        problem = f"{one_line(query.since)} is no day. Write 2024-11-26, today or 30d."
        raise RefusedSearchError(problem, parameter="since", name="since")
    topics = (topic_key(desk, query.topic),) if query.topic else tuple(desk.topic_names)
    is_of_every = query.is_all or bool(query.minister)
    return PromiseFilters(
        topics=topics if query.topic or not is_of_every else None,
        bodies=_bodies(desk, query.body) if query.body else None,
        ministers=(query.minister,) if query.minister else None,
        since=since,
        state=PromiseState(query.state) if query.state else None,
        today=desk.today,
    )


def _bodies(desk: Desk, words: str) -> tuple[str, ...]:
    found: tuple[str, ...] = desk.archive.promises.bodies(words)
    if not found:
        near = nearest(words, desk.archive.records.bodies(), 1)
        hint = f" Did you mean {one_line(near[0])}?" if near else ""
        raise RefusedSearchError(f"No answering body has {one_line(words)} in its name.{hint}", parameter="body")
    return found


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Promises of one page. `is_cut`: reading took too long, so that there may be more than these."""

    entries: list[LedgerEntry]
    has_more: bool
    is_cut: bool


def find_page(desk: Desk, filters: PromiseFilters, first: int, limit: int) -> LedgerPage:
    """Read so many promises from a place of the list on."""
    is_over = time_limit(MOST_SECONDS)
    entries: list[LedgerEntry] = []
    with closing(find_entries(desk.archive, filters, desk.today)) as found:
        for entry in islice(found, first, None):
            if len(entries) == limit:
                return LedgerPage(entries, has_more=True, is_cut=False)
            entries.append(shown_entry(desk, entry))
            if is_over():
                return LedgerPage(entries, has_more=False, is_cut=True)
    return LedgerPage(entries, has_more=False, is_cut=False)


def shown_entry(desk: Desk, entry: LedgerEntry) -> LedgerEntry:
    """Return a promise as it may be shown: on a public page without the names and reasons of those who decided."""
    if not desk.config.web.public:
        return entry
    promises = tuple(
        replace(
            promise,
            decisions=tuple(replace(decision, decided_by="", reason="") for decision in promise.decisions),
            topics=(),
        )
        for promise in entry.promises
    )
    return replace(entry, promises=promises)


def reach_words(desk: Desk) -> str:
    """Say how far the ledger reaches; "" where it has read everything."""
    reach = ledger_reach(desk.archive)
    if reach.is_whole:
        return ""
    return f"The ledger has read {reach.read:,} of {count_of(reach.of, 'revision')} so far. Each run goes on."
