"""Ping of the monitoring address after a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitor import app
from monitor.config import settings
from monitor.demo.parliament import Parliament
from tests.fakes import a_config

if TYPE_CHECKING:
    import pytest

    from monitor.config.settings import Config


def pinging(url: str) -> Config:
    return replace(a_config(), monitoring=settings.MonitoringSettings(ping_url=url))


def test_good_run_pings_the_configured_address() -> None:
    with Parliament() as parliament:
        app.ping(pinging(f"{parliament.url}/written-answers/answers.rss"))
    assert [request.path for request in parliament.requests] == ["/written-answers/answers.rss"]


def test_nothing_is_pinged_without_an_address() -> None:
    with Parliament() as parliament:
        app.ping(pinging(""))
    assert parliament.requests == []


def test_ping_that_fails_does_not_fail_the_run(caplog: pytest.LogCaptureFixture) -> None:
    with Parliament() as parliament:
        app.ping(pinging(f"{parliament.url}/nobody/here?token=secret"))
    assert "ping failed" in caplog.text
    assert "secret" not in caplog.text
