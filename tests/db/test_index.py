"""Full-text index: its queries, its candidates, and how it follows the archive, on both databases."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from datetime import date, timedelta
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

import db.filtered_search
import db.index
from db import fts5_expression, tables
from db.archive import Archive
from db.engine import open_engine
from db.index import Count
from db.index_file import IndexFailedError
from db.index_view import revision_of, row_of, rows_between
from db.records import documents
from monitor.errors import ArchiveError, LockedError
from monitor.model.index_query import AllOf, AnyOf, PhraseRequirement
from monitor.model.records import PARTS
from monitor.model.search import Filters
from monitor.text.index_form import ASKED, NAMED
from monitor.text.search_form import JOINED, forms_of
from tests.archive_kit import store
from tests.builders import a_question
from tests.db.queries import MARKS, STRANGE, WORDS, StubQuery, holds
from tests.db.queries import needs as needs_of
from tests.db.row_copies import put_rows, rows_of
from tests.index_kit import RUIN, change_index, index_file

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from db.index_view import IndexView
    from monitor.model.index_query import IndexQuery
    from monitor.model.records import Proceeding
    from tests.fakes import Clock

FIRST = date(2021, 1, 1)
EVERYTHING = rows_between(None, None)
ONE_ARCHIVE = settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])


def answered(number: int, answer: str = "The river is clean.", **facts: Any) -> Proceeding:
    given: dict[str, Any] = {"uin": str(number), "answer": answer, "answered_on": FIRST + timedelta(days=number)}
    return a_question(**(given | facts))


def found(archive: Archive, need: IndexQuery, **filters: Any) -> list[str | None]:
    return [hit.revision.proceeding.uin for hit in archive.search.hits(StubQuery(need), Filters(**filters))]


def named(archive: Archive, need: IndexQuery) -> list[int]:
    """Return the revisions that the index names, or all revisions if the query can't be put to it."""
    with archive.index.reading() as (connection, view):
        rows = view.candidates(need, EVERYTHING)
        if rows is None:
            return [row_of(None, value) for value in connection.execute(select(tables.revision.c.id)).scalars()]
        with closing(rows):
            return list(rows)


def indexed_to(archive: Archive) -> int:
    with archive.index.reading() as (_, view):
        return view.indexed_to


RIVER = PhraseRequirement(("river",))


# -- rows -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.none() | st.dates(), st.integers(1, 2**32 - 1)), min_size=1, max_size=9))
def test_rows_are_in_the_order_of_days_and_of_revisions(days_and_numbers: list[tuple[date | None, int]]) -> None:
    rows = [row_of(day, number) for day, number in days_and_numbers]
    assert [revision_of(row) for row in rows] == [number for _, number in days_and_numbers]
    in_order = sorted(days_and_numbers, key=lambda pair: (pair[0] or date.min, pair[0] is not None, pair[1]))
    assert [revision_of(row) for row in sorted(rows)] == [number for _, number in in_order]
    assert max(rows) < 2**63


@given(st.none() | st.dates(), st.none() | st.dates(), st.none() | st.dates())
def test_a_range_of_rows_holds_its_days(day: date | None, first: date | None, last: date | None) -> None:
    lowest, highest = rows_between(first, last)
    is_within = day is not None and (first or day) <= day <= (last or day)
    assert (lowest <= row_of(day, 7) <= highest) == (is_within or (first is None and last is None))


