"""Tables that hold years: what each run asks of them is found by an index, and no run reads one as a whole."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from monitor.config.settings import TopicFeedSettings
from monitor.model.deliveries import FEED, UNFINISHED
from monitor.model.records import Member
from tests.builders import a_question, a_subscriber
from tests.fakes import Clock, World, a_config, at, new_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from db.archive import Archive

MONDAY, TUESDAY = date(2024, 11, 18), date(2024, 11, 19)
MORNING = at(MONDAY, 6)
OF_YEARS = ("outbox", "digest", "digest_item", "run", "source_record", "proceeding", "revision", "match", "payload")
"""Tables that grow with each record, digest, mail or run."""
OF_SOME_ROWS = {"ix_proceeding_open", "ix_run_running", "ix_outbox_kept", "ix_outbox_feed", "ix_payload_reason"}
"""Indexes that have the few rows that are asked for, and no others."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    archive = new_archive(tmp_path, clock := Clock(MORNING))
    reader = a_subscriber(key="feed water", email="water", channel=FEED)
    feeds = TopicFeedSettings(folder=tmp_path / "feeds", readers=(reader,))
    world = World(archive, clock)
    world.config = a_config(topic_feeds=feeds)
    yield world
    archive.close()


def whole_readings(archive: Archive, work: Callable[[], object]) -> list[str]:
    """Do some work, and return the statements that read one of these tables from its beginning to its end.

    With a limit a table is read only as far as that, unless its rows are sorted first.
    """
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        asked.append((statement, values))

    event.listen(archive.engine, "before_cursor_execute", note)
    work()
    event.remove(archive.engine, "before_cursor_execute", note)
    found = []
    with archive.engine.connect() as connection:
        for statement, values in asked:
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                plan = connection.exec_driver_sql(f"explain query plan {statement}", values).all()
                if _reads_all(statement, [str(row[-1]) for row in plan]):
                    found.append(statement)
    return found


def _reads_all(statement: str, plan: list[str]) -> bool:
    steps = [step.split() for step in plan if step.startswith(("SCAN", "SEARCH"))]
    of_years = [step for step in steps if step[1] in OF_YEARS and not OF_SOME_ROWS.intersection(step)]
    if " LIMIT " in statement:
        is_of_all = " LIMIT " in statement.rpartition(" ORDER BY ")[2]  # and not of a query within it
        return is_of_all and bool(of_years) and "USE TEMP B-TREE FOR ORDER BY" in plan
    return any(step[0] == "SCAN" or "AUTOMATIC" in step for step in of_years)  # such an index is made of all rows


def test_a_run_reads_no_table_of_years_as_a_whole(world: World) -> None:
    world.source.publish(
        a_question(question="To ask about bathing water.", answer="Bathing water is clean.", answered_on=MONDAY)
    )
    world.clock.now = at(MONDAY, 20)
    world.run()
    world.clock.now = at(TUESDAY, 8)
    assert whole_readings(world.archive, world.run) == []
    assert len(world.post.sent) == 1
    assert {entry.channel for entry in world.archive.deliveries.listing()} == {"mail", "feed"}


@pytest.mark.parametrize(
    "ask",
    [
        lambda archive: archive.rounds.composed_since(MORNING),
        lambda archive: archive.rounds.sent_since(MORNING),
        lambda archive: archive.rounds.begin("collect", MORNING, ()),
        lambda archive: archive.deliveries.counts(*UNFINISHED),
        lambda archive: archive.deliveries.figures(),
        lambda archive: archive.deliveries.purge(MORNING),
        lambda archive: archive.outbox.has_just_sent(MORNING),
        lambda archive: archive.runs.last_started("match"),
        lambda archive: archive.runs.last_ok("match"),
        lambda archive: archive.payloads.quarantined(),
        lambda archive: archive.matches.topic_days("water"),
        lambda archive: archive.matches.watched_terms("water"),
    ],
)
def test_what_workers_and_the_page_ask_reads_no_table_of_years_as_a_whole(
    world: World, ask: Callable[[Archive], object]
) -> None:
    assert whole_readings(world.archive, lambda: ask(world.archive)) == []


def test_what_reads_a_whole_table_is_seen(world: World) -> None:
    assert whole_readings(world.archive, world.archive.deliveries.counts)
    assert whole_readings(world.archive, lambda: world.archive.outbox.count_erasable("desk@example.org"))


def test_a_round_counts_what_was_composed_and_sent_in_it(world: World) -> None:
    world.source.publish(a_question(answer="Bathing water is clean.", answered_on=MONDAY))
    for evening, counts in ((at(MONDAY, 20), (2, 0, 1)), (at(TUESDAY, 8), (0, 1, 0))):
        world.clock.now = evening
        world.run()
        composed = world.archive.rounds.composed_since(evening)
        assert (composed["digests"], composed["empty"], world.archive.rounds.sent_since(evening)) == counts
    assert world.archive.rounds.composed_since(MORNING) == {"digests": 2, "empty": 1}


def test_members_are_named_without_a_look_at_all_records(world: World) -> None:
    member = Member(member_id=7, name="Ada Vale", party="Labour")
    remembered = whole_readings(world.archive, lambda: world.archive.members.remember({7: member}, MONDAY))
    assert remembered == []


def test_what_was_told_of_a_record_is_found_by_reader(world: World) -> None:
    assert whole_readings(world.archive, lambda: world.archive.digests.mentions(1)) == []


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("select id from follow where promise_id = 1", "ix_follow_promise"),
        ("select id from proceeding where merged_into in (1, 2)", "ix_proceeding_merged"),
    ],
)
def test_what_few_rows_have_is_found_by_an_index(world: World, query: str, index: str) -> None:
    with world.archive.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"explain query plan {query}").all()
    assert index in str(plan)
