"""Storing what the sources told, reading by reading: nothing is overwritten.

A reading becomes a revision where its fingerprint differs from the latest of the same source; `monitor.story` says what
happened. How each source stands with its records (views of lists, days of details) is kept beside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, insert, select, update

from db import models
from db.bodies import note_bodies
from db.codec import facts_of, proceeding_of
from db.forms import forms_of
from db.payloads import insert_rows, keep
from monitor.holdings import Added
from monitor.model import Event
from monitor.story import classify, fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

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


@dataclass(frozen=True, slots=True)
class _Step:
    """A proceeding as it is now told, and the payload that tells it."""

    proceeding_id: int
    after: Proceeding
    payload_id: int | None


@dataclass(slots=True)
class _Batch:
    """A transaction that stores what one source told, a statement for all of it where that is possible."""

    connection: Connection
    source: str
    now: datetime
    is_news: NewsRule

    def add_revisions(self, steps: Sequence[_Step], latest: dict[int, _Latest]) -> list[Added]:
        """Store those that differ from what the source told last, by proceeding."""
        rows: list[dict[str, Any]] = []
        afters: list[Proceeding] = []
        for step in steps:
            row = self._revision(step, latest.get(step.proceeding_id), fingerprint(step.after))
            if row is not None:
                latest[step.proceeding_id] = _Latest(row["number"], row["fingerprint"], step.after)
                rows.append(row)
                afters.append(step.after)
        ids = insert_rows(self.connection, models.revision, rows)
        _insert_parts(self.connection, ids, afters)
        _repeat_facts(self.connection, [row["proceeding_id"] for row in rows], afters, ids)
        note_bodies(self.connection, (after.body for after in afters))
        return [
            Added(
                revision_id=number,
                number=row["number"],
                proceeding=after,
                events=tuple(Event(name) for name in row["events"].split()),
                is_news=row["is_news"],
            )
            for number, row, after in zip(ids, rows, afters, strict=True)
        ]

    def _revision(self, step: _Step, latest: _Latest | None, print_: str) -> dict[str, Any] | None:
        if latest is not None and latest.fingerprint == print_:
            return None
        before = latest.proceeding if latest else None
        events = classify(before, step.after)
        return {
            "proceeding_id": step.proceeding_id,
            "source": self.source,
            "number": latest.number + 1 if latest else 1,
            "seen_at": self.now,
            "day": step.after.day,
            "events": " ".join(events),
            "is_news": self.is_news(before, step.after, events),
            "fingerprint": print_,
            "facts": facts_of(step.after),
            "payload_id": step.payload_id,
        }


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
            batch = _Batch(connection, readings[0].payload.source, self._store.clock(), is_news)
            payload_ids = keep(connection, [(reading.payload, None) for reading in readings])
            proceeding_ids = _identify(batch, readings)
            _note_readings(batch, readings, today)
            steps = [
                _Step(proceeding_ids[reading.payload.key], reading.proceeding, payload_id)
                for reading, payload_id in zip(readings, payload_ids, strict=True)
            ]
            latest = _latest(connection, batch.source, proceeding_ids.values())
            return batch.add_revisions(_with_our_word(steps, readings, latest), latest)

    def change(
        self,
        source: str,
        keys: Iterable[str],
        *,
        is_news: NewsRule,
        is_gone: bool = False,
        is_lapsed: bool = False,
    ) -> list[Added]:
        """Store what we found out ourselves about records, as a revision of their source."""
        wanted = list(keys)
        if not wanted:
            return []
        with self._store.write() as connection:
            batch = _Batch(connection, source, self._store.clock(), is_news)
            ids = _records(connection, source, wanted).values()
            latest = _latest(connection, source, ids)
            steps = []
            for proceeding_id in ids:
                before = latest[proceeding_id].proceeding
                after = replace(before, is_gone=before.is_gone or is_gone, is_lapsed=before.is_lapsed or is_lapsed)
                steps.append(_Step(proceeding_id, after, None))
            return batch.add_revisions(steps, latest)

    def quarantine(self, payload: Payload, reason: str) -> None:
        """Keep what could not be understood, with the reason; once for the same bytes."""
        with self._store.write() as connection:
            keep(connection, [(payload, reason)])

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


def _with_our_word(steps: Sequence[_Step], readings: Sequence[Reading], latest: Mapping[int, _Latest]) -> list[_Step]:
    """What we found out ourselves: the source does not say so, hence can't take it back."""
    found = []
    for step, reading in zip(steps, readings, strict=True):
        after = step.after
        if step.proceeding_id in latest:
            before = latest[step.proceeding_id].proceeding
            is_gone = before.is_gone and not _is_fresh(reading)
            after = replace(after, is_lapsed=before.is_lapsed and after.is_open, is_gone=is_gone)
        found.append(replace(step, after=after))
    return found


def alias_keys(proceeding: Proceeding) -> list[str]:
    """The keys that a proceeding is known by, strongest first: the source's own id; House, day tabled and UIN."""
    keys = [proceeding.id]
    if proceeding.uin and proceeding.tabled_on:
        keys.append(f"uin:{proceeding.house}:{proceeding.tabled_on}:{proceeding.uin.upper()}")
    return keys


