"""Health of the sources: read in full up to which day, what is missing, and whether a source has fallen silent.

The foot of a digest, `status`, `doctor` and the alerts all use this module, so that they never contradict each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import TYPE_CHECKING

from monitor.collect.files import UNLISTED
from monitor.collect.news import fact_of
from monitor.model.collection import FileOutcome, WindowState
from monitor.model.records import House
from monitor.model.sources import COMING
from monitor.parliament.calendar import LONDON
from monitor.presentation.wording import house_name, source_name, week_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.collection import FileRead, WindowCoverage
    from monitor.parliament.calendar import SittingCalendar

SILENT_AFTER = timedelta(minutes=15)
"""Grace on top of twice the interval between two readings."""
LATE_AFTER_SITTING_DAYS = 5
"""Sitting days after which a missing file of debates counts as late: files usually appear within two days."""
LOOK_BACK = timedelta(days=63)
"""Period from which the usual number of answers is taken. Callers pass coverage of at least these days."""
_LEAST_DAYS = 3
"""Least number of sitting days on the same weekday from which a usual number is taken."""
_OF_ANSWERS = ("answered", "made")
"""Windows whose records are answers or statements."""


def silence_key(source: str, house: House | None = None) -> str:
    """Return the key of the silence of a source for a House; None for a source of files."""
    return f"{source} {house.value}" if house else source


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A source that has fallen silent for a House; `house` is None for a source of files.

    `since`: the last successful reading. If readings succeed (`is_empty`), the sitting day without any answer, or the newest
    day with a file.
    """

    source: str
    house: House | None
    since: datetime | date
    is_empty: bool

    @property
    def key(self) -> str:
        """Key of the silence, the same for as long as it lasts."""
        return silence_key(self.source, self.house)

    def sentence(self, timezone: ZoneInfo) -> str:
        """Return a sentence about the silence, with the time in the reader's time zone."""
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
    """Health of a source for one House.

    `read_at`: the last successful reading, None before the first. `last_whole_day`: the last day whose windows were all read
    in full. `read` of `published` answers are stored in full, or of `published` records: `counts_answers` is false if the
    source has no list of answers. `incomplete`: windows that failed or are suspect. `failures`: one sentence for each kind.
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
    counts_answers: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Time and calendar of a judgement.

    `now`: the real time, which readings carry. `today`: the day in London that counts as today. `interval`: the longest
    usual time between two readings.
    """

    calendar: SittingCalendar
    now: datetime
    today: date
    interval: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSourceHealth:
    """Health of a source of files.

    `is_on`: it is part of every run. `read_at`: the last successful reading, None for none. `newest_day`: newest day of its
    files. `records`: number of records in the `files` read, of which `quarantined` can't be parsed. `failed`: files that
    could not be fetched. `unreadable`: files that can't be parsed as a whole. `unlisted`: why the last run could not
    list the files, "" where it could.
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
    unlisted: str = ""


def source_healths(
    covered: Iterable[WindowCoverage],
    reads: Mapping[str, Sequence[House]],
    moment: Moment,
    *,
    since: date | None = None,
) -> list[SourceHealth]:
    """Return the health of each source and House in `reads`, in that order.

    `since`: the first day to report. Earlier days, at least those of `LOOK_BACK`, show what is usual.
    """
    groups: dict[tuple[str, House], list[WindowCoverage]] = {}
    for coverage in covered:
        if coverage.window.day <= moment.today:
            groups.setdefault((coverage.window.source, coverage.window.house), []).append(coverage)
    return [
        _source_health(source, house, groups.get((source, house), ()), moment, since)
        for source, houses in reads.items()
        for house in houses
    ]


def health_of_sources(
    archive: Archive,
    config: Config,
    calendar: SittingCalendar,
    *,
    now: datetime,
    today: date,
    since: date | None = None,
) -> list[SourceHealth]:
    """Return the health of all sources of windows that are on; without `since`, for every day ever read."""
    moment = Moment(calendar=calendar, now=now, today=today, interval=usual_interval(archive, config))
    covered = archive.coverage.windows(since=since and min(since, today - LOOK_BACK))
    return source_healths(covered, config.reads, moment, since=since)


def health_of_file_sources(
    archive: Archive,
    config: Config,
    calendar: SittingCalendar,
    *,
    now: datetime,
    today: date,
    since: date | None = None,
) -> list[FileSourceHealth]:
    """Return the health of each source of files that is on or was ever read.

    With `since`, only sources that are on count, and only files of that day or later that were read since then.
    """
    begin = datetime.combine(since, time(), LONDON) if since else None
    filed: dict[str, list[FileRead]] = {name: [] for name in config.reads_files}
    for file_read in archive.files.listing(since=begin):
        if since is None:
            filed.setdefault(file_read.source, []).append(file_read)
        elif file_read.source in filed and (file_read.day is None or file_read.day >= since):
            filed[file_read.source].append(file_read)
    moment = Moment(calendar=calendar, now=now, today=today, interval=usual_interval(archive, config))
    return [_file_source_health(archive, config, source, files, moment) for source, files in filed.items()]


def _file_source_health(
    archive: Archive, config: Config, source: str, files: Sequence[FileRead], moment: Moment
) -> FileSourceHealth:
    """Return the health of one source of files. One that is off is neither silent nor without a list."""
    by_outcome: dict[FileOutcome, list[FileRead]] = {outcome: [] for outcome in FileOutcome}
    for file in files:
        by_outcome[file.outcome].append(file)
    read, is_on = by_outcome[FileOutcome.READ], source in config.reads_files
    return FileSourceHealth(
        source=source,
        is_on=is_on,
        read_at=_files_read_at(archive, source),
        newest_day=max((file.day for file in read if file.day), default=None),
        files=len(read),
        records=sum(file.counts.get("records", 0) for file in files),
        quarantined=sum(file.counts.get("quarantined", 0) for file in files),
        failed=tuple(by_outcome[FileOutcome.FAILED]),
        unreadable=tuple(by_outcome[FileOutcome.QUARANTINED]),
        silence=_silence_of_files(archive, config, source, moment) if is_on else None,
        unlisted=(archive.runs.fact(fact_of(UNLISTED, source)) or "") if is_on else "",
    )


def _files_read_at(archive: Archive, source: str) -> datetime | None:
    read_at = archive.runs.fact(f"read_at {source}")
    return datetime.fromisoformat(read_at) if read_at else None


def _silence_of_files(archive: Archive, config: Config, source: str, moment: Moment) -> Silence | None:
    """Return the silence of a source that can't be reached, or has no new day although the House sat.

    Only debates appear for every sitting day of the Commons; other files may pause or end.
    """
    read_at = _files_read_at(archive, source)
    if read_at is not None and moment.now - read_at > 2 * moment.interval + SILENT_AFTER:
        return Silence(source=source, house=None, since=read_at, is_empty=False)
    newest = archive.runs.fact(f"newest_on {source}")
    if newest is None or source != "theyworkforyou" or "debates" not in config.theyworkforyou.what:
        return None
    newest_on = date.fromisoformat(newest)
    late_on = moment.calendar.nth_sitting_day_after(House.COMMONS, newest_on, LATE_AFTER_SITTING_DAYS)
    is_late = late_on is not None and late_on < moment.today
    return Silence(source=source, house=None, since=newest_on, is_empty=True) if is_late else None


def usual_interval(archive: Archive, config: Config) -> timedelta:
    """Return the usual interval between runs, so that a cron job once a day or on weekdays is not taken for silence."""
    return max(config.schedule.collect_every, archive.runs.longest_gap("collect"))


def is_down(archive: Archive, config: Config) -> bool:
    """Return whether the last collect could read nothing at all."""
    began = archive.runs.last_started("collect")
    if began is None or not config.reads_anything:
        return False
    instants = [_files_read_at(archive, name) for name in config.reads_files]
    instants += archive.coverage.read_at(config.reads)
    return not any(instant is not None and instant >= began for instant in instants)


def _source_health(
    source: str, house: House, windows: Sequence[WindowCoverage], moment: Moment, since: date | None
) -> SourceHealth:
    is_coming = any(
        coverage.window.by == COMING for coverage in windows
    )  # its one window is as new as its last reading
    reported = [coverage for coverage in windows if since is None or is_coming or coverage.window.day >= since]
    unfinished = {coverage.window.day for coverage in reported if coverage.state is not WindowState.COMPLETE}
    has_answers = any(coverage.window.by in _OF_ANSWERS for coverage in windows)
    counted = [coverage for coverage in reported if not has_answers or coverage.window.by in _OF_ANSWERS]
    return SourceHealth(
        source=source,
        house=house,
        first_day=min((coverage.window.day for coverage in reported), default=moment.today),
        last_whole_day=max(
            (coverage.window.day for coverage in reported if coverage.window.day not in unfinished), default=None
        ),
        read_at=_read_at(windows),
        read=sum(coverage.held for coverage in counted),
        published=sum(coverage.total for coverage in counted),
        counts_answers=has_answers,
        incomplete=tuple(coverage for coverage in map(_as_last_tried, reported) if not coverage.state.is_in_full),
        failures=tuple(dict.fromkeys(coverage.note for coverage in reported if coverage.note)),
        silence=_silence(source, house, windows, moment),
        in_recess_until=moment.calendar.recess_until(house, moment.today),
    )


def _as_last_tried(coverage: WindowCoverage) -> WindowCoverage:
    """Return a window as the last reading left it: what is coming stays as it was read well, with a note of the failure."""
    is_failed = coverage.window.by == COMING and coverage.note
    return replace(coverage, state=WindowState.FAILED) if is_failed else coverage


def _read_at(windows: Sequence[WindowCoverage]) -> datetime | None:
    return max((window.read_at for window in windows if window.state.is_in_full), default=None)


def _silence(source: str, house: House, windows: Sequence[WindowCoverage], moment: Moment) -> Silence | None:
    read_at = _read_at(windows)
    if read_at is not None and moment.now - read_at > 2 * moment.interval + SILENT_AFTER:
        return Silence(source=source, house=house, since=read_at, is_empty=False)
    empty_on = _empty_sitting_day(house, windows, moment)
    return None if empty_on is None else Silence(source=source, house=house, since=empty_on, is_empty=True)


def _empty_sitting_day(house: House, windows: Sequence[WindowCoverage], moment: Moment) -> date | None:
    """Return the last sitting day that was read in full, if it brought no answer and such days usually do.

    Days of the same weekday are compared, because there are few answers on Fridays. A day beyond the known calendar does
    not count as a sitting day.
    """
    totals = {
        window.window.day: window.total
        for window in windows
        if window.window.by == "answered"
        and window.state is WindowState.COMPLETE
        and moment.today - LOOK_BACK <= window.window.day < moment.today
        and moment.calendar.is_sitting_day(house, window.window.day)
    }
    if not totals or totals[last := max(totals)]:
        return None
    usual = [total for day, total in totals.items() if day != last and day.weekday() == last.weekday()]
    return last if len(usual) >= _LEAST_DAYS and median(usual) > 0 else None
