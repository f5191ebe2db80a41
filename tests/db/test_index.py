"""The full-text index: what it is asked, what it hands out, and how it follows the record, on both databases."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import count as count_up
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.exc import OperationalError

import db.index
import db.passing
from db import index_query, tables
from db.documents import documents
from db.index import Count, candidates, count, indexed_to, revision_of, row_of, rows_between
from monitor.collect.revisions import store_readings
from monitor.errors import ArchiveError
from monitor.model.archive import Filters
from monitor.model.index_query import AllOf, AnyOf, Run
from monitor.model.records import PARTS
from monitor.model.sources import Payload, Reading
from monitor.text.index_form import ASKED, NAMED
from monitor.text.search_form import JOINED, forms_of
from tests.builders import a_question
from tests.db.queries import MARKS, STRANGE, WORDS, ANeed, holds
from tests.db.queries import needs as needs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from db.archive import Archive
    from monitor.model.index_query import Need
    from monitor.model.records import Proceeding

READ_AT = datetime(2021, 2, 2, 6, 30, tzinfo=UTC)
FIRST = date(2021, 1, 1)
EVERYTHING = rows_between(None, None)
ONE_ARCHIVE = settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])


def store(archive: Archive, *proceedings: Proceeding) -> None:
    readings = [
        Reading(
            payload=Payload(source="questions", key=one.id, url="", fetched_at=READ_AT, body=repr(one).encode()),
            proceeding=one,
        )
        for one in proceedings
    ]
    store_readings(archive, readings, today=date(2021, 2, 3), is_news=lambda *_: True)


def answered(number: int, answer: str = "The river is clean.", **facts: Any) -> Proceeding:
    given: dict[str, Any] = {"uin": str(number), "answer": answer, "answered_on": FIRST + timedelta(days=number)}
    return a_question(**(given | facts))


def found(archive: Archive, need: Need, **filters: Any) -> list[str | None]:
    return [hit.revision.proceeding.uin for hit in archive.search.hits(ANeed(need), Filters(**filters))]


def named(connection: Connection, need: Need) -> list[int]:
    """What the index names, all of it where it can't be asked."""
    rows = candidates(connection, need, EVERYTHING)
    if rows is None:
        return [row_of(None, one) for one in connection.execute(select(tables.revision.c.id)).scalars()]
    with closing(rows):
        return list(rows)


RIVER = Run(("river",))


# -- rows -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.none() | st.dates(), st.integers(1, 2**32 - 1)), min_size=1, max_size=9))
def test_rows_are_in_the_order_of_days_and_of_revisions(both: list[tuple[date | None, int]]) -> None:
    rows = [row_of(day, number) for day, number in both]
    assert [revision_of(row) for row in rows] == [number for _, number in both]
    in_order = sorted(both, key=lambda one: (one[0] or date.min, one[0] is not None, one[1]))
    assert [revision_of(row) for row in sorted(rows)] == [number for _, number in in_order]
    assert max(rows) < 2**63


@given(st.none() | st.dates(), st.none() | st.dates(), st.none() | st.dates())
def test_a_range_of_rows_holds_its_days(day: date | None, first: date | None, last: date | None) -> None:
    lowest, highest = rows_between(first, last)
    is_within = day is not None and (first or day) <= day <= (last or day)
    assert (lowest <= row_of(day, 7) <= highest) == (is_within or (first is None and last is None))


