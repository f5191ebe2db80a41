"""`run --dry-run`: the whole run in a copy of the archive, with the mails shown instead of sent."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from db.archive import Archive
from db.backup import back_up
from db.engine import open_engine
from monitor import app
from monitor.cli.digest import show_mail, show_message
from monitor.cli.stages import may_be_first
from monitor.cli.workspace import open_workspace
from monitor.model.deliveries import DeliveryState, is_webhook
from monitor.presentation.wording import count_of, listed

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.pipeline import Report


def rehearse(config_path: str | None, as_of: datetime | None, *, first: bool = False) -> Report:
    """Run on a copy, print the mails that would go, and leave everything as it was. Raises ArchiveError on PostgreSQL."""
    with open_workspace(config_path) as workspace, tempfile.TemporaryDirectory(prefix="pqwatch-dry-run-") as folder:
        copy = back_up(workspace.archive.engine, Path(folder) / "archive.db")
        archive = Archive(open_engine(f"sqlite:///{copy}"))
        delivery = replace(workspace.config.delivery, transport="file", folder=Path(folder) / "outbox")
        # Nothing comes of it, whatever the file says by now; nothing is posted without an address.
        webhooks = tuple(replace(one, url=None) for one in workspace.config.webhooks)
        feeds = workspace.config.topic_feeds
        feeds = replace(feeds, folder=feeds.folder and Path(folder) / "feeds")
        config = replace(workspace.config, delivery=delivery, webhooks=webhooks, topic_feeds=feeds, mark=None)
        try:
            with app.pipeline(config, archive, as_of=as_of) as pipeline:
                report = pipeline.run(first=first and may_be_first(pipeline))
            messages = [one for one in archive.outbox.listing(DeliveryState.PENDING) if is_webhook(one.recipient)]
            for one in messages:
                found = archive.outbox.get(one.id)
                if found is not None:
                    show_message(one.recipient, one.subject, one.channel, found.message)
        finally:
            archive.close()
        mails = sorted(delivery.folder.glob("*.eml")) if delivery.folder.is_dir() else []
        for mail in mails:
            show_mail(mail.read_bytes())
    going = listed([count_of(len(mails), "mail"), *([count_of(len(messages), "message")] if messages else [])])
    click.echo(f"Nothing was stored or sent: {going} would go.", err=True)
    return report
