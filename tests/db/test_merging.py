"""Merging of records of the same question, and undoing a merging, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select, update

from db import integrity, tables
from db.cross_references import questions_by_uin
from monitor.collect.identify import undo_merging
from monitor.errors import ArchiveError
from monitor.model.digests import NewDigest
from monitor.model.following import FollowKind, FollowTarget, MarkKind, MuteKind
from monitor.model.watching import Match, Topic
from tests.builders import NOW, a_subscriber
from tests.db.several_sources import API, HISTORIC, NUMBER_KEY, THEIRS, printed, records, rows, tell, without_names

if TYPE_CHECKING:
    from db.archive import Archive
    from tests.fakes import Clock

NAMELESS = without_names(printed(API))
TWO = (NAMELESS, printed(THEIRS))
LINK = replace(NAMELESS, keys=(NUMBER_KEY,))
"""The next reading from the API: its key names the record of the other source."""


def with_two(archive: Archive, clock: Clock) -> None:
    """Store two records of one question. A digest mentions each, and the subscriber waits for both."""
    archive.watch_list.sync(
        [Topic(key="water", name="Water", terms=("steps",))], [a_subscriber(key="desk", topics=("water",))], "1"
    )
    clock.now = NOW + timedelta(minutes=1)
    tell(archive, TWO[1])
    clock.now += timedelta(minutes=1)
    tell(archive, TWO[0])
    work = archive.matches.next_work()
    assert work is not None
    match = Match(topic="water", term="steps", form="Steps", part="answer", start=0, end=5)
    archive.matches.store(work, [(1, [match]), (2, [match])], 2)
    new: dict[str, Any] = {"subscriber": "desk", "kind": "mailed", "as_of": NOW, "subject": "-", "told_on": NOW.date()}
    archive.digests.store(NewDigest(slot="1", told=[(1, 1)], waiting=[1], **new))
    archive.digests.store(NewDigest(slot="2", told=[(2, 2)], waiting=[1, 2], **new))


def test_a_key_that_a_source_adds_later_merges_two_records(archive: Archive, clock: Clock) -> None:
    with_two(archive, clock)
    assert len(records(archive)) == 2
    clock.now += timedelta(minutes=1)
    assert tell(archive, LINK) == []
    [record] = records(archive)
    assert (record["id"], record["known"], record["counts"].source) == ("q-294961", ["q-294961", "t-294961"], API)
    [merging] = archive.revisions.mergings()
    assert (merging.kept, merging.gone, merging.reason) == ("q-294961", "t-294961", NUMBER_KEY)
    assert (merging.merged_at, merging.undone_at) == (clock.now, None)
    assert archive.cross_references.find("t-294961") == archive.cross_references.find("294961") == [2]
    sources = [(revision.proceeding.source, revision.number) for revision in archive.records.revisions(2)]
    assert sources == [(THEIRS, 1), (API, 1)]
    assert [mention.slot for mention in archive.digests.mentions(2)] == ["1", "2"]
    assert archive.matches.of_record(2).keys() == {1, 2}
    assert integrity.consistency(archive.engine) == []
    assert integrity.counts(archive.engine)["records"] == 1
    assert first_seen(archive, 2) < NOW + timedelta(minutes=2)


def test_what_a_reader_follows_marks_notes_and_mutes_goes_with_the_record_and_comes_back(
    archive: Archive, clock: Clock
) -> None:
    with_two(archive, clock)
    clock.now += timedelta(days=3650)  # behind the day on which the subscriber was added
    reader = a_subscriber(key="desk")
    about = FollowTarget(kind=FollowKind.RECORD, ref="t-294961", proceeding_id=1)
    archive.following.follow(reader, about)
    archive.notes.add(reader, about, "Ask.")
    archive.choices.mark(reader, MarkKind.DONE, 1)
    archive.choices.mute(reader, MuteKind.RECORD, "t-294961", NOW.date(), 1)
    before = rows(archive)
    tell(archive, LINK)
    [followed], [note] = archive.following.listing(), archive.notes.listing()
    [mark], [mute] = archive.choices.marks(), archive.choices.mutes()
    assert (followed.target.proceeding_id, note.proceeding_id, mark.proceeding_id) == (2, 2, 2)
    assert mute.record is not None
    assert mute.record.id == "q-294961"
    undo_merging(archive, 1)
    after = rows(archive)
    for name in ("follow", "note", "mark", "mute"):
        assert after[name] == before[name], name


def first_seen(archive: Archive, proceeding_id: int) -> Any:
    table = tables.proceeding
    with archive.engine.connect() as connection:
        return connection.execute(select(table.c.first_seen_at).where(table.c.id == proceeding_id)).scalar_one()


def test_undoing_a_merging_restores_the_same_rows(archive: Archive, clock: Clock) -> None:
    with_two(archive, clock)
    before = rows(archive)
    tell(archive, LINK)
    assert rows(archive) != before
    clock.now += timedelta(minutes=1)
    undo_merging(archive, 1)
    after = rows(archive)
    again = [row for row in after["meta"] if row[0] == "promises_again"]
    assert len(again) == 1
    after["meta"].remove(again[0])
    for name, there in before.items():
        if name != "payload":
            assert after[name] == there, name
    assert archive.revisions.mergings()[0].undone_at == clock.now


def test_records_whose_merging_was_undone_stay_separate(archive: Archive, clock: Clock) -> None:
    with_two(archive, clock)
    tell(archive, LINK)
    undo_merging(archive, 1)
    tell(archive, LINK, printed(HISTORIC))
    assert [(record["id"], record["known"]) for record in records(archive)] == [
        ("q-294961", ["q-294961"]),
        ("t-294961", ["h-294961", "t-294961"]),
    ]
    assert len(archive.revisions.mergings()) == 1


def test_revisions_stored_since_a_merging_return_to_the_record_of_their_source(archive: Archive, clock: Clock) -> None:
    with_two(archive, clock)
    edited = replace(TWO[1], answer="Other steps are being taken.")
    tell(archive, LINK, edited)
    undo_merging(archive, 1)
    revisions = {
        record["id"]: [(source, number) for source, number, _ in record["revisions"]] for record in records(archive)
    }
    assert revisions == {"q-294961": [(API, 1)], "t-294961": [(THEIRS, 1), (THEIRS, 2)]}
    assert [record["counts"].answer for record in records(archive)] == [LINK.answer, edited.answer]
    assert integrity.consistency(archive.engine) == []


def test_news_that_the_other_source_gave_first_is_history_while_merged(archive: Archive, clock: Clock) -> None:
    with_two(archive, clock)
    is_news = [revision.is_news for number in (1, 2) for revision in archive.records.revisions(number)]
    tell(archive, LINK)
    assert is_news == [True, True]
    assert [revision.is_news for revision in archive.records.revisions(2)] == [True, False]
    undo_merging(archive, 1)
    assert [revision.is_news for number in (1, 2) for revision in archive.records.revisions(number)] == [True, True]


def test_mergings_are_undone_newest_first(archive: Archive) -> None:
    volume = without_names(printed(HISTORIC, keys=("gid:volume.1",)))
    tell(archive, without_names(volume), without_names(TWO[1]), NAMELESS)
    both = replace(TWO[1], keys=("gid:volume.1",), uin=None)
    tell(archive, replace(volume, keys=("gid:volume.1",)), both)
    tell(archive, replace(both, keys=("gid:both",)), replace(NAMELESS, keys=("gid:both",)))
    assert [(merging.kept, merging.gone) for merging in archive.revisions.mergings()] == [
        ("q-294961", "t-294961"),
        ("t-294961", "h-294961"),
    ]
    [record] = records(archive)
    assert record["known"] == ["h-294961", "q-294961", "t-294961"]
    with pytest.raises(ArchiveError, match="take that back first"):
        undo_merging(archive, 1)
    undo_merging(archive, 2)
    undo_merging(archive, 1)
    assert [record["known"] for record in records(archive)] == [["h-294961"], ["q-294961"], ["t-294961"]]
    # Keys of records that were merged before do not merge them again.
    tell(archive, replace(volume, keys=("gid:both",)), replace(NAMELESS, keys=("gid:volume.1",)))
    assert len(records(archive)) == 2


def test_a_merging_that_does_not_exist_or_was_undone_is_not_undone(archive: Archive, clock: Clock) -> None:
    with pytest.raises(ArchiveError, match="there is no merging 7"):
        undo_merging(archive, 7)
    with_two(archive, clock)
    tell(archive, LINK)
    undo_merging(archive, 1)
    with pytest.raises(ArchiveError, match="there is no merging 1"):
        undo_merging(archive, 1)


def test_records_that_one_source_gives_as_two_are_not_merged(archive: Archive) -> None:
    both = replace(NAMELESS, keys=(NUMBER_KEY,))
    tell(archive, printed(THEIRS), without_names(printed(THEIRS, id="t-2")))
    tell(archive, without_names(printed(HISTORIC, id="h-2")), replace(both, keys=("gid:2",)))
    with archive.engine.begin() as connection:  # make it look as if both sources gave this record
        theirs = tables.revision.c.proceeding_id == archive.cross_references.find("q-294961")[0]
        row = connection.execute(select(tables.revision).where(theirs)).mappings().one()
        connection.execute(insert(tables.revision).values({**row, "id": 99, "source": THEIRS}))
    tell(archive, both)
    assert archive.revisions.mergings() == []
    assert len(records(archive)) == 4


def test_the_check_finds_a_merged_record_that_still_has_keys(archive: Archive) -> None:
    tell(archive, *TWO)
    table = tables.proceeding
    with archive.engine.begin() as connection:
        connection.execute(update(table).where(table.c.id == 2).values(merged_into=1, latest_revision_id=None))
    [found] = integrity.consistency(archive.engine)
    assert found.startswith("1 records were merged with others, and yet are known by keys of their own: t-294961")


def test_merged_records_count_once_by_day(archive: Archive, clock: Clock) -> None:
    with_two(archive, clock)
    day = date(2009, 10, 26)
    assert archive.matches.records_by_day()[day] == 2
    tell(archive, LINK)
    assert archive.matches.records_by_day()[day] == 1
    with archive.engine.connect() as connection:
        [found] = questions_by_uin(connection, "294961", None)
    assert found.source == API
