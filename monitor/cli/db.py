"""`db`: upgrade, back up, restore, check, copy and compact the archive."""

from __future__ import annotations

import json
import sys
from contextlib import closing, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from db import archive as archives
from db import integrity, schema
from db.backup import back_up, newest_run
from db.backup import compact as give_back_space
from db.backup import restore as put_in_place
from db.backup import unused as free_space
from db.engine import open_location
from db.index import is_about_index
from monitor import app
from monitor.cli import FAILED, db_copy
from monitor.cli.formats import emit, format_option
from monitor.cli.options import Commands, Day, Number, config_option, full_path, today_in_london
from monitor.cli.output import Column, cell, say, say_held
from monitor.cli.progress import total_bar
from monitor.cli.workspace import open_workspace
from monitor.collect.identify import undo_merging
from monitor.errors import ArchiveError, LockedError, SchemaError, UnreachableError
from monitor.operations.check_results import shown_size
from monitor.parliament.calendar import LONDON
from monitor.presentation.wording import count_of
from monitor.queue.versions import announce_version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from db.backup import Restored
    from db.engine import Location
    from monitor.model.collection import Merging


@contextmanager
def _open_location(config_path: str | None) -> Iterator[Location]:
    config = app.configuration(config_path, needs_password=False)
    with open_location(config.archive.url.reveal(), base=config.path.parent) as location:
        yield location


def _require_current(location: Location) -> archives.Archive:
    """Return the archive. Raises ArchiveError where it is missing, SchemaError where its schema is another."""
    _require_archive(location)
    version = schema.current(location.engine)
    if version != schema.HEAD:
        raise schema.other_version(version)
    return archives.Archive(location.engine)


def _require_archive(location: Location) -> None:
    if not location.may_exist():
        raise ArchiveError(f"there is no archive at {location.name} yet: pqwatch run makes one")


@click.group(cls=Commands)
def db_command() -> None:
    """Upgrade, back up, restore, copy or check the archive."""


@db_command.command(short_help="Bring it to this program's schema, or make it.")
@config_option
def upgrade(config_path: str | None) -> None:
    """Bring the archive to this program's schema, or make it if it is missing.

    A SQLite archive is backed up beside itself first. Safe to repeat.
    """
    with _open_location(config_path) as location:
        before = schema.current(location.engine) if location.may_exist() else None
        if before is not None and before > schema.HEAD:
            raise schema.other_version(before)
        saved = archives.upgrade(location.engine)
        workers = 0 if location.is_sqlite else _announce(location, is_new=before != schema.HEAD)
        if before == schema.HEAD:
            click.echo(f"{location.name} is at {schema.HEAD} already.", err=True)
        elif before is None:
            click.echo(f"Made the archive {location.name}, at {schema.HEAD}.", err=True)
        else:
            kept = f" The archive as it was is in {saved}." if saved else ""
            click.echo(f"Upgraded {location.name} from {before} to {schema.HEAD}.{kept}", err=True)
            if (unused := free_space(location.engine)) > integrity.size(location.engine) // 4:
                say(f"{shown_size(unused)} of it are free now: pqwatch db compact gives them back to the disk.")
        if workers:
            say(
                f"Still running: {count_of(workers, 'worker')} of the earlier version, which will refuse the next job. "
                "Start pqwatch worker and pqwatch serve again with this version."
            )


def _announce(location: Location, *, is_new: bool) -> int:
    """Note the version that works on the archive; return how many workers of an earlier one are alive."""
    with closing(archives.Archive(location.engine)) as archive:
        followed = announce_version(archive)
        return archive.jobs.count_living_workers() if is_new or followed else 0


@db_command.command(short_help="Copy it to FILE, also while pqwatch is running.")
@config_option
@click.argument("file", type=click.Path(path_type=Path))
def backup(config_path: str | None, file: Path) -> None:
    """Copy the archive to FILE, whole and consistent, also while pqwatch is running. Prints the file's path.

    FILE must not be there yet. An archive on PostgreSQL is backed up with pg_dump.
    """
    with _open_location(config_path) as location:
        with total_bar("copying") as progress:
            saved = back_up(location.engine, full_path(file), progress)
        click.echo(f"Backed up {location.name} ({shown_size(saved.stat().st_size)}).", err=True)
        click.echo(saved)


