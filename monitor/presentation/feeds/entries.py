"""Records as entries of a feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jinja2

from monitor.model.digests import Item
from monitor.model.records import Kind, State
from monitor.parliament.calendar import LONDON
from monitor.parliament.links import OFFICIAL_HOSTS
from monitor.presentation.citation import is_only_spoken
from monitor.presentation.entry import Entry, entry_of, main_topic, spans_in
from monitor.presentation.excerpt import Excerpt, quote, with_links
from monitor.presentation.feeds.document import FeedEntry, tag
from monitor.presentation.match_reasons import found_line
from monitor.presentation.record_names import answered, answerer
from monitor.presentation.wording import body_name, clean, member_details, member_name, one_line, short_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from monitor.model.records import Proceeding, Revision
    from monitor.model.watching import Match
    from monitor.presentation.entry import Due
    from monitor.presentation.excerpt import Span


TEMPLATES: Final = Path(__file__).with_name("templates")
_WHOLE: Final = 10**9
"""Words: as many as there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A record in words: `entry` as a digest has it, but with the whole of its texts.

    `text` is the answer, or what was stated or said. `why`: a line for each topic that found it.
    """

    entry: Entry
    question: Excerpt
    text: Excerpt
    why: tuple[str, ...]


def leaf_of(
    revision: Revision,
    matches: Sequence[Match],
    topics: Mapping[str, str],
    due: Due,
    hosts: Sequence[str] = OFFICIAL_HOSTS,
) -> Leaf:
    """Put a record into words, with what was found in it. `topics`: names by key; `hosts`: whose links may be clicked."""
    proceeding = revision.proceeding
    keys = tuple(dict.fromkeys(match.topic for match in matches))
    item = Item(revision=revision, events=revision.events, matches=tuple(matches), topics=keys)
    part = "answer" if proceeding.kind is Kind.QUESTION else "text"
    entry = entry_of(item, dict(topics), due, hosts=hosts)
    return Leaf(
        entry=entry,
        question=with_links(_whole(proceeding.question or "", spans_in(matches, "question")), hosts),
        text=with_links(_whole(proceeding.parts().get(part, ""), spans_in(matches, part)), hosts),
        why=_why(item, topics),
    )


def _why(item: Item, topics: Mapping[str, str]) -> tuple[str, ...]:
    """Say what found a record where its bold words do not: the texts stand whole, so every word found is bold."""
    shown = [one_line(item.revision.proceeding.heading), *(one_line(match.form) for match in item.matches)]
    line = found_line(item.matches, topics, shown, unnamed=main_topic(item))
    return (line,) if line else ()


def leaf_html(leaf: Leaf) -> str:
    """Return the record as HTML without headings, for an entry of a feed."""
    return environment(TEMPLATES).get_template("leaf.html").render(leaf=leaf)


def environment(*folders: Path) -> jinja2.Environment:
    """Templates in these folders: escaped, and nothing leaves them with characters that could deceive."""
    return _environment(folders)


@cache
def _environment(folders: tuple[Path, ...]) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_safe,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _safe(value: Any) -> Any:
    return clean(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _whole(text: str, spans: list[Span]) -> Excerpt:
    return quote(text, spans, whole_up_to=_WHOLE, opening=0)


_LABELS = {
    State.TABLED: "Question",
    State.HOLDING: "Holding answer",
    State.CORRECTED: "Corrected",
    State.WITHDRAWN: "Withdrawn",
    State.LAPSED: "Lapsed",
}
"""Prefix of the heading of a question that is not simply answered, by state."""


def feed_entry(
    revision: Revision,
    first_seen_at: datetime,
    matches: Sequence[Match],
    topics: Mapping[str, str],
    due: Due,
    *,
    hosts: Sequence[str] = OFFICIAL_HOSTS,
) -> FeedEntry:
    """Return the entry of a record.

    `topics`: names by key. `due(proceeding)`: day on which an answer is due. `hosts`: hosts whose links may be clicked. The
    id is that of the record, so feed readers show a correction as a changed entry.
    """
    proceeding = revision.proceeding
    leaf = leaf_of(revision, matches, topics, due, hosts)
    label = _LABELS.get(proceeding.state) if proceeding.kind is Kind.QUESTION else None
    if proceeding.state is State.TABLED and not proceeding.heading:
        label = None  # "Question 24548: ..." says so itself
    names = [one_line(topics.get(match.topic, "")) for match in matches]
    author = proceeding.answered_by or proceeding.asked_by if proceeding.kind is Kind.QUESTION else proceeding.made_by
    return FeedEntry(
        id=tag("record", proceeding.id),
        title=f"{label}: {leaf.entry.heading}" if label else leaf.entry.heading,
        url=leaf.entry.url,
        published=_published(proceeding),
        updated=updated(revision, first_seen_at),
        author=member_name(author, one_line(proceeding.body) or "Parliament"),
        summary=_summary(proceeding),
        html=leaf_html(leaf),
        tags=tuple(dict.fromkeys(name for name in (*names, one_line(proceeding.body)) if name)),
    )


def updated(revision: Revision, first_seen_at: datetime) -> datetime:
    """Return when a record last changed: when it was first read, or for a record of the past its newest official day.

    A backfill in 2026 does not make an answer of 2005 new.
    """
    if revision.is_news:
        return revision.seen_at
    day = revision.proceeding.day
    return _start(day) if day else first_seen_at


def _published(proceeding: Proceeding) -> datetime | None:
    day = proceeding.answered_on or proceeding.made_on or proceeding.tabled_on
    return _start(day) if day else None


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON)


def _summary(proceeding: Proceeding) -> str:
    """Say in a sentence or two who asked, who answered, and when."""
    if proceeding.kind is not Kind.QUESTION:
        day = f", {short_day(proceeding.day)}" if proceeding.day else ""
        author = member_name(proceeding.made_by, one_line(proceeding.body) or "Parliament")
        return f"{author}{member_details(proceeding.made_by)}{day}."
    body = body_name(proceeding.body)
    asked = f"{member_name(proceeding.asked_by)}{member_details(proceeding.asked_by)} asked {body}."
    if proceeding.answered_on is None:
        return asked
    if is_only_spoken(proceeding):
        return f"{asked} {answerer(proceeding)}{answered(proceeding, None)}"
    verb = "gave a holding answer" if proceeding.state is State.HOLDING else "answered"
    corrected = f" Corrected on {short_day(proceeding.corrected_on)}." if proceeding.corrected_on else ""
    return f"{asked} {answerer(proceeding)} {verb} on {short_day(proceeding.answered_on)}.{corrected}"
