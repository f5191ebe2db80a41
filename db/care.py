"""The care of an archive: backup, restore, check, and what is to be known of it as a whole."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, select, text

from db import index, models, schema
from db.codec import proceeding_of
from db.compacting import fit_pages
from db.engine import make_private, open_engine, reading, translated
from db.holder import name_of
from db.index import Count, is_about_index
from monitor.errors import ArchiveError, LockedError, SchemaError
from monitor.model.deliveries import DeliveryState
from monitor.model.records import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection, Engine, Select

BUSY_TRIES = 20
"""How often a copy asks again for a database that another process holds, a quarter of a second apart."""

_NAMED = 3
"""How many rows of a kind a finding names."""

_UNSENT = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.DOTTED)
_INDEX_TABLES = "SELECT name, sql FROM sqlite_master WHERE name LIKE 'full_text%' AND sql LIKE 'CREATE VIRTUAL TABLE%'"
_KEEPS_TEXT = (*_UNSENT, DeliveryState.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did.

    `kept`: where the archive is that was replaced, None where there was none. `version`: the schema's version now.
    `held`: mails that waited when the backup was made and may have gone since, so that now a person must decide.
    `is_index_anew`: the backup's index of words was damaged, and is to be built anew.
    """

    kept: Path | None
    version: str
    held: int
    is_index_anew: bool = False


# -- copies -----------------------------------------------------------------------------------------------------------


def backup(engine: Engine, target: Path) -> Path:
    """Copy a SQLite archive, whole and consistent, while others use it; appears under its name when it is complete.

    Raises ArchiveError where `target` is there already, there is no archive, or it is on PostgreSQL, which has tools of
    its own.
    """
    source = file_of(engine, "pg_dump --format=custom")
    if not source.is_file():
        raise ArchiveError(f"there is no archive at {source} yet: pqwatch run makes one")
    if target.exists():
        raise ArchiveError(f"{target} is there already: name another file, or remove it first")
    unfinished = target.with_name(f".{target.name}.part")
    with translated(engine):
        try:
            make_private(unfinished)
            with closing(sqlite3.connect(source, timeout=0)) as there, closing(sqlite3.connect(unfinished)) as here:
                _copy(there, here, source)
            with unfinished.open("rb+") as copied:
                os.fsync(copied.fileno())
            unfinished.replace(target)
        except (sqlite3.Error, OSError) as exc:
            raise ArchiveError(f"the backup to {target} failed: {exc}") from exc
        finally:
            unfinished.unlink(missing_ok=True)
    return target


def restore(engine: Engine, saved: Path, now: datetime, *, told_to: date | None = None) -> Restored:
    """Put a backup in the place of a SQLite archive, and keep what was there beside it. `now` goes into its name.

    `told_to`: up to which day the subscribers were told of everything: what is found again of it is then mailed to nobody.
    The backup is examined first: nothing is touched where it is damaged or not this program's. For who holds the archive.
    Raises ArchiveError, SchemaError.
    """
    target = file_of(engine, "pg_restore")
    if not saved.is_file():
        raise ArchiveError(f"{saved} is not there: name a file that pqwatch db backup made")
    if target.exists() and target.samefile(saved):
        raise ArchiveError(f"{saved} is the archive itself: name a file that pqwatch db backup made")
    draft = target.with_name(f".{target.name}.restored")
    _remove(draft)
    try:
        try:
            make_private(draft)
            with closing(_open_untouched(saved)) as there, closing(sqlite3.connect(draft)) as here:
                _copy(there, here, saved)
        except sqlite3.Error as exc:
            raise ArchiveError(f"{saved} is no archive of pqwatch, or a damaged one: {exc}") from exc
        version, is_index_anew = _examine(draft, saved)
        held = _make_ready(draft, told_to)
        engine.dispose()
        kept = _set_aside(engine, target, now)
        make_private(target)
        fit_pages(draft, target)
        try:
            with closing(sqlite3.connect(draft)) as there, closing(sqlite3.connect(target, timeout=0)) as here:
                _copy(there, here, target)
        except sqlite3.Error as exc:
            raise ArchiveError(f"{saved} could not be restored to {target}: {exc}") from exc
    finally:
        _remove(draft)
    return Restored(kept=kept, version=version, held=held, is_index_anew=is_index_anew)


