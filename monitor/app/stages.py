"""The four stages over an archive, with the network client that they use, or over a copy that is thrown away."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from db.archive import Archive
from db.engine import open_engine
from monitor.app.archives import clock, lexicon, sittings
from monitor.app.mailers import mail_connections, mailer, mailers_by_queue, return_address
from monitor.model.archive_address import file_address
from monitor.operations.signals import SIGNALS, UninterruptedMailer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from monitor.config.settings import Config
    from monitor.model.sources import FileRef, Window
    from monitor.pipeline import Pipeline


@contextmanager
def pipeline(
    config: Config,
    archive: Archive,
    *,
    as_of: datetime | None = None,
    now: Callable[[], datetime] = clock,
    progress: Callable[[Window | FileRef, int, int], None] = lambda _what, _done, _of: None,
    path: Path | None = None,
    is_offline: bool = False,
) -> Iterator[Pipeline]:
    """Build the four stages, and keep the network client open while they are used.

    `path`: the folder with the files of a source that is named on the command line. `is_offline`: read stored payloads of
    every source again, enabled or not.
    """
    from importlib.metadata import version  # noqa: PLC0415 (slow to import; commands that only read do without)

    from monitor.collect.host_pauses import HostPauses  # noqa: PLC0415
    from monitor.delivery.sending import Pace, RetryLimit  # noqa: PLC0415
    from monitor.pipeline import Pipeline  # noqa: PLC0415
    from monitor.sources import Sources  # noqa: PLC0415
    from scrapers.http.client import Client  # noqa: PLC0415
    from scrapers.members import MembersSource  # noqa: PLC0415

    http = config.http
    with Client(
        http.contact,
        version("pqwatch"),
        concurrency=http.concurrency,
        min_interval=http.min_interval.total_seconds(),
        proxy=http.proxy,
        ca_file=str(http.ca_file or ""),
        now=now,
        turns=archive.host_turns if config.workers.enabled else HostPauses(archive.runs, now),
        deferred=SIGNALS.deferred,
    ) as client:
        sources = Sources(config, archive, client, clock=now, path=path, is_offline=is_offline)
        stages = Pipeline(
            archive=archive,
            config=config,
            calendar=sittings(config, archive, as_of or now()),
            as_of=as_of or now(),
            clock=now,
            sources=sources.windows(),
            files=sources.files,
            source_named=sources.named,
            calendar_source=sources.calendar(),
            members=MembersSource(client, config.members.base_url),
            mailer=lambda: UninterruptedMailer(mailer(config, return_address(config, archive))),
            other_mailers=lambda: (
                (queue, UninterruptedMailer(carrier)) for queue, carrier in mailers_by_queue(config, archive)
            ),
            progress=progress,
            lexicon=lambda: lexicon(config, archive),
            ask_again=client.ask_again,
            pace=Pace(limits=config.smtp.limits),
            connections=mail_connections(config, archive),
            retry_limit=RetryLimit(seconds_left=SIGNALS.seconds_left),
        )
        try:
            yield stages
        except (KeyboardInterrupt, SystemExit):  # Ctrl-C, SIGTERM
            stages.wait_for_replies(at_once=True)
            raise
        finally:
            stages.wait_for_replies()


@contextmanager
def rehearsal(config: Config, archive: Archive, *, as_of: datetime | None = None) -> Iterator[Pipeline]:
    """Build the stages over a copy of an archive. They write digests to a temporary folder, and send nothing.

    Raises ArchiveError on PostgreSQL.
    """
    from db.backup import back_up  # noqa: PLC0415 (only rehearsals copy an archive)

    with TemporaryDirectory(prefix="pqwatch-dry-run-") as name:
        folder = Path(name)
        copy = Archive(open_engine(file_address(back_up(archive.engine, folder / "archive.db"))))
        feeds = config.topic_feeds
        rehearsed = replace(
            config,
            delivery=replace(config.delivery, transport="file", folder=folder / "outbox"),
            webhooks=tuple(replace(webhook, url=None) for webhook in config.webhooks),
            topic_feeds=replace(feeds, folder=feeds.folder and folder / "feeds"),
            mark=None,
        )
        try:
            with pipeline(rehearsed, copy, as_of=as_of) as stages:
                yield stages
        finally:
            copy.close()
