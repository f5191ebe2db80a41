"""Places of an archive and its status file, and whether anything is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from monitor.errors import ArchiveError
from monitor.model.archive_address import file_of

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.config.settings import Config


def archive_file(config: Config) -> Path | None:
    """Return the file of a SQLite archive, or None for PostgreSQL."""
    file = file_of(config.archive.url.reveal())
    return None if file is None else config.path.parent / file


def status_file(config: Config) -> Path | None:
    """Return the path of the status file: as configured, else beside a SQLite archive, else None."""
    if config.monitoring.status_file is not None:
        return config.monitoring.status_file
    path = archive_file(config)
    return path and path.with_name(f"{path.name}.status.json")


def is_archive_gone(config: Config) -> bool:
    """Return whether the SQLite archive is missing or an empty file."""
    path = archive_file(config)
    return path is not None and (not path.exists() or not path.stat().st_size)


def refuse_missing_file(url: str, base: Path) -> None:
    """Raise ArchiveError where there is no SQLite file at the address: opening it would make a new one."""
    file = file_of(url)
    if file is None:
        return
    path = base / file
    if not (path.exists() and path.stat().st_size):
        raise ArchiveError(f"there is no archive at {path}. To make one: pqwatch run")


def trace_of_mails(config: Config) -> str:
    """Find a file that knows of mails from the archive: the status file, or a mail in the folder of mails; else ""."""
    path = status_file(config)
    if path is not None:
        try:
            mails = json.loads(path.read_text(encoding="utf-8"))["mails"]
            if any(mails.values()):
                return str(path)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass  # a status file that can't be read knows nothing
    folder = config.delivery.folder
    if config.delivery.transport == "file" and any(folder.glob("*.eml")):
        return str(folder)
    return ""
