"""Addresses to which nothing is sent any more: retired ones, and those of persons who were erased.

An address is retired when one of its mails was refused on three days, when mails of three days came back, or when the
reader called one unwanted. From then on no server is asked: its mails are put aside as REFUSED, until a person releases
one. A mail to it that is accepted reinstates it; what was put aside stays there for a person to release or discard.
Addresses are compared in lower case.

Erasing a person erases their address, their name, every mail to them, and what they followed, marked, muted and noted. That
digests told of records stays known, without a name.
"""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from sqlalchemy import case, delete, func, select, update

from db.rows import load_fact, save_fact
from db.subscribers import erase_kept, find_kept
from db.tables import (
    HAS_BYTES,
    bounce,
    digest,
    follow,
    mark,
    meta,
    mute,
    mute_item,
    note,
    outbox,
    promise_decision,
    run,
    subscriber,
)
from monitor.errors import ArchiveError
from monitor.model.bounces import Reason
from monitor.model.deliveries import UNSENT, DeliveryState, Forgotten, Retired

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from sqlalchemy import Connection, Engine

    from db.store import Store

# -- retired addresses ------------------------------------------------------------------------------------------------

_RETIRED_FACT = "retired_addresses"


@dataclass(frozen=True, slots=True)
class Retirement:
    """Instant since when an address is retired, and the reason."""

    since: datetime
    reason: Reason

    @property
    def sentence(self) -> str:
        """Error text of a mail that is put aside."""
        return {
            Reason.REFUSED: f"put aside: the address was refused on three days, lastly on {self.since:%Y-%m-%d}",
            Reason.BOUNCED: f"put aside: mails of three days came back, lastly on {self.since:%Y-%m-%d}",
            Reason.COMPLAINED: f"put aside: the reader called a mail unwanted on {self.since:%Y-%m-%d}",
        }[self.reason]


def load_retired(connection: Connection, *, to_change: bool = False) -> dict[str, Retirement]:
    """Load the retired addresses, in lower case. `to_change`: as for `load_fact`."""
    value = load_fact(connection, _RETIRED_FACT, to_change=to_change)
    stored: dict[str, str] = json.loads(value) if value else {}
    return {address: _retirement(written) for address, written in stored.items()}


def _retirement(written: str) -> Retirement:
    """Read an instant, behind which stands a reason other than refusals."""
    since, _, reason = written.partition(" ")
    return Retirement(datetime.fromisoformat(since), Reason(reason) if reason else Reason.REFUSED)


def retire_address(connection: Connection, address: str, now: datetime, reason: Reason = Reason.REFUSED) -> None:
    """Retire an address: put aside the mails that wait for it, and from now on those that come for it."""
    retired = load_retired(connection)
    retirement = retired.setdefault(address.lower(), Retirement(now, reason))
    _save_retired(connection, retired)
    connection.execute(
        update(outbox)
        .where(func.lower(outbox.c.recipient) == address.lower(), outbox.c.state == DeliveryState.PENDING)
        .values(state=DeliveryState.REFUSED, next_try_at=None, error=func.coalesce(outbox.c.error, retirement.sentence))
    )


def reinstate_address(connection: Connection, address: str, *, sent_since: datetime | None = None) -> bool:
    """Send to an address again; return whether it was retired.

    `sent_since`: when the mail that a server accepted was taken from the outbox. A mail that was under way when the address
    was retired does not reinstate it.
    """
    retired = load_retired(connection, to_change=True)
    retirement = retired.pop(address.lower(), None)
    if retirement is None or (sent_since is not None and sent_since < retirement.since):
        return False
    _save_retired(connection, retired)
    return True


def forget_bounces(connection: Connection, address: str, now: datetime) -> None:
    """Let earlier bounces of an address no longer count."""
    is_of_address = bounce.c.address == address.lower(), bounce.c.undone_at.is_(None)
    connection.execute(update(bounce).where(*is_of_address).values(undone_at=now))


_REFUSED = (
    select(outbox.c.id, func.lower(outbox.c.recipient).label("address"))
    .where(outbox.c.state == DeliveryState.REFUSED)
    .order_by(outbox.c.id)
)
_IN_USE = select(func.lower(subscriber.c.email)).where(subscriber.c.removed_at.is_(None))
"""Built once: each run executes them twice, and building a statement takes longer than executing it."""


