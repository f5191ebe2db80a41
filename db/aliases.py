"""Which record a reading is of: through the source's own key, else through any key that the record is known by.

See docs/record.md. A reading whose source does not know it yet joins the record that its strongest known key names, unless
that one already has another record of the same source. Where its keys name several records, these are found to be one.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select, update

from db import tables
from db.merging import keep_public_ids, merge_records, public_ids
from db.rows import chunks, insert_all, new_ids
from monitor.model.records import Kind
from monitor.parliament.identifiers import column_parts, id_of_number, uin_key
from monitor.parliament.provenance import source_rank
from monitor.text.office_names import formula_end
from monitor.text.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, Connection, Select, Subquery

    from monitor.model.records import Proceeding
    from monitor.model.sources import Reading

_PLACE, _ASKED = "col:", "asked:"
_WEAK: Final = (_PLACE, _ASKED)
"""Keys that two records may have: sources do not count the places in a column alike, and what is asked is asked again."""

_FIRST_WORDS: Final = 8
_LAST_WORDS: Final = 20
"""So many words at the beginning, or at the end, must agree besides, if a weak key is to mean one record."""

_USUAL_LENGTH: Final = 160
"""Characters that hold one word more than these nearly always, and so all of these whole."""

_WORD: Final = re.compile(r"[^\W_]+")


def alias_keys(proceeding: Proceeding) -> list[str]:
    """The keys that a proceeding is known by, strongest first: the source's own id; House, day and UIN; those it tells.

    A weak key carries what words it goes by behind a "#", so that it means the same to whoever else has the same text. The
    weakest, a hash, is what is asked in a column: one source may print the number of a question and another not.
    """
    keys = [proceeding.id]
    day = proceeding.made_on if proceeding.kind is Kind.STATEMENT else proceeding.tabled_on
    if proceeding.uin and day:
        keys.append(uin_key(proceeding.house, day, proceeding.uin))
    for key in proceeding.keys:
        if not key.startswith(_PLACE):
            keys.append(key)
        elif beginning := _beginning(proceeding):
            keys.append(f"{key}#{beginning}")
    if proceeding.column and (column := column_parts(proceeding.column)) and (asked := _end_of_question(proceeding)):
        place = f"{proceeding.house}:{proceeding.day}:{proceeding.series}:{column[0]}#{asked}"
        keys.append(f"{_ASKED}{hashlib.blake2b(place.encode(), digest_size=8).hexdigest()}")
    return list(dict.fromkeys(keys))


def _beginning(proceeding: Proceeding) -> str:
    """A hash of the first words of a question, after the words that say who is asked, or else of the text; "" for none."""
    read = tokens((proceeding.question or proceeding.text or proceeding.answer or "")[:2000])
    start = formula_end(read) if proceeding.question else 0
    return _hash([token.text for token in read[start:] if token.text[:1].isalnum()][:_FIRST_WORDS])


def _end_of_question(proceeding: Proceeding) -> str:
    """A hash of the last words of a question, whoever is asked; "" for what is none."""
    question = proceeding.question or ""
    words = _WORD.findall(question[-_USUAL_LENGTH:].lower())
    if len(words) <= _LAST_WORDS and len(question) > _USUAL_LENGTH:
        words = _WORD.findall(question[-300:].lower())
    return _hash(words[-_LAST_WORDS:])


def _hash(words: Sequence[str]) -> str:
    return hashlib.blake2b(" ".join(words).encode(), digest_size=6).hexdigest() if words else ""


@dataclass(slots=True)
class Identified:
    """The row of each reading's record, by the source's key.

    `known`: the rows that were there before; `fresh`: by row those that are still to be inserted, with the first of their
    proceedings. `aliases`, `records`: what is to be noted when they are; a record that its source knows by the id that we
    know it by too, and of which no more is to be noted, needs none but its alias.
    """

    ids: dict[str, int]
    known: set[int]
    fresh: dict[int, Proceeding]
    aliases: dict[str, int]
    records: list[str]

    def note(self, connection: Connection, source: str) -> None:
        """Note by which keys the records are known from now on."""
        if self.aliases:
            rows = [{"key": name, "proceeding_id": proceeding_id} for name, proceeding_id in self.aliases.items()]
            insert_all(connection, tables.alias, rows)
        if self.records:
            records = [
                {"source": source, "key": key, "proceeding_id": self.ids[key], "gone_runs": 0} for key in self.records
            ]
            insert_all(connection, tables.source_record, records)


@dataclass(slots=True)
class _Search:
    """What the archive knows of the keys of some readings of one source."""

    connection: Connection
    source: str
    names: dict[str, list[str]]  # by the source's key
    aliases: dict[str, int]
    sources: dict[int, set[str]]  # of each record that an alias names
    numbers: dict[str, str | None]  # by the source's key
    their_numbers: dict[int, str | None]  # of each record that a weak alias names
    ids: dict[str, int] = field(default_factory=dict)

    def join(self) -> None:
        """Give each reading that the source did not know the record that its keys name, if there is one for it."""
        better: dict[int, str] = {}
        for key, names in self.names.items():
            if key in self.ids:
                continue
            proceeding_id = self._joined(key, names)
            if proceeding_id is None:
                continue
            self.ids[key] = proceeding_id
            told_by = self.sources.setdefault(proceeding_id, set())
            if all(source_rank(self.source) < source_rank(one) for one in told_by):
                better[proceeding_id] = names[0]
            told_by.add(self.source)
        self._rename(better)

    def _joined(self, key: str, names: Sequence[str]) -> int | None:
        """The source's own id decides; any other key does not where it names another record of the same source."""
        own, *others = names
        if own in self.aliases:
            return self.aliases[own]
        named = (self.aliases[name] for name in others if name in self.aliases and self._may_mean(key, name))
        return next((one for one in named if self.source not in self.sources.get(one, ())), None)

    def _may_mean(self, key: str, name: str) -> bool:
        """A weak key never does where both have a number, and another."""
        if not name.startswith(_WEAK):
            return True
        number, theirs = self.numbers[key], self.their_numbers.get(self.aliases[name])
        return number is None or theirs is None or number == theirs

    def _rename(self, better: dict[int, str]) -> None:
        """A record goes by the id of the best source that tells of it, whichever came first."""
        if not better:
            return
        table, other = tables.proceeding, tables.proceeding.alias()
        is_free = (
            ~select(other.c.id).where(other.c.public_id == bindparam("name")).exists()
        )  # a hidden record may have it
        query = update(table).where(table.c.id == bindparam("this"), is_free).values(public_id=bindparam("name"))
        before = public_ids(self.connection, better)
        self.connection.execute(query, [{"this": one, "name": public_id} for one, public_id in better.items()])
        renamed = {one: name for one, name in public_ids(self.connection, better).items() if name != before[one]}
        keep_public_ids(self.connection, {one: before[one] for one in renamed})
        self.aliases |= {name: one for one, name in renamed.items()}

    def unite(self, now: datetime) -> None:
        """Merge the records that the keys of one reading name, where no source holds them to be two."""
        for key in list(self.ids):
            for name in self.names[key]:
                one, other = self.ids[key], self.aliases.get(name, self.ids[key])
                if one == other or self.sources[one] & self.sources[other] or not self._may_mean(key, name):
                    continue
                kept = merge_records(self.connection, one, other, reason=name, now=now)
                if kept is not None:
                    self._moved(one if kept == other else other, kept)

    def _moved(self, gone: int, kept: int) -> None:
        self.sources[kept] = self.sources[kept] | self.sources.pop(gone)
        for found in (self.ids, self.aliases):
            found.update({name: kept for name, one in found.items() if one == gone})


