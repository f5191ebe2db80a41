"""Addresses that a mail server refuses for good, and the mails that are put aside for them.

An address is retired when one of its mails was refused on three days. From then on no server is asked: its mails are put
aside as REFUSED, until a person releases one. A mail to it that is accepted brings it back; what was put aside stays
where it is, for a person to release or to discard. Small and capital letters of an address are the same.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update

from db.models import meta, outbox, subscriber
from monitor.model.archive import Retired
from monitor.model.deliveries import DeliveryState

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FACT = "retired_addresses"
_KEPT = select(meta.c.value).where(meta.c.key == _FACT)
"""Made once: each mail asks for it, and putting a statement together takes longer than doing it."""


def retired_since(connection: Connection) -> dict[str, datetime]:
    """The addresses that are retired, in small letters, and since when."""
    value = connection.execute(_KEPT).scalar()
    kept: dict[str, str] = json.loads(value) if value else {}
    return {address: datetime.fromisoformat(since) for address, since in kept.items()}


def why_put_aside(since: datetime) -> str:
    """What a mail that is put aside says of itself."""
    return f"put aside: the address was refused on three days, lastly on {since:%Y-%m-%d}"


def retire(connection: Connection, address: str, now: datetime) -> None:
    """Put aside what waits for an address, and from now on what comes for it."""
    known = retired_since(connection)
    since = known.setdefault(address.lower(), now)
    _keep(connection, known)
    connection.execute(
        update(outbox)
        .where(func.lower(outbox.c.recipient) == address.lower(), outbox.c.state == DeliveryState.PENDING)
        .values(
            state=DeliveryState.REFUSED, next_try_at=None, error=func.coalesce(outbox.c.error, why_put_aside(since))
        )
    )


def bring_back(connection: Connection, address: str) -> None:
    """An address is good again, or nobody's any more."""
    known = retired_since(connection)
    if known.pop(address.lower(), None) is not None:
        _keep(connection, known)


def retired(connection: Connection) -> tuple[Retired, ...]:
    """Retired addresses that somebody still has or that mails wait for, then others with mails put aside; by address."""
    since = retired_since(connection)
    waiting: dict[str, list[int]] = {}
    rows = select(outbox.c.id, func.lower(outbox.c.recipient).label("address")).where(
        outbox.c.state == DeliveryState.REFUSED
    )
    for row in connection.execute(rows.order_by(outbox.c.id)):
        waiting.setdefault(row.address, []).append(row.id)
    current = select(func.lower(subscriber.c.email)).where(subscriber.c.removed_at.is_(None))
    in_use = set(connection.execute(current).scalars())
    shown = {address for address in since if address in in_use or address in waiting} | set(waiting)
    return tuple(
        Retired(address=address, since=since.get(address), waiting=tuple(waiting.get(address, ())))
        for address in sorted(shown, key=lambda one: (one not in since, one))
    )


def _keep(connection: Connection, known: dict[str, datetime]) -> None:
    connection.execute(delete(meta).where(meta.c.key == _FACT))
    if known:
        value = json.dumps({address: since.isoformat() for address, since in sorted(known.items())})
        connection.execute(insert(meta).values(key=_FACT, value=value))
