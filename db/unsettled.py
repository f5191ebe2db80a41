"""Marks of subscribers (db.settled) that are taken back, because revisions before them may be owed again.

Call these functions in the transaction that makes the change. None of them goes beside one that stores a digest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, or_, select, update

from db import tables

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, Select

_TAKEN_BACK: Final = (
    update(tables.subscriber)
    .where(tables.subscriber.c.settled_to >= bindparam("first"))
    .values(settled_to=bindparam("first") - 1)
)


def take_back(connection: Connection, first: int) -> None:
    """Move every mark back to before a revision, because it or later ones became news."""
    connection.execute(_TAKEN_BACK, {"first": first})


def take_back_of(connection: Connection, records: Collection[int] | Select[Any]) -> None:
    """Move marks back to before records (row ids): their revisions came or went, or their asker or body changed.

    These are the marks of all who were told of one of them or follow anything.
    """
    item, follow, revision = tables.digest_item, tables.follow, tables.revision
    first = connection.execute(select(func.min(revision.c.id)).where(revision.c.proceeding_id.in_(records))).scalar()
    if first is None:
        return
    of_reader = item.c.subscriber_id == tables.subscriber.c.id, item.c.proceeding_id.in_(records)
    was_told = select(item.c.revision_id).where(*of_reader).exists()
    follows = select(follow.c.id).where(follow.c.subscriber_id == tables.subscriber.c.id).exists()
    connection.execute(_TAKEN_BACK.where(or_(was_told, follows)), {"first": first})
