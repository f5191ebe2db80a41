"""The alarms: what whoever runs pqwatch is mailed after a run, and what stands in the status file for those without mail.

A mail says what went wrong once a day until it is cured; that a source fell silent, or is back, once. The status file is
written after every run, also where mail is what is broken: whoever reads it sees how the last run ended, and by its age
that none came after.
"""

from __future__ import annotations

import json
import os
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from monitor.collect.health import shelves_of, standings_of
from monitor.delivery.stage import tell_retired
from monitor.digest.formats.email import build_notice
from monitor.digest.messages import domain_of, message_id
from monitor.files import write_whole
from monitor.model.archive import Mail
from monitor.model.deliveries import DeliveryState
from monitor.parliament.calendar import LONDON

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.parliament.calendar import SittingCalendar


CURED = "cured"
TOLD = "operator_told"
SILENT = "silence_told"
WIDTH = 72
MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A mail to the operator; `facts` are what to remember of it until the next run."""

    subject: str
    text: str
    facts: Mapping[str, str] = field(default_factory=dict)


def notice(problems: Sequence[str], told: str | None, today: date) -> Notice | None:
    """What to tell the operator now, if anything.

    `problems`: one sentence each. `told`: what the last notice left to remember under `TOLD`, None before the first.
    """
    if problems:
        if told == today.isoformat():
            return None
        count = f"{len(problems)} thing{'' if len(problems) == 1 else 's'}"
        last = "You are told once a day until it is cured."
        text = _text("In the last run:", problems, f"pqwatch status says more, and pqwatch doctor what to do.\n{last}")
        return Notice(subject=f"pqwatch: {count} went wrong", text=text, facts={TOLD: today.isoformat()})
    if told is None or told == CURED:
        return None
    text = f"The last run went well. What was told on {told} is cured.\n"
    return Notice(subject="pqwatch: all is well again", text=text, facts={TOLD: CURED})


def silence(silent: Mapping[str, str], told: str | None) -> Notice | None:
    """That nothing comes of a source any more, once, and that it is back, once.

    `silent`: a sentence for each, by its key. `told`: what the last such notice left to remember under `SILENT`.
    """
    known: dict[str, str] = json.loads(told) if told else {}
    new = {key: sentence for key, sentence in silent.items() if key not in known}
    back = [sentence for key, sentence in known.items() if key not in silent]
    if not new and not back:
        return None
    facts = {SILENT: json.dumps({**{key: known[key] for key in silent if key in known}, **new}, sort_keys=True)}
    silent_now = _text("No answers come any more:", list(new.values()), "You are told again when they do.")
    over = _text("Answers come again. This is over:", back, "What was missed meanwhile is read by now.")
    if not new:
        return Notice(subject="pqwatch: a silent source is back", text=over, facts=facts)
    count = "a source has" if len(new) == 1 else f"{len(new)} sources have"
    text = f"{silent_now}\n{over}" if back else silent_now
    return Notice(subject=f"pqwatch: {count} fallen silent", text=text, facts=facts)


def note(notes: Sequence[str]) -> Notice | None:
    """What is worth knowing and nothing that went wrong."""
    if not notes:
        return None
    return Notice(subject="pqwatch: worth knowing", text=_text("In the last run:", notes, "Nothing went wrong."))


def _text(first: str, sentences: Sequence[str], last: str) -> str:
    lines = [first, "", *_listed(sentences[:MOST])]
    if len(sentences) > MOST:
        lines.append(f"- and {len(sentences) - MOST} more")
    return "\n".join([*lines, "", last]) + "\n"


def _listed(sentences: Iterable[str]) -> Iterable[str]:
    for one in sentences:
        yield from textwrap.wrap(one, WIDTH, initial_indent="- ", subsequent_indent="  ", break_long_words=False)


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


def silences(archive: Archive, config: Config, sittings: SittingCalendar, now: datetime) -> dict[str, str]:
    """The sources of which nothing comes any more, by key, each in a sentence."""
    today = now.astimezone(LONDON).date()
    standings = standings_of(archive, config, sittings, now=now, today=today, since=today)
    shelves = shelves_of(archive, config, sittings, now=now, today=today, since=today)
    found = [*(one.silence for one in standings), *(one.silence for one in shelves)]
    return {one.key: one.told(config.schedule.timezone) for one in found if one}


def tell_operator(
    archive: Archive,
    config: Config,
    sittings: SittingCalendar,
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
    sittings: SittingCalendar,
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
    write_whole(path, f"{json.dumps(status, ensure_ascii=False, indent=1)}\n".encode())


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
