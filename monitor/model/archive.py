"""Values that the archive takes and returns: what the stages store, and read models of what is stored."""

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
class KnownRecord:
    """Stored state of a source's record: its entry in the list, and when its detail was read."""

    list_hash: str | None
    detail_read_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answered record: the day of its answer or correction, and what decides when it is read again."""

    key: str
    day: date
    detail_read_on: date | None
    is_matched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowCoverage:
    """Last reading of a window.

    `state`: "complete" (read in full after its day ended), "open" (in full so far), "failed", or "suspect" (in full, but
    too many known records were missing from it). `total`: the source's count; `held`: how many of them are stored in full.
    """

    window: Window
    state: str
    read_at: datetime
    total: int
    held: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """Last reading of a file of a source, and the `version` of the parser.

    `day` and `stamp` come from the FileRef. `outcome`: "read", "failed" (it could not be fetched) or "quarantined" (it
    can't be parsed as a whole); `note` is the reason. `counts`: records, new, changed, quarantined; `years`: the same
    counts by the year of the record.
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
    """Two records that were merged: `gone` became part of `kept` (public ids). `reason` is the key that names both.

    `undone_at`: when the merge was undone. It is not repeated then.
    """

    id: int
    kept: str
    gone: str
    reason: str
    merged_at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A payload that can't be parsed, and the reason."""

    source: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Terms that were all looked for up to the same revision, and the revisions to search next.

    `topics` holds these terms only. The row ids of the revisions: after < id <= to. `history_to`, by term: matches up to
    this revision are history.
    """

    topics: tuple[Topic, ...]
    term_ids: Mapping[tuple[str, str], int]
    history_to: Mapping[int, int]
    after: int
    to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A revision to search: its parts by name, in reading order.

    `forms`: their search forms. `facts` loads the values that filters test.
    """

    revision_id: int
    parts: Mapping[str, str]
    forms: Mapping[str, str]
    facts: Callable[[], Facts]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingItem:
    """Revisions of one proceeding that are owed to one subscriber.

    `revisions`: the owed revisions, oldest first. `newest`: the newest revision of the proceeding, or the newest owed one
    if no topic matches the newest any more. `matches`: matches of the subscriber's topics on it. `before`: the revision
    that the subscriber was told last, `told_at`: the instant of that digest. `topics`: keys of the topics of `matches`;
    without matches, the topics that once matched, which are why the subscriber follows it.
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
    """A watched question that has no answer yet.

    `due_floor_on`: the latest day that it was ever set down for. `last_told_on`: when a digest last said that it is late.
    `matches`: matches of the topics asked for.
    """

    proceeding_id: int
    proceeding: Proceeding
    topics: frozenset[str]
    due_floor_on: date | None
    last_told_on: date | None
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
    """A composed digest. `items`: the number of revisions that it told."""

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
    """One stage of one run. `outcome`: "running", "ok", "failed" or "interrupted"; `counts`: the stage's counts."""

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
    """Filters and order of a search. Days are those of the newest official event, both ends included.

    `body`, `asker`, `minister`, `speaker`: words of the name, in any order. `topic`: a topic's key. `labels`: the answer
    has one of them. `ids`: proceeding row ids. Results come newest first, or `oldest_first`, or `by_relevance` (see
    `monitor.terms.evaluate`) and then newest first.
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


class SearchPosition(NamedTuple):
    """Position of a record in the order of a search. It stays valid when other records come or go.

    `tier`: tier of relevance, from 1; 0 if the order is not by relevance. `revision`: row id of the newest revision.
    """

    tier: int
    day: date | None
    revision: int

    def __str__(self) -> str:
        """Return the text for a command line: 20241126.184233, or 2.20241126.184233 with a tier."""
        day = self.day.isoformat().replace("-", "") if self.day else "0"
        return f"{f'{self.tier}.' if self.tier else ''}{day}.{self.revision}"

    @classmethod
    def read(cls, written: str) -> SearchPosition | None:
        """Parse the text; None if it is not a position."""
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
    """A search result: the newest revision of a record, the spans of the query in it, and the matches of watch terms.

    `place`: its position in the search; None if it was not searched for.
    """

    proceeding_id: int
    revision: Revision
    spans: tuple[Match, ...]
    matches: tuple[Match, ...]
    first_seen_at: datetime
    due_floor_on: date | None
    place: SearchPosition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """Number of results of a search, and by facet ("body", "year") the number with each value; None: without a value."""

    total: int
    counts: Mapping[str, Mapping[str | None, int]]

    def ordered(self, name: str) -> list[tuple[str | None, int]]:
        """Return the values of a facet with their counts: years in order, all else by count; records without one last."""
        if name == "year":
            return sorted(self.counts[name].items(), key=lambda pair: (pair[0] is None, pair[0] or ""))
        return sorted(self.counts[name].items(), key=lambda pair: (pair[0] is None, -pair[1], pair[0] or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A record for statistics. `set_down_for`: the latest day that its answer was ever set down for.

    `named`: names by dimension ("body", "topic"), for the dimensions asked for; a record may have several topics.
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
    """A record with a similar answer: its newest revision, and the share of words in common."""

    revision: Revision
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedTerm:
    """A watched term. `days`: number of its records by day; None: records without a day.

    `added_at`: since when it is watched. `is_behind`: some revisions were not searched for it yet.
    """

    topic: str
    term: str
    added_at: datetime
    is_behind: bool
    days: Mapping[date | None, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermPlace:
    """Place where a term matches: revision row id, part, start and end."""

    revision: int
    term: str
    part: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """An address that a mail server refused on three days: nothing is sent to it until the operator asks again.

    `address` is in lower case. `waiting`: numbers of the mails put aside for it. `since` is None if the address is in use
    again and these mails still wait for a decision.
    """

    address: str
    since: datetime | None
    waiting: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """Counts of what was erased for an address: mails, subscriptions, and alerts that named it."""

    mails: int
    subscribers: int
    notices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A revision that may hold a passage: row ids, and the references that a letter may give for its record.

    `is_newest`: it is the revision that counts. `days`: when it was tabled, answered or made, and the day of its newest
    event. `columns`: its first and last column.
    """

    revision_id: int
    proceeding_id: int
    is_newest: bool
    uin: str | None
    days: frozenset[date]
    columns: tuple[int, int] | None
