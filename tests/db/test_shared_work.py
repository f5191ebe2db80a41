"""Work that workers share on PostgreSQL: jobs, units of work, messages taken one by one, turns at hosts."""

from __future__ import annotations

import importlib.resources
import re
import threading
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from db import schema
from db.archive import Archive
from db.engine import open_engine
from db.jobs import MANY
from db.pending import _READER
from db.queue_pauses import end_pause
from db.reader_state import _STATE
from monitor.errors import ArchiveError, BrokenOffError, LeaseError, LockedError, SchemaError
from monitor.model.deliveries import DeliveryState
from monitor.model.jobs import Attempt, Job, collect_job, compose_job, deliver_job, match_job
from monitor.model.limits import DomainLimit, SendingLimits
from monitor.model.retries import AMBIGUOUS_WAIT
from tests.reliability.locked import short_busy_timeout
from tests.unit.delivery_kit import Clock, letter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shared(emptied: Engine, clock: Clock) -> Iterator[Archive]:
    """Return an empty archive whose work is shared."""
    yield from an_archive(emptied, clock)


@pytest.fixture
def other(emptied: Engine, clock: Clock) -> Iterator[Archive]:
    """Return the same archive for another worker."""
    yield from an_archive(emptied, clock)


def an_archive(engine: Engine, clock: Clock) -> Iterator[Archive]:
    archive = Archive(open_engine(engine.url.render_as_string(hide_password=False)), clock=clock)
    archive.share_work()
    yield archive
    archive.close()


def run(archive: Archive, statement: str) -> list[tuple[object, ...]]:
    with archive.engine.begin() as connection:
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


def jobs(archive: Archive) -> list[tuple[object, ...]]:
    return run(archive, "select task_name, queueing_lock, lock from procrastinate_jobs order by id")


def add_letters(archive: Archive, count: int = 1) -> None:
    with archive.engine.begin() as connection:
        archive.outbox.add(connection, None, [letter(number) for number in range(count)], archive._store.clock())


# -- the queue's schema -----------------------------------------------------------------------------------------------


def test_the_schema_of_the_queue_is_that_of_the_installed_library() -> None:
    ours = (schema.migrations() / "sql" / "procrastinate-3.10.0.sql").read_text(encoding="utf-8")
    theirs = importlib.resources.files("procrastinate.sql").joinpath("schema.sql").read_text(encoding="utf-8")
    assert ours.endswith(theirs), "Procrastinate has another schema: add a migration that brings archives up to it"


# -- jobs -------------------------------------------------------------------------------------------------------------


def test_a_unit_has_one_job_at_a_time(shared: Archive) -> None:
    assert shared.jobs.put([compose_job("desk"), compose_job("desk"), match_job()]) == 2
    assert shared.jobs.put([compose_job("desk")]) == 0
    run(shared, "update procrastinate_jobs set status = 'doing'")
    assert shared.jobs.put([compose_job("desk")]) == 0
    run(shared, "update procrastinate_jobs set status = 'succeeded'")
    assert shared.jobs.put([compose_job("desk")]) == 1


def test_to_look_for_units_without_a_job_waits_for_no_writer(shared: Archive, other: Archive) -> None:
    assert shared.jobs.put([]) == 0
    shared.jobs.put([compose_job("desk")])
    with short_busy_timeout(), other._store.write():
        assert shared.jobs.put([compose_job("desk")]) == 0
    assert shared.jobs.put([compose_job("desk"), match_job()]) == 1


def test_a_unit_whose_job_failed_gets_no_new_one_for_a_while(shared: Archive) -> None:
    shared.jobs.put([deliver_job(1)])
    run(shared, "update procrastinate_jobs set status = 'doing'")
    run(shared, "update procrastinate_jobs set status = 'failed'")
    assert shared.jobs.put([deliver_job(1)]) == 0
    assert shared.jobs.put([deliver_job(1)], even_if_failed=True) == 1
    run(shared, "delete from procrastinate_jobs where status = 'todo'")
    run(shared, "update procrastinate_events set at = now() - interval '31 minutes'")
    assert shared.jobs.put([deliver_job(1)]) == 1


