"""Records by the names that others have for them: public ids, aliases, keys of sources, and references.

A reference is an id, a UIN, a day with a number or a column, or a key of `monitor.parliament.identifiers`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, delete, false, func, or_, select

from db import tables
from db.records import load_ids, select_source_revisions
from db.rows import IDS, IDS_AT_ONCE, insert_all, read_by_ids, select_in
from monitor.model.records import House
from monitor.parliament.cited_numbers import choose_by_number
from monitor.parliament.identifiers import DEBATES, column_parts, column_reference, id_of_number, number_of_id
from monitor.parliament.references import SERIES, answer_keys, choose_cited, reference_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from db.store import Store
    from monitor.model.records import Proceeding


_MOST_COLUMNS: Final = 200
"""Columns of a long speech; of a record that claims more only these are looked for."""

_COLUMN_KEY: Final = re.compile(r"(?:ref|col):(?P<house>\w+):(?P<day>[\d-]+):(?P<series>\w+):(?P<column>\w+)(?::\d+)?")


class CrossReferences:
    """Records by the references that name them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, reference: str) -> list[int]:
        """Find the records that a reference names, newest first: see `find_records`."""
        with self._store.read() as connection:
            return find_records(connection, reference)

    def cited(self, proceeding: Proceeding) -> list[Proceeding]:
        """Find the records that a record refers to, each once, in the order of its references.

        A reference gives several only where it names several, or a column in which any of the answers may be meant.
        """
        with self._store.read() as connection:
            return cited_records(connection, proceeding)

    def citing(self, proceeding_id: int, proceeding: Proceeding) -> list[Proceeding]:
        """Find the records that refer to a record, the oldest first. `proceeding_id` is its row id."""
        with self._store.read() as connection:
            keys = [*keys_of_records(connection, [proceeding_id])[proceeding_id], *answer_keys(proceeding)]
            citing = _load_newest(
                connection, [record for record in records_citing(connection, keys) if record != proceeding_id]
            )
            # A number is used again in another session, and a column holds several answers: look where each points to.
            return [
                record
                for record in citing
                if any(cited.id == proceeding.id for cited in cited_records(connection, record))
            ]


_MOST_SESSIONS: Final = 10
"""Questions with the same number that are looked at: each session has one."""


def questions_by_uin(connection: Connection, uin: str, before: date | None) -> list[Proceeding]:
    """Find the questions with this UIN that were answered, or else only tabled, no later than a day, newest first.

    The archive may lack the answer to one: then the question may still be meant.
    """
    table = tables.proceeding
    query = (
        select(table.c.latest_revision_id)
        .where(table.c.uin == uin.upper(), table.c.merged_into.is_(None))
        .order_by(func.coalesce(table.c.tabled_on, table.c.answered_on).desc(), table.c.answered_on.desc())
        .limit(_MOST_SESSIONS)
    )
    is_tabled = and_(table.c.answered_on.is_(None), table.c.tabled_on.is_not(None))
    if before is not None:
        is_there = or_(table.c.answered_on <= before, and_(is_tabled, table.c.tabled_on <= before))
    else:
        is_there = or_(table.c.answered_on.is_not(None), is_tabled)
    revision_ids = list(connection.execute(query.where(is_there)).scalars())
    revisions = load_ids(connection, revision_ids)
    return [revisions[revision_id].proceeding for revision_id in revision_ids]


def cited_records(connection: Connection, proceeding: Proceeding) -> list[Proceeding]:
    """Find the records that a record refers to: see `CrossReferences.cited`."""
    keys = reference_keys(proceeding)
    if not keys:
        return []
    named = records_by_keys(connection, [key for key in keys if ":" in key])
    found: dict[str, Proceeding] = {}
    for key in keys:
        found |= {record.id: record for record in _cited_by(connection, proceeding, key, named.get(key, ()))}
    return list(found.values())


def _cited_by(connection: Connection, citing: Proceeding, key: str, named: Sequence[int]) -> list[Proceeding]:
    """Find the records that a key of a record means. `named`: those that go by it."""
    if ":" not in key:
        candidates = questions_by_uin(connection, key, before=citing.answered_on or citing.day)
        return choose_by_number(citing, key, candidates)
    if key.startswith("ans:"):  # an answer, by its day and its asker
        _, house, day, _ = key.split(":", 3)
        named = records_answered_on(connection, house, date.fromisoformat(day))
    return choose_cited(citing, key, _load_newest(connection, named))


def load_newest(connection: Connection, records: Iterable[int]) -> dict[int, Proceeding]:
    """Load records as the revision that counts tells them, by row id."""
    table = tables.proceeding
    query = select(table.c.id, table.c.latest_revision_id).where(table.c.id.in_(IDS))
    latest = {row.id: row.latest_revision_id for row in select_in(connection, query, records)}
    revisions = load_ids(connection, [revision_id for revision_id in latest.values() if revision_id is not None])
    return {record: revisions[number].proceeding for record, number in latest.items() if number is not None}