def write_problem(engine: Engine) -> str:
    """Say why the archive can't be written; "" where it can, or is in use just now. Nothing is changed."""
    try:
        with translated(engine), engine.connect().execution_options(writes=True) as connection:
            transaction = connection.begin()
            # SQLite finds out only when something is written; what is written here is taken back.
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
            transaction.rollback()
    except LockedError:
        return ""
    except ArchiveError as exc:
        return str(exc)
    return ""


def newest_run(saved: Path) -> datetime | None:
    """When the newest stage began of which a SQLite archive or a backup of one knows; None where that can't be read."""
    try:
        with closing(_open_untouched(saved)) as connection:
            [found] = connection.execute("SELECT max(started_at) FROM run").fetchone()
    except sqlite3.Error:
        return None
    return datetime.fromisoformat(found).replace(tzinfo=UTC) if found else None


def newest_told(engine: Engine) -> date | None:
    """The newest day of anything in a digest that was mailed; None where nothing was, or that can't be read.

    Or the day up to which all counts as told, where a backup was restored so: whoever gives the same command again, for it
    did not come to its end, finds the backup in place already.
    """
    item, revision, outbox = models.digest_item, models.revision, models.outbox
    query = (
        select(func.max(revision.c.day))
        .join(item, item.c.revision_id == revision.c.id)
        .join(outbox, outbox.c.digest_id == item.c.digest_id)
        .where(item.c.is_told, outbox.c.state == DeliveryState.SENT)
    )
    try:
        with reading(engine) as connection:
            fact = connection.execute(select(models.meta.c.value).where(models.meta.c.key == "told_to")).scalar()
            days = [connection.execute(query).scalar(), date.fromisoformat(fact) if fact else None]
            return max((day for day in days if day is not None), default=None)
    except ArchiveError:
        return None


def file_of(engine: Engine, tool: str = "the tools of PostgreSQL") -> Path:
    """The file of a SQLite archive. Raises ArchiveError, naming the tool to use, where it is on PostgreSQL."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        raise ArchiveError(f"this archive is on PostgreSQL: use {tool}")
    return Path(engine.url.database)


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, held: Path) -> None:
    """Copy a database page by page. The library asks for ever while another process holds one of the two; we do not."""
    tries = count(1)

    def progress(status: int, _left: int, _all: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and next(tries) > BUSY_TRIES:
            raise LockedError(f"{held} is in use by another process: try again when that is done")

    source.backup(target, progress=progress)


def _open_untouched(saved: Path) -> sqlite3.Connection:
    """Open a file without leaving anything beside it, be it on a disk that can't be written."""
    has_log = saved.with_name(f"{saved.name}-wal").exists()
    return sqlite3.connect(f"{saved.absolute().as_uri()}?mode=ro{'' if has_log else '&immutable=1'}", uri=True)


def _examine(draft: Path, saved: Path) -> tuple[str, bool]:
    """The schema's version of a copied backup, and whether its index was damaged, which then is empty now.

    Raises ArchiveError, SchemaError where it is not good.
    """
    copy = open_engine(f"sqlite:///{draft.absolute()}")
    try:
        version = schema.current(copy)
        if version is None:
            raise ArchiveError(f"{saved} is no archive of pqwatch: name a file that pqwatch db backup made")
        if version > schema.HEAD:
            raise SchemaError(
                f"the schema of {saved} ({version}) is newer than this program ({schema.HEAD}): "
                "install the newer pqwatch first"
            )
        problems = check(copy)
        for problem in problems:
            if not is_about_index(problem):
                raise ArchiveError(f"{saved} is damaged: {problem}")
        is_index_good = not problems and (version != schema.HEAD or not _count(copy).problem)
    finally:
        copy.dispose()
    if is_index_good and _is_index_sound(draft):
        return version, False
    _empty_index(draft, saved)
    return version, True


def _count(engine: Engine) -> Count:
    with reading(engine) as connection:
        return index.count(connection)


