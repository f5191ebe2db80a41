# ruff: noqa: INP001 - a script, not part of a package
"""Build the manual as a web site: `uv run python docs/make_site.py FOLDER`.

The pages are those of docs/, CONTRIBUTING.md and CHANGELOG.md, in the order of `nav` in zensical.toml. They are
copied to FOLDER/pages first, because a site has one folder of pages: a link from one of them to another is adapted,
and a link to any other file of the repository becomes plain text. Pictures are copied too. The site is in
FOLDER/site. The build is strict: it fails on a link or an anchor that does not exist, and on a page that `nav` does
not list or that is not there.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PICTURES = DOCS / "pictures"
OTHER_PAGES = ("CONTRIBUTING.md", "CHANGELOG.md")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LINK = re.compile(r"\[([^\]]*)\]\((?!\w+:|#)([^)#]+)(#[^)]*)?\)")


def main(folder: str) -> int:
    """Build the site in a folder. Return the exit status of the build."""
    if wrong := sorted(navigation() ^ set(site_pages())):
        print(f"zensical.toml and the pages differ: {', '.join(wrong)}")  # noqa: T201 (a script's output)
        return 1
    target = Path(folder).resolve()
    shutil.rmtree(target / "pages", ignore_errors=True)
    (target / "pages").mkdir(parents=True)
    for name, text in site_pages().items():
        page = target / "pages" / name
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, encoding="utf-8")
    shutil.copytree(PICTURES, target / "pages" / "pictures")
    shutil.copy(ROOT / "zensical.toml", target)
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    built = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False)  # noqa: S603 (our own words)
    output = _COLOURS.sub("", built.stdout + built.stderr)
    print(output.partition("Traceback")[0].strip())  # noqa: T201 (a script's output)
    return built.returncode


def navigation() -> set[str]:
    """Return the pages that the navigation of the site lists."""
    project = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
    return set(_leaves(project["nav"]))


def _leaves(entry: Any) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    children = entry.values() if isinstance(entry, dict) else entry
    return [leaf for child in children for leaf in _leaves(child)]


def site_pages() -> dict[str, str]:
    """Return the text of each page of the site by its name."""
    sources = [*sorted(DOCS.rglob("*.md")), *(ROOT / name for name in OTHER_PAGES)]
    return {str(_place(path)): adapt_links(path.read_text(encoding="utf-8"), path) for path in sources}


def _place(path: Path) -> PurePosixPath | None:
    """Return where a file of the repository stands in the site, or None where it is not a page of it."""
    if path.suffix == ".md" and path.is_relative_to(DOCS):
        return PurePosixPath(path.relative_to(DOCS).as_posix())
    return PurePosixPath(path.name) if path.parent == ROOT and path.name in OTHER_PAGES else None


def adapt_links(text: str, path: Path) -> str:
    """Return a page whose links to other pages lead to their copies."""
    folder = str((_place(path) or PurePosixPath()).parent)

    def adapted(link: re.Match[str]) -> str:
        there = (path.parent / link[2]).resolve()
        if there.is_relative_to(PICTURES):
            return link[0]
        target = _place(there)
        if target is None:
            return link[1]
        return f"[{link[1].removeprefix('docs/')}]({posixpath.relpath(str(target), folder)}{link[3] or ''})"

    return _LINK.sub(adapted, text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "build"))
