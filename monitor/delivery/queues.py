"""Queues of the outbox that config.toml names, and what follows when it changes."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from monitor.model.deliveries import FEED, MAIL, queue_of

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.config.settings import Config

_MARKS = "webhook_marks"
"""Key of the fact with a hash of each webhook's address, which does not reveal the address."""
_MARK = 16
"""Characters of the hash that are stored."""


def note_moved_webhooks(archive: Archive, config: Config) -> None:
    """Clear the failures of webhooks whose address has changed since the last run."""
    known = _marks(archive)
    instance = archive.runs.instance()
    marks = {
        webhook.reader.recipient: hashlib.sha256(f"{instance}\n{webhook.url.reveal()}".encode()).hexdigest()[:_MARK]
        for webhook in config.webhooks
        if webhook.url is not None
    }
    for recipient, mark in marks.items():
        if known.get(recipient, mark) != mark:
            archive.outbox.reset_queue(recipient)
    if marks.items() - known.items():
        archive.runs.set_fact(_MARKS, json.dumps(known | marks, sort_keys=True))


def _marks(archive: Archive) -> dict[str, str]:
    fact = archive.runs.fact(_MARKS)
    known: dict[str, str] = json.loads(fact) if fact else {}
    return known


def queues(config: Config) -> list[str]:
    """List the configured queues, mail first; the queue of feeds only if a folder is configured."""
    webhooks = (
        queue_of(reader.channel, reader.recipient) for reader in config.readers if reader.channel not in (MAIL, FEED)
    )
    return [MAIL, *webhooks, *([FEED] if config.topic_feeds.folder else [])]


def trim_feeds(archive: Archive, config: Config) -> None:
    """Delete stored feed entries that the feeds no longer show."""
    for reader in config.topic_feeds.readers:
        archive.deliveries.trim_feed(reader.recipient, config.topic_feeds.keep)
