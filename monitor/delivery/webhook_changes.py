"""Webhooks over time: one that moved is tried at once, and what waits for one that is gone is held for a person."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from monitor.model.deliveries import FEED, MAIL, queue_of

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.config.settings import Config

_MARKS = "webhook_marks"
"""The archive's fact: a mark of each webhook's address, from which the address can't be told."""
_MARK = 16


def note_moves(archive: Archive, config: Config) -> None:
    """Forget what was said of webhooks whose address is another one than when a run last looked."""
    known = _marks(archive)
    instance = archive.runs.instance()
    marks = {
        one.reader.recipient: hashlib.sha256(f"{instance}\n{one.url.reveal()}".encode()).hexdigest()[:_MARK]
        for one in config.webhooks
        if one.url is not None
    }
    for recipient, mark in marks.items():
        if known.get(recipient, mark) != mark:
            archive.outlets.moved(recipient)
    if marks.items() - known.items():
        archive.runs.set_fact(_MARKS, json.dumps(known | marks, sort_keys=True))


def _marks(archive: Archive) -> dict[str, str]:
    fact = archive.runs.fact(_MARKS)
    known: dict[str, str] = json.loads(fact) if fact else {}
    return known


def strand(archive: Archive, config: Config) -> list[str]:
    """Hold what nobody hands over any more, for config.toml no longer has whom it is for; a sentence for each."""
    return archive.outlets.strand(queues(config))


def queues(config: Config) -> list[str]:
    """The queues that there are, mail first; that of the feeds only where there is a folder for them."""
    named = (queue_of(one.channel, one.recipient) for one in config.readers if one.channel not in (MAIL, FEED))
    return [MAIL, *named, *([FEED] if config.topic_feeds.folder else [])]


def thin(archive: Archive, config: Config) -> None:
    """Let go of what no feed shows any more."""
    for one in config.topic_feeds.readers:
        archive.outlets.thin(one.recipient, config.topic_feeds.keep)