def _load_newest(connection: Connection, records: Sequence[int]) -> list[Proceeding]:
    """Load records as the revision that counts tells them, in the order given."""
    newest = load_newest(connection, records)
    return [newest[record] for record in records]


def find_records(connection: Connection, reference: str) -> list[int]:
    """Find the records that a reference names, newest first; of one day, those that begin in the last column first.

    An id or key, a UIN or question number, `DATE/UIN`, `DATE/COLUMN`, `HOUSE/DATE/COLUMN`. A number of a day that is both
    is a UIN.
    """
    *places, name = reference.split("/")
    if len(places) == 1 and (day := _day(places[0])):
        found = _ids(connection, _is_numbered(name), _is_of(day))
        return found or _ids(connection, _stands_in(name, day))
    if len(places) == 2 and (day := _day(places[1])):  # noqa: PLR2004 - House and day
        is_house = tables.proceeding.c.house == places[0].lower()
        return _ids(connection, is_house, _is_numbered(name), _is_of(day)) or _ids(
            connection, is_house, _stands_in(name, day)
        )
    table, alias = tables.proceeding, tables.alias
    names = list(filter(None, (reference, id_of_number(reference))))
    by_alias = table.c.id.in_(select(alias.c.proceeding_id).where(alias.c.key.in_(names)))
    is_called = or_(table.c.public_id.in_(names), by_alias)
    return _ids(connection, or_(is_called, _is_numbered(reference), _columns_of_key(reference)))


def records_by_keys(connection: Connection, keys: Sequence[str]) -> dict[str, list[int]]:
    """Find the records that each key names, as revisions refer to them: aliases, columns, plain UINs; newest first.

    Keys without a record are left out.
    """
    found = {key: [record] for key, record in records_by_alias(connection, keys).items()}
    for key in keys:
        if key not in found and (ids := find_records(connection, key)):
            found[key] = ids
    return found


def keys_of_records(connection: Connection, proceeding_ids: Collection[int]) -> dict[int, list[str]]:
    """List all keys by which others may refer to each record (by row id): its aliases, its number, each of its columns."""
    table, alias = tables.proceeding, tables.alias
    names: dict[int, list[str]] = defaultdict(list)
    query = select(alias.c.proceeding_id, alias.c.key).where(alias.c.proceeding_id.in_(IDS))
    for row in select_in(connection, query, proceeding_ids):
        names[row.proceeding_id].append(row.key)
    rows = select_in(connection, select(table).where(table.c.id.in_(IDS)), proceeding_ids)
    return {row.id: _keys(row, names[row.id]) for row in rows}


def _keys(record: Row[Any], names: Sequence[str]) -> list[str]:
    """List the keys of a row of the table of records that has these aliases."""
    known = {key for name in (record.public_id, *names) for key in (name, number_of_id(name)) if key}
    keys = [name.partition("#")[0] for name in sorted(known) if not name.startswith("asked:")]
    return list(dict.fromkeys([*keys, *([record.uin] if record.uin else []), *_column_keys(record)]))


def records_citing(connection: Connection, keys: Sequence[str]) -> list[int]:
    """Find the records of which any revision refers to one of these keys, in the order they were stored."""
    table, revision = tables.reference, tables.revision
    query = (
        select(revision.c.proceeding_id)
        .join(table, table.c.revision_id == revision.c.id)
        .where(table.c.target.in_(IDS))
        .distinct()
    )
    return sorted({row.proceeding_id for row in select_in(connection, query, keys)})


def records_answered_on(connection: Connection, house: str, day: date) -> list[int]:
    """Find the questions of a House that were answered on a day."""
    table = tables.proceeding
    return _ids(connection, table.c.house == house, table.c.answered_on == day)


def _ids(connection: Connection, *where: ColumnElement[bool]) -> list[int]:
    table = tables.proceeding
    query: Select[Any] = select(table.c.id, table.c.tabled_on, table.c.day, table.c.first_column)
    rows = connection.execute(query.where(table.c.merged_into.is_(None), *where)).all()

    def newest(row: Row[Any]) -> tuple[date, int, int]:
        return row.tabled_on or row.day or date.min, row.first_column or 0, row.id

    return [row.id for row in sorted(rows, key=newest, reverse=True)]


def _is_numbered(number: str) -> ColumnElement[bool]:
    return tables.proceeding.c.uin == number.upper()


def _is_of(day: date) -> ColumnElement[bool]:
    table = tables.proceeding
    return or_(*(table.c[column] == day for column in ("tabled_on", "answered_on", "made_on")))


