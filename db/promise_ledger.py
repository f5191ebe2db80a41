"""Ledger of promises, as the stage that fills it reads and writes it.

What was read is a fact of the archive, stored in the transaction that stores what was found. Records that were merged, or
parted again, are noted to be read again.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, and_, bindparam, case, delete, func, or_, select, update

from db import tables
from db.rows import IDS, insert_all, load_fact, new_ids, proceeding_of, save_fact, select_in
from monitor.model.promises import (
    FoundPromise,
    KnownPromise,
    Listed,
    PromiseKind,
    Reach,
    RecordText,
    RevisionText,
)
from monitor.model.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, Connection, Row

    from db.store import Store
    from monitor.model.promises import PlannedPromise
    from monitor.model.records import Proceeding

RECORDS_AT_ONCE: Final = 2_000
"""Revisions whose records one transaction looks through."""

_REACH: Final = "promises"
_AGAIN: Final = "promises_again"
_MOST_OF_A_KEY: Final = 8
"""Newest promises of one key among which repetitions are looked for."""

_KINDS: Final = (Kind.QUESTION.value, Kind.STATEMENT.value)
_NEWEST: Final = select(func.coalesce(func.max(tables.revision.c.id), 0))

_promise, _revision, _record, _parts = tables.promise, tables.revision, tables.proceeding, tables.parts

_NEXT: Final = (
    select(_revision.c.id)
    .where(_revision.c.id > bindparam("after"), _revision.c.id <= bindparam("to"))
    .order_by(_revision.c.id)
    .limit(bindparam("most", type_=Integer))
)

_NEXT_REVISIONS: Final = and_(_revision.c.id > bindparam("after"), _revision.c.id <= bindparam("to"))

_NEWEST_OF_RECORDS: Final = (
    select(_revision.c.proceeding_id, func.max(_revision.c.id).label("id"))
    .where(_revision.c.proceeding_id.in_(select(_revision.c.proceeding_id).where(_NEXT_REVISIONS)))
    .group_by(_revision.c.proceeding_id)
)

_WAS_NEWS: Final = select(_revision.c.id).where(_revision.c.id.in_(IDS), _revision.c.is_news, _NEXT_REVISIONS)

_TEXTS: Final = (
    select(
        _revision.c.id,
        _revision.c.proceeding_id,
        _revision.c.source,
        _revision.c.day,
        _record.c.public_id,
        _record.c.kind,
        _record.c.body,
        _record.c.latest_revision_id,
        _parts.c.heading,
        _parts.c.answer,
        _parts.c.text,
    )
    .join(_record, _record.c.id == _revision.c.proceeding_id)
    .outerjoin(_parts, _parts.c.revision_id == _revision.c.id)
    .where(_revision.c.proceeding_id.in_(IDS), _record.c.kind.in_(_KINDS), _record.c.latest_revision_id.is_not(None))
    .order_by(_revision.c.id)
)

_SENTENCE: Final = func.substr(
    case((_promise.c.part == "text", _parts.c.text), else_=_parts.c.answer),
    _promise.c.start + 1,
    _promise.c.end - _promise.c.start,
).label("sentence")
"""Sentence of a promise, where `parts` are those of its revision."""

_HEADINGS: Final = _parts.alias()

_COMPARED: Final = (
    select(_promise, _SENTENCE, _record.c.body, _HEADINGS.c.heading)
    .join(_record, _record.c.id == _promise.c.proceeding_id)
    .outerjoin(_parts, _parts.c.revision_id == _promise.c.revision_id)
    .outerjoin(_HEADINGS, _HEADINGS.c.revision_id == _record.c.latest_revision_id)
    .where(_promise.c.id.in_(IDS))
)


class PromiseLedger:
    """The ledger of promises, for the stage that fills it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def reach(self) -> tuple[Reach | None, int]:
        """Return how far the ledger reaches, None before it was begun, and the row id of the newest revision."""
        with self._store.read() as connection:
            fact = load_fact(connection, _REACH)
            newest = int(connection.execute(_NEWEST).scalar_one())
        return (Reach(**json.loads(fact)) if fact else None), newest

    def save_reach(self, reach: Reach) -> None:
        """Store how far the ledger reaches."""
        with self._store.write() as connection:
            _save_reach(connection, reach)

    def to_read_again(self) -> list[int]:
        """Return the row ids of records that were merged or parted since they were read."""
        with self._store.read() as connection:
            return list(json.loads(load_fact(connection, _AGAIN) or "[]"))

    def news(self, after: int, to: int) -> tuple[list[int], int]:
        """Return the records with news among the next revisions up to `to`, and the last revision that this covers."""
        query = (
            select(_revision.c.id, _revision.c.proceeding_id)
            .where(_revision.c.id > after, _revision.c.id <= to, _revision.c.is_news)
            .order_by(_revision.c.id)
            .limit(RECORDS_AT_ONCE)
        )
        rows = self._store.rows(query)
        done_to = rows[-1].id if len(rows) == RECORDS_AT_ONCE else to
        return sorted({row.proceeding_id for row in rows}), done_to

    def next_records(self, reach: Reach, to: int) -> tuple[list[int], int]:
        """Return the records of the next revisions that were not read, and the last revision that this covers.

        A record is given with its last revision, and not where that was read as news.
        """
        values = {"after": reach.read_to, "to": to, "most": RECORDS_AT_ONCE}
        with self._store.read() as connection:
            batch = list(connection.execute(_NEXT, values).scalars())
            if not batch:
                return [], to
            last = batch[-1]
            rows = connection.execute(_NEWEST_OF_RECORDS, {"after": reach.read_to, "to": last})
            of_record = {row.proceeding_id: row.id for row in rows}
            read: set[int] = set()
            if last > reach.began:
                news = {"after": reach.began, "to": reach.news_to}
                read = {row.id for row in select_in(connection, _WAS_NEWS, of_record.values(), **news)}
        records = [record for record, newest_id in of_record.items() if newest_id <= last and newest_id not in read]
        return sorted(records), last if len(batch) == RECORDS_AT_ONCE else to

    def texts(self, records: Sequence[int]) -> list[RecordText]:
        """Load the texts of records that may hold promises. Records without any text are left out."""
        grouped: dict[int, list[Row[Any]]] = {}
        with self._store.read() as connection:
            for row in select_in(connection, _TEXTS, records):
                grouped.setdefault(row.proceeding_id, []).append(row)
        return [_record_text(rows) for rows in grouped.values() if any(row.answer or row.text for row in rows)]

    def facts(self, revision_ids: Sequence[int]) -> dict[int, Proceeding]:
        """Load revisions without their texts."""
        query = select(_revision.c.id, _revision.c.facts).where(_revision.c.id.in_(IDS))
        with self._store.read() as connection:
            return {row.id: proceeding_of(row.facts, {}) for row in select_in(connection, query, revision_ids)}

    @contextmanager
    def batch(self) -> Iterator[LedgerBatch]:
        """Open a transaction in which promises are loaded, planned and saved: all of it or nothing."""
        with self._store.write() as connection:
            yield LedgerBatch(connection)


