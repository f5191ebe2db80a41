"""Alerts: emails to the operator after a run.

A problem is told once a day until it is cured, and it is not called cured while a mail that failed waits for its next try.
While the last mail about problems has not gone itself, as when the mail server is down for days, no other is made.
A source that falls silent, or that is back, is told once; so are days that were missed for good.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from monitor.collect.missed_days import all_missed_days
from monitor.collect.news import MOST_DAYS_MISSED
from monitor.digest.formats.email import build_notice
from monitor.digest.messages import domain_of, message_id
from monitor.model.digests import Mail
from monitor.operations.status import keys_of_sources, silences, standing_problems
from monitor.parliament.calendar import LONDON

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from db.archive import Archive
    from monitor.collect.missed_days import MissedDays
    from monitor.config.settings import Config
    from monitor.parliament.calendar import SittingCalendar


CURED = "cured"
TOLD = "operator_told"
"""Key of the fact that holds the day of the last alert, or `CURED`."""
SILENT = "silence_told"
"""Key of the fact that holds the silent sources that the operator knows of."""
MISSED = "missed_days_told_to"
"""Key of the fact that holds, for each source, the last of the days missed for good that the operator knows of."""
_WENT_WRONG = "went wrong"
"""End of the subjects of mails about problems."""
WIDTH = 72
MOST = 50
"""Sentences in one alert; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An email to the operator. `facts` are stored with it, for the next run to read."""

    subject: str
    text: str
    facts: Mapping[str, str] = field(default_factory=dict)


def notice(
    problems: Sequence[str], last_told: str | None, today: date, *, is_waiting: bool = False, is_unsent: bool = False
) -> Notice | None:
    """Decide whether to tell the operator about problems.

    `problems`: one sentence each. `last_told`: the fact `TOLD`, None before the first alert. `is_waiting`: a mail that
    failed is tried again later, so what was told may not be cured. `is_unsent`: the last such mail has not gone yet.
    """
    if problems:
        if last_told == today.isoformat() or is_unsent:
            return None
        count = f"{len(problems)} thing{'' if len(problems) == 1 else 's'}"
        last = "You are told once a day until it is cured."
        text = _text("In the last run:", problems, f"pqwatch status says more, and pqwatch doctor what to do.\n{last}")
        return Notice(subject=f"pqwatch: {count} {_WENT_WRONG}", text=text, facts={TOLD: today.isoformat()})
    if last_told is None or last_told == CURED or is_waiting:
        return None
    text = f"The last run went well. What was told on {last_told} is cured.\n"
    return Notice(subject="pqwatch: all is well again", text=text, facts={TOLD: CURED})


def silence(silent: Mapping[str, str], stored: str | None, sources: Collection[str]) -> Notice | None:
    """Decide whether to tell the operator that a source fell silent or is back.

    `silent`: one sentence for each silent source, by key. `stored`: the fact `SILENT`, None before the first alert.
    `sources`: keys of the sources that are on. One that was switched off while it was silent is not back: it stays known, so
    that it can be told later if it is on again.
    """
    known: dict[str, str] = json.loads(stored) if stored else {}
    new = {key: sentence for key, sentence in silent.items() if key not in known}
    back = {key: sentence for key, sentence in known.items() if key not in silent and key in sources}
    if not new and not back:
        return None
    facts = {SILENT: json.dumps({key: known[key] for key in known if key not in back} | new, sort_keys=True)}
    silent_now = _text("No answers come any more:", list(new.values()), "You are told again when they do.")
    read = "What was missed meanwhile is read by now, unless another mail says otherwise."
    over = _text("Answers come again. This is over:", list(back.values()), read)
    if not new:
        return Notice(subject="pqwatch: a silent source is back", text=over, facts=facts)
    count = "a source has" if len(new) == 1 else f"{len(new)} sources have"
    text = f"{silent_now}\n{over}" if back else silent_now
    return Notice(subject=f"pqwatch: {count} fallen silent", text=text, facts=facts)


def missing_days(missed: Sequence[MissedDays], stored: str | None) -> Notice | None:
    """Decide whether to tell the operator of days that were missed for good.

    `missed`: those of each source. `stored`: the fact `MISSED`, None before the first alert.
    """
    told_to: dict[str, str] = json.loads(stored) if stored else {}
    new = [days for known in missed if (days := _after(known, told_to.get(known.source)))]
    if not new:
        return None
    first = "pqwatch had not run for so long that some days were never read:"
    commands = "\n".join(days.command for days in new)
    last = (
        f"To read them into the archive (no digest will include them):\n\n{commands}\n\n"
        f"A run makes up for at most {MOST_DAYS_MISSED} days without one. You are told this once."
    )
    facts = {MISSED: json.dumps(told_to | {days.source: str(days.last) for days in new}, sort_keys=True)}
    text = _text(first, [days.sentence for days in new], last)
    return Notice(subject="pqwatch: days were never read", text=text, facts=facts)


def _after(missed: MissedDays, told_to: str | None) -> MissedDays | None:
    """Return the missed days that came after those that were told, up to this day."""
    return missed.ending_since(date.fromisoformat(told_to) + timedelta(days=1)) if told_to else missed


def note(notes: Sequence[str]) -> Notice | None:
    """Return a notice of what is worth knowing though nothing failed; None for no notes."""
    if not notes:
        return None
    return Notice(subject="pqwatch: worth knowing", text=_text("In the last run:", notes, "Nothing went wrong."))


def _text(first: str, sentences: Sequence[str], last: str) -> str:
    lines = [first, "", *_listed(sentences[:MOST])]
    if len(sentences) > MOST:
        lines.append(f"- and {len(sentences) - MOST} more")
    return "\n".join([*lines, "", last]) + "\n"


def _listed(sentences: Iterable[str]) -> Iterable[str]:
    for sentence in sentences:
        yield from textwrap.wrap(sentence, WIDTH, initial_indent="- ", subsequent_indent="  ", break_long_words=False)


def tell_operator(
    archive: Archive,
    config: Config,
    calendar: SittingCalendar,
    now: datetime,
    *,
    failures: Sequence[str],
    notes: Sequence[str],
) -> None:
    """Put the alerts that are due into the outbox, if the configuration names an operator."""
    if not config.delivery.operator:
        return
    problems = list(dict.fromkeys([*failures, *standing_problems(archive, config, now)]))
    today = now.astimezone(LONDON).date()
    is_waiting = archive.deliveries.has_failed()
    is_unsent = archive.deliveries.has_waiting_notice(config.delivery.operator, _WENT_WRONG)
    notices = (
        notice(problems, archive.runs.fact(TOLD), today, is_waiting=is_waiting, is_unsent=is_unsent),
        silence(silences(archive, config, calendar, now), archive.runs.fact(SILENT), keys_of_sources(config)),
        missing_days(all_missed_days(archive, config), archive.runs.fact(MISSED)),
        note(notes),
    )
    for due in notices:
        if due is not None:
            archive.outbox.put(_mail(archive, config, due, now), due.facts)


def tell_notes(archive: Archive, config: Config, now: datetime, notes: Sequence[str]) -> None:
    """Tell the operator once what is worth knowing outside a run, if the configuration names one."""
    due = note(notes)
    if due is not None and config.delivery.operator:
        archive.outbox.put(_mail(archive, config, due, now), due.facts)


def _mail(archive: Archive, config: Config, notice: Notice, now: datetime) -> Mail:
    delivery = config.delivery
    key = f"operator\n{notice.subject}\n{now}"
    number = message_id(archive.runs.instance(), key, delivery.operator, domain_of(delivery.sender))
    message = build_notice(
        notice.subject, notice.text, sender=delivery.sender, recipient=delivery.operator, message_id=number, date=now
    )
    return Mail(recipient=delivery.operator, message_id=number, subject=notice.subject, message=message)
