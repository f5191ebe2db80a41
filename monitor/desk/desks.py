"""Desk of a request: the configuration, the archive, and the rules that both give."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from monitor import app
from monitor.config import mark_of, refuse_emptied
from monitor.config.merging import is_up_to_date, with_subscribers
from monitor.errors import ConfigError
from monitor.parliament.calendar import LONDON, SittingCalendar
from monitor.parliament.lifecycle import DueDays
from monitor.research.records import licences_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.terms.vocabulary import Lexicon

log = logging.getLogger(__name__)

LOOK_AGAIN_AFTER = timedelta(seconds=60)
"""Time after which the names of bodies that the archive has learnt are read again."""


CONFIG_LOCK: Final = threading.Lock()
"""Held while a change of config.toml is planned and written, so that two forms sent together don't start from one file."""


@dataclass(frozen=True)
class Desk:
    """A configuration, the archive that it names, and the present instant: one for each request.

    `licence`: licences of what the archive has. `problem`: why config.toml as it is now can't be used; then `config` is what
    it was before.
    """

    config: Config
    archive: Archive
    lexicon: Lexicon
    calendar: SittingCalendar
    now: datetime
    licence: str
    problem: str = ""

    @property
    def today(self) -> date:
        """Day in London."""
        return self.now.astimezone(LONDON).date()

    @cached_property
    def topic_names(self) -> dict[str, str]:
        """Names of the topics by key, in the order of the file."""
        return {topic.key: topic.name for topic in self.config.topics}

    @property
    def due_date(self) -> DueDays:
        """Due days of questions."""
        return DueDays(lambda: self.calendar)


class Desks:
    """Opens the archive once, and reads config.toml and the archive's subscribers again when they change.

    The files with secrets that config.toml names count as parts of it. Threads may share it.

    With `is_local` the requests are those of the person who runs this process: no token is needed, [web] public hides
    nothing from them, and nothing can change the archive.
    """

    def __init__(
        self, config_path: str | None = None, now: Callable[[], datetime] = app.clock, *, is_local: bool = False
    ) -> None:
        self._path, self._now, self._is_local = config_path, now, is_local
        self._reading, self._making = threading.Lock(), threading.Lock()
        self._config, self._problem = self._configuration(), ""
        self._state = _state_of(self._config)
        open_archive = app.archive_to_read if is_local else app.archive
        self._archive = open_archive(self._config, now=now)
        self._terms = app.JudgedTerms(self._archive)
        self._made_of, self._desk = self._config, self._made(self._config)

    @property
    def archive(self) -> Archive:
        """The archive, which stays open."""
        return self._archive

    @property
    def licence(self) -> str:
        """Licences of what the archive had when a desk was made last."""
        return self._desk.licence

    def settings(self) -> Config:
        """Return config.toml as it is now, or as it last could be used. It asks no archive, so it may be called anywhere."""
        with self._reading:
            before = self._config
            if (state := _state_of(before)) != self._state:
                self._config, self._problem = self._read_again(before)
                has_same_files = self._config.secret_files == before.secret_files
                self._state = state if has_same_files else _state_of(self._config)
            return self._config

    def current(self) -> Desk:
        """Return the desk for a request that comes now."""
        config = self.settings()
        with self._making:
            is_other = config is not self._made_of or self._problem != self._desk.problem
            is_other = is_other or not is_up_to_date(self._desk.config, self._archive)
            now = self._now()
            if is_other or now - self._desk.now >= LOOK_AGAIN_AFTER:
                self._made_of, self._desk = config, self._made(config, self._problem)
            return replace(self._desk, now=now)

    def close(self) -> None:
        """Close the archive."""
        self._archive.close()

    def _configuration(self) -> Config:
        config = app.configuration(self._path, needs_password=False, needs_token=not self._is_local)
        return replace(config, web=replace(config.web, public=False)) if self._is_local else config

    def _read_again(self, before: Config) -> tuple[Config, str]:
        try:
            config = self._configuration()
            refuse_emptied(config)
        except ConfigError as exc:
            log.warning("config.toml was changed and can't be used: %s", exc)
            return before, " ".join(exc.problems)
        if config.archive.url != before.archive.url:
            return before, "config.toml names another archive now: start pqwatch again."
        return config, ""

    def _made(self, config: Config, problem: str = "") -> Desk:
        judged = self._terms.judged(with_subscribers(config, self._archive))
        return Desk(
            config=judged,
            archive=self._archive,
            lexicon=app.lexicon(judged, self._archive),
            calendar=app.sittings(judged, self._archive, self._now()),
            now=self._now(),
            licence=" ".join(licences_of(self._archive)),
            problem=problem,
        )


def _state_of(config: Config) -> tuple[object, ...]:
    """Return what differs once config.toml has another content, or a file with a secret was written anew."""
    return mark_of(config.path), *app.changed_at(config)[1:]
