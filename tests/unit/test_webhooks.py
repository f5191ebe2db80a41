"""Webhooks: every failure of a receiver, the meaning of its replies, and addresses that appear nowhere."""

from __future__ import annotations

import base64
import hmac
import logging
import socket
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from db.outbox import Outbox
from monitor.delivery.retired_addresses import tell_retired
from monitor.delivery.stage import joined, send_pending
from monitor.delivery.webhook import WebhookMailer, secrets_of, signature_headers
from monitor.errors import AmbiguousDeliveryError, DeliveryError
from monitor.model.deliveries import SLACK, DeliveryState
from tests.canaries import TOKEN
from tests.receiver import Receiver
from tests.reliability.tally import Budget
from tests.reliability.webhooks import CELLS, HASTY, PROOFS, RECIPIENT, STATUSES, message, poster, queue, try_cell
from tests.unit.delivery_kit import Bench, bench, letter, server_context

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.delivery.stage import DeliverReport


@pytest.mark.parametrize("cell", [*Receiver.FAULTS, "301", "404", "429", "500"])
def test_a_message_arrives_once_the_fault_clears(cell: str, tmp_path: Path) -> None:
    tally = try_cell(cell, tmp_path)
    assert tally.failures == []
    assert tally.is_good
    assert tally.flagged == (cell in Receiver.UNKNOWABLE) or cell in Receiver.DOUBTFUL


def test_proof_covers_all_cells(tmp_path: Path) -> None:
    assert [proof.full for proof in PROOFS] == [len(set(CELLS))] == [29]
    [proof] = PROOFS
    tally = proof.run(tmp_path, Budget(seed=1, count=2))
    assert (tally.tried, tally.is_good) == (2, True)


def test_proof_detects_a_sender_that_forgets_what_it_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Outbox, "dotted", lambda *_: None)
    monkeypatch.setattr(Outbox, "ambiguous", lambda self, row_id, token, error: self.failed(
        row_id, token, self.store.clock(), error, "message"))  # fmt: skip
    tally = try_cell("closes after the body", tmp_path)
    assert (tally.duplicated, tally.is_good) == (1, False)


def send(post: Bench, receiver: Receiver, recipient: str = RECIPIENT, **options: Any) -> DeliverReport:
    mailer = WebhookMailer(recipient, receiver.url, poster())
    return send_pending(queue(post, recipient), mailer, post.clock, **options)


def delivery_error(fault: str, answer: bytes = b"", headers: tuple[str, ...] = ()) -> DeliveryError:
    """Deliver to a failing receiver and return the error."""
    with Receiver(fault, headers=headers) as receiver:
        receiver.answer = answer
        with pytest.raises(DeliveryError) as caught:
            WebhookMailer(RECIPIENT, receiver.url, poster()).deliver(
                message().message, RECIPIENT, lambda: None, lambda _reply: None
            )
    return caught.value


@pytest.mark.parametrize("status", STATUSES)
def test_meaning_of_each_status(status: int) -> None:
    """A moved or closed receiver is refused, a busy one stops its queue, and other errors concern the message."""
    refused = {301, 302, 307, 308, 401, 403, 404, 410}
    scope = "recipient" if status in refused else "server" if status in {429, 503} else "message"
    error = delivery_error(str(status), b"invalid_blocks", headers=("Location: http://127.0.0.1:9/x",))
    assert (type(error), error.scope) == (DeliveryError, scope)
    assert str(error).endswith(f"the server answered {status} invalid_blocks")


def test_reply_without_a_reason_gets_one() -> None:
    assert str(delivery_error("418")).endswith("answered 418 (I'm a Teapot)")
    assert str(delivery_error("499")).endswith("answered 499")


