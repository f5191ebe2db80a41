"""Several sources of one question, on both databases: mailed once, and shown from the best source."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.collect.revisions import mark_records, store_readings
from monitor.model.digests import NewDigest
from monitor.model.records import Event, State
from monitor.model.search import Filters
from monitor.model.sources import Window
from monitor.model.watching import Match, Topic
from tests.builders import NOW, a_subscriber
from tests.db.several_sources import API, HISTORIC, THEIRS, question_from, reading, records, tell

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.records import Proceeding
    from tests.fakes import Clock

OPEN = question_from(API, answer=None)
ANSWERED = question_from(API)
THEIR_ANSWER = question_from(THEIRS, answer="Steps are being taken, as printed.", date_for_answer=date(2021, 2, 9))


@pytest.fixture
def desk(archive: Archive, clock: Clock) -> Archive:
    """Make an archive with a subscriber whose topic matches all these questions."""
    clock.now = NOW
    topic = Topic(key="steps", name="Steps", terms=("steps",))
    archive.watch_list.sync([topic], [a_subscriber(key="desk", topics=("steps",))], "1")
    clock.now = NOW + timedelta(hours=1)
    return archive


def mail_desk(archive: Archive) -> list[tuple[list[Event], str]]:
    """Match, and store a digest of everything pending. Return the events and the shown source of each item."""
    while (work := archive.matches.next_work()) is not None:
        match = Match(topic="steps", term="steps", form="steps", part="question", start=0, end=5)
        archive.matches.store(work, [(number, [match]) for number in range(work.after + 1, work.to + 1)], work.to)
    items = archive.pending.items("desk")
    archive.digests.store(
        NewDigest(
            subscriber="desk",
            slot=str(len(archive.digests.listing())),
            kind="mailed" if items else "empty",
            as_of=NOW,
            subject="-",
            told_on=NOW.date(),
            told=[(revision.id, item.proceeding_id) for item in items for revision in item.revisions],
        )
    )
    return [(list(item.events), item.newest.proceeding.source) for item in items]


def test_a_second_source_of_the_same_answer_mails_nothing(desk: Archive) -> None:
    tell(desk, ANSWERED)
    assert mail_desk(desk) == [([Event.ANSWERED], API)]
    [added] = tell(desk, THEIR_ANSWER)
    assert (added.is_news, added.number) == (False, 1)
    assert mail_desk(desk) == []


def test_only_the_first_source_with_an_answer_is_mailed(desk: Archive) -> None:
    tell(desk, OPEN)
    assert mail_desk(desk) == [([Event.TABLED], API)]
    tell(desk, THEIR_ANSWER)
    assert mail_desk(desk) == [([Event.ANSWERED], THEIRS)]
    [added] = tell(desk, ANSWERED)
    assert (added.events, added.is_news) == ((Event.ANSWERED,), False)
    assert mail_desk(desk) == []


def test_an_edit_by_the_lesser_source_is_kept_but_not_mailed(desk: Archive) -> None:
    tell(desk, ANSWERED, THEIR_ANSWER)
    mail_desk(desk)
    [added] = tell(desk, replace(THEIR_ANSWER, answer="Other steps."))
    assert (added.events, added.is_news) == ((Event.EDITED,), False)
    assert mail_desk(desk) == []
    [added] = tell(desk, replace(ANSWERED, answer="Very other steps."))
    assert added.is_news
    assert mail_desk(desk) == [([Event.EDITED], API)]


def test_a_correction_that_only_one_source_has_is_mailed(desk: Archive) -> None:
    tell(desk, ANSWERED, THEIR_ANSWER)
    mail_desk(desk)
    corrected = replace(THEIR_ANSWER, answer="No steps.", corrected_on=date(2021, 2, 2), is_correction=True)
    tell(desk, corrected)
    assert mail_desk(desk) == [([Event.CORRECTED], THEIRS)]
    [added] = tell(desk, replace(corrected, id=ANSWERED.id, source=API))
    assert not added.is_news


def test_revisions_outside_the_look_back_are_history_with_two_sources_too(desk: Archive) -> None:
    [added] = tell(desk, OPEN, is_news=lambda *_: False)
    assert not added.is_news
    [added] = tell(desk, THEIR_ANSWER, is_news=lambda *_: False)
    assert not added.is_news


@pytest.mark.parametrize(
    "readings", [(ANSWERED, THEIR_ANSWER), (THEIR_ANSWER, ANSWERED), (OPEN, THEIR_ANSWER, ANSWERED)]
)
def test_the_best_source_of_the_same_state_is_shown(archive: Archive, readings: tuple[Proceeding, ...]) -> None:
    tell(archive, *readings)
    [hit] = archive.search.hits(None, Filters())
    assert (hit.revision.proceeding.source, hit.revision.proceeding.answer) == (API, ANSWERED.answer)
    assert hit.due_floor_on == date(2021, 2, 9)
    sources = [revision.proceeding.source for revision in archive.records.revisions(1)]
    assert sources == [proceeding.source for proceeding in readings]


def test_the_source_with_the_furthest_state_is_shown_and_ends_the_waiting(desk: Archive) -> None:
    tell(desk, OPEN)
    mail_desk(desk)
    assert [question.proceeding.source for question in desk.digests.open_questions(["steps"])] == [API]
    tell(desk, THEIR_ANSWER)
    mail_desk(desk)
    assert desk.digests.open_questions(["steps"]) == []
    assert [hit.revision.proceeding.source for hit in desk.search.hits(None, Filters(states=["answered"]))] == [THEIRS]
    [added] = tell(desk, replace(OPEN, body_id=17, body="Health"))  # the newest revision, but not the shown one
    assert added.events == (Event.TRANSFERRED,)
    assert [hit.revision.proceeding.source for hit in desk.search.hits(None, Filters())] == [THEIRS]
    assert desk.search.count(None, Filters(body="Health")) == 0


def test_a_source_that_takes_its_answer_back_gives_way_to_the_other(archive: Archive) -> None:
    """The other source's answer is then shown and found by the filters of a search."""
    tell(archive, ANSWERED, THEIR_ANSWER)
    now = [reading(OPEN, is_detail=True)]
    [added] = store_readings(archive, now, today=NOW.date(), is_news=lambda *_: True)
    assert added.number == 2
    [hit] = archive.search.hits(None, Filters(states=["answered"]))
    assert hit.revision.proceeding.source == THEIRS


