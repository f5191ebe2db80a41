"""`status`: what was done, what is known, what waits, and what is to be done about it."""

from __future__ import annotations

import sys
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from monitor import app
from monitor.cli.formats import to_json
from monitor.cli.options import config_option
from monitor.cli.output import Column, cell, message_width, print_table, say, wrapped
from monitor.collect.health import health_of_file_sources, health_of_sources, is_down
from monitor.delivery.stage import tell_retired
from monitor.digest.schedule import latest_slot, next_slot, slot_key
from monitor.model.archive import Retired
from monitor.model.deliveries import FEED, DeliveryState
from monitor.operations.checks import ago, shown_size
from monitor.parliament.calendar import LONDON, load_calendar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Engine

    from db.archive import Archive
    from monitor.collect.health import FileSourceHealth, SourceHealth
    from monitor.config.settings import Config, Schedule
    from monitor.model.archive import RunRow, WindowCoverage
    from monitor.model.watching import Subscriber

STAGES = ("collect", "match", "compose", "deliver", "backfill", "reparse")
_DAY = timedelta(days=1)
_FACTS = 15
"""Columns that the names of facts take."""
_RUNS = 500
"""So many rows of the ledger are looked through for the last run of each stage."""
_WAITING = (
    DeliveryState.PENDING,
    DeliveryState.SENDING,
    DeliveryState.DOTTED,
    DeliveryState.HELD,
    DeliveryState.REFUSED,
)
_SHOWN = 10
"""So many rows of a kind are shown to people; JSON has them all."""

_Columns: TypeAlias = "Sequence[Column]"


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print all of it as one JSON object.")
def status_command(config_path: str | None, as_json: bool) -> None:
    """Show the last runs, which days were read whole, and what is pending, held, refused or not understood.

    Whether that is as it should be is for pqwatch doctor to say.
    """
    from db.engine import open_engine  # noqa: PLC0415 (slow to import)

    config = app.configuration(config_path, needs_password=False)
    engine = open_engine(config.archive.url.reveal(), base=config.path.parent)
    is_there = engine.dialect.name != "sqlite" or Path(engine.url.database or "").is_file()
    engine.dispose()
    told = _about_config(config, engine)
    if is_there:
        archive = app.archive(config)
        try:
            told |= _about_archive(config, archive, app.clock())
            told["unreadable_terms"] = _unreadable(app.with_misread_terms(config, archive))
        finally:
            archive.close()
    if as_json:
        click.echo(to_json(told, default=_plain))
    else:
        _print(told, config, app.clock())


def _plain(value: date | datetime) -> str:
    return value.isoformat()


# -- what there is to tell, keys as JSON has them ---------------------------------------------------------------------


def _unreadable(config: Config) -> list[dict[str, Any]]:
    return [{"topic": one.topic, "term": one.term, "problem": one.text} for one in config.term_problems]


def _about_config(config: Config, engine: Engine) -> dict[str, Any]:
    is_sqlite = engine.dialect.name == "sqlite"
    return {
        "config": str(config.path),
        "archive": engine.url.database if is_sqlite else engine.url.render_as_string(hide_password=True),
        "transport": config.delivery.transport,
        "topics": len(config.topics),
        "unreadable_terms": _unreadable(config),
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
        "outbox": {},
        "queue_paused": None,
        "mails": [],
        "quarantined": [],
        "queues_paused": {},
        "feeds": str(config.topic_feeds.folder) if config.topic_feeds.folder else None,
    }