# -- what is asked ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("need", "fts5", "tsquery"),
    [
        (RIVER, '("river" OR "Jriver")', "'river'"),
        (Run(("hi", "tech*")), '("hi tech" * OR "hi Jtech" *)', "('hi' & 'tech':*)"),
        (
            Run(("hightech", "crime")),
            '("hightech crime" OR "hightech Jcrime" OR "Jhightech crime" OR "Jhightech Jcrime")',
            "('hightech' & 'crime')",
        ),
        (Run(("hightech", "crime", "unit")), '"hightech crime unit"', "('hightech' & 'crime' & 'unit')"),
        (Run(("£", "5200.5")), '("£ 5200.5" OR "£ J5200.5")', "'5200.5'"),
        (
            Run(("he'll",), frozenset({"answer", "heading"})),
            '{heading answer} : ("he\'ll" OR "Jhe\'ll")',
            "'he''ll':AC",
        ),
        (Run(("otter*",), frozenset({"text"})), '{text} : ("otter" * OR "Jotter" *)', "'otter':*D"),
        (Run(("cabinet",), is_alone=True), '("cabinet" OR "Jcabinet" OR "+cabinet")', "('cabinet' | '+cabinet')"),
        (Run(("cabinet",), is_alone=True, in_names=False), '("cabinet" OR "Jcabinet")', "'cabinet'"),
        (Run(("ask",)), '("ask" OR "^ask")', "('ask' | '^ask')"),
        (Run(('a"b\0\\',)), '("a""b \\" OR "Ja""b \\")', "'a\"b\\\\'"),
        (Run(("£", "¶")), None, None),
        (Run(("日本",)), None, None),
        (Run(("river",), frozenset({"unheard of"})), None, "'river'"),
        (AnyOf((RIVER, Run(("bus",)))), '(("river" OR "Jriver") OR "bus")', "('river' | 'bus')"),
        (AnyOf((RIVER, Run(("£",)))), None, None),
        (AllOf((RIVER, Run(("£",)))), '("river" OR "Jriver")', "'river'"),
        (
            AllOf((RIVER, AnyOf((Run(("a",)), Run(("b",)))))),
            '(("river" OR "Jriver") AND ("a" OR "b"))',
            "('river' & ('a' | 'b'))",
        ),
        (AllOf(()), None, None),
        (AnyOf(()), None, None),
    ],
)
def test_a_need_is_asked_in_the_language_of_the_database(need: Need, fts5: str | None, tsquery: str | None) -> None:
    signs = str.maketrans({"J": JOINED, "+": NAMED, "^": ASKED})
    assert index_query.fts5(need) == (fts5 and fts5.translate(signs))
    assert index_query.tsquery(need) == (None if tsquery is None else f"{tsquery.translate(signs)} | '\ue001'")


@ONE_ARCHIVE
@given(need=needs_of(WORDS + MARKS + STRANGE))
def test_no_need_is_an_error(archive: Archive, need: Need) -> None:
    archive.index.follow()
    with archive.engine.connect() as connection:
        assert named(connection, need) == []


def test_brackets_and_length_without_bounds(archive: Archive) -> None:
    deep: Need = RIVER
    for number in range(300):
        deep = (AllOf, AnyOf)[number % 2]((deep, Run((f"word{number}",))))
    wide = AnyOf(tuple(Run((f"word{number}", "river")) for number in range(5000)))
    huge = AnyOf(tuple(Run((f"{'word' * 40}{number}",)) for number in range(5000)))
    with archive.engine.connect() as connection:
        assert [named(connection, need) for need in (deep, wide, huge)] == [[], [], []]
    assert index_query.tsquery(huge) is None


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
def test_the_index_names_all_that_hold_what_is_needed(
    archive: Archive, documents: list[dict[str, str]], need: Need
) -> None:
    archive.index.follow()
    with archive.engine.connect() as connection, connection.begin() as transaction:
        db.index._add(connection, [(row_of(None, number), forms) for number, forms in enumerate(documents, 1)])
        rows = candidates(connection, need, EVERYTHING)
        wanted = [number for number, forms in enumerate(documents, 1) if holds(need, forms)]
        if rows is not None:
            with closing(rows):
                assert set(wanted) <= {revision_of(row) for row in rows}
        transaction.rollback()


