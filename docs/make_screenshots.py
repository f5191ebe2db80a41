# ruff: noqa: INP001 - a script, no part of a package
"""Take the pictures of the page for the manual: `uv run python docs/make_screenshots.py`.

They show the demo's two days in the system's Chromium, and go into docs/pictures/. A picture has few colours, so PNG files
with a palette are small.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

PICTURES: Final = Path(__file__).parent / "pictures"
LARGEST: Final = 150_000
"""Bytes of a picture, so that the repository stays small."""
WIDTH: Final = 820
PAGES: Final = {
    # name: address, height, colour scheme
    "today": ("/", 800, "light"),
    "record": ("/records/q-9091160", 800, "light"),
    "search": ("/search?q=%22National+Crime+Agency%22", 800, "light"),
    "topics": ("/topics/try?term=cyber*", 800, "dark"),
    "promise": ("/promises/p-1d2c520e73", 640, "light"),
    "draft": ("/draft?ref=p-1d2c520e73", 900, "light"),
}


def main() -> None:
    """Start the demo's page, and picture it."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        sys.exit("there is no Chromium: apt-get install chromium")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "monitor", "demo", "--web", "--folder", f"{folder}/demo"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:  # noqa: S603 (our own program)
            try:
                lines = iter(demo.stdout or ())
                address = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+", line) for line in lines)))[0]
                take(program, address)
            finally:
                demo.terminate()


def take(program: str, address: str) -> None:
    """Picture each page. Raises SystemExit if a picture is too large."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for name, (path, height, scheme) in PAGES.items():
            context = browser.new_context(
                base_url=address,
                viewport={"width": WIDTH, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            page = context.new_page()
            page.goto(path)
            if path.startswith("/draft"):
                page.get_by_role("button", name="Show the letter").click()
            picture = PICTURES / f"{name}.png"
            page.screenshot(path=picture)
            context.close()
            if picture.stat().st_size > LARGEST:
                sys.exit(f"{picture} has {picture.stat().st_size:,} bytes, more than {LARGEST:,}: make it less high")
        browser.close()


if __name__ == "__main__":
    main()
