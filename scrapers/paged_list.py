"""Lists that come in pages by `skip` and `take`, and may move while they are read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapers.http.exchange import Response

MAX_PASSES: Final = 3
"""Readings of a list that moves while it is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a list. `total`: entries of the whole list, as this page counts them."""

    response: Response
    total: int
    entries: list[Any]


@dataclass(slots=True)
class WholeList:
    """A list read to its end. `entries`: by key, each with the response that it came in; `note`: why it is not whole."""

    entries: dict[str, tuple[Any, Response]] = field(default_factory=dict)
    total: int = 0
    note: str = ""


def read_whole_list(read_page: Callable[[int], Page], key_of: Callable[[Any], str]) -> WholeList:
    """Read a list page by page, again where entries are missing because it moved. Raises what `read_page(skip)` raises.

    An entry without a key is kept under a hash of it.
    """
    found = WholeList()
    for _ in range(MAX_PASSES):
        skip = 0
        while True:
            page = read_page(skip)
            found.total = page.total
            for entry in page.entries:
                found.entries[key_of(entry) or entry_hash(entry)] = (entry, page.response)
            skip += len(page.entries)
            if not page.entries or skip >= page.total:
                break
        if len(found.entries) >= found.total:
            found.note = ""
            return found
        found.note = f"{len(found.entries)} of {found.total} were found"
    return found


def entry_hash(entry: Any) -> str:
    """Hash an entry of a list."""
    return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()
