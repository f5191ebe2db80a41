"""Builds each source from the configuration: those that are on, or one by its name for a reading of its past.

What a source needs is loaded when it is built, so that commands which read nothing load none of it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import ConfigError, GoneError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from db.archive import Archive
    from monitor.config.settings import Config, Files
    from monitor.model.records import House, Member
    from monitor.ports import FileSource, Register, Source
    from scrapers.folders import Folder
    from scrapers.http.client import Client

log = logging.getLogger(__name__)

WINDOWS = ("questions", "statements", "northern_ireland")
"""Sources that are asked by windows of a day."""
FILES = ("theyworkforyou", "historic", "publications", "scotland", "feeds")
"""Sources that are files of many records."""
PLACED = FILES[:-1]
"""Those that may be a copy on this machine."""
_PEOPLE = "members"
"""The folder of the files on people, in the place of the others or beside it."""
_PEOPLE_AT = "people_at"
"""The fact of the archive that says where they were last."""


class Sources:
    """The sources of a configuration.

    `path`: where the files of the one that is asked for by name are instead. `is_offline`: nothing is fetched, so that it
    does not matter where files are.
    """

    def __init__(
        self,
        config: Config,
        store: Archive,
        client: Client,
        *,
        clock: Callable[[], datetime],
        path: Path | None = None,
        is_offline: bool = False,
    ) -> None:
        self._config, self._store, self._client, self._clock = config, store, client, clock
        self._path, self._is_offline = path, is_offline

    def windows(self) -> list[Source]:
        """Those that are on and asked by windows; all where nothing is fetched."""
        return [self.window(name) for name in (WINDOWS if self._is_offline else self._config.reads)]

    def files(self) -> list[FileSource]:
        """Those that are on and files; all where nothing is fetched."""
        return [self.file(name) for name in (FILES if self._is_offline else self._config.reads_files)]

    def named(self, name: str) -> Source | FileSource:
        """One of them all, whether or not it is on."""
        return self.window(name) if name in WINDOWS else self.file(name)

    def window(self, name: str) -> Source:
        """One of `WINDOWS`, whether or not it is on."""
        config, client = self._config, self._client
        if name == "questions":
            from scrapers.questions_statements.questions import QuestionsSource  # noqa: PLC0415 (only what is used is loaded)

            return QuestionsSource(client, config.questions.base_url, config.questions.houses)
        if name == "statements":
            from scrapers.questions_statements.statements import StatementsSource  # noqa: PLC0415

            return StatementsSource(client, config.statements.base_url, config.statements.houses)
        from scrapers.northern_ireland import NorthernIrelandSource  # noqa: PLC0415

        return NorthernIrelandSource(client, config.northern_ireland.base_url)

    def file(self, name: str) -> FileSource:
        """One of `FILES`, whether or not it is on."""
        if name == "feeds":
            return self._feeds()
        if name == "theyworkforyou":
            from scrapers.theyworkforyou import TheyWorkForYou  # noqa: PLC0415

            told = self._config.theyworkforyou
            return TheyWorkForYou(self._place(told.files), self._register, kinds=told.what)
        if name == "historic":
            return self._historic()
        if name == "publications":
            from scrapers.publications import Publications  # noqa: PLC0415

            return Publications(self._place(self._config.publications), self._register)
        return self._scotland()

    def _historic(self) -> FileSource:
        """Volumes on this machine; of the site single days."""
        from scrapers.historic import Historic, HistoricPages  # noqa: PLC0415

        place, told = self._place(self._config.historic), self._config.historic
        if self._path is None and told.path is None and not self._is_offline:
            return HistoricPages(place, self._register)
        return Historic(place, self._register)

    def _scotland(self) -> FileSource:
        from scrapers.scotland import LocalDumps, Scotland, WebDumps  # noqa: PLC0415

        told = self._config.scotland
        if self._path is None and told.path is None:
            return Scotland(WebDumps(self._client, told.base_url, self._store.cache, self._clock))
        return Scotland(LocalDumps(self._place(told)))

    def _feeds(self) -> FileSource:
        from scrapers.feeds import Feeds, NamedFeed  # noqa: PLC0415

        feeds = [NamedFeed(name=one.name, url=one.url, house=one.house) for one in self._config.feeds if one.enabled]
        return Feeds(self._client, self._store.cache, feeds, other_sources=tuple(self._config.reads))

    def _place(self, files: Files) -> Folder:
        """Where the files are. Raises ConfigError for a folder that is not there."""
        from scrapers.folders import LocalFolder, WebFolder  # noqa: PLC0415

        files = replace(files, path=self._path or files.path)
        if files.path is None:
            return WebFolder(self._client, files.base_url, self._store.cache)
        if not files.path.is_dir() and not self._is_offline:
            raise ConfigError(f"There is no folder {files.path}: correct path, or make it.")
        return LocalFolder(files.path, self._clock)

    # -- who is who ---------------------------------------------------------------------------------------------------

    @cached_property
    def _register(self) -> Register:
        return Acquainted(self._read_people)

    def _read_people(self) -> Register:
        """The files on people; where they are is noted. Nobody is known without any.

        Raises FetchError, ParseError: then names wait for the next run. That there are none is such a failure only where
        the configuration says that there are, or there were.
        """
        from scrapers.people import People  # noqa: PLC0415

        place = self._people()
        if place is None:
            return People()
        try:
            people = People.read(place)
        except GoneError:
            if self._config.theyworkforyou.members or self._store.runs.fact(_PEOPLE_AT):
                raise
            log.warning("people place=%s has no files on people: names stay as they are printed", place)
            return People()
        if self._store.runs.fact(_PEOPLE_AT) != str(place):
            self._store.runs.set_fact(_PEOPLE_AT, str(place))
        return people

    def _people(self) -> Folder | None:
        """Where the files on people are: beside the files that are read, else as configured, else where they were last.

        So what is read again later finds the people that it found before.
        """
        told = self._config.theyworkforyou
        if self._path is not None and (folder := _beside(self._path)):
            return self._somewhere(str(folder))
        if told.members:
            return self._somewhere(told.members)
        if told.files.path is not None and (folder := _beside(told.files.path)):
            return self._somewhere(str(folder))
        if told.files.enabled and told.files.path is None:
            return self._somewhere(f"{told.files.base_url}/{_PEOPLE}")
        last = self._store.runs.fact(_PEOPLE_AT)
        return self._somewhere(last) if last else None

    def _somewhere(self, place: str) -> Folder:
        from scrapers.folders import LocalFolder, WebFolder  # noqa: PLC0415

        if "://" in place:
            return WebFolder(self._client, place, self._store.cache)
        return LocalFolder(Path(place).absolute(), self._clock)


def _beside(path: Path) -> Path | None:
    """The folder of the files on people that belongs to a folder of files, if there is one."""
    return next((folder for folder in (path / _PEOPLE, path.parent / _PEOPLE) if folder.is_dir()), None)


@dataclass
class Acquainted:
    """A register that is read when somebody is first looked up: most runs find no new file."""

    read: Callable[[], Register]

    @cached_property
    def _register(self) -> Register:
        return self.read()

    def by_number(self, number: str, printed: str | None, day: date) -> Member:
        """As the register has it."""
        return self._register.by_number(number, printed, day)

    def by_name(
        self, printed: str, house: House, day: date, *, constituency: str | None = None, office: str | None = None
    ) -> Member:
        """As the register has it."""
        return self._register.by_name(printed, house, day, constituency=constituency, office=office)

    def office_of(self, member: Member, day: date) -> str | None:
        """As the register has it."""
        return self._register.office_of(member, day)
