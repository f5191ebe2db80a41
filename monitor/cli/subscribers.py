"""`subscribers`: list who gets digests; add, pause, resume or remove them in config.toml."""

from __future__ import annotations

import shlex
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli.config_changes import (
    archive_if_readable,
    carry_out,
    diff_json,
    plan_change,
    quoted,
    topic_of,
)
from monitor.cli.formats import emit, format_option, json_option, to_json
from monitor.cli.options import checked, config_option, dry_run_option
from monitor.cli.output import Printer, say
from monitor.cli.subscribers_forget import forget_command
from monitor.cli.workspace import did_you_mean, open_workspace, topic_key, topic_names
from monitor.config.editing import add_subscriber, remove_subscribers, set_paused
from monitor.config.positions import line_of_reader
from monitor.config.values import address, clock
from monitor.delivery.stage import tell_retired
from monitor.digest.schedule import next_slot
from monitor.model.deliveries import FEED, MAIL, DeliveryState
from monitor.parliament.calendar import LONDON
from monitor.parliament.lifecycle import REPORTED_EVENTS
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.subscriptions import cadence_in_words, topics_in_words
from monitor.presentation.wording import count_of, one_line, week_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from db.archive import Archive
    from monitor.cli.workspace import Workspace
    from monitor.config.editing import Rewrite
    from monitor.config.settings import Config
    from monitor.model.archive import DigestRow, Retired
    from monitor.model.watching import Subscriber

INDENT: Final = "    "
_UNSENT: Final = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.DOTTED, DeliveryState.HELD)


@click.group()
def subscribers_command() -> None:
    """List who gets digests; add, pause, resume, remove or forget somebody."""


subscribers_command.add_command(forget_command)

# -- list -------------------------------------------------------------------------------------------------------------


@subscribers_command.command("list")
@format_option
@config_option
def list_command(output: str, config_path: str | None) -> None:
    """List who gets digests: of which topics, when, the last one and what became of its mail, and when the next is due."""
    with open_workspace(config_path) as workspace:
        config, archive = workspace.config, workspace.archive
        now = app.clock()
        retired = {address.address: address for address in archive.outbox.retired()}
        paused_since = archive.watch_list.paused_since()
        readers = [reader for reader in config.readers if reader.channel != FEED]
        rows = [
            _row(workspace, reader, retired.get(reader.recipient.lower()), paused_since.get(reader.key), now)
            for reader in readers
        ]
        if output == "table":
            printer = Printer.for_stdout()
            for reader, row in zip(readers, rows, strict=True):
                _print_reader(printer, config, reader, row)
            for refused in retired.values():
                say(f"! {tell_retired(refused)}.", is_error=False)
            if config.topic_feeds.folder:
                topics = count_of(len(config.topic_feeds.readers), "topic")
                say(f"Feeds of {topics} are written to {config.topic_feeds.folder}.", is_error=False)
        else:
            emit(rows, (), output)
        if not rows:
            say(f"No one gets a digest. Add [[subscribers]] to {config.path}, or: pqwatch subscribers add NAME EMAIL")


def _row(
    workspace: Workspace, reader: Subscriber, retired: Retired | None, paused_since: datetime | None, now: datetime
) -> dict[str, Any]:
    archive, names = workspace.archive, topic_names(workspace.config)
    next_at = None if reader.paused else next_slot(reader, workspace.config.schedule, now)
    return {
        "schema": SCHEMA,
        "id": reader.key,
        "name": reader.name,
        "email": reader.email or None,
        "topics": [names[key] for key in reader.topics],
        "cadence": reader.cadence,
        "at": None if reader.cadence == "instant" else reader.at,
        "subject": reader.subject,
        "mentions": reader.mentions,
        "new_questions": reader.new_questions,
        "waiting": reader.waiting,
        "quiet_days": reader.quiet_days,
        "paused": reader.paused,
        "paused_since": paused_since.isoformat() if reader.paused and paused_since else None,
        "missed": archive.pending.kept_back(reader.key, REPORTED_EVENTS) if reader.paused else None,
        "last_digest": _last_digest(archive, archive.digests.last(reader.key)),
        "next_at": next_at.isoformat() if next_at else None,
        "refused_since": retired.since.isoformat() if retired and retired.since else None,
        "put_aside": list(retired.waiting) if retired else [],
        "channel": reader.channel,
    }


