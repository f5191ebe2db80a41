"""Mails that come back: signed return addresses, what kind of return a mail is, and what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.addresses import load_retired
from db.bounces import Bounces
from monitor.delivery.bounces import BounceReport, note_returned
from monitor.delivery.retired_addresses import tell_retired
from monitor.delivery.return_address import ReturnAddress
from monitor.delivery.returned_mail import read_returned
from monitor.delivery.stage import send_pending
from monitor.model.bounces import BounceKind, Reason
from monitor.model.deliveries import DeliveryState
from tests.smtpserver import SmtpServer
from tests.unit.delivery_kit import Bench, bench, letter, mailer, plain

if TYPE_CHECKING:
    from pathlib import Path

READER = "reader@example.org"
RETURNS = ReturnAddress(pattern="bounces+*@example.org", secret="of the tests")  # noqa: S106 (invented)
OTHERS = ReturnAddress(pattern="bounces+*@example.org", secret="of others")  # noqa: S106 (invented)


def report(
    to: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 no such user",
    final: str = f"rfc822; {READER}",
) -> bytes:
    """Return a delivery status notification (RFC 3464)."""
    return f"""From: MAILER-DAEMON@mx.example.net
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Tue, 24 Nov 2026 07:30:00 +0000

Final-Recipient: {final}
Action: {action}
Status: {status}
Diagnostic-Code: {diagnostic}

--B
Content-Type: text/rfc822-headers

Subject: Three answers on slurry

--B--
""".replace("\n", "\r\n").encode()


def complaint(return_path: str, kind: str = "abuse") -> bytes:
    """Return a complaint (RFC 5965)."""
    return f"""From: feedback@provider.example
To: abuse@example.org
Subject: FW: Three answers on slurry
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is an email abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Provider/1.0
Version: 1

--B
Content-Type: message/rfc822

Return-Path: <{return_path}>
From: pqwatch <pqwatch@example.org>
Subject: Three answers on slurry

A line.

--B--
""".encode()


OUR_MAIL = """Return-Path: <bounces@example.org>
Received: from relay.example.org
From: pqwatch <pqwatch@example.org>

A list of user unknown to us does not exist (550; paragraph 5.1.1). The account is closed.
"""
"""A mail that comes back. Its words are those of an answer, and say nothing of an address."""


def with_our_mail(text: str, kind: str = "message/rfc822") -> bytes:
    """Return a bounce in words with the mail behind it, in a part of its own."""
    head = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n'
    parts = f"--B\nContent-Type: text/plain\n\n{text}\n--B\nContent-Type: {kind}\n\n{OUR_MAIL}\n--B--\n"
    return in_words(parts, more=head)


def in_words(text: str, *, sender: str = "Mail Delivery System <mailer-daemon@x.org>", more: str = "") -> bytes:
    return f"From: {sender}\nTo: bounces@example.org\n{more}Subject: failure notice\n\n{text}\n".encode()


AWAY = "I am in room 551 until 5.1.27. My old number is no longer in use."
AUTOMATIC = (
    "Auto-Submitted: auto-generated",
    "X-Auto-Response-Suppress: All",
    "X-Autoreply: yes",
    "Precedence: bulk",
    "Subject: Out of Office: failure notice",
)
"""Fields by which mail programs that answer for a person can be known."""


def receipt(text: str) -> bytes:
    """Return a note that a mail was displayed or deleted (RFC 8098)."""
    return f"""From: Jo <jo@x.org>
Return-Path: <>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="B"

--B
Content-Type: text/plain

{text}

--B
Content-Type: message/disposition-notification

Final-Recipient: rfc822; jo@x.org
Disposition: automatic-action/MDN-sent-automatically; deleted

--B--
""".encode()


CISCO = "5.1.0 - Unknown address error"
"""Words that Cisco's servers put before the reply of another server, whatever that said."""


MICROSOFT = "5.4.1 Recipient address rejected: Access denied"


