"""`export`: write everything that a query, filters or a topic find into a file or a folder of pages."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from monitor.cli import NOTHING_FOUND
from monitor.cli.options import config_option, today_in_london
from monitor.cli.paging import QueryCommand
from monitor.cli.progress import total_bar
from monitor.cli.queries import filter_options, read_filters, read_query, say_why_nothing
from monitor.cli.records import due_date_rule
from monitor.cli.workspace import open_workspace, topic_names
from monitor.parliament.calendar import LONDON
from monitor.presentation.filter_words import filters_in_words
from monitor.presentation.wording import count_of, long_day, one_line
from monitor.research.export.cells import with_pages
from monitor.research.export.markdown import escaped
from monitor.research.records import licences_of, records_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monitor.cli.workspace import Workspace
    from monitor.model.search import Filters, Hit
    from monitor.model.watching import Match, Topic
    from monitor.research.export.site import Sheet
    from monitor.terms.matcher import Query

FORMATS: Final = ("csv", "xlsx", "jsonl", "md", "site")
_RECORDS_PER_STEP: Final = 100
"""Records between two steps of the progress bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """Records to export, by a query, filters or both, with a title and a description."""

    query: Query | None
    filters: Filters
    title: str
    about: tuple[str, ...]
    terms: tuple[str, ...]
    licence: str