def _is_index_sound(draft: Path) -> bool:
    """Whether SQLite finds nothing wrong within the index: before 3.44 its check of the whole does not look there."""
    try:
        with closing(sqlite3.connect(draft)) as connection, connection:
            for name, _ in connection.execute(_INDEX_TABLES).fetchall():
                connection.execute(f'INSERT INTO "{name}" ("{name}") VALUES (\'integrity-check\')')  # noqa: S608 (its own name)
    except sqlite3.Error:
        return False
    return True


def _empty_index(draft: Path, saved: Path) -> None:
    """Make the index of a copied backup anew, with nothing in it: the next run fills it, and searches do without it.

    Raises ArchiveError where the damage does not let it go.
    """
    try:
        with closing(sqlite3.connect(draft)) as connection, connection:
            for name, made_by in connection.execute(_INDEX_TABLES).fetchall():
                connection.execute(f'DROP TABLE "{name}"')
                connection.execute(made_by)
            connection.executemany("DELETE FROM meta WHERE key = ?", [(fact,) for fact in index.INDEX_FACTS])
    except sqlite3.Error as exc:
        raise ArchiveError(f"{saved} is damaged in its index for searches: {exc}") from exc


def _make_ready(draft: Path, told_to: date | None) -> int:
    """Make a copied backup fit to go on with; returns how many mails are held now.

    Nobody holds it any more. Mails that waited may have gone meanwhile. The whole look-back is to be read again. And it has
    no name yet, so that digests composed now have other Message-IDs than those that were mailed in the time it forgot:
    mail systems drop a second mail of the same ID, with all that is new in it.
    """
    states = ", ".join(f"'{state}'" for state in _UNSENT)
    why = "it waited when the backup was made that was restored, and may have gone since"
    with closing(sqlite3.connect(draft)) as connection, connection:
        connection.execute("DELETE FROM lease")
        held = connection.execute(
            f"UPDATE outbox SET state = ?, error = ?, claim = NULL WHERE state IN ({states})",  # noqa: S608 (our own words)
            (DeliveryState.HELD.value, why),
        ).rowcount
        connection.execute("DELETE FROM meta WHERE key = 'instance' OR key LIKE 'full_read_on%'")
        if told_to is not None:
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('told_to', ?)", (told_to.isoformat(),))
    return held


def _set_aside(engine: Engine, target: Path, now: datetime) -> Path | None:
    """Keep the archive that is about to be replaced: a copy, or where it is damaged its files as they are."""
    if not target.exists() or not target.stat().st_size:
        return None
    name = f"{target.name}.replaced-{now:%Y%m%dT%H%M%SZ}"
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    kept = next(path for path in map(target.with_name, names) if not path.exists())
    try:
        return backup(engine, kept)
    except ArchiveError as exc:
        cause = exc.__cause__
        if not isinstance(cause, sqlite3.DatabaseError) or isinstance(cause, sqlite3.OperationalError):
            raise
    for tail in ("", "-wal", "-shm"):
        part = target.with_name(target.name + tail)
        if part.exists():
            part.replace(kept.with_name(kept.name + tail))
    return kept


def _remove(database: Path) -> None:
    for tail in ("", "-wal", "-shm", "-journal"):
        database.with_name(database.name + tail).unlink(missing_ok=True)


# -- checks -----------------------------------------------------------------------------------------------------------


def check(engine: Engine, *, is_quick: bool = False) -> list[str]:
    """What is wrong with the database itself, one sentence each; empty where all is well.

    `is_quick` leaves out what takes long in a large archive. Of an archive with views SQLite does not say which pages
    nothing uses; they do no harm. PostgreSQL vouches for itself.
    """
    if engine.dialect.name != "sqlite":
        return []
    pragma = "quick_check" if is_quick else "integrity_check"
    with reading(engine) as connection:
        found = [str(row[0]) for row in connection.exec_driver_sql(f"PRAGMA {pragma}") if row[0] != "ok"]
        broken = [] if is_quick else connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    return found + [f"{row[0]} row {row[1]} belongs to a row of {row[2]} that is not there" for row in broken]


def consistency(engine: Engine) -> list[str]:
    """Where rows do not agree with each other, one sentence each; empty where all is well."""
    with reading(engine) as connection:
        found = [_finding(connection, what, query) for what, query in _questions()]
        found.append(_without_words(connection))
    return [sentence for sentence in found if sentence]


