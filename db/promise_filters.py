"""Filters of promises: which groups of promises pass, as the database is asked for them.

A group is a promise with its repetitions, and goes by the row id of its first promise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, or_, select

from db import tables
from monitor.model.promises import PromiseKind, PromiseState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Select

    from monitor.model.promises import PromiseFilters

_promise, _record = tables.promise, tables.proceeding

FIRST_OF_GROUP: Final = func.coalesce(_promise.c.repeats_id, _promise.c.id)
"""Row id of the first promise of the same thing, which may be the promise itself."""

_MANY_TOPICS: Final = 10
"""Number of topics of which it is likely that most promises are on one of them."""


def passing(filters: PromiseFilters) -> Select[Any]:
    """Select the first promises of the groups that pass, those that were said last first.

    A group passes where one of its promises is on one of the topics, of one of the bodies or ministers, or of the record.
    """
    newer = tables.promise.alias()
    is_newer = or_(
        newer.c.made_on > _promise.c.made_on,
        and_(newer.c.made_on == _promise.c.made_on, newer.c.id > _promise.c.id),
    )
    is_last = ~select(newer.c.id).where(newer.c.repeats_id == FIRST_OF_GROUP, is_newer).exists()
    query = select(FIRST_OF_GROUP).where(is_last).order_by(_promise.c.made_on.desc(), _promise.c.id.desc())
    if (after := filters.after) is not None:
        is_of_day = and_(_promise.c.made_on == after.made_on, _promise.c.id < after.number)
        query = query.where(or_(_promise.c.made_on < after.made_on, is_of_day))
    if filters.since is not None:
        query = query.where(_promise.c.made_on >= filters.since)
    is_for_few = _looks_at_few(filters)
    one_of_group = _one_of_each if is_for_few else _one_of_list
    if filters.topics is not None:
        query = query.where(one_of_group(_is_on(filters.topics, is_for_few=is_for_few)))
    if filters.bodies is not None:
        query = query.where(one_of_group(_record.c.body.in_(filters.bodies)))
    if filters.ministers is not None:
        query = query.where(one_of_group(_record.c.minister.in_(filters.ministers)))
    if filters.state is not None and filters.today is not None:
        query = query.where(_may_be(filters.state, filters.today))
    if filters.days is not None:
        is_near = or_(_promise.c.due_from.between(*filters.days), _promise.c.due_to.between(*filters.days))
        query = query.where(or_(is_near, _promise.c.gone_revision_id.is_not(None)))
    if filters.decided_from is not None:
        query = query.where(_decided_since(filters.decided_from))
    return query


def _looks_at_few(filters: PromiseFilters) -> bool:
    """Say whether few groups are looked at: days or a state narrow them, or most pass, so that a page is soon full."""
    is_narrow = any(fact is not None for fact in (filters.state, filters.days, filters.decided_from))
    return is_narrow or (filters.topics is not None and len(filters.topics) > _MANY_TOPICS)


def _is_on(topics: Sequence[str], *, is_for_few: bool) -> ColumnElement[bool]:
    """Return the condition that the newest revision of a record matches one of some topics (by key).

    `is_for_few`: look at the matches of the record, and not at all that the topics found.
    """
    match, newest = tables.match, _record.c.latest_revision_id
    matched = (
        select(match.c.revision_id)
        .join(tables.term, tables.term.c.id == match.c.term_id)
        .join(tables.topic, tables.topic.c.id == tables.term.c.topic_id)
        .where(tables.topic.c.key.in_(topics), tables.term.c.removed_at.is_(None))
    )
    return matched.where(match.c.revision_id == newest).exists() if is_for_few else newest.in_(matched)


def _one_of_list(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a promise of the group, with its record, meets another: from a list of all such groups.

    It costs as much as all promises do, and hardly more where all are asked.
    """
    member = tables.promise.alias()
    first = func.coalesce(member.c.repeats_id, member.c.id)
    return FIRST_OF_GROUP.in_(select(first).join(_record, _record.c.id == member.c.proceeding_id).where(condition))


def _one_of_each(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the same condition as `_one_of_list`, looked for in each group: it costs as much as those looked at."""
    member = tables.promise.alias()
    is_of_group = or_(member.c.id == FIRST_OF_GROUP, member.c.repeats_id == FIRST_OF_GROUP)
    members = select(member.c.id).join(_record, _record.c.id == member.c.proceeding_id)
    return members.where(is_of_group, condition).exists()


def _decided_since(instant: datetime) -> ColumnElement[bool]:
    """Return the condition that somebody decided about a promise of the group at this instant or later."""
    decided, member = tables.promise_decision, tables.promise.alias()
    first = func.coalesce(member.c.repeats_id, member.c.id)
    chosen = select(first).join(decided, decided.c.promise_id == member.c.id)
    return FIRST_OF_GROUP.in_(chosen.where(decided.c.decided_at >= instant))


def _may_be(state: PromiseState, today: date) -> ColumnElement[bool]:
    """Return a condition that every group in a state meets; others may meet it too."""
    decided, member = tables.promise_decision, tables.promise.alias()
    is_decided = FIRST_OF_GROUP.in_(
        select(func.coalesce(member.c.repeats_id, member.c.id))
        .join(decided, decided.c.promise_id == member.c.id)
        .where(decided.c.state == state.value)
    )
    is_gone = _promise.c.gone_revision_id.is_not(None)
    conditions: dict[PromiseState, ColumnElement[bool]] = {
        PromiseState.OPEN: or_(_promise.c.due_to.is_(None), _promise.c.due_to >= today, is_gone),
        PromiseState.DUE: or_(_promise.c.due_to >= today, is_gone),
        PromiseState.OVERDUE: or_(_promise.c.due_to < today, is_gone),
        PromiseState.KEPT: or_(is_decided, _promise.c.kind == PromiseKind.LETTER.value),
        PromiseState.DROPPED: or_(is_decided, is_gone),
    }
    return conditions[state]
