"""Redirects of a server: the client follows them to the same host only."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from monitor.errors import FetchError
from scrapers.http.client import MAX_REDIRECTS, Client

if TYPE_CHECKING:
    from collections.abc import Callable

HOME = "https://api.example.org"
ELSEWHERE = {
    "another host": "https://evil.example/a",
    "a host that begins like ours": "https://api.example.org.evil.example/a",
    "a host within ours": "https://x.api.example.org/a",
    "another port": "https://api.example.org:8443/a",
    "http after https": "http://api.example.org/a",
    "this machine": "https://127.0.0.1/a",
    "this machine, by IPv6": "https://[::1]/a",
    "this machine, as one number": "https://2130706433/a",
    "this machine, in hex": "https://0x7f000001/a",
    "this machine, by IPv6 of IPv4": "https://[::ffff:127.0.0.1]/a",
    "where clouds keep keys": "http://169.254.169.254/latest/meta-data/",
    "a file": "file:///etc/passwd",
    "gopher": "gopher://127.0.0.1:25/_HELO",
    "data": "data:application/json,{}",
    "a script": "javascript:alert(1)",
    "no scheme": "//evil.example/a",
    "credentials": "https://reader:secret@api.example.org/a",
    "a name that is our host": "https://api.example.org@evil.example/a",
    "a name, coded": "https://api.example.org%40evil.example/a",
    "a stroke in the name": "https://api.example.org\\@evil.example/a",
    "letters that look like ours": "https://\u0430pi.example.org/a",
}
OURS = {
    "no scheme, three strokes": "///evil.example/a",
    "backward strokes": "\\\\evil.example/a",
    "one of each": "/\\evil.example/a",
    "a path": "/b",
    "a path upwards": "../../../b",
    "a line end": "/a\r\nHost: evil.example",
    "the same host in capitals": "https://API.EXAMPLE.ORG/b",
    "our port in full": "https://api.example.org:443/b",
}
"""Redirects that look as if they led elsewhere, or nowhere. The next request goes to our host."""


class Asked:
    """Stand-in for the network that records requests and answers with redirects."""

    def __init__(self, reply: Callable[[httpx.Request], httpx.Response]) -> None:
        self.hosts: list[tuple[str, str, int | None]] = []
        self.seen: list[httpx.Request] = []
        self._reply = reply

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        self.hosts.append((request.url.scheme, request.url.host, request.url.port))
        return self._reply(request)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def led(*locations: str, last: bytes = b"{}") -> Asked:
    """Redirect from one location to the next, and then answer."""
    rest = [location.encode() for location in locations]

    def reply(_: httpx.Request) -> httpx.Response:
        if rest:
            return httpx.Response(302, headers=[(b"Location", rest.pop(0))])
        return httpx.Response(200, stream=httpx.ByteStream(last))

    return Asked(reply)


def fetch(asked: Asked, url: str = f"{HOME}/a") -> FetchError | None:
    """Request a URL and return the error."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scrapers.http.client.open_http", lambda *_: httpx.Client(transport=httpx.MockTransport(asked)))
        client = Client("mailto:desk@example.org", "1", min_interval=0, sleep=lambda _: None)
    with client:
        try:
            client.get_json(url)
        except FetchError as exc:
            return exc
    return None


@pytest.mark.parametrize("location", ELSEWHERE.values(), ids=ELSEWHERE)
def test_no_redirect_leads_elsewhere(location: str) -> None:
    asked = led(location)
    error = fetch(asked)
    assert asked.hosts == [("https", "api.example.org", None)]
    assert error is not None
    assert "redirected to" in str(error)
    assert "secret" not in str(error)


@pytest.mark.parametrize("location", OURS.values(), ids=OURS)
def test_redirect_that_looks_foreign_stays_with_the_host(location: str) -> None:
    asked = led(location)
    fetch(asked)
    assert set(asked.hosts) == {("https", "api.example.org", None)}
    for request in asked.seen:
        assert request.headers["host"] == "api.example.org"
        assert request.headers.get_list("host") == ["api.example.org"]
        assert b"\r" not in request.url.raw_path
        assert b"\n" not in request.url.raw_path


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/a", "http://parliament.internal/a", "http://[::1]:8000/a"])
def test_the_host_of_base_url_is_always_asked(url: str) -> None:
    asked = led("/b")
    assert fetch(asked, url) is None
    here = httpx.URL(url)
    assert asked.hosts == [(here.scheme, here.host, here.port)] * 2


def test_a_loop_ends() -> None:
    asked = led(*["/a"] * 1000)
    error = fetch(asked)
    assert len(asked.hosts) == MAX_REDIRECTS + 1
    assert error is not None
    assert f"more than {MAX_REDIRECTS} times" in str(error)


def test_loop_between_http_and_https_ends_at_the_first_return() -> None:
    asked = led(*["https://api.example.org/a", "http://api.example.org/a"] * 20)
    error = fetch(asked, "http://api.example.org/a")
    assert error is not None
    assert "redirected to http://" in str(error)
    assert [scheme for scheme, _, _ in asked.hosts] == ["http", "https"]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://127.0.0.1/_a", "//evil.example/a", "\\\\evil\\a", ""])
def test_no_other_scheme_is_ever_asked(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        error = fetch(asked := led("/b"), url)
    assert asked.seen == []
    assert error is not None
    assert "check base_url" in str(error)
