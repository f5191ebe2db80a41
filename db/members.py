"""Names of members and of answering bodies, as the archive knows them.

The bodies are kept as one fact about the archive, since each search asks for all of them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, or_, select, update

from db import tables
from monitor.model.records import Member, Proceeding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from sqlalchemy import Connection

    from db.engine import Store

ASK_AGAIN_AFTER = timedelta(days=30)
"""Time after which an unknown number, or a name that may have changed, is asked for again."""

_ROLES = ("asked_by", "answered_by", "corrected_by", "made_by")


class Members:
    """Names of members by number, as the Members API gave them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def unknown(self, ids: Iterable[int], today: date) -> list[int]:
        """Return the numbers that are worth asking for."""
        wanted = set(ids)
        if not wanted:
            return []
        with self._store.read() as connection:
            fresh = select(tables.member.c.member_id).where(
                tables.member.c.member_id.in_(wanted),
                or_(tables.member.c.name.is_not(None), tables.member.c.read_on > today - ASK_AGAIN_AFTER),
            )
            return sorted(wanted - set(connection.execute(fresh).scalars()))

    def remember(self, found: Mapping[int, Member | None], today: date) -> None:
        """Store the members found, also that a number is not known, and name them in the records that lacked names."""
        if not found:
            return
        with self._store.write() as connection:
            connection.execute(delete(tables.member).where(tables.member.c.member_id.in_(list(found))))
            connection.execute(
                insert(tables.member),
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
    table = tables.proceeding
    for role in ("asker", "minister", "speaker"):
        connection.execute(
            update(table)
            .where(table.c[f"{role}_id"] == number, table.c[role].is_(None))
            .values({role: member.name, f"{role}_party": member.party})
        )


def with_names(connection: Connection, proceedings: list[Proceeding]) -> list[Proceeding]:
    """Name members who came as a mere number, where the archive knows them."""
    missing = {
        member.member_id
        for proceeding in proceedings
        for role in _ROLES
        if (member := getattr(proceeding, role)) is not None and member.name is None and member.member_id is not None
    }
    if not missing:
        return proceedings
    table = tables.member
    known = {
        row.member_id: Member(member_id=row.member_id, name=row.name, party=row.party, constituency=row.constituency)
        for row in connection.execute(select(table).where(table.c.member_id.in_(missing), table.c.name.is_not(None)))
    }
    return [_with_member_names(proceeding, known) for proceeding in proceedings]


def _with_member_names(proceeding: Proceeding, known: Mapping[int, Member]) -> Proceeding:
    changes: dict[str, Any] = {
        role: known[member.member_id]
        for role in _ROLES
        if (member := getattr(proceeding, role)) is not None and member.name is None and member.member_id in known
    }
    return replace(proceeding, **changes) if changes else proceeding


_BODIES_FACT = "bodies"


def bodies(connection: Connection) -> list[str]:
    """Load the names of all bodies, in alphabetical order."""
    written = _noted_bodies(connection)
    return _distinct_bodies(connection) if written is None else written


def note_bodies(connection: Connection, names: Iterable[str | None]) -> None:
    """Note names that were just stored with their proceedings."""
    named = {name for name in names if name}
    if not named:
        return
    written = _noted_bodies(connection)
    known = _distinct_bodies(connection) if written is None else written
    if written is None or not named.issubset(known):
        value = json.dumps(sorted(named.union(known)), ensure_ascii=False)
        connection.execute(delete(tables.meta).where(tables.meta.c.key == _BODIES_FACT))
        connection.execute(insert(tables.meta).values(key=_BODIES_FACT, value=value))


def _noted_bodies(connection: Connection) -> list[str] | None:
    """Load the names as noted; None in an archive from before they were noted."""
    value = connection.execute(select(tables.meta.c.value).where(tables.meta.c.key == _BODIES_FACT)).scalar()
    return None if value is None else list(json.loads(value))


def _distinct_bodies(connection: Connection) -> list[str]:
    column = tables.proceeding.c.body
    return sorted(connection.execute(select(column).where(column.is_not(None)).distinct()).scalars())
