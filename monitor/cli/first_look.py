"""A first run shows what it found: how much matches, the newest of it, and the command for all."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.matches import ANY_TOPIC
from monitor.cli.output import cell, say
from monitor.cli.workspace import command_line
from monitor.collect.first_run import first_digest
from monitor.model.archive import Filters
from monitor.presentation.citation import heading_of, short_reference
from monitor.presentation.wording import count_of, listed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.archive import Hit

TWO_WEEKS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLook:
    """What there is since a day: how many records, how many of them the watch terms found, and the newest found.

    `by_topic`: how many by the name of the topic. `is_all`: the first reading is done. `command` lists all that was found,
    `first_digest` mails it ("" where that was asked for, or there is nothing to mail, or not yet). `is_cut_short`: the
    reading was stopped.
    """

    since: date
    today: date
    records: int
    matching: int
    by_topic: Mapping[str, int]
    newest: Hit | None
    is_all: bool
    command: str
    first_digest: str = ""
    is_cut_short: bool = False

    def as_dict(self) -> dict[str, Any]:
        """As `run --json` prints it."""
        return {
            "since": self.since.isoformat(),
            "records": self.records,
            "matching": self.matching,
            "by_topic": dict(self.by_topic),
            "newest": self.newest.revision.proceeding.id if self.newest else None,
            "is_whole": self.is_all,
            "command": self.command,
        }


def look(archive: Archive, config: Config, since: date, today: date, *, is_all: bool, is_cut_short: bool) -> FirstLook:
    """Look at what there is in the archive since a day."""
    found = Filters(first=since, topic=ANY_TOPIC)
    hits = archive.search.hits(None, found, limit=1)
    matching = archive.search.count(None, found)
    is_offered = is_all and matching and first_digest(archive.runs) is None
    return FirstLook(
        since=since,
        today=today,
        records=archive.search.count(None, Filters(first=since)),
        matching=matching,
        by_topic={
            topic.name: archive.search.count(None, Filters(first=since, topic=topic.key)) for topic in config.topics
        },
        newest=next(islice(hits, 1), None),
        is_all=is_all,
        is_cut_short=is_cut_short,
        command=command_line(config, "matches", "--since", since.isoformat(), "--limit", "0"),
        first_digest=command_line(config, "run", "--first-digest") if is_offered else "",
    )


def tell(seen: FirstLook) -> None:
    """Say it on stderr; nothing where nothing was read."""
    if not seen.records:
        return
    click.echo("", err=True)
    for line in told(seen):
        say(line)
    if seen.matching:
        click.echo(f"  {seen.command}", err=True)
    if seen.first_digest:
        say("For a digest of all that no digest has told yet, once:")
        click.echo(f"  {seen.first_digest}", err=True)
    if seen.is_cut_short:
        say("Reading was stopped: what was read is kept, and the next run goes on from there.")
    elif not seen.is_all:
        say("The rest is read now. Ctrl-C costs nothing: what was read is kept, and the next run goes on from there.")
    click.echo("", err=True)


def told(seen: FirstLook) -> list[str]:
    """Write the sentences of it."""
    of = count_of(seen.records, "record")
    span = f" of the last {_span(seen)}" if seen.is_all else ""
    so_far = "Of what was read so far: " if seen.is_cut_short else "Of the newest days, which are read first: "
    lead = "" if seen.is_all else so_far
    if not seen.matching:
        return [
            f"{lead}{'None' if seen.is_all else 'none'} of {of}{span} matches. To try a term: pqwatch terms try TERM"
        ]
    verb = "matches" if seen.matching == 1 else "match"
    newest = f"; the newest: {_named(seen.newest, seen.today)}" if seen.newest else "."
    found = [f"{cell(name)} {number:,}" for name, number in seen.by_topic.items() if number]
    idle = [cell(name) for name, number in seen.by_topic.items() if not number]
    nothing = f"; nothing so far on {listed(idle)}" if idle else ""
    return [
        f"{lead}{seen.matching:,} of {of}{span} {verb}{newest}",
        f"By topic: {', '.join(found)}{nothing}. All of them:",
    ]


def _span(seen: FirstLook) -> str:
    days = (seen.today - seen.since).days + 1
    return "two weeks" if days == TWO_WEEKS else count_of(days, "day")


def _named(hit: Hit, today: date) -> str:
    it = hit.revision.proceeding
    day = f"{it.day.isoformat()} " if it.day else ""
    return f"{day}{short_reference(it)}, {cell(heading_of(it, today))}"
