"""Storing what the sources told, reading by reading: nothing is overwritten.

A reading becomes a revision where its fingerprint differs from the latest of the same source; `monitor.story` says what
happened. How each source stands with its records (views of lists, days of details) is kept beside.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, select, update

from db import models
from db.codec import facts_of, proceeding_of
from monitor.holdings import Added
from monitor.story import classify, fingerprint
from monitor.terms.text import search_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from db.base import Store
    from monitor.model import Proceeding
    from monitor.ports import NewsRule, Payload, Reading

GONE_AFTER_RUNS = 2


@dataclass(frozen=True, slots=True)
class _Latest:
    number: int
    fingerprint: str
    proceeding: Proceeding


@dataclass(slots=True)
class _Batch:
    """What a transaction knows of the records that it is about to store."""

    connection: Connection
    source: str
    today: date
    is_news: NewsRule
    records: dict[str, int] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    latest: dict[int, _Latest] = field(default_factory=dict)


class Proceedings:
    """What Parliament published, as the sources told it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def store(self, readings: Sequence[Reading], *, today: date, is_news: NewsRule) -> list[Added]:
        """Store readings of one source, all or none; returns the revisions that are new.

        `today`: the day that details count as read on. `is_news` decides whether a new revision may be mailed.
        """
        if not readings:
            return []
        with self._store.write() as connection:
            batch = _batch(connection, readings, today, is_news)
            added = [self._store_one(batch, reading) for reading in readings]
        return [one for one in added if one is not None]

    def _store_one(self, batch: _Batch, reading: Reading) -> Added | None:
        payload_id = _keep(batch.connection, reading.payload, None)
        proceeding_id = self._identify(batch, reading)
        _note_reading(batch, reading, proceeding_id)
        latest = batch.latest.get(proceeding_id)
        after = reading.proceeding
        if latest is not None:
            after = _with_our_word(after, latest.proceeding, reading)
        return self._add_revision(batch, proceeding_id, after, payload_id)

    def _identify(self, batch: _Batch, reading: Reading) -> int:
        key, proceeding = reading.payload.key, reading.proceeding
        if key in batch.records:
            return batch.records[key]
        names = alias_keys(proceeding)
        # The source's own id decides; a UIN of the same day may stand for two records of one source.
        found = batch.aliases.get(names[0])
        proceeding_id = found if found is not None else self._new_proceeding(batch, proceeding)
        for name in names:
            if name not in batch.aliases:
                batch.connection.execute(insert(models.alias).values(key=name, proceeding_id=proceeding_id))
                batch.aliases[name] = proceeding_id
        batch.connection.execute(
            insert(models.source_record).values(source=batch.source, key=key, proceeding_id=proceeding_id, gone_runs=0)
        )
        batch.records[key] = proceeding_id
        return proceeding_id

    def _new_proceeding(self, batch: _Batch, proceeding: Proceeding) -> int:
        result = batch.connection.execute(
            insert(models.proceeding).values(
                public_id=proceeding.id,
                kind=proceeding.kind.value,
                legislature=proceeding.house.legislature,
                house=proceeding.house.value,
                state=proceeding.state.value,
                first_seen_at=self._store.clock(),
            )
        )
        return _key(result)

    def _add_revision(
        self, batch: _Batch, proceeding_id: int, after: Proceeding, payload_id: int | None
    ) -> Added | None:
        forms = {name: search_form(text) for name, text in after.parts().items()}
        print_ = fingerprint(after, forms)
        latest = batch.latest.get(proceeding_id)
        if latest is not None and latest.fingerprint == print_:
            return None
        before = latest.proceeding if latest else None
        events = classify(before, after)
        is_news = batch.is_news(before, after, events)
        number = latest.number + 1 if latest else 1
        revision_id = _key(
            batch.connection.execute(
                insert(models.revision).values(
                    proceeding_id=proceeding_id,
                    source=batch.source,
                    number=number,
                    seen_at=self._store.clock(),
                    day=after.day,
                    events=" ".join(events),
                    is_news=is_news,
                    fingerprint=print_,
                    facts=facts_of(after),
                    payload_id=payload_id,
                )
            )
        )
        parts = [
            {"revision_id": revision_id, "name": name, "text": text, "form": forms[name]}
            for name, text in after.parts().items()
        ]
        if parts:
            batch.connection.execute(insert(models.part), parts)
        _repeat_facts(batch.connection, proceeding_id, after, revision_id)
        batch.latest[proceeding_id] = _Latest(number, print_, after)
        return Added(revision_id=revision_id, number=number, proceeding=after, events=events, is_news=is_news)

    def change(
        self,
        source: str,
        keys: Iterable[str],
        *,
        today: date,
        is_news: NewsRule,
        is_gone: bool = False,
        is_lapsed: bool = False,
    ) -> list[Added]:
        """Store what we found out ourselves about records, as a revision of their source."""
        added: list[Added | None] = []
        wanted = list(keys)
        if not wanted:
            return []
        with self._store.write() as connection:
            batch = _Batch(connection, source, today, is_news)
            batch.records = _records(connection, source, wanted)
            batch.latest = _latest(connection, source, batch.records.values())
            for proceeding_id in batch.records.values():
                before = batch.latest[proceeding_id].proceeding
                after = replace(before, is_gone=before.is_gone or is_gone, is_lapsed=before.is_lapsed or is_lapsed)
                added.append(self._add_revision(batch, proceeding_id, after, None))
        return [one for one in added if one is not None]

    def quarantine(self, payload: Payload, reason: str) -> None:
        """Keep what could not be understood, with the reason; once for the same bytes."""
        with self._store.write() as connection:
            _keep(connection, payload, reason)

    def note_look_up(self, source: str, keys: Iterable[str], *, today: date, gone: bool) -> list[str]:
        """Note that records were looked up by key; returns those that the source did not have in two runs now."""
        table = models.source_record
        twice: list[str] = []
        wanted = list(keys)
        if not wanted:
            return twice
        with self._store.write() as connection:
            for key in wanted:
                where = and_(table.c.source == source, table.c.key == key)
                runs = (connection.execute(select(table.c.gone_runs).where(where)).scalar() or 0) + 1 if gone else 0
                values: dict[str, Any] = {"looked_up_on": today, "gone_runs": runs}
                if gone:
                    values["list_hash"] = None  # should it be in a list again, it is to be read, changed or not
                connection.execute(update(table).where(where).values(**values))
                if runs >= GONE_AFTER_RUNS:
                    twice.append(key)
        return twice


