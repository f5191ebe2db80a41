"""Rows that hold words in any form, and the newest texts of these rows, on both databases. All sentences are invented."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from db.index_view import revision_of
from monitor.model.search import Filters
from tests.archive_kit import store
from tests.builders import a_question

if TYPE_CHECKING:
    from db.archive import Archive

ASKED = "To ask the Secretary of State for Transport, {}"
OTTERS = a_question(uin="1", question=ASKED.format("how many otters live in Kent."), body="Department for Transport")
ANSWERED = a_question(
    uin="2", question=ASKED.format("how many live."), answer="The number of otters is not held centrally."
)
LATER = a_question(uin="3", question=ASKED.format("what an otter eats."), answered_on=date(2021, 2, 3))


def filled(archive: Archive) -> Archive:
    store(archive, OTTERS, ANSWERED, LATER)
    archive.index.follow()
    return archive


def names(archive: Archive, rows: tuple[int, ...], filters: Filters | None = None) -> list[str]:
    return [text.public_id for text in archive.shared_words.texts(rows, filters or Filters())]


def test_rows_hold_a_word_in_any_form_in_the_question_the_newest_first(archive: Archive) -> None:
    filled(archive)
    found, none = archive.shared_words.rows(["otter", "badger"], Filters(), at_most=10, in_all=10)
    assert names(archive, found.rows) == ["q-3", "q-1"]
    assert found.is_whole
    assert (none.rows, none.is_whole) == ((), True)
    [formula] = archive.shared_words.rows(["transport"], Filters(), at_most=10, in_all=10)
    assert formula.rows == (), "the words that open a question do not count"


def test_rows_are_bounded_for_a_word_for_all_and_by_days(archive: Archive) -> None:
    filled(archive)
    [first] = archive.shared_words.rows(["otter"], Filters(), at_most=1, in_all=10)
    assert names(archive, first.rows) == ["q-3"]
    assert not first.is_whole
    _, spent = archive.shared_words.rows(["otter", "live"], Filters(), at_most=10, in_all=2)
    assert (spent.rows, spent.is_whole) == ((), False)
    [until] = archive.shared_words.rows(["otter"], Filters(last=date(2021, 2, 1)), at_most=10, in_all=10)
    assert names(archive, until.rows) == ["q-1"]


def test_words_and_pairs_are_counted_in_every_part(archive: Archive) -> None:
    filled(archive)
    counts = archive.shared_words.count([("otter",), ("otter", "live"), ("live", "otter")], Filters(), at_most=10)
    assert counts == [3, 1, 0]
    assert archive.shared_words.count([("otter",)], Filters(), at_most=2) == [2]
    assert archive.shared_words.count_rows() == 3


def test_texts_are_of_the_newest_revision_without_the_answer_and_pass_the_filters(archive: Archive) -> None:
    filled(archive)
    store(archive, a_question(uin="1", question=ASKED.format("how many otters swim in Kent."), body=OTTERS.body))
    archive.index.follow()
    [found] = archive.shared_words.rows(["otter"], Filters(), at_most=10, in_all=10)
    assert len(found.rows) == 3
    texts = archive.shared_words.texts(found.rows, Filters(body="Transport"))
    assert [(text.public_id, text.body) for text in texts] == [("q-1", "Department for Transport")]
    assert set(texts[0].parts) == {"heading", "question"}
    assert texts[0].parts["question"].endswith("swim in Kent.")
    assert texts[0].revision_id == max(map(revision_of, found.rows))
    [live] = archive.shared_words.rows(["live"], Filters(), at_most=10, in_all=10)
    assert names(archive, live.rows, Filters(labels=["not_held"])) == ["q-2"]
