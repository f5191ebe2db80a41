"""`db`: the care of the archive."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from db import archive as archives
from db import integrity, schema, vacuum
from db.backup import back_up, newest_run
from db.backup import restore as put_in_place
from db.engine import open_engine
from db.index import is_about_index
from monitor import app
from monitor.cli import FAILED, db_copy
from monitor.cli.db_merged import merged_command
from monitor.cli.options import Day, config_option
from monitor.cli.output import cell, say
from monitor.cli.progress import total_bar
from monitor.errors import ArchiveError, LockedError, SchemaError
from monitor.operations.checks import shown_size
from monitor.parliament.calendar import LONDON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from sqlalchemy import Engine

    from db.backup import Restored
    from monitor.config.settings import Config


@dataclass(frozen=True, slots=True)
class _Place:
    """The configuration and the engine of its archive, which nothing has been asked of yet."""

    config: Config
    engine: Engine

    @property
    def is_sqlite(self) -> bool:
        """Whether the archive is a file."""
        return self.engine.dialect.name == "sqlite"

    @property
    def shown(self) -> str:
        """Where the archive is, without a password."""
        return str(self.engine.url.database) if self.is_sqlite else self.engine.url.render_as_string(hide_password=True)

    def is_there(self) -> bool:
        """Whether there may be an archive: looking into a SQLite file that is not there would make it."""
        return not self.is_sqlite or integrity.file_of(self.engine).is_file()


@contextmanager
def _place(config_path: str | None) -> Iterator[_Place]:
    config = app.configuration(config_path, needs_password=False)
    engine = open_engine(config.archive.url.reveal(), base=config.path.parent)
    try:
        yield _Place(config, engine)
    finally:
        engine.dispose()


@click.group()
def db_command() -> None:
    """Upgrade, back up, restore, copy or check the archive."""


db_command.add_command(merged_command)


@db_command.command(short_help="Bring it to this program's schema, or make it.")
@config_option
def upgrade(config_path: str | None) -> None:
    """Bring the archive to this program's schema, or make it where there is none.

    A SQLite archive is backed up beside itself first. Safe to repeat.
    """
    with _place(config_path) as place:
        before = schema.current(place.engine) if place.is_there() else None
        if before is not None and before > schema.HEAD:
            raise SchemaError(
                f"the archive's schema ({before}) is newer than this program ({schema.HEAD}): install the newer pqwatch"
            )
        saved = archives.upgrade(place.engine)
        if before == schema.HEAD:
            click.echo(f"{place.shown} is at {schema.HEAD} already.", err=True)
        elif before is None:
            click.echo(f"Made the archive {place.shown}, at {schema.HEAD}.", err=True)
        else:
            kept = f" The archive as it was is in {saved}." if saved else ""
            click.echo(f"Upgraded {place.shown} from {before} to {schema.HEAD}.{kept}", err=True)
            if (unused := vacuum.unused(place.engine)) > integrity.size(place.engine) // 4:
                say(f"{shown_size(unused)} of it are free now: pqwatch db compact gives them back to the disk.")


@db_command.command(short_help="Copy it to FILE, also while pqwatch is running.")
@config_option
@click.argument("file", type=click.Path(path_type=Path))
def backup(config_path: str | None, file: Path) -> None:
    """Copy the archive to FILE, whole and consistent, also while pqwatch is running. Prints the file's path.

    FILE must not be there yet. An archive on PostgreSQL is backed up with pg_dump.
    """
    with _place(config_path) as place:
        saved = back_up(place.engine, file.expanduser().absolute())
        click.echo(f"Backed up {place.shown} ({shown_size(saved.stat().st_size)}).", err=True)
        click.echo(saved)


@db_command.command(short_help="Put the backup FILE in its place.")
@config_option
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--skip-told/--no-skip-told", default=None, help="Mail nobody again what was mailed since the backup.")
@click.option("--told-until", type=Day(), help="The last day that subscribers were told of.")
def restore(
    config_path: str | None, file: Path, yes: bool, skip_mailed_before_restore: bool | None, told_until: date | None
) -> None:
    """Put the backup FILE in the place of the archive. Asks first, or needs --yes.

    The backup is checked before anything is touched, and the archive that it replaces is kept beside it. Refuses while a
    run holds the archive. An archive on PostgreSQL is restored with pg_restore.

    What was mailed since the backup would be found and mailed again; with --skip-told what the next run finds of days up to
    --told-until counts as told. Without that day it is the newest that the replaced archive told of, else yesterday. Mails
    that waited in the backup are held.
    """
    if skip_mailed_before_restore is False and told_until is not None:
        raise click.UsageError("--told-until is a matter of --skip-told: leave one of them out.")
    with _place(config_path) as place:
        integrity.file_of(place.engine, "pg_restore")
        saved = file.expanduser().absolute()
        if not yes and not saved.is_file():  # before anybody is asked
            raise ArchiveError(f"{saved} is not there: name a file that pqwatch db backup made")
        is_asking = not yes and _is_terminal()
        if not yes and place.is_there() and not _agrees(f"Replace the archive {place.shown} with {file}?"):
            raise click.UsageError("nothing was changed: say yes, or give --yes.")
        made = newest_run(saved)
        until = told_until or (integrity.last_mailed_day(place.engine) if place.is_there() else None) or _yesterday()
        if skip_mailed_before_restore is None:
            skip_mailed_before_restore = told_until is not None or (is_asking and _agrees(_about_told(made, until)))
        with _held(place):
            done = put_in_place(place.engine, saved, app.clock(), told_to=until if skip_mailed_before_restore else None)
        click.echo(f"Restored {place.shown} from {file}, {_age(made)}.", err=True)
        _say_what_now(done, until, skipped=skip_mailed_before_restore)


def _yesterday() -> date:
    return app.clock().astimezone(LONDON).date() - timedelta(days=1)


def _age(made: datetime | None) -> str:
    """How old a backup is, in words."""
    if made is None:
        return "in which nothing was run yet"
    days = (app.clock() - made).days
    old = "less than a day" if days < 1 else "a day" if days == 1 else f"{days} days"
    return f"whose last run was on {made.astimezone(LONDON):%Y-%m-%d at %H:%M}, {old} ago"


def _about_told(made: datetime | None, until: date) -> str:
    since = f" since {made.astimezone(LONDON):%Y-%m-%d %H:%M}" if made else ""
    return f"What was mailed{since} would be mailed again. Does all up to {until} count as told?"


def _say_what_now(done: Restored, until: date, *, skipped: bool) -> None:
    if done.kept is not None:
        click.echo(f"The archive that it replaced is kept as {done.kept}", err=True)
    if done.held:
        say(
            f"! {done.held} of its mails had not gone when the backup was made and may have gone since, so they are held: "
            "pqwatch status lists them, pqwatch deliver --discard ID gives one up, pqwatch deliver --release ID sends it."
        )
    if skipped:
        say(
            f"What the next run finds of days up to {until} counts as told and is mailed to nobody; what is newer is mailed."
            " If they were told up to another day, say so before the next run: pqwatch digest skip --until DAY"
        )
    else:
        say(
            "The next run reads what came since the backup, and mails it again. If the subscribers know it already, run this"
            f" before: pqwatch digest skip --until {until}"
        )


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _agrees(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        return False  # nobody there to answer


def _held(place: _Place) -> AbstractContextManager[None]:
    """The lease on what is to be replaced. Where there is nothing, or only a ruin, nobody can be running on it."""
    try:
        if not place.is_there() or schema.current(place.engine) is None:
            return nullcontext()
    except LockedError:
        raise
    except ArchiveError:
        return nullcontext()
    return archives.Archive(place.engine).runs.lease()


@db_command.command(short_help="Check that it is sound.")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one JSON object.")
def check(config_path: str | None, as_json: bool) -> None:
    """Check that the database is sound and that its rows agree with each other. Exit code 1 if not."""
    with _place(config_path) as place:
        if not place.is_there():
            raise ArchiveError(f"there is no archive at {place.shown} yet: pqwatch run makes one")
        findings, counts = _examine(place)
        if as_json:
            told = {"ok": not findings, "findings": findings, "counts": counts}
            click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        else:
            for finding in findings:
                click.echo(cell(finding))
            shown = ", ".join(f"{count} {name}" for name, count in counts.items())
            click.echo(f"Checked {place.shown}{': ' if shown else ''}{shown}.", err=True)
        if findings:
            if all(map(is_about_index, findings)):
                click.echo("The archive is sound but for its index: pqwatch db reindex builds it anew.", err=True)
            else:
                click.echo("The archive is damaged: pqwatch db restore FILE puts a backup in its place.", err=True)
            raise SystemExit(FAILED)
        if not as_json:
            click.echo("All is well.", err=True)


def _examine(place: _Place) -> tuple[list[str], dict[str, int]]:
    """What is wrong with the archive, and how much there is in it. Raises SchemaError, LockedError."""
    try:
        version = schema.current(place.engine)
        if version is None:
            return ["this is no archive of pqwatch, or an empty one"], {}
        if version == schema.HEAD:
            found = integrity.check(place.engine) + integrity.consistency(place.engine)
            return found + archives.Archive(place.engine).index.problems(), integrity.counts(place.engine)
    except LockedError:
        raise
    except ArchiveError as exc:
        return [str(exc)], {}
    raise _other_schema(version)


def _other_schema(version: str | None) -> SchemaError:
    return SchemaError(
        f"the archive's schema ({version}) is not this program's ({schema.HEAD}): run: pqwatch db upgrade"
    )


@db_command.command(short_help="Build its index of all words anew.")
@config_option
def reindex(config_path: str | None) -> None:
    """Build the index that searches and new terms ask anew, from the texts in the archive.

    The index is a file beside a SQLite archive, and for one on PostgreSQL a file in your cache folder on this machine.
    Everything is found meanwhile too, only more slowly. Stopped halfway, the next run goes on with it.
    """
    with _place(config_path) as place:
        if not place.is_there():
            raise ArchiveError(f"there is no archive at {place.shown} yet: pqwatch run makes one")
        if (version := schema.current(place.engine)) != schema.HEAD:
            raise _other_schema(version)
        archive = archives.Archive(place.engine)
        with total_bar("indexing") as progress:
            done = archive.index.rebuild(progress)
        click.echo(f"Indexed {done:,} revisions in {place.shown}.", err=True)


@db_command.command(short_help="Give free room back to the disk.")
@config_option
def compact(config_path: str | None) -> None:
    """Give the room that became free in the archive back to the disk: after an upgrade, or when much was let go.

    It needs as much room again meanwhile, and nobody else may use the archive. One on PostgreSQL is compacted by
    VACUUM FULL.
    """
    with _place(config_path) as place:
        if not place.is_there():
            raise ArchiveError(f"there is no archive at {place.shown} yet: pqwatch run makes one")
        if (version := schema.current(place.engine)) != schema.HEAD:
            raise _other_schema(version)
        path = integrity.file_of(place.engine, "VACUUM FULL")
        with archives.Archive(place.engine).runs.lease():
            place.engine.dispose()
            before, now = vacuum.compact(path)
        click.echo(f"{place.shown} takes {shown_size(now)} now, {shown_size(before)} before.", err=True)


@db_command.command(short_help="Copy it into another database.")
@config_option
@click.option(
    "--to", "url", metavar="URL", help="Into this database: sqlite:///FILE or postgresql+psycopg://HOST/NAME."
)
@click.option("--to-env", "variable", metavar="NAME", help="The same, from an environment variable.")
@click.option("--to-file", "file", metavar="FILE", help="The same, from a file of mode 0600.")
def copy(config_path: str | None, url: str | None, variable: str | None, file: str | None) -> None:
    """Copy the archive into an empty database: from SQLite to PostgreSQL, back, or into another of the same kind.

    Whole or not at all; every row is read back and compared. No run can use the archive meanwhile. An address with a
    password in it comes from a variable or a file. What config.toml needs then is printed.
    """
    to = db_copy.target(url, variable, file)
    with _place(config_path) as place:
        if not place.is_there():
            raise ArchiveError(f"there is no archive at {place.shown} yet: pqwatch run makes one")
        if (version := schema.current(place.engine)) != schema.HEAD:
            raise _other_schema(version)
        db_copy.copy(archives.Archive(place.engine), place.shown, to)
