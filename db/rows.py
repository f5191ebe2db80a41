"""Rows: many written or read at once, facts about the archive, and a proceeding as the columns of a row.

SQLAlchemy makes parameters of each row by itself, which takes longer than the database takes to insert it. `insert_all`
prepares a column as a whole: each of its values once, since days and instants repeat.

The facts of a proceeding are JSON, compressed: one byte with the number of a dictionary, then a raw deflate stream that
begins with that dictionary. So they take a fifth of their room; docs/archive.md says how any program reads them.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import fields
from datetime import date
from functools import cache
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, and_, bindparam, delete, func, insert, select, update

from db import tables
from monitor.model.records import (
    PARTS,
    TEXT_RULES,
    Attachment,
    Grouped,
    House,
    Kind,
    Link,
    Member,
    Occasion,
    Proceeding,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import BindParameter, Column, ColumnElement, Connection, Row, Select, Table


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all with the same columns, at least two of them; other columns get no default of SQLAlchemy's."""
    if not rows:
        return
    dialect = connection.dialect
    names = list(rows[0])
    columns = list(zip(*map(itemgetter(*names), rows), strict=True))
    for place, name in enumerate(names):
        ready = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        if ready is not None:
            values = {value: ready(value) for value in set(columns[place])}
            columns[place] = tuple(map(values.__getitem__, columns[place]))
    quote = dialect.identifier_preparer.quote
    signs = ", ".join(["?" if dialect.paramstyle == "qmark" else "%s"] * len(names))
    connection.exec_driver_sql(
        f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) VALUES ({signs})",  # noqa: S608 (names of our own)
        list(zip(*columns, strict=True)),
    )


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert rows; returns their row ids, in order."""
    if not rows:
        return []
    if len(rows) == 1:  # the database tells its number
        return [int(connection.execute(insert(table), rows[0]).inserted_primary_key[0])]  # type: ignore[index]  # it has one
    ids = new_ids(connection, table, len(rows))
    connection.execute(insert(table), [{**row, "id": number} for number, row in zip(ids, rows, strict=True)])
    return ids


def new_ids(connection: Connection, table: Table, count: int) -> list[int]:
    """Reserve row ids for new rows, ascending. That is cheaper than reading them back row by row.

    No other process writes during the transaction, so on SQLite the next numbers stay free.
    """
    if not count:
        return []
    if connection.dialect.name == "sqlite":
        last = int(connection.execute(_last_id(table)).scalar_one())
        return list(range(last + 1, last + 1 + count))
    return sorted(connection.execute(_next_ids(table), {"count": count}).scalars())


@cache
def _last_id(table: Table) -> Select[Any]:
    return select(func.coalesce(func.max(table.c.id), 0))


@cache
def _next_ids(table: Table) -> Select[Any]:
    sequence = func.pg_get_serial_sequence(table.name, "id")
    return select(func.nextval(sequence)).select_from(func.generate_series(1, bindparam("count", type_=Integer)))


IDS_AT_ONCE = 500
"""Row ids in one statement: older versions of SQLite take 999 values."""


def chunks(ids: Sequence[Any]) -> list[Sequence[Any]]:
    """Split row ids into pieces that one statement takes."""
    return [ids[start : start + IDS_AT_ONCE] for start in range(0, len(ids), IDS_AT_ONCE)]


IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
"""Parameter of a statement that is executed with many values; see `select_in`."""


IS_NEWEST: Final = and_(
    tables.proceeding.c.id == tables.revision.c.proceeding_id,
    tables.proceeding.c.latest_revision_id == tables.revision.c.id,
)
"""Condition that a revision is the newest of its record. It starts from the record's id, which has an index."""


