"""Records that were found to be one, and are taken apart again, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select, update

from db import integrity, tables
from monitor.collect.identify import undo_merging
from monitor.errors import ArchiveError
from monitor.model.archive import NewDigest
from monitor.model.watching import Match, Topic
from tests.builders import NOW, a_subscriber
from tests.db.several_sources import API, HISTORIC, NUMBER_KEY, THEIRS, printed, records, rows, tell, without_names

if TYPE_CHECKING:
    from db.archive import Archive
    from tests.fakes import Clock

NAMELESS = without_names(printed(API))
TWO = (NAMELESS, printed(THEIRS))
LINK = replace(NAMELESS, keys=(NUMBER_KEY,))
"""What the first source tells next: it names the record of the second."""


def with_two(archive: Archive, clock: Clock) -> None:
    """Two records of one question, the lesser source's first; each told to a subscriber, and one of them waited on."""
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


def test_a_key_told_later_makes_two_records_one(archive: Archive, clock: Clock) -> None:
    with_two(archive, clock)
    assert len(records(archive)) == 2
    clock.now += timedelta(minutes=1)
    assert tell(archive, LINK) == []
    [one] = records(archive)
    assert (one["id"], one["known"], one["counts"].source) == ("q-294961", ["q-294961", "t-294961"], API)
    [merging] = archive.mergings.listing()
    assert (merging.kept, merging.gone, merging.reason) == ("q-294961", "t-294961", NUMBER_KEY)
    assert (merging.merged_at, merging.undone_at) == (clock.now, None)
    assert archive.cross_references.find("t-294961") == archive.cross_references.find("294961") == [2]
    assert [(each.proceeding.source, each.number) for each in archive.records.revisions(2)] == [(THEIRS, 1), (API, 1)]
    assert [each.slot for each in archive.digests.mentions(2)] == ["1", "2"]
    assert archive.matches.of_record(2).keys() == {1, 2}
    assert integrity.consistency(archive.engine) == []
    assert integrity.counts(archive.engine)["records"] == 1
    assert first_seen(archive, 2) < NOW + timedelta(minutes=2)


def first_seen(archive: Archive, proceeding_id: int) -> Any:
    table = tables.proceeding
    with archive.engine.connect() as connection:
        return connection.execute(select(table.c.first_seen_at).where(table.c.id == proceeding_id)).scalar_one()


def test_taking_it_back_gives_back_the_same_rows(archive: Archive, clock: Clock) -> None:
    with_two(archive, clock)
    before = rows(archive)
    tell(archive, LINK)
    assert rows(archive) != before
    clock.now += timedelta(minutes=1)
    undo_merging(archive, 1)
    after = rows(archive)
    for name, there in before.items():
        if name != "payload":
            assert after[name] == there, name
    assert archive.mergings.listing()[0].undone_at == clock.now


def test_what_was_taken_apart_stays_apart(archive: Archive, clock: Clock) -> None:
    with_two(archive, clock)
    tell(archive, LINK)
    undo_merging(archive, 1)
    tell(archive, LINK, printed(HISTORIC))
    assert [(record["id"], record["known"]) for record in records(archive)] == [
        ("q-294961", ["q-294961"]),
        ("t-294961", ["h-294961", "t-294961"]),
    ]
    assert len(archive.mergings.listing()) == 1


def test_what_the_sources_told_since_goes_back_with_theirs(archive: Archive, clock: Clock) -> None:
    with_two(archive, clock)
    edited = replace(TWO[1], answer="Other steps are being taken.")
    tell(archive, LINK, edited)
    undo_merging(archive, 1)
    told = {record["id"]: [(source, number) for source, number, _ in record["told"]] for record in records(archive)}
    assert told == {"q-294961": [(API, 1)], "t-294961": [(THEIRS, 1), (THEIRS, 2)]}
    assert [record["counts"].answer for record in records(archive)] == [LINK.answer, edited.answer]
    assert integrity.consistency(archive.engine) == []


