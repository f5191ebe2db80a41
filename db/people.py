"""People in figures: what each minister promised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from db import tables
from db.promise_ledger import found_of
from monitor.model.people import MinistersPromise
from monitor.model.promises import Decision, Promise, PromiseKind, PromiseState
from monitor.model.records import House, Kind, Proceeding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Row

    from db.store import Store

_NO_RECORD: Final = Proceeding(id="", source="", kind=Kind.QUESTION, house=House.COMMONS)


class People:
    """People in figures."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def promises(self) -> Iterator[MinistersPromise]:
        """Give the promises of ministers that are no letters, each with its repetitions, without words and records."""
        promise, record = tables.promise, tables.proceeding
        first = func.coalesce(promise.c.repeats_id, promise.c.id)
        query = (
            select(promise, first.label("first"), record.c.minister, record.c.latest_revision_id)
            .join(record, record.c.id == promise.c.proceeding_id)
            .where(promise.c.kind != PromiseKind.LETTER.value)
            .order_by(first, promise.c.made_on, promise.c.id)
        )
        with self._store.read() as connection:
            decided = tables.promise_decision
            decisions: dict[int, list[Decision]] = {}
            for row in connection.execute(select(decided).order_by(decided.c.id)):
                decisions.setdefault(row.promise_id, []).append(_decision(row))
            group: list[Row[Any]] = []
            for row in connection.execute(query, execution_options={"yield_per": 5000}):
                if group and group[0].first != row.first:
                    yield from _of_group(group, decisions)
                    group = []
                group.append(row)
            yield from _of_group(group, decisions)


def _of_group(rows: list[Row[Any]], decisions: dict[int, list[Decision]]) -> Iterator[MinistersPromise]:
    if rows and rows[0].minister and rows[0].latest_revision_id:
        yield MinistersPromise(
            minister=rows[0].minister,
            revision=rows[0].latest_revision_id,
            group=tuple(_promise(row, decisions.get(row.id, [])) for row in rows),
        )


def _promise(row: Row[Any], decisions: list[Decision]) -> Promise:
    return Promise(
        number=row.id,
        id=row.public_id,
        record=_NO_RECORD,
        proceeding_id=row.proceeding_id,
        part=row.part,
        sentence="",
        found=found_of(row),
        made_on=row.made_on,
        repeats=row.repeats_id,
        is_gone=row.gone_revision_id is not None,
        decisions=tuple(decisions),
    )


def _decision(row: Row[Any]) -> Decision:
    return Decision(
        state=PromiseState(row.state),
        record="",
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )
