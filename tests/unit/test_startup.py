"""Start of a search: it loads no library that only other commands need, because each would slow down every search."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from tests.unit.cli_kit import make_desk

if TYPE_CHECKING:
    import pytest

BENCH = Path(__file__).parents[2] / "bench"


def test_a_search_loads_no_slow_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCH)
    startup = importlib.import_module("startup")
    config = make_desk(tmp_path).folder / "config.toml"
    monkeypatch.setattr(startup, "HEAVY", (*startup.HEAVY, "sqlalchemy.dialects.sqlite"))
    loaded = startup.heavy_modules(["-c", startup.COMMAND, "search", "bathing water", "--config", str(config)])
    assert loaded == ["sqlalchemy.dialects.sqlite"]  # the check sees what a search needs, and no slow library
