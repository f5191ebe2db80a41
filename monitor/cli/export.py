"""`export`: everything that a query, filters or a topic find, as a file or as a folder of pages."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import app
from monitor.cli import NOTHING_FOUND
from monitor.cli.options import config_option
from monitor.cli.progress import total_bar
from monitor.cli.queries import filter_options, read_filters, read_query
from monitor.cli.records import due_date_rule
from monitor.cli.workspace import open_workspace, topic_names
from monitor.model.records import House
from monitor.parliament.calendar import LONDON
from monitor.presentation.wording import count_of, house_name, listed, long_day, one_line
from monitor.research.export.markdown import escaped
from monitor.research.records import records_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monitor.cli.workspace import Workspace
    from monitor.model.archive import Filters, Hit
    from monitor.model.watching import Match, Topic
    from monitor.research.export.site import Sheet
    from monitor.terms.matcher import Query

FORMATS: Final = ("csv", "xlsx", "jsonl", "md", "site")
_EVERY: Final = 100
"""Records between two steps of the bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is exported: by a query, filters, or both; in words, and what it is called."""

    query: Query | None
    filters: Filters
    title: str
    about: tuple[str, ...]
    terms: tuple[str, ...]


@click.command(
    epilog="""\b
Examples:
  pqwatch export --topic "Hi-tech crime policing" --output crime.xlsx
  pqwatch export 'asylum AND hotel*' --house lords --format csv > asylum.csv
  pqwatch export --since 365d --body "Home Office" --output answers.jsonl
  pqwatch export --topic Water --format site --output public/water

\b
Exit codes: 0 done; 1 it can't be written; 2 wrong use, or a query that can't be read; 3 nothing found.
"""
)
@click.argument("query", nargs=-1)
@filter_options
@click.option(
    "--format", "output", type=click.Choice(FORMATS), help="What to write; else what the ending of --output says."
)
@click.option("--output", "to", metavar="FILE|FOLDER", help="Where to; else stdout, but for a site.")
@click.option("--title", metavar="WORDS", help="What it is called; else the topic, or the query.")
@click.option("--base-url", metavar="URL", help="Where a site will stand: the address of its own in its feeds.")
@config_option
def export_command(
    query: tuple[str, ...],
    output: str | None,
    to: str | None,
    title: str | None,
    base_url: str | None,
    config_path: str | None,
    **given: Any,
) -> None:
    """Write everything that a query finds, or a topic, or that passes filters, newest first, into a file or a site.

    QUERY is as for pqwatch search, with the same filters; without one everything is written that passes. A site is a
    folder of pages with a feed, to be put on any web space: a second export into it changes only what changed.
    """
    chosen = _format(output, to)
    url = _address(base_url, chosen)
    words = " ".join(query).strip()
    with open_workspace(config_path) as workspace:
        filters = read_filters(workspace, **given)
        asked, filters = read_query(workspace, words, filters)
        wanted = _Asked(
            query=asked,
            filters=filters,
            title=one_line(title) or _title(workspace, words, filters),
            about=tuple(_about(workspace, words, filters)),
            terms=_terms(workspace, words, filters),
        )
        count, said = (
            _site(workspace, wanted, Path(to or ""), url) if chosen == "site" else _file(workspace, wanted, chosen, to)
        )
    if not count:
        click.echo(f"Nothing found{f': {to} is as it was' if to and Path(to).exists() else ''}.", err=True)
        raise SystemExit(NOTHING_FOUND)
    click.echo(f"{said} {_licence()}", err=True)


def _format(output: str | None, to: str | None) -> str:
    """The format asked for, or that of the file's ending. Raises UsageError where there is neither."""
    ending = Path(to).suffix.lower().removeprefix(".") if to else ""
    chosen = output or (ending if ending in FORMATS else None)
    if chosen is None:
        raise click.UsageError(f"Say as what: --format {'|'.join(FORMATS)}, or a file that ends so: --output found.csv")
    if chosen == "site" and not to:
        raise click.UsageError("A site is a folder: add --output FOLDER")
    return chosen


def _address(base_url: str | None, chosen: str) -> str:
    """The address of a site, with a stroke at its end. Raises UsageError for what is none."""
    if not base_url:
        return ""
    if chosen != "site":
        raise click.UsageError("--base-url is for --format site.")
    if not base_url.startswith(("https://", "http://")) or any(one.isspace() for one in base_url):
        raise click.UsageError(f"--base-url {base_url} is no address of the web: https://example.org/answers/")
    return base_url.rstrip("/") + "/"


# -- what it is -------------------------------------------------------------------------------------------------------


def _title(workspace: Workspace, words: str, filters: Filters) -> str:
    topic = topic_names(workspace.config).get(filters.topic or "", "")
    return one_line(words or topic) or "Records of Parliament"


def _about(workspace: Workspace, words: str, filters: Filters) -> Iterator[str]:
    """What is in it, in sentences that hang on what was asked alone."""
    topic = _topic(workspace, filters)
    looked = "these words are" if words else "a term of this topic is" if topic else ""
    yield f"What was published in Parliament{f' and in which {looked} found' if looked else ''}."
    if topic and words:
        yield f"Only what a term of {one_line(topic.name)} is found in."
    if topic and topic.note:
        yield f"{one_line(topic.note).rstrip('.')}."
    limits = list(_limits(filters))
    if limits:
        yield f"Only {'; '.join(limits)}."


