"""Report of what was read of each source in the days of a digest, which stands at its foot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from monitor.collect.health import health_of_file_sources, health_of_sources
from monitor.model.digests import ReadOf
from monitor.model.records import House
from monitor.model.search import Filters
from monitor.model.sources import COMING
from monitor.presentation.wording import long_day, source_name

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from db.archive import Archive
    from monitor.collect.health import FileSourceHealth, SourceHealth
    from monitor.config.settings import Config
    from monitor.parliament.calendar import SittingCalendar

_HOUSES_OF_YEARS: Final = {"scotland": House.SCOTLAND}
"""Legislature of each source whose files hold a year."""

WINDOW_NAMES: Final = {
    "tabled": "questions tabled on",
    "answered": "answers of",
    "corrected": "corrections of",
    "made": "statements of",
    "meeting": "questions not reached on",
    COMING: "what is coming as of",
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
            _of_year_source(archive, health, first, today, timezone)
            if health.source in _HOUSES_OF_YEARS
            else _of_file_source(health, first, today, timezone)
            for health in file_sources
            if health.read_at is not None or health.failed or health.unlisted
        ),
    ]


def _of_source(health: SourceHealth, first: date, today: date, timezone: ZoneInfo) -> ReadOf:
    return ReadOf(
        source=health.source,
        house=None if health.source == "committees" else health.house,  # the list of inquiries names no House
        from_on=first,
        to_on=today,
        read=health.read,
        published=health.published,
        incomplete=tuple(
            f"{WINDOW_NAMES[coverage.window.by]} {long_day(coverage.window.day)}" for coverage in health.incomplete
        ),
        failures=health.failures,
        silent=health.silence.sentence(timezone) if health.silence else "",
    )


def _of_year_source(archive: Archive, health: FileSourceHealth, first: date, today: date, timezone: ZoneInfo) -> ReadOf:
    """Report a source whose files hold a year each. What the archive has of these days counts as read."""
    house = _HOUSES_OF_YEARS[health.source]
    read = archive.search.count(None, Filters(first=first, last=today, houses=[house]))
    whole = _of_file_source(health, first, today, timezone)
    return replace(whole, house=house, read=read, published=read + health.quarantined)


def _of_file_source(health: FileSourceHealth, first: date, today: date, timezone: ZoneInfo) -> ReadOf:
    """Report a source of files. Such a source gives no total, so what its files hold counts as published."""
    bad_files = (*health.failed, *health.unreadable)
    all_files = [f"the files of {source_name(health.source)}"] if health.unlisted else []
    return ReadOf(
        source=health.source,
        house=None,
        from_on=first,
        to_on=today,
        read=health.records - health.quarantined,
        published=health.records,
        incomplete=(*all_files, *(f"the file {file.name}" for file in bad_files)),
        failures=tuple(dict.fromkeys(filter(None, [health.unlisted, *(file.note for file in bad_files)]))),
        silent=health.silence.sentence(timezone) if health.silence else "",
    )
