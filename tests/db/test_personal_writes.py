"""Follows, marks, mutes and notes written while a run holds the archive, and by several processes at once."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from db.archive import Archive
from db.engine import open_engine
from monitor.model.following import FollowKind, FollowTarget, MarkKind, MuteKind
from tests.builders import a_subscriber
from tests.db.follow_kit import DESK, MONDAY, TUESDAY, WEDNESDAY, buses, last_text, record, row_of, run_at, water
from tests.fakes import World, at

if TYPE_CHECKING:
    from tests.fakes import Clock

pytestmark = pytest.mark.slow

WRITERS, EACH = 3, 12
UNTIL = date(2024, 12, 24)

WRITER = textwrap.dedent(
    """
    import sys
    from datetime import date
    from db.archive import open_archive
    from monitor.model.following import FollowKind, FollowTarget, MarkKind, MuteKind
    from tests.builders import a_subscriber

    url, name, row, each = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    archive = open_archive(url)
    reader = a_subscriber(key=name, name=name, email=f"{name}@example.org")
    about = FollowTarget(kind=FollowKind.RECORD, ref="q-140001", proceeding_id=row)
    asker = FollowTarget(kind=FollowKind.ASKER, ref="Ada Example", member_id=9001)
    shared = a_subscriber(key="shared", name="Shared desk", email="shared@example.org")
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(each):
        archive.notes.add(reader, about, f"note {number} of {name}")
        archive.choices.mute(reader, MuteKind.PHRASE, f"phrase {number}", date(2024, 12, 24))
        archive.choices.mark(shared, MarkKind.DONE, row)
        archive.following.follow(shared, asker)
    archive.following.follow(reader, about)
    archive.close()
    """
)


@pytest.fixture
def world(archive: Archive, clock: Clock) -> World:
    """Make a world that was read on Monday, with one question."""
    clock.now = at(MONDAY, 8)
    world = World(archive, clock)
    world.source.publish(buses())
    assert world.run().ok
    return world


def test_every_choice_is_written_while_a_run_holds_the_archive(world: World, archive_url: str, clock: Clock) -> None:
    person = Archive(open_engine(archive_url), clock=clock)
    with world.archive.runs.lease():
        world.archive.runs.renew()
        about = record(world, "140001")
        assert person.following.follow(DESK, about)
        person.choices.mark(DESK, MarkKind.DONE, row_of(world, "140001"))
        number = person.choices.mute(DESK, MuteKind.PHRASE, "school trips", UNTIL)
        person.notes.add(DESK, about, "Ask the council.")
        world.archive.runs.renew()  # and the run goes on
        assert person.choices.unmute("desk", number)
        [followed] = person.following.listing("desk")
        assert person.following.unfollow("desk", followed.number)
        assert person.choices.unmark(DESK, MarkKind.DONE, row_of(world, "140001"))
        world.archive.runs.renew()
    person.close()


def test_a_follow_that_begins_while_a_run_reads_holds_from_then_on(
    world: World, archive_url: str, clock: Clock
) -> None:
    """The reader follows between two pages of the run, and is told what the run stores after that, once."""
    person = Archive(open_engine(archive_url), clock=clock)
    about = record(world, "140001")
    done: list[bool] = []

    def follow_once(*_: object) -> None:
        if not done:
            done.append(person.following.follow(DESK, about))

    world.source.before_page = follow_once
    world.source.change("140001", answer="Buses run hourly.", answered_on=TUESDAY)
    run_at(world, clock, TUESDAY, 12)
    person.close()
    assert done == [True]
    run_at(world, clock, WEDNESDAY)
    assert "Buses run hourly." in last_text(world)
    assert len(world.post.sent) == 1


def test_several_processes_at_once_lose_nothing(world: World, archive_url: str, clock: Clock) -> None:
    row = row_of(world, "140001")
    names = [f"writer{number}" for number in range(WRITERS)]
    command = [sys.executable, "-c", WRITER, archive_url]
    writers = [
        subprocess.Popen(  # noqa: S603 (our own words)
            [*command, name, str(row), str(EACH)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in names
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    with world.archive.runs.lease():
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.write("\n")
            writer.stdin.flush()
        while any(writer.poll() is None for writer in writers):
            world.archive.runs.renew()
            world.archive.runs.set_fact("news_floor", MONDAY.isoformat())
        for writer in writers:
            writer.communicate()
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    notes = world.archive.notes.listing()
    assert sorted(note.text for note in notes) == sorted(f"note {n} of {name}" for name in names for n in range(EACH))
    assert {(note.author, note.text.split()[-1]) for note in notes} == {(name, name) for name in names}
    for name in names:
        assert len(world.archive.choices.mutes(name)) == EACH
        assert len(world.archive.following.listing(name)) == 1
    assert len(world.archive.following.listing("shared")) == 1  # followed many times, once each
    assert len(world.archive.choices.marks("shared")) == 1
    world.source.publish(water())
    run_at(world, clock, TUESDAY)
    assert len(world.post.sent) == 1


def test_each_writes_under_their_own_name(world: World) -> None:
    other = a_subscriber(key="other", name="Press desk", email="press@example.org")
    about = FollowTarget(kind=FollowKind.RECORD, ref="q-140001", proceeding_id=row_of(world, "140001"))
    for reader in (DESK, other):
        world.archive.notes.add(reader, about, f"by {reader.key}")
    assert [note.author for note in world.archive.notes.listing()] == ["Press desk", "Policy desk"]


def test_a_note_that_is_sent_twice_at_once_is_one(world: World, clock: Clock) -> None:
    other = a_subscriber(key="other", name="Press desk", email="press@example.org")
    notes, about = world.archive.notes, record(world, "140001")
    first = notes.add(DESK, about, "Chased.")
    assert notes.add(DESK, about, "Chased.") == first
    notes.add(other, about, "Chased.")
    notes.add(DESK, about, "Chased.")
    clock.now += timedelta(days=7)
    notes.add(DESK, about, "Chased.")
    assert [note.author for note in notes.listing()] == ["Policy desk", "Policy desk", "Press desk", "Policy desk"]
