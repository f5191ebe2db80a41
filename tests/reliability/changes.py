"""Effects that outlive a process that is killed: commits, messages sent, files written.

A kill leaves the same state at every point between two such effects.
"""

from __future__ import annotations

import re

_PERSISTS = frozenset({"write", "open", "rename", "remove", "make folder", "copy pages"})
_READS = re.compile(r"b['\"](GET|HEAD) ")
_WRITES = re.compile(
    r"\s*(insert|update|delete|replace|create|alter|drop|truncate|vacuum|reindex|copy|with|pragma (journal_mode|wal_))"
    r"|.*\bsetval\b",
    re.IGNORECASE | re.DOTALL,
)


def persists(kind: str, name: str) -> bool:
    """Return whether the action at a point outlives the process. A commit does if something was written before it."""
    return kind in _PERSISTS or (kind == "send" and _READS.match(name) is None)


def writes(statement: str) -> bool:
    """Return whether a statement may change an archive: at once outside a transaction, otherwise at the commit."""
    return _WRITES.match(statement) is not None