def _is_fresh(reading: Reading) -> bool:
    """Whether the source was seen to have the record just now; kept bytes that are parsed again say nothing of that."""
    return reading.is_detail or reading.list_hash is not None


def _with_our_word(after: Proceeding, latest: Proceeding, reading: Reading) -> Proceeding:
    """What we found out ourselves: the source does not say so, hence can't take it back."""
    if latest.is_lapsed and after.is_open:
        after = replace(after, is_lapsed=True)
    return replace(after, is_gone=True) if latest.is_gone and not _is_fresh(reading) else after


def alias_keys(proceeding: Proceeding) -> list[str]:
    """The keys that a proceeding is known by, strongest first: the source's own id; House, day tabled and UIN."""
    keys = [proceeding.id]
    if proceeding.uin and proceeding.tabled_on:
        keys.append(f"uin:{proceeding.house}:{proceeding.tabled_on}:{proceeding.uin.upper()}")
    return keys


def _batch(connection: Connection, readings: Sequence[Reading], today: date, is_news: NewsRule) -> _Batch:
    source = readings[0].payload.source
    batch = _Batch(connection, source, today, is_news)
    batch.records = _records(connection, source, [reading.payload.key for reading in readings])
    names = [name for reading in readings for name in alias_keys(reading.proceeding)]
    table = models.alias
    batch.aliases = {
        row.key: row.proceeding_id for row in connection.execute(select(table).where(table.c.key.in_(names)))
    }
    batch.latest = _latest(connection, source, {*batch.records.values(), *batch.aliases.values()})
    return batch


