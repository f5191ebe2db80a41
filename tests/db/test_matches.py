"""Watched topics and the matches found for them, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from sqlalchemy import event, select, update

import db.matches
from db import tables
from db.matches import load_matches
from monitor.model.index_query import AnyOf, PhraseRequirement
from monitor.model.watching import Match, Topic
from monitor.terms.matcher import compile_terms
from monitor.text.search_form import forms_of
from tests.archive_kit import store
from tests.builders import a_question, a_subscriber
from tests.index_kit import change_index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.archive import Archive
    from monitor.model.index_query import IndexQuery
    from monitor.model.watching import Subscriber
    from tests.fakes import Clock

MONDAY = date(2024, 11, 18)
WATER = Topic(key="water", name="Water", terms=("bathing water", "river"), exclude=())
BUSES = Topic(key="buses", name="Buses", terms=("rural bus",))


def match(archive: Archive, need: IndexQuery | None = None) -> list[int]:
    """Do all matching work that is due. Return the number of documents in each step."""
    steps = []
    while (work := archive.matches.next_work()) is not None:
        matcher = compile_terms(work.topics)
        for documents, done_to in archive.matches.read_documents(work, lambda: need):
            found = [(document.revision_id, matcher.matches(document.parts)) for document in documents]
            archive.matches.store(work, found, done_to)
            steps.append(len(documents))
    return steps


def sync(archive: Archive, *topics: Topic, subscribers: Sequence[Subscriber] = (), version: str = "1") -> None:
    archive.watch_list.sync(topics, subscribers, version)


def found(archive: Archive, revision_id: int = 1) -> list[tuple[str, str]]:
    """Return the topic and term of each match in a revision."""
    with archive.engine.connect() as connection:
        matches = load_matches(connection, tables.revision.c.id == revision_id).get(revision_id, [])
    return [(match.topic, match.term) for match in matches]


def test_each_occurrence_is_a_match(archive: Archive) -> None:
    store(archive, a_question(question="Bathing water, bathing water.", answer="A river."))
    sync(archive, WATER)
    assert match(archive) == [1]
    assert archive.matches.of_record(1) == {
        1: [
            Match(topic="water", term="river", form="river", part="answer", start=2, end=7),
            Match(topic="water", term="bathing water", form="Bathing water", part="question", start=0, end=13),
            Match(topic="water", term="bathing water", form="bathing water", part="question", start=15, end=28),
        ]
    }


def test_no_document_is_matched_twice(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.matches, "REVISIONS_AT_ONCE", 2)
    sync(archive, WATER)
    store(archive, a_question(uin="1"), a_question(uin="2"), a_question(uin="3"))
    assert match(archive) == [2, 1]
    assert match(archive) == []
    store(archive, a_question(uin="4"))
    assert match(archive) == [1]


def test_a_new_term_is_searched_in_every_record(archive: Archive) -> None:
    sync(archive, WATER)
    store(archive, a_question(question="The rural bus by the river."))
    match(archive)
    sync(archive, WATER, BUSES)
    store(archive, a_question(uin="2"))
    assert match(archive) == [1, 1]
    assert found(archive) == [("water", "river"), ("buses", "rural bus")] or found(archive) == [
        ("buses", "rural bus"),
        ("water", "river"),
    ]


def test_a_removed_term_leaves_its_matches_and_finds_no_more(archive: Archive) -> None:
    sync(archive, WATER)
    store(archive, a_question(question="The river."))
    match(archive)
    sync(archive, replace(WATER, terms=("bathing water",)))
    store(archive, a_question(question="The river.", answer="Other."))
    match(archive)
    assert found(archive, 1) == [("water", "river")]
    assert found(archive, 2) == []
    sync(archive, WATER)  # the term comes back and goes on where it stopped
    assert match(archive) == [1]
    assert found(archive, 2) == [("water", "river")]


def test_removing_a_topic_removes_its_terms_and_subscriptions(archive: Archive) -> None:
    desk = a_subscriber(topics=("water", "buses"))
    sync(archive, WATER, BUSES, subscribers=[desk])
    sync(archive, WATER, subscribers=[desk])
    with archive.engine.connect() as connection:
        terms = connection.execute(select(tables.term.c.text).where(tables.term.c.removed_at.is_not(None))).scalars()
        assert list(terms) == ["rural bus"]
        lists = connection.execute(select(tables.subscription).where(tables.subscription.c.removed_at.is_not(None)))
        assert len(lists.all()) == 1
    sync(archive, WATER, BUSES, subscribers=[desk])
    with archive.engine.connect() as connection:
        assert connection.execute(select(tables.term).where(tables.term.c.removed_at.is_not(None))).all() == []
        assert connection.execute(select(tables.topic).where(tables.topic.c.removed_at.is_not(None))).all() == []
        lists = connection.execute(select(tables.subscription).where(tables.subscription.c.removed_at.is_not(None)))
        assert lists.all() == []


def test_a_renamed_topic_stays_the_same(archive: Archive) -> None:
    sync(archive, WATER)
    sync(archive, replace(WATER, name="Water quality"))
    with archive.engine.connect() as connection:
        assert [(row.key, row.name) for row in connection.execute(select(tables.topic))] == [("water", "Water quality")]


def test_a_sync_without_changes_writes_nothing(archive: Archive) -> None:
    desk = a_subscriber(topics=("water", "buses"))
    sync(archive, WATER, BUSES, subscribers=[desk])
    statements: list[str] = []
    event.listen(archive.engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement))
    sync(archive, WATER, BUSES, subscribers=[desk])
    written = [statement for statement in statements if statement.startswith(("INSERT", "UPDATE"))]
    # The one update that may run removes the terms of removed topics; it finds none.
    assert all("topic.removed_at IS NOT NULL" in statement for statement in written), written
    sync(archive, replace(WATER, name="Waters"), BUSES, subscribers=[replace(desk, email="other@example.org")])
    with archive.engine.connect() as connection:
        names = connection.execute(select(tables.topic.c.name).order_by(tables.topic.c.id)).scalars().all()
        assert names == ["Waters", "Buses"]
        assert connection.execute(select(tables.subscriber.c.email)).scalar_one() == "other@example.org"


def test_a_term_with_other_exclusions_is_another_term(archive: Archive) -> None:
    store(archive, a_question(question="The river, the dry river."))
    sync(archive, WATER)
    match(archive)
    sync(archive, replace(WATER, exclude=("dry river",)))
    match(archive)
    spans = [(match.term, match.start) for match in archive.matches.of_record(1)[1]]
    assert spans == [("river", 4), ("river", 19)]  # both terms found the first place, which is listed once


def test_a_new_version_of_the_matcher_searches_again_and_finds_history(archive: Archive) -> None:
    sync(archive, WATER)
    store(archive, a_question(question="The river."))
    match(archive)
    store(archive, a_question(question="The brook."))
    match(archive)
    sync(archive, WATER, version="2")
    work = archive.matches.next_work()
    assert work is not None
    assert set(work.history_to.values()) == {2}
    more = Match(topic="water", term="river", form="brook", part="question", start=4, end=9)
    same = Match(topic="water", term="river", form="river", part="question", start=4, end=9)
    assert archive.matches.store(work, [(1, [same]), (2, [more])], work.to) == 1
    with archive.engine.connect() as connection:
        rows = connection.execute(select(tables.match).order_by(tables.match.c.id)).all()
    assert [(row.form, row.is_history) for row in rows] == [("river", False), ("brook", True)]


def test_a_new_version_of_the_matcher_explains_earlier_matches(archive: Archive) -> None:
    sync(archive, WATER)
    store(archive, a_question(question="The river."))
    match(archive)
    with archive.engine.begin() as connection:
        connection.execute(update(tables.match).values(member=None, is_evident=None))
    assert [found.is_evident for found in archive.matches.of_record(1)[1]] == [False]
    sync(archive, WATER, version="2")
    match(archive)
    (found,) = archive.matches.of_record(1)[1]
    assert (found.member, found.is_evident) == (None, True)


# -- through the index ------------------------------------------------------------------------------------------------

RIVER = AnyOf((PhraseRequirement(("river",)), PhraseRequirement(("bathing", "water"))))


@pytest.fixture
def indexed(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """Fill an archive with twelve indexed questions, two of them about water, and a topic that was not searched yet."""
    monkeypatch.setattr(db.matches, "_SHORT", 0)
    monkeypatch.setattr(db.matches, "_FOR_A_TERM", 0)
    texts = {4: "The river.", 9: "Bathing waters and bathing water."}
    store(archive, *(a_question(uin=f"{n}", question=texts.get(n, "The bus.")) for n in range(1, 13)))
    archive.index.follow()
    sync(archive, WATER)
    return archive


def read(archive: Archive, need: IndexQuery | None = RIVER) -> list[tuple[list[int], int]]:
    work = archive.matches.next_work()
    assert work is not None
    return [
        ([document.revision_id for document in documents], to)
        for documents, to in archive.matches.read_documents(work, lambda: need)
    ]


def test_a_new_term_reads_only_the_candidates_of_the_index(indexed: Archive) -> None:
    assert read(indexed) == [([4, 9], 12)]
    assert read(indexed, PhraseRequirement(("nowhere",))) == [([], 12)]


def test_candidates_of_the_index_are_read_in_batches(indexed: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.matches, "REVISIONS_AT_ONCE", 1)
    assert read(indexed) == [([4], 4), ([9], 9), ([], 12)]


def test_matching_goes_on_after_the_last_stored_step(indexed: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.matches, "REVISIONS_AT_ONCE", 1)
    work = indexed.matches.next_work()
    assert work is not None
    documents, to = next(indexed.matches.read_documents(work, lambda: RIVER))
    assert indexed.matches.store(work, [(4, compile_terms([WATER]).matches(documents[0].parts))], to) == 1
    assert read(indexed) == [([9], 9), ([], 12)]


@pytest.mark.parametrize(
    ("name", "value", "need"),
    [
        ("_SHORT", 100, RIVER),
        ("_FOR_A_TERM", 100, RIVER),
        ("_SHORT", 0, None),
        ("_SHORT", 0, PhraseRequirement(("\u00a3",))),
        ("_SHORT", 0, PhraseRequirement(("the",))),
    ],
)
def test_everything_is_read_if_that_is_cheaper(
    indexed: Archive, monkeypatch: pytest.MonkeyPatch, name: str, value: int, need: IndexQuery | None
) -> None:
    monkeypatch.setattr(db.matches, name, value)
    assert read(indexed, need) == [(list(range(1, 13)), 12)]


def test_what_is_needed_is_not_worked_out_where_everything_is_read(
    indexed: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.matches, "_SHORT", 100)
    work = indexed.matches.next_work()
    assert work is not None
    need = Mock(return_value=RIVER)
    assert [to for _, to in indexed.matches.read_documents(work, need)] == [12]
    need.assert_not_called()
    monkeypatch.setattr(db.matches, "_SHORT", 0)
    assert [len(documents) for documents, _ in indexed.matches.read_documents(work, need)] == [2]
    need.assert_called_once_with()


def test_everything_is_read_if_the_index_is_damaged(indexed: Archive) -> None:
    change_index(indexed.engine, "drop table full_text")
    assert read(indexed) == [(list(range(1, 13)), 12)]
    indexed.index.follow()
    assert read(indexed) == [([4, 9], 12)]


def test_what_the_index_does_not_hold_yet_is_read(indexed: Archive) -> None:
    store(indexed, a_question(uin="13"), a_question(uin="14"))
    assert read(indexed) == [([4, 9], 12), ([13, 14], 14)]


def test_a_long_stretch_in_a_large_index_is_worth_asking_for_few_terms(
    indexed: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.matches, "_FOR_A_TERM", 5)
    sync(indexed, replace(WATER, terms=WATER.terms[:1]))
    assert read(indexed) == [([4, 9], 12)]
    monkeypatch.setattr(db.matches, "_FARTHER", 6)  # the index has twice as many rows
    assert read(indexed) == [(list(range(1, 13)), 12)]


def test_a_document_has_its_forms_and_facts(indexed: Archive) -> None:
    work = indexed.matches.next_work()
    assert work is not None
    [([first, second], _)] = indexed.matches.read_documents(work, lambda: RIVER)
    assert first.parts["question"] == "The river."
    assert list(first.parts) == ["heading", "question", "answer"]
    assert first.forms == forms_of(first.parts)
    assert first.facts().body == a_question().body
    assert second.facts() == a_question().facts


def test_a_new_version_of_the_matcher_stores_no_match_twice(indexed: Archive) -> None:
    match(indexed, RIVER)
    before = [found(indexed, n) for n in (4, 9)]
    sync(indexed, WATER, version="2")
    assert match(indexed, RIVER) == [2]
    assert [found(indexed, n) for n in (4, 9)] == before == [[("water", "river")], [("water", "bathing water")] * 2]


@pytest.mark.parametrize("steps", [(True, False), (False, True, True, False, False), (True, False, True)])
def test_a_pause_has_a_beginning_and_an_end(archive: Archive, clock: Clock, steps: tuple[bool, ...]) -> None:
    for paused in steps:
        clock.tick(hours=1)
        sync(archive, WATER, subscribers=[a_subscriber(paused=paused)])
    with archive.engine.connect() as connection:
        row = connection.execute(select(tables.subscriber)).one()
    assert row.paused_at is not None
    assert (row.resumed_at is None) == steps[-1]
    assert row.resumed_at is None or row.resumed_at > row.paused_at
    assert archive.watch_list.paused_since() == ({row.key: row.paused_at} if steps[-1] else {})
    sync(archive, WATER)
    assert archive.watch_list.paused_since() == {}


def test_a_subscriber_who_left_and_came_back(archive: Archive, clock: Clock) -> None:
    sync(archive, WATER, subscribers=[a_subscriber()])
    sync(archive, WATER)
    clock.tick(days=1)
    sync(archive, WATER, subscribers=[a_subscriber(topics=("water", "unknown"))])
    with archive.engine.connect() as connection:
        row = connection.execute(select(tables.subscriber)).one()
    assert row.removed_at is None
    assert row.added_at.date() == date(2026, 11, 25)


def test_a_subscriber_whose_id_somebody_else_gets_keeps_what_they_were_told(archive: Archive, clock: Clock) -> None:
    sync(archive, WATER, subscribers=[a_subscriber()])
    sync(archive, WATER)
    clock.tick(days=1)
    sync(archive, WATER, subscribers=[a_subscriber(email="new@example.org")])
    with archive.engine.connect() as connection:
        old, new = connection.execute(select(tables.subscriber).order_by(tables.subscriber.c.id)).all()
    assert (old.key, old.removed_at is None) == ("desk (removed 1)", False)
    assert (new.key, new.email, new.removed_at) == ("desk", "new@example.org", None)


def test_an_instant_without_a_zone_is_refused(archive: Archive) -> None:
    with pytest.raises(Exception, match="an instant needs a time zone"):
        archive.runs.begin("collect", datetime(2024, 11, 18))  # noqa: DTZ001 (the test needs it)
