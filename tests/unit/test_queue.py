"""Shared work: what is due becomes jobs, a job does its part of a run, and a failed one is tried again or not.

Jobs are taken from the queue's table by the test itself: tests/reliability has workers in processes of their own.
"""

from __future__ import annotations

import json
import logging
import os
import re
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from click.testing import CliRunner
from procrastinate.jobs import Job as QueuedJob
from starlette.testclient import TestClient

from monitor import app
from monitor.cli import pqwatch
from monitor.config.merging import with_subscribers
from monitor.config.subscribers import new_subscriber
from monitor.demo.mailserver import MailServer
from monitor.desk.desks import Desks
from monitor.digest.compose import Compose
from monitor.errors import (
    ConfigError,
    LeaseError,
    LockedError,
    MonitorError,
    SchemaError,
    UnreachableError,
    VersionError,
)
from monitor.operations.queue_report import failures_in_words, problem_in_words, queue_report
from monitor.queue import versions
from monitor.queue.dispatch import begin_round, deliver_due, host_of_source
from monitor.queue.put_off import PutOffError
from monitor.queue.versions import announce_version, refuse_other_version
from monitor.queue.work import FRESH, Work
from monitor.queue.worker import LONGEST_WAIT, MOST_TRIES, InterruptedJobError, Retry, wait_after
from monitor.research.term_tools import doubts
from monitor.scheduler import Service
from monitor.web.application import make_application
from tests.e2e.desk import Desk, an_answer, text_of
from tests.smtpserver import SmtpServer
from tests.unit.cli_kit import without_option
from tests.unit.queue_bench import NOW, WORKERS, Bench, shared_desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(postgres: str, tmp_path: Path) -> Iterator[Desk]:
    with shared_desk(postgres, tmp_path) as desk:
        yield desk


@pytest.fixture
def bench(desk: Desk) -> Iterator[Bench]:
    bench = Bench(desk)
    yield bench
    bench.close()


def bench_at(desk: Desk, server: SmtpServer | MailServer) -> Bench:
    """Return a bench that sends its mail to a server."""
    smtp = f'transport = "smtp"\nfrom = "watch@example.org"\n[delivery.smtp]\nport = {server.port}\ntls = "none"\n'
    desk.config.write_text(desk.config.read_text("utf-8").replace('transport = "file"', smtp), encoding="utf-8")
    desk.config.chmod(0o600)
    return Bench(desk)


# -- a round ----------------------------------------------------------------------------------------------------------


def test_the_service_hands_work_out_and_jobs_do_it(bench: Bench) -> None:
    bench.service.work()
    assert bench.waiting() == ["source questions", "source calendar", "match"]
    bench.service.work()  # a round is under way
    assert len(bench.waiting()) == 3
    bench.do_all("collect", "match")
    assert bench.waiting() == ["reader Policy desk", "conclude"]
    bench.do_all("compose")
    assert bench.waiting() == ["conclude", "message 1"]
    bench.do_all("deliver", "conclude")
    [message] = bench.desk.messages()
    assert "/70000" in text_of(message)
    assert bench.stages() == [("collect", "ok"), ("match", "ok"), ("compose", "ok"), ("deliver", "ok")]
    assert bench.archive.rounds.current() is None
    bench.now += timedelta(minutes=1)
    bench.service.work()
    assert bench.waiting() == []


def test_a_worker_gives_each_mail_its_return_address(desk: Desk) -> None:
    with MailServer() as server:
        smtp = (
            'transport = "smtp"\nfrom = "watch@example.org"\nbounces = "bounces+*@example.org"\n'
            f'[delivery.smtp]\nhost = "{server.host}"\nport = {server.port}\ntls = "none"\n'
        )
        desk.config.write_text(desk.config.read_text("utf-8").replace('transport = "file"', smtp), encoding="utf-8")
        desk.config.chmod(0o600)
        with closing(Bench(desk)) as bench:
            bench.service.work()
            bench.do_all("collect", "match", "compose", "deliver")
            returns = app.return_address(bench.work.config, bench.archive)
            [entry] = bench.archive.deliveries.listing()
        [mail] = server.messages
    assert returns is not None
    assert mail.sender == returns.of(entry.message_id, entry.recipient)


