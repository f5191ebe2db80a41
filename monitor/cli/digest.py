"""`digest`: preview, list, show, resend or skip digests."""

from __future__ import annotations

import email.policy
import sys
from contextlib import closing, contextmanager
from email import message_from_bytes
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from monitor import app
from monitor.cli import FAILED, NOTHING_FOUND
from monitor.cli.formats import destination, emit, format_option, output_options, stdout_into
from monitor.cli.options import Commands, Day, Number, as_of_option, at_most_all, config_option
from monitor.cli.output import Column, Printer, cell, say, say_held
from monitor.cli.records import due_date_rule, print_hit
from monitor.cli.typed import as_typed
from monitor.cli.workspace import NO_READERS, open_workspace, say_what_no_run_saw, topic_names
from monitor.config.subscribers import readers_named
from monitor.config.values import address as checked_address
from monitor.digest.catch_up import record_restore
from monitor.digest.compose import Compose
from monitor.model.deliveries import FEED, MAIL, text_of
from monitor.model.search import Filters
from monitor.presentation.wording import clean, count_of, listed, listed_briefly
from monitor.research.digest_list import digest_json
from monitor.research.records import record_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from monitor.cli.workspace import Workspace
    from monitor.config.settings import Config
    from monitor.digest.prepare import Prepared
    from monitor.model.watching import Subscriber

_LONGEST_NUMBER: Final = 9
"""Figures of a number that fits a column of numbers in every database."""
_SHORTEST_ID: Final = 6
"""Letters of a Message-ID that are enough to tell it from others."""

subscriber_option = click.option(
    "--subscriber",
    metavar="NAME",
    help='Only this subscriber or webhook, by name, id or address, or a feed: "feed water".',
)


@click.group(cls=Commands)
def digest_command() -> None:
    """Preview, list, show, resend or skip digests."""


# -- preview ----------------------------------------------------------------------------------------------------------


@digest_command.command("preview")
@config_option
@subscriber_option
@as_of_option
@click.option("--html", is_flag=True, help="The page instead of the text.")
def preview(config_path: str | None, subscriber: str | None, as_of: datetime | None, html: bool) -> None:
    """Show the digest as it would go now. Nothing is stored or sent, and no source is read."""
    with _open_compose(config_path, as_of) as (workspace, compose):
        chosen = _chosen(workspace, subscriber)
        # Every topic may have a feed: too many to show unasked.
        readers = [reader for reader in chosen if subscriber is not None or reader.channel != FEED]
        if not readers:
            say(NO_READERS)
        say_what_no_run_saw(workspace, {key for reader in readers for key in reader.topics}, readers)
        for reader in readers:
            prepared = compose.prepare(reader, "preview")
            if reader.channel != MAIL:
                print_message(
                    reader.recipient, prepared.rendered.subject, reader.channel, compose.mail(reader, prepared).message
                )
                continue
            if html:
                click.echo(prepared.rendered.html)
                continue
            click.secho(f"To: {reader.name}  Subject: {clean(prepared.rendered.subject)}\n", bold=True)
            click.echo(prepared.rendered.text)


# -- list -------------------------------------------------------------------------------------------------------------

_COLUMNS: Final = (
    Column("id", lambda row: row["id"]),
    Column("slot", lambda row: row["slot"]),
    Column("kind", lambda row: row["kind"]),
    Column("items", lambda row: row["items"]),
    Column("mail", lambda row: ", ".join(dict.fromkeys(delivery["state"] for delivery in row["deliveries"]))),
    Column("for", lambda row: row["subscriber"]),
    Column("subject", lambda row: row["subject"] if row["kind"] == "mailed" else ""),
)


@digest_command.command("list")
@config_option
@subscriber_option
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    callback=at_most_all,
    default=20,
    show_default=True,
    help="0: no limit.",
)
@format_option
def list_digests(config_path: str | None, subscriber: str | None, limit: int, output: str) -> None:
    """List the digests composed so far, newest first."""
    with open_workspace(config_path) as workspace:
        key = _chosen(workspace, subscriber)[0].key if subscriber else None
        digests = workspace.archive.digests.listing(subscriber=key, limit=limit or None)
        rows = [digest_json(workspace.archive, digest) for digest in digests]
    if not rows:
        say("No digest was composed yet: pqwatch run composes those that are due.")
    emit(rows, _COLUMNS, output)


# -- show -------------------------------------------------------------------------------------------------------------


