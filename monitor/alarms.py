"""The alarms: what whoever runs pqwatch is mailed after a run, and what stands in the status file for those without mail.

A mail says what went wrong once a day until it is cured; that a source fell silent, or is back, once. The status file is
written after every run, also where mail is what is broken: whoever reads it sees how the last run ended, and by its age
that none came after.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from monitor.delivery.protocol import tell_retired
from monitor.digest.message import build_notice
from monitor.envelopes import domain_of, message_id
from monitor.holdings import Mail
from monitor.model import DeliveryState
from monitor.news import LONDON
from monitor.notices import SILENT, TOLD, note, notice, silence
from monitor.readings import shelves_of, standings_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from monitor.config.settings import Config
    from monitor.notices import Notice
    from monitor.ports import Archive
    from monitor.sittings import Sittings

STATUS_VERSION = 1


def standing_problems(archive: Archive, config: Config, now: datetime) -> list[str]:
    """What is wrong until somebody mends it, whatever the last run did; one sentence each."""
    held = archive.outbox.counts()[DeliveryState.HELD]
    return [
        *(problem.failure for problem in config.term_problems),
        *([f"{_mails(held)} held until somebody decides: see pqwatch status"] if held else []),
        *(tell_retired(one) for one in archive.outbox.retired()),
        *archive.outbox.all_paused(now).values(),
    ]


def silences(archive: Archive, config: Config, sittings: Sittings, now: datetime) -> dict[str, str]:
    """The sources of which nothing comes any more, by key, each in a sentence."""
    today = now.astimezone(LONDON).date()
    standings = standings_of(archive, config, sittings, now=now, today=today, since=today)
    shelves = shelves_of(archive, config, sittings, now=now, today=today, since=today)
    found = [*(one.silence for one in standings), *(one.silence for one in shelves)]
    return {one.key: one.told(config.schedule.timezone) for one in found if one}


def tell_operator(
    archive: Archive,
    config: Config,
    sittings: Sittings,
    now: datetime,
    *,
    failures: Sequence[str],
    notes: Sequence[str],
) -> None:
    """Put what there is to tell into the outbox, where there is somebody to tell it to."""
    if not config.delivery.operator:
        return
    problems = list(dict.fromkeys([*failures, *standing_problems(archive, config, now)]))
    found = (
        notice(problems, archive.runs.fact(TOLD), now.astimezone(LONDON).date()),
        silence(silences(archive, config, sittings, now), archive.runs.fact(SILENT)),
        note(notes),
    )
    for one in found:
        if one is not None:
            archive.outbox.put(_mail(archive, config, one, now), one.facts)


def _mail(archive: Archive, config: Config, told: Notice, now: datetime) -> Mail:
    delivery = config.delivery
    key = f"operator\n{told.subject}\n{now}"
    number = message_id(archive.runs.instance(), key, delivery.operator, domain_of(delivery.sender))
    message = build_notice(
        told.subject, told.text, sender=delivery.sender, recipient=delivery.operator, message_id=number, date=now
    )
    return Mail(recipient=delivery.operator, message_id=number, subject=told.subject, message=message)


def _mails(count: int) -> str:
    return f"{count} mail{' is' if count == 1 else 's are'}"


# -- the status file --------------------------------------------------------------------------------------------------


def status(
    archive: Archive,
    config: Config,
    sittings: Sittings,
    now: datetime,
    *,
    stages: Mapping[str, Mapping[str, int]],
    failures: Sequence[str],
) -> dict[str, Any]:
    """How things stand after a run."""
    silent = list(silences(archive, config, sittings, now).values())
    problems = [*failures, *(one for one in standing_problems(archive, config, now) if one not in failures)]
    counts = archive.outbox.counts()
    return {
        **_head(now, ok=not problems and not silent),
        "failures": problems,
        "silent": silent,
        "stages": {stage: dict(numbers) for stage, numbers in stages.items()},
        "mails": {state.value: counts[state] for state in DeliveryState},
    }


def status_of_failure(now: datetime, error: str) -> dict[str, Any]:
    """How things stand where a run could not even begin, or broke off."""
    return {**_head(now, ok=False), "failures": [error], "silent": [], "stages": {}, "mails": {}}


def _head(now: datetime, *, ok: bool) -> dict[str, Any]:
    return {"schema": STATUS_VERSION, "at": now.isoformat(timespec="seconds"), "pid": os.getpid(), "ok": ok}


def write_status(path: Path, status: Mapping[str, Any]) -> None:
    """Put the status file in place, whole or not at all. Raises OSError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(json.dumps(status, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def forget(path: Path, address: str) -> None:
    """Leave out of the status file what names an address; how the run ended stays. Raises OSError.

    A file that can't be read as one of ours is deleted where the address may stand in it: the next run writes it anew.
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
        kept = {key: [one for one in status[key] if wanted not in one.lower()] for key in ("failures", "silent")}
    except (ValueError, TypeError, KeyError, AttributeError):
        path.unlink()
    else:
        write_status(path, {**status, **kept})
