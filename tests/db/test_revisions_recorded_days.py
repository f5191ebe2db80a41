"""Replay of recorded days: the archive holds what Parliament published, with one revision and event for each change.

The expected values are counted here from the recorded JSON alone.
"""

from __future__ import annotations

import gzip
import html
import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from db import tables
from db.records import load
from monitor.collect.revisions import store_readings
from monitor.config.settings import QuestionsSettings
from monitor.demo.parliament import Parliament
from monitor.model.records import Event, House
from monitor.model.search import Filters
from monitor.model.sources import Payload, Reading
from monitor.parliament.calendar import load_calendar
from monitor.pipeline import Pipeline
from monitor.research.stats.tally import tally
from scrapers.http.client import Client
from scrapers.members import MembersSource
from scrapers.questions_statements.questions import QuestionsSource
from tests.fakes import FakePost, a_config, at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from db.archive import Archive
    from monitor.model.records import Member, Proceeding, Revision
    from tests.fakes import Clock

Value = dict[str, Any]

NOT_REPORTED = {"memberHasInterest", "askingMember", "answeringMember", "correctingMember", "comparableAnswerText"}
TEXTS = ("heading", "questionText", "answerText")
EACH = 3
"""One item in this many is read."""

REPLAYED, REST = 6, 2
"""One question in `REPLAYED` is replayed, which is enough: all change alike. One of those with this `REST` goes missing."""


def snapshots(shared_data: Path) -> list[tuple[date, dict[int, Value]]]:
    found = []
    for path in sorted((shared_data / "written-questions-api" / "snapshots-2024-11").glob("*.json.gz")):
        day = date.fromisoformat(path.name.split("asof-")[1][:10])
        entries = json.loads(gzip.decompress(path.read_bytes()))
        values = [entry["value"] for entry in entries]
        found.append((day, {value["id"]: value for value in values if value["id"] % REPLAYED == REST}))
    return found


def words(text: str | None) -> list[str]:
    return re.findall(r"\w+", html.unescape(text or "").casefold())


def reported(value: Value) -> Value:
    """Return the fields of a value whose changes are reported, with texts as plain words."""
    return {
        key: plain_words(field) if key in TEXTS else field for key, field in value.items() if key not in NOT_REPORTED
    }


def plain_words(text: str | None) -> list[str]:
    """Return the words of a text with their commas, but without quotation marks and dashes."""
    return re.sub("[-\u2010-\u201f\"']+", " ", html.unescape(text or "").casefold()).split()


def day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def number(member: Member | None) -> int | None:
    return member.member_id if member else None


def published(value: Value) -> tuple[Any, ...]:
    return (
        value["uin"],
        House(value["house"].lower()),
        *(words(value[key]) for key in TEXTS),
        value["answeringBodyId"],
        value["answeringBodyName"],
        *(
            day(value[f"date{name}"])
            for name in ("Tabled", "ForAnswer", "HoldingAnswer", "Answered", "AnswerCorrected")
        ),
        *(value[key] for key in ("isNamedDay", "answerIsHolding", "answerIsCorrection", "isWithdrawn")),
        value["memberHasInterest"],
        *(value[f"{role}MemberId"] for role in ("asking", "answering", "correcting")),
        sorted(value["groupedQuestions"]),
    )


def kept(proceeding: Proceeding) -> tuple[Any, ...]:
    return (
        proceeding.uin,
        proceeding.house,
        *(words(text) for text in (proceeding.heading, proceeding.question, proceeding.answer)),
        proceeding.body_id,
        proceeding.body,
        *(
            proceeding.tabled_on,
            proceeding.date_for_answer,
            proceeding.holding_on,
            proceeding.answered_on,
            proceeding.corrected_on,
        ),
        *(proceeding.named_day, proceeding.is_holding, proceeding.is_correction, proceeding.is_withdrawn),
        proceeding.has_interest,
        *(number(proceeding.asked_by), number(proceeding.answered_by), number(proceeding.corrected_by)),
        sorted(grouped.uin for grouped in proceeding.grouped_with),
    )


