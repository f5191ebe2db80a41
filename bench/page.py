# ruff: noqa: INP001, T201 - a script that prints, no part of a package
"""Speed of the page of searches: the first page in a browser, with its facets, at an archive of many answers.

`uv run python bench/page.py [--answers 200000] [--folder FOLDER] [--sample] [--rounds 3]`. It makes that many answers as
`search.py` does, fills an archive with them, and asks the application, in this process and without a network, for the first
page of each query: newest first, by relevance, as words in context, and narrowed by a filter. It prints the median and the
95th percentile of each group, the slowest query, and how each compares with its aim: 200 ms at 200,000 records, 400 ms at
1,500,000. With `--folder` what is built stays there and is used again.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from search_corpus import answers, read_recorded, read_sample
from search_engines import Pqwatch
from starlette.testclient import TestClient
from timing import Took, timed

from monitor.desk.desks import Desks
from monitor.web.application import make_application
from monitor.web.rate_limit import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

RECORDED: Final = Path(__file__).parents[2] / "shared/data/written-questions-api"
NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)
AIMS_MS: Final = {200_000: 200, 1_500_000: 400}
"""Milliseconds of the 95th percentile, up to so many answers."""

WORDS: Final = (
    "police",
    "asylum",
    "children",
    "department",
    "government",
    "funding",
    "climate change",
    "child protection",
    "mental health",
    "local authorities",
    "asylum AND hotel*",
    "police NEAR/5 officers",
    "NHS NOT England",
    "schools OR colleges",
    "paedophil* NEAR/5 online",
    "in:heading police",
    '"as soon as possible"',
    "NCA",
    "housing in:answer",
    "law and order",
    "zzyzx",
)
"""Queries of every kind, from words in nearly every answer to a word in none."""

GROUPS: Final = {
    "newest": {},
    "relevance": {"sort": "relevance"},
    "words in context": {"view": "kwic", "order": "left"},
    "of a House and a year": {"house": "lords", "from": "2025-01-01", "to": "2025-12-31"},
    "of a body": {"body": "Home Office"},
}
CONFIG: Final = """
[archive]
url = "sqlite:///{archive}"
[delivery]
transport = "file"
from = "bench@example.org"
[[topics]]
name = "Police"
terms = ["police"]
[[subscribers]]
name = "Bench"
email = "bench@example.org"
topics = ["Police"]
"""


def main() -> None:
    """Build, measure, print."""
    given = _arguments()
    gc.set_threshold(50_000)  # as the command line does, monitor/cli/__init__.py
    with ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        _build(folder, given.answers, is_sample=given.sample)
        application = make_application(
            Desks(str(folder / "config.toml"), lambda: NOW), limits=Limits(burst=10**9, per_minute=10**9)
        )
        browser = stack.enter_context(
            TestClient(application, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000))
        )
        _measure(browser, given.answers, given.rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The page of searches at an archive of many answers.")
    parser.add_argument("--answers", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, help="where to keep what is built; else nothing is kept")
    parser.add_argument("--sample", action="store_true", help="answers made from the demo's, which are few")
    parser.add_argument("--rounds", type=int, default=3, help="the least of so many is taken")
    return parser.parse_args()


def _build(folder: Path, count: int, *, is_sample: bool) -> None:
    archive, config = folder / "archive.db", folder / "config.toml"
    config.write_text(CONFIG.format(archive=archive.resolve()), encoding="utf-8")
    if (folder / "built").exists():
        return
    real = read_sample() if is_sample else read_recorded(RECORDED)
    made = Pqwatch(f"sqlite:///{archive.resolve()}", NOW)
    took, _ = timed(lambda: made.build(answers(real, count)))
    made.close()
    (folder / "built").touch()
    print(f"{count:,} answers stored and indexed in {took.wall:,.0f} s")


def _measure(browser: TestClient, count: int, rounds: int) -> None:
    aim = next((aim for most, aim in AIMS_MS.items() if count <= most), max(AIMS_MS.values()))
    print(f"{'first page':24}{'p50':>8}{'p95':>8}{'CPU p95':>9}{'aim':>8}{'of it':>8}   slowest")
    for name, parameters in GROUPS.items():
        times = {words: _first_page(browser, {"q": words, **parameters}, rounds) for words in WORDS}
        _print(name, times, aim)
    _print("without words", {"": _first_page(browser, {"body": "Home Office"}, rounds)}, aim)


def _first_page(browser: TestClient, parameters: dict[str, str], rounds: int) -> Took:
    """Return the least time of some rounds. Raises where the page does not come."""

    def ask() -> int:
        return browser.get("/search", params=parameters).raise_for_status().status_code

    return min((timed(ask)[0] for _ in range(rounds)), key=lambda took: took.wall)


def _print(name: str, times: dict[str, Took], aim: int) -> None:
    wall = [1000 * took.wall for took in times.values()]
    cpu = [1000 * took.cpu for took in times.values()]
    slowest = max(times, key=lambda words: times[words].wall)
    p95 = percentile(wall, 95)
    print(
        f"{name:24}{statistics.median(wall):8,.0f}{p95:8,.0f}{percentile(cpu, 95):9,.0f}{aim:>8}{p95 / aim:8.2f}"
        f"   {slowest} ({max(wall):,.0f}){'' if p95 <= aim else '   MISSED'}"
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(-(-len(ordered) * percent // 100), 1) - 1]


if __name__ == "__main__":
    main()
