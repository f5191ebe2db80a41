"""Parliament's own calendar: what a reading of it changes, how far it reaches, and the periods that it announces.

A list of sitting days that ends by itself is what was announced. A list that goes on to the end of what was asked for was
reckoned from the recesses that are known. Beyond the last of these it counts for `RECKONED_FOR` only: the next recess is
announced weeks before it begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from monitor.model.announced_days import AnnouncedKind, Announcement, CalendarChanges, HouseReach, RecessNews

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from monitor.model.announced_days import KnownAnnouncements, StoredAnnouncement
    from monitor.model.records import House

RECKONED_FOR: Final = timedelta(days=120)
"""Time after a reading for which a list without an end counts."""
ENDED_SESSION: Final = frozenset({"POR", "DIS"})
"""Categories of periods that follow the end of a session: prorogation and dissolution."""
ENDED_SESSION_NAMES: Final = ("prorogation", "dissolution")
"""Words in their names. The service describes letters as categories, and was seen to send numbers."""

_DAY: Final = timedelta(days=1)
_FRIDAY: Final = 4
_NO_END_WITHIN: Final = timedelta(days=5)
"""Days before the end of the period asked for: a list that reaches so far was cut there, and has no end of its own."""
_SESSION_TO_PERIOD: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedPeriod:
    """A period without a sitting, as it is announced now, or was last before it was taken back (`is_gone`).

    `known_as`: the first day that was ever announced for it. `moves`: how often its days were changed; `was`: its days
    before the last change, None without one. `told_at`: when its days were first read as they are, or it was taken back.
    """

    first_on: date
    last_on: date
    name: str
    code: str
    known_as: date
    moves: int
    was: tuple[date, date] | None
    told_at: datetime
    is_gone: bool = False


def plan_changes(
    known: KnownAnnouncements, read: Sequence[Announcement], asked: Mapping[House, tuple[date, date]]
) -> CalendarChanges:
    """Compare a reading with what is stored.

    `asked`: the days asked for of each House whose days were read. What lies there and was not told again is gone, as is a
    session that the list lacks, where there is a list.
    """
    told = {_key(announcement): announcement for announcement in read}
    has_sessions = any(announcement.kind is AnnouncedKind.SESSION for announcement in read)
    current = {_key(row.announcement): row for row in known.stored if row.gone_at is None}
    seen = [row.number for key, row in current.items() if told.get(key) == row.announcement]
    gone = [
        row.number
        for key, row in current.items()
        if (key in told and told[key] != row.announcement)
        or (key not in told and _was_asked_for(row.announcement, asked, has_sessions=has_sessions))
    ]
    new = [
        announcement
        for key, announcement in told.items()
        if key not in current or current[key].announcement != announcement
    ]
    return CalendarChanges(new=tuple(new), seen=tuple(seen), gone=tuple(gone))


def lacks_all_periods(known: KnownAnnouncements, read: Sequence[Announcement], house: House, today: date) -> bool:
    """Return whether a reading lacks each of several periods to come: no House takes all of them back at once."""
    to_come = [
        row
        for row in known.stored
        if row.gone_at is None
        and row.announcement.kind is AnnouncedKind.PERIOD
        and row.announcement.house is house
        and row.announcement.first_on > today
    ]
    return len(to_come) > 1 and not any(announcement.kind is AnnouncedKind.PERIOD for announcement in read)


def reach_of(
    read: Iterable[Announcement], asked: tuple[date, date], read_on: date, before: HouseReach | None
) -> HouseReach | None:
    """Return the days of a House of which the source speaks, after a reading of it; None where it says nothing.

    It may leave out what is over, so it speaks of the days from the week of the first one that it tells. `before`: what it
    spoke of until then.
    """
    days = (AnnouncedKind.SITTING, AnnouncedKind.PERIOD)
    announcements = [row for row in read if row.kind in days]
    sittings = [row.first_on for row in announcements if row.kind is AnnouncedKind.SITTING]
    periods = [row.last_on or row.first_on for row in announcements if row.kind is AnnouncedKind.PERIOD]
    if not announcements:
        return None
    last_period = max(periods, default=date.min)
    last_sitting = max(sittings, default=date.min)
    if asked[1] - last_sitting <= _NO_END_WITHIN:
        last_sitting = min(last_sitting, max(last_period, read_on + RECKONED_FOR))
    first_told = min(row.first_on for row in announcements)
    first = max(asked[0], first_told - timedelta(days=first_told.weekday()))
    if before is not None and first <= before.last_on + _DAY:
        first = min(first, before.first_on)
    last = max(last_sitting, last_period)
    return HouseReach(first_on=first, last_on=last, changes=before.changes if before else 0)


def is_changed(house: House, changes: CalendarChanges, known: KnownAnnouncements, today: date) -> bool:
    """Return whether a reading changes what was said of days of a House that are not over."""
    before = known.state.reach.get(house)
    if before is None:
        return False
    gone = set(changes.gone)
    days = (AnnouncedKind.SITTING, AnnouncedKind.PERIOD)
    taken_back = (row.announcement for row in known.stored if row.number in gone and row.announcement.house is house)
    if any(row.kind in days and (row.last_on or row.first_on) >= today for row in taken_back):
        return True
    return any(
        row.kind is AnnouncedKind.SITTING and row.house is house and today <= row.first_on <= before.last_on
        for row in changes.new
    )


def periods_of(known: KnownAnnouncements, house: House) -> list[AnnouncedPeriod]:
    """Return the periods without a sitting of a House, also those that were taken back, in the order of their days."""
    histories: dict[str, list[StoredAnnouncement]] = {}
    for row in known.stored:
        if row.announcement.kind is AnnouncedKind.PERIOD and row.announcement.house is house:
            histories.setdefault(row.announcement.key, []).append(row)
    found = (_period(history) for history in histories.values())
    return sorted(found, key=lambda period: (period.first_on, period.last_on))


def recess_news(
    periods: Mapping[House, Sequence[AnnouncedPeriod]], since: datetime | None, today: date
) -> list[RecessNews]:
    """Return what was announced, moved or taken back since an instant, of recesses that are not over.

    A single Friday without a sitting is no recess.
    """
    return [
        _news(house, period)
        for house, announced in periods.items()
        for period in announced
        if (since is None or period.told_at > since)
        and max(period.last_on, period.was[1] if period.was else period.last_on) >= today
        and not _is_friday(period)
        and not (since is None and period.is_gone)
    ]


def _news(house: House, period: AnnouncedPeriod) -> RecessNews:
    days = (period.first_on, period.last_on)
    return (
        RecessNews(house=house, days=None, was=days)
        if period.is_gone
        else RecessNews(house=house, days=days, was=period.was)
    )


def _is_friday(period: AnnouncedPeriod) -> bool:
    return period.first_on == period.last_on and period.first_on.weekday() == _FRIDAY


def session_ends(known: KnownAnnouncements, after: date, zone: ZoneInfo) -> list[date]:
    """Return the days after a day on which a session ended, as far as they are certain.

    The source may give a session an end that is only planned, so the end counts once it was read after the day itself, and
    a later session, a prorogation or a dissolution follows it. `zone`: that of Parliament's days.
    """
    current = [row for row in known.stored if row.gone_at is None]
    return sorted(
        row.announcement.last_on
        for row in current
        if row.announcement.kind is AnnouncedKind.SESSION
        and row.announcement.last_on is not None
        and after < row.announcement.last_on < row.last_seen_at.astimezone(zone).date()
        and any(_follows(other.announcement, row.announcement.last_on) for other in current)
    )


def _follows(announcement: Announcement, end: date) -> bool:
    """Return whether an announcement shows that a session was over after a day."""
    if announcement.kind is AnnouncedKind.SESSION:
        return announcement.first_on > end
    name = announcement.name.lower()
    is_after_session = announcement.code in ENDED_SESSION or any(word in name for word in ENDED_SESSION_NAMES)
    return is_after_session and end <= announcement.first_on <= end + _SESSION_TO_PERIOD


def answer_days(known: KnownAnnouncements) -> dict[tuple[date, bool], date]:
    """Return the first day for an answer by the day tabled, and whether the question is for a named day."""
    return {
        (row.announcement.first_on, row.announcement.name == "named"): row.announcement.last_on
        for row in known.stored
        if row.announcement.kind is AnnouncedKind.ANSWER and row.gone_at is None and row.announcement.last_on
    }


def _key(announcement: Announcement) -> tuple[AnnouncedKind, House | None, str]:
    return (announcement.kind, announcement.house, announcement.key)


def _was_asked_for(announcement: Announcement, asked: Mapping[House, tuple[date, date]], *, has_sessions: bool) -> bool:
    if announcement.kind is AnnouncedKind.SESSION:
        return has_sessions
    if announcement.kind is AnnouncedKind.ANSWER or announcement.house is None or announcement.house not in asked:
        return False
    first, last = asked[announcement.house]
    return first <= announcement.first_on <= last


def _period(history: Sequence[StoredAnnouncement]) -> AnnouncedPeriod:
    """Return a period from its rows, oldest first. A row that differs in its name alone is no move."""
    newest = history[-1]
    days = [(row.announcement.first_on, row.announcement.last_on or row.announcement.first_on) for row in history]
    changes = [number for number in range(1, len(days)) if days[number] != days[number - 1]]
    told = history[changes[-1] if changes else 0].first_seen_at
    return AnnouncedPeriod(
        first_on=days[-1][0],
        last_on=days[-1][1],
        name=newest.announcement.name,
        code=newest.announcement.code,
        known_as=days[0][0],
        moves=len(changes),
        was=days[changes[-1] - 1] if changes else None,
        told_at=newest.gone_at or told,
        is_gone=newest.gone_at is not None,
    )
