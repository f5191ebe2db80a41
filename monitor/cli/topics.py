"""`topics`: what is watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from monitor.cli.common import config_option, emit, format_option, opened
from monitor.cli.pen import Pen, pen
from monitor.digest.wording import count_of, one_line
from monitor.holdings import Filters
from monitor.record import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.cli.common import Opened


INDENT = "    "


@click.group()
def topics_command() -> None:
    """List the topics that are watched. They are changed in config.toml."""


@topics_command.command("list")
@format_option
@config_option
def list_command(output: str, config_path: str | None) -> None:
    """List topics, with their terms, who gets them, and how many records the terms found."""
    with opened(config_path) as here:
        rows = list(_rows(here))
        if output == "table":
            for row in rows:
                _print(pen(), row)
        else:
            emit(rows, (), output)
        if not rows:
            click.echo(f"No topics are watched. Add [[topics]] to {here.config.path}.", err=True)


def _print(written: Pen, row: Mapping[str, Any]) -> None:
    known_as = f" (id: {one_line(row['id'])})" if row["id"] != row["name"] else ""
    written.echo(written.bold(one_line(row["name"])) + known_as)
    readers = ", ".join(one_line(name) for name in row["subscribers"]) or "nobody"
    written.echo(written.fill(f"{count_of(row['records'], 'record')} found; told to {readers}", INDENT))
    written.echo(written.fill(f"Terms: {_terms(row['terms'])}", INDENT))
    if row["exclude"]:
        written.echo(written.fill(f"Not: {_terms(row['exclude'])}", INDENT))
    if row["note"]:
        written.echo(written.fill(f"Note: {one_line(row['note'])}", INDENT))


def _terms(terms: Sequence[str]) -> str:
    return "; ".join(one_line(term) for term in terms) or "none"


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
