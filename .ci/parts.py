# ruff: noqa: INP001 - a script, no part of a package
"""Holds a CycloneDX list of parts against the locked requirements: the same names and versions, each with its hashes."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path


def main(listed: str, locked: str) -> str:
    """Say how many parts there are, or what differs."""
    parts = json.loads(Path(listed).read_text(encoding="utf-8"))["components"]
    told = {(part["name"], part["version"]) for part in parts}
    wanted = set(re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^ ;]+)", Path(locked).read_text(encoding="utf-8")))
    if told != wanted or not wanted:
        return f"the list of parts and the lock differ: {sorted(told ^ wanted)}"
    bare = [
        part["name"] for part in parts if not all(one.get("hashes") for one in part.get("externalReferences", [{}]))
    ]
    if bare:
        return f"parts without a hash: {bare}"
    print(f"{len(told)} parts, the same as are locked, each with its hashes")  # noqa: T201 (a script's answer)
    return ""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) or None)  # an empty text would count as a failure
