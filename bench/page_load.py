# ruff: noqa: INP001, T201 - a script that prints, no part of a package
"""The page under load: fifty readers at a real server on loopback, while a run writes into the same archive.

`uv run python bench/page_load.py [--answers 200000] [--folder FOLDER] [--url URL] [--readers 50] [--requests 20]
[--think 0] [--sample]`. It makes an archive as `page.py` does, or in the empty database of `--url`, starts `pqwatch web`,
and lets each reader ask for so many pages on one connection: searches, records that these found, the day, topics, waiting
questions, a feed, the API. `--think` is the longest time that a reader looks at a page; with 0 the next request follows at
once, as `hey` does: the time of a page is then mostly that of the others before it. Meanwhile another process stores further
answers and lets the index follow.

It prints, for each kind of page, the median and the 95th percentile; then errors, of which there must be none, and requests
that were refused because there were too many, which count apart. The exit code is 1 where there was an error.
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from page import CONFIG, NOW, RECORDED, WORDS, percentile
from search_corpus import answers, read_recorded, read_sample
from search_engines import Pqwatch
from timing import timed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.synchronize import Event

    from search_corpus import Answer

FURTHER: Final = 20_000
"""Answers that are stored while readers ask."""
PATIENCE: Final = 120.0
TOO_MANY: Final = 429

_RECORD: Final = re.compile(r'href="(/records/[^"?]+)"')


def main() -> None:
    """Build, serve, write, ask, print."""
    given = _arguments()
    with ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        url = given.url or f"sqlite:///{(folder / 'archive.db').resolve()}"
        config = CONFIG.replace("sqlite:///{archive}", url)
        (folder / "config.toml").write_text(config, encoding="utf-8")
        stored, further = _split(given.answers, is_sample=given.sample)
        if not (folder / "built").exists():
            _build(url, stored)
            (folder / "built").touch()
        port, process = stack.enter_context(_server(folder / "config.toml"))
        written = stack.enter_context(_writer(url, further))
        load = Load(port, given.requests, given.think)
        cpu = _cpu(process)
        took, _ = timed(lambda: load.run(given.readers))
        load.print(took.wall, _cpu(process) - cpu, given.readers, written())
    sys.exit(1 if load.errors else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Readers of the page beside a run that writes.")
    parser.add_argument("--answers", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, help="where to keep what is built; else nothing is kept")
    parser.add_argument("--url", help="an empty database for the archive; else SQLite in the folder")
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--requests", type=int, default=20, help="pages that each reader asks for")
    parser.add_argument("--think", type=float, default=0.0, help="the most seconds between two pages of a reader")
    parser.add_argument("--sample", action="store_true", help="answers made from the demo's, which are few")
    return parser.parse_args()


def _split(count: int, *, is_sample: bool) -> tuple[list[list[Answer]], list[list[Answer]]]:
    """Return the answers of the archive, and those that are stored while readers ask, a list for each day."""
    real = read_sample() if is_sample else read_recorded(RECORDED)
    stored: list[list[Answer]] = []
    further: list[list[Answer]] = []
    made = 0
    for day in answers(real, count + FURTHER):
        (stored if made < count else further).append(day)
        made += len(day)
    return stored, further


def _build(url: str, days: Sequence[list[Answer]]) -> None:
    made = Pqwatch(url, NOW)
    took, _ = timed(lambda: made.build(days))
    made.close()
    print(f"{sum(map(len, days)):,} answers stored and indexed in {took.wall:,.0f} s")


# -- the server and the run ---------------------------------------------------------------------------------------------


@contextmanager
def _server(config: Path) -> Iterator[tuple[int, int]]:
    """Start the page in a process of its own. Give its port, and the number of the process."""
    command = [sys.executable, "-m", "monitor", "web", "--port", "0", "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own program)
        try:
            line = process.stdout.readline() if process.stdout else ""
            found = re.search(r":(\d+)/", line)
            if not found:
                raise SystemExit(f"the page did not start: {line}")
            yield int(found[1]), process.pid
        finally:
            process.terminate()


def _cpu(process: int) -> float:
    """Return the seconds of CPU that a process took; 0 on a system that does not say."""
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _writer(url: str, days: Sequence[list[Answer]]) -> Iterator[Callable[[], int]]:
    """Store answers in a process of its own, day after day, until it is told to end. Give how many these were."""
    context = multiprocessing.get_context("fork")
    is_over, stored = context.Event(), context.Value("i", 0)
    process = context.Process(target=_write, args=(url, days, is_over, stored))
    process.start()
    try:
        yield lambda: int(stored.value)
    finally:
        is_over.set()
        process.join()


def _write(url: str, days: Sequence[list[Answer]], is_over: Event, stored: Counted) -> None:
    archive = Pqwatch(url, NOW)
    for day in days:
        if is_over.is_set():
            break
        archive.store([day])
        archive.index()
        stored.value += len(day)
    archive.close()


if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

    Counted = Synchronized[int]


# -- readers ------------------------------------------------------------------------------------------------------------


class Load:
    """Requests of readers, and how they were answered."""

    def __init__(self, port: int, requests: int, think: float) -> None:
        self._port, self._requests, self._think = port, requests, think
        self._lock = threading.Lock()
        self.times: dict[str, list[float]] = defaultdict(list)
        self.errors: Counter[str] = Counter()
        self.refused = 0

    def run(self, readers: int) -> None:
        """Let readers ask side by side."""
        threads = [threading.Thread(target=self._read, args=(Random(number),)) for number in range(readers)]  # noqa: S311
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _read(self, chance: Random) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        records: list[str] = []
        for _ in range(self._requests):
            time.sleep(chance.uniform(0, self._think))  # also before the first: people don't all come at once
            name, path = _next(chance, records)
            began = time.perf_counter()
            try:
                answer, text = _asked(connection, path)
            except (OSError, http.client.HTTPException) as exc:
                connection.close()
                self._note(name, 0.0, error=f"{path.partition('?')[0]}: {exc!r}")
                continue
            took = time.perf_counter() - began
            self._note(name, took, status=answer.status, error=f"{path}: {answer.status}")
            if answer.status == http.HTTPStatus.OK and name.startswith("search"):
                records = _RECORD.findall(text) or records
        connection.close()

    def _note(self, name: str, took: float, *, error: str, status: int = 0) -> None:
        with self._lock:
            if status == http.HTTPStatus.OK:
                self.times[name].append(took)
            elif status == TOO_MANY:
                self.refused += 1
            else:
                self.errors[error] += 1

    def print(self, seconds: float, cpu: float, readers: int, written: int) -> None:
        """Print what was measured."""
        every = [took for times in self.times.values() for took in times]
        print(f"{readers} readers, {len(every):,} pages in {seconds:,.0f} s; {written:,} answers stored meanwhile")
        print(f"{'ms':20}{'pages':>8}{'p50':>8}{'p95':>8}{'most':>8}")
        for name, times in [*sorted(self.times.items()), ("all", every)]:
            shown = (statistics.median(times), percentile(times, 95), max(times))
            print(f"{name:20}{len(times):8,}" + "".join(f"{1000 * took:8,.0f}" for took in shown))
        print(f"CPU of the page: {cpu:.0f} s, {1000 * cpu / max(len(every), 1):.0f} ms a page")
        print(f"errors: {sum(self.errors.values())}; refused as too many: {self.refused}")
        for error, count in self.errors.most_common(10):
            print(f"  {count} {error}")


def _asked(connection: http.client.HTTPConnection, path: str) -> tuple[http.client.HTTPResponse, str]:
    """Ask for a page; as browsers do, once more where the server had closed the connection since the last."""
    is_reused = connection.sock is not None
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
    except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
        if not is_reused:
            raise
        connection.close()
        connection.request("GET", path)
        answer = connection.getresponse()
    return answer, answer.read().decode("utf-8", "replace")


def _next(chance: Random, records: Sequence[str]) -> tuple[str, str]:
    """Return the page that a reader asks for next: half of them search, a quarter open a record that was found."""
    words = quote(chance.choice(WORDS))
    kind = chance.choices(
        ("search", "search by relevance", "search in context", "record", "other"), weights=(6, 2, 2, 6, 4)
    )[0]
    if kind == "record" and records:
        return kind, chance.choice(records)
    if kind == "search by relevance":
        return kind, f"/search?q={words}&sort=relevance"
    if kind == "search in context":
        return kind, f"/search?q={words}&view=kwic"
    if kind == "other":
        return chance.choice(
            (
                ("today", "/"),
                ("topics", "/topics"),
                ("waiting", "/waiting"),
                ("status", "/status"),
                ("feed", f"/search.atom?q={words}"),
                ("API", f"/api/v1/search?q={words}"),
            )
        )
    return "search", f"/search?q={words}"


if __name__ == "__main__":
    main()
