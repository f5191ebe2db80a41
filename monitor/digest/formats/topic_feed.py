"""Entries of a topic's feed: one for each version of a record, so that an entry never changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from markupsafe import escape

from monitor.digest.arrange import is_correction
from monitor.parliament.links import OFFICIAL_HOSTS
from monitor.presentation.changes import change_of
from monitor.presentation.entry import SHOWN_PROMISES
from monitor.presentation.feeds.document import Feed, FeedEntry, tag
from monitor.presentation.feeds.entries import feed_entry
from monitor.presentation.promise_words import made_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from monitor.model.digests import Item
    from monitor.model.watching import Subscriber
    from monitor.presentation.entry import Due


def topic_feed(
    reader: Subscriber,
    items: Sequence[Item],
    topics: dict[str, str],
    due: Due,
    *,
    instance: str,
    now: datetime,
    rights: str,
    hosts: Sequence[str] = OFFICIAL_HOSTS,
) -> Feed:
    """Return the new entries of a topic's feed, corrections first.

    `instance`: name of the archive. `rights`: licences of the records. `hosts`: hosts whose links may be clicked.
    """
    ordered = sorted(items, key=lambda item: not is_correction(item))
    return Feed(
        id=tag("feed", instance, reader.key),
        title=f"{reader.name} (pqwatch)",
        about=f"What is published in Parliament on {reader.name}, and what is corrected.",
        updated=now,
        entries=tuple(_entry(item, topics, due, now, hosts) for item in ordered),
        rights=rights,
    )


def _entry(item: Item, topics: dict[str, str], due: Due, now: datetime, hosts: Sequence[str]) -> FeedEntry:
    """Return the entry of a version of a record, with an id of its own."""
    revision = item.revision
    item = replace(item, told_on=None)  # readers of a feed had no digest
    entry = feed_entry(revision, revision.seen_at, item.matches, topics, due, hosts=hosts)
    promised = "".join(f"\n<p>{escape(line)}</p>" for line in made_lines(item.promises, SHOWN_PROMISES))
    entry = replace(entry, html=f"{entry.html}{promised}")
    version = tag("record", revision.proceeding.id, revision.proceeding.source, str(revision.number))
    change = change_of(item)
    if change is None or not change.label:
        return replace(entry, id=version, updated=now)
    title = entry.title.partition(": ")[2] if entry.title.startswith(f"{change.label}: ") else entry.title
    paragraph = f"<p><strong>{escape(change.label)}.</strong> {escape(change.sentence)}</p>"
    return replace(entry, id=version, updated=now, title=f"{change.label}: {title}", html=f"{paragraph}\n{entry.html}")
