"""Examples with what must come of them beside: how a proceeding is written down, and compared."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from monitor.model.records import Proceeding

if TYPE_CHECKING:
    from pathlib import Path


def as_plain(proceeding: Proceeding) -> Any:
    """The fields that are not at their defaults, as JSON would have them."""
    defaults = {field.name: field.default for field in dataclasses.fields(Proceeding)}
    values = {name: value for name, value in dataclasses.asdict(proceeding).items() if value != defaults[name]}
    return without_nulls(json.loads(json.dumps(values, default=str)))


def without_nulls(value: Any) -> Any:
    """Remove fields that are null, which mean the same as missing ones."""
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


def check(found: Any, expectation: Path) -> None:
    """Compare with the expected file. A missing one is written, for a human to review."""
    if not expectation.exists():
        expectation.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        pytest.fail(f"{expectation.name} was written: review and commit it")
    assert found == without_nulls(json.loads(expectation.read_text()))
