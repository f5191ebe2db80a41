"""Records and their revisions, as they are read, with the names of members."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, insert, select, update

from db import tables
from db.noted_names import BODIES, HOUSES, load_names
from db.rows import IDS, MEMBERS, chunks, load_parts, proceeding_of, select_in
from db.unsettled import take_back_of
from monitor.model.records import Event, House, Member, Proceeding, Revision, SourceRevision, State
from monitor.model.search import Document
from monitor.text.search_form import search_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from db.store import Store
    from monitor.model.records import Facts
    from monitor.model.revisions import RecordHistory

    Reading = Callable[[], AbstractContextManager[Connection]]


class Records:
    """Records and their revisions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def is_empty(self) -> bool:
        """Return whether nothing was ever stored."""
        return not self._store.rows(select(tables.proceeding.c.id).limit(1))

    def bodies(self) -> list[str]:
        """List the answering bodies that records name, in alphabetical order."""
        with self._store.read() as connection:
            return load_names(connection, BODIES)

    def houses(self) -> list[House]:
        """List the Houses that the archive has records of."""
        with self._store.read() as connection:
            return [House(name) for name in load_names(connection, HOUSES)]

    def revisions(self, proceeding_id: int) -> list[Revision]:
        """Return all revisions of a record, of every source, oldest first; each source numbers its own."""
        with self._store.read() as connection:
            return load(connection, tables.revision.c.proceeding_id == proceeding_id)

    def changed_between(self, first: datetime, last: datetime) -> list[int]:
        """Return the row ids of revisions that replaced one and were seen from `first` to before `last`, latest first."""
        revision = tables.revision.c
        query = select(revision.id).where(
            revision.is_news, revision.number > 1, revision.seen_at >= first, revision.seen_at < last
        )
        return self._store.scalars(query.order_by(revision.id.desc()))

    def ahead(self, day: date) -> list[int]:
        """Return the row ids of the current revisions of what is set down for a day or later, the nearest day first.

        What was announced after that day, or called off, is left out.
        """
        record = tables.proceeding.c
        query = select(record.latest_revision_id).where(
            record.takes_place_on >= day,
            record.day <= day,
            record.state != State.WITHDRAWN.value,
            record.latest_revision_id.is_not(None),
        )
        return self._store.scalars(query.order_by(record.takes_place_on, record.id))

    def sources(self, proceeding_ids: Sequence[int]) -> dict[int, set[str]]:
        """Return the sources that tell of each of these records."""
        with self._store.read() as connection:
            return load_sources(connection, proceeding_ids)

    def sources_of_revisions(self, revision_ids: Sequence[int]) -> dict[int, str]:
        """Return the source of each of these revisions, by row id."""
        table = tables.revision
        query = select(table.c.id, table.c.source).where(table.c.id.in_(IDS))
        with self._store.read() as connection:
            return {row.id: row.source for row in select_in(connection, query, revision_ids)}


def load_sources(connection: Connection, proceeding_ids: Iterable[int]) -> dict[int, set[str]]:
    """Load the sources that tell of each of these records."""
    found: dict[int, set[str]] = {}
    for row in select_in(connection, _SOURCES, proceeding_ids):
        found.setdefault(row.proceeding_id, set()).add(row.source)
    return found


_SOURCES: Final = (
    select(tables.revision.c.proceeding_id, tables.revision.c.source)
    .where(tables.revision.c.proceeding_id.in_(IDS))
    .distinct()
)
_BY_ID: Final = select(tables.revision).where(tables.revision.c.id.in_(IDS))
"""Built once: each page of a window executes them, and building a statement takes longer than executing it."""


def load(connection: Connection, *where: ColumnElement[bool]) -> list[Revision]:
    """Load whole revisions with their members named, oldest first."""
    table = tables.revision
    rows = connection.execute(select(table).where(*where).order_by(table.c.id)).all()
    return revisions_of(connection, rows, load_parts(connection, [row.id for row in rows]))


def load_ids(connection: Connection, revision_ids: Sequence[int]) -> dict[int, Revision]:
    """Load whole revisions by row id."""
    rows = list(select_in(connection, _BY_ID, revision_ids))
    parts = load_parts(connection, revision_ids)
    return {revision.id: revision for revision in revisions_of(connection, rows, parts)}


def revisions_of(
    connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]], parts: Mapping[int, Mapping[str, str]]
) -> list[Revision]:
    """Build whole revisions from rows with their columns, and their texts, with the members named."""
    proceedings = with_names(connection, [proceeding_of(row.facts, parts.get(row.id, {})) for row in rows])
    return [
        Revision(
            id=row.id,
            proceeding=proceeding,
            number=row.number,
            seen_at=row.seen_at,
            events=tuple(Event(name) for name in row.events.split()),
            is_news=row.is_news,
        )
        for row, proceeding in zip(rows, proceedings, strict=True)
    ]


