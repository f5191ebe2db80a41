"""`subscribers forget`: erase a person from config.toml, the archive and the folder of mails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli import FAILED
from monitor.cli.config_changes import carry_out, diff_json, plan_change, quoted
from monitor.cli.formats import json_option, to_json
from monitor.cli.options import config_option, dry_run_option
from monitor.cli.output import say
from monitor.cli.workspace import open_workspace
from monitor.config.editing import remove_subscribers
from monitor.config.values import address as check_address
from monitor.errors import ConfigError
from monitor.model.watching import ARCHIVE, FILE
from monitor.operations.forget import copies_naming, erase, find_traces, lines_naming, overwrite_remains, role_of
from monitor.presentation.record_json import SCHEMA
from monitor.presentation.wording import count_of, listed

if TYPE_CHECKING:
    from monitor.cli.workspace import Workspace
    from monitor.config.editing import Rewrite
    from monitor.config.settings import Config
    from monitor.operations.forget import Traces

_ABOUT_POSTGRESQL: Final = (
    "PostgreSQL keeps what was erased in its files until these tables are written anew, while nothing else runs: VACUUM "
    "FULL outbox, bounce, subscriber, kept_subscriber, run, meta, note, follow, mark, mute. It stays in the write-ahead log "
    "(pg_wal and its archive), in base backups and on replicas until these are gone."
)


@click.command("forget")
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@dry_run_option
@json_option
@config_option
def forget_command(address: str, yes: bool, dry_run: bool, as_json: bool, config_path: str | None) -> None:
    """Erase a person: all subscriptions of ADDRESS, and address, names and mails from the archive.

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
        _refuse_other_file(traces)
        keys = [subscriber.key for subscriber in traces.subscribers if subscriber.kept_in == FILE]
        plan = plan_change(config, lambda text: remove_subscribers(text, keys))[0] if keys else None
        if not traces:
            if not dry_run:
                overwrite_remains(workspace.archive, address)
            say(f"Nothing is known of {address} here.")
        elif dry_run:
            _show(config, address, traces, plan, as_json=as_json)
        elif yes or _confirms(address, traces):
            _erase(workspace, address, traces, plan, as_json=as_json)
        else:
            raise click.UsageError("nothing was erased. To erase without being asked: --yes")


def _refuse_other_file(traces: Traces) -> None:
    """Refuse a person whom the config.toml of another machine names: it would bring them back."""
    for subscriber in traces.subscribers:
        if subscriber.kept_in not in (FILE, ARCHIVE):
            raise ConfigError(
                f"{quoted(subscriber.name)} is in {subscriber.kept_in}, which would bring the address back: run the command "
                "there. Nothing was erased."
            )


def _confirms(address: str, traces: Traces) -> bool:
    try:
        return click.confirm(f"Erase {address} for good: {_in_words(traces)}?", err=True)
    except click.Abort:
        return False  # there is no one to answer


def _in_words(traces: Traces) -> str:
    parts = []
    for place, words in ((FILE, FILE), (ARCHIVE, "the archive")):
        names = ", ".join(quoted(subscriber.name) for subscriber in traces.subscribers if subscriber.kept_in == place)
        if names:
            parts.append(f"{names} in {words}")
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
