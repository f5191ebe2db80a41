"""Order of deliveries, retries, and failures that stop other deliveries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from db.outbox import Outbox
from monitor.delivery.retired_addresses import tell_retired
from monitor.delivery.stage import send_pending
from monitor.errors import AmbiguousDeliveryError, DeliveryError, LeaseError, LockedError
from monitor.model.deliveries import DeliveryState, Retired
from tests.unit.delivery_kit import Bench, bench, letter

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from monitor.ports import Accepted, Callback

SERVER = DeliveryError("no mail can be sent: mail.example.org answered: 421 4.3.2 closing", scope="server")
REFUSED = DeliveryError("mail.example.org refused the address", scope="recipient")
LATER = DeliveryError("mail.example.org did not take the mail", scope="message")
DOUBT = AmbiguousDeliveryError("nobody knows whether the mail went", scope="message")


@dataclass
class ScriptedMailer:
    """Mailer that raises the errors of a recipient, once each or always (`for_ever`), and notes who got a mail."""

    errors: dict[str, list[DeliveryError]] = field(default_factory=dict)
    for_ever: dict[str, DeliveryError] = field(default_factory=dict)
    is_idempotent: bool = False
    tried: list[str] = field(default_factory=list)
    got: list[str] = field(default_factory=list)
    closed: int = 0

    def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
        assert message
        self.tried.append(recipient)
        queued = self.errors.get(recipient)
        error = queued.pop(0) if queued else self.for_ever.get(recipient)
        if error and not isinstance(error, AmbiguousDeliveryError):
            raise error
        before_dot()
        if error:
            raise error
        self.got.append(recipient)
        accepted("250 2.0.0 ok")

    def close(self) -> None:
        self.closed += 1


def post_for(tmp_path: Path, *recipients: str) -> Bench:
    post = bench(tmp_path)
    post.add(*(letter(number, recipient=recipient) for number, recipient in enumerate(recipients, 1)))
    return post


def test_due_mails_go_in_order(tmp_path: Path) -> None:
    post, mailer = post_for(tmp_path, "a@x.org", "b@x.org", "c@x.org"), ScriptedMailer()
    report = send_pending(post.outbox, mailer, post.clock)
    assert (report.sent, report.pending, report.failures) == (3, 0, ())
    assert mailer.got == ["a@x.org", "b@x.org", "c@x.org"]
    assert mailer.closed == 1
    assert send_pending(post.outbox, mailer, post.clock).sent == 0
    assert len(mailer.tried) == 3


@pytest.mark.parametrize("error", [REFUSED, LATER, DOUBT])
def test_one_failure_stops_no_other_mail(error: DeliveryError, tmp_path: Path) -> None:
    post, mailer = post_for(tmp_path, "a@x.org", "b@x.org", "c@x.org"), ScriptedMailer({"b@x.org": [error]})
    report = send_pending(post.outbox, mailer, post.clock)
    assert mailer.got == ["a@x.org", "c@x.org"]
    assert (report.sent, report.failures) == (2, (str(error),))
    assert (report.pending, report.ambiguous) == ((0, 1) if error is DOUBT else (1, 0))


def test_server_that_takes_nothing_stops_all_mail_for_now(tmp_path: Path) -> None:
    post, mailer = post_for(tmp_path, "a@x.org", "b@x.org"), ScriptedMailer({"a@x.org": [SERVER]})
    report = send_pending(post.outbox, mailer, post.clock)
    assert mailer.tried == ["a@x.org"]
    assert (report.sent, report.pending) == (0, 2)
    assert report.failures == (f"no mail is tried before 2026-11-24 07:31 UTC, because the last try failed: {SERVER}",)
    assert post.row().attempts == 0
    post.clock.advance(seconds=59)
    assert send_pending(post.outbox, mailer, post.clock).failures == report.failures
    assert len(mailer.tried) == 1
    post.clock.advance(seconds=1)
    assert send_pending(post.outbox, mailer, post.clock).sent == 2


def test_mail_that_crashes_the_server_is_overtaken(tmp_path: Path) -> None:
    post, mailer = post_for(tmp_path, "bad@x.org", "b@x.org"), ScriptedMailer(for_ever={"bad@x.org": SERVER})
    send_pending(post.outbox, mailer, post.clock)
    post.clock.advance(minutes=1)
    assert send_pending(post.outbox, mailer, post.clock).sent == 1
    assert mailer.got == ["b@x.org"]


def test_manual_send_does_not_wait(tmp_path: Path) -> None:
    post = post_for(tmp_path, "a@x.org", "b@x.org")
    mailer = ScriptedMailer({"a@x.org": [LATER], "b@x.org": [SERVER]})
    send_pending(post.outbox, mailer, post.clock)
    assert send_pending(post.outbox, mailer, post.clock).sent == 0
    assert send_pending(post.outbox, mailer, post.clock, is_asked=True).sent == 2


def test_two_doubtful_mails_in_a_row_stop_all_mail_for_now(tmp_path: Path) -> None:
    post = post_for(tmp_path, "a@x.org", "b@x.org", "c@x.org", "d@x.org")
    mailer = ScriptedMailer({"a@x.org": [DOUBT], "c@x.org": [DOUBT], "d@x.org": [DOUBT]})
    post.add(letter(5, recipient="e@x.org"))
    report = send_pending(post.outbox, mailer, post.clock)
    assert mailer.got == ["b@x.org"]
    assert (report.ambiguous, report.pending) == (3, 1)
    assert "no mail is tried before" in report.failures[-1]


def test_a_refused_address_is_given_up_on_the_third_day(tmp_path: Path) -> None:
    post, mailer = post_for(tmp_path, "a@x.org"), ScriptedMailer(for_ever={"a@x.org": REFUSED})
    for _ in range(2):
        report = send_pending(post.outbox, mailer, post.clock)
        assert (report.refused, report.pending) == (0, 1)
        post.clock.advance(days=1)
    report = send_pending(post.outbox, mailer, post.clock)
    assert (report.refused, report.pending) == (1, 0)
    assert report.failures == (
        "mail.example.org refused the address (put aside, as is all that comes for this address)",
        (
            "a@x.org has been refused on three days, so nothing is sent there since 2026-11-26; 1 mail waits: correct the "
            "address with `pqwatch subscribers change`, or `pqwatch subscribers pause` or `remove` the subscriber, or "
            "`pqwatch deliver --release 1` asks again"
        ),
    )
    post.clock.advance(days=9)
    assert send_pending(post.outbox, mailer, post.clock).failures == report.failures[1:]
    assert len(mailer.tried) == 3


def test_address_that_works_again_is_reported_with_its_held_mails(tmp_path: Path) -> None:
    post, mailer = post_for(tmp_path, "a@x.org"), ScriptedMailer({"a@x.org": [REFUSED] * 3})
    for _ in range(3):
        send_pending(post.outbox, mailer, post.clock)
        post.clock.advance(days=1)
    post.add(letter(2, recipient="a@x.org"), letter(3, recipient="a@x.org"))
    assert send_pending(post.outbox, mailer, post.clock).sent == 0
    post.outbox.release(3)
    report = send_pending(post.outbox, mailer, post.clock)
    assert (report.sent, mailer.got) == (1, ["a@x.org"])
    assert report.failures == (
        (
            "2 mails were put aside while a@x.org was refused: `pqwatch deliver --release 1 --release 2` sends them now, "
            "`--discard` in its place gives up"
        ),
    )
    post.outbox.discard(1)
    post.outbox.discard(2)
    assert send_pending(post.outbox, mailer, post.clock).failures == ()


def test_some_of_many_waiting_mails_are_named() -> None:
    message = tell_retired(Retired(address="a@x.org", since=None, waiting=tuple(range(1, 40))))
    assert "--release 12 ...`" in message
    message = tell_retired(Retired(address="a@x.org", since=None, waiting=(7,)))
    assert message.startswith(
        "1 mail was put aside while a@x.org was refused: `pqwatch deliver --release 7` sends it now"
    )


def test_undeliverable_mail_is_held_after_five_days(tmp_path: Path) -> None:
    post, mailer = post_for(tmp_path, "a@x.org"), ScriptedMailer(for_ever={"a@x.org": LATER})
    for _ in range(5 * 24):
        report = send_pending(post.outbox, mailer, post.clock)
        assert (report.held, report.pending) == (0, 1)
        post.clock.advance(hours=1)
    for _ in range(4):
        report = send_pending(post.outbox, mailer, post.clock)
        post.clock.advance(hours=1)
    assert (report.held, report.pending) == (1, 0)
    assert len(mailer.tried) < 45


class StubbornOutbox(Outbox):
    """Outbox that another process has locked when the reply is to be recorded."""

    __slots__ = ("locked",)
    locked: list[bool]

    def sent(self, row_id: int, token: str, now: datetime, reply: str) -> None:
        if self.locked.pop():
            raise LockedError("the archive is in use")
        super().sent(row_id, token, now, reply)


def stubborn(post: Bench, *locked: bool) -> StubbornOutbox:
    outbox = StubbornOutbox(post.outbox.store)
    object.__setattr__(outbox, "locked", list(reversed(locked)))
    return outbox


def test_sent_mail_is_recorded_despite_a_locked_archive(tmp_path: Path) -> None:
    post = post_for(tmp_path, "a@x.org")
    assert send_pending(stubborn(post, True, True, False), ScriptedMailer(), post.clock).sent == 1
    assert post.row().state is DeliveryState.SENT


def test_unrecorded_reply_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    post, mailer = post_for(tmp_path, "a@x.org"), ScriptedMailer()
    with pytest.raises(LockedError):
        send_pending(stubborn(post, True, True, True), mailer, post.clock)
    assert f"message may be sent more than once message_id={post.row().message_id}" in caplog.text
    assert post.row().state is DeliveryState.DOTTED
    assert mailer.closed == 1


def test_run_that_lost_the_lease_ends(tmp_path: Path) -> None:
    post = post_for(tmp_path, "a@x.org", "b@x.org")

    class Slow(ScriptedMailer):
        def deliver(self, message: bytes, recipient: str, before_dot: Callback, accepted: Accepted) -> None:
            post.outbox.recover(post.clock(), on_ambiguous="resend", is_idempotent=False)  # as the next run does
            super().deliver(message, recipient, before_dot, accepted)

    mailer = Slow()
    with pytest.raises(LeaseError, match="another run took mail 1 over"):
        send_pending(post.outbox, mailer, post.clock)
    assert mailer.got == []
    assert send_pending(post.outbox, ScriptedMailer(), post.clock).sent == 2


def test_doubtful_mail_of_a_killed_run_is_reported(tmp_path: Path) -> None:
    post = post_for(tmp_path, "a@x.org")
    claimed = post.outbox.claim(post.clock())
    assert claimed is not None
    post.outbox.dotted(1, claimed[1], post.clock())
    report = send_pending(post.outbox, ScriptedMailer(), post.clock, on_ambiguous="hold")
    assert (report.sent, report.held) == (0, 1)
    assert "`pqwatch deliver --release 1` sends it" in report.failures[0]


def test_folder_needs_no_waiting_between_retries(tmp_path: Path) -> None:
    post = post_for(tmp_path, "a@x.org")
    mailer = ScriptedMailer({"a@x.org": [SERVER]}, is_idempotent=True)
    report = send_pending(post.outbox, mailer, post.clock)
    assert (report.pending, report.failures) == (1, (str(SERVER),))
    assert send_pending(post.outbox, mailer, post.clock).sent == 1