# -- histories --------------------------------------------------------------------------------------------------------


def load_histories(connection: Connection, source: str, proceeding_ids: Iterable[int]) -> dict[int, RecordHistory]:
    """Load the histories of records as a source sees them; a record without revisions has none."""
    from monitor.model.revisions import RecordHistory  # noqa: PLC0415 (only a collect asks for histories)

    found: dict[int, RecordHistory] = {}
    for chunk in chunks(sorted(set(proceeding_ids))):
        _read_own(connection, source, chunk, found)
        table = tables.revision
        others = select_source_revisions(connection, table.c.proceeding_id.in_(chunk), table.c.source != source)
        for proceeding_id, is_told in others:
            found.setdefault(proceeding_id, RecordHistory()).others.append(is_told)
    return found


def _read_own(
    connection: Connection, source: str, proceeding_ids: Sequence[int], found: dict[int, RecordHistory]
) -> None:
    from monitor.model.revisions import LatestRevision, RecordHistory  # noqa: PLC0415 (only a collect asks for histories)

    table = tables.revision
    newest = (
        select(func.max(table.c.id).label("id"))
        .where(table.c.source == source, table.c.proceeding_id.in_(proceeding_ids))
        .group_by(table.c.proceeding_id)
        .subquery()
    )
    rows = connection.execute(select(table).join(newest, newest.c.id == table.c.id)).all()
    parts = load_parts(connection, [row.id for row in rows])
    for row in rows:
        proceeding = proceeding_of(row.facts, parts.get(row.id, {}))
        latest = LatestRevision(row.number, row.seen_at, proceeding, row.is_news)
        found[row.proceeding_id] = RecordHistory(own=latest)


def load_source_revisions(connection: Connection, records: Sequence[int]) -> dict[int, list[SourceRevision]]:
    """Load all revisions of some records, oldest first."""
    found: dict[int, list[SourceRevision]] = {record: [] for record in records}
    for record, revision in select_source_revisions(connection, tables.revision.c.proceeding_id.in_(records)):
        found[record].append(revision)
    return found


def select_source_revisions(connection: Connection, *where: ColumnElement[bool]) -> list[tuple[int, SourceRevision]]:
    """Load revisions, oldest first, each with the row id of its record."""
    table = tables.revision
    rows = connection.execute(select(table).where(*where).order_by(table.c.id)).all()
    parts = load_parts(connection, [row.id for row in rows])
    return [
        (
            row.proceeding_id,
            SourceRevision(
                id=row.id,
                source=row.source,
                proceeding=proceeding_of(row.facts, parts.get(row.id, {})),
                is_news=row.is_news,
            ),
        )
        for row in rows
    ]


# -- documents --------------------------------------------------------------------------------------------------------


def documents(connection: Connection, revision_ids: Sequence[int], reading: Reading | None = None) -> list[Document]:
    """Read revisions, in the order given. Their facts are read when one is asked for, all at once.

    `reading` makes the connection for that. Without it this connection is used, which must still be open then.
    """
    facts = _Facts(revision_ids, reading or (lambda: nullcontext(connection)))
    found = load_parts(connection, revision_ids)
    return [
        Document(revision_id=revision_id, parts=parts, forms=_Forms(parts), facts=partial(facts.of, revision_id))
        for revision_id in revision_ids
        for parts in [found.get(revision_id, {})]
    ]


class _Forms(Mapping[str, str]):
    """Search forms of parts, by name, each made when it is asked for: a search of headings makes none of answers."""

    __slots__ = ("_made", "_parts")

    def __init__(self, parts: Mapping[str, str]) -> None:
        self._parts = parts
        self._made: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = search_form(self._parts[name], is_heading=name == "heading")
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


class _Facts:
    """Facts of some revisions, read from the archive when the first is asked for."""

    def __init__(self, revision_ids: Sequence[int], reading: Reading) -> None:
        self._ids = revision_ids
        self._reading = reading
        self._found: dict[int, Facts] = {}

    def of(self, revision_id: int) -> Facts:
        """Return the facts of one revision."""
        if not self._found:
            with self._reading() as connection:
                self._found = _facts(connection, self._ids)
        return self._found[revision_id]


