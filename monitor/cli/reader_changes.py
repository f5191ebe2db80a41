"""A change of somebody who gets digests, where they are kept: in config.toml or in the archive."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from monitor import app
from monitor.cli.config_changes import carry_out, diff_json, plan_change, quoted
from monitor.cli.formats import to_json
from monitor.cli.output import say
from monitor.config.merging import as_read, with_subscribers
from monitor.config.positions import line_of_reader
from monitor.errors import ConfigError, MonitorError
from monitor.model.watching import ARCHIVE, FILE
from monitor.presentation.record_json import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from db.archive import Archive
    from monitor.config.editing import Rewrite
    from monitor.config.settings import Config
    from monitor.model.watching import Subscriber


@contextmanager
def open_readers(config_path: str | None) -> Iterator[tuple[Config, Archive | None]]:
    """Read the configuration, with all who get digests.

    The archive is None where it can't be read; then those of config.toml can still be changed, and for others its error is
    raised.
    """
    config = app.configuration(config_path, needs_password=False)
    try:
        archive = app.archive(config)
    except ConfigError:
        raise
    except MonitorError as exc:
        say(f"Who is in the archive, and which mails still go, can't be told: {exc}")
        try:
            yield config, None
        except click.BadParameter:  # somebody who is not in config.toml may be in the archive
            raise exc from None
        return
    try:
        yield with_subscribers(config, archive), archive
    finally:
        archive.close()


@dataclass(frozen=True, slots=True)
class ReaderChange:
    """A planned change.

    Attributes:
        reader: Who is changed, added or removed.
        config: The configuration before the change.
        after: The configuration after it.
        rewrite: The change of config.toml; None for one of the archive.
        write: Makes a change of the archive.
    """

    reader: Subscriber
    config: Config
    after: Config
    rewrite: Rewrite | None
    write: Callable[[], object]

    @property
    def where(self) -> str:
        """Place where they are kept, in words."""
        return f"{self.config.path}, line {self.line}" if self.rewrite else "in the archive"

    @property
    def line(self) -> int | None:
        """Line of config.toml on which they begin."""
        if self.rewrite is None:
            return None
        is_known = any(self.reader.key == other.key for other in self.config.readers)
        text = self.rewrite.before if is_known else self.rewrite.after
        return line_of_reader(text.decode("utf-8"), self.reader.key)

    def report(self, *, dry_run: bool, **facts: Any) -> dict[str, Any]:
        """Return what is done as JSON has it; `facts` come after those about the reader."""
        return {
            "schema": SCHEMA,
            "id": self.reader.key,
            "name": self.reader.name,
            "email": self.reader.email or None,
            "channel": self.reader.channel,
            "path": str(self.config.path) if self.rewrite else None,
            "line": self.line,
            **facts,
            "changed": not dry_run,
            "diff": diff_json(self.rewrite, dry_run=dry_run),
            "kept_in": self.reader.kept_in,
        }

    def make(self, report: Mapping[str, Any], *, dry_run: bool, as_json: bool) -> None:
        """Make the change, or only show it, and print the report if JSON was asked for."""
        if self.rewrite is not None:
            carry_out(self.rewrite, dry_run=dry_run, as_json=as_json)
        elif dry_run:
            say("Nothing was changed: --dry-run.")
        if not dry_run:
            self.write()
        if as_json:
            click.echo(to_json(report))


def plan_reader_change(
    config: Config,
    archive: Archive | None,
    reader: Subscriber,
    *,
    in_file: Callable[[str], str],
    in_archive: Callable[[Subscriber], Subscriber | None],
) -> ReaderChange:
    """Plan a change of somebody. `in_archive` returns them as they are to be stored, or None to remove them.

    Raises ConfigError, also for those whom the config.toml of another machine names.
    """
    if reader.kept_in == FILE:
        return change_in_file(config, reader, in_file)
    if reader.kept_in != ARCHIVE or archive is None:
        raise ConfigError(f"{quoted(reader.name)} is in {reader.kept_in}: run the command there.")
    stored = next(kept for kept in archive.subscribers.listing() if kept.key == reader.key)
    changed = in_archive(stored)
    others = [other for other in config.subscribers if other.key != reader.key]
    if changed is None:
        return ReaderChange(
            reader,
            config,
            replace(config, subscribers=tuple(others)),
            None,
            lambda: archive.subscribers.remove(reader.key),
        )
    there = as_read(changed, config)
    after = replace(config, subscribers=(*others, there))
    return ReaderChange(there, config, after, None, lambda: archive.subscribers.change(stored, changed))


def change_in_file(config: Config, reader: Subscriber, change: Callable[[str], str]) -> ReaderChange:
    """Plan a change of somebody in config.toml. Raises ConfigError."""
    plan, after = plan_change(config, change)
    kept = [other for other in config.subscribers if other.kept_in == ARCHIVE and other.key != reader.key]
    return ReaderChange(reader, config, replace(after, subscribers=(*after.subscribers, *kept)), plan, lambda: None)
