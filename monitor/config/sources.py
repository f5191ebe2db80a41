"""Tables under [sources]. Every source but the questions and the calendar is off unless its table is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from monitor.config import values
from monitor.config.settings import (
    COMMITTEES,
    HISTORIC,
    ORAL_QUESTIONS,
    PUBLICATIONS,
    SCOTLAND,
    WHATS_ON,
    ComingSettings,
    FeedSettings,
    FileSourceSettings,
    MembersSettings,
    NorthernIrelandSettings,
    ParliamentCalendarSettings,
    QuestionsSettings,
    SeneddSettings,
    StatementsSettings,
    TheyWorkForYouSettings,
)
from monitor.config.tables import choice, optional, parsed, placed, truth, whole, words
from monitor.model.records import House

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from monitor.config.tables import Table

_HOUSES = {
    "Commons": House.COMMONS,
    "Lords": House.LORDS,
    "Scotland": House.SCOTLAND,
    "Northern Ireland": House.NORTHERN_IRELAND,
    "Senedd": House.SENEDD,
}
_WESTMINSTER = ("Commons", "Lords")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Fields of `Config` that [sources] fills."""

    questions: QuestionsSettings
    members: MembersSettings
    parliament_calendar: ParliamentCalendarSettings
    statements: StatementsSettings
    theyworkforyou: TheyWorkForYouSettings
    historic: FileSourceSettings
    publications: FileSourceSettings
    scotland: FileSourceSettings
    northern_ireland: NorthernIrelandSettings
    senedd: SeneddSettings
    oral_questions: ComingSettings
    whats_on: ComingSettings
    committees: ComingSettings
    feeds: tuple[FeedSettings, ...]


def read_sources(table: Table, base: Path) -> Sources:
    """Read all tables; relative paths are relative to `base`."""
    return Sources(
        questions=_questions(table.table("questions")),
        members=_members(table.table("members")),
        parliament_calendar=_parliament_calendar(table.table("calendar")),
        statements=_statements(table),
        theyworkforyou=_theyworkforyou(table, base),
        historic=_files(table, "historic", HISTORIC, base),
        publications=_files(table, "publications", PUBLICATIONS, base),
        scotland=_files(table, "scotland", SCOTLAND, base),
        northern_ireland=_northern_ireland(table),
        senedd=_senedd(table),
        oral_questions=_coming(table, "oral_questions", ORAL_QUESTIONS),
        whats_on=_coming(table, "whats_on", WHATS_ON),
        committees=_coming(table, "committees", COMMITTEES),
        feeds=_feeds(table),
    )


def _questions(table: Table) -> QuestionsSettings:
    default = QuestionsSettings()
    return QuestionsSettings(
        enabled=table.take("enabled", default.enabled, truth),
        base_url=table.take("base_url", default.base_url, parsed(values.base_address)),
        houses=_houses(table, default.houses),
        look_back_days=table.take("look_back_days", default.look_back_days, whole(1, 90)),
    )


def _members(table: Table) -> MembersSettings:
    return MembersSettings(base_url=table.take("base_url", MembersSettings().base_url, parsed(values.base_address)))


def _parliament_calendar(table: Table) -> ParliamentCalendarSettings:
    default = ParliamentCalendarSettings()
    return ParliamentCalendarSettings(
        enabled=table.take("enabled", default.enabled, truth),
        base_url=table.take("base_url", default.base_url, parsed(values.base_address)),
    )


def _statements(sources: Table) -> StatementsSettings:
    default = StatementsSettings()
    is_there = sources.has("statements")
    table = sources.table("statements")
    return StatementsSettings(
        enabled=table.take("enabled", is_there, truth),
        base_url=table.take("base_url", default.base_url, parsed(values.base_address)),
        houses=_houses(table, default.houses),
    )


