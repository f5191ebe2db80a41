"""Build the sources that the configuration enables, or a single one by its name for a reading of its past.

A source is imported when it is built, so that commands that read nothing import none.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import ConfigError, FetchError, GoneError, ParseError
from monitor.model.sources import COMING_SOURCES

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from db.archive import Archive
    from monitor.config.settings import Config, FileSourceSettings
    from monitor.model.records import House, Member
    from monitor.ports import CalendarSource, FileSource, Register, Source
    from scrapers.folders import Folder
    from scrapers.http.client import Client
    from scrapers.http.robots import SiteRules

log = logging.getLogger(__name__)

WINDOWS = ("questions", "statements", "northern_ireland", "senedd")
"""Sources that are read by windows of one day."""
FILES = ("theyworkforyou", "historic", "publications", "scotland", "feeds")
"""Sources that are files with many records."""
PLACED = FILES[:-1]
"""Sources of files that may be a copy on this machine."""
_PEOPLE = "members"
"""The folder with the files on people: within the folder of the other files, or beside it."""
_PEOPLE_AT = "people_at"
"""The fact in the archive that says where the files on people were last."""


class Sources:
    """The sources of a configuration.

    `path`: the folder with the files of a source that is asked for by name. `is_offline`: nothing is fetched, so every
    source can be built, wherever its files are.
    """

    def __init__(
        self,
        config: Config,
        archive: Archive,
        client: Client,
        *,
        clock: Callable[[], datetime],
        path: Path | None = None,
        is_offline: bool = False,
    ) -> None:
        self._config, self._archive, self._client, self._clock = config, archive, client, clock
        self._path, self._is_offline = path, is_offline

    def windows(self) -> list[Source]:
        """Return the enabled sources that are read by windows, what is coming among them; offline, all of them."""
        return [self.window(name) for name in ((*WINDOWS, *COMING_SOURCES) if self._is_offline else self._config.reads)]

    def files(self) -> list[FileSource]:
        """Return the enabled sources of files; offline, all of them."""
        return [self.file(name) for name in (FILES if self._is_offline else self._config.reads_files)]

    def calendar(self) -> CalendarSource | None:
        """Return Parliament's own calendar; None where it is switched off."""
        if not self._config.parliament_calendar.enabled or self._is_offline:
            return None
        from scrapers.whats_on.calendar import CalendarReader  # noqa: PLC0415

        return CalendarReader(self._client, self._config.parliament_calendar.base_url)

    def named(self, name: str) -> Source | FileSource:
        """Return a source, enabled or not."""
        return self.window(name) if name in (*WINDOWS, *COMING_SOURCES) else self.file(name)

    def window(self, name: str) -> Source:
        """Return one of `WINDOWS` or of the sources of what is coming, enabled or not."""
        config, client = self._config, self._client
        if name == "questions":
            from scrapers.questions_statements.questions import QuestionsSource  # noqa: PLC0415 (only what is used is loaded)

            return QuestionsSource(client, config.questions.base_url, config.questions.houses)
        if name == "statements":
            from scrapers.questions_statements.statements import StatementsSource  # noqa: PLC0415

            return StatementsSource(client, config.statements.base_url, config.statements.houses)
        if name == "northern_ireland":
            from scrapers.northern_ireland import NorthernIrelandSource  # noqa: PLC0415

            return NorthernIrelandSource(client, config.northern_ireland.base_url)
        if name == "senedd":
            from scrapers.senedd import SeneddSource  # noqa: PLC0415

            return SeneddSource(client, config.senedd.base_url)
        return self._coming(name)

    def _coming(self, name: str) -> Source:
        """Return a source of what is coming, enabled or not."""
        config, client = self._config, self._client
        if name == "oral_questions":
            from scrapers.oral_questions import OralQuestions  # noqa: PLC0415

            return OralQuestions(client, config.oral_questions.base_url)
        if name == "whats_on":
            from scrapers.whats_on.business import Business  # noqa: PLC0415

            return Business(client, config.whats_on.base_url, config.whats_on.houses)
        from scrapers.committees import Committees  # noqa: PLC0415

        return Committees(client, config.committees.base_url)

    def file(self, name: str) -> FileSource:
        """Return one of `FILES`, enabled or not."""
        if name == "feeds":
            return self._feeds()
        if name == "theyworkforyou":
            from scrapers.theyworkforyou import TheyWorkForYou  # noqa: PLC0415

            settings = self._config.theyworkforyou
            return TheyWorkForYou(self._place(settings.files), self._register, kinds=settings.what)
        if name == "historic":
            return self._historic()
        if name == "publications":
            from scrapers.publications import Publications  # noqa: PLC0415

            return Publications(self._site(self._config.publications), self._register)
        return self._scotland()

    def _historic(self) -> FileSource:
        """Return the volumes on this machine, or single days of the site."""
        from scrapers.historic import Historic, HistoricPages  # noqa: PLC0415

        place, settings = self._site(self._config.historic), self._config.historic
        if self._path is None and settings.path is None and not self._is_offline:
            return HistoricPages(place, self._register)
        return Historic(place, self._register)

    def _scotland(self) -> FileSource:
        from scrapers.scotland import LocalDumps, Scotland, WebDumps  # noqa: PLC0415

        settings = self._config.scotland
        if self._path is None and settings.path is None:
            return Scotland(WebDumps(self._client, settings.base_url, self._archive.cache, self._clock))
        return Scotland(LocalDumps(self._place(settings)))

    def _feeds(self) -> FileSource:
        from scrapers.feeds import Feeds, NamedFeed  # noqa: PLC0415

        feeds = [
            NamedFeed(name=feed.name, url=feed.url, house=feed.house) for feed in self._config.feeds if feed.enabled
        ]
        return Feeds(self._client, self._archive.cache, feeds, other_sources=tuple(self._config.reads))

    def _site(self, files: FileSourceSettings) -> Folder:
        """Return the folder of a source whose files are pages made for people. Raises ConfigError if it is missing."""
        from scrapers.http.robots import SiteRules  # noqa: PLC0415

        return self._place(files, SiteRules(self._client, files.base_url))

    def _place(self, files: FileSourceSettings, rules: SiteRules | None = None) -> Folder:
        """Return the folder of a source's files. Raises ConfigError if it is missing."""
        from scrapers.folders import LocalFolder, WebFolder  # noqa: PLC0415

        files = replace(files, path=self._path or files.path)
        if files.path is None:
            return WebFolder(self._client, files.base_url, self._archive.cache, rules=rules)
        if not files.path.is_dir() and not self._is_offline:
            raise ConfigError(f"There is no folder {files.path}: correct path, or make it.")
        return LocalFolder(files.path, self._clock)

    # -- people -------------------------------------------------------------------------------------------------------

    @cached_property
    def _register(self) -> Register:
        return LazyRegister(self._read_people)

    def _read_people(self) -> Register:
        """Read the files on people, and note in the archive where they are.

        Without such files the register is empty, and names stay as printed. Raises FetchError, after which the files whose
        people they are wait for the next run; missing ones are an error only if the configuration names them or they were
        once read. A ParseError would count against each record that names somebody.
        """
        from scrapers.people import People  # noqa: PLC0415

        place = self._people()
        if place is None:
            return People()
        try:
            people = People.read(place)
        except GoneError:
            if self._config.theyworkforyou.members or self._archive.runs.fact(_PEOPLE_AT):
                raise
            log.warning("people place=%s has no files on people: names stay as they are printed", place)
            return People()
        except ParseError as exc:
            raise FetchError(f"{place} has a file on people that can't be read: {exc}", url=str(place)) from exc
        if self._archive.runs.fact(_PEOPLE_AT) != str(place):
            self._archive.runs.set_fact(_PEOPLE_AT, str(place))
        return people

    def _people(self) -> Folder | None:
        """Return the folder with the files on people: beside the files read, else as configured, else the last one.

        The last one makes sure that files that are read again find the people that they found before.
        """
        settings = self._config.theyworkforyou
        if self._path is not None and (folder := _beside(self._path)):
            return self._somewhere(str(folder))
        if settings.members:
            return self._somewhere(settings.members)
        if settings.files.path is not None and (folder := _beside(settings.files.path)):
            return self._somewhere(str(folder))
        if settings.files.enabled and settings.files.path is None:
            return self._somewhere(f"{settings.files.base_url}/{_PEOPLE}")
        last = self._archive.runs.fact(_PEOPLE_AT)
        return self._somewhere(last) if last else None

    def _somewhere(self, place: str) -> Folder:
        from scrapers.folders import LocalFolder, WebFolder  # noqa: PLC0415

        if "://" in place:
            return WebFolder(self._client, place, self._archive.cache)
        return LocalFolder(Path(place).absolute(), self._clock)


def _beside(path: Path) -> Path | None:
    """Find the folder with the files on people that belongs to a folder of files."""
    return next((folder for folder in (path / _PEOPLE, path.parent / _PEOPLE) if folder.is_dir()), None)


@dataclass
class LazyRegister:
    """A register of people that is read at the first look-up, because most runs find no new file."""

    read: Callable[[], Register]

    @cached_property
    def _register(self) -> Register:
        return self.read()

    def by_number(self, number: str, printed: str | None, day: date) -> Member:
        """Return the member with a number."""
        return self._register.by_number(number, printed, day)

    def by_name(
        self, printed: str, house: House, day: date, *, constituency: str | None = None, office: str | None = None
    ) -> Member:
        """Return the member with a printed name."""
        return self._register.by_name(printed, house, day, constituency=constituency, office=office)

    def office_of(self, member: Member, day: date) -> str | None:
        """Return the office that a member held on a day."""
        return self._register.office_of(member, day)