@db_command.command(short_help="Put the backup FILE in its place.")
@config_option
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--skip-told/--no-skip-told", default=None, help="Mail nothing again that was mailed since the backup.")
@click.option("--told-until", type=Day(), help="The last day that subscribers were told of.")
def restore(config_path: str | None, file: Path, yes: bool, skip_told: bool | None, told_until: date | None) -> None:
    """Put the backup FILE in the place of the archive. Asks first, or needs --yes.

    The backup is checked before anything is touched, and the archive that it replaces is kept beside it. Until it is done,
    it takes the room of three more archives. Refuses while a run holds the archive. An archive on PostgreSQL is restored
    with pg_restore.

    What was mailed since the backup would be found and mailed again; with --skip-told what the next run finds of days up to
    --told-until counts as told. Without that day it is the newest that the replaced archive told of, else yesterday. Mails
    that waited in the backup are held.
    """
    if skip_told is False and told_until is not None:
        raise click.UsageError("--told-until is a matter of --skip-told: leave one of them out.")
    with _open_location(config_path) as location:
        integrity.file_of(location.engine, "pg_restore")
        saved = full_path(file)
        if not yes and not saved.is_file():  # before the question
            raise ArchiveError(f"{saved} is not there: name a file that pqwatch db backup made")
        is_asking = not yes and _is_terminal()
        if not yes and location.may_exist() and not _confirms(f"Replace the archive {location.name} with {file}?"):
            raise click.UsageError("nothing was changed: say yes, or give --yes.")
        made = newest_run(saved)
        known = told_until or (integrity.last_reported_day(location.engine) if location.may_exist() else None)
        until = known or _yesterday()
        if skip_told is None:
            skip_told = told_until is not None or (is_asking and _confirms(_skip_question(made, until)))
        told_to = until if skip_told else None
        with _lease_if_readable(location), total_bar("copying") as progress:
            done = put_in_place(location.engine, saved, app.clock(), told_to=told_to, progress=progress)
        click.echo(f"Restored {location.name} from {file}, {_age(made)}.", err=True)
        _say_what_next(done, until, skipped=skip_told, is_known=known is not None)


def _yesterday() -> date:
    return today_in_london() - timedelta(days=1)


def _age(made: datetime | None) -> str:
    """Return how old a backup is, in words."""
    if made is None:
        return "in which nothing was run yet"
    days = (app.clock() - made).days
    old = "less than a day" if days < 1 else "a day" if days == 1 else f"{days} days"
    return f"whose last run was on {made.astimezone(LONDON):%Y-%m-%d at %H:%M}, {old} ago"


def _skip_question(made: datetime | None, until: date) -> str:
    since = f" since {made.astimezone(LONDON):%Y-%m-%d %H:%M}" if made else ""
    return f"What was mailed{since} would be mailed again. Does all up to {until} count as told?"