def begins_with(column: Column[str], start: str) -> ColumnElement[bool]:
    """Return the condition that the text of a column begins with `start`, which is not empty.

    The column is compared by its bytes (see `db.tables`). An index answers it where `start` ends with an ASCII character.
    """
    if not start[-1].isascii():
        return column.startswith(start, autoescape=True)
    return and_(column >= start, column < start[:-1] + chr(ord(start[-1]) + 1))


EVERY_READER: Final = select(tables.subscriber.c.id)
"""Row ids of all readers, also of former ones. The items of a record are found reader by reader, as the index has them."""


def select_in(
    connection: Connection, query: Select[Any], ids: Iterable[Any], **values: Any
) -> Iterator[Row[*tuple[Any, ...]]]:
    """Give the rows of a query whose parameter `IDS` takes one of many values."""
    for chunk in chunks(list(ids)):
        yield from connection.execute(query, {"ids": chunk, **values})


def read_by_ids(
    connection: Connection, beginning: str, ids: Sequence[Any], *values: Any
) -> list[Row[*tuple[Any, ...]]]:
    """Read the rows of a statement that ends with a list of row ids or keys, which is added. `values`: for other "?" in it.

    Its columns must need no conversion. A search asks so for texts, and a reading for known records: SQLAlchemy takes longer
    to write such a list into a statement of its own than SQLite to answer it.
    """
    sign = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    found: list[Row[*tuple[Any, ...]]] = []
    for chunk in chunks(ids):
        signs = ", ".join([sign] * len(chunk))
        statement = f"{beginning.replace('?', sign)} ({signs})"
        found += connection.exec_driver_sql(statement, (*values, *chunk)).all()
    return found


# -- facts about the archive ------------------------------------------------------------------------------------------

_FACT: Final = select(tables.meta.c.value).where(tables.meta.c.key == bindparam("of_key"))
_FACT_TO_CHANGE: Final = _FACT.with_for_update()
_NO_FACT: Final = delete(tables.meta).where(tables.meta.c.key == bindparam("of_key"))
_OTHER_FACT: Final = update(tables.meta).where(tables.meta.c.key == bindparam("of_key"))
_NEW_FACT: Final = insert(tables.meta)
"""Built once: a run executes dozens, and building a statement takes longer than executing it."""


def load_fact(connection: Connection, key: str, *, to_change: bool = False) -> str | None:
    """Load a fact about the archive; None: it is not set.

    `to_change`: the transaction may change or remove it, beside others that also might (`Store.write_own`).
    """
    value: str | None = connection.execute(_FACT_TO_CHANGE if to_change else _FACT, {"of_key": key}).scalar()
    return value


def save_fact(connection: Connection, key: str, value: str | None) -> None:
    """Set a fact about the archive, or remove it where `value` is None."""
    if value is None:
        connection.execute(_NO_FACT, {"of_key": key})
    elif not connection.execute(_OTHER_FACT, {"of_key": key, "value": value}).rowcount:
        connection.execute(_NEW_FACT, {"key": key, "value": value})


def save_fact_once(connection: Connection, key: str, value: str) -> str:
    """Set a fact about the archive unless it has one; return the one that it has then, which others may have set."""
    known = load_fact(connection, key)
    if known:
        return known
    save_fact(connection, key, value)
    return value


# -- facts of a proceeding --------------------------------------------------------------------------------------------

