"""`worker`: take work from the queue of an archive on PostgreSQL."""

from __future__ import annotations

import contextlib

import click

from monitor.cli.logs import log_format_option, start_logging
from monitor.cli.options import config_option
from monitor.errors import ConfigError
from monitor.model.jobs import QUEUES
from monitor.operations.signals import Terminated


@click.command()
@click.option("--queue", "queues", type=click.Choice(QUEUES), multiple=True, help="Take work only from this queue.")
@config_option
@log_format_option
def worker_command(config_path: str | None, queues: tuple[str, ...]) -> None:
    """Take work from the queue and do it, in the foreground: on PostgreSQL, with workers switched on.

    Start as many as you like, on any number of machines; `pqwatch serve` hands the work out. SIGTERM and Ctrl-C end it
    cleanly: what it was doing goes back into the queue.
    """
    start_logging()
    with contextlib.suppress(Terminated, KeyboardInterrupt):  # a signal may also come while it starts
        from monitor.queue.work import Work  # noqa: PLC0415 (loads all stages)

        work = Work(config_path, queues=queues or QUEUES)
        if not work.config.workers.enabled:
            work.close()
            raise ConfigError(f"{work.config.path}: workers are switched off: set enabled = true in [workers]")
        from monitor.queue.worker import Worker  # noqa: PLC0415 (loads Procrastinate, which SQLite does without)

        Worker(work, queues or QUEUES).run()
