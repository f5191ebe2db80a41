"""Checks of an archive, and figures about it as a whole."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import and_, bindparam, case, func, or_, select, text

from db import tables
from db.database_errors import translated
from db.index_file import index_path
from db.rows import load_fact, proceeding_of
from db.stoppable import stoppable
from db.transactions import begin_writing, reading
from monitor.errors import ArchiveError, LockedError
from monitor.model.deliveries import UNSENT, DeliveryState
from monitor.model.records import PARTS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from sqlalchemy import Connection, Engine, Select

_T = TypeVar("_T")

_NAMED = 3
"""Rows of a kind that a sentence names."""
_KEEPS_TEXT = (*UNSENT, DeliveryState.HELD)


def write_problem(engine: Engine) -> str:
    """Say why the archive can't be written; "" where it can, or is in use just now. Nothing is changed."""
    try:
        with translated(engine), engine.connect() as connection:
            transaction = begin_writing(connection)
            if engine.dialect.name == "postgresql" and (missing := _without_rights(connection)):
                more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
                return f"the database user may not write to {', '.join(missing[:_NAMED])}{more}"
            # SQLite finds out only when something is written; this write is rolled back.
            connection.exec_driver_sql("UPDATE lease SET name = name")
            transaction.rollback()
    except LockedError:
        return ""
    except ArchiveError as exc:
        return str(exc)
    return ""


_WITHOUT_RIGHTS: Final = text("""
    WITH ours AS (
        SELECT oid, relname FROM pg_class WHERE relkind = 'r'
            AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('alembic_version'))
            AND (relname IN :names OR relname LIKE 'procrastinate\\_%')
    )
    SELECT relname FROM ours WHERE NOT (
        has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
        AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE')
    )
    UNION ALL
    SELECT seqrelid::regclass::text FROM pg_sequence
    JOIN pg_depend ON objid = seqrelid AND classid = 'pg_class'::regclass AND deptype = 'a'
    JOIN ours ON ours.oid = refobjid
    WHERE NOT has_sequence_privilege(seqrelid, 'USAGE')
    ORDER BY 1
""").bindparams(bindparam("names", list(tables.metadata.tables), expanding=True))


def _without_rights(connection: Connection) -> list[str]:
    """List the tables of an archive on PostgreSQL, and the sequences that number their rows, that can't be written."""
    return list(connection.execute(_WITHOUT_RIGHTS).scalars())


def last_reported_day(engine: Engine) -> date | None:
    """Return the newest day of anything in a digest that went or counts as told; None where it has no such day.

    What a digest skipped counts too: after a restore it is what had been mailed before. While the catch-up lasts, the day up
    to which everything counts as told may be newer: a restore that was interrupted has put the backup in place already.
    An archive that is damaged has no day. Raises LockedError.
    """
    item, revision, digest, outbox = tables.digest_item, tables.revision, tables.digest, tables.outbox
    query = (
        select(func.max(revision.c.day))
        .join(item, item.c.revision_id == revision.c.id)
        .join(digest, digest.c.id == item.c.digest_id)
        .outerjoin(outbox, outbox.c.digest_id == digest.c.id)
        .where(item.c.is_told, or_(outbox.c.state == DeliveryState.SENT, digest.c.kind == "skipped"))
    )
    try:
        with reading(engine) as connection:
            fact = load_fact(connection, "told_to")
            days = [connection.execute(query).scalar(), date.fromisoformat(fact) if fact else None]
            return max((day for day in days if day is not None), default=None)
    except LockedError:
        raise
    except ArchiveError:
        return None


