"""The status file, for operators without email and for monitoring.

It is written after every run, also when delivery is what failed. Its content says how the last run ended; its age says
that no run came after.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from monitor.collect.calendar import SOURCE as CALENDAR
from monitor.collect.calendar import silence_of_calendar
from monitor.collect.health import health_of_file_sources, health_of_sources, silence_key
from monitor.delivery.retired_addresses import tell_retired
from monitor.files import write_whole
from monitor.model.deliveries import DeliveryState
from monitor.operations.check_results import Level
from monitor.operations.queue_report import problem_in_words, queue_report
from monitor.operations.run_checks import check_collect
from monitor.parliament.calendar import LONDON

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.parliament.calendar import SittingCalendar


STATUS_VERSION = 1
"""Version of the file's keys."""


def standing_problems(archive: Archive, config: Config, now: datetime) -> list[str]:
    """Return the problems that last until the operator mends them, one sentence each."""
    held = archive.deliveries.counts(DeliveryState.HELD)[DeliveryState.HELD]
    return [
        *(problem.failure for problem in config.term_problems),
        *(
            [f"{held} mail{' is' if held == 1 else 's are'} held until somebody decides: see pqwatch status"]
            if held
            else []
        ),
        *(tell_retired(address) for address in archive.deliveries.retired() if address.needs_decision),
        *archive.outbox.all_paused(now).values(),
    ]


def silences(archive: Archive, config: Config, calendar: SittingCalendar, now: datetime) -> dict[str, str]:
    """Return the sources that have fallen silent, by key, one sentence each."""
    today = now.astimezone(LONDON).date()
    standings = health_of_sources(archive, config, calendar, now=now, today=today, since=today)
    shelves = health_of_file_sources(archive, config, calendar, now=now, today=today, since=today)
    silences = [*(source.silence for source in standings), *(source.silence for source in shelves)]
    silences.append(silence_of_calendar(archive, config, now))
    return {silence.key: silence.sentence(config.schedule.timezone) for silence in silences if silence}


def keys_of_sources(config: Config) -> set[str]:
    """Return the keys, as above, of all sources that are on."""
    keys = {silence_key(source, house) for source, houses in config.reads.items() for house in houses}
    keys |= {silence_key(source) for source in config.reads_files}
    return keys | {silence_key(CALENDAR)} if config.parliament_calendar.enabled else keys


def reasons_unwell(archive: Archive, config: Config, calendar: SittingCalendar, now: datetime) -> list[str]:
    """Return why a monitor should call for the operator, one sentence each; nothing if all is well.

    The sentences name no address, term or webhook: a monitor asks without signing in.
    """
    collect = check_collect(
        archive.runs.last_ok("collect"),
        has_run=archive.runs.has_ended("collect"),
        collect_every=config.schedule.collect_every,
        longest_gap=archive.runs.longest_gap("collect"),
        now=now,
    )
    held = archive.deliveries.counts(DeliveryState.HELD)[DeliveryState.HELD]
    refused = sum(address.needs_decision for address in archive.deliveries.retired())
    paused = len(archive.outbox.all_paused(now))
    return [
        *([collect.text] if config.reads_anything and collect.level is not Level.OK else []),
        *silences(archive, config, calendar, now).values(),
        *([f"{held} mail{' is' if held == 1 else 's are'} held: see pqwatch status."] if held else []),
        *([f"{refused} address{' is' if refused == 1 else 'es are'} refused: see pqwatch status."] if refused else []),
        *filter(None, [problem_in_words(queue_report(config, archive), now)]),
        *([f"{paused} queue{' waits' if paused == 1 else 's wait'} for a mail server or webhook."] if paused else []),
    ]


def status(
    archive: Archive,
    config: Config,
    calendar: SittingCalendar,
    now: datetime,
    *,
    stages: Mapping[str, Mapping[str, int]],
    failures: Sequence[str],
) -> dict[str, Any]:
    """Return the content of the status file after a run."""
    silent = list(silences(archive, config, calendar, now).values())
    problems = [*failures, *(problem for problem in standing_problems(archive, config, now) if problem not in failures)]
    counts = archive.deliveries.counts()
    return {
        **_head(now, ok=not problems and not silent),
        "failures": problems,
        "silent": silent,
        "stages": {stage: dict(numbers) for stage, numbers in stages.items()},
        "mails": {state.value: counts[state] for state in DeliveryState},
    }


def status_of_failure(now: datetime, error: str) -> dict[str, Any]:
    """Return the content of the status file after a run that could not begin or broke off."""
    return {**_head(now, ok=False), "failures": [error], "silent": [], "stages": {}, "mails": {}}


def _head(now: datetime, *, ok: bool) -> dict[str, Any]:
    return {"schema": STATUS_VERSION, "at": now.isoformat(timespec="seconds"), "pid": os.getpid(), "ok": ok}


def write_status(path: Path, status: Mapping[str, Any]) -> None:
    """Write the status file, completely or not at all. Raises OSError."""
    write_whole(path, f"{json.dumps(status, ensure_ascii=False, indent=1)}\n".encode())


def forget(path: Path, address: str) -> None:
    """Remove the sentences that name an address from the status file. Raises OSError.

    A file that is not a status file, and may hold the address, is deleted: the next run writes a new one.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    wanted = address.lower()
    if wanted not in text.lower():
        return
    try:
        status = json.loads(text)
        kept = {
            key: [sentence for sentence in status[key] if wanted not in sentence.lower()]
            for key in ("failures", "silent")
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        path.unlink()
    else:
        write_status(path, {**status, **kept})
