"""Records as entries of a feed."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor.digest.wording import body_name, member_details, member_name, one_line, short_day
from monitor.feeds.document import Entry, tag
from monitor.feeds.leaf import leaf_html, leaf_of
from monitor.links import OFFICIAL_HOSTS
from monitor.model import Kind, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from monitor.feeds.leaf import Due
    from monitor.model import Match, Proceeding, Revision

LONDON = ZoneInfo("Europe/London")
_LABELS = {
    State.TABLED: "Question",
    State.HOLDING: "Holding answer",
    State.CORRECTED: "Corrected",
    State.WITHDRAWN: "Withdrawn",
    State.LAPSED: "Lapsed",
}
"""What stands before the heading of a question that is more, or less, than answered."""


def feed_entry(
    revision: Revision,
    first_seen_at: datetime,
    matches: Sequence[Match],
    topics: Mapping[str, str],
    due: Due,
    *,
    hosts: Sequence[str] = OFFICIAL_HOSTS,
) -> Entry:
    """A record as an entry. `topics` has names by key; `due` tells when an answer is due; `hosts` may be clicked.

    Its id is that of the record, whatever happens to it: feed readers show a correction as the entry, changed.
    """
    it = revision.proceeding
    leaf = leaf_of(revision, matches, topics, due, hosts)
    label = _LABELS.get(it.state) if it.kind is Kind.QUESTION else None
    if it.state is State.TABLED and not it.heading:
        label = None  # "Question 24548: ..." says so itself
    names = [one_line(topics.get(match.topic, "")) for match in matches]
    author = it.answered_by or it.asked_by if it.kind is Kind.QUESTION else it.made_by
    return Entry(
        id=tag("record", it.id),
        title=f"{label}: {leaf.entry.heading}" if label else leaf.entry.heading,
        url=leaf.entry.url,
        published=_published(it),
        updated=updated(revision, first_seen_at),
        author=member_name(author, one_line(it.body) or "Parliament"),
        summary=_summary(it),
        html=leaf_html(leaf),
        tags=tuple(dict.fromkeys(name for name in (*names, one_line(it.body)) if name)),
    )


def updated(revision: Revision, first_seen_at: datetime) -> datetime:
    """When a record last changed: for what came while we watched, when it was seen; of the past, its newest official day.

    A backfill in 2026 does not make an answer of 2005 new.
    """
    if revision.is_news:
        return revision.seen_at
    day = revision.proceeding.day
    return _start(day) if day else first_seen_at


def _published(it: Proceeding) -> datetime | None:
    day = it.answered_on or it.made_on or it.tabled_on
    return _start(day) if day else None


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON)


def _summary(it: Proceeding) -> str:
    """Who asked whom, and who answered when, in a sentence or two."""
    if it.kind is not Kind.QUESTION:
        day = f", {short_day(it.day)}" if it.day else ""
        return f"{member_name(it.made_by, one_line(it.body) or 'Parliament')}{member_details(it.made_by)}{day}."
    asked = f"{member_name(it.asked_by)}{member_details(it.asked_by)} asked {body_name(it.body)}."
    if it.answered_on is None:
        return asked
    verb = "gave a holding answer" if it.state is State.HOLDING else "answered"
    corrected = f" Corrected on {short_day(it.corrected_on)}." if it.corrected_on else ""
    return f"{asked} {member_name(it.answered_by, 'A minister')} {verb} on {short_day(it.answered_on)}.{corrected}"
