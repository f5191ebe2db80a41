"""Which words the archive has, as far as the index knows, and in about how many records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from db import index_query
from monitor.model.index_query import Run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection


def known_words(connection: Connection, words: Iterable[str], at_most: int) -> dict[str, int]:
    """Those of the words that the archive has, with how many revisions have them; no more than `at_most` are counted.

    What stands only in the formulas of questions, or in names of offices, counts for nothing: nobody would find it.
    """
    if connection.dialect.name == "sqlite":
        ask, query = index_query.fts5, "SELECT 1 FROM full_text WHERE full_text MATCH :asked LIMIT :most"
    else:
        ask, query = index_query.tsquery, "SELECT 1 FROM full_text WHERE words @@ CAST(:asked AS tsquery) LIMIT :most"
        # Else the planner may go through all rows for a word that none has, hoping to meet one that does.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    asked = [(word, ask(Run((word,), is_alone=True, in_names=False))) for word in words]
    counts = {
        word: len(connection.execute(text(query), {"asked": said, "most": at_most}).all())
        for word, said in asked
        if said is not None
    }
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("SET LOCAL enable_seqscan = on")
    return {word: count for word, count in counts.items() if count}
