"""A digest as plain JSON: its records with the keys of docs/json.md, and why each is told. docs/json.md tells of both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.digest.arrange import gravity, is_newly_late, section_of
from monitor.digest.subject import subject_of
from monitor.presentation.changes import change_of
from monitor.presentation.record_json import SCHEMA, as_dict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from monitor.model.digests import Digest, Item, PromiseItem, Waiting
    from monitor.model.following import FollowReason
    from monitor.model.records import Revision
    from monitor.model.topic_years import TopicYear
    from monitor.presentation.entry import Due
    from monitor.presentation.source_differences import Conflict

MOST_BYTES: Final = 1_000_000
"""Bytes for all items; further items are named by their ids. Many receivers take no more."""
_ORDER: Final = {"changed": 0, "corrected": 0, "new": 1, "coming": 2, "questions": 3}


class Related(NamedTuple):
    """Facts of a record that only the archive has.

    `refers_to`: ids of the records that it refers to. `same_answer_as`: ids of those with the same answer, the earliest
    first. `first_seen_at`: when it was first stored; None for when its revision was. `sources`, `differ`: its sources, the
    best first, and where they differ. `due_on_by_parliament`: its due day by Parliament's own calendar.
    """

    refers_to: Sequence[str]
    same_answer_as: Sequence[str]
    first_seen_at: datetime | None = None
    sources: Sequence[str] = ()
    differ: Sequence[Conflict] = ()
    due_on_by_parliament: date | None = None


def plain(
    digest: Digest, items: Sequence[Item], due: Due, message_id: str, related: Callable[[Revision], Related]
) -> bytes:
    """Return the message. `items`: one for each record. `related(revision)` looks into the archive."""
    ordered = sorted(items, key=lambda item: (_ORDER[section_of(item)], gravity(item)))
    written, left_out, size = [], [], 0
    for item in ordered:
        entry = _item(item, due, related(item.revision))
        size += len(json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace"))
        if size <= MOST_BYTES:
            written.append(entry)
        else:
            left_out.append(item.revision.proceeding.id)
    message = {
        "schema": SCHEMA,
        "type": "digest",
        "id": message_id,
        "copy_of": None,
        "subscriber": digest.subscriber.name,
        "slot": digest.slot,
        "as_of": digest.as_of.isoformat(),
        "subject": subject_of(digest),
        "topics": [{"id": key, "name": name} for key, name in digest.topics.items()],
        "items": written,
        "left_out": left_out,
        "waiting": [_waiting(waiting) for waiting in digest.waiting],
        "missed": digest.missed,
        "muted": sum(records for _, records in digest.mutes.hiding),
        "unreadable_terms": [
            {
                "topic": problem.topic,
                "term": problem.term,
                "problem": problem.reason,
                "exclude": problem.is_exclude,
                "misread": problem.is_misread,
            }
            for problem in digest.watching.unreadable
        ],
        "idle_topics": list(digest.watching.idle_topics),
        "new_terms": [
            {
                "topic": term.topic,
                "term": term.term,
                "records": term.records,
                "newest_on": term.newest_on.isoformat() if term.newest_on else None,
            }
            for term in digest.watching.new_terms
        ],
        "promises": [_promise(item) for item in digest.promises],
        "topic_years": [_year(year) for year in digest.years],
    }
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")


def _item(item: Item, due: Due, related: Related) -> dict[str, Any]:
    change = change_of(item)
    return {
        "section": section_of(item),
        "topics": list(item.topics),
        "events": [event.value for event in item.events],
        "label": change.label if change else None,
        "sentence": change.sentence if change else None,
        "told_on": item.told_on.isoformat() if item.told_on else None,
        "follows": [_follow(reason) for reason in item.follows],
        "muted_until": item.muted.until.isoformat() if item.muted else None,
        "record": _record(item, due, related),
        "promises": [_promise(made) for made in item.promises],
    }


def _follow(reason: FollowReason) -> dict[str, Any]:
    return {
        "kind": reason.kind.value,
        "ref": reason.name,
        "topic": reason.topic,
        "cites": reason.cites.id if reason.cites else None,
    }


def _year(year: TopicYear) -> dict[str, Any]:
    return {
        "topic": year.topic,
        "months": dict(year.months),
        "new_askers": [
            {"name": newcomer.name, "first_on": newcomer.first_on.isoformat(), "questions": newcomer.questions}
            for newcomer in year.newcomers
        ],
        "late_promises": [group[0].id for group in year.late],
        "late_promises_count": year.late_count,
    }


def _promise(item: PromiseItem) -> dict[str, Any]:
    promise = item.promise
    return {
        "id": item.group[0].id,
        "record": promise.record.id,
        "news": item.news.value,
        "sentence": promise.sentence,
        "act": promise.found.act,
        "expression": promise.found.expression,
        "due_from": promise.found.due_from.isoformat() if promise.found.due_from else None,
        "due_to": promise.found.due_to.isoformat() if promise.found.due_to else None,
        "kind": promise.found.kind.value,
        "made_on": promise.made_on.isoformat(),
        "first_made_on": item.group[0].made_on.isoformat(),
        "topics": list(item.topics),
        "url": promise.record.url,
    }


def _record(item: Item, due: Due, related: Related) -> dict[str, Any]:
    return as_dict(
        item.revision,
        first_seen_at=related.first_seen_at or item.revision.seen_at,
        due_on=due(item.revision.proceeding),
        due_on_by_parliament=related.due_on_by_parliament,
        matches=item.matches,
        refers_to=related.refers_to,
        same_answer_as=related.same_answer_as,
        sources=related.sources,
        differ=related.differ,
    )


def _waiting(waiting: Waiting) -> dict[str, Any]:
    asked = waiting.proceeding
    return {
        "id": asked.id,
        "uin": asked.uin,
        "heading": asked.heading,
        "url": asked.url,
        "topics": list(waiting.topics),
        "due_on": waiting.due_on.isoformat() if waiting.due_on else None,
        "days_late": waiting.days_late,
        "newly_late": is_newly_late(waiting),
        "letter_promised_on": waiting.promised_on.isoformat() if waiting.promised_on else None,
        "question": asked.question,
    }
