"""Filters by the words of a name: which names of the archive have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from db import tables
from db.members import bodies
from monitor.terms.evaluate import is_named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Row

    from monitor.model.archive import Filters

COLUMNS: Final = {
    "body": "body",
    "asker": "asker",
    "minister": "minister",
    "speaker": "speaker",
    "party": "asker_party",
}
"""The filters by name, and the columns that they look at."""


class Named:
    """What the filters ask of names, for rows of records one after the other. A name is looked at once."""

    def __init__(self, filters: Filters) -> None:
        wanted = {column: getattr(filters, name) for name, column in COLUMNS.items()}
        self._wanted: Final = {column: words for column, words in wanted.items() if words}
        self._known: dict[tuple[str, str | None], bool] = {}

    @property
    def columns(self) -> Sequence[str]:
        """The columns that a row must have."""
        return list(self._wanted)

    def passes(self, row: Row[tuple[object, ...]]) -> bool:
        """Whether a record has all words asked for in its names."""
        return all(self._has(column, getattr(row, column)) for column in self._wanted)

    def _has(self, column: str, name: str | None) -> bool:
        key = (column, name)
        if key not in self._known:
            self._known[key] = name is not None and is_named(name, self._wanted[column])
        return self._known[key]


def named(connection: Connection, filters: Filters) -> Mapping[str, Sequence[str]]:
    """For each filter by the words of a name: the names in the archive that have them, by the column they stand in."""
    wanted = {name: getattr(filters, name) for name in COLUMNS}
    return {
        COLUMNS[name]: [one for one in names(connection, name) if is_named(one, words)]
        for name, words in wanted.items()
        if words
    }


def names(connection: Connection, filter_name: str) -> list[str]:
    """Every name that a filter may be given, in alphabetical order."""
    if filter_name == "body":
        return bodies(connection)
    column = tables.proceeding.c[COLUMNS[filter_name]]
    return sorted(connection.execute(select(column).where(column.is_not(None)).distinct()).scalars())
