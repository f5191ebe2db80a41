"""`backfill`: read the past of a source, as history."""

from __future__ import annotations

import logging
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli.formats import json_option, to_json
from monitor.cli.logs import log_format_option, start_logging
from monitor.cli.options import Day, check_days, config_option
from monitor.cli.output import Column, cell, print_table, say
from monitor.cli.progress import name_of, reading_bar
from monitor.cli.stages import finish, record_failure
from monitor.cli.workspace import open_workspace
from monitor.collect.file_counts import COUNTED, FileCounts
from monitor.errors import ConfigError
from monitor.sources import FILES, PLACED, WINDOWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from monitor.config.settings import Config
    from monitor.model.sources import FileRef, Window

log = logging.getLogger(__name__)

LINE_INTERVAL: Final = 15.0
"""Seconds between two lines of the log where no bar is shown."""
_MOST_REASONS: Final = 10
"""Reasons that are shown to people; JSON has them all."""


@click.command()
@click.argument("source", metavar="SOURCE", type=click.Choice((*WINDOWS, *FILES)))
@config_option
@click.option("--from", "first", type=Day(), help="The first day to read. [default: as far as it goes]")
@click.option("--to", "last", type=Day(), help="The last day to read. [default: today]")
@click.option(
    "--path",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Read the files in this folder, wherever the configuration has the source.",
)
@click.option("--by-workers", is_flag=True, help="Let the workers read it, in parts, and end at once: on PostgreSQL.")
@json_option
@log_format_option
def backfill_command(
    source: str,
    config_path: str | None,
    first: date | None,
    last: date | None,
    path: Path | None,
    by_workers: bool,
    as_json: bool,
) -> None:
    """Read the past of a source into the archive, whether or not the source is enabled.

    SOURCE is questions, statements, northern_ireland, senedd, theyworkforyou, historic, publications, scotland or feeds.

    It is history: searched and listed, never mailed. The days that the next run reads are left to it. What was read is not
    read again, so a backfill that was stopped goes on where it stood. Questions that were open when a session
    ended count as waiting, and as late, until the next run marks them as lapsed.
    """
    start_logging()
    check_days(first, last)
    if path is not None and source not in PLACED:
        raise click.UsageError(f"--path is for {', '.join(PLACED)}: {source} is read from its address.")
    if by_workers:
        _hand_out(source, config_path, first, last, path, as_json=as_json)
        return
    counts, began = FileCounts(), time.monotonic()
    with record_failure(config_path), open_workspace(config_path) as workspace:
        _check_feeds(source, workspace.config)
        with (
            _progress(source, counts) as progress,
            app.pipeline(workspace.config, workspace.archive, progress=progress, path=path) as pipeline,
            workspace.archive.runs.lease(),
        ):
            pipeline.sync()
            try:
                with pipeline.index.beside():
                    pipeline.backfill(source, counts, first=first, last=last)
                    pipeline.match()
            except KeyboardInterrupt:
                pipeline.report.interrupted = True
            app.conclude(workspace.config, workspace.archive, pipeline.report, is_run=False)
    if as_json:
        stages = {**pipeline.report.stages, "backfill": _as_json(source, counts)}
        click.echo(to_json({**stages, "ok": pipeline.report.ok, "failures": pipeline.report.failures}))
    else:
        _print_report(source, counts, time.monotonic() - began)
        if pipeline.report.interrupted:
            say("Interrupted; what was read is kept, and the same command goes on from there.")
    finish(pipeline.report, as_json=False)


def _hand_out(
    source: str, config_path: str | None, first: date | None, last: date | None, path: Path | None, *, as_json: bool
) -> None:
    """Let workers read it."""
    if path is not None:
        raise click.UsageError("--by-workers needs no --path: say in config.toml where the files are, on each machine.")
    with open_workspace(config_path) as workspace:
        if not workspace.config.workers.enabled:
            raise ConfigError(f"{workspace.config.path}: workers are switched off: set enabled = true in [workers]")
        _check_feeds(source, workspace.config)
        from monitor.queue.dispatch import begin_backfill  # noqa: PLC0415 (loads all stages)

        is_new = begin_backfill(workspace.archive, workspace.config, source, first, last)
    if as_json:
        click.echo(to_json({"handed_out": is_new}))
    else:
        say(
            "The workers read it: pqwatch status shows how far they are."
            if is_new
            else "The workers are reading it already."
        )


def _check_feeds(source: str, config: Config) -> None:
    if source == "feeds" and not any(feed.enabled for feed in config.feeds):
        raise click.UsageError("there is no feed in the configuration: add it as [[sources.feeds]].")