def test_jobs_are_added_in_the_transaction_that_makes_them_due(shared: Archive) -> None:
    with pytest.raises(ValueError, match="no"), shared.engine.begin() as connection:  # noqa: PT012 (the block is one step)
        shared.outbox.add(connection, None, [letter()], shared._store.clock())
        raise ValueError("no")
    assert jobs(shared) == []
    add_letters(shared, 2)
    ids = [entry.id for entry in shared.deliveries.listing()]
    assert jobs(shared) == [("deliver", f"message {number}", f"message {number}") for number in ids]


@pytest.mark.parametrize(
    ("code", "expected", "said"),
    [
        ("53100", ArchiveError, r"the disk of the database server is full \(it wrote no more\): free some space"),
        ("55P03", LockedError, "is in use by another process"),
    ],
)
def test_an_error_while_jobs_are_added_is_reported_as_any_other(
    shared: Archive, code: str, expected: type[ArchiveError], said: str
) -> None:
    """Procrastinate wraps errors of the database in its own."""
    words = {"53100": "it wrote no more", "55P03": "canceling statement due to lock timeout"}
    refuse = f"begin raise exception '{words[code]}' using errcode = '{code}'; end"
    run(shared, f"create function refuse() returns trigger language plpgsql as $$ {refuse} $$")
    run(shared, "create trigger refuse before insert on procrastinate_jobs execute function refuse()")
    try:
        with pytest.raises(expected, match=said):
            shared.jobs.put([match_job()])
    finally:
        run(shared, "drop function refuse cascade")
    assert shared.jobs.put([match_job()]) == 1


@pytest.mark.parametrize(("count", "known"), [(MANY - 1, 0), (1_000, 1_000)])
def test_after_many_jobs_were_added_the_database_knows_how_many(shared: Archive, count: int, known: int) -> None:
    run(shared, "truncate procrastinate_jobs cascade")
    run(shared, "analyze procrastinate_jobs")
    shared.jobs.put([compose_job(f"reader {number}") for number in range(count)])
    assert run(shared, "select reltuples from pg_class where relname = 'procrastinate_jobs'") == [(known,)]


def test_a_job_is_found_without_sorting_all_that_wait(shared: Archive) -> None:
    """Procrastinate's own statement, after jobs were added at once to a queue that the database knows as empty."""
    run(shared, "truncate procrastinate_jobs cascade")
    run(shared, "analyze procrastinate_jobs")
    shared.jobs.put([compose_job(f"reader {number}") for number in range(1_000)])
    [[function]] = run(shared, "select pg_get_functiondef('procrastinate_fetch_job_v2'::regproc)")
    [fetch] = re.findall(r"candidate AS \(\s+(SELECT.*SKIP LOCKED)\s+\)", str(function), re.DOTALL)
    plan = run(shared, "explain " + fetch.replace("target_queue_names", "'{digests,mail}'::varchar[]"))
    assert not any("Sort" in str(line) for [line] in plan), plan


@pytest.mark.parametrize("is_known", [True, False])
def test_the_last_digest_of_a_reader_is_found_without_a_look_at_those_of_others(
    shared: Archive, *, is_known: bool
) -> None:
    """Three hundred readers with twenty digests each, whether or not the database has looked at the table."""
    run(
        shared,
        "insert into subscriber (id, key, name, email, added_at)"
        " select n, 'reader ' || n, 'Reader', n || '@example.org', now() from generate_series(1, 300) as n",
    )
    run(
        shared,
        "insert into digest (subscriber_id, slot, kind, as_of, composed_at, subject)"
        " select n, 'slot ' || day, 'mailed', now(), now(), '' from generate_series(1, 20) day, generate_series(1, 300) n",
    )
    if is_known:
        run(shared, "analyze digest")
    for statement, values in ((_STATE, {"reader": "reader 7", "slot": "slot 20"}), (_READER, {"reader": "reader 7"})):
        compiled = statement.compile(shared.engine)
        with shared.engine.connect() as connection:
            plan = connection.exec_driver_sql(f"explain {compiled}", compiled.construct_params(values)).scalars().all()
        assert "ix_digest_last" in str(plan)
        assert "pk_digest on" not in str(plan)