@dataclass(frozen=True, slots=True)
class LedgerBatch:
    """A transaction that stores the promises of some records."""

    connection: Connection

    def load_known(self, records: Sequence[int]) -> dict[int, list[KnownPromise]]:
        """Load the promises that the ledger has of records, in the order they were stored."""
        known: dict[int, list[KnownPromise]] = {}
        for row in select_in(self.connection, _KNOWN, records):
            known.setdefault(row.proceeding_id, []).append(
                KnownPromise(
                    number=row.id,
                    revision=row.revision_id,
                    part=row.part,
                    sentence=row.sentence or "",
                    found=found_of(row),
                    made_on=row.made_on,
                    gone=row.gone_revision_id,
                    is_used=bool(row.is_used),
                )
            )
        return known

    def insert(self, plans: Sequence[PlannedPromise], noted_on: date) -> list[int]:
        """Insert new promises with their keys; returns their row ids, in order."""
        if not plans:
            return []
        numbers = new_ids(self.connection, _promise, len(plans))
        taken = self._taken(plans)
        rows = []
        for number, plan in zip(numbers, plans, strict=True):
            public_id = next(name for name in plan.ids if name not in taken)
            taken.add(public_id)
            rows.append({"id": number, "public_id": public_id, "noted_on": noted_on, **_columns(plan)})
        insert_all(self.connection, _promise, rows)
        self._insert_keys({number: plan.keys for number, plan in zip(numbers, plans, strict=True)})
        return numbers

    def _taken(self, plans: Sequence[PlannedPromise]) -> set[str]:
        wanted = [name for plan in plans for name in plan.ids]
        query = select(_promise.c.public_id).where(_promise.c.public_id.in_(IDS))
        return {row.public_id for row in select_in(self.connection, query, wanted)}

    def _insert_keys(self, keys: Mapping[int, Iterable[str]]) -> None:
        rows = [{"key": key, "promise_id": number} for number, of_promise in keys.items() for key in of_promise]
        insert_all(self.connection, tables.promise_key, rows)

    def change(self, plans: Mapping[int, PlannedPromise]) -> None:
        """Change promises, by their row ids, to what is planned. Their public ids stay."""
        for number, plan in plans.items():
            self.connection.execute(update(_promise).where(_promise.c.id == number).values(_columns(plan)))
            if plan.keys:
                self.connection.execute(delete(tables.promise_key).where(tables.promise_key.c.promise_id == number))
                self._insert_keys({number: plan.keys})

    def remove(self, numbers: Sequence[int]) -> None:
        """Remove promises that nothing refers to. What repeated one repeats the next then."""
        for number in numbers:
            repeats = select(_promise.c.id).where(_promise.c.repeats_id == number)
            others = list(self.connection.execute(repeats.order_by(_promise.c.made_on, _promise.c.id)).scalars())
            if others:
                self.connection.execute(
                    update(_promise).where(_promise.c.repeats_id == number).values(repeats_id=others[0])
                )
                self.connection.execute(update(_promise).where(_promise.c.id == others[0]).values(repeats_id=None))
            self.connection.execute(delete(tables.promise_key).where(tables.promise_key.c.promise_id == number))
            self.connection.execute(delete(_promise).where(_promise.c.id == number))

    # -- repetitions --------------------------------------------------------------------------------------------------

    def candidates(self, keys: Iterable[str]) -> dict[str, list[int]]:
        """Find the newest promises of each key, by row id."""
        table = tables.promise_key
        query = select(table.c.key, table.c.promise_id).where(table.c.key.in_(IDS)).order_by(table.c.promise_id.desc())
        found: dict[str, list[int]] = {}
        for row in select_in(self.connection, query, sorted(set(keys))):
            of_key = found.setdefault(row.key, [])
            if len(of_key) < _MOST_OF_A_KEY:
                of_key.append(row.promise_id)
        return found

    def load_listed(self, numbers: Iterable[int]) -> dict[int, Listed]:
        """Load promises with the words by which they are compared, and the first promise of each."""
        found: dict[int, Listed] = {}
        wanted = sorted(set(numbers))
        while wanted:
            for row in select_in(self.connection, _COMPARED, wanted):
                found[row.id] = Listed(
                    number=row.id,
                    proceeding_id=row.proceeding_id,
                    sentence=row.sentence or "",
                    act=row.act,
                    expression=row.expression,
                    body=row.body,
                    heading=row.heading,
                    made_on=row.made_on,
                    is_gone=row.gone_revision_id is not None,
                    repeats=row.repeats_id,
                )
            wanted = sorted({listed.first for listed in found.values()} - set(found))
        return found

    def join(self, first: int, other: int) -> None:
        """Let a first promise (by row id) and all that repeat it repeat another one."""
        is_other = or_(_promise.c.repeats_id == other, _promise.c.id == other)
        self.connection.execute(update(_promise).where(is_other).values(repeats_id=first))

    def link(self, repeats: Mapping[int, int]) -> None:
        """Store which promises repeat which first ones."""
        if repeats:
            query = update(_promise).where(_promise.c.id == bindparam("this")).values(repeats_id=bindparam("first"))
            self.connection.execute(query, [{"this": this, "first": first} for this, first in repeats.items()])

    # -- how far ------------------------------------------------------------------------------------------------------

    def save_reach(self, reach: Reach) -> None:
        """Store how far the ledger reaches."""
        _save_reach(self.connection, reach)

    def forget_to_read_again(self, records: Iterable[int]) -> None:
        """Note that records were read again."""
        left = sorted(set(json.loads(load_fact(self.connection, _AGAIN) or "[]")).difference(records))
        save_fact(self.connection, _AGAIN, json.dumps(left) if left else None)


