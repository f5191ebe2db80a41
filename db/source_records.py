"""Records of each source, by its own keys: when they were last seen, read and looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, or_, select, union, update

from db import tables
from db.cross_references import records_by_alias
from db.rows import IDS, select_in
from monitor.model.collection import Answered, KnownRecord
from monitor.model.records import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy import BindParameter, ColumnElement, Select, TextClause

    from db.store import Store
    from monitor.model.sources import Window

_IS_ANSWERED: Final = (State.ANSWERED.value, State.CORRECTED.value)
_ANSWERED: Final = (*_IS_ANSWERED, State.HOLDING.value)

_KNOWN: Final = (
    select(
        *(tables.source_record.c[name] for name in ("key", "list_hash", "detail_read_on")), tables.proceeding.c.state
    )
    .join(tables.proceeding, tables.proceeding.c.id == tables.source_record.c.proceeding_id)
    .where(
        tables.source_record.c.source == bindparam("of_source"),
        tables.source_record.c.key.in_(bindparam("keys", expanding=True)),
    )
)

GONE_AFTER_RUNS = 2
"""Runs in which a source must lack a record that was looked up before the record counts as withdrawn."""


class SourceRecords:
    """Records of a source: when they were last seen, read and looked up."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def known(self, source: str, keys: Sequence[str]) -> dict[str, KnownRecord]:
        """Return when the records of these keys were last read; keys that were never stored are left out."""
        if not keys:
            return {}
        return {
            row.key: KnownRecord(
                list_hash=row.list_hash, detail_read_on=row.detail_read_on, is_answered=row.state in _IS_ANSWERED
            )
            for row in self._store.rows(_KNOWN, {"of_source": source, "keys": list(keys)})
        }

    def keys_in_window(self, window: Window) -> list[str]:
        """Return the keys of stored records that a window should contain: dated on its day, not withdrawn."""
        if window.by not in _IN_WINDOW:
            return []
        asked = {"of_source": window.source, "house": window.house.value, "day": window.day}
        return self._store.scalars(_IN_WINDOW[window.by], asked)

    def days(self, keys: Sequence[str]) -> dict[str, date]:
        """Return the days of the records that go by these keys; keys that no record goes by are left out."""
        table = tables.proceeding
        query = select(table.c.id, table.c.day).where(table.c.id.in_(IDS), table.c.day.is_not(None))
        with self._store.read() as connection:
            known = records_by_alias(connection, keys)
            days = {row.id: row.day for row in select_in(connection, query, set(known.values()))}
        return {key: days[record] for key, record in known.items() if record in days}

    def answered_since(self, source: str, day: date) -> list[Answered]:
        """List the records answered or corrected since a day."""
        return [
            Answered(key=row.key, day=row.day, detail_read_on=row.detail_read_on, is_matched=bool(row.is_matched))
            for row in self._store.rows(_ANSWERED_SINCE, {"of_source": source, "since": day})
        ]

    def open_before(self, source: str, day: date, *, looked_up_before: date | None = None) -> list[str]:
        """Return the keys of open questions tabled before a day, and not looked up since another if one is given."""
        asked: dict[str, str | date] = {"of_source": source, "before": day}
        if looked_up_before is None:
            return self._store.scalars(_OPEN_BEFORE, asked)
        return self._store.scalars(_NOT_LOOKED_UP, asked | {"looked_up_before": looked_up_before})

    def coming(self, source: str, today: date) -> list[str]:
        """Return the keys of stored records that are set down for a day or later, and were not called off."""
        return self._store.scalars(_COMING, {"of_source": source, "day": today})

    def gone_once(self, source: str, since: date) -> list[str]:
        """Return the keys of open and recent records that the source lacked when they were last looked up, once so far."""
        return self._store.scalars(_GONE_ONCE, {"of_source": source, "since": since})

    def note_look_up(self, source: str, keys: Iterable[str], *, today: date, gone: bool) -> list[str]:
        """Note that records were looked up by key; returns those that the source lacked in two runs now."""
        table = tables.source_record
        twice: list[str] = []
        wanted = list(keys)
        if not wanted:
            return twice
        with self._store.write() as connection:
            for key in wanted:
                where = and_(table.c.source == source, table.c.key == key)
                runs = (connection.execute(select(table.c.gone_runs).where(where)).scalar() or 0) + 1 if gone else 0
                values: dict[str, Any] = {"looked_up_on": today, "gone_runs": runs}
                if gone:
                    values["list_hash"] = None  # if it is listed again, it must be read, changed or not
                connection.execute(update(table).where(where).values(**values))
                if runs >= GONE_AFTER_RUNS:
                    twice.append(key)
        return twice


