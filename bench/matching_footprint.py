# ruff: noqa: INP001 - a script's module, no part of a package
"""Cost of a watch list in a fresh process: CPU time to compile it, memory, and the first pass.

`matching.py` runs it for each list. Standard input: JSON with `terms` and `answers`. Prints JSON: `compile_s` (CPU seconds),
`matcher_mb` and `after_pass_mb` (growth of resident memory by compiling, and with a pass over the answers; null where the
system does not tell), `first_pass_us` (CPU time per answer from plain text, nothing read before).
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path
from time import process_time

from matching_terms import WatchTerm, topics

from monitor.terms.matcher import compile_terms

_MB = 1e6


def main() -> None:
    """Compile, look, print."""
    given = json.load(sys.stdin)
    watched, answers = topics([WatchTerm(*term) for term in given["terms"]]), given["answers"]
    del given
    gc.collect()
    before, started = resident_mb(), process_time()
    matcher = compile_terms(watched)
    compile_s = process_time() - started
    gc.collect()
    compiled, started = resident_mb(), process_time()
    for parts in answers:
        matcher.matches(parts)
    first_pass_us = 1e6 * (process_time() - started) / len(answers)
    gc.collect()
    after = resident_mb()
    told = {
        "compile_s": compile_s,
        "matcher_mb": None if before is None or compiled is None else compiled - before,
        "after_pass_mb": None if before is None or after is None else after - before,
        "first_pass_us": first_pass_us,
    }
    print(json.dumps(told))  # noqa: T201 - this is what it is for


def resident_mb() -> float | None:
    """Resident memory of this process, None where the system does not tell it in Linux's way."""
    told = Path("/proc/self/statm")
    return (
        int(told.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / _MB if told.exists() else None
    )


if __name__ == "__main__":
    main()
