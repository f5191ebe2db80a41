"""Counts of the matches of each watched term, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from monitor.model.digests import NewDigest
from monitor.model.matching import TermPlace
from monitor.model.watching import NewTerm, Topic
from monitor.terms.matcher import compile_terms
from tests.archive_kit import store
from tests.builders import a_question, a_subscriber

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.records import Proceeding
    from tests.fakes import Clock

MONDAY, TUESDAY = date(2024, 11, 18), date(2024, 11, 19)
WATER = Topic(key="water", name="Water", terms=("bathing water", "river"))
BUSES = Topic(key="buses", name="Buses", terms=("rural bus",))


def match(archive: Archive) -> None:
    while (work := archive.matches.next_work()) is not None:
        matcher = compile_terms(work.topics)
        for documents, done_to in archive.matches.read_documents(work, None):
            found = [(document.revision_id, matcher.matches(document.parts)) for document in documents]
            archive.matches.store(work, found, done_to)


def a_river(number: int, answer: str, day: date = MONDAY) -> Proceeding:
    return a_question(id=f"q-{number}", uin=str(number), answer=answer, answered_on=day)


def test_a_term_is_counted_by_the_day_of_each_record(archive: Archive) -> None:
    archive.watch_list.sync((WATER, BUSES), (), "1")
    store(
        archive,
        a_river(1, "Bathing water, and a river; another river."),
        a_river(2, "A river."),
        a_river(3, "A river.", TUESDAY),
    )
    match(archive)
    assert [(term.topic, term.term, term.days, term.is_behind) for term in archive.matches.watched_terms()] == [
        ("water", "bathing water", {MONDAY: 1}, False),
        ("water", "river", {MONDAY: 2, TUESDAY: 1}, False),
        ("buses", "rural bus", {}, False),
    ]
    assert archive.matches.watched_terms("buses") == archive.matches.watched_terms()[2:]
    assert archive.matches.watched_terms("trains") == []
    assert archive.matches.topic_days() == {"water": {MONDAY: 2, TUESDAY: 1}}
    assert archive.matches.topic_days("water", since=TUESDAY) == {"water": {TUESDAY: 1}}
    assert archive.matches.topic_days("buses") == {}
    assert archive.matches.records_by_day() == {MONDAY: 2, TUESDAY: 1}


def test_a_match_in_an_older_revision_does_not_count(archive: Archive) -> None:
    archive.watch_list.sync((WATER,), (), "1")
    store(archive, a_river(1, "A river."), a_river(1, "A stream."), a_river(2, "A stream."), a_river(2, "A river."))
    match(archive)
    river = archive.matches.watched_terms()[1]
    assert river.days == {MONDAY: 1}
    assert [span.term for span in archive.matches.spans("water")] == ["river"]


def test_a_term_is_behind_until_every_record_was_searched(archive: Archive) -> None:
    archive.watch_list.sync((WATER,), (), "1")
    match(archive)
    assert [term.is_behind for term in archive.matches.watched_terms()] == [False, False]
    store(archive, a_river(1, "A river."))
    assert [term.is_behind for term in archive.matches.watched_terms()] == [True, True]


def test_a_term_is_watched_since_it_was_first_added(archive: Archive, clock: Clock) -> None:
    archive.watch_list.sync((WATER,), (), "1")
    first = clock.now
    clock.tick(days=3)
    later = Topic(key="water", name="Water", terms=("river", "lake"), exclude=("river boat",))
    archive.watch_list.sync((later,), (), "1")
    river, lake = archive.matches.watched_terms()
    assert (river.term, lake.term) == ("river", "lake")
    assert first - timedelta(seconds=1) < river.added_at <= first
    assert lake.added_at >= first + timedelta(days=3)
    archive.watch_list.sync((), (), "1")
    assert archive.matches.watched_terms() == []


def test_the_spans_of_a_topic_come_in_the_order_of_revisions(archive: Archive) -> None:
    archive.watch_list.sync((WATER, BUSES), (), "1")
    store(archive, a_river(1, "A river, a rural bus, bathing water."), a_river(2, "The river."))
    match(archive)
    found = list(archive.matches.spans("water"))
    revisions = list(dict.fromkeys(place.revision for place in found))
    assert [place.revision for place in found] == [revisions[0], revisions[0], revisions[1]]
    assert sorted((place.term, place.part, place.start, place.end) for place in found[:2]) == [
        ("bathing water", "answer", 22, 35),
        ("river", "answer", 2, 7),
    ]
    assert found[2] == TermPlace(revision=revisions[1], term="river", part="answer", start=4, end=9)


def test_a_topic_is_idle_if_none_of_its_terms_was_found_since(archive: Archive) -> None:
    archive.watch_list.sync((WATER, BUSES), (), "1")
    store(archive, a_river(1, "A river."), a_river(2, "A rural bus.", TUESDAY))
    match(archive)
    assert archive.matches.idle_topics(MONDAY) == frozenset()
    assert archive.matches.idle_topics(TUESDAY) == {"water"}
    archive.watch_list.sync((WATER,), (), "1")
    assert archive.matches.idle_topics(TUESDAY + timedelta(days=1)) == {"water"}


def test_a_topic_is_not_idle_before_every_record_was_searched(archive: Archive) -> None:
    archive.watch_list.sync((WATER,), (), "1")
    store(archive, a_river(1, "A stream."))
    assert archive.matches.idle_topics(MONDAY) == frozenset()
    match(archive)
    assert archive.matches.idle_topics(MONDAY) == {"water"}


DESK = a_subscriber(topics=("water", "buses"))


def compose_digest(archive: Archive, clock: Clock, kind: str = "mailed") -> None:
    clock.tick(hours=1)
    archive.digests.store(
        NewDigest(subscriber="desk", slot=str(clock.now), kind=kind, as_of=clock.now, subject="", told_on=MONDAY)
    )
    clock.tick(hours=1)


def test_a_term_is_new_until_a_digest_was_mailed(archive: Archive, clock: Clock) -> None:
    archive.watch_list.sync((WATER,), (DESK,), "1")
    store(archive, a_river(1, "A lake."), a_river(2, "A lake.", TUESDAY), a_river(3, "A lake."), a_river(3, "Dry."))
    assert archive.matches.new_terms("desk") == ()  # terms of the first sync are not new
    clock.tick(hours=1)
    lakes = replace(WATER, terms=(*WATER.terms, "lake"))
    archive.watch_list.sync((lakes,), (DESK,), "1")
    match(archive)
    new = (NewTerm(topic="water", term="lake", records=2, newest_on=TUESDAY),)
    assert archive.matches.new_terms("desk") == new
    compose_digest(archive, clock, "empty")
    assert archive.matches.new_terms("desk") == new  # an empty digest was not mailed
    compose_digest(archive, clock)
    assert archive.matches.new_terms("desk") == ()
    assert archive.matches.new_terms("nobody") == ()


def test_other_exclusions_make_no_term_new(archive: Archive, clock: Clock) -> None:
    archive.watch_list.sync((WATER,), (DESK,), "1")
    compose_digest(archive, clock)
    archive.watch_list.sync((replace(WATER, exclude=("river boat",)),), (DESK,), "1")
    assert archive.matches.new_terms("desk") == ()
    compose_digest(archive, clock)
    archive.watch_list.sync((replace(WATER, terms=("river",)),), (DESK,), "1")
    compose_digest(archive, clock)
    archive.watch_list.sync((WATER,), (DESK,), "1")
    assert [term.term for term in archive.matches.new_terms("desk")] == [
        "bathing water"
    ]  # the term was removed for a time


def test_a_newly_subscribed_topic_is_new_as_a_whole(archive: Archive, clock: Clock) -> None:
    archive.watch_list.sync((WATER, BUSES), (replace(DESK, topics=("buses",)),), "1")
    store(archive, a_river(1, "Bathing water in a river."))
    compose_digest(archive, clock)
    archive.watch_list.sync((WATER, BUSES), (DESK,), "1")
    match(archive)
    assert archive.matches.new_terms("desk") == (NewTerm(topic="water", term=None, records=1, newest_on=MONDAY),)


def test_a_long_watch_list_takes_few_statements_with_few_parameters(archive: Archive, clock: Clock) -> None:
    statements: list[int] = []

    def note(*call: Any) -> None:
        is_for_many_rows = call[-1]
        statements.append(0 if is_for_many_rows else len(call[3]))

    def sync(count: int, version: str = "1", *, exclude: tuple[str, ...] = ()) -> None:
        terms = tuple(f"river{number}" for number in range(count))
        readers = [replace(DESK, key=f"desk {number}") for number in range(count)]
        archive.watch_list.sync((replace(WATER, terms=terms, exclude=exclude),), readers, version)
        match(archive)
        archive.matches.new_terms("desk 0")

    store(archive, a_river(1, "River0 and river1."))
    event.listen(archive.engine, "before_cursor_execute", note)
    sync(1)
    clock.tick(hours=1)
    for step in (
        partial(sync, 2_000),  # 1,999 terms and readers that are new
        partial(sync, 2_000, "2"),  # all terms are looked for again
        partial(sync, 2_000, exclude=("dry river",)),  # all under other exclusions
        partial(sync, 1),  # and away again
    ):
        statements.clear()
        step()
        assert len(statements) < 100
        assert max(statements) < 1_000  # some databases take no more
    event.remove(archive.engine, "before_cursor_execute", note)
    assert [match.term for match in archive.matches.of_record(1)[1]] == ["river0", "river1"]


def test_many_new_terms_of_a_topic_are_counted_together(archive: Archive, clock: Clock) -> None:
    archive.watch_list.sync((WATER,), (DESK,), "1")
    store(archive, a_river(1, "Lake7 and lake8."), a_river(2, "Lake8.", TUESDAY))
    compose_digest(archive, clock)
    lakes = tuple(f"lake{number}" for number in range(600))
    archive.watch_list.sync((replace(WATER, terms=(*WATER.terms, *lakes)),), (DESK,), "1")
    match(archive)
    statements: list[str] = []
    event.listen(archive.engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement))
    new = archive.matches.new_terms("desk")
    assert len(statements) < 10
    assert [term.term for term in new] == [*lakes]
    assert new[7:9] == (
        NewTerm(topic="water", term="lake7", records=1, newest_on=MONDAY),
        NewTerm(topic="water", term="lake8", records=2, newest_on=TUESDAY),
    )
    compose_digest(archive, clock)
    statements.clear()
    assert archive.matches.new_terms("desk") == ()
    assert len(statements) == 2  # no term of a topic is read in which nothing is new
