"""Load what the sources told of records, and keep the rows of records that searches filter by up to date."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, select, update

from db import tables
from db.codec import load_parts, proceeding_of
from db.rows import chunks, insert_all
from monitor.parliament.identifiers import column_parts
from monitor.parliament.provenance import SourceRevision, rank_revisions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection

    from monitor.model.records import Proceeding


@dataclass(slots=True)
class LatestRevision:
    """The latest revision that a source told of a record."""

    number: int
    seen_at: datetime
    told: SourceRevision

    @property
    def proceeding(self) -> Proceeding:
        """The proceeding as it told it."""
        return self.told.proceeding


@dataclass(slots=True)
class RecordHistory:
    """How a record stands for one source: the latest that it told itself, and all that others told, oldest first."""

    own: LatestRevision | None = None
    others: list[SourceRevision] = field(default_factory=list)


def load_histories(connection: Connection, source: str, proceeding_ids: Iterable[int]) -> dict[int, RecordHistory]:
    """How records stand for a source; of those that it or another told of before."""
    found: dict[int, RecordHistory] = {}
    for some in chunks(sorted(set(proceeding_ids))):
        _read_own(connection, source, some, found)
        table = tables.revision
        others = select_source_revisions(connection, table.c.proceeding_id.in_(some), table.c.source != source)
        for proceeding_id, told in others:
            found.setdefault(proceeding_id, RecordHistory()).others.append(told)
    return found


def _read_own(
    connection: Connection, source: str, proceeding_ids: Sequence[int], found: dict[int, RecordHistory]
) -> None:
    table = tables.revision
    newest = (
        select(func.max(table.c.id).label("id"))
        .where(table.c.source == source, table.c.proceeding_id.in_(proceeding_ids))
        .group_by(table.c.proceeding_id)
        .subquery()
    )
    rows = connection.execute(select(table).join(newest, newest.c.id == table.c.id)).all()
    parts = load_parts(connection, [row.id for row in rows])
    for row in rows:
        proceeding = proceeding_of(row.facts, parts.get(row.id, {}))
        told = SourceRevision(id=row.id, source=source, proceeding=proceeding, is_news=row.is_news)
        found[row.proceeding_id] = RecordHistory(own=LatestRevision(row.number, row.seen_at, told))


def load_source_revisions(connection: Connection, proceeding_id: int) -> list[SourceRevision]:
    """All that was ever told of a record, oldest first."""
    return [told for _, told in select_source_revisions(connection, tables.revision.c.proceeding_id == proceeding_id)]


def select_source_revisions(connection: Connection, *where: ColumnElement[bool]) -> list[tuple[int, SourceRevision]]:
    """Revisions, oldest first, each with the row of its record."""
    table = tables.revision
    rows = connection.execute(select(table).where(*where).order_by(table.c.id)).all()
    parts: dict[int, dict[str, str]] = {}
    for some in chunks([row.id for row in rows]):
        parts |= load_parts(connection, some)
    return [
        (
            row.proceeding_id,
            SourceRevision(
                id=row.id,
                source=row.source,
                proceeding=proceeding_of(row.facts, parts.get(row.id, {})),
                is_news=row.is_news,
            ),
        )
        for row in rows
    ]


# -- rows of records --------------------------------------------------------------------------------------------------


def update_records(
    connection: Connection, counting: Mapping[int, Sequence[SourceRevision]], told: Iterable[tuple[int, Proceeding]]
) -> None:
    """Bring the rows that searches filter by up to the revisions that count, by record.

    `counting`: what each source told last, first the revision that counts; its number and its place in the Official Report
    are another's where it has none. `told`: all that was told just now, whether it counts or not: the latest day that a
    question was ever set down for is kept.
    """
    if not counting:
        return
    table = tables.proceeding
    floors: dict[int, date | None] = {}
    for some in chunks(list(counting)):
        query = select(table.c.id, table.c.due_floor_on).where(table.c.id.in_(some))
        floors |= {row.id: row.due_floor_on for row in connection.execute(query)}
    for proceeding_id, after in told:
        floors[proceeding_id] = _later(floors[proceeding_id], after.date_for_answer)
    facts = {proceeding_id: _row(some, floors[proceeding_id]) for proceeding_id, some in counting.items()}
    _name(connection, facts.values())
    rows = [
        {"this": proceeding_id} | {f"new_{name}": value for name, value in row.items()}
        for proceeding_id, row in facts.items()
    ]
    values: dict[str, Any] = {name.removeprefix("new_"): bindparam(name) for name in rows[0] if name != "this"}
    connection.execute(update(table).where(table.c.id == bindparam("this")).values(values), rows)


def insert_records(
    connection: Connection,
    fresh: Mapping[int, Proceeding],
    counting: Mapping[int, Sequence[SourceRevision]],
    told: Iterable[tuple[int, Proceeding]],
    now: datetime,
) -> None:
    """Insert the rows of records that were never seen: as `update_records`, with each its first proceeding."""
    if not fresh:
        return
    floors: dict[int, date | None] = {}
    for proceeding_id, after in told:
        floors[proceeding_id] = _later(floors.get(proceeding_id), after.date_for_answer)
    rows = [
        {
            "id": proceeding_id,
            "public_id": first.id,
            "legislature": first.house.legislature,
            "house": first.house.value,
            "first_seen_at": now,
            **_row(counting[proceeding_id], floors[proceeding_id]),
        }
        for proceeding_id, first in fresh.items()
    ]
    _name(connection, rows)
    insert_all(connection, tables.proceeding, rows)


def refresh_records(connection: Connection, proceeding_ids: Iterable[int]) -> None:
    """Bring the rows of records up to all that was ever told of them, after revisions came or went."""
    table = tables.proceeding
    for proceeding_id in proceeding_ids:
        told = load_source_revisions(connection, proceeding_id)
        connection.execute(update(table).where(table.c.id == proceeding_id).values(due_floor_on=None))
        update_records(
            connection, {proceeding_id: rank_revisions(told)}, [(proceeding_id, one.proceeding) for one in told]
        )


def _row(some: Sequence[SourceRevision], due_floor_on: date | None) -> dict[str, Any]:
    facts = _facts_to_filter_by(_filled(some))
    return {"due_floor_on": due_floor_on, "latest_revision_id": some[0].id, **facts}


def _name(connection: Connection, rows: Collection[dict[str, Any]]) -> None:
    """Name members who came as a mere number, where the archive knows them: filters by name look at the rows."""
    unnamed = [(row, role) for row in rows for role in _ROLES if row[role] is None and row[f"{role}_id"]]
    if not unnamed:
        return
    table = tables.member
    known: dict[int, tuple[str, str | None]] = {}
    for some in chunks(sorted({row[f"{role}_id"] for row, role in unnamed})):
        query = select(table.c.member_id, table.c.name, table.c.party).where(table.c.member_id.in_(some))
        known |= {row.member_id: (row.name, row.party) for row in connection.execute(query)}
    for row, role in unnamed:
        if row[f"{role}_id"] in known:
            row[role], row[f"{role}_party"] = known[row[f"{role}_id"]]


def _filled(some: Sequence[SourceRevision]) -> Proceeding:
    """The proceeding that counts, with what is not known of it but by others."""
    first, *others = (one.proceeding for one in some)
    if not first.uin and (numbered := next((one for one in others if one.uin), None)):
        first = replace(first, uin=numbered.uin)
    if not first.column and (placed := next((one for one in others if one.column), None)):
        first = replace(first, series=placed.series, column=placed.column, column_to=placed.column_to)
    return first


def _later(one: date | None, other: date | None) -> date | None:
    return max((day for day in (one, other) if day is not None), default=None)


_ROLES: Final = ("asker", "minister", "speaker")
"""Who is named in a row."""


def _facts_to_filter_by(after: Proceeding) -> dict[str, Any]:
    asker, minister, speaker = after.asked_by, after.minister, after.made_by
    first, last, suffix = _columns(after)
    return {
        "kind": after.kind.value,
        "uin": after.uin.upper() if after.uin else None,
        "state": after.state.value,
        "day": after.day,
        "tabled_on": after.tabled_on,
        "answered_on": after.answered_on,
        "made_on": after.made_on,
        "named_day": bool(after.named_day),
        "body": after.body,
        "series": after.series,
        "first_column": first,
        "last_column": last,
        "column_suffix": suffix,
        "asker_id": asker.member_id if asker else None,
        "asker": asker.called if asker else None,
        "asker_party": asker.party if asker else None,
        "minister_id": minister.member_id if minister else None,
        "minister": minister.called if minister else None,
        "minister_party": minister.party if minister else None,
        "speaker_id": speaker.member_id if speaker else None,
        "speaker": speaker.called if speaker else None,
        "speaker_party": speaker.party if speaker else None,
    }


def _columns(after: Proceeding) -> tuple[int | None, int | None, str | None]:
    """Where it stands in the Official Report: first and last column, and the suffix behind them; None for nowhere.

    A last column before the first is a misprint, and "1366" to "7W" an abbreviation: of both only the first is sure.
    """
    begins = column_parts(after.column) if after.column else None
    if begins is None:
        return None, None, None
    ends = column_parts(after.column_to) if after.column_to else None
    first, suffix = begins
    return first, max(first, ends[0] if ends else first), suffix or (ends[1] if ends else "")
