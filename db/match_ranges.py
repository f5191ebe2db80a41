"""Work of matching: the next stretch of revisions to search, and long stretches that are split into ranges.

Several workers search the ranges of one stretch at once. The archive keeps which are left, and a range leaves in the
transaction that stores its matches. The terms count as looked for when none is left. A run of a single process searches what
is left, one range after the other.

Where a term was removed meanwhile, or the rules of matching changed, the stretch is searched anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, select, update

from db import tables
from db.rows import IDS, chunks, load_fact, save_fact, select_in
from monitor.model.matching import MatchWork
from monitor.model.watching import Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Row

    from db.jobs import Jobs
    from db.store import Store
    from monitor.model.jobs import Job

SPLIT: Final = "match_ranges"
"""Key of the fact that holds the stretch that was split."""

NEWEST: Final = select(func.coalesce(func.max(tables.revision.c.id), 0))
"""Row id of the newest revision."""

_WATCHED: Final = (
    select(tables.term, tables.topic.c.key.label("topic_key"), tables.topic.c.name.label("topic_name"))
    .join(tables.topic, tables.topic.c.id == tables.term.c.topic_id)
    .where(tables.term.c.removed_at.is_(None))
    .order_by(tables.term.c.id)
)
_LEFT: Final = _WATCHED.where(tables.term.c.matched_to < bindparam("newest"))
"""Terms that were not looked for in all revisions yet."""
_LEFT_THERE: Final = _WATCHED.where(tables.term.c.matched_to == bindparam("after"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A stretch of revisions that was split, after < id <= to.

    `terms`: row ids of the terms, each with the version of the rules. `ranges`: those that are left, each by the row ids
    after which it begins and at which it ends.
    """

    after: int
    to: int
    terms: dict[int, str]
    ranges: tuple[tuple[int, int], ...]

    @classmethod
    def of_text(cls, text: str) -> Split:
        """Read what `as_text` wrote."""
        stored: dict[str, Any] = json.loads(text)
        return cls(
            after=stored["after"],
            to=stored["to"],
            terms={row_id: version for version, ids in stored["terms"].items() for row_id in ids},
            ranges=tuple((after, to) for after, to in stored["ranges"]),
        )

    def as_text(self) -> str:
        """Return the text that the archive stores."""
        by_version: dict[str, list[int]] = {}
        for row_id, version in self.terms.items():
            by_version.setdefault(version, []).append(row_id)
        return json.dumps({"after": self.after, "to": self.to, "terms": by_version, "ranges": self.ranges})


class MatchRanges:
    """The stretch of revisions whose ranges several workers search."""

    def __init__(self, store: Store, jobs: Jobs) -> None:
        self._store = store
        self._jobs = jobs

    def begin(self, work: MatchWork, ends: Sequence[int], jobs: Iterable[Job]) -> None:
        """Split a stretch into ranges that end at these row ids, and add their jobs, all or nothing."""
        begins = (work.after, *ends[:-1])
        with self._store.write() as connection:
            rows = connection.execute(_LEFT_THERE, {"after": work.after}).all()
            ids = set(work.term_ids.values())
            split = Split(
                after=work.after,
                to=work.to,
                terms={row.id: row.version for row in rows if row.id in ids},
                ranges=tuple(zip(begins, ends, strict=True)),
            )
            save_fact(connection, SPLIT, split.as_text())
            self._jobs.add(connection, jobs)

    def left(self) -> list[int]:
        """Return the ends of the ranges that are left; nothing where no stretch is split."""
        with self._store.read() as connection:
            split = load_split(connection)
        return [to for _, to in split.ranges] if split else []

    def work(self, end: int) -> MatchWork | None:
        """Return the range that ends at a row id; None: it was searched already, or the stretch is to be searched anew."""
        with self._store.read() as connection:
            split = load_split(connection)
            piece = next((piece for piece in split.ranges if piece[1] == end), None) if split else None
            return range_to_search(connection, split, piece) if split and piece else None


# -- what is to be searched -------------------------------------------------------------------------------------------


