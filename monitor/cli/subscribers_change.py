"""`subscribers pause`, `resume` and `remove` change who gets digests; `subscribers forget` erases a person everywhere."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli import FAILED
from monitor.cli.config_changes import archive_if_readable, carry_out, diff_json, plan_change, quoted
from monitor.cli.formats import json_option, to_json
from monitor.cli.options import config_option, dry_run_option
from monitor.cli.output import say
from monitor.cli.workspace import find_reader, open_workspace
from monitor.config.editing import remove_subscribers, set_paused
from monitor.config.positions import line_of_reader
from monitor.config.values import address as check_address
from monitor.digest.schedule import next_slot
from monitor.errors import ConfigError
from monitor.model.deliveries import MAIL, DeliveryState
from monitor.operations.forget import copies_naming, erase, find_traces, lines_naming, role_of
from monitor.parliament.calendar import LONDON
from monitor.parliament.lifecycle import REPORTED_EVENTS
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import count_of, listed, week_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from monitor.cli.workspace import Workspace
    from monitor.config.editing import Rewrite
    from monitor.config.settings import Config
    from monitor.model.watching import Subscriber
    from monitor.operations.forget import Traces

_UNSENT: Final = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.DOTTED, DeliveryState.HELD)

_ABOUT_POSTGRESQL: Final = (
    "PostgreSQL keeps what was erased in its files until these tables are written anew, while nothing else runs: "
    "VACUUM FULL outbox, subscriber, run, meta, note, follow, mark, mute. It stays in the write-ahead log (pg_wal and its "
    "archive), in base backups and on replicas until these are gone."
)


# -- pause, resume, remove --------------------------------------------------------------------------------------------


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
    reader = find_reader(config, name)
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
    reader = find_reader(config, name)
    if not reader.paused:
        say(f"{quoted(reader.name)} is not paused.")
        return
    plan, after = plan_change(config, lambda text: set_paused(text, reader.key, paused=False))
    resumed = find_reader(after, reader.key)
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
    reader = find_reader(config, name)
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


# -- forget -----------------------------------------------------------------------------------------------------------


@click.command("forget")
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@dry_run_option
@json_option
@config_option
def forget_command(address: str, yes: bool, dry_run: bool, as_json: bool, config_path: str | None) -> None:
    """Erase a person: all subscriptions of ADDRESS from config.toml, and address, names and mails from the archive.

    Also the mails in the folder of transport "file". Who is erased is never mailed again. There is no way back, so it asks
    before.
    """
    address = address.strip()
    try:
        check_address(address)
    except ValueError as exc:
        raise click.BadParameter(f"{exc}.", param_hint="ADDRESS") from exc
    with open_workspace(config_path) as workspace:
        config = workspace.config
        if role := role_of(config, address):
            raise ConfigError(
                f"{address} is also delivery.{role} in {config.path}. Put another address there first: nothing was erased."
            )
        traces = find_traces(config, workspace.archive, address)
        keys = [subscriber.key for subscriber in traces.subscribers]
        plan = plan_change(config, lambda text: remove_subscribers(text, keys))[0] if keys else None
        if not traces:
            say(f"Nothing is known of {address} here.")
        elif dry_run:
            _show(config, address, traces, plan, as_json=as_json)
        elif yes or _confirms(address, traces):
            _erase(workspace, address, traces, plan, as_json=as_json)
        else:
            raise click.UsageError("nothing was erased. To erase without being asked: --yes")


def _confirms(address: str, traces: Traces) -> bool:
    try:
        return click.confirm(f"Erase {address} for good: {_in_words(traces)}?", err=True)
    except click.Abort:
        return False  # there is no one to answer


def _in_words(traces: Traces) -> str:
    parts = []
    if traces.subscribers:
        names = ", ".join(quoted(subscriber.name) for subscriber in traces.subscribers)
        parts.append(f"{names} in config.toml")
    if traces.stored.mails:
        parts.append(f"the text of {count_of(traces.stored.mails, 'mail')}")
    if traces.stored.notices:
        parts.append(f"{count_of(traces.stored.notices, 'notice')} to the operator")
    if traces.stored.choices:
        parts.append(f"{count_of(traces.stored.choices, 'follow, mark or mute', 'follows, marks and mutes')}")
    if traces.stored.notes:
        parts.append(count_of(traces.stored.notes, "note"))
    if traces.files:
        parts.append(count_of(len(traces.files), "file"))
    return listed(parts) or "what the archive knew of it"


def _show(config: Config, address: str, traces: Traces, plan: Rewrite | None, *, as_json: bool) -> None:
    if as_json:
        _print_json(config, address, traces, is_done=False, diff=diff_json(plan, dry_run=True))
    else:
        say(f"Would erase {address}: {_in_words(traces)}.", is_error=False)
        for path in traces.files:
            click.echo(path)
    if plan is not None:
        carry_out(plan, dry_run=True, as_json=as_json)
    else:
        say("Nothing was changed: --dry-run.")


def _erase(workspace: Workspace, address: str, traces: Traces, plan: Rewrite | None, *, as_json: bool) -> None:
    config = workspace.config
    erased = erase(config, workspace.archive, address, traces, plan=plan, status_file=app.status_file(config))
    if as_json:
        _print_json(config, address, erased.traces, is_done=True, diff=None)
    else:
        say(f"Erased {address}: {_in_words(erased.traces)}.", is_error=False)
        say("It is mailed no more.", is_error=False)
    _say_what_stays(workspace, address)
    for path in erased.undeleted:
        say(f"! {path} can't be deleted: check its permissions, and delete it by hand.")
    if erased.undeleted:
        raise SystemExit(FAILED)


def _say_what_stays(workspace: Workspace, address: str) -> None:
    """Say where the address may still be, as far as that can be seen."""
    path, location = workspace.config.path, workspace.archive.location
    for number in lines_naming(path, address):
        say(f"! {path} line {number} still names {address}: correct it by hand.")
    for copy in copies_naming([path, *([location.file] if location.file else [])], address):
        say(f"! {copy} may still name {address}: delete it, or keep it in mind.")
    if not location.is_sqlite:
        say(_ABOUT_POSTGRESQL)
    say(
        "Out of reach are mails that were delivered, backups of the archive and of config.toml kept elsewhere, and your "
        "system's log. A backup that is restored brings the address back: then forget it again."
    )


def _print_json(config: Config, address: str, traces: Traces, *, is_done: bool, diff: str | None) -> None:
    report: dict[str, Any] = {
        "schema": SCHEMA,
        "address": address,
        "path": str(config.path),
        "subscribers": [subscriber.name for subscriber in traces.subscribers],
        "mails": traces.stored.mails,
        "notices": traces.stored.notices,
        "choices": traces.stored.choices,
        "notes": traces.stored.notes,
        "files": [str(path) for path in traces.files],
        "erased": is_done,
        "diff": diff,
    }
    click.echo(to_json(report))


# -- shared by the changes --------------------------------------------------------------------------------------------


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
