from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from monitor.model.records import Attachment, Event, Grouped, House, Kind, Member, Proceeding
from monitor.parliament.calendar import load_calendar
from monitor.parliament.lifecycle import (
    REPORTED_EVENTS,
    REPORTED_IF_FOLLOWED,
    UNREPORTED_EVENTS,
    classify,
    days_late,
    due_on,
    fingerprint,
    is_news,
    is_reported,
    is_reread_due,
)

if TYPE_CHECKING:
    from pathlib import Path

E = Event
SITTINGS = load_calendar()
TABLED_ON, FOR_ANSWER = date(2024, 11, 11), date(2024, 11, 14)

TABLED = Proceeding(
    id="q-900001",
    source="questions",
    kind=Kind.QUESTION,
    house=House.COMMONS,
    uin="90001",
    question="To ask the Secretary of State for Defence, what steps he is taking on kites.",
    body_id=11,
    body="Ministry of Defence",
    tabled_on=TABLED_ON,
    date_for_answer=FOR_ANSWER,
    named_day=False,
    is_holding=False,
    is_correction=False,
    asked_by=Member(member_id=99001, name="Ann Invented"),
)
HELD = replace(
    TABLED, answer="An answer is being prepared.", is_holding=True, holding_on=FOR_ANSWER, answered_on=FOR_ANSWER
)
ANSWERED = replace(
    TABLED,
    answer="There are 12 kites.",
    answered_on=date(2024, 11, 18),
    answered_by=Member(member_id=99002, name="Bob Invented"),
)
CORRECTED = replace(
    ANSWERED,
    answer="There are 13 kites.",
    original_answer="There are 12 kites.",
    is_correction=True,
    corrected_on=date(2024, 11, 20),
)
WITHDRAWN = replace(TABLED, is_withdrawn=True)
FILE = Attachment(title="Kites", file_type="pdf", size_bytes=1000)