def _finding(connection: Connection, what: str, query: Select[Any]) -> str:
    total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    return _sentence(total, what, connection.execute(query.limit(_NAMED)).scalars()) if total else ""


def _without_words(connection: Connection) -> str:
    """Only what was withdrawn may be without any; that its facts say, which the database can't read."""
    revision, parts = models.revision, models.parts
    has_words = select(parts.c.revision_id).where(parts.c.revision_id == revision.c.id).exists()
    query = select(revision.c.id, revision.c.facts).where(~has_words).order_by(revision.c.id)
    ids = [row.id for row in connection.execute(query) if not proceeding_of(row.facts, {}).is_withdrawn]
    what = "revisions have no text, though nothing was withdrawn (revision row)"
    return _sentence(len(ids), what, ids[:_NAMED]) if ids else ""


def _sentence(total: int, what: str, some: Iterable[object]) -> str:
    names = [str(one) for one in some]
    return f"{total} {what}: {', '.join(names)}{' …' if total > len(names) else ''}"


def _questions() -> Iterator[tuple[str, Select[Any]]]:
    """Queries that find nothing in a good archive, with what their rows are."""
    yield from _record_questions()
    outbox, match, parts = models.outbox, models.match, models.parts
    length = case({name: func.length(parts.c[name]) for name in PARTS}, value=match.c.part)
    yield (
        "matches lie outside the text that they were found in (row)",
        select(match.c.id)
        .outerjoin(parts, parts.c.revision_id == match.c.revision_id)
        .where(length.is_(None) | (match.c.start < 0) | (match.c.end > length))
        .order_by(match.c.id),
    )
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


def _record_questions() -> Iterator[tuple[str, Select[Any]]]:
    proceeding, revision = models.proceeding, models.revision
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
        .join(models.alias, models.alias.c.proceeding_id == proceeding.c.id)
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


# -- what is to be known ----------------------------------------------------------------------------------------------


def counts(engine: Engine) -> dict[str, int]:
    """How many rows there are of what people count."""
    tables = {
        "records": models.proceeding,
        "revisions": models.revision,
        "payloads": models.payload,
        "matches": models.match,
        "digests": models.digest,
        "mails": models.outbox,
    }
    with reading(engine) as connection:
        found = {
            name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
            for name, table in tables.items()
        }
        hidden = select(func.count()).where(models.proceeding.c.merged_into.is_not(None))
        return found | {"records": found["records"] - int(connection.execute(hidden).scalar_one())}


def size(engine: Engine) -> int:
    """How many bytes the archive takes on its disk."""
    if engine.dialect.name == "sqlite":
        path = file_of(engine)
        parts = (path.with_name(path.name + tail) for tail in ("", "-wal"))
        return sum(part.stat().st_size for part in parts if part.exists())
    with reading(engine) as connection:
        return int(connection.execute(text("select pg_database_size(current_database())")).scalar_one())


def newest_fetch(engine: Engine) -> datetime | None:
    """When the newest kept payload was received."""
    with reading(engine) as connection:
        fetched: datetime | None = connection.execute(select(func.max(models.payload.c.fetched_at))).scalar()
        return fetched


def watching_since(engine: Engine) -> dict[str, datetime]:
    """Since when each subscriber, by key, gets digests: since he was added, or since his last pause ended."""
    table = models.subscriber
    since = case(
        (table.c.resumed_at > table.c.added_at, table.c.resumed_at), else_=table.c.added_at
    )  # two-argument max() is not PostgreSQL's, greatest() not SQLite's
    query = select(table.c.key, since.label("since")).where(table.c.removed_at.is_(None))
    with reading(engine) as connection:
        return {row.key: row.since for row in connection.execute(query)}


def holder(engine: Engine, now: datetime) -> str | None:
    """Who holds the archive now, in words; None: nobody."""
    lease = models.lease
    with reading(engine) as connection:
        row = connection.execute(select(lease).where(lease.c.expires_at > now)).first()
    return None if row is None else f"process {row.pid} on {name_of(row.host)}, since {row.taken_at:%Y-%m-%d %H:%M} UTC"
