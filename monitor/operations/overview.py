"""Overview of a configuration and its archive, as `pqwatch status` shows it: keys as JSON has them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from monitor.collect.calendar import silence_of_calendar, sitting_calendar
from monitor.collect.health import health_of_file_sources, health_of_sources, is_down
from monitor.digest.schedule import due_readers, next_slot
from monitor.model.bounces import Reason
from monitor.model.deliveries import FEED, DeliveryState, Retired
from monitor.operations.calendar_report import calendar_report
from monitor.operations.queue_report import queue_report
from monitor.parliament.calendar import LONDON
from monitor.presentation.wording import count_of, count_of_news

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from db.archive import Archive
    from db.deliveries import OutboxFigures
    from monitor.collect.health import FileSourceHealth, SourceHealth
    from monitor.config.settings import Config
    from monitor.model.collection import RunRow, WindowCoverage

STAGES: Final = ("collect", "match", "compose", "deliver", "backfill", "reparse")
_DAY: Final = timedelta(days=1)
_RUNS_READ: Final = 500
"""Rows of the ledger in which the last run of each stage is looked for."""
MOST_READERS: Final = 50
"""Readers whose digests people are shown one by one; of more they are shown groups."""
_WAITING: Final = (
    DeliveryState.PENDING,
    DeliveryState.SENDING,
    DeliveryState.DOTTED,
    DeliveryState.HELD,
    DeliveryState.REFUSED,
)


def overview_without_archive(config: Config, archive_name: str) -> dict[str, Any]:
    """Return the overview with every key, as far as the configuration says."""
    return {
        "config": str(config.path),
        "archive": archive_name,
        "transport": config.delivery.transport,
        "topics": len(config.topics),
        "unreadable_terms": unreadable_terms(config),
        "schema": None,
        "size_bytes": None,
        "counts": {},
        "news_floor": None,
        "held_by": None,
        "runs": [],
        "coverage": [],
        "files": [],
        "silent": [],
        "retired_addresses": [],
        "subscribers": [],
        "bounces": {},
        "outbox": {},
        "queue": None,
        "queue_paused": None,
        "mails": [],
        "quarantined": [],
        "queues_paused": {},
        "feeds": str(config.topic_feeds.folder) if config.topic_feeds.folder else None,
        "calendar": None,
        "workers": None,
    }


def unreadable_terms(config: Config) -> list[dict[str, Any]]:
    """Return the terms that can't be read, or were misread."""
    return [
        {"topic": problem.topic, "term": problem.term, "problem": problem.text, "misread": problem.is_misread}
        for problem in config.term_problems
    ]


def overview_of_archive(config: Config, archive: Archive, now: datetime) -> dict[str, Any]:
    """Return what the archive says of runs, sources, digests and mails."""
    today = now.astimezone(LONDON).date()
    calendar = sitting_calendar(archive, config.calendar.recess, today)
    sources = health_of_sources(archive, config, calendar, now=now, today=today)
    file_sources = health_of_file_sources(archive, config, calendar, now=now, today=today)
    silences = [source.silence for source in sources] + [source.silence for source in file_sources]
    silences.append(silence_of_calendar(archive, config, now))
    return {
        "news_floor": archive.runs.fact("news_floor"),
        "runs": [_run(row) for row in last_of_each(archive.runs.last(_RUNS_READ))],
        "coverage": coverage(archive.coverage.windows(), sources),
        "files": [_file_source(source) for source in file_sources],
        "calendar": calendar_report(archive, config, calendar, now),
        "workers": queue_report(config, archive),
        "silent": [silence.sentence(config.schedule.timezone) for silence in silences if silence],
        "retired_addresses": [
            {
                "address": retired.address,
                "since": retired.since,
                "waiting": list(retired.waiting),
                "reason": retired.reason.value,
            }
            for retired in archive.deliveries.retired()
        ],
        "subscribers": _subscribers(config, archive, now),
        "bounces": {kind.value: count for kind, count in archive.bounces.counts().items()},
        "outbox": {state.value: count for state, count in archive.deliveries.counts().items()},
        "queue": _queue(archive.deliveries.figures(), now),
        "queue_paused": archive.outbox.paused(now),
        "queues_paused": archive.outbox.all_paused(now),
        "mails": [
            {
                "id": mail.id,
                "state": mail.state.value,
                "recipient": mail.recipient,
                "channel": mail.channel,
                "subject": mail.subject,
                "attempts": mail.attempts,
                "created_at": mail.created_at,
                "next_try_at": mail.next_try_at,
                "error": mail.error,
            }
            for mail in archive.deliveries.listing(*_WAITING)
        ],
        "quarantined": [
            {"source": payload.source, "key": payload.key, "reason": payload.reason}
            for payload in archive.payloads.quarantined()
        ],
    }