def _facts(connection: Connection, revision_ids: Sequence[int]) -> dict[int, Facts]:
    table = tables.revision
    rows = list(select_in(connection, select(table.c.id, table.c.facts).where(table.c.id.in_(IDS)), revision_ids))
    named = with_names(connection, [proceeding_of(facts, {}) for _, facts in rows])
    return {revision_id: proceeding.facts for (revision_id, _), proceeding in zip(rows, named, strict=True)}


# -- members ----------------------------------------------------------------------------------------------------------

ROLES: Final = ("asker", "minister", "speaker")
"""Roles of members in the row of a record."""

ASK_AGAIN_AFTER = timedelta(days=30)
"""Time after which an unknown number is asked for again, or a name: party and seat may have changed since."""


class Members:
    """Names of members by number, as the Members API gave them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def unknown(self, ids: Iterable[int], today: date) -> list[int]:
        """Return the numbers that are worth asking for."""
        wanted = set(ids)
        if not wanted:
            return []
        fresh = select(tables.member.c.member_id).where(
            tables.member.c.member_id.in_(wanted), tables.member.c.read_on > today - ASK_AGAIN_AFTER
        )
        return sorted(wanted - set(self._store.scalars(fresh)))

    def unnamed(self) -> list[int]:
        """Return the numbers of members who asked open questions and have no name there."""
        table = tables.proceeding
        is_unnamed = tables.IS_OPEN, table.c.asker.is_(None), table.c.asker_id.is_not(None)
        return sorted(self._store.scalars(select(table.c.asker_id).where(*is_unnamed).distinct()))

    def named(self, proceedings: Sequence[Proceeding]) -> list[Proceeding]:
        """Name members who came as a mere number, so that a record keeps the name, party and seat of its day."""
        with self._store.read() as connection:
            return with_names(connection, list(proceedings))

    def remember(self, found: Mapping[int, Member | None], today: date) -> None:
        """Store the members found, also that a number is not known, and name them in the records that lacked names.

        A number that is not known any more keeps its name.
        """
        if not found:
            return
        table = tables.member
        with self._store.write() as connection:
            named = select(table.c.member_id).where(table.c.member_id.in_(list(found)), table.c.name.is_not(None))
            kept = [number for number in connection.execute(named).scalars() if found[number] is None]
            if kept:
                connection.execute(update(table).where(table.c.member_id.in_(kept)).values(read_on=today))
            told = {number: member for number, member in found.items() if number not in kept}
            connection.execute(delete(table).where(table.c.member_id.in_(list(told))))
            rows = [
                {
                    "member_id": number,
                    "name": member.name if member else None,
                    "party": member.party if member else None,
                    "constituency": member.constituency if member else None,
                    "read_on": today,
                }
                for number, member in told.items()
            ]
            if rows:
                connection.execute(insert(table), rows)
            if known := [number for number, member in found.items() if member is not None]:
                _name_in_proceedings(connection, known)


def _name_in_proceedings(connection: Connection, numbers: Sequence[int]) -> None:
    """Name members in the records that lack their names. Each statement looks through all records."""
    table, member = tables.proceeding, tables.member
    is_unnamed = table.c.asker_id.in_(numbers), table.c.asker.is_(None)
    take_back_of(connection, select(table.c.id).where(*is_unnamed))
    for role in ROLES:
        number = table.c[f"{role}_id"]
        known = select(member.c.name).where(member.c.member_id == number).scalar_subquery()
        party = select(member.c.party).where(member.c.member_id == number).scalar_subquery()
        is_unnamed = number.in_(numbers), table.c[role].is_(None)
        connection.execute(update(table).where(*is_unnamed).values({role: known, f"{role}_party": party}))


def with_names(connection: Connection, proceedings: list[Proceeding]) -> list[Proceeding]:
    """Name members who came as a mere number, where the archive knows them."""
    missing = {
        member.member_id
        for proceeding in proceedings
        for role in MEMBERS
        if (member := getattr(proceeding, role)) is not None and member.name is None and member.member_id is not None
    }
    if not missing:
        return proceedings
    table = tables.member
    known = {
        row.member_id: Member(member_id=row.member_id, name=row.name, party=row.party, constituency=row.constituency)
        for row in connection.execute(select(table).where(table.c.member_id.in_(missing), table.c.name.is_not(None)))
    }
    return [_with_member_names(proceeding, known) for proceeding in proceedings]


def _with_member_names(proceeding: Proceeding, known: Mapping[int, Member]) -> Proceeding:
    changes: dict[str, Any] = {
        role: known[member.member_id]
        for role in MEMBERS
        if (member := getattr(proceeding, role)) is not None and member.name is None and member.member_id in known
    }
    return replace(proceeding, **changes) if changes else proceeding