def identify_records(connection: Connection, source: str, readings: Sequence[Reading], now: datetime) -> Identified:
    """Find the record of each reading; what was never seen gets a number for one.

    New keys of a record become aliases of it, when `Identified.note` is called.
    """
    names: dict[str, list[str]] = {}
    for reading in readings:
        names[reading.key] = list(dict.fromkeys([*names.get(reading.key, ()), *alias_keys(reading.proceeding)]))
    known = records_of_source(connection, source, list(names))
    aliases = records_by_alias(connection, [name for some in names.values() for name in some])
    told_by = _sources(connection, {*aliases.values(), *known.values()})
    numbers = {one.key: _number(one.proceeding.uin) for one in readings}
    weak = {one for name, one in aliases.items() if name.startswith(_WEAK)}
    theirs = _numbers(connection, weak)
    search = _Search(connection, source, names, aliases, told_by, numbers, theirs, dict(known))
    search.join()
    search.unite(now)
    seen = set(search.ids.values())
    noted = {one.key for one in readings if one.key != one.proceeding.id or one.list_hash is not None or one.is_detail}
    unknown: dict[str, Proceeding] = {}  # by id
    for one in readings:
        if one.key not in search.ids:
            unknown.setdefault(names[one.key][0], one.proceeding)
    own = dict(zip(unknown, new_ids(connection, tables.proceeding, len(unknown)), strict=True))
    search.ids |= {key: own[some[0]] for key, some in names.items() if key not in search.ids}
    return Identified(
        ids=search.ids,
        known=seen,
        fresh={own[name]: proceeding for name, proceeding in unknown.items()},
        aliases={name: one for name, one in _new_aliases(search).items() if one not in _said_by(own, name)},
        records=[key for key in names if key not in known and key in noted],
    )


