# ruff: noqa: INP001, T201 - a script of the checks: it prints
"""Accessibility by axe-core, in two schemes and widths: of mails, `axe.py BROWSER AXE MAILS`; of a site, `... SITE site`."""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from devtools import Browser

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ASK = f"axe.run(document, {{runOnly: {TAGS}, resultTypes: ['violations', 'incomplete']}})"
WIDEST = 700
WAYS = tuple(product((WIDEST, 400), (False, True)))
EXCEPTIONS: dict[str, str] = {
    # axe's rule: why it may be broken. One that is needed no more fails the check.
    "landmark-one-main": "a mail is shown inside the page of a mail program, which has its main part",
    "region": "for the same reason a mail has no landmarks of its own",
}
BAD = '<!doctype html><title>x</title><p style="color: #ccc">grey on white'


def wrongs(browser: Browser, axe: str, page: Path, width: int, *, is_dark: bool) -> list[tuple[str, str]]:
    """What axe finds, as (rule, what and where). What it can't decide counts too, where nothing lies behind an edge."""
    browser.show(page, width, is_dark=is_dark)
    browser.ask(f"{axe};0")
    found = browser.ask(ASK)
    some = found["violations"] + (found["incomplete"] if width == WIDEST else [])
    return [(one["id"], _told(one)) for one in some]


def _told(one: dict[str, Any]) -> str:
    first, why = one["nodes"][0]["html"], " ".join(one["nodes"][0]["failureSummary"].split())
    return f"{one['help']}: {len(one['nodes'])} times, first {first[:160]} ({why[:300]})"


def main() -> None:
    """All mails in all ways."""
    program, axe, mails = sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8"), Path(sys.argv[3])
    exceptions = {} if sys.argv[4:] == ["site"] else EXCEPTIONS
    pages = sorted(mails.rglob("*.html"))
    failures = 0
    excused: set[str] = set()
    bad = mails / "bad.htm"
    bad.write_text(BAD, encoding="utf-8")
    with Browser(program) as browser:
        known = {rule for rule, _ in wrongs(browser, axe, bad, WIDEST, is_dark=False)}
        if not {"color-contrast", "html-has-lang"} <= known:
            sys.exit("axe finds nothing wrong with a page that is wrong")
        for page, (width, is_dark) in product(pages, WAYS):
            for rule, said in wrongs(browser, axe, page, width, is_dark=is_dark):
                if rule in exceptions:
                    excused.add(rule)
                    continue
                failures += 1
                print(f"FAILED: {page.stem}, {width} px, {'dark' if is_dark else 'light'}: {rule}: {said}")
    for rule in exceptions.keys() - excused:
        failures += 1
        print(f"FAILED: the exception {rule} is needed no more")
    if not pages or failures:
        sys.exit(f"{failures} findings in {len(pages)} pages")
    but = f" but {', '.join(sorted(excused))}" if excused else ""
    print(f"{len(pages)} pages, light and dark, {WIDEST} and 400 px: no finding{but}")


main()
