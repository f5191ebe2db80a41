"""Merge the subscribers of config.toml with those that are kept in the archive.

One rule: a subscriber in config.toml wins over one of the same id in the archive. Where workers share the work, the file
that counts is the one of `pqwatch serve`, which leaves its subscribers in the archive; so the files of other machines may
name others, or none.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Final

from monitor.config import is_current, load, refuse_emptied
from monitor.config.last_used import is_in_use_elsewhere, place_of
from monitor.errors import ConfigError, RefusedChangeError
from monitor.model.watching import ALL_TOPICS, ARCHIVE, FILE

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.model.watching import Subscriber, Topic

_LONGEST_START: Final = 150
"""Characters of an id that are kept, so that a number finds room behind them."""


def with_subscribers(config: Config, archive: Archive, *, takes_over: bool = False) -> Config:
    """Return the configuration with the subscribers of the archive, read anew.

    `takes_over`: its own file counts from now on, as it does for `pqwatch run` and `serve`.
    """
    version = archive.subscribers.version()
    named = _of_own_file(config)
    if not takes_over and goes_by_other_file(config, archive):
        named = archive.subscribers.of_file()
    others = (*(webhook.reader for webhook in config.webhooks), *config.topic_feeds.readers)
    taken = {reader.key for reader in (*named, *others)}
    made_here = [reader for reader in archive.subscribers.listing() if reader.key not in taken]
    every = _TopicKeys.of(config)
    merged = tuple(
        reader if reader.kept_in == FILE else _as_read(reader, every, config) for reader in (*named, *made_here)
    )
    return replace(config, subscribers=merged, subscribers_version=version)


def without_leavers(config: Config, archive: Archive) -> Config:
    """Return a configuration without the subscribers who left or paused their mails since it was read.

    Who came meanwhile, or chose something else, counts from the next run on. While config.toml can't be read, because
    somebody edits it, those whom it named stay.
    """
    active = {reader.key for reader in archive.subscribers.listing() if not reader.paused}
    named = None if is_current(config) else _active_in_file(config)

    def is_there(reader: Subscriber) -> bool:
        if reader.kept_in == ARCHIVE:
            return reader.key in active
        return named is None or reader.key in named

    return replace(config, subscribers=tuple(filter(is_there, config.subscribers)))


def _active_in_file(config: Config) -> set[str] | None:
    """Return the keys of those whom config.toml as it is now sends mails; None if it can't be read."""
    try:
        now = load(config.path, os.environ, needs_password=False)
        refuse_emptied(now)
    except ConfigError:
        return None
    return {reader.key for reader in now.subscribers if not reader.paused}


def with_unused_id(made: Subscriber, config: Config, archive: Archive) -> Subscriber:
    """Return a new subscriber with another id, where theirs is, or was, that of somebody with another address.

    Else a run that did not see the removal of the other one would take the two for one person with a new address.
    """
    if not archive.watch_list.is_of_other(made.key, made.email):
        return made
    taken = {word.casefold() for reader in config.readers for word in (reader.key, reader.name)}
    for number in count(2):
        key = f"{made.key[:_LONGEST_START]} {number}"
        if key.casefold() not in taken and not archive.watch_list.is_of_other(key, made.email):
            break
    return replace(made, key=key)


def goes_by_other_file(config: Config, archive: Archive) -> bool:
    """Return whether workers go by the config.toml of another machine, whose subscribers count in place of these."""
    return config.workers.enabled and is_in_use_elsewhere(
        archive, replace(config, subscribers=tuple(_of_own_file(config)))
    )


def _of_own_file(config: Config) -> list[Subscriber]:
    return [reader for reader in config.subscribers if reader.kept_in == FILE]


def is_up_to_date(config: Config, archive: Archive) -> bool:
    """Return whether the subscribers of the archive are those that the configuration was given."""
    return config.subscribers_version == archive.subscribers.version()


def note_subscribers(config: Config, archive: Archive) -> None:
    """Leave the subscribers of this config.toml to the workers, if there are some."""
    place = place_of(config)
    if not config.workers.enabled:
        archive.subscribers.note_file("", [])
    elif place is not None and config.mark is not None:
        archive.subscribers.note_file(place, _of_own_file(config))


def as_read(stored: Subscriber, config: Config) -> Subscriber:
    """Return a subscriber as config.toml would give it: with the topics that there are, and a time."""
    return _as_read(stored, _TopicKeys.of(config), config)


@dataclass(frozen=True, slots=True)
class _TopicKeys:
    """Keys of all topics: in order, and as a set. Thousands of subscribers share them."""

    ordered: tuple[str, ...]
    known: frozenset[str]

    @classmethod
    def of(cls, config: Config) -> _TopicKeys:
        keys = tuple(topic.key for topic in config.topics)
        return cls(keys, frozenset(keys))


def _as_read(stored: Subscriber, every: _TopicKeys, config: Config) -> Subscriber:
    topics = every.ordered
    if ALL_TOPICS not in stored.topics:
        topics = tuple(key for key in stored.topics if key in every.known)
    return replace(stored, topics=topics, at=stored.at or config.schedule.digest_at)


# -- topics that are removed ------------------------------------------------------------------------------------------


def refuse_only_topic(archive: Archive, topic: Topic) -> None:
    """Raise RefusedChangeError for somebody in the archive who gets this topic alone."""
    for stored in archive.subscribers.listing():
        if stored.topics == (topic.key,):
            raise RefusedChangeError(
                f"{stored.name!r}, in the archive, gets no other topic than {topic.name!r}.",
                "Give them another one first (pqwatch subscribers change), "
                f"or: pqwatch subscribers remove {stored.name!r}",
            )


def take_topic_off(archive: Archive, topic: Topic) -> list[str]:
    """Take a removed topic off the lists of those in the archive; return their names."""
    named = [stored for stored in archive.subscribers.listing() if topic.key in stored.topics]
    for stored in named:
        left = tuple(key for key in stored.topics if key != topic.key)
        archive.subscribers.change(stored, replace(stored, topics=left))
    return [stored.name for stored in named]


# -- what an operator should know -------------------------------------------------------------------------------------


def problems_of_kept(config: Config, archive: Archive) -> list[str]:
    """Say which subscribers of the archive do not count, and which name topics that there are not."""
    named = {reader.key for reader in config.readers if reader.kept_in != ARCHIVE}
    topics = {ALL_TOPICS, *(topic.key for topic in config.topics)}
    found = []
    for stored in archive.subscribers.listing():
        if stored.key in named:
            found.append(f'"{stored.name}" is in config.toml and in the archive: config.toml counts')
        elif missing := [key for key in stored.topics if key not in topics]:
            found.append(f'"{stored.name}", in the archive, names topics that there are not: {", ".join(missing)}')
    return found
