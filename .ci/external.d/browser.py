# ruff: noqa: INP001, T201 - a script of the checks: it prints
"""Pictures of the demo's digests, and how wide they are: `browser.py BROWSER FOLDER`, with the demo in FOLDER/demo."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

NARROW = 400
DIGESTS = 2
BLANK = 20_000
"""A picture with so few bytes shows nothing."""
PROBE = """<!DOCTYPE html><body style="margin:0"><iframe id="f" width="{width}" height="3000" style="border:0"></iframe>
<script>
const f = document.getElementById("f");
f.onload = () => {{
  const page = f.contentDocument.documentElement;
  const all = [...f.contentDocument.body.querySelectorAll("*")];
  const wide = all.filter(e => e.getBoundingClientRect().right > {width} + 0.5);
  document.title = page.scrollWidth + " " + page.scrollHeight + " " + wide.slice(0, 3).map(e => e.tagName).join(",");
}};
f.src = "{page}";
</script>"""


def chromium(browser: str, *words: str) -> str:
    """Run the browser once, without a window; gives what it prints."""
    # Without a sandbox, for in a container there is none; what it shows is our own.
    common = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--allow-file-access-from-files"]
    command = [browser, *common, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)  # noqa: S603
    return done.stdout


def measured(browser: str, page: Path, width: int) -> tuple[int, int, str]:
    """How wide and high a page lies in a frame of that width, and the elements that stick out of it."""
    probe = page.parent / "probe.html"
    probe.write_text(PROBE.format(width=width, page=page.as_uri()), encoding="utf-8")
    dom = chromium(browser, "--virtual-time-budget=5000", "--dump-dom", probe.as_uri())
    probe.unlink()
    found = re.search(r"<title>(\d+) (\d+) ([\w,]*)</title>", dom)
    if found is None:
        sys.exit(f"{page.name}: the browser did not measure it")
    return int(found[1]), int(found[2]), found[3]


def main() -> None:
    """Measure and picture each digest in each way."""
    browser, folder = sys.argv[1], Path(sys.argv[2])
    pages = sorted((folder / "demo").glob("*.html"))
    failures = 0
    for page in pages:
        for width, is_dark in ((800, False), (800, True), (NARROW, False)):
            lies, height, sticks_out = measured(browser, page, width)
            name = f"{page.stem}-{width}{'-dark' if is_dark else ''}.png"
            # The browser's window has a least width, so a narrow page is shown in a frame as wide as asked for.
            scheme = [f"--blink-settings=preferredColorScheme={0 if is_dark else 1}"]
            frame = page.parent / "frame.html"
            frame.write_text(
                f'<body style="margin:0"><iframe src="{page.as_uri()}" style="border:0;width:{width}px;height:{height}px">',
                encoding="utf-8",
            )
            shot = [f"--window-size={max(width, 500)},{height}", f"--screenshot={folder / name}"]
            chromium(browser, *scheme, *shot, frame.as_uri())
            frame.unlink()
            is_good = lies <= width and not sticks_out and (folder / name).stat().st_size > BLANK
            failures += not is_good
            print(f"{'ok' if is_good else 'FAILED'}: {folder / name}: {lies} px wide in {width} {sticks_out}".rstrip())
    if len(pages) != DIGESTS or failures:
        sys.exit(f"{len(pages)} digests, {failures} pictures not as they should be: {folder}")
    print(f"{len(pages)} digests, no bar to scroll sideways at {NARROW} px; pictures in {folder}")


main()
