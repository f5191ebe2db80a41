"""Choices of subscribers: records that they follow, have dealt with or do not want, and their notes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime


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
class Followed:
    """A thing that a subscriber (by key) follows.

    `target`: public id of the record or promise, name of the asker, or of the body. `title`: how it is shown. `topic`: key
    of the topic, of a body. `after_revision`: row id of the newest revision when it began: only later ones are told.
    """

    number: int
    subscriber: str
    kind: FollowKind
    target: str
    title: str
    started_at: datetime
    after_revision: int
    topic: str | None = None
    member_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A mark that a subscriber (by key) put on a record (by public id)."""

    subscriber: str
    kind: MarkKind
    record: str
    after_revision: int
    marked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note on a record or a promise (by public id), which the whole team sees."""

    number: int
    author: str
    about: str
    text: str
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A wish of a subscriber (by key) not to be told of something up to and including a day.

    `text`: the term or phrase; of a record, its public id.
    """

    number: int
    subscriber: str
    kind: MuteKind
    text: str
    until: date
    made_at: datetime
