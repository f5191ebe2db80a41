"""`run`, its four stages one by one, and `reparse`."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from monitor import app
from monitor.cli import FAILED, INTERRUPTED
from monitor.cli.formats import json_option, to_json
from monitor.cli.logs import log_format_option, start_logging, tell
from monitor.cli.options import Day, Number, as_of_option, check_days, config_option
from monitor.cli.output import cell, say
from monitor.cli.progress import counting_bar, reading_bar
from monitor.cli.typed import as_typed
from monitor.cli.workspace import command_line, open_workspace
from monitor.collect.calendar import SOURCE as CALENDAR
from monitor.collect.first_run import first_digest, why_no_first_digest
from monitor.collect.news import Scope
from monitor.errors import ConfigError, LeaseError, MonitorError
from monitor.model.deliveries import DeliveryState, is_webhook
from monitor.model.sources import COMING_SOURCES
from monitor.parliament.calendar import LONDON
from monitor.presentation.wording import count_of, listed, long_day
from monitor.sources import FILES, WINDOWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime

    from monitor.operations.first_look import FirstLook
    from monitor.pipeline import Pipeline, Report


@contextmanager
def _open_pipeline(
    config_path: str | None, as_of: datetime | None = None, *, needs_password: bool = False
) -> Iterator[Pipeline]:
    """Open the configured archive with the stages over it."""
    with (
        record_failure(config_path),
        open_workspace(config_path, needs_password=needs_password) as workspace,
        reading_bar() as progress,
        app.pipeline(workspace.config, workspace.archive, as_of=as_of, progress=progress) as pipeline,
    ):
        yield pipeline


@contextmanager
def record_failure(config_path: str | None) -> Iterator[None]:
    """Write an error that ends a run to the status file too."""
    try:
        yield
    except (LeaseError, ConfigError):  # the other run writes its own status; without a configuration there is no file
        raise
    except MonitorError as exc:
        app.conclude_failure(app.configuration(config_path, needs_password=False), str(exc))
        raise


# -- run --------------------------------------------------------------------------------------------------------------


@click.command()
@config_option
@as_of_option
@click.option(
    "--dry-run", is_flag=True, help="Read and match in a copy of the archive, mail nothing, show the digests."
)
@click.option(
    "--first-digest", "first", is_flag=True, help="Once, on the first days: a digest of all of the last two weeks."
)
@json_option
@log_format_option
def run_command(config_path: str | None, as_of: datetime | None, dry_run: bool, first: bool, as_json: bool) -> None:
    """Collect, match, compose and deliver, once. Safe to repeat: a second run in the same slot sends nothing.

    The first run reads the newest two days first, shows what they have, and says at its end how much of the last two weeks
    matches. It may be stopped at any time: what was read is kept, and the next run goes on from there.

    With transport "file" it prints the path of the newest digest.
    """
    start_logging()
    if dry_run:
        finish(_rehearse(config_path, as_of, first=first), as_json=as_json)
        return
    with _open_pipeline(config_path, as_of, needs_password=True) as pipeline:
        pipeline.first_look = lambda scope, is_all: _show_first_look(pipeline, scope, is_all=is_all)
        report = pipeline.run(first=first and _may_make_first_digest(pipeline))
        if not as_json:
            _print_newest_digest(pipeline)
        app.conclude(pipeline.config, pipeline.archive, report, is_run=True)
    finish(report, as_json=as_json)


def _may_make_first_digest(pipeline: Pipeline) -> bool:
    """Return whether the first digest is still to be made. Raises UsageError where it is too late for one."""
    runs, config = pipeline.archive.runs, pipeline.config
    if (made := first_digest(runs)) and made.made_at:
        made_on = made.made_at.astimezone(LONDON).date()
        click.echo(f"The first digest was made on {long_day(made_on)}, and is made once.", err=True)
        return False
    scope = Scope(as_of=pipeline.as_of, look_back_days=config.questions.look_back_days)
    if reason := why_no_first_digest(runs, [*config.reads, *config.reads_files], scope):
        since = scope.first_window.isoformat()
        command = command_line(config, "matches", "--since", since, "--limit", "0")
        raise click.UsageError(f"{reason}. What the watch terms found: {command}")
    return True


def _show_first_look(pipeline: Pipeline, scope: Scope, *, is_all: bool) -> None:
    """Show what a first run has found so far."""
    from monitor.operations.first_look import look  # noqa: PLC0415 (needed once in the life of an archive)

    seen = look(
        pipeline.archive,
        pipeline.config,
        scope.first_window,
        scope.today,
        is_all=is_all,
        is_interrupted=pipeline.report.interrupted,
    )
    command = command_line(pipeline.config, "matches", "--since", seen.since.isoformat(), "--limit", "0")
    pipeline.report.first_run = {**seen.as_dict(), "command": command}
    if seen.records:
        print_first_look(seen, command, command_line(pipeline.config, "run", "--first-digest"))


def print_first_look(seen: FirstLook, command: str, first_digest_command: str) -> None:
    """Say on stderr what was found, with the commands that list it and that mail it."""
    from monitor.operations.first_look import summary  # noqa: PLC0415

    click.echo("", err=True)
    for sentence in summary(seen):
        say(sentence)
    if seen.matching:
        click.echo(f"  {command}", err=True)
    if seen.may_mail:
        say("For a digest of all that no digest has told yet, once:")
        click.echo(f"  {first_digest_command}", err=True)
    if seen.is_interrupted:
        say("Reading was stopped: what was read is kept, and the next run goes on from there.")
    elif not seen.is_all:
        say("The rest is read now. Ctrl-C costs nothing: what was read is kept, and the next run goes on from there.")
    click.echo("", err=True)


def _rehearse(config_path: str | None, as_of: datetime | None, *, first: bool) -> Report:
    """Run on a copy of the archive and print the mails that would go. Raises ArchiveError on PostgreSQL."""
    from monitor.cli.digest import print_mail, print_message  # noqa: PLC0415 (few runs are rehearsals)

    with (
        open_workspace(config_path) as workspace,
        app.rehearsal(workspace.config, workspace.archive, as_of=as_of) as pipeline,
    ):
        report = pipeline.run(first=first and _may_make_first_digest(pipeline))
        deliveries = pipeline.archive.deliveries
        waiting = [mail for mail in deliveries.listing(DeliveryState.PENDING) if is_webhook(mail.recipient)]
        for mail in waiting:
            stored = deliveries.get(mail.id)
            if stored is not None:
                print_message(mail.recipient, mail.subject, mail.channel, stored.message)
        folder = pipeline.config.delivery.folder
        mails = sorted(folder.glob("*.eml")) if folder.is_dir() else []
        for path in mails:
            print_mail(path.read_bytes())
    messages = [count_of(len(waiting), "message")] if waiting else []
    counts = listed([count_of(len(mails), "mail"), *messages])
    click.echo(f"Nothing was stored or sent: {counts} would go.", err=True)
    return report


def _print_newest_digest(pipeline: Pipeline) -> None:
    """Print the path of the newest digest where digests are written to a folder and one was."""
    newest_html = getattr(app.mailer(pipeline.config, None), "newest_html", None)
    is_sent = pipeline.report.stages.get("deliver", {}).get("sent")
    if newest_html is not None and is_sent and (path := newest_html()) is not None:
        click.echo(path)


def finish(report: Report, *, as_json: bool) -> None:
    """Print the report if JSON was asked for, and the failures; end with the exit code that says so."""
    if as_json:
        click.echo(to_json(report.as_dict()))
    for failure in report.failures:
        tell(f"! {cell(as_typed(failure))}")
    if report.interrupted:
        raise SystemExit(INTERRUPTED)
    if report.failures:
        raise SystemExit(FAILED)


# -- the stages -------------------------------------------------------------------------------------------------------


@click.command()
@config_option
@click.option("--source", metavar="NAME", help="Only this source.")
@click.option("--from", "first", type=Day(), help="The first day to read.")
@click.option("--to", "last", type=Day(), help="The last day to read.")
@as_of_option
@json_option
@log_format_option
def collect_command(
    config_path: str | None,
    source: str | None,
    first: date | None,
    last: date | None,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """Stage 1: read the sources and store what is new or changed."""
    start_logging()
    check_days(first, last)
    with _open_pipeline(config_path, as_of) as pipeline, pipeline.archive.runs.lease():
        names = [*pipeline.config.reads, *pipeline.config.reads_files]
        names += [CALENDAR] if pipeline.calendar_source else []
        if source is not None and source not in names:
            known = ", ".join(names) or "none"
            raise click.UsageError(f"there is no source {source!r}: the configuration has {known}.")
        pipeline.sync()
        pipeline.collect(first=first, last=last, only=source)
        _conclude(pipeline)
    finish(pipeline.report, as_json=as_json)


@click.command()
@config_option
@json_option
@log_format_option
def match_command(config_path: str | None, as_json: bool) -> None:
    """Stage 2: look for the watch terms in what they were not looked for in yet, and for promises."""
    start_logging()
    _run_stage(config_path, None, _match, as_json=as_json)


def _match(pipeline: Pipeline) -> None:
    pipeline.match()
    pipeline.read_older_promises()


@click.command()
@config_option
@click.option("--now", is_flag=True, help="For every subscriber, whatever the hour.")
@as_of_option
@json_option
@log_format_option
def compose_command(config_path: str | None, now: bool, as_of: datetime | None, as_json: bool) -> None:
    """Stage 3: make the digests that are due, and put their mails into the outbox."""
    start_logging()
    _run_stage(config_path, as_of, lambda pipeline: pipeline.compose(now=now), as_json=as_json)


def _run_stage(
    config_path: str | None, as_of: datetime | None, stage: Callable[[Pipeline], object], *, as_json: bool
) -> None:
    with _open_pipeline(config_path, as_of) as pipeline, pipeline.archive.runs.lease():
        pipeline.sync()
        stage(pipeline)
        _conclude(pipeline)
    finish(pipeline.report, as_json=as_json)


def _conclude(pipeline: Pipeline) -> None:
    app.conclude(pipeline.config, pipeline.archive, pipeline.report, is_run=False)


@click.command()
@config_option
@click.option("--release", type=Number(), multiple=True, help="Let a held mail go. May be given again.")
@click.option("--discard", type=Number(), multiple=True, help="Give a held mail up. May be given again.")
@json_option
@log_format_option
def deliver_command(config_path: str | None, release: Sequence[int], discard: Sequence[int], as_json: bool) -> None:
    """Stage 4: hand over the mails in the outbox that are due; asked for on a terminal, those that wait after a failure too.

    A mail is held where only a person can decide: pqwatch status lists them with their ids.
    """
    start_logging()
    with (
        record_failure(config_path),
        open_workspace(config_path, needs_password=True) as workspace,
        app.pipeline(workspace.config, workspace.archive) as pipeline,
        workspace.archive.runs.lease(by_hand=bool(release or discard)),
    ):
        for number in release:
            workspace.archive.outbox.release(number)
        for number in discard:
            workspace.archive.outbox.discard(number)
        pipeline.deliver(is_asked=bool(release) or sys.stdout.isatty())
        if not as_json:
            _print_newest_digest(pipeline)
        _conclude(pipeline)
    finish(pipeline.report, as_json=as_json)


@click.command()
@config_option
@click.option("--source", metavar="NAME", help="Only this source.")
@click.option("--from", "first", type=Day(), help="The first day, of the newest official event.")
@click.option("--to", "last", type=Day(), help="The last day.")
@json_option
@log_format_option
def reparse_command(
    config_path: str | None, source: str | None, first: date | None, last: date | None, as_json: bool
) -> None:
    """Read the kept payloads again with today's parsers, without the network. What differs is history: never mailed."""
    start_logging()
    names = [*WINDOWS, *COMING_SOURCES, *FILES]
    if source is not None and source not in names:
        raise click.UsageError(f"there is no source {source!r}: there are {', '.join(names)}.")
    with (
        open_workspace(config_path) as workspace,
        app.pipeline(workspace.config, workspace.archive, is_offline=True) as pipeline,
        workspace.archive.runs.lease(),
        counting_bar("payloads read again") as progress,
    ):
        pipeline.reparse(source=source, first=first, last=last, progress=progress)
    finish(pipeline.report, as_json=as_json)