def test_sources_at_one_host_are_read_one_after_the_other() -> None:
    assert collect_job("questions", "api.example").lock == collect_job("statements", "api.example").lock
    assert collect_job("questions", "api.example").unit != collect_job("statements", "api.example").unit
    assert collect_job("historic", "").lock == "source historic"


def test_what_is_under_way_is_known(shared: Archive) -> None:
    assert not shared.jobs.is_under_way("match", "compose")
    shared.jobs.put([match_job()])
    assert shared.jobs.is_under_way("match", "compose")
    assert not shared.jobs.is_under_way("compose")


def test_the_state_counts_jobs_and_living_workers(shared: Archive) -> None:
    assert shared.jobs.state().queues == ()
    later = datetime.fromisoformat("2999-01-01T00:00:00+00:00")
    waiting, due_later = compose_job("a"), Job(task="compose", queue="digests", unit="b", lock="b", not_before=later)
    shared.jobs.put([waiting, due_later, match_job()])
    run(shared, "update procrastinate_jobs set status = 'doing' where task_name = 'match'")
    run(shared, "insert into procrastinate_workers values (default), (default)")
    run(shared, "update procrastinate_workers set last_heartbeat = now() - interval '31 seconds' where id = 1")
    state = shared.jobs.state()
    assert state.workers == 1
    [digests, matching] = state.queues
    assert (digests.queue, digests.waiting, digests.later, digests.doing) == ("digests", 1, 1, 0)
    assert digests.due_since is not None
    assert (matching.queue, matching.waiting, matching.doing, matching.due_since) == ("matching", 0, 1, None)


def test_jobs_of_a_dead_worker_are_put_back_and_those_with_too_many_tries_fail(shared: Archive) -> None:
    run(shared, "insert into procrastinate_workers (last_heartbeat) values (now()), (now() - interval '31 seconds')")
    shared.jobs.put([compose_job("alive"), compose_job("dead"), compose_job("unknown"), compose_job("tried")])
    run(
        shared,
        "update procrastinate_jobs set status = 'doing', worker_id = case queueing_lock when 'reader alive' then 1 "
        "when 'reader unknown' then null else 2 end, attempts = case queueing_lock when 'reader tried' then 9 else 0 end",
    )
    assert shared.jobs.take_up_stalled(9) == 3
    rows = run(shared, "select queueing_lock, status::text from procrastinate_jobs")
    assert {row[0]: row[1] for row in rows} == {
        "reader alive": "doing",
        "reader dead": "todo",
        "reader unknown": "todo",
        "reader tried": "failed",
    }
    assert shared.jobs.is_doing(1, 1)
    assert not shared.jobs.is_doing(2, 2)


def test_waiting_is_no_try(shared: Archive) -> None:
    run(shared, "insert into procrastinate_workers (last_heartbeat) values (now() - interval '31 seconds')")
    shared.jobs.put([match_job(), compose_job("tried")])
    run(shared, "update procrastinate_jobs set status = 'doing', worker_id = 1, attempts = 9")
    shared.jobs.note_wait(1, 2)  # it is another worker's
    assert run(shared, "select args from procrastinate_jobs where id = 1") == [({},)]
    for _ in range(2):
        shared.jobs.note_wait(1, 1)
    assert run(shared, "select args from procrastinate_jobs where id = 1") == [({"waits": 2},)]
    assert shared.jobs.take_up_stalled(8) == 2
    rows = run(shared, "select task_name, status::text, args from procrastinate_jobs order by id")
    assert rows == [("match", "todo", {"waits": 2}), ("compose", "failed", {"reader": "tried"})]
    run(shared, "update procrastinate_jobs set status = 'doing', worker_id = 1 where id = 1")
    assert shared.jobs.take_up_unnoted([Attempt(1, 1, 10)], 8) == 1
    assert run(shared, "select status::text from procrastinate_jobs where id = 1") == [("failed",)]


