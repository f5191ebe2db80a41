"""Servers that defer mails, accept few a minute, are silent after the final dot, or answer more than they were asked."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from monitor.delivery import late_replies as late_module
from monitor.delivery.late_replies import LateReplies
from monitor.delivery.sending import SEVERAL, Pace
from monitor.delivery.smtp_session import Timeouts
from monitor.delivery.stage import send_pending
from monitor.errors import DeliveryError, LeaseError
from monitor.model.deliveries import DeliveryState
from monitor.model.limits import SendingLimits
from monitor.operations import signals as signals_module
from monitor.operations.signals import SignalHandler, Terminated, UninterruptedMailer
from tests.smtpserver import SmtpServer
from tests.unit.delivery_kit import Clock, letter, plain, post_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.ports import Accepted, Callback

QUICK = Timeouts(step=15, dot=15, quit=15, prompt=0.2)
PUT_OFF = DeliveryError("the server did not take the mail: 451 4.7.1 too many", scope="message", may_be_server=True)
FULL = DeliveryError("the server did not take the mail: 452 4.2.2 mailbox full", scope="message")


# -- deferred mail ----------------------------------------------------------------------------------------------------


@dataclass
class Relay:
    """Mailer that takes a number of mails in each minute of the clock and answers 451 to further ones."""

    clock: Clock
    a_minute: int
    is_idempotent: bool = False
    tries: int = 0
    got: list[str] = field(default_factory=list)
    taken: Counter[datetime] = field(default_factory=Counter)

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        assert message
        self.tries += 1
        minute = self.clock.now.replace(second=0)
        if self.taken[minute] >= self.a_minute:
            raise PUT_OFF
        self.taken[minute] += 1
        before_dot()
        self.got.append(recipient)
        accepted("250 2.0.0 ok")

    def close(self) -> None:
        pass


@pytest.mark.slow
def test_relay_of_thirty_mails_a_minute_gets_two_thousand_mails_once_each(tmp_path: Path) -> None:
    post = post_for(tmp_path, 2000)
    relay = Relay(post.clock, 30)
    rounds = 0
    while post.outbox.deliveries.counts()[DeliveryState.PENDING]:
        report = send_pending(post.outbox, relay, post.clock)
        assert report.held == 0
        rounds += 1
        post.clock.advance(minutes=1)
    assert len(relay.got) == len(set(relay.got)) == 2000
    assert rounds < 80
    assert relay.tries <= 2000 + SEVERAL * rounds
    assert {row.attempts for row in post.outbox.deliveries.listing()} == {1}


def test_relay_that_defers_everything_for_weeks_uses_up_no_tries(tmp_path: Path) -> None:
    post = post_for(tmp_path, 50)
    relay = Relay(post.clock, 0)
    for _ in range(14 * 6):
        report = send_pending(post.outbox, relay, post.clock)
        post.clock.advance(hours=4)
    assert (report.pending, report.held) == (50, 0)
    assert report.failures[-1].startswith("no mail is tried before ")
    assert relay.tries == SEVERAL * 14 * 6
    relay.a_minute = 100
    assert send_pending(post.outbox, relay, post.clock).sent == 50


def test_deferred_mail_waits_a_quarter_of_an_hour_at_most(tmp_path: Path) -> None:
    post = post_for(tmp_path, SEVERAL)
    relay = Relay(post.clock, 0)
    waits = []
    for _ in range(7):
        send_pending(post.outbox, relay, post.clock)
        began, tries = post.clock.now, relay.tries
        while relay.tries == tries:
            post.clock.advance(minutes=1)
            send_pending(post.outbox, relay, post.clock)
        waits.append((post.clock.now - began) // timedelta(minutes=1))
    assert waits == sorted(waits)
    assert waits[-1] == 15


class Scripted(Relay):
    """Mailer that raises the scripted error of a recipient, each time."""

    def __init__(self, clock: Clock, script: dict[str, DeliveryError]) -> None:
        super().__init__(clock, 1000)
        self.script = script

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        if error := self.script.get(recipient):
            self.tries += 1
            raise error
        super().deliver(message, recipient, before_dot, accepted)


def test_two_deferred_mails_do_not_stop_the_queue(tmp_path: Path) -> None:
    post = post_for(tmp_path, 5)
    relay = Scripted(post.clock, {"r1@x.org": PUT_OFF, "r2@x.org": PUT_OFF, "r4@x.org": PUT_OFF})
    report = send_pending(post.outbox, relay, post.clock)
    assert relay.got == ["r3@x.org", "r5@x.org"]
    assert report.failures == (str(PUT_OFF),) * 3
    assert [post.row(number).attempts for number in (1, 2, 4)] == [1, 1, 1]


class Greylist(Relay):
    """Mailer that takes a mail only five minutes after it was first tried, and does not say why."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, 1_000_000)
        self.first: dict[str, datetime] = {}

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        if self.clock.now < self.first.setdefault(recipient, self.clock.now) + timedelta(minutes=5):
            self.tries += 1
            raise DeliveryError("451 4.7.1 try again later", scope="message", may_be_server=True, is_reply=True)
        super().deliver(message, recipient, before_dot, accepted)


