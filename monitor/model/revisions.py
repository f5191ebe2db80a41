"""Values between the collect stage, which decides what is stored, and `db`, which stores it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from monitor.model.records import Event, Proceeding, SourceRevision


# -- what is stored ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class LatestRevision:
    """The latest revision of a record from one source."""

    number: int
    seen_at: datetime
    proceeding: Proceeding
    is_news: bool


@dataclass(slots=True)
class RecordHistory:
    """Revisions of a record, as one source sees them: its own latest, and all of the other sources, oldest first."""

    own: LatestRevision | None = None
    others: list[SourceRevision] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKeys:
    """Records that the archive knows by some keys, as row ids.

    `records`: by the source's own key. `aliases`: by any key that a record is known by. `sources`: the sources that tell of
    each of these records.
    """

    records: dict[str, int]
    aliases: dict[str, int]
    sources: dict[int, set[str]]


# -- what is to be stored ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifiedRecords:
    """Row id of the record of each reading, by the source's key.

    `known`: records that were stored before. `fresh`: records to insert, each with its first proceeding. `aliases`: keys to
    store with the record that they name. `source_keys`: keys of the source to store. A record whose source key is its public
    id needs no row for it, unless the source lists it or gives its details.
    """

    ids: Mapping[str, int]
    known: frozenset[int] = frozenset()
    fresh: Mapping[int, Proceeding] = field(default_factory=dict)
    aliases: Mapping[str, int] = field(default_factory=dict)
    source_keys: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionPlan:
    """A revision to store. `references`: keys of the records that it refers to."""

    record: int
    proceeding: Proceeding
    number: int
    seen_at: datetime
    events: tuple[Event, ...]
    is_news: bool
    payload_id: int | None
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlan:
    """The row of a record that searches filter by.

    `preferred`: row id of the revision that counts; None is the last new revision of the record in the same plan.
    `facts`: that revision, completed by other sources. `set_down_for`: the latest day that the question was set down for.
    """

    record: int
    preferred: int | None
    facts: Proceeding
    set_down_for: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePlan:
    """Two records to merge: `gone` becomes part of `kept`. `repeats`: revisions that are news no more."""

    kept: int
    gone: int
    repeats: Sequence[int]
    record: RecordPlan
