"""`subscribers pause`, `resume` and `remove`: change who gets digests in config.toml."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli.config_changes import (
    archive_if_readable,
    carry_out,
    diff_json,
    plan_change,
    quoted,
)
from monitor.cli.formats import json_option, to_json
from monitor.cli.options import config_option, dry_run_option
from monitor.cli.output import say
from monitor.cli.workspace import did_you_mean
from monitor.config.editing import remove_subscribers, set_paused
from monitor.config.positions import line_of_reader
from monitor.digest.schedule import next_slot
from monitor.model.deliveries import FEED, MAIL, DeliveryState
from monitor.parliament.calendar import LONDON
from monitor.parliament.lifecycle import REPORTED_EVENTS
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import count_of, week_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from monitor.config.editing import Rewrite
    from monitor.config.settings import Config
    from monitor.model.watching import Subscriber

_UNSENT: Final = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.DOTTED, DeliveryState.HELD)


@click.command("pause")
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
    done = change_report(reader, config, plan, dry_run=dry_run, paused=True, still_to_go=unsent)
    make_change(plan, done, dry_run=dry_run, as_json=as_json)
    if as_json or dry_run:
        return
    say(f"Paused {quoted(reader.name)}: {done['path']}, line {done['line']}", is_error=False)
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
    done = change_report(
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
    make_change(plan, done, dry_run=dry_run, as_json=as_json)
    if as_json or dry_run:
        return
    say(f"Resumed {quoted(reader.name)}: {done['path']}, line {done['line']}", is_error=False)
    say(f"The next digest is due {next_digest_in_words(resumed, after)}.", is_error=False)
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
    """Take somebody, or a webhook, out of config.toml. NAME is a name or id.

    The archive keeps the address and the mails for a while: pqwatch subscribers forget ADDRESS erases them.
    """
    config = app.configuration(config_path, needs_password=False)
    reader = _find_reader(config, name)
    plan, after = plan_change(config, lambda text: remove_subscribers(text, [reader.key]))
    unsent = _unsent_mails(config, reader)
    done = change_report(reader, config, plan, dry_run=dry_run, still_to_go=unsent)
    make_change(plan, done, dry_run=dry_run, as_json=as_json)
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


def change_report(reader: Subscriber, config: Config, plan: Rewrite, *, dry_run: bool, **facts: Any) -> dict[str, Any]:
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


def make_change(plan: Rewrite, report: Mapping[str, Any], *, dry_run: bool, as_json: bool) -> None:
    """Make the change, or only show it, and print the report if JSON was asked for."""
    carry_out(plan, dry_run=dry_run, as_json=as_json)
    if as_json:
        click.echo(to_json(report))


def next_digest_in_words(reader: Subscriber, config: Config) -> str:
    """Return when the next digest of a reader is due."""
    at = next_slot(reader, config.schedule, app.clock())
    return f"{week_day(at.date())} {at:%H:%M}" if at else "with the first run that finds something"
