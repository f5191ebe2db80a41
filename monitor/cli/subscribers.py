"""`subscribers`: list who gets digests, and add somebody, in config.toml or in the archive."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli.config_changes import quoted, topic_of
from monitor.cli.formats import emit, format_option, json_option
from monitor.cli.options import Commands, checked, config_option, dry_run_option
from monitor.cli.output import Printer, say
from monitor.cli.reader_changes import ReaderChange, change_in_file, open_readers
from monitor.cli.subscribers_change import (
    change_command,
    next_digest_in_words,
    pause_command,
    remove_command,
    resume_command,
    wanted_topics,
)
from monitor.cli.subscribers_forget import forget_command
from monitor.cli.workspace import open_workspace, topic_names
from monitor.config.editing import add_subscriber
from monitor.config.merging import as_read, goes_by_other_file, problems_of_kept, with_unused_id
from monitor.config.subscribers import CADENCES, MENTIONS, SUBJECTS, new_subscriber
from monitor.config.values import address, clock
from monitor.delivery.retired_addresses import tell_retired
from monitor.digest.schedule import next_slot
from monitor.errors import ConfigError
from monitor.model.deliveries import FEED, MAIL
from monitor.model.watching import ARCHIVE, FILE
from monitor.operations.reader_list import reader_rows
from monitor.presentation.wording import count_of, count_of_news, listed, one_line, week_day

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from db.archive import Archive
    from monitor.config.settings import Config, ScheduleSettings
    from monitor.model.watching import Subscriber


INDENT: Final = "    "

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MOST_TOPICS: Final = 4


@click.group(cls=Commands)
def subscribers_command() -> None:
    """List who gets digests; add, change, pause, resume, remove or forget somebody."""


for command in (change_command, pause_command, resume_command, remove_command, forget_command):
    subscribers_command.add_command(command)

# -- list -------------------------------------------------------------------------------------------------------------


@subscribers_command.command("list")
@format_option
@config_option
def list_command(output: str, config_path: str | None) -> None:
    """List who gets digests: of which topics, when, the last one and what became of its mail, and when the next is due."""
    with open_workspace(config_path) as workspace:
        config, archive = workspace.config, workspace.archive
        readers = [reader for reader in config.readers if reader.channel != FEED]
        rows = reader_rows(config, archive, readers, app.clock())
        if output == "table":
            printer = Printer.for_stdout()
            for reader, row in zip(readers, rows, strict=True):
                _print_reader(printer, config, reader, row)
            for problem in problems_of_kept(config, archive):
                say(f"! {problem}.", is_error=False)
            for refused in archive.deliveries.retired():
                say(f"! {tell_retired(refused)}.", is_error=False)
            if config.topic_feeds.folder:
                topics = count_of(len(config.topic_feeds.readers), "topic")
                say(f"Feeds of {topics} are written to {config.topic_feeds.folder}.", is_error=False)
        else:
            emit(rows, (), output)
        if not rows:
            say(f"No one gets a digest. Add [[subscribers]] to {config.path}, or: pqwatch subscribers add NAME EMAIL")


def _print_reader(printer: Printer, config: Config, reader: Subscriber, row: Mapping[str, Any]) -> None:
    is_mail = reader.channel == MAIL
    known_as = f" (id: {one_line(reader.key)})" if reader.key != reader.name else ""
    where = reader.email if is_mail else f"webhook, in the form of {reader.channel}"
    place = "" if reader.kept_in == FILE else f", in {'the archive' if reader.kept_in == ARCHIVE else reader.kept_in}"
    printer.line(printer.bold(one_line(reader.name)) + f"{known_as}: {one_line(where)}{one_line(place)}")
    printer.paragraph(f"Gets {_topics_in_words(reader, config)}, {_cadence_in_words(reader, config.schedule)}", INDENT)
    printer.paragraph(f"{_last_in_words(row['last_digest'])}; {_next_in_words(reader, config, row)}", INDENT)
    if row["refused_since"]:
        target = "address" if is_mail else "webhook"
        printer.paragraph(f"! Nothing is sent to this {target}: see below", INDENT)


def _last_in_words(digest: Mapping[str, Any] | None) -> str:
    if digest is None:
        return "No digest yet"
    content = digest["kind"] if digest["kind"] != "mailed" else count_of_news(digest["items"])
    mail = f", {digest['mail']}" if digest["mail"] else ""
    return f"Last {digest['slot'].replace('T', ' ')[:16]}: {content}{mail}"


def _next_in_words(reader: Subscriber, config: Config, row: Mapping[str, Any]) -> str:
    if not reader.paused:
        return f"next {next_digest_in_words(reader, config, is_due=row['due'])}"
    since = ""
    if row["paused_since"]:
        since = f" since {week_day(date.fromisoformat(row['paused_since'][:10]))}"
    missed = f", {count_of(row['missed'], 'item')} missed so far" if row["missed"] else ""
    return f"paused{since}{missed}"


def _topics_in_words(reader: Subscriber, config: Config) -> str:
    """Return the topics of a reader by name if they are few, else their number."""
    count = len(reader.topics)
    if not count:
        return "no topic"
    if count == len(config.topics):
        return "the only topic" if count == 1 else f"all {count} topics"
    if count > _MOST_TOPICS:
        return count_of(count, "topic")
    return listed([quoted(topic_names(config)[key]) for key in reader.topics])


def _cadence_in_words(reader: Subscriber, schedule: ScheduleSettings) -> str:
    """Return when a reader gets digests."""
    if reader.cadence == "instant":
        return "after each run that finds something"
    if reader.cadence == "weekly":
        return f"weekly, on {_DAYS[schedule.weekly_on]} at {reader.at}"
    is_daily = len(schedule.digest_days) == len(_DAYS)
    return f"{'daily' if is_daily else _days_in_words(schedule.digest_days)} at {reader.at}"


def _days_in_words(days: Collection[int]) -> str:
    """Return days of the week, a row of three or more as a range: "Mon to Fri", "Mon, Wed and Fri"."""
    ordered = sorted(days)
    names = [_DAYS[day][:3] for day in ordered]
    is_range = len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1  # noqa: PLR2004 (said above)
    return f"{names[0]} to {names[-1]}" if is_range else listed(names)


# -- add --------------------------------------------------------------------------------------------------------------


@subscribers_command.command(
    "add",
    epilog="""\b