# -- progress --------------------------------------------------------------------------------------------------------


@contextmanager
def _progress(source: str, counts: FileCounts) -> Iterator[Callable[[Window | FileRef, int, int], None]]:
    """Show a bar on a terminal; elsewhere log a line now and then."""
    if sys.stderr.isatty():
        pace = BackfillPace(counts, time.monotonic)
        with reading_bar(f"looking for what {source} has", pace.in_words) as show:
            yield show
    else:
        yield Lines(source, counts, time.monotonic)


class BackfillPace:
    """Counts the records that were read, and how many in a second."""

    def __init__(self, counts: FileCounts, clock: Callable[[], float]) -> None:
        self._counts, self._clock, self._began = counts, clock, clock()

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return max(self._clock() - self._began, 0.001)

    def in_words(self) -> str:
        """Return the pace in words."""
        records = self._counts.so_far
        return f"{records:,} records, {records / self.seconds:,.0f}/s"


class Lines:
    """Logs every quarter of a minute how far the backfill has come."""

    def __init__(self, source: str, counts: FileCounts, clock: Callable[[], float]) -> None:
        self._source, self._clock, self._pace = source, clock, BackfillPace(counts, clock)
        self._next = clock() + LINE_INTERVAL

    def __call__(self, part: Window | FileRef, done: int, total: int) -> None:
        """Log that `done` of `total` files or windows are done; `total` is 0 where it is not known."""
        if self._clock() < self._next or (total and done == total):
            return
        self._next = self._clock() + LINE_INTERVAL
        left = f" left={_duration(self._pace.seconds / done * (total - done))}" if done and total else ""
        of_total = f" of={total}" if total else ""
        log.info(
            "backfill source=%s done=%d%s at=%r %s%s",
            self._source,
            done,
            of_total,
            name_of(part),
            self._pace.in_words(),
            left,
        )


def _duration(seconds: float) -> str:
    """Return a length of time as hours, minutes and seconds: "0:04:10"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


# -- the report ------------------------------------------------------------------------------------------------------


def _rows(source: str, counts: FileCounts) -> list[dict[str, Any]]:
    """Return a row for each year, newest first, and one for all years; they add up."""
    years: list[dict[str, Any]] = [
        {"source": source, "year": year or None, **numbers} for year, numbers in sorted(counts.tally.years.items())
    ]
    rows: list[dict[str, Any]] = [*reversed(years), {"source": source, "year": "all", **counts.tally.as_dict()}]
    for row in rows:
        row["same"] = row["records"] - sum(row[name] for name in COUNTED if name != "records")
    return rows


def _as_json(source: str, counts: FileCounts) -> dict[str, Any]:
    *years, total = _rows(source, counts)
    files = {name: getattr(counts, name) for name in ("before", "left", "files", "unchanged", "failed", "unreadable")}
    numbers = {name: total[name] for name in (*COUNTED, "same")}
    by_year = [{name: value for name, value in row.items() if name != "source"} for row in years]
    reasons = [{"reason": reason, "count": count} for reason, count in counts.tally.reasons.most_common()]
    return {"source": source, **files, **numbers, "years": by_year, "reasons": reasons}


def _print_report(source: str, counts: FileCounts, seconds: float) -> None:
    titles = {"records": "read", "same": "the same"}
    keys = ("source", "year", "records", "new", "changed", "same", "quarantined")
    print_table(
        _rows(source, counts),
        [Column(titles.get(key, key), _cell(key), is_number=key not in ("source", "year")) for key in keys],
    )
    noun = "window" if source in WINDOWS else "file"
    parts = [f"{_count(counts.files, noun)} read in {_duration(seconds)}"]
    for count, text in (
        (counts.before, "read before"),
        (counts.left, "left to the next run, which tells what is new"),
        (counts.unchanged, "as they were"),
        (counts.failed, "could not be had"),
        (counts.unreadable, "can't be read"),
    ):
        if count:
            parts.append(f"{count:,} {text}")
    click.echo(f"{', '.join(parts)}.")
    for reason, count in counts.tally.reasons.most_common(_MOST_REASONS):
        say(f"quarantined {count:,}: {reason}", is_error=False)
    if (more := len(counts.tally.reasons) - _MOST_REASONS) > 0:
        say(f"and for {_count(more, 'more reason')}: pqwatch status --json lists all.", is_error=False)


def _cell(key: str) -> Callable[[Mapping[str, Any]], object]:
    def value(row: Mapping[str, Any]) -> object:
        found = row[key]
        if key == "year":
            return "not known" if found is None else found
        return f"{found:,}" if isinstance(found, int) else cell(found)

    return value


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
