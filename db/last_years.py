"""The last year of every topic, read for all of them at once: members who asked for the first time, and late promises.

Both begin with the records of the days in question, and read older ones only where these lead to them: a topic may have
found a hundred thousand records.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Date, and_, bindparam, func, or_, select

from db import tables
from db.promise_filters import FIRST_OF_GROUP
from db.promises import load_outlines, load_topics
from db.rows import IDS, select_in
from monitor.model.records import Kind
from monitor.model.topic_years import Newcomer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from db.store import Store
    from monitor.model.promises import PromiseOutline

_record = tables.proceeding
_match, _term, _topic = tables.match, tables.term, tables.topic

_A_YEAR: Final = timedelta(days=365)

_FIRST_DAY, _END = bindparam("first", type_=Date), bindparam("end", type_=Date)


class LastYears:
    """The last year of each topic: who asked for the first time, and which promises ended."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def newcomers(self, since: date, today: date, known_for: timedelta) -> dict[str, tuple[Newcomer, ...]]:
        """Return, by topic (key), who asked on it for the first time since a day, those with most questions first.

        No one is new on a topic whose questions do not go back at least `known_for` before that day.
        """
        with self._store.read() as connection:
            asked = _asked(connection, since, today + timedelta(days=1))
            new = {pair: asked[pair] for pair in _without_earlier(connection, asked, since)}
            known = set(connection.execute(_known_topics(), {"end": since - known_for + timedelta(days=1)}).scalars())
        found: dict[str, list[Newcomer]] = {}
        for (topic, name), row in new.items():
            if topic in known:
                newcomer = Newcomer(name=name, first_on=row.first_on, questions=row.questions, seen_at=row.seen_at)
                found.setdefault(topic, []).append(newcomer)
        return {
            topic: tuple(sorted(members, key=lambda member: (-member.questions, member.name)))
            for topic, members in found.items()
        }

    def ended_promises(self, first: date, last: date) -> dict[str, list[list[PromiseOutline]]]:
        """Return, by topic (key), the promises that ended on one of these days, each with its repetitions, oldest first."""
        ended = select(FIRST_OF_GROUP).where(tables.promise.c.due_to.between(first, last)).distinct()
        with self._store.read() as connection:
            groups = load_outlines(connection, connection.execute(ended).scalars().all())
            homes = {promise.proceeding_id for group in groups for promise in group}
            topics = load_topics(connection, sorted(homes))
        found: dict[str, list[list[PromiseOutline]]] = {}
        for group in groups:
            for topic in sorted({topic for promise in group for topic in topics.get(promise.proceeding_id, ())}):
                found.setdefault(topic, []).append(group)
        return found


# -- who asked --------------------------------------------------------------------------------------------------------


def _without_earlier(connection: Connection, asked: Iterable[tuple[str, str]], since: date) -> list[tuple[str, str]]:
    """Return the pairs of a topic and a member who asked nothing on it before a day.

    The year before is read first. Most members asked in it, so the rest of the archive is read for few.
    """
    new = list(asked)
    for first, end in ((since - _A_YEAR, since), (date.min, since - _A_YEAR)):
        if new:
            before = _asked(connection, first, end, sorted({name for _, name in new}))
            new = [pair for pair in new if pair not in before]
    return new


def _asked(
    connection: Connection, first: date, end: date, names: Sequence[str] | None = None
) -> dict[tuple[str, str], Row[Any]]:
    """Return who asked on which topic, with day and reading of the first question and the number of questions.

    Only questions from `first` on and before `end` count, and only those of the members with these `names`, if given.
    """
    days = {"first": first, "end": end}
    rows: Iterable[Row[Any]] = (
        connection.execute(_askers(), days)
        if names is None
        else select_in(connection, _askers().where(_record.c.asker.in_(IDS)), names, **days)
    )
    return {(row.topic, row.asker): row for row in rows}


@cache
def _askers() -> Select[Any]:
    """Select who asked on which topic from the day `first` on and before the day `end`."""
    asked_on = func.coalesce(_record.c.tabled_on, _record.c.day)
    return (
        select(
            _topic.c.key.label("topic"),
            _record.c.asker,
            func.min(asked_on, type_=Date).label("first_on"),
            func.min(_record.c.first_seen_at, type_=_record.c.first_seen_at.type).label("seen_at"),
            func.count(_record.c.id.distinct()).label("questions"),
        )
        .select_from(_record)
        .join(_match, _match.c.revision_id == _record.c.latest_revision_id)
        .join(_term, _term.c.id == _match.c.term_id)
        .join(_topic, _topic.c.id == _term.c.topic_id)
        .where(_is_question(), _is_of_these_days(), _record.c.asker.is_not(None), _term.c.removed_at.is_(None))
        .group_by(_topic.c.key, _record.c.asker)
    )


def _is_of_these_days() -> ColumnElement[bool]:
    """Return the condition that a question was asked from `first` on and before `end`. Each half has an index."""
    tabled, day = _record.c.tabled_on, _record.c.day
    return or_(
        and_(tabled >= _FIRST_DAY, tabled < _END),
        and_(tabled.is_(None), day >= _FIRST_DAY, day < _END),
    )


def _is_question() -> ColumnElement[bool]:
    return _record.c.kind == Kind.QUESTION.value


@cache
def _known_topics() -> Select[Any]:
    """Select the topics on which a question was asked before the day `end`. Mostly the first one that a term found was."""
    asked = (
        select(_match.c.id)
        .join(_term, _term.c.id == _match.c.term_id)
        .join(tables.revision, tables.revision.c.id == _match.c.revision_id)
        .join(_record, _record.c.id == tables.revision.c.proceeding_id)
        .where(
            _term.c.topic_id == _topic.c.id,
            _term.c.removed_at.is_(None),
            _record.c.latest_revision_id == _match.c.revision_id,
            _is_question(),
            func.coalesce(_record.c.tabled_on, _record.c.day) < _END,
        )
    )
    return select(_topic.c.key).where(asked.exists())
