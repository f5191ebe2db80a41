"""Mail that comes back after a server had taken it: bounces and complaints, and when they retire an address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

DAYS: Final = 3
"""Days whose mails must come back hard before that is believed."""
COUNTED_FOR: Final = timedelta(days=30)
"""Time after which a hard bounce no longer counts."""
UNKNOWN_TO_MICROSOFT: Final = re.compile(
    r"5\.4\.1 (?:\[\S*\]: )?Recipient address rejected: Access denied", re.IGNORECASE
)
"""Reply of Microsoft 365 about an address that its domain does not have (directory-based edge blocking)."""


class BounceKind(StrEnum):
    """Kind of a mail that came back.

    `hard`: the address is dead. `soft`: the mail did not arrive for another reason. `other`: it changes nothing, such as a
    note that a mail is delayed. `unsigned`: it holds no signature of ours, so it may be forged.
    """

    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"
    OTHER = "other"
    UNSIGNED = "unsigned"


class Reason(StrEnum):
    """Reason why nothing is sent to an address any more."""

    REFUSED = "refused"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A mail that came back, as far as it can be read. `status`: enhanced status code (RFC 3463), "" if unknown."""

    kind: BounceKind
    status: str = ""
    diagnostic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A mail that was sent, whose return is possible."""

    id: int
    recipient: str
    sent_at: datetime


def retires(kind: BounceKind, hard_days: Collection[date]) -> Reason | None:
    """Decide whether an address is retired: after hard bounces of mails of three days, after a complaint at once."""
    if kind is BounceKind.COMPLAINT:
        return Reason.COMPLAINED
    return Reason.BOUNCED if kind is BounceKind.HARD and len(set(hard_days)) >= DAYS else None
