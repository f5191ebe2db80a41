"""Revisions that may hold a passage, from the index and from revisions not indexed yet, on both databases."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from monitor.model.index_query import AllOf, AnyOf, PhraseRequirement
from tests.archive_kit import store
from tests.builders import a_question

if TYPE_CHECKING:
    from db.archive import Archive
    from monitor.model.index_query import IndexQuery

FIRST = a_question(uin="1", answer="Bathing waters are clean, and will be kept so.", answered_on=date(2021, 1, 29))
SECOND = a_question(uin="2", answer="Clean are the waters; bathing is good.", answered_on=date(2021, 1, 28))
AGAIN = a_question(
    uin="1", answer="Bathing waters were clean (12%), and will be kept so.", answered_on=date(2021, 1, 29)
)
THIRD = a_question(uin="3", answer="Hi-tech bathing waters are clean.", answered_on=date(2021, 2, 1), column="12W")


@pytest.fixture(params=[0, 1, 2], ids=["not indexed", "half indexed", "indexed"])
def filled(request: pytest.FixtureRequest, archive: Archive) -> Archive:
    store(archive, FIRST, SECOND)
    if request.param == 1:
        archive.index.follow()
    store(archive, AGAIN)
    store(archive, THIRD)
    if request.param == 2:
        archive.index.follow()
    return archive


QUERIES_AND_REVISIONS: tuple[tuple[IndexQuery, list[str]], ...] = (
    (PhraseRequirement(("bathing", "waters", "are", "clean")), ["1 older", "3"]),
    (PhraseRequirement(("will", "be", "kept", "so")), ["1 older", "1"]),
    (PhraseRequirement(("clean", "12", "and")), ["1"]),
    (PhraseRequirement(("clean", "bathing")), []),
    (PhraseRequirement(("tech", "bathing")), ["3"]),
    (PhraseRequirement(("waters",), frozenset({"question"})), []),
    (AllOf((PhraseRequirement(("clean", "and")), PhraseRequirement(("bathing", "waters")))), ["1 older"]),
    (AnyOf((PhraseRequirement(("clean", "are")), PhraseRequirement(("hi", "tech")))), ["2", "3"]),
)


def test_a_phrase_names_older_and_newest_revisions(filled: Archive) -> None:
    named = filled.passages.holding([need for need, _ in QUERIES_AND_REVISIONS], at_most=10)
    found = [
        [f"{revision.uin}{'' if revision.is_newest else ' older'}" for revision in filled.passages.of_revisions(ids)]
        for ids in named
    ]
    assert found == [expected for _, expected in QUERIES_AND_REVISIONS]


def test_the_index_names_the_earliest_revisions_up_to_the_limit(archive: Archive) -> None:
    store(archive, FIRST, SECOND, THIRD)
    archive.index.follow()
    [ids] = archive.passages.holding([PhraseRequirement(("clean",))], at_most=2)
    assert [revision.uin for revision in archive.passages.of_revisions(ids)] == ["2", "1"]


def test_a_passage_has_the_columns_and_days_of_its_record(archive: Archive) -> None:
    store(archive, THIRD)
    [ids] = archive.passages.holding([PhraseRequirement(("clean",))], at_most=2)
    [found] = archive.passages.of_revisions(ids)
    assert (found.columns, found.days) == ((12, 12), frozenset({date(2021, 1, 26), date(2021, 2, 1)}))
    assert archive.passages.texts(ids)[found.revision_id]["answer"] == THIRD.answer
    assert archive.passages.of_records([found.proceeding_id]) == [found]