def _last_digest(archive: Archive, digest: DigestRow | None) -> dict[str, Any] | None:
    if digest is None:
        return None
    states = dict.fromkeys(mail.state.value for mail in archive.outbox.of_digest(digest.id))
    return {
        "id": digest.id,
        "slot": digest.slot,
        "kind": digest.kind,
        "items": digest.items,
        "mail": ", ".join(states) or None,
    }


def _print_reader(printer: Printer, config: Config, reader: Subscriber, row: Mapping[str, Any]) -> None:
    is_mail = reader.channel == MAIL
    known_as = f" (id: {one_line(reader.key)})" if reader.key != reader.name else ""
    where = reader.email if is_mail else f"webhook, in the form of {reader.channel}"
    printer.line(printer.bold(one_line(reader.name)) + f"{known_as}: {one_line(where)}")
    printer.paragraph(f"Gets {_topics_in_words(reader, config)}, {cadence_in_words(reader, config.schedule)}", INDENT)
    printer.paragraph(f"{_last_in_words(row['last_digest'])}; {_next_in_words(reader, config, row)}", INDENT)
    if row["refused_since"]:
        target = "address" if is_mail else "webhook"
        printer.paragraph(f"! This {target} is refused: nothing is sent there, see below", INDENT)


def _last_in_words(digest: Mapping[str, Any] | None) -> str:
    if digest is None:
        return "No digest yet"
    content = digest["kind"] if digest["kind"] != "mailed" else count_of(digest["items"], "item")
    mail = f", {digest['mail']}" if digest["mail"] else ""
    return f"Last {digest['slot'].replace('T', ' ')[:16]}: {content}{mail}"


def _next_in_words(reader: Subscriber, config: Config, row: Mapping[str, Any]) -> str:
    if not reader.paused:
        return f"next {_next_digest(reader, config)}"
    since = ""
    if row["paused_since"]:
        since = f" since {week_day(date.fromisoformat(row['paused_since'][:10]))}"
    missed = f", {count_of(row['missed'], 'item')} missed so far" if row["missed"] else ""
    return f"paused{since}{missed}"


def _topics_in_words(reader: Subscriber, config: Config) -> str:
    return topics_in_words([quoted(topic_names(config)[key]) for key in reader.topics], len(config.topics))


def _next_digest(reader: Subscriber, config: Config) -> str:
    at = next_slot(reader, config.schedule, app.clock())
    return f"{week_day(at.date())} {at:%H:%M}" if at else "with the first run that finds something"


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
@click.option("--cadence", "how_often", type=click.Choice(["instant", "daily", "weekly"]), help="[default: daily]")
@click.option(
    "--at", metavar="HH:MM", callback=checked(clock), help="An own time of the day. [default: schedule.digest_at]"
)
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
        "topics": _topics_to_write(config, topics),
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
    plan, after = plan_change(config, lambda text: add_subscriber(text, values))
    subscriber = after.subscribers[-1]
    next_at = next_slot(subscriber, after.schedule, app.clock())
    done = _report(
        subscriber,
        config,
        plan,
        dry_run=dry_run,
        topics=[topic_of(after, key).name for key in subscriber.topics],
        cadence=subscriber.cadence,
        next_at=next_at.isoformat() if next_at else None,
    )
    _carry_out(plan, done, dry_run=dry_run, as_json=as_json)
    if not as_json:
        _say_added(subscriber, after, done)
    _say_if_address_is_known(subscriber, config)


def _topics_to_write(config: Config, given: Sequence[str]) -> list[str]:
    """Return topics as config.toml names them: by name, where that means one topic only."""
    if not given or "all" in given:
        return ["*"]
    names = [topic.name for topic in config.topics]
    keys = {topic.key for topic in config.topics}
    chosen = dict.fromkeys(topic_of(config, topic_key(config, name)) for name in given)
    return [topic.key if names.count(topic.name) > 1 or topic.name in keys else topic.name for topic in chosen]


def _say_added(subscriber: Subscriber, config: Config, done: Mapping[str, Any]) -> None:
    verb = "Added" if done["changed"] else "Would add"
    say(f"{verb} {quoted(subscriber.name)}, {subscriber.email}: {done['path']}, line {done['line']}", is_error=False)
    say(
        f"Gets {_topics_in_words(subscriber, config)}, {cadence_in_words(subscriber, config.schedule)}.", is_error=False
    )
    say(
        f"The first digest, {_next_digest(subscriber, config)}, has what pqwatch stores from its next run on. "
        "What is in the archive already is not mailed: pqwatch matches lists it.",
        is_error=False,
    )
    if config.delivery.transport == "file":
        say(f'Nothing is mailed while delivery.transport is "file": digests go into {config.delivery.folder}.')


