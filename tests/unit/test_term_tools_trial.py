from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from monitor.model.records import Proceeding, Revision
from monitor.model.search import Hit
from monitor.research.term_tools.trial import beside, by_month, by_year, exclusions, samples, try_term
from monitor.terms.matcher import compile_query
from monitor.terms.vocabulary import Lexicon
from tests.builders import a_question

LEXICON = Lexicon()
TEXTS = (
    "Animal grooming of dogs. Animal grooming again.",
    "Online grooming gangs; animal grooming.",
    "Online grooming gangs.",
    "The grooming of online gangs.",
)


def hit(number: int, proceeding: Proceeding, term: str) -> Hit:
    spans = compile_query(term, LEXICON).spans(proceeding.parts(), None, lambda: proceeding.facts)
    assert spans is not None
    at = datetime(2021, 2, 1, tzinfo=UTC)
    revision = Revision(
        id=number, proceeding=proceeding, number=1, seen_at=at, events=(), is_news=True,
    )  # fmt: skip
    return Hit(proceeding_id=number, revision=revision, spans=spans, matches=(), first_seen_at=at, due_floor_on=None)


@pytest.fixture
def hits() -> list[Hit]:
    return [hit(number, a_question(answer=text), "grooming") for number, text in enumerate(TEXTS)]


def test_exclusions_remove_matches_and_records_without_others(hits: list[Hit]) -> None:
    kept = try_term("grooming", ["animal grooming"], hits, LEXICON)
    assert [kept_hit.hit.proceeding_id for kept_hit in kept] == [1, 2, 3]
    assert [len(kept_hit.matches) for kept_hit in kept] == [1, 1, 1]
    assert [len(kept_hit.matches) for kept_hit in try_term("grooming", [], hits, LEXICON)] == [2, 2, 1, 1]


def test_each_exclusion_is_counted_separately(hits: list[Hit]) -> None:
    found = exclusions("grooming", ["animal grooming", "grooming gangs", "sea"], hits, LEXICON)
    assert [(exclusion.term, exclusion.records, exclusion.occurrences) for exclusion in found] == [
        ("animal grooming", 1, 3), ("grooming gangs", 1, 2), ("sea", 0, 0),
    ]  # fmt: skip


def test_filters_alone_have_no_matches_to_remove() -> None:
    hits = [hit(1, a_question(), "house:commons")]
    assert len(try_term("house:commons", ["grooming"], hits, LEXICON)) == 1


def test_words_beside_a_match_are_counted_by_record(hits: list[Hit]) -> None:
    before, after = beside(try_term("grooming", [], hits, LEXICON))
    assert before == [("animal", 2), ("online", 2)]
    assert after == [("gangs", 2)]
    assert beside(try_term("grooming", [], hits, LEXICON), 1)[0] == [("animal", 2)]


def test_months_without_matches_are_listed() -> None:
    months = by_month([date(2020, 12, 3), date(2020, 12, 4), None], date(2020, 11, 30), date(2021, 1, 1))
    assert months == {"2020-11": 0, "2020-12": 2, "2021-01": 0}
    assert by_year(months) == {"2020": 2, "2021": 0}


def test_samples_are_the_newest_the_oldest_and_a_fixed_choice_of_others(hits: list[Hit]) -> None:
    kept = try_term("grooming", [], hits, LEXICON)
    chosen = samples("grooming", kept)
    assert [which for which, _ in chosen] == ["newest", "oldest", "in between"]
    assert (chosen[0][1], chosen[1][1]) == (kept[0], kept[3])
    assert chosen[2][1] in kept[1:3]
    assert samples("grooming", kept) == chosen
    assert [which for which, _ in samples("x", kept[:2])] == ["newest", "oldest"]
    assert [which for which, _ in samples("x", kept[:1])] == ["newest"]
    assert samples("x", []) == []
