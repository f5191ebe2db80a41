"""Keys that records are known by: their public ids, aliases, and the keys of their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select, update

from db import tables
from db.rows import chunks, insert_all
from monitor.parliament.identifiers import id_of_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import BindParameter, Connection, Select, Subquery

    from monitor.model.revisions import IdentifiedRecords


def store_keys(connection: Connection, source: str, identified: IdentifiedRecords) -> None:
    """Store the keys by which records are known from now on."""
    if identified.aliases:
        rows = [{"key": name, "proceeding_id": record} for name, record in identified.aliases.items()]
        insert_all(connection, tables.alias, rows)
    if identified.source_keys:
        records = [
            {"source": source, "key": key, "proceeding_id": identified.ids[key], "gone_runs": 0}
            for key in identified.source_keys
        ]
        insert_all(connection, tables.source_record, records)


def rename_records(connection: Connection, names: Mapping[int, str]) -> dict[str, int]:
    """Give records other public ids and keep the old ones as aliases; returns the aliases that are new.

    A record keeps its id where another one, maybe a hidden one, has the new name.
    """
    if not names:
        return {}
    table, other = tables.proceeding, tables.proceeding.alias()
    is_free = ~select(other.c.id).where(other.c.public_id == bindparam("name")).exists()
    query = update(table).where(table.c.id == bindparam("this"), is_free).values(public_id=bindparam("name"))
    before = public_ids(connection, names)
    connection.execute(query, [{"this": record, "name": name} for record, name in names.items()])
    renamed = {record: name for record, name in public_ids(connection, names).items() if name != before[record]}
    keep_public_ids(connection, {record: before[record] for record in renamed})
    return {name: record for record, name in renamed.items()}


def public_ids(connection: Connection, proceeding_ids: Iterable[int]) -> dict[int, str]:
    """Load the public ids of records."""
    table = tables.proceeding
    found: dict[int, str] = {}
    for chunk in chunks(list(proceeding_ids)):
        found |= dict(connection.execute(select(table.c.id, table.c.public_id).where(table.c.id.in_(chunk))).all())
    return found


def keep_public_ids(connection: Connection, ids: Mapping[int, str]) -> None:
    """Keep the public ids of records as aliases, because the records will have others."""
    table = tables.alias
    known: set[str] = set()
    for chunk in chunks(list(ids.values())):
        known.update(connection.execute(select(table.c.key).where(table.c.key.in_(chunk))).scalars())
    rows = [{"key": name, "proceeding_id": record} for record, name in ids.items() if name not in known]
    insert_all(connection, table, rows)


def records_by_alias(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """Find records by their public ids or aliases; a number key is found by the public id that contains it too."""
    numbered = {name: public_id for name in names if (public_id := id_of_number(name))}
    found: dict[str, int] = {}
    for chunk in chunks([*names, *numbered.values()]):
        rows = connection.execute(_NAMED, {"keys": chunk})
        found |= {row.key: row.proceeding_id for row in rows}
    return {name: found[key] for name in names for key in (numbered.get(name, name), name) if key in found}


def records_of_source(connection: Connection, source: str, keys: Sequence[str]) -> dict[str, int]:
    """Find records by the keys of a source; such a key may be the public id of the record."""
    found: dict[str, int] = {}
    for chunk in chunks(keys):
        for query in (_OF_SOURCE_BY_NAME, _OF_SOURCE_BY_KEY):
            rows = connection.execute(query, {"of_source": source, "keys": chunk})
            found |= {row.key: row.proceeding_id for row in rows}
    return found


def _named() -> Subquery:
    """Select records by public id or alias. A merged record still has a public id, but that is an alias of another now."""
    table, alias = tables.proceeding, tables.alias
    by_id = select(table.c.public_id.label("key"), table.c.id.label("proceeding_id"))
    by_alias = select(alias.c.key, alias.c.proceeding_id).where(alias.c.key.in_(_KEYS))
    return by_id.where(table.c.public_id.in_(_KEYS), table.c.merged_into.is_(None)).union_all(by_alias).subquery()


def _of_source_by_name() -> Select[Any]:
    """Select records by public id or alias that a source has revisions of."""
    named, revision = _named(), tables.revision
    is_told = revision.c.proceeding_id == named.c.proceeding_id, revision.c.source == bindparam("of_source")
    return select(named).where(select(revision.c.id).where(*is_told).exists())


_KEYS: Final[BindParameter[Any]] = bindparam("keys", expanding=True)
_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_NAMED: Final = select(_named())
_OF_SOURCE_BY_NAME: Final = _of_source_by_name()
_OF_SOURCE_BY_KEY: Final = select(tables.source_record.c.key, tables.source_record.c.proceeding_id).where(
    tables.source_record.c.source == bindparam("of_source"), tables.source_record.c.key.in_(_KEYS)
)
_SOURCES: Final = (
    select(tables.revision.c.proceeding_id, tables.revision.c.source)
    .where(tables.revision.c.proceeding_id.in_(_IDS))
    .distinct()
)
_NUMBERS: Final = select(tables.proceeding.c.id, tables.proceeding.c.uin).where(tables.proceeding.c.id.in_(_IDS))
"""Built once: each page of a window executes them, and building a statement takes longer than executing it."""


def load_sources(connection: Connection, proceeding_ids: Iterable[int]) -> dict[int, set[str]]:
    """Load the sources that tell of each of these records."""
    found: dict[int, set[str]] = {}
    for chunk in chunks(sorted(proceeding_ids)):
        for row in connection.execute(_SOURCES, {"ids": chunk}):
            found.setdefault(row.proceeding_id, set()).add(row.source)
    return found


def load_numbers(connection: Connection, proceeding_ids: Iterable[int]) -> dict[int, str | None]:
    """Load the printed number of each of these records."""
    found: dict[int, str | None] = {}
    for chunk in chunks(sorted(proceeding_ids)):
        found |= {row.id: row.uin for row in connection.execute(_NUMBERS, {"ids": chunk})}
    return found
