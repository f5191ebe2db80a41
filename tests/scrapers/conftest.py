"""Fixtures that several files of tests of sources share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scrapers.http.client import Client
from tests.scrapers.faulty import Time

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """Open a client for which it is the `NOW` of the test's module, and which does not really wait."""
    time = Time()
    with Client("x", "1", clock=time.clock, sleep=time.sleep, now=lambda: request.module.NOW) as client:
        yield client