def test_signature_follows_the_specification() -> None:
    """The example comes from the Standard Webhooks specification and its libraries."""
    secret, message_id = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert signature_headers(secret, message_id, 1614265330, b'{"test": 2432232314}') == {
        "webhook-id": message_id,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("secret", ["a secret of my own", "whsec_not base64!"])
def test_message_is_signed_if_there_is_a_secret(secret: str) -> None:
    sent = message()
    with Receiver() as receiver:
        for mailer in (
            WebhookMailer(RECIPIENT, receiver.url, poster()),
            WebhookMailer(RECIPIENT, receiver.url, poster(), secret=secret, seconds=lambda: 1_700_000_000.9),
        ):
            mailer.deliver(sent.message, RECIPIENT, lambda: None, lambda _reply: None)
    plain, signed = (request.headers for request in receiver.received)
    assert not [name for name in plain if name.lower().startswith("webhook-")]
    own_id = signed["idempotency-key"]
    expected = hmac.new(secret.encode(), f"{own_id}.1700000000.".encode() + sent.message, "sha256").digest()
    assert (signed["webhook-id"], signed["webhook-timestamp"]) == (own_id, "1700000000")
    assert signed["webhook-signature"] == f"v1,{base64.b64encode(expected).decode()}"


def test_error_with_status_200_is_an_error() -> None:
    """Microsoft's connectors answer 200 and say in the body that nothing was delivered."""
    with Receiver() as receiver:
        receiver.answer = b"Webhook message delivery failed with error: returned HTTP error 413"
        with pytest.raises(DeliveryError, match="HTTP error 413"):
            WebhookMailer(RECIPIENT, receiver.url, poster()).deliver(
                b"{}", RECIPIENT, lambda: None, lambda _reply: None
            )


def test_nothing_is_posted_where_a_redirect_leads(tmp_path: Path) -> None:
    with Receiver() as other, Receiver("307", headers=(f"Location: {other.url}",)) as receiver:
        post = bench(tmp_path)
        post.add(message())
        report = send(post, receiver)
    assert other.heads == []
    assert "is somewhere else, where it is not followed to" in report.failures[0]


@pytest.mark.parametrize(
    ("asked", "minutes"), [("7200", 120), ("Tue, 24 Nov 2099 00:00:00 GMT", 1440), ("soon", 1), ("1", 1)]
)
def test_busy_receiver_says_for_how_long(asked: str, minutes: int, tmp_path: Path) -> None:
    """The wait is at least that after any failure, and at most a day."""
    post = bench(tmp_path)
    post.add(message(), message(2))
    with Receiver("429", headers=(f"Retry-After: {asked}",)) as receiver:
        report = send(post, receiver)
        assert len(receiver.received) == 1  # the second message need not be tried
        assert report.pending == 2
        assert report.failures[0].startswith(f"nothing is sent to {RECIPIENT} before ")
        post.clock.now += timedelta(minutes=minutes, seconds=-1)
        assert send(post, receiver).sent == 0
        post.clock.now += timedelta(seconds=1)
        assert send(post, receiver).sent == 2
    assert post.row().attempts == 1


def test_stopped_queue_does_not_stop_the_others(tmp_path: Path) -> None:
    post = bench(tmp_path)
    other = "webhook Press channel"
    post.add(message(), letter(2), message(3, recipient=other, channel=SLACK))
    with Receiver("429", headers=("Retry-After: 3600",)) as busy, Receiver() as well:
        reports = [send(post, busy), send(post, well, other)]
    assert [report.sent for report in reports] == [0, 1]
    assert joined(reports).sent == 1
    assert [row.state.value for row in post.outbox.deliveries.listing()] == ["pending", "pending", "sent"]
    assert post.outbox.paused(post.clock()) is None
    assert list(post.outbox.all_paused(post.clock())) == [RECIPIENT]
    assert post.outbox.is_due(post.clock())  # the mail
    claimed = post.outbox.claim(post.clock())
    assert claimed is not None
    assert claimed[0].id == 2


def test_release_restarts_the_queue(tmp_path: Path) -> None:
    post = bench(tmp_path)
    post.add(message())
    with Receiver("503") as receiver:
        send(post, receiver)
        post.outbox.release(1)
        assert send(post, receiver).sent == 1


def test_missing_receiver_is_tried_on_three_days_only(tmp_path: Path) -> None:
    """Later messages are held, as for an address. A new address is tried at once."""
    post = bench(tmp_path)
    post.add(message())
    with Receiver("404", times=9) as receiver:
        for _ in range(3):
            report = send(post, receiver)
            post.clock.advance(days=1)
        assert "put aside" in report.failures[0]
        post.add(message(2))
        assert [row.state for row in post.outbox.deliveries.listing()] == [DeliveryState.REFUSED] * 2
        [retired] = post.outbox.deliveries.retired()
        said = tell_retired(retired)
        assert "has refused messages on three days" in said
        assert "set its address anew" in said
        assert "config.toml, or `pqwatch deliver --release 1` asks again" in said
        assert send(post, receiver).sent == 0
        assert len(receiver.received) == 3
        receiver.times = 0
        post.outbox.reset_queue(RECIPIENT)
        post.add(message(3))
        assert send(post, receiver).sent == 1
        post.outbox.release(1)
        assert send(post, receiver).sent == 1


def test_a_webhook_that_never_answers_gets_three_copies_and_no_more(tmp_path: Path) -> None:
    post = bench(tmp_path)
    post.add(message())
    with Receiver("closes after the body", times=9) as receiver:
        for _ in range(6):
            report = send(post, receiver)
            post.clock.advance(hours=5)
    assert len(receiver.taken) == 3
    assert {request.headers["idempotency-key"] for request in receiver.taken} == {f"{1:032x}@example.org"}
    assert (post.row().state, report.held) == (DeliveryState.HELD, 1)


def test_hold_posts_no_second_copy(tmp_path: Path) -> None:
    post = bench(tmp_path)
    post.add(message())
    with Receiver("closes after the body") as receiver:
        for _ in range(3):
            report = send(post, receiver, on_ambiguous="hold")
            post.clock.advance(hours=5)
    assert (len(receiver.taken), report.held) == (1, 1)


def test_unreachable_receiver_makes_the_queue_wait(tmp_path: Path) -> None:
    post = bench(tmp_path)
    post.add(message(), message(2))
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    mailer = WebhookMailer(RECIPIENT, f"http://127.0.0.1:{port}/{TOKEN}", poster())
    report = send_pending(queue(post), mailer, post.clock)
    assert "did not go: the server could not be reached" in report.failures[0]
    assert (report.pending, post.row().attempts, post.row(2).attempts) == (2, 0, 0)


# -- the address ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["closes after the body", "resets in the body", "404", "429", "sends garbage"])
def test_no_log_and_no_row_holds_the_address(cell: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """This holds at the lowest log level and where the server repeats the address. Canaries watch the rest."""
    caplog.set_level(logging.DEBUG)
    post = bench(tmp_path)
    post.add(message(), message(2))
    with Receiver(cell) as receiver:
        receiver.answer = f"no such webhook: /services/{TOKEN}?or={TOKEN[:30]}".encode()
        reports = [send(post, receiver), send(post, receiver, is_asked=True)]
    text = f"{reports} {post.outbox.deliveries.listing()} {post.outbox.all_paused(post.clock())} {caplog.text}"
    assert TOKEN not in text
    assert "services" not in text.replace("/services/***", "")


def test_parts_of_an_address_stay_secret() -> None:
    found = secrets_of("https://u:longsecret@prod.example.org/workflows/8f14e45f/triggers?sig=abc%2Fdefghi&v=1")
    assert {"8f14e45f", "workflows", "triggers", "abc%2Fdefghi", "abc/defghi", "longsecret"} <= set(found)
    assert not {"", "v", "1", "prod.example.org"} & set(found)


def test_certificates_are_checked(tmp_path: Path) -> None:
    authority = trustme.CA()
    cafile = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(cafile))
    with Receiver(context=server_context(authority, "127.0.0.1")) as receiver:
        replies: list[str] = []
        arguments = (b"{}", RECIPIENT, lambda: None, replies.append)
        with pytest.raises(DeliveryError, match="certificate that is not trusted") as caught:
            WebhookMailer(RECIPIENT, receiver.url, poster()).deliver(*arguments)
        assert caught.value.scope == "server"
        WebhookMailer(RECIPIENT, receiver.url, poster(ca_file=str(cafile))).deliver(*arguments)
    assert replies == ["200 ok"]
    assert len(receiver.taken) == 1


def test_request_goes_through_the_proxy(tmp_path: Path) -> None:
    del tmp_path
    with Receiver() as proxy:
        mailer = WebhookMailer(RECIPIENT, "http://10.0.0.5/hook", poster(proxy=f"http://127.0.0.1:{proxy.port}"))
        mailer.deliver(b"{}", RECIPIENT, lambda: None, lambda _reply: None)
        mailer.close()
    assert [request.target for request in proxy.taken] == ["http://10.0.0.5/hook"]


def test_a_dripping_server_does_not_hold_us() -> None:
    with Receiver("drips its head") as receiver:
        mailer = WebhookMailer(RECIPIENT, receiver.url, poster(HASTY))
        with pytest.raises(AmbiguousDeliveryError, match=r"did not answer within 0\.4 s"):
            mailer.deliver(b"{}", RECIPIENT, lambda: None, lambda _reply: None)


def test_a_long_answer_is_read_to_its_beginning() -> None:
    replies: list[str] = []
    with Receiver() as receiver:
        receiver.answer = b"x" * 1_000_000
        WebhookMailer(RECIPIENT, receiver.url, poster()).deliver(b"{}", RECIPIENT, lambda: None, replies.append)
    assert replies == ["200 " + "x" * 200]


# -- removed from config.toml -----------------------------------------------------------------------------------------


def test_messages_for_a_removed_webhook_are_held(tmp_path: Path) -> None:
    post = bench(tmp_path)
    post.add(message(), letter(2), message(3, recipient="webhook Press channel"))
    channels = post.outbox
    [said] = channels.hold_orphans(["mail", "webhook Press channel"])
    assert said.startswith(f"message 1 is held, because config.toml no longer has {RECIPIENT}: put it back and ")
    assert "`pqwatch deliver --release 1`, or `--discard` in its place gives up" in said
    assert [row.state.value for row in post.outbox.deliveries.listing()] == ["held", "pending", "pending"]
    assert channels.hold_orphans(["mail", "webhook Press channel"]) == []
