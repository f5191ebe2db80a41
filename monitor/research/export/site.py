"""A collection of records as static pages: what it is, its months, a page a record, and its feed.

    index.html        what it is, how far it goes, its newest records, its months
    2024-11.html      a month, by day; where it is long, its days have pages of their own: 2024-11-26.html
    records/ID.html   a record: question, answer, what was changed, reference
    feed.atom, feed.json, style.css

Addresses never change: they depend on days and ids. All links are relative but those to official pages, nothing is loaded
from elsewhere, nothing needs a script. Pure: the same records give the same bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from monitor.model.records import Event, House, Kind, State
from monitor.parliament.calendar import LONDON
from monitor.parliament.links import OFFICIAL_HOSTS
from monitor.presentation.citation import cite, is_only_spoken, name_of
from monitor.presentation.differences import differences
from monitor.presentation.feeds.document import Feed, FeedEntry
from monitor.presentation.feeds.entries import TEMPLATES, environment, feed_entry, leaf_of
from monitor.presentation.feeds.formats import atom, json_feed
from monitor.presentation.record_names import asker_of, heading_of
from monitor.presentation.wording import count_of, house_short, long_day, name_in_sentence, short_body, week_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.model.records import Proceeding, Revision
    from monitor.model.watching import Match
    from monitor.presentation.differences import Difference

IN_FEED: Final = 100
"""The newest records, so many, are in the feed."""

ON_INDEX: Final = 20
"""Most records on the first page."""

ON_PAGE: Final = 400
"""A month with more has a page for each day."""

LONGEST_NAME: Final = 120
"""Longest file name: with prefix and extension every file system accepts it."""

LONGEST_QUESTION: Final = 240
"""Letters that lists show of a question that has no heading yet: some forty words."""

NAMES: Final = re.compile(
    r"index\.html|style\.css|feed\.atom|feed\.json|undated\.html|\d{4}-\d\d(?:-\d\d)?\.html|records/[^/]+\.html"
)
"""Names of the files of a site. Other files are never removed."""

_HERE = Path(__file__).with_name("templates")
_UNSAFE = re.compile(r"[^a-z0-9._-]")
_STATES = {
    State.TABLED: "not answered yet",
    State.HOLDING: "holding answer",
    State.CORRECTED: "corrected",
    State.WITHDRAWN: "withdrawn",
    State.LAPSED: "lapsed",
}

_PARTS = ("question", "answer", "text")
_SHOWN = {Event.CORRECTED, Event.EDITED, Event.REWORDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """Description of a site.

    `id`: id of its feed. `about`: sentences about it. `terms`: the terms searched, if they are shown. `read_on`: when the
    sources were last read. `topics`: names of its records' topics by key. `url`: public address with a slash at its end, or
    "". `hosts`: hosts whose links in answers may be clicked.
    """

    id: str
    title: str
    about: tuple[str, ...]
    terms: tuple[str, ...] = ()
    topics: Mapping[str, str] = field(default_factory=dict)
    read_on: date | None = None
    url: str = ""
    rights: str = ""
    hosts: Sequence[str] = OFFICIAL_HOSTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A record for a page of its own: its newest revision, what was found in it, and its source's revisions, oldest first.

    `due_on`: when its answer was, or is, due; None if unknown.
    """

    revision: Revision
    first_seen_at: datetime
    due_on: date | None
    matches: Sequence[Match]
    revisions: Sequence[Revision]


@dataclass(frozen=True, slots=True)
class SiteLine:
    """A record in a list: its page, heading, and what is said of it."""

    page: str
    heading: str
    said: str
    day: date | None

    @property
    def on(self) -> str:
        """Day in words."""
        return long_day(self.day) if self.day else ""


@dataclass
class _Running:
    """State kept while the records pass."""

    lines: list[SiteLine] = field(default_factory=list)
    newest: list[SiteLine] = field(default_factory=list)
    months: Counter[str] = field(default_factory=Counter)
    entries: list[FeedEntry] = field(default_factory=list)
    count: int = 0


