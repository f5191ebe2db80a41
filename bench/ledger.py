# ruff: noqa: INP001, T201 - a script, no part of a package; it prints what it measured
"""Filling the ledger of promises from a large archive: revisions a second, in wall time and CPU time.

`uv run python bench/ledger.py ARCHIVE [--seconds 60]`. ARCHIVE is the file of a SQLite archive, such as `search.py` builds;
its ledger is filled, so name a copy. It goes on where the last call stopped.
"""

from __future__ import annotations

import argparse
import resource
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from db.archive import open_archive
from monitor.ledger import LedgerCounts, read_news, read_rest
from monitor.parliament.calendar import load_calendar

ANSWERS = 1_500_000


def main() -> None:
    """Fill the ledger for a while and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    calendar, today, counts = load_calendar(), datetime.now(UTC).date(), LedgerCounts()
    with closing(open_archive(f"sqlite:///{asked.archive.absolute()}")) as archive, archive.runs.lease():
        read_news(archive, calendar, today, LedgerCounts())
        before, newest = archive.ledger.reach()
        began, cpu = time.perf_counter(), time.process_time()
        read_rest(archive, calendar, today, counts, seconds=asked.seconds)
        took, own = time.perf_counter() - began, time.process_time() - cpu
        after, _ = archive.ledger.reach()
    helpers = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = (after.read_to if after else 0) - (before.read_to if before else 0)
    all_cpu = own + helpers.ru_utime + helpers.ru_stime
    print(f"{done:,} of {newest:,} revisions in {took:.0f} s: {done / took:,.0f} a second")
    print(
        f"{counts.promises:,} promises; {1000 * all_cpu / max(done, 1):.2f} ms of CPU time each, {own / all_cpu:.0%} here"
    )
    print(f"{ANSWERS:,} answers: {ANSWERS * all_cpu / max(done, 1) / 60:.0f} minutes of CPU time")


if __name__ == "__main__":
    main()
