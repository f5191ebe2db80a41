"""Report of what the archive does not know, for those who may take its silence for an answer.

What was read of each source, and what is missing: windows that failed, days that were never read, sources that fell silent,
files that did not come, records that could not be understood. It is the knowledge of `status`, in sentences.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from monitor.collect.health import health_of_file_sources, health_of_sources
from monitor.digest.reading_report import WINDOW_NAMES
from monitor.operations.overview import gaps
from monitor.parliament.calendar import LONDON
from monitor.presentation.wording import count_of, house_name, listed, long_day, long_range, source_name
from monitor.research.waiting import EMPTY_ARCHIVE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime

    from db.archive import Archive
    from monitor.collect.health import FileSourceHealth, SourceHealth
    from monitor.config.settings import Config
    from monitor.model.records import House
    from monitor.parliament.calendar import SittingCalendar

_DAY: Final = timedelta(days=1)
MOST_NAMED: Final = 3
"""Windows, gaps or files of a source that are named; more are counted."""


@dataclass(frozen=True, slots=True)
class ReadingReport:
    """Sentences about what was read of each source and House, and about what is known to be missing."""

    read: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """True where nothing is known to be missing of the days that were read."""
        return not self.missing


def report_reading(archive: Archive, config: Config, calendar: SittingCalendar, now: datetime) -> ReadingReport:
    """Report what was read of every source, and what is missing."""
    if archive.records.is_empty():
        return ReadingReport((), (EMPTY_ARCHIVE,))
    today = now.astimezone(LONDON).date()
    sources = health_of_sources(archive, config, calendar, now=now, today=today)
    files = health_of_file_sources(archive, config, calendar, now=now, today=today)
    days = _days_read(archive)
    read = [*_sources_read(sources), *_files_read(files)]
    missing = [sentence for health in sources for sentence in _missing(health, days, config, today)]
    missing += [sentence for health in files for sentence in _files_missing(health, config)]
    if quarantined := len(archive.payloads.quarantined()):
        verb = "is" if quarantined == 1 else "are"
        missing.append(f"{count_of(quarantined, 'record')} could not be understood and {verb} kept as received.")
    return ReadingReport(tuple(read or ["No day of a source was read."]), tuple(missing))


def _days_read(archive: Archive) -> Mapping[tuple[str, House], set[date]]:
    days: dict[tuple[str, House], set[date]] = {}
    for covered in archive.coverage.windows():
        days.setdefault((covered.window.source, covered.window.house), set()).add(covered.window.day)
    return days


# -- read -------------------------------------------------------------------------------------------------------------


def _sources_read(sources: Iterable[SourceHealth]) -> Iterator[str]:
    for health in sources:
        if health.read_at is not None:
            until = f"whole to {long_day(health.last_whole_day)}" if health.last_whole_day else "no day whole yet"
            read_at = health.read_at.astimezone(LONDON)
            yield (
                f"{_name(health)}: from {long_day(health.first_day)}, {until}; "
                f"last read on {long_day(read_at.date())}, {read_at:%H:%M}."
            )


def _files_read(sources: Iterable[FileSourceHealth]) -> Iterator[str]:
    for health in sources:
        if health.files:
            newest = f", the newest of {long_day(health.newest_day)}" if health.newest_day else ""
            yield f"{source_name(health.source)}: {count_of(health.files, 'file')}{newest}."


def _name(health: SourceHealth) -> str:
    return f"{house_name(health.house)}, {source_name(health.source)}"


# -- missing ----------------------------------------------------------------------------------------------------------


def _missing(
    health: SourceHealth, days: Mapping[tuple[str, House], set[date]], config: Config, today: date
) -> Iterator[str]:
    name, known = _name(health), days.get((health.source, health.house), set())
    if not known:
        yield f"{name}: nothing was read yet."
    elif (newest := max(known)) < today - _DAY:
        yield f"{name}: nothing after {long_day(newest)} was read."
    if health.incomplete:
        windows = [f"{WINDOW_NAMES[covered.window.by]} {long_day(covered.window.day)}" for covered in health.incomplete]
        yield f"{name}: not read whole: {_some(windows)}."
    if stretches := [long_range([gap["from"], gap["to"]]) for gap in gaps(known)]:
        yield f"{name}: never read: {_some(stretches)}."
    if health.silence:
        yield health.silence.sentence(config.schedule.timezone)


def _files_missing(health: FileSourceHealth, config: Config) -> Iterator[str]:
    name = source_name(health.source)
    if health.unlisted:
        yield f"{name}: the last run could not list its files."
    for files, what in ((health.failed, "did not come"), (health.unreadable, "could not be read")):
        if files:
            yield f"{name}: {_some([file.name for file in files])} {what}."
    if health.quarantined:
        yield f"{name}: {count_of(health.quarantined, 'record')} in its files could not be understood."
    if health.silence:
        yield health.silence.sentence(config.schedule.timezone)


def _some(names: list[str]) -> str:
    """List a few names, and count the rest."""
    more = len(names) - MOST_NAMED
    return listed([*names[:MOST_NAMED], *([f"{more:,} more"] if more > 0 else [])])
