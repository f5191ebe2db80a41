"""A receiver of webhooks that fails, each way at each stage of a request, and then takes the message.

The fault happens once. After it the message must arrive by the second try, and twice only if no one but the receiver
knows whether it has the message; then with the same Idempotency-Key.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from monitor.delivery.stage import send_pending
from monitor.delivery.webhook import WebhookMailer
from monitor.model.deliveries import JSON, DeliveryState
from monitor.model.digests import Mail
from scrapers.http.posting import HttpPoster
from tests.receiver import Receiver
from tests.reliability.tally import Proof, Tally
from tests.unit.delivery_kit import bench

if TYPE_CHECKING:
    from pathlib import Path

    from db.outbox import Outbox
    from tests.reliability.tally import Budget
    from tests.unit.delivery_kit import Bench

RECIPIENT = "webhook Policy channel"
HASTY, PATIENT = 0.4, 15.0
TRIES = 2
STATUSES = (301, 302, 307, 308, 400, 401, 403, 404, 408, 410, 413, 418, 429, 500, 502, 503, 504)
CELLS = (*Receiver.FAULTS, *map(str, STATUSES))
_SLOW = frozenset({"hangs in the body", "hangs after the body", "drips its head"})


def message(number: int = 1, *, recipient: str = RECIPIENT, channel: str = JSON) -> Mail:
    """Return a message for a webhook."""
    own_id = f"<{number:032x}@example.org>"
    body = f'{{"schema": 1, "id": "{own_id}", "text": "{"slurry " * 40}"}}'.encode()
    return Mail(recipient=recipient, message_id=own_id, subject="Slurry", message=body, channel=channel)


class _SharedPoster(HttpPoster):
    """Poster that several tries share: reading the system's certificates takes longer than a try."""

    def close(self) -> None:
        """Keep open what the next try needs."""


@cache
def poster(seconds: float = PATIENT, *, proxy: str = "", ca_file: str = "") -> HttpPoster:
    """Return the poster with this time-out, proxy and certificate."""
    return _SharedPoster("mailto:desk@example.org", "0.0.1", seconds=seconds, proxy=proxy, ca_file=ca_file)


def queue(post: Bench, recipient: str = RECIPIENT) -> Outbox:
    """Return the outbox for one webhook."""
    return post.outbox.of(recipient)


def try_cell(cell: str, folder: Path) -> Tally:
    """Send a message with this fault, then try again. The archive is made in the folder."""
    post = bench(folder)
    post.add(message())
    with Receiver(cell, headers=("Location: http://127.0.0.1:9/elsewhere",)) as receiver:
        for number in range(TRIES + 1):
            seconds = HASTY if cell in _SLOW and not number else PATIENT
            send_pending(queue(post), WebhookMailer(RECIPIENT, receiver.url, poster(seconds)), post.clock)
            _wait(post)
    post.outbox.store.engine.dispose()
    return _judge(cell, post, receiver)


def _wait(post: Bench) -> None:
    """Wait until the next try: a quarter of an hour, or a day if it was refused."""
    due = post.outbox.deliveries.listing()[0].next_try_at
    post.clock.now = max(post.clock.now, due or post.clock.now) + timedelta(minutes=16)


def _judge(cell: str, post: Bench, receiver: Receiver) -> Tally:
    tally = Tally(tried=1)
    row = post.row()
    copies = len(receiver.taken)
    tally.flagged = row.ambiguous
    if receiver.times > 0:
        tally.failures.append(f"{cell}: the fault never happened")
    if row.state is not DeliveryState.SENT or not copies:
        tally.lost = 1
        tally.failures.append(
            f"{cell}: the message is {row.state}, the receiver has {copies}, {post.outbox.deliveries.listing()[0].error}"
        )
    expected = int(cell in Receiver.UNKNOWABLE)
    marked = {expected, 1} if cell in Receiver.DOUBTFUL else {expected}
    if copies - 1 != expected or row.ambiguous not in marked:
        tally.duplicated = max(0, copies - 1 - row.ambiguous)
        tally.failures.append(f"{cell}: the receiver has {copies}, marked {row.ambiguous} times, not {expected}")
    if len({request.headers["idempotency-key"] for request in receiver.received}) > 1:
        tally.failures.append(f"{cell}: a copy came under another Idempotency-Key")
    return tally


def matrix(folder: Path, budget: Budget) -> Tally:
    """Try all cells in order."""
    tally = Tally()
    while budget.allows_another(tally.tried):
        place = folder / str(tally.tried)
        place.mkdir()
        tally.add(try_cell(CELLS[tally.tried % len(CELLS)], place))
    return tally


PROOFS = (Proof(name="webhook faults", unit="cell", full=len(CELLS), run=matrix, share=0.2),)
