"""Listing of a source's files in batches, and the number still to come."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from monitor.collect.file_listing import Listing
from monitor.model.sources import FileRef
from tests.fakes import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator

MONDAY = date(2009, 10, 26)
DAY = timedelta(days=1)


def slowly(clock: Clock, *refs: FileRef) -> Iterator[FileRef]:
    for ref in refs:
        clock.tick(seconds=0.9)
        yield ref


def test_quick_listing_is_one_batch_without_duplicates() -> None:
    refs = [
        FileRef(name=name, day=day) for name, day in (("a", MONDAY), ("b", None), ("a", MONDAY), ("c", MONDAY - DAY))
    ]
    listing = Listing(refs, Clock())
    assert listing.left() is None
    assert [[ref.name for ref in batch] for batch in listing] == [["a", "b", "c"]]
    assert (listing.is_at_end, listing.left()) == (True, 0)
    assert (listing.newest_on, listing.newest_before(MONDAY)) == (MONDAY, MONDAY - DAY)
    assert listing.newest_before(MONDAY - DAY) is None


def test_slow_listing_comes_in_batches() -> None:
    clock = Clock()
    refs = [FileRef(name=str(number), day=MONDAY - number * DAY) for number in range(7)]
    listing = Listing(slowly(clock, *refs), clock, MONDAY - 9 * DAY)
    batches = [([ref.name for ref in batch], listing.left()) for batch in listing]
    assert batches == [(["0", "1", "2"], 10), (["3", "4", "5"], 5), (["6"], 0)]


def test_number_to_come_is_unknown_without_a_first_day() -> None:
    clock = Clock()
    refs = [FileRef(name=str(number), day=MONDAY - number * DAY) for number in range(4)]
    assert [listing.left() for listing in [Listing(slowly(clock, *refs), clock)] for _ in listing] == [None, 0]


def test_empty_listing_has_no_files() -> None:
    listing = Listing([], Clock())
    assert list(listing) == [[]]
    assert listing.newest_on is None
