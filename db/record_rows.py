"""Rows of records that searches filter by, and the names that records go by: what follows from their revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select, update

from db import tables
from db.records import ROLES
from db.rows import IDS, insert_all, select_in
from db.unsettled import take_back_of
from monitor.parliament.identifiers import column_parts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from monitor.model.records import Proceeding
    from monitor.model.revisions import RecordPlan


_FOLLOWED_BY: Final = ("asker_id", "asker", "body")
"""Columns by which a subscriber follows the records of a member or of a body."""


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
            **_record_row(plan, new, plan.set_down_for),
        }
        for plan in plans
    ]
    _name_members(connection, rows)
    insert_all(connection, tables.proceeding, rows)


def update_records(connection: Connection, plans: Sequence[RecordPlan], new: Mapping[int, int]) -> None:
    """Update the rows of records after new revisions. `new`: row id of the last new revision of each record.

    The latest day that a question was ever set down for is kept.
    """
    if not plans:
        return
    table = tables.proceeding
    query = select(table.c.id, table.c.due_floor_on).where(table.c.id.in_(IDS))
    rows = select_in(connection, query, [plan.record for plan in plans])
    known: dict[int, date | None] = {row.id: row.due_floor_on for row in rows}
    _write_rows(
        connection,
        {plan.record: _record_row(plan, new, _later(known[plan.record], plan.set_down_for)) for plan in plans},
    )


def replace_records(connection: Connection, plans: Sequence[RecordPlan]) -> None:
    """Replace the rows of records by what all of their revisions say, after revisions came or went."""
    _write_rows(connection, {plan.record: _record_row(plan, {}, plan.set_down_for) for plan in plans})


def _write_rows(connection: Connection, facts: Mapping[int, dict[str, Any]]) -> None:
    table = tables.proceeding
    _name_members(connection, facts.values())
    _take_back_changed(connection, facts)
    rows = [{"this": record} | {f"new_{name}": value for name, value in row.items()} for record, row in facts.items()]
    values: dict[str, Any] = {name.removeprefix("new_"): bindparam(name) for name in rows[0] if name != "this"}
    connection.execute(update(table).where(table.c.id == bindparam("this")).values(values), rows)


def _take_back_changed(connection: Connection, facts: Mapping[int, dict[str, Any]]) -> None:
    """Take marks back where a record gets another asker or body: those who follow these may be owed what it holds."""
    table = tables.proceeding
    query = select(table.c.id, *(table.c[name] for name in _FOLLOWED_BY)).where(table.c.id.in_(IDS))
    rows = select_in(connection, query, list(facts))
    if changed := [row.id for row in rows if any(getattr(row, name) != facts[row.id][name] for name in _FOLLOWED_BY)]:
        take_back_of(connection, changed)


def _record_row(plan: RecordPlan, new: Mapping[int, int], due_floor_on: date | None) -> dict[str, Any]:
    preferred = new[plan.record] if plan.preferred is None else plan.preferred
    return {"due_floor_on": due_floor_on, "latest_revision_id": preferred, **_facts_to_filter_by(plan.facts)}


def _name_members(connection: Connection, rows: Collection[dict[str, Any]]) -> None:
    """Name members who came as a mere number, where the archive knows them: filters by name look at the rows."""
    unnamed = [(row, role) for row in rows for role in ROLES if row[role] is None and row[f"{role}_id"]]
    if not unnamed:
        return
    table = tables.member
    query = select(table.c.member_id, table.c.name, table.c.party).where(table.c.member_id.in_(IDS))
    members = select_in(connection, query, {row[f"{role}_id"] for row, role in unnamed})
    known: dict[int, tuple[str, str | None]] = {row.member_id: (row.name, row.party) for row in members}
    for row, role in unnamed:
        if row[f"{role}_id"] in known:
            row[role], row[f"{role}_party"] = known[row[f"{role}_id"]]


def _later(*days: date | None) -> date | None:
    return max((day for day in days if day is not None), default=None)


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
        "takes_place_on": after.takes_place_on,
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


# -- names ------------------------------------------------------------------------------------------------------------


def rename_records(connection: Connection, names: Mapping[int, str]) -> dict[str, int]:
    """Give records other public ids and keep the old ones as aliases; returns the aliases that are new.

    A record keeps its id where another one, maybe a hidden one, has the new name.
    """
    if not names:
        return {}
    table, other = tables.proceeding, tables.proceeding.alias()
    is_free = ~select(other.c.id).where(other.c.public_id == bindparam("name")).exists()
    query = update(table).where(table.c.id == bindparam("this"), is_free).values(public_id=bindparam("name"))
    before = public_ids(connection, names)
    connection.execute(query, [{"this": record, "name": name} for record, name in names.items()])
    after = public_ids(connection, names)
    renamed = {record: name for record, name in after.items() if name != before[record]}
    keep_public_ids(connection, {record: before[record] for record in renamed})
    return {name: record for record, name in renamed.items()}


def public_ids(connection: Connection, proceeding_ids: Iterable[int]) -> dict[int, str]:
    """Load the public ids of records."""
    table = tables.proceeding.c
    query = select(table.id, table.public_id).where(table.id.in_(IDS))
    return {row.id: row.public_id for row in select_in(connection, query, proceeding_ids)}


def keep_public_ids(connection: Connection, ids: Mapping[int, str]) -> None:
    """Keep the public ids of records as aliases, because the records will have others."""
    table = tables.alias
    known = {row.key for row in select_in(connection, select(table.c.key).where(table.c.key.in_(IDS)), ids.values())}
    rows = [{"key": name, "proceeding_id": record} for record, name in ids.items() if name not in known]
    insert_all(connection, table, rows)