def file_of(engine: Engine, tool: str = "the tools of PostgreSQL") -> Path:
    """Return the file of a SQLite archive. Raises ArchiveError, naming the tool to use, for PostgreSQL."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        raise ArchiveError(f"this archive is on PostgreSQL: use {tool}")
    return Path(engine.url.database)


# -- checks -----------------------------------------------------------------------------------------------------------


def check(engine: Engine, *, is_quick: bool = False) -> list[str]:
    """Check the database itself; returns the faults, one sentence each.

    `is_quick` skips checks that take long in a large archive. PostgreSQL checks itself.
    """
    if engine.dialect.name != "sqlite":
        return []
    pragma = "quick_check" if is_quick else "integrity_check"
    with reading(engine) as connection:
        found = _asked(connection, lambda: connection.exec_driver_sql(f"PRAGMA {pragma}").scalars().all())
        ask = "PRAGMA foreign_key_check"
        broken = [] if is_quick else _asked(connection, lambda: connection.exec_driver_sql(ask).all())
    faults = [str(fault) for fault in found if fault != "ok"]
    return faults + [f"{row[0]} row {row[1]} belongs to a row of {row[2]} that is not there" for row in broken]


def consistency(engine: Engine) -> list[str]:
    """Check that rows agree with each other; returns the faults, one sentence each."""
    with reading(engine) as connection:
        found = _asked(connection, lambda: list(_findings(connection)))
    return [sentence for sentence in found if sentence]


def _asked(connection: Connection, ask: Callable[[], _T]) -> _T:
    """Return what an archive answers to a question that takes it long. The driver of PostgreSQL hears signals itself."""
    driver = connection.connection.driver_connection
    return stoppable(driver, ask) if isinstance(driver, sqlite3.Connection) else ask()


def _findings(connection: Connection) -> Iterator[str]:
    """Give a sentence for each question, "" where nothing is found."""
    for what, query, count in _counted_questions():
        yield _finding(connection, what, query, count)
    yield _without_words(connection)


def _finding(connection: Connection, what: str, query: Select[Any], count: Select[Any]) -> str:
    total = connection.execute(count).scalar_one()
    return _sentence(total, what, connection.execute(query.limit(_NAMED)).scalars()) if total else ""


def _without_words(connection: Connection) -> str:
    """Find revisions without text that were not withdrawn; the database can't read that in their facts."""
    revision, parts = tables.revision, tables.parts
    has_words = select(parts.c.revision_id).where(parts.c.revision_id == revision.c.id).exists()
    query = select(revision.c.id, revision.c.facts).where(~has_words).order_by(revision.c.id)
    ids = [row.id for row in connection.execute(query) if not proceeding_of(row.facts, {}).is_withdrawn]
    what = "revisions have no text, though nothing was withdrawn (revision row)"
    return _sentence(len(ids), what, ids[:_NAMED]) if ids else ""


def _sentence(total: int, what: str, examples: Iterable[object]) -> str:
    names = [str(example) for example in examples]
    return f"{total} {what}: {', '.join(names)}{' …' if total > len(names) else ''}"


@cache
def _counted_questions() -> list[tuple[str, Select[Any], Select[Any]]]:
    """Return the questions, each with a query that counts its rows: built once, which takes longer than to ask them."""
    return [(what, query, select(func.count()).select_from(query.subquery())) for what, query in _questions()]


def _questions() -> Iterator[tuple[str, Select[Any]]]:
    """Give queries that find nothing in a good archive, each with a description of its rows."""
    yield from _record_questions()
    outbox, match, parts = tables.outbox, tables.match, tables.parts
    length = case({name: func.length(parts.c[name]) for name in PARTS}, value=match.c.part)
    yield (
        "matches lie outside the text that they were found in (row)",
        select(match.c.id)
        .outerjoin(parts, parts.c.revision_id == match.c.revision_id)
        .where(length.is_(None) | (match.c.start < 0) | (match.c.end > length))
        .order_by(match.c.id),
    )
    yield from _promise_questions()
    yield (
        "mails are in a state that does not exist (mail)",
        select(outbox.c.id).where(outbox.c.state.not_in(list(DeliveryState))).order_by(outbox.c.id),
    )
    yield (
        "mails that are still to go have no text, recipient or Message-ID (mail)",
        select(outbox.c.id)
        .where(
            outbox.c.state.in_(_KEEPS_TEXT),
            (outbox.c.message == b"") | (outbox.c.recipient == "") | outbox.c.message_id.not_like("<%@%>"),
        )
        .order_by(outbox.c.id),
    )
    yield (
        "mails count as sent, but not when (mail)",
        select(outbox.c.id)
        .where(outbox.c.state == DeliveryState.SENT, outbox.c.sent_at.is_(None))
        .order_by(outbox.c.id),
    )


