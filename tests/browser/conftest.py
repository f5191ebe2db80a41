"""A real Chromium on a real server that shows the demo's two days.

Chromium is the system's own, found by its path; Playwright downloads none. Without a Chromium these tests are skipped.
"""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from playwright.sync_api import sync_playwright

from monitor.desk.desks import Desks
from monitor.web.application import make_application
from monitor.web.rate_limit import Limits
from tests.web.conftest import EVENING, demo_folder, office  # noqa: F401 (fixtures)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.web.conftest import Office

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 20_000
"""Milliseconds after which a step counts as stuck."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Chromium."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"there is no Chromium: none of {', '.join(NAMES)} is in PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def serving(office: Office) -> Iterator[str]:  # noqa: F811 (the fixture)
    """Serve the page of an office on the evening of the second day. Give its address."""
    limits = Limits(burst=10_000, per_minute=10_000)
    application = make_application(Desks(str(office.config), lambda: EVENING), limits=limits)
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        threading.Event().wait(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def address(office: Office) -> Iterator[str]:  # noqa: F811 (the fixture)
    """Serve the page of an office of the test's own. Return its address."""
    with serving(office) as address:
        yield address


class Opener:
    """Opens pages, each in a browser of its own, and remembers what they loaded from elsewhere or did wrong."""

    def __init__(self, chromium: Browser, address: str) -> None:
        self._chromium, self._address = chromium, address
        self.contexts: list[BrowserContext] = []
        self.faults: list[str] = []

    def __call__(self, path: str = "/", *, width: int = 1000, **options: Any) -> Page:
        """Open a page. `options`: those of Playwright's contexts, such as `java_script_enabled`."""
        context = self._chromium.new_context(
            base_url=self._address, viewport={"width": width, "height": 900}, **options
        )
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: self._note(request.url, is_fault=not request.url.startswith(self._address)))
        page.on("console", lambda said: self._note(said.text, is_fault=said.type == "error"))
        page.on("pageerror", lambda error: self._note(str(error), is_fault=True))
        page.goto(path)
        return page

    def _note(self, fault: str, *, is_fault: bool) -> None:
        if is_fault:
            self.faults.append(fault)


@pytest.fixture
def open_quietly(chromium: Browser, address: str) -> Iterator[Opener]:
    """Return a function that opens a page, whatever status it has and whatever it says on the console."""
    opener = Opener(chromium, address)
    yield opener
    for context in opener.contexts:
        context.close()
    assert [fault for fault in opener.faults if fault.startswith("http")] == []


@pytest.fixture
def open_page(open_quietly: Opener) -> Iterator[Opener]:
    """Return a function that opens a page. A page that does anything wrong, such as break its own policy, fails the test."""
    yield open_quietly
    assert open_quietly.faults == []