STEPS: dict[str, tuple[Proceeding | None, Proceeding, tuple[Event, ...]]] = {
    "first seen: tabled": (None, TABLED, (E.TABLED,)),
    "first seen: holding": (None, HELD, (E.HOLDING,)),
    "first seen: answered": (None, ANSWERED, (E.ANSWERED,)),
    "first seen: corrected": (None, CORRECTED, (E.CORRECTED,)),
    "first seen: withdrawn": (None, WITHDRAWN, (E.WITHDRAWN,)),
    "first seen: lapsed": (None, replace(TABLED, is_lapsed=True), (E.LAPSED,)),
    "nothing happened": (ANSWERED, ANSWERED, ()),
    "tabled, then holding": (TABLED, HELD, (E.HOLDING,)),
    "tabled, then answered": (TABLED, ANSWERED, (E.ANSWERED,)),
    "tabled, then already corrected": (TABLED, CORRECTED, (E.ANSWERED, E.CORRECTED)),
    "holding, then answered": (HELD, replace(ANSWERED, holding_on=FOR_ANSWER), (E.ANSWERED,)),
    "holding, then already corrected": (HELD, CORRECTED, (E.ANSWERED, E.CORRECTED)),
    "holding, then held again": (
        HELD,
        replace(HELD, answer="It is still being prepared.", holding_on=date(2024, 11, 20)),
        (E.HOLDING,),
    ),
    "a holding answer's words change": (HELD, replace(HELD, answer="It will come soon."), (E.EDITED,)),
    "an answer turns out to be a holding one": (ANSWERED, replace(ANSWERED, is_holding=True), (E.HOLDING,)),
    "answered, then corrected": (ANSWERED, CORRECTED, (E.CORRECTED,)),
    "corrected by flag alone": (ANSWERED, replace(CORRECTED, corrected_on=None), (E.CORRECTED,)),
    "corrected by date alone": (ANSWERED, replace(CORRECTED, is_correction=False), (E.CORRECTED,)),
    "corrected a second time": (
        CORRECTED,
        replace(CORRECTED, answer="There are 14 kites.", corrected_on=date(2024, 12, 2)),
        (E.CORRECTED,),
    ),
    "corrected a second time without dates": (
        replace(CORRECTED, corrected_on=None),
        replace(CORRECTED, corrected_on=None, answer="There are 14 kites.", original_answer="There are 13 kites."),
        (E.CORRECTED,),
    ),
    "a correction gets its date later": (replace(CORRECTED, corrected_on=None), CORRECTED, ()),
    "a corrected answer is edited in silence": (
        CORRECTED,
        replace(CORRECTED, answer="There are 15 kites."),
        (E.EDITED,),
    ),
    "the flag of a correction is gone": (
        CORRECTED,
        replace(CORRECTED, corrected_on=None, is_correction=False),
        (),
    ),
    "a correction is taken back": (CORRECTED, ANSWERED, (E.EDITED,)),
    "answered, then edited in silence": (ANSWERED, replace(ANSWERED, answer="There are 13 kites."), (E.EDITED,)),
    "an answer vanishes": (ANSWERED, TABLED, (E.EDITED,)),
    "an answer comes back": (TABLED, ANSWERED, (E.ANSWERED,)),
    "the text comes after the date": (replace(ANSWERED, answer=None), ANSWERED, (E.ANSWERED,)),
    "the text of a correction comes after its flag": (replace(CORRECTED, answer=None), CORRECTED, (E.CORRECTED,)),
    "white space": (ANSWERED, replace(ANSWERED, answer="There  are 12\n kites. "), ()),
    "a paragraph is joined": (
        replace(ANSWERED, answer="There are kites\n\nTwelve of them"),
        replace(ANSWERED, answer="There are kites Twelve of them"),
        (),
    ),
    "typography": (
        replace(ANSWERED, answer='The "kites" - all 12'),
        replace(ANSWERED, answer="The \u201ckites\u201d \u2013 all 12"),
        (),
    ),
    "a heading appears": (TABLED, replace(TABLED, heading="Kites"), (E.TITLED,)),
    "a heading appears with the answer": (TABLED, replace(ANSWERED, heading="Kites"), (E.TITLED, E.ANSWERED)),
    "the question is reworded": (TABLED, replace(TABLED, question="What he plans on kites."), (E.REWORDED,)),
    "transferred": (
        TABLED,
        replace(
            TABLED,
            body_id=17,
            body="Treasury",
            question="To ask Mr Chancellor of the Exchequer, what steps he is taking on kites.",
            date_for_answer=date(2024, 11, 19),
        ),
        (E.TRANSFERRED, E.RESCHEDULED),
    ),
    "transferred and reworded": (
        TABLED,
        replace(TABLED, body_id=17, question="To ask Mr Chancellor of the Exchequer, how many kites there are."),
        (E.REWORDED, E.TRANSFERRED),
    ),
    "the body gets another name": (TABLED, replace(TABLED, body="Ministry for Defence"), ()),
    "transferred, bodies known by name": (
        replace(TABLED, body_id=None),
        replace(TABLED, body_id=None, body="Treasury"),
        (E.TRANSFERRED,),
    ),
    "the body was not said": (replace(TABLED, body_id=None, body=None), TABLED, ()),
    "grouped": (TABLED, replace(TABLED, grouped_with=(Grouped(uin="90002"),)), (E.REGROUPED,)),
    "the same group in another order": (
        replace(TABLED, grouped_with=(Grouped(uin="1"), Grouped(uin="2"))),
        replace(TABLED, grouped_with=(Grouped(uin="2"), Grouped(uin="1"))),
        (),
    ),
    "another day for the answer": (TABLED, replace(TABLED, date_for_answer=date(2024, 11, 20)), (E.RESCHEDULED,)),
    "now a named day": (TABLED, replace(TABLED, named_day=True), (E.RESCHEDULED,)),
    "a file is attached later": (ANSWERED, replace(ANSWERED, attachments=(FILE,)), (E.ATTACHED,)),
    "a file is taken away": (replace(ANSWERED, attachments=(FILE,)), ANSWERED, (E.ATTACHED,)),
    "a file comes with the answer": (TABLED, replace(ANSWERED, attachments=(FILE,)), (E.ANSWERED,)),
    "a file of an edited answer": (
        ANSWERED,
        replace(ANSWERED, answer="See the file.", attachments=(FILE,)),
        (E.EDITED, E.ATTACHED),
    ),
    "withdrawn": (TABLED, WITHDRAWN, (E.WITHDRAWN,)),
    "withdrawn with its texts": (
        ANSWERED,
        replace(ANSWERED, is_withdrawn=True, question=None, answer=None),
        (E.WITHDRAWN,),
    ),
    "gone": (ANSWERED, replace(ANSWERED, is_gone=True), (E.WITHDRAWN,)),
    "withdrawn, then gone": (WITHDRAWN, replace(WITHDRAWN, is_gone=True, question=None), ()),
    "back after it was gone": (replace(ANSWERED, is_gone=True), ANSWERED, (E.REAPPEARED,)),
    "back with an answer": (WITHDRAWN, ANSWERED, (E.ANSWERED, E.REAPPEARED)),
    "lapsed": (TABLED, replace(TABLED, is_lapsed=True), (E.LAPSED,)),
    "lapsed while held": (HELD, replace(HELD, is_lapsed=True), (E.LAPSED,)),
    "answered, so it does not lapse": (ANSWERED, replace(ANSWERED, is_lapsed=True), ()),
    "an interest is declared": (TABLED, replace(TABLED, has_interest=True), ()),
}


