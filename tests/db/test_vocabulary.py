"""Words and days that the archive holds."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tests.archive_kit import store
from tests.builders import a_question

if TYPE_CHECKING:
    from db.archive import Archive


def test_known_words_come_from_the_index_and_are_counted_up_to_a_limit(archive: Archive) -> None:
    store(archive, *(a_question(uin=str(number), heading="Rivers", answer="A wide river.") for number in range(1, 6)))
    assert archive.search.known_words(["river"], 9) == {}
    archive.index.follow()
    words = ["river", "rivers", "riverz", "wide", "wid", "'", '"', "(", "*", "", "a\0b", "\N{SNOWMAN}"]
    assert archive.search.known_words(words, 9) == {"river": 5, "rivers": 5, "wide": 5}
    assert archive.search.known_words(["wide"], 3) == {"wide": 3}


def test_a_word_that_stands_only_in_opening_formulas_is_not_known(archive: Archive) -> None:
    question = "To ask the Chancellor of the Exchequer, what the Chancellor said."
    store(archive, a_question(uin="1", question=question, heading="Tax", answer="Nothing."))
    archive.index.follow()
    assert archive.search.known_words(["exchequer", "chancellor"], 9) == {"chancellor": 1}


def test_the_first_and_the_last_day_of_the_archive(archive: Archive) -> None:
    assert archive.search.days() is None
    store(archive, a_question(uin="1"), a_question(uin="2", answered_on=date(2021, 2, 9)))
    assert archive.search.days() == (date(2021, 2, 1), date(2021, 2, 9))