def test_jobs_whose_end_was_not_noted_are_put_back(shared: Archive) -> None:
    run(shared, "insert into procrastinate_workers values (default), (default)")
    shared.jobs.put([compose_job("mine"), compose_job("theirs"), compose_job("later")])
    run(shared, "update procrastinate_jobs set status = 'doing', worker_id = case id when 2 then 2 else 1 end")
    assert shared.jobs.take_up_unnoted([Attempt(1, 1, 0), Attempt(2, 1, 0), Attempt(3, 1, 1)], 9) == 1
    rows = run(shared, "select queueing_lock from procrastinate_jobs where status = 'doing' order by id")
    assert rows == [("reader theirs",), ("reader later",)]
    assert shared.jobs.take_up_unnoted([], 9) == 0


def test_old_failures_are_forgotten(shared: Archive) -> None:
    shared.jobs.put([compose_job("old"), compose_job("new")])
    run(shared, "update procrastinate_jobs set status = 'doing'")
    run(shared, "update procrastinate_jobs set status = 'failed'")
    run(shared, "update procrastinate_events set at = now() - interval '8 days' where job_id = 1")
    assert shared.jobs.forget_old() == 1
    assert [row[1] for row in jobs(shared)] == ["reader new"]


# -- units ------------------------------------------------------------------------------------------------------------


def test_two_units_are_held_at_once_and_keep_a_run_out(shared: Archive, other: Archive) -> None:
    with shared.runs.unit("reader a"), other.runs.unit("reader b"):
        shared.runs.set_fact("x", "1")
        other.runs.set_fact("y", "2")
        with pytest.raises(LeaseError, match="a worker is at work on the archive"), other.runs.lease():
            pytest.fail("both are held")
    with shared.runs.lease(), pytest.raises(LeaseError, match="another run holds the archive"), other.runs.unit("c"):
        pytest.fail("the whole archive is held")


def test_a_unit_that_is_taken_from_a_worker_ends_its_writing(shared: Archive, other: Archive) -> None:
    name = f"reader {'x' * 60}"  # longer than the column
    with shared.runs.unit(name):
        with other.runs.unit(name):
            with pytest.raises(BrokenOffError):
                shared.runs.set_fact("x", "old")
            other.runs.set_fact("x", "new")
        with pytest.raises(BrokenOffError):
            shared.runs.set_fact("x", "old")
    assert shared.runs.fact("x") == "new"


def test_an_archive_that_was_upgraded_meanwhile_is_refused(shared: Archive) -> None:
    shared.runs.set_fact("v", "1")
    assert shared.facts("v", "w") == {"v": "1"}
    try:
        run(shared, "update alembic_version set version_num = '9999'")
        with pytest.raises(SchemaError, match="newer than this program"):
            shared.facts("v")
    finally:
        run(shared, f"update alembic_version set version_num = '{schema.HEAD}'")  # noqa: S608 (our own)


# -- transactions side by side ----------------------------------------------------------------------------------------


def test_what_each_changes_of_its_own_goes_side_by_side(shared: Archive, other: Archive) -> None:
    with other.engine.connect() as connection:
        connection.exec_driver_sql("set lock_timeout = 200")
        connection.commit()  # the pool gives this connection out again
    with shared._store.write_own() as mine:
        with other._store.write_own() as theirs:
            assert mine is not theirs
        with pytest.raises(LockedError), other._store.write():
            pytest.fail("a transaction that writes is open")
    with shared._store.write(), pytest.raises(LockedError), other._store.write_own():
        pytest.fail("another process writes")


