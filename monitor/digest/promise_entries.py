"""Wording of promises that fall due, are late or were kept. This module cleans the texts that come from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.model.promises import PromiseNews, PromiseState
from monitor.presentation.citation import name_of
from monitor.presentation.promise_words import drift_words, due_words, why
from monitor.presentation.record_names import heading_of
from monitor.presentation.wording import clean, long_day, member_name, official_url, one_line, short_body

if TYPE_CHECKING:
    from monitor.model.digests import Digest, PromiseItem

OVERDUE: Final = "Promises overdue"
DUE: Final = "Promises due"
KEPT: Final = "Promises kept"

_SECTIONS: Final = {PromiseNews.OVERDUE: OVERDUE, PromiseNews.DUE: DUE, PromiseNews.KEPT: KEPT}


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseEntry:
    """A promise in words; strings are "" where there is nothing to say.

    `section`: one of those above. `when`: when it is due, and how its day drifted. `said`: who said it, when and where. `id`
    is that of the promise, `record` that of the record.
    """

    section: str
    topic: str
    heading: str
    url: str
    body: str
    sentence: str
    when: str
    said: str
    id: str
    record: str


def promise_entries(digest: Digest) -> list[PromiseEntry]:
    """Put the promises of a digest into words, in their order."""
    return [_entry(item, digest) for item in digest.promises]


def _entry(item: PromiseItem, digest: Digest) -> PromiseEntry:
    promise, record = item.promise, item.promise.record
    topic = next(iter(item.topics), "")
    name = name_of(record)
    return PromiseEntry(
        section=_SECTIONS[item.news],
        topic=one_line(digest.topics.get(topic, topic)) or "Followed",
        heading=heading_of(record),
        url=official_url(record),
        body=short_body(record.body),
        sentence=one_line(clean(promise.sentence)),
        when=_when(item),
        said=f"{member_name(promise.made_by, 'A minister')}, {long_day(promise.made_on)}{f', {name}' if name else ''}.",
        id=item.group[0].id,
        record=record.id,
    )


def _when(item: PromiseItem) -> str:
    if item.news is PromiseNews.KEPT:
        said = why(item.group, PromiseState.KEPT)
        return f"{said[:1].upper()}{said[1:]}."
    words, last_day = due_words(item.promise), item.promise.found.due_to
    until = f" (until {long_day(last_day)})" if last_day and str(last_day.day) not in words.split() else ""
    drifted = drift_words(item.group)
    lead = "Was due" if item.news is PromiseNews.OVERDUE else "Due"
    return f"{lead}: {words}{until}." + (f" Its day moved: {drifted}." if drifted else "")


def promises_line(entry: PromiseEntry) -> str:
    """Return a promise on one line, for short messages."""
    return f"\u201c{entry.sentence}\u201d {entry.when} {entry.said}"
