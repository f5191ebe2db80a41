"""`subscribers`: who gets digests, and somebody added in config.toml."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from monitor import app
from monitor.cli.config_changes import plan_change, quoted, topic_of
from monitor.cli.formats import emit, format_option, json_option
from monitor.cli.options import config_option, dry_run_option
from monitor.cli.output import Printer, say
from monitor.cli.subscribers_edit import asked, cadence, done, due, make, topics_in_words
from monitor.cli.subscribers_forget import forget_command
from monitor.cli.subscribers_pause import pause_command, remove_command, resume_command
from monitor.cli.workspace import open_workspace, topic_key
from monitor.config.subscribers import add_subscriber
from monitor.config.values import address, clock
from monitor.delivery.stage import tell_retired
from monitor.digest.schedule import next_slot
from monitor.model.deliveries import FEED, MAIL
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import count_of, one_line, week_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from db.archive import Archive
    from monitor.cli.workspace import Workspace
    from monitor.config.settings import Config
    from monitor.model.archive import DigestRow, Retired
    from monitor.model.watching import Subscriber

INDENT = "    "


@click.group()
def subscribers_command() -> None:
    """List who gets digests; add, pause, resume, remove or forget somebody."""


for _command in (pause_command, resume_command, remove_command, forget_command):
    subscribers_command.add_command(_command)

# -- list -------------------------------------------------------------------------------------------------------------


@subscribers_command.command("list")
@format_option
@config_option
def list_command(output: str, config_path: str | None) -> None:
    """List who gets digests: of which topics, when, the last one and what became of its mail, and when the next is due."""
    with open_workspace(config_path) as workspace:
        now = app.clock()
        retired = {one.address: one for one in workspace.archive.outbox.retired()}
        paused = workspace.archive.watch_list.paused_since()
        everybody = [one for one in workspace.config.readers if one.channel != FEED]
        rows = [_row(workspace, one, retired.get(one.recipient.lower()), paused.get(one.key), now) for one in everybody]
        if output == "table":
            for one, row in zip(everybody, rows, strict=True):
                _print(Printer.for_stdout(), workspace.config, one, row)
            for refused in retired.values():
                say(f"! {tell_retired(refused)}.", is_error=False)
            if workspace.config.topic_feeds.folder:
                count = count_of(len(workspace.config.topic_feeds.readers), "topic")
                say(f"Feeds of {count} are written to {workspace.config.topic_feeds.folder}.", is_error=False)
        else:
            emit(rows, (), output)
        if not rows:
            say(
                f"Nobody gets a digest. Add [[subscribers]] to {workspace.config.path}, "
                "or: pqwatch subscribers add NAME EMAIL"
            )


def _row(
    workspace: Workspace, one: Subscriber, retired: Retired | None, paused_since: datetime | None, now: datetime
) -> dict[str, Any]:
    names = {topic.key: topic.name for topic in workspace.config.topics}
    next_at = None if one.paused else next_slot(one, workspace.config.schedule, now)
    return {
        "schema": SCHEMA,
        "id": one.key,
        "name": one.name,
        "email": one.email or None,
        "topics": [names[key] for key in one.topics],
        "cadence": one.cadence,
        "at": None if one.cadence == "instant" else one.at,
        "subject": one.subject,
        "mentions": one.mentions,
        "new_questions": one.new_questions,
        "waiting": one.waiting,
        "quiet_days": one.quiet_days,
        "paused": one.paused,
        "paused_since": paused_since.isoformat() if one.paused and paused_since else None,
        "missed": workspace.archive.pending.kept_back(one.key) if one.paused else None,
        "last_digest": _last(workspace.archive, workspace.archive.digests.last(one.key)),
        "next_at": next_at.isoformat() if next_at else None,
        "refused_since": retired.since.isoformat() if retired and retired.since else None,
        "put_aside": list(retired.waiting) if retired else [],
        "channel": one.channel,
    }


def _last(archive: Archive, last: DigestRow | None) -> dict[str, Any] | None:
    if last is None:
        return None
    states = dict.fromkeys(mail.state.value for mail in archive.outbox.of_digest(last.id))
    return {
        "id": last.id,
        "slot": last.slot,
        "kind": last.kind,
        "items": last.items,
        "mail": ", ".join(states) or None,
    }


def _print(printer: Printer, config: Config, one: Subscriber, row: Mapping[str, Any]) -> None:
    known_as = f" (id: {one_line(one.key)})" if one.key != one.name else ""
    where = one.email if one.channel == MAIL else f"webhook, in the form of {one.channel}"
    printer.line(printer.bold(one_line(one.name)) + f"{known_as}: {one_line(where)}")
    printer.paragraph(f"Gets {topics_in_words(one, config)}, {cadence(one, config.schedule)}", INDENT)
    printer.paragraph(f"{_last_in_words(row['last_digest'])}; {_next_in_words(one, config, row)}", INDENT)
    if row["refused_since"]:
        what = "address" if one.channel == MAIL else "webhook"
        printer.paragraph(f"! This {what} is refused: nothing is sent there, see below", INDENT)


def _last_in_words(last: Mapping[str, Any] | None) -> str:
    if last is None:
        return "No digest yet"
    what = last["kind"] if last["kind"] != "mailed" else count_of(last["items"], "item")
    return f"Last {last['slot'].replace('T', ' ')[:16]}: {what}{', ' + last['mail'] if last['mail'] else ''}"


def _next_in_words(one: Subscriber, config: Config, row: Mapping[str, Any]) -> str:
    if one.paused:
        since = f" since {_day(row['paused_since'])}" if row["paused_since"] else ""
        return f"paused{since}" + (f", {count_of(row['missed'], 'item')} missed so far" if row["missed"] else "")
    return f"next {due(one, config)}"


def _day(instant: str) -> str:
    return week_day(date.fromisoformat(instant[:10]))


# -- add --------------------------------------------------------------------------------------------------------------


def _address(_context: click.Context, _param: click.Parameter, value: str) -> str:
    return _checked(address, value.strip())


def _hour(_context: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    return None if value is None else _checked(clock, value)


def _checked(check: Any, value: str) -> str:
    try:
        return str(check(value))
    except ValueError as exc:
        raise click.BadParameter(f"{exc}.") from exc


@subscribers_command.command(
    "add",
    epilog="""\b
