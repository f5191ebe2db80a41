"""The one place that builds sources, archive and mailers from the configuration."""

from __future__ import annotations

import json
import logging
import os
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from db.archive import Archive
from db.archive import open_archive as open_archive_at
from db.engine import open_engine
from monitor.config import find, load, mark_of, refuse_emptied
from monitor.errors import ArchiveError, ConfigError, FetchError
from monitor.model.archive_address import file_address, file_of
from monitor.model.deliveries import FEED
from monitor.operations.signals import SIGNALS, UninterruptedMailer
from monitor.parliament.calendar import LONDON
from monitor.terms.parser import parse_term
from monitor.terms.tree import TermError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from monitor.config.settings import Config, TermProblem, WebhookSettings
    from monitor.delivery.return_address import ReturnAddress
    from monitor.delivery.stage import Connections
    from monitor.model.briefings import Briefing
    from monitor.model.letters import Letter
    from monitor.model.sources import FileRef, Window
    from monitor.parliament.calendar import SittingCalendar
    from monitor.pipeline import Pipeline, Report
    from monitor.ports import Mailer
    from monitor.research.archive_reader import ArchiveReader
    from monitor.terms.vocabulary import Lexicon
    from scrapers.http.posting import HttpPoster

log = logging.getLogger(__name__)


def clock() -> datetime:
    """Return the time of the real clock."""
    return datetime.now(UTC)


def check_term(text: str) -> tuple[str, str] | None:
    """Return a sentence with the remedy, and two lines with a caret under the place, if a term can't be read."""
    try:
        parse_term(text)
    except TermError as exc:
        return str(exc), exc.caret
    return None


def configuration(
    given: str | None = None,
    *,
    env: Mapping[str, str] | None = None,
    needs_password: bool = True,
    needs_token: bool = False,
) -> Config:
    """Find and read the configuration. Raises ConfigError."""
    env = os.environ if env is None else env
    return load(find(given, env, Path.cwd()), env, check_term, needs_password=needs_password, needs_token=needs_token)


def configuration_again(before: Config, given: str | None) -> tuple[Config, bool]:
    """Read config.toml again after a change; return what is in force now, and whether it is new.

    A file with mistakes is reported, and what was read before stays in force.
    """
    mark = mark_of(before.path)
    try:
        config = configuration(given)
        refuse_emptied(config)
    except ConfigError as exc:
        for problem in exc.problems:
            log.error("config unchanged: %s", problem)  # noqa: TRY400 (one line is what an operator needs)
        return replace(before, mark=mark), False
    log.info("config read again path=%s", config.path)
    return config, True


def changed_at(config: Config) -> tuple[tuple[float, int], ...]:
    """Return when config.toml and the files of its secrets were last written, with their sizes.

    Seconds since 1970; zeros for a file that is gone. A file that is read while it is being written may get no later time
    by its second half, but another size.
    """
    return tuple(_state_of(path) for path in (config.path, *config.secret_files))


def _state_of(path: Path) -> tuple[float, int]:
    try:
        found = path.stat()
    except OSError:
        return 0.0, 0
    return found.st_mtime, found.st_size


def with_misread_terms(config: Config, store: Archive) -> Config:
    """Return the configuration with one more problem for each term that was certainly meant in another way.

    These terms stay in their topics and find what they find as they are read. Without a readable archive, none is known.
    """
    from monitor.terms.slips import may_have_slips  # noqa: PLC0415 (only what is used is loaded)

    if not any(may_have_slips(term) for topic in config.topics for term in (*topic.terms, *topic.exclude)):
        return config
    try:
        misread, _ = doubtful_terms(config, store)
    except ArchiveError:  # commands that do not need the index go on without it
        return config
    return replace(config, term_problems=(*config.term_problems, *misread))


def doubtful_terms(config: Config, store: Archive) -> tuple[list[TermProblem], list[str]]:
    """Return the terms that were certainly meant in another way, and a sentence for each that may have been."""
    from monitor.research.term_tools.doubts import doubted_terms  # noqa: PLC0415 (only what is used is loaded)

    return doubted_terms(config, record_counter(config, store))