# -- queries ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("need", "fts5"),
    [
        (RIVER, '("river" OR "Jriver")'),
        (PhraseRequirement(("hi", "tech*")), '("hi tech" * OR "hi Jtech" *)'),
        (
            PhraseRequirement(("hightech", "crime")),
            '("hightech crime" OR "hightech Jcrime" OR "Jhightech crime" OR "Jhightech Jcrime")',
        ),
        (PhraseRequirement(("hightech", "crime", "unit")), '"hightech crime unit"'),
        (PhraseRequirement(("£", "5200.5")), '("£ 5200.5" OR "£ J5200.5")'),
        (PhraseRequirement(("he'll",), frozenset({"answer", "heading"})), '{heading answer} : ("he\'ll" OR "Jhe\'ll")'),
        (PhraseRequirement(("otter*",), frozenset({"text"})), '{text} : ("otter" * OR "Jotter" *)'),
        (PhraseRequirement(("cabinet",), is_alone=True), '("cabinet" OR "Jcabinet" OR "+cabinet")'),
        (PhraseRequirement(("cabinet",), is_alone=True, in_names=False), '("cabinet" OR "Jcabinet")'),
        (PhraseRequirement(("ask",)), '("ask" OR "^ask")'),
        (PhraseRequirement(('a"b\0\\',)), '("a""b \\" OR "Ja""b \\")'),
        (PhraseRequirement(("£", "¶")), None),
        (PhraseRequirement(("日本",)), None),
        (PhraseRequirement(("river",), frozenset({"unheard of"})), None),
        (AnyOf((RIVER, PhraseRequirement(("bus",)))), '(("river" OR "Jriver") OR "bus")'),
        (AnyOf((RIVER, PhraseRequirement(("£",)))), None),
        (AllOf((RIVER, PhraseRequirement(("£",)))), '("river" OR "Jriver")'),
        (
            AllOf((RIVER, AnyOf((PhraseRequirement(("a",)), PhraseRequirement(("b",)))))),
            '(("river" OR "Jriver") AND ("a" OR "b"))',
        ),
        (AllOf(()), None),
        (AnyOf(()), None),
    ],
)
def test_a_query_is_written_in_the_language_of_the_index(need: IndexQuery, fts5: str | None) -> None:
    signs = str.maketrans({"J": JOINED, "+": NAMED, "^": ASKED})
    assert fts5_expression.fts5(need) == (fts5 and fts5.translate(signs))


@ONE_ARCHIVE
@given(need=needs_of(WORDS + MARKS + STRANGE))
def test_no_query_is_an_error(archive: Archive, need: IndexQuery) -> None:
    archive.index.follow()
    assert named(archive, need) == []


def test_deep_wide_and_long_queries(archive: Archive) -> None:
    deep: IndexQuery = RIVER
    for number in range(300):
        deep = (AllOf, AnyOf)[number % 2]((deep, PhraseRequirement((f"word{number}",))))
    wide = AnyOf(tuple(PhraseRequirement((f"word{number}", "river")) for number in range(5000)))
    huge = AnyOf(tuple(PhraseRequirement((f"{'word' * 40}{number}",)) for number in range(5000)))
    store(archive, answered(1, "Nothing of that."))
    archive.index.follow()
    assert [named(archive, need) for need in (deep, wide, huge)][1:] == [[], []]
    assert [found(archive, need) for need in (deep, wide, huge)] == [[], [], []]


@ONE_ARCHIVE
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(PARTS), st.lists(st.sampled_from(WORDS + MARKS), min_size=1, max_size=9).map(" ".join)
        ),
        min_size=1,
        max_size=4,
    ),
    needs_of(WORDS + MARKS),
)
def test_the_index_names_every_document_that_meets_a_query(
    archive: Archive, documents: list[dict[str, str]], need: IndexQuery
) -> None:
    archive.index.follow()
    file = archive.index._file
    assert file is not None
    with file.writing() as connection:
        connection.execute("BEGIN IMMEDIATE")
        db.index._add_words(connection, [(row_of(None, number), forms) for number, forms in enumerate(documents, 1)])
        asked = fts5_expression.fts5(need)
        if asked is not None:
            rows = connection.execute("SELECT rowid FROM full_text WHERE full_text MATCH ?", (asked,)).fetchall()
            wanted = {number for number, forms in enumerate(documents, 1) if holds(need, forms)}
            assert wanted <= {revision_of(row) for (row,) in rows}
        connection.execute("ROLLBACK")


def test_very_long_texts_are_found(archive: Archive) -> None:
    long_word = "z" * 70_000
    many = " ".join(f"w{number}of{'long' * 5}" for number in range(45_000))
    store(archive, answered(1, many), answered(2, f"{long_word} river"), answered(3))
    assert archive.index.follow() == 3
    assert found(archive, PhraseRequirement((f"w44999of{'long' * 5}",))) == ["1"]
    assert found(archive, PhraseRequirement((long_word, "river"))) == ["2"]
    assert found(archive, PhraseRequirement((f"{long_word[:400]}*",))) == ["2"]
    assert len(named(archive, PhraseRequirement((long_word,)))) == 1


# -- following the archive --------------------------------------------------------------------------------------------


def progress_into(steps: list[tuple[int, int]]) -> Callable[[int, int], None]:
    return lambda done, total: steps.append((done, total))