def _say_if_address_is_known(subscriber: Subscriber, config: Config) -> None:
    """Say that an address has other subscriptions, or that its mail server refused it."""
    email = subscriber.email.lower()
    others = [other for other in config.subscribers if other.email.lower() == email]
    if others:
        names = ", ".join(quoted(other.name) for other in others)
        say(f"{subscriber.email} is the address of {names} too: each is a digest of its own, and each is mailed there.")
    with archive_if_readable(config, "Whether that address is good") as archive:
        for retired in archive.outbox.retired() if archive else ():
            if retired.since is not None and retired.address == email:
                say(f"! {tell_retired(retired)}.")


# -- pause, resume, remove --------------------------------------------------------------------------------------------


@subscribers_command.command("pause")
@click.argument("name")
@dry_run_option
@json_option
@config_option
def pause_command(name: str, dry_run: bool, as_json: bool, config_path: str | None) -> None:
    """Make no digests for somebody, or for a webhook, until resumed. NAME is a name or id.

    What comes meanwhile is counted and listed, never mailed later.
    """
    config = app.configuration(config_path, needs_password=False)
    reader = _find_reader(config, name)
    if reader.paused:
        say(f"{quoted(reader.name)} is paused already.")
        return
    plan, _ = plan_change(config, lambda text: set_paused(text, reader.key, paused=True))
    unsent = _unsent_mails(config, reader)
    done = _report(reader, config, plan, dry_run=dry_run, paused=True, still_to_go=unsent)
    _carry_out(plan, done, dry_run=dry_run, as_json=as_json)
    if as_json or dry_run:
        return
    say(f"Paused {quoted(reader.name)}: {done['path']}, line {done['line']}", is_error=False)
    say(
        "No digest is made from now on. What comes meanwhile is not mailed later: the first digest after the pause says "
        f"how much it was. To end it: pqwatch subscribers resume {shlex.quote(reader.key)}",
        is_error=False,
    )
    _say_unsent(unsent)


@subscribers_command.command("resume")
@click.argument("name")
@dry_run_option
@json_option
@config_option
def resume_command(name: str, dry_run: bool, as_json: bool, config_path: str | None) -> None:
    """Make digests for somebody again, and say how much was missed. NAME is a name or id."""
    config = app.configuration(config_path, needs_password=False)
    reader = _find_reader(config, name)
    if not reader.paused:
        say(f"{quoted(reader.name)} is not paused.")
        return
    plan, after = plan_change(config, lambda text: set_paused(text, reader.key, paused=False))
    resumed = _find_reader(after, reader.key)
    with archive_if_readable(config, "What was missed") as archive:
        since = archive.watch_list.paused_since().get(reader.key) if archive else None
        missed = archive.pending.kept_back(reader.key, REPORTED_EVENTS) if archive and since else None
    command = _command_listing_missed(reader, since) if missed and since else None
    next_at = next_slot(resumed, after.schedule, app.clock())
    done = _report(
        reader,
        config,
        plan,
        dry_run=dry_run,
        paused=False,
        paused_since=since.isoformat() if since else None,
        missed=missed,
        command=command,
        next_at=next_at.isoformat() if next_at else None,
    )
    _carry_out(plan, done, dry_run=dry_run, as_json=as_json)
    if as_json or dry_run:
        return
    say(f"Resumed {quoted(reader.name)}: {done['path']}, line {done['line']}", is_error=False)
    say(f"The next digest is due {_next_digest(resumed, after)}.", is_error=False)
    if since is None:
        say("No run saw the pause, so nothing was missed.", is_error=False)
        return
    day = week_day(since.astimezone(LONDON).date())
    if command:
        verb = "is" if missed == 1 else "are"
        say(
            f"{count_of(missed or 0, 'item')} came since {day} and {verb} not mailed any more. To list what was found since "
            f"then: {command}",
            is_error=False,
        )
    else:
        say(f"Nothing was missed since {day}.", is_error=False)