def _identify(batch: _Batch, readings: Sequence[Reading]) -> dict[str, int]:
    """The row of each reading's proceeding, by the source's key; what was never seen gets one."""
    connection = batch.connection
    found = _records(connection, batch.source, [reading.payload.key for reading in readings])
    fresh = {one.payload.key: one.proceeding for one in readings if one.payload.key not in found}
    if not fresh:
        return found
    names = {key: alias_keys(proceeding) for key, proceeding in fresh.items()}
    aliases = _aliases(connection, [name for some in names.values() for name in some])
    # The source's own id decides; a UIN of the same day may stand for two records of one source.
    unknown = {names[key][0]: proceeding for key, proceeding in fresh.items() if names[key][0] not in aliases}
    ids = insert_rows(connection, models.proceeding, [_first_facts(batch, one) for one in unknown.values()])
    own = dict(zip(unknown, ids, strict=True))
    known = {key: own.get(some[0], aliases.get(some[0], 0)) for key, some in names.items()}
    new_names = {name: known[key] for key, some in names.items() for name in some if name not in aliases}
    rows = [{"key": name, "proceeding_id": proceeding_id} for name, proceeding_id in (new_names | own).items()]
    if rows:
        connection.execute(insert(models.alias), rows)
    records = [{"source": batch.source, "key": key, "proceeding_id": one, "gone_runs": 0} for key, one in known.items()]
    connection.execute(insert(models.source_record), records)
    return found | known


def _first_facts(batch: _Batch, proceeding: Proceeding) -> dict[str, Any]:
    return {
        "public_id": proceeding.id,
        "kind": proceeding.kind.value,
        "legislature": proceeding.house.legislature,
        "house": proceeding.house.value,
        "state": proceeding.state.value,
        "first_seen_at": batch.now,
    }


def _aliases(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    table = models.alias
    rows = connection.execute(select(table).where(table.c.key.in_(names)))
    return {row.key: row.proceeding_id for row in rows}


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


def _note_readings(batch: _Batch, readings: Sequence[Reading], today: date) -> None:
    """How we stand with each record now. What does not say anything new of that leaves it as it is."""
    table = models.source_record
    this = and_(table.c.source == batch.source, table.c.key == bindparam("this"))
    listed = [{"this": one.payload.key, "hash": one.list_hash} for one in readings if one.list_hash is not None]
    if listed:
        as_listed: dict[str, Any] = {"list_hash": bindparam("hash"), "gone_runs": 0}
        batch.connection.execute(update(table).where(this).values(as_listed), listed)
    details = [{"this": one.payload.key} for one in readings if one.is_detail]
    if details:
        now = {"detail_read_on": today, "gone_runs": 0}
        batch.connection.execute(update(table).where(this).values(now), details)


def _insert_parts(connection: Connection, ids: Sequence[int], afters: Sequence[Proceeding]) -> None:
    rows = [
        {"revision_id": revision_id, "name": name, "text": parts[name], "form": form}
        for revision_id, parts in zip(ids, (after.parts() for after in afters), strict=True)
        for name, form in forms_of(parts).items()
    ]
    if rows:
        connection.execute(insert(models.part), rows)


def _repeat_facts(
    connection: Connection, proceeding_ids: Sequence[int], afters: Sequence[Proceeding], revision_ids: Sequence[int]
) -> None:
    """Bring the rows that searches filter by up to the newest revisions."""
    if not proceeding_ids:
        return
    table = models.proceeding
    query = select(table.c.id, table.c.due_floor_on).where(table.c.id.in_(set(proceeding_ids)))
    floors = {row.id: row.due_floor_on for row in connection.execute(query)}
    rows = []
    for proceeding_id, after, revision_id in zip(proceeding_ids, afters, revision_ids, strict=True):
        dates = [day for day in (floors[proceeding_id], after.date_for_answer) if day is not None]
        floors[proceeding_id] = max(dates, default=None)
        facts = _facts_to_filter_by(after)
        facts |= {"due_floor_on": floors[proceeding_id], "latest_revision_id": revision_id}
        rows.append({"this": proceeding_id} | {f"new_{name}": value for name, value in facts.items()})
    values: dict[str, Any] = {name.removeprefix("new_"): bindparam(name) for name in rows[0] if name != "this"}
    connection.execute(update(table).where(table.c.id == bindparam("this")).values(values), rows)


def _facts_to_filter_by(after: Proceeding) -> dict[str, Any]:
    asker, minister = after.asked_by, after.corrected_by or after.answered_by or after.made_by
    return {
        "uin": after.uin.upper() if after.uin else None,
        "state": after.state.value,
        "day": after.day,
        "tabled_on": after.tabled_on,
        "answered_on": after.answered_on,
        "body": after.body,
        "asker_id": asker.member_id if asker else None,
        "asker": asker.name if asker else None,
        "asker_party": asker.party if asker else None,
        "minister_id": minister.member_id if minister else None,
        "minister": minister.name if minister else None,
        "minister_party": minister.party if minister else None,
    }