def test_texts_that_are_too_long_for_a_database_are_found_all_the_same(archive: Archive) -> None:
    long_word = "z" * 70_000
    many = " ".join(f"w{number}of{'long' * 5}" for number in range(45_000))
    store(archive, answered(1, many), answered(2, f"{long_word} river"), answered(3))
    assert archive.index.follow() == 3
    assert "1" in found(archive, Run((f"w44999of{'long' * 5}",)))
    assert found(archive, Run((long_word, "river"))) == ["2"]
    assert found(archive, Run((f"{long_word[:400]}*",))) == ["2"]
    with archive.engine.connect() as connection:
        assert len(named(connection, Run((long_word,)))) < 3


# -- following the record ---------------------------------------------------------------------------------------------


def progress_into(steps: list[tuple[int, int]]) -> Callable[[int, int], None]:
    return lambda done, of: steps.append((done, of))


def test_it_follows_in_batches(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_only_the_newest_revision_is_found(archive: Archive) -> None:
    store(archive, answered(1))
    store(archive, answered(1, "The bus is late."))
    archive.index.follow()
    assert found(archive, RIVER) == []
    assert found(archive, Run(("bus",))) == ["1"]


def test_a_record_without_words_has_its_row(archive: Archive) -> None:
    store(archive, a_question(heading=None, question=None, answer=None, is_withdrawn=True))
    assert archive.index.follow() == 1
    assert archive.index.count() == Count(rows=1, indexed=1, ahead=0)


def test_what_is_filled_in_later_stands_where_it_belongs(archive: Archive) -> None:
    store(archive, answered(5), answered(3, answered_on=None, tabled_on=None), answered(9))
    archive.index.follow()
    store(archive, answered(7), answered(1))
    archive.index.follow()
    store(archive, answered(8), answered(2))  # the index has not come to these
    assert found(archive, RIVER) == ["9", "8", "7", "5", "2", "1", "3"]
    assert found(archive, RIVER, oldest_first=True) == ["3", "1", "2", "5", "7", "8", "9"]
    assert found(archive, RIVER, first=FIRST + timedelta(days=2), last=FIRST + timedelta(days=7)) == ["7", "5", "2"]


class Stop(Exception):  # noqa: N818 (not an error: somebody pulled the plug)
    """The end, in the middle of it."""


def test_it_goes_on_where_it_was_stopped(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
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
    put = db.index._add

    def put_and_stop(connection: Connection, rows: Sequence[Any]) -> None:
        put(connection, rows)
        raise Stop

    monkeypatch.setattr(db.index, "_add", put_and_stop)
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
    with archive.engine.begin() as connection:
        connection.execute(update(tables.meta).where(tables.meta.c.key == "index_version").values(value="0.1.sqlite"))
        assert indexed_to(connection) == 0
        assert count(connection).rows == 0
    assert found(archive, RIVER) == ["5", "4", "3", "2", "1"]

    def stop(_done: int, _of: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        archive.index.follow(stop)
    with archive.engine.connect() as connection:
        assert indexed_to(connection) == 2
    store(archive, answered(6))
    assert found(archive, RIVER) == ["6", "5", "4", "3", "2", "1"]
    archive.index.follow()
    assert archive.index.count() == Count(rows=6, indexed=6, ahead=0)


def test_another_layout_makes_it_anew(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    store(archive, answered(1), answered(2))
    archive.index.follow()
    monkeypatch.setattr(db.index, "LAYOUT", 99)
    with archive.engine.connect() as connection:
        assert indexed_to(connection) == 0
    assert archive.index.follow() == 2
    assert found(archive, RIVER) == ["2", "1"]


def test_it_is_built_anew(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.index, "AT_ONCE", 2)
    store(archive, *map(answered, range(1, 6)))
    archive.index.follow()
    with archive.engine.begin() as connection:
        connection.execute(text("drop table full_text"))
    with pytest.raises(
        ArchiveError, match=r"^the index for searches can't be read \(.*full_text.*\): run: pqwatch db rein"
    ):
        found(archive, RIVER)
    steps: list[tuple[int, int]] = []
    assert archive.index.rebuild(progress_into(steps)) == 5
    assert steps[-1] == (5, 5)
    assert found(archive, RIVER) == ["5", "4", "3", "2", "1"]
    assert archive.index.count() == Count(rows=5, indexed=5, ahead=0)


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_an_index_that_is_damaged_says_so(archive: Archive) -> None:
    store(archive, *map(answered, range(1, 6)))
    archive.index.follow()
    with archive.engine.begin() as connection:
        connection.execute(text("update full_text_data set block = x'00ff00ff' where id > 10"))
    with pytest.raises(ArchiveError, match=r"run: pqwatch db reindex$"):
        found(archive, RIVER)
    archive.index.rebuild()
    assert found(archive, RIVER) == ["5", "4", "3", "2", "1"]


class Busy:
    """A connection to what another process holds."""

    dialect = SQLiteDialect()

    def execute(self, *_: object, **__: object) -> None:
        """Refuse."""
        raise OperationalError("SELECT", {}, sqlite3.OperationalError("database is locked"))


def test_an_archive_in_use_has_no_damaged_index() -> None:
    rows = candidates(Busy(), RIVER, EVERYTHING)  # type: ignore[arg-type]  # it refuses all
    assert rows is not None
    with pytest.raises(OperationalError, match="is locked"):
        next(rows)


def test_while_it_is_built_anew_searches_find_everything(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.index, "AT_ONCE", 2)
    store(archive, *map(answered, range(1, 6)))
    archive.index.follow()
    seen = []
    archive.index.rebuild(lambda _done, _of: seen.append(found(archive, RIVER)))
    assert seen == [["5", "4", "3", "2", "1"]] * 3


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("disturbance", ["follow", "rebuild"])
def test_a_search_sees_one_index_from_its_beginning_to_its_end(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, disturbance: str, at: int
) -> None:
    monkeypatch.setattr(db.passing, "_FIRST", 1)
    monkeypatch.setattr(db.passing, "_MOST", 1)
    store(archive, *map(answered, range(1, 6)))
    archive.index.follow()
    store(archive, answered(6), answered(7))
    calls = count_up(1)

    def and_then_somebody_works_at_it(connection: Connection) -> int:
        reached = indexed_to(connection)
        if next(calls) == at:
            getattr(archive.index, disturbance)()
        return reached

    monkeypatch.setattr(db.passing, "indexed_to", and_then_somebody_works_at_it)
    hits = archive.search.hits(ANeed(RIVER), Filters())
    first = next(hits)
    archive.index.rebuild()
    assert [hit.revision.proceeding.uin for hit in (first, *hits)] == ["7", "6", "5", "4", "3", "2", "1"]


# -- searches with and without it -------------------------------------------------------------------------------------

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
def test_what_is_found_does_not_hang_on_the_index(
    archive: Archive,
    *,
    questions: list[tuple[str, str, int, int]],
    indexed: int,
    need: Need,
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
        assert indexed_to(connection) <= last
    filters = Filters(first=None if first is None else FIRST + timedelta(days=first), oldest_first=oldest_first)
    one, other = (
        [(hit.revision, hit.spans) for hit in archive.search.hits(ANeed(need, asks), filters, limit=limit)]
        for asks in (True, False)
    )
    assert one == other
    assert (
        archive.search.counts([ANeed(need), ANeed(need, asks=False)], filters)
        == [archive.search.count(ANeed(need), filters)] * 2
    )


def empty(archive: Archive) -> None:
    """Nothing stored and nothing indexed."""
    with archive.engine.begin() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(table.delete())
        if connection.dialect.name == "sqlite":
            connection.execute(text("insert into full_text (full_text) values ('delete-all')"))
        else:
            connection.execute(text("truncate full_text"))


def test_a_heading_is_read_as_one(archive: Archive) -> None:
    one = answered(1, heading="Asylum: Hotels")
    store(archive, one)
    with archive.engine.connect() as connection:
        (read,) = documents(connection, [1])
    assert read.forms == forms_of(one.parts())
    assert forms_of({"heading": "Asylum: Hotels"}) != {"heading": forms_of({"answer": "Asylum: Hotels"})["answer"]}