def _queue(figures: OutboxFigures, now: datetime) -> dict[str, Any]:
    return {
        "waiting": figures.waiting,
        "oldest_seconds": max(0, int((now - figures.oldest).total_seconds())) if figures.oldest else 0,
        "newest": figures.newest,
        "tries": figures.tries,
        "tried_again": figures.tried_again,
    }


def queue_in_words(found: Mapping[str, Any]) -> str:
    """Return how many mails wait, for how long, how often they were tried, and what came back."""
    queue, came_back = found["queue"], {kind: count for kind, count in found["bounces"].items() if count}
    words = f"{queue['waiting']:,} wait{'s' if queue['waiting'] == 1 else ''}"
    if queue["waiting"]:
        words += f", the oldest for {count_of(queue['oldest_seconds'] // 60, 'minute')}"
    if queue["newest"]:
        words += f"; {queue['tried_again']:,} of the last {queue['newest']:,} took more than one try"
    return words + (f"; came back: {counts_in_words(came_back)}" if came_back else "")


def waits_until(mail: Mapping[str, Any], now: datetime) -> str:
    """Return the time before which a mail that is pending is not tried; "" if the next run tries it, or a person decides."""
    until = mail["next_try_at"]
    is_later = mail["state"] == DeliveryState.PENDING and until is not None and until > now
    return f"{until:%Y-%m-%d %H:%M} UTC" if is_later else ""


def retired_of(found: Mapping[str, Any]) -> list[Retired]:
    """Return the retired addresses of an overview."""
    return [
        Retired(**{**row, "waiting": tuple(row["waiting"]), "reason": Reason(row["reason"])})
        for row in found["retired_addresses"]
    ]


def last_of_each(rows: Iterable[RunRow]) -> list[RunRow]:
    """Return the newest run of each stage, in the order of the stages. `rows`: newest first."""
    newest: dict[str, RunRow] = {}
    for row in rows:
        newest.setdefault(row.stage, row)
    return [newest[stage] for stage in STAGES if stage in newest]


def _run(row: RunRow) -> dict[str, Any]:
    keys = ("stage", "outcome", "as_of", "started_at", "ended_at", "error")
    return {key: getattr(row, key) for key in keys} | {"counts": dict(row.counts)}


def coverage(windows: Sequence[WindowCoverage], sources: Iterable[SourceHealth]) -> list[dict[str, Any]]:
    """Return for each source and House what was read of what was published, and what is missing.

    `read_at` is the last good reading. `incomplete` are windows that failed or are not believed; those still open are no
    failure. `gaps` were never read.
    """
    rows = []
    for source in sources:
        key = (source.source, source.house)
        days = {covered.window.day for covered in windows if (covered.window.source, covered.window.house) == key}
        if not days:
            continue
        rows.append(
            {
                "source": source.source,
                "house": source.house.value,
                "first_day": source.first_day,
                "last_whole_day": source.last_whole_day,
                "answers_read": source.read,
                "answers_published": source.published,
                "in_recess_until": source.in_recess_until,
                "gaps": gaps(days),
                "read_at": source.read_at,
                "incomplete": [
                    {
                        "day": covered.window.day,
                        "by": covered.window.by,
                        "state": covered.state,
                        "note": covered.note,
                    }
                    for covered in source.incomplete
                ],
            }
        )
    return rows


def gaps(days: Collection[date]) -> list[dict[str, date]]:
    """Return the stretches between the first and the last of these days that were never read."""
    ordered = sorted(days)
    return [{"from": before + _DAY, "to": after - _DAY} for before, after in pairwise(ordered) if after - before > _DAY]


