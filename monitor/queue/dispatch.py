"""Turn what the archive says is due into jobs."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from monitor import app
from monitor.collect.calendar import SOURCE as CALENDAR
from monitor.collect.first_run import first_digest_to_make
from monitor.collect.incomplete_days import outages_of
from monitor.config.last_used import is_in_use
from monitor.delivery.queues import queues
from monitor.digest.schedule import due_readers
from monitor.model.jobs import (
    BACKFILL,
    BACKFILL_PART,
    COLLECT,
    COLLECT_PART,
    COMPOSE,
    CONCLUDE,
    MATCH,
    MATCH_RANGE,
    Job,
    backfill_job,
    collect_job,
    compose_job,
    conclude_job,
    deliver_job,
    match_job,
)
from monitor.pipeline import sync_watch_list

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.watching import Subscriber

log = logging.getLogger(__name__)

SIGNS_OF_A_ROUND: Final = (COLLECT, COLLECT_PART, MATCH, COMPOSE, CONCLUDE)
"""Tasks whose jobs show that a round is under way."""
CONCLUDE_AFTER: Final = timedelta(seconds=5)
"""Time from handing out the digests of a round until the first look whether they are done."""


def begin_round(archive: Archive, config: Config, now: datetime, *, reads_sources: bool) -> bool:
    """Hand out a round of work, unless one is under way; return whether it was.

    `reads_sources`: else only what is stored already is matched and mailed. Raises LeaseError where a run holds the
    archive, and StaleConfigError and ConfigError as `Pipeline.sync`.
    """
    if archive.jobs.is_under_way(*SIGNS_OF_A_ROUND):
        return False
    with archive.runs.unit(MATCH):  # readers are owed what is read from now on
        config = sync_watch_list(archive, config, app.lexicon(config, archive))
    sources = list(source_jobs(config)) if reads_sources and config.reads_anything else []
    count = archive.rounds.begin("collect" if sources else None, now, [*sources, match_job()])
    log.info("round jobs=%d", count)
    return True


def follow_configuration(archive: Archive, config: Config) -> None:
    """Take in a config.toml that was changed in the middle of a round, so that its digests need not wait for that.

    Its terms are looked for before they are composed. While terms are looked for just now it does nothing: the next look
    takes the file in. Raises LeaseError where a run holds the archive, and StaleConfigError and ConfigError as
    `Pipeline.sync`.
    """
    jobs = archive.jobs
    if config.mark is None or is_in_use(archive, config) or not jobs.is_under_way(*SIGNS_OF_A_ROUND):
        return
    if jobs.is_running(MATCH, MATCH_RANGE):
        return
    with archive.runs.unit(MATCH):
        sync_watch_list(archive, config, app.lexicon(config, archive))
    jobs.put([match_job()], even_if_failed=True)


def begin_backfill(archive: Archive, config: Config, source: str, first: date | None, last: date | None) -> bool:
    """Hand out the past of a source, unless that is under way; return whether it was."""
    days = (day.isoformat() if day else "" for day in (first, last))
    if archive.jobs.is_source_under_way(BACKFILL, BACKFILL_PART, source=source):
        return False
    return archive.jobs.put([backfill_job(source, host_of_source(config, source), *days)], even_if_failed=True) > 0


def source_jobs(config: Config, *, not_before: datetime | None = None) -> Iterator[Job]:
    """Yield a job for each source that is on, and for Parliament's calendar."""
    for name in (*config.reads, *config.reads_files):
        yield collect_job(name, host_of_source(config, name), not_before=not_before)
    if config.parliament_calendar.enabled:
        yield collect_job(CALENDAR, _host(config.parliament_calendar.base_url), not_before=not_before)


def host_of_source(config: Config, name: str) -> str:
    """Return the host that a source asks; "" if it reads files of this machine, or asks several."""
    settings = getattr(config, name)
    settings = getattr(settings, "files", settings)
    if getattr(settings, "path", None) is not None:
        return ""
    return _host(getattr(settings, "base_url", ""))


def _host(base_url: str) -> str:
    return urlsplit(base_url).netloc


def begin_digests(archive: Archive, config: Config, now: datetime) -> int:
    """Hand out the digests of a round; return how many readers may get one."""
    readers = readers_to_compose(archive, config, now)
    jobs = [compose_job(reader.key) for reader in readers]
    archive.rounds.begin_stage("compose", now, [*jobs, conclude_job(not_before=now + CONCLUDE_AFTER)])
    return len(readers)


def readers_to_compose(archive: Archive, config: Config, now: datetime) -> list[Subscriber]:
    """Return the readers for whom there may be something to compose: a job then looks whether there is."""
    active = [reader for reader in config.readers if not reader.paused]
    if _may_all_get_one(archive, config, now):
        return active
    due = {reader.key for reader in due_readers(archive, config.readers, config.schedule, now)}
    return [reader for reader in active if reader.cadence == "instant" or reader.key in due]


def _may_all_get_one(archive: Archive, config: Config, now: datetime) -> bool:
    """Return whether readers who have their digest may get another: a first digest, or one with what was unreadable."""
    if first_digest_to_make(archive.runs) is not None:
        return True
    since = now - config.schedule.supplement_for
    outages = (outage for source in config.reads for outage in outages_of(archive.runs, source))
    return any(outage.read_at is not None and outage.read_at >= since for outage in outages)


def deliver_due(archive: Archive, config: Config, now: datetime) -> int:
    """Hand out the messages whose time has come and which have no job; return how many."""
    for sentence in archive.outbox.hold_orphans(queues(config)):
        log.warning("! %s", sentence)
    due = archive.outbox.due_ids(now)
    return archive.jobs.put(map(deliver_job, due)) if due else 0