def record_counter(config: Config, store: Archive) -> Callable[[str, int], int]:
    """Return a function that counts the records that a term finds, up to a largest number."""
    from monitor.model.search import Filters  # noqa: PLC0415 (only what is used is loaded)
    from monitor.terms.matcher import compile_query  # noqa: PLC0415

    known = lexicon(config, store)
    return lambda text, most: store.search.count(compile_query(text, known), Filters(), at_most=most)


def archive(config: Config, *, now: Callable[[], datetime] = clock, may_begin: bool = False) -> Archive:
    """Open the archive, or make a new one.

    Raises SchemaError with the command to run if the schema belongs to another version, and ArchiveError if the archive is
    gone although mails were sent from it: a new one would mail everything again. `may_begin` allows a new one even so.
    """
    if not may_begin and is_archive_gone(config) and (trace := trace_of_mails(config)):
        raise ArchiveError(
            f"the archive is gone or empty, but {trace} knows of mails from it. Put it back, or restore a backup: pqwatch "
            "db restore FILE. To begin a new one, which knows nothing of what was mailed: pqwatch db upgrade"
        )
    opened = open_archive_at(config.archive.url.reveal(), base=config.path.parent, clock=now)
    if config.workers.enabled:
        opened.share_work()
    return opened


def archive_to_read(config: Config, *, now: Callable[[], datetime] = clock) -> Archive:
    """Open the archive so that nothing can change it: none is made, and none is upgraded. Raises ArchiveError."""
    address, base = config.archive.url.reveal(), config.path.parent
    _refuse_missing_file(address, base)
    return open_archive_at(address, base=base, clock=now, only_reads=True)


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
    _refuse_missing_file(address, base)
    store = open_archive_at(address, base=base)
    if settings:
        known, recesses = lexicon(settings, store), settings.calendar.recess
    else:
        known, recesses = Lexicon(names=shipped_names().with_more(store.records.bodies())), ()
    return ArchiveReader(store, known, lambda: _calendar(store, recesses, _today()), _today)


def _today() -> date:
    return clock().astimezone(LONDON).date()


def _refuse_missing_file(url: str, base: Path) -> None:
    """Raise ArchiveError where there is no SQLite file at the address: opening it would make a new one."""
    file = file_of(url)
    if file is None:
        return
    path = base / file
    if not (path.exists() and path.stat().st_size):
        raise ArchiveError(f"there is no archive at {path}. To make one: pqwatch run")


def overview(config: Config, store: Archive, now: datetime) -> dict[str, Any]:
    """Return what `pqwatch status` shows of a configuration and its archive."""
    from db import integrity, runs, schema  # noqa: PLC0415 (only what is used is loaded)
    from monitor.operations.overview import (  # noqa: PLC0415
        overview_of_archive,
        overview_without_archive,
        unreadable_terms,
    )

    return {
        **overview_without_archive(config, store.location.name),
        **overview_of_archive(config, store, now),
        "schema": schema.current(store.engine),
        "size_bytes": integrity.size(store.engine),
        "counts": integrity.counts(store.engine),
        "held_by": runs.holder(store.engine, now),
        "unreadable_terms": unreadable_terms(with_misread_terms(config, store)),
    }


def counts(store: Archive, *names: str) -> dict[str, int]:
    """Return how many of these an archive has: records, revisions, payloads, matches, digests, mails; else of all."""
    from db import integrity  # noqa: PLC0415 (only what is used is loaded)

    return integrity.counts(store.engine, names or integrity.COUNTED)


def is_archive_gone(config: Config) -> bool:
    """Return whether the SQLite archive is missing or an empty file."""
    path = archive_file(config)
    return path is not None and (not path.exists() or not path.stat().st_size)


def archive_file(config: Config) -> Path | None:
    """Return the file of a SQLite archive, or None for PostgreSQL."""
    file = file_of(config.archive.url.reveal())
    return None if file is None else config.path.parent / file


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


def lexicon(config: Config, store: Archive) -> Lexicon:
    """Return the lists that matching uses: shipped ones, the configuration's, and names of bodies in the archive."""
    from monitor.terms.vocabulary import Lexicon  # noqa: PLC0415 (only what is used is loaded)
    from monitor.text.office_names import shipped_names  # noqa: PLC0415

    return Lexicon(config.equivalents, shipped_names().with_more(store.records.bodies()))


