"""Reads that share one view of the archive."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from tests.archive_kit import store
from tests.builders import a_question

if TYPE_CHECKING:
    from sqlalchemy import Connection

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


def test_one_statement_needs_no_transaction_on_a_server(archive: Archive) -> None:
    begun: list[object] = []
    event.listen(
        archive.engine, "before_cursor_execute", lambda connection, *_: begun.append(in_transaction(connection))
    )
    archive.runs.set_fact("x", "1")
    begun.clear()
    assert archive.runs.fact("x") == "1"
    with archive.one_view():
        assert archive.runs.fact("x") == "1"
    assert begun == [archive.engine.dialect.name == "sqlite", True]


def in_transaction(connection: Connection) -> bool:
    """Return whether the database has a transaction open. SQLAlchemy says so also where the server has not."""
    raw: Any = connection.connection.driver_connection
    return bool(raw.in_transaction) if connection.dialect.name == "sqlite" else not raw.autocommit


def test_the_index_may_be_ahead_of_a_view(archive: Archive) -> None:
    """The index is held against what is there now: a view would take it for that of another archive, and make it anew."""
    answer = "The bathing water was tested at 45 places in the north, and the results were good in each of them."
    store(archive, a_question(uin="1", answer=answer))
    archive.index.follow()
    with archive.one_view():
        archive.runs.fact("x")
        store(archive, a_question(uin="2", answer=answer))
        archive.index.follow()
        identity = archive.index._file.identity if archive.index._file else None
        [first] = archive.records.revisions(1)
        assert archive.similar.equal_ids(first, at_most=9) == [a_question(uin="2").id]
        assert archive.index.ahead() == 0
        archive.index.follow()
        assert archive.index.count().rows == 2
        assert archive.index._file is None or archive.index._file.identity == identity
