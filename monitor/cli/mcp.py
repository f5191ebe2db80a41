"""`mcp`: serve the archive to an assistant."""

from __future__ import annotations

import contextlib
import logging
import sys

import click

from monitor.cli.logs import log_format_option, start_logging
from monitor.cli.options import config_option
from monitor.operations.signals import Terminated


@click.command(
    epilog="""\b
Examples:
  pqwatch mcp                                      with the config.toml that pqwatch status names
  pqwatch mcp --config /etc/pqwatch/config.toml    with another
"""
)
@config_option
@log_format_option
def mcp_command(config_path: str | None) -> None:
    """Serve the archive to an assistant, over the Model Context Protocol on stdin and stdout.

    An assistant starts it, and ends it by closing its stdin. Its tools only read: nothing can change the archive, and it
    makes and upgrades none. SIGTERM and Ctrl-C end it. How to set one up, and the tools: docs/assistants.md
    """
    start_logging()
    logging.getLogger("mcp").setLevel(logging.WARNING)  # it logs what a caller wrote
    if sys.stdin.isatty():
        click.echo(
            "pqwatch mcp waits for an assistant on stdin (Ctrl-C ends it). How to set one up: docs/assistants.md",
            err=True,
        )
    with contextlib.suppress(Terminated, KeyboardInterrupt):  # a signal may also come while it starts
        from monitor.mcp.stdio import serve  # noqa: PLC0415 (loads the SDK)

        serve(config_path)