def pages(collection: Collection, sheets: Iterable[Sheet]) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a site by name, each once, index pages after the pages that they list.

    Records must come newest first. No more than the lines of one month are kept in memory.
    """
    running, month = _Running(), None
    yield "style.css", (_HERE / "style.css").read_bytes()
    for sheet in sheets:
        proceeding = sheet.revision.proceeding
        if running.lines and month != _month(proceeding.day):
            yield from _month_pages(collection, month, running.lines)
            running.lines = []
        month = _month(proceeding.day)
        line = _line(proceeding)
        yield line.page, _record(collection, sheet)
        running.lines.append(line)
        running.months[month] += 1
        running.count += 1
        if len(running.newest) < ON_INDEX:
            running.newest.append(line)
        if len(running.entries) < IN_FEED:
            running.entries.append(_entry(collection, sheet))
    if running.lines:
        yield from _month_pages(collection, month, running.lines)
    feed = _feed(collection, running.entries)
    yield "feed.atom", atom(feed)
    yield "feed.json", json_feed(_named(collection, feed, "feed.json"))
    yield "index.html", _index(collection, running)


def page_name(public_id: str) -> str:
    """Return the file name of a record: its id, with characters that file systems or URLs do not accept as numbers."""
    safe = _UNSAFE.sub(lambda found: f"~{ord(found.group()):x}", public_id)
    if len(safe) > LONGEST_NAME or safe.startswith("."):
        safe = f"{safe[: LONGEST_NAME - 40].lstrip('.')}~{hashlib.sha256(public_id.encode()).hexdigest()[:32]}"
    return f"records/{safe}.html"


def _month(day: date | None) -> str:
    return f"{day:%Y-%m}" if day else "undated"


def _line(proceeding: Proceeding) -> SiteLine:
    where = [
        short_body(proceeding.body),
        "" if proceeding.house is House.COMMONS else house_short(proceeding.house),
        name_of(proceeding),
    ]
    state = _STATES.get(proceeding.state, "") if proceeding.kind is Kind.QUESTION else ""
    asked = asker_of(proceeding) if proceeding.kind is Kind.QUESTION or proceeding.made_by else ""
    is_answered = proceeding.answered_on and not is_only_spoken(proceeding)
    answered = f"answered by {name_in_sentence(proceeding.answered_by, 'a minister')}" if is_answered else ""
    note = "; ".join(part for part in (", ".join(filter(None, where)), asked, answered, state) if part)
    return SiteLine(page_name(proceeding.id), heading_of(proceeding, LONGEST_QUESTION), note, proceeding.day)


# -- pages ------------------------------------------------------------------------------------------------------------


def _page(template: str, collection: Collection, up: str = "", **facts: Any) -> bytes:
    page = environment(_HERE, TEMPLATES).get_template(template)
    return page.render(site=collection, up=up, **facts).encode("utf-8", "replace")


def _record(collection: Collection, sheet: Sheet) -> bytes:
    proceeding = sheet.revision.proceeding
    return _page(
        "record.html",
        collection,
        "../",
        it=proceeding,
        leaf=leaf_of(sheet.revision, sheet.matches, collection.topics, lambda _: sheet.due_on, collection.hosts),
        name=name_of(proceeding),
        cite=cite(proceeding),
        state=_STATES.get(proceeding.state, "") if proceeding.kind is Kind.QUESTION else "",
        is_question=proceeding.kind is Kind.QUESTION,
        month=_month_link(proceeding.day),
        changes=list(_changes(sheet.revisions)),
    )


def _month_link(day: date | None) -> tuple[str, str]:
    name = _month(day)
    return f"{name}.html", _month_title(name)


def _month_title(name: str) -> str:
    if name == "undated":
        return "Without a day"
    return long_day(date.fromisoformat(f"{name}-01")).removeprefix("1 ")


def _month_pages(collection: Collection, month: str | None, lines: Sequence[SiteLine]) -> Iterator[tuple[str, bytes]]:
    """Yield the page of a month, after pages of its days if it is long."""
    name = month or ""
    days: dict[date | None, list[SiteLine]] = {}
    for line in lines:
        days.setdefault(line.day, []).append(line)
    title, is_long = _month_title(name), len(lines) > ON_PAGE and None not in days
    if is_long:
        for day, of_day in days.items():
            if day:
                on = [(None, of_day)]
                yield (
                    f"{day}.html",
                    _page("list.html", collection, title=week_day(day), days=on, above=_month_link(day), counts=[]),
                )
    counts = [(f"{day}.html", week_day(day), count_of(len(of_day), "record")) for day, of_day in days.items() if day]
    listed = [(week_day(day) if day else None, of_day) for day, of_day in days.items()]
    yield (
        f"{name}.html",
        _page(
            "list.html",
            collection,
            title=title,
            above=None,
            counts=counts if is_long else [],
            days=[] if is_long else listed,
        ),
    )


def _index(collection: Collection, running: _Running) -> bytes:
    years: dict[str, list[tuple[str, str, int]]] = {}
    for name, count in running.months.items():
        year = name[:4] if name != "undated" else "Without a day"
        years.setdefault(year, []).append((f"{name}.html", _month_title(name), count))
    days = [line.day for line in running.newest if line.day]
    return _page(
        "index.html",
        collection,
        count=count_of(running.count, "record"),
        newest_on=long_day(days[0]) if days else "",
        read_on=long_day(collection.read_on) if collection.read_on else "",
        newest=running.newest,
        is_all=running.count <= len(running.newest),
        years=years,
    )


# -- the feed ---------------------------------------------------------------------------------------------------------


def _entry(collection: Collection, sheet: Sheet) -> FeedEntry:
    return feed_entry(
        sheet.revision,
        sheet.first_seen_at,
        sheet.matches,
        collection.topics,
        lambda _: sheet.due_on,
        hosts=collection.hosts,
    )


def _feed(collection: Collection, entries: Sequence[FeedEntry]) -> Feed:
    """Return the newest records as a feed, updated when the newest of them was."""
    feed = Feed(
        id=collection.id,
        title=collection.title,
        about=" ".join([*collection.about, "; ".join(collection.terms)]).strip(),
        updated=max((entry.updated for entry in entries), default=datetime(1970, 1, 1, tzinfo=UTC)),
        entries=tuple(entries),
        page=collection.url,
        rights=collection.rights,
    )
    return _named(collection, feed, "feed.atom")


def _named(collection: Collection, feed: Feed, name: str) -> Feed:
    """Return the feed with its own address, if it is known."""
    return replace(feed, url=f"{collection.url}{name}") if collection.url else feed


# -- what was changed in a record -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A change of one part: a title ("Answer corrected on 5 February 2021"), and what it was and is, by sentences."""

    title: str
    difference: Difference


def _changes(revisions: Sequence[Revision]) -> Iterator[Changed]:
    """Return the changes of words between revisions of one source, oldest first.

    If the first revision is a correction already, the source may give the answer before it.
    """
    if revisions and (first := revisions[0].proceeding).original_answer and first.answer:
        yield from _changed("answer", first.original_answer, first.answer, _when(revisions[0]))
    for before, after in pairwise(revisions):
        if _SHOWN.isdisjoint(after.events):
            continue
        was, now = before.proceeding.parts(), after.proceeding.parts()
        for part in _PARTS:
            if was.get(part) and now.get(part):
                yield from _changed(part, was[part], now[part], _when(after))


def _changed(part: str, was: str, now: str, when: str) -> Iterator[Changed]:
    difference = differences(was, now)
    if not difference.is_none:
        yield Changed(title=f"{part.capitalize()} {when}", difference=difference)


def _when(revision: Revision) -> str:
    on = revision.proceeding.corrected_on
    if Event.CORRECTED in revision.events and on:
        return f"corrected on {long_day(on)}"
    return f"changed, seen on {long_day(revision.seen_at.astimezone(LONDON).date())}"
