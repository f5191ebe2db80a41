"""A record as the JSON that scripts read: every key always there, absent values null, days and instants in ISO form.

docs/json.md tells users what each key means. Keys are added, never renamed or removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.model.records import Kind, State
from monitor.parliament.answer_labels import label_answer
from monitor.parliament.lifecycle import days_taken
from monitor.parliament.links import resolve_link
from monitor.parliament.promises.letters import letter_promised_on
from monitor.presentation.citation import cite
from monitor.presentation.match_reasons import succession_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from monitor.model.digests import DigestMention
    from monitor.model.records import Member, Proceeding, Revision
    from monitor.model.watching import Match
    from monitor.presentation.source_differences import Conflict
    from monitor.presentation.timeline import Step


SCHEMA = 1
"""Counts changes of what a key means."""

MOST_SAME = 20
"""Most ids of records with the same answer: a stock answer has thousands."""


def as_dict(
    revision: Revision,
    *,
    first_seen_at: datetime,
    due_on: date | None,
    due_on_by_parliament: date | None = None,
    matches: Iterable[Match],
    refers_to: Sequence[str] = (),
    same_answer_as: Sequence[str] = (),
    sources: Sequence[str] = (),
    differ: Iterable[Conflict] = (),
) -> dict[str, Any]:
    """Return a record with the keys of docs/json.md, in their order. A match of a query has the topic "", shown as null.

    `same_answer_as`: ids of records with the same answer, earliest first, at most `MOST_SAME`. `sources`: every source of
    the record. `differ`: where the sources differ. New keys are added at the end, so that columns of CSV stay in place.
    """
    proceeding = revision.proceeding
    return {
        "schema": SCHEMA,
        "id": proceeding.id,
        "kind": proceeding.kind.value,
        "legislature": proceeding.house.legislature,
        "house": proceeding.house.value,
        "uin": proceeding.uin,
        "column": proceeding.column,
        "heading": proceeding.heading,
        "state": proceeding.state.value if proceeding.kind is Kind.QUESTION else None,
        "date": iso_day(proceeding.day),
        "tabled_on": iso_day(proceeding.tabled_on),
        "date_for_answer": iso_day(proceeding.date_for_answer),
        "due_on": iso_day(due_on),
        "named_day": proceeding.named_day,
        "holding_on": iso_day(proceeding.holding_on),
        "answered_on": iso_day(proceeding.answered_on),
        "corrected_on": iso_day(proceeding.corrected_on),
        "days_taken": days_taken(proceeding),
        "asked_by": member_json(proceeding.asked_by),
        "answered_by": member_json(proceeding.answered_by),
        "made_by": member_json(proceeding.made_by),
        "body": proceeding.body,
        "url": proceeding.url,
        "reference": cite(proceeding),
        "question": proceeding.question,
        "answer": proceeding.answer,
        "text": proceeding.text,
        "attachments": _attachments(proceeding),
        "grouped_with": [
            {"uin": question.uin, "tabled_on": iso_day(question.tabled_on)} for question in proceeding.grouped_with
        ],
        "same_answer_as": list(same_answer_as),
        "refers_to": list(refers_to),
        "letter_promised_on": iso_day(letter_promised_on(proceeding)),
        "sources": list(sources) or [proceeding.source],
        "first_seen_at": first_seen_at.isoformat(),
        "matches": [_match(match) for match in matches],
        "source": proceeding.source,
        "made_on": iso_day(proceeding.made_on),
        "corrected_by": member_json(proceeding.corrected_by),
        "series": proceeding.series,
        "column_to": proceeding.column_to,
        "volume": proceeding.volume,
        "session": proceeding.session,
        "gid": proceeding.gid,
        "conflicts": [_conflict(difference) for difference in differ],
        "labels": [
            {"name": label.name, "start": label.start, "end": label.end}
            for label in label_answer(proceeding.answer or "")
        ],
        "links": [
            {"text": link.text, "href": link.href, "url": resolve_link(link).address} for link in proceeding.links
        ],
        "due_on_by_parliament": iso_day(due_on_by_parliament),
        "occasion": proceeding.occasion.value if proceeding.occasion else None,
        "takes_place_on": iso_day(proceeding.takes_place_on),
        "cancelled": proceeding.state is State.WITHDRAWN if proceeding.occasion else None,
    }


def whole(
    record: Mapping[str, Any],
    revisions: Iterable[Revision],
    story: Iterable[Step],
    told: Iterable[DigestMention] = (),
    referred_by: Iterable[str] = (),
) -> dict[str, Any]:
    """Return a record with its revisions (oldest first), timeline, digests, and the records that refer to it."""
    return {
        **record,
        "referred_by": list(referred_by),
        "revisions": [_revision(revision) for revision in revisions],
        "story": [
            {"date": iso_day(step.day), "event": step.event, "text": step.text, "is_seen": step.is_seen}
            for step in story
        ],
        "told": [
            {
                "subscriber": mention.subscriber,
                "digest": mention.digest_id,
                "kind": mention.kind,
                "slot": mention.slot,
                "as_of": mention.as_of.isoformat(),
                "revision": mention.revision,
            }
            for mention in told
        ],
    }


def _revision(revision: Revision) -> dict[str, Any]:
    proceeding = revision.proceeding
    return {
        "number": revision.number,
        "source": proceeding.source,
        "seen_at": revision.seen_at.isoformat(),
        "events": [event.value for event in revision.events],
        "state": proceeding.state.value if proceeding.kind is Kind.QUESTION else None,
        "heading": proceeding.heading,
        "body": proceeding.body,
        "date_for_answer": iso_day(proceeding.date_for_answer),
        "named_day": proceeding.named_day,
        "holding_on": iso_day(proceeding.holding_on),
        "answered_on": iso_day(proceeding.answered_on),
        "corrected_on": iso_day(proceeding.corrected_on),
        "answered_by": member_json(proceeding.answered_by),
        "corrected_by": member_json(proceeding.corrected_by),
        "question": proceeding.question,
        "answer": proceeding.answer,
        "text": proceeding.text,
        "original_answer": proceeding.original_answer,
        "attachments": _attachments(proceeding),
        "grouped_with": [
            {"uin": question.uin, "tabled_on": iso_day(question.tabled_on)} for question in proceeding.grouped_with
        ],
        "takes_place_on": iso_day(proceeding.takes_place_on),
        "cancelled": proceeding.state is State.WITHDRAWN if proceeding.occasion else None,
    }


def _attachments(proceeding: Proceeding) -> list[dict[str, Any]]:
    return [
        {
            "title": attachment.title,
            "file_type": attachment.file_type,
            "size_bytes": attachment.size_bytes,
            "url": attachment.url,
        }
        for attachment in proceeding.attachments
    ]


def member_json(member: Member | None) -> dict[str, Any] | None:
    """Return a member as a JSON object."""
    if member is None:
        return None
    return {
        "name": member.name,
        "party": member.party,
        "constituency": member.constituency,
        "member_id": member.member_id,
        "person_id": member.person_id,
        "printed": member.printed,
        "office": member.office,
    }


def _conflict(conflict: Conflict) -> dict[str, Any]:
    return {
        "what": conflict.what,
        "values": [
            {"source": conflict.source, "value": conflict.value},
            {"source": conflict.by, "value": conflict.other},
        ],
    }


def _match(match: Match) -> dict[str, Any]:
    return {
        "topic": match.topic or None,
        "term": match.term,
        "form": match.form,
        "part": match.part,
        "start": match.start,
        "end": match.end,
        "successor": _successor(match),
    }


def _successor(match: Match) -> dict[str, Any] | None:
    """Return the successor of a body that was found, of which body, and since when; None for any other match."""
    if (found := succession_of(match)) is None:
        return None
    successors, successor = found
    return {"name": successor.name, "of": successors.body, "since": successor.since or None}


def iso_day(day: date | None) -> str | None:
    """Return a day as JSON has it: "2024-11-26", or null."""
    return day.isoformat() if day else None
