"""Digests of one compose share what they read: each is the same as where it is composed alone."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from db.store import _VIEWS
from monitor.config.settings import WebSettings
from monitor.delivery.links import SECRET_FACT
from monitor.digest.compose import Compose, ComposeCounts
from monitor.digest.render import _environment, _once
from monitor.digest.schedule import due_readers
from monitor.digest.shared import BoundedCache
from monitor.model.following import FollowKind, FollowTarget, MarkKind, MuteKind
from monitor.model.watching import Topic
from tests.archive_kit import store
from tests.builders import a_question, a_subscriber
from tests.fakes import Clock, World, a_config, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from db.runs import Runs
    from monitor.digest.prepare import Prepared
    from monitor.model.records import Proceeding
    from monitor.model.watching import Subscriber
    from monitor.presentation.entry import Entry

TODAY = date(2024, 11, 18)
TOPICS = (
    Topic(key="water", name="Water", terms=("bathing water", "sites")),
    Topic(key="tests", name="Tests", terms=("tested", "bathing water")),
    Topic(key="lists", name="Lists", terms=("publish a list",)),
)
ANSWERS = (
    "The bathing water was tested at 45 places in the north, and the results were good in each of them, as before.",
    "The bathing water was tested at 38 places in the south, and the results were good in each of them, as before.",
    "We will publish a list of bathing water sites in spring 2025.",
    "We will publish a list of bathing water sites by 10 November 2024.",
    "I will write to the hon. Member, and place a copy of the letter in the Library.",
    "I refer the hon. Member to the answer of 5 November 2024 to Question 140001.",
)


def reader(key: str, *topics: str, **facts: Any) -> Subscriber:
    return a_subscriber(key=key, name=key.title(), email=f"{key}@example.org", topics=topics, **facts)


READERS = (
    reader("ada", "water"),
    reader("bo", "water", "tests", mentions="full"),
    reader("cy", "tests", "water", cadence="weekly"),
    reader("di", "lists", cadence="weekly"),
    reader("eve", "lists", "tests", cadence="instant", mentions="off"),
    reader("fay", "water", "tests", "lists"),
    reader("guy", "water", waiting=False, promises=False),
    reader("hal", "tests"),
    reader("ian", "water", "tests", new_questions=True),
)


def question(number: int, day: date, **facts: Any) -> Proceeding:
    given: dict[str, Any] = {
        "uin": str(140000 + number),
        "question": "What steps he is taking on bathing water.",
        "answer": None,
        "tabled_on": day - timedelta(days=4),
        "date_for_answer": day,
        "named_day": True,
    }
    return a_question(**(given | facts))


def answered(number: int, day: date) -> Proceeding:
    return question(number, day, answer=ANSWERS[number % len(ANSWERS)], answered_on=day)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Make an archive of a year with news, late questions, promises, and readers who follow, mute, mark and note."""
    clock = Clock(at(TODAY - timedelta(days=3), 6))
    archive = new_archive(tmp_path, clock)
    world = World(archive, clock)
    world.config = a_config(topics=TOPICS, subscribers=READERS)
    store(archive, *(answered(number, TODAY - timedelta(days=400 - 10 * number)) for number in range(30)))
    world.pipeline().sync()
    store(archive, *(question(50 + number, TODAY - timedelta(days=5 * number)) for number in range(4)))
    store(archive, *(answered(60 + number, TODAY - timedelta(days=3)) for number in range(12)))
    by_key = {person.key: person for person in READERS}
    followed = FollowTarget(kind=FollowKind.RECORD, ref="q-1", proceeding_id=31)
    archive.following.follow(by_key["di"], followed)
    archive.choices.mute(by_key["bo"], MuteKind.TERM, "sites", TODAY + timedelta(days=9))
    archive.choices.mute(by_key["hal"], MuteKind.PHRASE, "in the north", TODAY + timedelta(days=9))
    archive.choices.mark(by_key["ada"], MarkKind.DONE, 32)
    archive.notes.add(by_key["ada"], FollowTarget(kind=FollowKind.RECORD, ref="q-36", proceeding_id=36), "Ask again.")
    world.pipeline().match()
    yield world
    archive.close()


