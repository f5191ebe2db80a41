"""What revisions point to: keys of other records, and columns of the Official Report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert

from db import models

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from monitor.model import Proceeding


def targets_of(proceeding: Proceeding) -> list[str]:
    """All that a proceeding points to, each once: in its mark-up, and in its words."""
    return list(dict.fromkeys(proceeding.refers))


def note_references(connection: Connection, revision_ids: Sequence[int], afters: Sequence[Proceeding]) -> None:
    """Note what revisions that were just stored point to."""
    rows = [
        {"revision_id": revision_id, "target": target}
        for revision_id, after in zip(revision_ids, afters, strict=True)
        for target in targets_of(after)
    ]
    if rows:
        connection.execute(insert(models.reference), rows)
