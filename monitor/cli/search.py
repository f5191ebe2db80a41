"""`search`: find records in the archive by words and filters, or count them by facets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.formats import emit, format_option
from monitor.cli.kwic import check_options as check_kwic
from monitor.cli.kwic import kwic_options, kwic_writer
from monitor.cli.options import config_option, today_in_london
from monitor.cli.output import cell, paged, pager_option
from monitor.cli.paging import (
    QueryCommand,
    ResultPage,
    after_option,
    check_place,
    limit_option,
    print_page,
    record_writer,
)
from monitor.cli.progress import counting_bar
from monitor.cli.queries import filter_options, read_filters, read_query, say_why_nothing
from monitor.cli.workspace import open_workspace
from monitor.presentation.wording import count_of
from monitor.terms.slips import may_have_slips
from monitor.terms.tree import has_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.cli.workspace import Workspace
    from monitor.model.search import Facets, Filters, SearchPosition
    from monitor.terms.matcher import Query

FACETS: Final = ("body", "minister", "speaker", "asker", "year", "party")
_FACETS_SCHEMA: Final = 1
"""Version of the JSON of facets."""

facet_option = click.option(
    "--facet",
    "facets",
    multiple=True,
    type=click.Choice(FACETS),
    help="Count all records found by this, instead of listing them; may be given several times.",
)


@click.command(
    cls=QueryCommand,
    epilog="""\b
Examples:
  pqwatch search National Crime Agency
  pqwatch search 'paedophil* NEAR/5 online' --house lords --since 30d
  pqwatch search 'asylum AND (hotel OR barracks) NOT contract in:answer'
  pqwatch search --body "Home Office" --state holding --sort oldest
  pqwatch search --body Health --lineage --facet year
  pqwatch search 14205
  pqwatch search HC Deb 7 December 2005 c1366W
  pqwatch search --topic "Hi-tech crime policing" --limit 0 --json
  pqwatch search child protection --sort relevance
  pqwatch search child protection --facet body --facet year
  pqwatch search grooming --kwic --sort-context right

\b
Exit codes: 0 found; 2 wrong use, or a query that can't be read; 3 nothing found.
""",
)
@click.argument("query", nargs=-1)
@filter_options
@click.option(
    "--sort",
    type=click.Choice(["newest", "oldest", "relevance"]),
    default="newest",
    show_default=True,
    help="Order. By relevance: found in the heading, then in heading and question, then anywhere.",
)
@limit_option
@after_option
@click.option("--count", "only_count", is_flag=True, help="Print only how many records there are.")
@facet_option
@kwic_options
@format_option
@pager_option
@config_option
def search_command(
    query: tuple[str, ...],
    sort: str,
    limit: int,
    after: SearchPosition | None,
    only_count: bool,
    facets: tuple[str, ...],
    in_context: bool,
    sort_context: str | None,
    output: str,
    without_pager: bool,
    config_path: str | None,
    **given: Any,
) -> None:
    """Search the archive.

    QUERY is a term as in config.toml: words are a phrase, found with plurals and spellings; a word in CAPITALS is an
    acronym; "in quotes" as written; paedophil* begins so; NEAR/5, NOT, AND, OR and brackets join; in:answer,
    house:lords, body:"Home Office", from:2024-01-01 and the like narrow. A UIN, an id or a citation finds its record.
    Without a query everything is listed that passes the filters. More: docs/terms.md
    """
    words = " ".join(query).strip()
    with open_workspace(config_path, uses_terms=given["topic"] is not None) as workspace:
        filters = read_filters(workspace, oldest_first=sort == "oldest", **given)
        compiled, filters = read_query(workspace, words, filters)
        filters = replace(filters, by_relevance=sort == "relevance" and compiled is not None)
        check_place(after, filters)
        check_kwic(
            in_context=in_context,
            order=sort_context,
            has_words=compiled is not None and has_words(compiled.root),
            only_counts=only_count or bool(facets),
        )
        if facets:
            with paged(without_pager=without_pager or output != "table"):
                count = _print_facets(workspace, compiled, filters, facets, limit=limit, output=output)
        elif only_count:
            count = workspace.archive.search.count(compiled, filters, after=after)
            click.echo(count)
        else:
            page = ResultPage(compiled, filters, limit, after)
            write = (
                kwic_writer(output, sort_context)
                if in_context
                else record_writer(workspace, output, lambda hit: hit.spans)
            )
            count = print_page(workspace, page, output, write, without_pager=without_pager)
        if count and compiled is not None:
            _say_doubts(workspace, words)
        if not count and after is None:
            say_why_nothing(workspace, compiled, words, filters)
        if not count:
            raise SystemExit(NOTHING_FOUND)


def _say_doubts(workspace: Workspace, words: str) -> None:
    """Warn on stderr of what is likely a slip."""
    if may_have_slips(words):
        from monitor.cli.config_changes import find_doubts, say_likely_doubts  # noqa: PLC0415 (few terms may have slips)

        say_likely_doubts(find_doubts(words, workspace.config, workspace.archive, today_in_london()))


# -- facets -----------------------------------------------------------------------------------------------------------


def _print_facets(
    workspace: Workspace, query: Query | None, filters: Filters, names: Sequence[str], *, limit: int, output: str
) -> int:
    """Print up to `limit` values of each facet (0: all) with how many records have them; return the number of records."""
    from monitor.research.body_facets import count_facets  # noqa: PLC0415 (most searches count none)
    from monitor.research.stats.tally import missing_value  # noqa: PLC0415

    names = list(dict.fromkeys(names))
    with counting_bar("records counted") as show:
        facets = count_facets(workspace.archive, query, filters, names, progress=show)
    if output != "table":
        emit((row for name in names for row in _facet_rows(facets, name, limit)), (), output)
    elif facets.total:
        click.echo(count_of(facets.total, "record"))
        for name in names:
            click.echo(f"\n{'records':>9}  {'share':>6}  {name}")
            for row in _facet_rows(facets, name, limit):
                share = row["records"] / facets.total
                click.echo(f"{row['records']:>9,}  {share:>6.1%}  {cell(row['value'] or missing_value(name))}")
    for name in names if limit else ():
        if len(facets.counts[name]) > limit:
            more = count_of(len(facets.counts[name]) - limit, "more value")
            click.echo(f"{more} of {name}: --limit 0", err=True)
    return facets.total


def _facet_rows(facets: Facets, name: str, limit: int) -> Iterator[dict[str, Any]]:
    for value, records in facets.ordered(name)[: limit or None]:
        yield {"schema": _FACETS_SCHEMA, "facet": name, "value": value, "records": records, "of": facets.total}
