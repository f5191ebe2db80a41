"""Mail over several connections at once, and limits of a relay and of receiving domains."""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from db.outbox import Outbox
from db.shared_store import SharedStore
from db.store import Store
from db.tables import meta
from monitor.delivery.sending import DEFAULT_RETRY_LIMIT, Pace, QueueRun
from monitor.delivery.stage import Connections, send_pending
from monitor.errors import ArchiveError, BrokenOffError, DeliveryError
from monitor.model.deliveries import DeliveryState
from monitor.model.limits import DomainLimit, SendingLimits
from monitor.operations.signals import SignalHandler, Terminated
from tests.smtpserver import SmtpServer
from tests.unit.delivery_kit import Bench, bench, letter, plain, post_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from monitor.ports import Accepted, Callback

SERVER_DOWN = DeliveryError("no mail can be sent: connection refused", scope="server")
TOO_MANY = DeliveryError("no mail can be sent: 421 too many connections", scope="server", at_connecting=True)


@dataclass
class Meeting:
    """Mailer that calls `meet` before each dot, and counts the mails that passed theirs."""

    meet: Callable[[str], object] = lambda _recipient: None
    passed: Callable[[str], object] = lambda _recipient: None
    got: list[str] = field(default_factory=list)
    is_idempotent: bool = False

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        assert message
        self.meet(recipient)
        before_dot()
        self.got.append(recipient)
        self.passed(recipient)
        accepted("250 2.0.0 ok")

    def close(self) -> None:
        pass


def states(post: Bench) -> list[DeliveryState]:
    return [row.state for row in post.outbox.deliveries.listing()]


def test_mails_are_under_way_at_the_same_time(tmp_path: Path) -> None:
    post = post_for(tmp_path, 9)
    barrier = threading.Barrier(3)
    carrier = Meeting(meet=lambda _recipient: barrier.wait(30))
    report = send_pending(post.outbox, carrier, post.clock, connections=Connections(count=3, open=lambda: carrier))
    assert (report.sent, report.failures) == (9, ())
    assert sorted(carrier.got) == sorted(f"r{number}@x.org" for number in range(1, 10))


def test_real_connections_are_used_again(tmp_path: Path) -> None:
    post = post_for(tmp_path, 12)
    with SmtpServer() as server:
        connections = Connections(count=3, open=lambda: plain(server))
        assert send_pending(post.outbox, plain(server), post.clock, connections=connections).sent == 12
    assert len(server.accepted) == len(set(server.message_ids())) == 12
    assert len(server.connections) <= 3


def test_server_that_takes_fewer_connections_gets_every_mail_over_these(tmp_path: Path) -> None:
    post = post_for(tmp_path, 40)
    with SmtpServer(most_at_once=2) as server:
        connections = Connections(count=4, open=lambda: plain(server))
        report = send_pending(post.outbox, plain(server), post.clock, connections=connections)
    assert (report.sent, report.pending, report.failures) == (40, 0, ())
    assert len(server.accepted) == len(set(server.message_ids())) == 40
    assert server.turned_away == 2
    assert {row.attempts for row in post.outbox.deliveries.listing()} == {1}


def test_server_that_takes_no_connection_pauses_the_queue_when_the_last_one_was_tried(tmp_path: Path) -> None:
    post = post_for(tmp_path, 9)
    with SmtpServer(stage="greet", fault="421", times=99) as server:
        connections = Connections(count=3, open=lambda: plain(server))
        report = send_pending(post.outbox, plain(server), post.clock, connections=connections)
    assert (report.sent, report.pending, len(server.connections)) == (0, 9, 3)
    assert len(report.failures) == 1
    assert post.outbox.paused(post.clock()) in report.failures
    assert {row.attempts for row in post.outbox.deliveries.listing()} == {0}


def test_mail_that_is_given_back_while_another_connection_ends_is_sent(tmp_path: Path) -> None:
    """The connection that found nothing due looks once more before it ends, so the mail waits for no later run."""
    post = post_for(tmp_path, 2)
    is_empty, may_fail = threading.Event(), threading.Event()

    def refused(_recipient: str) -> None:
        if threading.current_thread() is threads[0]:
            may_fail.set()
            assert is_empty.wait(30)
            raise TOO_MANY
        assert may_fail.wait(30)

    carrier = Meeting(meet=refused)
    sending = QueueRun(
        outbox=post.outbox.for_threads(), clock=post.clock, late=None, retry_limit=DEFAULT_RETRY_LIMIT, connections=2
    )
    threads = [threading.Thread(target=sending.send, args=(carrier,)) for _ in range(2)]
    is_needed = sending._is_needed

    def give_back_first(given_back: int) -> bool:
        is_empty.set()
        threads[0].join(30)
        return is_needed(given_back)

    with mock.patch.object(QueueRun, "_is_needed", lambda _run, given_back: give_back_first(given_back)):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert states(post) == [DeliveryState.SENT, DeliveryState.SENT]


