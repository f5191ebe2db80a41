"""Turns of mails: how soon the relay and each domain may get the next one.

All processes on an archive keep the limits together, because each takes its turn in the transaction that takes the mail.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from db.rows import load_fact, save_fact
from db.tables import outbox
from monitor.model.deliveries import UNDER_WAY, DeliveryState
from monitor.model.limits import UNDER_WAY_FOR, domain_of_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Connection, Row

    from monitor.model.limits import SendingLimits

_TURNS = "outbox_turns"
"""Fact of the archive: before which instants the relay and domains with a pace take no mail."""
_LOOK_AGAIN = timedelta(seconds=1)
"""Time after which to look again whether a mail to a domain is still under way."""


def closed_domains(connection: Connection, limits: SendingLimits, now: datetime) -> dict[str, datetime]:
    """Return the domains, and RELAY, to which no mail may go now, and until when."""
    turns = _load_turns(connection) if limits.has_pace else {}
    closed = {key: turn for key in turns if (turn := limits.next_turn(turns, key, now)) > now}
    if limits.counts_connections:
        under_way = select(outbox.c.recipient).where(
            outbox.c.state.in_(UNDER_WAY), outbox.c.claim.is_not(None), outbox.c.claimed_at > now - UNDER_WAY_FOR
        )
        domains = [domain_of_address(address) for address in connection.execute(under_way).scalars()]
        closed |= {domain: max(now + _LOOK_AGAIN, closed.get(domain, now)) for domain in limits.full_domains(domains)}
    return closed


def turn_in_line(connection: Connection, limits: SendingLimits, row: Row[Any], now: datetime) -> datetime | None:
    """Return about when a message may go that the limit of its domain stops: after those in line before it.

    None: it may go now. If the others in line did not count, all of them would be looked at again at each turn. Those that
    wait for longer, because they were put off, are not in line.
    """
    domain = domain_of_address(row.recipient)
    until = closed_domains(connection, limits, now).get(domain)
    if until is None:
        return None
    before = select(func.count()).where(
        outbox.c.id < row.id,
        outbox.c.state == DeliveryState.PENDING,
        or_(outbox.c.next_try_at.is_(None), outbox.c.next_try_at <= until),
        goes_to(domain),
    )
    return until + connection.execute(before).scalar_one() * limits.interval_for(domain)


def goes_to(domain: str) -> ColumnElement[bool]:
    """Return the condition for the messages to a domain."""
    return func.lower(outbox.c.recipient).endswith(f"@{domain}", autoescape=True)


def take_turn(connection: Connection, limits: SendingLimits, recipient: str, now: datetime) -> None:
    """Note that a mail to a recipient was taken, where limits count that."""
    if limits.has_pace:
        _save_turns(connection, limits.turns_after(_load_turns(connection), domain_of_address(recipient), now))


def _load_turns(connection: Connection) -> dict[str, datetime]:
    value = load_fact(connection, _TURNS)
    return {key: datetime.fromisoformat(turn) for key, turn in json.loads(value).items()} if value else {}


def _save_turns(connection: Connection, turns: Mapping[str, datetime]) -> None:
    save_fact(connection, _TURNS, json.dumps({key: turn.isoformat() for key, turn in turns.items()}) if turns else None)