def test_news_that_another_told_before_is_history_while_they_are_one(archive: Archive, clock: Clock) -> None:
    with_two(archive, clock)
    is_news = [revision.is_news for number in (1, 2) for revision in archive.records.revisions(number)]
    tell(archive, LINK)
    assert is_news == [True, True]
    assert [revision.is_news for revision in archive.records.revisions(2)] == [True, False]
    undo_merging(archive, 1)
    assert [revision.is_news for number in (1, 2) for revision in archive.records.revisions(number)] == [True, True]


def test_mergings_are_taken_back_newest_first(archive: Archive) -> None:
    volume = without_names(printed(HISTORIC, keys=("gid:volume.1",)))
    tell(archive, without_names(volume), without_names(TWO[1]), NAMELESS)
    both = replace(TWO[1], keys=("gid:volume.1",), uin=None)
    tell(archive, replace(volume, keys=("gid:volume.1",)), both)
    tell(archive, replace(both, keys=("gid:both",)), replace(NAMELESS, keys=("gid:both",)))
    assert [(one.kept, one.gone) for one in archive.mergings.listing()] == [
        ("q-294961", "t-294961"),
        ("t-294961", "h-294961"),
    ]
    [one] = records(archive)
    assert one["known"] == ["h-294961", "q-294961", "t-294961"]
    with pytest.raises(ArchiveError, match="take that back first"):
        undo_merging(archive, 1)
    undo_merging(archive, 2)
    undo_merging(archive, 1)
    assert [record["known"] for record in records(archive)] == [["h-294961"], ["q-294961"], ["t-294961"]]
    # Nor do they become one through what was merged into them.
    tell(archive, replace(volume, keys=("gid:both",)), replace(NAMELESS, keys=("gid:volume.1",)))
    assert len(records(archive)) == 2


def test_there_is_nothing_to_take_back(archive: Archive, clock: Clock) -> None:
    with pytest.raises(ArchiveError, match="there is no merging 7"):
        undo_merging(archive, 7)
    with_two(archive, clock)
    tell(archive, LINK)
    undo_merging(archive, 1)
    with pytest.raises(ArchiveError, match="there is no merging 1"):
        undo_merging(archive, 1)


def test_no_merging_where_a_source_holds_them_to_be_two(archive: Archive) -> None:
    both = replace(NAMELESS, keys=(NUMBER_KEY,))
    tell(archive, printed(THEIRS), without_names(printed(THEIRS, id="t-2")))
    tell(archive, without_names(printed(HISTORIC, id="h-2")), replace(both, keys=("gid:2",)))
    with archive.engine.begin() as connection:  # the record of one source counts as told by the other too
        theirs = tables.revision.c.proceeding_id == archive.cross_references.find("q-294961")[0]
        told = connection.execute(select(tables.revision).where(theirs)).mappings().one()
        connection.execute(insert(tables.revision).values({**told, "id": 99, "source": THEIRS}))
    tell(archive, both)
    assert archive.mergings.listing() == []
    assert len(records(archive)) == 4


def test_a_hidden_record_with_keys_is_found_by_the_check(archive: Archive) -> None:
    tell(archive, *TWO)
    table = tables.proceeding
    with archive.engine.begin() as connection:
        connection.execute(update(table).where(table.c.id == 2).values(merged_into=1, latest_revision_id=None))
    [found] = integrity.consistency(archive.engine)
    assert found.startswith("1 records were merged with others, and yet are known by keys of their own: t-294961")


def test_merged_records_count_once_by_day(archive: Archive, clock: Clock) -> None:
    with_two(archive, clock)
    day = date(2009, 10, 26)
    house = TWO[0].house
    assert (archive.matches.records_by_day()[day], archive.coverage.held(house, day, day)) == (2, 2)
    tell(archive, LINK)
    assert (archive.matches.records_by_day()[day], archive.coverage.held(house, day, day)) == (1, 1)
    found = archive.cross_references.question_by_uin("294961", None)
    assert found is not None
    assert found.source == API