def test_a_worker_keeps_no_mail_server_waiting_while_it_does_something_long(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.queue.mailing.IDLE_SECONDS", 600.0)
    with SmtpServer() as server, closing(bench_at(desk, server)) as bench:
        bench.service.work()
        bench.do_all("collect", "match", "compose", "deliver")
        bench.work.do("compose", {"reader": "no one"})
        assert len(server.accepted) == 1
        assert "QUIT" not in server.commands
        bench.work.close_idle()
        assert "QUIT" not in server.commands
        bench.work.do("match", {})
        assert server.commands[-1] == "QUIT"


def test_a_connection_over_which_nothing_was_sent_lately_is_closed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.queue.mailing.IDLE_SECONDS", 0.0)
    with SmtpServer() as server, closing(bench_at(desk, server)) as bench:
        bench.service.work()
        bench.do_all("collect", "match", "compose", "deliver")
        assert "QUIT" not in server.commands
        bench.work.close_idle()
        assert server.commands[-1] == "QUIT"


def test_matching_waits_for_the_sources_before_digests_are_handed_out(bench: Bench) -> None:
    bench.service.work()
    with pytest.raises(PutOffError):
        bench.do_next("match")
    assert "reader Policy desk" not in bench.waiting()
    bench.do_round()
    assert len(bench.desk.messages()) == 1


def test_the_archive_is_asked_of_misread_terms_once_a_stage(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk.config.write_text(desk.config.read_text("utf-8").replace('"PCeU"', '"NUMBER"'), encoding="utf-8")
    desk.config.chmod(0o600)
    asked = Mock(side_effect=doubts.misread_terms)
    monkeypatch.setattr(doubts, "misread_terms", asked)
    with closing(Bench(desk)) as bench:
        bench.service.work()
        for _ in range(3):  # it waits for the sources
            with pytest.raises(PutOffError):
                bench.do_next("match")
        bench.do_round()
    assert asked.call_count == 2  # when digests are handed out, and for them
    [message] = desk.messages()
    assert "NUMBER is read as an acronym" in " ".join(text_of(message).split())
    assert "! config.toml line 17: topics.terms: NUMBER is read as an acronym" in caplog.text


def test_the_end_of_a_round_waits_for_its_digests(bench: Bench) -> None:
    bench.service.work()
    bench.do_all("collect", "match")
    with pytest.raises(PutOffError):
        bench.do_next("conclude")
    bench.do_all("compose", "conclude")
    assert bench.archive.rounds.current() is None


def test_each_job_may_run_again(bench: Bench) -> None:
    bench.service.work()
    bench.do_round()
    for task, arguments in (
        ("collect", {"source": "questions"}),
        ("match", {}),
        ("compose", {"reader": "Policy desk"}),
        ("compose", {"reader": "no one"}),
        ("deliver", {"message": 1}),
        ("deliver", {"message": 99}),
        ("conclude", {}),
    ):
        bench.work.do(task, arguments)
    bench.do_all("compose", "deliver", "conclude", "deliver")
    assert len(bench.desk.messages()) == 1


def test_a_source_that_fails_is_told_to_the_operator(bench: Bench) -> None:
    bench.desk.config.write_text(
        bench.desk.config.read_text(encoding="utf-8").replace("[delivery]", '[delivery]\noperator = "op@example.org"')
    )
    assert bench.desk.parliament is not None
    bench.desk.parliament.faults.total_offset = 1
    bench.service = Service(str(bench.desk.config), lambda: bench.now)
    bench.service.work()
    bench.do_round()
    assert ("collect", "failed") in bench.stages()
    assert any("commons answered 2024-11-26" in text_of(message) for message in bench.desk.messages())


@pytest.mark.parametrize("error", [LockedError("it is in use"), UnreachableError("it is away")])
def test_a_digest_that_waits_for_the_database_is_no_failure(
    bench: Bench, error: MonitorError, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.service.work()
    bench.do_all("collect", "match")

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("monitor.digest.compose.Compose.run_for", fail)
        with pytest.raises(type(error)):
            bench.do_next("compose")
    bench.do_all("compose", "deliver", "conclude")
    assert {outcome for _, outcome in bench.stages()} == {"ok"}
    assert len(bench.desk.messages()) == 1


def test_a_digest_that_fails_is_told_and_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.service.work()
    bench.do_all("collect", "match")

    def fail(*_: object) -> None:
        raise ValueError("no template")

    with monkeypatch.context() as patch:
        patch.setattr("monitor.digest.compose.Compose.run_for", fail)
        with pytest.raises(ValueError, match="no template"):
            bench.do_next("compose")
    current = bench.archive.rounds.current()
    assert current is not None
    assert current.failures == ["the digest for Policy desk can't be composed: ValueError: no template"]
    bench.do_round()
    assert len(bench.desk.messages()) == 1


def test_digests_of_a_round_share_what_they_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Compose] = []

    def make(*given: Any) -> Compose:
        made.append(Compose(*given))
        return made[-1]

    bench.service.work()
    bench.do_all("collect", "match")
    monkeypatch.setattr("monitor.queue.work.Compose", make)

    def composers() -> int:
        bench.work.do("compose", {"reader": "Policy desk"})
        return len(made)

    assert [composers(), composers()] == [1, 1]
    bench.archive.runs.begin("match", bench.now)  # a run by hand may have stored and found something
    assert [composers(), composers()] == [2, 2]
    bench.now += FRESH
    assert [composers(), composers()] == [3, 3]
    bench.now -= timedelta(hours=1)  # a clock that was put right
    assert [composers(), composers()] == [4, 4]
    bench.archive.rounds.end()
    assert [composers(), composers()] == [5, 6]


def test_a_worker_composes_as_of_the_round_that_is_under_way(bench: Bench) -> None:
    """A worker that composed a moment before the hour of the digests does not go by that moment for them."""
    with closing(Work(str(bench.desk.config), lambda: bench.now)) as composes:
        reads = bench.work
        for minutes in (29, 30):
            bench.now = NOW.replace(hour=7, minute=minutes, second=59 * (minutes == 29))
            bench.service.work()
            bench.do_all("collect", "match")
            bench.work = composes
            bench.do_all("compose")
            bench.work = reads
            bench.do_all("deliver", "conclude")
    slots = [digest.slot for digest in bench.archive.digests.listing()]
    assert slots == ["2024-11-26T07:30", "2024-11-25T07:30"]


def test_lost_jobs_are_found_again(bench: Bench) -> None:
    bench.service.work()
    bench.do_all("collect", "match", "compose")
    bench.sql("delete from procrastinate_jobs")
    assert deliver_due(bench.archive, bench.work.config, bench.now) == 1
    assert deliver_due(bench.archive, bench.work.config, bench.now) == 0
    bench.do_all("deliver")
    assert len(bench.desk.messages()) == 1


@pytest.mark.parametrize("how", ["release", "resume", "reset_queue"])
def test_a_message_that_may_go_at_once_does_not_wait_for_its_old_time(bench: Bench, how: str) -> None:
    bench.service.work()
    bench.do_all("collect", "match", "compose")
    later = bench.now + timedelta(hours=20)
    bench.sql(f"update outbox set next_try_at = '{later}'")  # noqa: S608 (our own words)
    bench.sql(f"update procrastinate_jobs set scheduled_at = '{later}'")  # noqa: S608 (our own words)
    outbox = bench.archive.outbox
    if how == "resume":
        outbox.resume()
    elif how == "release":
        outbox.release(1)
    else:
        outbox.reset_queue("mail")
    jobs = bench.sql("select queueing_lock, scheduled_at from procrastinate_jobs where task_name <> 'conclude'")
    assert [tuple(job) for job in jobs] == [("message 1", None)]
    assert outbox.due_ids(bench.now) == [1]


def test_a_run_by_hand_keeps_jobs_waiting_and_jobs_keep_a_run_out(bench: Bench) -> None:
    bench.service.work()
    with bench.archive.runs.lease(), pytest.raises(LeaseError):
        bench.do_next("collect")
    bench.sql("delete from procrastinate_jobs")
    with closing(app.archive(bench.work.config)) as other, other.runs.lease(), pytest.raises(LeaseError):
        begin_round(bench.archive, bench.work.config, bench.now, reads_sources=True)


def test_one_of_several_services_hands_out_the_work(bench: Bench) -> None:
    with closing(app.archive(bench.work.config)) as other, other.jobs.turn_to_hand_out() as is_ours:
        assert is_ours
        bench.service.work()
        assert bench.sql("select task_name from procrastinate_jobs") == []
    bench.service.work()
    assert ("match",) in map(tuple, bench.sql("select task_name from procrastinate_jobs"))


def test_a_source_whose_job_is_given_up_was_not_read_well(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.service.work()
    for task, arguments, error in (
        ("collect", {"source": "questions"}, ValueError("it is odd")),
        ("collect_part", {"source": "statements"}, MonitorError("a reason")),
        ("deliver", {"message": 1}, ValueError("no matter of a source")),
    ):
        bench.work.note_given_up(task, arguments, error)
    bench.sql("update procrastinate_jobs set status = 'failed' where task_name = 'collect'")
    bench.do_all("match", "compose", "deliver", "conclude")
    assert ("collect", "failed") in bench.stages()
    assert bench.archive.runs.last_ok("collect") is None
    told = [line for line in caplog.messages if line.startswith("! ")]
    assert told == ["! questions could not be read: ValueError: it is odd", "! statements could not be read: a reason"]


@pytest.mark.parametrize("task", ["match", "match_range", "compose", "conclude"])
def test_the_operator_is_told_of_a_job_without_which_no_round_ends(bench: Bench, task: str) -> None:
    delivery = replace(bench.work.config.delivery, operator="op@example.org")
    bench.work.config = replace(bench.work.config, delivery=delivery)
    for _ in range(2):
        bench.work.note_given_up(task, {}, ValueError("it is odd"))
    bench.service.work()
    bench.do_all("deliver")
    [told] = bench.desk.messages()
    assert f"A job of the round was given up after several tries ({task}): ValueError: it is odd" in " ".join(
        text_of(told).split()
    )


# -- what is shown ----------------------------------------------------------------------------------------------------


def test_the_queue_is_shown_on_the_command_line(bench: Bench) -> None:
    bench.service.work()
    result = CliRunner().invoke(pqwatch, ["status", "--config", str(bench.desk.config)])
    assert result.exit_code == 0
    assert "Workers: 0 alive" in result.stdout
    assert re.search(r"matching +1 +0 +0 +0 +\d+ s", result.stdout)
    assert "! Work waits, and no worker is alive: start pqwatch worker\n" in without_option(result.stdout)
    checked = CliRunner().invoke(pqwatch, ["doctor", "--offline", "--config", str(bench.desk.config)])
    assert "failed  workers: Work waits, and no worker is alive." in checked.stdout
    bench.sql("insert into procrastinate_workers values (default)")
    bench.sql("update procrastinate_jobs set status = 'doing' where queueing_lock <> 'source calendar'")
    bench.sql("update procrastinate_jobs set status = 'failed' where task_name = 'match'")
    found = json.loads(CliRunner().invoke(pqwatch, ["status", "--json", "--config", str(bench.desk.config)]).stdout)
    assert found["workers"]["alive"] == 1
    [matching, sources] = found["workers"]["queues"]
    assert (matching["failed"], matching["due_since"], sources["doing"]) == (1, None, 1)
    report = queue_report(bench.work.config, bench.archive)
    assert (problem_in_words(report, bench.now), failures_in_words(report)[:12]) == ("", "1 job failed")


def test_the_queue_is_shown_on_the_page_and_in_the_figures(bench: Bench) -> None:
    bench.service.work()
    application = make_application(Desks(str(bench.desk.config), lambda: bench.now))
    with TestClient(application, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000)) as browser:
        page = browser.get("/status").text
        assert "0 workers are alive." in page
        assert "Work waits, and no worker is alive" in page
        figures = browser.get("/metrics").text
        assert 'pqwatch_jobs{queue="sources",state="waiting"} 2.0' in figures
        assert "pqwatch_workers 0.0" in figures
        assert 'pqwatch_job_age_seconds{queue="matching"}' in figures
        assert browser.get("/healthz").status_code == 503


# -- configuration ----------------------------------------------------------------------------------------------------


def other_machine(bench: Bench, change: Callable[[str], str]) -> Work:
    """Return a worker with a config.toml of its own."""
    path = bench.desk.folder / "other" / "config.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(change(bench.desk.config.read_text(encoding="utf-8")), encoding="utf-8")
    path.chmod(0o600)
    return Work(str(path), lambda: bench.now)


def without_subscribers(text: str) -> str:
    """Return a config.toml that names no subscribers, and keeps its mails where the other one does."""
    return re.sub(r"\[\[subscribers\]\][^\[]*(?:\[\"\*\"\][^\[]*)?", "", text)


def test_digests_wait_for_a_worker_that_watches_the_same(bench: Bench) -> None:
    bench.service.work()
    bench.do_all("collect", "match")
    other = other_machine(bench, lambda text: text.replace("online safety", "other words"))
    began = bench.now
    with closing(other) as work:
        for _ in range(12):
            with pytest.raises(PutOffError) as put_off:
                work.do("compose", {"reader": "Policy desk"})
            # Others may take it at once, and this worker does not go through all that wait.
            assert (put_off.value.until, put_off.value.leave) == (bench.now, "digests")
            bench.now += timedelta(minutes=1)
        place = str(work.config.path)
    bench.sql("insert into procrastinate_workers values (default)")
    report = queue_report(bench.work.config, bench.archive)
    assert report is not None
    noted = report["other_file"]
    assert noted["place"].endswith(f":{place}")
    assert (noted["since"], noted["at"]) == (began, bench.now - timedelta(minutes=1))
    assert (
        "the config.toml of a worker differs from that of pqwatch serve: give all machines the same topics"
        in problem_in_words(report, bench.now)
    )
    bench.do_all("compose", "deliver", "conclude")
    assert problem_in_words(queue_report(bench.work.config, bench.archive), bench.now) == ""


def test_mails_wait_for_a_worker_with_the_same_transport(desk: Desk) -> None:
    """A worker whose config.toml lacks [delivery] would put them into a folder of its machine, as sent."""
    with MailServer() as server, closing(bench_at(desk, server)) as bench:
        bench.service.work()
        bench.do_all("collect", "match", "compose")
        [job] = bench.sql("select args from procrastinate_jobs where task_name = 'deliver'")
        with closing(other_machine(bench, lambda text: text.partition("[delivery]")[0] + WORKERS)) as work:
            assert work.config.delivery.transport == "file"
            with pytest.raises(PutOffError) as put_off:
                work.do("deliver", job.args)
            assert put_off.value.leave == "mail"
            assert list(work.config.path.parent.glob("outbox/*")) == []
        bench.do_all("deliver")
        assert len(server.messages) == 1


def test_a_transport_that_was_changed_a_moment_ago_keeps_no_mail_waiting(desk: Desk) -> None:
    bench = Bench(desk)
    bench.service.work()
    bench.do_all("collect", "match", "compose")
    bench.close()
    with MailServer() as server, closing(bench_at(desk, server)) as changed:
        changed.do_all("deliver")
        assert len(server.messages) == 1


def test_terms_wait_for_a_worker_with_the_same_equivalents(desk: Desk) -> None:
    text = desk.config.read_text("utf-8").replace("online safety", "quoll watch")
    desk.config.write_text(f'{text}\n[equivalents]\n"quoll watch" = "National Crime Agency"\n', encoding="utf-8")
    desk.config.chmod(0o600)
    with closing(Bench(desk)) as bench:
        bench.service.work()
        bench.do_all("collect")
        with closing(other_machine(bench, lambda text: text.partition("[equivalents]")[0])) as work:
            for task, arguments in (("match", {}), ("match_range", {"end": 1})):
                with pytest.raises(PutOffError) as put_off:
                    work.do(task, arguments)
                assert put_off.value.leave == "matching"
        bench.do_all("match")
        found = {row[0] for row in bench.sql("select text from term join match on match.term_id = term.id")}
    assert "quoll watch" in found


def test_a_source_that_a_worker_does_not_have_is_not_read_by_it(bench: Bench) -> None:
    def without_questions(text: str) -> str:
        return text.replace("[sources.questions]", "[sources.questions]\nenabled = false")

    bench.service.work()
    with closing(other_machine(bench, without_questions)) as work:
        with pytest.raises(ConfigError, match="has questions switched off"):
            work.do("collect", {"source": "questions"})
        work.do("collect", {"source": "calendar"})
    bench.desk.config.write_text(without_questions(bench.desk.config.read_text("utf-8")), encoding="utf-8")
    bench.do_all("collect")  # it was switched off in the file that counts
    assert bench.archive.coverage.windows("questions") == []


@pytest.mark.parametrize("is_known", [False, True])
def test_a_worker_composes_for_subscribers_that_its_own_file_does_not_have(bench: Bench, is_known: bool) -> None:
    """The config.toml of the service counts: one that names no one, or somebody else, changes nothing."""
    bench.service.work()
    stranger = '\n[[subscribers]]\nname = "Stranger"\nemail = "stranger@example.org"\n'
    wish = (
        '[[subscribers]]\nname = "Policy desk"\nemail = "stale@example.org"\ncadence = "weekly"\n' if is_known else ""
    )
    with closing(other_machine(bench, lambda text: without_subscribers(text) + wish + stranger)) as work:
        assert [reader.name for reader in work.config.subscribers] == ["Policy desk"]
        bench.work.close()
        bench.work, bench.archive = work, work.archive
        bench.do_all("collect", "match")
        assert bench.waiting() == ["reader Policy desk", "conclude"]
        bench.do_all("compose")
        [mail] = bench.archive.deliveries.listing()
        assert mail.recipient == "policy@example.org"


def test_the_archive_has_subscribers_for_all_machines(bench: Bench) -> None:
    """Neither the service nor a worker is started again when somebody is added, changed or removed."""
    bench.service.work()
    bench.do_round()
    with closing(other_machine(bench, without_subscribers)) as work:
        config = with_subscribers(bench.work.config, bench.archive)
        ann = new_subscriber(config, {"name": "Ann", "email": "ann@example.org", "cadence": "instant"})
        bench.archive.subscribers.add(ann)
        assert bench.desk.parliament is not None
        bench.desk.parliament.replace([an_answer(0, NOW.date()), an_answer(1, NOW.date())])
        bench.now += timedelta(hours=1)
        bench.service.work(["outbox"])
        assert {reader.name for reader in bench.service.config.subscribers} == {"Policy desk", "Ann"}
        bench.do_all("collect", "match")
        assert "reader Ann" in bench.waiting()
        archive, bench.work = bench.work, work
        bench.do_all("compose")
        assert {mail.recipient for mail in bench.archive.deliveries.listing()} == {
            "policy@example.org",
            "ann@example.org",
        }
        bench.archive.subscribers.change(ann, replace(ann, paused=True))
        work.do("compose", {"reader": "Ann"})
        assert work._readers["Ann"].paused
        bench.archive.subscribers.remove("Ann")
        work.do("compose", {"reader": "Ann"})
        assert "Ann" not in work._readers
        bench.work = archive


def test_a_reader_who_changes_while_the_job_begins_is_read_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who is forgotten between two looks gets no digest of what was read before."""
    bench.service.work()
    bench.do_all("collect", "match")
    unit = type(bench.archive.runs).unit

    def forget_first(runs: Any, name: str) -> Any:
        bench.archive.outbox.forget("policy@example.org")
        return unit(runs, name)

    monkeypatch.setattr(type(bench.archive.runs), "unit", forget_first)
    with pytest.raises(PutOffError):
        bench.do_next("compose")
    monkeypatch.undo()
    assert not bench.archive.deliveries.listing()


def test_a_changed_configuration_is_read_before_the_next_job(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bench.service.work()
    bench.do_next("collect")
    config = bench.desk.config
    config.write_text(config.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    os.utime(config, (1, 1))
    bench.do_next("collect")
    assert "config read again" in caplog.text


def test_workers_need_postgresql_and_have_to_be_switched_on(tmp_path: Path, desk: Desk) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[archive]\nurl = "sqlite:///a.db"\n{WORKERS}')
    result = CliRunner().invoke(pqwatch, ["worker", "--config", str(config)])
    assert isinstance(result.exception, ConfigError)
    assert "workers share an archive on PostgreSQL" in str(result.exception)
    desk.tables = ""
    desk.configure()
    desk.config.chmod(0o600)
    result = CliRunner().invoke(pqwatch, ["worker", "--config", str(desk.config)])
    assert isinstance(result.exception, ConfigError)
    assert "workers are switched off" in str(result.exception)


def test_the_host_of_a_source_is_known(bench: Bench) -> None:
    config = bench.work.config
    assert bench.desk.parliament is not None
    assert f"http://{host_of_source(config, 'questions')}" == bench.desk.parliament.url
    assert host_of_source(config, "theyworkforyou") == "www.theyworkforyou.com"
    assert host_of_source(config, "feeds") == ""


# -- versions ---------------------------------------------------------------------------------------------------------


def test_a_worker_of_another_version_refuses(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    announce_version(bench.archive)
    refuse_other_version(bench.archive)
    monkeypatch.setattr(versions, "own_version", lambda: "99.0")
    with pytest.raises(
        VersionError, match=r"pqwatch [\d.]+ works on the archive, and this worker is 99\.0: run pqwatch db upgrade"
    ):
        bench.work.do("match", {})
    assert announce_version(bench.archive)
    assert not announce_version(bench.archive)
    refuse_other_version(bench.archive)
    monkeypatch.setattr(versions, "own_version", lambda: "98.9")
    with pytest.raises(VersionError, match="install the newer version"):
        bench.work.do("match", {})
    with pytest.raises(VersionError, match="install the newer version"):
        announce_version(bench.archive)


def test_a_worker_refuses_an_archive_that_was_upgraded_meanwhile(bench: Bench) -> None:
    bench.sql("update alembic_version set version_num = '9999'")
    with pytest.raises(SchemaError, match="newer than this program"):
        bench.work.do("match", {})


# -- tries ------------------------------------------------------------------------------------------------------------


def a_job(attempts: int = 0, **arguments: Any) -> QueuedJob:
    return QueuedJob(
        id=1,
        queue="digests",
        lock="x",
        queueing_lock="x",
        task_name="compose",
        attempts=attempts,
        task_kwargs=arguments,
    )


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (PutOffError(datetime(2999, 1, 1, tzinfo=UTC)), None),
        (InterruptedJobError(), 0),
        (LeaseError("a run holds it"), 10),
        (UnreachableError("it is away"), 10),
        (MonitorError("it failed"), 10),
        (ValueError("it is odd"), 10),
    ],
)
def test_when_a_job_is_tried_again(error: Exception, seconds: int | None) -> None:
    before = datetime.now(UTC)
    decision = Retry().get_retry_decision(exception=error, job=a_job())
    after = datetime.now(UTC)
    assert decision is not None
    assert decision.retry_at is not None
    if seconds is None:
        assert decision.retry_at.year == 2999
    else:
        wait = timedelta(seconds=seconds)
        assert before + wait <= decision.retry_at <= after + wait


def test_a_job_that_is_put_off_may_come_behind_others() -> None:
    for priority in (None, 5):
        error = PutOffError(datetime(2999, 1, 1, tzinfo=UTC), priority=priority)
        decision = Retry().get_retry_decision(exception=error, job=a_job())
        assert decision is not None
        assert decision.priority == priority


def test_a_job_is_tried_so_often_and_then_failed() -> None:
    error = MonitorError("it failed")
    assert Retry().get_retry_decision(exception=error, job=a_job(attempts=MOST_TRIES - 2)) is not None
    assert Retry().get_retry_decision(exception=error, job=a_job(attempts=MOST_TRIES - 1)) is None
    waited = a_job(attempts=100 + MOST_TRIES - 2, waits=100)
    assert Retry().get_retry_decision(exception=error, job=waited) is not None
    waits = [wait_after(attempts) for attempts in range(8)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT
