"""Several sources of one question, from storing to what is owed, on both databases: told once, shown by the best."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.collect.revisions import mark_records, store_readings
from monitor.model.archive import Filters, NewDigest
from monitor.model.records import Event, State
from monitor.model.sources import Window
from monitor.model.watching import Match, Topic
from tests.builders import NOW, a_subscriber
from tests.db.several_sources import API, HISTORIC, THEIRS, as_told, reading, records, tell

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.records import Proceeding
    from tests.fakes import Clock

OPEN = as_told(API, answer=None)
ANSWERED = as_told(API)
THEIR_ANSWER = as_told(THEIRS, answer="Steps are being taken, as printed.", date_for_answer=date(2021, 2, 9))


@pytest.fixture
def desk(archive: Archive, clock: Clock) -> Archive:
    """An archive with a subscriber who watches what all these questions hold."""
    clock.now = NOW
    topic = Topic(key="steps", name="Steps", terms=("steps",))
    archive.watch_list.sync([topic], [a_subscriber(key="desk", topics=("steps",))], "1")
    clock.now = NOW + timedelta(hours=1)
    return archive


def told_to_desk(archive: Archive) -> list[tuple[list[Event], str]]:
    """Match, and tell the subscriber what is owed to him: what happened, and by whom it is shown."""
    while (work := archive.matches.next_work()) is not None:
        match = Match(topic="steps", term="steps", form="steps", part="question", start=0, end=5)
        archive.matches.store(work, [(number, [match]) for number in range(work.after + 1, work.to + 1)], work.to)
    owed = archive.pending.items("desk")
    archive.digests.store(
        NewDigest(
            subscriber="desk",
            slot=str(len(archive.digests.listing())),
            kind="mailed" if owed else "empty",
            as_of=NOW,
            subject="-",
            told_on=NOW.date(),
            told=[(revision.id, one.proceeding_id) for one in owed for revision in one.revisions],
        )
    )
    return [(list(one.events), one.newest.proceeding.source) for one in owed]


def test_a_second_witness_mails_nothing(desk: Archive) -> None:
    tell(desk, ANSWERED)
    assert told_to_desk(desk) == [([Event.ANSWERED], API)]
    [added] = tell(desk, THEIR_ANSWER)
    assert (added.is_news, added.number) == (False, 1)
    assert told_to_desk(desk) == []


def test_whoever_answers_first_is_told_and_the_other_is_not(desk: Archive) -> None:
    tell(desk, OPEN)
    assert told_to_desk(desk) == [([Event.TABLED], API)]
    tell(desk, THEIR_ANSWER)
    assert told_to_desk(desk) == [([Event.ANSWERED], THEIRS)]
    [added] = tell(desk, ANSWERED)
    assert (added.events, added.is_news) == ((Event.ANSWERED,), False)
    assert told_to_desk(desk) == []


def test_an_edit_of_the_lesser_source_is_kept_and_told_nobody(desk: Archive) -> None:
    tell(desk, ANSWERED, THEIR_ANSWER)
    told_to_desk(desk)
    [added] = tell(desk, replace(THEIR_ANSWER, answer="Other steps."))
    assert (added.events, added.is_news) == ((Event.EDITED,), False)
    assert told_to_desk(desk) == []
    [added] = tell(desk, replace(ANSWERED, answer="Very other steps."))
    assert added.is_news
    assert told_to_desk(desk) == [([Event.EDITED], API)]


def test_a_correction_that_only_one_tells_is_told(desk: Archive) -> None:
    tell(desk, ANSWERED, THEIR_ANSWER)
    told_to_desk(desk)
    corrected = replace(THEIR_ANSWER, answer="No steps.", corrected_on=date(2021, 2, 2), is_correction=True)
    tell(desk, corrected)
    assert told_to_desk(desk) == [([Event.CORRECTED], THEIRS)]
    [added] = tell(desk, replace(corrected, id=ANSWERED.id, source=API))
    assert not added.is_news


def test_the_lookback_still_decides(desk: Archive) -> None:
    [added] = tell(desk, OPEN, is_news=lambda *_: False)
    assert not added.is_news
    [added] = tell(desk, THEIR_ANSWER, is_news=lambda *_: False)
    assert not added.is_news


@pytest.mark.parametrize("told", [(ANSWERED, THEIR_ANSWER), (THEIR_ANSWER, ANSWERED), (OPEN, THEIR_ANSWER, ANSWERED)])
def test_the_best_of_those_who_tell_the_same_is_shown(archive: Archive, told: tuple[Proceeding, ...]) -> None:
    tell(archive, *told)
    [hit] = archive.search.hits(None, Filters())
    assert (hit.revision.proceeding.source, hit.revision.proceeding.answer) == (API, ANSWERED.answer)
    assert hit.due_floor_on == date(2021, 2, 9)
    assert [revision.proceeding.source for revision in archive.records.revisions(1)] == [one.source for one in told]


def test_what_goes_furthest_is_shown_and_waited_on_no_more(desk: Archive) -> None:
    tell(desk, OPEN)
    told_to_desk(desk)
    assert [question.proceeding.source for question in desk.digests.open_questions(["steps"])] == [API]
    tell(desk, THEIR_ANSWER)
    told_to_desk(desk)
    assert desk.digests.open_questions(["steps"]) == []
    assert [hit.revision.proceeding.source for hit in desk.search.hits(None, Filters(states=["answered"]))] == [THEIRS]
    [added] = tell(desk, replace(OPEN, body_id=17, body="Health"))  # which is now the newest row, and counts not
    assert added.events == (Event.TRANSFERRED,)
    assert [hit.revision.proceeding.source for hit in desk.search.hits(None, Filters())] == [THEIRS]
    assert desk.search.count(None, Filters(body="Health")) == 0


def test_one_that_goes_back_gives_way_to_the_other(archive: Archive) -> None:
    """The API takes its answer back: that of the other source stands, with all that a search filters by."""
    tell(archive, ANSWERED, THEIR_ANSWER)
    now = [reading(OPEN, is_detail=True)]
    [added] = store_readings(archive, now, today=NOW.date(), is_news=lambda *_: True)
    assert added.number == 2
    [hit] = archive.search.hits(None, Filters(states=["answered"]))
    assert hit.revision.proceeding.source == THEIRS


def test_each_source_is_asked_for_its_own(archive: Archive) -> None:
    for one in (ANSWERED, THEIR_ANSWER):
        listed = [reading(one, list_hash="x")]
        store_readings(archive, listed, today=NOW.date(), is_news=lambda *_: True)
    for source, key in ((API, "q-1"), (THEIRS, "t-1")):
        window = Window(source=source, house=ANSWERED.house, by="answered", day=date(2021, 2, 1))
        assert archive.source_records.keys_in_window(window) == [key]


def test_our_own_word_is_of_one_source(archive: Archive) -> None:
    tell(archive, OPEN, replace(OPEN, id="t-1", source=THEIRS))
    [added] = mark_records(archive, API, ["q-1", "unknown"], is_news=lambda *_: True, is_lapsed=True)
    assert (added.proceeding.source, added.events, added.is_news) == (API, (Event.LAPSED,), True)
    [one] = records(archive)
    assert one["counts"].state is State.LAPSED
    [added] = mark_records(archive, THEIRS, ["t-1"], is_news=lambda *_: True, is_lapsed=True)
    assert not added.is_news


# -- printings --------------------------------------------------------------------------------------------------------


def test_an_older_printing_changes_nothing(archive: Archive) -> None:
    """Files are read newest first."""
    newer = replace(THEIR_ANSWER, corrected_on=date(2021, 2, 8), is_correction=True)
    assert len(tell(archive, newer)) == 1
    assert tell(archive, THEIR_ANSWER) == []
    assert len(tell(archive, replace(THEIR_ANSWER, id="h-1", source=HISTORIC))) == 1  # another source's own
    [one] = records(archive)
    assert one["counts"] == replace(newer, keys=())


def test_what_the_source_has_at_this_moment_is_no_older_printing(archive: Archive) -> None:
    """It took its correction back."""
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
    assert [one.proceeding.answered_on for one in added] == [date(2021, 2, 8)]
