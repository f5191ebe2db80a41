"""Members' names, remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, or_, select, update

from db import models
from monitor.model.records import Member, Proceeding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from sqlalchemy import Connection

    from db.base import Store

ASK_AGAIN_AFTER = timedelta(days=30)
"""A number that the source did not know, or a name that may have changed, is asked for again after so long."""

_ROLES = ("asked_by", "answered_by", "corrected_by", "made_by")


class Members:
    """What the Members API told, by number."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def unknown(self, ids: Iterable[int], today: date) -> list[int]:
        """Those of `ids` that are worth asking for."""
        wanted = set(ids)
        if not wanted:
            return []
        with self._store.read() as connection:
            fresh = select(models.member.c.member_id).where(
                models.member.c.member_id.in_(wanted),
                or_(models.member.c.name.is_not(None), models.member.c.read_on > today - ASK_AGAIN_AFTER),
            )
            return sorted(wanted - set(connection.execute(fresh).scalars()))

    def remember(self, found: Mapping[int, Member | None], today: date) -> None:
        """Keep what was told, also that a number is not known; names reach the records that lacked them."""
        if not found:
            return
        with self._store.write() as connection:
            connection.execute(delete(models.member).where(models.member.c.member_id.in_(list(found))))
            connection.execute(
                insert(models.member),
                [
                    {
                        "member_id": number,
                        "name": member.name if member else None,
                        "party": member.party if member else None,
                        "constituency": member.constituency if member else None,
                        "read_on": today,
                    }
                    for number, member in found.items()
                ],
            )
            for number, member in found.items():
                if member is not None:
                    _name_in_proceedings(connection, number, member)


def _name_in_proceedings(connection: Connection, number: int, member: Member) -> None:
    table = models.proceeding
    for role in ("asker", "minister", "speaker"):
        connection.execute(
            update(table)
            .where(table.c[f"{role}_id"] == number, table.c[role].is_(None))
            .values({role: member.name, f"{role}_party": member.party})
        )


def with_names(connection: Connection, proceedings: list[Proceeding]) -> list[Proceeding]:
    """The same proceedings, members who came as a mere number named where the archive knows them."""
    missing = {
        member.member_id
        for proceeding in proceedings
        for role in _ROLES
        if (member := getattr(proceeding, role)) is not None and member.name is None and member.member_id is not None
    }
    if not missing:
        return proceedings
    table = models.member
    known = {
        row.member_id: Member(member_id=row.member_id, name=row.name, party=row.party, constituency=row.constituency)
        for row in connection.execute(select(table).where(table.c.member_id.in_(missing), table.c.name.is_not(None)))
    }
    return [_named(proceeding, known) for proceeding in proceedings]


def _named(proceeding: Proceeding, known: Mapping[int, Member]) -> Proceeding:
    changes: dict[str, Any] = {
        role: known[member.member_id]
        for role in _ROLES
        if (member := getattr(proceeding, role)) is not None and member.name is None and member.member_id in known
    }
    return replace(proceeding, **changes) if changes else proceeding