def load_split(connection: Connection) -> Split | None:
    """Load the stretch that is split, if there is one."""
    text = load_fact(connection, SPLIT)
    return Split.of_text(text) if text else None


def next_stretch(connection: Connection) -> MatchWork | None:
    """Return the next stretch of revisions in which some terms are still to be looked for; None: all is done."""
    newest = int(connection.execute(NEWEST).scalar_one())
    rows = connection.execute(_LEFT, {"newest": newest}).all()
    if not rows:
        return None
    after = min(row.matched_to for row in rows)
    to = min((row.matched_to for row in rows if row.matched_to > after), default=newest)
    return _work([row for row in rows if row.matched_to == after], after, to)


def range_to_search(connection: Connection, split: Split, piece: tuple[int, int]) -> MatchWork | None:
    """Return a range of a stretch as work; None where the terms changed since it was split."""
    rows = _terms_of(connection, split)
    return _work(rows, *piece, is_range=True) if rows else None


# -- what was searched ------------------------------------------------------------------------------------------------


def end_range(connection: Connection, work: MatchWork) -> bool:
    """Note that a range was searched; return False where it is not left, so that nothing of it is to be stored."""
    text = load_fact(connection, SPLIT, to_change=True)
    split = Split.of_text(text) if text else None
    if split is None or (work.after, work.to) not in split.ranges or not _terms_of(connection, split):
        return False
    left = tuple(piece for piece in split.ranges if piece != (work.after, work.to))
    if left:
        shorter = Split(after=split.after, to=split.to, terms=split.terms, ranges=left)
        save_fact(connection, SPLIT, shorter.as_text())
        return True
    note_searched(connection, split.terms, split.to)
    save_fact(connection, SPLIT, None)
    return True


def note_searched(connection: Connection, term_ids: Iterable[int], to: int) -> None:
    """Note that terms were looked for in all revisions up to one."""
    for ids in chunks(list(term_ids)):
        connection.execute(update(tables.term).where(tables.term.c.id.in_(ids)).values(matched_to=to))


def _terms_of(connection: Connection, split: Split) -> Sequence[Row[Any]]:
    """Return the terms of a stretch that was split; nothing where any of them changed since."""
    rows = connection.execute(_LEFT_THERE, {"after": split.after}).all()
    there = [row for row in rows if split.terms.get(row.id) == row.version]
    return there if len(there) == len(split.terms) else []


def drop(connection: Connection, split: Split) -> None:
    """Forget a stretch that was split, with what was found in it. What an older version of the rules found there stays."""
    term, found = tables.term, tables.match
    known_to: dict[int, list[int]] = {}
    for row in select_in(connection, select(term.c.id, term.c.history_to).where(term.c.id.in_(IDS)), split.terms):
        known_to.setdefault(max(split.after, row.history_to), []).append(row.id)
    for first, all_ids in known_to.items():
        for ids in chunks(all_ids):
            is_new = found.c.term_id.in_(ids), found.c.revision_id > first, found.c.revision_id <= split.to
            connection.execute(delete(found).where(*is_new))
    save_fact(connection, SPLIT, None)


def _work(rows: Sequence[Row[Any]], after: int, to: int, *, is_range: bool = False) -> MatchWork:
    return MatchWork(
        topics=_topics(rows),
        term_ids={(row.topic_key, row.text): row.id for row in rows},
        history_to={row.id: row.history_to for row in rows},
        after=after,
        to=to,
        is_range=is_range,
    )


def _topics(rows: Sequence[Row[Any]]) -> tuple[Topic, ...]:
    grouped: dict[str, list[Row[Any]]] = {}
    for row in rows:
        grouped.setdefault(row.topic_key, []).append(row)
    return tuple(
        Topic(
            key=key,
            name=rows_of_topic[0].topic_name,
            terms=tuple(row.text for row in rows_of_topic),
            exclude=tuple(json.loads(rows_of_topic[0].exclude)),
        )
        for key, rows_of_topic in grouped.items()
    )