def test_two_mails_sent_at_once_end_the_pauses_of_both_queues(shared: Archive, other: Archive, clock: Clock) -> None:
    shared.outbox.pause(clock(), "421 not now")
    hook = other.outbox.of("Hook")
    hook.pause(clock(), "503 not now")
    shared.outbox.of("Third").pause(clock(), "503 not now")
    other_waits = threading.Event()

    def end_other() -> None:
        with other._store.write_own() as connection:
            other_waits.set()
            end_pause(connection, "Hook")  # waits for the other transaction

    thread = threading.Thread(target=end_other)
    with shared._store.write_own() as connection:
        end_pause(connection, "mail")
        thread.start()
        assert other_waits.wait(20)
        time.sleep(0.1)  # the other one has read the pauses by now, if it does not wait
    thread.join()
    assert list(shared.outbox.all_paused(clock())) == ["Third"]


# -- messages ---------------------------------------------------------------------------------------------------------


def claim(archive: Archive, *, on_ambiguous: str = "resend", is_idempotent: bool = False) -> object:
    now = archive._store.clock()
    return archive.outbox.claim_one(1, now, on_ambiguous=on_ambiguous, is_idempotent=is_idempotent)


def token_of(claimed: object) -> str:
    assert isinstance(claimed, tuple)
    return str(claimed[1])


def test_a_message_is_taken_and_sent(shared: Archive, clock: Clock) -> None:
    add_letters(shared)
    assert shared.outbox.look_at(1, clock()) == ("mail", clock())
    assert shared.outbox.look_at(2, clock()) is None
    token = token_of(claim(shared))
    shared.outbox.dotted(1, token, clock())
    shared.outbox.sent(1, token, clock(), "250 ok")
    assert shared.outbox.look_at(1, clock()) is None
    assert claim(shared) is None


def test_messages_to_a_domain_wait_in_line_for_its_pace(shared: Archive, clock: Clock) -> None:
    add_letters(shared, count=3)
    domain = letter(0).recipient.rpartition("@")[2]
    limits = SendingLimits(domains={domain: DomainLimit(per_minute=60)})

    def take(row_id: int) -> object:
        return shared.outbox.claim_one(row_id, clock(), on_ambiguous="resend", is_idempotent=False, limits=limits)

    assert isinstance(take(1), tuple)
    second = clock() + timedelta(seconds=1)
    assert [take(2), take(3)] == [second, second + timedelta(seconds=1)]
    clock.advance(seconds=1)
    assert isinstance(take(2), tuple)


def test_messages_that_were_put_off_are_not_in_line(shared: Archive, clock: Clock) -> None:
    add_letters(shared, count=4)
    domain = letter(0).recipient.rpartition("@")[2]
    limits = SendingLimits(domains={domain: DomainLimit(per_minute=1)})

    def take(row_id: int) -> object:
        return shared.outbox.claim_one(row_id, clock(), on_ambiguous="resend", is_idempotent=False, limits=limits)

    for row_id in (1, 2):
        shared.outbox.failed(row_id, token_of(take(row_id)), clock(), "550 5.1.1 no such user", "recipient")
        clock.advance(minutes=1)
    assert isinstance(take(3), tuple)
    assert take(4) == clock() + timedelta(minutes=1)


def test_a_worker_that_lost_its_message_does_not_send_the_final_dot(shared: Archive, clock: Clock) -> None:
    add_letters(shared)
    first, second = token_of(claim(shared)), token_of(claim(shared))
    with pytest.raises(BrokenOffError):
        shared.outbox.dotted(1, first, clock())
    shared.outbox.dotted(1, second, clock())


