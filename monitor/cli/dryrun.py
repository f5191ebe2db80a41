"""`run --dry-run`: the whole run in a copy of the archive, with the mails shown instead of sent."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from db.archive import Archive
from db.care import backup
from db.engine import open_engine
from monitor import app
from monitor.cli.common import opened
from monitor.cli.digest import show_mail

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.pipeline import Report


def rehearse(config_path: str | None, as_of: datetime | None) -> Report:
    """Run on a copy, print the mails that would go, and leave everything as it was. Raises ArchiveError on PostgreSQL."""
    with opened(config_path) as here, tempfile.TemporaryDirectory(prefix="pqwatch-dry-run-") as folder:
        copy = backup(here.archive.engine, Path(folder) / "archive.db")
        archive = Archive(open_engine(f"sqlite:///{copy}"))
        delivery = replace(here.config.delivery, transport="file", folder=Path(folder) / "outbox")
        # Nothing comes of it, whatever the file says by now.
        config = replace(here.config, delivery=delivery, mark=None)
        try:
            with app.pipeline(config, archive, as_of=as_of) as pipeline:
                report = pipeline.run()
        finally:
            archive.close()
        mails = sorted(delivery.folder.glob("*.eml")) if delivery.folder.is_dir() else []
        for mail in mails:
            show_mail(mail.read_bytes())
    click.echo(f"Nothing was stored or sent: {len(mails)} mail{'' if len(mails) == 1 else 's'} would go.", err=True)
    return report
