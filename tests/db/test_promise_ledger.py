"""The ledger of promises: what it takes in, in whatever order, and that nothing is lost or told twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from db.integrity import consistency
from monitor import ledger
from monitor.collect.identify import undo_merging
from monitor.collect.revisions import store_readings
from monitor.model.promises import PromiseState
from monitor.model.records import Kind
from monitor.model.sources import Payload, Reading
from monitor.parliament.calendar import load_calendar
from monitor.parliament.promises import find
from tests.builders import a_question
from tests.db.several_sources import API, NUMBER_KEY, THEIRS, printed, tell, without_names
from tests.fakes import at

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.promises import Promise
    from monitor.model.records import Proceeding
    from tests.fakes import Clock

CALENDAR = load_calendar(())
TODAY = date(2025, 3, 3)
SPRING = "We will publish the bathing water plan for Sample Bay in spring 2025."
SUMMER = "We will publish the bathing water plan for Sample Bay in summer 2025."


def answered(uin: str = "140001", answer: str | None = SPRING, on: date = TODAY, **facts: Any) -> Proceeding:
    return a_question(uin=uin, answer=answer, answered_on=on, tabled_on=date(2025, 2, 3), **facts)


def put(archive: Archive, *records: Proceeding, is_news: bool = True) -> None:
    readings = [
        Reading(
            payload=Payload(
                source=record.source, key=record.id, url="", fetched_at=at(TODAY, 9), body=repr(record).encode()
            ),
            proceeding=record,
        )
        for record in records
    ]
    store_readings(archive, readings, today=TODAY, is_news=lambda _before, _after, _events: is_news)


def read(archive: Archive, *, on: date = TODAY) -> ledger.LedgerCounts:
    counts = ledger.LedgerCounts()
    ledger.read_news(archive, CALENDAR, on, counts)
    ledger.read_rest(archive, CALENDAR, on, counts)
    return counts


def groups(archive: Archive) -> list[list[Promise]]:
    return list(archive.promises.listing())


def sentences(archive: Archive) -> list[list[str]]:
    return [[promise.sentence for promise in group] for group in groups(archive)]


def test_a_promise_of_an_answer_is_taken_in_once(archive: Archive) -> None:
    put(archive, answered(answer=f"The plan is nearly ready. {SPRING} It is long."))
    assert read(archive).promises == 1
    assert read(archive).promises == 0
    [[promise]] = groups(archive)
    assert (promise.sentence, promise.made_on, promise.part) == (SPRING, TODAY, "answer")
    assert promise.record.uin == "140001"
    assert promise.id.startswith("p-")
    assert len(promise.id) == len("p-") + 10


def test_a_holding_answer_promises_nothing(archive: Archive) -> None:
    put(archive, answered(is_holding=True))
    read(archive)
    assert groups(archive) == []


def test_a_statement_promises_and_a_speech_does_not(archive: Archive) -> None:
    facts: dict[str, Any] = dict.fromkeys(("question", "answer", "tabled_on", "answered_on", "answered_by"))
    facts |= {"text": SPRING, "made_on": TODAY}
    statement = a_question(**facts, kind=Kind.STATEMENT, id="ws-1", uin="HCWS1")
    speech = a_question(**facts, kind=Kind.SPEECH, id="sp-1", uin=None)
    put(archive, statement, speech)
    read(archive)
    assert [[promise.record.id for promise in group] for group in groups(archive)] == [["ws-1"]]


def test_a_corrected_day_is_a_new_promise_that_repeats_the_old(archive: Archive) -> None:
    put(archive, answered())
    read(archive)
    put(archive, answered(answer=SUMMER, corrected_on=date(2025, 3, 10), is_correction=True))
    read(archive)
    [[first, second]] = groups(archive)
    assert (first.sentence, first.is_gone) == (SPRING, True)
    assert (second.sentence, second.is_gone, second.repeats) == (SUMMER, False, first.number)


FIRST_ON, CORRECTED_ON = date(2024, 2, 5), date(2024, 6, 17)
THIS_SPRING = "We will publish the bathing water plan for Sample Bay this spring."
SPRING_2024, SPRING_2025 = (date(2024, 3, 1), date(2024, 5, 31)), (date(2025, 3, 1), date(2025, 5, 31))


@pytest.mark.parametrize(
    ("original", "made_on", "days"),
    [
        (f"There were 10 samples. {THIS_SPRING}", FIRST_ON, SPRING_2024),
        (None, FIRST_ON, SPRING_2024),
        ("There were 10 samples.", CORRECTED_ON, SPRING_2025),
    ],
)
def test_what_a_correction_repeats_was_promised_on_the_day_of_the_answer(
    archive: Archive, original: str | None, made_on: date, days: tuple[date, date]
) -> None:
    facts: dict[str, Any] = {"corrected_on": CORRECTED_ON, "is_correction": True, "original_answer": original}
    put(archive, answered(answer=f"There were 12 samples. {THIS_SPRING}", on=FIRST_ON, **facts), is_news=False)
    read(archive)
    [[promise]] = groups(archive)
    assert promise.made_on == made_on
    assert (promise.found.due_from, promise.found.due_to) == days


def test_what_a_correction_adds_to_a_version_that_was_read_is_promised_on_its_day(archive: Archive) -> None:
    put(archive, answered(answer="There were 10 samples.", on=FIRST_ON))
    read(archive)
    correction: dict[str, Any] = {"corrected_on": CORRECTED_ON, "is_correction": True}
    put(archive, answered(answer=f"There were 12 samples. {THIS_SPRING}", on=FIRST_ON, **correction))
    read(archive)
    [[promise]] = groups(archive)
    assert (promise.made_on, promise.found.due_to) == (CORRECTED_ON, SPRING_2025[1])


def test_a_correction_after_a_holding_answer_alone_repeats_an_answer_that_was_not_read(archive: Archive) -> None:
    put(archive, answered(answer="An answer will follow.", on=date(2024, 2, 1), is_holding=True))
    correction: dict[str, Any] = {"corrected_on": CORRECTED_ON, "is_correction": True}
    put(archive, answered(answer=THIS_SPRING, on=FIRST_ON, **correction))
    read(archive)
    [[promise]] = groups(archive)
    assert (promise.made_on, promise.found.due_to) == (FIRST_ON, SPRING_2024[1])


def test_a_sentence_that_comes_back_is_held_again(archive: Archive) -> None:
    for answer in (SPRING, "There is no plan.", SPRING):
        put(archive, answered(answer=answer))
        read(archive)
        [[promise]] = groups(archive)
        assert promise.is_gone == (answer != SPRING)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)])
def test_the_earliest_is_the_first_in_whatever_order_they_are_read(archive: Archive, order: tuple[int, ...]) -> None:
    records = [answered(f"14000{number}", on=date(2025, 1 + number, 3)) for number in range(3)]
    for place in order:
        put(archive, records[place])
        read(archive)
    [group] = groups(archive)
    assert [promise.record.uin for promise in group] == ["140000", "140001", "140002"]
    assert {promise.group for promise in group} == {group[0].number}


def test_history_is_read_after_the_news_and_goes_on_where_it_stopped(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.promise_ledger.RECORDS_AT_ONCE", 2)
    put(archive, *(answered(f"1400{n:02}", f"We will publish plan Sample{n} soon.") for n in range(7)), is_news=False)
    counts = ledger.LedgerCounts()
    ledger.read_news(archive, CALENDAR, TODAY, counts)
    assert counts.records == 0
    ledger.read_rest(archive, CALENDAR, TODAY, counts, seconds=0)
    assert (counts.promises, counts.is_whole) == (2, False)
    ledger.read_rest(archive, CALENDAR, TODAY, counts)
    assert (counts.promises, counts.is_whole) == (7, True)


def test_another_process_finds_the_same(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MANY", 1)
    put(archive, answered(), is_news=False)
    assert read(archive).promises == 1


def test_new_rules_read_everything_again_and_keep_what_people_decided(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(archive, answered("140001"), answered("140002", "We will publish the beaver report of Sampleton soon."))
    read(archive)
    kept = groups(archive)[0][0]
    archive.promises.decide(kept.number, PromiseState.KEPT, None, "", "Policy desk")
    monkeypatch.setattr(find, "find_promises", lambda *_: [])
    monkeypatch.setattr(find, "RULES_VERSION", 99)
    read(archive)
    [[left]] = groups(archive)
    assert (left.id, left.is_gone) == (kept.id, False)


def test_a_public_id_that_is_taken_gets_another(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "monitor.parliament.promises.ledger._public_ids", lambda _record, key: ("p-0000000000", f"p-{len(key):010}")
    )
    put(archive, answered("140001"), answered("140002", "We will publish the beaver report of Sampleton soon."))
    read(archive)
    ids = {promise.id for group in groups(archive) for promise in group}
    assert len(ids) == 2
    assert "p-0000000000" in ids


# -- merged records ---------------------------------------------------------------------------------------------------


def test_the_promises_of_merged_records_are_one_and_are_two_again_when_that_is_undone(
    archive: Archive, clock: Clock
) -> None:
    theirs, nameless = printed(THEIRS, answer=SPRING), without_names(printed(API, answer=SPRING))
    tell(archive, theirs)
    clock.now += timedelta(minutes=1)
    tell(archive, nameless)
    read(archive)
    assert len(sentences(archive)[0]) == 2
    tell(archive, replace(nameless, keys=(NUMBER_KEY,)))
    read(archive)
    assert sentences(archive) == [[SPRING]]
    undo_merging(archive, 1)
    read(archive)
    assert {promise.record.id for group in groups(archive) for promise in group} == {"t-294961", "q-294961"}
    assert consistency(archive.engine) == []


def test_the_check_finds_promises_that_are_not_as_they_should_be(archive: Archive) -> None:
    put(archive, answered(), answered("140002", "We will publish the beaver report of Sampleton soon."))
    read(archive)
    assert consistency(archive.engine) == []
    with archive.engine.begin() as connection:
        connection.execute(text('UPDATE promise SET "end" = 9999, proceeding_id = 2 WHERE id = 1'))
        connection.execute(text("UPDATE promise SET repeats_id = 1 WHERE id = 2"))
        connection.execute(text("UPDATE promise SET repeats_id = 2 WHERE id = 1"))
    found = consistency(archive.engine)
    assert [sentence.split(": ")[0] for sentence in found] == [
        "1 promises lie outside the text that they were found in",
        "1 promises belong to another record than their revision",
        "2 promises repeat one that itself repeats another",
    ]
