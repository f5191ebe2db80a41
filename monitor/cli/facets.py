"""How many of all records found stand under each body, minister, speaker, asker, year or party."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from monitor.cli.formats import emit
from monitor.cli.output import cell
from monitor.cli.progress import counting_bar
from monitor.presentation.wording import count_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from db.archive import Archive
    from monitor.model.archive import Facets, Filters
    from monitor.terms.matcher import Query

FACETS: Final = ("body", "minister", "speaker", "asker", "year", "party")
SCHEMA: Final = 1

facet_option = click.option(
    "--facet",
    "facets",
    multiple=True,
    type=click.Choice(FACETS),
    help="Count all records found by this, instead of listing them; may be given several times.",
)


def print_facets(
    archive: Archive, asked: Query | None, filters: Filters, names: Sequence[str], limit: int, output: str
) -> int:
    """Print the values of each facet, those with most records first, years in order; returns how many records there are.

    No more than `limit` values of each, 0 for all.
    """
    names = list(dict.fromkeys(names))
    with counting_bar("records counted") as show:
        found = archive.search.facets(asked, filters, names, show)
    if output != "table":
        emit((row for name in names for row in _rows(found, name, limit)), (), output)
    elif found.total:
        click.echo(count_of(found.total, "record"))
        for name in names:
            click.echo(f"\n{'records':>9}  {'share':>6}  {name}")
            for row in _rows(found, name, limit):
                click.echo(
                    f"{row['records']:>9,}  {row['records'] / found.total:>6.1%}  {cell(row['value'] or 'none')}"
                )
    for name in names if limit else ():
        if len(found.counts[name]) > limit:
            more = count_of(len(found.counts[name]) - limit, "more value")
            click.echo(f"{more} of {name}: --limit 0", err=True)
    return found.total


def _rows(found: Facets, name: str, limit: int) -> Iterator[dict[str, Any]]:
    for value, records in in_order(found.counts[name], name)[: limit or None]:
        yield {"schema": SCHEMA, "facet": name, "value": value, "records": records, "of": found.total}


def in_order(counts: Mapping[str | None, int], name: str) -> list[tuple[str | None, int]]:
    """Values with their counts: years one after the other, all else most first; none of it last."""
    if name == "year":
        return sorted(counts.items(), key=lambda one: (one[0] is None, one[0] or ""))
    return sorted(counts.items(), key=lambda one: (one[0] is None, -one[1], one[0] or ""))
