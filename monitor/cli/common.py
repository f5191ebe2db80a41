"""What the commands share: options, opening the archive, instants from the command line, lists as tables."""

from __future__ import annotations

import os
import re
import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor import app
from monitor.config import find
from monitor.errors import ConfigError
from monitor.parliament.calendar import LONDON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.archive import Archive
    from monitor.config.settings import Config, TermProblem
    from monitor.terms.vocabulary import Lexicon


config_option = click.option(
    "--config", "config_path", metavar="PATH", help="The config.toml to use. [default: see pqwatch status]"
)


@dataclass(frozen=True)
class Opened:
    """The configuration and the archive that it names."""

    config: Config
    archive: Archive

    @cached_property
    def lexicon(self) -> Lexicon:
        """The lists that matching hangs on."""
        return app.lexicon(self.config, self.archive)


@contextmanager
def opened(config_path: str | None, *, needs_password: bool = False) -> Iterator[Opened]:
    """Read the configuration, open the archive, and close it. Terms that can't be read are told, loudly."""
    config = app.configuration(config_path, needs_password=needs_password)
    for problem in config.term_problems:
        click.echo(f"{_pointed(problem)}\nThe term is switched off; all others work.", err=True)
    archive = app.archive(config)
    try:
        judged = app.judged(config, archive)
        for problem in judged.term_problems[len(config.term_problems) :]:
            click.echo(f"{_pointed(problem)}\nIt is looked for as it is read until it is corrected.", err=True)
        yield Opened(judged, archive)
    finally:
        archive.close()


def command_of(config: Config, *words: str) -> str:
    """A command as it is to be typed here: with `--config` where the file is not found by itself."""
    found = [] if _is_found(config.path) else ["--config", str(config.path)]
    return shlex.join(["pqwatch", *words, *found])


def _is_found(path: Path) -> bool:
    try:
        return find(None, os.environ, Path.cwd()) == path
    except ConfigError:
        return False


def _pointed(problem: TermProblem) -> str:
    caret = problem.caret.replace("\n", "\n    ")
    return f"{problem.text}\n    {caret}"


# -- days and instants ------------------------------------------------------------------------------------------------


_FIRST_DAY, _LAST_DAY = date(1000, 1, 1), date(2999, 12, 31)
"""Days beyond these are slips of the pen, and days could not be counted from them."""


class Day(click.ParamType[date]):
    """A day: `2024-11-26`, `today`, `yesterday`, or `7d` (seven days ago)."""

    name = "DAY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read it."""
        if isinstance(value, date):
            return value
        day = self._read(value)
        if day is None or not _FIRST_DAY <= day <= _LAST_DAY:
            self.fail(f"{value!r} is no day: write 2024-11-26, today, yesterday, or 7d for seven days ago", param, ctx)
        return day

    def _read(self, value: str) -> date | None:
        today = app.clock().astimezone(LONDON).date()
        if value in ("today", "yesterday"):
            return today - timedelta(days=value == "yesterday")
        if ago := re.fullmatch(r"(\d{1,5})d", value):
            return today - timedelta(days=int(ago[1]))
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None


class AsOf(click.ParamType[datetime]):
    """The instant that counts as now: a day (its end in London), or an instant with its zone."""

    name = "DAY|INSTANT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it."""
        if isinstance(value, datetime):
            return value
        instant = self._read(value)
        if instant is None or not _FIRST_DAY <= instant.date() <= _LAST_DAY:
            self.fail(f"{value!r} is no instant: write 2024-11-26 or 2024-11-26T07:30+00:00", param, ctx)
        return instant

    def _read(self, value: str) -> datetime | None:
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
                return end_of_day(date.fromisoformat(value))
            instant = datetime.fromisoformat(value)
            return (instant if instant.tzinfo else instant.replace(tzinfo=LONDON)).astimezone(UTC)
        except (ValueError, OverflowError):
            return None


def end_of_day(day: date) -> datetime:
    """The last second of a day in London, in UTC."""
    return datetime.combine(day, time(23, 59, 59), LONDON).astimezone(UTC)


as_of_option = click.option(
    "--as-of", type=AsOf(), help="What counts as now for windows, slots and due days: a day (its end) or an instant."
)
