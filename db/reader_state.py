"""State of a reader before a digest: what most of them do not have need not be read for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select

from db import tables
from monitor.model.digests import SUPPLEMENT, ReaderState

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, ScalarSelect, Table

_reader, _digest = tables.subscriber, tables.digest


def load_reader_state(connection: Connection, subscriber: str, slot: str) -> ReaderState:
    """Load the state of a subscriber (by key), and whether a slot has its digest, even an empty one."""
    row = connection.execute(_STATE, {"reader": subscriber, "slot": slot}).first()
    return ReaderState() if row is None else ReaderState(**row._asdict())


def _has(table: Table) -> ColumnElement[bool]:
    """Return whether a table has rows of the reader, even of those that ended."""
    return select(table.c.id).where(table.c.subscriber_id == _reader.c.id).exists()


def _has_in_digests(table: Table) -> ColumnElement[bool]:
    """Return whether a table has rows of the reader's digests."""
    of_reader = table.c.digest_id == _digest.c.id, _digest.c.subscriber_id == _reader.c.id
    return select(table.c.digest_id).where(*of_reader).exists()


def _last(name: str, *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    """Return a fact of the reader's last digest, or of the last for which conditions hold."""
    of_reader = select(_digest.c[name]).where(_digest.c.subscriber_id == _reader.c.id, *where)
    return of_reader.order_by(_digest.c.id.desc()).limit(1).scalar_subquery()


_STATE: Final = select(
    select(_digest.c.id)
    .where(_digest.c.subscriber_id == _reader.c.id, _digest.c.slot == bindparam("slot"))
    .exists()
    .label("has_slot"),
    _last("as_of").label("last_as_of"),
    _last("composed_at").label("last_composed_at"),
    _last("composed_at", _digest.c.kind != "empty").label("told_at"),
    _last("composed_at", _digest.c.kind == "mailed", ~_digest.c.slot.contains(SUPPLEMENT)).label("mailed_at"),
    _reader.c.paused_at.is_not(None).label("was_paused"),
    _has(tables.follow).label("has_followed"),
    _has(tables.mute).label("has_muted"),
    _has(tables.mark).label("has_marked"),
    _has_in_digests(tables.digest_waiting).label("was_reminded"),
    _has_in_digests(tables.digest_promise).label("was_told_of_promises"),
    select(tables.note.c.id).exists().label("has_notes"),
).where(_reader.c.key == bindparam("reader"))
"""Built once: each digest executes it, and building a statement takes longer than executing it."""