Examples:
  pqwatch subscribers add "Press office" press@example.org
  pqwatch subscribers add Ann ann@example.org --topic Policing --cadence weekly --at 18:00
""",
)
@click.argument("name")
@click.argument("email", callback=checked(address))
@click.option("--topic", "topics", metavar="TOPIC", multiple=True, help="One topic; may be given again. [default: all]")
@click.option("--cadence", "how_often", type=click.Choice(CADENCES), help="[default: daily]")
@click.option(
    "--at", metavar="HH:MM", callback=checked(clock), help="An own time of the day. [default: schedule.digest_at]"
)
@click.option("--id", "id_", metavar="ID", default="", help="What they are known by, if the name may change.")
@click.option("--subject", type=click.Choice(SUBJECTS), help="What the subject line says.")
@click.option("--mentions", type=click.Choice(MENTIONS), help="Answers that only mention a topic.")
@click.option("--quiet-days", is_flag=True, help="A short mail also when nothing was found.")
@click.option("--no-new-questions", is_flag=True, help="Answers only.")
@click.option("--no-waiting", is_flag=True, help="Nothing of questions that wait too long.")
@click.option("--no-promises", is_flag=True, help="Nothing of what ministers promised.")
@click.option("--archive", "in_archive", is_flag=True, help="Keep them in the archive, which all machines share.")
@dry_run_option
@json_option
@config_option
def add_command(
    name: str,
    email: str,
    topics: tuple[str, ...],
    how_often: str | None,
    at: str | None,
    id_: str,
    subject: str | None,
    mentions: str | None,
    quiet_days: bool,
    no_new_questions: bool,
    no_waiting: bool,
    no_promises: bool,
    in_archive: bool,
    dry_run: bool,
    as_json: bool,
    config_path: str | None,
) -> None:
    """Add somebody who gets digests, and say what they will get and when.

    They are added to config.toml, behind the others, or with --archive to the archive.

    Who has one address may have several subscriptions: each is a digest of its own.
    """
    if how_often == "instant" and at:
        raise click.UsageError("--at is for daily and weekly digests: instant ones come after each run.")
    with open_readers(config_path) as (config, archive):
        given = {
            "name": name.strip(),
            "id": id_.strip(),
            "email": email,
            "topics": wanted_topics(config, topics),
            "cadence": how_often,
            "at": at,
            "subject": subject,
            "mentions": mentions,
        }
        values: dict[str, Any] = {key: value for key, value in given.items() if value}
        if quiet_days:
            values["quiet_days"] = True
        if no_new_questions:
            values["new_questions"] = False
        if no_waiting:
            values["waiting"] = False
        if no_promises:
            values["promises"] = False
        change = _addition(config, archive, values, in_archive=in_archive)
        subscriber, after = change.reader, change.after
        next_at = next_slot(subscriber, after.schedule, app.clock())
        done = change.report(
            dry_run=dry_run,
            topics=[topic_of(after, key).name for key in subscriber.topics],
            cadence=subscriber.cadence,
            next_at=next_at.isoformat() if next_at else None,
        )
        change.make(done, dry_run=dry_run, as_json=as_json)
        if not as_json:
            _say_added(change, done)
        _say_if_address_is_known(subscriber, config, archive)


def _addition(config: Config, archive: Archive | None, values: dict[str, Any], *, in_archive: bool) -> ReaderChange:
    """Plan to add a subscriber. Raises ConfigError."""
    if archive is None and in_archive:
        raise click.BadParameter("the archive can't be read now.")
    if archive is not None and not in_archive and goes_by_other_file(config, archive):
        raise ConfigError(
            f"Workers go by the config.toml of another machine, not by {config.path}: add them there, or add --archive."
        )
    made = new_subscriber(config, values)
    if archive is None or not in_archive:
        there = replace(made, kept_in=FILE)
        change = change_in_file(config, there, lambda text: add_subscriber(text, values))
        return replace(change, reader=next(reader for reader in change.after.subscribers if reader.key == made.key))
    made = made if values.get("id") else with_unused_id(made, config, archive)
    there = as_read(made, config)
    after = replace(config, subscribers=(*config.subscribers, there))
    return ReaderChange(there, config, after, None, lambda: archive.subscribers.add(made))


def _say_added(change: ReaderChange, done: Mapping[str, Any]) -> None:
    subscriber, config = change.reader, change.after
    verb = "Added" if done["changed"] else "Would add"
    say(f"{verb} {quoted(subscriber.name)}, {subscriber.email}: {change.where}", is_error=False)
    say(
        f"Gets {_topics_in_words(subscriber, config)}, {_cadence_in_words(subscriber, config.schedule)}.",
        is_error=False,
    )
    at = next_digest_in_words(subscriber, config, is_due=False)
    say(
        f"The first digest, {at}, has what pqwatch stores from its next run on. "
        "What is in the archive already is not mailed: pqwatch matches lists it.",
        is_error=False,
    )
    if config.delivery.transport == "file":
        say(f'Nothing is mailed while delivery.transport is "file": digests go into {config.delivery.folder}.')


def _say_if_address_is_known(subscriber: Subscriber, config: Config, archive: Archive | None) -> None:
    """Say that an address has other subscriptions, or that its mail server refused it."""
    email = subscriber.email.lower()
    others = [other for other in config.subscribers if other.email.lower() == email]
    if others:
        names = ", ".join(quoted(other.name) for other in others)
        say(f"{subscriber.email} is the address of {names} too: each is a digest of its own, and each is mailed there.")
    for retired in archive.deliveries.retired() if archive else ():
        if retired.since is not None and retired.address == email:
            say(f"! {tell_retired(retired)}.")
