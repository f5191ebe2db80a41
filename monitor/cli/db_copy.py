"""`db copy`: copy the archive into another database, and say what to do then."""

from __future__ import annotations

import json
import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from db import archive as archives
from db.archive_copy import copy_archive
from db.engine import open_engine
from monitor.cli.options import full_path
from monitor.cli.output import say
from monitor.cli.progress import total_bar
from monitor.config.archive_urls import archive_url, holds_password
from monitor.config.tables import secret_file, secret_variable
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from db.archive import Archive


@dataclass(frozen=True, slots=True)
class Target:
    """Target of a copy: its SQLAlchemy URL, and the line of config.toml that names it."""

    url: str
    line: str


def target(url: str | None, variable: str | None, file: str | None) -> Target:
    """Read the address that the options name. Raises UsageError, ConfigError."""
    given = [option for option in (url, variable, file) if option is not None]
    if len(given) != 1:
        raise click.UsageError("say where to, once: --to URL, --to-env NAME or --to-file FILE.")
    here = Path.cwd()
    try:
        if url is not None:
            _refuse_password(url)
            found = archive_url(url, here)
            return Target(found, f"url = {json.dumps(found, ensure_ascii=False)}")
        if variable is not None:
            found = archive_url(secret_variable(os.environ, variable).reveal(), here)
            return Target(found, f"url_env = {json.dumps(variable, ensure_ascii=False)}")
        path = full_path(str(file))
        found = archive_url(secret_file(here, str(path)).reveal(), here)
        return Target(found, f"url_file = {json.dumps(path.as_posix(), ensure_ascii=False)}")
    except ValueError as exc:
        option = "--to" if url is not None else "--to-env" if variable is not None else "--to-file"
        raise ConfigError(f"{option}: {exc}") from None


def _refuse_password(url: str) -> None:
    if holds_password(url):
        raise ValueError(
            "a password does not belong on a command line, where others can read it; put the whole address into an "
            "environment variable and give --to-env NAME, or into a file of mode 0600 and give --to-file FILE"
        )


def copy(source: Archive, shown: str, to: Target) -> None:
    """Copy and index an archive, and say what to do then: the lines for config.toml on stdout, the rest on stderr."""
    with closing(archives.Archive(open_engine(to.url))) as there:
        where = there.location.name
        with total_bar("copying", "rows") as progress:
            rows = copy_archive(source, there, progress)
        total, tables = sum(rows.values()), sum(1 for count in rows.values() if count)
        click.echo(
            f"Copied {shown} to {where}: {total:,} rows of {tables} tables, each read back and found the same.",
            err=True,
        )
        with there.runs.lease(), total_bar("indexing", "revisions") as progress:
            indexed = there.index.follow(progress)
        click.echo(f"Indexed {indexed:,} revisions.", err=True)
    say("This is what config.toml now needs in place of its [archive] address:")
    click.echo(f"[archive]\n{to.line}")
    say(
        "Until it says so every run goes on with the old archive, and what that then reads and mails is not in the copy. "
        "Afterwards let no machine run with the old one again: both would mail the same digests. Keep it as a backup."
    )
