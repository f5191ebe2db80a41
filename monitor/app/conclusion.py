"""The end of a run: what is reported without mail, in the status file and to the address that is called."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from monitor.app.archives import clock, sittings
from monitor.app.places import status_file
from monitor.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.pipeline import Report

log = logging.getLogger(__name__)


def conclude(
    config: Config, archive: Archive, report: Report, *, is_run: bool, now: Callable[[], datetime] = clock
) -> None:
    """Report how stages went without mail: write the status file and, after a run without failures, call `ping_url`.

    `is_run`: all four stages were run. A status file that can't be written is a failure of the run.
    """
    from monitor.operations import status  # noqa: PLC0415 (commands that only read do without)

    if path := status_file(config):
        content = status.status(
            archive,
            config,
            sittings(config, archive, now()),
            now(),
            stages=report.stages,
            failures=[*report.failures, *(["the run was interrupted"] if report.interrupted else [])],
        )
        try:
            status.write_status(path, content)
        except OSError as exc:
            report.failures.append(f"the status file {path} can't be written: {exc.strerror or exc}")
    if is_run and report.ok:
        ping(config)


def conclude_failure(config: Config, error: str, *, now: Callable[[], datetime] = clock) -> None:
    """Write the status file for a run that could not begin or broke off. Raises nothing."""
    from monitor.operations import status  # noqa: PLC0415

    if path := status_file(config):
        try:
            status.write_status(path, status.status_of_failure(now(), error))
        except OSError as exc:
            log.warning("status file=%s can't be written: %s", path, exc.strerror or exc)


def ping(config: Config) -> None:
    """Call the configured address after a good run. A failed call is logged and is never a failure of the run."""
    if not config.monitoring.ping_url:
        return
    from importlib.metadata import version  # noqa: PLC0415

    from scrapers.http.client import Client  # noqa: PLC0415

    try:
        with Client(config.http.contact, version("pqwatch"), proxy=config.http.proxy) as client:
            client.get(config.monitoring.ping_url, seconds=10)
    except FetchError:
        log.warning("ping failed: the address in monitoring.ping_url did not answer")
