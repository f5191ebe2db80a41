# ruff: noqa: INP001 - beside the scripts of the checks
"""A Chromium without a window, driven over two pipes by its DevTools protocol, so that nothing has to be installed."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import tempfile
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE = 60
"""Seconds for one answer of the browser."""
READS, WRITES = 3, 4
"""The descriptors on which the browser hears and speaks."""
OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # containers have no sandbox, and the pages are our own
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # nothing in a mail may need the network
    "--remote-debugging-pipe",
)


class Browser:
    """One page in a browser; a context, at whose end the browser is gone."""

    def __init__(self, program: str) -> None:
        """`program`: the path of a Chromium."""
        self._profile = tempfile.TemporaryDirectory(prefix="pqwatch-browser-")
        hears, ours = os.pipe()
        theirs, speaks = os.pipe()
        # The shell moves the pipes to where the browser looks for them, whatever their numbers are here.
        line = f'exec "$0" "$@" {READS}<&{hears} {WRITES}>&{speaks}'
        command = ["sh", "-c", line, program, *OPTIONS, f"--user-data-dir={self._profile.name}", "about:blank"]
        self._process = subprocess.Popen(  # noqa: S603
            command, pass_fds=(hears, speaks), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(hears)
        os.close(speaks)
        self._out = os.fdopen(ours, "wb", buffering=0)
        self._in = os.fdopen(theirs, "rb", buffering=0)
        self._number = 0
        self._session = ""
        self._heard = b""
        targets = self("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self._session = self("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        self("Page.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._in.close()
        self._profile.cleanup()

    def __call__(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol. Raises RuntimeError where the browser says no."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        answer = self._until(lambda heard: bool(heard.get("id") == self._number), method)
        return dict(answer.get("result", {}))

    def _until(self, is_it: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """Read messages until one is the expected one, and return it."""
        while True:
            end = self._heard.find(b"\0")
            while end < 0:
                is_heard, _, _ = select.select([self._in], [], [], PATIENCE)
                if not is_heard:
                    raise RuntimeError(f"the browser said nothing for {PATIENCE} s at {what}")
                piece = os.read(self._in.fileno(), 1 << 20)
                if not piece:
                    raise RuntimeError(f"the browser ended at {what}")
                self._heard += piece
                end = self._heard.find(b"\0")
            heard: dict[str, Any] = json.loads(self._heard[:end])
            self._heard = self._heard[end + 1 :]
            if is_it(heard):
                if "error" in heard:
                    raise RuntimeError(f"{what}: {heard['error']['message']}")
                return heard

    def show(self, page: Path, width: int, *, is_dark: bool = False, is_forced: bool = False) -> None:
        """Show a file in a window of so many pixels, in a scheme, perhaps in the colours that the reader forces on it."""
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"},
            {"name": "forced-colors", "value": "active" if is_forced else "none"},
        ]
        self("Emulation.setEmulatedMedia", features=features)
        self("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        self("Page.navigate", url=page.as_uri())
        self.ask("new Promise(r => document.readyState === 'complete' ? r() : addEventListener('load', () => r()))")

    def ask(self, expression: str) -> Any:
        """Return the value of a JavaScript expression. Raises RuntimeError where it fails."""
        said = self("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in said:
            raise RuntimeError(json.dumps(said["exceptionDetails"])[:2000])
        return said["result"].get("value")

    def picture(self, path: Path) -> None:
        """Keep the whole page, as it is shown, as PNG."""
        size = self("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        said = self("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(said["data"]))