def _records(connection: Connection, source: str, keys: Sequence[str]) -> dict[str, int]:
    table = models.source_record
    rows = connection.execute(
        select(table.c.key, table.c.proceeding_id).where(table.c.source == source, table.c.key.in_(keys))
    )
    return {row.key: row.proceeding_id for row in rows}


def _latest(connection: Connection, source: str, proceeding_ids: Iterable[int]) -> dict[int, _Latest]:
    """The latest revision that the source told, of each proceeding."""
    table = models.revision
    newest = (
        select(func.max(table.c.id).label("id"))
        .where(table.c.source == source, table.c.proceeding_id.in_(list(proceeding_ids)))
        .group_by(table.c.proceeding_id)
        .subquery()
    )
    rows = connection.execute(select(table).join(newest, newest.c.id == table.c.id)).all()
    parts = parts_of(connection, [row.id for row in rows])
    found = {}
    for row in rows:
        proceeding = proceeding_of(row.facts, parts.get(row.id, {}))
        # Computed again, not read: a fingerprint of an older version must not look like a change.
        found[row.proceeding_id] = _Latest(row.number, fingerprint(proceeding), proceeding)
    return found


def parts_of(connection: Connection, revision_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """The plain text of the parts of some revisions."""
    table = models.part
    found: dict[int, dict[str, str]] = {}
    for row in connection.execute(
        select(table.c.revision_id, table.c.name, table.c.text).where(table.c.revision_id.in_(revision_ids))
    ):
        found.setdefault(row.revision_id, {})[row.name] = row.text
    return found


def _keep(connection: Connection, payload: Payload, reason: str | None) -> int:
    """Keep the bytes, unless they are what was received last for this record; returns the row."""
    table = models.payload
    sha256 = hashlib.sha256(payload.body).hexdigest()
    last = connection.execute(
        select(table.c.id, table.c.sha256, table.c.reason)
        .where(table.c.source == payload.source, table.c.key == payload.key)
        .order_by(table.c.id.desc())
        .limit(1)
    ).first()
    if last is not None and last.sha256 == sha256:
        if last.reason != reason:
            connection.execute(update(table).where(table.c.id == last.id).values(reason=reason))
        return int(last.id)
    return _key(
        connection.execute(
            insert(table).values(
                source=payload.source,
                key=payload.key,
                url=payload.url,
                fetched_at=payload.fetched_at,
                sha256=sha256,
                body=zlib.compress(payload.body, 6),
                reason=reason,
            )
        )
    )


def _note_reading(batch: _Batch, reading: Reading, proceeding_id: int) -> None:
    table = models.source_record
    values: dict[str, Any] = {"proceeding_id": proceeding_id}
    if _is_fresh(reading):
        values["gone_runs"] = 0
    if reading.list_hash is not None:
        values["list_hash"] = reading.list_hash
    if reading.is_detail:
        values["detail_read_on"] = batch.today
    batch.connection.execute(
        update(table).where(table.c.source == batch.source, table.c.key == reading.payload.key).values(**values)
    )


def _repeat_facts(connection: Connection, proceeding_id: int, after: Proceeding, revision_id: int) -> None:
    """Bring the row that searches filter by up to the newest revision."""
    table = models.proceeding
    asker, minister = after.asked_by or after.made_by, after.corrected_by or after.answered_by
    floor = connection.execute(select(table.c.due_floor_on).where(table.c.id == proceeding_id)).scalar()
    dates = [day for day in (floor, after.date_for_answer) if day is not None]
    connection.execute(
        update(table)
        .where(table.c.id == proceeding_id)
        .values(
            uin=after.uin.upper() if after.uin else None,
            state=after.state.value,
            day=after.day,
            tabled_on=after.tabled_on,
            answered_on=after.answered_on,
            due_floor_on=max(dates, default=None),
            body=after.body,
            asker_id=asker.member_id if asker else None,
            asker=asker.name if asker else None,
            asker_party=asker.party if asker else None,
            minister_id=minister.member_id if minister else None,
            minister=minister.name if minister else None,
            minister_party=minister.party if minister else None,
            latest_revision_id=revision_id,
        )
    )


def _key(result: Any) -> int:
    return int(result.inserted_primary_key[0])