def _stands_in(column: str, day: date) -> ColumnElement[bool]:
    """Return the condition for records in a printed column of a day; its suffix tells the series, no suffix a debate."""
    parts = column_parts(column)
    if parts is None:
        return false()
    number, suffix = parts
    table = tables.proceeding
    is_series = or_(table.c.series == SERIES.get(suffix, DEBATES), table.c.column_suffix == suffix)
    return and_(_is_printed_on(day), _covers(number), is_series)


def _is_printed_on(day: date) -> ColumnElement[bool]:
    """Return the condition for records printed on a day. A correction is printed on another day than its answer."""
    return or_(tables.proceeding.c.day == day, tables.answered(lambda column: column == day))


def _covers(number: int) -> ColumnElement[bool]:
    table = tables.proceeding
    return and_(table.c.first_column <= number, table.c.last_column >= number)


def _columns_of_key(key: str) -> ColumnElement[bool]:
    """Return the condition for records in the column that a key names."""
    named = _COLUMN_KEY.fullmatch(key)
    parts = column_parts(named["column"]) if named else None
    day = _day(named["day"]) if named else None
    if named is None or parts is None or day is None:
        return false()
    table = tables.proceeding
    is_there = and_(table.c.house == named["house"], table.c.series == named["series"])
    return and_(is_there, _is_printed_on(day), _covers(parts[0]))


def _column_keys(row: Row[Any]) -> Iterable[str]:
    """Give the references to each column of a record, with every suffix that it may be printed with."""
    if row.first_column is None or row.series is None:
        return
    suffixes = {row.column_suffix or "", "", *(suffix for suffix, series in SERIES.items() if series == row.series)}
    last = min(row.last_column, row.first_column + _MOST_COLUMNS)
    for day in dict.fromkeys(day for day in (row.day, row.answered_on) if day):
        for number in range(row.first_column, last + 1):
            for suffix in sorted(suffixes):
                yield column_reference(House(row.house), day, row.series, f"{number}{suffix}")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


# -- aliases ----------------------------------------------------------------------------------------------------------


def records_by_alias(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """Find records by their public ids or aliases; a number key is found by the public id that contains it too."""
    numbered = {name: public_id for name in names if (public_id := id_of_number(name))}
    found = _named(connection, [*names, *numbered.values()])
    return {name: found[key] for name in names for key in (numbered.get(name, name), name) if key in found}


def records_of_source(connection: Connection, source: str, keys: Sequence[str]) -> dict[str, int]:
    """Find records by the keys of a source; such a key may be the public id of the record."""
    named = _named(connection, keys)
    told = {row.proceeding_id for row in select_in(connection, _TOLD, sorted({*named.values()}), of_source=source)}
    known = {key: record for key, record in named.items() if record in told}
    return known | dict(map(tuple, read_by_ids(connection, _BY_KEY, keys, source)))


def _named(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """Find records by public id or alias. A merged record still has a public id, but that is an alias of another now."""
    rows = [row for beginning in (_BY_PUBLIC_ID, _BY_ALIAS) for row in read_by_ids(connection, beginning, names)]
    return dict(map(tuple, rows))


_BY_PUBLIC_ID: Final = "SELECT public_id, id FROM proceeding WHERE merged_into IS NULL AND public_id IN"
_BY_ALIAS: Final = "SELECT key, proceeding_id FROM alias WHERE key IN"
_BY_KEY: Final = "SELECT key, proceeding_id FROM source_record WHERE source = ? AND key IN"
_TOLD: Final = (
    select(tables.revision.c.proceeding_id)
    .where(tables.revision.c.source == bindparam("of_source"), tables.revision.c.proceeding_id.in_(IDS))
    .distinct()
)
"""Built once: each page of a window executes them, and building a statement takes longer than executing it."""


# -- references of revisions ------------------------------------------------------------------------------------------


def store_references(connection: Connection, references: Mapping[int, Iterable[str]]) -> None:
    """Store what revisions, by row id, refer to."""
    rows = [
        {"revision_id": revision, "target": target} for revision, targets in references.items() for target in targets
    ]
    insert_all(connection, tables.reference, rows)


def note_earlier_references(connection: Connection) -> None:
    """Store the references of all revisions, of an archive that does not have them yet. Safe to repeat."""
    table, done = tables.revision, 0
    while True:
        query = select(table.c.id).where(table.c.id > done).order_by(table.c.id).limit(IDS_AT_ONCE)
        ids = list(connection.execute(query).scalars())
        if not ids:
            return
        connection.execute(delete(tables.reference).where(tables.reference.c.revision_id.in_(ids)))
        revisions = [revision for _, revision in select_source_revisions(connection, table.c.id.in_(ids))]
        store_references(connection, {revision.id: reference_keys(revision.proceeding) for revision in revisions})
        done = ids[-1]
