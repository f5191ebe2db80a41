"""Reads that share one view of the archive."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

if TYPE_CHECKING:
    from db.archive import Archive


def test_reads_of_a_view_see_one_moment(archive: Archive) -> None:
    archive.runs.set_fact("x", "before")
    with archive.one_view():
        assert archive.runs.fact("x") == "before"
        archive.runs.set_fact("x", "after")
        assert archive.runs.fact("x") == "before"
    assert archive.runs.fact("x") == "after"


def test_reads_of_a_view_share_a_transaction(archive: Archive) -> None:
    ended: list[object] = []
    event.listen(archive.engine, "commit", ended.append)
    with archive.one_view():
        archive.runs.fact("x")
        with archive.one_view():
            archive.runs.fact("y")
        archive.runs.last_ok("match")
    assert len(ended) == 1


def test_another_thread_does_not_read_in_the_view(archive: Archive) -> None:
    archive.runs.set_fact("x", "before")
    with archive.one_view(), ThreadPoolExecutor(1) as threads:
        archive.runs.set_fact("x", "after")
        assert threads.submit(archive.runs.fact, "x").result() == "after"


def test_a_view_that_fails_is_over(archive: Archive) -> None:
    def fail() -> None:
        with archive.one_view():
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    archive.runs.set_fact("x", "after")
    assert archive.runs.fact("x") == "after"
