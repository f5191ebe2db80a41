"""Upgrades that end in the middle, a few of all; and what the proof is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from db import schema
from db.engine import writing
from db.tables import meta
from tests.reliability.dumps import VERSIONS
from tests.reliability.migrations import PROOFS, WAYS, Archives, Cell, interrupted, try_cell
from tests.reliability.tally import Budget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

OLDEST = VERSIONS[0]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory, postgres: str) -> Iterator[Archives]:
    with Archives(tmp_path_factory.mktemp("archives"), postgres, [OLDEST]) as archives:
        yield archives


def test_an_upgrade_that_was_interrupted_loses_nothing(archives: Archives) -> None:
    tally = interrupted(archives, Budget(seed=3, count=9))
    assert tally.failures == []
    assert (tally.tried, tally.is_good) == (9, True)
    assert PROOFS[0].full > len(archives.cells())


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_every_statement_and_commit_is_a_point(archives: Archives, dialect: str) -> None:
    """Also those of the migrations themselves, and each with every way to end."""
    points = archives.points[OLDEST, dialect]
    assert points > 10
    cells = [cell for cell in archives.cells() if cell.dialect == dialect]
    assert cells == [Cell(OLDEST, dialect, way, at) for at in range(1, points + 1) for way in WAYS]


@pytest.mark.parametrize("way", ["disk full", "I/O error"])
def test_a_commit_that_fails_is_told_in_a_sentence(archives: Archives, way: str) -> None:
    """It is the last point, and leaves a transaction open."""
    tally = try_cell(Cell(OLDEST, "sqlite", way, archives.points[OLDEST, "sqlite"]), archives)
    assert tally.failures == []


def test_an_upgrade_that_commits_half_of_it_is_found(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that notes something beside its transaction and did not come to its end: it is still there."""
    real = schema.upgrade

    def by_halves(engine: Engine, *arguments: Any, **options: Any) -> None:
        with writing(engine) as connection:
            connection.execute(meta.insert().values(key="half", value="done"))
        real(engine, *arguments, **options)

    monkeypatch.setattr(schema, "upgrade", by_halves)
    last = archives.points[OLDEST, "sqlite"]
    tally = try_cell(Cell(OLDEST, "sqlite", "disk full", last), archives)
    assert tally.lost == 1 or "the next upgrade was refused" in tally.failures[0]
    assert not tally.is_good