def sittings(config: Config, store: Archive, now: datetime) -> SittingCalendar:
    """Return the sitting calendar: the shipped table, what Parliament announced, and the recesses of config.toml."""
    return _calendar(store, config.calendar.recess, now.astimezone(LONDON).date())


def _calendar(store: Archive, recesses: Sequence[tuple[date, date]], today: date) -> SittingCalendar:
    from monitor.collect.calendar import sitting_calendar  # noqa: PLC0415 (slow to import; most searches do without)

    return sitting_calendar(store, recesses, today)


def return_address(config: Config, store: Archive) -> ReturnAddress | None:
    """Return the addresses to which mails come back, if the configuration has some."""
    from monitor.delivery.return_address import ReturnAddress  # noqa: PLC0415 (only what is used is loaded)

    if not config.delivery.bounces:
        return None
    return ReturnAddress(pattern=config.delivery.bounces, secret=store.bounces.secret())


def mailer(config: Config, returns: ReturnAddress | None) -> Mailer:
    """Return the mailer that the configuration names: SMTP, or a folder. `returns`: see `return_address`."""
    if config.delivery.transport == "file":
        from monitor.delivery.folder import FolderMailer  # noqa: PLC0415 (only what is used is loaded)

        return FolderMailer(config.delivery.folder)
    from monitor.delivery.smtp import SmtpMailer  # noqa: PLC0415
    from monitor.delivery.smtp_session import Server  # noqa: PLC0415

    smtp = config.smtp
    return SmtpMailer(
        Server(
            host=smtp.host,
            port=smtp.port,
            tls=smtp.tls,
            username=smtp.username,
            password=smtp.password.reveal() if smtp.password else "",
            cafile=smtp.ca_file,
        ),
        hurry=SIGNALS.seconds_left,
        return_address=returns,
    )


def mail_connections(config: Config, store: Archive) -> Connections | None:
    """Return how mail is sent over several connections; None where there is one, or a folder."""
    from monitor.delivery.stage import Connections  # noqa: PLC0415 (only what is used is loaded)

    if config.delivery.transport == "file" or config.smtp.connections == 1:
        return None
    return Connections(
        count=config.smtp.connections,
        open=lambda: mailer(config, return_address(config, store)),
        defer_signals=SIGNALS.deferred,
        hurry=SIGNALS.seconds_left,
    )


def letter(name: str, body: bytes) -> Letter:
    """Read a user's letter, in which quotations are to be checked. Raises LetterError."""
    from scrapers.letters import read_letter  # noqa: PLC0415 (only what is used is loaded)

    return read_letter(name, body)


def briefing(name: str, body: bytes) -> Briefing:
    """Read a briefing that others made. Raises LetterError."""
    from scrapers.briefings import read_briefing  # noqa: PLC0415 (only what is used is loaded)

    return read_briefing(name, body)


def mailers_by_queue(config: Config, store: Archive) -> Iterator[tuple[str, Mailer]]:
    """Return the queues of the outbox beside the one for mails, each with the mailer that empties it.

    A webhook whose address was not read from the environment has no mailer.
    """
    for webhook in config.webhooks:
        if webhook.url is not None:
            yield webhook.reader.recipient, webhook_mailer(config, webhook)
    feeds = config.topic_feeds
    if feeds.folder is not None:
        from monitor.delivery.folder import FeedFolder  # noqa: PLC0415 (only what is used is loaded)

        yield FEED, FeedFolder(feeds.folder, feeds.keep, feeds.base_url, store.deliveries.feed_messages)


def webhook_mailer(config: Config, webhook: WebhookSettings) -> Mailer:
    """Return the mailer that posts to a webhook."""
    from monitor.delivery.webhook import WebhookMailer  # noqa: PLC0415 (only what is used is loaded)

    return WebhookMailer(
        webhook.reader.recipient,
        webhook.url.reveal() if webhook.url else "",
        poster(config),
        secret=webhook.signing_secret.reveal().strip() if webhook.signing_secret else "",
    )


def poster(config: Config) -> HttpPoster:
    """Return the client that posts to webhooks and checks that their hosts answer."""
    from importlib.metadata import version  # noqa: PLC0415 (slow to import)

    from scrapers.http.posting import HttpPoster  # noqa: PLC0415 (only what is used is loaded)

    http = config.http
    return HttpPoster(http.contact, version("pqwatch"), proxy=http.proxy, ca_file=str(http.ca_file or ""))