@pytest.mark.parametrize(("before", "after", "events"), STEPS.values(), ids=STEPS.keys())
def test_events_between_two_revisions(before: Proceeding | None, after: Proceeding, events: tuple[Event, ...]) -> None:
    assert classify(before, after) == events


@pytest.mark.parametrize(("before", "after", "events"), STEPS.values(), ids=STEPS.keys())
def test_revision_with_an_event_has_another_fingerprint(
    before: Proceeding | None, after: Proceeding, events: tuple[Event, ...]
) -> None:
    if before and events:
        assert fingerprint(before) != fingerprint(after)


def test_an_edited_statement() -> None:
    statement = replace(TABLED, kind=Kind.STATEMENT, question=None, text="I am announcing kites.")
    assert classify(statement, replace(statement, text="I am announcing two kites.")) == (E.EDITED,)
    assert classify(statement, replace(statement, text="I am announcing kites. ")) == ()


def test_every_event_is_either_mailed_or_not() -> None:
    assert set(Event) == REPORTED_EVENTS | REPORTED_IF_FOLLOWED | UNREPORTED_EVENTS
    assert not REPORTED_EVENTS & REPORTED_IF_FOLLOWED
    assert not (REPORTED_EVENTS | REPORTED_IF_FOLLOWED) & UNREPORTED_EVENTS


@pytest.mark.parametrize(
    ("events", "at_all", "followed"),
    [
        ((), False, False),
        ((E.TITLED, E.RESCHEDULED, E.REGROUPED), False, False),
        ((E.TITLED, E.ANSWERED), True, True),
        ((E.TRANSFERRED,), False, True),
        ((E.REAPPEARED,), False, True),
    ],
)
def test_events_that_are_mailed(events: tuple[Event, ...], at_all: bool, followed: bool) -> None:
    assert is_reported(events, followed=False) is at_all
    assert is_reported(events, followed=True) is followed


@pytest.mark.parametrize(
    "same",
    [
        replace(ANSWERED, answer=" There are\u00a012 kites."),
        replace(ANSWERED, asked_by=Member(member_id=99001, name="Lady Invented", party="Green")),
        replace(ANSWERED, body="Defence"),
        replace(ANSWERED, is_correction=None),
        replace(ANSWERED, source="another", url="https://example.org/q"),
    ],
    ids=["typography", "a name found later", "another name of the body", "a flag not given", "another source"],
)
def test_the_same_fingerprint(same: Proceeding) -> None:
    assert fingerprint(same) == fingerprint(ANSWERED)


@pytest.mark.parametrize(
    "other",
    [
        replace(ANSWERED, answer="There are 21 kites."),
        replace(ANSWERED, answered_on=date(2024, 11, 19)),
        replace(ANSWERED, named_day=None),
        replace(ANSWERED, answered_by=Member(member_id=99003)),
        replace(ANSWERED, answered_by=None),
        replace(ANSWERED, asked_by=Member(name="Ann Invented")),
        replace(ANSWERED, has_interest=True),
        replace(ANSWERED, body_id=12),
        replace(ANSWERED, body_id=None),
        replace(ANSWERED, attachments=(FILE,)),
        replace(ANSWERED, question=None, text=ANSWERED.question),
    ],
)
def test_every_fact_of_an_answer_changes_its_fingerprint(other: Proceeding) -> None:
    assert fingerprint(other) != fingerprint(ANSWERED)


