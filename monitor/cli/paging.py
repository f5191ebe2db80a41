"""Print a list of records page by page, with the command that prints the next page."""

from __future__ import annotations

import re
import shlex
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import click

from monitor.cli.formats import emit, is_to_file, say_when_written
from monitor.cli.options import at_most_all
from monitor.cli.output import paged
from monitor.cli.records import due_date_rule, print_hit
from monitor.model.search import SearchPosition
from monitor.presentation.wording import count_of
from monitor.research.queries import MANY, count_of_more, is_place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from db.archive import Archive
    from monitor.cli.output import Printer
    from monitor.cli.workspace import Workspace
    from monitor.model.search import Filters, Hit
    from monitor.model.watching import Match
    from monitor.terms.matcher import Query

    HitWriter = Callable[[Printer, Iterable[Hit]], None]

LIMIT: Final = 20
_AFTER: Final = "--after"
_LIMIT: Final = "--limit"
_ARGUMENTS: Final = "monitor.cli.paging"
_MINUS_WORD: Final = re.compile(r"-[^\W\d_]\w+")

limit_option = click.option(
    _LIMIT,
    type=click.IntRange(min=0),
    callback=at_most_all,
    default=LIMIT,
    show_default=True,
    help="The most to print; 0: all.",
)


class _PlaceType(click.ParamType[SearchPosition]):
    """A place in a list, as the end of a page names it."""

    name = "PLACE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> SearchPosition:
        """Read a place."""
        place = value if isinstance(value, SearchPosition) else SearchPosition.read(value)
        if place is None:
            self.fail(f"{value!r} is no place in a list: take the one that the end of a page names", param, ctx)
        return place


after_option = click.option(
    _AFTER, type=_PlaceType(), help="Go on after a place: the end of each page says the whole command."
)


