"""Report at the foot of a digest: what was read of each source in the days of the digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.collect.health import health_of_file_sources, health_of_sources
from monitor.model.digests import ReadOf
from monitor.presentation.wording import long_day

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from db.archive import Archive
    from monitor.collect.health import FileSourceHealth, SourceHealth
    from monitor.config.settings import Config
    from monitor.parliament.calendar import SittingCalendar

WINDOWS = {
    "tabled": "questions tabled on",
    "answered": "answers of",
    "corrected": "corrections of",
    "made": "statements of",
}
"""Words for the records of a window, before its day."""


def reading_report(
    archive: Archive, config: Config, calendar: SittingCalendar, *, now: datetime, today: date, first: date
) -> list[ReadOf]:
    """Report what was read of the days from `first` to `today`. Sources that were never asked are left out."""
    sources = health_of_sources(archive, config, calendar, now=now, today=today, since=first)
    file_sources = health_of_file_sources(archive, config, calendar, now=now, today=today, since=first)
    timezone = config.schedule.timezone
    return [
        *(
            _of_source(health, first, today, timezone)
            for health in sources
            if health.read_at is not None or health.incomplete
        ),
        *(
            _of_file_source(health, first, today, timezone)
            for health in file_sources
            if health.read_at is not None or health.failed
        ),
    ]


def _of_source(health: SourceHealth, first: date, today: date, timezone: ZoneInfo) -> ReadOf:
    return ReadOf(
        source=health.source,
        house=health.house,
        from_on=first,
        to_on=today,
        read=health.read,
        published=health.published,
        incomplete=tuple(
            f"{WINDOWS[coverage.window.by]} {long_day(coverage.window.day)}" for coverage in health.incomplete
        ),
        failures=health.failures,
        silent=health.silence.sentence(timezone) if health.silence else "",
    )


def _of_file_source(health: FileSourceHealth, first: date, today: date, timezone: ZoneInfo) -> ReadOf:
    """Report a source of files. Such a source gives no total, so what its files hold counts as published."""
    bad_files = (*health.failed, *health.unreadable)
    return ReadOf(
        source=health.source,
        house=None,
        from_on=first,
        to_on=today,
        read=health.records - health.quarantined,
        published=health.records,
        incomplete=tuple(f"the file {file.name}" for file in bad_files),
        failures=tuple(dict.fromkeys(file.note for file in bad_files)),
        silent=health.silence.sentence(timezone) if health.silence else "",
    )
