"""Questions that several sources publish, and the records that an archive makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from db import tables
from monitor.collect.revisions import store_readings
from monitor.model.sources import Payload, Reading
from monitor.parliament.identifiers import number_of_id
from monitor.parliament.lifecycle import fingerprint
from tests.builders import NOW, a_question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from db.archive import Archive
    from monitor.model.collection import Added
    from monitor.model.records import Proceeding

API, THEIRS, HISTORIC = "questions", "theyworkforyou", "historic"
UIN_KEY = "uin:commons:2021-01-26:140001"
NUMBER_KEY = "num:commons:2008-09:294961"


def question_from(source: str, **facts: Any) -> Proceeding:
    """Return a question as a source publishes it, with an id of that source."""
    return a_question(**({"id": f"{source[0]}-1", "source": source} | facts))


def printed(source: str = THEIRS, number: str = "294961", **facts: Any) -> Proceeding:
    """Return a numbered question of October 2009 with its place in the Official Report."""
    given: dict[str, Any] = {
        "id": f"{source[0]}-{number}",
        "uin": number,
        "keys": (f"num:commons:2008-09:{number}",),
        "tabled_on": None,
        "date_for_answer": None,
        "answered_on": date(2009, 10, 26),
        "series": "written_answers",
        "column": "108W",
        "session": "2008-09",
    }
    return question_from(source, **(given | facts))


def reading(proceeding: Proceeding, key: str = "", **facts: Any) -> Reading:
    """Return the reading of a record from a file. `key` defaults to the record's id."""
    payload = Payload(source=proceeding.source, key="a-file.xml", url="x", fetched_at=NOW, body=b"<file/>")
    return Reading(payload=payload, proceeding=proceeding, key=key or proceeding.id, **facts)


def tell(archive: Archive, *proceedings: Proceeding, is_news: Callable[..., bool] = lambda *_: True) -> list[Added]:
    """Store records one after the other."""
    return [
        added
        for proceeding in proceedings
        for added in store_readings(archive, [reading(proceeding)], today=NOW.date(), is_news=is_news)
    ]


def records(archive: Archive) -> list[dict[str, Any]]:
    """Return the records that are not hidden, without row numbers and times."""
    found = []
    with archive.engine.connect() as connection:
        for row in connection.execute(select(tables.proceeding).where(tables.proceeding.c.merged_into.is_(None))):
            revisions = archive.records.revisions(row.id)
            names = [row.public_id, *_of(connection, tables.alias.c.key, tables.alias.c.proceeding_id == row.id)]
            counting = next(revision for revision in revisions if revision.id == row.latest_revision_id)
            found.append(
                {
                    "id": row.public_id,
                    "aliases": sorted(
                        {key for name in names for key in (name, number_of_id(name)) if key and "asked:" not in key}
                    ),
                    "known": _known(connection, row.id, names, {revision.proceeding.id for revision in revisions}),
                    "revisions": sorted(
                        (revision.proceeding.source, revision.number, fingerprint(revision.proceeding))
                        for revision in revisions
                    ),
                    "counts": counting.proceeding,
                    "filters": [row.uin, row.state, row.day, row.answered_on, row.due_floor_on, row.first_column],
                }
            )
    return sorted(found, key=lambda record: record["id"])


def rows(archive: Archive, but: Iterable[str] = ("merging",)) -> dict[str, list[Any]]:
    """Return all rows by table, without the tables in `but`."""
    with archive.engine.connect() as connection:
        return {
            name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for name, table in tables.metadata.tables.items()
            if name not in but
        }


def without_names(proceeding: Proceeding) -> Proceeding:
    """Return a record without keys, UIN and column, so that only its id identifies it."""
    return replace(proceeding, keys=(), uin=None, column=None)


def _known(connection: Any, proceeding_id: int, names: Iterable[str], ids: set[str]) -> list[str]:
    """Return the keys under which the sources of a record know it."""
    table = tables.source_record
    return sorted({*_of(connection, table.c.key, table.c.proceeding_id == proceeding_id), *ids.intersection(names)})


def _of(connection: Any, column: Any, where: Any) -> list[str]:
    return sorted(connection.execute(select(column).where(where)).scalars())
