"""What is watched, and what was found: topics, terms, subscribers, matches.

config.toml says what is watched now; the archive remembers since when, and what was watched before. Nothing is deleted:
an edited or removed term leaves its matches explained.
"""

from __future__ import annotations

import json
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, func, insert, select, update

from db import models
from db.documents import documents
from db.index import candidates, indexed_to, revision_of, rows_between
from db.rows import insert_all
from monitor.errors import ArchiveError, LockedError
from monitor.model.archive import Work
from monitor.model.watching import Match, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row, Select, Table, Update

    from db.base import Store
    from monitor.model.archive import Document
    from monitor.model.index_query import Need
    from monitor.model.watching import Subscriber

AT_ONCE: Final = 1_000
"""Revisions that are looked through in one transaction."""

_SHORT: Final = 2_000
"""Fewer revisions than these are read without asking the index which."""

_MANY_TERMS: Final = 50
"""More terms than these are sooner found by reading everything once."""


class Watch:
    """What is watched, and what was found."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def sync(self, topics: Sequence[Topic], subscribers: Sequence[Subscriber], version: str) -> None:
        """Bring the archive's memory up to config.toml. `version` is the matcher's: a new one looks again at everything."""
        now = self._store.clock()
        with self._store.write() as connection:
            topic_ids = _sync_rows(connection, models.topic, {topic.key: {"name": topic.name} for topic in topics}, now)
            for topic in topics:
                _sync_terms(connection, topic_ids[topic.key], topic, version, now)
            _end_orphans(connection, now)
            rows = {one.key: {"name": one.name, "email": one.email} for one in subscribers}
            subscriber_ids = _sync_rows(connection, models.subscriber, rows, now)
            for one in subscribers:
                _sync_pause(connection, subscriber_ids[one.key], one.paused, now)
                wanted = [topic_ids[key] for key in one.topics if key in topic_ids]
                _sync_subscriptions(connection, subscriber_ids[one.key], wanted, now)

    def watched(self) -> tuple[dict[str, str], dict[str, str], set[tuple[str, str]]]:
        """List what is watched: names of topics and of readers by key, and the terms with the keys of their topics."""
        topic, reader, term = models.topic, models.subscriber, models.term
        with self._store.read() as connection:
            named = [
                dict(connection.execute(select(table.c.key, table.c.name).where(table.c.removed_at.is_(None))).all())
                for table in (topic, reader)
            ]
            terms = select(topic.c.key, term.c.text).join(topic, topic.c.id == term.c.topic_id)
            found = {(row.key, row.text) for row in connection.execute(terms.where(term.c.removed_at.is_(None)))}
        return named[0], named[1], found

    def paused_since(self) -> dict[str, datetime]:
        """Since when each subscriber who is paused is, by key, as the last run saw it."""
        table = models.subscriber
        query = select(table.c.key, table.c.paused_at).where(
            table.c.paused_at.is_not(None), table.c.resumed_at.is_(None), table.c.removed_at.is_(None)
        )
        with self._store.read() as connection:
            return {row.key: row.paused_at for row in connection.execute(query)}

    def work(self) -> Work | None:
        """The next stretch of revisions that some terms were not looked for in; None where all is done."""
        with self._store.read() as connection:
            newest = int(connection.execute(select(func.coalesce(func.max(models.revision.c.id), 0))).scalar_one())
            table, topic = models.term, models.topic
            rows = connection.execute(
                select(table, topic.c.key.label("topic_key"), topic.c.name.label("topic_name"))
                .join(topic, topic.c.id == table.c.topic_id)
                .where(table.c.removed_at.is_(None), table.c.matched_to < newest)
                .order_by(table.c.id)
            ).all()
        if not rows:
            return None
        after = min(row.matched_to for row in rows)
        to = min((row.matched_to for row in rows if row.matched_to > after), default=newest)
        chosen = [row for row in rows if row.matched_to == after]
        return Work(
            topics=_topics(chosen),
            term_ids={(row.topic_key, row.text): row.id for row in chosen},
            history_to={row.id: row.history_to for row in chosen},
            after=after,
            to=to,
        )

    def read(self, work: Work, need: Need | None = None) -> Iterator[tuple[list[Document], int]]:
        """The revisions in which the terms of `work` may stand, in batches; with each, up to where it leaves nothing out.

        `need`: what a revision must hold to be of interest. Where that is cheaper the index is asked for those that do;
        else, or where it can't be read, all are.
        """
        chosen = None if need is None else self._chosen(work, need)
        after = work.after
        while after < work.to:
            with self._store.read() as connection:
                ids = _next(connection, after, work.to) if chosen is None else chosen[:AT_ONCE]
                some = documents(connection, ids, self._store.read)
            after = ids[-1] if len(ids) == AT_ONCE else work.to
            if chosen is not None:
                del chosen[:AT_ONCE]
            yield some, after

    def _chosen(self, work: Work, need: Need) -> list[int] | None:
        try:
            with self._store.read() as connection:
                return _chosen(connection, work, need)
        except LockedError:
            raise
        except ArchiveError:
            return None  # `db check` tells what is wrong with it, a term finds all the same

    def store_matches(self, work: Work, found: Iterable[tuple[int, Iterable[Match]]], done_to: int) -> int:
        """Store what the terms of `work` found, and that they were looked for up to `done_to`; returns how many matches."""
        with self._store.write() as connection:
            looked_in = [(revision_id, list(matches)) for revision_id, matches in found]
            before = _known_matches(connection, work, [revision_id for revision_id, matches in looked_in if matches])
            rows = []
            for revision_id, matches in looked_in:
                for match in matches:
                    term_id = work.term_ids[match.topic, match.term]
                    if (revision_id, term_id, match.part, match.start) not in before:
                        rows.append(_match_row(revision_id, term_id, match, work.history_to[term_id]))
            insert_all(connection, models.match, rows)
            ids = list(work.term_ids.values())
            connection.execute(update(models.term).where(models.term.c.id.in_(ids)).values(matched_to=done_to))
            return len(rows)

    def matches_of(self, proceeding_id: int) -> dict[int, list[Match]]:
        """What the terms found in each revision of a proceeding."""
        with self._store.read() as connection:
            where = models.revision.c.proceeding_id == proceeding_id
            return load_matches(connection, where)

    def recent(
        self, *, topic: str | None = None, since: date | None = None, limit: int | None = None
    ) -> list[tuple[int, list[Match]]]:
        """The newest revisions of records that terms found, newest day first: revision row id and matches."""
        table = models.proceeding
        found = (
            select(models.match.c.revision_id)
            .join(models.term, models.term.c.id == models.match.c.term_id)
            .join(models.topic, models.topic.c.id == models.term.c.topic_id)
            .distinct()
        )
        if topic is not None:
            found = found.where(models.topic.c.key == topic)
        query = select(table.c.latest_revision_id).where(table.c.latest_revision_id.in_(found))
        query = query.order_by(table.c.day.desc().nulls_last(), table.c.latest_revision_id.desc())
        if since is not None:
            query = query.where(table.c.day >= since)
        with self._store.read() as connection:
            ids = list(connection.execute(query.limit(limit) if limit else query).scalars())
            matches = load_matches(connection, models.revision.c.id.in_(ids)) if ids else {}
        keep = (lambda match: match.topic == topic) if topic is not None else (lambda _match: True)
        return [(revision_id, [match for match in matches[revision_id] if keep(match)]) for revision_id in ids]


def load_matches(connection: Connection, *where: Any) -> dict[int, list[Match]]:
    """Matches by revision row id, in reading order of each part."""
    return read_matches(connection.execute(matches_where(*where)))


def matches_where(*where: Any) -> Select[Any]:
    """The statement by which matches are loaded."""
    return (
        select(models.match, models.term.c.text.label("term"), models.topic.c.key.label("topic"))
        .join(models.revision, models.revision.c.id == models.match.c.revision_id)
        .join(models.term, models.term.c.id == models.match.c.term_id)
        .join(models.topic, models.topic.c.id == models.term.c.topic_id)
        .where(*where)
        .order_by(models.match.c.revision_id, models.match.c.part, models.match.c.start, models.match.c.id)
    )


def read_matches(rows: Iterable[Row[Any]]) -> dict[int, list[Match]]:
    """What that statement found."""
    found: dict[int, dict[Match, None]] = {}  # the same term may stand there under other exclusions
    for row in rows:
        match = Match(topic=row.topic, term=row.term, form=row.form, part=row.part, start=row.start, end=row.end)
        found.setdefault(row.revision_id, {})[match] = None
    return {revision_id: list(matches) for revision_id, matches in found.items()}


def _sync_rows(
    connection: Connection, table: Table, wanted: Mapping[str, Mapping[str, str]], now: datetime
) -> dict[str, int]:
    """Add, change, revive and end rows that are known by `key`; returns the row ids of those wanted."""
    there = {row.key: row for row in connection.execute(select(table))}
    for key, values in wanted.items():
        row = there.get(key)
        if row is None:
            connection.execute(insert(table).values(key=key, added_at=now, **values))
            continue
        changes: dict[str, Any] = {name: value for name, value in values.items() if getattr(row, name) != value}
        if row.removed_at is not None:
            changes |= {"added_at": now, "removed_at": None}
        if changes:
            connection.execute(update(table).where(table.c.id == row.id).values(**changes))
    if gone := [row.id for key, row in there.items() if key not in wanted and row.removed_at is None]:
        connection.execute(update(table).where(table.c.id.in_(gone)).values(removed_at=now))
    if wanted.keys() - there.keys():
        there = {row.key: row for row in connection.execute(select(table))}
    return {key: there[key].id for key in wanted}


def _sync_terms(connection: Connection, topic_id: int, topic: Topic, version: str, now: datetime) -> None:
    table = models.term
    exclude = json.dumps(list(topic.exclude), ensure_ascii=False)
    there = list(connection.execute(select(table).where(table.c.topic_id == topic_id)))
    known = {row.text: row for row in there if row.exclude == exclude}
    for text in topic.terms:
        row = known.get(text)
        if row is None:
            connection.execute(
                insert(table).values(
                    topic_id=topic_id,
                    text=text,
                    exclude=exclude,
                    added_at=now,
                    version=version,
                    matched_to=0,
                    history_to=0,
                )
            )
            continue
        changes: dict[str, Any] = {}
        if row.removed_at is not None:
            changes |= {"added_at": now, "removed_at": None}
        if row.version != version:
            changes |= {"version": version, "history_to": max(row.matched_to, row.history_to), "matched_to": 0}
        if changes:
            connection.execute(update(table).where(table.c.id == row.id).values(**changes))
    ended = [
        row.id for row in there if row.removed_at is None and (row.exclude != exclude or row.text not in topic.terms)
    ]
    if ended:
        connection.execute(update(table).where(table.c.id.in_(ended)).values(removed_at=now))


def _end_orphans(connection: Connection, now: datetime) -> None:
    """A removed topic takes its terms and subscriptions with it."""
    for ended in _ORPHANS:
        connection.execute(ended, {"at": now})


def _orphans(table: Table) -> Update:
    removed = select(models.topic.c.id).where(models.topic.c.removed_at.is_not(None))
    is_left = table.c.topic_id.in_(removed), table.c.removed_at.is_(None)
    return update(table).where(*is_left).values(removed_at=bindparam("at"))


_ORPHANS: Final = [_orphans(models.term), _orphans(models.subscription)]
"""Made once: each run asks for them, and putting a statement together takes longer than doing it."""


def _sync_pause(connection: Connection, subscriber_id: int, paused: bool, now: datetime) -> None:
    table = models.subscriber
    row = connection.execute(select(table).where(table.c.id == subscriber_id)).one()
    is_paused = row.paused_at is not None and row.resumed_at is None
    if paused and not is_paused:
        changes: dict[str, Any] = {"paused_at": now, "resumed_at": None}
    elif is_paused and not paused:
        changes = {"resumed_at": now}
    else:
        return
    connection.execute(update(table).where(table.c.id == subscriber_id).values(**changes))


def _sync_subscriptions(connection: Connection, subscriber_id: int, topic_ids: Sequence[int], now: datetime) -> None:
    table = models.subscription
    mine = table.c.subscriber_id == subscriber_id
    there = {row.topic_id: row.removed_at for row in connection.execute(select(table).where(mine))}
    for topic_id in topic_ids:
        if topic_id not in there:
            connection.execute(insert(table).values(subscriber_id=subscriber_id, topic_id=topic_id, added_at=now))
        elif there[topic_id] is not None:
            where = and_(mine, table.c.topic_id == topic_id)
            connection.execute(update(table).where(where).values(added_at=now, removed_at=None))
    if ended := [topic_id for topic_id, removed in there.items() if removed is None and topic_id not in topic_ids]:
        connection.execute(update(table).where(mine, table.c.topic_id.in_(ended)).values(removed_at=now))


def _topics(rows: Sequence[Row[Any]]) -> tuple[Topic, ...]:
    grouped: dict[str, list[Row[Any]]] = {}
    for row in rows:
        grouped.setdefault(row.topic_key, []).append(row)
    return tuple(
        Topic(
            key=key,
            name=some[0].topic_name,
            terms=tuple(row.text for row in some),
            exclude=tuple(json.loads(some[0].exclude)),
        )
        for key, some in grouped.items()
    )


def _next(connection: Connection, after: int, to: int) -> list[int]:
    """The next batch of revisions after one row id and up to another, in order."""
    table = models.revision
    query = select(table.c.id).where(table.c.id > after, table.c.id <= to).order_by(table.c.id).limit(AT_ONCE)
    return list(connection.execute(query).scalars())


def _chosen(connection: Connection, work: Work, need: Need) -> list[int] | None:
    """The revisions of `work` that may hold what is needed, in order; None where it is better to read all of them."""
    stretch = work.to - work.after
    if stretch < _SHORT or len(work.term_ids) > _MANY_TERMS or indexed_to(connection) < work.to:
        return None
    rows = candidates(connection, need, rows_between(None, None))
    if rows is None:
        return None
    with closing(rows):
        ids = (one for row in rows if work.after < (one := revision_of(row)) <= work.to)
        found = list(islice(ids, stretch // 2))
    return sorted(found) if len(found) < stretch // 2 else None


def _known_matches(connection: Connection, work: Work, revision_ids: Sequence[int]) -> set[tuple[int, int, str, int]]:
    """What these terms found here before: only where an older version of the matcher looked is there anything."""
    if not revision_ids or not any(work.history_to.values()):
        return set()
    table = models.match
    rows = connection.execute(
        select(table.c.revision_id, table.c.term_id, table.c.part, table.c.start).where(
            table.c.term_id.in_(list(work.term_ids.values())),
            table.c.revision_id >= min(revision_ids),
            table.c.revision_id <= max(revision_ids),
        )
    )
    return {(row.revision_id, row.term_id, row.part, row.start) for row in rows}


def _match_row(revision_id: int, term_id: int, match: Match, history_to: int) -> dict[str, object]:
    return {
        "revision_id": revision_id,
        "term_id": term_id,
        "part": match.part,
        "form": match.form,
        "start": match.start,
        "end": match.end,
        "is_history": revision_id <= history_to,
    }
