"""Changes of topics, and of who is told of what, while a round of shared work is under way."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.config.merging import with_subscribers
from monitor.config.subscribers import new_subscriber
from monitor.queue.put_off import PutOffError
from tests.e2e.desk import an_answer, text_of
from tests.unit.queue_bench import NOW, Bench, shared_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.model.watching import Subscriber

pytestmark = pytest.mark.slow

ADDRESS = "ann@example.org"


@pytest.fixture
def bench(postgres: str, tmp_path: Path) -> Iterator[Bench]:
    with shared_desk(postgres, tmp_path) as desk:
        bench = Bench(desk)
        yield bench
        bench.close()


def edit(bench: Bench, old: str, new: str) -> None:
    """Change config.toml, some seconds after it was written last."""
    path = bench.desk.config
    source, saved = path.read_text("utf-8"), path.stat().st_mtime
    assert old in source
    path.write_text(source.replace(old, new), encoding="utf-8")
    os.utime(path, (saved, saved + 5))


def a_reader(bench: Bench) -> Subscriber:
    config = with_subscribers(bench.work.config, bench.archive)
    return new_subscriber(config, {"name": "Ann", "email": ADDRESS, "cadence": "daily"})


def subjects(bench: Bench) -> list[str]:
    """Return the subjects of the mails to Ann, the oldest first."""
    return [mail.subject for mail in bench.archive.deliveries.listing() if mail.recipient == ADDRESS]


def next_day(bench: Bench, day: int) -> None:
    """Begin a round a number of days later, of which each has an answer."""
    bench.now = NOW + timedelta(days=day)
    assert bench.desk.parliament is not None
    bench.desk.parliament.now = bench.now
    bench.desk.parliament.replace([an_answer(number, NOW.date() + timedelta(days=number)) for number in range(day + 1)])
    bench.service.work()


def go_on(bench: Bench, days: int) -> None:
    """Let days pass, each with an answer and a round."""
    for day in range(1, days + 1):
        next_day(bench, day)
        bench.do_round()


# -- config.toml ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("done", [[], ["collect"], ["collect", "match"]])
def test_topics_that_are_edited_in_a_round_stop_no_digest(bench: Bench, done: list[str]) -> None:
    bench.service.work()
    bench.do_all(*done)
    edit(bench, 'name = "Units"', 'name = "Units"\nnote = "checked in May"')
    bench.do_what_can_be_done()
    assert bench.desk.messages() == []  # the service has not taken the change in
    bench.now += timedelta(minutes=1)
    bench.service.work()
    bench.do_what_can_be_done()
    bench.do_all("deliver", "conclude")
    [message] = bench.desk.messages()
    assert "/70000" in text_of(message)
    assert bench.archive.rounds.current() is None
    assert bench.waiting() == []


def test_a_term_that_is_added_in_a_round_is_looked_for_before_its_digests(bench: Bench) -> None:
    edit(bench, '"NCA = National Crime Agency"', '"nowhere"')
    bench.service.work()
    bench.do_round()
    next_day(bench, 1)
    bench.do_all("collect", "match")
    edit(bench, '"nowhere"', '"nowhere", "National Crime Agency"')
    bench.now += timedelta(minutes=1)
    bench.service.work()
    assert bench.waiting() == ["reader Policy desk", "conclude", "match"]
    bench.do_all("match", "compose", "deliver", "conclude")
    [message] = bench.desk.messages()
    assert "/70001" in text_of(message)


def test_a_service_leaves_topics_alone_while_terms_are_looked_for(bench: Bench) -> None:
    bench.service.work()
    edit(bench, 'name = "Units"', 'name = "Units"\nnote = "checked in May"')
    bench.now += timedelta(minutes=1)
    before = bench.archive.runs.fact("configuration")
    bench.sql("update procrastinate_jobs set status = 'doing' where task_name = 'match'")
    bench.service.work()
    assert bench.archive.runs.fact("configuration") == before
    bench.sql("update procrastinate_jobs set status = 'todo' where task_name = 'match'")
    bench.service.work()
    assert bench.archive.runs.fact("configuration") != before


def test_a_file_that_was_read_half_written_is_read_again(bench: Bench) -> None:
    path = bench.desk.config
    whole, saved = path.read_text("utf-8"), path.stat().st_mtime
    path.write_text(whole.partition("[[subscribers]]")[0], encoding="utf-8")
    os.utime(path, (saved + 5, saved + 5))
    bench.service.work()
    bench.work.do("deliver", {"message": 0})  # there is no such message
    assert [config.subscribers for config in (bench.service.config, bench.work.config)] == [(), ()]
    path.write_text(whole, encoding="utf-8")
    os.utime(path, (saved + 5, saved + 5))  # in the same moment, by the clock of the file system
    bench.service.work()
    bench.work.do("deliver", {"message": 0})
    assert all(config.subscribers for config in (bench.service.config, bench.work.config))


def test_a_mistake_in_the_file_stops_no_worker(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.service.work()
    bench.do_all("collect", "match")
    edit(bench, 'name = "Units"', "name = ")
    bench.do_all("compose", "deliver", "conclude")
    [message] = bench.desk.messages()
    assert "/70000" in text_of(message)
    problems = [record.getMessage() for record in caplog.records if "config unchanged" in record.getMessage()]
    assert len(problems) == 1  # not once a job
    edit(bench, "name = \n", 'name = "Teams"\n')
    next_day(bench, 1)
    bench.do_all("collect", "match", "compose")
    assert bench.work.config.topics[0].name == "Teams"


def test_the_service_does_not_look_again_at_once_while_workers_read(bench: Bench) -> None:
    bench.service.work()
    bench.do_round()
    bench.now += timedelta(hours=2)
    bench.service.work()
    bench.do_next("collect")
    bench.service.work()
    job = bench.service.scheduler.get_job("collect")
    assert job.next_run_time == bench.now + timedelta(minutes=1)


def test_a_secret_that_changes_in_its_file_is_read_again(bench: Bench) -> None:
    secret = bench.desk.config.parent / "hook"
    secret.write_text("https://old.example.org/0123456789abcdef\n", encoding="utf-8")
    secret.chmod(0o600)
    edit(bench, "[[subscribers]]", '[[webhooks]]\nname = "Channel"\nkind = "json"\nurl_file = "hook"\n[[subscribers]]')
    for place in ("old", "new", "newest"):
        saved = secret.stat().st_mtime
        secret.write_text(f"https://{place}.example.org/0123456789abcdef\n", encoding="utf-8")
        os.utime(secret, (saved, saved + 5))
        bench.service.work()
        bench.work.do("deliver", {"message": 0})  # there is no such message
        for config in (bench.service.config, bench.work.config):
            [webhook] = config.webhooks
            assert webhook.url is not None
            assert webhook.url.reveal() == f"https://{place}.example.org/0123456789abcdef"


# -- records ----------------------------------------------------------------------------------------------------------


def test_a_source_that_is_read_twice_in_a_round_counts_what_it_lacks_once(bench: Bench) -> None:
    bench.service.work()
    bench.do_round()
    assert bench.desk.parliament is not None
    bench.desk.parliament.replace([])
    for round_number in (1, 2):
        bench.now += timedelta(hours=2)
        bench.service.work()
        bench.work.do("collect", {"source": "questions"})
        bench.do_round()
        [(gone_runs,)] = bench.sql("select gone_runs from source_record")
        assert gone_runs == round_number
    [(state,)] = bench.sql("select state from proceeding")
    assert state == "withdrawn"


# -- readers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("done", [[], ["collect"], ["collect", "match"]])
@pytest.mark.parametrize("is_pause", [True, False])
def test_what_came_while_somebody_was_away_is_not_sent_to_them(bench: Bench, done: list[str], is_pause: bool) -> None:
    bench.service.work()
    bench.do_round()
    ann = a_reader(bench)
    bench.archive.subscribers.add(ann)
    bench.service.work()
    bench.do_round()
    if is_pause:
        bench.archive.subscribers.change(ann, replace(ann, paused=True))
    else:
        bench.archive.subscribers.remove(ann.key)
    go_on(bench, 3)
    before = subjects(bench)
    bench.now += timedelta(days=1)
    bench.service.work()
    bench.do_all(*done)
    if is_pause:
        bench.archive.subscribers.change(replace(ann, paused=True), ann)
    else:
        bench.archive.subscribers.add(ann)
    bench.do_what_can_be_done()
    bench.do_round()
    bench.now += timedelta(hours=2)
    bench.service.work()
    bench.do_round()
    assert bench.waiting() == []
    new = subjects(bench)[len(before) :]
    assert new == (["Nothing on your topics (26 Nov to 30 Nov); 4 answers read"] if is_pause else [])


@pytest.mark.parametrize("done", [["collect"], ["collect", "match"]])
def test_somebody_who_is_added_in_a_round_is_no_failure(bench: Bench, done: list[str]) -> None:
    bench.service.work()
    bench.do_all(*done)
    bench.archive.subscribers.add(a_reader(bench))
    bench.do_what_can_be_done()
    assert bench.archive.rounds.current() is None
    assert ("compose", "ok") in bench.stages()
    assert bench.waiting() == []


def test_a_digest_waits_until_it_is_known_that_its_reader_ended_a_pause(bench: Bench) -> None:
    bench.service.work()
    bench.do_round()
    ann = a_reader(bench)
    bench.archive.subscribers.add(replace(ann, paused=True))
    go_on(bench, 1)
    bench.now += timedelta(days=1)
    bench.service.work()
    bench.do_all("collect", "match")
    bench.archive.subscribers.change(replace(ann, paused=True), ann)
    with pytest.raises(PutOffError):
        bench.work.do("compose", {"reader": ann.key})
    assert "match" in bench.waiting()