@digest_command.command("show")
@config_option
@click.argument("named", metavar="ID")
@click.option("--html", is_flag=True, help="The page instead of the text.")
@click.option("--raw", is_flag=True, help="The bytes of the mail, or of what went instead.")
@click.option("--all", "is_whole", is_flag=True, help="Instead: every record that it told, what was cut too.")
@output_options
def show_digest(
    config_path: str | None, named: str, html: bool, raw: bool, is_whole: bool, output: str, file: str | None
) -> None:
    """Show a digest as it was mailed or posted. ID: its number (pqwatch digest list), or how its Message-ID begins.

    The formats are those of --all. Without it a file ends in .txt, with --html in .html.
    """
    if is_whole:
        with destination(output, file) as chosen, open_workspace(config_path) as workspace:
            _print_contents(workspace, _digest_id(workspace, named), chosen)
        return
    if output != "table":
        raise click.UsageError("--format is for --all: add it, or leave --format out.")
    with _shown_in(file, html=html, raw=raw):
        _print_sent(config_path, named, html=html, raw=raw)


@contextmanager
def _shown_in(file: str | None, *, html: bool, raw: bool) -> Iterator[None]:
    """Send what is shown into a file, if one is named. Raises UsageError where its ending names something else."""
    if file in (None, "-"):
        yield
        return
    path = Path(file)
    ending, what = (".html", "the page") if html else (".txt", "text")
    if not raw and path.suffix.lower() != ending:  # the bytes may be of a mail, or JSON of a webhook
        raise click.UsageError(
            f"{path} would hold {what}: name a file that ends in {ending}. Other formats are for --all."
        )
    with stdout_into(path):
        yield


def _print_sent(config_path: str | None, named: str, *, html: bool, raw: bool) -> None:
    """Print what was mailed or posted for a digest."""
    with open_workspace(config_path) as workspace:
        digest_id = _digest_id(workspace, named)
        mails = [delivery for delivery in workspace.archive.deliveries.of_digest(digest_id) if delivery.message]
        is_there = bool(mails) or _is_digest(workspace, str(digest_id))
    if not mails:
        why = "it was empty, or its text is not kept any more"
        click.echo(
            f"There is no mail of digest {digest_id}: {why}." if is_there else f"There is no digest {digest_id}.",
            err=True,
        )
        raise SystemExit(NOTHING_FOUND)
    if raw:
        sys.stdout.buffer.write(mails[0].message)
    elif mails[0].channel != MAIL:
        print_message(mails[0].recipient, mails[0].subject, mails[0].channel, mails[0].message)
    else:
        print_mail(mails[0].message, html=html)


def _digest_id(workspace: Workspace, named: str) -> int:
    """Return the digest that is named by its id, or by the beginning of a Message-ID."""
    if named.isdecimal() and (len(named) < _SHORTEST_ID or _is_digest(workspace, named)):
        return int(named)
    found = workspace.archive.digests.find_by_message_id(named.strip("<>")) if len(named) >= _SHORTEST_ID else []
    if len(found) == 1:
        return found[0]
    which = "several digests have" if found else "no digest has"
    raise click.BadParameter(
        f"{which} a Message-ID that begins with {named!r}. IDs: pqwatch digest list.", param_hint="ID"
    )


def _is_digest(workspace: Workspace, number: str) -> bool:
    """Return whether a digest has this number."""
    if len(number) > _LONGEST_NUMBER:
        return False
    rows = workspace.archive.digests.listing(before=int(number) + 1, limit=1)
    return bool(rows) and rows[0].id == int(number)


def _print_contents(workspace: Workspace, digest_id: int, output: str) -> None:
    ids = workspace.archive.digests.records_of(digest_id)
    if not ids:
        click.echo(f"Digest {digest_id} told nothing, or it does not exist.", err=True)
        raise SystemExit(NOTHING_FOUND)
    due, topics, printer = due_date_rule(workspace), topic_names(workspace.config), Printer.for_stdout()
    with closing(workspace.archive.search.hits(None, Filters(ids=ids))) as hits:
        if output == "table":
            for hit in hits:
                print_hit(printer, hit, hit.matches, topics)
        else:
            emit((record_json(workspace.archive, hit, hit.matches, due) for hit in hits), (), output)


def print_message(recipient: str, subject: str, channel: str, message: bytes) -> None:
    """Print a message for a webhook or feed as its readers see it."""
    click.secho(f"To: {clean(recipient)}  Subject: {clean(subject)}\n", bold=True)
    click.echo(clean(text_of(channel, message)))


def print_mail(message: bytes, *, html: bool = False) -> None:
    """Print a mail's subject and text, or its page."""
    mail = message_from_bytes(message, policy=email.policy.default)
    body = mail.get_body(("html" if html else "plain",))
    content = str(body.get_content()).replace("\r\n", "\n") if body is not None else ""
    if html:
        click.echo(content)
        return
    click.secho(f"To: {clean(str(mail['To']))}  Subject: {clean(str(mail['Subject']))}\n", bold=True)
    click.echo(clean(content))


# -- resend and skip --------------------------------------------------------------------------------------------------


