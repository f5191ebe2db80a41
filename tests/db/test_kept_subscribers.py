"""Subscribers that are kept in the archive."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from monitor.errors import TakenNameError
from monitor.model.watching import ALL_TOPICS, ARCHIVE, Subscriber

if TYPE_CHECKING:
    from db.archive import Archive

ANN = Subscriber(key="ann", name="Ann", email="ann@example.org", topics=("water", "b"), at="", kept_in=ARCHIVE)
BOB = Subscriber(
    key="Bob",
    name="Bob",
    email="bob@example.org",
    topics=(ALL_TOPICS,),
    cadence="weekly",
    at="18:00",
    subject="counts",
    mentions="off",
    new_questions=False,
    waiting=False,
    promises=False,
    quiet_days=True,
    paused=True,
    kept_in=ARCHIVE,
)
PLACE = "desk:/etc/my files/config.toml"


def test_what_was_asked_for_is_stored_and_read_back(archive: Archive) -> None:
    assert archive.subscribers.listing() == []
    archive.subscribers.add(ANN)
    archive.subscribers.add(BOB)
    assert archive.subscribers.listing() == [ANN, BOB]
    assert archive.subscribers.of_file() == []


@pytest.mark.parametrize("name", ["ann", "ANN", "Bob", "bOB"])
def test_two_have_no_name_or_id_in_common(archive: Archive, name: str) -> None:
    archive.subscribers.add(ANN)
    archive.subscribers.add(BOB)
    with pytest.raises(TakenNameError, match=f"There is a subscriber '{name}' already"):
        archive.subscribers.add(replace(ANN, key=name, name=name))
    with pytest.raises(TakenNameError):
        archive.subscribers.add(replace(ANN, key="other", name=name))
    assert len(archive.subscribers.listing()) == 2


def test_a_change_writes_what_differs_alone(archive: Archive) -> None:
    archive.subscribers.add(ANN)
    assert archive.subscribers.change(ANN, replace(ANN, cadence="weekly"))
    assert archive.subscribers.change(ANN, replace(ANN, paused=True))  # by another one, who had read it before
    assert archive.subscribers.listing() == [replace(ANN, cadence="weekly", paused=True)]
    before = archive.subscribers.version()
    assert archive.subscribers.change(ANN, ANN)
    assert archive.subscribers.version() == before
    assert not archive.subscribers.change(BOB, replace(BOB, paused=False))


def test_a_name_can_not_be_changed_to_that_of_another(archive: Archive) -> None:
    archive.subscribers.add(ANN)
    archive.subscribers.add(BOB)
    with pytest.raises(TakenNameError):
        archive.subscribers.change(ANN, replace(ANN, name="bob"))
    assert archive.subscribers.change(ANN, replace(ANN, name="ann"))


def test_names_are_compared_only_where_a_name_changes(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """A topic that is removed is taken off the lists of thousands: each would be compared with all others."""
    archive.subscribers.add(ANN)
    monkeypatch.setattr("db.subscribers._refuse_taken", None)
    assert archive.subscribers.change(ANN, replace(ANN, topics=("other",)))
    assert [stored.topics for stored in archive.subscribers.listing()] == [("other",)]


def test_a_subscriber_can_be_removed_only_once(archive: Archive) -> None:
    archive.subscribers.add(ANN)
    assert archive.subscribers.remove("ann")
    assert not archive.subscribers.remove("ann")
    assert archive.subscribers.listing() == []


def test_every_change_makes_another_version(archive: Archive) -> None:
    versions = [archive.subscribers.version()]

    def note() -> None:
        versions.append(archive.subscribers.version())

    archive.subscribers.add(ANN)
    note()
    archive.subscribers.change(ANN, replace(ANN, paused=True))
    note()
    archive.subscribers.note_file(PLACE, [BOB])
    note()
    archive.subscribers.note_file("other:/config.toml", [])
    note()
    archive.subscribers.note_file("third:/config.toml", [])
    note()
    archive.subscribers.remove("ann")
    note()
    assert versions[0] == ""
    assert len(set(versions)) == len(versions)


def test_the_file_that_workers_go_by_takes_the_place_of_the_one_before(archive: Archive) -> None:
    archive.subscribers.add(ANN)
    archive.subscribers.note_file(PLACE, [replace(ANN, kept_in="config.toml"), BOB])
    assert archive.subscribers.of_file() == [replace(ANN, kept_in=PLACE), replace(BOB, kept_in=PLACE)]
    version = archive.subscribers.version()
    archive.subscribers.note_file(PLACE, [ANN, BOB])
    assert archive.subscribers.version() == version
    archive.subscribers.note_file("other:/config.toml", [BOB])
    assert archive.subscribers.of_file() == [replace(BOB, kept_in="other:/config.toml")]
    archive.subscribers.note_file("", [])
    assert archive.subscribers.of_file() == []
    assert archive.subscribers.listing() == [ANN]


def test_an_erased_person_is_not_kept(archive: Archive) -> None:
    archive.subscribers.add(ANN)
    archive.subscribers.add(replace(ANN, key="Ann again", name="Ann again", email="ANN@example.org"))
    archive.subscribers.add(BOB)
    archive.subscribers.note_file(PLACE, [ANN])
    version = archive.subscribers.version()
    assert archive.outbox.count_erasable("ann@example.org").kept == 3
    assert archive.outbox.forget("Ann@example.org").kept == 3
    assert archive.subscribers.listing() == [BOB]
    assert archive.subscribers.of_file() == []
    assert archive.subscribers.version() != version
    assert archive.outbox.count_erasable("ann@example.org").kept == 0
