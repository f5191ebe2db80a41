"""Memory of an archive, as a stranger would keep it: who is on the list, what was read, what each reader is still due.

A backup is a copy of this memory, and a restore puts the copy back. What readers got is no part of it: no restore takes a
mail out of a mailbox.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date, datetime

    from monitor.model.records import House
    from tests.reliability.weeks_published import Version

    Place = tuple[str, House]
    """A source and a House of it."""


class Reason(NamedTuple):
    """Reason why a version is due to a reader: a topic finds it, something is followed, or the record was told before."""

    kind: str
    what: str = ""
    topic: str = ""


TOLD_BEFORE = Reason("told before")


@dataclass(frozen=True, slots=True)
class Mute:
    """A phrase, a term or a record (by its key) that a reader does not want until a day, that included.

    `is_certain`: false from when its reader left, as a run that saw them leave has ended it, and any other has not.
    """

    kind: str
    what: str
    until: date
    made_at: datetime
    is_certain: bool = True

    def may_hide(self, version: Version) -> bool:
        """Return whether it can be about a version. A term hides only what no other term finds."""
        return self.what == version.record if self.kind == "record" else self.what in version.words


@dataclass(slots=True)
class Wish:
    """Wishes of a reader in `config.toml`."""

    topics: tuple[str, ...]
    cadence: str = "instant"
    at: str = "07:30"
    is_paused: bool = False
    new_questions: bool = True


@dataclass(slots=True)
class Known:
    """Memory about a reader.

    `since`: the instant from which on things count for them: they were added, or their pause ended. `told`: the marks of
    versions that they were told, or that count as told. `due`: marks of those that they are still to be told, with reasons.
    `once_followed`: what they followed since they came, and `ever_followed`: also before.
    `is_away`: since the last command they left or paused, so that nothing that comes now is surely due to them.
    """

    added: datetime
    since: datetime
    is_there: bool = True
    is_away: bool = False
    paused_at: datetime | None = None
    was_paused: bool = False
    topics: frozenset[str] = frozenset()
    new_questions: bool = True
    told: set[str] = field(default_factory=set)
    due: dict[str, set[Reason]] = field(default_factory=dict)
    follows: set[Reason] = field(default_factory=set)
    once_followed: set[Reason] = field(default_factory=set)
    ever_followed: set[Reason] = field(default_factory=set)
    mutes: list[Mute] = field(default_factory=list)

    def come(self, now: datetime) -> None:
        """Come to the list as somebody new."""
        self.added = self.since = now
        self.is_there, self.paused_at, self.was_paused = True, None, False

    def leave(self) -> None:
        """Leave the list. Nothing is due any more. A reader who comes back follows and mutes nothing."""
        self.is_there = False
        self.ever_followed |= self.follows
        self.due.clear()
        self.follows.clear()
        self.once_followed.clear()
        self.mutes.clear()

    def pause(self, now: datetime) -> None:
        """Begin a pause, which keeps back all but what is followed."""
        self.paused_at, self.was_paused = now, True
        self.keep_due({reason for reasons in self.due.values() for reason in reasons} & self.follows)

    def resume(self, now: datetime) -> None:
        """End a pause."""
        self.paused_at, self.since = None, now

    def is_paused_since_before(self, instant: datetime | None) -> bool:
        """Return whether a pause lasts that began before an instant."""
        return self.paused_at is not None and instant is not None and self.paused_at < instant

    def keep_due(self, reasons: set[Reason]) -> None:
        """Let only these reasons count for what is due."""
        left = {mark: kept for mark, before in self.due.items() if (kept := before & reasons)}
        self.due = left


@dataclass(slots=True)
class Memory:
    """Memory of an archive.

    `topics`: terms by topic, `places`: what is read, with the instant since when, as of the last command. `read`: when
    each version (by mark) came into the archive. `told_until`: the day up to which everything counts as told, which was said
    at `said_at`. `read_again`: when each place was first read in full after that.
    """

    topics: dict[str, frozenset[str]] = field(default_factory=dict)
    places: dict[Place, datetime] = field(default_factory=dict)
    places_read: set[Place] = field(default_factory=set)
    readers: dict[str, Known] = field(default_factory=dict)
    read: dict[str, datetime] = field(default_factory=dict)
    last_revision: int = 0
    told_until: date | None = None
    said_at: datetime | None = None
    read_again: dict[Place, datetime] = field(default_factory=dict)
