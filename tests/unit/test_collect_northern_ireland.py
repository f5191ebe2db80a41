"""Collecting from the Northern Ireland Assembly: each answer is read once, whichever way the archive was read before."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from monitor.collect.file_counts import FileCounts
from monitor.collect.history import Reparse, backfill_windows
from monitor.collect.news import Scope
from monitor.collect.windows import WindowCollector
from scrapers.http.client import Client
from scrapers.northern_ireland import NorthernIrelandSource
from tests.fakes import Clock, World, new_archive
from tests.scrapers.assembly import Assembly, an_answer
from tests.scrapers.faulty import FaultyServer, Time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from monitor.collect.window_results import WindowCounts
    from monitor.model.sources import Listed, Window, WindowPage

TODAY = date(2031, 6, 17)
EVENING = datetime(2031, 6, 17, 18, tzinfo=UTC)
TABLE = "<p>By year:</p><table><tr><td>2029</td><td>7</td></tr></table><p>See <a href='https://a.example'>here</a>.</p>"


def day(before: int) -> date:
    return TODAY - timedelta(days=before)


class OldWay(NorthernIrelandSource):
    """The source as it was before lists were read for their answers: each question in full, a day at a time."""

    def __init__(self, client: Client, base_url: str) -> None:
        super().__init__(client, base_url)
        self._hashes: dict[str, str] = {}

    def read_ahead(self, windows: Sequence[Window]) -> None:
        del windows

    def read_window(self, window: Window) -> Iterator[WindowPage]:
        for page in super().read_window(window):
            yield replace(page, entries=tuple(self._entry(window, entry) for entry in page.entries))

    def _entry(self, window: Window, entry: Listed) -> Listed:
        key, body = entry.payload.key, entry.payload.body
        if window.by == "answered":
            self._hashes[key] = hashlib.sha256(b"answered " + body).hexdigest()
        list_hash = self._hashes.get(key) or hashlib.sha256(body).hexdigest()
        return replace(entry, proceeding=None, lacks_answers=False, list_hash=list_hash)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Clock(EVENING)
    archive = new_archive(tmp_path, clock)
    yield World(archive, clock)
    archive.close()


@contextmanager
def source_of(
    assembly: Assembly, kind: type[NorthernIrelandSource] = NorthernIrelandSource
) -> Iterator[NorthernIrelandSource]:
    time = Time()
    with (
        FaultyServer(assembly.answer) as server,
        Client("x", "1", clock=time.clock, sleep=time.sleep, now=lambda: EVENING) as client,
    ):
        yield kind(client, server.url)


def collected(
    world: World,
    assembly: Assembly,
    kind: type[NorthernIrelandSource] = NorthernIrelandSource,
    *,
    days_later: int = 0,
    **scope: Any,
) -> WindowCounts:
    """Collect as of an evening, or backfill the days of `scope`."""
    with source_of(assembly, kind) as source:
        as_of = EVENING + timedelta(days=days_later)
        world.clock.now = as_of
        collect = WindowCollector(
            archive=world.archive,
            source=source,
            members=world.members,
            scope=Scope(as_of=as_of, look_back_days=14, **scope),
            calendar=world.calendar,
            clock=world.clock,
            is_history=bool(scope),
        )
        if scope:
            backfill_windows(collect, FileCounts())
            return collect.counts
        return collect.run()


def revisions(world: World) -> list[tuple[str, int, str, bool]]:
    query = (
        "SELECT p.public_id, r.number, r.events, r.is_news"
        " FROM revision r JOIN proceeding p ON p.id = r.proceeding_id ORDER BY r.id"
    )
    with world.archive.engine.connect() as connection:
        return [(row[0], row[1], row[2], bool(row[3])) for row in connection.execute(text(query))]


def answers(*numbers: int, html: str = TABLE, plain: str = "By year: in 2029 there were 7") -> list[dict[str, Any]]:
    return [
        an_answer(number, day(number + 3), day(number), AnswerHtml=html, AnswerPlainText=plain) for number in numbers
    ]


def test_answers_come_from_the_lists_without_a_detail(world: World) -> None:
    assembly = Assembly(*answers(1, 2, 3), an_answer(9, day(2), None))
    counts = collected(world, assembly)
    assert counts.failures == []
    assert sorted(public for public, *_ in revisions(world)) == ["ni-900001", "ni-900002", "ni-900003", "ni-900009"]
    assert assembly.details == ["900009"]
    assert assembly.ranges == [("answered", 14), ("tabled", 14)]


def test_nothing_is_read_or_told_again_in_the_next_run(world: World) -> None:
    assembly = Assembly(*answers(1, 2, 3), an_answer(9, day(2), None))
    collected(world, assembly)
    before, asked = revisions(world), list(assembly.details)
    for days_later in (0, 1, 2, 8):
        counts = collected(world, assembly, days_later=days_later)
        assert (counts.new, counts.changed, counts.failures) == (0, 0, [])
    assert (revisions(world), assembly.details) == (before, asked)


def test_an_answer_that_comes_is_told_once(world: World) -> None:
    assembly = Assembly(an_answer(9, day(2), None))
    collected(world, assembly, days_later=-1)
    assembly.questions["900009"] = an_answer(9, day(2), TODAY)
    collected(world, assembly)
    collected(world, assembly, days_later=1)
    found = revisions(world)
    assert [(number, "answered" in events, is_news) for _, number, events, is_news in found] == [
        (1, False, False),
        (2, True, True),
    ]


def test_a_plain_text_in_other_words_than_the_mark_up_is_no_edit(world: World) -> None:
    in_steps: dict[str, Any] = {
        "AnswerHtml": "<p>Two steps:</p><ol><li>Repairs.</li><li>Loans.</li></ol>",
        "AnswerPlainText": "Two steps:\r\n1. Repairs.\r\n2. Loans.",
    }
    assembly = Assembly(an_answer(9, day(2), None))
    collected(world, assembly, days_later=-1)
    assembly.questions["900009"] = an_answer(9, day(2), TODAY, **in_steps)
    for days_later in range(16):
        collected(world, assembly, days_later=days_later)
    assert [events for _, _, events, _ in revisions(world)] == ["tabled", "answered"]


def test_an_edit_is_seen_in_the_list(world: World) -> None:
    assembly = Assembly(*answers(3))
    collected(world, assembly)
    assembly.questions["900003"]["AnswerPlainText"] = "By year: in 2029 there were 8"
    collected(world, assembly, days_later=1)
    assert ["edited" in events for _, _, events, _ in revisions(world)] == [False, True]
    assert assembly.details == []


@pytest.mark.parametrize("days_later", [0, 1, 3])
def test_an_archive_read_the_old_way_goes_on_without_telling_twice(world: World, days_later: int) -> None:
    assembly = Assembly(*answers(0, 1, 2, 5), an_answer(9, day(2), None))
    collected(world, assembly, OldWay)
    assert sorted(assembly.details) == ["900000", "900001", "900002", "900005", "900009"]
    before = revisions(world)
    counts = collected(world, assembly, days_later=days_later)
    assert (counts.new, counts.changed, counts.failures) == (0, 0, [])
    assert revisions(world) == before


def test_an_answer_after_the_change_of_ways_is_not_lost(world: World) -> None:
    assembly = Assembly(*answers(1), an_answer(9, day(2), None))
    collected(world, assembly, OldWay)
    assembly.questions["900009"] = an_answer(9, day(2), TODAY + timedelta(days=1), AnswerHtml="")
    counts = collected(world, assembly, days_later=1)
    assert (counts.new, counts.changed) == (0, 1)
    assert [events for public, number, events, _ in revisions(world) if (public, number) == ("ni-900009", 2)] == [
        "answered"
    ]


def test_kept_bytes_of_both_ways_are_parsed_again(world: World) -> None:
    assembly = Assembly(*answers(1, 2))
    collected(world, assembly, OldWay)
    assembly.questions |= {asked["DocumentId"]: asked for asked in answers(4)}
    collected(world, assembly, days_later=1)
    before = revisions(world)
    with source_of(assembly) as source:
        again = Reparse(archive=world.archive, scope=Scope(as_of=EVENING, look_back_days=14), clock=world.clock)
        again.windows(source)
    assert again.counts == {"payloads": 3, "new": 0, "changed": 0, "quarantined": 0}
    assert revisions(world) == before


def test_a_backfill_asks_for_ranges_and_goes_on_where_it_was(world: World) -> None:
    assembly = Assembly(*answers(40, 60, 90, 300), an_answer(9, day(70), None))
    counts = collected(world, assembly, first=day(340), last=day(20))
    assert (counts.new, counts.incomplete, counts.failures) == (5, 0, [])
    assert assembly.details == ["900009"]
    assert max(days for _, days in assembly.ranges) <= 183
    assert len(assembly.ranges) < 12
    assert not any(is_news for *_, is_news in revisions(world))
    before = len(assembly.ranges)
    collected(world, assembly, first=day(340), last=day(20))
    assert len(assembly.ranges) == before


def test_a_resumed_backfill_does_not_take_an_answer_for_an_edit(world: World) -> None:
    """The lists of answers were read by an earlier process, and the list of tabled questions shows no answers."""
    assembly = Assembly(*answers(40))
    collected(world, assembly, first=day(40), last=day(20))
    collected(world, assembly, first=day(60), last=day(20))
    assert [number for _, number, _, _ in revisions(world)] == [1]
    assert assembly.details == []
