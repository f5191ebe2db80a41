# ruff: noqa: INP001, T201 - a script of the checks: it prints
"""Points that SpamAssassin gives to mails: `spam.py PREFERENCES MAIL...`. Prints each rule that hits."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from email import message_from_bytes, policy
from pathlib import Path

MOST = 1.0
SPAM = b"Subject: x\r\n\r\nXJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"
HIT = re.compile(r"^\s*(-?\d+\.\d+) (\w+)\s+(.*)$", re.MULTILINE)


def judged(preferences: str, mail: bytes, home: str) -> tuple[float, list[str]]:
    """Return the points of a mail and the rules that hit."""
    command = ["spamassassin", "-L", "-t", "-p", preferences]
    environment = {"HOME": home, "PATH": os.environ["PATH"]}  # a reader without settings of their own
    done = subprocess.run(command, input=mail, capture_output=True, timeout=120, check=True, env=environment)  # noqa: S603
    message = message_from_bytes(done.stdout, policy=policy.compat32)
    status = " ".join(str(message["X-Spam-Status"]).split())
    found = re.search(r"score=(-?[\d.]+)", status)
    if found is None:
        sys.exit(f"SpamAssassin gave no points: {done.stderr.decode()}")
    report = done.stdout.decode("utf-8", "replace").rpartition("Content analysis details:")[2]
    return float(found[1]), [f"{points} {rule}: {said}" for points, rule, said in HIT.findall(report)]


def main() -> None:
    """Judge all mails."""
    preferences, *mails = sys.argv[1:]
    worst = None
    with tempfile.TemporaryDirectory() as home:
        if judged(preferences, SPAM, home)[0] < MOST:
            sys.exit("SpamAssassin does not know the text that is made to be taken for spam: are its rules installed?")
        for name in mails:
            points, hits = judged(preferences, Path(name).read_bytes(), home)
            worst = points if worst is None else max(worst, points)
            print(f"{points:5.1f}  {Path(name).stem}")
            for hit in hits:
                print(f"         {hit}")
    if worst is None or worst >= MOST:
        sys.exit(f"the worst of {len(mails)} mails has {worst} points: {MOST} is too much")
    print(f"{len(mails)} mails, at most {worst} points of {MOST}")


main()
