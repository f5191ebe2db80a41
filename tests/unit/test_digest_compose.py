from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from monitor.digest.arrange import is_wanted, section_of
from monitor.model.records import Event, House, Kind, Proceeding
from monitor.model.watching import Match
from monitor.presentation.entry import is_about, main_topic
from tests.builders import a_match, a_question, a_reading, a_subscriber, a_waiting, an_item
from tests.golden.cases import TOPICS, a_day, correction_day, item, ordinary_day

if TYPE_CHECKING:
    from monitor.model.digests import Item

OPEN = a_question(answer=None)
HELD = a_question(answer="I will write.", is_holding=True)
ANSWERED = a_question()
CORRECTED = replace(ANSWERED, answer="Other steps.", corrected_on=date(2021, 2, 9), is_correction=True)
WITHDRAWN = replace(OPEN, is_withdrawn=True)
STATEMENT = replace(OPEN, kind=Kind.STATEMENT, text="We act.", question=None)


@pytest.mark.parametrize(
    ("before", "now", "events", "section"),
    [
        pytest.param(None, OPEN, (Event.TABLED,), "questions", id="new question"),
        pytest.param(None, ANSWERED, (Event.ANSWERED,), "new", id="new answer"),
        pytest.param(None, HELD, (Event.HOLDING,), "new", id="new holding answer"),
        pytest.param(None, CORRECTED, (Event.CORRECTED,), "corrected", id="correction of what was never told"),
        pytest.param(None, CORRECTED, (Event.EDITED,), "corrected", id="edit of a correction that was never told"),
        pytest.param(
            None, replace(CORRECTED, kind=Kind.STATEMENT), (Event.CORRECTED,), "corrected", id="corrected statement"
        ),
        pytest.param(
            HELD, CORRECTED, (Event.ANSWERED, Event.CORRECTED), "changed", id="corrected since a holding answer"
        ),
        pytest.param(CORRECTED, replace(CORRECTED, answer="x"), (Event.CORRECTED,), "changed", id="corrected again"),
        pytest.param(None, STATEMENT, (Event.TABLED,), "new", id="statement"),
        pytest.param(None, WITHDRAWN, (Event.WITHDRAWN,), "changed", id="withdrawn before told"),
        pytest.param(OPEN, ANSWERED, (Event.ANSWERED,), "new", id="answer to a followed question"),
        pytest.param(OPEN, HELD, (Event.HOLDING,), "new", id="holding answer to a followed question"),
        pytest.param(
            OPEN, CORRECTED, (Event.ANSWERED, Event.CORRECTED), "corrected", id="answered and corrected since told"
        ),
        pytest.param(HELD, ANSWERED, (Event.ANSWERED,), "changed", id="holding answer became real"),
        pytest.param(ANSWERED, CORRECTED, (Event.CORRECTED,), "changed", id="correction"),
        pytest.param(ANSWERED, replace(ANSWERED, answer="x"), (Event.EDITED,), "changed", id="silent edit"),
        pytest.param(OPEN, WITHDRAWN, (Event.WITHDRAWN,), "changed", id="withdrawal"),
        pytest.param(ANSWERED, replace(ANSWERED, is_gone=True), (Event.WITHDRAWN,), "changed", id="gone"),
        pytest.param(OPEN, replace(OPEN, is_lapsed=True), (Event.LAPSED,), "changed", id="lapse"),
        pytest.param(OPEN, replace(OPEN, body="x"), (Event.TRANSFERRED,), "changed", id="transfer"),
        pytest.param(STATEMENT, replace(STATEMENT, text="x"), (Event.EDITED,), "changed", id="edited statement"),
    ],
)
def test_section_depends_on_earlier_digests(
    before: Proceeding | None, now: Proceeding, events: tuple[Event, ...], section: str
) -> None:
    assert section_of(an_item(now, before=before, events=events)) == section


def test_about_is_a_match_in_heading_or_question() -> None:
    for part, is_it in (("heading", True), ("question", True), ("answer", False), ("text", False)):
        assert is_about(an_item(matches=(a_match("x", part=part),)), "water") is is_it
    assert not is_about(an_item(matches=(a_match("x", topic="other"),)), "water")


def test_item_is_under_the_first_topic_that_it_is_about() -> None:
    matches = (a_match("x", part="answer", topic="scams"), a_match("y", part="question", topic="rural"))
    both = an_item(matches=matches, topics=("scams", "rural"))
    assert main_topic(both) == "rural"
    assert main_topic(replace(both, matches=matches[:1])) == "scams"
    assert main_topic(an_item(topics=())) == ""


def test_followed_question_is_wanted_without_a_match() -> None:
    assert is_wanted(an_item(matches=(), before=OPEN))
    assert not is_wanted(an_item(matches=(a_match("x", part="answer"),)))


def uins(items: tuple[Item, ...]) -> list[str | None]:
    return [item.revision.proceeding.uin for item in items]


def test_items_are_sorted_by_topic_and_strength_with_mentions_last() -> None:
    digest = ordinary_day()
    assert uins(digest.new) == [
        "HL12345", "143840", "144652", "143799", "146001", "144704", "144001", "140015", "144769"
    ]  # fmt: skip
    items = [*digest.new, *digest.questions]
    for seed in range(5):
        shuffled = random.Random(seed).sample(items, len(items))  # noqa: S311 - no secret
        again = a_day(*shuffled, waiting=digest.waiting)
        assert (again.new, again.questions) == (digest.new, digest.questions)


