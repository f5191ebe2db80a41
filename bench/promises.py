# ruff: noqa: INP001, T201 - a script, which prints, no part of a package
"""Speed of the rules of promises: `uv run python bench/promises.py [ROUNDS]`.

It reads the 13,647 recorded answers of September 2023 to December 2024 as plain text, runs the rules over all of them
ROUNDS times (5), and prints the least CPU time of an answer in one process. Beside it stands the same for one plain
expression of `re`, because milliseconds differ from machine to machine and ratios hardly.
"""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from timing import timed

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.parliament.calendar import load_calendar  # noqa: E402
from monitor.parliament.promises.find import find_promises  # noqa: E402
from tests.real_texts import full_texts  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = re.compile(
    r"\b(?:will|shall|intends?|plans?)\s+(?:be\s+)?(?:publish|announc|consult|respond)\w*", re.IGNORECASE
)
ON = date(2024, 11, 5)


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    calendar = load_calendar()
    answers = [
        record.parts["answer"] for record in full_texts(ROOT.parent / "shared/data") if record.parts.get("answer")
    ]
    found = sum(len(find_promises(answer, ON, calendar)) for answer in answers)
    rules = least(rounds, lambda: [find_promises(answer, ON, calendar) for answer in answers])
    plain = least(rounds, lambda: [PLAIN.findall(answer) for answer in answers])
    average = sum(map(len, answers)) / len(answers)
    print(f"{len(answers):,} answers of {average:.0f} characters on average, {found:,} promises")
    print(f"rules of promises  {rules / len(answers) * 1e3:.3f} ms an answer")
    print(f"one expression     {plain / len(answers) * 1e3:.3f} ms an answer: {rules / plain:.1f} times less")


def least(rounds: int, act: Callable[[], object]) -> float:
    """Return the least CPU time of several rounds."""
    return min(timed(act)[0].cpu for _ in range(rounds))


if __name__ == "__main__":
    main()
