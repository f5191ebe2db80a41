"""Questions that wait, put into words and as the JSON objects of docs/json.md: for the command line and for the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitor.model.records import State
from monitor.model.search import Filters
from monitor.presentation.wording import count_of, long_day, short_day
from monitor.research.records import record_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.parliament.lifecycle import DueDays
    from monitor.research.records import WaitingQuestion

NO_TOPICS = "No topics are watched."
EMPTY_ARCHIVE = "The archive is empty. To fill it: pqwatch run"
NOTHING_WAITS = "No watched question waits for an answer."


@dataclass(frozen=True, slots=True)
class WaitingInWords:
    """A question that waits, in words: when its answer is due, how it stands, and a note, "" for none."""

    due: str
    state: str
    note: str


def in_words(waiting: WaitingQuestion, today: date) -> WaitingInWords:
    """Say how a question stands."""
    proceeding = waiting.question.proceeding
    if waiting.promised_on:
        note = f"A letter was promised on {long_day(waiting.promised_on)}, not seen yet."
        return WaitingInWords("answered", "letter owed", note)
    due = waiting.due_on.isoformat() if waiting.due_on else "no due day"
    since = f"since {short_day(proceeding.tabled_on, today)}" if proceeding.tabled_on else "waiting"
    state = f"{count_of(waiting.days_late, 'day')} late" if waiting.days_late else since
    return WaitingInWords(due, state, "A holding answer was given." if proceeding.state is State.HOLDING else "")


def as_records(archive: Archive, questions: Sequence[WaitingQuestion], due_date: DueDays) -> Iterator[dict[str, Any]]:
    """Return each question as its JSON object, with the days that it is late and its topics."""
    ids = [waiting.question.proceeding_id for waiting in questions]
    hits = {hit.proceeding_id: hit for hit in archive.search.hits(None, Filters(ids=ids))}
    for waiting in questions:
        hit = hits[waiting.question.proceeding_id]
        record = record_json(archive, hit, hit.matches, due_date)
        late = waiting.days_late if waiting.due_on else None
        yield {**record, "days_late": late, "topics": sorted(waiting.question.topics)}
