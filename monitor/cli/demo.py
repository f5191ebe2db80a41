"""`demo`: show the whole job, without network or configuration."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.web import serve_page
from monitor.errors import OutputError
from monitor.presentation.wording import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.demo.run import Day


@click.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, writable=True, path_type=Path),
    help="Where to leave the files. [default: a new temporary folder]",
)
@click.option("--brief", is_flag=True, help="Don't print the digests.")
@click.option("--web", "is_served", is_flag=True, help="Then serve the page over both days, until Ctrl-C.")
@click.option("--port", type=click.IntRange(0, 65_535), help="With --web: the port. [default: any free one]")
def demo_command(folder: Path | None, brief: bool, is_served: bool, port: int | None) -> None:
    """See the whole job done: two days of a bundled stand-in for Parliament, read over HTTP, and mailed over SMTP.

    Needs no network and no configuration, and touches nothing outside its folder. Its questions, people and answers are
    invented. With --web the clock of the page stands at the evening of the second day.
    """
    if port is not None and not is_served:
        raise click.UsageError("--port is for the page: add --web.")
    from monitor.demo.run import demo  # noqa: PLC0415 (loads the sample and two servers)

    folder = _prepare(folder)
    click.echo("A stand-in for Parliament and a mail server run on this machine, for this demo only.")
    click.echo("All questions, people and answers in it are invented.\n")
    days = []
    for day in demo(folder, is_in_the_past=is_served):
        days.append(day)
        _print_day(day, brief=brief or is_served)
    _print_what_next(folder, days)
    if is_served:
        _serve(folder, port or 0)


def _serve(folder: Path, port: int) -> None:
    """Serve the page over what the demo stored. The clock stands still, so that each demo shows the same page."""
    from monitor.demo.run import EVENING  # noqa: PLC0415 (loads the sample)

    def said(address: str) -> None:
        click.echo()
        click.secho("The same in a browser", bold=True)
        click.echo(f"  pqwatch is at {address} (Ctrl-C ends it)")

    serve_page(str(folder / "config.toml"), "127.0.0.1", port, said, now=lambda: EVENING)


def _prepare(folder: Path | None) -> Path:
    try:
        if folder is None:
            return Path(tempfile.mkdtemp(prefix="pqwatch-demo-"))
        if folder.exists() and any(folder.iterdir()):
            raise click.UsageError(f"{folder} is not empty: name a new folder.")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        where = folder or "a temporary folder"
        raise OutputError(f"{where} can't be made ({exc.strerror}): name another with --folder") from exc
    return folder.absolute()


def _print_day(day: Day, *, brief: bool) -> None:
    collect, match = day.stages["collect"], day.stages["match"]
    compose, deliver = day.stages["compose"], day.stages["deliver"]
    click.secho(f"{day.day:%A} {day.day.day} {day.day:%B %Y}, half past six", bold=True)
    for stage, counts in (
        ("collect", f"{day.requests} requests, {collect['new']} records new, {collect['changed']} changed"),
        ("match", f"{match['matches']} matches in {match['revisions']} texts"),
        ("compose", f"{compose['digests']} digest, {compose['items']} items"),
        ("deliver", f"{deliver['sent']} mail sent over SMTP"),
    ):
        click.echo(f"  {stage:<8} {counts}")
    click.echo(f"  Subject: {clean(day.subject)}\n")
    if not brief:
        for line in day.text.splitlines():
            click.echo(f"  | {clean(line)}".rstrip())
        click.echo()


def _print_what_next(folder: Path, days: Sequence[Day]) -> None:
    click.secho("The digests as their reader got them", bold=True)
    for day in days:
        click.echo(f"  {day.page}\n  {day.mail}")
    config = folder / "config.toml"
    program = "uv run pqwatch" if "UV_RUN_RECURSION_DEPTH" in os.environ else "pqwatch"
    click.echo()
    click.secho("Look around in what the demo stored", bold=True)
    for command in ('search "National Crime Agency"', "show 91160", "waiting --as-of 2024-11-27"):
        click.echo(f"  {program} {command} --config {config}")
    click.echo()
    click.secho("Then watch the real Parliament", bold=True)
    click.echo(f"  {program} init\n  {program} run")