def _about_archive(config: Config, archive: Archive, now: datetime) -> dict[str, Any]:
    from db import integrity, schema  # noqa: PLC0415

    engine = archive.engine
    today = now.astimezone(LONDON).date()
    sittings = load_calendar(config.calendar.recess)
    standings = health_of_sources(archive, config, sittings, now=now, today=today)
    shelves = health_of_file_sources(archive, config, sittings, now=now, today=today)
    silences = [one.silence for one in standings] + [one.silence for one in shelves]
    is_nothing_read = is_down(archive, config)
    return {
        "schema": schema.current(engine),
        "size_bytes": integrity.size(engine),
        "counts": integrity.counts(engine),
        "news_floor": archive.runs.fact("news_floor"),
        "held_by": integrity.holder(engine, now),
        "runs": [_run(row) for row in last_of_each(archive.runs.last(_RUNS))],
        "coverage": coverage(archive.coverage.windows(), standings),
        "files": [_shelf(one) for one in shelves],
        "silent": [one.sentence(config.schedule.timezone) for one in silences if one],
        "retired_addresses": [
            {"address": one.address, "since": one.since, "waiting": list(one.waiting)}
            for one in archive.outbox.retired()
        ],
        "subscribers": [
            _subscriber(one, config.schedule, archive, now, is_down=is_nothing_read)
            for one in config.readers
            if one.channel != FEED
        ],
        "outbox": {state.value: count for state, count in archive.outbox.counts().items()},
        "queue_paused": archive.outbox.paused(now),
        "queues_paused": archive.outbox.all_paused(now),
        "mails": [
            {
                "id": one.id,
                "state": one.state.value,
                "recipient": one.recipient,
                "channel": one.channel,
                "subject": one.subject,
                "attempts": one.attempts,
                "created_at": one.created_at,
                "next_try_at": one.next_try_at,
                "error": one.error,
            }
            for one in archive.outbox.listing(*_WAITING)
        ],
        "quarantined": [
            {"source": one.source, "key": one.key, "reason": one.reason} for one in archive.payloads.quarantined()
        ],
    }


def last_of_each(rows: Iterable[RunRow]) -> list[RunRow]:
    """The newest run of each stage, in the order of the stages; `rows` are newest first."""
    newest: dict[str, RunRow] = {}
    for row in rows:
        newest.setdefault(row.stage, row)
    return [newest[stage] for stage in STAGES if stage in newest]


def _run(row: RunRow) -> dict[str, Any]:
    names = ("stage", "outcome", "as_of", "started_at", "ended_at", "error")
    return {name: getattr(row, name) for name in names} | {"counts": dict(row.counts)}


def coverage(windows: Sequence[WindowCoverage], standings: Iterable[SourceHealth]) -> list[dict[str, Any]]:
    """For each source and House, as the foot of a digest has it: what was read of what was published, and what is missing.

    `read_at` is the last good reading. `incomplete` are windows that failed or are not believed; those still open are no
    failure. `gaps` were never read.
    """
    told = []
    for standing in standings:
        key = (standing.source, standing.house)
        days = {one.window.day for one in windows if (one.window.source, one.window.house) == key}
        if not days:
            continue
        told.append(
            {
                "source": standing.source,
                "house": standing.house.value,
                "first_day": standing.first_day,
                "last_whole_day": standing.last_whole_day,
                "answers_read": standing.read,
                "answers_published": standing.published,
                "in_recess_until": standing.in_recess_until,
                "gaps": gaps(days),
                "read_at": standing.read_at,
                "incomplete": [
                    {"day": one.window.day, "by": one.window.by, "state": one.state, "note": one.note}
                    for one in standing.incomplete
                ],
            }
        )
    return told


def _shelf(one: FileSourceHealth) -> dict[str, Any]:
    """Of a source that is files; `read_at` is the last good run that read it, None where only a backfill did."""
    names = ("source", "read_at", "newest_day", "files", "records", "quarantined")
    told = {name: getattr(one, name) for name in names} | {"enabled": one.is_on}
    for name, files in (("failed", one.failed), ("unreadable", one.unreadable)):
        told[name] = [{"file": filed.name, "day": filed.day, "why": filed.note} for filed in files]
    return told


def gaps(days: Collection[date]) -> list[dict[str, date]]:
    """The stretches of days between the first and the last of which none was ever read."""
    ordered = sorted(days)
    return [{"from": before + _DAY, "to": after - _DAY} for before, after in pairwise(ordered) if after - before > _DAY]


