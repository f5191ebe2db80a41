"""Results of a search as a file: CSV, a workbook, JSON Lines, or an Atom feed, with the fields of the commands.

A file is read from the archive a part at a time, while it is sent. Between two parts nothing of the archive is held, so that
a slow line keeps no one waiting.
"""

from __future__ import annotations

import tempfile
import threading
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from monitor.desk.hits import find_hits
from monitor.desk.search import RefusedSearchError, SearchForm, read_search
from monitor.errors import MonitorError, sentence
from monitor.presentation.feeds.document import Feed, tag
from monitor.presentation.feeds.entries import feed_entry
from monitor.presentation.feeds.formats import atom
from monitor.research.export.cells import with_pages
from monitor.research.export.texts import csv_lines, csv_remark, json_lines
from monitor.research.export.workbook import write_workbook
from monitor.research.records import licences_of, records_json
from monitor.research.time_limit import time_limit
from monitor.terms.tree import TermError
from monitor.web.desk import DeskOf
from monitor.web.rendering import path_with
from monitor.web.responses import CutOffError, TooLongError, file_name, in_pieces, streamed, tagged
from monitor.web.search_form import search_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.desk.desks import Desk
    from monitor.desk.search import ParsedSearch
    from monitor.model.search import Hit, SearchPosition
    from monitor.presentation.feeds.document import FeedEntry

router = APIRouter(include_in_schema=False)

SUFFIXES: Final = {".csv": "CSV", ".xlsx": "Excel workbook", ".jsonl": "JSON Lines", ".atom": "Atom feed"}
MOST_DOWNLOADED: Final = 10_000
"""Records of a file. `pqwatch export` has no limit."""
IN_A_FEED: Final = 50
AT_A_TIME: Final = 200

MOST_SECONDS: Final = 20.0
"""Seconds of searching for one part of a file."""

INCOMPLETE: Final = "This file is not whole."
"""Begins the last line of a file that could not be finished."""

_place = threading.BoundedSemaphore(1)
"""Parts of files are read one after the other, so that pages stay quick while many files are sent."""

_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_IN_MEMORY: Final = 4_000_000
"""Bytes up to which a workbook is kept in memory until it is sent."""

FormOf = Annotated[SearchForm, Depends(search_form)]


@router.get("/search.csv")
def download_csv(desk: DeskOf, form: FormOf) -> Response:
    """Send what is found as CSV."""
    lines = csv_lines(_records(desk, _read(desk, form)))
    pieces = _in_bytes(lines, csv_remark, desk)
    return streamed(pieces, file_name(form.words, ".csv"), "text/csv; charset=utf-8")


@router.get("/search.jsonl")
def download_json_lines(desk: DeskOf, form: FormOf) -> Response:
    """Send what is found as JSON Lines."""
    lines = json_lines(_records(desk, _read(desk, form)))
    pieces = _in_bytes(lines, lambda reason: "".join(json_lines([{"incomplete": reason}])), desk)
    return streamed(pieces, file_name(form.words, ".jsonl"), "application/jsonl; charset=utf-8")


@router.get("/search.xlsx")
def download_workbook(desk: DeskOf, form: FormOf) -> Response:
    """Send what is found as a workbook, which is made before its first byte is sent."""
    search = _read(desk, form)
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (closed when it is sent)
    try:
        write_workbook(_records(desk, search), file)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return streamed(in_pieces(file), file_name(form.words, ".xlsx"), _WORKBOOK)


@router.get("/search.atom")
def show_feed(request: Request, desk: DeskOf, form: FormOf) -> Response:
    """Show the newest that is found as a feed."""
    form = replace(form, sort="newest", after="")
    parameters, search = form.parameters(), _read(desk, form)
    entries = tuple(_entry(desk, hit) for hit in _hits(desk, search, IN_A_FEED))
    base = desk.config.web.base_url
    feed = Feed(
        id=tag("search", desk.archive.runs.instance(), path_with("", parameters).lstrip("?")),
        title=f"Search: {form.words}" if form.words else "Records of Parliament",
        about="What a search of pqwatch finds, newest first.",
        updated=max((entry.updated for entry in entries), default=datetime(1970, 1, 1, tzinfo=UTC)),
        entries=entries,
        url=f"{base}{path_with('/search.atom', parameters)}" if base.startswith("https://") else "",
        page=f"{base}{path_with('/search', parameters)}" if base.startswith("https://") else "",
        rights=" ".join(licences_of(desk.archive, search.filters.houses)),
    )
    return tagged(request, atom(feed), "application/atom+xml; charset=utf-8")


def _entry(desk: Desk, hit: Hit) -> FeedEntry:
    due = partial(desk.due_date, floor=hit.due_floor_on)
    return feed_entry(hit.revision, hit.first_seen_at, hit.spans, {}, due, hosts=desk.config.digest.hosts)


def _read(desk: Desk, form: SearchForm) -> ParsedSearch:
    try:
        return read_search(desk, form)
    except TermError as exc:
        raise HTTPException(400, str(exc)) from exc
    except RefusedSearchError as exc:
        raise HTTPException(403 if exc.is_forbidden else 400, str(exc)) from exc


# -- records ------------------------------------------------------------------------------------------------------------


def _records(desk: Desk, search: ParsedSearch) -> Iterator[dict[str, Any]]:
    """Read what is found, from the beginning of the list, a part at a time."""
    place, left = None, MOST_DOWNLOADED
    while left > 0:
        with _place:
            hits = _hits(desk, search, min(AT_A_TIME, left), place)
            found = records_json(desk.archive, hits, lambda hit: hit.spans, desk.due_date)
            records = list(with_pages(found, desk.config.web.base_url))
        yield from records
        left -= len(hits)
        if len(hits) < AT_A_TIME or hits[-1].place is None:
            return
        place = hits[-1].place


def _hits(desk: Desk, search: ParsedSearch, limit: int, after: SearchPosition | None = None) -> list[Hit]:
    """Return hits after a place. Raises TooLongError, which breaks a file off, so that its reader knows of it."""
    found = find_hits(desk, search, limit, after, time_limit(MOST_SECONDS))
    if found.is_cut:
        raise TooLongError
    return found.hits


def _in_bytes(lines: Iterator[str], last: Callable[[str], str], desk: Desk) -> Iterator[bytes]:
    """Return lines as bytes. The first is read at once, so that a search that can't begin is refused by its status.

    Where a later one can't be read, `last` makes a line of the reason, and the connection is cut behind it: a file that is
    not whole never looks like one that is.
    """
    first = next(lines, "")
    return (line.encode("utf-8", "replace") for line in chain([first], _to_the_end(lines, last, desk)))


def _to_the_end(lines: Iterator[str], last: Callable[[str], str], desk: Desk) -> Iterator[str]:
    try:
        yield from lines
    except TooLongError as exc:
        yield last(f"{INCOMPLETE} {exc.detail}")
        raise CutOffError(exc.detail) from exc
    except MonitorError as exc:
        yield last(INCOMPLETE if desk.config.web.public else f"{INCOMPLETE} {sentence(str(exc))}")
        raise CutOffError(str(exc)) from exc
