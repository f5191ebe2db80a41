"""Entries of a list, parsed as they come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from monitor.errors import ParseError, parsing, without_frames
from monitor.model.sources import Listed, Payload
from scrapers.paged_list import entry_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.model.records import Proceeding
    from scrapers.http.exchange import Response


def parse_entry(
    parse: Callable[[Payload], Proceeding], payload: Payload
) -> tuple[Proceeding, None] | tuple[None, ParseError]:
    """Parse an entry, or return the error, so that one bad entry does not cost the others of its list."""
    try:
        with parsing(payload.key):
            return parse(payload), None
    except ParseError as exc:
        return None, without_frames(exc)


def listed_entry(parse: Callable[[Payload], Proceeding], entry: Any, payload: Payload) -> Listed:
    """Return an entry that the list has in full, parsed or with the error."""
    proceeding, error = parse_entry(parse, payload)
    return Listed(payload=payload, list_hash=entry_hash(entry), proceeding=proceeding, error=error)


def payload_of_entry(source: str, key: str, entry: Any, response: Response) -> Payload:
    """Return an entry of a JSON list as a payload of its own."""
    return Payload(
        source=source, key=key, url=response.url, fetched_at=response.fetched_at, body=json.dumps(entry).encode()
    )
