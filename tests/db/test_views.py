"""Views of the archive, compared with the answers of the program."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect, text

from monitor.collect.revisions import store_readings
from monitor.model.records import Event, Kind
from monitor.model.search import Filters
from monitor.model.sources import Payload, Reading
from monitor.model.watching import Topic
from monitor.parliament.lifecycle import days_taken
from tests.builders import NOW, a_question, a_subscriber, matches_in

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.records import Proceeding

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "archive.md"
VIEWS = ("records", "changes", "found", "topics")

ANSWER = a_question(uin="140001", answer="The samples of each beach were clean.", answered_on=date(2021, 2, 1))
CORRECTED = a_question(uin="140001", answer="No sample was clean.", corrected_on=date(2021, 2, 5), is_correction=True)
OPEN = a_question(uin="140002", answer=None)
STATEMENT = a_question(
    id="s-1", source="statements", kind=Kind.STATEMENT, uin="HCWS1", text="It flows.", question=None, answer=None,
    tabled_on=None, answered_on=None, asked_by=None, made_on=date(2021, 1, 5),
    url="https://questions-statements.parliament.uk/written-statements/detail/2021-01-05/HCWS1",
)  # fmt: skip
PRINTED = a_question(
    id="w-1", source="theyworkforyou", uin=None, tabled_on=None, answered_on=date(2005, 12, 7),
    column="1366W", series="written_answers", url=None,
)  # fmt: skip


def store(archive: Archive, *proceedings: Proceeding) -> None:
    for proceeding in proceedings:
        payload = Payload(source=proceeding.source, key=proceeding.id, url="x", fetched_at=NOW, body=b"{}")
        reading = Reading(payload=payload, proceeding=proceeding)
        store_readings(archive, [reading], today=NOW.date(), is_news=lambda *_: True)


@pytest.fixture
def filled(archive: Archive) -> Archive:
    """Fill an archive with five revisions of four records, and the matches of a topic."""
    store(archive, ANSWER, OPEN, STATEMENT, PRINTED, CORRECTED)
    topic = Topic(key="water", name="Water", terms=("sample", "beach"), exclude=("sea",))
    archive.watch_list.sync([topic], [a_subscriber()], "1")
    work = archive.matches.next_work()
    assert work
    found = [
        (document.revision_id, [match for term in topic.terms for match in _matches(document.parts, term)])
        for batch, _ in archive.matches.read_documents(work)
        for document in batch
    ]
    archive.matches.store(work, found, work.to)
    return archive


def _matches(parts: Any, term: str) -> Any:
    return matches_in(a_question(**{name: parts.get(name) for name in ("heading", "question", "answer", "text")}), term)


def read(archive: Archive, query: str) -> list[dict[str, Any]]:
    with archive.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(text(query))]


def iso(value: Any) -> str | None:
    """Write a date as text, which is how SQLite returns it."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def test_records_has_the_records_that_a_search_lists(filled: Archive) -> None:
    rows = {row["id"]: row for row in read(filled, "SELECT * FROM records")}
    hits = list(filled.search.hits(None, Filters()))
    assert sorted(rows) == sorted(hit.revision.proceeding.id for hit in hits)
    for hit in hits:
        record = hit.revision.proceeding
        row = rows[record.id]
        assert row["revision_id"] == hit.revision.id
        assert row["proceeding_id"] == hit.proceeding_id
        assert (row["heading"], row["question"], row["answer"], row["text"]) == (
            record.heading, record.question, record.answer, record.text,
        )  # fmt: skip
        for name in ("tabled_on", "answered_on", "made_on"):
            assert iso(row[name]) == iso(getattr(record, name))
        assert iso(row["date"]) == iso(record.day)
        assert row["state"] == (record.state.value if record.kind is Kind.QUESTION else None)
        assert row["days_taken"] == (days_taken(record) if record.kind is Kind.QUESTION else None)
        assert row["url"] == record.url
        assert row["report_column"] == record.column
        assert (row["source"], row["body"], row["house"]) == (record.source, record.body, record.house.value)