class QueryCommand(click.Command):
    """A command that keeps its arguments as they were typed, to say how to call it for the next page or another query."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments and parse them. Raises UsageError for a word after a minus, as other searches have it."""
        ctx.meta[_ARGUMENTS] = typed = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as exc:
            minus = next((word for word in typed if _MINUS_WORD.fullmatch(word) and exc.option_name[1:] in word), None)
            if minus is None:
                raise
            is_option = any(f"-{minus}" in param.opts for param in self.params)
            way = f"Did you mean -{minus}?" if is_option else "To leave out a word, write NOT: asylum NOT hotel"
            raise click.UsageError(f"{minus} is no option. {way}", ctx) from None


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Records to list: up to `limit` (0: all) of a query, after a place."""

    query: Query | None
    filters: Filters
    limit: int
    after: SearchPosition | None = None


def check_place(after: SearchPosition | None, filters: Filters) -> None:
    """Raise BadParameter for a place that comes from a list in another order."""
    if after is None or is_place_of(after, filters):
        return
    if filters.by_relevance:
        raise click.BadParameter("this place is not of a search by relevance: leave out --sort", param_hint=_AFTER)
    raise click.BadParameter("this place is of a search by relevance: add --sort relevance", param_hint=_AFTER)


def print_page(workspace: Workspace, page: ResultPage, output: str, write: HitWriter, *, without_pager: bool) -> int:
    """Print a page with `write`, say how many more records there are, and return how many were printed."""
    archive = workspace.archive
    limit = page.limit + 1 if page.limit else None
    with closing(archive.search.hits(page.query, page.filters, limit=limit, after=page.after)) as found:
        shown = _Shown(islice(found, page.limit or None))
        with paged(without_pager=without_pager or output != "table") as printer:
            write(printer, shown)
        is_more = bool(page.limit) and next(found, None) is not None
    if is_more and shown.last is not None and is_to_file():
        say_when_written(
            f"{_part_written(archive, page, shown)}; all of them: {_command(with_option(_arguments(), _LIMIT, '0'))}"
        )
    elif is_more and shown.last is not None:
        # A script would only wait for the count.
        more = count_of_more(archive, page.query, page.filters, shown.last) if output == "table" else "There is more"
        command = _command(with_option(_arguments(), _AFTER, str(shown.last)))
        click.echo(f"{more}; next page: {command}", err=True)
    return shown.count


def _part_written(archive: Archive, page: ResultPage, shown: _Shown) -> str:
    """Say how many records a file has of those that were found. The next page would take its place."""
    if shown.last is None or page.after is not None:
        return f"Wrote {count_of(shown.count, 'record')}, and there are more"
    more, is_exact = archive.search.more(page.query, page.filters, shown.last, at_most=MANY)
    least = "" if is_exact else "at least "
    return f"Wrote {shown.count:,} of {least}{count_of(shown.count + max(more, 1), 'record')}"


def record_writer(
    workspace: Workspace,
    output: str,
    matches_of: Callable[[Hit], Sequence[Match]],
    topics: Mapping[str, str] | None = None,
) -> HitWriter:
    """Return a function that prints records in a format. `matches_of`: what to show of each; `topics`: names by key."""

    def write(printer: Printer, hits: Iterable[Hit]) -> None:
        if output == "table":
            for hit in hits:
                print_hit(printer, hit, matches_of(hit), topics)
        else:
            from monitor.research.records import record_json  # noqa: PLC0415 (lists for people do without)

            due_date = due_date_rule(workspace)
            emit((record_json(workspace.archive, hit, matches_of(hit), due_date) for hit in hits), (), output)

    return write


class _Shown:
    """Hits that are counted as they are printed. `last`: the place of the last one."""

    def __init__(self, hits: Iterable[Hit]) -> None:
        self._hits = hits
        self.count = 0
        self.last: SearchPosition | None = None

    def __iter__(self) -> Iterator[Hit]:
        for hit in self._hits:
            self.count += 1
            self.last = hit.place
            yield hit


# -- the same command again -------------------------------------------------------------------------------------------


def command_without(options: Collection[str]) -> str:
    """Return the command as it was typed, without some options that take a value."""
    return _command(without_options(_arguments(), options))


def command_with_query(query: str) -> str:
    """Return the command as it was typed, with other words in place of those of the query."""
    command = click.get_current_context().command
    with_value = {name for param in command.params if _takes_value(param) for name in param.opts}
    return _command(with_words(_arguments(), query, with_value))


def _takes_value(param: click.Parameter) -> bool:
    return isinstance(param, click.Option) and not param.is_flag


def _arguments() -> list[str]:
    arguments: list[str] = click.get_current_context().meta[_ARGUMENTS]
    return arguments


def _command(arguments: Iterable[str]) -> str:
    return shlex.join(["pqwatch", click.get_current_context().info_name or "", *arguments])


def with_option(arguments: Sequence[str], option: str, value: str) -> list[str]:
    """Return arguments with another value of an option, put before `--` if that is among them."""
    kept = without_options(arguments, [option])
    end = kept.index("--") if "--" in kept else len(kept)
    return [*kept[:end], option, value, *kept[end:]]


def with_words(arguments: Iterable[str], words: str, with_value: Collection[str]) -> list[str]:
    """Return arguments with other words, put where the first words were. `with_value`: the options that take a value."""
    options: list[str] = []
    place = 0
    is_placed = False
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            return [*options, argument, words]
        if argument.startswith("-"):
            options += [argument, next(rest, "")] if argument in with_value else [argument]
        elif not is_placed:
            place, is_placed = len(options), True
    return [*options, "--", words] if words.startswith("-") else [*options[:place], words, *options[place:]]


def without_options(arguments: Iterable[str], options: Collection[str]) -> list[str]:
    """Return arguments without some options that take a value."""
    kept: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            return [*kept, argument, *rest]
        if argument in options:
            next(rest, None)
        elif argument.partition("=")[0] not in options:
            kept.append(argument)
    return kept
