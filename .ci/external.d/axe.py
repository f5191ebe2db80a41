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
    # rule of axe: why it may be broken. An exception that is no longer needed fails the check.
    "landmark-one-main": "a mail is shown inside the page of a mail program, which has its main part",
    "region": "for the same reason a mail has no landmarks of its own",
}
BAD = '<!doctype html><title>x</title><p style="color: #ccc">grey on white'


def findings_of(browser: Browser, axe: str, page: Path, width: int, *, is_dark: bool) -> list[tuple[str, str]]:
    """Return the findings of axe as (rule, description with place).

    What axe cannot decide counts in the widest window only: in narrow ones text may lie behind an edge.
    """
    browser.show(page, width, is_dark=is_dark)
    browser.ask(f"{axe};0")
    found = browser.ask(ASK)
    findings = found["violations"] + (found["incomplete"] if width == WIDEST else [])
    return [(finding["id"], _describe(finding)) for finding in findings]


def _describe(finding: dict[str, Any]) -> str:
    nodes = finding["nodes"]
    first, why = nodes[0]["html"], " ".join(nodes[0]["failureSummary"].split())
    return f"{finding['help']}: {len(nodes)} times, first {first[:160]} ({why[:300]})"


def main() -> None:
    """Check every page in every width and scheme."""
    program, axe, mails = sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8"), Path(sys.argv[3])
    exceptions = {} if sys.argv[4:] == ["site"] else EXCEPTIONS
    pages = sorted(mails.rglob("*.html"))
    failures = 0
    excused: set[str] = set()
    bad = mails / "bad.htm"
    bad.write_text(BAD, encoding="utf-8")
    with Browser(program) as browser:
        known = {rule for rule, _ in findings_of(browser, axe, bad, WIDEST, is_dark=False)}
        if not {"color-contrast", "html-has-lang"} <= known:
            sys.exit("axe finds nothing wrong with a page that is wrong")
        for page, (width, is_dark) in product(pages, WAYS):
            for rule, said in findings_of(browser, axe, page, width, is_dark=is_dark):
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


if __name__ == "__main__":
    main()
