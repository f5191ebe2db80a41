"""Webhooks: each way in which a receiver can fail, what its answers mean, and that nobody hears of an address."""

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
from db.outbox_queues import Channels
from monitor.delivery.stage import joined, send_pending, tell_retired
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


def test_the_proof_goes_through_all_cells(tmp_path: Path) -> None:
    assert [proof.full for proof in PROOFS] == [len(set(CELLS))] == [29]
    [proof] = PROOFS
    tally = proof.run(tmp_path, Budget(seed=1, count=2))
    assert (tally.tried, tally.is_good) == (2, True)


def test_a_sender_that_forgets_what_it_sent_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Outbox, "dotted", lambda *_: None)
    monkeypatch.setattr(Outbox, "ambiguous", lambda self, row_id, token, error: self.failed(
        row_id, token, self.store.clock(), error, "message"))  # fmt: skip
    tally = try_cell("closes after the body", tmp_path)
    assert (tally.duplicated, tally.is_good) == (1, False)


def send(post: Bench, receiver: Receiver, recipient: str = RECIPIENT, **options: Any) -> DeliverReport:
    mailer = WebhookMailer(recipient, receiver.url, poster())
    return send_pending(queue(post, recipient), mailer, post.clock, **options)


def told(fault: str, answer: bytes = b"", headers: tuple[str, ...] = ()) -> DeliveryError:
    """What is raised."""
    with Receiver(fault, headers=headers) as receiver:
        receiver.answer = answer
        with pytest.raises(DeliveryError) as caught:
            WebhookMailer(RECIPIENT, receiver.url, poster()).deliver(
                message().message, RECIPIENT, lambda: None, lambda _reply: None
            )
    return caught.value


@pytest.mark.parametrize("status", STATUSES)
def test_what_an_answer_means(status: int) -> None:
    """Who moved or lets us in no more is refused, who is busy makes his queue wait, all else is of the message."""
    refused = {301, 302, 307, 308, 401, 403, 404, 410}
    scope = "recipient" if status in refused else "server" if status in {429, 503} else "message"
    error = told(str(status), b"invalid_blocks", headers=("Location: http://127.0.0.1:9/x",))
    assert (type(error), error.scope) == (DeliveryError, scope)
    assert str(error).endswith(f"the server answered {status} invalid_blocks")


def test_words_are_found_for_an_answer_without_any() -> None:
    assert str(told("418")).endswith("answered 418 (I'm a Teapot)")
    assert str(told("499")).endswith("answered 499")


