"""Matches of watched terms: the work that is left, storing what was found, and counts of it by term.

A record counts where a term stands in its newest revision, as for `pqwatch matches`.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, func, or_, select, true, update

from db import tables
from db.index_view import revision_of, rows_between
from db.match_ranges import NEWEST, drop, end_range, load_split, next_stretch, note_searched, range_to_search
from db.records import documents
from db.rows import IDS, IS_NEWEST, chunks, insert_all, select_in
from monitor.model.index_query import AnyOf
from monitor.model.matching import TermPlace, WatchedTerm
from monitor.model.watching import Match, NewTerm

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select

    from db.index import Index
    from db.index_view import IndexView
    from db.store import Store
    from monitor.model.index_query import IndexQuery
    from monitor.model.matching import MatchWork
    from monitor.model.search import Document

    Need = Callable[[], IndexQuery | None]

REVISIONS_AT_ONCE: Final = 1_000
"""Revisions that one transaction looks through."""

_SHORT: Final = 2_000
"""Number of revisions below which all are read, without asking the index."""

_FOR_A_TERM: Final = 4
"""Number of revisions, for each term, below which all are read: asking a small index for a term takes as long as two."""

_FARTHER: Final = 50_000
"""Rows of the index after which asking takes twice, three times and so on as long."""


class Matches:
    """Matches of watched terms."""

    def __init__(self, store: Store, index: Index) -> None:
        self._store = store
        self._index = index

    def next_work(self) -> MatchWork | None:
        """Return the next stretch of revisions in which some terms are still to be looked for; None: all is done."""
        with self._store.read() as connection:
            split = load_split(connection)
            if split is None:
                return next_stretch(connection)
            if work := range_to_search(connection, split, split.ranges[0]):
                return work
        with self._store.write() as connection:
            drop(connection, split)
        return self.next_work()

    def ends_of_ranges(self, work: MatchWork, need: Need | None, size: int) -> list[int]:
        """Return the row ids at which the ranges of `work` end, each with about `size` revisions to read."""
        ids, known_to = self._chosen(work, need) or ([], work.after)
        return [*ids[size - 1 : -1 : size], *range(known_to + size, work.to, size), work.to]

    def read_documents(self, work: MatchWork, need: Need | None = None) -> Iterator[tuple[list[Document], int]]:
        """Give the revisions in which the terms of `work` may stand, in batches, each with the last revision that it covers.

        `need`: returns what a revision must contain to be of interest; None if that may be any. It is called where it is
        cheaper to ask the index for such revisions; otherwise, or if the index can't be read, all are read.
        """
        after, chosen = work.after, self._chosen(work, need)
        if chosen is not None:
            ids, known_to = chosen
            while after < known_to:
                batch, ids = ids[:REVISIONS_AT_ONCE], ids[REVISIONS_AT_ONCE:]
                after = batch[-1] if len(batch) == REVISIONS_AT_ONCE else known_to
                yield self._documents(batch), after
        while after < work.to:
            with self._store.read() as connection:
                batch = _next_ids(connection, after, work.to)
            after = batch[-1] if len(batch) == REVISIONS_AT_ONCE else work.to
            yield self._documents(batch), after

    def _documents(self, revision_ids: Sequence[int]) -> list[Document]:
        with self._store.read() as connection:
            return documents(connection, revision_ids, self._store.read)

    def _chosen(self, work: MatchWork, need: Need | None) -> tuple[list[int], int] | None:
        """Return the revisions that the index names; None where all are to be read. See `_ids_by_index`."""
        return None if need is None else self._index.ask(lambda _archive, index: _ids_by_index(index, work, need))

    def store(self, work: MatchWork, found: Iterable[tuple[int, Iterable[Match]]], done_to: int) -> int:
        """Store the matches of the terms of `work`, and that these were looked for up to `done_to`; returns how many.

        A range is stored as a whole, with `done_to` as its end; where it was searched meanwhile nothing is stored.
        """
        with self._store.write_own() if work.is_range else self._store.write() as connection:
            if work.is_range and not end_range(connection, work):
                return 0
            looked_in = [(revision_id, list(matches)) for revision_id, matches in found]
            known = _known_matches(connection, work, [revision_id for revision_id, matches in looked_in if matches])
            rows = []
            explanations = []
            for revision_id, matches in looked_in:
                for match in matches:
                    term_id = work.term_ids[match.topic, match.term]
                    row_id = known.get((revision_id, term_id, match.part, match.start))
                    if row_id is None:
                        rows.append(_match_row(revision_id, term_id, match, work.history_to[term_id]))
                    else:
                        explanations.append({"row_id": row_id, "of_member": match.member, "evident": match.is_evident})
            insert_all(connection, tables.match, rows)
            if explanations:
                explain = update(tables.match).where(tables.match.c.id == bindparam("row_id"))
                explain = explain.values(member=bindparam("of_member"), is_evident=bindparam("evident"))
                connection.execute(explain, explanations)
            if not work.is_range:
                note_searched(connection, work.term_ids.values(), done_to)
            return len(rows)

    def of_record(self, proceeding_id: int) -> dict[int, list[Match]]:
        """Return the matches in each revision of a record."""
        with self._store.read() as connection:
            where = tables.revision.c.proceeding_id == proceeding_id
            return load_matches(connection, where)

    def watched_terms(self, topic_key: str | None = None) -> list[WatchedTerm]:
        """List every term that is watched now, or those of one topic, with the number of records that it finds by day."""
        wanted = true() if topic_key is None else tables.topic.c.key == topic_key
        table, topic = tables.term, tables.topic
        terms = (
            select(table.c.id, table.c.text, topic.c.key, table.c.matched_to, NEWEST.scalar_subquery().label("newest"))
            .join(topic, topic.c.id == table.c.topic_id)
            .where(_is_watched(), wanted)
            .order_by(table.c.id)
        )
        since = (
            select(topic.c.key, table.c.text, func.min(table.c.added_at).label("added_at"))
            .join(topic, topic.c.id == table.c.topic_id)
            .where(wanted)
            .group_by(topic.c.key, table.c.text)
        )
        counts = (
            select(table.c.id, tables.proceeding.c.day, func.count(tables.proceeding.c.id.distinct()).label("records"))
            .select_from(_finds(topic_key))
            .where(table.c.removed_at.is_(None), wanted)
            .group_by(table.c.id, tables.proceeding.c.day)
        )
        with self._store.read() as connection:
            rows = connection.execute(terms).all()
            added = {(row.key, row.text): row.added_at for row in connection.execute(since)}
            days: dict[int, dict[date | None, int]] = {}
            for row in connection.execute(counts):
                days.setdefault(row.id, {})[row.day] = row.records
        return [
            WatchedTerm(
                topic=row.key,
                term=row.text,
                added_at=added[row.key, row.text],
                is_behind=row.matched_to < row.newest,
                days=days.get(row.id, {}),
            )
            for row in rows
        ]

    def topic_days(
        self, topic_key: str | None = None, *, since: date | None = None
    ) -> dict[str, dict[date | None, int]]:
        """Count, by topic and day, the records that the terms of a topic find; None: records without a day.

        `topic_key`: the only topic that is wanted; `since`: the first day that counts. None for all.
        """
        table, topic = tables.term, tables.topic
        query = (
            select(topic.c.key, tables.proceeding.c.day, func.count(tables.proceeding.c.id.distinct()).label("records"))
            .select_from(_finds(topic_key))
            .where(table.c.removed_at.is_(None))
            .group_by(topic.c.key, tables.proceeding.c.day)
        )
        if topic_key is not None:
            query = query.where(topic.c.key == topic_key)
        if since is not None:
            query = query.where(tables.proceeding.c.day >= since)
        days: dict[str, dict[date | None, int]] = {}
        for row in self._store.rows(query):
            days.setdefault(row.key, {})[row.day] = row.records
        return days

    def records_by_day(self) -> dict[date, int]:
        """Count the records of each day."""
        day = tables.proceeding.c.day
        query = (
            select(day, func.count()).where(day.is_not(None), tables.proceeding.c.merged_into.is_(None)).group_by(day)
        )
        return {row[0]: row[1] for row in self._store.rows(query)}

    def idle_topics(self, since: date) -> frozenset[str]:
        """Return the keys of topics none of whose terms was found in the days since.

        A topic some of whose terms were not looked for in everything yet is not named.
        """
        table, topic = tables.term, tables.topic
        query = (
            select(topic.c.key, table.c.id, (table.c.matched_to < NEWEST.scalar_subquery()).label("is_behind"))
            .join(topic, topic.c.id == table.c.topic_id)
            .where(_is_watched())
        )
        with self._store.read() as connection:
            terms: dict[str, list[int]] = {}
            behind = set()
            for row in connection.execute(query):
                terms.setdefault(row.key, []).append(row.id)
                if row.is_behind:
                    behind.add(row.key)
            return frozenset(
                key
                for key, ids in terms.items()
                if key not in behind and not any(_is_found_since(connection, term, since) for term in ids)
            )

    def new_terms(self, subscriber: str) -> tuple[NewTerm, ...]:
        """List the terms that a subscriber had no mailed digest with yet, with what each finds in the archive.

        A topic all of whose terms are new to the subscriber comes as a whole. Terms that were there when the subscriber
        was added are not new, nor is a term whose topic only got other exclusions.
        """
        with self._store.read() as connection:
            reader = connection.execute(_READER, {"reader": subscriber}).first()
            if reader is None:
                return ()
            floor = max(reader.mailed_at or reader.added_at, reader.added_at)
            topics = connection.execute(_TOPICS_WITH_NEWS, {"reader": reader.id, "floor": floor}).scalars().all()
            new, all_of = _new_terms(list(select_in(connection, _TERMS_OF, topics, reader=reader.id)), floor)
            found = []
            for key, rows in new.items():
                if len(rows) == all_of[key] > 1:
                    count = connection.execute(_RECORDS_OF_TOPIC, {"topic": rows[0].topic_id}).one()
                    found.append(NewTerm(topic=key, term=None, records=count.records, newest_on=count.newest_on))
                    continue
                counts = {row.term_id: row for row in select_in(connection, _RECORDS_OF, [row.id for row in rows])}
                for row in rows:
                    records, newest_on = counts[row.id][1:] if row.id in counts else (0, None)
                    found.append(NewTerm(topic=key, term=row.text, records=records, newest_on=newest_on))
        return tuple(found)

    def spans(self, topic: str) -> Generator[TermPlace, None, None]:
        """Give the spans of a topic's terms in the newest revision of each record, revision by revision."""
        table, found = tables.term, tables.match
        query = (
            select(found.c.revision_id, table.c.text, found.c.part, found.c.start, found.c.end)
            .join(table, table.c.id == found.c.term_id)
            .join(tables.topic, tables.topic.c.id == table.c.topic_id)
            .join(tables.revision, tables.revision.c.id == found.c.revision_id)
            .join(tables.proceeding, IS_NEWEST)
            .where(_is_watched(), tables.topic.c.key == topic)
            .order_by(found.c.revision_id)
        )
        with self._store.read() as connection, connection.execute(query, execution_options={"yield_per": 1000}) as rows:
            for row in rows:
                yield TermPlace(revision=row.revision_id, term=row.text, part=row.part, start=row.start, end=row.end)


