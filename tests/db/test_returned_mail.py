"""Returned mail, and the steps of several threads, on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from db import tables
from db.archive import open_archive
from db.rows import begins_with
from monitor.delivery.bounces import BounceReport, note_returned
from monitor.delivery.return_address import ReturnAddress
from monitor.delivery.stage import send_pending
from monitor.delivery.webhook import WebhookMailer
from monitor.model.bounces import BounceKind, Reason, Returned
from monitor.model.deliveries import JSON, DeliveryState
from monitor.model.digests import Mail
from monitor.model.limits import DomainLimit, SendingLimits
from monitor.model.sources import Posted
from tests.builders import NOW
from tests.unit.delivery_kit import Clock, letter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from db.archive import Archive

HARD = Returned(kind=BounceKind.HARD, status="5.1.1", diagnostic="smtp; 550 unknown")
LIMITS = SendingLimits(per_minute=6_000, domains={"x.org": DomainLimit(connections=50, per_minute=6_000)})


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def archive(archive_url: str, clock: Clock) -> Iterator[Archive]:
    opened = open_archive(archive_url, clock=clock)
    yield opened
    opened.close()


def send_all(archive: Archive, clock: Clock, limits: SendingLimits, *, threads: int = 4) -> list[BaseException]:
    """Take every mail through all steps, in several threads."""
    outbox, errors = archive.outbox.for_threads(), list[BaseException]()

    def work() -> None:
        try:
            while claimed := outbox.claim(clock() + timedelta(hours=1), limits):
                outbox.dotted(claimed[0].id, claimed[1], clock())
                outbox.sent(claimed[0].id, claimed[1], clock(), "250 ok")
        except BaseException as exc:  # noqa: BLE001 (judged by the test)
            errors.append(exc)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return errors


def test_threads_take_each_mail_once(archive: Archive, clock: Clock) -> None:
    for number in range(1, 31):
        archive.outbox.put(letter(number, recipient=f"r{number}@x.org"), {})
    assert send_all(archive, clock, SendingLimits()) == []
    assert archive.deliveries.counts()[DeliveryState.SENT] == 30
    assert {row.attempts for row in archive.deliveries.listing()} == {1}


def test_limits_are_kept_on_both_databases(archive: Archive, clock: Clock) -> None:
    for number in range(1, 4):
        archive.outbox.put(letter(number, recipient=f"r{number}@x.org"), {})
    assert archive.outbox.claim(clock(), LIMITS) is not None
    assert archive.outbox.claim(clock(), LIMITS) is None
    turn = archive.outbox.next_turn(clock(), LIMITS)
    assert turn == clock() + timedelta(milliseconds=10)
    clock.advance(seconds=1)
    assert archive.outbox.claim(clock(), LIMITS) is not None


def test_returned_mails_are_kept_and_retire_their_address(archive: Archive, clock: Clock) -> None:
    reasons = []
    for number in range(1, 4):
        archive.outbox.put(letter(number), {})
        assert send_all(archive, clock, SendingLimits(), threads=1) == []
        [mail] = archive.bounces.sent_mails(f"{number:032x}")
        assert not archive.bounces.is_known(str(number))
        reasons.append(archive.bounces.note(str(number), mail, HARD))
        assert archive.bounces.is_known(str(number))
        assert archive.bounces.note(str(number), mail, HARD) is None
        clock.advance(days=1)
    assert reasons == [None, None, Reason.BOUNCED]
    assert archive.bounces.counts()[BounceKind.HARD] == 3
    assert archive.bounces.reinstate("reader@example.org")
    assert archive.deliveries.figures().tries == 3


def test_returned_mails_are_dropped_when_they_no_longer_count(archive: Archive, clock: Clock) -> None:
    archive.bounces.note("old", None, Returned(kind=BounceKind.UNSIGNED))
    clock.advance(days=29)
    archive.bounces.note("new", None, Returned(kind=BounceKind.UNSIGNED))
    assert archive.bounces.purge(clock()) == 0
    clock.advance(days=2)
    assert archive.bounces.purge(clock()) == 1
    assert archive.bounces.is_known("new")


@pytest.mark.parametrize("start", ["<1f@", "<1f@caf\u00e9", "<%", "<_"])
def test_mails_are_found_by_the_beginning_of_their_message_id(archive: Archive, start: str) -> None:
    for number, own_id in enumerate(
        ("<1f@example.org>", "<1f@caf\u00e9.example>", "<1F@example.org>", "<2f@example.org>")
    ):
        archive.outbox.put(replace(letter(number), message_id=own_id), {})
    query = select(tables.outbox.c.message_id).where(begins_with(tables.outbox.c.message_id, start))
    with archive.engine.connect() as connection:
        found = set(connection.execute(query).scalars())
    assert found == {mail.message_id for mail in archive.deliveries.listing() if mail.message_id.startswith(start)}


def test_an_index_finds_the_beginning_of_a_message_id(archive: Archive) -> None:
    query = select(tables.outbox.c.id).where(begins_with(tables.outbox.c.message_id, "<1f@"))
    with archive.engine.connect() as connection:
        words = query.compile(connection, compile_kwargs={"literal_binds": True})
        if connection.dialect.name == "sqlite":
            plan = connection.exec_driver_sql(f"explain query plan {words}").all()
            assert "(message_id>? AND message_id<?)" in str(plan)
            return
        connection.exec_driver_sql("set enable_seqscan = off")  # a table without rows is quickest to read
        plan = connection.exec_driver_sql(f"explain {words}").all()
    assert "Index Cond: (((message_id)::text >= '<1f@'::text) AND ((message_id)::text < '<1fA'::text))" in str(plan)


# -- bytes that PostgreSQL keeps in no text -----------------------------------------------------------------------------


def test_bounce_with_a_nul_in_its_words_is_noted(archive: Archive, clock: Clock) -> None:
    with archive.outbox.store.write() as connection:
        archive.outbox.add(connection, None, [letter()], clock())
    assert send_all(archive, clock, SendingLimits()) == []
    returns = ReturnAddress(pattern="bounces+*@example.org", secret="of the tests")  # noqa: S106 (invented)
    to = returns.of(letter().message_id, letter().recipient)
    bounce = f"From: Mailer-Daemon@x.org\nTo: {to}\n\n550 user\0 unknown, 5.1.1\n"
    report = BounceReport()
    note_returned(archive.bounces, returns, bounce.encode(), report)
    assert report.counts == {BounceKind.HARD: 1}


class Compressing:
    """Poster to a receiver that compresses its answer, though it was not asked to."""

    def post(self, _url: str, body: Iterable[bytes], _length: int, _headers: Mapping[str, str]) -> Posted:
        assert b"".join(body)
        return Posted(status=200, text="\x1f\ufffd\x08\0\0 ok")

    def reach(self, _url: str) -> None: ...
    def close(self) -> None: ...


def test_message_is_sent_once_whatever_bytes_its_receiver_answers(archive: Archive, clock: Clock) -> None:
    message = Mail(recipient="webhook A", message_id="<1@b>", subject="s", message=b'{"id": "1"}', channel=JSON)
    with archive.outbox.store.write() as connection:
        archive.outbox.add(connection, None, [message], clock())
    mailer = WebhookMailer("webhook A", "https://hooks.example.org/secret-of-a", Compressing())
    assert send_pending(archive.outbox.of("webhook A"), mailer, clock).sent == 1
    [row] = archive.deliveries.listing()
    assert (row.state, row.reply) == (DeliveryState.SENT, "200 \ufffd ok")
