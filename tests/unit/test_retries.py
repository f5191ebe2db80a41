"""Rules of retries: when a delivery that failed is tried again, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.model.deliveries import DeliveryState
from monitor.model.retries import (
    LONGEST_PUT_OFF,
    Pause,
    Tries,
    after_failure,
    after_refusal,
    after_server_failure,
    next_pause,
    wait_after,
)

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FIRST = Tries(
    state=DeliveryState.SENDING, attempts=1, next_try_at=None, failing_since=None, refusals=0, refused_on=None
)


@pytest.mark.parametrize(("failures", "minutes"), [(0, 1), (1, 1), (2, 2), (5, 16), (9, 240), (99, 240)])
def test_waits_double_up_to_four_hours(failures: int, minutes: int) -> None:
    assert wait_after(failures) == minutes * MINUTE


def test_failed_delivery_is_tried_again_and_held_after_five_days() -> None:
    again = after_failure(FIRST, NOW)
    assert (again.state, again.next_try_at, again.failing_since) == (DeliveryState.PENDING, NOW + MINUTE, NOW)
    held = after_failure(again, NOW + 5 * DAY)
    assert (held.state, held.next_try_at, held.failing_since) == (DeliveryState.HELD, None, NOW)


def test_refusal_is_believed_on_the_third_day() -> None:
    first = after_refusal(FIRST, NOW)
    same_day = after_refusal(first, NOW + MINUTE)
    assert (same_day.state, same_day.refusals) == (DeliveryState.PENDING, 1)
    second = after_refusal(same_day, NOW + DAY)
    assert (second.state, second.refusals) == (DeliveryState.PENDING, 2)
    assert after_refusal(second, NOW + 2 * DAY).state is DeliveryState.REFUSED


def test_refusal_of_a_retired_address_is_believed_at_once() -> None:
    assert after_refusal(FIRST, NOW, is_retired=True).state is DeliveryState.REFUSED


def test_try_on_an_unreachable_server_does_not_count() -> None:
    again = after_server_failure(FIRST, NOW + MINUTE)
    assert (again.state, again.attempts, again.next_try_at) == (DeliveryState.PENDING, 0, NOW + MINUTE)


def test_mails_under_way_when_the_queue_paused_make_the_pause_no_longer() -> None:
    first = next_pause(None, NOW, "no answer")
    assert next_pause(first, NOW, "no answer") == first
    assert next_pause(first, NOW, "busy", 30 * MINUTE) == Pause(NOW + 30 * MINUTE, 1, "no answer")


def test_pauses_grow_and_last_as_long_as_the_server_asks() -> None:
    first = next_pause(None, NOW, "no answer")
    assert first == Pause(NOW + MINUTE, 1, "no answer")
    later = first.until
    assert next_pause(first, later, "no answer") == Pause(later + 2 * MINUTE, 2, "no answer")
    assert next_pause(first, later, "busy", 30 * MINUTE).until == later + 30 * MINUTE
    assert next_pause(Pause(NOW, 20, ""), NOW, "put off", most=LONGEST_PUT_OFF).until == NOW + LONGEST_PUT_OFF
