"""Limits of sending: how fast a relay takes mail, and how fast and over how many connections it may go to one domain."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

ANY_DOMAIN: Final = "*"
"""Key of the limit for each domain that has none of its own."""
RELAY: Final = ""
"""Key under which the next turn of the relay itself is kept."""

UNDER_WAY_FOR: Final = timedelta(minutes=1)
"""Time after which a mail no longer counts as under way: its reply is late, or its run is dead."""
_QUICK_REPLY: Final = timedelta(seconds=0.1)
"""Time of a mail on a connection where nothing is slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainLimit:
    """Limit for mail to one domain: mails a minute, and mails under way at once. 0: none."""

    per_minute: int = 0
    connections: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingLimits:
    """Limits of one queue. `per_minute`: of all its mails, 0: none. `domains`: by receiving domain, in lower case."""

    per_minute: int = 0
    domains: Mapping[str, DomainLimit] = field(default_factory=dict)

    def of(self, domain: str) -> DomainLimit:
        """Return the limit of a domain."""
        return self.domains.get(domain) or self.domains.get(ANY_DOMAIN) or _UNLIMITED

    @property
    def has_pace(self) -> bool:
        """True if mails are to be so many a minute."""
        return bool(self.per_minute) or any(limit.per_minute for limit in self.domains.values())

    @property
    def counts_connections(self) -> bool:
        """True if mails under way have to be counted."""
        return any(limit.connections for limit in self.domains.values())

    def interval_for(self, domain: str) -> timedelta:
        """Return about how far apart two mails to a domain go."""
        limit = self.of(domain)
        by_connections = _QUICK_REPLY / limit.connections if limit.connections else timedelta()
        return max(_interval(limit.per_minute) if limit.per_minute else timedelta(), by_connections)

    def full_domains(self, under_way: Iterable[str]) -> set[str]:
        """Return the domains to which no further mail may go now, given the domains of all mails under way."""
        counts = Counter(under_way)
        return {domain for domain, count in counts.items() if 0 < self.of(domain).connections <= count}

    def turns_after(self, turns: Mapping[str, datetime], domain: str, now: datetime) -> dict[str, datetime]:
        """Return the next turns of relay and domains once a mail to `domain` was taken, without turns that have come."""
        kept = {key: turn for key, turn in turns.items() if turn > now}
        for key, per_minute in ((RELAY, self.per_minute), (domain, self.of(domain).per_minute)):
            if per_minute:
                kept[key] = now + _interval(per_minute)
        return kept

    def next_turn(self, turns: Mapping[str, datetime], key: str, now: datetime) -> datetime:
        """Return when a mail of a relay or domain may go: at once if a clock that was set back puts it too far ahead."""
        per_minute = self.per_minute if key == RELAY else self.of(key).per_minute
        turn = turns.get(key, now)
        return turn if per_minute and turn <= now + _interval(per_minute) else now


NO_LIMITS: Final = SendingLimits()
_UNLIMITED: Final = DomainLimit()


def domain_of_address(address: str) -> str:
    """Return the domain of an address, in lower case."""
    return address.rpartition("@")[2].lower()


def _interval(per_minute: int) -> timedelta:
    return timedelta(minutes=1) / per_minute