def list_retired(connection: Connection) -> tuple[Retired, ...]:
    """List retired addresses that are in use or that mails wait for, then others with mails put aside; by address."""
    since = load_retired(connection)
    waiting: dict[str, list[int]] = {}
    for row in connection.execute(_REFUSED):
        waiting.setdefault(row.address, []).append(row.id)
    in_use = set(connection.execute(_IN_USE).scalars())
    shown = {address for address in since if address in in_use or address in waiting} | set(waiting)
    return tuple(
        Retired(
            address=address,
            since=since[address].since if address in since else None,
            waiting=tuple(waiting.get(address, ())),
            reason=since[address].reason if address in since else Reason.REFUSED,
        )
        for address in sorted(shown, key=lambda address: (address not in since, address))
    )


def _save_retired(connection: Connection, retired: Mapping[str, Retirement]) -> None:
    value = {
        address: f"{found.since.isoformat()} {found.reason if found.reason is not Reason.REFUSED else ''}".rstrip()
        for address, found in sorted(retired.items())
    }
    save_fact(connection, _RETIRED_FACT, json.dumps(value) if value else None)


# -- erasure ----------------------------------------------------------------------------------------------------------

_NOBODY = "(forgotten)"


def count_erasable(store: Store, address: str) -> Forgotten:
    """Count what there is to erase of an address."""
    with store.read() as connection:
        mails = _mails(connection, address)
        return Forgotten(
            mails=len(mails),
            subscribers=len(_subscribers(connection, address)),
            notices=len(_notices(connection, address, mails)),
            kept=len(find_kept(connection, address)),
            **_count_own(connection, _subscribers(connection, address)),
        )


def count_erased(store: Store) -> int:
    """Count the subscribers who were erased."""
    with store.read() as connection:
        erased = select(func.count()).select_from(subscriber).where(subscriber.c.name == _NOBODY)
        return connection.execute(erased).scalar_one()


def erase(store: Store, address: str, before_commit: Callable[[], None]) -> Forgotten:
    """Erase an address, in lower or upper case, all or nothing.

    Its subscriptions lose their name too, and their digests and copies of them the text, even of other recipients; what
    was not sent never will be. `before_commit` is called when everything is done except the commit: if it raises,
    nothing is erased. Mails that wait for the person are held first: if this process dies then, no run sends them.
    """
    waiting = _hold(store, address)
    is_agreed = False
    try:
        with store.write() as connection:
            found = _erase(connection, address, store.clock())
            before_commit()
            is_agreed = True
    except BaseException:
        if waiting and not is_agreed:
            _set_states(store, waiting)
        raise
    _empty_log(store.engine)
    return found


def _hold(store: Store, address: str) -> dict[int, str]:
    """Hold the mails that wait for the person; returns the states that they had."""
    with store.read() as connection:
        unsent = connection.execute(select(outbox.c.id, outbox.c.state).where(outbox.c.state.in_(UNSENT))).all()
        mails = set(_mails(connection, address)) if unsent else set()
        waiting = {row.id: row.state for row in unsent if row.id in mails}
    if waiting:
        _set_states(store, dict.fromkeys(waiting, DeliveryState.HELD))
    return waiting


def _set_states(store: Store, states: Mapping[int, str]) -> None:
    with store.write() as connection:
        _overwrite(connection)
        for number, state in states.items():
            connection.execute(update(outbox).where(outbox.c.id == number).values(state=state))


def _erase(connection: Connection, address: str, now: datetime) -> Forgotten:
    _overwrite(connection)
    mails, people = _mails(connection, address), _subscribers(connection, address)
    notices = _notices(connection, address, mails)
    own = _count_own(connection, people)
    _erase_mails(connection, [*mails, *notices])
    names = connection.execute(select(subscriber.c.name).where(subscriber.c.id.in_(people))).scalars().all()
    kept = find_kept(connection, address)
    _erase_own(connection, people, [name for name in dict.fromkeys([*names, *kept]) if name != _NOBODY])
    erase_kept(connection, address)
    for number in people:
        gone = {"key": f"{_NOBODY[:-1]} {number})", "name": _NOBODY, "email": ""}
        ended = func.coalesce(subscriber.c.removed_at, now)
        connection.execute(update(subscriber).where(subscriber.c.id == number).values(removed_at=ended, **gone))
    reinstate_address(connection, address)
    connection.execute(delete(bounce).where(bounce.c.address == address.lower()))
    _erase_quotations(connection, address)
    return Forgotten(mails=len(mails), subscribers=len(people), notices=len(notices), kept=len(kept), **own)


def _subscribers(connection: Connection, address: str) -> list[int]:
    with_address = select(subscriber.c.id).where(func.lower(subscriber.c.email) == address.lower())
    return list(connection.execute(with_address.order_by(subscriber.c.id)).scalars())


