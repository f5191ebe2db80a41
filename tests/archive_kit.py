"""Archives filled with records, as if sources had sent them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from monitor.collect.revisions import store_readings
from monitor.model.sources import Payload, Reading

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.records import Proceeding

READ_AT = datetime(2021, 2, 2, 6, 30, tzinfo=UTC)


def store(archive: Archive, *records: Proceeding, is_news: bool = True, read_at: datetime = READ_AT) -> None:
    """Store records in this order, those of one source that stand together in one transaction."""
    for source, together in groupby(records, key=lambda record: record.source):
        readings = [
            Reading(
                payload=Payload(source=source, key=record.id, url="", fetched_at=read_at, body=repr(record).encode()),
                proceeding=record,
            )
            for record in together
        ]
        store_readings(archive, readings, today=read_at.date(), is_news=lambda *_: is_news)