# -- kinds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "diagnostic", "kind", "shown"),
    [
        ("5.1.1", "smtp; 550 5.1.1 unknown", BounceKind.HARD, "5.1.1"),
        ("5.2.1", "smtp; 550 disabled", BounceKind.HARD, "5.2.1"),
        ("5.2.2", "smtp; 552 mailbox full", BounceKind.SOFT, "5.2.2"),
        ("5.7.1", "smtp; 550 5.7.1 user unknown to our policy", BounceKind.SOFT, "5.7.1"),
        ("4.4.7", "smtp; 451 expired", BounceKind.SOFT, "4.4.7"),
        ("4.1.1", "smtp; 450 user unknown", BounceKind.SOFT, "4.1.1"),
        ("5.0.0", "smtp; 550 5.1.1 <a@b>: rejected", BounceKind.HARD, "5.1.1"),
        ("5.0.0", "smtp; 550 User unknown", BounceKind.HARD, "5.0.0"),
        ("5.0.0", "smtp; 554 we do not like you", BounceKind.SOFT, "5.0.0"),
        ("", "smtp; 550 no such user", BounceKind.HARD, ""),
        ("5.0.0", "smtp; 192.0.2.1 at 5.1.1.20: 552 too much mail", BounceKind.SOFT, "5.0.0"),
        ("5.0.0", "smtp; 2.0.2.1: 550 5.1.1. Unknown", BounceKind.HARD, "5.1.1"),
        (
            "5.2.1",
            "smtp; 550-5.2.1 The user is receiving mail at a rate that 550-5.2.1 prevents",
            BounceKind.SOFT,
            "5.2.1",
        ),
        ("5.4.1", f"smtp; 550 {MICROSOFT}. AS(1) [x.outlook.com]", BounceKind.HARD, "5.4.1"),
        ("5.4.1", "smtp; 550 5.4.1 [a@b.org]: Recipient address rejected: Access denied", BounceKind.HARD, "5.4.1"),
        ("5.4.1", "smtp; 550 5.4.1 no answer from host", BounceKind.SOFT, "5.4.1"),
        ("5.1.0", "smtp; 554 5.1.0 Sender denied", BounceKind.SOFT, "5.1.0"),
        ("5.0.0", "smtp; 550 <bounces@x.org>: Sender address rejected: User unknown", BounceKind.SOFT, "5.0.0"),
        ("5.1.0", "smtp; 550 5.1.0 Address rejected.", BounceKind.HARD, "5.1.0"),
        ("5.1.0", f"smtp; {CISCO} 550-'5.7.1 rejected by policy' (attempts: 0)", BounceKind.SOFT, "5.7.1"),
        ("5.1.0", f"smtp; {CISCO} 554-'Rejected due to the poor reputation of the sender'", BounceKind.SOFT, "5.1.0"),
        ("5.1.0", f"smtp; {CISCO} 550-'5.1.1 User unknown' (attempts: 0)", BounceKind.HARD, "5.1.1"),
        ("5.1.0", f"smtp; {CISCO} 550-'No such user here' (attempts: 0)", BounceKind.HARD, "5.1.0"),
        ("4.1.0", f"smtp; {CISCO} 450-'No such user here' (attempts: 9)", BounceKind.SOFT, "4.1.0"),
    ],
)
def test_report_says_whether_the_address_is_dead(status: str, diagnostic: str, kind: BounceKind, shown: str) -> None:
    found = read_returned(report("bounces@example.org", status=status, diagnostic=diagnostic))
    assert (found.kind, found.status) == (kind, shown)
    assert found.diagnostic.startswith("smtp;")


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_report_without_a_failure_changes_nothing(action: str) -> None:
    assert read_returned(report("bounces@example.org", action=action)).kind is BounceKind.OTHER


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (
            in_words("Hi. This is the qmail-send program.\n<r@x.org>:\nSorry, no mailbox here by that name. (#5.1.1)"),
            "hard",
        ),
        (in_words("550 Requested action not taken: user unknown"), "hard"),
        (in_words("The account has been disabled."), "hard"),
        (
            in_words(f"<r@x.org>: said: 550 quota\n\n--- Below this line is a copy of the message.\n\n{OUR_MAIL}"),
            "soft",
        ),
        (in_words(f"Your mail waits.\n\n   ----- Original message follows -----\n\n{OUR_MAIL}"), "other"),
        (in_words(f"<r@x.org>: user unknown\n\n> {OUR_MAIL}"), "hard"),
        (with_our_mail("550 refused as spam"), "soft"),
        (with_our_mail("Your mail waits."), "other"),
        (with_our_mail("Your mail waits.", "text/rfc822-headers"), "other"),
        (with_our_mail("<r@x.org>: user unknown"), "hard"),
        (in_words("user unknown", more="Auto-Submitted: auto-replied\nX-Failed-Recipients: r@x.org\n"), "hard"),
        (in_words("552 5.2.2 mailbox full"), "soft"),
        (in_words("550 message refused as spam"), "soft"),
        (in_words("Hello, something is the matter."), "other"),
        (in_words("I left. My old address does not exist.", sender="Jo <jo@x.org>"), "other"),
        (in_words("user unknown", more="Auto-Submitted: auto-replied\n"), "other"),
        (in_words("user unknown", sender="x@x.org", more="Return-Path: <>\n"), "hard"),
        (in_words("<r@x.org>: host 5.1.1.20 said: 550 refused"), "soft"),
        (in_words("<r@x.org>: host 4.2.0.2 said: 550 5.1.1 unknown"), "hard"),
        *((in_words(AWAY, sender="Jo <jo@x.org>", more=f"Return-Path: <>\n{more}\n"), "other") for more in AUTOMATIC),
        (receipt("Deleted unread: this address is no longer in use."), "other"),
        (complaint("x@example.org"), "complaint"),
        (complaint("x@example.org", "not-spam"), "other"),
        (b"From: mailer-daemon@x.org\nContent-Type: message/rfc822\n\n" * 5_000, "other"),
        (b"", "other"),
        (b"From: mailer-daemon@x.org\nContent-Type: multipart/mixed; charset*=utf-8''x\n\n\xff", "other"),
        (b"\xff\x00 no mail at all", "other"),
    ],
)
def test_kinds_of_other_mails(data: bytes, kind: str) -> None:
    assert read_returned(data).kind.value == kind


