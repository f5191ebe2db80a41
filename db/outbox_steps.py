"""Steps of a message in the outbox, each within its caller's transaction: see `db.outbox`.

Statements are built once: each mail needs several, and building one takes longer than executing it.
"""

from __future__ import annotations

import secrets
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select, update

from db.deliveries import delivery_of
from db.sending_turns import take_turn
from db.tables import outbox
from monitor.errors import ArchiveError, BrokenOffError
from monitor.model.copies import copy_id, copy_message, passed_on
from monitor.model.deliveries import Delivery, DeliveryState
from monitor.model.retries import EXTRA_COPIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Update

    from monitor.model.limits import SendingLimits

_THIS: Final = outbox.c.id == bindparam("this")
_CLAIMED: Final = (
    _THIS,
    outbox.c.claim == bindparam("held_claim"),
    outbox.c.state.in_(bindparam("from_states", expanding=True)),
)
_RECORDED: Final = select(outbox.c.id).where(
    _THIS, outbox.c.state == DeliveryState.SENT, outbox.c.reply == bindparam("given")
)
_COUNT_AMBIGUOUS: Final = update(outbox).where(_THIS).values(ambiguous=outbox.c.ambiguous + 1)


def take(
    connection: Connection, row: Row[Any], limits: SendingLimits, now: datetime, *, ambiguous: int
) -> tuple[Delivery, str]:
    """Take a message, with the token for its further steps."""
    take_turn(connection, limits, row.recipient, now)
    token = secrets.token_hex(16)
    values = {"state": DeliveryState.SENDING, "attempts": row.attempts + 1}
    set_columns(connection, row.id, claim=token, claimed_at=now, **values)
    return delivery_of(row, **values, ambiguous=ambiguous), token


def step(connection: Connection, row_id: int, token: str, states: Sequence[DeliveryState], **values: Any) -> None:
    """Set columns of a message that the token still holds, and that is in one of these states. Raises LeaseError."""
    claimed = {"this": row_id, "held_claim": token, "from_states": list(states)}
    changed = connection.execute(_setting(tuple(values), is_claimed=True), claimed | _as_new(values))
    if changed.rowcount != 1:
        raise BrokenOffError(f"another run took mail {row_id} over: this one leaves it alone")


def is_recorded(connection: Connection, row_id: int, reply: str) -> bool:
    """Say whether a message is known as sent, with this reply of the server."""
    return connection.execute(_RECORDED, {"this": row_id, "given": reply}).first() is not None


def count_ambiguous(connection: Connection, row_id: int) -> None:
    """Count one more time that a message may have gone."""
    connection.execute(_COUNT_AMBIGUOUS, {"this": row_id})


def settle(connection: Connection, row: Row[Any], on_ambiguous: str) -> Delivery:
    """Let a message that may have gone wait for its next copy, or hold it, and return it as it is then."""
    count = row.ambiguous + (row.claim is not None)  # a row that is still claimed was not counted: its run died
    is_held = on_ambiguous == "hold" or count > EXTRA_COPIES
    state = DeliveryState.HELD if is_held else DeliveryState.PENDING
    error = row.error if row.claim is None else "the run that sent it ended before the server's reply was recorded"
    claim = row.claim if is_held else None  # the process that waits for the reply may still get it
    set_columns(connection, row.id, state=state, claim=claim, ambiguous=count, error=error, next_try_at=None)
    return delivery_of(row, state=state, ambiguous=count)


def decide(connection: Connection, row_id: int, states: Sequence[DeliveryState], done: str, **values: Any) -> None:
    """Set columns of a message as a person decides, if it is in one of these states.

    Raises ArchiveError, which says why the message can't be `done`, for example "released".
    """
    changed = update(outbox).where(outbox.c.id == row_id, outbox.c.state.in_(states))
    if values["state"] is DeliveryState.PENDING:
        changed = changed.where(outbox.c.message != b"")
    if connection.execute(changed.values(**values)).rowcount == 1:
        return
    row = connection.execute(select(outbox.c.state, outbox.c.message).where(outbox.c.id == row_id)).first()
    if row is None:
        raise ArchiveError(f"there is no mail {row_id}: `pqwatch status` lists those that wait")
    reason = f"it is {row.state}" if row.message or row.state not in states else "its text is not kept any more"
    raise ArchiveError(f"mail {row_id} can't be {done}: {reason}")


def copy_for(row: Row[Any], recipient: str, number: int, now: datetime, *, is_passed_on: bool) -> dict[str, Any]:
    """Return the row of the copy with this number of a message, for a recipient, who may be somebody else."""
    own_id = copy_id(row.message_id, number, recipient)
    message = passed_on(row.message) if is_passed_on else row.message
    return {
        "digest_id": row.digest_id,
        "recipient": recipient,
        "channel": row.channel,
        "message_id": own_id,
        "subject": row.subject,
        "message": copy_message(row.channel, message, recipient, own_id, now),
        "state": DeliveryState.PENDING,
        "created_at": now,
        "copy_of": row.id,
    }


def set_columns(connection: Connection, row_id: int, **values: Any) -> None:
    """Set columns of a message, also of one that another run holds."""
    connection.execute(_setting(tuple(values), is_claimed=False), {"this": row_id, **_as_new(values)})


@lru_cache(64)
def _setting(names: tuple[str, ...], *, is_claimed: bool) -> Update:
    """Build the statement that sets columns of a row; `is_claimed`: if the row is claimed and in one of some states."""
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return update(outbox).where(*(_CLAIMED if is_claimed else (_THIS,))).values(values)


def _as_new(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in values.items()}