def _subscriber(
    one: Subscriber, schedule: Schedule, archive: Archive, now: datetime, *, is_down: bool
) -> dict[str, Any]:
    last = archive.digests.last(one.key)
    slot = None if one.paused else latest_slot(one, schedule, now)
    return {
        "subscriber": one.name,
        "channel": one.channel,
        "cadence": one.cadence,
        "paused": one.paused,
        "last_digest": last and {"id": last.id, "slot": last.slot, "kind": last.kind, "items": last.items},
        "next_at": None if one.paused else next_slot(one, schedule, now),
        "put_off": is_down and slot is not None and not archive.digests.exists(one.key, slot_key(slot)),
    }


# -- for people -------------------------------------------------------------------------------------------------------


def _print(told: Mapping[str, Any], config: Config, now: datetime) -> None:
    _facts(told)
    for one in told["unreadable_terms"]:
        _tell(f"! {one['problem'].splitlines()[0]} The term is switched off.")
    if told["schema"] is None:
        _tell("There is no archive yet: pqwatch run makes it.")
        return
    _section("Runs", told["runs"], _run_columns(now), "Nothing was run yet: pqwatch run does all of it once.")
    _errors(told["runs"])
    _section("Coverage", told["coverage"], _COVERAGE, "No day was read yet.")
    _some("Files", told["files"], _FILES)
    for one in told["silent"]:
        _tell(f"! {one}")
    for one in told["coverage"]:
        if one["in_recess_until"]:
            _tell(f"The {one['house'].title()} is in recess until {_day(one['in_recess_until'])}.")
    incomplete = [{"house": one["house"], **window} for one in told["coverage"] for window in one["incomplete"]]
    _some("Not read whole (the next run tries again)", incomplete, _INCOMPLETE)
    missing = [{"source": one["source"], **bad} for one in told["files"] for bad in one["failed"]]
    _some("Files that did not come (the next run tries again)", missing, _MISSING)
    _section("Digests", told["subscribers"], _DIGESTS, "Nobody gets a digest: add [[subscribers]] to config.toml.")
    if told["queues_paused"]:
        click.echo()
    for one in told["queues_paused"].values():
        _tell(f"! {one}; pqwatch deliver tries at once.")
    for one in told["retired_addresses"]:
        _tell(f"! {tell_retired(Retired(**(one | {'waiting': tuple(one['waiting'])})))}.")
    _some("Mails that wait", told["mails"], _MAILS)
    _advise(told["mails"], config)
    _some("Received and not understood", told["quarantined"], _QUARANTINE)
    if told["quarantined"]:
        _tell("They are kept as received: a newer pqwatch may read them with pqwatch reparse.")


def _tell(text: str) -> None:
    say(text, is_error=False)


def _facts(told: Mapping[str, Any]) -> None:
    size = "" if told["size_bytes"] is None else f" ({shown_size(told['size_bytes'])}, schema {told['schema']})"
    facts = {
        "Configuration": told["config"],
        "Archive": f"{told['archive']}{size}",
        "Holds": ", ".join(f"{count} {name}" for name, count in told["counts"].items()),
        "News since": told["news_floor"],
        "In use by": told["held_by"],
        "Feeds": told["feeds"],
    }
    for name, fact in facts.items():
        if fact:
            first, *more = wrapped(cell(fact), message_width(sys.stdout) - _FACTS)
            click.echo(f"{name:{_FACTS}}{first}")
            for line in more:
                click.echo(" " * _FACTS + line)


def _section(title: str, rows: Sequence[Mapping[str, Any]], columns: _Columns, otherwise: str) -> None:
    click.echo(f"\n{title}")
    if rows:
        print_table(rows, columns)
    else:
        _tell(otherwise)


def _some(title: str, rows: Sequence[Mapping[str, Any]], columns: _Columns) -> None:
    """A section that is not there where it has no rows, and no longer than a screen."""
    if not rows:
        return
    _section(title, rows[:_SHOWN], columns, "")
    if len(rows) > _SHOWN:
        _tell(f"and {len(rows) - _SHOWN} more: pqwatch status --json lists all.")


def _run_columns(now: datetime) -> _Columns:
    return [
        Column("stage", lambda row: row["stage"]),
        Column("outcome", lambda row: row["outcome"]),
        Column("began", lambda row: ago(now - row["started_at"])),
        Column("did", lambda row: _did(row["counts"])),
    ]


