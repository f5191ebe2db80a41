"""A list of records, page by page: as many as were asked for, and the command that prints the next."""

from __future__ import annotations

import shlex
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import click

from monitor.cli.formats import emit
from monitor.cli.found import due_days, print_hit, record_of
from monitor.cli.output import paged
from monitor.model.archive import Place
from monitor.terms.evaluate import LAST_TIER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from monitor.cli.common import Opened
    from monitor.model.archive import Filters, Hit
    from monitor.model.watching import Match
    from monitor.terms.matcher import Query

LIMIT: Final = 20
MANY: Final = 1_000
"""No more than these are counted, as a person is waiting."""

_AFTER: Final = "--after"
_ARGUMENTS: Final = "monitor.cli.pages"

limit_option = click.option(
    "--limit", type=click.IntRange(min=0), default=LIMIT, show_default=True, help="The most to print; 0: all."
)


class _PlaceType(click.ParamType[Place]):
    """A place in a list, as the end of a page names it."""

    name = "PLACE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        """Read it."""
        place = value if isinstance(value, Place) else Place.read(value)
        if place is None:
            self.fail(f"{value!r} is no place in a list: take the one that the end of a page names", param, ctx)
        return place


after_option = click.option(
    _AFTER, type=_PlaceType(), help="Go on after a place: the end of each page says the whole command."
)


class PagedCommand(click.Command):
    """A command that knows how it was called, so that it can say how to call it for the next page."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep what was given."""
        ctx.meta[_ARGUMENTS] = list(args)
        return super().parse_args(ctx, args)


@dataclass(frozen=True, slots=True)
class Page:
    """What is listed: so many records (0: all) of a query, after a place. `topics`: names by key, to say whose finds."""

    asked: Query | None
    filters: Filters
    limit: int
    after: Place | None = None
    topics: Mapping[str, str] | None = None


def check_place(after: Place | None, filters: Filters) -> None:
    """Raise BadParameter where a place is none of the list in this order."""
    if after is None:
        return
    if filters.by_relevance and not 1 <= after.tier <= LAST_TIER:
        raise click.BadParameter("this place is not of a search by relevance: leave out --sort", param_hint=_AFTER)
    if after.tier and not filters.by_relevance:
        raise click.BadParameter("this place is of a search by relevance: add --sort relevance", param_hint=_AFTER)


def print_page(
    here: Opened, page: Page, output: str, shown_of: Callable[[Hit], Sequence[Match]], *, without_pager: bool
) -> int:
    """Print a page, and say how much more there is; returns how many were printed. `shown_of`: which spans of a hit."""
    hits = here.archive.search.hits(
        page.asked, page.filters, limit=page.limit + 1 if page.limit else None, after=page.after
    )
    with closing(hits) as found:
        shown = _Shown(islice(found, page.limit or None))
        with paged(without_pager=without_pager or output != "table") as printer:
            if output == "table":
                for hit in shown:
                    print_hit(printer, hit, shown_of(hit), page.topics)
            else:
                due = due_days(here.config)
                emit((record_of(here.archive, hit, shown_of(hit), due) for hit in shown), (), output)
        is_more = bool(page.limit) and next(found, None) is not None
    if is_more and shown.last is not None:
        # A script would only wait for the count.
        more = _more(here, page, shown.last) if output == "table" else "There is more"
        click.echo(f"{more}; next page: {_next_command(shown.last)}", err=True)
    return shown.count


class _Shown:
    """Hits, counted as they pass; `last`: where the last of them stands."""

    def __init__(self, hits: Iterable[Hit]) -> None:
        self._hits = hits
        self.count = 0
        self.last: Place | None = None

    def __iter__(self) -> Iterator[Hit]:
        for hit in self._hits:
            self.count += 1
            self.last = hit.place
            yield hit


def _more(here: Opened, page: Page, last: Place) -> str:
    more, is_all = here.archive.search.more(page.asked, page.filters, last, at_most=MANY)
    return f"{'' if is_all else 'At least '}{max(more, 1):,} more"


def _next_command(last: Place) -> str:
    """The command again, for the page after this one."""
    return called_with(with_place(click.get_current_context().meta[_ARGUMENTS], str(last)))


def command_without(options: Collection[str]) -> str:
    """The command again, without some of the options that take a value."""
    return called_with(without(click.get_current_context().meta[_ARGUMENTS], options))


def called_with(arguments: Iterable[str]) -> str:
    """The command with these arguments, to be pasted."""
    return shlex.join(["pqwatch", click.get_current_context().info_name or "", *arguments])


def with_place(arguments: Sequence[str], place: str) -> list[str]:
    """Arguments as they were given, after another place; before what is said to be no option."""
    kept = without(arguments, [_AFTER])
    end = kept.index("--") if "--" in kept else len(kept)
    return [*kept[:end], _AFTER, place, *kept[end:]]


def without(arguments: Iterable[str], options: Collection[str]) -> list[str]:
    """Arguments as they were given, without some of the options that take a value."""
    kept: list[str] = []
    left = iter(arguments)
    for one in left:
        if one == "--":
            return [*kept, one, *left]
        if one in options:
            next(left, None)
        elif one.partition("=")[0] not in options:
            kept.append(one)
    return kept
