"""Write a populated archive of the newest schema as SQL text beside this file: `uv run python tests/db/dumps/make.py`.

It holds two days of the invented sample. A dump is made once for each version of the schema and never changed.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import insert

from db import schema, tables
from db.archive import open_archive
from db.transactions import writing
from monitor.collect.revisions import store_readings
from monitor.config.settings import QuestionsSettings
from monitor.demo.coming_api import event, inquiry, oral_question
from monitor.demo.sample import FIRST_DAY, SECOND_DAY, sample
from monitor.model.bounces import BounceKind, Returned, SentMail
from monitor.model.collection import FileOutcome, FileRead
from monitor.model.following import FollowKind, FollowTarget, MarkKind, MuteKind
from monitor.model.promises import PromiseState
from monitor.model.records import House
from monitor.model.sources import Cached, Payload, Reading
from monitor.model.watching import ALL_TOPICS, Subscriber, Topic
from monitor.parliament.calendar import load_calendar
from monitor.pipeline import Pipeline
from scrapers.committees import Committees
from scrapers.http.client import Client
from scrapers.members import MembersSource
from scrapers.oral_questions import OralQuestions
from scrapers.questions_statements.questions import QuestionsSource
from scrapers.whats_on.business import Business
from scrapers.whats_on.calendar import CalendarReader
from tests.builders import a_subscriber
from tests.db.several_sources import printed, without_names
from tests.fakes import FakePost, a_config, at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.archive import Archive
    from monitor.config.settings import Config
    from monitor.demo.parliament import Parliament

TOPICS = (
    Topic(key="scams", name="Online scams", terms=("online scam*", "fraud"), exclude=("electoral fraud",)),
    Topic(key="water", name="Water", terms=("bathing water", "river*")),
    Topic(key="all", name="All", terms=("Government", "NHS", '"the"')),
)


def populate(archive: Archive, clock: list[datetime]) -> None:
    """Put rows into every table but the lease."""
    config = a_config(
        topics=TOPICS,
        subscribers=(
            a_subscriber(topics=("scams", "water", "all")),
            a_subscriber(key="peer", name="A peer", topics=("all",), new_questions=False),
        ),
        questions=QuestionsSettings(houses=(House.COMMONS, House.LORDS)),
    )
    archive.runs.set_fact("instance", "0123456789abcdef0123456789abcdef")
    with sample().parliament() as parliament, Client("mailto:you@example.org", "0", min_interval=0) as client:
        _announce(parliament)
        for day in _days():
            clock[0] = at(day, 18)
            parliament.now = clock[0]
            if day == SECOND_DAY:  # the House changes its mind
                was, now = date(2024, 12, 20), (date(2024, 12, 19), date(2025, 1, 5))
                parliament.calendar.move("Recess", House.COMMONS, *now, near=was)
                parliament.coming.events[0]["StartDate"] = f"{day + timedelta(days=9)}T00:00:00"
            _run(archive, config, parliament, client, clock)
            if day == FIRST_DAY:
                _choose(archive, config, day)
    body = b"<html>an answer that was none</html>"
    odd = Payload(source="questions", key="1", url="https://example.org/1", fetched_at=clock[0], body=body)
    archive.payloads.quarantine(odd, "it is no JSON")
    _store_file(archive, clock[0])
    _return_mail(archive)
    _keep_subscribers(archive)
    [promise, *_] = next(archive.promises.listing())
    archive.promises.decide(promise.number, PromiseState.KEPT, promise.proceeding_id, "it is out", "A peer")
    with writing(archive.engine) as connection:  # as if workers had shared the host
        turn = {"host": "parliament.example", "next_at": clock[0], "paused_until": clock[0] + timedelta(minutes=2)}
        connection.execute(insert(tables.host_turn), [turn])


def _return_mail(archive: Archive) -> None:
    """Let a forged mail come back, and a mail of ours that did not arrive."""
    first = archive.deliveries.listing()[0]
    mail = SentMail(id=first.id, recipient=first.recipient, sent_at=first.sent_at or first.created_at)
    archive.bounces.note("0" * 64, None, Returned(kind=BounceKind.UNSIGNED))
    archive.bounces.note("1" * 64, mail, Returned(kind=BounceKind.HARD, status="5.1.1", diagnostic="smtp; 550 unknown"))


def _keep_subscribers(archive: Archive) -> None:
    """Keep a subscriber in the archive, and one of a config.toml that workers go by."""
    ann = Subscriber(key="ann", name="Ann", email="ann@example.org", topics=(ALL_TOPICS,), at="", cadence="weekly")
    archive.subscribers.add(ann)
    archive.subscribers.note_file("desk:/etc/pqwatch/config.toml", [a_subscriber(topics=("scams", "water"))])


def _choose(archive: Archive, config: Config, day: date) -> None:
    """Let the second subscriber follow, mark and note records, and mute a phrase, which the next digest then leaves out."""
    peer = config.subscribers[1]
    [promise, *_] = next(archive.promises.listing())
    record, number = promise.record, promise.proceeding_id
    target = FollowTarget(kind=FollowKind.RECORD, ref=record.id, proceeding_id=number)
    archive.following.follow(peer, target)
    archive.following.follow(peer, FollowTarget(kind=FollowKind.PROMISE, ref=promise.id, promise_id=promise.number))
    archive.following.follow(peer, FollowTarget(kind=FollowKind.BODY, ref=record.body or "", topic="water"))
    archive.choices.mark(peer, MarkKind.DONE, number)
    archive.choices.mute(peer, MuteKind.PHRASE, "Government", day + timedelta(days=30))
    archive.notes.add(peer, target, "ask again in the spring")


def _store_file(archive: Archive, now: datetime) -> None:
    """Store a file of another source, and two records of one question with a reference, which are then merged."""
    url = "https://example.org/pwdata/answers2009-10-26a.xml"
    file = Payload(source="theyworkforyou", key="wrans/answers2009-10-26a.xml", url=url, fetched_at=now, body=b"<a/>")
    first = printed(refers=("ref:commons:2009-07-20:written_answers:808W",))
    second = replace(without_names(printed("historic")), uin="294961")
    for proceeding in (first, second, replace(second, keys=first.keys)):
        store_readings(
            archive,
            [Reading(payload=replace(file, source=proceeding.source), proceeding=proceeding, key=proceeding.id)],
            today=now.date(),
            is_news=lambda *_: False,
        )
    archive.cache.put(url, Cached(body=b"<a/>", etag='"1"', last_modified="Tue, 27 Oct 2009 06:10:00 GMT"))
    counts = {"records": 1, "new": 1, "changed": 0, "quarantined": 0}
    archive.files.note(
        FileRead(
            source=file.source,
            name=file.key,
            day=first.day,
            stamp="2009-10-27 06:10",
            sha256="0" * 64,
            version=1,
            read_at=now,
            outcome=FileOutcome.READ,
            counts=counts,
            years={2009: counts},
        )
    )


def _announce(parliament: Parliament) -> None:
    """Set down what is coming: business, an oral question and an inquiry."""
    asker = next(iter(parliament.members.values()))
    day, coming = SECOND_DAY + timedelta(days=7), parliament.coming
    coming.events = [event(35_011, "Bathing water", day, "Debate")]
    coming.oral = [oral_question(700_001, "What steps he is taking on fraud.", day, asker, (1, "Home Office"))]
    coming.inquiries = [inquiry(4_001, "Rivers", "<p>The Committee asks about rivers.</p>", FIRST_DAY, day)]
    coming.committees = {4_001: [("Sample Affairs Committee", "Commons")]}


def _days() -> Iterator[date]:
    day = FIRST_DAY - timedelta(days=3)
    while day <= SECOND_DAY:
        yield day
        day += timedelta(days=1)


def _run(archive: Archive, config: Config, parliament: Parliament, client: Client, clock: list[datetime]) -> None:
    Pipeline(
        archive=archive,
        config=config,
        calendar=load_calendar(),
        as_of=clock[0],
        clock=lambda: clock[0],
        sources=[
            QuestionsSource(client, parliament.url),
            OralQuestions(client, parliament.url),
            Business(client, parliament.url),
            Committees(client, parliament.url),
        ],
        members=MembersSource(client, parliament.url),
        calendar_source=CalendarReader(client, parliament.url),
        mailer=FakePost,
    ).run()


def _with_empty_index(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield the dump with virtual tables empty, as if nothing were indexed, because Python can't dump their rows."""
    query = "SELECT name, sql FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE %' ORDER BY name"
    made = dict(connection.execute(query).fetchall())
    for name in made:
        connection.execute(f"DROP TABLE {name}")
    connection.execute("DELETE FROM meta WHERE key IN ('index_version', 'indexed_to', 'stale_to')")
    connection.commit()
    yield from connection.iterdump()
    yield from (f"{statement};" for statement in made.values())


def main() -> None:
    """Write the dump."""
    clock = [at(FIRST_DAY)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "archive.db"
        archive = open_archive(f"sqlite:///{path}", clock=lambda: clock[0])
        populate(archive, clock)
        archive.close()
        with closing(sqlite3.connect(path)) as connection:
            lines = "\n".join(_with_empty_index(connection))
    Path(__file__).with_name(f"{schema.HEAD}.sql").write_text(lines + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
