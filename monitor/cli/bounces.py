"""`bounces`: read mails that came back."""

from __future__ import annotations

import mailbox
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor import app
from monitor.cli.formats import json_option, to_json
from monitor.cli.options import config_option
from monitor.cli.output import say
from monitor.cli.workspace import open_workspace
from monitor.delivery.bounces import BounceReport, note_returned
from monitor.delivery.returned_mail import LONGEST
from monitor.errors import ConfigError
from monitor.model.bounces import BounceKind
from monitor.operations.alerts import tell_notes
from monitor.presentation.wording import count_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MBOX_BEGINS = b"From "


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE|-]...")
@click.option(
    "--reinstate", metavar="ADDRESS", multiple=True, help="Send to a retired address again. May be given again."
)
@config_option
@json_option
def bounces_command(files: Sequence[str], reinstate: Sequence[str], config_path: str | None, as_json: bool) -> None:
    """Read mails that came back to delivery.bounces, from files, mboxes or Maildirs, or one mail from a pipe (-).

    A mail whose number and signature are ours is noted; any other is only counted. Reading one again changes nothing. An
    address is retired when mails of three days came back because it is dead, and at once when its reader called a mail
    unwanted.
    """
    with open_workspace(config_path, uses_terms=False) as workspace:
        config, archive = workspace.config, workspace.archive
        for address in reinstate:
            was_retired = archive.bounces.reinstate(address)
            say(
                f"{address} is sent to again." if was_retired else f"{address} was not retired; its bounces count anew."
            )
        if reinstate and not files:
            return
        returns = app.return_address(config, archive)
        if returns is None:
            raise ConfigError(
                'delivery.bounces is not set, so no mail comes back: set it, for instance to "bounces+*@example.org"'
            )
        report = BounceReport()
        for data in filter(bytes.strip, _mails(files or ("-",))):  # an empty file is no mail
            note_returned(archive.bounces, returns, data, report)
        tell_notes(archive, config, app.clock(), report.retired)
    if as_json:
        counts = {kind.value: report.counts[kind] for kind in BounceKind}
        click.echo(to_json({**counts, "repeated": report.repeated, "retired": report.retired}))
        return
    for sentence in report.retired:
        say(f"! {sentence}.")
    total = sum(report.counts.values())
    kinds = ", ".join(f"{report.counts[kind]} {kind.value}" for kind in BounceKind if report.counts[kind])
    say(f"{count_of(total, 'mail')} read{f': {kinds}' if kinds else ''}; {report.repeated} were read before.")


def _mails(files: Sequence[str]) -> Iterator[bytes]:
    """Yield the mails of files, mboxes, Maildirs and the standard input; nothing is changed there."""
    for name in files:
        if name == "-":
            yield sys.stdin.buffer.read(LONGEST)
            continue
        path = Path(name)
        if path.is_dir():
            yield from _mails_of_folder(path)
            continue
        try:
            with path.open("rb") as file:
                first = file.read(len(_MBOX_BEGINS))
                data = first + file.read(LONGEST)
        except OSError as exc:
            raise click.UsageError(f"{path} can't be read: {exc.strerror or exc}") from exc
        if first != _MBOX_BEGINS:
            yield data
            continue
        with closing(mailbox.mbox(path, create=False)) as box:
            yield from (box.get_bytes(key) for key in box.keys())  # noqa: SIM118 (a mailbox is no dict)


def _mails_of_folder(path: Path) -> Iterator[bytes]:
    """Yield the mails of a Maildir. One that a mail program moves or deletes meanwhile is left to the next time."""
    if not all((path / name).is_dir() for name in ("cur", "new")):
        raise click.UsageError(
            f"{path} is no Maildir, which has folders named cur and new; name the files in it instead"
        )
    try:
        with closing(mailbox.Maildir(path, create=False)) as folder:
            for key in folder.keys():  # noqa: SIM118 (a mailbox is no dict)
                with suppress(KeyError, FileNotFoundError):
                    yield folder.get_bytes(key)
    except OSError as exc:
        raise click.UsageError(f"{path} can't be read: {exc.strerror or exc}") from exc