def compose(world: World) -> Compose:
    return Compose(world.archive, world.config, world.calendar, world.clock(), world.clock)


def parts(prepared: Prepared) -> dict[str, object]:
    """Return what a digest says and stores; row ids of reminders in no order, and without the instant of composing."""
    digest = replace(prepared.digest, as_of=at(TODAY, 9))
    stored = {name: sorted(getattr(prepared, name)) for name in ("told", "left_out", "muted", "waiting", "promises")}
    return {"digest": digest, "rendered": prepared.rendered, "has_news": prepared.has_news, **stored}


def test_each_digest_of_a_compose_is_the_same_as_alone(world: World) -> None:
    for day in (TODAY, TODAY + timedelta(days=7)):
        world.clock.now = at(day, 9)
        together = compose(world)
        shared = {person.key: parts(together.prepare(person, "x")) for person in (*READERS, *reversed(READERS))}
        assert shared == {person.key: parts(compose(world).prepare(person, "x")) for person in READERS}
        assert any(prepared["waiting"] for prepared in shared.values())
        if day == TODAY:
            assert sum(bool(prepared["told"]) for prepared in shared.values()) == len(READERS)
            assert any(prepared["promises"] for prepared in shared.values())
            assert any(prepared["muted"] for prepared in shared.values())
        together.run(counts := ComposeCounts(), now=True)
        assert not counts.failures


def test_questions_on_topics_are_those_that_are_asked_for_alone(world: World) -> None:
    shared = compose(world).shared
    for person in READERS:
        alone = {question.proceeding_id: question for question in world.archive.digests.open_questions(person.topics)}
        found = {question.proceeding_id: question for question in shared.open_questions(person)}
        followed = set(world.archive.digests.followed_questions(person.key))
        assert found.keys() == alone.keys() | followed
        assert {record: found[record] for record in alone} == alone
    keys = (person.key for person in READERS)
    assert [key for key in keys if world.archive.digests.reader_state(key, "x").has_followed] == ["di"]


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """Give the statements that the archive executes meanwhile."""
    executed: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        executed.append(statement)

    event.listen(world.archive.engine, "before_cursor_execute", note)
    yield executed
    event.remove(world.archive.engine, "before_cursor_execute", note)


def test_records_are_read_for_the_first_reader_alone(world: World) -> None:
    together = compose(world)
    ada, other = READERS[0], reader("ian", "water")
    with statements(world) as first:
        together.prepare(ada, "x")
    with statements(world) as second:
        together.prepare(other, "x")
    assert sum("FROM parts" in statement for statement in first) > 5
    assert sum("FROM parts" in statement for statement in second) == 1  # the record of the team's note
    assert len(second) < len(first) / 2


def test_a_digest_is_read_in_one_view(world: World) -> None:
    together = compose(world)
    together.run_for(READERS[0], ComposeCounts())
    begun: list[object] = []
    event.listen(world.archive.engine, "begin", begun.append)
    together.run_for(READERS[5], counts := ComposeCounts())
    assert counts.digests == 1
    assert len(begun) == 2  # one reads, one stores


def test_readers_who_have_their_digest_cost_nothing(world: World) -> None:
    daily = [person for person in READERS if person.cadence == "daily"]
    world.config = a_config(topics=TOPICS, subscribers=daily)
    world.clock.now = at(TODAY, 9)
    compose(world).run(ComposeCounts())
    work = compose(world)
    with statements(world) as executed:
        work.run(counts := ComposeCounts())
    assert counts.as_dict() == ComposeCounts().as_dict()
    assert sum("FROM subscriber" in statement for statement in executed) == 1  # who has a digest of the slot


