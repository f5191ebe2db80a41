"""By which words a quotation is looked up."""

from __future__ import annotations

from monitor.model.index_query import AllOf, PhraseRequirement
from monitor.research.quotations import candidates
from monitor.research.quotations.extraction import Quotation, pieces
from monitor.text.word_frequency import commonness

SAID = "The Secretary of State has the \u00a35.8 million zebras of the department under review ... quagmire"


def quotation(text: str) -> Quotation:
    return Quotation(text=text, paragraph=1, pieces=pieces(text))


def test_rare_words_are_told_from_common_ones() -> None:
    assert commonness(("the",)) == 1000
    assert commonness(("zebras",)) < 1
    assert commonness(("of", "zebras")) == commonness(("zebras",))  # "of" stands everywhere
    assert commonness(("secretary", "of", "zebras")) == commonness(("zebras",))
    assert commonness(("committed", "review")) < commonness(("committed",))


def test_the_rarest_words_and_the_rarest_two_side_by_side_are_asked_first() -> None:
    asked = candidates.rarest(quotation(SAID))
    assert isinstance(asked, AllOf)
    pair, *words = asked.needs
    assert pair == PhraseRequirement(("million", "zebras"))
    assert set(words) == {
        PhraseRequirement(("zebras",)),
        PhraseRequirement(("quagmire",)),
        PhraseRequirement(("5.8",)),
        PhraseRequirement(("million",)),
    }
    assert candidates.rarest(quotation("zebras")) == PhraseRequirement(("zebras",))
    assert candidates.rarest(quotation("\u00a3 %")) is None


def test_all_words_stand_next_to_each_other_but_for_gaps() -> None:
    first = tuple("the secretary of state has the 5.8 million zebras of the department under review".split())  # noqa: SIM905 - reads best so
    assert candidates.whole(quotation(SAID)) == AllOf((PhraseRequirement(first), PhraseRequirement(("quagmire",))))
    assert candidates.whole(quotation("\u00a3 %")) is None


def test_what_is_like_it_has_all_but_one_of_the_rarest_or_a_pair_or_a_rare_word() -> None:
    asked = candidates.scattered(quotation(SAID))
    all_but_one = [one for one in asked if isinstance(one, AllOf)]
    assert len(all_but_one) == 5
    assert all(len(one.needs) == 4 for one in all_but_one)
    runs = [one.words for one in asked if isinstance(one, PhraseRequirement)]
    assert ("million", "zebras") in runs
    assert ("zebras",) in runs
    assert ("of", "the") not in runs
    assert ("review", "quagmire") not in runs  # a gap is between
    assert candidates.scattered(quotation("zebras quagmire")) == [
        PhraseRequirement(("zebras", "quagmire")),
        PhraseRequirement(("quagmire",)),
        PhraseRequirement(("zebras",)),
    ]
