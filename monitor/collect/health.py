"""How the reading of each source and House stands: whole to which day, what is missing, and whether it is silent.

One judgement for the foot of a digest, for `status`, for `doctor` and for the operator, so that they can't say different
things. Values in, values out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import TYPE_CHECKING

from monitor.model.records import House
from monitor.parliament.calendar import LONDON
from monitor.presentation.wording import house_name, source_name, week_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.archive import FileRead, WindowCoverage
    from monitor.parliament.calendar import SittingCalendar

SILENT_AFTER = timedelta(minutes=15)
"""On top of twice the interval between two readings."""
LATE_AFTER_SITTING_DAYS = 5
"""Debates are made into files within a day or two."""
LOOK_BACK = timedelta(days=63)
"""Of so long the usual number of answers is taken; who asks for the standing hands in at least these days."""
_LEAST_DAYS = 3
"""Of fewer sitting days of the same weekday nothing is called usual."""
_GOOD = ("complete", "open")
_BAD = ("failed", "suspect")


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """That nothing comes of a source for a House any more; of a source that is files, whatever the House (None).

    `since`: the last good reading, or where readings go well the sitting day (London, its begin) that brought no answer; of
    files the newest day of which there is one.
    """

    source: str
    house: House | None
    since: datetime | date
    is_empty: bool

    @property
    def key(self) -> str:
        """What it is known by as long as it lasts."""
        return f"{self.source} {self.house.value}" if self.house else self.source

    def told(self, timezone: ZoneInfo) -> str:
        """It in a sentence, with the time in the reader's zone."""
        if self.house is None:
            name = source_name(self.source)
        else:
            name = f"the {house_name(self.house)} ({source_name(self.source)})"
        if isinstance(self.since, datetime):
            local = self.since.astimezone(timezone)
            return f"Nothing was read of {name} since {week_day(local.date())}, {local:%H:%M}."
        if self.house is None:
            return f"{name} has nothing that is newer than {week_day(self.since)}."
        return f"{name[0].upper()}{name[1:]} published no answer on {week_day(self.since)}, a sitting day."


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
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
    incomplete: tuple[WindowCoverage, ...]
    failures: tuple[str, ...]
    silence: Silence | None
    in_recess_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a judgement hangs on besides what was read.

    `now` is the real clock, by which readings are dated; `today` the day in London that counts as such. `interval`: the
    longest usual time between two readings.
    """

    sittings: SittingCalendar
    now: datetime
    today: date
    interval: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSourceHealth:
    """How the reading of a source that is files stands.

    `is_on`: every run reads it. `read_at`: when it was last read well, None where no run did. `newest_day`: of its files.
    `files` hold `records`, `quarantined` of which can't be understood. `failed` files did not come, `unreadable` ones can't
    be read as a whole.
    """

    source: str
    is_on: bool
    read_at: datetime | None
    newest_day: date | None
    files: int
    records: int
    quarantined: int
    failed: tuple[FileRead, ...]
    unreadable: tuple[FileRead, ...]
    silence: Silence | None


def standings(
    covered: Iterable[WindowCoverage],
    reads: Mapping[str, Sequence[House]],
    moment: Moment,
    *,
    since: date | None = None,
) -> list[SourceHealth]:
    """How each source and House in `reads` stands, in that order.

    `since`: the first day that is told of; the days before it, at least those of `LOOK_BACK`, say what is usual.
    """
    groups: dict[tuple[str, House], list[WindowCoverage]] = {}
    for coverage in covered:
        if coverage.window.day <= moment.today:
            groups.setdefault((coverage.window.source, coverage.window.house), []).append(coverage)
    return [
        _standing(source, house, groups.get((source, house), ()), moment, since)
        for source, houses in reads.items()
        for house in houses
    ]


def standings_of(
    archive: Archive,
    config: Config,
    sittings: SittingCalendar,
    *,
    now: datetime,
    today: date,
    since: date | None = None,
) -> list[SourceHealth]:
    """How all that is read stands in an archive; all days ever read without `since`."""
    moment = Moment(
        sittings=sittings,
        now=now,
        today=today,
        interval=_interval(archive, config),
    )
    covered = archive.coverage.windows(since=since and min(since, today - LOOK_BACK))
    return standings(covered, config.reads, moment, since=since)


def shelves_of(
    archive: Archive,
    config: Config,
    sittings: SittingCalendar,
    *,
    now: datetime,
    today: date,
    since: date | None = None,
) -> list[FileSourceHealth]:
    """How each source of files stands that is on or was ever read.

    With `since`, only what was read from that day on counts, of files that are not older, of sources that are on.
    """
    begin = datetime.combine(since, time(), LONDON) if since else None
    filed: dict[str, list[FileRead]] = {name: [] for name in config.reads_files}
    for file_read in archive.files.listing(since=begin):
        if since is None:
            filed.setdefault(file_read.source, []).append(file_read)
        elif file_read.source in filed and (file_read.day is None or file_read.day >= since):
            filed[file_read.source].append(file_read)
    moment = Moment(sittings=sittings, now=now, today=today, interval=_interval(archive, config))
    found = []
    for name, files in filed.items():
        newest_on = max((file.day for file in files if file.day and file.outcome == "read"), default=None)
        read = [file for file in files if file.outcome == "read"]
        is_on = name in config.reads_files
        found.append(
            FileSourceHealth(
                source=name,
                is_on=is_on,
                read_at=_files_read_at(archive, name),
                newest_day=newest_on,
                files=len(read),
                records=sum(file.counts.get("records", 0) for file in files),
                quarantined=sum(file.counts.get("quarantined", 0) for file in files),
                failed=tuple(file for file in files if file.outcome == "failed"),
                unreadable=tuple(file for file in files if file.outcome == "quarantined"),
                silence=_silence_of_files(archive, config, name, moment) if is_on else None,
            )
        )
    return found


def _files_read_at(archive: Archive, source: str) -> datetime | None:
    told = archive.runs.fact(f"read_at {source}")
    return datetime.fromisoformat(told) if told else None


def _silence_of_files(archive: Archive, config: Config, source: str, moment: Moment) -> Silence | None:
    """That a source is not reached any more, or has no new day though the House sat on some.

    Only debates are published for every day on which the Commons sat; what else there is may end, or pause, as it likes.
    """
    read_at = _files_read_at(archive, source)
    if read_at is not None and moment.now - read_at > 2 * moment.interval + SILENT_AFTER:
        return Silence(source=source, house=None, since=read_at, is_empty=False)
    newest = archive.runs.fact(f"newest_on {source}")
    if newest is None or source != "theyworkforyou" or "debates" not in config.theyworkforyou.what:
        return None
    newest_on = date.fromisoformat(newest)
    late_on = moment.sittings.nth_sitting_day_after(House.COMMONS, newest_on, LATE_AFTER_SITTING_DAYS)
    is_late = late_on is not None and late_on < moment.today
    return Silence(source=source, house=None, since=newest_on, is_empty=True) if is_late else None


def _interval(archive: Archive, config: Config) -> timedelta:
    """A cron line that runs once a day, or on weekdays only, is no silence."""
    return max(config.schedule.collect_every, archive.runs.longest_gap("collect"))


def is_down(archive: Archive, config: Config) -> bool:
    """Whether the last collect could read nothing at all, though something is to be read."""
    began = archive.runs.last_started("collect")
    if began is None or not config.reads_anything:
        return False
    instants = [_files_read_at(archive, name) for name in config.reads_files]
    instants += archive.coverage.read_at(config.reads)
    return not any(instant is not None and instant >= began for instant in instants)


def _standing(
    source: str, house: House, windows: Sequence[WindowCoverage], moment: Moment, since: date | None
) -> SourceHealth:
    told = [window for window in windows if since is None or window.window.day >= since]
    unfinished = {answer.window.day for answer in told if answer.state != "complete"}
    answered = [answer for answer in told if answer.window.by in ("answered", "made")]
    return SourceHealth(
        source=source,
        house=house,
        first_day=min((answer.window.day for answer in told), default=moment.today),
        last_whole_day=max((answer.window.day for answer in told if answer.window.day not in unfinished), default=None),
        read_at=_read_at(windows),
        read=sum(answer.held for answer in answered),
        published=sum(answer.total for answer in answered),
        incomplete=tuple(answer for answer in told if answer.state in _BAD),
        failures=tuple(dict.fromkeys(answer.note for answer in told if answer.note)),
        silence=_silence(source, house, windows, moment),
        in_recess_until=moment.sittings.recess_until(house, moment.today),
    )


def _read_at(windows: Sequence[WindowCoverage]) -> datetime | None:
    return max((window.read_at for window in windows if window.state in _GOOD), default=None)


def _silence(source: str, house: House, windows: Sequence[WindowCoverage], moment: Moment) -> Silence | None:
    read_at = _read_at(windows)
    if read_at is not None and moment.now - read_at > 2 * moment.interval + SILENT_AFTER:
        return Silence(source=source, house=house, since=read_at, is_empty=False)
    empty_on = _empty_sitting_day(house, windows, moment)
    return None if empty_on is None else Silence(source=source, house=house, since=empty_on, is_empty=True)


def _empty_sitting_day(house: House, windows: Sequence[WindowCoverage], moment: Moment) -> date | None:
    """The last sitting day that was read whole, where it brought no answer and days of its kind bring some.

    Of the same weekday, for few answer on Fridays. Where the calendar does not reach, no day counts as a sitting day.
    """
    totals = {
        window.window.day: window.total
        for window in windows
        if window.window.by == "answered"
        and window.state == "complete"
        and moment.today - LOOK_BACK <= window.window.day < moment.today
        and moment.sittings.is_sitting_day(house, window.window.day)
    }
    if not totals or totals[last := max(totals)]:
        return None
    usual = [total for day, total in totals.items() if day != last and day.weekday() == last.weekday()]
    return last if len(usual) >= _LEAST_DAYS and median(usual) > 0 else None