@contextmanager
def pipeline(
    config: Config,
    store: Archive,
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
        turns=store.host_turns if config.workers.enabled else HostPauses(store.runs, now),
        deferred=SIGNALS.deferred,
    ) as client:
        sources = Sources(config, store, client, clock=now, path=path, is_offline=is_offline)
        stages = Pipeline(
            archive=store,
            config=config,
            calendar=sittings(config, store, as_of or now()),
            as_of=as_of or now(),
            clock=now,
            sources=sources.windows(),
            files=sources.files,
            named=sources.named,
            calendar_source=sources.calendar(),
            members=MembersSource(client, config.members.base_url),
            mailer=lambda: UninterruptedMailer(mailer(config, return_address(config, store))),
            ways=lambda: ((queue, UninterruptedMailer(carrier)) for queue, carrier in mailers_by_queue(config, store)),
            progress=progress,
            lexicon=lambda: lexicon(config, store),
            ask_again=client.ask_again,
            pace=Pace(limits=config.smtp.limits),
            connections=mail_connections(config, store),
            retry_limit=RetryLimit(hurry=SIGNALS.seconds_left),
        )
        try:
            yield stages
        except (KeyboardInterrupt, SystemExit):  # Ctrl-C, SIGTERM
            stages.wait_for_replies(at_once=True)
            raise
        finally:
            stages.wait_for_replies()


@contextmanager
def rehearsal(config: Config, store: Archive, *, as_of: datetime | None = None) -> Iterator[Pipeline]:
    """Build the stages over a copy of an archive. They write digests to a temporary folder, and send nothing.

    Raises ArchiveError on PostgreSQL.
    """
    from db.backup import back_up  # noqa: PLC0415 (only rehearsals copy an archive)

    with TemporaryDirectory(prefix="pqwatch-dry-run-") as name:
        folder = Path(name)
        copy = Archive(open_engine(file_address(back_up(store.engine, folder / "archive.db"))))
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


def conclude(
    config: Config, store: Archive, report: Report, *, is_run: bool, now: Callable[[], datetime] = clock
) -> None:
    """Report how stages went without mail: write the status file and, after a run without failures, call `ping_url`.

    `is_run`: all four stages were run. A status file that can't be written is a failure of the run.
    """
    from monitor.operations import status  # noqa: PLC0415 (commands that only read do without)

    if path := status_file(config):
        content = status.status(
            store,
            config,
            sittings(config, store, now()),
            now(),
            stages=report.stages,
            failures=[*report.failures, *(["the run was interrupted"] if report.interrupted else [])],
        )
        try:
            status.write_status(path, content)
        except OSError as exc:
            report.failures.append(f"the status file {path} can't be written: {exc.strerror or exc}")
    if is_run and report.ok:
        ping(config)


def conclude_failure(config: Config, error: str, *, now: Callable[[], datetime] = clock) -> None:
    """Write the status file for a run that could not begin or broke off. Raises nothing."""
    from monitor.operations import status  # noqa: PLC0415

    if path := status_file(config):
        try:
            status.write_status(path, status.status_of_failure(now(), error))
        except OSError as exc:
            log.warning("status file=%s can't be written: %s", path, exc.strerror or exc)


def status_file(config: Config) -> Path | None:
    """Return the path of the status file: as configured, else beside a SQLite archive, else None."""
    if config.monitoring.status_file is not None:
        return config.monitoring.status_file
    path = archive_file(config)
    return path and path.with_name(f"{path.name}.status.json")


def ping(config: Config) -> None:
    """Call the configured address after a good run. A failed call is logged and is never a failure of the run."""
    if not config.monitoring.ping_url:
        return
    from importlib.metadata import version  # noqa: PLC0415

    from scrapers.http.client import Client  # noqa: PLC0415

    try:
        with Client(config.http.contact, version("pqwatch"), proxy=config.http.proxy) as client:
            client.get(config.monitoring.ping_url, seconds=10)
    except FetchError:
        log.warning("ping failed: the address in monitoring.ping_url did not answer")