def test_a_signature_is_that_of_the_specification() -> None:
    """The example is the one that the Standard Webhooks specification and its libraries give."""
    secret, message_id = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert signature_headers(secret, message_id, 1614265330, b'{"test": 2432232314}') == {
        "webhook-id": message_id,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("secret", ["a secret of my own", "whsec_not base64!"])
def test_a_message_is_signed_where_there_is_a_secret(secret: str) -> None:
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


def test_a_yes_that_is_none_is_no_yes() -> None:
    """Microsoft's connectors say 200 and, in the body, that nothing was delivered."""
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
def test_who_is_busy_says_for_how_long(asked: str, minutes: int, tmp_path: Path) -> None:
    """At least as long as after any failure, at most a day."""
    post = bench(tmp_path)
    post.add(message(), message(2))
    with Receiver("429", headers=(f"Retry-After: {asked}",)) as receiver:
        report = send(post, receiver)
        assert len(receiver.received) == 1  # the second need not ask
        assert report.pending == 2
        assert report.failures[0].startswith(f"nothing is sent to {RECIPIENT} before ")
        post.clock.now += timedelta(minutes=minutes, seconds=-1)
        assert send(post, receiver).sent == 0
        post.clock.now += timedelta(seconds=1)
        assert send(post, receiver).sent == 2
    assert post.row().attempts == 1


def test_one_queue_stands_still_without_the_others(tmp_path: Path) -> None:
    post = bench(tmp_path)
    other = "webhook Press channel"
    post.add(message(), letter(2), message(3, recipient=other, channel=SLACK))
    with Receiver("429", headers=("Retry-After: 3600",)) as busy, Receiver() as well:
        reports = [send(post, busy), send(post, well, other)]
    assert [report.sent for report in reports] == [0, 1]
    assert joined(reports).sent == 1
    assert [row.state.value for row in post.outbox.listing()] == ["pending", "pending", "sent"]
    assert post.outbox.paused(post.clock()) is None
    assert list(post.outbox.all_paused(post.clock())) == [RECIPIENT]
    assert post.outbox.is_due(post.clock())  # the mail
    claimed = post.outbox.claim(post.clock())
    assert claimed is not None
    assert claimed[0].id == 2


def test_a_release_lets_its_queue_go(tmp_path: Path) -> None:
    post = bench(tmp_path)
    post.add(message())
    with Receiver("503") as receiver:
        send(post, receiver)
        post.outbox.release(1)
        assert send(post, receiver).sent == 1


def test_who_is_gone_is_asked_on_three_days_and_no_more(tmp_path: Path) -> None:
    """What comes after is put aside, as for an address; the address set anew is tried at once."""
    post = bench(tmp_path)
    post.add(message())
    with Receiver("404", times=9) as receiver:
        for _ in range(3):
            report = send(post, receiver)
            post.clock.advance(days=1)
        assert "put aside" in report.failures[0]
        post.add(message(2))
        assert [row.state for row in post.outbox.listing()] == [DeliveryState.REFUSED] * 2
        [retired] = post.outbox.retired()
        said = tell_retired(retired)
        assert "has refused messages on three days" in said
        assert "set its address anew" in said
        assert "config.toml, or `pqwatch deliver --release 1` asks again" in said
        assert send(post, receiver).sent == 0
        assert len(receiver.received) == 3
        receiver.times = 0
        Channels(post.outbox.store).reset_queue(RECIPIENT)
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
    assert {one.headers["idempotency-key"] for one in receiver.taken} == {f"{1:032x}@example.org"}
    assert (post.row().state, report.held) == (DeliveryState.HELD, 1)


def test_hold_posts_no_second_copy(tmp_path: Path) -> None:
    post = bench(tmp_path)
    post.add(message())
    with Receiver("closes after the body") as receiver:
        for _ in range(3):
            report = send(post, receiver, on_ambiguous="hold")
            post.clock.advance(hours=5)
    assert (len(receiver.taken), report.held) == (1, 1)


def test_nobody_there_makes_the_queue_wait(tmp_path: Path) -> None:
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
    """Even at the lowest level, and where the server repeats it. The ears of the tests hear the rest."""
    caplog.set_level(logging.DEBUG)
    post = bench(tmp_path)
    post.add(message(), message(2))
    with Receiver(cell) as receiver:
        receiver.answer = f"no such webhook: /services/{TOKEN}?or={TOKEN[:30]}".encode()
        reports = [send(post, receiver), send(post, receiver, is_asked=True)]
    told = f"{reports} {post.outbox.listing()} {post.outbox.all_paused(post.clock())} {caplog.text}"
    assert TOKEN not in told
    assert "services" not in told.replace("/services/***", "")


def test_pieces_of_an_address_are_kept_to_ourselves() -> None:
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


def test_it_goes_through_the_proxy(tmp_path: Path) -> None:
    del tmp_path
    with Receiver() as proxy:
        mailer = WebhookMailer(RECIPIENT, "http://10.0.0.5/hook", poster(proxy=f"http://127.0.0.1:{proxy.port}"))
        mailer.deliver(b"{}", RECIPIENT, lambda: None, lambda _reply: None)
        mailer.close()
    assert [one.target for one in proxy.taken] == ["http://10.0.0.5/hook"]


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


# -- gone from config.toml --------------------------------------------------------------------------------------------


def test_what_waits_for_who_is_gone_is_held(tmp_path: Path) -> None:
    post = bench(tmp_path)
    post.add(message(), letter(2), message(3, recipient="webhook Press channel"))
    channels = Channels(post.outbox.store)
    [said] = channels.hold_orphans(["mail", "webhook Press channel"])
    assert said.startswith(f"message 1 is held, because config.toml no longer has {RECIPIENT}: put it back and ")
    assert "`pqwatch deliver --release 1`, or `--discard` in its place gives up" in said
    assert [row.state.value for row in post.outbox.listing()] == ["held", "pending", "pending"]
    assert channels.hold_orphans(["mail", "webhook Press channel"]) == []
