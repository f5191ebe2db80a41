"""An archive of invented questions, and an assistant that asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.assistants.kit import assistant
from tests.unit.cli_kit import make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.assistants.kit import Assistant
    from tests.unit.cli_kit import Desk


@pytest.fixture(scope="session")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a desk that tests share: they change nothing in it."""
    return make_desk(tmp_path_factory.mktemp("assistants"))


@pytest.fixture(scope="module")
def shared(shared_desk: Desk) -> Iterator[Assistant]:
    """Return an assistant that tests share."""
    with assistant(shared_desk.folder / "config.toml") as connected:
        yield connected


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a desk of one test alone."""
    return make_desk(tmp_path)