def _theyworkforyou(sources: Table, base: Path) -> TheyWorkForYouSettings:
    default = TheyWorkForYouSettings()
    is_there = sources.has("theyworkforyou")
    table = sources.table("theyworkforyou")
    what = table.take_each("what", default.what, choice(*TheyWorkForYouSettings.KINDS))
    if table.has("what") and not what:
        table.complain("what", f'names nothing; write ["wrans"], or more of {", ".join(TheyWorkForYouSettings.KINDS)}')
    return TheyWorkForYouSettings(
        files=_place(table, replace(default.files, enabled=is_there), base),
        what=tuple(dict.fromkeys(what)),
        members=table.take("members", default.members, optional(_somewhere(base))),
    )


def _files(sources: Table, name: str, default: FileSourceSettings, base: Path) -> FileSourceSettings:
    is_there = sources.has(name)
    table = sources.table(name)
    return _place(table, replace(default, enabled=is_there), base)


def _place(table: Table, default: FileSourceSettings, base: Path) -> FileSourceSettings:
    """Read the place of files: on this machine or at an address, not both."""
    if table.has("path") and table.has("base_url"):
        table.complain("path", "path and base_url say the same thing; keep one of them")
    return FileSourceSettings(
        enabled=table.take("enabled", default.enabled, truth),
        base_url=table.take("base_url", default.base_url, parsed(values.base_address)),
        path=table.take("path", None, _folder(base)),
    )


def _folder(base: Path) -> Callable[[Any], Path | None]:
    """Return a check of a folder, or of one file of it. It need not exist yet: a disk may be mounted later."""
    return lambda value: placed(base, words(value)) if value != "" else None


def _somewhere(base: Path) -> Callable[[str], str]:
    """Return a check of a folder or an address, as text."""
    return lambda value: values.base_address(value) if "://" in value else str(placed(base, value))


def _northern_ireland(sources: Table) -> NorthernIrelandSettings:
    default = NorthernIrelandSettings()
    is_there = sources.has("northern_ireland")
    table = sources.table("northern_ireland")
    return NorthernIrelandSettings(
        enabled=table.take("enabled", is_there, truth),
        base_url=table.take("base_url", default.base_url, parsed(values.base_address)),
    )


def _coming(sources: Table, name: str, default: ComingSettings) -> ComingSettings:
    """Read a source of what is coming. Only What's On is asked for each House by itself."""
    is_there = sources.has(name)
    table = sources.table(name)
    return ComingSettings(
        enabled=table.take("enabled", is_there, truth),
        base_url=table.take("base_url", default.base_url, parsed(values.base_address)),
        houses=_houses(table, default.houses) if len(default.houses) > 1 else default.houses,
    )


def _senedd(sources: Table) -> SeneddSettings:
    default = SeneddSettings()
    is_there = sources.has("senedd")
    table = sources.table("senedd")
    return SeneddSettings(
        enabled=table.take("enabled", is_there, truth),
        base_url=table.take("base_url", default.base_url, parsed(values.base_address)),
    )


def _feeds(sources: Table) -> tuple[FeedSettings, ...]:
    feeds: list[FeedSettings] = []
    for table in sources.tables("feeds"):
        for key, example in (("name", 'name = "Home Office"'), ("url", 'url = "https://example.org/news.atom"')):
            if not table.has(key):
                table.complain(key, f"is missing; write {example}")
        feed = FeedSettings(
            name=table.take("name", "", words),
            url=table.take("url", "", parsed(_feed_address)),
            house=_HOUSES[table.take("house", "Commons", choice(*_HOUSES))],
            enabled=table.take("enabled", True, truth),
        )
        if feed.name and feed.name in {other.name for other in feeds}:
            table.complain("name", f'two feeds are called "{feed.name}"; change one')
        feeds.append(feed)
    return tuple(feeds)


def _feed_address(text: str) -> str:
    """Check an address and return it as it was written: a slash at the end may matter to the server."""
    values.web_address(text)
    return text


def _houses(table: Table, default: tuple[House, ...]) -> tuple[House, ...]:
    houses = table.take_each("houses", default, lambda value: _HOUSES[choice(*_WESTMINSTER)(value)])
    if table.has("houses") and not houses:
        table.complain("houses", 'names no House; write ["Commons", "Lords"] or one of them')
    return tuple(dict.fromkeys(houses))