def test_the_index_follows_in_batches(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.index, "AT_ONCE", 2)
    steps: list[tuple[int, int]] = []
    store(archive, *map(answered, range(1, 6)))
    assert archive.index.count() == Count(rows=0, indexed=0, ahead=5)
    assert archive.index.follow(progress_into(steps)) == 5
    assert steps == [(2, 5), (4, 5), (5, 5)]
    assert archive.index.follow() == 0
    store(archive, answered(1, "Other words."))
    assert archive.index.count() == Count(rows=5, indexed=5, ahead=1)
    assert archive.index.follow() == 1
    assert archive.index.count() == Count(rows=6, indexed=6, ahead=0)


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_closed_archive_has_its_index_closed(archive: Archive) -> None:
    archive.index.follow()
    with archive.index.reading():
        pass
    file = archive.index._file
    assert file is not None
    [(_, connection)] = file._idle
    archive.close()
    assert file._idle == []
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_only_the_newest_revision_is_found(archive: Archive) -> None:
    store(archive, answered(1))
    store(archive, answered(1, "The bus is late."))
    archive.index.follow()
    assert found(archive, RIVER) == []
    assert found(archive, PhraseRequirement(("bus",))) == ["1"]


def test_a_record_without_words_has_its_row(archive: Archive) -> None:
    store(archive, a_question(heading=None, question=None, answer=None, is_withdrawn=True))
    assert archive.index.follow() == 1
    assert archive.index.count() == Count(rows=1, indexed=1, ahead=0)


def test_records_stored_later_are_found_in_the_order_of_their_days(archive: Archive) -> None:
    store(archive, answered(5), answered(3, answered_on=None, tabled_on=None), answered(9))
    archive.index.follow()
    store(archive, answered(7), answered(1))
    archive.index.follow()
    store(archive, answered(8), answered(2))  # not indexed yet
    assert found(archive, RIVER) == ["9", "8", "7", "5", "2", "1", "3"]
    assert found(archive, RIVER, oldest_first=True) == ["3", "1", "2", "5", "7", "8", "9"]
    assert found(archive, RIVER, first=FIRST + timedelta(days=2), last=FIRST + timedelta(days=7)) == ["7", "5", "2"]


class Stop(Exception):  # noqa: N818 (not an error: it stands for a kill)
    """Interruption in the middle of a batch."""


def test_indexing_goes_on_where_it_was_stopped(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.index, "AT_ONCE", 2)
    store(archive, *map(answered, range(1, 8)))

    def stop(done: int, _of: int) -> None:
        if done == 4:
            raise Stop

    with pytest.raises(Stop):
        archive.index.follow(stop)
    assert archive.index.count() == Count(rows=4, indexed=4, ahead=3)
    assert found(archive, RIVER) == ["7", "6", "5", "4", "3", "2", "1"]
    assert archive.index.follow() == 3
    assert archive.index.count() == Count(rows=7, indexed=7, ahead=0)