def test_a_digest_that_another_worker_composed_meanwhile_is_not_composed_again(world: World) -> None:
    world.clock.now = at(TODAY, 9)
    first, second = compose(world), compose(world)
    second.run_for(READERS[0], ComposeCounts())  # has asked who has a digest of the slot
    first.run_for(READERS[5], ComposeCounts())
    second.run_for(READERS[5], counts := ComposeCounts())
    assert counts.as_dict() == ComposeCounts().as_dict()


def test_what_links_need_is_made_before_the_view(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that another process made just then would not be seen within it."""
    world.config = a_config(topics=TOPICS, subscribers=READERS, web=WebSettings(base_url="https://example.org"))
    with world.archive.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM meta WHERE key = 'instance'")
    made: dict[str, bool] = {}
    set_fact_once = type(world.archive.runs).set_fact_once

    def note(runs: Runs, key: str, value: str) -> str:
        made[key] = getattr(_VIEWS, "open", None) is None
        return set_fact_once(runs, key, value)

    monkeypatch.setattr(type(world.archive.runs), "set_fact_once", note)
    compose(world).run_for(READERS[0], ComposeCounts())
    assert made == {"instance": True, SECRET_FACT: True}


def test_due_readers_are_found_by_one_question_for_each_slot(world: World) -> None:
    world.clock.now = at(TODAY, 9)
    daily, weekly = ({person.key for person in READERS if person.cadence == cadence} for cadence in ("daily", "weekly"))
    paused = reader("pat", "water", paused=True)
    world.config = a_config(topics=TOPICS, subscribers=(*READERS, paused))
    with statements(world) as executed:
        due = due_readers(world.archive, world.config.readers, world.config.schedule, world.clock())
    assert {person.key for person in due} == daily | weekly
    assert len(executed) == 1  # on a Monday all have the same slot
    assert world.archive.digests.instants_of_last() == {}
    compose(world).run_for(READERS[0], ComposeCounts())
    due = due_readers(world.archive, world.config.readers, world.config.schedule, world.clock())
    assert {person.key for person in due} == (daily | weekly) - {"ada"}
    assert world.archive.digests.instants_of_last() == {"ada": world.archive.digests.listing(subscriber="ada")[0].as_of}


def test_items_are_written_out_once_for_several_readers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.clock.now = at(TODAY, 9)
    first, second = reader("guy", "water"), reader("ada", "water")
    apart = [compose(world).prepare(person, "x").rendered for person in (first, second)]
    written: list[str] = []

    def once(entry: Entry, form: str, write: Callable[[Entry], str]) -> str:
        written.extend([form] * (form not in entry.written))
        return _once(entry, form, write)

    for form in ("html", "txt"):
        monkeypatch.setitem(_environment(form).globals, "once", once)
        _environment(form).cache.clear()  # type: ignore[union-attr]  # templates keep the globals that they were loaded with
    work = compose(world)
    together = [work.prepare(first, "x").rendered]
    count = len(written)
    together.append(work.prepare(second, "x").rendered)
    assert together == apart
    assert (count, len(written)) == (10, 12)  # one item has a note of the second reader


def test_a_sync_that_changes_nothing_asks_as_much_for_many_readers(world: World) -> None:
    def count(readers: Sequence[Subscriber]) -> int:
        world.archive.watch_list.sync(TOPICS, readers, "1")
        with statements(world) as executed:
            world.archive.watch_list.sync(TOPICS, readers, "1")
        return len(executed)

    assert count(READERS[:1]) == count(READERS)


def test_what_was_made_first_goes_where_there_is_too_much() -> None:
    kept: BoundedCache[int, str] = BoundedCache(most=2)
    read: list[int] = []

    def make(numbers: list[int]) -> dict[int, str]:
        read.extend(numbers)
        return {number: str(number) for number in numbers if number != 4}

    assert kept.get_all([1, 2, 1], make) == {1: "1", 2: "2"}
    assert kept.get_all([2, 3, 4], make) == {2: "2", 3: "3"}
    assert kept.get_all([1], make) == {1: "1"}
    assert read == [1, 2, 3, 4, 1]
    assert kept.get(1, lambda: "again") == "1"
    assert kept.get(9, lambda: "new") == "new"
