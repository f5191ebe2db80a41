# ruff: noqa: INP001, T201 - a script that prints, no part of a package
"""Runs every proof by fault with its full count, and keeps a report.

    uv run python bench/soak.py                     # all, to the full count: up to twenty hours of two cores
    uv run python bench/soak.py --slice 2/4         # the second of four slices of that, for a machine of its own
    uv run python bench/soak.py --seconds 120       # as far as it goes in that time, each its share
    uv run python bench/soak.py --only "random kill" --seed 7
    uv run python bench/soak.py --only "kill at each point"    # on SQLite, on PostgreSQL, and with mails into a folder
    uv run python bench/soak.py --only calendar --report bench/soak.json     # its line is put among those of other runs
    uv run python bench/soak.py --only life --seconds 3000 --seed 4 --report bench/soak.json     # more of what takes days

The proofs are those of tests/reliability, which `uv run pytest` runs with small counts. Each prints how many of its points
were tried, and how many messages were lost, sent twice without a mark, or marked as maybe sent twice. The exit status is 1
if anything was lost, sent twice or broken. The times are no measurement.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests import reliability  # noqa: E402 (after the path)
from tests.memory import keep_bytecode, work_in_memory  # noqa: E402
from tests.reliability.tally import Budget  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.reliability.tally import Proof


SUMS = ("tried", "lost", "duplicated", "flagged", "seconds")


def proofs() -> Iterator[Proof]:
    """Yield every proof of tests/reliability, by module and place."""
    for module in sorted(info.name for info in pkgutil.iter_modules(reliability.__path__)):
        if not module.startswith("test_"):
            yield from getattr(importlib.import_module(f"tests.reliability.{module}"), "PROOFS", ())


class Task(NamedTuple):
    """A proof, or a part of one, that gets a process of its own."""

    proof: Proof
    part: int = 0
    parts: int = 1
    seconds: float | None = None

    @property
    def hours(self) -> float:
        """Return roughly how long it takes to its full count."""
        return self.proof.hours / self.parts


def one(task: Task, seed: int, count: int) -> dict[str, Any]:
    """Run a task in this process."""
    began, proof = time.monotonic(), task.proof
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        tally = proof.run(Path(folder), Budget(seed, count, task.seconds, task.part, task.parts))
    return {
        "name": proof.name,
        "unit": proof.unit,
        "of": proof.full,
        **asdict(tally),
        "is_good": tally.is_good,
        "seconds": round(time.monotonic() - began, 1),
    }


def in_process_of_its_own(task: Task, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run a task in a new interpreter, so that one that dies fails alone."""
    proof = task.proof
    command = [sys.executable, __file__, "--one", proof.name, "--seed", str(arguments.seed)]
    command += ["--count", str(arguments.count)] if arguments.count else []
    command += ["--seconds", str(task.seconds)] if task.seconds is not None else []
    command += ["--part", str(task.part), "--parts", str(task.parts)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S603 (ourselves)
    try:
        return dict(json.loads(done.stdout.splitlines()[-1]))
    except (ValueError, IndexError):
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        broken = {"tried": 0, "lost": 0, "duplicated": 0, "flagged": 0, "is_good": False, "seconds": 0.0}
        why = f"ended with {done.returncode} and said: {said}"
        return {"name": proof.name, "unit": proof.unit, "of": proof.full, **broken, "failures": [why]}


def in_time(chosen: Sequence[Proof], seconds: float, jobs: int) -> list[Task]:
    """Return a task for each proof, with its share of the total of seconds, and never more than there are."""
    whole = sum(proof.share for proof in chosen)
    return [Task(proof, seconds=min(seconds, seconds * jobs * proof.share / whole)) for proof in chosen]


def in_full(chosen: Sequence[Proof], number: int, slices: int) -> list[Task]:
    """Return the tasks of one of so many slices of all, the longest first, so that no core waits for the last."""
    tasks = [Task(proof, part, proof.parts) for proof in chosen for part in range(proof.parts)]
    return sorted(tasks, key=lambda task: -task.hours)[number - 1 :: slices]


def slice_of(words: str) -> tuple[int, int]:
    """Read "2/4"."""
    number, _, slices = words.partition("/")
    if not 1 <= int(number) <= int(slices):
        raise ValueError("a slice is named such as 2/4: the second of four")
    return int(number), int(slices)


def together(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row for each proof, with the sums of its parts."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        whole = found.setdefault(row["name"], {**row, **dict.fromkeys(SUMS, 0), "failures": [], "is_good": True})
        whole |= {name: whole[name] + row[name] for name in (*SUMS, "failures")}
        whole["is_good"] = whole["is_good"] and row["is_good"]
    return list(found.values())


def named(begins: str, names: Sequence[str]) -> list[str]:
    """Return the proof of a name, or those whose names begin with it."""
    return [begins] if begins in names else [name for name in names if name.startswith(begins)]


def commit() -> str:
    """Return the commit that was tried, with "-dirty" if files were changed since; "" outside a clone."""
    command = [shutil.which("git") or "false", "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S603 (nothing is given)
    return done.stdout.strip()


def keep(report: Path, rows: Sequence[dict[str, Any]], order: Sequence[str]) -> None:
    """Put what was found among what a report has of other runs: one row a proof, in this order."""
    found = json.loads(report.read_text(encoding="utf-8"))["proofs"] if report.exists() else []
    newest = {row["name"]: row for row in found if row["name"] in order}
    for row in rows:
        newest[row["name"]] = better(newest.get(row["name"]), row)
    kept = [newest[name] for name in order if name in newest]
    report.write_text(json.dumps({"proofs": kept}, indent=1) + "\n", encoding="utf-8")


def better(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """Return the newer row, unless both are good and more was tried before.

    What is too long for one run is done in several, each with a seed of its own: their numbers are added up.
    """
    if old is None or not (old["is_good"] and new["is_good"]):
        return new
    seeds = old.get("seeds", [old["seed"]])
    if new["seed"] not in seeds and max(old["tried"], new["tried"]) < new["of"]:
        sums = {name: old[name] + new[name] for name in SUMS}
        return {**new, **sums, "seeds": [*seeds, new["seed"]]}
    return old if new["tried"] < old["tried"] else new


def line(row: dict[str, Any]) -> str:
    """Return a row for people."""
    tried = f"{row['tried']:,} of {row['of']:,} {row['unit']}s"
    verdict = "ok" if row["is_good"] else "FAILED"
    numbers = f"{row['lost']:>5} lost {row['duplicated']:>5} duplicated {row['flagged']:>5} flagged"
    return f"{verdict:7} {row['name']:40} {tried:34} {numbers} {row['seconds']:>8.1f} s"


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="this proof, or those that begin so; may be given again"
    )
    parser.add_argument("--seconds", type=float, help="for all proofs together; without it, to the full count")
    parser.add_argument("--count", type=int, help="how many of each, in place of the full count")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--jobs", type=int, default=2 * (os.cpu_count() or 1), help="so many at a time [two for each core]"
    )
    parser.add_argument("--report", type=Path, help="put what was found into this file, as JSON")
    parser.add_argument("--list", action="store_true", help="name the proofs and their full counts")
    parser.add_argument(
        "--slice",
        type=slice_of,
        default=(1, 1),
        metavar="N/OF",
        help="of the full counts, which several machines share",
    )
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--part", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--parts", type=int, default=1, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    known = {proof.name: proof for proof in proofs()}
    work_in_memory()
    keep_bytecode()
    if arguments.one:
        proof = known[arguments.one]
        task = Task(proof, arguments.part, arguments.parts, arguments.seconds)
        print(json.dumps(one(task, arguments.seed, arguments.count or proof.full)))
        return 0
    if arguments.list:
        for proof in known.values():
            print(f"{proof.name:40} {proof.full:,} {proof.unit}s")
        return 0
    meant = {begins: named(begins, list(known)) for begins in arguments.only or ("",)}
    for begins, names in meant.items():
        if not names:
            parser.error(f"there is no proof {begins!r}: see --list")
    chosen = [proof for name, proof in known.items() if any(name in names for names in meant.values())]
    if arguments.seconds is not None:
        tasks = in_time(chosen, arguments.seconds, arguments.jobs)
    elif arguments.count:
        tasks = [Task(proof) for proof in chosen]
    else:
        tasks = in_full(chosen, *arguments.slice)
    done = []
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for future in [pool.submit(in_process_of_its_own, task, arguments) for task in tasks]:
            done.append(future.result())
            print(line(done[-1]), flush=True)
            for failure in done[-1]["failures"][:10]:
                print(f"        {failure}", flush=True)
    rows = together(done)
    if arguments.report:
        about = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "seed": arguments.seed,
            "commit": commit(),
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        }
        keep(arguments.report, [{**row, **about} for row in rows], list(known))
    failed = [row["name"] for row in rows if not row["is_good"]]
    sums = {name: sum(row[name] for row in rows) for name in ("tried", "lost", "duplicated", "flagged")}
    print(
        f"\n{sums['tried']:,} points tried: {sums['lost']} lost, {sums['duplicated']} duplicated, "
        f"{sums['flagged']} flagged; {len(rows) - len(failed)} proofs passed, {len(failed)} failed"
    )
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