def _did(counts: Mapping[str, int]) -> str:
    """What is not nought; the first count in any case."""
    shown = [f"{name} {count}" for number, (name, count) in enumerate(counts.items()) if count or not number]
    return ", ".join(shown)


def _errors(runs: Iterable[Mapping[str, Any]]) -> None:
    for row in runs:
        if row["error"]:
            _tell(f"! {row['stage']}: {row['error']}")


def _day(day: date | datetime | None) -> str:
    return f"{day:%d %b %Y}" if day else "none"


def _told(row: Mapping[str, Any]) -> str:
    last = row["last_digest"]
    if last is None:
        return "none"
    return f"{last['slot'].replace('T', ' ')[:16]}, {'empty' if last['kind'] == 'empty' else str(last['items']) + ' items'}"


def _next(row: Mapping[str, Any]) -> str:
    if row["paused"]:
        return "paused"
    if row["put_off"]:
        return "waits for a source that is down"
    return f"{row['next_at']:%a %d %b %H:%M}" if row["next_at"] else "after each run with news"


def _read(row: Mapping[str, Any]) -> str:
    if row["read_at"]:
        return f"{row['read_at']:%a %d %b %H:%M}"
    return "not yet" if row["enabled"] else "by backfill"


def _stretches(found: Sequence[Mapping[str, date]]) -> str:
    days = sum((one["to"] - one["from"]).days + 1 for one in found)
    return f"{days} days between" if days else "none"


_COVERAGE: _Columns = [
    Column("source", lambda row: row["source"]),
    Column("House", lambda row: row["house"]),
    Column("read from", lambda row: _day(row["first_day"])),
    Column("whole to", lambda row: _day(row["last_whole_day"])),
    Column("answers", lambda row: f"{row['answers_read']:,} of {row['answers_published']:,}"),
    Column("not whole", lambda row: len(row["incomplete"]) or "none"),
    Column("never read", lambda row: _stretches(row["gaps"])),
]
_FILES: _Columns = [
    Column("source", lambda row: row["source"]),
    Column("read", _read),
    Column("newest day", lambda row: _day(row["newest_day"])),
    Column("files", lambda row: f"{row['files']:,}"),
    Column("records", lambda row: f"{row['records']:,}"),
    Column("not understood", lambda row: f"{row['quarantined']:,}"),
    Column("not read", lambda row: f"{len(row['failed']) + len(row['unreadable']):,}"),
]
_MISSING: _Columns = [
    Column("source", lambda row: row["source"]),
    Column("file", lambda row: row["file"]),
    Column("why", lambda row: row["why"]),
]
_INCOMPLETE: _Columns = [
    Column("House", lambda row: row["house"]),
    Column("day", lambda row: _day(row["day"])),
    Column("by", lambda row: row["by"]),
    Column("state", lambda row: row["state"]),
    Column("why", lambda row: row["note"]),
]
_DIGESTS: _Columns = [
    Column("subscriber", lambda row: row["subscriber"]),
    Column("cadence", lambda row: row["cadence"]),
    Column("last", _told),
    Column("next", _next),
]
_MAILS: _Columns = [
    Column("id", lambda row: row["id"]),
    Column("state", lambda row: row["state"]),
    Column("recipient", lambda row: row["recipient"]),
    Column("why", lambda row: row["error"] or row["subject"]),
]
_QUARANTINE: _Columns = [
    Column("source", lambda row: row["source"]),
    Column("key", lambda row: row["key"]),
    Column("why", lambda row: row["reason"]),
]


def _advise(mails: Sequence[Mapping[str, Any]], config: Config) -> None:
    """The commands that move the mails on, with the number of one of them."""
    by_state = {mail["state"]: mail["id"] for mail in reversed(mails)}
    for state, before in (
        (DeliveryState.HELD, ""),
        (DeliveryState.REFUSED, f"correct the address in {config.path}, then "),
    ):
        if state in by_state:
            number = by_state[state]
            _tell(
                f"A {state.value} mail: {before}pqwatch deliver --release {number}, or --discard {number} to give it up."
            )
    if {DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.DOTTED} & set(by_state):
        _tell("What is pending goes with the next run; pqwatch deliver tries now.")
