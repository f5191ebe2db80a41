"""Load what the sources told of records, and keep the rows of records that searches filter by up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, select, update

from db import tables
from db.rows import chunks, insert_all, load_parts, proceeding_of
from monitor.model.records import SourceRevision
from monitor.model.revisions import LatestRevision, RecordHistory
from monitor.parliament.identifiers import column_parts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection

    from monitor.model.records import Proceeding
    from monitor.model.revisions import RecordPlan


def load_histories(connection: Connection, source: str, proceeding_ids: Iterable[int]) -> dict[int, RecordHistory]:
    """Load the histories of records as a source sees them; a record without revisions has none."""
    found: dict[int, RecordHistory] = {}
    for chunk in chunks(sorted(set(proceeding_ids))):
        _read_own(connection, source, chunk, found)
        table = tables.revision
        others = select_source_revisions(connection, table.c.proceeding_id.in_(chunk), table.c.source != source)
        for proceeding_id, is_told in others:
            found.setdefault(proceeding_id, RecordHistory()).others.append(is_told)
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
        latest = LatestRevision(row.number, row.seen_at, proceeding, row.is_news)
        found[row.proceeding_id] = RecordHistory(own=latest)


def load_source_revisions(connection: Connection, records: Sequence[int]) -> dict[int, list[SourceRevision]]:
    """Load all revisions of some records, oldest first."""
    found: dict[int, list[SourceRevision]] = {record: [] for record in records}
    for record, revision in select_source_revisions(connection, tables.revision.c.proceeding_id.in_(records)):
        found[record].append(revision)
    return found


def select_source_revisions(connection: Connection, *where: ColumnElement[bool]) -> list[tuple[int, SourceRevision]]:
    """Load revisions, oldest first, each with the row id of its record."""
    table = tables.revision
    rows = connection.execute(select(table).where(*where).order_by(table.c.id)).all()
    parts: dict[int, dict[str, str]] = {}
    for chunk in chunks([row.id for row in rows]):
        parts |= load_parts(connection, chunk)
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


def update_records(connection: Connection, plans: Sequence[RecordPlan], new: Mapping[int, int]) -> None:
    """Update the rows of records after new revisions. `new`: row id of the last new revision of each record.

    The latest day that a question was ever set down for is kept.
    """
    if not plans:
        return
    table = tables.proceeding
    known: dict[int, date | None] = {}
    for chunk in chunks([plan.record for plan in plans]):
        query = select(table.c.id, table.c.due_floor_on).where(table.c.id.in_(chunk))
        known |= {row.id: row.due_floor_on for row in connection.execute(query)}
    _write_rows(
        connection, {plan.record: _row(plan, new, _later(known[plan.record], plan.set_down_for)) for plan in plans}
    )


def replace_records(connection: Connection, plans: Sequence[RecordPlan]) -> None:
    """Replace the rows of records by what all of their revisions say, after revisions came or went."""
    _write_rows(connection, {plan.record: _row(plan, {}, plan.set_down_for) for plan in plans})


def _write_rows(connection: Connection, facts: Mapping[int, dict[str, Any]]) -> None:
    table = tables.proceeding
    _name_members(connection, facts.values())
    rows = [{"this": record} | {f"new_{name}": value for name, value in row.items()} for record, row in facts.items()]
    values: dict[str, Any] = {name.removeprefix("new_"): bindparam(name) for name in rows[0] if name != "this"}
    connection.execute(update(table).where(table.c.id == bindparam("this")).values(values), rows)


def insert_records(
    connection: Connection,
    fresh: Mapping[int, Proceeding],
    plans: Sequence[RecordPlan],
    new: Mapping[int, int],
    now: datetime,
) -> None:
    """Insert the rows of records that were never seen. `fresh`: the first proceeding of each; `new`: its revision."""
    if not fresh:
        return
    rows = [
        {
            "id": plan.record,
            "public_id": fresh[plan.record].id,
            "legislature": fresh[plan.record].house.legislature,
            "house": fresh[plan.record].house.value,
            "first_seen_at": now,
            **_row(plan, new, plan.set_down_for),
        }
        for plan in plans
    ]
    _name_members(connection, rows)
    insert_all(connection, tables.proceeding, rows)


def _row(plan: RecordPlan, new: Mapping[int, int], due_floor_on: date | None) -> dict[str, Any]:
    preferred = new[plan.record] if plan.preferred is None else plan.preferred
    return {"due_floor_on": due_floor_on, "latest_revision_id": preferred, **_facts_to_filter_by(plan.facts)}


def _name_members(connection: Connection, rows: Collection[dict[str, Any]]) -> None:
    """Name members who came as a mere number, where the archive knows them: filters by name look at the rows."""
    unnamed = [(row, role) for row in rows for role in _ROLES if row[role] is None and row[f"{role}_id"]]
    if not unnamed:
        return
    table = tables.member
    known: dict[int, tuple[str, str | None]] = {}
    for chunk in chunks(sorted({row[f"{role}_id"] for row, role in unnamed})):
        query = select(table.c.member_id, table.c.name, table.c.party).where(table.c.member_id.in_(chunk))
        known |= {row.member_id: (row.name, row.party) for row in connection.execute(query)}
    for row, role in unnamed:
        if row[f"{role}_id"] in known:
            row[role], row[f"{role}_party"] = known[row[f"{role}_id"]]


def _later(*days: date | None) -> date | None:
    return max((day for day in days if day is not None), default=None)


_ROLES: Final = ("asker", "minister", "speaker")
"""Roles of members in a row."""


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
    """Return the first and last column in the Official Report, and the suffix behind them; None if it has no place there.

    A last column before the first is a misprint, and "1366" to "7W" an abbreviation: of both only the first is sure.
    """
    begins = column_parts(after.column) if after.column else None
    if begins is None:
        return None, None, None
    ends = column_parts(after.column_to) if after.column_to else None
    first, suffix = begins
    return first, max(first, ends[0] if ends else first), suffix or (ends[1] if ends else "")