# -- return addresses -------------------------------------------------------------------------------------------------


def own(number: int = 1, recipient: str = READER, by: ReturnAddress = RETURNS) -> str:
    made = by.of(letter(number).message_id, recipient)
    assert made is not None
    return made


def test_envelope_sender_is_the_return_address_of_the_mail(tmp_path: Path) -> None:
    post = bench(tmp_path)
    post.add(letter())
    with SmtpServer() as server:
        client = plain(server)
        client._return_address = RETURNS
        assert send_pending(post.outbox, client, post.clock).sent == 1
    assert server.commands[1].startswith(f"MAIL FROM:<{own()}>")
    assert len(own().partition("@")[0]) <= 64
    assert b"From: pqwatch <pqwatch@example.org>" in server.accepted[0]


def test_a_mail_without_a_number_of_ours_has_no_return_address() -> None:
    assert RETURNS.of("<note@example.org>", READER) is None


def test_signature_belongs_to_number_recipient_and_secret() -> None:
    [(number, signature)] = RETURNS.found_in(f"To: <{own().upper()}>\nagain {own()}")
    assert RETURNS.is_genuine(number, signature, READER.upper())
    assert not RETURNS.is_genuine(number, signature, "other@example.org")
    assert not RETURNS.is_genuine("0" * 32, signature, READER)
    assert not OTHERS.is_genuine(number, signature, READER)


# -- what follows -----------------------------------------------------------------------------------------------------


class Office:
    """An archive whose mails were sent, and that reads what comes back."""

    def __init__(self, post: Bench) -> None:
        self.post, self.number = post, 0
        self.bounces = Bounces(post.outbox.store)

    def send(self) -> str:
        """Send a mail, and return its return address."""
        self.number += 1
        self.post.add(letter(self.number))
        self.accept(*self.claim())
        return own(self.number)

    def claim(self) -> tuple[int, str]:
        """Claim the next mail, and return its row and the token."""
        claimed = self.post.outbox.claim(self.post.clock())
        assert claimed is not None
        return claimed[0].id, claimed[1]

    def accept(self, row_id: int, token: str) -> None:
        """Let the server accept a claimed mail."""
        self.post.outbox.dotted(row_id, token, self.post.clock())
        self.post.outbox.sent(row_id, token, self.post.clock(), "250 ok")

    def read(self, data: bytes) -> BounceReport:
        found = BounceReport()
        note_returned(self.bounces, RETURNS, data, found)
        return found

    def retired(self) -> list[tuple[str, Reason]]:
        with self.post.outbox.store.read() as connection:
            return [(address, found.reason) for address, found in load_retired(connection).items()]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(bench(tmp_path))


def test_hard_bounces_of_three_days_retire_the_address_and_put_its_mail_aside(office: Office) -> None:
    for day in range(3):
        assert office.retired() == []
        found = office.read(report(office.send()))
        assert found.counts == {BounceKind.HARD: 1}
        assert bool(found.retired) is (day == 2)
        office.post.clock.advance(days=1)
    assert office.retired() == [(READER, Reason.BOUNCED)]
    assert f"pqwatch bounces --reinstate {READER}" in found.retired[0]
    office.post.add(letter(9))
    assert office.post.row(4).state is DeliveryState.REFUSED
    assert (
        office.post.outbox.deliveries.listing()[3].error
        == "put aside: mails of three days came back, lastly on 2026-11-26"
    )


def test_hard_bounces_of_one_day_retire_no_address(office: Office) -> None:
    for _ in range(4):
        office.read(report(office.send()))
        office.post.clock.advance(minutes=5)
    assert office.retired() == []


def test_hard_bounces_count_for_a_month(office: Office) -> None:
    for _ in range(4):
        office.read(report(office.send()))
        office.post.clock.advance(days=16)
    assert office.retired() == []


