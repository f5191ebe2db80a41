"""How the reading of each source and House stands: whole to which day, what is missing, and whether it is silent.

One judgement for the foot of a digest, for `status`, for `doctor` and for the operator, so that they can't say different
things. Values in, values out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

from monitor.digest.wording import house_name, source_name, week_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from monitor.config.settings import Config
    from monitor.holdings import Covered
    from monitor.model import House
    from monitor.ports import Archive
    from monitor.sittings import Sittings

SILENT_AFTER = timedelta(minutes=15)
"""On top of twice the interval between two readings."""
LOOK_BACK = timedelta(days=63)
"""Of so long the usual number of answers is taken; who asks for the standing hands in at least these days."""
_LEAST_DAYS = 3
"""Of fewer sitting days of the same weekday nothing is called usual."""
_GOOD = ("complete", "open")
_BAD = ("failed", "suspect")


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """That nothing comes of a source for a House any more.

    `since`: the last good reading, or where readings go well the sitting day (London, its begin) that brought no answer.
    """

    source: str
    house: House
    since: datetime | date
    is_empty: bool

    @property
    def key(self) -> str:
        """What it is known by as long as it lasts."""
        return f"{self.source} {self.house.value}"

    def told(self, timezone: ZoneInfo) -> str:
        """It in a sentence, with the time in the reader's zone."""
        name = f"the {house_name(self.house)} ({source_name(self.source)})"
        if isinstance(self.since, datetime):
            local = self.since.astimezone(timezone)
            return f"Nothing was read of {name} since {week_day(local.date())}, {local:%H:%M}."
        return f"{name[0].upper()}{name[1:]} published no answer on {week_day(self.since)}, a sitting day."


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the reading of a source and House stands.

    `read_at`: the last good reading, None before the first. `last_whole_day`: the last day read whole in every way it is
    read. `read` of `published` answers are held in full. `incomplete`: windows that failed or are not believed.
    `failures`: what went wrong in these and in others, each sentence once.
    """

    source: str
    house: House
    first_day: date
    last_whole_day: date | None
    read_at: datetime | None
    read: int
    published: int
    incomplete: tuple[Covered, ...]
    failures: tuple[str, ...]
    silence: Silence | None
    in_recess_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a judgement hangs on besides what was read.

    `now` is the real clock, by which readings are dated; `today` the day in London that counts as such. `interval`: the
    longest usual time between two readings.
    """

    sittings: Sittings
    now: datetime
    today: date
    interval: timedelta


def standings(
    covered: Iterable[Covered], reads: Mapping[str, Sequence[House]], moment: Moment, *, since: date | None = None
) -> list[Standing]:
    """How each source and House in `reads` stands, in that order.

    `since`: the first day that is told of; the days before it, at least those of `LOOK_BACK`, say what is usual.
    """
    groups: dict[tuple[str, House], list[Covered]] = {}
    for one in covered:
        if one.window.day <= moment.today:
            groups.setdefault((one.window.source, one.window.house), []).append(one)
    return [
        _standing(source, house, groups.get((source, house), ()), moment, since)
        for source, houses in reads.items()
        for house in houses
    ]


def standings_of(
    archive: Archive, config: Config, sittings: Sittings, *, now: datetime, today: date, since: date | None = None
) -> list[Standing]:
    """How all that is read stands in an archive; all days ever read without `since`."""
    moment = Moment(
        sittings=sittings,
        now=now,
        today=today,
        # A cron line that runs once a day, or on weekdays only, is no silence.
        interval=max(config.schedule.collect_every, archive.runs.longest_gap("collect")),
    )
    covered = archive.coverage.windows(since=since and min(since, today - LOOK_BACK))
    return standings(covered, config.reads, moment, since=since)


def is_down(archive: Archive, config: Config) -> bool:
    """Whether the last collect could read nothing at all, though something is to be read."""
    began = archive.runs.last_started("collect")
    if began is None or not config.reads:
        return False
    return not any(instant >= began for instant in archive.coverage.read_at(config.reads))


def _standing(source: str, house: House, windows: Sequence[Covered], moment: Moment, since: date | None) -> Standing:
    told = [one for one in windows if since is None or one.window.day >= since]
    unfinished = {one.window.day for one in told if one.state != "complete"}
    answered = [one for one in told if one.window.by == "answered"]
    return Standing(
        source=source,
        house=house,
        first_day=min((one.window.day for one in told), default=moment.today),
        last_whole_day=max((one.window.day for one in told if one.window.day not in unfinished), default=None),
        read_at=_read_at(windows),
        read=sum(one.held for one in answered),
        published=sum(one.total for one in answered),
        incomplete=tuple(one for one in told if one.state in _BAD),
        failures=tuple(dict.fromkeys(one.note for one in told if one.note)),
        silence=_silence(source, house, windows, moment),
        in_recess_until=moment.sittings.recess_until(house, moment.today),
    )


def _read_at(windows: Sequence[Covered]) -> datetime | None:
    return max((one.read_at for one in windows if one.state in _GOOD), default=None)


def _silence(source: str, house: House, windows: Sequence[Covered], moment: Moment) -> Silence | None:
    read_at = _read_at(windows)
    if read_at is not None and moment.now - read_at > 2 * moment.interval + SILENT_AFTER:
        return Silence(source=source, house=house, since=read_at, is_empty=False)
    empty_on = _empty_sitting_day(house, windows, moment)
    return None if empty_on is None else Silence(source=source, house=house, since=empty_on, is_empty=True)


def _empty_sitting_day(house: House, windows: Sequence[Covered], moment: Moment) -> date | None:
    """The last sitting day that was read whole, where it brought no answer and days of its kind bring some.

    Of the same weekday, for few answer on Fridays. Where the calendar does not reach, no day counts as a sitting day.
    """
    totals = {
        one.window.day: one.total
        for one in windows
        if one.window.by == "answered"
        and one.state == "complete"
        and moment.today - LOOK_BACK <= one.window.day < moment.today
        and moment.sittings.is_sitting_day(house, one.window.day)
    }
    if not totals or totals[last := max(totals)]:
        return None
    usual = [total for day, total in totals.items() if day != last and day.weekday() == last.weekday()]
    return last if len(usual) >= _LEAST_DAYS and median(usual) > 0 else None
