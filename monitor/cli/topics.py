"""`topics`: what is watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from monitor.cli.common import Column, config_option, emit, format_option, opened
from monitor.holdings import Filters
from monitor.record import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.cli.common import Opened


@click.group()
def topics_command() -> None:
    """List the topics that are watched. They are changed in config.toml."""


@topics_command.command("list")
@format_option
@config_option
def list_command(output: str, config_path: str | None) -> None:
    """List topics, with their terms, who gets them, and how many records the terms found."""
    columns = [
        Column("topic", lambda row: row["name"], flexible=True),
        Column("terms", lambda row: "; ".join(row["terms"]), flexible=True),
        Column("subscribers", lambda row: ", ".join(row["subscribers"]), flexible=True),
        Column("records", lambda row: row["records"]),
    ]
    with opened(config_path) as here:
        rows = list(_rows(here))
        emit(rows, columns, output)
        if not rows:
            click.echo(f"No topics are watched. Add [[topics]] to {here.config.path}.", err=True)


def _rows(here: Opened) -> Iterator[dict[str, Any]]:
    for topic in here.config.topics:
        yield {
            "schema": SCHEMA,
            "id": topic.key,
            "name": topic.name,
            "terms": list(topic.terms),
            "exclude": list(topic.exclude),
            "note": topic.note or None,
            "subscribers": [one.name for one in here.config.subscribers if topic.key in one.topics],
            "records": here.archive.search.count(None, Filters(topic=topic.key)),
        }
