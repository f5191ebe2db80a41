"""Topics, matches and subscribers, and terms that need attention."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A named group of terms that a subscriber watches. `key` is `id` from config.toml, otherwise the name.

    `added`: those of `terms` that are not in config.toml, but were added for `successors = true`.
    """

    key: str
    name: str
    terms: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    note: str = ""
    added: tuple[str, ...] = ()

    @property
    def written(self) -> tuple[str, ...]:
        """The terms that are in config.toml."""
        return tuple(term for term in self.terms if term not in self.added) if self.added else self.terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An occurrence of a term in one part of a revision.

    The last two explain the match. They do not count when matches are compared.

    Attributes:
        topic: The topic's key.
        term: The term as written.
        form: The words found.
        part: The name of the part.
        start: Code point of the part's plain text at which the form begins.
        end: Code point after the form.
        member: Number (from 0) of the family's member that was found; None if the term is no family, or if an earlier
            version stored the match.
        is_evident: The form shows by itself what found it. It is a phrase of the term or of the family's first member,
            in any spelling or number, and needs no other words beside it.
    """

    topic: str
    term: str
    form: str
    part: str
    start: int
    end: int
    member: int | None = field(default=None, compare=False)
    is_evident: bool = field(default=False, compare=False)


FILE: Final = "config.toml"
ARCHIVE: Final = "archive"
"""Places where a subscriber is kept."""
SUBSCRIBERS_VERSION: Final = "subscribers_version"
"""Key of the fact with the version of the subscribers that are kept in the archive."""
LONGEST_FACT: Final = 40
"""Characters of the key of a fact. SQLite does not hold a key to that, PostgreSQL does."""

ALL_TOPICS: Final = "*"
"""Stands in a list of topics for all of them, those too that are added later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A subscriber to digests.

    `topics`: topic keys in the subscriber's order, with "*" already replaced by all topics in file order. `at`: local time
    "HH:MM". `cadence`: "instant", "daily" or "weekly". `subject`: "topics", "counts" or "terms". `mentions`: "short",
    "full" or "off". `channel`: see `monitor.model.deliveries`; only the channel "mail" has an `email`. `kept_in`: FILE,
    ARCHIVE, or the place ("machine:path") of another config.toml.

    As the archive stores it (`db.subscribers`), `topics` may be "*" alone, and `at` "" for schedule.digest_at.
    """

    key: str
    name: str
    email: str
    topics: tuple[str, ...]
    cadence: str = "daily"
    at: str = "07:30"
    subject: str = "topics"
    mentions: str = "short"
    new_questions: bool = True
    waiting: bool = True
    promises: bool = True
    quiet_days: bool = False
    paused: bool = False
    channel: str = "mail"
    kept_in: str = FILE

    @property
    def recipient(self) -> str:
        """Recipient in the outbox: the email address, or a channel and its name, which is never an address."""
        if self.channel == "mail":
            return self.email
        return self.key if self.channel == "feed" else f"webhook {self.key}"


def names_by_topic(readers: Iterable[Subscriber]) -> dict[str, list[str]]:
    """Return by topic key the names of those who get it, in their order."""
    found: dict[str, list[str]] = {}
    for reader in readers:
        for topic in reader.topics:
            found.setdefault(topic, []).append(reader.name)
    return found


def keys_named(names: Mapping[str, tuple[str, ...]], given: str) -> list[str]:
    """Find what is meant by a key or name: the key, else all with this very name, else all alike in other capitals.

    `names`: those of each key.
    """
    if given in names:
        return [given]
    exact = [key for key, of_key in names.items() if given in of_key]
    folded = given.casefold()
    return exact or [key for key, of_key in names.items() if folded in map(str.casefold, (key, *of_key))]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableTerm:
    """A term that can't be read and is switched off.

    `reason`: why, and what to write instead. `is_exclude`: it stands in the topic's `exclude`. `is_misread`: it can be read
    and is switched on, but was certainly meant in another way.
    """

    topic: str
    term: str
    reason: str
    is_exclude: bool = False
    is_misread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTerm:
    """A term that a subscriber has had no digest with yet; a whole topic if `term` is None.

    `records`: number of records of the archive with the term. `newest_on`: the day of the newest.
    """

    topic: str
    term: str | None
    records: int
    newest_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """State of a subscriber's topics and terms. Topics are named by their keys.

    `idle_topics`: topics without a match since `idle_since`, although every day since then was read.
    """

    unreadable: tuple[UnreadableTerm, ...] = ()
    idle_topics: tuple[str, ...] = ()
    idle_since: date | None = None
    new_terms: tuple[NewTerm, ...] = ()
