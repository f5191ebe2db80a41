"""Records in a list of the page: heading, reference, people, passages, and what found them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.presentation.citation import cite, short_reference
from monitor.presentation.excerpt import plain
from monitor.presentation.match_reasons import reasons
from monitor.presentation.record_lines import Passage, heading_runs, passages, people_line, state_of
from monitor.presentation.record_names import heading_of
from monitor.presentation.wording import long_day, official_url, one_line, short_body
from monitor.research.waiting import in_words
from monitor.text.language import language_of
from monitor.web.rendering import record_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from monitor.desk.desks import Desk
    from monitor.model.records import Proceeding
    from monitor.model.search import Hit
    from monitor.model.watching import Match
    from monitor.presentation.excerpt import Run
    from monitor.research.records import WaitingQuestion

ROOM: Final = 360
"""Characters of a passage: about four lines."""

LONGEST_QUESTION: Final = 160
"""Letters of a question that stand for its heading where Parliament has given none yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRecord:
    """A record in a list; strings are "" where there is nothing to say."""

    path: str
    heading: list[Run]
    facts: str
    people: str
    state: str
    cite: str
    url: str
    passages: tuple[Passage, ...] = ()
    why: tuple[str, ...] = ()
    note: str = ""

    @property
    def heading_language(self) -> str:
        """Language of the heading where it is known not to be English."""
        return language_of(plain(tuple(self.heading)))


def listed_hit(
    hit: Hit, spans: Sequence[Match], topics: Mapping[str, str] | None = None, *, note: str = ""
) -> ListedRecord:
    """Return a hit for a list. With `topics`, names by key, it says which terms found it."""
    why = tuple(reasons(spans, topics)) if topics is not None else ()
    return listed_record(hit.revision.proceeding, spans=spans, why=why, note=note)


def listed_record(
    proceeding: Proceeding, *, spans: Sequence[Match] = (), why: Sequence[str] = (), note: str = ""
) -> ListedRecord:
    """Return a record for a list."""
    day = long_day(proceeding.day) if proceeding.day else ""
    facts = (day, short_reference(proceeding), short_body(proceeding.body))
    return ListedRecord(
        path=record_path(proceeding.id),
        heading=heading_runs(proceeding, spans, heading_of(proceeding, LONGEST_QUESTION)),
        facts=", ".join(fact for fact in facts if fact),
        people=people_line(proceeding),
        state=state_of(proceeding),
        cite=cite(proceeding),
        url=official_url(proceeding) or "",
        passages=tuple(passages(proceeding, spans, lambda _label: ROOM)),
        why=tuple(why),
        note=note,
    )


def listed_waiting(desk: Desk, waiting: WaitingQuestion, day: date) -> ListedRecord:
    """Return a question that waits for a list, with how it stood on a day."""
    said = in_words(waiting, day)
    due = f"Due on {long_day(waiting.due_on)}" if waiting.due_on and not waiting.promised_on else ""
    late = said.state if waiting.days_late else ""
    when = f"{', '.join(filter(None, (due, late)))}." if due or late else ""
    topics = [name for key, name in desk.topic_names.items() if key in waiting.question.topics]
    is_told = topics and not desk.config.web.public
    return listed_record(
        waiting.question.proceeding,
        note=" ".join(filter(None, (when, said.note))),
        why=(f"Topics: {'; '.join(map(one_line, topics))}",) if is_told else (),
    )