def _promise_questions() -> Iterator[tuple[str, Select[Any]]]:
    promise, revision, parts = tables.promise, tables.revision, tables.parts
    length = case({name: func.length(parts.c[name]) for name in PARTS}, value=promise.c.part)
    yield (
        "promises lie outside the text that they were found in",
        select(promise.c.public_id)
        .outerjoin(parts, parts.c.revision_id == promise.c.revision_id)
        .where(length.is_(None) | (promise.c.start < 0) | (promise.c.end > length) | (promise.c.end <= promise.c.start))
        .order_by(promise.c.id),
    )
    yield (
        "promises belong to another record than their revision",
        select(promise.c.public_id)
        .join(revision, revision.c.id == promise.c.revision_id)
        .where(revision.c.proceeding_id != promise.c.proceeding_id)
        .order_by(promise.c.id),
    )
    first = promise.alias()
    yield (
        "promises repeat one that itself repeats another",
        select(promise.c.public_id)
        .join(first, first.c.id == promise.c.repeats_id)
        .where(first.c.repeats_id.is_not(None))
        .order_by(promise.c.id),
    )


def _record_questions() -> Iterator[tuple[str, Select[Any]]]:
    proceeding, revision = tables.proceeding, tables.revision
    yield (
        "revisions belong to no record (revision row)",
        select(revision.c.id)
        .outerjoin(proceeding, proceeding.c.id == revision.c.proceeding_id)
        .where(proceeding.c.id.is_(None))
        .order_by(revision.c.id),
    )
    yield (
        "records have no newest revision, or one of another record",
        select(proceeding.c.public_id)
        .outerjoin(
            revision,
            and_(revision.c.id == proceeding.c.latest_revision_id, revision.c.proceeding_id == proceeding.c.id),
        )
        .where(revision.c.id.is_(None), proceeding.c.merged_into.is_(None))
        .order_by(proceeding.c.id),
    )
    yield (
        "records were merged with others, and yet are known by keys of their own",
        select(proceeding.c.public_id)
        .join(tables.alias, tables.alias.c.proceeding_id == proceeding.c.id)
        .where(proceeding.c.merged_into.is_not(None))
        .distinct(),
    )
    numbers = revision.c.number
    yield (
        "records have revisions that are not numbered 1 to n",
        select(proceeding.c.public_id)
        .join(revision, revision.c.proceeding_id == proceeding.c.id)
        .group_by(proceeding.c.id, proceeding.c.public_id, revision.c.source)
        .having((func.min(numbers) != 1) | (func.max(numbers) != func.count()))
        .order_by(proceeding.c.id),
    )


# -- figures ----------------------------------------------------------------------------------------------------------


COUNTED: Final = {
    "records": tables.proceeding,
    "revisions": tables.revision,
    "payloads": tables.payload,
    "matches": tables.match,
    "digests": tables.digest,
    "mails": tables.outbox,
}


def counts(engine: Engine, names: Collection[str] = COUNTED) -> dict[str, int]:
    """Count the rows of these tables, by their names in `COUNTED`; records that were merged into others do not count."""
    found = {}
    with reading(engine) as connection:
        for name in names:
            rows = select(func.count()).select_from(COUNTED[name])
            if name == "records":
                rows = rows.where(tables.proceeding.c.merged_into.is_(None))
            found[name] = int(connection.execute(rows).scalar_one())
    return found


def size(engine: Engine) -> int:
    """Return how many bytes the archive takes on its disk, with its index for searches."""
    index = index_path(engine)
    found = _size_of_file(index) if index is not None else 0
    if engine.dialect.name == "sqlite":
        return found + _size_of_file(file_of(engine))
    with reading(engine) as connection:
        return found + int(connection.execute(text("select pg_database_size(current_database())")).scalar_one())


def _size_of_file(path: Path) -> int:
    """Return how many bytes a SQLite database and its log take."""
    parts = (path.with_name(path.name + tail) for tail in ("", "-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())


def newest_fetch(engine: Engine) -> datetime | None:
    """Return when the newest payload was received."""
    with reading(engine) as connection:
        fetched: datetime | None = connection.execute(select(func.max(tables.payload.c.fetched_at))).scalar()
        return fetched


def watching_since(engine: Engine) -> dict[str, datetime]:
    """Return since when each subscriber, by key, gets digests: since they were added, or their last pause ended."""
    table = tables.subscriber
    since = case(
        (table.c.resumed_at > table.c.added_at, table.c.resumed_at), else_=table.c.added_at
    )  # two-argument max() is not PostgreSQL's, greatest() not SQLite's
    query = select(table.c.key, since.label("since")).where(table.c.removed_at.is_(None))
    with reading(engine) as connection:
        return {row.key: row.since for row in connection.execute(query)}
