"""Mails that came back, and the addresses that they retire."""

from __future__ import annotations

import secrets
from datetime import UTC
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select

from db.addresses import forget_bounces, load_retired, reinstate_address, retire_address
from db.rows import begins_with, load_fact, save_fact_once
from db.tables import bounce, outbox
from monitor.model.bounces import COUNTED_FOR, BounceKind, Reason, SentMail, retires

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

    from db.store import Store
    from monitor.model.bounces import Returned

_SECRET = "bounce_secret"  # noqa: S105 (the name of a fact)


class Bounces:
    """Mails that came back to the addresses of an archive."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def secret(self) -> str:
        """Return the secret with which return addresses are signed; made once, and copied with the archive."""
        with self._store.read() as connection:
            known = load_fact(connection, _SECRET)
        if known:
            return known
        made = secrets.token_hex(32)
        with self._store.write() as connection:
            return save_fact_once(connection, _SECRET, made)

    def sent_mails(self, number: str) -> list[SentMail]:
        """Return the mails whose Message-ID begins with a number."""
        query = select(outbox.c.id, outbox.c.recipient, outbox.c.dotted_at).where(
            begins_with(outbox.c.message_id, f"<{number}@"), outbox.c.dotted_at.is_not(None)
        )
        return [SentMail(id=row.id, recipient=row.recipient, sent_at=row.dotted_at) for row in self._store.rows(query)]

    def is_known(self, fingerprint: str) -> bool:
        """Return whether a mail with the same bytes was read before."""
        return bool(self._store.rows(select(bounce.c.id).where(bounce.c.fingerprint == fingerprint)))

    def note(self, fingerprint: str, mail: SentMail | None, returned: Returned) -> Reason | None:
        """Store a mail that came back; return why its address is retired, if this mail retires it.

        `mail`: the one that came back; None where it is not known. Then nothing else changes.
        """
        now = self._store.clock()
        with self._store.write() as connection:
            if connection.execute(select(bounce.c.id).where(bounce.c.fingerprint == fingerprint)).first():
                return None
            address = mail.recipient.lower() if mail else None
            row = {
                "read_at": now,
                "kind": returned.kind,
                "fingerprint": fingerprint,
                "outbox_id": mail.id if mail else None,
                "address": address,
                "counts_on": mail.sent_at.astimezone(UTC).date() if mail else None,
                "status": returned.status or None,
                "diagnostic": returned.diagnostic or None,
            }
            connection.execute(insert(bounce), row)
            if address is None or address in load_retired(connection):
                return None
            reason = retires(returned.kind, _hard_days(connection, address, now))
            if reason is not None:
                retire_address(connection, address, now, reason)
            return reason

    def reinstate(self, address: str) -> bool:
        """Send to an address again, and count its bounces from now on; return whether it was retired."""
        with self._store.write() as connection:
            was_retired = address.lower() in load_retired(connection)
            reinstate_address(connection, address)
            forget_bounces(connection, address, self._store.clock())
            return was_retired

    def purge(self, before: datetime) -> int:
        """Drop mails that were read before an instant, and no longer count; returns how many."""
        before = min(before, self._store.clock() - COUNTED_FOR)
        with self._store.write() as connection:
            return connection.execute(delete(bounce).where(bounce.c.read_at < before)).rowcount

    def counts(self) -> dict[BounceKind, int]:
        """Count the mails that came back, by kind; every kind is there."""
        counts = dict(self._store.rows(select(bounce.c.kind, func.count()).group_by(bounce.c.kind)))
        return {kind: counts.get(kind.value, 0) for kind in BounceKind}


def _hard_days(connection: Connection, address: str, now: datetime) -> set[date]:
    """Return the days of mails to an address that came back hard of late."""
    query = select(bounce.c.counts_on).where(
        bounce.c.address == address,
        bounce.c.kind == BounceKind.HARD,
        bounce.c.undone_at.is_(None),
        bounce.c.read_at > now - COUNTED_FOR,
    )
    return set(connection.execute(query).scalars())