def note_to_read_again(connection: Connection, records: Iterable[int]) -> None:
    """Note that the promises of records are to be read again, since they were merged or parted."""
    known = set(json.loads(load_fact(connection, _AGAIN) or "[]"))
    save_fact(connection, _AGAIN, json.dumps(sorted(known.union(records))))


def found_of(row: Row[Any]) -> FoundPromise:
    """Return a promise as it was found, from its row."""
    return FoundPromise(
        start=row.start,
        end=row.end,
        act=row.act,
        expression=row.expression,
        kind=PromiseKind(row.kind),
        due_from=row.due_from,
        due_to=row.due_to,
    )


def _save_reach(connection: Connection, reach: Reach) -> None:
    save_fact(connection, _REACH, json.dumps(asdict(reach)))


def _record_text(rows: Sequence[Row[Any]]) -> RecordText:
    first = rows[0]
    part = "text" if first.kind == Kind.STATEMENT else "answer"
    latest = next((row for row in rows if row.id == row.latest_revision_id), rows[-1])
    return RecordText(
        proceeding_id=first.proceeding_id,
        public_id=first.public_id,
        body=first.body,
        heading=latest.heading,
        latest=first.latest_revision_id,
        revisions=tuple(
            RevisionText(id=row.id, source=row.source, day=row.day, part=part, text=getattr(row, part) or "")
            for row in rows
        ),
    )


def _columns(plan: PlannedPromise) -> dict[str, Any]:
    return {
        "proceeding_id": plan.proceeding_id,
        "revision_id": plan.revision,
        "gone_revision_id": plan.gone,
        "part": plan.part,
        "start": plan.found.start,
        "end": plan.found.end,
        "act": plan.found.act,
        "expression": plan.found.expression,
        "kind": plan.found.kind.value,
        "due_from": plan.found.due_from,
        "due_to": plan.found.due_to,
        "made_on": plan.made_on,
    }


def _is_used() -> ColumnElement[bool]:
    """Return the condition that a person or a digest refers to a promise."""
    users = (tables.promise_decision, tables.digest_promise, tables.note, tables.follow)
    return or_(*(select(table.c.promise_id).where(table.c.promise_id == _promise.c.id).exists() for table in users))


_KNOWN: Final = (
    select(_promise, _SENTENCE, _is_used().label("is_used"))
    .outerjoin(_parts, _parts.c.revision_id == _promise.c.revision_id)
    .where(_promise.c.proceeding_id.in_(IDS))
    .order_by(_promise.c.id)
)