def revisions(archive: Archive) -> dict[int, list[Revision]]:
    """Return all revisions by the API's id of the question, oldest first."""
    found: dict[int, list[Revision]] = {}
    with archive.engine.connect() as connection:
        for revision in load(connection, tables.revision.c.id > 0):
            found.setdefault(int(revision.proceeding.id.removeprefix("q-")), []).append(revision)
    return found


def collect(archive: Archive, clock: Clock, parliament: Parliament, client: Client, day: date) -> dict[str, int]:
    pipeline = Pipeline(
        archive=archive,
        config=a_config(questions=QuestionsSettings(houses=(House.COMMONS,))),
        calendar=load_calendar(),
        as_of=at(day, 23, 59),
        clock=clock,
        sources=[QuestionsSource(client, parliament.url, (House.COMMONS,))],
        members=MembersSource(client, parliament.url),
        mailer=FakePost,
    )
    pipeline.collect()
    assert pipeline.report.failures == []
    return dict(pipeline.report.stages["collect"])


def expected_revisions(looks: list[tuple[date, dict[int, Value]]]) -> dict[int, int]:
    """Return how often each question was seen in a state that differs from the one before."""
    latest: dict[int, Value] = {}
    count: Counter[int] = Counter()
    for _, values in looks:
        for key, value in values.items():
            if key not in latest or reported(latest[key]) != reported(value):
                count[key] += 1
            latest[key] = value
    return count


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_eight_recorded_days(archive: Archive, clock: Clock, shared_data: Path) -> None:
    looks = snapshots(shared_data)
    with Parliament.from_values([]) as parliament, Client("mailto:you@example.org", "0", min_interval=0) as client:
        for step, (today, values) in enumerate(looks, 1):
            parliament.replace(values.values())
            counts = collect(archive, clock, parliament, client, today)
            held = revisions(archive)
            assert {key: kept(held[key][-1].proceeding) for key in values} == {
                key: published(value) for key, value in values.items()
            }
            assert {key: len(of_question) for key, of_question in held.items()} == expected_revisions(looks[:step])
            assert counts["incomplete"] == 0
        check_events(looks, held)
        requests = len(parliament.requests)
        counts = collect(archive, clock, parliament, client, looks[-1][0])
        # One question was missing in the run before. It is looked up once more and is then withdrawn.
        assert (counts["new"], counts["changed"], counts["details"]) == (0, 1, 1)
        assert len(parliament.requests) - requests < 20
        counts = collect(archive, clock, parliament, client, looks[-1][0] + timedelta(days=1))
        assert (counts["new"], counts["changed"]) == (0, 0)
    [gone] = set(revisions(archive)) - set(looks[-1][1])
    assert [revision.events for revision in revisions(archive)[gone]][-1] == (Event.WITHDRAWN,)


def check_events(looks: list[tuple[date, dict[int, Value]]], held: dict[int, list[Revision]]) -> None:
    """Check that the events are those that the changes in the JSON, counted key by key, call for."""
    latest: dict[int, Value] = {}
    first: Counter[str] = Counter()
    changes: list[set[str]] = []
    for _, values in looks:
        for key, value in values.items():
            if key not in latest:
                first["answered" if value["dateAnswered"] else "tabled"] += 1
            elif latest[key] != value:
                changes.append({name for name in value if value[name] != latest[key][name]})
            latest[key] = value
    events_by_change = [revision.events for of_question in held.values() for revision in of_question[1:]]
    named = Counter(event for events in events_by_change for event in events)
    assert Counter(of_question[0].events[0].value for of_question in held.values()) == first
    assert len(changes) == 182
    assert events_by_change.count((Event.TITLED,)) == changes.count({"heading"}) == 111
    assert named[Event.TRANSFERRED] == sum("answeringBodyId" in change for change in changes) == 13
    assert named[Event.ANSWERED] == sum("dateAnswered" in change for change in changes) == 49
    assert events_by_change.count((Event.RESCHEDULED,)) == changes.count({"dateForAnswer"}) == 2
    assert named[Event.REGROUPED] == sum("groupedQuestions" in change for change in changes) == 12
    assert all(events_by_change)
    events = {Event.TITLED, Event.TRANSFERRED, Event.ANSWERED, Event.RESCHEDULED, Event.REGROUPED, Event.REWORDED}
    assert set(named) == events


