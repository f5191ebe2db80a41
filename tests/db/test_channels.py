"""Queues of the outbox, webhooks that moved or were removed, and the messages of a feed, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.model.deliveries import FEED, JSON, MAIL, SLACK, DeliveryState
from monitor.model.digests import Mail

if TYPE_CHECKING:
    from db.archive import Archive
    from tests.fakes import Clock

A, B, WATER = "webhook A", "webhook B", "feed water"
EVERY = ((JSON, A), (SLACK, B), (FEED, WATER), (MAIL, "a@example.org"))


def put(archive: Archive, *rows: tuple[str, str]) -> None:
    """Put a message for each channel and recipient into the outbox; the first has `{"n": 1}`."""
    there = len(archive.deliveries.listing())
    with archive.outbox.store.write() as connection:
        for number, (channel, recipient) in enumerate(rows, there + 1):
            own_id, body = f"<{number:032x}@example.org>", f'{{"n": {number}}}'.encode()
            mail = Mail(recipient=recipient, message_id=own_id, subject="x", message=body, channel=channel)
            archive.outbox.add(connection, None, [mail], archive.outbox.store.clock())


def fail(archive: Archive, queue: str, clock: Clock, scope: str = "server", wait: timedelta | None = None) -> None:
    outbox = archive.outbox.of(queue)
    claimed = outbox.claim(clock())
    assert claimed is not None
    outbox.failed(claimed[0].id, claimed[1], clock(), "down", scope, wait=wait)


def send(archive: Archive, queue: str, clock: Clock) -> int:
    outbox = archive.outbox.of(queue)
    claimed = outbox.claim(clock())
    assert claimed is not None
    outbox.dotted(claimed[0].id, claimed[1], clock())
    outbox.sent(claimed[0].id, claimed[1], clock(), "200")
    return claimed[0].id


def test_each_queue_hands_out_its_own(archive: Archive, clock: Clock) -> None:
    put(archive, *EVERY)
    assert [send(archive, queue, clock) for queue in (MAIL, FEED, B, A)] == [4, 3, 2, 1]
    assert archive.outbox.claim(clock()) is None
    assert not archive.outbox.is_due(clock())


def test_each_queue_is_paused_on_its_own(archive: Archive, clock: Clock) -> None:
    put(archive, *EVERY)
    fail(archive, A, clock, wait=timedelta(hours=2))
    fail(archive, FEED, clock)
    paused = archive.outbox.all_paused(clock())
    assert set(paused) == {FEED, A}
    assert paused[FEED].startswith("no feed is written before ")
    assert paused[A].startswith(f"nothing is sent to {A} before ")
    assert archive.outbox.of(A).claim(clock()) is None
    assert archive.outbox.is_due(clock())
    send(archive, B, clock)
    send(archive, MAIL, clock)
    assert not archive.outbox.is_due(clock())
    assert set(archive.outbox.all_paused(clock())) == {FEED, A}  # a sent mail ends no other queue's pause
    clock.tick(minutes=2)
    assert archive.outbox.is_due(clock())
    archive.outbox.of(A).resume()
    assert send(archive, A, clock) == 1
    assert set(archive.outbox.all_paused(clock())) == set()


def test_a_pause_doubles_with_each_failure_and_ends_with_a_sent_message(archive: Archive, clock: Clock) -> None:
    put(archive, (JSON, A))
    for minutes in (1, 2, 4):
        fail(archive, A, clock)
        clock.tick(minutes=minutes, seconds=-1)
        assert archive.outbox.of(A).claim(clock()) is None
        clock.tick(seconds=2)
    send(archive, A, clock)
    put(archive, (JSON, A))
    fail(archive, A, clock)
    clock.tick(minutes=1, seconds=1)
    send(archive, A, clock)


def test_recovering_one_queue_leaves_the_others(archive: Archive, clock: Clock) -> None:
    put(archive, (JSON, A), (SLACK, B))
    for queue in (A, B):
        claimed = archive.outbox.of(queue).claim(clock())
        assert claimed is not None
        archive.outbox.of(queue).dotted(claimed[0].id, claimed[1], clock())
    clock.tick(minutes=20)
    [doubtful] = archive.outbox.of(A).recover(clock(), on_ambiguous="hold", is_idempotent=False)
    assert (doubtful.id, doubtful.state, doubtful.channel) == (1, DeliveryState.HELD, JSON)
    assert [row.state for row in archive.deliveries.listing()] == [DeliveryState.HELD, DeliveryState.DOTTED]


def test_a_webhook_that_moved_is_tried_at_once(archive: Archive, clock: Clock) -> None:
    put(archive, (JSON, A))
    for _ in range(3):
        fail(archive, A, clock, "recipient")
        clock.tick(days=1)
    put(archive, (JSON, A), (JSON, A))
    assert [row.state.value for row in archive.deliveries.listing()] == ["refused"] * 3
    archive.outbox.reset_queue(A)
    put(archive, (JSON, A))
    assert send(archive, A, clock) == 4
    [aside] = archive.deliveries.retired()
    assert (aside.address, aside.since, aside.waiting) == (A.lower(), None, (1, 2, 3))


def test_messages_for_a_removed_queue_are_held(archive: Archive) -> None:
    put(archive, *EVERY)
    assert len(archive.outbox.hold_orphans([MAIL, B, FEED])) == 1
    assert len(archive.outbox.hold_orphans([MAIL, B])) == 1
    assert [row.state.value for row in archive.deliveries.listing()] == ["held", "pending", "held", "pending"]


def test_the_messages_of_a_feed(archive: Archive, clock: Clock) -> None:
    """A feed has all messages composed for it, sent or not, but no discarded ones; trimming removes only sent ones."""
    put(archive, *[(FEED, WATER)] * 5, (FEED, "feed other"), (JSON, A))
    archive.outbox.discard(4)
    assert archive.deliveries.feed_messages(WATER, 2) == [b'{"n": 5}', b'{"n": 3}']
    assert archive.deliveries.trim_feed(WATER, 2) == 0  # not sent yet
    while (
        archive.outbox.of(FEED).is_due(clock()) and archive.deliveries.listing(DeliveryState.PENDING)[0].channel == FEED
    ):
        send(archive, FEED, clock)
    assert archive.deliveries.trim_feed(WATER, 2) == 2
    assert archive.deliveries.trim_feed(WATER, 2) == 0
    assert archive.deliveries.feed_messages(WATER, 9) == [b'{"n": 5}', b'{"n": 3}']
    assert archive.deliveries.feed_messages("feed other", 9) == [b'{"n": 6}']