def _records() -> Select[Any]:
    record, table = tables.source_record, tables.proceeding
    # Adding nothing to both columns keeps SQLite from starting with all records of the source, or from reading all in
    # order: it should look up the few of some days or states, and then sort them.
    is_of_source, in_order = record.c.source.concat("") == bindparam("of_source"), table.c.id + 0
    return (
        select(record.c.key)
        .join(table, and_(table.c.id == record.c.proceeding_id))
        .where(is_of_source)
        .order_by(in_order)
    )


def _in_window(is_of_day: ColumnElement[bool]) -> Select[Any]:
    table = tables.proceeding
    return _records().where(table.c.house == bindparam("house"), is_of_day, table.c.state != State.WITHDRAWN.value)


def _answered_since() -> Select[Any]:
    table, revision = tables.proceeding, tables.revision
    matched = (
        select(tables.match.c.id)
        .join(revision, revision.c.id == tables.match.c.revision_id)
        .where(revision.c.proceeding_id == table.c.id)
        .exists()
        .label("is_matched")
    )
    return (
        _records()
        .add_columns(table.c.day, tables.source_record.c.detail_read_on, matched)
        .where(_in_list(_SINCE), table.c.state.in_(_ANSWERED))
    )


def _gone_once() -> Select[Any]:
    is_gone_once = tables.source_record.c.gone_runs.between(1, GONE_AFTER_RUNS - 1)
    is_there = tables.proceeding.c.state != State.WITHDRAWN.value
    return _records().where(is_gone_once, is_there, _in_list(tables.IS_OPEN, _SINCE))


def _in_list(*conditions: ColumnElement[bool] | TextClause) -> ColumnElement[bool]:
    """Return the condition for records that meet at least one of these.

    So SQLite looks them up by an index for each condition. With a plain OR it would read all records.
    """
    lists = [select(tables.proceeding.c.id).where(condition) for condition in conditions]
    return tables.source_record.c.proceeding_id.in_(union(*lists))


def _not_looked_up() -> Select[Any]:
    looked = tables.source_record.c.looked_up_on
    return _OPEN_BEFORE.where(or_(looked.is_(None), looked < bindparam("looked_up_before")))


_SINCE: Final = tables.proceeding.c.day >= bindparam("since")
_ANSWERED_SINCE: Final = _answered_since()
_GONE_ONCE: Final = _gone_once()
_OPEN_BEFORE: Final = _records().where(tables.IS_OPEN, tables.proceeding.c.tabled_on < bindparam("before"))
_NOT_LOOKED_UP: Final = _not_looked_up()
_DAY: Final[BindParameter[date]] = bindparam("day")
_IN_WINDOW: Final = {
    "tabled": _in_window(tables.proceeding.c.tabled_on == _DAY),
    "answered": _in_window(tables.answered(lambda column: column == _DAY)),
    "made": _in_window(tables.proceeding.c.day == _DAY),
}
"""Built once: a run executes them for each window, and building a statement takes longer than executing it."""
_COMING: Final = _records().where(
    tables.proceeding.c.takes_place_on >= _DAY, tables.proceeding.c.state != State.WITHDRAWN.value
)
