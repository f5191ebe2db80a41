"""List of all who get digests as JSON has it, with the last digest and the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.digest.schedule import due_readers, next_slot
from monitor.parliament.lifecycle import REPORTED_EVENTS
from monitor.presentation.record_json import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.deliveries import DeliveryState, Retired
    from monitor.model.digests import DigestRow
    from monitor.model.watching import Subscriber


def reader_rows(config: Config, archive: Archive, readers: Iterable[Subscriber], now: datetime) -> list[dict[str, Any]]:
    """Return readers as `pqwatch subscribers list --json` prints them."""
    readers = list(readers)
    due = {reader.key for reader in due_readers(archive, readers, config.schedule, now)}
    retired = {address.address: address for address in archive.deliveries.retired()}
    paused_since = archive.watch_list.paused_since()
    names = {topic.key: topic.name for topic in config.topics}
    last = archive.digests.last_of_each()
    states = archive.deliveries.states_of_digests([digest.id for digest in last.values()])
    return [
        {
            "schema": SCHEMA,
            "id": reader.key,
            "name": reader.name,
            "email": reader.email or None,
            "topics": [names[key] for key in reader.topics],
            **_wishes(reader),
            **_pause(archive, reader, paused_since.get(reader.key)),
            "last_digest": _last_digest(last.get(reader.key), states),
            "due": reader.key in due and reader.key in last,
            "next_at": _next_at(config, reader, now),
            **_refusals(retired.get(reader.recipient.lower())),
            "promises": reader.promises,
            "channel": reader.channel,
            "kept_in": reader.kept_in,
        }
        for reader in readers
    ]


def _wishes(reader: Subscriber) -> dict[str, Any]:
    return {
        "cadence": reader.cadence,
        "at": None if reader.cadence == "instant" else reader.at,
        "subject": reader.subject,
        "mentions": reader.mentions,
        "new_questions": reader.new_questions,
        "waiting": reader.waiting,
        "quiet_days": reader.quiet_days,
    }


def _pause(archive: Archive, reader: Subscriber, since: datetime | None) -> dict[str, Any]:
    return {
        "paused": reader.paused,
        "paused_since": since.isoformat() if reader.paused and since else None,
        "missed": archive.pending.kept_back(reader.key, REPORTED_EVENTS) if reader.paused else None,
    }


def _next_at(config: Config, reader: Subscriber, now: datetime) -> str | None:
    slot = None if reader.paused else next_slot(reader, config.schedule, now)
    return slot.isoformat() if slot else None


def _refusals(retired: Retired | None) -> dict[str, Any]:
    return {
        "refused_since": retired.since.isoformat() if retired and retired.since else None,
        "put_aside": list(retired.waiting) if retired else [],
    }


def _last_digest(digest: DigestRow | None, states: Mapping[int, Sequence[DeliveryState]]) -> dict[str, Any] | None:
    if digest is None:
        return None
    return {
        "id": digest.id,
        "slot": digest.slot,
        "kind": digest.kind,
        "items": digest.items,
        "mail": ", ".join(state.value for state in states.get(digest.id, ())) or None,
    }
