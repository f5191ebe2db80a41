"""Limit of the requests that one address may make."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

HERE_TIMES: Final = 20
"""Programs on this machine, and a proxy that does not say who asks, may make as many times more requests."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests that one address may make: so many at once, and so many a minute in the long run."""

    burst: int = 120
    per_minute: int = 240


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(slots=True)
class RateLimit:
    """Token bucket for each address, of which the latest few thousand are remembered."""

    limits: Limits
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict)

    MOST_ADDRESSES = 5_000

    def seconds_to_wait(self, address: str) -> float:
        """Count a request, and return 0, or the seconds after which the next one is let in."""
        now = self.clock()
        bucket = self._buckets.pop(address, None) or _Bucket(self.limits.burst, now)
        refilled = (now - bucket.at) * self.limits.per_minute / 60
        bucket.tokens, bucket.at = min(self.limits.burst, bucket.tokens + refilled), now
        self._buckets[address] = bucket
        while len(self._buckets) > self.MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            return (1 - bucket.tokens) * 60 / self.limits.per_minute
        bucket.tokens -= 1
        return 0
