"""Outbox: the steps of a delivery, the claims that they need, and the times of new tries."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, update

from db.engine import open_engine
from db.outbox import Outbox
from db.store import Store
from db.tables import digest, metadata, subscriber
from db.tables import outbox as rows
from monitor.errors import ArchiveError, LeaseError
from monitor.model.deliveries import SIGN_UP_SUBJECT, DeliveryState, Forgotten, Retired
from monitor.model.digests import Mail
from monitor.model.retries import JUST_NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from monitor.model.deliveries import Delivery

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def letter(number: int = 1, recipient: str = "reader@example.org") -> Mail:
    own_id = f"<{number:032x}@example.org>"
    message = f"From: pqwatch <pqwatch@example.org>\r\nMessage-ID: {own_id}\r\n\r\nhello\r\n".encode()
    return Mail(recipient=recipient, message_id=own_id, subject="Three answers", message=message)


@pytest.fixture
def archive_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'archive.db'}"


@pytest.fixture
def outbox(archive_url: str) -> Iterator[Outbox]:
    engine = open_engine(archive_url)
    metadata.create_all(engine)
    yield Outbox(Store(engine, lambda: NOW, timedelta(seconds=90)))
    engine.dispose()


def add(outbox: Outbox, *letters: Mail, digest_id: int | None = None) -> None:
    with outbox.store.write() as connection:
        assert outbox.add(connection, digest_id, letters, NOW) == len(letters)


def a_digest(outbox: Outbox) -> int:
    reader = {"key": "reader", "name": "A reader", "email": "reader@example.org", "added_at": NOW}
    made = {"slot": "2026-11-24T07:30", "kind": "mailed", "as_of": NOW, "composed_at": NOW, "subject": "Three answers"}
    with outbox.store.write() as connection:
        key = connection.execute(insert(subscriber).values(**reader)).inserted_primary_key
        assert key is not None
        made_key = connection.execute(insert(digest).values(subscriber_id=key[0], **made)).inserted_primary_key
        assert made_key is not None
        return int(made_key[0])


def claim(outbox: Outbox, now: datetime = NOW) -> tuple[Delivery, str]:
    claimed = outbox.claim(now)
    assert claimed is not None
    return claimed


def recover(outbox: Outbox, now: datetime, *, on_ambiguous: str = "resend", is_idempotent: bool = False) -> list[str]:
    recovered = outbox.recover(now, on_ambiguous=on_ambiguous, is_idempotent=is_idempotent)
    return [delivery.state.value for delivery in recovered]


def state(outbox: Outbox, row_id: int = 1) -> DeliveryState:
    found = outbox.deliveries.get(row_id)
    assert found is not None
    return found.state


def test_a_mail_is_claimed_dotted_and_sent(outbox: Outbox) -> None:
    add(outbox, letter())
    delivery, token = claim(outbox)
    assert (delivery.id, delivery.state, delivery.attempts) == (1, DeliveryState.SENDING, 1)
    assert delivery.message == letter().message
    outbox.dotted(1, token, NOW)
    assert state(outbox) is DeliveryState.DOTTED
    outbox.sent(1, token, NOW + MINUTE, "250 ok")
    (entry,) = outbox.deliveries.listing()
    assert (entry.state, entry.sent_at, entry.reply, entry.error) == (DeliveryState.SENT, NOW + MINUTE, "250 ok", None)
    assert outbox.claim(NOW + DAY) is None


def test_nothing_to_add(outbox: Outbox) -> None:
    add(outbox)
    assert outbox.deliveries.listing() == ()
    assert outbox.deliveries.get(1) is None


def test_a_mail_is_added_only_once(outbox: Outbox) -> None:
    add(outbox, letter())
    with pytest.raises(ArchiveError):
        add(outbox, letter(2), letter())
    assert len(outbox.deliveries.listing()) == 1


def test_mails_that_were_never_tried_come_first(outbox: Outbox) -> None:
    add(outbox, letter(1), letter(2))
    _, token = claim(outbox)
    outbox.failed(1, token, NOW, "later", "message")
    assert [claim(outbox, NOW + HOUR)[0].id for _ in range(2)] == [2, 1]


@pytest.mark.parametrize("step", ["dotted", "sent", "ambiguous", "failed", "give_back"])
def test_a_step_without_the_claim_changes_nothing(step: str, outbox: Outbox) -> None:
    add(outbox, letter())
    _, old = claim(outbox)
    recover(outbox, NOW)
    _, token = claim(outbox)
    if step != "dotted":
        outbox.dotted(1, token, NOW)
    before = outbox.deliveries.listing()
    steps: dict[str, Callable[[], object]] = {
        "dotted": lambda: outbox.dotted(1, old, NOW),
        "sent": lambda: outbox.sent(1, old, NOW, "250 ok"),
        "ambiguous": lambda: outbox.ambiguous(1, old, "no reply"),
        "failed": lambda: outbox.failed(1, old, NOW, "later", "server"),
        "give_back": lambda: outbox.give_back(1, old, NOW),
    }
    with pytest.raises(LeaseError, match="another run took mail 1 over"):
        steps[step]()
    assert outbox.deliveries.listing() == before
    assert outbox.paused(NOW) is None


def test_a_step_of_a_mail_that_is_not_there(outbox: Outbox) -> None:
    with pytest.raises(LeaseError, match="no longer in the outbox"):
        outbox.failed(7, "token", NOW, "later", "message")
    with pytest.raises(LeaseError, match="another run took mail 7 over"):
        outbox.give_back(7, "token", NOW)


def test_a_mail_that_is_given_back_is_due_at_once_and_was_not_tried(outbox: Outbox) -> None:
    add(outbox, letter())
    _, token = claim(outbox)
    outbox.give_back(1, token, NOW)
    [row] = outbox.deliveries.listing()
    assert (row.state, row.attempts, row.error) == (DeliveryState.PENDING, 0, None)
    assert outbox.paused(NOW) is None
    assert claim(outbox, NOW)[0].attempts == 1


def test_a_server_has_just_sent_for_twenty_seconds(outbox: Outbox) -> None:
    add(outbox, letter())
    _, token = claim(outbox)
    outbox.dotted(1, token, NOW)
    assert not outbox.has_just_sent(NOW)
    outbox.sent(1, token, NOW, "250 ok")
    assert outbox.has_just_sent(NOW + JUST_NOW - timedelta(seconds=1))
    assert not outbox.has_just_sent(NOW + JUST_NOW)
    assert not outbox.of("https://hooks.example.org/x").has_just_sent(NOW)


def test_a_mail_that_was_being_sent_is_tried_again_at_once(outbox: Outbox) -> None:
    add(outbox, letter())
    claim(outbox)
    assert recover(outbox, NOW) == []
    assert claim(outbox)[0].attempts == 2


def test_a_dotted_mail_waits_and_is_then_sent_again(outbox: Outbox) -> None:
    add(outbox, letter())
    outbox.dotted(1, claim(outbox)[1], NOW)
    assert recover(outbox, NOW + 14 * MINUTE) == []
    assert state(outbox) is DeliveryState.DOTTED
    assert recover(outbox, NOW + 15 * MINUTE) == ["pending"]
    delivery, _ = claim(outbox, NOW + 15 * MINUTE)
    assert (delivery.ambiguous, delivery.message, delivery.message_id) == (1, letter().message, letter().message_id)


def test_a_counted_doubt_is_not_counted_again(outbox: Outbox) -> None:
    add(outbox, letter())
    _, token = claim(outbox)
    outbox.dotted(1, token, NOW)
    outbox.ambiguous(1, token, "no reply")
    assert outbox.deliveries.listing()[0].error == "no reply"
    assert recover(outbox, NOW + HOUR) == ["pending"]
    assert outbox.deliveries.listing()[0].ambiguous == 1


def test_a_mail_in_doubt_is_sent_twice_more_and_then_held(outbox: Outbox) -> None:
    add(outbox, letter())
    now = NOW
    for expected in ("pending", "pending", "held"):
        outbox.dotted(1, claim(outbox, now)[1], now)
        now += HOUR
        assert recover(outbox, now) == [expected]
    assert outbox.claim(now + DAY) is None
    assert outbox.deliveries.listing()[0].ambiguous == 3


def test_on_ambiguous_hold_holds_a_mail_at_once(outbox: Outbox) -> None:
    add(outbox, letter())
    outbox.dotted(1, claim(outbox)[1], NOW)
    assert recover(outbox, NOW, on_ambiguous="hold") == ["held"]
    assert outbox.deliveries.listing()[0].ambiguous == 1


def test_an_idempotent_delivery_is_repeated_at_once(outbox: Outbox) -> None:
    add(outbox, letter())
    outbox.dotted(1, claim(outbox)[1], NOW)
    assert recover(outbox, NOW, is_idempotent=True, on_ambiguous="hold") == []
    delivery, _ = claim(outbox)
    assert delivery.ambiguous == 0


def fail_often(outbox: Outbox, scope: str, times: int) -> list[timedelta]:
    now, waits = NOW, []
    for _ in range(times):
        _, token = claim(outbox, now)
        if outbox.failed(1, token, now, "later", scope) is not DeliveryState.PENDING:
            break
        due = outbox.deliveries.listing()[0].next_try_at
        assert due is not None
        assert outbox.claim(due - timedelta(microseconds=1)) is None
        waits.append(due - now)
        now = due
    return waits


@pytest.mark.parametrize("scope", ["message", "server"])
def test_waits_double_up_to_four_hours(scope: str, outbox: Outbox) -> None:
    add(outbox, letter())
    waits = [wait / MINUTE for wait in fail_often(outbox, scope, 10)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240]


def test_a_mail_is_held_after_five_days(outbox: Outbox) -> None:
    add(outbox, letter())
    waits = fail_often(outbox, "message", 99)
    assert state(outbox) is DeliveryState.HELD
    assert 5 * DAY <= sum(waits, timedelta()) < 5 * DAY + 4 * HOUR


def test_failures_of_the_server_do_not_count_as_tries_of_a_mail(outbox: Outbox) -> None:
    add(outbox, letter())
    fail_often(outbox, "server", 60)
    assert state(outbox) is DeliveryState.PENDING
    assert outbox.deliveries.listing()[0].attempts == 0


@pytest.mark.parametrize(("subject", "counts"), [("Three answers", True), (SIGN_UP_SUBJECT, False)])
def test_a_mail_has_failed_until_it_goes(outbox: Outbox, subject: str, counts: bool) -> None:
    add(outbox, replace(letter(), subject=subject))
    assert not outbox.deliveries.has_failed()
    _, token = claim(outbox)
    outbox.failed(1, token, NOW, "450 not now", "message")
    assert outbox.deliveries.has_failed() is counts
    _, token = claim(outbox, NOW + DAY)
    outbox.dotted(1, token, NOW + DAY)
    outbox.sent(1, token, NOW + DAY, "250 ok")
    assert not outbox.deliveries.has_failed()


def test_an_address_is_retired_after_refusals_on_three_days(outbox: Outbox) -> None:
    add(outbox, letter())
    assert len(fail_often(outbox, "recipient", 9)) == 3  # two of the four tries are on the second day
    assert state(outbox) is DeliveryState.REFUSED


def refuse(outbox: Outbox, row_id: int, now: datetime) -> DeliveryState:
    delivery, token = claim(outbox, now)
    assert delivery.id == row_id
    return outbox.failed(row_id, token, now, "550 5.1.1 no such user", "recipient")


def retire(outbox: Outbox) -> datetime:
    """Refuse the address of the first mail on three days. Return the last of them."""
    for day in range(3):
        refuse(outbox, 1, NOW + day * DAY)
    return NOW + 2 * DAY


def test_new_mails_for_a_retired_address_are_put_aside(outbox: Outbox) -> None:
    add(outbox, letter(1), letter(2, recipient="other@example.org"))
    outbox.discard(2)
    then = retire(outbox)
    add(outbox, letter(3, recipient="Reader@Example.org"), letter(4, recipient="other@example.org"))
    mail, token = claim(outbox, then)
    assert mail.id == 4
    outbox.sent(4, token, then, "250 ok")
    assert outbox.claim(then + 9 * DAY) is None
    assert not outbox.is_due(then + 9 * DAY)
    assert outbox.deliveries.retired() == (Retired(address="reader@example.org", since=then, waiting=(1, 3)),)
    errors = {entry.id: entry.error for entry in outbox.deliveries.listing()}
    assert errors[1] == "550 5.1.1 no such user"
    assert errors[3] == "put aside: the address was refused on three days, lastly on 2026-11-26"
    assert errors[4] is None


def test_waiting_mails_are_put_aside_when_their_address_is_retired(outbox: Outbox) -> None:
    add(outbox, letter(1))
    refuse(outbox, 1, NOW)
    refuse(outbox, 1, NOW + DAY)
    add(outbox, letter(2), letter(3, recipient="other@example.org"))
    outbox.failed(2, claim(outbox, NOW + DAY)[1], NOW + 2 * DAY, "later", "message")
    outbox.discard(3)
    refuse(outbox, 1, NOW + 2 * DAY)
    assert [(entry.state.value, entry.error) for entry in outbox.deliveries.listing()][:2] == [
        ("refused", "550 5.1.1 no such user"),
        ("refused", "later"),
    ]
    assert outbox.deliveries.listing()[1].next_try_at is None


def test_a_released_mail_tries_a_retired_address_once(outbox: Outbox) -> None:
    add(outbox, letter(1))
    then = retire(outbox)
    add(outbox, letter(2))
    outbox.release(2)
    assert refuse(outbox, 2, then + DAY) is DeliveryState.REFUSED
    assert outbox.deliveries.retired() == (Retired(address="reader@example.org", since=then, waiting=(1, 2)),)


def test_an_accepted_mail_ends_the_retirement_and_releases_no_other_mail(outbox: Outbox) -> None:
    add(outbox, letter(1))
    then = retire(outbox)
    add(outbox, letter(2), letter(3))
    outbox.release(2)
    outbox.sent(2, claim(outbox, then)[1], then, "250 ok")
    assert outbox.claim(then + DAY) is None
    assert outbox.deliveries.retired() == (Retired(address="reader@example.org", since=None, waiting=(1, 3)),)
    add(outbox, letter(4))
    assert claim(outbox, then)[0].id == 4
    outbox.release(1)
    outbox.discard(3)
    assert outbox.deliveries.retired() == ()


def test_a_retired_address_is_listed_while_a_subscriber_has_it_or_mails_wait(outbox: Outbox) -> None:
    a_digest(outbox)
    add(outbox, letter(1))
    then = retire(outbox)
    outbox.discard(1)
    assert outbox.deliveries.retired() == (Retired(address="reader@example.org", since=then, waiting=()),)
    with outbox.store.write() as connection:
        connection.execute(update(subscriber).values(email="new@example.org"))
    assert outbox.deliveries.retired() == ()
    with outbox.store.write() as connection:
        connection.execute(update(subscriber).values(email="Reader@example.org"))
        connection.execute(insert(subscriber).values(key="two", name="Two", email="reader@example.org", added_at=NOW))
    assert len(outbox.deliveries.retired()) == 1
    with outbox.store.write() as connection:
        connection.execute(update(subscriber).values(removed_at=NOW))
    assert outbox.deliveries.retired() == ()


def test_a_copy_tries_a_retired_address_again(outbox: Outbox) -> None:
    number = a_digest(outbox)
    add(outbox, letter(1), digest_id=number)
    then = retire(outbox)
    outbox.resend(number, None, then)
    assert refuse(outbox, 2, then) is DeliveryState.REFUSED


def test_a_refused_mail_is_discarded_if_no_one_releases_it_in_time(outbox: Outbox) -> None:
    add(outbox, letter(1))
    retire(outbox)
    assert outbox.deliveries.purge(NOW + 90 * DAY) == 1
    assert state(outbox) is DeliveryState.DISCARDED
    with pytest.raises(ArchiveError, match="mail 1 can't be released: it is discarded"):
        outbox.release(1)


def test_a_refused_mail_without_its_text_can_be_discarded(outbox: Outbox) -> None:
    """Earlier versions left such mails."""
    add(outbox, letter(1))
    retire(outbox)
    with outbox.store.write() as connection:
        connection.execute(update(rows).values(message=b""))
    with pytest.raises(ArchiveError, match="mail 1 can't be released: its text is not kept any more"):
        outbox.release(1)
    outbox.discard(1)
    assert outbox.deliveries.retired() == ()


def test_several_refusals_in_a_day_count_once(outbox: Outbox) -> None:
    add(outbox, letter())
    for _ in range(5):
        _, token = claim(outbox)
        assert outbox.failed(1, token, NOW, "no such user", "recipient") is DeliveryState.PENDING
        outbox.resume()


def test_a_pause_ends_with_the_next_sent_mail(outbox: Outbox) -> None:
    add(outbox, letter(1), letter(2))
    outbox.failed(1, claim(outbox)[1], NOW, "closed", "server")
    assert outbox.paused(NOW) == "no mail is tried before 2026-11-24 07:31 UTC, because the last try failed: closed"
    assert outbox.claim(NOW) is None
    assert outbox.paused(NOW + MINUTE) is None
    _, token = claim(outbox, NOW + MINUTE)
    outbox.sent(2, token, NOW + MINUTE, "250 ok")
    outbox.pause(NOW + MINUTE, "closed")
    assert outbox.paused(NOW + 2 * MINUTE) is None  # the first wait again, not doubled


def test_a_person_can_end_a_pause(outbox: Outbox) -> None:
    add(outbox, letter())
    outbox.failed(1, claim(outbox)[1], NOW, "closed", "server")
    outbox.resume()
    assert claim(outbox)[0].id == 1


def hold(outbox: Outbox) -> None:
    outbox.dotted(1, claim(outbox)[1], NOW)
    recover(outbox, NOW, on_ambiguous="hold")


def test_mails_that_waited_in_a_backup_are_held_until_somebody_decides(outbox: Outbox) -> None:
    add(outbox, letter(1), letter(2), letter(3), letter(4))
    _, token = claim(outbox)
    outbox.sent(1, token, NOW, "250 ok")
    claim(outbox)
    _, token = claim(outbox)
    outbox.dotted(3, token, NOW)
    assert outbox.hold_restored() == 3
    assert [state(outbox, row) for row in (1, 2, 3, 4)] == [DeliveryState.SENT, *[DeliveryState.HELD] * 3]
    assert outbox.claim(NOW + DAY) is None
    assert outbox.hold_restored() == 0
    outbox.release(4)
    assert claim(outbox)[0].id == 4


def test_a_released_mail_is_sent_with_its_tries_before_it(outbox: Outbox) -> None:
    add(outbox, letter())
    hold(outbox)
    outbox.release(1)
    delivery, _ = claim(outbox)
    assert (delivery.attempts, delivery.ambiguous) == (1, 1)


def test_release_gives_five_days_again(outbox: Outbox) -> None:
    add(outbox, letter())
    fail_often(outbox, "message", 99)
    outbox.release(1)
    later = NOW + 30 * DAY
    assert outbox.failed(1, claim(outbox, later)[1], later, "later", "message") is DeliveryState.PENDING


def test_a_discarded_mail_is_never_sent_or_released(outbox: Outbox) -> None:
    add(outbox, letter())
    hold(outbox)
    outbox.discard(1)
    assert outbox.claim(NOW + DAY) is None
    with pytest.raises(ArchiveError, match="mail 1 can't be released: it is discarded"):
        outbox.release(1)


def test_discard_of_a_mail_in_doubt(outbox: Outbox) -> None:
    add(outbox, letter())
    outbox.dotted(1, claim(outbox)[1], NOW)
    outbox.discard(1)
    assert recover(outbox, NOW + DAY) == []


def test_a_sent_or_unknown_mail_is_not_discarded(outbox: Outbox) -> None:
    add(outbox, letter())
    outbox.sent(1, claim(outbox)[1], NOW, "250 ok")
    with pytest.raises(ArchiveError, match="mail 1 can't be discarded: it is sent"):
        outbox.discard(1)
    with pytest.raises(ArchiveError, match="there is no mail 2"):
        outbox.discard(2)


def test_the_outbox_is_due_while_a_run_has_mail_to_send(outbox: Outbox) -> None:
    assert not outbox.is_due(NOW)
    add(outbox, letter())
    assert outbox.is_due(NOW)
    _, token = claim(outbox)
    assert outbox.is_due(NOW)  # its run may be dead
    outbox.dotted(1, token, NOW)
    assert not outbox.is_due(NOW + 14 * MINUTE)
    assert outbox.is_due(NOW + 15 * MINUTE)
    outbox.failed(1, token, NOW, "later", "message")
    assert not outbox.is_due(NOW)
    assert outbox.is_due(NOW + MINUTE)
    outbox.pause(NOW, "closed")
    outbox.pause(NOW + MINUTE, "closed")
    assert not outbox.is_due(NOW + 2 * MINUTE)
    assert outbox.is_due(NOW + 3 * MINUTE)
    outbox.discard(1)
    assert not outbox.is_due(NOW + DAY)


def test_lists_and_counts(outbox: Outbox) -> None:
    add(outbox, letter(1), letter(2), letter(3))
    claim(outbox)
    outbox.discard(2)
    assert [entry.id for entry in outbox.deliveries.listing()] == [1, 2, 3]
    assert [entry.id for entry in outbox.deliveries.listing(DeliveryState.PENDING, DeliveryState.DISCARDED)] == [2, 3]
    counts = outbox.deliveries.counts()
    assert {kind.value: count for kind, count in counts.items() if count} == {
        "sending": 1,
        "discarded": 1,
        "pending": 1,
    }
    assert set(counts) == set(DeliveryState)


def test_a_copy_is_the_same_bytes_behind_resent_fields(outbox: Outbox) -> None:
    number = a_digest(outbox)
    add(outbox, letter(1), letter(2), digest_id=number)
    assert outbox.resend(number, None, NOW) == 2
    assert outbox.resend(number, "new@example.org", NOW) == 2
    assert [mail.id for mail in outbox.deliveries.of_digest(number)] == [1, 2]
    first, again = outbox.deliveries.get(3), outbox.deliveries.get(5)
    assert first is not None
    assert again is not None
    block, _, rest = first.message.partition(letter(1).message)
    assert rest == b""
    assert block.decode().split("\r\n") == [
        "Resent-From: pqwatch@example.org",
        "Resent-To: reader@example.org",
        "Resent-Date: Tue, 24 Nov 2026 07:30:00 +0000",
        f"Resent-Message-ID: {first.message_id}",
        "",
    ]
    assert first.message_id.endswith("@example.org>")
    assert first.message.count(b"\r\nMessage-ID: ") == 1
    assert again.recipient == "new@example.org"
    assert [entry.copy_of for entry in outbox.deliveries.listing()] == [None, None, 1, 2, 1, 2]
    assert len({entry.message_id for entry in outbox.deliveries.listing()}) == 6


def test_a_mail_that_is_not_kept_is_not_copied(outbox: Outbox) -> None:
    number = a_digest(outbox)
    with pytest.raises(ArchiveError, match=f"digest {number} has no mail: `pqwatch digest list` lists those that were"):
        outbox.resend(number, None, NOW)
    add(outbox, letter(), digest_id=number)
    outbox.discard(1)
    assert outbox.deliveries.purge(NOW) == 0
    assert outbox.deliveries.purge(NOW + DAY) == 1
    assert outbox.deliveries.purge(NOW + DAY) == 0
    with pytest.raises(ArchiveError, match="not kept any more"):
        outbox.resend(number, None, NOW)
    with pytest.raises(ArchiveError):
        add(outbox, letter(), digest_id=number)


def test_purging_keeps_mails_that_are_still_to_be_sent(outbox: Outbox) -> None:
    add(outbox, letter(1), letter(2))
    hold(outbox)
    assert outbox.deliveries.purge(NOW + DAY) == 0
    assert claim(outbox)[0].message == letter(2).message


def test_a_forgotten_address_is_in_no_mail(outbox: Outbox) -> None:
    add(outbox, letter(1), letter(2), letter(3, recipient="other@example.org"))
    outbox.sent(1, claim(outbox)[1], NOW, "250 reader@example.org ok")
    assert outbox.count_erasable("reader@example.org") == Forgotten(mails=2, subscribers=0, notices=0)
    assert outbox.forget("reader@example.org") == Forgotten(mails=2, subscribers=0, notices=0)
    assert "reader@example.org" not in repr(outbox.deliveries.listing())
    assert [entry.state.value for entry in outbox.deliveries.listing()] == ["sent", "discarded", "pending"]
    found = outbox.deliveries.get(2)
    assert found is not None
    assert found.message == b""
    with pytest.raises(ArchiveError, match="mail 2 can't be released: it is discarded"):
        outbox.release(2)


def test_a_forgotten_address_is_in_no_copy(outbox: Outbox) -> None:
    number = a_digest(outbox)
    add(outbox, letter(), digest_id=number)
    outbox.resend(number, "new@example.org", NOW)
    assert outbox.forget("Reader@Example.org").mails == 2
    assert {mail.message for mail in map(outbox.deliveries.get, (1, 2)) if mail} == {b""}


def test_the_reason_why_a_mail_is_in_doubt_is_kept(outbox: Outbox) -> None:
    add(outbox, letter())
    outbox.failed(1, claim(outbox)[1], NOW, "later", "message")
    outbox.dotted(1, claim(outbox, NOW + HOUR)[1], NOW)
    recover(outbox, NOW + DAY)
    assert outbox.deliveries.listing()[0].error == "the run that sent it ended before the server's reply was recorded"


def test_concurrent_workers_never_claim_the_same_mail(outbox: Outbox) -> None:
    add(outbox, *(letter(number) for number in range(40)))
    taken: list[int] = []
    ready = threading.Barrier(4)

    def work() -> None:
        ready.wait()
        while (claimed := outbox.claim(NOW)) is not None:
            taken.append(claimed[0].id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 41))
