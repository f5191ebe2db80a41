"""Archives shown: to a program of the user's own, and in `pqwatch status`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from db.archive import open_archive as open_archive_at
from monitor.app.archives import calendar_of, clock, lexicon
from monitor.app.places import refuse_missing_file
from monitor.app.settings import configuration
from monitor.parliament.calendar import LONDON

if TYPE_CHECKING:
    from datetime import date, datetime

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.research.archive_reader import ArchiveReader


def open_archive(config: str | os.PathLike[str] | None = None, *, url: str | None = None) -> ArchiveReader:
    """Open an archive for reading in a program of your own: docs/api.md.

    Args:
        config: The config.toml that names the archive. Without it and without `url`, the file is looked for where
            `pqwatch` looks.
        url: The address of the archive, as in `archive.url`, in place of a configuration. The archive is then searched
            without the user's own equivalents and recesses.

    Raises:
        ConfigError: The configuration or the address can't be used.
        ArchiveError: There is no archive, or it can't be read. SchemaError, one of its kinds, says which command brings
            it up to date.
    """
    from monitor.research.archive_reader import ArchiveReader  # noqa: PLC0415 (only what is used is loaded)
    from monitor.terms.vocabulary import Lexicon  # noqa: PLC0415
    from monitor.text.office_names import shipped_names  # noqa: PLC0415

    settings = None if url else configuration(os.fspath(config) if config else None, needs_password=False)
    address, base = (settings.archive.url.reveal(), settings.path.parent) if settings else (url or "", Path.cwd())
    refuse_missing_file(address, base)
    archive = open_archive_at(address, base=base)
    if settings:
        known, recesses = lexicon(settings, archive), settings.calendar.recess
    else:
        known, recesses = Lexicon(names=shipped_names().with_more(archive.records.bodies())), ()
    return ArchiveReader(archive, known, lambda: calendar_of(archive, recesses, _today()), _today)


def _today() -> date:
    return clock().astimezone(LONDON).date()


def overview(config: Config, archive: Archive, now: datetime) -> dict[str, Any]:
    """Return what `pqwatch status` shows of a configuration and its archive.

    Of misread terms it has those that the configuration names: the archive is not asked for more.
    """
    from db import integrity, runs, schema  # noqa: PLC0415 (only what is used is loaded)
    from monitor.operations.overview import overview_of_archive, overview_without_archive  # noqa: PLC0415

    return {
        **overview_without_archive(config, archive.location.name),
        **overview_of_archive(config, archive, now),
        "schema": schema.current(archive.engine),
        "size_bytes": integrity.size(archive.engine),
        "counts": integrity.counts(archive.engine),
        "held_by": runs.holder(archive.engine, now),
    }
