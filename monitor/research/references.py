"""Records by the references that users type."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Final

from monitor.model.search import Filters

if TYPE_CHECKING:
    from db.archive import Archive

_MAY_BE_REFERENCE: Final = re.compile(r"[\d:/?]")
"""A reference has a figure, or is an address or a key."""


_MAY_BE_WORDS: Final = re.compile(r"\d+|[a-z]+-\S*", re.IGNORECASE)
"""A figure, and words with a hyphen such as covid-19, may be references and are more often words of a text."""


def is_citation(reference: str) -> bool:
    """Return whether a text has the form of a citation or of a number with letters, which are hardly words of a text."""
    if not _MAY_BE_REFERENCE.search(reference) or _MAY_BE_WORDS.fullmatch(reference):
        return False
    from monitor.research.reference_parser import sought  # noqa: PLC0415 (most searches do without)

    return sought(reference) is not None


def find_ids(archive: Archive, reference: str) -> list[int] | None:
    """Return the row ids of the records that have a reference, newest first, or None where it is not a reference."""
    if not _MAY_BE_REFERENCE.search(reference) or "\0" in reference:  # PostgreSQL refuses NUL
        return None
    from monitor.research.reference_parser import sought  # noqa: PLC0415 (most searches do without)

    asked = sought(reference)
    if asked is None:
        return None
    if asked.known_as:
        ids = archive.cross_references.find(asked.known_as)
        if asked.is_sure or not ids:
            return ids
        filters = Filters(ids=ids)
    else:
        filters = Filters(first=asked.on, last=asked.on)
    with closing(archive.search.hits(None, filters)) as hits:
        return [hit.proceeding_id for hit in hits if asked.is_meant(hit.revision.proceeding)]
