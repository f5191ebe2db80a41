"""Which revisions may hold a passage: from the index, of what it has not taken in yet, on both databases."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from monitor.model.index_query import AllOf, AnyOf, PhraseRequirement
from tests.builders import a_question
from tests.db.test_search import store

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


NEEDED: tuple[tuple[IndexQuery, list[str]], ...] = (
    (PhraseRequirement(("bathing", "waters", "are", "clean")), ["1 older", "3"]),
    (PhraseRequirement(("will", "be", "kept", "so")), ["1 older", "1"]),
    (PhraseRequirement(("clean", "12", "and")), ["1"]),
    (PhraseRequirement(("clean", "bathing")), []),
    (PhraseRequirement(("tech", "bathing")), ["3"]),
    (PhraseRequirement(("waters",), frozenset({"question"})), []),
    (AllOf((PhraseRequirement(("clean", "and")), PhraseRequirement(("bathing", "waters")))), ["1 older"]),
    (AnyOf((PhraseRequirement(("clean", "are")), PhraseRequirement(("hi", "tech")))), ["2", "3"]),
)


def test_words_next_to_each_other_name_revisions_of_every_age(filled: Archive) -> None:
    named = filled.passages.holding([need for need, _ in NEEDED], at_most=10)
    found = [
        [f"{revision.uin}{'' if revision.is_newest else ' older'}" for revision in filled.passages.of_revisions(ids)]
        for ids in named
    ]
    assert found == [expected for _, expected in NEEDED]


def test_the_index_names_no_more_than_are_wanted_the_earliest_days_first(archive: Archive) -> None:
    store(archive, FIRST, SECOND, THIRD)
    archive.index.follow()
    [ids] = archive.passages.holding([PhraseRequirement(("clean",))], at_most=2)
    assert [revision.uin for revision in archive.passages.of_revisions(ids)] == ["2", "1"]


def test_a_passage_says_what_its_record_may_be_named_by(archive: Archive) -> None:
    store(archive, THIRD)
    [ids] = archive.passages.holding([PhraseRequirement(("clean",))], at_most=2)
    [found] = archive.passages.of_revisions(ids)
    assert (found.columns, found.days) == ((12, 12), frozenset({date(2021, 1, 26), date(2021, 2, 1)}))
    assert archive.passages.texts(ids)[found.revision_id]["answer"] == THIRD.answer
    assert archive.passages.of_records([found.proceeding_id]) == [found]
