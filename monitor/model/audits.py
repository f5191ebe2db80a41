"""Knowledge of records and one reader: when they were seen, what found them, and which digests told them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from monitor.model.following import MuteKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTitle:
    """A record by row id, with what a briefing may name it by: heading, question, asker, and its days.

    `id`: its public id. `day`: that of its newest official event. `is_open`: a question that got no answer, or something
    with a day ahead.
    """

    proceeding_id: int
    id: str
    is_open: bool
    day: date | None
    tabled_on: date | None
    heading: str
    question: str
    asker: str
    days: frozenset[date]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRevision:
    """A revision of a record: its row id, when it was first read, and whether it may be mailed."""

    id: int
    seen_at: datetime
    is_news: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TermFind:
    """A term that found a record, in one of its revisions (by row id).

    `added_at`, `removed_at`: since when, and until when, the term is watched. `is_history`: found by a new version of the
    matcher in what an older one had looked through.
    """

    topic: str
    term: str
    revision: int
    added_at: datetime
    removed_at: datetime | None
    is_history: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A digest of the reader that has a record. `kind`: see `NewDigest`; `is_told`: false where it was left out.

    `is_reminder`: it reminded that the question is late, or told of a promise in it.
    """

    digest: int
    kind: str
    as_of: datetime
    is_told: bool
    is_reminder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOut:
    """A wish of the reader that kept a record out of a digest: see `Mute`."""

    kind: MuteKind
    text: str
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTellings:
    """Facts about one record and one reader. `is_behind`: some term was not looked for in it yet."""

    proceeding_id: int
    revisions: tuple[SeenRevision, ...]
    finds: tuple[TermFind, ...] = ()
    tellings: tuple[Telling, ...] = ()
    mutes: tuple[KeptOut, ...] = ()
    is_behind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedReader:
    """A reader as the archive knows them. `topics`: since when each topic is on their list, by key.

    The last pause: from `paused_at` to `resumed_at`, which is None while it lasts; both are None without one.
    """

    added_at: datetime
    topics: Mapping[str, datetime]
    paused_at: datetime | None = None
    resumed_at: datetime | None = None
