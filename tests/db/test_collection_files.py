"""List of files that were read, and responses kept for conditional requests, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from monitor.model.collection import FileOutcome, FileRead
from monitor.model.sources import Cached
from tests.builders import NOW

if TYPE_CHECKING:
    from db.archive import Archive

READ = FileRead(
    source="theyworkforyou",
    name="wrans/answers2009-10-26a.xml",
    day=date(2009, 10, 26),
    stamp="2009-10-27 06:10",
    sha256="0" * 64,
    version=3,
    read_at=NOW,
    outcome=FileOutcome.READ,
    counts={"records": 12, "new": 11, "changed": 0, "quarantined": 1},
    years={2009: {"records": 12, "new": 11, "changed": 0, "quarantined": 1}},
)


def test_a_file_is_listed_as_it_was_last_read(archive: Archive) -> None:
    again = replace(READ, stamp="2009-10-28 06:10", outcome=FileOutcome.QUARANTINED, note="it ends too soon", day=None)
    archive.files.note(READ)
    archive.files.note(again)
    assert archive.files.known("theyworkforyou") == {READ.name: again}


def test_files_are_listed_by_source(archive: Archive) -> None:
    volume = replace(READ, source="historic", name="S6CV0089P0.xml")
    archive.files.note(READ)
    archive.files.note(volume)
    assert archive.files.listing() == [volume, READ]
    assert archive.files.listing("theyworkforyou") == [READ]
    assert archive.files.known("historic") == {volume.name: volume}


def test_the_newest_response_of_an_address_is_kept(archive: Archive) -> None:
    url = "https://example.org/changedates.txt"
    assert archive.cache.get(url) is None
    archive.cache.put(url, Cached(body=b"first", etag='"1"'))
    archive.cache.put(url, Cached(body=b"second" * 100, last_modified="Tue, 27 Oct 2009 06:10:00 GMT"))
    kept = Cached(body=b"second" * 100, last_modified="Tue, 27 Oct 2009 06:10:00 GMT")
    assert archive.cache.get(url) == kept
    assert archive.cache.get(f"{url}?") is None