def test_server_that_fails_on_all_connections_pauses_the_queue_once(tmp_path: Path) -> None:
    post = post_for(tmp_path, 9)
    barrier = threading.Barrier(3)

    def fail(recipient: str) -> None:
        if recipient in ("r1@x.org", "r2@x.org", "r3@x.org"):
            barrier.wait(30)
        raise SERVER_DOWN

    carrier = Meeting(meet=fail)
    report = send_pending(post.outbox, carrier, post.clock, connections=Connections(count=3, open=lambda: carrier))
    assert (report.sent, report.pending) == (0, 9)
    assert {row.attempts for row in post.outbox.deliveries.listing()} == {0}
    post.clock.advance(minutes=1)
    assert post.outbox.paused(post.clock()) is None


def test_failure_of_a_connection_is_told_though_another_one_sent_afterwards(tmp_path: Path) -> None:
    """A mail that goes ends the pause of the queue, and the mail that failed waits all the same."""
    post = post_for(tmp_path, 2)
    both_are_under_way = threading.Barrier(2)

    def one_fails(recipient: str) -> None:
        both_are_under_way.wait(30)
        if recipient == "r1@x.org":
            raise SERVER_DOWN
        until = time.monotonic() + 30
        while post.outbox.paused(post.clock()) is None and time.monotonic() < until:
            time.sleep(0.01)

    carrier = Meeting(meet=one_fails)
    report = send_pending(post.outbox, carrier, post.clock, connections=Connections(count=2, open=lambda: carrier))
    assert (report.sent, report.pending) == (1, 1)
    assert post.outbox.paused(post.clock()) is None
    assert report.failures == (str(SERVER_DOWN),)


def test_mails_put_off_while_the_queue_pauses_lose_no_try(tmp_path: Path) -> None:
    post = post_for(tmp_path, 9)
    barrier = threading.Barrier(5)

    def put_off(recipient: str) -> None:
        if recipient in [f"r{number}@x.org" for number in range(1, 6)]:
            barrier.wait(30)
        raise DeliveryError("451 4.7.1 too many", scope="message", may_be_server=True)

    carrier = Meeting(meet=put_off)
    report = send_pending(post.outbox, carrier, post.clock, connections=Connections(count=5, open=lambda: carrier))
    assert (report.sent, report.pending) == (0, 9)
    assert {row.attempts for row in post.outbox.deliveries.listing()} == {0}


def test_run_that_lost_the_archive_ends_every_thread(tmp_path: Path) -> None:
    post = post_for(tmp_path, 9)

    def lose(_recipient: str) -> None:
        raise BrokenOffError("another run took the archive over")

    carrier = Meeting(meet=lose)
    with pytest.raises(BrokenOffError):
        send_pending(post.outbox, carrier, post.clock, connections=Connections(count=3, open=lambda: carrier))
    assert carrier.got == []


def test_signal_waits_for_the_mails_after_their_dots_and_breaks_the_others_off(tmp_path: Path) -> None:
    post = post_for(tmp_path, 9)
    signals = SignalHandler()
    both = threading.Barrier(2)
    is_broken_off = threading.Event()

    def before_dot(recipient: str) -> None:
        if recipient == "r2@x.org":
            both.wait(30)  # the other mail is past its dot, and the signal is there
            is_broken_off.wait(30)

    def after_dot(_recipient: str) -> None:
        signals._handle(signal.SIGTERM, None)
        both.wait(30)
        is_broken_off.wait(30)

    carrier = Meeting(meet=before_dot, passed=after_dot)

    def seconds_left() -> float:
        left = signals.seconds_left()
        if left < 100:  # the main thread sees the signal, and breaks off before it asks again
            if was_seen.is_set():
                is_broken_off.set()
            was_seen.set()
        return left

    was_seen = threading.Event()
    connections = Connections(count=2, open=lambda: carrier, defer_signals=signals.deferred, seconds_left=seconds_left)
    with pytest.raises(Terminated):
        send_pending(post.outbox, carrier, post.clock, connections=connections)
    assert carrier.got == ["r1@x.org"]
    assert states(post) == [DeliveryState.SENT, DeliveryState.SENDING, *[DeliveryState.PENDING] * 7]


# -- limits -----------------------------------------------------------------------------------------------------------


def test_domain_that_takes_few_mails_a_minute_delays_no_other(tmp_path: Path) -> None:
    post = bench(tmp_path)
    post.add(*(letter(number, recipient=f"r{number}@SLOW.example") for number in (1, 2, 3)))
    post.add(letter(4, recipient="r4@x.org"), letter(5, recipient="r5@not-slow.example"))
    limits = SendingLimits(domains={"slow.example": DomainLimit(per_minute=1)})
    pace = Pace(limits=limits, sleep=lambda seconds: post.clock.advance(seconds=seconds))
    carrier, began = Meeting(), post.clock.now
    assert send_pending(post.outbox, carrier, post.clock, pace=pace).sent == 5
    assert carrier.got == ["r1@SLOW.example", "r4@x.org", "r5@not-slow.example", "r2@SLOW.example", "r3@SLOW.example"]
    assert post.clock.now - began == timedelta(minutes=2)


