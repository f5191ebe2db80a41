"""Politeness towards a host: its pace, the pauses it asks for, and when we stop asking it."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from monitor.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from monitor.ports import Turns

MAX_PAUSE: Final = 300.0
"""Seconds that a request waits for a paused host. If the pause is longer, the request fails."""
GIVE_UP_AFTER: Final = 5
"""Different requests in a row that failed for good before a host is no longer asked in this run."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Time and chance, which tests replace. `clock` and `sleep` count seconds, `random` is in [0, 1), `now` is in UTC."""

    clock: Callable[[], float]
    sleep: Callable[[float], object]
    random: Callable[[], float]
    now: Callable[[], datetime]


class Host:
    """State of one host that all threads share: when it may be asked next, and whether at all.

    `slots` bounds the requests in flight. `min_interval`: seconds between the starts of two requests. `turns`: turns that
    other processes share.
    """

    def __init__(
        self,
        name: str,
        concurrency: int,
        min_interval: float,
        timing: Timing,
        closed: threading.Event,
        *,
        turns: Turns | None = None,
    ) -> None:
        self.name = name
        self._turns = turns
        self.slots = threading.BoundedSemaphore(concurrency)
        self._min_interval, self._timing, self._closed = min_interval, timing, closed
        self._lock = threading.Lock()
        self._next_at = self._paused_until = timing.clock()
        self._failed_urls: set[str] = set()
        self._is_given_up = False

    def wait_for_turn(self, url: str) -> None:
        """Wait until the host may be asked. Raises FetchError if that is too far away, or not in this run."""
        while True:
            if self._closed.is_set():
                raise FetchError(f"{self.name} was not asked, since the run was stopped.", url=url)
            with self._lock:
                now = self._timing.clock()
                pause = self._paused_until - now
                delay = max(self._next_at - now, pause)
                may_ask = delay <= 0 and not self._is_given_up
                if may_ask:
                    self._next_at = now + self._min_interval
            if may_ask:
                if self._is_our_turn():
                    return
                continue
            if self._is_given_up:
                raise FetchError(f"{self.name} failed too often and is not asked again in this run.", url=url)
            if pause > MAX_PAUSE:
                until = (self._timing.now() + timedelta(seconds=pause)).strftime("%Y-%m-%d %H:%M UTC")
                raise FetchError(f"{self.name} wants to be left alone until {until}: run again then.", url=url)
            self._timing.sleep(delay)

    def _is_our_turn(self) -> bool:
        """Wait for a turn among all processes; return False if another one was asked to leave the host alone."""
        if self._turns is None:
            return True
        turn = self._turns.take(self.name, self._min_interval)
        if turn.pause > 0:
            self._rest_for(turn.pause)
            return False
        if turn.wait > 0:
            self._timing.sleep(turn.wait)
        return True

    def slow_down(self, seconds: float) -> None:
        """Let this many seconds pass between the starts of two requests, if they are more than before."""
        with self._lock:
            self._min_interval = max(self._min_interval, seconds)

    def pause(self, seconds: float) -> None:
        """Let all threads wait, and other processes that share the turns."""
        logger.debug("pause host=%s seconds=%.0f", self.name, seconds)
        self._rest_for(seconds)
        if self._turns is not None:
            self._turns.pause(self.name, seconds)

    def _rest_for(self, seconds: float) -> None:
        with self._lock:
            self._paused_until = max(self._paused_until, self._timing.clock() + seconds)

    def record_failure(self, url: str) -> None:
        """Note a request that failed for good: it used up its tries, or asking again would not change the answer."""
        with self._lock:
            self._failed_urls.add(url)
            if len(self._failed_urls) < GIVE_UP_AFTER or self._is_given_up:
                return
            self._is_given_up = True
        logger.warning("circuit host=%s state=open failures=%d", self.name, GIVE_UP_AFTER)

    def record_success(self) -> None:
        """Note a clear answer: the host is alive."""
        with self._lock:
            self._failed_urls.clear()

    def ask_again(self) -> None:
        """Let the host be asked again, however often it failed."""
        with self._lock:
            self._failed_urls.clear()
            self._is_given_up = False
