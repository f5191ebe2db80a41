"""Second process that indexes what is stored, on both databases: it finishes, stops, and fails alone."""

from __future__ import annotations

from multiprocessing import active_children
from typing import TYPE_CHECKING

from db.engine import open_engine
from db.index import Count
from db.index_process import IndexingProcess
from tests.archive_kit import store
from tests.builders import a_question

if TYPE_CHECKING:
    from pathlib import Path

    from db.archive import Archive


def test_process_indexes_all_that_was_stored_before_it_is_told_to_finish(archive: Archive) -> None:
    store(archive, a_question(id="q-1"))
    process = archive.index_beside()
    assert process is not None
    store(archive, a_question(id="q-2"))
    kept: list[None] = []
    process.finish(lambda: kept.append(None))
    process.stop()
    assert archive.index.count() == Count(rows=2, indexed=2, ahead=0)
    assert kept


def test_stopped_process_leaves_the_rest(archive: Archive) -> None:
    store(archive, a_question(id="q-1"))
    process = archive.index_beside()
    assert process is not None
    process.stop()
    assert archive.index.count().ahead == 1


def test_process_that_cannot_read_the_archive_ends(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    engine = open_engine(f"sqlite:///{tmp_path}/file/archive.db")
    process = IndexingProcess(engine)
    process.finish(lambda: None)
    process.stop()
    assert not active_children()