def test_every_other_domain_has_the_limit_of_the_star_by_itself(tmp_path: Path) -> None:
    post = post_for(tmp_path, 2, "one.example")
    post.add(letter(3, recipient="r3@two.example"), letter(4, recipient="r4@free.example"))
    limits = SendingLimits(domains={"*": DomainLimit(per_minute=1), "free.example": DomainLimit()})
    pace = Pace(limits=limits, time_limit=timedelta(seconds=50), sleep=lambda _seconds: None)
    carrier = Meeting()
    send_pending(post.outbox, carrier, post.clock, pace=pace)
    assert carrier.got == ["r1@one.example", "r3@two.example", "r4@free.example"]


def test_pace_holds_for_two_processes_together(tmp_path: Path) -> None:
    post = post_for(tmp_path, 3)
    other = Outbox(Store(post.outbox.store.engine, post.clock, timedelta(seconds=90)))
    limits = SendingLimits(per_minute=1)
    assert post.outbox.claim(post.clock(), limits) is not None
    assert other.claim(post.clock(), limits) is None
    assert other.next_turn(post.clock(), limits) == post.clock() + timedelta(minutes=1)
    post.clock.advance(minutes=1)
    assert other.claim(post.clock(), limits) is not None
    assert post.outbox.claim(post.clock(), limits) is None


def test_mails_under_way_to_a_domain_count_in_all_processes_for_a_minute(tmp_path: Path) -> None:
    post = post_for(tmp_path, 3)
    other = Outbox(Store(post.outbox.store.engine, post.clock, timedelta(seconds=90)))
    limits = SendingLimits(domains={"x.org": DomainLimit(connections=2)})
    assert post.outbox.claim(post.clock(), limits) is not None
    first = other.claim(post.clock(), limits)
    assert first is not None
    assert other.claim(post.clock(), limits) is None
    assert other.next_turn(post.clock(), limits) == post.clock() + timedelta(seconds=1)
    other.dotted(first[0].id, first[1], post.clock())
    other.sent(first[0].id, first[1], post.clock(), "250 ok")
    assert other.claim(post.clock(), limits) is not None


def test_mail_of_a_dead_process_is_under_way_for_a_minute_only(tmp_path: Path) -> None:
    post = post_for(tmp_path, 2)
    limits = SendingLimits(domains={"x.org": DomainLimit(connections=1)})
    assert post.outbox.claim(post.clock(), limits) is not None
    assert post.outbox.claim(post.clock(), limits) is None
    post.clock.advance(minutes=1)
    assert post.outbox.claim(post.clock(), limits) is not None


# -- steps that share a transaction -----------------------------------------------------------------------------------


def facts(store: Store) -> set[str]:
    with store.read() as connection:
        return set(connection.execute(meta.select()).scalars())


def in_one_transaction(store: SharedStore, *writers: Callable[[], None]) -> list[BaseException | None]:
    """Let the writers run in one transaction: each waits for its turn while the first has it."""
    results: list[BaseException | None] = [None] * len(writers)

    def run(number: int) -> None:
        try:
            writers[number]()
        except BaseException as exc:  # noqa: BLE001 (judged by the test)
            results[number] = exc

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(writers))]
    with store._turn:
        for thread in threads:
            thread.start()
        while store._waiting < len(writers):
            threading.Event().wait(0.01)
    for thread in threads:
        thread.join()
    return results


def writer(store: SharedStore, key: str, error: Exception | None = None) -> Callable[[], None]:
    def write() -> None:
        with store.write() as connection:
            connection.execute(meta.insert().values(key=key, value="1"))
            if error:
                raise error

    return write


def test_refused_step_is_undone_and_the_others_stand(tmp_path: Path) -> None:
    post = post_for(tmp_path, 0)
    store = SharedStore(post.outbox.store)
    refused = BrokenOffError("not yours")
    results = in_one_transaction(store, writer(store, "a"), writer(store, "b", refused), writer(store, "c"))
    assert results == [None, refused, None]
    assert {"a", "c"} <= facts(store)
    assert "b" not in facts(store)


def test_error_of_the_database_is_told_to_every_thread_whose_step_it_undid(tmp_path: Path) -> None:
    post = post_for(tmp_path, 0)
    store = SharedStore(post.outbox.store)
    with store.write() as connection:
        connection.execute(meta.insert().values(key="b", value="0"))
    results = in_one_transaction(store, writer(store, "a"), writer(store, "b"), writer(store, "c"))
    told = {number for number, result in enumerate(results) if isinstance(result, ArchiveError)}
    assert 1 in told
    kept = {number for number, key in enumerate("abc") if key in facts(store)} - {1}
    assert kept == {0, 2} - told


def test_lease_that_was_lost_stops_shared_steps_too(tmp_path: Path) -> None:
    post = post_for(tmp_path, 0)
    inner = post.outbox.store
    inner.token = "lost"  # noqa: S105 (no secret)
    with pytest.raises(BrokenOffError):
        writer(SharedStore(inner), "a")()
    inner.token = None
    assert "a" not in facts(inner)
