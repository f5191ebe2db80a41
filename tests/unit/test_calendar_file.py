"""Events of a calendar and their file: days, words, identity, and what other programs read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.calendar_events import CalendarEvent, EventKind, WatchedRecord
from monitor.model.records import House
from monitor.parliament.calendar import LONDON, SittingCalendar, load_calendar
from monitor.parliament.lifecycle import due_on
from monitor.parliament.provenance import preferred_revision
from monitor.presentation.wording import clean
from monitor.research.calendar_file.answers import KEPT_FOR, Wording, answer_event, is_due_day_missing
from monitor.research.calendar_file.document import icalendar
from monitor.research.calendar_file.sittings import recess_events, sitting_events
from tests.builders import a_question, a_revision
from tests.unit.calendar_kit import ReadersCalendar, opened, unfolded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.model.records import Proceeding

SHIPPED = load_calendar()
WORDING = Wording(topics={"water": "Water", "sea": "Sea"}, base_url="https://desk.example")
OPEN: dict[str, Any] = {"answer": None, "question": "To ask the Secretary of State, if he will test bathing water."}
AS_OF = date(2021, 2, 2)


def seen(day: date) -> datetime:
    return datetime.combine(day, time(6, 30), UTC)


def a_history(*readings: tuple[date, Proceeding], **facts: Any) -> WatchedRecord:
    """The history of a question that was read on these days, watched while it is about bathing water."""
    revisions = tuple(
        a_revision(proceeding, id=number, number=number, seen_at=seen(day))
        for number, (day, proceeding) in enumerate(readings, start=1)
    )
    newest = preferred_revision(revisions)
    is_about = "bathing water" in (newest.proceeding.question or "")
    given: dict[str, Any] = {
        "proceeding_id": 1,
        "public_id": newest.proceeding.id,
        "revisions": revisions,
        "newest": newest,
        "topics": frozenset({"water"} if is_about else ()),
        "is_followed": False,
        "due_floor_on": max(day for _, proceeding in readings if (day := proceeding.date_for_answer)),
    }
    return WatchedRecord(**(given | facts))


def event_of(history: WatchedRecord, as_of: date = AS_OF, calendar: SittingCalendar = SHIPPED) -> CalendarEvent:
    event = answer_event(history, lambda asked, floor: due_on(asked, calendar, floor), as_of, WORDING)
    assert event is not None
    return event


def has_event(history: WatchedRecord, as_of: date) -> bool:
    return answer_event(history, lambda asked, floor: due_on(asked, SHIPPED, floor), as_of, WORDING) is not None


TABLED = (date(2021, 1, 27), a_question(**OPEN))


# -- an answer --------------------------------------------------------------------------------------------------------


def test_a_question_has_its_due_day_with_all_that_a_reader_asks_for() -> None:
    event = event_of(a_history(TABLED))
    assert (event.first_on, event.last_on) == (date(2021, 2, 1), date(2021, 2, 1))
    assert event.title == "Due: UIN 140001, Water: Sample Vale (Department for Environment, Food and Rural Affairs)"
    assert event.description == (
        "The answer is due on Monday 1 February 2021. Named day: 1 February 2021.\n\n"
        "To ask the Secretary of State, if he will test bathing water.\n\n"
        "Asked by Ada Example (Lab, Mid Sample).\nUIN 140001, tabled 26 January 2021\n\n"
        "Topics: Water\n\n"
        "https://questions-statements.parliament.uk/written-questions/detail/2021-01-26/140001\n"
        "https://desk.example/records/q-140001"
    )
    assert (event.state, event.is_cancelled, event.topics) == ("tabled", False, ("Water",))


def test_an_ordinary_question_is_due_on_the_fifth_sitting_day() -> None:
    event = event_of(a_history((TABLED[0], a_question(**OPEN, named_day=False))))
    assert event.first_on == date(2021, 2, 8)
    assert "Set down: 1 February 2021." in event.description


def test_the_newest_reading_says_when_it_is_due() -> None:
    named = a_history(TABLED, (date(2021, 1, 28), a_question(**OPEN, named_day=False)))
    assert event_of(named).first_on == date(2021, 2, 8)
    later = a_history(TABLED, (date(2021, 1, 28), a_question(**OPEN, date_for_answer=date(2021, 2, 3))))
    assert event_of(later).first_on == date(2021, 2, 3)
    back = a_history(TABLED, (date(2021, 1, 28), a_question(**OPEN, date_for_answer=date(2021, 1, 29))))
    assert event_of(back).first_on == date(2021, 2, 1)


def test_a_question_without_heading_or_body_is_called_by_its_first_words() -> None:
    event = event_of(a_history((TABLED[0], a_question(**OPEN, heading=None, body=None, url=None))))
    assert event.title == "Due: UIN 140001, if he will test bathing water"
    assert event.url == ""


def test_a_holding_answer_leaves_it_due() -> None:
    held = a_question(answer="I will answer shortly.", question=OPEN["question"], is_holding=True)
    event = event_of(a_history(TABLED, (date(2021, 2, 1), replace(held, holding_on=date(2021, 2, 1)))))
    assert event.title.startswith("Due: ")
    assert "A holding answer was given on 1 February 2021." in event.description


@pytest.mark.parametrize(
    ("change", "title", "says", "is_cancelled"),
    [
        (
            {"answered_on": date(2021, 2, 1)},
            "Answered 1 Feb 2021: ",
            "Answered on Monday 1 February 2021. It was",
            False,
        ),
        ({"answered_on": date(2021, 2, 4)}, "Answered 4 Feb 2021: ", "4 February 2021, 3 days late.", False),
        ({"is_correction": True, "answered_on": None}, "Answered: ", "Answered. It was due on", False),
        ({"answer": None, "is_withdrawn": True}, "Withdrawn: ", "Withdrawn: no answer will come.", True),
        ({"answer": None, "is_gone": True}, "Withdrawn: ", "Withdrawn: no answer will come.", True),
        ({"answer": None, "is_lapsed": True}, "Lapsed: ", "Lapsed: no answer will come.", True),
        ({"answer": None, "question": "If he will test."}, "No longer watched: ", "No watched term is in", True),
    ],
)
def test_a_settled_question_says_so_on_its_day(
    change: dict[str, Any], title: str, says: str, is_cancelled: bool
) -> None:
    later = a_question(**({"question": OPEN["question"]} | change))
    event = event_of(a_history(TABLED, (date(2021, 2, 4), later)), date(2021, 2, 5))
    assert event.first_on == date(2021, 2, 1)
    assert event.title.startswith(title)
    assert says in event.description
    assert event.is_cancelled is is_cancelled


def test_a_settled_question_stays_for_sixty_days() -> None:
    for change in ({"answered_on": date(2021, 2, 4)}, {"answer": None, "is_withdrawn": True}):
        history = a_history(TABLED, (date(2021, 2, 4), a_question(**({"question": OPEN["question"]} | change))))
        assert has_event(history, date(2021, 2, 4) + KEPT_FOR)
        assert not has_event(history, date(2021, 2, 5) + KEPT_FOR)


def test_a_question_that_was_never_seen_open_was_in_no_calendar() -> None:
    assert not has_event(a_history((date(2021, 2, 1), a_question())), AS_OF)
    assert not has_event(a_history((date(2021, 2, 1), a_question(**OPEN, is_withdrawn=True))), AS_OF)


def test_a_followed_question_needs_no_topic() -> None:
    event = event_of(a_history((TABLED[0], a_question(answer=None)), topics=frozenset(), is_followed=True))
    assert (event.is_cancelled, event.is_followed, event.topics) == (False, True, ())
    assert "Topics" not in event.description


def test_what_the_reader_has_dealt_with_is_taken_out_until_it_changes() -> None:
    history = a_history(TABLED)

    def due(asked: Proceeding, floor: date | None) -> date | None:
        return due_on(asked, SHIPPED, floor)

    done = answer_event(history, due, AS_OF, WORDING, is_done=True)
    later = event_of(a_history(TABLED, (date(2021, 2, 2), a_question(question=OPEN["question"]))))
    assert done is not None
    assert (done.is_cancelled, done.state) == (True, "done")
    assert done.title.startswith("Dealt with: UIN 140001, ")
    assert done.description.startswith(
        "You have dealt with this question. Its answer is due on Monday 1 February 2021."
    )
    assert event_of(history).sequence < done.sequence < later.sequence


def test_a_day_that_is_not_known_is_no_event_but_missed() -> None:
    ordinary = a_history((TABLED[0], a_question(**OPEN, named_day=False)))
    unknown = SittingCalendar(known={}, recesses={})

    def due(asked: Proceeding, floor: date | None) -> date | None:
        return due_on(asked, unknown, floor)

    assert answer_event(ordinary, due, AS_OF, WORDING) is None
    assert is_due_day_missing(ordinary, due)
    assert not is_due_day_missing(a_history(TABLED), due)
    assert not is_due_day_missing(
        a_history(TABLED, (AS_OF, a_question(question=OPEN["question"], named_day=False))), due
    )


def test_a_source_that_does_not_name_the_day_leaves_it_as_it_was() -> None:
    other = a_question(
        id="pq-1", source="theyworkforyou", question=OPEN["question"], date_for_answer=None, named_day=None
    )
    event = event_of(a_history(TABLED, (date(2021, 2, 2), other)))
    assert (event.uid, event.record) == ("answer-q-140001@pqwatch.invalid", "q-140001")
    assert (event.first_on, event.state) == (date(2021, 2, 1), "answered")


def test_a_recess_that_becomes_known_moves_the_event_on_and_says_so() -> None:
    history = a_history((TABLED[0], a_question(**OPEN, named_day=False)))
    before, after = (
        event_of(history, calendar=SittingCalendar(known=SHIPPED.known, recesses={House.COMMONS: recess}))
        for recess in ((), ((date(2021, 2, 3), date(2021, 2, 12)),))
    )
    assert after.first_on > before.first_on
    assert after.sequence > before.sequence


STEPS = st.sampled_from(
    [
        {"date_for_answer": 3},
        {"date_for_answer": -2},
        {"body": "Home Office", "body_id": 1, "date_for_answer": 5},
        {"named_day": False},
        {"named_day": True},
        {"heading": "Water; beaches, and\nBEGIN:VEVENT"},
        {"question": "If he will test."},
        {"question": OPEN["question"]},
        {"answer": "Shortly.", "is_holding": True},
        {"answer": "Yes.", "is_holding": False, "answered_on": 0},
        {"corrected_on": 0, "is_correction": True},
        {"is_withdrawn": True},
        {"is_withdrawn": False},
        {"is_lapsed": True},
    ]
)
HISTORIES = st.lists(st.lists(st.tuples(st.integers(0, 40), STEPS), max_size=7), min_size=1, max_size=3)


def _changed(proceeding: Proceeding, day: date, step: dict[str, Any]) -> Proceeding:
    assert proceeding.date_for_answer
    facts = dict(step)
    for name in ("answered_on", "corrected_on"):
        if name in facts:
            facts[name] = day
    if "date_for_answer" in facts:
        facts["date_for_answer"] = proceeding.date_for_answer + timedelta(days=facts["date_for_answer"])
    if facts.get("is_holding"):
        facts |= {"holding_on": day, "answered_on": day}
    return replace(proceeding, **facts)


@settings(max_examples=60)
@given(HISTORIES)
def test_files_taken_in_one_by_one_are_the_newest_file(histories: list[list[tuple[int, dict[str, Any]]]]) -> None:
    readings: list[list[tuple[date, Proceeding]]] = []
    for number, steps in enumerate(histories):
        day, proceeding = TABLED[0], a_question(**OPEN, uin=str(140001 + number))
        readings.append([(day, proceeding)])
        for days, step in steps:
            day += timedelta(days=days)
            changed = _changed(proceeding, day, step)
            if changed != proceeding:
                proceeding = changed
                readings[-1].append((day, proceeding))
    calendar, file = ReadersCalendar(), b""
    for as_of in sorted({day for history in readings for day, _ in history}):
        file = _file_of(readings, as_of)
        calendar.take_in(file)
        calendar.agrees_with(file)
        assert file == _file_of(readings, as_of)


def _file_of(readings: Sequence[Sequence[tuple[date, Proceeding]]], as_of: date) -> bytes:
    histories = [a_history(*read) for all_of in readings if (read := [pair for pair in all_of if pair[0] <= as_of])]
    found = [
        answer_event(history, lambda asked, floor: due_on(asked, SHIPPED, floor), as_of, WORDING)
        for history in histories
    ]
    return icalendar([event for event in found if event], "Parliament")


# -- recesses and sittings --------------------------------------------------------------------------------------------


def test_a_recess_is_one_event_and_says_when_the_house_is_back() -> None:
    christmas = next(event for event in recess_events(SHIPPED, date(2024, 12, 1)) if f"{event.first_on:%m}" == "12")
    assert christmas.uid == "recess-commons-2024-12@pqwatch.invalid"
    assert (christmas.first_on, christmas.last_on) == (date(2024, 12, 20), date(2025, 1, 5))
    assert christmas.title == "House of Commons: recess"
    assert christmas.description == (
        "The House of Commons doesn't sit from Friday 20 December 2024 to Sunday 5 January 2025. "
        "It sits again on Monday 6 January 2025."
    )


def test_each_recess_has_its_own_identity_whatever_the_day() -> None:
    everything = {event.uid: event.first_on for event in recess_events(SHIPPED, date(2017, 6, 1))}
    assert len(everything) == len(list(recess_events(SHIPPED, date(2017, 6, 1))))
    for event in recess_events(SHIPPED, date(2025, 6, 1)):
        assert everything[event.uid] == event.first_on
        assert event.last_on >= date(2025, 6, 1) - KEPT_FOR


def test_an_end_of_a_session_is_no_recess() -> None:
    titles = {
        event.first_on: event.title for event in recess_events(SHIPPED, date(2026, 4, 1)) if event.house == "commons"
    }
    assert titles[date(2026, 4, 30)] == "House of Commons: prorogued or dissolved"
    assert titles[date(2026, 3, 27)] == "House of Commons: recess"


def test_a_recess_at_the_end_of_the_table_promises_no_return() -> None:
    calendar = SittingCalendar(
        known={House.LORDS: (date(2021, 1, 1), date(2021, 3, 31))},
        recesses={House.LORDS: ((date(2021, 3, 20), date(2021, 3, 31)),)},
    )
    (event,) = recess_events(calendar, AS_OF)
    assert event.description == (
        "The House of Lords doesn't sit from Saturday 20 March 2021 to Wednesday 31 March 2021."
    )


def test_sitting_days_are_an_event_a_week_without_fridays() -> None:
    events = [event for event in sitting_events(SHIPPED, date(2025, 6, 9)) if event.house == "commons"]
    week = next(event for event in events if event.first_on == date(2025, 6, 9))
    assert (week.uid, week.last_on) == ("sitting-commons-2025-w24@pqwatch.invalid", date(2025, 6, 12))
    assert week.title == "House of Commons sits"
    assert not [event for event in events if event.first_on <= date(2025, 6, 13) <= event.last_on]
    assert max(event.last_on for event in events) <= date(2026, 9, 2)


def test_a_week_with_two_runs_of_sittings_and_one_with_a_saturday() -> None:
    calendar = SittingCalendar(
        known={House.COMMONS: (date(2021, 2, 1), date(2021, 2, 9))},
        recesses={House.COMMONS: ((date(2021, 2, 3), date(2021, 2, 3)),)},
        weekend_sittings={House.COMMONS: frozenset({date(2021, 2, 6)})},
    )
    assert [
        (event.uid.split("@")[0], event.first_on.day, event.last_on.day) for event in sitting_events(calendar, AS_OF)
    ] == [
        ("sitting-commons-2021-w05", 1, 2),
        ("sitting-commons-2021-w05-2", 4, 4),
        ("sitting-commons-2021-w05-3", 6, 6),
        ("sitting-commons-2021-w06", 8, 9),
    ]
    assert not list(sitting_events(SittingCalendar(known={}, recesses={}), AS_OF))


# -- the file ---------------------------------------------------------------------------------------------------------


def an_event(**facts: Any) -> CalendarEvent:
    given: dict[str, Any] = {
        "uid": "answer-q-1@pqwatch.invalid",
        "kind": EventKind.ANSWER,
        "state": "tabled",
        "first_on": date(2021, 2, 1),
        "last_on": date(2021, 2, 1),
        "title": "Due: UIN 1",
        "description": "Soon.",
        "url": "",
        "page": "",
        "record": "q-1",
        "house": House.COMMONS,
        "topics": ("Water",),
        "is_followed": False,
        "is_cancelled": False,
        "sequence": 3,
        "changed_at": datetime(2021, 1, 31, 23, 30, 0, 999, tzinfo=UTC),
    }
    return CalendarEvent(**(given | facts))


def test_other_programs_read_what_was_written() -> None:
    recess = an_event(
        uid="recess-lords-2021-02@pqwatch.invalid", kind=EventKind.RECESS, topics=(), last_on=date(2021, 2, 21),
        changed_at=datetime(2021, 2, 1, tzinfo=LONDON), is_cancelled=True, page="https://desk.example/records/q-1",
    )  # fmt: skip
    found = opened(icalendar([recess, an_event(url="https://questions.example/q?a=1,2;3")], "Parliament"))
    due = found["answer-q-1@pqwatch.invalid"]
    assert (due.starts_on, due.ends_on, due.is_free) == (date(2021, 2, 1), date(2021, 2, 2), True)
    assert (due.status, due.sequence, due.stamp) == ("CONFIRMED", 3, datetime(2021, 1, 31, 23, 30, tzinfo=UTC))
    assert (due.categories, due.url) == (("Answer due", "Water"), "https://questions.example/q?a=1,2;3")
    away = found["recess-lords-2021-02@pqwatch.invalid"]
    assert (away.ends_on, away.status, away.url) == (date(2021, 2, 22), "CANCELLED", "https://desk.example/records/q-1")


def test_the_calendar_has_a_name_and_says_when_to_ask_again() -> None:
    name = 'Parliament: "Water, beaches"; \nMETHOD:CANCEL'
    assert unfolded(icalendar([], name, "Licence, of course")) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//pqwatch//pqwatch//EN",
        "CALSCALE:GREGORIAN",
        "DESCRIPTION:Licence\\, of course",
        "X-WR-CALDESC:Licence\\, of course",
        'NAME:Parliament: "Water\\, beaches"\\; METHOD:CANCEL',
        'X-WR-CALNAME:Parliament: "Water\\, beaches"\\; METHOD:CANCEL',
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "X-PUBLISHED-TTL:PT6H",
        "END:VCALENDAR",
        "",
    ]


def test_the_order_of_events_changes_nothing() -> None:
    events = [an_event(uid=f"{number}@x", first_on=date(2021, 2, number % 3 + 1)) for number in range(6)]
    assert icalendar(events, "Parliament") == icalendar(list(reversed(events)), "Parliament")


@given(st.text(), st.text(), st.text(min_size=1))
def test_no_text_breaks_out_of_its_place(title: str, description: str, topic: str) -> None:
    event = an_event(title=f"Due: {title}", description=f"{description}|", topics=(topic,))
    (shown,) = opened(icalendar([event], "Parliament")).values()
    assert shown.summary == " ".join(clean(event.title).split())
    assert shown.description == clean(event.description)
    assert shown.uid == event.uid


@pytest.mark.parametrize(
    "hostile",
    [
        "End\r\nEND:VEVENT\r\nEND:VCALENDAR",
        'commas, semicolons; back\\slashes \\n and "quotes"',
        "😀" * 40 + "ŵ" * 60,
        "\ud800 alone, \x00 nothing, \u202e turned, \x1b[31m red, \u2028 line",
    ],
)
def test_hostile_texts_are_only_texts(hostile: str) -> None:
    event = an_event(title=hostile, description=hostile, topics=(hostile, "Schools, colleges; more"))
    (shown,) = opened(icalendar([event], hostile)).values()
    assert shown.summary == " ".join(clean(hostile).split())
    assert shown.description == clean(hostile)
    assert shown.categories[-1] == "Schools / colleges / more"
