"""`subscribers pause|resume|remove`: less of it in config.toml, and what that means for what was and will be told."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from monitor import app
from monitor.cli.config_changes import plan_change, quoted
from monitor.cli.formats import json_option
from monitor.cli.options import config_option, dry_run_option
from monitor.cli.output import say
from monitor.cli.subscribers_edit import asked, done, due, make, still_to_go, subscriber_of, tell_still_to_go
from monitor.config.subscribers import remove_subscribers, set_paused
from monitor.digest.schedule import next_slot
from monitor.model.deliveries import MAIL
from monitor.parliament.calendar import LONDON
from monitor.presentation.wording import count_of, week_day

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.model.watching import Subscriber


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
    one = subscriber_of(config, name)
    if one.paused:
        say(f"{quoted(one.name)} is paused already.")
        return
    plan, _ = plan_change(config, lambda text: set_paused(text, one.key, paused=True))
    with asked(config, "Whether mails still go") as archive:
        to_go = still_to_go(archive, one) if archive else []
    told = done(one, config, plan, dry_run=dry_run, paused=True, still_to_go=to_go)
    make(plan, told, dry_run=dry_run, as_json=as_json)
    if as_json or dry_run:
        return
    say(f"Paused {quoted(one.name)}: {told['path']}, line {told['line']}", is_error=False)
    say(
        "No digest is made from now on. What comes meanwhile is not mailed later: the first digest after the pause says "
        f"how much it was. To end it: pqwatch subscribers resume {shlex.quote(one.key)}",
        is_error=False,
    )
    tell_still_to_go(to_go)


@click.command("resume")
@click.argument("name")
@dry_run_option
@json_option
@config_option
def resume_command(name: str, dry_run: bool, as_json: bool, config_path: str | None) -> None:
    """Make digests for somebody again, and say how much was missed. NAME is a name or id."""
    config = app.configuration(config_path, needs_password=False)
    one = subscriber_of(config, name)
    if not one.paused:
        say(f"{quoted(one.name)} is not paused.")
        return
    plan, after = plan_change(config, lambda text: set_paused(text, one.key, paused=False))
    resumed = subscriber_of(after, one.key)
    with asked(config, "What was missed") as archive:
        since = archive.watch_list.paused_since().get(one.key) if archive else None
        missed = archive.pending.kept_back(one.key) if archive and since else None
    command = _lists_missed(one, since) if missed and since else None
    next_at = next_slot(resumed, after.schedule, app.clock())
    told = done(
        one,
        config,
        plan,
        dry_run=dry_run,
        paused=False,
        paused_since=since.isoformat() if since else None,
        missed=missed,
        command=command,
        next_at=next_at.isoformat() if next_at else None,
    )
    make(plan, told, dry_run=dry_run, as_json=as_json)
    if as_json or dry_run:
        return
    say(f"Resumed {quoted(one.name)}: {told['path']}, line {told['line']}", is_error=False)
    say(f"The next digest is due {due(resumed, after)}.", is_error=False)
    if since is None:
        say("No run saw the pause, so nothing was missed.", is_error=False)
    elif command:
        say(
            f"{count_of(missed or 0, 'item')} came since {week_day(since.astimezone(LONDON).date())} and "
            f"{'is' if missed == 1 else 'are'} not mailed any more. To list what was found since then: {command}",
            is_error=False,
        )
    else:
        say(f"Nothing was missed since {week_day(since.astimezone(LONDON).date())}.", is_error=False)


def _lists_missed(one: Subscriber, since: datetime) -> str:
    topic = f" --topic {shlex.quote(one.topics[0])}" if len(one.topics) == 1 else ""
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
    one = subscriber_of(config, name)
    plan, after = plan_change(config, lambda text: remove_subscribers(text, [one.key]))
    with asked(config, "Whether mails still go") as archive:
        to_go = still_to_go(archive, one) if archive else []
    told = done(one, config, plan, dry_run=dry_run, still_to_go=to_go)
    make(plan, told, dry_run=dry_run, as_json=as_json)
    if as_json or dry_run:
        return
    say(f"Removed {quoted(one.name)} from {told['path']}: no digest is made from now on.", is_error=False)
    if one.channel != MAIL:
        say("It is posted to no more. The file with its address is for you to delete.", is_error=False)
        tell_still_to_go(to_go)
        return
    days = config.delivery.keep_mail_days
    say(
        f"The archive keeps the text of mails for {count_of(days, 'day')}, and the name and address. To erase them as well: "
        f"pqwatch subscribers forget {shlex.quote(one.email)}",
        is_error=False,
    )
    tell_still_to_go(to_go)
    if not after.subscribers:
        say("Nobody gets a digest now.")
