"""Items in words, shared by the digests of one compose: most readers of a topic get an item in the very same words."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Final

from monitor.digest.shared import BoundedCache
from monitor.presentation.entry import entry_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from monitor.model.digests import Item
    from monitor.presentation.entry import Due, Entry

    MakeEntry = Callable[..., Entry]

MOST_ENTRIES: Final = 2_000
"""Entries that are kept: some tens of megabytes, and several days of answers."""


class SharedEntries:
    """Makes the entries of items. It is for digests of one archive, one instant and one configuration alone."""

    def __init__(self) -> None:
        self._entries: BoundedCache[Hashable, Entry] = BoundedCache(MOST_ENTRIES)

    def entry_of(self, item: Item, topics: dict[str, str], due: Due, number: int = 0, *, hosts: Sequence[str]) -> Entry:
        """Put an item into words as `presentation.entry.entry_of` does."""
        if item.follows or item.muted or item.notes:  # its reader's own
            return entry_of(item, topics, due, number, hosts=hosts)
        entry = self._entries.get(_key(item, topics), lambda: entry_of(item, topics, due, hosts=hosts))
        return entry.numbered(number) if number else entry


def _key(item: Item, topics: dict[str, str]) -> Hashable:
    """Return everything in an item, and the names of its topics: its words depend on nothing else."""
    found_in = tuple(item.found_in.items())
    matches = (*item.matches, *item.same_matches, *(match for _, found in found_in for match in found))
    keys = dict.fromkeys((*item.topics, *(match.topic for match in matches)))
    facts = (getattr(item, field.name) for field in fields(item) if field.name != "found_in")  # a dict has no hash
    return (*facts, found_in, tuple((key, topics.get(key)) for key in keys))
