"""Choices of subscribers: records that they follow, have dealt with or do not want, and their notes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from monitor.model.records import Event, Proceeding


class FollowKind(StrEnum):
    """Kind of thing that is followed: a record, a promise, all that a member asks, or what a body answers on a topic."""

    RECORD = "record"
    PROMISE = "promise"
    ASKER = "asker"
    BODY = "body"


class MarkKind(StrEnum):
    """Kind of mark that a subscriber puts on a record."""

    DONE = "done"
    NOT_RELEVANT = "not_relevant"


class MuteKind(StrEnum):
    """Kind of thing that is muted: a record, all that a watch term finds, or records that hold a phrase."""

    RECORD = "record"
    TERM = "term"
    PHRASE = "phrase"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowTarget:
    """A thing to follow.

    Attributes:
        kind: What it is.
        ref: How it is named: public id of the record or promise, name of the asker or of the body, as stored.
        proceeding_id: Row id of the record; None for anything else.
        promise_id: Row id of the promise; None for anything else.
        member_id: Parliament's number of the asker; None where the source gives none.
        topic: Key of the topic, of a body.
    """

    kind: FollowKind
    ref: str
    proceeding_id: int | None = None
    promise_id: int | None = None
    member_id: int | None = None
    topic: str | None = None

    def is_same_as(self, other: FollowTarget) -> bool:
        """Return whether both are one thing. A member may have another name since."""
        if self.member_id is None or other.member_id is None:
            return self == other
        return (self.kind, self.member_id, self.topic) == (other.kind, other.member_id, other.topic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A thing that a subscriber (by key) follows.

    `record`: the record, as it is now; of a promise the one in which it was made; None for anything else.
    `after_revision`: row id of the newest revision when it began: only later ones are told.
    """

    number: int
    subscriber: str
    target: FollowTarget
    started_at: datetime
    after_revision: int
    record: Proceeding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowReason:
    """A reason why something is told: it is followed, or `cites` a record that is.

    `name`: name of the asker or body, id of the record or promise. `topic`: key of the topic, of a body.
    """

    kind: FollowKind
    name: str
    topic: str | None = None
    cites: Proceeding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """A member who asked questions of the archive, as stored. `questions`: how many."""

    name: str
    member_id: int | None
    questions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A mark that a subscriber (by key) put on a record.

    `changes`: events of each revision of the record that was stored since, oldest first.
    """

    subscriber: str
    kind: MarkKind
    proceeding_id: int
    marked_at: datetime
    changes: tuple[tuple[Event, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkHistory:
    """Number of times that a subscriber marked a record or took a mark back, and the last such time."""

    changes: int
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note on a record or a promise, which the whole team sees.

    `subscriber`: key of the subscriber who wrote it; `author`: their name then. `record`: the record, as it is now; of a
    promise the one in which it was made, and `promise` is its public id.
    """

    number: int
    subscriber: str | None
    author: str
    text: str
    written_at: datetime
    proceeding_id: int
    record: Proceeding
    promise: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A wish of a subscriber (by key) not to be told of something up to and including a day.

    `text`: the term or phrase; of a record, its public id. `hidden`: number of records that it kept out of digests so far.
    """

    number: int
    subscriber: str
    kind: MuteKind
    text: str
    until: date
    made_at: datetime
    hidden: int = 0
    record: Proceeding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteReport:
    """Mutes that a digest speaks of: each that kept something out of it, and each that has ended.

    `hiding`: with the number of records that this digest leaves out. `ended`: `Mute.hidden` has the number of all.
    """

    hiding: tuple[tuple[Mute, int], ...] = ()
    ended: tuple[Mute, ...] = ()