def load_matches(connection: Connection, *where: Any) -> dict[int, list[Match]]:
    """Load matches by revision row id, in reading order of each part."""
    return read_matches(connection.execute(matches_where(*where)))


def load_matches_of(connection: Connection, revision_ids: Sequence[int]) -> dict[int, list[Match]]:
    """Load the matches in some revisions, as `load_matches` does."""
    found: dict[int, list[Match]] = {}
    for chunk in chunks(revision_ids):
        found |= load_matches(connection, tables.match.c.revision_id.in_(chunk))
    return found


def matches_where(*where: Any) -> Select[Any]:
    """Return the statement that loads matches."""
    return (
        select(tables.match, tables.term.c.text.label("term"), tables.topic.c.key.label("topic"))
        .join(tables.revision, tables.revision.c.id == tables.match.c.revision_id)
        .join(tables.term, tables.term.c.id == tables.match.c.term_id)
        .join(tables.topic, tables.topic.c.id == tables.term.c.topic_id)
        .where(*where)
        .order_by(tables.match.c.revision_id, tables.match.c.part, tables.match.c.start, tables.match.c.id)
    )


def read_matches(rows: Iterable[Row[Any]]) -> dict[int, list[Match]]:
    """Group the rows of that statement by revision."""
    found: dict[int, dict[Match, Match]] = {}  # the same term may stand there under other exclusions
    for row in rows:
        match = Match(
            topic=row.topic,
            term=row.term,
            form=row.form,
            part=row.part,
            start=row.start,
            end=row.end,
            member=row.member,
            is_evident=bool(row.is_evident),
        )
        known = found.setdefault(row.revision_id, {})
        if row.is_evident is not None or match not in known:
            known[match] = match
    return {revision_id: list(matches.values()) for revision_id, matches in found.items()}