def test_equal_answers_of_a_day_are_one_item_with_all_topics() -> None:
    rural = item(a_question(uin="9", heading="Rural Bus Services", answer="We act  on bus services."))
    water = item(a_question(uin="10", heading="Bathing Water", answer="We act on bus services."))
    other_day = item(replace(water.revision.proceeding, id="q-11", uin="11", answered_on=date(2021, 2, 2)))
    other_body = item(replace(water.revision.proceeding, id="q-12", uin="12", body="Treasury"))
    digest = a_day(rural, water, other_day, other_body)
    joined = next(item for item in digest.new if item.same_as)
    assert joined.revision.proceeding.uin == "10"
    assert [other.uin for other in joined.same_as] == ["9"]
    assert joined.topics == ("water", "rural")
    assert sorted(map(str, uins(digest.new))) == ["10", "11", "12"]


def test_matches_of_another_topic_in_the_shared_answer_are_kept() -> None:
    first = an_item(a_question(uin="1", answer="On water and buses."), "water")
    second = an_item(a_question(uin="2", answer="On water and buses."), "buses", topic="rural")
    (joined,) = a_day(first, second, topics={"water": "W", "rural": "R"}).new
    assert Match(topic="rural", term="buses", form="buses", part="answer", start=13, end=18) in joined.matches
    assert sum(match.topic == "rural" for match in joined.matches) == 1


def test_matches_that_only_another_question_has_are_kept_separate() -> None:
    first = an_item(a_question(uin="1", heading="Water", answer="On water."), "water")
    second = an_item(
        a_question(uin="2", heading="Buses", question="On water.", answer="On water."), "buses", topic="rural"
    )
    third = an_item(a_question(uin="3", heading="Salt", question="On water.", answer="On water."), "water")
    (joined,) = a_day(first, second, third, topics={"water": "W", "rural": "R"}).new
    assert joined.revision.proceeding.uin == "1"
    assert joined.same_matches == second.matches
    assert {match.topic for match in joined.matches} == {"water"}


def test_holding_answers_are_one_item_within_a_topic_only() -> None:
    def held(uin: str, heading: str) -> Item:
        return item(a_question(uin=uin, heading=heading, question="Why?", answer="I will write.", is_holding=True))

    digest = a_day(held("1", "Bathing Water"), held("2", "Water Quality"), held("3", "Rural Buses"))
    assert [(len(item.same_as), item.topics) for item in digest.new] == [(1, ("water",)), (0, ("rural",))]


def test_old_short_answers_are_one_item_only_on_one_subject() -> None:
    def answered(uin: str, heading: str, day: date, answer: str = "None.", **facts: object) -> Item:
        return item(a_question(uin=uin, heading=heading, answer=answer, answered_on=day, **facts))

    old = date(2005, 12, 7)
    separate = a_day(answered("1", "Bathing Water", old), answered("2", "Water Quality", old))
    assert uins(separate.new) == ["1", "2"]
    assert len(a_day(answered("1", "Bathing Water", old), answered("2", "BATHING WATER", old)).new) == 1
    long = "None was given to any of them."
    assert uins(a_day(answered("1", "Bathing Water", old, long), answered("2", "Water Quality", old, long)).new) == [
        "1"
    ]
    today = date(2021, 2, 1)
    assert uins(a_day(answered("1", "Bathing Water", today), answered("2", "Water Quality", today)).new) == ["1"]
    nameless = [
        answered(uin, heading, old, long, body=None)
        for uin, heading in (("1", "Bathing Water"), ("2", "Water Quality"))
    ]
    assert uins(a_day(*nameless).new) == ["1", "2"]


def test_changed_statement_is_not_a_new_one() -> None:
    before = replace(STATEMENT, made_on=date(2021, 2, 1))
    now = replace(before, text="We do.", corrected_on=date(2021, 2, 2))
    assert section_of(an_item(now, "water", before=before, events=(Event.CORRECTED,))) == "changed"
    assert section_of(an_item(before, "water")) == "new"


def test_answers_without_text_or_day_are_not_grouped() -> None:
    digest = a_day(*(item(a_question(uin=str(n), heading="Bathing Water", answer="")) for n in range(2)))
    assert uins(digest.new) == ["0", "1"]


def test_corrections_with_the_same_change_are_one_item() -> None:
    first, *others = correction_day().changed
    assert first.revision.proceeding.uin == "3283"
    assert [other.uin for other in first.same_as] == ["3294", "3853"]
    assert not any(other.same_as for other in others)


def test_corrections_with_other_words_are_separate_items() -> None:
    def corrected(uin: str, answer: str) -> Item:
        now = replace(CORRECTED, id=f"q-{uin}", uin=uin, answer=answer)
        return an_item(now, before=replace(ANSWERED, id=f"q-{uin}", uin=uin), events=(Event.CORRECTED,))

    digest = a_day(
        corrected("1", "Steps were taken."),
        corrected("2", "Steps will be taken."),
        corrected("3", ANSWERED.answer or ""),
    )
    assert not any(item.same_as for item in digest.changed)
    assert len(digest.changed) == 3


def test_unwanted_sections_are_left_out() -> None:
    items = [*ordinary_day().new, *ordinary_day().questions]
    waiting = [a_waiting()]
    plain = a_day(*items, waiting=waiting, subscriber=a_subscriber(mentions="off", new_questions=False, waiting=False))
    assert len(plain.new) == 7
    assert plain.questions == ()
    assert plain.waiting == ()


def test_waiting_questions_are_sorted_latest_first_and_readings_by_house() -> None:
    waiting = [
        a_waiting(a_question(uin=uin, answer=None), days_late=late)
        for uin, late in (("1", None), ("100", 2), ("99", 2), ("5", 9))
    ]
    digest = a_day(waiting=waiting, read=[a_reading(house=House.LORDS), a_reading()])
    assert [question.proceeding.uin for question in digest.waiting] == ["5", "99", "100", "1"]
    assert [part.house for part in digest.read] == [House.COMMONS, House.LORDS]
    assert list(digest.topics) == list(TOPICS)