def entries(shared_data: Path) -> Iterator[Value]:
    """Yield a part of the recordings of both Houses in 2021 and of a month of details, and all edge cases."""
    folder = shared_data / "written-questions-api"
    for path in sorted(folder.glob("recorded-2021-02-01/wqapi_*_fetch_[aq]*.json")):
        yield from json.loads(path.read_text())["results"][::EACH]
    details = gzip.decompress((folder / "detail-commons-tabled-2024-08.jsonl.gz").read_bytes()).splitlines()
    for line in details[::EACH]:
        value = json.loads(line)
        del value["textIsComplete"]  # the recorder's key, not Parliament's
        yield {"value": value}
    yield from (edge["item"] for edge in json.loads((folder / "edge-cases.json").read_text()))


def test_recorded_items_are_read_back_field_by_field(archive: Archive, shared_data: Path) -> None:
    with Client("mailto:you@example.org", "0", min_interval=0) as client:
        source = QuestionsSource(client, "https://questions.example")
        readings: dict[str, Reading] = {}
        for entry in entries(shared_data):
            key = str(entry["value"]["id"])
            payload = payload_of(key, json.dumps(entry).encode())
            readings[key] = Reading(payload=payload, proceeding=source.parse(payload))
        for start in range(0, len(readings), 100):
            batch = list(readings.values())[start : start + 100]
            store_readings(archive, batch, today=date(2021, 2, 1), is_news=lambda *_: False)
    stored = {key: reading.proceeding for key, reading in readings.items()}
    newest = {key: of_question[-1].proceeding for key, of_question in revisions(archive).items()}
    assert len(newest) > 650
    assert {proceeding.house for proceeding in newest.values()} == {House.COMMONS, House.LORDS}
    for key, proceeding in stored.items():
        assert newest[int(key)] == proceeding
    bodies = {payload.key: payload.body for payload in archive.payloads.newest()}
    assert {key: source.parse(payload_of(key, body)) for key, body in bodies.items()} == stored
    with archive.engine.connect() as connection:
        states = Counter(connection.execute(select(tables.proceeding.c.state)).scalars())
    assert states == Counter(proceeding.state.value for proceeding in stored.values())


def payload_of(key: str, body: bytes) -> Payload:
    return Payload(source="questions", key=key, url="x", fetched_at=datetime(2021, 2, 1, tzinfo=UTC), body=body)


def test_statistics_of_recorded_questions_agree_with_the_recorded_values(archive: Archive, shared_data: Path) -> None:
    values: dict[str, Value] = {}
    for entry in entries(shared_data):
        values[str(entry["value"]["id"])] = entry["value"]
    with Client("mailto:you@example.org", "0", min_interval=0) as client:
        source = QuestionsSource(client, "https://questions.example")
        bodies = {key: json.dumps({"value": value}).encode() for key, value in values.items()}
        readings = [
            Reading(payload=payload_of(key, body), proceeding=source.parse(payload_of(key, body)))
            for key, body in bodies.items()
        ]
    for start in range(0, len(readings), 200):
        store_readings(archive, readings[start : start + 200], today=date(2021, 2, 1), is_news=lambda *_: False)
    one_by_one = list(archive.statistics.counted(None, Filters(), ["body"]))
    alike = list(archive.statistics.counted(None, Filters(), ["body"], together=True))
    found = tally(one_by_one, ["body"], load_calendar(), date(2026, 1, 1))
    assert tally(alike, ["body"], load_calendar(), date(2026, 1, 1)) == found
    assert len(alike) < len(one_by_one) == sum(record.records for record in alike) == found.total.records
    counted = {row.key[0]: (row.measures.records, row.measures.answered) for row in found.rows}
    asked = Counter(value["answeringBodyName"] for value in values.values())
    answered = Counter(value["answeringBodyName"] for value in values.values() if has_answer(value))
    assert counted == {body: (number, answered[body]) for body, number in asked.items()}
    assert sum(value["answerIsHolding"] or False for value in values.values()) > 5


def has_answer(value: Value) -> bool:
    return bool(value["dateAnswered"]) and not value["answerIsHolding"] and not value["isWithdrawn"]