def test_a_fingerprint_names_its_rules() -> None:
    assert fingerprint(ANSWERED).startswith("2.")
    assert len(fingerprint(ANSWERED)) <= 80


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, date(2024, 11, 21)),
        ({"named_day": None}, date(2024, 11, 21)),
        ({"named_day": True}, FOR_ANSWER),
        ({"house": House.LORDS, "named_day": None}, FOR_ANSWER),
        ({"house": House.SCOTLAND}, None),
        ({"date_for_answer": None}, None),
        ({"kind": Kind.STATEMENT}, None),
        ({"date_for_answer": date(2024, 12, 17)}, date(2025, 1, 8)),
        ({"date_for_answer": date(2030, 1, 8)}, None),
        ({"date_for_answer": date(2030, 1, 8), "named_day": True}, date(2030, 1, 8)),
    ],
)
def test_when_an_answer_is_due(changes: dict[str, Any], due: date | None) -> None:
    assert due_on(replace(TABLED, **changes), SITTINGS) == due


def test_a_transfer_keeps_the_later_date() -> None:
    assert due_on(TABLED, SITTINGS, date(2024, 11, 18)) == date(2024, 11, 25)
    assert due_on(TABLED, SITTINGS, date(2024, 11, 12)) == date(2024, 11, 21)
    assert due_on(replace(TABLED, named_day=True), SITTINGS, date(2024, 11, 18)) == date(2024, 11, 18)
    assert due_on(replace(TABLED, house=House.SENEDD), SITTINGS, date(2024, 11, 18)) is None
    unknown = replace(TABLED, date_for_answer=date(2030, 1, 8))
    assert due_on(unknown, SITTINGS, date(2024, 11, 18)) is None


@pytest.mark.parametrize(
    ("proceeding", "today", "late"),
    [
        (TABLED, date(2024, 11, 21), 0),
        (TABLED, date(2024, 11, 22), 1),
        (TABLED, date(2024, 11, 12), 0),
        (HELD, date(2024, 11, 25), 4),
        (ANSWERED, date(2025, 3, 1), 0),
        (replace(ANSWERED, answered_on=date(2024, 11, 26)), date(2025, 3, 1), 5),
        (replace(CORRECTED, answered_on=date(2024, 11, 22)), date(2025, 3, 1), 1),
        (replace(CORRECTED, answered_on=None, corrected_on=None), date(2025, 3, 1), None),
        (WITHDRAWN, date(2025, 3, 1), None),
        (replace(TABLED, is_lapsed=True), date(2025, 3, 1), None),
        (replace(HELD, is_lapsed=True), date(2025, 3, 1), None),
    ],
)
def test_days_late(proceeding: Proceeding, today: date, late: int | None) -> None:
    assert days_late(proceeding, due_on(proceeding, SITTINGS), today) == late


def test_nothing_is_late_without_a_due_day() -> None:
    assert days_late(TABLED, None, date(2025, 3, 1)) is None


def test_details_are_read_again_on_their_days() -> None:
    answered_on = date(2024, 11, 18)
    read_on, days = answered_on, []
    for day in range(120):
        today = answered_on + timedelta(days=day)
        if is_reread_due(answered_on, read_on, today, matched=True):
            days.append(day)
            read_on = today
    assert days == [1, 3, 7, 14, 30, 90]


def test_details_of_unmatched_questions_are_read_for_two_weeks() -> None:
    answered_on = date(2024, 11, 18)
    assert is_reread_due(answered_on, date(2024, 12, 1), date(2024, 12, 2), matched=False)
    assert not is_reread_due(answered_on, date(2024, 12, 2), date(2025, 3, 1), matched=False)
    assert is_reread_due(answered_on, date(2024, 12, 2), date(2025, 3, 1), matched=True)


def test_one_reading_replaces_missed_ones() -> None:
    answered_on, late = date(2024, 11, 18), date(2025, 1, 1)
    assert is_reread_due(answered_on, answered_on, late, matched=True)
    assert not is_reread_due(answered_on, late, late, matched=True)


