"""Read a source for a worker: whole, or in parts that several workers read at once.

    collect  -> part, part, part -> collect (the end)
    backfill -> part, part, part -> backfill (the end)

The job of a source looks at the archive for what is to be done: to begin, and split what is long into parts, or to end a
reading whose parts are all read. The last part adds the job for the end, in the transaction in which it ends. Where parts
failed for good, or were lost, the next job of the source begins anew.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Final

from monitor import app
from monitor.collect.calendar import SOURCE as CALENDAR
from monitor.collect.file_counts import FileCounts
from monitor.collect.parts import (
    as_text,
    end_backfill,
    end_reading,
    files_of,
    history_in_parts,
    noted_so_far,
    part_of,
    read_files,
    windows_in_parts,
    windows_of,
)
from monitor.collect.windows import WindowCollector
from monitor.config.last_used import last_use, place_of
from monitor.errors import ConfigError
from monitor.model.jobs import (
    BACKFILL,
    BACKFILL_PART,
    COLLECT,
    COLLECT_PART,
    backfill_job,
    backfill_unit,
    collect_job,
    part_job,
    part_unit,
    requests_at_once,
    source_unit,
    workers_at_a_host,
)
from monitor.model.split_readings import PartFindings, SplitReading
from monitor.queue.dispatch import host_of_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from db.archive import Archive
    from monitor.collect.files import FileCollector
    from monitor.config.settings import Config
    from monitor.model.sources import FileRef, Window
    from monitor.pipeline import Pipeline

log = logging.getLogger(__name__)

SOURCE_TASKS: Final = (COLLECT, COLLECT_PART, BACKFILL, BACKFILL_PART)
"""Tasks that read a source."""
SEVERAL: Final = 2
"""Living workers from which on long work is split. One alone uses all cores of its machine without that."""


@dataclass(frozen=True, slots=True)
class SourceJobs:
    """Jobs of one worker that read sources."""

    archive: Archive
    config: Config
    clock: Callable[[], datetime]

    # -- jobs ---------------------------------------------------------------------------------------------------------

    def do(self, task: str, arguments: Mapping[str, str | int]) -> None:
        """Do a job of one of the `SOURCE_TASKS`."""
        source, is_end = str(arguments["source"]), "is_end" in arguments
        if task == COLLECT:
            self.collect(source, is_end=is_end)
        elif task == BACKFILL:
            first, last = (_day(str(arguments[name])) for name in ("first", "last"))
            self.backfill(source, first, last, is_end=is_end)
        else:
            self.read_part(task, source, int(arguments["part"]), str(arguments["units"]))

    def collect(self, source: str, *, is_end: bool = False) -> None:
        """Read a source, or split that into parts, or end a reading whose parts are read.

        `is_end`: only end one. A worker that died may have ended it already.
        """
        name = source_unit(source)
        with self.archive.runs.unit(name):
            reading = self._reading(name, is_end=is_end)
            if _has_nothing_to_do(reading, is_end=is_end):
                return
            with self._pipeline(reading) as pipeline:
                collector = pipeline.collector_of(source)
                self._refuse_if_off(source, collector)
                if isinstance(collector, WindowCollector):
                    self._share_gone(collector)
                if not isinstance(collector, WindowCollector):
                    noted = PartFindings(
                        counts=pipeline.collect_source(source), failures=tuple(pipeline.report.failures)
                    )
                elif reading is not None:
                    noted = end_reading(collector, reading)
                elif parts := self._windows_in_parts(collector):
                    self._split(pipeline, COLLECT_PART, source, parts, noted_so_far(collector))
                    return
                else:
                    counts = collector.run()
                    noted = PartFindings(counts=counts.as_dict(), failures=tuple(counts.failures))
            counted = {**noted.counts, "failures": len(noted.failures)}
            self.archive.rounds.add("collect", counted, failures=noted.failures)
            if reading is not None:
                self.archive.split_readings.end(name)
        log.info("collect source=%s %s", source, _in_words(counted))

    def backfill(self, source: str, first: date | None, last: date | None, *, is_end: bool = False) -> None:
        """Read the past of a source, or split that into parts, or end a backfill whose parts are read; as `collect`."""
        name = backfill_unit(source)
        with self.archive.runs.unit(name):
            reading = self._reading(name, is_end=is_end)
            if _has_nothing_to_do(reading, is_end=is_end):
                return
            with self._pipeline(reading) as pipeline:
                collector = pipeline.collector_of_past(source, first=first, last=last)
                if reading is not None:
                    self._end_backfill(collector, reading)
                elif parts := self._history_in_parts(collector):
                    self._split(pipeline, BACKFILL_PART, source, parts, PartFindings())
                else:
                    pipeline.backfill(source, FileCounts(), first=first, last=last)
                    _log_failures(pipeline.report.failures)

    def read_part(self, task: str, source: str, part: int, units: str) -> None:
        """Read one part of a reading, and have the reading ended if it was the last."""
        is_history = task == BACKFILL_PART
        name = backfill_unit(source) if is_history else source_unit(source)
        with self.archive.runs.unit(part_unit(name, part)):
            reading = self.archive.split_readings.of(name)
            if reading is None or part not in reading.left:
                return
            with self._pipeline(reading) as pipeline:
                collector = pipeline.collector_of_past(source) if is_history else pipeline.collector_of(source)
                self._refuse_if_off(source, collector)
                noted = _read_part(collector, reading, units, source)
            host = host_of_source(self.config, source)
            last = backfill_job(source, host, is_end=True) if is_history else collect_job(source, host, is_end=True)
            self.archive.split_readings.end_part(name, part, noted, last)
        log.info("%s source=%s part=%d %s", task, source, part, _in_words(noted.counts))

    # -- steps --------------------------------------------------------------------------------------------------------

    def _refuse_if_off(self, source: str, collector: WindowCollector | FileCollector | None) -> None:
        """Raise ConfigError where this worker can't read a source, because its config.toml is not the one that counts.

        Else the source would count as read. Where the file that counts has it no more, there is nothing to read.
        """
        if collector is not None or source == CALENDAR:
            return
        counting = last_use(self.archive)
        if counting is not None and counting.place != place_of(self.config):
            raise ConfigError(f"{self.config.path} has {source} switched off: give all machines the same [sources]")

    def _share_gone(self, collector: WindowCollector) -> None:
        """Keep the records that a source lacks in the round: it is one run, also where the source is read twice in it."""
        current, source = self.archive.rounds.current(), collector.source.name
        collector.gone.update(current.gone.get(source, ()) if current else ())
        collector.note_gone = partial(self.archive.rounds.note_gone, source)

    def _reading(self, name: str, *, is_end: bool) -> SplitReading | None:
        """Return the reading that is under way or to be ended; None if a job has to begin one, or finds none to end."""
        reading = self.archive.split_readings.of(name)
        if reading is None or not reading.left or is_end:
            return reading
        if self.archive.jobs.have_job([part_unit(name, part) for part in reading.left]):
            return reading
        log.warning("%d parts of %s failed or were lost: it is read anew", len(reading.left), name)
        self.archive.split_readings.end(name)
        return None

    def _are_several(self) -> bool:
        return self.archive.jobs.count_living_workers() >= SEVERAL

    def _windows_in_parts(self, collector: WindowCollector) -> list[list[Window]]:
        if not self._are_several():
            return []
        collector.looks_up_later = True
        return windows_in_parts(collector)

    def _history_in_parts(self, collector: WindowCollector | FileCollector) -> Sequence[Sequence[Window | FileRef]]:
        """Split a backfill. One worker alone splits windows too: reading them takes hours, in which it has other work."""
        return history_in_parts(collector) if isinstance(collector, WindowCollector) or self._are_several() else []

    def _split(
        self,
        pipeline: Pipeline,
        task: str,
        source: str,
        parts: Sequence[Sequence[Window | FileRef]],
        noted: PartFindings,
    ) -> None:
        host, ways = host_of_source(self.config, source), workers_at_a_host(self.config.http.concurrency)
        name = backfill_unit(source) if task == BACKFILL_PART else source_unit(source)
        reading = SplitReading(
            name=name,
            began_at=pipeline.as_of,
            as_of=pipeline.as_of,
            units=sum(map(len, parts)) + noted.counts.get("windows", 0),
            left=tuple(range(len(parts))),
            noted=noted,
        )
        jobs = [
            part_job(task, source, number, as_text(part), name=name, host=host, way=number % ways)
            for number, part in enumerate(parts)
        ]
        self.archive.split_readings.begin(reading, jobs)
        log.info("%s is read in parts units=%d parts=%d", name, reading.units, len(parts))

    def _end_backfill(self, collector: WindowCollector | FileCollector, reading: SplitReading) -> None:
        noted = end_backfill(collector, reading)
        counted = {**noted.counts, "failures": len(noted.failures)}
        self.archive.rounds.note_stage("backfill", reading.began_at, counted)
        self.archive.split_readings.end(reading.name)
        log.info("%s %s", reading.name, _in_words(counted))
        _log_failures(noted.failures)

    @contextmanager
    def _pipeline(self, reading: SplitReading | None) -> Iterator[Pipeline]:
        """Build the stages as of the instant of a reading, with a share of the requests that a host may get at once."""
        http = replace(self.config.http, concurrency=requests_at_once(self.config.http.concurrency))
        config = replace(self.config, http=http)
        as_of = reading.as_of if reading else None
        with app.pipeline(config, self.archive, as_of=as_of, now=self.clock) as pipeline:
            yield pipeline


def _has_nothing_to_do(reading: SplitReading | None, *, is_end: bool) -> bool:
    """Return whether the parts are still being read, or a job that only ends a reading finds none."""
    return is_end if reading is None else bool(reading.left)


def _read_part(
    collector: WindowCollector | FileCollector | None, reading: SplitReading, units: str, source: str
) -> PartFindings:
    if isinstance(collector, WindowCollector):
        return part_of(collector, reading).read(windows_of(units, source))
    if collector is None or reading.noted.down:  # the source was switched off, or can't be reached
        return PartFindings()
    return read_files(collector, files_of(units))


def _day(written: str) -> date | None:
    return date.fromisoformat(written) if written else None


def _in_words(counts: Mapping[str, int]) -> str:
    return " ".join(f"{name}={count}" for name, count in counts.items())


def _log_failures(failures: Sequence[str]) -> None:
    for failure in failures:
        log.warning("! %s", failure)
