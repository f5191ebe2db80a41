"""Equal and similar answers and labels of answers in the archive, on both databases. All sentences are invented."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import db.similar
from db.index_view import revision_of
from monitor.model.search import Filters
from monitor.terms.matcher import compile_query
from tests.archive_kit import store
from tests.builders import a_question
from tests.index_kit import index_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.archive import Archive
    from monitor.model.records import Proceeding, Revision
    from monitor.ports import Query

FIRST = date(2021, 1, 1)
CLEAN = "The rivers of the county are clean."
COUNTED = (
    "The Sample Agency tests the water of forty rivers each month, and publishes the laboratory results on its page. "
    "In the last year 1,234 samples were taken, of which {n} failed the microbiological standard."
)


def answered(number: int, answer: str = CLEAN, **facts: Any) -> Proceeding:
    """Return a question that was answered `number` days after the first day."""
    given: dict[str, Any] = {"uin": str(number), "answer": answer, "answered_on": FIRST + timedelta(days=number)}
    return a_question(**(given | facts))


def newest(archive: Archive, number: int) -> Revision:
    [proceeding_id] = archive.cross_references.find(f"q-{number}")
    [hit] = archive.search.hits(None, Filters(ids=[proceeding_id]))
    return hit.revision


def uins(revisions: Sequence[Revision]) -> list[str | None]:
    return [revision.proceeding.uin for revision in revisions]


def near(archive: Archive, number: int, **bounds: Any) -> list[str | None]:
    return uins([similar.revision for similar in archive.similar.near(newest(archive, number), **bounds)])


def labelled(archive: Archive) -> list[tuple[str, str]]:
    """Return each label in the index with the answer that has it."""
    rows = index_rows(archive.engine, "select name, row_number from label order by name")
    revisions = {
        revision_id: hit.revision
        for _, row in rows
        for revision_id in [revision_of(row)]
        for hit in archive.search.hits_of([revision_id])
    }
    return [(name, revisions[revision_of(row)].proceeding.answer or "") for name, row in rows]


def test_equal_answers_come_earliest_first(archive: Archive) -> None:
    store(
        archive, answered(5), answered(3, CLEAN.upper()), answered(4), answered(6, "The rivers of the county are full.")
    )
    archive.index.follow()
    assert archive.similar.equal_ids(newest(archive, 4), at_most=9) == ["q-3", "q-5"]
    assert uins(archive.similar.equal(newest(archive, 4), at_most=9)) == ["3", "5"]
    assert archive.similar.equal_ids(newest(archive, 6), at_most=9) == []


def test_equal_answers_before_a_day_come_latest_first(archive: Archive) -> None:
    store(archive, *(answered(number) for number in (3, 4, 5, 6)))
    archive.index.follow()
    before = FIRST + timedelta(days=5)
    assert uins(archive.similar.equal(newest(archive, 6), before=before, at_most=9)) == ["4", "3"]
    assert uins(archive.similar.equal(newest(archive, 3), before=before, at_most=9)) == ["4"]


@pytest.mark.parametrize("before", [None, FIRST + timedelta(days=30)])
def test_batches_of_any_size_give_all_equal_answers_up_to_the_limit(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, before: date | None
) -> None:
    monkeypatch.setattr(db.similar, "_AT_ONCE", 2)
    store(archive, *(answered(number) for number in range(1, 8)))
    archive.index.follow()
    assert len(archive.similar.equal(newest(archive, 4), before=before, at_most=3)) == 3
    assert len(set(uins(archive.similar.equal(newest(archive, 4), before=before, at_most=99)))) == 6
    assert archive.similar.equal_ids(newest(archive, 4), at_most=3) == ["q-1", "q-2", "q-3"]


def test_only_the_newest_revision_of_a_record_counts(archive: Archive) -> None:
    store(archive, answered(1), answered(2), answered(3))
    store(archive, answered(1, heading="Rivers"), answered(2, "They are not clean any more."))
    archive.index.follow()
    assert archive.similar.equal_ids(newest(archive, 3), at_most=9) == ["q-1"]
    assert archive.similar.equal_ids(newest(archive, 2), at_most=9) == []


@pytest.mark.parametrize("answer", ["None.", None])
def test_an_answer_without_content_has_no_equals(archive: Archive, answer: str | None) -> None:
    store(archive, answered(1, answer or ""), answered(2, answer or ""))
    archive.index.follow()
    assert archive.similar.equal_ids(newest(archive, 1), at_most=9) == []
    assert archive.similar.equal(newest(archive, 1), at_most=9) == []
    assert archive.similar.near(newest(archive, 1)) == []


def test_similar_answers_come_most_similar_first(archive: Archive) -> None:
    store(
        archive,
        answered(1, COUNTED.format(n=38)),
        answered(2, COUNTED.format(n=45)),
        answered(3, COUNTED.format(n="45 or even 46")),
        answered(4, COUNTED.format(n=45)),
        answered(5, COUNTED.format(n=51)),
        answered(6),
    )
    archive.index.follow()
    assert near(archive, 2) == ["1", "5", "3"]
    assert near(archive, 6) == []
    shares = [similar.share for similar in archive.similar.near(newest(archive, 2))]
    assert shares[0] == shares[1] > shares[2] > 0.9


def test_similar_answers_before_a_day(archive: Archive) -> None:
    store(archive, *(answered(number, COUNTED.format(n=number)) for number in range(1, 6)))
    archive.index.follow()
    assert near(archive, 4, before=FIRST + timedelta(days=3)) == ["1", "2"]


def test_many_equal_answers_do_not_hide_similar_ones(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.similar, "COMPARED", 2)
    store(
        archive, answered(1, COUNTED.format(n=38)), *(answered(number, COUNTED.format(n=45)) for number in range(2, 9))
    )
    store(archive, answered(9, COUNTED.format(n=39)))
    archive.index.follow()
    assert near(archive, 5) == ["1", "9"]


def test_equal_answers_that_are_not_indexed_are_not_found(archive: Archive) -> None:
    store(archive, answered(1))
    archive.index.follow()
    store(archive, answered(2))
    assert archive.similar.equal_ids(newest(archive, 1), at_most=9) == []
    assert archive.similar.equal_ids(newest(archive, 2), at_most=9) == ["q-1"]


def test_labels_belong_to_rows_of_the_index(archive: Archive) -> None:
    costly = "The information is not held centrally and could be obtained only at disproportionate cost."
    store(archive, answered(1, costly), answered(2), answered(3, "There are no plans to count them."))
    archive.index.follow()
    assert labelled(archive) == [
        ("disproportionate_cost", costly),
        ("no_plans", "There are no plans to count them."),
        ("not_held", costly),
    ]


def test_a_question_without_an_answer_has_neither_likeness_nor_label(archive: Archive) -> None:
    text = "The information is not held centrally and could be obtained only at disproportionate cost."
    store(archive, a_question(uin="1", answer=None, question=text))
    archive.index.follow()
    assert not index_rows(archive.engine, "select * from likeness")
    assert not index_rows(archive.engine, "select * from label")


@pytest.mark.parametrize("indexed", [0, 1, 4])
@pytest.mark.parametrize("query", [None, compile_query("information OR river")])
def test_records_are_found_by_their_labels_indexed_or_not(archive: Archive, query: Query | None, indexed: int) -> None:
    questions = [
        answered(1, "The information is not held centrally."),
        answered(2, "The information could be obtained only at disproportionate cost."),
        answered(3),
        a_question(uin="4", answer=None),
    ]
    store(archive, *questions[:indexed])
    archive.index.follow()
    store(archive, *questions[indexed:])

    def found(*names: str) -> list[str | None]:
        return uins([hit.revision for hit in archive.search.hits(query, Filters(labels=names))])

    assert found("not_held") == ["1"]
    assert found("not_held", "disproportionate_cost") == ["2", "1"]
    assert found("no_plans") == []
    assert archive.search.count(query, Filters(labels=["not_held"])) == 1
    both = Filters(labels=["not_held", "disproportionate_cost"], oldest_first=True)
    assert uins([hit.revision for hit in archive.search.hits(query, both)]) == ["1", "2"]
    assert archive.search.facets(query, both, ["year"]).counts == {"year": {"2021": 2}}
    named = [name for counted in archive.statistics.counted(query, both, ["label"]) for name in counted.named["label"]]
    assert sorted(named) == ["disproportionate_cost", "not_held"]


def test_likenesses_and_labels_are_rebuilt_with_the_index(archive: Archive) -> None:
    store(archive, answered(1, "There are no plans to count them."), answered(2, "There are no plans to count them."))
    archive.index.follow()
    archive.index.rebuild()
    assert archive.similar.equal_ids(newest(archive, 1), at_most=9) == ["q-2"]
    assert len(labelled(archive)) == 2


def test_the_revisions_with_equal_answers_are_found_in_one_query(archive: Archive) -> None:
    store(archive, answered(1), answered(2, COUNTED.format(n=3)), answered(3), answered(4, "No."))
    store(archive, answered(5, COUNTED.format(n=4)))
    archive.index.follow()
    store(archive, answered(6, COUNTED.format(n=3)))  # not indexed
    for numbers, expected in (((1, 2, 3, 4, 5, 6), "1236"), ((1, 4), "1"), ((2, 5), ""), ((6,), "6")):
        revisions = [newest(archive, number) for number in numbers]
        with_equals = archive.similar.with_equals(revisions)
        assert "".join(str(revision.proceeding.uin) for revision in revisions if revision.id in with_equals) == expected
        assert {revision.id for revision in revisions if archive.similar.equal_ids(revision, at_most=5)} <= with_equals
