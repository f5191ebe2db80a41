"""One day of the watched topics, as a reader works through it: what to act on, what to read, what is coming."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from monitor.model.records import Event, Kind, State
from monitor.model.search import ANY_TOPIC, Filters
from monitor.parliament.calendar import LONDON, next_working_day
from monitor.presentation.entry import is_about
from monitor.research.records import waiting_questions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from db.archive import Archive
    from monitor.model.search import Hit
    from monitor.parliament.lifecycle import DueDays
    from monitor.research.records import WaitingQuestion

CHANGED_STATES: Final = (State.CORRECTED, State.WITHDRAWN, State.LAPSED)
CHANGES: Final = frozenset(
    {Event.EDITED, Event.ATTACHED, Event.WITHDRAWN, Event.REAPPEARED, Event.LAPSED, Event.CORRECTED, Event.MOVED}
)
"""Events of a record that was there before which a reader has to know of."""
CHANGES_OF_NOTICES: Final = CHANGES - {Event.EDITED}
"""Changes of what is coming that are told. Its wording may change until its day, and is not."""
WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfTopics:
    """Records of a day for some topics, and how their questions stood on it.

    `changed`: corrected, withdrawn, lapsed, or edited without a word on that day. `answers`: answered, stated or said,
    about a topic; `mentions`: the same where a topic's words are only mentioned. `questions`: tabled. Each comes newest
    first. `newly_late`: told as late for the first time; `due_soon`: within the next seven days; `letters`: promised by
    then. `ahead`: what is set down for that day or later, the next day first.
    """

    day: date
    changed: tuple[Hit, ...]
    answers: tuple[Hit, ...]
    mentions: tuple[Hit, ...]
    questions: tuple[Hit, ...]
    newly_late: tuple[WaitingQuestion, ...]
    due_today: tuple[WaitingQuestion, ...]
    due_soon: tuple[WaitingQuestion, ...]
    letters: tuple[WaitingQuestion, ...]
    ahead: tuple[Hit, ...] = ()


def day_of_topics(archive: Archive, topics: Sequence[str], day: date, due_date: DueDays) -> DayOfTopics:
    """Find what a day brought for some topics, by key. Days are those of Parliament, as `pqwatch matches` counts them."""
    hits = [hit for hit in _hits_of(archive, topics, day) if hit.revision.proceeding.occasion is None]
    changed = [hit for hit in hits if hit.revision.proceeding.state in CHANGED_STATES]
    changed += _changed_otherwise(archive, topics, day, {hit.proceeding_id for hit in changed})
    in_changed = {hit.proceeding_id for hit in changed}
    tabled: list[Hit] = []
    about: list[Hit] = []
    mentions: list[Hit] = []
    for hit in hits:
        if hit.proceeding_id in in_changed:
            continue
        if _is_open(hit):
            tabled.append(hit)
        elif any(is_about(hit, topic) for topic in topics):
            about.append(hit)
        else:
            mentions.append(hit)
    waiting = waiting_questions(archive, topics, due_date, day)
    open_ones = [question for question in waiting if question.promised_on is None and question.due_on is not None]
    return DayOfTopics(
        day=day,
        changed=tuple(changed),
        answers=tuple(about),
        mentions=tuple(mentions),
        questions=tuple(tabled),
        newly_late=tuple(question for question in open_ones if _is_newly_late(question, day)),
        due_today=tuple(question for question in open_ones if question.due_on == day),
        due_soon=tuple(question for question in open_ones if question.due_on and day < question.due_on <= day + WEEK),
        letters=tuple(
            question for question in waiting if question.promised_on is not None and question.promised_on <= day
        ),
        ahead=tuple(_ahead(archive, topics, day)),
    )


def _ahead(archive: Archive, topics: Sequence[str], day: date) -> Iterator[Hit]:
    """Give what is set down for a day or later, each with the matches of these topics."""
    for hit in archive.search.hits_of(archive.records.ahead(day)):
        if own := _with_matches_of(hit, topics):
            yield own


def _hits_of(archive: Archive, topics: Sequence[str], day: date) -> list[Hit]:
    """Return the records of a day that a term of these topics found, newest first, each with their matches alone."""
    with closing(archive.search.hits(None, Filters(first=day, last=day, topic=ANY_TOPIC))) as hits:
        return [own for hit in hits if (own := _with_matches_of(hit, topics))]


def _changed_otherwise(archive: Archive, topics: Sequence[str], day: date, known: set[int]) -> list[Hit]:
    """Return records whose change was seen on a day without an official date for it, such as a silent edit."""
    first = datetime.combine(day, time(), LONDON)
    seen = archive.search.hits_of(archive.records.changed_between(first, first + timedelta(days=1)))
    found: dict[int, Hit] = {}
    for hit in seen:
        changes = CHANGES_OF_NOTICES if hit.revision.proceeding.occasion else CHANGES
        is_told = changes.intersection(hit.revision.events)
        if is_told and hit.proceeding_id not in known and (own := _with_matches_of(hit, topics)):
            found.setdefault(hit.proceeding_id, own)
    return list(found.values())


def _with_matches_of(hit: Hit, topics: Sequence[str]) -> Hit | None:
    """Return a hit with the matches of some topics alone; None where these found nothing in it."""
    matches = tuple(match for match in hit.matches if match.topic in topics)
    return replace(hit, matches=matches) if matches else None


def _is_open(hit: Hit) -> bool:
    proceeding = hit.revision.proceeding
    return proceeding.kind is Kind.QUESTION and proceeding.state is State.TABLED


def _is_newly_late(question: WaitingQuestion, day: date) -> bool:
    """Say whether a question is told as late for the first time on a day: one due on Friday is on Monday."""
    return question.days_late > 0 and question.due_on is not None and day == next_working_day(question.due_on)
