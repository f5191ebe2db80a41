"""What the archive hands out and takes in: values between the core and `db`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from monitor.model.records import Event, Facts, House, Kind, Proceeding, Revision, State
    from monitor.model.sources import Window
    from monitor.model.watching import Match, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A revision that was just stored."""

    revision_id: int
    number: int
    proceeding: Proceeding
    events: tuple[Event, ...]
    is_news: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How the archive stands with a record of a source."""

    list_hash: str | None
    detail_read_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answered record: the day of its answer (or correction), and what decides when it is read again."""

    key: str
    day: date
    detail_read_on: date | None
    is_matched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowCoverage:
    """How a window was last read.

    `state`: "complete" (read whole after its day ended), "open" (whole so far), "failed", "suspect" (whole, but more was
    missing from it than is believable). `total`: what the source counts in it; `held`: what of it is stored in full.
    """

    window: Window
    state: str
    read_at: datetime
    total: int
    held: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """How a file of a source was last read, by which `version` of its parser.

    `day` and `stamp` are the FileRef's. `outcome`: "read", "failed" (it did not come), "quarantined" (it can't be read as
    a whole); `note` says why. `counts`: records, new, changed, quarantined; `years`: the same by the year of the record.
    """

    source: str
    name: str
    day: date | None
    stamp: str
    sha256: str
    version: int
    read_at: datetime
    outcome: str
    note: str = ""
    counts: Mapping[str, int]
    years: Mapping[int, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """Two records that were found to be one: `gone` became part of `kept` (public ids), for `reason` names both (a key).

    `undone_at`: when that was taken back, after which it does not happen by itself again.
    """

    id: int
    kept: str
    gone: str
    reason: str
    merged_at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """Bytes that could not be understood, and why."""

    source: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Terms that were all looked for up to the same revision, and the revisions to look through next.

    `topics` holds these terms only. `after` and `to` are revision row ids: after < id <= to. `history_to`, by term: what
    is found up to there is history.
    """

    topics: tuple[Topic, ...]
    term_ids: Mapping[tuple[str, str], int]
    history_to: Mapping[int, int]
    after: int
    to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A revision as terms are looked for in it: its parts by name, in reading order.

    `forms`: their search forms. `facts` reads what filters look at.
    """

    revision_id: int
    parts: Mapping[str, str]
    forms: Mapping[str, str]
    facts: Callable[[], Facts]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingItem:
    """What is owed of one proceeding to one subscriber.

    `revisions` are the owed ones, oldest first; `newest` the newest revision of the proceeding, or the newest owed one
    where no topic matches the newest any more; `matches` those of his topics on it. `before` is the revision he was told
    last, `told_at` the instant that digest spoke for. `topics`: keys of the topics of `matches`; where there are none,
    of those that ever matched the proceeding: why he follows it.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """A watched question without its answer.

    `due_floor_on`: the latest day that it was ever set down for. `last_told_on`: when its being late was told last.
    `matches`: those of the topics asked for.
    """

    proceeding_id: int
    proceeding: Proceeding
    topics: frozenset[str]
    due_floor_on: date | None
    last_told_on: date | None
    matches: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestMention:
    """A digest that told a subscriber, known by name, of a record; `revision`: the newest number that it told.

    `kind`: "mailed", or "skipped" where it only counts as told.
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
"""Behind the key of a slot: a second digest of it, which tells what could not be read for the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDigest:
    """A digest to store: what it tells and what it leaves out, as (revision, proceeding) row ids, and its mails.

    `kind`: "mailed", "empty" or "skipped". `waiting`: proceedings whose being late it tells, on the day `told_on`.
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
    mails: Sequence[Mail] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestRow:
    """A digest that was composed; `items`: how many revisions it told."""

    id: int
    subscriber: str
    slot: str
    kind: str
    as_of: datetime
    composed_at: datetime
    subject: str
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One stage of one run. `outcome` is "running", "ok", "failed" or "interrupted"; `counts` what the stage counted."""

    id: int
    stage: str
    as_of: datetime
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    counts: Mapping[str, int]
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which records a search may show. Days are those of the newest official event, both ends included.

    `body`, `asker`, `minister`, `speaker`: words of the name, in any order; `topic`: a topic's key; `labels`: names of
    labels, one of which the answer has; `ids`: proceeding row ids. They come newest first, unless it is `oldest_first`, or
    `by_relevance`: as monitor.terms.evaluate says, then newest first.
    """

    first: date | None = None
    last: date | None = None
    houses: Sequence[str] = ()
    kinds: Sequence[str] = ()
    states: Sequence[str] = ()
    body: str | None = None
    asker: str | None = None
    minister: str | None = None
    speaker: str | None = None
    party: str | None = None
    topic: str | None = None
    labels: Sequence[str] = ()
    ids: Sequence[int] | None = None
    oldest_first: bool = False
    by_relevance: bool = False


class Place(NamedTuple):
    """Where a record stands in the order of a search, which is as good a place when others come or go.

    `tier`: of its relevance, from 1; 0 where the order is not by that. `revision`: the row id of its newest revision.
    """

    tier: int
    day: date | None
    revision: int

    def __str__(self) -> str:
        """As it is written on a command line: 20241126.184233, after its tier 2.20241126.184233."""
        day = self.day.isoformat().replace("-", "") if self.day else "0"
        return f"{f'{self.tier}.' if self.tier else ''}{day}.{self.revision}"

    @classmethod
    def read(cls, written: str) -> Place | None:
        """Read it; None where that is no place."""
        found = re.fullmatch(r"(?:([1-9])\.)?(0|\d{8})\.(\d{1,9})", written, re.ASCII)
        if found is None:
            return None
        try:
            day = None if found[2] == "0" else date.fromisoformat(found[2])
        except ValueError:
            return None
        return cls(int(found[1] or 0), day, int(found[3]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A record found: its newest revision, the spans of the query in it, and what the watch terms found in it.

    `place`: where it stands in the search that found it; None where it was not searched for.
    """

    proceeding_id: int
    revision: Revision
    spans: tuple[Match, ...]
    matches: tuple[Match, ...]
    first_seen_at: datetime
    due_floor_on: date | None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """How many records pass a search, and by facet ("body", "year") how many of them have each value; None: none."""

    total: int
    counts: Mapping[str, Mapping[str | None, int]]

    def ordered(self, name: str) -> list[tuple[str | None, int]]:
        """Return the values of a facet with their counts: years in order, all else by count; records without one last."""
        if name == "year":
            return sorted(self.counts[name].items(), key=lambda pair: (pair[0] is None, pair[0] or ""))
        return sorted(self.counts[name].items(), key=lambda pair: (pair[0] is None, -pair[1], pair[0] or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A record as it is counted. `set_down_for`: the latest day that its answer was ever set down for.

    `named`: names by what they are ("body", "topic"), only those asked for; a record may be under several topics.
    """

    kind: Kind
    house: House
    state: State
    day: date | None
    tabled_on: date | None
    answered_on: date | None
    set_down_for: date | None
    named_day: bool
    named: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A record whose answer has nearly the same words as another's: its newest revision, and the share of common words."""

    revision: Revision
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A term that is watched. `days`: the records that it finds, counted by their day; None stands for no day.

    `added_at`: since when it is watched. `is_behind`: it was not looked for in everything yet.
    """

    topic: str
    term: str
    added_at: datetime
    is_behind: bool
    days: Mapping[date | None, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a term stands: revision row id, part, start and end."""

    revision: int
    term: str
    part: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """An address that a mail server refused on three days, so that nothing is sent there until a person asks again.

    `address` is in small letters. `waiting`: the numbers of the mails put aside for it. `since` is None where it is no
    longer retired and these still wait for somebody to decide.
    """

    address: str
    since: datetime | None
    waiting: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was erased of an address: rows of the outbox, subscriptions, and notices to the operator that named it."""

    mails: int
    subscribers: int
    notices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A revision that may hold a passage: row ids, and what a letter may name its record by.

    `is_newest`: what counts of its record. `days`: when it was tabled, answered, made, and the day it counts under.
    `columns`: the first and the last that it stands in.
    """

    revision_id: int
    proceeding_id: int
    is_newest: bool
    uin: str | None
    days: frozenset[date]
    columns: tuple[int, int] | None
