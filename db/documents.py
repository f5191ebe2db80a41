"""Revisions as the matcher reads them: texts, search forms, and what filters look at."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import select

from db import tables
from db.members import with_names
from db.rows import chunks, load_parts, proceeding_of
from monitor.model.archive import Document
from monitor.text.search_form import search_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from monitor.model.records import Facts

    Reading = Callable[[], AbstractContextManager[Connection]]


def documents(connection: Connection, revision_ids: Sequence[int], reading: Reading | None = None) -> list[Document]:
    """Read revisions, in the order given. Their facts are read when one is asked for, all at once.

    `reading` makes the connection for that. Without it this connection is used, which must still be open then.
    """
    facts = _Facts(revision_ids, reading or (lambda: nullcontext(connection)))
    found: dict[int, dict[str, str]] = {}
    for chunk in chunks(revision_ids):
        found |= load_parts(connection, chunk)
    return [
        Document(revision_id=revision_id, parts=parts, forms=_Forms(parts), facts=partial(facts.of, revision_id))
        for revision_id in revision_ids
        for parts in [found.get(revision_id, {})]
    ]


class _Forms(Mapping[str, str]):
    """Search forms of parts, by name, each made when it is asked for: a search of headings makes none of answers."""

    __slots__ = ("_made", "_parts")

    def __init__(self, parts: Mapping[str, str]) -> None:
        self._parts = parts
        self._made: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = search_form(self._parts[name], is_heading=name == "heading")
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


class _Facts:
    """Facts of some revisions, read from the archive when the first is asked for."""

    def __init__(self, revision_ids: Sequence[int], reading: Reading) -> None:
        self._ids = revision_ids
        self._reading = reading
        self._found: dict[int, Facts] = {}

    def of(self, revision_id: int) -> Facts:
        """Return the facts of one revision."""
        if not self._found:
            with self._reading() as connection:
                for chunk in chunks(self._ids):
                    self._found |= _facts(connection, chunk)
        return self._found[revision_id]


def _facts(connection: Connection, revision_ids: Sequence[int]) -> dict[int, Facts]:
    table = tables.revision
    query = select(table.c.id, table.c.facts).where(table.c.id.in_(revision_ids))
    rows = connection.execute(query).all()
    named = with_names(connection, [proceeding_of(facts, {}) for _, facts in rows])
    return {revision_id: proceeding.facts for (revision_id, _), proceeding in zip(rows, named, strict=True)}
