"""Sessions of browsers that signed in with the token of config.toml.

A session is a signed cookie. Nothing of it is stored, so it ends after a time or with another token; one that its reader
ended is remembered as long as this process runs.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.requests import Request

    from monitor.config.settings import WebSettings
    from monitor.delivery.links import Signer

SIGNED_IN_FOR: Final = 30 * 24 * 3600
"""Seconds for which a browser stays signed in."""

SESSION: Final = "pqwatch_session"
"""Name of the cookie."""

MOST_ENDED: Final = 10_000
"""Sessions that are remembered as ended: the latest."""


class Sessions:
    """Begins sessions, recognises them and ends them. Threads may share it."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._ended: OrderedDict[str, None] = OrderedDict()

    def begin(self, web: WebSettings) -> str:
        """Return the cookie of a new session. No two are the same."""
        return self._signer.sign("session", f"{secrets.token_urlsafe(12)}.{_hash(web)}")

    def is_open(self, request: Request, web: WebSettings) -> bool:
        """Say whether a browser has signed in with the token that is in force, and has not signed out."""
        kept = self._signer.read("session", request.cookies.get(SESSION, ""), lasting=SIGNED_IN_FOR)
        if kept is None or _mark(kept) in self._ended:
            return False
        return hmac.compare_digest(kept.rpartition(".")[2], _hash(web))

    def end(self, request: Request) -> None:
        """End the session of a browser: its cookie opens nothing any more, wherever it was copied to."""
        kept = self._signer.read("session", request.cookies.get(SESSION, ""), lasting=SIGNED_IN_FOR)
        if kept is None:
            return
        self._ended[_mark(kept)] = None
        while len(self._ended) > MOST_ENDED:
            self._ended.popitem(last=False)


def _mark(kept: str) -> str:
    return sha256(kept.encode()).hexdigest()


def _hash(web: WebSettings) -> str:
    """Return a hash of the token, so that another token ends all sessions."""
    token = web.token.reveal() if web.token else ""
    return hmac.new(token.encode(), b"pqwatch session", "sha256").hexdigest()
