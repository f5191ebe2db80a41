"""The certificates that clients trust, loaded once: of a test that opens a client it would be most of the time."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    import ssl

_create_ssl_context = httpx.create_ssl_context


@cache
def _trust() -> ssl.SSLContext:
    trust = _create_ssl_context()
    trust.load_default_certs()
    vars(trust)["load_default_certs"] = lambda: None  # it has them
    return trust


def load_certificates_once() -> None:
    """Have all clients of this process, and of its forks, share what they trust; but those with a `ca_file`."""
    vars(httpx)["create_ssl_context"] = _trust
