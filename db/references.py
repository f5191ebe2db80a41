"""What revisions point to: keys of other records, and columns of the Official Report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert

from db import models
from monitor.references import targets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from monitor.model import Proceeding


def note_references(connection: Connection, revision_ids: Sequence[int], afters: Sequence[Proceeding]) -> None:
    """Note what revisions that were just stored point to."""
    rows = [
        {"revision_id": revision_id, "target": target}
        for revision_id, after in zip(revision_ids, afters, strict=True)
        for target in targets(after)
    ]
    if rows:
        connection.execute(insert(models.reference), rows)