Examples:
  pqwatch subscribers add "Press office" press@example.org
  pqwatch subscribers add Ann ann@example.org --topic Policing --cadence weekly --at 18:00
""",
)
@click.argument("name")
@click.argument("email", callback=_address)
@click.option("--topic", "topics", metavar="TOPIC", multiple=True, help="One topic; may be given again. [default: all]")
@click.option("--cadence", "how_often", type=click.Choice(["instant", "daily", "weekly"]), help="[default: daily]")
@click.option("--at", metavar="HH:MM", callback=_hour, help="An own time of the day. [default: schedule.digest_at]")
@click.option("--id", "id_", metavar="ID", default="", help="What they are known by, if the name may change.")
@click.option("--subject", type=click.Choice(["topics", "counts", "terms"]), help="What the subject line says.")
@click.option("--mentions", type=click.Choice(["short", "full", "off"]), help="Answers that only mention a topic.")
@click.option("--quiet-days", is_flag=True, help="A short mail also when nothing was found.")
@click.option("--no-new-questions", is_flag=True, help="Answers only.")
@click.option("--no-waiting", is_flag=True, help="Nothing of questions that wait too long.")
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
    dry_run: bool,
    as_json: bool,
    config_path: str | None,
) -> None:
    """Add somebody who gets digests to config.toml, behind the others, and say what they will get and when.

    Who has one address may have several subscriptions: each is a digest of its own.
    """
    config = app.configuration(config_path, needs_password=False)
    if how_often == "instant" and at:
        raise click.UsageError("--at is for daily and weekly digests: instant ones come after each run.")
    given = {
        "name": name.strip(),
        "id": id_.strip(),
        "email": email,
        "topics": _topics(config, topics),
        "cadence": how_often,
        "at": at,
        "subject": subject,
        "mentions": mentions,
    }
    facts: dict[str, Any] = {key: value for key, value in given.items() if value}
    facts |= {"quiet_days": True} if quiet_days else {}
    facts |= {"new_questions": False} if no_new_questions else {}
    facts |= {"waiting": False} if no_waiting else {}
    plan, after = plan_change(config, lambda text: add_subscriber(text, facts))
    one = after.subscribers[-1]
    next_at = next_slot(one, after.schedule, app.clock())
    told = done(
        one,
        config,
        plan,
        dry_run=dry_run,
        topics=[topic_of(after, key).name for key in one.topics],
        cadence=one.cadence,
        next_at=next_at.isoformat() if next_at else None,
    )
    make(plan, told, dry_run=dry_run, as_json=as_json)
    if not as_json:
        _tell_added(one, after, told)
    _tell_of_address(one, config)


def _topics(config: Config, given: Sequence[str]) -> list[str]:
    """As they are to stand in config.toml: by name, where that means one topic only."""
    if not given or "all" in given:
        return ["*"]
    names = [topic.name for topic in config.topics]
    chosen = [topic_of(config, topic_key(config, one)) for one in given]
    keys = {topic.key for topic in config.topics}
    return [one.key if names.count(one.name) > 1 or one.name in keys else one.name for one in dict.fromkeys(chosen)]


def _tell_added(one: Subscriber, config: Config, told: Mapping[str, Any]) -> None:
    what = "Added" if told["changed"] else "Would add"
    say(f"{what} {quoted(one.name)}, {one.email}: {told['path']}, line {told['line']}", is_error=False)
    say(f"Gets {topics_in_words(one, config)}, {cadence(one, config.schedule)}.", is_error=False)
    say(
        f"The first digest, {due(one, config)}, has what pqwatch stores from its next run on. What is in the archive "
        "already is not mailed: pqwatch matches lists it.",
        is_error=False,
    )
    if config.delivery.transport == "file":
        say(f'Nothing is mailed while delivery.transport is "file": digests go into {config.delivery.folder}.')


def _tell_of_address(one: Subscriber, config: Config) -> None:
    """What there is to know of an address that somebody has already."""
    others = [other for other in config.subscribers if other.email.lower() == one.email.lower()]
    if others:
        names = ", ".join(quoted(other.name) for other in others)
        say(f"{one.email} is the address of {names} too: each is a digest of its own, and each is mailed there.")
    with asked(config, "Whether that address is good") as archive:
        for retired in archive.outbox.retired() if archive else ():
            if retired.since is not None and retired.address == one.email.lower():
                say(f"! {tell_retired(retired)}.")
