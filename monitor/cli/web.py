"""`web`: serve the page and the API."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option
from monitor.operations.signals import Terminated

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@click.command(
    epilog="""\b
Examples:
  pqwatch web                       on this machine, at http://127.0.0.1:8080/
  pqwatch web --port 0              at any free port
  pqwatch web --host 0.0.0.0        for others: [web] auth in config.toml says who may come in
"""
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8080, show_default=True, help="The port; 0: any free one."
)
@config_option
def web_command(host: str, port: int, config_path: str | None) -> None:
    """Serve the page for people, and the API for programs, in the foreground.

    It reads the archive that pqwatch run, or pqwatch serve, fills. A changed config.toml is read again at the next request.
    SIGTERM and Ctrl-C end it. More: docs/web.md
    """
    serve_page(config_path, host, port, lambda address: click.echo(f"pqwatch is at {address} (Ctrl-C ends it)"))


def serve_page(
    config_path: str | None,
    host: str,
    port: int,
    said: Callable[[str], None],
    now: Callable[[], datetime] | None = None,
) -> None:
    """Serve the page until SIGTERM or Ctrl-C, which are its regular end. `said` is told the address."""
    with contextlib.suppress(Terminated, KeyboardInterrupt):  # a signal may also come while it starts
        from monitor.web.server import serve  # noqa: PLC0415 (loads a web framework)

        serve(config_path, host, port, said=said, now=now)
