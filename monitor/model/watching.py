"""What is watched and what was found: topics, matches, subscribers, and terms that need attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A named group of terms that a reader cares about. `key` is `id` from config.toml, else the name."""

    key: str
    name: str
    terms: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An occurrence of a term in one part of a revision.

    `topic` is the topic's key, `term` the term as written, `form` the words found, `start` and `end` code points of the
    part's plain text.
    """

    topic: str
    term: str
    form: str
    part: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """Who gets a digest. `topics` are topic keys, in the order of his list, "*" already resolved to all in file order.

    `at` is a local time "HH:MM". `cadence` is "instant", "daily" or "weekly"; `subject` "topics", "counts" or "terms";
    `mentions` "short", "full" or "off". `channel` is one of `monitor.model.deliveries`: what is no mail has no `email`.
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
    quiet_days: bool = False
    paused: bool = False
    channel: str = "mail"

    @property
    def recipient(self) -> str:
        """Whom the outbox names: an address, else a way out and what it is known by, which is no address."""
        if self.channel == "mail":
            return self.email
        return self.key if self.channel == "feed" else f"webhook {self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableTerm:
    """A term that can't be read and is switched off. `reason`: why, and what to write instead. `is_exclude`: see Topic.

    `is_misread`: it can be read and is on, but was certainly meant in another way.
    """

    topic: str
    term: str
    reason: str
    is_exclude: bool = False
    is_misread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTerm:
    """A term, or with `term` None a whole topic, that a subscriber had no digest with yet.

    `records` of the archive have it, the newest of the day `newest_on`.
    """

    topic: str
    term: str | None
    records: int
    newest_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """How the watching for a subscriber stands. Topics are named by their keys.

    `idle_topics` found nothing from the day `idle_since` on, though all of that time was read.
    """

    unreadable: tuple[UnreadableTerm, ...] = ()
    idle_topics: tuple[str, ...] = ()
    idle_since: date | None = None
    new_terms: tuple[NewTerm, ...] = ()