def _checked_address(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    try:
        return None if value is None else checked_address(value)
    except ValueError as exc:
        raise click.BadParameter(str(exc)) from exc


@digest_command.command("resend")
@config_option
@click.argument("digest_id", metavar="ID", type=Number())
@click.option("--to", "recipient", metavar="ADDRESS", callback=_checked_address, help="To this address instead.")
def resend(config_path: str | None, digest_id: int, recipient: str | None) -> None:
    """Send the same mail or message again, marked as a copy. IDs: pqwatch digest list.

    Sent to anyone but its reader, it lacks the links by which the reader follows questions, changes what they get or
    unsubscribes.
    """
    with (
        open_workspace(config_path, needs_password=True) as workspace,
        app.pipeline(workspace.config, workspace.archive) as pipeline,
        workspace.archive.runs.lease(by_hand=True),
    ):
        if not _is_digest(workspace, str(digest_id)):
            click.echo(f"There is no digest {digest_id}.", err=True)
            raise SystemExit(NOTHING_FOUND)
        is_passed_on = recipient is not None and not _is_reader(workspace, digest_id, recipient)
        workspace.archive.outbox.resend(digest_id, recipient, app.clock(), is_passed_on=is_passed_on)
        pipeline.deliver(is_asked=True)
    click.echo(f"{pipeline.report.stages['deliver'].get('sent', 0)} sent.", err=True)
    for failure in pipeline.report.failures:
        click.echo(f"! {cell(as_typed(failure))}", err=True)
    if pipeline.report.failures:
        raise SystemExit(FAILED)


def _is_reader(workspace: Workspace, digest_id: int, address: str) -> bool:
    """Return whether an address is that of the reader of a digest, who may have another one than at that time."""
    [digest] = workspace.archive.digests.listing(before=digest_id + 1, limit=1)
    mine = [delivery.recipient for delivery in workspace.archive.deliveries.of_digest(digest_id)]
    now = [reader.email for reader in workspace.config.readers if reader.key == digest.subscriber]
    return address.casefold() in map(str.casefold, [*mine, *now])


@digest_command.command("skip")
@config_option
@subscriber_option
@as_of_option
@click.option("--until", type=Day(), help="Instead: all that the next run finds of days up to this one, for everybody.")
def skip(config_path: str | None, subscriber: str | None, as_of: datetime | None, until: date | None) -> None:
    """Mark all that would be told now as told, without mailing it.

    With --until also what is not in the archive yet: after an old backup was restored the next run finds again what was
    mailed since, and marks it. Mails that wait are held, as they may have gone since the backup.
    """
    if until is not None:
        if subscriber is not None or as_of is not None:
            raise click.UsageError("--until is for everybody and for the next run: leave out --subscriber and --as-of.")
        with open_workspace(config_path) as workspace, workspace.archive.runs.lease(by_hand=True):
            held = record_restore(workspace.archive, until, app.clock())
        click.echo(f"What the next run finds of days up to {until} counts as told.")
        if held:
            say_held(held)
        return
    with open_workspace(config_path) as workspace:
        chosen = [reader.key for reader in _chosen(workspace, subscriber)]
        if not chosen:
            say(NO_READERS)
        with workspace.archive.runs.lease(by_hand=True):
            config = _store_watch_list(workspace)
            compose = Compose(workspace.archive, config, workspace.calendar, as_of or app.clock(), app.clock)
            for reader in config.readers:
                if reader.key in chosen:
                    click.echo(f"{_name(reader)}: {_said_of(compose.skip(reader))} marked as told.")


def _said_of(skipped: Prepared) -> str:
    """Count what a digest would have told: items, and what else stands in it."""
    others = [(len(skipped.waiting), "reminder"), (len(skipped.promises), "promise")]
    return listed([count_of(len(skipped.told), "item"), *(count_of(count, what) for count, what in others if count)])


def _store_watch_list(workspace: Workspace) -> Config:
    """Store who is told of what, as a run does first: no run may have seen a reader who was just added."""
    from monitor.pipeline import sync_watch_list  # noqa: PLC0415 (only what is used is loaded)

    return sync_watch_list(workspace.archive, workspace.config, app.lexicon(workspace.config, workspace.archive))


@contextmanager
def _open_compose(config_path: str | None, as_of: datetime | None) -> Iterator[tuple[Workspace, Compose]]:
    with open_workspace(config_path) as workspace:
        config = workspace.config
        yield workspace, Compose(workspace.archive, config, workspace.calendar, as_of or app.clock(), app.clock)


def _chosen(workspace: Workspace, name: str | None) -> list[Subscriber]:
    """Return the subscriber, webhook or feed with an id, name or address; without a name all of them."""
    readers = workspace.config.readers
    if name is None:
        return list(readers)
    feeds = [reader for reader in readers if reader.channel == FEED and reader.key == name]
    chosen = feeds or readers_named([reader for reader in readers if reader.channel != FEED], name)
    if not chosen:
        known = listed_briefly([*map(_name, readers)]) or "none"
        raise click.UsageError(f"there is no subscriber {name!r}: the configuration has {known}.")
    return chosen


def _name(reader: Subscriber) -> str:
    """Return the name of a reader; a feed has the name of its topic and is known by its id."""
    return reader.key if reader.channel == FEED else reader.name