def test_many_mails_through_a_server_that_puts_off_each_at_first_take_hours_and_not_days(tmp_path: Path) -> None:
    post = post_for(tmp_path, 300)
    relay, began = Greylist(post.clock), post.clock.now
    while post.outbox.deliveries.counts()[DeliveryState.PENDING]:
        send_pending(post.outbox, relay, post.clock)
        post.clock.advance(minutes=1)
    assert post.clock.now - began < timedelta(hours=3)
    assert relay.tries < 700


def test_mails_that_were_put_off_before_are_few_in_a_row(tmp_path: Path) -> None:
    post = post_for(tmp_path, 50)
    error = DeliveryError("451 4.7.1 try again later", scope="message", may_be_server=True, is_reply=True)
    relay = Scripted(post.clock, {row.recipient: error for row in post.outbox.deliveries.listing()})
    for _ in range(40):
        send_pending(post.outbox, relay, post.clock)
        post.clock.advance(minutes=15)
    tries = relay.tries
    send_pending(post.outbox, relay, post.clock)
    assert relay.tries == tries + SEVERAL


def test_a_domain_whose_mails_are_put_off_stops_no_mail_to_others(tmp_path: Path) -> None:
    post = post_for(tmp_path, 0)
    recipients = [f"r{number}@{'busy' if number < 12 else 'other'}.example" for number in range(20)]
    post.add(*(letter(number, recipient=recipient) for number, recipient in enumerate(recipients)))
    relay = Scripted(post.clock, dict.fromkeys(recipients[:12], PUT_OFF))
    assert send_pending(post.outbox, relay, post.clock).sent == 8
    assert post.outbox.paused(post.clock()) is not None
    assert relay.tries <= 20


def test_a_server_that_puts_off_mails_to_two_domains_counts_as_the_cause(tmp_path: Path) -> None:
    post = post_for(tmp_path, 0)
    recipients = [f"r{number}@{'one' if number < 10 else 'two'}.example" for number in range(20)]
    post.add(*(letter(number, recipient=recipient) for number, recipient in enumerate(recipients)))
    relay = Relay(post.clock, 0)
    assert send_pending(post.outbox, relay, post.clock).sent == 0
    assert relay.tries == SEVERAL


def test_full_mailboxes_stop_no_other_mail(tmp_path: Path) -> None:
    post = post_for(tmp_path, 5)
    relay = Scripted(post.clock, {f"r{number}@x.org": FULL for number in range(1, 5)})
    assert send_pending(post.outbox, relay, post.clock).sent == 1


@pytest.mark.parametrize(
    ("stage", "reply", "may_be_server"),
    [
        ("RCPT", b"451 4.7.1 too many", True),
        ("RCPT", b"450 later", True),
        ("RCPT", b"452 4.2.2 mailbox full", False),
        ("RCPT", b"450 4.1.8 no such domain", False),
        ("RCPT", b"554 5.7.1 not you", False),
        ("RCPT", b"451 4.7.1 Greylisting in action, please come back later", False),
        ("RCPT", b"450 4.7.1 <a@x.org>: Recipient address rejected: Gray-listed for 300 seconds", False),
        ("DATA", b"451 later", True),
        ("dot", b"451 later", True),
        ("dot", b"554 5.6.0 not that", False),
    ],
)
def test_replies_that_may_concern_the_whole_server(stage: str, reply: bytes, may_be_server: bool) -> None:
    with SmtpServer(replies={stage: [reply]}) as server:
        client = plain(server)
        with pytest.raises(DeliveryError) as caught:
            client.deliver(letter().message, "a@x.org", lambda: None, lambda _: None)
        client.close()
    assert (caught.value.scope, caught.value.may_be_server) == ("message", may_be_server)


# -- a pace -----------------------------------------------------------------------------------------------------------


