# ruff: noqa: INP001, T201 - a script of the checks: it prints
"""Accessibility of the page by axe-core, in two schemes and widths, and its HTML as files: `page.py BROWSER AXE FOLDER`."""

from __future__ import annotations

import re
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))

from axe import ASK
from playwright.sync_api import sync_playwright

from monitor.demo.run import demo
from tests.browser.conftest import FLAGS, serving
from tests.browser.test_every_page import PAGES, linked
from tests.web.conftest import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTHS = (1100, 320)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
TOKENS = re.compile(r'(?<=name="csrf" value=")[^"]*')


def findings_of(page: Page, axe: str, path: str) -> list[str]:
    """Return the findings of axe on a page, with what it cannot decide. Open details first, since they are part of it.

    Contrast that it cannot decide, as in plots and in what is scrolled, is computed by tests/browser/faults.js.
    """
    page.goto(path)
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    page.evaluate(f"() => {{ {axe}; }}")
    found = page.evaluate(ASK)
    undecided = [finding for finding in found["incomplete"] if finding["id"] != "color-contrast"]
    return [
        f"{finding['id']}: {finding['help']}: {len(finding['nodes'])} times, first {finding['nodes'][0]['html'][:200]}"
        for finding in [*found["violations"], *undecided]
    ]


def main() -> None:
    """Check every page in every width and scheme, and write each as a file."""
    program, axe, folder = sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8"), Path(sys.argv[3])
    failures = checked = 0
    with tempfile.TemporaryDirectory() as office, sync_playwright() as playwright:
        list(demo(Path(office), is_in_the_past=True))
        with serving(Office(Path(office))) as address:
            browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
            for width, scheme in product(WIDTHS, SCHEMES):
                context = browser.new_context(
                    base_url=address, viewport={"width": width, "height": 900}, color_scheme=scheme
                )
                page = context.new_page()
                paths = [*PAGES, *linked(page, "/topics", "main h2 a[href^='/topics/']")]
                for number, path in enumerate(paths):
                    for finding in findings_of(page, axe, path):
                        failures += 1
                        print(f"FAILED: {path}, {width} px, {scheme}: {finding}")
                    source = TOKENS.sub("token", context.request.get(path).text())
                    (folder / f"{number:02}.html").write_text(source, encoding="utf-8")
                checked = len(paths)
                context.close()
            browser.close()
    if failures:
        sys.exit(f"{failures} findings in {checked} pages")
    print(f"{checked} pages, light and dark, {' and '.join(map(str, WIDTHS))} px: no finding")


main()