_FACTS_1: Final = (
    '"corrected_by":{"constituency":"","corrected_on":"200-0","has_interest":true,"is_gone":true,"is_lapsed":true,'
    '"is_withdrawn":true,"holding_on":"20","is_correction":true,"is_holding":true,"named_day":true,'
    '"original_answer":"","kind":"notice","kind":"statement","house":"scotland","house":"northern_ireland",'
    '"house":"lords","source":"historic","source":"publications","source":"statements","volume":'
    '"attachments":[{"file_type":"application/pdf","size_bytes":,"title":"","url":"https://qna.files.parliament.uk/'
    'qna-attachments/"}],"links":[{"href":"https://www.gov.uk/government/publications/","text":"'
    '"grouped_with":[{"tabled_on":"20","uin":"},{"uin":"refers":["ref:commons:20:written_answers:","num:commons:"],'
    '"person_id":,"printed":"Mr. Mrs. the hon. Member for","office":"The Parliamentary Under-Secretary of State for '
    "Minister of State, Department for Business, Children, Communities and Local Government, Culture, Media and Sport, "
    "Education, Energy and Climate Change, Environment, Food and Rural Affairs, Foreign and Commonwealth Office, "
    "Health and Social Care, Home Office, Housing, International Development, Innovation, Skills, Justice, Northern "
    "Ireland, Prime Minister, Science, Scotland, Trade, Transport, Treasury, Universities, Wales, Women and Equalities, "
    'Work and Pensions, Cabinet Office, Home Department, Ministry of Defence","party":"Scottish National Party",'
    '"party":"Liberal Democrat","party":"Labour (Co-op)","party":"Labour","party":"Conservative"},'
    '{"column":"15","column_to":"16","gid":"uk.org.publicwhip/debate/2009-10-2b.15.8","house":"commons",'
    '"id":"sp-debate-2009-10-2-15-8","kind":"speech","made_by":{"name":"","office":"'
    '"made_on":"2009-","series":"debates","session":"2008-09","source":"theyworkforyou",'
    '"url":"http://www.publications.parliament.uk/pa/cm200809/cmhansrd/cm09102/debtext/9102-0003.htm#091026125'
    '{"answered_by":{"name":"","answered_on":"2009-","asked_by":{"name":"","body":"Defence","column":"1W",'
    '"column_to":"2W","gid":"uk.org.publicwhip/wrans/2009-10-2a.29.q0","house":"commons","id":"pq-commons-2008-09-2",'
    '"is_holding":false,"kind":"question","series":"written_answers","session":"2008-09","source":"theyworkforyou",'
    '"uin":"2","url":"http://www.publications.parliament.uk/pa/cm200809/cmhansrd/cm09102/text/9102w0010.htm#0910261400'
    '{"answered_by":{"constituency":"North East South West","member_id":4,"name":"Baroness Lord Sir Dr ","party":"Labour"},'
    '"answered_on":"2024-1","asked_by":{"constituency":"","member_id":4,"name":"","party":"Conservative"},'
    '"body":"Department for ","body_id":1,"date_for_answer":"2024-1","house":"commons","id":"q-17","is_correction":false,'
    '"is_holding":false,"kind":"question","named_day":false,"source":"questions","tabled_on":"2024-1","uin":"1",'
    '"url":"https://questions-statements.parliament.uk/written-questions/detail/2024-1'
)

FACTS: Final = {1: _FACTS_1.encode()}
"""Dictionaries for compressing facts, by number: what the facts of most records have in common.

Frozen: what was compressed with one can't be read without it. Other words for it are another dictionary, under the next
number, beside this one. People and places are invented; what is likeliest stands last, where it is cheapest to point to.
"""