def test_mails_keep_the_interval_of_the_pace(tmp_path: Path) -> None:
    post = post_for(tmp_path, 20)
    relay = Relay(post.clock, 10)
    pace = Pace(limits=SendingLimits(per_minute=10), sleep=lambda seconds: post.clock.advance(seconds=seconds))
    began = post.clock.now
    report = send_pending(post.outbox, relay, post.clock, pace=pace)
    assert (report.sent, relay.tries) == (20, 20)
    assert post.clock.now - began == timedelta(seconds=19 * 6)


def test_paced_queue_pauses_after_a_while_and_continues_in_step(tmp_path: Path) -> None:
    post = post_for(tmp_path, 20)
    relay = Relay(post.clock, 10)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        post.clock.advance(seconds=seconds)

    pace = Pace(
        limits=SendingLimits(per_minute=10),
        time_limit=timedelta(seconds=50),
        sleep=sleep,
    )
    assert send_pending(post.outbox, relay, post.clock, pace=pace).sent == 9
    assert sum(slept) <= 50
    post.clock.advance(seconds=1)  # the next run begins before the next mail is due
    assert send_pending(post.outbox, relay, post.clock, pace=pace).sent == 8
    assert slept[8] == pytest.approx(5)


def test_clock_that_was_set_back_causes_no_wait(tmp_path: Path) -> None:
    post = post_for(tmp_path, 2)
    relay = Relay(post.clock, 10)
    slept: list[float] = []
    pace = Pace(limits=SendingLimits(per_minute=10), sleep=slept.append)
    send_pending(post.outbox, relay, post.clock, pace=replace(pace, time_limit=timedelta()))
    post.clock.advance(days=-3)
    send_pending(post.outbox, relay, post.clock, pace=pace)
    assert slept == []
    assert post.row(2).state is DeliveryState.SENT


# -- silence after the dot --------------------------------------------------------------------------------------------


def test_silent_server_delays_only_one_mail(tmp_path: Path) -> None:
    post, late = post_for(tmp_path, 3), LateReplies()
    with SmtpServer(stage="dot", fault="slow") as server:
        report = send_pending(post.outbox, plain(server, QUICK), post.clock, late=late)
        assert (report.sent, report.ambiguous, report.failures) == (2, 1, ())
        assert post.row(1).state is DeliveryState.DOTTED
        assert len(server.accepted) == 3
        server.go_on.set()
        assert late.finish() == []
        assert post.row(1).state is DeliveryState.SENT
        assert (post.row(1).ambiguous, post.row(1).attempts) == (0, 1)
        post.clock.advance(days=1)
        assert send_pending(post.outbox, plain(server), post.clock).sent == 0
    assert len(server.accepted) == len(set(server.message_ids())) == 3


def test_two_silent_mails_in_a_row_stop_the_queue_until_one_is_answered(tmp_path: Path) -> None:
    post, late = post_for(tmp_path, 4), LateReplies()
    with SmtpServer(stage="dot", fault="slow", times=9) as server:
        report = send_pending(post.outbox, plain(server, QUICK), post.clock, late=late)
        assert (report.sent, report.pending, report.ambiguous) == (0, 2, 2)
        assert "no mail is tried before" in report.failures[-1]
        server.go_on.set()
        assert late.finish() == []
        assert post.outbox.paused(post.clock()) is None
        assert send_pending(post.outbox, plain(server), post.clock).sent == 2
    assert len(server.accepted) == len(set(server.message_ids())) == 4


@pytest.mark.parametrize("reply", [b"250 2.0.0 queued", b"451 4.2.0 later"])
def test_server_that_is_slow_with_each_mail_gets_all_of_them(tmp_path: Path, reply: bytes) -> None:
    post, late = post_for(tmp_path, 4), LateReplies()
    with SmtpServer(seconds_a_mail=0.6, replies={"dot": [reply]}) as server:
        report = send_pending(post.outbox, plain(server, replace(QUICK, prompt=0.5)), post.clock, late=late)
        assert report.failures == ()
        late.finish()
    assert post.outbox.paused(post.clock()) is None
    assert [post.row(number).attempts for number in range(1, 5)] == [1] * 4


def test_late_refusal_is_a_refusal(tmp_path: Path) -> None:
    post, late = post_for(tmp_path, 1), LateReplies()
    with SmtpServer(stage="dot", fault="slow", replies={"dot": [b"451 4.3.0 later", b"250 ok"]}) as server:
        send_pending(post.outbox, plain(server, QUICK), post.clock, late=late)
        server.go_on.set()
        [failure] = late.finish()
    assert "451 4.3.0 later" in failure
    assert post.row(1).state is DeliveryState.PENDING


