"""Hashes and label_answer of answers, kept with the index: similar answers and non-answers are found by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete

from db import tables
from db.rows import insert_all
from monitor.parliament.answer_labels import label_answer
from monitor.text.similarity import marks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection


def empty_answer_hashes(connection: Connection) -> None:
    """Take all of it out."""
    for table in tables.index_metadata.sorted_tables:
        connection.execute(delete(table))


def add_answer_hashes(connection: Connection, rows: Iterable[tuple[int, str, str]]) -> None:
    """Put in what there is of answers: the number of the row in the index, the plain text, its search form.

    Rows go in in the order of their keys, in which a database takes them fastest and keeps them closest.
    """
    found: list[tuple[int, int]] = []
    labelled: list[tuple[str, int]] = []
    for row, answer, form in rows:
        found += [(mark, row) for mark in marks(form)]
        labelled += [(label.name, row) for label in label_answer(answer)]
    insert_all(connection, tables.likeness, [{"hash": mark, "row_number": row} for mark, row in sorted(found)])
    insert_all(connection, tables.label, [{"name": name, "row_number": row} for name, row in sorted(labelled)])
