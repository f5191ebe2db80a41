"""Words by which a quotation is looked up."""

from __future__ import annotations

from monitor.model.index_query import AllOf, PhraseRequirement
from monitor.research.quotations import candidates
from monitor.research.quotations.extraction import Quotation
from monitor.research.quotations.pieces import pieces
from monitor.text.word_frequency import commonness

SAID = "The Secretary of State has the \u00a35.8 million zebras of the department under review ... quagmire"


def quotation(text: str) -> Quotation:
    return Quotation(text=text, paragraph=1, pieces=pieces(text))


def test_rare_words_are_distinguished_from_common_ones() -> None:
    assert commonness(("the",)) == 1000
    assert commonness(("zebras",)) < 1
    assert commonness(("of", "zebras")) == commonness(("zebras",))  # "of" is in every text
    assert commonness(("secretary", "of", "zebras")) == commonness(("zebras",))
    assert commonness(("committed", "review")) < commonness(("committed",))


def test_rarest_words_and_rarest_adjacent_pair_are_tried_first() -> None:
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


def test_all_words_must_be_adjacent_except_at_gaps() -> None:
    first = tuple("the secretary of state has the 5.8 million zebras of the department under review".split())  # noqa: SIM905 - reads best so
    assert candidates.whole(quotation(SAID)) == AllOf((PhraseRequirement(first), PhraseRequirement(("quagmire",))))
    assert candidates.whole(quotation("\u00a3 %")) is None


def test_similar_text_has_all_but_one_of_the_rarest_words_or_a_pair_or_a_rare_word() -> None:
    asked = candidates.scattered(quotation(SAID))
    all_but_one = [query for query in asked if isinstance(query, AllOf)]
    assert len(all_but_one) == 5
    assert all(len(query.needs) == 4 for query in all_but_one)
    runs = [query.words for query in asked if isinstance(query, PhraseRequirement)]
    assert ("million", "zebras") in runs
    assert ("zebras",) in runs
    assert ("of", "the") not in runs
    assert ("review", "quagmire") not in runs  # a gap is between them
    assert candidates.scattered(quotation("zebras quagmire")) == [
        PhraseRequirement(("zebras", "quagmire")),
        PhraseRequirement(("quagmire",)),
        PhraseRequirement(("zebras",)),
    ]
