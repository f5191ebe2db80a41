"""Filters of a search: what they ask of the columns of a record, and of the names in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, false, or_, select, true

from db import tables
from db.noted_names import BODIES, load_names
from monitor.model.records import Kind, State
from monitor.model.search import ANY_TOPIC
from monitor.parliament.abbreviations import has_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Column, ColumnCollection, ColumnElement, Connection, Row

    from monitor.model.search import Filters
    from monitor.parliament.body_lines import Lineage, Span


COLUMNS: Final = {
    "body": "body",
    "asker": "asker",
    "minister": "minister",
    "speaker": "speaker",
    "party": "asker_party",
}
"""The filters by the words of a name, and the columns that they look at."""

_LISTS: Final = {"house": "houses", "kind": "kinds"}
"""The filters of a query that have one value, and where several stand in `Filters`."""


def narrowed(filters: Filters, conditions: Iterable[tuple[str, str]]) -> Filters:
    """Add what a query asks of every record to the filters, so that the database need not offer others."""
    for name, value in conditions:
        filters = replace(filters, **_narrower(filters, name, value))
    return filters


def _narrower(filters: Filters, name: str, value: str) -> dict[str, Any]:
    """Return the fields of the filters that one condition changes."""
    if name in _LISTS:
        chosen = getattr(filters, _LISTS[name])
        return {_LISTS[name]: [value]} if value in (chosen or [value]) else {"ids": []}
    if name == "lineage":
        return {"lineages": (*filters.lineages, value)}
    if name == "from":
        return {"first": max(filters.first or date.min, date.fromisoformat(value))}
    if name == "to":
        return {"last": min(filters.last or date.max, date.fromisoformat(value))}
    return {name: " ".join(filter(None, (getattr(filters, name), value)))}


def conditions(
    filters: Filters, names: Mapping[str, Sequence[str]], columns: ColumnCollection[str, Any]
) -> list[ColumnElement[bool]]:
    """Return the conditions that a record, whose columns these are, must meet to pass.

    `names`: what `matching_names` found; without it, names are not looked at. Labels never are: the index has them.
    """
    found: list[ColumnElement[bool]] = [columns.latest_revision_id.is_not(None)]
    found += [columns.day >= filters.first] if filters.first else []
    found += [columns.day <= filters.last] if filters.last else []
    exact: Mapping[str, Sequence[str]] = {"house": filters.houses, "kind": filters.kinds}
    found += [columns[column].in_(values) for column, values in exact.items() if values]
    found += [_is_in_state(filters.states, columns)] if filters.states else []
    found += [columns[column].in_(values) for column, values in names.items()]
    found += [_is_of_line(line, names[COLUMNS["body"]], columns) for line in _lines(filters) if names]
    if filters.topic is not None:
        found.append(_is_of_topic(filters.topic, columns.latest_revision_id))
    if filters.ids is not None:
        found.append(columns.id.in_(filters.ids))
    return found


def _is_in_state(states: Sequence[str], columns: ColumnCollection[str, Any]) -> ColumnElement[bool]:
    """Return the condition that a record is in one of these states.

    Statements, speeches and notices, which are complete when published, are stored as answered; they were never asked.
    """
    is_one: ColumnElement[bool] = columns.state.in_(states)
    if State.ANSWERED.value not in states:
        return is_one
    return and_(is_one, or_(columns.kind == Kind.QUESTION.value, columns.state != State.ANSWERED.value))


def _is_of_topic(topic: str, revision_id: Column[int]) -> ColumnElement[bool]:
    """Return the condition that a term of the topic that is still watched was found in a revision."""
    match, term = tables.match, tables.term
    found = (
        select(match.c.id)
        .join(term, term.c.id == match.c.term_id)
        .where(match.c.revision_id == revision_id, term.c.removed_at.is_(None))
    )
    if topic != ANY_TOPIC:
        found = found.join(tables.topic, tables.topic.c.id == term.c.topic_id).where(tables.topic.c.key == topic)
    return found.exists()


def _lines(filters: Filters) -> tuple[Lineage, ...]:
    """Return the lines of the bodies that are followed."""
    if not filters.body_lines:
        return ()
    # Imported where a search needs it: each start of the program would pay for it.
    from monitor.parliament.body_lines import lineage_of  # noqa: PLC0415

    return tuple(lineage_of(words, filters.last) for words in filters.body_lines)


def _is_of_line(line: Lineage, names: Sequence[str], columns: ColumnCollection[str, Any]) -> ColumnElement[bool]:
    """Return the condition that a record's body is of a line, by its name, and by House and day where these matter."""
    spans = [(name, span) for name in names for span in line.spans(name)]
    always = [name for name, span in spans if not span.houses]
    sometimes = [
        and_(columns.body == name, columns.house.in_(span.houses), _is_within(span, columns.day))
        for name, span in spans
        if span.houses
    ]
    return or_(false(), columns.body.in_(always), *sometimes)


def _is_within(span: Span, day: Column[date]) -> ColumnElement[bool]:
    """Return the condition that a day is within a span. A day that is not known counts as the latest."""
    if span.end is not None:
        return and_(day < span.end, day >= (span.first or date.min))
    return true() if span.first is None else or_(day.is_(None), day >= span.first)


class NameFilter:
    """The filters by the words of a name, for rows of records one after the other. A name is compared once."""

    def __init__(self, filters: Filters) -> None:
        self._wanted: Final = {COLUMNS[name]: (name, words) for name, words in filters.names.items()}
        self._lines: Final = _lines(filters)
        self._is_whole: Final = filters.are_names_whole
        self._known: dict[tuple[str, str | None], bool] = {}

    @property
    def columns(self) -> Sequence[str]:
        """The columns that a row must have."""
        of_line = ("body", "house", "day") if self._lines else ()
        return list(dict.fromkeys([*self._wanted, *of_line]))

    def passes(self, row: Row[tuple[object, ...]]) -> bool:
        """Say whether a record has all words asked for in its names."""
        if not all(self._has(column, getattr(row, column)) for column in self._wanted):
            return False
        return all(line.covers(row.body, row.house, row.day) for line in self._lines)

    def _has(self, column: str, name: str | None) -> bool:
        key = (column, name)
        if key not in self._known:
            filter_name, wanted = self._wanted[column]
            self._known[key] = (
                name == wanted if self._is_whole else name is not None and has_name(filter_name, name, wanted)
            )
        return self._known[key]


def matching_names(connection: Connection, filters: Filters) -> Mapping[str, Sequence[str]]:
    """Find, for each filter by the words of a name, the archive's names that have them, by the column they stand in."""
    wanted = filters.names
    if filters.are_names_whole:
        return {COLUMNS[filter_name]: [name] for filter_name, name in wanted.items()}
    found = {
        COLUMNS[filter_name]: [name for name in names(connection, filter_name) if has_name(filter_name, name, words)]
        for filter_name, words in wanted.items()
    }
    if lines := _lines(filters):
        column = COLUMNS["body"]
        known = found.get(column, names(connection, "body"))
        found[column] = [name for name in known if all(line.spans(name) for line in lines)]
    return found


def names(connection: Connection, filter_name: str) -> list[str]:
    """Return every name that a filter may be given, in alphabetical order."""
    if filter_name == "body":
        return load_names(connection, BODIES)
    column = tables.proceeding.c[COLUMNS[filter_name]]
    return sorted(connection.execute(select(column).where(column.is_not(None)).distinct()).scalars())