def _new_aliases(search: _Search) -> dict[str, int]:
    new: dict[str, int] = {}
    for place in range(max(map(len, search.names.values()), default=0)):  # ids before UINs, whoever comes first
        for key, names in search.names.items():
            if place < len(names) and names[place] not in search.aliases:
                new.setdefault(names[place], search.ids[key])
    return new


def _said_by(own: Mapping[str, int], name: str) -> set[int | None]:
    """The records whose ids say a key, so that it need not be an alias."""
    return {own.get(name), own.get(id_of_number(name) or name)}


def records_by_alias(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """The rows of the records that go by keys, their ids or others, by key; a number is found by the id that says it."""
    numbered = {name: one for name in names if (one := id_of_number(name))}
    found: dict[str, int] = {}
    for some in chunks([*names, *numbered.values()]):
        rows = connection.execute(_GOING_BY, {"keys": some})
        found |= {row.key: row.proceeding_id for row in rows}
    return {name: found[key] for name in names for key in (numbered.get(name, name), name) if key in found}


def records_of_source(connection: Connection, source: str, keys: Sequence[str]) -> dict[str, int]:
    """The rows of the records that a source knows by keys of its own, by key; that may be the id that we know it by too."""
    found: dict[str, int] = {}
    for some in chunks(keys):
        for query in (_TOLD_BY_ID, _TOLD_BY_KEY):
            rows = connection.execute(query, {"of_source": source, "keys": some})
            found |= {row.key: row.proceeding_id for row in rows}
    return found


def _named() -> Subquery:
    """The records that go by some keys. What is hidden has an id of its own too, but another goes by it now."""
    table, alias = tables.proceeding, tables.alias
    by_id = select(table.c.public_id.label("key"), table.c.id.label("proceeding_id"))
    by_alias = select(alias.c.key, alias.c.proceeding_id).where(alias.c.key.in_(_KEYS))
    return by_id.where(table.c.public_id.in_(_KEYS), table.c.merged_into.is_(None)).union_all(by_alias).subquery()


def _told_by_id() -> Select[Any]:
    """Of those the records that a source tells of."""
    named, revision = _named(), tables.revision
    is_told = revision.c.proceeding_id == named.c.proceeding_id, revision.c.source == bindparam("of_source")
    return select(named).where(select(revision.c.id).where(*is_told).exists())


_KEYS: Final[BindParameter[Any]] = bindparam("keys", expanding=True)
_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_GOING_BY: Final = select(_named())
_TOLD_BY_ID: Final = _told_by_id()
_TOLD_BY_KEY: Final = select(tables.source_record.c.key, tables.source_record.c.proceeding_id).where(
    tables.source_record.c.source == bindparam("of_source"), tables.source_record.c.key.in_(_KEYS)
)
_SOURCES: Final = (
    select(tables.revision.c.proceeding_id, tables.revision.c.source)
    .where(tables.revision.c.proceeding_id.in_(_IDS))
    .distinct()
)
_NUMBERS: Final = select(tables.proceeding.c.id, tables.proceeding.c.uin).where(tables.proceeding.c.id.in_(_IDS))
"""Made once: each page of each window is asked of them, and putting a statement together takes longer than doing it."""


def _sources(connection: Connection, proceeding_ids: Iterable[int]) -> dict[int, set[str]]:
    """Which sources tell of each of these records."""
    found: dict[int, set[str]] = {}
    for some in chunks(sorted(proceeding_ids)):
        for row in connection.execute(_SOURCES, {"ids": some}):
            found.setdefault(row.proceeding_id, set()).add(row.source)
    return found


def _numbers(connection: Connection, proceeding_ids: Iterable[int]) -> dict[int, str | None]:
    found: dict[int, str | None] = {}
    for some in chunks(sorted(proceeding_ids)):
        found |= {row.id: _number(row.uin) for row in connection.execute(_NUMBERS, {"ids": some})}
    return found


def _number(printed: str | None) -> str | None:
    """A number without the R behind it, which marks a question and numbers none."""
    return printed.upper().removesuffix("R") if printed else None
