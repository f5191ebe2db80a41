"""Changes of a record since the version that an item shows, where the newest one no longer has the words found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.model.records import Event, State
from monitor.parliament.lifecycle import classify
from monitor.presentation.wording import long_day

if TYPE_CHECKING:
    from monitor.model.digests import Item


@dataclass(frozen=True, slots=True)
class Since:
    """A change in two words, for lists, and in a sentence; both "" for none that a reader must know."""

    words: str = ""
    sentence: str = ""


def since_shown(item: Item) -> Since:
    """Say that what an item shows was corrected, changed or withdrawn since, which a later digest tells by itself."""
    if item.latest is None:
        return Since()
    shown, now = item.revision.proceeding, item.latest.proceeding
    happened = classify(shown, now)
    if now.state is State.WITHDRAWN and Event.WITHDRAWN in happened:
        words = "withdrawn since" if now.is_withdrawn else "no longer published"
        return Since(words, f"{words.capitalize()}: this is what it said.")
    if Event.CORRECTED in happened:
        day = f", on {long_day(now.corrected_on)}" if now.corrected_on else ""
        return Since("corrected since", f"Corrected since{day}: do not quote this. The link leads to the new words.")
    if Event.EDITED in happened:
        return Since("changed since", "Its words were changed since. The link leads to the new ones.")
    return Since()