@pytest.mark.parametrize(
    ("day", "floor", "expected"),
    [
        (date(2024, 11, 12), None, True),
        (date(2024, 11, 11), None, False),
        (date(2024, 11, 26), None, True),
        (None, None, False),
        (date(2024, 11, 24), date(2024, 11, 25), False),
        (date(2024, 11, 25), date(2024, 11, 25), True),
        (date(2024, 11, 11), date(2024, 11, 1), False),
    ],
)
def test_news_is_of_the_look_back_and_not_before_the_floor(
    day: date | None, floor: date | None, expected: bool
) -> None:
    assert is_news(day, date(2024, 11, 12), floor) is expected


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _member(number: int | None) -> Member | None:
    return Member(member_id=number) if number else None


def _from_api(value: dict[str, Any]) -> Proceeding:
    return Proceeding(
        id=f"q-{value['id']}",
        source="questions",
        kind=Kind.QUESTION,
        house=House(value["house"].lower()),
        uin=value["uin"],
        heading=value["heading"] or None,
        question=value["questionText"] or None,
        answer=value["answerText"] or None,
        original_answer=value["originalAnswerText"] or None,
        body_id=value["answeringBodyId"],
        body=value["answeringBodyName"],
        tabled_on=_day(value["dateTabled"]),
        date_for_answer=_day(value["dateForAnswer"]),
        named_day=value["isNamedDay"],
        holding_on=_day(value["dateHoldingAnswer"]),
        answered_on=_day(value["dateAnswered"]),
        corrected_on=_day(value["dateAnswerCorrected"]),
        is_holding=value["answerIsHolding"],
        is_correction=value["answerIsCorrection"],
        is_withdrawn=value["isWithdrawn"],
        has_interest=value["memberHasInterest"],
        asked_by=_member(value["askingMemberId"]),
        answered_by=_member(value["answeringMemberId"]),
        corrected_by=_member(value["correctingMemberId"]),
        grouped_with=tuple(Grouped(uin=uin) for uin in value["groupedQuestions"]),
    )


def _changed_steps(shared_data: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Find pairs of consecutive revisions of one question that differ."""
    looks = []
    for path in sorted((shared_data / "written-questions-api" / "snapshots-2024-11").glob("*.json.gz")):
        entries = json.loads(gzip.decompress(path.read_bytes()))
        looks.append({entry["value"]["id"]: entry["value"] for entry in entries})
    return [
        (earlier[number], value)
        for earlier, later in pairwise(looks)
        for number, value in later.items()
        if number in earlier and earlier[number] != value
    ]


def test_events_of_eight_recorded_days_agree_with_a_plain_comparison(shared_data: Path) -> None:
    steps = _changed_steps(shared_data)
    keys = [{key for key in after if before[key] != after[key]} for before, after in steps]
    stories = [classify(_from_api(before), _from_api(after)) for before, after in steps]
    named = Counter(event for events in stories for event in events)

    assert len(steps) == 1139
    assert sum(changed == {"heading"} for changed in keys) == stories.count((E.TITLED,)) == 668
    assert sum("answeringBodyId" in changed for changed in keys) == named[E.TRANSFERRED] == 94
    assert sum("dateAnswered" in changed for changed in keys) == named[E.ANSWERED] == 333
    assert sum(changed == {"dateForAnswer"} for changed in keys) == stories.count((E.RESCHEDULED,)) == 7
    assert sum("groupedQuestions" in changed for changed in keys) == named[E.REGROUPED] == 78
    alone = [changed for changed in keys if "questionText" in changed and "answeringBodyId" not in changed]
    # Three steps changed "F 35" to "F-35" or a capital letter.
    assert len(alone) == 28
    assert sum(E.REWORDED in events and E.TRANSFERRED not in events for events in stories) == 25
    assert set(named) == {E.TITLED, E.TRANSFERRED, E.ANSWERED, E.RESCHEDULED, E.REGROUPED, E.REWORDED}
    assert sum(is_reported(events, followed=False) for events in stories) == 333


def test_recorded_steps_without_an_event_keep_the_fingerprint(shared_data: Path) -> None:
    for before, after in _changed_steps(shared_data):
        earlier, later = _from_api(before), _from_api(after)
        assert (fingerprint(earlier) != fingerprint(later)) == bool(classify(earlier, later))