@pytest.mark.parametrize(
    ("reply", "state"), [(b"250 queued", DeliveryState.SENT), (b"451 later", DeliveryState.PENDING)]
)
def test_mail_that_was_held_while_its_reply_was_late_is_held_no_longer(
    tmp_path: Path, reply: bytes, state: DeliveryState
) -> None:
    post, late = post_for(tmp_path, 1), LateReplies()
    with SmtpServer(stage="dot", fault="slow", replies={"dot": [reply]}) as server:
        send_pending(post.outbox, plain(server, QUICK), post.clock, on_ambiguous="hold", late=late)
        post.clock.advance(minutes=1)  # `pqwatch serve` delivers again, and is the process that waits
        assert send_pending(post.outbox, plain(server, QUICK), post.clock, on_ambiguous="hold", late=late).held == 1
        server.go_on.set()
        late.finish()
    assert post.row(1).state is state


def test_mail_that_was_released_meanwhile_goes_again(tmp_path: Path) -> None:
    post = post_for(tmp_path, 1)
    claimed = post.outbox.claim(post.clock())
    assert claimed is not None
    post.outbox.dotted(1, claimed[1], post.clock())
    post.outbox.recover(post.clock(), on_ambiguous="hold", is_idempotent=False)
    post.outbox.release(1)
    with pytest.raises(LeaseError):
        post.outbox.sent(1, claimed[1], post.clock(), "250 queued")
    assert post.row(1).state is DeliveryState.PENDING


def test_mail_without_a_reply_is_flagged_as_doubtful(tmp_path: Path) -> None:
    post, late = post_for(tmp_path, 1), LateReplies()
    with SmtpServer(stage="dot", fault="slow") as server:
        timeouts = Timeouts(step=15, dot=0.6, quit=15, prompt=0.2)
        send_pending(post.outbox, plain(server, timeouts), post.clock, late=late)
        [failure] = late.finish()
        assert failure.startswith("nobody knows whether the mail to r1@x.org went")
        assert (post.row(1).state, post.row(1).ambiguous) == (DeliveryState.DOTTED, 1)
        server.go_on.set()
        post.clock.advance(minutes=15)
        assert send_pending(post.outbox, plain(server), post.clock).sent == 1
    assert len(server.accepted) == 2  # the same mail, marked as a possible copy


def test_mailer_waits_for_the_reply_if_no_caller_does(tmp_path: Path) -> None:
    post = post_for(tmp_path, 1)
    with SmtpServer(stage="dot", fault="slow") as server:
        threading.Timer(0.5, server.go_on.set).start()
        assert send_pending(post.outbox, plain(server, QUICK), post.clock).sent == 1


# -- a signal ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[SignalHandler]:
    monkeypatch.setattr(signals_module, "GRACE", 0.3)
    monkeypatch.setattr(late_module, "GRACE", 0.3)
    before, hook = signal.getsignal(signal.SIGTERM), sys.unraisablehook
    at_int = signal.getsignal(signal.SIGINT)
    made = SignalHandler()
    made.install()
    yield made
    signal.signal(signal.SIGTERM, before)
    signal.signal(signal.SIGINT, at_int)
    sys.unraisablehook = hook


def soon() -> None:
    """Send a SIGTERM while the server is silent."""
    threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGTERM)).start()


ONE_BY_ONE = Timeouts(step=600, dot=600, quit=5, prompt=600)
AT_ONCE = Timeouts(step=600, dot=600, quit=5, prompt=0.1)


@pytest.mark.skipif(sys.platform == "win32", reason="signals can't be sent to oneself there")
@pytest.mark.parametrize("stage", ["greet", "EHLO", "MAIL", "RCPT", "DATA"])
def test_signal_before_the_dot_aborts_a_mail_at_once(stage: str, tmp_path: Path, signals: SignalHandler) -> None:
    post = post_for(tmp_path, 2)
    with SmtpServer(stage=stage, fault="hang") as server:
        soon()
        with pytest.raises(Terminated):
            send_pending(post.outbox, UninterruptedMailer(plain(server, ONE_BY_ONE), signals), post.clock)
        assert post.row(1).state is DeliveryState.SENDING
        assert send_pending(post.outbox, plain(server), post.clock).sent == 2
    assert len(server.accepted) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="signals can't be sent to oneself there")
def test_after_the_dot_a_signal_gives_the_server_a_moment(tmp_path: Path, signals: SignalHandler) -> None:
    post = post_for(tmp_path, 2)
    with SmtpServer(stage="dot", fault="slow") as server:
        client = plain(server, ONE_BY_ONE)
        client._seconds_left = signals.seconds_left
        soon()
        with pytest.raises(Terminated):
            send_pending(post.outbox, UninterruptedMailer(client, signals), post.clock)
        server.go_on.set()
    assert (post.row(1).state, post.row(1).ambiguous) == (DeliveryState.DOTTED, 1)
    assert len(server.accepted) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals can't be sent to oneself there")
