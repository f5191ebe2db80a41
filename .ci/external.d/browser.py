# ruff: noqa: INP001, T201 - a script of the checks: it prints
"""Pictures of mails, and faults of their layout: `browser.py BROWSER MAILS PICTURES`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from devtools import Browser

BLANK = 5_000
"""A picture with so few bytes shows nothing."""
LONGEST_WORD = 24
"""Characters of a word that must stay on one line; a longer one may break, or it would need a bar to scroll."""
MEASURE = """(() => {
  // The marks that keep mail programs from making links of addresses would part a word in two.
  document.querySelectorAll("span:not([class])").forEach(e => e.replaceWith(...e.childNodes));
  document.body.normalize();
  const scrolls = e => e && (getComputedStyle(e).overflowX === "auto" || scrolls(e.parentElement));
  const all = [...document.body.querySelectorAll("*")];
  const wide = all.filter(e => e.getBoundingClientRect().right > innerWidth + 0.5 && !scrolls(e.parentElement));
  const broken = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (texts.nextNode()) {
    for (const found of texts.currentNode.data.matchAll(/[^\\s?-]+/g)) {  // a line may end behind these marks
      if (found[0].length > LONGEST) continue;
      range.setStart(texts.currentNode, found.index);
      range.setEnd(texts.currentNode, found.index + found[0].length);
      if (new Set([...range.getClientRects()].map(r => Math.round(r.top))).size > 1) broken.push(found[0]);
    }
  }
  const boxes = all.filter(e => e.scrollWidth > e.clientWidth + 1 && scrolls(e)).length;
  return {boxes, width: document.documentElement.scrollWidth, wide: wide.slice(0, 3).map(e => e.tagName), broken};
})()""".replace("LONGEST", str(LONGEST_WORD))
NO_SHEET = "document.querySelectorAll('style').forEach(e => e.remove())"
NO_CSS = f"{NO_SHEET}; document.querySelectorAll('[style]').forEach(e => e.removeAttribute('style'))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to look at a mail. `before` is JavaScript that is run first."""

    name: str
    width: int
    is_dark: bool = False
    is_forced: bool = False
    before: str = ""
    is_bare: bool = False
    """True to show the page without styles; no rule keeps a word of 300 letters in its box then."""


WAYS = (
    Way(name="700", width=700),
    Way(name="700-dark", width=700, is_dark=True),
    Way(name="400", width=400),
    Way(name="400-dark", width=400, is_dark=True),
    Way(name="320", width=320),
    Way(name="700-forced", width=700, is_dark=True, is_forced=True),
    Way(name="700-inline-only", width=700, is_dark=True, before=NO_SHEET),
    Way(name="700-no-css", width=700, before=NO_CSS, is_bare=True),
)


def look(browser: Browser, page: Path, way: Way, picture: Path) -> list[str]:
    """Show, measure and picture a mail. Return its faults."""
    browser.show(page, way.width, is_dark=way.is_dark, is_forced=way.is_forced)
    if way.before:
        browser.ask(way.before)
    found = browser.ask(MEASURE)
    browser.picture(picture)
    wrong = []
    if not way.is_bare and (found["width"] > way.width or found["wide"]):
        wrong.append(f"{found['width']} px wide: {', '.join(found['wide'])}")
    if found["broken"]:
        wrong.append(f"words broken inside: {', '.join(sorted(set(found['broken']))[:8])}")
    if picture.stat().st_size <= BLANK:
        wrong.append("shows nothing")
    return wrong


def main() -> None:
    """Look at each mail in each way."""
    program, mails, pictures = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    pictures.mkdir(parents=True, exist_ok=True)
    pages = sorted(mails.rglob("*.html"))
    failures = 0
    with Browser(program) as browser:
        for page in pages:
            for way in WAYS:
                wrong = look(browser, page, way, pictures / f"{page.stem}-{way.name}.png")
                failures += bool(wrong)
                print(f"{'FAILED' if wrong else 'ok'}: {page.stem} {way.name}{': ' if wrong else ''}{'; '.join(wrong)}")
    if not pages or failures:
        sys.exit(f"{failures} pictures of {len(pages)} pages are not as they should be: {pictures}")
    print(f"{len(pages)} pages in {len(WAYS)} ways: nothing sticks out, no word is broken; pictures in {pictures}")


main()