def _next_ids(connection: Connection, after: int, to: int) -> list[int]:
    """Return the next batch of revisions after one row id and up to another, in order."""
    table = tables.revision
    query = select(table.c.id).where(table.c.id > after, table.c.id <= to).order_by(table.c.id).limit(REVISIONS_AT_ONCE)
    return list(connection.execute(query).scalars())


def _ids_by_index(index: IndexView, work: MatchWork, need: Need) -> tuple[list[int], int] | None:
    """Return the revisions of `work` that may hold what is needed, in order, and the last revision that the index knows.

    Returns None where it is better to read all of them. The index is asked for one term after the other: to ask for
    thousands of phrases at once takes no less time, and much memory.
    """
    known_to = min(work.to, index.indexed_to)
    stretch = known_to - work.after
    asking = len(work.term_ids) * _FOR_A_TERM * (1 + index.count_rows() // _FARTHER)
    if stretch <= max(_SHORT, asking) or (needed := need()) is None:
        return None
    found: set[int] = set()
    for alternative in needed.needs if isinstance(needed, AnyOf) else (needed,):
        candidates = index.candidates(alternative, rows_between(None, None))
        if candidates is None:
            return None
        with closing(candidates) as rows:
            ids = (revision_id for row in rows if work.after < (revision_id := revision_of(row)) <= known_to)
            found.update(islice(ids, stretch // 2))
        if len(found) >= stretch // 2:
            return None
    return sorted(found), known_to


def _known_matches(
    connection: Connection, work: MatchWork, revision_ids: Sequence[int]
) -> dict[tuple[int, int, str, int], int]:
    """Load the ids of the matches that an older version of the matcher stored for these terms, by their places."""
    if not revision_ids or not any(work.history_to.values()):
        return {}
    table = tables.match
    places = select(table.c.id, table.c.revision_id, table.c.term_id, table.c.part, table.c.start)
    rows = select_in(connection, places.where(table.c.revision_id.in_(IDS)), revision_ids)
    terms = work.history_to
    return {(row.revision_id, row.term_id, row.part, row.start): row.id for row in rows if row.term_id in terms}


def _match_row(revision_id: int, term_id: int, match: Match, history_to: int) -> dict[str, object]:
    return {
        "revision_id": revision_id,
        "term_id": term_id,
        "part": match.part,
        "form": match.form,
        "start": match.start,
        "end": match.end,
        "is_history": revision_id <= history_to,
        "member": match.member,
        "is_evident": match.is_evident,
    }


def _is_found_since(connection: Connection, term_id: int, since: date) -> bool:
    """Return whether a term was found in a revision of the days since; the newest matches are looked at first."""
    found, revision = tables.match, tables.revision
    query = (
        select(found.c.id)
        .join(revision, revision.c.id == found.c.revision_id)
        .where(found.c.term_id == term_id, revision.c.day >= since)
        .order_by(found.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).first() is not None


_READER: Final = select(
    tables.subscriber.c.id,
    tables.subscriber.c.added_at,
    select(tables.digest.c.composed_at)
    .where(tables.digest.c.subscriber_id == tables.subscriber.c.id, tables.digest.c.kind == "mailed")
    .order_by(tables.digest.c.id.desc())
    .limit(1)
    .scalar_subquery()
    .label("mailed_at"),
).where(tables.subscriber.c.key == bindparam("reader"))
_TOPICS_WITH_NEWS: Final = select(tables.subscription.c.topic_id).where(
    tables.subscription.c.subscriber_id == bindparam("reader"),
    tables.subscription.c.removed_at.is_(None),
    or_(
        tables.subscription.c.added_at > bindparam("floor"),
        select(tables.term.c.id)
        .where(
            tables.term.c.topic_id == tables.subscription.c.topic_id,
            tables.term.c.removed_at.is_(None),
            tables.term.c.added_at > bindparam("floor"),
        )
        .exists(),
    ),
)
"""Topics of a reader that came, or got a term, since an instant. In no other topic can a term be new."""
_TERMS_OF: Final = (
    select(tables.term, tables.topic.c.key, tables.subscription.c.added_at.label("listed_at"))
    .join(tables.topic, tables.topic.c.id == tables.term.c.topic_id)
    .join(tables.subscription, tables.subscription.c.topic_id == tables.topic.c.id)
    .where(tables.subscription.c.subscriber_id == bindparam("reader"), tables.topic.c.id.in_(IDS))
    .order_by(tables.term.c.id)
)
"""Built once: each digest executes the first two, and building a statement takes longer than executing it."""


def _new_terms(rows: Sequence[Row[Any]], floor: datetime) -> tuple[dict[str, list[Row[Any]]], Counter[str]]:
    """Return the watched terms that came after `floor`, by topic, and how many terms each topic has.

    `rows`: those of `_TERMS_OF`. `floor`: when the last digest was mailed; before the first, when the subscriber came.
    """
    watched = [row for row in rows if row.removed_at is None]
    forms: dict[tuple[int, str], list[Row[Any]]] = {}
    for row in rows:
        forms.setdefault((row.topic_id, row.text), []).append(row)
    new: dict[str, list[Row[Any]]] = {}
    for row in watched:
        rows_of_term = forms[row.topic_id, row.text]
        was_there = row.listed_at <= floor and any(_is_older_form(older, row, floor) for older in rows_of_term)
        if not was_there:
            new.setdefault(row.key, []).append(row)
    return new, Counter(row.key for row in watched)


def _is_older_form(older: Row[Any], row: Row[Any], floor: datetime) -> bool:
    """Return whether a row of a term is continued by another one, under other exclusions of its topic."""
    return bool(older.added_at <= floor and (older.removed_at is None or older.removed_at >= row.added_at))


_NEWEST_RECORDS: Final = (
    select(
        tables.match.c.term_id,
        func.count(tables.proceeding.c.id.distinct()).label("records"),
        func.max(tables.proceeding.c.day).label("newest_on"),
    )
    .join(tables.revision, tables.revision.c.id == tables.match.c.revision_id)
    .join(tables.proceeding, IS_NEWEST)
)
_RECORDS_OF: Final = _NEWEST_RECORDS.where(tables.match.c.term_id.in_(IDS)).group_by(tables.match.c.term_id)
"""Counts the records in whose newest revision each of some terms stands, and finds the day of the newest."""
_RECORDS_OF_TOPIC: Final = _NEWEST_RECORDS.with_only_columns(*list(_NEWEST_RECORDS.selected_columns)[1:]).where(
    tables.match.c.term_id.in_(
        select(tables.term.c.id).where(tables.term.c.topic_id == bindparam("topic"), tables.term.c.removed_at.is_(None))
    )
)
"""The same for all watched terms of a topic together."""


def _is_watched() -> ColumnElement[bool]:
    return and_(tables.term.c.removed_at.is_(None), tables.topic.c.removed_at.is_(None))


def _finds(topic_key: str | None) -> FromClause:
    """Join topics, their terms and matches, and the records of which a match is in the newest revision.

    For one topic the records are looked up by their numbers: otherwise SQLite goes through all of them. For all topics it
    finds them quicker by itself.
    """
    found = tables.topic.join(tables.term).join(tables.match)
    if topic_key is None:
        return found.join(tables.proceeding, tables.proceeding.c.latest_revision_id == tables.match.c.revision_id)
    return found.join(tables.revision).join(tables.proceeding, IS_NEWEST)
