"""Entries of a list, parsed as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.errors import ParseError, without_frames

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.model.records import Proceeding
    from monitor.model.sources import Payload


def parse_entry(
    parse: Callable[[Payload], Proceeding], payload: Payload
) -> tuple[Proceeding, None] | tuple[None, ParseError]:
    """Parse an entry, or return the error, so that one bad entry does not cost the others of its list."""
    try:
        return parse(payload), None
    except ParseError as exc:
        return None, without_frames(exc)
