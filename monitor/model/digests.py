"""Digests: the items, waiting questions and reading reports of one subscriber."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.model.following import MuteReport
from monitor.model.watching import Match, Subscriber, Watching

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from monitor.model.announced_days import RecessNews
    from monitor.model.following import FollowReason, Mute, Note
    from monitor.model.promises import Promise, PromiseNews
    from monitor.model.records import Event, House, Proceeding, Revision
    from monitor.model.topic_years import TopicYear


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseItem:
    """A promise in a digest. `group`: the promise with those that it repeats and that repeat it, oldest first.

    `topics`: topic keys in the subscriber's order.
    """

    promise: Promise
    group: tuple[Promise, ...]
    news: PromiseNews
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One revision in a digest, with the reasons for it.

    `revision`: the newest revision. `before`: the revision that the subscriber was told last, or that stood there when they
    began to follow the record, None for a new record; `told_on`: the local day of that digest. `earlier`: another answer
    that stood there before this one, which the subscriber was not told. `events`: all events since `before`, or since the
    first revision.

    `matches`: matches of the subscriber's topics on `revision`; empty if the subscriber only follows the record. `topics`:
    topic keys in the subscriber's order.

    `same_as`: more questions with the same or nearly the same answer on the same day. `same_matches`: matches in them of
    topics without a match here; `found_in`: all matches in each of them, by id. `said_before`: a record of an earlier day
    with the same or nearly the same answer.

    `follows`: why it is told whether or not a term matches. `muted`: the mute that would hide it, if it did not change what
    the subscriber was sent. `notes`: of the team, oldest first. `promises`: newly made in it. `latest`: the newest revision
    of the record, where `revision` is an earlier one because nothing is found in the newest.
    """

    revision: Revision
    events: tuple[Event, ...]
    matches: tuple[Match, ...] = ()
    topics: tuple[str, ...] = ()
    before: Revision | None = None
    told_on: date | None = None
    earlier: Revision | None = None
    same_as: tuple[Proceeding, ...] = ()
    same_matches: tuple[Match, ...] = ()
    found_in: dict[str, tuple[Match, ...]] = field(default_factory=dict)
    refers_to: Proceeding | None = None
    said_before: Proceeding | None = None
    follows: tuple[FollowReason, ...] = ()
    muted: Mute | None = None
    notes: tuple[Note, ...] = ()
    promises: tuple[PromiseItem, ...] = ()
    latest: Revision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A watched question that has no answer yet.

    `due_on` and `days_late` are None where the calendar is not known. `days_late` is 0 on the due day. `matches`: matches of
    the subscriber's topics. `is_new`: no digest has told the subscriber yet that it is late. `promised_on`: the answer of
    that day promised a letter, which has not been seen yet.
    """

    proceeding: Proceeding
    topics: tuple[str, ...]
    due_on: date | None = None
    days_late: int | None = None
    matches: tuple[Match, ...] = ()
    is_new: bool = False
    promised_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOf:
    """Report of what was read of one source and House in the days of a digest. `house` is None for files of all Houses.

    `published`: the source's count of answers in these days. `read`: how many of them are stored in full. `incomplete`:
    windows that were not read in full ("answers of 26 November 2024"). `failures`: one sentence each. `silent`: a sentence
    if the source has fallen silent. `missed`: a sentence if days were missed for good ("Never read: ..."), and
    `missed_command` reads them.
    """

    source: str
    house: House | None
    from_on: date
    to_on: date
    read: int
    published: int
    incomplete: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    silent: str = ""
    missed: str = ""
    missed_command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The digest of one subscriber for one slot, whose key is `slot` ("2024-11-26T07:30").

    `as_of`: the instant that counts as now. `topics`: names by topic key, in the subscriber's order.

    Sections: `changed`, `new`, `coming`, `waiting`, `promises` (overdue, due, kept) and `questions`; an item stands in one
    of them only. `changed` ends with corrections of answers that the subscriber was never sent. `new` is in topic order,
    items about a topic before mere mentions. `coming` is in the order of its days: announced, moved, called off.

    Figures: `missed` counts what a pause kept back; `came_before`, in an empty digest, the records of its days that were
    there before a topic was on the subscriber's list; `open_count` all open questions on the subscriber's topics, of which
    the next is due on `next_due_on`. `next_at`: the next slot, in the schedule's zone; in a recess (`is_recess`) the next
    one that has a digest without news. `calendar_known`: first and last known day of each House whose sitting calendar does
    not reach `as_of`. `likely_recess`: since when a House is likely in recess. `recess_news`: recesses that were announced,
    moved or taken back since the last digest.

    `mutes`: what the subscriber's mutes kept out of it, and which of them have ended.

    `years`: the last year of the topics, in a weekly digest. `supplement_to`: the slot (aware) whose digest was mailed
    without these items, because they could not be read then. `first_since`: this is the first digest that the user asked
    for, with everything since that day.
    """

    subscriber: Subscriber
    slot: str
    as_of: datetime
    topics: dict[str, str]
    changed: tuple[Item, ...] = ()
    new: tuple[Item, ...] = ()
    coming: tuple[Item, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    questions: tuple[Item, ...] = ()
    promises: tuple[PromiseItem, ...] = ()
    read: tuple[ReadOf, ...] = ()
    missed: int = 0
    came_before: int = 0
    open_count: int = 0
    next_due_on: date | None = None
    next_at: datetime | None = None
    in_recess_until: dict[House, date] = field(default_factory=dict)
    is_recess: bool = False
    calendar_known: dict[House, tuple[date, date]] = field(default_factory=dict)
    likely_recess: dict[House, date] = field(default_factory=dict)
    recess_news: tuple[RecessNews, ...] = ()
    watching: Watching = field(default_factory=Watching)
    mutes: MuteReport = field(default_factory=MuteReport)
    years: tuple[TopicYear, ...] = ()
    supplement_to: datetime | None = None
    first_since: date | None = None

    @property
    def is_empty(self) -> bool:
        """True if the digest has no items, so that no mail is needed."""
        return not (self.items or self.questions or self.waiting or self.promises)

    @property
    def items(self) -> tuple[Item, ...]:
        """The items that are shown as records: what changed, what is new, what is coming."""
        return (*self.changed, *self.new, *self.coming)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingItem:
    """Revisions of one proceeding that are owed to one subscriber.

    `revisions`: the owed revisions, oldest first. `newest`: the newest revision of the proceeding, or the newest owed one
    that matches, if the newest of all neither matches nor is owed. `matches`: matches of the subscriber's topics on it.
    `before`: the revision that the subscriber was told last, `told_at`: the instant of that digest. `sent`: the last one
    that a mail of theirs held. `topics`: keys of the topics of `matches`; without matches, the topics that once matched,
    which are why the subscriber follows it.

    `follows`: why it is owed whether or not a term matches; `before` is then the revision that stood there when the record
    was followed, if they were not told of it since. `was_followed`: they followed it, in any way, and ended that.
    `latest`: the newest revision of the proceeding where that is not `newest`.
    """

    proceeding_id: int
    revisions: tuple[Revision, ...]
    newest: Revision
    events: tuple[Event, ...]
    matches: tuple[Match, ...]
    topics: frozenset[str]
    before: Revision | None
    told_at: datetime | None
    due_floor_on: date | None
    follows: tuple[FollowReason, ...] = ()
    was_followed: bool = False
    latest: Revision | None = None
    sent: Revision | None = None


@dataclass(frozen=True, slots=True)
class ReadBefore:
    """Revisions and matches that were read for other subscribers: they are the same for all.

    `revisions`: by row id. `matches`: of every topic, by the row ids of records and revisions.
    """

    revisions: dict[int, Revision] = field(default_factory=dict)
    matches: dict[int, dict[int, list[Match]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return max(len(self.revisions), len(self.matches))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """A watched question that has no answer yet.

    `due_floor_on`: the latest day that it was ever set down for. `matches`: matches of the topics asked for.
    """

    proceeding_id: int
    proceeding: Proceeding
    topics: frozenset[str]
    due_floor_on: date | None
    matches: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestMention:
    """A digest that told a subscriber (by name) of a record. `revision`: the newest revision number in it.

    `kind`: "mailed", or "skipped" if it only counts as told.
    """

    subscriber: str
    digest_id: int
    kind: str
    slot: str
    as_of: datetime
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A finished message for one recipient: an email as bytes with CRLF lines, or a message of another `channel`."""

    recipient: str
    message_id: str
    subject: str
    message: bytes
    channel: str = "mail"


SUPPLEMENT = " supplement"
"""Suffix of a slot's key: a second digest of the slot, with what could not be read for the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDigest:
    """A digest to store: what it tells and what it leaves out, as (revision, proceeding) row ids, and its mails.

    `kind`: "mailed", "empty" or "skipped". `waiting`: proceedings that it reports as late, on the day `told_on`.
    `promises`: row ids of those that it tells of, with the kind of news. `muted`: what mutes kept out of it, as (mute,
    revision, proceeding) row ids. `mutes_ended`: numbers of mutes whose end it tells.
    """

    subscriber: str
    slot: str
    kind: str
    as_of: datetime
    subject: str
    told_on: date
    told: Sequence[tuple[int, int]] = ()
    left_out: Sequence[tuple[int, int]] = ()
    waiting: Sequence[int] = ()
    promises: Sequence[tuple[int, PromiseNews]] = ()
    muted: Sequence[tuple[int, int, int]] = ()
    mutes_ended: Sequence[int] = ()
    mails: Sequence[Mail] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderState:
    """State of a subscriber before a digest. What they do not have need not be looked for; what they have may have ended.

    `has_slot`: its digest was composed, even an empty one. `last_as_of` and `last_composed_at`: of their last digest.
    `told_at`: when the last digest was composed that was not empty. `mailed_at`: when the last mail was that is no
    supplement. `has_notes`: the team has some on anything.
    """

    has_slot: bool = False
    last_as_of: datetime | None = None
    last_composed_at: datetime | None = None
    told_at: datetime | None = None
    mailed_at: datetime | None = None
    was_paused: bool = False
    has_followed: bool = False
    has_muted: bool = False
    has_marked: bool = False
    was_reminded: bool = False
    was_told_of_promises: bool = False
    has_notes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestRow:
    """A composed digest. `items`: the number of revisions that it told."""

    id: int
    subscriber: str
    slot: str
    kind: str
    as_of: datetime
    composed_at: datetime
    subject: str
    items: int