def test_a_signal_ends_the_waiting_for_late_replies(tmp_path: Path, signals: SignalHandler) -> None:
    post, late = post_for(tmp_path, 1), LateReplies()
    with SmtpServer(stage="dot", fault="slow") as server:
        send_pending(post.outbox, UninterruptedMailer(plain(server, AT_ONCE), signals), post.clock, late=late)
        soon()
        with pytest.raises(Terminated):
            late.finish()
        for waiting in threading.enumerate():  # on a busy machine it records a moment later than `finish` waits
            if waiting.name == "late-reply":
                waiting.join()
        server.go_on.set()
    assert (post.row(1).state, post.row(1).ambiguous) == (DeliveryState.DOTTED, 1)


# -- unsolicited answers ----------------------------------------------------------------------------------------------


def test_a_server_that_answers_in_the_middle_of_a_mail_gets_no_dot() -> None:
    with SmtpServer(besides={"body": b"451 4.3.0 enough"}) as server:
        client, heard = plain(server), threading.Event()

        def before_dot() -> None:
            """Let the answer arrive, as it may while the dot is recorded."""
            while server.besides:
                heard.wait(0.01)

        with pytest.raises(DeliveryError, match=r"451 4\.3\.0 enough") as caught:
            client.deliver(letter().message, "a@x.org", before_dot, lambda _: None)
        client.close()
    assert (type(caught.value), server.accepted) == (DeliveryError, [])


@pytest.mark.parametrize(
    ("besides", "reply"), [(b"451 4.3.0 too slow", b"250 2.0.0 queued"), (b"250 2.0.0 ok", b"554 5.6.0 not that")]
)
def test_contradicting_answers_leave_the_result_in_doubt(besides: bytes, reply: bytes, tmp_path: Path) -> None:
    post = post_for(tmp_path, 2)
    with SmtpServer(besides={"dot": besides}, replies={"dot": [reply, b"250 2.0.0 ok"]}) as server:
        report = send_pending(post.outbox, plain(server), post.clock)
        assert (report.sent, report.ambiguous) == (1, 1)
        assert "gave several replies" in report.failures[0]
        assert (post.row(1).state, post.row(1).ambiguous) == (DeliveryState.DOTTED, 1)
        assert [row.reply for row in post.outbox.deliveries.listing(DeliveryState.SENT)] == ["250 2.0.0 ok"]
        post.clock.advance(minutes=15)
        assert send_pending(post.outbox, plain(server), post.clock).sent == 1


@pytest.mark.parametrize(("stage", "times"), [("dot", 1), ("after", 1)])
def test_late_reply_is_not_taken_for_that_of_the_next_mail(stage: str, times: int, tmp_path: Path) -> None:
    post = post_for(tmp_path, 3)
    replies = [b"250 2.0.0 first", b"550 5.7.1 second", b"250 2.0.0 third"]
    with SmtpServer(besides={stage: b"250 2.0.0 said besides"}, replies={"dot": replies}) as server:
        report = send_pending(post.outbox, plain(server), post.clock)
    assert (report.sent, times) == (2, 1)
    assert [post.row(number).state.value for number in (1, 2, 3)] == ["sent", "pending", "sent"]
    assert post.outbox.deliveries.listing(DeliveryState.SENT)[1].reply == "250 2.0.0 third"
    assert "550 5.7.1 second" in report.failures[0]


UNASKED = b"250 ok\r\n250 ok\r\n354 go\r\n250 2.0.0 queued"


@pytest.mark.parametrize(
    ("features", "reply", "failure"),
    [
        ((), UNASKED, "said more than it was asked"),
        (("PIPELINING",), UNASKED, "250 2.0.0 queued"),
        (("PIPELINING",), b"250 ok\r\n250 ok", "250 2.1.5 ok"),
    ],
)
def test_unsolicited_answer_is_not_believed(
    features: tuple[str, ...], reply: bytes, failure: str, tmp_path: Path
) -> None:
    post = post_for(tmp_path, 1)
    with SmtpServer(replies={"MAIL": [reply]}, features=("8BITMIME", *features)) as server:
        report = send_pending(post.outbox, plain(server), post.clock)
    assert report.sent == 0
    assert failure in report.failures[0]
    assert server.accepted == []
