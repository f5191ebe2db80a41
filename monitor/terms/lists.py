"""The shipped lists of words in `data/`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def shipped(name: str) -> dict[str, Any]:
    """The tables of data/NAME.toml, read once."""
    return tomllib.loads(files("monitor").joinpath(f"terms/data/{name}.toml").read_text(encoding="utf-8"))