def test_changes_has_every_revision(filled: Archive) -> None:
    rows = read(filled, "SELECT * FROM changes WHERE id = 'q-140001' ORDER BY number")
    assert [(row["number"], row["answer"], bool(row["is_shown"])) for row in rows] == [
        (1, ANSWER.answer, False),
        (2, CORRECTED.answer, True),
    ]
    assert Event.CORRECTED.value in rows[1]["events"].split()
    assert read(filled, "SELECT count(*) AS number FROM changes") == [{"number": 5}]


def test_found_has_each_match_with_its_topic_and_passage(filled: Archive) -> None:
    rows = read(filled, "SELECT * FROM found WHERE id = 'q-140001' AND part = 'answer' ORDER BY revision_id, starts")
    assert [(row["term"], row["form"], row["passage"][row["starts"] : row["ends"]]) for row in rows] == [
        ("sample", "samples", "samples"),
        ("beach", "beach", "beach"),
        ("sample", "sample", "sample"),
    ]
    assert [bool(row["is_shown"]) for row in rows] == [False, False, True]
    assert {(row["topic"], row["topic_name"], bool(row["is_watched"])) for row in rows} == {("water", "Water", True)}


def test_a_passage_begins_a_little_before_its_match(archive: Archive) -> None:
    long = f"{'Nothing. ' * 30}A beach. {'Nothing. ' * 30}"
    store(archive, a_question(uin="1", question="How?", heading="H", answer=long))
    archive.watch_list.sync([Topic(key="water", name="W", terms=("beach",))], [], "1")
    work = archive.matches.next_work()
    assert work
    [(batch, _)] = archive.matches.read_documents(work)
    archive.matches.store(work, [(batch[0].revision_id, _matches(batch[0].parts, "beach"))], work.to)
    [row] = read(archive, "SELECT * FROM found")
    assert row["passage"] == long[row["starts"] - 60 : row["starts"] + 140]


def test_topics_has_the_watched_terms(filled: Archive) -> None:
    rows = read(filled, "SELECT topic, topic_name, term, exclude, records FROM topics ORDER BY term")
    assert rows == [
        {"topic": "water", "topic_name": "Water", "term": "beach", "exclude": '["sea"]', "records": 0},
        {"topic": "water", "topic_name": "Water", "term": "sample", "exclude": '["sea"]', "records": 4},
    ]
    filled.watch_list.sync([Topic(key="water", name="Water", terms=("beach",), exclude=("sea",))], [], "1")
    assert [row["term"] for row in read(filled, "SELECT * FROM topics")] == ["beach"]
    assert {bool(row["is_watched"]) for row in read(filled, "SELECT * FROM found WHERE term = 'sample'")} == {False}


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("view", VIEWS)
def test_the_manual_explains_every_column(archive: Archive, view: str) -> None:
    with archive.engine.connect() as connection:
        has = [column["name"] for column in inspect(connection).get_columns(view)]
    section = MANUAL.read_text("utf-8").partition(f"### `{view}`\n")[2].partition("\n## ")[0].partition("\n### ")[0]
    explained = [
        name for cell in re.findall(r"(?m)^\| ((?:`\w+`(?:, )?)+) \|", section) for name in re.findall(r"\w+", cell)
    ]
    assert sorted(explained) == sorted(has)


def test_the_queries_in_the_manual_run(filled: Archive) -> None:
    [block] = re.findall(r"(?s)```sql\n(.*?)```", MANUAL.read_text("utf-8"))
    statements = [part for part in block.split(";") if part.strip()]
    assert len(statements) == 4
    found = [read(filled, statement) for statement in statements]
    assert [(row["was"], row["now"]) for row in found[1]] == [(ANSWER.answer, CORRECTED.answer)]
