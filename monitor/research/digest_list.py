"""Digests composed so far as the JSON objects of docs/json.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.digests import DigestRow


def digest_json(archive: Archive, digest: DigestRow) -> dict[str, Any]:
    """Return a digest with its deliveries as its JSON object."""
    return {
        "id": digest.id,
        "subscriber": digest.subscriber,
        "slot": digest.slot,
        "kind": digest.kind,
        "items": digest.items,
        "subject": digest.subject,
        "as_of": digest.as_of.isoformat(),
        "composed_at": digest.composed_at.isoformat(),
        "deliveries": [
            {
                "id": delivery.id,
                "recipient": delivery.recipient,
                "state": delivery.state.value,
                "message_id": delivery.message_id,
                "channel": delivery.channel,
            }
            for delivery in archive.deliveries.of_digest(digest.id)
        ],
    }