@click.command(
    cls=QueryCommand,
    epilog="""\b
Examples:
  pqwatch export --topic "Hi-tech crime policing" --output crime.xlsx
  pqwatch export 'asylum AND hotel*' --house lords --format csv > asylum.csv
  pqwatch export --since 365d --body "Home Office" --output answers.jsonl
  pqwatch export --topic Water --format site --output public/water

\b
Exit codes: 0 done; 1 it can't be written; 2 wrong use, or a query that can't be read; 3 nothing found.
""",
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
        compiled, filters = read_query(workspace, words, filters)
        wanted = _Request(
            query=compiled,
            filters=filters,
            title=one_line(title) or _title(workspace, words, filters),
            about=tuple(_about(workspace, words, filters)),
            terms=_terms(workspace, words, filters),
            licence=" ".join(licences_of(workspace.archive, filters.houses)),
        )
        count, message = (
            _site(workspace, wanted, Path(to or ""), url) if chosen == "site" else _file(workspace, wanted, chosen, to)
        )
        if not count:
            say_why_nothing(workspace, compiled, words, filters)
            if to and Path(to).exists():
                click.echo(f"{to} is as it was.", err=True)
            raise SystemExit(NOTHING_FOUND)
    click.echo(f"{message} {wanted.licence}".rstrip(), err=True)


def _format(output: str | None, to: str | None) -> str:
    """Return the format asked for, or that of the file's ending. Raises UsageError where there is neither."""
    ending = Path(to).suffix.lower().removeprefix(".") if to else ""
    chosen = output or (ending if ending in FORMATS else None)
    if chosen is None:
        raise click.UsageError(
            f"Choose a format: --format {'|'.join(FORMATS)}, or a file with that ending: --output found.csv"
        )
    if chosen == "site" and not to:
        raise click.UsageError("A site is a folder: add --output FOLDER")
    return chosen


def _address(base_url: str | None, chosen: str) -> str:
    """Return the address of a site with a slash at its end. Raises UsageError for a bad address."""
    if not base_url:
        return ""
    if chosen != "site":
        raise click.UsageError("--base-url is for --format site.")
    if not base_url.startswith(("https://", "http://")) or any(letter.isspace() for letter in base_url):
        raise click.UsageError(f"--base-url {base_url} is no address of the web: https://example.org/answers/")
    return base_url.rstrip("/") + "/"


# -- description ------------------------------------------------------------------------------------------------------


def _title(workspace: Workspace, words: str, filters: Filters) -> str:
    topic = topic_names(workspace.config).get(filters.topic or "", "")
    return one_line(words or topic) or "Records of Parliament"


def _about(workspace: Workspace, words: str, filters: Filters) -> Iterator[str]:
    """Describe the export in sentences that depend on the request alone."""
    topic = _topic(workspace, filters)
    subject = "these words are" if words else "a term of this topic is" if topic else ""
    yield f"What was published in Parliament{f' and in which {subject} found' if subject else ''}."
    if topic and words:
        yield f"Only what a term of {one_line(topic.name)} is found in."
    if topic and topic.note:
        yield f"{one_line(topic.note).rstrip('.')}."
    limits = list(filters_in_words(filters))
    if limits:
        yield f"Only {'; '.join(limits)}."


def _terms(workspace: Workspace, words: str, filters: Filters) -> tuple[str, ...]:
    """Return what is looked for: the query, else the terms of the topic."""
    topic = _topic(workspace, filters)
    if words:
        return (one_line(words),)
    return tuple(one_line(term) for term in topic.terms) if topic else ()


def _topic(workspace: Workspace, filters: Filters) -> Topic | None:
    return next((topic for topic in workspace.config.topics if topic.key == filters.topic), None)


# -- files and sites --------------------------------------------------------------------------------------------------


def _file(workspace: Workspace, request: _Request, output: str, to: str | None) -> tuple[int, str]:
    """Write a file, or to stdout; return how many records, and what to say."""
    from monitor.cli.formats import destination, write  # noqa: PLC0415 (they load what they use)

    due_date = due_date_rule(workspace)
    with _hits(workspace, request) as hits:
        first = next(hits, None)
        if first is None:
            return 0, ""
        found = records_json(workspace.archive, chain([first], hits), partial(_matches, request), due_date)
        records = with_pages(found, workspace.config.web.base_url)
        with destination(output, to):
            if output == "md":
                _echo(
                    f"# {escaped(request.title)}",
                    *map(escaped, request.about),
                    *(f"- {escaped(term)}" for term in request.terms),
                )
                click.echo()
            count = write(records, output, _about_sheet(request))
            if output == "md" and request.licence:
                _echo("", escaped(request.licence))
    return count, f"Wrote {count_of(count, 'record')}{f' to {to}' if to and to != '-' else ''}."


def _echo(*paragraphs: str) -> None:
    click.echo("\n\n".join(paragraphs))


def _about_sheet(request: _Request) -> list[tuple[str, str]]:
    """Return the rows of the last sheet of a workbook."""
    day = long_day(today_in_london())
    about = [("What", sentence) for sentence in request.about]
    terms = [("Term", term) for term in request.terms]
    licence = [("Licence", request.licence)] if request.licence else []
    return [("Title", request.title), *about, *terms, ("Exported", day), *licence]


def _site(workspace: Workspace, request: _Request, folder: Path, url: str) -> tuple[int, str]:
    """Write a site; return how many records, and what to say."""
    from monitor.research.export.folder import Folder  # noqa: PLC0415 (only what is used is loaded)
    from monitor.research.export.site import Collection, pages  # noqa: PLC0415

    with _hits(workspace, request) as hits:
        first = next(hits, None)
        if first is None:
            return 0, ""
        site = Folder(folder)
        read_at = workspace.archive.runs.last_started("collect")
        collection = Collection(
            id=site.feed_id,
            title=request.title,
            about=request.about,
            terms=request.terms,
            topics=topic_names(workspace.config),
            read_on=read_at.astimezone(LONDON).date() if read_at else None,
            url=url,
            rights=request.licence,
            hosts=workspace.config.digest.hosts,
        )
        sheets = _sheets(workspace, request, chain([first], hits))
        site.fill(pages(collection, sheets))
    done = f"{count_of(site.written, 'file')} written, {site.same:,} as they were, {site.removed:,} removed"
    return site.records, f"Wrote {count_of(site.records, 'record')} to {folder}: {done}."


def _sheets(workspace: Workspace, request: _Request, hits: Iterable[Hit]) -> Iterator[Sheet]:
    from monitor.research.export.site import Sheet  # noqa: PLC0415

    due_date = due_date_rule(workspace)
    for hit in hits:
        proceeding = hit.revision.proceeding
        revisions = [hit.revision]
        if hit.revision.number > 1:
            every = workspace.archive.records.revisions(hit.proceeding_id)
            revisions = [revision for revision in every if revision.proceeding.source == proceeding.source]
        yield Sheet(
            revision=hit.revision,
            first_seen_at=hit.first_seen_at,
            due_on=due_date(proceeding, hit.due_floor_on),
            matches=_matches(request, hit),
            revisions=revisions,
        )


@contextmanager
def _hits(workspace: Workspace, request: _Request) -> Iterator[Iterator[Hit]]:
    """Yield the records that pass, newest first, with a bar on a terminal."""
    total = workspace.archive.search.count(None, request.filters) if request.query is None else None
    with (
        closing(workspace.archive.search.hits(request.query, request.filters)) as found,
        total_bar("exporting") as show,
    ):
        yield _with_progress(show, found, total)


def _with_progress(show: Callable[[int, Any], None], found: Iterable[Hit], total: int | None) -> Iterator[Hit]:
    for number, hit in enumerate(found):
        if not number % _RECORDS_PER_STEP:
            show(number, total)
        yield hit


def _matches(request: _Request, hit: Hit) -> Sequence[Match]:
    """Return what was found in a record: the places of the query, and those of the terms of the topic asked for."""
    return [*hit.spans, *(match for match in hit.matches if match.topic == request.filters.topic)]