def _say_what_next(done: Restored, until: date, *, skipped: bool, is_known: bool) -> None:
    if done.kept is not None:
        click.echo(f"The archive that it replaced is kept as {done.kept}", err=True)
    if done.held:
        say_held(done.held)
    if skipped:
        guessed = "" if is_known else " That is yesterday: up to which day they were told can't be read."
        say(
            f"What the next run finds of days up to {until} counts as told and is not mailed; what is newer is mailed."
            f"{guessed} If they were told up to another day, say so before the next run: pqwatch digest skip --until DAY"
        )
    else:
        say(
            "The next run reads what came since the backup, and mails it again. If the subscribers know it already, run this"
            f" before: pqwatch digest skip --until {until}"
        )


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _confirms(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        return False  # there is no one to answer


def _lease_if_readable(location: Location) -> AbstractContextManager[None]:
    """Lease the archive that is replaced. Where it is missing, or can't be read, no run can be using it."""
    try:
        if not location.may_exist() or schema.current(location.engine) is None:
            return nullcontext()
    except LockedError:
        raise
    except ArchiveError:
        return nullcontext()
    return archives.Archive(location.engine).runs.lease(by_hand=True)


@db_command.command(short_help="Check that it is sound.")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one JSON object.")
def check(config_path: str | None, as_json: bool) -> None:
    """Check that the database is sound and that its rows agree with each other. Exit code 1 if not."""
    with _open_location(config_path) as location:
        _require_archive(location)
        findings, counts = _examine(location)
        if as_json:
            report = {"ok": not findings, "findings": findings, "counts": counts}
            click.echo(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            for finding in findings:
                click.echo(cell(finding))
            shown = ", ".join(f"{count} {name}" for name, count in counts.items())
            click.echo(f"Checked {location.name}{': ' if shown else ''}{shown}.", err=True)
        if findings:
            if all(map(is_about_index, findings)):
                say("The archive is sound but for its index: pqwatch db reindex builds it anew.")
            else:
                tool = "pqwatch db restore FILE" if location.is_sqlite else "pg_restore"
                say(f"The archive is damaged: {tool} puts a backup in its place.")
            raise SystemExit(FAILED)
        if not as_json:
            click.echo("All is well.", err=True)


def _examine(location: Location) -> tuple[list[str], dict[str, int]]:
    """Return what is wrong with the archive, and how much it holds. Raises SchemaError, LockedError, UnreachableError.

    PostgreSQL tells damage from all else that it refuses, so what it says is raised as it is.
    """
    try:
        version = schema.current(location.engine)
        if version is None:
            return ["this is no archive of pqwatch, or an empty one"], {}
        if version == schema.HEAD:
            with closing(archives.Archive(location.engine)) as archive:
                found = (
                    integrity.check(archive.engine) + integrity.consistency(archive.engine) + archive.index.problems()
                )
                return found, integrity.counts(archive.engine)
    except (LockedError, SchemaError, UnreachableError):
        raise
    except ArchiveError as exc:
        if not location.is_sqlite:
            raise
        return [str(exc)], {}
    raise schema.other_version(version)


@db_command.command(short_help="Build its index of all words anew.")
@config_option
def reindex(config_path: str | None) -> None:
    """Build the index that searches and new terms ask anew, from the texts in the archive.

    The index is a file beside a SQLite archive, and for one on PostgreSQL a file in your cache folder on this machine.
    Everything is found meanwhile too, only more slowly. Stopped halfway, the next run goes on with it.
    """
    with _open_location(config_path) as location:
        with closing(_require_current(location)) as archive, total_bar("indexing") as progress:
            done = archive.index.rebuild(progress)
        click.echo(f"Indexed {done:,} revisions in {location.name}.", err=True)


@db_command.command(short_help="Give free room back to the disk.")
@config_option
def compact(config_path: str | None) -> None:
    """Give the room that became free in the archive back to the disk: after an upgrade, or when much was let go.

    It needs as much room again meanwhile, and nothing else may use the archive. One on PostgreSQL is compacted by
    VACUUM FULL.
    """
    with _open_location(config_path) as location:
        archive = _require_current(location)
        path = integrity.file_of(location.engine, "VACUUM FULL")
        with archive.runs.lease(by_hand=True):
            archive.index.compact()
            location.close()
            before, now = give_back_space(path)
        click.echo(f"{location.name} takes {shown_size(now)} now, {shown_size(before)} before.", err=True)


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
    with _open_location(config_path) as location:
        archive = _require_current(location)
        db_copy.copy(archive, location.name, to)


# -- records that were merged -----------------------------------------------------------------------------------------

_MERGED_COLUMNS: Final = (
    Column("id", lambda row: row["id"]),
    Column("record", lambda row: row["kept"]),
    Column("was also", lambda row: row["gone"]),
    Column("merged", lambda row: row["merged_at"][:10]),
    Column("taken back", lambda row: (row["undone_at"] or "")[:10]),
    Column("for both are", lambda row: row["reason"]),
)


@db_command.command("merged", short_help="List records that were found to be one, or take that back.")
@format_option
@config_option
@click.option("--undo", "number", type=Number(), help="Take this one back: make two records of it again.")
def merged_command(output: str, config_path: str | None, number: int | None) -> None:
    """List records that were found to be one, newest first; with --undo take that back, for good.

    Sources of one question are joined by what they call it. What is taken back stays two records, with all that each of
    their sources told. Refuses while a run holds the archive.
    """
    with open_workspace(config_path) as workspace:
        if number is not None:
            with workspace.archive.runs.lease(by_hand=True):
                undo_merging(workspace.archive, number)
            click.echo(f"Took merging {number} back: its records are two again, and stay so.", err=True)
            return
        records = [_merging_json(merging) for merging in workspace.archive.revisions.mergings()]
    if not records:
        click.echo("No two records were found to be one so far.", err=True)
    emit(records, _MERGED_COLUMNS, output)


def _merging_json(merging: Merging) -> dict[str, Any]:
    return {
        "id": merging.id,
        "kept": merging.kept,
        "gone": merging.gone,
        "reason": merging.reason,
        "merged_at": merging.merged_at.isoformat(),
        "undone_at": merging.undone_at.isoformat() if merging.undone_at else None,
    }
