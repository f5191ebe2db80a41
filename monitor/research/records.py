"""Records read from the archive: found by what users type, as the JSON objects of docs/json.md, and those that wait.

Watched questions wait for an answer, and answers for the letter that they promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.parliament.lifecycle import days_late
from monitor.parliament.promises.letters import CUES, WATCHED_DAYS, letter_promised_on
from monitor.parliament.provenance import preferred_revision, source_rank
from monitor.presentation.record_json import MOST_SAME, as_dict
from monitor.presentation.source_differences import conflicts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.digests import OpenQuestion


if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.search import Hit
    from monitor.model.watching import Match
    from monitor.parliament.lifecycle import DueDays

_BATCH_SIZE: Final = 200


def newest_hits(archive: Archive, ids: Sequence[int]) -> list[Hit]:
    """Return records with their current revisions, in the order of their row ids."""
    revisions = [preferred_revision(archive.records.revisions(row_id)).id for row_id in ids]
    return list(archive.search.hits_of(revisions))


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
    waiting.sort(key=_by_lateness)
    return [*waiting, *_promised_letters(archive, topic_keys, due_date, today)]


def _by_lateness(waiting: WaitingQuestion) -> tuple[int, str, str]:
    proceeding = waiting.question.proceeding
    return -waiting.days_late, str(proceeding.tabled_on), proceeding.id


def _promised_letters(
    archive: Archive, topic_keys: Sequence[str], due_date: DueDays, today: date
) -> list[WaitingQuestion]:
    """Find answers that promise a letter which is not there yet, the longest wait first.

    A letter that has not come within half a year is a matter for another question.
    """
    answers = archive.digests.answered_with(CUES, topic_keys, today - timedelta(days=WATCHED_DAYS))
    promised = [
        WaitingQuestion(answer, due_date(answer.proceeding, answer.due_floor_on), 0, promised_on)
        for answer in answers
        if (promised_on := letter_promised_on(answer.proceeding))
    ]
    return sorted(promised, key=lambda waiting: (str(waiting.promised_on), waiting.question.proceeding.id))
