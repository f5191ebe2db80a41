"""Days that Parliament announced, as one process knows them while another changes them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from db.archive import Archive
from monitor.model.announced_days import AnnouncedKind, Announcement, CalendarChanges, CalendarState
from monitor.model.records import House

if TYPE_CHECKING:
    from tests.fakes import Clock

FIRST = date(2026, 11, 24)


def sitting(day: int) -> Announcement:
    on = FIRST + timedelta(days=day)
    return Announcement(kind=AnnouncedKind.SITTING, house=House.COMMONS, key=str(on), first_on=on, last_on=on)


def test_what_another_process_changes_is_known(archive: Archive, clock: Clock) -> None:
    here = archive.announced_days
    there = Archive(archive.engine, clock=clock).announced_days
    assert here.known().stored == ()

    there.save(CalendarChanges(new=(sitting(0), sitting(1))), CalendarState(read_on=FIRST))
    before = here.known()
    assert [row.announcement for row in before.stored] == [sitting(0), sitting(1)]
    assert here.known() == before

    # no row is seen at a later time, and the state is as before
    there.save(CalendarChanges(gone=(before.stored[0].number,)), CalendarState(read_on=FIRST))
    assert [row.gone_at is None for row in here.known().stored] == [False, True]

    clock.now += timedelta(days=1)
    there.save(CalendarChanges(seen=(before.stored[1].number,)), CalendarState(read_on=FIRST + timedelta(days=1)))
    assert [row.last_seen_at.date() for row in here.known().stored] == [FIRST, FIRST + timedelta(days=1)]
    assert here.known().state.read_on == FIRST + timedelta(days=1)
