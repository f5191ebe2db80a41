"""Days that Parliament announced, with the history of what was announced before, and how they were read."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, select, update

from db import tables
from db.rows import chunks, insert_rows, load_fact, save_fact
from monitor.model.announced_days import (
    AnnouncedKind,
    Announcement,
    CalendarState,
    HouseReach,
    KnownAnnouncements,
    StoredAnnouncement,
)
from monitor.model.collection import WindowState
from monitor.model.records import House, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from db.store import Store
    from monitor.model.announced_days import CalendarChanges

_STATE: Final = "calendar"
_NO_HOUSE: Final = ""
_table = tables.announced
_VERSION: Final = select(
    func.count(), func.max(_table.c.id), func.max(_table.c.last_seen_at), func.count(_table.c.gone_at)
).select_from(_table)
_SEEN: Final = update(_table).where(_table.c.id.in_(bindparam("ids", expanding=True)))


class AnnouncedDays:
    """Days that Parliament announced."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._loaded: tuple[Row[Any], tuple[StoredAnnouncement, ...]] | None = None

    def known(self) -> KnownAnnouncements:
        """Return what was announced, also what no longer holds, in the order in which it was announced.

        A run asks several times for the hundreds of days of a calendar: they are loaded again when one has changed.
        """
        with self._store.read() as connection:
            state, version = _load_state(connection), connection.execute(_VERSION).one()
            loaded = self._loaded
            if loaded is None or loaded[0] != version:
                rows = connection.execute(select(_table).order_by(_table.c.id)).all()
                loaded = self._loaded = (version, tuple(map(_stored, rows)))
        return KnownAnnouncements(stored=loaded[1], state=state)

    def state(self) -> CalendarState:
        """Load how Parliament's calendar was read."""
        with self._store.read() as connection:
            return _load_state(connection)

    def set_down(self, since: date) -> list[tuple[date, bool, date, int]]:
        """Count the Commons' questions tabled since a day.

        By the day tabled, whether they are for a named day, and the latest day that they were set down for.
        """
        table = tables.proceeding
        columns = (table.c.tabled_on, table.c.named_day, table.c.due_floor_on)
        query = (
            select(*columns, func.count().label("questions"))
            .where(
                table.c.house == House.COMMONS.value,
                table.c.kind == Kind.QUESTION.value,
                table.c.tabled_on >= since,
                table.c.due_floor_on.is_not(None),
            )
            .group_by(*columns)
        )
        return [
            (row.tabled_on, bool(row.named_day), row.due_floor_on, row.questions) for row in self._store.rows(query)
        ]

    def save(self, changes: CalendarChanges, state: CalendarState) -> None:
        """Store the changes of a reading, and how it went."""
        now = self._store.clock()
        rows = [_row(announcement) | {"first_seen_at": now, "last_seen_at": now} for announcement in changes.new]
        with self._store.write() as connection:
            insert_rows(connection, _table, rows)
            for ids in chunks(changes.seen):
                connection.execute(_SEEN.values(last_seen_at=now), {"ids": list(ids)})
            for ids in chunks(changes.gone):
                connection.execute(_SEEN.values(gone_at=now), {"ids": list(ids)})
            save_fact(connection, _STATE, _state_text(state))

    def save_state(self, state: CalendarState) -> None:
        """Store how a reading went that brought nothing."""
        with self._store.write() as connection:
            save_fact(connection, _STATE, _state_text(state))

    def tabled(self, house: House, since: date, source: str) -> dict[date, int]:
        """Count the questions tabled on each day from `since` on, on days that were read whole.

        A day that has not ended counts as soon as it has a question.
        """
        table = tables.coverage
        query = select(table.c.day, table.c.state, table.c.total).where(
            table.c.source == source,
            table.c.house == house.value,
            table.c.by == "tabled",
            table.c.day >= since,
            table.c.state.in_([state for state in WindowState if state.is_in_full]),
        )
        return {row.day: row.total for row in self._store.rows(query) if row.state == WindowState.COMPLETE or row.total}


def _row(announcement: Announcement) -> dict[str, Any]:
    house = announcement.house
    return {
        "kind": announcement.kind.value,
        "house": house.value if house else _NO_HOUSE,
        "key": announcement.key,
        "first_on": announcement.first_on,
        "last_on": announcement.last_on,
        "name": announcement.name,
        "code": announcement.code,
        "gone_at": None,
    }


def _stored(row: Row[Any]) -> StoredAnnouncement:
    announcement = Announcement(
        kind=AnnouncedKind(row.kind),
        house=House(row.house) if row.house else None,
        key=row.key,
        first_on=row.first_on,
        last_on=row.last_on,
        name=row.name,
        code=row.code,
    )
    return StoredAnnouncement(
        number=row.id,
        announcement=announcement,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        gone_at=row.gone_at,
    )


# -- how it was read --------------------------------------------------------------------------------------------------


def _load_state(connection: Connection) -> CalendarState:
    text = load_fact(connection, _STATE)
    if text is None:
        return CalendarState()
    state = json.loads(text)
    return CalendarState(
        read_at=_instant(state["read_at"]),
        read_on=date.fromisoformat(state["read_on"]) if state["read_on"] else None,
        failing_since=_instant(state["failing_since"]),
        failure=state["failure"],
        silent_on=tuple(map(House, state["silent_on"])),
        reach={House(name): _reach(*days) for name, days in state["reach"].items()},
    )


def _reach(first: str, last: str, changes: int) -> HouseReach:
    return HouseReach(first_on=date.fromisoformat(first), last_on=date.fromisoformat(last), changes=changes)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _state_text(state: CalendarState) -> str:
    reach = {house.value: _days(days) for house, days in state.reach.items()}
    return json.dumps(
        {
            "read_at": state.read_at.isoformat() if state.read_at else None,
            "read_on": state.read_on.isoformat() if state.read_on else None,
            "failing_since": state.failing_since.isoformat() if state.failing_since else None,
            "failure": state.failure,
            "silent_on": [house.value for house in state.silent_on],
            "reach": reach,
        }
    )


def _days(reach: HouseReach) -> Sequence[str | int]:
    return (reach.first_on.isoformat(), reach.last_on.isoformat(), reach.changes)