def _file_source(source: FileSourceHealth) -> dict[str, Any]:
    """Return a source that consists of files. `read_at`: the last good run that read it; None after a backfill only."""
    keys = ("source", "read_at", "newest_day", "files", "records", "quarantined", "unlisted")
    row = {key: getattr(source, key) for key in keys} | {"enabled": source.is_on}
    for key, files in (("failed", source.failed), ("unreadable", source.unreadable)):
        row[key] = [{"file": file.name, "day": file.day, "why": file.note} for file in files]
    return row


def _subscribers(config: Config, archive: Archive, now: datetime) -> list[dict[str, Any]]:
    """Return the last and the next digest of each reader. There may be many readers, so the archive is asked for all."""
    due = {reader.key for reader in due_readers(archive, config.readers, config.schedule, now)}
    last, is_source_down, rows = archive.digests.last_of_each(), is_down(archive, config), []
    for reader in config.readers:
        if reader.channel == FEED:
            continue
        digest = last.get(reader.key)
        rows.append(
            {
                "subscriber": reader.name,
                "channel": reader.channel,
                "cadence": reader.cadence,
                "paused": reader.paused,
                "last_digest": digest
                and {"id": digest.id, "slot": digest.slot, "kind": digest.kind, "items": digest.items},
                "next_at": None if reader.paused else next_slot(reader, config.schedule, now),
                "due": reader.key in due and digest is not None,  # the first run with a reader seldom has news for them
                "put_off": is_source_down and reader.key in due,
            }
        )
    return rows


# -- in words ---------------------------------------------------------------------------------------------------------


def counts_in_words(counts: Mapping[str, int]) -> str:
    """Return the counts of a run that are not zero, and the first in any case."""
    return ", ".join(f"{name} {count}" for number, (name, count) in enumerate(counts.items()) if count or number == 0)


def day_in_words(day: date | datetime | None) -> str:
    """Return a day in a table: "26 Nov 2024", or "none"."""
    return f"{day:%d %b %Y}" if day else "none"


def last_digest_in_words(subscriber: Mapping[str, Any]) -> str:
    """Return the slot of a subscriber's last digest, and how much it told."""
    digest = subscriber["last_digest"]
    if digest is None:
        return "none"
    content = "empty" if digest["kind"] == "empty" else count_of_news(digest["items"])
    return f"{digest['slot'].replace('T', ' ')[:16]}, {content}"


def next_digest_in_words(subscriber: Mapping[str, Any]) -> str:
    """Return when a subscriber's next digest is due."""
    if subscriber["paused"]:
        return "paused"
    if subscriber["put_off"]:
        return "waits for a source that is down"
    if subscriber["due"]:
        return "now, with the next run"
    return f"{subscriber['next_at']:%a %d %b %H:%M}" if subscriber["next_at"] else "after each run with news"


def digests_in_groups(subscribers: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return how many readers have the same cadence, slot of the last digest and next one: the largest group first.

    Readers who are mailed after each run are of one group if their last digests are of one day.
    """

    def group(reader: Mapping[str, Any]) -> tuple[str, str, str]:
        digest, cadence = reader["last_digest"], reader["cadence"]
        known = len("2026-11-29" if cadence == "instant" else "2026-11-29T07:30")
        last = digest["slot"][:known].replace("T", " ") if digest else "none"
        return cadence, last, next_digest_in_words(reader)

    return [
        {"readers": count, "cadence": cadence, "last": last, "next": next_one}
        for (cadence, last, next_one), count in Counter(map(group, subscribers)).most_common()
    ]


def read_at_in_words(files: Mapping[str, Any]) -> str:
    """Return when a source of files was last read."""
    if files["read_at"]:
        return f"{files['read_at']:%a %d %b %H:%M}"
    return "not yet" if files["enabled"] else "by backfill"


def gaps_in_words(gaps: Sequence[Mapping[str, date]]) -> str:
    """Return how many days between the first and the last were never read."""
    days = sum((gap["to"] - gap["from"]).days + 1 for gap in gaps)
    return f"{days} days between" if days else "none"