def _command_listing_missed(reader: Subscriber, since: datetime) -> str:
    topic = f" --topic {shlex.quote(reader.topics[0])}" if len(reader.topics) == 1 else ""
    return f"pqwatch matches --since {since.astimezone(LONDON).date()}{topic} --limit 0"


@subscribers_command.command("remove")
@click.argument("name")
@dry_run_option
@json_option
@config_option
def remove_command(name: str, dry_run: bool, as_json: bool, config_path: str | None) -> None:
    """Take somebody, or a webhook, out of config.toml. NAME is a name or id.

    The archive keeps the address and the mails for a while: pqwatch subscribers forget ADDRESS erases them.
    """
    config = app.configuration(config_path, needs_password=False)
    reader = _find_reader(config, name)
    plan, after = plan_change(config, lambda text: remove_subscribers(text, [reader.key]))
    unsent = _unsent_mails(config, reader)
    done = _report(reader, config, plan, dry_run=dry_run, still_to_go=unsent)
    _carry_out(plan, done, dry_run=dry_run, as_json=as_json)
    if as_json or dry_run:
        return
    say(f"Removed {quoted(reader.name)} from {done['path']}: no digest is made from now on.", is_error=False)
    if reader.channel != MAIL:
        say("It is posted to no more. The file with its address is for you to delete.", is_error=False)
        _say_unsent(unsent)
        return
    say(
        f"The archive keeps the text of mails for {count_of(config.delivery.keep_mail_days, 'day')}, and the name and "
        f"address. To erase them as well: pqwatch subscribers forget {shlex.quote(reader.email)}",
        is_error=False,
    )
    _say_unsent(unsent)
    if not after.subscribers:
        say("No one gets a digest now.")


# -- shared by the changes --------------------------------------------------------------------------------------------


def _find_reader(config: Config, given: str) -> Subscriber:
    """Return the subscriber or webhook with an id or name. Raises BadParameter with the nearest names."""
    wanted = given.strip().casefold()
    readers = [reader for reader in config.readers if reader.channel != FEED]
    by_key = [reader for reader in readers if reader.key.casefold() == wanted]
    found = by_key or [reader for reader in readers if reader.name.casefold() == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(repr(reader.key) for reader in found)
        raise click.BadParameter(f"{len(found)} subscribers are called {given!r}: name one by its id: {ids}.")
    by_address = [subscriber.name for subscriber in config.subscribers if subscriber.email.casefold() == wanted]
    names = [reader.name for reader in readers]
    raise click.BadParameter(f"there is no subscriber {given!r}. {did_you_mean(given, names, by_address)}")


def _unsent_mails(config: Config, reader: Subscriber) -> list[int]:
    """Return the ids of mails to a reader that are composed and not sent yet."""
    with archive_if_readable(config, "Whether mails still go") as archive:
        if archive is None:
            return []
        digests = {digest.id for digest in archive.digests.listing(subscriber=reader.key)}
        return [mail.id for mail in archive.outbox.listing(*_UNSENT) if mail.digest_id in digests]


def _say_unsent(ids: Sequence[int]) -> None:
    if ids:
        verb, mail = ("goes", "it") if len(ids) == 1 else ("go", "one")
        say(
            f"{count_of(len(ids), 'mail')} composed before still {verb}: "
            f"pqwatch deliver --discard {ids[0]} gives {mail} up."
        )


def _report(reader: Subscriber, config: Config, plan: Rewrite, *, dry_run: bool, **facts: Any) -> dict[str, Any]:
    """Return what is done as JSON has it; `facts` come after those about the reader."""
    is_known = any(reader.key == other.key for other in config.readers)
    text = plan.before if is_known else plan.after
    return {
        "schema": SCHEMA,
        "id": reader.key,
        "name": reader.name,
        "email": reader.email or None,
        "channel": reader.channel,
        "path": str(config.path),
        "line": line_of_reader(text.decode("utf-8"), reader.key),
        **facts,
        "changed": not dry_run,
        "diff": diff_json(plan, dry_run=dry_run),
    }


def _carry_out(plan: Rewrite, report: Mapping[str, Any], *, dry_run: bool, as_json: bool) -> None:
    """Make the change, or only show it, and print the report if JSON was asked for."""
    carry_out(plan, dry_run=dry_run, as_json=as_json)
    if as_json:
        click.echo(to_json(report))
