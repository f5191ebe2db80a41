"""Subscribers of config.toml and of the archive: which of them count."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from db.archive import open_archive
from monitor import app
from monitor.config.last_used import note_configuration
from monitor.config.merging import (
    goes_by_other_file,
    is_up_to_date,
    note_subscribers,
    problems_of_kept,
    with_subscribers,
    with_unused_id,
)
from monitor.config.settings import WorkersSettings
from monitor.config.subscribers import changed_subscriber, new_subscriber
from monitor.errors import ConfigError, TakenNameError
from monitor.model.watching import ALL_TOPICS, ARCHIVE, FILE, Topic
from tests.builders import a_subscriber
from tests.fakes import a_config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from db.archive import Archive
    from monitor.config.settings import Config

TOPICS = (
    Topic(key="water", name="Water", terms=("water",)),
    Topic(key="floods", name="Floods", terms=("flood",)),
)
ANN = {"name": "Ann", "email": "ann@example.org"}


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with closing(open_archive(f"sqlite:///{tmp_path / 'archive.db'}")) as archive:
        yield archive


def the_config(**parts: Any) -> Config:
    return a_config(**({"topics": TOPICS} | parts))


def add(archive: Archive, config: Config, **facts: Any) -> None:
    archive.subscribers.add(new_subscriber(config, ANN | facts))


def machine(folder: Path, subscribers: str, saved: int) -> Config:
    """Return the configuration of a machine with workers, whose file was saved at an instant."""
    folder.mkdir()
    path = folder / "config.toml"
    path.write_text(f'[[topics]]\nname = "Water"\nterms = ["water"]\n{subscribers}', encoding="utf-8")
    os.utime(path, (saved, saved))
    return replace(app.configuration(str(path), env={}), workers=WorkersSettings(enabled=True))


def names(config: Config) -> list[tuple[str, str]]:
    return [(reader.name, reader.kept_in) for reader in config.subscribers]


# -- one machine --------------------------------------------------------------------------------------------------------


def test_those_of_the_archive_come_behind_those_of_the_file(archive: Archive) -> None:
    config = the_config()
    add(archive, config)
    merged = with_subscribers(config, archive)
    assert names(merged) == [("Policy desk", FILE), ("Ann", ARCHIVE)]
    assert merged.readers[1].topics == ("water", "floods")
    assert merged.readers[1].at == "07:30"
    assert with_subscribers(merged, archive) == merged


def test_the_file_wins_over_the_archive(archive: Archive) -> None:
    add(archive, the_config(subscribers=()), id="desk", email="other@example.org")
    merged = with_subscribers(the_config(), archive)
    assert [reader.email for reader in merged.subscribers] == ["policy@example.org"]
    assert problems_of_kept(merged, archive) == ['"Ann" is in config.toml and in the archive: config.toml counts']
    assert with_subscribers(the_config(subscribers=()), archive).subscribers[0].email == "other@example.org"


def test_all_topics_are_those_that_there_are(archive: Archive) -> None:
    add(archive, the_config(), topics=[ALL_TOPICS])
    add(archive, the_config(), name="Bob", topics=["Floods", "water"], at="18:00")
    found = with_subscribers(the_config(topics=TOPICS[:1], subscribers=()), archive)
    assert [reader.topics for reader in found.subscribers] == [("water",), ("water",)]
    assert [reader.at for reader in found.subscribers] == ["07:30", "18:00"]
    assert problems_of_kept(found, archive) == ['"Bob", in the archive, names topics that there are not: floods']


def test_thousands_who_get_all_topics_share_one_list_of_them(archive: Archive) -> None:
    for name in ("Bob", "Cleo"):
        add(archive, the_config(), name=name, topics=[ALL_TOPICS])
    bob, cleo = with_subscribers(the_config(subscribers=()), archive).subscribers
    assert bob.topics is cleo.topics


def test_a_change_is_noticed(archive: Archive) -> None:
    config = with_subscribers(the_config(), archive)
    assert is_up_to_date(config, archive)
    assert not is_up_to_date(the_config(), archive)  # those of the archive were not asked for
    add(archive, config)
    assert not is_up_to_date(config, archive)
    assert is_up_to_date(with_subscribers(config, archive), archive)


# -- several machines ---------------------------------------------------------------------------------------------------


def test_workers_go_by_the_file_of_the_service(archive: Archive, tmp_path: Path) -> None:
    table = '[[subscribers]]\nname = "{}"\nemail = "a@example.org"\n'
    service = machine(tmp_path / "one", table.format("Desk") + table.format("Both") + 'cadence = "weekly"\n', 2_000)
    worker = machine(tmp_path / "two", table.format("Both") + table.format("Stale"), 1_000)
    bare = machine(tmp_path / "three", "", 3_000)
    assert names(with_subscribers(worker, archive)) == [("Both", FILE), ("Stale", FILE)]  # no service so far
    note_configuration(archive, service)
    note_subscribers(service, archive)
    add(archive, service)
    for config in (worker, bare):
        assert goes_by_other_file(config, archive)
        merged = with_subscribers(config, archive)
        assert [name for name, _ in names(merged)] == ["Desk", "Both", "Ann"]
        assert names(merged)[0][1].endswith(f":{service.path}")
        assert merged.subscribers[1].cadence == "weekly"
    assert names(with_subscribers(service, archive)) == [("Desk", FILE), ("Both", FILE), ("Ann", ARCHIVE)]
    assert names(with_subscribers(bare, archive, takes_over=True)) == [("Ann", ARCHIVE)]


def test_without_workers_each_machine_goes_by_its_own_file(archive: Archive, tmp_path: Path) -> None:
    table = '[[subscribers]]\nname = "Desk"\nemail = "a@example.org"\n'
    one = replace(machine(tmp_path / "one", table, 2_000), workers=WorkersSettings())
    two = replace(machine(tmp_path / "two", "", 3_000), workers=WorkersSettings())
    note_configuration(archive, one)
    note_subscribers(one, archive)
    assert archive.subscribers.of_file() == []
    assert names(with_subscribers(two, archive)) == []


def test_a_file_that_is_gone_leaves_what_was_noted(archive: Archive, tmp_path: Path) -> None:
    service = machine(tmp_path / "one", '[[subscribers]]\nname = "Desk"\nemail = "a@example.org"\n', 2_000)
    note_subscribers(service, archive)
    service.path.unlink()
    note_subscribers(replace(service, subscribers=()), archive)
    assert [reader.name for reader in archive.subscribers.of_file()] == ["Desk"]


# -- wishes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"name": " "}, "name: is empty"),
        ({"name": "x" * 201}, "name: has 200 characters at most"),
        ({"name": "a\nb"}, "name: 'a\\nb' holds a line break"),
        ({"id": "x" * 201}, "id: has 200 characters at most"),
        ({"email": "ann"}, "email: 'ann' is no e-mail address"),
        ({"topics": ["Nonsense"]}, 'topics: there is no topic "Nonsense"'),
        ({"topics": ["Watr"]}, 'Did you mean "water"?'),
        ({"topics": []}, "topics: write a list of names of topics"),
        ({"topics": "Water"}, "topics: write a list of names of topics"),
        ({"cadence": "hourly"}, 'cadence: "hourly" must be one of "instant", "daily", "weekly"'),
        ({"at": "7:30"}, 'at: "7:30" is no time of the day'),
        ({"subject": "x"}, "subject: "),
        ({"mentions": "x"}, "mentions: "),
        ({"paused": "yes"}, 'paused: "yes" must be true or false'),
        ({"colour": "red"}, "colour: is no key of a subscriber."),
    ],
)
def test_a_wrong_wish_is_told(facts: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        new_subscriber(the_config(), ANN | facts)
    assert said in str(refused.value)
    assert len(refused.value.problems) == 1


def test_all_wrong_wishes_are_told_together() -> None:
    with pytest.raises(ConfigError) as refused:
        new_subscriber(the_config(), ANN | {"email": "ann", "cadence": "x"})
    assert len(refused.value.problems) == 2
    with pytest.raises(ConfigError) as refused:
        new_subscriber(the_config(), {})
    assert refused.value.problems == ["name is missing", "email is missing"]


def test_a_name_or_id_that_is_taken_is_refused() -> None:
    config = the_config()
    for facts in ({"name": "policy desk"}, {"id": "DESK"}, {"name": "Desk"}):
        with pytest.raises(TakenNameError):
            new_subscriber(config, ANN | facts)
    ann = new_subscriber(config, ANN)
    both = replace(config, subscribers=(*config.subscribers, ann))
    with pytest.raises(TakenNameError):
        changed_subscriber(both, ann, {"name": "Policy Desk"})
    assert changed_subscriber(both, ann, {"name": "ANN", "topics": ["*", "Water"]}).topics == (ALL_TOPICS,)


def test_an_id_that_somebody_else_had_is_not_used_again(archive: Archive) -> None:
    config = the_config(subscribers=(a_subscriber(key="ann 3", name="Other"),))
    ann = new_subscriber(config, ANN)
    assert with_unused_id(ann, config, archive) == ann
    archive.watch_list.sync(TOPICS, [ann], "1")
    archive.watch_list.sync(TOPICS, [replace(ann, key="Ann 2")], "1")
    again, other = replace(ann, email="ANN@example.org"), replace(ann, email="ann@example.net")
    assert with_unused_id(again, config, archive) == again
    assert with_unused_id(other, config, archive) == replace(other, key="Ann 4")
    config = the_config()
    assert with_unused_id(other, config, archive) == replace(other, key="Ann 3")
    archive.watch_list.sync(TOPICS, [replace(other, key="Ann 3")], "1")
    assert with_unused_id(other, config, archive) == replace(other, key="Ann 3")  # they come back
    long = replace(other, key="x" * 200)
    archive.watch_list.sync(TOPICS, [replace(long, email=ann.email)], "1")
    assert with_unused_id(long, config, archive).key == "x" * 150 + " 2"


def test_topics_may_be_named_by_name_or_id() -> None:
    assert new_subscriber(the_config(), ANN | {"topics": ["Water", "floods", "water"]}).topics == ("water", "floods")
    assert new_subscriber(the_config(), ANN).topics == (ALL_TOPICS,)
    assert a_subscriber().kept_in == FILE
