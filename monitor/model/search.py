"""Values of searches: filters, order, results and what they are counted by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from monitor.model.records import Facts, House, Kind, Revision, State
    from monitor.model.watching import Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A revision to search: its parts by name, in reading order.

    `forms`: their search forms. `facts` loads the values that filters test.
    """

    revision_id: int
    parts: Mapping[str, str]
    forms: Mapping[str, str]
    facts: Callable[[], Facts]


ANY_TOPIC: Final = "*"
"""Stands in `Filters.topic` for all topics: records in which any watched term was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Filters and order of a search. Days are those of the newest official event, both ends included.

    `body`, `asker`, `minister`, `speaker`, `party`: words of the name, in any order; with `are_names_whole`, for searches
    without a query, the name itself. With `lineage`, a body is followed through time: what it was and became counts too.
    `lineages`: words of bodies that are followed, each of which must be met. `topic`: a topic's key, or `ANY_TOPIC`.
    `labels`: the answer has one of them. `ids`: proceeding row ids. Results come newest first, or `oldest_first`, or
    `by_relevance` (see `monitor.terms.evaluate`) and then newest first.
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
    are_names_whole: bool = False
    lineage: bool = False
    lineages: Sequence[str] = ()
    topic: str | None = None
    labels: Sequence[str] = ()
    ids: Sequence[int] | None = None
    oldest_first: bool = False
    by_relevance: bool = False

    @property
    def body_lines(self) -> tuple[str, ...]:
        """The words of all bodies that are followed."""
        return (*((self.body,) if self.lineage and self.body else ()), *self.lineages)

    @property
    def names(self) -> dict[str, str]:
        """The words of names that are compared as they are, by the filter; bodies that are followed are not."""
        given = {name: getattr(self, name) for name in ("body", "asker", "minister", "speaker", "party")}
        return {name: words for name, words in given.items() if words and not (name == "body" and self.lineage)}


BODY_IN_YEAR = "body in a House and year"
"""Facet whose values are House, year and answering body with a slash between, for following bodies through time."""


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

    def matches_of(self, topic: str) -> list[Match]:
        """Return the matches of a topic (by key), or of `ANY_TOPIC`."""
        return [match for match in self.matches if topic in (ANY_TOPIC, match.topic)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """Number of results of a search, and by facet ("body", "year") the number with each value; None: without a value.

    `is_whole` is false where counting ended early, so that there may be more.
    """

    total: int
    counts: Mapping[str, Mapping[str | None, int]]
    is_whole: bool = True

    def ordered(self, name: str) -> list[tuple[str | None, int]]:
        """Return the values of a facet with their counts: years in order, all else by count; records without one last."""
        if name == "year":
            return sorted(self.counts[name].items(), key=lambda pair: (pair[0] is None, pair[0] or ""))
        return sorted(self.counts[name].items(), key=lambda pair: (pair[0] is None, -pair[1], pair[0] or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A record for statistics, or several that are alike.

    `set_down_for`: the latest day that its answer was ever set down for.
    `named`: names by dimension ("body", "topic"), for the dimensions asked for; a record may have several topics.
    `records`: how many are alike. `revision`: row id of the newest revision of one that stands for itself.
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
    records: int = 1
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A record with a similar answer: its newest revision, and the share of words in common."""

    revision: Revision
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageCandidate:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class WordRows:
    """Rows of the index that hold a word, newest first. `is_whole` is false where there are more."""

    rows: tuple[int, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateText:
    """The newest revision of a record that is compared with a text: its parts by name, and its answering body or ""."""

    revision_id: int
    public_id: str
    body: str
    parts: Mapping[str, str]
