"""`status`: show what was done, what is known, what waits, and what can be done about it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli.formats import to_json
from monitor.cli.options import config_option
from monitor.cli.output import Column, cell, message_width, print_table, say, wrapped
from monitor.config.merging import with_subscribers
from monitor.delivery.retired_addresses import tell_retired
from monitor.model.deliveries import MAIL, DeliveryState
from monitor.model.records import House
from monitor.operations.calendar_report import known_in_words, origin_in_words, recess_in_words, remarks
from monitor.operations.check_results import ago, shown_size
from monitor.operations.overview import (
    MOST_READERS,
    counts_in_words,
    day_in_words,
    digests_in_groups,
    gaps_in_words,
    last_digest_in_words,
    next_digest_in_words,
    overview_without_archive,
    queue_in_words,
    read_at_in_words,
    retired_of,
    waits_until,
)
from monitor.operations.queue_report import failures_in_words, oldest_in_words, problem_in_words
from monitor.presentation.wording import house_short

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

_NAME_WIDTH: Final = 15
_MOST_ROWS: Final = 10
"""Rows of a kind that are shown to people; JSON has them all."""


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print all of it as one JSON object.")
def status_command(config_path: str | None, as_json: bool) -> None:
    """Show the last runs, which days were read whole, and what is pending, held, refused or not understood.

    Whether that is as it should be is for pqwatch doctor to say.
    """
    from db.engine import open_location  # noqa: PLC0415 (slow to import)

    config = app.configuration(config_path, needs_password=False)
    with open_location(config.archive.url.reveal(), base=config.path.parent) as location:
        overview = overview_without_archive(config, location.name)
        may_exist = location.may_exist()
    if may_exist:
        archive, now = app.archive(config), app.clock()
        try:
            config = with_subscribers(config, archive)
            overview = app.overview(app.with_misread_terms(config, archive), archive, now)
        finally:
            archive.close()
    if as_json:
        click.echo(to_json(overview, default=_plain))
    else:
        _print(overview, app.clock())


def _plain(value: date | datetime) -> str:
    return value.isoformat()


# -- for people -------------------------------------------------------------------------------------------------------


def _print(overview: Mapping[str, Any], now: datetime) -> None:
    _print_facts(overview)
    terms = overview["unreadable_terms"]
    for term in terms[:_MOST_ROWS]:
        _say(f"! {term['problem'].splitlines()[0]} {'' if term['misread'] else 'The term is switched off.'}".rstrip())
    if len(terms) > _MOST_ROWS:
        _say(f"! {len(terms) - _MOST_ROWS:,} more of such terms: pqwatch status --json lists all.")
    if overview["schema"] is None:
        _say("There is no archive yet: pqwatch run makes it.")
        return
    _print_section("Runs", overview["runs"], _run_columns(now), "Nothing was run yet: pqwatch run does all of it once.")
    for run in overview["runs"]:
        if run["error"]:
            _say(f"! {run['stage']}: {run['error']}")
    _print_workers(overview["workers"], now)
    _print_sources(overview["coverage"], overview["files"], overview["silent"])
    _print_calendar(overview["calendar"])
    _print_digests(overview["subscribers"])
    if overview["queues_paused"]:
        click.echo()
    for pause in overview["queues_paused"].values():
        _say(f"! {pause}; pqwatch deliver tries at once.")
    retired = retired_of(overview)
    for address in retired[:_MOST_ROWS]:
        _say(f"! {tell_retired(address)}.")
    _say_how_many_more(retired)
    _say(f"Mails: {queue_in_words(overview)}.")
    _print_rows("Mails that wait", overview["mails"], _mail_columns(now))
    _say_how_to_move_mails(overview["mails"])
    _print_rows("Received and not understood", overview["quarantined"], _QUARANTINE)
    if overview["quarantined"]:
        _say("They are kept as received: a newer pqwatch may read them with pqwatch reparse.")


def _print_workers(report: Mapping[str, Any] | None, now: datetime) -> None:
    """Print the queue of jobs where workers share the work."""
    if report is None:
        return
    columns = [*_QUEUES, Column("oldest", lambda row: oldest_in_words(row, now))]
    _print_section(f"Workers: {report['alive']} alive", report["queues"], columns, "No work waits.")
    for problem in filter(None, (problem_in_words(report, now), failures_in_words(report))):
        _say(f"! {problem}")


def _print_sources(
    coverage: Sequence[Mapping[str, Any]], files: Sequence[Mapping[str, Any]], silences: Iterable[str]
) -> None:
    _print_section("Coverage", coverage, _COVERAGE, "No day was read yet.")
    _print_rows("Files", files, _FILES)
    for source in files:
        if source["unlisted"]:
            _say(f"! {source['source']}: its files could not be listed: {source['unlisted']}")
    for silence in silences:
        _say(f"! {silence}")
    for source in coverage:
        if source["in_recess_until"]:
            _say(f"The {source['house'].title()} is in recess until {day_in_words(source['in_recess_until'])}.")
    incomplete = [{"house": source["house"], **window} for source in coverage for window in source["incomplete"]]
    _print_rows("Not read whole (the next run tries again)", incomplete, _INCOMPLETE)
    missing = [{"source": source["source"], **file} for source in files for file in source["failed"]]
    _print_rows("Files that did not come (the next run tries again)", missing, _MISSING)


def _print_digests(subscribers: Sequence[Mapping[str, Any]]) -> None:
    """Print the last and the next digest of each reader; where there are many, of groups of readers."""
    if len(subscribers) <= MOST_READERS:
        _print_section("Digests", subscribers, _DIGESTS, "No one gets a digest: add [[subscribers]] to config.toml.")
        return
    _print_rows(f"Digests of {len(subscribers):,} readers", digests_in_groups(subscribers), _GROUPS)
    _say("pqwatch subscribers list names each reader.")


def _print_calendar(report: Mapping[str, Any]) -> None:
    _print_section("Sitting calendar", report["houses"], _CALENDAR, "")
    for remark in remarks(report):
        _say(remark)


def _say(text: str) -> None:
    say(text, is_error=False)


def _print_facts(overview: Mapping[str, Any]) -> None:
    size = ""
    if overview["size_bytes"] is not None:
        size = f" ({shown_size(overview['size_bytes'])}, schema {overview['schema']})"
    facts = {
        "Configuration": overview["config"],
        "Archive": f"{overview['archive']}{size}",
        "Holds": ", ".join(f"{count:,} {name}" for name, count in overview["counts"].items()),
        "News since": overview["news_floor"],
        "In use by": overview["held_by"],
        "Feeds": overview["feeds"],
    }
    for name, fact in facts.items():
        if fact:
            first, *more = wrapped(cell(fact), message_width(sys.stdout) - _NAME_WIDTH)
            click.echo(f"{name:{_NAME_WIDTH}}{first}")
            for line in more:
                click.echo(" " * _NAME_WIDTH + line)


def _print_section(title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], if_empty: str) -> None:
    click.echo(f"\n{title}")
    if rows:
        print_table(rows, columns)
    else:
        _say(if_empty)


def _print_rows(title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> None:
    """Print a section of up to ten rows, or nothing where there are no rows."""
    if not rows:
        return
    _print_section(title, rows[:_MOST_ROWS], columns, "")
    _say_how_many_more(rows)


def _say_how_many_more(rows: Sequence[object]) -> None:
    if len(rows) > _MOST_ROWS:
        _say(f"and {len(rows) - _MOST_ROWS:,} more: pqwatch status --json lists all.")


def _say_how_to_move_mails(mails: Sequence[Mapping[str, Any]]) -> None:
    """Say the commands that move the waiting mails on, with the id of one of them."""
    id_by_state = {mail["state"]: mail["id"] for mail in reversed(mails)}
    for state in (DeliveryState.HELD, DeliveryState.REFUSED):
        if state in id_by_state:
            number = id_by_state[state]
            _say(f"A {state.value} mail: pqwatch deliver --release {number}, or --discard {number} to give it up.")
    if any(mail["state"] == DeliveryState.REFUSED and mail["channel"] == MAIL for mail in mails):
        _say(
            "It goes to the same address. If that is wrong: pqwatch subscribers change NAME --email ADDRESS, and "
            "pqwatch digest resend ID --to ADDRESS sends what was put aside."
        )
    if {DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.DOTTED} & set(id_by_state):
        _say("What is pending goes with the next run, or the first one after its time; pqwatch deliver tries now.")


# -- columns ----------------------------------------------------------------------------------------------------------


def _run_columns(now: datetime) -> Sequence[Column]:
    return [
        Column("stage", lambda row: row["stage"]),
        Column("outcome", lambda row: row["outcome"]),
        Column("began", lambda row: ago(now - row["started_at"])),
        Column("did", lambda row: counts_in_words(row["counts"])),
    ]


def _mail_columns(now: datetime) -> Sequence[Column]:
    return [
        Column("id", lambda row: row["id"]),
        Column("state", lambda row: row["state"]),
        Column("recipient", lambda row: row["recipient"]),
        Column("tries", lambda row: row["attempts"]),
        Column("not before", lambda row: waits_until(row, now)),
        Column("why", lambda row: row["error"] or row["subject"]),
    ]


_QUEUES: Final = (
    Column("queue", lambda row: row["queue"]),
    Column("waiting", lambda row: row["waiting"]),
    Column("later", lambda row: row["later"]),
    Column("running", lambda row: row["doing"]),
    Column("failed", lambda row: row["failed"]),
)
_COVERAGE: Final = (
    Column("source", lambda row: row["source"]),
    Column("House", lambda row: row["house"]),
    Column("read from", lambda row: day_in_words(row["first_day"])),
    Column("whole to", lambda row: day_in_words(row["last_whole_day"])),
    Column("answers", lambda row: f"{row['answers_read']:,} of {row['answers_published']:,}"),
    Column("not whole", lambda row: len(row["incomplete"]) or "none"),
    Column("never read", lambda row: gaps_in_words(row["gaps"])),
)
_CALENDAR: Final = (
    Column("House", lambda row: house_short(House(row["house"]))),
    Column("known to", known_in_words),
    Column("by", origin_in_words),
    Column("recess now or next", recess_in_words),
)
_FILES: Final = (
    Column("source", lambda row: row["source"]),
    Column("read", read_at_in_words),
    Column("newest day", lambda row: day_in_words(row["newest_day"])),
    Column("files", lambda row: f"{row['files']:,}"),
    Column("records", lambda row: f"{row['records']:,}"),
    Column("not understood", lambda row: f"{row['quarantined']:,}"),
    Column("not read", lambda row: f"{len(row['failed']) + len(row['unreadable']):,}"),
)
_MISSING: Final = (
    Column("source", lambda row: row["source"]),
    Column("file", lambda row: row["file"]),
    Column("why", lambda row: row["why"]),
)
_INCOMPLETE: Final = (
    Column("House", lambda row: row["house"]),
    Column("day", lambda row: day_in_words(row["day"])),
    Column("by", lambda row: row["by"]),
    Column("state", lambda row: row["state"]),
    Column("why", lambda row: row["note"]),
)
_DIGESTS: Final = (
    Column("subscriber", lambda row: row["subscriber"]),
    Column("cadence", lambda row: row["cadence"]),
    Column("last", last_digest_in_words),
    Column("next", next_digest_in_words),
)
_GROUPS: Final = (
    Column("readers", lambda row: f"{row['readers']:,}"),
    Column("cadence", lambda row: row["cadence"]),
    Column("last", lambda row: row["last"]),
    Column("next", lambda row: row["next"]),
)
_QUARANTINE: Final = (
    Column("source", lambda row: row["source"]),
    Column("key", lambda row: row["key"]),
    Column("why", lambda row: row["reason"]),
)
