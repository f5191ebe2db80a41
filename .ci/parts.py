# ruff: noqa: INP001 - a script, not part of a package
"""Compare a CycloneDX list of parts with the locked requirements: the same names and versions, each with its hashes."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path


def main(listed: str, locked: str) -> str:
    """Print the number of parts. Return what differs, or an empty text."""
    parts = json.loads(Path(listed).read_text(encoding="utf-8"))["components"]
    listed_parts = {(part["name"], part["version"]) for part in parts}
    locked_parts = set(re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^ ;]+)", Path(locked).read_text(encoding="utf-8")))
    if listed_parts != locked_parts or not locked_parts:
        return f"the list of parts and the lock differ: {sorted(listed_parts ^ locked_parts)}"
    bare = [
        part["name"]
        for part in parts
        if not all(reference.get("hashes") for reference in part.get("externalReferences", [{}]))
    ]
    if bare:
        return f"parts without a hash: {bare}"
    print(f"{len(listed_parts)} parts, the same as are locked, each with its hashes")  # noqa: T201 (a script's answer)
    return ""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) or None)  # an empty text would count as a failure
