"""`serve`: run the scheduler in the foreground."""

from __future__ import annotations

import contextlib

import click

from monitor.cli.logs import log_format_option, start_logging
from monitor.cli.options import config_option
from monitor.operations.signals import Terminated


@click.command()
@config_option
@log_format_option
def serve_command(config_path: str | None) -> None:
    """Collect, match, compose and deliver on a schedule, in the foreground: for systemd or a container.

    It collects every collect_every, makes digests at their times, and sends waiting mail within a minute of its next
    try. A changed config.toml is read again within a minute. SIGTERM and Ctrl-C end it cleanly, also in the middle of a
    run.
    """
    start_logging()
    with contextlib.suppress(Terminated, KeyboardInterrupt):  # a signal may also come while it starts
        from monitor.scheduler import Service  # noqa: PLC0415 (loads the scheduler)

        Service(config_path).serve()