def test_a_message_after_its_final_dot_waits_and_is_flagged(shared: Archive, clock: Clock) -> None:
    add_letters(shared)
    shared.outbox.dotted(1, token_of(claim(shared)), clock())
    assert claim(shared) == clock() + AMBIGUOUS_WAIT
    assert shared.outbox.look_at(1, clock()) == ("mail", clock() + AMBIGUOUS_WAIT)
    assert shared.outbox.due_ids(clock()) == []
    clock.now += AMBIGUOUS_WAIT
    assert shared.outbox.due_ids(clock()) == [1]
    claimed = claim(shared)
    assert isinstance(claimed, tuple)
    assert (claimed[0].state, claimed[0].ambiguous, claimed[0].attempts) == (DeliveryState.SENDING, 1, 2)


def test_a_message_after_its_final_dot_is_held_if_the_user_wants_that(shared: Archive, clock: Clock) -> None:
    add_letters(shared)
    shared.outbox.dotted(1, token_of(claim(shared)), clock())
    assert claim(shared, on_ambiguous="hold") is None
    [entry] = shared.deliveries.listing()
    assert entry.state is DeliveryState.HELD


def test_a_file_is_written_again_at_once(shared: Archive, clock: Clock) -> None:
    add_letters(shared)
    shared.outbox.dotted(1, token_of(claim(shared)), clock())
    assert isinstance(claim(shared, is_idempotent=True), tuple)


def test_a_message_waits_for_its_next_try_and_for_the_pause_of_its_server(shared: Archive, clock: Clock) -> None:
    add_letters(shared)
    token = token_of(claim(shared))
    shared.outbox.failed(1, token, clock(), "451 later", "message")
    later = clock() + timedelta(minutes=1)
    assert claim(shared) == later
    clock.advance(seconds=30)
    shared.outbox.pause(clock(), "421 too many")
    assert shared.outbox.look_at(1, clock()) == ("mail", clock() + timedelta(minutes=1))


def test_a_message_that_is_released_or_copied_gets_a_job(shared: Archive, clock: Clock) -> None:
    add_letters(shared)
    shared.outbox.dotted(1, token_of(claim(shared)), clock())
    claim(shared, on_ambiguous="hold")
    run(shared, "delete from procrastinate_jobs")
    shared.outbox.release(1)
    assert [row[1] for row in jobs(shared)] == ["message 1"]


# -- turns ------------------------------------------------------------------------------------------------------------


def test_turns_at_a_host_are_apart_for_all(shared: Archive, other: Archive) -> None:
    waits = [archive.host_turns.take("api.example", 60).wait for archive in (shared, other, shared)]
    assert waits[0] == 0
    assert 50 < waits[1] <= 60
    assert 110 < waits[2] <= 120
    assert other.host_turns.take("elsewhere.example", 60).wait == 0


def test_turns_do_not_wait_for_a_clock_that_was_set_back(shared: Archive) -> None:
    shared.host_turns.take("api.example", 0.2)
    run(shared, "update host_turn set next_at = next_at + interval '26 hours'")
    assert [shared.host_turns.take("api.example", 60).wait for _ in range(2)] == [0, pytest.approx(60, abs=10)]


def test_a_turn_that_comes_late_is_not_taken(shared: Archive, other: Archive) -> None:
    assert shared.host_turns.take_soon("smtp relay.example:25", 60, 0) == 0
    assert other.host_turns.take_soon("smtp relay.example:25", 60, 30) is None
    wait = other.host_turns.take_soon("smtp relay.example:25", 60, 60)
    assert wait is not None
    assert 50 < wait <= 60
    assert shared.host_turns.take_soon("smtp relay.example:25", 60, 60) is None
    assert shared.host_turns.take_soon("smtp relay.example:25", 10, 10) == 0  # the pace is another one now


def test_a_pause_of_a_host_holds_for_all_and_is_never_cut_short(shared: Archive, other: Archive) -> None:
    shared.host_turns.pause("api.example", 300)
    shared.host_turns.pause("api.example", 10)
    assert 290 < other.host_turns.take("api.example", 0).pause <= 300
    assert other.host_turns.take("elsewhere.example", 0).pause == 0