@pytest.mark.parametrize("final", ["rfc822; left@example.org", "RFC822;<reader@other.example.org>"])
def test_failure_at_an_address_that_the_mail_was_passed_on_to_retires_no_reader(office: Office, final: str) -> None:
    for _ in range(4):
        assert office.read(report(office.send(), final=final)).counts == {BounceKind.SOFT: 1}
        office.post.clock.advance(days=1)
    assert office.retired() == []


@pytest.mark.parametrize("final", [f"RFC822;<{READER.upper()}>", "x-unknown; a number of theirs", ""])
def test_failure_at_the_address_of_the_reader_is_known_as_such(office: Office, final: str) -> None:
    assert office.read(report(office.send(), final=final)).counts == {BounceKind.HARD: 1}


def test_soft_bounces_are_only_counted(office: Office) -> None:
    for _ in range(5):
        office.read(report(office.send(), status="5.2.2"))
        office.post.clock.advance(days=1)
    assert office.retired() == []
    assert office.bounces.counts()[BounceKind.SOFT] == 5


def test_a_complaint_retires_the_address_at_once(office: Office) -> None:
    found = office.read(complaint(office.send()))
    assert office.retired() == [(READER, Reason.COMPLAINED)]
    assert found.retired[0].startswith(f"the reader at {READER} called a mail unwanted")


def test_the_same_mail_counts_once(office: Office) -> None:
    data = report(office.send())
    for _ in range(5):
        found = office.read(data)
        office.post.clock.advance(days=1)
    assert found.repeated == 1
    assert office.bounces.counts()[BounceKind.HARD] == 1


@pytest.mark.parametrize(
    "address", ["bounces@example.org", own(by=OTHERS), own(recipient="other@example.org"), own(77)]
)
def test_a_forged_return_changes_nothing_and_is_counted(office: Office, address: str) -> None:
    office.send()
    for forged in (report(address), complaint(address)):
        assert office.read(forged).counts == {BounceKind.UNSIGNED: 1}
    assert office.retired() == []
    assert office.bounces.counts()[BounceKind.UNSIGNED] == 2


def test_a_command_undoes_it_and_earlier_bounces_no_longer_count(office: Office) -> None:
    for _ in range(3):
        office.read(report(office.send()))
        office.post.clock.advance(days=1)
    assert office.bounces.reinstate(READER.upper())
    assert office.retired() == []
    office.read(report(office.send()))
    assert office.retired() == []
    assert not office.bounces.reinstate(READER)


def test_a_mail_under_way_when_the_reader_complained_reinstates_nothing(office: Office) -> None:
    address = office.send()
    office.post.add(letter(50))
    claimed = office.claim()
    office.post.clock.advance(seconds=1)
    office.read(complaint(address))
    office.accept(*claimed)
    assert office.retired() == [(READER, Reason.COMPLAINED)]


def test_a_mail_that_is_released_and_accepted_reinstates_the_address(office: Office) -> None:
    office.read(complaint(office.send()))
    office.post.add(letter(50))
    office.post.clock.advance(minutes=1)
    office.post.outbox.release(2)
    office.accept(*office.claim())
    assert office.retired() == []


def test_a_person_who_is_forgotten_leaves_no_bounce(office: Office) -> None:
    address = office.send()
    office.read(complaint(address))
    office.post.outbox.forget(READER)
    assert office.retired() == []
    assert set(office.bounces.counts().values()) == {0}
    assert office.read(report(address)).counts == {BounceKind.UNSIGNED: 1}


def test_secret_is_made_once(office: Office) -> None:
    assert len(office.bounces.secret()) == 64
    assert Bounces(office.post.outbox.store).secret() == office.bounces.secret()


def test_operator_is_not_told_again_and_again_of_returned_mail(office: Office) -> None:
    office.read(complaint(office.send()))
    office.post.add(letter(50))  # put aside
    with SmtpServer() as server:
        assert send_pending(office.post.outbox, mailer(server, None), office.post.clock).failures == ()
    [retired] = office.post.outbox.deliveries.retired()
    assert tell_retired(retired) == (
        f"the reader at {READER} called a mail unwanted, so nothing is sent there any more, since 2026-11-24; "
        f"1 mail waits: `pqwatch bounces --reinstate {READER}` undoes it"
    )


def test_figures_of_the_outbox(office: Office) -> None:
    office.send()
    began = office.post.clock()
    office.post.add(letter(50), letter(51))
    office.post.clock.advance(hours=1)
    found = office.post.outbox.deliveries.figures()
    assert (found.waiting, found.oldest, found.tries, found.tried_again) == (2, began, 1, 0)
