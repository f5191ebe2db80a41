"""`subscribers change`, `pause`, `resume` and `remove`: change who gets digests."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli.config_changes import quoted
from monitor.cli.formats import json_option
from monitor.cli.options import checked, config_option, dry_run_option
from monitor.cli.output import say
from monitor.cli.reader_changes import open_readers, plan_reader_change
from monitor.cli.workspace import find_reader, topic_key
from monitor.config.editing import change_subscriber, remove_subscribers, set_paused
from monitor.config.subscribers import CADENCES, MENTIONS, SUBJECTS, changed_subscriber, topics_to_write
from monitor.config.values import address, clock
from monitor.digest.schedule import due_readers, next_slot
from monitor.model.deliveries import MAIL, DeliveryState
from monitor.model.watching import ALL_TOPICS, FILE
from monitor.parliament.calendar import LONDON
from monitor.parliament.lifecycle import REPORTED_EVENTS
from monitor.presentation.wording import count_of, week_day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.watching import Subscriber

_UNSENT: Final = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.DOTTED, DeliveryState.HELD)


# -- change -----------------------------------------------------------------------------------------------------------


@click.command("change")
@click.argument("name")
@click.option("--name", "new_name", metavar="NAME", help="Another name. Their id, and with it their history, stays.")
@click.option("--email", metavar="EMAIL", callback=checked(address), help="Another address.")
@click.option(
    "--topic", "topics", metavar="TOPIC", multiple=True, help="One topic; may be given again. all: all topics."
)
@click.option("--cadence", type=click.Choice(CADENCES), help="How often they get a digest.")
@click.option("--at", metavar="HH:MM", callback=checked(clock), help="An own time of the day.")
@click.option("--subject", type=click.Choice(SUBJECTS), help="What the subject line says.")
@click.option("--mentions", type=click.Choice(MENTIONS), help="Answers that only mention a topic.")
@click.option("--new-questions/--no-new-questions", default=None, help="New questions, or answers only.")
@click.option("--waiting/--no-waiting", default=None, help="Questions that wait too long.")
@click.option("--promises/--no-promises", default=None, help="What ministers promised.")
@click.option("--quiet-days/--no-quiet-days", default=None, help="A short mail also when nothing was found.")
@dry_run_option
@json_option
@config_option
def change_command(
    name: str,
    new_name: str | None,
    topics: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    config_path: str | None,
    **wishes: str | bool | None,
) -> None:
    """Change what somebody gets, when and where, in config.toml or in the archive. NAME is a name, id or address."""
    facts: dict[str, Any] = {key: value for key, value in wishes.items() if value is not None}
    if new_name is not None:
        facts["name"] = new_name.strip()
    with open_readers(config_path) as (config, archive):
        reader = find_reader(config, name)
        if reader.channel != MAIL:
            raise click.UsageError(f"{quoted(reader.name)} is a webhook: change it in config.toml.")
        if topics:
            facts["topics"] = wanted_topics(config, topics)
        if not facts:
            raise click.UsageError("say what to change, as in --cadence weekly")
        in_file = (
            {**facts, "id": reader.key} if "name" in facts else facts
        )  # what is known by its name keeps its history
        change = plan_reader_change(
            config,
            archive,
            reader,
            in_file=lambda text: change_subscriber(text, reader.key, in_file),
            in_archive=lambda stored: changed_subscriber(config, stored, facts),
        )
        now = find_reader(change.after, reader.key)
        done = change.report(dry_run=dry_run) | {"name": now.name, "email": now.email}
        change.make(done, dry_run=dry_run, as_json=as_json)
        if not as_json and not dry_run:
            say(f"Changed {quoted(now.name)}: {change.where}", is_error=False)
            say(f"The next digest is due {_next_in_words(now, change.after, archive)}.", is_error=False)


def wanted_topics(config: Config, given: Sequence[str]) -> list[str]:
    """Return topics as config.toml names them: by name, where that means one topic only."""
    if not given or "all" in given:
        return [ALL_TOPICS]
    return topics_to_write(config.topics, (topic_key(config, name) for name in given))


# -- pause, resume, remove --------------------------------------------------------------------------------------------


@click.command("pause")
@click.argument("name")
@dry_run_option
@json_option
@config_option
def pause_command(name: str, dry_run: bool, as_json: bool, config_path: str | None) -> None:
    """Make no digests for somebody, or for a webhook, until resumed. NAME is a name, id or address.

    What comes meanwhile is counted and listed, never mailed later.
    """
    with open_readers(config_path) as (config, archive):
        reader = find_reader(config, name)
        if reader.paused:
            say(f"{quoted(reader.name)} is paused already.")
            return
        change = plan_reader_change(
            config,
            archive,
            reader,
            in_file=lambda text: set_paused(text, reader.key, paused=True),
            in_archive=lambda stored: replace(stored, paused=True),
        )
        unsent = _unsent_mails(archive, reader)
        done = change.report(dry_run=dry_run, paused=True, still_to_go=unsent)
        change.make(done, dry_run=dry_run, as_json=as_json)
    if as_json or dry_run:
        return
    say(f"Paused {quoted(reader.name)}: {change.where}", is_error=False)
    say(
        "No digest is made from now on. What comes meanwhile is not mailed later: the first digest after the pause says "
        f"how much it was. To end it: pqwatch subscribers resume {shlex.quote(reader.key)}",
        is_error=False,
    )
    _say_unsent(unsent)


@click.command("resume")
@click.argument("name")
@dry_run_option
@json_option
@config_option
def resume_command(name: str, dry_run: bool, as_json: bool, config_path: str | None) -> None:
    """Make digests for somebody again, and say how much was missed. NAME is a name, id or address."""
    with open_readers(config_path) as (config, archive):
        reader = find_reader(config, name)
        if not reader.paused:
            say(f"{quoted(reader.name)} is not paused.")
            return
        change = plan_reader_change(
            config,
            archive,
            reader,
            in_file=lambda text: set_paused(text, reader.key, paused=False),
            in_archive=lambda stored: replace(stored, paused=False),
        )
        resumed = find_reader(change.after, reader.key)
        since = archive.watch_list.paused_since().get(reader.key) if archive else None
        missed = archive.pending.kept_back(reader.key, REPORTED_EVENTS) if archive and since else None
        command = _command_listing_missed(reader, since) if missed and since else None
        next_at = next_slot(resumed, change.after.schedule, app.clock())
        when = _next_in_words(resumed, change.after, archive)
        done = change.report(
            dry_run=dry_run,
            paused=False,
            paused_since=since.isoformat() if since else None,
            missed=missed,
            command=command,
            next_at=next_at.isoformat() if next_at else None,
        )
        change.make(done, dry_run=dry_run, as_json=as_json)
    if as_json or dry_run:
        return
    say(f"Resumed {quoted(reader.name)}: {change.where}", is_error=False)
    say(f"The next digest is due {when}.", is_error=False)
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


@click.command("remove")
@click.argument("name")
@dry_run_option
@json_option
@config_option
def remove_command(name: str, dry_run: bool, as_json: bool, config_path: str | None) -> None:
    """Take somebody, or a webhook, out of config.toml or the archive. NAME is a name, id or address.

    The archive keeps the address and the mails for a while: pqwatch subscribers forget ADDRESS erases them.
    """
    with open_readers(config_path) as (config, archive):
        reader = find_reader(config, name)
        change = plan_reader_change(
            config,
            archive,
            reader,
            in_file=lambda text: remove_subscribers(text, [reader.key]),
            in_archive=lambda _stored: None,
        )
        unsent = _unsent_mails(archive, reader)
        done = change.report(dry_run=dry_run, still_to_go=unsent)
        change.make(done, dry_run=dry_run, as_json=as_json)
        if archive is not None and reader.kept_in == FILE:
            _remove_namesake(archive, reader, dry_run=dry_run)
    if as_json or dry_run:
        return
    place = config.path if change.rewrite else "the archive"
    say(f"Removed {quoted(reader.name)} from {place}: no digest is made from now on.", is_error=False)
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
    if not change.after.subscribers:
        say("No one gets a digest now.")


def _remove_namesake(archive: Archive, reader: Subscriber, *, dry_run: bool) -> None:
    """Remove a subscriber of the archive whom somebody of the same id in config.toml hid, and say so."""
    for stored in archive.subscribers.listing():
        if stored.key == reader.key:
            verb = "would be" if dry_run else "is"
            say(f"{quoted(stored.name)}, {stored.email}, in the archive has the same id and {verb} removed too.")
            if not dry_run:
                archive.subscribers.remove(reader.key)


# -- shared by the changes --------------------------------------------------------------------------------------------


def _unsent_mails(archive: Archive | None, reader: Subscriber) -> list[int]:
    """Return the ids of mails to a reader that are composed and not sent yet."""
    if archive is None:
        return []
    digests = {digest.id for digest in archive.digests.listing(subscriber=reader.key)}
    return [mail.id for mail in archive.deliveries.listing(*_UNSENT) if mail.digest_id in digests]


def _say_unsent(ids: Sequence[int]) -> None:
    if ids:
        verb, mail = ("goes", "it") if len(ids) == 1 else ("go", "one")
        say(
            f"{count_of(len(ids), 'mail')} composed before still {verb}: "
            f"pqwatch deliver --discard {ids[0]} gives {mail} up."
        )


def _next_in_words(reader: Subscriber, config: Config, archive: Archive | None) -> str:
    is_due = archive is not None and bool(due_readers(archive, [reader], config.schedule, app.clock()))
    return next_digest_in_words(reader, config, is_due=is_due)


def next_digest_in_words(reader: Subscriber, config: Config, *, is_due: bool) -> str:
    """Return when the next digest of a reader comes. `is_due`: the time of the last one passed without it."""
    if is_due:
        return "now, with the next run"
    at = next_slot(reader, config.schedule, app.clock())
    return f"{week_day(at.date())} {at:%H:%M}" if at else "with the first run that finds something"
