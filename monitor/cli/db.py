"""`db`: the care of the archive."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from db import archive as archives
from db import care, schema
from db.engine import open_engine
from db.index import is_about_index
from monitor import app
from monitor.cli import FAILED
from monitor.cli.common import cell, config_option
from monitor.cli.layout import say
from monitor.diagnosis import shown_size
from monitor.errors import ArchiveError, LockedError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Engine

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
        return not self.is_sqlite or care.file_of(self.engine).is_file()


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
    """Upgrade, back up, restore or check the archive."""


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


@db_command.command(short_help="Copy it to FILE, also while pqwatch is running.")
@config_option
@click.argument("file", type=click.Path(path_type=Path))
def backup(config_path: str | None, file: Path) -> None:
    """Copy the archive to FILE, whole and consistent, also while pqwatch is running. Prints the file's path.

    FILE must not be there yet. An archive on PostgreSQL is backed up with pg_dump.
    """
    with _place(config_path) as place:
        saved = care.backup(place.engine, file.expanduser().absolute())
        click.echo(f"Backed up {place.shown} ({shown_size(saved.stat().st_size)}).", err=True)
        click.echo(saved)


@db_command.command(short_help="Put the backup FILE in its place.")
@config_option
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(config_path: str | None, file: Path, yes: bool) -> None:
    """Put the backup FILE in the place of the archive. Asks first, or needs --yes.

    The backup is checked before anything is touched, and the archive that it replaces is kept beside it. Refuses while a
    run holds the archive. An archive on PostgreSQL is restored with pg_restore.
    """
    with _place(config_path) as place:
        care.file_of(place.engine, "pg_restore")
        if not yes and place.is_there() and not _agrees(f"Replace the archive {place.shown} with {file}?"):
            raise click.UsageError("nothing was changed: say yes, or give --yes.")
        with _held(place):
            done = care.restore(place.engine, file.expanduser().absolute(), app.clock())
        click.echo(f"Restored {place.shown} from {file}.", err=True)
        if done.kept is not None:
            click.echo(f"The archive that it replaced is kept as {done.kept}", err=True)
        if done.unsent:
            say(
                f"! {done.unsent} of its mails had not gone when the backup was made and may have gone since: look at "
                "pqwatch status, and give up those that went with pqwatch deliver --discard ID before the next run."
            )
        say(
            "The next run reads what came since the backup, and mails it again. If the subscribers know it already: "
            "pqwatch collect, pqwatch match, then pqwatch digest skip marks it as told."
        )


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
            found = care.check(place.engine) + care.consistency(place.engine)
            if problem := archives.Archive(place.engine).index.count().problem:
                found.append(problem)
            return found, care.counts(place.engine)
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

    Everything is found meanwhile too, only more slowly. Stopped halfway, the next run goes on with it. Refuses while a run
    holds the archive.
    """
    with _place(config_path) as place:
        if not place.is_there():
            raise ArchiveError(f"there is no archive at {place.shown} yet: pqwatch run makes one")
        if (version := schema.current(place.engine)) != schema.HEAD:
            raise _other_schema(version)
        archive = archives.Archive(place.engine)
        with archive.runs.lease(), _bar() as progress:
            done = archive.index.rebuild(progress)
        click.echo(f"Indexed {done:,} revisions in {place.shown}.", err=True)


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    from rich.console import Console  # noqa: PLC0415 (only where somebody looks)
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("indexing", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
