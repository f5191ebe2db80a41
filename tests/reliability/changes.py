"""What stays of a process that is killed: what it committed, sent and wrote.

Points between which nothing of that comes about leave the same behind, whichever of them it dies at.
"""

from __future__ import annotations

import re

_STAYS = frozenset({"write", "open", "rename", "remove", "make folder", "copy pages"})
_READS = re.compile(r"b['\"](GET|HEAD) ")
_WRITES = re.compile(
    r"\s*(insert|update|delete|replace|create|alter|drop|truncate|vacuum|reindex|copy|with|pragma (journal_mode|wal_))"
    r"|.*\bsetval\b",
    re.IGNORECASE | re.DOTALL,
)


def stays(kind: str, name: str) -> bool:
    """Whether what a point stands for stays by itself; a commit does if something was written since the last."""
    return kind in _STAYS or (kind == "send" and _READS.match(name) is None)


def writes(statement: str) -> bool:
    """Whether a statement changes an archive, or may: outside a transaction at once, else when that is committed."""
    return _WRITES.match(statement) is not None