def test_the_keys_of_a_window_are_those_of_its_source(archive: Archive) -> None:
    for proceeding in (ANSWERED, THEIR_ANSWER):
        listed = [reading(proceeding, list_hash="x")]
        store_readings(archive, listed, today=NOW.date(), is_news=lambda *_: True)
    for source, key in ((API, "q-1"), (THEIRS, "t-1")):
        window = Window(source=source, house=ANSWERED.house, by="answered", day=date(2021, 2, 1))
        assert archive.source_records.keys_in_window(window) == [key]


def test_marking_a_record_as_lapsed_marks_one_source(archive: Archive) -> None:
    tell(archive, OPEN, replace(OPEN, id="t-1", source=THEIRS))
    [added] = mark_records(archive, API, ["q-1", "unknown"], is_news=lambda *_: True, is_lapsed=True)
    assert (added.proceeding.source, added.events, added.is_news) == (API, (Event.LAPSED,), True)
    [record] = records(archive)
    assert record["counts"].state is State.LAPSED
    [added] = mark_records(archive, THEIRS, ["t-1"], is_news=lambda *_: True, is_lapsed=True)
    assert not added.is_news


# -- printings --------------------------------------------------------------------------------------------------------


def test_an_older_printing_changes_nothing(archive: Archive) -> None:
    """Files are read newest first."""
    newer = replace(THEIR_ANSWER, corrected_on=date(2021, 2, 8), is_correction=True)
    assert len(tell(archive, newer)) == 1
    assert tell(archive, THEIR_ANSWER) == []
    assert (
        len(tell(archive, replace(THEIR_ANSWER, id="h-1", source=HISTORIC))) == 1
    )  # the printings of another source are separate
    [record] = records(archive)
    assert record["counts"] == replace(newer, keys=())


def test_a_reading_from_the_api_is_never_an_older_printing(archive: Archive) -> None:
    """Here the API took its correction back."""
    corrected = replace(ANSWERED, corrected_on=date(2021, 2, 8), is_correction=True)
    tell(archive, corrected)
    for facts in ({"list_hash": "1"}, {"is_detail": True}):
        added = store_readings(
            archive,
            [reading(ANSWERED, **facts), reading(corrected, **facts)],
            today=NOW.date(),
            is_news=lambda *_: True,
        )
        assert len(added) == 2


def test_an_older_printing_among_readings_of_one_batch(archive: Archive) -> None:
    newer = replace(THEIR_ANSWER, answered_on=date(2021, 2, 8))
    added = store_readings(archive, [reading(newer), reading(THEIR_ANSWER)], today=NOW.date(), is_news=lambda *_: True)
    assert [revision.proceeding.answered_on for revision in added] == [date(2021, 2, 8)]
