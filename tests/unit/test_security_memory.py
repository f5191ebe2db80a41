"""Memory use with hostile bodies: it does not grow with the number of records, whatever each contains."""

from __future__ import annotations

import gc
import gzip
import json
import re
import tracemalloc
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest

from monitor.collect.history import Reparse
from monitor.collect.news import Scope
from monitor.collect.windows import WindowCollector
from monitor.model.records import House
from monitor.parliament.calendar import load_calendar
from scrapers.http.client import Client
from scrapers.members import MembersSource
from scrapers.questions_statements.questions import QuestionsSource
from tests.fakes import Clock, at, new_archive
from tests.reliability.hostile_http import record
from tests.scrapers.faulty import Asked, FaultyServer, Reply, Time, as_json, http

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from db.archive import Archive

MIB = 1024 * 1024
BOUND = 64 * MIB
FEW, MANY = 4, 12
"""Peaks with few records are compared with peaks with many. The largest body alone needs several copies."""
DAY = date(2031, 3, 11)
WHITE = b" " * (19 * MIB)


def _padded(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry).encode()[:-1] + WHITE + b"}"


@lru_cache(1)
def _pack(body: bytes) -> bytes:
    """Pack a body. Most kinds have the same for every question, and packing one takes longer than reading it."""
    return gzip.compress(body, 1)


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "bomb": lambda _: b" " * (22 * MIB),
    "endless text": lambda _: json.dumps({"value": {"answerText": "x" * len(WHITE)}}).encode(),
    "no JSON": lambda _: WHITE + b"{",
    "no question": lambda _: _padded({"value": {"id": 1}}),
    "good, and padded": lambda number: _padded(record(number, "Twelve.")),
}
"""Hostile bodies of some twenty megabytes by the number of the requested question. Packed, each has some twenty kB."""


def answers(hostile: Callable[[int], bytes], count: int) -> Callable[[Asked], Reply]:
    """Make a source with `count` answered questions in a day, of which every other one has hostile details.

    The good ones between them keep the circuit of the host closed, so that all are requested.
    """

    packed = {number: _pack(hostile(number)) for number in range(1, count + 1, 2)}

    def answer(asked: Asked) -> Reply:
        if "/api/Members" in asked.target:
            return http(b"", 404)
        if found := re.search(r"/questions/(\d+)", asked.target):
            number = int(found[1])
            if number % 2:
                return http(packed[number], headers=["Content-Encoding: gzip"])
            return as_json(record(number, "Twelve."))
        in_list = range(1, count + 1) if "answeredWhen" in asked.target else ()
        entries = [record(number, "Twelve.") for number in in_list]
        return as_json({"totalResults": len(entries), "results": entries})

    return answer


@contextmanager
def reading(folder: Path, answer: Callable[[Asked], Reply]) -> Iterator[tuple[Archive, WindowCollector, FaultyServer]]:
    """Set up a collect of one day from such a source, into an archive of its own."""
    clock, time = Clock(at(DAY, 20)), Time()
    folder.mkdir()
    archive = new_archive(folder, clock)
    try:
        with FaultyServer(answer) as server, Client("x", "1", clock=time.clock, sleep=time.sleep) as client:
            collect = WindowCollector(
                archive=archive,
                source=QuestionsSource(client, server.url, (House.COMMONS,)),
                members=MembersSource(client, server.url),
                scope=Scope(as_of=at(DAY, 20), look_back_days=1, first=DAY, last=DAY),
                calendar=load_calendar(),
                clock=clock,
            )
            yield archive, collect, server
    finally:
        archive.close()


def peak_of(work: Callable[[], object]) -> int:
    """Return the peak of memory that Python used for the work, with garbage collection off."""
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.enable()


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_memory_does_not_grow_with_hostile_records(tmp_path: Path, hostile: Callable[[int], bytes]) -> None:
    peaks = {}
    for count in (FEW, MANY):
        with reading(tmp_path / str(count), answers(hostile, count)) as (archive, collect, server):
            peaks[count] = [peak_of(collect.run)]
            peaks[count].append(
                peak_of(
                    lambda: Reparse(archive=archive, scope=collect.scope, clock=collect.clock).windows(collect.source)
                )
            )
            asked = {
                request.target.partition("?")[0]
                for request in server.asked
                if re.search(r"/questions/\d", request.target)
            }
            assert len(asked) == count  # every question was requested
            assert collect.counts.new >= count // 2  # the good ones are stored
    for few, many in zip(peaks[FEW], peaks[MANY], strict=True):
        assert many < few + BOUND, f"{many / MIB:.0f} MiB for {MANY} records, {few / MIB:.0f} MiB for {FEW}"


@pytest.mark.parametrize("kind", ["bomb", "endless text", "no JSON"])
def test_a_host_whose_answers_are_all_too_much_is_left_alone(tmp_path: Path, kind: str) -> None:
    packed = _pack(HOSTILE[kind](1))

    def answer(asked: Asked) -> Reply:
        is_detail = re.search(r"/questions/\d", asked.target)
        return http(packed, headers=["Content-Encoding: gzip"]) if is_detail else listed(asked)

    listed = answers(lambda _: b"", MANY)
    with reading(tmp_path / "archive", answer) as (_, collect, server):
        collect.run()
    asked = {request.target for request in server.asked if re.search(r"/questions/\d", request.target)}
    assert 5 <= len(asked) < 5 + 2 * 4  # a few requests were already under way
    assert any("not asked again in this run" in failure for failure in collect.counts.failures)
