"""Promises in a calendar: the day said last, what was decided, and one event for all repetitions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from monitor.model.promises import Decision, FoundPromise, Promise, PromiseKind, PromiseState
from monitor.research.calendar_file.answers import KEPT_FOR, Wording
from monitor.research.calendar_file.document import icalendar
from monitor.research.calendar_file.promises import promise_events
from tests.builders import a_question
from tests.unit.calendar_kit import ReadersCalendar, opened

if TYPE_CHECKING:
    from monitor.model.calendar_events import CalendarEvent
    from monitor.model.records import Proceeding

WORDING = Wording(topics={"water": "Water", "sea": "Sea"}, base_url="https://desk.example")
MARCH = date(2021, 3, 31)
MAY = date(2021, 5, 31)
AS_OF = date(2021, 2, 2)
SENTENCE = "We will publish the plan by the end of March."


def a_promise(number: int = 1, due_to: date | None = MARCH, **facts: Any) -> Promise:
    """Return a promise of 1 February 2021, a repetition of the first one if its number is not 1."""
    kind = PromiseKind.DATED if due_to else PromiseKind.VAGUE
    made_on = facts.get("made_on", date(2021, 2, 1))
    found = FoundPromise(
        start=0, end=len(SENTENCE), act="publish", expression="will", kind=kind, due_from=made_on, due_to=due_to
    )
    given: dict[str, Any] = {
        "number": number,
        "id": f"p-{number}",
        "record": a_question(uin=str(140000 + number)),
        "proceeding_id": number,
        "part": "answer",
        "sentence": SENTENCE,
        "found": found,
        "made_on": made_on,
        "topics": ("water",),
        "repeats": None if number == 1 else 1,
        "noted_on": made_on,
    }
    return Promise(**(given | facts))


def decided(state: PromiseState, day: date = AS_OF) -> Decision:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return Decision(state=state, record="", reason="seen", decided_by="Ada", decided_at=at)


def events_of(*group: Promise, as_of: date = AS_OF, is_followed: bool = False) -> list[CalendarEvent]:
    return list(promise_events(group, as_of, WORDING, is_followed=is_followed))


def test_a_promise_stands_on_the_last_of_its_days_with_its_whole_sentence() -> None:
    (event,) = events_of(a_promise())
    assert (event.first_on, event.last_on) == (MARCH, MARCH)
    assert event.uid == "promise-p-1@pqwatch.invalid"
    assert event.title == (
        "Promised: We will publish the plan by the end of March. (Department for Environment, Food and Rural Affairs)"
    )
    assert event.description == (
        "Promised by Wednesday 31 March 2021.\n\n"
        "“We will publish the plan by the end of March.”\n\n"
        "Ben Placeholder, 1 February 2021\nUIN 140001, answered 1 February 2021\n\n"
        "Topics: Water\n\n"
        "https://questions-statements.parliament.uk/written-questions/detail/2021-01-26/140001\n"
        "https://desk.example/records/q-140001"
    )
    assert (event.state, event.is_cancelled, event.topics, event.record) == ("open", False, ("Water",), "q-140001")


def test_an_interval_is_named_with_its_first_day() -> None:
    promise = a_promise()
    spring = replace(promise, found=replace(promise.found, due_from=date(2021, 3, 1), due_to=MAY))
    (event,) = events_of(spring)
    assert event.description.startswith("Promised from Monday 1 March 2021 to Monday 31 May 2021.")


def test_a_promise_without_a_day_has_no_event() -> None:
    assert events_of(a_promise(due_to=None)) == []


def test_a_promise_leaves_sixty_days_after_its_day() -> None:
    assert events_of(a_promise(), as_of=MARCH + KEPT_FOR)
    assert not events_of(a_promise(), as_of=MARCH + KEPT_FOR + timedelta(days=1))


def test_a_long_sentence_is_cut_in_the_title_alone() -> None:
    (event,) = events_of(
        a_promise(sentence=f"We will publish {'a very long plan ' * 20}soon.", record=a_question(body=None))
    )
    assert len(event.title) <= len("Promised: ") + 100
    assert event.title.endswith("...")
    assert "plan soon.”" in event.description


def test_the_day_said_last_counts_and_the_drift_is_told() -> None:
    (event,) = events_of(a_promise(), a_promise(2, MAY, made_on=date(2021, 3, 1)), as_of=date(2021, 3, 2))
    assert (event.uid, event.first_on, event.sequence) == ("promise-p-1@pqwatch.invalid", MAY, 1)
    assert "Said 2 times:\n1 February 2021: by 31 March 2021\n1 March 2021: by 31 May 2021" in event.description


def test_a_repetition_without_a_day_takes_the_event_out() -> None:
    (event,) = events_of(a_promise(), a_promise(2, None, made_on=date(2021, 3, 1)), as_of=date(2021, 3, 2))
    assert (event.first_on, event.is_cancelled, event.state) == (MARCH, True, "undated")
    assert event.title.startswith("No day any more: ")
    assert event.description.startswith("Promised again without a day. It was promised by Wednesday 31 March 2021.")
    assert "1 March 2021: no day" in event.description


@pytest.mark.parametrize(
    ("promise", "title", "says", "is_cancelled"),
    [
        (a_promise(decisions=(decided(PromiseState.KEPT),)), "Kept: ", "Marked as kept on 2 February 2021.", False),
        (a_promise(decisions=(decided(PromiseState.DROPPED),)), "Dropped: ", "Marked as dropped on 2 February", True),
        (a_promise(is_gone=True), "Dropped: ", "Dropped: the record no longer says so.", True),
        (a_promise(is_gone=True, record=a_question(is_withdrawn=True)), "Dropped: ", "the record was withdrawn.", True),
        (a_promise(decisions=(decided(PromiseState.OPEN),)), "Promised: ", "Promised by Wednesday", False),
    ],
)
def test_what_was_decided_is_on_its_day(promise: Promise, title: str, says: str, is_cancelled: bool) -> None:
    (event,) = events_of(promise)
    assert event.first_on == MARCH
    assert event.title.startswith(title)
    assert says in event.description
    assert event.is_cancelled is is_cancelled
    assert event.sequence == 1


def test_a_kept_promise_that_was_repeated_without_a_day_is_kept() -> None:
    again = a_promise(2, None, made_on=date(2021, 3, 1), decisions=(decided(PromiseState.KEPT),))
    (event,) = events_of(a_promise(), again, as_of=date(2021, 3, 2))
    assert (event.state, event.is_cancelled) == ("kept", False)


def test_an_older_promise_read_later_takes_the_place_of_the_first() -> None:
    first = a_promise(1, MAY, made_on=date(2021, 2, 1))
    older = a_promise(2, MARCH, made_on=date(2021, 1, 4), repeats=None, noted_on=date(2021, 2, 9))
    first_again = replace(first, repeats=2)
    before, after = events_of(first), events_of(older, first_again, as_of=date(2021, 2, 9))
    assert [(event.uid, event.is_cancelled) for event in after] == [
        ("promise-p-2@pqwatch.invalid", False),
        ("promise-p-1@pqwatch.invalid", True),
    ]
    assert after[1].sequence > before[0].sequence


def test_files_taken_in_one_by_one_leave_one_event_with_the_newest_day() -> None:
    first, later = a_promise(), a_promise(2, MAY, made_on=date(2021, 3, 1))
    history: list[tuple[date, tuple[Promise, ...]]] = [
        (date(2021, 2, 2), (first,)),
        (date(2021, 3, 2), (first, later)),
        (date(2021, 3, 3), (first, a_promise(2, MAY, made_on=date(2021, 3, 1), is_gone=True))),
        (
            date(2021, 3, 4),
            (first, replace(later, is_gone=True, decisions=(decided(PromiseState.KEPT, date(2021, 3, 4)),))),
        ),
    ]
    calendar = ReadersCalendar()
    for as_of, group in history:
        file = icalendar(events_of(*group, as_of=as_of), "Parliament")
        calendar.take_in(file)
        calendar.agrees_with(file)
    (event,) = calendar.events.values()
    assert (event.summary.partition(":")[0], event.starts_on) == ("Kept", MARCH)


def test_categories_are_the_kind_and_the_topics_of_all_repetitions() -> None:
    group = (a_promise(topics=("sea",)), a_promise(2, topics=("water", "other")))
    (event,) = opened(icalendar(events_of(*group), "Parliament")).values()
    assert event.categories == ("Promise", "Water", "Sea")


def test_a_followed_promise_says_so_and_one_of_no_person_is_the_governments() -> None:
    record: Proceeding = a_question(answered_by=None, url=None)
    (event,) = events_of(a_promise(record=record, topics=()), is_followed=True)
    assert (event.is_followed, event.url) == (True, "")
    assert "The Government, 1 February 2021" in event.description