def _mails(connection: Connection, address: str) -> list[int]:
    """Find the mails to an address, those of its digests that went to others, and all copies of these.

    Each is a statement of its own: for all three in one, PostgreSQL would compare every mail with every other.
    """
    to_address = select(outbox.c.id).where(func.lower(outbox.c.recipient) == address.lower())
    subscribers = select(subscriber.c.id).where(func.lower(subscriber.c.email) == address.lower())
    digests = select(digest.c.id).where(digest.c.subscriber_id.in_(subscribers))
    of_digests = select(outbox.c.id).where(outbox.c.digest_id.in_(digests))
    own = {*connection.execute(to_address).scalars(), *connection.execute(of_digests).scalars()}
    copies = connection.execute(select(outbox.c.id, outbox.c.copy_of).where(outbox.c.copy_of.is_not(None)))
    return sorted(own | {copy.id for copy in copies if copy.copy_of in own})


def _notices(connection: Connection, address: str, own: Collection[int]) -> list[int]:
    """Find the mails to the operator that name the address, besides `own`."""
    rows = select(outbox.c.id, outbox.c.message).where(outbox.c.digest_id.is_(None), HAS_BYTES)
    return [row.id for row in connection.execute(rows) if row.id not in own and _is_named(row.message, address)]


def _is_named(message: bytes, address: str) -> bool:
    body = message_from_bytes(message, policy=policy.default).get_body(("plain",))
    text = "" if body is None else str(body.get_content())
    return address.lower() in "".join(text.lower().split())  # a line may break within the address


def _erase_mails(connection: Connection, numbers: Sequence[int]) -> None:
    for number in numbers:
        connection.execute(
            update(outbox)
            .where(outbox.c.id == number)
            .values(
                recipient=_NOBODY,
                subject="",
                message=b"",
                reply=None,
                error=None,
                claim=None,
                next_try_at=None,
                state=case((outbox.c.state == DeliveryState.SENT, outbox.c.state), else_=DeliveryState.DISCARDED),
            )
        )


_SHORTEST_NAME = 3
"""Letters of a name that is looked for in texts of others."""

_WRITTEN = (
    (note, note.c.text),
    (note, note.c.author),
    (promise_decision, promise_decision.c.decided_by),
    (promise_decision, promise_decision.c.reason),
)
"""Columns in which people write of people."""

_OWN = (follow, mark, mute)
"""Tables of what a subscriber chose."""


def _count_own(connection: Connection, people: Sequence[int]) -> dict[str, int]:
    """Count what subscribers followed, marked and muted, and their notes."""
    counts = [
        connection.execute(select(func.count()).where(table.c.subscriber_id.in_(people))).scalar_one()
        for table in (*_OWN, note)
    ]
    return {"choices": sum(counts[:-1]), "notes": counts[-1]}


def _erase_own(connection: Connection, people: Sequence[int], names: Sequence[str]) -> None:
    """Delete what subscribers chose and wrote, and their names where others wrote them in notes and decisions."""
    mutes = select(mute.c.id).where(mute.c.subscriber_id.in_(people))
    connection.execute(delete(mute_item).where(mute_item.c.mute_id.in_(mutes)))
    for table in (*_OWN, note):
        connection.execute(delete(table).where(table.c.subscriber_id.in_(people)))
    for name in (name for name in names if len(name) >= _SHORTEST_NAME):
        whole = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
        for table, column in _WRITTEN:
            if column is note.c.author:  # of another, who has the same name
                continue
            rows = select(table.c.id, column).where(func.lower(column).contains(name.lower(), autoescape=True))
            for number, text in connection.execute(rows).all():
                connection.execute(update(table).where(table.c.id == number).values({column: whole.sub(_NOBODY, text)}))


def _erase_quotations(connection: Connection, address: str) -> None:
    """Erase the address where other rows quote it: errors of mails and runs, facts about the archive."""
    whole = re.compile(rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)", re.IGNORECASE)
    for table, column, key in (
        (meta, meta.c.value, meta.c.key),
        (run, run.c.error, run.c.id),
        (outbox, outbox.c.error, outbox.c.id),
        (outbox, outbox.c.reply, outbox.c.id),
        *((table, column, table.c.id) for table, column in _WRITTEN),
    ):
        rows = select(key, column).where(func.lower(column).contains(address.lower(), autoescape=True))
        for number, text in connection.execute(rows).all():
            connection.execute(update(table).where(key == number).values({column: whole.sub(_NOBODY, text)}))


def _overwrite(connection: Connection) -> None:
    """Overwrite deleted bytes, which SQLite would leave in its file until it needs the place."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")


def _empty_log(engine: Engine) -> None:
    """Empty the log of SQLite, which has the old pages. They stay while another process reads them."""
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as exc:
            raise ArchiveError(
                f"the person is erased, but the log of the archive may still hold old pages ({exc}): run the command again"
            ) from exc
        finally:
            connection.close()