def _terms(workspace: Workspace, words: str, filters: Filters) -> tuple[str, ...]:
    """What is looked for: the query, else the terms of the topic."""
    topic = _topic(workspace, filters)
    return (one_line(words),) if words else tuple(one_line(term) for term in topic.terms) if topic else ()


def _topic(workspace: Workspace, filters: Filters) -> Topic | None:
    return next((one for one in workspace.config.topics if one.key == filters.topic), None)


def _limits(filters: Filters) -> Iterator[str]:
    if filters.houses:
        yield f"of the {listed([house_name(House(one)) for one in filters.houses])}"
    for what, value in (
        ("body", filters.body),
        ("member who asked", filters.asker),
        ("minister", filters.minister),
        ("member who spoke", filters.speaker),
        ("party", filters.party),
    ):
        if value:
            yield f"{what}: {one_line(value)}"
    for what, values in (("kind", filters.kinds), ("state", filters.states)):
        if values:
            yield f"{what}: {listed(list(values))}"
    if filters.first:
        yield f"from {long_day(filters.first)}"
    if filters.last:
        yield f"to {long_day(filters.last)}"


def _licence() -> str:
    from monitor.digest.render import LICENCE  # noqa: PLC0415 (loads what digests are made with)

    return LICENCE


# -- files and sites --------------------------------------------------------------------------------------------------


def _file(workspace: Workspace, asked: _Asked, output: str, to: str | None) -> tuple[int, str]:
    """Write a file, or to stdout; returns how many records, and what to say."""
    from monitor.cli.formats import destination, write  # noqa: PLC0415 (they load what they use)

    due = due_date_rule(workspace.config)
    with _hits(workspace, asked) as hits:
        first = next(hits, None)
        if first is None:
            return 0, ""
        records = records_json(workspace.archive, chain([first], hits), partial(_shown, asked), due)
        with destination(output, to):
            if output == "md":
                _echo(
                    f"# {escaped(asked.title)}",
                    *map(escaped, asked.about),
                    *(f"- {escaped(one)}" for one in asked.terms),
                )
                click.echo()
            count = write(records, output, _about_sheet(asked))
            if output == "md":
                _echo("", escaped(_licence()))
    return count, f"Wrote {count_of(count, 'record')}{f' to {to}' if to and to != '-' else ''}."


def _echo(*paragraphs: str) -> None:
    click.echo("\n\n".join(paragraphs))


def _about_sheet(asked: _Asked) -> list[tuple[str, str]]:
    """What the last sheet of a workbook says."""
    day = long_day(app.clock().astimezone(LONDON).date())
    what = [*(("What", one) for one in asked.about), *(("Term", one) for one in asked.terms)]
    return [("Title", asked.title), *what, ("Exported", day), ("Licence", _licence())]


def _site(workspace: Workspace, asked: _Asked, folder: Path, url: str) -> tuple[int, str]:
    """Write a site; returns how many records, and what to say."""
    from monitor.research.export.folder import Folder  # noqa: PLC0415 (only what is used is loaded)
    from monitor.research.export.site import Collection, pages  # noqa: PLC0415

    with _hits(workspace, asked) as hits:
        first = next(hits, None)
        if first is None:
            return 0, ""
        site = Folder(folder)
        read_at = workspace.archive.runs.last_started("collect")
        collection = Collection(
            id=site.feed_id,
            title=asked.title,
            about=asked.about,
            terms=asked.terms,
            topics=topic_names(workspace.config),
            read_on=read_at.astimezone(LONDON).date() if read_at else None,
            url=url,
            rights=_licence(),
            hosts=workspace.config.digest.hosts,
        )
        sheets = _sheets(workspace, asked, chain([first], hits))
        site.fill(pages(collection, sheets))
    done = f"{count_of(site.written, 'file')} written, {site.same:,} as they were, {site.removed:,} removed"
    return site.records, f"Wrote {count_of(site.records, 'record')} to {folder}: {done}."


def _sheets(workspace: Workspace, asked: _Asked, hits: Iterable[Hit]) -> Iterator[Sheet]:
    from monitor.research.export.site import Sheet  # noqa: PLC0415

    due = due_date_rule(workspace.config)
    for hit in hits:
        it = hit.revision.proceeding
        revisions = [hit.revision]
        if hit.revision.number > 1:
            everything = workspace.archive.records.revisions(hit.proceeding_id)
            revisions = [one for one in everything if one.proceeding.source == it.source]
        yield Sheet(
            revision=hit.revision,
            first_seen_at=hit.first_seen_at,
            due_on=due(it, hit.due_floor_on),
            matches=_shown(asked, hit),
            revisions=revisions,
        )


@contextmanager
def _hits(workspace: Workspace, asked: _Asked) -> Iterator[Iterator[Hit]]:
    """What passes, newest first, with a bar on a terminal."""
    total = workspace.archive.search.count(None, asked.filters) if asked.query is None else None
    with closing(workspace.archive.search.hits(asked.query, asked.filters)) as found, total_bar("exporting") as show:
        yield _shown_by(show, found, total)


def _shown_by(show: Callable[[int, Any], None], found: Iterable[Hit], total: int | None) -> Iterator[Hit]:
    for number, hit in enumerate(found):
        if not number % _EVERY:
            show(number, total)
        yield hit


def _shown(asked: _Asked, hit: Hit) -> Sequence[Match]:
    """What was found in it: the places of the query, and those of the terms of the topic asked for."""
    return [*hit.spans, *(one for one in hit.matches if one.topic == asked.filters.topic)]