_NOT_KEPT = frozenset({*PARTS, "keys", "text_rules"})
"""Parts and keys have rows of their own. The version of the text rules is kept only where it matters: with tables."""
_WORDS = ("refers",)
_DATES = ("made_on", "tabled_on", "date_for_answer", "holding_on", "answered_on", "corrected_on", "takes_place_on")
MEMBERS = ("asked_by", "answered_by", "corrected_by", "made_by")
"""Fields of a proceeding that hold a member."""
_SHORT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""Built once: that takes as long as encoding a record with it. Names come in alphabetical order."""
_KNOWN_OR_NOT = frozenset({"named_day", "is_holding", "is_correction"})
"""False and unknown are different answers to these."""
_KEPT = tuple(sorted(field.name for field in fields(Proceeding) if field.name not in _NOT_KEPT))
_VALUES = attrgetter(*_KEPT)
_FIELDS = {kind: tuple(sorted(field.name for field in fields(kind))) for kind in (Member, Grouped, Attachment, Link)}
_OF_FIELDS = {kind: attrgetter(*names) for kind, names in _FIELDS.items()}
_LISTS: dict[str, type] = {"grouped_with": Grouped, "attachments": Attachment, "links": Link}


FIRST_RULES: Final = 1
"""Rules of texts with tables whose facts name no version; other texts are the same by all rules."""

_DICTIONARY: Final = max(FACTS)
"""Number of the dictionary that new facts are compressed with."""
_WINDOW: Final = -12
"""Logarithm of 4 KiB, room for the dictionary and nearly all facts; negative: a stream without frame or checksum."""
_ANY_WINDOW: Final = -15


def facts_of(proceeding: Proceeding) -> bytes:
    """Compress the facts of a proceeding, without its parts; absent values are left out."""
    facts: dict[str, Any] = {}
    for name, value in zip(_KEPT, _VALUES(proceeding), strict=True):
        if value is None or (not value and (value == () or (value is False and name not in _KNOWN_OR_NOT))):
            continue
        facts[name] = value if isinstance(value, (str, int)) else _plain(value)
    if proceeding.text_rules != FIRST_RULES and _has_table(proceeding.parts()):
        facts["text_rules"] = proceeding.text_rules
    return compressed(_SHORT.encode(facts))


def _has_table(parts: Mapping[str, str]) -> bool:
    """Return whether a text has a table, or lines that look like one."""
    return any("\t" in text for text in parts.values())


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if names := _FIELDS.get(type(value)):
        items = zip(names, _OF_FIELDS[type(value)](value), strict=True)
        return {
            name: item if isinstance(item, (str, int)) else _plain(item) for name, item in items if item is not None
        }
    return value


def compressed(text: str) -> bytes:
    """Compress the JSON of facts."""
    press = zlib.compressobj(wbits=_WINDOW, zdict=FACTS[_DICTIONARY])
    return bytes((_DICTIONARY,)) + press.compress(text.encode()) + press.flush()


def expanded(facts: bytes) -> str:
    """Expand what `compressed` made."""
    return zlib.decompressobj(_ANY_WINDOW, zdict=FACTS[facts[0]]).decompress(memoryview(facts)[1:]).decode()


def proceeding_of(facts: bytes, parts: Mapping[str, str]) -> Proceeding:
    """Build a proceeding from the facts and parts of a row."""
    values: dict[str, Any] = json.loads(expanded(facts))
    values["kind"] = Kind(values["kind"])
    values["house"] = House(values["house"])
    if "occasion" in values:
        values["occasion"] = Occasion(values["occasion"])
    for name in _DATES:
        if name in values:
            values[name] = date.fromisoformat(values[name])
    for name in MEMBERS:
        if name in values:
            values[name] = Member(**values[name])
    for name in _WORDS:
        values[name] = tuple(values.get(name, ()))
    for name, kind in _LISTS.items():
        values[name] = tuple(_record(kind, item) for item in values.get(name, ()))
    values.setdefault("text_rules", FIRST_RULES if _has_table(parts) else TEXT_RULES)
    return Proceeding(**{**values, **parts})


def _record(kind: type, item: dict[str, Any]) -> Any:
    if item.get("tabled_on"):
        item["tabled_on"] = date.fromisoformat(item["tabled_on"])
    return kind(**item)


_PARTS_OF: Final = f"SELECT revision_id, {', '.join(PARTS)} FROM parts WHERE revision_id IN"  # noqa: S608 (names of our own)


def load_parts(connection: Connection, revision_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Load the texts of revisions by part, in reading order; revisions without text are left out."""
    return {
        revision_id: {name: text for name, text in zip(PARTS, texts, strict=True) if text is not None}
        for revision_id, *texts in read_by_ids(connection, _PARTS_OF, revision_ids)
    }
