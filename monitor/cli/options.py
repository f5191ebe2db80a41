"""Options that several commands share, and the types of their values."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli.typed import note_config
from monitor.parliament.calendar import LONDON
from monitor.text.days import FIRST_DAY, LAST_DAY, read_day, read_day_to_come

if TYPE_CHECKING:
    from collections.abc import Callable


_ALL: Final = 1_000_000_000
"""Limit that is as good as none."""


def today_in_london(now: datetime | None = None) -> date:
    """Return the day in London, now or at another instant."""
    return (now or app.clock()).astimezone(LONDON).date()


class Commands(click.Group):
    """Group whose help has the sentence of each command whole, where click cuts it to a line."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, command.get_short_help_str(_ALL)) for name, command in sorted(self.commands.items())]
            )


class Day(click.ParamType[date]):
    """A day: `2024-11-26`, `today`, `yesterday`, or `7d` (seven days ago)."""

    name = "DAY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a day."""
        if isinstance(value, date):
            return value
        day = read_day(value, today_in_london())
        if day is None:
            self.fail(f"{value!r} is no day: write 2024-11-26, today, yesterday, or 7d for seven days ago", param, ctx)
        return day


class LastDay(Day):
    """The last day of a time that begins today: `2026-12-24`, `today`, `tomorrow`, or `14d` (in fourteen days)."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a day that is not over."""
        if isinstance(value, date):
            return value
        today = today_in_london()
        day = read_day_to_come(value, today)
        if day is None:
            self.fail(f"{value!r} is no day: write 2026-12-24, tomorrow, or 14d for fourteen days from now", param, ctx)
        if day < today:
            self.fail(f"{value} is over: name a day from today on", param, ctx)
        return day


class Number(click.ParamType[int]):
    """A number that a list of the archive shows."""

    name = "ID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read a number that a database can hold."""
        number = int(value) if re.fullmatch(r"\d{1,18}", str(value), re.ASCII) else None
        if number is None:
            self.fail(f"{value!r} is no number of the list: write it as it stands there", param, ctx)
        return number


class AsOf(click.ParamType[datetime]):
    """The instant that counts as now: a day (its end in London), or an instant with its zone."""

    name = "DAY|INSTANT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read an instant."""
        if isinstance(value, datetime):
            return value
        instant = _read_instant(value)
        if instant is None or not FIRST_DAY <= instant.date() <= LAST_DAY:
            self.fail(f"{value!r} is no instant: write 2024-11-26 or 2024-11-26T07:30+00:00", param, ctx)
        return instant


def _read_instant(text: str) -> datetime | None:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return datetime.combine(date.fromisoformat(text), time(23, 59, 59), LONDON).astimezone(UTC)
        instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=LONDON)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def full_path(written: str | Path) -> Path:
    """Return the full path that was meant; `~` is the home folder. Raises UsageError."""
    try:
        return Path(written).expanduser().absolute()
    except RuntimeError:
        raise click.UsageError(f'"{written}": the home folder is not known; write the whole path') from None


def at_most_all(_context: object, _param: object, limit: int) -> int:
    """Return a limit as the database and Python can count it. No archive has so many of anything."""
    return min(limit, _ALL)


def check_days(first: date | None, last: date | None) -> None:
    """Refuse a range of days that ends before it begins."""
    if first and last and first > last:
        raise click.UsageError(f"--from {first} is after --to {last}: exchange them.")


def checked(check: Callable[[str], str]) -> Callable[[object, object, str | None], str | None]:
    """Return a callback that holds an option to the check of config.toml for the same value."""
    return lambda _context, _param, value: None if value is None else check_value(check, value)


def check_value(check: Callable[[str], str], value: str) -> str:
    """Return a value as a check of config.toml takes it. Raises BadParameter."""
    try:
        return check(value.strip())
    except ValueError as exc:
        raise click.BadParameter(f"{exc}.") from exc


config_option = click.option(
    "--config",
    "config_path",
    metavar="PATH",
    callback=note_config,
    help="The config.toml to use. [default: see pqwatch status]",
)
as_of_option = click.option(
    "--as-of", type=AsOf(), help="What counts as now for windows, slots and due days: a day (its end) or an instant."
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Change nothing, print what would change.")
subscriber_option = click.option(
    "--subscriber",
    metavar="NAME",
    help="For whom, by name, id or address. Where there is one subscriber, it may be left out.",
)
topic_option = click.option("--topic", metavar="TOPIC", help="Only this topic, by its name or id.")