def test_a_batch_is_taken_in_whole_or_not_at_all(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    store(archive, *map(answered, range(1, 4)))
    put = db.index._add_words

    def put_and_stop(connection: sqlite3.Connection, rows: Sequence[Any]) -> None:
        put(connection, rows)
        raise Stop

    monkeypatch.setattr(db.index, "_add_words", put_and_stop)
    with pytest.raises(Stop):
        archive.index.follow()
    assert archive.index.count() == Count(rows=0, indexed=0, ahead=3)
    monkeypatch.undo()
    assert archive.index.follow() == 3
    assert found(archive, RIVER) == ["3", "2", "1"]


def test_an_index_of_older_forms_is_made_again(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.index, "AT_ONCE", 2)
    store(archive, *map(answered, range(1, 6)))
    archive.index.follow()
    change_index(archive.engine, "update fact set value = '0.1' where name = 'version'")
    assert archive.index.count() == Count(rows=0, indexed=0, ahead=5)
    assert found(archive, RIVER) == ["5", "4", "3", "2", "1"]

    def stop(_done: int, _of: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        archive.index.follow(stop)
    assert indexed_to(archive) == 2
    store(archive, answered(6))
    assert found(archive, RIVER) == ["6", "5", "4", "3", "2", "1"]
    archive.index.follow()
    assert archive.index.count() == Count(rows=6, indexed=6, ahead=0)


def test_an_index_of_another_layout_is_made_again(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    store(archive, answered(1), answered(2))
    archive.index.follow()
    monkeypatch.setattr(db.index_view, "LAYOUT", 99)
    assert indexed_to(archive) == 0
    assert archive.index.follow() == 2
    assert found(archive, RIVER) == ["2", "1"]


def test_the_index_is_rebuilt(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.index, "AT_ONCE", 2)
    store(archive, *map(answered, range(1, 6)))
    archive.index.follow()
    change_index(archive.engine, "drop table full_text")
    steps: list[tuple[int, int]] = []
    assert archive.index.rebuild(progress_into(steps)) == 5
    assert steps[-1] == (5, 5)
    assert found(archive, RIVER) == ["5", "4", "3", "2", "1"]
    assert archive.index.count() == Count(rows=5, indexed=5, ahead=0)


def test_searches_find_everything_while_the_index_is_rebuilt(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.index, "AT_ONCE", 2)
    store(archive, *map(answered, range(1, 6)))
    archive.index.follow()
    seen = []
    archive.index.rebuild(lambda _done, _of: seen.append(found(archive, RIVER)))
    assert seen == [["5", "4", "3", "2", "1"]] * 3


@pytest.mark.parametrize("disturbance", ["follow", "rebuild"])
def test_a_search_sees_one_index_from_its_beginning_to_its_end(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, disturbance: str
) -> None:
    monkeypatch.setattr(db.filtered_search, "_FIRST", 1)
    monkeypatch.setattr(db.filtered_search, "_MOST", 1)
    store(archive, *map(answered, range(1, 6)))
    archive.index.follow()
    store(archive, answered(6), answered(7))
    with archive.index.reading() as (connection, view):
        getattr(archive.index, disturbance)()
        search = db.filtered_search.FilteredSearch(connection, view, StubQuery(RIVER), Filters()).found()
        first = next(search)
        archive.index.rebuild()
        assert view.indexed_to == 5
        assert [candidate.place.revision for candidate in (first, *search)] == [7, 6, 5, 4, 3, 2, 1]


# -- the file ---------------------------------------------------------------------------------------------------------


def found_in_every_order(archive: Archive) -> list[str | None]:
    """Check that each order finds the same records. Return their UINs, newest first."""
    newest = found(archive, RIVER)
    assert found(archive, RIVER, oldest_first=True) == newest[::-1]
    assert found(archive, RIVER, by_relevance=True) == newest
    return newest


def test_only_its_owner_may_read_the_index(archive: Archive) -> None:
    archive.index.follow()
    assert {path.stat().st_mode & 0o777 for path in files(archive)} == {0o600}


def files(archive: Archive) -> list[Path]:
    """Return the path of the index and those of the files that SQLite keeps beside it."""
    path = index_file(archive.engine)
    return sorted(path.parent.glob(f"{path.name}*"))


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_users_who_may_read_the_archive_may_read_its_index(archive: Archive) -> None:
    archive.engine.dispose()
    Path(str(archive.engine.url.database)).chmod(0o640)
    archive.index.follow()
    assert index_file(archive.engine).stat().st_mode & 0o777 == 0o640


def test_an_index_in_a_read_only_folder_is_read_as_it_is(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    store(archive, *map(answered, range(1, 4)))
    archive.index.follow()
    archive.engine.dispose()
    monkeypatch.setattr("db.index_file.may_write", lambda _path: False)
    before = files(archive)
    assert (found_in_every_order(archive), indexed_to(archive)) == (["3", "2", "1"], 3)
    assert files(archive) == before
    monkeypatch.undo()
    store(archive, answered(4))
    archive.index.follow()
    assert (found_in_every_order(archive), indexed_to(archive)) == (["4", "3", "2", "1"], 4)


def test_two_names_of_an_archive_have_one_index(tmp_path: Path) -> None:
    (tmp_path / "archive.db").touch()
    (tmp_path / "link.db").symlink_to("archive.db")
    engines = [open_engine(f"sqlite:///{tmp_path / name}") for name in ("archive.db", "link.db")]
    assert {index_file(engine) for engine in engines} == {tmp_path / "archive.db.index"}


def test_a_lost_index_is_made_again(archive: Archive) -> None:
    store(archive, *map(answered, range(1, 6)))
    archive.index.follow()
    for path in files(archive):
        path.unlink()
    assert found_in_every_order(archive) == ["5", "4", "3", "2", "1"]
    assert not files(archive)
    assert archive.index.follow() == 5
    assert found_in_every_order(archive) == ["5", "4", "3", "2", "1"]


def test_compacting_gives_free_room_of_the_index_back(archive: Archive) -> None:
    store(archive, a_question(id="q-1", answer="The bathing water was tested."))
    archive.index.follow()
    change_index(archive.engine, "create table let_go as select zeroblob(1000000) as body", "drop table let_go")
    before = index_file(archive.engine).stat().st_size
    archive.index.compact()
    assert index_file(archive.engine).stat().st_size < before - 900_000
    assert archive.index.count() == Count(rows=1, indexed=1, ahead=0)
    assert archive.index.problems() == []


def test_an_index_that_cannot_be_used_is_left_as_it_is_by_compacting(archive: Archive) -> None:
    store(archive, a_question(id="q-1"))
    archive.index.compact()
    assert not index_file(archive.engine).exists()
    index_file(archive.engine).parent.mkdir(parents=True, exist_ok=True)
    index_file(archive.engine).write_bytes(b"no database")
    archive.index.compact()
    assert index_file(archive.engine).read_bytes() == b"no database"


@pytest.mark.parametrize(
    "damage",
    [
        RUIN,
        "delete from full_text_data where id > 10",
        "delete from full_text_data",
        "update full_text_config set v = 99",
        "drop table full_text",
        "drop table fact",
        "drop table likeness",
    ],
)
def test_a_damaged_index_is_ignored_and_made_again(archive: Archive, damage: str) -> None:
    store(archive, *map(answered, range(1, 6)))
    archive.index.follow()
    change_index(archive.engine, damage)
    if "likeness" in damage:
        assert archive.similar.equal_ids(next(iter(archive.search.hits(None, Filters()))).revision, at_most=5) == []
    assert found_in_every_order(archive) == ["5", "4", "3", "2", "1"]
    assert archive.index.follow() == 5
    assert archive.index.problems() == []
    assert archive.index.count() == Count(rows=5, indexed=5, ahead=0)
    assert found_in_every_order(archive) == ["5", "4", "3", "2", "1"]


@pytest.mark.parametrize("content", [b"", b"ruin" * 5000, b"SQLite format 3\0" + b"ruin" * 5000])
def test_a_file_that_is_not_a_database_is_ignored_and_replaced(archive: Archive, content: bytes) -> None:
    store(archive, *map(answered, range(1, 6)))
    archive.index.follow()
    archive.engine.dispose()
    for path in files(archive):
        path.unlink()
    index_file(archive.engine).write_bytes(content)
    assert found_in_every_order(archive) == ["5", "4", "3", "2", "1"]
    assert archive.index.follow() == 5
    assert archive.index.problems() == []
    assert found_in_every_order(archive) == ["5", "4", "3", "2", "1"]


def test_a_search_that_meets_damage_halfway_still_finds_everything(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.filtered_search, "_FIRST", 1)
    monkeypatch.setattr(db.filtered_search, "_MOST", 1)
    store(archive, *map(answered, range(1, 6)))
    archive.index.follow()
    store(archive, answered(6))
    read = db.index_view.IndexView._read

    def read_some(self: IndexView, query: str, values: Sequence[object]) -> Generator[int, None, None]:
        for number, row in enumerate(read(self, query, values)):
            if number == 2:
                self._opened = None
                raise IndexFailedError(index_file(archive.engine), "damaged", is_damaged=True)
            yield row

    monkeypatch.setattr(db.index_view.IndexView, "_read", read_some)
    assert found_in_every_order(archive) == ["6", "5", "4", "3", "2", "1"]
    rivers, buses = StubQuery(PhraseRequirement(("river",))), StubQuery(PhraseRequirement(("bus",)))
    assert archive.search.counts([rivers, buses, rivers], Filters()) == [6, 0, 6]


def test_an_index_of_another_archive_is_not_used(archive: Archive, clock: Clock) -> None:
    store(archive, *map(answered, range(1, 6)))
    archive.index.follow()
    clock.tick(days=1)
    empty(archive)
    store(archive, *(answered(number, "The bus.") for number in range(1, 4)), *map(answered, range(4, 9)))
    assert indexed_to(archive) == 0
    assert found_in_every_order(archive) == ["8", "7", "6", "5", "4"]
    assert archive.index.follow() == 8
    assert found_in_every_order(archive) == ["8", "7", "6", "5", "4"]


def test_an_index_that_knows_more_than_the_archive_is_not_used(archive: Archive) -> None:
    store(archive, *map(answered, range(1, 4)))
    older = rows_of(archive.engine)
    store(archive, answered(4), answered(5))
    archive.index.follow()
    empty(archive)
    put_rows(archive.engine, older)  # as a restored backup
    assert found_in_every_order(archive) == ["3", "2", "1"]
    store(archive, answered(4, "The bus."), answered(5, "The bus."), answered(6))
    assert found_in_every_order(archive) == ["6", "3", "2", "1"]
    assert archive.index.follow() == 6
    assert found_in_every_order(archive) == ["6", "3", "2", "1"]


def test_an_index_that_another_process_writes_is_read_and_not_written(archive: Archive) -> None:
    store(archive, *map(answered, range(1, 4)))
    archive.index.follow()
    store(archive, answered(4))
    with closing(sqlite3.connect(index_file(archive.engine), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM fact")
        archive.index._look_at = 0.0
        assert found_in_every_order(archive) == ["4", "3", "2", "1"]
        other.execute("ROLLBACK")
    assert archive.index.follow() == 1


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_nothing_is_indexed_while_another_process_writes_the_index(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.index_file.BUSY_TIMEOUT_MS", 1)
    archive.index.follow()
    store(archive, answered(1))
    with closing(sqlite3.connect(index_file(archive.engine), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert archive.index.follow() == 0
        with pytest.raises(LockedError, match="in use by another process"):
            archive.index.rebuild()
    assert archive.index.follow() == 1


def test_an_index_that_cannot_be_made_is_reported_and_searches_go_on(archive: Archive) -> None:
    store(archive, *map(answered, range(1, 4)))
    index_file(archive.engine).mkdir(parents=True)
    with pytest.raises(ArchiveError, match=r"^the index for searches, .*, can't be used"):
        archive.index.follow()
    assert found_in_every_order(archive) == ["3", "2", "1"]
    index_file(archive.engine).rmdir()
    assert archive.index.follow() == 3


def test_a_search_indexes_records_that_each_search_would_have_to_read(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_beside = archive.engine.dialect.name == "sqlite"
    monkeypatch.setattr(db.index, "MANY", 3)
    monkeypatch.setattr(db.index, "AT_ONCE", 2)
    store(archive, answered(1), answered(2))
    archive.index._look_at = 0.0
    assert (found_in_every_order(archive), indexed_to(archive)) == (["2", "1"], 2)  # nothing was indexed
    store(archive, answered(3))
    archive.index._look_at = 0.0
    indexed = 2 if is_beside else 3  # beside a SQLite archive so few are left to the next run
    assert (found_in_every_order(archive), indexed_to(archive)) == (["3", "2", "1"], indexed)
    store(archive, *map(answered, range(4, 9)))
    # The next look at the index is not due yet.
    assert (found_in_every_order(archive)[0], indexed_to(archive)) == ("8", indexed)
    archive.index._look_at = 0.0
    monkeypatch.setattr(db.index, "CATCH_UP_SECONDS", 0.0)
    one_batch_more = 4 if is_beside else 5
    assert (found_in_every_order(archive)[0], indexed_to(archive)) == ("8", one_batch_more)
    archive.index._look_at = 0.0
    monkeypatch.setattr(db.index, "CATCH_UP_SECONDS", 99.0)
    assert (found_in_every_order(archive)[0], indexed_to(archive)) == ("8", 8)


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_two_processes_index_each_revision_once(
    archive: Archive, archive_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.index, "AT_ONCE", 2)
    store(archive, *map(answered, range(1, 8)))
    other = Archive(open_engine(archive_url))

    def follow_too(_done: int, _of: int) -> None:
        other.index.follow()

    assert archive.index.follow(follow_too) == 2
    other.close()
    assert archive.index.count() == Count(rows=7, indexed=7, ahead=0)


HARM = (
    "update full_text_data set block = x'00ff00ff' where id > 10",
    "delete from full_text_data where id > 10",
    "drop table full_text",
    "drop table fact",
)


def harm(path: Path, dice: Random) -> None:
    """Delete or damage the index file, as another process would, while threads of this one use it."""
    if dice.randrange(3) == 0:
        path.unlink(missing_ok=True)
        return
    order = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], uri=True, timeout=0); c.execute(sys.argv[2]); c.commit()"
    )
    address = f"{path.absolute().as_uri()}?mode=rw"
    # It may fail: another process writes, or the file is gone or damaged already.
    subprocess.run([sys.executable, "-c", order, address, dice.choice(HARM)], capture_output=True, check=False)  # noqa: S603 (of ours)


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_search_finds_everything_while_others_follow_and_damage_the_file(archive: Archive, archive_url: str) -> None:
    store(archive, *map(answered, range(1, 21)))
    others = [Archive(open_engine(archive_url)) for _ in range(2)]
    is_over = Event()

    def follow(other: Archive) -> None:
        while not is_over.is_set():
            with suppress(IndexFailedError):
                other.index.follow()

    threads = [Thread(target=follow, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    dice = Random(9)  # noqa: S311 (no secret depends on it)
    try:
        for number in range(21, 34):
            store(archive, answered(number))
            assert found(archive, RIVER) == [str(uin) for uin in range(number, 0, -1)]
            harm(index_file(archive.engine), dice)
            assert found(archive, RIVER) == [str(uin) for uin in range(number, 0, -1)]
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
        for other in others:
            other.close()
    for _ in range(2):  # the first may meet the last damage
        with suppress(IndexFailedError):
            archive.index.follow()
    assert archive.index.count() == Count(rows=33, indexed=33, ahead=0)
    assert found_in_every_order(archive) == [str(uin) for uin in range(33, 0, -1)]


# -- searches with and without the index ------------------------------------------------------------------------------

TEXTS = ["The river.", "A bus by the river, r&d.", "NHS pay of £5,200.5.", "He'll see the NHS.", "Rivers: a bus"]
SOUGHT = ["river", "rivers", "bus", "the", "by", "a", "r&d", "5200.5", "he'll", "\ue000nhs", "nhs", "£", ".", "pay"]


@settings(ONE_ARCHIVE, max_examples=15)
@given(
    questions=st.lists(
        st.tuples(st.sampled_from(TEXTS), st.sampled_from(TEXTS), st.integers(0, 3), st.integers(1, 6)),
        min_size=1,
        max_size=10,
    ),
    indexed=st.integers(0, 10),
    need=needs_of(SOUGHT),
    first=st.none() | st.integers(0, 4),
    oldest_first=st.booleans(),
    limit=st.none() | st.integers(1, 3),
)
def test_searches_find_the_same_with_and_without_the_index(
    archive: Archive,
    *,
    questions: list[tuple[str, str, int, int]],
    indexed: int,
    need: IndexQuery,
    first: int | None,
    oldest_first: bool,
    limit: int | None,
) -> None:
    empty(archive)
    for number, (heading, answer, day, uin) in enumerate(questions):
        if number == indexed:
            archive.index.follow()
        store(archive, answered(uin, answer, heading=heading, answered_on=FIRST + timedelta(days=day)))
    with archive.engine.connect() as connection:
        last = connection.execute(select(func.max(tables.revision.c.id))).scalar_one()
    assert indexed_to(archive) <= last
    filters = Filters(first=None if first is None else FIRST + timedelta(days=first), oldest_first=oldest_first)
    with_index, without_index = (
        [(hit.revision, hit.spans) for hit in archive.search.hits(StubQuery(need, asks), filters, limit=limit)]
        for asks in (True, False)
    )
    assert with_index == without_index
    assert (
        archive.search.counts([StubQuery(need), StubQuery(need, asks=False)], filters)
        == [archive.search.count(StubQuery(need), filters)] * 2
    )


def empty(archive: Archive) -> None:
    """Delete all rows."""
    with archive.engine.begin() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(table.delete())


def test_a_heading_is_read_as_a_heading(archive: Archive) -> None:
    proceeding = answered(1, heading="Asylum: Hotels")
    store(archive, proceeding)
    with archive.engine.connect() as connection:
        (read,) = documents(connection, [1])
    assert read.forms == forms_of(proceeding.parts())
    assert forms_of({"heading": "Asylum: Hotels"}) != {"heading": forms_of({"answer": "Asylum: Hotels"})["answer"]}
