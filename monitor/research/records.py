"""Records read from the archive: found by what users type, as the JSON objects of docs/json.md, and those that wait.

Watched questions wait for an answer, and answers for the letter that they promise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.model.records import Kind
from monitor.parliament.lifecycle import days_late
from monitor.parliament.promises.letters import CUES, WATCHED_DAYS, letter_awaited_on, letter_promised_on
from monitor.parliament.provenance import preferred_revision, source_rank
from monitor.presentation.record_json import MOST_SAME, as_dict
from monitor.presentation.source_differences import conflicts
from monitor.presentation.wording import licences

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.digests import OpenQuestion


if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.search import Hit
    from monitor.model.watching import Match
    from monitor.parliament.lifecycle import DueDays

_BATCH_SIZE: Final = 200
_OF_LETTER: Final = "letter:"


def newest_hits(archive: Archive, ids: Sequence[int]) -> list[Hit]:
    """Return records with their current revisions, in the order of their row ids."""
    revisions = [preferred_revision(archive.records.revisions(row_id)).id for row_id in ids]
    return list(archive.search.hits_of(revisions))


def licences_of(archive: Archive, houses: Collection[str] = ()) -> list[str]:
    """Say under which licences the records of the archive are published: of these Houses, or of all."""
    return licences([house for house in archive.records.houses() if not houses or house in houses])


def record_json(archive: Archive, hit: Hit, matches: Iterable[Match], due_date: DueDays) -> dict[str, Any]:
    """Return a record with these matches as its JSON object."""
    sources = sorted(archive.records.sources([hit.proceeding_id])[hit.proceeding_id], key=source_rank)
    same_answers = archive.similar.equal_ids(hit.revision, at_most=MOST_SAME)
    return _record_json(archive, hit, matches, due_date, _Around(sources, same_answers))


def records_json(
    archive: Archive, hits: Iterable[Hit], matches_of: Callable[[Hit], Iterable[Match]], due_date: DueDays
) -> Iterator[dict[str, Any]]:
    """Return many records as JSON objects, read in batches: faster than one by one, but the first comes later."""
    rest = iter(hits)
    while batch := list(islice(rest, _BATCH_SIZE)):
        sources = archive.records.sources([hit.proceeding_id for hit in batch])
        with_equals = archive.similar.with_equals([hit.revision for hit in batch])
        for hit in batch:
            has_equals = hit.revision.id in with_equals
            same_answers = archive.similar.equal_ids(hit.revision, at_most=MOST_SAME) if has_equals else ()
            around = _Around(sorted(sources[hit.proceeding_id], key=source_rank), same_answers)
            yield _record_json(archive, hit, matches_of(hit), due_date, around)


class _Around(NamedTuple):
    """Sources of a record, and ids of the records with the same answer."""

    sources: Sequence[str]
    same_answers: Sequence[str]


def _record_json(
    archive: Archive, hit: Hit, matches: Iterable[Match], due_date: DueDays, around: _Around
) -> dict[str, Any]:
    return as_dict(
        hit.revision,
        first_seen_at=hit.first_seen_at,
        due_on=due_date(hit.revision.proceeding, hit.due_floor_on),
        due_on_by_parliament=due_date.by_parliament(hit.revision.proceeding, hit.due_floor_on),
        matches=matches,
        refers_to=[proceeding.id for proceeding in archive.cross_references.cited(hit.revision.proceeding)],
        same_answer_as=around.same_answers,
        sources=around.sources,
        differ=conflicts(archive.records.revisions(hit.proceeding_id)) if len(around.sources) > 1 else (),
    )


# -- waiting ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WaitingQuestion:
    """A question with the day on which its answer is due, and how late the answer is.

    `days_late` is 0 where the answer is not late or the calendar is unknown. `promised_on`: the question is answered, with
    the promise of a letter.
    """

    question: OpenQuestion
    due_on: date | None
    days_late: int
    promised_on: date | None = None


def waiting_questions(
    archive: Archive, topic_keys: Sequence[str], due_date: DueDays, today: date
) -> list[WaitingQuestion]:
    """Find the questions of some topics that wait: days late first, then the longest wait, then promised letters."""
    waiting = []
    for question in archive.digests.open_questions(topic_keys):
        due_on = due_date(question.proceeding, question.due_floor_on)
        late = days_late(question.proceeding, due_on, today) or 0
        waiting.append(WaitingQuestion(question, due_on, late))
    waiting += _promised_letters(archive, topic_keys, due_date, today)
    return sorted(waiting, key=_order)


def place_of(waiting: WaitingQuestion) -> str:
    """Return the place of a record in the list, to go on after: its id, marked where it waits for a letter."""
    return f"{_OF_LETTER if waiting.promised_on else ''}{waiting.question.proceeding.id}"


def waiting_after(
    archive: Archive, questions: Sequence[WaitingQuestion], place: str, due_date: DueDays, today: date
) -> list[WaitingQuestion] | None:
    """Return those of `waiting_questions` that come after a place; None for a place of no record.

    A place stays valid when its record waits no more: it is where the record stood before its answer or its letter came.
    """
    record_id = place.removeprefix(_OF_LETTER)
    found = archive.cross_references.find(record_id)
    hits = [hit for hit in newest_hits(archive, found[:1]) if hit.revision.proceeding.id == record_id]
    if not hits or hits[0].revision.proceeding.kind is not Kind.QUESTION:
        return None
    proceeding = hits[0].revision.proceeding
    if place != record_id:
        promised_on = letter_promised_on(replace(proceeding, attachments=())) or proceeding.answered_on
        last = _Order(is_letter=True, late=0, since=str(promised_on), id=record_id)
    else:
        due_on = due_date(proceeding, hits[0].due_floor_on)
        late = max((today - due_on).days, 0) if due_on else 0
        last = _Order(is_letter=False, late=-late, since=str(proceeding.tabled_on), id=record_id)
    return [waiting for waiting in questions if _order(waiting) > last]


class _Order(NamedTuple):
    """Order of what waits: questions before promised letters, the latest first, then the longest wait."""

    is_letter: bool
    late: int
    since: str
    id: str


def _order(waiting: WaitingQuestion) -> _Order:
    proceeding, promised_on = waiting.question.proceeding, waiting.promised_on
    return _Order(
        is_letter=promised_on is not None,
        late=0 if promised_on else -waiting.days_late,
        since=str(promised_on or proceeding.tabled_on),
        id=proceeding.id,
    )


def _promised_letters(
    archive: Archive, topic_keys: Sequence[str], due_date: DueDays, today: date
) -> list[WaitingQuestion]:
    """Find answers that promise a letter which would be seen and is not there yet.

    A letter that has not come within half a year is a matter for another question.
    """
    answers = archive.digests.answered_with(CUES, topic_keys, today - timedelta(days=WATCHED_DAYS))
    return [
        WaitingQuestion(answer, due_date(answer.proceeding, answer.due_floor_on), 0, promised_on)
        for answer in answers
        if (promised_on := letter_awaited_on(answer.proceeding))
    ]
