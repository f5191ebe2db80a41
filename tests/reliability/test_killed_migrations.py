"""A few upgrades that end in the middle, and an upgrade that must fail the proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from db import schema
from db.tables import meta
from db.transactions import writing
from tests.reliability.dumps import VERSIONS
from tests.reliability.migrations import PROOFS, WAYS, Archives, Cell, interrupt_upgrades, try_cell
from tests.reliability.tally import Budget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

OLDEST = VERSIONS[0]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory, postgres: str) -> Iterator[Archives]:
    with Archives(tmp_path_factory.mktemp("archives"), postgres, [OLDEST]) as archives:
        yield archives


def test_an_interrupted_upgrade_loses_nothing(archives: Archives) -> None:
    tally = interrupt_upgrades(archives, Budget(seed=3, count=9))
    assert tally.failures == []
    assert (tally.tried, tally.is_good) == (9, True)
    assert PROOFS[0].full > len(archives.cells())


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_every_statement_and_commit_is_a_point(archives: Archives, dialect: str) -> None:
    """Count those of the migrations themselves too, each with every way to end."""
    points = archives.points[OLDEST, dialect]
    assert points > 10
    cells = [cell for cell in archives.cells() if cell.dialect == dialect]
    assert cells == [Cell(OLDEST, dialect, way, at) for at in range(1, points + 1) for way in WAYS]


@pytest.mark.parametrize("way", ["disk full", "I/O error"])
def test_a_failed_commit_is_reported_in_a_sentence(archives: Archives, way: str) -> None:
    """Fail at the last point, which leaves a transaction open."""
    tally = try_cell(Cell(OLDEST, "sqlite", way, archives.points[OLDEST, "sqlite"]), archives)
    assert tally.failures == []


def test_the_proof_finds_an_upgrade_that_commits_half(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write outside the transaction of an upgrade that then fails: the write must be found."""
    upgrade = schema.upgrade

    def commit_half(engine: Engine, *arguments: Any, **options: Any) -> None:
        with writing(engine) as connection:
            connection.execute(meta.insert().values(key="half", value="done"))
        upgrade(engine, *arguments, **options)

    monkeypatch.setattr(schema, "upgrade", commit_half)
    last = archives.points[OLDEST, "sqlite"]
    tally = try_cell(Cell(OLDEST, "sqlite", "disk full", last), archives)
    assert tally.lost == 1 or "the next upgrade was refused" in tally.failures[0]
    assert not tally.is_good
