"""The shipped lists of words: plain text in `data/`, one entry a line, # before a comment."""

from __future__ import annotations

from importlib.resources import files


def entries(name: str) -> list[str]:
    """The entries of a list, in its order, without comments and empty lines."""
    source = files("monitor").joinpath(f"terms/data/{name}.txt").read_text(encoding="utf-8")
    written = (line.partition("#")[0].strip() for line in source.split("\n"))
    return [entry for entry in written if entry]
